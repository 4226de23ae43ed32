"""The landmarks of one face: MediaPipe's networks run directly where the face is, and its own tasks beside them.

MediaPipe's FaceLandmarker wraps three networks in one bundle. Its tasks hand each whole picture through a graph, look
for the face again in every picture (IMAGE mode) or smooth over time (VIDEO mode), and answer with 478 Python objects.
Here the same networks run on LiteRT, the runtime inside MediaPipe, on the square that the face filled a moment before:
what is measured is the frame's own, nothing is smoothed, and a face costs little more than the networks themselves.
Tests compare both number by number; ``data/face_error.csv`` says how well each follows a face of known truth.
"""

import io
import os
import zipfile
from contextlib import contextmanager, nullcontext
from typing import NamedTuple

import cv2
import mediapipe as mp
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from mediapipe.tasks.python import BaseOptions, vision
from mediapipe.tasks.python.vision.face_landmarker import Blendshapes

from .pose import laid

WAYS = ("direct", "IMAGE", "VIDEO")
"""The networks run directly, and the two modes of MediaPipe's own task."""

SIDE_PX, MARGIN = 256, 1.3
"""The landmark network looks at a square of so many pixels, so many times as wide as the face. MediaPipe's tracking
takes 1.5; on trials of known truth 1.3 to 1.4 follow mouth, smile and blinks better, while 1.25 and 1.8 are worse."""

PRESENCE = 0.5
"""How sure the landmark network must be that it sees a face (MediaPipe's default)."""

EYES = (33, 263)
"""The outer corners of the eyes, which the square is turned level with."""

# The landmarks from which MediaPipe's network makes blendshapes (its face_blendshapes_graph.cc), by first and last.
_RUNS = "0-1 4-8 10 13-14 17 21 33 37 39-40 46 52-55 58 61 63 65-67 70 78 80-82 84 87-88 91 93 95 103 105 107 109 127 "
_RUNS += "132-133 136 144-146 148-150 152-155 157-163 168 172-173 176 178 181 185 191 195 197 234 246 249 251 263 267 "
_RUNS += "269-270 276 282-285 288 291 293 295-297 300 308 310-312 314 317-318 321 323-324 332 334 336 338 356 361-362 "
_RUNS += "365 373-375 377-382 384-390 397-398 400 402 405 409 415 454 466 468-477"
EXPRESSIVE = np.array(
    [k for run in _RUNS.split() for k in range(int(run.split("-")[0]), int(run.split("-")[-1]) + 1)], dtype=int
)
"""The 146 landmarks that blendshapes are made from."""


def _camel(name):
    first, *rest = name.lower().split("_")
    return first + "".join(word.title() for word in rest)


BLENDSHAPES = ("bs__neutral", *(f"bs_{_camel(shape.name)}" for shape in Blendshapes if shape.name != "NEUTRAL"))
"""The 52 blendshapes by MediaPipe's own names, in its order."""


class Seen(NamedTuple):
    """One face: ``points`` (478, 3) in pixels of the picture (x right, y down, z away), ``shapes`` (52,) of
    :data:`BLENDSHAPES`."""

    points: np.ndarray
    shapes: np.ndarray


class Region(NamedTuple):
    """A turned square of a picture: its middle and side in pixels, and its turn in radians, clockwise."""

    x: float
    y: float
    side: float
    turn: float = 0.0

    @classmethod
    def of(cls, points, lies=None):
        """Where a face with these landmarks is looked at next: around it, level with its eyes (``lies``: its fit).

        Its size is that of the canonical face laid onto the landmarks. MediaPipe takes the size of the box around them,
        but how high forehead and chin are drawn follows the square that was looked at (by 0.39 of its change; the fit
        by 0.13), so that the square would drift. Its middle lies halfway between that box's, where turned heads read
        their turn best, and the fitted face's, where a face and its mirror image agree best.
        """
        lies, across = lies or laid(points), points[EYES[1]] - points[EYES[0]]
        low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
        middle = ((low + high) / 2 + lies.middle) / 2
        return cls(*map(float, middle), MARGIN * lies.side, float(np.arctan2(across[1], across[0])))

    @classmethod
    def around(cls, box):
        """Where a face is looked at first: upright, around the box (x, y, w, h, …) in which it was found."""
        return cls(box[0] + box[2] / 2, box[1] + box[3] / 2, MARGIN * max(box[2], box[3]))

    def within(self, x, y, scale):
        """The same square in a picture whose corner lies at (x, y) and whose pixels are ``scale`` times as many."""
        return Region(scale * (self.x - x), scale * (self.y - y), scale * self.side, self.turn)


@contextmanager
def quiet():
    """Keep MediaPipe's and LiteRT's notes out of the terminal, where they would break a progress bar.

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


class Network:
    """One of the bundle's networks on one thread: called with its input, it returns its outputs as flat arrays."""

    def __init__(self, model):
        with quiet():
            self.interpreter = Interpreter(model_content=model, num_threads=1)
            self.interpreter.allocate_tensors()
        (asked,) = self.interpreter.get_input_details()
        self.input, self.values = asked["index"], np.empty(asked["shape"], np.float32)
        self.outputs = [tensor["index"] for tensor in self.interpreter.get_output_details()]

    def __call__(self, values, scale=1.0):
        """The outputs for ``values`` times ``scale``; of the shape that the network asks for, without the leading 1."""
        np.multiply(values, np.float32(scale), out=self.values[0], casting="same_kind")
        self.interpreter.set_tensor(self.input, self.values)
        self.interpreter.invoke()
        return [self.interpreter.get_tensor(output).ravel() for output in self.outputs]


class Landmarker:
    """Landmarks and blendshapes of a face in a known place of a picture; remembers nothing, one for all faces."""

    def __init__(self, bundle):
        with zipfile.ZipFile(io.BytesIO(bundle)) as parts:
            names = ("face_landmarks_detector.tflite", "face_blendshapes.tflite")
            self.mesh, self.expression = (Network(parts.read(name)) for name in names)

    def see(self, picture, time_s, region):
        """The face in this square of a picture, uint8 RGB (h, w, 3), as :class:`Seen`; None where there is none.

        ``time_s`` plays no part: each picture is seen for itself.
        """
        scale = SIDE_PX / region.side
        turned = scale * np.array([[c := np.cos(region.turn), s := np.sin(region.turn)], [-s, c]])
        shift = SIDE_PX / 2 - turned @ [region.x, region.y]
        square = cv2.warpAffine(
            picture, np.c_[turned, shift], (SIDE_PX, SIDE_PX), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        mesh, presence, _ = self.mesh(square, 1 / 255)
        if presence[0] < np.log(PRESENCE / (1 - PRESENCE)):
            return None
        points = mesh.reshape(-1, 3).astype(float)
        points[:, :2] = (points[:, :2] - shift) @ np.linalg.inv(turned).T
        points[:, 2] /= scale
        (shapes,) = self.expression(points[EXPRESSIVE, :2])
        return Seen(points, shapes.astype(float))

    def forget(self, time_s):
        """Nothing is remembered."""

    def close(self):
        """Nothing is held open."""


class Task:
    """MediaPipe's own FaceLandmarker on one face, to compare with: in IMAGE mode, or in VIDEO mode, which smooths."""

    def __init__(self, bundle, way):
        options = vision.FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_buffer=bundle),
            running_mode=vision.RunningMode[way],
            output_face_blendshapes=True,
        )
        with quiet():
            self.task = vision.FaceLandmarker.create_from_options(options)
        self.remembers, self.last_ms, self.used = way == "VIDEO", -1, False

    def see(self, picture, time_s, region=None):
        """The face in the next picture, uint8 RGB (n, n, 3), wherever it is, as :class:`Seen`; None if none is."""
        self.last_ms = max(self.last_ms + 1, round(time_s * 1000))
        image = mp.Image(image_format=mp.ImageFormat.SRGB, data=np.ascontiguousarray(picture))
        with nullcontext() if self.used else quiet():
            said = self.task.detect_for_video(image, self.last_ms) if self.remembers else self.task.detect(image)
        if not said.face_landmarks:
            return None
        self.used = True  # the model of landmarks is first used on the first face
        points = np.array([(point.x, point.y, point.z) for point in said.face_landmarks[0]])
        wide, high = picture.shape[1::-1]
        return Seen(points * [wide, high, wide], np.array([shape.score for shape in said.face_blendshapes[0]]))

    def forget(self, time_s):
        """One black picture makes it look anew."""
        if self.remembers:
            self.see(np.zeros((SIDE_PX, SIDE_PX, 3), np.uint8), time_s)

    def close(self):
        """Free the task."""
        with quiet():
            self.task.close()
