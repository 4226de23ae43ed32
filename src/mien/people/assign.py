"""Which face is which person: tracks that continue each other in place and size become one person.

A *track* is one face from found to lost; a person may have several. Tracks are linked only where that is plain, by
place, moment and looks (``people.identity``). In doubt a new person begins: a person split in two is missing data, two
people taken for one would be wrong data.

A picture of a face is no person. What tells them apart is change: over any two seconds of the living faces in the
twelve real clips the face's grey levels changed by at least 2.9 (of 255, 90th percentile, within 0.4 s); a still
portrait by 0.7, and a still picture behind camera noise by hardly more than the noise around it.
"""

import numpy as np
import pandas as pd

from mien.people.identity import linked
from mien.people.layout import events
from mien.people.settings import PeopleSettings

SPOT = ["box_x_px", "box_y_px", "box_w_px", "box_h_px"]


def assign(tracks, frame_times_s, settings=None, looks=None, layout=None):
    """Give every face a person: ``(faces, told)``.

    ``tracks`` is the table of ``face.extract`` and ``frame_times_s`` all sampled times, told by it, as are ``looks``
    (without them only place and time decide) and ``layout``. ``faces`` has a row for every person and sampled frame;
    where the person was not seen it is NaN with ``face_trust`` 0 and ``why`` "no_face". People are p1, p2, … in the
    order in which they appear, and among those who appear together as one reads: from the top row down, each row from
    left to right. ``people_trust`` (0..1) says how sure it is that this is the same person as before, or where a
    person begins that it is nobody known. ``told`` names what was dropped and why, how each person's tracks were
    linked, and the ``layout_events`` (``people.layout``).
    """
    settings = settings or PeopleSettings()
    times = np.asarray(frame_times_s, dtype=float)
    told = {"tracks": 0, "too_short": 0, "too_short_tracks": [], "still_pictures": [], "people": {}, "warnings": []}
    album = (
        {}
        if looks is None or looks.empty
        else {track_id: rows.iloc[:, 2:] for track_id, rows in looks.groupby("track_id")}
    )
    pieces = []
    for track_id, rows in tracks.groupby("track_id", sort=True):
        told["tracks"] += 1
        piece = _summary(rows, settings) | {"track_id": int(track_id), "looks": _looks_of(album.get(track_id))}
        if piece["still"]:
            told["still_pictures"].append(_place(piece))
        else:
            pieces.append(piece)
    happened = layout or []
    replaced_s = [one["time_s"] for one in happened if one["event"] in ("replaced", "cut")]
    found = linked(pieces, settings, replaced_s)
    scraps = [piece for person in found if _is_scraps(person) for piece in person]
    told |= {"too_short": len(scraps), "too_short_tracks": [_place(piece) for piece in scraps]}
    found = _in_order([person for person in found if not _is_scraps(person)])
    people = {f"p{k}": person for k, person in enumerate(found, start=1)}
    faces = [_rows_of(person_id, person, times) for person_id, person in people.items()]
    told["people"] = {person_id: [_place(piece) for piece in person] for person_id, person in people.items()}
    told["layout_events"] = _events(people, times, happened)
    told["warnings"] += _low_rate(told, times, settings)
    return (pd.concat(faces, ignore_index=True) if faces else _nobody(tracks)), told


def _is_scraps(person):
    """Whether a person was never seen for long enough to be one."""
    return all(piece["short"] for piece in person)


def _looks_of(rows):
    return np.zeros((0, 0), np.float32) if rows is None else rows.to_numpy(np.float32)


def _events(people, times, happened):
    """The layout events as plain dictionaries with a box in pixels."""
    came = {one["track_id"] for one in happened if one["event"] == "came"}
    cuts_s = [one["time_s"] for one in happened if one["event"] == "cut"]
    return [
        {"time_s": round(one["time_s"], 6), "event": one["event"], "person_id": one["person_id"]}
        | {"box_px": [round(float(v), 1) for v in one["box"]]}
        for one in (events(people, times, cuts_s, came) if len(times) else [])
    ]


def _low_rate(told, times, settings):
    """A warning where faces were dropped as too short although it is the pictures that are too few."""
    if not told["too_short"] or len(times) < 2:
        return []
    rate_hz = (len(times) - 1) / (times[-1] - times[0])
    if rate_hz * settings.track_min_s >= settings.track_min_searches - 1:
        return []
    return [
        f"{told['too_short']} faces were seen too briefly to be counted (less than {settings.track_min_s} s or "
        f"{settings.track_min_searches} looks), at only {rate_hz:.3g} pictures a second: a higher --fps may keep them"
    ]


def _summary(rows, settings):
    rows = rows.sort_values("time_s")
    start_s, end_s = rows["time_s"].iloc[[0, -1]]
    short = end_s - start_s < settings.track_min_s or rows["searches"].max() < settings.track_min_searches
    still = end_s - start_s >= settings.still_min_s and is_still(rows, settings)
    return {
        "rows": rows,
        "start_s": float(start_s),
        "end_s": float(end_s),
        "first": rows[SPOT].iloc[:5].median().to_numpy(),
        "last": rows[SPOT].iloc[-5:].median().to_numpy(),
        "short": bool(short),
        "still": bool(still),
        "trust": 1.0,
    } | {name: rows[name].iloc[0] for name in ("take", "scene", "track_end")}


def is_still(rows, settings=None):
    """Whether a track is a picture of a face: it changes no more than its surroundings do by noise alone."""
    settings = settings or PeopleSettings()
    if not rows["pixel_motion"].notna().any():
        return False
    noise = min(rows["pixel_noise"].median(), settings.still_noise_max)
    return bool(rows["pixel_motion"].quantile(0.9) <= settings.still_change + noise)


def _place(piece):
    x, y, w, h = piece["rows"][SPOT].median()
    return {
        "start_s": round(piece["start_s"], 3),
        "end_s": round(piece["end_s"], 3),
        "box_px": [round(float(v), 1) for v in (x, y, w, h)],
        "people_trust": piece["trust"],
        "way": piece.get("way", ""),
    }


def _in_order(people):
    """By first appearance; those who appear together as one reads: rows from the top, each from left to right."""
    ordered = []
    for start_s in sorted({person[0]["start_s"] for person in people}):
        together = [person for person in people if person[0]["start_s"] == start_s]
        together.sort(key=lambda person: _middle(person)[1])
        while together:
            top = _middle(together[0])[1] + together[0][0]["first"][3]  # one face height below the topmost
            row = [person for person in together if _middle(person)[1] < top]
            ordered += sorted(row, key=lambda person: _middle(person)[0])
            together = together[len(row) :]
    return ordered


def _middle(person):
    x, y, w, h = person[0]["first"]
    return x + w / 2, y + h / 2


def _rows_of(person_id, person, times):
    """One row per sampled frame of the recording; NaN where the person was not seen."""
    seen = [piece["rows"].assign(people_trust=piece["trust"]) for piece in person]
    rows = pd.concat(seen).set_index("time_s").reindex(pd.Index(times, name="time_s")).reset_index()
    rows.insert(1, "person_id", person_id)
    absent = rows["track_id"].isna()
    rows.loc[absent, "face_trust"] = 0.0
    rows["why"] = rows["why"].where(~absent, "no_face")
    return rows


def _nobody(tracks):
    rows = tracks.iloc[:0].copy()
    rows.insert(1, "person_id", pd.Series(dtype=str))
    return rows.assign(people_trust=pd.Series(dtype=float))
