"""Picture and sound keep one clock, or it is found how far they are apart by the mouths; and never out of nothing."""

import numpy as np
import pandas as pd
import pytest

from mien import face, media, people, recordings, river, sources, store, voice, windows
from mien.river import mouths

USUAL_S = people.LipSettings().usual_s


def world(seconds=40.0, rate_hz=25.0, late_s=0.0, name="lips", related=True):
    """A mouth and a voice that follow one random syllable train, the voice ``usual_s`` + ``late_s`` later."""
    rng = store.rng(name)
    fine = np.arange(-2, seconds + 2, 0.01)

    def train():
        phrases = np.repeat(rng.random(len(fine) // 120 + 1) > 0.3, 120)[: len(fine)]
        size = np.repeat(rng.random(len(fine) // 20 + 1), 20)[: len(fine)] * phrases
        return np.convolve(size, np.hanning(15) / np.hanning(15).sum(), "same")

    open_by = train()
    said = open_by if related else train()
    times = np.round(np.arange(0, seconds, 1 / rate_hz), 3)
    mouth = 0.01 + 0.12 * np.interp(times, fine, open_by) + 0.002 * rng.standard_normal(len(times))
    faces = pd.DataFrame({"time_s": times, "person_id": "p1", "mouth_opening": mouth})
    at = np.arange(0, seconds, 0.01)
    heard = np.interp(at - USUAL_S - late_s, fine, said)
    sound = pd.DataFrame({"time_s": at, "level_db": -60 + 40 * np.sqrt(heard) + rng.standard_normal(len(at))})
    return faces, sound, pd.DataFrame({"start_s": [0.0], "end_s": [seconds]})


@pytest.mark.parametrize("rate_hz", [10.0, 25.0])
@pytest.mark.parametrize("late_s", [-0.3, -0.1, 0.0, 0.085, 0.3])
def test_a_known_lag_is_found_within_a_frame_and_told_where_it_matters(late_s, rate_hz):
    settings = people.LipSettings()
    found = people.lip_lag(*world(late_s=late_s, rate_hz=rate_hz), settings)
    assert found.lag_s == pytest.approx(late_s, abs=0.02)
    assert found.low_s < late_s < found.high_s
    assert found.trust > 0.9
    assert found.is_sure(settings) == (late_s != 0)


def test_a_mouth_that_has_nothing_to_do_with_the_sound_is_no_sure_lag():
    settings = people.LipSettings()
    found = [people.lip_lag(*world(name=f"strangers {k}", related=False), settings) for k in range(12)]
    assert sum(one.is_sure(settings) and one.is_large(settings) for one in found) <= 1
    assert np.mean([one.trust for one in found]) < 0.6


def test_speech_of_a_name_counts_for_its_own_face_only():
    faces, sound, speech = world(late_s=0.2)
    other, _, _ = world(name="other")
    both = pd.concat([faces, other.assign(person_id="p2", time_s=other["time_s"] + 0.1)])
    right = people.lip_lag(both, sound, speech.assign(person_id="p1"))
    wrong = people.lip_lag(both, sound, speech.assign(person_id="p2"))
    unknown = people.lip_lag(both, sound, speech)
    assert right.lag_s == pytest.approx(0.2, abs=0.02)
    assert unknown.lag_s == pytest.approx(0.2, abs=0.02)
    assert wrong.agreement < right.agreement / 2


def test_without_faces_speech_or_sound_there_is_no_lag():
    faces, sound, speech = world(5.0)
    for asked in ((faces.iloc[:0], sound, speech), (faces, sound.iloc[:0], speech), (faces, sound, speech.iloc[:0])):
        found = people.lip_lag(*asked)
        assert (np.isnan(found.lag_s), found.trust, found.speech_s) == (True, 0.0, 0.0)
        told = mouths.lips_told(found, people.LipSettings())
        assert (told["lag_s"], told["is_large"], told["is_sure"]) == (None, False, False)
        assert list(mouths.out_of_step("r", told)) == []


def test_a_long_recording_is_looked_at_in_pieces_all_over_it():
    settings = people.LipSettings(pieces=3, piece_s=5.0)
    chosen = people.lips._chosen(np.ones(3000), settings)
    assert chosen.shape == (3, 250)
    assert chosen[0].max() < 1000 <= chosen[1].min() <= chosen[1].max() < 2000 <= chosen[2].min()
    faces, sound, speech = world(60.0, late_s=0.15)
    assert people.lip_lag(faces, sound, speech, settings).lag_s == pytest.approx(0.15, abs=0.03)


# ---- down the river --------------------------------------------------------------------------------------------------

WHOLE = river.RiverSettings(window=windows.WindowSettings(length_s=None, calibration_s=4.0))


def late(talk, folder, late_s):
    """The SYNTHETIC meeting in one file whose sound comes ``late_s`` after the picture."""
    sound = media.sound(talk / "gallery.mp4")
    n = round(abs(late_s) * sound.rate_hz)
    quiet = np.zeros(n, np.float32)
    samples = np.r_[quiet, sound.samples] if late_s >= 0 else np.r_[sound.samples[n:], quiet]
    pictures = (np.ascontiguousarray(picture.rgb()) for _, picture in media.pictures(talk / "gallery.mp4"))
    folder.mkdir()
    media.write_video(folder / "gallery.mp4", pictures, 25.0, media.Sound(samples, sound.rate_hz))
    return folder / "gallery.mp4"


def test_streams_that_are_apart_are_told_and_mouths_are_compared_on_one_clock(talk, tmp_path):
    """The synthetic mouth opens with its voice and not before it: its sound is ``usual_s`` early as real ones go."""
    made = {}
    for late_s in (0.0, 0.4):
        file = late(talk, tmp_path / f"late {late_s}", late_s)
        report = river.build(recordings.read(file), tmp_path / f"out {late_s}", WHOLE)
        told = report["recordings"]["gallery"]["lips"]
        assert told["lag_s"] == pytest.approx(late_s - USUAL_S, abs=0.03)
        made[late_s] = told, [words for words in report["warnings"] if "against the mouths" in words], report
    told, warned, _ = made[0.4]
    assert told["is_large"]
    assert told["is_sure"]
    assert told["mouths_compared_at_s"] == told["lag_s"]
    assert len(warned) == 1
    assert "ms late against the mouths" in warned[0]
    assert "no published time is changed" in warned[0]
    told, warned, _ = made[0.0]
    assert (told["is_large"], told["mouths_compared_at_s"], warned) == (False, 0.0, [])
    both = [sum(one["trust"] for name, one in made[k][2]["recordings"]["gallery"]["mouths"].items()) for k in made]
    assert both[1] > 0.8 * both[0]


def test_a_doubtful_lag_is_told_and_moves_nothing():
    doubtful = people.LipLag(0.2, -0.1, 0.3, 0.5, 20.0, 0.5)
    told = mouths.lips_told(doubtful, people.LipSettings())
    assert told["mouths_compared_at_s"] == 0.0
    (words,) = mouths.out_of_step("r", told)
    assert words == (
        "r: the sound is 200 ms late against the mouths (-100 to +300 ms, trust 0.50, 20 s of speech), but that is not "
        "sure: nothing was moved"
    )


def test_real_clips_keep_step(shared):
    """Two clips of one sentence each: as good as so little speech allows, and no more trusted than that."""
    for name in ("grid_speaker_1.mpg", "grid_speaker_2.mpg"):
        path, told = shared / "data" / "clips" / name, {}
        tracks = face.extract(media.frames(path), None, sources.find(face.MODEL), told)
        faces, _ = people.assign(tracks, told["frame_times_s"])
        sound = media.sound(path)
        rows, speech = voice.frames(sound), voice.speech(sound)
        found = people.lip_lag(faces, rows, speech)
        assert abs(found.lag_s) < 0.08
        moved = people.lip_lag(faces, rows.assign(time_s=rows["time_s"] + 0.2), speech)
        assert moved.lag_s - found.lag_s == pytest.approx(0.2, abs=0.04)
        assert not found.is_sure(people.LipSettings())
