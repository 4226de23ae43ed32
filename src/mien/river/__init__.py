"""A recording goes down the river: picture and sound become faces, voices, turns and windows, each kept on the way."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mien import coupling, recordings, store, tables, windows
from mien.coupling import CouplingSettings
from mien.face import FaceSettings
from mien.people import PeopleSettings
from mien.river.gather import gather, late, stack
from mien.river.jobs import Job, is_silent, jobs_of, run, work
from mien.river.names import joined
from mien.river.report import FILES, report
from mien.turns import TurnSettings
from mien.voice import VoiceSettings
from mien.windows import WindowSettings

__all__ = ["FILES", "BuildError", "Job", "RiverSettings", "build", "gather", "run"]

ROOMS = ("tables", "media", "face", "people", "voice", "turns", "coupling", "windows", "river")
"""The code that decides what the tables hold."""


@dataclass(frozen=True)
class RiverSettings:
    """The settings of every stage, together; what is here changes results and enters the causes of what is kept.

    ``rate_hz`` is how many pictures a second are analysed; None analyses every one (blinks need at least 20).
    """

    rate_hz: float | None = None
    face: FaceSettings = FaceSettings()
    people: PeopleSettings = PeopleSettings()
    voice: VoiceSettings = VoiceSettings()
    turn: TurnSettings = TurnSettings()
    coupling: CouplingSettings = CouplingSettings()
    window: WindowSettings = WindowSettings()


class BuildError(RuntimeError):
    """Nothing could be built; the message lists each recording and why."""


def build(found, out, settings=None, workers=1, progress=None):
    """Build the tables of some recordings into a folder, and return the report that is written beside them.

    ``found`` is a list of :class:`mien.recordings.Recording`. Writes ``turns.csv``, ``windows.csv``,
    ``coupling.csv``, ``faces.parquet``, ``voice.parquet`` and ``report.json`` into ``out``; what each file gave is
    kept in ``out/parts`` so that a stopped build goes on where it stopped. A recording that can't be read is reported
    (``report["failed"]``), and so is a file without which a recording was built (``report["unread"]``); the others go
    on. If none can be read, :class:`BuildError` is raised and earlier tables stay as they are.
    ``progress(name, done_s, total_s)`` is called now and then.
    """
    settings = settings or RiverSettings()
    out = Path(out)
    found = [joined(recording) for recording in recordings.distinct(found)]
    jobs = jobs_of(found, out)
    errors = work(jobs, settings, workers, progress or (lambda *_: None))
    built, failed = _sort_out(found, jobs, errors)
    if not built:
        raise BuildError("\n".join(f"{one['recording_id']}: {one['error']}" for one in failed))
    good = [job for job in jobs if job.part not in errors]
    _write_tables(built, good, out, settings)
    left = _left_out(built, jobs, errors) | {"failed": failed}
    left["warnings"] += [warning for recording in built for warning in (*recording.notes, *late(recording, good))]
    told = report(built, left, good, out, settings)
    store.write_json(told, out / "report.json")
    return told


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


def _write_tables(built, jobs, out, settings):
    causes = {
        "parts": {str(job.part.relative_to(out)): store.sha256(job.part) for job in jobs},
        "about": {r.recording_id: [r.about, r.is_synthetic, [m.person_id for m in r.media]] for r in built},
        "settings": settings,
        "code": store.code(*ROOMS),
    }

    @cache
    def gathered():
        return [gather(recording, jobs, settings) for recording in built]

    def write(name, make):
        store.kept(out / FILES[name], causes, lambda part: tables.write(make(), part) and None)

    write("faces", lambda: tables.FACES.check(stack([one.faces for one in gathered()])))
    write("voice", lambda: tables.VOICE.check(stack([one.voice for one in gathered()])))
    write("turns", lambda: tables.TURNS.check(stack([one.turns for one in gathered()])))
    write("coupling", lambda: _coupling(gathered(), settings.coupling))
    write("windows", lambda: windows.table(gathered(), settings.window, settings.voice, settings.turn))


def _coupling(measured, settings):
    """Every pair of people of every recording; a track that several people share is nobody's."""
    own = [(one, lambda table, one=one: table[table["person_id"] != one.shared_by]) for one in measured]
    faces, voice = (stack([mine(getattr(one, name)) for one, mine in own]) for name in ("faces", "voice"))
    roles = {
        (one.recording_id, person): facts["confound_role"]
        for one in measured
        for person, facts in one.about.items()
        if "confound_role" in facts
    }
    return coupling.table(faces, voice, stack([one.turns for one in measured]), settings, roles)
