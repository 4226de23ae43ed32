"""Where a head points: the rotation that best lays the canonical face onto the landmarks.

MediaPipe's own matrix reads a picture as the whole view of a camera of 63°. A followed face fills its crop, so that
camera would stand 2 face widths away; for people a real 3 to 6 widths away, what turning does to a face is then
taken for closeness, and yaw reads 15 % small on drawn turns of known angle. Here no camera is assumed: landmarks are
taken in pixels with their depth, as from afar, and rotation, scale and place are fitted in one step (Umeyama 1991).

What remains: a head flatter than the canonical one, or far from the camera, reads its turns smaller, a deeper or nearer
one larger (data/face_error.csv says how much); and what counts as 0° of pitch differs between faces by several
degrees, so that pitch means most as a change from the person's own.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd


@cache
def canonical():
    """MediaPipe's canonical face, a head drawn by hand (Apache-2.0): (468, 3) in cm, x right, y up, z to the camera."""
    return pd.read_csv(Path(__file__).parent / "canonical.csv")[["x_cm", "y_cm", "z_cm"]].to_numpy()


class Laid(NamedTuple):
    """How the canonical face lies on landmarks: ``turn`` (3, 3) as of :func:`head_turn`, ``side`` (what the canonical
    face measures from forehead to chin, seen from the front) and its ``middle`` (x, y) in the unit of the landmarks."""

    turn: np.ndarray
    side: float
    middle: np.ndarray


def laid(points):
    """Fit turn, size and place of the canonical face to ``points`` (468 or more, 3) in one step (Umeyama 1991).

    All 468 weigh the same: fewer, or those that speech leaves alone, follow the mouth more, not less.
    """
    seen = np.asarray(points)[:468] * [1, -1, -1]
    here, there = seen.mean(axis=0), canonical().mean(axis=0)
    u, stretch, v = np.linalg.svd((seen - here).T @ (canonical() - there))
    mirrored = [1, 1, np.sign(np.linalg.det(u @ v))]
    turn = u @ np.diag(mirrored) @ v
    scale = (stretch @ mirrored) / ((canonical() - there) ** 2).sum()
    low, high = canonical().min(axis=0), canonical().max(axis=0)
    middle = scale * turn @ ((low + high) / 2 - there) + here
    return Laid(turn, float(scale * (high - low)[1]), middle[:2] * [1, -1])


def head_turn(points):
    """The rotation (3, 3) that turns the canonical face into this one, x right, y up, z to the camera.

    ``points`` (468 or more, 3): landmarks as MediaPipe gives them for a square picture: x right, y down, z away from
    the camera, all in the same unit.

    >>> bool(np.allclose(head_turn(canonical() * [1, -1, -1]), np.eye(3)))
    True
    """
    return laid(points).turn


def head_angles(matrix):
    """Yaw, pitch and roll in degrees from a rotation, its scale removed (AUDIT F9): (3, 3), or the corner of a (4, 4).

    Yaw and pitch say where the nose points, roll how the head is tilted about it. 0° faces the camera, along the line
    from camera to head: yaw is positive when the person turns to the right of the picture, pitch when the person looks
    up, roll when the head tilts clockwise in the picture.

    >>> head_angles(np.eye(4))
    (0.0, 0.0, 0.0)
    """
    turn = np.asarray(matrix)[:3, :3]
    turn = turn / np.cbrt(np.linalg.det(turn))
    yaw = np.arctan2(turn[0, 2], turn[2, 2])
    pitch = np.arctan2(turn[1, 2], np.hypot(turn[0, 2], turn[2, 2]))
    roll = -np.arctan2(turn[1, 0], turn[1, 1])
    return tuple(float(np.degrees(angle)) + 0.0 for angle in (yaw, pitch, roll))
