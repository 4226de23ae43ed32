"""What a face does within a window: smile, brow, eyes, mouth, head; and for how much of it the face could be seen.

What is measured: displays (how far the mouth corners are drawn up, how fast the head turns), never states of mind.
Conventions: a value is taken over the valid frames of the window; a *run* is valid frames without a gap; what needs
time to unfold (blinks, nods, motion) is taken within runs, and per minute of valid time.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.signal import find_peaks

SMILE = ("bs_mouthSmileLeft", "bs_mouthSmileRight")
BROW_RAISE = ("bs_browInnerUp", "bs_browOuterUpLeft", "bs_browOuterUpRight")
BROW_LOWER = ("bs_browDownLeft", "bs_browDownRight")
COUNTED = ("face_blinks_per_min", "face_blink_mean_s", "face_nods_per_min")
ANGLES = ("yaw_deg", "pitch_deg", "roll_deg")


@dataclass(frozen=True)
class FeatureSettings:
    """What decides when a display counts and when there is enough to measure.

    ``smile_shown``: of 102 people photographed neutral and smiling on request (London set) the smile blendshape is
    above 0.30 in 71 % of the smiles and 3 % of the neutral faces. ``blink_*``: AUDIT F8. A *nod* is a dip of the pitch
    of at least ``nod_min_deg`` below its surroundings on both sides, within ``nod_max_s``. Anything needs
    ``valid_min_s`` of valid face, what is counted per minute ``rate_min_s``.
    """

    smile_shown: float = 0.3
    valid_min_s: float = 1.0
    rate_min_s: float = 5.0
    blink_below: float = 0.75
    blink_min_s: float = 0.05
    blink_max_s: float = 0.5
    blink_rate_min_hz: float = 20.0
    nod_min_deg: float = 3.0
    nod_max_s: float = 1.0
    nod_rate_min_hz: float = 8.0
    motion_step_s: float = 0.2
    gap_s: float = 0.25


def open_eye(rows):
    """How wide a person's eyes are when open: the 90th percentile of the eye aspect ratio over valid frames.

    Take ``rows`` from the calibration span: a norm from the windows under test leaks labels. NaN with fewer than ten
    valid frames.
    """
    eyes = rows.loc[_valid(rows), "eye_opening"]
    return eyes.quantile(0.9) if len(eyes) >= 10 else np.nan


def features(rows, start_s, end_s, frame_rate_hz, settings=None, usual_eye=None):
    """The face of one person in one window: a dictionary of ``face_*`` values, and one of reasons for each NaN.

    ``rows`` are all of this person's rows of the recording; the window is start_s <= t < end_s; ``frame_rate_hz`` is
    the rate of the sampled frames; ``usual_eye`` the person's :func:`open_eye` over the calibration span (None: over
    ``rows``, for a look, not for evaluation; NaN: what is relative to it is missing, "no_calibration").

    ``face_valid_share`` share of frames with a valid face · ``face_smile_mean``, ``_p90`` (blendshape, 0..1),
    ``face_smile_share`` share of valid frames with a smile shown · ``face_brow_raise_mean``, ``face_brow_lower_mean``
    (0..1) · ``face_eye_opening_rel`` (1 = as open as the usual eye) · ``face_blinks_per_min``,
    ``face_blink_mean_s`` · ``face_mouth_opening_mean``, ``_sd`` (inner-lip gap ÷ face height) ·
    ``face_head_motion_deg_per_s`` mean speed of turning · ``face_nods_per_min`` · ``face_yaw_mean_deg``,
    ``face_yaw_sd_deg`` and the same of pitch and roll.
    """
    settings = settings or FeatureSettings()
    inside = rows[(rows["time_s"] >= start_s) & (rows["time_s"] < end_s)]
    good = inside[_valid(inside)]
    share = len(good) / len(inside) if len(inside) else np.nan
    values = {"face_valid_share": share}
    usual_eye = open_eye(rows) if usual_eye is None else usual_eye
    values |= _displays(good, usual_eye, settings)
    values |= _head(good, frame_rate_hz, settings)
    values |= _blinks(rows, good, (start_s, end_s), frame_rate_hz, usual_eye, settings)
    reasons = {} if len(inside) else {"face_valid_share": "no_video"}
    if len(good) < settings.valid_min_s * frame_rate_hz:
        lost = [name for name in values if name != "face_valid_share"]
        return values | dict.fromkeys(lost, np.nan), reasons | dict.fromkeys(lost, _why_lost(inside))
    if len(good) < settings.rate_min_s * frame_rate_hz:
        values |= dict.fromkeys(COUNTED, np.nan)
        reasons |= dict.fromkeys(COUNTED, "little_face")
    unknown = dict.fromkeys(RELATIVE, "no_calibration") if np.isnan(usual_eye) else {}
    return values, _slow(values, frame_rate_hz, settings) | unknown | reasons


RELATIVE = ("face_eye_opening_rel", "face_blinks_per_min", "face_blink_mean_s")
"""What is measured against the person's own open eye."""


def _valid(rows):
    return (rows["face_trust"] > 0) & rows["eye_opening"].notna()


def _why_lost(inside):
    """The commonest reason why there was no valid face."""
    if not len(inside):
        return "no_video"
    reasons = inside.loc[~_valid(inside), "why"]
    reasons = reasons[reasons != ""]
    return reasons.mode().iloc[0] if len(reasons) else "no_face"


def _slow(values, frame_rate_hz, settings):
    """Reasons for what is missing although the face was seen."""
    reasons = {name: "little_face" for name, value in values.items() if np.isnan(value)}
    if values["face_blinks_per_min"] == 0:
        reasons["face_blink_mean_s"] = "no_blink"
    if frame_rate_hz < settings.blink_rate_min_hz:
        reasons |= dict.fromkeys(("face_blinks_per_min", "face_blink_mean_s"), "low_frame_rate")
    if frame_rate_hz < settings.nod_rate_min_hz:
        reasons["face_nods_per_min"] = "low_frame_rate"
    return reasons


def _mean_of(rows, names):
    return rows[list(names)].mean(axis=1)


def _displays(good, usual_eye, settings):
    smile = _mean_of(good, SMILE)
    return {
        "face_smile_mean": smile.mean(),
        "face_smile_p90": smile.quantile(0.9),
        "face_smile_share": (smile > settings.smile_shown).mean(),
        "face_brow_raise_mean": _mean_of(good, BROW_RAISE).mean(),
        "face_brow_lower_mean": _mean_of(good, BROW_LOWER).mean(),
        "face_eye_opening_rel": good["eye_opening"].mean() / usual_eye,
        "face_mouth_opening_mean": good["mouth_opening"].mean(),
        "face_mouth_opening_sd": good["mouth_opening"].std(),
    }


def _head(good, frame_rate_hz, settings):
    values = {}
    for angle in ANGLES:
        name = angle.removesuffix("_deg")
        values |= {f"face_{name}_mean_deg": good[angle].mean(), f"face_{name}_sd_deg": good[angle].std()}
    runs = [run for run in _runs(good, settings.gap_s, frame_rate_hz) if len(run) > 1]
    watched_s = sum(run["time_s"].iloc[-1] - run["time_s"].iloc[0] for run in runs)
    steps = [step for run in runs for step in _turning(run, settings.motion_step_s)]
    fast_enough = frame_rate_hz >= settings.nod_rate_min_hz and watched_s > 0
    values["face_head_motion_deg_per_s"] = np.mean(steps) if steps else np.nan
    nods = sum(_nods(run, frame_rate_hz, settings) for run in runs) if fast_enough else np.nan
    values["face_nods_per_min"] = nods / (watched_s / 60) if fast_enough else np.nan
    return values


def _runs(rows, gap_s, frame_rate_hz):
    """Stretches of rows without a gap longer than ``gap_s`` (or 2.5 frames, where frames are that far apart)."""
    breaks = np.flatnonzero(np.diff(rows["time_s"]) > max(gap_s, 2.5 / frame_rate_hz)) + 1
    edges = [0, *breaks, len(rows)]
    return [rows.iloc[a:b] for a, b in pairwise(edges)]


def _turning(run, step_s):
    """Speed of turning (degrees a second) over equal steps, so that it doesn't grow with the frame rate."""
    times = run["time_s"].to_numpy()
    grid = np.arange(times[0], times[-1] + 1e-9, step_s)
    angles = np.stack([np.interp(grid, times, run[angle]) for angle in ANGLES])
    return np.linalg.norm(np.diff(angles, axis=1), axis=0) / step_s


def _nods(run, frame_rate_hz, settings):
    """Dips of the pitch, down and up again; only what rises on both sides within the run counts."""
    reach = max(int(settings.nod_max_s * frame_rate_hz), 3)
    return len(find_peaks(-run["pitch_deg"].to_numpy(), prominence=settings.nod_min_deg, wlen=reach)[0])


def _blinks(rows, good, window, frame_rate_hz, usual_eye, settings):
    """Blinks that begin in the window: the eye below 0.75 of the person's own open eye for 50 to 500 ms (AUDIT F8)."""
    missing = {"face_blinks_per_min": np.nan, "face_blink_mean_s": np.nan}
    if frame_rate_hz < settings.blink_rate_min_hz or not len(good) or np.isnan(usual_eye):
        return missing
    around = rows[(rows["time_s"] >= window[0] - 1) & (rows["time_s"] < window[1] + 1)]
    limit = settings.blink_below * usual_eye
    spans = [
        span for run in _runs(around[_valid(around)], settings.gap_s, frame_rate_hz) for span in _closed(run, limit)
    ]
    lasted = [
        end - begin
        for begin, end in spans
        if window[0] <= begin < window[1] and settings.blink_min_s <= end - begin <= settings.blink_max_s
    ]
    per_min = len(lasted) / (len(good) / frame_rate_hz / 60)
    return {"face_blinks_per_min": per_min, "face_blink_mean_s": np.mean(lasted) if lasted else np.nan}


def _closed(run, limit):
    """When the eye went below ``limit`` and when it came back; spans cut off by the run's ends are left out."""
    times, below = run["time_s"].to_numpy(), (run["eye_opening"] < limit).to_numpy().astype(int)
    down, up = (np.flatnonzero(np.diff(below) == change) + 1 for change in (1, -1))
    up = up[up > down[0]] if len(down) else up[:0]
    return [(times[a], times[b]) for a, b in zip(down, up, strict=False)]
