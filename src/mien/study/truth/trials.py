"""What trials of known truth add up to: a number for each quantity and metric, its interval, and the targets missed."""

import numpy as np
from scipy import stats

from mien.evidence import EvidenceSettings
from mien.evidence.intervals import interval


def added_up(parts, limits):
    """One row per quantity and metric: its value over the trials (Σ above ÷ Σ below), and its interval.

    ``parts`` a dictionary for each trial, (quantity, metric) → (above, below); ``limits(above, below, quantity,
    metric)`` gives (low, high, method).
    """
    for quantity, metric in dict.fromkeys(key for one in parts for key in one):
        above, below = np.array([one.get((quantity, metric), (0, 0)) for one in parts], dtype=float).T
        have = below > 0
        value = above.sum() / below.sum() if have.any() else np.nan
        low, high, method = limits(above[have], below[have], quantity, metric)
        yield {
            "quantity": quantity,
            "metric": metric,
            "value": round(value, 4),
            "low": round(low, 4),
            "high": round(high, 4),
            "method": method,
            "n_trials": int(have.sum()),
        }


def over_trials(above, below, level, bounds, units=None):
    """The interval over trials: (low, high, method); NaN of fewer than two.

    ``units`` of a share says of how many things it is one: where it is 0 or 1 in all trials, its interval is the exact
    one (Clopper-Pearson, one side). None: it is no share.
    """
    if len(above) < 2:
        return np.nan, np.nan, "too_few_trials"
    value = above.sum() / below.sum()
    if units is not None and value in (0, 1):
        least = stats.beta.ppf((1 - level) / 2, units, 1)
        return (least, 1.0, "exact") if value == 1 else (0.0, 1 - least, "exact")
    with np.errstate(invalid="ignore", divide="ignore"):
        return interval(
            lambda weights: (weights @ above) / (weights @ below), len(above), EvidenceSettings(level=level), bounds
        )


def missed(table, targets):
    """Where numbers stop being trustworthy: the rows of a table of errors that miss one of ``targets``.

    ``targets``: (quantity, metric) → (target, ``min`` or ``max``). Returns the rows with their ``target``; one whose
    value is missing misses it.
    """
    rows = table[np.array([key in targets for key in zip(table["quantity"], table["metric"], strict=True)], dtype=bool)]
    keys = list(zip(rows["quantity"], rows["metric"], strict=True))
    target, kind = (np.array([targets[key][part] for key in keys]) for part in (0, 1))
    low = (kind == "min") & (rows["value"] < target)
    high = (kind == "max") & (rows["value"] > target)
    return rows.assign(target=target)[low | high | rows["value"].isna()].reset_index(drop=True)
