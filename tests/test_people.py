"""People: tracks become people; pictures and scraps do not; and nobody is silently taken for another."""

import cv2
import numpy as np
import pandas as pd
import pytest
import skimage.data

from mien import face, media, people, recordings, sources, tables
from mien.river.who import hands

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


# ---- looks ---------------------------------------------------------------------------------------------------------


def album(**of_tracks):
    """Looks of tracks by number (``_0`` …): unit vectors in the plane, given by their angle in degrees."""
    rows = []
    for name, (angle_deg, *times_s) in of_tracks.items():
        form = np.zeros(512, np.float32)
        form[:2] = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
        rows += [[time_s, int(name[1:]), *form, *np.zeros(10, np.float32)] for time_s in times_s]
    return pd.DataFrame(rows, columns=["time_s", "track_id", *face.LOOKS])


def recognised(*tracks, looks, layout=(), seconds=20.0, **settings):
    times = np.round(np.arange(round(seconds * RATE_HZ)) / RATE_HZ, 6)
    tracks = pd.concat(tracks, ignore_index=True)
    return people.assign(tracks, times, people.PeopleSettings(**settings), looks, list(layout))


def test_who_comes_back_elsewhere_is_known_by_looks_alone():
    """10° apart is a distance of 0.17, 30° of 0.52: the one is hardly a stranger, the other may well be."""
    away, back = track(0, 0, 8, track_end="changed"), track(1, 12, 20, x=500)
    same, _ = recognised(away, back, looks=album(_0=(0, 0, 7.9), _1=(10, 12, 15)))
    assert who(same) == {"p1": [0, 1]}
    assert same["people_trust"].min() > 0.99
    other, _ = recognised(away, back, looks=album(_0=(0, 0, 7.9), _1=(30, 12, 15)))
    assert who(other) == {"p1": [0], "p2": [1]}
    assert other.loc[other["person_id"] == "p2", "people_trust"].dropna().max() < 1


def test_long_after_in_the_same_place_looks_may_differ_more():
    away, back = track(0, 0, 4, track_end="changed"), track(1, 12, 20)
    faces, _ = recognised(away, back, looks=album(_0=(0, 0, 3.9), _1=(27, 12, 15)))  # 0.47
    assert who(faces) == {"p1": [0, 1]}
    assert 0.7 < faces["people_trust"].min() < 0.95


def test_a_face_lost_and_found_in_its_place_is_refused_if_the_looks_say_no():
    """The tiles may have been swapped while the face was lost."""
    lost, found = track(0, 0, 8), track(1, 8.5, 20)
    faces, _ = recognised(lost, found, looks=album(_0=(0, 7.9), _1=(60, 8.5)))
    assert who(faces) == {"p1": [0], "p2": [1]}
    turned, _ = recognised(lost, found, looks=album(_0=(0, 7.9), _1=(36, 8.5)))  # 0.62: a turned head
    assert who(turned) == {"p1": [0, 1]}
    event = {"time_s": 8.2, "event": "replaced", "track_id": -1, "box_px": []}
    doubtful, _ = recognised(lost, found, looks=album(_0=(0, 7.9), _1=(36, 8.5)), layout=[event])
    assert who(doubtful) == {"p1": [0], "p2": [1]}


def swapped(second, angle_0, angle_1, **more):
    """Two tiles, of looks 0° and ``second``, at 8.0 s; and the looks of who is then in the first and second place."""
    ends = {"track_end": "changed"}
    before = track(0, 0, 8, **ends), track(1, 0, 8, x=500, **ends)
    after = track(2, 8, 20), track(3, 8, 20, x=500)
    looks = album(_0=(0, 7.9), _1=(second, 7.9), _2=(angle_0, 8.0), _3=(angle_1, 8.0))
    return recognised(*before, *after, looks=looks, **more)


def test_two_tiles_that_swap_are_told_apart_by_looks():
    faces, told = swapped(90, 66, 24)  # 0.42 from themselves a moment ago: too much for looks alone
    assert who(faces) == {"p1": [0, 3], "p2": [1, 2]}
    assert [(one["time_s"], one["event"], one["person_id"]) for one in told["layout_events"]] == [
        (8.0, "swap", "p1"),
        (8.0, "swap", "p2"),
    ]


def test_two_who_look_alike_are_not_guessed_when_they_swap():
    faces, _ = swapped(20, 11, 9)  # each is like both
    assert who(faces) == {"p1": [0], "p2": [1], "p3": [2], "p4": [3]}
    trust = faces[faces["person_id"].isin(["p3", "p4"])]["people_trust"].dropna()
    assert trust.max() < 1


def test_a_camera_switched_off_and_on_is_an_event_and_a_turned_head_is_none():
    looks = album(_0=(0, 3.9), _1=(0, 9.0))
    _, told = recognised(track(0, 0, 4, track_end="changed"), track(1, 9, 20), looks=looks)
    assert [(one["time_s"], one["event"]) for one in told["layout_events"]] == [(4.0, "camera_off"), (9.0, "camera_on")]
    _, told = recognised(track(0, 0, 4), track(1, 6, 20), looks=looks)
    assert told["layout_events"] == []


def test_a_cut_is_no_new_layout_unless_people_are_known_again():
    cut = {"time_s": 8.0, "event": "cut", "track_id": -1, "box_px": []}
    before = track(0, 0, 8, track_end="cut"), track(1, 0, 8, x=500, track_end="cut")
    after = track(2, 8, 20, x=50, size=50, take=1, scene=1), track(3, 8, 20, x=250, size=50, take=1, scene=1)
    looks = album(_0=(0, 7.9), _1=(90, 7.9), _2=(2, 8.0), _3=(88, 8.0))
    faces, told = recognised(*before, *after, looks=looks, layout=[cut])
    assert who(faces) == {"p1": [0, 2], "p2": [1, 3]}
    assert [one["event"] for one in told["layout_events"]] == ["layout", "move", "move"]
    strangers = album(_0=(0, 7.9), _1=(90, 7.9), _2=(45, 8.0), _3=(135, 8.0))
    faces, told = recognised(*before, *after, looks=strangers, layout=[cut])
    assert faces["person_id"].nunique() == 4
    assert [one["event"] for one in told["layout_events"]] == ["cut"]


def test_faces_dropped_for_a_low_frame_rate_are_warned_of():
    rows = track(0, 0, 1).iloc[[0]].assign(searches=1)
    _, told = people.assign(rows, np.arange(20.0))
    assert told["too_short"] == 1
    assert "a higher --fps may keep them" in told["warnings"][0]
    _, told = assigned(track(0, 0, 20), track(1, 3, 3.3, x=400))
    assert told["warnings"] == []


def test_strangers_of_one_studio_are_seldom_taken_for_one(shared, model):
    """102 people, neutral and smiling: how often two strangers pass the limit by looks alone, and one person fails it.

    The ROC behind ``PeopleSettings.look_anywhere``, on every third person.
    """
    from mien.people.looks import distances

    folder = shared / "data" / "london_faces"
    names = sorted(path.stem[:3] for path in (folder / "neutral_front").glob("*.jpg"))[::3]
    seen = {kind: np.stack([_look_of(next((folder / f"{kind}_front").glob(f"{n}*.jpg")), model) for n in names])
            for kind in ("neutral", "smiling")}  # fmt: skip
    apart = distances(seen["neutral"], seen["smiling"])
    same = np.eye(len(names), dtype=bool)
    limit = people.PeopleSettings().look_anywhere
    assert (apart[~same] <= limit).mean() < 0.01
    assert (apart[same] <= limit).mean() > 0.8


def _look_of(path, model):
    told = {}
    rgb = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    face.extract([(0.0, rgb)], None, model, told)
    return told["looks"].iloc[0, 2:].to_numpy(np.float32)


# ---- people.csv ------------------------------------------------------------------------------------------------------


def by_hand(tmp_path, text, recordings=("r1",)):
    path = tmp_path / "people.csv"
    path.write_text(text)
    return people.read_hand(path, list(recordings))


def test_the_table_renames_merges_splits_and_drops(tmp_path):
    faces, _ = assigned(
        track(0, 0, 10), track(1, 0, 20, x=400), track(2, 12, 20, x=100, size=200), track(3, 0, 20, x=700)
    )
    text = "found,person_id,start_s,end_s\np1,ada,,\np4,ada,,\np2,bob,0,15\np2,cy,15,\np3,,,\n"
    mended = by_hand(tmp_path, text)["r1"].faces(faces)
    assert who(mended) == {"ada": [0, 2], "bob": [1], "cy": [1]}
    assert mended.groupby("person_id").size().to_dict() == {"ada": 200, "bob": 200, "cy": 200}
    assert (mended["people_by"] == "hand").all()
    seen = mended.dropna(subset="track_id")
    assert (seen["people_trust"] == 1).all()
    assert seen[seen["person_id"] == "bob"]["time_s"].max() < 15
    tables.FACES.check(mended.assign(recording_id="r1"))


def test_what_no_row_names_stays_as_it_was(tmp_path):
    faces, _ = assigned(track(0, 0, 20), track(1, 0, 20, x=400))
    mended = by_hand(tmp_path, "found,person_id,start_s,end_s\np1,ada,5,10\n")["r1"].faces(faces)
    assert mended.groupby("person_id")["track_id"].count().to_dict() == {"ada": 50, "p1": 150, "p2": 200}
    assert mended.groupby("person_id").size().to_dict() == {"ada": 200, "p1": 200, "p2": 200}
    kept = mended[mended["person_id"] == "p2"]
    as_found = faces[faces["person_id"] == "p2"].reset_index(drop=True)
    kept = kept.drop(columns="people_by").reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, as_found, check_dtype=False)


def test_a_table_in_pieces_of_time_is_the_whole_table(tmp_path):
    faces, _ = assigned(track(0, 0, 20), track(1, 0, 20, x=400))
    hand = by_hand(tmp_path, "found,person_id,start_s,end_s\np1,ada,0,12\np2,ada,12,\n")["r1"]
    order = ["person_id", "time_s"]
    pieces = [hand.faces(faces[(faces["time_s"] >= a) & (faces["time_s"] < a + 5)]) for a in (0, 5, 10, 15)]
    whole, joined = (f.sort_values(order).reset_index(drop=True) for f in (hand.faces(faces), pd.concat(pieces)))
    pd.testing.assert_frame_equal(whole, joined, check_dtype=False)


def test_a_build_s_own_table_given_back_unchanged_corrects_nothing(tmp_path):
    text = "recording_id,found,person_id,people_by,found_as\nr1,p1,r1_p1,found,r1_p1\nr1,p2,bob,found,r1_p2\n"
    assert by_hand(tmp_path, text)["r1"].found == ["p2"]


def test_a_table_beside_the_media_is_read_unless_another_is_named(tmp_path):
    found = []
    for name in "ab":
        (tmp_path / name).mkdir()
        found.append(recordings.Recording(name, (recordings.Medium(tmp_path / name / "x.wav", "mixed_audio"),)))
    (tmp_path / "a" / "people.csv").write_text("found,person_id\np1,ada\n")
    assert {name: hand.person_ids for name, hand in hands(found).items()} == {"a": ["ada"]}
    (tmp_path / "named.csv").write_text("recording_id,found,person_id\nb,p1,ben\n")
    assert [hand.person_ids for hand in hands(found, tmp_path / "named.csv").values() if hand.rows] == [["ben"]]


@pytest.mark.parametrize(
    ("text", "recordings", "said"),
    [
        ("face,person_id\np1,ada\n", ["r1"], r"people\.csv: people: no column 'found'"),
        ("found,person_id\np1,ada\n", ["r1", "r2"], r"row 2: no recording_id; expected .* r1, r2"),
        ("recording_id,found,person_id\nr9,p1,ada\n", ["r1"], r"row 2: 'r9'; expected .* r1"),
        ("found,person_id\np1,ada\np1,bob\n", ["r1"], r"row 3: 'p1' is somebody already .*row 2.* do not overlap"),
        ("found,person_id,start_s\np1,ada,soon\n", ["r1"], r"row 2: start_s 'soon'; expected seconds"),
    ],
)
def test_a_table_that_can_t_be_meant_says_where_and_what_was_expected(tmp_path, text, recordings, said):
    with pytest.raises(tables.TableError, match=said):
        by_hand(tmp_path, text, recordings)


def test_a_row_on_nobody_says_who_there_is(tmp_path):
    hand = by_hand(tmp_path, "found,person_id\np9,ada\n")["r1"]
    with pytest.raises(tables.TableError, match=r"row 2: found 'p9' is nobody in 'r1'; .* p1, p2 or of the sounds eve"):
        hand.check("r1", ["p1", "p2"], ["eve"])


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


def found(path, model, rate_hz=10.0, until_s=np.inf):
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
