"""How far scores move when one thing changes: pairs of scores before and after, summed up with intervals over people.

A change is after − before, in points of 100, of windows that have a score both times; a window that loses its score is
lost coverage and no change (AUDIT E28). Intervals resample people, with all their windows.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from mien import tables
from mien.evidence import intervals

LINES = (50, 61)
"""The lines a score may cross (AUDIT E28)."""
POINTS = (-100, 100)
LEVELS = (0.95, 0.90)


@dataclass(frozen=True)
class Pairs:
    """Scores of the same windows ``before`` and ``after`` (n,), NaN where there is none, and whose they are."""

    before: np.ndarray
    after: np.ndarray
    people: np.ndarray

    @property
    def codes(self):
        """The person of each window as a number."""
        return np.unique(self.people, return_inverse=True)[1]

    @property
    def change(self):
        """After − before, points (n,)."""
        return self.after - self.before


def mean(pairs, values, chosen=None, bounds=POINTS):
    """The mean of values (n,) over the ``chosen`` windows, with its intervals: a row."""
    there = _there(values, chosen)
    n, total = _by_person(pairs, there), _by_person(pairs, np.where(there, values, 0))
    return of_people(pairs, there, lambda w: _ratio(w @ total, w @ n), bounds)


def difference(pairs, values, first, second, bounds=POINTS):
    """The mean of values over one set of windows less that over another, with its intervals: a row."""
    sets = [_there(values, chosen) for chosen in (first, second)]
    sums = [(_by_person(pairs, np.where(t, values, 0)), _by_person(pairs, t)) for t in sets]

    def statistic(w):
        (a, n), (b, m) = sums
        return _ratio(w @ a, w @ n) - _ratio(w @ b, w @ m)

    return of_people(pairs, sets[0] | sets[1], statistic, (2 * bounds[0], 2 * bounds[1]))


def quantile(pairs, values, share):
    """The least value that ``share`` of the windows do not exceed, with its intervals: a row."""
    there = _there(values, None)
    order = np.flatnonzero(there)[np.argsort(values[there], kind="stable")]
    ranked, who = values[order], pairs.codes[order]

    def statistic(w):
        reached = np.cumsum(w[:, who], axis=1)
        place = np.argmax(reached >= share * reached[:, -1:] - 1e-9, axis=1)
        return np.where(reached[:, -1] > 0, ranked[place], np.nan)

    return of_people(pairs, there, statistic, (0, 100))


def rank_correlation(pairs):
    """How far windows keep their order, by Spearman's r of the scores before and after, with its intervals: a row."""
    there = _there(pairs.change, None)
    x, y = (stats.rankdata(part[there]) - there.sum() / 2 for part in (pairs.before, pairs.after))
    codes, n = pairs.codes[there], pairs.codes.max() + 1
    sums = [np.bincount(codes, part, n) for part in (np.ones(len(x)), x, y, x * x, y * y, x * y)]

    def statistic(w):
        m, sx, sy, sxx, syy, sxy = (w @ one for one in sums)
        apart = np.sqrt(np.maximum(sxx - sx**2 / m, 0) * np.maximum(syy - sy**2 / m, 0))
        return _ratio(sxy - sx * sy / m, apart)

    return of_people(pairs, there, statistic, (-1, 1))


def described(pairs):
    """The quantities of AUDIT E28 for one dose: {name: row}, points and shares.

    ``pushed_under_50``: of the windows at 50 or more, the share that falls below (E32). A label of two classes flips
    where the score crosses 50, so flips are ``crossing_50``.
    """
    change, there = pairs.change, np.isfinite(pairs.change)
    found = {
        "mean_change": mean(pairs, change),
        "mean_abs_change": mean(pairs, np.abs(change), bounds=(0, 100)),
        "p95_abs_change": quantile(pairs, np.abs(change), 0.95),
    }
    for line in LINES:
        crosses = np.where(there, (pairs.before >= line) != (pairs.after >= line), np.nan)
        found[f"crossing_{line}"] = mean(pairs, crosses, bounds=(0, 1))
    falls = np.where(there, pairs.after < 50, np.nan)
    found["pushed_under_50"] = mean(pairs, falls, pairs.before >= 50, (0, 1))
    found["rank_correlation"] = rank_correlation(pairs)
    lost = np.where(np.isfinite(pairs.before), ~np.isfinite(pairs.after), np.nan)
    return found | {"coverage_lost": mean(pairs, lost, bounds=(0, 1))}


def missing(reason):
    """A row of a number that is missing, with the reason."""
    ends = dict.fromkeys(("value", "low", "high", "low90", "high90"), np.nan)
    return ends | {"interval": "", "n": 0, "n_people": 0, "why": tables.why({"value": reason})}


def _there(values, chosen):
    return np.isfinite(values) if chosen is None else np.isfinite(values) & chosen


def _by_person(pairs, values):
    return np.bincount(pairs.codes, values, pairs.codes.max() + 1)


def _ratio(above, below):
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(below > 0, above / below, np.nan)


def of_people(pairs, there, statistic, bounds):
    """A statistic of the people of ``pairs`` with its 95 and 90 % intervals, and what it rests on."""
    n = pairs.codes.max() + 1
    value = float(statistic(np.ones((1, n)))[0])
    if not np.isfinite(value):
        return missing("no_predictions" if not there.any() else "constant")
    counts = {"n": int(there.sum()), "n_people": int(pd.Series(pairs.people[there]).nunique())}
    if bounds == (0, 1) and value in bounds:
        ends, method = [_exact(value, counts["n_people"], level) for level in LEVELS], "exact"
    else:
        ends, method = intervals.at_levels(statistic, n, intervals.IntervalSettings(), LEVELS, bounds)
    (low, high), (low90, high90) = ends
    return (
        {"value": value, "low": low, "high": high, "low90": low90, "high90": high90, "interval": method}
        | counts
        | {"why": ""}
    )


def _exact(share, n_people, level):
    """The interval of a share of none, or of all, of the people (Clopper & Pearson 1934, Biometrika 26: 404)."""
    least = ((1 - level) / 2) ** (1 / n_people)
    return (0.0, 1 - least) if share == 0 else (least, 1.0)
