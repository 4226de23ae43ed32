"""Would the same person get the same number again, and does it belong to the person or to the moment?

Everything is a function of sums per group (people who are connected), so that a bootstrap or a jackknife over groups
is one matrix product. Intervals are over groups; occasions and raters are taken as they came.
"""

from dataclasses import dataclass

import numpy as np

from mien.evidence import intervals

ICC_KINDS = ("1,1", "1,k", "2,1", "2,k", "3,1", "3,k")
"""After Shrout & Fleiss 1979 (Psychological Bulletin 86: 420): 1 every unit has raters of its own; 2 all units have the
same raters, who stand for others; 3 these raters only (order, not level). ``k``: of the mean of the k raters.
In the words of McGraw & Wong 1996, ``2,1`` is ICC(A,1) and ``3,1`` is ICC(C,1)."""


@dataclass(frozen=True)
class Moments:
    """Sums per group of units that were measured k times: ``n`` (groups,), ``total`` (groups, k), ``cross`` (…, k, k).

    The values are counted from ``centre``; ``n_left_out`` units lacked a value.
    """

    n: np.ndarray
    total: np.ndarray
    cross: np.ndarray
    n_left_out: int = 0

    @property
    def n_groups(self):
        """How many groups there are."""
        return len(self.n)

    @property
    def why(self):
        """Why a statistic of these can be NaN."""
        return "no_spread" if self.n.sum() > 1 else "too_few_people"

    def weighted(self, weights):
        """The n (B,), means (B, k) and unbiased covariances (B, k, k) for weights (B, groups)."""
        n, total = weights @ self.n, weights @ self.total
        k = total.shape[1]
        cross = (weights @ self.cross.reshape(len(self.n), k * k)).reshape(-1, k, k)
        with np.errstate(invalid="ignore", divide="ignore"):
            means = total / n[:, None]
            covariance = (cross - n[:, None, None] * means[:, :, None] * means[:, None, :]) / (n - 1)[:, None, None]
        return n, means, covariance


def moments(values, groups=None):
    """Sums of ``values`` (units, k) by group; units that lack one of the k are left out and counted.

    ``groups`` (units,) integers from 0; None: every unit is a group of its own.
    """
    values = np.asarray(values, dtype=float)
    if values.ndim != 2 or values.shape[1] < 2:
        raise ValueError(f"reliability: values of shape {values.shape}; expected (units, k) with k of at least 2")
    groups = np.arange(len(values)) if groups is None else np.asarray(groups)
    whole = ~np.isnan(values).any(axis=1)
    groups = np.unique(groups[whole], return_inverse=True)[1]
    values = values[whole] - (values[whole].mean() if whole.any() else 0)
    g, k = int(groups.max()) + 1 if len(groups) else 0, values.shape[1]
    total, cross = np.zeros((g, k)), np.zeros((g, k, k))
    np.add.at(total, groups, values)
    np.add.at(cross, groups, values[:, :, None] * values[:, None, :])
    return Moments(np.bincount(groups, minlength=g).astype(float), total, cross, int((~whole).sum()))


def icc(ratings, kind="2,1", groups=None, settings=None):
    """Intraclass correlation of ``ratings`` (units, k) with its interval over groups; ``kind`` of :data:`ICC_KINDS`.

    Units that lack a rating are left out, except for kind 1: there units may differ in how many ratings they have.
    Test-retest over two occasions is ``icc(values, "2,1")``: a shift of everybody counts as error.
    NaN where nothing varies (``no_spread``) or there are fewer than two units (``too_few_people``).
    """
    if kind not in ICC_KINDS:
        raise ValueError(f"icc: no kind {kind!r}; expected one of {', '.join(ICC_KINDS)}")
    if kind.startswith("1"):
        return _one_way(ratings, kind, groups, settings)
    parts = moments(ratings, groups)

    def statistic(weights):
        n, means, covariance = parts.weighted(weights)
        k = means.shape[1]
        rows = covariance.sum(axis=(1, 2)) / k
        error = (np.trace(covariance, axis1=1, axis2=2) - rows) / (k - 1)
        columns = (n * means.var(axis=1, ddof=1) - error) / n if kind.startswith("2") else 0.0
        with np.errstate(invalid="ignore", divide="ignore"):
            if kind.endswith("k"):
                return (rows - error) / (rows + columns)
            return (rows - error) / (rows + (k - 1) * error + k * columns)

    return intervals.estimate(statistic, parts.n_groups, settings, why=parts.why)


def _one_way(ratings, kind, groups, settings):
    """Kind 1: the share of variance between units, from units with any number of ratings."""
    ratings = np.asarray(ratings, dtype=float)
    units, _ = np.nonzero(~np.isnan(ratings))
    values = ratings[~np.isnan(ratings)]
    groups = units if groups is None else np.asarray(groups)[units]
    parts = _parts(values, {"unit": units}, groups)

    def statistic(weights):
        between, within = _solve(parts, weights, clip=False).T
        with np.errstate(invalid="ignore", divide="ignore"):
            if kind == "1,1":
                return between / (between + within)
            return between / (between + within / parts.usual_size(weights))

    return intervals.estimate(
        statistic, len(parts.n), settings, why="no_spread" if len(values) > 1 else "too_few_people"
    )


def correlation(first, second, groups=None, settings=None):
    """Pearson's r of two measures of the same units, with its interval over groups."""
    parts = moments(np.stack([first, second], axis=1), groups)
    return intervals.estimate(lambda weights: _r(parts, weights), parts.n_groups, settings, why=parts.why)


def _r(parts, weights):
    _, _, covariance = parts.weighted(weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        return covariance[:, 0, 1] / np.sqrt(covariance[:, 0, 0] * covariance[:, 1, 1])


def spearman_brown(r, times=2.0):
    """The reliability of something ``times`` as long: times r / (1 + (times - 1) r). Works on arrays.

    >>> spearman_brown(0.5), round(spearman_brown(0.5, 4), 3)
    (0.6666666666666666, 0.8)
    """
    return times * r / (1 + (times - 1) * r)


def halves(values, units, how="odd_even"):
    """The mean of each unit's two halves: (units, 2), NaN where a half is empty; units in sorted order.

    ``values`` (n,) measured in blocks of equal length, in order of time within a unit; ``units`` (n,) whose they are.
    ``odd_even``: every other block; ``first_second``: before and after the middle.
    """
    if how not in ("odd_even", "first_second"):
        raise ValueError(f"halves: no way {how!r}; expected 'odd_even' or 'first_second'")
    values = np.asarray(values, dtype=float)
    codes = np.unique(units, return_inverse=True)[1]
    order = np.argsort(codes, kind="stable")
    size = np.bincount(codes)
    place = np.empty(len(codes), dtype=int)
    place[order] = np.arange(len(codes)) - np.repeat(np.cumsum(size) - size, size)
    half = place % 2 if how == "odd_even" else (place >= size[codes] / 2).astype(int)
    there, cell = ~np.isnan(values), 2 * codes + half
    total = np.bincount(cell[there], weights=values[there], minlength=2 * len(size))
    with np.errstate(invalid="ignore", divide="ignore"):
        return (total / np.bincount(cell[there], minlength=2 * len(size))).reshape(-1, 2)


def split_half(values, units, groups=None, how="odd_even", settings=None):
    """Reliability of a unit's mean from its two halves (Spearman-Brown), with its interval over groups.

    ``groups`` one per unit in sorted order of ``units``; see :func:`halves` for the rest.
    """
    parts = moments(halves(values, units, how), groups)
    return intervals.estimate(
        lambda weights: spearman_brown(_r(parts, weights)), parts.n_groups, settings, why=parts.why
    )


def standard_error_of_measurement(spread, reliability):
    """How far a measured value lies from the true one, in its own units: SD sqrt(1 - reliability).

    >>> standard_error_of_measurement(10.0, 0.75)
    5.0
    """
    return float(spread * np.sqrt(1 - reliability)) if reliability <= 1 else np.nan


def minimal_detectable_change(error, z=1.96):
    """The smallest difference between two measurements that error alone seldom (1 in 20) makes: z sqrt(2) SEM.

    >>> round(minimal_detectable_change(5.0), 2)
    13.86
    """
    return float(z * np.sqrt(2) * error)


def disattenuated(r, first_reliability, second_reliability=1.0):
    """A correlation as it would be between measures without error: r over the root of both reliabilities.

    May exceed 1 in small samples and is not clipped; show it beside ``r``. NaN where a reliability is not positive.

    >>> disattenuated(0.3, 0.5, 0.72)
    0.5
    """
    product = first_reliability * second_reliability
    return round(float(r / np.sqrt(product)), 12) if first_reliability > 0 and second_reliability > 0 else np.nan


# --- whose variance is it? --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Parts:
    """Per group: how many values, their sum and sum of squares, and what each factor makes of them."""

    n: np.ndarray  # (groups,)
    total: np.ndarray  # (groups,)
    square: np.ndarray  # (groups,)
    sums: np.ndarray  # (groups, factors): sum over levels of total² / n
    levels: np.ndarray  # (groups, factors)
    sizes: np.ndarray  # (groups, factors): sum over levels of n²
    shared: np.ndarray  # (groups, factors, factors): sum over cells of n_ab² / n_a

    def usual_size(self, weights):
        """The n0 of unequal units: how many ratings a unit has, for the mean squares (first factor)."""
        n, levels = weights @ self.n, weights @ self.levels[:, 0]
        with np.errstate(invalid="ignore", divide="ignore"):
            return (n - (weights @ self.sizes[:, 0]) / n) / (levels - 1)


def _parts(values, factors, groups):
    groups = np.unique(groups, return_inverse=True)[1]
    values = values - (values.mean() if len(values) else 0)
    g = int(groups.max()) + 1 if len(groups) else 0
    codes, homes = {}, {}
    for name, labels in factors.items():
        codes[name] = np.unique(np.asarray(labels), return_inverse=True)[1]
        homes[name] = np.zeros(codes[name].max(initial=-1) + 1, dtype=int)
        homes[name][codes[name]] = groups
        if (homes[name][codes[name]] != groups).any():
            raise ValueError(
                f"variance: a level of {name!r} lies in two groups; groups must hold connected people whole"
            )
    by = {name: np.bincount(c) for name, c in codes.items()}
    f = len(factors)
    sums, levels, sizes, shared = np.zeros((g, f)), np.zeros((g, f)), np.zeros((g, f)), np.zeros((g, f, f))
    for i, a in enumerate(factors):
        total = np.bincount(codes[a], weights=values)
        sums[:, i] = np.bincount(homes[a], weights=total**2 / by[a], minlength=g)
        levels[:, i] = np.bincount(homes[a], minlength=g)
        sizes[:, i] = np.bincount(homes[a], weights=by[a].astype(float) ** 2, minlength=g)
        for j, b in enumerate(factors):
            cells, n = np.unique(codes[a] * (codes[b].max(initial=0) + 1) + codes[b], return_counts=True)
            of = cells // (codes[b].max(initial=0) + 1)
            shared[:, i, j] = np.bincount(homes[a][of], weights=n**2 / by[a][of], minlength=g)
    n = np.bincount(groups, minlength=g).astype(float)
    total, square = (np.bincount(groups, weights=x, minlength=g) for x in (values, values**2))
    return _Parts(n, total, square, sums, levels, sizes, shared)


def _solve(parts, weights, clip=True):
    """Variance of each factor and the rest, (B, factors + 1), by Henderson's first method."""
    n, f = weights @ parts.n, parts.sums.shape[1]
    with np.errstate(invalid="ignore", divide="ignore"):
        common = (weights @ parts.total) ** 2 / n
        spread = (weights @ parts.sizes) / n[:, None]
    left = np.empty((len(weights), f + 1, f + 1))
    left[:, :f, :f] = (weights @ parts.shared.reshape(-1, f * f)).reshape(-1, f, f) - spread[:, None, :]
    left[:, :f, f] = weights @ parts.levels - 1
    left[:, f, :f] = n[:, None] - spread
    left[:, f, f] = n - 1
    right = np.concatenate([weights @ parts.sums, (weights @ parts.square)[:, None]], axis=1) - common[:, None]
    found = np.full((len(weights), f + 1), np.nan)
    fine = np.isfinite(left).all(axis=(1, 2))
    fine[fine] = np.linalg.cond(left[fine]) < 1e9
    found[fine] = np.linalg.solve(left[fine], right[fine][..., None])[..., 0]
    return np.maximum(found, 0) if clip else found


def variance_components(values, factors, groups, settings=None):
    """The share of variance that belongs to each factor (and to ``rest``), with intervals over groups.

    ``values`` (n,); ``factors`` {name: labels (n,)}, crossed or nested: person, partner, pair, recording; ``groups``
    (n,) holds connected people whole. Returns {name: :class:`intervals.Estimate`}; variances estimated below zero count
    as zero. NaN for ``confounded`` where two factors never come apart (each person in one recording).
    Reference: Henderson 1953, Biometrics 9: 226 (method 1); Kenny, Kashy & Cook 2006, Dyadic Data Analysis.
    """
    whole = ~np.isnan(np.asarray(values, dtype=float))
    kept = {name: np.asarray(labels)[whole] for name, labels in factors.items()}
    parts = _parts(np.asarray(values, dtype=float)[whole], kept, np.asarray(groups)[whole])
    return {name: _share(parts, [place], settings) for place, name in enumerate([*factors, "rest"])}


def trait_share(values, people, groups, pairs=None, settings=None):
    """How much of the variance belongs to who is there: (person + pair) / total, with its interval over groups.

    ``values`` (n,) over moments; ``people``, ``pairs`` (n,) whose and between whom. Near 0 the number is about the
    moment, near 1 about the person.
    """
    factors = {"person": people} | ({} if pairs is None else {"pair": pairs})
    whole = ~np.isnan(np.asarray(values, dtype=float))
    kept = {name: np.asarray(labels)[whole] for name, labels in factors.items()}
    parts = _parts(np.asarray(values, dtype=float)[whole], kept, np.asarray(groups)[whole])
    return _share(parts, list(range(len(factors))), settings)


def _share(parts, places, settings):
    def statistic(weights):
        found = _solve(parts, weights)
        with np.errstate(invalid="ignore", divide="ignore"):
            return found[:, places].sum(axis=1) / found.sum(axis=1)

    why = "confounded" if parts.n.sum() > parts.levels.sum(axis=0).max(initial=0) else "one_rating"
    return intervals.estimate(statistic, len(parts.n), settings, (0, 1), why)
