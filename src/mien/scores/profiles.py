"""The two profiles of the open score: from talk share, response lag and changes of floor to a number from 0 to 100.

Conventions: the last axis of an array of components is (talk share of B, lag of B in seconds, changes a minute); every
function is vectorised, and a NaN component makes the score NaN, never 0 and never re-weighted.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from mien import store

COMPONENTS = ("talk_share_B", "lag_B_s", "changes_per_min")
"""What the score is made of, in the order of every array and every triple of weights."""

PROFILES = ("norm_referenced", "fixed_curve")
"""Against what is common in a pinned reference; or by curves that are the same for everybody. Both are always given."""

PUBLIC = (
    "public [Z1, Z2, P1, P3-P5]: that talk-time ratio, response time lag and frequency of changes of floor are used, "
    "with a weight each, between two sides; a range of 0 to 100 with a line at 50; comparison with earlier meetings"
)
"""What public documents of a vendor say."""

ASSUMED = (
    "assumed [A]: every formula, curve, weight (1/3 each), limit and setting, what is a turn, which side is judged, "
    "and the reference"
)
"""What no public document says, and mien chose."""

NOT_A_VENDORS = "openengage re-implements public wording; it is not, and is never to be called, a vendor's formula"
"""What is to be said wherever the score is shown."""


@dataclass(frozen=True)
class ScoreSettings:
    """How components become a score; all of it assumed [A] (AUDIT O3 to O6).

    ``talk_ideal``: the share from which distance is counted (norm profile). ``talk_curve``: where the fixed curve of
    the share leaves 0, reaches 1, leaves 1 and is 0 again. ``lag_half_s``, ``lag_scale_s``: where the fixed curve of
    the lag is 1/2, and how steep. ``change0_per_min``: at which rate of changes the fixed curve has come to 63 %.
    ``positive_lag``: only gaps count as lags, overlaps are left out. ``denominator``: the share of all ``speech`` or of
    all ``time``. ``block_s``, ``n_bootstrap``, ``level``: the moving-block interval.
    """

    talk_ideal: float = 0.5
    talk_curve: tuple[float, float, float, float] = (0.05, 0.40, 0.65, 0.95)
    lag_half_s: float = 1.0
    lag_scale_s: float = 0.30
    change0_per_min: float = 3.0
    weights: tuple[float, float, float] = (1 / 3, 1 / 3, 1 / 3)
    positive_lag: bool = False
    denominator: str = "speech"
    block_s: float = 60.0
    n_bootstrap: int = 1000
    level: float = 0.95
    seed: int = store.SEED


ALONE = {"talk_share_alone": (1.0, 0.0, 0.0), "lag_alone": (0.0, 1.0, 0.0), "changes_alone": (0.0, 0.0, 1.0)}
"""The comparators in which one component has all the weight, by name."""


def oriented(components, settings=None):
    """Components turned so that more is what the public wording calls more engaged: x of AUDIT O3, (…, 3).

    >>> oriented([0.5, 0.3, 1.0]).round(3).tolist()
    [-0.0, -0.3, 0.0]
    """
    settings = settings or ScoreSettings()
    share, lag, changes = np.moveaxis(np.asarray(components, float), -1, 0)
    with np.errstate(divide="ignore"):
        return np.stack([-np.abs(share - settings.talk_ideal), -lag, np.log(changes)], axis=-1)


def norm_referenced(components, norms, settings=None, weights=None):
    """The norm-referenced profile: 100 Phi(w.z / sqrt(w'Rw)), z against ``norms`` (mean, sd, correlation of x).

    A score of 50 is the mean of the reference's composite, not its median. Returns (…,).

    >>> from mien.scores import Norms
    >>> norms = Norms((-0.1, -0.2, 1.8), (0.05, 0.1, 0.5), ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
    >>> float(norm_referenced([0.4, 0.2, 6.049647464412945], norms).round(6))
    50.0
    """
    settings = settings or ScoreSettings()
    return of_oriented(oriented(components, settings), norms, settings.weights if weights is None else weights)


def of_oriented(x, norms, weights=(1 / 3, 1 / 3, 1 / 3)):
    """The norm-referenced profile of what :func:`oriented` gives, (…, 3) to (…,)."""
    w = np.asarray(weights, float)
    z = (np.asarray(x) - np.asarray(norms.mean)) / np.asarray(norms.sd)
    return 100 * special.ndtr(_sum(w, z) / np.sqrt(w @ np.asarray(norms.correlation) @ w))


def curves(components, settings=None):
    """The three fixed curves, each from 0 to 1: u_T, u_L and u_S of AUDIT O4, (…, 3)."""
    settings = settings or ScoreSettings()
    share, lag, changes = np.moveaxis(np.asarray(components, float), -1, 0)
    talk = np.interp(share, settings.talk_curve, (0, 1, 1, 0))
    with np.errstate(over="ignore"):
        response = special.expit(-(lag - settings.lag_half_s) / settings.lag_scale_s)
    return np.stack([talk, response, 1 - np.exp(-changes / settings.change0_per_min)], axis=-1)


def fixed_curve(components, settings=None, weights=None):
    """The fixed-curve profile: 100 sum(w u) / sum(w). Returns (…,).

    >>> float(fixed_curve([0.5, 0.3, 11.75]).round(2))
    96.39
    """
    settings = settings or ScoreSettings()
    w = np.asarray(settings.weights if weights is None else weights, float)
    return 100 * _sum(w, curves(components, settings)) / w.sum()


def _sum(weights, values):
    """The weighted sum over the last axis; what has no weight has no say, not even by being NaN."""
    used = weights != 0
    return values[..., used] @ weights[used]
