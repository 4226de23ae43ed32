"""Worlds without a signal, made from the data at hand: labels are moved as far as the design allows, and no further.

Rows are never permuted: people sound like themselves, so permuting rows calls chance a finding in a quarter of
null worlds (AUDIT E4). What moves depends on where the label lives (AUDIT E8).
"""

from dataclasses import dataclass, replace

import joblib
import numpy as np
import pandas as pd
import sklearn

from mien import models, store
from mien.evidence import baselines, designs, metrics, refits, splits

BATCH = 8
"""How many worlds are fitted together; always the same worlds, so that the number of workers changes no number."""


@dataclass(frozen=True)
class Null:
    """How labels may move: units of rows that share a label, and the strata within which units change places.

    ``kind`` is ``groups``, ``recordings_of_a_person``, ``people_of_a_group`` or ``shifts_within_recording``, for
    ratings with ``_and_groups`` behind it; ``unit`` (n,) the unit of each row; ``stratum`` (units,); ``order`` (n,)
    rows by unit and time; ``alike`` (groups,) which groups have the same shape and so may exchange all they have.
    """

    kind: str
    unit: np.ndarray
    stratum: np.ndarray
    order: np.ndarray
    groups: np.ndarray | None = None
    alike: np.ndarray | None = None


def null(windows, codes, groups):
    """Find where the label lives and, from that, how it may be moved.

    Constant within groups: whole groups exchange labels. Else constant within a person's recording: the recordings
    of a person exchange labels, or, where nobody's label differs between recordings, the people of a group do.
    Else each person's track of labels is turned round within the recording, which keeps its slowness. Ratings differ
    between groups too, and moves inside a group would leave that alone, so that a model which tells people apart would
    pass for luck: besides, groups of the same shape (as many recordings, people and windows) exchange all they have.
    """
    inside = _inside(windows, codes, groups)
    if codes.dtype.kind != "f" or inside.kind == "groups":
        return inside
    sizes = [np.unique(inside.unit[groups == g], return_counts=True)[1] for g in range(groups.max() + 1)]
    alike = np.unique(["-".join(map(str, np.sort(one))) for one in sizes], return_inverse=True)[1]
    if np.bincount(alike).max() < 2:
        return inside
    return replace(inside, kind=f"{inside.kind}_and_groups", groups=groups, alike=alike)


def _inside(windows, codes, groups):
    """How labels may move without leaving their group."""
    person = np.unique(windows["person_id"].astype(str), return_inverse=True)[1]
    recording = np.unique(windows["recording_id"].astype(str), return_inverse=True)[1]
    track = np.unique(np.column_stack([recording, person]), axis=0, return_inverse=True)[1]
    order = np.lexsort([windows["start_s"].to_numpy(), track])
    if _constant(codes, groups):
        return Null("groups", groups, np.zeros(groups.max() + 1, dtype=int), order)
    if not _constant(codes, track):
        return Null("shifts_within_recording", track, np.arange(track.max() + 1), order)
    of_person = not _constant(codes, person)
    kind = "recordings_of_a_person" if of_person else "people_of_a_group"
    return Null(kind, track, _first(person if of_person else groups, track), order)


def _first(values, unit):
    """The value of each unit, taken from its first row."""
    return values[np.unique(unit, return_index=True)[1]]


def _constant(codes, unit):
    return bool((codes == _first(codes, unit)[unit]).all())


def moved(codes, how, rng):
    """Labels after one move that the design allows; the set of labels in each stratum stays what it was."""
    if how.alike is not None:
        return _exchanged(moved(codes, replace(how, alike=None), rng), how, rng)
    if how.kind.startswith("shifts_within_recording"):
        return _turned(codes, how, rng)
    label = _first(codes, how.unit)
    places = np.argsort(how.stratum, kind="stable")
    drawn = np.lexsort([rng.random(len(label)), how.stratum])  # a random order within each stratum
    shuffled = np.empty_like(label)
    shuffled[places] = label[drawn]
    return shuffled[how.unit]


def _exchanged(codes, how, rng):
    """Whole sets of labels change places between groups of the same shape, track by track in order of size."""
    rows = np.lexsort([np.argsort(how.order), np.bincount(how.unit)[how.unit], how.groups])
    sizes = np.bincount(how.groups)
    starts = np.cumsum(sizes) - sizes
    places = np.argsort(how.alike, kind="stable")
    giver = np.empty_like(places)
    giver[places] = np.lexsort([rng.random(len(sizes)), how.alike])
    group = how.groups[rows]
    within = np.arange(len(codes)) - starts[group]
    shuffled = np.empty_like(codes)
    shuffled[rows] = codes[rows][starts[giver[group]] + within]
    return shuffled


def _turned(codes, how, rng):
    unit = how.unit[how.order]
    sizes = np.bincount(unit)
    starts = np.cumsum(sizes) - sizes
    turn = rng.integers(0, sizes)
    place = np.arange(len(codes)) - starts[unit]
    shuffled = np.empty_like(codes)
    shuffled[how.order] = codes[how.order][starts[unit] + (place + turn[unit]) % sizes[unit]]
    return shuffled


def null_scores(model, signals, given, settings, *, name, workers=1, progress=None):
    """Scores of the whole cross-validation in worlds with moved labels: one row per world, a column per metric.

    ``settings.n_permutations`` worlds, each with a generator named by its number: the result does not depend on
    ``workers``. ``progress(done, total, words)`` is called as worlds are finished. ``gap_*`` is the distance from the
    best baseline, which is judged anew in the first ``settings.n_gap_worlds`` worlds (NaN in the others). Further
    columns say the target, signals and model (the parts of ``name``) and ``null``, the kind of move.
    """
    total = settings.n_permutations
    how = null(given.windows, given.codes, given.groups)
    made = designs.design(model, signals, given.groups) if designs.can(model) else None
    batches = [range(first, min(first + BATCH, total)) for first in range(0, total, BATCH)]
    task = joblib.delayed(_worlds)
    done = joblib.Parallel(n_jobs=min(workers, max(len(batches), 1)), return_as="generator")(
        task(model, signals, made, given, how, settings, name, batch) for batch in batches
    )
    parts = []
    for batch, part in zip(batches, done, strict=True):
        parts.append(part)
        if progress:
            progress(batch[-1] + 1, total, f"permutations of {name}")
    scored = metrics.names(len(given.classes))
    names = [*scored, *(f"gap_{metric}" for metric in scored)]
    values = np.concatenate(parts) if parts else np.empty((0, len(names)))
    target, words, model_name = name.split("/")
    table = pd.DataFrame(values, columns=names)
    return table.assign(target=target, signals=words, model=model_name, null=how.kind)


@splits.one_thread
def _worlds(model, signals, made, given, how, settings, name, numbers):
    draws = [store.rng(f"evidence/null/{name}/{number}", settings.seed) for number in numbers]
    labels = np.array([moved(given.codes, how, draw) for draw in draws])
    # Stratified folds look at labels, so a world with other labels has other folds, as its own analyst would.
    homes = splits.homes(labels, given.groups, settings)
    reached = _scores(model, signals, made, given, labels, homes)
    gaps = np.full_like(reached, np.nan)
    n = sum(number < settings.n_gap_worlds for number in numbers)
    if n:
        gaps[:n] = reached[:n] - _bars(given, labels[:n], homes[:, :n], settings)
    return np.hstack([reached, gaps])


def _scores(model, signals, made, given, labels, homes):
    """(worlds, metrics) of the whole cross-validation of a model in worlds with other labels."""
    n_classes = len(given.classes)
    if made is not None:
        told = refits.worlds(model, signals, made, labels, homes, n_classes)
    else:
        told = _one_by_one(model, signals, given, labels, homes, n_classes)
    tallies = [metrics.tally(codes, said) for codes, said in zip(labels, told, strict=True)]
    return np.array([[v[0] for v in metrics.scores(counted).values()] for counted in tallies])


def _one_by_one(model, signals, given, labels, homes, n_classes):
    """Probabilities (worlds, repeats, n, classes) of a model whose fits cannot be made together."""
    plans = [splits.plan_of(homes[:, world], given.groups) for world in range(len(labels))]
    ready = splits.prepare(model, signals, plans[0])
    with sklearn.config_context(assume_finite=bool(ready), skip_parameter_validation=True):
        told = [
            splits.out_of_fold(model, signals, codes, plan, n_classes, ready, given.groups)
            for codes, plan in zip(labels, plans, strict=True)
        ]
    return np.array(told)


def _bars(given, labels, homes, settings):
    """(worlds, metrics) the best baseline in each world, chance among them; the guesser is never above chance."""
    chance = list(metrics.chance(len(given.classes)).values())
    best = np.tile(chance, (len(labels), 1))
    for _, signals, model, columns, counts in baselines.rungs(given):
        if counts and model not in ("guesser", "mean") and columns.shape[1]:
            fresh = models.make(model, signals.split("+"), settings.seed, settings.model)
            made = designs.design(fresh, columns, given.groups) if designs.can(fresh) else None
            best = np.maximum(best, _scores(fresh, columns, made, given, labels, homes))
    return best


def p_value(observed, null_values):
    """(1 + worlds without a signal that score as high) ÷ (1 + worlds).

    >>> p_value(0.9, np.array([0.5, 0.6, 0.9]))
    0.5
    """
    return float((1 + np.sum(null_values >= observed - 1e-12)) / (1 + len(null_values)))
