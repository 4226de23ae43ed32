"""Edits of pictures: the dose is measured by other means than those that made it, and nothing else has changed.

Faces are SYNTHETIC (nobody moved so); real photographs are used only where they lie on this machine.
"""

from fractions import Fraction
from itertools import pairwise

import av
import cv2
import numpy as np
import pytest

from mien import face, media, synthetic
from mien.edits import picture
from mien.synthetic import photograph

PORTRAIT = synthetic.Portrait(synthetic.LOOKS[0], 480, 400, 180.0)
POSE = synthetic.Pose(smile=0.5)
RATE_HZ, LENGTH_S = 25, 2.0
SMALL = synthetic.Portrait(synthetic.LOOKS[1], 240, 200, 90.0)


@pytest.fixture(scope="module")
def rgb():
    return PORTRAIT.picture(POSE)


@pytest.fixture(scope="module")
def points():
    x, y = PORTRAIT.moved(*photograph.landmarks()[:, :2].T, POSE)
    return np.stack([x, y], axis=1)


@pytest.fixture(scope="module")
def box():
    return PORTRAIT.box(POSE)


def moving():
    """A head that turns a little in every picture, with its times: two seconds."""
    for number in range(round(LENGTH_S * RATE_HZ)):
        yield number / RATE_HZ, SMALL.picture(turning(number))


def turning(number):
    return synthetic.Pose(yaw_deg=0.4 * number - 10, smile=number / 60)


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """The same as a file, with a tone beside it."""
    path = tmp_path_factory.mktemp("edits") / "film.mp4"
    time_s = np.arange(0, LENGTH_S, 1 / 16000)
    sound = media.Sound(0.3 * np.sin(2 * np.pi * 220 * time_s * (1 + time_s)), 16000)
    return media.write_video(path, (rgb for _, rgb in moving()), RATE_HZ, sound)


def facts(path):
    """What the streams of a file say by PyAV alone: times of pictures, bytes of pictures, the coder's own words."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        packets = [(p.pts, p.size, bytes(p)) for p in container.demux(stream) if p.size]
        times = sorted(float(pts * stream.time_base) for pts, _, _ in packets)
        words = b"".join(content for _, _, content in packets)
    start = words.find(b"options: ")
    said = words[start : words.find(b"\x00", start)].decode("ascii", "ignore") if start >= 0 else ""
    return times, sum(size for _, size, _ in packets), dict(part.split("=", 1) for part in said.split() if "=" in part)


def light(rgb):
    return (rgb.astype(float) / 255) ** picture.GAMMA


# --- size and coding --------------------------------------------------------------------------------------------------


def test_resolution_is_the_mean_of_the_pixels_that_were_there(rgb):
    before = rgb.copy()
    half = picture.resolution(rgb, 200)
    assert half.shape == (200, 240, 3)
    means = rgb.reshape(200, 2, 240, 2, 3).astype(float).mean(axis=(1, 3))
    assert np.abs(half - means).max() <= 1
    assert picture.resolution(rgb, 90).shape == (90, 108, 3)
    assert picture.resolution(rgb, 91.2).shape == (92, 110, 3)  # even, as coders ask for
    assert np.array_equal(picture.resolution(rgb, 400), rgb)
    assert np.array_equal(rgb, before)


def test_more_pixels_show_no_more(rgb):
    larger = picture.resolution(rgb, 720)
    assert larger.shape == (720, 864, 3)
    again = cv2.resize(larger, (480, 400), interpolation=cv2.INTER_AREA).astype(float)
    assert np.sqrt(np.mean((again - rgb) ** 2)) < 4  # smooth in between; nothing new


@pytest.mark.parametrize("width_px", [96, 48])
def test_a_face_is_as_wide_as_was_asked(rgb, box, width_px):
    small = picture.face_width(rgb, width_px, box)
    assert box[2] * small.shape[1] / rgb.shape[1] == pytest.approx(width_px, rel=0.02)
    assert np.array_equal(picture.face_width(small, 5000, box), small)


def test_the_coder_itself_names_the_rate_factor_and_the_bitrate_falls(film, tmp_path):
    sizes = {}
    for crf in (23, 35, 45):
        out = picture.of_file(film, tmp_path / f"{crf}.mp4", lambda frames: frames, crf)
        times, sizes[crf], said = facts(out)
        assert float(said["crf"]) == crf
        assert said["rc"] == "crf"
        assert times == pytest.approx([time_s for time_s, _ in moving()], abs=2 / media.recoding.TICKS_HZ)
    assert sizes[23] > 2 * sizes[35] > 2 * sizes[45]


@pytest.mark.parametrize("crf", [23, 35, 45])
def test_in_memory_the_pictures_are_those_of_a_file_at_the_same_factor(crf):
    given = list(moving())
    made = list(picture.h264(iter(given), crf))
    assert [time_s for time_s, _ in made] == [time_s for time_s, _ in given]
    decoded = list(_coded_by_hand([rgb for _, rgb in given], crf))
    assert all(np.array_equal(mine, theirs) for (_, mine), theirs in zip(made, decoded, strict=True))
    error = [np.sqrt(np.mean((a.astype(float) - b) ** 2)) for (_, a), (_, b) in zip(made, given, strict=True)]
    assert 0.5 < np.mean(error) < 12


def _coded_by_hand(pictures, crf):
    """The same coded with PyAV as its handbook has it, into a file and out of it again."""
    from io import BytesIO

    into = BytesIO()
    with av.open(into, "w", format="matroska") as container:
        stream = container.add_stream("libx264", rate=Fraction(25))
        stream.height, stream.width, stream.pix_fmt = *pictures[0].shape[:2], "yuv420p"
        more = "mbtree=0:threads=1:lookahead-threads=1"
        stream.options = {"preset": "veryfast", "crf": str(crf), "x264-params": more}
        for rgb in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        container.mux(stream.encode(None))
    with av.open(BytesIO(into.getvalue())) as container:
        yield from (frame.to_ndarray(format="rgb24") for frame in container.decode(video=0))


def test_a_single_picture_is_coded_coarser_and_coarser(rgb):
    error = [np.mean(np.abs(picture.h264_still(rgb, crf).astype(int) - rgb)) for crf in (0, 23, 35, 45, 51)]
    assert np.all(np.diff(error) > 0)
    assert error[0] < 1.5
    odd = picture.h264_still(rgb[:-1, :-1], 10)
    assert odd.shape == (399, 479, 3)
    with pytest.raises(media.MediaError, match="constant rate factor of 60; expected 0 to 51"):
        picture.h264_still(rgb, 60)


@pytest.mark.parametrize(("quality", "step"), [(30, 27), (50, 16), (90, 3)])
def test_jpeg_rounds_brightness_to_the_steps_of_its_quality(rgb, quality, step):
    """Annex K of the JPEG standard: the mean of 8 × 8 px is kept in steps of 16 × 50 ÷ quality (below 50) ÷ 8."""
    grey = np.repeat(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    made = picture.jpeg(grey, quality)
    blocks = made[..., 0].reshape(50, 8, 60, 8).astype(float).mean(axis=(1, 3))
    off = (blocks - 128) * 8 / step
    inside = (made[..., 0].reshape(50, 8, 60, 8).min(axis=(1, 3)) > 3) & (blocks < 250)
    assert np.abs(off - np.round(off))[inside].max() < 0.25 * (27 / step if step < 16 else 1)
    assert len(np.unique(np.round(off[inside]))) > 3
    with pytest.raises(ValueError, match="a quality of 0; expected 1 to 100"):
        picture.jpeg(rgb, 0)


def test_blur_is_as_wide_as_was_asked():
    dot = np.zeros((81, 81, 3), np.uint8)
    dot[40, 40] = 255
    spread = picture.blurred(dot.repeat(1, axis=0), 0)
    assert np.array_equal(spread, dot)
    line = np.zeros((81, 81, 3), np.uint8)
    line[:, 40:] = 200
    edge = np.diff(picture.blurred(line, 4.0)[40, :, 0].astype(float))
    place = np.arange(80) + 0.5
    assert np.sqrt(np.average((place - np.average(place, weights=edge)) ** 2, weights=edge)) == pytest.approx(
        4, rel=0.1
    )


# --- light ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dose", [0.4, 0.7, 1.4, 2.5])
def test_gamma_is_the_slope_between_the_logarithms(rgb, dose):
    made = picture.gamma(rgb, dose)
    seen = (rgb > 20) & (rgb < 235) & (made > 20) & (made < 235)
    slope = np.polyfit(np.log(rgb[seen] / 255), np.log(made[seen] / 255), 1)
    assert slope[0] == pytest.approx(dose, rel=0.02)
    assert slope[1] == pytest.approx(0, abs=0.01)
    ends = picture.gamma(np.array([[[0, 128, 255]]], np.uint8), dose)[0, 0]
    assert (ends[0], ends[2]) == (0, 255)
    assert (ends[1] > 128) == (dose < 1)
    assert abs(ends[1] - 255 * (128 / 255) ** dose) <= 0.5


def test_gamma_of_nothing_or_less_is_refused(rgb):
    assert np.array_equal(picture.gamma(rgb, 1), rgb)
    with pytest.raises(ValueError, match="gamma: 0; expected more than 0"):
        picture.gamma(rgb, 0)


@pytest.mark.parametrize("share", [0.5, 0.125])
@pytest.mark.parametrize("from_left", [True, False])
def test_at_the_far_side_the_share_of_light_is_left(box, share, from_left):
    grey = np.full((400, 480, 3), 200, np.uint8)
    made = light(picture.side_light(grey, share, box, from_left)) / light(grey)
    left, right = made[:, : int(box[0])].mean(), made[:, int(box[0] + box[2]) + 1 :].mean()
    near, far = (left, right) if from_left else (right, left)
    assert near == pytest.approx(1, rel=0.01)
    assert far == pytest.approx(share, rel=0.02)
    middle = made[:, int(box[0] + box[2] / 2)].mean()
    assert middle == pytest.approx(np.sqrt(share), rel=0.02)  # half of the stops
    assert np.ptp(made, axis=0).max() == 0
    with pytest.raises(ValueError, match="a share of 0 of the light"):
        picture.side_light(grey, 0, box)


@pytest.mark.parametrize("stops", [1.0, -1.0, 0.3])
def test_a_colour_cast_is_the_light_of_red_over_blue(rgb, stops):
    made = picture.colour_cast(rgb, stops)
    seen = ((made > 30) & (made < 250) & (rgb > 30)).all(axis=2)
    before, after = light(rgb)[seen], light(made)[seen]
    apart = np.log2(after[:, 0] / after[:, 2]) - np.log2(before[:, 0] / before[:, 2])
    assert np.median(apart) == pytest.approx(stops, abs=0.03)
    assert np.array_equal(made[..., 1], rgb[..., 1])
    white = picture.colour_cast(np.full((2, 2, 3), 250, np.uint8), stops)
    assert white[0, 0, 0 if stops > 0 else 2] == 255  # what would be brighter is cut


# --- time -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rate_hz", "count"), [(25, 50), (12.5, 25), (10, 20), (5, 10)])
def test_so_many_pictures_a_second_are_left_each_at_its_own_time(film, tmp_path, rate_hz, count):
    out = picture.of_file(film, tmp_path / "slow.mp4", lambda frames: picture.frame_rate(frames, rate_hz))
    times, _, _ = facts(out)
    assert len(times) == count
    assert np.diff(times).mean() == pytest.approx(1 / rate_hz, rel=0.03)
    before = facts(film)[0]
    assert all(min(abs(time_s - one) for one in before) < 1e-4 for time_s in times)
    kept = dict(media.frames(film))
    for time_s, rgb in media.frames(out):
        same = kept[min(kept, key=lambda one: abs(one - time_s))]
        assert np.sqrt(np.mean((rgb.astype(float) - same) ** 2)) < 2.5


def test_a_video_stands_still_for_as_long_as_was_asked_and_no_longer():
    given = list(moving())
    made = list(picture.frozen(iter(given), 0.8, 0.6))
    assert [time_s for time_s, _ in made] == [time_s for time_s, _ in given]
    same = [np.array_equal(a, b) for (_, a), (_, b) in pairwise(made)]
    stands = [time_s for (time_s, _), still in zip(made[1:], same, strict=True) if still]
    assert len(stands) == round(0.6 * RATE_HZ)
    assert (stands[0], stands[-1]) == (0.8, pytest.approx(1.36))
    moved = [not np.array_equal(a, b) for (_, a), (_, b) in zip(made, given, strict=True)]
    assert sum(moved) == len(stands)
    early = list(picture.frozen(iter(given), 0.0, 0.2))
    assert all(np.array_equal(rgb, given[0][1]) for time_s, rgb in early if time_s < 0.2)
    assert np.array_equal(early[5][1], given[5][1])


# --- what covers a face -----------------------------------------------------------------------------------------------


def changed(before, after):
    """Where two pictures differ, by OpenCV: a mask of 0 and 255."""
    apart = cv2.absdiff(before, after).max(axis=2)
    return cv2.threshold(apart, 0, 255, cv2.THRESH_BINARY)[1]


def test_dark_glasses_cover_two_ellipses_before_the_eyes(points):
    grey = np.full((400, 480, 3), 200, np.uint8)
    mask = changed(grey, picture.dark_glasses(grey, points))
    eyes = [points[list(eye)].mean(axis=0) for eye in picture.EYES]
    apart = np.linalg.norm(eyes[1] - eyes[0])
    thick = 0.05 * apart
    opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((2 * round(thick) + 1,) * 2, np.uint8))
    n, _, stats, middles = cv2.connectedComponentsWithStats(opened)
    assert n == 3  # the wall and two lenses
    expected = np.pi * (0.40 * apart + thick / 2) * (0.31 * apart + thick / 2)
    assert stats[1:, cv2.CC_STAT_AREA] == pytest.approx([expected] * 2, rel=0.06)
    middles = middles[1:][np.argsort(middles[1:, 0])]
    assert np.abs(middles[:, 0] - sorted(eye[0] for eye in eyes)).max() < 0.03 * apart
    assert np.all(np.abs(middles[:, 1] - np.mean(eyes, axis=0)[1]) < 0.1 * apart)


def test_glasses_are_rims_with_eyes_seen_through_them(rgb, points):
    made = picture.glasses(rgb, points)
    mask = changed(rgb, made)
    contours, tree = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    holes = [cv2.contourArea(c) for c, h in zip(contours, tree[0], strict=True) if h[3] >= 0]
    apart = np.linalg.norm(np.subtract(*(points[list(eye)].mean(axis=0) for eye in picture.EYES)))
    lens = np.pi * 0.40 * 0.31 * apart**2
    assert sorted(holes)[-2:] == pytest.approx([lens, lens], rel=0.2)
    for eye in picture.EYES:  # the eye itself is as it was
        x, y = points[list(eye)].mean(axis=0).astype(int)
        assert np.array_equal(made[y - 3 : y + 4, x - 8 : x + 9], rgb[y - 3 : y + 4, x - 8 : x + 9])
    x, y = np.mean([points[list(eye)].mean(axis=0) for eye in picture.EYES], axis=0)
    bridge = x, y + 0.05 * apart
    for x, y in np.round([bridge, *points[list(picture.EARS)]]).astype(int):  # bridge and temples are there
        assert mask[y - 2 : y + 3, x - 2 : x + 3].any()
    covered = np.count_nonzero(mask) / cv2.contourArea(cv2.convexHull(points.astype(np.float32)))
    assert 0.02 < covered < 0.12


REGIONS = {
    "glasses": (picture.MOUTH, (picture.NOSE_TIP, picture.CHIN, picture.FOREHEAD)),
    "dark glasses": (picture.MOUTH, (picture.NOSE_TIP, picture.CHIN, picture.FOREHEAD)),
    "mask": (picture.BROWS, (33, 263, 133, 362, picture.FOREHEAD)),
    "hand": ((picture.MOUTH[0], picture.CHEEKS[0]), (33, 133, 374, picture.FOREHEAD, picture.NOSE_TIP)),
    "hair": (picture.MOUTH, (picture.NOSE_TIP, picture.CHIN)),
}
HIDES = {"mask": (61, 291, 13, 152, 4), "hand": (291,), "hair": (105, 334), "dark glasses": (159, 386)}


@pytest.mark.parametrize("kind", picture.COVERS)
def test_what_covers_a_face_leaves_the_rest_of_the_picture(rgb, points, kind):
    before = rgb.copy()
    made = picture.COVERS[kind](rgb, points)
    assert np.array_equal(rgb, before)
    mask = changed(rgb, made) > 0
    for number in (n for group in REGIONS[kind] for n in group):
        x, y = points[number].round().astype(int)
        assert not mask[y - 2 : y + 3, x - 2 : x + 3].any(), number
    hull = cv2.convexHull(points.astype(np.float32)).reshape(-1, 2)
    middle = hull.mean(axis=0)
    wide = np.zeros(mask.shape, np.uint8)
    reach = 1.5 if kind == "hand" else 1.25  # a hand goes on beyond the cheek
    cv2.fillConvexPoly(wide, (middle + reach * (hull - middle)).round().astype(np.int32), 1)
    assert not mask[wide == 0].any()
    assert mask.any()
    for number in HIDES.get(kind, ()):
        x, y = points[number].round().astype(int)
        assert mask[y, x], number


def test_a_hand_is_on_the_side_that_was_named(rgb, points):
    middle = points[picture.NOSE_BRIDGE, 0]
    left, right = (np.flatnonzero(changed(rgb, picture.hand(rgb, points, s)).any(axis=0)) for s in ("left", "right"))
    assert left.mean() > middle > right.mean()  # the person's own left is to the right of the picture
    assert abs((left.mean() - middle) + (right.mean() - middle)) < 0.25 * abs(left.mean() - right.mean())


def test_every_face_of_a_video_is_covered():
    given = list(moving())[:5]

    def places(time_s, rgb):
        pose = turning(round(time_s * RATE_HZ))
        one = np.stack(SMALL.moved(*photograph.landmarks()[:, :2].T, pose), axis=1)
        return [one, one + np.array([60, -20])]  # and somebody beside

    made = list(picture.covered(iter(given), "mask", places))
    assert [time_s for time_s, _ in made] == [time_s for time_s, _ in given]
    for (time_s, before), (_, after) in zip(given, made, strict=True):
        first, second = places(time_s, before)
        assert np.array_equal(after, picture.mask(picture.mask(before, first), second))
        assert np.count_nonzero(changed(picture.mask(before, first), after)) > 300


# --- whole files ------------------------------------------------------------------------------------------------------


def test_a_file_that_is_written_again_keeps_sound_and_clock_and_can_be_built(film, tmp_path):
    out = picture.of_file(film, tmp_path / "dark.mp4", picture.each(lambda rgb: picture.gamma(rgb, 1.4)))
    before, after = media.sound(film), media.sound(out)
    assert np.array_equal(before.samples, after.samples)
    assert before.start_s == after.start_s
    was, now = dict(media.frames(film)), dict(media.frames(out))
    assert list(now) == pytest.approx(list(was), abs=1e-4)
    for (_, a), (_, b) in zip(was.items(), now.items(), strict=True):
        seen = (a > 30) & (a < 230)
        assert np.polyfit(np.log(a[seen] / 255), np.log(np.maximum(b[seen], 1) / 255), 1)[0] == pytest.approx(
            1.4, abs=0.05
        )


def test_an_identity_changes_nothing_that_is_seen(film, tmp_path):
    out = picture.of_file(film, tmp_path / "same.mp4", lambda frames: frames)
    for (_, a), (_, b) in zip(media.frames(film), media.frames(out), strict=True):
        assert np.mean(np.abs(a.astype(int) - b)) < 2


def test_a_recording_with_irregular_times_keeps_them(film, tmp_path):
    def uneven(frames):
        for number, (time_s, rgb) in enumerate(frames):
            if number % 7 not in (2, 3):
                yield time_s + 0.007 * (number % 3), rgb

    some = [time_s for time_s, _ in uneven(moving())]
    out = picture.of_file(film, tmp_path / "gaps.mp4", uneven)
    assert facts(out)[0] == pytest.approx(some, abs=1e-4)
    assert [time_s for time_s, _ in media.pictures(out)] == pytest.approx(some, abs=1e-4)


def test_files_that_cannot_be_written_are_refused_with_what_would_do(film, tmp_path):
    with pytest.raises(media.MediaError, match=r"another file than film\.mp4 that ends in \.mp4"):
        picture.of_file(film, film, lambda frames: frames)
    with pytest.raises(media.MediaError, match=r"ends in \.mp4"):
        picture.of_file(film, tmp_path / "film.avi", lambda frames: frames)
    with pytest.raises(media.MediaError, match="leaves no picture"):
        picture.of_file(film, tmp_path / "none.mp4", lambda frames: iter(()))


# --- real photographs -------------------------------------------------------------------------------------------------


def test_the_landmarks_of_a_real_face_lie_on_it_and_a_drawing_hides_it_from_the_network(shared):
    from mien.corpora import london

    row = london.recordings(shared / "data" / "london_faces").iloc[20]
    rgb = next(media.frames(row["path"]))[1]
    found = face.extract([(0.0, rgb)]).iloc[0]
    box = found[["box_x_px", "box_y_px", "box_w_px", "box_h_px"]].to_numpy(float)
    points = face.landmarks(rgb, box)
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    assert np.abs(np.r_[low, high - low] - box).max() < 0.05 * box[2]
    assert face.landmarks(np.zeros_like(rgb), box) is None
    masked = face.extract([(0.0, picture.mask(rgb, points))])
    shapes = ["bs_mouthSmileLeft", "bs_jawOpen", "bs_mouthPucker"]
    assert masked.empty or np.abs(masked.iloc[0][shapes] - found[shapes]).max() > 0.01
