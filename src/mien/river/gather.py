"""The kept parts of one recording come together: who is who, who speaks, how long it lasts."""

import numpy as np
import pandas as pd

from mien import face, people, store, tables, turns, voice, windows

SPEECH = tables.Table("speech", "stretch of speech", tables.TURNS.columns[2:4])


def gather(recording, jobs, settings):
    """Put the kept parts of one recording together: who is who, who speaks, how long it lasts."""
    mine = {
        (job.medium.kind if job.stage == "segments" else job.stage, job.medium.person_id): job
        for job in jobs
        if job.recording.recording_id == recording.recording_id
    }
    faces, video = _faces_of(recording, mine)
    sounds = {who: pd.read_parquet(job.part) for (stage, who), job in mine.items() if stage == "voice"}
    speech = {who: tables.read(job.part, SPEECH) for (stage, who), job in mine.items() if stage == "speech"}
    notes = [store.notes(job.part) for job in mine.values()]
    listed = {kind: mine[(kind, "")].part for kind in ("segments", "transcript") if (kind, "") in mine}
    segments, source = _segments(listed, speech)
    ends = [n["sound_end_s"] for n in notes if "sound_end_s" in n] + [video.get("duration_s") or 0.0]
    duration_s = float(max([*ends, segments["end_s"].max() if len(segments) else 0.0]))
    who = people.match(faces, segments, settings.people)
    anonymous = {p: f"{recording.recording_id}_{p}" for p in [*faces["person_id"].unique(), "mixed"]}
    names = anonymous | {old: anonymous.get(new, new) for old, new in who.names.items()}
    segments = segments.assign(person_id=segments["person_id"].replace(names))
    voices, trust = _voices(sounds, segments, names, who, source)
    absent = {} if video else {"face": "no_video"}
    absent |= {} if sounds else {"voice": "no_audio"}
    absent |= {} if source else {"turn": "no_audio"}
    return windows.Measured(
        recording_id=recording.recording_id,
        duration_s=duration_s,
        faces=_owned(faces.assign(person_id=faces["person_id"].replace(names)), recording, tables.FACES),
        voice=_owned(voices, recording, tables.VOICE),
        turns=turns.table(segments, duration_s, settings.turn, recording.recording_id, source),
        frame_rate_hz=video.get("sampled_rate_hz", np.nan),
        trust=trust,
        absent=absent,
        about=recording.about,
        shared_by=names["mixed"] if source == "mixed_audio" and "mixed" not in who.names else "",
        is_synthetic=recording.is_synthetic,
    )


def _faces_of(recording, mine):
    if ("faces", "") not in mine:
        return people.assign(face.nothing(), [])[0], {}
    part = mine[("faces", "")].part
    notes = store.notes(part)
    return pd.read_parquet(part), {
        "sampled_rate_hz": notes["sampled_rate_hz"],
        "duration_s": notes["media"]["duration_s"],
    }


def _segments(listed, speech):
    """The best source of who spoke when: own sound, else listed segments, else a transcript, else one shared track."""
    own = {who: rows for who, rows in speech.items() if who}
    if own:
        return stack([rows.assign(person_id=who) for who, rows in own.items()]), "person_audio"
    for kind, part in listed.items():
        return tables.read(part, turns.SEGMENTS), kind
    if speech:
        return speech[""].assign(person_id="mixed"), "mixed_audio"
    return turns.SEGMENTS.empty(), ""


def _voices(sounds, segments, names, who, source):
    """Whose voice is which sound, and the share of each person's signal that is surely theirs."""
    talking = sorted(set(segments["person_id"]))
    if "" not in sounds:
        trust = {(name, signal): 1.0 for name in {*sounds, *talking} for signal in ("voice", "turn")}
        parts = [rows.assign(person_id=name) for name, rows in sounds.items()]
        return stack(parts) if parts else voice.nothing().assign(person_id=""), trust
    mixed = sounds[""]
    if source == "mixed_audio":
        name, sure = names["mixed"], who.trust.get("mixed", 0.0)
        return mixed.assign(person_id=name), {(name, "voice"): sure, (name, "turn"): sure}
    parts, trust = [], {}
    for name in talking:
        own = turns.covers(mixed["time_s"].to_numpy(), segments[segments["person_id"] == name])
        others = turns.covers(mixed["time_s"].to_numpy(), segments[segments["person_id"] != name])
        parts.append(mixed[own & ~others].assign(person_id=name))
        trust |= {(name, "turn"): 1.0, (name, "voice"): float((own & ~others).sum() / max(own.sum(), 1))}
    return stack(parts) if parts else mixed.iloc[:0].assign(person_id=""), trust


def _owned(frame, recording, table):
    """The rows of one recording with its id, promised columns first."""
    frame = frame.assign(recording_id=recording.recording_id)
    return frame[[*table.names, *(column for column in frame.columns if column not in table.names)]]


def stack(parts):
    """Tables of one shape under each other; an empty one only where all are."""
    filled = [part for part in parts if len(part)] or parts[:1]
    return pd.concat(filled, ignore_index=True)
