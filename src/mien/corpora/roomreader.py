"""RoomReader: students and a tutor solve quizzes in video calls; annotators trace how engaged each student looks.

Of all corpora read here the nearest to the talk at issue: small groups in Zoom. The trace is an impression of
annotators (observer), second by second. Some people agreed to research and not to publication of their pictures.
"""

import re

import pandas as pd

from mien import corpora

NAME = "roomreader"
WHAT = "video calls in English: 30 calls of 4 to 5, 118 people, over 8 h, engagement traced second by second"
LICENCE = "research only, by signed agreement"
CITATION = (
    "Reverdy J, O'Connor Russell S, Duquenne L, Garaialde D, Cowan BR, Harte N (2022) RoomReader: a multimodal corpus "
    "of online multiparty conversational interactions. LREC 2022, 2517-2527"
)
ORIGIN = "https://sigmedia.tcd.ie, RoomReader Corpus, on signed request"
TERMS = "a form signed for the makers at sigmedia.tcd.ie"
LABELS = {"label_perceived_engagement": "observer"}
TABLES = ("recordings", "traces")

TRACK = r"(?P<call>S\d\d)_(?P<person>[PT]\d{3})_(?P<pseudonym>[^_]+)"
SOUNDS, PICTURES = "individual_participants_audio", "individual_participants_individual_audio"
EXPECTED = (
    f"RoomReader: audio/{SOUNDS}/SNN/SNN_PNNN_Name.wav or "
    f"video/individual_participants/{PICTURES}/SNN/SNN_PNNN_Name.mp4"
)
TRACES_EXPECTED = "RoomReader: continuous engagement/EngAnno_N/SNN_PNNN_Name_all.csv, lines 'second,rating' below a head that CARMA wrote"


def recordings(folder):
    """RoomReader in ``folder`` as a RECORDINGS table: a row per person's sound, one recording per call.

    ``person_id`` is the person's number, since pseudonyms are spelt in more than one way; ``confound_role`` is student
    or tutor. Each person's picture is a file of its own, and a recording has one picture: where a folder has pictures
    and no sounds, every picture is a recording of its own. Refuses a folder without ``AGREEMENT.txt``; raises
    :class:`mien.corpora.CorpusError` for a missing folder or unreadable names.
    """
    place = corpora.agreed(folder, "RoomReader", TERMS, EXPECTED)
    for inside, ending, kind in ((SOUNDS, ".wav", "person_audio"), (PICTURES, ".mp4", "video")):
        for found in sorted(path for path in place.rglob(inside) if path.is_dir()):
            files = corpora.media(found, TRACK, EXPECTED, (ending,))
            return corpora.table([_row(path, parts, kind) for path, parts in files], folder)
    raise corpora.CorpusError(f"{folder}: neither {SOUNDS} nor {PICTURES} in it; expected {EXPECTED}")


def traces(folder, told=None):
    """How engaged each student looked, by each annotator: recording_id, person_id, annotator, time_s, label (observer).

    Files that hold no trace are left out and named in ``told["unread"]``; the others go on. Refuses a folder without
    ``AGREEMENT.txt``.
    """
    place = corpora.agreed(folder, "RoomReader", TERMS, TRACES_EXPECTED)
    unread = (told if told is not None else {}).setdefault("unread", [])
    found = []
    for path in corpora.files(place, "S[0-9][0-9]_[PT]*.csv", TRACES_EXPECTED):
        if not re.fullmatch(r"EngAnno_\d+", path.parent.name):
            continue
        rows = _trace(path)
        named = re.match(TRACK, path.stem)
        if not (named and len(rows)):
            unread.append(f"{path}: no trace in it; expected {TRACES_EXPECTED}")
            continue
        about = {"recording_id": f"{NAME}_{named['call']}", "person_id": f"{NAME}_{named['person']}"}
        found.append(rows.assign(**about, annotator=path.parent.name.removeprefix("EngAnno_")))
    if not found:
        raise corpora.CorpusError(f"{folder}: no trace of engagement in it; expected {TRACES_EXPECTED}")
    columns = ["recording_id", "person_id", "annotator", "time_s", "label_perceived_engagement"]
    return pd.concat(found)[columns].sort_values(columns[:4], ignore_index=True)


def _trace(path):
    """The lines of a file that are two numbers: seconds and rating; the head that CARMA wrote is no such line."""
    number = r"-?\d+(?:\.\d+)?"
    pairs = (re.fullmatch(rf"({number}),({number})", line.strip()) for line in corpora.lines(path, "utf-8"))
    rows = [(float(pair[1]), float(pair[2])) for pair in pairs if pair]
    return pd.DataFrame(rows, columns=["time_s", "label_perceived_engagement"])


def _row(path, parts, kind):
    recording = parts["call"] if kind == "person_audio" else f"{parts['call']}_{parts['person']}"
    return {
        "recording_id": f"{NAME}_{recording}",
        "path": str(path),
        "kind": kind,
        "person_id": f"{NAME}_{parts['person']}",
        "licence": LICENCE,
        "source": NAME,
        "confound_role": "tutor" if parts["person"].startswith("T") else "student",
    }
