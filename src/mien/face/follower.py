"""Following one face: landmarks, blendshapes and head pose in a square crop of its own.

MediaPipe's VIDEO mode remembers where in its picture the face was, so the crop is held still until the face nears its
edge; when the crop moves, one black picture makes the landmarker forget and look anew.
"""

import cv2
import mediapipe as mp
import numpy as np
from mediapipe.tasks.python import BaseOptions, vision
from mediapipe.tasks.python.vision.face_landmarker import Blendshapes

from .finder import Box, change, overlap, quiet
from .looks import look

RIGHT_EYE = (33, 160, 158, 133, 153, 144)
LEFT_EYE = (362, 385, 387, 263, 373, 380)
LIPS, FACE_HEIGHT = (13, 14), (10, 152)
"""Landmarks of MediaPipe's mesh: six points round each eye, the inner lips, and forehead to chin."""


def _camel(name):
    first, *rest = name.lower().split("_")
    return first + "".join(word.title() for word in rest)


BLENDSHAPES = ("bs__neutral", *(f"bs_{_camel(shape.name)}" for shape in Blendshapes if shape.name != "NEUTRAL"))
"""The 52 blendshapes by MediaPipe's own names, in its order."""

CROP_PX = (256, 512)
"""A crop is enlarged or reduced to this range: the landmark model itself looks at 256 px."""

SKIN_PX = 64
"""The size at which the crop is compared with itself a moment before."""

LOOK_PX, LOOK_SCALES = 32, (1.5, 3.0)
"""Size, and width in faces, of the pictures by which it is noticed that another face has taken this one's place."""

ALBUM_FRESH, ALBUM_STEP_S = 8, 5.0
"""Of a track's looks the latest are all kept, of the older ones one every few seconds."""

MOMENT_S = 0.4
"""How long before: long enough for a resting face to move, and the same whatever the frame rate."""

ROUNDING_S = 0.001
"""Times in containers are rounded to as much as this."""


def head_angles(matrix):
    """Yaw, pitch and roll in degrees from MediaPipe's 4 × 4 face matrix, its scale removed (AUDIT F9).

    Yaw is positive when the person turns to the right of the picture, pitch when the person looks up, roll when the
    head tilts clockwise in the picture.

    >>> head_angles(np.eye(4))
    (0.0, 0.0, 0.0)
    """
    turn = np.asarray(matrix)[:3, :3]
    turn = turn / np.cbrt(np.linalg.det(turn))
    yaw = np.arctan2(turn[0, 2], turn[2, 2])
    pitch = np.arctan2(turn[1, 2], np.hypot(turn[0, 2], turn[2, 2]))
    roll = -np.arctan2(turn[1, 0], turn[1, 1])
    return tuple(float(np.degrees(angle)) + 0.0 for angle in (yaw, pitch, roll))


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

    def cut(self, rgb):
        """The pixels of the crop, (n, n, 3)."""
        top, left = max(-self.y, 0), max(-self.x, 0)
        part = rgb[max(self.y, 0) : self.y + self.side, max(self.x, 0) : self.x + self.side]
        bottom, right = self.side - top - part.shape[0], self.side - left - part.shape[1]
        if top or left or bottom or right:
            part = cv2.copyMakeBorder(part, top, bottom, left, right, cv2.BORDER_CONSTANT)
        way = cv2.INTER_AREA if self.scaled < self.side else cv2.INTER_CUBIC
        return cv2.resize(part, (self.scaled, self.scaled), interpolation=way) if self.scaled != self.side else part

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


def _held(start, side, length):
    """A crop is pushed back into the frame where it fits, and centred on it where it is larger."""
    return round(min(max(start, 0), length - side)) if side <= length else (length - side) // 2


def looks(rgb, box):
    """A face, and the face with its surroundings, as small grey pictures: what the next frame is compared with."""
    pictures = []
    for scale in LOOK_SCALES:
        place = Crop(box, scale, rgb.shape)
        part = rgb[max(place.y, 0) : place.y + place.side, max(place.x, 0) : place.x + place.side]
        part = cv2.resize(part, (LOOK_PX, LOOK_PX), interpolation=cv2.INTER_AREA)
        pictures.append(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY).astype(np.float32))
    return pictures


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

    def __init__(self, track_id, box, model, settings, frame_shape):
        self.track_id, self.settings = track_id, settings
        self.box, self.score, self.searches, self.ended = box, box.score, 1, ""
        self.crop, self.past, self.fresh, self.last_ms = Crop(box, settings.crop_scale, frame_shape), [], True, -1
        self.looks, self.doubts = [], []
        self.picture, self.points, self.album, self.is_gone = None, None, [], False
        options = vision.FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_buffer=model),
            running_mode=vision.RunningMode.VIDEO,
            num_faces=1,
            output_face_blendshapes=True,
            output_facial_transformation_matrixes=True,
        )
        with quiet():
            self.landmarker = vision.FaceLandmarker.create_from_options(options)

    def follow(self, time_s, rgb):
        """The face in the next frame as a dictionary of measures; None, and ``ended`` set, when it is lost."""
        if not self.fresh and not self.crop.holds(self.box, self.settings.crop_margin):
            self._move_crop(self.box, time_s, rgb.shape)
        picture = self.crop.cut(rgb)
        seen = self._landmarks(picture, time_s)
        if not seen.face_landmarks:
            self.is_gone = self._is_gone(rgb)
            return self._end("lost")
        points = np.array([(point.x, point.y) for point in seen.face_landmarks[0]]) * self.crop.side
        box = bounds(points + np.array([self.crop.x, self.crop.y]))
        if not self.fresh and overlap(box, self.box) < self.settings.jump_overlap:
            self.is_gone = self._is_gone(rgb)
            return self._end("jumped")
        if self.is_replaced(rgb, box):
            return self._end("changed")
        now = looks(rgb, box)
        self.picture, self.points, self.seen_s = picture, points * self.crop.scaled / self.crop.side, time_s
        self._remember(time_s, rgb, now)
        moved = np.nan if self.fresh else np.hypot(*np.subtract(box.centre, self.box.centre)) / box.w
        self.box, self.fresh = box, False
        return self._row(seen, points) | {"box_motion": moved} | self._motion(picture, time_s)

    def confirm(self, boxes):
        """Whether a search found this face again; if so its score is what trust rests on until the next search."""
        if boxes:
            self.score, self.searches = max(box.score for box in boxes), self.searches + 1
        return bool(boxes)

    def sits_for(self):
        """Add how the face looks in the last frame to the album, which thins out with age."""
        if self.picture is None or (self.album and self.album[-1][0] == self.seen_s):
            return
        self.album.append((self.seen_s, look(self.picture, self.points)))
        old = len(self.album) - ALBUM_FRESH
        if old > 1 and self.album[old - 1][0] - self.album[old - 2][0] < ALBUM_STEP_S:
            del self.album[old - 1]

    def is_replaced(self, rgb, box):
        """Whether most pixels of the face changed at once, as left in place and as moved to ``box``: a new picture."""
        if not self.looks or self.fresh:
            return False
        return self._changed(looks(rgb, box)) and self._changed(looks(rgb, self.box))

    def _is_gone(self, rgb):
        """Whether the picture where the face was has gone; its surroundings count, as initials may be as bright."""
        return bool(self.looks) and not self.fresh and self._changed(looks(rgb, self.box), (0, 1))

    def _changed(self, now, scales=(0,)):
        before, settings = self.looks[-1][1], self.settings
        shares = [np.mean(np.abs(now[scale] - before[scale]) > settings.replaced_levels) for scale in scales]
        return max(shares) > settings.replaced

    def leap(self, box, time_s, frame_shape):
        """Take up the same face at another place."""
        self.confirm([box])
        self.box, self.fresh, self.ended = box, True, ""
        self._move_crop(box, time_s, frame_shape)

    def close(self):
        """Free the landmarker."""
        self.landmarker.close()

    def _end(self, reason):
        self.ended = reason

    def _move_crop(self, box, time_s, frame_shape):
        self.crop, self.past = Crop(box, self.settings.crop_scale, frame_shape), []
        self._landmarks(np.zeros((CROP_PX[0], CROP_PX[0], 3), np.uint8), time_s)

    def _landmarks(self, picture, time_s):
        self.last_ms = max(self.last_ms + 1, round(time_s * 1000))
        image = mp.Image(image_format=mp.ImageFormat.SRGB, data=np.ascontiguousarray(picture))
        return self.landmarker.detect_for_video(image, self.last_ms)

    def _remember(self, time_s, rgb, now):
        """Keep how the face looked within the last second, and begin a doubt where it changes suddenly.

        Sudden means that both the place and what moves along with the face differ from the frame before; a face
        that was lost and found close by is doubted too.
        """
        if self.looks:
            before = self.looks[-1][1][0]
            sudden = self.fresh or (
                change(before, now[0]) > self.settings.sudden_change
                and change(before, looks(rgb, self.box)[0]) > self.settings.sudden_change
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

    def _row(self, seen, points):
        yaw, pitch, roll = head_angles(seen.facial_transformation_matrixes[0])
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
        } | {f"bs_{shape.category_name}": shape.score for shape in seen.face_blendshapes[0]}

    def _motion(self, picture, time_s):
        """Mean change of the grey levels (0..255) since ``MOMENT_S`` ago: of the face, and of the crop's quiet parts.

        The second is what camera and compression alone would do: the lower quartile over an 8 × 8 grid of the crop.
        """
        now = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (SKIN_PX, SKIN_PX), interpolation=cv2.INTER_AREA)
        self.past.append((time_s, now.astype(np.float32)))
        while len(self.past) > 1 and self.past[1][0] <= time_s - MOMENT_S + ROUNDING_S:
            self.past.pop(0)
        then_s, then = self.past[0]
        if then_s > time_s - MOMENT_S + ROUNDING_S:
            return {"pixel_motion": np.nan, "pixel_noise": np.nan}
        changed = np.abs(self.past[-1][1] - then)
        scale = SKIN_PX / self.crop.side
        x, y = (max(int(a * scale), 0) for a in (self.box.x - self.crop.x, self.box.y - self.crop.y))
        face = changed[y : y + int(np.ceil(self.box.h * scale)), x : x + int(np.ceil(self.box.w * scale))]
        parts = changed.reshape(8, SKIN_PX // 8, 8, SKIN_PX // 8).mean(axis=(1, 3))
        return {"pixel_motion": float(face.mean()), "pixel_noise": float(np.quantile(parts, 0.25))}
