"""Voices whose pitch, level and timing are known exactly, because they are computed from a score.

A voice is a sum of harmonics of a scripted fundamental, each as strong as a glottal source and five formants make it
(source–filter model), plus shaped noise for breath and consonants. Nothing is measured: the truth is the score.

References: Fant 1960, *Acoustic Theory of Speech Production* (source and filter); Klatt 1980, JASA 67, 971–995
(formant synthesis); Peterson & Barney 1952, JASA 24, 175–184 (the formants of the vowels).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mien import store

RATE_HZ = 16000
STEP_S = 0.005  # the score has one line each 5 ms
TRUTH_STEP_S = 0.010
FRAME_S = 0.064  # level is the power of the score over one analysis frame
SILENT_DB = -90.0

VOWELS = {
    "i": (270, 2290, 3010),
    "ɪ": (390, 1990, 2550),
    "ɛ": (530, 1840, 2480),
    "æ": (660, 1720, 2410),
    "ɑ": (730, 1090, 2440),
    "ɔ": (570, 840, 2410),
    "ʊ": (440, 1020, 2240),
    "u": (300, 870, 2240),
    "ʌ": (640, 1190, 2390),
}
"""The first three formants in hertz (men; Peterson & Barney 1952)."""

SONORANTS = {"m": (250, 1100, 2200), "n": (250, 1550, 2500), "l": (350, 1050, 2800), "w": (290, 650, 2200)}
FRICATIVES = {"s": (5800, 1500), "ʃ": (3300, 1100), "f": (4200, 3500), "h": (1500, 1500)}
STOPS = {"t": (4200, 1500), "k": (2000, 700), "p": (900, 900)}
"""Consonants: formants of the voiced ones, centre and width of the noise (hertz) of the others."""


@dataclass(frozen=True)
class Voice:
    """How somebody sounds: height and range of pitch, length of the vocal tract, pace, loudness, breath, jitter.

    ``jitter`` is Praat's local jitter: the mean difference of neighbouring glottal periods over the mean period.

    >>> Voice(f0_hz=210, formant_scale=1.17).f0_hz
    210
    """

    f0_hz: float = 115.0
    f0_range_st: float = 5.0
    formant_scale: float = 1.0
    syllables_per_s: float = 4.6
    level_db: float = -24.0
    breath_db: float = -22.0
    tilt_hz: float = 2200.0
    jitter: float = 0.0


@dataclass(frozen=True)
class Spoken:
    """A voice as it was rendered, with its truth.

    ``samples`` (N,) float32 in −1..1 at 16 kHz, without background noise; ``truth`` one row per 10 ms (time_s, f0_hz,
    voiced, level_db); ``syllables`` one row each (start_s, end_s, onset, vowel, stressed).
    """

    samples: np.ndarray
    truth: pd.DataFrame
    syllables: pd.DataFrame
    rate_hz: int = RATE_HZ


def say(stretches, voice, duration_s, name):
    """Speak nonsense syllables in the given stretches of time, and be silent outside them.

    ``stretches`` pairs (start_s, end_s), half-open, in order, apart; ``name`` seeds the words and the melody. Returns
    :class:`Spoken` of ``duration_s`` seconds.

    >>> spoken = say([(0.5, 1.5)], Voice(), 2.0, "doctest")
    >>> bool(np.abs(spoken.samples[: RATE_HZ // 2]).max() == 0), len(spoken.truth)
    (True, 200)
    """
    _check(stretches, duration_s)
    chance = store.rng(f"voice {name}")
    samples = np.zeros(round(duration_s * RATE_HZ), dtype=np.float32)
    whole = _silence(round(duration_s / STEP_S))
    spoken = []
    for start_s, end_s in stretches:
        syllables = _syllables(end_s - start_s, voice, chance)
        score = _score(syllables, end_s - start_s, voice, chance)
        first, line = round(start_s * RATE_HZ), round(start_s / STEP_S)
        sound = render(score, voice, chance)[: len(samples) - first]
        samples[first : first + len(sound)] += sound
        for column, values in score.items():
            whole[column][line : line + len(values)] = values[: len(whole[column]) - line]
        spoken.append(syllables.assign(start_s=syllables.start_s + start_s, end_s=syllables.end_s + start_s))
    columns = ["start_s", "end_s", "onset", "vowel", "stressed"]
    syllables = pd.concat(spoken, ignore_index=True)[columns] if spoken else pd.DataFrame(columns=columns)
    return Spoken(samples, _truth(whole), syllables)


def _check(stretches, duration_s):
    ends = [0.0]
    for start_s, end_s in stretches:
        if not ends[-1] <= start_s < end_s <= duration_s:
            raise ValueError(
                f"voice: the stretch {start_s}–{end_s} s does not fit; expected stretches in order, apart, and within "
                f"0–{duration_s} s (the one before ends at {ends[-1]} s)"
            )
        ends.append(end_s)


def steady(f0_hz, level_db, voice=None, vowel="ɑ", name="steady"):
    """One held vowel whose pitch and level follow the curves given, for testing a pitch tracker or a level meter.

    ``f0_hz`` and ``level_db`` arrays with one value each 5 ms; returns :class:`Spoken` without syllables.

    >>> glide = steady(np.geomspace(100, 200, 201), np.full(201, -20.0))
    >>> float(glide.truth.f0_hz.iloc[50].round(3))
    141.421
    """
    voice = voice or Voice()
    lines = len(f0_hz)
    score = _silence(lines)
    score["f0_hz"] = np.asarray(f0_hz, dtype=float)
    score["level_db"] = np.asarray(level_db, dtype=float)
    score["voicing"] = np.ones(lines)
    score["formants_hz"] = np.tile(_formants(vowel, voice), (lines, 1))
    sound = render(score, voice, store.rng(f"voice {name}"))
    return Spoken(sound, _truth(score), pd.DataFrame(columns=["start_s", "end_s", "onset", "vowel", "stressed"]))


@dataclass(frozen=True)
class Cycles:
    """A held vowel cycle by cycle: ``samples`` (N,) float32 in −1..1 at 16 kHz, and the truth of each glottal pulse.

    ``times_s`` (n,) when it comes, ``amplitudes`` (n,) how strong it is, ``formants_hz`` (5,).
    """

    samples: np.ndarray
    times_s: np.ndarray
    amplitudes: np.ndarray
    formants_hz: np.ndarray
    rate_hz: int = RATE_HZ

    @property
    def jitter(self):
        """Local jitter: the mean difference of neighbouring periods over the mean period (of all of them)."""
        periods = np.diff(self.times_s)
        return float(np.abs(np.diff(periods)).mean() / periods.mean())

    @property
    def shimmer_db(self):
        """Local shimmer: the mean difference of neighbouring amplitudes, dB."""
        return float(20 * np.abs(np.diff(np.log10(self.amplitudes))).mean())


PER_SPREAD = 2 / np.sqrt(np.pi)
"""The mean difference of two normal deviates, in their standard deviation."""


def cycles(f0_hz, jitter, shimmer_db, voice=None, vowel="ɑ", duration_s=3.0, snr_db=40.0, name="cycles"):
    """A held vowel made of pulses, each the same but for its time and strength, to test measures of perturbation.

    Periods and amplitudes (in dB) vary independently from pulse to pulse, so that local jitter (a share) and local
    shimmer (dB) come to ``jitter`` and ``shimmer_db``; what was drawn is in :class:`Cycles`. A pulse falls by 6 dB an
    octave before the five formants; white noise lies ``snr_db`` under the whole.

    >>> held = cycles(120.0, 0.01, 0.3, name="doctest")
    >>> abs(held.jitter - 0.01) < 0.002, abs(held.shimmer_db - 0.3) < 0.05
    (True, True)
    """
    voice, chance = voice or Voice(), store.rng(f"cycles {name}")
    n = int(duration_s * f0_hz)
    times_s = 0.02 + np.cumsum((1 + chance.normal(0, jitter / PER_SPREAD, n)) / f0_hz)
    times_s = times_s[times_s < duration_s - 0.06]
    amplitudes = 10 ** (chance.normal(0, shimmer_db / PER_SPREAD, len(times_s)) / 20)
    formants_hz, size = _formants(vowel, voice), 1024
    frequency = np.fft.rfftfreq(size, 1 / RATE_HZ)
    pulse = _response(frequency, formants_hz) / (1 + 1j * frequency / 50) * (frequency > 0)
    samples, first = np.zeros(round(duration_s * RATE_HZ) + size), np.floor(times_s * RATE_HZ).astype(int)
    for at, time_s, amplitude in zip(first, times_s, amplitudes, strict=True):
        late_s = time_s - at / RATE_HZ
        samples[at : at + size] += amplitude * np.fft.irfft(pulse * np.exp(-2j * np.pi * frequency * late_s), size)
    samples = samples[: round(duration_s * RATE_HZ)]
    samples *= 10 ** (voice.level_db / 20) / samples.std()
    samples += chance.normal(0, 10 ** ((voice.level_db - snr_db) / 20), len(samples))
    return Cycles(np.clip(samples, -1, 1).astype(np.float32), times_s, amplitudes, formants_hz)


# --- the words -----------------------------------------------------------------------------------------------------


def _syllables(duration_s, voice, chance):
    """Cut a stretch into syllables of uneven length, the last one longer, and choose their sounds."""
    n = max(1, round(duration_s * voice.syllables_per_s))
    share = np.exp(chance.normal(0, 0.18, n))
    share[-1] *= 1.25
    edges = np.concatenate([[0], np.cumsum(share / share.sum())]) * duration_s
    kinds = chance.choice(["none", "sonorant", "fricative", "stop"], n, p=[0.15, 0.4, 0.22, 0.23])
    sounds = {"none": {"": None}, "sonorant": SONORANTS, "fricative": FRICATIVES, "stop": STOPS}
    onsets = [str(chance.choice(list(sounds[kind]))) for kind in kinds]
    vowels = [str(vowel) for vowel in chance.choice(list(VOWELS), n)]
    stressed = chance.random(n) < 0.4
    return pd.DataFrame(
        {"start_s": edges[:-1], "end_s": edges[1:], "onset": onsets, "vowel": vowels, "stressed": stressed}
    )


def _silence(lines):
    return {
        "f0_hz": np.full(lines, 100.0),
        "voicing": np.zeros(lines),
        "level_db": np.full(lines, SILENT_DB),
        "formants_hz": np.tile([500.0, 1500.0, 2500.0, 3500.0, 4500.0], (lines, 1)),
        "noise_hz": np.tile([2000.0, 2000.0], (lines, 1)),
    }


def _score(syllables, duration_s, voice, chance):
    """Write the score of a stretch: pitch, voicing, level, formants and noise each 5 ms."""
    time_s = np.arange(round(duration_s / STEP_S)) * STEP_S
    score = _silence(len(time_s))
    points = [_points(syllable, voice, chance) for syllable in syllables.itertuples()]
    at = np.concatenate([[p[0] for p in one] for one in points])
    for column, place in (("level_db", 1), ("voicing", 2)):
        score[column] = np.interp(time_s, at, np.concatenate([[p[place] for p in one] for one in points]))
    for column, place in (("formants_hz", 3), ("noise_hz", 4)):
        values = np.concatenate([np.stack([p[place] for p in one]) for one in points])
        score[column] = np.stack([np.interp(time_s, at, values[:, i]) for i in range(values.shape[1])], axis=1)
    fade = np.minimum(np.clip(time_s / 0.02, 0, 1), np.clip((duration_s - time_s) / 0.06, 0, 1))
    score["level_db"] += 30 * (fade - 1)
    score["f0_hz"] = _melody(time_s, syllables, voice, chance)
    return score


def _points(syllable, voice, chance):
    """The turning points of one syllable: (time_s, level_db, voicing, formants_hz, noise_hz) from onset to end."""
    length_s = syllable.end_s - syllable.start_s
    loud = voice.level_db + (2.0 if syllable.stressed else -1.0) + chance.normal(0, 0.7)
    vowel = _formants(syllable.vowel, voice)
    breath = np.array([1800.0, 2500.0])
    nucleus_s = syllable.start_s + min(0.38 * length_s, 0.11)
    points = list(_onset(syllable, nucleus_s, loud, vowel, voice))
    points += [
        (nucleus_s + 0.015, loud, 1.0, vowel, breath),
        (syllable.end_s - 0.3 * length_s, loud - 1.0, 1.0, vowel, breath),
        (syllable.end_s - 0.004, loud - 9.0, 1.0, 0.7 * vowel + 0.3 * _formants("ʌ", voice), breath),
    ]
    return points


def _onset(syllable, nucleus_s, loud, vowel, voice):
    """The consonant before the vowel: noise for fricatives, silence and a burst for stops, a murmur for sonorants."""
    start_s, sound = syllable.start_s, syllable.onset
    if sound in SONORANTS:
        formants = _formants(sound, voice)
        for time_s in (start_s + 0.015, nucleus_s - 0.025):
            yield time_s, loud - 8.0, 1.0, formants, np.array([1800.0, 2500.0])
    elif sound in FRICATIVES:
        noise = np.array(FRICATIVES[sound], dtype=float)
        for time_s in (start_s + 0.012, nucleus_s - 0.012):
            yield time_s, loud - 10.0, 0.0, vowel, noise
    elif sound in STOPS:
        noise = np.array(STOPS[sound], dtype=float)
        closed_s = max(start_s + 0.012, nucleus_s - 0.035)
        yield start_s + 0.010, loud - 30.0, 0.0, vowel, noise
        yield closed_s - 0.001, loud - 30.0, 0.0, vowel, noise
        yield closed_s + 0.005, loud - 7.0, 0.0, vowel, noise
        yield nucleus_s - 0.005, loud - 12.0, 0.0, vowel, noise
    else:
        yield start_s + 0.010, loud - 8.0, 1.0, vowel, np.array([1800.0, 2500.0])


def _formants(sound, voice):
    first = VOWELS.get(sound) or SONORANTS[sound]
    return np.array([*first, 3500.0, 4500.0]) * voice.formant_scale


def _melody(time_s, syllables, voice, chance):
    """Pitch in hertz: it declines over the stretch, rises on stressed syllables, and falls (or asks) at the end."""
    end_s = max(syllables.end_s.iloc[-1], STEP_S)
    semitones = voice.f0_range_st * (0.35 - 0.7 * time_s / end_s)
    for syllable in syllables[syllables.stressed].itertuples():
        centre_s = 0.5 * (syllable.start_s + syllable.end_s)
        height = voice.f0_range_st * chance.uniform(0.4, 0.9)
        semitones += height * np.exp(-0.5 * ((time_s - centre_s) / 0.09) ** 2)
    last = np.clip((time_s - end_s + 0.25) / 0.25, 0, 1) ** 2
    semitones += last * voice.f0_range_st * (0.9 if chance.random() < 0.2 else -0.5)
    wander = np.convolve(chance.normal(0, 1, len(time_s) + 40), np.hanning(41) / 12, mode="valid")[: len(time_s)]
    return voice.f0_hz * 2 ** ((semitones + 0.12 * wander) / 12)


# --- the sound -----------------------------------------------------------------------------------------------------


def render(score, voice, chance):
    """Turn a score into sound: harmonics of the pitch plus noise, their power set exactly to the scripted level.

    ``score`` has one line each 5 ms: ``f0_hz`` (T,), ``voicing`` (T,) from 0 (noise) to 1 (voice), ``level_db`` (T,) dB
    re full scale, ``formants_hz`` (T, 5), ``noise_hz`` (T, 2) centre and width. Returns (N,) float32.
    """
    n = round(len(score["f0_hz"]) * STEP_S * RATE_HZ)
    line = np.arange(n) / (RATE_HZ * STEP_S)
    lines = np.arange(len(score["f0_hz"]))
    breath = 10 ** (voice.breath_db / 10)
    voiced = np.clip(score["voicing"], 0, 1) ** 2 / (1 + breath)
    gain = 10 ** (score["level_db"] / 20) * (score["level_db"] > SILENT_DB)
    sound = np.interp(line, lines, gain * np.sqrt(voiced)) * _harmonics(score, voice, line, chance)
    sound += np.interp(line, lines, gain * np.sqrt(1 - voiced)) * _noise(score, voice, n, chance)
    return np.clip(sound, -1, 1).astype(np.float32)


def _response(frequency_hz, formants_hz):
    """The vocal tract at these frequencies: a cascade of resonances, (…, F) for formants (…, 5)."""
    f = np.asarray(frequency_hz)[..., None]
    centre = np.asarray(formants_hz)[..., None, :]
    width = 50 + 0.05 * centre
    return np.prod(centre**2 / (centre**2 - f**2 + 1j * f * width), axis=-1)


JITTER_PER_SPREAD = np.sqrt(6) * np.sqrt(2 / np.pi)
"""Local jitter of pulses that lie a normal deviate (in periods) off their place: E|second difference| = 1.95 σ."""


def _phase(score, voice, line, chance):
    """How many glottal periods have passed at each sample; with jitter every pulse lies a little off its place."""
    periods = np.cumsum(np.interp(line, np.arange(len(score["f0_hz"])), score["f0_hz"])) / RATE_HZ
    if not voice.jitter:
        return periods
    pulses = np.arange(int(periods[-1]) + 2)
    return periods + np.interp(periods, pulses, chance.normal(0, voice.jitter / JITTER_PER_SPREAD, len(pulses)))


def _harmonics(score, voice, line, chance):
    """The harmonics of the pitch with unit power, (N,): phases are exact multiples of one integrated pitch."""
    turn = np.exp(2j * np.pi * _phase(score, voice, line, chance))
    count = int(0.47 * RATE_HZ / score["f0_hz"].min())
    frequency = score["f0_hz"][:, None] * np.arange(1, count + 1)
    strength = _response(frequency, score["formants_hz"]) * (score["f0_hz"][:, None] / frequency)
    strength = strength / (1 + 1j * frequency / voice.tilt_hz) * (frequency < 0.47 * RATE_HZ)
    strength /= np.sqrt(0.5 * np.sum(np.abs(strength) ** 2, axis=1, keepdims=True))
    lines, sound, wave = np.arange(len(frequency)), np.zeros(len(line)), np.ones(len(line), dtype=complex)
    for k in range(count):
        wave *= turn
        sound += np.interp(line, lines, strength[:, k].real) * wave.real
        sound -= np.interp(line, lines, strength[:, k].imag) * wave.imag
    return sound


def _noise(score, voice, n, chance):
    """Noise with unit power, (N,), coloured like the vowel where there is voice and like the consonant elsewhere."""
    hop, size = round(STEP_S * RATE_HZ), 4 * round(STEP_S * RATE_HZ)
    frames = len(score["f0_hz"])
    frequency = np.fft.rfftfreq(size, 1 / RATE_HZ)
    band = np.exp(-0.5 * ((frequency - score["noise_hz"][:, :1]) / score["noise_hz"][:, 1:]) ** 2)
    tract = np.abs(_response(np.tile(frequency, (frames, 1)), score["formants_hz"])) ** 0.5
    colour = np.where(score["voicing"][:, None] > 0.5, tract, band) * (frequency > 60)
    colour /= np.sqrt(np.mean(colour**2, axis=1, keepdims=True))
    window = np.sqrt(np.hanning(size + 1)[:-1] / 2)
    white = chance.normal(size=(frames + 4) * hop)
    sound = np.zeros((frames + 4) * hop)
    spectra = np.fft.rfft(np.lib.stride_tricks.sliding_window_view(white, size)[::hop][:frames] * window)
    for i, frame in enumerate(np.fft.irfft(spectra * colour, size) * window):
        sound[i * hop : i * hop + size] += frame
    return sound[size // 2 : size // 2 + n]


# --- the truth -----------------------------------------------------------------------------------------------------


def _truth(score):
    """One row per 10 ms: the pitch where there is voice, and the power of the score over one analysis frame."""
    every = round(TRUTH_STEP_S / STEP_S)
    loud = score["level_db"] > SILENT_DB
    voiced = (score["voicing"] >= 0.5) & loud
    half = round(FRAME_S / STEP_S / 2)
    power = np.pad(np.where(loud, 10 ** (score["level_db"] / 10), 0), half)
    mean = np.convolve(power, np.ones(2 * half + 1) / (2 * half + 1), mode="valid")
    with np.errstate(divide="ignore"):
        level = np.where(mean > 0, 10 * np.log10(mean), np.nan)
    frame = {
        "time_s": np.arange(len(voiced)) * STEP_S,
        "f0_hz": np.where(voiced, score["f0_hz"], np.nan),
        "voiced": voiced,
        "level_db": level,
    }
    return pd.DataFrame(frame).iloc[::every].reset_index(drop=True).round({"time_s": 3})
