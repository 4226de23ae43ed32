"""A table of recordings (CSV, one row per file) becomes recordings, with the labels it gives to people."""

import difflib
from pathlib import Path

import pandas as pd

from mien import tables
from mien.recordings.recording import KINDS, ONE_OF, UNDEFINED, Medium, Recording, RecordingError, one_file_each


def from_table(path):
    """Read a table of recordings (CSV; columns of ``tables.RECORDINGS``, one row per file).

    Columns ``label_*``, ``confound_*`` and ``is_calibration`` are kept for the person of their row;
    ``is_synthetic`` for the recording. Raises :class:`RecordingError` or :class:`mien.tables.TableError`.
    """
    path = Path(path)
    return of_table(tables.read(path, tables.RECORDINGS), path.parent, str(path))


def of_table(table, folder=Path(), where="recordings"):
    """The recordings of a table already in memory; relative paths start at ``folder``."""
    tables.RECORDINGS.check(table, where)
    if table.empty:
        raise RecordingError(f"{where}: no rows below the header; expected one row per file of a recording")
    table = table.assign(person_id=table["person_id"].fillna(""))
    table = table.assign(**{name: table[name].astype(str).str.strip() for name in tables.RECORDINGS.names})
    table = table.assign(kind=table["kind"].str.lower())
    blank = [name for name in ("recording_id", "path") if (table[name] == "").any()]
    if blank:
        raise RecordingError(f"{where}: a row without {blank[0]}; expected one in every row")
    unknown = sorted(set(table["kind"]) - set(KINDS))
    if unknown:
        near = difflib.get_close_matches(unknown[0], KINDS, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise RecordingError(f"{where}: unknown kind {unknown[0]!r}; expected one of {', '.join(KINDS)}{hint}")
    whose = table.loc[(table["kind"] == "person_audio") & (table["person_id"] == ""), "path"]
    if len(whose):
        raise RecordingError(
            f"{where}: person_audio without a person_id: {', '.join(whose[:5])}; say whose sound it is, or call its "
            "kind mixed_audio"
        )
    return [_of_rows(key, rows, Path(folder), where) for key, rows in table.groupby("recording_id", sort=False)]


def _of_rows(recording_id, rows, folder, where):
    for kind in ONE_OF:
        files = rows.loc[rows["kind"] == kind, "path"]
        if len(files) > 1:
            raise RecordingError(
                f"{where}: two recordings have the id {recording_id!r} ({', '.join(files[:2])}), or one recording has "
                f"two files of the kind {kind!r}; expected one"
            )
    media = tuple(Medium(_place(folder, row.path), row.kind, row.person_id) for row in rows.itertuples())
    one_file_each(f"{where}: {recording_id}", [m for m in media if m.kind == "person_audio"])
    about = _about(recording_id, rows, where)
    first = rows.iloc[0]
    return Recording(
        recording_id,
        media,
        first["licence"],
        first["source"],
        _flag(first.get("is_synthetic", False), "is_synthetic", where),
        {person: facts for person, facts in about.items() if facts},
        named_by="table",
        turns_undefined=_undefined(rows, f"{where}: {recording_id!r}"),
    )


def _undefined(rows, where):
    """Why timing means something else in a recording: the one word of its column ``turns_undefined``, or ''."""
    words = {str(word).strip() for word in rows.get("turns_undefined", pd.Series(dtype=str)).dropna()} - {""}
    if len(words) > 1 or not words <= set(UNDEFINED):
        raise RecordingError(
            f"{where}: turns_undefined is {', '.join(sorted(words))}; expected one of {', '.join(UNDEFINED)} or nothing"
        )
    return words.pop() if words else ""


def _place(folder, path):
    """Where a file of the table lies; a path as Windows writes it is read as one."""
    place = folder / Path(path).expanduser()
    return place if place.exists() else folder / path.replace("\\", "/")


def _about(recording_id, rows, where):
    """What the rows of a recording say of each person; two rows must not contradict each other."""
    kept = [c for c in rows.columns if c.startswith(("label_", "confound_")) or c == "is_calibration"]
    about = {}
    for _, row in rows.iterrows():
        facts = {c: _fact(c, row[c], where) for c in kept if pd.notna(row[c])}
        known = about.setdefault(row["person_id"], {})
        other = [c for c in facts if known.get(c, facts[c]) != facts[c]]
        if other:
            raise RecordingError(
                f"{where}: {recording_id!r} says both {known[other[0]]!r} and {facts[other[0]]!r} in {other[0]} of "
                f"{row['person_id']!r}; expected one value, or nothing in all rows of the person but one"
            )
        known |= facts
    nobodys = about.pop("", None)
    if nobodys:
        raise RecordingError(
            f"{where}: {recording_id!r} has {', '.join(nobodys)} in a row without a person_id; a label belongs to a "
            "person: name whose file it is, or add a row for the person"
        )
    return about


def _fact(name, value, where):
    return _flag(value, name, where) if name == "is_calibration" else value


def _flag(value, name, where):
    """True or False, written as such; nothing written is False, and any other word is refused."""
    known = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False, "nan": False, "": False}
    if str(value).strip().lower() not in known:
        raise RecordingError(f"{where}: {name} is {value!r}; expected True or False")
    return known[str(value).strip().lower()]
