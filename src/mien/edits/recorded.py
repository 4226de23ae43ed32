"""The same conversation recorded otherwise: over a network, by a worse diarisation, by other voice-activity detection.

Conventions are those of ``timeline``. Nobody says anything else; what differs is what a recorder, or a tool that finds
who spoke when, makes of it. Only the network also changes when people begin, since they answer what they hear.
"""

import numpy as np
import pandas as pd

from mien import store
from mien.edits.errors import EditError
from mien.edits.floor import heard, table, whole_ms
from mien.edits.timeline import both_ways, shifted

POINTS = ("server", "A", "B")
"""Where a call is recorded: half-way, or at the end of either side."""
KINDS = ("swap", "miss", "false_alarm", "mixed")
"""What a diarisation gets wrong: who speaks, that somebody speaks, that nobody does; or a third of each."""


def network_delay(segments, b, dose, duration_s, *, rng=None, turn=None, at="server"):
    """The conversation over a line with ``dose`` seconds of delay each way, as a recorder at ``at`` hears it.

    The model, from first principles. Side B sits at one end and everybody else at the other. The timeline given is how
    they talk with no delay: it says how long after *hearing* the other end each person begins. With a delay d each way,
    sound made at time t at one mouth is heard at t + d at the other end. Hence, in the time of the mouths:

    * an answer across the line (a turn with an offset) begins d later than it would, in both directions, and all
      that follows moves along: the answerer first has to hear the end of what is answered;
    * what is said inside somebody's talk at the other end (a token, a turn that begins inside) also comes d later: it
      goes with what is heard; its host does not wait for it;
    * what follows one's own talk, or talk at one's own end, waits for nothing; nobody overtakes their own speech;
    * two turns that began together answer the same thing before them: neither waits for the other.

    The recorder then hears the far end later than the near one. At the ``server``, half-way, both are d/2 late, so
    that an offset into B grows by d, and one into A too. At A's end B is d late: offsets into B grow by 2 d (the round
    trip is charged to B) and those into A not at all. At B's end it is the other way round. People are taken to be as
    quick after hearing as they were, to notice nothing and to repair nothing: where calls make people collide or hold
    back, more changes than this (Boland 2022 found 352 ms where the line takes 30 to 70 ms).
    """
    if at not in POINTS:
        raise EditError(f"edits: a call is recorded at {', '.join(POINTS)}; no {at!r}")
    if dose < 0:
        raise EditError(f"edits: a delay is at least 0 s, not {dose}")
    talk = heard(segments, turn)
    if dose == 0 or not len(talk.start_ms):
        return segments.copy(), float(duration_s)
    is_b = talk.side(b)[talk.person]
    answers = talk.turn_start_ms[both_ways(talk, b)]
    waits = np.searchsorted(answers, talk.start_ms, side="right") + ((talk.host >= 0) & (is_b != is_b[talk.host]))
    for who in range(len(talk.people)):
        own = talk.person == who
        waits[own] = np.maximum.accumulate(waits[own])
    far = {"server": np.zeros(len(is_b), bool), "A": is_b, "B": ~is_b}[at]
    shift = dose * np.append(waits + far, 0)[talk.stretch_of]
    lost = talk.stretch_of < 0  # segments without length go with whatever begins then
    shift[lost] = dose * np.searchsorted(answers, whole_ms(np.asarray(segments["start_s"])[lost]), side="right")
    return shifted(segments, shift), float(duration_s + dose * (len(answers) + (at != "server")))


def padding(segments, b, dose, duration_s, *, rng=None, turn=None):
    """Voice-activity detection that begins and ends every stretch ``dose`` seconds too wide (negative: too tight).

    It is the same for everybody. Segments are joined to stretches first; nothing reaches beyond the recording, and a
    stretch with no room left is not found at all.
    """
    if dose == 0:
        return segments.copy(), float(duration_s)
    talk = heard(segments, turn)
    start = np.maximum(talk.start_ms / 1000 - dose, 0.0)
    end = np.minimum(talk.end_ms / 1000 + dose, max(duration_s, 0.0))
    found = pd.DataFrame({"person_id": np.array(talk.people, object)[talk.person], "start_s": start, "end_s": end})
    return found[end - start > 1e-9].reset_index(drop=True), float(duration_s)


def diarisation_error(segments, b, dose, duration_s, *, rng=None, turn=None, kind="mixed", piece_s=1.0):
    """Who spoke when, wrong in ``dose`` of all speech (the diarisation error rate, 0 to 1), in pieces to ``piece_s``.

    ``swap``: given to another person; ``miss``: not found; ``false_alarm``: found where nobody speaks (or, where
    silence does not suffice, beside one who does); ``mixed``: a third of each. Pieces fall, by ``rng``, where one
    person alone talks. Errors fall on both sides alike: ``b`` has no say. Reference: pyannote.metrics (DER, no collar).
    """
    if kind not in KINDS:
        raise EditError(f"edits: a diarisation errs by {', '.join(KINDS)}; no {kind!r}")
    rng = store.rng("edits/diarisation") if rng is None else rng
    people, edges, talks = _cells(segments, duration_s, piece_s)
    total = float((np.diff(edges) * talks).sum())
    if dose == 0 or not total:
        return segments.copy(), float(duration_s)
    if kind in ("swap", "mixed") and len(people) < 2:
        raise EditError("edits: speech cannot be given to another person where there is none; expected two people")
    parts = ("swap", "miss", "false_alarm") if kind == "mixed" else (kind,)
    wanted = [(part, dose * total / len(parts)) for part in parts]
    edges, talks, chosen = _chosen(edges, talks, wanted, rng)
    who = talks.argmax(axis=0)
    for part, cells in chosen.items():
        other = (who[cells] + rng.integers(1, max(len(people), 2), len(cells))) % len(people)
        if part != "false_alarm":
            talks[who[cells], cells] = False
        if part != "miss":
            silent = ~talks[:, cells].any(axis=0) & (part == "false_alarm")
            anyone = rng.integers(0, len(people), len(cells))
            talks[np.where(silent, anyone, other), cells] = True
    return _segments(people, edges, talks), float(duration_s)


def _cells(segments, duration_s, piece_s):
    """Time cut wherever somebody begins or ends, and into pieces: (people, edges (n + 1,), who talks (people, n))."""
    segments = table(segments)
    code, people = pd.factorize(segments["person_id"], sort=True)
    start, end = (segments[name].to_numpy(float) for name in ("start_s", "end_s"))
    edges = np.unique(np.concatenate([[0.0, duration_s], start, end]))
    n = np.maximum(np.ceil(np.diff(edges) / piece_s - 1e-9).astype(int), 1)
    at = np.repeat(edges[:-1], n)
    part = np.arange(len(at)) - np.repeat(np.cumsum(n) - n, n)
    edges = np.append(at + part * np.repeat(np.diff(edges) / n, n), edges[-1])
    steps = np.zeros((len(people), len(edges)), int)
    np.add.at(steps, (code, np.searchsorted(edges, start - 1e-9)), 1)
    np.add.at(steps, (code, np.searchsorted(edges, end - 1e-9)), -1)
    return people, edges, np.cumsum(steps, axis=1)[:, :-1] > 0


def _chosen(edges, talks, wanted, rng):
    """Cells drawn for each kind of error, none twice, to the wanted seconds; the last of each is cut to fit."""
    free = {n: list(rng.permutation(np.flatnonzero(talks.sum(axis=0) == n))) for n in (0, 1)}
    length, cuts, picked = np.diff(edges), [], {}
    for part, seconds in wanted:
        row = picked.setdefault(part, [])
        while seconds > 1e-9:
            pool = free[0] if part == "false_alarm" and free[0] else free[1]
            if not pool:
                raise EditError(
                    f"edits: so much error ({part}) finds no place where one person alone talks; expected a lower rate"
                )
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
