"""Intervals over groups (people), never over rows: what would the score be with other people?

From ``few_groups`` groups on a bias-corrected accelerated bootstrap of groups (Efron 1987, Journal of the American
Statistical Association 82: 171); below it a t interval from leaving out one group at a time (Tukey's jackknife),
because with few people a bootstrap is too narrow. Measured on 600 worlds each (scores of 10 people): "95 %"
intervals of the percentile bootstrap held the truth in 88–90 %, BCa in 90–92 %, jackknife t in 92–95 %, and jackknife t
on the logit scale in 94–97 %; with 24 people all lie between 93 and 96 %.

What the interval of a cross-validated score is to hold: the score, on people never seen, of models trained by the same
procedure on as many people as are in one training part (four fifths of them with 5 folds), averaged over who those
people are. It is not the score of the very models that were fitted (Bates, Hastie & Tibshirani 2024, Journal of the
American Statistical Association 119: 1434), nor of one trained on everybody, which is a little better. Held-out
predictions alone tell how the score depends on who is judged, and not on who trained: see :func:`widening`. Regressions
and their late fusions are fitted again without each group. Models that cannot be in a reasonable time (forests, stacks)
would have a narrower interval, which holds the truth in about 83 of 100 worlds where nothing is learnt: theirs is
widened as far as it must be there, by :data:`UNLEARNT`, and is too wide where much is learnt. The method's name ends in
``_refit`` or in ``_wide``.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from mien import store

UNLEARNT = float(np.sqrt(2))
"""How much wider an interval must be where a model learns nothing: see :func:`widening`. Measured on 120 SYNTHETIC
worlds without a signal (40 people, 8 windows each): "95 %" intervals of a forest's area under the curve held the truth
in 90.0 % (exact limits 83.2 to 94.7 %), so widened in 96.7 % (91.7 to 99.1 %)."""


@dataclass(frozen=True)
class IntervalSettings:
    """How an interval is made where no evaluation sets it: jackknife t below ``few_groups`` groups, else BCa."""

    few_groups: int = 30
    n_bootstrap: int = 2000
    level: float = 0.95
    seed: int = store.SEED


@dataclass(frozen=True)
class Estimate:
    """A number with its interval over groups; ``why`` says which reason (:data:`mien.tables.REASONS`) it is NaN for."""

    value: float
    low: float = np.nan
    high: float = np.nan
    interval: str = ""
    n_groups: int = 0
    why: str = ""


def estimate(statistic, n_groups, settings=None, bounds=(-1, 1), why=""):
    """A statistic of groups as an :class:`Estimate`; ``statistic`` as for :func:`interval`.

    Where the statistic is NaN, so is its interval, for the reason ``why``.
    """
    value = float(statistic(np.ones((1, n_groups)))[0]) if n_groups else np.nan
    if np.isnan(value):
        return Estimate(np.nan, n_groups=n_groups, why=why or "not_computed")
    low, high, method = interval(statistic, n_groups, settings or IntervalSettings(), bounds)
    return Estimate(value, low, high, method, n_groups, "" if np.isfinite([low, high]).all() else "too_few_people")


def interval(statistic, n_groups, settings, bounds=(0, 1)):
    """The interval of a statistic over groups: (low, high, method).

    ``statistic`` maps weights (weightings, groups) to values (weightings,). The same named generator serves every
    call with as many groups, so differences between rows of one table are paired. NaN where it cannot be computed.
    """
    ((low, high),), method = at_levels(statistic, n_groups, settings, [settings.level], bounds)
    return low, high, method


def at_levels(statistic, n_groups, settings, levels, bounds=(0, 1), refitted=None, *, drawn_out=False, blind=False):
    """Intervals of one statistic at several levels from the same resamples: ([(low, high), …], method).

    ``drawn_out``: those of the bootstrap are as wide as a t interval would be, by :func:`stretch`; the method's name
    then has a ``_t``.
    ``refitted`` (groups,) is the statistic after the models too were fitted without each group: the intervals are then
    widened by :func:`widening`, and the method's name ends in ``_refit``. ``blind``: it cannot be had, and they are
    :data:`UNLEARNT` times as wide; the name ends in ``_wide``.
    """
    estimate = statistic(np.ones((1, n_groups)))[0]
    left_out = np.concatenate([statistic(without) for without in _each_without(n_groups)])
    wide = (UNLEARNT if blind else 1.0) if refitted is None else widening(left_out, refitted)
    if n_groups >= settings.few_groups:
        resampled = statistic(resamples(n_groups, settings))
        pairs = [bca(estimate, resampled, left_out, level) for level in levels]
        longer = [wide * stretch(n_groups, level) if drawn_out else wide for level in levels]
        pairs = [
            tuple(estimate + by * (end - estimate) for end in pair) for pair, by in zip(pairs, longer, strict=True)
        ]
        method = f"bca_{settings.n_bootstrap}" + "_t" * drawn_out
    elif bounds == (0, 1) and min(estimate, left_out.min()) > 0 and max(estimate, left_out.max()) < 1:
        # A share's error is lopsided near its bounds; on the logit scale it is not.
        logits = special.logit(estimate), special.logit(left_out)
        pairs = [special.expit(jackknife_t(*logits, level, wide)) for level in levels]
        method = "jackknife_t_logit"
    else:
        pairs = [jackknife_t(estimate, left_out, level, wide) for level in levels]
        method = "jackknife_t"
    if refitted is not None or blind:
        method += "_wide" if refitted is None else "_refit"
    return [tuple(float(np.clip(end, *bounds)) for end in pair) for pair in pairs], method


def stretch(n_groups, level):
    """How much longer a bootstrap interval of so many groups must be: t(groups - 1) ÷ z × √(groups ÷ (groups - 1)).

    A resample's spread lacks one degree of freedom, and its percentiles are those of a spread that is known (Hesterberg
    2015, The American Statistician 69: 371). Measured on 1,500 worlds each, "95 %" BCa intervals of a mean held the
    truth in 92.0 to 94.1 % with 30 groups and in 93.7 to 94.7 % with 60; so drawn out, in 93.5 to 94.3 % and in 94.5 to
    95.0 %. Scores of SYNTHETIC worlds without a signal (60 people, 300 worlds, refitted): 93.7 % before, 94.7 % after.
    Numbers that are compared with those of others (agreement) keep the plain BCa.

    >>> round(float(stretch(30, 0.95)), 3), round(float(stretch(120, 0.95)), 3)
    (1.061, 1.015)
    """
    at = 0.5 + level / 2
    return stats.t.ppf(at, n_groups - 1) / stats.norm.ppf(at) * np.sqrt(n_groups / (n_groups - 1))


def widening(left_out, refitted):
    """How much wider an interval must be because other people would also have trained other models: 1 to √3.

    ``left_out`` and ``refitted`` (groups,): the statistic without each group, its predictions as they were and its
    models fitted again. Write the statistic as a sum of what each person adds alone (variance A) and what pairs add,
    one in training and one held out (variance B): its variance is A + B. Leaving people out of held-out predictions
    sees A + B/2, leaving them out of everything A + 2B (Efron & Stein 1981, Annals of Statistics 9: 586): hence
    (2 × the first + the second) ÷ 3. Where nothing is to be learnt A is 0 and the first alone is √2 too narrow. What
    triples add (two in training) is seen by a third, hence the bound. A score with a threshold (a share recognised)
    jumps from one fit to the next and reaches that bound where nothing is learnt: its interval is then too wide.
    """
    plain, again = _jackknife_variance(left_out), _jackknife_variance(refitted)
    if not plain > 0 or np.isnan(again):
        return 1.0
    return float(np.sqrt(np.clip((2 + again / plain) / 3, 1, 3)))


def _jackknife_variance(left_out):
    return (len(left_out) - 1) / len(left_out) * np.sum((left_out - left_out.mean()) ** 2)


def _each_without(n_groups, size=2000):
    """Weights that each leave one group out, some rows at a time: all at once would fill the memory."""
    for at in range(0, n_groups, size):
        yield 1 - np.eye(min(size, n_groups - at), n_groups, at)


def of_two(statistic, n_first, n_second, settings):
    """The interval of a statistic of two sets of groups that have nobody in common: (low, high, method).

    ``statistic`` maps weights of the first and of the second (weightings, groups) to values (weightings,). Each set is
    resampled on its own; below ``few_groups`` in either, errors of both jackknives add up, with the degrees of freedom
    of Welch (1947, Biometrika 34: 28).
    """
    ones = np.ones((1, n_first)), np.ones((1, n_second))
    value = statistic(*ones)[0]
    first = np.concatenate([statistic(without, ones[1]) for without in _each_without(n_first)])
    second = np.concatenate([statistic(ones[0], without) for without in _each_without(n_second)])
    if min(n_first, n_second) >= settings.few_groups:
        resampled = statistic(resamples(n_first, settings), resamples(n_second, settings, "/second"))
        around = np.concatenate([part - np.nanmean(part) for part in (first, second)])
        low, high = bca(value, resampled, value + around, settings.level)
        return float(low), float(high), f"bca_{settings.n_bootstrap}_of_two"
    parts = [(len(part) - 1) / len(part) * np.sum((part - part.mean()) ** 2) for part in (first, second)]
    error = sum(parts)
    if not error > 0:
        return (float(value), float(value), "jackknife_t_of_two") if error == 0 else (np.nan, np.nan, "")
    freedom = error**2 / (parts[0] ** 2 / (n_first - 1) + parts[1] ** 2 / (n_second - 1))
    half = stats.t.ppf(0.5 + settings.level / 2, freedom) * np.sqrt(error)
    return float(value - half), float(value + half), "jackknife_t_of_two"


def resamples(n_groups, settings, of=""):
    """Bootstrap weights (n_bootstrap, groups): how often each group is drawn when groups are drawn with return.

    ``of`` names another set of groups, which is drawn apart from the first.
    """
    draw = store.rng(f"evidence/bootstrap/{n_groups}{of}", settings.seed)
    return draw.multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=settings.n_bootstrap)


def jackknife_t(estimate, left_out, level, wide=1.0):
    """Estimate ± t(groups - 1) × standard error × ``wide``, the error from estimates that each leave one group out.

    A group without which there is no score (it alone holds a class) leaves NaN: so few people carry no interval.
    """
    n = len(left_out)
    half = wide * stats.t.ppf(0.5 + level / 2, n - 1) * np.sqrt(_jackknife_variance(left_out))
    return estimate - half, estimate + half


def bca(estimate, resampled, left_out, level):
    """Bias-corrected accelerated percentiles of the resampled values; resamples without a score are set aside."""
    values = resampled[~np.isnan(resampled)]
    spread = np.nanmean(left_out) - left_out[~np.isnan(left_out)]
    if len(values) == 0 or np.ptp(values) == 0 or np.sum(spread**2) == 0:
        return (estimate, estimate) if len(values) else (np.nan, np.nan)
    bias = stats.norm.ppf(np.clip(np.mean(values < estimate) + np.mean(values == estimate) / 2, 1e-9, 1 - 1e-9))
    speed = np.sum(spread**3) / (6 * np.sum(spread**2) ** 1.5)
    z = bias + stats.norm.ppf([0.5 - level / 2, 0.5 + level / 2])
    return tuple(np.quantile(values, stats.norm.cdf(bias + z / (1 - speed * z))))
