"""The numbers of ``librosa.pyin``, several times faster: a pitch path is sought only where it can lie.

Conventions: a state is a pitch bin; the voiced bins come first, then the same bins unvoiced. Nothing is approximated:
sums are taken in librosa's order and of two paths that tie the same one wins, so that even the pitch guessed in
unvoiced sound (``fill_na=None``) is librosa's. The private functions of ``librosa.core.pitch`` used here are why
pyproject.toml bounds librosa's version.
"""

import warnings
from functools import lru_cache

import librosa
import numpy as np
from librosa.core import pitch
from librosa.util import Deprecated
from numba import njit
from scipy import stats

CHUNK = 256
"""Frames whose trough probabilities are worked out at a time, so that memory stays flat."""

DIFFERED = 64
"""Frames whose difference function is worked out at a time: they fit into a core's cache. Each frame is by itself."""

TINY = np.finfo(float).tiny
"""What librosa adds to every probability before it takes the logarithm."""

IMPOSSIBLE = np.log(TINY)
"""So this is the logarithm of an impossible step: not minus infinity, and the best path may have to take it."""


def pyin(
    y,
    *,
    fmin,
    fmax,
    sr=22050,
    frame_length=2048,
    win_length=Deprecated(),  # noqa: B008 (librosa's mark of an argument that is not given)
    hop_length=None,
    n_thresholds=100,
    beta_parameters=(2, 18),
    boltzmann_parameter=2,
    resolution=0.1,
    max_transition_rate=35.92,
    switch_prob=0.01,
    no_trough_prob=0.01,
    fill_na=np.nan,
    center=True,
    pad_mode="constant",
):
    """Pitch and voicing of a sound over time, by probabilistic YIN: the numbers of ``librosa.pyin``, faster.

    Arguments, errors and warnings are those of ``librosa.pyin`` 0.11: ``y`` samples (..., n), float; ``fmin`` and
    ``fmax`` in Hz, 0 < fmin < fmax <= sr / 2; ``hop_length`` in samples, a quarter of ``frame_length`` unless given.
    Returns ``(f0, voiced_flag, voiced_probs)``, each of shape (..., frames): Hz (``fill_na`` where unvoiced, or the
    best guess if that is None), whether voiced, and the probability of that, 0 to 1. Raises librosa's ParameterError.

    The difference function is librosa's. Compiled are the probabilities of its troughs and the search for the best
    path, which looks at the steps inside the band of possible pitch changes only, and for all others at the one best
    predecessor (the idea of librosa's pull request #1997, never merged). Method: Mauch & Dixon 2014.

    >>> tone = np.sin(2 * np.pi * 200 * np.arange(8000) / 16000)
    >>> f0, voiced, _ = pyin(tone, fmin=65, fmax=500, sr=16000, frame_length=1024, hop_length=160)
    >>> float(np.median(f0[voiced]).round())
    200.0
    """
    _check(sr, fmin, fmax, frame_length, win_length)
    hop_length = frame_length // 4 if hop_length is None else hop_length
    periods = int(np.floor(sr / fmax)), min(int(np.ceil(sr / fmin)), frame_length - 1)
    yin, shifts = _difference(y, periods, frame_length, hop_length, center, pad_mode)
    weights = _weights(yin.shape[-2], n_thresholds, tuple(beta_parameters), boltzmann_parameter, no_trough_prob)
    per_octave = 12 * int(np.ceil(1.0 / resolution))
    n_bins = int(np.floor(per_octave * np.log2(fmax / fmin))) + 1
    width = round(max_transition_rate * 12 * hop_length / sr) * (per_octave // 12) + 1
    steps = _steps(n_bins, width, switch_prob)
    states = np.empty((*yin.shape[:-2], yin.shape[-1]), int)
    voiced_probs = np.empty(states.shape)
    for channel in np.ndindex(yin.shape[:-2]):
        frame, lag, chance = _candidates(np.ascontiguousarray(yin[channel].T), *weights)
        hz = sr / (periods[0] + lag + shifts[channel][lag, frame])
        bins = np.clip(np.round(per_octave * np.log2(hz / fmin)), 0, n_bins).astype(int)
        states[channel], voiced_probs[channel] = _decode(frame, bins, chance, yin.shape[-1], n_bins, steps)
    f0 = (fmin * 2 ** (np.arange(n_bins) / per_octave))[states % n_bins]
    if fill_na is not None:
        f0[states >= n_bins] = fill_na
    return f0, states < n_bins, voiced_probs


def _check(sr, fmin, fmax, frame_length, win_length):
    """Librosa's errors and warnings about the arguments."""
    if fmin is None or fmax is None:
        raise librosa.ParameterError('both "fmin" and "fmax" must be provided')
    if not isinstance(win_length, Deprecated):
        warnings.warn(
            "The win_length parameter has been deprecated in version 0.11.0 and has no effect. "
            "It will be removed in version 1.0.0.",
            category=FutureWarning,
            stacklevel=3,
        )
    pitch.__check_yin_params(sr=sr, fmax=fmax, fmin=fmin, frame_length=frame_length)


def _difference(y, periods, frame_length, hop_length, center, pad_mode):
    """YIN's difference function and where between two lags its troughs lie, both (..., lags, frames); by librosa."""
    librosa.util.valid_audio(y)
    if center:
        y = np.pad(y, [(0, 0)] * (y.ndim - 1) + [(frame_length // 2, frame_length // 2)], mode=pad_mode)
    framed = librosa.util.frame(y, frame_length=frame_length, hop_length=hop_length)
    parts = [framed[..., at : at + DIFFERED] for at in range(0, framed.shape[-1], DIFFERED)]
    yin = np.concatenate([pitch._cumulative_mean_normalized_difference(part, *periods) for part in parts], axis=-1)
    return yin, pitch._parabolic_interpolation(yin)


@lru_cache(maxsize=8)
def _weights(n_lags, n_thresholds, beta, boltzmann, no_trough):
    """The priors: thresholds, their probabilities, Boltzmann's weight of trough k of n, and what the lowest gets."""
    thresholds = np.linspace(0, 1, n_thresholds + 1)
    beta = np.diff(stats.beta.cdf(thresholds, beta[0], beta[1]))
    n, k = np.ogrid[: n_lags // 2 + 2, : n_lags // 2 + 2]
    lowest = no_trough * np.array([np.sum(beta[:count]) for count in range(n_thresholds + 1)])
    return thresholds[1:], beta, stats.boltzmann.pmf(k, boltzmann, n), lowest


def _candidates(yin, thresholds, beta, prior, lowest):
    """The troughs that may be a pitch, in order of time, then of period: ``(frame, lag, probability)``.

    The product with ``beta`` is taken frame by frame, as librosa takes it: a larger product rounds in another order.
    """
    first, lag = _troughs(yin)
    chance = np.empty(len(lag))
    for start in range(0, len(yin), CHUNK):
        ends = first[start : start + CHUNK + 1]
        shares = _shares(yin[start : start + CHUNK], ends - ends[0], lag[ends[0] : ends[-1]], thresholds, prior)
        for low, high in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True):
            if low < high:
                chance[low:high] = shares[low - ends[0] : high - ends[0]].dot(beta)
    _raise_lowest(yin, first, lag, thresholds, lowest, chance)
    kept = chance != 0
    return np.repeat(np.arange(len(yin)), np.diff(first))[kept], lag[kept], chance[kept]


@njit(cache=True)
def _troughs(yin):  # pragma: no cover (compiled)
    """Local minima of each row: where each row's begin, and their columns."""
    n_frames, n_lags = yin.shape
    first, lag, count = np.zeros(n_frames + 1, np.int64), np.empty(n_frames * (n_lags // 2 + 1), np.int64), 0
    for t in range(n_frames):
        row = yin[t]
        for k in range(n_lags):
            falls = k == 0 or row[k] < row[k - 1]
            rises = row[k] <= row[k + 1] if 0 < k < n_lags - 1 else k > 0 or row[0] < row[1]
            if falls and rises:
                lag[count] = k
                count += 1
        first[t + 1] = count
    return first, lag[:count]


@njit(cache=True)
def _shares(yin, first, lag, thresholds, prior):  # pragma: no cover (compiled)
    """Each trough's share of each threshold: of those under the threshold, earlier ones weigh more."""
    shares = np.zeros((len(lag), len(thresholds)))
    under, before = np.empty(len(thresholds), np.int64), np.empty(len(thresholds), np.int64)
    for t in range(len(yin)):
        under[:] = 0
        before[:] = 0
        for r in range(first[t], first[t + 1]):
            under[np.searchsorted(thresholds, yin[t, lag[r]], side="right") :] += 1
        for r in range(first[t], first[t + 1]):
            for k in range(np.searchsorted(thresholds, yin[t, lag[r]], side="right"), len(thresholds)):
                shares[r, k] = prior[under[k], before[k]]
                before[k] += 1
    return shares


@njit(cache=True)
def _raise_lowest(yin, first, lag, thresholds, lowest, chance):  # pragma: no cover (compiled)
    """Give the lowest trough of a frame the thresholds that no trough is under."""
    for t in range(len(yin)):
        if first[t] < first[t + 1]:
            best = first[t]
            for r in range(first[t], first[t + 1]):
                if yin[t, lag[r]] < yin[t, lag[best]]:
                    best = r
            chance[best] += lowest[np.searchsorted(thresholds, yin[t, lag[best]], side="right")]


@njit(cache=True)
def _voiced(first, bins, chance, n_bins):  # pragma: no cover (compiled)
    """The probability that a frame is voiced; of two candidates in one bin the later counts, as in librosa."""
    voiced, row = np.empty(len(first) - 1), np.zeros(n_bins + 1)
    for t in range(len(voiced)):
        row[:] = 0
        for c in range(first[t], first[t + 1]):
            row[bins[c]] = chance[c]
        total = 0.0
        for probability in row[:n_bins]:
            total += probability
        voiced[t] = min(max(total, 0.0), 1.0)
    return voiced


@lru_cache(maxsize=8)
def _steps(n_bins, width, switch_prob):
    """Log probability of coming to bin j from j - reach … j + reach: (2, steps, bins), voicing kept and switched."""
    local = librosa.sequence.transition_local(n_bins, width, window="triangle", wrap=False)
    switch = librosa.sequence.transition_loop(2, 1 - switch_prob)
    here = np.arange(n_bins)
    origin = here + np.arange(-(width // 2), width // 2 + 1)[:, None]
    inside = (origin >= 0) & (origin < n_bins)
    chance = np.where(inside, local[np.where(inside, origin, 0), here], 0)
    return np.where(inside, np.log(switch[0][:, None, None] * chance + TINY), -np.inf)


def _decode(frame, bins, chance, n_frames, n_bins, steps):
    """The most probable states, one per frame, and the probability that the frame is voiced."""
    if np.isnan(chance).any():
        raise librosa.ParameterError(
            "The probabilities of pitch are not numbers: boltzmann_parameter and both beta_parameters must be above 0, "
            "and no_trough_prob a number from 0 to 1."
        )
    first = np.searchsorted(frame, np.arange(n_frames + 1))
    voiced = _voiced(first, bins, chance, n_bins)
    seen = chance[bins < n_bins]
    if np.any(seen < 0) or np.any(seen > 1):
        raise librosa.ParameterError("Invalid probability values: must be between 0 and 1.")
    log_unvoiced = np.log((1 - voiced) / n_bins + TINY)
    begin = np.log(1 / (2 * n_bins) + TINY)
    pointers, last = _search(first, bins, np.log(chance + TINY), log_unvoiced, steps, begin, IMPOSSIBLE)
    return _back(pointers, last), voiced


@njit(cache=True)
def _search(first, bins, log_voiced, log_unvoiced, steps, begin, impossible):  # pragma: no cover (compiled)
    """Viterbi's pass forward: the best predecessor of every state at every frame, and the best last state."""
    n_bins, n_frames = steps.shape[2], len(log_unvoiced)
    pointers = np.zeros((n_frames, 2 * n_bins), np.uint16)
    seen, value = np.empty(2 * n_bins), np.zeros(2 * n_bins)
    best, origin = np.zeros(2 * n_bins), np.zeros(2 * n_bins, np.int64)
    best[:] = begin
    behind = min(steps[0, steps.shape[1] // 2].min(), steps[1, steps.shape[1] // 2].min()) - steps.max() - 1
    for t in range(n_frames):
        if t:
            _relax(value, steps, behind, best, origin)
            _leap(value, best, origin, impossible)
            for j in range(2 * n_bins):
                pointers[t, j] = origin[j]
        seen[:n_bins] = impossible
        seen[n_bins:] = log_unvoiced[t]
        for c in range(first[t], first[t + 1]):
            if bins[c] < n_bins:
                seen[bins[c]] = log_voiced[c]
        value[:] = seen + best
    return pointers, np.argmax(value)


@njit(cache=True)
def _relax(value, steps, behind, best, origin):  # pragma: no cover (compiled)
    """The best predecessor inside the band. Predecessors come in order, so of equals the first stays, as in argmax.

    Most voiced bins have no candidate and lie so low that not even the likeliest step lets them compete with the
    least likely from the unvoiced state of the target's own bin (``behind``, with one to spare for rounding): only the
    others are tried.
    """
    n_bins, reach = steps.shape[2], steps.shape[1] // 2
    best[:] = -np.inf
    bar = value[n_bins:].min() + behind
    for i in range(n_bins):
        if value[i] >= bar:
            for j in range(max(0, i - reach), min(n_bins, i + reach + 1)):
                for switched in range(2):
                    reached = value[i] + steps[switched, i - j + reach, j]
                    if reached > best[j + switched * n_bins]:
                        best[j + switched * n_bins] = reached
                        origin[j + switched * n_bins] = i
    for step in range(-reach, reach + 1):
        low, high = max(0, -step), min(n_bins, n_bins - step)
        before, start = value[n_bins + low + step : n_bins + high + step], n_bins + low + step
        _try(before, start, steps[1, step + reach, low:high], best[low:high], origin[low:high])
        kept = slice(n_bins + low, n_bins + high)
        _try(before, start, steps[0, step + reach, low:high], best[kept], origin[kept])


@njit(cache=True)
def _try(before, start, step, best, origin):  # pragma: no cover (compiled)
    """One step's length for all targets at once; written so that the compiler takes several in one instruction."""
    for j in range(len(before)):
        reached = before[j] + step[j]
        better = reached > best[j]
        best[j] = reached if better else best[j]
        origin[j] = start + j if better else origin[j]


@njit(cache=True)
def _leap(value, best, origin, impossible):  # pragma: no cover (compiled)
    """Where an impossible step from the best state of all is no worse than the band: take it, the first of equals."""
    leap = value.max() + impossible
    if best.min() > leap:
        return
    start = 0
    while value[start] + impossible != leap:
        start += 1
    for j in range(len(best)):
        if best[j] < leap:
            best[j], origin[j] = leap, start
        elif best[j] == leap:
            origin[j] = min(origin[j], start)


@njit(cache=True)
def _back(pointers, last):  # pragma: no cover (compiled)
    """Viterbi's way back along the pointers."""
    states = np.empty(len(pointers), np.int64)
    for t in range(len(pointers) - 1, -1, -1):
        states[t] = last
        last = pointers[t, last]
    return states
