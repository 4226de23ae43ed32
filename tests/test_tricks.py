"""Empty tricks and machines that engage with nobody: each does what it says by another measure, and nothing else."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mien import edits, scores, store, tables, turns
from mien.edits import tricks
from mien.evidence import EvidenceSettings
from mien.study import gains, gaming, machines, posed

DATA = Path(__file__).parents[1] / "data"
SHARED = Path(os.environ.get("MIEN_SHARED", Path(__file__).parents[2] / "shared")) / "data"
LENIENT = turns.TurnSettings(min_total_s=0, min_transfers=1, min_duration_s=0)


def speech(*rows):
    return pd.DataFrame(rows, columns=["person_id", "start_s", "end_s"])


def talk(seed=1, length_s=600.0, people="abc", overlap_s=0.1):
    """A made-up conversation (SYNTHETIC): turns of about 4 s with pauses inside, gaps of 0.1 s, and a mhm at times."""
    rng, at, rows, last = store.rng(f"test/tricks/{seed}"), 1.0, [], ""
    while at < length_s - 30:
        last = str(rng.choice([person for person in people if person != last]))
        for _ in range(rng.integers(1, 5)):
            end = at + rng.gamma(3, 0.8)
            rows.append((last, round(at, 3), round(end, 3)))
            if end - at > 2.5 and rng.random() < 0.6:
                other = str(rng.choice([person for person in people if person != last]))
                rows.append((other, round(at + 1, 3), round(at + 1.4, 3)))
            at = end + rng.uniform(0.25, 0.6)
        at = max(end + rng.normal(overlap_s, 0.2), at - 3)
    return speech(*rows).sort_values(["start_s", "end_s"], ignore_index=True)


def lengths(segments, people):
    """How long each stretch of these people lasts, in the order of time, in ms, counted without mien."""
    found = []
    for person in people:
        own = segments[segments["person_id"] == person].sort_values("start_s")
        start, end = ((own[name] * 1000).round().astype(int).to_numpy() for name in ("start_s", "end_s"))
        joined = []
        for t, u in zip(start, end, strict=True):
            if joined and t - joined[-1][1] < 180:
                joined[-1][1] = max(joined[-1][1], u)
            else:
                joined.append([t, u])
        found.append([u - t for t, u in joined])
    return found


def track(segments, person, duration_s, step_s=0.05):
    """Whether somebody is heard at each moment: an array of 0 and 1."""
    at = np.arange(0, duration_s, step_s) + step_s / 2
    heard = np.zeros(len(at))
    for row in segments[segments["person_id"] == person].itertuples():
        heard[(at >= row.start_s) & (at < row.end_s)] = 1
    return heard


# --- what B can do ----------------------------------------------------------------------------------------------------


def test_half_the_talk_is_half_by_a_recount_and_gaps_stay():
    before = talk()
    after, duration_s = tricks.padded(before, ["c"], 0.5, 600.0)
    length = (after["end_s"] - after["start_s"]).groupby(after["person_id"]).sum()
    assert length["c"] / length.sum() == pytest.approx(0.5, abs=0.003)
    own = [one["fto_ms"] for one in map(dict, _transfers(before, 600.0))]
    now = [one["fto_ms"] for one in map(dict, _transfers(after, duration_s))]
    assert len(own) == len(now)
    assert np.nanmax(np.abs(np.array(own, float) - np.array(now, float))) <= 2
    assert lengths(after, "a")[0] == pytest.approx(lengths(before, "a")[0], abs=2)


def test_nobody_who_talks_enough_is_padded():
    before = speech(("a", 0, 1), ("b", 2, 9))
    after, duration_s = tricks.padded(before, ["b"], 0.5, 10.0)
    pd.testing.assert_frame_equal(after, before)
    assert duration_s == 10.0


def _transfers(segments, duration_s, b=("c",)):
    everything = turns.floor(segments, None, duration_s)
    named = {person: "B" if person in b else "A" for person in everything.people}
    return [one._asdict() for one in turns.transfers(everything.turns, everything.settings, named)]


# --- what the host side can do ----------------------------------------------------------------------------------------


def test_shorter_host_turns_take_nothing_from_b():
    before = talk(people="ab")
    after, duration_s = tricks.shorter_host_turns(before, ["b"], 4.0, 600.0)
    own = {name: turns.floor(one, None, 600.0) for name, one in (("before", before), ("after", after))}
    long = {name: sum(t.length_ms > 5500 for t in one.turns if t.person_id == "a") for name, one in own.items()}
    assert long["before"] > 10
    assert long["after"] < long["before"] / 3
    assert lengths(after, "b") == lengths(before, "b")
    said = [(before["end_s"] - before["start_s"]).sum(), (after["end_s"] - after["start_s"]).sum()]
    pauses = 600 - duration_s - (said[0] - said[1])
    assert 600 - duration_s > 20
    assert pauses >= -1e-6  # what is gone is talk of the host, or the host's own pauses
    fto = {name: [t.fto_ms for t in one.changes if t.person_after == "b"] for name, one in own.items()}
    assert fto["after"] == fto["before"]


def test_a_short_host_turn_stays_as_it_is():
    before = speech(("a", 0, 3.9), ("b", 4.2, 6), ("a", 6.1, 9))
    after, duration_s = tricks.shorter_host_turns(before, ["b"], 4.0, 10.0)
    assert after["end_s"].tolist() == before["end_s"].tolist()
    assert duration_s == 10.0
    with pytest.raises(tables.TableError, match="above 0"):
        tricks.shorter_host_turns(before, ["b"], 0, 10.0)


def test_host_waits_by_hand():
    before = speech(("a", 0, 5), ("b", 2, 2.5), ("b", 6, 7))
    after, duration_s = tricks.host_waits(before, ["b"], 0.2, 10.0)
    assert after.values.tolist() == [["a", 0, 2], ["b", 2.2, 2.7], ["a", 2.9, 5.9], ["b", 6.9, 7.9]]
    assert duration_s == 10.9
    before_, after_ = turns.floor(before, None, 10.0), turns.floor(after, None, duration_s)
    assert [len(one.turns) for one in (before_, after_)] == [2, 4]
    assert after_.changes[0].fto_ms == 200


def test_host_waits_gives_every_token_the_floor_and_takes_no_word():
    before = talk(people="ab")
    after, duration_s = tricks.host_waits(before, ["b"], 0.2, 600.0)
    tokens = [one for one in turns.floor(before, None, 600.0).backchannels if one.person_id == "b"]
    assert len(tokens) > 10
    left = [one for one in turns.floor(after, None, duration_s).backchannels if one.person_id == "b"]
    assert not left
    assert lengths(after, "b") == lengths(before, "b")
    for person in "ab":
        talked = [(one["end_s"] - one["start_s"])[one["person_id"] == person].sum() for one in (before, after)]
        assert talked[1] == pytest.approx(talked[0], abs=1e-6)
    grown = sum(one.length_ms + 400 for one in tokens) / 1000
    assert duration_s - 600 == pytest.approx(grown, abs=1e-6)
    changes = [len(_transfers(one, whole, "b")) for one, whole in ((before, 600.0), (after, duration_s))]
    assert changes[1] >= changes[0] + 1.5 * len(tokens)


@pytest.mark.parametrize("name", tricks.POLICIES)
def test_no_trick_changes_what_it_is_given_or_ends_in_nonsense(name):
    before = talk(3)
    kept = before.copy()
    after, duration_s = tricks.played(tricks.POLICIES[name], before, ["c"], 600.0)
    pd.testing.assert_frame_equal(before, kept)
    turns.clean(after, duration_s)
    assert not after[["start_s", "end_s"]].equals(before[["start_s", "end_s"]])
    assert set(after["person_id"]) == set("abc")


def test_a_trick_at_another_dose():
    policy = tricks.POLICIES["g1_filler_first"].at(0.1)
    assert policy.dose == 0.1
    assert np.isnan(tricks.POLICIES["all_of_b"].dose)


# --- gains by hand ----------------------------------------------------------------------------------------------------


def exchange():
    """Twelve exchanges: A for 6 s, B 0.4 s later for 2 s, A again 0.4 s later; 106.4 s."""
    rows, at = [], 0.0
    for _ in range(12):
        rows += [("a", at, at + 6), ("b", at + 6.4, at + 8.4)]
        at += 8.8
    return speech(*rows).round(3), 105.6


def fixed(segments, duration_s):
    line = scores.timeline(turns.floor(segments, LENIENT, duration_s), duration_s)
    values = scores.components(line, line.side({"b"}), LENIENT)[0]
    return values, float(scores.fixed_curve(values))


def by_hand(share, lag_s, per_min):
    """The fixed curve, written out from AUDIT O4."""
    talk_part = min(max((share - 0.05) / 0.35, 0), 1)
    return 100 / 3 * (talk_part + 1 / (1 + np.exp((lag_s - 1) / 0.3)) + 1 - np.exp(-per_min / 3))


def test_a_filler_gains_what_it_gains_on_paper():
    before, duration_s = exchange()
    values, score = fixed(before, duration_s)
    assert values == pytest.approx([0.25, 0.4, 23 / 1.76], abs=1e-9)
    assert score == pytest.approx(by_hand(24 / 96, 0.4, 23 / 1.76))
    after, longer = tricks.played(tricks.POLICIES["g1_filler_first"], before, ["b"], duration_s)
    assert longer == duration_s
    values, now = fixed(after, longer)
    assert values == pytest.approx([12 * 2.3 / (12 * 8.3), 0.1, 23 / 1.76], abs=1e-9)
    assert now - score == pytest.approx(by_hand(2.3 / 8.3, 0.1, 23 / 1.76) - by_hand(0.25, 0.4, 23 / 1.76))


def test_half_the_talk_gains_what_it_gains_on_paper():
    before, duration_s = exchange()
    after, longer = tricks.played(tricks.POLICIES["g3_half_the_talk"], before, ["b"], duration_s)
    assert longer == pytest.approx(duration_s + 48)  # B talks 72 s in place of 24
    values, now = fixed(after, longer)
    assert values == pytest.approx([0.5, 0.4, 23 / (153.6 / 60)], abs=1e-6)
    assert now == pytest.approx(by_hand(0.4, 0.4, 23 / 2.56), abs=1e-4)  # from a share of 0.40 on the curve is flat


def test_shorter_host_turns_gain_what_they_gain_on_paper():
    before, duration_s = exchange()
    policy = tricks.POLICIES["g7_shorter_host_turns"].at(4.0)
    after, shorter = tricks.played(policy, before, ["b"], duration_s)
    assert shorter == pytest.approx(duration_s - 24)
    values, now = fixed(after, shorter)
    assert values == pytest.approx([1 / 3, 0.4, 23 / 1.36], abs=1e-9)
    assert now == pytest.approx(by_hand(1 / 3, 0.4, 23 / 1.36))


# --- machines ---------------------------------------------------------------------------------------------------------


def correlations(segments, first, second, duration_s, most_s=3.0, step_s=0.05):
    """Correlations of who is heard when, at lags up to ``most_s``, counted without mien."""
    x, y = (track(segments, who, duration_s, step_s) for who in (first, second))
    most = round(most_s / step_s)
    return np.array(
        [
            np.corrcoef(x[max(k, 0) : len(x) + min(k, 0)], y[max(-k, 0) : len(y) - max(k, 0)])[0, 1]
            for k in range(-most, most + 1, 4)
        ]
    )


def strongest(segments, first, second, duration_s):
    return np.abs(correlations(segments, first, second, duration_s)).max()


def test_people_who_talk_with_each_other_are_no_radios():
    """The measure sees dependence where there is some: else the next test would pass on anything."""
    assert strongest(talk(1, people="ab"), "a", "b", 600.0) > 0.5


def test_two_radios_have_nothing_to_do_with_each_other():
    found = []
    for seed in range(12):
        tracks = [tricks.monologue(talk(10 * seed + k, 1200.0, "ab"), "a", 1200.0) for k in (1, 2)]
        segments, duration_s = tricks.two_radios(*tracks, store.rng(f"test/radios/{seed}"))
        assert duration_s > 180
        found.append(correlations(segments, *tricks.RADIOS, duration_s).mean())
    assert abs(np.mean(found)) < 0.05
    assert stats.ttest_1samp(found, 0).pvalue > 0.01
    assert np.mean([strongest(segments, *tricks.RADIOS, duration_s)]) < 0.3


def test_a_monologue_is_the_long_turns_of_one_person():
    said = speech(("a", 0, 2), ("a", 2.6, 6), ("b", 6.5, 7), ("a", 7.5, 8), ("b", 9, 15), ("a", 16, 20))
    spans, length_ms = tricks.monologue(said, "a", 30.0)
    assert spans == [(0, 2000), (2600, 6000), (6600, 10600)]  # between turns lies the person's own pause
    assert length_ms == 11200
    assert tricks.monologue(said, "b", 30.0)[0] == [(0, 6000)]


def test_radios_play_as_long_as_the_shorter_and_lose_nothing_but_that():
    first, second = ([(0, 4000), (5000, 9000)], 10_000), ([(0, 3000)], 4000)
    for seed in range(5):
        segments, duration_s = tricks.two_radios(first, second, store.rng(f"short/{seed}"))
        assert duration_s == 4.0
        assert segments["end_s"].max() <= 4.0
        length = (segments["end_s"] - segments["start_s"])[segments["person_id"] == "radio_b"].sum()
        assert length == pytest.approx(3.0)


@pytest.mark.parametrize("name", machines.ALONE)
def test_a_machine_keeps_the_talk_and_the_stretches_of_b_and_all_of_the_others(name):
    before = edits.floor.joined(talk(5))
    after, duration_s = machines.ALONE[name](before, ["c"], 600.0, store.rng("test/machine"))
    assert duration_s == 600.0
    turns.clean(after, duration_s)
    own, now = (one[one["person_id"] != "c"].reset_index(drop=True) for one in (before, after))
    pd.testing.assert_frame_equal(now, own, check_dtype=False)
    was, is_ = sorted(lengths(before, "c")[0]), sorted(lengths(after, "c")[0])
    assert sum(was) == sum(is_)
    wrapped = name == "out_of_step"  # the stretch that lies across the end becomes two
    assert is_ == was or (wrapped and abs(len(is_) - len(was)) == 1)


def test_a_random_talker_hears_nobody():
    before = edits.floor.joined(talk(6, people="ab"))
    real = correlations(before, "a", "b", 600.0).min()
    found = []
    for seed in range(12):
        after, _ = tricks.random_talker(before, ["b"], 600.0, store.rng(f"test/random/{seed}"))
        found.append(correlations(after, "a", "b", 600.0).mean())
    assert real < -0.5
    assert abs(np.mean(found)) < 0.05
    assert stats.ttest_1samp(found, 0).pvalue > 0.01


def test_machines_are_drawn_and_not_laid_out():
    before = edits.floor.joined(talk(6, people="ab"))
    first, second = (tricks.random_talker(before, ["b"], 600.0, store.rng(f"draw/{k}"))[0] for k in (1, 2))
    assert not first.equals(second)
    own = first[first["person_id"] == "b"].sort_values("start_s")
    gaps = own["start_s"].to_numpy()[1:] - own["end_s"].to_numpy()[:-1]
    assert gaps.min() >= 0.18 - 1e-9
    assert gaps.std() / gaps.mean() > 0.6  # spacings of random times are nearly exponential; even ones would give 0
    track_ = tricks.monologue(before, "b", 600.0)
    radios = [tricks.two_radios(track_, track_, store.rng(f"draw/{k}"))[0] for k in (1, 2)]
    assert not radios[0].equals(radios[1])


def test_out_of_step_moves_by_at_least_what_it_says():
    before = speech(("a", 0, 50), ("b", 10, 12), ("b", 20, 21))
    for seed in range(20):
        after, _ = tricks.out_of_step(before, ["b"], 100.0, store.rng(f"test/step/{seed}"))
        own = after[after["person_id"] == "b"].sort_values("start_s")
        longest = own.loc[(own["end_s"] - own["start_s"]).idxmax(), "start_s"]
        by = (longest - 10) % 100
        assert 30 <= by <= 70 or own["end_s"].max() == 100.0


def test_a_stretch_finds_its_place_in_a_full_recording():
    full = speech(("b", 0, 5), ("b", 5.2, 10))
    after, _ = tricks.random_talker(full, ["b"], 10.0, store.rng("full"))
    assert (after["end_s"] - after["start_s"]).sum() == pytest.approx(9.8)
    turns.clean(after, 10.0)


# --- the table --------------------------------------------------------------------------------------------------------


def test_those_tied_at_the_edge_of_a_quarter_share_what_is_left():
    values, known = np.array([1, 2, 2, 2, 5, 5, 5, 5.0]), np.ones(8, bool)
    assert gains.quarter(values, known).tolist() == [0, 0, 0, 0, 0.5, 0.5, 0.5, 0.5]
    assert gains.quarter(-values, known).round(3).tolist() == [1, 0.333, 0.333, 0.333, 0, 0, 0, 0]
    known[-1] = False
    assert gains.quarter(values, known).sum() == pytest.approx(7 / 4)
    assert gains.quarter(values, known)[-1] == 0


def made_up(n_groups=40, apart=20.0, gain=10.0, seed=1):
    """A corpus of one score a person, rated 1 to 8, and a trick that gains the same for everybody (SYNTHETIC)."""
    rng = store.rng(f"test/quarters/{seed}")
    rows = [(f"g{g}", f"g{g}.{k}", k) for g in range(n_groups) for k in range(1, 5)]
    about = pd.DataFrame(rows, columns=["recording_id", "person_id", "rating"]).assign(b=None)
    about["group_id"] = about["recording_id"]
    one = type("One", (), {"corpus": "gap", "how": "each", "about": about})()
    book = gains.Book(one, "made up")
    score = 40 + apart * (about["rating"].to_numpy() == 4) + rng.normal(0, 5, len(about))
    real = dict.fromkeys(scores.PROFILES, score)
    tricked = {"trick": dict.fromkeys(scores.PROFILES, score + gain)}
    book.quarters({"label_satisfaction": about["rating"].to_numpy(float)}, real, tricked)
    return pd.DataFrame(book.rows).query("profile == 'fixed_curve'").set_index(["policy", "quantity"])


def test_a_gain_over_the_difference_of_quarters_is_found():
    rows = made_up()
    assert rows.loc[("none", "quarter_difference"), "value"] == pytest.approx(20, abs=3)
    ratio = rows.loc[("trick", "gain_over_quarters")]
    assert ratio["value"] == pytest.approx(0.5, abs=0.1)
    assert ratio["low"] < ratio["value"] < ratio["high"]
    assert 0.3 < rows.loc[("trick", "gain_over_quarters_at_least"), "value"] < ratio["value"]


@pytest.mark.parametrize(("apart", "why"), [(0.0, "quarters_alike"), (-20.0, "quarters_reversed")])
def test_there_is_no_ratio_to_nothing(apart, why):
    rows = made_up(apart=apart)
    ratio = rows.loc[("trick", "gain_over_quarters")]
    assert np.isnan(ratio["value"])
    assert f"value: {why}" in ratio["why"]
    assert rows.loc[("trick", "gain_over_quarters_at_least"), "value"] > 0


def test_pairs_are_resampled_by_both_of_their_groups():
    groups = np.array([(i, j) for i in range(6) for j in range(6) if i != j])
    made = machines.Pairs(np.zeros((30, 3)), np.zeros(30), groups, tuple("abcdef"), (), 6)
    values = 10.0 * groups.sum(axis=1)
    ((told, narrow)) = made.mean(values)
    assert told.value == pytest.approx(50)
    assert told.low < narrow.low < 50 < narrow.high < told.high
    without = [values[(groups != g).all(axis=1)].mean() for g in range(6)]
    error = np.sqrt(5 / 6 * np.sum((np.array(without) - np.mean(without)) ** 2))
    assert told.high - 50 == pytest.approx(stats.t.ppf(0.975, 5) * error)


@pytest.mark.skipif(not (SHARED / "gap").is_dir(), reason="GAP stays with its makers; ../shared/data/gap is not here")
def test_the_committed_gain_is_made_again_from_a_meeting_of_gap():
    from mien import corpora
    from mien.study import sides

    every = sides.of_corpus("gap", SHARED / "gap")["each"]
    norms, _ = sides.norms_without(every, {})
    talks = gaming.talks_of(every, SHARED / "gap")
    after = gaming.played(tricks.POLICIES["g1_filler_first"], every, talks)
    gain = sides.points(after, every, norms)["fixed_curve"] - sides.points(every.default, every, norms)["fixed_curve"]
    rows = gaming.read(DATA, ["gaming"])["gaming"]
    row = rows.query("corpus == 'GAP' and policy == 'g1_filler_first' and dose == 0.3 and quantity == 'gain'")
    assert np.nanmean(gain) == pytest.approx(row.set_index("profile").loc["fixed_curve", "value"], abs=1e-6)
    assert row["licence"].iloc[0] == corpora.named("gap").LICENCE


def test_the_committed_tables_say_every_quantity_the_rules_ask_for():
    from mien import verdict

    read = gaming.read(DATA, gaming.FILES)
    rows = verdict.quantities.checked(read["gaming_quantities"], verdict.load())
    asked = rows.groupby("quantity")["corpus"].agg(set)
    for name in ("gain_pts", "two_radio_score", "random_talker_score"):
        assert asked[name] == {"AMI", "GAP", "ICSI"}
    assert set(rows["signals"]) == {"turn"}
    assert set(rows["profile"]) == set(scores.PROFILES)
    assert set(rows.loc[rows["quantity"] == "gain_pts", "part"]) == set(tricks.POLICIES)
    assert set(rows.loc[rows["quantity"] == "gain_over_quartile_difference", "target"]) == set(gaming.CRITERIA)
    found = read["gaming"].set_index(["corpus", "sides", "policy", "profile", "quantity", "target"]).sort_index()
    for row in rows[rows["quantity"] == "two_radio_score"].itertuples():
        key = (row.corpus, "halves", "two_radios", row.profile, "score", "score")
        assert row.value == found.loc[key, "value"].item()
    shares = read["gaming"][read["gaming"]["quantity"] == "share_in_bin"]
    totals = shares.groupby(["corpus", "sides", "policy", "profile"])["value"].sum()
    assert totals.to_numpy() == pytest.approx(1, abs=1e-6)


def test_the_answer_follows_the_table():
    read = gaming.read(DATA, ["gaming"])
    said = gaming.answers(read)["gaming"].text
    row = (
        read["gaming"]
        .query("corpus == 'GAP' and policy == 'all_of_b' and quantity == 'gain' and profile == 'norm_referenced'")
        .iloc[0]
    )
    assert f"{row['value']:+.0f} [{row['low']:+.0f}, {row['high']:+.0f}]" in said
    changed = read["gaming"].assign(value=read["gaming"]["value"] + 1)
    assert gaming.answers({"gaming": changed})["gaming"].text != said


# --- tricks on trained models -----------------------------------------------------------------------------------------


def edited(name, edit, dose):
    """What an edit changes in a committed windows table: {column: after - before}."""
    before = tables.read(DATA / f"{name}_windows.csv", tables.WINDOWS)
    after = edit(before, dose)
    assert list(after) == list(before)
    numbers = before.select_dtypes("number").columns
    changed = {name: after[name] - before[name] for name in numbers if not after[name].equals(before[name])}
    others = [name for name in before if name not in changed]
    pd.testing.assert_frame_equal(after[others], before[others])
    return before, after, changed


def test_a_pasted_smile_is_a_smile_and_nothing_else():
    before, after, changed = edited("london", posed.smile, 0.3)
    assert set(changed) <= {name for name in before if "smile" in name.lower() or name == "face_auproxy_12"}
    for name in ("face_bs_mouthSmileLeft", "face_bs_mouthSmileRight"):
        assert after[name].max() <= 1
        free = before[name] <= 0.7
        assert changed[name][free].to_numpy() == pytest.approx(0.3)


def test_louder_is_the_level_and_faster_what_counts_by_the_second():
    *_, changed = edited("ravdess", posed.louder, 3.0)
    assert list(changed) == [posed.LEVEL]
    assert changed[posed.LEVEL].dropna().to_numpy() == pytest.approx(3.0)
    before, after, changed = edited("ravdess", posed.faster, 0.1)
    assert set(changed) == {*posed.FASTER, *posed.SHORTER}
    syllables = after["voice_nuclei_per_s"] / before["voice_nuclei_per_s"]
    assert syllables.dropna().to_numpy() == pytest.approx(1.1)
    lasting = after["voice_pause_mean_s"] / before["voice_pause_mean_s"]
    assert lasting.dropna().to_numpy() == pytest.approx(1 / 1.1)


@pytest.mark.parametrize("is_planted", [True, False])
def test_a_trick_moves_only_a_model_that_looks_there(is_planted, tmp_path):
    """Two made-up tables (SYNTHETIC): smiles go with the label, or the brow does and smiles are the same for all."""
    rng = store.rng("test/posed")
    label = np.tile(["neutral", "smiling"], 40)
    people = np.repeat([f"p{k:02}" for k in range(40)], 2)
    is_smiling = label == "smiling"
    smile = rng.uniform(0, 0.2, 80) + 0.4 * is_smiling * is_planted
    frame = pd.DataFrame(
        {"recording_id": people + label, "person_id": people, "group_id": people, "label_expression": label}
    )
    frame = frame.assign(start_s=0.0, end_s=1.0, face_smile_mean=smile if is_planted else 0.1, face_smile_share=0.0)
    frame["face_brow"] = rng.normal(0, 1, 80) + (0 if is_planted else 3 * is_smiling)
    rows = pd.DataFrame(posed._played(frame, posed.ASKED[0], EvidenceSettings(n_bootstrap=100)))
    gain = rows.query("of == 'others' and quantity == 'gain' and dose == 0.3").iloc[0]
    assert gain["n_people"] == 40
    assert gain["low"] > 20 if is_planted else abs(gain["value"]) < 1e-6


def test_the_answer_about_models_follows_the_table():
    rows = posed.read(DATA, ["gaming_models"])["gaming_models"]
    assert set(rows["policy"]) == {name for one in posed.ASKED for name, _, _ in one.tricks}
    best = rows.query("policy == 'g4_constant_smile' and dose == 0.3 and of == 'others' and quantity == 'gain'").iloc[0]
    assert f"{best['value']:+.1f} [{best['low']:+.1f}, {best['high']:+.1f}]" in posed.answer(rows).text
