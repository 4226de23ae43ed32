"""One person, several spellings and display names: who is who among the names that the files of a meeting hold.

Names are one person's if they are the same without case, spaces, punctuation and remarks in brackets (``(she/her)``,
``(Host)``), if the list of people says that one was renamed from the other, or if both came from one account. A first
name alone is never joined: that is told, for the researcher to decide (``people.csv``).
"""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace

from mien import recordings, tables, turns

SPOKEN = ("transcript", "segments", "timeline")
"""Files of who spoke when, in which people have names."""
CALLED = {
    "person_audio": "sound file",
    "transcript": "transcript",
    "segments": "segments",
    "timeline": "timeline",
    "participants": "list of people",
    "chat": "chat",
}


@dataclass
class Found:
    """The names of one recording: by kind of file how often each is used, and what the list of people joins."""

    counts: dict = field(default_factory=lambda: defaultdict(Counter))
    same: list = field(default_factory=list)

    def where(self, name):
        """The kinds of file in which a name stands, in words."""
        return ", ".join(CALLED[kind] for kind in CALLED if name in self.counts[kind])


def joined(recording):
    """The recording with its people called as its files spell them, and ``names`` and ``named_because`` saying so.

    Zoom writes ``audioAdaLovelace21234567890.m4a`` beside a transcript of "Ada Lovelace"; the spelling with most spaces
    is taken. Names written into a table of recordings stay.
    """
    found = _found(recording)
    if not any(found.counts.values()):
        return recording
    written = recording.person_ids if recording.named_by != "files" else []
    groups, reasons, doubts = _groups(found, written)
    names, because = {}, {}
    for group in groups:
        person = _spelling(_first(group, found, reasons), found, written)
        names |= {name: person for name in group if name != person}
        because |= _because(group, person, found, reasons)
    because |= _perhaps(because, names)
    media = tuple(replace(one, person_id=names.get(one.person_id, one.person_id)) for one in recording.media)
    shown = {name: person for name, person in names.items() if name not in recording.about}
    notes = (*recording.notes, *(f"{recording.recording_id}: {doubt}" for doubt in doubts))
    return replace(recording, media=media, names=shown, named_because=because, notes=notes)


def _found(recording):
    """Every name in the files of a recording. A file that can't be read gives none: its own job or reader tells it."""
    found = Found()
    found.counts["person_audio"].update(medium.person_id for medium in recording.of("person_audio"))
    for medium in recording.media:
        if medium.kind not in (*SPOKEN, "chat", "participants"):
            continue
        try:
            _read(medium, recording, found)
        except (tables.TableError, OSError):
            continue
    return found


def _read(medium, recording, found):
    counts = found.counts[medium.kind]
    if medium.kind == "chat":
        counts.update(recordings.read_chat(medium.path)["name"])
    elif medium.kind == "participants":
        day = recording.starts.date() if recording.starts else None
        rows = recordings.read_attendance(medium.path, day)
        counts.update(rows["name"])
        renamed = rows.loc[rows["original"] != "", ["name", "original"]].drop_duplicates()
        shared = renamed["original"].duplicated(keep=False)  # a phone's usual name is nobody's
        for name, old in renamed[~shared].itertuples(index=False):
            found.same.append((name, old, f"renamed from {old}"))
        for name, old in renamed.itertuples(index=False):
            found.same.append((f"{name} ({old})", name, "same row of the list of people"))
        for _, of_one in rows[rows["account"] >= 0].groupby("account"):
            first, *others = dict.fromkeys(of_one["name"])
            found.same += [(other, first, f"same account as {first}") for other in others]
    else:
        told = {}
        said = turns.read(medium.path, None, told, recording.recording_id)["person_id"]
        counts.update(said[~said.isin(told.get("local_names", []))])


def key_of(name):
    """How names are compared: as :func:`mien.tables.name_key` does, without remarks in brackets.

    >>> key_of("Ada Lovelace (she/her)") == key_of("AdaLovelace"), key_of("Ada (Ben)") == key_of("Ada")
    (True, False)
    """
    bare = re.sub(r"[(\[]([^()\[\]]*)[)\]]", lambda m: "" if recordings.is_remark(m[1]) else m[0], name).strip()
    return tables.name_key(bare or name)


def _groups(found, written):
    """Sets of names of one person each; reasons {name: words} beyond same letters; and doubts, in words."""
    names = sorted({name for counts in found.counts.values() for name in counts if name} | set(written))
    by_key = defaultdict(set)
    for name in names:
        by_key[key_of(name)].add(name)
    kept = {name: group for group in by_key.values() for name in group}
    _apart(kept, found, written)
    reasons, doubts = {}, []
    for name, other, why in found.same:
        one = kept.get(name)
        two = kept.get(other) or next((kept[same] for same in names if key_of(same) == key_of(other)), None)
        if one is None or two is None or one is two:
            continue
        if _heard(one, found) and _heard(two, found):
            doubts.append(f"{name!r} and {other!r} are kept apart although {why}: each has a sound of their own")
            continue
        reasons |= dict.fromkeys(one, why)
        two |= one
        kept |= dict.fromkeys(two, two)
    return list({id(group): group for group in kept.values()}.values()), reasons, doubts


def _apart(kept, found, written):
    """Two people who were written down, or have a sound each, stay two, however alike their names."""
    for group in list({id(group): group for group in kept.values()}.values()):
        own = [name for name in group if name in written or name in found.counts["person_audio"]]
        if len(own) > 1:
            kept |= {name: {name} for name in group}


def _heard(group, found):
    return any(name in found.counts["person_audio"] for name in group)


def _first(group, found, reasons):
    """Of a person's names those that differ in spelling only: that of their sound, else one not joined to another."""
    own = {key_of(name) for name in group if name in found.counts["person_audio"]}
    return [name for name in group if key_of(name) in own] or [name for name in group if name not in reasons] or group


def _spelling(group, found, written):
    """What a person is called: as written in a table, else the spelling with most spaces, then the usual one.

    Files of who spoke when come first, then a list of people, the chat, and file names, which have lost their spaces.
    """
    own = [name for name in group if name in written]
    if own:
        return own[0]
    for kinds in (SPOKEN, ("participants",), ("chat",), ("person_audio",)):
        counts = sum((found.counts[kind] for kind in kinds), Counter())
        known = [name for name in group if counts[name]]
        if known:
            bare = [name for name in known if tables.name_key(name) == key_of(name)] or known
            return max(bare, key=lambda name: (name.count(" "), counts[name], name))
    return max(group)


def _because(group, person, found, reasons):
    """In words where the names of one person stand: {name: words}; other spellings stand with the one they share."""
    because = {}
    for name in sorted(group, key=lambda name: (name != person, name)):
        twin = next((other for other in because if is_spelling(name, other)), None)
        where = found.where(name) or "table of recordings"
        if twin:
            because[twin] += f"; same letters: {name} ({where})"
        elif name == person:
            because[name] = where
        else:
            because[name] = f"{where}; {reasons.get(name, 'same letters as ' + person + ', but for a remark')}"
    return because


def is_spelling(name, other):
    """Whether two names differ in case, spaces and punctuation at most."""
    return tables.name_key(name) == tables.name_key(other)


def spelt(hand, recording):
    """What was written down by hand, with the names of a recording as it spells them."""
    names = {name: person for name, person in recording.names.items() if is_spelling(name, person)}
    return replace(hand, rows=tuple((names.get(found, found), *rest) for found, *rest in hand.rows))


def _perhaps(because, names):
    """A hint for each name that is one word of exactly one other person's name; nothing is joined by it."""
    people = sorted({names.get(name, name) for name in because})
    hints = {}
    for name in people:
        longer = [other for other in people if other != name and name.casefold() in other.casefold().split()]
        if len(longer) == 1 and " " not in name:
            hints[name] = f"{because[name]}; perhaps {longer[0]}: write that into person_id if so"
    return hints
