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

    ``kind`` is ``groups``, ``recordings_of_a_person``, ``people_of_a_group`` or ``shifts_within_recording``, with
    ``_and_groups`` behind it where groups of the same shape exchange all they have; ``unit`` (n,) the unit of each
    row; ``stratum`` (units,); ``person``, ``recording`` and ``track`` (n,) integers (a track is a person's windows in a
    recording); ``order`` (n,) rows by track and time; ``start_s`` (n,); ``begins_s`` and ``lasts_s`` (recordings,);
    ``groups`` (n,), ``alike`` (groups,) which groups have the same shape, ``rows`` (n,) rows by group, in an order that
    is the same for all of one shape.
    """

    kind: str
    unit: np.ndarray
    stratum: np.ndarray
    person: np.ndarray
    recording: np.ndarray
    track: np.ndarray
    order: np.ndarray
    start_s: np.ndarray
    begins_s: np.ndarray
    lasts_s: np.ndarray
    groups: np.ndarray | None = None
    alike: np.ndarray | None = None
    rows: np.ndarray | None = None


def null(windows, codes, groups):
    """Find where the label lives and, from that, how it may be moved.

    Constant within groups: whole groups exchange labels (of one corpus and role, where ``confound_corpus`` and
    ``confound_role`` say so). Else constant within a person's recording: recordings of the same people exchange
    labels, or, where that changes nothing, the people of a group do. Else the tracks of labels of a recording are
    turned round in time, all by the same offset: people who meet share what changes, and turned each on its own they
    would pass for independent. Moves inside a group leave alone what differs between groups, and a model that tells
    people apart would reach it in every null world: so groups of the same shape (as many people, recordings and
    windows, in the same roles) besides exchange all they have. A group without its like only moves inside.
    """
    inside = _inside(windows, codes, groups)
    if inside.kind == "groups":
        return inside
    alike, rows = _shapes(windows, inside, groups)
    if np.bincount(alike).max() < 2:
        return inside
    return replace(inside, kind=f"{inside.kind}_and_groups", groups=groups, alike=alike, rows=rows)


def _inside(windows, codes, groups):
    """How labels may move without leaving their group."""
    person = np.unique(windows["person_id"].astype(str), return_inverse=True)[1]
    recording = np.unique(windows["recording_id"].astype(str), return_inverse=True)[1]
    track = np.unique(np.column_stack([recording, person]), axis=0, return_inverse=True)[1]
    start_s = windows["start_s"].to_numpy(dtype=float)
    role = _roles(windows)
    about = {"person": person, "recording": recording, "track": track, "order": np.lexsort([start_s, track])}
    about |= {"start_s": start_s} | dict(zip(("begins_s", "lasts_s"), _clock(recording, start_s), strict=True))
    if _constant(codes, groups):
        fixed = role if _constant(role, groups) else np.zeros_like(role)
        return Null("groups", groups, _first(fixed, groups), **about)
    if not _constant(codes, track):
        return Null("shifts_within_recording", recording, np.arange(recording.max() + 1), **about)
    if _constant(codes, person):
        of_group = np.unique(np.column_stack([groups, role]), axis=0, return_inverse=True)[1]
        return Null("people_of_a_group", track, _first(of_group, track), **about)
    cast = _casts(person, recording)
    if not _constant(codes, np.unique(np.column_stack([cast[recording], person]), axis=0, return_inverse=True)[1]):
        return Null("recordings_of_a_person", recording, cast, **about)
    return Null("recordings_of_a_person", track, _first(person, track), **about)


def _clock(recording, start_s):
    """When each recording begins, and how long it lasts so that on a regular grid every offset is as likely."""
    times = np.unique(np.column_stack([recording, start_s]), axis=0)
    n = np.bincount(times[:, 0].astype(int))
    ends = np.cumsum(n)
    first, last = times[ends - n, 1], times[ends - 1, 1]
    return first, (last - first) * n / np.maximum(n - 1, 1)


def _roles(windows):
    """(n,) integers: which corpus and role, as far as the table says (AUDIT E8)."""
    there = [name for name in ("confound_corpus", "confound_role") if name in windows]
    words = windows[there].astype(str).agg("/".join, axis=1) if there else np.full(len(windows), "")
    return np.unique(np.asarray(words, dtype=str), return_inverse=True)[1]


def _casts(person, recording):
    """(recordings,) integers: recordings of exactly the same people have the same one."""
    there = np.zeros((recording.max() + 1, person.max() + 1), dtype=bool)
    there[recording, person] = True
    return np.unique(there, axis=0, return_inverse=True)[1].ravel()


def _shapes(windows, how, groups):
    """Which groups have the same shape (groups,), and rows by group in an order that is that of the shape."""
    person, track = how.person, how.track
    size, owner, role = np.bincount(track), _first(person, track), _first(_roles(windows), person)
    sizes = [f"{role[p]}:{np.sort(size[owner == p]).tolist()}" for p in range(person.max() + 1)]
    like = np.unique(sizes, return_inverse=True)[1]
    home = _first(groups, person)
    shapes = [str(np.sort(like[home == g]).tolist()) for g in range(groups.max() + 1)]
    rows = np.lexsort([how.start_s, track, size[track], person, like[person], groups])
    return np.unique(shapes, return_inverse=True)[1], rows


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
    giver = _drawn(how.stratum, rng)
    if how.kind.startswith("recordings_of_a_person") and len(giver) == how.recording.max() + 1:
        of = np.zeros((how.person.max() + 1, len(giver)), dtype=codes.dtype)
        of[how.person, how.recording] = codes
        return of[how.person, giver[how.recording]]
    return _first(codes, how.unit)[giver][how.unit]


def _drawn(stratum, rng):
    """For each unit the one whose labels it gets: a random order within each stratum."""
    giver = np.empty(len(stratum), dtype=int)
    giver[np.argsort(stratum, kind="stable")] = np.lexsort([rng.random(len(stratum)), stratum])
    return giver


def _exchanged(codes, how, rng):
    """Whole sets of labels change places between groups of the same shape, person by person in order of size."""
    sizes = np.bincount(how.groups)
    starts = np.cumsum(sizes) - sizes
    giver = _drawn(how.alike, rng)
    group = how.groups[how.rows]
    within = np.arange(len(codes)) - starts[group]
    shuffled = np.empty_like(codes)
    shuffled[how.rows] = codes[how.rows][starts[giver[group]] + within]
    return shuffled


def _turned(codes, how, rng):
    """Each recording's labels later by one offset in time, what would leave at its end coming in at its beginning."""
    unit = how.track[how.order]
    sizes = np.bincount(unit)
    starts = np.cumsum(sizes) - sizes
    first_wrapped_s = how.begins_s + how.lasts_s * (1 - rng.random(len(how.lasts_s)))
    wraps = how.start_s >= first_wrapped_s[how.recording]
    turn = np.bincount(how.track, weights=wraps).astype(int)
    place = np.arange(len(codes)) - starts[unit]
    shuffled = np.empty_like(codes)
    shuffled[how.order] = codes[how.order][starts[unit] + (place - turn[unit]) % sizes[unit]]
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
