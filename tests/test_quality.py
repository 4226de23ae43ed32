"""How well a face can be seen: each quality is measured, and takes the trust down where the picture says less."""

import cv2
import numpy as np
import pandas as pd
import pytest

from mien import face, media, store, tables
from mien.__main__ import _faces_missing
from mien.face import mirror, quality
from mien.face.finder import Box
from mien.river.report import unseen
from mien.synthetic import Look, Portrait, Pose

GOOD = {"yaw_deg": 0.0, "pitch_deg": 0.0, "box_w_px": 120.0, "box_h_px": 140.0, "detector_score": 0.95}
GOOD |= {
    "sharpness": 0.1,
    "brightness": 120.0,
    "jitter": 0.001,
    "mirror_gap": 0.008,
    "eye_opening": 0.3,
    "mouth_opening": 0.1,
}
GOOD |= {"bs_jawOpen": 0.2}


def trusted(**changes):
    return quality.trusted(pd.DataFrame([GOOD | changes]), face.TrustSettings()).iloc[0]


@pytest.fixture(scope="module")
def drawn():
    return Portrait(Look(), 320, 360, 120).picture(Pose())


BOX = Box(100, 110, 120, 140)


def looks(rgb, box=BOX):
    return quality.looks(media.Picture.of(rgb), box)


def test_a_good_picture_is_fully_trusted():
    row = trusted()
    assert row["face_trust"] == 1
    assert row["why"] == ""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"yaw_deg": -41.0}, "pose_out_of_range"),
        ({"pitch_deg": 31.0}, "pose_out_of_range"),
        ({"box_w_px": 15.0}, "too_small"),
        ({"brightness": 8.0}, "too_dark"),
        ({"sharpness": 0.002}, "too_blurred"),
        ({"jitter": 0.2}, "unsteady"),
        ({"detector_score": 0.55}, "not_sure"),
        ({"mirror_gap": 0.06}, "covered"),
        ({"yaw_deg": 50.0, "box_w_px": 10.0, "brightness": 2.0}, "pose_out_of_range"),
    ],
)
def test_what_can_not_be_seen_is_missing_with_its_reason(changes, reason):
    row = trusted(**changes)
    assert row["face_trust"] == 0
    assert row["why"] == reason
    assert reason in tables.REASONS
    assert row[["eye_opening", "mouth_opening", "bs_jawOpen"]].isna().all()
    assert row[["yaw_deg", "box_w_px", "sharpness"]].notna().all()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("box_w_px", (20, 30, 45, 48)),
        ("sharpness", (0.005, 0.008, 0.011, 0.012)),
        ("brightness", (11, 14, 18, 20)),
        ("detector_score", (0.75, 0.8, 0.9, 0.92)),
        ("jitter", (0.045, 0.03, 0.021, 0.02)),
        ("mirror_gap", (0.035, 0.025, 0.015, 0.014)),
        ("yaw_deg", (38, 30, -20, 0)),
    ],
)
def test_trust_falls_with_each_quality(name, values):
    trusts = [trusted(**{name: float(value)})["face_trust"] for value in values]
    assert trusts == sorted(trusts)
    assert 0 < trusts[0] < 0.5
    assert trusts[-1] == 1


def test_what_is_not_known_takes_nothing_away_and_a_small_face_is_not_punished_twice():
    assert trusted(jitter=np.nan)["face_trust"] == 1  # the first frame of a track
    small = trusted(box_w_px=32.0)["face_trust"]
    assert small == pytest.approx(0.5)
    assert trusted(box_w_px=32.0, sharpness=0.0075)["face_trust"] == pytest.approx(small)


def test_sharpness_falls_with_blur_and_not_with_light(drawn):
    sharp = [looks(cv2.GaussianBlur(drawn, None, s) if s else drawn)["sharpness"] for s in (0, 1, 2, 4, 8)]
    assert sharp == sorted(sharp, reverse=True)
    assert sharp[0] > 5 * sharp[2]
    dim = looks((0.4 * drawn).astype(np.uint8))
    assert dim["sharpness"] == pytest.approx(sharp[0], rel=0.1)
    assert dim["brightness"] == pytest.approx(0.4 * looks(drawn)["brightness"], rel=0.02)


def test_sharpness_is_of_the_face_at_one_size(drawn):
    large = cv2.resize(drawn, None, fx=2.5, fy=2.5, interpolation=cv2.INTER_CUBIC)
    at_large = looks(large, Box(*(2.5 * side for side in BOX[:4])))
    assert at_large["sharpness"] == pytest.approx(looks(drawn)["sharpness"], rel=0.25)
    small = cv2.resize(drawn, None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA)
    at_small = looks(small, Box(*(0.3 * side for side in BOX[:4])))
    assert at_small["sharpness"] < 0.3 * looks(drawn)["sharpness"]


def test_nothing_has_no_quality_and_a_plain_wall_is_not_sharp(drawn):
    assert np.isnan(list(looks(drawn, Box(400, 10, 50, 50)).values())).all()
    assert looks(np.full((300, 300, 3), 90, np.uint8)) == {"sharpness": 0.0, "brightness": 90.0}
    outside = looks(drawn, Box(-60, 110, 120, 140))
    assert np.isfinite(list(outside.values())).all()


def test_jitter_is_what_moving_turning_and_scaling_do_not_explain():
    rng = store.rng("jitter")
    points = rng.normal(0, 40, (478, 3))
    a = np.radians(20)
    turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    moved = 1.3 * points @ turn + [10, -20, 5]
    assert quality.jitter(points, moved) == pytest.approx(0, abs=1e-6)
    width = np.ptp(points[:, 0])
    shaken = points + rng.normal(0, 0.01 * width, points.shape)
    # of 36 coordinates 7 are taken up by the movement; two of three directions are seen, √2 for one of two frames
    expected = 0.01 * np.sqrt(2 / 2) * np.sqrt(29 / 36)
    assert quality.jitter(points, shaken) == pytest.approx(expected, rel=0.35)


def test_the_report_says_how_much_of_whom_was_not_seen_and_why():
    rows = pd.DataFrame({"recording_id": "talk", "person_id": ["ada"] * 8 + ["ben"] * 2, "face_trust": 1.0, "why": ""})
    rows.loc[:1, ["face_trust", "why"]] = [0.0, "no_face"]
    rows.loc[2, ["face_trust", "why"]] = [0.0, "too_dark"]
    people = unseen(rows)["talk"]
    assert people["ada"] == {"frames": 8, "missing_share": 0.375, "reasons": {"no_face": 0.25, "too_dark": 0.125}}
    assert people["ben"] == {"frames": 2, "missing_share": 0.0, "reasons": {}}
    line = _faces_missing({"recordings": {"talk": {"people": people}}})
    assert line == "face missing: ada 38% (no_face), ben 0%"
    assert _faces_missing({"recordings": {"call": {"people": {}}}}) == ""


def test_twins_are_the_other_half_of_the_face():
    twin = mirror.twins()
    assert (twin[twin] == np.arange(468)).all()
    assert (twin[[33, 133, 61, 234]] == [263, 362, 291, 454]).all()
    assert (twin[[1, 10, 152, 13]] == [1, 10, 152, 13]).all()


# ---- faces of known size, blur and light ----------------------------------------------------------------------------


def looked_at(face_width_px=120, gain=1.0, blur_px=0.0, skin=1.0):
    """Six frames of a SYNTHETIC face: the median of each quality and of the trust."""
    drawn = Portrait(Look(skin_gain=(skin, skin * 0.9, skin * 0.85)), 480, 360, face_width_px).picture(Pose())
    drawn = cv2.GaussianBlur(drawn, None, blur_px) if blur_px else drawn
    dark = np.clip(drawn * gain, 0, 255).astype(np.uint8)
    rows = face.extract((k / 10, dark) for k in range(6))
    return rows[["face_trust", "sharpness", "brightness", "jitter", "box_w_px"]].median()


def test_trust_follows_size_and_blur_and_spares_dark_skin():
    good, dark_skin = looked_at(), looked_at(skin=0.4)
    assert good["face_trust"] > 0.85
    assert dark_skin["brightness"] < 0.5 * good["brightness"]
    assert dark_skin["face_trust"] > 0.85
    assert looked_at(face_width_px=28)["face_trust"] < 0.6
    assert looked_at(blur_px=4.0)["face_trust"] < 0.5
    assert looked_at(blur_px=5.4)["face_trust"] < 0.2
    assert good["jitter"] < 0.002


# ---- real clips -----------------------------------------------------------------------------------------------------


def test_trust_agrees_at_ten_frames_a_second_and_at_every_frame(shared):
    clip = shared / "data" / "clips" / "two_person_split.mp4"
    every = face.extract((t, rgb) for t, rgb in media.frames(clip) if t < 4)
    some = face.extract((t, rgb) for t, rgb in media.frames(clip, rate_hz=10) if t < 4)
    for (_, full), (_, ten) in zip(every.groupby("track_id"), some.groupby("track_id"), strict=True):
        both = pd.merge_asof(ten, full, on="time_s", direction="nearest", tolerance=0.021, suffixes=("_ten", ""))
        assert (both["face_trust_ten"] - both["face_trust"]).abs().median() < 0.03
        assert ten["face_trust"].mean() == pytest.approx(full["face_trust"].mean(), abs=0.03)
        assert ((both["face_trust_ten"] > 0) == (both["face_trust"] > 0)).mean() > 0.97


def test_a_hand_over_the_face_lowers_the_trust_and_nothing_else_does(shared):
    """By eye: from 4.2 to 5.6 s a hand lies over eye, cheek and mouth; from 9.8 s on none does; she smiles."""
    clip = shared / "data" / "clips" / "one_person_hands_on_face.mp4"
    rows = face.extract((t, rgb) for t, rgb in media.frames(clip, rate_hz=5) if 4 < t < 12.5)
    trust = rows.set_index("time_s")["face_trust"]
    assert trust.loc[5.0:5.9].max() < 0.4
    assert trust.loc[11.0:12.4].min() > 0.85
