"""From what was predicted to the quantities that rules ask for: calibration, test-retest, trait share, groups.

Each function takes held-out predictions of one model (a :data:`mien.tables.PREDICTIONS` table) and gives rows of
:data:`mien.tables.QUANTITIES` without their scope; :func:`of_predictions` gives them all, scope included. With more
than two classes each class against the rest is a score of its own, and the one that speaks most against the claim is
told, with its name in ``source``: the worst of several is worse than any one chosen beforehand. A model of ratings
gives no probabilities: what it predicts is the score.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from mien import models, tables
from mien.evidence import calibration, checks, dif, groups, intervals, reliability, slopes

POINTS = 100.0
"""A probability of 1 in points of a score."""


@dataclass(frozen=True)
class QuantitySettings:
    """How intervals are made, and from how many people on a group is judged."""

    interval: intervals.IntervalSettings = field(default_factory=intervals.IntervalSettings)
    group: groups.GroupSettings = field(default_factory=groups.GroupSettings)


def of_predictions(predictions, windows, about, group_columns=(), settings=None, scale=(np.nan, np.nan)):
    """Every quantity that one model's held-out predictions can tell, a :data:`mien.tables.QUANTITIES` table.

    ``windows`` the table that was judged, for its ``group_columns``; ``about`` the scope: a dictionary with corpus,
    target, signals; ``scale`` the ends of a rating, which become 0 and 100 points. Returns (quantities, cells):
    ``cells`` has every measure of every group (:func:`groups.by_group`).
    Raises :class:`mien.evidence.EvidenceError` for a column that is no group of people.
    """
    settings = settings or QuantitySettings()
    found, cells = alike(predictions, windows, group_columns, settings)
    rows = calibrated(predictions, settings) + again(predictions, settings, scale) + owned(predictions, settings)
    rows += [*found, turned_round(predictions, windows, about, group_columns, settings)]
    if predictions.empty:
        rows = [lost(row["quantity"], "no_predictions") for row in rows]
    counts = {
        "n_people": predictions["person_id"].nunique(),
        "n_groups": predictions["group_id"].nunique(),
        "n_windows": len(predictions.drop_duplicates(["recording_id", "person_id", "start_s"])),
    }
    blank = dict.fromkeys(tables.QUANTITIES.names, "")
    table = pd.DataFrame([blank | counts | row | about for row in rows])[tables.QUANTITIES.names]
    return tables.QUANTITIES.check(table), cells


def row(quantity, found, source="", **more):
    """A row from an :class:`intervals.Estimate`; ``more`` may hold ``low90`` and ``high90``."""
    numbers = {name: more.get(name, np.nan) for name in ("low90", "high90")}
    why = {} if np.isfinite(found.value) else {"value": found.why or "not_computed"}
    if not np.isfinite([found.low, found.high]).all():
        why |= dict.fromkeys(("low", "high"), found.why or "too_few_people")
    said = {name: getattr(found, name) for name in ("value", "low", "high", "interval")}
    return {"quantity": quantity, "source": source} | said | numbers | {"why": tables.why(why)}


def plain(quantity, value, source="", why="not_computed"):
    """A row of a number that has no interval."""
    said = {"quantity": quantity, "source": source, "value": value, "interval": ""}
    said |= dict.fromkeys(("low", "high", "low90", "high90"), np.nan)
    return said | {"why": tables.why({"value": why} if not np.isfinite(value) else {})}


def lost(quantity, why, source=""):
    """A row of a number that is missing."""
    return plain(quantity, np.nan, source, why)


def classes(predictions):
    """The classes by name, in order; of two the second only, since the first is its mirror image."""
    names = [name.removeprefix("probability_") for name in predictions if name.startswith("probability_")]
    return names[1:] if len(names) == 2 else names


RATING = "predicted_value"
"""What a model of ratings predicts."""


def is_rated(predictions):
    """Whether these are predictions of a rating: a number, and no probability of any class."""
    return RATING in predictions and not classes(predictions)


def _against(name, n):
    if name == RATING:
        return "rating"
    return f"class {name}" if n == 1 else f"class {name} against the rest, worst of {n}"


def _worst(found, badness):
    """Of estimates by class, the class that is worst and its estimate; a class without a number only if none has."""
    known = {name: one for name, one in found.items() if np.isfinite(one.value)}
    return max((known or found).items(), key=lambda pair: badness(pair[1].value) if known else 0)


def calibrated(predictions, settings):
    """C10: the slope of what was so on what was said, and the expected calibration error."""
    names, slopes, errors = classes(predictions), {}, {}
    clusters = np.unique(predictions["group_id"].astype(str), return_inverse=True)[1]
    for name in names:
        truth, told = calibration.positive(predictions, name)
        slopes[name] = calibration.slope(truth, told, clusters, settings.interval)[0]
        errors[name] = calibration.ece(truth, told, clusters, settings=settings.interval)
    if not names:
        why = "no_probability" if is_rated(predictions) else "one_class"
        return [lost("calibration_slope", why), lost("ece", why)]
    slope, error = _worst(slopes, lambda v: abs(np.log(max(v, 1e-6)))), _worst(errors, lambda v: v)
    return [
        row("calibration_slope", slope[1], _against(slope[0], len(names))),
        row("ece", error[1], _against(error[0], len(names))),
    ]


# --- the same person again --------------------------------------------------------------------------------------------


def _scores(predictions, name):
    """A score (0 to 100) per recording of a person and what its label was: the mean over windows and repeats."""
    by = ["group_id", "person_id", "recording_id", "truth"]
    return predictions.groupby(by, sort=True)[f"probability_{name}"].mean().mul(POINTS).rename("score").reset_index()


def _ratings(predictions, scale):
    """A rating in points per recording of a person, without what the label explains (least squares), as a score."""
    by = ["group_id", "person_id", "recording_id"]
    told = predictions.assign(label=predictions["truth"].astype(float))
    told = told.groupby(by, sort=True)[[RATING, "label"]].mean().reset_index()
    apart = told["label"] - told["label"].mean()
    explained = apart * (apart @ told[RATING]) / max(apart @ apart, np.finfo(float).tiny)
    points = POINTS / (scale[1] - scale[0])
    return told.assign(score=(told[RATING] - explained) * (1.0 if np.isnan(points) else points), truth=RATING)


def again(predictions, settings, scale=(np.nan, np.nan)):
    """C3: does a person who shows the same again get the same score? ICC over recordings, and its error in points.

    Recordings with the same label are compared, scores counted from the mean of all with that label: who changes what
    they show is no error, and what the label explains is no agreement. Of a rating, what the label explains is taken
    off along a straight line. Where every person has as many recordings, in one order, ICC(A,1); else the one-way
    ICC(1), which counts every difference as error too.
    """
    names = [RATING] if is_rated(predictions) else classes(predictions)
    scored = [_ratings(predictions, scale) if name == RATING else _scores(predictions, name) for name in names]
    found = {name: _retest(score, settings.interval) for name, score in zip(names, scored, strict=True)}
    if not found:
        return [lost("icc_retest", "one_class"), lost("sem_pts", "one_class")]
    name, worst = _worst({name: one[0] for name, one in found.items()}, lambda v: -v)
    _, spread, kind = found[name]
    label = "apart from the label" if name == RATING else "with one label"
    source = f"{kind} of recordings {label}, {_against(name, len(names))}"
    error = reliability.standard_error_of_measurement(spread, worst.value)
    if name == RATING and np.isnan(scale).any():
        return [row("icc_retest", worst, source), lost("sem_pts", worst.why or "no_scale", source)]
    return [row("icc_retest", worst, source), plain("sem_pts", error, source, worst.why or "no_spread")]


def _retest(scores, settings):
    """(Estimate, standard deviation in points, kind of ICC) of the scores of people recorded again."""
    units = scores.groupby(["person_id", "truth"], sort=True)
    size = units["score"].transform("size")
    kept = scores[(size >= 2) & scores["score"].notna()]
    if kept["person_id"].nunique() < 2:
        return intervals.Estimate(np.nan, why="one_rating"), np.nan, "ICC"
    centred = kept["score"] - kept.groupby("truth")["score"].transform("mean")
    unit = kept.groupby(["person_id", "truth"], sort=True)
    place = unit.cumcount()
    wide = pd.DataFrame({"unit": unit.ngroup(), "place": place, "value": centred})
    wide = wide.pivot(index="unit", columns="place", values="value").to_numpy()
    clusters = np.unique(unit["group_id"].first().astype(str), return_inverse=True)[1]
    kind, said = ("2,1", "ICC(A,1)") if not np.isnan(wide).any() else ("1,1", "ICC(1)")
    return reliability.icc(wide, kind, clusters, settings), float(centred.std()), said


def owned(predictions, settings):
    """C11: how much of the variance of the score over windows belongs to who it is, whatever the label."""
    by = ["group_id", "person_id", "recording_id", "start_s"]
    found = {}
    for name in [RATING] if is_rated(predictions) else classes(predictions):
        column = name if name == RATING else f"probability_{name}"
        told = predictions.groupby(by)[column].mean().reset_index()
        values = told[column].to_numpy()
        found[name] = reliability.trait_share(values, told["person_id"], told["group_id"], settings=settings.interval)
    if not found:
        return [lost("trait_share", "one_class")]
    name, worst = _worst(found, lambda v: v)
    return [row("trait_share", worst, _against(name, len(found)))]


# --- groups of people -------------------------------------------------------------------------------------------------

CELLS = (
    *("group", "n_people", "n_people_negative", "n_people_positive", "testable", "measure"),
    *("value", "low", "high", "interval", "why", "column", "label_class"),
)
ALIKE = ("n_groups_above_floor", "eo_difference", "dif_dr2", "ece_gap")


def alike(predictions, windows, columns, settings):
    """C7: how far errors and scores differ between groups of people; (rows, cells). The worst column and class is told.

    ``columns`` of ``windows`` by self-report or record, such as ``confound_sex``; a person lies in one group of each.
    """
    tables_, found = [], []
    for column in columns:
        member = members(windows, column)
        for name in classes(predictions):
            one, cells = _apart(predictions, member, name, settings)
            found.append(one | {"source": f"{column}, {_against(name, len(classes(predictions)))}"})
            tables_.append(cells.assign(column=column, label_class=name))
    cells = pd.concat(tables_, ignore_index=True) if tables_ else pd.DataFrame(columns=CELLS)
    if not found:
        return [lost(quantity, "no_group_column") for quantity in ALIKE], cells
    most = max(found, key=lambda one: one["n_groups_above_floor"])
    rows = [plain("n_groups_above_floor", float(most["n_groups_above_floor"]), most["source"])]
    for quantity in ALIKE[1:]:
        place, worst = _worst({i: one[quantity] for i, one in enumerate(found)}, lambda v: v)
        rows.append(row(quantity, worst, found[place]["source"]))
    return rows, cells


def members(windows, column):
    """The group of each person by a column of the windows table, as text; people without one are left out.

    Raises :class:`mien.evidence.EvidenceError` for a column that is not there, or a person in two groups.
    """
    if column not in windows:
        known = [name for name in windows if name.startswith(("group_", "confound_")) and name != "group_id"]
        raise checks.EvidenceError(
            f"evidence: no column {column!r} of groups of people; columns that may hold one: "
            f"{', '.join(known) or 'none (confound_… or group_… of the windows table)'}"
        )
    told = pd.DataFrame({"person_id": windows["person_id"], "group": checks.as_text(windows[column])}).dropna()
    told = told.drop_duplicates()
    twice = told["person_id"][told["person_id"].duplicated()].unique()
    if len(twice):
        raise checks.EvidenceError(
            f"evidence: {len(twice)} people lie in two groups of {column!r}: {', '.join(map(str, twice[:5]))}; "
            "expected one for each person, as a record or the person says it"
        )
    if told["group"].nunique() > checks.MOST_CLASSES:
        raise checks.EvidenceError(
            f"evidence: {column!r} has {told['group'].nunique()} different values; expected at most "
            f"{checks.MOST_CLASSES} groups; cut a number into groups first (for example with pandas.cut)"
        )
    return told.set_index("person_id")["group"]


def _apart(predictions, member, name, settings):
    """Differences between the testable groups for one class, and every measure of every group."""
    truth, told = calibration.positive(predictions, name)
    of = predictions["person_id"].map(member)
    clusters = np.unique(predictions["group_id"].astype(str), return_inverse=True)[1]
    counted = groups.tally(truth, told, predictions["person_id"], of.astype(object), clusters, settings.group)
    found = groups.differences(counted, settings.group)
    floor = groups.floor(counted, settings.group)
    kept = of.isin(floor.loc[floor["testable"], "group"]).to_numpy()
    if found["n_groups_above_floor"] < 2:
        drift = intervals.Estimate(np.nan, why="below_floor")
    else:
        mean = _one_a_window(predictions, told, kept)
        is_class, of = mean["truth"] == name, mean["person_id"].map(member)
        drift = dif.added(mean["told"], is_class, of, mean["group_id"], settings=settings.interval)["both"]
    return found | {"dif_dr2": drift}, groups.by_group(counted, settings.group)


def _one_a_window(predictions, told, kept):
    by = ["group_id", "person_id", "recording_id", "start_s", "truth"]
    return predictions.assign(told=told)[kept].groupby(by)["told"].mean().reset_index()


def turned_round(predictions, windows, about, columns, settings):
    """K2: how many signals rise with the label in one group of people and fall with it in another (:mod:`.slopes`).

    ``about`` names target and signals; labels and signals are those of ``windows``. A signal that is reversed for
    several classes, groups or columns counts once; ``source`` names those found.
    """
    name, target = "n_slope_reversals", about.get("target", "")
    if not columns:
        return lost(name, "no_group_column")
    if target not in windows or not windows.filter(regex=models.pattern(checks.prefixes(about["signals"]))).shape[1]:
        return lost(name, "not_given")
    rated = is_rated(predictions)
    given = checks.cases(windows, target, ratings=rated)
    signals = checks.signal_columns(given, about["signals"])
    asked = _by_group(given, windows, columns, rated)
    parts = []
    for (outcome, column), (y, member) in asked.items():
        there = slopes.above_floor(y, member, given.windows["person_id"], settings.group, rated=rated)
        if len(there) > 1:
            rows = slopes.compared(signals, y, member, given.groups, there)
            parts.append(rows.assign(outcome=outcome, column=column))
    if not parts:
        return lost(name, "below_floor", ", ".join(columns))

    def limits(row):
        y, member = asked[row["outcome"], row["column"]]
        x = signals[row["signal"]].to_numpy()
        ends = [
            slopes.slope(x, y, given.groups, member == row[side], settings.interval) for side in ("first", "second")
        ]
        return [(one.low, one.high) for one in ends]

    rows = slopes.settled(pd.concat(parts), limits)
    found = list(dict.fromkeys(rows.loc[rows["reversed"], "signal"]))
    source = (
        f"{', '.join(columns)}: {rows['signal'].nunique()} signals, Holm over {rows['p'].notna().sum()} comparisons"
    )
    return plain(name, float(len(found)), f"{source}; reversed: {', '.join(found)}" if found else source)


def _by_group(given, windows, columns, rated):
    """For each class (or the rating) and each column of groups: what the label says of each window, and whose it is."""
    outcomes = {RATING: given.codes} if rated else {one: given.truth == one for one in _told_apart(given.classes)}
    return {
        (outcome, column): (
            np.asarray(y, dtype=float),
            given.windows["person_id"].map(members(windows, column)).to_numpy(),
        )
        for outcome, y in outcomes.items()
        for column in columns
    }


def _told_apart(names):
    return names[1:] if len(names) == 2 else names
