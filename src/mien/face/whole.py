"""The wrong way, kept in one place to be shown: whole pictures handed to MediaPipe as they are.

Its short-range detector overlooks faces that are small in the picture, and its own matrix takes the picture for the
whole view of a camera of 63°. Nothing else in mien uses this.
"""

from pathlib import Path

import mediapipe as mp
import numpy as np
import pandas as pd
from mediapipe.tasks.python import BaseOptions, vision

from mien import sources

from .follower import bounds, eye_opening, mouth_opening
from .landmarker import quiet
from .pose import head_angles


def whole_pictures(frames, n_faces=1, model_path=None):
    """MediaPipe on whole pictures, each for itself: one row per face it finds, pose by its own matrix.

    ``frames`` yields (time_s, rgb). Columns time_s, the box, yaw_deg, pitch_deg, roll_deg, eye_opening, mouth_opening,
    the blendshapes of the smile, and face_trust, which is 1 for want of anything better.
    """
    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(Path(model_path or sources.find(sources.FACE_LANDMARKER)))),
        num_faces=n_faces,
        output_face_blendshapes=True,
        output_facial_transformation_matrixes=True,
    )
    with quiet():
        landmarker = vision.FaceLandmarker.create_from_options(options)
    rows = [row for time_s, rgb in frames for row in _rows(landmarker, time_s, rgb)]
    with quiet():
        landmarker.close()
    return pd.DataFrame(rows, columns=COLUMNS)


COLUMNS = ("time_s", "box_x_px", "box_y_px", "box_w_px", "box_h_px", "yaw_deg", "pitch_deg", "roll_deg")
COLUMNS += ("eye_opening", "mouth_opening", "bs_mouthSmileLeft", "bs_mouthSmileRight", "face_trust")


def _rows(landmarker, time_s, rgb):
    seen = landmarker.detect(mp.Image(image_format=mp.ImageFormat.SRGB, data=np.ascontiguousarray(rgb)))
    faces = zip(seen.face_landmarks, seen.face_blendshapes, seen.facial_transformation_matrixes, strict=True)
    for landmarks, shapes, matrix in faces:
        points = np.array([(point.x, point.y) for point in landmarks]) * rgb.shape[1::-1]
        smiles = [shape.score for shape in shapes if shape.category_name.startswith("mouthSmile")]
        box = bounds(points)
        yield time_s, *box[:4], *head_angles(matrix), eye_opening(points), mouth_opening(points), *smiles, 1.0
