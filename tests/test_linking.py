"""Linking two recordings of one person: worlds in which people differ and in which they do not, beside plain loops."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.interpolate import interp1d
from scipy.optimize import brentq
from sklearn.metrics import roc_curve

from mien import tables, verdict
from mien.evidence import EvidenceError, intervals, linking
from mien.study import artefacts, scored, who, withheld

DATA = Path(__file__).parents[1] / "data"
QUICK = linking.LinkSettings(n_halves=4, interval=intervals.IntervalSettings(n_bootstrap=200))
HERE = ("euclidean", "cosine", "wccn")


def world(n=24, values=8, rounds=1, differ=1.0, seed=0):
    """SYNTHETIC people, each with values of their own (spread ``differ``) and noise of spread 1: (gallery, probe)."""
    draw = np.random.default_rng(seed)
    own = draw.normal(scale=differ, size=(n, values)) if differ else np.zeros((n, values))
    return tuple(own + draw.normal(size=(rounds, n, values)) for _ in range(2))


def found(gallery, probe, method="euclidean", groups=None, settings=QUICK):
    groups = np.arange(gallery.shape[1]) if groups is None else groups
    apart = linking.distances(gallery, probe, method, settings, groups=groups)
    return linking.linked(apart, groups, settings)


# --- beside what others wrote ---------------------------------------------------------------------------------------


def test_standardised_distances_and_rank_1_are_those_of_plain_loops():
    gallery, probe = world(9, 4, 3, 0.8)
    right, apart = [], np.zeros((3, 9, 9))
    for r in range(3):
        for p in range(9):
            others = np.concatenate([np.delete(gallery[k], p, axis=0) for k in range(3)])
            mean, sd = others.mean(axis=0), others.std(axis=0, ddof=1)
            for g in range(9):
                apart[r, p, g] = np.linalg.norm((probe[r, p] - mean) / sd - (gallery[r, g] - mean) / sd)
            right.append(apart[r, p].argmin() == p)
    assert linking.distances(gallery, probe) == pytest.approx(apart)
    assert found(gallery, probe).found["rank1"].value == pytest.approx(np.mean(right))


@pytest.mark.parametrize("method", HERE)
@pytest.mark.parametrize("differ", [0, 0.7, 3])
def test_the_equal_error_rate_is_that_of_a_roc_curve(method, differ):
    apart = linking.distances(*world(15, 5, 2, differ), method, QUICK)
    own = np.broadcast_to(np.eye(15, dtype=bool), apart.shape)
    same, strangers = (apart[of & np.isfinite(apart)] for of in (own, ~own))
    labels = np.r_[np.ones(len(same)), np.zeros(len(strangers))]
    passed, recognised, _ = roc_curve(labels, -np.r_[same, strangers], drop_intermediate=False)
    theirs = brentq(lambda x: 1 - x - interp1d(passed, recognised)(x), 0, 1)
    assert linking.equal_error_rate(same, strangers) == pytest.approx(theirs, abs=1e-6)
    assert linking.linked(apart, np.arange(15), QUICK).found["eer"].value == pytest.approx(theirs, abs=1e-6)


def test_ties_in_the_distance_change_no_equal_error_rate():
    same, strangers = [1, 1, 2, 2, 3], [2, 2, 2, 3, 4, 1]
    passed, recognised, _ = roc_curve([1] * 5 + [0] * 6, -np.r_[same, strangers], drop_intermediate=False)
    theirs = brentq(lambda x: 1 - x - interp1d(passed, recognised)(x), 0, 1)
    assert linking.equal_error_rate(same, strangers) == pytest.approx(theirs)


def test_whitening_makes_what_varies_within_people_alike_in_all_directions():
    draw = np.random.default_rng(2)
    mix = np.diag([3.0, 1.0, 0.6]) @ np.linalg.qr(draw.normal(size=(3, 3)))[0]
    who_is = np.repeat(np.arange(400), 3)
    rows = draw.normal(scale=9, size=(400, 3))[who_is] + draw.normal(size=(1200, 3)) @ mix
    white = linking.learn(rows, who_is)(rows)
    within = white - np.stack([np.bincount(who_is, column) / 3 for column in white.T], axis=1)[who_is]
    assert np.cov(within.T) * 3 / 2 == pytest.approx(np.eye(3), abs=0.1)


# --- nothing, everything, and what must not matter ------------------------------------------------------------------


@pytest.mark.parametrize("method", HERE)
def test_identical_recordings_are_always_found(method):
    gallery, _ = world(20)
    result = found(gallery, gallery + 1e-9, method)
    assert (result.found["rank1"].value, result.found["eer"].value) == (1, 0)
    assert result.found["rank1_over_chance"].value == pytest.approx(result.gallery)


@pytest.mark.parametrize("method", HERE)
def test_identities_dealt_out_anew_give_chance(method):
    gallery, probe = world(20, differ=2)
    draw, first, errors = np.random.default_rng(1), [], []
    for _ in range(40):
        result = found(gallery, probe[:, draw.permutation(20)], method)
        first.append(result.found["rank1_over_chance"].value)
        errors.append(result.found["eer"].value)
    assert np.mean(first) == pytest.approx(1, abs=0.35)
    assert np.mean(errors) == pytest.approx(0.5, abs=0.05)
    assert found(gallery, probe, method).found["rank1_over_chance"].value > 4


def test_people_who_do_not_differ_are_not_told_apart_in_as_many_worlds_as_it_says():
    held = [found(*world(12, differ=0, seed=seed)).found for seed in range(60)]
    assert np.mean([one["rank1_over_chance"].low <= 1 <= one["rank1_over_chance"].high for one in held]) >= 0.9
    assert np.mean([one["eer"].low <= 0.5 <= one["eer"].high for one in held]) >= 0.88


def test_a_constant_measure_shares_the_first_place_and_gives_exact_chance():
    flat = np.ones((1, 8, 2))
    result = found(flat, flat)
    assert result.found["rank1"].value == pytest.approx(1 / 8)
    assert result.found["eer"].value == pytest.approx(0.5)


@pytest.mark.parametrize("method", HERE)
def test_units_and_the_order_of_people_change_nothing(method):
    gallery, probe = world(14, rounds=2)
    units, order = np.array([1e-3, 1, 10, 1e3] * 2), np.random.default_rng(0).permutation(14)
    plain = linking.distances(gallery, probe, method, QUICK)
    assert linking.distances(5 + units * gallery, 5 + units * probe, method, QUICK) == pytest.approx(plain, nan_ok=True)
    if method != "wccn":
        moved = linking.distances(gallery[:, order], probe[:, order], method)
        assert moved == pytest.approx(plain[:, order][:, :, order])


# --- whoever is tested takes no part --------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["euclidean", "cosine"])
def test_the_scale_is_that_of_the_others(method):
    gallery, probe = world(10)
    before = linking.distances(gallery, probe, method)
    gallery[:, 3] += 100
    after = linking.distances(gallery, probe, method)
    others = np.delete(np.arange(10), 3)
    assert after[0, 3, others] == pytest.approx(before[0, 3, others])  # 3's own gallery does not stand in 3's scale
    assert not np.allclose(after[0, 4, others], before[0, 4, others])


def test_nothing_is_learnt_from_people_under_test_nor_from_their_group(monkeypatch):
    asked, learn = [], linking.learn
    groups = np.repeat(["a", "b", "c", "d"], 3)

    def spied(values, people):
        asked.append(set(np.round(values[:, 0], 9)))
        return learn(values, people)

    monkeypatch.setattr(linking, "learn", spied)
    gallery, probe = world(12)
    apart = linking.distances(gallery, probe, "wccn", QUICK, groups=groups)
    of = {value: groups[n] for side in (gallery, probe) for n, value in enumerate(np.round(side[0, :, 0], 9))}
    for half in range(QUICK.n_halves):
        tested = np.isfinite(apart[half])
        for block, known in ((0, asked[2 * half]), (1, asked[2 * half + 1])):
            learnt = {of[value] for value in known}
            assert len(learnt) == 2
            mine = np.isin(groups, list(learnt))
            assert not tested[np.ix_(mine, ~mine)].any(), block
    assert (np.isfinite(apart).sum(axis=2) == 6).all()


# --- intervals ------------------------------------------------------------------------------------------------------


def test_everybody_found_is_no_certainty():
    gallery, _ = world(10)
    result = found(gallery, gallery).found["rank1"]
    assert (result.low, result.high) == pytest.approx((0.025 ** (1 / 10), 1))
    nobody = found(gallery, np.roll(gallery, 1, axis=1)).found["rank1_over_chance"]
    assert (nobody.value, nobody.low) == (0, 0)
    assert nobody.high > 2  # ten people missed are no proof that it is safe


def test_people_of_one_group_carry_no_interval():
    result = found(*world(8), groups=np.zeros(8)).found
    assert np.isfinite(result["rank1"].value)
    assert np.isnan(result["rank1"].low)
    assert result["rank1"].why == "too_few_people"


def test_wider_intervals_where_people_hang_together():
    gallery, probe = world(40, differ=1)
    gallery, probe = (np.repeat(side[:, :20], 2, axis=1) for side in (gallery, probe))
    probe = probe + 1e-6 * np.random.default_rng(0).normal(size=probe.shape)
    apart = linking.distances(gallery, probe)
    wide = [linking.linked(apart, of, QUICK).found["eer"] for of in (np.repeat(np.arange(20), 2), np.arange(40))]
    assert wide[0].high - wide[0].low > 1.15 * (wide[1].high - wide[1].low)


# --- what is missing, and what is refused ---------------------------------------------------------------------------


def test_whoever_is_missing_is_neither_sought_nor_found():
    gallery, probe = world(6, rounds=2)
    probe[0, 2], gallery[1, 4] = np.nan, np.nan
    apart = linking.distances(gallery, probe)
    hit, chance = linking.hits(apart)
    assert np.isnan(hit[0, 2])
    assert np.isnan(hit[1, 4])
    assert chance[1, 0] == pytest.approx(1 / 5)
    probe[:, :], gallery[:, :] = np.nan, np.nan
    nobody = linking.linked(linking.distances(gallery, probe), np.arange(6), QUICK)
    assert (nobody.n_people, nobody.found["rank1"].why) == (0, "one_rating")


def test_a_missing_value_counts_as_the_mean_of_the_others():
    gallery, probe = world(7)
    probe[0, 1, 0] = np.nan
    filled = probe.copy()
    filled[0, 1, 0] = np.delete(gallery[0, :, 0], 1).mean()
    assert linking.distances(gallery, probe) == pytest.approx(linking.distances(gallery, filled))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"method": "psychic"}, "no method 'psychic'; known are euclidean"),
        ({"method": "wccn_elsewhere"}, "needs what was learnt on other people"),
        ({"probe": np.ones((1, 5, 2))}, "expected \\(rounds, people, values\\), both alike"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(change, said):
    gallery, probe = world(6)
    with pytest.raises(EvidenceError, match=said):
        linking.distances(gallery, **({"probe": probe} | change))


def test_nothing_can_be_learnt_where_nobody_was_recorded_twice():
    with pytest.raises(EvidenceError, match="nobody was recorded twice"):
        linking.learn(np.ones((4, 2)), ["a", "b", "c", "d"])


# --- the study ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def committed():
    return who.read(DATA) | withheld.read(DATA) | scored.read(DATA, ["score_facts"])


def clips(n_people=6, seed=0):
    """SYNTHETIC clips: each person's two sentences sixteen times, a voice of their own, eight for calibration."""
    draw = np.random.default_rng(seed)
    rows = []
    names = ("voice_f0_st27_mean", *artefacts.RELATIVE, "voice_speech_share")
    names += tuple(f"voice_mfcc_{number}_mean" for number in range(1, 9))
    for person in range(n_people):
        own = 5 * draw.normal(size=len(names))
        for number in range(32):
            values = dict(zip(names, own + draw.normal(size=len(names)), strict=True))
            about = {"recording_id": f"{person}_{number}", "person_id": f"p{person}", "group_id": f"p{person}"}
            about |= {"start_s": 0.0, "end_s": 1.0 + draw.random(), "is_calibration": number % 4 == 0}
            rows.append(
                about | values | {"confound_sentence": "ab"[number % 32 // 16], "confound_sex": "mf"[person % 2]}
            )
    return pd.DataFrame(rows)


def test_the_sentence_of_the_gallery_is_never_that_of_the_probe_and_calibration_is_on_neither_side():
    table = clips()
    table["voice_mfcc_1_mean"] = np.arange(len(table))
    laid = artefacts.of_voice(table, "RAVDESS", table["confound_sentence"] == "b")
    timbre = [one for one in laid if one.name == "timbre alone"]
    for one in timbre:
        place = one.columns.index("voice_mfcc_1_mean")
        for side, letter in ((one.gallery, "a"), (one.probe, "b")):
            if one.given == "one clip":
                rows = table.iloc[side[..., place].astype(int).ravel()]
                assert set(rows["confound_sentence"]) == {letter}
                assert not rows["is_calibration"].any()
                assert list(rows["person_id"]) == list(one.people) * artefacts.N_ROUNDS
            else:
                kept = table[(table["confound_sentence"] == letter) & ~table["is_calibration"]]
                mean = kept.groupby("person_id")["voice_mfcc_1_mean"].mean()
                assert side[0, :, place] == pytest.approx(mean.to_numpy())


def test_a_usual_of_ones_own_hides_a_planted_voice_and_one_usual_for_both_sides_does_not():
    laid = {(one.name, one.given): one for one in _laid(clips(20))}
    rank = {name: who.rows(one, QUICK).set_index(["method", "quantity"])["value"] for name, one in laid.items()}
    plain = rank["voice, all measures", "many clips"]["euclidean", "rank1"]
    own = rank["voice as distance from own usual", "many clips"]["euclidean", "rank1"]
    both = rank["voice as distance from one usual for both", "many clips"]["euclidean", "rank1"]
    assert plain > 0.8
    assert own < 0.3
    assert both > own + 0.2


def _laid(table):
    return artefacts.of_voice(table, "RAVDESS", table["confound_sentence"] == "b")


def test_an_attribute_is_told_where_it_is_planted_and_not_where_it_is_not():
    table = clips(20)
    one = next(one for one in _laid(table) if (one.name, one.given) == ("timing alone", "many clips"))
    about = table.drop_duplicates("person_id").set_index("person_id")[["confound_sex"]]
    folds = replace(QUICK, interval=intervals.IntervalSettings(few_groups=8, n_bootstrap=200))
    blind = who.attributes(one, about, folds).iloc[0]
    planted = np.where(about.loc[one.people, "confound_sex"] == "m", 40.0, 0)[:, None]
    seen = who.attributes(replace(one, gallery=one.gallery + planted, probe=one.probe + planted), about, folds).iloc[0]
    assert seen["quantity"] == "auc_sex"
    assert seen["value"] > 0.95
    assert blind["value"] < 0.75


def test_landmarks_are_turned_to_the_front_wherever_the_head_points():
    from mien.face import pose

    face = pose.canonical() * [1, -1, -1]
    angle = np.radians(25)
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    moved = 3 * face @ turn + [100, 50, 7]
    assert withheld.to_the_front(moved) == pytest.approx(withheld.to_the_front(face), abs=1e-6)
    bent = face + np.eye(len(face), 3) * 4
    assert not np.allclose(withheld.to_the_front(bent), withheld.to_the_front(face), atol=1e-3)


def test_meetings_are_linked_within_a_group_and_among_all():
    draw = np.random.default_rng(3)
    rows = []
    for series in range(5):
        for person in range(4):
            own = 9 * draw.normal(size=3)
            for meeting in withheld.MEETINGS:
                values = dict(zip(("turn_a", "turn_b", "turn_c"), own + draw.normal(size=3), strict=True))
                parts = dict.fromkeys((*withheld.scores.COMPONENTS, *who.SCORES, "length_s"), 1.0)
                ids = {"recording_id": f"s{series}{meeting}", "person_id": f"s{series}p{person}"}
                rows.append(ids | {"group_id": f"s{series}"} | values | parts)
    laid = {(one.name, one.given): one for one in withheld.of_ami(pd.DataFrame(rows))}
    found = {key: who.rows(one, QUICK).set_index(["method", "quantity"]) for key, one in laid.items()}
    among_all = found["turn statistics", "one meeting"].loc[("euclidean", "rank1")]
    among_four = found["turn statistics", "one meeting, own group only"].loc[("euclidean", "rank1")]
    assert (among_all["gallery"], among_four["gallery"]) == (20, 4)
    assert among_all["n_groups"] == 5
    assert 1 >= among_four["value"] >= among_all["value"] > 0.8
    shared = found["what everybody in the meeting shares", "one meeting"].loc[("euclidean", "rank1")]
    assert shared["value"] <= 0.25 + 1e-9  # four share every value, so that they share the first place


def test_the_rule_of_c12_decides_the_class():
    rules = verdict.load()
    said = {"identifies": (9, 6, 12), "safe": (1, 0.5, 2), "partly": (4, 1, 9), "inconclusive": (7, 3, 9)}
    for word, (value, low, high) in said.items():
        assert who.by_rule({"value": value, "low": low, "high": high}, rules) == word
    assert who.by_rule({"value": 7, "low": np.nan, "high": np.nan}, rules) == "inconclusive"
    assert set(said) == set(who.CLASSES)


def test_committed_quantities_are_the_worst_of_what_is_stored(committed):
    found, quantities = committed["reid"], verdict.quantities.checked(committed["reid_quantities"], verdict.load())
    assert set(zip(quantities["corpus"], quantities["target"], quantities["signals"], strict=True)) == {
        scope[:3] for scope in who.SCOPES
    }
    for row in quantities.to_dict("records"):
        mine = found[(found["corpus"] == row["corpus"]) & (found["signals"] == row["signals"])]
        mine = mine[mine["role"].isin(["stored", "part"]) & (mine["quantity"] == "rank1_over_chance")]
        if len(mine):
            assert row["value"] == pytest.approx(mine["value"].max())
        else:
            assert row["why"] == "value: one_rating"


def test_committed_rows_hold_no_person_and_keep_their_bounds(committed):
    found = committed["reid"]
    assert not found["artefact"].str.contains("London_|ravdess_|ami_").any()
    over = found[found["quantity"] == "rank1_over_chance"]
    assert (over["value"] <= over["gallery"] + 1e-6).all()
    rest = found[found["quantity"] != "rank1_over_chance"]
    assert rest["value"].dropna().between(0, 1).all()
    assert (found["low"].isna() | ((found["low"] <= found["value"]) & (found["value"] <= found["high"]))).all()
    assert len(committed["reid_unshared"]) < len(found)


def test_the_answer_is_computed_from_the_tables(committed):
    found, facts = committed["reid"], committed["score_facts"]
    said = who.answer(found, facts).text
    row = linking.worst(found, corpus="London", artefact="blendshapes").set_index("quantity").loc["rank1"]
    assert f"{100 * row['value']:.0f} % [" in said
    changed = found.assign(value=np.where(found["quantity"] == "rank1", 0.123, found["value"]))
    assert "12 % [" in who.answer(changed, facts).text


def test_committed_rows_are_those_of_the_committed_windows(committed):
    """One corpus anew: the interviews, by all their columns."""
    table = tables.read(DATA / "mit_windows.csv", tables.WINDOWS)
    for one in artefacts.of_mit(table)[:2]:
        mine = who.rows(one).set_index(["method", "quantity"])
        there = committed["reid"].query("corpus == 'MIT Interview' and artefact == @one.name")
        there = there[there["method"].isin(linking.METHODS)].set_index(["method", "quantity"])
        for name in ("value", "low", "high", "chance"):
            assert mine[name].to_numpy() == pytest.approx(there[name].to_numpy(), abs=1e-5)


def test_a_folder_must_be_named_for_each_corpus(tmp_path):
    with pytest.raises(withheld.corpora.CorpusError, match="no folder for haines, london; expected one for each"):
        withheld.remake({"ami": tmp_path}, tmp_path)
