"""Faces of known truth: what was scripted is drawn, and what is measured comes near enough to it."""

import zipfile
from itertools import islice

import numpy as np
import pandas as pd
import pytest

from mien import face, media, sources, synthetic
from mien.face.landmarker import WAYS
from mien.face.pose import canonical
from mien.study.truth import instrument
from mien.synthetic import LOOKS, Condition, trial

# --- the recordings ---------------------------------------------------------------------------------------------------

SMALL = Condition(face_px=48.0)


def test_a_script_sweeps_what_is_claimed():
    for script in "abc":
        truth, events = trial(Condition(script)).truth, trial(Condition(script)).events
        there = truth[truth["is_present"]]
        assert there["yaw_deg"].min() < -42 < 42 < there["yaw_deg"].max()
        assert there["pitch_deg"].abs().max() > 18
        assert there["roll_deg"].abs().max() > 13
        assert there["mouth_opening"].between(0, 0.8).all()
        blinks = events[events["kind"] == "blink"]
        assert len(blinks) >= 4
        assert (blinks["end_s"] - blinks["start_s"]).between(0.0999, 0.4001).all()
        assert truth.loc[~truth["is_present"], "yaw_deg"].isna().all()


def test_the_same_condition_gives_the_same_pictures_and_a_worse_one_the_same_script():
    one, again = ([rgb for _, rgb in islice(trial(SMALL).frames(), 30)][::10] for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))
    worse = trial(Condition(face_px=48.0, light=0.05, blur_widths=0.05))
    pd.testing.assert_frame_equal(worse.truth, trial(SMALL).truth)
    assert trial(Condition("other", face_px=48.0)).truth["yaw_deg"].corr(trial(SMALL).truth["yaw_deg"]) < 0.99


def test_nobody_is_there_at_the_end():
    frames = list(trial(SMALL).frames())
    assert np.ptp(frames[-1][1].astype(int) - frames[-3][1]) == 0
    assert np.abs(frames[0][1].astype(int) - frames[-1][1]).max() > 100


def test_lost_frames_leave_gaps_in_true_times():
    times = np.array([time_s for time_s, _ in trial(Condition(face_px=48.0, lost_share=0.2)).frames()])
    steps = np.diff(times) / 0.04
    assert np.allclose(steps, steps.round())
    assert 0.76 < len(times) / len(trial(SMALL).truth) <= 0.8
    assert 2 <= steps.max() <= 8


def test_a_low_bitrate_and_little_light_change_the_picture_more_and_more():
    def apart(**worse):
        pairs = zip(trial(SMALL).frames(), trial(Condition(face_px=48.0, **worse)).frames(), strict=True)
        return np.mean([np.abs(a.astype(int) - b).mean() for (_, a), (_, b) in islice(pairs, 0, 60, 20)])

    assert apart(kbit_s=12.0) > 1.2 * apart(kbit_s=100.0) > 0
    chance = np.random.default_rng(0)
    grey = np.full((60, 60, 3), 128, np.uint8)
    bright, dim, dark = (synthetic.dimmed(grey, light, chance) for light in (0.5, 0.05, 0.005))
    assert bright.mean() > dim.mean() > dark.mean()
    assert dim.std() > 2
    relative = [picture.std() / picture.mean() for picture in (bright, dim, dark)]
    assert relative == sorted(relative)


def test_four_skins_of_distinct_lightness():
    lightness = sorted({round(synthetic.skin_lightness(look)) for look in LOOKS})
    assert len(lightness) == 4
    assert np.diff(lightness).min() > 10


def test_a_face_too_small_to_draw_is_refused():
    with pytest.raises(ValueError, match="expected a face of at least 16 px and a frame rate above 0"):
        trial(Condition(face_px=4.0))


# --- truth beside measurement -----------------------------------------------------------------------------------------


def perfect(one):
    """What a perfect instrument would say of a trial, as rows of ``face``."""
    rows = one.truth[one.truth["is_present"]].drop(columns="is_present")
    smile = {"bs_mouthSmileLeft": rows["smile"], "bs_mouthSmileRight": rows["smile"], "face_trust": 1.0}
    return rows.assign(eye_opening=0.3 * (1 - rows["eye_closure"]), **smile).drop(columns=["smile", "eye_closure"])


def test_a_perfect_instrument_has_no_error_and_a_biased_one_the_bias_that_was_planted():
    one = trial(SMALL)
    times = one.truth["time_s"].tolist()
    parts = instrument.components(synthetic.trial_beside(one, perfect(one), times), 25.0)
    values = {key: above / below for key, (above, below) in parts.items() if below}
    assert values["yaw", "error_deg"] == pytest.approx(0, abs=1e-3)
    assert values["yaw", "slope"] == pytest.approx(1, abs=1e-6)
    assert values["blink", "recall"] == values["blink", "precision"] == values["face", "found_share"] == 1
    biased = perfect(one).assign(
        yaw_deg=lambda rows: 0.8 * rows["yaw_deg"], pitch_deg=lambda rows: rows["pitch_deg"] + 4
    )
    biased.loc[biased.index[::2], "box_x_px"] += 500
    parts = instrument.components(synthetic.trial_beside(one, biased, times), 25.0)
    values = {key: above / below for key, (above, below) in parts.items() if below}
    assert values["yaw", "slope"] == pytest.approx(0.8, abs=1e-3)
    assert values["pitch", "offset_deg"] == pytest.approx(4, abs=1e-3)
    assert values["pitch", "error_from_own_deg"] == pytest.approx(0, abs=1e-3)
    assert values["face", "found_share"] == pytest.approx(0.5, abs=0.02)


def test_blinks_that_were_made_up_cost_precision_and_missed_ones_recall():
    one = trial(SMALL)
    still = perfect(one).assign(eye_opening=0.3)
    blind = instrument.components(synthetic.trial_beside(one, still, still["time_s"]), 25.0)
    assert blind["blink", "recall"][0] == 0 < blind["blink", "recall"][1]
    shifted = perfect(one).assign(eye_opening=perfect(one)["eye_opening"].shift(8).fillna(0.3))
    late = instrument.components(synthetic.trial_beside(one, shifted, shifted["time_s"]), 25.0)
    assert late["blink", "precision"][0] < late["blink", "precision"][1]


# --- the instrument ---------------------------------------------------------------------------------------------------

SETTINGS = instrument.InstrumentSettings(scripts=1, looks=(0, 2, 5, 7), few=(0, 5), axes={}, together={})


@pytest.fixture(scope="module")
def errors():
    """The table of errors over four plain trials, and two of them by MediaPipe's own task in both modes."""
    trials = [
        (ask, instrument.measured(ask, SETTINGS)) for ask in instrument.asked(SETTINGS) if ask.way != "whole picture"
    ]
    table = instrument.summed_up(trials, SETTINGS)
    return table.set_index(["axis", "dose", "quantity", "metric"])


def test_yaw_is_right_within_five_degrees_and_its_slope_is_near_one(errors):
    yaw = errors.loc["plain", "", "yaw"]
    assert yaw.loc["error_deg", "high"] < 5
    assert abs(yaw.loc["slope", "value"] - 1) < 0.08
    assert abs(errors.loc[("plain", "", "roll", "slope"), "value"] - 1) < 0.08
    assert errors.loc[("plain", "", "roll", "error_deg"), "high"] < 2
    assert errors.loc[("plain", "", "pitch", "error_from_own_deg"), "high"] < 3
    assert abs(errors.loc[("plain", "", "pitch", "slope"), "value"] - 1) < 0.2


def test_mediapipes_own_matrix_reads_turns_small(errors):
    ask = instrument.asked(SETTINGS)[0]
    whole = instrument.measured(ask._replace(way="whole picture"), SETTINGS)
    above, below = instrument.components(whole, 25.0)["yaw", "slope"]
    assert above / below < 0.9 < errors.loc[("plain", "", "yaw", "slope"), "value"]


def test_blinks_are_found_and_none_is_made_up(errors):
    assert errors.loc[("plain", "", "blink by AUDIT F8", "recall"), "value"] >= 0.9
    assert errors.loc[("plain", "", "blink by AUDIT F8", "precision"), "value"] >= 0.9
    assert errors.loc[("plain", "", "blink", "precision"), "value"] >= 0.9


def test_the_mouth_is_followed_and_better_than_with_smoothing(errors):
    assert errors.loc[("plain", "", "mouth opening", "correlation"), "value"] >= 0.9
    assert errors.loc[("plain", "", "smile", "correlation"), "low"] > 0.9
    direct, video = (errors.loc[("way", way, "mouth opening", "correlation"), "value"] for way in ("direct", "VIDEO"))
    assert direct > video + 0.02


def test_nobody_is_seen_where_nobody_is(errors):
    assert errors.loc[("plain", "", "face", "false_share"), "value"] == 0
    assert errors.loc[("plain", "", "face", "found_share"), "value"] > 0.9


def test_the_gallery_is_empty_for_whole_pictures_and_full_for_crops(errors):
    assert errors.loc[("gallery of 9", "whole picture", "face", "found_share"), "value"] < 0.2
    assert errors.loc[("gallery of 9", "crops", "face", "found_share"), "value"] == 1


def test_limits_name_what_misses_its_target():
    rows = pd.DataFrame(
        {
            "axis": "blur",
            "dose": ["0.1", "0.2", "0.3"],
            "quantity": "yaw",
            "metric": "error_deg",
            "value": [1, 6, np.nan],
        }
    )
    assert instrument.limits(rows)["dose"].tolist() == ["0.2", "0.3"]


# --- real people ------------------------------------------------------------------------------------------------------


def test_the_canonical_face_is_that_of_the_model_bundle():
    with zipfile.ZipFile(sources.find(face.MODEL)) as bundle:
        raw = bundle.read("geometry_pipeline_metadata_landmarks.binarypb")
    floats = [raw[i + 1 : i + 5] for i in range(8, 8 + 5 * 468 * 5, 5)]  # repeated floats, one tag byte each
    mesh = np.frombuffer(b"".join(floats), "<f4").reshape(468, 5)[:, :3]
    assert np.allclose(canonical(), mesh, atol=1e-4)


def test_on_a_real_clip_all_ways_say_nearly_the_same_and_the_head_is_steady(shared):
    path = shared / "data" / "clips" / "one_person_webcam_silent.webm"
    frames = [(time_s, rgb) for time_s, rgb in media.frames(path) if time_s < 2]
    direct, *others = (face.extract(frames, face.FaceSettings(landmarks=way)).set_index("time_s") for way in WAYS)
    for other in others:
        apart = (direct["yaw_deg"] - other["yaw_deg"]).abs()
        assert len(direct) == len(other) == len(frames)
        assert 0 < apart.median() < 1.5
        assert np.corrcoef(direct["eye_opening"], other["eye_opening"])[0, 1] > 0.8
    assert max(way["yaw_deg"].diff().diff().abs().median() for way in (direct, *others)) < 0.4


def test_a_face_that_turned_too_far_is_found_again_as_soon_as_it_turns_back():
    one = trial(Condition(script="0 0", look=LOOKS[0], face_px=120))
    rows = face.extract(one.frames(), face.FaceSettings(landmarks="IMAGE"))  # the networks themselves do not lose it
    truth = one.truth[one.truth["is_present"] & (one.truth["yaw_deg"].abs() < 25)]
    lost = truth[~truth["time_s"].round(3).isin(rows["time_s"].round(3))]
    assert rows["track_id"].nunique() > 1, "the head turns so far here that its face is lost"
    assert len(lost) <= 0.3 * 25
