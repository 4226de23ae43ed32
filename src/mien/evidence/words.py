"""Evidence rows in words: what was found, beside what it must beat, and what it does not say."""

import pandas as pd

from mien import tables

METRICS = {"balanced_accuracy": "balanced accuracy", "macro_f1": "macro-F1", "auc": "AUC", "ccc": "CCC", "r": "r"}
METRICS |= {"spearman": "rank correlation", "mae_skill": "share of the mean's absolute error saved"}


ID = ("corpus", "target", "signals", "model", "split", "metric")


def row_id(row):
    """The name by which a verdict points to an evidence row: what it is about, in one word.

    >>> row_id(dict(zip(ID, ["EmoDB", "label_valence", "voice", "logistic", "leave_one_group_out", "auc"])))
    'EmoDB/label_valence/voice/logistic/leave_one_group_out/auc'
    """
    return "/".join(str(row[name]) for name in ID)


def phrase(row):
    """One evidence row as a phrase: the score with its interval, chance, the best baseline and the permutation p.

    A row without a score says why: ``no score (only one class is present)``.
    """
    if pd.isna(row["value"]):
        return f"no score ({reason(row, 'value')})"
    parts = [
        f"{METRICS.get(row['metric'], row['metric'])} {row['value']:.2f}{_interval(row, 'low', 'high')}",
        f"chance {row['chance']:.2f}",
        f"best baseline {row['best_baseline']:.2f} ({row['best_baseline_name']})",
        f"gap {row['gap']:+.2f}{_interval(row, 'gap_low', 'gap_high')}",
    ]
    if pd.notna(row["p_permuted"]):
        parts.append(f"permutation p = {row['p_permuted']:.3f}")
    return ", ".join(parts)


def _interval(row, low, high):
    return f" [{row[low]:.2f}, {row[high]:.2f}]" if pd.notna(row[low]) and pd.notna(row[high]) else ""


def reason(row, name):
    """Why the number ``name`` of an evidence row is missing, in words."""
    found = dict(item.split(": ") for item in str(row["why"]).split("; ") if ": " in item)
    return tables.REASONS.get(found.get(name, ""), "no reason given")


def sentences(rows, metric="balanced_accuracy"):
    """A sentence for every model that was judged, baselines and null worlds left out."""
    asked = rows[(rows["metric"] == metric) & ~rows["model"].str.match(r"B\d_")]
    return [
        f"{row['target']} from {row['signals']} ({row['model']}) in people never seen, {row['corpus']}, "
        f"{row['n_people']:.0f} people in {row['n_groups']:.0f} groups, {row['n_windows']:.0f} windows: {phrase(row)}."
        for _, row in asked.iterrows()
    ]
