"""The one photograph that every synthetic face is bent out of: its depth, its parts, its colours.

It is ``skimage.data.astronaut()``: NASA's portrait of Eileen Collins, in the public domain, shipped in scikit-image.
All lengths are pixels of the photograph (512 × 512). What rests on what:

* ``outline.csv``: the person's contour, found once with OpenCV's grabCut.
* ``landmarks.csv``, x and y: 478 points found once with MediaPipe 1.2.3; anybody can check them by eye.
* ``landmarks.csv``, z: **not** MediaPipe's reading of this face. It is the depth of MediaPipe's *canonical face*, a
  head drawn by hand in centimetres (Apache-2.0; inside the model bundle), laid over x and y of the upper face by a
  rotation and a scale (root mean square 2.6 px of a face 92 px wide). That also gives :data:`POSE_DEG`, so 0° of yaw
  and pitch are those of the canonical face. What a machine says about a drawn turn never entered the drawing.
* ``Look.depth`` makes heads flatter or deeper than the canonical one, as heads are: what depends on the machine's idea
  of how deep a head is shows up as a difference between looks.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import skimage.data
from scipy.interpolate import RBFInterpolator
from scipy.ndimage import distance_transform_edt

from mien.synthetic.expressions import EYES

FACE_CENTRE_PX = (226.0, 126.0)
FACE_WIDTH_PX = 91.6
PIVOT_PX = (226.0, 150.0, -45.0)  # a head turns about its middle, not about its nose
POSE_DEG = (-1.3, -8.4, 3.1)  # yaw, pitch, roll of the head in the photograph, where the canonical face lies on it
NEAREST_PX, FARTHEST_PX = 28.0, -82.0  # the depths between which all of the head lies
OVAL = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377)
OVAL += (152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)
"""Landmark numbers of the outline of the face."""

CLOTHS = {"orange": (0, 1, 2), "blue": (2, 1, 0), "green": (1, 0, 2), "violet": (0, 2, 0)}
"""Colours of the suit, as the channels of the photograph that make red, green and blue."""


@dataclass(frozen=True)
class Look:
    """What somebody looks like: as photographed or mirrored, skin and hair lighter or darker, cloth, wall behind.

    ``depth``: how deep the head is, relative to the canonical face of the same width (1).
    """

    mirror: bool = False
    skin_gain: tuple[float, float, float] = (1.0, 1.0, 1.0)
    hair_gain: float = 1.0
    cloth: str = "orange"
    wall_rgb: tuple[int, int, int] = (176, 168, 160)
    depth: float = 1.0


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
    """How near each place of the photograph is, (512, 512) float32: the head in the round, seen from the front.

    Depth runs smoothly through the landmarks and a domed hair to the contour, which is half-way back; beyond it the
    side of the head falls steeply, so that a turned head has a side.
    """
    rim = outline()[outline()[:, 1] < 150]
    hair = FACE_CENTRE_PX + 0.85 * (rim[rim[:, 1] < 110] - FACE_CENTRE_PX)
    neck = np.array([(x, y) for x in (192, 224, 256) for y in (194, 230)])
    far = np.array([(x, y) for x in (90, 360) for y in (-40, 60, 160, 260)] + [(226, -60)])
    places = np.concatenate([landmarks()[:, :2], rim, hair, neck, far])
    z = (PIVOT_PX[2], PIVOT_PX[2] + 29, PIVOT_PX[2] + 8, PIVOT_PX[2])
    z = np.repeat(z, [len(rim), len(hair), len(neck), len(far)])
    smooth = RBFInterpolator(places, np.concatenate([landmarks()[:, 2], z]), smoothing=10.0, kernel="thin_plate_spline")
    grid = np.arange(0, 512, 4.0)
    coarse = smooth(np.stack(np.meshgrid(grid, grid), -1).reshape(-1, 2)).reshape(len(grid), -1)
    near = cv2.resize(np.clip(coarse, PIVOT_PX[2], NEAREST_PX).astype(np.float32), (512, 512))
    beyond = cv2.distanceTransform(1 - _head(), cv2.DIST_L2, 5)
    floor = FARTHEST_PX + (PIVOT_PX[2] - 6 - FARTHEST_PX) * (1 - _fade(np.arange(512)[:, None], 122, 142))
    return cv2.GaussianBlur(np.maximum(near - 10 * np.maximum(beyond - 1, 0), floor).astype(np.float32), None, 1.5)


@cache
def _head():
    """Head and neck without shoulders and collar, (512, 512) uint8 of 0 and 1."""
    mask = np.zeros((512, 512), np.uint8)
    cv2.fillPoly(mask, [outline().astype(np.int32)], 1)
    mask[137:, :182] = mask[150:, :186] = mask[140:, 268:] = mask[165:, 262:] = 0
    return mask


@cache
def layers():
    """How much of each place belongs to the head that turns and to the body that stays, two (512, 512) float 0..1."""
    y = np.arange(512)[:, None]
    head = cv2.dilate(_head(), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))).astype(np.float32)
    body = np.zeros((512, 512), np.uint8)
    cv2.fillPoly(body, [outline().astype(np.int32)], 1)
    body[:160] = body[:188, 259:290] = 0
    body = cv2.erode(body, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))).astype(np.float32)
    return cv2.GaussianBlur(head * _fade(y, 182, 192), None, 1.2), cv2.GaussianBlur(body, None, 0.9)


def _fade(x, one, zero):
    t = np.clip((zero - x) / (zero - one), 0, 1)
    return t * t * (3 - 2 * t)


@cache
def _nearest_inside():
    """For each place, the nearest place well inside the head: what its side, unseen in the photograph, looks like."""
    inside = cv2.erode(_head(), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7)))
    return distance_transform_edt(1 - inside, return_indices=True)[1]


def head_texture(picture):
    """A painted photograph whose head goes on beyond its contour, for the sides that turn into sight."""
    rows, columns = _nearest_inside()
    return picture[rows, columns]


def body_texture(picture):
    """A painted photograph whose neck goes on upwards, shaded, where the chin was."""
    picture = picture.copy()
    picture[150:186, 186:259] = 0.75 * picture[186, 186:259]
    return picture


@cache
def parts():
    """Where in the photograph the hair, the skin and the suit are, each (512, 512) float 0 to 1."""
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
    return hair, head * (1 - hair) * (1 - _whites()), suit


@cache
def _whites():
    """The eyes, which are as light in dark skin as in light skin."""
    mask = np.zeros((512, 512), np.float32)
    for upper, lower in EYES.values():
        ring = landmarks()[[*upper, *lower[::-1]], :2]
        cv2.fillPoly(mask, [(ring * 16).round().astype(np.int32)], 1.0, cv2.LINE_AA, 4)
    return np.clip(2 * cv2.GaussianBlur(mask, None, 0.8) - 1, 0, 1)  # soft, and nowhere beyond the lids


def painted(look, photo):
    """The photograph recoloured to a look, (512, 512, 3) float 0 to 255."""
    hair, skin, suit = parts()
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


def skin_lightness(look):
    """How light the cheeks of a look are: CIE L* (0 black, 100 white; D65), as drawn."""
    picture = painted(look, skimage.data.astronaut()).astype(np.float32) / 255
    cheeks = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)[118:130, [*range(192, 206), *range(242, 256)], 0]
    return float(np.median(cheeks))
