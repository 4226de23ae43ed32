"""Face: found, followed, measured; and what is not there is not measured.

The face is NASA's portrait of Eileen Collins, a public-domain photograph that ships with scikit-image.
"""

from contextlib import closing

import cv2
import mediapipe as mp
import numpy as np
import pandas as pd
import pytest
import skimage.data
from mediapipe.tasks.python import BaseOptions, vision

from mien import face, media, people, sources
from mien.face import _bundle as model_parts
from mien.face import follower
from mien.face.finder import Box, Finder, change, overlap, windows
from mien.face.landmarker import BLENDSHAPES, EXPRESSIVE, WAYS, Landmarker, Region, Task
from mien.media import Picture

PORTRAIT = skimage.data.astronaut()
FACE = Box(172, 64, 102, 128)
"""Where the face is in the portrait, by eye."""


@pytest.fixture(scope="session")
def model():
    return sources.find(face.MODEL)


def background(width=640, height=360, shade=90):
    """A wall with a pattern, so that frames have a layout."""
    y, x = np.mgrid[:height, :width]
    wall = shade + 25 * np.sin(x / 37) + 20 * np.cos(y / 23)
    return np.clip(np.stack([wall, wall, wall * 0.8], axis=2), 0, 255).astype(np.uint8)


def hang(picture, x=60, y=0, scale=0.7, mirror=False, turn_deg=0.0, wall=None):
    """The portrait hung on a wall at (x, y), scaled, mirrored, turned clockwise about its face."""
    portrait = picture[:, ::-1] if mirror else picture
    middle = FACE.centre if not mirror else (511 - FACE.centre[0], FACE.centre[1])
    frame = background() if wall is None else wall.copy()
    matrix = cv2.getRotationMatrix2D(middle, -turn_deg, scale)
    matrix[:, 2] += np.array([x, y]) - (1 - scale) * np.array(middle)
    inside = cv2.warpAffine(np.full(portrait.shape[:2], 255, np.uint8), matrix, frame.shape[1::-1])
    warped = cv2.warpAffine(np.ascontiguousarray(portrait), matrix, frame.shape[1::-1], flags=cv2.INTER_AREA)
    frame[inside > 127] = warped[inside > 127]
    return frame


def clip(pictures, rate_hz=10.0, start_s=0.0):
    return ((start_s + k / rate_hz, picture) for k, picture in enumerate(pictures))


def seen(pictures, model, rate_hz=10.0, **more):
    told = {}
    return face.extract(clip(pictures, rate_hz), face.FaceSettings(**more), model, told), told


# ---- finding and following ------------------------------------------------------------------------------------------


def test_one_face_is_measured_in_every_frame(model):
    rows, told = seen([hang(PORTRAIT, x=60 + k) for k in range(12)], model)
    assert rows["track_id"].unique().tolist() == [0]
    assert rows["time_s"].tolist() == pytest.approx([k / 10 for k in range(12)])
    where = Box(*rows[["box_x_px", "box_y_px", "box_w_px", "box_h_px"]].iloc[0])
    assert overlap(where, Box(60 + 0.7 * FACE.x, 0.7 * FACE.y, 0.7 * FACE.w, 0.7 * FACE.h)) > 0.7
    assert rows["box_x_px"].iloc[-1] - rows["box_x_px"].iloc[0] == pytest.approx(11, abs=2)
    assert rows["face_trust"].between(0.7, 1).all()
    assert (rows["why"] == "").all()
    shapes = [name for name in rows if name.startswith("bs_")]
    assert len(shapes) == 52
    assert rows[shapes].stack().between(0, 1).all()
    assert rows[["bs_mouthSmileLeft", "bs_mouthSmileRight"]].mean(axis=None) > 0.5  # she smiles
    assert told["tracks_ended"] == {"end of recording": 1}
    assert len(told["frame_times_s"]) == 12
    assert told["searches"] == 1
    assert rows["searches"].max() == 5  # found, and confirmed at 0.2, 0.4, 0.5 and 1.0 s


def test_the_picture_mirrored_mirrors_yaw_and_roll(model):
    as_is, _ = seen([hang(PORTRAIT)] * 6, model)
    mirrored, _ = seen([hang(PORTRAIT, mirror=True)] * 6, model)
    mean, mean_mirrored = (rows.mean(numeric_only=True) for rows in (as_is, mirrored))
    assert mean_mirrored["yaw_deg"] == pytest.approx(-mean["yaw_deg"], abs=3)
    assert mean_mirrored["roll_deg"] == pytest.approx(-mean["roll_deg"], abs=3)
    assert mean_mirrored["pitch_deg"] == pytest.approx(mean["pitch_deg"], abs=3)
    assert mean_mirrored["eye_opening"] == pytest.approx(mean["eye_opening"], abs=0.04)


def test_roll_is_positive_when_the_head_tilts_clockwise(model):
    straight, _ = seen([hang(PORTRAIT)] * 4, model)
    tilted, _ = seen([hang(PORTRAIT, turn_deg=15)] * 4, model)
    assert tilted["roll_deg"].mean() - straight["roll_deg"].mean() == pytest.approx(15, abs=3)


def test_a_small_face_and_its_measures_do_not_depend_on_place_or_size(model):
    large, _ = seen([hang(PORTRAIT)] * 5, model)
    little, _ = seen([hang(PORTRAIT, x=420, y=150, scale=0.4)] * 5, model)
    assert little["box_w_px"].mean() == pytest.approx(large["box_w_px"].mean() * 4 / 7, rel=0.1)
    for name, most in {"yaw_deg": 4, "pitch_deg": 5, "roll_deg": 3, "mouth_opening": 0.03, "eye_opening": 0.06}.items():
        assert little[name].mean() == pytest.approx(large[name].mean(), abs=most), name
    assert little["face_trust"].mean() < large["face_trust"].mean()


def test_two_tiles_are_two_tracks(model):
    two = [hang(PORTRAIT, x=330, scale=0.6, mirror=True, wall=hang(PORTRAIT, x=-10, scale=0.6))] * 6
    rows, told = seen(two, model)
    assert rows.groupby("track_id").size().tolist() == [6, 6]
    assert sorted(rows.groupby("track_id")["box_x_px"].mean().round(-2)) == [100, 500]
    assert told["tracks_ended"]["end of recording"] == 2


def test_no_face_gives_an_empty_table_with_its_columns(model):
    rows, told = seen([np.roll(background(), 5 * k, axis=1) for k in range(6)], model)
    assert len(rows) == 0
    assert rows.columns.tolist() == face.nothing().columns.tolist()
    assert {"time_s", "track_id", "face_trust", "why", "yaw_deg", "pixel_motion"} <= set(rows.columns)
    assert told["tracks"] == 0
    assert len(told["frame_times_s"]) == 6


def test_a_face_for_half_the_time_from_a_file(model, tmp_path):
    pictures = [hang(PORTRAIT) if k < 20 else background(shade=100) for k in range(40)]
    path = media.write_video(tmp_path / "half.mp4", pictures, 20)
    told = {}
    rows = face.extract(media.frames(path, rate_hz=10), None, model, told)
    assert rows["time_s"].max() < 1.0
    assert len(rows) == 10
    assert len(told["frame_times_s"]) == 20
    assert told["tracks_ended"] in ({"cut": 1}, {"lost": 1})


def test_a_cut_ends_every_track_and_a_returning_scene_is_known(model):
    one, other = hang(PORTRAIT, x=-40), hang(PORTRAIT, x=250, mirror=True, wall=255 - background())
    rows, told = seen([one] * 5 + [other] * 5 + [one] * 5, model)
    assert told["cuts_s"] == pytest.approx([0.5, 1.0])
    assert rows.groupby("track_id").size().tolist() == [5, 5, 5]
    assert rows.groupby("track_id")["take"].first().tolist() == [0, 1, 2]
    assert rows.groupby("track_id")["scene"].first().tolist() == [0, 1, 0]
    assert rows.groupby("track_id")["track_end"].first().tolist() == ["cut", "cut", "end of recording"]


def test_a_fast_face_stays_one_track_and_a_far_one_is_new(model):
    near, told = seen([hang(PORTRAIT, x=60, scale=0.4)] * 4 + [hang(PORTRAIT, x=90, scale=0.4)] * 4, model)
    assert (near["track_id"].nunique(), len(near)) == (1, 8)
    head = cv2.resize(PORTRAIT[:240, 100:300], (120, 144), interpolation=cv2.INTER_AREA)
    left, right = background(), background()
    left[100:244, 60:180] = right[100:244, 400:520] = head
    far, told = seen([left] * 4 + [right] * 4, model)
    assert told["cuts_s"] == []
    assert far.groupby("track_id").size().tolist() == [4, 4]
    assert (far["box_x_px"].diff().abs() > 100).sum() == 1


def test_beyond_the_pose_limits_the_box_stays_and_the_landmarks_go(model):
    rows, _ = seen([hang(PORTRAIT)] * 3, model, trust=face.TrustSettings(yaw_max_deg=0.5, pitch_max_deg=0.5))
    assert (rows["why"] == "pose_out_of_range").all()
    assert (rows["face_trust"] == 0).all()
    assert rows[["eye_opening", "mouth_opening", "bs_jawOpen"]].isna().all(axis=None)
    assert rows[["box_x_px", "yaw_deg", "pitch_deg"]].notna().all(axis=None)


def test_packing_older_rows_changes_nothing(model, monkeypatch):
    pictures = [hang(PORTRAIT, x=60 + k) for k in range(40)]
    loose, _ = seen(pictures, model)
    monkeypatch.setattr(face.watch, "ROWS_LOOSE", 5)
    packed, _ = seen(pictures, model)
    pd.testing.assert_frame_equal(loose, packed)


def test_a_wrong_model_file_is_refused(tmp_path):
    broken = tmp_path / "face_landmarker.task"
    broken.write_bytes(b"")
    with pytest.raises(face.FaceError, match=r"face_landmarker\.task: expected MediaPipe's bundle .* found 0 bytes"):
        face.extract(clip([background()]), None, broken)


# ---- parts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("yaw", "pitch", "roll"), [(0, 0, 0), (25, 0, 0), (0, -20, 0), (0, 0, 30), (-30, 15, -10)])
def test_head_angles_undo_a_known_rotation_of_any_scale(yaw, pitch, roll):
    a, b, c = np.radians([yaw, -pitch, -roll])
    about_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    matrix = np.eye(4)
    matrix[:3, :3] = 1.7 * about_y @ about_x @ about_z
    assert face.head_angles(matrix) == pytest.approx((yaw, pitch, roll), abs=1e-9)


def test_the_networks_run_directly_see_what_mediapipe_sees(model):
    """MediaPipe's VIDEO mode comes to rest on a still picture; there, in the same square, ours must say the same."""
    picture = np.ascontiguousarray(hang(PORTRAIT, x=0, scale=1.0, turn_deg=12.0)[:360, :360])
    ours, task = Landmarker(model.read_bytes()), Task(model.read_bytes(), "VIDEO")
    theirs = [task.see(picture, k / 10) for k in range(60)][-1]
    task.close()
    low, high = theirs.points.min(axis=0), theirs.points.max(axis=0)  # MediaPipe's tracking takes the box around them
    region = Region.of(theirs.points)._replace(side=1.5 * max((high - low)[:2]))
    region = region._replace(x=(low[0] + high[0]) / 2, y=(low[1] + high[1]) / 2)
    seen, width = ours.see(picture, 0.0, region), np.ptp(theirs.points[:, 0])
    assert 80 < width < 160, "a face of a hundred pixels"
    assert np.sqrt(((seen.points - theirs.points) ** 2).mean(axis=0)).max() < 0.004 * width
    assert np.abs(seen.shapes - theirs.shapes).max() < 0.03
    same = ours.expression(theirs.points[EXPRESSIVE, :2])[0]
    np.testing.assert_allclose(same, theirs.shapes, atol=1e-5)  # from the same landmarks the same blendshapes


def test_blendshapes_have_mediapipes_names_in_its_order(model):
    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(model)), output_face_blendshapes=True
    )
    with vision.FaceLandmarker.create_from_options(options) as theirs:
        picture = np.ascontiguousarray(hang(PORTRAIT)[:360, :360])
        said = theirs.detect(mp.Image(image_format=mp.ImageFormat.SRGB, data=picture))
    assert tuple(f"bs_{shape.category_name}" for shape in said.face_blendshapes[0]) == BLENDSHAPES


def test_a_square_without_a_face_shows_none(model):
    ours = Landmarker(model.read_bytes())
    assert ours.see(background()[:256, :256], 0.0, Region(128, 128, 200)) is None
    assert ours.see(hang(PORTRAIT), 0.0, Region.around(Box(500, 200, 90, 90))) is None


@pytest.mark.parametrize("turn_deg", [0, 40, -75])
def test_a_turned_face_is_laid_upright_and_its_landmarks_turned_back(model, turn_deg):
    ours = Landmarker(model.read_bytes())
    upright, turned = hang(PORTRAIT, scale=1.0, x=0), hang(PORTRAIT, scale=1.0, x=0, turn_deg=turn_deg)
    first = Region(*FACE.centre, 1.4 * FACE.h)
    flat = ours.see(upright, 0.0, first)
    leaning = ours.see(turned, 0.0, first._replace(turn=np.radians(turn_deg)))
    about = cv2.getRotationMatrix2D(FACE.centre, -turn_deg, 1.0)
    there = flat.points[:, :2] @ about[:, :2].T + about[:, 2]
    assert np.abs(leaning.points[:, :2] - there).max() < 0.04 * FACE.w
    assert Region.of(leaning.points).turn == pytest.approx(
        Region.of(flat.points).turn + np.radians(turn_deg), abs=np.radians(3)
    )


def test_a_region_keeps_its_place_in_a_crop():
    region = Region(100.0, 80.0, 40.0, 0.3)
    inside = region.within(60, 50, 2.0)
    assert inside == (80.0, 60.0, 80.0, 0.3)
    assert inside.within(-120, -100, 0.5) == region


def test_no_network_writes_into_the_terminal(model, capfd):
    """Neither when a model is loaded, nor when it is first used (on the first face, not the first picture)."""
    task = Task(model.read_bytes(), "IMAGE")
    task.see(background()[:256, :256], 0.0)
    task.see(hang(PORTRAIT)[:360, :360], 0.1)
    task.close()
    for way in WAYS:
        seen([hang(PORTRAIT)] * 3, model, landmarks=way)
    assert capfd.readouterr().err == ""


def test_an_unknown_way_is_refused():
    with pytest.raises(ValueError, match="no landmarks 'magic'; expected one of direct, IMAGE, VIDEO"):
        face.FaceSettings(landmarks="magic")


def test_a_square_in_which_nothing_moved_is_not_looked_at_again(model):
    """The second search costs nothing where nothing moved, and finds the same; one that moved is looked at."""
    with closing(Finder(model_parts(model)[1], 0.5)) as finder:
        looked = []
        look = finder.look
        finder.look = lambda part, x=0.0, y=0.0, scale=1.0: looked.append((x, y)) or look(part, x, y, scale)
        first, n = finder.find(Picture.of(hang(PORTRAIT))), len(looked)
        assert n == len(windows(640, 360))
        noise = np.random.default_rng(0).integers(-2, 3, (360, 640, 1))
        again = finder.find(Picture.of(np.clip(hang(PORTRAIT) + noise, 0, 255).astype(np.uint8)))
        assert len(looked) == n
        assert again == first
        assert [box.score > 0.75 for box in first] == [True, False]
        moved = finder.find(Picture.of(hang(PORTRAIT, x=90)))
        assert n < len(looked) <= 2 * n
        assert moved[0].x == pytest.approx(first[0].x + 30, abs=4)
        before = len(looked)
        finder.forget()
        assert finder.find(Picture.of(hang(PORTRAIT, x=90))) == moved
        assert len(looked) == before + n


def test_a_face_that_leaps_within_its_crop_is_found_without_a_search_of_the_frame(model):
    still, leapt = (hang(PORTRAIT, x=x, scale=0.4) for x in (60, 92))
    rows, told = seen([still] * 5 + [leapt] * 5, model)
    assert len(rows) == 10
    assert rows["track_id"].nunique() == 1
    assert told["recovered"] == 1
    assert told["searches"] == 1


def test_windows_cover_the_frame_and_stay_inside():
    for width, height in ((640, 360), (361, 480), (100, 100)):
        seen_times = np.zeros((height, width), int)
        for x, y, w, h in windows(width, height):
            assert x >= 0
            assert y >= 0
            assert x + w <= width
            assert y + h <= height
            seen_times[y : y + h, x : x + w] += 1
        assert seen_times.min() >= (4 if height >= 240 else 2)  # the whole, and at least one square of each size


def test_a_crop_that_leaves_the_frame_is_moved_or_padded():
    frame = np.full((100, 200, 3), 9, np.uint8)
    beside = follower.Crop(Box(-10, 30, 20, 20), 2.0, frame.shape)
    assert (beside.x, beside.y, beside.side) == (0, 20, 40)
    picture = media.Picture.of(frame)
    assert beside.cut(picture).shape == (256, 256, 3)
    assert beside.cut(picture).min() == 9
    assert beside.grey(picture, 64).min() == 9
    around = follower.Crop(Box(50, 20, 60, 60), 2.5, frame.shape)
    assert (around.side, around.y) == (150, -25)
    cut, grey = around.cut(picture), around.grey(picture, 64)
    assert cut[:30].max() == 0
    assert cut[128, 128].tolist() == [9, 9, 9]
    assert (grey.shape, grey[:9].max(), grey[32, 32]) == ((64, 64), 0, 9)


def test_change_ignores_brightness_and_sees_layout():
    picture = background().mean(axis=2)
    assert change(picture, 0.5 * picture + 20) == pytest.approx(0, abs=1e-6)
    assert change(picture, 255 - picture) == pytest.approx(2, abs=1e-6)
    assert change(np.zeros((9, 9)), np.full((9, 9), 200)) == 1
    assert change(np.zeros((9, 9)), np.zeros((9, 9))) == 0


# ---- real clips -----------------------------------------------------------------------------------------------------


def test_another_person_in_the_same_tile_is_a_new_track(model, shared):
    """Two people swap tiles without a cut of the whole picture: no track may go on as the other person."""
    clips = shared / "data" / "clips"
    one, two = (
        [cv2.resize(rgb, (320, 256)) for _, rgb in media.frames(clips / f"grid_speaker_{k}.mpg", rate_hz=10)][:20]
        for k in (1, 2)
    )
    wall = background(1280, 720)

    def mosaic(left, right):
        frame = wall.copy()
        frame[200:456, 100:420], frame[200:456, 700:1020] = left, right
        return frame

    pictures = [mosaic(a, b) if k < 10 else mosaic(b, a) for k, (a, b) in enumerate(zip(one, two, strict=True))]
    rows, told = seen(pictures, model)
    assert told["cuts_s"] == []
    assert rows["track_id"].nunique() == 4
    swap = rows.groupby("track_id")["time_s"].agg(["min", "max"])
    assert not ((swap["min"] < 1.0) & (swap["max"] >= 1.0)).any()
    assert told["tracks_ended"] == {"changed": 2, "end of recording": 2}


def test_a_hand_before_the_face_is_no_other_person(model, shared):
    told = {}
    path = shared / "data" / "clips" / "two_person_split.mp4"
    frames = ((t, rgb) for t, rgb in media.frames(path, rate_hz=5) if 11 <= t < 17)
    rows = face.extract(frames, None, model, told)
    seen, _ = people.assign(rows, told["frame_times_s"], None, told["looks"], told["layout"])
    assert seen["person_id"].nunique() == 2
    assert (seen["face_trust"] > 0).mean() > 0.9
    assert seen["people_trust"].min() > 0.9


def test_yaw_is_positive_when_the_person_turns_to_the_right_of_the_picture(model, shared):
    """At 5.4 s the man on the left of the podium looks to the right; before, he faces the camera."""
    path = shared / "data" / "clips" / "two_person_podium.mp4"
    rows = face.extract(((t, rgb) for t, rgb in media.frames(path) if 3 < t < 6), None, model)
    left = rows[rows["box_x_px"] < 130]
    assert left.loc[left["time_s"].between(5.3, 5.5), "yaw_deg"].mean() > 12
    assert left.loc[left["time_s"].between(3.2, 4.2), "yaw_deg"].abs().mean() < 8
