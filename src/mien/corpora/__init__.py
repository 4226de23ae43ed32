"""Recordings that others made and labelled or timed: one file per corpus, all of one shape.

Each says NAME, WHAT it is, LICENCE, CITATION, ORIGIN and LABELS (who says so, for each label it gives: one of
:data:`LEVELS`), and names in TABLES what can be read of a folder: ``recordings(folder)``, a
:data:`mien.tables.RECORDINGS` table, one row per file; ``windows(folder)``, a :data:`mien.tables.WINDOWS` table, where
its makers publish measures and no media; and tables of votes, people or sentences. An acted one says VALENCE (which
label stands for which feeling tone); a timed one has ``segments(path, told)``: who spoke when in one of its files.
A corpus is described, never shipped: its media stay with their makers.
"""

import difflib
import re
from importlib import import_module
from pathlib import Path

import pandas as pd

from mien import store, tables

LEVELS = ("acted", "observer", "partner", "self", "outcome")
"""Who says what a label says, from the weakest claim to the strongest (AUDIT E1); never mixed."""

NAMES = ("ravdess", "emodb", "cremad")
"""The acted corpora, with sound or video to build from."""

RATED = ("haines", "mit", "london", "meld")
"""Corpora whose displays others rated or asked for."""

TIMED = ("ami", "gap", "mrda")
"""The corpora of meetings of which mien reads who spoke when."""

GUARDED = ("daisee", "mosi", "roomreader", "noxi")
"""The corpora that are given out under an agreement: mien reads them for those who hold one."""

ALL = (*NAMES, *RATED, *TIMED, *GUARDED)
"""Every corpus that mien reads."""


class CorpusError(ValueError):
    """A corpus is not where or what it was said to be; the message says what was expected and what was found."""


def named(name):
    """The corpus of that name, as a module with NAME, WHAT, LICENCE, CITATION, ORIGIN and recordings().

    >>> named("emodb").NAME
    'emodb'
    """
    if name not in ALL:
        near = difflib.get_close_matches(str(name), ALL, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise CorpusError(f"corpora: no corpus {name!r}; known are {', '.join(ALL)}{hint}")
    return import_module(f"mien.corpora.{name}")


def media(folder, pattern, expected, endings=(".wav", ".flac")):
    """Every file below ``folder`` with one of the ``endings`` and the parts of its name, in the order of the names.

    ``pattern`` is a regular expression with named groups for the whole stem; ``expected`` says in words what a name
    looks like. Returns a list of (path, dict of parts). Raises :class:`CorpusError` naming every name that does not
    fit, every name that comes twice with one ending, a missing folder, or a folder without such files.
    """
    found = existing(folder, expected).rglob("*")
    paths = sorted((p for p in found if p.suffix.lower() in endings and not p.name.startswith(".")), key=_by_name)
    if not paths:
        raise CorpusError(f"{folder}: no {' or '.join(endings)} file in it; expected {expected}")
    matches = [(path, re.fullmatch(pattern, path.stem)) for path in paths]
    bad = [path.name for path, match in matches if not match]
    if bad:
        raise CorpusError(f"{folder}: {len(bad)} file names do not parse: {', '.join(bad)}; expected {expected}")
    once(folder, [path.name.lower() for path in paths])
    return [(path, match.groupdict()) for path, match in matches]


def _by_name(path):
    return path.name, str(path)


def once(folder, names):
    """Raise :class:`CorpusError` with the names that come more than once."""
    names = pd.Series(names, dtype=str)
    twice = sorted(set(names[names.duplicated()]))
    if twice:
        raise CorpusError(f"{folder}: more than one file for {', '.join(twice)}; expected one file per recording")


def sounds(folder, pattern, expected):
    """Every sound file (.wav, .flac) below ``folder`` as :func:`media` gives them, one per recording."""
    found = media(folder, pattern, expected)
    once(folder, [path.stem for path, _ in found])
    return found


def existing(folder, expected):
    """The folder as a path; :class:`CorpusError` where there is none."""
    folder = Path(folder)
    if not folder.is_dir():
        raise CorpusError(f"{folder}: no such folder; expected {expected}")
    return folder


AGREEMENT = "AGREEMENT.txt"
"""The file in a guarded corpus's folder in which its holder says who agreed to what, and when."""


def agreed(folder, name, terms, expected):
    """The folder of a corpus that is given out under an agreement, if its holder says in it that they have one.

    Raises :class:`CorpusError`, a refusal in one sentence, where :data:`AGREEMENT` is missing or empty.
    """
    path = existing(folder, expected) / AGREEMENT
    if not path.is_file() or not path.read_text(encoding="utf-8", errors="replace").strip():
        raise CorpusError(
            f"{folder}: {name} is not read without an agreement ({terms}); if you hold one, write who agreed to what "
            f"and when into {path}; if not, ask its makers for one"
        )
    return path.parent


def table(rows, where):
    """Rows of a corpus as a checked RECORDINGS table, in the order of recording_id."""
    frame = pd.DataFrame(rows).sort_values("recording_id", ignore_index=True)
    return tables.RECORDINGS.check(frame, str(where))


def files(folder, pattern, expected):
    """The files below ``folder`` whose names match ``pattern``, in the order of their names.

    Raises :class:`CorpusError` for a missing folder or one without such files; ``expected`` says what it should hold.
    """
    paths = sorted((p for p in existing(folder, expected).rglob(pattern) if p.is_file()), key=_by_name)
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
