"""Edits of measured faces: the dose is measured by other means than it was made by, and nothing else has changed."""

import numpy as np
import pandas as pd
import pytest

from mien import face, store, tables
from mien.edits import face as edits
from mien.face.features import eyes
from mien.face.landmarker import BLENDSHAPES

GAZE = [name for name in BLENDSHAPES if name.startswith("bs_eyeLook")]
EXPRESSIVE = [name for name in BLENDSHAPES if not name.startswith(("bs_eyeLook", "bs__"))]
MIDDLE = [name for name in EXPRESSIVE if not name.endswith(("Left", "Right"))]
LATERAL = ["bs_jawLeft", "bs_jawRight", "bs_mouthLeft", "bs_mouthRight"]


@pytest.fixture(scope="module")
def faces():
    """A minute of two people at ten frames a second, made up: expressions, gaze and heads that wander."""
    rng, parts = store.rng("tests/edits/face"), []
    for person in ("ada", "ben"):
        n = 600
        slow = np.cumsum(rng.standard_normal((n, 60)), axis=0)
        slow = (slow - slow.mean(axis=0)) / slow.std(axis=0)
        shapes = np.clip(rng.uniform(0.1, 0.35, 52) + 0.05 * slow[:, :52], 0.01, 0.6)
        table = pd.DataFrame(shapes, columns=BLENDSHAPES)
        for place, name in enumerate(("yaw_deg", "pitch_deg", "roll_deg", "box_x_px", "box_y_px")):
            table[name] = 6 * slow[:, 52 + place] + (100 if name.startswith("box") else 0)
        more = {"recording_id": "r", "person_id": person, "time_s": np.round(np.arange(n) / 10, 3), "face_trust": 1.0}
        sizes = {"box_w_px": 80.0, "box_h_px": 100.0, "why": ""}
        openings = {"mouth_opening": 0.05 + 0.02 * slow[:, 57], "eye_opening": 0.3 + 0.02 * slow[:, 58]}
        parts.append(table.assign(**more, **sizes, **openings))
    table = pd.concat(parts, ignore_index=True)
    table["mouth_opening"] = table["mouth_opening"].clip(lower=0)
    return tables.FACES.check(table)


def only(before, after, person, columns):
    """Whether nothing but these columns of this person differs, and the table keeps its promises."""
    tables.FACES.check(after)
    others = before["person_id"] != person
    pd.testing.assert_frame_equal(before[others], after[others])
    rest = [name for name in before if name not in columns]
    pd.testing.assert_frame_equal(before[rest], after[rest])
    return not before.equals(after)


def slope(before, after):
    """Of what was after on what was before, by least squares."""
    return np.polyfit(before, after, 1)[0]


@pytest.mark.parametrize("factor", [0.5, 0.25, 0.0, 1.5])
def test_a_face_moves_so_many_times_as_far_about_its_own_rest(faces, factor):
    kept = faces.copy()
    made = edits.excursion(faces, "ada", factor)
    pd.testing.assert_frame_equal(faces, kept)
    assert only(faces, made, "ada", [*EXPRESSIVE, *edits.OPENINGS])
    a, b = (table[table["person_id"] == "ada"] for table in (faces, made))
    for name in [*EXPRESSIVE, *edits.OPENINGS]:
        inside = (b[name] > 0) & (b[name] < 1)  # where no bound was met
        assert inside.mean() > 0.7
        assert slope(a.loc[inside, name], b.loc[inside, name]) == pytest.approx(factor, abs=1e-6)
        assert b[name].median() == pytest.approx(a[name].median(), abs=1e-6)  # at rest it is as it was
    assert b[EXPRESSIVE].to_numpy().min() >= 0
    assert b[EXPRESSIVE].to_numpy().max() <= 1


def test_rest_is_the_persons_own_or_the_one_that_is_given(faces):
    rest = edits.neutral(faces, "ben")
    still = edits.excursion(faces, "ben", 0, rest=pd.Series(0.2, index=rest.index))
    ben = still["person_id"] == "ben"
    assert np.allclose(still.loc[ben, EXPRESSIVE], 0.2)
    blind = faces.assign(face_trust=np.where(faces["time_s"] < 30, 0.0, 1.0))
    late = blind[(blind["person_id"] == "ben") & (blind["time_s"] >= 30)]
    assert edits.neutral(blind, "ben")["bs_jawOpen"] == late["bs_jawOpen"].median()
    with pytest.raises(ValueError, match="a factor of -1; expected 0 or more"):
        edits.excursion(faces, "ben", -1)
    with pytest.raises(tables.TableError, match="nobody 'eve'; it holds ada, ben"):
        edits.excursion(faces, "eve", 0.5)


@pytest.mark.parametrize("side", ["left", "right"])
def test_one_side_is_still_and_the_other_moves_as_before(faces, side):
    made = edits.one_side(faces, "ada", 0.0, side)
    mine = [name for name in EXPRESSIVE if name.endswith(side.title()) and name not in LATERAL]
    assert len(mine) == 14
    assert only(faces, made, "ada", mine)
    ada = made[made["person_id"] == "ada"]
    assert (ada[mine].std() < 1e-6).all()
    moving = ("bs_mouthSmileLeft", "bs_mouthSmileRight")[side == "left"]
    assert ada[moving].std() > 0.02
    with pytest.raises(ValueError, match="'top'; expected 'left' or 'right'"):
        edits.one_side(faces, "ada", 0.0, "top")


def test_a_smile_is_pasted_on_by_as_much_as_was_asked_and_not_beyond_1(faces):
    smile = ["bs_mouthSmileLeft", "bs_mouthSmileRight"]
    made = edits.constant_smile(faces, "ada", 0.3)
    assert only(faces, made, "ada", smile)
    ada = faces["person_id"] == "ada"
    assert np.allclose(made.loc[ada, smile] - faces.loc[ada, smile], 0.3)
    full = edits.constant_smile(faces, "ada", 5)
    assert (full.loc[ada, smile] == 1).all(axis=None)


def at_camera(table):
    """Counted anew from the definitions: the head's angle and 40° for each unit of gaze, both within 10°."""
    right = (table["bs_eyeLookOutLeft"] - table["bs_eyeLookInLeft"] + table["bs_eyeLookInRight"]) / 2
    right -= table["bs_eyeLookOutRight"] / 2
    up = (table["bs_eyeLookUpLeft"] - table["bs_eyeLookDownLeft"] + table["bs_eyeLookUpRight"]) / 2
    up -= table["bs_eyeLookDownRight"] / 2
    return ((table["yaw_deg"] + 40 * right).abs() <= 10) & ((table["pitch_deg"] + 40 * up).abs() <= 10)


@pytest.mark.parametrize("factor", [1.0, 0.5, 0.1, 0.0])
def test_eyes_look_at_the_camera_for_so_many_times_as_long(faces, factor):
    made = edits.gaze_away(faces, "ada", factor, rng=store.rng("tests/edits/gaze"))
    assert only(faces, made, "ada", GAZE) == (factor < 1)
    ada = faces["person_id"] == "ada"
    before, after = at_camera(faces)[ada], at_camera(made)[ada]
    assert before.sum() > 100
    assert after.sum() == pytest.approx(factor * before.sum(), abs=0.5)
    assert not (after & ~before).any()
    turned = (before & ~after).to_numpy()
    spells = np.flatnonzero(np.diff(np.r_[0, turned.astype(int)]) == 1)
    assert len(spells) <= 60  # stretches, not single frames
    sideways, _ = edits.sight(made[ada])
    assert np.allclose(sideways[turned].abs(), edits.AWAY_DEG, atol=0.01)
    assert made.loc[ada, GAZE].to_numpy().min() >= 0
    assert made.loc[ada, GAZE].to_numpy().max() <= 1
    with pytest.raises(ValueError, match="a factor of 2; expected 0 to 1"):
        edits.gaze_away(faces, "ada", 2, rng=store.rng("x"))


def test_locked_eyes_stay_on_the_camera_while_the_head_turns(faces):
    made = edits.gaze_locked(faces, "ada")
    assert only(faces, made, "ada", GAZE)
    ada = made["person_id"] == "ada"
    assert at_camera(made)[ada].all()
    assert slope(made.loc[ada, "yaw_deg"], eyes.gaze(made[ada], "right")) == pytest.approx(-1 / 40, rel=1e-6)
    far = edits.gaze_locked(faces.assign(yaw_deg=80.0), "ada")
    assert (eyes.gaze(far[ada], "right") < -0.9).all()  # as far as they can
    assert far.loc[ada, GAZE].to_numpy().max() == 1


@pytest.mark.parametrize("factor", [1.5, 2.0, 0.0])
def test_the_variance_of_gaze_is_so_many_times_as_large(faces, factor):
    made = edits.gaze_variance(faces, "ada", factor)
    assert only(faces, made, "ada", GAZE)
    ada = faces["person_id"] == "ada"
    for way in ("right", "up"):
        a, b = eyes.gaze(faces[ada], way), eyes.gaze(made[ada], way)
        assert b.var() == pytest.approx(factor * a.var(), rel=1e-6, abs=1e-9)
        assert b.median() == pytest.approx(a.median(), abs=1e-6)


@pytest.mark.parametrize("factor", [1.5, 2.0])
def test_a_head_moves_so_many_times_as_far(faces, factor):
    moved = ["yaw_deg", "pitch_deg", "roll_deg", "box_x_px", "box_y_px"]
    made = edits.head_motion(faces, "ben", factor)
    assert only(faces, made, "ben", moved)
    ben = faces["person_id"] == "ben"
    for name in moved:
        a, b = faces.loc[ben, name], made.loc[ben, name]
        assert np.diff(b).std() == pytest.approx(factor * np.diff(a).std(), rel=1e-6)
    assert edits.head_motion(faces, "ben", 50).loc[ben, "yaw_deg"].abs().max() == 90


def test_a_still_face_of_a_meeting_gives_the_windows_of_a_still_face(faces):
    """The edited table goes on down the river: features of windows follow the dose."""
    both = faces, edits.excursion(faces, "ada", 0)
    ada, still = (t[t["person_id"] == "ada"].assign(pixel_motion=1.0, pixel_noise=1.0) for t in both)
    usual = face.reference(ada)
    before, _ = face.features(ada, 0, 60, 10, usual)
    after, _ = face.features(still, 0, 60, 10, usual)
    smile = edits.neutral(faces, "ada")[["bs_mouthSmileLeft", "bs_mouthSmileRight"]]
    assert after["face_smile_p90"] == pytest.approx(smile.mean())
    assert after["face_smile_p90"] < before["face_smile_p90"]
    assert after["face_mouth_opening_sd"] < 1e-9 < before["face_mouth_opening_sd"]
    assert after["face_yaw_mean_deg"] == before["face_yaw_mean_deg"]


def test_windows_that_are_edited_are_those_of_edited_faces(faces):
    """What is linear may be edited after windows were made: the same numbers; what is not is missing, with a reason."""
    rest = edits.neutral(faces, "ada")
    own = dict.fromkeys(("pixel_motion", "pixel_noise"), 1.0)
    rows = []
    for table in (faces, edits.excursion(faces, "ada", 0.5, rest)):
        for person in ("ada", "ben"):
            one = table[table["person_id"] == person].assign(**own)
            values, why = face.features(one, 0, 60, 10, face.reference(faces[faces["person_id"] == person]))
            rows.append({"person_id": person, **values, "why": tables.why(why)})
    before, expected = pd.DataFrame(rows[:2]), pd.DataFrame(rows[2:])
    made = edits.of_windows(before, "ada", edits.excursion, factor=0.5, rest=rest)
    lost = [name for name in edits.BENT if before.loc[0, name] == before.loc[0, name]]
    assert lost
    assert made.loc[0, lost].isna().all()
    assert all(f"{name}: not_computed" in made.loc[0, "why"] for name in lost)
    linear = [name for name in before.select_dtypes(float) if name not in edits.BENT]
    linear = [name for name in linear if "eye_opening" not in name and "blink" not in name]
    pd.testing.assert_frame_equal(made.loc[[0], linear], expected.loc[[0], linear], rtol=1e-6)
    assert not made.loc[0, linear].equals(before.loc[0, linear])
    pd.testing.assert_frame_equal(made.loc[[1]], before.loc[[1]])
