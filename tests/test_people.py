"""People: tracks become people; pictures and scraps do not; and nobody is silently taken for another."""

import numpy as np
import pandas as pd
import pytest
import skimage.data

from mien import face, media, people, sources, tables

RATE_HZ = 10.0


def track(track_id, start_s, end_s, x=100.0, y=100.0, size=80.0, **more):
    """Rows of a living face that stays in one place."""
    time_s = np.round(np.arange(round(start_s * RATE_HZ), round(end_s * RATE_HZ)) / RATE_HZ, 6)
    row = {"track_id": track_id, "face_trust": 0.9, "why": "", "searches": 5, "take": 0, "scene": 0}
    row |= {"box_x_px": x, "box_y_px": y, "box_w_px": size, "box_h_px": 1.2 * size, "track_end": "lost"}
    row |= {"yaw_deg": 0.0, "pitch_deg": 0.0, "roll_deg": 0.0, "pixel_motion": 8.0, "pixel_noise": 0.5}
    return pd.DataFrame({"time_s": time_s} | row | more)


def assigned(*tracks, seconds=20.0, **settings):
    times = np.round(np.arange(round(seconds * RATE_HZ)) / RATE_HZ, 6)
    rows = pd.concat(tracks, ignore_index=True) if tracks else track(0, 0, 1).iloc[:0]
    return people.assign(rows, times, people.PeopleSettings(**settings))


def who(faces):
    """Which tracks each person has."""
    seen = faces.dropna(subset="track_id")
    return {person: sorted(rows["track_id"].astype(int).unique()) for person, rows in seen.groupby("person_id")}


def test_one_row_per_person_and_frame_and_the_table_keeps_its_promise():
    faces, told = assigned(track(0, 0, 10), track(1, 5, 20, x=400))
    assert faces.groupby("person_id").size().to_dict() == {"p1": 200, "p2": 200}
    absent = faces[(faces["person_id"] == "p1") & (faces["time_s"] >= 10)]
    assert (absent["why"] == "no_face").all()
    assert (absent["face_trust"] == 0).all()
    assert absent[["box_x_px", "yaw_deg", "people_trust"]].isna().all(axis=None)
    tables.FACES.check(faces.assign(recording_id="r1"))
    assert told["people"]["p2"][0]["start_s"] == 5


def test_people_are_numbered_as_one_reads():
    grid = [(2, 50, 90), (0, 600, 60), (3, 620, 420), (1, 40, 400)]  # a gallery whose faces hang unevenly
    faces, _ = assigned(*(track(k, 0, 20, x=x, y=y) for k, x, y in grid), track(4, 3, 20, x=0, y=0, size=40))
    assert who(faces) == {"p1": [2], "p2": [0], "p3": [1], "p4": [3], "p5": [4]}


def test_a_face_that_comes_back_to_its_place_is_the_same_person():
    faces, _ = assigned(track(0, 0, 8), track(1, 10, 20, x=110))
    assert who(faces) == {"p1": [0, 1]}
    trust = faces.set_index("time_s")["people_trust"]
    assert (trust[5.0], trust[15.0]) == (1.0, 0.8)
    assert np.isnan(trust[9.0])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"x": 200}, "another place"),
        ({"size": 200}, "another size"),
        ({"start_s": 16}, "too long after"),
        ({"scene": 1, "take": 1}, "another scene"),
        ({"start_s": 7}, "both at once"),
    ],
)
def test_in_doubt_a_new_person_begins(change, reason):
    later = {"start_s": 10, "end_s": 20} | change
    faces, _ = assigned(track(0, 0, 8), track(1, **later))
    assert who(faces) == {"p1": [0], "p2": [1]}, reason


def test_who_was_seen_to_take_a_place_is_another_person():
    faces, _ = assigned(track(0, 0, 8, track_end="changed"), track(1, 8, 20))
    assert who(faces) == {"p1": [0], "p2": [1]}


def test_across_a_cut_only_the_same_place_of_the_same_scene_and_with_less_trust():
    away = track(1, 8, 12, x=300, take=1, scene=1)
    faces, _ = assigned(track(0, 0, 8), away, track(2, 12, 20, take=2))
    assert who(faces) == {"p1": [0, 2], "p2": [1]}
    assert faces.set_index(["person_id", "time_s"]).loc[("p1", 15.0), "people_trust"] == 0.5
    shifted, _ = assigned(track(0, 0, 8), away, track(2, 12, 20, x=130, take=2))  # fits without a cut, not across one
    assert who(shifted) == {"p1": [0], "p2": [1], "p3": [2]}


def test_between_two_equally_near_people_nobody_is_guessed():
    faces, _ = assigned(track(0, 0, 8, x=80), track(1, 0, 8, x=120), track(2, 9, 20, x=100))
    assert who(faces) == {"p1": [0], "p2": [1], "p3": [2]}


def test_scraps_are_dropped_and_counted():
    faces, told = assigned(track(0, 0, 20), track(1, 3, 3.3, x=400), track(2, 5, 8, x=600, searches=2))
    assert who(faces) == {"p1": [0]}
    assert told["too_short"] == 2
    assert told["too_short_tracks"][0]["box_px"][0] == 400


def test_a_still_picture_is_no_person_but_one_who_sits_still_is():
    picture = track(1, 0, 20, x=400, pixel_motion=0.7, pixel_noise=0.3)
    noisy_picture = track(2, 0, 20, x=600, pixel_motion=2.5, pixel_noise=2.1)
    faces, told = assigned(track(0, 0, 20, pixel_motion=2.9, pixel_noise=0.4), picture, noisy_picture)
    assert who(faces) == {"p1": [0]}
    assert [still["box_px"][0] for still in told["still_pictures"]] == [400, 600]
    assert told["still_pictures"][0]["end_s"] == 19.9
    brief, _ = assigned(track(0, 0, 1.5, pixel_motion=0.5))  # too short to tell: kept
    assert who(brief) == {"p1": [0]}


def test_nobody_is_an_empty_table_with_every_column():
    faces, told = assigned()
    assert len(faces) == 0
    assert told["people"] == {}
    tables.FACES.check(faces.assign(recording_id=pd.Series(dtype=str)))


# ---- pictures -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model():
    return sources.find(face.MODEL)


@pytest.mark.parametrize("noise", [0, 3, 8])
def test_a_photograph_before_a_noisy_camera_is_a_still_picture(model, noise):
    """The public-domain portrait that ships with scikit-image, filmed for three seconds."""
    photograph = np.full((320, 480, 3), 110, np.uint8)
    photograph[:, 80:400] = skimage.data.astronaut()[:320, 60:380]
    rng = np.random.default_rng(7)
    told = {}
    filmed = (
        (k / 10, np.clip(photograph + rng.normal(0, noise, photograph.shape), 0, 255).astype(np.uint8))
        for k in range(30)
    )
    tracks = face.extract(filmed, None, model, told)
    faces, about = people.assign(tracks, told["frame_times_s"])
    assert len(tracks) == 30
    assert len(about["still_pictures"]) == 1
    assert len(faces) == 0


# ---- real clips -----------------------------------------------------------------------------------------------------


def found(path, model, rate_hz=5.0, until_s=np.inf):
    told = {}
    frames = ((t, rgb) for t, rgb in media.frames(path, rate_hz=rate_hz) if t < until_s)
    tracks = face.extract(frames, None, model, told)
    return *people.assign(tracks, told["frame_times_s"], None, told["looks"], told["layout"]), told


@pytest.mark.parametrize(
    ("clip", "count"),
    [
        ("four_person_gallery.mp4", 4),
        ("two_person_split.mp4", 2),
        ("two_person_podium.mp4", 2),
        ("no_face.mp4", 0),
        ("shot_change_no_face.mp4", 0),
        ("one_person_short.mp4", 1),
        ("one_person_hands_on_face.mp4", 1),
        ("one_person_then_no_face.mov", 1),
        ("one_person_webcam_silent.webm", 1),
        ("grid_speaker_1.mpg", 1),
        ("grid_speaker_2.mpg", 1),
    ],
)
def test_real_clips_have_the_people_one_sees(shared, model, clip, count):
    faces, told, _ = found(shared / "data" / "clips" / clip, model, until_s=10)
    assert faces["person_id"].nunique() == count
    assert len(told["still_pictures"]) == (clip == "four_person_gallery.mp4")
    assert len(told["too_short_tracks"]) == 0
    if count and clip != "one_person_then_no_face.mov":
        assert faces.groupby("person_id")["face_trust"].agg(lambda trust: (trust > 0).mean()).min() > 0.95


def test_the_portrait_in_the_gallery_is_where_one_sees_it(shared, model):
    _, told, _ = found(shared / "data" / "clips" / "four_person_gallery.mp4", model, until_s=5)
    (portrait,) = told["still_pictures"]
    assert portrait["box_px"] == pytest.approx([1163, 396, 50, 58], abs=6)


def test_a_face_that_goes_with_the_cut_is_missing_afterwards(shared, model):
    faces, _, told = found(shared / "data" / "clips" / "one_person_then_no_face.mov", model, rate_hz=10)
    assert faces.loc[faces["time_s"] < 2.3, "face_trust"].min() > 0.9
    assert (faces.loc[faces["time_s"] > 2.45, "why"] == "no_face").all()
    assert told["cuts_s"][0] == pytest.approx(2.4, abs=0.05)


def test_a_stage_with_cuts(shared, model):
    faces, _, told = found(shared / "data" / "clips" / "stage_cuts_profile.mp4", model, rate_hz=None)
    assert told["cuts_s"] == pytest.approx([1.52, 3.59, 7.89], abs=0.05)  # as one sees them
    assert told["frame_times_s"][0] == pytest.approx(0.852, abs=0.001)
    assert faces["person_id"].nunique() == 3
    singer = faces[faces["person_id"] == "p2"].set_index("time_s")["face_trust"]
    assert (singer[3.65:7.8] > 0).mean() > 0.95
    assert (singer[:3.5] == 0).all()
