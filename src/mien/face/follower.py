"""Following one face: landmarks, blendshapes and head pose in a square crop of its own.

The crop is held still until the face nears its edge, so that what moves in it is the face; inside it the landmarks are
looked for where the face was a moment before. On a slow clock both are laid anew, so that what is measured does not
depend on how long ago the face was found: a video that was cut in time gives the same numbers as the whole.
"""

import numpy as np

from mien.media import Grid
from mien.media.picture import scaled

from . import quality
from .finder import Box, change, overlap
from .landmarker import BLENDSHAPES, Region
from .looks import look
from .pose import head_angles, laid

RIGHT_EYE = (33, 160, 158, 133, 153, 144)
LEFT_EYE = (362, 385, 387, 263, 373, 380)
LIPS, FACE_HEIGHT = (13, 14), (10, 152)
"""Landmarks of MediaPipe's mesh: six points round each eye, the inner lips, and forehead to chin."""


CROP_PX = (256, 720)
"""A crop is enlarged or reduced to this range. The landmark model itself looks at 256 px of the face; making a crop
smaller costs more than handing it over as it is (0.7 against 0.1 ms for 480 px)."""

SETTLE = 3
"""So many times a face is looked at when it was just found: the third square differs from all later ones by 2 %."""

SKIN_PX = 64
"""The size at which the crop is compared with itself a moment before."""

PARTS, QUIET = 8, 16
"""Such a grid of parts of the crop, and which of them, from the stillest on, says what camera and compression do."""

LOOK_PX, LOOK_SCALES = 32, (1.5, 3.0)
"""Size, and width in faces, of the pictures by which it is noticed that another face has taken this one's place."""

ALBUM_FRESH, ALBUM_STEP_S = 8, 5.0
"""Of a track's looks the latest are all kept, of the older ones one every few seconds."""

MOMENT_S = 0.4
"""How long before: long enough for a resting face to move, and the same whatever the frame rate."""

ROUNDING_S = 0.001
"""Times in containers are rounded to as much as this."""


def eye_opening(points):
    """Eye aspect ratio, mean of both eyes: height of the opening ÷ its width (Soukupová & Čech 2016; AUDIT F8)."""
    return float(np.mean([_aspect(points[list(eye)]) for eye in (RIGHT_EYE, LEFT_EYE)]))


def _aspect(p):
    return (np.linalg.norm(p[1] - p[5]) + np.linalg.norm(p[2] - p[4])) / (2 * np.linalg.norm(p[0] - p[3]))


def mouth_opening(points):
    """Gap between the inner lips ÷ height of the face from forehead to chin."""
    gap, height = (np.linalg.norm(points[a] - points[b]) for a, b in (LIPS, FACE_HEIGHT))
    return float(gap / height)


def bounds(points):
    """The upright box around the landmarks."""
    low, high = points.min(axis=0), points.max(axis=0)
    return Box(*map(float, low), *map(float, high - low))


class Crop:
    """A square piece of the frame around a face, black where it leaves the frame, scaled to ``CROP_PX``."""

    def __init__(self, box, scale, frame_shape):
        height, width = frame_shape[:2]
        self.side = max(round(scale * max(box.w, box.h)), 16)
        centre_x, centre_y = box.centre
        self.x = _held(centre_x - self.side / 2, self.side, width)
        self.y = _held(centre_y - self.side / 2, self.side, height)
        self.scaled = int(np.clip(self.side, *CROP_PX))

    def cut(self, picture):
        """The pixels of the crop, (n, n, 3)."""
        x, y, w, h = self.within(*picture.shape[1::-1])
        if w == h == self.side:
            return picture.part(x, y, w, h, self.scaled)
        whole = np.zeros((self.side, self.side, 3), np.uint8)
        whole[y - self.y :, x - self.x :][:h, :w] = picture.part(x, y, w, h)
        return scaled(whole, (self.scaled, self.scaled))

    def grey(self, picture, size_px):
        """The crop as a small grey picture, (size_px, size_px) uint8."""
        x, y, w, h = self.within(*picture.shape[1::-1])
        if w == h == self.side:
            return picture.grey(size_px, size_px, (x, y, w, h))
        left, top, wide, high = (round(v * size_px / self.side) for v in (x - self.x, y - self.y, w, h))
        whole = np.zeros((size_px, size_px), np.uint8)
        place = whole[top:, left:][:high, :wide]
        place[:] = picture.grey(*place.shape[::-1], (x, y, w, h))
        return whole

    def holds(self, box, margin):
        """Whether the face is still well inside and of a size that suits the crop."""
        edge = margin * self.side
        inside_x = self.x + edge <= box.x and box.x + box.w <= self.x + self.side - edge
        inside_y = self.y + edge <= box.y and box.y + box.h <= self.y + self.side - edge
        return inside_x and inside_y and max(box.w, box.h) > 0.3 * self.side

    def within(self, width, height):
        """The part of the crop that lies in the frame, (x, y, w, h) in pixels."""
        x, y = max(self.x, 0), max(self.y, 0)
        return x, y, min(self.x + self.side, width) - x, min(self.y + self.side, height) - y


def stepped(box):
    """The box in coarse steps of size and place, so that two that hardly differ are one; a square, never smaller.

    >>> stepped(Box(100.2, 50.3, 63, 70)) == stepped(Box(100.4, 50.1, 63.3, 70.2))
    True
    """
    size = 2 ** (np.ceil(4 * np.log2(max(box.w, box.h))) / 4)
    x, y = (size / 8 * np.round(middle / (size / 8)) for middle in box.centre)
    return Box(float(x - size / 2), float(y - size / 2), float(size), float(size))


def _held(start, side, length):
    """A crop is pushed back into the frame where it fits, and centred on it where it is larger."""
    return round(min(max(start, 0), length - side)) if side <= length else (length - side) // 2


def looks(picture, box):
    """A face, and the face with its surroundings, as small grey pictures: what the next frame is compared with."""
    size = picture.shape[1::-1]
    places = [Crop(box, scale, picture.shape).within(*size) for scale in LOOK_SCALES]
    return [picture.grey(LOOK_PX, LOOK_PX, place).astype(np.float32) for place in places]


class Doubt:
    """A sudden change of a face that may be another face: to be decided by how it looks in the second that follows."""

    def __init__(self, time_s, before):
        self.time_s, self.before, self.after = time_s, list(before), []

    def is_other(self, settings):
        """Whether no look after the change resembles any look before it, near by and with the surroundings.

        A hand before the face, or a turn of the head, goes by; another person stays.
        """
        nearest = [
            min(change(a[scale], b[scale]) for a in self.before for b in self.after) if self.after else 0.0
            for scale in range(len(LOOK_SCALES))
        ]
        return all(least > most for least, most in zip(nearest, settings.other_change, strict=True))


class Follower:
    """One face from frame to frame: a track. ``ended`` says why it ended, and is empty while it runs."""

    def __init__(self, track_id, box, landmarker, settings, frame_shape, mirror):
        self.track_id, self.settings = track_id, settings
        self.box, self.score, self.searches, self.ended = box, box.score, 1, ""
        self.crop, self.past, self.fresh = Crop(box, settings.crop_scale, frame_shape), [], True
        self.looks, self.doubts, self.shape = [], [], None
        self.part, self.points, self.album, self.is_gone = None, None, [], False
        self.landmarker, self.region, self.start = landmarker, None, box
        self.clock, self.before_s = Grid(0.0, 1 / settings.renew_s), -np.inf
        self.mirror, self.mirrors, self.gap = mirror, Grid(0.0, 1 / settings.mirror_s), np.nan

    def follow(self, time_s, picture):
        """The face in the next frame as a dictionary of measures; None, and ``ended`` set, when it is lost."""
        renewed, mirrored = (clock.begins(self.before_s, time_s) for clock in (self.clock, self.mirrors))
        self.before_s = time_s
        if not self.fresh and (renewed or not self.crop.holds(self.box, self.settings.crop_margin)):
            self._move_crop(self.box, time_s, picture.shape)
            self.region = None if renewed else self.region
        part = self.crop.cut(picture)
        seen, looked_at = self._seen(part, time_s)
        if seen is None:
            self.is_gone = self._is_gone(picture)
            return self._end("lost")
        enlarged = part.shape[0] / self.crop.side
        points = seen.points / enlarged
        box = bounds(points[:, :2] + np.array([self.crop.x, self.crop.y]))
        if not self.fresh and overlap(box, self.box) < self.settings.jump_overlap:
            self.is_gone = self._is_gone(picture)
            return self._end("jumped")
        now = looks(picture, box)
        if self.is_replaced(picture, box, now):
            return self._end("changed")
        lies = laid(points)
        self.region = Region.of(points, lies).within(-self.crop.x, -self.crop.y, 1)
        self.gap = self.mirror.gap(part, seen.points, looked_at) if mirrored else self.gap
        self.part, self.points, self.seen_s = part, seen.points[:, :2], time_s
        self._remember(time_s, picture, now)
        moved = np.nan if self.fresh else np.hypot(*np.subtract(box.centre, self.box.centre)) / box.w
        self.box, self.fresh = box, False
        row = self._row(seen, points[:, :2], lies.turn) | {"box_motion": moved}
        return row | self._quality(picture, points / self.crop.side) | self._motion(picture, time_s)

    def _seen(self, part, time_s):
        """The face in its crop and the square in which it was looked for: where it was, or, if that is not known well,
        where a few looks settle."""
        x, y, enlarged = self.crop.x, self.crop.y, part.shape[0] / self.crop.side
        region = (self.region or Region.around(self.start)).within(x, y, enlarged)
        seen = self.landmarker.see(part, time_s, region)
        for _ in range(0 if self.region or seen is None else SETTLE - 1):
            region = Region.of(seen.points)
            seen = self.landmarker.see(part, time_s, region) or seen
        return seen, region

    def confirm(self, boxes):
        """Whether a search found this face again; if so its score is what trust rests on until the next search."""
        if boxes:
            self.score, self.searches = max(box.score for box in boxes), self.searches + 1
        return bool(boxes)

    def sits_for(self):
        """Add how the face looks in the last frame to the album, which thins out with age."""
        if self.part is None or (self.album and self.album[-1][0] == self.seen_s):
            return
        self.album.append((self.seen_s, look(self.part, self.points)))
        old = len(self.album) - ALBUM_FRESH
        if old > 1 and self.album[old - 1][0] - self.album[old - 2][0] < ALBUM_STEP_S:
            del self.album[old - 1]

    def is_replaced(self, picture, box, now=None):
        """Whether most pixels of the face changed at once, as left in place and as moved to ``box``: a new picture."""
        if not self.looks or self.fresh:
            return False
        return self._changed(now or looks(picture, box)) and self._changed(looks(picture, self.box))

    def _is_gone(self, picture):
        """Whether the picture where the face was has gone; its surroundings count, as initials may be as bright."""
        return bool(self.looks) and not self.fresh and self._changed(looks(picture, self.box), (0, 1))

    def _changed(self, now, scales=(0,)):
        before, settings = self.looks[-1][1], self.settings
        shares = [np.mean(np.abs(now[scale] - before[scale]) > settings.replaced_levels) for scale in scales]
        return max(shares) > settings.replaced

    def leap(self, box, time_s, frame_shape):
        """Take up the same face at another place."""
        self.confirm([box])
        self.box, self.region, self.fresh, self.ended = box, None, True, ""
        self._move_crop(box, time_s, frame_shape)

    def close(self):
        """Free the landmarker, if it is this face's own."""
        self.landmarker.close()

    def _end(self, reason):
        self.ended = reason

    def _move_crop(self, box, time_s, frame_shape):
        self.start, self.past, self.shape = stepped(box), [], None
        self.crop = Crop(self.start, self.settings.crop_scale, frame_shape)
        self.landmarker.forget(time_s)

    def _remember(self, time_s, picture, now):
        """Keep how the face looked within the last second, and begin a doubt where it changes suddenly.

        Sudden means that both the place and what moves along with the face differ from the frame before; a face
        that was lost and found close by is doubted too. One look is too few to call what follows another face.
        """
        if len(self.looks) > 1:
            before = self.looks[-1][1][0]
            sudden = self.fresh or (
                change(before, now[0]) > self.settings.sudden_change
                and change(before, looks(picture, self.box)[0]) > self.settings.sudden_change
            )
            if sudden:
                self.doubts.append(Doubt(time_s, [look for _, look in self.looks]))
        for doubt in self.doubts:
            doubt.after.append(now)
        self.looks = [(t, look) for t, look in self.looks if t >= time_s - self.settings.doubt_s] + [(time_s, now)]

    def other_since(self, time_s):
        """When another face took this one's place, if that has now become plain; else None.

        ``time_s`` is now; infinity decides every doubt that is still open.
        """
        ripe = [doubt for doubt in self.doubts if time_s >= doubt.time_s + self.settings.doubt_s]
        self.doubts = [doubt for doubt in self.doubts if doubt not in ripe]
        return next((doubt.time_s for doubt in ripe if doubt.is_other(self.settings)), None)

    def _row(self, seen, points, turn):
        yaw, pitch, roll = head_angles(turn)
        return {
            "track_id": self.track_id,
            "box_x_px": self.box.x,
            "box_y_px": self.box.y,
            "box_w_px": self.box.w,
            "box_h_px": self.box.h,
            "yaw_deg": yaw,
            "pitch_deg": pitch,
            "roll_deg": roll,
            "detector_score": self.score,
            "searches": self.searches,
            "eye_opening": eye_opening(points),
            "mouth_opening": mouth_opening(points),
        } | dict(zip(BLENDSHAPES, seen.shapes.tolist(), strict=True))

    def _quality(self, picture, shape):
        """How sharp and bright the face is, how far firm landmarks moved against each other, and the mirror's gap."""
        before, self.shape = self.shape, shape
        unrest = np.nan if before is None else quality.jitter(before, shape)
        return quality.looks(picture, self.box) | {"jitter": unrest, "mirror_gap": self.gap}

    def _motion(self, picture, time_s):
        """Mean change of the grey levels (0..255) since ``MOMENT_S`` ago: of the face, and of the crop's quiet parts.

        The second is what camera and compression alone would do: the stillest quarter of an 8 × 8 grid of the crop ends
        there.
        """
        self.past.append((time_s, self.crop.grey(picture, SKIN_PX).astype(np.float32)))
        while len(self.past) > 1 and self.past[1][0] <= time_s - MOMENT_S + ROUNDING_S:
            self.past.pop(0)
        then_s, then = self.past[0]
        if then_s > time_s - MOMENT_S + ROUNDING_S:
            return {"pixel_motion": np.nan, "pixel_noise": np.nan}
        changed = np.abs(self.past[-1][1] - then)
        scale = SKIN_PX / self.crop.side
        x, y = (max(int(a * scale), 0) for a in (self.box.x - self.crop.x, self.box.y - self.crop.y))
        face = changed[y : y + int(np.ceil(self.box.h * scale)), x : x + int(np.ceil(self.box.w * scale))]
        parts = changed.reshape(PARTS, SKIN_PX // PARTS, PARTS, SKIN_PX // PARTS).mean(axis=(1, 3))
        return {"pixel_motion": float(face.mean()), "pixel_noise": float(np.sort(parts, axis=None)[QUIET])}
