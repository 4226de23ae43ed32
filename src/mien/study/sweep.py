"""Every edit of a timeline at every dose, on every side of every meeting of three corpora, scored by both profiles.

Sides are made as in ``sides``; each is edited alone, in its whole recording, under the default specification. Sweeps of
doses, and never a diagnosis: nobody in these meetings has what a dose is named after.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from mien import corpora, edits, scores, store, windows
from mien.edits import floor
from mien.study import sides
from mien.turns import agreement, anchors


@dataclass(frozen=True)
class Change:
    """One edit at one dose; ``variant`` says which way of it, ``everybody`` that it is one for whoever is judged.

    ``asked``: further arguments, as pairs, of ``edits.<edit>``. ``halves``: whether sides of halves are edited too.
    """

    edit: str
    dose: float
    unit: str
    variant: str = ""
    asked: tuple = ()
    everybody: bool = False
    halves: bool = False

    def of(self, segments, b, duration_s, name):
        """The edited (segments, duration_s); None where the edit cannot be made of this recording at this dose."""
        rng = store.rng(f"edits/{name}/{self.edit}/{self.variant}/{self.dose}")
        try:
            return getattr(edits, self.edit)(segments, b, self.dose, duration_s, rng=rng, **dict(self.asked))
        except edits.EditError:
            return None


LATENCIES_S = (-0.3, -0.2, -0.1, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.8, 1.0, 1.2, 2.0, 4.0, 5.0)
IN_HALVES_S = (0.05, 0.1, 0.15, 0.2, 0.35, 0.6, 1.2)
DELAYS_S, ERRORS = (0.03, 0.07, 0.15, 0.3), (0.02, 0.05, 0.1, 0.2)
WRONG = ("swap", "miss", "false_alarm", "mixed")
BLOCKS = ((0.5, 0.02), (0.5, 0.1), (2.0, 0.02), (2.0, 0.1))

SWEEP = (
    *(Change("latency", dose, "s", halves=dose in IN_HALVES_S) for dose in LATENCIES_S),
    *(Change("early_fillers", dose, "s", halves=dose == 0.3) for dose in (0.1, 0.2, 0.3)),
    *(Change("latency_sd", dose, "times") for dose in (1.3, 1.6)),
    *(Change("pauses", dose, "times") for dose in (1.5, 2.0)),
    *(Change("speech_rate", dose, "times") for dose in (0.85, 0.7)),
    *(Change("talk_share", dose, "share") for dose in (0.1, 0.3, 0.5)),
    *(Change("split_turns", dose, "share") for dose in (0.25, 0.5, 1.0)),
    *(Change("blocks", dose, "s", f"in {part:.0%} of words", (("share_of_words", part),)) for dose, part in BLOCKS),
    *(Change(f"interpreter_{how}", dose, "s") for how in ("delay", "voice") for dose in (1.0, 4.0)),
    *(Change("network_delay", s, "s", at, (("at", at),), halves=s == 0.07) for at in edits.POINTS for s in DELAYS_S),
    *(Change("diarisation_error", e, "share", kind, (("kind", kind),), True) for kind in WRONG for e in ERRORS),
    *(Change("padding", dose, "s", everybody=True) for dose in (-0.1, -0.05, 0.05, 0.1)),
)
"""What is done to every side, in the order of the tables: doses of AUDIT 6.7 and 6.9, and doses between them."""


def _error(dose, said, kind, place, piece_s=1.0):
    asked = (("kind", kind), ("place", place), ("piece_s", piece_s))
    return Change("diarisation_error", dose, "share", said, asked, True)


PIECES_S, SHARES = (0.25, 0.5, 2.0), (0.02, 0.05, 0.1)
PLACED = (
    *(_error(e, f"mixed in {s:g} s", "mixed", "pieces", s) for s in PIECES_S for e in SHARES),
    *(_error(0.05, f"{kind} in {s:g} s", kind, "pieces", s) for kind in WRONG[:3] for s in PIECES_S),
    *(_error(e, f"{kind} at edges", kind, "edges") for kind in WRONG for e in SHARES),
    *(_error(e, f"{kind} in short turns", kind, "short") for kind in WRONG[:2] for e in SHARES),
    *(_error(e, "as tools err", "as_tools", "as_tools") for e in SHARES),
)
"""Errors of a diarisation in other places than pieces of 1 s, which :data:`SWEEP` has: a table of their own."""

CHECKED = 16
"""In every so many-eth recording of a corpus the error rate that was reached is measured (``turns.agreement``)."""


@dataclass(frozen=True)
class Swept:
    """The sides of a corpus, made one way, before and after: ``after`` (sides, changes, 3); NaN where there is none.

    ``reached``: {change: the diarisation error rate in each recording in which it was measured}.
    """

    one: sides.Sides
    changes: tuple
    after: np.ndarray
    reached: dict = field(default_factory=dict)

    @property
    def before(self):
        """The components as they were, (sides, 3)."""
        return self.one.components[:, 0]


def of_corpus(name, folder, changes=SWEEP + PLACED, tick=lambda *_: None):
    """The :class:`Swept` of a corpus by how sides are made: {how: swept}."""
    corpus, told, reached = corpora.named(name), {}, {}
    meetings = corpus.recordings(folder)
    made = {how: ([], [], []) for how in scores.SIDES}
    people = []
    for number, meeting in enumerate(meetings.itertuples(), 1):
        segments = anchors.from_first_word(corpus.segments(meeting.path, told)).drop(columns="words", errors="ignore")
        segments, here = floor.joined(segments), sorted(set(segments["person_id"].astype(str)))
        people += [(meeting.recording_id, person) for person in here]
        for how, found in of_meeting(segments, here, meeting.recording_id, changes).items():
            for row, (b, before, after) in zip([made[how]] * len(found), found, strict=True):
                row[0].append((name, meeting.recording_id, "+".join(b), b))
                row[1].append(before)
                row[2].append(after)
        if number % CHECKED == 1:
            for change, rate in error_rates(segments, meeting.recording_id, changes).items():
                reached.setdefault(change, []).append(rate)
        tick(f"edits of {name}", number, len(meetings))
    if told["unread"]:
        raise corpora.CorpusError(f"{len(told['unread'])} lines can't be read; the first is {told['unread'][0]}")
    people = pd.DataFrame(people, columns=["recording_id", "person_id"])
    group = dict(zip(people["recording_id"], windows.group_id(people), strict=True))
    return {how: _swept(name, how, *rows, group, _of_how(changes, how), reached) for how, rows in made.items()}


def error_rates(segments, name, changes):
    """The diarisation error rate in one recording under each change that is a worse diarisation: {change: rate}."""
    duration_s, found = float(segments["end_s"].max()), {}
    for change in changes:
        edited = change.of(segments, (), duration_s, name) if change.edit == "diarisation_error" else None
        if edited is not None:
            found[change] = agreement(segments, edited[0], same_names=True).error_rate
    return found


def _swept(name, how, about, before, after, group, changes, reached):
    about = pd.DataFrame(about, columns=["corpus", "recording_id", "person_id", "b"])
    about["group_id"] = about["recording_id"].map(group)
    return Swept(sides.Sides(name, how, about, np.array(before)[:, None], {}), changes, np.array(after), reached)


def _of_how(changes, how):
    return tuple(change for change in changes if change.halves or how == "each")


def of_meeting(segments, people, name, changes=SWEEP):
    """All sides of one meeting: {how: [(b, components (3,), after each change (changes, 3)), …]}."""
    duration_s = float(segments["end_s"].max())
    segments = floor.Speech.of(segments, people)
    plain = floor.totals(segments, duration_s)
    shared = {
        change: _line(change.of(segments, (), duration_s, name), people) for change in changes if change.everybody
    }
    found = {}
    for how in scores.SIDES:
        found[how] = []
        for b in scores.sides(people, how):
            before = scores.components(plain, plain.side(b))[0]
            lines = [
                shared[change]
                if change.everybody
                else _line(change.of(segments, b, duration_s, f"{name}/{'+'.join(b)}"), people)
                for change in _of_how(changes, how)
            ]
            found[how].append((b, before, np.array([_components(line, b) for line in lines])))
    return found


def _line(edited, people):
    return None if edited is None else floor.totals(*edited, people=people)


def _components(line, b):
    return np.full(3, np.nan) if line is None else scores.components(line, line.side(b))[0]


def norms_of(every):
    """For each corpus and way: the norms that hold no recording under test, as {(corpus, how): (norms, words)}."""
    made = {name: {how: swept.one for how, swept in found.items()} for name, found in every.items()}
    return {(name, how): sides.norms_without(one, made, 0) for name, own in made.items() for how, one in own.items()}
