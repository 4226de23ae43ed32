"""What can be predicted without looking at a face or listening to a voice: the ladder a model must climb over.

The claim is never the score but its distance from the best of these on the same folds (AUDIT 6.2).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mien import models
from mien.evidence import continuous, metrics, splits


@dataclass(frozen=True)
class Judged:
    """A model's predictions on people never seen, with its tally; ``why`` says why there are none.

    ``probability`` (repeats, n, classes) or None; ``counts`` whether the row may be the best baseline.
    """

    model: str
    signals: str
    probability: np.ndarray | None
    tally: metrics.Tally | continuous.Moments | None
    why: str = ""
    counts: bool = False

    def score(self, metric, weights=None):
        """The score for each weighting of groups."""
        return metrics.scores(self.tally, weights)[metric]


def judge(name, signals, columns, model, given, plan, ready=None, **more):
    """Let a model predict every held-out window and tally the result by group."""
    told = splits.out_of_fold(model, columns, given.codes, plan, len(given.classes), ready, given.groups)
    return Judged(name, signals, told, metrics.tally(given.codes, told, given.groups), **more)


def ladder(given, plan, settings, *, only_counting=False, ready=None):
    """B0 to B3 on the given cases and folds, as a list of :class:`Judged`; ``ready`` from :func:`prepared`.

    B0 the commonest class (of ratings the mean); B1 how long the window is; B2 who the person is (of no use for people
    never seen, so it never counts as the best, and ``only_counting`` leaves it out); B3 the ``confound_*`` and
    ``trust_*`` columns.
    """
    rungs = _rungs(given)
    rungs = [rung for rung in rungs if rung[-1] or not only_counting]
    return [_rung(*rung, given=given, plan=plan, settings=settings, ready=(ready or {}).get(rung[0])) for rung in rungs]


def prepared(given, plan, settings):
    """The steps of the counting rungs that never see a label, fitted once: {rung: what splits.prepare gives}."""
    return {
        name: splits.prepare(models.make(model, signals.split("+"), settings.seed, settings.model), columns, plan)
        for name, signals, model, columns, counts in _rungs(given)
        if counts and columns.shape[1] and model not in ("mean", "guesser")
    }


def _rungs(given):
    """Every rung: name, signals, model, columns, and whether it may be the best baseline."""
    windows = given.windows
    guess, straight = ("guesser", "logistic") if given.classes else ("mean", "ridge")
    length = pd.DataFrame({"duration_s": windows["end_s"] - windows["start_s"]})
    person = pd.DataFrame({"person_id": windows["person_id"].astype(str)})
    nuisances = windows.filter(regex=models.pattern(["confound", "trust"]))
    return [
        ("B0_majority", "nothing", guess, length, True),
        ("B1_duration", "duration", straight, length, True),
        ("B2_person", "person", straight, person, False),
        ("B3_confounds", "confound+trust", straight, nuisances, True),
    ]


def _rung(name, signals, model, columns, counts, *, given, plan, settings, ready=None):
    if columns.shape[1] == 0:
        return Judged(name, signals, None, None, "no_confounds")
    fresh = models.make(model, signals.split("+"), settings.seed, settings.model)
    return judge(name, signals, columns, fresh, given, plan, ready, counts=counts)


def best(ladder_rows, metric, n_classes):
    """The name and score of the best rung of the ladder, chance among them."""
    reached = {"chance": metrics.chance(n_classes)[metric]}
    reached |= {row.model: float(row.score(metric)[0]) for row in ladder_rows if row.counts}
    name = max(reached, key=reached.get)
    return name, reached[name]
