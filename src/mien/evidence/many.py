"""Several claims at once: the more one asks, the more often chance answers (AUDIT E12)."""

import numpy as np


def holm(p_values):
    """Holm's adjusted p for a Series of primary claims (Holm 1979, Scandinavian Journal of Statistics 6: 65).

    Missing ones stay missing and count as not asked.

    >>> import pandas as pd
    >>> holm(pd.Series([0.01, 0.04, 0.03])).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    known = p_values.dropna().sort_values(kind="stable")
    steps = known * np.arange(len(known), 0, -1)
    return steps.cummax().clip(upper=1).reindex(p_values.index)


def benjamini_hochberg(p_values):
    """The false discovery rate at which each of the secondary claims would pass (Benjamini & Hochberg 1995).

    >>> import pandas as pd
    >>> benjamini_hochberg(pd.Series([0.01, 0.04, 0.03])).round(2).tolist()
    [0.03, 0.04, 0.04]
    """
    known = p_values.dropna().sort_values(ascending=False, kind="stable")
    steps = known * len(known) / np.arange(len(known), 0, -1)
    return steps.cummin().clip(upper=1).reindex(p_values.index)


def corrected(rows, metric, model):
    """An evidence table with ``p_holm`` in the rows of primary claims and ``q_bh`` in all others that have a p.

    A claim is primary by its ``metric`` and ``model``, named before any outcome is seen. The shuffled labels (B5) and
    the baselines are no claims and have no p.
    """
    primary = (rows["metric"] == metric) & (rows["model"] == model)
    adjusted = holm(rows["p_permuted"].where(primary))
    return rows.assign(p_holm=adjusted, q_bh=benjamini_hochberg(rows["p_permuted"].where(~primary)))
