"""Signals that mean the opposite in another group of people: found where planted, and nowhere else."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mien import evidence, store, tables, verdict
from mien.evidence import groups, intervals, quantities, slopes
from mien.verdict import quantities as handed

FLOOR = groups.GroupSettings()
FEW = intervals.IntervalSettings(n_bootstrap=300)


def world(second=0.0, first=0.8, n=80, k=6, name="slopes", rated=False):
    """SYNTHETIC: two groups of people; ``voice_a`` moves with the label by ``first`` in one, ``second`` elsewhere."""
    draw = store.rng(f"test/{name}")
    who = np.repeat(np.arange(n), k)
    label = np.concatenate([draw.permutation(np.arange(k) % 2) for _ in range(n)])
    mine = np.where(who % 2 == 0, first, second)
    y = draw.normal(size=n * k) if rated else label - 0.5
    table = pd.DataFrame({"recording_id": [f"r{i}" for i in who], "person_id": [f"p{i:03d}" for i in who]})
    table = table.assign(group_id=table["person_id"], start_s=10.0 * np.tile(np.arange(k), n))
    table = table.assign(end_s=table["start_s"] + 10, voice_a=mine * y + draw.normal(size=n * k))
    table = table.assign(voice_b=draw.normal(size=n * k), confound_side=np.where(who % 2 == 0, "left", "right"))
    return table.assign(label_y=y if rated else np.where(label == 1, "yes", "no"))


def predicted(table, model="logistic"):
    once = evidence.EvidenceSettings(n_repeats=1, n_permutations=0, n_bootstrap=100, shams=False)
    found = evidence.evaluate(table, "label_y", "voice", model, once).predictions
    return found[found["model"] == model].dropna(axis=1, how="all")


def counted(table, columns=("confound_side",), model="logistic"):
    about = {"corpus": "made up", "target": "label_y", "signals": "voice"}
    settings = quantities.QuantitySettings(interval=FEW, group=groups.GroupSettings(n_permutations=9, interval=FEW))
    one = quantities.turned_round(predicted(table, model), table, about, columns, settings)
    return one["value"], one["source"], one["why"]


def test_a_signal_that_turns_round_in_another_group_is_counted_once():
    number, source, why = counted(world(second=-0.8))
    assert (number, why) == (1.0, "")
    assert source.endswith("reversed: voice_a")
    assert "2 signals, Holm over 2 comparisons" in source


@pytest.mark.parametrize("second", [0.0, 0.3, 0.8])
def test_a_signal_that_says_less_or_the_same_elsewhere_is_no_reversal(second):
    assert counted(world(second=second))[0] == 0.0


def test_a_rating_is_looked_at_too():
    assert counted(world(second=-0.8, rated=True), model="ridge")[0] == 1.0
    assert counted(world(second=0.8, rated=True), model="ridge")[0] == 0.0


def test_below_the_floor_or_without_groups_there_is_no_number():
    small = world(second=-2.0, n=50)  # 25 people in each
    assert np.isnan(counted(small)[0])
    assert counted(small)[2] == "value: below_floor"
    assert counted(world(n=40), ())[2] == "value: no_group_column"
    table = world(n=80)
    few = table["person_id"].isin(sorted(table["person_id"].unique())[:9])
    y = np.where(few, (table["label_y"] == "yes"), 0)
    assert slopes.above_floor(y, table["confound_side"], table["person_id"], FLOOR, rated=False) == []
    assert slopes.above_floor(y, table["confound_side"], table["person_id"], FLOOR, rated=True) == ["left", "right"]


def test_slopes_and_their_difference_are_those_of_a_plain_loop():
    table = world(second=-0.2, n=30)
    table.loc[::7, "voice_a"] = np.nan
    y, clusters = (table["label_y"] == "yes").to_numpy(float), np.repeat(np.arange(30), 6)
    found = slopes.compared(table[["voice_a"]], y, table["confound_side"].to_numpy(), clusters, ["left", "right"]).iloc[
        0
    ]
    x = ((table["voice_a"] - table["voice_a"].mean()) / table["voice_a"].std(ddof=0)).to_numpy()

    def line(side, left_out=-1):
        kept = (table["confound_side"] == side).to_numpy() & ~np.isnan(x) & (clusters != left_out)
        return np.polyfit(x[kept], y[kept], 1)[0]

    assert [found["slope_first"], found["slope_second"]] == pytest.approx([line("left"), line("right")])
    apart = np.array([line("right", one) - line("left", one) for one in range(30)])
    error = np.sqrt(29 / 30 * np.sum((apart - apart.mean()) ** 2))
    expected = 2 * stats.t.sf(abs(line("right") - line("left")) / error, 14)
    assert found["p"] == pytest.approx(expected)


def test_where_slopes_are_alike_few_differences_are_called_one():
    p = []
    for number in range(120):
        table = world(second=0.4, first=0.4, n=40, name=f"slopes alike {number}")
        y = (table["label_y"] == "yes").to_numpy(float)
        rows = slopes.compared(
            table[["voice_a"]], y, table["confound_side"].to_numpy(), np.repeat(np.arange(40), 6), ["left", "right"]
        )
        p.append(rows["p"].iloc[0])
    assert 0.0 < np.mean(np.array(p) < 0.05) < 0.11
    assert 0.4 < np.mean(p) < 0.6


def test_three_groups_pay_for_three_pairs():
    table = world(n=90).assign(confound_side=np.repeat(np.arange(90) % 3, 6).astype(str))
    y, clusters = (table["label_y"] == "yes").to_numpy(float), np.repeat(np.arange(90), 6)
    ask = (table[["voice_b"]], y, table["confound_side"].to_numpy(), clusters)
    three, two = slopes.compared(*ask, ["0", "1", "2"]), slopes.compared(*ask, ["0", "1"])
    assert three["p"].iloc[0] == pytest.approx(min(1, 3 * two["p"].iloc[0]))


@pytest.mark.parametrize(("second", "said"), [(-0.8, "supported"), (0.8, "inconclusive")])
def test_a_reversal_alone_supports_what_critics_say(second, said):
    table, rules = world(second=second), verdict.load()
    about = {"corpus": "made up", "target": "label_y", "signals": "voice"}
    settings = quantities.QuantitySettings(interval=FEW, group=groups.GroupSettings(n_permutations=9, interval=FEW))
    rows, _ = quantities.of_predictions(predicted(table), table, about, ("confound_side",), settings)
    only = handed.checked(rows[rows["quantity"] == "n_slope_reversals"], rules)
    assert len(only) == 1
    seen = handed.put(verdict.Quantities(), only, rules)
    given = seen.numbers | {"n_groups": 80, "n_leakage_failures": 0, "coverage": 1.0}
    found = verdict.judge(given, rules, verdict.Scope("made up", "voice", "label_y", "self")).set_index("claim")
    assert found.at["K2_one_size_norm_penalises_groups", "verdict"] == said
    assert tables.QUANTITIES.check(rows) is not None
