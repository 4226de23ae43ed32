"""What a face does within a window: smile, brow, eyes, mouth, head; and for how much of it the face could be seen.

What is measured: displays (how far the mouth corners are drawn up, how fast the head turns), never states of mind.
Conventions: a value is taken over the valid frames of the window; a *run* is valid frames without a gap; what needs
time to unfold (blinks, nods, smiles, motion) is taken within runs, belongs to the window in which it begins, and is
counted per minute of valid time. Left and right are the person's own.
"""

from dataclasses import dataclass

import numpy as np

from . import displays, eyes, head
from .eyes import blinks, open_eye
from .seen import Seen, mean_of, valid
from .settings import FeatureSettings

COUNTED = (*eyes.COUNTED, *head.COUNTED, *displays.COUNTED)
"""What is counted, and so needs more time than a mean."""


__all__ = ["FeatureSettings", "Reference", "blinks", "features", "open_eye", "reference"]


@dataclass(frozen=True)
class Reference:
    """What is usual for a person's face; NaN where it is not known.

    ``open_eye`` eye aspect ratio of open eyes, ``smile`` the blendshape at rest, ``yaw_deg`` and ``pitch_deg`` the
    usual pose (where the camera stands, more than what the person does).
    """

    open_eye: float = np.nan
    smile: float = np.nan
    yaw_deg: float = np.nan
    pitch_deg: float = np.nan


def reference(rows):
    """A person's own open eye, resting smile and usual pose, from the frames of their calibration span.

    Take ``rows`` from the calibration span: a norm from the windows under test leaks labels. Open eye: the 90th
    percentile; resting smile: the 25th (people smile in greeting); pose: the median. All NaN with fewer than ten valid
    frames.
    """
    good = rows[valid(rows)]
    if len(good) < 10:
        return Reference()
    smile = mean_of(good, displays.SMILE).quantile(0.25)
    pose = good["yaw_deg"].median(), good["pitch_deg"].median()
    return Reference(open_eye(rows), float(smile), *map(float, pose))


def features(rows, start_s, end_s, frame_rate_hz, usual, settings=None):
    """The face of one person in one window: a dictionary of ``face_*`` values, and one of reasons for each NaN.

    ``rows`` are all of this person's rows of the recording; the window is start_s <= t < end_s; ``frame_rate_hz`` is
    the rate of the sampled frames; ``usual`` the person's :func:`reference` from the calibration span, or
    ``Reference()`` where it is not known: what is relative to it is then missing, "no_calibration".

    Seen: ``face_valid_share`` share of frames with a valid face, 0..1.
    Smile (blendshape, 0..1): ``face_smile_mean``, ``_p90``; ``_share`` of valid frames with a smile shown; ``_rel``
    above the resting smile; ``face_smiles_per_min`` that begin, ``face_smile_mean_s`` how long they last,
    ``face_smile_onset_per_s`` and ``_offset_per_s`` the fastest rise and fall (blendshape per second).
    Asymmetry: ``face_smile_asymmetry`` left minus right (−1..1; a turned head makes some of its own), ``_abs`` its
    mean size; the same of ``brow``. Brow: ``face_brow_raise_mean``, ``face_brow_lower_mean`` (0..1).
    Mouth: ``face_mouth_opening_mean``, ``_sd`` (inner-lip gap ÷ face height).
    Eyes: ``face_eye_opening_rel`` (1 = as open as the usual eye), ``face_blinks_per_min``, ``face_blink_mean_s`` (from
    20 frames a second on). ``face_gaze_right_mean``, ``_sd``, ``face_gaze_up_mean``, ``_sd``: where the eyes look,
    to the right of the picture and up, −1..1 (0.25 is about 10°; :func:`eyes.gaze`). It is gaze relative to the *head*,
    and not attention (AUDIT F9): where camera and screen stand is not known.
    Motion: ``face_motion_energy`` mean change of the face's grey levels (of 255) within 0.4 s beyond the noise around
    it; it grows with contrast and light. ``face_head_motion_deg_per_s`` mean speed of turning,
    ``face_head_shift_per_s`` of the middle of the face, face widths a second. From 8 frames a second on:
    ``face_nods_per_min`` (dips of the pitch by 3° within 1 s), ``face_shakes_per_min`` (three or more swings of the
    yaw by 4°, each within 0.6 s). ``face_yaw_mean_deg``, ``_sd_deg`` and the same of pitch and roll;
    ``face_yaw_rel_deg``, ``face_pitch_rel_deg`` from the usual pose.
    ``face_bs_*``: mean of each of the 52 blendshapes, 0..1. ``face_auproxy_*``: means of those that stand for an action
    unit without being one (:data:`displays.AUPROXIES` says how badly).
    """
    seen = Seen(rows, start_s, end_s, frame_rate_hz, settings or FeatureSettings())
    share = len(seen.good) / len(seen.inside) if len(seen.inside) else np.nan
    values, reasons = {"face_valid_share": share}, {}
    for part in (displays, eyes, head):
        found, why = part.measure(seen, usual)
        values |= found
        reasons |= why
    if not len(seen.inside):
        return dict.fromkeys(values, np.nan), dict.fromkeys(values, "no_video")
    lost = _lost(values, seen)
    values |= dict.fromkeys(lost, np.nan)
    reasons = dict.fromkeys(values, "little_face") | reasons | lost
    return values, {name: reasons[name] for name, value in values.items() if np.isnan(value)}


def _lost(values, seen):
    """What can't be told because the face was seen for too short a time, with the reason."""
    seen_s = len(seen.good) / seen.rate_hz
    if seen_s < seen.settings.valid_min_s:
        return dict.fromkeys((name for name in values if name != "face_valid_share"), _why_lost(seen.inside))
    return dict.fromkeys(COUNTED, "little_face") if seen_s < seen.settings.rate_min_s else {}


def _why_lost(inside):
    """The commonest reason why there was no valid face."""
    reasons = inside.loc[~valid(inside), "why"]
    reasons = reasons[reasons != ""]
    return reasons.mode().iloc[0] if len(reasons) else "no_face"
