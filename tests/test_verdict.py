"""The bench: every branch of the rules reached by quantities at and beside its thresholds, and nothing but by them."""

import itertools
import json
import math

import numpy as np
import pandas as pd
import pytest

from mien import evidence, synthetic, tables, verdict
from mien.__main__ import main
from mien.evidence import leakage, many
from mien.verdict import bench, rules

RULES = verdict.load()
SCOPE = verdict.Scope("corpus", "voice", "label_mood", "observer", "volunteers")
OPEN = {"n_leakage_failures": 0, "n_groups": 60, "coverage": 0.95, "minimum_detectable_gap": 0.1}
OPEN |= {"label_is_acted": 0, "share_synthetic": 0, "model_minus_b3": 0.2, "label_alpha": 0.7}


def judged(numbers, **more):
    return verdict.judge(OPEN | numbers, RULES, SCOPE, **more).set_index("claim")


def said(numbers, claim):
    return judged(numbers).at[claim, "verdict"]


def beside(op, value, *, met):
    """A number at or just beside the line of a leaf, by which it is met, or is not."""
    step = 1 if float(value).is_integer() and op == "==" else 1e-6
    yes = {">": value + step, ">=": value, "<": value - step, "<=": value, "==": value}
    no = {">": value, ">=": value - step, "<": value, "<=": value + step, "==": value + step}
    return (yes if met else no)[op]


def alone(rule):
    """Ways to meet a rule of quantities: a list of leaves that are enough together, for each alternative."""
    if "all" in rule:
        ways = itertools.product(*(alone(each) for each in rule["all"]))
        return [[leaf for way in each for leaf in way] for each in ways]
    if "any" in rule:
        return [way for each in rule["any"] for way in alone(each)]
    return [[rule]]


def at_the_line(leaves):
    """Numbers that just meet all leaves (of two about one quantity, one in between)."""
    numbers = {}
    for leaf in leaves:
        numbers.setdefault(leaf["quantity"], []).append(beside(leaf["op"], leaf["value"], met=True))
    return {name: float(np.mean(values)) for name, values in numbers.items()}


WAYS = [
    (claim, name, way)
    for claim in RULES["claims"]
    for name in RULES.order(claim)
    for way in alone(RULES["claims"][claim][name])
]


@pytest.mark.parametrize(("claim", "wanted", "way"), WAYS)
def test_each_claim_gets_each_verdict_at_its_thresholds_and_not_beside_them(claim, wanted, way):
    numbers = at_the_line(way)
    assert said(numbers, claim) == wanted
    for leaf in way:
        moved = numbers | {leaf["quantity"]: beside(leaf["op"], leaf["value"], met=False)}
        left = [each for each in alone(RULES["claims"][claim][wanted]) if each != way]
        assert said(moved, claim) != wanted or left, f"{leaf} decides nothing"
        assert said(numbers | {leaf["quantity"]: math.nan}, claim) != wanted or left


@pytest.mark.parametrize("claim", list(RULES["claims"]))
def test_no_verdict_in_either_direction_comes_from_missing_numbers(claim):
    row = judged({}).loc[claim]
    assert row["verdict"] == RULES["default"]
    assert "missing" in row["why"]
    assert "needs" in row["would_change_if"]


@pytest.mark.parametrize("gate", RULES["gates"], ids=lambda gate: gate["id"])
def test_a_gate_is_named_and_stops_what_it_guards_and_nothing_else(gate):
    good = judged({})
    for number in (beside(gate["op"], gate["value"], met=False), math.nan):
        stopped = judged({gate["quantity"]: number})
        for name in RULES.names:
            guarded = name != "K4_manipulative_or_punitive_use" and gate["applies_to"] in ("all",)
            guarded |= gate["applies_to"] != "all" and name in gate["applies_to"]
            assert stopped.at[name, "verdict"] == ("not_assessable" if guarded else good.at[name, "verdict"])
            assert (f"gate {gate['id']}" in stopped.at[name, "why"]) == guarded
    at = judged({gate["quantity"]: beside(gate["op"], gate["value"], met=True)})
    assert not (at["verdict"] == "not_assessable").any()


HOLDS = {"gap": 0.10, "gap_lo95": 0.04, "gap_hi90": 0.15, "p_perm_holm": 0.001, "headroom": 0.7}


@pytest.mark.parametrize(
    ("cap", "past", "beside_it"),
    [
        ("label_agreement", {"label_alpha": 0.39}, {"label_alpha": 0.40}),
        ("confounds_alone", {"model_minus_b3": 0.02}, {"model_minus_b3": 0.021}),
        ("synthetic_only", {"share_synthetic": 1}, {"share_synthetic": 0.99}),
    ],
)
def test_a_cap_takes_down_what_holds_and_raises_nothing(cap, past, beside_it):
    assert said(HOLDS | beside_it, "C1_detectable") == "holds"
    row = judged(HOLDS | past).loc["C1_detectable"]
    assert (row["verdict"], f"cap {cap}" in row["why"]) == ("partly", True)
    nothing = {"gap": 0.0, "gap_lo95": -0.01, "gap_hi90": 0.02, "p_perm_holm": 0.4, "headroom": 0}
    assert said(nothing | past, "C1_detectable") == "does_not_hold"


def test_acted_corpora_say_at_most_that_it_is_detectable_in_acted_speech():
    row = judged(HOLDS | {"label_is_acted": 1, "label_alpha": math.nan}).loc["C1_detectable"]
    assert row["wording"] == "detectable in acted speech"
    none = judged({"gap": 0, "gap_lo95": -0.01, "gap_hi90": 0.02, "label_is_acted": 1}).loc["C1_detectable"]
    assert none["wording"] == "does not hold"


def test_synthetic_recordings_alone_never_give_the_strongest_verdict():
    """J6, for claims, for vendors and for critics alike."""
    for _, _, way in WAYS:
        found = judged(at_the_line(way) | {"share_synthetic": 1})
        assert not found["verdict"].isin(["holds", "supported", "safe"]).any()


def test_a_real_effect_too_small_to_matter_does_not_hold_and_says_so():
    small = {"gap": 0.02, "gap_lo95": 0.01, "gap_hi90": 0.03, "p_perm_holm": 0.001, "headroom": 0.1}
    assert judged(small).at["C1_detectable", "wording"] == "does not hold: real but negligible"
    assert judged(small | {"gap_lo95": -0.001}).at["C1_detectable", "wording"] == "does not hold"


def test_only_a_gap_that_does_not_hold_is_called_negligible():
    open_ended = {"gap": 0.04, "gap_lo95": 0.01, "gap_hi90": 0.08, "p_perm_holm": 0.001, "headroom": 0.2}
    found = judged(open_ended | {"crossing_max": 0.3, "crossing_lo95_max": 0.3})
    assert found.at["C1_detectable", "wording"] == "holds in part"
    assert found.at["C5_nuisance", "wording"] == "does not hold"


def test_gaps_are_measured_in_the_smallest_effect_of_their_metric():
    assert said({"gap_hi90": 0.07}, "C1_detectable") == "inconclusive"  # 1.4 x .05
    ccc = verdict.judge(OPEN | {"gap_hi90": 0.07}, RULES, SCOPE, "ccc").set_index("claim")  # 0.7 x .10
    assert ccc.at["C1_detectable", "verdict"] == "does_not_hold"


def test_use_for_single_people_is_a_licence_on_top_of_holds():
    good = {"icc_retest_lo95": 0.90, "sem_pts": 4.0}
    assert judged(good).at["C3_reliable", "individual_use"] == "yes"
    assert judged(good | {"icc_retest_lo95": 0.899}).at["C3_reliable", "individual_use"] == "no"
    assert judged(good | {"share_synthetic": 1}).at["C3_reliable", "individual_use"] == "no"


def test_a_number_can_be_for_one_claim_only():
    numbers = {"pen_abs_max": 1, "dscore_abs_p95_max": 1}
    numbers |= {"C5_nuisance/crossing_max": 0.01, "C6_individual/crossing_max": 0.1}
    found = judged(numbers)
    assert list(found.loc[["C5_nuisance", "C6_individual"], "verdict"]) == ["holds", "partly"]


# ---- statements


def settled(**claims):
    """What statements get when claims get these verdicts, and all others none."""
    known = bench.facts(OPEN, RULES, "auc")
    given = {name: claims.get(name.split("_")[0], "inconclusive") for name in RULES["claims"]}
    return {name: one.verdict for name, one in bench.settle(RULES, known, given).items()}


@pytest.mark.parametrize(
    ("claims", "statement", "wanted"),
    [
        ({"C1": "holds", "C3": "holds", "C4": "holds", "C9": "holds"}, "V1", "holds"),
        ({"C1": "holds", "C3": "holds", "C4": "holds", "C9": "partly"}, "V1", "partly"),
        ({"C1": "does_not_hold"}, "V1", "does_not_hold"),
        ({"C4": "does_not_hold", "C1": "holds"}, "V1", "does_not_hold"),
        ({"C1": "holds"}, "V1", "inconclusive"),
        ({"C1": "not_assessable", "C4": "not_assessable"}, "V1", "inconclusive"),
        ({"C1": "does_not_hold"}, "V2", "does_not_hold"),
        ({"C4": "does_not_hold"}, "K1", "supported"),
        ({"C1": "does_not_hold", "C2": "does_not_hold"}, "K1", "supported"),
        ({"C1": "does_not_hold"}, "K1", "inconclusive"),
        ({"C2": "does_not_hold"}, "K1", "partly"),
        ({"C1": "holds", "C2": "holds", "C3": "holds", "C4": "holds"}, "K1", "refuted"),
        ({"C6": "does_not_hold"}, "K2", "supported"),
        ({"C5": "holds", "C6": "holds", "C7": "holds"}, "K2", "refuted"),
        ({"C5": "partly"}, "K2", "partly"),
        ({}, "K2", "inconclusive"),
        ({"C12": "identifies"}, "K3", "supported"),
        ({"C12": "safe"}, "K3", "refuted"),
        ({"C12": "partly"}, "K3", "partly"),
        ({}, "K4", "out_of_scope"),
    ],
)
def test_statements_are_made_of_claims(claims, statement, wanted):
    found = settled(**claims)
    assert next(value for name, value in found.items() if name.startswith(statement)) == wanted


def test_statements_of_quantities_reach_their_verdicts():
    v4 = {"added_gap": 0.06, "added_gap_lo95": 0.01, "added_gap_hi90": 0.1, "added_p_perm_holm": 0.01}
    assert said(v4, "V4_face_and_voice_add") == "holds"
    assert said(v4 | {"added_gap": 0.03}, "V4_face_and_voice_add") == "partly"
    assert said(v4 | {"added_p_perm_holm": 0.05}, "V4_face_and_voice_add") == "inconclusive"
    assert said(v4 | {"added_gap": 0.03, "added_gap_hi90": 0.049}, "V4_face_and_voice_add") == "does_not_hold"
    v3 = {"drop_one_gap_lo95_min": 0.001, "drop_one_gap_min": 0.025}
    assert said(v3, "V3_lag_share_changes_each_add") == "holds"
    assert said({"n_components_that_add": 1}, "V3_lag_share_changes_each_add") == "partly"
    assert said({"drop_one_gap_hi90_max": 0.024}, "V3_lag_share_changes_each_add") == "does_not_hold"
    assert said({"balanced_accuracy_at_50_gap_lo95": 0.001}, "V2_the_line_at_50_separates") == "partly"
    assert said({"balanced_accuracy_at_50_gap_hi90": 0.04}, "V2_the_line_at_50_separates") == "does_not_hold"
    assert said({"n_slope_reversals": 1}, "K2_one_size_norm_penalises_groups") == "supported"


def test_nothing_decides_what_signals_cannot_decide():
    for numbers in ({}, HOLDS, {"n_groups": 3}, {"n_leakage_failures": 9}):
        assert said(numbers, "K4_manipulative_or_punitive_use") == "out_of_scope"


def test_each_side_stands_beside_what_the_other_got():
    found = judged({})
    assert found.at["K1_no_reliable_inference_of_inner_state", "mirror"].startswith(
        "V1_higher_score_more_engaged: not assess"
    )
    assert found.at["V1_higher_score_more_engaged", "mirror"].count("K") == 2


# ---- what would change it


@pytest.mark.parametrize(
    "numbers",
    [
        HOLDS,
        HOLDS | {"headroom": 0.4},
        {"gap": 0.04, "gap_lo95": 0.01, "gap_hi90": 0.08, "p_perm_holm": 0.06, "headroom": 0.2},
        {"gap": 0.01, "gap_lo95": -0.02, "gap_hi90": 0.049, "p_perm_holm": 0.3, "headroom": 0.1},
    ],
)
def test_what_would_change_a_verdict_changes_it(numbers):
    row = judged(numbers).loc["C1_detectable"]
    words, then = row["would_change_if"].split(": then ")
    quantity, op, value = words.split(" (now")[0].split(" ")
    step = {">": 1e-9, "<": -1e-9}.get(op, 0)
    plain = quantity.replace("_in_sesoi", "")
    value = (float(value) + step) * (0.05 if plain != quantity else 1)
    assert judged(numbers | {plain: value}).loc["C1_detectable", "wording"] == then.split("; ")[0]
    assert then.split("; ")[0] != row["wording"]


def test_scope_is_named_in_every_row_and_needed_for_a_verdict():
    found = judged(HOLDS)
    assert set(found["rules_sha256"]) == {RULES.sha256}
    assert (found[["corpus", "label_source", "population", "profile", "signals"]] != "").all(axis=None)
    bare = verdict.judge(OPEN | HOLDS, RULES, verdict.Scope("corpus", "voice", "label_mood"))
    assert set(bare["verdict"]) == {"not_assessable", "out_of_scope"}
    with pytest.raises(verdict.VerdictError, match="did you mean 'observer'"):
        verdict.judge({}, RULES, verdict.Scope("corpus", "voice", "label_mood", "observr"))


def test_an_unknown_quantity_is_named_with_the_nearest():
    for wrong in ("gap_lo59", "gapp", "headroom_lo95", "C1_detectable/gap_low95"):
        with pytest.raises(verdict.VerdictError, match="did you mean"):
            judged({wrong: 1})
    with pytest.raises(verdict.VerdictError, match="did you mean 'C1_detectable'"):
        judged({"C1_detectible/gap": 1})


# ---- what two rules together, or a claim of its own, make of it


def test_a_part_that_was_found_in_acted_speech_is_a_part_of_acted_speech():
    some = HOLDS | {"gap": 0.03, "label_is_acted": 1}
    assert judged(some).at["C1_detectable", "wording"] == "in part detectable in acted speech"
    assert judged(some | {"label_is_acted": 0}).at["C1_detectable", "wording"] == "holds in part"


def test_statements_are_made_of_claims_as_the_caps_left_them():
    whole = HOLDS | {"icc_retest_lo95": 0.8, "sem_pts": 4, "r_self_disattenuated_lo95": 0.4, "actor_effect_lo95": 0.1}
    whole |= {"r_self_minus_max_abs_r_nuisance_lo95": 0.1, "share_specs_same_sign": 0.95, "spec_rank_r_median": 0.95}
    whole |= {"spec_range_pts_median": 5, "n_other_corpora": 2, "transfer_gap_lo95_min": 0.1, "headroom_ratio_min": 0.8}
    ends = ["V1_higher_score_more_engaged", "K1_no_reliable_inference_of_inner_state"]
    assert list(judged(whole).loc[ends, "verdict"]) == ["holds", "refuted"]
    assert list(judged(whole | {"share_synthetic": 1}).loc[ends, "verdict"]) == ["partly", "inconclusive"]


def test_a_statement_of_which_no_claim_was_measured_says_that_and_not_that_the_evidence_is_divided():
    found = judged({"n_deciding_doses": 0, "n_other_corpora": 0})
    assert found.at["C6_individual", "verdict"] == "not_testable"
    for name in ("K1_no_reliable_inference_of_inner_state", "K2_one_size_norm_penalises_groups"):
        assert found.at[name, "wording"] == bench.NOTHING
    some = judged({"n_deciding_doses": 0, "sem_pts": 4.0, "icc_retest_hi95": 0.4})
    assert some.at["K1_no_reliable_inference_of_inner_state", "verdict"] == "partly"


def test_balanced_accuracy_is_measured_in_its_own_smallest_effect_whatever_the_metric():
    claim, numbers = "V2_the_line_at_50_separates", {"balanced_accuracy_at_50_gap_hi90": 0.07}  # 1.4 x .05, 0.7 x .10
    ccc = verdict.judge(OPEN | numbers, RULES, SCOPE, "ccc").set_index("claim")
    assert ccc.at[claim, "verdict"] == judged(numbers).at[claim, "verdict"] == "inconclusive"


def test_a_metric_without_a_smallest_effect_is_an_error():
    with pytest.raises(verdict.VerdictError, match="no smallest effect of interest for the metric 'kappa'"):
        judged({}, metric="kappa")


def test_a_gap_that_is_said_in_smallest_effects_or_for_one_claim_only_counts_as_it_is_said():
    assert said({"gap_hi90": 0.07, "gap_hi90_in_sesoi": 0.9}, "C1_detectable") == "does_not_hold"
    found = judged({"C1_detectable/gap_hi90": 0.04, "C1_detectable/model_minus_b3": 0.0})
    assert found.at["C1_detectable", "verdict"] == "does_not_hold"
    assert said(HOLDS | {"C1_detectable/model_minus_b3": 0.0}, "C1_detectable") == "partly"  # a cap for it alone
    assert said(HOLDS | {"C3_reliable/model_minus_b3": 0.0}, "C1_detectable") == "holds"
    assert said(HOLDS | {"C1_detectable/coverage": 0.5}, "C1_detectable") == "not_assessable"
    assert said(HOLDS | {"C2_transfer/coverage": 0.5}, "C1_detectable") == "holds"


def test_a_number_that_is_missing_for_one_claim_is_not_taken_from_another():
    """V4 may not pass the gate of power by what C1 could have found."""
    v4 = {"added_gap": 0.06, "added_gap_lo95": 0.01, "added_gap_hi90": 0.1, "added_p_perm_holm": 0.01}
    name, power = "V4_face_and_voice_add", "minimum_detectable_gap"
    assert judged(v4).at[name, "verdict"] == "holds"
    for found in (
        judged(v4 | {f"{name}/{power}": math.nan}, missing={power: "not_computed"}),
        judged(v4, missing={f"{name}/{power}": "not_permuted"}),
    ):
        assert found.at[name, "verdict"] == "not_assessable"
        assert "gate power: minimum_detectable_gap <= 0.15 (missing) [not_" in found.at[name, "why"]
        assert found.at["V3_lag_share_changes_each_add", "verdict"] == "inconclusive"
    lost = judged({"gap_hi90": 0.04, "C1_detectable/gap_hi90": math.nan}).loc["C1_detectable"]
    assert lost["verdict"] == "inconclusive"
    assert "gap_hi90_in_sesoi" in lost["why"].partition("missing")[2]
    drops = {"drop_one_gap_hi90_max": 0.02}
    assert said(drops, "V3_lag_share_changes_each_add") == "does_not_hold"
    lost = {"V3_lag_share_changes_each_add/drop_one_gap_hi90_max": math.nan}
    assert said(drops | lost, "V3_lag_share_changes_each_add") == "inconclusive"


def test_a_small_gap_at_home_makes_nothing_negligible_that_is_about_another_gap():
    small = {"gap": 0.02, "gap_lo95": 0.01, "gap_hi90": 0.03}
    away = {"n_other_corpora": 2, "transfer_gap_hi90_max": 0.04, "added_gap_hi90": 0.04, "drop_one_gap_hi90_max": 0.02}
    found = judged(small | away)
    assert found.at["C1_detectable", "wording"] == "does not hold: real but negligible"
    for name in ("C2_transfer", "V3_lag_share_changes_each_add", "V4_face_and_voice_add"):
        assert found.at[name, "wording"] == "does not hold"


def test_why_names_what_decided_and_nothing_after_it():
    why = judged(HOLDS | {"gap": 0.1234}).at["C1_detectable", "why"]
    assert why.startswith("holds: gap_lo95 > 0 (0.04), gap_in_sesoi >= 1 (2.47), p_perm_holm < 0.05 (0.001)")
    assert "short of" not in why
    tested = judged({"n_other_corpora": 1, "transfer_gap_lo95_min": 0.1, "headroom_ratio_min": 0.8})
    assert "not testable" not in tested.at["C2_transfer", "why"]
    assert "short of 'holds': n_other_corpora >= 2 (1)" in tested.at["C2_transfer", "why"]


def test_each_gate_that_fails_is_named_with_the_reason_why_its_number_is_missing():
    found = judged({"n_groups": 12, "coverage": math.nan}, missing={"coverage": "not_computed"}).loc["C1_detectable"]
    assert found["why"] == "gate units: n_groups >= 30 (12); gate coverage: coverage >= 0.8 (missing) [not_computed]"
    assert found["would_change_if"] == "first of all, n_groups >= 30 (12) and coverage >= 0.8 (missing)"


def test_where_one_number_is_not_enough_the_nearest_of_the_stronger_verdicts_is_told():
    both = {"dscore_abs_p95_max": 30, "dscore_abs_p95_lo95_max": 25, "crossing_max": 0.12, "crossing_lo95_max": 0.11}
    told = judged(both).loc["C5_nuisance"]
    assert told["verdict"] == "does_not_hold"
    assert told["would_change_if"] == "crossing_max <= 0.05 (0.12) is met, with others"


def test_a_number_of_one_claim_is_moved_for_that_claim():
    ordinary = {"C5_nuisance/dscore_abs_p95_max": 1, "C5_nuisance/crossing_max": 0.06, "crossing_max": 0.5}
    told = judged(ordinary).at["C5_nuisance", "would_change_if"]
    assert told.startswith("crossing_max <= 0.05 (now 0.06): then holds")


def test_a_correlation_is_as_far_from_zero_as_it_is_in_smallest_correlations():
    numbers = {"r_self_disattenuated_lo95": 0.32, "r_self_disattenuated_hi90": 0.345, "actor_effect_lo95": 0.1}
    told = judged(numbers | {"r_self_minus_max_abs_r_nuisance_lo95": -0.03}).loc["C4_construct"]  # .10 of .30, .15
    assert told["verdict"] == "partly"
    assert told["would_change_if"].startswith("r_self_minus_max_abs_r_nuisance_lo95 > 0 (now -0.03): then holds")


def test_what_a_verdict_rests_on_are_the_rows_of_its_numbers_its_gates_and_its_claims():
    rests = {
        "gap_lo95": ("row a",),
        "coverage": ("row b",),
        "n_groups": ("row e",),
        "crossing_max": ("row c",),
        "C5_nuisance/pen": ("row d",),
    }
    found = judged(HOLDS, rests_on=rests)["rests_on"]
    assert found["C1_detectable"] == "row a; row e; row b"
    assert found["C6_individual"] == "row c; row e; row b"
    assert found["V1_higher_score_more_engaged"] == "row a; row e"  # by C1; no coverage gate guards it
    assert found["V2_the_line_at_50_separates"] == "row a; row e; row b"  # by V1, and so by C1
    assert found["K4_manipulative_or_punitive_use"] == ""


# ---- several claims


def closed(p_values):
    """Holm by closed testing: the largest Bonferroni p of all sets of claims that a claim belongs to."""
    n = len(p_values)
    sets = [each for size in range(1, n + 1) for each in itertools.combinations(range(n), size)]
    return [max(min(1, len(s) * min(p_values[j] for j in s)) for s in sets if i in s) for i in range(n)]


def test_holm_is_closed_testing_and_bh_is_that_of_scipy():
    from scipy import stats

    draw = np.random.default_rng(0)
    for _ in range(20):
        p = draw.uniform(size=6).round(2) ** 2
        assert many.holm(pd.Series(p)).tolist() == pytest.approx(closed(p))
        assert many.benjamini_hochberg(pd.Series(p)).tolist() == pytest.approx(list(stats.false_discovery_control(p)))
    assert many.holm(pd.Series([0.6, 0.7])).tolist() == [1, 1]
    assert many.holm(pd.Series([0.01, np.nan, 0.02])).tolist() == pytest.approx([0.02, np.nan, 0.02], nan_ok=True)


def test_primary_claims_are_corrected_among_themselves_and_the_rest_by_false_discovery_rate():
    rows = pd.DataFrame({"metric": ["auc", "auc", "auc", "r"], "model": ["logistic", "forest", "logistic", "logistic"]})
    rows["p_permuted"] = [0.01, 0.02, 0.03, 0.04]
    found = many.corrected(rows, "auc", "logistic")
    assert found["p_holm"].tolist() == pytest.approx([0.02, np.nan, 0.03, np.nan], nan_ok=True)
    assert found["q_bh"].tolist() == pytest.approx([np.nan, 0.04, np.nan, 0.04], nan_ok=True)


# ---- from windows to verdicts, and back


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A planted SYNTHETIC world of 31 groups, judged by the command, its table without ``group_id``."""
    folder = tmp_path_factory.mktemp("run")
    windows = synthetic.label_table(31, 6, 1.5, target_kind="window", name="verdict").drop(columns="group_id")
    tables.write(windows, folder / "windows.csv")
    words = ["--windows", folder / "windows.csv", "--target", "label_synthetic", "--signals", "voice"]
    words += ["--models", "logistic", "--permutations", 39, "--workers", 1, "--out", folder / "out"]
    words += ["--label-source", "outcome", "--ceiling", 0.9, "--corpus", "planted", "--population", "nobody"]
    assert main(["evaluate", *map(str, words)]) == 0
    return folder


def test_groups_are_computed_where_the_table_has_none(run):
    told = tables.read(run / "out" / "predictions.csv", tables.PREDICTIONS)
    assert (told["group_id"] == told["person_id"]).all()


def test_a_synthetic_run_does_not_say_holds(run):
    found = tables.read(run / "out" / "verdicts.csv", tables.VERDICTS).set_index("claim")
    assert found.at["C1_detectable", "verdict"] == "partly"
    assert "cap synthetic_only" in found.at["C1_detectable", "why"]
    assert "share_synthetic" in found.at["C1_detectable", "would_change_if"]
    assert "holds" not in set(found["verdict"])


def test_an_outside_reader_can_walk_from_a_verdict_back_to_the_windows(run):
    import csv
    import hashlib

    def sha(data):
        return hashlib.sha256(data).hexdigest()

    out = run / "out"
    trace = json.loads((out / "report.json").read_text())["trace"]
    for part in ("rules", "verdicts", "evidence", "predictions"):
        assert sha((out / trace[part]["file"]).read_bytes()) == trace[part]["sha256"]
    row = next(r for r in csv.DictReader((out / "verdicts.csv").open()) if r["claim"] == "C1_detectable")
    assert row["rules_sha256"] == trace["rules"]["sha256"]
    (first, *_) = row["rests_on"].split("; ")
    at = trace["evidence"]["rows"][first]
    line = (out / "evidence.csv").read_bytes().split(b"\n")[at["line"] - 1]
    assert sha(line) == at["sha256"]
    header = (out / "evidence.csv").read_text().split("\n")[0].split(",")
    proof = dict(zip(header, next(csv.reader([line.decode()])), strict=True))
    told = [r for r in csv.DictReader((out / "predictions.csv").open()) if at["predictions"].items() <= r.items()]
    p = np.array([[float(r["probability_c1"]), r["truth"] == "c1", int(r["repeat"])] for r in told])
    areas = [np.mean([(a > b) + (a == b) / 2 for a in q[q[:, 1] == 1, 0] for b in q[q[:, 1] == 0, 0]])
             for q in (p[p[:, 2] == k] for k in range(5))]  # fmt: skip
    assert np.mean(areas) == pytest.approx(float(proof["value"]), abs=1e-6)
    assert sha((run / "windows.csv").read_bytes()) == trace["windows"]["sha256"]
    keys = {(r["recording_id"], r["person_id"]) for r in csv.DictReader((run / "windows.csv").open())}
    assert {(r["recording_id"], r["person_id"]) for r in told} <= keys


def test_a_trace_reaches_the_media_where_the_table_lies_beside_its_build(run):
    from mien import store
    from mien.verdict import trace

    said = {"sha256": {"windows.csv": store.sha256(run / "windows.csv")}}
    store.write_json(said | {"recordings": {"r1": {"media_sha256": {"a.wav": "ab"}}}}, run / "report.json")
    assert trace._recordings(run / "windows.csv") == {"r1": {"a.wav": "ab"}}
    store.write_json({"sha256": {"windows.csv": "other"}, "recordings": {}}, run / "report.json")
    assert "why" in trace._recordings(run / "windows.csv")


# ---- quantities


QUICK = evidence.EvidenceSettings(n_permutations=19, n_gap_worlds=19, n_repeats=1, n_bootstrap=300)


@pytest.fixture(scope="module")
def rows():
    windows = synthetic.label_table(30, 6, 0.8, target_kind="window", name="rows")
    windows["confound_noise"] = np.tile(np.arange(6), 30)
    return evidence.evaluate(windows, "label_synthetic", "voice", settings=QUICK, corpus="here").rows


def test_quantities_are_read_from_the_row_they_name(rows):
    place = verdict.primary_rows(rows).index[0]
    seen = verdict.found(rows, place, verdict.Given("observer", label_alpha=0.5, ceiling={"auc": 0.9}))
    row = rows.loc[place]
    b3 = rows[(rows["model"] == "B3_confounds") & (rows["metric"] == "auc")].iloc[0]
    assert seen.numbers["headroom"] == pytest.approx((row["value"] - 0.5) / 0.4)
    assert seen.numbers["model_minus_b3"] == pytest.approx(row["value"] - b3["value"])
    assert seen.numbers["p_perm_holm"] == row["p_permuted"]
    assert row["gap_low"] < row["gap_low90"] < row["gap"] < row["gap_high90"] < row["gap_high"]
    assert (seen.numbers["coverage"], seen.numbers["label_is_acted"]) == (1, 0)
    assert seen.missing == {"n_leakage_failures": "not_given", "share_synthetic": "not_given"}


def test_what_a_row_does_not_hold_is_missing_with_its_reason(rows):
    old = rows.drop(columns=["gap_high90", "coverage"]).assign(p_permuted=np.nan, why="p_permuted: not_permuted")
    seen = verdict.found(old, verdict.primary_rows(old).index[0], verdict.Given())
    wanted = {"gap_hi90": "not_computed", "p_perm_holm": "not_permuted", "headroom": "not_given"}
    assert wanted.items() <= seen.missing.items()


def test_the_smallest_detectable_gap_is_that_of_worlds_with_baselines_of_their_own(rows):
    place = verdict.primary_rows(rows).index[0]
    windows = synthetic.label_table(30, 6, 0.8, target_kind="window", name="rows")
    windows["confound_noise"] = np.tile(np.arange(6), 30)
    null = evidence.evaluate(windows, "label_synthetic", "voice", settings=QUICK, corpus="here").nulls
    assert rows.at[place, "minimum_detectable_gap"] == pytest.approx(2.49 * null["gap_auc"].std())
    assert (null["gap_auc"] <= null["auc"] - 0.5 + 1e-12).all()
    assert (null["gap_auc"] < null["auc"] - 0.5 - 1e-9).any()  # in some worlds the confounds do better than chance


def test_the_committed_acted_corpora_are_too_few_people_for_a_verdict():
    rows = tables.read(rules.place().with_name("evidence.csv"), tables.EVIDENCE)
    given = {
        corpus: verdict.Given("acted", "actors", share_synthetic=0, n_leakage_failures=0) for corpus in rows.corpus
    }
    found = verdict.of_evidence(rows, RULES, given)
    assert set(found["corpus"]) == {"RAVDESS", "EmoDB"}
    assert set(found["verdict"]) == {"not_assessable", "out_of_scope"}
    assert found.query("verdict == 'not_assessable'")["why"].str.contains("gate units").all()


# ---- canaries


def planted(**columns):
    windows = synthetic.label_table(12, 8, 0.3, target_kind="window", name="canary")
    return windows.assign(**columns)


def failed(windows, predictions=None):
    found = leakage.checked(windows, "label_synthetic", "voice", predictions)
    return found[~found["passed"]].set_index("check")["offending"].to_dict()


def test_honest_windows_pass_every_check():
    windows = planted()
    told = evidence.evaluate(windows, "label_synthetic", "voice", settings=QUICK).predictions
    assert failed(windows, told) == {}


def test_canaries_are_caught_and_named():
    windows = planted()
    code = (windows["label_synthetic"] == "c1") + np.random.default_rng(0).uniform(0, 0.5, len(windows))
    assert failed(windows.assign(voice_take=code)) == {"label_in_a_signal": "voice_take"}
    scaled = windows.groupby("person_id")["voice_synthetic_0"].transform(lambda v: (v - v.mean()) / v.std())
    assert failed(windows.assign(voice_synthetic_0=scaled)) == {"norms_from_the_test": "voice_synthetic_0"}
    twice = windows.copy()
    signals = [column for column in windows if column.startswith("voice_")]
    twice.loc[90, signals] = twice.loc[3, signals].to_numpy()
    assert list(failed(twice)) == ["window_twice"]
    assert failed(twice)["window_twice"].count("synthetic_canary") == 2


def test_neighbouring_windows_on_both_sides_are_caught():
    windows = planted()
    told = evidence.evaluate(windows, "label_synthetic", "voice", settings=QUICK).predictions
    told.loc[told.index[5], "fold"] = told["fold"].max() + 1
    person = told.loc[told.index[5], "person_id"]
    assert f"person_id {person}" in failed(windows, told)["on_both_sides"]
