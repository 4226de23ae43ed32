"""Who is held out, and what a model says about people it has never seen. No function here takes a bare KFold."""

import warnings

import numpy as np
from sklearn.base import clone
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.model_selection import GroupKFold, LeaveOneGroupOut, StratifiedGroupKFold
from sklearn.utils import check_random_state
from threadpoolctl import threadpool_limits

from mien import models, store

one_thread = threadpool_limits.wrap(limits=1)
"""Small fits on several threads spend their time waiting for each other (20 times the work, measured), and the order
of additions then depends on the machine: work is shared by processes instead."""

DECIMALS = 9
"""Probabilities that differ only by the rounding of a machine are the same probability, hence a tie."""


def repeats(codes, groups, settings):
    """The person-disjoint splits: a list of repeats, each a list of (training rows, held-out rows).

    From ``settings.few_groups`` groups on, stratified group folds, repeated; below it one group is held out at a
    time (AUDIT E2), which needs no chance at all. ``codes`` (n,) classes, ``groups`` (n,) integers. Ratings (numbers
    with a decimal point) have no classes to be shared out evenly: their group folds look at no label.
    """
    blank = np.zeros(len(codes))
    if len(np.unique(groups)) < settings.few_groups:
        return [list(LeaveOneGroupOut().split(blank, codes, groups))]
    return [
        list(
            _folds(settings, repeat, codes).split(blank, codes, groups)
        )  # which groups meet depends on the repeat's name
        for repeat in range(settings.n_repeats)
    ]


def _folds(settings, repeat, codes):
    kind = GroupKFold if codes.dtype.kind == "f" else StratifiedGroupKFold
    return kind(settings.n_folds, shuffle=True, random_state=_state(settings, repeat))


def _state(settings, repeat):
    return int(store.rng(f"evidence/folds/{repeat}", settings.seed).integers(2**31))


def homes_of(plan, groups):
    """The fold in which each group is held out in each repeat of a plan: (repeats, groups)."""
    found = np.empty((len(plan), groups.max() + 1), dtype=int)
    for home, folds in zip(found, plan, strict=True):
        for number, (_, test) in enumerate(folds):
            home[groups[test]] = number
    return found


def plan_of(homes, groups):
    """The plan, as of :func:`repeats`, that holds out each group in the fold of ``homes`` (repeats, groups)."""
    return [
        [(np.flatnonzero(home[groups] != fold), np.flatnonzero(home[groups] == fold)) for fold in np.unique(home)]
        for home in homes
    ]


def homes(codes, groups, settings):
    """The folds of many worlds at once: in which fold each group is held out, (repeats, worlds, groups).

    ``codes`` (worlds, n). The same folds as :func:`repeats` makes for each row of ``codes``, in a fraction of the time.
    """
    members = groups == np.arange(groups.max() + 1)[:, None]
    if len(members) < settings.few_groups:
        return np.broadcast_to(np.arange(len(members)), (1, len(codes), len(members)))
    if codes.dtype.kind == "f":  # folds of ratings look at no label, and are the same in every world
        same = homes_of(repeats(codes[0], groups, settings), groups)[:, None]
        return np.broadcast_to(same, (len(same), len(codes), len(members)))
    counts = np.stack([(codes == k) @ members.T.astype(float) for k in range(codes.max() + 1)], axis=2)
    return np.array([_homes(counts, settings, repeat) for repeat in range(settings.n_repeats)])


def _homes(counts, settings, repeat):
    """StratifiedGroupKFold on counts (worlds, groups, classes): each group goes where classes stay most even."""
    n_worlds, g, k = counts.shape
    shuffled = np.arange(g)
    check_random_state(_state(settings, repeat)).shuffle(shuffled)
    counts, worlds = counts[:, shuffled], np.arange(n_worlds)
    order = np.argsort(-np.std(counts, axis=2), axis=1, kind="stable")
    total = counts.sum(axis=1)[:, None, None]
    held, home = np.zeros((n_worlds, settings.n_folds, k)), np.empty((n_worlds, g), dtype=int)
    for place in range(g):
        added = counts[worlds, order[:, place]]
        tried = held[:, None] + np.eye(settings.n_folds)[:, :, None] * added[:, None, None]
        best = _most_even(np.std(tried / total, axis=2).mean(axis=2), held.sum(axis=2))
        held[worlds, best] += added
        home[worlds, shuffled[order[:, place]]] = best
    return home


def _most_even(uneven, size):
    """The fold (worlds,) that a group goes to: the most even outcome, or of nearly equal ones the smaller fold."""
    best, worlds = np.zeros(len(uneven), dtype=int), np.arange(len(uneven))
    for fold in range(1, uneven.shape[1]):
        here, there = uneven[:, fold], uneven[worlds, best]
        smaller = size[:, fold] < size[worlds, best]
        best[(here < there) | (np.isclose(here, there) & smaller)] = fold
    return best


def name(n_groups, settings):
    """How people were kept apart, in a word for the tables."""
    if n_groups < settings.few_groups:
        return "leave_one_group_out"
    return f"grouped_{settings.n_folds}_folds_x_{settings.n_repeats}"


def out_of_fold(model, signals, codes, plan, n_classes, ready=None, groups=None):
    """Probabilities (repeats, n, classes) that a model, fitted on the others, gives to each held-out window.

    ``plan`` comes from :func:`repeats`; ``ready``, from :func:`prepare`, saves the steps that never see a label;
    ``groups`` go to models that hold people out themselves. No classes: ratings, and (repeats, n, 1) predictions.
    A guess looks at nothing and is one guess for everybody: learnt again without each group it would lean against the
    very class of that group and score below chance, down to 0 (Parker, Günter & Bedo 2007, BMC Bioinformatics 8: 326).
    """
    told = np.full((len(plan), len(codes), n_classes or 1), np.nan)
    if isinstance(model, DummyRegressor):
        told[:] = codes.mean()
        return told.round(DECIMALS)
    if isinstance(model, DummyClassifier):
        told[:] = np.bincount(codes, minlength=n_classes) / len(codes)
        return told.round(DECIMALS)
    whole, rest = clone(model), clone(models.halves(model)[1])  # each fit begins afresh
    for repeat, folds in enumerate(plan):
        for train, test in folds:
            if ready and train.tobytes() in ready:
                seen, unseen = ready[train.tobytes()]
                told[repeat, test] = fit_and_tell(rest, seen, codes[train], unseen, n_classes, _of(groups, train))
            else:
                seen, unseen = signals.iloc[train], signals.iloc[test]
                told[repeat, test] = fit_and_tell(whole, seen, codes[train], unseen, n_classes, _of(groups, train))
    return told.round(DECIMALS)


def elsewhere(model, seen, codes, unseen, n_classes):
    """Probabilities (1, n, classes) that a model, fitted on one corpus alone, gives to the windows of another."""
    return fit_and_tell(clone(model), seen, codes, unseen, n_classes)[None].round(DECIMALS)


def prepare(model, signals, plan):
    """Fit the label-free first half of a model once per training part: {training rows: (training, held out)}.

    Imputation and scaling do not look at labels, so every permutation of labels would fit them to the same numbers.
    Empty for models without such a half.
    """
    first, _ = models.halves(model)
    if first is None:
        return {}
    ready = {}
    for train, test in (fold for folds in plan for fold in folds):
        fitted = clone(first).fit(signals.iloc[train])
        ready[train.tobytes()] = fitted.transform(signals.iloc[train]), fitted.transform(signals.iloc[test])
    return ready


def _of(groups, train):
    return None if groups is None else groups[train]


def fit_and_tell(model, seen, codes, unseen, n_classes, groups=None):
    """Fit on what is seen; probabilities (n, classes) for what is not, 0 for a class that was not seen."""
    more = {"groups": groups} if getattr(model, "holds_people_out", False) else {}
    if not n_classes:
        return model.fit(seen, codes, **more).predict(unseen)[:, None]
    told = np.zeros((len(unseen), n_classes))
    present = np.unique(codes)
    if len(present) == 1:  # nothing to tell apart: the one class known is the only answer
        told[:, present[0]] = 1
        return told
    with warnings.catch_warnings():
        # Newton's first step finds nothing to improve where no column says anything; it then stays where it is.
        warnings.filterwarnings("ignore", "Line search of Newton solver")
        model.fit(seen, codes, **more)
    told[:, model.classes_] = model.predict_proba(unseen)
    return told
