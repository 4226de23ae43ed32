"""The rules file: frozen by its hash, held against its schema; what breaks it is one clear error with the place."""

import copy
import hashlib

import pytest
import yaml

from mien import verdict
from mien.verdict import bench, names, rules

RULES = verdict.load()


def test_the_rules_are_found_with_and_without_a_checkout_and_are_the_same_bytes(monkeypatch, tmp_path):
    committed = rules.place()
    assert committed.parent.name == "data"
    monkeypatch.setattr(rules.sources, "home", lambda: tmp_path)
    assert rules.place() != committed
    assert rules.place().read_bytes() == committed.read_bytes()
    assert verdict.load().sha256 == RULES.sha256


FROZEN = "ef186f9cbb8077ad6a00e7b8e51aa635e5849215270ee3d89b2140142d21cff6"
"""Of the file as it was before any outcome was computed (J3): who changes a rule changes this line, and says why."""


def test_the_rules_are_those_that_were_frozen_and_every_row_says_so():
    assert hashlib.sha256(rules.place().read_bytes()).hexdigest() == FROZEN == RULES.sha256
    found = verdict.judge(OPEN, RULES, SCOPE)
    assert set(found["rules_sha256"]) == {FROZEN}


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
LEAF, K4 = {"quantity": "gap", "op": ">", "value": 0}, "K4_manipulative_or_punitive_use"


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
        (broken(("intervals", "lo95", "level"), 2), "intervals/lo95/level: expected a number from 0 to 1"),
        (broken(("intervals", "lo95", "side"), "under"), "intervals/lo95/side: no side 'under'"),
        (broken(("instrument", "worlds_min"), -1), "instrument/worlds_min: expected a number from 0"),
        (broken((*HOLDS_AT, "value"), float("inf")), r"all/0/value: expected a number; found inf"),
        (broken(("order", 0), "untestable"), "^order: no verdict 'untestable'; did you mean 'not_testable'"),
        (broken(("default",), "unclear"), "default: no verdict 'unclear'"),
        (broken(("label_sources",), "self"), "label_sources: expected a list"),
        (broken(("scope_fields", 0), "corpora"), "scope_fields: no scope field 'corpora'; did you mean 'corpus'"),
        (
            broken(("claims", "C3_reliable", "individual_use", "all", 0, "op"), "=>"),
            "C3_reliable/individual_use/all/0/op: no operator",
        ),
        (
            broken(("statements", "C1_detectable"), {"side": "vendor", "fixed": "holds"}),
            "statements/C1_detectable: expected a name that no claim has",
        ),
        (broken(("statements", K4, "fixed"), "out_of_scop"), "fixed: no verdict 'out_of_scop'"),
        (broken(("statements", K4, "side"), "critics"), "side: no side 'critics'; did you mean 'critic'"),
        (broken(("claims", "C13"), {"question": "Is it so?"}), "claims/C13: expected a rule for at least one verdict"),
        (broken(("gates", 0, "quantity"), "n_leaks"), "gates/0/quantity: no quantity 'n_leaks'"),
        (broken(("gates", 0, "op"), "="), "gates/0/op: no operator '='"),
        (broken(("caps", 0, "wording"), "perhaps"), "caps/0: expected either max or wording"),
        (broken(("caps", 0, "max"), drop=True), "caps/0: expected either max or wording"),
        (broken(("caps", 0, "when", "op"), "<<"), "caps/0/when/op: no operator '<<'"),
        (broken(("negligible", "wording"), drop=True), "negligible: expected a wording"),
        (broken(("negligible", "all", 0, "op"), "=>"), "negligible/all/0/op: no operator"),
        (broken(("claims", "C1_detectable", "holds", "any"), [dict(LEAF)]), "holds: expected one key, all or any"),
        (
            broken(("statements", "V1_higher_score_more_engaged", "holds", "all", 0, "op"), ">"),
            "holds/all/0: no key 'op'; known: claim, is",
        ),
        (
            broken(("statements", "V2_the_line_at_50_separates", "holds", "all", 0, "is", 0), "not_testable"),
            "all/0/is: no verdict of V1_higher_score_more_engaged 'not_testable'",
        ),
        ("a: [", "not readable as YAML"),
        ("", "expected names with values"),
    ],
)
def test_rules_that_break_their_schema_are_one_clear_error_with_the_place(tmp_path, text, expected):
    path = tmp_path / "rules.yaml"
    path.write_text(text)
    with pytest.raises(verdict.VerdictError, match=expected):
        verdict.load(path)


OPEN = {"n_leakage_failures": 0, "n_groups": 60, "coverage": 0.95, "minimum_detectable_gap": 0.1}
HOLDS = {"gap": 0.10, "gap_lo95": 0.04, "gap_hi90": 0.15, "p_perm_holm": 0.001, "headroom": 0.7}
SCOPE = verdict.Scope("corpus", "voice", "label_mood", "observer", "volunteers")


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


def test_what_a_licence_alone_asks_for_is_asked_for(tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text(broken(("claims", "C3_reliable", "individual_use", "all", 0, "quantity"), "icc_retest_lo90"))
    assert "icc_retest_lo90" in bench.asked(verdict.load(path), "C3_reliable")
    assert "icc_retest_lo90" not in bench.asked(RULES, "C3_reliable")


def test_what_makes_a_gap_negligible_is_asked_for_where_a_claim_speaks_of_the_gap(tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text(broken(("negligible", "all", 0, "quantity"), "gap_lo90"))
    other = verdict.load(path)
    assert [name for name in other.names if "gap_lo90" in bench.asked(other, name)] == ["C1_detectable"]


def test_a_statement_may_be_made_of_what_is_not_decided(tmp_path):
    """No rule of ours does so: it would be met by what nobody measured, and that is what it says."""
    path, name = tmp_path / "rules.yaml", "K3_stored_data_identifies_people"
    said = {"side": "critic", "order": ["partly"], "partly": {"all": [{"claim": "C12_reid", "is": ["inconclusive"]}]}}
    path.write_text(broken(("statements", name), said))
    other = verdict.load(path)
    assert name not in bench.about_labels(other)
    found = verdict.judge(OPEN, other, SCOPE).set_index("claim").loc[name]
    assert (found["verdict"], found["wording"]) == ("partly", "holds in part")
