"""Who holds the floor: speech, turns, gaps, overlaps, backchannels, early starts and lapses; pure functions of time.

>>> import pandas as pd
>>> from mien import turns
>>> speech = pd.DataFrame({"person_id": ["ana", "ben"], "start_s": [0, 5.3], "end_s": [5, 9]})
>>> turns.table(speech, duration_s=60).query("kind == 'turn'")["end_s"].tolist()
[5.0, 9.0]
"""

from mien.turns.agreement import Agreement, agreement
from mien.turns.anchors import ANCHORS, PUBLISHED, Published, outside
from mien.turns.captions import read_sbv, read_srt
from mien.turns.crosstalk import Cleaned, CrosstalkSettings, Overheard, cleaned
from mien.turns.elan import read_eaf, write_eaf
from mien.turns.files import READERS, read, write
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
from mien.turns.group import answers, dominance, entropy, follows, gini, group, offsets_s, talk_s
from mien.turns.measures import Measures, measures
from mien.turns.praat import read_textgrid, write_textgrid
from mien.turns.readers import apart, is_anybody, read_csv, read_rttm, read_vtt
from mien.turns.said import how_much, said_in, shared_out, with_counts
from mien.turns.sentences import MODELS, sentences, turns_by
from mien.turns.strangers import among_strangers
from mien.turns.timeline import read_timeline
from mien.turns.window import covers, features
from mien.turns.words import BC_LEXICON, FILLERS, by_words, spread
from mien.turns.writers import write_rttm

__all__ = [
    "ANCHORS",
    "BC_LEXICON",
    "FILLERS",
    "MODELS",
    "PUBLISHED",
    "READERS",
    "SEGMENTS",
    "Agreement",
    "Cleaned",
    "CrosstalkSettings",
    "Floor",
    "Measures",
    "Overheard",
    "Published",
    "Span",
    "Transfer",
    "Turn",
    "TurnSettings",
    "agreement",
    "among_strangers",
    "answers",
    "apart",
    "by_words",
    "clean",
    "cleaned",
    "covers",
    "dominance",
    "entropy",
    "features",
    "floor",
    "follows",
    "gini",
    "group",
    "hosts",
    "how_much",
    "is_anybody",
    "measures",
    "offsets_s",
    "outside",
    "read",
    "read_csv",
    "read_eaf",
    "read_rttm",
    "read_sbv",
    "read_srt",
    "read_textgrid",
    "read_timeline",
    "read_vtt",
    "said_in",
    "sentences",
    "shared_out",
    "spread",
    "stretches",
    "table",
    "talk_s",
    "transfers",
    "turns",
    "turns_by",
    "with_counts",
    "write",
    "write_eaf",
    "write_rttm",
    "write_textgrid",
]
