"""Does a signal mean the opposite in another group of people? The direct test of "one size fits all" (AUDIT E24c).

In each group of people a straight line is drawn from the signal to the label. A reversal is a signal that rises with
the label in one group and falls with it in another: both intervals are clear of 0, and the difference of the slopes
passes Holm's correction over all signals, classes and columns that were looked at. Groups below the floor of people
(AUDIT E25) take no part. A slope that is only flatter elsewhere is no reversal.
"""

from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from mien.evidence import intervals, many

COLUMNS = ("signal", "outcome", "column", "first", "second", "slope_first", "slope_second", "p", "p_holm", "reversed")


def above_floor(outcome, member, people, settings, *, rated=False):
    """The groups that reach the floor of people, and of people with each class where the outcome is a class.

    ``outcome`` (n,) 0 or 1, or a rating; ``member`` (n,) the group of the person, None or NaN where not known;
    ``people`` (n,). ``settings`` a :class:`mien.evidence.groups.GroupSettings`.
    """
    rows = pd.DataFrame(
        {"member": np.asarray(member, dtype=object), "person": np.asarray(people), "y": outcome}
    ).dropna()
    found = []
    for name, mine in rows.groupby("member"):
        with_class = [mine.loc[mine["y"] == y, "person"].nunique() for y in (0, 1)]
        enough = rated or min(with_class) >= settings.people_with_each_class
        if mine["person"].nunique() >= settings.people and enough:
            found.append(name)
    return found


def compared(columns, outcome, member, clusters, names):
    """Every signal's slope in every two of the groups ``names``, with the p of their difference: rows of COLUMNS.

    ``columns`` (n, signals) with NaN for gaps, ``outcome`` (n,) numbers, ``member`` (n,) groups, ``clusters`` (n,)
    integers from 0, connected people. Slopes are in units of the outcome for one standard deviation of the signal. The
    error of a difference is the jackknife's over clusters, with as many degrees of freedom as the smaller group has
    clusters, less one; of more than two groups p is multiplied by the number of pairs (Bonferroni).
    """
    g, rows = int(clusters.max()) + 1, []
    pairs = list(combinations(names, 2))
    without = 1.0 - np.eye(g)
    for signal in columns.columns[columns.notna().any()]:
        x = columns[signal].to_numpy(dtype=float)
        for first, second in pairs:
            sums = [_sums(x, outcome, clusters, member == name, g) for name in (first, second)]
            whole = [float(_slope(part, np.ones((1, g)))[0]) for part in sums]
            apart = _slope(sums[1], without) - _slope(sums[0], without)
            freedom = min(int((part[:, 0] > 0).sum()) for part in sums) - 1
            error = np.sqrt((g - 1) / g * np.sum((apart - apart.mean()) ** 2))
            with np.errstate(invalid="ignore", divide="ignore"):
                p = 2 * stats.t.sf(abs(whole[1] - whole[0]) / error, max(freedom, 1)) * len(pairs)
            rows.append((signal, "", "", first, second, *whole, min(p, 1.0), np.nan, False))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def settled(rows, limits):
    """``rows`` of several calls of :func:`compared` together: Holm's p, and which are reversals.

    ``limits(row)`` gives the intervals of both slopes, ((low, high), (low, high)); it is asked only where p allows.
    """
    rows = rows.reset_index(drop=True)
    rows["p_holm"] = many.holm(rows["p"])
    for place, row in rows.iterrows():
        if row["p_holm"] < 0.05 and row["slope_first"] * row["slope_second"] < 0:
            first, second = limits(row)
            rows.loc[place, "reversed"] = bool((first[0] > 0 and second[1] < 0) or (first[1] < 0 and second[0] > 0))
    return rows


def slope(x, outcome, clusters, mine, settings=None):
    """The slope in one group of people with its interval over clusters; arguments as for :func:`compared`."""
    g = int(clusters.max()) + 1
    sums = _sums(x, outcome, clusters, mine, g)
    there = sums[:, 0] > 0  # clusters without a member of this group say nothing of it
    part = sums[there]
    return intervals.estimate(lambda w: _slope(part, w), int(there.sum()), settings, (-np.inf, np.inf), "no_spread")


def _sums(x, y, clusters, mine, g):
    """(g, 5) sums of 1, x, y, xx, xy of one group's rows; x from its mean over all rows, in standard deviations."""
    spread = np.nanstd(x)
    x = (x - np.nanmean(x)) / (spread if spread > 0 else np.nan)
    kept = mine & ~np.isnan(x)
    x, y, home = x[kept], np.asarray(y, dtype=float)[kept], clusters[kept]
    return np.stack([np.bincount(home, weights=v, minlength=g) for v in (np.ones_like(x), x, y, x * x, x * y)], axis=1)


def _slope(sums, weights):
    n, x, y, xx, xy = (weights @ sums).T
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = xx - x * x / n
        return np.where(spread > 1e-9 * n, (xy - x * y / n) / spread, np.nan)
