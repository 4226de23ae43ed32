"""Who was there, from when to when: Zoom's participants report, without the e-mail addresses in it.

Assumed layout, as Zoom's report page and public readers of it have it: perhaps two lines on the meeting and an empty
one, then a header with ``Name (Original Name)`` and perhaps ``User Email``, ``Join Time``, ``Leave Time``,
``Duration (Minutes)``, ``In Waiting Room``, and a row for each time that somebody came. Addresses are only compared
(who is the same account), then forgotten.
"""

import csv
import re
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from mien import tables

COLUMNS = ["line", "name", "original", "account", "join", "leave", "duration_s", "waiting"]
_STAMP = re.compile(
    r"(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4}),?[ T]+(\d{1,2}):(\d\d)(?::(\d\d))?\s*(?:([AaPp])\.?[Mm]\.?)?$"
)
_ORDERS = ("ymd", "mdy", "dmy")


def read_attendance(path, day=None, told=None):
    """Read a participants report: line, name, original, account, join, leave, duration_s, waiting.

    ``original`` is the name before somebody renamed themselves ('' where they did not), ``account`` a number that the
    rows of one account share (−1: not logged in), ``join`` and ``leave`` times of a clock (NaT where unknown).
    ``day`` (a date) settles whether 01/05 is in May. ``told`` collects ``rows`` (below the header), ``used``,
    ``in_waiting_room``, ``date_order`` and ``unread``, which names every row that was left out. Raises
    :class:`tables.TableError` where there is no header.
    """
    told, path = {} if told is None else told, Path(path)
    told |= {"rows": 0, "used": 0, "in_waiting_room": 0, "date_order": "", "unread": []}
    lines = _lines(tables.text(path, told))
    header, columns = _header(lines, path)
    below = lines[header + 1 :]
    order = _order([cells for _, cells in below if not isinstance(cells, csv.Error)], columns, day)
    rows, accounts = [], {}
    for number, cells in below:
        told["rows"] += 1
        wrong = f"its quotes do not match ({cells})" if isinstance(cells, csv.Error) else ""
        row = wrong or _row(cells, columns, order, accounts)
        if isinstance(row, str):
            told["unread"].append(f"{path.name}: line {number}: {row}; left out")
        else:
            told["used"] += 1
            told["in_waiting_room"] += row[-1]
            rows.append([number, *row])
    told["date_order"] = order
    told["warnings"] += told["unread"]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in ("join", "leave")})


def _lines(text):
    """The cells of every line that is not empty, with its number; no cell goes on in the next line.

    Of a line whose quotes do not match, the error in their place.
    """
    first = max(text.split("\n"), key=lambda line: sum(map(line.count, ",;\t")), default="")
    how, found = {"delimiter": max(",;\t", key=first.count), "strict": True}, []
    for number, line in enumerate(text.split("\n"), 1):
        try:
            cells = [cell.strip() for cell in next(csv.reader([line], **how), ())]
        except csv.Error as error:
            cells = error
        if isinstance(cells, csv.Error) or any(cells):
            found.append((number, cells))
    return found


def _header(lines, path):
    """Where the header is, and which column is what."""
    for number, (_, cells) in enumerate(lines):
        found = {}
        for place, cell in enumerate(cells if isinstance(cells, list) else ()):
            what = _column(cell.casefold())
            if what:
                found.setdefault(what, place)
        if "name" in found and len(found) > 1:
            return number, found
    raise tables.TableError(
        f"{path}: no header of a participants report; expected a line such as 'Name (Original Name),User Email,"
        "Join Time,Leave Time,Duration (Minutes)'"
    )


def _column(cell):
    words = {
        "name": ("name (original name)", "name", "user name", "user name (original name)", "participant", "full name"),
        "email": ("user email", "email", "e-mail"),
        "join": ("join time", "first join", "first join time"),
        "leave": ("leave time", "last leave", "last leave time"),
        "duration": ("duration (minutes)", "total duration (minutes)", "duration", "time in session (minutes)"),
        "waiting": ("in waiting room",),
    }
    return next((what for what, names in words.items() if cell in names), "")


def _row(cells, columns, order, accounts):
    """What one row says, or in words why it can't be read."""

    def cell(what):
        place = columns.get(what, len(cells))
        return cells[place] if place < len(cells) else ""

    name, original = _renamed(cell("name"))
    if not name:
        return "no name"
    times = [_time(cell(what), order) if cell(what) else pd.NaT for what in ("join", "leave")]
    if None in times:
        said = " and ".join(repr(tables.without_address(cell(what))[:30]) for what in ("join", "leave"))
        return f"no time in {said}"
    if times[1] < times[0]:
        return "left before they came"
    try:
        duration_s = 60 * float(cell("duration").replace(",", ".") or "nan")
    except ValueError:
        return f"duration {tables.without_address(cell('duration'))[:20]!r} is no number"
    email = cell("email").casefold()
    account = accounts.setdefault(email, len(accounts)) if email else -1
    duration_s = duration_s if np.isfinite(duration_s) else np.nan
    return [name, original, account, *times, duration_s, cell("waiting").casefold() == "yes"]


def _renamed(text):
    """The name, and the one before it: 'Ada (Ada Lovelace)'; pronouns and roles in brackets are neither."""
    name, found = tables.without_address(text), re.fullmatch(r"(.+?)\s*\(([^()]+)\)", tables.without_address(text))
    if not found:
        return name, ""
    return found[1], "" if is_remark(found[2]) else found[2]


def is_remark(text):
    """Whether what stands in brackets behind a name is no name: pronouns, a role, a place of waiting.

    >>> [is_remark(text) for text in ("she/her", "Host", "they/them/theirs", "Ada Lovelace")]
    [True, True, True, False]
    """
    words = "host|co-host|me|guest|external|extern|unverified|internal|owner|organizer"
    return bool(re.fullmatch(rf"(?i)\s*(?:{words})(?:\s*,\s*(?:{words}))*\s*", text)) or "/" in text


def _order(rows, columns, day):
    """In which order year, month and day are written: one in which all can be read, on the day of the recording."""
    places = [columns[what] for what in ("join", "leave") if what in columns]
    cells = [cells[place] for cells in rows for place in places if place < len(cells) and cells[place]]
    readable = [cell for cell in cells if any(_time(cell, order) is not None for order in _ORDERS)]
    found = {order: [_time(cell, order) for cell in readable] for order in _ORDERS}
    good = [order for order in _ORDERS if readable and None not in found[order]]
    on_day = [order for order in good if day and abs((found[order][0].date() - day).days) <= 1]
    return (on_day or good or ["mdy"])[0]


def _time(text, order):
    found = _STAMP.match(text)
    if not found:
        return None
    *date, hour, minute, second, half = found.groups()
    year, month, day = (int(date[order.index(letter)]) for letter in "ymd")
    hour = int(hour) % 12 + 12 * (half in "Pp") if half else int(hour)
    try:
        return pd.Timestamp(datetime(year + 2000 * (year < 100), month, day, hour, int(minute), int(second or 0)))
    except (ValueError, OverflowError):
        return None
