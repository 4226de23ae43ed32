"""The judge: worlds with and without a signal, slow versions beside fast ones, and questions it refuses."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.base import clone
from sklearn.metrics import balanced_accuracy_score, f1_score, roc_auc_score
from sklearn.model_selection import LeaveOneGroupOut, StratifiedKFold

from mien import evidence, models, store, tables
from mien.evidence import baselines, checks, intervals, metrics, nulls, splits

QUICK = evidence.EvidenceSettings(n_permutations=0)


def world(n_people=10, n_each=9, *, effect=0.0, lives="recording", seed=0):
    """People who sound like themselves, and a label of three classes that shows in voice_a by ``effect``.

    The label may live in the recording (each window is one), in the person, or change within one long recording.
    """
    draw = np.random.default_rng(seed)
    person = np.repeat([f"p{i:02d}" for i in range(n_people)], n_each)
    place = np.tile(np.arange(n_each), n_people)
    who = np.repeat(np.arange(n_people), n_each)
    code = {"recording": place % 3, "person": who % 3, "window": (place // 3 + who) % 3}[lives]
    own = draw.normal(size=(n_people, 3))[who]
    noise = draw.normal(size=(len(who), 3))
    signals = own + noise + effect * (code[:, None] - 1) * np.array([1, 0, 0])
    one_long = lives == "window"
    return pd.DataFrame(
        {
            "recording_id": person if one_long else [f"{p}_{k}" for p, k in zip(person, place, strict=True)],
            "person_id": person,
            "start_s": place * 10.0 if one_long else 0.0,
            "end_s": place * 10.0 + 10 if one_long else 10.0,
            "group_id": person,
            **{f"voice_{name}": signals[:, i] for i, name in enumerate("abc")},
            "face_a": draw.normal(size=len(who)),
            "label_mood": np.array(["calm", "glad", "sad"])[code],
        }
    )


def row(result, model, metric="auc", signals=None):
    found = result.rows[(result.rows["model"] == model) & (result.rows["metric"] == metric)]
    found = found if signals is None else found[found["signals"] == signals]
    assert len(found) == 1
    return found.iloc[0]


# ---- scores


def some_predictions(k=3, n=90, seed=0):
    draw = np.random.default_rng(seed)
    codes = draw.integers(0, k, n)
    told = draw.dirichlet(np.ones(k), (2, n)) + 0.3 * np.eye(k)[codes]
    told = (told / told.sum(axis=2, keepdims=True)).round(1)  # rounded, so that there are ties
    return codes, told, draw.integers(0, 8, n)


def by_sklearn(codes, told, k):
    said = told.argmax(axis=1)
    area = roc_auc_score(codes, told[:, 1]) if k == 2 else roc_auc_score(np.eye(k)[codes], told, average="macro")
    return balanced_accuracy_score(codes, said), f1_score(codes, said, average="macro"), area


@pytest.mark.parametrize("k", [2, 3])
def test_scores_are_those_of_scikit_learn_averaged_over_repeats(k):
    codes, told, groups = some_predictions(k)
    expected = np.mean([by_sklearn(codes, t, k) for t in told], axis=0)
    for counted in (metrics.tally(codes, told), metrics.tally(codes, told, groups)):
        assert [v[0] for v in metrics.scores(counted).values()] == pytest.approx(list(expected), abs=1e-12)


@pytest.mark.parametrize("k", [2, 3])
def test_a_weight_of_two_counts_a_group_twice(k):
    codes, told, groups = some_predictions(k)
    counted = metrics.tally(codes, told, groups)
    draw = np.random.default_rng(1)
    weights = draw.multinomial(8, np.full(8, 1 / 8), size=20)
    fast = metrics.scores(counted, weights)
    for place, weight in enumerate(weights):
        rows = np.concatenate([np.repeat(np.flatnonzero(groups == g), w) for g, w in enumerate(weight)])
        slow = np.mean([by_sklearn(codes[rows], t[rows], k) for t in told], axis=0)
        assert [fast[m][place] for m in metrics.METRICS] == pytest.approx(list(slow), abs=1e-12)


def test_perfect_is_one_and_constant_is_chance():
    codes = np.arange(30) % 3
    perfect = metrics.scores(metrics.tally(codes, np.eye(3)[codes][None]))
    assert [v[0] for v in perfect.values()] == [1, 1, 1]
    constant = metrics.scores(metrics.tally(codes, np.full((1, 30, 3), 1 / 3)))
    assert constant["balanced_accuracy"][0] == pytest.approx(metrics.chance(3)["balanced_accuracy"])
    assert constant["auc"][0] == metrics.chance(3)["auc"] == 0.5
    assert constant["macro_f1"][0] < metrics.chance(3)["macro_f1"]


def test_a_resample_without_a_class_has_no_score():
    codes = np.array([0, 0, 1, 1])
    counted = metrics.tally(codes, np.eye(2)[codes][None], np.array([0, 0, 1, 1]))
    assert all(np.isnan(v[0]) for v in metrics.scores(counted, [[2, 0]]).values())


# ---- intervals


def mean_of(values):
    return lambda weights: weights @ values / weights.sum(axis=1)


def test_the_jackknife_t_interval_of_a_mean_is_the_textbook_one():
    values = np.random.default_rng(0).normal(size=12)
    low, high, method = intervals.interval(mean_of(values), 12, QUICK, bounds=(-9, 9))
    expected = stats.t.interval(0.95, 11, values.mean(), stats.sem(values))
    assert (low, high) == pytest.approx(expected)
    assert method == "jackknife_t"


def test_with_many_groups_the_interval_is_the_bca_of_scipy():
    values = np.random.default_rng(0).exponential(size=40)
    low, high, method = intervals.interval(mean_of(values), 40, QUICK, bounds=(0, 9))
    theirs = stats.bootstrap((values,), np.mean, n_resamples=20000, random_state=0).confidence_interval
    assert (low, high) == pytest.approx(tuple(theirs), abs=0.03)
    assert method == "bca_2000"


def test_a_score_near_its_bound_keeps_its_interval_inside():
    values = np.array([0.99] * 9 + [0.6])
    low, high, method = intervals.interval(mean_of(values), 10, QUICK)
    assert 0 < low < values.mean() < high < 1
    assert method == "jackknife_t_logit"


def test_intervals_of_ten_people_hold_the_truth_as_often_as_they_say():
    draw = np.random.default_rng(2)
    held = []
    for _ in range(400):
        ability = np.clip(0.7 + 0.12 * draw.normal(size=10), 0, 1)
        low, high, _ = intervals.interval(mean_of(ability), 10, QUICK)
        held.append(low <= 0.7 <= high)
    assert 0.92 <= np.mean(held) <= 0.98


def test_the_interval_is_over_people_and_not_over_rows():
    thrice = pd.concat([world(effect=1), world(effect=1).assign(start_s=20.0, end_s=30.0)], ignore_index=True)
    once = row(evidence.evaluate(world(effect=1), "label_mood", "voice", "guesser", QUICK), "guesser")
    twice = row(evidence.evaluate(thrice, "label_mood", "voice", "guesser", QUICK), "guesser")
    assert (twice["low"], twice["high"]) == pytest.approx((once["low"], once["high"]))


# ---- splits


@pytest.mark.parametrize(("n_people", "n_repeats", "n_folds"), [(10, 1, 10), (31, 5, 5)])
def test_every_row_is_held_out_once_a_repeat_and_no_group_is_on_both_sides(n_people, n_repeats, n_folds):
    given = checks.cases(world(n_people), "label_mood")
    plan = splits.repeats(given.codes, given.groups, QUICK)
    assert [len(folds) for folds in plan] == [n_folds] * n_repeats
    for folds in plan:
        assert sorted(np.concatenate([test for _, test in folds])) == list(range(len(given.codes)))
        assert not any(set(given.groups[train]) & set(given.groups[test]) for train, test in folds)
    if n_repeats > 1:
        assert not np.array_equal(plan[0][0][1], plan[1][0][1])


def test_steps_prepared_once_change_no_number():
    given = checks.cases(world(effect=0.5), "label_mood")
    columns = checks.signal_columns(given, "voice").mask(np.random.default_rng(0).random((90, 3)) < 0.2)
    model = models.make("logistic", ["voice"])
    plan = splits.repeats(given.codes, given.groups, QUICK)
    ready = splits.prepare(model, columns, plan)
    assert len(ready) == 10
    slow = splits.out_of_fold(model, columns, given.codes, plan, 3)
    assert np.array_equal(slow, splits.out_of_fold(model, columns, given.codes, plan, 3, ready))


def test_a_class_absent_from_a_training_part_gets_no_probability():
    codes = np.array([0, 0, 1, 1, 2, 2])
    told = splits.out_of_fold(
        models.make("logistic", ["voice"]),
        pd.DataFrame({"voice_a": codes * 1.0}),
        codes,
        [[(np.arange(4), np.arange(4, 6)), (np.array([4, 5]), np.arange(4))]],
        3,
    )
    assert (told[0, 4:, 2] == 0).all()
    assert np.allclose(told[0, :4], [0, 0, 1])


def test_the_scale_is_learned_without_the_held_out_people():
    table = world(effect=1)
    held_out = (table["person_id"] == "p00").to_numpy()
    table.loc[held_out, ["voice_a", "voice_b", "voice_c"]] *= 1e6
    plan = [[(np.flatnonzero(~held_out), np.flatnonzero(held_out))]]
    ready = splits.prepare(models.make("logistic", ["voice"]), table.filter(like="voice_"), plan)
    train, test = next(iter(ready.values()))
    assert np.abs(train.mean(axis=0)).max() < 1e-9
    assert np.abs(test).max() > 1e4


# ---- nulls


@pytest.mark.parametrize(
    ("lives", "kind"),
    [
        ("person", "groups"),
        ("recording", "recordings_of_a_person_and_groups"),
        ("window", "shifts_within_recording_and_groups"),
    ],
)
def test_labels_move_only_where_the_design_allows(lives, kind):
    table = world(lives=lives)
    given = checks.cases(table, "label_mood")
    how = nulls.null(given.windows, given.codes, given.groups)
    assert how.kind == kind
    moves = [nulls.moved(given.codes, how, store.rng(f"move/{i}")) for i in range(30)]
    assert any(not np.array_equal(moves[0], move) for move in moves)
    for move in moves:
        if kind == "groups":
            assert (pd.Series(move).groupby(given.groups).nunique() == 1).all()
            assert sorted(move) == sorted(given.codes)
        for person in range(10) if kind != "groups" else ():
            before, after = given.codes[given.groups == person], move[given.groups == person]
            assert sorted(before) == sorted(after)
            if kind == "shifts_within_recording_and_groups":
                tracks = [given.codes[given.groups == giver] for giver in range(10)]
                assert any(np.array_equal(np.roll(track, k), after) for track in tracks for k in range(9))


def test_windows_of_one_recording_move_together():
    table = world()
    halves = pd.concat([table, table.assign(start_s=10.0, end_s=20.0)], ignore_index=True).sample(
        frac=1, random_state=1
    )
    given = checks.cases(halves, "label_mood")
    how = nulls.null(given.windows, given.codes, given.groups)
    move = nulls.moved(given.codes, how, store.rng("move"))
    assert (pd.Series(move).groupby(given.windows["recording_id"]).nunique() == 1).all()
    assert not np.array_equal(move, given.codes)


def test_partners_exchange_labels_where_nobody_has_two_recordings():
    table = world(12, 3)
    table["group_id"] = [f"g{int(p[1:]) // 2}" for p in table["person_id"]]
    table["recording_id"] = table["group_id"]
    table["start_s"] = np.tile([0.0, 1, 2], 12)
    table["end_s"] = table["start_s"] + 1
    table["label_mood"] = np.where(table["person_id"].str[1:].astype(int) % 2, "glad", "sad")
    given = checks.cases(table, "label_mood")
    how = nulls.null(given.windows, given.codes, given.groups)
    assert how.kind == "people_of_a_group_and_groups"
    move = nulls.moved(given.codes, how, store.rng("move"))
    assert (pd.Series(move).groupby(given.groups).mean() == 0.5).all()
    assert not np.array_equal(move, given.codes)


@pytest.mark.parametrize("lives", ["person", "recording"])
def test_the_null_equals_a_straightforward_loop(lives):
    settings = evidence.EvidenceSettings(n_permutations=4)
    table = world(effect=0.5, lives=lives)
    given = checks.cases(table, "label_mood")
    columns = checks.signal_columns(given, "voice")
    model = models.make("logistic", ["voice"], settings.seed)
    fast = nulls.null_scores(model, columns, given, settings, name="label_mood/voice/logistic")
    how = nulls.null(given.windows, given.codes, given.groups)
    for number in range(4):
        labels = nulls.moved(given.codes, how, store.rng(f"evidence/null/label_mood/voice/logistic/{number}"))
        told = np.zeros((len(labels), 3))
        for train, test in LeaveOneGroupOut().split(columns, labels, given.groups):
            fitted = clone(model).fit(columns.iloc[train], labels[train])
            told[test] = fitted.predict_proba(columns.iloc[test])
        assert list(fast.loc[number, list(metrics.METRICS)]) == pytest.approx(list(by_sklearn(labels, told, 3)))


def test_workers_change_no_number_and_progress_is_told():
    table, heard = world(6, 6), []
    alone, shared = (
        evidence.evaluate(
            table,
            "label_mood",
            "voice",
            settings=evidence.EvidenceSettings(n_permutations=12),
            workers=workers,
            progress=lambda *told: heard.append(told),
        )
        for workers in (1, 2)
    )
    pd.testing.assert_frame_equal(alone.nulls, shared.nulls)
    pd.testing.assert_frame_equal(alone.rows, shared.rows)
    assert heard[-1][:2] == (12, 12)
    assert "label_mood/voice/logistic" in heard[-1][2]


def test_p_counts_the_observed_world_too():
    assert nulls.p_value(2.0, np.arange(99) / 99) == 0.01
    assert nulls.p_value(0.5, np.full(99, 0.5)) == 1.0


# ---- two worlds


@pytest.mark.parametrize("lives", ["person", "recording", "window"])
def test_barren_worlds_are_barren(lives):
    settings = evidence.EvidenceSettings(n_permutations=19)
    found = [
        row(evidence.evaluate(world(6, 6, lives=lives, seed=s), "label_mood", "voice", settings=settings), "logistic")
        for s in range(6)
    ]
    assert np.mean([f["p_permuted"] for f in found]) > 0.25
    assert sum(f["p_permuted"] <= 0.05 for f in found) <= 2
    assert sum(f["low"] <= f["chance"] <= f["high"] for f in found) >= 4


@pytest.mark.parametrize("lives", ["person", "recording", "window"])
def test_a_planted_signal_is_found(lives):
    settings = evidence.EvidenceSettings(n_permutations=19)
    n = 15 if lives == "person" else 9
    result = evidence.evaluate(world(n, effect=2.5, lives=lives), "label_mood", "voice", settings=settings)
    found = row(result, "logistic")
    assert found["p_permuted"] <= 0.05
    assert found["low"] > found["chance"]
    assert found["gap_low"] > 0
    shuffled = row(result, "B5_shuffled")
    assert shuffled["value"] < found["low"]
    assert abs(shuffled["value"] - 0.5) < 0.15


def test_with_thirty_groups_folds_repeat_and_intervals_are_bca():
    settings = evidence.EvidenceSettings(n_permutations=3, n_repeats=2, n_bootstrap=200)
    result = evidence.evaluate(world(32, 6, effect=1.5), "label_mood", "voice", settings=settings)
    found = row(result, "logistic")
    assert found["split"] == "grouped_5_folds_x_2"
    assert found["interval"] == "bca_200_t_refit"
    assert found["low"] < found["value"] < found["high"]
    assert set(result.predictions["repeat"]) == {0, 1}
    assert set(result.predictions["fold"]) == set(range(5))


def test_signals_are_compared_on_the_same_folds():
    result = evidence.evaluate_table(
        world(effect=1.5), "label_mood", ["voice", "face", "face+voice"], ["logistic", "late_fusion"], QUICK, "made-up"
    )
    value = {s: row(result, "logistic", signals=s)["value"] for s in ("voice", "face", "face+voice")}
    assert value["voice"] > value["face"] + 0.1
    assert value["face+voice"] > value["face"] + 0.1
    assert row(result, "late_fusion", signals="voice")["value"] == pytest.approx(value["voice"])
    assert set(result.rows["corpus"]) == {"made-up"}
    folds = result.predictions.groupby(["recording_id", "start_s"])["fold"].nunique()
    assert (folds == 1).all()


# ---- baselines


def test_what_length_alone_predicts_is_no_finding():
    table = world()
    table["end_s"] = 5.0 + table["label_mood"].map({"calm": 0, "glad": 1, "sad": 2})
    table["voice_length_s"] = table["end_s"] + np.random.default_rng(0).normal(size=90) * 0.01
    found = row(evidence.evaluate(table, "label_mood", "voice", settings=QUICK), "logistic", "balanced_accuracy")
    assert found["best_baseline_name"] == "B1_duration"
    assert found["value"] > 0.8
    assert found["gap_low"] <= 0


def test_confounds_alone_are_a_baseline_and_words_are_allowed_in_them():
    table = world(effect=0.3)
    table["confound_room"] = table["label_mood"].map({"calm": "red", "glad": "blue", "sad": "green"})
    table["trust_voice"] = 1.0
    result = evidence.evaluate(table, "label_mood", "voice", settings=QUICK)
    assert row(result, "B3_confounds")["value"] == 1
    assert row(result, "logistic")["best_baseline_name"] == "B3_confounds"
    assert row(result, "logistic")["gap_high"] < 0


def test_knowing_who_speaks_helps_nobody_with_people_never_seen():
    result = evidence.evaluate(world(9, lives="person"), "label_mood", "voice", settings=QUICK)
    assert row(result, "B2_person")["value"] <= 0.5
    assert row(result, "logistic")["best_baseline_name"] != "B2_person"


def test_a_baseline_below_chance_does_not_lower_the_bar():
    result = evidence.evaluate(world(9, lives="person"), "label_mood", "voice", settings=QUICK)
    assert row(result, "B2_person", "balanced_accuracy")["value"] < 1 / 3
    assert row(result, "logistic", "balanced_accuracy")["best_baseline"] >= 1 / 3


@pytest.mark.parametrize("lives", ["recording", "person", "window"])
def test_the_guesser_reaches_chance_however_people_are_left_out(lives):
    few, many = world(9, lives=lives), world(33, 6, lives=lives)
    for table in (few, many.iloc[:-4]):
        result = evidence.evaluate(table, "label_mood", "voice", "guesser", QUICK)
        for model in ("guesser", "B0_majority"):
            assert row(result, model, "balanced_accuracy")["value"] == pytest.approx(1 / 3)
            assert row(result, model, "auc")["value"] == 0.5


def test_a_permuted_guesser_is_no_better_than_its_worlds():
    settings = evidence.EvidenceSettings(n_permutations=9, primary="guesser")
    result = evidence.evaluate(world(9, lives="person"), "label_mood", "voice", "guesser", settings)
    assert row(result, "guesser", "balanced_accuracy")["p_permuted"] == 1


def test_where_all_is_calibration_it_says_so_and_what_to_do():
    with pytest.raises(
        evidence.EvidenceError, match=r"all 90 windows .* are calibration: .*--calibration-s .*mark some"
    ):
        evidence.evaluate(world().assign(is_calibration=True), "label_mood", "voice")


def test_who_the_person_is_never_counts_and_chance_always_does():
    table = world(effect=1).assign(confound_a="x", text_n_words=5, score_fixed_curve=50.0)
    given = checks.cases(table, "label_mood")
    ladder = baselines.ladder(given, splits.repeats(given.codes, given.groups, QUICK), QUICK)
    assert [(rung.model, rung.counts) for rung in ladder] == [
        ("B0_majority", True),
        ("B1_duration", True),
        ("B2_person", False),
        ("B3_confounds", True),
        ("B4_text_length", True),
        ("B8_score", True),
    ]
    codes = np.arange(30) % 3
    worst = baselines.Judged("B0", "nothing", None, metrics.tally(codes, np.eye(3)[codes - 1][None]), counts=True)
    assert worst.score("auc") < 0.5
    assert baselines.best([worst], "auc", 3) == ("chance", 0.5)
    perfect = baselines.Judged("B1", "duration", None, metrics.tally(codes, np.eye(3)[codes][None]), counts=True)
    assert baselines.best([worst, perfect], "auc", 3) == ("B1", 1.0)


def test_without_confounds_the_row_says_why():
    result = evidence.evaluate(world(), "label_mood", "voice", settings=QUICK)
    empty = row(result, "B3_confounds")
    assert np.isnan(empty["value"])
    assert "value: no_confounds" in empty["why"]


# ---- tables


def test_every_score_can_be_derived_from_the_predictions():
    result = evidence.evaluate(world(effect=1), "label_mood", "voice", settings=QUICK)
    said = result.predictions[result.predictions["model"] == "logistic"]
    classes = ["calm", "glad", "sad"]
    told = said[[f"probability_{c}" for c in classes]].to_numpy()
    codes = said["truth"].map(classes.index).to_numpy()
    assert [row(result, "logistic", m)["value"] for m in metrics.METRICS] == pytest.approx(
        list(by_sklearn(codes, told, 3))
    )


def test_every_missing_number_has_a_reason_and_the_tables_survive_a_file(tmp_path):
    result = evidence.evaluate_table(
        world(6, 6), "label_mood", ["voice"], ["logistic", "forest"], evidence.EvidenceSettings(n_permutations=2)
    )
    for _, line in result.rows.iterrows():
        for name in line.index[line.isna()]:
            assert f"{name}: " in line["why"]
    assert "p_permuted: not_permuted" in row(result, "forest")["why"]
    assert row(result, "logistic")["n_permutations"] == 2
    for frame, table in ((result.rows, tables.EVIDENCE), (result.predictions, tables.PREDICTIONS)):
        again = tables.read(tables.write(frame, tmp_path / f"{table.name}.csv"), table)
        assert len(again) == len(frame)


def test_the_same_question_gets_the_same_answer_to_the_last_digit():
    settings = evidence.EvidenceSettings(n_permutations=3)
    first, second = (evidence.evaluate(world(6, 6), "label_mood", "voice", settings=settings) for _ in range(2))
    pd.testing.assert_frame_equal(first.rows, second.rows)
    pd.testing.assert_frame_equal(first.predictions, second.predictions)


def test_calibration_windows_are_left_out_and_counted():
    table = world().assign(is_calibration=lambda t: t["recording_id"].str.endswith("_0"))
    result = evidence.evaluate(table, "label_mood", "voice", settings=QUICK)
    assert result.told["n_calibration_left_out"] == 10
    assert row(result, "logistic")["n_windows"] == 80
    assert not result.predictions["recording_id"].str.endswith("_0").any()


def test_windows_without_a_label_are_left_out_and_counted():
    table = world()
    table.loc[::2, "label_mood"] = np.where(np.arange(45) % 2, "", None)
    result = evidence.evaluate(table, "label_mood", "voice", settings=QUICK)
    assert result.told["n_without_label_left_out"] == 45
    assert row(result, "logistic")["n_windows"] == 45
    assert set(result.predictions["truth"]) == {"calm", "glad", "sad"}


# ---- the ladder of leaks


def test_cheating_pays_where_the_label_belongs_to_the_person_and_nothing_is_there():
    settings = evidence.EvidenceSettings(n_repeats=1, model=models.ModelSettings(n_trees=40))
    ladder = evidence.leak_ladder(world(15, 12, lives="person"), "label_mood", "voice", "forest", settings)
    auc = ladder[ladder["metric"] == "auc"].set_index("rung")
    assert list(auc.index) == ["rows_scaled_before", "rows", "people"]
    assert auc.loc["rows", "value"] > 0.65
    assert auc.loc["rows", "low"] > 0.5
    assert auc.loc["people", "low"] < 0.5
    assert auc.loc["people", "split"] == "leave_one_group_out"


def test_the_honest_rung_is_what_evaluate_says():
    table = world(effect=1)
    ladder = evidence.leak_ladder(table, "label_mood", "voice", "logistic", QUICK).set_index(["rung", "metric"])
    honest = row(evidence.evaluate(table, "label_mood", "voice", settings=QUICK), "logistic")
    for name in ("value", "low", "high", "chance", "n_people", "n_windows"):
        assert ladder.loc[("people", "auc"), name] == honest[name]


def test_the_worst_rung_scales_over_everybody_before_it_splits_rows():
    table = world(effect=0.5)
    table.loc[0, "voice_a"] = 1e6  # one wild value: it sets the scale only where it may be seen
    settings = evidence.EvidenceSettings(n_repeats=1)
    ladder = evidence.leak_ladder(table, "label_mood", "voice", "logistic", settings).set_index(["rung", "metric"])
    given = checks.cases(table, "label_mood")
    first, rest = models.halves(models.make("logistic", ["voice"]))
    columns = clone(first).fit_transform(checks.signal_columns(given, "voice"))
    state = int(store.rng("evidence/leaks/0").integers(2**31))
    told = np.zeros((90, 3))
    for train, test in StratifiedKFold(5, shuffle=True, random_state=state).split(columns, given.codes):
        told[test] = clone(rest).fit(columns[train], given.codes[train]).predict_proba(columns[test])
    expected = by_sklearn(given.codes, told, 3)[2]
    assert ladder.loc[("rows_scaled_before", "auc"), "value"] == pytest.approx(expected, abs=1e-9)
    assert ladder.loc[("rows", "auc"), "value"] != pytest.approx(expected, abs=1e-9)


# ---- refused questions, and answers that are honestly missing


def test_a_table_without_groups_is_refused_with_the_nearest_name():
    with pytest.raises(evidence.EvidenceError, match=r"no column 'group_id'.*did you mean 'groupid'"):
        evidence.evaluate(world().rename(columns={"group_id": "groupid"}), "label_mood", "voice")


def test_a_missing_column_is_named_by_its_promise():
    with pytest.raises(tables.TableError, match="no column 'end_s'"):
        evidence.evaluate(world().drop(columns="end_s"), "label_mood", "voice")


@pytest.mark.parametrize("column", ["person_id", "recording_id"])
def test_a_person_or_recording_in_two_groups_is_refused(column):
    table = world()
    table.loc[0, column] = "p05" if column == "person_id" else "p05_3"
    table.loc[0, "start_s"], table.loc[0, "end_s"] = 50.0, 60.0
    with pytest.raises(evidence.EvidenceError, match=f"'{column}' lie in more than one group: p05"):
        evidence.evaluate(table, "label_mood", "voice")


def test_an_unknown_target_or_one_that_is_no_label_is_refused():
    with pytest.raises(evidence.EvidenceError, match="did you mean 'label_mood'"):
        evidence.evaluate(world(), "label_moods", "voice")
    with pytest.raises(evidence.EvidenceError, match="begins with 'label_'"):
        evidence.evaluate(world(), "voice_a", "face")


def test_a_rating_is_no_set_of_classes():
    table = world().assign(label_rating=np.arange(90) / 7)
    with pytest.raises(evidence.EvidenceError, match=r"90 different values.*pandas\.cut"):
        evidence.evaluate(table, "label_rating", "voice")


def test_numbers_are_labels_too():
    table = world(effect=2).assign(label_level=lambda t: t["label_mood"].map({"calm": 1.0, "glad": 2.0, "sad": 3.0}))
    result = evidence.evaluate(table, "label_level", "voice", settings=QUICK)
    assert {"probability_1", "probability_2", "probability_3"} <= set(result.predictions.columns)


@pytest.mark.parametrize("prefix", ["label_", "label_mood", "confound", "trust", "why"])
def test_labels_and_nuisances_cannot_be_signals(prefix):
    with pytest.raises(evidence.EvidenceError, match="cannot be a signal"):
        evidence.evaluate(world(), "label_mood", ["voice", prefix])


@pytest.mark.parametrize("leak", [[5.0, 7.0, 9.0], [1.0, np.nan, 0.0]])
def test_a_signal_that_is_the_label_in_disguise_is_refused(leak):
    codes = {"calm": 0, "glad": 1, "sad": 2}
    table = world().assign(voice_leak=lambda t: [leak[codes[m]] for m in t["label_mood"]])
    with pytest.raises(evidence.EvidenceError, match="voice_leak holds one value for each of 'label_mood'"):
        evidence.evaluate(table, "label_mood", "voice")


def test_unknown_signals_are_answered_with_the_nearest_prefix():
    with pytest.raises(evidence.EvidenceError, match=r"no column begins with 'voise_'.*did you mean 'voice'"):
        evidence.evaluate(world(), "label_mood", "voise")
    with pytest.raises(evidence.EvidenceError, match="no signals"):
        evidence.evaluate(world(), "label_mood", [])


def test_words_and_infinities_among_signals_are_refused():
    with pytest.raises(evidence.EvidenceError, match="words in voice_word"):
        evidence.evaluate(world().assign(voice_word="loud"), "label_mood", "voice")
    with pytest.raises(evidence.EvidenceError, match="infinite values in voice_a"):
        evidence.evaluate(world().assign(voice_a=np.inf), "label_mood", "voice")


def test_an_unknown_model_is_refused():
    with pytest.raises(models.ModelError, match="did you mean 'forest'"):
        evidence.evaluate(world(), "label_mood", "voice", "forests")


def test_a_misspelt_primary_model_does_not_skip_the_permutations_in_silence():
    with pytest.raises(models.ModelError, match="did you mean 'logistic'"):
        evidence.evaluate(world(), "label_mood", "voice", settings=evidence.EvidenceSettings(primary="logistics"))


def test_windows_without_any_signal_are_counted():
    table = world(effect=1)
    table.loc[:4, ["voice_a", "voice_b", "voice_c"]] = np.nan
    result = evidence.evaluate_table(table, "label_mood", ["voice", "face"], ["guesser"], QUICK)
    assert result.told["n_without_signals"] == {"voice": 5, "face": 0}


def test_a_target_without_a_single_label_is_refused():
    with pytest.raises(evidence.EvidenceError, match="has no value in the 90 windows"):
        evidence.evaluate(world().assign(label_mood=None), "label_mood", "voice")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"label_mood": "calm"}, "one_class"),
        ({"group_id": "everybody"}, "too_few_people"),
        ({"voice_a": np.nan, "voice_b": np.nan, "voice_c": np.nan}, "no_values"),
    ],
)
def test_a_question_that_cannot_be_answered_gets_nan_and_the_reason(change, reason):
    result = evidence.evaluate(world().assign(**change), "label_mood", "voice", settings=QUICK)
    found = row(result, "logistic")
    assert np.isnan([found["value"], found["low"], found["gap"], found["p_permuted"]]).all()
    assert f"value: {reason}" in found["why"]
    assert "logistic" not in set(result.predictions["model"])


@pytest.mark.parametrize("change", [{"label_mood": "calm"}, {"group_id": "everybody"}])
def test_the_ladder_of_leaks_gives_nan_and_the_reason_too(change):
    ladder = evidence.leak_ladder(world().assign(**change), "label_mood", "voice", settings=QUICK)
    assert ladder["value"].isna().all()
    assert ladder["why"].str.startswith("value: ").all()


def test_a_class_of_one_person_cannot_be_judged_on_others():
    table = world()
    table.loc[table["person_id"] != "p00", "label_mood"] = np.where(np.arange(81) % 2, "calm", "sad")
    result = evidence.evaluate(table, "label_mood", "voice", settings=QUICK)
    assert "value: too_few_people" in row(result, "logistic")["why"]
    assert "one group only" in result.told["notes"][0]


def test_a_class_with_fewer_people_than_folds_is_judged_and_noted():
    table = world(32, 6, effect=1)
    few = table["person_id"].isin(["p00", "p01", "p02"])
    table.loc[~few & (table["label_mood"] == "sad"), "label_mood"] = "calm"
    settings = evidence.EvidenceSettings(n_permutations=2, n_repeats=1, n_bootstrap=200)
    result = evidence.evaluate(table, "label_mood", "voice", settings=settings)
    assert "fewer than 10 groups" in result.told["notes"][0]
    assert np.isfinite(row(result, "logistic")["value"])
    assert result.told["n_groups_per_class"]["sad"] == 3


def test_constant_and_empty_columns_change_nothing():
    plain = evidence.evaluate(world(effect=1), "label_mood", "voice", settings=QUICK)
    table = world(effect=1).assign(voice_constant=3.3, voice_empty=np.nan)
    more = evidence.evaluate(table, "label_mood", "voice", settings=QUICK)
    assert row(more, "logistic")["value"] == pytest.approx(row(plain, "logistic")["value"], abs=1e-6)
