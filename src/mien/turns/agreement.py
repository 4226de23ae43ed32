"""How far two sources agree on who spoke when: the diarisation error rate and its parts.

Conventions: the *reference* is what the *hypothesis* is held against; either may have names of its own, which are
matched so that the most speech agrees. Components are kept and the rate is derived from them.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

from mien.turns.floor import TurnSettings, clean, ms, stretches

_TOUCHING = TurnSettings(min_pause_s=0.001)
"""Only pieces of one person that touch or overlap are one."""


@dataclass(frozen=True)
class Agreement:
    """What two sources of one recording agree on, in seconds of person-speech, and who is who in them.

    ``speech_s`` of the reference; ``missed_s`` of it that the hypothesis has not; ``false_alarm_s`` that only the
    hypothesis has; ``confused_s`` that it gives to somebody else. ``names``: {hypothesis name: reference name}.
    """

    speech_s: float
    missed_s: float
    false_alarm_s: float
    confused_s: float
    names: dict = field(default_factory=dict)

    @property
    def error_rate(self):
        """The diarisation error rate: everything wrong over the speech of the reference; NaN without speech."""
        wrong = self.missed_s + self.false_alarm_s + self.confused_s
        return wrong / self.speech_s if self.speech_s else math.nan


def agreement(reference, hypothesis, collar_s=0.0, same_names=False):
    """Hold one source of who spoke when against another.

    Both are tables with person_id, start_s, end_s. ``collar_s`` seconds on each side of every boundary of the reference
    are left out (NIST takes 0.25; the default forgives nothing). With ``same_names`` a name must be the same in both;
    else each name of the hypothesis is matched to at most one of the reference (the Hungarian method, Kuhn 1955).
    Overlapped speech counts once per person. Returns :class:`Agreement`.
    Reference: NIST, Rich Transcription 2009 evaluation plan; Bredin 2017, Interspeech (pyannote.metrics).

    >>> import pandas as pd
    >>> one = pd.DataFrame({"person_id": ["ana", "ben"], "start_s": [0, 4], "end_s": [4, 10]})
    >>> other = pd.DataFrame({"person_id": ["x", "y"], "start_s": [0, 5], "end_s": [5, 9]})
    >>> agreement(one, other)
    Agreement(speech_s=10.0, missed_s=1.0, false_alarm_s=0.0, confused_s=1.0, names={'x': 'ana', 'y': 'ben'})
    """
    theirs, ours = (stretches(clean(table), _TOUCHING) for table in (reference, hypothesis))
    edges = _edges(theirs, ours, collar_s)
    lengths = np.diff(edges) * _outside(edges, theirs, collar_s)
    names, others = (sorted({span.person_id for span in spans}) for spans in (theirs, ours))
    a, b = _who_when(theirs, names, edges), _who_when(ours, others, edges)
    pairs = _pairs((a * lengths) @ b.T, names, others, same_names)
    both = sum((a[i] & b[j]).astype(int) for i, j in pairs) if pairs else np.zeros(len(lengths), int)
    n_a, n_b = a.sum(axis=0), b.sum(axis=0)
    parts = (n_a, np.maximum(n_a - n_b, 0), np.maximum(n_b - n_a, 0), np.minimum(n_a, n_b) - both)
    return Agreement(*(float((part * lengths).sum()) / 1000 for part in parts), {others[j]: names[i] for i, j in pairs})


def _edges(theirs, ours, collar_s):
    """Every moment at which anything may change, in milliseconds."""
    edges = {edge for span in (*theirs, *ours) for edge in (span.start_ms, span.end_ms)}
    near = {edge + side * ms(collar_s) for span in theirs for edge in (span.start_ms, span.end_ms) for side in (-1, 1)}
    return np.array(sorted(edges | near), int)


def _outside(edges, theirs, collar_s):
    """Whether each stretch between two moments lies outside every collar."""
    kept = np.ones(max(len(edges) - 1, 0), bool)
    for edge in {edge for span in theirs for edge in (span.start_ms, span.end_ms)}:
        low, high = np.searchsorted(edges, [edge - ms(collar_s), edge + ms(collar_s)])
        kept[low:high] = False
    return kept


def _who_when(spans, names, edges):
    """Whether each person speaks in each stretch between two moments, a row per person."""
    speaks = np.zeros((len(names), max(len(edges) - 1, 0)), bool)
    for span in spans:
        low, high = np.searchsorted(edges, [span.start_ms, span.end_ms])
        speaks[names.index(span.person_id), low:high] = True
    return speaks


def _pairs(shared_ms, names, others, same_names):
    """The places of the names that belong together, and have any speech in common."""
    if same_names:
        return [(names.index(name), j) for j, name in enumerate(others) if name in names]
    rows, columns = linear_sum_assignment(shared_ms, maximize=True) if shared_ms.size else ([], [])
    return [(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if shared_ms[i, j] > 0]
