"""How well do signals predict a label in people never seen: better than chance, than simple baselines, than luck?

``evaluate`` asks one question, ``evaluate_table`` many on the same folds, ``leak_ladder`` shows what cheating would
have given. Groups of connected people (``group_id``) are held out whole; intervals resample groups; labels are
permuted only as far as the design allows. A table without ``group_id`` is refused.
"""

from dataclasses import dataclass, field

import pandas as pd

from mien import models, store, tables
from mien.evidence import baselines, checks, leaks, nulls, shams, splits
from mien.evidence.checks import EvidenceError
from mien.evidence.rows import Question
from mien.evidence.words import phrase, sentences

__all__ = [
    "EvidenceError",
    "EvidenceSettings",
    "Result",
    "evaluate",
    "evaluate_table",
    "leak_ladder",
    "phrase",
    "sentences",
]


LOOK_AT_NOTHING = ("guesser", "mean")
"""Models that guess, whatever the signals are."""


@dataclass(frozen=True)
class EvidenceSettings:
    """What decides the numbers; fixed before any outcome is seen.

    Below ``few_groups`` groups one group is held out at a time and intervals are jackknife t; from there on
    ``n_repeats`` times ``n_folds`` group folds (stratified by class) and BCa over ``n_bootstrap`` resamples. Only the
    model named ``primary`` (``primary_of_ratings`` where labels are numbers) is permuted, ``n_permutations`` times (0:
    not at all); in the first ``n_gap_worlds`` of these worlds the baselines are judged too, for the smallest gap that
    would be found. ``shams``: rows that say what the primary model's finding is about (:mod:`mien.evidence.shams`).
    """

    n_folds: int = 5
    n_repeats: int = 5
    few_groups: int = 30
    n_bootstrap: int = 2000
    n_permutations: int = 999
    n_gap_worlds: int = 100
    level: float = 0.95
    shams: bool = True
    primary: str = "logistic"
    primary_of_ratings: str = "ridge"
    seed: int = store.SEED
    model: models.ModelSettings = field(default_factory=models.ModelSettings)


@dataclass(frozen=True)
class Result:
    """What an evaluation found.

    ``predictions`` (:data:`mien.tables.PREDICTIONS`): what each model said about each window while it was held out;
    ``rows`` (:data:`mien.tables.EVIDENCE`): one row per signals, model and metric, baselines included;
    ``nulls``: scores in worlds without a signal, one row per world; ``told``: counts and notes on what was left out.
    """

    predictions: pd.DataFrame
    rows: pd.DataFrame
    nulls: pd.DataFrame
    told: dict = field(default_factory=dict)


def evaluate(windows, target, signals, model="logistic", settings=None, corpus="unnamed", *, workers=1, progress=None):
    """How well one model predicts one label from one set of signals in people it has never seen.

    ``windows`` a :data:`mien.tables.WINDOWS` table; ``target`` a ``label_*`` column of classes (of numbers for a model
    of ratings, :data:`mien.models.OF_RATINGS`); ``signals`` prefixes
    such as ``"voice"`` or ``"face+voice"``; ``model`` one of :data:`mien.models.NAMES`; ``corpus`` a name for the
    rows. Returns a :class:`Result`. Rows marked ``is_calibration`` and rows without a label are left out and counted.
    Raises :class:`EvidenceError`, :class:`mien.tables.TableError` or :class:`mien.models.ModelError`; where a question
    is well put but cannot be answered (one class, too few people) the rows hold NaN with the reason.
    """
    return evaluate_table(windows, target, [signals], [model], settings, corpus, workers=workers, progress=progress)


@splits.one_thread
def evaluate_table(windows, target, signals, model_names, settings=None, corpus="unnamed", *, workers=1, progress=None):
    """Every set of signals with every model, on the same people and the same folds; see :func:`evaluate`.

    ``signals`` and ``model_names`` are sequences. ``workers`` processes share the permutations; ``progress(done,
    total, words)`` is called as they go. Neither changes a number.
    """
    settings = settings or EvidenceSettings()
    models.known(settings.primary)
    models.known(settings.primary_of_ratings)
    given = checks.cases(windows, target, ratings=_of_ratings(model_names))
    chosen = {"+".join(checks.prefixes(each)): checks.signal_columns(given, each) for each in signals}
    given.told["n_without_signals"] = {words: int(part.isna().all(axis=1).sum()) for words, part in chosen.items()}
    fresh = {
        (words, name): models.make(name, checks.prefixes(words), settings.seed, settings.model)
        for words in chosen
        for name in model_names
    }
    if given.why:
        ask = Question(given, settings, corpus)
        rows = [row for words, name in fresh for row in ask.unanswered(name, words, given.why)]
        return _result([(rows, None, None)], given)
    plan = splits.repeats(given.codes, given.groups, settings)
    ask = Question(given, settings, corpus, plan, baselines.ladder(given, plan, settings, refit=True))
    parts = [(ask.baseline(rung), ask.predictions(rung), None) for rung in ask.ladder]
    for (words, name), model in fresh.items():
        parts.append(_answer(ask, name, words, chosen[words], model, workers, progress))
    return _result(parts, given)


def _of_ratings(model_names):
    """Whether these models take the label as a number; all must do as the first does."""
    kinds = {name: models.rates(name) for name in model_names}
    if len(set(kinds.values())) > 1:
        one, other = ([name for name, kind in kinds.items() if kind is way] for way in (True, False))
        raise EvidenceError(
            f"evidence: {', '.join(one)} take the label as a number and {', '.join(other)} as a class; ask one kind"
        )
    return all(kinds.values())


def _answer(ask, name, words, columns, model, workers, progress):
    """Rows, predictions and null worlds of one model on one set of signals."""
    given, settings = ask.given, ask.settings
    if columns.isna().all(axis=None):
        return ask.unanswered(name, words, "no_values"), None, None
    if (columns.nunique() < 2).all() and name not in LOOK_AT_NOTHING:  # a dead microphone is no evidence of absence
        return ask.unanswered(name, words, "constant"), None, None
    judged = baselines.judge(name, words, columns, model, given, ask.plan, refit=True)
    predictions = ask.predictions(judged)
    coverage = 1 - given.told["n_without_signals"][words] / len(columns)
    if name != (settings.primary if given.classes else settings.primary_of_ratings):
        return ask.answered(judged, coverage=coverage), predictions, None
    about = shams.rows(ask, judged, columns, model) if settings.shams else []
    if not settings.n_permutations:
        return ask.answered(judged, coverage=coverage) + about, predictions, None
    label = f"{given.target}/{words}/{name}"
    worlds = nulls.null_scores(model, columns, given, settings, name=label, workers=workers, progress=progress)
    return ask.answered(judged, worlds, coverage) + ask.shuffled(judged, worlds) + about, predictions, worlds


def _result(parts, given):
    rows = pd.DataFrame([row for part, _, _ in parts for row in part])
    said = [predictions for _, predictions, _ in parts if predictions is not None]
    worlds = [table for _, _, table in parts if table is not None]
    return Result(
        tables.PREDICTIONS.check(pd.concat(said, ignore_index=True) if said else tables.PREDICTIONS.empty()),
        tables.EVIDENCE.check(rows),
        pd.concat(worlds, ignore_index=True) if worlds else pd.DataFrame(),
        given.told,
    )


def leak_ladder(windows, target, signals, model="logistic", settings=None):
    """The same data judged by cheating splits and by the honest one; see :func:`mien.evidence.leaks.ladder`."""
    return leaks.ladder(windows, target, signals, model, settings or EvidenceSettings())
