"""What was measured of sounds stays on disk: of everybody's track only the columns that are asked for come into memory.

A track is the kept parts of one person's sound (several, where they were recorded in several files), each moved by the
lag of its clock; or what one person alone says on a track that several share.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from mien import tables, turns, voice
from mien.river.memory import give_back
from mien.turns.copies import TIMBRE
from mien.voice.track import VOICED_ONLY

HOP_S = 0.01
LIGHT = ["time_s", "level_db"]
"""What is needed of all sounds at once: to hold them against mouths and against each other."""

COMPARED = ["time_s", "level_db", "noise_db", *TIMBRE]
"""What is needed to find one person's voice in another's microphone."""

GROUP_ROWS = 12_000
"""Rows of a kept file that are read together: two minutes."""

NOT_OWN = {"f0_hz": np.nan, **dict.fromkeys(VOICED_ONLY, np.nan), "voiced_probability": 0.0}
NOT_OWN |= {name: 0.0 if name in voice.praat.SUMS else np.nan for name in voice.praat.COLUMNS}
"""What stands in a frame in which only others are heard."""


@dataclass(frozen=True)
class Track:
    """One person's sound: ``parts`` pairs of a kept file and how much later its times are, seconds.

    ``others``: when only others are heard on it (start_s, end_s), or None. ``kept``: a pair of when this person and
    when others speak on a track of several, so that its rows in the one and not in the other are theirs; None for all.
    """

    parts: tuple[tuple[Path, float], ...]
    others: pd.DataFrame | None = None
    kept: tuple[pd.DataFrame, pd.DataFrame] | None = None

    def rows(self, columns=None, start_s=-np.inf, end_s=np.inf):
        """A row per 10 ms in start_s <= t < end_s as :func:`mien.voice.frames` gives them.

        All columns, or those named (time_s and level_db among them). Of the kept files only what lies there is read.
        """
        rows = reduce(_louder, [_read(part, by_s, columns, start_s, end_s) for part, by_s in self.parts])
        if self.others is not None:
            rows = _unvoiced(rows, self.others)
        return rows if self.kept is None else rows[alone(rows["time_s"].to_numpy(), *self.kept)]

    @cached_property
    def end_s(self):
        """After the last row; 0 where there is none."""
        times = [_read(part, by_s, ["time_s"]) for part, by_s in self.parts]
        return max((float(rows["time_s"].iloc[-1]) + HOP_S for rows in times if len(rows)), default=0.0)

    def joined(self, other):
        """The track of somebody who is recorded in two files: at each moment the louder."""
        return replace(self, parts=self.parts + other.parts)

    def without(self, others):
        """The same track, whose frames in these spans do not count as this person's voice.

        They stay (their level is the room's), but the pitch in them is not this person's.
        """
        return replace(self, others=others)

    def only(self, own, others):
        """The rows of the track that are somebody's: in the spans ``own`` and not in those of ``others``."""
        return replace(self, kept=(own, others))


class Columns(Mapping):
    """Some columns of tracks by owner, read anew whenever one is asked for: only that one is in memory."""

    def __init__(self, tracks, columns):
        self.tracks, self.columns = tracks, columns

    def __getitem__(self, name):
        return self.tracks[name].rows(self.columns)

    def __iter__(self):
        return iter(self.tracks)

    def __len__(self):
        return len(self.tracks)

    def __contains__(self, name):
        return name in self.tracks


def alone(times, own, others):
    """Which times (N,) lie in the spans ``own`` and in none of ``others``."""
    return turns.covers(times, own) & ~turns.covers(times, others)


def promised(rows, recording_id, person_id):
    """Rows of a track as the voice table has them: the promised columns first."""
    rows = rows.assign(person_id=person_id, recording_id=recording_id)
    return rows[[*tables.VOICE.names, *(name for name in rows if name not in tables.VOICE.names)]]


def _louder(one, other):
    """Two sounds of one person as one: of two rows at one time that in which more is heard."""
    both = pd.concat([one, other]).assign(at=lambda rows: (rows["time_s"] * 100).round())
    both = both.sort_values(["at", "level_db"], ascending=[True, False], na_position="last", kind="stable")
    return both.drop_duplicates("at").drop(columns="at").reset_index(drop=True)


def _read(part, by_s, columns=None, start_s=-np.inf, end_s=np.inf):
    """Rows of a kept file whose times, moved by ``by_s``, lie in start_s <= t < end_s, and not before 0."""
    with pq.ParquetFile(part) as file:  # a little more is read, as moved times are rounded
        groups = _groups(file.metadata, start_s - by_s - HOP_S, end_s - by_s + HOP_S)
        rows = file.read_row_groups(groups, columns=columns, use_threads=False).to_pandas()
    give_back()
    if by_s:
        rows = rows.assign(time_s=(rows["time_s"] + by_s).round(6))
    inside = (rows["time_s"] >= max(start_s, 0.0 if by_s else start_s)) & (rows["time_s"] < end_s)
    return rows if inside.all() else rows[inside].reset_index(drop=True)


def _groups(about, start_s, end_s):
    """The row groups of a kept file with times in start_s <= t < end_s; ``about`` is what the file says of itself."""
    place = about.schema.names.index("time_s")
    found = [about.row_group(number).column(place).statistics for number in range(about.num_row_groups)]
    return [n for n, times in enumerate(found) if times is None or (times.max >= start_s and times.min < end_s)]


def _unvoiced(rows, spans):
    """A voice whose frames inside some spans are not its own."""
    inside = turns.covers(rows["time_s"].to_numpy(), spans)
    empty = {name: rows[name].mask(inside, value) for name, value in NOT_OWN.items() if name in rows}
    return rows.assign(**empty, **({"voiced": rows["voiced"] & ~inside} if "voiced" in rows else {}))
