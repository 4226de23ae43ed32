"""The floor of an edited timeline, compiled: the same stretches, backchannels, turns and offsets as ``turns.floor``.

Conventions: times are whole milliseconds; people are places in an alphabetical tuple, so that ties fall as they do
there; a stretch, piece or turn is a place in arrays sorted by (start, end, person). The rules are T3 to T9 of the
measurement specification, under one set of :class:`mien.turns.TurnSettings`; nothing is approximated, and a test holds
the two together. Words (a veto of backchannels) are not heard here.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numba import njit

from mien import scores
from mien.turns import TurnSettings
from mien.turns.floor import ms


@dataclass(frozen=True)
class Speech:
    """Segments as arrays, for the same edits made many times: ``people``, and per segment ``code``, times in seconds.

    It stands where a table of segments may stand in the edits that only move times; others take :meth:`table`.
    """

    people: tuple
    code: np.ndarray
    start_s: np.ndarray
    end_s: np.ndarray

    @classmethod
    def of(cls, segments, people=()):
        """The segments of a table; ``people`` may name silent ones too."""
        code, names = _coded(segments["person_id"], people)
        return cls(names, code, segments["start_s"].to_numpy(float), segments["end_s"].to_numpy(float))

    def __getitem__(self, name):
        return {"start_s": self.start_s, "end_s": self.end_s}[name]

    def copy(self):
        """Itself: nothing changes it."""
        return self

    def assign(self, **times):
        """The same people at other times."""
        return replace(self, **times)

    def table(self):
        """The same as a table of person_id, start_s and end_s."""
        who = np.array(self.people, object)[self.code]
        return pd.DataFrame({"person_id": who, "start_s": self.start_s, "end_s": self.end_s})


def table(segments):
    """Segments as a table, whichever they are."""
    return segments.table() if isinstance(segments, Speech) else segments


@dataclass(frozen=True)
class Talk:
    """Who holds the floor when, as arrays.

    ``code`` (segments,): who speaks in each segment. ``stretch_of`` (segments,): the stretch each segment lies in, -1
    for one without length. Stretches: ``start_ms``, ``end_ms``, ``person``, ``host`` (a longer stretch of another in
    which it lies, else -1), ``backchannel``. Pieces: ``piece_start_ms``, ``piece_end_ms``, ``piece_of`` (stretch),
    ``piece_turn``. Turns: ``turn_start_ms``, ``turn_end_ms``, ``turn_person``, ``turn_last_ms`` (when its last piece
    began), ``turn_contained``.
    """

    people: tuple
    code: np.ndarray
    stretch_of: np.ndarray
    start_ms: np.ndarray
    end_ms: np.ndarray
    person: np.ndarray
    host: np.ndarray
    backchannel: np.ndarray
    piece_start_ms: np.ndarray
    piece_end_ms: np.ndarray
    piece_of: np.ndarray
    piece_turn: np.ndarray
    turn_start_ms: np.ndarray
    turn_end_ms: np.ndarray
    turn_person: np.ndarray
    turn_last_ms: np.ndarray
    turn_contained: np.ndarray

    def side(self, b):
        """The flags, over people, of the side that ``b`` make up."""
        b = {str(person) for person in b}
        return np.array([person in b for person in self.people], bool)

    def offsets_ms(self):
        """The floor-transfer offset of every turn but the first, NaN where timing is no response (T9): (turns - 1,)."""
        fto = (self.turn_start_ms[1:] - self.turn_end_ms[:-1]).astype(float)
        no_response = self.turn_contained[1:] | (self.turn_start_ms[1:] <= self.turn_last_ms[:-1])
        return np.where(no_response, np.nan, fto)

    def answers(self, b, ok=None):
        """The turns of side ``b`` that answer the other side and have an offset: (places of turns, offsets in ms).

        ``ok``: settings within whose limits the offset has to lie.
        """
        is_b, fto = self.side(b)[self.turn_person], self.offsets_ms()
        found = is_b[1:] & ~is_b[:-1] & np.isfinite(fto)
        if ok is not None:
            with np.errstate(invalid="ignore"):
                found &= (fto >= ms(ok.fto_min_s)) & (fto <= ms(ok.lapse_s))
        return np.flatnonzero(found) + 1, fto[found]


def heard(segments, turn=None, people=()):
    """The :class:`Talk` of ``segments`` (a table, or :class:`Speech`); ``people`` may name silent ones too."""
    turn = turn or TurnSettings()
    given = segments if isinstance(segments, Speech) else Speech.of(segments, people)
    start, end = whole_ms(given.start_s), whole_ms(given.end_s)
    order = np.argsort(start, kind="stable")
    stretch_of, *spans = _stretches(order, start, end, given.code, len(given.people), ms(turn.min_pause_s))
    order = np.lexsort((spans[2], -spans[1], spans[0]))
    host = _hosts(order, *spans)
    backchannel = (host >= 0) & (spans[1] - spans[0] <= ms(turn.bc_max_s))
    pieces = _pieces(*spans, host >= 0, backchannel)
    return Talk(given.people, given.code, stretch_of, *spans, host, backchannel, *_turns(spans[2], *pieces))


def _coded(person_id, people):
    """Who speaks as places among everybody's names in alphabetical order: (codes, names)."""
    code, names = pd.factorize(person_id, sort=True)
    code, spoken = code.astype(np.int64), [str(name) for name in names]
    every = sorted({*spoken, *map(str, people)})
    place = {name: number for number, name in enumerate(every)}
    return np.array([place[name] for name in spoken], np.int64)[code] if spoken else code, tuple(every)


def whole_ms(seconds):
    """Seconds as whole milliseconds, (…,) of integers."""
    return np.rint(np.asarray(seconds) * 1000).astype(np.int64)


def totals(segments, duration_s, turn=None, people=()):
    """The :class:`mien.scores.Timeline` of ``segments`` with totals only: for ``scores.components``, not to be cut."""
    talk = heard(segments, turn, people)
    spoken = np.bincount(talk.person, talk.end_ms - talk.start_ms, len(talk.people))
    whole = float(ms(duration_s))
    return scores.Timeline(
        talk.people,
        whole,
        np.array([0.0, whole]),
        np.stack([np.zeros(len(spoken)), spoken], axis=1),
        talk.turn_start_ms[1:].astype(float),
        talk.turn_person[:-1],
        talk.turn_person[1:],
        talk.offsets_ms(),
    )


def components(segments, b, duration_s, turn=None, people=()):
    """Talk share of B, lag of B (s) and changes a minute of an edited timeline: (values (3,), reasons).

    The numbers and reasons of ``scores.components``. ``people``: those of the recording, silent or not.
    """
    line = totals(segments, duration_s, turn, people)
    return scores.components(line, line.side({str(person) for person in b}), turn)


def joined(segments, turn=None):
    """The segments of everybody joined over pauses that end no stretch (T3), as a table; for work done many times."""
    talk = heard(segments, replace(turn or TurnSettings(), bc_max_s=0))
    return pd.DataFrame(
        {
            "person_id": np.array(talk.people, object)[talk.person],
            "start_s": talk.start_ms / 1000,
            "end_s": talk.end_ms / 1000,
        }
    )


@njit(cache=True)
def _stretches(order, start, end, person, n_people, min_pause):
    """T3: (stretch of each segment, start, end, person of each stretch)."""
    n = len(order)
    stretch_of = np.full(n, -1, np.int64)
    first, last, who = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    current = np.full(n_people, -1, np.int64)
    found = 0
    for at in order:
        if end[at] <= start[at]:
            continue
        own = current[person[at]]
        if own >= 0 and start[at] - last[own] < min_pause:
            last[own] = max(last[own], end[at])
        else:
            own = found
            first[own], last[own], who[own] = start[at], end[at], person[at]
            current[person[at]] = own
            found += 1
        stretch_of[at] = own
    first, last, who = first[:found], last[:found], who[:found]
    rank = _ranked(first, last, who)
    place = np.empty(found, np.int64)
    place[rank] = np.arange(found)
    for at in range(n):
        if stretch_of[at] >= 0:
            stretch_of[at] = place[stretch_of[at]]
    return stretch_of, first[rank], last[rank], who[rank]


@njit(cache=True)
def _ranked(start, end, person):
    """The order by (start, end, person) of what is nearly in that order: insertion sort, stable."""
    rank = np.arange(len(start))
    for at in range(1, len(rank)):
        one, back = rank[at], at - 1
        while back >= 0 and _after(rank[back], one, start, end, person):
            rank[back + 1] = rank[back]
            back -= 1
        rank[back + 1] = one
    return rank


@njit(cache=True)
def _after(a, b, start, end, person):
    if start[a] != start[b]:
        return start[a] > start[b]
    if end[a] != end[b]:
        return end[a] > end[b]
    return person[a] > person[b]


@njit(cache=True)
def _hosts(order, start, end, person):
    """T4: for each stretch a longer one of another person in which it lies, or -1; ``order`` puts hosts first."""
    host = np.full(len(start), -1, np.int64)
    going, n_going = np.empty(len(start), np.int64), 0
    for at in order:
        kept = 0
        for number in range(n_going):
            other = going[number]
            if end[other] > start[at]:
                going[kept] = other
                kept += 1
                longer = end[other] - start[other] > end[at] - start[at]
                if host[at] < 0 and person[other] != person[at] and end[other] >= end[at] and longer:
                    host[at] = other
        going[kept] = at
        n_going = kept + 1
    return host


@njit(cache=True)
def _pieces(start, end, person, inside, backchannel):
    """T6: (start, end, stretch, contained) of each piece, in the order of turns."""
    rows = [(np.int64(0), np.int64(0), np.int64(0), False) for _ in range(0)]
    n = len(start)
    for span in range(n):
        if backchannel[span]:
            continue
        at, guest = start[span], span
        while guest > 0 and start[guest - 1] == start[span]:
            guest -= 1
        while guest < n and start[guest] < end[span]:
            longer = end[span] - start[span] > end[guest] - start[guest]
            if not backchannel[guest] and person[guest] != person[span] and end[guest] <= end[span] and longer:
                if start[guest] > at:
                    rows.append((at, start[guest], np.int64(span), inside[span] or at > start[span]))
                at = max(at, end[guest])
            guest += 1
        if end[span] > at:
            rows.append((at, end[span], np.int64(span), inside[span] or at > start[span]))
    first, last = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    of, contained = np.array([row[2] for row in rows]), np.array([row[3] for row in rows])
    rank = _ranked(first, last, person[of])
    return first[rank], last[rank], of[rank], contained[rank]


@njit(cache=True)
def _turns(person, start, end, of, contained):
    """T7: the pieces with their turn, and (start, end, person, last start, contained) of each turn."""
    n = len(start)
    turn = np.empty(n, np.int64)
    first, last, who = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    began, inside = np.empty(n, np.int64), np.empty(n, np.bool_)
    found = -1
    for piece in range(n):
        own = person[of[piece]]
        if found < 0 or who[found] != own:
            found += 1
            first[found], who[found], inside[found] = start[piece], own, contained[piece]
        last[found], began[found] = end[piece], start[piece]
        turn[piece] = found
    k = found + 1
    return start, end, of, turn, first[:k], last[:k], who[:k], began[:k], inside[:k]
