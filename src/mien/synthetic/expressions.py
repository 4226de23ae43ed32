"""What a face does with its mouth, eyelids and brows: each picture column is stretched between known lines.

All lengths are pixels of the photograph. Every movement is written as the place in the photograph that a place in the
new picture shows (a backward map), in closed form; so the same formula draws the picture and tells where points went.
"""

from dataclasses import dataclass

import numpy as np

UPPER_LIP = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_LIP = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
EYES = {
    "right": ((33, 246, 161, 160, 159, 158, 157, 173, 133), (33, 7, 163, 144, 145, 153, 154, 155, 133)),
    "left": ((362, 398, 384, 385, 386, 387, 388, 466, 263), (362, 382, 381, 380, 374, 373, 390, 249, 263)),
}
"""Landmark numbers of the inner lips and of the lids, from one corner to the other (right is the person's right)."""

GAP_PX = 21.0  # between the inner lips of a mouth opened as far as it goes; the face is 108 px high
NARROW = 0.28  # how much narrower a mouth is that does not smile as the photograph does
CORNER_DROP = 0.3  # how far the corners go down, as a share of the gap, when the jaw drops
BROW_PX = 4.5
LASH_PX = 2.0  # the edge of the lid with its lashes, which moves without being stretched
DARK_RGB = (40, 14, 16)
TONGUE_RGB = (108, 50, 50)


def _smooth(x):
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)


def _between(y, out_a, out_b, source_a, source_b):
    """Where ``y`` between two lines of the new picture lies between the same two lines of the photograph."""
    return source_a + (y - out_a) * (source_b - source_a) / (out_b - out_a)


@dataclass(frozen=True)
class Mouth:
    """The lips of the photograph: parabolas through the inner lips, and the fixed lines around them."""

    centre_px: float
    half_px: float
    upper: tuple[float, ...]
    lower: tuple[float, ...]
    rest_px: float
    tilt: float
    nose_px: float
    chin_px: float

    @classmethod
    def of(cls, landmarks):
        """Read the mouth off the photograph's landmarks, (478, 2 or 3)."""
        upper, lower = landmarks[list(UPPER_LIP), :2], landmarks[list(LOWER_LIP), :2]
        centre, half = upper[[0, -1], 0].mean(), np.ptp(upper[[0, -1], 0]) / 2
        tilt = (upper[-1, 1] - upper[0, 1]) / (2 * half)
        level = upper[[0, -1], 1].mean()
        shape = {}
        for name, lip in (("upper", upper), ("lower", lower)):
            u = (lip[:, 0] - centre) / half
            bow = np.linalg.lstsq(np.stack([1 - u**2, 1 - u**4], 1), lip[:, 1] - level - tilt * half * u, rcond=None)[0]
            shape[name] = (float(level), *(float(value) for value in bow))
        rest = 0.5 * (landmarks[13, 1] + landmarks[14, 1]) - 0.7
        lines = (float(value) for value in (rest, tilt, landmarks[2, 1] + 2, landmarks[152, 1]))
        return cls(float(centre), float(half), shape["upper"], shape["lower"], *lines)

    def lips(self, x):
        """Height of the upper and the lower inner lip of the photograph at these columns; equal beyond the corners."""
        u = np.clip((x - self.centre_px) / self.half_px, -1, 1)
        square = u * u
        found = []
        for level, bow, flat in (self.upper, self.lower):
            found.append(level + self.tilt * self.half_px * u + (1 - square) * (bow + flat * (1 + square)))
        return found

    def columns(self, x, y, smile):
        """The photograph's column that is shown here: the mouth narrows as the smile of the photograph goes."""
        d = x - self.centre_px
        near = np.exp(-0.5 * (d / 24) ** 2 - 0.5 * ((y - self.rest_px) / 15) ** 2)
        near *= _smooth((y - self.nose_px + 12) / 10) * _smooth((50 - np.abs(d)) / 20)
        return self.centre_px + d * (1 + NARROW * (1 - smile) * near)

    def now(self, x, x_source, opening, smile):
        """Height of upper and lower inner lip in the new picture, and of the photograph's lips they come from."""
        upper0, lower0 = self.lips(x_source)
        u = (x_source - self.centre_px) / self.half_px
        rest = self.rest_px + self.tilt * (x_source - self.centre_px)
        closed0 = 0.5 * (upper0 + lower0)
        closed = closed0 + (1 - smile) * (rest - closed0) * (1 - _smooth(np.abs(u) - 1))
        gap = GAP_PX * opening * np.sqrt(np.clip(1 - u * u, 0, None))
        corner = CORNER_DROP * GAP_PX * opening * (1 - _smooth(np.abs(u) - 1))
        return closed + corner - 0.45 * gap, closed + corner + 0.55 * gap, upper0, lower0

    def is_lower(self, x, y):
        """Which places of the photograph lie below the line between its lips, and so move with the jaw."""
        return y > 0.5 * sum(self.lips(x))

    def source(self, x, y, opening, smile, is_lower=None):
        """Which place of the photograph shows at (x, y): ``(x, y, upper, lower)`` with the lips as they are now."""
        x_source = self.columns(x, y, smile)
        upper, lower, upper0, lower0 = self.now(x, x_source, opening, smile)
        if is_lower is None:
            is_lower = y > 0.5 * (upper + lower)
        still = self.nose_px - 17 * _smooth((np.abs(x - self.centre_px) - 8) / 14)
        above = np.where(y < still, y, _between(y, still, upper, still, upper0))
        drop = 0.62 * GAP_PX * opening * (1 - _smooth((np.abs(x - self.centre_px) - 16) / 32))
        chin, under, still = self.chin_px - 9, self.chin_px + 3, self.chin_px + 42
        below = _between(y, lower, chin + drop, lower0, chin)
        below = np.where(y > chin + drop, y - drop, below)
        below = np.where(y > under + drop, _between(y, under + drop, still, under, still), below)
        below = np.where(y > still, y, below)
        return x_source, np.where(is_lower, below, above), upper, lower


@dataclass(frozen=True)
class Eye:
    """One eye of the photograph: its lids as heights over the columns between its corners."""

    x_px: tuple[float, ...]
    upper_px: tuple[float, ...]
    lower_x_px: tuple[float, ...]
    lower_px: tuple[float, ...]

    @classmethod
    def of(cls, landmarks, side):
        """Read an eye off the photograph's landmarks; ``side`` is the person's own right or left."""
        upper, lower = (landmarks[list(points), :2] for points in EYES[side])
        return cls(*(tuple(map(float, line)) for line in (*upper.T, *lower.T)))

    def source(self, x, y, closure, brow):
        """The photograph's height that shows at (x, y): skin of the lid slides down, the brow up; columns stay."""
        upper = np.interp(x, self.x_px, self.upper_px)
        lower = np.maximum(np.interp(x, self.lower_x_px, self.lower_px), upper)
        middle, half = 0.5 * (self.x_px[0] + self.x_px[-1]), 0.5 * (self.x_px[-1] - self.x_px[0])
        lid = upper + closure * (lower - upper)
        fold, top = upper - 7.5, upper - 27.0
        raised = fold - BROW_PX * brow * (1 - _smooth((np.abs(x - middle) - 0.8 * half) / (0.7 * half)))
        edge, edge0 = lid - LASH_PX, upper - LASH_PX
        skin = np.where(y > edge, y - lid + upper, _between(y, raised, edge, fold, edge0))
        forehead = np.where(y < top, y, _between(y, top, raised, top, fold))
        return np.where(y > lid + 1e-6, y, np.where(y < raised, forehead, skin))

    def is_upper(self, x, y):
        """Which places of the photograph lie above the middle of the eye and no farther than the brow, and so move."""
        middle = 0.5 * (np.interp(x, self.x_px, self.upper_px) + np.interp(x, self.lower_x_px, self.lower_px))
        return (x > self.x_px[0] - 6) & (x < self.x_px[-1] + 6) & (y <= middle)
