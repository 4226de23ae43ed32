"""The pieces of work that a recording asks for, each on one file, each kept; done here or in several processes."""

import multiprocessing
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mien import face, media, people, recordings, sources, store, tables, turns, voice
from mien.river import stop


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


def jobs_of(found, out):
    """Every job of some recordings, whose parts lie below ``out``."""
    return [job for recording in found for job in _jobs(recording, out / "parts")]


def _jobs(recording, parts):
    folder = parts / store.file_name(recording.recording_id)
    own, shared = recording.of("person_audio"), recording.of("mixed_audio")
    videos = recording.of("video")
    jobs = [Job("faces", recording, medium, folder / "faces.parquet") for medium in videos]
    if not own and not shared:
        shared = [recordings.Medium(medium.path, "mixed_audio") for medium in videos]
    for medium in own or shared:
        whose = f"-{store.file_name(medium.person_id)}" if medium.kind == "person_audio" else ""
        jobs.append(Job("voice", recording, medium, folder / f"voice{whose}.parquet"))
        jobs.append(Job("speech", recording, medium, folder / f"speech{whose}.csv"))
    for medium in recording.of("segments") + recording.of("transcript"):
        jobs.append(Job("segments", recording, medium, folder / f"{medium.kind}.csv"))
    return jobs


def is_silent(job):
    """Whether a job asks for the sound of a video that has none, which nobody listed as sound: no fault of a file."""
    if job.stage not in ("voice", "speech") or job.medium in job.recording.media or not job.medium.path.is_file():
        return False
    try:
        return not media.probe(job.medium.path).has_audio
    except media.MediaError:
        return False


def _causes(job, settings):
    causes = {"file": store.sha256(job.medium.path), "stage": job.stage}
    if job.stage == "segments":
        causes |= {"people": job.recording.person_ids, "recording": job.recording.recording_id}
        return causes | {"code": store.code("tables", "turns")}
    if job.stage == "faces":
        rooms = store.code("media", "face", "people", without=("face/features",))  # made from rows, later
        causes |= {"face": settings.face, "people": settings.people, "rate_hz": settings.rate_hz}
        return causes | {"model": face.MODEL.sha256, "code": rooms}
    return causes | {"voice": settings.voice, "code": store.code("media", "voice")}


def run(job, settings, tick=lambda *_: None):
    """Do one job unless its result is already kept; return the path of the result."""
    if not job.medium.path.is_file():
        raise recordings.RecordingError(
            f"{job.medium.path}: {'a folder' if job.medium.path.is_dir() else 'no such file'}; expected the "
            f"{job.medium.kind} of {job.recording.recording_id!r}"
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
    pictures = media.pictures(job.medium.path, rate_hz=settings.rate_hz, told=told)
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
    people, recording_id = job.recording.person_ids or None, job.recording.recording_id
    segments = turns.read(job.medium.path, people, told, recording_id)
    tables.write(turns.apart(segments, recording_id, told.get("local_names", [])), part)
    return told


def work(jobs, settings, workers, progress):
    """Run the jobs, in this process or in several; return the errors by the part that was not made."""
    if workers <= 1 or len(jobs) <= 1:
        return _work_here(jobs, settings, progress)
    errors = {}
    context = multiprocessing.get_context("spawn")  # MediaPipe's threads do not survive a fork
    # No max_tasks_per_child: with it Python 3.11 may wait for ever (CPython issue 115634).
    n = min(workers, len(jobs))
    with context.Manager() as manager, ProcessPoolExecutor(n, context, initializer=stop.not_heard) as pool:
        ticks, others = manager.Queue(), multiprocessing.active_children()
        with stop.held_back():
            waiting = {pool.submit(_run_quietly, job, settings, Ticks(ticks)): job for job in jobs}
        try:
            while waiting:
                done, _ = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
                for answer in done:
                    job = waiting.pop(answer)
                    if answer.result():
                        errors[job.part] = answer.result()
                    progress("files", len(jobs) - len(waiting), len(jobs))
                while not ticks.empty():
                    progress(*ticks.get())
        except BaseException:  # Ctrl-C, or a disk that is full: what waits or runs is left for the next call
            pool.shutdown(wait=False, cancel_futures=True)
            stop.end(others, [job.part for job in jobs])
            raise
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
    except (media.MediaError, recordings.RecordingError, tables.TableError) as error:
        return str(error)
    except OSError as error:
        if error.errno in store.DISK_FAULTS:
            raise
        return str(error)
    return ""
