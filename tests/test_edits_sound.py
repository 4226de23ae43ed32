"""Edits of sound: what was changed is the dose asked for, measured by other means than the edit's; nothing else is.

The speech is SYNTHETIC (its true stretches are known); the measures are written anew here or are scipy's and PyAV's.
"""

import shutil

import av
import numpy as np
import pandas as pd
import pytest
from scipy import signal

from mien import media, recordings, river, synthetic, tables, windows
from mien.edits import rendered, timeline
from mien.edits import sound as edits

RATE = 16000


@pytest.fixture(scope="module")
def trial():
    return synthetic.spoken_trial(synthetic.SpokenCondition(snr_db=60.0))


@pytest.fixture(scope="module")
def speech(trial):
    return trial.samples.astype(float)


@pytest.fixture(scope="module")
def others():
    pairs = [(number, voice) for number in "12" for voice in synthetic.spoken.VOICES]
    return [synthetic.spoken_trial(synthetic.SpokenCondition(*pair)).samples for pair in pairs]


def while_speaking(trial, samples, rate=RATE):
    """Mean power of the samples inside the true stretches of speech, in dB."""
    parts = [samples[round(a * rate) : round(b * rate)] for a, b in trial.stretches.to_numpy()]
    return db(np.concatenate(parts))


def db(samples):
    return 10 * np.log10(np.mean(np.square(samples, dtype=float)))


def band_db(samples, low_hz, high_hz, rate=RATE):
    hz, power = signal.welch(samples, rate, nperseg=1024)
    return 10 * np.log10(power[(hz >= low_hz) & (hz < high_hz)].mean())


def lag(one, other):
    """By how many samples ``other`` is later, by cross-correlation."""
    found = signal.correlate(other, one, mode="full", method="fft")
    return int(np.argmax(found)) - (len(one) - 1)


EVERY = {
    "white": lambda x, rate: edits.noise(x, rate, 10.0, "white", "a"),
    "pink": lambda x, rate: edits.noise(x, rate, 10.0, "pink", "a"),
    "babble": lambda x, rate: edits.noise(x, rate, 10.0, "babble", "a", [x[::-1], np.roll(x, 9000)]),
    "gain": lambda x, rate: edits.gain(x, rate, -6.0),
    "automatic gain": edits.automatic_gain,
    "narrow band": edits.narrow_band,
    "opus": lambda x, rate: edits.opus(x, rate, 24.0),
    "aac": lambda x, rate: edits.aac(x, rate, 32.0),
    "reverberation": lambda x, rate: edits.reverberation(x, rate, 0.3, "a"),
    "packet loss": lambda x, rate: edits.packet_loss(x, rate, 0.05, "a"),
}


@pytest.mark.parametrize("name", EVERY)
def test_length_time_and_order_stay_and_the_same_name_is_the_same_edit(speech, trial, name):
    given = speech.copy()
    made = EVERY[name](given, RATE)
    assert np.array_equal(given, speech), "the input was changed"
    assert made.shape == speech.shape
    assert np.isfinite(made).all()
    assert lag(speech, made) == 0
    thirds = np.array_split(np.arange(len(speech)), 3)
    assert [lag(speech[part], made[part]) for part in thirds] == [0, 0, 0], "a part of the speech was moved"
    assert np.array_equal(EVERY[name](speech, RATE), made)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("rate", [44100, 48000])
def test_any_rate_will_do(speech, name, rate):
    there = signal.resample_poly(speech[: 4 * RATE], rate // 100, RATE // 100)
    made = EVERY[name](there, rate)
    assert made.shape == there.shape
    assert abs(lag(there, made)) <= 1
    here = EVERY[name](speech[: 4 * RATE], RATE)
    assert db(made) == pytest.approx(db(here), abs=0.7), "another dose at another rate"


# --- noise ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("snr_db", [20.0, 5.0, 0.0])
@pytest.mark.parametrize("kind", ["white", "pink", "babble"])
def test_noise_lies_so_far_under_the_speech(speech, trial, others, kind, snr_db):
    added = edits.noise(speech, RATE, snr_db, kind, "b", others) - speech
    assert while_speaking(trial, speech) - db(added) == pytest.approx(snr_db, abs=1.0)


def test_a_long_pause_makes_noise_no_softer(speech):
    longer = np.concatenate([speech, np.zeros(30 * RATE)])
    short, long = (db(edits.noise(x, RATE, 10.0) - x) for x in (speech, longer))
    assert long == pytest.approx(short, abs=0.1)


def test_noise_has_its_colour(speech, others):
    white, pink, babble = (
        edits.noise(speech, RATE, 10, kind, "c", others) - speech for kind in ("white", "pink", "babble")
    )
    octaves = [(250, 500), (500, 1000), (1000, 2000), (2000, 4000)]
    assert np.ptp([band_db(white, *octave) for octave in octaves]) < 0.7
    falls = np.diff([band_db(pink, *octave) for octave in octaves])
    assert falls == pytest.approx([-3.01] * 3, abs=0.5)
    voices = np.concatenate(others)
    assert band_db(babble, 300, 600) - band_db(babble, 4000, 7000) == pytest.approx(
        band_db(voices, 300, 600) - band_db(voices, 4000, 7000), abs=4
    )


def test_everybody_in_babble_is_equally_loud_and_begins_somewhere(speech):
    time_s = np.arange(len(speech)) / RATE
    voices = [0.5 * np.sin(2 * np.pi * 400 * time_s), 0.01 * np.sin(2 * np.pi * 2000 * time_s)]
    added = edits.noise(speech, RATE, 10, "babble", "m", voices) - speech
    low, high = (10 ** (band_db(added, hz - 100, hz + 100) / 10) for hz in (400, 2000))
    assert low / high == pytest.approx(1, rel=0.2)
    own = np.random.default_rng(3).normal(0, 0.1, len(speech))
    added = edits.noise(speech, RATE, 10, "babble", "m", [own]) - speech
    assert abs(np.corrcoef(added, own)[0, 1]) < 0.1


def test_another_name_is_other_noise(speech):
    one, other = (edits.noise(speech, RATE, 10, "pink", name) - speech for name in "ab")
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.2
    assert not np.array_equal(*(edits.lost_packets(len(speech), RATE, 0.1, name) for name in "ab"))
    assert not np.array_equal(*(edits.reverberation(speech[:RATE], RATE, 0.3, name) for name in "ab"))


def test_active_level_is_that_of_the_speech_and_not_of_the_pauses(speech, trial):
    found = edits.active_level_db(speech, RATE)
    assert found == pytest.approx(while_speaking(trial, speech), abs=1.0)
    longer = np.concatenate([speech, np.zeros(30 * RATE)])
    assert edits.active_level_db(longer, RATE) == pytest.approx(found, abs=0.1)
    assert db(longer) < db(speech) - 3
    assert np.isnan(edits.active_level_db(np.zeros(RATE), RATE))
    active = edits.is_active(speech, RATE)
    inside = np.concatenate([active[round(a * RATE) : round(b * RATE)] for a, b in trial.stretches.to_numpy()])
    assert inside.mean() > 0.9


def test_a_click_is_no_speech_and_speech_lasts_a_fifth_of_a_second_longer():
    tone = 0.1 * np.sin(2 * np.pi * 200 * np.arange(2 * RATE) / RATE)
    active = edits.is_active(np.concatenate([np.eye(1, RATE, 8000)[0], tone, np.zeros(RATE)]), RATE)
    (first, last) = np.flatnonzero(np.diff(active.astype(int)))
    assert first / RATE == pytest.approx(1.0, abs=0.05)  # the click at 0.5 s begins nothing
    fall_s = last / RATE - 3.2  # after the 0.2 s: how long the smoothed envelope takes to fall by 16 dB
    envelope = np.exp(-fall_s / 0.03) * (1 + fall_s / 0.03)
    assert 20 * np.log10(envelope * 2 / np.pi * np.sqrt(2)) == pytest.approx(-15.9, abs=0.6)


# --- level, band, codec -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gain_db", [-12.0, -6.0, 6.0])
def test_gain_is_that_many_decibels(speech, gain_db):
    made = edits.gain(speech, RATE, gain_db)
    assert db(made) - db(speech) == pytest.approx(gain_db, abs=1e-6)
    assert np.corrcoef(made, speech)[0, 1] == pytest.approx(1)


def test_gain_clips_what_no_file_can_hold(speech):
    made = edits.gain(speech, RATE, 60)
    assert np.abs(made).max() == 1
    assert np.mean(np.abs(made) == 1) > 0.1


def test_automatic_gain_brings_loud_and_quiet_together(speech, trial):
    made = edits.automatic_gain(speech, RATE)
    levels = {}
    for name, samples in (("before", speech), ("after", made)):
        late = [(b - 0.5, b) for _, b in trial.stretches.to_numpy()]
        levels[name] = [db(samples[round(a * RATE) : round(b * RATE)]) for a, b in late]
    assert np.ptp(levels["after"]) < 0.75 * np.ptp(levels["before"])
    assert np.abs(np.subtract(levels["after"], levels["before"])).max() <= 15.1


def test_narrow_band_ends_at_half_its_rate(speech):
    white = edits.noise(speech, RATE, 0, "white", "d")
    made = edits.narrow_band(white, RATE, 8000)
    assert band_db(made, 4500, 8000) < band_db(white, 4500, 8000) - 40
    assert band_db(made, 100, 3500) == pytest.approx(band_db(white, 100, 3500), abs=0.2)


@pytest.mark.parametrize(("codec", "kbit_s"), [("opus", 24), ("opus", 12), ("aac", 32), ("aac", 16)])
def test_a_codec_sends_so_many_bits(speech, tmp_path, monkeypatch, codec, kbit_s):
    """Counted in the packets of the very file that was decoded."""
    write = media.write_sound

    def kept(path, *rest):
        made = write(path, *rest)
        shutil.copy(made, tmp_path / made.name)
        return made

    monkeypatch.setattr(edits.media, "write_sound", kept)
    made = getattr(edits, codec)(speech, RATE, kbit_s)
    with av.open(str(next(tmp_path.iterdir()))) as container:
        stream = container.streams.audio[0]
        assert stream.codec_context.name.removeprefix("lib") == codec
        bits = sum(8 * packet.size for packet in container.demux(stream) if packet.size)
    assert bits / 1000 / (len(speech) / RATE) == pytest.approx(kbit_s, rel=0.25)
    assert not np.array_equal(made, speech)


def test_fewer_bits_are_further_from_what_was_said(speech):
    far = [db(edits.opus(speech, RATE, kbit_s) - speech) for kbit_s in (64, 24, 8)]
    assert far == sorted(far)


# --- echo and loss ----------------------------------------------------------------------------------------------------


def schroeder_s(response):
    """RT60 from the fall of the energy that is still to come, −5 to −35 dB (Schroeder 1965; ISO 3382)."""
    left = np.cumsum(response[::-1] ** 2)[::-1]
    fall = 10 * np.log10(left / left[0])
    here = np.flatnonzero((fall <= -5) & (fall >= -35))
    slope = np.polyfit(here / RATE, fall[here], 1)[0]
    return -60 / slope


@pytest.mark.parametrize("rt60_s", [0.3, 0.6, 1.0])
def test_an_echo_falls_by_60_db_in_its_time(rt60_s):
    click = np.zeros(3 * RATE)
    click[800] = 0.5
    made = edits.reverberation(click, RATE, rt60_s, "e")
    assert made[800] == 0.5
    assert np.abs(made[:800]).max() < 1e-12
    assert schroeder_s(made[801:]) == pytest.approx(rt60_s, rel=0.1)


def packets_changed(one, other, size=320):
    """The packets whose second half differs: the first may have been cross-faded after a loss."""
    differ = np.abs(one - other) > 0
    return [n for n in range(-(-len(one) // size)) if differ[n * size + size // 2 : (n + 1) * size].any()]


@pytest.mark.parametrize("share", [0.01, 0.05, 0.1, 0.3])
def test_so_many_packets_are_lost(speech, share):
    noisy = edits.noise(speech[: 600 * 320], RATE, 10, "white", "f")
    made = edits.packet_loss(noisy, RATE, share, "f")
    found = packets_changed(noisy, made)
    assert len(found) == round(share * 600)
    assert found == list(edits.lost_packets(len(noisy), RATE, share, "f"))
    assert 0 not in found


def test_no_loss_is_no_change(speech):
    assert np.array_equal(edits.packet_loss(speech, RATE, 0.0), speech)


def test_a_lost_packet_is_hidden_by_the_last_period():
    tone = 0.5 * np.sin(2 * np.pi * 125 * np.arange(RATE) / RATE)
    made = edits.packet_loss(tone, RATE, 0.04, "g")
    lost = edits.lost_packets(len(tone), RATE, 0.04, "g")
    assert np.diff(lost).min() > 1, "the case should have single losses"
    assert db((made - tone)[np.abs(made - tone) > 0]) < db(tone) - 15
    first = lost[0] * 320
    assert np.abs(made[first : first + 160] - tone[first : first + 160]).max() < 0.01


def test_a_long_loss_falls_silent(monkeypatch):
    tone = 0.5 * np.sin(2 * np.pi * 125 * np.arange(RATE) / RATE)
    monkeypatch.setattr(edits, "lost_packets", lambda *_: np.arange(10, 16))
    made = edits.packet_loss(tone, RATE, 0.12)
    start = 10 * 320
    assert np.abs(made[start : start + 160]).max() > 0.4
    assert not made[start + 960 : start + 6 * 320].any()
    assert np.array_equal(made[:start], tone[:start])
    assert np.array_equal(made[16 * 320 + 60 :], tone[16 * 320 + 60 :])


def test_what_is_repeated_goes_over_into_what_comes_after(monkeypatch):
    tone = 0.5 * np.sin(2 * np.pi * 125 * np.arange(RATE) / RATE)
    heard = np.where(np.arange(RATE) < 11 * 320, tone, 0)  # silence comes after the lost packet
    monkeypatch.setattr(edits, "lost_packets", lambda *_: np.array([10]))
    made = edits.packet_loss(heard, RATE, 0.02)
    quarter, start = 32, 11 * 320
    since_s = (320 + np.arange(quarter)) / RATE
    faded = tone[start : start + quarter] * (0.06 - since_s) / 0.05 * (1 - np.arange(1, quarter + 1) / (quarter + 1))
    assert made[start : start + quarter] == pytest.approx(faded, abs=0.01)
    assert np.abs(faded).max() > 0.1
    assert not made[start + quarter :].any()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda x: edits.noise(x, RATE, 10, "purple"), "no kind 'purple'; expected white, pink or babble"),
        (lambda x: edits.noise(x, RATE, 10, "babble"), "give voices"),
        (lambda x: edits.noise(x, RATE, 10, "babble", voices=[0 * x]), "give voices"),
        (lambda x: edits.noise(0 * x, RATE, 10, "pink"), "digital silence"),
        (lambda x: edits.narrow_band(x, RATE, 16000), "expected less than the sound's own 16000 Hz"),
        (lambda x: edits.reverberation(x, RATE, 0), "expected more than 0"),
        (lambda x: edits.packet_loss(x, RATE, 1.5), "a share of 1.5"),
    ],
)
def test_a_dose_that_makes_no_sense_is_refused(speech, call, said):
    with pytest.raises(edits.EditError, match=said):
        call(speech[:RATE])


# --- turns moved in time ----------------------------------------------------------------------------------------------


def table(*rows):
    return pd.DataFrame(rows, columns=["person_id", "start_s", "end_s"])


def test_every_segment_is_the_sound_that_was_recorded():
    chance = np.random.default_rng(1)
    loud = {who: chance.normal(0, 0.01, 8 * 1000) for who in "ab"}
    old = table(("a", 1.0, 2.0), ("b", 2.5, 3.5), ("a", 4.0, 5.0))
    new = table(("a", 1.0, 2.0), ("b", 2.85, 3.85), ("a", 4.35, 5.35))
    made = rendered.tracks(loud, 1000, old, new, 8.35)
    assert {who: len(samples) for who, samples in made.items()} == {"a": 8350, "b": 8350}
    for before, after in zip(old.itertuples(), new.itertuples(), strict=True):
        there = made[after.person_id][round(after.start_s * 1000) : round(after.end_s * 1000)]
        here = loud[before.person_id][round(before.start_s * 1000) : round(before.end_s * 1000)]
        assert np.array_equal(there, here)
    between = made["b"][round(3.95 * 1000) :]
    assert db(between) == pytest.approx(-40, abs=1.5), "room tone as loud as the room"
    assert db(made["b"][:400]) == pytest.approx(-40, abs=1.5)


def test_what_lies_close_together_is_moved_whole_and_fades_only_in_its_margins():
    samples = np.zeros(6000)
    samples[900:3100] = 0.5
    old = table(("a", 1.0, 2.0), ("a", 2.0, 3.0))
    made = rendered.tracks({"a": samples}, 1000, old, table(("a", 1.0, 2.0), ("a", 3.0, 4.0)), 7.0)["a"]
    assert (made[1000:2000] == 0.5).all()
    assert (made[3000:4000] == 0.5).all()
    assert made[[939, 2000, 2999, 4060]].tolist() == [0, 0, 0, 0]  # 60 ms before and behind, none where they met
    assert (np.diff(made[939:951]) > 0).all()  # 10 ms of fading
    assert (np.diff(made[4049:4061]) < 0).all()


def test_room_tone_holds_no_speech():
    chance = np.random.default_rng(2)
    samples = chance.normal(0, 0.001, 10 * 1000)
    samples[2000:4000] = samples[6000:7000] = 0.5
    said = table(("a", 2.0, 4.0), ("b", 6.0, 7.0))
    tone = rendered.room_tone(samples, 1000, rendered.silences(said, 10.0), 30000)
    assert np.abs(tone).max() < 0.01
    assert db(tone) == pytest.approx(-60, abs=1)


def test_silence_is_when_nobody_speaks_up_to_the_end():
    found = rendered.silences(table(("b", 2.0, 3.0), ("a", 1.0, 5.0), ("b", 5.2, 6.0)), 10.0)
    assert np.ravel(found) == pytest.approx([0.0, 0.85, 6.15, 10.0])


def test_room_tone_is_of_moments_in_which_nobody_speaks():
    """The microphone of a hears b loud and clear."""
    said = table(("a", 1.0, 2.0), ("a", 4.0, 5.0), ("b", 0.2, 0.5), ("b", 2.4, 3.4), ("b", 5.4, 7.5))
    samples = np.random.default_rng(5).normal(0, 0.001, 8000)
    for start_s, end_s in said.loc[said["person_id"] == "b", ["start_s", "end_s"]].to_numpy():
        samples[round(1000 * start_s) : round(1000 * end_s)] = 0.5
    made = rendered.tracks({"a": samples, "b": samples}, 1000, said, said, 8.0)["a"]
    own = np.r_[900:2100, 3900:5100]
    assert np.abs(np.delete(made, own)).max() < 0.01


def test_room_tone_is_the_quieter_half_and_as_loud_where_it_is_joined():
    samples = np.random.default_rng(4).normal(0, 0.001, 18_000)
    samples[9000:] *= 100  # half of the time somebody coughs
    tone = rendered.room_tone(samples, 1000, [(0.3 * k, 0.3 * k + 0.3) for k in range(60)], 60_000)
    assert np.abs(tone).max() < 0.01
    assert np.count_nonzero(tone) > 0.99 * len(tone)  # no holes
    joins = np.arange(1, 200) * (300 - 10)
    middle = np.mean([tone[joins + step] ** 2 for step in (4, 5)])
    assert middle / np.mean(tone**2) == pytest.approx(1, abs=0.25)


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (table(("a", 1, 2), ("b", 3, 4), ("b", 5, 5.3)), "'b' has 1 segments before the edit and 2 after it"),
        (table(("a", 1, 2.5), ("b", 3, 4)), "the segment of 'a' at 1.00 s lasts 1.000 s and 1.500 s after"),
        (table(("a", 1, 2), ("c", 3, 4)), "'b' has 1 segments before the edit and 0 after it"),
        (table(("a", 1, 2), ("b", 3, 4), ("c", 5, 6)), "'c' has 0 segments before the edit and 1 after it"),
    ],
)
def test_sound_is_moved_and_not_made_up(after, said):
    before = table(("a", 1, 2), ("b", 3, 4))
    with pytest.raises(edits.EditError, match=said):
        rendered.pieces(before, after)


def test_somebody_without_a_track_and_two_voices_at_once_are_refused():
    before = table(("a", 1, 2), ("a", 3, 4))
    with pytest.raises(edits.EditError, match="no track of 'a'"):
        rendered.tracks({"b": np.zeros(900)}, 100, before, before, 9)
    with pytest.raises(edits.EditError, match=r"both be heard at 1\.50 s"):
        rendered.tracks({"a": np.zeros(900)}, 100, before, before.assign(start_s=[1, 1.5], end_s=[2, 2.5]), 9)


WHOLE = river.RiverSettings(window=windows.WindowSettings(length_s=None))
DOSE_S = 0.35


@pytest.fixture(scope="module")
def meeting(tmp_path_factory):
    """A SYNTHETIC conversation as two tracks and no picture, built."""
    folder = tmp_path_factory.mktemp("moved")
    talk = synthetic.conversation(synthetic.ConversationSettings(name="moved", duration_s=45.0))
    rows = []
    for person, samples in synthetic.sounds(talk).items():
        if person != "mixed":
            media.write_sound(folder / f"{person}.wav", samples, RATE)
            facts = "none", "made up", True, f"mood of {person}"
            rows.append((talk.settings.name, f"{person}.wav", "person_audio", person, *facts))
    columns = [*tables.RECORDINGS.names, "is_synthetic", "label_mood"]
    tables.write(pd.DataFrame(rows, columns=columns), folder / "recordings.csv")
    return folder, built(folder)


def built(folder):
    found = recordings.read(folder / "recordings.csv")
    river.build(found, folder / "out", WHOLE)
    made = {name: tables.read(folder / "out" / river.FILES[name], tables.ALL[name]) for name in ("turns", "windows")}
    return {"recording": found[0], **made}


def answering_later(turns, b, dose_s):
    """Everything from each answer of ``b`` on is so much later: segments moved, none changed."""
    whole = turns[turns["kind"] == "turn"].sort_values("start_s")
    answers = whole.loc[(whole["person_id"] == b) & (whole["person_id"].shift() != b), "start_s"].to_numpy()[0:]
    answers = answers[answers > whole["start_s"].iloc[0]]
    said = turns[turns["kind"] == "speech"]
    late = dose_s * (said["start_s"].to_numpy()[:, None] >= answers - 1e-9).sum(axis=1)
    return said.assign(start_s=said["start_s"] + late, end_s=said["end_s"] + late), dose_s * len(answers)


def test_turns_moved_in_the_sound_are_found_moved_by_the_whole_pipeline(meeting, tmp_path):
    first = meeting[1]
    said = first["turns"].query("kind == 'speech'")
    after, longer_s = answering_later(first["turns"], "ben", DOSE_S)
    lasts_s = first["windows"]["end_s"].max() + longer_s
    rendered.write(first["recording"], said, after, tmp_path, lasts_s)
    again = built(tmp_path)
    found = again["turns"].query("kind == 'speech'")
    for person in ("ada", "ben"):
        new, wanted = (rows[rows["person_id"] == person].sort_values("start_s") for rows in (found, after))
        assert len(new) == len(wanted)
        moved = new["start_s"].to_numpy() - wanted["start_s"].to_numpy()
        assert np.abs(moved).max() < 0.05, "a turn is not where the edit put it"
        lengths = (rows["end_s"].to_numpy() - rows["start_s"].to_numpy() for rows in (new, wanted))
        assert np.abs(np.subtract(*lengths)).max() < 0.1
    measure = {name: made["windows"].set_index("person_id") for name, made in (("old", first), ("new", again))}
    lags = measure["new"]["turn_response_lag_s"] - measure["old"]["turn_response_lag_s"]
    assert lags["ben"] == pytest.approx(DOSE_S, abs=0.03)
    assert lags["ada"] == pytest.approx(0, abs=0.03)
    pitch = measure["new"]["voice_f0_st27_mean"] - measure["old"]["voice_f0_st27_mean"]
    assert pitch.abs().max() < 0.1, "the voices should be the same"
    assert measure["new"]["is_synthetic"].all()


def test_an_edit_of_the_timeline_can_be_heard(meeting, tmp_path):
    """What :mod:`mien.edits.timeline` moves in the table is moved in the sound: every segment where it says."""
    first = meeting[1]
    said = first["turns"].query("kind == 'speech'")
    after, lasts_s = timeline.latency(said, {"ben"}, DOSE_S, first["windows"]["end_s"].max())
    rendered.write(first["recording"], said, after, tmp_path, lasts_s)
    listed = pd.read_csv(tmp_path / "recordings.csv").set_index("person_id")
    assert set(listed["licence"]) == {"none"}
    assert set(listed["source"]) == {"made up, turns moved by mien.edits"}
    assert listed["label_mood"].to_dict() == {"ada": "mood of ada", "ben": "mood of ben"}
    for person in ("ada", "ben"):
        (path,) = tmp_path.glob(f"{person}_*.wav")
        heard = media.sound(path).samples
        assert len(heard) == round(lasts_s * RATE)
        quiet = np.ones(len(heard), bool)
        for start_s, end_s in after.loc[after["person_id"] == person, ["start_s", "end_s"]].to_numpy():
            piece = slice(round(start_s * RATE), round(end_s * RATE))
            assert db(heard[piece]) > -45
            quiet[max(piece.start - 2000, 0) : piece.stop + 2000] = False
        assert db(heard[quiet]) < -60


def test_a_sound_that_begins_late_is_laid_where_it_was():
    late = rendered._whole(media.Sound(np.ones(10, np.float32), 100, 0.05))
    assert late.tolist() == [0] * 5 + [1] * 10


def test_a_recording_without_tracks_is_refused(meeting):
    recording = meeting[1]["recording"]
    shared = type(recording)("r", (recordings.Medium(recording.media[0].path, "mixed_audio"),))
    with pytest.raises(edits.EditError, match="'r' has mixed_audio; expected a track for each person"):
        rendered.write(shared, table(), table(), "nowhere", 1.0)
