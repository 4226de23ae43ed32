"""What can be predicted without looking at a face or listening to a voice: the ladder a model must climb over.

The claim is never the score but its distance from the best of these on the same folds (AUDIT 6.2).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mien import models
from mien.evidence import metrics, splits


@dataclass(frozen=True)
class Judged:
    """A model's predictions on people never seen, with its tally; ``why`` says why there are none.

    ``probability`` (repeats, n, classes) or None; ``counts`` whether the row may be the best baseline.
    """

    model: str
    signals: str
    probability: np.ndarray | None
    tally: metrics.Tally | None
    why: str = ""
    counts: bool = False

    def score(self, metric, weights=None):
        """The score for each weighting of groups."""
        return metrics.scores(self.tally, weights)[metric]


def judge(name, signals, columns, model, given, plan, **more):
    """Let a model predict every held-out window and tally the result by group."""
    told = splits.out_of_fold(model, columns, given.codes, plan, len(given.classes))
    return Judged(name, signals, told, metrics.tally(given.codes, told, given.groups), **more)


def ladder(given, plan, settings, *, only_counting=False):
    """B0 to B3 on the given cases and folds, as a list of :class:`Judged`.

    B0 the commonest class; B1 how long the window is; B2 who the person is (of no use for people never seen, so it
    never counts as the best, and ``only_counting`` leaves it out); B3 the ``confound_*`` and ``trust_*`` columns.
    """
    windows = given.windows
    length = pd.DataFrame({"duration_s": windows["end_s"] - windows["start_s"]})
    person = pd.DataFrame({"person_id": windows["person_id"].astype(str)})
    nuisances = windows.filter(regex=models.pattern(["confound", "trust"]))
    rungs = [
        ("B0_majority", "nothing", "guesser", length, True),
        ("B1_duration", "duration", "logistic", length, True),
        ("B2_person", "person", "logistic", person, False),
        ("B3_confounds", "confound+trust", "logistic", nuisances, True),
    ]
    rungs = [rung for rung in rungs if rung[-1] or not only_counting]
    return [_rung(*rung, given=given, plan=plan, settings=settings) for rung in rungs]


def _rung(name, signals, model, columns, counts, *, given, plan, settings):
    if columns.shape[1] == 0:
        return Judged(name, signals, None, None, "no_confounds")
    fresh = models.make(model, signals.split("+"), settings.seed, settings.model)
    return judge(name, signals, columns, fresh, given, plan, counts=counts)


def best(ladder_rows, metric, n_classes):
    """The name and score of the best rung of the ladder, chance among them."""
    reached = {"chance": metrics.chance(n_classes)[metric]}
    reached |= {row.model: float(row.score(metric)[0]) for row in ladder_rows if row.counts}
    name = max(reached, key=reached.get)
    return name, reached[name]
