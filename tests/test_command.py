"""The ``mien`` command: what it prints, what it returns, and one clear error for what it can't do."""

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mien import __main__ as command
from mien import evidence, media, synthetic, tables


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
        (["draw", "nothing_here"], "expected a folder made by `mien build … --out nothing_here`; found no such folder"),
        (["build", "a.csv", "--out", "x"], "no rows below the header"),
        (["build", "a.wav", "--out", "a.wav"], "a.wav: File exists; a file is in the place of the folder"),
        (["build", "a.wav", "--out", "a.wav/x"], "a part of this path is a file; name a folder"),
        (["build", "a.wav", "--out", "n" * 300], "File name too long; name a shorter path"),
        (["build", "a.wav", "--out", "x", "--window-s", "0.01"], "length_s is 0.01 s; expected 0.3 s or more"),
        (["build", "a.wav", "--out", "x", "--calibration-s", "0.2"], "calibration_s is 0.2 s; expected 1 s or more"),
        (
            ["evaluate", "--windows", "here", "--target", "label_x", "--out", "x"],
            "here: a folder; expected the file win",
        ),
        (["draw", "here"], "expected a folder made by `mien build … --out here`; found no report.json in it"),
    ],
)
def test_what_cannot_be_done_is_one_clear_error(said, tmp_path, monkeypatch, words, expected):
    monkeypatch.chdir(tmp_path)
    Path("a.wav").write_bytes(b"")
    Path("a.csv").write_text(",".join(tables.RECORDINGS.names))
    Path("here").mkdir()
    code, _, err = said(*words)
    assert code == 2
    assert expected in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--window-s", "0,5"], "0,5 is not a number, 0 or more, such as 2.5"),
        (["--window-s", "0"], "0 is not a positive number"),
        (["--fps", "nan"], "nan is not a number, 0 or more"),
        (["--workers", "²"], "² is not a whole number"),
        (["--out", ""], "an empty path; expected a file or folder"),
    ],
)
def test_a_number_that_is_none_is_named(said, capsys, words, expected):
    with pytest.raises(SystemExit):
        said("build", "a.wav", "--out", "x", *words)
    assert expected in capsys.readouterr().err


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


def test_evaluate_connects_people_and_recordings_where_a_table_has_no_groups(said, tmp_path):
    windows = synthetic.label_table(n_people=6, n_windows=4, effect=0.0, name="command", people_per_group=2)
    windows.drop(columns="group_id").to_csv(tmp_path / "windows.csv", index=False)
    words = ["--target", "label_synthetic", "--signals", "voice", "--permutations", 0, "--models", "logistic"]
    code, out, _ = said("evaluate", "--windows", tmp_path / "windows.csv", "--out", tmp_path / "x", *words)
    assert (code, "group_id: computed from person_id and recording_id" in out) == (0, True)
    told = tables.read(tmp_path / "x" / "predictions.csv", tables.PREDICTIONS)
    assert told["group_id"].nunique() == 3
    assert "C1_detectable: not assessable" in out  # nobody said where the labels come from


def test_evaluate_refuses_a_table_from_which_groups_cannot_be_known(said, tmp_path):
    windows = synthetic.label_table(n_people=6, n_windows=4, effect=0.0, name="command")
    windows.drop(columns=["group_id", "person_id"]).to_csv(tmp_path / "windows.csv", index=False)
    words = ["--target", "label_synthetic", "--signals", "voice", "--out", tmp_path / "x"]
    code, _, err = said("evaluate", "--windows", tmp_path / "windows.csv", *words)
    assert (code, "no column 'person_id'" in err) == (2, True)


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


def test_a_recording_built_without_one_of_its_files_returns_1_and_names_it(said, sounds, tmp_path):
    row = {"kind": "person_audio", "licence": "CC0", "source": "made up", "recording_id": "r"}
    rows = [row | {"path": f"{n}.wav", "person_id": n} for n in ("one", "gone")]
    pd.DataFrame(rows).to_csv(sounds / "recordings.csv", index=False)
    code, out, err = said("build", sounds, "--out", tmp_path / "out", "--workers", 1)
    assert (code, out[:12]) == (1, "1 recording,")
    assert re.search(r"not used: r: .*gone\.wav: no such file; expected the person_audio of 'r'", err)


def test_a_meeting_that_cannot_be_read_is_named_and_the_others_are_built(said, sounds, tmp_path):
    meetings = tmp_path / "meetings"
    for name in ("first [final]", "second"):
        (meetings / name).mkdir(parents=True)
        shutil.copy(sounds / "one.wav", meetings / name / "one.wav")
    (meetings / "broken").mkdir()
    for name in ("a.wav", "b.wav", "t.vtt"):
        (meetings / "broken" / name).write_bytes(b"")
    code, out, err = said("build", meetings, "--out", tmp_path / "out", "--workers", 1)
    assert (code, out[:12]) == (1, "2 recordings")
    assert re.search("not built: broken: .*broken: 2 mixed sounds in one recording", err)


def test_draw_refuses_a_span_with_nothing_in_it_and_a_name_that_is_not_there(said, sounds, tmp_path):
    said("build", sounds, "--out", tmp_path / "out", "--workers", 1)
    for words in (["--start-s", 5, "--end-s", 4], ["--start-s", 99], ["--end-s", 0]):
        code, _, err = said("draw", tmp_path / "out", *words)
        assert (code, "nothing lies between" in err, "its end at 2.0 s" in err) == (2, True, True)
    assert "did you mean 'two'?" in said("draw", tmp_path / "out", "--recording", "twoo")[2]
    with pytest.raises(SystemExit):
        said("draw", tmp_path / "out", "--start-s", -1)
    assert not list((tmp_path / "out").glob("*.png"))


def test_evaluate_finds_out_before_any_work_that_it_cannot_write(said, tmp_path, monkeypatch):
    windows = synthetic.label_table(n_people=12, n_windows=10, effect=2.0, name="command")
    tables.write(windows, tmp_path / "windows.csv")
    (tmp_path / "taken").write_text("a file")
    monkeypatch.setattr(evidence, "evaluate_table", lambda *_, **__: pytest.fail("worked first"))
    words = ["--windows", tmp_path / "windows.csv", "--target", "label_synthetic", "--signals", "voice"]
    code, _, err = said("evaluate", *words, "--out", tmp_path / "taken")
    assert (code, f"{tmp_path / 'taken'}: File exists" in err) == (2, True)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "out: No space left on device; make space and call it"),
        (OSError(errno.EROFS, os.strerror(errno.EROFS), "out/x"), "out/x: Read-only file system; this disk can only"),
        (PermissionError(errno.EACCES, "Permission denied", "secret"), "secret: Permission denied; expected a place"),
    ],
)
def test_what_a_disk_refuses_is_one_line(said, sounds, tmp_path, monkeypatch, fault, words):
    asked = []

    def refuse(frame, path):
        asked.append(path)
        raise fault

    monkeypatch.setattr(tables, "write", refuse)
    code, _, err = said("build", sounds / "one.wav", "--out", tmp_path / "out", "--workers", 1)
    assert code == 2
    assert words in err
    assert "Traceback" not in err
    assert len(asked) == 1 or isinstance(fault, PermissionError)  # a full disk spares no other file
    assert [path.name for path in (tmp_path / "out").rglob(f".{os.getpid()}*")] == []


def test_a_folder_that_cannot_be_made_is_one_line(said, sounds, tmp_path, monkeypatch):
    def refuse(self, *_, **__):
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)  # as /proc and a lost network disk do
    code, _, err = said("build", sounds / "one.wav", "--out", tmp_path / "lost" / "out", "--workers", 1)
    assert (code, err.count("\n")) == (2, 1)
    assert f"{tmp_path / 'lost' / 'out'}: this folder cannot be made; name a place on a disk" in err


def test_a_file_that_is_not_there_for_us_keeps_its_traceback(monkeypatch):
    def fault(asked):
        raise FileNotFoundError(errno.ENOENT, "ours", "lost")

    monkeypatch.setattr(command, "_fetch", fault)
    with pytest.raises(FileNotFoundError):
        command.main(["fetch"])


def test_who_has_read_enough_hears_no_traceback():
    words = "from mien import __main__ as c; c._fetch = lambda _: [c.SAYS.print('x' * 99) for _ in range(9999)]; "
    running = subprocess.Popen(
        [sys.executable, "-c", f"{words} c.main(['fetch'])"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    running.stdout.readline()
    running.stdout.close()
    assert (running.stderr.read(), running.wait()) == (b"", 1)


def test_ctrl_c_stops_all_processes_in_good_order_and_a_second_call_goes_on(tmp_path):
    rng, folder, out = np.random.default_rng(0), tmp_path / "sounds", tmp_path / "out"
    folder.mkdir()
    for k in range(6):
        media.write_sound(folder / f"s{k}.wav", (0.1 * rng.standard_normal(640_000)).astype("float32"), 16000)
    words = [sys.executable, "-m", "mien", "build", folder, "--out", out, "--workers", "2"]
    running = subprocess.Popen(words, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while running.poll() is None and not list(out.glob("parts/*/.*.causes.json")):
        time.sleep(0.05)
    asked_s = time.monotonic()
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does: to every process of the group
    _, err = running.communicate(timeout=30)
    assert time.monotonic() - asked_s < 10
    assert running.returncode == 130
    assert "stopped; call it again and it goes on where it was" in err
    assert "Traceback" not in err
    made = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    assert 1 < len(made) < 24
    assert not [path.name for path in made if re.match(r"\.\d+\.", path.name)]
    before = {path: when for path, when in made.items() if path.with_name(f".{path.name}.causes.json") in made}
    for path in folder.glob("s[2-5].wav"):
        path.unlink()
    assert subprocess.run([*words[:-1], "1"], capture_output=True, check=True).stdout.startswith(b"2 recordings")
    assert all(path.stat().st_mtime_ns == when for path, when in before.items())
