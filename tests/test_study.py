"""The default study: made once, remade only where a cause changed, and answered in computed sentences."""

from types import ModuleType

import pandas as pd
import pytest

from mien import evidence, figures, store, study, synthetic, tables


def test_the_study_is_made_once(small_study, monkeypatch):
    before = {path: path.read_bytes() for path in small_study.draw()}
    for room, name in ((synthetic, "write_recording"), (evidence, "evaluate_table"), (figures, "save")):
        monkeypatch.setattr(room, name, lambda *_, **__: pytest.fail("made again"))
    small_study.record()
    small_study.judge()
    assert {path: path.read_bytes() for path in small_study.draw()} == before


def test_a_changed_table_is_judged_again(small_study, monkeypatch):
    def judged(*_):
        raise InterruptedError("judged again")

    monkeypatch.setattr(study.Study, "_judge", judged)
    table = small_study.windows("emodb")
    whole = table.read_bytes()
    try:
        table.write_bytes(whole + b"\n")
        with pytest.raises(InterruptedError, match="judged again"):
            small_study.judge()
    finally:
        table.write_bytes(whole)


def test_a_lost_file_of_the_recording_is_made_again(small_study, monkeypatch):
    made = []
    monkeypatch.setattr(synthetic, "write_recording", lambda folder, *_: made.append(folder))
    lost = small_study.recording / "truth_turns.csv"
    whole = lost.read_bytes()
    sidecar = store.sidecar(small_study.recording / "made.json")
    kept = [(path, path.read_bytes()) for path in (small_study.recording / "made.json", sidecar)]
    lost.unlink()
    try:
        small_study.record()
    finally:
        lost.write_bytes(whole)
        for path, content in kept:
            path.write_bytes(content)
    assert made == [small_study.recording]


def test_answers_are_computed_from_the_tables(small_study):
    read = small_study.load()
    told = study.answers(read)
    of_questions = ["turns", "ratings", "people", "sentiment", "travel", "engagement", "fusion", "model_people"]
    of_questions += ["score", "one_thing_changed", "recorded", "pictured", "who", "construct"]
    of_questions += ["gaming", "gaming_models", "verdict"]
    assert list(told) == ["tour", "face", "voice", "clock", "leaks", *of_questions]
    assert "SYNTHETIC" in told["tour"].short
    row = (
        read["evidence"].query("model == 'logistic' and metric == 'balanced_accuracy' and corpus == 'RAVDESS'").iloc[0]
    )
    assert f"balanced accuracy {row['value']:.2f} [{row['low']:.2f}, {row['high']:.2f}]" in told["sentiment"].text
    changed = read["evidence"].assign(gap_low=-0.1)
    assert "was not detected beyond the best baseline" in " ".join(study.labels.sentiment.voice(changed))


def test_synthetic_numbers_never_enter_the_evidence(small_study):
    assert set(small_study.load()["evidence"]["corpus"]) == set(study.CORPORA.values())


def test_the_instrument_is_right_on_the_synthetic_recording(small_study):
    truth = small_study.load()["truth"]
    error = (truth["measured"] - truth["scripted"]).abs().groupby(truth["quantity"]).median()
    assert error["pitch"] < 2
    assert error["head yaw"] < 3
    assert error["speech onset"] < 0.03


def test_a_study_not_yet_made_says_what_to_run(tmp_path):
    with pytest.raises(tables.TableError, match="not made yet; run `make reproduce`"):
        study.Study(tmp_path).load()


def test_check_names_each_broken_promise(small_study, tmp_path):
    faults = study.Study(tmp_path).check()
    assert len([f for f in faults if "no such file" in f]) == 7
    assert len([f for f in faults if "no figure" in f]) == len(figures.ALL)
    assert len([f for f in faults if "without outputs" in f]) == len(study.NOTEBOOKS)
    stray = small_study.root / "figures" / "stray.png"
    stray.write_bytes(b"")
    assert any("stray.png is in no manifest" in fault for fault in small_study.check())
    stray.unlink()
    numbers = small_study.root / "figures" / "acted_valence.csv"
    whole = numbers.read_bytes()
    numbers.write_bytes(whole.replace(b"RAVDESS", b"RAVDESX"))
    assert any("acted_valence.csv is not what the tables say" in fault for fault in small_study.check())
    numbers.write_bytes(whole)
    assert not [fault for fault in small_study.check() if "figures" in fault]


# --- what is committed -----------------------------------------------------------------------------------------------

COMMITTED = study.Study()


@pytest.mark.parametrize("corpus", study.CORPORA)
def test_committed_windows_are_the_real_corpora(corpus):
    table = tables.read(COMMITTED.windows(corpus), tables.WINDOWS)
    assert len(table) == {"ravdess": 1440, "emodb": 535}[corpus]
    assert table["person_id"].nunique() == {"ravdess": 24, "emodb": 10}[corpus]
    assert not table["is_synthetic"].any()
    assert table.groupby("person_id")["is_calibration"].sum().eq(8).all()
    assert set(table["label_valence"].dropna()) == {"negative", "neutral", "positive"}
    assert set(table["group_id"]) == set(table["person_id"])


def test_committed_evidence_has_interval_chance_baselines_and_people():
    rows = tables.read(COMMITTED.evidence, tables.EVIDENCE)
    asked = rows[(rows["model"] == "logistic") & (rows["metric"] == "balanced_accuracy")]
    assert asked["corpus"].tolist() == ["RAVDESS", "EmoDB"]
    needed = ["value", "low", "high", "chance", "best_baseline", "gap", "gap_low", "gap_high", "p_permuted", "n_people"]
    assert asked[needed].notna().all(axis=None)
    assert (asked["n_permutations"] == 999).all()
    assert set(rows["model"]) >= {"B0_majority", "B1_duration", "B2_person", "B3_confounds", "B5_shuffled"}


def test_committed_leaks_put_row_and_person_splits_side_by_side_on_the_same_data():
    leaks = pd.read_csv(COMMITTED.leaks)
    counts = leaks.groupby(["corpus", "model"])[["n_windows", "n_people"]].nunique()
    assert (counts == 1).all(axis=None)
    assert set(leaks["rung"]) == {"rows_scaled_before", "rows", "people"}


def test_what_is_committed_keeps_its_promises():
    assert COMMITTED.check() == []


def question(made, says):
    """A question with one table that is made from one other; ``made`` notes each time it is."""

    def make(data, settings, workers, tick):
        made.append(settings)
        return {"mine": pd.DataFrame({"said": [says, (data / "given.csv").read_text()]})}

    module = ModuleType("mien.study.truth.conversations")
    vars(module).update(FILES={"mine": "mine.csv"}, INPUTS=("given.csv",), ROOMS=("tables",), make=make)
    return module


def test_a_question_is_made_again_only_where_a_table_it_reads_has_changed(tmp_path, monkeypatch):
    made, settings = [], evidence.EvidenceSettings()
    monkeypatch.setattr(study.questions, "ALL", (question(made, "so"), ModuleType("read_only")))
    for given, times in (("a", 1), ("a", 1), ("b", 2)):
        (tmp_path / "given.csv").write_text(given)
        study.questions.make(tmp_path, settings)
        assert len(made) == times
        assert pd.read_csv(tmp_path / "mine.csv")["said"].tolist() == ["so", given]
    study.questions.make(tmp_path, evidence.EvidenceSettings(n_folds=3))
    assert [asked.n_folds for asked in made] == [5, 5, 3]


def test_no_two_questions_own_a_table_or_a_notebook():
    owned = [table for module in study.questions.ALL for table in module.FILES]
    assert sorted(owned) == sorted(study.questions.FILES)
    assert len(set(study.NOTEBOOKS)) == len(study.NOTEBOOKS)
