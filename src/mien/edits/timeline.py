"""The same conversation with one thing in its timing changed: who spoke when, as it was except for a dose of one thing.

Conventions: ``segments`` has person_id, start_s, end_s and is never changed; ``b`` are the person_ids of the side whose
talk is edited; a dose is a size in the unit its function says; every edit returns (segments, duration_s) and is written
so that nothing else changes: the lengths of everybody's stretches, the order of their starts, who answers whom. What is
moved is moved with all that follows it, so that no overlap is made (the method of Petersen & Joshi 2025). Stretches and
turns are those of ``turn``, a :class:`mien.turns.TurnSettings`. A dose says what is done to a table of times, never
what anybody has: no dose is a diagnosis (AUDIT 6.9).
"""

import numpy as np
import pandas as pd

from mien import store
from mien.edits.errors import EditError
from mien.edits.floor import heard, table, whole_ms
from mien.turns import TurnSettings
from mien.turns.floor import ms

LEAST_S = 0.001
"""The least by which a start stays behind another that it must not pass."""


# --- moving -----------------------------------------------------------------------------------------------------------


def latency(segments, b, dose, duration_s, *, rng=None, turn=None):
    """Each answer of B begins ``dose`` seconds later, and everything after it moves along.

    Moved are the turns of B that answer the other side with a floor-transfer offset; each offset grows by the dose. A
    negative dose takes silence away: B begins earlier without saying more, at most until somebody's own pause would
    close or the turn that is answered would not have begun. Reference: Petersen & Joshi 2025 (for doses above 0).

    >>> talk = pd.DataFrame({"person_id": ["ana", "ben"], "start_s": [0.0, 5.2], "end_s": [5.0, 9.0]})
    >>> latency(talk, ["ben"], 0.35, 10.0)[0]["start_s"].round(2).tolist()
    [0.0, 5.55]
    """
    talk = heard(segments, turn)
    answers, _ = talk.answers(b)
    return _moved(segments, talk, answers, np.full(len(answers), float(dose)), duration_s, turn)


def latency_sd(segments, b, dose, duration_s, *, rng=None, turn=None):
    """The spread of B's answers about their median is ``dose`` times as wide; 1 changes nothing.

    Answers within the limits of a response (``turn``) are moved away from their median (or to it, below 1): late ones
    later, early ones earlier. The median stays where it is. An answer that would have to begin before what it answers
    stops short of that.
    """
    talk, turn = heard(segments, turn), turn or TurnSettings()
    answers, fto = talk.answers(b, turn)
    away = fto - np.median(fto) if len(fto) else fto
    return _moved(segments, talk, answers, (dose - 1) * away / 1000, duration_s, turn)


def pauses(segments, b, dose, duration_s, *, rng=None, turn=None):
    """The pauses of B inside B's own turns last ``dose`` times as long; 1 changes nothing.

    A pause is silence of B between two stretches of one turn (at least ``min_pause_s``); shorter silence is part of a
    stretch. A pause is never made shorter than ``min_pause_s``.
    """
    talk = heard(segments, turn)
    before, after = _pauses(talk, b)
    silence = talk.start_ms[after] - talk.end_ms[before]
    return _inserted(segments, talk, talk.start_ms[after], (dose - 1) * silence / 1000, duration_s, turn)


def interpreter_delay(segments, b, dose, duration_s, *, rng=None, turn=None):
    """Every answer across the two sides, in both directions, waits ``dose`` seconds: somebody interprets or captions.

    The interpreter is not heard in the recording; see :func:`interpreter_voice` for one who is.
    """
    talk = heard(segments, turn)
    answers = both_ways(talk, b)
    return _moved(segments, talk, answers, np.full(len(answers), float(dose)), duration_s, turn)


def interpreter_voice(segments, b, dose, duration_s, *, rng=None, turn=None, name="interpreter"):
    """The same, and a third voice, ``name``, is heard for those seconds before each answer begins.

    The interpreter begins as the answer would have, or when the turn before has ended if that is later, and stops as
    the answer begins. On which side the third voice stands is for who scores it to say (T12: such a recording has no
    score).
    """
    segments = table(segments)
    if name in set(segments["person_id"]):
        raise EditError(f"edits: {name!r} already speaks in this recording; expected another name for the interpreter")
    talk = heard(segments, turn)
    answers = both_ways(talk, b)
    moved, longer = _moved(segments, talk, answers, np.full(len(answers), float(dose)), duration_s, turn)
    start, end = talk.turn_start_ms[answers] / 1000, talk.turn_end_ms[answers - 1] / 1000
    waited = dose * np.arange(len(answers))
    said = pd.DataFrame({"person_id": name, "start_s": np.maximum(start, end) + waited, "end_s": start + waited + dose})
    said = said[said["end_s"] - said["start_s"] > 0]
    return (_sorted(pd.concat([moved, said], ignore_index=True)) if len(said) else moved), longer


def both_ways(talk, b):
    """The turns, of either side, that answer the other with an offset, in the order of time."""
    others = [person for person in talk.people if person not in {str(one) for one in b}]
    return np.sort(np.concatenate([talk.answers(b)[0], talk.answers(others)[0]]))


def _pauses(talk, b):
    """The stretches before and after each pause inside a turn of B: two arrays of places."""
    same = talk.piece_turn[1:] == talk.piece_turn[:-1]
    before, after = talk.piece_of[:-1], talk.piece_of[1:]
    # a cut stretch has pieces that end or begin where another took or left the floor: that is no pause of B
    whole = (talk.piece_end_ms[:-1] == talk.end_ms[before]) & (talk.piece_start_ms[1:] == talk.start_ms[after])
    found = same & whole & (talk.end_ms[before] < talk.start_ms[after]) & talk.side(b)[talk.person[after]]
    return before[found], after[found]


def _moved(segments, talk, answers, by_s, duration_s, turn):
    """Turns (places in ``answers``) begin ``by_s`` later, and all that follows moves along."""
    not_before = talk.turn_last_ms[answers - 1] + ms(LEAST_S)
    return _inserted(segments, talk, talk.turn_start_ms[answers], by_s, duration_s, turn, not_before)


def _inserted(segments, talk, at_ms, by_s, duration_s, turn, not_before_ms=None):
    """Time put in (or taken out) at moments ``at_ms``: stretches that begin then or later move, each as a whole."""
    order = np.argsort(at_ms, kind="stable")
    at_ms, by_s = at_ms[order], np.asarray(by_s, float)[order]
    if not by_s.any():
        return segments.copy(), float(duration_s)
    if (by_s < 0).any():
        room = at_ms - (0 if not_before_ms is None else not_before_ms[order])
        by_s = _no_closer(talk, at_ms, by_s, room / 1000, ms((turn or TurnSettings()).min_pause_s))
    total = np.concatenate([[0.0], np.cumsum(by_s)])
    shift = total[np.searchsorted(at_ms, _begins_ms(segments, talk), side="right")]
    return shifted(segments, shift), float(duration_s + total[-1])


def _no_closer(talk, at_ms, by_s, room_s, min_pause_ms):
    """The amounts, none of them so negative that somebody's own pause closes or a start passes what it answers."""
    by_s = by_s.copy()
    starts = [talk.start_ms[talk.person == who] for who in range(len(talk.people))]
    ends = [talk.end_ms[talk.person == who] for who in range(len(talk.people))]
    used = {}
    for number, at in enumerate(at_ms):
        places = [(who, int(np.searchsorted(own, at))) for who, own in enumerate(starts)]
        slack = [
            (starts[who][k] - ends[who][k - 1] - min_pause_ms) / 1000 - used.get((who, k), 0.0)
            for who, k in places
            if 0 < k < len(starts[who])
        ]
        if by_s[number] < 0:
            by_s[number] = -max(min(-by_s[number], room_s[number], *slack), 0.0)
        for place in places:
            used[place] = used.get(place, 0.0) - by_s[number]
    return by_s


def _begins_ms(segments, talk):
    """When the stretch of each segment begins; its own start for one without length."""
    if not len(talk.start_ms):
        return whole_ms(segments["start_s"])
    own = talk.start_ms[talk.stretch_of]
    return np.where(talk.stretch_of < 0, whole_ms(segments["start_s"]), own)


def shifted(segments, shift):
    """Every segment ``shift`` seconds (segments,) later."""
    return segments.assign(start_s=segments["start_s"] + shift, end_s=segments["end_s"] + shift)


def _sorted(segments):
    return segments.sort_values(["start_s", "end_s"], kind="stable", ignore_index=True)


# --- sooner, and shorter turns ----------------------------------------------------------------------------------------


def early_fillers(segments, b, dose, duration_s, *, rng=None, turn=None):
    """Each answer of B begins ``dose`` seconds sooner, with sound ("well…"): B talks that much more, nothing moves.

    A filler never begins before the last stretch it answers has begun, and never joins B's own talk before it: such
    fillers are shorter.
    """
    if dose == 0:
        return segments.copy(), float(duration_s)
    if dose < 0:
        raise EditError(f"edits: a filler lasts at least 0 s, not {dose}; to begin later there is latency")
    talk, min_pause_ms = heard(segments, turn), ms((turn or TurnSettings()).min_pause_s)
    answers, _ = talk.answers(b)
    first = np.searchsorted(talk.piece_turn, answers)
    begins = talk.piece_of[first]  # the stretch with which each answer begins
    free = _own_end_before(talk)[begins] + min_pause_ms
    soonest = np.maximum(np.maximum(talk.turn_last_ms[answers - 1] + ms(LEAST_S), free), 0) / 1000
    sooner = np.zeros(len(talk.start_ms))
    sooner[begins] = np.clip(talk.start_ms[begins] / 1000 - soonest, 0, dose)
    start, whole = np.asarray(segments["start_s"], float), talk.stretch_of >= 0
    opens = whole.copy()
    opens[whole] = whole_ms(start[whole]) == talk.start_ms[talk.stretch_of[whole]]
    by = np.where(opens, sooner[talk.stretch_of], 0.0) if len(sooner) else np.zeros(len(start))
    return segments.assign(start_s=start - by), float(duration_s)


def _own_end_before(talk):
    """For each stretch, when the same person's stretch before it ended (ms); long ago for the first."""
    found = np.full(len(talk.start_ms), -(10**9), np.int64)
    for who in range(len(talk.people)):
        own = np.flatnonzero(talk.person == who)
        found[own[1:]] = talk.end_ms[own[:-1]]
    return found


def split_turns(segments, b, dose, duration_s, *, rng=None, turn=None, token_s=0.3, gap_s=0.2):
    """The other side's token ("mhm", ``token_s``) stands in a share ``dose`` (0 to 1) of the pauses inside B's turns.

    In a pause a token lies inside nothing, so timing alone takes it for a turn (T5): each adds two changes of floor. It
    ends ``gap_s`` before B goes on and is said by whoever of the other side spoke last; a pause that is too short is
    made longer, and everything after it moves along. Only pauses in which nobody talks are used, evenly over the
    recording.
    """
    if not 0 <= dose <= 1:
        raise EditError(f"edits: a share of pauses is 0 to 1, not {dose}")
    segments = table(segments)
    talk = heard(segments, turn)
    before, after = _pauses(talk, b)
    silent = [_nobody(talk, talk.end_ms[x], talk.start_ms[y]) for x, y in zip(before, after, strict=True)]
    before, after = before[np.array(silent, bool)], after[np.array(silent, bool)]
    others = np.flatnonzero(~talk.side(b))
    n = round(dose * len(after))
    if not n or not len(others):
        return segments.copy(), float(duration_s)
    chosen = np.floor((np.arange(n) + 0.5) * len(after) / n).astype(int)
    before, after = before[chosen], after[chosen]
    silence = (talk.start_ms[after] - talk.end_ms[before]) / 1000
    wider = np.maximum(token_s + 2 * gap_s - silence, 0.0)
    moved, longer = _inserted(segments, talk, talk.start_ms[after], wider, duration_s, turn)
    ends = talk.start_ms[after] / 1000 + np.cumsum(wider) - gap_s
    who = [_last_of(talk, others, start) for start in talk.start_ms[after]]
    said = pd.DataFrame({"person_id": [talk.people[k] for k in who], "start_s": ends - token_s, "end_s": ends})
    return _sorted(pd.concat([moved, said], ignore_index=True)), longer


def _nobody(talk, start_ms, end_ms):
    """Whether nobody talks from ``start_ms`` to ``end_ms``."""
    return not ((talk.start_ms < end_ms) & (talk.end_ms > start_ms)).any()


def _last_of(talk, people, before_ms):
    """Which of ``people`` began to talk last before a moment; the first of them if none did."""
    own = np.flatnonzero(np.isin(talk.person, people) & (talk.start_ms < before_ms))
    return talk.person[own[-1]] if len(own) else people[0]


# --- more or less talk of one's own -----------------------------------------------------------------------------------


def talk_share(segments, b, dose, duration_s, *, rng=None, turn=None):
    """B talks longer or shorter, until B's share of all talk is ``dose``; every gap and overlap stays as it was.

    Only where B alone talks is time stretched (or pressed together) by one factor, so that all else merely moves. What
    B says while others talk keeps its length. Raises :class:`EditError` where that alone is more than the share.
    """
    if not 0 < dose < 1:
        raise EditError(f"edits: a talk share lies between 0 and 1, not at {dose}")
    talk = heard(segments, turn)
    knots = _alone(segments, talk, b)
    flags = talk.side(b)[talk.person]
    length = (talk.end_ms - talk.start_ms) / 1000
    t_a, t_b = length[~flags].sum(), length[flags].sum()
    more = dose * t_a / (1 - dose) - t_b
    stretched = _weighed(knots)
    if not stretched or more <= -stretched:
        least = (t_b - stretched) / (t_a + t_b - stretched) if t_a + t_b else float("nan")
        raise EditError(
            f"edits: B's share cannot be made {dose:g}: what B says while others talk is {least:.3f} of all talk; "
            "expected a share above that, and somebody on each side who talks"
        )
    return _stretched(segments, knots, 1 + more / stretched, duration_s)


def speech_rate(segments, b, dose, duration_s, *, rng=None, turn=None):
    """B speaks ``dose`` times as fast where B alone talks; 1 changes nothing. Pauses, gaps and overlaps stay.

    What B says while others talk keeps its length, so that no overlap grows or shrinks.
    """
    if dose <= 0:
        raise EditError(f"edits: a speech rate is more than 0 times the usual, not {dose}")
    return _stretched(segments, _alone(segments, heard(segments, turn), b), 1 / dose, duration_s)


def blocks(segments, b, dose, duration_s, *, rng=None, turn=None, share_of_words=0.05, words_per_s=3.0):
    """Silent blocks of ``dose`` seconds inside B's stretches, in ``share_of_words`` of the words B says.

    There are no words in a timeline: B is taken to say ``words_per_s`` [A] of its talk. Blocks fall, by ``rng``, where
    B alone talks; everything after one moves along. From ``min_pause_s`` on a block splits a stretch, as it would for
    any voice-activity detector; a prolongation with sound would not.
    """
    rng, segments = store.rng("edits/blocks") if rng is None else rng, table(segments)
    edges, alone = _alone(segments, heard(segments, turn), b)
    lengths = np.diff(edges) * (alone > 0)
    own = segments["person_id"].astype(str).isin({str(person) for person in b})
    spoken = (segments["end_s"] - segments["start_s"])[own].sum()
    n = round(share_of_words * words_per_s * spoken)
    if dose == 0 or not n or not lengths.sum():
        return segments.copy(), float(duration_s)
    drawn = np.sort(rng.random(n)) * lengths.sum()
    ends = np.cumsum(lengths)
    place = np.searchsorted(ends, drawn, side="right")
    return _cut_open(segments, edges[place] + drawn - (ends - lengths)[place], float(dose), duration_s)


def _cut_open(segments, at_s, by_s, duration_s):
    """``by_s`` of silence put in at each of the sorted moments ``at_s``; whoever talks then has a stretch in parts."""
    start, end = np.asarray(segments["start_s"], float), np.asarray(segments["end_s"], float)
    first, last = np.searchsorted(at_s, start, side="right"), np.searchsorted(at_s, end, side="left")
    n_parts = np.maximum(last - first, 0) + 1
    row = np.repeat(np.arange(len(start)), n_parts)
    part = np.arange(len(row)) - np.repeat(np.cumsum(n_parts) - n_parts, n_parts)
    cut = np.concatenate([at_s, [np.nan]])
    begins = np.where(part == 0, start[row], cut[np.minimum(first[row] + part - 1, len(at_s))])
    stops = np.where(part == n_parts[row] - 1, end[row], cut[np.minimum(first[row] + part, len(at_s))])
    moved = (first[row] + part) * by_s
    parts = segments.iloc[row].assign(start_s=begins + moved, end_s=stops + moved)
    return parts.reset_index(drop=True), float(duration_s + by_s * len(at_s))


def _alone(segments, talk, b):
    """Where only B talks: edges of time (n + 1,), how many of B talk between them (n,), 0 where anybody else does."""
    start, end = np.asarray(segments["start_s"], float), np.asarray(segments["end_s"], float)
    flags = talk.side(b)
    other = ~flags[talk.person]
    others = (talk.start_ms[other] / 1000, talk.end_ms[other] / 1000)
    spans = [(start[talk.code == who], end[talk.code == who]) for who in np.flatnonzero(flags)]
    edges = np.unique(np.concatenate([np.concatenate(pair) for pair in [*spans, others]]))
    together = sum(((_count(edges, *pair) > 0).astype(int) for pair in spans), np.zeros(max(len(edges) - 1, 0), int))
    return edges, np.where(_count(edges, *others) > 0, 0, together)


def _count(edges, start, end):
    """How many of the spans lie over each stretch between edges: (edges - 1,)."""
    steps = np.zeros(len(edges), int)
    np.add.at(steps, np.searchsorted(edges, start), 1)
    np.add.at(steps, np.searchsorted(edges, end), -1)
    return np.cumsum(steps)[:-1]


def _weighed(knots):
    """The talk of B, alone: seconds, counted for each person of B who talks."""
    edges, together = knots
    return float(np.diff(edges) @ together)


def _stretched(segments, knots, factor, duration_s):
    """Time goes ``factor`` times as slowly where B alone talks: every moment is mapped the same way."""
    edges, together = knots
    if factor == 1 or not len(edges):
        return segments.copy(), float(duration_s)
    added = np.concatenate([[0.0], np.cumsum((factor - 1) * np.diff(edges) * (together > 0))])

    def mapped(times):
        return times + np.interp(times, edges, added)

    start, end = np.asarray(segments["start_s"], float), np.asarray(segments["end_s"], float)
    return segments.assign(start_s=mapped(start), end_s=mapped(end)), float(mapped(np.array([duration_s]))[0])
