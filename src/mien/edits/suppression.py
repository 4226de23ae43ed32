"""A suppressor of noise, as call software has one: what changes slowly in a sound is taken for noise and turned down.

Conventions are those of :mod:`mien.edits.sound`. It is the classic of the trade and stands for none of the products:
the short-time spectrum of each 32 ms is multiplied by the gain that gives the least squared error of its amplitude
(MMSE-STSA) with decision-directed signal-to-noise ratios (Ephraim & Malah 1984, IEEE Trans. ASSP 32: 1109), the noise
being followed by how probable speech is (Gerkmann & Hendriks 2012, IEEE Trans. ASLP 20: 1383). The dose is by how many
decibels it may turn anything down at most; that of WebRTC has levels of 6, 12, 18 and 21 dB (its ``NsConfig``).
"""

import numpy as np
from scipy import signal, special

from mien.edits.errors import EditError

FRAME_S = 0.032
"""Length of a short-time spectrum; they follow each other at half of it, with Hann windows."""
KEPT = 0.98
"""Weight of the frame before in the signal-to-noise ratio (Ephraim & Malah 1984, equation 51)."""
LEAST_RATIO = 10 ** (-25 / 10)
"""The a-priori signal-to-noise ratio is never lower, lest single tones be left standing (Cappé 1994)."""
FIRST_FRAMES = 5
"""The first idea of the noise is the mean power of so many frames."""
SPOKEN_RATIO = 10 ** (15 / 10)
"""How far speech lies above the noise where there is speech; and 0.8, 0.9, 0.99 below (Gerkmann & Hendriks 2012)."""


def noise_suppression(samples, rate_hz, at_most_db):
    """Turn what is taken for noise down by ``at_most_db`` decibels, and speech in it by less.

    >>> hiss = np.random.Generator(np.random.PCG64(1)).normal(0, 0.1, 32000)
    >>> round(float(20 * np.log10(np.std(noise_suppression(hiss, 16000, 12)[8000:]) / 0.1)))
    -11
    """
    if not at_most_db >= 0:
        raise EditError(f"noise_suppression: at most {at_most_db:g} dB; expected 0 or more (20: to a tenth)")
    samples = np.asarray(samples, dtype=float)
    size = 2 * round(FRAME_S * rate_hz / 2)
    if len(samples) < size or not np.any(samples) or at_most_db == 0:
        return samples.copy()
    _, _, spectrum = signal.stft(samples, rate_hz, "hann", size, size // 2)
    kept = np.maximum(gains(np.abs(spectrum) ** 2), 10 ** (-at_most_db / 20))
    return signal.istft(spectrum * kept, rate_hz, "hann", size, size // 2)[1][: len(samples)]


def gains(power):
    """By how much each amplitude is multiplied: short-time ``power`` (frequencies, frames) to gains of that shape."""
    noise = noise_power(power)
    found, before = np.empty_like(power), np.ones(len(power))
    for number in range(power.shape[1]):
        above = power[:, number] / noise[:, number]
        if number == 0:
            ratio = KEPT + (1 - KEPT) * np.maximum(above - 1, 0)
        else:
            ratio = KEPT * before + (1 - KEPT) * np.maximum(above - 1, 0)
        found[:, number] = amplitude_gain(np.maximum(ratio, LEAST_RATIO), above)
        before = found[:, number] ** 2 * above
    return found


def amplitude_gain(ratio, above):
    """The gain of least squared error in amplitude, by the signal-to-noise ratio before and after the frame is seen.

    ``ratio``: speech over noise, as expected (a priori); ``above``: power of the frame over that of the noise (a
    posteriori). Equation 7 of Ephraim & Malah 1984; it nears the Wiener gain where both are large.

    >>> float(amplitude_gain(1000.0, 1000.0)).__round__(2)
    1.0
    """
    above = np.maximum(above, 1e-6)
    v = ratio / (1 + ratio) * above
    return np.sqrt(np.pi * v) / (2 * above) * ((1 + v) * special.i0e(v / 2) + v * special.i1e(v / 2))


def noise_power(power):
    """The power of the noise in each frame, followed by how probable it is that there is speech in it.

    ``power`` (frequencies, frames) to the same shape. Where a frame is probably noise, its power moves the estimate.
    """
    floor = 1e-12 * max(power.max(), 1e-300)
    now = np.maximum(power[:, :FIRST_FRAMES].mean(axis=1), floor)
    spoken, found = np.full(len(power), 0.5), np.empty_like(power)
    for number in range(power.shape[1]):
        odds = SPOKEN_RATIO / (1 + SPOKEN_RATIO) * power[:, number] / now - np.log1p(SPOKEN_RATIO)
        probable = special.expit(odds)
        spoken = 0.9 * spoken + 0.1 * probable
        probable = np.where(spoken > 0.99, np.minimum(probable, 0.99), probable)
        heard = probable * now + (1 - probable) * power[:, number]
        now = np.maximum(0.8 * now + 0.2 * heard, floor)
        found[:, number] = now
    return found
