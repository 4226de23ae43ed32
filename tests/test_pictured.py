"""Edited photographs and faces: what is committed, what is made of scores before and after, and the way to it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mien import evidence, figures, store, tables, verdict
from mien.corpora import london
from mien.study import pictured, shifts, verdicts

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture(scope="module")
def read():
    return pictured.read(DATA)


@pytest.fixture(scope="module")
def people():
    """Made-up scores of 40 people, two windows each, before and after a fall of 12 points with some noise."""
    chance = store.rng("tests/pictured")
    before = np.clip(chance.normal(55, 15, 80), 5, 95)
    after = before - 12 + chance.normal(0, 2, 80)
    after[:4] = np.nan
    return shifts.Pairs(before, after, np.repeat([f"p{n:02}" for n in range(40)], 2))


def test_what_is_committed_keeps_its_promises(read):
    assert set(read) == set(pictured.FILES)
    assert all((DATA / file).stat().st_size < 2**20 for file in pictured.FILES.values())
    assert verdict.quantities.checked(read["pictured_quantities"], verdict.load()) is not None
    rows = read["pictured_scores"]
    assert set(rows["licence"]) == {london.LICENCE}
    assert rows["n_people"].max() == 102  # aggregates: no row is about one person
    assert (rows.loc[rows["n_people"] > 0, "n_people"] >= 10).all()
    assert not [name for name in rows if "person_id" in name or "recording_id" in name]
    assert rows.loc[rows["value"].isna(), "why"].str.startswith("value: ").all()


def test_what_decides_is_what_the_rules_say(read):
    rules = [row for row in verdict.load()["doses"]["ordinary"] if row["decides"]]
    ordinary = {(row["axis"], str(value)) for row in rules for value in row["values"]}
    rows = read["pictured_scores"]
    deciding = {(axis, dose) for axis, dose, is_so in rows[["axis", "dose", "decides"]].to_numpy() if is_so}
    assert deciding == {one for one in ordinary if one[0] in ("resolution", "h264", "light", "occlusion")}
    asked = read["pictured_quantities"]
    assert set(asked["part"]) - {""} == {f"{a} {d} {u}" for a, d, u in _places(rows[rows["decides"].astype(bool)])}
    by = rows.set_index(["axis", "dose", "quantity"])["value"]
    for row in asked[asked["claim"] == "C5_nuisance"].to_dict("records"):
        axis, dose = row["part"].split(" ")[:2]
        name = {"dscore_abs_p95": "p95_abs_change", "crossing": "crossing_50"}[row["quantity"]]
        assert row["value"] == pytest.approx(by[axis, dose, name])
        assert row["low"] <= row["low90"] <= row["value"] <= row["high90"] <= row["high"]
    assert asked.loc[asked["claim"] == "C6_individual", ["quantity", "value"]].to_numpy().tolist() == [
        ["n_deciding_doses", 0]
    ]


def _places(rows):
    return rows[["axis", "dose", "unit"]].drop_duplicates().to_numpy()


def test_where_nothing_is_changed_nothing_changes(read):
    rows = read["pictured_scores"].query("axis == 'nothing'").set_index("quantity")["value"]
    assert (rows[["mean_change", "p95_abs_change", "crossing_50", "coverage_lost"]] == 0).all()
    assert rows["rank_correlation"] == pytest.approx(1)
    assert 0.8 < rows["accuracy"] < 0.95


def test_a_face_that_moves_less_scores_less(read):
    by = read["pictured_scores"].set_index(["axis", "dose", "quantity"])["value"]
    falls = [by["face_excursion_factor", dose, "mean_change_smiling"] for dose in ("0.5", "0.25", "0")]
    assert 0 > falls[0] > falls[1] > falls[2]
    assert by["face_excursion_factor", "0.5", "mean_change_neutral"] == pytest.approx(0)
    assert 0 < by["face_excursion_factor", "all", "tolerance_dose"] < 1
    assert by["constant_smile", "0.3", "mean_change_neutral"] > 0


# --- summing up -------------------------------------------------------------------------------------------------------


def test_changes_are_summed_up_as_pandas_would(people):
    told = shifts.described(people)
    table = pd.DataFrame({"before": people.before, "after": people.after}).dropna()
    change = table["after"] - table["before"]
    assert told["mean_change"]["value"] == pytest.approx(change.mean())
    assert told["mean_abs_change"]["value"] == pytest.approx(change.abs().mean())
    assert told["p95_abs_change"]["value"] == pytest.approx(
        change.abs().quantile(0.95, interpolation="higher"), rel=0.02
    )
    crosses = (table["before"] >= 50) != (table["after"] >= 50)
    assert told["crossing_50"]["value"] == pytest.approx(crosses.mean())
    high = table[table["before"] >= 50]
    assert told["pushed_under_50"]["value"] == pytest.approx((high["after"] < 50).mean())
    assert told["rank_correlation"]["value"] == pytest.approx(table["before"].corr(table["after"], method="spearman"))
    assert told["coverage_lost"]["value"] == pytest.approx(4 / 80)
    assert (told["mean_change"]["n"], told["mean_change"]["n_people"]) == (76, 38)
    for name in ("mean_change", "p95_abs_change", "crossing_50", "rank_correlation"):
        one = told[name]
        assert one["low"] <= one["low90"] <= one["value"] <= one["high90"] <= one["high"], name
        assert one["low"] < one["high"], name


def test_a_score_on_the_line_is_above_it():
    told = shifts.described(
        shifts.Pairs(np.array([50.0, 50, 49.9, 61]), np.array([49.0, 50, 50, 60.9]), np.array([*"abcd"]))
    )
    assert (told["crossing_50"]["value"], told["crossing_61"]["value"]) == (0.5, 0.25)
    assert told["pushed_under_50"]["value"] == pytest.approx(1 / 3)


def test_who_had_no_score_before_loses_none():
    told = shifts.described(
        shifts.Pairs(np.array([np.nan, 40, 45, 60]), np.array([50, np.nan, 50, 60]), np.array([*"abcd"]))
    )
    assert told["coverage_lost"]["value"] == pytest.approx(1 / 3)
    assert told["mean_change"]["value"] == pytest.approx(2.5)


def test_an_interval_of_the_mean_is_as_wide_as_people_say(people):
    """Against a bootstrap of people by hand."""
    chance = store.rng("tests/pictured/bootstrap")
    own = np.repeat(chance.normal(0, 5, 40), 2)  # both windows of a person change alike
    one = shifts.mean(people, own)
    again = [chance.choice(own[::2], 40).mean() for _ in range(2000)]
    width = (one["high"] - one["low"]) / np.ptp(np.percentile(again, [2.5, 97.5]))
    assert 0.95 < width < 1.2  # few people make an interval wider than their bootstrap


def test_a_share_of_none_of_the_people_has_an_exact_interval(people):
    none = shifts.mean(people, np.zeros(80), bounds=(0, 1))
    assert (none["value"], none["low"], none["interval"]) == (0, 0, "exact")
    assert none["high"] == pytest.approx(1 - 0.025 ** (1 / 40))
    every = shifts.mean(people, np.ones(80), bounds=(0, 1))
    assert (every["low"], every["high"]) == (pytest.approx(0.025 ** (1 / 40)), 1)
    lost = shifts.mean(people, np.full(80, np.nan))
    assert np.isnan(lost["value"])
    assert lost["why"] == "value: no_predictions"


def test_a_difference_is_that_of_two_means(people):
    first = np.arange(80) < 40
    apart = shifts.difference(people, people.change, first, ~first)
    expected = np.nanmean(people.change[first]) - np.nanmean(people.change[~first])
    assert apart["value"] == pytest.approx(expected)
    assert apart["low"] < 0 < apart["high"]


def test_the_tolerance_dose_is_where_the_median_person_loses_ten_points():
    before = np.full(60, 80.0)
    table = pd.DataFrame({"person_id": np.repeat([f"p{n}" for n in range(60)], 2)})
    table[pictured.ASKED.target] = np.tile(["neutral", "smiling"], 60)

    def swept(losses):
        """The neutral photograph of each keeps its score."""
        scores = {factor: np.repeat(before, 2) for factor in losses}
        for factor, loss in losses.items():
            scores[factor][1::2] -= loss
        return np.repeat(before, 2), scores, table

    found = pictured.tolerance(*swept({f: 20 * (1 - f) * np.linspace(0.5, 1.5, 60) for f in (0.9, 0.5, 0.0)}))
    assert found["value"] == pytest.approx(0.5, abs=0.02)
    assert found["low"] < 0.5 < found["high"]
    mild = pictured.tolerance(*swept({0.5: 1.0, 0.0: 2.0}))
    assert np.isnan(mild["value"])


def test_what_is_told_of_a_dose_is_of_those_it_names():
    """Neutral faces gain 4, women who smile lose 20 and men 8; one man's smile is not found again."""
    person = np.repeat(np.arange(40), 2)
    smiles, female = np.tile([False, True], 40), person < 16
    before = np.where(smiles, 80.0, 48.0)
    after = before + np.select([~smiles, female], [4.0, -20.0], -8.0)
    after[-1] = np.nan
    table = pd.DataFrame({pictured.ASKED.target: np.where(smiles, "smiling", "neutral")})
    table["confound_sex"] = np.where(female, "female", "male")
    pairs = shifts.Pairs(before, after, person.astype(str))
    found = pictured.told(pictured.Dose("light", 1.4, "gamma"), pairs, table)
    value = {name: one["value"] for name, one in found.items()}
    assert value["mean_change_neutral"] == pytest.approx(4)
    assert value["mean_change_smiling"] == pytest.approx((16 * -20 + 23 * -8) / 39)
    assert (value["mean_change_smiling_female"], value["mean_change_smiling_male"]) == pytest.approx((-20, -8))
    assert value["mean_change_smiling_female_minus_male"] == pytest.approx(-12)
    assert value["accuracy"] == pytest.approx(39 / 79)  # neutral faces cross 50, smiles stay above it
    assert value["accuracy_female_minus_male"] == pytest.approx(16 / 32 - 23 / 47)
    assert (value["coverage_lost_female"], value["coverage_lost_male"]) == pytest.approx((0, 1 / 48))
    assert found["mean_change_by_skin_tone"]["why"] == "value: not_given"
    assert "mean_change_by_skin_tone" not in pictured.told(pictured.Dose("jpeg", 30, "quality"), pairs, table)


def test_the_rules_are_given_what_decides_and_nothing_else(people):
    light, jpeg = pictured.Dose("light", 1.4, "gamma", True), pictured.Dose("jpeg", 30, "quality")
    asked = pictured.asked_for({light: people, jpeg: people}).set_index("quantity")
    assert asked["part"].to_dict() == {"dscore_abs_p95": light.part, "crossing": light.part, "n_deciding_doses": ""}
    told = shifts.described(people)
    assert asked.loc["dscore_abs_p95", "value"] == pytest.approx(told["p95_abs_change"]["value"])
    assert asked.loc["crossing", "n_windows"] == 76


def test_a_face_is_moved_from_the_persons_own_neutral_photograph(monkeypatch):
    faces = pd.DataFrame({"recording_id": ["a0", "a1", "b1", "b0"], "person_id": ["a", "a", "b", "b"]})
    given = {}

    def moves(own, person, dose, rest):
        given[person] = own["recording_id"].tolist(), dose, rest["recording_id"]
        return own

    monkeypatch.setitem(pictured.MOVES, "face_excursion_factor", moves)
    labels = pd.Series({"a0": "neutral", "a1": "smiling", "b0": "neutral", "b1": "smiling"})
    moved = pictured.moved(faces, pictured.Dose("face_excursion_factor", 0.5, "factor"), labels)
    assert given == {"a": (["a0", "a1"], 0.5, "a0"), "b": (["b1", "b0"], 0.5, "b0")}
    assert len(moved) == 4


# --- the way to it ----------------------------------------------------------------------------------------------------


def test_photographs_are_measured_and_scored_as_the_study_does(shared, tmp_path):
    """Two people anew: their windows are the committed ones, and the scores those that verdicts rest on."""
    scorer = pictured.Scorer(DATA, evidence.EvidenceSettings())
    rows = london.recordings(shared / "data" / "london_faces").iloc[:2]
    nothing, glasses = pictured.PICTURES[:2]
    first = pd.concat([pictured._measured(row, nothing, None) for row in rows.to_dict("records")])
    made = scorer.windows(first)
    ids = made["recording_id"].isin(rows["recording_id"])
    shapes = [name for name in made if name.startswith("face_bs_")]
    assert np.allclose(made.loc[ids, shapes].astype(float), scorer.columns.loc[ids.to_numpy(), shapes], atol=0.02)
    scores = scorer.scores(made)
    assert np.isfinite(scores).sum() == 2
    assert np.isnan(scores[~ids.to_numpy()]).all()
    worn = pictured._measured(rows.iloc[0].to_dict(), glasses, first)
    assert len(worn) == 1
    assert worn["bs_eyeBlinkLeft"].iloc[0] != first["bs_eyeBlinkLeft"].iloc[0]


def test_of_several_faces_the_largest_counts_and_none_is_no_row(monkeypatch):
    two = pd.DataFrame({"box_w_px": [10.0, 30.0, 20.0], "box_h_px": [10.0, 20.0, 20.0]})
    monkeypatch.setattr(pictured.media, "frames", lambda _: iter([(0.0, np.zeros((2, 2, 3), np.uint8))]))
    row = {"path": "a.jpg", "recording_id": "r", "person_id": "p"}
    for found, widths in ((two, [30.0]), (two.iloc[:0], [])):
        monkeypatch.setattr(pictured.face, "extract", lambda *_, found=found: found)
        seen = pictured._measured(row, pictured.PICTURES[0], None)
        assert seen["box_w_px"].tolist() == widths
        assert seen["person_id"].tolist() == ["p"] * len(widths)


def test_the_scores_before_are_those_that_verdicts_rest_on():
    settings = evidence.EvidenceSettings()
    scorer = pictured.Scorer(DATA, settings)
    _, told = verdicts.predicted(DATA, pictured.ASKED, settings)
    told = told[told["repeat"] == 0].set_index("recording_id")["probability_smiling"].loc[scorer.table["recording_id"]]
    assert scorer.scores(scorer.table) == pytest.approx(100 * told.to_numpy(), abs=1e-6)


def test_figure_and_answer_say_what_the_table_says(read):
    numbers = figures.pictured_numbers(read["pictured_scores"])
    assert set(numbers["who"]) == {"all", "women", "men"}
    assert numbers.groupby("name")["who"].nunique().eq(3).all()
    assert len(numbers["name"].unique()) == len(
        _places(read["pictured_scores"].query("axis != 'nothing' and dose != 'all'"))
    )
    said = pictured.answer(read["pictured_scores"]).text
    assert "Photographs of 102 adults" in said
    worst = read["pictured_scores"].query("decides and quantity == 'p95_abs_change'")["value"].max()
    assert f"by no more than {worst:.0f} [" in said


def test_the_table_refuses_a_dose_that_is_said_twice(read):
    rows = read["pictured_scores"]
    with pytest.raises(tables.TableError):
        pictured.PICTURED.check(pd.concat([rows, rows.iloc[:1].assign(value=0.5)], ignore_index=True))
