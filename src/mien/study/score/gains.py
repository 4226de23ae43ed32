"""What tricks add to the open score and how machines score, as rows of a table with intervals over groups of people."""

import numpy as np

from mien import corpora, tables
from mien.evidence import intervals
from mien.study.score import sides

LINE, BIN = 50, 5
PERCENTILES = (5, 25, 50, 75, 95)
REAL = "none"
"""The policy of what nobody has touched."""
CHANGED = ("talk_share_B", "lag_B_s", "changes_per_min")
TRICKED, BUILT, UNTOUCHED = "real, with one trick", "constructed from real stretches", "real"

GAMING = tables.Table(
    "gaming",
    "corpus, sides, policy, dose, profile, quantity, target and place",
    (
        tables.Column("corpus", "AMI, GAP or ICSI", "text"),
        tables.Column("sides", "each: every person in turn against the others; halves: norms for two people", "text"),
        tables.Column("policy", "a trick, a machine, or none", "text"),
        tables.Column("dose", "in the unit of the trick; empty for combinations and machines", missing=True),
        tables.Column("profile", "norm_referenced, fixed_curve, or nothing", "text", missing=True),
        tables.Column("quantity", "what was found", "text"),
        tables.Column("target", "score, or the label whose quarters are compared", "text"),
        tables.Column("place", "percentile, or lower end of a bin of the distribution", missing=True),
        tables.Column("value", "points of 100, shares 0 to 1, seconds, ratios", missing=True),
        tables.Column("low", "lower end of the 95 % interval over groups", missing=True),
        tables.Column("high", "upper end of the 95 % interval over groups", missing=True),
        tables.Column("low90", "lower end of the 90 % interval over groups", missing=True),
        tables.Column("high90", "upper end of the 90 % interval over groups", missing=True),
        tables.Column("interval", "how the interval was made", "text", missing=True),
        tables.Column("n_sides", "sides (or pairs of radios) it rests on", low=0),
        tables.Column("n_recordings", "of how many recordings", low=0),
        tables.Column("n_groups", "that share no person", low=0),
        tables.Column("n_people", "number of people", low=0),
        tables.Column("n_draws", "how often each side was drawn", low=0),
        tables.Column("reference", "which norms", "text", missing=True),
        tables.Column("made", "real, real with one trick, or constructed from real stretches", "text"),
        tables.Column("licence", "the licence of the corpus, and of the row", "text"),
        tables.Column("why", "why a value is missing", "text", missing=True),
    ),
    ("corpus", "sides", "policy", "dose", "profile", "quantity", "target", "place"),
)
"""What was found, by trick and machine; no row is about one person."""


POINTS, SHARE = (-1e6, 1e6), (0, 1)
"""Between what a number lies: points, seconds and ratios anywhere, shares from 0 to 1."""


def both_levels(statistic, n_groups, bounds=POINTS):
    """A statistic of groups as two :class:`intervals.Estimate`, with its 95 % and its 90 % interval."""
    levels = intervals.IntervalSettings(), intervals.IntervalSettings(level=0.90)
    return tuple(intervals.estimate(statistic, n_groups, s, bounds, "too_few_people") for s in levels)


def bare(number):
    """A number without an interval, as two :class:`intervals.Estimate`."""
    return (intervals.Estimate(float(number), why="" if np.isfinite(number) else "not_computed"),) * 2


def over_draws(values):
    """The mean over draws (first axis), NaN left out; NaN where every draw lacks one."""
    there = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        return np.where(there, values, 0).sum(axis=0) / there.sum(axis=0)


class Book:
    """The rows of one corpus as they are found."""

    def __init__(self, one, reference):
        self.one, self.reference, self.rows = one, reference, []
        self.groups = np.unique(one.about["group_id"], return_inverse=True)[1]

    def mean(self, values, chosen=True, bounds=POINTS):
        """Two estimates (95 and 90 %) of the mean of values (sides,), NaN left out; and which sides they rest on."""
        there = np.isfinite(values) & chosen
        n, total = (np.bincount(self.groups, w, self.groups.max() + 1) for w in (there, np.where(there, values, 0)))

        def statistic(weights):
            with np.errstate(invalid="ignore", divide="ignore"):
                return (weights @ total) / (weights @ n)

        return both_levels(statistic, len(n), bounds), there

    def put(self, policy, quantity, estimates, there, **about):
        """Write a row: ``estimates`` at 95 and 90 %, of the sides ``there`` (sides,); ``about`` fills other columns."""
        told, narrow = estimates
        numbers = {"value": told.value, "low": told.low, "high": told.high, "low90": narrow.low, "high90": narrow.high}
        reason = told.why or ("too_few_people" if told.interval else "not_computed")
        missing = {name: reason for name, number in numbers.items() if not np.isfinite(number)}
        head = {"profile": "", "dose": np.nan, "target": "score", "place": np.nan, "sides": self.one.how, "n_draws": 1}
        row = head | numbers | self.counted(there) | {"reference": self.reference} | about
        row |= {"corpus": sides.NAMES[self.one.corpus], "policy": policy, "quantity": quantity}
        row |= {"interval": told.interval, "licence": corpora.named(self.one.corpus).LICENCE}
        row |= {"why": tables.why(missing)} | ({"reference": ""} if row["profile"] != "norm_referenced" else {})
        self.rows.append({name: row[name] for name in GAMING.names})

    def counted(self, there):
        """How many sides, recordings, groups and people ``there`` (sides,) are."""
        kept = self.one.about[there]
        counts = {f"n_{one}s": kept[f"{one}_id"].nunique() for one in ("recording", "group")}
        return {"n_sides": len(kept), "n_people": kept["person_id"].nunique()} | counts

    def gains(self, name, dose, moved, points, real):
        """What a trick adds to the score of every side that has one with and without it, and by which component.

        ``moved`` (sides, 3): the change of components; ``points``, ``real`` {profile: (sides,)}: after and before.
        """
        for profile, after in points.items():
            gain = after - real[profile]
            about = {"dose": dose, "profile": profile, "made": TRICKED}
            estimates, there = self.mean(gain)
            self.put(name, "gain", estimates, there, **about)
            self.put(name, "gain_median", bare(np.nanmedian(gain)), there, **about)
            lifted = np.where(np.isfinite(gain), after >= LINE, np.nan)
            self.put(name, "lifted_over_50", *self.mean(lifted, real[profile] < LINE, SHARE), **about)
            had = np.isfinite(real[profile])
            self.put(name, "still_scored", *self.mean(np.isfinite(gain).astype(float), had, SHARE), **about)
        for component, change in zip(CHANGED, moved.T, strict=True):
            self.put(name, f"change_{component}", *self.mean(change), dose=dose, made=TRICKED)

    def machine(self, name, found, points, inside=None, real=None):
        """How a machine in place of every side scores.

        ``found`` (draws, sides, 3): its components; ``points`` {profile: (draws, sides)}: its scores. ``inside``
        (draws, sides): the share of changes inside the other's speech; ``real`` as above, to compare with.
        """
        made = {"made": UNTOUCHED if name == REAL else BUILT, "n_draws": len(found)}
        for profile, score in points.items():
            about = made | {"profile": profile}
            self.put(name, "score", *self.mean(over_draws(score)), **about)
            above = np.where(np.isfinite(score), score >= LINE, np.nan)
            self.put(name, "share_at_50", *self.mean(over_draws(above), bounds=SHARE), **about)
            self.put(name, "scored_share", *self.mean(np.isfinite(score).mean(axis=0), bounds=SHARE), **about)
            if real:
                self.put(name, "minus_real", *self.mean(over_draws(score - real[profile])), **about)
            self._distribution(name, score, np.isfinite(score).any(axis=0), **about)
        for component, values in zip(CHANGED, np.moveaxis(found, -1, 0), strict=True):
            self.put(name, f"mean_{component}", *self.mean(over_draws(values)), **made)
        if inside is not None:
            self.put(name, "contained_share", *self.mean(over_draws(inside), bounds=SHARE), **made)

    def radios(self, name, found, points, reference, how):
        """How machines of two people (:class:`.machines.Pairs`) score against a ``reference`` of ``how``."""
        there = self.one.about["recording_id"].isin(found.recordings).to_numpy()
        made = {"made": BUILT, "sides": how, "reference": reference, "n_sides": len(found.components)}
        made["n_people"] = found.n_people
        for profile, score in points.items():
            about = made | {"profile": profile}
            above = np.where(np.isfinite(score), score >= LINE, np.nan)
            self.put(name, "score", found.mean(score), there, **about)
            self.put(name, "share_at_50", found.mean(above, SHARE), there, **about)
            self.put(name, "scored_share", found.mean(np.isfinite(score).astype(float), SHARE), there, **about)
            self._distribution(name, score, there, **about)
        for component, values in zip(CHANGED, found.components.T, strict=True):
            self.put(name, f"mean_{component}", found.mean(values), there, **made)
        self.put(name, "contained_share", found.mean(found.contained, SHARE), there, **made)

    def _distribution(self, name, score, there, **about):
        """Percentiles, and the share of scores in every bin of five points (the last holds 100)."""
        values = score[np.isfinite(score)]
        for percent in PERCENTILES:
            at = np.percentile(values, percent) if len(values) else np.nan
            self.put(name, "percentile", bare(at), there, place=percent, **about)
        counts = np.histogram(values, np.arange(0, 100 + BIN, BIN))[0]
        for start, count in zip(range(0, 100, BIN), counts, strict=True):
            share = count / len(values) if len(values) else np.nan
            self.put(name, "share_in_bin", bare(share), there, place=start, **about)

    def quarters(self, labels, real, tricked):
        """What the score tells apart of the top and the bottom quarter of each criterion, and gains over that.

        ``labels`` {target: (sides,)}; ``tricked`` {trick: {profile: points after}}. A ratio is given where the
        difference is clear of 0 and upwards; ``gain_over_quarters_at_least`` is the least that both intervals allow.
        """
        for target, values in labels.items():
            for profile, score in real.items():
                known = np.isfinite(values) & np.isfinite(score)
                bottom, top = (np.where(known, quarter(sign * values, known), 0) for sign in (-1, 1))
                about = {"target": target, "profile": profile, "made": UNTOUCHED}
                apart = self._apart(np.where(known, score, 0), bottom, top)
                difference = both_levels(apart, self.groups.max() + 1)
                self.put(REAL, "quarter_difference", difference, (bottom > 0) | (top > 0), **about)
                for word, end in (("bottom", bottom), ("top", top)):
                    mean = bare(score[known] @ end[known] / end.sum())
                    self.put(REAL, f"{word}_quarter_score", mean, end > 0, **about)
                for name, points in tricked.items():
                    gain = points[profile] - score
                    self._ratio(name, gain, apart, difference, about | {"made": TRICKED})

    def _apart(self, score, bottom, top):
        sums = [
            np.bincount(self.groups, end * what, self.groups.max() + 1) for end in (top, bottom) for what in (score, 1)
        ]

        def statistic(weights):
            with np.errstate(invalid="ignore", divide="ignore"):
                of_top, n_top, of_bottom, n_bottom = (weights @ one for one in sums)
                return of_top / n_top - of_bottom / n_bottom

        return statistic

    def _ratio(self, name, gain, apart, difference, about):
        (gained, _), there = self.mean(gain)
        n, total = (np.bincount(self.groups, w, self.groups.max() + 1) for w in (there, np.where(there, gain, 0)))
        told = difference[0]
        if told.low > 0:
            ratio = both_levels(lambda w: (w @ total) / (w @ n) / apart(w), len(n))
        else:
            why = "quarters_reversed" if told.high < 0 else "quarters_alike"
            ratio = (intervals.Estimate(np.nan, why=why if told.interval else "too_few_people"),) * 2
        self.put(name, "gain_over_quarters", ratio, there, **about)
        least = max(gained.low, 0) / max(abs(told.low), abs(told.high)) if told.interval else np.nan
        self.put(name, "gain_over_quarters_at_least", bare(least), there, **about)


def quarter(values, known):
    """How far each of the ``known`` values is in the top quarter, 0 to 1: those tied at its edge share what is left.

    >>> quarter(np.array([1, 2, 2, 2, 2, 3, 3, 3]), np.ones(8, bool)).round(2).tolist()
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.67, 0.67, 0.67]
    """
    wanted, of = known.sum() / 4, values[known]
    above = (of[None] > values[:, None]).sum(axis=1)
    tied = (of[None] == values[:, None]).sum(axis=1)
    return np.where(known, np.clip((wanted - above) / np.maximum(tied, 1), 0, 1), 0.0)
