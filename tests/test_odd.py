"""What looks wrong in a windows table of one's own is refused or said before anything is judged."""

import csv
import json
import re

import numpy as np
import pandas as pd
import pytest

from mien import __main__ as command
from mien import evidence, synthetic, tables
from mien.command import judge, odd
from mien.command.asking import CommandError

TARGET = "label_synthetic"


@pytest.fixture(scope="module")
def table():
    return synthetic.label_table(n_people=8, n_windows=4, effect=2.0, name="odd")


def notes(table, **columns):
    return "\n".join(odd.noticed(table.assign(**columns), TARGET, "voice+face"))


def first_voice(table):
    return next(name for name in table if name.startswith("voice_"))


def test_a_table_with_nothing_odd_is_let_through_and_its_signals_are_counted(table):
    odd.refused(table, TARGET, "voice+face", "here")
    n = sum(name.startswith(("voice_", "face_")) for name in table)
    said = odd.noticed(table, TARGET, "voice+face")
    assert len(said) == 1
    assert said[0].startswith(f"signals: {n} columns: ")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda t: t.iloc[:0], "here: no rows below the header"),
        (lambda t: t.rename(columns=str.upper), "no column 'label_synthetic'; did you mean 'LABEL_SYNTHETIC'"),
        (
            lambda t: t.assign(voice_x=["."] + ["1"] * (len(t) - 1)),
            "voice_x holds '.' in row 1 below the header; leave",
        ),
        (lambda t: t.assign(voice_x=["1"] + ["2,5"] * (len(t) - 1)), "voice_x holds '2,5' in row 2"),
        (lambda t: t.assign(**{TARGET: ["Calm", "calm "] * (len(t) // 2)}), "'Calm' and 'calm ', which differ only in"),
    ],
)
def test_what_makes_every_number_meaningless_is_refused(table, change, expected):
    with pytest.raises(CommandError, match="here: ") as error:
        odd.refused(change(table), TARGET, "voice", "here")
    assert expected in str(error.value)


def test_signals_that_never_change_are_refused_and_one_among_others_is_named(table):
    still = table.drop(columns=[name for name in table if name.startswith("voice_")]).assign(voice_x=1.0)
    with pytest.raises(CommandError, match="no column of voice changes: voice_x say the same in every window"):
        odd.refused(still, TARGET, "voice", "here")
    odd.refused(table.assign(voice_x=1.0), TARGET, "voice", "here")
    assert "1 signals say the same in every window: voice_x" in notes(table, voice_x=1.0)
    assert "1 signals have no value: voice_x" in notes(table, voice_x=np.nan)


def test_a_code_for_a_missing_value_is_named_and_a_far_value_is_not(table):
    values = np.linspace(100, 200, len(table))
    for code in (-99.0, -9.0, 999.0):
        coded = np.where(np.arange(len(table)) % 5 == 0, code, values)
        assert f"voice_x: {code:g} stands in {(coded == code).sum()} windows" in notes(table, voice_x=coded)
    assert "voice_x: -99" not in notes(table, voice_x=np.where(np.arange(len(table)) == 3, -99.0, values))
    among = np.where(np.arange(len(table)) % 5 == 0, 99.0, np.linspace(90, 110, len(table)))
    assert "voice_x: 99" not in notes(table, voice_x=among)


@pytest.mark.parametrize("word", ["-99", ".", "NA", "missing", -99])
def test_a_class_that_reads_like_a_missing_label_is_named(table, word):
    labels = table[TARGET].astype(object).where(np.arange(len(table)) % 4 > 0, word)
    assert f"{TARGET}: {word} counts as a class of its own" in notes(table, **{TARGET: labels})


def test_a_column_that_only_looks_like_a_signal_is_named(table):
    said = notes(table, **{"voice f0 mean": 1.0, "Face_x": 2.0, "voiced": 3.0})
    assert said.endswith("no signals, for their names do not begin with a prefix and _: voice f0 mean, Face_x")


@pytest.fixture
def said(capsys, tmp_path):
    def run(table, *words):
        table.to_csv(tmp_path / "windows.csv", index=False)
        asked = ["evaluate", "--windows", tmp_path / "windows.csv", "--target", TARGET, "--out", tmp_path / "judged"]
        code = command.main([str(word) for word in (*asked, "--workers", 1, "--models", "logistic", *words)])
        out = capsys.readouterr()
        return code, out.out, out.err

    return run


def test_evaluate_refuses_before_any_work(said, table, monkeypatch):
    monkeypatch.setattr(evidence, "evaluate_table", lambda *_, **__: pytest.fail("worked first"))
    code, _, err = said(table.assign(voice_x="n.d."), "--signals", "voice")
    assert (code, "voice_x holds 'n.d.' in row 1" in err, err.count("\n")) == (2, True, 1)


def test_evaluate_says_what_was_odd_and_writes_it_down(said, table, tmp_path):
    words = ["--signals", "voice", "--permutations", 0, "--label-source", "observer"]
    code, out, err = said(table.assign(voice_x=1.0, is_synthetic=False).drop(columns="group_id"), *words)
    assert code == 0
    assert "1 signals say the same in every window: voice_x" in err
    assert "there is no p, so nothing can be said to hold" in err
    assert re.search(r"^  not assessable \(gate units: n_groups >= 30 \(8\)\): C3_reliable, C4_construct, ", out, re.M)
    assert (out.count("C1_detectable: not assessable. Why: gate units"), out.count("C3_reliable")) == (1, 1)
    report = json.loads((tmp_path / "judged" / "report.json").read_text())
    assert {"group_id: computed from person_id and recording_id"} <= set(report["notes"])
    assert any(line.startswith("n_groups: ") for line in report["meanings"])


def test_evaluate_says_why_a_thin_class_cannot_be_judged_and_names_a_leak(said, table):
    thin = table.assign(**{TARGET: ["angry", *table[TARGET].astype(str).iloc[1:]]})
    code, out, err = said(thin, "--signals", "voice", "--permutations", 0)
    assert (code, "no score (too few people)" in out) == (0, True)
    assert "a class found in one group only cannot be judged on others: {'angry': 1" in err
    leaks = table.assign(voice_x=pd.factorize(table[TARGET])[0] + np.linspace(0, 1e-3, len(table)))
    code, out, err = said(leaks, "--signals", "voice", "--permutations", 0, "--label-source", "observer")
    assert (code, "leak: not so that no signal is the label in disguise: voice_x; no verdict is given" in err) == (
        0,
        True,
    )


def test_a_table_as_r_writes_it_is_the_same_table(table, tmp_path):
    how = {"index": False, "quoting": csv.QUOTE_NONNUMERIC, "na_rep": "NA"}
    gaps = table.assign(voice_x=np.where(np.arange(len(table)) % 3, 1.5, np.nan))
    gaps.to_csv(tmp_path / "a.csv", **how)
    gaps.to_csv(tmp_path / "b.csv", sep=";", decimal=",", encoding="utf-8-sig", **how)
    one, other = (tables.read(tmp_path / name, tables.WINDOWS) for name in ("a.csv", "b.csv"))
    pd.testing.assert_frame_equal(one, other)
    assert other["voice_x"].isna().sum() == gaps["voice_x"].isna().sum()


def test_few_permutations_are_told_for_what_they_cannot_show():
    assert judge._few_worlds(999) == judge._few_worlds(20) == []
    assert "p is never below 0.05" in judge._few_worlds(19)[0]


def test_a_rating_is_judged_in_its_own_score_and_traced_from_where_the_table_lies(said, table, tmp_path):
    rating = table.assign(**{TARGET: np.linspace(0.1, 5, len(table))}).drop(columns="group_id")
    words = ["--signals", "voice", "--models", "ridge", "--permutations", 0, "--label-source", "self"]
    code, out, _ = said(rating, *words)
    assert code == 0
    assert re.search(r"label_synthetic from voice \(ridge\) .* 32 windows: CCC -?0\.\d\d \[", out)
    assert "n_groups >= 30 (8)" in out
    code = command.main(["trace", str(tmp_path / "judged")])
    assert code == 0


def test_the_way_back_of_a_rating_has_its_score_and_finds_the_table(said, table, tmp_path, capsys):
    rating = table.assign(**{TARGET: np.linspace(0.1, 5, len(table))})
    said(
        rating, "--signals", "voice", "--models", "ridge", "--permutations", 0, "--out", tmp_path / "a" / "b" / "judged"
    )
    assert command.main(["trace", str(tmp_path / "a" / "b" / "judged")]) == 0
    out = capsys.readouterr().out
    assert re.search(r"ccc again from predictions.csv \[same\] ccc", out)
    assert re.search(r"windows: windows.csv sha256 \w{12}… \[same\]", out)
    assert "the rules that mien ships" in out
    (tmp_path / "windows.csv").write_text("changed")
    assert command.main(["trace", str(tmp_path / "a" / "b" / "judged")]) == 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--label-source", "observers"], "no label source 'observers'; did you mean 'observer'?"),
        (["--ceiling", 0.3], "--ceiling 0.3: expected more than the 0.5 of auc that guessing has"),
        (["--signals", "vioce"], "no column begins with vioce_; did you mean 'voice'? What is there: --signals face,"),
        (["--metric", "aucc"], "no score of logistic 'aucc'; did you mean 'auc'?"),
        (["--metric", "auc", "--models", "ridge"], "no score of ridge 'auc'; known: ccc, r, spearman, mae_skill"),
    ],
)
def test_what_cannot_be_judged_is_known_before_any_work(said, table, monkeypatch, words, expected):
    monkeypatch.setattr(evidence, "evaluate_table", lambda *_, **__: pytest.fail("worked first"))
    code, _, err = said(table, "--signals", "voice", *words)
    assert (code, expected in err, err.count("\n")) == (2, True, 1)


def test_a_verdict_of_the_study_is_listed_by_number_and_walked(capsys):
    assert command.main(["trace", "--verdict", "C7", "--corpus", "nowhere"]) == 2
    assert "no verdicts 'C7' in nowhere" in capsys.readouterr().err
    assert command.main(["trace"]) == 2
    err = capsys.readouterr().err
    number = re.search(r"^ +(\d+): AMI, score, turn, fixed_curve, C1_detectable", err, re.M)[1]
    assert command.main(["trace", "--verdict", number]) == 0
    out = capsys.readouterr().out
    assert re.search(rf"verdict: verdicts.csv line {int(number) + 1} sha256 \w{{12}}… \[same\]", out)
    assert "score_reference.csv" in out
