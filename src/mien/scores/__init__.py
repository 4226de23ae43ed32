"""The score under test: an open 0-100 engagement score from public wording, its specifications, and its comparators.

It is here to be tested, not to be used on anybody: see ``profiles.PUBLIC`` and ``profiles.ASSUMED`` for what is public
and what is assumed, and AUDIT sections 2 and 4.
"""

from mien.scores.comparators import AVAYA_WEIGHTS, LexiconError, alone, avaya, avaya_2022, sentiment, vader
from mien.scores.multiverse import SPECIFICATIONS, WEIGHTS, curve_scores, lines, measured, norm_scores, summed_up
from mien.scores.openengage import VERSION, Heard, Score, heard, openengage, scored
from mien.scores.profiles import (
    ALONE,
    ASSUMED,
    COMPONENTS,
    NOT_A_VENDORS,
    PROFILES,
    PUBLIC,
    ScoreSettings,
    curves,
    fixed_curve,
    norm_referenced,
    of_oriented,
    oriented,
)
from mien.scores.reference import (
    AXES,
    DEFAULT,
    FILE,
    SIDES,
    TABLE,
    Norms,
    every_norms,
    given,
    norms,
    norms_of,
    pinned,
    place,
    read,
    sides,
    table_of,
)
from mien.scores.timeline import Timeline, components, delayed, drawn, pieces, resampled, responses, timeline

__all__ = sorted(name for name in dir() if not name.startswith("_"))
