"""What is kept is made once, made again only when a cause changes, and never left half made."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from mien import store


@dataclass(frozen=True)
class Settings:
    hop_s: float = 0.5
    names: tuple = ("a", "b")


def maker(calls, words="made"):
    def make(part):
        calls.append(1)
        part.write_text(words)
        return {"rows": np.int64(3)}

    return make


def test_made_once_and_again_only_when_a_cause_changes(tmp_path):
    calls, path = [], tmp_path / "deep" / "table.csv"
    for causes in ({"s": Settings()}, {"s": Settings()}, {"s": Settings(hop_s=1.0)}):
        store.kept(path, causes, maker(calls))
    assert len(calls) == 2
    assert store.notes(path) == {"rows": 3}


def test_a_file_changed_by_hand_is_made_again(tmp_path):
    calls, path = [], tmp_path / "table.csv"
    store.kept(path, {}, maker(calls))
    path.write_text("edited")
    store.kept(path, {}, maker(calls))
    assert len(calls) == 2
    assert path.read_text() == "made"


def test_a_damaged_sidecar_is_no_proof(tmp_path):
    calls, path = [], tmp_path / "table.csv"
    store.kept(path, {}, maker(calls))
    store.sidecar(path).write_text("{")
    store.kept(path, {}, maker(calls))
    assert len(calls) == 2


def test_a_failing_maker_leaves_the_earlier_file_whole(tmp_path):
    path = tmp_path / "table.csv"
    store.kept(path, {"v": 1}, maker([]))

    def fail(part):
        part.write_text("half")
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        store.kept(path, {"v": 2}, fail)
    assert path.read_text() == "made"
    assert store.is_current(path, {"v": 1})
    assert not [p for p in tmp_path.iterdir() if "half" in p.read_text()]


def test_each_named_use_has_its_own_generator():
    assert store.rng("folds").random() == store.rng("folds").random()
    assert store.rng("folds").random() != store.rng("bootstrap").random()
    assert store.rng("folds").random() != store.rng("folds", seed=1).random()


def test_the_code_is_a_cause():
    assert store.code("tables") != store.code("store")
    assert store.code("tables", "store") == store.code("store", "tables")
    assert store.code("evidence") == store.code("evidence")


def test_what_has_no_part_in_a_result_is_no_cause_of_it(tmp_path, monkeypatch):
    (tmp_path / "face" / "features").mkdir(parents=True)
    rows, window = tmp_path / "face" / "rows.py", tmp_path / "face" / "features" / "window.py"
    rows.write_text("rows")
    window.write_text("window")
    monkeypatch.setattr(store, "__file__", str(tmp_path / "store.py"))

    def hashes():
        store.code.cache_clear()
        return store.code("face"), store.code("face", without=("face/features",))

    whole, part = hashes()
    window.write_text("another window")
    assert hashes()[0] != whole
    assert hashes()[1] == part
    rows.write_text("other rows")
    assert hashes()[1] != part
    store.code.cache_clear()


def test_an_unknown_room_is_no_silent_cause():
    with pytest.raises(FileNotFoundError):
        store.code("no_such_room")


def test_one_process_never_vouches_for_what_another_made(tmp_path, monkeypatch):
    path = tmp_path / "table.csv"
    whole = store.record

    def overtaken(target, *rest):
        target.write_text("made by another")
        return whole(target, *rest)

    monkeypatch.setattr(store, "record", overtaken)
    store.kept(path, {"v": 1}, maker([]))
    assert not store.is_current(path, {"v": 1})


def test_a_folder_that_cannot_be_written_is_named_and_nothing_is_left_in_it(tmp_path, monkeypatch):
    assert list(store.ready(tmp_path / "deep" / "out").iterdir()) == []

    def refuse(path, content):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(PermissionError) as found:
        store.ready(tmp_path / "deep" / "out")
    assert found.value.filename == str(tmp_path / "deep" / "out")
