"""Leaks: ways in which the answer can reach the judge, each a check that names the offending rows (AUDIT E33).

One failed check and no verdict is issued. Each is a function of a windows table, its target and signals, and of what
was predicted; it returns the ids of what offends, nothing where all is well.
"""

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from mien import store
from mien.evidence import checks

MOST_NAMED = 5
NEAR, NEIGHBOURS, DIRECTIONS, FEWEST_COPIES = 0.2, 20, 8, 4
"""A copy is nearer to its original than a fifth of the way to anybody else; how many neighbours are looked at, seen
from how many directions; and how many windows of a group must be copies."""
FEWEST = 20
"""Windows below which values of two classes may lie apart by chance."""


def checked(windows, target, signals, predictions=None, *, ratings=False):
    """Run every check: one row each with check, what, passed, n_offending and the first offending ids.

    ``windows`` a :data:`mien.tables.WINDOWS` table; ``target`` its label; ``signals`` prefixes such as ``"voice"``;
    ``predictions`` a :data:`mien.tables.PREDICTIONS` table, without which what needs folds is not looked at;
    ``ratings`` where the label is a number, not a class.
    """
    given = checks.cases(windows, target, ratings=ratings)
    judged, columns = given.windows, checks.signal_columns(given, signals)
    found = {
        "in_two_groups": in_two_groups(windows),
        "window_twice": window_twice(judged, columns),
        "group_twice": group_twice(judged, columns),
        "name_in_a_signal": name_in_a_signal(judged, columns),
        "label_in_a_signal": rating_in_a_signal(columns, given.codes)
        if ratings
        else label_in_a_signal(columns, pd.Series(given.codes)),
        "norms_from_the_test": norms_from_the_test(columns, judged["person_id"]),
    }
    if predictions is not None:
        found["on_both_sides"] = on_both_sides(predictions)
    rows = [
        {
            "check": name,
            "what": CHECKS[name],
            "passed": not ids,
            "n_offending": len(ids),
            "offending": "; ".join(map(str, ids[:MOST_NAMED])),
        }
        for name, ids in found.items()
    ]
    return pd.DataFrame(rows)


def in_two_groups(windows):
    """People and recordings that lie in more than one ``group_id``."""
    found = []
    for column in ("person_id", "recording_id"):
        places = windows.groupby(column)["group_id"].nunique()
        found += [f"{column} {name}" for name in places.index[places > 1]]
    return found


def on_both_sides(predictions):
    """People, recordings and groups that were held out in one fold and trained on in another of the same repeat.

    With it go neighbouring windows and copies within a recording: all windows of one recording share a fold.
    """
    found = []
    for column in ("group_id", "recording_id", "person_id"):
        folds = predictions.groupby(["target", "signals", "model", "split", "repeat", column])["fold"].nunique()
        split = folds.index[folds > 1].get_level_values(column).unique()
        found += [f"{column} {name}" for name in split]
    return found


def window_twice(windows, columns):
    """Windows whose signals are, number by number, those of a window in another group: one recording counted twice.

    ``columns`` are the signals of ``windows``, row by row. Windows without a signal, and tables with one column, are
    not looked at: there, equal numbers mean nothing.
    """
    if columns.shape[1] < 2:
        return []
    told = columns.notna().all(axis=1) | (columns.notna().sum(axis=1) >= 2)
    same = columns[told].groupby(list(columns), dropna=False, sort=False).ngroup()
    groups = windows.loc[same.index, "group_id"].groupby(same).transform("nunique")
    twice = groups.index[groups > 1]
    return [f"{windows.at[i, 'recording_id']} at {windows.at[i, 'start_s']:g} s" for i in twice]


def group_twice(windows, columns):
    """Groups of which half of the windows (4 or more) are nearly those of one other group: one person, two names.

    A copy that was encoded anew differs in every number, but far less than from anybody else's. Equal numbers that
    third groups have too (counts, zeros) are no copies, nor are gaps: windows in which less than half was measured, and
    tables with fewer than 3 columns, are not looked at.
    """
    spread = columns.std()
    values = ((columns - columns.mean()) / spread.where(spread > 0)).dropna(axis=1, how="all")
    measured = (values.notna().mean(axis=1) >= 0.5).to_numpy()
    values = values[measured].fillna(0.0).to_numpy()
    group = np.unique(windows.loc[measured, "group_id"].astype(str), return_inverse=True)
    if values.shape[1] < 3 or len(group[0]) < 3:
        return []
    if values.shape[1] > DIRECTIONS:
        values = values @ store.rng("evidence/leakage/directions").normal(size=(values.shape[1], DIRECTIONS))
    copied = _copied(values, group[1])
    pairs = pd.DataFrame({"group": group[1], "other": copied})[copied >= 0].value_counts()
    size = np.bincount(group[1])
    found = [(one, other) for (one, other), n in pairs.items() if n >= max(FEWEST_COPIES, size[one] / 2)]
    return [f"group_id {group[0][one]} as {group[0][other]}" for one, other in sorted(found)]


def _copied(values, group):
    """For each window the other group of which it is a copy, -1 where it is none."""
    apart, near = cKDTree(values).query(values, k=min(NEIGHBOURS, len(values)))
    theirs = group[near]
    other = np.where(theirs != group[:, None], theirs, -1)
    first = np.argmax(other >= 0, axis=1)
    rows = np.arange(len(values))
    nearest = other[rows, first]
    third = (other >= 0) & (other != nearest[:, None])
    # Where no third group is among the neighbours, the nearest one is at least as far as the last of them.
    limit = np.where(third.any(axis=1), apart[rows, np.argmax(third, axis=1)], apart[:, -1])
    return np.where(apart[rows, first] < NEAR * limit, nearest, -1)


def name_in_a_signal(windows, columns):
    """Signals that number people, recordings or groups: one value for each, all different, in even steps or whole.

    In people never seen a number says nothing, unless they were numbered in an order that the label knows.
    """
    found = []
    for name in columns:
        known = columns[name].notna()
        for unit in ("person_id", "recording_id", "group_id"):
            values = columns.loc[known, name].groupby(windows.loc[known, unit].astype(str))
            if len(values) >= 5 and known.sum() >= 2 * len(values) and _numbers(values):
                found.append(name)
                break
    return found


def _numbers(values):
    """Whether each of these groups of values is one number of a list of numbers."""
    ends = np.sort(values.first().to_numpy())
    if (values.nunique() > 1).any() or (np.diff(ends) <= 0).any():
        return False
    steps = np.diff(ends)
    return bool((ends == np.round(ends)).all() or np.ptp(steps) <= 1e-6 * steps.mean())


def label_in_a_signal(columns, labels):
    """Signals in which no value of one class lies among those of another: made from the label, or its file's name."""
    if labels.nunique() < 2 or len(labels) < FEWEST:
        return []
    bounds = {name: columns.groupby(labels.to_numpy())[name].agg(["min", "max"]).dropna() for name in columns}
    return [name for name, ends in bounds.items() if len(ends) == labels.nunique() and _apart(ends)]


def rating_in_a_signal(columns, rating):
    """Signals whose ranks are those of the rating, or their reverse: made from the label."""
    return [name for name in columns if checks.follows(columns[name].to_numpy(), rating)]


def _apart(ends):
    ends = ends.sort_values("min")
    return bool((ends["min"].to_numpy()[1:] > ends["max"].to_numpy()[:-1]).all())


def norms_from_the_test(columns, people):
    """Signals that were counted from the very windows that are judged, person by person.

    In every person the mean is 0, or one window is the lowest at 0 and one the highest at 1, or all values are ranks.
    """
    counts = people.value_counts()
    enough = people.map(counts) >= 3
    if not enough.any() or people[enough].nunique() < 2:
        return []
    parts = columns[enough].groupby(people[enough].to_numpy())
    unknown = parts.count() == 0  # a person of whom nothing was measured says nothing for or against it
    centred = (unknown | (parts.mean().abs() < 1e-6 * columns.std())).all() & ~unknown.all()
    once = [(columns[enough] == end).groupby(people[enough].to_numpy()).sum() == 1 for end in (0, 1)]
    ends = (unknown | ((parts.min() == 0) & (parts.max() == 1) & once[0] & once[1])).all() & ~unknown.all()
    return [name for name in columns if centred[name] or ends[name] or _ranked(parts[name])]


def _ranked(parts):
    """Whether all values of every person are as far apart as its ranks are."""
    if parts.count().max() < 4:
        return False
    for _, values in parts:
        steps = np.diff(np.sort(values.dropna()))
        if len(steps) and (steps.min() <= 0 or np.ptp(steps) > 1e-6 * steps.mean()):
            return False
    return True


CHECKS = {
    "in_two_groups": "no person and no recording lies in two groups",
    "on_both_sides": "no group, recording or person is on both sides of a fold",
    "window_twice": "no window comes twice under another group",
    "group_twice": "no group is a copy of another under a second name",
    "name_in_a_signal": "no signal is a number given to people, recordings or groups",
    "label_in_a_signal": "no signal is the label in disguise",
    "norms_from_the_test": "no signal is scaled by the windows that are judged",
}
"""Every check and what it means that it passed."""
