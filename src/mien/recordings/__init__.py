"""Who was recorded, in which files, under what licence: one media file, a folder, or a table becomes recordings."""

import difflib
from pathlib import Path

from mien.recordings.attendance import is_remark, read_attendance
from mien.recordings.chat import REACTION, read_chat
from mien.recordings.clock import chat_times, presence, start_of
from mien.recordings.folder import from_file, from_folder, is_hidden, name_of
from mien.recordings.recording import KINDS, Medium, Recording, RecordingError, distinct
from mien.recordings.table import from_table, of_table

__all__ = [
    "KINDS",
    "REACTION",
    "Medium",
    "Recording",
    "RecordingError",
    "chat_times",
    "distinct",
    "from_table",
    "is_remark",
    "name_of",
    "of_table",
    "presence",
    "read",
    "read_attendance",
    "read_chat",
    "start_of",
]


def read(path):
    """Read a media file, a recording folder, a folder of recordings or a table of recordings.

    A folder is **one** recording if it holds ``Audio Record/`` (one file per person) or at most one video beside its
    sound, transcript and segments; a folder of several videos, or of several sounds alone, is one recording per file;
    a folder without such files whose sub-folders hold recordings is what these are, and one of them that can't be read
    is told in its ``notes``; a Zoom meeting that was stopped and begun again is one recording per part
    (:mod:`mien.recordings.zoom`); a folder with ``recordings.csv`` is what that table says. Hidden files are passed
    over.

    Returns a list of :class:`Recording` with distinct ids. Raises :class:`RecordingError`.
    """
    path = Path(path)
    if not path.exists():
        raise RecordingError(f"{path}: no such file or folder; expected a recording{_near(path)}")
    if path.is_dir():
        return distinct(from_folder(path))
    if path.suffix.lower() == ".csv":
        return from_table(path)
    return [from_file(path)]


def _near(path):
    """What is there instead: names like the one asked for, or the first folder on the way that is not there."""
    if path.parts[0] in ("http:", "https:"):
        return "; mien reads files and no addresses: download it first"
    if not path.parent.is_dir():
        lost = next(parent for parent in reversed(path.parents) if not parent.is_dir())
        return f"; there is no folder {lost}"
    names = sorted(p.name for p in path.parent.iterdir() if not is_hidden(p))
    near = difflib.get_close_matches(path.name, names, 3) or [n for n in names if n.startswith(path.stem[:3])][:3]
    return f"; near it: {', '.join(near)}" if near else ""
