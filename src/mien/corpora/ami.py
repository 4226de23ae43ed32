"""AMI: meetings in English of mostly four people, designing a remote control or talking freely, with exact word times.

Who spoke when is read from RTTM files made from the corpus's forced alignment, words only: neither laughter nor a cough
is speech. The same people come back in several meetings.
"""

from mien import corpora

NAME = "ami"
WHAT = "meetings in English: 170 meetings of 3 to 5 people, 189 people, who spoke when to 10 ms"
LICENCE = "CC BY 4.0"
CITATION = (
    "Carletta J et al. (2006) The AMI meeting corpus: a pre-announcement. MLMI 2005, LNCS 3869, 28-39. "
    "https://doi.org/10.1007/11677482_3; who spoke when: Landini F et al. (2022) Computer Speech & Language 71: 101254"
)
ORIGIN = "https://github.com/BUTSpeechFIT/AMI-diarization-setup, folder only_words/rttms (Apache-2.0)"
LABELS = {}
TABLES = ("recordings",)
EXPECTED = (
    "AMI: train/, dev/ and test/ with one MEETING.rttm each, lines 'SPEAKER MEETING 1 start duration <NA> <NA> name'"
)


def recordings(folder):
    """AMI in ``folder`` as a RECORDINGS table: one row per meeting, of kind segments (who spoke when).

    Raises :class:`mien.corpora.CorpusError` for a missing folder or one without ``.rttm`` files.
    """
    return corpora.meetings(corpora.files(folder, "*.rttm", EXPECTED), NAME, LICENCE, folder)


def segments(path, told=None):
    """Who spoke when in one meeting: person_id, start_s, end_s; lines that can't be read are in ``told["unread"]``."""
    return corpora.timed(corpora.lines(path, "utf-8"), _row, path, told)


def _row(line):
    kind, _, _, start, duration, _, _, name, *_ = line.split()
    if kind != "SPEAKER":
        raise ValueError(f"a line of kind {kind}")
    return f"{NAME}_{name}", float(start), round(float(start) + float(duration), 3)
