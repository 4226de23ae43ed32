"""What an edit of timelines does to the scores of many sides: changes, crossings, ranks and losses, with intervals.

Conventions: values are (sides,) in the order of ``swept.one.about``; a statistic maps weights of groups (weightings,
groups) to values (weightings,), as ``evidence.intervals`` wants it; NaN is a side without a score.
"""

from functools import cache

import numpy as np
import pandas as pd

from mien import corpora, edits, scores, tables
from mien.edits import doses, floor
from mien.evidence import intervals
from mien.study import sides, sweep

LINES = (50, 61)
"""The vendor's published lines of decision (Z2)."""
LOST_POINTS = 10
"""The tolerance dose is the one at which the median side has lost so many points (E32)."""
LEVELS = (0.95, 0.90)
QUANTILES = ("median_change", "p95_abs_change", "tolerance_dose_s")
"""What is a quantile of sides: its interval is a bootstrap from 10 groups on, since leaving one group out moves a
quantile too little (Miller 1974, Biometrika 61: 1); all others are made as everywhere (``evidence.intervals``)."""
QUANTITIES = {
    "mean_score": "mean score, points of 100",
    "mean_change": "mean change, points",
    "median_change": "median change, points",
    "p95_abs_change": "95th percentile of the size of the change, points",
    "crossing_50": "share of sides that cross 50, either way",
    "pushed_under_50": "share of those at 50 or more that fall under it",
    "crossing_61": "share of sides that cross 61, either way",
    "rank_r": "rank correlation of scores before and after",
    "coverage_lost": "share of scored sides that have no score any more",
    "error_rate": "diarisation error rate that was reached, share of speech",
    "tolerance_dose_s": "latency at which the median side has lost 10 points, seconds",
}
"""What is found for each edit, dose and profile; the last two of a worse diarisation, and of latency as
a whole."""

AXES = {"network_delay": "one_way_delay", "diarisation_error": "diarisation_error"}
"""The axes of C5 that touch who speaks when, by edit."""


class Book:
    """The rows of one corpus and way of making sides."""

    def __init__(self, swept, norms, reference):
        self.swept, self.norms, self.reference = swept, norms, reference
        self.about = swept.one.about
        self.groups = np.unique(self.about["group_id"], return_inverse=True)[1]

    def rows(self):
        """All of them: each change under each profile, and the tolerance dose."""
        before = sides.points(self.swept.before, self.swept.one, self.norms)
        after = [
            sides.points(self.swept.after[:, k], self.swept.one, self.norms) for k in range(len(self.swept.changes))
        ]
        rows, nothing = [], sweep.Change("latency", 0.0, "s")
        for profile in scores.PROFILES:
            was = before[profile]
            rows += [row for row in self._of(nothing, profile, was, was) if row["quantity"] == "mean_score"]
            later = np.stack([found[profile] for found in after], axis=1)
            for number, change in enumerate(self.swept.changes):
                rows += self._of(change, profile, was, later[:, number]) + self._reached(change, profile)
            rows.append(self._tolerance(profile, was, later))
        return rows

    def _of(self, change, profile, was, now):
        both = np.isfinite(was) & np.isfinite(now)
        step = np.where(both, now - was, np.nan)
        said = {
            "mean_score": (self.mean(np.where(both, now, np.nan)), both),
            "mean_change": (self.mean(step), both),
            "median_change": (self.quantile(step, 0.5), both),
            "p95_abs_change": (self.quantile(np.abs(step), 0.95), both),
            "pushed_under_50": (self.mean(np.where(both & (was >= 50), now < 50, np.nan)), both & (was >= 50)),
            "rank_r": (self.rank_r(was, now, both), both),
            "coverage_lost": (self.mean(np.where(np.isfinite(was), ~both, np.nan)), np.isfinite(was)),
        }
        for line in LINES:
            crossed = np.where(both, (was >= line) != (now >= line), np.nan)
            said[f"crossing_{line}"] = (self.mean(crossed), both)
        bounds = dict.fromkeys(said, (0, 1)) | dict.fromkeys(("mean_change", "median_change"), (-100, 100))
        bounds |= {"p95_abs_change": (0, 100), "mean_score": (0, 100), "rank_r": (-1, 1)}
        about = {"edit": change.edit, "variant": change.variant, "dose": change.dose, "unit": change.unit}
        about |= {"decides": decides(change), "profile": profile}
        return [
            about | {"quantity": name} | self.estimate(name, *of, bounds=bounds[name])
            for name, of in said.items()
            if name in QUANTITIES
        ]

    def _reached(self, change, profile):
        """The error rate in the recordings in which it was measured: it is the edit's, and so has no interval."""
        rates = self.swept.reached.get(change)
        if not rates or self.swept.one.how != "each":
            return []
        about = {"edit": change.edit, "variant": change.variant, "dose": change.dose, "unit": change.unit}
        about |= {"decides": decides(change), "profile": profile, "quantity": "error_rate", "value": np.mean(rates)}
        return [about | self.blank(len(rates))]

    def blank(self, n_recordings):
        """What a row has that is of no side."""
        ends = dict.fromkeys(("low", "high", "low90", "high90"), np.nan)
        counts = {"n_sides": 0, "n_people": 0, "n_recordings": n_recordings, "n_groups": 0}
        one = {"corpus": self.swept.one.corpus, "sides": self.swept.one.how, "interval": "", "reference": ""}
        return one | ends | counts | {"licence": corpora.named(self.swept.one.corpus).LICENCE, "why": ""}

    def _tolerance(self, profile, was, later):
        kept = [k for k, change in enumerate(self.swept.changes) if change.edit == "latency" and change.dose > 0]
        doses_s = np.array([self.swept.changes[k].dose for k in kept])
        medians = [self.quantile(later[:, k] - was, 0.5) for k in kept]

        def statistic(weights):
            return first_loss(doses_s, np.stack([median(weights) for median in medians], axis=1))

        about = {"edit": "latency", "variant": "", "dose": np.nan, "unit": "s", "decides": False, "profile": profile}
        name = "tolerance_dose_s"
        found = self.estimate(name, statistic, np.isfinite(was), bounds=(0, 1e3), why="not_reached")
        return about | {"quantity": name} | found

    def mean(self, values):
        """Weights (weightings, groups) to the mean of values (sides,), NaN left out."""
        there, k = np.isfinite(values), self.groups.max() + 1
        n, total = (np.bincount(self.groups, w, k) for w in (there, np.where(there, values, 0.0)))

        def statistic(weights):
            with np.errstate(invalid="ignore", divide="ignore"):
                return (weights @ total) / (weights @ n)

        return statistic

    def quantile(self, values, share):
        """Weights to the least value that at least a ``share`` of the sides do not exceed."""
        there = np.flatnonzero(np.isfinite(values))
        order = there[np.argsort(values[there], kind="stable")]

        def statistic(weights):
            if not len(order):
                return np.full(len(weights), np.nan)
            below = np.cumsum(weights[:, self.groups[order]], axis=1)
            total = below[:, -1]
            place = (below >= share * total[:, None] - 1e-9).argmax(axis=1)
            return np.where(total > 0, values[order[place]], np.nan)

        return statistic

    def rank_r(self, was, now, both):
        """Weights to the correlation of the ranks that the scores of all sides have before and after."""
        ranks = [pd.Series(np.where(both, values, np.nan)).rank().to_numpy() for values in (was, now)]
        x, y = (np.where(both, rank - np.nanmean(rank) if both.any() else 0.0, 0.0) for rank in ranks)
        parts = [np.bincount(self.groups, w, self.groups.max() + 1) for w in (both, x, y, x * x, y * y, x * y)]

        def statistic(weights):
            with np.errstate(invalid="ignore", divide="ignore"):
                n, sx, sy, xx, yy, xy = (weights @ part for part in parts)
                return (xy - sx * sy / n) / np.sqrt((xx - sx**2 / n) * (yy - sy**2 / n))

        return statistic

    def estimate(self, name, statistic, there, bounds, why="not_computed"):
        """A statistic with its intervals over groups, and what it rests on, as part of a row."""
        n_groups = self.groups.max() + 1
        value = float(statistic(np.ones((1, n_groups)))[0])
        found, method, own = [(np.nan, np.nan)] * 2, "", self.about[there]
        if np.isfinite(value) and n_groups > 1:
            settings = intervals.IntervalSettings(**({"few_groups": 10} if name in QUANTILES else {}))
            found, method = intervals.at_levels(statistic, n_groups, settings, LEVELS, bounds)
        ends = dict(zip(("low", "high", "low90", "high90"), (end for pair in found for end in pair), strict=True))
        reasons = {name: "too_few_people" for name, end in ends.items() if not np.isfinite(end)}
        reasons = dict.fromkeys(("value", *ends), why) if not np.isfinite(value) else reasons
        people = {person for who in own["person_id"] for person in who.split("+")}
        return {
            "corpus": self.swept.one.corpus,
            "sides": self.swept.one.how,
            "value": value,
            **ends,
            "interval": method,
            "n_sides": int(there.sum()),
            "n_people": len(people),
            "n_recordings": own["recording_id"].nunique(),
            "n_groups": own["group_id"].nunique(),
            "reference": self.reference,
            "licence": corpora.named(self.swept.one.corpus).LICENCE,
            "why": tables.why(reasons),
        }


def first_loss(doses, changes, points=LOST_POINTS):
    """The least dose at which ``changes`` (rows, doses) come down to minus ``points``: (rows,); NaN where none does.

    Between doses, and from no dose at all, changes are taken to run straight.

    >>> first_loss(np.array([0.1, 0.2]), np.array([[-5.0, -15.0], [-1.0, -2.0]])).round(3).tolist()
    [0.15, nan]
    """
    doses = np.concatenate([[0.0], doses])
    changes = np.concatenate([np.zeros((len(changes), 1)), changes], axis=1)
    lost = changes <= -points
    at = np.maximum(lost.argmax(axis=1), 1)
    row = np.arange(len(changes))
    before, after = changes[row, at - 1], changes[row, at]
    with np.errstate(invalid="ignore", divide="ignore"):
        part = (-points - before) / (after - before)
    return np.where(lost.any(axis=1), doses[at - 1] + part * (doses[at] - doses[at - 1]), np.nan)


def decides(change):
    """Whether the rules let a dose decide: of C5 by axis, of C6 a latency whose size has a named source.

    AUDIT 6.7 says how much error of a diarisation decides and not where it lies: ``doses.csv`` has where.
    """
    edit = {"latency": "add_latency_B_s"} | AXES
    return (edit.get(change.edit), change.variant, round(change.dose, 6)) in _deciding()


@cache
def _deciding():
    table = doses.read()
    mine = table[table["decides"] & table["edit"].isin(["add_latency_B_s", *AXES.values()])]
    return {(row.edit, row.variant, round(float(row.value), 6)) for row in mine.itertuples()}


# --- one recording ----------------------------------------------------------------------------------------------------

TRIED_S = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.2, 1.5, 2.0, 2.5, 3.0)
"""Latencies tried on one recording; a longer one is a lapse, which no score counts as an answer."""


def tolerance_doses(segments, roles, duration_s, norms):
    """By profile: the latency (s) at which one side of one recording has lost 10 points; NaN where none tried does.

    ``roles`` {person_id: A or B}. Each answer of B in this very recording is moved, and all that follows with it
    (``edits.latency``). A score that is lost altogether before it has lost 10 points has no tolerance dose either.
    """
    b = {person for person, side in roles.items() if side == "B"}
    speech = floor.Speech.of(segments, roles)
    moved = [edits.latency(speech, b, dose, duration_s) for dose in (0.0, *TRIED_S)]
    parts = np.array([floor.components(*_sided(one, b))[0] for one in moved])
    found = {"norm_referenced": scores.norm_referenced(parts, norms), "fixed_curve": scores.fixed_curve(parts)}
    return {name: float(first_loss(np.array(TRIED_S), (e[1:] - e[0])[None])[0]) for name, e in found.items()}


def _sided(edited, b):
    return edited[0], b, edited[1]
