"""Whose timing goes with whose feeling? The actor–partner interdependence model (Kenny, Kashy & Cook 2006, AUDIT T13).

What a person reports is explained by the person's own measure (actor) and that of who they talk with (partner)::

    report_i = b0 + actor x own_i + partner x partner_i + (1 | pair) + (1 | person) + e

A vendor who reads a customer's lag as the customer's engagement needs the actor slope; Templeton et al. (2022, PNAS
119: e2116915119) found the partner's. The model is linear and mixed: variances by restricted maximum likelihood, slopes
by generalised least squares, written out in numpy. In pairs that are all complete and whose people never return, slopes
do not depend on the variances at all: the sum and the difference of the two people give them in closed form, which the
tests compare. Intervals resample groups of connected people with the variances held, so people who return, or pairs
that differ in how well the model fits, do not make them too narrow.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy import optimize

from mien.evidence import checks, intervals

SLOPES = ("actor", "partner")
FEWEST = 10
"""Groups below which no slope is given."""


@dataclass(frozen=True)
class ActorPartner:
    """Standardised slopes ``actor``, ``partner``, ``partner_less_actor`` (of sizes) as :class:`intervals.Estimate`.

    ``slopes`` by name; ``shares`` of the variance left that belong to the pair, the person and the rest; counts;
    ``why`` a reason from :data:`mien.tables.REASONS` where there are none.
    """

    slopes: dict
    shares: dict = field(default_factory=dict)
    n_people: int = 0
    n_pairs: int = 0
    n_groups: int = 0
    n_rows: int = 0
    why: str = ""


def actor_partner(windows, report, own, partner=None, settings=None):
    """Fit the model to a table of one row per person and recording.

    ``windows`` with recording_id (the pair, or a meeting of more), person_id, group_id; ``report`` a column of numbers
    that people said of themselves; ``own`` the column of their own measure; ``partner`` of the partner's, by default
    the mean of ``own`` over the others of the recording. Slopes are in standard deviations of the report for one of the
    measure (of ``own`` for both, where ``partner`` is derived from it). Rows with missing values are left out. Where
    people never return the person has no variance of its own. Raises :class:`checks.EvidenceError` for missing columns
    and for two rows of one person in a recording.
    """
    rows = _rows(windows, report, own, partner)
    counts = {"n_people": rows["person_id"].nunique(), "n_pairs": rows["recording_id"].nunique(), "n_rows": len(rows)}
    groups = np.unique(rows["group_id"].astype(str), return_inverse=True)[1]
    counts["n_groups"] = int(groups.max()) + 1 if len(rows) else 0
    if counts["n_groups"] < FEWEST:
        return _nothing("too_few_people", counts)
    if min(rows[name].std() for name in ("y", "own", "partner")) < 1e-9:
        return _nothing("no_spread", counts)
    y, X = _standardised(rows, derived=partner is None)
    blocks = _blocks(rows, groups)
    found = _variances(y, X, blocks)
    if found is None:
        return _nothing("not_converged", counts)
    left, right = _normal(y, X, blocks, found)
    slopes = {name: _estimate(left, right, part, settings) for name, part in PARTS.items()}
    total = 1 + found.sum()
    shares = {"pair": found[0] / total, "person": found[1] / total, "rest": 1 / total}
    return ActorPartner(slopes, {name: float(share) for name, share in shares.items()}, **counts)


PARTS = {
    "actor": lambda b: b[:, 1],
    "partner": lambda b: b[:, 2],
    "partner_less_actor": lambda b: np.abs(b[:, 2]) - np.abs(b[:, 1]),
}
"""What is asked of the coefficients (B, 3); the last is how much larger the partner's slope is than one's own."""


def _nothing(why, counts):
    return ActorPartner({name: intervals.Estimate(np.nan, why=why) for name in PARTS}, why=why, **counts)


def _rows(windows, report, own, partner):
    for name in ("recording_id", "person_id", "group_id", report, own, *([partner] if partner else [])):
        if name not in windows:
            raise checks.EvidenceError(f"dyads: no column {name!r}; found {', '.join(map(str, windows.columns[:12]))}")
    twice = windows.duplicated(["recording_id", "person_id"])
    if twice.any():
        row = windows[twice].iloc[0]
        raise checks.EvidenceError(
            f"dyads: {row['person_id']!r} has several rows in {row['recording_id']!r}; expected one for each person "
            "and recording; take the mean first"
        )
    rows = windows[["recording_id", "person_id", "group_id"]].assign(
        y=windows[report].astype(float), own=windows[own].astype(float)
    )
    if partner:
        rows["partner"] = windows[partner].astype(float)
    else:
        by = rows.groupby("recording_id")["own"]
        rows["partner"] = (by.transform("sum") - rows["own"]) / (by.transform("count") - 1).replace(0, np.nan)
    return rows.dropna().reset_index(drop=True)


def _standardised(rows, derived):
    y = (rows["y"] - rows["y"].mean()) / rows["y"].std()
    own = (rows["own"] - rows["own"].mean()) / rows["own"].std()
    scale = rows["own"].std() if derived else rows["partner"].std()
    partner = (rows["partner"] - rows["partner"].mean()) / scale
    return y.to_numpy(), np.column_stack([np.ones(len(rows)), own, partner])


def _blocks(rows, groups):
    """For each group its rows, and who of them share a pair and who a person (zero where nobody returns)."""
    pair = np.unique(rows["recording_id"].astype(str), return_inverse=True)[1]
    person = np.unique(rows["person_id"].astype(str), return_inverse=True)[1]
    return_there = len(np.unique(person)) < len(rows)
    found = []
    for group in range(groups.max() + 1):
        mine = np.flatnonzero(groups == group)
        same_pair = np.equal.outer(pair[mine], pair[mine]).astype(float)
        same_person = np.equal.outer(person[mine], person[mine]).astype(float) * return_there
        found.append((mine, same_pair, same_person))
    return found


def _normal(y, X, blocks, ratios):
    """Each group's part of the normal equations, X'V⁻¹X (groups, 3, 3) and X'V⁻¹y (groups, 3)."""
    left, right = [], []
    for mine, same_pair, same_person in blocks:
        V = np.eye(len(mine)) + ratios[0] * same_pair + ratios[1] * same_person
        weighted = np.linalg.solve(V, np.column_stack([X[mine], y[mine]]))
        left.append(X[mine].T @ weighted[:, :-1])
        right.append(X[mine].T @ weighted[:, -1])
    return np.array(left), np.array(right)


def _variances(y, X, blocks):
    """Variance of pairs and of people over that of the rest, by restricted maximum likelihood; None where not found."""
    has_person = any(block[2].any() for block in blocks)
    free = 2 if has_person else 1

    def minus_likelihood(roots):
        ratios = np.zeros(2)
        ratios[:free] = np.square(roots)
        left, right = _normal(y, X, blocks, ratios)
        beta = np.linalg.solve(left.sum(axis=0), right.sum(axis=0))
        squares, logs = 0.0, np.linalg.slogdet(left.sum(axis=0))[1]
        for mine, same_pair, same_person in blocks:
            V = np.eye(len(mine)) + ratios[0] * same_pair + ratios[1] * same_person
            rest = y[mine] - X[mine] @ beta
            squares += rest @ np.linalg.solve(V, rest)
            logs += np.linalg.slogdet(V)[1]
        return 0.5 * ((len(y) - X.shape[1]) * np.log(squares) + logs)

    tries = [
        optimize.minimize(minus_likelihood, np.full(free, start), method="Nelder-Mead", options={"maxiter": 400})
        for start in (0.3, 1.0)
    ]
    best = min(tries, key=lambda one: one.fun)
    agree = abs(tries[0].fun - tries[1].fun) < 1e-3
    if not (best.success and agree and np.isfinite(best.fun) and np.square(best.x).max() < 1e4):
        return None
    ratios = np.zeros(2)
    ratios[:free] = np.square(best.x)
    return ratios


def _estimate(left, right, part, settings):
    """A part of the coefficients with its interval over groups; resamples whose columns coincide have none."""

    def statistic(weights):
        A, b = np.einsum("bg,gij->bij", weights, left), weights @ right
        flat = np.linalg.cond(A) > 1e10
        A[flat] = np.eye(3)
        beta = np.linalg.solve(A, b[..., None])[..., 0]
        return np.where(flat, np.nan, part(beta))

    return intervals.estimate(statistic, len(left), settings, (-np.inf, np.inf), "no_spread")


def closed_form(own, report):
    """Actor and partner slope of complete pairs without people who return, from sums and differences; a check.

    ``own`` and ``report`` (pairs, 2). Pairs' means give actor + partner, differences within them actor - partner.
    """
    means, middle = own.mean(axis=1), report.mean(axis=1)
    between = np.cov(means, middle)[0, 1] / means.var(ddof=1)
    apart, gap = own[:, 0] - own[:, 1], report[:, 0] - report[:, 1]
    within = (apart @ gap) / (apart @ apart)
    return (between + within) / 2, (between - within) / 2
