"""The same conversation recorded otherwise: over a network, or by other voice-activity detection.

Conventions are those of ``timeline``. Nobody says anything else; what differs is what a recorder, or a tool that finds
when somebody speaks, makes of it. Only the network also changes when people begin, since they answer what they hear.
"""

import numpy as np
import pandas as pd

from mien.edits.errors import EditError
from mien.edits.floor import heard, whole_ms
from mien.edits.timeline import both_ways, shifted

POINTS = ("server", "A", "B")
"""Where a call is recorded: half-way, or at the end of either side."""


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
