"""A recording goes down the river: picture and sound become faces, voices, turns and windows, each kept on the way."""

from dataclasses import dataclass
from pathlib import Path

from mien import coupling, recordings, store, tables, windows
from mien.coupling import CouplingSettings
from mien.face import FaceSettings
from mien.people import LipSettings, PeopleSettings, SpeakingSettings
from mien.river import beside, overheard, said, sounds, who
from mien.river.gather import gather, late, stack
from mien.river.jobs import Job, is_silent, jobs_of, run, work
from mien.river.memory import give_back
from mien.river.mouths import doubted, out_of_step
from mien.river.names import joined, spelt
from mien.river.report import FILES, report
from mien.turns import CrosstalkSettings, TurnSettings
from mien.voice import VoiceSettings, praat
from mien.windows import WindowSettings

__all__ = ["FILES", "BuildError", "Job", "RiverSettings", "build", "gather", "run"]

ROOMS = ("tables", "media", "face", "people", "voice", "turns", "coupling", "windows", "river")
"""The code that decides what the tables hold."""


@dataclass(frozen=True)
class RiverSettings:
    """The settings of every stage, together; what is here changes results and enters the causes of what is kept.

    ``rate_hz`` is how many pictures a second are analysed; None analyses every one (blinks need at least 20).
    A longer video is cut every ``chunk_s`` seconds (a multiple of ``face.renew_s``, or the numbers differ a little from
    those of the uncut video) into pieces that are measured side by side; each piece begins ``warm_s`` before its time,
    so that landmarks and faces have settled when it counts.
    """

    rate_hz: float | None = 10.0
    chunk_s: float = 120.0
    warm_s: float = 2.0
    face: FaceSettings = FaceSettings()
    people: PeopleSettings = PeopleSettings()
    speaking: SpeakingSettings = SpeakingSettings()
    lips: LipSettings = LipSettings()
    voice: VoiceSettings = VoiceSettings()
    crosstalk: CrosstalkSettings = CrosstalkSettings()
    turn: TurnSettings = TurnSettings()
    coupling: CouplingSettings = CouplingSettings()
    window: WindowSettings = WindowSettings()


class BuildError(RuntimeError):
    """Nothing could be built; the message lists each recording and why."""


def build(found, out, settings=None, workers=1, progress=None, hand=None):
    """Build the tables of some recordings into a folder, and return the report that is written beside them.

    ``found`` is a list of :class:`mien.recordings.Recording`. Writes the tables of :data:`FILES` and ``report.json``
    into ``out``; what each file gave is kept in ``out/parts`` so that a stopped build goes on where it stopped. A
    recording that can't be read is reported (``report["failed"]``), and so is a file without which a recording was
    built (``report["unread"]``); the others go
    on. If none can be read, :class:`BuildError` is raised and earlier tables stay as they are.
    ``progress(name, done_s, total_s)`` is called now and then. ``hand`` is the path of a ``people.csv`` that says who
    is who (None: those that lie beside the recordings, see :mod:`mien.people.hand`); ``people.csv`` and ``layout.csv``
    in ``out`` say what was found, and nothing is measured again because they were mended.
    """
    settings = settings or RiverSettings()
    if settings.voice.praat:
        praat.ready()
    out = Path(out)
    found = [joined(recording) for recording in recordings.distinct(found)]
    hand = who.hands(found, hand)
    hand = {one.recording_id: spelt(hand[one.recording_id], one) for one in found if one.recording_id in hand}
    jobs = jobs_of(found, out, settings)
    told = {}
    errors = work(jobs, settings, workers, progress or (lambda *_: None), told)
    built, failed = _sort_out(found, jobs, errors)
    if not built:
        raise BuildError("\n".join(f"{one['recording_id']}: {one['error']}" for one in failed))
    good = [job for job in jobs if job.part not in errors]
    _write_tables(built, good, out, settings, hand)
    left = _left_out(built, jobs, errors) | {"failed": failed}
    left["warnings"] += told.get("warnings", [])
    noted = store.notes(out / FILES["turns"])
    left["warnings"] += [note for recording in built for note in recording.notes]
    left["warnings"] += [words for one in built for words in late(one, good, noted["cues"][one.recording_id])]
    left["warnings"] += [warning for one in noted["mouths"].items() for warning in doubted(*one)]
    left["warnings"] += [warning for one in noted["lips"].items() for warning in out_of_step(*one)]
    left["warnings"] += [w for one in noted["crosstalk"].items() for w in overheard.doubted(*one, settings.crosstalk)]
    left["warnings"] += [f"{name}: {words}" for name, one in noted["beside"].items() for words in one["warnings"]]
    made = report(built, left, good, out, settings, hand)
    store.write_json(made, out / "report.json")
    return made


def _sort_out(found, jobs, errors):
    """Which recordings have something to show, and which have nothing but errors."""
    built, failed = [], []
    for recording in found:
        mine = [job for job in jobs if job.recording.recording_id == recording.recording_id]
        if any(job.part not in errors for job in mine):
            built.append(recording)
        else:
            told = list(dict.fromkeys(errors[job.part] for job in mine)) or list(recording.notes)
            told = told or ["no file that can be measured"]
            failed.append({"recording_id": recording.recording_id, "error": "; ".join(told)})
    return built, failed


def _left_out(built, jobs, errors):
    """The files that recordings were built without (``unread``); a video that has no sound is only a warning."""
    unread, warnings = [], []
    for job in jobs:
        if job.recording in built and job.part in errors:
            one = {"recording_id": job.recording.recording_id, "file": job.medium.path.name, "error": errors[job.part]}
            if is_silent(job):
                warnings.append(f"{one['recording_id']}: {one['error']}")
            elif one not in unread:
                unread.append(one)
    return {"unread": unread, "warnings": warnings}


def _write_tables(built, jobs, out, settings, hand):
    """All tables in one pass over the recordings, so that only one of them lies in memory at a time."""

    def write(parts):
        calibrating = (gather(r, jobs, settings, hand.get(r.recording_id)) for r in built if _calibrates(r))
        listed = windows.listed_norms(calibrating, settings.voice)
        spoken, rows, signals, bled, roles, told, known, happened, chats = [], [], {}, {}, {}, {}, [], [], []
        with tables.writing(parts["faces"]) as write_faces, tables.writing(parts["voice"]) as write_voice:
            for recording in built:
                one = gather(recording, jobs, settings, hand.get(recording.recording_id))
                give_back()
                for piece in one.each_face():
                    write_faces(tables.FACES.check(piece))
                for piece in one.each_voice():
                    write_voice(tables.VOICE.check(piece))
                spoken.append(one.turns)
                notes = store.notes(one.part) if one.part else {}
                there, people_told = beside.attendance(one, recording)
                messages, chat_told = beside.chat(one, recording)
                chats.append(messages)
                told[one.recording_id] = {"mouths": one.mouths, "lips": one.lips, "crosstalk": one.crosstalk}
                told[one.recording_id] |= {"chat": chat_told, "participants": people_told, "cues": one.cues}
                told[one.recording_id]["words"] = said.told(one)
                known.append(who.listed(one, notes, recording, there))
                happened.append(who.layout(one, notes))
                rows += windows.rows(one, listed, settings.window, settings.voice, settings.turn)
                signals |= _signals(one, settings.coupling)
                own = sounds.Columns({who: one.tracks[who] for who in one.heard}, sounds.LIGHT)
                bled |= coupling.bleeds_of(one.recording_id, own, one.turns, settings.coupling)
                roles |= _roles(recording)
        tables.write(tables.TURNS.check(stack(spoken)), parts["turns"])
        tables.write(windows.assembled(rows), parts["windows"])
        tables.write(stack(known), parts["people"])
        tables.write(stack(happened), parts["layout"])
        tables.write(stack(chats), parts["chat"])
        tables.write(coupling.compared(signals, bled, settings.coupling, roles), parts["coupling"])
        return _told(told)

    causes = _causes(built, jobs, out, settings, hand)
    store.kept_together({name: out / file for name, file in FILES.items()}, causes, write)


def _causes(built, jobs, out, settings, hand):
    """What decides the tables."""
    return {
        "parts": {str(job.part.relative_to(out)): store.sha256(job.part) for job in jobs},
        "about": {r.recording_id: [r.about, r.is_synthetic, [m.person_id for m in r.media]] for r in built},
        "names": {r.recording_id: [r.names, r.named_because, r.part_of, str(r.starts), r.starts_gmt] for r in built},
        "beside": {m.path.name: store.sha256(m.path) for r in built for m in r.of("chat") + r.of("participants")},
        "hand": {recording_id: [row[:4] for row in one.rows] for recording_id, one in hand.items()},
        "settings": settings,
        "code": store.code(*ROOMS),
    }


def _told(told):
    """What was seen on the way, by kind and recording; for the report."""
    kinds = ("mouths", "lips", "crosstalk", "cues", "words")
    kept = {kind: {name: one[kind] for name, one in told.items()} for kind in kinds}
    kept["beside"] = {}
    for name, one in told.items():
        files = {kind: one[kind] for kind in ("chat", "participants")}
        kept["beside"][name] = {kind: beside.told_of(about) for kind, about in files.items() if about}
        kept["beside"][name]["warnings"] = [words for about in files.values() for words in about.get("warnings", [])]
    return kept


def _calibrates(recording):
    return any(facts.get("is_calibration") for facts in recording.about.values())


def _signals(one, settings):
    """What is compared between the people of a recording; a track that several people share is nobody's."""
    nobody = (one.shared_by, f"{one.recording_id}_mixed")
    own = [person for person in one.person_ids if person not in nobody]
    if len(own) < 2:
        return {}
    return {
        (one.recording_id, person): coupling.signals_of(
            one.face_of(person, columns=coupling.FACE_COLUMNS), one.voice_of(person, columns=sounds.LIGHT), settings
        )
        for person in own
        if person in one.seen | one.heard
    }


def _roles(recording):
    """The role of each person of a recording, where the table of recordings gives one."""
    about = recording.about.items()
    return {(recording.recording_id, who): facts["confound_role"] for who, facts in about if "confound_role" in facts}
