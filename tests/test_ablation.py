"""What each set of signals adds, in worlds where it is known: one that tells, two that tell the same, none at all."""

import numpy as np
import pandas as pd
import pytest

from mien import evidence, models, store
from mien.evidence import EvidenceError, ablation, checks, continuous, leakage, metrics, nulls, splits

QUICK = evidence.EvidenceSettings(n_permutations=0, n_bootstrap=300, n_repeats=1)
PERMUTED = evidence.EvidenceSettings(n_permutations=39, n_bootstrap=300, n_repeats=1, n_gap_worlds=5)


def world(tells=("voice",), *, same=(), n_people=60, effect=1.0, ratings=False, seed="a", n_each=2):
    """People with face, voice and turn columns: ``tells`` show the label; ``same`` are copies of one signal."""
    draw = store.rng(f"test ablation {seed}", 0)
    who = np.repeat(np.arange(n_people), n_each)
    truth = (draw.normal(size=n_people)[who] + draw.normal(size=len(who))) / np.sqrt(2)
    shared = effect * truth + draw.normal(size=len(who))
    columns = {f"{s}_{k}": draw.normal(size=len(who)) for s in ("face", "voice", "turn") for k in "abc"}
    for name in tells:
        columns[f"{name}_a"] = effect * truth + draw.normal(size=len(who))
    for name in same:
        columns[f"{name}_a"] = shared + 0.01 * draw.normal(size=len(who))
    label = truth + 4 if ratings else np.where(truth > 0, "high", "low")
    frame = {"recording_id": [f"r{p}_{i % n_each}" for i, p in enumerate(who)], "person_id": [f"p{p}" for p in who]}
    frame |= {"start_s": 0.0, "end_s": 10.0, "group_id": [f"p{p}" for p in who]}
    return pd.DataFrame(frame | columns | {"label_x": label, "why": ""})


def of(rows, what, signals=None, metric="auc"):
    found = rows[(rows["what"] == what) & (rows["metric"] == metric)]
    found = found if signals is None else found[found["signals"] == signals]
    assert len(found) == 1 or signals is None
    return found.iloc[0] if signals is not None else found.set_index("signals")


@pytest.fixture(scope="module")
def one_tells():
    return ablation.ablate(world(), "label_x", settings=QUICK)


def test_there_are_seven_sets_on_the_same_people(one_tells):
    sets = of(one_tells, "set")
    assert len(sets) == 7
    assert sets["n_groups"].unique() == [60]
    alone = evidence.evaluate(world(), "label_x", "voice", settings=QUICK).rows
    assert (
        sets.loc["voice", "value"] == alone[(alone["model"] == "logistic") & (alone["metric"] == "auc")]["value"].item()
    )


def test_a_signal_that_alone_tells_has_the_whole_share(one_tells):
    share = of(one_tells, "share")
    assert share.loc["voice", "value"] == pytest.approx(1, abs=0.25)
    assert share.loc["voice", "low"] < 1 < share.loc["voice", "high"] + 0.3
    assert abs(share.loc[["face", "turn"], "value"]).max() < 0.25


def test_shares_add_up_to_one_and_worths_to_what_is_reached(one_tells):
    assert of(one_tells, "share")["value"].sum() == pytest.approx(1)
    reached = of(one_tells, "set", "face+voice+turn")["value"] - 0.5
    assert of(one_tells, "shapley")["value"].sum() == pytest.approx(reached)


def test_signals_that_tell_the_same_share_it_evenly():
    rows = ablation.ablate(world((), same=("face", "turn")), "label_x", settings=QUICK)
    share = of(rows, "share")["value"]
    assert share["face"] == pytest.approx(share["turn"], abs=0.1)
    assert share["face"] == pytest.approx(0.5, abs=0.15)


def test_where_nothing_tells_there_is_nothing_to_share():
    rows = ablation.ablate(world(()), "label_x", settings=QUICK)
    share = of(rows, "share")
    assert share["value"].isna().all()
    assert set(share["why"]) == {"value: nothing_to_share"}
    assert abs(of(rows, "shapley")["value"]).max() < 0.15


def test_fusions_of_two_half_signals_are_better_than_either_alone():
    rows = ablation.ablate(world(("face", "voice")), "label_x", settings=QUICK)
    alone = of(rows, "set").loc[["face", "voice"], "value"].max()
    joined = rows[(rows["what"] == "fusion") & (rows["metric"] == "auc")].set_index("model")["value"]
    assert set(joined.index) == {"early_fusion", "late_fusion", "stacked_fusion"}
    assert joined.drop("late_fusion").min() > alone
    assert joined["late_fusion"] > alone - 0.05


@pytest.mark.parametrize("ratings", [False, True])
def test_stacking_lets_a_signal_that_says_nothing_say_less(ratings):
    frame = world(ratings=ratings)
    rows = ablation.ablate(frame, "label_x", ("voice", "face"), QUICK, ratings=ratings)
    metric = "r" if ratings else "auc"
    joined = rows[(rows["what"] == "fusion") & (rows["metric"] == metric)].set_index("model")["value"]
    stacked, late = (joined[joined.index.str.startswith(kind)].item() for kind in ("stacked", "late"))
    assert stacked > late - 0.01
    asked = ablation.bench(frame, "label_x", ("voice", "face"), QUICK, ratings=ratings)
    model = models.make("stacked_ratings" if ratings else "stacked_fusion", ["voice", "face"])
    model.fit(asked.given.windows, asked.given.codes, groups=asked.given.groups)
    weights = abs(model.weights_ if ratings else model.blend_.coef_[0])
    assert weights[0] > 2 * weights[1]


def test_stacking_holds_connected_people_out_inside_the_fold(monkeypatch):
    seen = []
    split = models.fusion.GroupKFold.split

    def watched(self, X, y=None, groups=None):
        for train, test in split(self, X, y, groups):
            seen.append(not set(groups[train]) & set(groups[test]))
            seen.append(2 * len(np.unique(groups)) == len(groups))  # two windows of each person
            yield train, test

    monkeypatch.setattr(models.fusion.GroupKFold, "split", watched)
    asked = ablation.bench(world(n_people=30), "label_x", settings=QUICK)
    asked.judged(("face", "voice"), "stacked_fusion")
    assert len(seen) >= 5
    assert all(seen)


def test_what_voice_adds_to_turns_is_found_where_it_is_and_only_there():
    there = ablation.ablate(world(ratings=True), "label_x", ("turn", "voice"), PERMUTED, ratings=True)
    gain = of(there, "added", "turn + voice", "r")
    assert gain["low"] > 0.1
    assert gain["p_permuted"] == pytest.approx(1 / 40)
    assert 0 < gain["minimum_detectable_gap"] < 0.6
    rows = ablation.ablate(world(("turn",), ratings=True), "label_x", ("turn", "voice"), PERMUTED, ratings=True)
    not_there = of(rows, "added", "turn + voice", "r")
    assert not_there["low"] < 0 < not_there["high"] + 0.03
    assert not_there["p_permuted"] > 0.05
    assert not_there["low"] < not_there["low90"] < not_there["high90"] < not_there["high"]


def test_what_is_added_is_paired():
    """Two models that say nearly the same differ by less than the intervals of either let one think."""
    rows = ablation.ablate(world(("turn",)), "label_x", ("turn", "voice"), QUICK)
    gain, alone = of(rows, "added", "turn + voice"), of(rows, "set", "turn")
    assert gain["high"] - gain["low"] < 0.6 * (alone["high"] - alone["low"])


def test_null_worlds_rarely_find_something_added():
    quick = evidence.EvidenceSettings(n_permutations=19, n_bootstrap=200, n_repeats=1, n_gap_worlds=0)
    found = []
    for seed in range(10):
        frame = world((), seed=seed, n_people=30, ratings=True)
        asked = ablation.bench(frame, "label_x", ("turn", "voice"), quick, ratings=True)
        rows = ablation.added(asked, ("turn", "voice"), ("turn",))
        found += [row["p_permuted"] for row in rows if row["metric"] == "r"]
    assert np.mean(np.array(found) <= 0.05) <= 0.25
    assert np.ptp(found) > 0.2


def test_a_component_that_adds_is_told_from_one_that_does_not():
    components = {"lag": ["turn_a"], "share": ["turn_b"], "changes": ["turn_c"]}
    rows = ablation.drop_one(world(("turn",), ratings=True), "label_x", components, PERMUTED, ratings=True)
    drop = rows[(rows["what"] == "drop_one") & (rows["metric"] == "r")].set_index("signals")
    assert set(drop.index) == set(components)
    assert drop.loc["lag", "low"] > 0.1
    assert drop.loc[["share", "changes"], "low"].max() < 0
    assert drop.loc["lag", "p_permuted"] < 0.05


def test_more_people_help_and_the_curve_says_how_many_learnt():
    rows = ablation.ablate(world(n_people=60, effect=0.7), "label_x", ("voice", "face"), QUICK)
    curve = rows[(rows["what"] == "curve") & (rows["metric"] == "auc")]
    assert curve["n_train_people"].round().tolist() == [12, 24, 36, 48]
    assert curve["value"].iloc[-1] > curve["value"].iloc[0] - 0.02
    whole = of(rows, "set", "voice+face")
    assert curve["value"].iloc[-1] == whole["value"]
    doubled = of(rows, "doubled", "voice+face")
    assert doubled["n_train_people"] == pytest.approx(96)
    assert -0.05 < doubled["value"] < 0.1


def test_the_extrapolated_gain_is_that_of_a_known_curve(monkeypatch):
    """A score of 0.8 - 2 ÷ people reaches 1 ÷ people more with twice as many."""
    asked = ablation.bench(world(n_people=40), "label_x", ("voice",), QUICK)

    class Known:
        def __init__(self, size):
            self.size = size

        def score(self, metric, weights=None):
            return np.full(1 if weights is None else len(weights), 0.8 - 2 / self.size)

    def judged(self, names, model=None, plan=None):
        return Known(np.mean([len(np.unique(self.given.groups[train])) for train, _ in plan[0]]))

    monkeypatch.setattr(ablation.Bench, "judged", judged)
    rows = pd.DataFrame(ablation.learning(asked, ("voice",)))
    assert of(rows, "doubled", "voice")["value"] == pytest.approx(1 / 32)


def test_people_who_are_connected_stay_together_in_every_part():
    frame = world(n_people=60)
    frame["group_id"] = [f"g{int(p[1:]) // 2}" for p in frame["person_id"]]
    asked = ablation.bench(frame, "label_x", settings=QUICK)
    for folds in asked.plan:
        for train, test in folds:
            some = ablation._some(train, asked.given.groups, np.arange(30), 0.5)
            groups = asked.given.groups
            assert not set(groups[some]) & set(groups[test])
            assert set(groups[some]) == {g for g in groups[some] if (groups[some] == g).sum() == 4}
            assert len(set(groups[some])) == 12


def test_a_question_without_an_answer_says_why():
    frame = world().assign(label_x="one")
    rows = ablation.ablate(frame, "label_x", settings=QUICK)
    assert set(rows["why"]) == {"value: one_class"}
    with pytest.raises(EvidenceError, match="none of gaze, smell has a column"):
        ablation.ablate(world(), "label_x", ("gaze", "smell"), QUICK)


# ---- ratings


def some_ratings(n=40, repeats=2):
    draw = np.random.default_rng(3)
    truth = draw.normal(size=n) + 5
    return truth, truth + 0.7 * draw.normal(size=(repeats, n)) + 0.3, np.arange(n) % 8


def by_hand(y, p):
    both = np.cov(y, p, ddof=0)
    concordance = 2 * both[0, 1] / (both[0, 0] + both[1, 1] + (y.mean() - p.mean()) ** 2)
    return [concordance, np.corrcoef(y, p)[0, 1]]


def test_scores_of_ratings_are_those_of_the_textbook():
    y, told, groups = some_ratings()
    found = continuous.scores(continuous.moments(y, told, groups))
    slow = np.mean([by_hand(y, p) for p in told], axis=0)
    assert [found["ccc"][0], found["r"][0]] == pytest.approx(list(slow))
    ranks = np.mean([by_hand(pd.Series(y).rank(), pd.Series(p).rank())[1] for p in told])
    assert found["spearman"][0] == pytest.approx(ranks)
    skill = np.mean([1 - abs(y - p).sum() / abs(y - y.mean()).sum() for p in told])
    assert found["mae_skill"][0] == pytest.approx(skill)


def test_a_weight_of_two_counts_a_group_of_ratings_twice():
    y, told, groups = some_ratings()
    weights = np.array([[2, 0, 1, 1, 1, 1, 0, 2]])
    rows = np.repeat(np.arange(len(y)), weights[0][groups])
    found = continuous.scores(continuous.moments(y, told, groups), weights)
    assert [found["ccc"][0], found["r"][0]] == pytest.approx(
        list(np.mean([by_hand(y[rows], p[rows]) for p in told], axis=0))
    )


def test_perfect_ratings_are_one_and_the_mean_is_nothing():
    y, _, groups = some_ratings()
    perfect = continuous.scores(continuous.moments(y, y[None], groups))
    assert [value[0] for value in perfect.values()] == pytest.approx([1, 1, 1, 1])
    constant = continuous.scores(continuous.moments(y, np.full((1, len(y)), y.mean()), groups))
    assert [value[0] for value in constant.values()] == pytest.approx([0, 0, 0, 0], abs=1e-12)
    assert np.isnan(continuous.scores(continuous.moments(np.ones(4), np.arange(4.0)[None]))["r"][0])


def test_a_rating_that_shows_is_found_and_one_that_does_not_is_not():
    found = evidence.evaluate(world(ratings=True), "label_x", "voice", "ridge", PERMUTED)
    row = found.rows[(found.rows["model"] == "ridge") & (found.rows["metric"] == "ccc")].iloc[0]
    assert row["gap_low"] > 0.1
    assert row["p_permuted"] == pytest.approx(1 / 40)
    assert row["null"] == "recordings_of_a_person_and_groups"
    assert {"B0_majority", "B1_duration", "B2_person"} <= set(found.rows["model"])
    told = found.predictions[found.predictions["model"] == "ridge"]
    assert np.corrcoef(told["predicted_value"], told["truth"].astype(float))[0, 1] == pytest.approx(
        found.rows[(found.rows["model"] == "ridge") & (found.rows["metric"] == "r")]["value"].item()
    )
    nothing = evidence.evaluate(world((), ratings=True), "label_x", "voice", "ridge", PERMUTED).rows
    row = nothing[(nothing["model"] == "ridge") & (nothing["metric"] == "ccc")].iloc[0]
    assert row["low"] < 0.1
    assert row["p_permuted"] > 0.05


def test_moved_ratings_leave_nothing_of_a_signal_that_differs_between_people():
    """Exchanged within a person only, ratings that belong to people would still be predicted in every null world."""
    frame = world(ratings=True, effect=3.0)
    frame["label_x"] = frame.groupby("person_id")["label_x"].transform("mean") + 0.01 * frame["voice_b"]
    found = evidence.evaluate(frame, "label_x", "voice", "ridge", PERMUTED).rows
    shuffled = found[(found["model"] == "B5_shuffled") & (found["metric"] == "r")].iloc[0]
    assert abs(shuffled["value"]) < 0.15


def test_exchanged_ratings_keep_the_set_of_each_group_together():
    frame = world(ratings=True, n_people=12)
    given = checks.cases(frame, "label_x", ratings=True)
    how = nulls.null(given.windows, given.codes, given.groups)
    moved = nulls.moved(given.codes, how, store.rng("test", 0))
    assert sorted(moved) == sorted(given.codes)
    sets = {frozenset(given.codes[given.groups == g]) for g in range(12)}
    after = [frozenset(moved[given.groups == g]) for g in range(12)]
    assert set(after) == sets
    assert sum(frozenset(given.codes[given.groups == g]) == after[g] for g in range(12)) < 6


def test_folds_of_ratings_hold_groups_out_whole_and_look_at_no_label():
    given = checks.cases(world(ratings=True), "label_x", ratings=True)
    plan = splits.repeats(given.codes, given.groups, QUICK)
    again = splits.repeats(given.codes[::-1].copy(), given.groups, QUICK)
    for (train, test), (_, same) in zip(plan[0], again[0], strict=True):
        assert not set(given.groups[train]) & set(given.groups[test])
        assert np.array_equal(test, same)


def test_a_rating_in_disguise_is_refused():
    frame = world(ratings=True).assign(voice_z=lambda t: np.exp(t["label_x"]))
    with pytest.raises(EvidenceError, match="label in disguise"):
        evidence.evaluate(frame, "label_x", "voice", "ridge", QUICK)
    given = checks.cases(frame, "label_x", ratings=True)
    assert leakage.rating_in_a_signal(frame[["voice_a", "voice_z"]], given.codes) == ["voice_z"]


def test_models_of_numbers_and_of_classes_are_not_mixed():
    with pytest.raises(EvidenceError, match="ridge take the label as a number and logistic as a class"):
        evidence.evaluate_table(world(), "label_x", ["voice"], ["ridge", "logistic"], QUICK)
    with pytest.raises(EvidenceError, match=r"holds '(high|low)'"):
        evidence.evaluate(world(), "label_x", "voice", "ridge", QUICK)


def test_the_penalty_is_that_of_scikit_learn_for_each_column_that_varies():
    from sklearn.linear_model import Ridge

    draw = np.random.default_rng(0)
    for n, k in ((30, 5), (10, 20)):
        X, y = draw.normal(size=(n, k)), draw.normal(size=n)
        X[:, 0] = 1
        mine, theirs = models.fusion.SpreadRidge(2.0).fit(X, y), Ridge(2.0 * (k - 1)).fit(X, y)
        assert mine.predict(X) == pytest.approx(theirs.predict(X))


def test_metrics_know_their_bounds():
    assert metrics.bounds("auc") == (0, 1)
    assert metrics.bounds("ccc") == (-1, 1)
    assert metrics.bounds("mae_skill")[0] == -np.inf
