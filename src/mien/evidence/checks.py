"""What a windows table must be before anything is fitted to it, and which of its rows can be judged."""

import difflib
import re
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import stats

from mien import models, tables

NOT_SIGNALS = ("label", "confound", "trust", "score", "pseudo", "why")
MOST_CLASSES = 20
NO_LABELS = "none (they come from columns label_* of the table of recordings that was built)"


class EvidenceError(ValueError):
    """The question cannot be put to this table; the message says what was expected, found, and what would work."""


@dataclass(frozen=True)
class Cases:
    """The rows that can be judged: windows with a label, of recordings that were not used for calibration.

    ``codes`` (n,) integers into ``classes``, or numbers with a decimal point where the label is a rating (no classes);
    ``groups`` (n,) integers 0 … n_groups-1; ``told`` counts and notes on what was left out; ``why`` a reason from
    :data:`mien.tables.REASONS` if no score can be given, else empty.
    """

    windows: pd.DataFrame
    target: str
    classes: tuple[str, ...]
    codes: np.ndarray
    groups: np.ndarray
    told: dict = field(default_factory=dict)
    why: str = ""

    @property
    def truth(self):
        """The labels as words, (n,)."""
        return np.array(self.classes, dtype=object)[self.codes] if self.classes else [f"{v:.15g}" for v in self.codes]

    @property
    def n_groups(self):
        """How many independent groups there are."""
        return int(self.groups.max()) + 1 if len(self.groups) else 0


def cases(windows, target, *, ratings=False):
    """Check a windows table and keep the rows that can be judged on ``target``, a ``label_*`` column of classes.

    ``ratings``: the label is a number and is taken as such.
    Raises :class:`mien.tables.TableError` or :class:`EvidenceError` where the table breaks a promise: no
    ``group_id``, a person or recording in two groups, an unknown target, a target that is no set of classes.
    """
    _check_table(windows)
    _check_target(windows, target)
    in_calibration = windows.get("is_calibration", pd.Series(False, index=windows.index)).fillna(False).astype(bool)
    labels = as_text(windows[target])
    if ratings:
        return _rated(windows, target, in_calibration)
    kept = ~in_calibration & labels.notna()
    labels, rows = labels[kept], windows[kept].reset_index(drop=True)
    classes = tuple(sorted(labels.unique()))
    if not classes:
        raise EvidenceError(_why_no_case(target, windows, in_calibration))
    if len(classes) > MOST_CLASSES:
        raise EvidenceError(
            f"evidence: {target!r} has {len(classes)} different values; expected at most {MOST_CLASSES} classes; "
            "take a model of ratings (ridge), or cut a rating into classes at limits fixed in advance (pandas.cut)"
        )
    told = {
        "n_windows": len(rows),
        "n_calibration_left_out": int(in_calibration.sum()),
        "n_without_label_left_out": int((~in_calibration & labels.reindex(windows.index).isna()).sum()),
        "notes": [],
    }
    codes = np.searchsorted(classes, labels.to_numpy(dtype=str))
    groups = np.unique(rows["group_id"].astype(str), return_inverse=True)[1]
    return Cases(rows, target, classes, codes, groups, told, _why_not(classes, codes, groups, told))


def _rated(windows, target, in_calibration):
    """The cases of a label that is a number."""
    values = pd.to_numeric(windows[target], errors="coerce").astype(float)
    words = windows.loc[values.isna() & windows[target].notna(), target]
    if len(words) or np.isinf(values).any():
        raise EvidenceError(
            f"evidence: {target!r} holds {words.iloc[0] if len(words) else 'infinity'!r}; a model of ratings expects "
            "numbers; take a model of classes (logistic)"
        )
    kept = ~in_calibration & values.notna()
    if not kept.any():
        raise EvidenceError(_why_no_case(target, windows, in_calibration))
    rows, values = windows[kept].reset_index(drop=True), values[kept].to_numpy()
    told = {"n_windows": len(rows), "n_calibration_left_out": int(in_calibration.sum()), "notes": []}
    told["n_without_label_left_out"] = int((~in_calibration & ~kept).sum())
    groups = np.unique(rows["group_id"].astype(str), return_inverse=True)[1]
    why = "too_few_people" if groups.max() < 2 else "no_spread" if np.ptp(values) == 0 else ""
    return Cases(rows, target, (), values, groups, told, why)


def _why_no_case(target, windows, in_calibration):
    """Why there is no window with a label: nobody wrote one, or calibration takes all that have one."""
    if windows.loc[in_calibration, target].notna().any():
        return (
            f"evidence: all {int(in_calibration.sum())} windows with a value of {target!r} are calibration: they lie "
            "in the span from which a person's own norms come, and are never judged. Build again with a shorter "
            "--calibration-s (0: no norms), or mark some recordings of each person as is_calibration in the table of "
            "recordings: then all windows of the others are judged"
        )
    return f"evidence: {target!r} has no value in the {len(windows)} windows; expected classes"


def _check_table(windows):
    if "group_id" not in windows.columns:
        near = difflib.get_close_matches("group_id", map(str, windows.columns), 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise EvidenceError(
            f"evidence: no column 'group_id' (connected component of people and recordings); found "
            f"{', '.join(map(str, windows.columns[:12]))}{hint}; `mien.windows` computes it from person_id and "
            "recording_id. Without it nobody can be held out"
        )
    counted = [c for c in windows if c.startswith(("text_n_", "score_", "pseudo_"))]
    words = [c for c in counted if not (pd.api.types.is_numeric_dtype(windows[c]) or windows[c].isna().all())]
    if words:
        raise EvidenceError(
            f"evidence: words in {', '.join(words[:5])}; expected numbers, and a gap where there is none"
        )
    tables.WINDOWS.check(windows, "evidence")
    for column in ("person_id", "recording_id"):
        places = windows.groupby(column)["group_id"].nunique()
        if (places > 1).any():
            names = ", ".join(map(str, places.index[places > 1][:5]))
            raise EvidenceError(
                f"evidence: {(places > 1).sum()} values of {column!r} lie in more than one group: {names}; expected "
                "one group each, or the same person is on both sides of a split; let `mien.windows` compute group_id"
            )


def _check_target(windows, target):
    if target not in windows.columns:
        labels = [c for c in windows.columns if c.startswith("label_")]
        near = difflib.get_close_matches(target, labels, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise EvidenceError(f"evidence: no column {target!r}; labels found: {', '.join(labels) or NO_LABELS}{hint}")
    if not target.startswith("label_"):
        raise EvidenceError(f"evidence: the target {target!r} is no label; expected a column that begins with 'label_'")


def as_text(values):
    """Labels as words; whole numbers lose their decimal point, empty text counts as missing."""
    if pd.api.types.is_bool_dtype(values):
        return values.map({True: "true", False: "false"})
    if pd.api.types.is_numeric_dtype(values):
        return values.map(lambda v: None if pd.isna(v) else f"{v:.15g}").astype(object)
    return values.astype(object).where(values.notna() & (values.astype(str).str.strip() != ""), None)


def _why_not(classes, codes, groups, told):
    """The reason why no score can be given, or an empty string; thin classes are noted."""
    if len(classes) < 2:
        return "one_class"
    homes = {name: len(np.unique(groups[codes == code])) for code, name in enumerate(classes)}
    told["n_groups_per_class"] = homes
    # A class that lives in one group can't be learned while that group is held out.
    if min(homes.values()) < 2:
        told["notes"].append(f"a class found in one group only cannot be judged on others: {homes}")
        return "too_few_people"
    if min(homes.values()) < 10:
        told["notes"].append(f"some class was found in fewer than 10 groups: {homes}")
    return ""


def prefixes(signals):
    """Signals as a tuple of prefixes: ``"face+voice"``, ``"face,voice"`` and ``["face_", "voice"]`` are the same.

    >>> prefixes("face+voice_")
    ('face', 'voice')
    """
    parts = re.split(r"[+,\s]+", signals) if isinstance(signals, str) else list(signals)
    parts = tuple(dict.fromkeys(part.removesuffix("_") for part in parts if part))
    if not parts:
        raise EvidenceError("evidence: no signals; expected prefixes such as 'voice' or 'face+voice'")
    for part in parts:
        if part.split("_")[0] in NOT_SIGNALS:
            raise EvidenceError(
                f"evidence: {part + '_'!r} cannot be a signal: it marks {', '.join(NOT_SIGNALS)} columns, which tell "
                "the answer, its nuisances or what is to be beaten; expected prefixes such as 'face', 'voice', 'turn'"
            )
    return parts


def signal_columns(given, signals):
    """The signal columns as a table of numbers, after looking for columns that are the label in disguise.

    ``given`` are :class:`Cases`. Raises :class:`EvidenceError` where a prefix has no column, a column holds words or
    infinities, or a column is a renaming of the label.
    """
    windows = given.windows
    for part in prefixes(signals):
        if not any(c.startswith(part + "_") for c in windows.columns):
            known = sorted({c.split("_")[0] for c in windows.columns if "_" in c} - set(NOT_SIGNALS))
            near = difflib.get_close_matches(part, known, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise EvidenceError(f"evidence: no column begins with {part + '_'!r}; prefixes found: {known}{hint}")
    chosen = windows.filter(regex=models.pattern(prefixes(signals)))
    words = [c for c in chosen if not (pd.api.types.is_numeric_dtype(chosen[c]) or chosen[c].isna().all())]
    if words:
        raise EvidenceError(f"evidence: signals must be numbers; words in {', '.join(words[:5])}")
    chosen = chosen.astype(float)
    endless = chosen.columns[np.isinf(chosen).any()]
    if len(endless):
        raise EvidenceError(f"evidence: infinite values in {', '.join(endless[:5])}; a missing measurement is NaN")
    same = _renames if given.classes else follows
    copies = [c for c in chosen if same(chosen[c].to_numpy(), given.codes)]
    if copies:
        raise EvidenceError(
            f"evidence: {', '.join(copies[:5])} holds one value for each of {given.target!r}: the label in "
            "disguise; leave the column out of the signals"
        )
    return chosen


def follows(values, rating):
    """Whether a column has the very order of the rating, or its reverse, where it has values (8 or more)."""
    known = ~np.isnan(values)
    if known.sum() < 8 or np.ptp(values[known]) == 0 or np.ptp(rating[known]) == 0:
        return False
    return bool(abs(stats.spearmanr(values[known], rating[known]).statistic) > 1 - 1e-9)


def _renames(values, codes):
    """Whether a column takes exactly one value per class and a different one for each: the label, renamed."""
    if np.isnan(values).any():
        values = np.nan_to_num(values, nan=np.inf)  # "missing" may itself be the name of a class
    pairs = np.unique(np.column_stack([values, codes]), axis=0)
    n_classes = len(np.unique(codes))
    return n_classes > 1 and len(pairs) == n_classes == len(np.unique(values))
