"""GAP, the Group Affect and Performance corpus: small groups of students agree on what helps to survive in winter.

Sentences were timed by hand to a tenth of a second: gaps and overlaps below that are not to be read. One meeting each.
"""

import csv
import re

from mien import corpora

NAME = "gap"
WHAT = "small-group discussions in English: 28 meetings of 2 to 4 students, 84 people, sentences timed to 0.1 s"
LICENCE = "CC BY-NC 4.0"
CITATION = (
    "Braley M, Murray G (2018) The Group Affect and Performance (GAP) corpus. Proceedings of the Group Interaction "
    "Frontiers in Technology workshop (GIFT). https://doi.org/10.1145/3279981.3279985"
)
ORIGIN = "https://github.com/gmfraser/gap-corpus, folder Final-Corpus-Transcripts-Annotations-Data/Merged"
EXPECTED = "GAP: Merged/CSV Group N ….csv with the columns Participant (N.Colour.n), Start, End (mm:ss.s), …, Sentence"
ID = r"CSV Group (\d+) .*"


def recordings(folder):
    """GAP in ``folder`` as a RECORDINGS table: one row per meeting, of kind segments (who said what when).

    Raises :class:`mien.corpora.CorpusError` for a missing folder or one without such files.
    """
    return corpora.meetings(corpora.files(folder, "CSV Group *.csv", EXPECTED), NAME, LICENCE, folder, ID)


def segments(path, told=None):
    """Who said what when in one meeting: person_id, start_s, end_s, words; lines unread are in ``told["unread"]``.

    Files are in the Windows encoding cp1252; the words are kept, since they say what is a backchannel.
    """
    return corpora.timed(corpora.lines(path, "cp1252")[1:], _row, path, told, first=2, more=("words",))


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
