"""Who was recorded, in which files, under what licence: one media file, a folder, or a table becomes recordings."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from mien import tables

VIDEO = (".mp4", ".mov", ".webm", ".mkv", ".flv", ".mpg", ".mpeg", ".avi", ".m4v")
AUDIO = (".m4a", ".mp3", ".wav", ".flac", ".ogg", ".opus", ".aac")
TRANSCRIPT = (".vtt",)
SEGMENTS = (".rttm",)
SEGMENTS_NAME = "segments.csv"
PERSON_FOLDERS = ("Audio Record", "audio_record", "audio")
KINDS = ("video", "person_audio", "mixed_audio", "transcript", "segments")
SYNTHETIC_NOTE = "SYNTHETIC.txt"


class RecordingError(ValueError):
    """A path can't be read as recordings; the message says what was expected and what was found."""


@dataclass(frozen=True)
class Medium:
    """One file of a recording: where it is, what kind it is, and whose it is ('' where several people share it)."""

    path: Path
    kind: str
    person_id: str = ""


@dataclass(frozen=True)
class Recording:
    """One occasion that was recorded: its files, its licence, and what is known of its people.

    ``about`` maps a person_id to the labels and confounds that the table of recordings gives for that person
    (``label_*``, ``confound_*``, ``is_calibration``).
    """

    recording_id: str
    media: tuple[Medium, ...]
    licence: str = "not stated"
    source: str = "a file of the user's"
    is_synthetic: bool = False
    about: dict = field(default_factory=dict)

    def of(self, kind):
        """The files of one kind, in order."""
        return [medium for medium in self.media if medium.kind == kind]

    @property
    def person_ids(self):
        """The people whose own files or labels are known, sorted."""
        return sorted({medium.person_id for medium in self.media if medium.person_id} | set(self.about))


def read(path):
    """Read a media file, a recording folder, a folder of recordings or a table of recordings.

    A folder is **one** recording if it holds ``Audio Record/`` (one file per person) or at most one video beside its
    sound, transcript and segments; a folder of several videos, or of several sounds alone, is one recording per file;
    a folder with ``recordings.csv`` is what that table says.

    Returns a list of :class:`Recording` with distinct ids. Raises :class:`RecordingError`.
    """
    path = Path(path)
    if not path.exists():
        near = [p.name for p in sorted(path.parent.glob(f"{path.stem[:3]}*"))[:3]] if path.parent.is_dir() else []
        hint = f"; near it: {', '.join(near)}" if near else ""
        raise RecordingError(f"{path}: no such file or folder; expected a recording{hint}")
    if path.is_dir():
        return _from_folder(path)
    if path.suffix.lower() == ".csv":
        return from_table(path)
    return [_from_file(path)]


def name_of(stem):
    """The person's name in a per-person file name, as meeting programs write them.

    >>> name_of("audioAdaLovelace21234567890"), name_of("ada")
    ('AdaLovelace', 'ada')
    """
    name = re.sub(r"\d{8,}$", "", re.sub(r"^audio(?=[^a-z\s])", "", stem)).strip(" _-") or stem
    return name if name == stem else (re.sub(r"\d$", "", name) or stem)


def distinct(recordings):
    """Return the recordings if no two share an id, else raise naming the files of both."""
    seen = {}
    for recording in recordings:
        if recording.recording_id in seen:
            first, second = (r.media[0].path for r in (seen[recording.recording_id], recording))
            raise RecordingError(
                f"two recordings have the id {recording.recording_id!r}: {first} and {second}; "
                "rename one file, or give ids in a table of recordings"
            )
        seen[recording.recording_id] = recording
    return recordings


def _files(folder, endings):
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in endings and not p.name.startswith("."))


def _kind_of(path):
    for kind, endings in (("video", VIDEO), ("mixed_audio", AUDIO), ("transcript", TRANSCRIPT), ("segments", SEGMENTS)):
        if path.suffix.lower() in endings:
            return kind
    raise RecordingError(
        f"{path}: not a kind of file that a recording is made of; expected video ({' '.join(VIDEO)}), "
        f"sound ({' '.join(AUDIO)}), a transcript (.vtt), segments (.rttm) or a table of recordings (.csv)"
    )


def _from_file(path):
    return Recording(path.stem, (Medium(path, _kind_of(path)),))


def _from_folder(folder):
    if (folder / "recordings.csv").is_file():
        return from_table(folder / "recordings.csv")
    own = [f for name in PERSON_FOLDERS if (folder / name).is_dir() for f in _files(folder / name, AUDIO)]
    videos, sounds = _files(folder, VIDEO), _files(folder, AUDIO)
    texts = _files(folder, TRANSCRIPT)
    segments = _files(folder, SEGMENTS) + [p for p in [folder / SEGMENTS_NAME] if p.is_file()]
    if not (own or videos or sounds or texts or segments):
        found = ", ".join(sorted(p.name for p in folder.iterdir())[:8]) or "nothing"
        raise RecordingError(
            f"{folder}: no recording here; expected a video, sound, a transcript (.vtt), segments (.rttm, "
            f"{SEGMENTS_NAME}), 'Audio Record/' or recordings.csv; found {found}"
        )
    alone = not (own or texts or segments)
    if alone and (len(videos) > 1 or (not videos and len(sounds) > 1)):
        return distinct([_from_file(path) for path in videos + sounds])
    for kind, files in (("videos", videos), ("mixed sounds", sounds), ("transcripts", texts), ("segments", segments)):
        if len(files) > 1:
            names = ", ".join(p.name for p in files)
            raise RecordingError(
                f"{folder}: {len(files)} {kind} in one recording ({names}); expected one, move the rest"
            )
    media = [Medium(p, "video") for p in videos]
    media += [Medium(p, "person_audio", name_of(p.stem)) for p in own]
    media += [Medium(p, "mixed_audio") for p in sounds]
    media += [Medium(p, "transcript") for p in texts] + [Medium(p, "segments") for p in segments]
    _one_file_each(folder, [m for m in media if m.person_id])
    return [Recording(folder.name, tuple(media), is_synthetic=(folder / SYNTHETIC_NOTE).is_file())]


def _one_file_each(where, own):
    seen = {}
    for medium in own:
        if medium.person_id in seen:
            raise RecordingError(
                f"{where}: {seen[medium.person_id].name} and {medium.path.name} both read as the person "
                f"{medium.person_id!r}; rename one"
            )
        seen[medium.person_id] = medium.path


def from_table(path):
    """Read a table of recordings (CSV; columns of ``tables.RECORDINGS``, one row per file).

    Columns ``label_*``, ``confound_*`` and ``is_calibration`` are kept for the person of their row;
    ``is_synthetic`` for the recording. Raises :class:`RecordingError` or :class:`mien.tables.TableError`.
    """
    path = Path(path)
    return of_table(tables.read(path, tables.RECORDINGS), path.parent, str(path))


def of_table(table, folder=Path(), where="recordings"):
    """The recordings of a table already in memory; relative paths start at ``folder``."""
    tables.RECORDINGS.check(table, where)
    unknown = sorted(set(table["kind"]) - set(KINDS))
    if unknown:
        raise RecordingError(f"{where}: unknown kind {unknown[0]!r}; expected one of {', '.join(KINDS)}")
    table = table.assign(person_id=table["person_id"].fillna(""))
    return [_of_rows(key, rows, Path(folder), where) for key, rows in table.groupby("recording_id", sort=False)]


def _of_rows(recording_id, rows, folder, where):
    for kind in ("video", "mixed_audio", "transcript", "segments"):
        files = rows.loc[rows["kind"] == kind, "path"]
        if len(files) > 1:
            raise RecordingError(
                f"{where}: two recordings have the id {recording_id!r} ({', '.join(files[:2])}), or one recording has "
                f"two files of the kind {kind!r}; expected one"
            )
    media = tuple(Medium(folder / row.path, row.kind, row.person_id) for row in rows.itertuples())
    _one_file_each(f"{where}: {recording_id}", [m for m in media if m.person_id])
    kept = [c for c in rows.columns if c.startswith(("label_", "confound_")) or c == "is_calibration"]
    about = {
        row["person_id"]: {c: _fact(c, row[c], where) for c in kept if pd.notna(row[c])} for _, row in rows.iterrows()
    }
    if about.get(""):
        raise RecordingError(
            f"{where}: {recording_id!r} has {', '.join(about[''])} in a row without a person_id; a label belongs to a "
            "person: name whose file it is, or add a row for the person"
        )
    first = rows.iloc[0]
    return Recording(
        recording_id,
        media,
        first["licence"],
        first["source"],
        _flag(first.get("is_synthetic", False), "is_synthetic", where),
        {person: facts for person, facts in about.items() if person and facts},
    )


def _fact(name, value, where):
    return _flag(value, name, where) if name == "is_calibration" else value


def _flag(value, name, where):
    """True or False, written as such; nothing written is False, and any other word is refused."""
    known = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False, "nan": False, "": False}
    if str(value).lower() not in known:
        raise RecordingError(f"{where}: {name} is {value!r}; expected True or False")
    return known[str(value).lower()]
