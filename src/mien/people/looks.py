"""How alike two faces look, and how often two strangers look as alike as that.

The looks are those of ``face.looks``: the form of the face and a few hues. What was measured with it: 102 people
photographed neutral and smiling in one studio (London set; the same light, wall and pose, so strangers look more alike
than in a meeting), and fifteen people of the real clips in two sizes, a second and more apart.
"""

import numpy as np

FORM = 512
"""So many numbers of a look are the form of the face; the rest are hues in pairs."""

HUE_MOST = 0.5
"""The most that one hue may differ."""

STRANGERS = (
    (0.3, 0.0),
    (0.33, 0.0003),
    (0.36, 0.005),
    (0.39, 0.027),
    (0.42, 0.1),
    (0.46, 0.3),
    (0.5, 0.57),
    (0.6, 1.0),
)
"""Of the pairs of strangers in the London set, the share that differs by no more than this distance."""


def distances(some, others):
    """How differently faces look, (n, m): the root of the squared differences of form and of hue; 0 is the same look.

    ``some`` (n, 522) and ``others`` (m, 522) are looks. Hues that one of both lacks are left out, and so is the part
    that differs most: above and beside a head near the edge of its tile lies the neighbour's.
    """
    form = np.maximum(2 - 2 * some[:, :FORM] @ others[:, :FORM].T, 0)
    hue = np.minimum(np.abs(some[:, None, FORM:] - others[None, :, FORM:]), HUE_MOST) ** 2
    parts = np.nan_to_num(hue).reshape(len(some), len(others), -1, 2).sum(axis=3)
    return np.sqrt(form + parts.sum(axis=2) - parts.max(axis=2))


def nearest(some, others):
    """The distance of the two looks that are most alike; NaN where either has none."""
    return float(distances(some, others).min()) if len(some) and len(others) else float("nan")


def share_of_strangers(distance):
    """The share of strangers who look at least as alike as this, 0..1 (see :data:`STRANGERS`)."""
    at, share = np.transpose(STRANGERS)
    return float(np.interp(distance, at, share))
