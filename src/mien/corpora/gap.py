"""GAP, the Group Affect and Performance corpus: small groups of students agree on what helps to survive in winter.

Sentences were timed by hand to a tenth of a second: gaps and overlaps below that are not to be read. One meeting each.
Three kinds of label, never to be mixed: what annotators marked in a sentence (observer), how people rated their meeting
afterwards (self), and how far their lists were from those of experts (outcome: by ConvoKit's documentation of the
corpus a sum of differences in rank, so smaller is better). "This task took longer than expected" and "our group
struggled to work together efficiently" are worded negatively. Efficiency goes with the other ratings, so it seems to
have been reversed by the makers, whose satisfaction counts both upwards; time expectations hardly go with any.
"""

import csv
import re

import numpy as np
import pandas as pd

from mien import corpora
from mien.corpora import sheets
from mien.tables import counted

NAME = "gap"
WHAT = "small-group discussions in English: 28 meetings of 2 to 4 students, 84 people, sentences timed to 0.1 s"
LICENCE = "CC BY-NC 4.0"
CITATION = (
    "Braley M, Murray G (2018) The Group Affect and Performance (GAP) corpus. Proceedings of the Group Interaction "
    "Frontiers in Technology workshop (GIFT). https://doi.org/10.1145/3279981.3279985"
)
ORIGIN = "https://github.com/gmfraser/gap-corpus, folder Final-Corpus-Transcripts-Annotations-Data"
LABELS = {
    **dict.fromkeys(("label_sentiment", "label_decision", "label_private"), "observer"),
    **dict.fromkeys(("label_time_expectation", "label_worked_well", "label_time_management"), "self"),
    **dict.fromkeys(("label_efficiency", "label_quality", "label_satisfaction", "label_leadership"), "self"),
    **dict.fromkeys(("label_individual_score", "label_individual_influence", "label_group_score"), "outcome"),
}
TABLES = ("recordings", "sentences", "people", "groups")
EXPECTED = "GAP: Merged/CSV Group N ….csv with the columns Participant (N.Colour.n), Start, End (mm:ss.s), …, Sentence"
ID = r"CSV Group (\d+) .*"
COPIES = "No-Punctuation"
"""The folder in which the makers keep copies of some meetings without punctuation; they are no other meetings."""
RATED = {
    "TE": "label_time_expectation",
    "WW": "label_worked_well",
    "TM": "label_time_management",
    "Eff": "label_efficiency",
    "QW": "label_quality",
    "Sat": "label_satisfaction",
}
"""What people rated after the meeting, by the ending of its column, 1 to 5; Sat is the mean of the others."""
PEOPLE_EXPECTED = (
    "GAP: Group-Individual-Data/Individual-Level Meeting Data.xlsx with Group Member (N.Colour), AIS, Ind_TE, …"
)
GROUPS_EXPECTED = (
    "GAP: Group-Individual-Data/Group-Level Meeting Data.xlsx with Meeting, Meeting Size, AGS, Group_TE, …"
)


def recordings(folder):
    """GAP in ``folder`` as a RECORDINGS table: one row per meeting, of kind segments (who said what when).

    Raises :class:`mien.corpora.CorpusError` for a missing folder or one without such files.
    """
    files = [path for path in corpora.files(folder, "CSV Group *.csv", EXPECTED) if path.parent.name != COPIES]
    corpora.once(folder, [path.name for path in files])
    return corpora.meetings(files, NAME, LICENCE, folder, ID)


def segments(path, told=None):
    """Who said what when in one meeting: person_id, start_s, end_s, words; lines unread are in ``told["unread"]``.

    Files are in the Windows encoding cp1252; the words are kept, since they say what is a backchannel.
    """
    return corpora.timed(corpora.lines(path, "cp1252")[1:], _row, path, told, first=2, more=("words",))


def sentences(folder, told=None):
    """What annotators marked in each sentence: recording_id, person_id, start_s, end_s, and labels (observer).

    ``label_sentiment`` is positive, negative, mixed (both) or none; ``label_decision`` is what of a decision a sentence
    is (agreement, proposal, …, joined by +) or none; ``label_private`` tells whether it speaks of one's own list. Words
    are not kept, but counted (:func:`mien.tables.counted`). ``told["unread"]`` lists lines that can't be read.
    """
    meetings = [
        corpora.timed(corpora.lines(row.path, "cp1252")[1:], _marked, row.path, told, 2, tuple(MARKS)).assign(
            recording_id=row.recording_id
        )
        for row in recordings(folder).itertuples()
    ]
    found = pd.concat(meetings, ignore_index=True)[["recording_id", "person_id", "start_s", "end_s", *MARKS]]
    return found.sort_values(["recording_id", "start_s", "person_id"], ignore_index=True, kind="stable")


def people(folder, told=None):
    """How each person rated their meeting and how well they did: recording_id, person_id, labels (self, outcome).

    Ratings are 1 to 5 (``label_leadership``: how far one led), beyond which a value is missing and told. Outcomes:
    ``label_individual_score`` (AIS, the absolute score of one's own list) and ``label_individual_influence`` (AII).
    ``confound_english`` says whether English is
    the first language; the codes of gender are not explained by the makers and are kept as codes.
    """
    path = sheets.one_file(folder, "Individual-Level Meeting Data.xlsx", PEOPLE_EXPECTED)
    rated = {f"Ind_{ending}": name for ending, name in RATED.items()} | {"Ind_Lead": "label_leadership"}
    scores = {"AIS": "label_individual_score", "AII": "label_individual_influence"}
    columns = ["Group Member", "Year at UFV", "Gender", "English", *rated, *scores]
    rows = sheets.sheet(path, columns, PEOPLE_EXPECTED)
    bad = rows["Group Member"][~rows["Group Member"].str.fullmatch(r"\d+\.[A-Z][a-z]+")]
    if len(bad):
        raise corpora.CorpusError(f"{path}: {bad.iloc[0]!r} names nobody; expected N.Colour such as 1.Blue")
    found = pd.DataFrame({"recording_id": f"{NAME}_" + rows["Group Member"].str.split(".").str[0]})
    found["person_id"] = f"{NAME}_" + rows["Group Member"]
    found = found.join(sheets.numbers(rows, list(rated), path, told, 1, 5).rename(columns=rated))
    found = found.join(sheets.numbers(rows, list(scores), path, told, low=0).rename(columns=scores))
    found["confound_english"] = rows["English"].map({"1": "first language", "2": "not first language"})
    found["confound_year"], found["confound_gender_code"] = rows["Year at UFV"], rows["Gender"]
    corpora.once(path, found["person_id"])
    return found.sort_values("person_id", ignore_index=True)


def groups(folder, told=None):
    """How each group did and how its members rated it on average: recording_id, people, length_s, labels.

    ``label_group_score`` is the absolute score of the group's list (AGS, outcome); the others are means of what its
    members said (self).
    """
    path = sheets.one_file(folder, "Group-Level Meeting Data.xlsx", GROUPS_EXPECTED)
    rated = {f"Group_{ending}": name for ending, name in RATED.items()}
    rows = sheets.sheet(path, ["Meeting", "Meeting Size", "Meeting Length in Minutes", "AGS", *rated], GROUPS_EXPECTED)
    found = pd.DataFrame({"recording_id": f"{NAME}_" + rows["Meeting"].str.replace(r"\.0$", "", regex=True)})
    sizes = sheets.numbers(rows, ["Meeting Size", "Meeting Length in Minutes", "AGS"], path, told, low=0)
    found["people"], found["label_group_score"] = sizes["Meeting Size"], sizes["AGS"]
    found["length_s"] = np.round(sizes["Meeting Length in Minutes"] * 60, 3)
    found = found.join(sheets.numbers(rows, list(rated), path, told, 1, 5).rename(columns=rated))
    corpora.once(path, found["recording_id"])
    return found.sort_values("recording_id", ignore_index=True)


SENTIMENT = {"": "none", "Positive": "positive", "Negative": "negative", "Positive, Negative": "mixed"}
MARKS = ("label_sentiment", "label_decision", "label_private", "text_n_words", "text_n_chars")


def _marked(line):
    person, start_s, end_s, words = _row(line)
    sentiment, decision, private = next(csv.reader([line]))[4:7]
    marks = "+".join(sorted(mark.strip().lower() for mark in decision.split(",") if mark.strip()))
    own = "yes" if private.strip() else "no"
    return person, start_s, end_s, SENTIMENT[sentiment.strip()], marks or "none", own, *counted(words)


def _row(line):
    who, start, end, _, _, _, _, _, words = next(csv.reader([line]))
    group, colour, number = who.split(".")
    int(group), int(number)
    return f"{NAME}_{group}.{colour}", _seconds(start), _seconds(end), words.strip('"')


def _seconds(text):
    """Seconds of a time written mm:ss.s.

    >>> _seconds("01:02.5")
    62.5
    """
    minutes, seconds = re.fullmatch(r"(\d+):([0-5]?\d\.\d+)", text.strip()).groups()
    return int(minutes) * 60 + float(seconds)
