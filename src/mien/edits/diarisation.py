"""The same conversation with who spoke when found wrongly, in a given share of all speech.

Conventions are those of ``timeline``. The share is the diarisation error rate without a collar, names being the same
(``turns.agreement``, pyannote.metrics). How far a score moves depends on what goes wrong and on where: real tools miss
more than they make up, and err at changes of who speaks and in short turns more than elsewhere (Knox, Mirghafori &
Friedland 2012, Interspeech: at least 40 % of the errors of five systems lay within 0.5 s of a change, and errors grew
as segments got shorter; Lanzendörfer et al. 2025, arXiv 2509.26177: missed speech first, then confusion).
"""

from bisect import bisect_left, insort
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from mien import store
from mien.edits.errors import EditError
from mien.edits.floor import heard, table
from mien.turns import TurnSettings

SHARES = {
    "swap": {"swap": 1.0},
    "miss": {"miss": 1.0},
    "false_alarm": {"false_alarm": 1.0},
    "mixed": dict.fromkeys(("swap", "miss", "false_alarm"), 1 / 3),
    "as_tools": {"swap": 5.70 / 18.80, "miss": 9.53 / 18.80, "false_alarm": 3.57 / 18.80},
}
"""What goes wrong: who speaks, that somebody speaks, that nobody does; a third of each; or what pyannote 3.1 gets wrong
on AMI (headset mix, only words, no collar: error 18.80 %, of that missed 9.53, confused 5.70, false alarms 3.57; the
evaluation published with the model, ``reproducible_research/AMI.SpeakerDiarization.Benchmark.test.eval``)."""
KINDS = tuple(SHARES)
PLACES = ("pieces", "edges", "short", "as_tools")
"""Where it goes wrong: in pieces at random; where who speaks changes; in short turns first; or 40 % where who speaks
changes and the rest in pieces."""
AT_EDGES = {"pieces": 0.0, "as_tools": 0.4, "edges": 1.0, "short": 1.0}
EDGES_S, SHORT_S = (0.5, 1.0, 2.0, 4.0), 1.0
"""How far an edge is moved at most (0.5 s: so far around a change Knox 2012 looked; the next where all edges together
do not make up the error that is wanted), and what counts as a short turn."""


def diarisation_error(segments, b, dose, duration_s, *, rng=None, turn=None, kind="mixed", place="pieces", piece_s=1.0):
    """Who spoke when, wrong in ``dose`` of all speech (the diarisation error rate, 0 to 1).

    ``kind``: ``swap``, given to another person; ``miss``, not found; ``false_alarm``, found where that person does not
    speak; ``mixed``, a third of each; ``as_tools``, as :data:`SHARES` says. ``place``: ``pieces`` of up to ``piece_s``
    where one person alone talks (false alarms in silence, or beside somebody where it does not suffice); ``edges``, the
    begin or end of what somebody says moved by up to 0.5 s (where that does not suffice 1, 2 or 4 s) where the last or
    next to begin is somebody else (who gets what is swapped); ``short``, whole turns under 1 s, and longer ones where
    these do not suffice; ``as_tools``, 40 % at edges and the rest in pieces. All fall by ``rng``, no two at one moment,
    on both sides alike: ``b`` has no say.
    Raises :class:`EditError` where so much error finds no place.
    """
    if kind not in KINDS:
        raise EditError(f"edits: a diarisation errs by {', '.join(KINDS)}; no {kind!r}")
    if place not in PLACES or (place == "short" and "false_alarm" in SHARES[kind]):
        raise EditError(f"edits: a diarisation errs in {', '.join(PLACES)} (short turns: swap or miss); no {place!r}")
    rng = store.rng("edits/diarisation") if rng is None else rng
    people, edges, talks = _cells(segments, duration_s, piece_s)
    total = float((np.diff(edges) * talks).sum())
    if dose == 0 or not total:
        return segments.copy(), float(duration_s)
    if len(people) < 2 and "swap" in SHARES[kind]:
        raise EditError("edits: speech cannot be given to another person where there is none; expected two people")
    near = AT_EDGES[place]
    wanted, errors = [(part, dose * total * of) for part, of in SHARES[kind].items()], []
    if near:
        spans, asked = _Spans.of(segments, duration_s), [(part, near * seconds) for part, seconds in wanted]
        errors = _apart(spans.short(rng, asked), asked) if place == "short" else _moved(spans, asked, rng)
        segments = spans.with_errors(errors)
    if near < 1:
        segments = _in_pieces(segments, duration_s, piece_s, [(p, (1 - near) * s) for p, s in wanted], errors, rng)
    return segments, float(duration_s)


# --- in pieces --------------------------------------------------------------------------------------------------------


def _in_pieces(segments, duration_s, piece_s, wanted, errors, rng):
    """Errors in pieces, at no moment at which there is one already."""
    people, edges, talks = _cells(segments, duration_s, piece_s, errors)
    edges, talks, chosen = _chosen(edges, talks, wanted, _untouched(edges, errors), rng)
    who = talks.argmax(axis=0)
    for part, cells in chosen.items():
        other = (who[cells] + rng.integers(1, max(len(people), 2), len(cells))) % len(people)
        if part != "false_alarm":
            talks[who[cells], cells] = False
        if part != "miss":
            silent = ~talks[:, cells].any(axis=0) & (part == "false_alarm")
            anyone = rng.integers(0, len(people), len(cells))
            talks[np.where(silent, anyone, other), cells] = True
    return _segments(people, edges, talks)


def _cells(segments, duration_s, piece_s, errors=()):
    """Time cut wherever somebody begins or ends, and into pieces: (people, edges (n + 1,), who talks (people, n))."""
    segments = table(segments)
    code, people = pd.factorize(segments["person_id"], sort=True)
    start, end = (segments[name].to_numpy(float) for name in ("start_s", "end_s"))
    marks = [edge / 1000 for error in errors for edge in (error.start_ms, error.end_ms)]
    edges = np.unique(np.concatenate([[0.0, duration_s], start, end, marks]))
    n = np.maximum(np.ceil(np.diff(edges) / piece_s - 1e-9).astype(int), 1)
    at = np.repeat(edges[:-1], n)
    part = np.arange(len(at)) - np.repeat(np.cumsum(n) - n, n)
    edges = np.append(at + part * np.repeat(np.diff(edges) / n, n), edges[-1])
    return people, edges, _who_talks(code, start, end, edges, len(people))


def _who_talks(code, start, end, edges, n_people):
    """Who talks between each two edges, (people, edges - 1) flags."""
    steps = np.zeros((n_people, len(edges)), int)
    np.add.at(steps, (code, np.searchsorted(edges, start - 1e-9)), 1)
    np.add.at(steps, (code, np.searchsorted(edges, end - 1e-9)), -1)
    return np.cumsum(steps, axis=1)[:, :-1] > 0


def _untouched(edges, errors):
    """The cells in which there is no error yet, as flags."""
    middle, free = (edges[:-1] + edges[1:]) / 2, np.ones(len(edges) - 1, bool)
    for error in errors:
        low, high = np.searchsorted(middle, [error.start_ms / 1000, error.end_ms / 1000])
        free[low:high] = False
    return free


def _chosen(edges, talks, wanted, untouched, rng):
    """Cells drawn for each kind of error, none twice, to the wanted seconds; the last of each is cut to fit."""
    n_talk = talks.sum(axis=0)
    free = {n: list(rng.permutation(np.flatnonzero((n_talk == n) & untouched))) for n in (0, 1)}
    length, cuts, picked = np.diff(edges), [], {}
    for part, seconds in wanted:
        row = picked.setdefault(part, [])
        while seconds > 1e-9:
            pool = free[0] if part == "false_alarm" and free[0] else free[1]
            if not pool:
                raise _no_place(part, "where one person alone talks")
            cell = pool.pop()
            row.append(edges[cell])
            if length[cell] > seconds:
                cuts.append(edges[cell] + seconds)
            seconds -= length[cell]
    finer = np.union1d(edges, cuts)
    talks = talks[:, np.searchsorted(edges, finer[:-1], side="right") - 1]
    return finer, talks, {part: np.searchsorted(finer, row) for part, row in picked.items()}


def _segments(people, edges, talks):
    """Runs of cells in which a person talks, as segments."""
    padded = np.pad(talks, ((0, 0), (1, 1))).astype(int)
    who, first = np.nonzero(np.diff(padded, axis=1) == 1)
    _, last = np.nonzero(np.diff(padded, axis=1) == -1)
    found = pd.DataFrame({"person_id": np.asarray(people)[who], "start_s": edges[first], "end_s": edges[last]})
    return found.sort_values(["start_s", "end_s", "person_id"], ignore_index=True)


def _no_place(part, where):
    return EditError(f"edits: so much error ({part}) finds no place {where}; expected a lower rate")


# --- where who speaks changes, and in short turns ---------------------------------------------------------------------


class _Error(NamedTuple):
    """``who`` is not found from ``start_ms`` to ``end_ms``, or ``other`` is, or both; ``early``: cut from its end."""

    part: str
    who: int
    other: int
    start_ms: int
    end_ms: int
    early: bool

    def cut(self, length_ms):
        """As much of it as is wanted, at the side of the edge."""
        moved = {"end_ms": self.start_ms + length_ms} if self.early else {"start_ms": self.end_ms - length_ms}
        return self._replace(**moved)


def _moved(spans, wanted, rng):
    """Edges moved as little as makes up the error that is wanted."""
    for edge_s in EDGES_S:
        try:
            return _apart(spans.near_changes(rng, wanted, edge_s), wanted)
        except EditError as error:
            short = error
    raise short


def _apart(found, wanted):
    """Of the errors ``found`` {part: in the order of taking} so many seconds as ``wanted``, no two at one moment."""
    taken, chosen = [], []
    for part, seconds in wanted:
        left = round(1000 * seconds)
        for error in found[part]:
            if left <= 0:
                break
            error = error.cut(left) if error.end_ms - error.start_ms > left else error
            at = bisect_left(taken, (error.start_ms, error.end_ms))
            before = at > 0 and taken[at - 1][1] > error.start_ms
            if not before and not (at < len(taken) and taken[at][0] < error.end_ms):
                insort(taken, (error.start_ms, error.end_ms))
                chosen.append(error)
                left -= error.end_ms - error.start_ms
        if left > 0:
            raise _no_place(part, "at edges or in short turns")
    return chosen


@dataclass(frozen=True)
class _Spans:
    """What everybody says without a break, by (start, end, person): whole milliseconds, and places among ``people``."""

    people: tuple
    who: np.ndarray
    start: np.ndarray
    end: np.ndarray
    whole: int

    @classmethod
    def of(cls, segments, duration_s):
        talk = heard(segments, TurnSettings(min_pause_s=0.001))
        whole = max(round(1000 * duration_s), int(talk.end_ms.max()))
        return cls(talk.people, talk.person, talk.start_ms, talk.end_ms, whole)

    def silent(self, who, start, end):
        """Whether each of ``who`` says nothing from ``start`` to ``end``."""
        found = np.zeros(len(who), bool)
        for person in range(len(self.people)):
            own, asked = self.who == person, who == person
            begins, ends = np.append(self.start[own], self.whole + 1), self.end[own]
            found[asked] = begins[np.searchsorted(ends, start[asked], side="right")] >= end[asked]
        return found

    def room(self):
        """The milliseconds before and after each span in which its person says nothing: two (spans,)."""
        before, after = self.start.copy(), self.whole - self.end
        for person in range(len(self.people)):
            own = np.flatnonzero(self.who == person)
            gaps = self.start[own[1:]] - self.end[own[:-1]]
            before[own[1:]], after[own[:-1]] = gaps, gaps
        return before, after

    def near_changes(self, rng, wanted, edge_s):
        """Every edge that may be moved, by up to ``edge_s``, in random order: {part: errors}."""
        changes = np.flatnonzero(self.who[1:] != self.who[:-1])
        mine, others = np.append(changes + 1, changes), np.append(changes, changes + 1)  # begins, then ends
        begins = np.repeat([True, False], len(changes))
        half, (before, after) = (self.end - self.start)[mine] // 2, self.room()
        room = np.where(begins, before[mine], after[mine]) // 2
        edge = np.where(begins, self.start[mine], self.end[mine])
        found = {}
        for part, _ in wanted:
            outside = part == "false_alarm"
            moved = np.minimum(rng.integers(1, round(1000 * edge_s) + 1, len(mine)), room if outside else half)
            early = begins != outside  # what is wrong begins at the edge
            start, end = np.where(early, edge, edge - moved), np.where(early, edge + moved, edge)
            errors = self._listed(part, self.who[mine], self.who[others], start, end, early)
            found[part] = [errors[place] for place in rng.permutation(len(errors))]
        return found

    def short(self, rng, wanted):
        """Every span as a whole, those under :data:`SHORT_S` first and by chance: {part: errors}."""
        length = self.end - self.start
        order = np.lexsort((rng.random(len(length)), np.where(length < 1000 * SHORT_S, 0, length)))
        who, start, end = (values[order] for values in (self.who, self.start, self.end))
        chance = rng.random((len(self.people), len(who)))
        for person in range(len(self.people)):
            everyone = np.full(len(who), person)
            chance[person, ~self.silent(everyone, start, end) | (who == person)] = -1
        other = chance.argmax(axis=0)
        return {part: self._listed(part, who, other, start, end, np.ones(len(who), bool)) for part, _ in wanted}

    def _listed(self, part, who, other, start, end, early):
        """Errors of those that have a length, and speech given to those who are silent."""
        may = end > start
        if part == "swap":
            may &= self.silent(other, start, end)
        columns = (values[may].tolist() for values in (who, other, start, end, early))
        return [_Error(part, *row) for row in zip(*columns, strict=True)]

    def with_errors(self, errors):
        """The segments with these errors, which lie at different moments."""
        marks = [edge for error in errors for edge in (error.start_ms, error.end_ms)]
        edges = np.unique(np.concatenate([[0, self.whole], self.start, self.end, np.array(marks, int)])) / 1000
        talks = _who_talks(self.who, self.start / 1000, self.end / 1000, edges, len(self.people))
        for error in errors:
            cells = slice(*np.searchsorted(edges, [error.start_ms / 1000 - 1e-9, error.end_ms / 1000 - 1e-9]))
            talks[error.who, cells] = error.part == "false_alarm"
            if error.part == "swap":
                talks[error.other, cells] = True
        return _segments(self.people, edges, talks)
