"""What was measured on a synthetic recording, held against what was scripted."""

from pathlib import Path

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
