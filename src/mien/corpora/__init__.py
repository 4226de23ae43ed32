"""Recordings that others made and labelled or timed: one file per corpus, all of one shape.

Each says NAME, WHAT it is, LICENCE, CITATION and ORIGIN, and has ``recordings(folder)``: the corpus in ``folder`` as a
:data:`mien.tables.RECORDINGS` table, one row per file. A labelled one says VALENCE (which label stands for which
feeling tone); a timed one has ``segments(path, told)``: who spoke when in one of its files.
A corpus is described, never shipped: its media stay with their makers.
"""

import difflib
import re
from importlib import import_module
from pathlib import Path

import pandas as pd

from mien import store, tables

NAMES = ("ravdess", "emodb")
"""The labelled corpora mien can read."""

TIMED = ("ami", "gap", "mrda")
"""The corpora of meetings of which mien reads who spoke when."""


class CorpusError(ValueError):
    """A corpus is not where or what it was said to be; the message says what was expected and what was found."""


def named(name):
    """The corpus of that name, as a module with NAME, WHAT, LICENCE, CITATION, ORIGIN and recordings().

    >>> named("emodb").NAME
    'emodb'
    """
    known = (*NAMES, *TIMED)
    if name not in known:
        near = difflib.get_close_matches(str(name), known, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise CorpusError(f"corpora: no corpus {name!r}; known are {', '.join(known)}{hint}")
    return import_module(f"mien.corpora.{name}")


def sounds(folder, pattern, expected):
    """Every sound file below ``folder`` with the parts of its name, in the order of the names.

    ``pattern`` is a regular expression with named groups for the whole stem; ``expected`` says in words what a name
    looks like. Returns a list of (path, dict of parts). Raises :class:`CorpusError` naming every name that does not
    fit, every name that comes twice, a missing folder, or a folder without sound files.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise CorpusError(f"{folder}: no such folder; expected {expected}")
    paths = sorted((p for p in folder.rglob("*") if p.suffix.lower() in (".wav", ".flac")), key=lambda p: p.name)
    if not paths:
        raise CorpusError(f"{folder}: no .wav or .flac file in it; expected {expected}")
    matches = [(path, re.fullmatch(pattern, path.stem)) for path in paths]
    bad = [path.name for path, match in matches if not match]
    if bad:
        raise CorpusError(f"{folder}: {len(bad)} file names do not parse: {', '.join(bad)}; expected {expected}")
    stems = pd.Series([path.stem for path in paths])
    twice = sorted(set(stems[stems.duplicated()]))
    if twice:
        raise CorpusError(f"{folder}: more than one file for {', '.join(twice)}; expected one file per recording")
    return [(path, match.groupdict()) for path, match in matches]


def table(rows, where):
    """Rows of a corpus as a checked RECORDINGS table, in the order of recording_id."""
    frame = pd.DataFrame(rows).sort_values("recording_id", ignore_index=True)
    return tables.RECORDINGS.check(frame, str(where))


def files(folder, pattern, expected):
    """The files below ``folder`` whose names match ``pattern``, in the order of their names.

    Raises :class:`CorpusError` for a missing folder or one without such files; ``expected`` says what it should hold.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise CorpusError(f"{folder}: no such folder; expected {expected}")
    paths = sorted((p for p in folder.rglob(pattern) if p.is_file()), key=lambda p: p.name)
    if not paths:
        raise CorpusError(f"{folder}: no {pattern} in it; expected {expected}")
    return paths


def meetings(paths, name, licence, where, id_in_stem="(.*)"):
    """One row of RECORDINGS per file of who spoke when; ``id_in_stem`` finds the meeting in the name of the file."""
    ids = [re.fullmatch(id_in_stem, path.stem) for path in paths]
    bad = [path.name for path, found in zip(paths, ids, strict=True) if not found]
    if bad:
        raise CorpusError(f"{where}: {len(bad)} file names do not parse: {', '.join(bad)}; expected {id_in_stem}")
    rows = [
        {
            "recording_id": f"{name}_{found[1]}",
            "path": str(path),
            "kind": "segments",
            "person_id": None,
            "licence": licence,
            "source": name,
        }
        for path, found in zip(paths, ids, strict=True)
    ]
    return table(rows, where)


def lines(path, encoding):
    """The lines of a text file; characters outside its encoding are shown as the replacement character."""
    return Path(path).read_bytes().decode(encoding, "replace").splitlines()


def timed(rows, parse, path, told=None, first=1, more=()):
    """Rows as segments person_id, start_s, end_s and, where ``parse`` gives more, the columns ``more``.

    A row that can't be parsed, has no person or ends before it starts is left out and named in ``told["unread"]`` by
    its number, counted from ``first``; blank lines are no rows.
    """
    unread = (told if told is not None else {}).setdefault("unread", [])
    found = []
    for number, row in enumerate(rows, first):
        if not str(row).strip():
            continue
        try:
            person, start, end, *rest = parse(row)
            start, end = float(start), float(end)
            if not person or not 0 <= start <= end < float("inf"):
                raise ValueError("nobody, or times that are no interval")
            found.append((person, start, end, *rest))
        except (ValueError, AttributeError) as error:
            unread.append(f"{Path(path).name}: line {number}: {str(row)[:80]!r} ({error})")
    return pd.DataFrame(found, columns=["person_id", "start_s", "end_s", *more]).astype(
        {"start_s": float, "end_s": float}
    )


def stacked(*parts):
    """Tables of one shape under each other, without those that are empty."""
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def calibration(recordings, n_recordings=8, seed=store.SEED):
    """Which recordings are set aside to learn how a person usually sounds, chosen without looking at any label.

    For each ``person_id``, ``n_recordings`` recordings are drawn with a generator named by the person, so that one
    person's draw never depends on who else is there or on the order of rows. Returns a boolean Series on the index
    of ``recordings``: put it in as the column ``is_calibration``; ``evidence`` leaves such rows out.
    Raises :class:`CorpusError` where a person would have nothing left to be judged on.

    Why at random, and not the neutral recordings: choosing by label would tell the model the label.
    """
    chosen = pd.Series(False, index=recordings.index, name="is_calibration")
    for person, rows in recordings.groupby("person_id"):
        ids = sorted(rows["recording_id"].unique())
        if len(ids) <= n_recordings:
            raise CorpusError(
                f"calibration: {person} has {len(ids)} recordings; expected more than {n_recordings}, which are set "
                f"aside to learn the usual voice; use n_recordings={max(len(ids) // 2, 0)} or fewer"
            )
        drawn = store.rng(f"calibration/{person}", seed).choice(ids, n_recordings, replace=False)
        chosen[rows.index[rows["recording_id"].isin(drawn)]] = True
    return chosen
