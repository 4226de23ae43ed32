"""Scores of ratings (numbers instead of classes) as functions of how much each group counts; see :mod:`.metrics`.

Sums of truth, prediction, squares and products add up over people, so a bootstrap over people is a matrix product here
too. CCC alone hides shifts of range and r hides them altogether, so both stand side by side (AUDIT E3).
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

METRICS = ("ccc", "r", "spearman", "mae_skill")
"""Lin's concordance correlation (Lin 1989, Biometrics 45: 255); Pearson's r; r of ranks (given in the whole table, and
kept while people are resampled); 1 - mean absolute error ÷ that of saying the mean of all labels to everybody."""


@dataclass(frozen=True)
class Moments:
    """What every group adds up to: ``raw`` and ``ranks`` (repeats, groups, 6) sums of 1, y, p, yy, pp, yp; ``errors``
    (repeats, groups, 2) sums of absolute errors of the model and of the mean."""

    raw: np.ndarray
    ranks: np.ndarray
    errors: np.ndarray


def moments(truth, told, groups=None):
    """Sum each group's part. ``truth`` (n,), ``told`` (repeats, n) predictions, ``groups`` (n,) integers from 0."""
    groups = np.zeros(len(truth), dtype=int) if groups is None else groups
    # Distance from the mean keeps digits; no score but the concordance minds the level, and that is the same for both.
    centre, ranked = truth.mean(), stats.rankdata(truth)
    raw = [_sums(truth - centre, one - centre, groups) for one in told]
    middle = (len(truth) + 1) / 2
    ranks = [_sums(ranked - middle, stats.rankdata(one) - middle, groups) for one in told]
    errors = [_added([np.abs(truth - one), np.abs(truth - centre)], groups) for one in told]
    return Moments(np.array(raw), np.array(ranks), np.array(errors))


def _sums(y, p, groups):
    return _added([np.ones_like(y), y, p, y * y, p * p, y * p], groups)


def _added(columns, groups):
    return np.stack([np.bincount(groups, weights=values) for values in columns], axis=1)


def scores(counted, weights=None):
    """Every metric for every weighting of groups: {metric: (weightings,)}, averaged over repeats.

    A model that says the same to everybody has r and CCC of 0; where all truths are equal there is no score: NaN.
    """
    weights = np.ones((1, counted.raw.shape[1])) if weights is None else np.asarray(weights, dtype=float)
    concordance, pearson = _of_sums(np.einsum("bg,rgk->kbr", weights, counted.raw, optimize=True))
    spearman = _of_sums(np.einsum("bg,rgk->kbr", weights, counted.ranks, optimize=True))[1]
    mine, mean = np.einsum("bg,rgk->kbr", weights, counted.errors, optimize=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        skill = 1 - mine / np.where(mean > 0, mean, np.nan)
    return {name: v.mean(axis=1) for name, v in zip(METRICS, (concordance, pearson, spearman, skill), strict=True)}


def _of_sums(sums):
    n, y, p, yy, pp, yp = sums
    with np.errstate(invalid="ignore", divide="ignore"):
        var_y, var_p = yy / n - (y / n) ** 2, pp / n - (p / n) ** 2
        both = yp / n - y * p / n**2
        var_y = np.where(var_y > 1e-12, var_y, np.nan)
        tells = var_p > 1e-12
        pearson = np.where(tells, both / np.sqrt(var_y * np.where(tells, var_p, 1)), 0 * var_y)
        concordance = 2 * both / (var_y + var_p + ((y - p) / n) ** 2)
    return concordance, pearson
