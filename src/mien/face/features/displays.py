"""Displays: smile, brow, mouth, every blendshape, and the motion energy of the face; never states of mind."""

import numpy as np

from ..landmarker import BLENDSHAPES
from .seen import mean, mean_of, spells

SMILE = ("bs_mouthSmileLeft", "bs_mouthSmileRight")
BROW_RAISE = ("bs_browInnerUp", "bs_browOuterUpLeft", "bs_browOuterUpRight")
BROW_LOWER = ("bs_browDownLeft", "bs_browDownRight")
TIMED = ("face_smile_mean_s", "face_smile_onset_per_s", "face_smile_offset_per_s")
COUNTED = ("face_smiles_per_min", *TIMED)


def _both(*names):
    return tuple(f"bs_{name}{side}" for name in names for side in ("Left", "Right"))


AUPROXIES = {
    "face_auproxy_01": ("bs_browInnerUp",),
    "face_auproxy_02": _both("browOuterUp"),
    "face_auproxy_04": _both("browDown"),
    "face_auproxy_05": _both("eyeWide"),
    "face_auproxy_06": _both("cheekSquint"),
    "face_auproxy_07": _both("eyeSquint"),
    "face_auproxy_09": _both("noseSneer"),
    "face_auproxy_10": _both("mouthUpperUp"),
    "face_auproxy_12": _both("mouthSmile"),
    "face_auproxy_14": _both("mouthDimple"),
    "face_auproxy_15": _both("mouthFrown"),
    "face_auproxy_17": ("bs_mouthShrugLower",),
    "face_auproxy_20": _both("mouthStretch"),
    "face_auproxy_23_24": (*_both("mouthPress"), "bs_mouthRollLower", "bs_mouthRollUpper"),
    "face_auproxy_25_27": ("bs_jawOpen", *_both("mouthLowerDown")),
    "face_auproxy_45": _both("eyeBlink"),
}
"""Which blendshapes stand for which action unit (AUDIT F6). These are *not* action units.

A published fit of the 52 blendshapes to 20 action units (350,000 frames of 10,000 videos, grouped by video) reaches an
out-of-sample R² of 0.236 ± 0.008 on average: 06, 12 and eye closure best, about 0.50; 11, 15 and 28 below 0.10; within
40° of yaw and 30° of pitch; and its truth is another model. Each is the plain mean of its blendshapes, 0..1.
"""


def measure(seen, usual):
    """``(values, reasons)`` of smile, brow, mouth, blendshapes and motion; see :func:`mien.face.features`."""
    good, smile = seen.good, mean_of(seen.good, SMILE)
    values = {
        "face_smile_mean": smile.mean(),
        "face_smile_p90": smile.quantile(0.9),
        "face_smile_share": (smile > seen.settings.smile_shown).mean(),
        "face_smile_rel": smile.mean() - usual.smile,
        "face_brow_raise_mean": mean_of(good, BROW_RAISE).mean(),
        "face_brow_lower_mean": mean_of(good, BROW_LOWER).mean(),
        "face_mouth_opening_mean": good["mouth_opening"].mean(),
        "face_mouth_opening_sd": good["mouth_opening"].std(),
        "face_motion_energy": (good["pixel_motion"] - good["pixel_noise"]).clip(lower=0).mean(),
    }
    values |= _asymmetry(good, "smile", *SMILE) | _asymmetry(good, "brow", *_both("browOuterUp"))
    timed, reasons = _smiles(seen, usual.smile)
    values |= timed
    values |= {f"face_{name}": good[name].mean() for name in BLENDSHAPES}
    values |= {name: mean_of(good, parts).mean() for name, parts in AUPROXIES.items()}
    if np.isnan(usual.smile):
        reasons |= dict.fromkeys(("face_smile_rel", *COUNTED), "no_calibration")
    return values, reasons


def _asymmetry(good, name, left, right):
    """Left minus right, of the person's own left and right: its mean, and the mean of its size."""
    apart = good[left] - good[right]
    return {f"face_{name}_asymmetry": apart.mean(), f"face_{name}_asymmetry_abs": apart.abs().mean()}


def _smiles(seen, usual_smile):
    """How many smiles begin in the window, how long they last, and how fast they come and go."""
    if seen.rate_hz < seen.settings.nod_rate_min_hz:
        return dict.fromkeys(COUNTED, np.nan), dict.fromkeys(COUNTED, "low_frame_rate")
    if np.isnan(usual_smile) or not len(seen.good):
        return dict.fromkeys(COUNTED, np.nan), {}
    runs = seen.runs_around(seen.settings.smile_around_s)
    found = [one for run in runs for one in smiles(run, usual_smile, seen.settings)]
    here = [one for one in found if seen.start_s <= one["start_s"] < seen.end_s]
    values = {"face_smiles_per_min": len(here) / seen.minutes}
    for name, part in zip(TIMED, ("lasts_s", "onset_per_s", "offset_per_s"), strict=True):
        values[name] = mean([one[part] for one in here if not np.isnan(one[part])])
    return values, {} if here else dict.fromkeys(TIMED, "no_smile")


def smiles(run, usual_smile, settings):
    """The smiles of one stretch of rows: a list of ``start_s``, ``lasts_s``, ``onset_per_s``, ``offset_per_s``.

    A smile begins where the blendshape rises by ``smile_rise`` above the person's resting smile and ends where it has
    fallen to half of that; shorter than ``smile_min_s`` is none. Its speeds are the fastest rise over
    ``smile_speed_s`` within a second of its beginning, and the fastest fall within a second of its end. What the end of
    the stretch cuts off has no length and no offset (NaN).
    """
    times, height = run["time_s"].to_numpy(), mean_of(run, SMILE).to_numpy() - usual_smile
    for a, b in spells(height > settings.smile_rise / 2, open_end=True):
        over = a + np.flatnonzero(height[a:b] > settings.smile_rise)
        ends = b < len(times)
        until_s = times[b if ends else -1]
        if len(over) and until_s - times[over[0]] >= settings.smile_min_s:
            start_s = times[over[0]]
            yield {
                "start_s": start_s,
                "lasts_s": until_s - start_s if ends else np.nan,
                "onset_per_s": _speed(times, height, start_s, settings.smile_speed_s),
                "offset_per_s": _speed(times, -height, until_s, settings.smile_speed_s) if ends else np.nan,
            }


def _speed(times, height, about_s, step_s):
    """The fastest rise over ``step_s`` within a second of a moment, per second."""
    low, high = max(times[0], about_s - 1), min(times[-1], about_s + 1)
    grid = np.arange(low, high - step_s + 1e-9, step_s / 4)
    risen = np.interp(grid + step_s, times, height) - np.interp(grid, times, height)
    return float(risen.max() / step_s) if len(grid) else np.nan
