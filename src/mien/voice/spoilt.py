"""What spoils a sound, frame by frame: noise under the voice, clipping, and where its band ends."""

import numpy as np
import pandas as pd


def noise_db(level_db, settings):
    """The level of the noise around each frame: the 10th percentile of smoothed level over ``noise_span_s``.

    After the minimum statistics of Martin 2001 (IEEE Transactions on Speech and Audio Processing 9: 504): in any few
    seconds of speech there are moments that hold noise only. NaN where some of them are digital silence: a gate or a
    mute hides the noise then.
    """
    level = pd.Series(level_db, dtype=float)
    smooth = 10 * np.log10((10 ** (level / 10)).rolling(5, center=True, min_periods=1).mean())
    span = 2 * round(settings.noise_span_s / settings.hop_s / 2) + 1
    gated = level.isna().rolling(span, center=True, min_periods=1).mean() > settings.noise_gate_share
    floor = smooth.rolling(span, center=True, min_periods=1).quantile(settings.noise_quantile)
    return floor.mask(gated | level.isna()).to_numpy()


def clipped(samples, full_scale, largest, flat=0.002, run=3):
    """Which samples are clipped (N,): at full scale, or in a flat top of 3 or more near the ``largest`` of all.

    A top is flat where neighbours all lie within 0.2 % of the largest sample: a voice's own tops are rounder, as their
    curve is that of its first formant. Clipping that a codec or a change of rate has smoothed is found in part only.
    """
    clip = (samples >= full_scale) | (samples <= -full_scale)
    if largest > 0:
        top = (1 - flat) * largest
        at = np.flatnonzero((samples >= top) | (samples <= -top))
        edges = np.flatnonzero(np.diff(at, prepend=-2, append=len(samples) + 2) > 1)
        lengths = np.diff(edges)
        clip[at[np.repeat(lengths >= run, lengths)]] = True
    return clip


def bandwidth_hz(samples, count, settings):
    """Up to which frequency there is sound, for each of ``count`` frames; one value per block of ``band_block_s``.

    In a block, the 95th percentile over time of each frequency's power makes a spectrum that also shows rare sounds
    (an s). The bandwidth is the highest frequency at which that is within ``band_range_db`` of its peak. NaN in digital
    silence. Noise that was added after a narrow line fills the empty band, and so hides the line.
    """
    found, block = np.full(count, np.nan), round(settings.band_block_s / settings.hop_s)
    starts = list(range(0, max(count - block // 2, 1), block))
    for first, last in zip(starts, [*starts[1:], count], strict=True):
        found[first:last] = _band_edge(samples[first * settings.hop : last * settings.hop], settings)
    return found


def _band_edge(samples, settings):
    size = settings.timbre_frame
    if len(samples) < size or not np.any(samples):
        return np.nan
    frames = np.lib.stride_tricks.sliding_window_view(samples, size)[:: size // 2]
    power = np.abs(np.fft.rfft(frames * np.hanning(size))) ** 2
    spectrum = 10 * np.log10(np.quantile(power, 0.95, axis=0) + 1e-20)
    low = round(2 * settings.f0_min_hz * size / settings.rate_hz)  # what is as deep as wind and hum is no measure
    heard = np.flatnonzero(spectrum >= spectrum[low:].max() - settings.band_range_db)
    return float(heard[-1] * settings.rate_hz / size)
