"""Would the same person get the same score in another meeting? And is the score the person's, or the moment's?"""

from dataclasses import replace

import numpy as np

from mien import scores
from mien.evidence import reliability
from mien.study.criterion.follows import Found
from mien.study.score import sides


def again(book, one, every, specs):
    """Put down retest, error in points, whose variance it is, and choices, of one corpus (C3, C9, C11)."""
    norms, _ = sides.norms_without(one, every)
    found, corpus = sides.points(one.default, one, norms), sides.NAMES[one.corpus]
    for profile, score in found.items():
        for what, told in retest(one.about.assign(score=score)).items():
            book.put("score", what, profile, told, corpus=corpus)
        counts = {"n_people": one.about["person_id"].nunique(), "n_groups": one.about["group_id"].nunique()}
        told = scores.summed_up(specs[profile])
        more = {name: told[name] for name in ("spec_rank_r_median", "spec_range_pts_median")}
        more |= {"coverage": float(np.isfinite(score).mean()), "leaks": float(_holds_itself(one, norms))}
        for what, value in more.items():
            book.put("score", what, profile, Found(float(value), **counts), corpus=corpus)


def _holds_itself(one, norms):
    """How many groups are scored by norms that hold them (E33): those made of all sides of the corpus at once."""
    whole = scores.norms_of(scores.oriented(one.default))
    scored = one.about.loc[np.isfinite(one.default).all(axis=1), "group_id"].unique()
    return sum(norms[group].mean == whole.mean for group in scored)


FEWEST = 10
"""People below whom nothing is said of how alike their scores are."""
MEETINGS = 4
"""As many meetings the people of AMI's scenario have, in one order: what ICC(A,1) is of."""


def retest(about):
    """Whether a person gets the same score again: {what: :class:`Found`}.

    ``about`` recording_id, person_id, group_id and score. ICC(A,1) and its error in points of those who were scored in
    exactly four meetings, in the order of their names; ICC(1) of all who were scored twice or more; the share of
    variance that is the person's. The people of a meeting are judged against each other, which binds their scores.
    """
    rows = about[np.isfinite(about["score"])].sort_values(["person_id", "recording_id"])
    n = rows.groupby("person_id")["score"].transform("size")
    whole, several = rows[n == MEETINGS], rows[n >= 2]
    found = {"icc_retest": _icc(whole, "2,1"), "icc_1_of_all": _icc(several, "1,1")}
    icc = found["icc_retest"]
    spread = float(whole["score"].std()) if len(whole) else np.nan
    error = reliability.standard_error_of_measurement(spread, icc.value)
    lost = "" if np.isfinite(error) else icc.why or "no_spread"
    counts = {"n_people": icc.n_people, "n_groups": icc.n_groups, "why": lost}
    found["sem_pts"] = Found(error, **counts)
    found["minimal_detectable_change_pts"] = Found(reliability.minimal_detectable_change(error), **counts)
    share = reliability.trait_share(several["score"].to_numpy(), several["person_id"], several["group_id"].to_numpy())
    share = replace(share, why="one_rating") if not len(several) else share
    return found | {"trait_share": _of(share, several)}


def _icc(rows, kind):
    n = rows["person_id"].nunique()
    if n < FEWEST:
        why = "too_few_people" if n else "one_rating"
        return Found(np.nan, n_people=n, n_groups=rows["group_id"].nunique(), why=why)
    place = rows.groupby("person_id").cumcount()
    wide = rows.assign(place=place).pivot(index="person_id", columns="place", values="score")
    groups = rows.groupby("person_id")["group_id"].first().loc[wide.index]
    return _of(reliability.icc(wide.to_numpy(), kind, np.unique(groups, return_inverse=True)[1]), rows)


def _of(one, rows):
    counts = {"n_people": rows["person_id"].nunique(), "n_groups": rows["group_id"].nunique()}
    return Found(one.value, one.low, one.high, interval=one.interval, why=one.why, **counts)
