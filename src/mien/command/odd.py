"""What looks wrong in a windows table of one's own, before anything is judged: refused, or said aloud.

A table can keep every promise and still hold nothing to be judged (a code for a missing value, one class written in
two ways, signals that never change). What makes every number meaningless is refused; what may be meant is said.
"""

import difflib

import numpy as np
import pandas as pd

from mien.command.asking import CommandError

CODES = (-9, -99, -999, -9999, 99, 999, 9999)
"""Numbers that statistics programs and coding manuals write for a missing value."""
WORDS = (".", "-", "?", "na", "n/a", "nan", "none", "null", "missing", "unknown", *map(str, CODES))
MOST_NAMED = 5


def refused(table, target, signals, where):
    """Raise :class:`CommandError` where no number made from this table could mean anything.

    ``table`` a windows table, ``target`` its label, ``signals`` prefixes such as ``"voice+face"``, ``where`` its name.
    """
    if table.empty:
        raise CommandError(f"{where}: no rows below the header; expected one row per person and window")
    near = [name for name in map(str, table) if name.casefold() == target.casefold() and name != target]
    if target not in table and near:
        raise CommandError(f"{where}: no column {target!r}; did you mean {near[0]!r}? Labels are written label_…")
    _one_spelling(table, target, where)
    _known(table, signals, where)
    chosen = _signals(table, signals)
    for name in chosen:
        _numbers(chosen[name], where)
    if len(chosen.columns) and not chosen.isna().all(axis=None) and not _changing(chosen):
        raise CommandError(
            f"{where}: no column of {signals} changes: {_few(chosen)} say the same in every window; expected signals "
            "that were measured anew in each"
        )


def noticed(table, target, signals):
    """What may be meant and may be a mistake, a sentence each; arguments as of :func:`refused`."""
    chosen = _signals(table, signals)
    said = [f"signals: {len(chosen.columns)} columns: {_few(chosen)}"]
    words = sorted({str(word) for word in table[target].dropna() if str(word).strip().casefold() in WORDS}, key=str)
    if words:
        said.append(
            f"{target}: {_few(words)} counts as a class of its own; if it stands for a missing label, leave a gap"
        )
    for name in chosen:
        values = chosen[name].to_numpy(dtype=float)
        said += [
            f"{name}: {code} stands in {int((values == code).sum())} windows, far from every other value; if it stands "
            "for a missing value, leave a gap"
            for code in CODES
            if _is_code(values, code)
        ]
    empty, still = chosen.columns[chosen.isna().all()], [n for n in chosen if chosen[n].nunique() == 1]
    said += [f"{len(empty)} signals have no value: {_few(empty)}"] if len(empty) else []
    said += [f"{len(still)} signals say the same in every window: {_few(still)}"] if still else []
    lost = _near_signals(table, signals)
    said += [f"no signals, for their names do not begin with a prefix and _: {_few(lost)}"] if lost else []
    return said


def _signals(table, signals):
    from mien import models
    from mien.evidence import checks

    return table.filter(regex=models.pattern(checks.prefixes(signals)))


def _known(table, signals, where):
    """Refuse a prefix of which no column begins, naming those that are there."""
    from mien.evidence import checks

    lost = [part for part in checks.prefixes(signals) if not any(str(name).startswith(f"{part}_") for name in table)]
    if lost:
        mine = (*checks.NOT_SIGNALS, "recording", "person", "group", "start", "end", "is", "text")
        there = sorted({name.split("_")[0] for name in map(str, table) if "_" in name} - set(mine))
        near = difflib.get_close_matches(lost[0], there, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        found = f"--signals {','.join(there)}" if there else "none; signals are columns such as voice_level_db"
        raise CommandError(f"{where}: no column begins with {lost[0]}_; {hint}What is there: {found}")


def _one_spelling(table, target, where):
    """Refuse a label of which one class is written in two ways."""
    if target not in table or pd.api.types.is_numeric_dtype(table[target]):
        return
    seen = {}
    for word in table[target].dropna().astype(str).unique():
        first = seen.setdefault(" ".join(word.split()).casefold(), word)
        if first != word:
            raise CommandError(
                f"{where}: {target} holds {first!r} and {word!r}, which differ only in case or spaces and would count "
                "as two classes; write one of them throughout"
            )


def _numbers(values, where):
    """Refuse a signal in which a word stands, naming the word and its row."""
    if pd.api.types.is_numeric_dtype(values) or values.isna().all():
        return
    words = values[pd.to_numeric(values, errors="coerce").isna() & values.notna()]
    if len(words):
        place = f"in row {words.index[0] + 1} below the header"
        raise CommandError(
            f"{where}: signals must be numbers; {values.name} holds {words.iloc[0]!r} {place}; leave a gap "
            "(or NA) where nothing was measured, and write decimal commas only where ; stands between columns"
        )


def _changing(chosen):
    return any(chosen[name].nunique(dropna=False) > 1 for name in chosen)


def _is_code(values, code):
    """Whether a number stands there as a code does: more than once, and further from the rest than these are apart."""
    there, rest = values == code, values[~np.isnan(values) & (values != code)]
    if there.sum() < 2 or not len(rest):
        return False
    return bool(np.abs(rest - code).min() > max(np.ptp(rest), 1e-9))


def _near_signals(table, signals):
    """Columns that begin with the word of a signal, but not with the word and ``_``: ``voice f0``, ``Voice_f0``."""
    from mien.evidence import checks

    wanted = tuple(f"{part}_" for part in checks.prefixes(signals))
    return [
        name
        for name in map(str, table)
        if not name.startswith(wanted) and any(_begins(name, part.removesuffix("_")) for part in wanted)
    ]


def _begins(name, part):
    """Whether a name begins with a word, in any case, and no letter follows."""
    rest = name[len(part) :]
    return name.casefold().startswith(part.casefold()) and not rest[:1].isalpha()


def _few(names):
    names = [f"{name}" for name in names]
    return ", ".join(names[:MOST_NAMED]) + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")
