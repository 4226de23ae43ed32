"""People and something else held out together: is it the person's display that is read, or the sentence they say?

Text-independent is harder than person-independent (AUDIT E2): of every group of people each value of a confound is
held out at a time, and the model learns from other people saying other things.
"""

import numpy as np
import pandas as pd

from mien import models, tables
from mien.evidence import baselines, checks, splits
from mien.evidence.rows import Question


@splits.one_thread
def apart(windows, target, signals, column, model="logistic", settings=None, corpus="unnamed"):
    """Evidence rows of a model that knew neither the people nor the values of ``column`` it is judged on.

    ``windows`` a :data:`mien.tables.WINDOWS` table; ``column`` a ``confound_*`` column such as the sentence, without
    missing values. Returns :data:`mien.tables.EVIDENCE` rows, baselines included, with ``split`` naming what was held
    out; no permutation is run. Raises :class:`mien.evidence.EvidenceError` where the column is not there, has gaps, or
    where some fold would leave nothing to learn from.
    """
    if settings is None:
        from mien.evidence import EvidenceSettings

        settings = EvidenceSettings()
    given = checks.cases(windows, target)
    if column not in given.windows or given.windows[column].isna().any():
        raise checks.EvidenceError(
            f"evidence: {column!r} must be there for every window that is to be held apart by it"
        )
    plan = [folds(given.groups, given.windows[column].astype(str).to_numpy())]
    ask = Question(given, settings, corpus, plan, baselines.ladder(given, plan, settings))
    fresh = models.make(model, checks.prefixes(signals), settings.seed, settings.model)
    words = "+".join(checks.prefixes(signals))
    judged = baselines.judge(model, words, checks.signal_columns(given, signals), fresh, given, plan)
    rows = [row for rung in ask.ladder for row in ask.baseline(rung)] + ask.answered(judged)
    return tables.EVIDENCE.check(pd.DataFrame(rows).assign(split=f"group_and_{column.removeprefix('confound_')}_out"))


def folds(groups, values):
    """Folds (training rows, held-out rows): each group with each value, away from that group and from that value."""
    found = []
    for group in np.unique(groups):
        for value in np.unique(values[groups == group]):
            test = np.flatnonzero((groups == group) & (values == value))
            train = np.flatnonzero((groups != group) & (values != value))
            if not len(train):
                raise checks.EvidenceError(f"evidence: nobody else says anything but {value!r}; nothing to learn from")
            found.append((train, test))
    return found
