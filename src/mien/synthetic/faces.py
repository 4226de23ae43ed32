"""Faces whose pose and expression are known exactly, because they are bent out of one photograph.

A depth map makes the photographed head solid: it is turned in space and seen in true perspective from a webcam's
distance, and what lies behind a nose or a cheek is hidden by it (each pixel's ray is followed into the head: relief
mapping, Policarpo, Oliveira & Comba 2005). Mouth, lids and brows move by :mod:`mien.synthetic.expressions`. The same
formulas tell where every point of the face went. It is SYNTHETIC: nobody moved so.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import skimage.data

from mien.synthetic import photograph
from mien.synthetic.expressions import DARK_RGB, TONGUE_RGB, Eye, Mouth

COARSE_PX = 2.5  # rays are followed about each 2 pixels of the photograph, and the picture drawn smoothly between
LEVELS = 30  # depths at which a ray is compared with the head before its meeting point is refined
HEAD_PX = (-100.0, -150.0, 100.0, 80.0)  # left, top, right, bottom of what a head may cover, from its pivot

POINTS = {
    "nose": (1, 1),
    "chin": (152, 152),
    "upper_lip": (13, 13),
    "lower_lip": (14, 14),
    "right_mouth_corner": (61, 291),
    "left_mouth_corner": (291, 61),
    "right_eye_outer": (33, 263),
    "right_eye_inner": (133, 362),
    "left_eye_inner": (362, 133),
    "left_eye_outer": (263, 33),
    "right_lid": (159, 386),
    "left_lid": (386, 159),
    "right_lower_lid": (145, 374),
    "left_lower_lid": (374, 145),
}
"""Named points (the person's own right and left) and their landmark numbers, as photographed and in a mirror."""


@dataclass(frozen=True)
class Pose:
    """What a face does at one moment. Numbers, or arrays of one shape for many moments.

    Angles are seen along the line from the camera to the head: 0° faces the camera. ``yaw_deg`` positive: the nose
    points to the right of the picture; ``pitch_deg`` positive: up; ``roll_deg`` positive: tilted clockwise.
    ``mouth_opening``, ``smile``, ``eye_closure``, ``brow_raise`` 0 to 1; ``x_px``, ``y_px`` how far the person sits
    from the middle of the tile, right and down.
    """

    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    mouth_opening: float = 0.0
    smile: float = 0.0
    eye_closure: float = 0.0
    brow_raise: float = 0.0
    x_px: float = 0.0
    y_px: float = 0.0

    def mirrored(self):
        """The same pose as its mirror image would have to take it."""
        return Pose(**{**vars(self), "yaw_deg": -self.yaw_deg, "roll_deg": -self.roll_deg, "x_px": -self.x_px})


def rotation(yaw_deg, pitch_deg, roll_deg):
    """The rotation of a pose, (…, 3, 3), of points (x right, y down, z to the camera).

    Yaw and pitch say where the nose points (sideways, and up from the level), roll how the head is tilted about it.
    """
    a, b, c = (np.deg2rad(np.asarray(angle, dtype=float)) for angle in (yaw_deg, pitch_deg, roll_deg))
    one, nil = np.ones_like(a + b + c), np.zeros_like(a + b + c)
    turn = [np.cos(a), nil, np.sin(a), nil, one, nil, -np.sin(a), nil, np.cos(a)]
    lift = [one, nil, nil, nil, np.cos(b), -np.sin(b), nil, np.sin(b), np.cos(b)]
    tilt = [np.cos(c), -np.sin(c), nil, np.sin(c), np.cos(c), nil, nil, nil, one]
    turn, lift, tilt = (np.stack(np.broadcast_arrays(*m), -1).reshape(*one.shape, 3, 3) for m in (turn, lift, tilt))
    return turn @ lift @ tilt


class Portrait:
    """One person in one tile, ready to be drawn in any pose.

    ``look`` a :class:`mien.synthetic.photograph.Look`; ``width_px``, ``height_px`` of the tile; ``face_width_px``
    between the cheeks at rest; ``photo`` (512, 512, 3) uint8 replaces the photograph, to follow painted dots.
    ``distance_widths`` is how far the camera is, in face widths: 4.5 are some 60 cm, somebody before a webcam.

    >>> Portrait(photograph.Look(), 160, 180, 55).picture(Pose(yaw_deg=10)).shape
    (180, 160, 3)
    """

    def __init__(self, look, width_px, height_px, face_width_px, photo=None, distance_widths=4.5):
        self.look, self.width_px, self.height_px = look, width_px, height_px
        self.scale = face_width_px / photograph.FACE_WIDTH_PX
        self.left = photograph.FACE_CENTRE_PX[0] - 0.5 * width_px / self.scale
        self.top = photograph.FACE_CENTRE_PX[1] - 0.5 * height_px / self.scale
        self.camera_px = distance_widths * photograph.FACE_WIDTH_PX
        photo = photograph.painted(look, skimage.data.astronaut() if photo is None else photo)
        head, body = photograph.layers()
        self._texture = self._zoomed(photograph.head_texture(photo))
        self._alpha = self._zoomed(255 * head)
        self._body = self._zoomed(np.dstack([photograph.body_texture(photo), 255 * body]))
        self._wall = photograph.wall(look, width_px, height_px)
        self._step = 2 ** max(0, int(np.log2(COARSE_PX * self.scale)))  # a power of two, which OpenCV enlarges exactly
        self._rays = self._head_grid()
        self._depth = photograph.PIVOT_PX[2] + look.depth * (photograph.depth() - photograph.PIVOT_PX[2])
        points = photograph.landmarks()
        self._mouth = Mouth.of(points)
        self._eyes = [Eye.of(points, side) for side in ("right", "left")]
        self._lips = self._patch(174, 278, 117, 224)
        self._lids = self._patch(186, 225, 68, 112), self._patch(226, 266, 68, 114)
        self._drawn = None, None  # the last mouth: faces at rest need not be drawn again

    # --- between the photograph and the tile ---

    def _zoomed(self, picture):
        if self.scale < 0.7:  # warpAffine does not average, so blur first what is to be shrunk
            picture = cv2.GaussianBlur(picture, None, 0.4 / self.scale)
        matrix = np.array([[self.scale, 0, -self.left * self.scale], [0, self.scale, -self.top * self.scale]])
        size = (self.width_px, self.height_px)
        picture = cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        return np.clip(picture, 0, 255).astype(np.uint8)

    def _places(self, columns, rows):
        """The places of the photograph under these pixels of the tile, two (rows, columns) arrays."""
        return np.meshgrid(
            (columns / self.scale + self.left).astype(np.float32), (rows / self.scale + self.top).astype(np.float32)
        )

    def _head_grid(self):
        """The part of the tile that a head may cover, and each ``step``-th pixel of it: (slices, columns, rows)."""
        size, pivot = (
            (self.width_px, self.height_px),
            (photograph.PIVOT_PX[0] - self.left, photograph.PIVOT_PX[1] - self.top),
        )
        low, high = (
            np.clip([(pivot[i] + HEAD_PX[i + k]) * self.scale for i in (0, 1)], 0, size).astype(int) for k in (0, 2)
        )
        place = tuple(slice(a, b) for a, b in zip(low[::-1], high[::-1], strict=True))
        columns, rows = (np.arange(a, b + self._step, self._step) for a, b in zip(low, high, strict=True))
        return place, *np.meshgrid(columns.astype(np.float32), rows.astype(np.float32))

    def _patch(self, x0, x1, y0, y1):
        """A rectangle of the tile that covers one of the photograph, and the places under its pixels."""
        a, b = ((np.array([x0, x1]) - self.left) * self.scale).round().astype(int).clip(0, self.width_px)
        c, d = ((np.array([y0, y1]) - self.top) * self.scale).round().astype(int).clip(0, self.height_px)
        return (slice(c, d), slice(a, b)), *self._places(np.arange(a, b), np.arange(c, d))

    def _take(self, x, y):
        """The tile's resting picture at places of the photograph."""
        return _at(self._texture, (x - self.left) * self.scale, (y - self.top) * self.scale)

    # --- drawing ---

    def picture(self, pose):
        """Draw the person in a pose: (height, width, 3) uint8 RGB."""
        pose = Pose(*(float(value) for value in vars(pose).values()))
        pose = pose.mirrored() if self.look.mirror else pose
        face = self._texture.copy()
        if self._lips[1].size:
            face[self._lips[0]] = self._mouth_now(pose.mouth_opening, pose.smile)
        for eye, (place, x, y) in zip(self._eyes, self._lids, strict=True):
            if x.size and (pose.eye_closure or pose.brow_raise):
                face[place] = self._take(x, eye.source(x, y, pose.eye_closure, pose.brow_raise))
        picture, place = self._behind(pose), self._rays[0]
        x, y = self._seen(pose)
        weight = (
            cv2.GaussianBlur(_at(self._alpha, x, y, cv2.BORDER_CONSTANT), None, 0.6 * self._step).astype(np.float32)
            / 255
        )
        picture[place] = cv2.blendLinear(_at(face, x, y), np.ascontiguousarray(picture[place]), weight, 1 - weight)
        return np.ascontiguousarray(picture[:, ::-1]) if self.look.mirror else picture

    def wall(self):
        """The tile when nobody is there: (height, width, 3) uint8 RGB."""
        return self._wall.copy()

    def _behind(self, pose):
        """Wall and body, as if there were no head."""
        matrix = np.array([[1, 0, pose.x_px], [0, 1, pose.y_px]], dtype=float)
        size, edge = (self.width_px, self.height_px), cv2.BORDER_REPLICATE
        body = cv2.warpAffine(self._body, matrix, size, flags=cv2.INTER_LINEAR, borderMode=edge)
        weight = body[..., 3].astype(np.float32) / 255
        return cv2.blendLinear(np.ascontiguousarray(body[..., :3]), self._wall, weight, 1 - weight)

    def _mouth_now(self, opening, smile):
        """The patch around the mouth, drawn again only when the mouth has moved."""
        if self._drawn[0] != (opening, smile):
            self._drawn = (opening, smile), self._mouth_drawn(opening, smile)
        return self._drawn[1]

    def _mouth_drawn(self, opening, smile):
        """The lower face: skin stretched around the lips, a crease where they meet, and what shows between them."""
        _, x, y = self._lips
        xs, ys, upper, lower = self._mouth.source(x, y, opening, smile)
        skin = self._take(xs, ys)
        rows = np.flatnonzero(((y > upper - 3) & (y < lower + 3)).any(axis=1))
        rows = slice(rows[0], rows[-1] + 1)
        xs, y, upper, lower = (m[rows] for m in (xs, y, upper, lower))
        lips = skin[rows].astype(np.float32)
        crease = 0.45 * np.exp(-(((y - 0.5 * (upper + lower)) / 0.9) ** 2)) * np.clip(1 - (lower - upper) / 3, 0, 1)
        lips *= (1 - crease * (np.abs(xs - self._mouth.centre_px) < self._mouth.half_px))[..., None]
        inside = np.clip((y - upper) * self.scale + 0.5, 0, 1) * np.clip((lower - y) * self.scale + 0.5, 0, 1)
        inside *= lower - upper > 0.2
        lips += inside[..., None] * (self._between_lips(xs, y, upper, lower, smile) - lips)
        skin[rows] = lips
        return skin

    def _between_lips(self, xs, y, upper, lower, smile):
        """Teeth under the upper lip, then the dark, then a tongue."""
        upper0, lower0 = self._mouth.lips(xs)
        depth = y - upper + 2.0 * (1 - smile)
        teeth = self._take(xs, np.minimum(upper0 + np.maximum(depth, 0.8), lower0)).astype(np.float32)
        teeth = np.minimum(0.9 * teeth / np.array(self.look.skin_gain, np.float32), 235)  # light in any skin
        tongue = np.clip(1 - (lower - y) / 5, 0, 1) * np.clip((lower - upper - 7) / 8, 0, 1)
        dark, red = np.array(DARK_RGB, np.float32), np.array(TONGUE_RGB, np.float32)
        shown = np.clip((0.85 * (lower0 - upper0) - depth) / 1.5 + 0.5, 0, 1)[..., None]
        dark = dark + tongue[..., None] * (red - dark)
        return dark + shown * (teeth - dark)

    # --- turning ---

    def _turned(self, x, y, depth, pose):
        """Where places of the photograph go when the head turns about its pivot: seen in perspective, pixels of it."""
        pivot = photograph.PIVOT_PX
        across, down, near = _times(_since_photo(pose), (x - pivot[0], y - pivot[1], depth - pivot[2]))
        larger = self.camera_px / (self.camera_px - near)
        return pivot[0] + across * larger, pivot[1] + down * larger

    def _seen(self, pose):
        """Which pixel of the resting tile shows at each pixel of the head's part: two maps.

        Each pixel's ray, turned into the photograph, is compared with the head at :data:`LEVELS` depths from near to
        far; where it is first below the surface, the crossing is refined by the rule of false position. A ray that
        misses the head ends beyond its contour.
        """
        _, columns, rows = self._rays
        pivot, back = photograph.PIVOT_PX, _since_photo(pose).T
        u = (columns - pose.x_px) / self.scale + self.left - pivot[0]
        v = (rows - pose.y_px) / self.scale + self.top - pivot[1]
        way = _times(back, (u.ravel(), v.ravel(), -self.camera_px))
        eye = _times(back, (0.0, 0.0, self.camera_px))
        slope = np.stack([way[0] / way[2], way[1] / way[2]]).astype(np.float32)
        start = (np.array([eye[0] + pivot[0], eye[1] + pivot[1]])[:, None] - (eye[2] + pivot[2]) * slope).astype(
            np.float32
        )
        x, y = start + self._crossing(start, slope) * slope
        places = ((x - self.left) * self.scale, (y - self.top) * self.scale)
        return tuple(self._enlarged(part.reshape(u.shape)) for part in places)

    def _crossing(self, start, slope):
        """The depth (n,) at which rays ``start + z * slope`` (2, n) first meet the head."""

        def above(z):
            return z - _at(self._depth, *(start + z * slope))

        pivot, deep = photograph.PIVOT_PX[2], self.look.depth
        ends = (pivot + deep * (end - pivot) for end in (photograph.NEAREST_PX + 1, photograph.FARTHEST_PX - 1))
        levels = np.linspace(*ends, LEVELS, dtype=np.float32)[:, None]
        heights = levels - _at(self._depth, *(start[:, None] + levels * slope[:, None]))
        first = np.argmax(heights < 0, axis=0).clip(1)
        every = np.arange(start.shape[1])
        low, high = levels[first, 0], levels[first - 1, 0]
        under, over = heights[first, every], heights[first - 1, every]
        for _ in range(3):
            z = low + (high - low) * np.clip(under / (under - over + 1e-6), 0.05, 0.95)
            now = above(z)
            low, under = np.where(now < 0, z, low), np.where(now < 0, now, under)
            high, over = np.where(now < 0, high, z), np.where(now < 0, over, now)
        return low + (high - low) * np.clip(under / (under - over + 1e-6), 0, 1)

    def _enlarged(self, coarse):
        """A coarse map at every pixel: its nodes sit on pixels 0, step, 2 step …, so it is no plain resize."""
        matrix = np.array([[1 / self._step, 0, 0], [0, 1 / self._step, 0]])
        way = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        rows, columns = (part.stop - part.start for part in self._rays[0])
        return cv2.warpAffine(coarse, matrix, (columns, rows), flags=way, borderMode=cv2.BORDER_REPLICATE)

    # --- the truth ---

    def moved(self, x, y, pose):
        """Where places (n,) of the photograph are in the tile, pixels: ``x, y``, each (…, n) for a pose of shape (…).

        Places behind a closed lid or between the lips are hidden, and have no meaning.
        """
        pose = pose.mirrored() if self.look.mirror else pose
        pose = Pose(*(np.asarray(value, dtype=float)[..., None] for value in vars(pose).values()))
        x, y = self._expressed(np.asarray(x, dtype=float), np.asarray(y, dtype=float), pose)
        x, y = self._turned(x, y, _at(self._depth, x, y).reshape(x.shape), pose)
        x, y = (x - self.left) * self.scale + pose.x_px, (y - self.top) * self.scale + pose.y_px
        return (self.width_px - 1 - x if self.look.mirror else x), y

    def _expressed(self, x0, y0, pose):
        """Where mouth, lids and brows carry places of the photograph: their backward maps, solved for each place."""
        shape = np.broadcast_shapes(x0.shape, *(np.shape(value) for value in vars(pose).values()))
        x, y = np.broadcast_to(x0, shape).copy(), np.broadcast_to(y0, shape).copy()
        mouth, is_lower = y0 > 117, self._mouth.is_lower(x0, y0)
        near = [~mouth & eye.is_upper(x0, y0) for eye in self._eyes]
        for _ in range(25):
            xs, ys, _, _ = self._mouth.source(x, y, pose.mouth_opening, pose.smile, is_lower)
            x, y = np.where(mouth, x + x0 - xs, x), np.where(mouth, y + y0 - ys, y)
            for eye, mine in zip(self._eyes, near, strict=True):
                y = np.where(mine, y + y0 - eye.source(x, y, pose.eye_closure, pose.brow_raise), y)
        return x, y

    def points(self, pose):
        """Where the named points are in the tile: ``{name: (x_px, y_px)}``; see :data:`POINTS`."""
        numbers = [pair[self.look.mirror] for pair in POINTS.values()]
        x, y = self.moved(*photograph.landmarks()[numbers, :2].T, pose)
        return {name: (x[..., i], y[..., i]) for i, name in enumerate(POINTS)}

    def box(self, pose):
        """The box around the face's landmarks in the tile: left, top, width, height in pixels, (…, 4)."""
        x, y = self.moved(*photograph.landmarks()[[*photograph.OVAL, 1, 4], :2].T, pose)
        low = x.min(-1), y.min(-1)
        return np.stack([*low, x.max(-1) - low[0], y.max(-1) - low[1]], -1)


def _since_photo(pose):
    """The rotation from the head as photographed to a pose, (…, 3, 3)."""
    return rotation(pose.yaw_deg, pose.pitch_deg, pose.roll_deg) @ rotation(*photograph.POSE_DEG).T


def _times(matrix, point):
    """Rotations (…, 3, 3) applied to the three coordinates of points that broadcast against (…)."""
    return tuple(sum(matrix[..., i, j] * point[j] for j in range(3)) for i in range(3))


def _at(picture, x, y, edge=cv2.BORDER_REPLICATE):
    """A picture at places between its pixels, (rows, columns) or (n,); beyond its edge it goes on as at its edge."""
    x, y = np.asarray(x, dtype=np.float32), np.asarray(y, dtype=np.float32)
    return cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=edge)
