"""Does a score follow what people say? Statistics by hand and in worlds of known truth, and what is committed of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from mien import evidence, models, scores, store, tables, turns, verdict
from mien.study import again, as_it_is, asked, construct, construct_rows, criteria, follows, sides
from mien.study.follows import Joint

DATA = Path(__file__).parents[1] / "data"
QUICK = evidence.EvidenceSettings(n_permutations=8, n_gap_worlds=8)


def world(r=0.6, n_groups=40, size=3, shared=0.0, seed="a"):
    """SYNTHETIC people in meetings: score and label of correlation ``r``, and a part that a meeting shares in both."""
    rng = store.rng(f"test/construct/{seed}")
    group = np.repeat(np.arange(n_groups), size)
    score, other = rng.normal(size=(2, n_groups * size))
    label = r * score + np.sqrt(1 - r**2) * other
    meeting = shared * rng.normal(size=n_groups)[group]
    return pd.DataFrame(
        {
            "recording_id": [f"m{g}" for g in group],
            "person_id": [f"p{n}" for n in range(len(group))],
            "start_s": 0.0,
            "end_s": 60.0 * (5 + group % 7),
            "group_id": [f"m{g}" for g in group],
            "score": score + meeting,
            "label": label + meeting,
        }
    )


# --- statistics -------------------------------------------------------------------------------------------------------


def test_a_known_correlation_is_found_and_its_interval_holds_it():
    held = []
    for seed in range(40):
        one = world(0.6, seed=seed)
        found = Joint({"a": one["score"], "b": one["label"]}, one["group_id"]).ask(lambda c: follows.r_of(c, 0, 1))
        assert found.value == pytest.approx(np.corrcoef(one["score"], one["label"])[0, 1])
        assert (found.n_people, found.n_groups) == (120, 40)
        assert found.low <= found.low90 <= found.value <= found.high90 <= found.high
        held.append(found.low <= 0.6 <= found.high)
    assert np.mean(held) >= 0.85


def test_people_who_lack_a_column_are_left_out_and_counted():
    one = world(seed="gaps")
    one.loc[:29, "score"] = np.nan
    found = Joint({"a": one["score"], "b": one["label"]}, one["group_id"]).ask(lambda c: follows.r_of(c, 0, 1))
    assert (found.n_people, found.n_groups) == (90, 30)
    assert found.value == pytest.approx(one["score"].corr(one["label"]))


def test_what_is_held_is_taken_out_as_a_regression_does():
    one, rng = world(0.5, seed="held"), store.rng("test/construct/held too")
    nuisance = 0.7 * one["score"] + rng.normal(size=len(one))
    joint = Joint({"a": one["score"], "b": one["label"], "n": nuisance}, one["group_id"])
    found = joint.ask(lambda c: follows.partial(c, 0, 1, [2]))
    X = np.column_stack([np.ones(len(one)), nuisance])
    rest = [one[name] - X @ np.linalg.lstsq(X, one[name], rcond=None)[0] for name in ("score", "label")]
    assert found.value == pytest.approx(np.corrcoef(*rest)[0, 1], abs=1e-9)


def test_a_score_that_is_the_nuisance_has_nothing_beyond_it():
    one = world(0.5, seed="same")
    joint = Joint({"a": one["score"], "b": one["label"], "n": 3 - 2 * one["score"]}, one["group_id"])
    assert np.isnan(joint.ask(lambda c: follows.partial(c, 0, 1, [2])).value)


def test_reliability_and_correction_are_those_worked_out_by_hand():
    """Ratings (1, 2), (2, 1), (3, 4), (4, 3): r = 0.6, so two such items have alpha 2 x 0.6 / 1.6 = 0.75."""
    ratings = np.array([[1, 2], [2, 1], [3, 4], [4, 3]], float)
    covariance = np.cov(ratings.T)
    assert follows.alpha(covariance, [0, 1]) == pytest.approx(0.75)
    assert follows.of_halves(covariance, 0, 1) == pytest.approx(0.75)
    assert follows.without_error(np.array(0.3), np.array(0.5), np.array(0.72)) == pytest.approx(0.5)
    assert np.isnan(follows.without_error(np.array(0.3), np.array(-0.1), np.array(0.72)))


def test_the_error_of_measurement_is_taken_out_in_a_world_where_it_is_known():
    one, rng = world(0.6, n_groups=200, seed="noisy"), store.rng("test/construct/noise")
    items = {f"i{k}": one["label"] + rng.normal(size=len(one)) for k in range(4)}  # alpha 4 / 5
    first, second = (one["score"] + 0.8 * rng.normal(size=len(one)) for _ in range(2))
    columns = {"s": (first + second) / 2, "l": sum(items.values()) / 4, "h1": first, "h2": second} | items
    joint = Joint(columns, one["group_id"])

    def right(c):
        sure = follows.of_halves(c, 2, 3), follows.alpha(c, [4, 5, 6, 7])
        return follows.without_error(follows.r_of(c, 0, 1), *sure)

    assert joint.ask(lambda c: follows.alpha(c, [4, 5, 6, 7])).value == pytest.approx(0.8, abs=0.04)
    assert joint.ask(lambda c: follows.r_of(c, 0, 1)).value < 0.55
    assert joint.ask(right, follows.NOWHERE).value == pytest.approx(0.6, abs=0.06)


def test_what_a_meeting_shares_is_no_difference_of_people():
    one = world(0.0, n_groups=60, shared=2.0, seed="shared")
    joint = Joint({"a": one["score"], "b": one["label"]}, one["group_id"])
    within, between = (part.ask(lambda c: follows.r_of(c, 0, 1)) for part in (joint.within(), joint.between()))
    assert within.low < 0 < within.high
    assert between.low > 0.7
    assert (within.n_people, between.n_people) == (180, 60)


def test_what_all_of_a_meeting_share_does_not_vary_within_it():
    one = world(0.5, seed="group label")
    label = one.groupby("group_id")["label"].transform("mean") / 3
    joint = Joint({"a": one["score"], "b": label}, one["group_id"])
    found = joint.within().ask(lambda c: follows.r_of(c, 0, 1))
    assert np.isnan(found.value)
    assert found.why == "no_spread"


def test_a_model_with_nothing_to_say_does_not_seem_to_say_the_opposite():
    one, rng = world(0.0, 28, shared=1.0, seed="nothing"), store.rng("test/construct/nothing")
    people = one.rename(columns={"label": "label_x"}).assign(turn_noise=rng.normal(size=len(one)))
    r = Joint({"told": construct.trained(people, "label_x"), "label": people["label_x"]}, people["group_id"])
    assert abs(r.ask(lambda c: follows.r_of(c, 0, 1)).value) < 0.2


def test_above_the_nuisances_is_the_correlation_less_the_largest_of_them():
    c = np.array([[1.0, 0.4, -0.7, 0.1], [0.4, 1.0, 0.2, -0.5], [-0.7, 0.2, 1.0, 0.0], [0.1, -0.5, 0.0, 1.0]])
    assert follows.above_nuisances(c, 0, 1, [2, 3]) == pytest.approx(0.4 - 0.7)
    assert follows.above_nuisances(c, 0, 1, [2, 3], "label") == pytest.approx(0.4 - 0.5)


def test_luck_is_rare_where_there_is_something_and_common_where_only_meetings_are_alike():
    planted = world(0.6, seed="p")
    assert follows.p_moved(planted, planted["score"], planted["label"], "p", 199) <= 0.01
    p = []
    for seed in range(60):
        rng, one = store.rng(f"test/construct/meetings/{seed}"), world(0.0, 28, seed=f"barren {seed}")
        score, label = (one[name] + 3 * np.repeat(rng.normal(size=28), 3) for name in ("score", "label"))
        if abs(np.corrcoef(score, label)[0, 1]) > 0.22:  # p < .05 for 84 people, were they not in 28 meetings
            p.append(follows.p_moved(one, score, label, "b", 99))
    assert len(p) > 6
    assert np.mean(np.array(p) < 0.05) <= 0.6
    assert np.isnan(follows.p_moved(planted, np.ones(len(planted)), planted["label"], "flat"))
    weak = world(0.2, 12, seed="c")
    one, other = (follows.p_moved(weak, way * weak["score"], weak["label"], "either", 199) for way in (1, -1))
    assert one == other


# --- the score as it is -----------------------------------------------------------------------------------------------


def classed(r, seed, n_groups=30):
    one = world(r, n_groups, seed=seed)
    label, _ = as_it_is.cut(one["label"].to_numpy())
    points = 50 + 20 * one["score"].to_numpy()
    return one.drop(columns=["score", "label"]).assign(label_x=label), np.clip(points, 0, 100)


def judged(frame, points, n=4):
    settings = replace(QUICK, n_permutations=n, n_gap_worlds=n, n_repeats=1)
    return as_it_is.judged(frame, "label_x", {"x": points}, settings, "SYNTHETIC")["x"]


def row_of(rows, metric):
    return rows[(rows["model"] == as_it_is.NAME) & (rows["metric"] == metric)].iloc[0]


def test_a_score_that_follows_the_label_is_found_and_one_that_does_not_is_not():
    frame, points = classed(0.9, "planted")
    rows, leaks = judged(frame, points)
    assert leaks == 0
    assert row_of(rows, "auc")["value"] > 0.85
    assert row_of(rows, "auc")["gap_low"] > 0
    assert row_of(rows, "balanced_accuracy")["gap_low"] > 0
    assert row_of(rows, "auc")["p_permuted"] == pytest.approx(0.001)
    frame, points = classed(0.0, "barren")
    rows, _ = judged(frame, points)
    assert row_of(rows, "auc")["gap_low"] < 0
    assert row_of(rows, "auc")["p_permuted"] > 0.05


def test_the_line_is_at_fifty_and_whoever_has_no_score_counts_against_coverage():
    frame, points = classed(0.9, "line")
    points[:9] = np.nan
    rows, _ = judged(frame, points, 1)
    there = np.isfinite(points)
    high = frame["label_x"][there] == as_it_is.HIGH
    above = points[there] > 50
    expected = (above[high].mean() + (~above[~high]).mean()) / 2
    assert row_of(rows, "balanced_accuracy")["value"] == pytest.approx(expected)
    assert row_of(rows, "balanced_accuracy")["coverage"] == pytest.approx(81 / 90)
    assert row_of(rows, "auc")["n_people"] == 81


def test_labels_are_cut_where_they_part_people_most_evenly():
    assert as_it_is.cut(np.array([1.0, 2.0, 3.0, 4.0]))[1] == "above 2.5"
    labels, words = as_it_is.cut(np.array([5.0, 5.0, 5.0, 4.0, np.nan]))
    assert words == "at least 5"
    assert list(labels) == ["high", "high", "high", "low", None]


def test_where_only_the_lag_matters_only_the_lag_is_missed():
    one = world(0.9, 30, seed="lag only")
    rng = store.rng("test/construct/other parts")
    label, _ = as_it_is.cut(one["label"].to_numpy())
    frame = one.drop(columns=["score", "label"]).assign(label_x=label)
    parts = {"share": rng.normal(size=len(one)), "lag": one["score"].to_numpy(), "changes": rng.normal(size=len(one))}
    parts["share"][:5] = np.nan  # who lacks a part is not judged
    rows = as_it_is.dropped(frame, "label_x", parts, replace(QUICK, n_repeats=1), "SYNTHETIC")
    lost = rows[(rows["what"] == "drop_one") & (rows["metric"] == "auc")].set_index("signals")
    assert lost.loc["lag", "low"] > 0.1
    assert lost.loc[["share", "changes"], "value"].abs().max() < 0.05
    assert set(rows["n_people"]) == {85}
    one_class = as_it_is.dropped(frame.assign(label_x="high"), "label_x", parts, QUICK, "SYNTHETIC")
    assert one_class["signals"].tolist() == ["share", "lag", "changes"]
    assert one_class["value"].isna().all()
    assert one_class["why"].str.contains("one_class").all()


def test_what_is_lost_by_luck_is_found_by_fitting_each_world_alone():
    one, rng = world(0.9, 30, seed="lag only"), store.rng("test/construct/other parts")
    frame = one.drop(columns=["score", "label"]).assign(label_x=as_it_is.cut(one["label"].to_numpy())[0])
    parts = {"turn_share": rng.normal(size=len(one)), "turn_lag": one["score"].to_numpy()}
    settings = replace(QUICK, n_repeats=1, n_permutations=3)
    bench = as_it_is.ablation.bench(
        frame.assign(**parts), "label_x", {"lag": ["turn_lag"], "share": ["turn_share"]}, settings
    )
    given, found = bench.given, as_it_is.lost_by_luck(bench)
    assert found.abs().max().min() > 0.05
    how = evidence.nulls.null(given.windows, given.codes, given.groups)
    for number in range(3):
        draw = store.rng(f"construct/dropped/label_x/{number}", settings.seed)
        labels = evidence.nulls.moved(given.codes, how, draw)
        assert (labels != given.codes).any()
        folds = evidence.splits.repeats(labels, given.groups, settings)
        auc = {}
        for names in (("lag", "share"), ("share",), ("lag",)):
            model = models.make(bench.straight, names, settings.seed, settings.model)
            told = evidence.splits.out_of_fold(model, bench.columns(names), labels, folds, 2, groups=given.groups)
            auc[names] = roc_auc_score(labels, told[..., 1].ravel())
        for name, others in (("lag", ("share",)), ("share", ("lag",))):
            assert found[name][number] == pytest.approx(auc["lag", "share"] - auc[others], abs=0.01)
    parts = {name.removeprefix("turn_"): values for name, values in parts.items()}
    rows = as_it_is.dropped(frame, "label_x", parts, settings, "SYNTHETIC").query("what == 'drop_one'")
    assert rows["minimum_detectable_gap"].tolist() == pytest.approx(
        2.49 * found[list(rows["signals"])].std().to_numpy()
    )


def test_specifications_are_correlated_one_by_one():
    rng = store.rng("test/construct/specifications")
    many, label = rng.normal(size=(30, 7)), rng.normal(size=30)
    many[:4, 2] = np.nan
    expected = [pd.Series(many[:, k]).corr(pd.Series(label)) for k in range(7)]
    assert construct.of_specifications(many, label) == pytest.approx(expected)


# --- the same again ---------------------------------------------------------------------------------------------------


def met_again(share, n_groups=30, meetings=4, seed="a"):
    """SYNTHETIC people in ``meetings`` meetings of four: this share of the variance of their score is their own."""
    rng, rows = store.rng(f"test/construct/again/{seed}"), []
    for group in range(n_groups):
        own = np.sqrt(share) * rng.normal(size=4)
        for meeting in range(meetings):
            points = 50 + 20 * (own + np.sqrt(1 - share) * rng.normal(size=4))
            rows += [(f"g{group}{'abcdef'[meeting]}", f"g{group}p{k}", f"g{group}", points[k]) for k in range(4)]
    return pd.DataFrame(rows, columns=["recording_id", "person_id", "group_id", "score"])


def test_the_share_that_is_the_persons_comes_back_from_the_retest():
    found = again.retest(met_again(0.7))
    for what in ("icc_retest", "icc_1_of_all", "trait_share"):
        assert found[what].low < 0.7 < found[what].high, what
        assert found[what].value == pytest.approx(0.7, abs=0.08)
    assert found["sem_pts"].value == pytest.approx(20 * np.sqrt(0.3), rel=0.15)
    assert found["minimal_detectable_change_pts"].value == pytest.approx(1.96 * np.sqrt(2) * found["sem_pts"].value)
    assert again.retest(met_again(0.0, seed="none"))["icc_retest"].high < 0.2


def test_people_who_met_once_or_are_few_have_no_retest():
    assert again.retest(met_again(0.5, meetings=1))["icc_retest"].why == "one_rating"
    assert again.retest(met_again(0.5, n_groups=2))["icc_retest"].why == "too_few_people"
    lacking = met_again(0.5, n_groups=5)
    lacking.loc[lacking["recording_id"].str.endswith("d"), "score"] = np.nan
    assert again.retest(lacking)["icc_retest"].why == "one_rating"
    assert np.isfinite(again.retest(lacking)["icc_1_of_all"].value)


def corpus_of(n=6):
    """SYNTHETIC meetings of three people as the sides of a corpus, and their timelines."""
    rng, lines, about = store.rng("test/construct/sides"), {}, []
    for number in range(n):
        at, rows, last = 0.5, [], ""
        while at < 290:
            last = str(rng.choice([person for person in "abc" if person != last]))
            end = at + rng.gamma(2, 1)
            rows.append((f"{number}{last}", round(at, 3), round(end, 3)))
            at = end + 0.2 + 0.3 * rng.random()
        said = pd.DataFrame(rows, columns=["person_id", "start_s", "end_s"])
        lines[f"m{number}"] = scores.timeline(turns.floor(said, None, 310), 310)
        about += [("gap", f"m{number}", f"{number}{p}", (f"{number}{p}",), f"m{number}") for p in "abc"]
    about = pd.DataFrame(about, columns=["corpus", "recording_id", "person_id", "b", "group_id"])
    own = [
        scores.components(lines[row.recording_id], lines[row.recording_id].side(row.b))[0] for row in about.itertuples()
    ]
    return sides.Sides("gap", "each", about, np.repeat(np.array(own)[:, None], 144, axis=1), lines)


def test_halves_are_every_other_half_minute_and_together_the_whole():
    one = corpus_of(1)
    line = one.lines["m0"]
    b = line.side(("0a",))
    both = criteria._halves(line, ("0a",), 30.0)
    minutes = np.array([160, 150]) / 60  # 310 s are ten blocks of 30 s and one of 10 s, six of them even
    assert both[:, 2] @ minutes == pytest.approx(len(line.of(b)[3]))
    inside = (line.of(b)[3] // 30_000) % 2 == 0
    assert both[0, 2] == pytest.approx(inside.sum() / minutes[0])
    assert len(criteria.halves(one, {"m0": scores.norms_of(scores.oriented(one.default))})) == 2


def test_norms_that_hold_the_people_they_score_are_counted():
    one = corpus_of()
    norms, _ = sides.norms_without(one, {"gap": {"each": one}})
    assert again._holds_itself(one, norms) == 0
    whole = scores.norms_of(scores.oriented(one.default))
    assert again._holds_itself(one, norms | {"m1": whole, "m3": whole}) == 2


# --- rows and what the rules ask for ----------------------------------------------------------------------------------


def test_roles_and_corrections_are_those_named_beforehand():
    book = construct_rows.Book()
    found = follows.Found(0.3, 0.1, 0.5, 0.2, 0.4, "jackknife_t", 84, 28)
    for target in (criteria.PRIMARY, "label_leadership"):
        for measure, p in (("norm_referenced", 0.02), ("fixed_curve", 0.04), ("talk_share", 0.001)):
            book.put(target, "r", measure, found, p=p)
    rows = construct_rows.ROWS.check(construct_rows.adjusted(pd.DataFrame(book.rows)))
    assert rows["role"].tolist() == ["primary", "primary", "exploratory", "secondary", "secondary", "exploratory"]
    assert rows["p_adjusted"].round(3).tolist()[:2] == [0.04, 0.04]
    assert rows["p_adjusted"].isna().tolist() == [False, False, True, False, False, True]
    assert set(rows["label_source"]) == {"self"}


def committed(name="construct"):
    return construct.read(DATA, [name])[name]


def test_committed_rows_are_about_ten_people_at_least_and_say_why_something_is_missing():
    rows = committed()
    assert rows.loc[rows["value"].notna(), "n_people"].min() >= 10
    assert not {"person_id", "recording_id"} & set(rows)
    lost = rows[rows["value"].isna()]
    assert lost["why"].str.contains("value: ").all()
    assert set(rows.loc[rows["corpus"] == "GAP", "licence"]) == {"CC BY-NC 4.0"}


def test_committed_quantities_are_those_of_the_committed_rows_and_rules_know_them():
    expected, found = asked.quantities(committed()), committed("construct_quantities")
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, rtol=1e-6)
    rules = verdict.load()
    checked = verdict.quantities.checked(found, rules)
    for target in (criteria.PRIMARY, "label_group_score", "score"):
        for profile in scores.PROFILES:
            scope = {"target": target, "signals": "turn", "profile": profile, "metric": asked.METRIC}
            seen = verdict.quantities.put(
                verdict.Quantities(), verdict.quantities.about(checked, "GAP", **scope), rules
            )
            assert seen.numbers["n_groups"] == 28
            assert seen.numbers["coverage"] > 0.9
            if target == criteria.PRIMARY:
                wanted = ("gap_lo95", "r_self_disattenuated_hi90", "share_specs_same_sign", "self_report_available")
                assert set(wanted) <= set(seen.numbers)
                assert "V3_lag_share_changes_each_add/drop_one_gap_lo95_min" in seen.numbers
                assert "V2_the_line_at_50_separates/balanced_accuracy_at_50_gap_hi90" in seen.numbers


def test_too_few_meetings_make_every_claim_not_assessable():
    rows = committed("construct_quantities")
    given = {"GAP": verdict.Given("self", "84 students", share_synthetic=0.0)}
    mine = rows[(rows["corpus"] == "GAP") & (rows["target"] == criteria.PRIMARY)]
    found = verdict.of_evidence(tables.EVIDENCE.empty(), verdict.load(), given, asked.METRIC, "none", mine)
    told = found[(found["profile"] == scores.PROFILES[0]) & (found["side"] != "critic")]
    assert set(told["verdict"]) == {"not_assessable"}
    assert told["why"].str.contains("28").any()


def test_what_was_found_is_said_in_numbers_of_the_table():
    rows = committed()
    text = construct.answers({"construct": rows})["construct"].text
    asked_of = rows[
        (rows["corpus"] == "GAP") & (rows["target"] == criteria.PRIMARY) & (rows["measure"] == "openengage")
    ]
    for what in ("r", "r_disattenuated", "r_beyond_talk"):
        mine = asked_of[asked_of["what"] == what].set_index("profile").loc[list(scores.PROFILES)]
        for row in mine.itertuples():
            assert f"{row.value:.2f} [{row.low:.2f}, {row.high:.2f}]" in text
    assert "not assessable" in text
    assert "neither can be asked" in text
