"""The rows of one person in one window, and the stretches of them that hang together."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Seen:
    """One person's rows of a recording, one window of it, the rate of the sampled frames, and the settings.

    ``inside`` are the rows of the window, ``good`` those with a valid face, ``runs`` stretches of these without a gap.
    """

    rows: pd.DataFrame
    start_s: float
    end_s: float
    rate_hz: float
    settings: object

    @cached_property
    def inside(self):
        """The rows of the window, start_s <= t < end_s."""
        return self.rows[(self.rows["time_s"] >= self.start_s) & (self.rows["time_s"] < self.end_s)]

    @cached_property
    def good(self):
        """The rows of the window with a valid face."""
        return self.inside[valid(self.inside)]

    @cached_property
    def runs(self):
        """The valid rows of the window in stretches of at least two, without a gap."""
        return [run for run in runs(self.good, self.settings.gap_s, self.rate_hz) if len(run) > 1]

    def runs_around(self, margin_s):
        """The same, reaching ``margin_s`` beyond the window on both sides."""
        time = self.rows["time_s"]
        around = self.rows[(time >= self.start_s - margin_s) & (time < self.end_s + margin_s)]
        return runs(around[valid(around)], self.settings.gap_s, self.rate_hz)

    @property
    def watched_s(self):
        """Seconds of the window in which the face was followed without a gap."""
        return sum(run["time_s"].iloc[-1] - run["time_s"].iloc[0] for run in self.runs)

    @property
    def minutes(self):
        """Minutes of valid face: what is counted is divided by these."""
        return len(self.good) / self.rate_hz / 60


def valid(rows):
    """Which rows hold a face whose landmarks can be trusted at all."""
    return (rows["face_trust"] > 0) & rows["eye_opening"].notna()


def runs(rows, gap_s, rate_hz):
    """Stretches of rows without a gap longer than ``gap_s`` (or 2.5 frames, where frames are that far apart)."""
    breaks = np.flatnonzero(np.diff(rows["time_s"]) > max(gap_s, 2.5 / rate_hz)) + 1
    return [rows.iloc[a:b] for a, b in pairwise([0, *breaks, len(rows)])]


def spells(is_so, open_end=False):
    """Where a condition begins to hold and where it ceases, as pairs of row numbers.

    A spell that holds from the first row on has no beginning and is left out; so is one that never ceases, unless
    ``open_end``: then it ends after the last row.

    >>> spells(np.array([True, False, True, True, False, True]))
    [(2, 4)]
    >>> spells(np.array([False, True]), open_end=True)
    [(1, 2)]
    """
    change = np.diff(np.asarray(is_so).astype(int))
    begins, ends = (np.flatnonzero(change == way) + 1 for way in (1, -1))
    ends = ends[ends > begins[0]] if len(begins) else ends[:0]
    if open_end and len(ends) < len(begins):
        ends = [*ends, len(is_so)]
    return [(int(a), int(b)) for a, b in zip(begins, ends, strict=False)]


def mean_of(rows, names):
    """The mean of some columns, row by row."""
    return rows[list(names)].mean(axis=1)


def mean(values):
    """The mean of what is there; NaN of nothing."""
    return float(np.mean(values)) if len(values) else np.nan
