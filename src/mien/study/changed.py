"""The same recording, the same people, one thing changed: what becomes of the score; committed tables.

Nothing here is about anybody's engagement: the conversation, and whatever people felt, is untouched by construction.
Real timelines of three corpora are edited (see ``sweep``); a dose is a size with a source, never a diagnosis.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from mien import corpora, scores, tables
from mien.edits import doses
from mien.evidence import intervals
from mien.study import sides, sweep

NOTEBOOKS = ("12_one_thing_changed",)
FILES = {"changed_scores": "changed_scores.csv", "changed_quantities": "changed_quantities.csv"}

LINES = (50, 61)
"""The vendor's published lines of decision (Z2)."""
LOST_POINTS = 10
"""The tolerance dose is the one at which the median side has lost so many points (E32)."""
LEVELS = (0.95, 0.90)
QUANTITIES = {
    "mean_change": "mean change, points",
    "median_change": "median change, points",
    "p95_abs_change": "95th percentile of the size of the change, points",
    "crossing_50": "share of sides that cross 50, either way",
    "pushed_under_50": "share of those at 50 or more that fall under it",
    "crossing_61": "share of sides that cross 61, either way",
    "rank_r": "rank correlation of scores before and after",
    "coverage_lost": "share of scored sides that have no score any more",
    "tolerance_dose_s": "latency at which the median side has lost 10 points, seconds",
}
"""What is found for each edit, dose and profile; the last one for latency as a whole."""

CHANGED = tables.Table(
    "changed_scores",
    "corpus, way of making sides, edit, variant, dose, profile and quantity",
    (
        tables.Column("corpus", "which corpus", "text"),
        tables.Column("sides", "each or halves", "text"),
        tables.Column("edit", "a function of mien.edits", "text"),
        tables.Column("variant", "where it is recorded, what goes wrong; empty where there is one way", "text"),
        tables.Column("dose", "how much, in the unit; empty for a sweep as a whole", missing=True),
        tables.Column("unit", "s, times or share", "text"),
        tables.Column("decides", "whether the rules let this dose decide", "flag"),
        tables.Column("profile", "norm_referenced or fixed_curve", "text"),
        tables.Column("quantity", "what was found (study.changed.QUANTITIES)", "text"),
        tables.Column("value", "points of 100, shares 0 to 1, correlations, or seconds", missing=True),
        tables.Column("low", "lower end of the 95 % interval over groups", missing=True),
        tables.Column("high", "upper end of the 95 % interval over groups", missing=True),
        tables.Column("low90", "lower end of the 90 % interval", missing=True),
        tables.Column("high90", "upper end of the 90 % interval", missing=True),
        tables.Column("interval", "how the interval was made", "text", missing=True),
        tables.Column("n_sides", "how many sides it rests on", low=0),
        tables.Column("n_people", "of how many people", low=0),
        tables.Column("n_recordings", "in how many recordings", low=0),
        tables.Column("n_groups", "in groups that share no person", low=0),
        tables.Column("reference", "which norms", "text", missing=True),
        tables.Column("licence", "the licence of the corpus, and of the row", "text"),
        tables.Column("why", "why a value is missing", "text", missing=True),
    ),
    ("corpus", "sides", "edit", "variant", "dose", "profile", "quantity"),
)


def remake(folders, out, tick=lambda *_: None):
    """Make the two tables from the corpora, which stay with their makers; return their paths.

    ``folders``: the folder of each of :data:`mien.corpora.TIMED`, by name. Raises as ``conversations.remake`` does.
    """
    every = {name: sweep.of_corpus(name, folders[name], tick=tick) for name in corpora.TIMED}
    found = of(every)
    Path(out).mkdir(parents=True, exist_ok=True)
    return [tables.write(table, Path(out) / FILES[name]) for name, table in found.items()]


def of(every):
    """The two tables of what was swept: ``every`` {corpus: {how: swept}}."""
    norms, rows = sweep.norms_of(every), []
    for name, found in every.items():
        for how, swept in found.items():
            rows += _Book(swept, *norms[name, how]).rows()
    changed = CHANGED.check(pd.DataFrame(rows))
    return {"changed_scores": changed, "changed_quantities": quantities(changed)}


# --- what is found ----------------------------------------------------------------------------------------------------


class _Book:
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
        rows = []
        for profile in scores.PROFILES:
            was = before[profile]
            later = np.stack([found[profile] for found in after], axis=1)
            for number, change in enumerate(self.swept.changes):
                rows += self._of(change, profile, was, later[:, number])
            rows.append(self._tolerance(profile, was, later))
        return rows

    def _of(self, change, profile, was, now):
        both = np.isfinite(was) & np.isfinite(now)
        step = np.where(both, now - was, np.nan)
        said = {
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
        bounds |= {"p95_abs_change": (0, 100), "rank_r": (-1, 1)}
        about = {"edit": change.edit, "variant": change.variant, "dose": change.dose, "unit": change.unit}
        about |= {"decides": decides(change), "profile": profile}
        return [
            about | {"quantity": name} | self.estimate(*of, bounds=bounds[name])
            for name, of in said.items()
            if name in QUANTITIES
        ]

    def _tolerance(self, profile, was, later):
        kept = [k for k, change in enumerate(self.swept.changes) if change.edit == "latency" and change.dose > 0]
        doses_s = np.array([self.swept.changes[k].dose for k in kept])
        medians = [self.quantile(later[:, k] - was, 0.5) for k in kept]

        def statistic(weights):
            return first_loss(doses_s, np.stack([median(weights) for median in medians], axis=1))

        about = {"edit": "latency", "variant": "", "dose": np.nan, "unit": "s", "decides": False, "profile": profile}
        found = self.estimate(statistic, np.isfinite(was), bounds=(0, 1e3), why="not_reached")
        return about | {"quantity": "tolerance_dose_s"} | found

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

    def estimate(self, statistic, there, bounds, why="not_computed"):
        """A statistic with its intervals over groups, and what it rests on, as part of a row."""
        n_groups = self.groups.max() + 1
        value = float(statistic(np.ones((1, n_groups)))[0])
        found, method, own = [(np.nan, np.nan)] * 2, "", self.about[there]
        if np.isfinite(value) and n_groups > 1:
            found, method = intervals.at_levels(statistic, n_groups, intervals.IntervalSettings(), LEVELS, bounds)
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


# --- for the rules ----------------------------------------------------------------------------------------------------

C5, C6 = "C5_nuisance", "C6_individual"
ASKED = {
    C5: {"dscore_abs_p95": "p95_abs_change", "crossing": "crossing_50"},
    C6: {"pen": "mean_change", "crossing": "pushed_under_50"},
}
"""What each claim asks for (AUDIT 7.3), and where it stands here. C5 counts crossings either way, C6 those downwards."""
AXES = {"network_delay": "one_way_delay", "diarisation_error": "diarisation_error"}
"""The axes of C5 that touch who speaks when, by edit."""


def decides(change):
    """Whether the rules let a dose decide: of C5 by axis, of C6 a latency whose size has a named source."""
    table = doses.read()
    names = {AXES.get(change.edit), "add_latency_B_s" if change.edit == "latency" else None} - {None}
    mine = table[table["edit"].isin(names) & table["decides"]]
    return bool((pd.to_numeric(mine["value"], errors="coerce") - change.dose).abs().lt(1e-9).any())


def quantities(changed):
    """The rows of C5 and C6 (:data:`tables.QUANTITIES`): each person in turn as B, deciding doses only."""
    mine, rows = changed[(changed["sides"] == "each") & changed["decides"]], []
    for claim, asked in ASKED.items():
        own = mine[mine["edit"].isin(AXES) if claim == C5 else mine["edit"] == "latency"]
        for (corpus, profile), found in own.groupby(["corpus", "profile"], sort=False):
            about = {"corpus": sides.NAMES[corpus], "target": "score", "signals": "turn", "profile": profile}
            about |= {"metric": "", "claim": claim}
            parts = [
                _quantity(about, row, name)
                for name, quantity in asked.items()
                for row in found[found["quantity"] == quantity].to_dict("records")
            ]
            rows += parts
            if claim == C6:
                rows += [_sized(row) for row in parts if row["quantity"] == "pen"]
                rows.append(_counted(about, found))
    return tables.QUANTITIES.check(pd.DataFrame(rows)[[column.name for column in tables.QUANTITIES.columns]])


def _quantity(about, row, name):
    axis = AXES.get(row["edit"], row["edit"])
    part = f"{axis}={row['dose']:g}" + (f"@{row['variant']}" if row["variant"] else "")
    kept = {key: row[key] for key in ("value", "low", "high", "low90", "high90", "interval", "n_people", "n_groups")}
    source = f"changed_scores: {row['quantity']} of {row['edit']}"
    return about | {"quantity": name, "part": part} | kept | {"n_windows": np.nan, "source": source, "why": row["why"]}


def _sized(row):
    """The size of a mean change, with the ends that its interval has without its sign."""
    found = row | {"quantity": "pen_abs", "value": abs(row["value"])}
    for low, high in (("low", "high"), ("low90", "high90")):
        ends = sorted((abs(row[low]), abs(row[high])))
        found |= {low: 0.0 if row[low] <= 0 <= row[high] else ends[0], high: ends[1]}
    return found


def _counted(about, found):
    """How many doses that decide were run."""
    first = found.iloc[0]
    row = dict.fromkeys(("low", "high", "low90", "high90", "n_windows"), np.nan)
    row |= {"quantity": "n_deciding_doses", "part": "", "value": float(found["dose"].nunique()), "interval": ""}
    row |= {"n_people": first["n_people"], "n_groups": first["n_groups"], "source": "changed_scores", "why": ""}
    return about | row


def read(data, names=tuple(FILES)):
    """Those of the tables that are among ``names``, by name."""
    found = {}
    if "changed_scores" in names:
        texts = ["variant", "interval", "reference", "why"]
        table = pd.read_csv(Path(data) / FILES["changed_scores"]).fillna(dict.fromkeys(texts, ""))
        found["changed_scores"] = CHANGED.check(table, FILES["changed_scores"])
    if "changed_quantities" in names:
        found["changed_quantities"] = tables.read(Path(data) / FILES["changed_quantities"], tables.QUANTITIES)
    return found
