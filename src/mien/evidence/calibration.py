"""Do probabilities mean what they say? Of all the times a model says 70 %, is it right in seven of ten?

``truth`` (n,) 0 or 1; ``probability`` (n,) 0 to 1 or NaN where the model said nothing; ``groups`` (n,) integers from 0,
connected people, whom intervals resample whole.
"""

import numpy as np
import pandas as pd

from mien.evidence import intervals

N_BINS = 15
THRESHOLDS = (50.0, 61.0)
"""Of a score from 0 to 100: the middle, and the edge that a vendor's product draws between medium and high."""
STEPS, CLOSE, CELLS, MOST_LOGITS = 30, 1e-9, 4_000_000, 1000


def positive(predictions, name):
    """What a predictions table says of one class, as (truth, probability): was it this class, and how probable.

    ``predictions`` a :data:`mien.tables.PREDICTIONS` table; ``name`` a class with a column ``probability_<name>``.
    """
    return (predictions["truth"].astype(str) == name).to_numpy(dtype=float), predictions[
        f"probability_{name}"
    ].to_numpy(dtype=float)


def edges(probability, n_bins=N_BINS):
    """The inner borders of bins that hold equally many probabilities; fewer where many are the same."""
    there = probability[~np.isnan(probability)]
    return np.unique(np.quantile(there, np.arange(1, n_bins) / n_bins)) if len(there) else np.array([])


def curve(truth, probability, n_bins=N_BINS):
    """The reliability curve: a row per bin of equally many cases with what was said, what was so, and how many."""
    truth, probability = _there(truth, probability)[:2]
    bins = np.searchsorted(edges(probability, n_bins), probability, side="right")
    rows = pd.DataFrame({"bin": bins, "said": probability, "was": truth, "n": 1})
    return rows.groupby("bin").agg({"said": "mean", "was": "mean", "n": "size"}).reset_index(drop=True)


def bin_sums(truth, probability, borders, owners, n_owners):
    """Per owner and bin: the sum of (probability - truth), and the count: each (owners, bins)."""
    k = len(borders) + 1
    cell = owners * k + np.searchsorted(borders, probability, side="right")
    off = np.bincount(cell, weights=probability - truth, minlength=n_owners * k)
    return off.reshape(n_owners, k), np.bincount(cell, minlength=n_owners * k).reshape(n_owners, k).astype(float)


def ece_of(off, n):
    """Expected calibration error of sums (…, bins): the mean distance of said from was, weighted by how many."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.abs(off).sum(axis=-1) / n.sum(axis=-1)


def ece(truth, probability, groups, n_bins=N_BINS, settings=None):
    """Expected calibration error over bins of equally many cases, with its interval over groups.

    Biased upwards where cases are few: a perfect model shows about 0.8 sqrt(0.25 n_bins / n). The bins stay as they are
    while groups are resampled. Reference: Naeini et al. 2015, AAAI; Roelofs et al. 2022, AISTATS (equal mass).
    """
    truth, probability, groups, g = _there(truth, probability, groups)
    off, n = bin_sums(truth, probability, edges(probability, n_bins), groups, g)
    return intervals.estimate(lambda w: ece_of(w @ off, w @ n), g, settings, (0, 1), "no_values")


def slope(truth, probability, groups, settings=None):
    """Calibration slope and intercept, two estimates: truth by logistic regression on the logit of what was said.

    Slope 1, intercept 0: calibrated. Slope below 1: too sure of itself. Intercept above 0: says too little.
    Probabilities of 0 and 1 count as a millionth from there. NaN for ``one_class`` or ``not_converged``.
    Reference: Cox 1958, Biometrika 45: 562; Van Calster et al. 2019, BMC Medicine 17: 230.
    """
    truth, probability, groups, g = _there(truth, probability, groups)
    x, tables = _tabled(truth, probability, groups, g)
    why = "one_class" if len(np.unique(truth)) < 2 else "not_converged"
    known = {}

    def both(weights):
        key = weights.tobytes()
        if key not in known:
            size = max(1, CELLS // max(len(x), 1))
            parts = [weights[at : at + size] for at in range(0, len(weights), size)]
            known[key] = np.concatenate([_recalibrated(x, *(part @ table for table in tables)) for part in parts])
        return known[key]

    found = [intervals.estimate(lambda w, at=at: both(w)[:, at], g, settings, (-np.inf, np.inf), why) for at in (1, 0)]
    return tuple(found)


def _tabled(truth, probability, groups, g):
    """Logits (cells,) of what was said, and how often each group said so and it was: (positives, all), (g, cells).

    More than :data:`MOST_LOGITS` different logits are joined to cells of equally many, each at its mean.
    """
    p = np.clip(probability, 1e-6, 1 - 1e-6)
    x, cell = np.unique(np.log(p / (1 - p)), return_inverse=True)
    if len(x) > MOST_LOGITS:
        n = np.bincount(cell)
        join = np.minimum((np.cumsum(n) - 1) * MOST_LOGITS // n.sum(), MOST_LOGITS - 1)
        join = np.unique(join, return_inverse=True)[1]
        x, cell = np.bincount(join, weights=x * n) / np.bincount(join, weights=n), join[cell]
    place, shape = groups * len(x) + cell, (g, len(x))
    counts = [np.bincount(place, weights=w, minlength=g * len(x)).reshape(shape) for w in (truth, None)]
    return x, [count.astype(float) for count in counts]


def _recalibrated(x, positives, every):
    """(B, 2) intercept and slope of logistic regressions of counts (B, cells) by Newton's method; NaN if endless."""
    b = np.zeros((len(every), 2))
    moved = np.full(len(b), np.inf)
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-np.clip(b[:, :1] + b[:, 1:] * x, -30, 30)))
        off, v = positives - every * p, every * p * (1 - p)
        first, second = off.sum(axis=1), off @ x
        a, c, d = v.sum(axis=1), v @ x, v @ x**2
        with np.errstate(invalid="ignore", divide="ignore"):
            step = np.stack([d * first - c * second, a * second - c * first], axis=1) / (a * d - c * c)[:, None]
        step = np.clip(step, -2, 2)
        b, moved = b + step, np.abs(step).max(axis=1)
        if (moved < CLOSE)[~np.isnan(moved)].all():
            break
    return np.where((moved < 1e-6)[:, None], b, np.nan)


def flips(first, second, thresholds=THRESHOLDS):
    """How many of those measured twice change sides: {threshold: share}; pairs with a missing score are left out.

    ``first``, ``second`` (n,) scores of the same people or moments, 0 to 100.

    >>> flips([40, 55, 70, 62], [45, 49, 72, 60])
    {50.0: 0.25, 61.0: 0.25}
    """
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    both = ~np.isnan(first) & ~np.isnan(second)
    sides = {at: (first > at) != (second > at) for at in thresholds}
    return {at: float(changed[both].mean()) if both.any() else np.nan for at, changed in sides.items()}


def _there(truth, probability, groups=None):
    truth, probability = np.asarray(truth, dtype=float), np.asarray(probability, dtype=float)
    groups = np.zeros(len(truth), dtype=int) if groups is None else np.asarray(groups)
    outside = probability[(probability < 0) | (probability > 1)]
    if len(outside):
        raise ValueError(f"calibration: a probability of {outside[0]:g}; expected 0 to 1 (scores of 0 to 100: divide)")
    strange = truth[~np.isin(truth, (0, 1))]
    if len(strange):
        raise ValueError(f"calibration: a truth of {strange[0]:g}; expected 0 or 1")
    kept = ~np.isnan(probability)
    codes = np.unique(groups[kept], return_inverse=True)[1]
    return truth[kept], probability[kept], codes, int(codes.max()) + 1 if len(codes) else 0
