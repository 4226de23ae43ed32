"""One person, several spellings: a name read off a file name takes the spelling of the transcript beside it."""

from collections import Counter
from dataclasses import replace

from mien import tables, turns


def joined(recording):
    """The recording with its people called as its transcript or segments spell them, and ``names`` saying so.

    Zoom writes ``audioAdaLovelace21234567890.m4a`` beside a transcript of "Ada Lovelace". Names are the same if they
    are without case, spaces and punctuation (:func:`mien.tables.name_key`). Names written into a table stay.
    """
    own = {medium.person_id for medium in recording.of("person_audio")}
    if recording.named_by != "files" or not own:
        return recording
    spelt = _spelt(recording)
    names = {name: spelt[tables.name_key(name)] for name in sorted(own) if tables.name_key(name) in spelt}
    media = tuple(replace(one, person_id=names.get(one.person_id, one.person_id)) for one in recording.media)
    return replace(recording, media=media, names={old: new for old, new in names.items() if old != new})


def _spelt(recording):
    """How the people of a recording are spelt where they speak, by key; the spelling with most spaces, then the usual.

    A file that can't be read gives no names here: it is told when its own job reads it.
    """
    counts = Counter()
    for medium in recording.of("transcript") + recording.of("segments"):
        try:
            counts.update(turns.read(medium.path, None, {}, recording.recording_id)["person_id"])
        except (tables.TableError, OSError):
            continue
    best = {}
    for name in sorted(counts, key=lambda name: (name.count(" "), counts[name], name)):
        best[tables.name_key(name)] = name
    return best
