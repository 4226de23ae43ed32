"""Label tables in which the truth is known: with a planted signal or with none, for judging the judge."""

import numpy as np
import pandas as pd

from mien import store, tables

SIGNALS = ("face", "voice", "turn")
KINDS = ("person", "window", "mixed", "recording")


def label_table(
    n_people,
    n_windows,
    effect,
    n_features=12,
    icc=0.3,
    target_kind="person",
    classes=2,
    name="labels",
    people_per_group=1,
):
    """Make a table of windows whose labels depend on the features by a known amount, or not at all.

    Every feature is a person's own level plus a window's change, standard normal in all; ``icc`` is the share of its
    variance that lies between people. In each of ``face_``, ``voice_`` and ``turn_`` the first feature carries the
    signal: it moves by ``effect`` standard deviations from one class to the next (Cohen's *d* between neighbours).
    With ``effect=0`` nothing does, and a judge that finds something is wrong.

    ``target_kind`` ``person``: one label for all windows of a person; ``window``: a label of its own for each window;
    ``mixed``: each window's label is drawn by its person's own shares of the classes, and these are drawn evenly
    (Dirichlet with all parameters 1), so that labels lie partly between people; ``recording``: a label for each window
    that all people of the recording share. ``people_per_group`` people share a recording, and so a ``group_id``.
    ``n_windows`` is a number, or the least and the most of a recording, which then has a number drawn evenly between.
    Labels ``c0``, ``c1`` … are as frequent as each other, up to one, in all kinds but ``mixed``. Returns a frame
    with the columns of :data:`mien.tables.WINDOWS`, ``n_features`` features, ``label_synthetic``, ``is_synthetic``
    (True), one row per person and window of 10 s.

    >>> frame = label_table(6, 4, effect=1.0, name="doctest")
    >>> len(frame), frame.group_id.nunique(), sorted(frame.label_synthetic.unique())
    (24, 6, ['c0', 'c1'])
    """
    _check(n_people, n_windows, n_features, icc, target_kind, classes)
    chance = store.rng(f"label table {name}")
    recording = np.arange(n_people) // people_per_group
    lengths = _lengths(n_windows, recording[-1] + 1, chance)[recording]
    person = np.repeat(np.arange(n_people), lengths)
    window = np.concatenate([np.arange(length) for length in lengths])
    label = _labels(target_kind, lengths, recording, classes, chance)
    between = chance.normal(size=(n_people, n_features))[person]
    within = chance.normal(size=(len(person), n_features))
    values = np.sqrt(icc) * between + np.sqrt(1 - icc) * within
    for planted in range(min(len(SIGNALS), n_features)):
        values[:, planted] += effect * (label - (classes - 1) / 2)
    group = recording[person]
    frame = pd.DataFrame(
        {
            "recording_id": [f"synthetic_{name}_{g:03d}" for g in group],
            "person_id": [f"s{p:03d}" for p in person],
            "start_s": 10.0 * window,
            "end_s": 10.0 * window + 10.0,
            "group_id": [f"synthetic_{name}_{g:03d}" for g in group],
        }
    )
    for i in range(n_features):
        frame[f"{SIGNALS[i % len(SIGNALS)]}_synthetic_{i // len(SIGNALS)}"] = values[:, i]
    frame["label_synthetic"] = [f"c{k}" for k in label]
    return tables.WINDOWS.check(frame.assign(is_synthetic=True, why=""), f"synthetic label table {name!r}")


def _lengths(n_windows, n_recordings, chance):
    """How many windows each recording has."""
    if isinstance(n_windows, int):
        return np.full(n_recordings, n_windows)
    least, most = n_windows
    return chance.integers(least, most + 1, n_recordings)


def _labels(kind, lengths, recording, classes, chance):
    """The class of each window, person after person; ``lengths`` and ``recording`` have an entry for each person."""
    own = _balanced(len(lengths), classes, chance)
    if kind == "person":
        return np.repeat(own, lengths)
    if kind == "window":
        return np.concatenate([_balanced(length, classes, chance) for length in lengths])
    if kind == "recording":
        _, first = np.unique(recording, return_index=True)
        shared = [_balanced(length, classes, chance) for length in lengths[first]]
        return np.concatenate([shared[place] for place in recording])
    shares = chance.dirichlet(np.ones(classes), len(lengths))
    return np.concatenate([chance.choice(classes, size, p=p) for size, p in zip(lengths, shares, strict=True)])


def _balanced(n, classes, chance):
    return chance.permutation(np.arange(n) % classes)


def _check(n_people, n_windows, n_features, icc, target_kind, classes):
    if target_kind not in KINDS:
        raise ValueError(f"label table: no target_kind {target_kind!r}; expected one of {', '.join(KINDS)}")
    if not 0 <= icc <= 1:
        raise ValueError(f"label table: icc is {icc}; expected the share of variance between people, 0 to 1")
    least = n_windows if isinstance(n_windows, int) else n_windows[0]
    labelled = n_people if target_kind == "person" else least
    if least < 1 or n_features < 1 or labelled < classes or classes < 2:
        what = "people" if target_kind == "person" else "windows"
        raise ValueError(
            f"label table: {n_people} people, {n_windows} windows, {n_features} features and {classes} classes; "
            f"expected at least 1 window, 1 feature, 2 classes, and as many {what} as classes"
        )
