"""CMU-MOSI: people review films before their cameras; five annotators say how positive or negative each opinion is.

Annotators knew the words as well as face and voice, so the label is of what was said (observer) more than of how. Who
appears in several videos is not told: a video stands for its person, so a few people are two.
"""

from mien import corpora
from mien.corpora import sheets

NAME = "mosi"
WHAT = "video reviews in English: 93 videos by 89 people, 2,199 opinions with sentiment from -3 to 3"
LICENCE = "research only; videos belong to those who made them"
CITATION = (
    "Zadeh A, Zellers R, Pincus E, Morency L-P (2016) MOSI: multimodal corpus of sentiment intensity and subjectivity "
    "analysis in online opinion videos. arXiv:1606.06259"
)
ORIGIN = "http://multicomp.cs.cmu.edu/resources/cmu-mosi-dataset/, CMU_MOSI raw data, on request"
TERMS = "research use, raw data from the makers at multicomp.cs.cmu.edu"
LABELS = {"label_sentiment": "observer"}
TABLES = ("recordings", "sentences")

CLIP = r"(?P<video>.+)_(?P<number>\d+)"
EXPECTED = (
    "CMU-MOSI: Raw/Video/Segmented/VIDEO_N.mp4, Raw/Audio/WAV_16000/Segmented/VIDEO_N.wav and "
    "Raw/Labels/OpinionLevelSentiment.csv (start, end, video, number, sentiment; no header)"
)


def sentences(folder, told=None):
    """Every opinion: recording_id, person_id, start_s, end_s (in its whole video), label_sentiment (-3 to 3).

    Refuses a folder without ``AGREEMENT.txt``.
    """
    corpora.agreed(folder, "CMU-MOSI", TERMS, EXPECTED)
    path = sheets.one_file(folder, "OpinionLevelSentiment.csv", EXPECTED)
    rows = sheets.text_table(path, ("start", "end", "video", "number", "sentiment"), EXPECTED, header=False)
    found = sheets.numbers(rows, ["start", "end"], path, told, low=0).add_suffix("_s")
    found["label_sentiment"] = sheets.numbers(rows, ["sentiment"], path, told, -3, 3)["sentiment"]
    found.insert(0, "recording_id", f"{NAME}_" + rows["video"] + "_" + rows["number"])
    found.insert(1, "person_id", f"{NAME}_" + rows["video"])
    corpora.once(path, found["recording_id"])
    return found


def recordings(folder, told=None):
    """CMU-MOSI in ``folder`` as a RECORDINGS table: a row per file, picture and sound of an opinion being one recording.

    Clips without a label are left out and counted in ``told["unlabelled"]``. Refuses a folder without
    ``AGREEMENT.txt``; raises :class:`mien.corpora.CorpusError` for unreadable names and missing tables.
    """
    told = {} if told is None else told
    labels = sentences(folder, told).set_index("recording_id")["label_sentiment"]
    files = [
        (path, parts)
        for path, parts in corpora.media(folder, r"(?P<video>.+?)(?:_(?P<number>\d+))?", EXPECTED, (".mp4", ".wav"))
        if path.parent.name.lower() == "segmented" and parts["number"]
    ]
    told["unlabelled"] = [path.name for path, _ in files if f"{NAME}_{path.stem}" not in labels]
    rows = [_row(path, parts, labels) for path, parts in files if f"{NAME}_{path.stem}" in labels]
    if not rows:
        raise corpora.CorpusError(f"{folder}: no clip has a label; expected {EXPECTED}")
    return corpora.table(rows, folder)


def _row(path, parts, labels):
    return {
        "recording_id": f"{NAME}_{path.stem}",
        "path": str(path),
        "kind": "video" if path.suffix.lower() == ".mp4" else "person_audio",
        "person_id": f"{NAME}_{parts['video']}",
        "licence": LICENCE,
        "source": NAME,
        "label_sentiment": labels[f"{NAME}_{path.stem}"],
    }
