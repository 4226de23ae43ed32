"""Sound becomes one row per 10 ms: pitch, voicing, level, periodicity and timbre.

Conventions: frames are centred on whole multiples of the hop from the first sample, so a row's time is the middle of
what it measures. What exists only in voiced sound is NaN elsewhere. Like the eGeMAPS set (Eyben et al. 2016) in spirit,
made with librosa, and not to be called eGeMAPS.
"""

from dataclasses import dataclass

import librosa
import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from mien.voice import praat, quality, spoilt
from mien.voice.pyin import pyin

VOICED_ONLY = ("hnr_ac_db", "alpha_ratio_db", "hammarberg_db", "slope_0_500_db_per_khz", "slope_500_1500_db_per_khz")
ALWAYS = ("mfcc_1", "mfcc_2", "mfcc_3", "mfcc_4", "flux")
SPOILT = ("noise_db", "bandwidth_hz", "clipping_share")
COLUMNS = ("time_s", "f0_hz", "voiced", "voiced_probability", "level_db", *VOICED_ONLY, *ALWAYS, *SPOILT)
"""The columns of :func:`frames`, without recording_id and person_id."""

NARROW = ("voiced_probability", *VOICED_ONLY, *ALWAYS)
"""Columns of which nothing but the table is made: half as wide from the beginning."""

FULL_SCALE = 0.999
"""A sample this large is taken as clipped."""


@dataclass(frozen=True)
class VoiceSettings:
    """How sound is measured; every one of these changes the numbers.

    Pitch: ``rate_hz`` 16000, frames of ``pitch_frame`` samples every ``hop`` samples, ``f0_min_hz`` to ``f0_max_hz``;
    values more than ``jump_max_st`` from the median within ``jump_span_s`` are octave errors. ``periodicity_frame``:
    samples for ``hnr_ac_db``; 40 ms follows Praat best (r = .93 on acted speech). ``voiced_min``: a lower
    limit on pYIN's voiced probability on top of its own voicing decision. Timbre: frames of ``timbre_frame`` samples;
    ``mfcc_top_hz`` can be lowered to 4000 to compare recordings of different bandwidth. Long sound is tracked in
    pieces of ``piece_s`` with ``overlap_s`` on either side, so that memory stays flat and the cut can't be seen.
    Speech: a stretch begins where the detector's probability reaches ``speech_on`` and ends where it falls under
    ``speech_off``; its edges then move, by at most ``edge_reach_s``, to where the level rises ``edge_above_db`` over
    the noise and into ``edge_range_db`` under the stretch's own loud parts, over holes no longer than ``edge_hole_s``.
    Pauses under ``silence_min_s`` and stretches under ``speech_min_s`` are not kept. Quality: see
    :mod:`mien.voice.spoilt` for ``noise_*`` and ``band_*``, :func:`mien.voice.quality.agc` for ``agc_*``. ``praat``:
    have Praat measure jitter, shimmer and formants too (:mod:`mien.voice.praat`, an optional extra). The rest sets when
    a window has enough voice to be described.
    """

    rate_hz: int = 16000
    pitch_frame: int = 1024
    hop: int = 160
    f0_min_hz: float = 65.0
    f0_max_hz: float = 500.0
    voiced_min: float = 0.0
    jump_max_st: float = 12.0
    jump_span_s: float = 1.0
    periodicity_frame: int = 640
    timbre_frame: int = 512
    mfcc_bands: int = 26
    mfcc_top_hz: float = 8000.0
    piece_s: float = 60.0
    overlap_s: float = 1.0
    speech_on: float = 0.4
    speech_off: float = 0.25
    speech_min_s: float = 0.1
    silence_min_s: float = 0.1
    edge_reach_s: float = 0.25
    edge_above_db: float = 6.0
    edge_range_db: float = 38.0
    edge_hole_s: float = 0.06
    calibration_min_voiced_s: float = 1.0
    calibration_range_db: float = 30.0
    window_min_speech_s: float = 0.3
    window_min_voiced_s: float = 0.1
    pause_min_s: float = 0.18
    pause_max_s: float = 2.0
    nucleus_dip_db: float = 2.0
    nucleus_range_db: float = 25.0
    noise_span_s: float = 5.0
    noise_quantile: float = 0.1
    noise_gate_share: float = 0.02
    band_block_s: float = 10.0
    band_range_db: float = 60.0
    agc_stretches: int = 6
    agc_pause_s: float = 0.3
    agc_voiced_s: float = 0.3
    agc_above_db: float = 10.0
    agc_share: float = 0.75
    agc_spread_db: float = 2.0
    snr_warn_db: float = 10.0
    band_warn_hz: float = 5000.0
    praat: bool = False

    @property
    def hop_s(self):
        """Seconds from one row to the next."""
        return self.hop / self.rate_hz

    @property
    def piece_frames(self):
        """Rows that are measured together."""
        return max(round(self.piece_s / self.hop_s), 1)


one_thread = threadpool_limits.wrap(limits=1)
"""Products of matrices in one thread: the matrices are small, other recordings want the other cores, and the last
digits do not depend on how many a machine has."""


def warm(say=print):
    """Compile the pitch tracker before it is needed, saying so: after an installation this takes some 6 seconds."""
    say("Preparing the pitch tracker (compiled once after installation; about 6 seconds then, none later) …")
    pyin(np.zeros(4096, "float32"), fmin=65, fmax=500, sr=16000, frame_length=1024, hop_length=160)


def nothing():
    """A table of frames without rows."""
    kinds = {"voiced": bool}
    return pd.DataFrame({name: pd.Series(dtype=kinds.get(name, float)) for name in COLUMNS})


@one_thread
def frames(sound, settings=None, told=None):
    """Measure a voice every 10 ms: pitch, whether it is voiced, level, periodicity, spectral balance.

    ``sound`` is a :class:`mien.media.Sound` at ``settings.rate_hz``. Returns a table with a row per hop inside the
    sound, at times 0 or later: ``time_s``; ``f0_hz`` (NaN where unvoiced) and ``voiced_probability`` by pYIN (Mauch &
    Dixon 2014), ``voiced`` its Viterbi decision; ``level_db`` root mean square re full scale (NaN in digital silence);
    ``hnr_ac_db`` 10 log10(r/(1-r)), r the autocorrelation at the period (not Praat's HNR); ``alpha_ratio_db`` energy
    50-1000 over 1000-5000 Hz; ``hammarberg_db`` strongest peak under 2 kHz over that in 2-5 kHz (Hammarberg et al.
    1980); ``slope_*`` of the spectrum in dB per kHz; ``mfcc_1`` to ``mfcc_4``; ``flux`` change of the spectrum's shape,
    0 to 1.41; ``noise_db`` level of the noise around; ``bandwidth_hz`` up to where there is sound; ``clipping_share``
    of the samples of the hop (see :mod:`mien.voice.spoilt`); with ``settings.praat`` also
    :data:`mien.voice.praat.COLUMNS`.

    Voicing is pYIN's own decision: on acted speech it finds 86 to 92 % of what Praat calls voiced, a voiced probability
    of at least .5 only 18 to 22 %. ``told`` collects ``clipping_share``, ``digital_silence_share``, ``voiced_share``,
    ``octave_errors``, what :func:`mien.voice.quality.told` says of the track, and ``warnings``.
    Raises ValueError at another rate, :class:`mien.tables.TableError` where Praat is asked for and not installed.
    """
    settings = settings or VoiceSettings()
    told = {} if told is None else told
    check_rate(sound, settings)
    told |= {"praat": praat.ready().PRAAT_VERSION} if settings.praat else {}
    count = -(-len(sound.samples) // settings.hop)
    values = {name: np.full(count, np.nan, "float32" if name in NARROW else float) for name in COLUMNS}
    values["voiced_probability"][:] = 0.0
    silent, clipping = _heard(sound.samples, count, settings)
    for first, last in pieces(silent, settings):
        _measure(sound.samples, first, last, values, settings)
    values["time_s"] = sound.start_s + np.arange(count) * settings.hop_s
    octaves = octave_errors(values["f0_hz"], settings)
    unvoiced = np.isnan(values["f0_hz"]) | octaves
    for name in ("f0_hz", *VOICED_ONLY):
        values[name][unvoiced] = np.nan
    if settings.praat:
        values |= _by_praat(sound.samples, silent, values["f0_hz"], told, settings)
    values["voiced"] = ~unvoiced
    values |= {
        "noise_db": spoilt.noise_db(values["level_db"], settings),
        "bandwidth_hz": spoilt.bandwidth_hz(sound.samples, count, settings),
        "clipping_share": clipping,
    }
    table = pd.DataFrame(values, copy=False)  # of an hour it is large
    _tell(table, octaves, told, settings)
    values |= {name: values[name].astype("float32") for name in ("level_db", *SPOILT)}
    table = pd.DataFrame(values, copy=False)
    return table if sound.start_s >= 0 else table[table["time_s"] >= 0].reset_index(drop=True)


def check_rate(sound, settings):
    """Raise ValueError unless the sound has the rate the settings are made for."""
    if sound.rate_hz != settings.rate_hz:
        raise ValueError(
            f"voice: the sound has {sound.rate_hz} samples a second, expected {settings.rate_hz}; "
            f"open it with media.sound(path, rate_hz={settings.rate_hz})"
        )


def _tell(table, octaves, told, settings):
    about, warnings = quality.told(table, settings)
    heard = table["level_db"].notna()
    told |= about | {
        "clipping_share": float(table["clipping_share"].mean()) if len(table) else 0.0,
        "digital_silence_share": float(1 - heard.mean()) if len(table) else 1.0,
        "voiced_share": float(table["voiced"].mean()) if len(table) else 0.0,
        "octave_errors": int(octaves.sum()),
    }
    if told["clipping_share"] > 1e-4:
        warnings.insert(0, f"clipping: {told['clipping_share']:.2%} of the samples are at full scale or in flat tops")
    if not heard.any():
        warnings.append("the sound is digital silence from start to end")
    if warnings:
        told.setdefault("warnings", []).extend(warnings)


def _heard(samples, count, settings):
    """Of every frame, whether it holds nothing but zeros (as far as the level's frame reaches), and ``clipping_share``.

    The samples are read in pieces of ``piece_s``, with as many on either side as a frame reaches.
    """
    hop, half = settings.hop, settings.timbre_frame // 2
    spans = [(a, min(a + settings.piece_frames, count)) for a in range(0, count, settings.piece_frames)]
    largest = max((float(np.abs(samples[a * hop : b * hop]).max(initial=0.0)) for a, b in spans), default=0.0)
    silent, clipping = np.ones(count, bool), np.zeros(count)
    for first, last in spans:
        start, end = max(first * hop - half, 0), min(last * hop + half, len(samples))
        part = samples[start:end]
        loud = np.concatenate([[0], np.cumsum(part != 0)])
        centre = np.arange(first, last) * hop - start
        low, high = np.maximum(centre - half, 0), np.minimum(centre + half, len(part))
        silent[first:last] = loud[high] == loud[low]
        clip = np.zeros((last - first) * hop, bool)
        inside = spoilt.clipped(part, FULL_SCALE, largest)[first * hop - start :][: len(clip)]
        clip[: len(inside)] = inside
        clipping[first:last] = clip.reshape(-1, hop).mean(axis=1)
    return silent, clipping


def pieces(silent, settings):
    """Frame ranges ``(first, last)`` to track: everything but long digital silence, in pieces of bounded length."""
    reach = round(settings.overlap_s / settings.hop_s)
    heard = np.concatenate([[0], np.cumsum(~silent)])
    at = np.arange(len(silent))
    near = heard[np.minimum(at + reach + 1, len(silent))] > heard[np.maximum(at - reach, 0)]
    edges = np.flatnonzero(np.diff(np.concatenate([[0], near.astype(int), [0]])))
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        for start in range(first, last, settings.piece_frames):
            yield start, min(start + settings.piece_frames, last)


def _measure(samples, first, last, values, settings):
    """Fill rows ``first`` to ``last`` from the samples around them; the overlap on either side is thrown away."""
    reach = round(settings.overlap_s / settings.hop_s)
    start = max(first - reach, 0)
    part = samples[start * settings.hop : (last + reach) * settings.hop].astype(float)
    part = np.pad(part, (0, max(settings.pitch_frame - len(part), 0)))
    keep = slice(first - start, last - start)
    f0, probability = _pitch(part, settings)
    values["f0_hz"][first:last] = f0[keep]
    values["voiced_probability"][first:last] = probability[keep]
    spectrum = np.abs(librosa.stft(part, n_fft=settings.timbre_frame, hop_length=settings.hop, pad_mode="constant"))
    found = {"level_db": _level(part, settings), "flux": _flux(spectrum)}
    found |= balance(spectrum**2, settings) | _cepstrum(spectrum**2, settings)
    for name, row in found.items():
        values[name][first:last] = row[keep]
    values["hnr_ac_db"][first:last] = _periodicity(part, f0, start, first, last, settings)
    for name in ALWAYS:
        values[name][first:last][np.isnan(values["level_db"][first:last])] = np.nan


def _by_praat(samples, silent, f0, told, settings):
    """What Praat says of every frame; formants of voiced ones."""
    values, reach = praat.empty(len(silent)), round(settings.overlap_s / settings.hop_s)
    told["formant_ceiling_hz"] = praat.ceiling_hz(f0)
    for first, last in pieces(silent, settings):
        start = max(first - reach, 0)
        part = samples[start * settings.hop : (last + reach) * settings.hop]
        found = praat.measured(part, last - start, told["formant_ceiling_hz"], settings)
        for name, row in found.items():
            values[name][first:last] = row[first - start :]
    for name in ("f1_hz", "f2_hz", "f3_hz"):
        values[name][np.isnan(f0)] = np.nan
    return values


def _pitch(part, settings):
    """F0 (NaN where unvoiced) and voiced probability by pYIN; S1 of the specification."""
    f0, _, probability = pyin(
        part,
        fmin=settings.f0_min_hz,
        fmax=settings.f0_max_hz,
        sr=settings.rate_hz,
        frame_length=settings.pitch_frame,
        hop_length=settings.hop,
    )
    return np.where(probability >= settings.voiced_min, f0, np.nan), probability


def octave_errors(f0, settings):
    """Where pitch is more than an octave from its surroundings: such an island is a tracking error, not a voice."""
    span = 2 * round(settings.jump_span_s / settings.hop_s / 2) + 1
    semitones = 12 * np.log2(pd.Series(f0, dtype=float))
    around = semitones.rolling(span, center=True, min_periods=1).median()
    return ((semitones - around).abs() > settings.jump_max_st).to_numpy()


def _level(part, settings):
    rms = librosa.feature.rms(y=part, frame_length=settings.timbre_frame, hop_length=settings.hop, pad_mode="constant")
    with np.errstate(divide="ignore"):
        level = 20 * np.log10(rms[0])
    return np.where(np.isfinite(level), level, np.nan)


def _flux(spectrum):
    """How far the shape of the spectrum moved since the frame before; loudness plays no part."""
    length = np.linalg.norm(spectrum, axis=0)
    shape = spectrum / np.where(length > 0, length, np.nan)
    moved = np.linalg.norm(np.diff(shape, axis=1), axis=0)
    return np.concatenate([[np.nan], moved])


def balance(power, settings):
    """Alpha ratio, Hammarberg index and the slopes of the spectrum (S6)."""
    hz = librosa.fft_frequencies(sr=settings.rate_hz, n_fft=settings.timbre_frame)
    decibel = 10 * np.log10(power + 1e-20)

    def band(low, high):
        return (hz >= low) & (hz < high)

    def slope(low, high):
        inside = (hz > 0) & (hz >= low) & (hz <= high)
        away = hz[inside] / 1000 - hz[inside].mean() / 1000
        return away @ decibel[inside] / (away @ away)

    sums = [power[band(low, high)].sum(axis=0) + 1e-20 for low, high in ((50, 1000), (1000, 5000))]
    peaks = [decibel[band(low, high)].max(axis=0) for low, high in ((0, 2000), (2000, 5000))]
    return {
        "alpha_ratio_db": 10 * np.log10(sums[0] / sums[1]),
        "hammarberg_db": peaks[0] - peaks[1],
        "slope_0_500_db_per_khz": slope(0, 500),
        "slope_500_1500_db_per_khz": slope(500, 1500),
    }


def _cepstrum(power, settings):
    """Mel-frequency cepstral coefficients 1 to 4 of the log spectrum in decibels; the 0th, loudness, is left out."""
    mel = librosa.feature.melspectrogram(
        S=power, sr=settings.rate_hz, n_mels=settings.mfcc_bands, fmin=20, fmax=settings.mfcc_top_hz
    )
    rows = librosa.feature.mfcc(S=10 * np.log10(mel + 1e-20), n_mfcc=5)
    return {f"mfcc_{i}": rows[i] for i in range(1, 5)}


def _periodicity(part, f0, start, first, last, settings):
    """``hnr_ac_db`` of rows ``first`` to ``last``: how much of a frame repeats after one period (S4)."""
    found = np.full(last - first, np.nan)
    wanted = np.flatnonzero(~np.isnan(f0[first - start : last - start]))
    padded = np.pad(part, settings.periodicity_frame // 2)
    windows = np.lib.stride_tricks.sliding_window_view(padded, settings.periodicity_frame)[:: settings.hop]
    for rows in np.array_split(wanted, len(wanted) // 500 + 1):
        r = _autocorrelation_peak(windows[rows + first - start], settings.rate_hz / f0[rows + first - start])
        found[rows] = 10 * np.log10(r / (1 - r))
    return found


def _autocorrelation_peak(windows, period):
    """The largest normalised correlation of each frame with itself, near one period later; 0.0001 to 0.9999."""
    windows = windows - windows.mean(axis=1, keepdims=True)
    size = windows.shape[1]
    product = np.fft.irfft(np.abs(np.fft.rfft(windows, 2 * size)) ** 2)[:, :size]
    energy = np.concatenate([np.zeros((len(windows), 1)), np.cumsum(windows**2, axis=1)], axis=1)
    lags = np.round(period[:, None] * np.linspace(0.9, 1.1, 41)).astype(int)
    row = np.arange(len(windows))[:, None]
    both = np.sqrt(energy[row, size - lags] * (energy[:, -1:] - energy[row, lags]))
    r = np.where(both > 0, product[row, lags] / np.where(both > 0, both, 1), 0)
    return np.clip(r.max(axis=1, initial=0), 1e-4, 1 - 1e-4)
