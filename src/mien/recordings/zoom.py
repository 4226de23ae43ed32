"""The names that Zoom gives to the files of a meeting, and the parts into which a meeting falls.

Assumed layouts. Desktop: a folder ``2024-05-01 14.00.00 Weekly`` with ``video1234567890.mp4`` and
``audio1234567890.m4a`` (older: ``zoom_0.mp4``, ``audio_only.m4a``), ``Audio Record/audioAdaLovelace21234567890.m4a``
for each person, ``chat.txt`` or ``meeting_saved_chat.txt``, ``recording.conf``; a recording that was stopped and begun
again adds ``video2234567890.mp4`` (older: ``zoom_1.mp4``). Cloud: ``GMT20240501-140000_Recording_1920x1080.mp4``
(screen and who speaks), ``_gallery_``, ``_avo_`` (who speaks), ``_gvo_`` (gallery), ``_as_`` (screen), the same stamp
with ``.m4a``, ``.transcript.vtt``, ``.cc.vtt``, ``newChat.txt`` (or ``.txt``) and ``.json`` or ``_timeline.json``, and
``participants_….csv`` from the report page. A new recording of one meeting has a new stamp. (Zoom's help pages on file
formats, and the file names in public readers and downloaders.)
"""

import re

from mien.recordings.clock import start_of

BESIDE = ("timeline", "chat", "participants")
"""The kinds of file that make no recording alone."""


def kind_of(path):
    """The kind of a file by Zoom's name for it, where its ending alone does not tell; '' for any other.

    >>> from pathlib import Path
    >>> names = ("chat.txt", "GMT20240501-140000_RecordingnewChat.txt", "participants_85.csv", "clips.csv", "x.json")
    >>> [kind_of(Path(name)) for name in names]
    ['chat', 'chat', 'participants', '', '']
    """
    name, stem = path.name.casefold(), path.stem.casefold()
    if name.endswith(".txt") and (
        re.search(r"(^|_|\d|recording)(new)?chat(_\d+)?$", stem) or stem == "meeting_saved_chat"
    ):
        return "chat"
    if name.endswith(".txt") and re.fullmatch(r"gmt\d{8}-\d{6}_recording", stem):
        return "chat"
    if name.endswith(".sbv") and "chat" in re.split(r"[_\W\d]+", stem):
        return "chat"  # Google Meet keeps the chat of a recording as captions
    if name.endswith(".csv") and "participants" in re.split(r"[_\W\d]+", stem):
        return "participants"
    if name.endswith(".json") and (re.match(r"gmt\d{8}-\d{6}", stem) or "timeline" in re.split(r"[_\W\d]+", stem)):
        return "timeline"
    return ""


def parts(files):
    """The files of each part of one meeting, in order, as ``[(start, gmt, files), …]``; ``[]`` where it has one part.

    Parts are told apart by the stamp of a cloud file or the number of a desktop one, and only where each has a video
    or sound; a file that carries neither goes with the first (a list of people with each). ``start`` is when it began
    where its name says so.
    """
    keys = {path: _part(path) for path in files}
    media = {keys[path] for path in files if keys[path] and path.suffix.casefold() in (".mp4", ".m4a")}
    if len(media) < 2 or len({kind for kind, *_ in media}) > 1:
        return []
    if any(
        keys[path] is None and path.suffix.casefold() in (".mp4", ".m4a", ".mov", ".webm", ".mkv") for path in files
    ):
        return []
    order = sorted(media, key=_place)
    found = {key: [path for path in files if keys[path] == key] for key in order}
    for path in (path for path in files if keys[path] not in media):
        for key in order if kind_of(path) == "participants" else order[:1]:
            found[key].append(path)
    return [(*start_of(paths[0].name), paths) for paths in found.values()]


def _part(path):
    """What tells the part of a meeting that a file belongs to: (layout, number or stamp); None where nothing does."""
    name = path.name
    stamp = re.match(r"GMT(\d{8}-\d{6})_", name)
    if stamp:
        return "cloud", stamp[1]
    number = re.match(r"(?:video|audio)(\d{9,})\.", name)
    if number:
        return "desktop", number[1]
    older = re.match(r"(?:zoom|audio_only)(?:_(\d+))?\.", name)
    return ("older", older[1] or "0") if older else None


def _place(key):
    kind, number = key
    return (number[:1], number) if kind == "desktop" else (int(number),) if kind == "older" else (number,)


def own_of_parts(own, n_parts, name_of):
    """The sound files of people, part by part, and those of which it can't be said.

    A person with as many files as there are parts is taken to have one in each, in the order of their numbers; nobody
    can tell where somebody's fewer files belong. Returns ``(a list of files for each part, the others)``.
    """
    by_name = {}
    for path in own:
        by_name.setdefault(name_of(path.stem), []).append(path)
    found, others = [[] for _ in range(n_parts)], []
    for paths in by_name.values():
        if len(paths) == n_parts:
            for place, path in enumerate(sorted(paths, key=lambda path: (len(path.stem), path.stem))):
                found[place].append(path)
        else:
            others += paths
    return found, others
