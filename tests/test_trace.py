"""The way back from a verdict: each link of it broken, by one byte where it has bytes, and each time named."""

import csv
import hashlib
import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from mien import store, synthetic, tables, verdict
from mien.__main__ import main
from mien.study.judge import verdicts, way
from mien.study.labels import primary
from mien.verdict import trace


@pytest.fixture(scope="module")
def traced(tmp_path_factory):
    """A SYNTHETIC table of 12 people beside the report of its build, judged by the command."""
    folder = tmp_path_factory.mktemp("traced")
    table = synthetic.label_table(12, 6, 1.0, target_kind="window", name="traced")
    table = table.assign(confound_sex=np.where(table["person_id"] < "s", "f", "m"))
    tables.write(table, folder / "windows.csv")
    (folder / "media").mkdir()
    recording = table["recording_id"].iloc[0]
    (folder / "media" / "a.wav").write_bytes(b"sound")
    media = {recording: {"media_sha256": {"a.wav": store.sha256(folder / "media" / "a.wav")}}}
    hashes = {"windows.csv": store.sha256(folder / "windows.csv")}
    store.write_json({"sha256": hashes, "recordings": media}, folder / "report.json")
    asked = ["--windows", folder / "windows.csv", "--target", "label_synthetic", "--signals", "voice", "--corpus", "c"]
    asked += ["--models", "logistic", "--permutations", 0, "--workers", 1, "--label-source", "outcome"]
    assert main(["evaluate", *map(str, [*asked, "--groups", "confound_sex", "--out", folder / "out"])]) == 0
    return folder


def walked(folder, claim="C10"):
    return trace.walked(folder / "out", claim, folder / "windows.csv", folder / "media")


def test_an_honest_folder_is_the_same_at_every_step(traced):
    steps = walked(traced)
    assert {step.state for step in steps} == {trace.SAME}
    assert [step.name for step in steps][:4] == ["rules", "verdicts", "verdict", "verdict"]
    assert {"evidence row", "quantities row", "predictions", "score", "windows", "recording"} <= {s.name for s in steps}
    assert "0 CHANGED" in trace.sentences(steps)[-1]


def swapped(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def first_probability(path):
    lines = path.read_text().split("\n")
    place = lines[0].split(",").index("probability_c1")
    row = next(n for n, line in enumerate(lines) if ",logistic," in line)
    values = lines[row].split(",")
    values[place] = "0.5" if values[place] != "0.5" else "0.6"
    path.write_text("\n".join([*lines[:row], ",".join(values), *lines[row + 1 :]]))


TAMPERED = {
    "rules": ("out/verdict_rules.yaml", lambda path: swapped(path, "value: 30,", "value: 3,"), {"rules", "verdict"}),
    "verdicts": (
        "out/verdicts.csv",
        lambda path: swapped(path, ",not assessable,", ",holds,"),
        {"verdicts", "verdict"},
    ),
    "evidence": (
        "out/evidence.csv",
        lambda path: swapped(path, "B0_majority,c", "B0_majority,d"),
        {"evidence"},
    ),
    "quantities": (
        "out/quantities.csv",
        lambda path: swapped(path, ",ece,", ",ece ,"),
        {"quantities", "quantities row"},
    ),
    "predictions": ("out/predictions.csv", first_probability, {"predictions", "score"}),
    "windows": ("windows.csv", lambda path: swapped(path, ",True,", ",False,"), {"windows"}),
    "media": ("media/a.wav", lambda path: path.write_bytes(b"other"), {"recording"}),
}


@pytest.mark.parametrize("step", TAMPERED)
def test_what_was_changed_is_named_and_nothing_else(traced, step):
    where, tamper, wanted = TAMPERED[step]
    before = (traced / where).read_bytes()
    try:
        tamper(traced / where)
        changed = {one.name for one in walked(traced) if one.state == trace.CHANGED}
        assert wanted <= changed
        assert changed <= wanted | {"verdict"}  # what no longer reads as a table cannot be judged again
    finally:
        (traced / where).write_bytes(before)
    assert {one.state for one in walked(traced)} == {trace.SAME}


@pytest.mark.parametrize("where", ["out/predictions.csv", "out/evidence.csv", "out/verdict_rules.yaml"])
def test_a_lost_file_is_named(traced, where):
    before = (traced / where).read_bytes()
    try:
        (traced / where).unlink()
        lost = [one for one in walked(traced) if one.state == trace.CHANGED]
        assert any(one.note == "the file is gone" and one.what in where for one in lost)
    finally:
        (traced / where).write_bytes(before)


def test_a_row_that_the_report_does_not_know_is_named(traced):
    path = traced / "out" / "verdicts.csv"
    before = path.read_text()
    try:
        path.write_text(before.replace("/ece/-", "/ecce/-"))
        notes = {one.what: one.note for one in walked(traced) if one.state == trace.CHANGED}
        assert notes["quantity:c/label_synthetic/voice/-/-/-/ecce/-"] == "the report knows no such row"
    finally:
        path.write_text(before)


def test_a_changed_evidence_row_is_named_by_its_line(traced):
    path = traced / "out" / "evidence.csv"
    before = path.read_text()
    lines = before.split("\n")
    row = next(n for n, line in enumerate(lines) if ",logistic,c," in line and ",auc," in line)
    value = lines[row].split(",")[6]
    try:
        path.write_text(before.replace(f",auc,{value}", ",auc,0.999", 1))
        changed = [one for one in walked(traced, "C1") if one.state == trace.CHANGED]
        assert {one.name for one in changed} >= {"evidence", "evidence row", "score"}
        assert f"evidence.csv line {row + 1}" in {one.what for one in changed}
    finally:
        path.write_text(before)


def test_the_command_walks_back_and_says_what_is_not_as_it_was(traced, capsys):
    out = str(traced / "out")
    assert main(["trace", out, "--verdict", "V1", "--media", str(traced / "media")]) == 0
    assert "0 CHANGED" in capsys.readouterr().out
    assert main(["trace", out, "--verdict", "12"]) == 0
    assert "C12_reid" in capsys.readouterr().out
    assert main(["trace", out, "--windows", out + "/evidence.csv"]) == 1
    assert "not as it was when the verdict was given: windows.csv" in capsys.readouterr().err
    assert main(["trace", str(traced / "media")]) == 2
    assert "expected a folder made by `mien evaluate" in capsys.readouterr().err
    assert main(["trace", out, "--verdict", "C1_detectible"]) == 2
    assert "did you mean 'C1_detectable'" in capsys.readouterr().err


def test_what_is_not_given_is_not_checked_and_says_so(traced):
    steps = {one.name: one for one in trace.walked(traced / "out")}
    assert steps["windows"].state == trace.SAME  # it lies beside OUT
    named = trace.walked(traced / "out", windows=traced / "nowhere.csv")
    assert next(one.state for one in named if one.name == "windows") == trace.CHANGED
    assert (steps["recording"].state, steps["recording"].note) == (trace.UNKNOWN, "say where the media lie (--media)")


LINKS = {"out/verdict_rules.yaml": "rules", "out/verdicts.csv": "verdicts", "out/evidence.csv": "evidence"}
LINKS |= {"out/quantities.csv": "quantities", "out/predictions.csv": "predictions", "windows.csv": "windows"}
LINKS |= {"media/a.wav": "recording"}


@pytest.mark.parametrize("where", LINKS)
def test_one_byte_that_is_another_is_named_wherever_it_stands(traced, where):
    """A digit, a comma, a letter of the header, or half of no letter at all: each is named, and none ends the walk."""
    before, draw = (traced / where).read_bytes(), store.rng(f"test/byte/{where}")
    places = [0, before.find(b",") % len(before), len(before) - 1, *draw.integers(len(before), size=3)]
    try:
        for place, bit in zip(places, (1, 16, 128, 128, 2, 1), strict=True):
            spoilt = bytearray(before)
            spoilt[place] ^= bit
            (traced / where).write_bytes(spoilt)
            assert LINKS[where] in {one.name for one in walked(traced) if one.state == trace.CHANGED}
    finally:
        (traced / where).write_bytes(before)


def report_of(traced):
    return json.loads((traced / "out" / "report.json").read_text("utf-8"))


def with_report(traced, said, claim="C10"):
    """What is changed where the report of the verdict says something else."""
    path = traced / "out" / "report.json"
    before = path.read_bytes()
    try:
        path.write_text(said if isinstance(said, str) else json.dumps(said), "utf-8")
        return {one.name for one in walked(traced, claim) if one.state == trace.CHANGED}
    finally:
        path.write_bytes(before)


@pytest.mark.parametrize("part", ["rules", "verdicts", "evidence", "quantities", "predictions", "windows"])
def test_a_hash_in_the_report_that_is_another_is_named(traced, part):
    said = report_of(traced)
    digits = said["trace"][part]["sha256"]
    said["trace"][part]["sha256"] = digits[:-1] + ("0" if digits[-1] != "0" else "1")
    wanted = {part, "verdict"} if part == "rules" else {part}  # the verdict names the rules it was given by
    assert with_report(traced, said) == wanted
    if "rows" in said["trace"][part]:
        said = report_of(traced)
        for at in said["trace"][part]["rows"].values():
            at["line"] += 1
        assert with_report(traced, said) == {f"{part} row"}


def test_every_row_that_a_verdict_rests_on_is_looked_at_and_no_other(traced):
    with (traced / "out" / "verdicts.csv").open(encoding="utf-8") as file:
        rests = next(row for row in csv.DictReader(file) if row["claim"] == "C10_calibrated")["rests_on"].split("; ")
    steps = walked(traced)
    assert [one.note for one in steps if one.name.endswith(" row")] == sorted(rests, key=lambda name: ":" in name)
    assert len([one for one in steps if one.name == "score"]) == len([name for name in rests if ":" not in name])
    said = report_of(traced)
    said["trace"]["evidence"]["rows"] = {}
    assert with_report(traced, said) == {"evidence"}  # the report knows no such row
    said = report_of(traced)
    said["trace"]["recordings"]["r of another table"] = {"a.wav": "0" * 64}
    assert with_report(traced, said) == set()  # nothing was predicted of it


def test_a_verdict_that_the_evidence_does_not_give_again_is_named(traced):
    said = report_of(traced)
    said["given"]["label_source"] = ""
    assert with_report(traced, said) == {"verdict"}
    said["given"] = {"label_sauce": "self"}
    assert with_report(traced, said) == {"verdict"}


BROKEN = {
    "no JSON": (lambda said: json.dumps(said)[:-2], "not readable"),
    "a list": (lambda said: "[]", "a report of something else"),
    "no trace": (lambda said: {name: one for name, one in said.items() if name != "trace"}, "something else"),
    "no file": (lambda said: changed_in(said, "windows", {"sha256": ""}), "trace/windows is not as"),
    "no rows": (lambda said: changed_in(said, "evidence", {"file": "evidence.csv", "sha256": ""}), "evidence/rows"),
    "no line": (
        lambda said: changed_in(said, "quantities", said["trace"]["quantities"] | {"rows": {"a": {"sha256": ""}}}),
        "trace/quantities/rows is not as",
    ),
    "no recordings": (lambda said: changed_in(said, "recordings", None), "trace/recordings is not as"),
}


def changed_in(said, part, value):
    return said | {"trace": said["trace"] | {part: value}}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_report_that_cannot_be_read_is_one_clear_error(traced, fault):
    spoil, expected = BROKEN[fault]
    with pytest.raises(verdict.VerdictError, match=expected):
        with_report(traced, spoil(report_of(traced)))


def test_meetings_that_name_their_files_alike_are_told_apart_by_their_bytes(traced, tmp_path):
    said = report_of(traced)
    (recording, _), other = next(iter(said["trace"]["recordings"].items())), "r of the next room"
    for name, sound in (("1", b"one"), ("2", b"two")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "audio_only.m4a").write_bytes(sound)
    digits = {name: store.sha256(tmp_path / name / "audio_only.m4a") for name in "12"}
    media = {recording: {"audio_only.m4a": digits["1"]}, other: {"audio_only.m4a": digits["2"]}}
    steps = trace._media(media, None, tmp_path)
    assert [one.state for one in steps] == [trace.SAME] * 2
    (tmp_path / "1" / "audio_only.m4a").write_bytes(b"another one")
    assert [one.state for one in trace._media(media, None, tmp_path)] == [trace.CHANGED, trace.SAME]
    assert trace._media({recording: {"b.m4a": ""}}, None, tmp_path)[0].note == "not found in the folder"


def test_a_table_beside_a_report_of_something_else_is_judged_and_says_that_media_are_not_known(tmp_path):
    (tmp_path / "windows.csv").write_text("a\n1\n")
    for said in ("[]", "{", '{"sha256": []}', '{"sha256": {"windows.csv": "0"}, "recordings": {}}'):
        (tmp_path / "report.json").write_text(said)
        assert trace._recordings(tmp_path / "windows.csv") == {"why": trace.NO_BUILD}


def test_the_score_of_predictions_is_the_mean_over_their_repeats(traced):
    told = tables.read(traced / "out" / "predictions.csv", tables.PREDICTIONS)
    told = told[(told["model"] == "logistic") & (told["repeat"] == 0)].dropna(axis=1, how="all")
    blind = told.assign(repeat=1, probability_c0=0.5, probability_c1=0.5)
    one = trace.score(told, "auc")
    assert one != 0.5
    both = pd.concat([told, blind]).sample(frac=1, random_state=1)
    assert trace.score(both, "auc") == pytest.approx((one + 0.5) / 2)
    twice = pd.concat([told, told.assign(repeat=1)]).sample(frac=1, random_state=2)
    assert trace.score(twice, "auc") == pytest.approx(one)  # whatever the order of the rows


# ---- the study's own


def committed(name):
    return verdicts.read(verdict.place().parent, [name])[name]


def sha(data):
    return hashlib.sha256(data).hexdigest()


def way_row(**more):
    return dict.fromkeys(way.WAY, "") | {"line": pd.NA} | more


def test_each_step_of_the_study_is_hashed_again(tmp_path):
    file = tmp_path / "a.csv"
    whole = way_row(step="windows", file="a.csv", sha256=sha(b"x\n1\n2\n"), what="w")
    line = way_row(step="evidence", file="a.csv", line=2, sha256=sha(b"1"), what="row one")
    same, changed = trace.SAME, trace.CHANGED
    for said, wanted in ((b"x\n1\n2\n", (same, same)), (b"x\n1\n3\n", (changed, same)), (b"x\n2\n2\n", (changed,) * 2),
                         (b"x", (changed, changed))):  # fmt: skip
        file.write_bytes(said)
        assert tuple(way.step(tmp_path, row, None).state for row in (whole, line)) == wanted
    told = way_row(step="predictions", signals="voice", sha256=sha(b"a\n0.333333333\n"), what="1 rows")
    asked = []
    for value, wanted in ((1 / 3, same), (0.3334, changed)):
        made = pd.DataFrame({"a": [value]})
        assert way.step(tmp_path, told, lambda signals, made=made: asked.append(signals) or made).state == wanted
    assert asked == ["voice", "voice"]
    files = way_row(step="corpus", corpus="AMI", sha256=way.corpus_step("AMI")[3])
    assert way.step(tmp_path, files, None).state == same
    assert way.step(tmp_path, files | {"corpus": "GAP"}, None).state == changed
    silent = way.step(tmp_path, way_row(step="recordings", what="its makers publish measures"), None)
    assert (silent.state, silent.note) == (trace.UNKNOWN, "its makers publish measures")


def test_the_steps_of_one_verdict_are_its_own_in_order_and_a_lost_one_is_named():
    scope = {"corpus": "A", "target": "label_x", "signals": "voice", "profile": "none"}
    rows = [way_row(step="rules", what="rules"), way_row(**scope, claim="C1", step="verdict", what="C1")]
    rows += [way_row(**scope, step="windows", what="windows"), way_row(**scope, claim="C2", step="verdict", what="C2")]
    rows += [way_row(**scope | {"profile": "p"}, step="facts", what="facts")]
    rows = pd.DataFrame(rows + [way_row(step="evidence", what=name) for name in "abc"])
    verdicts_ = pd.DataFrame([scope | {"claim": "C1", "rests_on": "c; a"}, scope | {"claim": "C3", "rests_on": "a"}])
    ask = ("A", "label_x", "none")
    assert list(way.of(rows, verdicts_, *ask, "C1")["what"]) == ["rules", "C1", "c", "a", "windows"]
    for claim in ("C2", "C3"):  # one was not judged, of the other the table of steps knows nothing
        with pytest.raises(verdict.VerdictError, match=f"no '{claim}' of 'label_x' in 'A'"):
            way.of(rows, verdicts_, *ask, claim)
    with pytest.raises(verdict.VerdictError, match="C1 rests on 'z', of which"):
        way.of(rows, verdicts_.assign(rests_on="a; z"), *ask, "C1")


def test_a_row_is_found_by_its_own_line_and_only_where_it_was_chosen(tmp_path):
    found, lines = {}, [b"head", b"1", b"2", b"3"]
    way._place(found, "f", lines, pd.DataFrame({"id": list("xyx")}), lambda row: row["id"])
    assert found == {"x": ("f", 2, sha(b"1")), "y": ("f", 3, sha(b"2"))}
    found, chosen = {}, pd.Series([False, True, True])
    way._place(found, "f", lines, pd.DataFrame({"id": list("xyx")}), lambda row: row["id"], chosen)
    assert found == {"y": ("f", 3, sha(b"2")), "x": ("f", 4, sha(b"3"))}
    rows = ["corpus,recording_id,file,sha256", "emodb,r1,one.wav,aa", "other,r2,b.wav,bb", "emodb,r2,two.wav,cc"]
    (tmp_path / way.MEDIA).write_text("\n".join(rows))
    asked = SimpleNamespace(name="emodb")
    step = way._recording(tmp_path, asked, pd.DataFrame({"recording_id": ["r2"]}))
    assert step == ("recordings", way.MEDIA, 4, sha(rows[3].encode()), "the first of 1 recordings: two.wav, sha256 cc")
    assert way._recording(tmp_path, asked, pd.DataFrame({"recording_id": ["r9"]}))[3] == ""


def test_the_committed_steps_of_the_score_follow_from_the_committed_tables():
    names = ("verdicts", "predicted_quantities", "score_quantities")
    made, known = {name: committed(name) for name in names}, committed("verdict_trace")
    of_score = known[~known["profile"].isin(["", "none"])].drop_duplicates(way.SCOPE)
    scopes = {tuple(row): None for row in of_score[way.SCOPE].itertuples(index=False)}
    data, rules = verdict.place().parent, verdict.load()
    again = way.table(data, made, rules, scopes, verdicts.QUANTITIES, primary.ASKED)
    wanted = known[known["profile"] != "none"].reset_index(drop=True)
    again = again.assign(line=again["line"].astype("Int64"))
    pd.testing.assert_frame_equal(again.reset_index(drop=True), wanted, check_dtype=False)


OF_MODEL, OF_SCORE = ("predictions", "windows", "recordings"), ("facts", "reference", "corpus")


def test_each_committed_way_back_is_whole_and_a_changed_file_is_named(tmp_path):
    data = verdict.place().parent
    known = committed("verdict_trace")
    assert set(known.loc[known["profile"] == "none", "step"]) == {"verdict", *OF_MODEL}
    assert set(known.loc[~known["profile"].isin(["", "none"]), "step"]) == {"verdict", *OF_SCORE}
    assert set(known.loc[known["profile"] == "", "step"]) == {"rules", "evidence"}
    assert (known["step"] == "verdict").sum() == len(committed("verdicts"))
    needed = {*known["file"].dropna(), "verdict_trace.csv"} - {""}
    for name in needed:
        (tmp_path / name).write_bytes((data / name).read_bytes())
    steps = verdicts.walked(tmp_path, "EmoDB", "label_valence")
    assert {one.state for one in steps} == {trace.SAME}
    said = committed("verdicts").query("corpus == 'EmoDB' and claim == 'C1_detectable'")["rests_on"].item()
    names = [one.name for one in steps]
    assert names == ["rules", "verdict", *["evidence"] * len(said.split("; ")), *OF_MODEL]
    assert steps[2].note == said.split("; ")[0]
    swapped(tmp_path / "emodb_windows.csv", "0.4", "0.5")
    changed = {one.name for one in verdicts.walked(tmp_path, "EmoDB", "label_valence") if one.state == trace.CHANGED}
    assert changed == {"predictions", "windows"}
    with pytest.raises(verdict.VerdictError, match="no 'C1_detectable' of 'label_mood' in 'EmoDB'"):
        verdicts.walked(tmp_path, "EmoDB", "label_mood")
    steps = verdicts.walked(tmp_path, "AMI", "score", "C11_trait_share", profile="fixed_curve")
    assert {one.state for one in steps} == {trace.SAME}
    assert [one.name for one in steps][-3:] == list(OF_SCORE)
    swapped(tmp_path / "score_facts.csv", "trait_share,fixed_curve", "trait_share,fixed_curve ")
    changed = [one.name for one in verdicts.walked(tmp_path, "AMI", "score", "C11_trait_share", profile="fixed_curve")
               if one.state == trace.CHANGED]  # fmt: skip
    assert changed == ["facts"]
    with pytest.raises(verdict.VerdictError, match=r"'score' in 'AMI', profile 'none_such'"):
        verdicts.walked(tmp_path, "AMI", "score", profile="none_such")
