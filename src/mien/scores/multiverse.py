"""Every defensible specification of the score at once (AUDIT O8): 5,184 of the fixed curve, 576 of the norm profile.

Conventions: an array of specifications has one axis per choice, in the order of ``SPECIFICATIONS``; the components of
144 of them are measured once, and all else is arithmetic on these.
"""

from dataclasses import replace
from itertools import product

import numpy as np

from mien import turns
from mien.scores.profiles import ScoreSettings, curves, of_oriented, oriented
from mien.scores.reference import AXES
from mien.scores.timeline import components, timeline

CURVES = {"lag_half_s": (0.6, 1.0, 1.5), "change0_per_min": (2.0, 3.0, 6.0)}
WEIGHTS = ((1 / 3, 1 / 3, 1 / 3), (0.5, 0.25, 0.25), (0.25, 0.5, 0.25), (0.25, 0.25, 0.5))
SPECIFICATIONS = {
    "norm_referenced": AXES | {"weights": WEIGHTS},
    "fixed_curve": AXES | CURVES | {"weights": WEIGHTS},
}
"""The choices of each profile, and what may be chosen."""


def lines(segments, duration_s, people=None, turn=None):
    """A :class:`mien.scores.Timeline` under each pause and backchannel limit: {(min_pause_s, bc_max_s): timeline}."""
    turn = turn or turns.TurnSettings()
    found = {}
    for pause, token in product(AXES["min_pause_s"], AXES["bc_max_s"]):
        chosen = _with(turn, min_pause_s=pause, bc_max_s=token)
        found[pause, token] = timeline(turns.floor(segments, chosen, duration_s, people), duration_s, people)
    return found


def measured(found, b_people, turn=None):
    """The components of side B under all 144 specifications that change them: (144, 3), NaN where one is missing."""
    turn = turn or turns.TurnSettings()
    rows = []
    for pause, token, lapse, positive, of in product(*AXES.values()):
        line = found[pause, token]
        rows.append(components(line, line.side(b_people), _with(turn, lapse_s=lapse), positive, of)[0])
    return np.array(rows)


def _with(turn, **choices):
    return turns.TurnSettings(**(vars(turn) | choices))


def norm_scores(x, norms, settings=None):
    """All 576 norm-referenced scores of components (…, 144, 3), against norms of the same specification: (…, 576).

    ``norms``: 144 of :class:`mien.scores.Norms`, in the order of :func:`measured`.
    """
    turned = oriented(x, settings)
    scores = [[of_oriented(turned[..., n, :], norm, w) for w in WEIGHTS] for n, norm in enumerate(norms)]
    return np.moveaxis(np.array(scores).reshape(len(norms) * len(WEIGHTS), *turned.shape[:-2]), 0, -1)


def curve_scores(x, settings=None):
    """All 5,184 fixed-curve scores of components (…, 144, 3): (…, 5184)."""
    settings = settings or ScoreSettings()
    found = []
    for half, change in product(*CURVES.values()):
        u = curves(x, replace(settings, lag_half_s=half, change0_per_min=change))
        found.append(100 * np.stack([u @ np.array(w) for w in WEIGHTS], axis=-1))
    whole = np.stack(found, axis=-2)  # (…, 144, 9, 4)
    return whole.reshape(*whole.shape[:-3], -1)


def summed_up(scores):
    """How far a result is a matter of choice: scores (recordings, specifications), those that lack one left out.

    Returns a dictionary: ``n_specifications``; ``n_recordings``; median range within a recording, in points; Spearman
    correlation of each specification with the mean over all, its median and minimum.
    """
    whole = scores[np.isfinite(scores).all(axis=1)]
    told = {"n_specifications": scores.shape[1], "n_recordings": len(whole)}
    if len(whole) < 3:
        return told | dict.fromkeys(("spec_range_pts_median", "spec_rank_r_median", "spec_rank_r_min"), np.nan)
    ranks = whole.argsort(axis=0).argsort(axis=0).astype(float)
    mean_rank = whole.mean(axis=1).argsort().argsort().astype(float)
    ranks, mean_rank = ranks - ranks.mean(axis=0), mean_rank - mean_rank.mean()
    r = (ranks * mean_rank[:, None]).sum(axis=0) / np.sqrt((ranks**2).sum(axis=0) * (mean_rank**2).sum())
    return told | {
        "spec_range_pts_median": float(np.median(np.ptp(whole, axis=1))),
        "spec_rank_r_median": float(np.median(r)),
        "spec_rank_r_min": float(r.min()),
    }
