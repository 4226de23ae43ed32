"""The one photograph that every synthetic face is bent out of: its depth, its parts, its colours.

It is ``skimage.data.astronaut()``: NASA's portrait of Eileen Collins, in the public domain, shipped in scikit-image.
``landmarks.csv`` (478 points with depth, found once with MediaPipe 1.2.3) and ``outline.csv`` (the person's contour,
found once with OpenCV's grabCut) are the only measurements; all lengths are pixels of the photograph (512 × 512).
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import skimage.data
from scipy.interpolate import RBFInterpolator
from scipy.ndimage import grey_dilation

FACE_CENTRE_PX = (226.0, 126.0)
FACE_WIDTH_PX = 91.6
PIVOT_PX = (226.0, 150.0, -45.0)  # a head turns about its middle, not about its nose
POSE_DEG = (-1.0, -8.0, 3.0)  # yaw, pitch, roll of the head in the photograph, measured once with MediaPipe
DEPTH_GAIN = 1.15  # MediaPipe's depth of this face is a little flat; found by reading drawn turns with MediaPipe
STEEPEST = 2.3  # depth per width; with it a head can turn 23° before one place hides another
OVAL = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377)
OVAL += (152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)
"""Landmark numbers of the outline of the face."""

CLOTHS = {"orange": (0, 1, 2), "blue": (2, 1, 0), "green": (1, 0, 2), "violet": (0, 2, 0)}
"""Colours of the suit, as the channels of the photograph that make red, green and blue."""


@dataclass(frozen=True)
class Look:
    """What somebody looks like: as photographed or mirrored, skin and hair lighter or darker, cloth, wall behind."""

    mirror: bool = False
    skin_gain: tuple[float, float, float] = (1.0, 1.0, 1.0)
    hair_gain: float = 1.0
    cloth: str = "orange"
    wall_rgb: tuple[int, int, int] = (176, 168, 160)


@cache
def landmarks():
    """The photograph's landmarks, (478, 3): x right, y down, z towards the camera, pixels of the photograph."""
    return pd.read_csv(Path(__file__).parent / "landmarks.csv")[["x_px", "y_px", "z_px"]].to_numpy()


@cache
def outline():
    """The contour of the person in the photograph, (142, 2): x right, y down, pixels of the photograph."""
    return pd.read_csv(Path(__file__).parent / "outline.csv")[["x_px", "y_px"]].to_numpy()


@cache
def depth():
    """Depth and firmness of the photograph, (512, 512) each: how near a place is, and how much it turns with the head.

    Depth runs smoothly through the landmarks to the hair's contour; firmness is 1 on the head, fading into the collar.
    """
    head = outline()[outline()[:, 1] < 150]
    ring = np.array([(x, y) for x in (100, 160, 226, 292, 350) for y in (-40, 10, 250, 300)] + [(100, 120), (350, 120)])
    rim = np.concatenate([head, ring])
    places = np.concatenate([landmarks()[:, :2], rim])
    depth = np.concatenate([landmarks()[:, 2], np.full(len(rim), PIVOT_PX[2])])
    smooth = RBFInterpolator(places, depth, smoothing=30.0, kernel="thin_plate_spline")
    grid = np.arange(0, 512, 4.0)
    coarse = smooth(np.stack(np.meshgrid(grid, grid), -1).reshape(-1, 2)).reshape(len(grid), -1)
    coarse = _no_steeper(PIVOT_PX[2] + DEPTH_GAIN * (np.clip(coarse, PIVOT_PX[2], 30) - PIVOT_PX[2]), grid[1])
    z = cv2.resize(coarse.astype(np.float32), (512, 512), interpolation=cv2.INTER_CUBIC)
    mask = np.zeros((512, 512), np.uint8)
    cv2.fillPoly(mask, [outline().astype(np.int32)], 1)
    mask[190:] = 0
    mask[150:, :186] = mask[165:, 262:] = 0
    far = cv2.distanceTransform(1 - mask, cv2.DIST_L2, 5)
    y = np.arange(512)[:, None]
    firm = _fade(far, 0, 40) * _fade(y, 184, 232)
    return cv2.GaussianBlur(z, None, 3), cv2.GaussianBlur(firm.astype(np.float32), None, 3)


def _no_steeper(depth, step_px):
    """Depth raised where it falls off too steeply, so that no place hides behind another in the turns we draw."""
    reach = np.arange(-9, 10) * step_px
    cone = -STEEPEST * np.hypot(*np.meshgrid(reach, reach))
    return grey_dilation(depth, structure=cone, mode="nearest")


def _fade(x, one, zero):
    t = np.clip((zero - x) / (zero - one), 0, 1)
    return t * t * (3 - 2 * t)


@cache
def parts():
    """Where in the photograph the person, the hair, the skin and the suit are, each (512, 512) float 0 to 1."""
    photo = skimage.data.astronaut()
    person, head, face = (np.zeros((512, 512), np.uint8) for _ in range(3))
    cv2.fillPoly(person, [outline().astype(np.int32)], 255)
    head[:190] = person[:190]
    head[150:, :184] = head[165:, 264:] = 0
    oval = landmarks()[list(OVAL), :2]
    cv2.fillConvexPoly(face, cv2.convexHull(oval[oval[:, 1] > 82].astype(np.float32)).astype(np.int32), 255)
    light = photo.mean(-1)
    y = np.arange(512)[:, None]
    hair = ((head > 0) & (face == 0) & ((light < 165) | (y < 84)) & (y < 142)).astype(np.float32)
    red, blue = photo[..., 0].astype(float), photo[..., 2].astype(float)
    suit = ((red - blue > 70) & (head == 0) & (person > 0)).astype(np.float32)
    hair, suit, head = (cv2.GaussianBlur(m.astype(np.float32), None, 1.2) for m in (hair, suit, (head > 0)))
    alpha = (
        cv2.GaussianBlur(cv2.erode(person, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))), None, 0.9).astype(
            np.float32
        )
        / 255
    )
    return alpha, hair, head * (1 - hair), suit


def painted(look, photo):
    """The photograph recoloured to a look, (512, 512, 3) float 0 to 255."""
    _, hair, skin, suit = parts()
    picture = photo.astype(np.float32)
    gain = 1 + skin[..., None] * (np.array(look.skin_gain) - 1) + hair[..., None] * (look.hair_gain - 1)
    picture = picture * gain
    if look.cloth not in CLOTHS:
        raise ValueError(f"look: no cloth {look.cloth!r}; expected one of {', '.join(CLOTHS)}")
    picture += suit[..., None] * (picture[..., list(CLOTHS[look.cloth])] - picture)
    return np.clip(picture, 0, 255)


def wall(look, width, height):
    """A plain wall in soft light."""
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    light = 1.04 - 0.10 * (x - 0.3) ** 2 - 0.12 * y
    return np.clip(light[..., None] * np.array(look.wall_rgb), 0, 255).astype(np.uint8)
