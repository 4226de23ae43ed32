"""The face in a window: every measure has a known value on planted rows, and a reason where it is missing."""

import numpy as np
import pandas as pd
import pytest

from mien import face, media, store, tables
from mien.face.features import displays, eyes, head
from mien.face.landmarker import BLENDSHAPES

LOST = ["eye_opening", "mouth_opening", "yaw_deg", "pitch_deg", "roll_deg", *BLENDSHAPES]
REST = face.Reference(open_eye=0.3, smile=0.1, yaw_deg=0.0, pitch_deg=0.0)


def person(seconds=10.0, rate_hz=25.0, **columns):
    """Rows of one person with a quiet face; columns may be arrays, or functions of time."""
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    quiet = {"face_trust": 1.0, "why": "", "eye_opening": 0.3, "pixel_motion": 3.0, "pixel_noise": 1.0}
    quiet |= dict.fromkeys(("yaw_deg", "pitch_deg", "roll_deg", "mouth_opening"), 0.0)
    quiet |= {"box_x_px": 200.0, "box_y_px": 100.0, "box_w_px": 80.0, "box_h_px": 100.0}
    quiet |= dict.fromkeys(BLENDSHAPES, 0.1)
    given = {name: value(time_s) if callable(value) else value for name, value in columns.items()}
    return pd.DataFrame({"time_s": time_s} | quiet | given, index=range(len(time_s)))


def measured(rows, start_s=0.0, end_s=10.0, rate_hz=25.0, usual=REST):
    values, reasons = face.features(rows, start_s, end_s, rate_hz, usual)
    assert all(name.startswith("face_") for name in values)
    assert {name for name, value in values.items() if np.isnan(value)} == set(reasons)
    assert set(reasons.values()) <= set(tables.REASONS)
    return values, reasons


def closed(*spans, depth=0.1):
    return lambda t: np.where(np.any([(t >= a - 1e-9) & (t < b - 1e-9) for a, b in spans], axis=0), depth, 0.3)


def test_blinks_are_counted_and_timed():
    eyes = closed((1.0, 1.2), (4.0, 4.12), (7.0, 8.2), (9.0, 9.04))  # the third is too long, the last too short
    values, _ = measured(person(eye_opening=eyes))
    assert values["face_blinks_per_min"] == pytest.approx(12)
    assert values["face_blink_mean_s"] == pytest.approx(0.16, abs=0.01)
    shallow, reasons = measured(person(eye_opening=closed((1, 1.2), depth=0.24)))
    assert shallow["face_blinks_per_min"] == 0
    assert reasons["face_blink_mean_s"] == "no_blink"


def test_a_blink_belongs_to_the_window_in_which_it_begins():
    rows = person(eye_opening=closed((4.88, 5.08)))
    first, second = (measured(rows, a, a + 5)[0]["face_blinks_per_min"] for a in (0, 5))
    assert (first, second) == (pytest.approx(12), 0)


def test_blinks_are_relative_to_the_persons_own_eyes():
    narrow = person(eye_opening=lambda t: closed((1.0, 1.2), (4.0, 4.2))(t) / 2)
    values, _ = measured(narrow, usual=face.reference(narrow))
    assert values["face_blinks_per_min"] == pytest.approx(12)
    assert values["face_eye_opening_rel"] == pytest.approx(0.973, abs=0.01)


def test_who_narrows_the_eyes_for_a_while_still_blinks():
    """One man of the real clips looks down at 0.6 of his open eye for nine seconds and blinks eight times meanwhile."""
    rows = person(eye_opening=lambda t: closed((2.0, 2.2), (4.0, 4.2), depth=0.05)(t) * np.where(t < 6, 0.6, 1.0))
    found = face.blinks(rows, 25.0, 0.3)
    assert found["start_s"].tolist() == pytest.approx([2.0, 4.0], abs=0.03)
    assert found["end_s"].tolist() == pytest.approx([2.2, 4.2], abs=0.03)


def test_the_rule_of_the_audit_can_be_asked_for():
    rows = person(eye_opening=lambda t: closed((2.0, 2.2), (8.0, 8.2), depth=0.05)(t) * np.where(t < 6, 0.6, 1.0))
    rule = face.FeatureSettings(blink_rule="audit_f8")
    assert face.blinks(rows, 25.0, 0.3, rule)["start_s"].tolist() == pytest.approx([8.0], abs=0.03)
    assert face.features(rows, 0, 10, 25.0, REST, rule)[0]["face_blinks_per_min"] == pytest.approx(6)
    with pytest.raises(ValueError, match="no blink rule 'best'; expected one of local, audit_f8"):
        face.FeatureSettings(blink_rule="best")


def test_the_noise_of_closed_eyes_is_no_blink():
    rows = person(eye_opening=lambda t: 0.03 + 0.02 * np.sin(20 * t))
    assert len(face.blinks(rows, 25.0, 0.3)) == 0
    assert len(face.blinks(rows.iloc[:0], 25.0, 0.3)) == 0


@pytest.mark.parametrize("rate_hz", [20.0, 25.0, 30.0, 60.0])
def test_blinks_agree_at_other_frame_rates(rate_hz):
    rows = person(rate_hz=rate_hz, eye_opening=closed((1.0, 1.2), (4.0, 4.3), (7.0, 7.8)))
    values, _ = measured(rows, rate_hz=rate_hz)
    assert values["face_blinks_per_min"] == pytest.approx(12)
    assert values["face_blink_mean_s"] == pytest.approx(0.25, abs=0.02)


def test_norms_come_from_the_caller_or_are_missing():
    rows = person(eye_opening=0.3, yaw_deg=5.0)
    values, _ = measured(rows, usual=face.Reference(open_eye=0.6, smile=0.04, yaw_deg=-5.0, pitch_deg=2.0))
    assert values["face_eye_opening_rel"] == pytest.approx(0.5)
    assert values["face_smile_rel"] == pytest.approx(0.06)
    assert (values["face_yaw_rel_deg"], values["face_pitch_rel_deg"]) == (pytest.approx(10), pytest.approx(-2))
    values, reasons = measured(rows, usual=face.reference(rows.iloc[:9]))
    relative = {name for name, why in reasons.items() if why == "no_calibration"}
    assert relative == {
        *("face_eye_opening_rel", "face_blinks_per_min", "face_blink_mean_s", "face_smile_rel", "face_smiles_per_min"),
        *("face_smile_mean_s", "face_smile_onset_per_s", "face_smile_offset_per_s"),
        *("face_yaw_rel_deg", "face_pitch_rel_deg"),
    }
    assert values["face_smile_mean"] == pytest.approx(0.1)


def test_the_reference_is_what_is_usual():
    rows = person(20, eye_opening=closed((1, 2)), yaw_deg=lambda t: np.where(t < 15, -4.0, 30.0), **smiling((0, 9)))
    usual = face.reference(rows)
    assert usual == face.Reference(0.3, pytest.approx(0.1), -4.0, 0.0)
    unseen = rows.assign(face_trust=0.0)
    assert np.isnan(list(vars(face.reference(unseen)).values())).all()
    assert np.isnan(face.open_eye(rows.iloc[:9]))


def test_low_frame_rate_is_a_reason():
    values, reasons = measured(person(rate_hz=10.0), rate_hz=10.0)
    low = {name for name, why in reasons.items() if why == "low_frame_rate"}
    assert low == {"face_blinks_per_min", "face_blink_mean_s"}
    assert values["face_nods_per_min"] == 0
    slow = measured(person(rate_hz=5.0), rate_hz=5.0)[1]
    for name in ("face_nods_per_min", "face_shakes_per_min", "face_smiles_per_min", "face_smile_onset_per_s"):
        assert slow[name] == "low_frame_rate"


def test_nods_are_dips_of_the_pitch():
    nodding = person(pitch_deg=lambda t: -4 * np.clip(np.sin(2 * np.pi * t), 0, 1) * (t < 6))
    assert measured(nodding)[0]["face_nods_per_min"] == pytest.approx(36, rel=0.01)
    slow = person(pitch_deg=lambda t: -8 * np.sin(2 * np.pi * t / 8))
    assert measured(slow)[0]["face_nods_per_min"] == 0
    slight = person(pitch_deg=lambda t: -0.7 * np.sin(2 * np.pi * t))
    assert measured(slight)[0]["face_nods_per_min"] == 0
    at_10_hz = person(rate_hz=10.0, pitch_deg=lambda t: -4 * np.clip(np.sin(2 * np.pi * t), 0, 1) * (t < 6))
    assert measured(at_10_hz, rate_hz=10.0)[0]["face_nods_per_min"] == pytest.approx(36, rel=0.02)


@pytest.mark.parametrize("rate_hz", [10.0, 25.0])
def test_a_shake_is_a_zigzag_of_the_yaw(rate_hz):
    def shaken(t):
        return 5 * np.sin(2 * np.pi * 1.25 * t) * (((t > 2) & (t < 3.6)) | ((t > 7) & (t < 8.6)))

    values, _ = measured(person(rate_hz=rate_hz, yaw_deg=shaken), rate_hz=rate_hz)
    assert values["face_shakes_per_min"] == pytest.approx(12, rel=0.02)
    aside = person(rate_hz=rate_hz, yaw_deg=lambda t: 20 * np.exp(-(((t - 5) / 0.2) ** 2)))  # looks aside and back
    assert measured(aside, rate_hz=rate_hz)[0]["face_shakes_per_min"] == 0
    slow = person(rate_hz=rate_hz, yaw_deg=lambda t: 20 * np.sin(2 * np.pi * t / 4))
    assert measured(slow, rate_hz=rate_hz)[0]["face_shakes_per_min"] == 0


def test_turning_points_alternate_and_ignore_wiggles():
    values = np.array([0, 1, 6, 5, 7, 1, 2, 0, 9.0])
    assert head._turning_points(values, 4.0) == [0, 4, 7, 8]
    assert head._turning_points(np.zeros(5), 4.0) == []


def test_a_shift_is_face_widths_a_second():
    moving = person(box_x_px=lambda t: 200 + 16 * t, box_y_px=lambda t: 100 + 12 * t)
    assert measured(moving)[0]["face_head_shift_per_s"] == pytest.approx(20 / 80)
    assert measured(person())[0]["face_head_shift_per_s"] == 0


@pytest.mark.parametrize("rate_hz", [10.0, 25.0, 30.0])
def test_head_motion_is_degrees_a_second_at_any_frame_rate(rate_hz):
    values, _ = measured(person(rate_hz=rate_hz, yaw_deg=lambda t: 3 * t - 15), rate_hz=rate_hz)
    assert values["face_head_motion_deg_per_s"] == pytest.approx(3)
    assert values["face_yaw_mean_deg"] == pytest.approx(0, abs=0.2)
    assert values["face_yaw_sd_deg"] == pytest.approx(30 / np.sqrt(12), rel=0.02)


def smiling(*spans, height=0.7, rest=0.1, rise_s=0.5):
    """Smiles that rise and fall evenly within ``rise_s``, on both sides of the face."""

    def smile(t):
        shape = [np.clip(np.minimum((t - a) / rise_s, (b - t) / rise_s), 0, 1) for a, b in spans]
        return rest + (height - rest) * np.max(shape, axis=0)

    return {"bs_mouthSmileLeft": smile, "bs_mouthSmileRight": smile}


def test_smile_brow_and_mouth():
    smile = dict.fromkeys(("bs_mouthSmileLeft", "bs_mouthSmileRight"), lambda t: np.where(t < 2, 0.8, 0.1))
    values, _ = measured(person(**smile, bs_browDownLeft=0.5, mouth_opening=lambda t: 0.1 * (t < 5)))
    assert values["face_smile_share"] == pytest.approx(0.2)
    assert values["face_smile_mean"] == pytest.approx(0.24)
    assert values["face_smile_rel"] == pytest.approx(0.14)
    assert values["face_smile_p90"] == pytest.approx(0.8)
    assert values["face_brow_lower_mean"] == pytest.approx(0.3)
    assert values["face_brow_raise_mean"] == pytest.approx(0.1)
    assert values["face_mouth_opening_mean"] == pytest.approx(0.05)
    assert values["face_mouth_opening_sd"] == pytest.approx(0.05, rel=0.01)
    assert values["face_motion_energy"] == pytest.approx(2.0)


@pytest.mark.parametrize("rate_hz", [10.0, 25.0, 30.0])
def test_smiles_come_last_and_go(rate_hz):
    rows = person(rate_hz=rate_hz, **smiling((1, 4), (6, 8)))
    values, _ = measured(rows, rate_hz=rate_hz)
    assert values["face_smiles_per_min"] == pytest.approx(12)
    assert values["face_smile_mean_s"] == pytest.approx(2.5 - (0.2 + 0.1) / 1.2, abs=0.06)
    assert values["face_smile_onset_per_s"] == pytest.approx(1.2, rel=0.03)
    assert values["face_smile_offset_per_s"] == pytest.approx(1.2, rel=0.03)


def test_a_smile_belongs_to_the_window_in_which_it_begins_however_long_it_lasts():
    rows = person(40, **smiling((4, 38)))
    assert [measured(rows, a, a + 10)[0]["face_smiles_per_min"] for a in (0, 10, 20)] == [pytest.approx(6), 0, 0]
    first, reasons = measured(rows)
    assert reasons["face_smile_mean_s"] == "little_face"  # it ends beyond what was looked at
    assert first["face_smile_onset_per_s"] == pytest.approx(1.2, rel=0.03)
    assert measured(rows, 10, 20)[1]["face_smile_mean_s"] == "no_smile"
    slight = person(**smiling((1, 4), height=0.28))
    assert measured(slight)[0]["face_smiles_per_min"] == 0


def test_asymmetry_is_left_minus_right_of_the_person():
    rows = person(bs_mouthSmileLeft=0.5, bs_mouthSmileRight=0.2, bs_browOuterUpLeft=lambda t: np.where(t < 5, 0.4, 0.0))
    values, _ = measured(rows)
    assert values["face_smile_asymmetry"] == pytest.approx(0.3)
    assert values["face_brow_asymmetry"] == pytest.approx(0.1)
    assert values["face_brow_asymmetry_abs"] == pytest.approx(0.2)


def test_a_mirrored_face_swaps_left_and_right_and_nothing_else():
    rng = store.rng("mirrored face")
    noise = {name: rng.random(250) for name in BLENDSHAPES}
    rows = person(**noise, yaw_deg=lambda t: 9 * np.sin(t), roll_deg=2.0, eye_opening=closed((1, 1.2)))
    other = {name: name.replace("Left", "_").replace("Right", "Left").replace("_", "Right") for name in BLENDSHAPES[1:]}
    mirrored = rows.assign(**{name: rows[f"bs_{twin[7:]}"] for name, twin in other.items()})
    mirrored = mirrored.assign(**{name: -rows[name] for name in ("yaw_deg", "roll_deg")})
    mirrored["box_x_px"] = 640 - rows["box_x_px"] - rows["box_w_px"]
    was, now = measured(rows)[0], measured(mirrored)[0]
    turned = {"face_smile_asymmetry", "face_brow_asymmetry", "face_gaze_right_mean"}
    turned |= {"face_yaw_mean_deg", "face_yaw_rel_deg", "face_roll_mean_deg"}
    sides = {name for name in was if name.startswith("face_bs_") and ("Left" in name or "Right" in name)}
    for name in set(was) - sides:
        assert now[name] == pytest.approx(-was[name] if name in turned else was[name], nan_ok=True), name
    for name in sides:
        assert now[f"face_bs_{other[name.removeprefix('face_')][7:]}"] == pytest.approx(was[name])


def looking(right=0.0, up=0.0):
    """Blendshapes of eyes that look to the right of the picture (the person's left) and up."""
    sides = {"OutLeft": right, "InRight": right, "InLeft": 0.0, "OutRight": 0.0}
    heights = {"UpLeft": up, "UpRight": up, "DownLeft": 0.0, "DownRight": 0.0}
    return {f"bs_eyeLook{name}": value for name, value in (sides | heights).items()}


def test_gaze_is_to_the_right_of_the_picture_and_up():
    values, _ = measured(person(**looking(0.3, 0.2)))
    assert values["face_gaze_right_mean"] == pytest.approx(0.3)
    assert (values["face_gaze_up_mean"], values["face_gaze_up_sd"]) == (pytest.approx(0.2), pytest.approx(0))
    down = person(**looking() | {"bs_eyeLookDownLeft": 0.4, "bs_eyeLookDownRight": 0.4, "bs_eyeLookOutRight": 0.2})
    assert measured(down)[0]["face_gaze_up_mean"] == pytest.approx(-0.4)
    assert measured(down)[0]["face_gaze_right_mean"] == pytest.approx(-0.1)


def test_gaze_is_taken_with_open_eyes():
    lids = {f"bs_eyeBlink{side}": lambda t: np.where(t < 5, 0.9, 0.1) for side in ("Left", "Right")}
    rows = person(**looking(0.2), **lids)
    rows.loc[rows["time_s"] < 5, "bs_eyeLookOutLeft"] = 0.9
    assert measured(rows)[0]["face_gaze_right_mean"] == pytest.approx(0.2)
    shut = person(bs_eyeBlinkLeft=0.9, bs_eyeBlinkRight=0.9)
    assert measured(shut)[1]["face_gaze_right_mean"] == "little_face"


def test_every_blendshape_has_its_mean_and_proxies_are_means_of_blendshapes():
    values, _ = measured(person(**{name: k / 100 for k, name in enumerate(BLENDSHAPES)}))
    for k, name in enumerate(BLENDSHAPES):
        assert values[f"face_{name}"] == pytest.approx(k / 100)
    assert {part for parts in displays.AUPROXIES.values() for part in parts} < set(BLENDSHAPES)
    place = {name: k / 100 for k, name in enumerate(BLENDSHAPES)}
    for name, parts in displays.AUPROXIES.items():
        assert values[name] == pytest.approx(np.mean([place[part] for part in parts]))
    assert len([name for name in values if name.startswith("face_auproxy_")]) == 16
    assert not [name for name in values if "_au_" in name or name.startswith("face_au0")]


def test_half_the_face_is_half_the_share_and_the_rest_is_measured():
    rows = person(yaw_deg=7.0)
    gone = rows["time_s"] >= 5
    rows.loc[gone, LOST] = np.nan
    rows.loc[gone, ["face_trust", "why"]] = [0.0, "no_face"]
    values, _ = measured(rows)
    assert values["face_valid_share"] == 0.5
    assert values["face_yaw_mean_deg"] == 7
    lost, reasons = measured(rows, 5, 10)
    assert lost["face_valid_share"] == 0
    assert np.isnan(lost["face_smile_mean"])
    assert set(reasons.values()) == {"no_face"}
    assert set(measured(rows, 20, 30)[1].values()) == {"no_video"}


def test_what_is_counted_needs_time():
    values, reasons = measured(person(seconds=3))
    assert values["face_smile_mean"] == pytest.approx(0.1)
    counted = ("blinks_per_min", "blink_mean_s", "nods_per_min", "shakes_per_min", "smiles_per_min", "smile_mean_s")
    names = (*counted, "smile_onset_per_s", "smile_offset_per_s")
    assert reasons == {f"face_{name}": "little_face" for name in names}


def test_a_face_seen_in_flashes_has_no_motion():
    rows = person()
    dark = np.arange(len(rows)) % 10 > 1
    rows.loc[dark, LOST] = np.nan
    rows.loc[dark, ["face_trust", "why"]] = [0.0, "no_face"]
    _, reasons = measured(rows)
    assert reasons["face_head_motion_deg_per_s"] == "little_face"


def test_a_turned_head_is_its_own_reason():
    rows = person()
    rows[["eye_opening", "mouth_opening"]] = np.nan
    rows[["face_trust", "why"]] = [0.0, "pose_out_of_range"]
    assert set(measured(rows)[1].values()) == {"pose_out_of_range"}


def test_features_shifted_in_time_are_the_same():
    rows = person(
        eye_opening=closed((1.0, 1.2), (4.0, 4.12)), pitch_deg=lambda t: 4 * np.sin(6 * t), **smiling((2, 4), (6, 9))
    )
    later = rows.assign(time_s=rows["time_s"] + 100)
    assert measured(rows)[0] == pytest.approx(measured(later, 100, 110)[0], nan_ok=True)


# ---- real clips -----------------------------------------------------------------------------------------------------

BLINKS_BY_EYE_S = {"left": (3.2, 4.1, 5.3, 6.5, 8.25), "right": (0.7, 1.8, 2.2, 2.85, 3.8, 4.4, 5.8, 7.95)}
"""Blinks in the first nine seconds of the split interview, counted in pictures of the eyes."""


def test_blinks_counted_by_eye_are_found(shared):
    clip = shared / "data" / "clips" / "two_person_split.mp4"
    rows = face.extract((t, rgb) for t, rgb in media.frames(clip) if t < 9.0)
    hits = wrong = missed = 0
    for _, track in rows.groupby("track_id"):
        side = "right" if track["box_x_px"].median() > 640 else "left"
        found = face.blinks(track, 25.0, face.open_eye(track))
        hit = [any(a - 0.12 <= moment <= b + 0.12 for a, b in found.to_numpy()) for moment in BLINKS_BY_EYE_S[side]]
        hits, missed, wrong = hits + sum(hit), missed + len(hit) - sum(hit), wrong + len(found) - sum(hit)
    assert hits / (hits + missed) >= 0.9
    assert hits / (hits + wrong) >= 0.9


def test_gaze_turns_against_the_head_of_somebody_who_looks_at_one_place(shared):
    """Turning the head with the eyes on a screen moves the eyes the other way (the vestibulo-ocular reflex)."""
    clip = shared / "data" / "clips" / "one_person_webcam_silent.webm"
    rows = face.extract((t, rgb) for t, rgb in media.frames(clip, rate_hz=10) if 18 < t < 25)
    assert np.ptp(rows["yaw_deg"]) > 10
    assert eyes.gaze(rows, "right").corr(rows["yaw_deg"]) < -0.6
    assert eyes.gaze(rows, "up").corr(rows["pitch_deg"]) < -0.5
