"""The loop over frames: who is being followed now, when to look for faces again, and what has been measured.

Three things call for a search of the whole frame: its own slow clock, a face that was lost, and a part of the picture
that was replaced (a cut, a new layout, a camera switched on). Between searches every followed face is confirmed in its
own crop, and every place where one was lost is looked at, on a faster clock; that costs a hundredth of a search.
"""

import time

import numpy as np
import pandas as pd

from .finder import Finder, change, new_picture, overlap, small, surest
from .follower import Crop, Follower
from .landmarker import Landmarker, Task
from .looks import NAMES
from .mirror import Mirror
from .scenes import Scenes

ROWS_LOOSE = 4000
"""So many rows stay dictionaries before the older ones are packed into a table, a twentieth of the size."""

YOUNG = 4
"""A track that was seen by fewer searches is confirmed more often, so that a brief one can be told from an error."""

PLACES_KEPT = 50
"""How many places of lost faces are looked at again."""


class Watch:
    """Sees frame after frame; ``table`` has one row per face and frame, ``ends`` says why each track ended."""

    def __init__(self, settings, models, told):
        self.settings, self.told, self.rows, self.packed, self.ends = settings, told, [], [], {}
        self.bundle, detector = models
        self.landmarker = Landmarker(self.bundle)  # one for all, as it remembers nothing
        self.finder, self.mirror = Finder(detector, settings.score_keep), Mirror(self.landmarker)
        self.followers, self.tracks, self.lost, self.looks = [], 0, [], []
        self.ticks, self.fruitless_s = {}, -np.inf
        self.before, self.take, self.scenes = None, 0, Scenes(settings.scene_change)
        told |= {"frame_times_s": [], "cuts_s": [], "searches": 0, "tracks": 0, "recovered": 0, "tracks_ended": {}}
        told |= {"seconds_detect": 0.0, "seconds_landmarks": 0.0, "confirmations": 0, "layout": []}
        told |= {"takes": []}  # of each take the first and the last look, by which a scene is known again

    def see(self, time_s, picture):
        """Take in the next frame."""
        self.told["frame_times_s"].append(time_s)
        replaced = self._notice_change(time_s, small(picture))
        rows = self._measure(self.followers, time_s, picture)
        rows += self._save_in_place(time_s, picture)
        due, due_young = (self._ticks(f"confirm{age}_s", time_s) for age in ("", "_young"))
        if due or due_young:
            self._confirm([follower for follower in self.followers if due or follower.searches < YOUNG])
        if due or due_young:
            replaced |= self._comes_back(picture)
        lost = [follower for follower in self.followers if follower.ended]
        if self._ticks("renew_s", time_s):
            self.finder.forget()  # what was known goes on the same clock in a recording that was cut in time
        if lost or replaced or self._ticks("search_s", time_s):
            rows += self._search(time_s, picture, replaced or bool(lost))
        self.rows += [row for row in rows if row["track_id"] not in self.ends]
        for follower in self.followers:
            self._split(follower, time_s)
        if len(self.rows) > ROWS_LOOSE:
            self._pack(time_s - 2 * self.settings.doubt_s)

    def table(self):
        """All rows so far."""
        self._pack(np.inf)
        return pd.concat(self.packed, ignore_index=True) if self.packed else pd.DataFrame()

    def album(self):
        """What the faces of all ended tracks look like: time_s, track_id and the numbers of ``looks.NAMES``."""
        columns = ["time_s", "track_id", *NAMES]
        if not self.looks:
            return pd.DataFrame({name: pd.Series(dtype=float) for name in columns})
        numbers = pd.DataFrame(np.stack([numbers for *_, numbers in self.looks]), columns=NAMES)
        when = pd.DataFrame([(time_s, track_id) for time_s, track_id, _ in self.looks], columns=columns[:2])
        return pd.concat([when, numbers], axis=1)

    # ---- clocks -----------------------------------------------------------------------------------------------------

    def _ticks(self, clock, time_s):
        """Whether a clock has ticked since the last frame; it ticks at whole multiples of its setting."""
        before, now = self.ticks.get(clock), int((time_s + 1e-6) // getattr(self.settings, clock))
        self.ticks[clock] = now
        return before != now

    def _notice_change(self, time_s, now):
        """Whether part of the picture is new; a cut also ends every track and begins a take."""
        before, self.before = self.before, now
        is_cut = before is not None and change(before, now) > self.settings.cut_change
        if is_cut:
            self._cut(time_s, before, now)
        if is_cut or before is None:
            self.told["takes"].append((now.astype(np.uint8), None))
        self.told["takes"][-1] = (self.told["takes"][-1][0], now.astype(np.uint8))
        if is_cut or before is None or not new_picture(before, now):
            return is_cut
        self.told["layout"].append({"time_s": time_s, "event": "replaced", "track_id": -1, "box_px": []})
        return time_s >= self.fruitless_s + self.settings.confirm_s

    def _cut(self, time_s, before, now):
        self._end(self.followers, "cut")
        self.told["cuts_s"].append(round(time_s, 6))
        self.told["layout"].append({"time_s": time_s, "event": "cut", "track_id": -1, "box_px": []})
        self.take, self.lost = self.take + 1, []
        self.scenes.cut(before, now)

    # ---- looking for faces ------------------------------------------------------------------------------------------

    def _confirm(self, followers):
        """Ask the detector about each followed face in its own crop, and take down how it looks."""
        began = time.perf_counter()
        for follower in followers:
            if not follower.ended and follower.part is not None:
                crop = follower.crop
                found = self.finder.look(follower.part, crop.x, crop.y, crop.side / follower.part.shape[0])
                self.told["confirmations"] += 1
                if follower.confirm(self._on(follower, found)):
                    follower.sits_for()
                else:
                    follower.ended = "unconfirmed"
        self.told["seconds_detect"] += time.perf_counter() - began

    def _comes_back(self, picture):
        """Whether a face is seen again where one was lost."""
        began, back = time.perf_counter(), False
        for box in self.lost:
            crop = Crop(box, self.settings.crop_scale, picture.shape)
            part = crop.cut(picture)
            found = self.finder.look(part, crop.x, crop.y, crop.side / part.shape[0])
            new = [one for one in found if one.score >= self.settings.score_new and not self._is_followed(one)]
            back |= any(overlap(box, one) > 0 for one in new)
        self.told["seconds_detect"] += time.perf_counter() - began
        return back

    def _search(self, time_s, picture, called):
        """Look for faces in the whole frame: doubtful ones are confirmed or end, new ones begin; the rows of these."""
        began = time.perf_counter()
        height, width = picture.shape[:2]
        lost = [follower for follower in self.followers if follower.ended]
        places = [follower.crop.within(width, height) for follower in self.followers]
        places += [Crop(box, self.settings.crop_scale, picture.shape).within(width, height) for box in self.lost]
        found = self.finder.find(picture, places)
        for follower in lost:
            self._save(follower, found, time_s, picture)
        saved = [follower for follower in lost if not follower.ended and follower.fresh]
        gone = [follower for follower in lost if follower.ended]
        self._end(gone)
        begun = [
            Follower(self.tracks + k, box, self._landmarker(), self.settings, picture.shape, self.mirror)
            for k, box in enumerate(
                box for box in found if box.score >= self.settings.score_new and not self._is_followed(box)
            )
        ]
        self.followers += begun
        self.tracks += len(begun)
        self.told |= {"searches": self.told["searches"] + 1, "tracks": self.tracks}
        self.told["seconds_detect"] += time.perf_counter() - began
        return self._settle(time_s, picture, begun, saved, gone, called)

    def _settle(self, time_s, picture, begun, saved, gone, called):
        """Measure who was just found, and note whose picture came and went."""
        rows = self._measure(begun + saved, time_s, picture)
        failed = [follower for follower in begun + saved if follower.ended]
        self._end(failed)
        begun, gone = [one for one in begun if one not in failed], gone + [one for one in saved if one in failed]
        for follower in begun:
            follower.sits_for()
        self.lost = [box for box in self.lost if not any(overlap(box, f.box) > 0 for f in begun)]
        self.lost = [*self.lost, *(f.box for f in gone if not self._is_followed(f.box))][-PLACES_KEPT:]
        if called and not begun and not gone:
            self.fruitless_s = time_s
        if called:
            self._note("came", time_s, begun)
        self._note("gone", time_s, [follower for follower in gone if self.ends[follower.track_id] == "changed"])
        return rows

    def _note(self, event, time_s, followers):
        for follower in followers:
            box = [round(float(v), 1) for v in follower.box[:4]]
            self.told["layout"].append({"time_s": time_s, "event": event, "track_id": follower.track_id, "box_px": box})

    def _on(self, follower, boxes):
        return [box for box in boxes if overlap(follower.box, box) >= self.settings.confirm_overlap]

    def _is_followed(self, box):
        return any(not follower.ended and self._on(follower, [box]) for follower in self.followers)

    def _save(self, follower, found, time_s, picture):
        """A doubtful face is confirmed where it is; one that moved too fast to follow may lie close by.

        Where another picture took the place, nothing is saved: whoever is there is found anew, and may be the same.
        """
        if follower.ended == "unconfirmed" and follower.confirm(self._on(follower, found)):
            follower.ended = ""
            return
        if follower.ended not in ("lost", "jumped"):
            return
        others = [other for other in self.followers if other is not follower and not other.ended]
        near = [box for box in found if widths_apart(follower.box, box) <= self.settings.near_widths]
        near = [box for box in near if not any(self._on(other, [box]) for other in others)]
        if near and not (follower.is_gone and follower.is_replaced(picture, near[0])):
            follower.leap(near[0], time_s, picture.shape)
            self.told["recovered"] += 1

    def _save_in_place(self, time_s, picture):
        """Look for faces that moved too fast in their own crops, before the whole frame; the rows of these."""
        began = time.perf_counter()
        lost = [follower for follower in self.followers if follower.ended in ("lost", "jumped")]
        for follower in lost:
            crop, part = follower.crop, follower.crop.cut(picture)
            found = self.finder.look(part, crop.x, crop.y, crop.side / part.shape[0])
            self._save(follower, surest(found), time_s, picture)
        self.told["seconds_detect"] += time.perf_counter() - began
        return self._measure([follower for follower in lost if not follower.ended], time_s, picture)

    # ---- following them ---------------------------------------------------------------------------------------------

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

    def _landmarker(self):
        way = self.settings.landmarks
        return self.landmarker if way == "direct" else Task(self.bundle, way)

    def _is_twin(self, follower, other):
        older = other.track_id < follower.track_id and not other.ended
        return older and overlap(follower.box, other.box) > self.settings.same_overlap

    def _split(self, follower, time_s):
        """Where another face has taken a followed one's place, the track ends there and a new one goes on."""
        since_s = follower.other_since(time_s)
        if since_s is None:
            return
        old, follower.track_id = follower.track_id, self.tracks
        self.looks += [(t, old, numbers) for t, numbers in follower.album if t < since_s]
        follower.album = [(t, numbers) for t, numbers in follower.album if t >= since_s]
        self._note_end(old, "changed")
        self.tracks += 1
        self.told["tracks"] = self.tracks
        for row in reversed(self.rows):
            if row["time_s"] < since_s:
                break
            if row["track_id"] == old:
                row["track_id"] = follower.track_id

    def _end(self, followers, reason=None):
        for follower in list(followers):
            self.followers.remove(follower)
            follower.close()
            follower.sits_for()
            self._split(follower, np.inf)
            self.looks += [(t, follower.track_id, numbers) for t, numbers in follower.album]
            gone = follower.is_gone and follower.ended in ("lost", "jumped")
            self._note_end(follower.track_id, reason or ("changed" if gone else follower.ended))

    def _note_end(self, track_id, why):
        self.ends[track_id] = why
        self.told["tracks_ended"][why] = self.told["tracks_ended"].get(why, 0) + 1

    def _pack(self, until_s):
        """Pack the rows that no open doubt can change any more."""
        old = [row for row in self.rows if row["time_s"] < until_s]
        self.rows = self.rows[len(old) :]
        self.packed += [pd.DataFrame(old)] if old else []

    def close(self):
        """End every track and free the detector."""
        self._end(self.followers, "end of recording")
        self.finder.close()


def widths_apart(a, b):
    """How far two boxes lie apart, in widths of the smaller; infinite where one is more than twice as wide."""
    narrow, wide = sorted((a.w, b.w))
    return np.hypot(*np.subtract(a.centre, b.centre)) / narrow if wide <= 2 * narrow else np.inf
