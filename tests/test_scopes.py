"""Scopes of the open score: what may be said where no label is involved, and how rows about the score are shared."""

import itertools
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from mien import corpora, figures, tables, verdict
from mien.evidence import quantities as told
from mien.study.judge import verdicts, way
from mien.study.labels import primary
from mien.study.score import scored
from mien.verdict import bench, names, quantities, words

RULES = verdict.load()
NONE = verdict.Scope("AMI", "turn", "score", verdict.NO_LABEL, "volunteers", "fixed_curve")
SELF = verdict.Scope("AMI", "turn", "label_mood", "self", "volunteers", "fixed_curve")
OPEN = {"n_leakage_failures": 0, "n_groups": 35, "coverage": 0.95, "share_synthetic": 0}
ABOUT_LABELS = ("C1", "C2", "C4", "C7", "C9", "C10", "V1", "V2", "V3", "V4")
"""What is about a label, by the words of AUDIT 7: written here by hand, and held against the rules."""


def judged(numbers, scope=NONE, **more):
    return verdict.judge(OPEN | numbers, RULES, scope, **more).set_index("claim")


def row(quantity, value, **more):
    blank = {column.name: "" if column.kind == "text" else np.nan for column in tables.QUANTITIES.columns}
    about = {"corpus": "AMI", "target": "score", "signals": "turn", "profile": "fixed_curve", "n_groups": 35}
    return blank | about | {"quantity": quantity, "value": value} | more


def ruled(*rows, given=None):
    given = given or {("AMI", "score"): verdict.Given(verdict.NO_LABEL, "volunteers", share_synthetic=0.0,
                                                      n_leakage_failures=0)}  # fmt: skip
    gates = [row("n_groups", 35.0), row("coverage", 0.95)]
    more = pd.DataFrame([*gates, *rows])
    return verdict.of_evidence(tables.EVIDENCE.empty(), RULES, given, ("auc", "ccc"), ("logistic", "ridge"), more)


# ---- no label


def test_what_is_about_a_label_is_what_the_audit_says():
    assert [name.split("_")[0] for name in bench.about_labels(RULES)] == list(ABOUT_LABELS)


def test_every_quantity_that_compares_with_a_label_is_marked():
    """By hand: these are known of a score alone; every other quantity of the rules needs a label."""
    alone = (
        "n_leakage_failures n_groups coverage share_synthetic icc_retest sem_pts dscore_abs_p95 crossing pen pen_abs"
    )
    alone += " n_deciding_doses gain_pts two_radio_score random_talker_score spec_rank_r spec_range_pts trait_share"
    alone += " rank1_over_chance"
    found = [name for name in names.QUANTITIES if not names.of_label(name, RULES["intervals"])]
    assert sorted(found) == sorted(alone.split())


def test_without_a_label_what_is_about_one_is_not_assessable_and_says_so_and_the_rest_is_judged():
    good = {"icc_retest_lo95": 0.8, "sem_pts": 4.0, "trait_share_hi95": 0.4, "rank1_over_chance_lo95": 6.0}
    found = judged(good)
    for name in RULES.names:
        silent = name.split("_")[0] in ABOUT_LABELS
        assert (found.at[name, "wording"] == bench.UNLABELLED) == silent
        assert found.at[name, "why"].startswith("scope: no label is involved") == silent
        assert (words.state(found.loc[name]) == "no label") == silent
    assert found.at["C3_reliable", "verdict"] == "holds"
    assert found.at["C11_trait_share", "verdict"] == "state_measure"
    assert found.at["K3_stored_data_identifies_people", "verdict"] == "supported"
    assert found.at["C1_detectable", "would_change_if"].startswith("a label of the same people")
    assert "self" in found.at["C1_detectable", "would_change_if"]
    assert set(found["label_source"]) == {"none"}
    assert found.at["K4_manipulative_or_punitive_use", "verdict"] == "out_of_scope"


def test_a_number_about_a_label_where_none_is_involved_is_an_error():
    for name in ("gap", "ece", "share_specs_same_sign", "C8_gaming/gain_over_quartile_difference_max"):
        with pytest.raises(verdict.VerdictError, match="about a label, and this scope has none"):
            judged({name: 0.5})
        judged({name: np.nan})
    with pytest.raises(verdict.VerdictError, match="expected a number or NaN; found inf"):
        judged({"icc_retest": np.inf})


def test_gates_stop_a_scope_without_a_label_too():
    found = judged({"n_groups": 28, "icc_retest_lo95": 0.8, "sem_pts": 4.0})
    assert found.at["C3_reliable", "wording"] == "not assessable"
    assert "gate units" in found.at["C3_reliable", "why"]
    assert found.at["C1_detectable", "wording"] == bench.UNLABELLED
    silent = judged({"coverage": np.nan, "icc_retest_lo95": 0.8, "sem_pts": 4.0})
    assert "gate coverage" in silent.at["C3_reliable", "why"]


LABEL_FREE = ("C3_reliable", "C5_nuisance", "C6_individual", "C8_gaming", "C11_trait_share", "C12_reid")


def test_no_statement_says_more_without_a_label_than_with_one():
    """All combinations of what the claims can get: leaving out those about labels never strengthens a statement."""
    strength = {"supported": 2, "refuted": 2, "holds": 2, "partly": 1}
    bound = bench.about_labels(RULES)
    ways = {"C3": ("holds", "does_not_hold", "inconclusive"), "C5": ("holds", "partly", "does_not_hold"),
            "C6": ("holds", "partly", "does_not_hold"), "C12": ("safe", "identifies", "partly")}  # fmt: skip
    for chosen in itertools.product(*ways.values()):
        free = dict.fromkeys(RULES["claims"], "inconclusive") | {
            next(name for name in RULES["claims"] if name.startswith(f"{short}_")): said
            for short, said in zip(ways, chosen, strict=True)
        }
        none = bench.settle(RULES, bench.facts(OPEN, RULES, "auc", labelled=False), without(free, bound))
        same = bench.settle(RULES, bench.facts(OPEN | {"minimum_detectable_gap": 0.1}, RULES, "auc"), free)
        for name in RULES["statements"]:
            assert strength.get(none[name].verdict, 0) <= strength.get(same[name].verdict, 0)
            if none[name].verdict in strength:
                assert none[name].verdict == same[name].verdict


def without(claims, bound):
    return {name: said for name, said in claims.items() if name not in bound}


def test_a_statement_says_which_of_its_claims_say_nothing_without_a_label():
    found = judged({"pen_hi95_min": -20.0, "pen_abs_max": 25.0, "crossing_max": 0.5, "crossing_lo95_max": 0.4,
                    "n_deciding_doses": 1})  # fmt: skip
    k2 = found.loc["K2_one_size_norm_penalises_groups"]
    assert k2["verdict"] == "supported"
    assert "says nothing without a label: C7_fair" in k2["why"]
    assert "V1_higher_score_more_engaged: not assessable: it is about a label" in k2["mirror"]
    assert "no_label" in found.at["C8_gaming", "why"]  # what it would need to hold
    labelled = judged({"minimum_detectable_gap": 0.1, "pen_hi95_min": -20.0, "n_deciding_doses": 1}, SELF)
    assert "without a label" not in labelled.at["K2_one_size_norm_penalises_groups", "why"]


def test_a_scope_of_which_nobody_said_whose_labels_is_still_refused():
    found = judged({"icc_retest_lo95": 0.9}, verdict.Scope("AMI", "turn", "score"))
    assert set(found["verdict"]) == {"not_assessable", "out_of_scope"}
    assert "nobody said where the labels come from" in found.at["C3_reliable", "why"]


def test_the_scope_is_in_the_words_of_every_verdict():
    said = verdict.sentences(ruled(row("icc_retest", 0.4, low=0.2, high=0.45)))
    assert said[0].startswith("Verdicts on score from turn; corpus AMI; no label is involved; population volunteers; "
                              "profile fixed_curve;")  # fmt: skip
    assert all("Would change: " in line for line in said[1:])
    assert len(said) == 1 + len(RULES.names)


# ---- the score's own rows, and those about a criterion

CRITERION = {
    ("AMI", "score"): verdict.Given(verdict.NO_LABEL, "v", share_synthetic=0.0, n_leakage_failures=0),
    ("AMI", "label_mood"): verdict.Given("self", "v", share_synthetic=0.0, n_leakage_failures=0),
}


def cell(found, target, claim, what="verdict"):
    return found.set_index(["target", "claim"]).loc[(target, claim), what]


def test_what_is_found_of_a_score_counts_for_each_label_it_is_held_against_and_for_no_other_profile():
    own = row("icc_retest", 0.4, low=0.2, high=0.45)
    mood = row("r_self_disattenuated", 0.1, high90=0.25, target="label_mood")
    found = ruled(own, mood, given=CRITERION)
    assert cell(found, "label_mood", "C3_reliable") == "does_not_hold"
    assert cell(found, "label_mood", "C4_construct") == "does_not_hold"
    assert cell(found, "score", "C4_construct", "wording") == bench.UNLABELLED
    assert cell(found, "label_mood", "C3_reliable", "label_source") == "self"
    other = ruled(own, mood | {"profile": "norm_referenced"}, given=CRITERION)
    assert cell(other, "label_mood", "C3_reliable", "verdict") == "not_assessable"  # its gates are not known


def test_a_row_of_the_criterion_itself_comes_before_that_of_the_score():
    own, mine = row("icc_retest", 0.4, low=0.2, high=0.45), row("icc_retest", 0.9, low=0.8, high=0.95)
    points = row("sem_pts", 4.0)
    found = ruled(own, mine | {"target": "label_mood"}, points, given=CRITERION)
    assert cell(found, "label_mood", "C3_reliable") == "holds"
    assert cell(found, "score", "C3_reliable") == "does_not_hold"
    assert "AMI/label_mood/turn" in cell(found, "label_mood", "C3_reliable", "rests_on")


def test_a_model_scope_takes_nothing_from_the_score():
    rows = quantities.checked(pd.DataFrame([row("icc_retest", 0.4)]), RULES)
    about = {"target": "label_mood", "signals": "turn", "metric": "auc"}
    assert quantities.about(rows, "AMI", profile="none", **about).empty
    assert len(quantities.about(rows, "AMI", profile="fixed_curve", **about)) == 1
    assert quantities.about(rows, "AMI", profile="fixed_curve", **about | {"signals": "voice"}).empty
    assert quantities.about(rows, "GAP", profile="fixed_curve", **about).empty


def test_a_scope_is_judged_in_the_metric_that_its_rows_name():
    gap = row("gap", 0.08, low=0.01, high=0.15, high90=0.14, target="label_mood", metric="r")
    found = ruled(gap, given=CRITERION)
    assert cell(found, "label_mood", "C3_reliable", "metric") == "r"
    assert cell(found, "score", "C3_reliable", "metric") == "auc"
    power = row("minimum_detectable_gap", 0.1, target="label_mood", metric="r")
    small = ruled(gap, power, given=CRITERION)  # 0.14 is less than the 0.30 of r, and more than the 0.05 of auc
    assert cell(small, "label_mood", "C1_detectable") == "does_not_hold"
    with pytest.raises(verdict.VerdictError, match="measured in r and auc; expected one metric"):
        ruled(gap, power | {"metric": "auc"}, given=CRITERION)


def test_leaks_that_a_row_says_and_leaks_that_are_given_both_stop_a_scope():
    icc = row("icc_retest", 0.4, low=0.2, high=0.45)
    for said, given in ((1.0, 0), (0.0, 2), (0.0, 0)):
        about = {("AMI", "score"): verdict.Given(verdict.NO_LABEL, share_synthetic=0.0, n_leakage_failures=given)}
        found = ruled(icc, row("n_leakage_failures", said), given=about)
        stopped = "gate leakage" in cell(found, "score", "C3_reliable", "why")
        assert stopped == bool(said or given)


def test_classes_and_ratings_are_judged_together_and_holm_runs_over_both():
    blank = dict.fromkeys(tables.EVIDENCE.names, np.nan) | {"why": "", "split": "s", "corpus": "here"}
    rows = [
        blank | {"target": f"label_{n}", "signals": "voice", "model": model, "metric": metric, "p_permuted": 0.01,
                 "n_people": 60, "n_groups": 60, "n_windows": 60, "seed": 1}
        for n, (model, metric) in enumerate((("logistic", "auc"), ("ridge", "ccc"), ("ridge", "auc"), ("x", "ccc")))
    ]  # fmt: skip
    rows = pd.DataFrame(rows)
    pair = ("auc", "ccc"), ("logistic", "ridge")
    assert list(verdict.primary_rows(rows, *pair)["target"]) == ["label_0", "label_1"]
    assert verdict.found(rows, 1, verdict.Given("self"), *pair).numbers["p_perm_holm"] == pytest.approx(0.02)
    found = verdict.of_evidence(rows, RULES, {"here": verdict.Given("self")}, *pair)
    assert found.drop_duplicates("target").set_index("target")["metric"].to_dict() == {
        "label_0": "auc",
        "label_1": "ccc",
    }
    with pytest.raises(ValueError, match="zip"):
        verdict.primary_rows(rows, ("auc", "ccc"), "logistic")


# ---- the study's scopes


def facts(**more):
    blank = dict.fromkeys(scored.FACTS.names, np.nan) | {"why": "", "reference": "", "licence": "x", "n_recordings": 5}
    about = {"corpus": "ami", "sides": "each", "n_sides": 20, "n_groups": 9}
    rows = [("scored_share", 0.9), ("trait_share", 0.3)]
    rows = [blank | about | {"quantity": q, "value": v, "profile": "fixed_curve"} | more for q, v in rows]
    return pd.DataFrame(rows)


def test_gates_and_facts_of_the_score_are_taken_from_the_facts_unless_another_question_says_them():
    found = verdicts.of_score(facts(low=0.2, high=0.4), [])
    by = found.set_index("quantity")["value"].to_dict()
    assert by == {"coverage": 0.9, "n_groups": 9.0, "trait_share": 0.3}
    assert set(found["corpus"] + found["target"] + found["signals"] + found["profile"]) == {"AMIscoreturnfixed_curve"}
    assert found.set_index("quantity").at["trait_share", "high"] == 0.4
    said = pd.DataFrame([row("trait_share", 0.5)])
    assert set(verdicts.of_score(facts(), [said])["quantity"]) == {"coverage", "n_groups"}
    assert verdicts.of_score(facts(sides="halves"), []).empty


def test_a_meeting_whose_norms_hold_it_is_a_failed_check(tmp_path):
    spread = pd.DataFrame({"corpus": ["ami", "ami", "ami", "mrda"], "n_meetings": [20, 13, 50, 19]})
    spread["reference"] = ["ami_each_v1 without its group", "ami_each_v1", None, "ami_each_v1"]
    committed = pd.read_csv(verdict.place().parent / "score_spread.csv").iloc[[0] * 4].reset_index(drop=True)
    tables.write(committed.assign(**spread, measure=list("abcd")), tmp_path / "score_spread.csv")
    found = verdicts.given_of_score(tmp_path, {})
    assert found["AMI", "score"].n_leakage_failures == 13
    assert found["ICSI", "score"].n_leakage_failures == 0  # its norms are those of other people
    assert found["AMI", "score"].label_source == verdict.NO_LABEL
    assert found["GAP", "label_satisfaction"].label_source == "self"
    assert found["GAP", "label_group_score"].label_source == "outcome"
    before = {("GAP", "label_satisfaction"): verdict.Given("self", "people", n_leakage_failures=3)}
    assert verdicts.given_of_score(tmp_path, before)["GAP", "label_satisfaction"].n_leakage_failures == 3


def test_checks_that_fail_and_whose_labels_they_are_are_given_to_the_rules(monkeypatch):
    asked = primary.ASKED[0]
    monkeypatch.setattr(verdicts, "predicted", lambda *_: ("windows", "held out"))
    monkeypatch.setattr(verdicts.quantities, "of_predictions", lambda *_, **__: ("quantities", None))
    checks = pd.DataFrame({"passed": [True, False, False]})
    monkeypatch.setattr(verdicts.leakage, "checked", lambda *_, **__: checks)
    part = verdicts._asked(None, asked, None)
    wanted = verdict.Given("acted", asked.population, share_synthetic=0.0, n_leakage_failures=2)
    assert (part["given"], part["predictions"], part["quantities"]) == (wanted, "held out", "quantities")


def test_held_out_predictions_of_ratings_are_made_as_question_07_made_them(monkeypatch):
    seen = []
    told_ = SimpleNamespace(predictions=pd.DataFrame({"model": ["ridge", "logistic", "B1_mean"]}))
    monkeypatch.setattr(verdicts.tables, "read", lambda *_: "windows")
    monkeypatch.setattr(verdicts.evidence, "evaluate", lambda *asked: seen.append(asked) or told_)
    settings = verdicts.evidence.EvidenceSettings()
    few = verdicts.engagement.fewer(settings)
    assert few != settings
    for one in (next(one for one in primary.ASKED if one.is_rated == rated_) for rated_ in (True, False)):
        table, mine = primary.predicted("data", one, settings)
        assert seen[-1][4] == replace(few if one.is_rated else settings, n_permutations=0)
        assert (table, list(mine["model"])) == ("windows", [one.model])


def test_what_is_given_of_a_criterion_of_the_score_holds_for_the_models_of_it_too(monkeypatch):
    found, criterion = {}, ("GAP", "label_satisfaction")
    part = {"quantities": tables.QUANTITIES.empty(), "given": "of the model", "predictions": None}
    monkeypatch.setattr(verdicts, "_asked", lambda *_: part)
    monkeypatch.setattr(verdicts, "given_of_score", lambda *_: {criterion: "of both"})
    monkeypatch.setattr(verdicts, "ruled", lambda _, __, given, own: found.update(given) or table_of())
    monkeypatch.setattr(verdicts.way, "table", lambda *_: "steps")
    made = verdicts.make(verdict.place().parent, None)
    assert (found[criterion], found["EmoDB", "label_valence"]) == ("of both", "of the model")
    assert set(made) == set(verdicts.FILES)


def test_what_travels_is_judged_as_it_was_declared_before_and_no_other_way(monkeypatch):
    monkeypatch.setattr(verdicts.verdict, "of_evidence", lambda *_, transfer: transfer)
    away = verdicts.ruled(verdict.place().parent, RULES, {}, [])
    assert set(away["treatment"]) == {verdicts.travel.DECLARED}
    assert len(away) > 1


def test_the_rows_behind_a_scope_are_those_of_its_own_question():
    rows = verdicts.evidence_rows(verdict.place().parent)
    ruling = verdict.primary_rows(rows, primary.METRICS, primary.MODELS)
    assert sorted(zip(ruling["corpus"], ruling["target"], ruling["signals"], strict=True)) == sorted(
        tuple(one.about.values()) for one in primary.ASKED
    )
    assert (rows["model"] == "B3_confounds").any()
    sentiment = pd.read_csv(verdict.place().parent / "sentiment.csv")
    london = sentiment.query("corpus == 'London' and signals == 'face' and model == 'logistic' and metric == 'auc'")
    mine = ruling.query("corpus == 'London'")
    assert mine["value"].item() == london["value"].item()
    assert london["n_permutations"].item() * 0.05 > len(ruling)  # p can be small enough after Holm


def test_the_rating_of_question_07_is_judged_as_it_is_and_nowhere_cut_in_two():
    found = verdicts.read(verdict.place().parent, ["verdicts"])["verdicts"]
    mit = found[found["corpus"] == "MIT Interview"]
    assert set(mit["metric"]) == {"ccc"}
    assert all(one.model == "ridge" for one in primary.ASKED if one.corpus in ("MIT Interview", "GAP"))
    assert all(one.model == "logistic" for one in primary.ASKED if one.corpus in ("London", "RAVDESS", "EmoDB"))


def rated(people=40, own=1.0, noise=0.1, slope=0.0):
    """SYNTHETIC predictions of a rating: two recordings a person, whose part is ``own``, following the label or not."""
    draw = np.random.default_rng(3)
    label = draw.uniform(1, 7, 2 * people)
    value = 4 + np.repeat(draw.normal(0, own, people), 2) + slope * (label - 4) + draw.normal(0, noise, 2 * people)
    who = np.repeat([f"p{n:02d}" for n in range(people)], 2)
    table = pd.DataFrame({"recording_id": [f"r{n}" for n in range(2 * people)], "person_id": who, "group_id": who})
    table = table.assign(start_s=0.0, repeat=0, fold=0, target="label_x", signals="voice", model="ridge", split="s")
    return table.assign(truth=label.astype(str), predicted_value=value)


def numbers(table, scale=(1, 7)):
    rows, _ = told.of_predictions(table, table, {"corpus": "c", "target": "t", "signals": "s"}, scale=scale)
    return rows.set_index("quantity")


def test_a_rating_that_is_predicted_is_a_score_whose_return_is_told_apart_from_its_label():
    stable, loose = numbers(rated()), numbers(rated(own=0.0, noise=1.0))
    assert stable.at["icc_retest", "value"] > 0.95
    assert abs(loose.at["icc_retest", "value"]) < 0.4
    assert loose.at["sem_pts", "value"] == pytest.approx(100 / 6, rel=0.2)
    moving = numbers(rated(own=0.0, noise=0.2, slope=0.9))  # who changes as the label does is no error and no trait
    assert moving.at["sem_pts", "value"] < 5
    assert stable.at["trait_share", "value"] > 0.9
    assert set(stable.loc[["calibration_slope", "ece"], "why"]) == {"value: no_probability"}
    bare = numbers(rated(), (np.nan, np.nan))
    assert bare.at["sem_pts", "why"] == "value: no_scale"
    assert bare.at["icc_retest", "value"] == pytest.approx(stable.at["icc_retest", "value"])


def test_a_corpus_is_known_by_the_hashes_of_its_files_or_says_that_there_are_none(monkeypatch):
    ami, icsi = way.corpus_step("AMI"), way.corpus_step("ICSI")
    assert "170 files of known hash" in ami[4]
    assert (icsi[3], icsi[4].endswith(way.NO_HASH)) == ("", True)
    assert corpora.named("ami").ORIGIN in ami[4]
    listed = way.downloads.listed("ami")
    monkeypatch.setattr(way.downloads, "listed", lambda name: dict(list(listed.items())[1:]))
    assert way.corpus_step("AMI")[3] != ami[3]


# ---- what a reader sees


def table_of(*more):
    rows = [row("icc_retest", 0.4, low=0.2, high=0.45), row("r_self_disattenuated", 0.1, high90=0.25, target="label_a")]
    given = CRITERION | {("AMI", f"label_{n}"): CRITERION["AMI", "label_mood"] for n in "abc"}
    return ruled(*rows, *more, given=given)


def test_scopes_that_get_the_same_share_a_line_and_others_do_not():
    alike = [row("r_self_disattenuated", 0.5, high90=0.6, target=f"label_{n}") for n in "bc"]
    found = table_of(*alike)
    made = figures.verdicts_numbers(found)
    lines = list(dict.fromkeys(made["line"]))
    assert lines == [
        "AMI: fixed curve\n35 groups, no label", "AMI: fixed curve against a\n35 groups, self",
        "AMI: fixed curve against 2 labels\n35 groups, self",
    ]  # fmt: skip
    assert len(made) == len(found)
    assert set(made["kind"]) == {figures.ruled.SCORE}


def test_the_answer_tells_models_and_score_apart_and_counts_both():
    said = verdicts.answer(table_of()).text
    assert "2 scopes (0 of models, 2 of the open score)" in said
    assert "Of models is said: nothing." in said
    assert "the floor is 30 independent groups): none." in said
    assert "30 independent groups): none." in verdicts.answer(table_of().assign(n_groups=30, n_people=9)).text
    assert "30 independent groups): AMI 29." in verdicts.answer(table_of().assign(n_groups=29, n_people=99)).text
    assert "fixed curve in AMI (no label, 35 groups): C3 does not hold" in said
    assert "fixed curve against a in AMI (self labels, 35 groups): C3 does not hold, C4 does not hold" in said


def test_the_table_of_what_is_said_has_no_silent_row_and_k4_once_a_scope():
    found = verdicts.said(table_of())
    assert set(found["wording"]) & {bench.UNLABELLED, bench.NOTHING, "not assessable"} == set()
    assert (found["claim"] == "K4_manipulative_or_punitive_use").sum() == 2
    assert (found["would_change_if"] != "").all()
    silent = table_of().assign(corpus="X", wording="not assessable")
    silent["verdict"] = silent["verdict"].where(silent["verdict"] == "out_of_scope", "not_assessable")
    assert set(verdicts.said(pd.concat([table_of(), silent], ignore_index=True))["corpus"]) == {"AMI"}


def test_every_word_of_a_reason_is_explained():
    found = table_of()
    said = words.meanings(found)
    explained = {line.split(": ")[0] for line in said}
    assert {"icc_retest", "r_self_disattenuated", "no_label", "trait_share"} <= explained
    assert "gain_pts" in explained  # it is missing, and so is named
    assert "not_testable" not in explained
    few = words.meanings(found.assign(why="", would_change_if="icc_retest_lo95 >= 0.75 (now 0.2): then holds"))
    assert [line.split(":")[0] for line in few] == ["icc_retest", *(line.split(":")[0] for line in words.ENDS)]


def test_a_reason_says_in_words_what_a_verdict_is_short_of():
    why = ruled(row("icc_retest", 0.6, low=0.4, high=0.8)).set_index("claim").at["C3_reliable", "why"]
    assert "short of 'holds': icc_retest_lo95 >= 0.75 (0.4)" in why
    assert "holds in part: icc_retest >= 0.5 (0.6)" in why


def test_not_having_measured_is_not_told_as_what_would_change_a_verdict():
    doses = {"n_deciding_doses": 1.0, "pen_abs_max": 20.0, "pen_hi95_min": -18.0, "crossing_max": 0.1,
             "crossing_lo95_max": 0.05}  # fmt: skip
    found = judged(doses)
    assert found.at["C6_individual", "verdict"] == "does_not_hold"
    assert found.at["C6_individual", "would_change_if"].startswith("pen_hi95_min >= -10 (now -18): then inconclusive")
    assert found.at["K2_one_size_norm_penalises_groups", "would_change_if"].startswith("C6_individual holds")
    none = judged({"n_deciding_doses": 0.0}).loc["C6_individual"]
    assert (none["verdict"], "n_deciding_doses >= 1 (now 0)" in none["would_change_if"]) == ("not_testable", True)
