"""How wrong are the face numbers? Trials of known truth under each condition, measured and summed up per condition.

Everything here is SYNTHETIC: eight appearances bent out of one photograph (:mod:`mien.synthetic.trial`). The
independent unit is a trial (one appearance, one script), never a frame; intervals say what other scripts and
appearances of this kind would give, and nothing about how people differ.
"""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

import joblib
import numpy as np
import pandas as pd

from mien import face, sources, store, synthetic
from mien.face import FaceSettings
from mien.study.truth.trials import added_up, missed, over_trials
from mien.synthetic import LOOKS, Condition

AXES = {
    "face width": ("px", "face_px", (40.0, 60.0, 80.0, 200.0, 400.0)),
    "blur": ("sigma in face widths", "blur_widths", (0.03, 0.06)),
    "light": ("share of full light", "light", (0.05, 0.01)),
    "bitrate": ("kbit/s", "kbit_s", (60.0, 25.0)),
    "lost frames": ("share", "lost_share", (0.2,)),
    "camera distance": ("face widths", "distance_widths", (3.0, 9.0)),
}
"""What is made worse, one thing at a time: the unit, the field of :class:`mien.synthetic.Condition`, and the doses."""

TOGETHER = {
    "mild": {"face_px": 90.0, "blur_widths": 0.02, "light": 0.1, "kbit_s": 100.0},
    "harsh": {"face_px": 60.0, "blur_widths": 0.04, "light": 0.03, "kbit_s": 25.0, "lost_share": 0.1},
}
WAYS = ("direct", "IMAGE", "VIDEO", "whole picture")
"""Followed in crops, by MediaPipe's networks or by its task in two modes; and the wrong way: whole pictures."""

YAW_BANDS_DEG = ((0, 10), (10, 20), (20, 30), (30, 40), (40, 46))
FEW = (0, 5, 2, 7)  # one appearance of each skin, two of them mirrored
TURNED_DEG = 30.0
BLINK_RULES = {"blink": "local", "blink by AUDIT F8": "audit_f8"}
TARGETS = {
    ("face", "found_share"): (0.95, "min"),
    ("yaw", "error_deg"): (5.0, "max"),
    ("mouth opening", "correlation"): (0.9, "min"),
    ("blink", "precision"): (0.9, "min"),
    ("blink", "recall"): (0.9, "min"),
}
"""What a face number must reach to be trusted; ``limits`` names the conditions under which it does not."""
SHARES = ("found_share", "false_share", "precision", "recall")


@dataclass(frozen=True)
class InstrumentSettings:
    """How much is tried: scripts per appearance at the plain condition, appearances at the others, axes and doses."""

    scripts: int = 2
    looks: tuple[int, ...] = tuple(range(len(LOOKS)))
    few: tuple[int, ...] = FEW
    axes: dict = field(default_factory=lambda: dict(AXES))
    together: dict = field(default_factory=lambda: dict(TOGETHER))
    face: FaceSettings = FaceSettings()
    level: float = 0.95


class Ask(NamedTuple):
    """One trial to be measured: on which axis at which dose, which appearance, under which condition, in which way."""

    axis: str
    dose: str
    look: int
    condition: Condition
    way: str = WAYS[0]


def asked(settings):
    """Every trial of the study, the plain ones (120 px, sharp, well lit, 4.5 face widths away) first."""
    plain = [
        Ask("plain", "", i, Condition(f"{i} {n}", LOOKS[i])) for n in range(settings.scripts) for i in settings.looks
    ]
    first = [ask for ask in plain if ask.look in settings.few][: len(settings.few)]
    worse = [(axis, f"{dose:g}", {name: dose}) for axis, (_, name, doses) in settings.axes.items() for dose in doses]
    worse += [("together", dose, changes) for dose, changes in settings.together.items()]
    rest = [
        ask._replace(axis=axis, dose=dose, condition=replace(ask.condition, **changes))
        for axis, dose, changes in worse
        for ask in first
    ]
    return [*plain, *rest, *(ask._replace(axis="way", dose=way, way=way) for way in WAYS[1:] for ask in first)]


def measured(ask, settings):
    """One trial, drawn and measured: truth and measurement side by side, one row per frame."""
    one, times = synthetic.trial(ask.condition), []
    if ask.way == "whole picture":
        rows = face.whole_pictures(_noting(one.frames(), times))
    else:
        rows = face.extract(_noting(one.frames(), times), replace(settings.face, landmarks=ask.way))
    return synthetic.trial_beside(one, rows, times).round(5)


def _noting(frames, times):
    for time_s, rgb in frames:
        times.append(time_s)
        yield time_s, rgb


def kept(ask, settings, folder):
    """The frames of one trial, measured once and kept in ``folder``."""
    name = f"face {ask.axis} {ask.dose} {ask.look} {ask.condition.script}".replace(" ", "_")
    causes = {
        "asked": ask._asdict(),
        "face": settings.face,
        "model": face.MODEL.sha256,
        "code": store.code("media", "synthetic", "face"),
    }

    def make(part):
        measured(ask, settings).to_csv(part, index=False)

    return pd.read_csv(store.kept(folder / f"{name}.csv", causes, make))


def error_table(settings, folder, workers=1, tick=lambda *_: None):
    """The error of every face number under every condition: one row per axis, dose, quantity and metric.

    Columns axis, dose, unit, quantity, metric, value, low, high, method, n_trials, is_synthetic. ``folder`` keeps the
    frames of each trial, so that a stopped run goes on where it stopped.
    """
    asks, found = asked(settings), []
    sources.find(face.MODEL)  # so that a missing model is said once, by its own sentence
    work = joblib.Parallel(n_jobs=min(workers, len(asks)), return_as="generator")
    for frames in work(joblib.delayed(kept)(ask, settings, folder) for ask in asks):
        found.append(frames)
        tick("face trials", len(found), len(asks))
    return summed_up(list(zip(asks, found, strict=True)), settings)


# --- what is compared in one trial -----------------------------------------------------------------------------------


def components(frames, rate_hz, turned_deg=(0.0, TURNED_DEG)):
    """The measures of one trial as parts (quantity, metric) → (above, below): over trials, Σ above ÷ Σ below.

    Only frames with the head turned by ``turned_deg`` (from, to) count, blinks by where their middle lies. A median or
    a correlation has below 1; a share has its counts.
    """
    there = frames[frames["is_present"]]
    low, high = turned_deg
    near = there[(there["yaw_deg"].abs() >= low) & (there["yaw_deg"].abs() <= high)]
    seen = near[near["seen_yaw_deg"].notna()]
    parts = {("face", "found_share"): (len(seen), len(near))}
    parts["face", "false_share"] = (frames["n_false"].gt(0).sum(), len(frames))
    for angle in ("yaw", "pitch", "roll"):
        parts |= _angle(angle, seen[f"{angle}_deg"], seen[f"seen_{angle}_deg"])
    usual = face.open_eye(_as_rows(there))
    opening = seen["seen_eye_opening"] / usual
    parts["eye opening", "error"] = _once((opening - (1 - seen["eye_closure"])).abs().median())
    for quantity, got, true in (
        ("eye opening", opening, 1 - seen["eye_closure"]),
        ("mouth opening", seen["seen_mouth_opening"], seen["mouth_opening"]),
        ("smile", seen["seen_smile"], seen["smile"]),
    ):
        parts[quantity, "correlation"] = _once(_r(got, true))
    for quantity, rule in BLINK_RULES.items():
        parts |= _blinks(quantity, rule, there, usual, rate_hz, turned_deg)
    return parts


def _once(value):
    return (value, 1) if np.isfinite(value) else (0, 0)


def _r(a, b):
    """Pearson's r over the moments that have both; NaN where there are few or one of them never varies."""
    both = a.notna() & b.notna()
    if both.sum() < 10 or min(a[both].std(), b[both].std()) < 1e-9:
        return np.nan
    return np.corrcoef(a[both], b[both])[0, 1]


def _angle(angle, true, got):
    """Median error, the same about the trial's own median offset, that offset, and the slope of measured on true."""
    if len(true) < 10:
        return {}
    off = (got - true).median()
    return {
        (angle, "error_deg"): _once((got - true).abs().median()),
        (angle, "error_from_own_deg"): _once((got - true - off).abs().median()),
        (angle, "offset_deg"): _once(off),
        (angle, "slope"): _once(np.polyfit(true, got, 1)[0]),
    }


def _as_rows(frames):
    """The frames in which a face was found, as ``face`` names its columns."""
    found = frames[frames["seen_face_trust"].notna()]
    rows = found[["time_s", "seen_eye_opening", "seen_face_trust"]]
    return rows.rename(columns=lambda name: name.removeprefix("seen_"))


def _blinks(quantity, rule, there, usual, rate_hz, turned_deg):
    """Which of the measured blinks happened, and which of those that happened were measured."""
    times, closed = there["time_s"].to_numpy(), there["eye_closure"].to_numpy() > 0
    edges = np.flatnonzero(np.diff(np.concatenate([[0], closed.astype(int), [0]]))).reshape(-1, 2)
    true = [(times[a], times[b - 1]) for a, b in edges]
    got = face.blinks(_as_rows(there), rate_hz, usual, face.FeatureSettings(blink_rule=rule))
    got = list(got[["start_s", "end_s"]].itertuples(index=False, name=None))
    turned = [np.abs(np.interp(np.mean(span), times, there["yaw_deg"])) for span in (*true, *got)]
    inside = np.array([turned_deg[0] <= angle <= turned_deg[1] for angle in turned], dtype=bool)
    meets = np.array([[a <= d + 1 / rate_hz and c <= b + 1 / rate_hz for c, d in got] for a, b in true])
    meets = meets.reshape(len(true), len(got)).astype(bool)
    hit, right = meets.any(axis=1)[inside[: len(true)]], meets.any(axis=0)[inside[len(true) :]]
    return {(quantity, "recall"): (hit.sum(), len(hit)), (quantity, "precision"): (right.sum(), len(right))}


# --- over trials -----------------------------------------------------------------------------------------------------


def summed_up(trials, settings):
    """The table of errors from ``trials``, a list of (:class:`Ask`, frames)."""
    groups = {}
    for ask, frames in trials:
        rate_hz = ask.condition.frame_rate_hz
        parts = components(frames, rate_hz)
        for place in _places(ask, settings):
            groups.setdefault(place, []).append(parts)
        for band in YAW_BANDS_DEG if ask.axis == "plain" else ():
            groups.setdefault(("yaw", f"{band[0]}–{band[1]}"), []).append(components(frames, rate_hz, band))
    groups |= {("way", f"{way} − {WAYS[0]}"): between(trials, way) for way in WAYS[1:3]}
    groups |= {("gallery of 9", way): [parts] for way, parts in gallery(settings).items()}
    units = {axis: unit for axis, (unit, *_) in settings.axes.items()}
    units |= {"skin": "L* of the cheeks", "head depth": "of the canonical face", "yaw": "deg"}
    rows = [
        {"axis": axis, "dose": dose, "unit": units.get(axis, "")} | row
        for (axis, dose), parts in groups.items()
        for row in added_up(parts, _limits(settings.level))
    ]
    return pd.DataFrame(rows).assign(is_synthetic=True)


def _places(ask, settings):
    """Under which axes and doses a trial counts: a plain one is the mildest dose of every axis, for the same few."""
    places = [(ask.axis, ask.dose)]
    if ask.axis == "plain":
        look = ask.condition.look
        places += [("skin", f"{synthetic.skin_lightness(look):.0f}"), ("head depth", f"{look.depth:g}")]
        if ask.look in settings.few and ask.condition.script.endswith(" 0"):
            doses = ((axis, getattr(ask.condition, name)) for axis, (_, name, _) in settings.axes.items())
            places += [(axis, dose_said(dose)) for axis, dose in doses]
            places += [("together", "none"), ("way", WAYS[0])]
    return places


def dose_said(value):
    """A dose in words."""
    return "as drawn" if value is None else f"{value:g}"


def between(trials, way):
    """How far one of MediaPipe's modes lies from its networks run directly, as parts of each trial."""
    by_key = {(ask.look, ask.condition.script, ask.axis, ask.way): frames for ask, frames in trials}
    found = []
    for (look, script, axis, _), mode in ((key, frames) for key, frames in by_key.items() if key[3] == way):
        if axis == "way":
            other, parts = by_key[look, script, "plain", WAYS[0]], {}
            for name in ("yaw_deg", "pitch_deg", "eye_opening", "mouth_opening", "smile"):
                apart = (mode[f"seen_{name}"] - other[f"seen_{name}"]).abs()
                parts[name.removesuffix("_deg").replace("_", " "), "apart_median"] = _once(apart.median())
                parts[name.removesuffix("_deg").replace("_", " "), "apart_p95"] = _once(apart.quantile(0.95))
            found.append(parts)
    return found


def gallery(settings, width_px=1280, height_px=720, face_px=80.0):
    """Nine people in a 3 × 3 gallery: which share of them is found in whole pictures, and which by mien's search."""
    wide, high = width_px // 3 // 2 * 2, height_px // 3
    tiles = [synthetic.Portrait(LOOKS[n % len(LOOKS)], wide, high, face_px) for n in range(9)]
    frames = []
    for number, yaw_deg in enumerate((-12.0, -4.0, 4.0, 12.0)):
        pictures = [tile.picture(synthetic.Pose(yaw_deg=yaw_deg)) for tile in tiles]
        frames.append((0.5 * number, np.vstack([np.hstack(pictures[3 * row : 3 * row + 3]) for row in range(3)])))
    found = {"whole picture": face.whole_pictures(frames, 9), "crops": face.extract(frames, settings.face)}
    return {way: {("face", "found_share"): (len(rows), 9 * len(frames))} for way, rows in found.items()}


def _limits(level):
    """Gives the interval of a quantity over trials; shares are of trials, those of blinks of blinks."""

    def limits(above, below, quantity, metric):
        units = below.sum() if quantity.startswith("blink") else len(above)
        bounds = (0, 1) if metric in SHARES else (-1, 1) if metric == "correlation" else (-np.inf, np.inf)
        bounds = (0, np.inf) if metric.startswith(("error", "apart")) else bounds
        return over_trials(above, below, level, bounds, units if metric in SHARES else None)

    return limits


# --- in words --------------------------------------------------------------------------------------------------------


def limits(table):
    """Where the numbers stop being trustworthy: the rows of the table that miss one of :data:`TARGETS`."""
    return missed(table, TARGETS)
