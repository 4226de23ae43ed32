"""From the clock on the wall to seconds of the recording: chat and participants have zero points of their own.

A desktop folder is named for the local time at which the meeting began (``2024-05-01 14.00.00 Weekly``), a cloud file
for the time at which its recording began (``GMT20240501-140000_Recording…``), in GMT by its name; lists of people and
saved chats have the local time of whoever made them. What can't be placed stays without a time, with a reason.
"""

import re
from datetime import datetime

import numpy as np
import pandas as pd

DAY_S = 86400.0
ZONES_S = np.arange(-12 * 3600, 14 * 3600 + 1, 1800.0)
"""The time zones that are tried, in half hours."""
SLACK_S = 60.0
"""What lies up to this far outside a recording may still belong to it: people are let in before it begins."""


def start_of(name):
    """When a recording began by the name of a file or folder, and whether in GMT; ``(None, False)`` where unsaid.

    >>> start_of("2024-05-01 14.00.00 Weekly"), start_of("GMT20240501-140000_Recording.m4a")[1], start_of("talk")
    ((datetime.datetime(2024, 5, 1, 14, 0), False), True, (None, False))
    """
    for pattern, gmt in (
        (r"(\d{4})-(\d\d)-(\d\d) (\d\d)\.(\d\d)\.(\d\d)(?!\d)", False),
        (r"GMT(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)(?!\d)", True),
    ):
        found = re.match(pattern, name)
        try:
            if found:
                return datetime(*map(int, found.groups())), gmt
        except ValueError:
            continue
    return None, False


def chat_times(chat, layout, start, gmt, duration_s):
    """When the messages of a chat came, seconds of the recording (NaN where unknown), and in words how that is known.

    ``chat`` and ``layout`` as :func:`mien.recordings.read_chat` gives them, ``start`` and ``gmt`` as
    :func:`start_of`.
    """
    clock_s = chat["clock_s"].to_numpy(float)
    if layout == "offset":
        return clock_s, "from the start of the recording, as the cloud writes it"
    clock_s = clock_s + DAY_S * np.cumsum(np.r_[0, np.diff(clock_s) < -DAY_S / 2][: len(clock_s)])
    inside = len(clock_s) and clock_s.min() >= 0 and clock_s.max() <= duration_s + SLACK_S
    nowhere = np.full(len(clock_s), np.nan)
    if start is None:
        if inside:
            return clock_s, "from the start of the recording: all times lie inside it, and none is said for a clock"
        return nowhere, "unknown: times of a clock, and no file or folder says when the recording began"
    since_s = clock_s - (start.hour * 3600 + start.minute * 60 + start.second)
    since_s = since_s + DAY_S * (since_s.min(initial=0) < -DAY_S / 2)
    if gmt:
        zone_s = _zone([(time_s, time_s) for time_s in since_s], duration_s)
        if zone_s is None:
            return nowhere, "unknown: a local clock, and more than one time zone or none would fit the recording"
        return since_s - zone_s, f"a local clock {zone_s / 3600:+g} h from GMT, the only zone in which all fit"
    if inside and not _fits(since_s, duration_s):
        return clock_s, "from the start of the recording: as times of a clock they would lie outside it"
    if inside:
        return nowhere, "unknown: the times could be those of a clock or count from the start"
    return since_s, "the time in the folder's name, when the meeting began; the recording may have begun later"


def presence(people, start, gmt, duration_s):
    """When people were there: start_s and end_s on the recording's clock (NaN where unknown), and how that is known."""
    empty = people.assign(start_s=np.nan, end_s=np.nan)
    if start is None:
        return empty, "unknown: no file or folder says when the recording began"
    times = [(people[name] - pd.Timestamp(start)).dt.total_seconds().to_numpy() for name in ("join", "leave")]
    placed = people.assign(start_s=times[0], end_s=times[1])
    if not gmt:
        return placed, "the time in the folder's name, when the meeting began; the recording may have begun later"
    spans = placed.loc[placed["start_s"].notna() & placed["end_s"].notna(), ["start_s", "end_s"]]
    zone_s = _zone(list(spans.itertuples(index=False, name=None)), duration_s)
    if zone_s is None:
        return empty, "unknown: a local clock, and more than one time zone or none would fit the recording"
    words = f"a local clock {zone_s / 3600:+g} h from GMT, the only zone that fits"
    return placed.assign(start_s=placed["start_s"] - zone_s, end_s=placed["end_s"] - zone_s), words


def _fits(times_s, duration_s):
    return bool(len(times_s)) and times_s.min() >= -SLACK_S and times_s.max() <= duration_s + SLACK_S


def _zone(spans, duration_s):
    """The only time zone in which every span touches the recording; None where none does, or several."""
    if not spans:
        return None
    start_s, end_s = np.array(spans, float).T
    early, late = start_s[:, None] - ZONES_S, end_s[:, None] - ZONES_S
    fits = ((early <= duration_s + SLACK_S) & (late >= -SLACK_S)).all(axis=0)
    return float(ZONES_S[fits][0]) if fits.sum() == 1 else None
