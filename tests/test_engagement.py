"""Questions 07 and 08: what is computed on planted tables, what the rules make of it, and what is committed."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mien import evidence, figures, store, verdict
from mien.evidence import ablation, dyads, intervals
from mien.study import engagement, fusion, verdicts
from mien.verdict import added

ROOT = Path(__file__).parents[1]
QUICK = evidence.EvidenceSettings(n_permutations=9, n_bootstrap=200, n_repeats=1, n_gap_worlds=5)
RULES = verdict.load()


def predictions(follows, n=40, seed="a"):
    """Two interviews a person; what is predicted follows the person, the change between them, or both."""
    draw = store.rng(f"test change {seed}", 0)
    person, moment = np.repeat(draw.normal(size=n), 2), draw.normal(size=2 * n)
    said = {"person": person, "moment": moment, "both": person + moment}[follows] + 0.3 * draw.normal(size=2 * n)
    names = [f"p{i // 2}" for i in range(2 * n)]
    frame = {"person_id": names, "recording_id": [f"r{i}" for i in range(2 * n)], "signals": "voice", "model": "ridge"}
    return pd.DataFrame(frame | {"truth": [f"{v}" for v in person + moment], "predicted_value": said})


def test_a_prediction_that_knows_only_the_person_does_not_follow_their_change():
    person = engagement._change(predictions("person"), "label_excited", QUICK)
    assert person["low"] < 0 < person["high"]
    moment = engagement._change(predictions("moment"), "label_excited", QUICK)
    assert moment["low"] > 0.7
    assert (moment["n_people"], moment["label_source"]) == (40, "observer")


def test_hot_spots_are_told_apart_within_meetings_only():
    """Meetings that are lively throughout have more spots; that alone is no difference within a meeting."""
    draw = np.random.default_rng(0)
    rows = []
    for meeting in range(20):
        lively = 5.0 * (meeting % 2)
        for window in range(12):
            spot = "yes" if window < (9 if meeting % 2 else 3) else "no"
            own = (spot == "yes") * 1.5
            rows.append((f"m{meeting}", "p", 120.0 * window, spot, lively + draw.normal(), own + draw.normal()))
    names = ["recording_id", "person_id", "start_s", "label_hot_spot", "turn_level", "turn_spot"]
    found = pd.DataFrame(engagement._hot_spots(pd.DataFrame(rows, columns=names), QUICK)).set_index("signals")
    assert found.loc["turn_level", "low"] < 0 < found.loc["turn_level", "high"]
    assert found.loc["turn_spot", "low"] > 0.8
    assert found["n_groups"].unique() == [20]


def gains(value, low, high90, p=0.01, signals="turn + face+voice", what="added", corpus="A", target="label_x"):
    numbers = {"value": value, "low": low, "high": high90 + 0.01, "low90": low + 0.01, "high90": high90}
    row = dict.fromkeys(ablation.COLUMNS, np.nan) | numbers | {"p_permuted": p, "minimum_detectable_gap": 0.05}
    return row | {
        "corpus": corpus,
        "target": target,
        "what": what,
        "signals": signals,
        "model": "ridge",
        "metric": "ccc",
    }


KNOWN = {"n_leakage_failures": 0.0, "n_groups": 60.0, "coverage": 1.0, "share_synthetic": 0.0}


def judged(rows, claim):
    seen = added.of_ablation(pd.DataFrame(rows), "A", "label_x", "ccc")
    found = verdict.judge(
        seen.numbers | KNOWN, RULES, verdict.Scope("A", "x", "label_x", "self"), "ccc", missing=seen.missing
    )
    return found.set_index("claim").loc[claim, "verdict"]


@pytest.mark.parametrize(
    ("value", "low", "high90", "p", "said"),
    [
        (0.2, 0.12, 0.28, 0.01, "holds"),
        (0.2, 0.12, 0.28, 0.20, "inconclusive"),
        (0.02, -0.03, 0.07, 0.5, "does_not_hold"),
        (0.05, 0.01, 0.12, 0.01, "partly"),
        (0.1, -0.1, 0.3, 0.3, "inconclusive"),
    ],
)
def test_what_face_and_voice_add_decides_v4(value, low, high90, p, said):
    assert judged([gains(value, low, high90, p)], added.V4) == said


def test_what_voice_adds_to_a_face_is_no_answer_to_v4():
    rows = [gains(0.2, 0.12, 0.28, signals="face + voice")]
    seen = added.of_ablation(pd.DataFrame(rows), "A", "label_x", "ccc")
    assert "added_gap" not in seen.numbers
    assert seen.missing["added_gap"] == "no_values"
    assert judged(rows, added.V4) == "not_assessable"


def test_the_p_of_what_is_added_is_corrected_over_all_that_is_asked():
    rows = pd.DataFrame([gains(0.2, 0.1, 0.3, 0.03, target=f"label_{t}") for t in "xyz"])
    assert added.of_ablation(rows, "A", "label_x", "ccc").numbers["added_p_perm_holm"] == pytest.approx(0.09)


def drops(*values, what="drop_one"):
    names = ("lag", "share", "changes")
    return [gains(v, v - 0.04, v + 0.03, 0.01, name, what) for v, name in zip(values, names, strict=True)]


def test_components_that_add_decide_v3():
    assert judged(drops(0.1, 0.12, 0.2), added.V3) == "holds"
    assert judged(drops(0.0, -0.01, 0.01), added.V3) == "does_not_hold"
    assert judged(drops(0.2, 0.0, 0.01), added.V3) == "partly"
    assert judged(drops(0.2, 0.0, 0.01)[:2], added.V3) == "not_assessable"
    seen = added.of_ablation(pd.DataFrame(drops(0.2, 0.0, 0.01)), "A", "label_x", "ccc").numbers
    assert (seen["n_components_that_add"], seen["drop_one_gap_min"]) == (1, 0.0)


def test_the_actor_effect_is_positive_where_quick_people_say_they_are_engaged():
    slope = intervals.Estimate(-0.4, -0.6, -0.2)
    found = dyads.ActorPartner({"actor": slope, "partner": slope})
    assert added.of_pairs(found, "A").numbers == {
        "actor_effect": 0.4,
        "actor_effect_lo95": 0.2,
        "actor_effect_hi95": 0.6,
    }
    lost = dyads.ActorPartner({"actor": intervals.Estimate(np.nan, why="not_converged")})
    assert added.of_pairs(lost, "A").missing == {"actor_effect": "not_converged"}


def test_quantities_as_rows_say_the_same_when_they_are_put_back():
    """What the rules are asked of a table of quantities is what they were asked of the numbers themselves."""
    rows = pd.DataFrame(drops(0.2, 0.0, 0.01))
    seen = added.of_ablation(rows, "A", "label_x", "ccc")
    about = {"corpus": "A", "target": "label_x", "signals": "turn", "metric": "ccc"}
    table = pd.DataFrame(verdict.quantities.rows_of(seen, about, {"n_people": 9}))
    again = verdict.quantities.put(verdict.Quantities(), verdict.quantities.checked(table, RULES), RULES)
    assert again.numbers == seen.numbers
    assert again.missing.items() >= {"added_gap": "no_values"}.items()
    assert set(table["n_people"]) == {9}


def test_the_actor_effect_of_question_07_is_that_of_question_13(committed):
    slope = committed["engagement_more"].set_index(["target", "what"]).loc[("label_satisfaction", "actor_slope")]
    row = committed["engagement_quantities"].set_index("quantity").loc["actor_effect", ["value", "low", "high"]]
    assert row.tolist() == pytest.approx([-slope[name] for name in ("value", "high", "low")])
    mine = committed["verdicts"].query("target == 'label_satisfaction' and claim == 'C4_construct'")
    assert mine["rests_on"].str.contains("actor_effect").all()


def test_what_each_component_adds_is_judged_where_its_label_is(committed):
    mine = committed["verdicts"].query("corpus == 'GAP' and profile == 'none' and claim.str.startswith('V3')")
    rests = mine.set_index("target")["rests_on"].str.contains("drop_one_gap")
    assert rests.to_dict() == {
        "label_satisfaction": True,
        "label_leadership": True,
        "label_individual_influence": False,
    }


# ---- what is committed


@pytest.fixture(scope="module")
def committed():
    read = engagement.read(ROOT / "data", engagement.FILES) | fusion.read(ROOT / "data", fusion.FILES)
    return read | verdicts.read(ROOT / "data", ["verdicts"])


def test_every_committed_row_says_where_its_label_comes_from(committed):
    for table in [committed[name] for name in ("engagement", "engagement_more", "fusion")]:
        assert set(table["label_source"]) <= {"observer", "self", "outcome"}
        assert table["n_people"].notna().all()
        assert table.loc[table["value"].isna(), "why"].notna().all()


def test_no_claim_about_the_face_of_mit_interview_is_judged(committed):
    found = engagement.detectable(committed["verdicts"])
    assert set(found["target"]) == {target for targets, _ in engagement.ASKED.values() for target in targets}
    assert not found["signals"].str.contains("face").any()
    assert "not assessable" in engagement.answers(committed)["engagement"].text


def test_hot_spots_are_never_called_engagement(committed):
    said = engagement.answers(committed)["engagement"].text.split("MRDA")[1]
    assert "no sign of engagement" in said
    assert "people never seen" in said


def test_without_all_three_signals_v4_is_not_assessable(committed):
    found = fusion.added(committed["verdicts"])
    assert len(found) == 2 * len(fusion.INTERVIEWS + fusion.MEETINGS)
    assert set(found.loc[found["claim"] == added.V4, "verdict"]) == {"not_assessable"}
    assert "would change" in fusion.answers(committed)["fusion"].text


@pytest.mark.parametrize("name", ["rated_engagement", "what_adds"])
def test_the_figures_draw_what_is_committed(name, committed, tmp_path):
    figure = figures.named(name)
    figures.save(figure, {table: committed[table] for table in figure.reads}, tmp_path)
    numbers = pd.read_csv(tmp_path / f"{name}.csv")
    assert {"value", "low", "high", "n_people", "label_source"} <= set(numbers.columns)
    source = committed[figure.reads[0]]
    assert len(numbers) > 5
    assert set(numbers["target"]) <= set(source["target"]) | set(engagement.SELF)
