"""Tables made to fool the judge: each way to a score that says nothing of people is a bar to beat or a failed check."""

import numpy as np
import pandas as pd
import pytest

from mien import evidence
from mien.evidence import baselines, leakage

ONCE = evidence.EvidenceSettings(n_repeats=1, n_permutations=0, n_bootstrap=200, shams=False)


def barren(n=36, k=10, seed=0, n_signals=4, n_recordings=1):
    """People who sound like themselves, and a label of windows that shows in nothing: (table, label, generator)."""
    draw = np.random.default_rng(seed)
    who, place = np.repeat(np.arange(n), k), np.tile(np.arange(k), n)
    own, noise = draw.normal(size=(n, n_signals))[who], draw.normal(size=(n * k, n_signals))
    recording = place * n_recordings // k
    person = np.array([f"p{i:03d}" for i in who])
    start_s = 10.0 * (place - recording * k // n_recordings)
    table = pd.DataFrame({"recording_id": [f"{p}_{r}" for p, r in zip(person, recording, strict=True)]})
    table = table.assign(person_id=person, group_id=person, start_s=start_s, end_s=start_s + 10)
    table = table.assign(**{f"voice_{i}": values for i, values in enumerate((own + noise).T)})
    label = np.concatenate([draw.permutation(np.arange(k) % 2) for _ in range(n)])
    return labelled(table, label), label, draw


def labelled(table, label):
    return table.assign(label_y=np.where(label, "b", "a"))


def of_people(n=36, k=10):
    """Whether a window is of one of the second half of the people."""
    return (np.repeat(np.arange(n), k) >= n / 2).astype(int)


def auc(table, metric="auc", target="label_y", model="logistic"):
    rows = evidence.evaluate(table, target, "voice", model, ONCE).rows
    return rows[rows["metric"] == metric].set_index("model")


def failed(table, signals="voice", target="label_y"):
    rows = leakage.checked(table, target, signals)
    return dict(rows.loc[~rows["passed"], ["check", "offending"]].to_numpy())


def is_beaten_by(rows, rung):
    """The model is above chance by far, and not above the rung."""
    assert rows.at["logistic", "low"] > 0.6
    assert rows.at["logistic", "best_baseline_name"] == rung
    assert rows.at["logistic", "gap_low"] < 0
    assert rows.at["logistic", "gap"] < 0.05


# ---- what the recording tells without a signal


def test_a_signal_and_a_label_that_both_drift_are_no_finding():
    table, _, draw = barren()
    place = table["start_s"] / 10
    table = labelled(table, draw.random(len(table)) < place / 9).assign(voice_0=place + 2 * draw.normal(size=360))
    is_beaten_by(auc(table), "B1_when")


def test_a_label_that_makes_recordings_longer_is_no_finding():
    table, _, draw = barren(k=16)
    table = labelled(table, of_people(k=16))
    table = table[(table["label_y"] == "b") | (table["start_s"] < 80)].reset_index(drop=True)
    table["voice_0"] = table["start_s"] + draw.normal(size=len(table))
    is_beaten_by(auc(table), "B1_when")


def test_a_label_that_goes_with_the_size_of_the_meeting_is_no_finding():
    parts = [
        barren(1 + 9 * big, 4, seed + 100)[0].assign(meeting=f"m{seed}", voice_0=big)
        for seed, big in enumerate([0, 1] * 20)
    ]
    table, draw = pd.concat(parts, ignore_index=True), np.random.default_rng(1)
    table["person_id"] += table["meeting"]
    table = table.assign(recording_id=table["meeting"], group_id=table.pop("meeting"))
    table = labelled(table, (table["voice_0"] == 1) ^ (draw.random(len(table)) < 0.1))
    table["voice_0"] += 0.1 * draw.normal(size=len(table))
    is_beaten_by(auc(table), "B1_people")


def test_a_label_that_makes_windows_longer_is_no_finding():
    table, label, draw = barren()
    table["end_s"] = table["start_s"] + 5 + 2 * label + draw.normal(size=len(table))
    table["voice_0"] = table["end_s"] - table["start_s"] + 0.2 * draw.normal(size=len(table))
    is_beaten_by(auc(table), "B1_duration")


def test_gaps_that_go_with_the_label_are_no_finding():
    table, label, draw = barren()
    table.loc[draw.random(len(table)) < np.where(label, 0.6, 0.1), "voice_0"] = np.nan
    is_beaten_by(auc(table), "B3_missing")


def test_rungs_of_gaps_time_and_size_stand_only_where_there_is_room_for_them():
    table, _, _ = barren()
    assert list(baselines.missing(table)) == []
    gaps = table.assign(voice_0=table["voice_0"].mask(np.arange(360) % 4 == 0), label_z=np.nan, why="")
    gaps["voice_1"], gaps["face_a"] = (
        gaps["voice_1"].mask(np.arange(360) % 4 == 0),
        gaps["voice_2"].mask(np.arange(360) == 0),
    )
    assert list(baselines.missing(gaps)) == ["missing_voice_0"]  # one of a pattern, and none that is rare
    assert baselines.missing(gaps)["missing_voice_0"].sum() == 90
    clips = barren(n_recordings=10)[0]
    assert baselines.when(clips).shape == (360, 0)
    assert baselines.people(clips).shape == (360, 0)
    two = table.assign(recording_id=table["recording_id"].replace({"p001_0": "p000_0"}))
    assert baselines.people(two)["people_n"].value_counts().to_dict() == {1.0: 340, 2.0: 20}


# ---- numbers given to people


@pytest.mark.parametrize("code", ["whole", "even", "recording"])
def test_numbers_of_people_in_an_order_that_the_label_knows_are_a_leak(code):
    table = barren(n_recordings=2)[0]
    order = np.arange(72 if code == "recording" else 36)
    order[[3, -3]] = order[[-3, 3]]  # two stand in the wrong half, so the classes overlap
    table["voice_id"] = np.repeat(order / 35 if code == "even" else order * 7 + 3, 360 // len(order))
    table = labelled(table, of_people())
    assert auc(table).at["logistic", "low"] > 0.6
    assert failed(table) == {"name_in_a_signal": "voice_id"}


def test_what_is_measured_once_a_person_or_counted_is_no_name():
    table, _, draw = barren()
    who = np.repeat(np.arange(36), 10)
    table["voice_usual_hz"] = draw.normal(170, 30, size=36)[who]
    table["voice_n_turns"] = draw.poisson(4, size=360)
    table["voice_age"] = draw.integers(20, 60, size=36)[who]
    assert failed(table) == {}


# ---- one person under two names


@pytest.mark.parametrize("noise", [0.0, 1e-4, 0.03])
def test_people_under_two_names_are_found_by_their_copies(noise):
    table, _, draw = barren(16)
    copy = table.assign(**{name: "x" + table[name] for name in ("recording_id", "person_id", "group_id")})
    signals = [name for name in table if name.startswith("voice_")]
    copy[signals] += noise * draw.normal(size=copy[signals].shape)
    offending = failed(pd.concat([table, copy], ignore_index=True))["group_twice"]
    assert offending.startswith("group_id p000 as xp000; ")


@pytest.mark.parametrize("gap", ["half of the time", "all but one signal"])
def test_people_of_whom_the_same_is_missing_are_no_copies(gap):
    """Two people whose camera was off are not one person."""
    table, *_ = barren(n_signals=40)
    off = table["person_id"].isin(["p000", "p001"])
    signals = [name for name in table if name.startswith("voice_")]
    if gap == "half of the time":
        table.loc[off & (table["start_s"] < 50), signals] = np.nan
    else:
        table.loc[off, signals[1:]] = np.nan
    assert "group_twice" not in failed(table)


def test_people_who_are_alike_or_have_the_same_counts_are_no_copies():
    table, _, draw = barren(30)
    assert "group_twice" not in failed(table)
    counts = table.assign(**{f"voice_{i}": draw.poisson(0.5, size=300) for i in range(4)})
    assert leakage.group_twice(counts, counts.filter(like="voice_")) == []
    wide = barren(30, n_signals=40)[0]
    assert leakage.group_twice(wide, wide.filter(like="voice_")) == []


# ---- norms out of the windows that are judged


def within(table, how):
    values = table.groupby("person_id")["voice_0"]
    low, high = values.transform("min"), values.transform("max")
    told = {
        "z": (table["voice_0"] - values.transform("mean")) / values.transform("std"),
        "centred": table["voice_0"] - values.transform("mean"),
        "ends": (table["voice_0"] - low) / (high - low),
        "ranks": values.rank(pct=True),
    }
    return table.assign(voice_0=told[how])


@pytest.mark.parametrize("how", ["z", "centred", "ends", "ranks"])
def test_norms_from_the_windows_judged_are_a_leak(how):
    table = within(barren()[0], how)
    assert failed(table) == {"norms_from_the_test": "voice_0"}
    table.loc[table["person_id"] == "p003", "voice_0"] = np.nan  # who was never measured hides nobody's norms
    assert failed(table) == {"norms_from_the_test": "voice_0"}


def test_shares_and_flags_that_reach_both_ends_in_everybody_are_no_norms():
    table, _, draw = barren(k=20)
    table["voice_0"] = np.clip(draw.normal(0.5, 1, size=720), 0, 1)
    table["voice_1"] = draw.integers(0, 2, size=720)
    table["voice_2"] = draw.poisson(3, size=720)
    assert failed(table) == {}


# ---- classes, sizes and ties that carry no weight of evidence


def test_a_class_of_three_people_is_not_assessable_for_want_of_power():
    table, _, _ = barren(40, 6)
    few = np.repeat(np.arange(40), 6) < 3
    table = labelled(table, few).assign(voice_0=table["voice_0"] + 3 * few)
    settings = evidence.EvidenceSettings(n_repeats=1, n_permutations=39, n_gap_worlds=39, shams=False, n_bootstrap=200)
    rows = evidence.evaluate(table, "label_y", "voice", settings=settings).rows
    found = rows[(rows["model"] == "logistic") & (rows["metric"] == "auc")].iloc[0]
    assert found["gap_low"] > 0.2
    assert found["p_permuted"] < 0.05
    assert found["minimum_detectable_gap"] > 0.15


def test_signals_that_never_change_within_a_person_tell_nothing_of_windows():
    table, _, _ = barren()
    signals = [name for name in table if name.startswith("voice_")]
    table[signals] = table.groupby("person_id")[signals].transform("mean")
    assert auc(table).at["logistic", "value"] == pytest.approx(0.5)


def test_one_person_with_half_of_the_windows_makes_no_finding_of_their_own_way():
    table, _, draw = barren(31)
    giant = pd.concat([table[table["person_id"] == "p000"]] * 30, ignore_index=True)
    signals = [name for name in table if name.startswith("voice_")]
    giant[signals] = draw.normal(size=giant[signals].shape)
    giant["start_s"] = 10.0 * np.arange(len(giant))
    label = draw.integers(0, 2, len(giant))
    giant = labelled(giant, label).assign(end_s=giant["start_s"] + 10, voice_0=giant["voice_0"] + 1.5 * label)
    rows = auc(pd.concat([table[table["person_id"] != "p000"], giant], ignore_index=True))
    assert rows.at["logistic", "gap_low"] < 0
    assert rows.at["logistic", "high"] - rows.at["logistic", "low"] > 0.1


def test_ratings_that_are_nearly_all_alike_are_no_finding_of_a_model_that_says_the_mean():
    table, _, draw = barren()
    table["label_r"] = np.where(draw.random(len(table)) < 0.95, 1.0, 5.0)
    rows = auc(table, "ccc", "label_r", "ridge")
    assert rows.at["ridge", "gap_low"] < 0 < rows.at["ridge", "gap_high90"] + 0.05
    assert rows.at["ridge", "gap_high90"] < 0.1


def test_classes_that_a_signal_separates_wholly_are_the_label_in_disguise():
    table, label, draw = barren()
    assert failed(table.assign(voice_0=label + 0.4 * draw.random(len(table)))) == {"label_in_a_signal": "voice_0"}


@pytest.mark.parametrize("dead", [[1.0], [0.0, np.nan]])
def test_a_signal_that_never_changes_is_no_evidence_of_absence(dead):
    table, _, draw = barren()
    signals = [name for name in table if name.startswith("voice_")]
    table[signals] = np.tile(np.resize(dead, len(table)), (len(signals), 1)).T
    rows = auc(table)
    assert rows.loc["logistic", ["value", "gap", "gap_high90"]].isna().all()
    assert "value: constant" in rows.at["logistic", "why"]
    alive = auc(table.assign(voice_0=draw.normal(size=len(table))))
    assert alive.at["logistic", "value"] == pytest.approx(0.5, abs=0.1)
