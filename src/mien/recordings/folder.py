"""A media file, the folder of a meeting (as Zoom writes it) or a folder of such folders becomes recordings."""

import re
import unicodedata
from dataclasses import replace

from mien import tables
from mien.recordings import zoom
from mien.recordings.clock import start_of
from mien.recordings.recording import ONE_OF, Medium, Recording, RecordingError, one_file_each
from mien.recordings.table import from_table

VIDEO = (".mp4", ".mov", ".webm", ".mkv", ".flv", ".mpg", ".mpeg", ".avi", ".m4v", ".wmv", ".3gp", ".mts")
AUDIO = (".m4a", ".mp3", ".wav", ".flac", ".ogg", ".opus", ".aac", ".aif", ".aiff", ".wma", ".amr")
UNREAD = (".docx", ".doc", ".odt", ".rtf", ".pdf", ".xlsx", ".xls", ".ods", ".ts", ".vob", ".m3u8", ".zoom")
"""Endings of files that may be somebody's recording, transcript or labels and of which nothing is read."""
TRANSCRIPT = (".vtt", ".srt", ".sbv")
SEGMENTS = (".rttm", ".eaf", ".textgrid")
SEGMENTS_NAME = "segments.csv"
TABLE_NAME = "recordings.csv"
PERSON_FOLDERS = ("Audio Record", "audio_record", "audio")
SYNTHETIC_NOTE = "SYNTHETIC.txt"
DEEPEST = 3
"""How many folders deep recordings are looked for below the folder that is named."""


def name_of(stem):
    """The person's name in a per-person file name, as meeting programs write them; '' where there is none.

    Zoom writes ``audio``, the name without spaces, a running digit and the number of the meeting. Of an e-mail address
    only what stands before the @ is a name.

    >>> name_of("audioAdaLovelace21234567890"), name_of("audioada21234567890"), name_of("ada"), name_of("P20240131")
    ('AdaLovelace', 'ada', 'ada', 'P20240131')
    """
    stem = _text(stem)
    numbered = re.fullmatch(r"audio(.*?)\d{8,}", stem)
    name = numbered[1] if numbered else re.sub(r"^audio(?=[^a-z\s\d])", "", stem)
    return tables.without_address(name).strip(" _-")


def _text(name):
    """A name off the disk as text that can be written down: Unicode NFC, what is no UTF-8 marked as such."""
    return unicodedata.normalize("NFC", name.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))


def is_hidden(path):
    """Whether a file or folder is the system's own business: ``.DS_Store``, ``__MACOSX`` and their like."""
    return path.name.startswith(".") or path.name == "__MACOSX"


def _kind_of(path):
    """The kind of a file by its ending; '' for a file that no recording is made of."""
    if path.suffix.lower() in TRANSCRIPT and zoom.kind_of(path):
        return zoom.kind_of(path)
    for kind, endings in (("video", VIDEO), ("mixed_audio", AUDIO), ("transcript", TRANSCRIPT), ("segments", SEGMENTS)):
        if path.suffix.lower() in endings or (kind == "segments" and path.name == SEGMENTS_NAME):
            return kind
    return zoom.kind_of(path)


def from_file(path):
    """The recording that one media file is, called by the name of the file."""
    if _kind_of(path) in ("", *zoom.BESIDE):
        raise RecordingError(
            f"{path}: not a kind of file that a recording is made of; expected video ({' '.join(VIDEO)}), "
            f"sound ({' '.join(AUDIO)}), a transcript (.vtt), segments (.rttm) or a table of recordings (.csv)"
        )
    return Recording(_text(path.stem), (Medium(path, _kind_of(path)),))


def _files(folder):
    """The files of a folder that recordings are made of, in order; a link that leads nowhere is still a file."""
    return sorted(p for p in folder.iterdir() if _kind_of(p) and not is_hidden(p) and not p.is_dir())


def _folders(folder, depth):
    """The sub-folders of a folder that hold recordings: neither hidden, nor a person's, nor made by ``mien build``."""
    above = {folder.resolve(), *folder.resolve().parents}
    inside = (p for p in sorted(folder.iterdir()) if p.is_dir() and not is_hidden(p) and p.resolve() not in above)
    return [p for p in inside if p.name not in (*PERSON_FOLDERS, "parts") and _holds_recordings(p, depth + 1)]


def _holds_recordings(folder, depth):
    try:
        if depth > DEEPEST:
            return False
        own = any((folder / name).is_dir() for name in PERSON_FOLDERS) or (folder / TABLE_NAME).is_file()
        return own or bool(_files(folder)) or bool(_folders(folder, depth))
    except OSError:
        return True  # what can't be looked into is told when it is read


def from_folder(folder, depth=0):
    """The recordings that a folder is or holds, ``depth`` folders below the one that was named."""
    if (folder / TABLE_NAME).is_file():
        return from_table(folder / TABLE_NAME)
    own = [f for name in PERSON_FOLDERS if (folder / name).is_dir() for f in _files(folder / name)]
    own = [path for path in own if _kind_of(path) == "mixed_audio"]
    files, inside = _files(folder), _folders(folder, depth)
    if own or any(_kind_of(path) not in zoom.BESIDE for path in files):
        first, *rest = _parts(folder, own, files) or _one_or_each(folder, own, files)
        first = replace(first, notes=(*first.notes, *_not_read(folder, files), *_unread(folder)))
        left = f"{folder}: left alone: folders with recordings of their own ({_few(inside)}); name them to build them"
        return [replace(first, notes=(*first.notes, left)) if inside else first, *rest]
    if inside:
        return [recording for sub in inside for recording in _from_subfolder(sub, depth + 1)]
    raise RecordingError(
        f"{folder}: no recording here; expected a video, sound, a transcript (.vtt), segments (.rttm, "
        f"{SEGMENTS_NAME}), 'Audio Record/' or {TABLE_NAME} in it or up to {DEEPEST} folders deeper; "
        f"found {_found(folder)}"
    )


def _found(folder):
    """What lies in a folder where there is no recording, in words."""
    raw = sorted(p.name for p in folder.glob("*.zoom"))
    if raw:
        return f"{raw[0]}, which Zoom has not converted yet: double-click it"
    return _few(sorted(p for p in folder.iterdir() if not is_hidden(p))) or "nothing"


def _few(paths, most=8):
    names = [_text(path.name) for path in paths]
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _from_subfolder(sub, depth):
    """The recordings of a sub-folder, with ids that begin with its name; one that says why if it can't be read."""
    name = _text(sub.name)
    try:
        found = from_folder(sub, depth)
    except (RecordingError, tables.TableError) as error:
        return [Recording(name, (), notes=(str(error),))]
    except OSError as error:
        return [Recording(name, (), notes=(f"{sub}: {error.strerror}",))]
    if (sub / TABLE_NAME).is_file() or [one.recording_id for one in found] == [name]:
        return found
    return [replace(one, recording_id=f"{name}/{one.recording_id}") for one in found]


def _parts(folder, own, files):
    """The parts of one meeting that was stopped and begun again, each a recording; none where it has one part."""
    parts = zoom.parts(files)
    if not parts:
        return []
    owned, unclear = zoom.own_of_parts(own, len(parts), name_of)
    name, (starts, gmt), found = _name(folder), start_of(_name(folder)), []
    for number, (began, began_gmt, paths) in enumerate(parts, 1):
        one = _one(folder, owned[number - 1], paths)
        when = {"starts": began, "starts_gmt": began_gmt}
        when = when if began or number > 1 else {"starts": starts, "starts_gmt": gmt}
        found.append(replace(one, recording_id=f"{name} part {number}", part_of=name, part=number, **when))
    notes = [f"{folder}: {len(found)} parts of one meeting, each a recording with a clock of its own"]
    if unclear:
        notes.append(
            f"{folder}: left out, for nobody can say to which part they belong: {_few(unclear)}; say so in a table of "
            "recordings"
        )
    return [replace(found[0], notes=(*notes, *found[0].notes)), *found[1:]]


def _not_read(folder, files):
    """A note on the texts and tables of a meeting of which nothing is read."""
    endings = (".txt", ".json", ".csv")
    others = [p for p in sorted(folder.iterdir()) if p.suffix.casefold() in endings and not is_hidden(p)]
    known = (*files, *(folder / name for name in (SYNTHETIC_NOTE, "people.csv", TABLE_NAME)))
    others = [p for p in others if p not in known and not p.name.startswith("truth_") and not p.is_dir()]
    return [f"{folder}: nothing is read of {_few(others)}"] if others and any(map(zoom.kind_of, files)) else []


def _unread(folder):
    """A note on documents, spreadsheets and raw films beside recordings: somebody may think that they are read."""
    others = [p for p in sorted(folder.iterdir()) if p.suffix.lower() in UNREAD and not is_hidden(p)]
    how = "save transcripts as .vtt or .srt, tables as .csv, films as .mp4"
    return [f"{folder}: nothing is read of {_few(others)}; {how}"] if others else []


def _one_or_each(folder, own, files):
    """What the files of one folder are: one recording together, or one recording each."""
    videos, sounds = ([path for path in files if _kind_of(path) == kind] for kind in ("video", "mixed_audio"))
    if not own and not _gallery(videos)[1] and (len(videos) > 1 or (not videos and len(sounds) > 1)):
        groups = _by_stem([path for path in files if _kind_of(path) not in zoom.BESIDE])
        if groups:
            return [Recording(n, tuple(Medium(p, _kind_of(p)) for p in paths)) for n, paths in groups.items()]
    return [_one(folder, own, files)]


def _one(folder, own, files):
    """The one recording that the files of a folder are together."""
    by_kind = {kind: [path for path in files if _kind_of(path) == kind] for kind in ONE_OF}
    by_kind["video"], left_out = _gallery(by_kind["video"])
    by_kind["transcript"], captions = _spoken(by_kind["transcript"])
    by_kind["chat"], chats = _chat(by_kind["chat"])
    for kind, paths in by_kind.items():
        if len(paths) > 1:
            raise RecordingError(
                f"{folder}: {len(paths)} {ONE_OF[kind]} in one recording ({_few(paths)}); expected one, move the rest"
            )
    media, notes = _people(folder, own)
    media = [Medium(p, "video") for p in by_kind.pop("video")] + media
    media += [Medium(path, kind) for kind, paths in by_kind.items() for path in paths]
    notes += [f"{folder}: {media[0].path.name} is used; left out: {_few(left_out)}"] if left_out else []
    notes += [f"{folder}: the transcript is used; left out: {_few(captions)}"] if captions else []
    notes += [f"{folder}: {by_kind['chat'][0].name} is used; left out: {_few(chats)}"] if chats else []
    is_synthetic = (folder / SYNTHETIC_NOTE).is_file()
    stamps = [start_of(one.path.name) for one in media if one.kind in ("video", "mixed_audio")]
    starts, gmt = next((stamp for stamp in stamps if stamp[0]), start_of(_name(folder)))
    return Recording(
        _name(folder), tuple(media), is_synthetic=is_synthetic, notes=tuple(notes), starts=starts, starts_gmt=gmt
    )


def _name(folder):
    return _text(folder.name if folder.name not in ("", "..") else folder.resolve().name) or "recording"


def _by_stem(files):
    """Files that belong together by their names (a.mp4 and a.vtt, b.mp4 and b.vtt); none if some have no medium."""
    groups = {}
    for path in files:
        groups.setdefault(_text(re.sub(r"\.(transcript|cc)$", "", path.stem)), []).append(path)
    if not all(any(path.suffix.lower() in VIDEO + AUDIO for path in group) for group in groups.values()):
        return {}
    for name, group in groups.items():
        kinds = [_kind_of(path) for path in group]
        if len(kinds) > len(set(kinds)):
            raise RecordingError(
                f"two recordings have the id {name!r}: {group[0]} and {group[1]}; rename one file, or give ids in a "
                "table of recordings"
            )
    return groups


def _gallery(videos):
    """Of several views that Zoom's cloud kept of one meeting, the one with most faces in it; and the others."""
    stamps = {(re.match(r"GMT\d{8}-\d{6}_", path.name) or [path.name])[0] for path in videos}
    if len(videos) < 2 or len(stamps) > 1:
        return videos, []
    views = ("_gvo_", "_gallery_", "_Recording_", "_avo_", "_as_")
    first, *rest = sorted(videos, key=lambda path: next((i for i, v in enumerate(views) if v in path.name), len(views)))
    return [first], rest


def _spoken(texts):
    """The transcript, which has names, where captions (``.cc.vtt``), which have none, lie beside it; and these.

    The same meeting as ``.vtt`` and as ``.srt`` or ``.sbv`` is read from the first of them.
    """
    captions = [path for path in texts if path.name.lower().endswith(".cc.vtt")]
    spoken = [path for path in texts if path not in captions]
    endings = [ending for ending in TRANSCRIPT if any(path.suffix.lower() == ending for path in spoken)]
    first = [path for path in spoken if path.suffix.lower() == endings[0]] if endings else []
    return (first, [path for path in texts if path not in first]) if first else (texts, [])


def _chat(texts):
    """The chat that the recording wrote, where somebody saved it by hand as well; and the others."""
    order = sorted(texts, key=lambda path: ("saved" in path.name, path.name))
    return order[:1], order[1:]


def _people(folder, own):
    """The sound files of a folder with their people, and notes; who has the same name in Zoom stays apart by number."""
    named = [(path, name_of(path.stem)) for path in own]
    nameless = [path for path, name in named if not name]
    if nameless:
        raise RecordingError(
            f"{folder}: no name in {_few(nameless)}; expected a sound file per person, called by the person's name "
            "(as in audioAdaLovelace11234567890.m4a or ada.m4a): rename it"
        )
    media, notes = [], []
    for path, name in named:
        same = [p for p, other in named if tables.name_key(other) == tables.name_key(name)]
        if len(same) > 1 and all(re.fullmatch(r"audio.*\d{8,}", p.stem) for p in same):
            if path == same[0]:
                notes.append(
                    f"{folder}: {_few(same)} carry one name; kept apart as {name} 1, {name} 2, …; if they are one "
                    "person who left and came back, say so in a table of recordings"
                )
            name = f"{name} {same.index(path) + 1}"
        media.append(Medium(path, "person_audio", name))
    one_file_each(folder, media, tables.name_key)
    return media, notes
