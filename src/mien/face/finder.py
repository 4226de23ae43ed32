"""Looking for faces: a short-range detector on overlapping crops; and how much one picture differs from the next.

MediaPipe's detector sees faces that fill a good part of its picture: on a whole gallery frame it finds nobody. So it
looks at the whole frame and at squares of its height, of half and of a third of that, each overlapping its neighbour by
half, and of all boxes that lie on one face the surest is kept. On mosaics of fifteen real people, at a score of 0.75,
squares of half the height found 125 of 150 faces of a 5 × 5 gallery at 1080p and squares of a third all 150; squares of
a fifth find nobody more and begin to find faces where there are none (a score of 0.82). A search takes 80 to 115 ms of
one core, so it is rare, and a square in which nothing has moved since it was looked at last is not looked at again; a
face that is known is confirmed in its own crop, which takes 1 ms.
"""

from contextlib import nullcontext
from typing import NamedTuple

import cv2
import mediapipe as mp
import numpy as np
from mediapipe.tasks.python import BaseOptions, vision

from .landmarker import quiet

SMALL_PX = (64, 36)
"""The size at which two frames are compared: faces vanish, the shot remains."""

PARTS, SIDE_MIN_PX = (1, 2, 3), 80
"""Squares of the frame's height, half and a third of it; none so small that a face in it would have no features."""

LEVELS, SOLID_PX = 20, 5
"""A tile changes where the grey levels of a solid square of the small picture, so wide, all change by so many."""


WHOLE = 9
"""Where more than such a part of the squares is looked at, the frame is converted as a whole."""

GLANCE_PX, STILL_LEVELS = 24, 2
"""A square has not moved if no pixel of it, made so small, differs by more grey levels from when it was looked at: what
is shown in a face of a quarter of the square moves more when that face so much as blinks, and noise averages out."""


class Box(NamedTuple):
    """A rectangle in pixels of the frame as displayed, and how sure the detector is of it (0..1, NaN if not asked)."""

    x: float
    y: float
    w: float
    h: float
    score: float = float("nan")

    @property
    def centre(self):
        """The middle of the box, pixels."""
        return self.x + self.w / 2, self.y + self.h / 2


def overlap(a, b, smaller=False):
    """Intersection over union of two boxes, 0..1; with ``smaller``, intersection over the smaller of the two.

    >>> round(overlap(Box(0, 0, 2, 2), Box(1, 0, 2, 2)), 3)
    0.333
    >>> overlap(Box(0, 0, 4, 4), Box(1, 1, 2, 2), smaller=True)
    1.0
    """
    wide = min(a.x + a.w, b.x + b.w) - max(a.x, b.x)
    high = min(a.y + a.h, b.y + b.h) - max(a.y, b.y)
    if wide <= 0 or high <= 0:
        return 0.0
    both = wide * high
    return both / (min(a.w * a.h, b.w * b.h) if smaller else a.w * a.h + b.w * b.h - both)


def change(before, after):
    """How differently light and dark are laid out in two grey pictures: 1 − r between their pixels, 0..2.

    A change of brightness leaves it alone. A plain picture has no layout: there it is 1 if the brightness differs by
    more than a tenth of the scale, else 0.
    """
    means = before.mean(), after.mean()
    a, b = before.ravel() - means[0], after.ravel() - means[1]
    powers = a @ a, b @ b
    if min(powers) < a.size:  # a standard deviation below 1
        return float(abs(means[0] - means[1]) > 25)
    return float(1 - a @ b / np.sqrt(powers[0] * powers[1]))


def small(picture):
    """A frame as a small grey picture, (36, 64) float32."""
    return picture.grey(*SMALL_PX).astype(np.float32)


def new_picture(before, now):
    """Whether some part of a small picture was replaced from one frame to the next, as when a tile goes dark."""
    changed = (np.abs(now - before) > LEVELS).astype(np.uint8)
    return bool(cv2.erode(changed, np.ones((SOLID_PX, SOLID_PX), np.uint8)).any())


def windows(width, height):
    """Where to look in a frame: the whole, and squares of its height, of half and a third of it, half overlapping.

    >>> windows(200, 100)[:4]
    [(0, 0, 200, 100), (0, 0, 100, 100), (50, 0, 100, 100), (100, 0, 100, 100)]
    """
    short = min(width, height)
    crops = [(0, 0, width, height)]
    for side in (short // part for part in PARTS if part == 1 or short // part >= SIDE_MIN_PX):
        for y in _steps(height, side):
            crops += [(x, y, side, side) for x in _steps(width, side)]
    return crops


def _steps(length, side):
    steps = list(range(0, length - side + 1, max(side // 2, 1)))
    return steps if steps[-1] == length - side else [*steps, length - side]


def surest(boxes, same_overlap=0.4):
    """Of all boxes that lie on one face, the surest (non-maximum suppression by intersection over the smaller box)."""
    kept = []
    for box in sorted(boxes, key=lambda box: -box.score):
        if all(overlap(box, other, smaller=True) < same_overlap for other in kept):
            kept.append(box)
    return kept


class Finder:
    """Finds every face in a frame; one for a whole recording. ``score_min`` is the least score that is reported."""

    def __init__(self, detector, score_min):
        options = vision.FaceDetectorOptions(
            base_options=BaseOptions(model_asset_buffer=detector), min_detection_confidence=score_min
        )
        with quiet():
            self.detector = vision.FaceDetector.create_from_options(options)
        self.used, self.known = False, {}

    def find(self, picture, also=()):
        """The faces in a frame, surest first; ``also`` are further places (x, y, w, h) to look at."""
        height, width = picture.shape[:2]
        glances = {place: picture.grey(GLANCE_PX, GLANCE_PX, place) for place in windows(width, height)}
        moved = [place for place in glances if self._has_moved(place, glances[place])]
        if len(moved) > len(glances) / WHOLE:
            picture.rgb()  # the places overlap ninefold: to convert the whole once is cheaper
        for place in moved:
            x, y, w, h = place
            self.known[place] = glances[place].astype(np.int16), self.look(picture.part(x, y, w, h), x, y)
        found = [box for place in glances for box in self.known[place][1]]
        return surest(found + [box for x, y, w, h in also for box in self.look(picture.part(x, y, w, h), x, y)])

    def forget(self):
        """Look everywhere in the next search."""
        self.known.clear()

    def _has_moved(self, place, glance):
        return place not in self.known or np.abs(self.known[place][0] - glance).max() > STILL_LEVELS

    def look(self, part, x=0.0, y=0.0, scale=1.0):
        """The faces in pixels (h, w, 3) whose corner is at (x, y) of the frame; each is ``scale`` pixels of it wide."""
        boxes = [(seen.bounding_box, seen.categories[0].score) for seen in self._detected(np.ascontiguousarray(part))]
        return [
            Box(x + scale * box.origin_x, y + scale * box.origin_y, scale * box.width, scale * box.height, score)
            for box, score in boxes
        ]

    def _detected(self, crop):
        image = mp.Image(image_format=mp.ImageFormat.SRGB, data=crop)
        with nullcontext() if self.used else quiet():
            found = self.detector.detect(image).detections
        self.used = True
        return found

    def close(self):
        """Free the detector."""
        with quiet():
            self.detector.close()
