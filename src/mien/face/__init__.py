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
from mien.media import Picture

from .features import FeatureSettings, Reference, blinks, features, open_eye, reference
from .join import Join, Piece
from .landmarker import BLENDSHAPES, WAYS
from .looks import NAMES as LOOKS
from .points import landmarks
from .pose import head_angles, head_turn
from .quality import TrustSettings, trusted
from .watch import Watch
from .whole import whole_pictures

__all__ = [
    "LOOKS",
    "MODEL",
    "FaceError",
    "FaceSettings",
    "FeatureSettings",
    "Join",
    "Piece",
    "Reference",
    "TrustSettings",
    "blinks",
    "extract",
    "features",
    "head_angles",
    "head_turn",
    "landmarks",
    "narrow",
    "nothing",
    "open_eye",
    "reference",
    "whole_pictures",
]

MODEL = sources.FACE_LANDMARKER
"""MediaPipe's bundle: face detector, 478 landmarks, 52 blendshapes, head geometry."""

COLUMNS = (
    *("time_s", "track_id", "box_x_px", "box_y_px", "box_w_px", "box_h_px", "yaw_deg", "pitch_deg", "roll_deg"),
    *("detector_score", "searches", "eye_opening", "mouth_opening", "sharpness", "brightness"),
    *("jitter", "mirror_gap", "box_motion", "pixel_motion", "pixel_noise"),
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
    ``search_s`` that of the search of the whole frame (on the mosaics of the tests 2 and 5 s find the same faces, since
    a picture that comes calls a search at once); all tick at whole multiples of the recording's time, so that a
    recording cut in time ticks alike.
    ``cut_change`` (1 − r between two frames) ends a shot: still cameras reach 0.39 in the clips, hard cuts begin at
    0.77. A face that changes by ``sudden_change`` from frame to frame is doubted for ``doubt_s``, and another face if
    no look after resembles any before by ``other_change`` (of the face, and with its surroundings): of 104 pairs of
    faces put in one place the most alike differ by (0.38, 0.31), and no face of the clips under a still camera both.
    Where more than a share ``replaced`` of a face's pixels change by ``replaced_levels`` grey levels from one frame
    to the next, as moved along and as left in place, the track ends at once: faces of the clips reach 0.60 at 10
    frames a second, one of 48 px that sways on a stage 0.67, and a swap of two tiles begins at 0.72, even with the
    mirrored picture of the same person.
    ``renew_s``: a face's crop is laid anew at whole multiples of this, so that what is measured does not depend on when
    the face was found. ``near_widths``: how far a face may leap between two frames and still be the same. ``mirror_s``:
    how often each face is held against its mirror image, for two looks. ``trust``: what makes a frame less trustworthy,
    or of no use. ``landmarks``: MediaPipe's networks run directly where the face was a moment before,
    each frame for itself ("direct", the default), or its own task, which looks afresh in each frame ("IMAGE") or
    smooths over time ("VIDEO"); data/face_error.csv compares them.
    """

    score_new: float = 0.75
    score_keep: float = 0.5
    search_s: float = 4.0
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
    replaced: float = 0.7
    replaced_levels: float = 10.0
    scene_change: float = 0.2
    crop_scale: float = 2.2
    crop_margin: float = 0.06
    renew_s: float = 30.0
    mirror_s: float = 2.0
    landmarks: str = WAYS[0]
    trust: TrustSettings = TrustSettings()

    def __post_init__(self):
        if self.landmarks not in WAYS:
            raise ValueError(f"no landmarks {self.landmarks!r}; expected one of {', '.join(WAYS)}")


def extract(frames, settings=None, model_path=None, told=None):
    """Measure every face in every frame: one row per followed face per frame.

    ``frames`` yields (time_s, picture) as ``media.pictures`` does, or arrays as ``media.frames``; ``model_path`` is
    where :data:`MODEL` lies (None: find it). A *track* is one face from found to lost, not yet a person; a *take* is
    what lies between two cuts, and takes of one look share a *scene*. ``eye_opening`` is the eye aspect ratio,
    ``mouth_opening`` the inner-lip gap ÷ face height; ``sharpness``, ``brightness`` (0..255), ``jitter`` and
    ``mirror_gap`` (face widths) are how well the face can be seen (:mod:`mien.face.quality`), ``pixel_motion`` the
    change of the face's grey levels within 0.4 s and ``pixel_noise`` that of the quiet parts around it, ``box_motion``
    the way since the last frame in face widths. Pose is seen along the line from the camera to the head: 0° faces the
    camera (see ``face.pose``).

    ``told`` collects ``frame_times_s``, ``cuts_s``, ``searches``, ``tracks``, ``tracks_ended`` (how many for which
    reason), ``recovered`` and the seconds spent; ``looks``, a table of what the faces look like (time_s, track_id and
    :data:`LOOKS`); and ``layout``, a list of what happened to the picture: time_s, event ("gone" and "came": a face
    whose picture went or came from one frame to the next; "replaced" a part of the picture; "cut"), track_id, box_px.
    """
    settings, told = settings or FaceSettings(), {} if told is None else told
    watch = Watch(settings, _bundle(Path(model_path or sources.find(MODEL))), told)
    try:
        for time_s, picture in frames:
            watch.see(time_s, Picture.of(picture))
    finally:
        watch.close()
    rows, told["looks"] = watch.table(), watch.album()
    rows = rows if len(rows) else nothing()
    rows = rows.assign(track_end=rows["track_id"].map(watch.ends).astype(str))
    return trusted(rows, settings.trust)[list(COLUMNS)]


def nothing():
    """The table of tracks of a recording in which no face was found."""
    text = ("track_end", "why")
    return pd.DataFrame({name: pd.Series(dtype=str if name in text else float) for name in COLUMNS})


def narrow(rows):
    """The rows with numbers of single precision, as the models give them; times keep theirs."""
    numbers = [name for name in rows.select_dtypes("float64") if name != "time_s"]
    return rows.astype(dict.fromkeys(numbers, np.float32))


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
