"""What is left of a finding when the moment, the partner or the confounds are taken away (AUDIT 6.2: B6, B7 and E7).

None of these rows is ever the baseline to beat: they say what a finding is about. B6 and B7 show the very models of the
row, fitted as ever, other signals of the people held out: what they still reach is no matter of the partner, or of the
moment. They are not fitted to these signals, since a model would learn an exchange or a shift that has a system. The
first :data:`REPEATS` repeats of the folds serve all four, and the model's own score beside them is of these. The
confounds are those of B3: ``B3_removed`` is the model on what a straight line through the confounds leaves of each
signal, ``B3_and_signals`` the model on both, held against B3 alone. Their intervals know nothing of who trained (see
:mod:`mien.evidence.intervals`): the method's name lacks ``_refit``.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.preprocessing import StandardScaler

from mien import models, store
from mien.evidence import baselines, checks, metrics, splits

LEAST_WINDOWS = 3
"""Fewer windows of a person in a recording cannot be a third of it too late."""

REPEATS = 2
"""On how many repeats of the folds these rows rest: enough for what is no claim, at a fraction of the time."""

DRAWS = 5
"""How often each person's conversations are dealt out anew for B6."""

PSEUDO = "pseudo_"
"""Before the name of a signal: the same measure, had the person's partners been those of another conversation."""


def rows(ask, judged, columns, model):
    """The evidence rows of all four, for one model that was ``judged`` on ``columns`` (n rows) of a question."""
    ask = replace(ask, plan=ask.plan[:REPEATS])
    parts = (
        ("B3_removed", _removed(ask, columns, model)),
        ("B3_and_signals", _beside(ask, judged, columns)),
        ("B6_pseudo_conversations", _shown(ask, judged, columns, model, *pseudo_conversations(ask.given, columns))),
        ("B7_shifted_in_time", _shown(ask, judged, columns, model, *shifted(ask.given, columns))),
    )
    return [row for name, found in parts for row in _rows(ask, judged.signals, name, *found)]


def _rows(ask, signals, name, found, bar, why):
    """A row per metric: the score, and its distance from ``bar``, a :class:`baselines.Judged`."""
    if found is None:
        return ask.unanswered(name, signals, why)
    return ask.beside(replace(found, model=name, signals=signals), bar)


# --- other signals for the same models --------------------------------------------------------------------------------


def shifted(given, columns):
    """Each person's signals a third of the recording later and earlier, what leaves at one end coming in at the other.

    Returns ([later, earlier], rows, why): tables like ``columns``, and which rows (n,) could be moved: windows of a
    recording with at least :data:`LEAST_WINDOWS` of that person.
    """
    later, earlier = np.arange(len(columns)), np.arange(len(columns))
    moved = np.zeros(len(columns), dtype=bool)
    for track in _tracks(given.windows).values():
        if len(track) >= LEAST_WINDOWS:
            third = round(len(track) / 3)
            later[track], earlier[track], moved[track] = np.roll(track, third), np.roll(track, -third), True
    return [columns.iloc[giver] for giver in (later, earlier)], moved, "few_windows"


def pseudo_conversations(given, columns):
    """Each person's signals as if they had met other partners, as :func:`shifted` returns them.

    Columns ``pseudo_*`` of the table hold the measures of re-paired conversations. Without them, people recorded more
    than once have their recordings (in the same role) dealt out anew, :data:`DRAWS` times: each window gets the
    signals of the same stage (beginning to end) of the one drawn, the true one as likely as any other.
    """
    windows = given.windows
    named = {PSEUDO + name: name for name in columns if PSEUDO + name in windows}
    if named:
        paired = windows[list(named)].rename(columns=named).astype(float)
        there = paired.notna().any(axis=1).to_numpy()
        return [columns.assign(**paired)[list(columns)]], there, "no_partners"
    role = windows.get("confound_role", pd.Series("", index=windows.index)).astype(str)
    homes, several = {}, np.zeros(len(columns), dtype=bool)
    for (person, _), track in _tracks(windows).items():
        homes.setdefault((person, role.iloc[track[0]]), []).append(track)
    draws = []
    for number in range(DRAWS):
        draw, giver = store.rng(f"evidence/pseudo/{number}"), np.arange(len(columns))
        for mine in homes.values():
            if len(mine) > 1:
                for track, other in zip(mine, draw.permutation(len(mine)), strict=True):
                    giver[track] = mine[other][np.arange(len(track)) * len(mine[other]) // len(track)]
                    several[track] = True
        draws.append(columns.iloc[giver])
    return draws, several, "no_partners"


def _tracks(windows):
    """Rows of each person's windows of each recording, in order of time: {(person, recording): rows}."""
    order = windows.reset_index(drop=True).sort_values("start_s", kind="stable")
    found = order.groupby([order["person_id"].astype(str), order["recording_id"].astype(str)], sort=True).indices
    return {key: order.index.to_numpy()[places] for key, places in found.items()}


def _shown(ask, judged, columns, model, others, kept, why):
    """What the models say when shown ``others`` on the rows ``kept``, and what they said of the true signals there."""
    given = _only(ask.given, kept)
    if given is None or judged.probability is None:
        return None, None, why
    true = judged.probability[: len(ask.plan)]
    told = np.full((len(others), *true.shape), np.nan)
    for repeat, folds in enumerate(ask.plan):
        for train, test in folds:
            unseen = pd.concat([other.iloc[test] for other in others])
            some = ask.given.groups[train]
            said = splits.fit_and_tell(
                clone(model), columns.iloc[train], ask.given.codes[train], unseen, len(given.classes), some
            )
            told[:, repeat, test] = said.reshape(len(others), len(test), -1)
    told = told.reshape(-1, *told.shape[2:]).round(splits.DECIMALS)
    sham, true = (metrics.tally(given.codes, said[:, kept], given.groups) for said in (told, true))
    return (*(baselines.Judged(judged.model, judged.signals, None, counted) for counted in (sham, true)), why)


def _only(given, kept):
    """The cases of some rows; None where they are too few to be judged."""
    groups = np.unique(given.groups[kept], return_inverse=True)[1]
    codes = given.codes[kept]
    fewest = [len(np.unique(groups[codes == code])) for code in range(len(given.classes))] or [len(np.unique(groups))]
    if not kept.any() or min(fewest) < 2:
        return None
    windows = given.windows[kept].reset_index(drop=True)
    return checks.Cases(windows, given.target, given.classes, codes, groups)


# --- with and without the confounds -----------------------------------------------------------------------------------


def _confounds(given):
    return given.windows.filter(regex=models.pattern(["confound", "trust"]))


def _removed(ask, columns, model):
    """The model on what is left of each signal after a straight line through the confounds, fitted in each fold."""
    given, confounds = ask.given, _confounds(ask.given)
    first, rest = models.halves(model)
    if not confounds.shape[1]:
        return None, None, "no_confounds"
    if first is None:
        return None, None, "not_computed"
    told = np.full((len(ask.plan), len(given.codes), len(given.classes) or 1), np.nan)
    for repeat, folds in enumerate(ask.plan):
        for train, test in folds:
            seen, unseen = residuals(first, columns, confounds, train, test)
            said = splits.fit_and_tell(clone(rest), seen, given.codes[train], unseen, len(given.classes))
            told[repeat, test] = said
    told = told.round(splits.DECIMALS)
    found = baselines.Judged("", "", told, metrics.tally(given.codes, told, given.groups))
    return found, None, ""


def residuals(first, columns, confounds, train, test):
    """Signals of the training and of the held-out rows less what confounds tell of them; all of it fitted in training.

    ``first`` the label-free half of a model (filling, scaling). Returned on the scale of the training part.
    """
    lines = models.columns(("confound", "trust"), scaled=True).fit(confounds.iloc[train])
    fill = clone(first).fit(columns.iloc[train])
    nuisance = [np.column_stack([np.ones(len(rows)), lines.transform(confounds.iloc[rows])]) for rows in (train, test)]
    values = [np.asarray(fill.transform(columns.iloc[rows]), dtype=float) for rows in (train, test)]
    slopes = np.linalg.lstsq(nuisance[0], values[0], rcond=None)[0]
    left = [value - nuisances @ slopes for value, nuisances in zip(values, nuisance, strict=True)]
    explained = left[0].std(axis=0) < 1e-9 * np.maximum(values[0].std(axis=0), 1)  # nothing but rounding is left
    for part in left:
        part[:, explained] = 0.0
    scale = StandardScaler().fit(left[0])
    return tuple(scale.transform(part) for part in left)


def _beside(ask, judged, columns):
    """The model on confounds and signals together, and B3 to hold it against."""
    b3 = next((rung for rung in ask.ladder if rung.model == "B3_confounds" and rung.tally is not None), None)
    if b3 is None:
        return None, None, "no_confounds"
    confounds = _confounds(ask.given)
    kinds = {name.split("_")[0] for name in confounds} | {name.split("_")[0] for name in columns}
    both = pd.concat([confounds, columns], axis=1)
    made = models.make(judged.model, sorted(kinds), ask.settings.seed, ask.settings.model)
    return baselines.judge("", "", both, made, ask.given, ask.plan), b3, ""
