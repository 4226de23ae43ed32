"""A recording goes down the river: picture and sound become faces, voices, turns and windows, each kept on the way."""

import json
import multiprocessing
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from mien import __version__, face, media, people, recordings, sources, store, tables, turns, voice, windows
from mien.face import FaceSettings
from mien.people import PeopleSettings
from mien.turns import TurnSettings
from mien.voice import VoiceSettings
from mien.windows import WindowSettings

FILES = {"turns": "turns.csv", "windows": "windows.csv", "faces": "faces.parquet", "voice": "voice.parquet"}
ROOMS = ("tables", "media", "face", "people", "voice", "turns", "windows", "river")


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
    window: WindowSettings = WindowSettings()


@dataclass(frozen=True)
class Job:
    """One piece of work on one file of a recording: ``stage`` is faces, voice, speech or segments."""

    stage: str
    recording: recordings.Recording
    medium: recordings.Medium
    part: Path

    @property
    def name(self):
        """How the job is called in a progress bar."""
        return f"{self.recording.recording_id}: {self.stage} {self.medium.person_id}".rstrip()


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
    jobs = _jobs_of(recordings.distinct(found), out)
    errors = _work(jobs, settings, workers, progress or (lambda *_: None))
    built, failed = _sort_out(found, jobs, errors)
    if not built:
        raise BuildError("\n".join(f"{one['recording_id']}: {one['error']}" for one in failed))
    good = [job for job in jobs if job.part not in errors]
    _write_tables(built, good, out, settings)
    report = _report(built, failed, good, errors, out, settings)
    (out / "report.json").write_text(json.dumps(store.plain(report), indent=1, ensure_ascii=False) + "\n")
    return report


def _jobs_of(found, out):
    return [job for recording in found for job in _jobs(recording, out / "parts")]


def _jobs(recording, parts):
    folder = parts / recording.recording_id.replace("/", "_")
    own, shared = recording.of("person_audio"), recording.of("mixed_audio")
    videos = recording.of("video")
    jobs = [Job("faces", recording, medium, folder / "faces.parquet") for medium in videos]
    if not own and not shared:
        shared = [recordings.Medium(medium.path, "mixed_audio") for medium in videos]
    for medium in own or shared:
        name = medium.person_id or "mixed"
        jobs.append(Job("voice", recording, medium, folder / f"voice-{name}.parquet"))
        jobs.append(Job("speech", recording, medium, folder / f"speech-{name}.csv"))
    for medium in recording.of("segments") + recording.of("transcript"):
        jobs.append(Job("segments", recording, medium, folder / f"{medium.kind}.csv"))
    return jobs


def _causes(job, settings):
    causes = {"file": store.sha256(job.medium.path), "stage": job.stage}
    if job.stage == "segments":
        return causes | {"people": job.recording.person_ids, "code": store.code("tables", "turns")}
    if job.stage == "faces":
        rooms = store.code("media", "face", "people")
        causes |= {"face": settings.face, "people": settings.people, "rate_hz": settings.rate_hz}
        return causes | {"model": face.MODEL.sha256, "code": rooms}
    return causes | {"voice": settings.voice, "code": store.code("media", "voice")}


def run(job, settings, tick=lambda *_: None):
    """Do one job unless its result is already kept; return the path of the result."""
    if not job.medium.path.is_file():
        raise recordings.RecordingError(
            f"{job.medium.path}: no such file; the table of recordings names it for {job.recording.recording_id!r}"
        )
    makers = {"faces": _make_faces, "voice": _make_voice, "speech": _make_speech, "segments": _make_segments}
    make = makers[job.stage]
    made = store.kept(job.part, _causes(job, settings), lambda part: make(job, settings, part, tick))
    tick(job.name, 1, 1)
    return made


def _make_faces(job, settings, part, tick):
    told = {}
    info = media.probe(job.medium.path)
    if not info.has_video:
        raise media.MediaError(f"{job.medium.path}: no picture in this file; expected a video")
    pictures = media.frames(job.medium.path, rate_hz=settings.rate_hz, told=told)
    tracks = face.extract(_ticking(pictures, job, info, tick), settings.face, sources.find(face.MODEL), told)
    times = told.pop("frame_times_s")
    found, about = people.assign(tracks, times, settings.people)
    found.to_parquet(part, index=False)
    rate = (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else np.nan
    shape = replace(info, path=Path(info.path.name))
    return told | about | {"media": shape, "sampled_frames": len(times), "sampled_rate_hz": float(rate)}


def _ticking(pictures, job, info, tick):
    for number, (time_s, picture) in enumerate(pictures):
        if number % 25 == 0:
            tick(job.name, time_s, info.duration_s)
        yield time_s, picture


def _make_voice(job, settings, part, tick):
    told = {}
    sound = media.sound(job.medium.path, told=told)
    tick(job.name, 0.0, sound.duration_s)
    voice.frames(sound, settings.voice, told).to_parquet(part, index=False)
    return told | {"sound_start_s": sound.start_s, "sound_end_s": sound.end_s}


def _make_speech(job, settings, part, tick):
    told = {}
    sound = media.sound(job.medium.path, told=told)
    tick(job.name, 0.0, sound.duration_s)
    tables.write(voice.speech(sound, settings.voice, told), part)
    return {"sound_start_s": sound.start_s, "sound_end_s": sound.end_s}


def _make_segments(job, settings, part, tick):
    told = {}
    people = job.recording.person_ids or None
    tables.write(turns.read(job.medium.path, people, told), part)
    return told


def _work(jobs, settings, workers, progress):
    """Run the jobs, in this process or in several; return the errors by the part that was not made."""
    if workers <= 1 or len(jobs) <= 1:
        return _work_here(jobs, settings, progress)
    errors = {}
    context = multiprocessing.get_context("spawn")  # MediaPipe's threads do not survive a fork
    # No max_tasks_per_child: with it Python 3.11 may wait for ever (CPython issue 115634).
    with context.Manager() as manager, ProcessPoolExecutor(min(workers, len(jobs)), context) as pool:
        ticks = manager.Queue()
        waiting = {pool.submit(_run_quietly, job, settings, Ticks(ticks)): job for job in jobs}
        while waiting:
            done, _ = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
            for answer in done:
                job = waiting.pop(answer)
                if answer.result():
                    errors[job.part] = answer.result()
                progress("files", len(jobs) - len(waiting), len(jobs))
            while not ticks.empty():
                progress(*ticks.get())
    return errors


@dataclass(frozen=True)
class Ticks:
    """Progress that crosses from a worker process to the one that shows it."""

    queue: object

    def __call__(self, name, done, total):
        """Pass one step on: what is being done, how much of it is done, and how much there is."""
        self.queue.put((name, done, total))


def _work_here(jobs, settings, progress):
    errors = {}
    for number, job in enumerate(jobs, 1):
        error = _run_quietly(job, settings, progress)
        if error:
            errors[job.part] = error
        progress("files", number, len(jobs))
    return errors


def _run_quietly(job, settings, tick=lambda *_: None):
    try:
        run(job, settings, tick)
    except (media.MediaError, recordings.RecordingError, tables.TableError, OSError) as error:
        return str(error)
    return ""


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
    causes = {
        "parts": {str(job.part.relative_to(out)): store.sha256(job.part) for job in jobs},
        "about": {r.recording_id: [r.about, r.is_synthetic] for r in built},
        "settings": settings,
        "code": store.code(*ROOMS),
    }

    @cache
    def gathered():
        return [gather(recording, jobs, settings) for recording in built]

    def write(name, make):
        store.kept(out / FILES[name], causes, lambda part: tables.write(make(), part) and None)

    write("faces", lambda: tables.FACES.check(_stack([one.faces for one in gathered()])))
    write("voice", lambda: tables.VOICE.check(_stack([one.voice for one in gathered()])))
    write("turns", lambda: tables.TURNS.check(_stack([one.turns for one in gathered()])))
    write("windows", lambda: windows.table(gathered(), settings.window, settings.voice, settings.turn))


def _stack(parts):
    filled = [part for part in parts if len(part)] or parts[:1]
    return pd.concat(filled, ignore_index=True)


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


SPEECH = tables.Table("speech", "stretch of speech", tables.TURNS.columns[2:4])


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
        return _stack([rows.assign(person_id=who) for who, rows in own.items()]), "person_audio"
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
        return _stack(parts) if parts else voice.nothing().assign(person_id=""), trust
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
    return _stack(parts) if parts else mixed.iloc[:0].assign(person_id=""), trust


def _owned(frame, recording, table):
    """The rows of one recording with its id, promised columns first."""
    frame = frame.assign(recording_id=recording.recording_id)
    return frame[[*table.names, *(column for column in frame.columns if column not in table.names)]]


def _report(built, failed, jobs, errors, out, settings):
    table = tables.read(out / FILES["windows"], tables.WINDOWS)
    shared = {f"{recording.recording_id}_mixed" for recording in built}
    seconds, warnings = {}, []
    for job in jobs:
        record = json.loads(store.sidecar(job.part).read_text())
        seconds[job.stage] = round(seconds.get(job.stage, 0) + record["seconds"], 3)
        for warning in record["notes"].get("warnings", []):
            warnings.append(f"{job.name}: {warning}")
    for name in FILES:
        record = json.loads(store.sidecar(out / FILES[name]).read_text())
        seconds[f"{name} table"] = record["seconds"]
    failing = [job for job in _jobs_of(built, out) if job.part in errors]
    warnings += [f"{job.recording.recording_id}: {errors[job.part]}" for job in failing]
    return {
        "made_by": f"mien {__version__}",
        "settings": settings,
        "counts": {
            "recordings": len(built),
            "failed": len(failed),
            "people": len(set(table["person_id"]) - shared),
            "shared_tracks": len(set(table["person_id"]) & shared),
            "windows": len(table),
            "groups": int(table["group_id"].nunique()),
            "rows": {name: _n_rows(out / file) for name, file in FILES.items()},
        },
        "recordings": {recording.recording_id: _about(recording, jobs) for recording in built},
        "seconds": seconds,
        "missing": _missing(table),
        "warnings": list(dict.fromkeys(warnings)),
        "failed": failed,
        "sha256": {file: store.sha256(out / file) for file in FILES.values()},
    }


def _n_rows(path):
    return len(pd.read_parquet(path, columns=[]) if path.suffix == ".parquet" else pd.read_csv(path, usecols=[0]))


def _about(recording, jobs):
    mine = [job for job in jobs if job.recording.recording_id == recording.recording_id]
    stages = {f"{job.stage} {job.medium.person_id}".strip(): store.notes(job.part) for job in mine}
    return {
        "licence": recording.licence,
        "source": recording.source,
        "is_synthetic": recording.is_synthetic,
        "files": {medium.path.name: medium.kind for medium in recording.media},
        "stages": {name: {k: v for k, v in told.items() if k != "warnings"} for name, told in stages.items()},
    }


def _missing(table):
    """How many windows miss a value, by reason and column."""
    found = {}
    for cell in table.get("why", pd.Series(dtype=str)).dropna():
        for item in filter(None, cell.split("; ")):
            column, reason = item.split(": ")
            entry = found.setdefault(reason, {"means": tables.REASONS[reason], "windows_by_column": {}})
            entry["windows_by_column"][column] = entry["windows_by_column"].get(column, 0) + 1
    return found
