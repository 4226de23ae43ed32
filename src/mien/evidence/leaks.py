"""The ladder of leaks: how good would we look if we cheated? The only place where a cheating split may be made."""

import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import KFold, StratifiedKFold

from mien import models, store
from mien.evidence import baselines, checks, metrics, splits

RUNGS = {
    "rows_scaled_before": "windows shuffled over people, gaps filled and columns scaled over everybody first",
    "rows": "windows shuffled over people, every step fitted inside the fold",
    "people": "people held out whole",
}
"""From the worst to the honest."""


@splits.one_thread
def ladder(windows, target, signals, model, settings):
    """The same data, signals and model judged three ways; only the last may be believed.

    Returns one row per rung and metric: rung, what, split, target, signals, model, metric, value, low, high, interval,
    chance, n_people, n_groups, n_windows, seed, why. Intervals resample groups on every rung, so that the rungs
    differ in how the windows were split and in nothing else. Raises as :func:`mien.evidence.evaluate` does.
    """
    given = checks.cases(windows, target, ratings=models.rates(model))
    columns = checks.signal_columns(given, signals)
    prefixes = checks.prefixes(signals)
    fresh = models.make(model, prefixes, settings.seed, settings.model)
    rows = []
    for rung, what in RUNGS.items():
        judged = None if given.why else _climb(rung, fresh, columns, given, settings)
        split = splits.name(given.n_groups, settings) if rung == "people" else f"rows_{settings.n_folds}_folds"
        for metric in metrics.names(len(given.classes)):
            row = {"rung": rung, "what": what, "split": split, "target": target, "signals": "+".join(prefixes)}
            row |= {"model": model, "metric": metric, **_measured(judged, metric, given, settings)}
            row |= {"n_people": given.windows["person_id"].nunique(), "n_groups": given.n_groups}
            row |= {"n_windows": len(given.windows), "seed": settings.seed}
            rows.append(row | {"why": f"value: {given.why}" if given.why else ""})
    return pd.DataFrame(rows)


def _climb(rung, model, columns, given, settings):
    if rung == "people":
        plan = splits.repeats(given.codes, given.groups, settings)
        return baselines.judge("people", "", columns, model, given, plan, refit=True)
    plan = _row_splits(columns, given.codes, settings)
    if rung == "rows":
        return baselines.judge("rows", "", columns, model, given, plan)
    first, rest = models.halves(model)
    if first is not None:
        columns, model = pd.DataFrame(clone(first).fit_transform(columns)), rest  # the leak: fitted on everybody
    return baselines.judge("rows_scaled_before", "", columns, model, given, plan)


def _row_splits(columns, codes, settings):
    """Shuffled rows, repeated: the neighbour of a held-out window, by the same person, is in training."""
    states = [int(store.rng(f"evidence/leaks/{r}", settings.seed).integers(2**31)) for r in range(settings.n_repeats)]
    kind = KFold if codes.dtype.kind == "f" else StratifiedKFold
    return [list(kind(settings.n_folds, shuffle=True, random_state=state).split(columns, codes)) for state in states]


def _measured(judged, metric, given, settings):
    if judged is None:
        return dict.fromkeys(("value", "low", "high", "interval", "chance"), float("nan")) | {"interval": ""}
    ((low, high),), method = judged.limits(metric, settings, [settings.level])
    value = float(judged.score(metric)[0])
    chance = metrics.chance(len(given.classes))[metric]
    return {"value": value, "low": low, "high": high, "interval": method, "chance": chance}
