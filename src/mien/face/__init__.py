"""Frames become faces: landmarks, blendshapes and head pose of everyone in the picture.

A *finder* looks for faces on a slow clock, whenever one is lost and whenever a new shot begins; a *follower* measures
each face in its own crop in every frame. A follower must be confirmed by each search: landmarks alone happily stay on
things that are no face. This is the only room that knows MediaPipe. Landmarks themselves are not kept (AUDIT R1).

Blendshapes are MediaPipe's, by its names (``bs_mouthSmileLeft``, …), 0..1. They are not action units, and effects
below about 0.1 are within the maker's own error bar (AUDIT F3, F6). A missed face is missing data, never a still one.
"""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mien import sources

from .features import FeatureSettings, features, open_eye
from .follower import BLENDSHAPES, head_angles
from .looks import NAMES as LOOKS
from .watch import Watch

__all__ = [
    "LOOKS",
    "MODEL",
    "FaceError",
    "FaceSettings",
    "FeatureSettings",
    "extract",
    "features",
    "head_angles",
    "nothing",
    "open_eye",
]

MODEL = sources.FACE_LANDMARKER
"""MediaPipe's bundle: face detector, 478 landmarks, 52 blendshapes, head geometry."""

COLUMNS = (
    *("time_s", "track_id", "box_x_px", "box_y_px", "box_w_px", "box_h_px", "yaw_deg", "pitch_deg", "roll_deg"),
    *("detector_score", "searches", "eye_opening", "mouth_opening", "box_motion", "pixel_motion", "pixel_noise"),
    *("take", "scene", "track_end", "face_trust", "why"),
    *BLENDSHAPES,
)
"""What every table of tracks has."""


class FaceError(ValueError):
    """The face model can't be used; the message says what was expected."""


@dataclass(frozen=True)
class FaceSettings:
    """What decides which faces are found and when they can be trusted.

    ``score_new`` begins a track: real faces of the twelve clips score at least 0.82, things that are none at most 0.69;
    ``score_keep`` confirms one, since a known face may turn or be half covered. ``confirm_s`` is the clock on which
    followed faces are confirmed and lost ones looked for in their place (``confirm_young_s`` while a track is young),
    ``search_s`` that of the search of the whole
    frame; both tick at whole multiples of the recording's time, so that a recording cut in time ticks alike.
    ``cut_change`` (1 − r between two frames) ends a shot: still cameras reach 0.39 in the clips, hard cuts begin at
    0.77. A face that changes by ``sudden_change`` from frame to frame is doubted for ``doubt_s``, and another face if
    no look after resembles any before by ``other_change`` (of the face, and with its surroundings): of 104 pairs of
    faces put in one place the most alike differ by (0.38, 0.31), and no face of the clips under a still camera both.
    ``near_widths``: how far a face may leap between two frames and still be the same. ``sure_size_px`` and
    ``sure_score`` are where size and detector score no longer lower the trust.
    """

    score_new: float = 0.75
    score_keep: float = 0.5
    search_s: float = 2.0
    confirm_s: float = 0.5
    confirm_young_s: float = 0.2
    confirm_overlap: float = 0.2
    same_overlap: float = 0.5
    jump_overlap: float = 0.2
    near_widths: float = 1.0
    cut_change: float = 0.6
    sudden_change: float = 0.25
    doubt_s: float = 1.0
    other_change: tuple[float, float] = (0.33, 0.15)
    replaced: float = 0.6
    replaced_levels: float = 10.0
    scene_change: float = 0.2
    crop_scale: float = 2.2
    crop_margin: float = 0.06
    yaw_max_deg: float = 40.0
    pitch_max_deg: float = 30.0
    sure_size_px: float = 80.0
    sure_score: float = 0.9


def extract(frames, settings=None, model_path=None, told=None):
    """Measure every face in every frame: one row per followed face per frame.

    ``frames`` yields (time_s, rgb) as ``media.frames`` does; ``model_path`` is where :data:`MODEL` lies (None: find
    it). A *track* is one face from found to lost, not yet a person; a *take* is what lies between two cuts, and takes
    of one look share a *scene*. ``eye_opening`` is the eye aspect ratio, ``mouth_opening`` the inner-lip gap ÷ face
    height, ``pixel_motion`` the change of the face's grey levels within 0.4 s and ``pixel_noise`` that of the quiet
    parts around it, ``box_motion`` the way since the last frame in face widths. Pose is as seen in the face's own
    crop: 0° is facing the camera, not the middle of the frame.

    ``told`` collects ``frame_times_s``, ``cuts_s``, ``searches``, ``tracks``, ``tracks_ended`` (how many for which
    reason), ``recovered`` and the seconds spent; ``looks``, a table of what the faces look like (time_s, track_id and
    :data:`LOOKS`); and ``layout``, a list of what happened to the picture: time_s, event ("gone" and "came": a face
    whose picture went or came from one frame to the next; "replaced" a part of the picture; "cut"), track_id, box_px.
    """
    settings, told = settings or FaceSettings(), {} if told is None else told
    watch = Watch(settings, _bundle(Path(model_path or sources.find(MODEL))), told)
    try:
        for time_s, rgb in frames:
            watch.see(time_s, rgb)
    finally:
        watch.close()
    rows, told["looks"] = watch.table(), watch.album()
    rows = rows if len(rows) else nothing()
    return _trusted(rows.assign(track_end=rows["track_id"].map(watch.ends).astype(str)), settings)[list(COLUMNS)]


def nothing():
    """The table of tracks of a recording in which no face was found."""
    text = ("track_end", "why")
    return pd.DataFrame({name: pd.Series(dtype=str if name in text else float) for name in COLUMNS})


def _bundle(path):
    """The bytes of MediaPipe's bundle, and those of the detector inside it."""
    content = path.read_bytes()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as bundle:
            return content, bundle.read("face_detector.tflite")
    except (zipfile.BadZipFile, KeyError) as error:
        raise FaceError(
            f"{path}: expected MediaPipe's bundle of {MODEL.size_bytes} bytes with a face detector in it; "
            f"found {len(content)} bytes. Remove the file and run: mien fetch"
        ) from error


def _trusted(rows, settings):
    """Add ``face_trust`` and ``why``: a plain product of detector score, size and pose, each 0..1.

    A head beyond the pose limits keeps its box and angles; its trust is 0 and what rests on landmarks is NaN.
    """
    turned = np.maximum(rows["yaw_deg"].abs() / settings.yaw_max_deg, rows["pitch_deg"].abs() / settings.pitch_max_deg)
    score = (rows["detector_score"] / settings.sure_score).clip(0, 1)
    size = (rows[["box_w_px", "box_h_px"]].min(axis=1) / settings.sure_size_px).clip(0, 1)
    outside = turned > 1
    rows["face_trust"] = (score * size * np.sqrt((1 - turned**2).clip(0, 1))).where(~outside, 0.0)
    rows["why"] = np.where(outside, "pose_out_of_range", "").astype(object)
    from_landmarks = [name for name in rows if name.startswith("bs_") or name in ("eye_opening", "mouth_opening")]
    rows.loc[outside, from_landmarks] = np.nan
    return rows
