"""Which face is which person: tracks that continue each other in place and size become one person.

A *track* is one face from found to lost; a person may have several. Tracks are linked only where that is plain: the
later one begins where the earlier one was, soon after it, with nothing between. Across a cut they are linked only where
the same scene returns and box and size agree closely, and then with less trust. In doubt a new person begins: a person
split in two is missing data, two people taken for one would be wrong data.

A picture of a face is no person. What tells them apart is change: over any two seconds of the living faces in the
twelve real clips the face's grey levels changed by at least 2.9 (of 255, 90th percentile, within 0.4 s); a still
portrait by 0.7, and a still picture behind camera noise by hardly more than the noise around it.
"""

import numpy as np
import pandas as pd

from mien.people.settings import PeopleSettings

SPOT = ["box_x_px", "box_y_px", "box_w_px", "box_h_px"]


def assign(tracks, frame_times_s, settings=None):
    """Give every face a person: ``(faces, told)``.

    ``tracks`` is the table of ``face.extract`` and ``frame_times_s`` all sampled times, told by it. ``faces`` has a row
    for every person and sampled frame; where the person was not seen it is NaN with ``face_trust`` 0 and ``why``
    "no_face". People are p1, p2, … in the order in which they appear, and among those who appear together as one
    reads: from the top row down, each row from left to right. ``people_trust`` (0..1) says how sure the link is: 1 for
    a person's first track, less after a gap, less again after a cut. ``told`` names what was dropped and why.
    """
    settings = settings or PeopleSettings()
    times = np.asarray(frame_times_s, dtype=float)
    told = {"tracks": 0, "too_short": 0, "too_short_tracks": [], "still_pictures": [], "people": {}}
    pieces = []
    for _, rows in tracks.groupby("track_id", sort=True):
        told["tracks"] += 1
        piece = _summary(rows, settings)
        if piece["still"]:
            told["still_pictures"].append(_place(piece))
        elif piece["short"]:
            told["too_short"] += 1
            told["too_short_tracks"].append(_place(piece))
        else:
            pieces.append(piece)
    people = _in_order(_linked(pieces, settings))
    faces = [_rows_of(f"p{number}", person, times) for number, person in enumerate(people, start=1)]
    told["people"] = {f"p{k}": [_place(piece) for piece in person] for k, person in enumerate(people, start=1)}
    return (pd.concat(faces, ignore_index=True) if faces else _nobody(tracks)), told


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
    }


def _linked(pieces, settings):
    """People as lists of tracks: each track joins the person whose last track it plainly continues, or is new."""
    people = []
    for piece in sorted(pieces, key=lambda piece: (piece["start_s"], piece["first"][0])):
        fits = [(fit, person) for person in people if (fit := _fit(person[-1], piece, settings)) > 0]
        fits.sort(key=lambda pair: -pair[0])
        if len(fits) == 1 or (len(fits) > 1 and fits[0][0] > 1.5 * fits[1][0]):
            across = _cut_between(fits[0][1][-1], piece)
            drop = settings.trust_across_cut if across else settings.trust_resumed
            fits[0][1].append(piece | {"trust": round(fits[0][1][-1]["trust"] * drop, 4)})
        else:
            people.append([piece])
    return people


def _fit(before, after, settings):
    """How well one track continues another, 0 (not at all) to 1 (same box).

    Across a cut only where the picture shows the same scene as before: in shot and reverse shot two people sit in the
    same place of the frame. Nor where another face was seen to take the place.
    """
    gap_s = after["start_s"] - before["end_s"]
    across = _cut_between(before, after)
    longest_s = settings.cut_resume_s if across else settings.resume_s
    if not 0 < gap_s <= longest_s or before["track_end"] == "changed" or before["scene"] != after["scene"]:
        return 0.0
    same = _overlap(before["last"], after["first"])
    return same if same > (settings.cut_overlap if across else settings.resume_overlap) else 0.0


def _cut_between(before, after):
    return before["take"] != after["take"]


def _overlap(a, b):
    """Intersection over union of two boxes (x, y, w, h)."""
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    high = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(wide, 0) * max(high, 0)
    return both / (a[2] * a[3] + b[2] * b[3] - both)


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
