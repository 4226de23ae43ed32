"""Jitter, shimmer, harmonics-to-noise ratio and formants, by Praat itself, where somebody asks for them.

Needs the optional extra ``mien[praat]`` (praat-parselmouth, GPL-3) *and* ``VoiceSettings.praat`` (``mien build
--praat``): no table changes only because a package happens to be installed.

Conventions: glottal pulses by Praat's cross-correlation (*To PointProcess (periodic, cc)*) between the floor and the
ceiling of mien's own pitch. Perturbation is kept as sums per 10 ms, at the pulse in the middle, so that any span of a
person's own speech has the value Praat's query has for it. All parameters are Praat's defaults (:data:`SHORTEST_S` to
:data:`AMPLITUDE_FACTOR`); 16 kHz sound in pieces of a minute.

References: Boersma 1993, IFA Proceedings 17: 97 (harmonicity); the manual of Praat, *Voice 2. Jitter* and *Voice 3.
Shimmer*; Childers 1978, *Modern Spectrum Analysis*: 252 (Burg's method).
"""

import math

import numpy as np

from mien import tables

NAMES = (
    "voice_jitter_local",
    "voice_shimmer_local_db",
    "voice_hnr_praat_db",
    "voice_f1_hz",
    "voice_f2_hz",
    "voice_f3_hz",
)
"""The measures of a window, in the order in which :func:`features` gives them."""

SUMS = ("period_count", "period_sum_s", "jitter_count", "jitter_sum_s", "shimmer_count", "shimmer_sum_db")
COLUMNS = (*SUMS, "hnr_praat_db", "f1_hz", "f2_hz", "f3_hz")
"""What :func:`measured` adds to a row per 10 ms."""

SHORTEST_S, LONGEST_S = 0.0001, 0.02
"""Periods that are shorter or longer are none (Praat's period floor and ceiling)."""

PERIOD_FACTOR, AMPLITUDE_FACTOR = 1.3, 1.6
"""Neighbouring periods, or amplitudes, that differ by a larger factor are not compared (Praat's maximum factors)."""

SILENCE = 0.1
"""Frames quieter than this share of the piece's loudest sample have no harmonics-to-noise ratio (Praat's threshold)."""

FORMANTS, WINDOW_S, EMPHASIS_HZ = 5, 0.025, 50.0
"""Formants sought under the ceiling, length of their (Gaussian) frame, and from where treble is emphasised."""

LOW_VOICE_HZ, CEILINGS_HZ = 160.0, (5000.0, 5500.0)
"""The ceiling of five formants is 5000 Hz for a track whose median pitch is lower than this, else 5500 (Praat's advice
for the average man and woman, here by how the voice sounds and not by who somebody is)."""

FEWEST = 20
"""Pairs of periods that a value of jitter or shimmer rests on at least."""

ABSENT = (
    "voice_jitter_local, voice_shimmer_local_db, voice_hnr_praat_db and formants were not asked for: "
    "`mien build --praat` has them measured by Praat (pip install 'mien[praat]': praat-parselmouth, GPL-3)"
)


def ready():
    """Praat, as the module ``parselmouth``. Raises :class:`mien.tables.TableError` where it is not installed."""
    try:
        import parselmouth
    except ImportError as error:
        raise tables.TableError("Praat is optional: pip install 'mien[praat]' (praat-parselmouth, GPL-3)") from error
    return parselmouth


def empty(count):
    """Columns of ``count`` rows in which nothing was measured."""
    return {name: np.full(count, 0.0 if name in SUMS else np.nan, "float32") for name in COLUMNS}


def ceiling_hz(f0):
    """The ceiling under which five formants are sought, by the median of pitch (Hz, NaN where unvoiced)."""
    voiced = f0[~np.isnan(f0)]
    return CEILINGS_HZ[int(not len(voiced) or np.median(voiced) >= LOW_VOICE_HZ)]


def measured(part, count, top_hz, settings):
    """The :data:`COLUMNS` of the first ``count`` frames of a piece of sound, {name: (count,)}; see :func:`features`.

    ``part`` samples (N,) at ``settings.rate_hz``; frame k lies at ``k * hop``. ``top_hz``: :func:`ceiling_hz`.
    """
    sound = ready().Sound(np.ascontiguousarray(part, float), settings.rate_hz)
    found = empty(count)
    if not np.any(part) or sound.duration <= 3 / settings.f0_min_hz + settings.hop_s:
        return found
    found |= _perturbation(sound, count, settings)
    at = np.arange(count) * settings.hop_s
    harmonic = sound.to_harmonicity_cc(settings.hop_s, settings.f0_min_hz, SILENCE, 1.0)
    level = harmonic.values[0]
    found["hnr_praat_db"] = _nearest(harmonic.xs(), np.where(level > -200, level, np.nan), at, settings)
    formant = sound.to_formant_burg(settings.hop_s, FORMANTS, top_hz, WINDOW_S, EMPHASIS_HZ)
    for number in (1, 2, 3):
        heard = np.array([formant.get_value_at_time(number, time_s) for time_s in formant.xs()])
        found[f"f{number}_hz"] = _nearest(formant.xs(), heard, at, settings)
    return found


def _nearest(times_s, values, at, settings):
    """Values at the nearest of Praat's own frames; NaN where that is farther than one hop."""
    if not len(values):
        return np.full(len(at), np.nan)
    place = np.clip(np.round((at - times_s[0]) / settings.hop_s).astype(int), 0, len(values) - 1)
    return np.where(np.abs(times_s[place] - at) <= settings.hop_s, values[place], np.nan)


def _perturbation(sound, count, settings):
    call = ready().praat.call
    pulses = call(sound, "To PointProcess (periodic, cc)", settings.f0_min_hz, settings.f0_max_hz)
    times = call(pulses, "To Matrix").values[0] if call(pulses, "Get number of points") else np.zeros(0)
    if len(times) < 3:
        return {name: np.zeros(count) for name in SUMS}
    tier = call([pulses, sound], "To AmplitudeTier (period)", 0, 0, SHORTEST_S, LONGEST_S, PERIOD_FACTOR)
    loud = np.array(call(call(tier, "Down to TableOfReal"), "To Matrix").values)
    places = {"period": periods(times), "jitter": jitter(times), "shimmer": shimmer(*loud.T)}
    found = {}
    for name, unit in (("period", "s"), ("jitter", "s"), ("shimmer", "db")):
        when, values = places[name]
        frame = np.round(when / settings.hop_s).astype(int)
        inside = (frame >= 0) & (frame < count)
        found[f"{name}_count"] = np.bincount(frame[inside], minlength=count).astype(float)
        found[f"{name}_sum_{unit}"] = np.bincount(frame[inside], values[inside], minlength=count)
    return found


def periods(pulses):
    """The periods among pulses (N,), seconds, in Praat's sense: ``(begins, lengths)``.

    Of allowed length, and not unlike both neighbours.
    """
    length = np.diff(pulses)
    unlike = _factor(length[:-1], length[1:]) > PERIOD_FACTOR
    before, after = np.concatenate([[True], unlike]), np.concatenate([unlike, [True]])
    alone = len(length) == 1
    good = _is_allowed(length) & (~(before & after) | alone)
    return pulses[:-1][good], length[good]


def jitter(pulses):
    """Differences of neighbouring periods, seconds: ``(middles, differences)``; of those that may be compared."""
    length = np.diff(pulses)
    good = _is_allowed(length[:-1]) & _is_allowed(length[1:]) & (_factor(length[:-1], length[1:]) <= PERIOD_FACTOR)
    return pulses[1:-1][good], np.abs(np.diff(length))[good]


def shimmer(times, amplitudes):
    """Differences of neighbouring amplitudes, dB: ``(ends, differences)``; of those that may be compared."""
    good = _is_allowed(np.diff(times)) & (_factor(amplitudes[:-1], amplitudes[1:]) <= AMPLITUDE_FACTOR)
    return times[1:][good], 20 * np.abs(np.log10(amplitudes[1:] / amplitudes[:-1]))[good]


def _is_allowed(length):
    return (length >= SHORTEST_S) & (length <= LONGEST_S)


def _factor(one, other):
    return np.maximum(one, other) / np.minimum(one, other)


def features(spoken):
    """Praat's measures over the frames of one person's own speech: ``(values, reasons)`` of :data:`NAMES`.

    ``voice_jitter_local``: mean difference of neighbouring periods over the mean period, a share (0.01 is 1 %);
    ``voice_shimmer_local_db``: mean difference of the amplitudes of neighbouring periods, dB; both of
    :data:`FEWEST` pairs or more, else NaN (few_periods). ``voice_hnr_praat_db``: mean harmonics-to-noise ratio (cross-
    correlation) of frames that Praat finds periodic; ``voice_f1_hz`` to ``voice_f3_hz``: medians over voiced frames;
    NaN where there are none (unvoiced). Noise, echo, codecs and running speech raise jitter and shimmer: clinical norms
    are of held vowels.
    """
    total = {name: float(spoken[name].sum()) for name in SUMS}
    voiced = spoken[spoken["voiced"].astype(bool)]
    enough = {name: total[f"{name}_count"] >= FEWEST for name in ("jitter", "shimmer")}
    values = dict.fromkeys(NAMES, math.nan)
    if enough["jitter"]:
        period_s = total["period_sum_s"] / total["period_count"]
        values["voice_jitter_local"] = total["jitter_sum_s"] / total["jitter_count"] / period_s
    if enough["shimmer"]:
        values["voice_shimmer_local_db"] = total["shimmer_sum_db"] / total["shimmer_count"]
    values["voice_hnr_praat_db"] = float(spoken["hnr_praat_db"].mean())
    values |= {f"voice_f{number}_hz": float(voiced[f"f{number}_hz"].median()) for number in (1, 2, 3)}
    few = ("voice_jitter_local", "voice_shimmer_local_db")
    reasons = {name: "few_periods" if name in few else "unvoiced" for name in NAMES if math.isnan(values[name])}
    return values, reasons
