"""What does each set of signals add? Every set of face, voice and turn on the same folds, shares, fusions, more people.

The score of a model depends on which other signals it has beside it, so what one of them is worth is its gain averaged
over all orders in which signals may come in (Shapley 1953; AUDIT E16). Shares, gains and learning curves are statistics
of the same resampled groups of people, so all differences are paired. Whether something added is luck is asked by
moving labels as :mod:`.nulls` does, both models judged in the same worlds: that tests that no signal says anything,
which is what a gain must at least beat; the interval asks whether people differ enough to undo it.
"""

from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd

from mien import models, store, tables
from mien.evidence import baselines, checks, intervals, metrics, nulls, splits

COLUMNS = ("corpus", "target", "what", "signals", "model", "metric", "value", "low", "high", "low90", "high90")
COLUMNS += ("interval", "chance", "p_permuted", "minimum_detectable_gap", "null", "n_permutations", "n_train_people")
COLUMNS += ("n_people", "n_groups", "n_windows", "seed", "why")
WHATS = {
    "set": "score of one model on a set of signals",
    "shapley": "what one signal is worth: its gain averaged over all orders of coming in",
    "share": "the same as a share of what all signals reach above chance",
    "fusion": "score of a way to join the signals",
    "fusion_gain": "the same less that of early fusion, paired",
    "added": "score of all signals less that without the ones after the sign +",
    "drop_one": "score of all components less that without one of them",
    "curve": "score of all signals with fewer people to learn from",
    "doubled": "gain with twice as many people, by a curve that falls short of its limit as 1 ÷ people",
}
"""What a row of the table of ablation says."""

FUSIONS = (("early_fusion", "late_fusion", "stacked_fusion"), ("ridge", "late_ratings", "stacked_ratings"))
CURVE = (0.25, 0.5, 0.75, 1.0)
"""Which shares of the people in the training part a learning curve is learnt from."""


@dataclass(frozen=True)
class Bench:
    """One target and the columns of each of its parts, on one plan of folds."""

    given: checks.Cases
    parts: dict
    plan: list
    settings: object
    corpus: str

    @property
    def straight(self):
        """The name of the linear model for labels of this kind."""
        return "logistic" if self.given.classes else "ridge"

    @property
    def chance(self):
        """What guessing reaches, by metric."""
        return metrics.chance(len(self.given.classes))

    def columns(self, names):
        """The columns of these parts together."""
        return pd.concat([self.parts[name] for name in names], axis=1)

    def judged(self, names, model=None, plan=None):
        """One model on these parts, on people never seen; regressions are fitted again without each group too."""
        made = models.make(model or self.straight, names, self.settings.seed, self.settings.model)
        return baselines.judge(
            model or self.straight,
            _join(names),
            self.columns(names),
            made,
            self.given,
            plan or self.plan,
            refit=plan is None,
        )

    def row(self, what, signals, model, metric, statistic, why="too_few_people", refitted=None, blind=False, **more):
        """A row of the table: a statistic of groups with its intervals, paired with those of all other rows.

        ``refitted`` (groups,) the statistic after fitting without each group; None: the intervals know nothing of who
        trained, or, of a model that is ``blind``, are widened as if nothing were learnt (:mod:`.intervals`).
        """
        value = float(statistic(np.ones((1, self.given.n_groups)))[0])
        levels = [self.settings.level, 0.90]
        limits, method = [(np.nan, np.nan)] * 2, ""
        if np.isfinite(value):
            ends = metrics.bounds(metric) if what in ("set", "fusion", "curve") else (-np.inf, np.inf)
            limits, method = intervals.at_levels(
                statistic, self.given.n_groups, self.settings, levels, ends, refitted, blind=blind
            )
        (low, high), (low90, high90) = limits
        found = {"value": value, "low": low, "high": high, "low90": low90, "high90": high90, "interval": method} | more
        return self._row(what, signals, model, metric, found, why)

    def _row(self, what, signals, model, metric, found, why):
        windows = self.given.windows
        row = dict.fromkeys(COLUMNS, np.nan) | {"corpus": self.corpus, "target": self.given.target, "what": what}
        row |= {"signals": signals, "model": model, "metric": metric, "interval": "", "null": "", "n_permutations": 0}
        row |= {"chance": self.chance[metric] if what in ("set", "fusion", "curve") else np.nan} | found
        row |= {"n_people": windows["person_id"].nunique(), "n_groups": self.given.n_groups, "n_windows": len(windows)}
        lost = {} if np.isfinite(row["value"]) else {"value": why}
        return row | {"seed": self.settings.seed, "why": tables.why(lost)}


def bench(windows, target, parts=("face", "voice", "turn"), settings=None, corpus="unnamed", *, ratings=False):
    """Lay out a target and its parts; see :func:`ablate`. Parts that have no column in the table are left out.

    ``parts`` prefixes, or {name: columns} for components of one signal. Raises as :func:`mien.evidence.evaluate` does.
    """
    given = checks.cases(windows, target, ratings=ratings)
    if isinstance(parts, dict):
        named = {f"{name}_{column}": given.windows[column] for name, columns in parts.items() for column in columns}
        given = checks.Cases(
            given.windows.drop(columns=list(given.windows.filter(regex=models.pattern(parts)))).assign(**named),
            *(getattr(given, name) for name in ("target", "classes", "codes", "groups", "told", "why")),
        )
    there = [name for name in parts if any(c.startswith(f"{name}_") for c in given.windows)]
    if not there:
        raise checks.EvidenceError(f"evidence: none of {', '.join(parts)} has a column; expected at least one")
    columns = {name: checks.signal_columns(given, name) for name in there}
    plan = [] if given.why else splits.repeats(given.codes, given.groups, settings)
    return Bench(given, columns, plan, settings, corpus)


@splits.one_thread
def ablate(
    windows, target, parts=("face", "voice", "turn"), settings=None, corpus="unnamed", *, ratings=False, base=None
):
    """What each set of signals reaches and adds: a table of :data:`COLUMNS`, ``what`` as in :data:`WHATS`.

    ``base`` the signals to which the others are added (``turn`` where there is one, else none); only that comparison
    is permuted. ``ratings``: the label is a number. A question that cannot be answered gives one row with the reason.
    """
    asked = bench(windows, target, parts, settings, corpus, ratings=ratings)
    names = tuple(asked.parts)
    scored = metrics.names(len(asked.given.classes))
    if asked.given.why:
        return pd.DataFrame([_unanswered(asked, "set", names, metric) for metric in scored])
    sets = {one: asked.judged(one) for size in range(1, len(names) + 1) for one in combinations(names, size)}
    rows = [
        asked.row("set", _join(one), asked.straight, m, _of(sets[one], m), refitted=_refitted(m, sets[one]))
        for one in sets
        for m in scored
    ]
    base = ("turn",) if base is None and "turn" in names else tuple(base or ())
    if len(names) > 1:
        rows += [row for metric in scored for row in shapley(asked, sets, metric)] + _fusions(asked, names, scored)
        if base and set(base) < set(names):
            rows += added(asked, names, base, sets)
    return pd.DataFrame(rows + learning(asked, names), columns=list(COLUMNS))


def _unanswered(asked, what, names, metric):
    return asked._row(what, _join(names), asked.straight, metric, {"value": np.nan}, asked.given.why)


def shapley(asked, sets, metric):
    """Rows of worth and of share for each signal; no share where all together are not above chance."""
    names, nothing = tuple(asked.parts), asked.chance[metric]

    def worth(name, weights):
        return sum(
            factorial(len(s))
            * factorial(len(names) - len(s) - 1)
            / factorial(len(names))
            * (
                _value(sets, _with(names, s, name), metric, weights, nothing)
                - _value(sets, s, metric, weights, nothing)
            )
            for size in range(len(names))
            for s in combinations([n for n in names if n != name], size)
        )

    def above(weights):
        return _value(sets, names, metric, weights, nothing) - nothing

    low, _, _ = intervals.interval(above, asked.given.n_groups, asked.settings, (-np.inf, np.inf))
    told = bool(low > 0)
    rows = []
    for name in names:
        rows.append(asked.row("shapley", name, asked.straight, metric, lambda w, n=name: worth(n, w)))
        statistic = (lambda w, n=name: worth(n, w) / above(w)) if told else (lambda w: np.full(len(w), np.nan))
        rows.append(asked.row("share", name, asked.straight, metric, statistic, why="nothing_to_share"))
    return rows


def _with(names, some, one):
    return tuple(name for name in names if name in some or name == one)


def _value(sets, names, metric, weights, nothing):
    return sets[names].score(metric, weights) if names else np.full(len(weights), nothing)


def _fusions(asked, names, scored):
    """Early, late and stacked fusion, and how the latter two differ from the first."""
    judged = {model: asked.judged(names, model) for model in FUSIONS[not asked.given.classes]}
    first, *others = judged
    words, rows = _join(names), []
    for model, one in judged.items():
        for metric in scored:
            known = {"refitted": _refitted(metric, one), "blind": one.blind}
            rows.append(asked.row("fusion", words, model, metric, _of(one, metric), **known))
    for model in others:
        one, early = judged[model], judged[first]
        for metric in scored:
            known = {"refitted": _refitted(metric, one, early), "blind": one.blind}
            rows.append(asked.row("fusion_gain", words, model, metric, _less(one, early, metric), **known))
    return rows


def added(asked, names, base, sets=None, what="added"):
    """Rows for what all signals reach above ``base`` alone: interval of the difference and its permutation p."""
    sets = sets or {one: asked.judged(one) for one in (tuple(names), tuple(base))}
    whole, part = sets[tuple(names)], sets[tuple(base)]
    others = [name for name in names if name not in base]
    signals = f"{_join(base)} + {_join(others)}"
    worlds = gains_in_null_worlds(asked, names, base)
    rows = []
    for metric in metrics.names(len(asked.given.classes)):
        more = {}
        if len(worlds):
            gain = float(_less(whole, part, metric)(np.ones((1, asked.given.n_groups)))[0])
            more = {"p_permuted": nulls.p_value(gain, worlds[metric]), "n_permutations": len(worlds)}
            more |= {"minimum_detectable_gap": 2.49 * worlds[metric].std(), "null": worlds["null"].iloc[0]}
        more["refitted"] = _refitted(metric, whole, part)
        rows.append(asked.row(what, signals, asked.straight, metric, _less(whole, part, metric), **more))
    return rows


def gains_in_null_worlds(asked, names, base):
    """The same difference where labels were moved: one row per world, a column per metric, and ``null``."""
    given, settings = asked.given, asked.settings
    how = nulls.null(given.windows, given.codes, given.groups)
    both = []
    for one in (names, base):
        model = models.make(asked.straight, one, settings.seed, settings.model)
        both.append((model, asked.columns(one), splits.prepare(model, asked.columns(one), asked.plan)))
    found = []
    for number in range(settings.n_permutations):
        draw = store.rng(f"evidence/added/{given.target}/{_join(names)}/{number}", settings.seed)
        labels = nulls.moved(given.codes, how, draw)
        folds = splits.repeats(labels, given.groups, settings)
        scores = []
        for model, columns, ready in both:
            told = splits.out_of_fold(model, columns, labels, folds, len(given.classes), ready, given.groups)
            scores.append(metrics.scores(metrics.tally(labels, told)))
        found.append({metric: float(scores[0][metric][0] - scores[1][metric][0]) for metric in scores[0]})
    return pd.DataFrame(found).assign(null=how.kind)


@splits.one_thread
def drop_one(windows, target, components, settings, corpus="unnamed", *, ratings=False):
    """What the score loses without each of its components: rows ``drop_one`` (AUDIT 7.3), permuted like :func:`added`.

    ``components`` {name: columns}, such as lag, share and changes of the vendor's score.
    """
    asked = bench(windows, target, components, settings, corpus, ratings=ratings)
    names = tuple(asked.parts)
    if asked.given.why:
        scored = metrics.names(len(asked.given.classes))
        return pd.DataFrame([_unanswered(asked, "drop_one", names, m) for m in scored], columns=list(COLUMNS))
    whole = asked.judged(names)
    rows = [
        asked.row("set", _join(names), asked.straight, m, _of(whole, m), refitted=_refitted(m, whole))
        for m in asked.chance
    ]
    for name in names:
        rest = tuple(other for other in names if other != name)
        rows += [row | {"signals": name} for row in added(asked, names, rest, what="drop_one")]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def learning(asked, names):
    """The score with a quarter, half, three quarters and all of the people to learn from; the gain with twice as many.

    Groups of connected people come and go whole; who is held out stays the same.
    """
    groups = np.arange(asked.given.n_groups)
    curve, sizes = [], []
    for share in CURVE:
        plan, kept = [], []
        for repeat, folds in enumerate(asked.plan):
            draw = store.rng(f"evidence/curve/{repeat}", asked.settings.seed)
            order = draw.permutation(groups)
            mine = [_some(train, asked.given.groups, order, share) for train, _ in folds]
            kept += [len(np.unique(asked.given.groups[train])) for train in mine]
            plan.append([(train, test) for train, (_, test) in zip(mine, folds, strict=True)])
        curve.append(asked.judged(names, plan=plan))
        sizes.append(float(np.mean(kept)))
    inverse = 1 / np.array(sizes)
    slope = (inverse - inverse.mean()) / ((inverse - inverse.mean()) ** 2).sum()
    rows = []
    for metric in asked.chance:
        for one, size in zip(curve, sizes, strict=True):
            rows.append(asked.row("curve", _join(names), asked.straight, metric, _of(one, metric), n_train_people=size))

        def gain(weights, metric=metric):
            steep = sum(part * one.score(metric, weights) for part, one in zip(slope, curve, strict=True))
            return steep * (0.5 / sizes[-1] - 1 / sizes[-1])

        rows.append(asked.row("doubled", _join(names), asked.straight, metric, gain, n_train_people=2 * sizes[-1]))
    return rows


def _some(train, groups, order, share):
    """The rows of the first groups in ``order`` that lie in the training part, at least two of them."""
    there = order[np.isin(order, groups[train])]
    return train[np.isin(groups[train], there[: max(2, round(share * len(there)))])]


def _join(names):
    return "+".join(names)


def _of(judged, metric):
    return lambda weights: judged.score(metric, weights)


def _less(one, other, metric):
    return lambda weights: one.score(metric, weights) - other.score(metric, weights)


def _refitted(metric, one, other=None):
    """(groups,) a score, or its distance from another, fitted and scored without each group; None where not known."""
    known = [judged for judged in (one, other) if judged is not None]
    if any(judged.without is None for judged in known):
        return None
    return one.without[metric] - (other.without[metric] if other is not None else 0.0)
