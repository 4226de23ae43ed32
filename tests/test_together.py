"""Fits made together beside fits made one by one, and intervals that know that other people train other models."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.metrics import balanced_accuracy_score, f1_score, roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold

from mien import evidence, models, store, synthetic
from mien.evidence import baselines, checks, designs, intervals, metrics, nulls, refits, splits

ONCE = evidence.EvidenceSettings(n_repeats=1, n_permutations=0, n_bootstrap=200)


def table(n_people=31, n_each=5, *, k=2, lives="window", effect=0.4):
    """A world with all that a fill and a scale can meet: gaps, empty and constant parts, wild values, words."""
    draw = np.random.default_rng(k)
    frame = synthetic.label_table(n_people, n_each, effect, n_features=6, target_kind=lives, classes=k, name="together")
    frame["voice_gaps"] = draw.normal(3, 2, len(frame))
    frame.loc[draw.random(len(frame)) < 0.3, "voice_gaps"] = np.nan
    own = frame["person_id"].isin(["s003", "s004"])
    frame["voice_of_two_people"] = np.where(own, draw.normal(5, 1, len(frame)), 5.0)
    frame["voice_known_of_two_people"] = np.where(own, draw.normal(5, 1, len(frame)), np.nan)
    frame["voice_wild"] = draw.normal(size=len(frame)) * np.where(frame["person_id"] == "s007", 1e6, 1)
    frame["voice_empty"], frame["voice_constant"] = np.nan, 2.5
    frame["confound_room"] = np.where(own, "attic", np.where(draw.random(len(frame)) < 0.5, "hall", "yard"))
    frame["confound_level"] = draw.normal(size=len(frame))
    return frame


def asked(frame, signals):
    given = checks.cases(frame, "label_synthetic")
    return given, frame.filter(regex=models.pattern([signals])), models.make("logistic", [signals])


def slowly(model, columns, codes, plan, n_classes):
    """Held-out probabilities (n, classes) of one repeat: the whole pipeline fitted anew, as anyone would write it."""
    told = np.zeros((len(codes), n_classes))
    for train, test in plan:
        fitted = clone(model).fit(columns.iloc[train], codes[train])
        told[np.ix_(test, fitted.classes_)] = fitted.predict_proba(columns.iloc[test])
    return told.round(splits.DECIMALS)  # as far as they are told apart: a wild value makes many of them 1


@pytest.mark.parametrize(("signals", "k"), [("voice", 2), ("voice", 3), ("confound", 2)])
def test_fits_made_together_are_those_of_scikit_learn(signals, k):
    given, columns, model = asked(table(k=k), signals)
    draw = np.random.default_rng(0)
    labels = np.array([given.codes, draw.permutation(given.codes)])
    homes = splits.homes(labels, given.groups, ONCE)
    fast = refits.worlds(model, columns, designs.design(model, columns, given.groups), labels, homes, k)
    for world, codes in enumerate(labels):
        slow = slowly(model, columns, codes, splits.repeats(codes, given.groups, ONCE)[0], k)
        assert np.abs(fast[world, 0] - slow).max() < 1e-6


def test_separable_and_lopsided_classes_settle_at_the_same_optimum():
    given, columns, model = asked(table(), "voice")
    codes = (columns["voice_synthetic_0"] > 1.2).to_numpy().astype(int)  # few, and told apart by one column
    assert 5 < codes.sum() < 0.2 * len(codes)
    homes = splits.homes(codes[None], given.groups, ONCE)
    fast = refits.worlds(model, columns, designs.design(model, columns, given.groups), codes[None], homes, 2)
    slow = slowly(model, columns, codes, splits.repeats(codes, given.groups, ONCE)[0], 2)
    assert np.abs(fast[0, 0] - slow).max() < 1e-6


def test_where_a_class_is_missing_in_training_the_fit_is_made_alone():
    given, columns, model = asked(table(8, 3, k=3, lives="person"), "voice")
    codes = np.where(given.groups == 0, 2, given.codes % 2)  # one person holds a class: unseen while held out
    homes = splits.homes(codes[None], given.groups, ONCE)
    fast = refits.worlds(model, columns, designs.design(model, columns, given.groups), codes[None], homes, 3)
    assert (
        np.abs(fast[0, 0] - slowly(model, columns, codes, splits.plan_of(homes[:, 0], given.groups)[0], 3)).max() < 1e-6
    )
    assert (fast[0, 0, given.groups == 0, 2] == 0).all()


@pytest.mark.parametrize("seed", range(6))
def test_folds_of_many_worlds_are_those_of_scikit_learn(seed):
    draw = np.random.default_rng(seed)
    g, k = draw.integers(30, 45), draw.integers(2, 5)
    groups = np.repeat(np.arange(g), draw.integers(1, 9, g) if seed % 2 else 4)
    codes = np.array([draw.permutation(np.arange(g) % k)[groups], draw.integers(0, k, len(groups))])
    settings = evidence.EvidenceSettings(n_repeats=2)
    homes = splits.homes(codes, groups, settings)
    for repeat in range(2):
        state = int(store.rng(f"evidence/folds/{repeat}", settings.seed).integers(2**31))
        for world in range(2):
            theirs = StratifiedGroupKFold(5, shuffle=True, random_state=state).split(groups, codes[world], groups)
            for fold, (_, test) in enumerate(theirs):
                assert set(groups[test]) == set(np.flatnonzero(homes[repeat, world] == fold))


@pytest.mark.parametrize("lives", ["person", "window"])
def test_permutations_with_folds_equal_the_straightforward_loop(lives):
    settings = evidence.EvidenceSettings(n_repeats=2, n_permutations=2, n_gap_worlds=1)
    given, columns, model = asked(table(lives=lives), "voice")
    fast = nulls.null_scores(model, columns, given, settings, name="label_synthetic/voice/logistic")
    how = nulls.null(given.windows, given.codes, given.groups)
    for number in range(2):
        codes = nulls.moved(given.codes, how, store.rng(f"evidence/null/label_synthetic/voice/logistic/{number}"))
        slow = []
        for plan in splits.repeats(codes, given.groups, settings):
            told = slowly(model, columns, codes, plan, 2)
            said = told.argmax(axis=1)
            slow.append([balanced_accuracy_score(codes, said), f1_score(codes, said), roc_auc_score(codes, told[:, 1])])
        assert fast.loc[number, ["balanced_accuracy", "auc"]].tolist() == pytest.approx(
            np.mean(slow, axis=0)[[0, 2]].tolist(), abs=1e-6
        )
    codes = nulls.moved(given.codes, how, store.rng("evidence/null/label_synthetic/voice/logistic/0"))
    rungs = {"confound": given.windows.filter(regex="^confound_")}
    rungs |= {"time": baselines.when(given.windows), "missing": baselines.missing(given.windows)}
    bars = [0.5]
    for name, columns in rungs.items():
        plans, b = splits.repeats(codes, given.groups, settings), models.make("logistic", [name])
        bars.append(np.mean([roc_auc_score(codes, slowly(b, columns, codes, plan, 2)[:, 1]) for plan in plans]))
    gap = fast.loc[0, "auc"] - max(bars)
    assert fast.loc[0, "gap_auc"] == pytest.approx(gap, abs=1e-6)
    assert np.isnan(fast.loc[1, "gap_auc"])


def test_scores_without_each_person_are_those_of_fits_without_them():
    given, columns, model = asked(table(), "voice")
    plan = splits.repeats(given.codes, given.groups, ONCE)
    judged = baselines.judge("x", "voice", columns, model, given, plan, refit=True)
    for group in (0, 7):
        rows = given.groups != group
        folds = [(train[rows[train]], test) for train, test in plan[0]]
        told = slowly(model, columns, given.codes, folds, 2)
        expected = roc_auc_score(given.codes[rows], told[rows, 1])
        assert judged.without["auc"][group] == pytest.approx(expected, abs=1e-6)
        assert judged.without["auc"][group] != pytest.approx(judged.score("auc", [1.0 * (np.arange(31) != group)])[0])


# ---- intervals


def test_nothing_is_widened_where_fitting_again_changes_nothing_and_at_most_by_the_root_of_three():
    left_out = np.random.default_rng(0).normal(size=30)
    assert intervals.widening(left_out, left_out) == 1
    assert intervals.widening(left_out, 0.5 * left_out) == 1
    assert intervals.widening(left_out, 2 * left_out) == pytest.approx(np.sqrt(2))
    assert intervals.widening(left_out, 9 * left_out) == pytest.approx(np.sqrt(3))
    assert intervals.widening(left_out, np.full(30, np.nan)) == 1


def along_the_others(x):
    """(n,) how far each person lies along the mean of all others: the barest cross-validation."""
    others = (x.sum(axis=0) - x) / (len(x) - 1)
    return np.sum(x * others, axis=1) / np.linalg.norm(others, axis=1)


@pytest.mark.parametrize(("signal", "narrow_holds"), [(0.0, 0.9), (1.0, 1.0)])
def test_where_people_train_what_judges_others_the_interval_holds_the_truth(signal, narrow_holds):
    draw, n, scores, ends = np.random.default_rng(5), 30, [], []
    for _ in range(300):
        x = draw.normal(size=(n, 8)) + signal * np.eye(8)[0]
        each = along_the_others(x)
        fixed = np.array([np.delete(each, i).mean() for i in range(n)])
        again = np.array([along_the_others(np.delete(x, i, axis=0)).mean() for i in range(n)])
        scores.append(each.mean())
        ends.append([intervals.jackknife_t(scores[-1], fixed, 0.95, w) for w in (1, intervals.widening(fixed, again))])
    low, high = np.moveaxis(ends, 2, 0)
    truth = np.mean(scores) if signal else 0.0
    narrow, wide = np.mean((low <= truth) & (truth <= high), axis=0)
    assert narrow <= narrow_holds
    assert 0.92 <= wide <= 0.98


def test_the_interval_of_a_row_is_wider_by_what_training_adds():
    frame = table(effect=0.0)
    found = evidence.evaluate(frame, "label_synthetic", "voice", settings=ONCE).rows
    row = found[(found["model"] == "logistic") & (found["metric"] == "auc")].iloc[0]
    given, columns, model = asked(frame, "voice")
    plan = splits.repeats(given.codes, given.groups, ONCE)
    judged = baselines.judge("x", "voice", columns, model, given, plan, refit=True)
    low, high, _ = intervals.interval(lambda w: judged.score("auc", w), 31, ONCE)
    wide = intervals.widening(np.ravel(judged.score("auc", 1 - np.eye(31))), judged.without["auc"])
    assert wide > 1.1
    assert (row["high"] - row["low"]) / (high - low) == pytest.approx(wide * intervals.stretch(31, 0.95))
    assert row["interval"] == "bca_200_t_refit"
    forest = evidence.evaluate(frame, "label_synthetic", "voice", "forest", ONCE).rows
    assert set(forest.loc[forest["model"] == "forest", "interval"]) == {"bca_200_t_wide"}


def test_whoever_is_beyond_the_best_baseline_is_beyond_each():
    frame = table(effect=0.8).assign(confound_copy=lambda t: t["face_synthetic_0"])
    found = evidence.evaluate(frame, "label_synthetic", "face+voice", settings=ONCE).rows
    row = found[(found["model"] == "logistic") & (found["metric"] == "auc")].iloc[0]
    given, columns, _ = asked(frame, "face")
    columns, model = frame.filter(regex="^(face|voice)_"), models.make("logistic", ["face", "voice"])
    plan = splits.repeats(given.codes, given.groups, ONCE)
    judged = baselines.judge("x", "", columns, model, given, plan, refit=True)
    ladder = baselines.ladder(given, plan, ONCE, refit=True)
    lows = [judged.limits("auc", ONCE, [0.95], bar)[0][0][0] for _, _, bar in baselines.bars(ladder, "auc", 2)]
    assert len(lows) == 6  # chance, B0, B1 (length and time), B3 (confounds and gaps); never B2
    assert row["gap_low"] == pytest.approx(min(lows))
    assert row["gap_low"] < row["gap_low90"] < row["gap"] < row["gap_high90"] < row["gap_high"]
    assert row["best_baseline_name"] == "B3_confounds"


def test_a_noisy_baseline_makes_the_gap_less_certain_than_chance_does():
    draw = np.random.default_rng(0)
    n = 40
    codes, groups = np.tile([0, 1], n), np.repeat(np.arange(n), 2)

    def made_up(name, strength, noise):
        said = 0.5 + strength * (codes - 0.5) + noise * draw.normal(size=2 * n)
        told = np.stack([1 - said, said], axis=1)[None]
        return baselines.Judged(name, "", told, metrics.tally(codes, told, groups), counts=True)

    model, noisy = made_up("m", 0.5, 0.4), made_up("B3", 0.02, 0.4)
    narrow, _ = model.limits("auc", ONCE, [0.95], 0.5)
    wide, _ = model.limits("auc", ONCE, [0.95], noisy)
    assert np.ptp(wide) > np.ptp(narrow)
    assert pd.notna(wide).all()


# ---- models that cannot be fitted again


@pytest.mark.parametrize(("name", "wider"), [("forest", 2**0.5), ("stacked_fusion", 2**0.5), ("guesser", 1.0)])
def test_who_cannot_be_fitted_again_is_as_wide_as_if_nothing_had_been_learnt(name, wider):
    frame = table(effect=0.4)
    given, columns, _ = asked(frame, "voice")
    plan = splits.repeats(given.codes, given.groups, ONCE)
    made = models.make(name, ["voice"], 0, models.ModelSettings(n_trees=5))
    known, plain = (baselines.judge(name, "voice", columns, made, given, plan, refit=refit) for refit in (True, False))
    assert np.array_equal(known.probability, plain.probability)
    for bar in (None, 0.4, made_guess(given, plan)):
        (wide, method), (narrow, _) = (one.limits("balanced_accuracy", ONCE, [0.95], bar) for one in (known, plain))
        assert method == ("bca_200_t" if name == "guesser" else "bca_200_t_wide")
        assert np.ptp(wide) == pytest.approx(wider * np.ptp(narrow))


def made_guess(given, plan):
    return baselines.judge("B0", "", given.windows[["start_s"]], models.make("guesser", ["start"]), given, plan)


def test_where_nothing_is_learnt_a_forest_is_as_uncertain_as_its_interval_says():
    held = {True: [], False: []}
    settings = evidence.EvidenceSettings(n_repeats=1, n_bootstrap=200, n_folds=3)
    for number in range(50):
        frame = synthetic.label_table(30, 4, 0.0, n_features=6, target_kind="window", name=f"blind {number}")
        given = checks.cases(frame, "label_synthetic")
        columns = frame.filter(regex="^(face|voice)_")
        plan = splits.repeats(given.codes, given.groups, settings)
        made = models.make("forest", ["face", "voice"], 0, models.ModelSettings(n_trees=8))
        judged = baselines.judge("forest", "", columns, made, given, plan, refit=True)
        for blind, found in held.items():
            ((low, high),), _ = replace(judged, blind=blind).limits("auc", settings, [0.95])
            found.append(low <= 0.5 <= high)
    assert np.mean(held[False]) < 0.92 < np.mean(held[True]) + 0.02
