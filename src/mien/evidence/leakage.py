"""Leaks: ways in which the answer can reach the judge, each a check that names the offending rows (AUDIT E33).

One failed check and no verdict is issued. Each is a function of a windows table, its target and signals, and of what
was predicted; it returns the ids of what offends, nothing where all is well.
"""

import numpy as np
import pandas as pd

from mien.evidence import checks

MOST_NAMED = 5
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
    """Signals with mean 0 and standard deviation 1 in every person: scaled by the very windows that are judged."""
    counts = people.value_counts()
    enough = people.map(counts) >= 3
    if not enough.any() or people[enough].nunique() < 2:
        return []
    found = []
    for name in columns:
        values = columns.loc[enough, name].groupby(people[enough].to_numpy())
        centred = np.abs(values.mean()) < 1e-6
        spread = np.minimum(np.abs(values.std(ddof=0) - 1), np.abs(values.std(ddof=1) - 1)) < 1e-6
        if (centred & spread).all():
            found.append(name)
    return found


CHECKS = {
    "in_two_groups": "no person and no recording lies in two groups",
    "on_both_sides": "no group, recording or person is on both sides of a fold",
    "window_twice": "no window comes twice under another group",
    "label_in_a_signal": "no signal is the label in disguise",
    "norms_from_the_test": "no signal is scaled by the windows that are judged",
}
"""Every check and what it means that it passed."""
