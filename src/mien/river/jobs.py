"""The pieces of work that a recording asks for, each on one file, each kept; done here or in several processes."""

import math
import multiprocessing
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from mien import face, media, people, recordings, sources, store, tables, turns, voice
from mien.river import clock, pool, sounds, stop
from mien.river.memory import give_back

ENOUGH_S = 0.5
"""A piece goes on for longer than a doubt lasts by this much: boxes are compared there, and times are rounded."""


@dataclass(frozen=True)
class Job:
    """One piece of work on one file of a recording: ``stage`` is faces, piece, voice, speech, clock or segments.

    The faces of a video are measured in *pieces* of time, each a job (``span`` is its time, seconds) that may run
    beside the others; the faces job comes after its ``pieces`` and joins them. A clock job holds the sound of its file
    ``against`` that of another.
    """

    stage: str
    recording: recordings.Recording
    medium: recordings.Medium
    part: Path
    span: tuple[float, float] = (0.0, math.inf)
    pieces: tuple["Job", ...] = ()
    against: Path | None = None

    @property
    def name(self):
        """How the job is called in a progress bar."""
        from_s = f"from {self.span[0]:.0f} s" if self.stage == "piece" else self.medium.person_id
        return f"{self.recording.recording_id}: {self.stage} {from_s}".rstrip()


def jobs_of(found, out, settings):
    """Every job of some recordings, whose parts lie below ``out``."""
    return [job for recording in found for job in _jobs(recording, out / "parts", settings)]


def _jobs(recording, parts, settings):
    folder = parts / store.file_name(recording.recording_id)
    own, shared = recording.of("person_audio"), recording.of("mixed_audio")
    videos = recording.of("video")
    jobs = [_faces(recording, medium, folder, settings.chunk_s) for medium in videos]
    if not own and not shared:
        shared = [recordings.Medium(medium.path, "mixed_audio") for medium in videos]
    whole = clock.reference(recording)
    for medium in own or shared:
        whose = f"-{store.file_name(medium.person_id)}" if medium.kind == "person_audio" else ""
        jobs.append(Job("voice", recording, medium, folder / f"voice{whose}.parquet"))
        jobs.append(Job("speech", recording, medium, folder / f"speech{whose}.csv"))
        if whole and whole.resolve() != medium.path.resolve():
            jobs.append(Job("clock", recording, medium, folder / f"clock{whose}.csv", against=whole))
    for medium in recording.of("segments") + recording.of("transcript") + recording.of("timeline"):
        jobs.append(Job("segments", recording, medium, folder / f"{medium.kind}.csv"))
    return jobs


def _faces(recording, medium, folder, chunk_s):
    whole = Job("faces", recording, medium, folder / "faces.parquet")
    edges = _edges(medium.path, chunk_s)
    pieces = [
        replace(whole, stage="piece", part=folder / f"faces-{start_s:.0f}s.pickle", span=(start_s, end_s))
        for start_s, end_s in pairwise(edges)
    ]
    return replace(whole, pieces=tuple(pieces))


def _edges(path, chunk_s):
    """Where a video is cut in time, seconds: every ``chunk_s`` where one can begin to decode; else nowhere."""
    try:
        length_s = media.probe(path).duration_s
        count = max(round(length_s / chunk_s), 1)
        cuts = [k * chunk_s for k in range(1, count)]
        return [0.0, *(cuts if cuts and media.can_begin_at(path, cuts[0]) else []), math.inf]
    except (media.MediaError, OSError):
        return [0.0, math.inf]  # the job that opens the file will say what is wrong with it


def is_silent(job):
    """Whether a job asks for the sound of a video that has none, which nobody listed as sound: no fault of a file."""
    if job.stage not in ("voice", "speech") or job.medium in job.recording.media or not job.medium.path.is_file():
        return False
    try:
        return not media.probe(job.medium.path).has_audio
    except media.MediaError:
        return False


def _causes(job, settings):
    file = _sha256(job.medium.path, job.medium.path.stat().st_mtime_ns)
    causes = {"file": file, "stage": job.stage}
    if job.stage == "segments":
        causes |= {"people": job.recording.known_names, "recording": job.recording.recording_id}
        return causes | {"code": store.code("tables", "turns")}
    if job.stage in ("faces", "piece"):
        seeing = store.code("media", "face", without=("face/features",))  # windows are measured from rows, later
        causes |= {"face": settings.face, "rate_hz": settings.rate_hz, "model": face.MODEL.sha256}
        causes |= {"chunk_s": settings.chunk_s, "warm_s": settings.warm_s, "code": seeing}
        joined = {"people": settings.people, "joining": store.code("people")}
        return causes | (joined if job.stage == "faces" else {"span": job.span})
    if job.stage == "clock":
        other = _sha256(job.against, job.against.stat().st_mtime_ns)
        return causes | {"against": other, "code": store.code("media", "river/clock")}
    return causes | {"voice": settings.voice, "code": store.code("media", "voice")}


@cache
def _sha256(path, changed_ns):
    """The hash of a file, taken once for all pieces of it that one process makes."""
    return store.sha256(path)


def run(job, settings, tick=lambda *_: None, whole=None):
    """Do one job unless its result is already kept; return the path of the result.

    A piece of a video (``whole`` is the job that joins it) is not made again where the whole is kept.
    """
    if not job.medium.path.is_file():
        raise recordings.RecordingError(
            f"{job.medium.path}: {'a folder' if job.medium.path.is_dir() else 'no such file'}; expected the "
            f"{job.medium.kind} of {job.recording.recording_id!r}"
        )
    if whole and store.is_current(whole.part, _causes(whole, settings)):
        return whole.part
    makers = {"faces": _make_faces, "voice": _make_voice, "speech": _make_speech, "segments": _make_segments}
    makers |= {"clock": _make_clock}
    make = makers.get(job.stage, _make_piece)
    made = store.kept(job.part, _causes(job, settings), lambda part: make(job, settings, part, tick))
    for piece in job.pieces:
        store.forget(piece.part)
    give_back()
    tick(job.name, 1, 1)
    return made


def _make_piece(job, settings, part, tick):
    told, (start_s, end_s) = {}, job.span
    info = media.probe(job.medium.path)
    if not info.has_video:
        raise media.MediaError(f"{job.medium.path}: no picture in this file; expected a video")
    span = {"start_s": max(start_s - settings.warm_s, 0.0), "end_s": end_s + settings.face.doubt_s + ENOUGH_S}
    pictures = media.pictures(job.medium.path, rate_hz=settings.rate_hz, told=told, **span)
    rows = face.extract(_ticking(pictures, job, info, tick), settings.face, sources.find(face.MODEL), told)
    pd.to_pickle(face.Piece(start_s, end_s, face.narrow(rows), told), part)
    return {}


def _make_faces(job, settings, part, tick):
    info = media.probe(job.medium.path)
    join, light, looks = face.Join(settings.face), [], []
    for piece in _pieces(job):
        rows = join.rows(piece)
        light.append(rows[[name for name in rows if not name.startswith("bs_")]])
        looks.append(join.album(piece))
    told = join.close()
    times = np.array(told.pop("frame_times_s"))
    tracks = pd.concat(light, ignore_index=True)
    tracks["track_end"] = tracks["track_id"].map(join.ends).astype(str)
    found, about = people.assign(tracks, times, settings.people, pd.concat(looks), told.pop("layout"))
    about["warnings"] = told.pop("warnings") + about["warnings"]
    with tables.writing(part) as write:
        for piece, names in zip(_pieces(job), join.named, strict=True):
            write(_whole_rows(piece.own(found), piece, names))
    rate = (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else np.nan
    shape = replace(info, path=Path(info.path.name))
    return told | about | {"media": shape, "sampled_frames": len(times), "sampled_rate_hz": float(rate)}


def _pieces(job):
    for piece in job.pieces:
        yield pd.read_pickle(piece.part)


def _whole_rows(found, piece, names):
    """The rows of people in one piece with the blendshapes, which were left aside while people were told apart."""
    shapes = piece.rows[["time_s", "track_id", *(name for name in piece.rows if name.startswith("bs_"))]]
    shapes = shapes.assign(track_id=shapes["track_id"].map(names)).dropna(subset="track_id")
    return found.merge(shapes, on=["time_s", "track_id"], how="left")


def _ticking(pictures, job, info, tick):
    start_s, end_s = job.span[0], min(job.span[1], info.duration_s)
    for number, (time_s, picture) in enumerate(pictures):
        if number % 25 == 0:
            tick(job.name, max(time_s - start_s, 0.0), end_s - start_s)
        yield time_s, picture


def _make_voice(job, settings, part, tick):
    told = {}
    with media.spooled(job.medium.path, part.parent, told=told) as sound:
        tick(job.name, 0.0, sound.duration_s)
        voice.frames(sound, settings.voice, told).to_parquet(part, index=False, row_group_size=sounds.GROUP_ROWS)
    return told | {"sound_start_s": sound.start_s, "sound_end_s": sound.end_s}


def _make_speech(job, settings, part, tick):
    told = {}
    with media.spooled(job.medium.path, part.parent, told=told) as sound:
        tick(job.name, 0.0, sound.duration_s)
        tables.write(voice.speech(sound, settings.voice, told), part)
    return {"sound_start_s": sound.start_s, "sound_end_s": sound.end_s}


def _make_clock(job, settings, part, tick):
    told = {}
    tables.write(clock.held_against(job.medium.path, job.against, told, part.parent), part)
    return told


def _make_segments(job, settings, part, tick):
    told = {}
    people, recording_id = job.recording.known_names or None, job.recording.recording_id
    segments = turns.read(job.medium.path, people, told, recording_id)
    segments = turns.apart(segments, recording_id, told.get("local_names", []))
    tables.write(turns.with_counts(segments, labels=job.medium.kind == "segments"), part)
    return told


def work(jobs, settings, workers, progress, told=None):
    """Run the jobs and their pieces, in this process or in several; return the errors by the part not made.

    ``told["warnings"]`` says where a process died or could not be started and the work went on without it.
    """
    steps = [step for job in jobs for step in (*((piece, job) for piece in job.pieces), (job, None))]
    if workers <= 1 or len(steps) <= 1:
        return _work_here(steps, settings, progress)
    if any(job.stage == "voice" for job in jobs):  # two processes that compile the same function can break each other
        voice.warm(lambda _: progress("pitch tracker (compiled once after installation)", 0, 1))
    others = multiprocessing.active_children()
    beside = pool.Pool(partial(_run_quietly, settings=settings), min(workers, len(steps)), progress)
    try:
        errors = _work_beside(steps, beside, progress)
        beside.close()
    except BaseException:  # Ctrl-C, or a disk that is full: what waits or runs is left for the next call
        stop.end(others, [job.part for job, _ in steps])
        raise
    if told is not None:
        told["warnings"] = beside.warnings
    return errors


def _work_beside(steps, beside, progress):
    done, errors, left, n = set(), {}, steps, 0
    while n < len(steps):
        ready = [step for step in left if all(piece.part in done for piece in step[0].pieces)]
        left = [step for step in left if step not in ready]
        for job, whole in ready:
            lacks = {piece.part: errors[piece.part] for piece in job.pieces if piece.part in errors}
            beside.submit(job, whole=whole, errors=lacks)
        for job, error in beside.answers():
            done.add(job.part)
            n += 1
            if error:
                errors[job.part] = error
            progress("files", n, len(steps))
    return errors


def _work_here(steps, settings, progress):
    errors = {}
    for number, (job, whole) in enumerate(steps, 1):
        error = _run_quietly(job, settings, progress, whole, errors)
        if error:
            errors[job.part] = error
        progress("files", number, len(steps))
    return errors


def _run_quietly(job, settings, tick=lambda *_: None, whole=None, errors=()):
    """Do one job; return what went wrong, '' if nothing. What a piece lacks, its whole lacks."""
    for piece in job.pieces:
        if piece.part in errors:
            return errors[piece.part]
    try:
        run(job, settings, tick, whole)
    except (media.MediaError, recordings.RecordingError, tables.TableError) as error:
        return str(error)
    except OSError as error:
        if error.errno in store.DISK_FAULTS:
            raise
        return f"{error.filename or job.medium.path}: {error.strerror or error}"
    return ""
