"""MRDA on the ICSI corpus: research groups in their own weekly meetings, everybody with a microphone of their own.

Times are those of words by forced alignment; what a segment of talk is comes from the dialogue acts. People know each
other and come back in many meetings. Only times are read: the words are not needed here.

*Hot spots* are stretches in which annotators heard the people as unusually involved (Wrede & Shriberg 2003). Six in
seven of them are of the type presumed to be amusement, so what finds them finds mostly shared laughter and joking: they
are never to be called engagement, and no hot spot does not mean that anybody was bored.
"""

import csv
import gzip
import re
from pathlib import Path

import pandas as pd

from mien import corpora

NAME = "mrda"
WHAT = "research meetings in English: 75 meetings of 3 to 9 people, 52 people, word times to 1 ms"
LICENCE = "CC BY 4.0"
CITATION = (
    "Janin A et al. (2003) The ICSI meeting corpus. ICASSP 2003, I-364. https://doi.org/10.1109/ICASSP.2003.1198793; "
    "Shriberg E et al. (2004) The ICSI meeting recorder dialog act (MRDA) corpus. SIGdial 2004, 97-100"
)
ORIGIN = "https://github.com/NathanDuran/MRDA-Corpus: database/*.dadb, and the times of its words in word_times/"
LABELS = {"label_hot_spot": "observer"}
TABLES = ("recordings", "hot_spots")
EXPECTED = "MRDA: database/MEETING.dadb (14 fields a line) and word_times/MEETING.csv.gz (segment, start, end)"
UNTIMED = "XXXX"
"""What stands in place of the time of a word that could not be aligned."""
BACKCHANNEL = r"(?:[^,]*,){5}b(?:\W|$)"
"""A line whose sixth field, the label, begins as that of a backchannel: 'b', also 'b^m' or, broken off, 'b.%'."""


def recordings(folder):
    """MRDA in ``folder`` as a RECORDINGS table: one row per meeting, of kind segments (who spoke when).

    Raises :class:`mien.corpora.CorpusError` for a missing folder or one without ``.dadb`` files.
    """
    return corpora.meetings(corpora.files(folder, "*.dadb", EXPECTED), NAME, LICENCE, folder)


def segments(path, told=None):
    """Who spoke when in one meeting: person_id, start_s, end_s, a row per word.

    A segment of which no word is timed has its own start and end; ``told`` counts ``segments``, ``untimed_words`` and
    ``segments_without_word_times``, and lists in ``told["unread"]`` what could not be read.
    """
    told = {} if told is None else told
    acts = corpora.timed(corpora.lines(path, "utf-8"), _act, path, told, more=("segment",))
    timed = Path(path).parents[1] / "word_times" / f"{Path(path).stem}.csv.gz"
    rows = _words(timed, dict(zip(acts["segment"], acts["person_id"], strict=True)), told)
    words = corpora.timed(rows, lambda row: row, timed, told, first=2, more=("segment",))
    rest = acts[~acts["segment"].isin(words["segment"])]
    told |= {"segments": len(acts), "segments_without_word_times": len(rest)}
    columns = ["person_id", "start_s", "end_s"]
    return corpora.stacked(words[columns], rest[columns])


def backchannels(path):
    """What the annotators of one meeting marked as a backchannel (dialogue act b): person_id, start_s, end_s."""
    rows = [line for line in corpora.lines(path, "utf-8") if re.match(BACKCHANNEL, line)]
    acts = corpora.timed(rows, _act, path, more=("segment",))
    return acts.drop(columns="segment")


def hot_spots(folder):
    """The hot spots of every meeting: recording_id, start_s, end_s, level, types, label_hot_spot (amusement or other).

    A spot lasts from the start of the segment that sets it off to the end of the last that belongs to it. ``level`` and
    ``types`` are as coded: l, w, h are presumed to be lukewarm, warm, hot; a among the types is presumed to be
    amusement. A part that names its spot by number (``30b``) counts for that spot. Overlapping spots stay apart.
    """
    meetings = recordings(folder)
    found = [_spots_of(row.path).assign(recording_id=row.recording_id) for row in meetings.itertuples()]
    table = pd.concat([one for one in found if len(one)] or found[:1], ignore_index=True)
    table["label_hot_spot"] = ["amusement" if "a" in types else "other" for types in table["types"]]
    columns = ["recording_id", "start_s", "end_s", "level", "types", "label_hot_spot"]
    return table[columns].sort_values(["recording_id", "start_s"], ignore_index=True, kind="stable")


SPOT = re.compile(r"(\d+)=([lwh][-+0]?)=([a-z;]*)")
"""The beginning of a spot in a code: number = level = types."""


def _spots_of(path):
    spots = []
    for line in corpora.lines(path, "utf-8"):
        start, end, *rest = line.split(",")
        for piece in filter(None, re.split(r"##|\*\*", rest[9].strip()) if len(rest) > 9 else ()):
            _take(spots, piece, float(start), float(end))
    return pd.DataFrame(spots, columns=["number", "level", "types", "start_s", "end_s", "is_closed"])


def _take(spots, piece, start_s, end_s):
    """Let one part of a code begin a spot, or go on with the open one (or the one it names by its number)."""
    if begun := SPOT.search(piece):
        number, level, types = begun.groups()
        spots.append({"number": number, "level": level, "types": types, "start_s": start_s, "end_s": end_s})
        spots[-1]["is_closed"] = bool(set(piece[begun.end() :]) & set("ce"))
        return
    number, part = re.match(r"(\d*)(.*)", piece).groups()
    known = [spot for spot in spots if not number or spot["number"] == number]
    signs = set(re.sub(r"[^a-z]", "", part)) - {"r"}  # r is involvement outside the spots
    if signs and known and not known[-1]["is_closed"]:
        known[-1]["end_s"] = max(known[-1]["end_s"], end_s)
        known[-1]["is_closed"] = bool(signs & set("ce"))


def _act(line):
    start, end, segment, _, _, _, _, who, *_ = line.split(",")
    return f"{NAME}_{who}", float(start), float(end), segment


def _words(path, people, told):
    """The person, start, end and segment of every timed word."""
    if not path.is_file():
        raise corpora.CorpusError(f"{path}: no such file; expected {EXPECTED}")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        words = list(csv.DictReader(lines))
    timed = [word for word in words if UNTIMED not in (word["start"], word["end"])]
    told["untimed_words"] = len(words) - len(timed)
    return [(people.get(w["segment"]), w["start"], w["end"], w["segment"]) for w in timed]
