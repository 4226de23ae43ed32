"""What each table promises: its columns, their units and bounds, and what one row stands for."""

from mien.tables.files import name_key, read, text, why, without_address, write, writing
from mien.tables.promises import (
    ALL,
    BUILT,
    CHAT,
    COUPLING,
    EVIDENCE,
    FACES,
    LAYOUT,
    PEOPLE,
    PREDICTIONS,
    REASONS,
    RECORDINGS,
    TURNS,
    VERDICTS,
    VOICE,
    WINDOWS,
)
from mien.tables.shape import Column, Table, TableError

__all__ = [
    "ALL",
    "BUILT",
    "CHAT",
    "COUPLING",
    "EVIDENCE",
    "FACES",
    "LAYOUT",
    "PEOPLE",
    "PREDICTIONS",
    "REASONS",
    "RECORDINGS",
    "TURNS",
    "VERDICTS",
    "VOICE",
    "WINDOWS",
    "Column",
    "Table",
    "TableError",
    "name_key",
    "read",
    "text",
    "why",
    "without_address",
    "write",
    "writing",
]
