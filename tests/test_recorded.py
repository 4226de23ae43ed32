"""How far a voice score moves under recording conditions: the score, the numbers about it, and the committed tables."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mien import figures, store, tables, verdict
from mien.edits import doses
from mien.study import recorded, remeasured

DATA = Path(__file__).parents[1] / "data"
PLACE = {"corpus": "A", "score": recorded.DECIDING}


@pytest.fixture(scope="module")
def ravdess():
    return tables.read(DATA / "ravdess_windows.csv", tables.WINDOWS)


def clips(scores, people, labels=None):
    return pd.DataFrame({"person_id": people, "score": scores, "label": labels or ["x"] * len(scores)})


def told(before, after):
    return pd.DataFrame(recorded.summary(before, after, PLACE)).set_index("quantity")


PEOPLE = list(np.repeat([f"p{i}" for i in range(12)], 10))


def test_a_change_that_was_put_in_is_the_change_that_is_told():
    scores = np.linspace(0, 9.4, 120) ** 2
    before, after = clips(scores, PEOPLE), clips(scores + 10, PEOPLE, ["x"] * 90 + ["y"] * 30)
    found = told(before, after)
    for name in ("change_mean", "change_abs_mean", "change_abs_p95"):
        assert found.loc[name, ["value", "low", "high"]].astype(float).tolist() == pytest.approx([10, 10, 10])
    crossed = np.mean((scores <= 50) & (scores + 10 > 50))
    assert found["value"]["crossing_50"] == pytest.approx(crossed)
    assert found["value"]["crossing_61"] == pytest.approx(np.mean((scores <= 61) & (scores + 10 > 61)))
    two = told(clips([45.0] * 30 + [53.0] * 90, PEOPLE), clips([55.0] * 30 + [63.0] * 90, PEOPLE))["value"]
    assert (two["crossing_50"], two["crossing_61"]) == (pytest.approx(0.25), pytest.approx(0.75))
    assert found["value"]["label_flips"] == pytest.approx(0.25)
    assert found["value"]["rank_r"] == pytest.approx(1)
    assert found["value"]["coverage_lost"] == 0
    assert (found["n_people"] == 12).all()


def test_no_change_is_none_and_what_never_happened_may_still_happen_to_others():
    same = clips(np.linspace(0, 99, 120), PEOPLE)
    found = told(same, same)
    assert found["value"].drop("rank_r").tolist() == [0] * 7
    never = found.loc["crossing_50"]
    assert (never["low"], never["high"]) == (0, pytest.approx(1 - 0.025 ** (1 / 12)))
    assert found["why"].tolist() == [""] * 8


def test_a_clip_without_a_voice_is_lost_and_not_scored_0():
    before = clips(np.linspace(0, 99, 120), PEOPLE)
    after = before.assign(score=before["score"].where(before.index % 10 > 0))
    found = told(before, after)
    assert found["value"]["coverage_lost"] == pytest.approx(0.1)
    assert found["value"]["change_abs_mean"] == 0
    assert found["n"]["change_abs_mean"] == 108
    assert found["n"]["coverage_lost"] == 120


def test_a_clip_without_a_voice_before_is_no_case():
    before = clips(np.linspace(0, 99, 120), PEOPLE)
    before["score"] = before["score"].where(before.index % 10 > 0)
    found = told(before, clips(np.linspace(0, 99, 120), PEOPLE))
    assert set(found["n"]) == {108}
    assert found["value"]["coverage_lost"] == 0


def test_the_95th_percentile_is_what_95_in_100_do_not_exceed():
    found = told(clips([0.0] * 120, PEOPLE), clips(np.arange(120) / 2, PEOPLE))
    assert found["value"]["change_abs_p95"] == 113 / 2  # 114 of 120 are at most this


def test_an_interval_holds_what_other_people_would_give():
    """Half of the people change by 20 points: with people resampled the mean may lie far from 10, and it is told."""
    chance = store.rng("test recorded")
    before = clips(chance.uniform(0, 70, 120), PEOPLE)
    after = before.assign(
        score=before["score"] + np.where(np.isin(before["person_id"], [f"p{i}" for i in range(6)]), 20, 0)
    )
    mean = told(before, after).loc["change_abs_mean"]
    assert mean["value"] == pytest.approx(10)
    assert mean["low"] < 6
    assert mean["high"] > 14
    assert mean["low"] <= mean["low90"] < mean["high90"] <= mean["high"]


def test_a_weighted_percentile_is_that_of_the_values_so_many_times_over():
    chance = store.rng("test percentile")
    values, weights = chance.normal(size=40), chance.integers(0, 4, (30, 40))
    found = recorded.percentile(values, weights, 0.95)
    wanted = [np.quantile(np.repeat(values, row), 0.95, method="inverted_cdf") for row in weights]
    assert found == pytest.approx(wanted)
    assert recorded.percentile(np.arange(1.0, 21), np.ones((1, 20)), 0.95).tolist() == [19]


def test_one_person_or_no_spread_has_no_interval():
    one = clips([1.0, 2.0], ["a", "a"])
    assert set(told(one, one)["why"]) == {"value: too_few_people"}
    flat = clips([5.0] * 4, ["a", "a", "b", "b"])
    assert told(flat, flat).loc["rank_r", "why"] == "value: no_spread"


def test_nobody_is_scored_by_a_model_that_heard_them(ravdess, monkeypatch):
    heard, make = [], recorded.models.make

    class Heard:
        def fit(self, columns, labels):
            heard.append(set(ravdess.loc[columns.index, "person_id"]))
            assert not ravdess.loc[columns.index, "is_calibration"].any()
            self.model = make("logistic", "voice").fit(columns, labels)
            self.classes_ = self.model.classes_
            return self

        def predict_proba(self, columns):
            (asked,) = set(ravdess.loc[columns.index, "person_id"])
            assert asked not in heard[-1]
            assert len(heard[-1]) == ravdess["person_id"].nunique() - 1
            return self.model.predict_proba(columns)

    monkeypatch.setattr(recorded.models, "make", lambda *_: Heard())
    some = ravdess[ravdess["person_id"].isin(["ravdess_01", "ravdess_02"])]
    found = recorded.predicted(ravdess, some, "label_valence")
    assert len(heard) == 2
    assert found["score"].between(0, 100).all()
    told_apart = found[found["label_valence"] == "positive"]["score"].mean()
    assert told_apart > found[found["label_valence"] == "negative"]["score"].mean() + 10


def test_a_clip_in_which_no_voice_was_measured_has_no_score(ravdess):
    some = ravdess[ravdess["person_id"] == "ravdess_01"].iloc[:4].copy()
    some.iloc[0, some.columns.get_loc("voice_f0_st27_mean")] = np.nan
    assert recorded.predicted(ravdess, some, "label_valence")["score"].isna().tolist() == [True, False, False, False]


def test_clips_are_drawn_alike_of_every_class_and_never_from_calibration(ravdess):
    people = recorded.remeasured.drawn(ravdess, 5)
    assert len(people) == 24
    rows = ravdess.set_index("recording_id")
    for person, ids in people.items():
        mine = rows.loc[ids]
        assert set(mine["person_id"]) == {person}
        assert not mine["is_calibration"].any()
        assert mine["label_valence"].value_counts().max() <= 5
    assert 24 * 14 < sum(map(len, people.values())) <= 24 * 15
    assert remeasured.drawn(ravdess.sample(frac=1, random_state=1), 5) == people


def test_the_rules_are_given_what_decides_of_the_score_that_decides():
    before, after = clips(np.linspace(0, 99, 120), PEOPLE), clips(np.linspace(4, 99, 120), PEOPLE)
    about = {"corpus": "A", "target": "label_valence", "signals": "voice", "axis": "noise", "unit": "snr_db"}
    rows = []
    for dose, decides, score in (("20", True, "alike"), ("10", False, "alike"), ("5", True, "before")):
        place = about | {"dose": dose, "decides": decides, "score": recorded.SCORES[score]}
        rows += recorded.summary(before, after, place)
    found = recorded.quantities_table(rows).set_index("quantity")
    assert found["part"].to_dict() == dict.fromkeys(["dscore_abs_p95", "crossing"], "noise 20 snr_db")
    wanted = told(before, after)["value"][["change_abs_p95", "crossing_50"]].tolist()
    assert found.loc[["dscore_abs_p95", "crossing"], "value"].tolist() == pytest.approx(wanted, abs=1e-6)


def test_two_takes_are_of_the_same_acted_thing(ravdess):
    takes, rows = recorded.pairs(ravdess), ravdess.set_index("recording_id")
    assert len(takes) > 300
    first, second = (rows.loc[takes[name]] for name in ("first", "second"))
    for column in ("person_id", "label_emotion", "label_intensity", "confound_sentence"):
        assert (first[column].to_numpy() == second[column].to_numpy()).all()
    assert (first["confound_repetition"].to_numpy() != second["confound_repetition"].to_numpy()).all()
    assert recorded.pairs(ravdess.drop(columns="confound_repetition")).empty


def test_what_decides_is_what_the_rules_call_ordinary():
    decisive = {(dose.axis, dose.value, dose.unit) for dose in remeasured.doses() if dose.decides}
    rules = {
        (r["axis"], v, r["unit"]) for r in verdict.load()["doses"]["ordinary"] if r["decides"] for v in r["values"]
    }
    swept = {(dose.axis, dose.value) for dose in remeasured.doses()[1:]}
    axes = ["noise", "fan_noise", "gain", "noise_suppression", "band", "opus", "aac", "reverberation", "packet_loss"]
    listed = doses.read().query("axis in @axes and unit != 'kind' and variant != 'fan'")
    assert set(zip(listed["axis"], listed["value"].astype(float), strict=True)) == {
        row for row in swept if row[0] in axes
    }
    assert {row[0] for row in swept} - set(axes) == {"automatic_gain", "suppressed_fan"}
    heard = {"noise", "gain", "opus", "reverberation", "packet_loss"}
    assert decisive == {row for row in rules if row[0] in heard}
    assert {axis for axis, *_ in remeasured.SWEPT} <= set(remeasured.MADE) - {"none"}


def test_a_clip_measured_again_as_it_is_gives_the_committed_row(shared, ravdess, tmp_path):
    """And louder by 6 dB its level is 6 dB higher, if the usual voice was known before; else it is the same."""
    folder = shared / "data" / "ravdess"
    files = recorded.corpora.named("ravdess").recordings(folder).set_index("recording_id")["path"]
    own = ravdess[ravdess["person_id"] == "ravdess_19"]
    calibrating = sorted(own.loc[own["is_calibration"], "recording_id"])
    ids = {"drawn": ["ravdess_03-01-03-01-02-02-19"], "calibrating": calibrating}
    rows, usual = remeasured._person(remeasured.NOTHING, ids, [], files, None)
    columns = [name for name in rows if name.startswith("voice_")]
    committed = own.set_index("recording_id").loc[ids["drawn"], columns]
    assert rows.loc[:0, columns].to_numpy(float) == pytest.approx(committed.to_numpy(float), rel=1e-6, nan_ok=True)
    louder, _ = remeasured._person(remeasured.Dose("gain", 6.0, "db", True), ids, [], files, usual)
    level = louder.set_index("norm")["voice_level_db_mean"] - committed["voice_level_db_mean"].iloc[0]
    assert level["before"] == pytest.approx(6, abs=0.2)
    assert level["alike"] == pytest.approx(0, abs=0.2)


# --- the committed tables ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def read():
    return recorded.read(DATA)


def test_nothing_changed_moves_nothing(read):
    rows = read["recorded_scores"]
    same = rows[(rows["axis"] == recorded.NOTHING) & rows["quantity"].str.startswith("change_abs")]
    assert len(same) == rows["corpus"].nunique() * 2 * 2
    assert same["value"].max() < 0.05


def test_every_dose_was_run_on_those_the_rule_says(read):
    rows = read["recorded_scores"].query("quantity == 'coverage_lost'")
    for asked in recorded.ASKED:
        own = rows[rows["corpus"] == asked.about["corpus"]]
        everybody = own.loc[own["axis"] == recorded.NOTHING, "n_people"].max()
        for dose in remeasured.doses()[1:]:
            here = own[(own["axis"] == dose.axis) & (own["dose"] == f"{dose.value:g}")]
            assert set(here["score"]) == set(recorded.SCORES.values()), (asked.name, dose.said)
            wanted = everybody if dose.decides else remeasured.SWEPT_PEOPLE[asked.name]
            assert set(here["n_people"]) == {wanted}, (asked.name, dose.said)


def test_as_many_women_as_men_are_swept():
    for name, column in (("ravdess", "confound_sex"), ("emodb", "confound_sex")):
        table = tables.read(DATA / f"{name}_windows.csv", tables.WINDOWS)
        people = table.drop_duplicates("person_id").sort_values("person_id")[: remeasured.SWEPT_PEOPLE[name]]
        assert people[column].value_counts().nunique() == 1
        assert people[column].nunique() == 2


def test_a_suppressor_is_a_cause_of_what_went_through_it_alone(tmp_path, monkeypatch):
    """Else a mend of the suppressor would have everything else measured again."""
    seen = []
    monkeypatch.setattr(remeasured.store, "kept", lambda path, causes, make: seen.append(causes["code"]) or path)
    monkeypatch.setattr(remeasured.pd, "read_csv", lambda path: path)
    for axis in ("noise", "noise_suppression", "suppressed_fan"):
        remeasured._kept(remeasured.Dose(axis, 12.0, "db", False), "a", {}, [], {}, tmp_path)
    with_it = store.code(*remeasured.HEARD_BY, "edits/suppression")
    assert seen == [store.code(*remeasured.HEARD_BY), with_it, with_it]


def test_more_of_it_moves_the_score_further(read):
    rows = read["recorded_scores"].query(
        "score == 'p_positive' and corpus == 'RAVDESS' and quantity == 'change_abs_mean'"
    )
    for axis, worse in (("noise", ["20", "10", "0"]), ("reverberation", ["0.3", "1"])):
        moved = rows[rows["axis"] == axis].set_index("dose")["value"].loc[worse]
        assert moved.is_monotonic_increasing, axis


def test_the_rules_are_given_the_deciding_doses_and_nothing_else(read):
    asked, rows = read["recorded_quantities"], read["recorded_scores"]
    verdict.quantities.checked(asked, verdict.load())
    assert set(asked["claim"]) == {"C5_nuisance"}
    assert set(asked["quantity"]) == {"dscore_abs_p95", "crossing"}
    decisive = {f"{dose.said}" for dose in remeasured.doses() if dose.decides}
    for corpus, own in asked.groupby("corpus"):
        assert set(own["part"]) == decisive
        for row in own.itertuples():
            axis, dose, _ = row.part.split(" ")
            there = recorded.cell(rows, corpus, axis, dose, recorded.JUDGED[row.quantity])
            assert (there["value"], there["low"]) == (row.value, row.low)
    scopes = {tuple(row) for row in asked[["corpus", "target", "signals"]].to_numpy()}
    assert scopes <= {tuple(one.about.values()) for one in recorded.ASKED}
    assert scopes == {tuple(row) for row in rows[["corpus", "target", "signals"]].to_numpy()}


def test_the_answer_is_computed(read):
    said = recorded.answers(read)["recorded"].text
    row = recorded.cell(read["recorded_scores"], "RAVDESS", "noise", "20", "change_abs_p95")
    assert f"babble at 20 dB SNR: {row['value']:.0f} [{row['low']:.0f}, {row['high']:.0f}] points" in said
    assert "not of engagement" in said
    rows = read["recorded_scores"]
    calm = rows.assign(**{name: rows[name].where(~rows["decides"], 0.0) for name in ("value", "low", "high")})
    assert recorded.answer(calm).short.startswith("Yes: ")
    worst = rows["decides"] & (rows["quantity"] == "crossing_50")
    assert recorded.answer(calm.assign(low=calm["low"].mask(worst, 0.2))).short.startswith("No: ")
    assert recorded.answers({}) == {}


def test_the_figure_shows_every_dose_mild_ones_first(read):
    numbers = figures.recorded_conditions_numbers(read["recorded_scores"])
    drawn = numbers[(numbers["axis"] == "noise") & (numbers["corpus"] == "RAVDESS")].drop_duplicates("dose")
    assert drawn.sort_values("place")["dose"].tolist()[0] == "20"
    assert drawn.sort_values("place")["dose"].tolist()[-1] == "0"
    assert set(numbers["axis"]) <= {*figures.recorded.AXES, recorded.TAKE}
    swept = {dose.axis for dose in remeasured.doses()} - {"none"}
    assert swept <= set(numbers["axis"])
