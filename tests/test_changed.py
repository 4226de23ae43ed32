"""One thing changed: statistics against numpy and scipy by hand, the sweep against the shortcut, what is committed."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mien import edits, scores, store, verdict
from mien.edits import doses, floor
from mien.study import changed, dosed, scored, scoring, sides, sweep
from mien.verdict import quantities

DATA = Path(__file__).parents[1] / "data"
CHANGE = sweep.Change("latency", 0.35, "s")


def chat(n=300, seed=3, people=("ana", "ben", "cyd")):
    """SYNTHETIC: turns at random, one stretch each, gaps of 0.05 to 0.6 s, whole milliseconds."""
    rng, rows, at, who = store.rng("test/chat", seed), [], 0, 0
    for _ in range(n):
        who = (who + int(rng.integers(1, len(people)))) % len(people)
        start = at + int(rng.integers(50, 600))
        at = start + int(rng.integers(1100, 6000))
        rows.append((people[who], start / 1000, at / 1000))
    return pd.DataFrame(rows, columns=["person_id", "start_s", "end_s"])


def swept(n_groups=12, seed=1):
    """SYNTHETIC sides: six a group, before and after two changes; the second takes a score away from some."""
    rng = store.rng("test/swept", seed)
    n = 6 * n_groups
    before = np.column_stack([rng.uniform(0.1, 0.5, n), rng.normal(0.2, 0.2, n), rng.uniform(4, 12, n)])
    after = before[:, None] + np.array([[0, 0.35, 0], [0, 1, 0]])
    after[::5, 0, 1] = before[::5, 1] - 0.35  # some answer sooner, so that scores cross lines both ways
    after[::7, 1, 1] = np.nan
    about = pd.DataFrame({"corpus": "ami", "recording_id": np.repeat(np.arange(n // 3), 3).astype(str)})
    about["person_id"] = np.arange(n).astype(str)
    about["group_id"] = np.repeat(np.arange(n_groups), 6)
    about["b"] = [(one,) for one in about["person_id"]]
    one = sides.Sides("ami", "each", about, before[:, None], {})
    return sweep.Swept(one, (CHANGE, sweep.Change("latency", 1.0, "s")), after)


NORMS = scores.Norms((-0.2, -0.2, 2.0), (0.1, 0.2, 0.3), ((1, 0, 0), (0, 1, 0), (0, 0, 1)))


@pytest.fixture(scope="module")
def rows():
    made = swept()
    norms = dict.fromkeys(made.one.about["group_id"].unique(), NORMS)
    return made, pd.DataFrame(dosed.Book(made, norms, "given").rows())


# --- statistics -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [0, 1])
def test_numbers_are_those_of_numpy_and_scipy(rows, number):
    made, found = rows
    was = scores.norm_referenced(made.before, NORMS)
    now = scores.norm_referenced(made.after[:, number], NORMS)
    mine = found[(found["profile"] == "norm_referenced") & (found["dose"] == made.changes[number].dose)]
    mine = mine.set_index("quantity")["value"]
    both = np.isfinite(was) & np.isfinite(now)
    step, above = (now - was)[both], (was >= 50) & both
    expected = {
        "mean_score": now[both].mean(),
        "mean_change": step.mean(),
        "median_change": np.quantile(step, 0.5, method="inverted_cdf"),
        "p95_abs_change": np.quantile(np.abs(step), 0.95, method="inverted_cdf"),
        "pushed_under_50": (now[above] < 50).mean(),
        "crossing_50": ((was >= 50) != (now >= 50))[both].mean(),
        "crossing_61": ((was >= 61) != (now >= 61))[both].mean(),
        "rank_r": stats.spearmanr(was[both], now[both]).statistic,
        "coverage_lost": 1 - both.mean(),
    }
    assert {name: mine[name] for name in expected} == pytest.approx(expected)
    assert set(dosed.QUANTITIES) == {*expected, "tolerance_dose_s", "error_rate"}


def test_intervals_are_of_groups_and_hold_the_number(rows):
    _, found = rows
    whole = found[found["why"] == ""]
    assert (whole["low"] <= whole["value"] + 1e-9).all()
    assert (whole["value"] <= whole["high"] + 1e-9).all()
    assert (whole["low"] <= whole["low90"] + 1e-9).all()
    assert found["n_groups"].max() == 12
    assert found.loc[found["quantity"] == "p95_abs_change", "interval"].str.startswith("bca").all()


def test_one_group_has_numbers_and_no_interval():
    made = swept(n_groups=1)
    found = pd.DataFrame(dosed.Book(made, {0: NORMS}, "given").rows())
    assert found["value"].notna().sum() > 10
    assert found["low"].isna().all()
    assert found.loc[found["value"].notna(), "why"].str.contains("low: too_few_people").all()


def test_the_first_loss_lies_between_doses():
    doses, steps = np.array([0.1, 0.2, 0.4]), np.array([[-4.0, -12.0, -20.0], [-20, -30, -40], [-1, -2, -3]])
    np.testing.assert_allclose(dosed.first_loss(doses, steps), [0.175, 0.05, np.nan])


def test_only_doses_of_the_rules_decide():
    deciding = {(one.edit, one.dose) for one in sweep.SWEEP if dosed.decides(one)}
    assert deciding == {
        ("latency", 0.35),
        ("network_delay", 0.03),
        ("network_delay", 0.07),
        ("diarisation_error", 0.05),
    }


def test_errors_decide_in_real_places_and_pieces_of_other_lengths_do_not():
    """AUDIT 6.7 names 5 % and no place: what decides is the worst of the places in which tools err."""
    deciding = {one.variant for one in sweep.PLACED if dosed.decides(one)}
    assert {one.dose for one in sweep.PLACED if dosed.decides(one)} == {0.05}
    assert deciding == {
        *(f"{kind} at edges" for kind in ("swap", "miss", "false_alarm", "mixed")),
        *(f"{kind} in short turns" for kind in ("swap", "miss")),
        "as tools err",
    }
    listed = doses.read().query("axis in ['diarisation_error', 'diarisation_pieces']")
    listed = set(zip(listed["variant"], listed["value"].astype(float), strict=True))
    errors = [one for one in sweep.SWEEP + sweep.PLACED if one.edit == "diarisation_error"]
    assert {(one.variant, one.dose) for one in errors} == listed


# --- the sweep --------------------------------------------------------------------------------------------------------


def test_a_side_is_edited_alone_and_scored_as_it_would_be():
    """The sweep's components of one side, against the edit and turns.measures' own way."""
    segments = chat()
    wanted = (CHANGE, sweep.Change("padding", 0.1, "s", everybody=True))
    found = sweep.of_meeting(segments, ["ana", "ben", "cyd"], "made", wanted)
    b, before, after = found["each"][1]
    assert b == ("ben",)
    duration_s = segments["end_s"].max()
    for number, (edit, dose) in enumerate([(edits.latency, 0.35), (edits.padding, 0.1)]):
        later, longer = edit(segments, b, dose, duration_s)
        roles = {person: "B" if person == "ben" else "A" for person in ("ana", "ben", "cyd")}
        truth = scores.heard(later, roles, longer, scores.ScoreSettings(n_bootstrap=0)).values
        np.testing.assert_allclose(after[number], truth)
    assert after[0, 1] - before[1] == pytest.approx(0.35)
    assert len(found["halves"][0][2]) == 0


def test_the_edit_of_segments_agrees_with_the_shortcut():
    """Where no answer is an overlap, scores.delayed and edits.latency are the same to the last digit."""
    segments = chat()
    duration_s = segments["end_s"].max()
    line = scores.timeline(edits_floor(segments, duration_s), duration_s)
    b = line.side(["ben"])
    for dose in (0.1, 0.35, 1.2):
        short = scores.components(scores.delayed(line, b, dose), b)[0]
        later, longer = edits.latency(segments, ["ben"], dose, duration_s)
        np.testing.assert_allclose(floor.components(later, ["ben"], longer)[0], short)


def edits_floor(segments, duration_s):
    from mien import turns

    return turns.floor(segments, None, duration_s)


def test_the_error_rate_that_is_reached_is_told():
    wanted = (CHANGE, *(one for one in sweep.PLACED if one.dose == 0.05))
    found = sweep.error_rates(chat(), "made", wanted)
    assert set(found) == set(wanted[1:])
    assert list(found.values()) == pytest.approx([0.05] * len(found), abs=1e-3)
    made = swept()
    told = sweep.Swept(made.one, made.changes, made.after, {made.changes[0]: [0.04, 0.05]})
    rows = pd.DataFrame(dosed.Book(told, dict.fromkeys(made.one.about["group_id"].unique(), NORMS), "given").rows())
    rows = rows[rows["quantity"] == "error_rate"]
    assert rows["value"].tolist() == pytest.approx([0.045, 0.045])
    assert (rows["dose"] == 0.35).all()


def test_an_edit_that_cannot_be_made_loses_the_score():
    overlap = pd.DataFrame({"person_id": ["ana", "ben"], "start_s": [0.0, 9.0], "end_s": [10.0, 14.0]})
    assert sweep.Change("talk_share", 0.01, "share").of(overlap, ["ben"], 20.0, "x") is None
    assert np.isnan(sweep._components(None, ("ben",))).all()


# --- what is committed ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def committed():
    return changed.read(DATA)


def test_the_committed_tables_keep_their_promises(committed):
    found = committed["changed_scores"]
    assert set(found["corpus"]) == {"ami", "gap", "mrda"}
    assert set(found["quantity"]) == set(dosed.QUANTITIES)
    placed = committed["changed_errors"]
    have = set(zip(placed["edit"], placed["variant"], placed["dose"], strict=True))
    assert have == {(one.edit, one.variant, one.dose) for one in sweep.PLACED}
    assert set(placed["quantity"]) == set(changed.TOLD)
    assert len(placed) == len(sweep.PLACED) * len(changed.TOLD) * 2 * 3
    want = {(one.edit, one.variant, one.dose) for one in sweep.SWEEP}
    have = set(zip(found["edit"], found["variant"], found["dose"], strict=True))
    assert want <= have
    assert (DATA / changed.FILES["changed_scores"]).stat().st_size < 1e6


def test_the_error_that_was_asked_for_was_reached(committed):
    both = pd.concat([committed["changed_scores"], committed["changed_errors"]])
    rates = both[both["quantity"] == "error_rate"]
    assert (rates["value"] - rates["dose"]).abs().max() < 1e-3
    assert (rates.loc[rates["corpus"] == "ami", "n_recordings"] >= 10).all()
    lost = both[(both["edit"] == "diarisation_error") & (both["quantity"] == "coverage_lost") & both["decides"]]
    short = (
        lost["variant"] == "miss in short turns"
    )  # takes so many turns away that some sides have too few for a score
    assert lost.loc[~short, "value"].max() < 0.02
    assert lost.loc[short & (lost["corpus"] == "ami"), "value"].min() > 0.05


def test_the_edit_agrees_with_the_facts_of_the_score(committed):
    """score_facts moves offsets alone (scores.delayed); here every segment moves: a little more than the offsets."""
    facts = scored.read(DATA, ["score_facts"])["score_facts"]
    facts = facts[(facts["sides"] == "each") & (facts["quantity"] == "shift") & (facts["dose"] > 0)]
    own = committed["changed_scores"]
    own = own[(own["sides"] == "each") & (own["edit"] == "latency") & (own["quantity"] == "mean_change")]
    both = facts.merge(own, on=["corpus", "profile", "dose"], suffixes=("_short", ""))
    assert len(both) == 30
    assert (both["value"] - both["value_short"]).abs().max() < 1.5


def test_the_rules_take_the_quantities(committed):
    rules = verdict.load()
    found = quantities.checked(committed["changed_quantities"], rules)
    assert set(found["claim"]) == {changed.C5, changed.C6} <= set(rules.names)
    own = found[found["claim"] == changed.C6]
    assert set(own["part"]) == {"", "latency=0.35"}
    assert (own.loc[own["quantity"] == "n_deciding_doses", "value"] == 1).all()
    assert set(found["profile"]) == set(scores.PROFILES)
    errors = {part.split("@")[1] for part in found["part"] if part.startswith("diarisation_error")}
    assert errors == {*sweep.WRONG, *(one.variant for one in sweep.PLACED if dosed.decides(one))}
    remade = changed.quantities(pd.concat([committed["changed_scores"], committed["changed_errors"]]))
    pd.testing.assert_frame_equal(
        found[["part", "value", "low"]].reset_index(drop=True), remade[["part", "value", "low"]], rtol=1e-6
    )


def test_the_answer_says_whom_what_and_what_not(committed):
    said = changed.answer(committed["changed_scores"], committed["changed_errors"]).text
    assert all(name in said for name in ("AMI", "GAP", "ICSI", "Boland 2022", "no diagnosis", "SYNTHETIC"))
    assert "nan" not in said
    first = changed.hardest(committed["changed_scores"], committed["changed_errors"]).iloc[0]
    ends = f"{first['value']:.0f} [{first['low']:.0f}, {first['high']:.0f}]"
    assert f"the worst moves them by up to {ends} (AMI, {first['variant']})" in said


def test_the_hardest_place_is_the_worst_that_decides(committed):
    found = changed.hardest(committed["changed_scores"], committed["changed_errors"])
    assert len(found) == 6
    asked = committed["changed_quantities"].query("claim == 'C5_nuisance' and quantity == 'dscore_abs_p95'")
    for row in found.itertuples():
        own = asked[(asked["corpus"] == row.corpus) & (asked["profile"] == row.profile)]
        errors = own[own["part"].str.startswith("diarisation_error")]
        assert row.value == pytest.approx(errors["value"].max())
        assert f"@{row.variant}" in errors.loc[errors["value"].idxmax(), "part"]


def test_what_was_simulated_stands_beside_what_was_found(committed):
    page = changed.beside_simulated(committed["changed_scores"])
    row = page[(page["edit"] == "latency") & (page["dose"] == 0.35) & (page["quantity"] == "mean_change")]
    assert row["simulated"].tolist() == [-31.8, -3.4]
    assert page[["AMI", "GAP", "ICSI"]].notna().all(axis=None)


# --- one recording ----------------------------------------------------------------------------------------------------


def test_at_the_tolerance_dose_ten_points_are_lost():
    segments, roles = chat(), {"ana": "A", "ben": "B", "cyd": "A"}
    duration_s = segments["end_s"].max()
    dose = dosed.tolerance_doses(segments, roles, duration_s, NORMS)["norm_referenced"]
    plain = scores.ScoreSettings(n_bootstrap=0)

    def score(by):
        later, longer = edits.latency(segments, ["ben"], by, duration_s)
        return scores.openengage(later, roles, longer, NORMS, plain)[0].value

    assert score(0) - score(dose) == pytest.approx(10, abs=0.5)


def test_a_score_that_cannot_fall_so_far_has_no_tolerance_dose():
    segments, roles = chat(), {"ana": "A", "ben": "B", "cyd": "A"}
    low = scores.Norms((0.0, 1.0, 4.0), (0.01, 0.1, 0.1), NORMS.correlation)  # everybody here scores near 0
    assert np.isnan(dosed.tolerance_doses(segments, roles, segments["end_s"].max(), low)["norm_referenced"])


def test_the_tolerance_dose_is_printed_beside_the_interval_of_a_person():
    talks = [scoring.Talk("made", chat(), 1200.0, {"ana": "A", "ben": "B", "cyd": "A"}, None, True)]
    found = scoring.every_score(talks, settings=scores.ScoreSettings(n_bootstrap=20))
    lines = scoring.sentences(found, talks, per_person=True)
    own = [line for line in lines if line.startswith("  made, ben")]
    assert len(own) == 2
    norms = scoring.norms_for(talks[0])
    dose = dosed.tolerance_doses(talks[0].segments, talks[0].roles, 1200.0, norms)["norm_referenced"]
    assert f"tolerance dose {1000 * dose:.0f} ms" in own[0]
    assert "standard error of measurement" in own[0]
    assert "nothing about whoever it is of" in lines[-1]
    assert not any("tolerance dose" in line for line in scoring.sentences(found, talks))
