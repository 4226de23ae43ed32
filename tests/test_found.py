"""From rows to the quantities of the rules: which column of which row each number is, and why one is missing."""

import numpy as np
import pandas as pd
import pytest

from mien import tables, verdict
from mien.evidence import transfer
from mien.verdict import added, quantities, words
from mien.verdict.elsewhere import elsewhere, joined

RULES = verdict.load()
NUMBERS = {"value": 0.70, "chance": 0.50, "gap": 0.11, "gap_low": 0.01, "gap_low90": 0.02, "gap_high90": 0.20}
NUMBERS |= {"gap_high": 0.21, "minimum_detectable_gap": 0.13, "coverage": 0.97, "p_permuted": 0.01, "n_groups": 61}
NUMBERS |= {"n_people": 71, "n_windows": 500, "seed": 1}
ABOUT = {"corpus": "A", "target": "label_x", "signals": "voice", "model": "logistic", "split": "s", "metric": "auc"}


def evidence_row(**more):
    return dict.fromkeys(tables.EVIDENCE.names, np.nan) | {"why": ""} | NUMBERS | ABOUT | more


def confounds(value, **more):
    return evidence_row(model="B3_confounds", value=value, p_permuted=np.nan) | more


def seen(*rows, given=None):
    """The quantities of the first row."""
    given = given or verdict.Given("observer", label_alpha=0.6, share_synthetic=0.25, n_leakage_failures=3)
    return verdict.found(pd.DataFrame(rows), 0, given)


# ---- an evidence row


def test_each_quantity_stands_in_its_own_column():
    wanted = {"gap": 0.11, "gap_lo95": 0.01, "gap_lo90": 0.02, "gap_hi90": 0.20, "gap_hi95": 0.21, "n_groups": 61}
    wanted |= {"minimum_detectable_gap": 0.13, "coverage": 0.97, "p_perm_holm": 0.01, "model_minus_b3": 0.08}
    wanted |= {"label_alpha": 0.6, "share_synthetic": 0.25, "n_leakage_failures": 3, "label_is_acted": 0}
    found = seen(evidence_row(), confounds(0.62))
    assert found.numbers == pytest.approx(wanted)
    assert found.missing == {"headroom": "not_given"}
    both = ("A/label_x/voice/logistic/s/auc", "A/label_x/voice/B3_confounds/s/auc")
    assert found.rests_on["model_minus_b3"] == both
    assert found.rests_on["gap"] == both[:1]


def test_confounds_alone_are_those_of_the_same_corpus_target_split_and_metric():
    others = ({"corpus": "B"}, {"target": "label_y"}, {"split": "t"}, {"metric": "macro_f1"})
    strangers = [confounds(0.9, **other) for other in others]
    assert seen(evidence_row(), *strangers, confounds(0.62)).numbers["model_minus_b3"] == pytest.approx(0.08)
    for stranger in strangers:
        assert seen(evidence_row(), stranger).missing["model_minus_b3"] == "not_computed"


def test_a_missing_difference_says_which_side_of_it_is_missing():
    lost = seen(evidence_row(), confounds(np.nan, why="value: no_confounds"))
    assert lost.missing["model_minus_b3"] == "no_confounds"
    lost = seen(evidence_row(value=np.nan, why="value: one_class"), confounds(0.6, why="value: no_confounds"))
    assert lost.missing["model_minus_b3"] == "one_class"


def test_headroom_is_of_the_ceiling_that_the_row_says_or_else_of_the_one_that_is_given():
    given = verdict.Given("observer", ceiling={"auc": 0.9})
    assert seen(evidence_row(), given=given).numbers["headroom"] == pytest.approx(0.5)
    assert seen(evidence_row(ceiling=0.75), given=given).numbers["headroom"] == pytest.approx(0.8)
    other = verdict.Given("observer", ceiling={"macro_f1": 0.9})
    assert seen(evidence_row(), given=other).missing["headroom"] == "not_given"
    assert seen(evidence_row(ceiling=0.5), given=given).missing["headroom"] == "no_headroom"


def test_labels_are_acted_where_they_say_so_and_unknown_where_nobody_says():
    assert seen(evidence_row(), given=verdict.Given("acted")).numbers["label_is_acted"] == 1
    assert seen(evidence_row(), given=verdict.Given("self")).numbers["label_is_acted"] == 0
    assert seen(evidence_row(), given=verdict.Given("")).missing["label_is_acted"] == "not_given"
    assert seen(evidence_row(), given=verdict.Given("none")).missing["label_is_acted"] == "not_given"


def test_holm_runs_over_primary_claims_and_over_nothing_else():
    rows = [evidence_row(), evidence_row(target="label_y", p_permuted=0.04)]
    beside = [evidence_row(model="forest", p_permuted=0.001), evidence_row(metric="macro_f1", p_permuted=0.001)]
    assert seen(*rows, *beside).numbers["p_perm_holm"] == pytest.approx(0.02)


def test_what_is_given_of_one_target_comes_before_what_is_given_of_its_corpus():
    rows = pd.DataFrame([evidence_row(), evidence_row(target="label_y")])
    given = {"A": verdict.Given("observer"), ("A", "label_y"): verdict.Given("self")}
    found = verdict.of_evidence(rows, RULES, given)
    assert found.groupby("target")["label_source"].first().to_dict() == {"label_x": "observer", "label_y": "self"}
    assert set(found["n_people"]) == {71}


# ---- a matrix of transfer


def away(corpus="B", **more):
    numbers = {"transfer_gap": 0.20, "transfer_gap_low": 0.10, "transfer_gap_low90": 0.12, "transfer_gap_high90": 0.28}
    numbers |= {"transfer_gap_high": 0.30, "headroom_ratio": 0.8, "trained_on": "A"}
    return (
        dict.fromkeys(transfer.TRANSFER.names, np.nan)
        | {"why": ""}
        | NUMBERS
        | ABOUT
        | numbers
        | {"corpus": corpus}
        | more
    )


def elsewhere_of(*rows):
    return elsewhere(pd.DataFrame(rows), pd.Series(evidence_row()))


def test_extremes_over_corpora_are_taken_after_the_limit_and_each_limit_has_its_column():
    found = elsewhere_of(away(), away("C", transfer_gap=0.4, transfer_gap_low=0.0, headroom_ratio=0.9))
    wanted = {"transfer_gap_min": 0.2, "transfer_gap_max": 0.4, "transfer_gap_lo95_min": 0.0}
    wanted |= {"transfer_gap_lo95_max": 0.1, "transfer_gap_lo90_min": 0.12, "transfer_gap_lo90_max": 0.12}
    wanted |= {"transfer_gap_hi90_min": 0.28, "transfer_gap_hi90_max": 0.28, "transfer_gap_hi95_min": 0.3}
    wanted |= {"transfer_gap_hi95_max": 0.3, "headroom_ratio_min": 0.8, "headroom_ratio_max": 0.9}
    wanted |= {"n_other_corpora": 2, "n_other_corpora_above_chance": 1, "headroom_ratio_best": 0.8}  # C is at chance
    assert found.numbers == pytest.approx(wanted)


def test_only_the_same_model_of_the_same_claim_trained_here_and_tried_elsewhere_counts():
    others = ({"target": "label_y"}, {"signals": "face"}, {"model": "forest"}, {"metric": "macro_f1"})
    for other in (*others, {"trained_on": "C"}, {"corpus": "A"}):
        assert elsewhere_of(away(**other)).numbers == {"n_other_corpora": 0}


def test_a_number_that_one_corpus_lacks_has_no_extreme_and_its_reason():
    lost = away("C", headroom_ratio=np.nan, transfer_gap_low=np.nan, why="headroom_ratio: nothing_at_home")
    found = elsewhere_of(away(), lost)
    assert found.missing["headroom_ratio_min"] == found.missing["headroom_ratio_max"] == "nothing_at_home"
    assert found.missing["transfer_gap_lo95_min"] == "not_computed"
    assert not {"headroom_ratio_min", "transfer_gap_lo95_min", "transfer_gap_lo95_max"} & set(found.numbers)
    assert found.numbers["headroom_ratio_best"] == 0.8  # of those above chance
    assert elsewhere_of(away(transfer_gap_low=0.0)).missing["headroom_ratio_best"] == "no_headroom"


def test_of_two_sets_of_quantities_the_second_knows_better_and_what_is_known_is_not_missing():
    first = verdict.Quantities({"gap": 1.0}, {"headroom": "not_given", "ece": "no_values"}, {"gap": ("a",)})
    second = verdict.Quantities({"gap": 2.0, "headroom": 0.5}, {"p_perm_holm": "not_permuted"}, {"gap": ("b",)})
    both = joined(first, second)
    assert (both.numbers, both.rests_on) == ({"gap": 2.0, "headroom": 0.5}, {"gap": ("b",)})
    assert both.missing == {"ece": "no_values", "p_perm_holm": "not_permuted"}


# ---- a table of ablation


def gain(signals="turn + face+voice", what="added", **more):
    numbers = {"value": 0.2, "low": 0.10, "low90": 0.12, "high90": 0.28, "high": 0.30, "p_permuted": 0.01}
    about = {"corpus": "A", "target": "label_x", "what": what, "signals": signals, "model": "ridge", "metric": "ccc"}
    return about | numbers | {"minimum_detectable_gap": 0.05} | more


def test_what_is_added_and_what_is_lost_have_each_limit_from_its_column():
    found = added.of_ablation(pd.DataFrame([gain(), *(gain(s, "drop_one") for s in "abc")]), "A", "label_x", "ccc")
    limits = {"": 0.2, "_lo95": 0.10, "_lo90": 0.12, "_hi90": 0.28, "_hi95": 0.30}
    for ending, value in limits.items():
        assert found.numbers[f"added_gap{ending}"] == value
        assert found.numbers[f"drop_one_gap{ending}_min"] == found.numbers[f"drop_one_gap{ending}_max"] == value


def test_only_face_and_voice_together_beside_turns_answer_what_they_add():
    for signals in ("turn + face", "turn + voice", "face + voice", "voice + turn", "turn + face+voice+text"):
        seen_ = added.of_ablation(pd.DataFrame([gain(signals)]), "A", "label_x", "ccc")
        assert (seen_.numbers, seen_.missing["added_gap"]) == ({}, "no_values")
    turned = added.of_ablation(pd.DataFrame([gain("turn + voice+face")]), "A", "label_x", "ccc")
    assert turned.numbers["added_gap"] == 0.2
    assert added.of_ablation(pd.DataFrame([gain()]), "A", "label_x", "auc").numbers == {}


def test_limits_stand_in_the_row_of_their_number_and_come_back_from_it():
    first = added.of_ablation(pd.DataFrame([gain()]), "A", "label_x", "ccc")
    rows = quantities.rows_of(first, {"corpus": "A", "target": "label_x", "signals": "turn"})
    assert [row["quantity"] for row in rows if row["quantity"].startswith("added_gap")] == ["added_gap"]
    again = quantities.put(verdict.Quantities(), quantities.checked(pd.DataFrame(rows), RULES), RULES)
    assert again.numbers == first.numbers


def test_one_component_that_could_not_be_judged_leaves_all_of_them_out():
    drops = [gain(s, "drop_one") for s in "ab"] + [gain("c", "drop_one", value=np.nan)]
    found = added.of_ablation(pd.DataFrame(drops), "A", "label_x", "ccc")
    assert found.missing["drop_one_gap"] == found.missing["n_components_that_add"] == "component_nan"
    assert not [name for name in found.numbers if name.startswith("drop_one")]


def test_a_power_that_one_component_does_not_say_is_not_known():
    drops = [gain(s, "drop_one", minimum_detectable_gap=gap) for s, gap in zip("abc", (0.1, 0.2, np.nan), strict=True)]
    found = added.of_ablation(pd.DataFrame(drops), "A", "label_x", "ccc")
    assert f"{added.V3}/minimum_detectable_gap" not in found.numbers
    known = [row | {"minimum_detectable_gap": gap} for row, gap in zip(drops, (0.1, 0.2, 0.12), strict=True)]
    found = added.of_ablation(pd.DataFrame(known), "A", "label_x", "ccc")
    assert found.numbers[f"{added.V3}/minimum_detectable_gap"] == 0.2  # the least able of them


# ---- a table of quantities


def row(quantity, value, **more):
    blank = {column.name: "" if column.kind == "text" else np.nan for column in tables.QUANTITIES.columns}
    return blank | {"corpus": "A", "target": "score", "signals": "turn"} | {"quantity": quantity, "value": value} | more


def test_a_score_of_no_named_profile_counts_for_every_profile_and_for_no_model():
    rows = quantities.checked(pd.DataFrame([row("icc_retest", 0.4)]), RULES)
    about = {"target": "label_mood", "signals": "turn", "metric": "auc"}
    assert len(quantities.about(rows, "A", profile="fixed_curve", **about)) == 1
    assert quantities.about(rows, "A", profile="none", **about).empty


def test_a_number_of_one_claim_does_not_hide_that_of_the_score_for_the_rest():
    own, mine = row("crossing", 0.3, part="a"), row("crossing", 0.1, part="a", target="label_x", claim="C5_nuisance")
    rows = quantities.checked(pd.DataFrame([own, mine]), RULES)
    about = {"target": "label_x", "signals": "turn", "profile": "p", "metric": "auc"}
    found = quantities.put(verdict.Quantities(), quantities.about(rows, "A", **about), RULES)
    assert found.numbers == {"crossing_min": 0.3, "crossing_max": 0.3, "C5_nuisance/crossing_min": 0.1,
                             "C5_nuisance/crossing_max": 0.1}  # fmt: skip


def test_limits_are_missing_for_the_reason_of_their_number_unless_they_have_one_of_their_own():
    rows = quantities.checked(pd.DataFrame([row("ece", np.nan, why="value: one_class; low90: few_windows")]), RULES)
    found = quantities.put(verdict.Quantities(), rows, RULES)
    assert found.missing == {"ece": "one_class", "ece_lo95": "one_class", "ece_hi95": "one_class",
                             "ece_lo90": "few_windows", "ece_hi90": "one_class"}  # fmt: skip
    again = quantities.put(verdict.Quantities({}, {"sem_pts": "not_given"}), pd.DataFrame([row("sem_pts", 3.0)]), RULES)
    assert (again.numbers, again.missing) == ({"sem_pts": 3.0}, {})


def test_what_is_missing_for_one_claim_keeps_its_reason_beside_what_is_known_of_another():
    part = {"part": "noise", "target": "label_x"}
    rows = [row("crossing", np.nan, why="value: silent", **part), row("crossing", 0.01, claim="C5_nuisance", **part)]
    rows += [row("dscore_abs_p95", 1.0, **part), row("pen_abs", 1.0, **part), row("n_groups", 60.0, target="label_x")]
    rows += [row("coverage", 1.0, target="label_x"), row("n_deciding_doses", 1.0, target="label_x")]
    given = {"A": verdict.Given("self", share_synthetic=0.0, n_leakage_failures=0)}
    found = verdict.of_evidence(tables.EVIDENCE.empty(), RULES, given, more=pd.DataFrame(rows)).set_index("claim")
    assert found.at["C5_nuisance", "verdict"] == "holds"
    assert "missing crossing_max (silent)" in found.at["C6_individual", "why"]
    turned = [row("crossing", 0.01, **part), row("crossing", np.nan, why="value: silent", claim="C5_nuisance", **part)]
    turned = pd.DataFrame([*turned, *rows[2:]])
    found = verdict.of_evidence(tables.EVIDENCE.empty(), RULES, given, more=turned).set_index("claim")
    assert found.at["C6_individual", "verdict"] == "holds"
    assert found.at["C5_nuisance", "verdict"] == "inconclusive"
    assert "missing crossing_max (silent)" in found.at["C5_nuisance", "why"]


def test_of_several_lost_parts_the_first_says_why():
    parts = [row("gain_pts", np.nan, part=part, why=f"value: {why}") for part, why in (("a", "silent"), ("b", "still"))]
    found = quantities.put(verdict.Quantities(), quantities.checked(pd.DataFrame(parts), RULES), RULES)
    assert found.missing == {"gain_pts_min": "silent", "gain_pts_max": "silent"}
    whole = [row("gain_pts", 3.0), row("gain_pts", 4.0, part="a")]
    with pytest.raises(verdict.VerdictError, match="said twice"):
        quantities.put(verdict.Quantities(), pd.DataFrame(whole), RULES)


def test_what_a_row_says_counts_in_place_of_what_was_given_by_word():
    rows = pd.DataFrame([row("share_synthetic", 0.4, target="label_x"), row("sem_pts", 3.0, target="label_x")])
    given = {"A": verdict.Given("self", share_synthetic=1.0, n_leakage_failures=0)}
    found = verdict.of_evidence(tables.EVIDENCE.empty(), RULES, given, more=rows).set_index("claim")
    assert "cap synthetic_only" not in " ".join(found["why"])


def test_a_scope_of_quantities_counts_as_many_people_as_its_largest_row():
    rows = [row("sem_pts", 3.0, n_people=9.0, n_groups=8.0), row("icc_retest", 0.5, n_people=12.0)]
    found = verdict.of_evidence(tables.EVIDENCE.empty(), RULES, {}, more=pd.DataFrame(rows))
    assert set(zip(found["n_people"], found["n_groups"], found["n_windows"], strict=True)) == {(12, 8, 0)}


# ---- words


def test_states_are_told_apart_and_a_licence_and_the_other_side_are_in_the_line():
    states = {"mixed": "in part", "inconclusive": "inconclusive", "not_testable": "not testable", "safe": "found"}
    states |= {"refuted": "does not hold", "supported": "found", "out_of_scope": "out of scope"}
    assert {said: words.state({"verdict": said, "wording": said}) for said in states} == states
    numbers = {"n_leakage_failures": 0, "n_groups": 60, "coverage": 1, "icc_retest_lo95": 0.9, "sem_pts": 4.0}
    scope = verdict.Scope("A", "voice", "label_x", "self")
    said = verdict.sentences(verdict.judge(numbers, RULES, scope, counts={"n_people": 61, "n_groups": 60}))
    assert said[0].startswith("Verdicts on label_x from voice (auc); corpus A; labels self;")
    assert "61 people in 60 groups" in said[0]
    assert len([line for line in said if line.startswith("Verdicts on")]) == 1
    lines = {line.split(":")[0]: line for line in said[1:]}
    assert "holds; good enough for single people" in lines["C3_reliable"]
    assert "single people" not in lines["C1_detectable"]
    facing = lines["K1_no_reliable_inference_of_inner_state"]
    assert "[V1_higher_score_more_engaged: inconclusive" in facing
