"""A recording goes down the river: picture and sound become faces, voices, turns and windows, each kept on the way."""

import json
from dataclasses import dataclass
from pathlib import Path

from mien import recordings, store, tables, windows
from mien.face import FaceSettings
from mien.people import PeopleSettings, SpeakingSettings
from mien.river.gather import gather, late, stack
from mien.river.jobs import Job, jobs_of, run, work
from mien.river.mouths import doubted
from mien.river.report import FILES, report
from mien.turns import TurnSettings
from mien.voice import VoiceSettings
from mien.windows import WindowSettings

__all__ = ["FILES", "BuildError", "Job", "RiverSettings", "build", "gather", "run"]

ROOMS = ("tables", "media", "face", "people", "voice", "turns", "windows", "river")
"""The code that decides what the tables hold."""


@dataclass(frozen=True)
class RiverSettings:
    """The settings of every stage, together; what is here changes results and enters the causes of what is kept.

    ``rate_hz`` is how many pictures a second are analysed; None analyses every one (blinks need at least 20).
    A longer video is cut every ``chunk_s`` seconds into pieces that are measured side by side; each piece begins
    ``warm_s`` before its time, so that landmarks and faces have settled when it counts.
    """

    rate_hz: float | None = 10.0
    chunk_s: float = 120.0
    warm_s: float = 2.0
    face: FaceSettings = FaceSettings()
    people: PeopleSettings = PeopleSettings()
    speaking: SpeakingSettings = SpeakingSettings()
    voice: VoiceSettings = VoiceSettings()
    turn: TurnSettings = TurnSettings()
    window: WindowSettings = WindowSettings()


class BuildError(RuntimeError):
    """Nothing could be built; the message lists each recording and why."""


def build(found, out, settings=None, workers=1, progress=None):
    """Build the tables of some recordings into a folder, and return the report that is written beside them.

    ``found`` is a list of :class:`mien.recordings.Recording`. Writes ``turns.csv``, ``windows.csv``,
    ``faces.parquet``, ``voice.parquet`` and ``report.json`` into ``out``; what each file gave is kept in
    ``out/parts`` so that a stopped build goes on where it stopped. A recording that can't be read is reported
    (``report["failed"]``) and the others go on; if none can be read, :class:`BuildError` is raised and earlier
    tables stay as they are. ``progress(name, done_s, total_s)`` is called now and then.
    """
    settings = settings or RiverSettings()
    out = Path(out)
    jobs = jobs_of(recordings.distinct(found), out, settings)
    errors = work(jobs, settings, workers, progress or (lambda *_: None))
    built, failed = _sort_out(found, jobs, errors)
    if not built:
        raise BuildError("\n".join(f"{one['recording_id']}: {one['error']}" for one in failed))
    good = [job for job in jobs if job.part not in errors]
    _write_tables(built, good, out, settings)
    ids = {recording.recording_id for recording in built}
    lost = [job for job in jobs if job.part in errors and job.recording.recording_id in ids]
    unread = [f"{job.recording.recording_id}: {errors[job.part]}" for job in lost]
    unread += [warning for recording in built for warning in late(recording, good)]
    unread += [warning for one in store.notes(out / FILES["turns"])["mouths"].items() for warning in doubted(*one)]
    told = report(built, failed, good, unread, out, settings)
    (out / "report.json").write_text(json.dumps(store.plain(told), indent=1, ensure_ascii=False) + "\n")
    return told


def _sort_out(found, jobs, errors):
    """Which recordings have something to show, and which have nothing but errors."""
    built, failed = [], []
    for recording in found:
        mine = [job for job in jobs if job.recording.recording_id == recording.recording_id]
        if any(job.part not in errors for job in mine):
            built.append(recording)
        else:
            told = list(dict.fromkeys(errors[job.part] for job in mine)) or ["no file that can be measured"]
            failed.append({"recording_id": recording.recording_id, "error": "; ".join(told)})
    return built, failed


def _write_tables(built, jobs, out, settings):
    """All tables in one pass over the recordings, so that only one of them lies in memory at a time."""
    causes = {
        "parts": {str(job.part.relative_to(out)): store.sha256(job.part) for job in jobs},
        "about": {r.recording_id: [r.about, r.is_synthetic] for r in built},
        "settings": settings,
        "code": store.code(*ROOMS),
    }

    def write(parts):
        listed = windows.listed_norms((gather(r, jobs, settings) for r in built if _calibrates(r)), settings.voice)
        said, rows, told = [], [], {}
        with tables.writing(parts["faces"]) as write_faces, tables.writing(parts["voice"]) as write_voice:
            for recording in built:
                one = gather(recording, jobs, settings)
                for piece in one.each_face():
                    write_faces(tables.FACES.check(piece))
                write_voice(tables.VOICE.check(one.voice))
                said.append(one.turns)
                told[one.recording_id] = one.mouths
                rows += windows.rows(one, listed, settings.window, settings.voice, settings.turn)
        tables.write(tables.TURNS.check(stack(said)), parts["turns"])
        tables.write(windows.assembled(rows), parts["windows"])
        return {"mouths": told}

    store.kept_together({name: out / file for name, file in FILES.items()}, causes, write)


def _calibrates(recording):
    return any(facts.get("is_calibration") for facts in recording.about.values())
