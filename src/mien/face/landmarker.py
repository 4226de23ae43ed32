"""MediaPipe's face landmarker on one face, its answer read as arrays; and its notes kept out of the terminal.

MediaPipe's own answer is 478 small Python objects, whose making costs a tenth of the landmarks themselves. Where this
version of MediaPipe lets us, the native answer is read as it lies in memory; elsewhere its objects are read. A test
compares both, number by number.
"""

import ctypes
import os
from contextlib import contextmanager, nullcontext
from typing import NamedTuple

import mediapipe as mp
import numpy as np
from mediapipe.tasks.python import BaseOptions, vision
from mediapipe.tasks.python.vision import face_landmarker
from mediapipe.tasks.python.vision.face_landmarker import Blendshapes

Native = getattr(face_landmarker, "MpFaceLandmarkerResultC", None)
"""The native answer of version 1.2; None where another version has none."""


def _camel(name):
    first, *rest = name.lower().split("_")
    return first + "".join(word.title() for word in rest)


BLENDSHAPES = ("bs__neutral", *(f"bs_{_camel(shape.name)}" for shape in Blendshapes if shape.name != "NEUTRAL"))
"""The 52 blendshapes by MediaPipe's own names, in its order."""


class Seen(NamedTuple):
    """One face: ``points`` (478, 3) in shares of the picture's width and height, ``shapes`` (52,) of
    :data:`BLENDSHAPES`, ``matrix`` (4, 4) from MediaPipe's model of a face to the camera."""

    points: np.ndarray
    shapes: np.ndarray
    matrix: np.ndarray


@contextmanager
def quiet():
    """Keep MediaPipe's notes out of the terminal, where they would break a progress bar.

    They are written by native code past Python's streams when a model is loaded, first used and closed, and no setting
    of version 1.2 turns them off; what goes wrong is raised as an exception all the same.
    """
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


class Landmarker:
    """Landmarks, blendshapes and head pose of one face from picture to picture.

    ``remembers``: whether it looks where the face was before (MediaPipe's VIDEO mode) or afresh each time (IMAGE mode).
    """

    def __init__(self, model, remembers=True):
        options = vision.FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_buffer=model),
            running_mode=vision.RunningMode.VIDEO if remembers else vision.RunningMode.IMAGE,
            num_faces=1,
            output_face_blendshapes=True,
            output_facial_transformation_matrixes=True,
        )
        with quiet():
            self.task = vision.FaceLandmarker.create_from_options(options)
        self.remembers, self.last_ms, self.used = remembers, -1, False
        inside = hasattr(self.task, "_handle") and hasattr(self.task, "_lib")
        self.native = Native is not None and inside and hasattr(self.task._lib, "MpFaceLandmarkerDetectForVideo")

    def see(self, picture, time_s):
        """The face in the next picture, uint8 RGB (n, n, 3), as :class:`Seen`; None where there is none."""
        self.last_ms = max(self.last_ms + 1, round(time_s * 1000))
        image = mp.Image(image_format=mp.ImageFormat.SRGB, data=np.ascontiguousarray(picture))
        with nullcontext() if self.used else quiet():
            seen = self._native(image) if self.native else self._public(image)
        self.used |= seen is not None  # the model of landmarks is first used on the first face
        return seen

    def _public(self, image):
        said = self.task.detect_for_video(image, self.last_ms) if self.remembers else self.task.detect(image)
        if not said.face_landmarks:
            return None
        points = np.array([(point.x, point.y, point.z) for point in said.face_landmarks[0]])
        shapes = np.array([shape.score for shape in said.face_blendshapes[0]])
        return Seen(points, shapes, said.facial_transformation_matrixes[0])

    def _native(self, image):
        answer, given = Native(), (self.task._handle, image._image_ptr, None)
        if self.remembers:
            self.task._lib.MpFaceLandmarkerDetectForVideo(*given, self.last_ms, ctypes.byref(answer))
        else:
            self.task._lib.MpFaceLandmarkerDetectImage(*given, ctypes.byref(answer))
        try:
            return _read(answer) if answer.face_landmarks_count else None
        finally:
            self.task._lib.MpFaceLandmarkerCloseResult(ctypes.byref(answer))

    def close(self):
        """Free the landmarker."""
        with quiet():
            self.task.close()


def _read(answer):
    points, shapes = answer.face_landmarks[0], answer.face_blendshapes[0]
    return Seen(
        _numbers(points.landmarks, points.landmarks_count, "x", "y", "z"),
        _numbers(shapes.categories, shapes.categories_count, "score")[:, 0],
        answer.facial_transformation_matrixes[0].to_numpy(),
    )


def _numbers(records, count, *names):
    """The named numbers of native records, float (count, len(names)); copied, since the records are freed."""
    kind = records._type_
    raw = np.frombuffer(ctypes.string_at(records, count * ctypes.sizeof(kind)), np.uint8).reshape(count, -1)
    columns = [raw[:, getattr(kind, name).offset :][:, :4].copy().view(np.float32) for name in names]
    return np.concatenate(columns, axis=1).astype(float)
