"""The score judged as it is: nothing is fitted, and it must still beat what a model of mere circumstances reaches.

A score of 0 to 100 says "high" with the probability score ÷ 100, so its line at 50 is that of any classifier. The
baselines (how long the meeting was, who was there) are fitted on other meetings, and their threshold with them: they
are given what the score is not given, and its vendor's claim is that it needs none of it.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin

from mien import models, store
from mien.evidence import ablation, baselines, checks, designs, leakage, metrics, nulls, refits, splits
from mien.evidence.rows import DETECTABLE, Question

HIGH, LOW = "high", "low"
METRICS = ("auc", "balanced_accuracy")
COLUMN = "turn_openengage"
NAME = "openengage"
N_MOVED = 999
"""How often labels are moved for a p."""


class AsItIs(ClassifierMixin, BaseEstimator):
    """A score of 0 to 100 in the first column, as a classifier of "high" (class 0) and "low" (class 1)."""

    def fit(self, signals, codes):
        """Look at nothing."""
        self.classes_ = np.unique(codes)
        return self

    def predict_proba(self, signals):
        """Score ÷ 100 for "high", the rest for "low"."""
        share = np.asarray(signals, float)[:, 0] / 100
        return np.column_stack([share, 1 - share])[:, self.classes_]


def cut(values):
    """A rating as "high" and "low": above its median, or at it and above, whichever parts people more evenly.

    Returns (labels, words that say where). Ratings pile up at the top of their scale, where nothing lies above the
    median.

    >>> cut(np.array([3.0, 4.0, 5.0, 5.0, 5.0]))
    (array(['low', 'low', 'high', 'high', 'high'], dtype=object), 'at least 5')
    """
    median = np.nanmedian(values)
    ways = {f"above {median:g}": values > median, f"at least {median:g}": values >= median}
    known = ~np.isnan(values)
    words, high = min(ways.items(), key=lambda way: abs(way[1][known].mean() - 0.5))
    labels = np.where(high, HIGH, LOW).astype(object)
    labels[~known] = None
    return labels, words


def judged(frame, target, points, settings, corpus):
    """Rows of evidence of scores taken as they are, and failed checks for leaks: {name: (rows, n_failures)}.

    ``frame`` a windows table with ``confound_*`` columns and the label as "high" or "low"; ``points`` {name: (rows,) 0
    to 100}, all missing for the same people. Whoever has no score is not judged, and counts against the coverage.
    """
    there = np.isfinite(np.column_stack(list(points.values()))).all(axis=1)
    table = frame.drop(columns=list(frame.filter(regex="^turn_")))[there].reset_index(drop=True)
    given = checks.cases(table, target)
    if given.why:
        rows = pd.DataFrame(Question(given, settings, corpus).unanswered(NAME, "turn", given.why))
        return dict.fromkeys(points, (rows, 0))
    plan = splits.repeats(given.codes, given.groups, settings)
    ladder = baselines.ladder(given, plan, settings, only_counting=True)
    return {
        name: _judged(
            replace(given, windows=table.assign(**{COLUMN: own[there]})), plan, ladder, settings, corpus, there
        )
        for name, own in points.items()
    }


def _judged(given, plan, ladder, settings, corpus, there):
    """One score on folds and baselines that are there already."""
    columns = checks.signal_columns(given, "turn")
    ask = Question(given, settings, corpus, plan, ladder)
    one = baselines.judge(NAME, "turn", columns, AsItIs(), given, plan)
    worlds = nulls.null_scores(AsItIs(), columns, given, settings, name=f"{given.target}/turn/{NAME}")
    answers = ask.answered(one, worlds, float(there.mean()))
    luck = moved(given, one.probability)
    for row in answers:
        row["p_permuted"], row["n_permutations"] = nulls.p_value(row["value"], luck[row["metric"]]), len(luck)
    rows = [row for rung in ladder for row in ask.baseline(rung)] + answers
    found = leakage.checked(given.windows, given.target, "turn", ask.predictions(one))
    return pd.DataFrame(rows), int((~found["passed"]).sum())


def moved(given, probability, n=N_MOVED):
    """The scores of the same predictions when labels were moved as far as the design allows: a row per move.

    What is not fitted says the same whatever the labels are, so no fit has to be made again.
    """
    how = nulls.null(given.windows, given.codes, given.groups)
    draws = (store.rng(f"construct/as it is/{given.target}/{number}") for number in range(n))
    every = (metrics.scores(metrics.tally(nulls.moved(given.codes, how, draw), probability)) for draw in draws)
    return pd.DataFrame([{name: value[0] for name, value in one.items()} for one in every])


def dropped(frame, target, components, settings, corpus):
    """What lag, share and changes each add to the other two, fitted on other meetings: rows of ablation (V3).

    ``components`` {name: (rows,)} as the score turns them; whoever lacks one is not judged. The gap that one would find
    comes from ``settings.n_permutations`` worlds without a signal, in which both fits are made again.
    """
    columns = {f"turn_{name}": np.asarray(values, float) for name, values in components.items()}
    table = frame.drop(columns=list(frame.filter(regex="^turn_"))).assign(**columns)
    table = table[np.isfinite(np.column_stack(list(columns.values()))).all(axis=1)].reset_index(drop=True)
    asked = ablation.bench(table, target, {name: [f"turn_{name}"] for name in components}, settings, corpus)
    if asked.given.why:
        nothing = [
            asked.row("drop_one", name, asked.straight, "auc", lambda w: np.full(len(w), np.nan), asked.given.why)
            for name in components
        ]
        return pd.DataFrame(nothing)
    names = tuple(asked.parts)
    whole, luck = asked.judged(names), lost_by_luck(asked)
    rows = [asked.row("set", "+".join(names), asked.straight, "auc", lambda weights: whole.score("auc", weights))]
    for name in names:
        part = asked.judged(_without(names, name))

        def lost(weights, part=part):
            return whole.score("auc", weights) - part.score("auc", weights)

        more = {"minimum_detectable_gap": DETECTABLE * luck[name].std(), "n_permutations": len(luck)}
        rows.append(asked.row("drop_one", name, asked.straight, "auc", lost, **more))
    return pd.DataFrame(rows)


def _without(names, name):
    return tuple(other for other in names if other != name)


def lost_by_luck(asked):
    """AUC lost without each part where labels were moved: a row per world, a column per part.

    As :func:`mien.evidence.ablation.gains_in_null_worlds` does it one by one; here all worlds are fitted at once.
    """
    given, settings, names = asked.given, asked.settings, tuple(asked.parts)
    how = nulls.null(given.windows, given.codes, given.groups)
    draws = (store.rng(f"construct/dropped/{given.target}/{n}", settings.seed) for n in range(settings.n_permutations))
    labels = np.array([nulls.moved(given.codes, how, draw) for draw in draws])
    homes = splits.homes(labels, given.groups, settings)

    def area(chosen):
        model = models.make(asked.straight, chosen, settings.seed, settings.model)
        made = designs.design(model, asked.columns(chosen), given.groups)
        told = refits.worlds(model, asked.columns(chosen), made, labels, homes, len(given.classes))
        pairs = zip(labels, told, strict=True)
        return np.array([metrics.scores(metrics.tally(codes, one))["auc"][0] for codes, one in pairs])

    whole = area(names)
    return pd.DataFrame({name: whole - area(_without(names, name)) for name in names})
