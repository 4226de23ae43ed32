"""Small parts of the judge beside the slowest way to write them."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from mien import evidence, windows
from mien.evidence import calibration, many


@pytest.mark.parametrize("seed", range(5))
def test_holm_rejects_what_closed_testing_by_bonferroni_rejects(seed):
    p = pd.Series(np.random.default_rng(seed).random(5) ** 3)
    adjusted = many.holm(p)
    for place in range(5):
        holding = [one for size in range(1, 6) for one in combinations(range(5), size) if place in one]
        assert adjusted[place] == pytest.approx(max(min(1, len(one) * p[list(one)].min()) for one in holding))


@pytest.mark.parametrize("seed", range(5))
def test_benjamini_and_hochberg_pass_the_largest_set_that_may_pass(seed):
    p = pd.Series(np.random.default_rng(seed).random(12) ** 3)
    q = many.benjamini_hochberg(p)
    for level in (0.01, 0.05, 0.2, 0.5):
        passing = [k for k in range(1, 13) if np.sort(p)[k - 1] <= k * level / 12]
        expected = p <= np.sort(p)[passing[-1] - 1] if passing else p < 0
        assert ((q <= level + 1e-12) == expected).all()


def test_what_was_not_asked_costs_nothing():
    p = pd.Series([0.01, np.nan, 0.04])
    for corrected in (many.holm(p), many.benjamini_hochberg(p)):
        assert np.isnan(corrected[1])
        assert corrected[0] == pytest.approx(0.02)
    rows = pd.DataFrame({"p_permuted": [0.01, 0.04, 0.02], "metric": ["auc", "auc", "macro_f1"], "model": "logistic"})
    told = many.corrected(rows, "auc", "logistic")
    assert told["p_holm"].round(6).tolist()[:2] == [0.02, 0.04]
    assert told["q_bh"].round(6).tolist()[2:] == [0.02]
    assert told[["p_holm", "q_bh"]].isna().sum().tolist() == [1, 2]


@pytest.mark.parametrize("seed", range(4))
def test_a_group_is_everybody_who_can_be_reached_through_recordings(seed):
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame({"person_id": draw.integers(0, 25, 30).astype(str), "recording_id": draw.integers(0, 20, 30)})
    found = windows.group_id(frame)
    for start in range(30):
        people, before = {frame["person_id"][start]}, 0
        while len(people) > before:
            before = len(people)
            there = set(frame.loc[frame["person_id"].isin(people), "recording_id"])
            people |= set(frame.loc[frame["recording_id"].isin(there), "person_id"])
        assert (found[frame["person_id"].isin(people)] == found[start]).all()
        assert (found[~frame["person_id"].isin(people)] != found[start]).all()


def test_the_smallest_gap_that_would_be_found_is_that_of_the_worlds_without_a_signal():
    draw = np.random.default_rng(0)
    person = np.repeat([f"p{i}" for i in range(12)], 6)
    table = pd.DataFrame({"recording_id": person, "person_id": person, "group_id": person})
    table = table.assign(start_s=np.tile(np.arange(6) * 10.0, 12), label_y=np.tile(list("ab"), 36))
    table = table.assign(end_s=table["start_s"] + 10, voice_a=draw.normal(size=72))
    settings = evidence.EvidenceSettings(n_permutations=9, n_gap_worlds=6, shams=False)
    found = evidence.evaluate(table, "label_y", "voice", settings=settings)
    row = found.rows[(found.rows["model"] == "logistic") & (found.rows["metric"] == "auc")].iloc[0]
    gaps = found.nulls["gap_auc"]
    assert gaps.notna().tolist() == [True] * 6 + [False] * 3
    spread = np.sqrt(np.sum((gaps[:6] - gaps[:6].mean()) ** 2) / 5)
    assert row["minimum_detectable_gap"] == pytest.approx((1.645 + 0.842) * spread, rel=2e-3)
    assert row["p_permuted"] == (1 + (found.nulls["auc"] >= row["value"]).sum()) / 10


def test_the_lines_at_50_and_61_are_crossed_by_who_stands_on_the_other_side_after():
    draw = np.random.default_rng(1)
    first, second = draw.normal(55, 10, 200).round(), draw.normal(55, 10, 200).round()
    first[:5] = np.nan
    told = calibration.flips(first, second)
    for line in (50.0, 61.0):
        crossed = [(a > line) != (b > line) for a, b in zip(first, second, strict=True) if not np.isnan(a)]
        assert told[line] == pytest.approx(sum(crossed) / 195)
