"""Head: where it points, how fast it turns and shifts, nods and shakes."""

import numpy as np
from scipy.signal import find_peaks

from .seen import mean

ANGLES = ("yaw_deg", "pitch_deg", "roll_deg")
COUNTED = ("face_nods_per_min", "face_shakes_per_min")


def measure(seen, usual):
    """``(values, reasons)`` of the head in one window; see :func:`mien.face.features`."""
    settings, values = seen.settings, {}
    for angle in ANGLES:
        name = angle.removesuffix("_deg")
        values |= {f"face_{name}_mean_deg": seen.good[angle].mean(), f"face_{name}_sd_deg": seen.good[angle].std()}
    values["face_pitch_rel_deg"] = values["face_pitch_mean_deg"] - usual.pitch_deg
    values["face_yaw_rel_deg"] = values["face_yaw_mean_deg"] - usual.yaw_deg
    values["face_head_motion_deg_per_s"] = mean([v for run in seen.runs for v in _turning(run, settings.motion_step_s)])
    values["face_head_shift_per_s"] = mean([v for run in seen.runs for v in _shifting(run, settings.motion_step_s)])
    fast_enough = seen.rate_hz >= settings.nod_rate_min_hz
    for name, count in (("face_nods_per_min", nods), ("face_shakes_per_min", shakes)):
        times = [t for run in seen.runs for t in count(run, seen.rate_hz, settings)]
        values[name] = len(times) / (seen.watched_s / 60) if fast_enough and seen.watched_s else np.nan
    reasons = {} if fast_enough else dict.fromkeys(COUNTED, "low_frame_rate")
    if np.isnan(usual.pitch_deg):
        reasons |= dict.fromkeys(("face_pitch_rel_deg", "face_yaw_rel_deg"), "no_calibration")
    return values, reasons


def nods(run, rate_hz, settings):
    """When the head nodded: dips of the pitch by ``nod_min_deg``, down and up again within ``nod_max_s``."""
    reach = max(int(settings.nod_max_s * rate_hz), 3)
    dips = find_peaks(-run["pitch_deg"].to_numpy(), prominence=settings.nod_min_deg, wlen=reach)[0]
    return run["time_s"].to_numpy()[dips]


def shakes(run, rate_hz, settings):
    """When a shaking of the head began: ``shake_swings`` or more turns of the yaw, one after the other.

    A *swing* goes from one turning point of the yaw to the next, by at least ``shake_min_deg`` within
    ``shake_swing_max_s``. Looking aside and back is two swings and no shake.
    """
    times, yaw = run["time_s"].to_numpy(), run["yaw_deg"].to_numpy()
    turns = _turning_points(yaw, settings.shake_min_deg)
    quick = np.diff(times[turns]) <= settings.shake_swing_max_s
    begins, length = [], 0
    for place, is_quick in enumerate(quick):
        length = length + 1 if is_quick else 0
        if length == settings.shake_swings:
            begins.append(times[turns[place + 1 - length]])
    return begins


def _turning_points(values, least):
    """Places of alternate highs and lows that differ by at least ``least`` (a zigzag; smaller wiggles are ignored)."""
    points, low, high, way = [], 0, 0, 0
    for place, value in enumerate(values):
        low, high = (place if value < values[low] else low), (place if value > values[high] else high)
        if way >= 0 and values[high] - value >= least:
            points, low, way = [*points, high], place, -1
            high = place
        elif way <= 0 and value - values[low] >= least:
            points, high, way = [*points, low], place, 1
            low = place
    last = high if way > 0 else low
    return [*points, last] if way else points


def _steps(run, step_s):
    times = run["time_s"].to_numpy()
    return times, np.arange(times[0], times[-1] + 1e-9, step_s)


def _turning(run, step_s):
    """Speed of turning (degrees a second) over equal steps, so that it doesn't grow with the frame rate."""
    times, grid = _steps(run, step_s)
    angles = np.stack([np.interp(grid, times, run[angle]) for angle in ANGLES])
    return np.linalg.norm(np.diff(angles, axis=1), axis=0) / step_s


def _shifting(run, step_s):
    """Speed of the middle of the face (face widths a second) over equal steps."""
    times, grid = _steps(run, step_s)
    middle = [(run[f"box_{a}_px"] + run[f"box_{size}_px"] / 2) / run["box_w_px"].median() for a, size in ("xw", "yh")]
    return np.linalg.norm(np.diff([np.interp(grid, times, m) for m in middle], axis=1), axis=0) / step_s
