"""Scores as functions of how much each group counts, so that bootstrap and jackknife are matrix products.

A bootstrap over people gives each person a weight (how often drawn). Confusion counts add up over people, and the
area under the curve adds up over pairs of people; so each person's part is counted once, and 2,000 resamples cost
no more than one multiplication. A resample without some class has no score: NaN.
"""

from dataclasses import dataclass

import numpy as np

from mien.evidence import continuous

METRICS = ("balanced_accuracy", "macro_f1", "auc")
"""Mean share of each class recognised; mean over classes of the harmonic mean of precision and recall; chance that a
member of a class is ranked above a non-member (one class against the rest, averaged)."""


@dataclass(frozen=True)
class Tally:
    """What every group contributes to every score.

    ``confusion`` (repeats, groups, classes, classes) counts of truth by prediction; ``above`` (repeats, contrasts,
    groups, groups) pairs in which a member in the first group outranks a non-member in the second (ties half);
    ``members``, ``others`` (contrasts, groups) counts. Two classes make one contrast, k classes make k.
    """

    confusion: np.ndarray
    above: np.ndarray
    members: np.ndarray
    others: np.ndarray


def tally(codes, probability, groups=None):
    """Count each group's part; without ``groups`` all rows are one group.

    ``codes`` (n,) true classes; ``probability`` (repeats, n, classes); ``groups`` (n,) integers from 0. Where ``codes``
    are numbers with a decimal point they are ratings, and ``probability`` (repeats, n, 1) is what was predicted.
    """
    if codes.dtype.kind == "f":
        return continuous.moments(codes, probability[..., 0], groups)
    n_repeats, n, k = probability.shape
    groups = np.zeros(n, dtype=int) if groups is None else groups
    g = groups.max() + 1
    said = probability.argmax(axis=2)
    confusion = np.zeros((n_repeats, g, k, k))
    for repeat in range(n_repeats):
        np.add.at(confusion[repeat], (groups, codes, said[repeat]), 1)
    contrasts = [1] if k == 2 else list(range(k))
    is_member = np.array([codes == c for c in contrasts])
    above = np.zeros((n_repeats, len(contrasts), g, g))
    for repeat in range(n_repeats):
        for place, c in enumerate(contrasts):
            above[repeat, place] = _pairs(probability[repeat, :, c], is_member[place], groups, g)
    members = np.array([np.bincount(groups[m], minlength=g) for m in is_member])
    others = np.array([np.bincount(groups[~m], minlength=g) for m in is_member])
    return Tally(confusion, above, members, others)


def _pairs(score, is_member, groups, g):
    """(g, g) number of pairs in which a member of the row's group outranks a non-member of the column's group."""
    won = np.zeros((g, g))
    high, home = score[is_member], groups[is_member]
    for other in range(g):
        low = np.sort(score[~is_member & (groups == other)])
        wins = (np.searchsorted(low, high, "left") + np.searchsorted(low, high, "right")) / 2
        won[:, other] = np.bincount(home, weights=wins, minlength=g)
    return won


def scores(counted, weights=None):
    """Every metric for every weighting of groups: {metric: (weightings,)}, averaged over repeats.

    ``weights`` (weightings, groups); without it every group counts once. NaN where a class has no weight.
    """
    if isinstance(counted, continuous.Moments):
        return continuous.scores(counted, weights)
    g = counted.members.shape[1]
    weights = np.ones((1, g)) if weights is None else np.asarray(weights, dtype=float)
    tables = np.einsum("bg,rgij->rbij", weights, counted.confusion, optimize=True)
    hits = np.diagonal(tables, axis1=2, axis2=3)
    with np.errstate(invalid="ignore", divide="ignore"):
        recall = hits / tables.sum(axis=3)
        f1 = np.where(tables.sum(axis=3) > 0, 2 * hits / (tables.sum(axis=3) + tables.sum(axis=2)), np.nan)
        won = np.stack([[((weights @ a) * weights).sum(axis=1) for a in repeat] for repeat in counted.above])
        area = won / ((weights @ counted.members.T) * (weights @ counted.others.T)).T
    by_class = dict(zip(METRICS, (recall, f1, area.transpose(0, 2, 1)), strict=True))
    return {metric: values.mean(axis=2).mean(axis=0) for metric, values in by_class.items()}


def chance(n_classes):
    """What guessing reaches: 1/k for recall and F1 (guessing in proportion), a half for the area under the curve.

    Always naming the commonest class never gives a higher macro-F1 than guessing in proportion, which gives 1/k. No
    classes at all are ratings, of which saying the mean to everybody has a score of 0.
    """
    if not n_classes:
        return dict.fromkeys(continuous.METRICS, 0.0)
    return dict(zip(METRICS, (1 / n_classes, 1 / n_classes, 0.5), strict=True))


def names(n_classes):
    """The metrics of labels of so many classes; no classes: ratings."""
    return METRICS if n_classes else continuous.METRICS


def bounds(metric):
    """The lowest and highest value that a metric can have."""
    return {"mae_skill": (-np.inf, 1)}.get(metric, (-1, 1) if metric in continuous.METRICS else (0, 1))
