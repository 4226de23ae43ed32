"""One thing changed in a sound: noise, gain, automatic gain, band, codec, echo or lost packets, each in its own unit.

Conventions: every edit takes samples (N,) in −1..1 and their rate in hertz, and returns as many samples at the same
rate, each at its old time; the input is never changed. What is drawn at random is drawn by ``name``: the same name
gives the same edit. Which doses are ordinary is said in ``verdict_rules.yaml`` (AUDIT 6.7). Echo and automatic gain are
those of the SYNTHETIC trials (:mod:`mien.synthetic.room`), so that both tell of the same condition.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from scipy import ndimage, signal

from mien import media, store
from mien.edits.errors import EditError
from mien.synthetic import room

SMOOTH_S, HANGOVER_S, MARGIN_DB = 0.03, 0.2, 15.9
"""The envelope's time constant, how long speech goes on behind it, and how far under the speech level it counts
(ITU-T P.56, method B)."""

PACKET_S, REPEATED_S, FADED_S = 0.02, 0.01, 0.06
"""A packet; for how long the last period is repeated at full strength, and when what is repeated has faded to nothing
(ITU-T G.711 Appendix I: 10 ms and 60 ms)."""

PERIODS_S = (0.005, 0.015)
"""Shortest and longest pitch period that is repeated: 200 and 66 Hz, the same appendix."""

OPUS_HZ = (8000, 12000, 16000, 24000, 48000)
"""The rates at which Opus codes; sound at another is brought to the last of them and back."""

CALM = ("white", "pink")
"""Noises that need no other sound; white is alike at all frequencies, pink falls by 3 dB an octave (as a fan does)."""


def active_level_db(samples, rate_hz):
    """How loud the speech in a sound is, without its pauses: the active speech level, dB re full scale.

    Method B of ITU-T P.56: an envelope smoothed twice over 30 ms; a moment is speech if the envelope was above a
    threshold within the last 0.2 s; the threshold is the one that lies 15.9 dB under the level it leads to. NaN for
    digital silence.

    >>> tone = np.sin(2 * np.pi * 200 * np.arange(32000) / 16000)
    >>> round(active_level_db(np.concatenate([tone, np.zeros(64000)]), 16000), 1)
    -3.6
    """
    _, level = _activity(samples, rate_hz)
    return level


def is_active(samples, rate_hz):
    """Which samples are speech by :func:`active_level_db`, (N,) flags."""
    return _activity(samples, rate_hz)[0]


def _activity(samples, rate_hz):
    samples = np.asarray(samples, dtype=float)
    power = np.sum(samples**2)
    if not power > 0:
        return np.zeros(len(samples), bool), np.nan
    keep = np.exp(-1 / (rate_hz * SMOOTH_S))
    envelope = np.abs(samples)
    for _ in range(2):
        envelope = signal.lfilter([1 - keep], [1, -keep], envelope)
    held = _held(envelope, round(HANGOVER_S * rate_hz))
    over_db = 20 * np.log10(np.sort(held)[::-1] + 1e-12)
    level_db = 10 * np.log10(power / np.arange(1, len(held) + 1))  # if so many of the largest are speech
    near = np.flatnonzero(level_db - over_db <= MARGIN_DB)
    count = int(near[-1]) + 1 if len(near) else len(held)
    return held >= 10 ** (over_db[count - 1] / 20) - 1e-12, float(level_db[count - 1])


def _held(envelope, count):
    """The largest value among each sample and the ``count`` before it."""
    return ndimage.maximum_filter1d(envelope, count + 1, mode="constant", origin=count // 2)


def noise(samples, rate_hz, snr_db, kind="pink", name="", voices=()):
    """Add noise so that the active speech level lies ``snr_db`` above its power.

    ``kind``: ``white``, ``pink``, or ``babble``: several ``voices`` (each (M,), other people's speech at the same
    rate) talking at once, each equally loud (active level) and from a moment of its own, over and over. Nothing is
    clipped. The definition of SNR is that of ITU-T P.56 for the speech and plain mean power for the noise.
    """
    if kind not in (*CALM, "babble"):
        raise EditError(f"noise: no kind {kind!r}; expected {', '.join(CALM)} or babble")
    if kind == "babble" and not (len(voices) and all(np.any(voice) for voice in voices)):
        raise EditError("noise: babble is made of other people's speech; give voices, a list of arrays of samples")
    chance = store.rng(f"edit noise {kind} {name}")
    count = len(samples)
    sound = _babble(voices, rate_hz, count, chance) if kind == "babble" else _coloured(count, kind, chance)
    level = active_level_db(samples, rate_hz)
    if np.isnan(level):
        raise EditError("noise: the sound is digital silence, so nothing says how loud its noise should be")
    return samples + sound * 10 ** ((level - snr_db) / 20) / np.sqrt(np.mean(sound**2))


def _coloured(count, kind, chance):
    spectrum = np.fft.rfft(chance.normal(size=count))
    if kind == "pink":
        spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
        spectrum[0] = 0
    return np.fft.irfft(spectrum, count)


def _babble(voices, rate_hz, count, chance):
    whole = np.zeros(count)
    for voice in voices:
        alike = np.asarray(voice, dtype=float) * 10 ** (-active_level_db(voice, rate_hz) / 20)
        whole += np.resize(np.roll(alike, chance.integers(len(alike))), count)
    return whole


def gain(samples, rate_hz, gain_db):
    """Turn the volume by ``gain_db``; what leaves full scale is clipped, as in any file."""
    return np.clip(np.asarray(samples) * 10 ** (gain_db / 20), -1, 1)


def automatic_gain(samples, rate_hz):
    """Turn the gain up on the quiet and down on the loud, as call software does: see :func:`room.levelled`."""
    return _at_room_rate(samples, rate_hz, room.levelled)


def narrow_band(samples, rate_hz, band_rate_hz=8000.0):
    """Nothing above half of ``band_rate_hz``: recorded or sent at so many samples a second (8000: a telephone's)."""
    if not 0 < band_rate_hz < rate_hz:
        raise EditError(f"narrow_band: {band_rate_hz:g} Hz; expected less than the sound's own {rate_hz:g} Hz")
    narrow = signal.resample_poly(samples, round(band_rate_hz), round(rate_hz))
    return _fitted(signal.resample_poly(narrow, round(rate_hz), round(band_rate_hz)), len(samples))


def opus(samples, rate_hz, kbit_s):
    """Code as Opus at ``kbit_s`` kilobits a second and decode again; the codec's delay is taken out (RFC 6716)."""
    return _coded(samples, rate_hz, kbit_s, ".opus", rate_hz if rate_hz in OPUS_HZ else OPUS_HZ[-1])


def aac(samples, rate_hz, kbit_s):
    """Code as AAC (low complexity, .m4a) at ``kbit_s`` kilobits a second and decode again, without its delay."""
    return _coded(samples, rate_hz, kbit_s, ".m4a", rate_hz)


def _coded(samples, rate_hz, kbit_s, ending, codec_hz):
    """Through a file and back: written at ``codec_hz``, read at ``rate_hz`` on the file's own clock."""
    sent = np.asarray(samples)
    if codec_hz != rate_hz:
        sent = signal.resample_poly(sent, codec_hz, round(rate_hz))
    with TemporaryDirectory() as folder:
        path = media.write_sound(Path(folder) / f"voice{ending}", sent, codec_hz, kbit_s)
        heard = media.sound(path, round(rate_hz))
    late = round(heard.start_s * rate_hz)
    return _fitted(np.concatenate([np.zeros(late), heard.samples]), len(samples))


def reverberation(samples, rate_hz, rt60_s, name=""):
    """Put the voice into a room whose echo falls by 60 dB in ``rt60_s`` seconds: :func:`mien.synthetic.room.echoed`.

    The direct sound keeps its time and strength (0.6 m from the mouth in a room of 60 m³; Polack 1988).
    """
    if not rt60_s > 0:
        raise EditError(f"reverberation: RT60 of {rt60_s:g} s; expected more than 0")
    return _at_room_rate(samples, rate_hz, lambda sound: room.echoed(sound, rt60_s, f"edit {name}"))


def _at_room_rate(samples, rate_hz, change):
    """Change the sound at the rate of :mod:`mien.synthetic.room`, and bring it back."""
    if rate_hz == room.RATE_HZ:
        return change(np.asarray(samples, dtype=float))
    there = signal.resample_poly(samples, room.RATE_HZ, round(rate_hz))
    return _fitted(signal.resample_poly(change(there), round(rate_hz), room.RATE_HZ), len(samples))


# --- lost packets -----------------------------------------------------------------------------------------------------


def lost_packets(count, rate_hz, share, name=""):
    """Which packets of 20 ms are lost: their numbers in order, ``share`` of all (to the nearest whole packet).

    Losses are drawn without regard to each other and never hit the first packet, of which nothing could be repeated.
    """
    if not 0 <= share < 1:
        raise EditError(f"packet_loss: a share of {share:g}; expected 0 or more and less than 1 (0.01: 1 %)")
    n_packets = -(-count // round(PACKET_S * rate_hz))
    n_lost = min(round(share * n_packets), max(n_packets - 1, 0))
    return np.sort(store.rng(f"edit loss {name}").choice(np.arange(1, max(n_packets, 2)), n_lost, replace=False))


def packet_loss(samples, rate_hz, share, name=""):
    """Lose ``share`` of the packets of 20 ms, and hide it as a telephone does.

    In place of what is lost the last pitch period before it is heard again and again, from 10 ms on ever softer and
    after 60 ms not at all; the first quarter of a period after it is cross-faded (after ITU-T G.711 Appendix I).
    """
    heard, size = np.array(samples, dtype=float), round(PACKET_S * rate_hz)
    lost = lost_packets(len(heard), rate_hz, share, name)
    for run in np.split(lost, np.flatnonzero(np.diff(lost) > 1) + 1):
        if len(run):
            _conceal(heard, run[0] * size, min((run[-1] + 1) * size, len(heard)), rate_hz)
    return heard


def _conceal(heard, first, last, rate_hz):
    """Write the repeated period over ``heard[first:last]``, and a quarter of it across the edge behind."""
    period = _period(heard[:first], rate_hz)
    over = min(period // 4, len(heard) - last)
    told = heard[first - period : first][np.arange(last - first + over) % period]
    since_s = np.arange(len(told)) / rate_hz
    told = told * np.clip((FADED_S - since_s) / (FADED_S - REPEATED_S), 0, 1)
    heard[first:last] = told[: last - first]
    fade = np.arange(1, over + 1) / (over + 1)
    heard[last : last + over] = told[last - first :] * (1 - fade) + heard[last : last + over] * fade


def _period(before, rate_hz):
    """The pitch period just before a loss, samples: where the last 20 ms look most like themselves, earlier."""
    shortest, longest = (round(length * rate_hz) for length in PERIODS_S)
    span = min(round(PACKET_S * rate_hz), len(before))
    if len(before) < span + longest:
        return min(longest, len(before))
    tail = before[-span:]
    earlier = np.lib.stride_tricks.sliding_window_view(before[-span - longest :], span)[: longest - shortest + 1]
    alike = earlier @ tail / np.sqrt(np.sum(earlier**2, axis=1) + 1e-12)
    return longest - int(np.argmax(alike))


def _fitted(samples, count):
    """So many samples: cut, or with silence behind."""
    samples = np.asarray(samples, dtype=float)
    return np.concatenate([samples, np.zeros(max(count - len(samples), 0))])[:count]
