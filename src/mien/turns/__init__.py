"""Who holds the floor: speech, turns, gaps, overlaps, backchannels, early starts and lapses; pure functions of time.

>>> import pandas as pd
>>> from mien import turns
>>> speech = pd.DataFrame({"person_id": ["ana", "ben"], "start_s": [0, 5.3], "end_s": [5, 9]})
>>> turns.table(speech, duration_s=60).query("kind == 'turn'")["end_s"].tolist()
[5.0, 9.0]
"""

from mien.turns.floor import (
    SEGMENTS,
    Floor,
    Span,
    Transfer,
    Turn,
    TurnSettings,
    clean,
    floor,
    hosts,
    stretches,
    table,
    transfers,
    turns,
)
from mien.turns.measures import ANCHORS, Measures, measures
from mien.turns.readers import apart, read, read_csv, read_rttm, read_vtt
from mien.turns.window import covers, features
from mien.turns.words import BC_LEXICON, FILLERS, by_words, spread

__all__ = [
    "ANCHORS",
    "BC_LEXICON",
    "FILLERS",
    "SEGMENTS",
    "Floor",
    "Measures",
    "Span",
    "Transfer",
    "Turn",
    "TurnSettings",
    "apart",
    "by_words",
    "clean",
    "covers",
    "features",
    "floor",
    "hosts",
    "measures",
    "read",
    "read_csv",
    "read_rttm",
    "read_vtt",
    "spread",
    "stretches",
    "table",
    "transfers",
    "turns",
]
