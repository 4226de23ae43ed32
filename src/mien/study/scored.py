"""The open score on three corpora of meetings: what it says, how sure it is, and what moves it; committed tables.

Nothing here is about anybody's engagement. Scores are those of sides made of the people present (see ``sides``), with a
reference that never holds the recording, and no row is about fewer than ten people: rows are whole corpora (AUDIT R6).
"""

from pathlib import Path

import numpy as np
import pandas as pd

from mien import corpora, scores, tables
from mien.evidence import intervals, reliability
from mien.study import score_words, sides

NOTEBOOKS = ()
FILES = {"score_reference": scores.FILE, "score_spread": "score_spread.csv", "score_facts": "score_facts.csv"}
"""The tables, by name: references; how the means of meetings lie in a corpus; a row per corpus and quantity."""

DELAYS_S = (0.1, 0.2, 0.35, 0.6, 1.2, -0.3)
LENGTHS_MIN = (5, 10, 15, 30)
PERCENTS = (10, 25, 50, 75, 90)
"""Where the means of meetings are read off; never at an end, which would be one meeting of a few people."""
PAGE = {
    ("shift", "norm_referenced"): (-9.9, -19.2, -31.8, -43.8, -48.3, 24.1),
    ("shift", "fixed_curve"): (-0.7, -1.6, -3.4, -8.0, -22.8, 1.1),
    ("pushed_under_50", "norm_referenced"): (0.26, 0.48, 0.79, 0.98, 1.0, np.nan),
    ("sem_length_alone", "norm_referenced"): (18.5, 14.0, 11.7, 8.5),
    ("retest_icc", "norm_referenced"): (0.69, 0.81, 0.87, 0.93),
}
"""What the measurement specification (AUDIT 4.1) found for pairs it made up, by quantity and profile; to sit beside."""

SIMULATED = {("sd_lag_B", ""): 0.13, ("spec_range", "fixed_curve"): 17.8, ("spec_rank_r_median", "fixed_curve"): 0.98}
SIMULATED |= {("spec_rank_r_min", "fixed_curve"): 0.54}

FACTS = tables.Table(
    "score_facts",
    "corpus, way of making sides, quantity, profile and dose",
    (
        tables.Column("corpus", "which corpus", "text"),
        tables.Column("sides", "each or halves", "text"),
        tables.Column("quantity", "what was found", "text"),
        tables.Column("profile", "norm_referenced, fixed_curve, or nothing", "text", missing=True),
        tables.Column("dose", "seconds of delay or minutes of recording", missing=True),
        tables.Column("value", "points of 100, shares 0 to 1, seconds, or correlations", missing=True),
        tables.Column("low", "lower end of the 95 % interval over groups", missing=True),
        tables.Column("high", "upper end of the 95 % interval over groups", missing=True),
        tables.Column("simulated", "the same for made-up pairs in AUDIT 4.1 (SYNTHETIC)", missing=True),
        tables.Column("n_sides", "how many sides it rests on", low=0),
        tables.Column("n_recordings", "of how many recordings", low=0),
        tables.Column("n_groups", "that share no person", low=0),
        tables.Column("reference", "which norms", "text", missing=True),
        tables.Column("licence", "the licence of the corpus, and of the row", "text"),
        tables.Column("why", "why a value is missing", "text", missing=True),
    ),
    ("corpus", "sides", "quantity", "profile", "dose"),
)


SPREAD = tables.Table(
    "score_spread",
    "corpus, way of making sides, and component or profile",
    (
        tables.Column("corpus", "which corpus", "text"),
        tables.Column("sides", "each or halves", "text"),
        tables.Column("measure", "component, or profile of the score", "text"),
        *(tables.Column(f"p{percent}", f"percentile {percent} of the means of meetings") for percent in PERCENTS),
        tables.Column("mean", "mean of the means of meetings"),
        tables.Column("sd", "their standard deviation"),
        tables.Column("sd_within", "median over meetings of the standard deviation between the sides of one"),
        tables.Column("n_meetings", "how many meetings", low=10),
        tables.Column("n_sides", "how many sides they have", low=10),
        tables.Column("n_people", "how many people these are", low=10),
        tables.Column("reference", "which norms", "text", missing=True),
        tables.Column("licence", "the licence of the corpus, and of the row", "text"),
    ),
    ("corpus", "sides", "measure"),
)


def remake(folders, out, tick=lambda *_: None):
    """Make the three tables from the corpora, which stay with their makers; return their paths.

    ``folders``: the folder of each of :data:`mien.corpora.TIMED`, by name. Raises as ``conversations.remake`` does.
    """
    every = {name: sides.of_corpus(name, folders[name], tick) for name in corpora.TIMED}
    made = [of(one, every) for corpus in every.values() for one in corpus.values()]
    found = {
        "score_reference": sides.references(every),
        "score_spread": SPREAD.check(pd.concat([spread for spread, _ in made], ignore_index=True)),
        "score_facts": FACTS.check(pd.concat([facts for _, facts in made], ignore_index=True)),
    }
    Path(out).mkdir(parents=True, exist_ok=True)
    return [tables.write(table, Path(out) / FILES[name]) for name, table in found.items()]


def of(one, every):
    """How the means of the meetings of one corpus lie, and the facts of its sides."""
    norms, reference = sides.norms_without(one, every)
    found = sides.points(one.default, one, norms)
    book = Book(one, reference)
    _spread(book, one, found)
    _alone(book, one, found, norms)
    _delays(book, one, found, norms)
    _lengths(book, one, norms)
    _length_alone(book, one, norms)
    _choices(book, one, every)
    _other_references(book, one, every, found)
    _persons(book, one, found)
    return spread_of(one, found, reference), pd.DataFrame(book.rows)


class Book:
    """The facts of one corpus as they are found, each with its interval over groups."""

    def __init__(self, one, reference):
        self.one, self.rows, self.reference = one, [], reference
        self.groups = np.unique(one.about["group_id"], return_inverse=True)[1]
        self.licence = corpora.named(one.corpus).LICENCE

    def put(self, quantity, estimate, n_sides, profile="", dose=np.nan, simulated=np.nan, n_recordings=None):
        """Write a fact down; ``estimate`` is an :class:`intervals.Estimate` or a bare number."""
        bare = not isinstance(estimate, intervals.Estimate)
        estimate = (
            intervals.Estimate(estimate, why="" if np.isfinite(estimate) else "not_computed") if bare else estimate
        )
        missing = {"value": estimate.value, "low": estimate.low, "high": estimate.high}
        reason = estimate.why or ("not_computed" if bare else "too_few_people")
        why = tables.why({name: reason for name, value in missing.items() if not np.isfinite(value)})
        about = {"corpus": self.one.corpus, "sides": self.one.how, "quantity": quantity, "profile": profile}
        counts = {"n_sides": int(n_sides), "n_recordings": n_recordings or self.one.about["recording_id"].nunique()}
        counts |= {
            "n_groups": self.groups.max() + 1,
            "reference": self.reference if profile == "norm_referenced" else "",
        }
        simulated = SIMULATED.get((quantity, profile), simulated)
        self.rows.append(
            about | {"dose": dose} | missing | {"simulated": simulated} | counts | {"licence": self.licence, "why": why}
        )

    def mean(self, values, chosen=None):
        """The mean of values (sides,), NaN left out, over the ``chosen``, with its interval; and how many they are."""
        there = np.isfinite(values) if chosen is None else np.isfinite(values) & chosen
        n, total = (np.bincount(self.groups, w, self.groups.max() + 1) for w in (there, np.where(there, values, 0)))

        def statistic(weights):
            with np.errstate(invalid="ignore", divide="ignore"):
                return (weights @ total) / (weights @ n)

        return intervals.estimate(statistic, len(n), bounds=(-1e3, 1e3), why="too_few_people"), there.sum()

    def sd(self, values):
        """The standard deviation of values (sides,), with its interval; and how many they are."""
        there = np.isfinite(values)
        centred = np.where(there, values - np.nanmean(values), 0)
        n, total, square = (np.bincount(self.groups, w, self.groups.max() + 1) for w in (there, centred, centred**2))

        def statistic(weights):
            with np.errstate(invalid="ignore", divide="ignore"):
                n_all = weights @ n
                return np.sqrt(((weights @ square) - (weights @ total) ** 2 / n_all) / (n_all - 1))

        return intervals.estimate(statistic, len(n), bounds=(0, 1e3), why="too_few_people"), there.sum()


def _spread(book, one, found):
    """How many are scored, how the scores lie, and the spread of each component."""
    for profile, score in found.items():
        book.put("scored_share", *book.mean(np.isfinite(score).astype(float)), profile)
        book.put("mean", *book.mean(score), profile)
        book.put("sd", *book.sd(score), profile)
        there = np.isfinite(score)
        book.put("share_at_50", *book.mean(np.where(there, score >= 50, np.nan)), profile)
        for percent in (5, 25, 50, 75, 95):
            book.put("percentile", float(np.nanpercentile(score, percent)), there.sum(), profile, percent)
    for name, values in zip(scores.COMPONENTS, one.default.T, strict=True):
        book.put(f"mean_{name}", *book.mean(values))
        book.put(f"sd_{name}", *book.sd(values))
    recordings = pd.Series(one.default[:, 1]).groupby(one.about["recording_id"].to_numpy()).mean()
    book.put("sd_lag_B_of_recording_means", float(recordings.std()), len(recordings))
    book.rows = [row | ({"simulated": 0.13} if row["quantity"] == "sd_lag_B_s" else {}) for row in book.rows]


def _delays(book, one, found, norms):
    """What B's answers coming later (or earlier, with a filler) does to both profiles, nothing else being changed."""
    for number, by_s in enumerate(DELAYS_S):
        moved = np.array([_moved(one.lines[row.recording_id], row.b, by_s) for row in one.about.itertuples()])
        after = sides.points(moved, one, norms)
        for profile, before in found.items():
            change, was_above = after[profile] - before, before >= 50
            pushed = np.where(np.isfinite(change), after[profile] < 50, np.nan)
            page = {what: PAGE.get((what, profile), (np.nan,) * 6)[number] for what in ("shift", "pushed_under_50")}
            book.put("shift", *book.mean(change), profile, by_s, page["shift"])
            book.put("pushed_under_50", *book.mean(pushed, was_above), profile, by_s, page["pushed_under_50"])


def _moved(line, b, by_s):
    flags = line.side(b)
    return scores.components(scores.delayed(line, flags, by_s), flags)[0]


def _lengths(book, one, norms):
    """How much the score of a short recording is chance: pieces of the same recording, scored each."""
    for number, minutes in enumerate(LENGTHS_MIN):
        found = [_cut(one.lines[row.recording_id], row.b, 60 * minutes) for row in one.about.itertuples()]
        most = max(map(len, found), default=0)
        if most < 2:
            continue
        padded = np.full((len(found), most, 3), np.nan)
        for at, piece in enumerate(found):
            padded[at, : len(piece)] = piece
        cut = np.array([[at < len(piece) for at in range(most)] for piece in found])
        for profile, score in _points_of(padded, one, norms).items():
            n = np.isfinite(score).sum(axis=1)
            usable = n > 1
            page = {what: PAGE.get((what, profile), (np.nan,) * 4)[number] for what in ("retest_icc",)}
            recordings = one.about.loc[usable, "recording_id"].nunique()
            book.put(
                "piece_scored_share",
                float(np.isfinite(score).sum() / cut.sum()),
                cut.any(axis=1).sum(),
                profile,
                minutes,
            )
            if usable.sum() < 3:
                continue
            within = np.nanvar(score[usable], axis=1, ddof=1)
            error = float(np.sqrt((within * (n[usable] - 1)).sum() / (n[usable] - 1).sum()))
            icc = reliability.icc(score[usable], "1,1", book.groups[usable])
            book.put("sem", error, usable.sum(), profile, minutes, n_recordings=recordings)
            book.put("retest_icc", icc, usable.sum(), profile, minutes, page["retest_icc"], recordings)


DRAW = scores.ScoreSettings(n_bootstrap=200)


def _length_alone(book, one, norms):
    """The standard error of a score from finite length alone: blocks of a recording put together at random, so that
    nothing differs but which minutes were heard; of recordings that are at least that long."""
    for number, minutes in enumerate(LENGTHS_MIN):
        found = np.full((len(one.about), DRAW.n_bootstrap, 3), np.nan)
        for at, row in enumerate(one.about.itertuples()):
            line = one.lines[row.recording_id]
            if line.duration_ms >= 60_000 * minutes:
                name = f"{row.recording_id}/{row.person_id}/{minutes}"
                found[at] = scores.resampled(line, line.side(row.b), name, DRAW, length_s=60 * minutes)
        for profile, score in _points_of(found, one, norms).items():
            there = np.isfinite(score).mean(axis=1) > 0.95
            variance = np.full(len(score), np.nan)
            variance[there] = np.nanvar(score[there], axis=1, ddof=1)
            if there.any():
                error = float(np.sqrt(np.nanmean(variance)))
                page = PAGE.get(("sem_length_alone", profile), (np.nan,) * 4)[number]
                n = one.about.loc[there, "recording_id"].nunique()
                book.put("sem_length_alone", error, there.sum(), profile, minutes, page, n)


def _alone(book, one, found, norms):
    """How far each component alone puts the same sides in the same order as the score."""
    for name, weights in scores.ALONE.items():
        own = {"fixed_curve": scores.fixed_curve(one.default, None, weights)}
        own["norm_referenced"] = sides.points(one.default, one, norms, weights)["norm_referenced"]
        for profile, values in own.items():
            there = np.isfinite(values) & np.isfinite(found[profile])
            r = pd.Series(values[there]).corr(pd.Series(found[profile][there]), method="spearman")
            book.put(f"rank_r_with_{name}", float(r), there.sum(), profile)


def _cut(line, b, length_s):
    return scores.pieces(line, line.side(b), length_s)


def _points_of(padded, one, norms):
    flat = [sides.points(padded[:, at], one, norms) for at in range(padded.shape[1])]
    return {profile: np.stack([part[profile] for part in flat], axis=1) for profile in scores.PROFILES}


def _choices(book, one, every):
    """How far the score is a matter of the analyst's choices (AUDIT O8), with norms of the same specification."""
    for profile, all_scores in sides.specifications(one, every).items():
        told = scores.summed_up(all_scores)
        names = {"spec_range_pts_median": "spec_range", "spec_rank_r_median": "spec_rank_r_median"}
        for key, name in (names | {"spec_rank_r_min": "spec_rank_r_min"}).items():
            book.put(name, told[key], told["n_recordings"], profile, told["n_specifications"])


def _other_references(book, one, every, found):
    """What another reference would have said of the same sides."""
    for corpus, made in every.items():
        for how, other in made.items():
            if (corpus, how) != (one.corpus, one.how):
                norms = scores.norms_of(scores.oriented(other.default), other.id)
                change = scores.norm_referenced(one.default, norms) - found["norm_referenced"]
                book.put(f"mean_change_with_{other.id}", *book.mean(change), "norm_referenced")
                book.put(f"mean_abs_change_with_{other.id}", *book.mean(np.abs(change)), "norm_referenced")


def _persons(book, one, found):
    """How much of the score is who is judged (E22), where the same people were in several meetings."""
    if one.how != "each" or one.about["person_id"].duplicated().sum() == 0:
        return
    about = one.about
    told = {**found, "": one.default[:, 1]}
    for profile, values in told.items():
        there = np.isfinite(values)
        repeated = about["person_id"].where(there).map(about["person_id"][there].value_counts()) > 1
        kept = there & repeated.to_numpy()
        own = (values[kept], about["person_id"][kept].to_numpy(), book.groups[kept])
        share = reliability.trait_share(*own)
        name = "trait_share" if profile else "trait_share_lag_B"
        book.put(name, share, kept.sum(), profile, n_recordings=about.loc[kept, "recording_id"].nunique())
        mixed = {"person": own[1], "recording": about["recording_id"][kept].to_numpy()}
        for factor, estimate in reliability.variance_components(values[kept], mixed, book.groups[kept]).items():
            book.put(f"variance_{factor}{'' if profile else '_lag_B'}", estimate, kept.sum(), profile)


def spread_of(one, found, reference):
    """How the means of meetings lie in a corpus: a row per component and profile, none about fewer than ten people.

    A meeting has two to nine people, so its own mean is not shown (AUDIT R6). Percentiles are taken by
    Hyndman & Fan's seventh way, which lies between two meetings.
    """
    values = dict(zip(scores.COMPONENTS, one.default.T, strict=True)) | found
    meetings = one.about["recording_id"].to_numpy()
    rows = []
    for measure, own in values.items():
        by = pd.Series(own).groupby(meetings)
        means, inside = by.mean().dropna(), by.std(ddof=1)
        counts = {"n_meetings": len(means), "n_sides": int(np.isfinite(own).sum())}
        counts["n_people"] = one.about.loc[np.isfinite(own), "b"].explode().nunique()
        told = {f"p{percent}": float(means.quantile(percent / 100)) for percent in PERCENTS}
        told |= {"mean": float(means.mean()), "sd": float(means.std(ddof=1)), "sd_within": float(inside.median())}
        about = {"corpus": one.corpus, "sides": one.how, "measure": measure}
        norms = {"reference": reference if measure == "norm_referenced" else ""}
        rows.append(about | told | counts | norms | {"licence": corpora.named(one.corpus).LICENCE})
    return pd.DataFrame(rows)


def read(folder, names):
    """Those of the tables that are among ``names``, by name."""
    found = {name: pd.read_csv(Path(folder) / file) for name, file in FILES.items() if name in names}
    if "score_reference" in found:
        found["score_reference"] = scores.read(Path(folder) / FILES["score_reference"])
    if "score_spread" in found:
        found["score_spread"]["reference"] = found["score_spread"]["reference"].fillna("")
        SPREAD.check(found["score_spread"], FILES["score_spread"])
    if "score_facts" in found:
        texts = ["profile", "reference", "why"]
        found["score_facts"][texts] = found["score_facts"][texts].fillna("")
        FACTS.check(found["score_facts"], FILES["score_facts"])
    return found


def answers(read):
    """What was found about the score itself, by name."""
    return {"score": score_words.of_facts(read["score_facts"])}
