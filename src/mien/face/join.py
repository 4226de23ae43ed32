"""A recording that was cut in time to be measured in pieces: its tracks are put together as if it had not been cut.

Each piece begins a while before its own time (*warm-up*: landmarks remember, faces must be found) and goes on a while
after it (so that a doubt that is open at its end is settled). Where two pieces meet both have seen the same frames;
a track of the one is a track of the other where their boxes lie on each other in those frames.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .finder import Box, overlap
from .scenes import Scenes

MEET_S = 0.5
"""Boxes are compared from this long before the seam to this long after it."""

SAME_OVERLAP = 0.5
"""Two boxes in one frame are one face if they overlap by this on average (intersection over union)."""

SPOT = ["box_x_px", "box_y_px", "box_w_px", "box_h_px"]
LISTS = ("frame_times_s", "cuts_s", "takes", "layout", "warnings")
NOT_ADDED = ("picture_end_s", "rotation")


@dataclass(frozen=True)
class Piece:
    """What ``face.extract`` gave for start_s <= t < end_s and some seconds around: rows, and what it told."""

    start_s: float
    end_s: float
    rows: pd.DataFrame
    told: dict

    def own(self, frame):
        """The rows of a table that lie in the piece's own time."""
        return frame[(frame["time_s"] >= self.start_s) & (frame["time_s"] < self.end_s)]


class Join:
    """Takes in piece after piece, in order, and knows the tracks of the whole.

    ``named`` has for each piece {its track: track of the whole}, ``ends`` why each track of the whole ended.
    """

    def __init__(self, settings):
        self.settings, self.scenes, self.take = settings, Scenes(settings.scene_change), 0
        self.tracks, self.ends, self.before, self.names, self.searched, self.named = 0, {}, None, {}, {}, []
        self.last_look, self.told = None, {name: [] for name in LISTS}

    def rows(self, piece):
        """The rows of the piece's own time, with ``track_id``, ``searches``, ``take`` and ``scene`` of the whole."""
        names, searched = self._names(piece)
        rows = piece.own(piece.rows)
        rows = rows.assign(
            searches=rows["searches"] + rows["track_id"].map(searched).fillna(0),
            track_id=rows["track_id"].map(names),
        )
        takes = self._takes(piece)
        cuts = np.searchsorted(piece.told["cuts_s"], rows["time_s"] + 1e-6)
        rows = rows.assign(take=[takes[k][0] for k in cuts], scene=[takes[k][1] for k in cuts])
        self._note_ends(piece, names)
        self._tell(piece, names)
        self.before, self.names, self.searched = piece, names, searched
        self.named.append(names)
        return rows

    def _names(self, piece):
        """The track of the whole for each track of the piece, and how often it was confirmed before the piece."""
        same = meeting(self.before, piece) if self.before else {}
        names, searched = {}, {}
        for track_id, rows in piece.rows.groupby("track_id", sort=True):
            old = same.get(track_id)
            if old in self.names:
                names[track_id] = self.names[old]
                searched[track_id] = self._more(old, track_id, piece)
            elif len(piece.own(rows)):
                names[track_id], self.tracks = self.tracks, self.tracks + 1
        return names, searched

    def _more(self, old, track_id, piece):
        """How many more searches confirmed a track by the account of the piece before than by that of this one."""
        before = self.before.rows[self.before.rows["track_id"] == old].set_index("time_s")["searches"]
        after = piece.rows[piece.rows["track_id"] == track_id].set_index("time_s")["searches"]
        times = before.index.intersection(after.index)
        return self.searched.get(old, 0) + float(before[times[-1]] - after[times[-1]])

    def _takes(self, piece):
        """(take, scene) of the whole for each take of the piece: those that began before it go on, others are new."""
        found, looks = [], piece.told["takes"] or [(None, None)]
        for cut_s, (first, last) in zip([-np.inf, *piece.told["cuts_s"]], looks, strict=True):
            if piece.start_s <= cut_s < piece.end_s:
                self.take += 1
                self.scenes.cut(self.last_look, first)
            if cut_s < piece.end_s:
                self.last_look = last
            found.append((self.take, self.scenes.now))
        return found

    def _note_ends(self, piece, names):
        """Why tracks end: what the last piece says that has them; a track that no later piece knows was lost."""
        before = set(self.names.values()) - set(names.values())
        for track_id in before:
            if self.ends.get(track_id) == "end of recording":
                self.ends[track_id] = "lost"
        for track_id, why in piece.rows.groupby("track_id")["track_end"].first().items():
            if track_id in names:
                self.ends[names[track_id]] = why

    def _tell(self, piece, names):
        told = piece.told
        self.told["frame_times_s"] += [t for t in told["frame_times_s"] if piece.start_s <= t < piece.end_s]
        self.told["cuts_s"] += [t for t in told["cuts_s"] if piece.start_s <= t < piece.end_s]
        self.told["warnings"] += [words for words in told.get("warnings", []) if words not in self.told["warnings"]]
        for event in told.get("layout", []):
            if piece.start_s <= event["time_s"] < piece.end_s:
                self.told["layout"].append(event | {"track_id": names.get(event["track_id"], -1)})
        for name, value in told.items():
            if name not in (*LISTS, *NOT_ADDED) and isinstance(value, int | float):
                self.told[name] = self.told.get(name, 0) + value
        self.told |= {name: told[name] for name in NOT_ADDED if name in told}

    def album(self, piece):
        """The looks (``told["looks"]``) of the piece's own time, numbered anew; call it after ``rows``."""
        looks = piece.own(piece.told.get("looks", pd.DataFrame({"time_s": [], "track_id": []})))
        return looks.assign(track_id=looks["track_id"].map(self.names)).dropna(subset="track_id")

    def close(self):
        """What was told of the whole: ``frame_times_s``, ``cuts_s``, ``layout``, ``tracks_ended`` and all counts."""
        counts = pd.Series(self.ends, dtype=object).value_counts()
        self.told.pop("takes")
        return self.told | {"tracks": self.tracks, "tracks_ended": {why: int(n) for why, n in counts.items()}}


def meeting(before, after):
    """Which track of the later piece is which of the earlier: {later: earlier}, one to one, by boxes at the seam."""
    seam = ["time_s", "track_id", *SPOT]
    near = [p.rows.loc[(p.rows["time_s"] - after.start_s).abs() <= MEET_S, seam] for p in (before, after)]
    both = near[1].merge(near[0], on="time_s", suffixes=("", "_before"))
    if both.empty:
        return {}
    boxes = zip(both[SPOT].to_numpy(), both[[f"{name}_before" for name in SPOT]].to_numpy(), strict=True)
    both = both[["track_id", "track_id_before"]].assign(overlap=[overlap(Box(*a), Box(*b)) for a, b in boxes])
    pairs = both.groupby(["track_id", "track_id_before"])["overlap"].agg(["mean", "size"])
    pairs = pairs[pairs["mean"] >= SAME_OVERLAP]
    same = {}
    for later, earlier in (pairs["mean"] * pairs["size"]).sort_values(ascending=False).index:
        if later not in same and earlier not in same.values():
            same[later] = earlier
    return same
