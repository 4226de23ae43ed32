"""What was measured of sounds stays on disk: of everybody's track only the columns that are asked for come into memory.

A track is the kept parts of one person's sound (several, where they were recorded in several files), each moved by the
lag of its clock; or what one person alone says on a track that several share.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path

import numpy as np
import pandas as pd

from mien import tables, turns, voice
from mien.turns.copies import TIMBRE
from mien.voice.track import VOICED_ONLY

LIGHT = ["time_s", "level_db"]
"""What is needed of all sounds at once: to hold them against mouths and against each other."""

COMPARED = ["time_s", "level_db", "noise_db", *TIMBRE]
"""What is needed to find one person's voice in another's microphone."""

NOT_OWN = {"f0_hz": np.nan, **dict.fromkeys(VOICED_ONLY, np.nan), "voiced_probability": 0.0}
NOT_OWN |= {name: 0.0 if name in voice.praat.SUMS else np.nan for name in voice.praat.COLUMNS}
"""What stands in a frame in which only others are heard."""


@dataclass(frozen=True)
class Track:
    """One person's sound: ``parts`` pairs of a kept file and how much later its times are, seconds.

    ``others``: when only others are heard on it (start_s, end_s), or None. ``kept``: which of its rows are this
    person's (N,), or None for all.
    """

    parts: tuple[tuple[Path, float], ...]
    others: pd.DataFrame | None = None
    kept: np.ndarray | None = None

    def rows(self, columns=None):
        """A row per 10 ms as :func:`mien.voice.frames` gives them: all columns, or those named (with LIGHT's)."""
        rows = reduce(_louder, [_moved(pd.read_parquet(part, columns=columns), by_s) for part, by_s in self.parts])
        if self.others is not None:
            rows = _unvoiced(rows, self.others)
        return rows if self.kept is None else rows[self.kept]

    def joined(self, other):
        """The track of somebody who is recorded in two files: at each moment the louder."""
        return replace(self, parts=self.parts + other.parts)

    def without(self, others):
        """The same track, whose frames in these spans do not count as this person's voice.

        They stay (their level is the room's), but the pitch in them is not this person's.
        """
        return replace(self, others=others)

    def only(self, kept):
        """The rows of the track that are somebody's."""
        return replace(self, kept=kept)


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


def light(tracks):
    """Of each track the columns :data:`LIGHT`."""
    return {name: track.rows(LIGHT) for name, track in tracks.items()}


def table(tracks, recording_id):
    """Who is heard when and how loud, of all tracks: recording_id, time_s, person_id, level_db."""
    parts = [track.rows(LIGHT).assign(person_id=name) for name, track in tracks.items()]
    filled = [part for part in parts if len(part)] or parts[:1] or [voice.nothing()[LIGHT].assign(person_id="")]
    rows = pd.concat(filled, ignore_index=True).assign(recording_id=recording_id)
    return rows[["recording_id", "time_s", "person_id", "level_db"]]


def promised(rows, recording_id, person_id):
    """Rows of a track as the voice table has them: the promised columns first."""
    rows = rows.assign(person_id=person_id, recording_id=recording_id)
    return rows[[*tables.VOICE.names, *(name for name in rows if name not in tables.VOICE.names)]]


def _louder(one, other):
    """Two sounds of one person as one: of two rows at one time that in which more is heard."""
    both = pd.concat([one, other]).assign(at=lambda rows: (rows["time_s"] * 100).round())
    both = both.sort_values(["at", "level_db"], ascending=[True, False], na_position="last", kind="stable")
    return both.drop_duplicates("at").drop(columns="at").reset_index(drop=True)


def _moved(rows, by_s):
    if not by_s:
        return rows
    rows = rows.assign(time_s=(rows["time_s"] + by_s).round(6))
    return rows[rows["time_s"] >= 0].reset_index(drop=True)


def _unvoiced(rows, spans):
    """A voice whose frames inside some spans are not its own."""
    inside = turns.covers(rows["time_s"].to_numpy(), spans)
    empty = {name: rows[name].mask(inside, value) for name, value in NOT_OWN.items() if name in rows}
    return rows.assign(**empty, **({"voiced": rows["voiced"] & ~inside} if "voiced" in rows else {}))
