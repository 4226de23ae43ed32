"""`make bench`: how fast each stage is beside the barest way to do the same, in one run on this machine.

Only ratios are worth comparing between machines, and only if nothing else runs. What is compared is timed in turn,
three times; the medians are printed. All pictures are synthetic. `make bench` takes about ten minutes on two cores,
most of them for three hours of video; MIEN_BENCH_HOURS sets another length.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path

import av
import cv2
import librosa
import mediapipe as mp
import numpy as np
from mediapipe.tasks.python import BaseOptions, vision
from rich.console import Console
from rich.table import Table
from sklearn.base import clone
from sklearn.metrics import roc_auc_score

from mien import corpora, evidence, face, media, models, recordings, river, scores, sources, store, synthetic, voice
from mien.edits import floor
from mien.river import jobs

SECONDS = 10.0
"""How long the synthetic film is; longer ones repeat it."""

FILM_S, PIECE_S, BARE_S = 300.0, 75.0, 60.0
"""The film that is measured, its pieces (two for each of two workers), and how much of it the bare loop is given."""


PERMUTED = "label_synthetic/face+voice+turn/logistic"
"""The question whose permutations are timed."""


def timed(work):
    """Seconds that a piece of work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def beside(*works, times=3):
    """Median seconds of each, measured in turn so that a busy moment hits all."""
    rounds = [[timed(work) for work in works] for _ in range(times)]
    return [statistics.median(column) for column in zip(*rounds, strict=True)]


# ---- films ----------------------------------------------------------------------------------------------------------


def repeated(source, target, seconds):
    """A film whose packets are written again and again, later each time, until it is long enough; cheap."""
    with av.open(str(source)) as read, av.open(str(target), "w") as write:
        stream = read.streams.video[0]
        packets = [(bytes(p), p.pts, p.dts, p.is_keyframe) for p in read.demux(stream) if p.dts is not None]
        length, out = stream.duration, write.add_stream_from_template(stream)
        for turn in range(round(seconds / float(length * stream.time_base))):
            for data, pts, dts, is_keyframe in packets:
                packet = av.Packet(data)
                packet.stream, packet.time_base, packet.is_keyframe = out, stream.time_base, is_keyframe
                packet.pts, packet.dts = pts + turn * length, dts + turn * length
                write.mux(packet)
    return target


def one_face(pictures):
    """The left half of the gallery beside a plain wall: 1280 × 720 with one face."""
    for picture in pictures:
        picture = picture.copy()
        picture[:, picture.shape[1] // 2 :] = picture[4, 4]
        yield picture


def two_by_two(pictures):
    """The gallery's two tiles, and both again below with a shift in brightness: 1280 × 720 with four faces."""
    for picture in pictures:
        row = cv2.resize(picture, (1280, 720), interpolation=cv2.INTER_AREA)[180:540]
        yield np.concatenate([row, cv2.convertScaleAbs(row[:, ::-1], alpha=0.8)])


def small(pictures):
    """The same at 480 × 270, every third: the least that has a face, for the memory of hours."""
    for picture in islice(one_face(pictures), None, None, 3):
        yield cv2.resize(picture, (480, 270), interpolation=cv2.INTER_AREA)


# ---- the bare ways --------------------------------------------------------------------------------------------------


def decode_bare(path):
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def landmarks_bare(pictures, times=1, rate_hz=25):
    """The bare loop: one landmarker on decoded frames in memory; nothing found, followed, checked or kept."""
    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(sources.find(face.MODEL))),
        running_mode=vision.RunningMode.VIDEO,
        output_face_blendshapes=True,
        output_facial_transformation_matrixes=True,
    )
    with vision.FaceLandmarker.create_from_options(options) as landmarker:
        for number, picture in enumerate(pictures * times):
            image = mp.Image(image_format=mp.ImageFormat.SRGB, data=picture)
            landmarker.detect_for_video(image, round(1000 * number / rate_hz))


def permute_bare(windows, target, numbers):
    """The straightforward loop of a null world: labels moved, folds drawn, the whole pipeline fitted in every fold.

    Returns the mean area under the curve over the repeats of the folds in each world.
    """
    given, settings = evidence.checks.cases(windows, target), evidence.EvidenceSettings()
    columns = windows.filter(regex="^(face|voice|turn)_")
    model = models.make("logistic", ["face", "voice", "turn"])
    how, reached = evidence.nulls.null(given.windows, given.codes, given.groups), []
    for number in numbers:
        labels = evidence.nulls.moved(given.codes, how, store.rng(f"evidence/null/{PERMUTED}/{number}", settings.seed))
        folds = evidence.splits.repeats(labels, given.groups, settings)
        areas = []
        for plan in folds:
            told = np.zeros(len(labels))
            for train, test in plan:
                fitted = clone(model).fit(columns.iloc[train], labels[train])
                told[test] = fitted.predict_proba(columns.iloc[test])[:, 1]
            areas.append(roc_auc_score(labels, told.round(evidence.splits.DECIMALS)))
        reached.append(np.mean(areas))
    return np.array(reached)


def permuting(times=999, slow=2):
    """The row of permutations: ours in all worlds, the bare loop in a few; both must give the same scores."""
    windows = synthetic.label_table(60, 40, 0.3, n_features=100, target_kind="person", name="bench")
    given, settings = evidence.checks.cases(windows, "label_synthetic"), evidence.EvidenceSettings()
    settings = replace(settings, n_permutations=times, n_gap_worlds=0)
    columns = evidence.checks.signal_columns(given, "face+voice+turn")
    model, kept = models.make("logistic", ["face", "voice", "turn"]), {}

    def ours():
        kept["ours"] = evidence.nulls.null_scores(model, columns, given, settings, name=PERMUTED, workers=2)

    bare = timed(lambda: kept.update(bare=permute_bare(windows, "label_synthetic", range(slow)))) * times / slow
    fast = timed(ours)
    off = np.abs(kept["ours"]["auc"].to_numpy()[:slow] - kept["bare"]).max()
    assert off < 1e-6, f"areas under the curve differ by {off:.1e}"
    size = f"{times} permutations, {len(windows)} windows, 25 fits each"
    yield "logistic regression permuted, seconds on 2 cores", size, f"{fast:.0f}", "≤ 60"
    yield "scikit-learn loop on 1 core ÷ ours on 2", f"{slow} of them, scaled", f"{bare / fast:.1f}", "≥ 20"


# ---- ours -----------------------------------------------------------------------------------------------------------


def faces_of(film, rate_hz, workers, chunk_s):
    """The faces part of `mien build`: from the file to the kept table of people."""
    settings = river.RiverSettings(rate_hz=rate_hz, chunk_s=chunk_s)
    with tempfile.TemporaryDirectory() as out:
        (job,) = [job for job in jobs.jobs_of(recordings.read(film), Path(out), settings) if job.stage == "faces"]
        errors = jobs.work([job], settings, workers, lambda *_: None)
        assert not errors, errors


BUILD = """
import resource, sys
from mien.__main__ import main
main(["build", sys.argv[1], "--out", sys.argv[2], "--workers", "2"])
print(sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024)
"""


def peak_mb(film):
    """Peak memory of `mien build` with two workers: of the process itself and of its largest worker, together."""
    with tempfile.TemporaryDirectory() as out:
        told = subprocess.run([sys.executable, "-c", BUILD, str(film), out], capture_output=True, text=True, check=True)
    return float(told.stdout.split()[-1])


def seeing(folder, film):
    """Rows of (what, size, value, target) of the pixels' way from a file to people."""
    pictures = [picture for _, picture in media.frames(film)]
    one = media.write_video(folder / "one.mp4", one_face(pictures), 25)
    long_one = repeated(one, folder / "one_long.mp4", FILM_S)
    four = media.write_video(folder / "four.mp4", two_by_two(pictures), 25)
    long_four = repeated(four, folder / "four_long.mp4", FILM_S)
    frames, turns = list(one_face(pictures)), round(BARE_S / SECONDS)
    bare, alone, both, gallery = beside(
        lambda: landmarks_bare(frames, turns),
        lambda: faces_of(long_one, None, 1, FILM_S),
        lambda: faces_of(long_one, None, 2, PIECE_S),
        lambda: faces_of(long_four, 10.0, 2, PIECE_S),
    )
    rate, bare = len(frames) * turns / bare, bare * FILM_S / BARE_S
    one, four = (f"{FILM_S:.0f} s of 720p, {hz} a second" for hz in (25, 10))
    yield "bare landmarker, decoded frames in memory", f"{BARE_S:.0f} s", f"{rate:.0f} frames a second", ""
    yield "one face, every frame, 1 worker ÷ bare landmarker", one, f"{bare / alone:.2f}", "≥ 0.9"
    yield "one face, every frame, 2 workers ÷ bare landmarker", one, f"{bare / both:.2f}", "≥ 1.8"
    yield "one face, every frame, 2 workers ÷ 1 worker", one, f"{alone / both:.2f}", ""
    yield "2×2 gallery, 2 workers, × real time", four, f"{FILM_S / gallery:.1f}", "≥ 6"


def remembering(folder, film):
    """The row of memory: hours of video beside three minutes of it."""
    hours = float(os.environ.get("MIEN_BENCH_HOURS", "3"))
    short = media.write_video(folder / "small.mp4", small(picture for _, picture in media.frames(film)), 25 / 3)
    peaks = [peak_mb(repeated(short, folder / f"{s:.0f}.mp4", s)) for s in (180.0, hours * 3600)]
    size = f"{peaks[0]:.0f} and {peaks[1]:.0f} MB"
    yield f"peak memory of mien build, {hours:g} h of video ÷ 3 min", size, f"{peaks[1] / peaks[0]:.2f}", "< 1.2"


CLIPS = 100
"""Clips of each corpus on which both pitch trackers are held against each other."""


def same_pitch(how):
    """Rows: the share of frames of real clips in which mien's pYIN says what librosa's says, to the last digit.

    Pitch is compared in unvoiced frames too, where both only guess (``fill_na=None``): there ties would show.
    """
    home = Path(os.environ.get("MIEN_SHARED", "../shared")) / "data"
    for corpus, pattern in (("ravdess", "*/*.flac"), ("emodb", "wav/*.flac")):
        paths = sorted((home / corpus).glob(pattern))
        paths = paths[:: max(len(paths) // CLIPS, 1)][:CLIPS]
        frames = same = 0
        for path in paths:
            y = media.sound(path).samples
            both = [track(y, fill_na=None, **how) for track in (librosa.pyin, voice.pyin)]
            pitch, voiced, chance = zip(*both, strict=True)
            equal = [pitch[0] == pitch[1], voiced[0] == voiced[1], np.isclose(*chance, rtol=0, atol=1e-12)]
            frames, same = frames + equal[0].size, same + int(np.all(equal, axis=0).sum())
        if paths:
            yield f"pYIN: frames as librosa's, {corpus}", f"{len(paths)} clips", f"{same} of {frames}", "all"


def listening(folder, film):
    """Rows of decoding, voice and permutations, each beside the barest way: the ratio of the seconds."""
    bare, ours = beside(lambda: decode_bare(film), lambda: list(media.frames(film)))
    yield "PyAV loop ÷ media.frames, 720p with true times", f"{SECONDS:.0f} s of video", f"{bare / ours:.2f}", ""
    sound = media.sound(next((folder / "Audio Record").glob("*.wav")))
    how = {"sr": 16000, "fmin": 65, "fmax": 500, "frame_length": 1024, "hop_length": 160}
    voice.warm(lambda words: None)
    talk = np.resize(sound.samples, 30 * 16000)
    bare, ours = beside(lambda: librosa.pyin(talk, **how), lambda: voice.pyin(talk, **how))
    yield "librosa.pyin ÷ mien.voice.pyin", "30 s of sound", f"{bare / ours:.2f}", "≥ 8"
    yield from same_pitch(how)
    bare, ours = beside(lambda: librosa.pyin(sound.samples, **how), lambda: voice.frames(sound))
    yield "librosa.pyin ÷ pitch, level, timbre", f"{sound.duration_s:.0f} s of sound", f"{bare / ours:.2f}", ""


def editing(n_edits=1000):
    """Rows: 1,000 edits of real timelines, scored by both profiles; in all, and as if of each of the 273."""
    from mien.study.score import sweep
    from mien.turns import anchors

    home, talks = Path(os.environ.get("MIEN_SHARED", "../shared")) / "data", []
    for name, folder in (("ami", "ami_rttm"), ("gap", "gap"), ("mrda", "mrda")):
        corpus = corpora.named(name)
        paths = corpus.recordings(home / folder)["path"] if (home / folder).is_dir() else []
        talks += [floor.Speech.of(floor.joined(anchors.from_first_word(corpus.segments(p, {})))) for p in paths]
    if not talks:
        return
    norms = scores.norms("ami_each_v1")
    changes = [one for one in sweep.SWEEP if not one.everybody]

    def edit(number):
        talk, change = talks[number % len(talks)], changes[number % len(changes)]
        b = (talk.people[number % len(talk.people)],)
        edited = change.of(talk, b, float(talk.end_s.max()), str(number))
        found = np.full(3, np.nan) if edited is None else floor.components(*edited[:1], b, edited[1])[0]
        return scores.norm_referenced(found, norms), scores.fixed_curve(found)

    edit(0)
    seconds = timed(lambda: [edit(number) for number in range(n_edits)])
    yield "edits of timelines, both profiles", f"{n_edits} over {len(talks)} meetings", f"{seconds:.1f} s", "≤ 120"
    every = seconds * len(talks) / 2 / 60
    yield "the same of each meeting, two cores (extrapolated)", f"{n_edits} × {len(talks)}", f"{every:.1f} min", ""


def main():
    console, table = Console(width=120), Table("what", "size", "value", "target")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        synthetic.write_recording(folder, synthetic.ConversationSettings(duration_s=SECONDS))
        for stage in (seeing, listening, lambda *_: editing(), lambda *_: permuting(), remembering):
            for row in stage(folder, folder / "gallery.mp4"):
                console.print(" · ".join(filter(None, row)))
                table.add_row(*row)
    console.print(table)
    loads = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    console.print(f"{os.cpu_count()} cores; load over 1, 5 and 15 minutes at the end: {loads} (2 are ours)")


if __name__ == "__main__":
    main()
