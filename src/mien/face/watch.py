"""The loop over frames: who is being followed now, when to look for faces again, and what has been measured."""

import time

import numpy as np
import pandas as pd

from .finder import Finder, change, overlap, small
from .follower import Follower
from .scenes import Scenes

ROWS_LOOSE = 4000
"""So many rows stay dictionaries before the older ones are packed into a table, a twentieth of the size."""


class Watch:
    """Sees frame after frame; ``table`` has one row per face and frame, ``ends`` says why each track ended."""

    def __init__(self, settings, models, told):
        self.settings, self.told, self.rows, self.packed, self.ends = settings, told, [], [], {}
        self.model, detector = models
        self.finder = Finder(detector, settings.score_keep)
        self.followers, self.tracks, self.search_due_s = [], 0, -np.inf
        self.before, self.take, self.scenes = None, 0, Scenes(settings.scene_change)
        told |= {"frame_times_s": [], "cuts_s": [], "searches": 0, "tracks": 0, "recovered": 0, "tracks_ended": {}}
        told |= {"takes": []}  # of each take the first and the last look, by which a scene is known again
        told |= {"seconds_detect": 0.0, "seconds_landmarks": 0.0}

    def see(self, time_s, picture):
        """Take in the next frame."""
        self.told["frame_times_s"].append(time_s)
        self._notice_cut(time_s, small(picture))
        if time_s >= self.search_due_s:
            self._search(time_s, picture)
        self.rows += self._measure(self.followers, time_s, picture)
        if any(follower.ended for follower in self.followers):
            known = [follower for follower in self.followers if not follower.ended]
            self._search(time_s, picture)
            self.rows += self._measure([f for f in self.followers if f not in known], time_s, picture)
            self._end([follower for follower in self.followers if follower.ended])
        for follower in self.followers:
            self._split(follower, time_s)
        if len(self.rows) > ROWS_LOOSE:
            self._pack(time_s - 2 * self.settings.doubt_s)

    def table(self):
        """All rows so far."""
        self._pack(np.inf)
        return pd.concat(self.packed, ignore_index=True) if self.packed else pd.DataFrame()

    def _pack(self, until_s):
        """Pack the rows that no open doubt can change any more."""
        old = [row for row in self.rows if row["time_s"] < until_s]
        self.rows = self.rows[len(old) :]
        self.packed += [pd.DataFrame(old)] if old else []

    def _split(self, follower, time_s):
        """Where another face has taken a followed one's place, the track ends there and a new one goes on."""
        since_s = follower.other_since(time_s)
        if since_s is None:
            return
        old, follower.track_id = follower.track_id, self.tracks
        self._note_end(old, "changed")
        self.tracks += 1
        self.told["tracks"] = self.tracks
        for row in reversed(self.rows):
            if row["time_s"] < since_s:
                break
            if row["track_id"] == old:
                row["track_id"] = follower.track_id

    def _notice_cut(self, time_s, now):
        if self.before is None:
            self.told["takes"].append((now.astype(np.uint8), None))
        if self.before is not None and change(self.before, now) > self.settings.cut_change:
            self._end(self.followers, "cut")
            self.told["cuts_s"].append(round(time_s, 6))
            self.take, self.search_due_s = self.take + 1, -np.inf
            self.scenes.cut(self.before, now)
            self.told["takes"].append((now.astype(np.uint8), None))
        self.told["takes"][-1] = (self.told["takes"][-1][0], now.astype(np.uint8))
        self.before = now

    def _search(self, time_s, picture):
        """Look for faces: confirm those that are followed, drop those that are not confirmed, begin new ones."""
        began = time.perf_counter()
        self.search_due_s = time_s + self.settings.search_s
        height, width = picture.shape[:2]
        found = self.finder.find(picture, [follower.crop.within(width, height) for follower in self.followers])
        for follower in self.followers:
            if not follower.ended and not follower.confirm(self._on(follower, found)):
                follower.ended = "unconfirmed"
        for follower in [f for f in self.followers if f.ended in ("lost", "jumped")]:
            self._recover(follower, found, time_s, picture)
        self._end([follower for follower in self.followers if follower.ended])
        for box in found:
            if box.score >= self.settings.score_new and not any(self._on(f, [box]) for f in self.followers):
                self.followers.append(Follower(self.tracks, box, self.model, self.settings, picture.shape))
                self.tracks += 1
        self.told |= {"searches": self.told["searches"] + 1, "tracks": self.tracks}
        self.told["seconds_detect"] += time.perf_counter() - began

    def _on(self, follower, boxes):
        return [box for box in boxes if overlap(follower.box, box) >= self.settings.confirm_overlap]

    def _recover(self, follower, found, time_s, picture):
        """A face that moved too fast to follow is where a detection lies close by that nobody else follows."""
        others = [other for other in self.followers if other is not follower and not other.ended]
        near = [box for box in found if widths_apart(follower.box, box) <= self.settings.near_widths]
        near = [box for box in near if not any(self._on(other, [box]) for other in others)]
        if near:
            follower.leap(near[0], time_s, picture.shape)
            self.told["recovered"] += 1

    def _measure(self, followers, time_s, picture):
        began, rows = time.perf_counter(), []
        for follower in followers:
            row = follower.follow(time_s, picture)
            if row and any(self._is_twin(follower, other) for other in self.followers):
                follower.ended = "same face twice"
            elif row:
                rows.append({"time_s": time_s, "take": self.take, "scene": self.scenes.now} | row)
        self.told["seconds_landmarks"] += time.perf_counter() - began
        return rows

    def _is_twin(self, follower, other):
        older = other.track_id < follower.track_id and not other.ended
        return older and overlap(follower.box, other.box) > self.settings.same_overlap

    def _end(self, followers, reason=None):
        for follower in list(followers):
            self.followers.remove(follower)
            follower.close()
            self._split(follower, np.inf)
            self._note_end(follower.track_id, reason or follower.ended)

    def _note_end(self, track_id, why):
        self.ends[track_id] = why
        self.told["tracks_ended"][why] = self.told["tracks_ended"].get(why, 0) + 1

    def close(self):
        """End every track and free the detector."""
        self._end(self.followers, "end of recording")
        self.finder.close()


def widths_apart(a, b):
    """How far two boxes lie apart, in widths of the smaller; infinite where one is more than twice as wide."""
    narrow, wide = sorted((a.w, b.w))
    return np.hypot(*np.subtract(a.centre, b.centre)) / narrow if wide <= 2 * narrow else np.inf
