"""Who is who, as tables: ``people.csv``, to be read, mended and given back, and ``layout.csv``, what happened when."""

import numpy as np
import pandas as pd

from mien import people, tables
from mien.river.gather import person_of
from mien.river.names import is_spelling

HAND_NAME = "people.csv"
"""A table of this name beside the media of a recording overrules what is found in it (:mod:`mien.people.hand`)."""

WAYS = {
    "new": "nobody known",
    "steady": "found again in place",
    "moment": "moved from one frame to the next",
    "place": "back in place",
    "anywhere": "back elsewhere, by looks",
}


def hands(found, path=None):
    """What was written down by hand: {recording_id: people.Hand}, from one table, or from one beside each recording."""
    if path is not None:
        return people.read_hand(path, [one.recording_id for one in found])
    beside = {}
    for one in found:
        for medium in one.media[:1]:
            beside.setdefault(medium.path.parent / HAND_NAME, []).append(one.recording_id)
    read = {}
    for table, ids in beside.items():
        read |= people.read_hand(table, ids) if table.is_file() else {}
    return read


def listed(one, notes, recording, there):
    """One recording's rows of ``people.csv``: every found face, sound and name, who it is, how surely and why.

    ``there`` says when the list of people has somebody in the meeting (:func:`mien.river.beside.attendance`).
    """
    rows = [_face_row(one, found, tracks) for found, tracks in notes.get("people", {}).items()]
    rows += [_sound_row(one, name) for name in _sounds(one, recording) if name not in recording.named_because]
    rows += [_name_row(one, name, recording, there) for name in sorted(recording.named_because)]
    rows = [{"recording_id": one.recording_id} | row for row in rows]
    spans = [{"found": f, "person_id": p, "start_s": a, "end_s": b} for f, p, a, b, _ in one.hand.rows]
    return pd.DataFrame(_by_hand(rows, spans, one), columns=COLUMNS)


COLUMNS = (
    *("recording_id", "found", "person_id", "start_s", "end_s", "people_trust", "people_by", "found_as"),
    *("first_s", "last_s", "box_x_px", "box_y_px", "box_w_px", "box_h_px", "why"),
)


def _face_row(one, found, tracks):
    name = one.names.get(found, f"{one.recording_id}_{found}")
    how = [f"{track['start_s']:.2f} s {WAYS.get(track['way'], track['way'])}" for track in tracks]
    sure = min(track["people_trust"] for track in tracks) * one.sure.get(found, 1.0)
    by = "found" if name == f"{one.recording_id}_{found}" else "sound"
    row = {"found": found, "person_id": name, "found_as": name, "people_trust": round(sure, 4), "people_by": by}
    row |= {"first_s": tracks[0]["start_s"], "last_s": tracks[-1]["end_s"], "why": "; ".join(how)}
    return row | {f"box_{side}_px": value for side, value in zip("xywh", tracks[0]["box_px"], strict=True)}


def _sound_row(one, name):
    return {"found": name, "person_id": name, "found_as": name, "people_by": "sound", "why": "the name of the sound"}


def _sounds(one, recording):
    """The voices of a recording, but for those that a hand renamed: they stand under the name that was found."""
    renamed = {person_of(name, recording.names, one.hand) for name in recording.named_because}
    return sorted({name for name in one.heard if name} - (renamed - set(recording.named_because)))


def _name_row(one, name, recording, there):
    """The row of a name in the files of a meeting, whose other spellings it stands for."""
    found_as = recording.names.get(name, name)
    person = person_of(name, recording.names, one.hand)
    spans = [span for other, spans in there.items() if is_spelling(other, name) for span in spans]
    spans = [span for span in spans if not any(map(np.isnan, span))]
    row = {"found": name, "person_id": person, "found_as": found_as, "why": recording.named_because[name]}
    row |= {"people_by": "hand" if person != found_as else "sound" if _has_sound(name, recording) else "name"}
    if spans:
        row |= {"first_s": min(start for start, _ in spans), "last_s": max(end for _, end in spans)}
        row["why"] += f"; there {len(spans)} times" if len(spans) > 1 else ""
    return row


def _has_sound(name, recording):
    return name in {medium.person_id for medium in recording.of("person_audio")}


def _by_hand(rows, spans, one):
    """The rows that the hand overrules, replaced by its own."""
    said = {span["found"] for span in spans}
    kept = [row for row in rows if row["found"] not in {*said, *(span["person_id"] for span in spans)}]
    about = {row["found"]: row for row in rows}
    for span in spans:
        row = about.get(span["found"], {"recording_id": one.recording_id})
        until = {"end_s": span["end_s"] if span["end_s"] < float("inf") else float("nan")}
        kept.append(row | span | until | {"people_trust": 1.0, "people_by": "hand", "why": "written down by hand"})
    return kept


def layout(one, notes):
    """One recording's rows of ``layout.csv``."""
    rows = []
    for event in notes.get("layout_events", []):
        box = {f"box_{side}_px": value for side, value in zip("xywh", event["box_px"], strict=True)}
        who = _named(one, event["person_id"], event["time_s"])
        rows.append({"recording_id": one.recording_id, "time_s": event["time_s"], "event": event["event"]})
        rows[-1] |= {"person_id": who} | box
    return tables.LAYOUT.check(pd.DataFrame(rows, columns=tables.LAYOUT.names))


def _named(one, found, time_s):
    """What a found face is called at a time."""
    by_hand = [row[1] for row in one.hand.rows if row[0] == found and row[2] <= time_s < row[3]]
    return by_hand[0] if by_hand else one.names.get(found, found)
