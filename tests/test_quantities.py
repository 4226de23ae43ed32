"""From predictions to quantities, from quantities to verdicts, and back from a verdict: each step shown to fail."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mien import evidence, store, synthetic, tables, verdict
from mien.__main__ import main
from mien.evidence import calibration, quantities
from mien.study import questions
from mien.study.judge import judging, verdicts
from mien.study.labels import primary
from mien.verdict import bench, change, words
from mien.verdict import quantities as handed

RULES = verdict.load()
FEW = quantities.QuantitySettings()


def predictions(people=60, rows=10, sharp=1.0, stable=0.0, name="predictions", groups=None):
    """SYNTHETIC predictions that are calibrated; ``sharp`` stretches their logits, ``stable`` is the person's part."""
    draw = store.rng(f"test/{name}")
    own = np.repeat(draw.normal(size=people), rows) * stable
    logit = own + draw.normal(size=people * rows)
    truth = draw.random(people * rows) < 1 / (1 + np.exp(-logit))
    told = 1 / (1 + np.exp(-sharp * logit))
    who = np.repeat([f"p{n:02d}" for n in range(people)], rows)
    table = pd.DataFrame({"recording_id": [f"r{n}" for n in range(people * rows)], "person_id": who, "start_s": 0.0})
    table = table.assign(group_id=who, target="label_x", signals="voice", model="logistic", split="s", repeat=0, fold=0)
    table = table.assign(truth=np.where(truth, "yes", "no"), probability_no=1 - told, probability_yes=told)
    return table if groups is None else table.assign(group=np.repeat(groups, rows))


def numbers(rows):
    return {row["quantity"]: row["value"] for row in rows}


# ---- a table of quantities


def rows_of(*given):
    blank = dict.fromkeys(tables.QUANTITIES.names, "") | {"corpus": "here", "target": "label_x", "signals": "voice"}
    limits = dict.fromkeys(("value", "low", "high", "low90", "high90"), np.nan)
    counts = {"n_people": 60, "n_groups": 60, "n_windows": 600}
    return pd.DataFrame([blank | limits | counts | row for row in given])


def seen(*given, **scope):
    scope = {"target": "label_x", "signals": "voice", "profile": "none", "metric": "auc"} | scope
    rows = handed.checked(rows_of(*given), RULES)
    return handed.put(verdict.Quantities(), handed.about(rows, "here", **scope), RULES)


def test_a_row_gives_its_number_and_the_limits_it_has():
    one = {"quantity": "ece", "value": 0.04, "low": 0.01, "high": 0.08, "low90": 0.02}
    found = seen(one)
    assert found.numbers == {"ece": 0.04, "ece_lo95": 0.01, "ece_hi95": 0.08, "ece_lo90": 0.02}
    assert found.missing == {"ece_hi90": "not_computed"}
    assert found.rests_on["ece_lo95"] == ("quantity:here/label_x/voice/-/-/-/ece/-",)


def test_parts_are_joined_after_the_limit():
    parts = [("A", 0.20, 0.12, 0.22), ("B", 0.15, 0.14, 0.40)]
    given = [{"quantity": "transfer_gap", "part": p, "value": v, "low": lo, "high90": h} for p, v, lo, h in parts]
    found = seen(*given)
    assert found.numbers["transfer_gap_lo95_min"] == 0.12  # of A, whose value is the larger
    assert found.numbers["transfer_gap_min"] == 0.15
    assert found.numbers["transfer_gap_hi90_max"] == 0.40
    lost = seen(given[0], given[1] | {"value": np.nan, "low": np.nan, "why": "value: too_few_people"})
    assert "transfer_gap_min" not in lost.numbers
    assert lost.missing["transfer_gap_lo95_min"] == "too_few_people"


def test_what_is_about_something_else_does_not_count():
    row = {"quantity": "trait_share", "value": 0.4}
    assert seen(row).numbers
    for other in ({"target": "label_y"}, {"signals": "face"}, {"profile": "norm"}, {"metric": "macro_f1"}):
        assert not seen(row | other).numbers
    assert not seen(row | {"corpus": "there"}).numbers
    assert seen(row | {"target": "", "signals": ""}).numbers["trait_share"] == 0.4


def test_a_number_said_twice_a_wrong_name_and_a_silent_gap_are_errors():
    one = {"quantity": "ece", "value": 0.1}
    with pytest.raises(verdict.VerdictError, match="said twice"):
        seen(one, one | {"signals": ""})
    with pytest.raises(verdict.VerdictError, match=r"row 0: no quantity 'ecce'; did you mean 'ece"):
        seen(one | {"quantity": "ecce"})
    with pytest.raises(verdict.VerdictError, match="nobody says why"):
        seen(one | {"value": np.nan})
    with pytest.raises(verdict.VerdictError, match="expected no part"):
        seen(one | {"part": "A"}, one | {"part": "B"})
    with pytest.raises(verdict.VerdictError, match="did you mean 'C5_nuisance'"):
        seen(one | {"claim": "C5_nuisence"})
    with pytest.raises(tables.TableError, match="two rows"):
        seen(one, one)


def test_a_scope_without_an_evidence_row_is_judged_by_its_quantities():
    gates = {"n_groups": 60, "coverage": 1, "n_leakage_failures": 0, "share_synthetic": 0}
    given = [{"quantity": name, "value": value} for name, value in gates.items()]
    given += [{"quantity": "calibration_slope", "value": 1.0}, {"quantity": "ece", "value": 0.02}]
    given += [{"quantity": "crossing", "claim": "C5_nuisance", "part": "noise", "value": 0.2, "low": 0.15}]
    said = {"here": verdict.Given("observer")}
    found = verdict.of_evidence(tables.EVIDENCE.empty(), RULES, said, more=rows_of(*given)).set_index("claim")
    assert found.at["C10_calibrated", "verdict"] == "holds"
    assert found.at["C5_nuisance", "verdict"] == "does_not_hold"
    assert found.at["C6_individual", "wording"] == bench.NOTHING
    assert found.at["C1_detectable", "verdict"] == "not_assessable"  # the power gate has no number
    assert "quantity:here/label_x/voice/-/-/-/ece/-" in found.at["C10_calibrated", "rests_on"]
    assert "crossing/noise" in found.at["C5_nuisance", "rests_on"]
    assert set(found["n_people"]) == {60}


def test_nothing_measured_is_said_to_be_not_assessable_with_what_is_missing():
    scope = verdict.Scope("here", "voice", "label_x", "observer")
    open_ = {"n_leakage_failures": 0, "n_groups": 60, "coverage": 1, "minimum_detectable_gap": 0.1}
    found = verdict.judge(open_, RULES, scope).set_index("claim")
    for claim in RULES["claims"]:
        assert found.at[claim, "wording"].startswith("not assessable")
        assert f"missing {bench.asked(RULES, claim)[0]}" in found.at[claim, "why"]
    some = verdict.judge(open_ | {"icc_retest": 0.4}, RULES, scope).set_index("claim")
    assert some.at["C3_reliable", "wording"].startswith("inconclusive")
    assert words.state(some.loc["C3_reliable"]) == "inconclusive"
    assert words.state(found.loc["C3_reliable"]) == "nothing measured"


# ---- C10


def test_calibrated_predictions_are_and_stretched_ones_are_not():
    fine, sure = (numbers(quantities.calibrated(predictions(sharp=sharp), FEW)) for sharp in (1.0, 3.0))
    assert fine["calibration_slope"] == pytest.approx(1, abs=0.2)
    assert sure["calibration_slope"] == pytest.approx(fine["calibration_slope"] / 3, rel=1e-3)
    assert fine["ece"] < 0.08 < sure["ece"]


def test_the_slope_of_many_logits_is_that_of_a_logistic_regression():
    table = predictions(people=80, rows=40, stable=1.0, name="slope")
    truth, told = calibration.positive(table, "yes")
    logit = np.log(told / (1 - told))
    assert len(np.unique(logit)) > calibration.MOST_LOGITS
    exact = LogisticRegression(C=np.inf, tol=1e-10).fit(logit[:, None], truth)
    slope, intercept = calibration.slope(truth, told, np.repeat(np.arange(80), 40))
    assert slope.value == pytest.approx(exact.coef_[0, 0], abs=2e-3)
    assert intercept.value == pytest.approx(exact.intercept_[0], abs=2e-3)


def three(table, spoilt):
    """The same predictions with ``yes`` split into two classes, the second said at random where it is spoilt."""
    draw = store.rng("test/three")
    share = draw.random(len(table)) if spoilt else np.full(len(table), 0.5)
    second = draw.random(len(table)) < 0.5
    told = table.assign(truth=np.where(table["truth"] == "no", "no", np.where(second, "b", "a")))
    yes = table["probability_yes"]
    return told.drop(columns="probability_yes").assign(probability_a=yes * (1 - share), probability_b=yes * share)


def test_of_several_classes_the_worst_is_told_and_named():
    one = quantities.calibrated(three(predictions(name="three"), True), FEW)
    fair = quantities.calibrated(three(predictions(name="three"), False), FEW)
    assert numbers(one)["ece"] > 2 * numbers(fair)["ece"]
    assert one[1]["source"].startswith(("class a against the rest", "class b against the rest"))
    assert quantities.classes(predictions()) == ["yes"]


# ---- C3 and C11


def test_retest_is_the_icc_of_scores_with_one_label():
    table = predictions(people=40, rows=2, stable=2.0, name="retest")
    kept = table.assign(truth="yes")
    found = numbers(quantities.again(pd.concat([kept]), FEW))
    wide = 100 * kept["probability_yes"].to_numpy().reshape(-1, 2)
    n, k = wide.shape
    rows, columns = wide.mean(axis=1), wide.mean(axis=0)
    between = k * np.var(rows, ddof=1)
    occasion = n * np.var(columns, ddof=1)
    error = ((wide - rows[:, None] - columns + wide.mean()) ** 2).sum() / ((n - 1) * (k - 1))
    icc = (between - error) / (between + (k - 1) * error + k * (occasion - error) / n)  # McGraw & Wong's ICC(A,1)
    assert found["icc_retest"] == pytest.approx(icc, abs=1e-9)
    assert found["sem_pts"] == pytest.approx(wide.std(ddof=1) * np.sqrt(1 - icc), rel=1e-6)


def test_who_changes_what_they_show_is_no_error_and_no_agreement():
    table = predictions(people=60, rows=4, stable=0.0, name="change")
    shown = np.tile([True, True, False, False], 60)
    told = np.clip(np.where(shown, 0.8, 0.2) + store.rng("test/shown").normal(0, 0.05, 240), 0, 1)
    table = table.assign(truth=np.where(shown, "yes", "no"), probability_yes=told, probability_no=1 - told)
    found = numbers(quantities.again(table, FEW))
    assert abs(found["icc_retest"]) < 0.25  # the label explains nearly all; of people there is nothing
    assert found["sem_pts"] == pytest.approx(5, abs=1)
    own = np.repeat(store.rng("test/own").normal(0, 0.1, 60), 4)
    told = np.clip(np.where(shown, 0.6, 0.4) + own, 0, 1)
    table = table.assign(probability_yes=told, probability_no=1 - told)
    assert numbers(quantities.again(table, FEW))["icc_retest"] > 0.95


def test_without_a_second_recording_there_is_no_retest():
    (icc, error) = quantities.again(predictions(rows=1), FEW)
    assert np.isnan([icc["value"], error["value"]]).all()
    assert "value: one_rating" in icc["why"]
    assert "value: one_rating" in error["why"]


def test_trait_share_is_of_the_person():
    of_person, of_moment = (
        numbers(quantities.owned(predictions(stable=stable, name="trait"), FEW)) for stable in (3.0, 0.0)
    )
    assert of_person["trait_share"] > 0.6
    assert of_moment["trait_share"] < 0.1


# ---- C7


def grouped(people=70, lift=0.0, first=35):
    """SYNTHETIC predictions and windows of two groups; ``lift`` raises the logits of group b."""
    table = predictions(people, 12, name="grouped", groups=np.where(np.arange(people) < first, "a", "b"))
    logit = np.log(table["probability_yes"] / table["probability_no"]) + lift * (table["group"] == "b")
    told = 1 / (1 + np.exp(-logit))
    return table.assign(probability_yes=told, probability_no=1 - told)


def alike(table, column="group"):
    rows, cells = quantities.alike(table, table, (column,), FEW)
    return numbers(rows), rows, cells


def test_groups_that_are_treated_alike_and_groups_that_are_not():
    same, other = (alike(grouped(lift=lift))[0] for lift in (0.0, 2.0))
    assert same["n_groups_above_floor"] == other["n_groups_above_floor"] == 2
    assert other["eo_difference"] > 0.3 > same["eo_difference"]
    assert other["dif_dr2"] > 0.07 > 0.035 > same["dif_dr2"]
    assert other["ece_gap"] > same["ece_gap"]


def test_below_the_floor_nothing_is_compared_and_the_cell_is_printed():
    found, rows, cells = alike(grouped(people=64, first=29))
    assert found["n_groups_above_floor"] == 1
    assert all("value: below_floor" in row["why"] for row in rows[1:])
    small = cells[(cells["group"] == "a") & (cells["measure"] == "tpr")].iloc[0]
    assert (small["n_people"], small["why"]) == (29, "below_floor")


def test_a_group_with_three_people_is_left_out_of_the_differences():
    table = grouped(people=73)
    three_of_them = table["person_id"].isin(["p70", "p71", "p72"])
    table["group"] = table["group"].mask(three_of_them, "c")
    told = table.assign(probability_yes=table["probability_yes"].mask(three_of_them, 0.0))
    found, _, cells = alike(told)
    assert found["n_groups_above_floor"] == 2
    assert found["eo_difference"] < 0.3
    assert not cells.loc[cells["group"] == "c", "testable"].any()


def test_people_without_a_group_are_in_none():
    table = grouped(people=75)
    table["group"] = table["group"].mask(table["person_id"] == "p74", np.nan)
    assert set(alike(table)[2]["group"]) == {"a", "b"}


def test_a_column_that_is_no_group_of_people_is_one_clear_error():
    table = grouped().assign(take=lambda t: t.groupby("person_id").cumcount() % 2, age=lambda t: t.index / 7.0)
    with pytest.raises(evidence.EvidenceError, match=r"no column 'sex' .* group"):
        quantities.members(table.rename(columns={"group": "group_sex"}), "sex")
    with pytest.raises(evidence.EvidenceError, match=r"70 people lie in two groups of 'take': p00"):
        quantities.members(table, "take")
    each = table.assign(age=table["person_id"].str[1:].astype(int))
    with pytest.raises(evidence.EvidenceError, match=r"'age' has 70 different values"):
        quantities.members(each, "age")


def test_no_column_no_predictions_no_number_but_a_reason():
    about = {"corpus": "here", "target": "label_x", "signals": "voice"}
    table, _ = quantities.of_predictions(predictions(), predictions(), about)
    assert set(table.loc[table["quantity"].isin(quantities.ALIKE), "why"]) == {"value: no_group_column"}
    none, _ = quantities.of_predictions(tables.PREDICTIONS.empty(), predictions(), about)
    assert none["value"].isna().all()
    assert set(none["why"]) == {"value: no_predictions"}
    handed.checked(table, RULES)


# ---- what would change a verdict: the nearest line, looked for the slow way

CLAIM = "C1_detectable"
OPEN = {"n_leakage_failures": 0, "n_groups": 60, "coverage": 0.95, "minimum_detectable_gap": 0.1, "label_alpha": 0.7}
OPEN |= {"label_is_acted": 0, "share_synthetic": 0, "model_minus_b3": 0.2}


def slowly(numbers_):
    """The smallest relative move of one number that changes C1, found by moving each number just beyond every line."""
    known = bench.facts(numbers_, RULES, "auc")
    now = bench.settle(RULES, known)[CLAIM]
    best = (np.inf, "")
    inside = [leaf for name in RULES.order(CLAIM) for leaf in bench.leaves(RULES.of(CLAIM)[name])]
    for leaf in inside + [cap["when"] for cap in now.caps]:
        if leaf["quantity"] not in known.numbers:
            continue
        distance = abs(known.numbers[leaf["quantity"]] - leaf["value"]) / (abs(leaf["value"]) or RULES["sesoi"]["auc"])
        for step in (-1e-9, 0, 1e-9) if leaf["op"] != "==" else (-1, 1):
            moved = bench.Facts(known.numbers | {leaf["quantity"]: leaf["value"] + step}, "auc")
            then = bench.settle(RULES, moved)[CLAIM]
            if (then.verdict, then.wording) != (now.verdict, now.wording) and distance < best[0]:
                best = (distance, leaf["quantity"])
    return best[1]


@pytest.mark.parametrize("seed", range(12))
def test_the_change_that_is_told_is_the_nearest(seed):
    draw = store.rng(f"test/nearest/{seed}")
    gap = draw.uniform(0.0, 0.12)
    given = OPEN | {"gap": gap, "gap_lo95": gap - draw.uniform(0, 0.08), "gap_hi90": gap + draw.uniform(0, 0.06)}
    given |= {"p_perm_holm": draw.uniform(0, 0.1), "headroom": draw.uniform(0.2, 0.9)}
    given |= {"share_synthetic": float(seed % 3 == 0), "model_minus_b3": draw.uniform(0, 0.05)}
    known = bench.facts(given, RULES, "auc")
    settled = bench.settle(RULES, known)
    verdicts_ = {name: one.verdict for name, one in settled.items()}
    told = change._single(RULES, CLAIM, settled[CLAIM], known, verdicts_)
    assert told.split(" ")[0] == slowly(given)


def single(given):
    """The one change that is told for C1."""
    known = bench.facts(OPEN | given, RULES, "auc")
    settled = bench.settle(RULES, known)
    names = {name: one.verdict for name, one in settled.items()}
    return change._single(RULES, CLAIM, settled[CLAIM], known, names)


HELD = {"gap": 0.10, "gap_lo95": 0.04, "gap_hi90": 0.15, "p_perm_holm": 0.001, "headroom": 0.7}


@pytest.mark.parametrize(
    ("given", "nearest"),
    [
        (HELD | {"model_minus_b3": 0.019}, "model_minus_b3 > 0.02 (now 0.019): then holds"),  # a cap's own line
        (HELD | {"share_synthetic": 1}, "share_synthetic != 1 (now 1): then holds"),
        (HELD | {"label_is_acted": 1}, "label_is_acted != 1 (now 1): then holds"),  # only the wording changes
        # p is 0.02 from its line, headroom 0.10; in shares of the line's own value headroom is the nearer
        (HELD | {"p_perm_holm": 0.03, "headroom": 0.40}, "headroom >= 0.5 (now 0.4): then holds"),
        (HELD | {"headroom": 0.51}, "headroom < 0.5 (now 0.51): then holds in part"),  # what holds, and only just
        (HELD | {"p_perm_holm": 0.049}, "p_perm_holm >= 0.05 (now 0.049): then inconclusive"),
        # where the line is at zero, distance is in smallest effects of interest: 0.01 / 0.05
        (HELD | {"gap_lo95": 0.01, "p_perm_holm": 0.039}, "gap_lo95 <= 0 (now 0.01): then inconclusive"),
    ],
)
def test_the_nearest_line_is_that_of_a_cap_too_and_is_measured_in_its_own_units(given, nearest):
    assert single(given).startswith(nearest)
    assert slowly(OPEN | given) == nearest.split(" ")[0]


def test_of_a_statement_a_number_comes_before_a_claim_and_a_claim_is_told_where_it_is_all():
    known = bench.facts(OPEN, RULES, "auc")
    settled = bench.settle(RULES, known)
    names = {name: one.verdict for name, one in settled.items()}
    said = change._single(RULES, "V1_higher_score_more_engaged", settled["V1_higher_score_more_engaged"], known, names)
    assert said.startswith("C1_detectable does_not_hold (now: inconclusive")
    assert said.endswith("then does not hold")
    known = bench.facts(OPEN | {"balanced_accuracy_at_50_gap_lo95": -0.01}, RULES, "auc")
    settled = bench.settle(RULES, known)
    names = {name: one.verdict for name, one in settled.items()}
    said = change._single(RULES, "V2_the_line_at_50_separates", settled["V2_the_line_at_50_separates"], known, names)
    assert said.startswith("balanced_accuracy_at_50_gap_lo95 > 0")


# ---- what is asked badly


def asked(tmp_path, table, *more, target="label_synthetic", signals="voice"):
    tables.write(table, tmp_path / "windows.csv")
    words_ = ["--windows", tmp_path / "windows.csv", "--target", target, "--signals", signals, "--models", "logistic"]
    words_ += ["--permutations", 0, "--workers", 1, "--label-source", "outcome", "--out", tmp_path / "out", *more]
    return main(["evaluate", *map(str, words_)])


def world(people=8, name="bad"):
    return synthetic.label_table(people, 6, 1.0, target_kind="window", name=name)


REFUSED = {
    "a person in two groups": (
        lambda t: t.assign(group_id=np.where(t.index % 2, "a", t["group_id"])),
        "lie in more than one group",
    ),
    "a label in a signal": (lambda t: t.assign(voice_copy=(t["label_synthetic"] == "c1") * 2.0), "label in disguise"),
    "words for a signal": (
        lambda t: t.assign(voice_words="loud"),
        "signals must be numbers; voice_words holds 'loud' in row 1 below the header",
    ),
    "no label at all": (lambda t: t.assign(label_synthetic=np.nan), "has no value in the 48 windows"),
    "infinite": (lambda t: t.assign(voice_bad=np.where(t.index == 3, np.inf, 1.0)), "infinite values in voice_bad"),
    "a rating of many values": (lambda t: t.assign(label_synthetic=t.index / 7), "48 different values"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_table_that_cannot_be_judged_is_one_clear_error(tmp_path, capsys, fault):
    spoil, expected = REFUSED[fault]
    assert asked(tmp_path, spoil(world())) == 2
    said = capsys.readouterr().err
    assert expected in " ".join(said.split())
    assert "Traceback" not in said


def test_groups_that_are_none_are_an_error_before_anything_is_fitted(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(evidence, "evaluate_table", lambda *_, **__: pytest.fail("fitted"))
    assert asked(tmp_path, world(), "--groups", "confound_sex") == 2
    assert "no column 'confound_sex' of groups of people" in capsys.readouterr().err


ANSWERED = {
    "one class": (lambda t: t.assign(label_synthetic="c1"), "value: one_class"),
    "two people": (lambda t: t[t["person_id"].isin(sorted(t["person_id"].unique())[:2])], ""),
    "a class in one person only": (
        lambda t: t.assign(label_synthetic=np.where(t["person_id"] == t["person_id"].iloc[0], "c1", "c0")),
        "value: too_few_people",
    ),
}


@pytest.mark.parametrize("fault", ANSWERED)
def test_a_question_without_an_answer_gives_reasons_and_no_verdict(tmp_path, fault):
    spoil, expected = ANSWERED[fault]
    assert asked(tmp_path, spoil(world())) == 0
    rows = tables.read(tmp_path / "out" / "evidence.csv", tables.EVIDENCE)
    model = rows[rows["model"] == "logistic"]
    lost = model[model["value"].isna()]
    assert len(lost) or not expected
    assert all(expected in why for why in lost["why"])
    assert (model["why"].str.contains("low: ") == model["low"].isna()).all()
    more = tables.read(tmp_path / "out" / "quantities.csv", tables.QUANTITIES)
    assert (more["value"].notna() | more["why"].str.contains("value: ")).all()
    found = tables.read(tmp_path / "out" / "verdicts.csv", tables.VERDICTS)
    assert set(found["verdict"]) == {"not_assessable", "out_of_scope"}
    assert found.query("verdict == 'not_assessable'")["why"].str.contains("gate units").all()


def test_empty_and_constant_columns_and_half_the_labels_change_nothing_else(tmp_path):
    """An empty and a constant signal carry no weight; windows without a label are left out and counted."""
    table = world(12, "half")
    assert asked(tmp_path, table) == 0
    plain = tables.read(tmp_path / "out" / "evidence.csv", tables.EVIDENCE)
    assert asked(tmp_path, table.assign(voice_empty=np.nan, voice_same=3.0)) == 0
    more = tables.read(tmp_path / "out" / "evidence.csv", tables.EVIDENCE)
    assert more["value"].to_numpy() == pytest.approx(plain["value"].to_numpy(), nan_ok=True)
    holes = table.assign(label_synthetic=table["label_synthetic"].where(table.index % 2 == 0))
    assert asked(tmp_path, holes) == 0
    told = json.loads((tmp_path / "out" / "report.json").read_text())["told"]
    assert (told["n_windows"], told["n_without_label_left_out"]) == (36, 36)


def test_labels_in_words_and_in_numbers_are_the_same(tmp_path):
    table = world(10, "words")
    assert asked(tmp_path, table) == 0
    said = tables.read(tmp_path / "out" / "quantities.csv", tables.QUANTITIES)
    coded = table.assign(label_synthetic=(table["label_synthetic"] == "c1").astype(int))
    assert asked(tmp_path, coded) == 0
    numbered = tables.read(tmp_path / "out" / "quantities.csv", tables.QUANTITIES)
    assert numbered["value"].to_numpy() == pytest.approx(said["value"].to_numpy(), nan_ok=True)


def test_a_leaked_label_fails_the_gate(tmp_path):
    table = world(31, "leaked")
    code = (table["label_synthetic"] == "c1") + store.rng("test/leak").uniform(0, 0.5, len(table))
    assert asked(tmp_path, table.assign(voice_take=code)) == 0
    found = tables.read(tmp_path / "out" / "verdicts.csv", tables.VERDICTS)
    assert found.query("verdict == 'not_assessable'")["why"].str.contains("gate leakage").all()
    assert set(found["verdict"]) == {"not_assessable", "out_of_scope"}


def test_alpha_of_observers_comes_from_the_table_of_agreement():
    rows = pd.read_csv(verdict.place().with_name("agreement.csv"))
    mine = rows.query("corpus == 'haines' and target == 'positive affect' and measure == 'alpha_ordinal'")
    assert judging.label_alpha("Haines", "label_positive") == mine["value"].item()
    assert judging.label_alpha("ravdess", "label_valence") is None  # acted: nobody rated


# ---- what is committed


def committed(name):
    return verdicts.read(verdict.place().parent, [name])[name]


def test_every_claim_and_statement_stands_in_every_scope_by_the_rules_that_lie_here():
    found = committed("verdicts")
    scopes = found.groupby(["corpus", "target", "signals", "profile"])["claim"].agg(list)
    assert len(scopes) >= len(primary.ASKED) + 2 * len(verdicts.SCORED)
    assert all(claims == RULES.names for claims in scopes)
    assert set(found["rules_sha256"]) == {RULES.sha256}
    assert set(found.loc[found["claim"].str.startswith("K4"), "verdict"]) == {"out_of_scope"}


def test_few_people_and_acted_labels_say_no_more_than_they_may():
    found = committed("verdicts")
    few = found[found["corpus"].isin(["RAVDESS", "EmoDB"])]
    assert set(few["verdict"]) == {"not_assessable", "out_of_scope"}
    assert few.query("verdict == 'not_assessable'")["why"].str.contains("gate units").all()
    assert dict(few.groupby("corpus")["n_people"].first()) == {"EmoDB": 10, "RAVDESS": 24}
    acted = found[(found["label_source"] == "acted") & found["verdict"].isin(["holds", "partly"])]
    kept = acted[acted["side"] != "critic"]
    assert kept["wording"].str.contains("detectable in acted speech").all()


def test_committed_verdicts_follow_from_the_committed_tables():
    data = verdict.place().parent
    given = {
        (one.corpus, one.target): verdict.Given(one.label_source, one.population, None, {}, 0.0, 0)
        for one in primary.ASKED
    }
    own = [committed("predicted_quantities"), committed("score_quantities")]
    again = verdicts.ruled(data, RULES, given | verdicts.given_of_score(data, given), own)
    found = committed("verdicts")
    assert list(again["wording"]) == list(found["wording"])
    assert list(again["rests_on"]) == list(found["rests_on"])


def test_every_table_of_quantities_that_a_question_commits_is_judged():
    files = {file for module in questions.ALL if module is not verdicts for file in module.FILES.values()}
    assert {file for file in files if file.endswith("_quantities.csv")} == set(verdicts.QUANTITIES)


def test_the_answer_counts_every_verdict_and_names_who_is_too_few():
    found = committed("verdicts")
    answer = verdicts.answer(found)
    said = answer.text
    assert "RAVDESS 24" in said
    assert "EmoDB 10" in said
    assert "London" not in said.split("Of models is said")[0]
    assert "ICSI 1" in said
    counts = [int(n) for n in re.findall(r"\d+", answer.details[0].split(": ")[1])]
    assert sum(counts) == (found["verdict"] != "out_of_scope").sum()
    assert said.endswith("K4, use that manipulates or punishes, is out of scope for any signal.")
