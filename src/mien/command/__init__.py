"""Commands of ``mien`` that have a file each: what they ask for, and how they run."""

from mien.command import judge, score

__all__ = ["judge", "score"]
