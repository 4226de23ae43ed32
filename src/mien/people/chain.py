"""What neighbouring moments say about each other: means around each time, and chains of states (Rabiner 1989)."""

import numpy as np
from scipy.ndimage import uniform_filter1d


def around(values, weight, span_s, step_s):
    """Weighted mean within ``span_s`` around each time, along the last axis; 0 where there is no weight."""
    count = max(3, round(span_s / step_s))
    total = uniform_filter1d(weight.astype(float), count, mode="constant")
    return uniform_filter1d(values * weight, count, mode="constant") / np.maximum(total, 1e-9)


def chain(log_likely, change):
    """Probabilities of the states of a chain at each time, forward and backward: (states, …, times), summing to 1.

    ``log_likely`` (states, …, times) what each moment says, ``change`` (times,) how probable it is that any state comes
    next; several chains (…) are run side by side.
    """
    likely = np.exp(log_likely - log_likely.max(axis=0))
    states, steps = len(likely), likely.shape[-1]
    forward, now = np.empty(likely.shape), np.full(likely.shape[:-1], 1 / states)
    for t in range(steps):
        now = ((1 - change[t]) * now + change[t] / states) * likely[..., t]
        forward[..., t] = now = now / now.sum(axis=0)
    later = np.ones(likely.shape[:-1])
    for t in range(steps - 1, -1, -1):
        forward[..., t] *= later
        later = later * likely[..., t]
        later = (1 - change[t]) * later + change[t] * later.mean(axis=0)
        later /= later.sum(axis=0)
    return forward / forward.sum(axis=0)
