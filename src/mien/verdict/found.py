"""From evidence rows to the quantities that the rules ask for; what a row does not hold is missing, with its reason."""

from dataclasses import dataclass, field

import pandas as pd

from mien.evidence import many
from mien.evidence.words import row_id
from mien.verdict.names import NO_LABEL

FROM_ROW = {
    "gap": "gap",
    "gap_lo95": "gap_low",
    "gap_hi95": "gap_high",
    "gap_lo90": "gap_low90",
    "gap_hi90": "gap_high90",
    "minimum_detectable_gap": "minimum_detectable_gap",
    "coverage": "coverage",
    "n_groups": "n_groups",
}
"""Quantities that stand in a column of the evidence row."""

GIVEN = ("n_leakage_failures", "label_alpha", "share_synthetic")


@dataclass(frozen=True)
class Given:
    """What evidence rows do not say about a corpus and its label; None where nobody said it.

    ``label_source`` one of the rules' words, or ``none`` where no label is involved; ``label_alpha`` Krippendorff's
    alpha (none for acted, outcome and self labels); ``ceiling`` the best score any model could reach, by metric;
    ``share_synthetic`` 0 to 1 of recordings; ``n_leakage_failures`` how many of
    :func:`mien.evidence.leakage.checked` failed.
    """

    label_source: str = ""
    population: str = "not described"
    label_alpha: float | None = None
    ceiling: dict = field(default_factory=dict)
    share_synthetic: float | None = None
    n_leakage_failures: int | None = None


@dataclass(frozen=True)
class Quantities:
    """Quantities by name: ``numbers``, why others are ``missing``, and the evidence rows each one ``rests_on``."""

    numbers: dict = field(default_factory=dict)
    missing: dict = field(default_factory=dict)
    rests_on: dict = field(default_factory=dict)


def each(names):
    """One name, or several, as a tuple."""
    return (names,) if isinstance(names, str) else tuple(names)


def primary_rows(rows, metric="auc", model="logistic"):
    """The rows of primary claims: one model, one metric (or several in pairs), each corpus, target, set of signals."""
    pairs = set(zip(each(metric), each(model), strict=True))
    return rows[[pair in pairs for pair in zip(rows["metric"], rows["model"], strict=True)]]


def found(rows, place, given, metric="auc", model="logistic"):
    """The quantities of C1, the gates and the caps for the primary row at index ``place`` of an evidence table.

    ``rows`` is the whole :data:`mien.tables.EVIDENCE` table: Holm corrects over its primary rows, and B3 stands in a
    row of its own. ``given`` is a :class:`Given`. Returns :class:`Quantities`.
    """
    row = rows.loc[place]
    seen = Quantities()
    for quantity, column in FROM_ROW.items():
        _put(seen, quantity, row.get(column), _why(row, column), row_id(row))
    adjusted = many.holm(primary_rows(rows, metric, model)["p_permuted"])
    _put(seen, "p_perm_holm", adjusted[place], _why(row, "p_permuted"), row_id(row))
    _put(seen, "headroom", *_headroom(row, given), row_id(row))
    _put_above_confounds(seen, rows, row)
    return said_of(given, seen)


def said_of(given, seen=None):
    """The quantities that are said of a corpus and its label (:class:`Given`), added to ``seen``."""
    seen = seen or Quantities()
    for name in GIVEN:
        _put(seen, name, getattr(given, name), "not_given")
    unknown = given.label_source in ("", NO_LABEL)
    acted = None if unknown else float(given.label_source == "acted")
    _put(seen, "label_is_acted", acted, "not_given")
    return seen


def _put(seen, name, value, why, *ids):
    if value is None or pd.isna(value):
        seen.missing[name] = why
        return
    seen.numbers[name] = float(value)
    seen.rests_on[name] = ids


def _why(row, column):
    """The reason that a row gives for a missing number; ``not_computed`` where it gives none."""
    reasons = dict(item.split(": ") for item in str(row["why"]).split("; ") if ": " in item)
    return reasons.get(column, "not_computed")


def _headroom(row, given):
    """(score - chance) ÷ (ceiling - chance) and why it is missing (AUDIT E20); a ceiling at chance leaves no room."""
    ceiling = row["ceiling"] if pd.notna(row["ceiling"]) else given.ceiling.get(row["metric"])
    if ceiling is None or pd.isna(ceiling):
        return None, "not_given"
    if ceiling <= row["chance"]:
        return None, "no_headroom"
    return (row["value"] - row["chance"]) / (ceiling - row["chance"]), _why(row, "value")


def _put_above_confounds(seen, rows, row):
    same = rows[
        (rows[["corpus", "target", "metric", "split"]] == row[["corpus", "target", "metric", "split"]]).all(axis=1)
    ]
    confounds = same[same["model"] == "B3_confounds"]
    if confounds.empty:
        _put(seen, "model_minus_b3", None, "not_computed")
        return
    b3 = confounds.iloc[0]
    why = _why(row, "value") if pd.isna(row["value"]) else _why(b3, "value")
    _put(seen, "model_minus_b3", row["value"] - b3["value"], why, row_id(row), row_id(b3))
