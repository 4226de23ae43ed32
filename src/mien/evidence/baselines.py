"""What can be predicted without looking at a face or listening to a voice: the ladder a model must climb over.

The claim is never the score but its distance from the best of these on the same folds (AUDIT 6.2).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier, DummyRegressor

from mien import models, tables
from mien.evidence import continuous, intervals, metrics, refits, splits

TEXT_LENGTH = ("text_n_words", "text_n_chars")
"""Columns of a windows table that say how much was said: words, and characters in these words."""

RARE = 0.01
"""A gap that fewer windows have (or lack) cannot carry a score, and is no baseline."""

ABSENT = {"B3_confounds": "no_confounds", "B4_text_length": "no_text", "B8_score": "no_score"}
"""Why a rung that needs columns of its own says nothing where the table has none."""


@dataclass(frozen=True)
class Judged:
    """A model's predictions on people never seen, with its tally; ``why`` says why there are none.

    ``probability`` (repeats, n, classes) or None; ``counts`` whether the row may be the best baseline; ``without``
    {metric: (groups,)} scores after fitting and scoring without each group, None where that was not asked or possible;
    ``blind`` that it was asked and is not possible.
    """

    model: str
    signals: str
    probability: np.ndarray | None
    tally: metrics.Tally | continuous.Moments | None
    why: str = ""
    counts: bool = False
    without: dict | None = None
    blind: bool = False

    def score(self, metric, weights=None):
        """The score for each weighting of groups."""
        return metrics.scores(self.tally, weights)[metric]

    @property
    def n_groups(self):
        """Of how many groups the tally is."""
        return (self.tally.members if isinstance(self.tally, metrics.Tally) else self.tally.raw).shape[1]

    @property
    def _ends(self):
        """How far one score may be from another; distances of ratings' scores have no end."""
        return (-1, 1) if isinstance(self.tally, metrics.Tally) else (-np.inf, np.inf)

    def limits(self, metric, settings, levels, bar=None):
        """Intervals of the score, or of its distance from a ``bar``: ([(low, high), …] for each level, method).

        ``bar`` is a number or a :class:`Judged`, re-scored on the same resampled groups.
        """
        if isinstance(bar, Judged):
            over, again = (lambda weights: bar.score(metric, weights)), _refitted(bar, metric)
        else:
            over, again = (lambda weights: bar or 0.0), bar or 0.0
        refitted = None if self.without is None else self.without[metric] - again
        return intervals.at_levels(
            lambda weights: self.score(metric, weights) - over(weights),
            self.n_groups,
            settings,
            levels,
            metrics.bounds(metric) if bar is None else self._ends,
            refitted,
            drawn_out=True,
            blind=self.blind,
        )


def _refitted(judged, metric):
    """(groups,) scores of a baseline without each group, with models fitted again where it has any to fit."""
    if judged.without is not None:
        return judged.without[metric]
    g = judged.n_groups
    return judged.score(metric, 1 - np.eye(g))


def judge(name, signals, columns, model, given, plan, *, refit=False, **more):
    """Let a model predict every held-out window and tally the result by group.

    ``refit`` also fits it without each group in turn, where it is made of regressions (:func:`refits.parts`) and two
    groups are left to it; ``plan`` then must hold out whole groups. Other models are then marked as ``blind``.
    """
    told = splits.out_of_fold(model, columns, given.codes, plan, len(given.classes), groups=given.groups)
    if refit and given.n_groups > 2 and (columns.nunique(dropna=False) > 1).any():
        if refits.parts(model):
            more["without"] = refits.without(model, columns, given, plan, told)
        else:
            more["blind"] = not isinstance(model, DummyClassifier | DummyRegressor)
    return Judged(name, signals, told, metrics.tally(given.codes, told, given.groups), **more)


def ladder(given, plan, settings, *, only_counting=False, refit=False):
    """B0 to B4 and B8 on the given cases and folds, as a list of :class:`Judged`; ``refit`` as in :func:`judge`.

    B0 the commonest class (of ratings the mean); B1 how long the window is; B2 who the person is (of no use for people
    never seen, so it never counts as the best, and ``only_counting`` leaves it out); B3 the ``confound_*`` and
    ``trust_*`` columns; B4 how much was said (:data:`TEXT_LENGTH`); B8 the published scores (``score_*``), whose
    direction is learnt from the training part. B5 to B7 are in :mod:`mien.evidence.shams`. Three more rungs stand where
    the table leaves room for them: ``B1_people`` (:func:`people`) where recordings differ in how many there are,
    ``B1_when`` (:func:`when`) where people have several windows in a recording, ``B3_missing`` (:func:`missing`) where
    signals have gaps: models see gaps too, and may live on them alone.
    """
    chosen = [rung for rung in rungs(given) if rung[-1] or not only_counting]
    return [_rung(*rung, given=given, plan=plan, settings=settings, refit=refit and rung[-1]) for rung in chosen]


def rungs(given):
    """The ladder before anything is fitted: tuples of name, signals, model, columns, whether it counts."""
    windows = given.windows
    guess, straight = ("guesser", "logistic") if given.classes else ("mean", "ridge")
    length = pd.DataFrame({"duration_s": windows["end_s"] - windows["start_s"]})
    person = pd.DataFrame({"person_id": windows["person_id"].astype(str)})
    nuisances = windows.filter(regex=models.pattern(["confound", "trust"]))
    scores = windows.filter(regex=models.pattern(["score"])).astype(float).dropna(axis=1, how="all")
    said = windows[[name for name in TEXT_LENGTH if name in windows]].astype(float).dropna(axis=1, how="all")
    found = [
        ("B0_majority", "nothing", guess, length, True),
        ("B1_duration", "duration", straight, length, True),
        ("B1_people", "people", straight, people(windows), True),
        ("B1_when", "time", straight, when(windows), True),
        ("B2_person", "person", straight, person, False),
        ("B3_confounds", "confound+trust", straight, nuisances, True),
        ("B3_missing", "missing", straight, missing(windows), True),
        ("B4_text_length", "text", straight, said, True),
        ("B8_score", "score", straight, scores, True),
    ]
    return [rung for rung in found if rung[0] in ABSENT or rung[3].shape[1]]


def people(windows):
    """How many people a recording has: (n, 1), or no column where all have as many.

    In a larger meeting everybody speaks less and waits longer, whatever is felt there.
    """
    n = windows.groupby(windows["recording_id"].astype(str))["person_id"].transform("nunique")
    return pd.DataFrame({"people_n": n.astype(float)} if n.nunique() > 1 else {}, index=windows.index)


def when(windows):
    """Where in its recording a window lies, and how long the recording is: (n, columns).

    What changes as time goes by (people tire, microphones drift) goes with every label that changes too, and a
    recording that goes on longer for one class tells the class. No columns where people have one window a recording.
    """
    tracks = windows.groupby([windows["recording_id"].astype(str), windows["person_id"].astype(str)])
    if (tracks["start_s"].transform("nunique") < 2).all():
        return pd.DataFrame(index=windows.index)
    end_s = windows.groupby(windows["recording_id"].astype(str))["end_s"].transform("max")
    share = windows["start_s"] / end_s
    found = {"time_start_s": windows["start_s"], "time_share": share, "time_share_squared": share**2}
    return pd.DataFrame(
        found | {"time_length_s": end_s, "time_n_windows": tracks["start_s"].transform("size")}, dtype=float
    )


def missing(windows):
    """Which signals have a gap in a window: (n, columns) of zeros and ones, one for each pattern of gaps.

    Whether a face was found is no measurement of the face (AUDIT F10). Gaps that fewer than :data:`RARE` of the
    windows have, or lack, are left out.
    """
    known = ("label", "confound", "trust", "score", "pseudo", "text", "why", "is", "group")
    signals = [name for name in windows if "_" in name and name.split("_")[0] not in known]
    flags = windows[[name for name in signals if name not in tables.WINDOWS.names]].isna().astype(float)
    flags = flags.loc[:, flags.mean().between(RARE, 1 - RARE)]
    return flags.T.drop_duplicates().T.add_prefix("missing_")


def _rung(name, signals, model, columns, counts, *, given, plan, settings, refit):
    if columns.shape[1] == 0:
        return Judged(name, signals, None, None, ABSENT[name])
    fresh = models.make(model, signals.split("+"), settings.seed, settings.model)
    return judge(name, signals, columns, fresh, given, plan, counts=counts, refit=refit)


def bars(ladder_rows, metric, n_classes):
    """All that a model must beat: (name, score, :class:`Judged` or the number itself), chance first."""
    chance = metrics.chance(n_classes)[metric]
    return [("chance", chance, chance)] + [
        (row.model, float(row.score(metric)[0]), row) for row in ladder_rows if row.counts and row.tally is not None
    ]


def best(ladder_rows, metric, n_classes):
    """The name and score of the best rung of the ladder, chance among them."""
    name, reached, _ = max(bars(ladder_rows, metric, n_classes), key=lambda bar: bar[1])
    return name, reached
