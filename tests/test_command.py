"""The ``mien`` command: what it prints, what it returns, and one clear error for what it can't do."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from mien import __main__ as command
from mien import media, synthetic, tables


@pytest.fixture
def said(capsys):
    def run(*words):
        code = command.main([str(word) for word in words])
        out = capsys.readouterr()
        return code, out.out, out.err

    return run


@pytest.fixture
def sounds(tmp_path):
    rng = np.random.default_rng(0)
    folder = tmp_path / "sounds"
    folder.mkdir()
    for name in ("one", "two"):
        media.write_sound(folder / f"{name}.wav", (0.05 * rng.standard_normal(32000)).astype("float32"), 16000)
    return folder


def test_the_module_and_the_command_are_one():
    done = subprocess.run([sys.executable, "-m", "mien", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("mien 0.")


def test_build_says_what_it_built_and_draw_draws_it(said, sounds, tmp_path):
    code, out, _ = said("build", sounds, "--out", tmp_path / "out", "--workers", 1, "--window-s", 1)
    assert code == 0
    assert out.startswith("2 recordings, 0 people, 2 tracks that people share, 4 windows")
    code, out, _ = said("draw", tmp_path / "out", "--recording", "two", "--end-s", 2)
    assert code == 0
    assert (tmp_path / "out" / "ribbon_two.png").stat().st_size > 1000
    code, _, err = said("draw", tmp_path / "out", "--recording", "three")
    assert (code, "no recording 'three'; it holds one, two" in err) == (2, True)


def test_a_batch_with_a_failure_returns_1_and_names_it(said, sounds, tmp_path):
    (sounds / "bad.wav").write_bytes(b"")
    code, out, err = said("build", sounds, "--out", tmp_path / "out", "--workers", 1)
    assert code == 1
    assert "2 recordings" in out
    assert "not built: bad:" in err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["build", "no_such_film.mp4", "--out", "x"], "no_such_film.mp4: no such file or folder"),
        (["build", ".", "--corpus", "ravdes", "--out", "x"], "did you mean 'ravdess'"),
        (["evaluate", "--windows", "none.csv", "--target", "label_x", "--out", "x"], "none.csv: no such file"),
        (["draw", "nothing_here"], "no such file; expected the table"),
    ],
)
def test_what_cannot_be_done_is_one_clear_error(said, tmp_path, monkeypatch, words, expected):
    monkeypatch.chdir(tmp_path)
    code, _, err = said(*words)
    assert code == 2
    assert expected in err
    assert "Traceback" not in err


def test_evaluate_writes_what_it_found_and_says_it(said, tmp_path):
    windows = synthetic.label_table(n_people=12, n_windows=10, effect=2.0, name="command")
    tables.write(windows, tmp_path / "windows.csv")
    words = ["--target", "label_synthetic", "--signals", "face,voice", "--permutations", 19, "--workers", 1]
    code, out, _ = said("evaluate", "--windows", tmp_path / "windows.csv", "--out", tmp_path / "judged", *words)
    assert code == 0
    assert "SYNTHETIC windows, no evidence about people: label_synthetic from face+voice (logistic)" in out
    rows = tables.read(tmp_path / "judged" / "evidence.csv", tables.EVIDENCE)
    assert set(rows["model"]) >= {"logistic", "forest", "B0_majority"}
    told = tables.read(tmp_path / "judged" / "predictions.csv", tables.PREDICTIONS)
    assert len(told.query("model == 'logistic'")) == 120
    report = json.loads((tmp_path / "judged" / "report.json").read_text())
    assert report["settings"]["n_permutations"] == 19


def test_evaluate_refuses_a_table_without_groups(said, tmp_path):
    windows = synthetic.label_table(n_people=6, n_windows=4, effect=0.0, name="command").drop(columns="group_id")
    windows.to_csv(tmp_path / "windows.csv", index=False)
    words = ["--target", "label_synthetic", "--signals", "voice", "--out", tmp_path / "x"]
    code, _, err = said("evaluate", "--windows", tmp_path / "windows.csv", *words)
    assert (code, "no column 'group_id'" in err) == (2, True)


def test_fetch_says_where_the_model_is_and_that_it_was_checked(said):
    code, out, _ = said("fetch")
    assert code == 0
    assert "face_landmarker.task (sha256 checked" in out


def test_a_fault_of_ours_keeps_its_traceback(monkeypatch):
    def fault(asked):
        raise ZeroDivisionError

    monkeypatch.setattr(command, "_fetch", fault)
    with pytest.raises(ZeroDivisionError):
        command.main(["fetch"])


def test_stopping_is_no_traceback(said, monkeypatch):
    def stop(asked):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "_fetch", stop)
    code, _, err = said("fetch")
    assert (code, "goes on where it was" in err) == (130, True)


def test_a_table_of_recordings_is_built(said, sounds, tmp_path):
    row = {"kind": "person_audio", "licence": "CC0", "source": "made up", "label_mood": "calm"}
    rows = [row | {"recording_id": n, "path": f"{n}.wav", "person_id": f"p_{n}"} for n in ("one", "two")]
    pd.DataFrame(rows).to_csv(sounds / "recordings.csv", index=False)
    assert said("build", sounds, "--out", tmp_path / "out", "--workers", 1)[0] == 0
    made = tables.read(tmp_path / "out" / "windows.csv", tables.WINDOWS)
    assert made["label_mood"].tolist() == ["calm", "calm"]
