"""Whether one measure of people follows another, where people meet in groups: correlations from sums per meeting.

Everything is a function of the covariances of a few columns, and these of sums per group of connected people; so what
is compared (with a label and with a nuisance, raw and without the error of measurement) comes from the same resamples.
Conventions: columns are (people,) numbers, NaN where missing; people who lack one of the columns asked are left out.
"""

from dataclasses import dataclass

import numpy as np

from mien import store
from mien.evidence import intervals, nulls, reliability

LEVELS = (0.95, 0.90)
NOWHERE = (-np.inf, np.inf)


@dataclass(frozen=True)
class Found:
    """A number with both intervals over groups of people, and how many they are; ``why`` it is NaN."""

    value: float
    low: float = np.nan
    high: float = np.nan
    low90: float = np.nan
    high90: float = np.nan
    interval: str = ""
    n_people: int = 0
    n_groups: int = 0
    why: str = ""


def found(statistic, n_groups, n_people, bounds=NOWHERE, why="too_few_people", settings=None):
    """A statistic of weights of groups (:func:`mien.evidence.intervals.interval`) as :class:`Found`."""
    value = float(statistic(np.ones((1, n_groups)))[0]) if n_groups else np.nan
    if not np.isfinite(value):
        return Found(np.nan, n_people=n_people, n_groups=n_groups, why=why)
    both, method = intervals.at_levels(
        statistic, n_groups, settings or intervals.IntervalSettings(), LEVELS, bounds=bounds
    )
    ends = [end for pair in both for end in pair]
    return Found(value, *ends, method, n_people, n_groups, "" if np.isfinite(ends).all() else "too_few_people")


class Joint:
    """Several columns of the same people, as sums per group; whoever lacks one of them is left out.

    ``columns`` {name: (people,)}; ``groups`` (people,) whatever names a group. Raises :class:`ValueError` for fewer
    than two columns.
    """

    def __init__(self, columns, groups):
        values = np.column_stack([np.asarray(column, float) for column in columns.values()])
        self.whole = np.isfinite(values).all(axis=1)
        values = values[self.whole]
        spread = values.std(axis=0) if len(values) else np.ones(len(columns))
        values = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1) if len(values) else values
        self.at = {name: place for place, name in enumerate(columns)}
        self.values, self.groups = values, np.unique(np.asarray(groups)[self.whole], return_inverse=True)[1]
        self.parts = reliability.moments(values, self.groups)

    def places(self, names):
        """Where the columns of these names stand."""
        return [self.at[name] for name in names]

    def ask(self, statistic, bounds=(-1, 1), why=None):
        """A statistic of the covariances (weightings, columns, columns) as :class:`Found`."""
        return found(
            lambda weights: statistic(self.parts.weighted(weights)[2]),
            self.parts.n_groups,
            len(self.values),
            bounds,
            why or self.parts.why,
        )

    def within(self):
        """The same people as distances from the mean of their group."""
        counts = np.bincount(self.groups).astype(float)
        means = np.stack([np.bincount(self.groups, column) / counts for column in self.values.T], axis=1)
        apart = self.values - means[self.groups]
        apart[np.abs(apart) < 1e-9] = 0  # what is left of a column that all of a group share is rounding
        return Joint(dict(zip(self.at, apart.T, strict=True)), self.groups)

    def between(self):
        """The means of the groups, one row each, every group weighing the same."""
        counts = np.bincount(self.groups).astype(float)
        means = {name: np.bincount(self.groups, self.values[:, place]) / counts for name, place in self.at.items()}
        return Joint(means, np.arange(len(counts)))


# --- statistics of covariances (…, columns, columns) ------------------------------------------------------------------


def r_of(covariance, one, other):
    """Pearson's r of two columns; NaN where one of them does not vary."""
    square = covariance[..., one, one] * covariance[..., other, other]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(square > 1e-18, covariance[..., one, other] / np.sqrt(square), np.nan)


def partial(covariance, one, other, given):
    """The correlation of two columns that is left when ``given`` columns are held (linear)."""
    if not len(given):
        return r_of(covariance, one, other)
    mine = [one, other]
    cross = covariance[..., mine, :][..., :, given]
    held = cross @ np.linalg.pinv(covariance[..., given, :][..., :, given], rcond=1e-9) @ np.swapaxes(cross, -1, -2)
    left = covariance[..., mine, :][..., :, mine] - held
    gone = np.diagonal(left, axis1=-2, axis2=-1) < 1e-9 * np.stack([covariance[..., i, i] for i in mine], axis=-1)
    return np.where(gone.any(axis=-1), np.nan, r_of(left, 0, 1))


def alpha(covariance, items):
    """Cronbach's alpha of the sum of several ratings: the reliability of their mean, were they all of one thing."""
    own = covariance[..., items, :][..., :, items]
    k = len(items)
    with np.errstate(invalid="ignore", divide="ignore"):
        return k / (k - 1) * (1 - np.trace(own, axis1=-2, axis2=-1) / own.sum(axis=(-2, -1)))


def of_halves(covariance, first, second):
    """The reliability of a score from its two halves (Spearman-Brown)."""
    return reliability.spearman_brown(r_of(covariance, first, second))


def without_error(r, *reliabilities):
    """The correlation over the root of the reliabilities; NaN where one of them is not positive."""
    product = np.ones_like(r)
    for one in reliabilities:
        product = product * np.where(one > 0, one, np.nan)
    return r / np.sqrt(product)


def above_nuisances(covariance, score, label, nuisances, of="score"):
    """The r of score and label less the largest |r| of ``of`` ("score" or "label") with a nuisance (AUDIT E23)."""
    mine = score if of == "score" else label
    others = np.stack([np.abs(r_of(covariance, mine, each)) for each in nuisances])
    return r_of(covariance, score, label) - others.max(axis=0)


# --- luck -------------------------------------------------------------------------------------------------------------


def p_moved(windows, values, label, name, n=999):
    """How often labels that were moved as far as the design allows follow ``values`` as closely (either way): p.

    ``windows`` has recording_id, person_id, group_id, start_s; ``values`` and ``label`` (people,). Where people of a
    meeting differ in the label they exchange it, and so do meetings of one size (:func:`mien.evidence.nulls.null`).
    """
    values, label = np.asarray(values, float), np.asarray(label, float)
    kept = np.isfinite(values) & np.isfinite(label)
    if kept.sum() < 3 or np.ptp(values[kept]) == 0 or np.ptp(label[kept]) == 0:
        return np.nan
    rows, values, label = windows[kept], values[kept], label[kept]
    groups = np.unique(rows["group_id"].astype(str), return_inverse=True)[1]
    how = nulls.null(rows, label, groups)
    draws = (store.rng(f"construct/moved/{name}/{number}") for number in range(n))
    worlds = np.array([nulls.moved(label, how, draw) for draw in draws])
    z = (values - values.mean()) / values.std()
    spread = worlds.std(axis=1)
    null = np.abs((worlds - worlds.mean(axis=1, keepdims=True)) @ z / len(z) / spread)
    return nulls.p_value(abs(float(np.corrcoef(values, label)[0, 1])), null)
