"""What lies between a mouth and a file: noise, echo, a telephone, a codec, a microphone that clips, automatic gain.

Each is a function from samples (N,) at 16 kHz to samples (N,), and says exactly how much it spoils.

References: Polack 1988 (echo as decaying noise); ITU-T G.711 (μ-law) and the 300–3400 Hz of a telephone line.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from scipy import signal

from mien import media, store
from mien.synthetic.voices import RATE_HZ

ROOM_M3, MOUTH_TO_MICROPHONE_M = 60.0, 0.6
"""A small meeting room, and somebody at a laptop in it: they say how loud the echo is beside the voice."""

TELEPHONE_HZ = (300.0, 3400.0)
DEEPEST_HZ = 50.0
MU = 255.0
GAIN_TARGET_DB, GAIN_MOST_DB, GAIN_RATE_S, GAIN_GATE_DB = -24.0, 15.0, 0.5, -50.0
"""Automatic gain: the level aimed at, the most that is added or taken, how fast, and below what it holds still."""


def noisy(samples, snr_db, speaking, name):
    """Add noise of the voice's own long-term colour, ``snr_db`` under its power while it is ``speaking``.

    ``speaking`` (N,) flags. The colour is the spectrum of the whole sound, smoothed over an octave (unsmoothed it hums
    at the voice's pitch, and a pitch tracker rightly hears that); the phases are drawn by ``name``.
    """
    hz = np.fft.rfftfreq(len(samples), 1 / RATE_HZ)
    power = np.concatenate([[0], np.cumsum(np.abs(np.fft.rfft(samples)) ** 2)])
    low = (hz * 2**-0.5 / hz[1]).astype(int)
    high = np.minimum((hz * 2**0.5 / hz[1]).astype(int) + 1, len(hz))
    colour = np.sqrt((power[high] - power[low]) / (high - low)) * (hz >= DEEPEST_HZ)
    phase = store.rng(f"room noise {name}").uniform(0, 2 * np.pi, len(hz))
    noise = np.fft.irfft(colour * np.exp(1j * phase), len(samples))
    wanted = np.mean(np.square(samples[speaking], dtype=float)) / 10 ** (snr_db / 10)
    return samples + noise * np.sqrt(wanted / np.mean(noise**2))


def echoed(samples, rt60_s, name):
    """Put the voice into a room whose echo falls by 60 dB in ``rt60_s`` seconds.

    The direct sound keeps its time and strength; the echo is noise that decays, as strong beside it as at 0.6 m in a
    room of 60 m³ (critical distance 0.057 √(V/RT60)).
    """
    time_s = np.arange(round(1.2 * rt60_s * RATE_HZ)) / RATE_HZ
    echo = store.rng(f"room echo {name}").normal(size=len(time_s)) * 10 ** (-3 * time_s / rt60_s) * (time_s >= 0.002)
    direct_over_echo = (0.057 * np.sqrt(ROOM_M3 / rt60_s) / MOUTH_TO_MICROPHONE_M) ** 2
    echo /= np.sqrt(np.sum(echo**2) * direct_over_echo)
    return samples + signal.fftconvolve(samples, echo)[: len(samples)]


def overheard(tracks, bleed_db, delay_s, name):
    """Let everybody's microphone hear everybody else, as loudspeakers and shared rooms do.

    ``tracks`` {person_id: (N,)}, one voice each. Each gets the voices of the others ``bleed_db`` (re their power)
    lower, later by a delay drawn between ``delay_s`` (low, high), duller (a band-pass of its own, 100–300 to
    2500–5500 Hz) and with a short echo (0.15 s). Copies are of voices only: nothing that was overheard is heard again.
    """
    found = {}
    for listener in tracks:
        heard = tracks[listener].astype(float)
        for source, samples in tracks.items():
            if source != listener and np.any(samples):
                heard = heard + _copy(samples, bleed_db, delay_s, f"{name} {source} {listener}")
        found[listener] = heard.astype(np.float32)
    return found


def _copy(samples, bleed_db, delay_s, name):
    chance = store.rng(f"room bleed {name}")
    band = signal.butter(
        2, (chance.uniform(100, 300), chance.uniform(2500, 5500)), "bandpass", fs=RATE_HZ, output="sos"
    )
    dull = echoed(signal.sosfilt(band, samples), 0.15, name)
    late = round(chance.uniform(*delay_s) * RATE_HZ)
    copy = np.concatenate([np.zeros(late), dull])[: len(samples)]
    wanted = np.sum(np.square(samples, dtype=float)) * 10 ** (bleed_db / 10)
    return copy * np.sqrt(wanted / max(np.sum(copy**2), 1e-12))


def telephoned(samples):
    """Send the voice through a telephone line: 300–3400 Hz, 8,000 samples a second, 8 bits of μ-law."""
    band = signal.butter(8, TELEPHONE_HZ, "bandpass", fs=RATE_HZ, output="sos")
    narrow = signal.resample_poly(signal.sosfiltfilt(band, samples), 1, 2)
    pressed = np.sign(narrow) * np.log1p(MU * np.minimum(np.abs(narrow), 1)) / np.log1p(MU)
    pressed = np.round(pressed * 127) / 127
    back = np.sign(pressed) * np.expm1(np.abs(pressed) * np.log1p(MU)) / MU
    return signal.resample_poly(back, 2, 1)[: len(samples)]


def coded(samples, ending, kbit_s):
    """Write the voice as .m4a (AAC) or .opus at a bitrate and read it again, as every meeting does."""
    with TemporaryDirectory() as folder:
        path = media.write_sound(Path(folder) / f"voice{ending}", samples, RATE_HZ, kbit_s)
        heard = media.sound(path, RATE_HZ)
    late = round(heard.start_s * RATE_HZ)
    whole = np.zeros(max(late + len(heard.samples), len(samples)))
    whole[late : late + len(heard.samples)] = heard.samples
    return whole[: len(samples)]


def overdriven(samples, share, speaking):
    """Clip the loudest ``share`` of the samples while ``speaking``, as a microphone does; the tops end at −6 dB."""
    limit = np.quantile(np.abs(samples[speaking]), 1 - share)
    return 0.5 * np.clip(samples, -limit, limit) / limit


def levelled(samples):
    """Turn the gain up on the quiet and down on the loud, half-way in half a second, holding still in silence.

    This is how call software levels voices, so that how loud somebody was can no longer be heard.
    """
    hop = RATE_HZ // 100
    frames = samples[: len(samples) // hop * hop].reshape(-1, hop)
    level_db = 10 * np.log10(np.mean(frames**2, axis=1) + 1e-12)
    gain_db, gains = 0.0, []
    for level in level_db:
        if level > GAIN_GATE_DB:
            wanted = np.clip(GAIN_TARGET_DB - level, -GAIN_MOST_DB, GAIN_MOST_DB)
            gain_db += (wanted - gain_db) * (1 - 0.5 ** (0.01 / GAIN_RATE_S))
        gains.append(gain_db)
    at = (np.arange(len(gains)) + 0.5) * hop
    return samples * 10 ** (np.interp(np.arange(len(samples)), at, gains) / 20)
