"""The chat of a meeting: who wrote when, to whom, and how much; in the two layouts that Zoom writes.

Assumed layouts, as seen in public readers of such files: the cloud's, ``00:58:04``, a tab, ``Ada:``, a tab and the
words, where times count from the start of the recording; and the desktop's, ``14:03:22 From Ada to Everyone:`` with
the words behind it or indented below it, where times are of a clock on the wall, perhaps with a date before them.
Which of the two zero points a desktop file has is not written in it (:mod:`mien.recordings.clock` decides). The chat
that Google Meet keeps as captions (.sbv: ``0:58:04.000,0:58:07.000`` and ``Ada: …`` below it) counts as the cloud's.
"""

import re
from pathlib import Path

import pandas as pd

from mien import tables

COLUMNS = ["line", "clock_s", "name", "to", "words"]
_FROM = "From|Von|De|Da|Van|Från|Fra|Od|От|Від|来自|发件人|從|寄件者|開始|보낸 사람"
_TO = "to|an|à|a|para|naar|till|til|do|кому|до|收件人|至|到|받는 사람"
_BEGINS = re.compile(r"(?:\d{4}-\d\d-\d\d\s+)?(\d{1,2}):(\d\d):(\d\d)(?:\s*([AaPp])[Mm])?(?=\s)")
_HEAD = 300
"""Within so many characters stand who wrote to whom."""
_CLOUD = re.compile(r"\t([^\t]{1,100}):\t")
_CAPTION = re.compile(r"^(\d{1,2}):(\d\d:\d\d)\.\d+,\d{1,2}:\d\d:\d\d\.\d+[ ]*\n([^:\n]{1,100}):[ ]?", re.MULTILINE)
_DESKTOP = re.compile(
    rf"\s{{1,9}}(?i:{_FROM})\s+(?:(?P<name>[^:]{{1,100}})\s+(?i:{_TO})\s+(?P<to>[^:]{{1,100}}?)|(?P<only>[^:]{{1,100}}?))\s{{0,9}}:"
)
REACTION = re.compile(r'(?:Reacted to|Removed an? .{1,20} reaction from) ["“]')
"""How a line begins that is no message but a sign under one; Zoom's English words."""


def read_chat(path, told=None):
    """Read the chat of a meeting: line, clock_s, name, to, words, in the order of the file.

    ``clock_s``: seconds, as written. ``to`` is '' where everybody is addressed, else to whom. A line that begins no
    message belongs to the one before it. ``told`` collects ``lines``, ``messages``, ``continued``, ``layout``
    (``offset``: times count from the start; ``clock``: perhaps those of a clock; '' for none) and ``unread``, which
    names every other line.
    """
    told = {} if told is None else told
    told |= {"lines": 0, "messages": 0, "continued": 0, "layout": "", "unread": []}
    rows, path = [], Path(path)
    for number, line in enumerate(_CAPTION.sub(_as_cloud, tables.text(path, told)).split("\n"), 1):
        if not line.strip():
            continue
        told["lines"] += 1
        begins = _BEGINS.match(line)
        message = _message(line, begins, told) if begins else None
        if message:
            rows.append([number, *message])
        elif rows and not begins:
            told["continued"] += 1
            rows[-1][-1] = f"{rows[-1][-1]}\n{line.strip()}".strip()
        else:
            told["unread"].append(
                f"{path.name}: line {number}: no message of a chat in {tables.without_words(line, 40)!r}; left out"
            )
    told["messages"] = len(rows)
    told["warnings"] += told["unread"]
    return pd.DataFrame(rows, columns=COLUMNS)


def _as_cloud(caption):
    """A caption as the cloud writes a message: in one line, below an empty one, so that lines keep their numbers."""
    hours, rest, name = caption.groups()
    return f"\n{int(hours):02}:{rest}\t{name}:\t"


def _message(line, begins, told):
    """The time, name, addressee and words of a line that begins with a time; None where it is no message."""
    hours, minutes, seconds, half = begins.groups()
    if int(minutes) > 59 or int(seconds) > 59 or (half and not 1 <= int(hours) <= 12):
        return None
    hours = int(hours) % 12 + 12 * (half in "Pp") if half else int(hours)
    clock_s = float(hours * 3600 + int(minutes) * 60 + int(seconds))
    rest = line[begins.end() :]
    cloud, desktop = _CLOUD.match(rest), _DESKTOP.match(rest[:_HEAD])
    if cloud:
        name, to, layout = cloud[1], "", "offset"
    elif desktop:
        name, to, layout = desktop["name"] or desktop["only"], desktop["to"] or "", "clock"
    else:
        return None
    words = rest[(cloud or desktop).end() :]
    name = tables.without_address(name)
    if not name:
        return None
    told["layout"] = told["layout"] or layout
    return clock_s, name, _addressee(to), words.strip()


def _addressee(to):
    """'' for everybody, else a name without what Zoom adds to it."""
    to = tables.without_address(re.sub(r"\((?:Direct Message|Privately)\)", "", to))
    return "" if to.casefold() in ("", "everyone", "alle", "tous", "todos", "tutti", "iedereen", "всі", "все") else to
