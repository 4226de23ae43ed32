"""Fits that differ only in their labels or in who is in training: permuted worlds, and each group left out in turn."""

import numpy as np
from sklearn.ensemble import VotingClassifier, VotingRegressor
from sklearn.pipeline import Pipeline

from mien.evidence import designs, metrics, splits, together
from mien.models.fusion import SpreadRidge


def parts(model):
    """The logistic or ridge regressions that a model is the plain mean of; none where it is anything else.

    A regression is its own only part, a late fusion has one for each signal. These can be fitted again without each
    group in a reasonable time; forests and stacks cannot.
    """
    if isinstance(model, VotingClassifier | VotingRegressor) and model.weights is None:
        found = [part for _, part in model.estimators]
    else:
        found = [model]
    return found if all(designs.can(part) or _is_ridge(part) for part in found) else []


def _is_ridge(model):
    return isinstance(model, Pipeline) and isinstance(model[-1], SpreadRidge)


def worlds(model, signals, made, codes, homes, n_classes):
    """Probabilities (worlds, repeats, n, classes) for held-out rows in worlds that differ in labels.

    ``codes`` (worlds, n); ``homes`` (repeats, worlds, groups) the fold in which each group is held out;
    ``made`` the :class:`mien.evidence.designs.Design` of ``signals`` for a logistic ``model``.
    """
    told = np.full((len(codes), len(homes), codes.shape[1], n_classes), np.nan)
    jobs = [
        (world, repeat, fold)
        for world in range(len(codes))
        for repeat in range(len(homes))
        for fold in np.unique(homes[repeat, world])
    ]
    held = np.array([homes[repeat, world] == fold for world, repeat, fold in jobs])
    which = np.array([world for world, _, _ in jobs])
    for (world, repeat, _), rows, said in _answers(model, signals, made, codes, jobs, which, held, ~held, n_classes):
        told[world, repeat, rows] = said
    return told.round(splits.DECIMALS)


def without(model, signals, given, plan, probability):
    """Scores with each group left out of fitting and scoring: {metric: (groups,)}; folds stay where they are.

    A resample of held-out predictions knows nothing of how a model would differ had other people trained it; here it
    is fitted again without each of them. ``probability`` (repeats, n, classes) is what the models of the ``plan``
    said; a group's absence leaves the fold untouched in which it was held out.
    """
    made = [(part, designs.design(part, signals, given.groups)) for part in parts(model)]
    homes = splits.homes_of(plan, given.groups)
    found = []
    for home, said in zip(homes, probability, strict=True):
        total = np.zeros((given.n_groups, *said.shape))
        for part, design in made:
            told = np.full_like(total, np.nan)
            for fold in np.unique(home):
                _refit(part, signals, design, given.codes, home == fold, told)
            total += told / len(made)
        total = np.where(np.isnan(total), said, total).round(splits.DECIMALS)
        found.append([_scores_without(group, given, told) for group, told in enumerate(total)])
    return dict(zip(metrics.names(len(given.classes)), np.mean(found, axis=0).T, strict=True))


def _refit(model, signals, made, codes, held, told):
    """Into ``told`` (groups, n, classes): what a fold's models say of the held-out rows without each other group."""
    away = np.flatnonzero(~held)
    inside = (~held & (np.arange(len(held)) != away[:, None])).astype(bool)
    same = np.zeros(len(away), dtype=int)
    where = np.broadcast_to(held, inside.shape)
    if _is_ridge(model):
        fitted = designs.parts(made, inside)
        for place, group in enumerate(away):
            rows = held[made.groups]
            told[group, rows, 0] = _ridge(model[-1], made, fitted.take([place]), codes)[rows]
        return
    for group, rows, said in _answers(model, signals, made, codes[None], away, same, where, inside, told.shape[2]):
        told[group, rows] = said


def _ridge(ridge, made, part, ratings):
    """(n,) what a ridge regression fitted on one training part says of every row."""
    table, p, q = made.table[:, :-1].copy(), made.n_numbers, len(made.gappy)
    table[:, made.gappy] += table[:, p : p + q] * part.fill[:, 0]
    table = (table - part.centre[:-1, 0]) * part.scale[:-1, 0]
    inside = part.inside[0][made.groups] > 0
    return type(ridge)(ridge.penalty).fit(table[inside], ratings[inside]).predict(table)


def _scores_without(group, given, said):
    rows = given.groups != group
    values = metrics.scores(metrics.tally(given.codes[rows], said[None, rows]))
    return [values[metric][0] for metric in metrics.names(len(given.classes))]


def _answers(model, signals, made, codes, jobs, which, held, inside, n_classes):
    """For each job, its held-out rows and what is said of them, by fits on the groups ``inside`` (jobs, groups).

    Job ``i`` has the labels ``codes[which[i]]``. Fits in which a class is missing are made one by one.
    """
    seen = np.stack([(codes == k) @ made.members.T > 0 for k in range(n_classes)], axis=2)  # worlds, groups, classes
    whole = np.einsum("jg,jgk->jk", inside, seen[which]).astype(bool).all(axis=1)
    size = max(1, together.CELLS * 8 // len(made.groups))
    places = np.flatnonzero(whole)
    for some in (places[first : first + size] for first in range(0, len(places), size)):
        fitted = designs.parts(made, inside[some])
        said = together.probabilities(made, fitted, codes[which[some]].T, n_classes, model[-1].C)
        for column, job in enumerate(some):
            rows = held[job][made.groups]
            yield jobs[job], rows, said[rows, column]
    for job in np.flatnonzero(~whole):
        train, rows = inside[job][made.groups], held[job][made.groups]
        labels = codes[which[job]][train]
        yield jobs[job], rows, splits.fit_and_tell(model, signals[train], labels, signals[rows], n_classes)
