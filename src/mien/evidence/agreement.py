"""How far do people agree about what they saw or heard? No model can be asked to agree with them more than that.

Conventions: a *unit* is what was rated (a clip, a meeting); units belong to groups of connected people, and intervals
resample groups, never ratings. Ratings are an array (units, raters) with NaN where somebody did not rate; votes are
counts (units, values), how many chose each value. Raters are taken as they came: no interval speaks of other raters.
"""

import numpy as np

from mien.evidence import intervals, reliability

SCALES = ("nominal", "ordinal", "interval")
"""Values that only differ; that have an order; that have an order and distances."""


def votes(ratings, values=None):
    """How many raters gave each value to each unit: counts (units, values), and the values in order.

    ``ratings`` (units, raters), NaN or None where missing. ``values`` fixes which there are, and their order; a rating
    that is none of them raises :class:`ValueError`.

    >>> votes([[1, 2, 2], [2, np.nan, 2]])
    (array([[1, 2],
           [0, 2]]), array([1., 2.]))
    """
    ratings = np.asarray(ratings)
    missing = ratings != ratings if ratings.dtype != object else np.vectorize(_is_missing, otypes=[bool])(ratings)
    found = np.unique(ratings[~missing])
    values = found if values is None else np.asarray(values)
    strange = np.setdiff1d(found, values)
    if len(strange):
        raise ValueError(f"votes: {strange[0]!r} is none of the values {list(values)}")
    return np.stack([((ratings == value) & ~missing).sum(axis=1) for value in values], axis=1), values


def _is_missing(value):
    return value is None or value != value


def coincidences(counts, groups=None):
    """Pairs of values that raters gave to the same unit: (groups, values, values).

    A unit with n ratings has n(n-1) ordered pairs and weighs n in all; a unit rated once says nothing of agreement.
    ``groups`` (units,) integers from 0, or None: every unit is a group of its own.
    """
    counts, groups = _whole(counts, groups)
    n = counts.sum(axis=1)
    per = np.where(n > 1, 1 / np.maximum(n - 1, 1), 0.0)
    k, g = counts.shape[1], groups.max() + 1 if len(groups) else 0
    pairs = np.zeros((g, k, k))
    for a in range(k):
        for b in range(k):
            products = per * counts[:, a] * (counts[:, b] - (a == b))
            pairs[:, a, b] = np.bincount(groups, weights=products, minlength=g)
    return pairs


def alpha_of(pairs, scale="nominal", values=None):
    """Krippendorff's alpha of coincidences (…, values, values): 1 - observed / expected disagreement.

    1: all agree; 0: as much as by chance; below: less. ``values`` are the numbers behind an interval scale. NaN where
    only one value was ever given. Reference: Krippendorff 2019, Content Analysis (4th ed.), chapter 12.
    """
    _check_scale(scale)
    pairs = np.asarray(pairs, dtype=float)
    n = pairs.sum(axis=-1)
    total = n.sum(axis=-1)
    if scale == "nominal":
        observed = total - np.trace(pairs, axis1=-2, axis2=-1)
        expected = total**2 - (n**2).sum(axis=-1)
    else:
        at = (
            np.cumsum(n, axis=-1) - n / 2 if scale == "ordinal" else np.broadcast_to(np.asarray(values, float), n.shape)
        )
        apart = (at[..., :, None] - at[..., None, :]) ** 2
        observed = (pairs * apart).sum(axis=(-2, -1))
        expected = (n[..., :, None] * n[..., None, :] * apart).sum(axis=(-2, -1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(expected > 0, 1 - (total - 1) * observed / expected, np.nan)


def alpha(counts, scale="nominal", values=None, groups=None, settings=None):
    """Krippendorff's alpha of votes with its interval over groups, as an :class:`intervals.Estimate`.

    ``counts`` (units, values) from :func:`votes`; ``values`` the numbers of an interval scale; ``groups`` (units,)
    integers from 0, None: units are independent. NaN for ``one_rating`` (no unit was rated twice) or ``no_spread``.

    >>> counts, values = votes([[1, 1], [2, 2], [1, 2], [2, 2]])
    >>> round(alpha(counts).value, 3)
    0.533
    """
    if scale == "interval" and values is None:
        raise ValueError("alpha: an interval scale needs the values behind the columns of counts")
    pairs = coincidences(counts, groups)
    why = "no_spread" if pairs.sum() else "one_rating"
    g, k = pairs.shape[:2]

    def statistic(weights):
        return alpha_of((weights @ pairs.reshape(g, k * k)).reshape(-1, k, k), scale, values)

    return intervals.estimate(statistic, g, settings, why=why)


def _check_scale(scale):
    if scale not in SCALES:
        raise ValueError(f"alpha: no scale {scale!r}; expected {', '.join(SCALES)}")


# --- one person against the others, and against what was meant --------------------------------------------------------


def against_others(counts):
    """How often a rater's value is the commonest among the others', per unit: (hits, votes), each (units,).

    A tie of t values counts 1/t; a unit with fewer than two votes has none. This is what a person reaches against a
    majority label, and so the mark for a model. It is no wall: who always names what most would name says what one
    person alone does not, and may pass it.
    """
    counts = np.asarray(counts, dtype=float)
    hits = np.zeros(len(counts))
    for value in range(counts.shape[1]):
        others = counts - (np.arange(counts.shape[1]) == value)
        most = others == others.max(axis=1, keepdims=True)
        hits += np.where(counts[:, value] > 0, counts[:, value] * most[:, value] / most.sum(axis=1), 0)
    n = counts.sum(axis=1)
    return np.where(n > 1, hits, 0), np.where(n > 1, n, 0)


def rater_against_majority(counts, groups=None, settings=None):
    """One rater against the majority of the others: mean over votes, with its interval over groups."""
    counts, groups = _whole(counts, groups)
    return share(*against_others(counts), groups, settings)


def pairwise_agreement(counts, groups=None, settings=None):
    """The share of pairs of raters that gave the same value, not corrected for chance: never report it alone."""
    counts, groups = _whole(counts, groups)
    n = counts.sum(axis=1)
    return share((counts * (counts - 1)).sum(axis=1), n * (n - 1), groups, settings)


def recognised(counts, meant):
    """How far raters chose the value that was meant: (share of votes, majority hit), each (units,), 0 to 1.

    ``meant`` (units,) columns of ``counts``. The majority hit is 1/t where the value meant is among the t commonest,
    else 0. NaN for a unit without votes.
    """
    counts = np.asarray(counts, dtype=float)
    rows, meant = np.arange(len(counts)), np.asarray(meant, dtype=int)
    n = counts.sum(axis=1)
    most = counts == counts.max(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return counts[rows, meant] / n, np.where(n > 0, most[rows, meant] / most.sum(axis=1), np.nan)


def share(part, whole, groups, settings=None):
    """Sum of ``part`` over sum of ``whole``, each (units,), with its interval over groups; NaN for nothing at all."""
    part, whole = (np.bincount(groups, weights=values) for values in (part, whole))

    def statistic(weights):
        with np.errstate(invalid="ignore", divide="ignore"):
            return (weights @ part) / (weights @ whole)

    return intervals.estimate(statistic, len(part), settings, (0, 1), "one_rating")


def mean(values, groups, settings=None):
    """The mean over units of ``values`` (units,) from 0 to 1, NaN left out, with its interval over groups."""
    there = ~np.isnan(values)
    return share(np.where(there, values, 0), there.astype(float), groups, settings)


# --- what a model could reach -----------------------------------------------------------------------------------------


def noise_ceiling(ratings, groups=None, settings=None):
    """Between which correlations a perfect model of the raters would come out: (lower, upper) estimates.

    Lower: each rater with the mean of the others; upper: with the mean of all, the rater too; averaged over raters.
    ``ratings`` (units, raters); units that lack a rating are left out. Reference: Nili et al. 2014, PLoS Computational
    Biology 10: e1003553 (with Pearson's r).
    """
    parts = reliability.moments(ratings, groups)

    def bound(others_only):
        def statistic(weights):
            _, _, covariance = parts.weighted(weights)
            k = covariance.shape[-1]
            to = 1 - np.eye(k) if others_only else np.ones((k, k))
            with_sum = np.einsum("bij,ij->bi", covariance, to)
            var_sum = np.einsum("ij,bjl,il->bi", to, covariance, to)
            with np.errstate(invalid="ignore", divide="ignore"):
                own = np.diagonal(covariance, axis1=1, axis2=2)
                return (with_sum / np.sqrt(own * var_sum)).mean(axis=1)

        return intervals.estimate(statistic, parts.n_groups, settings, why=parts.why)

    return bound(True), bound(False)


def attainable_correlation(label_reliability, score_reliability=1.0):
    """The largest correlation that labels and scores of these reliabilities can show: the root of their product.

    >>> attainable_correlation(0.64)
    0.8
    """
    product = label_reliability * score_reliability
    return float(np.sqrt(product)) if product >= 0 else np.nan


def headroom(value, chance, ceiling):
    """How much of the way from chance to the ceiling was reached: 0 at chance, 1 at the ceiling.

    NaN where the ceiling does not lie above chance: then nothing can be told. Works on arrays.

    >>> headroom(0.6, 0.5, 0.7)
    0.5
    """
    value, chance, ceiling = (np.asarray(x, dtype=float) for x in (value, chance, ceiling))
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.where(ceiling > chance, (value - chance) / (ceiling - chance), np.nan)
    return found if found.ndim else round(float(found), 12)


def _whole(counts, groups):
    """Counts as numbers, and which group each unit belongs to: its own, if none is given."""
    counts = np.asarray(counts, dtype=float)
    groups = np.arange(len(counts)) if groups is None else np.asarray(groups)
    if len(groups) != len(counts):
        raise ValueError(f"agreement: {len(counts)} units but {len(groups)} groups; expected one group per unit")
    return counts, groups
