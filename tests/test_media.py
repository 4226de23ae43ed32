"""Media: every container on one clock, true times, and damaged or odd files end in one clear error or a warning."""

import math
import re
import threading
import wave
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from mien import media, store
from mien.media import files, hearing, seeing

RATE = 16000


def pictures(number, size=(64, 96)):
    """Pictures that grow brighter from frame to frame."""
    return [np.full((*size, 3), 20 + 4 * k, np.uint8) for k in range(number)]


def beep(seconds=1.0, at_s=0.0, rate_hz=RATE):
    """Silence, then a tone from ``at_s`` on."""
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    return (0.5 * np.sin(2 * np.pi * 440 * t) * (t >= at_s)).astype(np.float32)


def onset_s(sound):
    return sound.start_s + np.flatnonzero(np.abs(sound.samples) > 0.1)[0] / sound.rate_hz


def encode(
    path, video=None, audio=None, pts=None, rotation=0, rate=25, start_s=0.0, audio_start_s=0.0, audio_rate=48000
):
    """Write a small file with the named encoders, with free timestamps (``pts``, milliseconds) and rotation."""
    with av.open(str(path), "w") as container:
        if video:
            stream = container.add_stream(video, rate=rate)
            stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
            stream.codec_context.max_b_frames = 0
            if pts:
                stream.codec_context.time_base = Fraction(1, 1000)
            if rotation:
                stream.set_display_rotation(rotation)
        if audio:
            sound = container.add_stream(audio, rate=audio_rate, layout="mono")
        if video:
            for k, picture in enumerate(pictures(25)):
                if rotation:
                    picture = picture.copy()
                    picture[:, :48] = 0  # the left half is dark, so that a turn can be seen
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = k + round(start_s * rate), Fraction(1, rate)
                if pts:
                    frame.pts, frame.time_base = pts[k], Fraction(1, 1000)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        if audio:
            form = sound.codec_context.format.name if sound.codec_context.format else "fltp"
            resampler = av.AudioResampler(format=form, layout="mono", rate=audio_rate, frame_size=1152)
            tone = beep(1.0, 0.5, audio_rate)
            frame = av.AudioFrame.from_ndarray(tone[None], format="fltp", layout="mono")
            frame.sample_rate, frame.time_base = audio_rate, Fraction(1, audio_rate)
            frame.pts = round(audio_start_s * audio_rate)
            for piece in (*resampler.resample(frame), *resampler.resample(None)):
                container.mux(sound.encode(piece))
            container.mux(sound.encode(None))
    return path


def frames_of(path, **more):
    told = {}
    seen = list(media.frames(path, told=told, **more))
    return [t for t, _ in seen], [rgb for _, rgb in seen], told


# ---- what goes in comes out -----------------------------------------------------------------------------------------


def test_video_and_sound_written_and_read_again(tmp_path):
    path = media.write_video(tmp_path / "a.mp4", pictures(25), 25, media.Sound(beep(1.0, 0.4), RATE, 0.1))
    info = media.probe(path)
    assert (info.has_video, info.has_audio, info.width_px, info.height_px) == (True, True, 96, 64)
    assert info.frame_rate_hz == pytest.approx(25)
    times, seen, told = frames_of(path)
    assert times == pytest.approx([k / 25 for k in range(25)])
    assert seen[0].shape == (64, 96, 3)
    assert seen[0].dtype == np.uint8
    assert [int(rgb.mean()) for rgb in seen] == pytest.approx([20 + 4 * k for k in range(25)], abs=3)
    assert told["frames"] == 25
    assert told["warnings"] == []
    assert onset_s(media.sound(path)) == pytest.approx(0.5, abs=0.004)


@pytest.mark.parametrize("ending", ["wav", "flac"])
def test_sound_written_and_read_again(tmp_path, ending):
    tone = beep(0.5)
    path = media.write_sound(tmp_path / f"a.{ending}", tone, RATE)
    heard = media.sound(path)
    assert heard.samples.dtype == np.float32
    assert heard.rate_hz == RATE
    np.testing.assert_allclose(heard.samples, tone, atol=1e-4)
    info = media.probe(path)
    assert not info.has_video
    assert math.isnan(info.video_start_s)
    assert info.duration_s == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("ending", "video", "audio", "audio_rate"),
    [
        ("mp4", "libx264", "aac", 48000),
        ("mov", "libx264", "aac", 48000),
        ("mkv", "libx264", "flac", 48000),
        ("webm", "libvpx", "libopus", 48000),
        ("flv", "flv", "libmp3lame", 44100),
        ("mpg", "mpeg1video", "mp2", 44100),
        ("avi", "mpeg4", "pcm_s16le", 44100),
        ("m4a", None, "aac", 48000),
        ("mp3", None, "libmp3lame", 44100),
        ("wav", None, "pcm_s16le", 48000),
        ("flac", None, "flac", 48000),
        ("ogg", None, "libopus", 48000),
    ],
)
def test_every_container_on_one_clock(tmp_path, ending, video, audio, audio_rate):
    path = encode(tmp_path / f"a.{ending}", video, audio, audio_rate=audio_rate)
    info = media.probe(path)
    assert (info.has_video, info.has_audio) == (video is not None, True)
    assert info.duration_s == pytest.approx(1.0, abs=0.1)
    assert onset_s(media.sound(path)) == pytest.approx(0.5, abs=0.06)
    if video:
        times, _, _ = frames_of(path)
        assert len(times) == 25
        assert times[0] == pytest.approx(0, abs=0.06)
        assert np.diff(times) == pytest.approx([0.04] * 24, abs=0.0011)


def test_stereo_is_mixed_to_one_channel(tmp_path):
    path = tmp_path / "stereo.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=RATE, layout="stereo")
        both = np.stack([np.full(1600, 16384, np.int16), np.zeros(1600, np.int16)], axis=1).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(both, format="s16", layout="stereo")
        frame.sample_rate = RATE
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert media.sound(path).samples[800] == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("n", [2, 3, 7, 8, 9, 24])
def test_many_channels_are_mixed_to_one_channel(tmp_path, n):
    """A microphone array or a recorder of eight tracks; PyAV 18 read beyond its memory at eight planes."""
    path, levels = tmp_path / "many.wav", np.arange(n) * 1000
    with wave.open(str(path), "wb") as file:
        file.setnchannels(n)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.tile(levels, (1600, 1)).astype("<i2").tobytes())
    found = media.sound(path)
    assert len(found.samples) == 1600 * found.rate_hz / RATE
    assert found.samples[len(found.samples) // 2] == pytest.approx(levels.mean() / 2**15, rel=0.02)


# ---- time -----------------------------------------------------------------------------------------------------------


def test_variable_frame_rate_keeps_true_times(tmp_path):
    pts = np.cumsum([0] + [20, 120, 33] * 8).tolist()
    times, _, told = frames_of(encode(tmp_path / "a.mkv", "libx264", pts=pts))
    assert times == pytest.approx(np.array(pts) / 1000, abs=0.001)
    assert told["duplicate_times"] == 0


def test_sampled_rate_stays_on_its_grid(tmp_path):
    path = media.write_video(tmp_path / "a.mp4", pictures(50), 25)
    times, _, told = frames_of(path, rate_hz=10)
    assert len(times) == 20
    assert np.array(times) - np.arange(20) / 10 == pytest.approx(np.zeros(20), abs=0.0201)
    assert told["decoded"] == 50


def test_streams_that_start_late(tmp_path):
    late_video = encode(tmp_path / "a.mkv", "libx264", "flac", pts=[500 + 40 * k for k in range(25)])
    info = media.probe(late_video)
    assert info.video_start_s == pytest.approx(0.5, abs=0.001)
    assert info.audio_start_s == pytest.approx(0, abs=0.001)
    assert frames_of(late_video)[0][0] == pytest.approx(0.5, abs=0.001)
    late_sound = encode(tmp_path / "b.mkv", "libx264", "flac", audio_start_s=2.0)
    assert media.probe(late_sound).audio_start_s == pytest.approx(2.0, abs=0.001)
    heard = media.sound(late_sound)
    assert heard.start_s == pytest.approx(2.0, abs=0.001)
    assert onset_s(heard) == pytest.approx(2.5, abs=0.004)


def test_transport_stream_counts_from_its_earliest_stream(tmp_path):
    path = encode(tmp_path / "a.ts", "mpeg2video", "mp2", start_s=1.4, audio_start_s=1.6)
    with av.open(str(path)) as container:
        assert min(float(s.start_time * s.time_base) for s in container.streams) > 1
    info = media.probe(path)
    assert info.video_start_s == pytest.approx(0, abs=0.05)
    assert info.audio_start_s == pytest.approx(0.2, abs=0.05)
    assert frames_of(path)[0][0] == pytest.approx(0, abs=0.05)
    assert onset_s(media.sound(path)) == pytest.approx(0.7, abs=0.05)


def blank(pts):
    """A decoded frame with a given time, in milliseconds."""
    frame = av.VideoFrame(2, 2, "rgb24")
    frame.pts, frame.time_base = pts, Fraction(1, 1000)
    return frame


def test_negative_and_repeated_times_are_counted_not_shown(tmp_path, monkeypatch):
    path = media.write_video(tmp_path / "a.mp4", pictures(3), 25)
    monkeypatch.setattr(files, "decoded", lambda *_: map(blank, [-40, 0, 0, 40, 30, None, 80]))
    times, _, told = frames_of(path)
    assert times == pytest.approx([0, 0.04, 0.08])
    assert (told["negative_times"], told["duplicate_times"], told["decode_errors"]) == (1, 2, 1)


@pytest.mark.parametrize("kept", ["in memory", "in a file"])
def test_a_gap_in_the_sound_becomes_silence_of_its_length(tmp_path, kept):
    told = {"sound_gaps": 0, "sound_gap_s": 0.0}
    ones = np.ones(800, np.float32)
    pieces = [(1.0, ones), (None, ones), (1.5, ones), (None, ones), (1.53, ones), (None, ones)]
    with (tmp_path / "spool").open("w+b") as file:
        keeper = hearing._Held() if kept == "in memory" else hearing.Spool(file)
        start_s, count = hearing._joined(pieces, RATE, keeper, told)
        samples = keeper.whole()[:]
    assert start_s == 1.0
    assert len(samples) == count == round((1.53 + 0.1 - 1.0) * RATE)
    assert samples[1600:8000].max() == 0
    assert samples[8000:].min() == 1
    assert told == {"sound_gaps": 2, "sound_gap_s": pytest.approx(0.4)}


@pytest.mark.parametrize("start_s", [0.0, 0.3, -0.2])
def test_sound_in_a_file_is_the_sound_in_memory(tmp_path, monkeypatch, start_s):
    wave = np.sin(np.arange(RATE) / 7).astype(np.float32) / 2
    path = media.write_sound(tmp_path / "a.wav", wave, RATE)
    monkeypatch.setattr(files, "origin_s", lambda _: -start_s)  # the file then begins so late, or so early
    held, folder = media.sound(path), tmp_path / "parts"
    with media.spooled(path, folder) as spooled:
        assert isinstance(spooled.samples, hearing.Spool)
        assert (spooled.start_s, spooled.end_s) == (held.start_s, held.end_s)
        assert np.array_equal(spooled.samples[:], held.samples)
        cut, same = (one.between(0.4, 0.7) for one in (spooled, held))
        assert np.array_equal(cut.samples, same.samples)
    assert [*folder.iterdir()] == []


@pytest.mark.parametrize("turn", [90, 180, -90])
def test_rotation_is_applied(tmp_path, turn):
    path = encode(tmp_path / "a.mp4", "libx264", rotation=turn)
    info = media.probe(path)
    size = (96, 64) if turn == 180 else (64, 96)
    assert (info.width_px, info.height_px, info.rotation_deg) == (*size, turn)
    picture = frames_of(path)[1][-1].mean(axis=2)
    assert picture.shape == size[::-1]
    dark = {90: picture[48:], 180: picture[:, 48:], -90: picture[:48]}[turn]  # where the dark left half must lie now
    assert dark.mean() < 30
    assert picture.mean() > 45


# ---- pixels only where they are asked for -----------------------------------------------------------------------


def filmed(path, size=(96, 64), colours=None, full_range=False, rotation=0, form="yuv420p"):
    """A short film of coloured noise that was smoothed, so that colour and brightness both have edges."""
    rng = np.random.default_rng(3)
    noise = rng.integers(0, 256, (size[1] // 4 + 1, size[0] // 4 + 1, 3), dtype=np.uint8)
    picture = np.kron(noise, np.ones((4, 4, 1), np.uint8))[: size[1], : size[0]]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1" if form == "yuv444p" else "libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = *size, form
        if stream.codec.name == "libx264":
            stream.options = {"crf": "12"}
        if colours:
            stream.codec_context.colorspace, stream.codec_context.color_range = colours, 2 if full_range else 1
        if rotation:
            stream.set_display_rotation(rotation)
        for k in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.roll(picture, k, axis=1), format="rgb24")))
        container.mux(stream.encode(None))
    return path


def by_pyav(path):
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        return np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90)), frame.format.name


PLACES = [(0, 0, 16, 16), (3, 5, 21, 17), (10, 7, 30, 30), (40, 20, 12, 31)]


@pytest.mark.parametrize(
    ("how", "form"),
    [
        ({}, "yuv420p"),
        ({"colours": 1}, "yuv420p"),
        ({"colours": 1, "full_range": True}, "yuv420p"),
        ({"rotation": 90}, "yuv420p"),
        ({"rotation": 180, "colours": 1}, "yuv420p"),
        ({"rotation": -90}, "yuv420p"),
        ({"form": "yuv444p"}, "yuv444p"),
        ({"form": "yuv420p", "size": (70, 54)}, "yuv420p"),
    ],
    ids=str,
)
def test_a_part_has_the_colours_of_the_whole_frame_digit_by_digit(tmp_path, how, form):
    path = filmed(tmp_path / "a.mkv", **how) if "form" in how else filmed(tmp_path / "a.mp4", **how)
    _, picture = next(media.pictures(path))
    whole, found = by_pyav(path)
    assert found.replace("j", "") == form
    assert picture.shape == whole.shape
    for x, y, w, h in PLACES:
        np.testing.assert_array_equal(picture.part(x, y, w, h), whole[y : y + h, x : x + w])
    np.testing.assert_array_equal(picture.rgb(), whole)
    np.testing.assert_array_equal(picture.part(3, 5, 21, 17), whole[5:22, 3:24])  # now cut from the whole
    assert picture.part(3, 5, 20, 20, size_px=10).shape == (10, 10, 3)
    weights = (0.2126, 0.7152, 0.0722) if how.get("colours") == 1 else (0.299, 0.587, 0.114)  # bt709, bt601
    small = cv2.resize(np.ascontiguousarray(whole), (16, 9), interpolation=cv2.INTER_AREA)
    assert np.abs(picture.grey(16, 9) - small @ np.array(weights)).max() <= 3
    assert picture.grey(8, 8, (3, 5, 20, 20)).shape == (8, 8)


def test_an_array_is_a_picture_too():
    rgb = np.arange(30 * 40 * 3, dtype=np.uint8).reshape(30, 40, 3)
    picture = media.Picture.of(rgb)
    assert media.Picture.of(picture) is picture
    np.testing.assert_array_equal(picture.part(3, 5, 9, 7), rgb[5:12, 3:12])
    np.testing.assert_array_equal(picture.rgb(), rgb)
    assert picture.grey(8, 6).shape == (6, 8)


def test_parts_of_every_real_clip_have_the_colours_of_the_whole(shared):
    for path in sorted((shared / "data" / "clips").glob("*.m*")) + sorted((shared / "data" / "clips").glob("*.webm")):
        _, picture = next(media.pictures(path))
        whole, _ = by_pyav(path)
        for x, y, w, h in [*PLACES, (101, 77, 133, 99)]:
            np.testing.assert_array_equal(picture.part(x, y, w, h), whole[y : y + h, x : x + w], err_msg=path.name)


# ---- decoded ahead, and from the middle --------------------------------------------------------------------------


def test_errors_of_the_decoding_thread_reach_the_one_who_looks():
    def broken():
        yield 1
        raise media.MediaError("the disk is gone")

    ahead = seeing._ahead(broken())
    assert next(ahead) == 1
    with pytest.raises(media.MediaError, match="disk is gone"):
        next(ahead)


def test_who_stops_looking_stops_the_decoding_and_closes_the_file(tmp_path):
    closed, made = [], []

    def source():
        try:
            for k in range(1000):
                made.append(k)
                yield k
        finally:
            closed.append(True)

    before = threading.active_count()
    ahead = seeing._ahead(source())
    assert [next(ahead), next(ahead)] == [0, 1]
    ahead.close()
    assert closed == [True]
    assert len(made) <= 2 + seeing.AHEAD + 1
    assert threading.active_count() == before


@pytest.mark.parametrize("rate_hz", [None, 10.0, 7.0])
@pytest.mark.parametrize("clip", ["four_person_gallery.mp4", "one_person_webcam_silent.webm", "stage_cuts_profile.mp4"])
def test_cut_into_pieces_the_same_frames_come_out(shared, clip, rate_hz):
    path = shared / "data" / "clips" / clip
    whole = [(t, p.grey(32, 18)) for t, p in media.pictures(path, rate_hz=rate_hz, end_s=9.0)]
    pieces = []
    for start_s, end_s in ((0.0, 2.93), (2.93, 6.07), (6.07, 9.0)):
        told = {}
        pieces += [
            (t, p.grey(32, 18))
            for t, p in media.pictures(path, rate_hz=rate_hz, start_s=start_s, end_s=end_s, told=told)
        ]
    assert [t for t, _ in pieces] == [t for t, _ in whole]
    for (_, a), (_, b) in zip(pieces, whole, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_late_piece_is_decoded_from_the_whole_picture_before_it(tmp_path):
    path = media.write_video(tmp_path / "a.mp4", pictures(50) * 24, 25)  # x264 sets a whole picture every 250 frames
    told = {}
    assert len(list(media.pictures(path, start_s=44.0, end_s=45.0, told=told))) == 25
    assert told["decoded"] < 300
    assert "picture_end_s" in told


def test_a_file_without_an_index_is_decoded_from_its_start(tmp_path):
    path = encode(tmp_path / "a.ts", "mpeg2video", "mp2", start_s=1.4, audio_start_s=1.4)
    assert not seeing.can_begin_at(path, 0.9)
    whole = [t for t, _ in media.pictures(path)]
    assert [t for t, _ in media.pictures(path, start_s=0.8)] == [t for t in whole if t >= 0.8]


# ---- bad input ------------------------------------------------------------------------------------------------------


def test_missing_empty_and_text_files(tmp_path):
    with pytest.raises(media.MediaError, match=r"none\.mp4: expected a media file .* found nothing"):
        media.probe(tmp_path / "none.mp4")
    with pytest.raises(media.MediaError, match="found a folder"):
        media.probe(tmp_path)
    empty, text = tmp_path / "empty.mp4", tmp_path / "text.mp4"
    empty.write_bytes(b"")
    text.write_text("This is a letter, not a film.\n" * 50)
    with pytest.raises(media.MediaError, match=r"empty\.mp4: the file is empty"):
        media.probe(empty)
    for read in (media.probe, media.sound, lambda path: list(media.frames(path))):
        with pytest.raises(media.MediaError, match=r"text\.mp4: expected video or sound"):
            read(text)


def test_video_without_sound_and_sound_without_video(tmp_path):
    silent = media.write_video(tmp_path / "silent.mp4", pictures(5), 25)
    with pytest.raises(media.MediaError, match=r"silent\.mp4: expected sound; found video"):
        media.sound(silent)
    assert math.isnan(media.probe(silent).audio_start_s)
    speech = media.write_sound(tmp_path / "speech.wav", beep(), RATE)
    with pytest.raises(media.MediaError, match=r"speech\.wav: expected picture; found audio"):
        list(media.frames(speech))


def test_truncated_mp4(tmp_path):
    whole = media.write_video(tmp_path / "a.mp4", pictures(50), 25, media.Sound(beep(2), RATE))
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[:3000])  # the index at the end is gone: nothing can be decoded
    with pytest.raises(media.MediaError, match=r"cut\.mp4: expected video or sound"):
        media.probe(cut)


def noisy(path, video, audio, rate_hz=48000):
    """Four seconds of noise in picture and sound, side by side, so that half of the bytes is half of the time."""
    rng = np.random.default_rng(1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(video, rate=25) if video else None
        if video:
            stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        sound = container.add_stream(audio, rate=rate_hz, layout="mono")
        form = sound.codec_context.format.name if sound.codec_context.format else "fltp"
        resampler = av.AudioResampler(format=form, layout="mono", rate=rate_hz, frame_size=1152)
        for k in range(100):
            if video:
                picture = rng.integers(0, 255, (64, 96, 3), dtype=np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            hiss = (0.3 * rng.standard_normal((1, rate_hz // 25))).astype(np.float32)
            frame = av.AudioFrame.from_ndarray(hiss, format="fltp", layout="mono")
            frame.sample_rate, frame.time_base, frame.pts = rate_hz, Fraction(1, rate_hz), k * (rate_hz // 25)
            for piece in resampler.resample(frame):
                container.mux(sound.encode(piece))
        container.mux(sound.encode(None))
        if video:
            container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("ending", "video", "audio", "words"),
    [
        ("webm", "libvpx", "libopus", r"states 4\.0. s"),
        ("mkv", "libx264", "flac", r"states 4\.0. s"),
        ("flv", "flv", "pcm_s16le", r"states 4\.0. s"),
        ("wav", None, "pcm_s16le", r"lacks 19\d{4} bytes"),
        ("avi", "mpeg4", "pcm_s16le", r"lacks \d+ bytes"),
        ("mp3", None, "libmp3lame", r"states 4\.0. s"),
        ("flac", None, "flac", r"states 3\.9. s"),
    ],
)
def test_a_file_cut_short_gives_what_can_be_decoded_and_a_warning(tmp_path, ending, video, audio, words):
    whole = noisy(tmp_path / f"a.{ending}", video, audio, 44100 if ending in ("flv", "avi") else 48000)
    short = tmp_path / f"short.{ending}"
    short.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    for read in [told_of_sound, *([told_of_pictures] if video else [])]:
        assert read(whole)["warnings"] == []
        told = read(short)
        assert 1.5 < told["end_s"] < 2.5
        assert re.search(words, " ".join(told["warnings"]))


def told_of_pictures(path):
    told = {}
    list(media.pictures(path, told=told))
    return told | {"end_s": told["picture_end_s"]}


def told_of_sound(path):
    told = {}
    return {"end_s": media.sound(path, told=told).end_s} | told


def test_a_file_that_never_states_its_length_is_used_with_a_warning(tmp_path):
    """What a browser records: a matroska file without a length, because nobody went back to write one."""
    path = tmp_path / "live.webm"
    remuxed(noisy(tmp_path / "a.webm", "libvpx", "libopus"), path, live="1")
    assert media.probe(path).duration_s == pytest.approx(4.0, abs=0.1)  # by looking at its packets
    told = told_of_pictures(path)
    assert told["end_s"] == pytest.approx(4.0, abs=0.05)
    assert any("does not state how long its picture is" in words for words in told["warnings"])


def test_a_truncated_mp4_with_its_index_first(tmp_path):
    whole = remuxed(noisy(tmp_path / "a.mp4", "libx264", "aac"), tmp_path / "front.mp4", movflags="faststart")
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    times, _, told = frames_of(whole)
    assert 20 < len(times) < 80
    assert any("states 4.00 s of picture" in warning for warning in told["warnings"])
    late = {}
    assert list(media.pictures(whole, start_s=3.0, told=late)) == []  # a piece that lies in what is missing


def remuxed(source, target, **options):
    """The same packets in a file that is written otherwise."""
    with av.open(str(source)) as read, av.open(str(target), "w", options=options) as write:
        streams = {stream.index: write.add_stream_from_template(stream) for stream in read.streams}
        for packet in read.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                write.mux(packet)
    return target


def test_frames_after_the_stated_end_count(tmp_path):
    """The last frame of a variable-rate file is shown until its own end, whatever the head says."""
    path = encode(tmp_path / "a.mkv", "libx264", pts=[40 * k for k in range(24)] + [3000])
    told = told_of_pictures(path)
    assert told["picture_end_s"] >= 3.0


def test_nothing_to_decode_is_an_error(tmp_path, monkeypatch):
    path = media.write_video(tmp_path / "a.mp4", pictures(3), 25, media.Sound(beep(), RATE))
    monkeypatch.setattr(files, "decoded", lambda *_: iter(()))
    with pytest.raises(media.MediaError, match="no picture could be decoded"):
        list(media.frames(path))
    with pytest.raises(media.MediaError, match="no sound could be decoded"):
        media.sound(path)


def test_writing_refuses_what_it_cannot_write(tmp_path):
    with pytest.raises(media.MediaError, match=r"95 × 64 px; H\.264 needs an even"):
        media.write_video(tmp_path / "a.mp4", [np.zeros((64, 95, 3), np.uint8)], 25)
    with pytest.raises(media.MediaError, match=r"as \.wav or \.flac; found '\.mp3'"):
        media.write_sound(tmp_path / "a.mp3", beep(), RATE)


def test_between_keeps_its_own_time():
    sound = media.Sound(np.arange(100, dtype=np.float32), 100, 5.0)
    part = sound.between(5.2, 5.5)
    assert (part.start_s, part.end_s, len(part.samples)) == (5.2, 5.5, 30)
    assert len(sound.between(0, 1).samples) == 0
    assert len(sound.between(0, 99).samples) == 100


# ---- the real clips -------------------------------------------------------------------------------------------------


def test_real_clips_sit_on_the_right_clock(shared):
    clips = shared / "data" / "clips"
    stage, late = media.probe(clips / "stage_cuts_profile.mp4"), media.probe(clips / "one_person_then_no_face.mov")
    assert stage.video_start_s == pytest.approx(0.852, abs=0.001)
    assert next(media.frames(clips / "stage_cuts_profile.mp4"))[0] == pytest.approx(0.852, abs=0.001)
    assert late.audio_start_s == pytest.approx(2.43, abs=0.001)
    assert media.sound(clips / "one_person_then_no_face.mov").start_s == pytest.approx(2.43, abs=0.001)


@pytest.mark.parametrize("kbit_s", [None, 40])
def test_the_same_pictures_always_give_the_same_bytes(tmp_path, kbit_s):
    rng = store.rng("pictures to encode")
    wall, spot = rng.integers(0, 255, (240, 320, 3), dtype=np.uint8), rng.integers(0, 255, (60, 80, 3), dtype=np.uint8)
    pictures = [wall.copy() for _ in range(60)]
    for number, picture in enumerate(pictures):
        picture[3 * number : 3 * number + 60, 4 * number : 4 * number + 80] = spot
    files = [media.write_video(tmp_path / f"{n}.mp4", pictures, 25, kbit_s=kbit_s).read_bytes() for n in range(6)]
    assert len(set(files)) == 1
