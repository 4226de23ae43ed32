"""Labelled recordings others made: one file per corpus, all of one shape.

Each says NAME, WHAT it is, LICENCE, CITATION, ORIGIN and VALENCE (which label stands for which feeling tone), and has
``recordings(folder)``: the corpus in ``folder`` as a :data:`mien.tables.RECORDINGS` table, one row per media file.
A corpus is described, never shipped: its media stay with their makers.
"""

import difflib
import re
from importlib import import_module
from pathlib import Path

import pandas as pd

from mien import store, tables

NAMES = ("ravdess", "emodb")
"""The corpora mien can read."""


class CorpusError(ValueError):
    """A corpus is not where or what it was said to be; the message says what was expected and what was found."""


def named(name):
    """The corpus of that name, as a module with NAME, WHAT, LICENCE, CITATION, ORIGIN, VALENCE and recordings().

    >>> named("emodb").NAME
    'emodb'
    """
    if name not in NAMES:
        near = difflib.get_close_matches(str(name), NAMES, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise CorpusError(f"corpora: no corpus {name!r}; known are {', '.join(NAMES)}{hint}")
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
