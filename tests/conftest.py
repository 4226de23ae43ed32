"""What the tests share: where the optional research data lies, and a home for what they build."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

WORKER = os.environ.get("PYTEST_XDIST_WORKER")
if WORKER:
    # numba compiles once and keeps the result; two processes that keep the same function in the same moment can leave a
    # broken one, and whoever loads it dies (seen: a segmentation fault in librosa's localmin). Each has its own place.
    os.environ.setdefault("NUMBA_CACHE_DIR", str(ROOT / ".pytest_cache" / "numba" / WORKER))


@pytest.fixture(scope="session")
def shared():
    """The folder of research recordings used in development; the product does not need it."""
    folder = Path(os.environ.get("MIEN_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip(f"no research recordings at {folder}; set MIEN_SHARED to run this test")
    return folder


@pytest.fixture(scope="session")
def talk(tmp_path_factory):
    """A short SYNTHETIC meeting folder: two people side by side, a file per voice, the truth beside it."""
    from mien import synthetic

    folder = tmp_path_factory.mktemp("meetings") / "talk"
    small = synthetic.ConversationSettings(duration_s=16.0, width_px=640, height_px=320, face_width_px=110.0)
    synthetic.write_recording(folder, small)
    return folder


@pytest.fixture(scope="session")
def small_study(tmp_path_factory):
    """The default study, made small: a short SYNTHETIC recording, the committed real tables, few permutations."""
    from mien import evidence, river, study, synthetic, windows

    root = tmp_path_factory.mktemp("study")
    (root / "data").mkdir()
    made_elsewhere = ("*_windows.csv", "voice_praat.csv", "lip_lag.csv", *study.questions.FILES.values())
    made_elsewhere += ("media_sha256.csv", "verdict_rules.yaml")
    for table in [path for kind in made_elsewhere for path in (ROOT / "data").glob(kind)]:
        (root / "data" / table.name).write_bytes(table.read_bytes())
    (root / "data" / "recordings.csv").write_bytes((ROOT / "data" / "recordings.csv").read_bytes())
    settings = study.StudySettings(
        conversation=synthetic.ConversationSettings(duration_s=16.0, width_px=640, height_px=320, face_width_px=110.0),
        river=river.RiverSettings(
            rate_hz=5.0, window=windows.WindowSettings(length_s=4.0, hop_s=4.0, calibration_s=4.0)
        ),
        instrument=study.InstrumentSettings(
            scripts=1, looks=(0, 5), few=(5,), axes={"face width": ("px", "face_px", (60.0,))}, together={}
        ),
        voices=study.VoiceTrialSettings(
            scripts=2, few=2, voices=("male",), axes={"noise": ("dB over noise", "snr_db", (10.0,))}, together={}
        ),
        evidence=evidence.EvidenceSettings(n_permutations=9, n_repeats=1, n_bootstrap=200),
    )
    small = study.Study(root, settings)
    small.record()
    small.build()
    small.try_faces()
    small.try_voices()
    small.judge()
    small.draw()
    return small


def pytest_collection_modifyitems(items):
    """Keep a file's tests in one process, and those of the study together, so that what they share is made once."""
    for item in items:
        together = "study" if item.path.stem in ("test_study", "test_notebooks") else item.path.stem
        item.add_marker(pytest.mark.xdist_group(together))
