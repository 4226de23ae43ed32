"""What a face looks like, as a short list of numbers: by it a person is known again within one recording.

Two plain parts, both computed from pixels and landmarks, without any trained network. *Form*: the face is laid upright
by its eyes and mouth, 64 × 64 px, and the directions of its edges are counted in 8 × 8 cells (histograms of oriented
gradients, Dalal & Triggs 2005): brightness and contrast fall out. *Colour*: the hue (log ratios of red and blue to
green, from which the brightness falls out) of skin, hair, clothes and of the wall left and right of the head.
It is made to tell the people of one meeting apart on one day, not to recognise anybody elsewhere.
"""

import cv2
import numpy as np

EYES, MOUTH = ((33, 133), (362, 263)), (61, 291)
"""Landmarks: the corners of each eye, and of the mouth."""

FACE_PX, CELLS, DIRECTIONS = 64, 8, 8
PLACES = np.array([(0.30, 0.36), (0.70, 0.36), (0.50, 0.78)])
"""Where the eyes and the mouth come to lie, as shares of the upright face."""

PARTS = {
    "skin": (0.2, 0.45, 0.8, 0.7),
    "hair": (0.2, -0.4, 0.8, -0.05),
    "clothes": (0.1, 1.45, 0.9, 1.75),
    "left": (-0.7, -0.4, -0.2, 0.4),
    "right": (1.2, -0.4, 1.7, 0.4),
}
"""Where the colours are taken: left, top, right, bottom, in widths of the upright face."""

MARGIN = np.array([[0, 0, FACE_PX], [0, 0, FACE_PX]])
"""The upright face lies in the middle of a square three times as wide."""

BLACK, SHOWN, DARK = 12, 0.7, 16.0
"""A part has a hue if so many of its pixels are brighter than so many grey levels, else it is outside the picture;
and what is added before the logarithm, so that the noise of dark places has little hue."""

NAMES = tuple(f"look_{k:03d}" for k in range(CELLS * CELLS * DIRECTIONS + 2 * len(PARTS)))
"""The columns of a table of looks: first the form (a vector of length 1), then two hues of each part, or NaN."""


def look(picture, points):
    """How a face looks: float32 (522,). ``picture`` is uint8 RGB (h, w, 3), ``points`` its landmarks (478, 2) in px."""
    wide = cv2.warpAffine(picture, _upright(points) + MARGIN, (3 * FACE_PX, 3 * FACE_PX))
    face = wide[FACE_PX : 2 * FACE_PX, FACE_PX : 2 * FACE_PX]
    hues = [_hue(wide, part) for part in PARTS.values()]
    return np.concatenate([_form(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)), *hues]).astype(np.float32)


def _upright(points):
    """The similarity (turn, scale, shift) that brings eyes and mouth nearest to their places, as a 2 × 3 matrix."""
    here = np.array([points[list(part)].mean(axis=0) for part in (*EYES, MOUTH)])
    there = PLACES * FACE_PX
    a, b = here - here.mean(axis=0), there - there.mean(axis=0)
    size = (a**2).sum()
    cos, sin = (a * b).sum() / size, (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / size
    turn = np.array([[cos, -sin], [sin, cos]])
    return np.column_stack([turn, there.mean(axis=0) - turn @ here.mean(axis=0)])


def _form(grey):
    """Directions of edges in cells, each cell in its own contrast; of length 1 in all."""
    grey = grey.astype(np.float32)
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=1), cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=1)
    strength, place = np.hypot(across, down), (np.arctan2(down, across) % np.pi) / np.pi * DIRECTIONS
    first = np.floor(place).astype(int) % DIRECTIONS
    share = place - np.floor(place)
    maps = np.zeros((*grey.shape, DIRECTIONS), np.float32)
    rows, columns = np.indices(grey.shape)
    maps[rows, columns, first] = strength * (1 - share)
    maps[rows, columns, (first + 1) % DIRECTIONS] += strength * share
    side = FACE_PX // CELLS
    cells = cv2.GaussianBlur(maps, (0, 0), 0.4 * side)[side // 2 :: side, side // 2 :: side]
    cells = cells / (np.linalg.norm(cells, axis=2, keepdims=True) + 2)
    return (cells / (np.linalg.norm(cells) + 1e-6)).ravel()


def _hue(wide, part):
    left, top, right, bottom = (round((1 + share) * FACE_PX) for share in part)
    pixels = wide[top:bottom, left:right].reshape(-1, 3).astype(np.float32)
    pixels = pixels[pixels.max(axis=1) > BLACK]
    if len(pixels) < SHOWN * (bottom - top) * (right - left):
        return np.nan, np.nan
    red, green, blue = np.log(pixels + DARK).mean(axis=0)
    return red - green, blue - green
