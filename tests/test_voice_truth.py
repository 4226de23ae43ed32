"""Voices of known truth: what is scripted is heard, conditions spoil by as much as they say, errors are found."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from mien import face, media, models, people, store, study, synthetic, tables, turns, voice, windows
from mien.study.truth import oracle, voices
from mien.synthetic import SpokenCondition, Voice, room, spoken, spoken_trial, steady
from mien.synthetic.spoken import VOICES

RATE = 16000
SETTINGS = voice.VoiceSettings()


def sound(samples):
    return media.Sound(np.asarray(samples, "float32"), RATE)


def speaking(one):
    at = np.arange(len(one.clean)) / RATE
    return np.any([(at >= a) & (at < b) for a, b in one.stretches.itertuples(index=False)], axis=0)


def in_speech(one, rows):
    return voice.spoken(rows, one.stretches, 0, one.glide_s - 0.2)


# --- the recordings ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", VOICES)
def test_a_glide_runs_through_exactly_one_octave_about_the_voice(who):
    truth = spoken_trial(SpokenCondition(voice=who)).truth
    f0 = truth.loc[truth["is_glide"], "f0_hz"]
    assert 12 * np.log2(f0.max() / f0.min()) == pytest.approx(12, abs=0.15)
    assert np.diff(12 * np.log2(f0)) == pytest.approx(np.diff(12 * np.log2(f0)).mean(), abs=1e-6)
    assert np.sqrt(f0.max() * f0.min()) == pytest.approx(VOICES[who].f0_hz, rel=0.01)


def test_the_same_condition_gives_the_same_sound_and_a_worse_one_the_same_truth():
    one = spoken_trial(SpokenCondition("a", "female", opus_kbit_s=12.0))
    spoken._said.cache_clear()
    again = spoken_trial(SpokenCondition("a", "female", opus_kbit_s=12.0))
    assert one.samples.tobytes() == again.samples.tobytes()
    worse = spoken_trial(SpokenCondition("a", "female", snr_db=0.0, rt60_s=0.6))
    pd.testing.assert_frame_equal(worse.truth, one.truth)
    assert not np.array_equal(spoken_trial(SpokenCondition("b", "female")).truth["f0_hz"], one.truth["f0_hz"])


def test_a_voice_that_is_not_known_is_refused_by_name():
    with pytest.raises(ValueError, match="no voice 'robot'; there are male, female, child"):
        spoken_trial(SpokenCondition(voice="robot"))


@pytest.mark.parametrize("jitter", [0.01, 0.03])
def test_jitter_is_praats_local_jitter_of_the_pulses(jitter):
    lines = np.full(4001, 100.0)
    periods = synthetic.voices._phase(
        {"f0_hz": lines}, Voice(jitter=jitter), np.arange(320_000) / 80, store.rng("jitter")
    )
    pulses = np.interp(np.arange(2, 1990), periods, np.arange(320_000) / RATE)
    lengths = np.diff(pulses)
    assert np.mean(np.abs(np.diff(lengths))) / lengths.mean() == pytest.approx(jitter, rel=0.05)
    assert lengths.mean() == pytest.approx(0.01, rel=1e-3)


def test_a_voice_without_jitter_is_as_it_was_before_there_was_any():
    held = steady(np.full(201, 150.0), np.full(201, -20.0))
    rows = voice.frames(sound(held.samples))
    assert 1200 * abs(math.log2(rows["f0_hz"].median() / 150)) < 5


# --- what lies between mouth and file ---------------------------------------------------------------------------------


@pytest.mark.parametrize("snr_db", [20.0, 0.0])
def test_noise_is_as_far_under_the_voice_as_it_says_and_of_its_colour(snr_db):
    one = spoken_trial(SpokenCondition(voice="child"))
    own = speaking(one)
    noise = room.noisy(one.clean, snr_db, own, "n") - one.clean
    assert 10 * np.log10(np.mean(one.clean[own] ** 2) / np.mean(noise**2)) == pytest.approx(snr_db, abs=1e-6)
    hz = np.fft.rfftfreq(len(noise), 1 / RATE)
    low, high = (
        [np.sum(np.abs(np.fft.rfft(x))[(hz >= a) & (hz < b)] ** 2) for x in (one.clean, noise)]
        for a, b in ((200, 1000), (2000, 4000))
    )
    assert 10 * np.log10(low[0] / high[0]) == pytest.approx(10 * np.log10(low[1] / high[1]), abs=3)
    assert voice.frames(sound(noise))["voiced"].mean() < 0.1  # unsmoothed, such noise hums at the voice's own pitch


@pytest.mark.parametrize("rt60_s", [0.3, 0.6])
def test_an_echo_falls_by_sixty_decibels_in_its_time(rt60_s):
    click = np.zeros(2 * RATE)
    click[0] = 1.0
    echo = room.echoed(click, rt60_s, "e")
    assert echo[0] == pytest.approx(1.0)
    left = np.cumsum(echo[::-1][: -RATE // 500] ** 2)[::-1]  # Schroeder 1965: the energy still to come
    level = 10 * np.log10(left / left[0] + 1e-12)
    early, late = (np.argmax(level < -drop) / RATE for drop in (5, 35))
    assert 2 * (late - early) == pytest.approx(rt60_s, rel=0.1)


def test_a_telephone_ends_below_four_kilohertz_and_keeps_its_time():
    one = spoken_trial()
    heard = room.telephoned(one.clean)
    hz = np.fft.rfftfreq(len(heard), 1 / RATE)
    power = np.abs(np.fft.rfft(heard)) ** 2
    assert power[hz > 4200].sum() < 1e-5 * power.sum()
    assert power[hz < 200].sum() < 1e-3 * power.sum()
    assert lag(heard, one.clean) == 0


def lag(heard, said):
    size = 2 ** int(np.ceil(np.log2(2 * len(said))))
    product = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(said, size)))
    at = int(np.argmax(product))
    return at if at < size // 2 else at - size


@pytest.mark.parametrize(("ending", "kbit_s"), [(".opus", 24), (".opus", 8), (".m4a", 32), (".m4a", 16)])
def test_a_codec_keeps_time_and_costs_more_at_fewer_bits(ending, kbit_s):
    one = spoken_trial()
    heard, better = (room.coded(one.clean, ending, rate) for rate in (kbit_s, 64))
    assert abs(lag(heard, one.clean)) <= RATE // 1000
    wrong, less = (np.mean((x - one.clean) ** 2) for x in (heard, better))
    assert wrong > less > 0


def test_sound_at_a_bitrate_is_smaller_at_a_lower_one_and_refused_as_wav(tmp_path):
    samples = spoken_trial().clean
    sizes = [media.write_sound(tmp_path / f"{k}.opus", samples, RATE, k).stat().st_size for k in (8, 24)]
    assert 8000 / 8 * len(samples) / RATE < 1.6 * sizes[0]
    assert sizes[0] < 0.6 * sizes[1]
    with pytest.raises(media.MediaError, match=r"sound at a bitrate as \.m4a or \.opus; found '\.wav'"):
        media.write_sound(tmp_path / "a.wav", samples, RATE, 24)


def test_automatic_gain_brings_loud_and_quiet_together_and_holds_still_in_silence():
    tone = np.sin(2 * np.pi * 200 * np.arange(3 * RATE) / RATE)
    loud, quiet = (room.levelled(np.concatenate([k * tone, np.zeros(RATE)])) for k in (0.25, 0.05))
    late = slice(2 * RATE, 3 * RATE)
    apart = 20 * np.log10(loud[late].std() / quiet[late].std())
    assert apart < 3 < 20 * np.log10(5)
    gains = room.levelled(np.concatenate([0.25 * tone, np.full(RATE, 1e-4)]))[3 * RATE + RATE // 100 :] / 1e-4
    assert np.ptp(gains[RATE // 100 :]) < 1e-9


# --- how good the sound is --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", VOICES)
@pytest.mark.parametrize("snr_db", [30.0, 20.0, 10.0, 5.0])
def test_the_noise_under_a_voice_is_measured_within_a_decibel(who, snr_db):
    one = spoken_trial(SpokenCondition("q", who, snr_db=snr_db))
    assert voice.snr_db(in_speech(one, voice.frames(sound(one.samples)))) == pytest.approx(snr_db, abs=1.0)


def test_the_noise_behind_a_gate_is_not_known():
    one = spoken_trial()
    rows = voice.frames(sound(one.clean * speaking(one)))
    values, reasons = voice.quality_of(in_speech(one, rows), voice.agc(rows, SETTINGS), SETTINGS)
    assert math.isnan(values["confound_snr_db"])
    assert reasons["confound_snr_db"] == "no_noise"
    assert set(reasons.values()) <= set(tables.REASONS)


@pytest.mark.parametrize(
    ("worse", "low", "high"),
    [
        ({"is_telephone": True}, 3400, 4400),
        ({"opus_kbit_s": 8.0}, 3800, 5000),
        ({"aac_kbit_s": 16.0}, 3500, 4200),
        ({"snr_db": 20.0}, 7000, 8000),
    ],
)
def test_the_band_ends_where_the_line_ends(worse, low, high):
    told, one = {}, spoken_trial(SpokenCondition("w", "child", **worse))
    rows = voice.frames(sound(one.samples), told=told)
    assert low <= rows["bandwidth_hz"].median() <= high
    assert (
        any("narrow band" in words for words in told["warnings"]) == (high < 7000)
        if "warnings" in told
        else high > 7000
    )


def test_hum_and_wind_do_not_make_a_band_narrow():
    one = spoken_trial(SpokenCondition("h", "child"))
    hum = 0.3 * np.sin(2 * np.pi * 30 * np.arange(len(one.samples)) / RATE)
    plain, humming = (voice.frames(sound(x))["bandwidth_hz"].median() for x in (one.samples, one.samples + hum))
    assert humming == pytest.approx(plain, abs=300)


@pytest.mark.parametrize("share", [0.005, 0.05])
def test_clipping_below_full_scale_is_measured(share):
    one = spoken_trial(SpokenCondition("c", "male", clipped_share=share))
    found = in_speech(one, voice.frames(sound(one.samples)))["clipping_share"].mean()
    assert found == pytest.approx(share, rel=0.2)


def test_no_clipping_is_made_up_in_a_voice_or_a_steady_tone():
    tone = 0.5 * np.sin(2 * np.pi * 200 * np.arange(RATE) / RATE)
    for samples in (tone, spoken_trial().samples, np.zeros(RATE)):
        assert voice.frames(sound(samples))["clipping_share"].mean() < 1e-5


@pytest.mark.parametrize("who", VOICES)
@pytest.mark.parametrize("script", ["m", "n"])  # the rule was set on scripts named by digits
def test_gain_is_suspected_where_it_was_turned_and_nowhere_else(who, script):
    for snr_db in (40.0, 20.0):
        turned, fixed = (
            voice.frames(sound(spoken_trial(SpokenCondition(script, who, snr_db=snr_db, has_gain=gain)).samples))
            for gain in (True, False)
        )
        assert voice.agc(turned, SETTINGS) == (1.0, "")
        assert voice.agc(fixed, SETTINGS) == (0.0, "")


def test_gain_is_not_judged_from_few_pauses_and_the_reason_is_given():
    one = spoken_trial(SpokenCondition(has_gain=True))
    rows = voice.frames(sound(one.samples[: 4 * RATE]))
    assert voice.agc(rows, SETTINGS)[1] == "few_pauses"
    assert math.isnan(voice.agc(rows, SETTINGS)[0])


def test_the_quality_of_the_sound_is_told_and_warned_of():
    told = {}
    voice.frames(sound(spoken_trial(SpokenCondition(snr_db=5.0, has_gain=False)).samples), told=told)
    assert told["voiced_snr_db"] == pytest.approx(5, abs=4)
    assert any(words.startswith("noise: ") for words in told["warnings"])
    told = {}
    voice.frames(sound(spoken_trial(SpokenCondition(has_gain=True)).samples), told=told)
    assert told["agc_suspected"] is True
    assert any(words.startswith("agc_suspected") for words in told["warnings"])
    told = {}
    voice.frames(sound(np.zeros(RATE)), told=told)
    assert told["voiced_snr_db"] is told["bandwidth_hz"] is told["agc_suspected"] is None
    json.dumps(told)


def test_a_window_says_how_good_its_sound_was():
    one = spoken_trial(SpokenCondition("k", "female", snr_db=25.0))
    rows = voice.frames(sound(one.samples))
    values, reasons = voice.quality_of(in_speech(one, rows), voice.agc(rows, SETTINGS), SETTINGS)
    assert tuple(values) == voice.QUALITY
    assert not reasons
    assert values["confound_snr_db"] == pytest.approx(25, abs=1)
    none, why = voice.quality_of(rows.iloc[:5], (0.0, ""), SETTINGS)
    assert set(why.values()) == {"little_speech"}
    assert all(math.isnan(value) for value in none.values())


def test_the_windows_table_has_the_quality_of_sound_as_confounds_and_says_why_one_is_missing():
    one = spoken_trial(SpokenCondition("v", "male", snr_db=25.0))
    nobody, _ = people.assign(face.nothing(), [])
    given = {
        "recording_id": "r",
        "duration_s": 12.0,
        "faces": nobody.assign(recording_id="r"),
        "turns": turns.table(one.stretches.assign(person_id="ada"), 12.0, recording_id="r", source="person_audio"),
        "trust": {("ada", what): 1.0 for what in ("voice", "turn")},
        "absent": {"face": "no_video"},
    }
    sounds = one.samples, one.clean * speaking(one)
    open_, gated = (
        windows.table(
            [windows.Measured(voice=voice.frames(sound(x)).assign(person_id="ada", recording_id="r"), **given)],
            windows.WindowSettings(length_s=6.0, hop_s=6.0, calibration_s=0),
        )
        for x in sounds
    )
    assert open_["confound_snr_db"].to_numpy() == pytest.approx([25, 25], abs=3)  # a window is louder or quieter
    assert (open_["confound_agc_suspected"] == 0).all()
    assert not open_["why"].str.contains("confound_").any()
    assert gated["why"].str.contains("confound_snr_db: no_noise").all()
    assert set(voice.QUALITY) <= set(open_.filter(regex=models.pattern(["confound"])).columns)


# --- errors of the instrument -----------------------------------------------------------------------------------------


def perfect(one):
    """What a perfect pitch tracker would say of a trial."""
    return one.truth[["time_s", "f0_hz", "voiced", "level_db"]]


def values(parts):
    return {key: above / below for key, (above, below) in parts.items() if below}


def test_a_perfect_instrument_has_no_error_and_a_planted_one_is_found():
    one = spoken_trial()
    right = values(voices.heard_parts(voices.beside(one, perfect(one))))
    assert right["pitch", "gross_share"] == right["voicing", "error_share"] == right["pitch", "error_cents"] == 0
    assert right["pitch", "slope"] == pytest.approx(1)
    sharp = perfect(one).assign(f0_hz=lambda rows: rows["f0_hz"] * 2 ** (30 / 1200))
    sharp.loc[sharp.index[::10], "f0_hz"] *= 2
    wrong = values(voices.heard_parts(voices.beside(one, sharp)))
    assert wrong["pitch", "gross_share"] == pytest.approx(0.1, abs=0.02)
    assert wrong["pitch", "error_cents"] == wrong["pitch", "bias_cents"] == pytest.approx(30)
    deaf = perfect(one).assign(voiced=lambda rows: rows["voiced"] & (rows.index % 4 > 0))
    deaf.loc[~deaf["voiced"], "f0_hz"] = np.nan
    wrong = values(voices.heard_parts(voices.beside(one, deaf)))
    assert wrong["voicing", "missed_share"] == pytest.approx(0.25, abs=0.03)
    assert wrong["voicing", "invented_share"] == 0


def test_pauses_that_are_missed_cost_recall_and_made_up_ones_precision():
    one = spoken_trial()
    parts = values(voices._timing(one, one.stretches))
    assert parts["pause", "recall"] == parts["pause", "precision"] == 1
    assert parts["pause", "error_s"] == parts["speech", "missed_share"] == parts["speech", "invented_share"] == 0
    whole = pd.DataFrame({"start_s": [one.stretches["start_s"].min()], "end_s": [one.stretches["end_s"].max()]})
    parts = values(voices._timing(one, whole))
    assert parts["pause", "recall"] == 0
    assert parts["speech", "invented_share"] > 0.2
    first = one.stretches.iloc[0]
    cut = pd.concat([one.stretches, pd.DataFrame({"start_s": [0.0], "end_s": [0.0]})])
    cut.iloc[0, 1], cut.iloc[-1] = first["start_s"] + 0.3, (first["start_s"] + 0.6, first["end_s"])
    parts = values(voices._timing(one, cut.sort_values("start_s")))
    assert parts["pause", "precision"] == pytest.approx(5 / 6)


SMALL = voices.VoiceTrialSettings(
    scripts=2, few=2, voices=("male", "female"), axes={"noise": ("dB", "snr_db", (10.0, 0.0))}, together={}
)


@pytest.fixture(scope="module")
def errors(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trials")
    table = voices.error_table(SMALL, folder)
    return folder, table


def test_in_a_quiet_room_the_voice_is_followed(errors):
    rows = errors[1].set_index(["axis", "dose", "voice", "quantity", "metric"])["value"].sort_index()
    plain = rows.loc["plain", "", "all"]
    assert plain["pitch", "error_cents"] < 15
    assert plain["glide", "error_cents"] < 8
    assert plain["glide", "slope"] == pytest.approx(1, abs=0.02)
    assert plain["pitch", "gross_share"] < 0.01
    assert plain["voicing", "missed_share"] < 0.02
    assert plain["level", "slope"] == pytest.approx(1, abs=0.05)
    assert plain["speech rate", "ratio"] == pytest.approx(1, abs=0.05)
    assert plain["pause", "recall"] == plain["pause", "precision"] == 1
    assert plain["pause", "error_s"] < 0.03
    assert rows.loc["noise", "0", "all", "voicing", "missed_share"] > 0.3
    assert rows.loc["noise", "0", "all", "speech rate", "ratio"] < 0.9


def test_the_table_has_an_interval_a_voice_and_the_same_bytes_twice(errors, tmp_path, monkeypatch):
    folder, table = errors
    assert set(table["voice"]) == {"all", "male", "female"}
    assert table["is_synthetic"].all()
    inside = table.dropna(subset=["low", "value", "high"])
    assert ((inside["low"] <= inside["value"] + 1e-4) & (inside["value"] <= inside["high"] + 1e-4)).all()
    assert len(inside) > 0.8 * len(table)
    first = tables.write(table, tmp_path / "a.csv").read_bytes()
    kept_from = tables.write(voices.error_table(SMALL, folder), tmp_path / "b.csv").read_bytes()
    small = voices.VoiceTrialSettings(scripts=1, few=1, voices=("male",), axes=SMALL.axes, together={})
    fresh = [tables.write(voices.error_table(small, tmp_path / n), tmp_path / f"{n}.csv").read_bytes() for n in "cd"]
    assert first == kept_from
    assert fresh[0] == fresh[1]
    monkeypatch.setattr(voices, "measured", lambda *_: pytest.fail("measured again"))
    voices.error_table(SMALL, folder)


def test_limits_name_what_misses_its_target_for_all_voices():
    rows = pd.DataFrame(
        {
            "axis": "noise",
            "dose": ["20", "10", "5", "5"],
            "voice": ["all", "all", "all", "male"],
            "quantity": "pitch",
            "metric": "gross_share",
            "value": [0.01, 0.2, np.nan, 0.5],
        }
    )
    assert voices.limits(rows)["dose"].tolist() == ["10", "5"]


def test_the_committed_table_has_every_condition_and_says_it_is_synthetic():
    table = study.Study().load(["voice_error"])["voice_error"]
    assert table["is_synthetic"].all()
    assert set(table["voice"]) == {"all", *VOICES}
    doses = {(axis, voices.dose_said(axis, dose)) for axis, (_, _, many) in voices.AXES.items() for dose in many}
    assert doses <= set(zip(table["axis"], table["dose"], strict=True))


# --- Praat ------------------------------------------------------------------------------------------------------------


def test_without_the_extra_praat_is_asked_for_by_name(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "parselmouth", None)
    with pytest.raises(tables.TableError, match=r"pip install 'mien\[praat\]'"):
        oracle.praat_pitch(sound(np.zeros(RATE)), [0.5])


def test_praat_hears_the_glide_that_was_scripted():
    pytest.importorskip("parselmouth", reason="the optional Praat extra is not installed")
    one = spoken_trial()
    glide = one.truth[one.truth["is_glide"]].iloc[5:-5]
    f0 = oracle.praat_pitch(sound(one.samples), glide["time_s"].to_numpy())
    assert np.nanmedian(np.abs(1200 * np.log2(f0 / glide["f0_hz"].to_numpy()))) < 8


def test_the_committed_agreement_with_praat_holds_aggregates_with_their_licence():
    table = study.Study().load(["voice_praat"])["voice_praat"]
    assert set(table["corpus"]) == {"SYNTHETIC", "RAVDESS", "EmoDB"}
    assert table["licence"].map(bool).all()
    assert table.groupby("corpus")["n_units"].max()[["RAVDESS", "EmoDB"]].tolist() == [24, 10]
    real = table[~table["is_synthetic"] & (table["metric"] == "error_cents")]
    assert real["value"].between(5, 40).all()
    assert not table.astype(str).apply(lambda column: column.str.contains(r"\.flac|Actor_")).any(axis=None)
