"""Calibration, and whether errors and scores are alike across groups: against slow plain versions and others' code."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.linear_model import LogisticRegression

from mien import store
from mien.evidence import calibration, dif, groups, intervals
from mien.evidence.groups import GroupSettings

FEW = intervals.IntervalSettings(n_bootstrap=200)
SETTINGS = GroupSettings(interval=FEW, n_permutations=99)


def made(people=80, rows=20, lift=0.0, name="test/groups"):
    """People of two groups; ``lift`` raises the score of the second whatever the truth."""
    rng = store.rng(name)
    person = np.repeat(np.arange(people), rows)
    group = np.where(person % 2 == 0, "one", "two")
    truth = rng.integers(0, 2, len(person))
    own = 0.4 * rng.normal(size=people)[person]  # some people look positive all the time
    logit = 1.5 * (truth - 0.5) + lift * (group == "two") + own + rng.normal(size=len(person))
    rows = {"truth": truth, "probability": 1 / (1 + np.exp(-logit)), "person": person, "group": group}
    return pd.DataFrame(rows)


def counted(table, **more):
    return groups.tally(table["truth"], table["probability"], table["person"], table["group"], **more)


# --- calibration ------------------------------------------------------------------------------------------------------


def calibrated(n=20000):
    rng = store.rng("test/calibration")
    said = rng.random(n)
    return (rng.random(n) < said).astype(float), said


def test_who_means_what_he_says_is_calibrated_and_who_is_too_sure_is_not():
    truth, said = calibrated()
    people = np.arange(len(said)) // 200
    slope, intercept = calibration.slope(truth, said, people, FEW)
    assert slope.low < 1 < slope.high
    assert intercept.low < 0 < intercept.high
    assert calibration.ece(truth, said, people, settings=FEW).value < 0.02
    logit = np.log(said / (1 - said))
    sure = 1 / (1 + np.exp(-3 * logit))
    assert calibration.slope(truth, sure, people, FEW)[0].value == pytest.approx(
        slope.value / 3, rel=5e-3
    )  # a millionth is the end
    assert calibration.ece(truth, sure, people, settings=FEW).low > 0.1
    low = 1 / (1 + np.exp(-(logit - 1)))
    assert calibration.slope(truth, low, people, FEW)[1].value == pytest.approx(1, abs=0.1)


def test_calibration_slope_is_that_of_a_weighted_regression_of_another_library():
    table = made()
    slope, intercept = calibration.slope(table["truth"], table["probability"], table["person"], FEW)
    x = np.log(table["probability"] / (1 - table["probability"])).to_numpy()[:, None]
    other = LogisticRegression(C=np.inf, tol=1e-10, max_iter=500).fit(x, table["truth"])
    assert [slope.value, intercept.value] == pytest.approx([other.coef_[0, 0], other.intercept_[0]], abs=1e-4)


def test_ece_is_that_of_a_plain_loop_over_bins_of_equally_many():
    table = made(30)
    found = calibration.ece(table["truth"], table["probability"], table["person"], 10, FEW)
    order = np.argsort(table["probability"].to_numpy())
    bins = np.array_split(order, 10)
    apart = [len(b) * abs(table["probability"].iloc[b].mean() - table["truth"].iloc[b].mean()) for b in bins]
    assert found.value == pytest.approx(sum(apart) / len(table), abs=1e-3)
    curve = calibration.curve(table["truth"], table["probability"], 10)
    assert curve["n"].tolist() == [60] * 10
    assert curve["said"].is_monotonic_increasing


def test_calibration_without_two_classes_or_with_scores_of_0_to_100_says_so():
    assert calibration.slope([1, 1, 1], [0.2, 0.5, 0.7], [0, 1, 2])[0].why == "one_class"
    assert calibration.slope([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9], range(4), FEW)[0].why == "not_converged"  # told apart
    with pytest.raises(ValueError, match="a probability of 70; expected 0 to 1"):
        calibration.ece([1], [70.0], [0])
    with pytest.raises(ValueError, match="a truth of 2"):
        calibration.ece([2], [0.7], [0])


def test_missing_scores_are_left_out_of_calibration():
    truth, said = calibrated(2000)
    people = np.arange(2000) // 50
    holes = np.where(np.arange(2000) % 3 == 0, np.nan, said)
    kept = ~np.isnan(holes)
    assert calibration.ece(truth, holes, people, settings=FEW).value == pytest.approx(
        calibration.ece(truth[kept], said[kept], people[kept], settings=FEW).value
    )


def test_flips_count_who_changes_sides():
    assert calibration.flips([49, 51, 60, np.nan], [51, 52, 62, 90]) == {
        50.0: pytest.approx(1 / 3),
        61.0: pytest.approx(1 / 3),
    }


def test_probabilities_of_a_class_are_taken_from_predictions():
    table = pd.DataFrame({"truth": ["a", "b"], "probability_a": [0.7, 0.4], "probability_b": [0.3, 0.6]})
    truth, said = calibration.positive(table, "b")
    assert truth.tolist() == [0, 1]
    assert said.tolist() == [0.3, 0.6]


# --- groups -----------------------------------------------------------------------------------------------------------


def test_measures_of_a_group_are_those_of_its_rows():
    table = made()
    assert counted(table).n_clusters == table["person"].nunique()
    found = groups.by_group(counted(table), SETTINGS).set_index(["group", "measure"])["value"]
    mine = table[table["group"] == "two"]
    called, true = mine["probability"] > 0.5, mine["truth"] == 1
    assert found["two", "tpr"] == pytest.approx(called[true].mean())
    assert found["two", "fpr"] == pytest.approx(called[~true].mean())
    assert found["two", "selection_rate"] == pytest.approx(called.mean())
    assert found["two", "score_if_positive"] == pytest.approx(mine.loc[true, "probability"].mean())
    assert found["two", "score_if_negative"] == pytest.approx(mine.loc[~true, "probability"].mean())
    assert found["two", "mae"] == pytest.approx((mine["probability"] - mine["truth"]).abs().mean())
    assert found["two", "coverage"] == 1


def test_a_missing_score_lowers_coverage_and_nothing_else():
    table = made()
    holes = table["group"].eq("two") & (table.index % 4 == 0)
    found = groups.by_group(counted(table.assign(probability=table["probability"].mask(holes))), SETTINGS)
    seen = groups.by_group(counted(table[~holes]), SETTINGS)
    both = found.merge(seen, on=["group", "measure"])
    coverage = both[both["measure"] == "coverage"].set_index("group")
    assert coverage["value_x"].to_dict() == {"one": 1.0, "two": pytest.approx(1 - holes.sum() / 800)}
    rest = both[both["measure"] != "coverage"]
    assert rest["value_x"].tolist() == pytest.approx(rest["value_y"].tolist(), abs=1e-12)


def test_below_the_floor_a_group_is_not_testable_and_not_dropped():
    table = made(62)
    table.loc[table["person"].isin(range(0, 62, 2)), "group"] = np.where(
        table.loc[table["person"].isin(range(0, 62, 2)), "person"] < 4, "small", "one"
    )
    floor = groups.floor(counted(table)).set_index("group")
    assert floor["n_people"].to_dict() == {"one": 29, "small": 2, "two": 31}
    assert floor["testable"].to_dict() == {"one": False, "small": False, "two": True}
    rows = groups.by_group(counted(table), SETTINGS).set_index(["group", "measure"])
    assert rows.loc[("small", "tpr"), "why"] == "below_floor"
    assert np.isnan(rows.loc[("small", "tpr"), "value"])
    assert rows.loc[("small", "coverage"), "value"] == 1
    found = groups.differences(counted(table), SETTINGS)
    assert found["n_groups_above_floor"] == 1
    assert found["eo_difference"].why == "below_floor"
    assert np.isnan(found["p_permuted"])


def test_the_floor_counts_people_with_each_class_and_not_rows():
    table = made(60)
    table["truth"] = np.where((table["group"] == "two") & (table["person"] >= 19), 0, table["truth"])
    floor = groups.floor(counted(table)).set_index("group")
    assert floor.loc["two", "n_people_positive"] == 9
    assert table.loc[table["group"] == "two", "truth"].sum() > 50
    assert floor["testable"].to_dict() == {"one": True, "two": False}


def test_a_score_that_is_higher_in_one_group_is_found_and_one_that_is_not_is_not():
    alike, apart = (groups.differences(counted(made(lift=lift)), SETTINGS) for lift in (0.0, 1.0))
    assert apart["eo_difference"].low > 0.1
    assert apart["p_permuted"] == 0.01
    assert alike["eo_difference"].value < 0.1
    assert alike["p_permuted"] > 0.05
    assert apart["worst_group_name"] in ("one", "two")
    table = made(lift=1.0)
    rates = table.assign(called=table["probability"] > 0.5).groupby(["truth", "group"])["called"].mean().unstack()
    assert apart["eo_difference"].value == pytest.approx((rates["two"] - rates["one"]).abs().max())
    assert apart["equal_opportunity"].value == pytest.approx(abs(rates.loc[1, "two"] - rates.loc[1, "one"]))


def test_intervals_resample_people_and_connected_people_together():
    table = made(name="test/people")
    people = groups.by_group(counted(table), SETTINGS).set_index(["group", "measure"])
    rows = groups.by_group(counted(table.assign(person=table.index)), SETTINGS).set_index(["group", "measure"])
    wide, narrow = (
        t.loc[("one", "selection_rate"), "high"] - t.loc[("one", "selection_rate"), "low"] for t in (people, rows)
    )
    assert wide > 1.15 * narrow
    pairs = counted(table, clusters=table["person"] // 2)
    assert pairs.n_clusters == 40
    with pytest.raises(ValueError, match="a person lies in two groups"):
        counted(table.assign(person=0))
    with pytest.raises(ValueError, match="a person lies in two clusters"):
        counted(table, clusters=table.index)


def test_of_worlds_in_which_groups_are_alike_one_in_twenty_is_called_different():
    few = GroupSettings(interval=intervals.IntervalSettings(n_bootstrap=9), n_permutations=99)
    worlds = [made(60, 5, name=f"w{n}") for n in range(100)]
    called = np.array([groups.differences(counted(world), few)["p_permuted"] for world in worlds])
    assert np.mean(called <= 0.05) <= 0.12
    assert 0.4 < called.mean() < 0.6


def test_people_without_a_record_are_in_no_group():
    table = made()
    table["group"] = table["group"].where(table["person"] != 0, None)
    assert groups.floor(counted(table))["n_people"].tolist() == [39, 40]


# --- the same gap in what people say ----------------------------------------------------------------------------------


def test_a_difference_of_people_has_a_welch_interval_and_one_over_people():
    values = store.rng("test/welch").normal(size=90)
    members = np.array(["a", "b", "c"])[np.arange(90) % 3]
    found = groups.difference_of_people(values, members, "a", "b", SETTINGS)
    a, b = values[members == "a"], values[members == "b"]
    assert found["difference"].value == pytest.approx(a.mean() - b.mean())
    v = a.var(ddof=1) / 30, b.var(ddof=1) / 30
    half = stats.t.ppf(0.975, sum(v) ** 2 / (v[0] ** 2 / 29 + v[1] ** 2 / 29)) * np.sqrt(sum(v))
    assert found["welch_high"] - found["welch_low"] == pytest.approx(2 * half)
    assert found["percentile_high"] - found["percentile_low"] == pytest.approx(2 * half, rel=0.25)
    assert found["testable"]
    assert not groups.difference_of_people(values[1:], members[1:], "a", "b", SETTINGS)["testable"]
    assert groups.difference_of_people(values, members, "a", "nobody", SETTINGS)["difference"].why == "too_few_people"


def test_a_gap_of_a_model_is_held_against_that_of_people():
    human = intervals.Estimate(0.05, 0.02, 0.08)
    assert groups.beside_labels(intervals.Estimate(0.06, 0.01, 0.11), human).startswith("may be inherited")
    assert groups.beside_labels(intervals.Estimate(0.2, 0.15, 0.25), human).startswith("the model's own: larger")
    assert groups.beside_labels(intervals.Estimate(np.nan), human).startswith("cannot be told")


def test_small_cells_are_drawn_to_the_mean_of_all_and_large_ones_hardly():
    rng = store.rng("test/cells")
    members = np.repeat(["big", "large", "tiny"], [100, 100, 2])
    values = np.repeat([0.0, 1.0, 2.5], [100, 100, 2]) + rng.normal(size=202)
    cells = groups.cells(values, members).set_index("group")
    moved = (cells["shrunken"] - cells["mean"]).abs()
    assert moved["tiny"] > 5 * moved["big"]
    assert cells.loc["tiny", "shrunken"] < cells.loc["tiny", "mean"]
    assert cells["testable"].to_dict() == {"big": True, "large": True, "tiny": False}


# --- does a score mean the same? --------------------------------------------------------------------------------------


def scores(lift=0.0, slope=0.0, people=60):
    table = made(people, name="test/dif")
    rng = store.rng("test/dif scores")
    two = (table["group"] == "two").to_numpy()
    score = table["truth"] * (1 + slope * two) + lift * two + rng.normal(size=len(table))
    return score.to_numpy(), table["truth"].to_numpy(), table["group"].to_numpy(), table["person"].to_numpy()


def test_dif_is_negligible_where_a_score_means_the_same_and_large_where_it_does_not():
    same, lifted = dif.added(*scores(), settings=FEW), dif.added(*scores(lift=1.0), settings=FEW)
    assert same["both"].high < 0.035
    assert lifted["uniform"].low > 0.07
    assert lifted["crossing"].high < 0.035
    crossing = dif.added(*scores(slope=-2.0), settings=FEW)
    assert crossing["crossing"].low > 0.07
    parts = crossing["uniform"].value + crossing["crossing"].value
    assert crossing["both"].value == pytest.approx(parts)


def test_dif_is_that_of_another_library():
    ordinal = pytest.importorskip(
        "statsmodels.miscmodels.ordinal_model", reason="optional: pip install 'mien[oracles]'"
    )
    score, truth, group, person = scores(lift=0.5, slope=-0.4)
    bins = np.searchsorted(np.quantile(score, np.arange(1, 5) / 5), score, side="right")
    two = (group == "two").astype(float)
    columns = np.stack([truth, two, truth * two], axis=1)
    n, size = len(bins), np.bincount(bins)
    none = (size * np.log(size / n)).sum()
    reached = []
    for k in (1, 2, 3):
        fit = ordinal.OrderedModel(bins, columns[:, :k], distr="logit").fit(method="bfgs", disp=0)
        reached.append((1 - np.exp(2 * (none - fit.llf) / n)) / (1 - np.exp(2 * none / n)))
    found = dif.added(score, truth, group, person, settings=FEW)
    assert found["both"].value == pytest.approx(reached[2] - reached[0], abs=1e-6)
    assert found["uniform"].value == pytest.approx(reached[1] - reached[0], abs=1e-6)


def test_dif_without_two_groups_or_a_criterion_has_no_number():
    score, truth, group, person = scores()
    assert dif.added(score, truth, np.full(len(score), "one"), person)["both"].why == "one_class"
    assert dif.added(score, np.ones(len(score)), group, person)["both"].why == "one_class"
    holes = np.where(person == 0, None, group)
    assert dif.added(score, truth, holes, person, settings=FEW)["both"].n_groups == 59


def test_a_criterion_of_many_values_is_cut_into_ten():
    score, truth, group, person = scores(lift=1.0)
    found = dif.added(score, truth + store.rng("test/fine").normal(size=len(truth)) / 10, group, person, settings=FEW)
    assert found["uniform"].value == pytest.approx(
        dif.added(score, truth, group, person, settings=FEW)["uniform"].value, abs=0.02
    )
