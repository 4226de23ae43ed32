"""Does what was learnt in one corpus hold in another? Planted worlds in which it does, does not, and turns round."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mien import evidence, tables, verdict
from mien.evidence import EvidenceError, apart, intervals, metrics, transfer
from mien.study.labels import travel
from mien.synthetic import labels

DATA = Path(__file__).parents[1] / "data"
SETTINGS = evidence.EvidenceSettings(n_permutations=99, n_bootstrap=400)
QUICK = evidence.EvidenceSettings(n_permutations=0, n_bootstrap=400)
RULES = verdict.load()


def world(effect, name, n_people=12, **more):
    """A SYNTHETIC corpus of its own people, whose signals move with the label by ``effect``."""
    table = labels.label_table(n_people, 20, effect, target_kind="window", name=name, **more)
    return table.assign(person_id=f"{name}_" + table["person_id"])


def between(there, settings=SETTINGS, home=0.8, **more):
    """The AUC rows of a matrix between a world with a signal and another."""
    corpora = {"A": world(home, "A"), "B": world(there, "B")}
    found = transfer.matrix(corpora, "label_synthetic", "voice", settings=settings, **more)
    return found[found["metric"] == "auc"].set_index(["trained_on", "corpus"])


@pytest.fixture(scope="module")
def carried():
    return between(0.8, settings=SETTINGS)


@pytest.fixture(scope="module")
def barren():
    return between(0.0, settings=SETTINGS)


@pytest.fixture(scope="module")
def turned():
    return between(-0.8, settings=SETTINGS)


def quantities(rows, corpus="A"):
    table = rows.reset_index()
    home = table[(table["trained_on"] == corpus) & (table["corpus"] == corpus)].iloc[0]
    return verdict.elsewhere(table, home)


# --- three worlds ----------------------------------------------------------------------------------------------------


def test_a_signal_that_is_in_both_corpora_transfers(carried):
    away = carried.loc[("A", "B")]
    assert away["transfer_gap_low"] > 0
    assert away["gap_low"] > 0
    assert away["p_permuted"] < 0.05
    assert away["headroom_ratio_low"] < 1 < away["headroom_ratio_high"] + 0.3
    assert away["headroom_ratio"] > 0.5


def test_a_signal_that_is_at_home_only_does_not(barren):
    away = barren.loc[("A", "B")]
    assert away["transfer_gap_low"] < 0 < away["transfer_gap_high"]
    assert away["p_permuted"] > 0.05
    assert away["headroom_ratio_low"] < 0.1 < away["headroom_ratio"] + 0.3
    assert abs(away["headroom_ratio"]) < 0.3
    assert away["transfer_gap_high90"] < 0.05  # 12 people and 240 windows: enough to say that nothing is left


def test_a_signal_that_turns_round_is_worse_than_chance(turned):
    away = turned.loc[("A", "B")]
    assert away["high"] < 0.5
    assert away["headroom_ratio_high"] < 0
    assert away["p_permuted"] > 0.95


def test_at_home_the_matrix_says_what_evaluate_says(carried):
    alone = evidence.evaluate(world(0.8, "A"), "label_synthetic", "voice", settings=QUICK, corpus="A").rows
    alone = alone[(alone["model"] == "logistic") & (alone["metric"] == "auc")].iloc[0]
    home = carried.loc[("A", "A")]
    for name in ("value", "low", "high", "gap", "gap_low", "best_baseline"):
        assert home[name] == alone[name]
    assert home[list(transfer.RATIO)].isna().all()
    assert "headroom_ratio: is_home" in home["why"]


def test_where_nothing_is_found_at_home_there_is_no_ratio_and_a_reason(barren):
    from_nothing = barren.loc[("B", "A")]
    assert np.isnan(from_nothing["headroom_ratio"])
    assert "headroom_ratio: nothing_at_home" in from_nothing["why"]


# --- what is fitted where --------------------------------------------------------------------------------------------


def test_nothing_of_the_other_corpus_enters_what_is_fitted():
    """Windows that are added to the corpus tested do not change what is said of the others."""
    a, b = world(0.8, "A"), world(0.8, "B")
    strange = world(0.8, "C", n_people=4)
    signals = [column for column in strange if column.startswith("voice_")]
    strange[signals] = 1000 * strange[signals] + 5
    scores = []
    for there in (b, pd.concat([b, strange], ignore_index=True)):
        places = transfer._places({"A": a, "B": there}, "label_synthetic", "voice", SETTINGS)
        model = evidence.models.make("logistic", ["voice"], 0, SETTINGS.model)
        judged = transfer._travel("logistic", "voice", model, [p.columns for p in places], *places, SETTINGS)
        scores.append(judged.probability[0][: len(b)])
    assert np.array_equal(*scores)


def test_a_person_own_usual_comes_from_calibration_windows_alone():
    table = world(0.5, "A").assign(is_calibration=False)
    table.loc[table["start_s"] < 40, "is_calibration"] = True
    table.loc[table["person_id"] == "A_s003", "is_calibration"] = False
    own = transfer.from_own_usual(table, "voice")
    column = "voice_synthetic_0"
    calibration = own[own["is_calibration"]].groupby("person_id")[column].mean()
    assert np.allclose(calibration, 0)
    assert own.loc[own["person_id"] == "A_s003", column].isna().all()
    changed = table.assign(**{column: table[column].where(table["is_calibration"], table[column] + 7)})
    moved = transfer.from_own_usual(changed, "voice")[column] - own[column]
    judged = ~table["is_calibration"] & (table["person_id"] != "A_s003")
    assert np.allclose(moved[judged], 7)
    assert (own["face_synthetic_0"] == table["face_synthetic_0"]).all()


def test_a_baseline_that_travels_is_the_bar_where_it_does_better():
    a, b = (world(0.6, name).assign(confound_noise=0.0) for name in "AB")
    for table in (a, b):
        table["confound_noise"] = (table["label_synthetic"] == "c1") + 0.1 * np.arange(len(table)) % 0.7
    here = transfer.matrix({"A": a, "B": b}, "label_synthetic", "voice", settings=QUICK)
    away = here[(here["metric"] == "auc") & (here["trained_on"] == "A") & (here["corpus"] == "B")].iloc[0]
    assert away["best_baseline_name"].startswith("B3_confounds")
    assert away["gap_high"] < 0
    places = transfer._places({"A": a, "B": b}, "label_synthetic", "voice", QUICK)
    carried_ = {rung.model: rung for rung in transfer._carried(*places, QUICK)}
    assert carried_["B3_confounds_carried"].score("auc")[0] > 0.9
    b["confound_noise"] = -b["confound_noise"]  # what is learnt in A is wrong in B: it was learnt in A
    turned_ = transfer._carried(*transfer._places({"A": a, "B": b}, "label_synthetic", "voice", QUICK), QUICK)
    assert turned_[1].score("auc")[0] < 0.1


# --- questions that cannot be put ------------------------------------------------------------------------------------


def test_classes_that_differ_are_not_compared():
    other = world(0.8, "B").replace({"label_synthetic": {"c1": "glad"}})
    with pytest.raises(EvidenceError, match="is c0, c1 in A but c0, glad in B; harmonise the label first"):
        transfer.matrix({"A": world(0.8, "A"), "B": other}, "label_synthetic", "voice")


def test_a_person_in_both_corpora_is_refused():
    with pytest.raises(EvidenceError, match="'A_s000' is in A and in B; a person seen in training is nobody new"):
        transfer.matrix({"A": world(0.8, "A"), "B": world(0.1, "A")}, "label_synthetic", "voice")


def test_one_corpus_is_no_matrix():
    with pytest.raises(EvidenceError, match="1 corpus given; expected two or more"):
        transfer.matrix({"A": world(0.8, "A")}, "label_synthetic", "voice")


def test_one_ceiling_alone_gives_no_ratio_and_two_give_headroom():
    away = between(0.8, settings=QUICK, ceilings={"A": {"auc": 0.9}}).loc[("A", "B")]
    assert "headroom_ratio: not_given" in away["why"]
    both = between(0.8, settings=QUICK, ceilings={"A": {"auc": 0.9}, "B": {"auc": 0.7}}).loc[("A", "B")]
    assert both["headroom_ratio"] == pytest.approx(2 * (both["value"] - 0.5) / (both["home_value"] - 0.5))


# --- intervals of two sets of people ---------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [12, 40])
def test_the_interval_of_a_difference_of_two_sets_holds_the_truth_as_often_as_it_says(n):
    """The difference of two means of unrelated people; 300 worlds, so 95 % is met between 92 and 98 %."""
    settings = evidence.EvidenceSettings(n_bootstrap=400)
    draw = np.random.Generator(np.random.PCG64(5))
    held, widths = 0, []
    for _ in range(300):
        x, y = draw.normal(0.3, 1, n), draw.normal(0, 2, n)

        def difference(first, second, x=x, y=y):
            return first @ x / first.sum(axis=1) - second @ y / second.sum(axis=1)

        low, high, _ = intervals.of_two(difference, n, n, settings)
        held += low <= 0.3 <= high
        widths.append(high - low)
    assert 0.91 <= held / 300 <= 0.985
    assert 0.8 < np.median(widths) / (2 * 2.1 * np.sqrt((1 + 4) / n)) < 1.2


def test_two_sets_of_equal_size_are_drawn_apart():
    first, second = (intervals.resamples(30, SETTINGS, of) for of in ("", "/second"))
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.05


# --- C2 --------------------------------------------------------------------------------------------------------------


def test_quantities_of_c2_are_those_of_the_rows(carried, turned):
    seen, away = quantities(carried), carried.loc[("A", "B")]
    assert seen.numbers["n_other_corpora"] == seen.numbers["n_other_corpora_above_chance"] == 1
    assert seen.numbers["transfer_gap_lo95_min"] == pytest.approx(away["low"] - 0.5)
    assert seen.numbers["transfer_gap_hi90_max"] == away["transfer_gap_high90"]
    assert seen.numbers["headroom_ratio_min"] == seen.numbers["headroom_ratio_best"] == away["headroom_ratio"]
    assert seen.rests_on["headroom_ratio_min"] == ("B/label_synthetic/voice/logistic/trained_on_A/auc",)
    none_above = quantities(turned)
    assert none_above.numbers["n_other_corpora_above_chance"] == 0
    assert "headroom_ratio_best" not in none_above.numbers


def test_a_corpus_that_could_not_be_judged_makes_no_claim_look_better(carried):
    table = carried.reset_index()
    unknown = table[(table["trained_on"] == "A") & (table["corpus"] == "B")].assign(corpus="C")
    unknown = unknown.assign(**dict.fromkeys(transfer.RATIO, np.nan), why="headroom_ratio: nothing_at_home")
    seen = quantities(pd.concat([table, unknown]).set_index(["trained_on", "corpus"]))
    assert seen.numbers["n_other_corpora"] == 2
    assert "headroom_ratio_min" not in seen.numbers
    assert seen.missing["headroom_ratio_min"] == "nothing_at_home"


def c2(rows, n_corpora=1):
    """The verdict on C2 with the gates open, as if there were people enough; ``n_corpora`` copies of the other one."""
    table = rows.reset_index()
    away = table[table["corpus"] != table["trained_on"]]
    copies = [away.assign(corpus=away["corpus"] + str(number)) for number in range(1, n_corpora)]
    seen = quantities(pd.concat([table, *copies]).set_index(["trained_on", "corpus"]))
    numbers = {"n_leakage_failures": 0, "n_groups": 60, "coverage": 1.0, "minimum_detectable_gap": 0.1}
    scope = verdict.Scope("A", "voice", "label_synthetic", "observer")
    judged = verdict.judge(numbers | {"model_minus_b3": 0.2} | seen.numbers, RULES, scope, "auc")
    return judged.set_index("claim").at["C2_transfer", "verdict"]


def test_verdicts_on_the_three_worlds(carried, barren, turned):
    assert c2(carried) == "partly"  # one corpus is never enough to hold
    assert c2(carried, n_corpora=2) == "holds"
    assert c2(barren) == c2(turned) == "does_not_hold"


def test_evidence_and_transfer_become_verdicts_together(carried):
    rows = evidence.evaluate(world(0.8, "A"), "label_synthetic", "voice", settings=QUICK, corpus="A").rows
    given = {"A": verdict.Given("observer", share_synthetic=1.0, n_leakage_failures=0)}
    judged = verdict.of_evidence(rows, RULES, given, transfer=carried.reset_index()).set_index("claim")
    assert "units" in judged.at["C2_transfer", "why"]  # 12 people: no verdict, whatever was found
    assert "trained_on_A" in judged.at["C2_transfer", "rests_on"]


# --- person and sentence apart ---------------------------------------------------------------------------------------


def test_people_and_sentences_are_held_out_together():
    groups, said = np.repeat(np.arange(3), 4), np.tile(["a", "b"], 6)
    found = apart.folds(groups, said)
    assert sorted(np.concatenate([test for _, test in found])) == list(range(12))
    for train, test in found:
        assert not set(groups[train]) & set(groups[test])
        assert not set(said[train]) & set(said[test])


def test_a_model_that_knows_sentences_by_heart_fails_on_new_ones():
    """The signal is the sentence: with people alone held out it looks real, with sentences too it is gone."""
    table = world(0.0, "A", n_people=16)
    code = (table["start_s"] // 10).astype(int) % 4
    table["confound_sentence"] = code.map(dict(enumerate("abcd")))
    table["label_synthetic"] = np.where(code.isin([0, 3]), "c0", "c1")
    for number in range(4):
        table[f"voice_sentence_{number}"] = (code == number).astype(float)
    table["voice_sentence_0"] += 1e-3 * np.arange(len(table)) % 0.01
    known = evidence.evaluate(table, "label_synthetic", "voice_sentence", settings=QUICK)
    of_people = known.rows.query("model == 'logistic' and metric == 'auc'")["value"].iloc[0]
    rows = apart.apart(table, "label_synthetic", "voice_sentence", "confound_sentence", settings=SETTINGS)
    of_both = rows.query("model == 'logistic' and metric == 'auc'")["value"].iloc[0]
    assert of_people > 0.95
    assert of_both < 0.6
    assert set(rows["split"]) == {"group_and_sentence_out"}


def test_apart_refuses_a_confound_with_gaps():
    with pytest.raises(EvidenceError, match="'confound_sentence' must be there for every window"):
        apart.apart(world(0.8, "A"), "label_synthetic", "voice", "confound_sentence")


# --- RAVDESS and EmoDB -----------------------------------------------------------------------------------------------


def clips(name):
    key = {label: key for key, label in travel.CORPORA.items()}[name]
    return travel.labelled(tables.read(DATA / f"{key}_windows.csv", tables.WINDOWS))


@pytest.mark.parametrize("name", travel.CORPORA.values())
def test_labels_mean_the_same_in_both_corpora(name):
    table = clips(name)
    judged = table[~table["is_calibration"]]
    assert set(judged["label_emotion"]) == set(travel.SHARED)
    pairs = judged.groupby("label_emotion")["label_valence"].unique().map(list).to_dict()
    assert pairs == {
        **{one: ["negative"] for one in ("angry", "disgust", "fearful", "sad")},
        **{"happy": ["positive"], "neutral": ["neutral"]},
    }
    assert (judged["label_angry"].eq("angry") == judged["label_emotion"].eq("angry")).all()
    assert set(judged["label_happy_or_angry"].dropna()) == {"happy", "angry"}


def test_treatments_leave_out_what_they_say():
    table = clips("EmoDB")
    kept = {name: set(travel.treated(table, name).filter(like="voice_")) for name in travel.TREATED}
    assert kept["as_measured"] - kept["own_norm_no_level"] == {travel.LEVEL}
    assert kept[travel.DECLARED] - kept[travel.MENDED] == {travel.LEVEL}
    assert not [one for one in kept[travel.MENDED] if one.startswith(travel.BEYOND_4_KHZ)]
    assert len(kept[travel.MENDED]) > 15


def test_mean_level_turns_anger_round_between_the_corpora():
    """The finding on which the mended treatment rests, from the committed clips themselves."""
    found = {}
    for name in travel.CORPORA.values():
        table = transfer.from_own_usual(clips(name), "voice")
        table = table[~table["is_calibration"] & table[travel.LEVEL].notna()]
        codes = table["label_angry"].eq("angry").to_numpy(int)
        told = np.column_stack([-table[travel.LEVEL], table[travel.LEVEL]])[None]
        found[name] = metrics.scores(metrics.tally(codes, told))["auc"][0]
    assert found["RAVDESS"] > 0.75
    assert found["EmoDB"] < 0.25


def test_the_committed_matrix_keeps_its_promise_and_tells_both_treatments():
    rows = travel.read(DATA, ["travel"])["travel"]
    assert set(rows["treatment"]) == set(travel.TREATED)
    declared, mended = (
        travel.cell(rows, "label_angry", "RAVDESS", "EmoDB", treatment)
        for treatment in (travel.DECLARED, travel.MENDED)
    )
    assert declared["high"] < 0.5 < mended["low"]
