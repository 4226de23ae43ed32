"""What was measured on a synthetic recording, held against what was scripted."""

from pathlib import Path

import numpy as np
import pandas as pd

MOST_APART_S = {"pitch": 0.006, "head yaw": 0.021, "head pitch": 0.021, "speech onset": 1.0}
"""How far a measured moment may lie from the scripted one to be compared with it."""


def against_truth(folder, read):
    """Scripted and measured values side by side: one row per person, quantity and moment.

    ``folder`` is a synthetic recording (with its ``truth_*.csv``), ``read`` the tables built from it (``turns``,
    ``faces``, ``voice``). Columns person_id, quantity, unit, time_s, scripted, measured. A moment without a scripted or
    a measured value has no row; how much is missing is the business of the windows table.
    """
    folder = Path(folder)
    voice, faces = (pd.read_csv(folder / f"truth_{name}.csv") for name in ("voice", "faces"))
    turns = pd.read_csv(folder / "truth_turns.csv")
    parts = [
        _beside(voice, read["voice"], "f0_hz", "pitch", "Hz"),
        _beside(faces, read["faces"], "yaw_deg", "head yaw", "deg"),
        _beside(faces, read["faces"], "pitch_deg", "head pitch", "deg"),
        _beside(_onsets(turns), _onsets(read["turns"]), "onset_s", "speech onset", "s"),
    ]
    return pd.concat(parts, ignore_index=True)


BOX = ("box_x_px", "box_y_px", "box_w_px", "box_h_px")
SEEN = ("yaw_deg", "pitch_deg", "roll_deg", "mouth_opening", "eye_opening", "smile", "face_trust", *BOX)


def trial_beside(one, rows, frame_times_s):
    """Truth and measurement of a trial side by side: one row per frame that arrived.

    ``one`` a :class:`mien.synthetic.Trial`, ``rows`` what ``face.extract`` made of its pictures, ``frame_times_s`` the
    times of those. The truth's columns, ``seen_*`` beside them (NaN where the face was not found) and ``n_false``: how
    many faces were found where there is none. A face is the right one where its box and the true one overlap by 0.3.
    """
    rows = rows.assign(smile=rows[["bs_mouthSmileLeft", "bs_mouthSmileRight"]].mean(axis=1))
    rows = rows[["time_s", *SEEN]].rename(columns={name: f"seen_{name}" for name in SEEN})
    truth, rows = (table.assign(at_ms=(1000 * table["time_s"]).round().astype(int)) for table in (one.truth, rows))
    truth = truth[truth["at_ms"].isin({round(1000 * time_s) for time_s in frame_times_s})]
    rows = rows.drop(columns="time_s").merge(truth[["at_ms", *BOX]], on="at_ms")
    is_right = _overlap(rows) > 0.3
    false = rows[~is_right].groupby("at_ms").size().rename("n_false")
    right = rows[is_right].drop_duplicates("at_ms").drop(columns=list(BOX)).set_index("at_ms")
    return truth.join(right, on="at_ms").join(false, on="at_ms").fillna({"n_false": 0}).drop(columns="at_ms")


def _overlap(rows):
    """Intersection over union of the measured box and the true one, 0 where there is no true one."""
    sides = []
    for at, size in (("box_x_px", "box_w_px"), ("box_y_px", "box_h_px")):
        begin = np.maximum(rows[at], rows[f"seen_{at}"])
        end = np.minimum(rows[at] + rows[size], rows[f"seen_{at}"] + rows[f"seen_{size}"])
        sides.append((end - begin).clip(lower=0))
    both = sides[0] * sides[1]
    areas = rows["box_w_px"] * rows["box_h_px"] + rows["seen_box_w_px"] * rows["seen_box_h_px"]
    return (both / (areas - both)).fillna(0)


def _onsets(turns):
    speech = turns[turns["kind"] == "speech"]
    return pd.DataFrame({"person_id": speech["person_id"], "time_s": speech["start_s"], "onset_s": speech["start_s"]})


def _beside(scripted, measured, column, quantity, unit):
    """Each scripted value with the measured one nearest in time, of the same person."""
    columns = ["person_id", "time_s", column]
    left, right = (t[columns].dropna().sort_values("time_s").astype({"time_s": float}) for t in (scripted, measured))
    both = pd.merge_asof(
        left.rename(columns={column: "scripted"}),
        right.rename(columns={column: "measured"}),
        on="time_s",
        by="person_id",
        direction="nearest",
        tolerance=MOST_APART_S[quantity],
    ).dropna()
    return both.assign(quantity=quantity, unit=unit)
