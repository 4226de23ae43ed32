"""What lies beside the media of a meeting: its chat and its list of people, on the recording's clock."""

import numpy as np
import pandas as pd

from mien import recordings, tables
from mien.river.gather import person_of, stack

SILENT = ("chat", "participants")
"""Files whose times belong to a clock, but to no sound that could say whether they are right."""


def clock_of(zero):
    """What the report says of the clock of such a file: where its zero is taken to be, and that nothing checks it."""
    why = "no sound to compare it with: its zero is where the files of the meeting say it is"
    return {"lag_s": None, "uncertainty_s": None, "trust": None, "against": None, "zero": zero, "why": why}


def chat(one, recording):
    """One recording's rows of ``chat.csv``: who wrote when and how much, without the words; and what is told of it."""
    found, told = [], {}
    for medium in recording.of("chat"):
        try:
            rows = recordings.read_chat(medium.path, told)
        except OSError as error:
            told = {"unread": [], "warnings": [f"{medium.path.name}: {error.strerror}"]}
            continue
        when = (recording.starts, recording.starts_gmt, one.duration_s)
        times, told["zero"] = recordings.chat_times(rows, told["layout"], *when)
        found.append(_messages(rows, times, one, recording))
        lost = np.isnan(times).sum()
        outside = ((times < 0) | (times > one.duration_s)).sum()
        if lost:
            told["warnings"].append(f"{medium.path.name}: {lost} messages have no time; their zero is {told['zero']}")
        if outside:
            told["warnings"].append(f"{medium.path.name}: {outside} messages came outside the recording; they are kept")
    return tables.CHAT.check(stack([tables.CHAT.empty(), *found])), told


def _messages(rows, times, one, recording):
    kinds = ["reaction" if recordings.REACTION.match(words) else "message" for words in rows["words"]]
    frame = pd.DataFrame({"recording_id": one.recording_id, "time_s": times, "kind": kinds}, index=rows.index)
    frame["person_id"] = [person_of(name, recording.names, one.hand) or "nobody" for name in rows["name"]]
    frame["to"] = np.where(rows["to"] == "", "everybody", "one person")
    frame["n_words"] = [float(tables.counted(words)[0]) for words in rows["words"]]
    frame["why"] = np.where(np.isnan(times), tables.why({"time_s": "no_zero"}), "")
    return frame[tables.CHAT.names]


def attendance(one, recording):
    """When each name of the list of people was there, seconds {name: [(start_s, end_s), …]}; and what is told of it.

    Rows of the waiting room are no presence: they are counted in what is told, and left out.
    """
    found, told = {}, {}
    for medium in recording.of("participants"):
        day = recording.starts.date() if recording.starts else None
        try:
            rows = recordings.read_attendance(medium.path, day, told)
        except (tables.TableError, OSError) as error:
            told = {"unread": [str(error)], "warnings": [f"{error}; nothing is read of it"]}
            continue
        rows, told["zero"] = recordings.presence(rows, recording.starts, recording.starts_gmt, one.duration_s)
        for row in rows[~rows["waiting"]].itertuples():
            found.setdefault(row.name, []).append((float(row.start_s), float(row.end_s)))
    return found, told


def told_of(told):
    """What the report says of a file beside the media: counts, layout, zero; not the warnings, which are told once."""
    return {name: value for name, value in told.items() if name != "warnings"}
