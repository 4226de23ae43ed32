"""What turn-taking measures in the conversations of others: published values, and three corpora of meetings.

A measure outside the range of every anchor is flagged ``out_of_anchor`` and kept: an odd recording, a wrong clock, a
wrong source of who spoke when, or people who talk otherwise. The three corpora are group meetings in English, none of
them by video: they say what is common there, and nothing about what is right.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mien import corpora, tables
from mien.corpora import mrda
from mien.turns.floor import TurnSettings, clean, floor, ms, stretches
from mien.turns.group import group, offsets_s

MEASURES = (
    "people",
    "duration_s",
    "talk_s",
    "changes",
    "fto_median_s",
    "fto_mean_s",
    "patience_s",
    "overlap_rate",
    "latching_share",
    "contained_share",
    "early_starts_per_min",
    "lapses_per_hour",
    "turn_length_median_s",
    "turn_length_mean_s",
    "longest_turn_s",
    "longest_turn_speech_only_s",
    "backchannels_per_speech_hour",
    "changes_per_min",
    "changes_per_min_audiophile",
    "overlap_time_share",
    "silence_share",
    "talk_gini",
    "talk_entropy",
    "dominance",
)
"""The measures of :func:`mien.turns.group` that are tabled for every meeting of the corpora."""

MEETINGS = tables.Table(
    "turn_anchors",
    "meeting of a corpus",
    (
        tables.Column("corpus", "which corpus", "text"),
        tables.Column("recording_id", "which meeting", "text"),
        *(tables.Column(name, "see mien.turns.group", missing=True) for name in MEASURES),
        tables.Column("licence", "the licence of the corpus, and of the row", "text"),
    ),
    ("recording_id",),
)
"""The committed table of the corpora's turn measures."""

ANCHORS = {
    "fto_median_s": (-0.10, 0.72),
    "overlap_rate": (0.13, 0.72),
    "turn_length_median_s": (0.9, 9.0),
    "backchannels_per_speech_hour": (59.0, 1000.0),
    "lapses_per_hour": (0.0, 97.0),
    "changes_per_min": (3.3, 27.8),
}
"""The lowest and highest value of any anchor, rounded outwards: 273 meetings (``data/turn_anchors.csv``) and
:data:`PUBLISHED`. A test holds these numbers against the table."""


@dataclass(frozen=True)
class Published:
    """A published value of a measure: one number, or a range from ``low`` to ``high``, who it is of, and from where."""

    measure: str
    low: float
    high: float
    of: str
    source: str


PUBLISHED = (
    Published("fto_median_s", 0.2, 0.2, "typical gap", "Levinson & Torreira 2015"),
    Published("fto_mean_s", 0.007, 0.470, "ten languages, answers to yes/no questions", "Stivers et al. 2009"),
    Published("fto_median_s", 0.08, 0.08, "pairs in video chat (CANDOR)", "Reece et al. 2023"),
    Published("fto_mean_s", 0.135, 0.135, "pairs face to face", "Boland et al. 2022"),
    Published("fto_mean_s", 0.487, 0.487, "the same pairs in video calls", "Boland et al. 2022"),
    Published("overlap_rate", 0.40, 0.40, "pairs, three corpora", "Heldner & Edlund 2010, in Chowdhury 2016"),
    Published("backchannels_per_speech_hour", 1000, 1000, "pairs in video chat (CANDOR)", "Reece et al. 2023"),
)
"""The published values that the corpora are held against, each with a public source; for turn lengths and lapses in
meetings no comparable one was found."""

BIN_S, BIN_END_S = 0.1, 3.0
"""Width of a bin of offsets, centred on tenths of a second (GAP is timed to these), and the last bin's centre."""


def outside(values, anchors=None):
    """The measures among ``values`` ({name: value}) that lie outside the range of every anchor, with that range.

    >>> outside({"fto_median_s": 1.9, "overlap_rate": 0.4, "people": 12})
    {'fto_median_s': (-0.1, 0.72)}
    """
    ranges = anchors or ANCHORS
    return {name: ranges[name] for name in ranges if name in values and _is_out(values[name], *ranges[name])}


def _is_out(value, low, high):
    return not math.isnan(value) and not low <= value <= high


def of_corpus(name, folder, settings=None, tick=lambda *_: None):
    """The turn measures of every meeting of a corpus, and how its floor-transfer offsets are distributed.

    Returns ``(measures, offsets, unread)``: a row per meeting (corpus, recording_id, :data:`MEASURES`, licence), a row
    per bin of offsets (corpus, offset_s, changes; the outer bins hold what lies beyond), and what could not be read.
    Times begin with the first word of a meeting and end with its last.
    """
    corpus, told, rows, found = corpora.named(name), {}, [], []
    meetings = corpus.recordings(folder)
    for number, meeting in enumerate(meetings.itertuples(), 1):
        segments = from_first_word(corpus.segments(meeting.path, told))
        everything = floor(segments.drop(columns="words", errors="ignore"), settings or TurnSettings())
        values, _ = group(everything, segments["end_s"].max())
        rows.append({"corpus": name, "recording_id": meeting.recording_id} | {m: values[m] for m in MEASURES})
        found.append(offsets_s(everything))
        tick(name, number, len(meetings))
    table = pd.DataFrame(rows).round(4).assign(licence=corpus.LICENCE)
    return table, histogram(np.concatenate(found)).assign(corpus=name), told["unread"]


def from_first_word(segments):
    """Segments on a clock that begins with the first of them."""
    start_s = segments["start_s"].min()
    return segments.assign(**{name: (segments[name] - start_s).round(3) for name in ("start_s", "end_s")})


def histogram(offsets):
    """How many offsets (seconds) lie in each bin around a tenth of a second; the outer bins hold what lies beyond.

    A bin holds its lower edge and not its upper one, by whole milliseconds, so that every bin is equally wide.

    >>> table = histogram([-0.05, 0.049, 0.05, 99.0])
    >>> table.loc[table["changes"] > 0, "offset_s"].tolist()
    [0.0, 0.1, 3.0]
    """
    whole_ms = np.rint(np.asarray(offsets, float) * 1000).astype(int)
    last = round(BIN_END_S / BIN_S)
    place = np.clip((whole_ms + ms(BIN_S) // 2) // ms(BIN_S), -last, last)
    places = np.arange(-last, last + 1)
    counts = np.bincount(place + len(places) // 2, minlength=len(places))
    return pd.DataFrame({"offset_s": (places * BIN_S).round(3), "changes": counts})


# --- what people call a backchannel ----------------------------------------------------------------------------------


def backchannels(folder, pauses_s=(0.1, 0.18, 0.25, 0.5, 1.0), tick=lambda *_: None):
    """How many of the backchannels that annotators marked in MRDA are found from timing alone, by ``min_pause_s``.

    A row per pause: marked, called (by timing), found (marked ones that overlap a called one of the same person), right
    (called ones that overlap a marked one), recall, precision, marked_per_speech_hour.
    """
    rows = {pause_s: np.zeros(5) for pause_s in pauses_s}
    meetings = mrda.recordings(folder)
    for number, path in enumerate(meetings["path"], 1):
        segments, marked = mrda.segments(path), mrda.backchannels(path)
        talk_h = sum(span.length_ms for span in stretches(clean(segments), TurnSettings())) / 3.6e6
        for pause_s in pauses_s:
            everything = floor(segments, TurnSettings(min_pause_s=pause_s))
            rows[pause_s] += (*_hits(marked, everything.backchannels), talk_h)
        tick("mrda backchannels", number, len(meetings))
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["marked", "called", "found", "right", "speech_h"])
    frame["recall"], frame["precision"] = frame["found"] / frame["marked"], frame["right"] / frame["called"]
    frame["marked_per_speech_hour"] = frame["marked"] / frame["speech_h"]
    return frame.drop(columns="speech_h").rename_axis("min_pause_s").reset_index().round(4)


def _hits(marked, called):
    """Marked, called, marked that are called, and called that are marked."""
    by_person = {}
    for span in called:
        by_person.setdefault(span.person_id, []).append(span)
    found, right = 0, set()
    for row in marked.itertuples():
        hits = [
            s for s in by_person.get(row.person_id, ()) if s.start_ms < ms(row.end_s) and s.end_ms > ms(row.start_s)
        ]
        found += bool(hits)
        right.update(hits)
    return len(marked), len(called), found, len(right)
