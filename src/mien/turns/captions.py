"""Subtitles and captions of who said what when: SubRip (.srt) and SubViewer (.sbv, as Google writes them)."""

import re
from pathlib import Path

from mien.turns.readers import decoded, said_in_cues

_SBV = re.compile(r"^[ \t]*(\d+:\d+:\d+[.,]\d+)[ \t]*,[ \t]*(\d+:\d+:\d+[.,]\d+)[ \t]*$", re.MULTILINE)


def read_srt(path, people=None, unnamed=None, told=None):
    """Read subtitles in SubRip form: who spoke when, and what; names, returns and errors as :func:`read_vtt`."""
    told, path = {} if told is None else told, Path(path)
    return said_in_cues(decoded(path, told), path, people, unnamed, told)


def read_sbv(path, people=None, unnamed=None, told=None):
    """Read captions in SubViewer form: who spoke when, and what; names, returns and errors as :func:`read_vtt`."""
    told, path = {} if told is None else told, Path(path)
    return said_in_cues(_SBV.sub(r"\1 --> \2", decoded(path, told)), path, people, unnamed, told)
