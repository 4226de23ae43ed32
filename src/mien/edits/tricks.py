"""Empty tricks on the timelines of real recordings, and machines that engage with nobody (AUDIT E29, E30).

A trick changes when somebody is heard and nothing of what anybody feels. Those of the judged side B (a filler first,
the other side's "mhm" let in, talk made up to one half) are edits of ``timeline``; those of the host side A are here.
The machines are made of real speech: two radios are two monologues from two recordings on one clock, and a random
talker says what B said, for as long as B did, at times that have to do with nobody. Times are whole milliseconds.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from mien import tables
from mien.edits.floor import heard, whole_ms
from mien.edits.timeline import early_fillers, split_turns, talk_share
from mien.turns import TurnSettings
from mien.turns.floor import ms

COLUMNS = ["person_id", "start_s", "end_s"]
KEPT_END_MS = 1000
"""So much of the end of a host's turn stays, so that the answer to it comes as it did."""
RADIOS = ("radio_a", "radio_b")


# --- what B can do ----------------------------------------------------------------------------------------------------


def padded(segments, b, dose, duration_s, *, rng=None):
    """B talks longer until B's share of all talk is ``dose``; a B who has that share or more stays as it is.

    Everything else as :func:`mien.edits.talk_share` does, with its errors.
    """
    length = segments["end_s"] - segments["start_s"]
    of_b = length[segments["person_id"].astype(str).isin({str(person) for person in b})].sum()
    if length.sum() > 0 and of_b >= dose * length.sum():
        return segments.copy(), float(duration_s)
    return talk_share(segments, b, dose, duration_s, rng=rng)


# --- what the host side can do ----------------------------------------------------------------------------------------


def shorter_host_turns(segments, b, dose, duration_s, *, rng=None):
    """The host side's turns cut to at most ``dose`` seconds, everything after them earlier: (segments, duration_s).

    Time is taken out of a turn, from its end backwards, only where nobody but its owner speaks (nor within the shortest
    pause of that, lest two stretches join), and not from its last second: B says the same, for as long and as late
    after each turn as before. A turn in which others are heard throughout stays as it is. ``segments``: person_id,
    start_s, end_s; ``b``: who is judged. ``rng`` is not used. Raises :class:`mien.tables.TableError` for a dose that is
    not above 0.
    """
    _positive(dose, "shorter_host_turns: dose (the longest turn, seconds)")
    talk, apart, b = heard(segments), ms(TurnSettings().min_pause_s), _side(b)
    spans = np.stack([talk.start_ms - apart, talk.end_ms + apart], axis=1)
    busy = [_joined(spans[talk.person != who].tolist()) for who in range(len(talk.people))]
    out = []
    for start, end, who in zip(*(a.tolist() for a in _turns(talk)), strict=True):
        if talk.people[who] not in b and end - start > ms(dose):
            out += _last(_without(start, end - KEPT_END_MS, busy[who]), end - start - ms(dose))
    edges, gone = np.array(sorted(out), float).reshape(-1, 2), np.zeros((len(out), 2))
    gone[:, 1] = np.cumsum(edges[:, 1] - edges[:, 0])
    gone[1:, 0] = gone[:-1, 1]

    def kept(times):
        return times - (np.interp(times, edges.ravel(), gone.ravel()) if out else 0)

    times = (np.rint(kept(whole_ms(segments[name]))).astype(int).tolist() for name in ("start_s", "end_s"))
    rows = zip(segments["person_id"].astype(str), *times, strict=True)
    return _frame([row for row in rows if row[2] > row[1]]), round(float(kept(ms(duration_s))) / 1000, 3)


def host_waits(segments, b, dose, duration_s, *, rng=None):
    """The host side stops at every "mhm" of B, so that it counts as a turn of B's, and goes on: (segments, duration_s).

    Where a backchannel of B (T5) begins, the host side falls silent; the token comes ``dose`` seconds later, the host
    side goes on ``dose`` seconds after it, and everything after that is as much later. Everybody says the same. A token
    during which somebody else of side B is heard is left where it is. Arguments as above; ``dose`` may be 0.
    """
    if not dose >= 0:
        raise tables.TableError(f"host_waits: dose (seconds of silence around a token) is {dose}; expected 0 or more")
    tokens = _tokens(heard(segments), _side(b))
    starts = [start for start, _, _ in tokens]
    longer = [0, *np.cumsum([end - start + 2 * ms(dose) for start, end, _ in tokens]).tolist()]
    rows = []
    for who, start, end in _spans(segments):
        own = bisect_right(starts, start) - 1
        if own >= 0 and who == tokens[own][2] and end <= tokens[own][1]:
            rows.append((who, start + longer[own] + ms(dose), end + longer[own] + ms(dose)))
            continue
        cuts = [start, *starts[bisect_right(starts, start) : bisect_left(starts, end)], end]
        by = [longer[bisect_right(starts, cut)] for cut in cuts[:-1]]
        rows += [(who, t + d, u + d) for (t, u), d in zip(pairwise(cuts), by, strict=True)]
    return _frame(rows), (ms(duration_s) + longer[-1]) / 1000


def _tokens(talk, b):
    """The backchannels of B, (start_ms, end_ms, person_id), during which nobody else of B is heard."""
    own = talk.side(b)[talk.person]
    found = []
    for at in np.flatnonzero(talk.backchannel & own):
        start, end = talk.start_ms[at], talk.end_ms[at]
        if (own & (talk.start_ms < end) & (talk.end_ms > start)).sum() == 1:
            found.append((int(start), int(end), talk.people[talk.person[at]]))
    return found


# --- policies ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Policy:
    """An empty trick: who plays it, what it is in words, its edits one after the other, each with its dose.

    ``unit`` is that of the dose of a single edit; combinations have none.
    """

    by: str
    said: str
    edits: tuple[tuple[Callable, float], ...]
    unit: str = ""

    @property
    def dose(self):
        """The dose of its edit; NaN for a combination."""
        return self.edits[0][1] if len(self.edits) == 1 else float("nan")

    def at(self, dose):
        """The same trick at another dose."""
        ((edit, _),) = self.edits
        return Policy(self.by, self.said, ((edit, dose),), self.unit)


FILLER, MHM, HALF, SHORTER, WAITS = (
    (early_fillers, 0.3),
    (split_turns, 0.25),
    (padded, 0.5),
    (shorter_host_turns, 10.0),
    (host_waits, 0.2),
)
POLICIES = {
    "g1_filler_first": Policy("B", "B opens every answer 0.3 s early with a filler", (FILLER,), "s"),
    "g2_split_turns": Policy("B", 'one in four pauses of B lets in a "mhm" of the others', (MHM,), "share of pauses"),
    "g3_half_the_talk": Policy("B", "B talks on until B has half of the talk", (HALF,), "share of talk"),
    "g7_shorter_host_turns": Policy("host", "no turn of the host side is longer than 10 s", (SHORTER,), "s"),
    "g7_host_waits": Policy("host", 'the host side falls silent at every "mhm" of B', (WAITS,), "s"),
    "all_of_b": Policy("B", "B plays all three: half the talk, split turns, fillers", (HALF, MHM, FILLER)),
    "all_of_both": Policy("both", "and the host side plays both of its own", (SHORTER, WAITS, HALF, MHM, FILLER)),
}
"""The tricks of AUDIT E29 that timing alone can play, at the doses named there, or else at doses chosen here [A]."""


def played(policy, segments, b, duration_s):
    """A timeline on which a :class:`Policy` is played: (segments, duration_s). Errors are those of its edits."""
    for edit, dose in policy.edits:
        segments, duration_s = edit(segments, b, dose, duration_s)
    return segments, duration_s


# --- machines that engage with nobody ---------------------------------------------------------------------------------


def random_talker(segments, b, duration_s, rng):
    """B's stretches of speech in another order and at random times: a talker who hears nobody (constructed).

    Each person of B keeps the number and the lengths of their stretches (T3), and so their share of the talk; between
    two stretches stays at least the shortest pause. Everybody else is as they were. Returns (segments, duration_s).
    """
    talk, b = heard(segments), _side(b)
    start, end = talk.start_ms.tolist(), talk.end_ms.tolist()
    own = [talk.people[who] for who in talk.person]
    rows = [(who, t, u) for who, t, u in zip(own, start, end, strict=True) if who not in b]
    for person in sorted(b):
        lengths = np.array([u - t for who, t, u in zip(own, start, end, strict=True) if who == person], int)
        rows += [(person, t, u) for t, u in _scattered(lengths, ms(duration_s), ms(TurnSettings().min_pause_s), rng)]
    return _frame(rows), duration_s


def _scattered(lengths, whole, least, rng):
    """Stretches of these lengths at random times within ``whole``, in random order, at least ``least`` apart."""
    n = len(lengths)
    free = whole - int(lengths.sum()) - least * max(n - 1, 0)
    lengths = rng.permutation(lengths)
    before = np.concatenate([[0], np.cumsum(lengths[:-1] + least)]) if n else np.zeros(0)
    starts = np.sort(rng.integers(0, free + 1, n)) + before.astype(int)
    return zip(starts.tolist(), (starts + lengths).tolist(), strict=True)


def out_of_step(segments, b, duration_s, rng, least_s=30.0):
    """B's whole track moved round the clock by a random time of at least ``least_s``: B answers another moment.

    Stretches, pauses and their order stay as they were, but for the one that lies across the end. Everybody else is as
    they were. A recording shorter than twice ``least_s`` is moved by half its length. Returns (segments, duration_s).
    """
    whole, least = ms(duration_s), min(ms(least_s), ms(duration_s) // 2)
    by = int(rng.integers(least, whole - least + 1))
    rows = []
    for who, start, end in _spans(segments):
        rows += _round(who, start + by, end + by, whole) if who in _side(b) else [(who, start, end)]
    return _frame(rows), duration_s


def monologue(segments, person, duration_s, least_s=3.0):
    """One person's turns of at least ``least_s``, one after the other, the time of others cut out: (spans, length_ms).

    ``spans`` [(start_ms, end_ms)] keep the person's own pauses; between two turns stands the median of those (half a
    second where there is none).
    """
    talk = heard(segments)
    mine = [talk.people[who] == person for who in range(len(talk.people))]
    own = np.array(mine, bool)[talk.person]
    first, last = talk.start_ms[own], talk.end_ms[own]
    spoken = []
    for start, end, who in zip(*(a.tolist() for a in _turns(talk)), strict=True):
        if mine[who] and end - start >= ms(least_s):
            inside = (last > start) & (first < end)
            t, u = (np.clip(edge[inside], start, end) - start for edge in (first, last))
            spoken.append(list(zip(t.tolist(), u.tolist(), strict=True)))
    gaps = [after[0] - before[1] for part in spoken for before, after in pairwise(part)]
    between = int(np.median(gaps)) if gaps else 500
    found, at = [], 0
    for part in spoken:
        found += [(at + t, at + u) for t, u in part]
        at += part[-1][1] + between
    return found, at


def whole_track(segments, person, duration_s):
    """All that one person says, when they said it: (spans, length_ms); to be put beside a stranger's."""
    talk = heard(segments)
    own = np.array([name == person for name in talk.people], bool)[talk.person]
    return list(zip(talk.start_ms[own].tolist(), talk.end_ms[own].tolist(), strict=True)), ms(duration_s)


def two_radios(first, second, rng):
    """Two tracks from two recordings on one clock, each begun at a random place: (segments, duration_s).

    ``first`` and ``second``: (spans, length_ms) as :func:`monologue` gives; each goes round, and both play for as long
    as the shorter lasts. The people are called :data:`RADIOS`; the second is the one to be judged.
    """
    length = min(first[1], second[1])
    rows = []
    for name, (spans, own) in zip(RADIOS, (first, second), strict=True):
        by = int(rng.integers(0, max(own, 1)))
        for start, end in spans:
            rows += _round(name, start + by, end + by, own)
    rows = [(who, start, min(end, length)) for who, start, end in rows if start < length]
    return _frame(rows), length / 1000


# --- milliseconds -----------------------------------------------------------------------------------------------------


def _positive(value, what):
    if not value > 0:
        raise tables.TableError(f"{what} is {value}; expected a number above 0")


def _side(b):
    """The person_ids of a side, as a set of texts."""
    return {str(person) for person in b}


def _turns(talk):
    """The start, end and owner of every turn: three arrays."""
    return talk.turn_start_ms, talk.turn_end_ms, talk.turn_person


def _spans(segments):
    """(person_id, start_ms, end_ms) of every segment that lasts."""
    start, end = (whole_ms(segments[name]).tolist() for name in ("start_s", "end_s"))
    rows = zip(segments["person_id"].astype(str), start, end, strict=True)
    return [row for row in rows if row[2] > row[1]]


def _frame(rows):
    frame = pd.DataFrame(sorted(rows, key=lambda row: (row[1], row[2], row[0])), columns=COLUMNS)
    return frame.assign(start_s=frame["start_s"] / 1000, end_s=frame["end_s"] / 1000)


def _round(who, start, end, whole):
    """A stretch on a clock that goes round after ``whole``, as one or two."""
    start, end = start % whole, start % whole + (end - start)
    return [(who, start, end)] if end <= whole else [(who, start, whole), (who, 0, end - whole)]


def _joined(spans):
    """The union of spans as disjoint (start_ms, end_ms), in order."""
    found = []
    for start, end, *_ in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def _without(start, end, busy):
    """What of start <= t < end lies in none of the disjoint ``busy`` spans."""
    found = []
    for t, u in busy[bisect_right([u for _, u in busy], start) :]:
        if t >= end or start >= end:
            break
        found += [(start, t)] if t > start else []
        start = max(start, u)
    return found + ([(start, end)] if end > start else [])


def _last(spans, wanted):
    """The last ``wanted`` milliseconds of disjoint spans."""
    found = []
    for start, end in reversed(spans):
        take = min(end - start, wanted)
        found += [(end - take, end)] if take > 0 else []
        wanted -= take
    return found
