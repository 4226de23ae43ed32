"""Who holds the floor: speech becomes stretches, backchannels, turns and changes of floor.

Conventions: times are whole milliseconds inside this room, intervals are half-open, and every function is pure. The
rules are numbered T1 to T12 as in the measurement specification; each docstring names the rule it carries out.
"""

import difflib
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd

from mien import tables

LONGEST_S = 1e6
"""No recording lasts longer (11 days): a later time is a mistake."""

SEGMENTS = tables.Table(
    "segments",
    "piece of somebody's speech",
    (
        tables.Column("person_id", "who speaks", "text"),
        tables.Column("start_s", "seconds; speech is start_s <= t < end_s", low=0, high=LONGEST_S),
        tables.Column("end_s", "seconds; speech is start_s <= t < end_s", low=0, high=LONGEST_S),
    ),
)


@dataclass(frozen=True)
class TurnSettings:
    """How speech becomes turns, and how much is needed before a rate or a lag is given.

    ``min_pause_s``: a shorter pause does not end a stretch (180 to 200 ms: Heldner & Edlund 2010). ``bc_max_s``: a
    token inside somebody's speech is a backchannel up to this length; 0 makes every token a turn. ``fto_min_s`` and
    ``lapse_s``: the range, both ends included, in which a floor-transfer offset counts as a response.
    ``interruption_min_s`` and ``interruption_stop_s``: an early start that took the floor began at least the one before
    the other's end, and at most the other. ``min_*``: below these a measure is NaN with a reason.
    """

    min_pause_s: float = 0.18
    bc_max_s: float = 1.0
    lapse_s: float = 3.0
    fto_min_s: float = -1.0
    interruption_min_s: float = 0.5
    interruption_stop_s: float = 1.0
    latching_s: float = 0.05
    lag_floor_s: float = 0.05
    min_total_s: float = 120
    min_transfers: int = 10
    min_duration_s: float = 120
    flag_duration_s: float = 300
    min_window_transfers: int = 1


class Span(NamedTuple):
    """A stretch of one person's speech, start_ms <= t < end_ms."""

    start_ms: int
    end_ms: int
    person_id: str

    @property
    def length_ms(self):
        """How long it lasts."""
        return self.end_ms - self.start_ms


class Piece(NamedTuple):
    """What a stretch contributes to the order of turns; ``contained`` if it lies in, or is left over after, another."""

    start_ms: int
    end_ms: int
    person_id: str
    contained: bool


class Turn(NamedTuple):
    """A maximal run of one person's pieces; ``speech_ms`` leaves out the person's own pauses."""

    start_ms: int
    end_ms: int
    person_id: str
    speech_ms: int
    last_start_ms: int
    contained: bool

    @property
    def length_ms(self):
        """How long it lasts by the clock."""
        return self.end_ms - self.start_ms


class Transfer(NamedTuple):
    """The floor passes from one side to the other at ``time_ms``; ``fto_ms`` is None where timing is no response."""

    time_ms: int
    person_before: str
    person_after: str
    side_before: str
    side_after: str
    fto_ms: int | None
    status: str


@dataclass(frozen=True)
class Floor:
    """Everything said in one recording: stretches, the backchannels and contained turns among them, and turns."""

    stretches: tuple[Span, ...]
    backchannels: frozenset[Span]
    contained: frozenset[Span]
    turns: tuple[Turn, ...]
    settings: TurnSettings

    @cached_property
    def people(self):
        """Everybody who said something, in alphabetical order."""
        return sorted({stretch.person_id for stretch in self.stretches})

    @cached_property
    def changes(self):
        """Every change of person, each person being a side of their own."""
        return tuple(transfers(self.turns, self.settings))


def ms(seconds):
    """Seconds as whole milliseconds, so that two times are equal when they are printed equal."""
    return int(np.rint(seconds * 1000))


def clean(segments, duration_s=None, people=None, told=None):
    """Speech segments as :class:`Span` in whole milliseconds, or one clear error (T2).

    ``segments`` has person_id, start_s, end_s. Speech that ends before it starts, starts before 0, ends after
    ``duration_s`` or belongs to nobody in ``people`` is a :class:`tables.TableError`. Segments without length are left
    out and counted in ``told["dropped_zero_length"]``.

    >>> clean(pd.DataFrame({"person_id": ["ana"], "start_s": [0.0], "end_s": [1.5]}))
    [Span(start_ms=0, end_ms=1500, person_id='ana')]
    """
    SEGMENTS.check(segments)
    spans = [
        Span(ms(start), ms(end), str(person))
        for person, start, end in zip(segments["person_id"], segments["start_s"], segments["end_s"], strict=True)
    ]
    if people is not None:
        known(people, [span.person_id for span in spans])
    if duration_s is not None:
        _within(spans, ms(duration_s))
    whole = [span for span in spans if span.length_ms > 0]
    if told is not None:
        told["dropped_zero_length"] = told.get("dropped_zero_length", 0) + len(spans) - len(whole)
    return whole


def known(people, found):
    """Raise a :class:`tables.TableError` for the first of ``found`` who is not among ``people``."""
    people = [str(person) for person in people]
    for person in found:
        if person not in people:
            near = difflib.get_close_matches(person, people, 1, cutoff=0.4)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise tables.TableError(f"turns: unknown person {person!r}; the people here are {', '.join(people)}{hint}")


def _within(spans, duration_ms):
    late = [span for span in spans if span.end_ms > duration_ms]
    if late:
        raise tables.TableError(
            f"turns: speech of {late[0].person_id!r} ends at {late[0].end_ms / 1000} s, after the recording does "
            f"({duration_ms / 1000} s); expected start_s <= t < end_s within the recording (another clock, perhaps?)"
        )


def stretches(spans, settings):
    """Join a person's segments over pauses shorter than ``min_pause_s``: inter-pausal units (T3).

    >>> stretches([Span(0, 1000, "ana"), Span(1100, 2000, "ana"), Span(2180, 3000, "ana")], TurnSettings())
    [Span(start_ms=0, end_ms=2000, person_id='ana'), Span(start_ms=2180, end_ms=3000, person_id='ana')]
    """
    own = defaultdict(list)
    for span in sorted(spans):
        row = own[span.person_id]
        if row and span.start_ms - row[-1].end_ms < ms(settings.min_pause_s):
            row[-1] = row[-1]._replace(end_ms=max(row[-1].end_ms, span.end_ms))
        else:
            row.append(span)
    return sorted(stretch for row in own.values() for stretch in row)


def hosts(spans):
    """For every stretch, the longer stretches of other people in which it lies (T4).

    Returns ``{stretch: [hosts]}``. Equal intervals lie in nothing.
    """
    found, still_going = {}, []
    for span in sorted(spans, key=lambda s: (s.start_ms, -s.end_ms, s.person_id)):  # a host comes before its guest
        still_going = [host for host in still_going if host.end_ms > span.start_ms]
        found[span] = [
            host
            for host in still_going
            if host.person_id != span.person_id and host.end_ms >= span.end_ms and host.length_ms > span.length_ms
        ]
        still_going.append(span)
    return found


def _pieces(spans, guests):
    """The stretches that can hold the floor, each cut where a guest took it (T6)."""
    inside = {guest for row in guests.values() for guest in row}
    pieces = []
    for span in spans:
        at = span.start_ms
        for guest in sorted(guests[span]):
            if guest.start_ms > at:
                pieces.append(Piece(at, guest.start_ms, span.person_id, span in inside or at > span.start_ms))
            at = max(at, guest.end_ms)
        if span.end_ms > at:
            pieces.append(Piece(at, span.end_ms, span.person_id, span in inside or at > span.start_ms))
    return sorted(pieces), frozenset(inside)


def floor(segments, settings=None, duration_s=None, people=None, sounds_like_one=None, told=None):
    """Who holds the floor when: the stretches, backchannels and turns of one recording (T2 to T7).

    ``segments`` is a table with person_id, start_s, end_s, or a turns table (its rows of kind speech are used).
    ``sounds_like_one(stretch)`` may veto a backchannel by its words (:func:`mien.turns.by_words`).

    A backchannel lies inside somebody's speech and lasts at most ``bc_max_s``; it is talk time and never a turn. A
    longer stretch inside somebody's speech takes the floor at its start and cuts its host. A turn is a maximal run of
    one person's pieces, so that only another person ends it. A token in another's pause lies inside nothing and is a
    turn: a limit of timing alone. Turn models: CANDOR (Reece et al. 2023), "audiophile" is ``bc_max_s=0`` and
    "backbiter" the default.
    """
    settings = settings or TurnSettings()
    if "kind" in segments.columns:
        segments = segments[segments["kind"] == "speech"]
    spans = stretches(clean(segments, duration_s, people, told), settings)
    inside = hosts(spans)
    short = {span for span in spans if inside[span] and span.length_ms <= ms(settings.bc_max_s)}
    backchannels = frozenset(span for span in short if sounds_like_one is None or sounds_like_one(span))
    takers = [span for span in spans if span not in backchannels]
    guests = {span: [] for span in takers}
    for span in takers:
        for host in inside[span]:
            if host in guests:
                guests[host].append(span)
    pieces, contained = _pieces(takers, guests)
    return Floor(tuple(spans), backchannels, contained, tuple(turns(pieces)), settings)


def turns(pieces):
    """Maximal runs of one person's pieces, in the order of their starts (T7)."""
    found = []
    for person, row in groupby(sorted(pieces), key=lambda piece: piece.person_id):
        row = list(row)
        speech = sum(piece.end_ms - piece.start_ms for piece in row)
        found.append(Turn(row[0].start_ms, row[-1].end_ms, person, speech, row[-1].start_ms, row[0].contained))
    return found


def transfers(turns, settings, sides=None):
    """Changes of floor between sides, each with its floor-transfer offset and what it was (T8, T9).

    The offset is the start of a turn minus the end of the turn just before: positive a gap, negative an overlap.
    Status, first match: *contained* (the turn begins inside another's speech, or is what was left of a cut one),
    *simultaneous* (both began together), *early* (before ``fto_min_s``), *lapse* (after ``lapse_s``), *ok*. Only *ok*
    is a response. ``sides`` maps person_id to a side; without it every person is a side of their own.
    Reference: Heldner & Edlund 2010, J. Phonetics 38.
    """
    found = []
    for before, after in pairwise(turns):
        side_before, side_after = (sides[t.person_id] if sides else t.person_id for t in (before, after))
        if side_before != side_after:
            fto, status = _offset(before, after, settings)
            found.append(
                Transfer(after.start_ms, before.person_id, after.person_id, side_before, side_after, fto, status)
            )
    return found


def _offset(before, after, settings):
    if after.contained:
        return None, "contained"
    if after.start_ms <= before.last_start_ms:
        return None, "simultaneous"
    fto = after.start_ms - before.end_ms
    if fto < ms(settings.fto_min_s):
        return fto, "early"
    return fto, "lapse" if fto > ms(settings.lapse_s) else "ok"


def table(segments, duration_s, settings=None, recording_id="", source="segments", people=None, told=None):
    """The turns table of one recording: a row per stretch of speech, per turn and per backchannel.

    Columns recording_id, person_id, start_s, end_s, kind (``speech``, ``turn`` or ``backchannel``), source. A
    backchannel is a row of speech too. Raises :class:`tables.TableError` as :func:`clean` does.
    """
    everything = floor(segments, settings, duration_s, people, told=told)
    rows = [(span, "speech") for span in everything.stretches]
    rows += [(turn, "turn") for turn in everything.turns]
    rows += [(span, "backchannel") for span in everything.backchannels]
    rows.sort(key=lambda row: (row[0].start_ms, row[0].end_ms, row[0].person_id, row[1]))
    if not rows:
        return tables.TURNS.empty()
    frame = pd.DataFrame(
        [(recording_id, r.person_id, r.start_ms / 1000, r.end_ms / 1000, kind, source) for r, kind in rows],
        columns=tables.TURNS.names,
    )
    return tables.TURNS.check(frame)
