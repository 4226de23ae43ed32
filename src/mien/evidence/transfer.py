"""Does what a model learnt in one corpus hold in another? The matrix of training and testing corpora (AUDIT E17).

Everything that is fitted (filling of gaps, scaling, the model, the baselines that travel with it) is fitted on the
training corpus alone. The label must mean the same and have the same classes everywhere: who harmonises it says how.
Intervals resample the people of the corpus tested; the model stays as it is, so they say how the score would change
with other people to judge, not with other people to learn from.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mien import models, store, tables
from mien.evidence import baselines, checks, intervals, metrics, nulls, splits
from mien.evidence.rows import EQUIVALENCE, Question

TRANSFER = tables.Table(
    "transfer",
    "model, corpus trained on, corpus tested on and metric",
    (
        *tables.EVIDENCE.columns,
        tables.Column("trained_on", "the corpus that the model learnt from", "text"),
        tables.Column("n_people_trained", "people it learnt from", low=0),
        tables.Column("transfer_gap", "score above chance in the other corpus", missing=True),
        tables.Column("transfer_gap_low", "lower end of its 95 % interval over groups", missing=True),
        tables.Column("transfer_gap_high", "upper end of its 95 % interval over groups", missing=True),
        tables.Column("transfer_gap_low90", "lower end of its 90 % interval over groups", missing=True),
        tables.Column("transfer_gap_high90", "upper end of its 90 % interval over groups", missing=True),
        tables.Column("home_value", "score on held-out people of the corpus trained on", missing=True),
        tables.Column("headroom_ratio", "headroom in the other corpus over headroom at home", missing=True),
        tables.Column("headroom_ratio_low", "lower end of its 95 % interval over groups of both", missing=True),
        tables.Column("headroom_ratio_high", "upper end of its 95 % interval over groups of both", missing=True),
    ),
)
"""What a transfer matrix promises: an evidence row per cell (``corpus`` is the one tested) and what was carried."""

TRAVELLED = ("transfer_gap", "transfer_gap_low", "transfer_gap_high", "transfer_gap_low90", "transfer_gap_high90")
RATIO = ("headroom_ratio", "headroom_ratio_low", "headroom_ratio_high")


@dataclass(frozen=True)
class Place:
    """One corpus of the matrix: its cases, its folds, its signal columns and its own ladder of baselines."""

    name: str
    given: checks.Cases
    plan: list
    columns: pd.DataFrame
    ladder: list


@splits.one_thread
def matrix(corpora, target, signals, model_names=("logistic",), settings=None, *, ceilings=None, progress=None):
    """Train on each corpus and test on each: a :data:`TRANSFER` table, a row per model, pair of corpora and metric.

    ``corpora`` maps names to :data:`mien.tables.WINDOWS` tables (two or more) in which ``target`` has the same classes;
    of ``signals`` the columns that all of them have are used. On the diagonal people are held out, as
    :func:`mien.evidence.evaluate` does. The best baseline in another corpus is the best of chance, of its own ladder
    (fitted there, on other people) and of the baselines that travelled with the model (``…_carried``). ``p_permuted``
    moves the labels of the corpus tested, for the ``primary`` model only. ``ceilings`` maps a corpus to the best score
    any model could reach, by metric; where no corpus has one, ceilings are taken to be equal.
    Raises :class:`mien.evidence.EvidenceError` where classes differ, two corpora share a person, or there is only one.
    """
    settings = settings or _default()
    places = _places(corpora, target, signals, settings)
    pairs = [(name, here, there) for name in model_names for here in places for there in places]
    rows, home = [], {}
    prefixes = checks.prefixes(signals)
    for name in model_names:  # at home first: the ratios need it
        fresh = models.make(name, prefixes, settings.seed, settings.model)
        for here in places:
            home[name, here.name] = baselines.judge(
                name, "+".join(prefixes), here.columns, fresh, here.given, here.plan
            )
    for number, (name, here, there) in enumerate(pairs, 1):
        own = home[name, here.name]
        if here is there:
            rows += _at_home(here, own, settings)
        else:
            fresh = models.make(name, prefixes, settings.seed, settings.model)
            rows += _away(here, there, own, fresh, settings, ceilings or {})
        if progress:
            progress(number, len(pairs), f"{name}: {here.name} to {there.name}")
    return TRANSFER.check(pd.DataFrame(rows))


def _default():
    from mien.evidence import EvidenceSettings

    return EvidenceSettings()


def from_own_usual(windows, signals):
    """Signals as distances from what is usual for the person: their mean over the person's calibration windows.

    No label and no judged window is looked at. Columns of a person without calibration windows become NaN.
    """
    columns = list(windows.filter(regex=models.pattern(checks.prefixes(signals))).columns)
    usual = windows[windows["is_calibration"]].groupby("person_id")[columns].mean()
    return windows.assign(**(windows[columns] - usual.reindex(windows["person_id"]).to_numpy()).to_dict("series"))


# --- what is compared -------------------------------------------------------------------------------------------------


def _places(corpora, target, signals, settings):
    """The corpora of a matrix, checked: the same classes, nobody in two of them, the columns that all have."""
    if len(corpora) < 2:
        raise checks.EvidenceError(f"transfer: {len(corpora)} corpus given; expected two or more to go between")
    given = {name: checks.cases(windows, target) for name, windows in corpora.items()}
    _same_classes(given, target)
    _nobody_twice(given)
    for name, cases in given.items():
        if cases.why:
            raise checks.EvidenceError(f"transfer: {name}: {tables.REASONS[cases.why]}; nothing can be judged there")
    columns = {name: checks.signal_columns(cases, signals) for name, cases in given.items()}
    shared = [c for c in next(iter(columns.values())) if all(c in table for table in columns.values())]
    if not shared:
        raise checks.EvidenceError(f"transfer: no column of {signals!r} is in all of {', '.join(corpora)}")
    found = []
    for name, cases in given.items():
        plan = splits.repeats(cases.codes, cases.groups, settings)
        ladder = baselines.ladder(cases, plan, settings, only_counting=True)
        found.append(Place(name, cases, plan, columns[name][shared], ladder))
    return found


def _same_classes(given, target):
    (first, cases), *others = given.items()
    for name, other in others:
        if other.classes != cases.classes:
            raise checks.EvidenceError(
                f"transfer: {target!r} is {', '.join(cases.classes)} in {first} but {', '.join(other.classes)} in "
                f"{name}; harmonise the label first: the same classes, each meaning the same, in every corpus"
            )


def _nobody_twice(given):
    homes = {}
    for name, cases in given.items():
        for person in cases.windows["person_id"].unique():
            if homes.setdefault(person, name) != name:
                raise checks.EvidenceError(
                    f"transfer: {person!r} is in {homes[person]} and in {name}; a person seen in training is nobody new"
                )


def _carried(here, there, settings):
    """The baselines that a model trained ``here`` would have to beat ``there``, fitted ``here`` like the model."""
    both = [place.given.windows for place in (here, there)]
    lengths = [pd.DataFrame({"duration_s": windows["end_s"] - windows["start_s"]}) for windows in both]
    found = [_travel("B1_duration_carried", "duration", "logistic", lengths, here, there, settings)]
    nuisances = [windows.filter(regex=models.pattern(["confound", "trust"])) for windows in both]
    names = [column for column in nuisances[0] if column in nuisances[1]]
    if names:
        shared = [table[names] for table in nuisances]
        found.append(_travel("B3_confounds_carried", "confound+trust", "logistic", shared, here, there, settings))
    return found


def _travel(name, signals, model, columns, here, there, settings):
    """A model fitted ``here``, judged ``there``; ``columns`` are what it sees of both."""
    fresh = models.make(model, signals.split("+"), settings.seed, settings.model) if isinstance(model, str) else model
    told = splits.elsewhere(fresh, columns[0], here.given.codes, columns[1], len(here.given.classes))
    return baselines.Judged(
        name, signals, told, metrics.tally(there.given.codes, told, there.given.groups), counts=True
    )


# --- the cells --------------------------------------------------------------------------------------------------------


def _at_home(here, own, settings):
    """Rows of a corpus whose people were held out from a model trained on their fellows."""
    ask = Question(here.given, settings, here.name, here.plan, here.ladder)
    lost = {"trained_on": here.name, "n_people_trained": here.given.windows["person_id"].nunique()}
    lost |= dict.fromkeys((*TRAVELLED, *RATIO), np.nan)
    why = tables.why(dict.fromkeys((*TRAVELLED, *RATIO), "is_home"))
    return [
        row | lost | {"home_value": row["value"], "why": _both(row["why"], why)}
        for row in ask.answered(own, coverage=_coverage(here))
    ]


def _away(here, there, own, model, settings, ceilings):
    """Rows of a corpus judged by a model that was trained elsewhere."""
    judged = _travel(own.model, own.signals, model, [here.columns, there.columns], here, there, settings)
    ask = Question(there.given, settings, there.name, [], [*there.ladder, *_carried(here, there, settings)])
    permuted = own.model == settings.primary and settings.n_permutations > 0
    worlds = _moved(judged, there, settings, here.name) if permuted else {}
    about = {"split": f"trained_on_{here.name}", "trained_on": here.name}
    about["n_people_trained"] = here.given.windows["person_id"].nunique()
    rows = []
    for row in ask.answered(judged, coverage=_coverage(there)):
        metric, limits = row["metric"], [ceilings.get(place.name, {}).get(row["metric"]) for place in (here, there)]
        found = _gap(judged, metric, row, there.given.n_groups, settings)
        ratio, lost = _ratio(own, judged, metric, row["chance"], limits, settings)
        missing = {name: "too_few_people" for name in TRAVELLED if pd.isna(found[name])}
        missing |= {name: lost or "too_few_people" for name in RATIO if pd.isna(ratio[name])}
        row |= about | {"home_value": float(own.score(metric)[0])} | found | ratio
        row |= _luck(row, worlds, settings)
        rows.append(row | {"why": _both(row["why"], tables.why(missing))})
    return rows


def _luck(row, worlds, settings):
    """The permutation p of a row, where labels were moved."""
    if not worlds:
        return {}
    why = "; ".join(part for part in row["why"].split("; ") if not part.startswith("p_permuted: "))
    p = nulls.p_value(row["value"], worlds[row["metric"]])
    return {"p_permuted": p, "null": worlds["null"], "n_permutations": settings.n_permutations, "why": why}


def _coverage(place):
    return 1 - float(place.columns.isna().all(axis=1).mean())


def _both(*reasons):
    return "; ".join(part for part in reasons if part)


def _gap(judged, metric, row, n_groups, settings):
    """The score's distance from chance, by the intervals of the score itself (AUDIT 7.3: metric - chance)."""
    levels = [settings.level, EQUIVALENCE]
    limits, _ = intervals.at_levels(lambda w: judged.score(metric, w), n_groups, settings, levels)
    ends = [end for pair in limits for end in pair]
    return dict(zip(TRAVELLED, [value - row["chance"] for value in (row["value"], *ends)], strict=True))


def _ratio(own, judged, metric, chance, ceilings, settings):
    """Headroom there over headroom at home with its interval, and why it is missing (AUDIT E20, 7.3)."""
    blank = dict.fromkeys(RATIO, np.nan)
    if (ceilings[0] is None) != (ceilings[1] is None):
        return blank, "not_given"
    room = [1.0 if ceiling is None else ceiling - chance for ceiling in ceilings]
    if min(room) <= 0:
        return blank, "no_headroom"
    n_home, n_there = own.tally.members.shape[1], judged.tally.members.shape[1]
    low, _, _ = intervals.interval(lambda w: own.score(metric, w), n_home, settings)
    if not low > chance:
        return blank, "nothing_at_home"

    def ratio(at_home, away):
        return (judged.score(metric, away) - chance) / room[1] / ((own.score(metric, at_home) - chance) / room[0])

    value = float(ratio(np.ones((1, n_home)), np.ones((1, n_there)))[0])
    low, high, _ = intervals.of_two(ratio, n_home, n_there, settings)
    return dict(zip(RATIO, (value, low, high), strict=True)), ""


def _moved(judged, there, settings, trained_on):
    """Scores of the same predictions on moved labels of the corpus tested: {metric: (worlds,)} and the kind of move."""
    if not settings.n_permutations:
        return {}
    given = there.given
    how = nulls.null(given.windows, given.codes, given.groups)
    name = f"evidence/transfer/{given.target}/{trained_on}/{there.name}"
    scores = []
    for number in range(settings.n_permutations):
        labels = nulls.moved(given.codes, how, store.rng(f"{name}/{number}", settings.seed))
        reached = metrics.scores(metrics.tally(labels, judged.probability))
        scores.append([reached[metric][0] for metric in metrics.METRICS])
    return dict(zip(metrics.METRICS, np.array(scores).T, strict=True)) | {"null": how.kind}
