"""``people.csv``: who is who, written down by hand; it overrules what was found.

A row gives a found face (p1, p2, …) or a sound's name to a person, from ``start_s`` to ``end_s`` or for the whole
recording. Two faces given to one person are merged, one face given to two people in two spans is split, one given to
nobody (an empty ``person_id``: a portrait on a wall) is dropped. What no row names stays as it was found.

``mien build`` writes the same table of what it found, with trust and reasons, so that it can be edited and given back;
its rows whose ``people_by`` is "found" or "sound" are corrections only where ``person_id`` is no longer ``found_as``.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mien import tables


@dataclass(frozen=True)
class Hand:
    """The rows of one recording: tuples (found, person_id, start_s, end_s, where), ``where`` naming file and row."""

    rows: tuple = ()

    @property
    def found(self):
        """What was found that the table speaks of, each once."""
        return list(dict.fromkeys(row[0] for row in self.rows))

    @property
    def person_ids(self):
        """The people it names, in order, each once."""
        return list(dict.fromkeys(row[1] for row in self.rows if row[1]))

    def found_of(self, person_id):
        """Which found faces are, at some time, this person."""
        return [row[0] for row in self.rows if row[1] == person_id]

    def check(self, recording_id, faces, sounds):
        """Raise :class:`tables.TableError` where a row speaks of nobody that was found, or splits a sound."""
        for found, _, start_s, end_s, where in self.rows:
            if found not in faces and found not in sounds:
                raise tables.TableError(
                    f"{where}: found {found!r} is nobody in {recording_id!r}; expected one of the faces "
                    f"{', '.join(faces) or '(none)'} or of the sounds {', '.join(sounds) or '(none)'}"
                )
            if found not in faces and (start_s > 0 or np.isfinite(end_s)):
                raise tables.TableError(
                    f"{where}: the sound {found!r} with a span of time; a sound belongs to one person: leave start_s "
                    "and end_s empty, or write the turns down as segments"
                )

    def faces(self, faces):
        """The faces (one row per found person and time) as the table wants them: one row per person and time."""
        if "people_by" not in faces:
            faces = faces.assign(people_by="found")
        named = [row for row in self.rows if row[0] in set(faces["person_id"])]
        if not named:
            return faces
        times = np.sort(faces["time_s"].unique())
        parts = [_without(faces, named)]
        for person_id in dict.fromkeys(row[1] for row in named if row[1]):
            parts.append(_person(faces, [row for row in named if row[1] == person_id], person_id, times))
        return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)

    def sounds(self, names):
        """What the sounds are called: {name of the sound: person_id}, '' for a sound that is nobody's."""
        return {found: person_id for found, person_id, *_ in self.rows if found in names}


def _without(faces, named):
    """The people of whom no row speaks; of one who is spoken of for a part of the time, unseen in that part."""
    whole = {found for found in dict.fromkeys(row[0] for row in named) if _is_whole(found, named)}
    left = faces[~faces["person_id"].isin(whole)].copy()
    taken = np.any([_inside(left, row) for row in named], axis=0)
    numbers = [name for name in left.select_dtypes("number") if name != "time_s"]
    left.loc[taken, numbers] = np.nan
    left.loc[taken, ["face_trust", "why"]] = [0.0, "no_face"]
    return left


def _is_whole(found, named):
    """Whether the rows speak of a found face at all times."""
    until_s = 0.0
    for start_s, end_s in sorted((row[2], row[3]) for row in named if row[0] == found):
        until_s = max(until_s, end_s) if start_s <= until_s else until_s
    return bool(np.isinf(until_s))


def _inside(faces, row):
    found, _, start_s, end_s, _ = row
    return ((faces["person_id"] == found) & (faces["time_s"] >= start_s) & (faces["time_s"] < end_s)).to_numpy()


def _person(faces, named, person_id, times):
    """One person's rows, at every time; where two found faces are this person at once, the surer one."""
    mine = pd.concat([faces[_inside(faces, row)] for row in named])
    mine = mine.sort_values(["time_s", "face_trust"], ascending=[True, False], kind="stable")
    mine = mine.drop_duplicates("time_s").set_index("time_s").reindex(pd.Index(times, name="time_s")).reset_index()
    absent = mine["track_id"].isna()
    mine["why"] = mine["why"].where(~absent, "no_face")
    mine.loc[absent, "face_trust"] = 0.0
    mine["people_trust"] = np.where(absent, np.nan, 1.0)
    return mine.assign(person_id=person_id, people_by="hand")[list(faces.columns)]


# ---- reading it ------------------------------------------------------------------------------------------------------


def read(path, recording_ids):
    """Read ``people.csv``: {recording_id: Hand}.

    ``recording_ids`` are those that are built; where it is one, the table needs no ``recording_id``. Raises
    :class:`tables.TableError` naming the file, the row and what was expected.
    """
    table = tables.read(path, tables.PEOPLE)
    rows = {}
    for number, row in enumerate(table.to_dict("records"), start=2):
        where = f"{path}: row {number}"
        recording_id = _recording(row, recording_ids, where)
        if not _is_correction(row, recording_id):
            continue
        start_s, end_s = _seconds(row, "start_s", 0.0, where), _seconds(row, "end_s", np.inf, where)
        mine = rows.setdefault(recording_id, [])
        _check_apart(mine, row["found"], start_s, end_s, where)
        mine.append((row["found"], row["person_id"], start_s, end_s, where))
    return {recording_id: Hand(tuple(mine)) for recording_id, mine in rows.items()}


def _recording(row, recording_ids, where):
    recording_id = row.get("recording_id") or (recording_ids[0] if len(recording_ids) == 1 else "")
    if recording_id not in recording_ids:
        found = repr(recording_id) if recording_id else "no recording_id"
        raise tables.TableError(
            f"{where}: {found}; expected the recording_id of one that is built: {', '.join(recording_ids)}"
        )
    return recording_id


def _seconds(row, name, otherwise, where):
    value = row.get(name, np.nan)
    if pd.isna(value) or value == "":
        return otherwise
    try:
        return float(value)
    except ValueError as error:
        raise tables.TableError(f"{where}: {name} {value!r}; expected seconds, or nothing") from error


def _is_correction(row, recording_id):
    """Whether a row says something else than what was found; a row without ``people_by`` always does."""
    by = row.get("people_by", "")
    if not by or by == "hand":
        return True
    return row["person_id"] != row.get("found_as", f"{recording_id}_{row['found']}")


def _check_apart(mine, found, start_s, end_s, where):
    for other, _, from_s, to_s, there in mine:
        if other == found and start_s < to_s and from_s < end_s:
            raise tables.TableError(
                f"{where}: {found!r} is somebody already at this time ({there}); expected spans that do not overlap: "
                "start_s <= t < end_s"
            )
