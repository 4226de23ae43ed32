"""Do empty tricks move trained models? A pasted smile on the London model, louder and faster speech on that of RAVDESS.

The tricks of AUDIT E29 that timing cannot play (g4, g6), played on committed windows of people whom the model never
saw: it is fitted on the untouched windows of the others and told both versions of each held-out window. Points are 100
times the probability of the class named. Labels are instructed or acted: nothing here is about what anybody felt.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from mien import models, tables
from mien.evidence import intervals, splits
from mien.face.features.displays import SMILE
from mien.face.features.settings import FeatureSettings
from mien.study.answer import Answer, above, ends, yes_no

NOTEBOOKS = ()
FILES = {"gaming_models": "gaming_models.csv"}
INPUTS = ("london_windows.csv", "ravdess_windows.csv")
ROOMS = ("tables", "models", "evidence")
MODEL = "logistic"
SMILES = ("face_smile_mean", "face_smile_p90", "face_auproxy_12", *(f"face_{name}" for name in SMILE))
FASTER = ("voice_nuclei_per_s", "voice_voiced_segments_per_s", "voice_pauses_per_min", "voice_f0_slope_st_per_s")
SHORTER = ("voice_pause_mean_s", "voice_voiced_length_s", "voice_unvoiced_length_s")
LEVEL = "voice_level_db_mean"
COLUMNS = ("corpus", "target", "positive", "policy", "dose", "of", "quantity", "value", "low", "high", "interval")
COUNTS = ("n_people", "n_windows")


def smile(windows, dose):
    """``dose`` more of the blendshapes mouthSmile, up to 1, in windows of one picture; nothing else of the face moves.

    >>> smile(pd.DataFrame({"face_smile_mean": [0.1, 0.9], "face_smile_share": [0.0, 1.0]}), 0.3).to_numpy().tolist()
    [[0.4, 1.0], [1.0, 1.0]]
    """
    found = windows.assign(**{name: (windows[name] + dose).clip(0, 1) for name in SMILES if name in windows})
    shown = (found["face_smile_mean"] > FeatureSettings().smile_shown).astype(float)
    return found.assign(face_smile_share=shown.where(windows["face_smile_share"].notna()))


def louder(windows, dose):
    """``dose`` dB more in the mean level: a gain changes no other measure of a voice that is not clipped."""
    return windows.assign(**{LEVEL: windows[LEVEL] + dose})


def faster(windows, dose):
    """``dose`` (0.1: a tenth) more of everything that counts by the second, and as much shorter what lasts."""
    found = {name: windows[name] * (1 + dose) for name in FASTER if name in windows}
    return windows.assign(**found, **{name: windows[name] / (1 + dose) for name in SHORTER if name in windows})


def louder_and_faster(windows, dose):
    """Trick g6: 3 dB louder, and ``dose`` faster."""
    return faster(louder(windows, 3.0), dose)


@dataclass(frozen=True)
class Asked:
    """One trained model and the tricks played on it: (name, edit, dose) each; points are those of ``positive``."""

    file: str
    corpus: str
    target: str
    positive: str
    signals: str
    tricks: tuple[tuple[str, Callable, float], ...]


ASKED = (
    Asked(
        INPUTS[0],
        "London",
        "label_expression",
        "smiling",
        "face",
        (("g4_constant_smile", smile, 0.1), ("g4_constant_smile", smile, 0.3)),
    ),
    Asked(
        INPUTS[1],
        "RAVDESS",
        "label_valence",
        "positive",
        "voice",
        (("g6_louder", louder, 3.0), ("g6_faster", faster, 0.1), ("g6_louder_and_faster", louder_and_faster, 0.1)),
    ),
)


def make(data, settings, workers=1, tick=lambda *_: None):
    """Points gained by each trick on each model; ``data`` is the folder. ``workers`` is not used: it takes seconds."""
    parts = [_played(tables.read(Path(data) / one.file, tables.WINDOWS), one, settings) for one in ASKED]
    return {"gaming_models": pd.DataFrame([row for part in parts for row in part], columns=[*COLUMNS, *COUNTS])}


def _played(windows, asked, settings):
    kept = windows[windows[asked.target].notna() & ~windows.get("is_calibration", pd.Series(False, windows.index))]
    kept = kept.reset_index(drop=True)
    names, codes = np.unique(kept[asked.target], return_inverse=True)
    groups = np.unique(kept["group_id"], return_inverse=True)[1]
    plan = splits.repeats(codes, groups, replace(settings, n_repeats=1))[0]
    versions = [kept, *(edit(kept, dose) for _, edit, dose in asked.tricks)]
    told = [np.full(len(kept), np.nan) for _ in versions]
    for seen, held_out in plan:
        model = models.make(MODEL, asked.signals, settings.seed, settings.model)
        for version, said in zip(versions, told, strict=True):
            both = splits.fit_and_tell(model, kept.iloc[seen], codes[seen], version.iloc[held_out], len(names))
            said[held_out] = 100 * both[:, list(names).index(asked.positive)]
    head = {"corpus": asked.corpus, "target": asked.target, "positive": asked.positive}
    is_positive = kept[asked.target].to_numpy() == asked.positive
    for (policy, _, dose), said in zip(asked.tricks, told[1:], strict=True):
        for of, chosen in (("all", np.ones(len(kept), bool)), ("others", ~is_positive)):
            about = head | {"policy": policy, "dose": dose, "of": of}
            yield about | {"quantity": "gain"} | _mean(said - told[0], chosen, groups, settings, (-100, 100))
            under = chosen & (told[0] < 50)
            lifted = (said >= 50).astype(float)
            yield about | {"quantity": "lifted_over_50"} | _mean(lifted, under, groups, settings, (0, 1))


def _mean(values, chosen, groups, settings, bounds):
    n, total = (np.bincount(groups[chosen], what, groups.max() + 1) for what in (None, values[chosen]))

    def statistic(weights):
        with np.errstate(invalid="ignore", divide="ignore"):
            return (weights @ total) / (weights @ n)

    found = intervals.estimate(statistic, len(n), settings, bounds, "too_few_people")
    numbers = {"value": found.value, "low": found.low, "high": found.high, "interval": found.interval}
    return numbers | {"n_people": int((n > 0).sum()), "n_windows": int(chosen.sum())}


def read(data, names):
    """The table, where it is among ``names``."""
    return {name: pd.read_csv(Path(data) / file) for name, file in FILES.items() if name in names}


SAID = {
    "g4_constant_smile": "a pasted smile (mouthSmile)",
    "g6_louder": "louder (dB)",
    "g6_faster": "faster (share)",
    "g6_louder_and_faster": "3 dB louder and faster (share)",
}


def answers(read):
    """What was found, by name."""
    return {"gaming_models": answer(read["gaming_models"])} if "gaming_models" in read else {}


def answer(rows):
    """How many points each trick adds to what the model says of windows whose label is another class."""
    own = rows[(rows["of"] == "others") & (rows["quantity"] == "gain")].to_dict("records")
    most = max(own, key=lambda row: row["value"])
    lead = yes_no(map(above, own), "Trained models too", "Some trained models too", "Not shown of trained models")
    short = (
        f"{lead}: {SAID[most['policy']].partition(' (')[0]} of {most['dose']:g} adds {_points(most)} points to how "
        f"'{most['positive']}' a model finds people who were asked for something else ({most['corpus']}, "
        f"{most['n_people']} people, acted; measures were edited, not recordings)."
    )
    each = (
        f"{SAID[row['policy']][0].upper()}{SAID[row['policy']][1:]}, {row['dose']:g}: {_points(row)} points of "
        f"'{row['positive']}' in {row['n_windows']} windows labelled otherwise ({row['corpus']}, {row['n_people']} "
        "people)."
        for row in own
    )
    about = "What tricks add to trained models (logistic, people held out; labels instructed or acted)."
    return Answer(short, (about, *each))


def _points(row):
    return ends(row, 1, 1, sign=True)
