"""The few named classifiers and fusions, the guesser first among them; all that is fitted is fitted inside the fold.

A model sees the columns of a windows table whose names begin with one of its signals (``face_``, ``voice_``,
``turn_``): there is no list of features anywhere. Filling of gaps, scaling and coding of words are steps of the
model, so that whoever holds people out holds them out of these steps too.
"""

import difflib
import re
from dataclasses import dataclass

import numpy as np
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor, VotingClassifier, VotingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from mien.models.fusion import SpreadRidge, StackedClassifier, StackedRatings

SLOPE = 1e-8
"""Largest slope per window at which a logistic regression counts as fitted. At scikit-learn's 1e-4 the second digit of
a coefficient may still be off, and two exact methods would not agree on the ranks of close windows."""


class ModelError(ValueError):
    """There is no such model, or it cannot be made for these signals."""


@dataclass(frozen=True)
class ModelSettings:
    """How strongly models are held back; fixed before any result was seen, never tuned on the people judged.

    ``inverse_penalty`` is scikit-learn's C for standardised columns; trees end in leaves of ``min_leaf`` windows;
    ``ridge_penalty`` is that of :class:`mien.models.fusion.SpreadRidge`, for each column.
    """

    inverse_penalty: float = 0.1
    n_trees: int = 200
    min_leaf: int = 5
    ridge_penalty: float = 1.0


def make(name, signals, seed=0, settings=None):
    """A fresh, unfitted classifier by name, for the columns that begin with the given signals.

    ``name`` is one of :data:`NAMES`; ``signals`` a sequence of prefixes with or without their underscore; ``seed``
    an integer for the models that draw numbers. Fit it on a DataFrame; it picks its own columns.
    Constant columns and columns without a single value in the training part carry no weight.
    Raises :class:`ModelError` for an unknown name, with the nearest known one.

    >>> make("logistic", ["voice"]).steps[-1][0]
    'classify'
    """
    known(name)
    signals = [signals] if isinstance(signals, str) else list(signals)
    if not signals:
        raise ModelError("models: no signals; expected at least one column prefix such as 'voice'")
    return MAKERS[name](tuple(signals), seed, settings or ModelSettings())


def known(name):
    """Return the name if there is such a model, else raise :class:`ModelError` with the nearest known one."""
    if name not in MAKERS:
        near = difflib.get_close_matches(str(name), MAKERS, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ModelError(f"models: no model {name!r}; known are {', '.join(MAKERS)}{hint}")
    return name


def rates(name):
    """Whether a model takes the label as a number (a rating); the others take it as a class.

    >>> rates("ridge"), rates("logistic")
    (True, False)
    """
    return known(name) in OF_RATINGS


def pattern(signals):
    """The regular expression that finds the columns of these signals.

    >>> pattern(["face", "voice_"])
    '^(?:face_|voice_)'
    """
    return "^(?:" + "|".join(re.escape(signal.removesuffix("_")) + "_" for signal in signals) + ")"


def guesser(signals, seed, settings):
    """Says for everybody how common each class was among the people it was shown; looks at no signal."""
    return DummyClassifier(strategy="prior")


def logistic(signals, seed, settings):
    """Multinomial logistic regression on filled and standardised columns, every class weighing the same.

    Newton's method: a handful of steps to a solution exact to many digits, so that platforms agree on what we print.
    """
    classify = LogisticRegression(
        C=settings.inverse_penalty, class_weight="balanced", solver="newton-cholesky", max_iter=200, tol=SLOPE
    )
    return Pipeline([("columns", columns(signals, scaled=True)), ("classify", classify)])


def forest(signals, seed, settings):
    """A random forest: finds thresholds and combinations that a straight line cannot.

    Chosen over gradient boosting because it takes a third of the time on a thousand windows and has no
    number of rounds to tune.
    """
    trees = RandomForestClassifier(
        n_estimators=settings.n_trees,
        min_samples_leaf=settings.min_leaf,
        class_weight="balanced",
        random_state=seed,
    )
    return Pipeline([("columns", columns(signals, scaled=False)), ("classify", trees)])


def late_fusion(signals, seed, settings):
    """One logistic regression per signal; their probabilities are averaged."""
    return VotingClassifier([(signal, logistic((signal,), seed, settings)) for signal in signals], voting="soft")


def stacked_fusion(signals, seed, settings):
    """One logistic regression per signal, and one that learns from other people how much each may say."""
    return StackedClassifier([(signal, logistic((signal,), seed, settings)) for signal in signals])


def mean(signals, seed, settings):
    """Says the mean rating of the people it was shown to everybody; looks at no signal."""
    return DummyRegressor()


def ridge(signals, seed, settings):
    """Ridge regression on filled and standardised columns, for labels that are ratings."""
    return Pipeline([("columns", columns(signals, scaled=True)), ("rate", SpreadRidge(settings.ridge_penalty))])


def forest_ratings(signals, seed, settings):
    """A random forest for labels that are ratings."""
    trees = RandomForestRegressor(
        n_estimators=settings.n_trees, min_samples_leaf=settings.min_leaf, max_features=1 / 3, random_state=seed
    )
    return Pipeline([("columns", columns(signals, scaled=False)), ("rate", trees)])


def late_ratings(signals, seed, settings):
    """One ridge regression per signal; their ratings are averaged."""
    return VotingRegressor([(signal, ridge((signal,), seed, settings)) for signal in signals])


def stacked_ratings(signals, seed, settings):
    """One ridge regression per signal, and weights learnt from other people for how much each may say."""
    return StackedRatings([(signal, ridge((signal,), seed, settings)) for signal in signals])


def columns(signals, *, scaled):
    """The step that picks a model's columns, fills gaps by the training median (with a flag) and codes words.

    An empty or constant column becomes a constant: scaled, it is zero everywhere in training and gets no weight.
    """
    # keep_empty_features: a column that is empty in one training part may be filled in the next; its place stays.
    fill = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    numbers = Pipeline([("fill", fill), ("scale", StandardScaler())]) if scaled else fill
    words = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    chosen = pattern(signals)
    return ColumnTransformer(
        [
            ("numbers", numbers, make_column_selector(chosen, dtype_include=np.number)),
            ("words", words, make_column_selector(chosen, dtype_exclude=np.number)),
        ]
    )


MAKERS = {
    "guesser": guesser,
    "logistic": logistic,
    "forest": forest,
    "early_fusion": logistic,  # all columns of all signals in one model: what `logistic` does with several signals
    "late_fusion": late_fusion,
    "stacked_fusion": stacked_fusion,
    "mean": mean,
    "ridge": ridge,
    "forest_ratings": forest_ratings,
    "late_ratings": late_ratings,
    "stacked_ratings": stacked_ratings,
}
NAMES = tuple(MAKERS)
"""The names that :func:`make` knows."""

OF_RATINGS = ("mean", "ridge", "forest_ratings", "late_ratings", "stacked_ratings")
"""Those that take the label as a number, not as a class."""

LABEL_FREE = (SimpleImputer, StandardScaler, OneHotEncoder)
"""Steps that never look at the label: fitted once on a training part, they serve every permutation of its labels."""


def halves(model):
    """Split a model into the steps that never see a label and the rest; the first half is None where there is none.

    ``first.fit(X)`` once and ``rest.fit(first.transform(X), y)`` for any y equals ``model.fit(X, y)`` exactly.
    """
    if isinstance(model, Pipeline) and all(_label_free(step) for _, step in model.steps[:-1]):
        return model[:-1], model[-1]
    return None, model


def _label_free(step):
    if isinstance(step, ColumnTransformer):
        return all(_label_free(part) for _, part, _ in step.transformers)
    if isinstance(step, Pipeline):
        return all(_label_free(part) for _, part in step.steps)
    return isinstance(step, LABEL_FREE)
