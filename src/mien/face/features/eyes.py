"""Eyes: how far they are open, how often they blink, where they look relative to the head."""

import numpy as np
import pandas as pd

from .seen import mean, mean_of, runs, spells, valid
from .settings import BLINK_RULES, FeatureSettings

GAZE = {
    "right": (("OutLeft", 1), ("InLeft", -1), ("InRight", 1), ("OutRight", -1)),
    "up": (("UpLeft", 1), ("DownLeft", -1), ("UpRight", 1), ("DownRight", -1)),
}
"""Which ``bs_eyeLook…`` blendshapes say that the eyes look to the right of the picture (the person's left), and up."""

CLOSING = ("bs_eyeBlinkLeft", "bs_eyeBlinkRight")
COUNTED = ("face_blinks_per_min", "face_blink_mean_s")


def open_eye(rows):
    """How wide a person's eyes are when open: the 90th percentile of the eye aspect ratio over valid frames.

    Take ``rows`` from the calibration span: a norm from the windows under test leaks labels. NaN with fewer than ten
    valid frames.
    """
    eyes = rows.loc[valid(rows), "eye_opening"]
    return float(eyes.quantile(0.9)) if len(eyes) >= 10 else np.nan


def measure(seen, usual):
    """``(values, reasons)`` of the eyes in one window; see :func:`mien.face.features`."""
    values = {"face_eye_opening_rel": seen.good["eye_opening"].mean() / usual.open_eye}
    values |= _gaze(seen)
    counted, reasons = _blinks(seen, usual.open_eye)
    if np.isnan(usual.open_eye):
        reasons |= dict.fromkeys(("face_eye_opening_rel", *COUNTED), "no_calibration")
    if seen.rate_hz < seen.settings.blink_rate_min_hz:
        reasons |= dict.fromkeys(COUNTED, "low_frame_rate")
    return values | counted, reasons


def _gaze(seen):
    """Mean and spread of gaze over frames with open eyes: under a closing lid the iris is only guessed."""
    eyes_open = seen.good[mean_of(seen.good, CLOSING) < seen.settings.gaze_closing_max]
    values = {}
    for way, look in (("right", gaze(eyes_open, "right")), ("up", gaze(eyes_open, "up"))):
        values |= {f"face_gaze_{way}_mean": look.mean(), f"face_gaze_{way}_sd": look.std()}
    return values


def gaze(rows, way):
    """Where the eyes look relative to the head, −1..1, row by row; ``way`` is "right" (of the picture) or "up".

    The mean over both eyes of the eyeLook blendshapes that say so, minus those that say the contrary. In three people
    who turn their heads and look at one place, 10° of head are answered by 0.24 to 0.28 to the side, 0.12 to 0.20 up or
    down (r −0.84 to −0.91, −0.65 to −0.77). The iris landmarks themselves follow the side as well (r −0.75 to −0.80)
    but not the height (r −0.08 to +0.40), so they are not used.
    """
    return sum(sign * rows[f"bs_eyeLook{name}"] for name, sign in GAZE[way]) / 2


def _blinks(seen, open_eye):
    """Rate and mean duration of the blinks that begin in the window."""
    missing = dict.fromkeys(COUNTED, np.nan), {}
    if seen.rate_hz < seen.settings.blink_rate_min_hz or not len(seen.good) or np.isnan(open_eye):
        return missing
    found = [span for run in seen.runs_around(2.0) for span in _closed(run, open_eye, seen.rate_hz, seen.settings)]
    here = [end - begin for begin, end in found if seen.start_s <= begin < seen.end_s]
    values = {"face_blinks_per_min": len(here) / seen.minutes, "face_blink_mean_s": mean(here)}
    return values, {} if here else {"face_blink_mean_s": "no_blink"}


def blinks(rows, frame_rate_hz, usual_eye, settings=None):
    """When one person blinked in a recording: a table of start_s, end_s, in order.

    ``rows`` are this person's rows, ``frame_rate_hz`` the rate of the sampled frames, ``usual_eye`` their
    :func:`open_eye` over the calibration span. A blink takes the eye below 0.70 of its level for ``blink_min_s`` to
    ``blink_max_s``, and by at least 0.2 of the usual eye. The level is the 90th percentile over ``blink_level_s`` to
    both sides, so that who narrows the eyes while talking still blinks; ``blink_rule="audit_f8"`` measures against
    0.75 of the usual eye instead.
    """
    settings = settings or FeatureSettings()
    found = [
        span
        for run in runs(rows[valid(rows)], settings.gap_s, frame_rate_hz)
        for span in _closed(run, usual_eye, frame_rate_hz, settings)
    ]
    return pd.DataFrame(found, columns=["start_s", "end_s"], dtype=float)


def _closed(run, usual_eye, rate_hz, settings):
    times, eye = run["time_s"].to_numpy(), run["eye_opening"].to_numpy()
    below, depth = BLINK_RULES[settings.blink_rule]
    level = _level(run["eye_opening"], rate_hz, settings) if settings.blink_rule == "local" else 0 * eye + usual_eye
    spans = spells(eye < below * level)
    deep = [(a, b) for a, b in spans if np.max(level[a:b] - eye[a:b]) >= depth * usual_eye]
    lasting = [(_crossing(times, eye, below * level, a), _crossing(times, eye, below * level, b)) for a, b in deep]
    return [(a, b) for a, b in lasting if settings.blink_min_s <= b - a <= settings.blink_max_s]


def _crossing(times, eye, limit, place):
    """When the eye crossed its limit on the way to this frame, on a straight line from the frame before."""
    before, after = (eye - limit)[[place - 1, place]]
    return times[place - 1] + (times[place] - times[place - 1]) * before / (before - after)


def _level(eye, rate_hz, settings):
    """How open the eye is when it does not blink, moment by moment."""
    around = 2 * round(settings.blink_level_s * rate_hz) + 1
    return eye.rolling(around, center=True, min_periods=around // 5).quantile(0.9).to_numpy()
