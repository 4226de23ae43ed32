"""`make bench`: how fast each stage is beside the barest way to do the same, in one run on this machine.

Only ratios are worth comparing between machines. Each pair is timed three times in turn; the medians are printed.
"""

import resource
import statistics
import tempfile
import time
from pathlib import Path

import av
import librosa
import mediapipe as mp
import numpy as np
from mediapipe.tasks.python import BaseOptions, vision
from rich.console import Console
from rich.table import Table
from sklearn.base import clone
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict

from mien import evidence, face, media, models, sources, synthetic, voice

SECONDS = 8.0


def timed(work):
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def beside(bare, ours, times=3):
    """Median seconds of both, measured in turn so that a busy moment hits both."""
    pairs = [(timed(bare), timed(ours)) for _ in range(times)]
    return [statistics.median(column) for column in zip(*pairs, strict=True)]


def decode_bare(path):
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def landmarks_bare(pictures, rate_hz=25):
    """The bare loop: one landmarker on the left tile of decoded frames, nothing found, followed, checked or kept."""
    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(sources.find(face.MODEL))),
        running_mode=vision.RunningMode.VIDEO,
        output_face_blendshapes=True,
        output_facial_transformation_matrixes=True,
    )
    with vision.FaceLandmarker.create_from_options(options) as landmarker:
        for number, picture in enumerate(pictures):
            image = mp.Image(image_format=mp.ImageFormat.SRGB, data=picture)
            landmarker.detect_for_video(image, round(1000 * number / rate_hz))


def permute_bare(windows, target, times):
    """The straightforward loop: the whole pipeline fitted anew in every fold of every permutation."""
    columns = windows.filter(regex="^(face|voice|turn)_")
    model = models.make("logistic", ["face", "voice", "turn"])
    rng = np.random.default_rng(0)
    for _ in range(times):
        labels = rng.permutation(windows[target])
        cross_val_predict(clone(model), columns, labels, groups=windows["group_id"], cv=LeaveOneGroupOut())


def rows(folder):
    """Yield (what, size, bare seconds, our seconds) for each stage."""
    settings = synthetic.ConversationSettings(duration_s=max(SECONDS, 10.0))
    synthetic.write_recording(folder, settings)
    film = folder / "gallery.mp4"
    pictures = [picture for _, picture in media.frames(film)]
    yield (
        "decode 720p with true times / PyAV loop",
        f"{len(pictures)} frames",
        *beside(lambda: decode_bare(film), lambda: list(media.frames(film))),
    )
    tile = [np.ascontiguousarray(picture[:, :640]) for picture in pictures]
    clock = [(number / 25, picture) for number, picture in enumerate(tile)]
    yield (
        "one face: find, follow, measure / bare landmarker",
        f"{len(tile)} frames",
        *beside(lambda: landmarks_bare(tile), lambda: face.extract(clock)),
    )
    sound = media.sound(next((folder / "Audio Record").glob("*.wav")))
    how = {"sr": 16000, "fmin": 65, "fmax": 500, "frame_length": 1024, "hop_length": 160}
    voice.warm(lambda words: None)
    talk = np.resize(sound.samples, 30 * 16000)
    yield (
        "mien.voice.pyin / librosa.pyin",
        "30 s of sound",
        *beside(lambda: librosa.pyin(talk, **how), lambda: voice.pyin(talk, **how)),
    )
    yield (
        "voice: pitch, level, timbre / librosa.pyin alone",
        f"{sound.duration_s:.0f} s of sound",
        *beside(lambda: librosa.pyin(sound.samples, **how), lambda: voice.frames(sound)),
    )
    windows = synthetic.label_table(n_people=24, n_windows=20, effect=1.0, name="bench")
    asked = evidence.EvidenceSettings(n_permutations=5, n_bootstrap=1)
    yield (
        "5 permutations, 24 people held out one by one / scikit-learn loop",
        f"{len(windows)} windows",
        *beside(
            lambda: permute_bare(windows, "label_synthetic", 5),
            lambda: evidence.evaluate(windows, "label_synthetic", "face+voice+turn", "logistic", asked),
        ),
    )


def main():
    table = Table("stage", "size", "bare (s)", "mien (s)", "bare ÷ mien")
    with tempfile.TemporaryDirectory() as folder:
        for what, size, bare, ours in rows(Path(folder)):
            table.add_row(what, size, f"{bare:.2f}", f"{ours:.2f}", f"{bare / ours:.2f}")
    console = Console(width=120)
    console.print(table)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    console.print(f"peak memory of this run: {peak_mb:.0f} MB (it holds {SECONDS:.0f} s or more of decoded frames)")


if __name__ == "__main__":
    main()
