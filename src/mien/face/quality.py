"""How well a face can be seen in a frame: sharpness, brightness, unrest of its landmarks; and the trust they allow."""

from dataclasses import dataclass

import cv2
import numpy as np

from mien.media.picture import scaled

FACE_PX = 112
"""The size at which a face is judged: about that of the face in the 256 px that the landmark model looks at."""

FIRM = (33, 133, 362, 263, 168, 6, 197, 195, 4, 10, 151, 9)
"""Landmarks of eye corners, nose and forehead: they hardly move against each other whatever the face does."""


@dataclass(frozen=True)
class TrustSettings:
    """Where each quality takes the trust from 0 to 1, as (of no use, no longer matters), and the limits of the pose.

    From curves on SYNTHETIC recordings of eight people of four skins (``synthetic.trial``), as r with the truth beside
    the same person's best (mouth .85 to .92, smile .82 to .97, eyes .91 to .96). ``size_px``: at 20 px eyes .49 and two
    of five blinks false; at 40 px mouth .82, eyes .95; from 56 px on the best. ``sharpness`` .003 to .004 (blurred by
    .045 face widths): eyes −.15, no blink found; .010 (.02 widths): all but the mouth (.76) as good as sharp. ``score``
    below .81 (deep blur, 10 kbit/s, noise in the dark) nothing is left; from .90 on nothing is lost, and real faces in
    plain view have .90 to .98. ``brightness``: below 10 of 255 no face of any skin was measured, from 20 on light takes
    nothing away that the score does not show. ``jitter`` does not tell a bad picture (.003) from a lively head (.003 to
    .008 in real clips at 10 frames a second), so only more than that counts. ``mirror_gap``: see
    :mod:`mien.face.mirror`. Over 41 conditions, trust (before the mirror) follows the worst of the three r's with
    Spearman .79, and none of trust above .75 lies below .85 of its best. Yaw stays within 3.3° wherever half of the
    frames are found, so it sets no limit but its own.
    """

    yaw_max_deg: float = 40.0
    pitch_max_deg: float = 30.0
    size_px: tuple[float, float] = (16.0, 48.0)
    sharpness: tuple[float, float] = (0.003, 0.012)
    brightness: tuple[float, float] = (10.0, 20.0)
    score: tuple[float, float] = (0.7, 0.92)
    jitter: tuple[float, float] = (0.05, 0.02)
    mirror_gap: tuple[float, float] = (0.04, 0.014)


def looks(picture, box):
    """Sharpness and brightness of the face in a ``box`` (x, y, w, h, pixels) of a :class:`mien.media.Picture`.

    ``sharpness`` is the variance of the Laplacian ÷ that of the grey levels, of the face at ``FACE_PX`` (after
    Pech-Pacheco et al. 2000; dividing by the contrast takes out light and skin colour). ``brightness`` is the mean
    grey level of the middle of the face, 0..255. NaN where the box holds no pixel.
    """
    (high, wide), (left, top) = picture.shape[:2], (max(int(value), 0) for value in (box.x, box.y))
    right, low = min(int(np.ceil(box.x + box.w)), wide), min(int(np.ceil(box.y + box.h)), high)
    w, h = right - left, low - top
    if w <= 0 or h <= 0:
        return {"sharpness": np.nan, "brightness": np.nan}
    face = picture.grey(min(w, FACE_PX), min(h, FACE_PX), (left, top, w, h))
    face = scaled(face, (FACE_PX, FACE_PX)).astype(np.float32)
    edge = FACE_PX // 5
    contrast = float(face.var())
    sharpness = float(cv2.Laplacian(face, cv2.CV_32F).var()) / contrast if contrast > 1 else 0.0
    return {"sharpness": sharpness, "brightness": float(face[edge:-edge, edge:-edge].mean())}


def jitter(before, after):
    """How far firm landmarks moved against each other from one frame to the next, in face widths.

    ``before`` and ``after`` are landmarks (478, 3). Moving, turning and scaling the whole face is taken out (Procrustes
    in three dimensions); what is left is unrest of the instrument: root mean square over :data:`FIRM`, seen from the
    front, divided by √2 because both frames err.
    """
    width = np.ptp(after[:, 0])
    a, b = (points[list(FIRM)] - points[list(FIRM)].mean(axis=0) for points in (before, after))
    u, stretch, v = np.linalg.svd(a.T @ b)
    turn = u @ np.diag([1, 1, np.sign(np.linalg.det(u @ v))]) @ v
    left = b - (stretch.sum() / (a**2).sum()) * a @ turn
    return float(np.sqrt((left[:, :2] ** 2).sum(axis=1).mean() / 2) / width)


def trusted(rows, settings):
    """Add ``face_trust`` and ``why``: how much the picture lets the landmarks say, 0..1, and why where it is nothing.

    The product of detector score, detail, brightness, unrest, mirror and pose; *detail* is the smaller of size and
    sharpness, which a small face lacks together. A head beyond the pose limits keeps its box and angles; where trust is
    0 what rests on landmarks is NaN.
    """
    turned = np.maximum(rows["yaw_deg"].abs() / settings.yaw_max_deg, rows["pitch_deg"].abs() / settings.pitch_max_deg)
    factors = {
        "pose_out_of_range": np.sqrt((1 - turned**2).clip(0, 1)),
        "too_small": ramp(rows[["box_w_px", "box_h_px"]].min(axis=1), settings.size_px),
        "too_dark": ramp(rows["brightness"], settings.brightness),
        "too_blurred": ramp(rows["sharpness"], settings.sharpness),
        "unsteady": ramp(rows["jitter"], settings.jitter),
        "not_sure": ramp(rows["detector_score"], settings.score),
        "covered": ramp(rows["mirror_gap"], settings.mirror_gap),
    }
    rows["why"] = np.select([factor <= 0 for factor in factors.values()], list(factors), "").astype(object)
    detail = np.minimum(factors.pop("too_small"), factors.pop("too_blurred"))
    rows["face_trust"] = detail * np.prod(list(factors.values()), axis=0)
    from_landmarks = [name for name in rows if name.startswith("bs_") or name in OPENINGS]
    rows.loc[rows["why"] != "", from_landmarks] = np.nan
    return rows


OPENINGS = ("eye_opening", "mouth_opening")


def ramp(values, limits):
    """0 up to the first limit, 1 from the second on, a straight line between; 1 where the value is not known.

    >>> ramp([10.0, 30.0, 50.0, np.nan], (20.0, 40.0)).tolist()
    [0.0, 0.5, 1.0, 1.0]
    >>> ramp([0.3], (0.2, 0.1)).tolist()
    [0.0]
    """
    low, high = limits
    share = (np.asarray(values, dtype=float) - low) / (high - low)
    return np.nan_to_num(np.clip(share, 0, 1), nan=1.0)
