"""Jitter, shimmer, harmonicity and formants by Praat: only where asked for; SYNTHETIC cycles of known truth; clips."""

import math

import numpy as np
import pandas as pd
import pytest

from mien import __main__, media, river, store, tables, voice
from mien.river.sounds import NOT_OWN
from mien.synthetic.voices import cycles
from mien.voice import praat

RATE = 16000
ASKED = voice.VoiceSettings(praat=True)


@pytest.fixture
def parselmouth():
    return pytest.importorskip("parselmouth", reason="the optional Praat extra is not installed: mien[praat]")


def sound(samples):
    return media.Sound(np.asarray(samples, "float32"), RATE)


def window(samples, settings=ASKED):
    length_s = len(samples) / RATE
    spoken = pd.DataFrame({"start_s": [0.0], "end_s": [length_s]})
    return voice.features(voice.frames(sound(samples), settings), spoken, 0, length_s, None, settings)


# --- without Praat ----------------------------------------------------------------------------------------------------


def test_nobody_who_did_not_ask_has_other_columns():
    held = cycles(120.0, 0.01, 0.3, duration_s=0.5)
    rows = voice.frames(sound(held.samples))
    assert tuple(rows.columns) == voice.COLUMNS
    values, _ = window(held.samples, voice.VoiceSettings())
    assert not set(values) & set(praat.NAMES)


def test_who_asks_without_the_extra_is_told_its_name_before_any_work(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(__import__("sys").modules, "parselmouth", None)
    path = media.write_sound(tmp_path / "a.wav", 0.1 * store.rng("praat").standard_normal(RATE), RATE)
    monkeypatch.setattr(river, "work", lambda *_: pytest.fail("work was begun"))
    assert __main__.main(["build", str(path), "--out", str(tmp_path / "out"), "--praat"]) == 2
    assert "pip install 'mien[praat]'" in capsys.readouterr().err.replace("\n", " ")


def test_pulses_are_compared_as_praats_manual_says():
    pulses = np.cumsum([0.01, 0.010, 0.011, 0.010, 0.030, 0.010, 0.010])  # one gap that is no period
    begins, lengths = praat.periods(pulses)
    assert lengths == pytest.approx([0.010, 0.011, 0.010, 0.010, 0.010])
    assert begins == pytest.approx(pulses[[0, 1, 2, 4, 5]])
    _, lengths = praat.periods(np.cumsum([0.0, 0.010, 0.010, 0.015, 0.010, 0.010]))  # one that is unlike both beside it
    assert lengths == pytest.approx([0.010] * 4)
    middles, steps = praat.jitter(pulses)
    assert steps == pytest.approx([0.001, 0.001, 0.0], abs=1e-9)
    assert middles == pytest.approx(pulses[[1, 2, 5]])
    ends, steps = praat.shimmer(np.array([0.0, 0.01, 0.02, 0.05]), np.array([1.0, 1.5, 0.75, 0.75]))
    assert ends.tolist() == [0.01]  # then twice as quiet, then too late
    assert steps == pytest.approx([20 * math.log10(1.5)])


def test_what_is_drawn_for_the_cycles_is_in_the_sound_and_in_the_truth():
    held = cycles(100.0, 0.02, 0.0, duration_s=4.0, snr_db=90.0)
    assert held.jitter == pytest.approx(0.02, rel=0.15)
    assert held.shimmer_db == 0
    loud = cycles(100.0, 0.0, 1.0, duration_s=4.0)
    assert loud.shimmer_db == pytest.approx(1.0, rel=0.15)
    assert np.diff(loud.times_s) == pytest.approx(0.01)
    onset = np.array([np.abs(held.samples[round(t * RATE) - 3 : round(t * RATE) + 12]).max() for t in held.times_s[1:]])
    assert onset.min() > 0.5 * np.abs(held.samples).max()


def test_pulses_in_which_only_others_are_heard_do_not_count():
    assert {name: NOT_OWN[name] for name in praat.SUMS} == dict.fromkeys(praat.SUMS, 0.0)
    assert all(math.isnan(NOT_OWN[name]) for name in praat.COLUMNS if name not in praat.SUMS)


def test_where_praat_has_no_frame_nothing_is_taken_from_afar():
    times_s, at = np.array([0.10, 0.11, 0.12]), np.array([0.0, 0.1, 0.116, 0.129, 0.2])
    found = praat._nearest(times_s, np.array([1.0, 2.0, 3.0]), at, ASKED)
    assert found == pytest.approx([math.nan, 1, 3, 3, math.nan], nan_ok=True)
    assert np.isnan(praat._nearest(np.zeros(0), np.zeros(0), at, ASKED)).all()


def test_silence_has_no_pulses_and_no_values(parselmouth):
    found = praat.measured(np.zeros(RATE), 100, 5000.0, ASKED)
    assert all((found[name] == 0).all() for name in praat.SUMS)
    assert all(np.isnan(found[name]).all() for name in praat.COLUMNS if name not in praat.SUMS)


# --- SYNTHETIC cycles -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f0_hz", "jitter", "shimmer_db"), [(120.0, 0.005, 0.1), (120.0, 0.01, 0.3), (120.0, 0.02, 0.5), (210.0, 0.01, 0.3)]
)
def test_sums_give_what_praats_own_queries_give(parselmouth, f0_hz, jitter, shimmer_db):
    held = cycles(f0_hz, jitter, shimmer_db, name=f"{f0_hz} {jitter}")
    values, _ = window(held.samples)
    call, whole = parselmouth.praat.call, parselmouth.Sound(held.samples.astype(float), RATE)
    pulses = call(whole, "To PointProcess (periodic, cc)", 65, 500)
    how = 0, 0, 0.0001, 0.02, 1.3
    assert values["voice_jitter_local"] == pytest.approx(call(pulses, "Get jitter (local)", *how), rel=0.01)
    theirs = call([whole, pulses], "Get shimmer (local_dB)", *how, 1.6)
    assert values["voice_shimmer_local_db"] == pytest.approx(theirs, rel=0.01)
    harmonic = call(whole.to_harmonicity_cc(0.01, 65, 0.1, 1.0), "Get mean", 0, 0)
    assert values["voice_hnr_praat_db"] == pytest.approx(harmonic, abs=0.1)


@pytest.mark.parametrize("jitter", [0.005, 0.01, 0.02])
def test_scripted_jitter_and_shimmer_are_found_in_a_low_voice(parselmouth, jitter):
    held = cycles(120.0, jitter, 0.0, name=f"jitter {jitter}")
    assert window(held.samples)[0]["voice_jitter_local"] == pytest.approx(held.jitter, rel=0.2)
    held = cycles(120.0, 0.0, 50 * jitter, name=f"shimmer {jitter}")
    values, _ = window(held.samples)
    assert values["voice_shimmer_local_db"] == pytest.approx(held.shimmer_db, rel=0.1)
    assert values["voice_jitter_local"] < 0.001


def test_noise_lowers_harmonicity_by_as_many_decibels(parselmouth):
    found = [window(cycles(120.0, 0.0, 0.0, snr_db=snr_db).samples)[0]["voice_hnr_praat_db"] for snr_db in (30, 20, 10)]
    assert found == pytest.approx([30, 20, 10], abs=1.5)


@pytest.mark.parametrize("vowel", ["i", "ɛ", "ɑ", "u"])
def test_formants_are_those_of_the_vowel(parselmouth, vowel):
    held = cycles(120.0, 0.005, 0.1, vowel=vowel, name=vowel)
    values, reasons = window(held.samples)
    assert not set(reasons) & set(praat.NAMES)
    found = [values[f"voice_f{number}_hz"] for number in (1, 2, 3)]
    assert found == pytest.approx(held.formants_hz[:3], rel=0.08)


def test_the_ceiling_of_formants_follows_pitch_and_is_told(parselmouth):
    for f0_hz, top_hz in ((110.0, 5000.0), (220.0, 5500.0)):
        told = {}
        voice.frames(sound(cycles(f0_hz, 0.005, 0.1, duration_s=0.6).samples), ASKED, told)
        assert told["formant_ceiling_hz"] == top_hz
        assert told["praat"] == parselmouth.PRAAT_VERSION


def test_too_few_periods_are_a_reason(parselmouth):
    held = cycles(100.0, 0.01, 0.3, duration_s=0.26)
    values, reasons = window(np.concatenate([held.samples, np.zeros(RATE // 2), 1e-3 * held.samples[:100]]))
    assert math.isnan(values["voice_jitter_local"])
    assert reasons["voice_jitter_local"] == reasons["voice_shimmer_local_db"] == "few_periods"
    assert {reasons[name] for name in praat.NAMES if name in reasons} <= set(tables.REASONS)


def test_the_cut_between_pieces_moves_no_sum_by_more_than_a_pulse(parselmouth):
    held = cycles(120.0, 0.01, 0.3, duration_s=4.0)
    whole, cut = (
        voice.frames(sound(held.samples), voice.VoiceSettings(praat=True, piece_s=piece_s)) for piece_s in (60.0, 1.3)
    )
    for name in praat.SUMS:
        assert cut[name].sum() == pytest.approx(whole[name].sum(), rel=0.03), name
    assert whole["period_count"].sum() == pytest.approx(len(held.times_s), abs=4)


def test_a_build_that_is_asked_has_the_columns_and_says_so(parselmouth, tmp_path):
    held = cycles(120.0, 0.01, 0.3, duration_s=12.0)
    path = media.write_sound(tmp_path / "a.wav", held.samples, RATE)
    assert __main__.main(["build", str(path), "--out", str(tmp_path / "out"), "--praat", "--workers", "1"]) == 0
    table = pd.read_csv(tmp_path / "out" / "windows.csv")
    assert set(praat.NAMES) <= set(table)
    assert set(praat.COLUMNS) <= set(pd.read_parquet(tmp_path / "out" / "voice.parquet"))


def test_a_build_that_is_not_asked_says_what_is_absent(tmp_path):
    path = media.write_sound(tmp_path / "a.wav", cycles(120.0, 0.01, 0.3, duration_s=2.0).samples, RATE)
    assert __main__.main(["build", str(path), "--out", str(tmp_path / "out"), "--workers", "1"]) == 0
    assert "mien build --praat" in (tmp_path / "out" / "report.json").read_text()
    assert not set(praat.NAMES) & set(pd.read_csv(tmp_path / "out" / "windows.csv"))


# --- real clips -------------------------------------------------------------------------------------------------------


def test_real_speech_lies_where_real_speech_lies(parselmouth, shared):
    clips = [*sorted((shared / "data" / "emodb" / "wav").glob("*N?.flac"))[::12][:6]]
    clips += sorted((shared / "data" / "ravdess").glob("*/03-01-01-01-*.flac"))[::16][:6]
    found = pd.DataFrame([window(media.sound(path).samples)[0] for path in clips])
    assert found["voice_jitter_local"].between(0.003, 0.06).all()  # running speech: above held vowels
    assert 0.008 < found["voice_jitter_local"].median() < 0.035
    assert 0.4 < found["voice_shimmer_local_db"].median() < 1.8
    assert 6 < found["voice_hnr_praat_db"].median() < 20
    assert found["voice_f1_hz"].between(250, 900).all()
    assert found["voice_f2_hz"].between(1000, 2300).all()
    assert (found["voice_f3_hz"] > found["voice_f2_hz"]).all()
