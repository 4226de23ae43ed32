"""Does the same score mean the same in every group? Differential functioning of a score, as of a test's question.

Scores are cut into bins; an ordinal logistic regression says how far the criterion explains the bin, and how much more
is explained by knowing the group (and by letting the criterion work differently there). What the group adds is the
difference in Nagelkerke's R²: below 0.035 negligible, above 0.07 large (Jodoin & Gierl 2001, Applied Measurement in
Education 14: 329). Method: Swaminathan & Rogers 1990; Zumbo 1999.
"""

import numpy as np

from mien.evidence import intervals

N_BINS, MOST_VALUES, STEPS, CLOSE, CELLS = 5, 20, 60, 1e-8, 4_000_000


def added(scores, criterion, membership, groups, n_bins=N_BINS, settings=None):
    """What the group adds to Nagelkerke's R² of the criterion: {"both", "uniform", "crossing"}: three estimates.

    ``scores`` (n,), cut into ``n_bins`` bins of equally many; ``criterion`` (n,) numbers, cut into ten where there are
    more than 20 different ones; ``membership`` (n,) labels of the group compared; ``groups`` (n,) connected people,
    whom the interval resamples. ``uniform``: a score higher or lower throughout; ``crossing``: another slope. Rows that
    lack one are left out. NaN for ``one_class`` (one group, one criterion, one bin) or ``not_converged``.
    """
    table, steps, members = _cells(scores, criterion, membership, groups, n_bins)
    g, why = len(table), "not_converged"
    if min(*table.shape[1:], g) < 2 or len(steps) < 2:
        return dict.fromkeys(("both", "uniform", "crossing"), intervals.Estimate(np.nan, n_groups=g, why="one_class"))
    designs = _designs(steps, members)
    wanted = {"both": (0, 2), "uniform": (0, 1), "crossing": (1, 2)}
    known = {}

    def explained(weights):
        key = weights.tobytes()
        if key not in known:
            counts = (weights @ table.reshape(g, -1)).reshape(-1, *table.shape[1:])
            known[key] = np.stack([r_squared(counts, design) for design in designs], axis=1)
        return known[key]

    return {
        name: intervals.estimate(lambda w, a=a, b=b: explained(w)[:, b] - explained(w)[:, a], g, settings, (0, 1), why)
        for name, (a, b) in wanted.items()
    }


def _cells(scores, criterion, membership, groups, n_bins):
    """Counts (groups, criterion × member, bins), the criterion's values, and how many groups are compared."""
    scores, criterion = np.asarray(scores, dtype=float), np.asarray(criterion, dtype=float)
    membership = np.asarray(membership, dtype=object)
    named = np.array([isinstance(one, str) or one == one for one in membership]) & (membership != None)  # noqa: E711
    kept = ~np.isnan(scores) & ~np.isnan(criterion) & named
    scores, criterion = scores[kept], criterion[kept]
    if len(np.unique(criterion)) > MOST_VALUES:
        tenth = np.searchsorted(np.quantile(criterion, np.arange(1, 10) / 10), criterion, side="right")
        criterion = (np.bincount(tenth, weights=criterion) / np.bincount(tenth))[tenth]
    borders = np.unique(np.quantile(scores, np.arange(1, n_bins) / n_bins)) if len(scores) else np.array([])
    bins = np.unique(np.searchsorted(borders, scores, side="right"), return_inverse=True)[1]
    steps, step = np.unique(criterion, return_inverse=True)
    members, member = np.unique(membership[kept].astype(str), return_inverse=True)
    codes = np.unique(np.asarray(groups)[kept], return_inverse=True)[1]
    shape = (codes.max(initial=-1) + 1, len(steps) * len(members), bins.max(initial=-1) + 1)
    table = np.zeros(shape)
    np.add.at(table, (codes, step * len(members) + member, bins), 1)
    if len(members) < 2:
        table = table[:, :1]
    return table, steps, len(members)


def _designs(steps, members):
    """Three designs (cells, columns): the criterion; and the group; and the criterion within each group."""
    x = (steps - steps.mean()) / steps.std()
    who = np.tile(np.eye(members)[:, 1:], (len(steps), 1))
    x = np.repeat(x, members)[:, None]
    return x, np.hstack([x, who]), np.hstack([x, who, x * who])


def r_squared(counts, design):
    """Nagelkerke's R² of ordinal logistic regressions of the bin on ``design``, one for each of ``counts``.

    ``counts`` (B, cells, bins); ``design`` (cells, columns). NaN where the fit does not converge.
    """
    n = counts.sum(axis=(1, 2))
    margin = counts.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        none = np.where(margin > 0, margin * np.log(margin / n[:, None]), 0).sum(axis=1)
    size = max(1, CELLS // (counts[0].size * (design.shape[1] + counts.shape[2])))
    full = np.concatenate([log_likelihood(counts[at : at + size], design) for at in range(0, len(counts), size)])
    return (1 - np.exp(2 * (none - full) / n)) / (1 - np.exp(2 * none / n))


def log_likelihood(counts, design):
    """The largest log likelihood of proportional odds, (B,), by Fisher scoring with halved steps.

    P(bin ≤ j) = logistic(cut_j - design · slope). Reference: McCullagh 1980, JRSS B 42: 109.
    """
    b = len(counts)
    below = np.cumsum(counts.sum(axis=1), axis=1)[:, :-1] / counts.sum(axis=(1, 2))[:, None]
    below = np.clip(below, 1e-4, 1 - 1e-4)
    found = np.concatenate([np.log(below / (1 - below)), np.zeros((b, design.shape[1]))], axis=1)
    reached = _likelihood(found, counts, design)[0]
    gained = np.full(b, np.inf)
    for _ in range(STEPS):
        _, shares, slopes = _likelihood(found, counts, design)
        with np.errstate(divide="ignore", invalid="ignore"):
            gradient = np.einsum("bck,bckp->bp", counts / shares, slopes)
            weight = counts.sum(axis=2)[:, :, None] / shares
        information = np.einsum("bck,bckp,bckq->bpq", weight, slopes, slopes, optimize=True)
        information += 1e-9 * np.eye(found.shape[1])
        step = np.linalg.solve(information, gradient[..., None])[..., 0]
        better = np.full(b, -np.inf)
        for _ in range(12):
            better = _likelihood(found + step, counts, design)[0]
            worse = ~(better >= reached - 1e-12)
            if not worse.any():
                break
            step[worse] /= 2
        step[worse], better[worse] = 0, reached[worse]
        gained, found, reached = better - reached, found + step, better
        if gained.max() < CLOSE:
            break
    return np.where(gained < 1e-5, reached, np.nan)


def _likelihood(found, counts, design):
    """Log likelihood (B,), shares (B, cells, bins) and their slopes (B, cells, bins, parameters)."""
    b, c, k = counts.shape
    cuts, slope = found[:, : k - 1], found[:, k - 1 :]
    at = np.clip(cuts[:, None, :] - (slope @ design.T)[:, :, None], -30, 30)
    below = 1 / (1 + np.exp(-at))
    steep = below * (1 - below)
    edge = np.zeros((b, c, 1))
    shares = np.diff(np.concatenate([edge, below, edge + 1], axis=2), axis=2)
    steep = np.concatenate([edge, steep, edge], axis=2)
    slopes = np.zeros((b, c, k, found.shape[1]))
    for j in range(k - 1):
        slopes[:, :, j, j] = steep[:, :, j + 1]
        slopes[:, :, j + 1, j] = -steep[:, :, j + 1]
    slopes[..., k - 1 :] = -np.diff(steep, axis=2)[..., None] * design[None, :, None, :]
    fine = (shares > 0).all(axis=(1, 2))
    shares = np.maximum(shares, 1e-300)
    value = np.where(fine, (counts * np.log(shares)).sum(axis=(1, 2)), -np.inf)
    return value, shares, slopes
