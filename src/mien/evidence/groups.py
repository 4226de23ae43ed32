"""Are errors and scores alike across groups of people? Never answered below a floor of people, and never from faces.

Groups come from what people said of themselves or from a corpus's records. A group with fewer than 30 people, or fewer
than 10 with each class, is printed as not testable and takes no part in any difference. Intervals resample people:
resampled rows cover a gap of zero 81 % of the time where they claim 95 % (AUDIT E10). The largest difference among
groups is above zero even where groups are alike (E11): its p comes from exchanging people between groups.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import stats

from mien import store
from mien.evidence import calibration, intervals

MEASURES = ("tpr", "fpr", "selection_rate", "balanced_accuracy", "score_if_positive", "score_if_negative", "mae", "ece")
"""Share of positives called so; of negatives called positive; of all called positive; mean of tpr and 1 - fpr; mean
score of positives and of negatives; mean distance of score and truth; calibration error."""


@dataclass(frozen=True)
class GroupSettings:
    """The floor (AUDIT E25), the threshold above which a score calls a case positive, and how intervals are made."""

    people: int = 30
    people_with_each_class: int = 10
    threshold: float = 0.5
    n_bins: int = calibration.N_BINS
    n_permutations: int = 999
    interval: intervals.IntervalSettings = field(default_factory=intervals.IntervalSettings)


@dataclass(frozen=True)
class Tally:
    """What each person adds up to: ``sums`` (people, columns), ``member`` (people,) -1 where the group is not known.

    ``names`` of the groups; ``cluster`` (people,) who is connected; ``has`` (people, 2) negatives and positives seen.
    """

    sums: np.ndarray
    member: np.ndarray
    names: tuple[str, ...]
    cluster: np.ndarray
    has: np.ndarray

    @property
    def n_clusters(self):
        """How many independent clusters of people there are."""
        return int(self.cluster.max()) + 1

    def of(self, group, weights=None):
        """The sums of a group, (B, columns), for weights of clusters (B, clusters)."""
        mine = self.member == group
        weights = np.ones((1, self.n_clusters)) if weights is None else weights
        return weights[:, self.cluster[mine]] @ self.sums[mine]


def tally(truth, probability, people, groups, clusters=None, settings=None):
    """Count each person's part. All arguments but ``settings`` are (n,): one value per row of predictions.

    ``truth`` 0 or 1; ``probability`` 0 to 1, NaN where there is no score; ``people`` who it is; ``groups`` the group of
    the person by a record (None or NaN: not known); ``clusters`` connected people (None: everybody alone).
    Raises :class:`ValueError` for a person in two groups or clusters.
    """
    settings = settings or GroupSettings()
    truth, probability = np.asarray(truth, dtype=float), np.asarray(probability, dtype=float)
    person = np.unique(np.asarray(people), return_inverse=True)[1]
    n = int(person.max()) + 1
    names, member = _codes(groups)
    member = _of_person(member, person, n, "group")
    cluster = person if clusters is None else np.unique(np.asarray(clusters), return_inverse=True)[1]
    cluster = _of_person(cluster, person, n, "cluster")
    there = ~np.isnan(probability)
    y, p, who = truth[there], probability[there], person[there]
    said = p > settings.threshold
    columns = [
        np.bincount(person, minlength=n),
        *(np.bincount(who, weights=values, minlength=n) for values in (y, 1 - y, said * y, said * (1 - y))),
        *(np.bincount(who, weights=values, minlength=n) for values in (p * y, p * (1 - y), np.abs(p - y))),
    ]
    off, size = calibration.bin_sums(y, p, calibration.edges(p, settings.n_bins), who, n)
    has = np.stack([columns[2] > 0, columns[1] > 0], axis=1)
    sums = np.concatenate([np.stack(columns, axis=1), off, size], axis=1)
    return Tally(sums, member, names, cluster, has)


def _codes(groups):
    named = pd.Series(np.asarray(groups, dtype=object))
    codes, names = pd.factorize(named, sort=True)
    return tuple(map(str, names)), codes


def _of_person(codes, person, n, what):
    found = np.full(n, -1)
    found[person] = codes
    if (found[person] != codes).any():
        raise ValueError(f"groups: a person lies in two {what}s; expected one for each person")
    return found


def measures_of(sums):
    """Every measure of :data:`MEASURES` of sums (…, columns), and ``coverage``: the share of rows with a score."""
    rows, positive, negative, hits, alarms, of_positive, of_negative, distance = np.moveaxis(sums[..., :8], -1, 0)
    off, size = np.split(sums[..., 8:], 2, axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        scored = positive + negative
        tpr, fpr = hits / positive, alarms / negative
        found = (tpr, fpr, (hits + alarms) / scored, (tpr + 1 - fpr) / 2)
        found += (of_positive / positive, of_negative / negative, distance / scored, calibration.ece_of(off, size))
        return dict(zip(MEASURES, found, strict=True)) | {"coverage": scored / rows}


def floor(counted, settings=None):
    """Who can be judged: a row per group with its people, people with each class, and whether it is testable."""
    settings = settings or GroupSettings()
    rows = []
    for group, name in enumerate(counted.names):
        mine = counted.member == group
        n, negatives, positives = int(mine.sum()), *(int(x) for x in counted.has[mine].sum(axis=0))
        enough = n >= settings.people and min(negatives, positives) >= settings.people_with_each_class
        rows.append((name, n, negatives, positives, enough))
    columns = ["group", "n_people", "n_people_negative", "n_people_positive", "testable"]
    return pd.DataFrame(rows, columns=columns)


def by_group(counted, settings=None):
    """Every measure of every group: group, measure, value, low, high, interval, counts of people, why.

    A group below the floor keeps its rows, with NaN for the reason ``below_floor``; its coverage is told all the same.
    """
    settings = settings or GroupSettings()
    rows = []
    for group, about in enumerate(floor(counted, settings).to_dict("records")):
        for name in (*MEASURES, "coverage"):
            row = about | {"measure": name}
            if name == "coverage" or about["testable"]:
                found = _estimate(
                    counted, lambda w, g=group, m=name: measures_of(counted.of(g, w))[m], settings, (0, 1)
                )
            else:
                found = intervals.Estimate(np.nan, why="below_floor")
            rows.append(row | {k: getattr(found, k) for k in ("value", "low", "high", "interval", "why")})
    return pd.DataFrame(rows)


def differences(counted, settings=None):
    """How far the testable groups differ: {name: Estimate}, and ``p_permuted`` of the equalised-odds difference.

    ``eo_difference``: the larger of the ranges of tpr and fpr; ``equal_opportunity``: the range of tpr;
    ``selection_difference``; ``ece_gap``; ``worst_group``: the least balanced accuracy, with ``worst_group_name``;
    ``n_groups_above_floor``. NaN for ``below_floor`` where fewer than two groups can be judged.
    """
    settings = settings or GroupSettings()
    chosen = np.flatnonzero(floor(counted, settings)["testable"])
    names = {"eo_difference": (0, 1), "equal_opportunity": (0, 1), "selection_difference": (0, 1), "ece_gap": (0, 1)}
    if len(chosen) < 2:
        lost = intervals.Estimate(np.nan, n_groups=len(chosen), why="below_floor")
        found = dict.fromkeys((*names, "worst_group"), lost)
        return found | {"worst_group_name": "", "p_permuted": np.nan, "n_groups_above_floor": len(chosen)}
    found = {
        name: _estimate(counted, lambda w, n=name: _apart(_each(counted, chosen, w))[n], settings, bounds)
        for name, bounds in names.items()
    }
    balanced = [measures_of(counted.of(g))["balanced_accuracy"][0] for g in chosen]
    found["worst_group"] = _estimate(
        counted, lambda w: np.min([m["balanced_accuracy"] for m in _each(counted, chosen, w)], axis=0), settings, (0, 1)
    )
    found["worst_group_name"] = counted.names[chosen[int(np.argmin(balanced))]]
    found["p_permuted"] = _exchanged(counted, chosen, found["eo_difference"].value, settings)
    return found | {"n_groups_above_floor": len(chosen)}


def _each(counted, chosen, weights=None):
    return [measures_of(counted.of(group, weights)) for group in chosen]


def _apart(found):
    ranges = {name: np.ptp([one[name] for one in found], axis=0) for name in ("tpr", "fpr", "selection_rate", "ece")}
    return {
        "eo_difference": np.maximum(ranges["tpr"], ranges["fpr"]),
        "equal_opportunity": ranges["tpr"],
        "selection_difference": ranges["selection_rate"],
        "ece_gap": ranges["ece"],
    }


def _exchanged(counted, chosen, reached, settings):
    """How often people dealt anew to groups of the same sizes differ as much: (1 + b) / (1 + B)."""
    draw = store.rng("evidence/groups/permutation", settings.interval.seed)
    inside = np.flatnonzero(np.isin(counted.member, chosen))
    sums, member = counted.sums[inside], counted.member[inside]
    as_large = 0
    for _ in range(settings.n_permutations):
        dealt = draw.permutation(member)
        apart = _apart([measures_of(sums[dealt == group].sum(axis=0)) for group in chosen])["eo_difference"]
        as_large += apart >= reached - 1e-12
    return (1 + int(as_large)) / (1 + settings.n_permutations)


def _estimate(counted, statistic, settings, bounds):
    return intervals.estimate(statistic, counted.n_clusters, settings.interval, bounds, "one_class")


# --- the same gap in what people say ----------------------------------------------------------------------------------


def difference_of_people(values, members, first, second, settings=None):
    """Mean of ``first`` minus mean of ``second``, the person being the unit: {difference, welch_low, …} and counts.

    ``values`` (people,) one number a person (a hit rate, an error); ``members`` (people,) their group. All people are
    resampled, also those in neither group. ``testable``: both groups reach the floor of people. ``percentile_low`` and
    ``_high`` beside the house interval; Welch's t as a check without resampling.
    """
    settings = settings or GroupSettings()
    values, members = np.asarray(values, dtype=float), np.asarray(members, dtype=object)
    sides = [(members == name) & ~np.isnan(values) for name in (first, second)]
    counts = [int(side.sum()) for side in sides]
    masks = np.array(sides, dtype=float)
    filled = np.where(np.isnan(values), 0, values)

    def statistic(weights):
        with np.errstate(invalid="ignore", divide="ignore"):
            means = (weights @ (masks * filled).T) / (weights @ masks.T)
        return means[:, 0] - means[:, 1]

    about = {"n_first": counts[0], "n_second": counts[1], "testable": min(counts) >= settings.people}
    if min(counts) < 2:
        return about | {"difference": intervals.Estimate(np.nan, n_groups=len(values), why="too_few_people")}
    tail = 0.5 - settings.interval.level / 2
    drawn = np.nanquantile(statistic(intervals.resamples(len(values), settings.interval)), [tail, 1 - tail])
    beside = welch(values[sides[0]], values[sides[1]], settings.interval.level)
    found = intervals.estimate(statistic, len(values), settings.interval, (-np.inf, np.inf))
    about |= {"percentile_low": float(drawn[0]), "percentile_high": float(drawn[1])}
    return about | {"difference": found, "welch_low": beside.low, "welch_high": beside.high}


def welch(first, second, level=0.95):
    """Mean of ``first`` minus mean of ``second`` by Welch's t: right only where the values are independent."""
    test = stats.ttest_ind(first, second, equal_var=False)
    low, high = test.confidence_interval(level)
    n = len(first) + len(second)
    return intervals.Estimate(float(np.mean(first) - np.mean(second)), float(low), float(high), "welch_t", n)


def beside_labels(model_gap, label_gap):
    """In words: whether a model's gap between groups may be inherited from the labels, or is larger than theirs.

    Both are :class:`intervals.Estimate` of the same difference, of the model and of people (AUDIT E27). A model's gap
    is its own only where its interval lies beyond that of the people.
    """
    if np.isnan([model_gap.value, label_gap.value]).any():
        return "cannot be told: one of the gaps has no number"
    if model_gap.low > label_gap.high or model_gap.high < label_gap.low:
        larger = abs(model_gap.value) > abs(label_gap.value)
        return f"the model's own: {'larger' if larger else 'smaller'} than in people, or the other way"
    return "may be inherited: no larger than in the people who labelled"


def cells(values, members, settings=None):
    """Small cells side by side: group, n_people, mean, error, and the mean drawn towards all as far as it is uncertain.

    ``values`` (people,); ``members`` (people,) a group or an intersection of groups. ``shrunken`` is partial pooling:
    the less a cell's own people say, the closer to the mean of all (empirical Bayes; DerSimonian & Laird 1986,
    Controlled Clinical Trials 7: 177). A cell below the floor is shown and is not ``testable``.
    """
    settings = settings or GroupSettings()
    frame = pd.DataFrame(
        {"group": np.asarray(members, dtype=object), "value": np.asarray(values, dtype=float)}
    ).dropna()
    rows = frame.groupby("group")["value"].agg(["size", "mean"]).reset_index()
    rows = rows.rename(columns={"size": "n_people"})
    within = frame["value"] - frame.groupby("group")["value"].transform("mean")
    pooled = (within**2).sum() / max(len(frame) - len(rows), 1)
    rows["error"] = np.sqrt(pooled / rows["n_people"])
    if not pooled:  # nobody differs within a cell: nothing is uncertain
        return rows.assign(shrunken=rows["mean"], testable=rows["n_people"] >= settings.people)
    weight = 1 / rows["error"] ** 2
    common = np.average(rows["mean"], weights=weight)
    spare = (weight * (rows["mean"] - common) ** 2).sum() - (len(rows) - 1)
    between = max(0.0, spare / (weight.sum() - (weight**2).sum() / weight.sum())) if len(rows) > 1 else 0.0
    centre = np.average(rows["mean"], weights=1 / (between + rows["error"] ** 2))
    trust = between / (between + rows["error"] ** 2)
    rows["shrunken"] = centre + trust * (rows["mean"] - centre)
    rows["testable"] = rows["n_people"] >= settings.people
    return rows
