"""What was measured of a face with one thing changed: less movement, half of it, a pasted smile, eyes that look away.

A table of faces (:data:`mien.tables.FACES`: person per frame) goes in, and the same table comes out with some columns
of one person's rows changed; times, boxes, trust and everybody else stay, and what is given is never changed.
Blendshapes stay within 0 and 1: where a dose would lead beyond, it stops there, so that the effect is smaller than
asked for. Angles are cut at ±90°. A ``dose`` is a size in the unit its function names, never a diagnosis (AUDIT 6.9),
and what is scaled is a measure: a face that really moves less may be read differently by a network.

Rows of a windows table can be edited where a window is one frame or where a measure is a mean of blendshapes: see
:func:`of_windows`.
"""

import numpy as np
import pandas as pd

from mien import tables
from mien.face.features import displays, eyes

ANGLES = ("yaw_deg", "pitch_deg", "roll_deg")
SIDEWAYS = ("bs_jawLeft", "bs_jawRight", "bs_mouthLeft", "bs_mouthRight")
"""Movements of the whole jaw or mouth to one side: their names end like those of a half of the face."""

OPENINGS = ("mouth_opening", "eye_opening")
"""What moves with the expression and is measured on landmarks; 0 or more."""

GAZE_DEG = 40.0
"""Degrees of gaze at a gaze of 1: of three people 10° of head were answered by about 0.25 (``face.features.eyes``)."""

AT_CAMERA_DEG = 10.0
"""Who looks no further than this from the camera, sideways and up or down, counts as looking at it."""

AWAY_DEG, AWAY_SPELL_S = 20.0, 1.0
"""How far eyes are turned away, and for how long at a time."""

EYES = {
    "right": (("bs_eyeLookOutLeft", "bs_eyeLookInLeft"), ("bs_eyeLookInRight", "bs_eyeLookOutRight")),
    "up": (("bs_eyeLookUpLeft", "bs_eyeLookDownLeft"), ("bs_eyeLookUpRight", "bs_eyeLookDownRight")),
}
"""Of each eye, the blendshape that says it looks to the right of the picture (or up), and the one that says the
contrary."""


# --- expression -------------------------------------------------------------------------------------------------------


def expressive(faces):
    """The columns that say what a face expresses: its blendshapes without those of gaze and without the neutral, and
    how far mouth and eyes are open, where the table has it."""
    shapes = [name for name in faces if name.startswith("bs_") and name != "bs__neutral"]
    return [name for name in shapes if not name.startswith("bs_eyeLook")] + [n for n in OPENINGS if n in faces]


def neutral(faces, person_id):
    """A person's own face at rest: the median of each expressive column over their trusted frames, a Series."""
    mine = faces[(faces["person_id"] == person_id) & (faces["face_trust"] > 0)]
    return mine[expressive(faces)].median()


def excursion(faces, person_id, factor, rest=None):
    """A face that moves ``factor`` times as far from its own rest: x becomes rest + factor × (x − rest).

    ``rest`` maps columns to the person's own neutral (:func:`neutral`, where it is not given; a photograph of the
    person at rest is better). Gaze is left as it is, and so is ``pixel_motion``, which is measured on pixels. For
    factors from 0 to 1 no bound is ever met.
    """
    return _scaled(faces, person_id, expressive(faces), factor, rest)


def one_side(faces, person_id, factor, side="left", rest=None):
    """Half a face that moves ``factor`` times as far: only blendshapes of the person's own left or right side.

    Those of the middle (jaw, chin, the rounding of lips) and gaze are left as they are, although half a face also moves
    these less.
    """
    if side not in ("left", "right"):
        raise ValueError(f"one_side: {side!r}; expected 'left' or 'right' (the person's own)")
    names = [name for name in expressive(faces) if name.endswith(side.title()) and name not in SIDEWAYS]
    return _scaled(faces, person_id, names, factor, rest)


def constant_smile(faces, person_id, by=0.3):
    """A smile pasted on (AUDIT g4): ``by`` more mouthSmile in every frame, up to 1; nothing else of the face moves."""
    return _changed(faces, person_id, lambda rows: (rows[list(displays.SMILE)] + by).clip(0, 1))


def _scaled(faces, person_id, names, factor, rest):
    if not factor >= 0:
        raise ValueError(f"face edits: a factor of {factor}; expected 0 or more")
    rest = neutral(faces, person_id) if rest is None else rest
    at_rest = rest[list(names)].astype(float)
    most = pd.Series({name: np.inf if name in OPENINGS else 1.0 for name in names})
    return _changed(
        faces, person_id, lambda rows: (at_rest + factor * (rows[names] - at_rest)).clip(0.0, most, axis="columns")
    )


def _changed(faces, person_id, change):
    """A copy of the table with one person's rows of those columns that ``change(rows)`` gives."""
    mine = (faces["person_id"] == person_id).to_numpy()
    if not mine.any():
        known = ", ".join(map(str, faces["person_id"].unique()[:10]))
        raise tables.TableError(f"faces: nobody {person_id!r}; it holds {known}")
    edited, made = faces.copy(), change(faces[mine])
    for name in made:  # column by column: many times as fast as all at once where columns differ in kind
        values = edited[name].to_numpy(copy=True)
        values[mine] = made[name]
        edited[name] = values
    return edited


# --- gaze -------------------------------------------------------------------------------------------------------------


def sight(faces):
    """Where eyes look, degrees from the camera: (sideways, up), each (n,): the head's angle and that of eyes in it.

    Where camera and screen stand is not known (AUDIT F9): somebody who looks at a face on the screen looks past the
    camera.
    """
    sideways, up = (GAZE_DEG * eyes.gaze(faces, way) for way in EYES)
    return faces["yaw_deg"] + sideways, faces["pitch_deg"] + up


def at_camera(faces):
    """Which rows look at the camera, within :data:`AT_CAMERA_DEG` sideways and up."""
    sideways, up = sight(faces)
    return (sideways.abs() <= AT_CAMERA_DEG) & (up.abs() <= AT_CAMERA_DEG)


def gaze_away(faces, person_id, factor, *, rng):
    """Eyes that look at the camera for ``factor`` (0 to 1) of the time they did: the rest of it they look 20° aside.

    Of the moments at the camera, stretches of a second are drawn by ``rng`` until the share is met, and there the eyes
    turn to the side that is further from the camera. Blendshapes of gaze alone are changed.
    """
    if not 0 <= factor <= 1:
        raise ValueError(f"gaze_away: a factor of {factor}; expected 0 to 1")
    looks = ((faces["person_id"] == person_id) & at_camera(faces)).to_numpy()
    turned = np.zeros(len(faces), bool)
    spells = np.floor(faces["time_s"].to_numpy() / AWAY_SPELL_S)
    for spell in rng.permutation(np.unique(spells[looks])):
        left = round((1 - factor) * looks.sum()) - turned.sum()
        turned[np.flatnonzero(looks & (spells == spell))[: max(left, 0)]] = True
    way = np.where(faces["yaw_deg"] < 0, -1.0, 1.0)
    aside = np.where(turned, way * AWAY_DEG - faces["yaw_deg"].to_numpy(), np.nan)
    return _looking(faces, person_id, {"right": aside / GAZE_DEG})


def gaze_locked(faces, person_id):
    """Eyes fixed on the camera whatever the head does (AUDIT g5): they turn against it as far as they can (40°)."""
    to = {"right": -faces["yaw_deg"] / GAZE_DEG, "up": -faces["pitch_deg"] / GAZE_DEG}
    return _looking(faces, person_id, {way: gaze.to_numpy() for way, gaze in to.items()})


def gaze_variance(faces, person_id, factor):
    """Eyes that wander more, or less: the variance of gaze about the person's own median times ``factor``."""
    to, mine = {}, (faces["person_id"] == person_id) & (faces["face_trust"] > 0)
    for way in EYES:
        usual = eyes.gaze(faces, way)[mine].median()
        to[way] = (usual + np.sqrt(factor) * (eyes.gaze(faces, way) - usual)).to_numpy()
    return _looking(faces, person_id, to)


def head_motion(faces, person_id, factor):
    """A head that moves ``factor`` times as far: angles and place of the face, about the person's own median.

    The face is not seen anew: how far landmarks can be trusted at the new angle (``face_trust``) stays as it was.
    """
    mine = faces[(faces["person_id"] == person_id) & (faces["face_trust"] > 0)]
    names = [*ANGLES, *(name for name in ("box_x_px", "box_y_px") if name in faces)]
    usual, end = mine[names].median(), pd.Series({name: 90.0 if name in ANGLES else np.inf for name in names})
    return _changed(
        faces, person_id, lambda rows: (usual + factor * (rows[names] - usual)).clip(-end, end, axis="columns")
    )


def _looking(faces, person_id, to):
    """Both eyes turned by as much as brings their mean gaze to ``to[way]`` (n,); where that is NaN nothing changes.

    Of the two blendshapes of an eye the weaker one keeps what both have in common.
    """
    edited, mine = faces.copy(), (faces["person_id"] == person_id).to_numpy()
    for way, gaze in to.items():
        there = mine & ~np.isnan(gaze)
        by = np.clip(gaze, -1, 1) - eyes.gaze(faces, way).to_numpy()
        for more, less in EYES[way]:
            level = (faces[more] + faces[less]).to_numpy() / 2
            apart = np.clip((faces[more] - faces[less]).to_numpy() + by, -1, 1)
            common = np.clip(level, np.abs(apart) / 2, 1 - np.abs(apart) / 2)
            edited.loc[there, more] = (common + apart / 2)[there].astype(faces[more].dtype)
            edited.loc[there, less] = (common - apart / 2)[there].astype(faces[less].dtype)
    return edited


# --- windows ----------------------------------------------------------------------------------------------------------

MEANS = {
    "face_smile_mean": displays.SMILE,
    "face_brow_raise_mean": displays.BROW_RAISE,
    "face_brow_lower_mean": displays.BROW_LOWER,
    "face_mouth_opening_mean": ("mouth_opening",),
    **displays.AUPROXIES,
}
APART = {"face_smile_asymmetry": displays.SMILE, "face_brow_asymmetry": displays.BROW_RAISE[1:]}
"""Measures of a window that are a mean, or a difference, of columns of faces."""
BENT = (
    *("face_smile_p90", "face_smile_share", "face_smile_rel", "face_smile_asymmetry_abs", "face_brow_asymmetry_abs"),
    *("face_smiles_per_min", "face_smile_mean_s", "face_smile_onset_per_s", "face_smile_offset_per_s"),
    "face_mouth_opening_sd",
)
"""Measures of the expression that are no mean of blendshapes: they cannot be known from means alone."""


def of_windows(windows, person_id, edit, **how):
    """A windows table of which one person's expression is edited: ``edit`` is :func:`excursion` or its like.

    The means of blendshapes (``face_bs_*``) and of the mouth's opening are edited, and what is a mean or a difference
    of them (``face_auproxy_*``, smile, brow, asymmetry) is made of them again: exact where no bound is met, because
    these are linear. What is not linear (:data:`BENT`) becomes missing, "not_computed". What does not rest on
    blendshapes (eye opening, motion, pose) stays.
    """
    faces = _as_faces(windows)
    made = edit(faces, person_id, **how)
    edited, mine = windows.copy(), windows["person_id"] == person_id
    changed = {f"face_{name}": made[name] for name in made if name.startswith("bs_")}
    changed |= {name: made[list(of)].mean(axis=1) for name, of in MEANS.items() if set(of) <= set(made)}
    changed |= {name: made[left] - made[right] for name, (left, right) in APART.items()}
    for name in [name for name in windows if name in changed]:
        edited.loc[mine, name] = changed[name][mine].where(windows.loc[mine, name].notna())
    for name in [name for name in BENT if name in windows]:
        had = mine & windows[name].notna()
        edited.loc[had, name] = np.nan
        edited.loc[had, "why"] = [_and(before, name) for before in edited.loc[had, "why"]]
    return edited


def _as_faces(windows):
    """The means of a windows table, named as columns of faces."""
    own = {name: name.removeprefix("face_") for name in windows if name.startswith("face_bs_")}
    own |= {"face_mouth_opening_mean": "mouth_opening"} if "face_mouth_opening_mean" in windows else {}
    return windows[["person_id", *own]].rename(columns=own).assign(face_trust=1.0)


def _and(before, name):
    return "; ".join(part for part in (before, tables.why({name: "not_computed"})) if part)
