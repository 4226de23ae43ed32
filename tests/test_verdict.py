"""The bench: every branch of the rules reached by quantities at and beside its thresholds, and nothing but by them."""

import copy
import itertools
import json
import math

import numpy as np
import pandas as pd
import pytest
import yaml

from mien import evidence, synthetic, tables, verdict
from mien.__main__ import main
from mien.evidence import leakage, many
from mien.verdict import bench, names, rules

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


@pytest.mark.parametrize("claim", RULES.names)
def test_synthetic_recordings_alone_never_give_the_strongest_verdict(claim):
    """J6, for claims, for vendors and for critics alike."""
    for name in RULES["claims"]:
        for way in [way for each, _, way in WAYS if each == name]:
            assert said(at_the_line(way) | {"share_synthetic": 1}, claim) not in ("holds", "supported", "safe")


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


# ---- the rules file


def test_the_rules_are_found_with_and_without_a_checkout_and_are_the_same_bytes(monkeypatch, tmp_path):
    committed = rules.place()
    assert committed.parent.name == "data"
    monkeypatch.setattr(rules.sources, "home", lambda: tmp_path)
    assert rules.place() != committed
    assert rules.place().read_bytes() == committed.read_bytes()
    assert verdict.load().sha256 == RULES.sha256


def test_the_rules_are_those_of_the_design(shared):
    assert rules.place().read_bytes() == (shared / "design" / "verdict_rules.yaml").read_bytes()


def broken(path, value=None, drop=False):
    """The rules with one thing changed, as text."""
    said = copy.deepcopy(RULES.said)
    *way, last = path
    place = said
    for step in way:
        place = place[step]
    if drop:
        del place[last]
    else:
        place[last] = value
    return yaml.safe_dump(said, sort_keys=False)


HOLDS_AT = ("claims", "C1_detectable", "holds", "all", 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (broken((*HOLDS_AT, "op"), "=>"), r"claims/C1_detectable/holds/all/0/op: no operator '=>'"),
        (broken((*HOLDS_AT, "quantity"), "gap_lo59"), r"all/0/quantity: no quantity 'gap_lo59'; did you mean 'gap_lo9"),
        (broken((*HOLDS_AT, "value"), "high"), r"all/0/value: expected a number; found 'high'"),
        (broken((*HOLDS_AT, "value"), True), r"all/0/value: expected a number; found True"),
        (broken((*HOLDS_AT, "valu"), 1), r"all/0: no key 'valu'; did you mean 'value'"),
        (broken((*HOLDS_AT, "op"), drop=True), r"all/0: expected the key 'op'"),
        (
            broken(("claims", "C1_detectable", "hold"), {"all": []}),
            r"C1_detectable: no key 'hold'; did you mean 'holds'",
        ),
        (broken(("claims", "C1_detectable", "holds", "all"), []), r"holds/all: expected a list"),
        (broken(("gates", 3, "applies_to", 0), "C1_detect"), r"gates/3/applies_to: no claim or statement 'C1_detect'"),
        (broken(("caps", 0, "max"), "party"), r"caps/0/max: no verdict 'party'; did you mean 'partly'"),
        (
            broken(("statements", "K3_stored_data_identifies_people", "supported", "all", 0, "is", 0), "holds"),
            "no verdict of",
        ),
        (
            broken(
                ("statements", "V2_the_line_at_50_separates", "holds", "all", 0, "statement"), "V4_face_and_voice_add"
            ),
            "no statement before this one 'V4_face_and_voice_add'",
        ),
        (
            broken(("statements", "K1_no_reliable_inference_of_inner_state", "mirror"), "V9"),
            "mirror: no statement 'V9'",
        ),
        (broken(("claims", "C5_nuisance", "doses"), "ordinry"), "did you mean 'ordinary'"),
        (broken(("alpha",), 2), "alpha: expected a number from 0 to 1"),
        (broken(("sesoi", "auc"), -1), "sesoi/auc"),
        (broken(("version",), 2), "version: expected 1"),
        (broken(("claims",), drop=True), "expected the key 'claims'"),
        (broken(("thresholds",), {}), "no key 'thresholds'"),
        ("version: 1\nversion: 1\n", "'version' stands twice"),
        ("a: [", "not readable as YAML"),
        ("", "expected names with values"),
    ],
)
def test_rules_that_break_their_schema_are_one_clear_error_with_the_place(tmp_path, text, expected):
    path = tmp_path / "rules.yaml"
    path.write_text(text)
    with pytest.raises(verdict.VerdictError, match=expected):
        verdict.load(path)


def test_another_threshold_is_another_hash_and_another_verdict(tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text(broken(("claims", "C1_detectable", "holds", "all", 3, "value"), 0.8))
    other = verdict.load(path)
    found = verdict.judge(OPEN | HOLDS, other, SCOPE).set_index("claim")
    assert found.at["C1_detectable", "verdict"] == "partly"
    assert other.sha256 != RULES.sha256


def test_every_quantity_of_the_rules_can_be_taken_apart():
    asked = {quantity for name in RULES.names for quantity in bench.asked(RULES, name)}
    assert all(names.parts(quantity, RULES["intervals"]) for quantity in asked)
    assert len(asked) > 60


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
    assert many.holm(pd.Series([0.01, np.nan, 0.02])).tolist() == pytest.approx([0.02, np.nan, 0.02], nan_ok=True)


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
