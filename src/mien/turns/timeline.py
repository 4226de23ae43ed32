"""Zoom's timeline (.json): whom its cloud took for the one who speaks, from one change to the next."""

import json
import re
from pathlib import Path

import pandas as pd

from mien import tables
from mien.turns.floor import LONGEST_S, SEGMENTS
from mien.turns.readers import COLUMNS, decoded, is_anybody, with_people

LISTS = ("timeline_refine", "timeline", "active_speaker_timeline")
"""The lists of such a file, the best first."""
_TS = re.compile(r"(\d{1,4}):([0-5]?\d):([0-5]?\d)(?:[.,](\d{1,6}))?")


def read_timeline(path, people=None, told=None):
    """Read Zoom's timeline: person_id, start_s, end_s, whom it took for the one who speaks.

    Assumed layout (Zoom does not document it; public readers agree on it): an object with a list ``timeline_refine``
    or ``timeline`` of entries ``{"ts": "00:00:05.000", "users": [{"username": "Ada", …}]}``, ``ts`` counted from the
    start of the recording; those named speak until the next entry, and an entry without users is silence. An entry with
    ``end_ts`` ends there. ``told`` collects ``entries``, ``used`` (somebody speaks), ``silent``, and ``unread``, which
    names every other. Names are compared with ``people`` as :func:`mien.turns.read_vtt` does. Raises
    :class:`tables.TableError` where there is no such list.
    """
    told, path = {} if told is None else told, Path(path)
    told |= {"entries": 0, "used": 0, "silent": 0, "unread": []}
    entries = _entries(decoded(path, told), path)
    times = [_seconds(entry.get("ts")) if isinstance(entry, dict) else None for entry in entries]
    ends = pd.Series([*times, None][1:], dtype=object).bfill()
    rows = []
    for number, (entry, start_s, end_s) in enumerate(zip(entries, times, ends, strict=True)):
        told["entries"] += 1
        found = _said(entry, start_s, end_s)
        if isinstance(found, str):
            told["unread"].append(f"{path.name}: entry {number + 1}: {found}; left out")
        elif found:
            told["used"] += 1
            rows += found
        else:
            told["silent"] += 1
    told["warnings"] += told["unread"]
    segments = pd.DataFrame(rows, columns=COLUMNS[:3]).astype({"start_s": float, "end_s": float})
    segments = SEGMENTS.check(segments, str(path))
    told["local_names"] = [name for name in segments["person_id"].unique() if is_anybody(name)]
    return with_people(segments, people, told, path)


def _entries(text, path):
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise tables.TableError(f"{path}: not JSON ({error}); expected the timeline of a Zoom recording") from error
    lists = [found.get(name) for name in LISTS] if isinstance(found, dict) else []
    for entries in lists:
        if isinstance(entries, list) and entries:
            return entries
    if any(isinstance(entries, list) for entries in lists):
        return []
    raise tables.TableError(f"{path}: no list {' or '.join(LISTS[:2])}; expected the timeline of a Zoom recording")


def _said(entry, start_s, next_s):
    """The rows of one entry, none where nobody speaks, or in words why it can't be read."""
    if not isinstance(entry, dict) or start_s is None:
        return "no time 'ts' such as '00:00:05.000'"
    users = entry.get("users", [])
    if not isinstance(users, list):
        return "'users' is no list"
    if not users:
        return []
    names = [user.get("username") if isinstance(user, dict) else None for user in users]
    names = [tables.without_address(name) if isinstance(name, str) else "" for name in names]
    if not all(names):
        return "somebody without a 'username'"
    end_s = _seconds(entry.get("end_ts")) if entry.get("end_ts") is not None else next_s
    if end_s is None:
        return f"nothing says when {' and '.join(map(repr, names))} ended"
    if end_s < start_s:
        return f"ends at {end_s:g} s, before it begins at {start_s:g} s"
    return [(name, start_s, end_s) for name in dict.fromkeys(names)]


def _seconds(text):
    found = _TS.fullmatch(text.strip()) if isinstance(text, str) else None
    if not found:
        return None
    hours, minutes, seconds, fraction = found.groups()
    found_s = int(hours) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction or 0}")
    return found_s if found_s <= LONGEST_S else None
