"""NoXi: an expert explains to a novice by video link; annotators trace how engaged each of them looks.

Two people in two rooms, each with a camera and a microphone. The trace is an impression of annotators (observer), 25
values a second from 0 to 1.
"""

import re

import pandas as pd

from mien import corpora

NAME = "noxi"
WHAT = (
    "conversations of pairs by video link: 84 dyads, 87 people, 7 languages, 25 h, engagement traced 25 times a second"
)
LICENCE = "research only, by signed agreement"
CITATION = (
    "Cafaro A, Wagner J, Baur T, Dermouche S, Torres Torres M, Pelachaud C, Andre E, Valstar M (2017) The NoXi database: "
    "multimodal recordings of mediated novice-expert interactions. ICMI 2017, 350-359. "
    "https://doi.org/10.1145/3136755.3136780"
)
ORIGIN = "https://noxi.aria-agent.eu, on signed request; the part of the MULTIMEDIATE challenges likewise"
TERMS = "an end user licence agreement signed for the makers at noxi.aria-agent.eu"
LABELS = {"label_perceived_engagement": "observer"}
TABLES = ("recordings", "traces")

ROLES = ("expert", "novice")
TRACE_HZ = 25.0
"""Values a second of a trace."""
FILES = {
    "video": r"(expert|novice)[_.]video\.mp4",
    "person_audio": r"(expert|novice)(?:_close|[_.]audio)\.wav",
    "trace": r"(expert|novice)\.engagement(?:\.[^.]+)?\.annotation\.csv",
}
"""What the files of a conversation are called, in upper or lower case."""
EXPECTED = (
    "NoXi: Sessions/NNN/ with Expert_video.mp4, Novice_video.mp4, Expert_close.wav and Novice_close.wav, or NNN/ with "
    "expert.video.mp4, expert.audio.wav and expert.engagement.annotation.csv as in the challenges"
)


def recordings(folder):
    """NoXi in ``folder`` as a RECORDINGS table: a row per file.

    The sounds of a pair are one recording; each picture is a recording of its own, since a recording has one picture.
    Who took part in several conversations is not in the file names: people count within a conversation, which makes a
    few people two. Column ``confound_role``. Refuses a folder without ``AGREEMENT.txt``; raises
    :class:`mien.corpora.CorpusError` for a folder without such files.
    """
    place = corpora.agreed(folder, "NoXi", TERMS, EXPECTED)
    rows = [_row(path, role, kind) for kind in ("video", "person_audio") for path, role in _files(place, kind)]
    if not rows:
        raise corpora.CorpusError(f"{folder}: no file of a conversation in it; expected {EXPECTED}")
    return corpora.table(rows, folder)


def traces(folder, told=None):
    """How engaged each person looked: recording_id, person_id, time_s, label_perceived_engagement (0 to 1, observer).

    A file with anything but numbers is left out and named in ``told["unread"]``; the others go on; values that are not
    0 to 1 are missing. Refuses a folder without ``AGREEMENT.txt``.
    """
    place = corpora.agreed(folder, "NoXi", TERMS, EXPECTED)
    unread = (told if told is not None else {}).setdefault("unread", [])
    found = []
    for path, role in _files(place, "trace"):
        texts = pd.Series([line.strip() for line in corpora.lines(path, "utf-8") if line.strip()], dtype=str)
        values = pd.to_numeric(texts, errors="coerce")
        if values[~texts.str.lower().isin(("nan", "-nan"))].isna().any() or values.empty:
            unread.append(f"{path}: expected one number a line, {TRACE_HZ:g} a second")
            continue
        kept = values.where((values >= 0) & (values <= 1))
        rows = pd.DataFrame({"time_s": kept.index / TRACE_HZ, "label_perceived_engagement": kept})
        found.append(rows.assign(recording_id=f"{NAME}_{path.parent.name}", person_id=_person(path, role)))
    if not found:
        raise corpora.CorpusError(f"{folder}: no trace of engagement in it; expected {EXPECTED}")
    columns = ["recording_id", "person_id", "time_s", "label_perceived_engagement"]
    return pd.concat(found)[columns].sort_values(columns[:3], ignore_index=True)


def _files(place, kind):
    """The files of one kind and whose they are, in the order of their paths."""
    matches = ((path, re.fullmatch(FILES[kind], path.name, re.IGNORECASE)) for path in sorted(place.rglob("*")))
    return [(path, match[1].lower()) for path, match in matches if match]


def _person(path, role):
    return f"{NAME}_{path.parent.name}_{role}"


def _row(path, role, kind):
    call = f"{NAME}_{path.parent.name}"
    return {
        "recording_id": call if kind == "person_audio" else f"{call}_{role}",
        "path": str(path),
        "kind": kind,
        "person_id": _person(path, role),
        "licence": LICENCE,
        "source": NAME,
        "confound_role": role,
    }
