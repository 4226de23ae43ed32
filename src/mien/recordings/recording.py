"""What a recording is: its files, its people, its licence; and the rule that no two share an id."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from mien import tables

KINDS = ("video", "person_audio", "mixed_audio", "transcript", "segments", "timeline", "chat", "participants")
UNDEFINED = ("interpreter", "signer")
"""Who makes turn-taking mean something else: one adds seconds and a voice, the other has no voice to time."""
ONE_OF = {"video": "videos", "mixed_audio": "mixed sounds", "transcript": "transcripts", "segments": "segments"}
ONE_OF |= {"timeline": "timelines", "chat": "chats", "participants": "lists of people"}
"""The kinds of which a recording has one file at most, with the word for several."""


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
    (``label_*``, ``confound_*``, ``is_calibration``). ``notes`` are sentences on what was left out and why; a recording
    without media could not be read, and they say why. ``named_by`` is ``table`` where somebody wrote the person_ids
    down, ``files`` where they were read off file names, which lose spaces; ``names`` maps such a name to the spelling
    that took its place, and ``named_because`` says for every name that was found, where and why.
    ``turns_undefined`` says why timing means something else here (``interpreter``, ``signer``). ``starts`` is when the
    recording began by a clock, where a name says so (``starts_gmt``: in GMT). ``part_of`` is the meeting of which this
    is one part in time, number ``part``; its parts have the same people, so they are never split.
    """

    recording_id: str
    media: tuple[Medium, ...]
    licence: str = "not stated"
    source: str = "a file of the user's"
    is_synthetic: bool = False
    about: dict = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    named_by: str = "files"
    names: dict = field(default_factory=dict)
    named_because: dict = field(default_factory=dict)
    turns_undefined: str = ""
    starts: datetime | None = None
    starts_gmt: bool = False
    part_of: str = ""
    part: int = 0

    def of(self, kind):
        """The files of one kind, in order."""
        return [medium for medium in self.media if medium.kind == kind]

    @property
    def person_ids(self):
        """The people whose own files or labels are known, sorted."""
        return sorted({medium.person_id for medium in self.media if medium.person_id} | set(self.about))

    @property
    def known_names(self):
        """The names with which those of a transcript are compared: of people, and their other names; or none."""
        others = {name for name, person in self.names.items() if tables.name_key(name) != tables.name_key(person)}
        return sorted({*self.person_ids, *others}) if self.person_ids else []


def distinct(recordings):
    """Return the recordings, the same files only once; if two others share an id, raise naming the files of both."""
    seen = {}
    for recording in recordings:
        other = seen.setdefault(recording.recording_id, recording)
        if _files_of(other) != _files_of(recording):
            first, second = (one.media[0].path if one.media else "a folder" for one in (other, recording))
            raise RecordingError(
                f"two recordings have the id {recording.recording_id!r}: {first} and {second}; "
                "rename one file, or give ids in a table of recordings"
            )
    return list(seen.values())


def _files_of(recording):
    return [(medium.path.resolve(), medium.kind, medium.person_id) for medium in recording.media]


def one_file_each(where, own, key=str):
    """Raise :class:`RecordingError` where two files are of one person; names are compared by their ``key``."""
    seen = {}
    for medium in own:
        other = seen.setdefault(key(medium.person_id), medium)
        if other is not medium:
            raise RecordingError(
                f"{where}: {other.path.name} and {medium.path.name} both read as the person {medium.person_id!r}; "
                "rename one"
            )
