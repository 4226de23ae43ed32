"""The kept parts of one recording come together: who is who, who speaks, how long it lasts."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from mien import face, people, store, tables, turns, voice, windows
from mien.river import clock, cues, mouths, overheard, said, sounds

SPEECH = tables.Table("speech", "stretch of speech", tables.TURNS.columns[2:4])

LISTED = ("segments", "transcript", "timeline")
"""Files of who spoke when, the most trusted first."""

LIGHT = [*(name for name in tables.FACES.names if name != "recording_id"), "track_id"]
LIGHT += ["mouth_opening", "people_trust", "why"]
"""Of the faces, what is needed to put a recording together; the rest stays on disk."""


PIECE_S = 120.0
"""Seconds of a voice that are checked and written at a time."""


def gather(recording, jobs, settings, hand=None):
    """Put the kept parts of one recording together: who is who, who speaks, how long it lasts.

    ``hand`` (:class:`people.Hand`) overrules what was found.
    """
    mine, hand = parts_of(recording, jobs), hand or people.Hand()
    found, video = _faces_of(mine)
    clocks = cue_clocks(mine, recording, hand)
    segments, source, duration_s = _spoken(mine, clocks)
    tracks = {who: _track(job, mine) for (stage, who), job in mine.items() if stage == "voice"}
    hand.check(recording.recording_id, list(found["person_id"].unique()), _names(tracks, segments, recording))
    tracks, segments = _called(tracks, segments, recording, hand)
    tracks, segments, heard = _own(tracks, segments, source, settings.crosstalk)
    faces, who, names = _matched(found, segments, source, recording, hand, settings.people)
    mixed, shared = f"{recording.recording_id}_mixed", source == "mixed_audio"
    levels = sounds.Columns(tracks, sounds.LIGHT)
    lips = _lips(faces, levels, segments, who.names, settings.lips)
    segments, source, sure, told = _by_mouth(faces, levels, segments, source, names, mixed, lips, settings)
    voices, trust = _voices(tracks, segments, mixed, sure, source)
    return Gathered(
        part=mine[("faces", "")].part if video else None,
        hand=hand,
        names=names,
        sure=who.trust,
        recording_id=recording.recording_id,
        duration_s=duration_s,
        faces=_surely(faces, who, names, recording),
        voice=tables.VOICE.empty(),
        tracks=voices,
        turns=turns.table(segments, duration_s, settings.turn, recording.recording_id, source),
        frame_rate_hz=video.get("sampled_rate_hz", np.nan),
        trust=trust,
        absent=_absent(video, tracks, source, recording.turns_undefined),
        about=recording.about,
        shared_by=mixed if shared and mixed in set(segments["person_id"]) else "",
        mouths=told,
        lips=lips,
        crosstalk=overheard.told(heard),
        cues=clocks,
        words=said.words(mine, clocks, lambda name: person_of(name, recording.names, hand)),
        is_synthetic=recording.is_synthetic,
        part_of=recording.part_of,
    )


@dataclass(frozen=True)
class Gathered(windows.Measured):
    """One recording put together; most columns of its faces and voices stay on disk until somebody asks for them.

    ``tracks`` tells where each person's voice lies; ``voice`` is empty. ``part`` is the kept file of faces, ``names``
    maps its people to those of the recording, ``sure`` how surely; ``hand`` overrules both; ``mouths`` tells how far
    speech and mouths agree, ``lips`` how late the sound is against them, ``crosstalk`` who is overheard by whom,
    ``cues`` how late each list of who spoke when is against what is heard.
    """

    part: Path | None = None
    tracks: dict = field(default_factory=dict)
    names: dict = field(default_factory=dict)
    sure: dict = field(default_factory=dict)
    hand: people.Hand = field(default_factory=people.Hand)
    mouths: dict = field(default_factory=dict)
    lips: dict = field(default_factory=dict)
    crosstalk: list = field(default_factory=list)
    cues: dict = field(default_factory=dict)

    def face_of(self, person_id, start_s=-np.inf, end_s=np.inf, columns=None):
        """One person's face in start_s <= t < end_s with all columns, or those named, read from the kept file."""
        if self.part is None:
            return super().face_of(person_id, start_s, end_s, columns)
        old = [name for name, new in self.names.items() if new == person_id] + self.hand.found_of(person_id)
        inside = [("person_id", "in", old or [person_id]), ("time_s", ">=", start_s), ("time_s", "<", end_s)]
        there = {*(columns or ()), *LIGHT} - {"recording_id"}
        rows = self._renamed(pd.read_parquet(self.part, columns=columns and sorted(there), filters=inside))
        rows = rows[rows["person_id"] == person_id]
        return rows if columns is None else rows.reindex(columns=columns)

    def each_face(self):
        """All faces with every column, piece by piece as they lie in the kept file; at least one, maybe empty."""
        if self.part is None:
            yield self.faces
            return
        if self.hand.rows:  # who is merged lies in several pieces of the file
            yield from (self.face_of(person) for person in self.faces["person_id"].unique())
            return
        file = pq.ParquetFile(self.part)
        if file.num_row_groups == 0 or file.metadata.num_rows == 0:
            yield self._renamed(pd.read_parquet(self.part))
            return
        for number in range(file.num_row_groups):
            yield self._renamed(file.read_row_group(number).to_pandas())

    @cached_property
    def heard(self):
        """Everyone who has rows of a voice."""
        return {name for name, track in self.tracks.items() if len(track.rows(sounds.LIGHT))}

    def voice_of(self, person_id, start_s=-np.inf, end_s=np.inf, columns=None):
        """One person's voice in start_s <= t < end_s with all columns, or those named, read from the kept files."""
        if person_id not in self.tracks:
            rows = sounds.promised(voice.nothing(), self.recording_id, person_id)
            return rows if columns is None else rows.reindex(columns=columns)
        if columns is not None:
            return self.tracks[person_id].rows(columns, start_s, end_s)
        return sounds.promised(self.tracks[person_id].rows(None, start_s, end_s), self.recording_id, person_id)

    def each_voice(self):
        """All voices with every column, two minutes of a person after the other; at least one piece, maybe empty."""
        for person in [*self.tracks] or [""]:
            last_s = self.tracks[person].end_s if person in self.tracks else 0.0
            for start_s in np.arange(0.0, max(last_s, PIECE_S), PIECE_S):
                yield self.voice_of(person, start_s if start_s else -np.inf, start_s + PIECE_S)

    def _renamed(self, rows):
        rows = self.hand.faces(rows)
        sure = rows["people_trust"] * rows["person_id"].map(self.sure).astype(float).fillna(1.0)
        rows = rows.assign(
            recording_id=self.recording_id, people_trust=sure, person_id=rows["person_id"].replace(self.names)
        )
        return _ordered(rows, tables.FACES)


def _absent(video, sounds, source, turns_undefined):
    """The modalities that nobody has here, and why."""
    found = {"face": not video and "no_video", "voice": not sounds and "no_audio", "turn": not source and "no_audio"}
    found |= {"turn": turns_undefined} if turns_undefined else {}
    return {modality: reason for modality, reason in found.items() if reason}


def parts_of(recording, jobs):
    """The jobs of a recording by what they made (faces, voice, clock, transcript, …) and whose file it was."""
    mine = [job for job in jobs if job.recording.recording_id == recording.recording_id]
    return {
        (
            job.medium.kind if job.stage == "segments" else job.stage,
            job.medium.person_id if job.medium.kind == "person_audio" else "",
        ): job
        for job in mine
    }


def _faces_of(mine):
    if ("faces", "") not in mine:
        return people.assign(face.nothing(), [])[0], {}
    part = mine[("faces", "")].part
    notes = store.notes(part)
    return pd.read_parquet(part, columns=LIGHT), {"sampled_rate_hz": notes["sampled_rate_hz"]}


def cue_clocks(mine, recording, hand):
    """How late each list of who spoke when is against what is heard, as it is told: {kind: facts}."""
    heard = [(who, spoken(job, mine)) for (stage, who), job in mine.items() if stage == "speech"]
    heard = [rows.assign(person_id=person_of(who, recording.names, hand) if who else "anybody") for who, rows in heard]
    heard, found = stack(heard) if heard else turns.SEGMENTS.empty(), {}
    for kind, rows in _listed(mine, {}).items():
        names = {name: person_of(name, recording.names, hand) for name in set(rows["person_id"])}
        shift = cues.lag(rows.assign(person_id=rows["person_id"].map(names)), heard)
        found[kind] = cues.about(shift, rows, len(heard) > 0)
    return found


def _listed(mine, clocks):
    """Who spoke when by every list of it, on the clock of the sound: {kind: segments}."""
    rows = {kind: tables.read(mine[(kind, "")].part, turns.SEGMENTS) for kind in LISTED if (kind, "") in mine}
    return {kind: cues.moved(table, clocks[kind]["moved_by_s"] if clocks else 0.0) for kind, table in rows.items()}


def _spoken(mine, clocks):
    """Who spoke when, from which source, and how long the recording lasts; nothing is said after its media end."""
    notes = [store.notes(job.part) for job in mine.values()]
    ends = [n["sound_end_s"] for n in notes if "sound_end_s" in n]
    ends += [n["picture_end_s"] for n in notes if "picture_end_s" in n]
    speech = {who: spoken(job, mine) for (stage, who), job in mine.items() if stage == "speech"}
    segments, source = _segments(_listed(mine, clocks), speech)
    if not ends:
        return segments, source, float(segments["end_s"].max()) if len(segments) else 0.0
    duration_s = float(max(ends))
    inside = segments[segments["start_s"] < duration_s]
    if inside.empty and speech:  # listed on another clock: what is heard is better than nothing
        return (*_segments({}, speech), duration_s)
    return inside.assign(end_s=inside["end_s"].clip(upper=duration_s)), source, duration_s


def late(recording, jobs, clocks):
    """A warning for each list of segments or transcript of which something lies after the end of the media.

    ``clocks`` as :func:`cue_clocks` gives them.
    """
    mine = parts_of(recording, jobs)
    _, _, duration_s = _spoken(mine, clocks)
    for kind, listed in _listed(mine, clocks).items():
        after = int((listed["end_s"] > duration_s + 0.5).sum())
        if after:
            yield f"{recording.recording_id}: {after} pieces of the {kind} end after the media ({duration_s:.1f} s)"
        first_s = listed["start_s"].min()
        if after and first_s >= duration_s:
            yield f"{recording.recording_id}: the {kind} is on another clock (its first time is {first_s:.1f} s)"


def _names(sounds, segments, recording):
    """Every name that a recording's sounds, speech and other files have."""
    return sorted({*sounds, *segments["person_id"], *recording.names.values(), *recording.named_because} - {""})


def _called(tracks, segments, recording, hand):
    """The sounds and the speech by person: by hand, else as joined; a sound that is nobody's is left out.

    Several sounds of one person become one: at each moment the louder.
    """
    names = {who: person_of(who, recording.names, hand) for who in {*tracks, *segments["person_id"]} if who}
    found = {}
    for who, track in tracks.items():
        person = names.get(who, who)
        if person or not who:
            found[person] = found[person].joined(track) if person in found else track
    segments = segments.assign(person_id=segments["person_id"].replace(names))
    return found, segments[segments["person_id"] != ""]


def person_of(name, names, hand):
    """Who a name is: as written by hand for it, or for the person whose other name it is; '' for nobody."""
    person, written = names.get(name, name), hand.sounds({name, names.get(name, name)})
    return written.get(name, written.get(person, person))


def _moved_s(job, mine):
    """By how much the times of a sound file are moved: its clock is off, and that is sure."""
    own = mine.get(("clock", job.medium.person_id if job.medium.kind == "person_audio" else ""))
    return clock.applied_s(store.notes(own.part)) if own else 0.0


def _track(job, mine):
    """The voice of one sound file, on the clock of the meeting."""
    return sounds.Track(((job.part, _moved_s(job, mine)),))


def spoken(job, mine):
    """The speech in one sound file, on the clock of the meeting: start_s, end_s."""
    rows, moved_s = tables.read(job.part, SPEECH), _moved_s(job, mine)
    if moved_s:
        rows = rows.assign(start_s=(rows["start_s"] + moved_s).clip(lower=0), end_s=rows["end_s"] + moved_s)
    return rows[rows["end_s"] > 0].reset_index(drop=True)


def _own(tracks, segments, source, settings):
    """Sounds and speech without the voices of others, where everybody has a sound; and who is overheard by whom."""
    return overheard.cleaned(tracks, segments, settings) if source == "person_audio" else (tracks, segments, ())


def _matched(found, segments, source, recording, hand, settings):
    """The faces as named by hand, whose voices they have (:class:`people.Match`), and what everybody is called."""
    faces = hand.faces(found)
    seen = set(found["person_id"])
    faced = [row[1] for row in hand.rows if row[0] in seen]
    free = faces[faces["people_by"] != "hand"], segments[~segments["person_id"].isin(faced)]
    matched = people.Match({}, {}) if source == "mixed_audio" else people.match(*free, settings)
    who = _named_by_file(matched, faces, recording)
    names = {p: f"{recording.recording_id}_{p}" for p in free[0]["person_id"].unique()} | who.names
    return faces, who, names | {person_id: person_id for person_id in hand.person_ids}


def _surely(faces, who, names, recording):
    """The faces by what everybody is called in the recording, and how sure that is."""
    sure = faces["people_trust"] * faces["person_id"].map(who.trust).astype(float).fillna(1.0)
    faces = faces.assign(person_id=faces["person_id"].replace(names), people_trust=sure)
    return _owned(faces, recording, tables.FACES)


def _named_by_file(who, faces, recording):
    """The only face of a video that the table of recordings gives to a person is that person."""
    owners = [medium.person_id for medium in recording.of("video") if medium.person_id]
    only = faces["person_id"].unique()
    if len(owners) == 1 and len(only) == 1 and only[0] not in who.names:
        return people.Match(who.names | {only[0]: owners[0]}, who.trust)
    return who


def _lips(faces, sounds, segments, names, settings):
    """How late the sound is against the mouths, as it is told; nothing where there are none."""
    if not len(faces) or not sounds or not len(segments):
        return {}
    return mouths.lips_told(mouths.lips(faces, sounds, segments, names, settings), settings)


def _by_mouth(faces, sounds, segments, source, names, mixed, lips, settings):
    """Speech of one shared track is given to those whose mouths move with it; named speech is only checked.

    Sound that is surely late against the picture (``lips``) is moved for that, and what is found is moved back.

    Returns segments, source, how sure it is who speaks (by person) and what is told about it. What moves nobody's
    mouth stays with ``mixed``, whose trust is 0.
    """
    if source == "mixed_audio":
        segments = segments.assign(person_id=mixed)  # a person may be called mixed
    if not len(faces) or not sounds or not len(segments):
        return segments, source, {mixed: 0.0} if source == "mixed_audio" else {}, {}
    late_s = lips.get("mouths_compared_at_s", 0.0)
    pieces = mouths.speaking(faces, *mouths.on_picture(sounds, segments, late_s), settings.speaking)
    edges = {name: pieces[name] + late_s for name in ("start_s", "end_s")}
    pieces = pieces.assign(person_id=pieces["person_id"].replace(names), **edges)
    if source != "mixed_audio":
        return segments, source, {}, mouths.agreement(pieces, segments, names.values())
    pieces = pieces.assign(person_id=pieces["person_id"].replace({"": mixed}))
    sure = mouths.trust(pieces, names.values()) | {mixed: 0.0}
    return pieces.drop(columns="trust"), "active_speaker", sure, mouths.shares(pieces, sure)


def _segments(listed, speech):
    """The best source of who spoke when: own sound, else listed segments, else a transcript, else one shared track."""
    own = {who: rows for who, rows in speech.items() if who}
    if own:
        return stack([rows.assign(person_id=who) for who, rows in own.items()]), "person_audio"
    for kind, rows in listed.items():
        if len(rows):
            return rows, kind
    if speech:
        return speech[""].assign(person_id="mixed"), "mixed_audio"
    return turns.SEGMENTS.empty(), ""


def _voices(tracks, segments, shared, sure, source):
    """Whose voice is which track, and the share of each person's signal that is surely theirs.

    ``sure`` says, by person, how sure it is who speaks, where that is not certain.
    """
    talking = sorted(set(segments["person_id"]))
    if "" not in tracks:
        return tracks, {(name, signal): 1.0 for name in {*tracks, *talking} for signal in ("voice", "turn")}
    mixed = tracks[""]
    if source in ("mixed_audio", "active_speaker") and len(talking) < 2:  # all sound is of one, known or not
        name = talking[0] if talking else shared
        everybody = {name: sure.get(name, 0.0)} | (sure if talking else {})
        return {name: mixed}, _of_both(everybody, {})
    voices, alone, times = {}, {}, mixed.rows(sounds.LIGHT)["time_s"].to_numpy()
    for name in talking:
        own, others = segments[segments["person_id"] == name], segments[segments["person_id"] != name]
        voices[name] = mixed.only(own, others)
        n_own = max(turns.covers(times, own).sum(), 1)
        alone[name] = float(sounds.alone(times, own, others).sum() / n_own)
    nobody = mixed.only(segments.iloc[:0], segments.iloc[:0])
    return voices or {"": nobody}, _of_both(dict.fromkeys(talking, 1.0) | sure, alone)


def _of_both(sure, alone):
    """Trust in voice and turns of each person; a voice is theirs only where nobody else speaks."""
    turn = {(name, "turn"): value for name, value in sure.items()}
    return turn | {(name, "voice"): value * alone.get(name, 1.0) for name, value in sure.items()}


def _owned(frame, recording, table):
    """The rows of one recording with its id, promised columns first."""
    return _ordered(frame.assign(recording_id=recording.recording_id), table)


def _ordered(frame, table):
    return frame[[*table.names, *(column for column in frame.columns if column not in table.names)]]


def stack(parts):
    """Tables of one shape under each other; an empty one only where all are."""
    filled = [part for part in parts if len(part)] or parts[:1]
    return pd.concat(filled, ignore_index=True)
