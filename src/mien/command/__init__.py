"""Commands of ``mien`` that have a file each: what they ask for, and how they run."""

from mien.command import score

__all__ = ["score"]
