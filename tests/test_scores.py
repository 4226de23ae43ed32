"""The open score: hand-worked timelines, properties, resamples against a slow recount, references, and the command."""

import json
import math
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mien import __main__, scores, store, tables, turns
from mien.scores import ScoreSettings
from mien.study import scored, scoring, sides

CASES = json.loads((Path(__file__).parent / "reference/openengage_cases.json").read_text())["cases"]
NORMS = scores.Norms((-0.1, -0.2, 1.8), (0.05, 0.1, 0.5), ((1, 0.3, 0), (0.3, 1, -0.2), (0, -0.2, 1)))
LENIENT = turns.TurnSettings(min_total_s=0, min_transfers=1, min_duration_s=0, flag_duration_s=0)
QUICK = ScoreSettings(n_bootstrap=100)


def speech(*rows):
    return pd.DataFrame(rows, columns=["person_id", "start_s", "end_s"])


def talk(people="ab", length_s=600, seed=1, usual_gap_s=0.2):
    """A made-up conversation: turns of about 3 s in random order of people, gaps around ``usual_gap_s``."""
    rng, at, rows, last = store.rng(f"test/talk/{seed}"), 1.0, [], ""
    while at < length_s - 12:
        last = str(rng.choice([person for person in people if person != last]))
        end = at + rng.gamma(3, 1)
        rows.append((last, round(at, 3), round(end, 3)))
        at = max(end + rng.normal(usual_gap_s, 0.3), at + 0.2)
    return speech(*rows)


def sided(people="ab"):
    return {person: "B" if person == people[-1] else "A" for person in people}


# --- the hand-worked timelines ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_hand_worked_timelines_are_scored_as_on_paper(case):
    choices = dict(case["settings"])
    settings = ScoreSettings(talk_ideal=choices.pop("talk_ideal", 0.5), n_bootstrap=20)
    norms = scores.given(case["reference"]) if "reference" in case else NORMS
    turn = replace(turns.TurnSettings(), **choices)
    segments = pd.DataFrame(case["segments"])
    found = scores.openengage(segments, case["roles"], case["duration_s"], norms, settings, turn)
    by_name = {f"E_{one.profile}": one for one in found}
    for name, expected in case["expected"].items():
        if name.startswith("E_"):
            assert by_name[name].value == pytest.approx(
                math.nan if expected is None else expected, abs=1e-3, nan_ok=True
            )
        elif name in scores.COMPONENTS:
            value = found[0].components[name]["value"]
            assert value == pytest.approx(math.nan if expected is None else expected, abs=1e-6, nan_ok=True)
    for name, reason in case.get("expected_reasons", {}).items():
        if name.startswith("E_"):
            assert by_name[name].why["value"] == reason
        elif name in scores.COMPONENTS:
            assert found[0].why[name] == reason


def test_the_fixture_has_scores_in_it():
    scored_cases = [case for case in CASES if any(name.startswith("E_") for name in case["expected"])]
    assert len(CASES) == 20
    assert len(scored_cases) == 2


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_components_are_those_of_turns(case):
    choices = {name: value for name, value in case["settings"].items() if name != "talk_ideal"}
    turn = replace(turns.TurnSettings(), **choices)
    same_as_turns(pd.DataFrame(case["segments"]), case["roles"], case["duration_s"], turn)


@pytest.mark.parametrize("seed", range(8))
def test_components_are_those_of_turns_in_any_conversation(seed):
    people = "abcd"[: 2 + seed % 3]
    same_as_turns(talk(people, 300, seed), sided(people), 300, turns.TurnSettings())


def same_as_turns(segments, roles, duration_s, turn):
    line = scores.timeline(turns.floor(segments, turn, duration_s, list(roles)), duration_s, roles)
    b = line.side([person for person, side in roles.items() if side == "B"])
    values, reasons = scores.components(line, b, turn)
    expected = turns.measures(segments, roles, duration_s, turn)
    assert values == pytest.approx([expected.values[name] for name in scores.COMPONENTS], abs=1e-9, nan_ok=True)
    assert reasons == {name: why for name, why in expected.reasons.items() if name in scores.COMPONENTS}


# --- the profiles -----------------------------------------------------------------------------------------------------


def test_the_mean_of_the_reference_scores_fifty_and_its_composite_is_normal():
    rng = store.rng("test/normal world")
    correlation = np.array([[1, 0.5, 0.2], [0.5, 1, -0.3], [0.2, -0.3, 1]])
    x = rng.multivariate_normal((-0.2, -0.3, 1.5), correlation * np.outer((0.1, 0.2, 0.4), (0.1, 0.2, 0.4)), 20_000)
    norms = scores.norms_of(x)
    assert scores.of_oriented(np.array(norms.mean), norms) == pytest.approx(50)
    assert stats.kstest(scores.of_oriented(x, norms) / 100, "uniform").pvalue > 0.01


def test_a_missing_component_is_never_zero_and_never_left_out():
    for at in range(3):
        x = np.array([0.5, 0.2, 6.0])
        x[at] = np.nan
        assert np.isnan(scores.fixed_curve(x))
        assert np.isnan(scores.norm_referenced(x, NORMS))
        for name, weights in scores.ALONE.items():
            lacks = (
                np.isnan(scores.fixed_curve(x, weights=weights)),
                np.isnan(scores.norm_referenced(x, NORMS, None, weights)),
            )
            assert lacks == ((weights[at] == 1),) * 2, name


def test_later_answers_never_raise_and_more_changes_never_lower_a_score():
    lags, rates = np.linspace(-0.9, 2.9, 50), np.linspace(0.1, 30, 50)
    for profile in (scores.fixed_curve, lambda x: scores.norm_referenced(x, NORMS)):
        by_lag = profile(np.stack([np.full(50, 0.4), lags, np.full(50, 5.0)], axis=-1))
        by_rate = profile(np.stack([np.full(50, 0.4), np.full(50, 0.2), rates], axis=-1))
        assert (np.diff(by_lag) <= 0).all()
        assert (np.diff(by_rate) >= 0).all()
        assert by_lag[0] > by_lag[-1] + 10


@pytest.mark.parametrize(
    ("share", "expected"), [(0.05, 0), (0.225, 0.5), (0.4, 1), (0.65, 1), (0.8, 0.5), (0.95, 0), (1, 0)]
)
def test_the_curve_of_the_talk_share_is_the_trapezoid(share, expected):
    assert scores.curves([share, 1.0, 3.0])[0] == pytest.approx(expected)


def test_curves_are_a_half_at_the_half_and_63_percent_at_the_rate():
    assert scores.curves([0.5, 1.0, 3.0])[1:] == pytest.approx([0.5, 1 - np.exp(-1)])


# --- resamples --------------------------------------------------------------------------------------------------------


def recounted(segments, changes, starts_s, lengths_s, b="b"):
    """The same by hand: every block cut out of the table of speech and the list of transfers."""
    talked, lags, n = {"a": 0.0, "b": 0.0}, [], 0
    for start, length in zip(starts_s, lengths_s, strict=True):
        for row in segments.itertuples():
            talked[row.person_id] += max(0.0, min(row.end_s, start + length) - max(row.start_s, start))
        for change in changes:
            if start * 1000 <= change.time_ms < (start + length) * 1000:
                n += 1
                lags += [change.fto_ms / 1000] if change.status == "ok" and change.side_after == "B" else []
    return talked[b] / sum(talked.values()), np.median(lags), n / (sum(lengths_s) / 60)


def test_a_resample_is_what_a_recount_by_hand_gives():
    segments = talk(seed=3)
    turn = turns.TurnSettings(min_pause_s=0.0)
    everything = turns.floor(segments, turn, 600)
    line = scores.timeline(everything, 600)
    changes = turns.transfers(everything.turns, turn, sided())
    starts = np.floor(store.rng("test/blocks").random((6, 10)) * 540_000)
    lengths = np.full_like(starts, 60_000)
    lengths[:, -1] = 31_000
    found = scores.drawn(line, line.side("b"), starts, lengths, turn)
    for row, (own, long) in zip(found, zip(starts, lengths, strict=True), strict=True):
        assert row == pytest.approx(recounted(segments, changes, own / 1000, long / 1000), abs=1e-6)


def test_the_whole_recording_as_one_block_is_the_recording():
    line = scores.timeline(turns.floor(talk(seed=5), None, 600), 600)
    whole = scores.drawn(line, line.side("b"), np.zeros((1, 1)), np.full((1, 1), 600_000.0))[0]
    assert whole == pytest.approx(scores.components(line, line.side("b"))[0])


def test_intervals_hold_the_truth_as_often_as_they_say():
    """In 80 conversations of one kind the interval of 10 minutes holds what very long ones give (95 % said)."""
    settings = ScoreSettings(n_bootstrap=300)
    long = scores.heard(talk(length_s=40_000, seed="long"), sided(), 40_000, replace(settings, n_bootstrap=0))
    truth = float(scores.norm_referenced(long.values, NORMS))
    held = []
    for seed in range(80):
        one = scores.heard(talk(seed=f"short {seed}"), sided(), 600, settings, name=str(seed))
        score = scores.scored(one, NORMS)[0]
        held.append(score.low <= truth <= score.high)
    assert 0.84 <= np.mean(held) <= 1.0


def test_intervals_repeat_and_narrow_with_length():
    short, again = (scores.openengage(talk(seed=7), sided(), 600, NORMS, QUICK)[0] for _ in range(2))
    long = scores.openengage(talk(seed=7, length_s=5000), sided(), 5000, NORMS, QUICK)[0]
    assert (short.low, short.high) == (again.low, again.high)
    assert long.sem_points < 0.7 * short.sem_points


def test_a_recording_of_less_than_two_blocks_has_no_interval():
    one = scores.openengage(talk(seed=7, length_s=100), sided(), 100, NORMS, QUICK, LENIENT)[1]
    assert np.isfinite(one.value)
    assert np.isnan([one.low, one.high, one.sem_points]).all()
    assert one.why["low"] == "short_recording"


def test_pieces_are_scored_as_recordings_of_their_own():
    segments = talk(seed=9, length_s=1200)
    line = scores.timeline(turns.floor(segments, None, 1200), 1200)
    first = scores.pieces(line, line.side("b"), 300)
    assert first.shape == (4, 3)
    alone = segments[segments["start_s"] < 300].assign(end_s=lambda rows: rows["end_s"].clip(upper=300))
    own = scores.timeline(turns.floor(alone, None, 300), 300)
    assert first[0] == pytest.approx(scores.components(own, own.side("b"))[0], abs=0.02)


# --- the same with one thing changed ----------------------------------------------------------------------------------


@pytest.mark.parametrize("by_s", [0.1, 0.35, 0.6])
def test_a_delayed_timeline_is_that_of_delayed_speech(by_s):
    rows, later = [], 0.0
    original = [("ab"[n % 2], 10.0 * n, 10.0 * n + 9.7) for n in range(30)]
    for person, start, end in original:
        later += by_s if person == "b" else 0
        rows.append((person, start + later, end + later))
    line = scores.timeline(turns.floor(speech(*original), None, 300), 300)
    moved = scores.delayed(line, line.side("b"), by_s)
    expected = turns.measures(speech(*rows), sided(), 300 + 15 * by_s).values
    found = scores.components(moved, line.side("b"))[0]
    assert found == pytest.approx([expected[name] for name in scores.COMPONENTS], abs=1e-6)


def test_a_filler_first_makes_answers_earlier_and_talk_longer():
    original = speech(*[("ab"[n % 2], 10.0 * n, 10.0 * n + 9.7) for n in range(30)])
    line = scores.timeline(turns.floor(original, None, 300), 300)
    b = line.side("b")
    before, after = scores.components(line, b)[0], scores.components(scores.delayed(line, b, -0.3), b)[0]
    assert after[1] - before[1] == pytest.approx(-0.3)
    assert after[0] == pytest.approx(150 * 0.97 / 291 + 0.3 * 15 / 295.5 * 0.5, abs=0.01)
    assert after[0] > before[0]


# --- the multiverse ---------------------------------------------------------------------------------------------------


def test_every_specification_is_scored_and_the_usual_one_is_among_them():
    segments = talk("abc", seed=11)
    found = scores.lines(segments, 600)
    x = scores.measured(found, ("c",))
    norm, curve = scores.norm_scores(x, [NORMS] * 144), scores.curve_scores(x)
    assert (norm.shape, curve.shape) == ((576,), (5184,))
    usual = scores.openengage(segments, sided("abc"), 600, NORMS, QUICK)
    place = sides.default_place()
    assert norm[place * 4] == pytest.approx(usual[0].value)
    assert curve[place * 36 + 4 * 4] == pytest.approx(usual[1].value)  # lag_half_s 1.0 and change0_per_min 3.0
    specs = list(product(*scores.AXES.values()))
    assert dict(zip(scores.AXES, specs[place], strict=True)) == scores.DEFAULT


def test_each_choice_is_the_choice_it_says():
    segments = talk("abc", seed=12)
    x = scores.measured(scores.lines(segments, 600), ("c",))
    for number in store.rng("test/specs").choice(144, 8, replace=False):
        spec = dict(zip(scores.AXES, list(product(*scores.AXES.values()))[number], strict=True))
        turn = turns.TurnSettings(**{name: spec[name] for name in ("min_pause_s", "bc_max_s", "lapse_s")})
        told = turns.measures(segments, sided("abc"), 600, turn)
        lags = [c.fto_ms for c in told.transfers if c.status == "ok" and c.side_after == "B"]
        lags = [lag for lag in lags if lag > 0] if spec["positive_lag"] else lags
        share = "talk_share_B" if spec["denominator"] == "speech" else "talk_time_share_B"
        expected = (told.values[share], np.median(lags) / 1000, told.values["changes_per_min"])
        assert x[number] == pytest.approx(expected, abs=1e-9), spec


def test_a_multiverse_is_summed_up():
    rng = store.rng("test/multiverse")
    true = rng.normal(50, 10, (40, 1))
    alike = scores.summed_up(true + rng.normal(0, 0.01, (40, 20)))
    unlike = scores.summed_up(rng.normal(50, 10, (40, 20)))
    assert alike["spec_rank_r_min"] > 0.99
    assert unlike["spec_rank_r_median"] < 0.5
    expected = [stats.spearmanr(column, np.arange(40)).statistic for column in np.arange(40)[:, None].repeat(2, 1).T]
    assert expected == [1, 1]
    assert scores.summed_up(np.array([[1, 2.0], [3, 4], [5, np.nan]]))["n_recordings"] == 2


# --- references -------------------------------------------------------------------------------------------------------


def test_norms_are_mean_spread_and_correlation():
    x = store.rng("test/norms").normal(size=(50, 3)) @ np.array([[1, 0.5, 0], [0, 1, 0.2], [0, 0, 1]])
    norms = scores.norms_of(np.vstack([x, [[np.nan, 0, 0]]]))
    frame = pd.DataFrame(x)
    assert norms.mean == pytest.approx(frame.mean().tolist())
    assert norms.sd == pytest.approx(frame.std().tolist())
    assert np.array(norms.correlation) == pytest.approx(frame.corr().to_numpy())


def test_the_references_are_pinned_whole_and_the_same_in_the_package():
    committed = scores.read()
    assert scores.place().read_bytes() == Path(scores.__file__).with_name(scores.FILE).read_bytes()
    assert committed.groupby("id").size().eq(144).all()
    assert len(scores.every_norms("ami_each_v1", committed)) == 144
    assert set(committed["id"]) == {f"{corpus}_{how}_v1" for corpus in ("ami", "gap", "mrda") for how in scores.SIDES}


def test_a_changed_reference_is_refused(tmp_path):
    text = scores.place().read_text().splitlines()
    cells = text[1].split(",")
    cells[scores.TABLE.names.index("mean_minus_lag_B_s")] = "-0.25"
    path = tmp_path / scores.FILE
    path.write_text("\n".join([text[0], ",".join(cells), *text[2:]]) + "\n")
    with pytest.raises(tables.TableError, match="is not what its sha256 says"):
        scores.read(path)


def test_an_unknown_reference_or_choice_is_refused_with_the_nearest():
    with pytest.raises(tables.TableError, match="did you mean 'ami_each_v1'"):
        scores.norms("ami_each")
    with pytest.raises(tables.TableError, match="has no lapse_s 4"):
        scores.norms("ami_each_v1", lapse_s=4.0)


def test_sides_are_made_of_everybody_in_turn():
    assert scores.sides("cab") == [("a",), ("b",), ("c",)]
    assert scores.sides("dcab", "halves") == [("a", "b"), ("b", "c"), ("c", "d"), ("d", "a")]
    assert scores.sides("abc", "halves") == scores.sides("abc", "each")
    assert scores.sides("a") == []


@pytest.fixture(scope="module")
def gap(shared):
    return sides.of_corpus("gap", shared / "data" / "gap")


def test_the_committed_reference_of_gap_is_remade(gap):
    committed = scores.read()
    remade = scores.pinned(scores.table_of(*told(gap["each"])))
    old = committed[committed["id"] == "gap_each_v1"].reset_index(drop=True)
    pd.testing.assert_frame_equal(remade.drop(columns="sha256"), old.drop(columns="sha256"), check_dtype=False)
    assert remade["sha256"].iloc[0] == old["sha256"].iloc[0]


def told(one):
    return scores.oriented(one.components), one.about, one.how, one.id, "CC BY-NC 4.0"


def test_no_recording_is_in_its_own_reference(gap):
    one = gap["each"]
    norms, _ = sides.norms_without(one, {"gap": gap})
    group = one.about["group_id"].iloc[0]
    changed = replace(one, components=one.components.copy())
    changed.components[(one.about["group_id"] == group).to_numpy()] += 5.0
    again, _ = sides.norms_without(changed, {"gap": gap})
    others = [name for name in norms if name != group]
    assert again[group] == norms[group]
    assert all(again[name] != norms[name] for name in others)


def test_meetings_of_one_network_of_people_borrow_another_reference(gap):
    lonely = replace(gap["each"], corpus="mrda")
    norms, name = sides.norms_without(lonely, {"ami": gap})
    assert name == gap["each"].id
    assert len(set(map(str, norms.values()))) == 1


# --- comparators ------------------------------------------------------------------------------------------------------


def test_the_patents_formula_is_its_sum_and_without_gestures_there_is_none():
    assert scores.avaya_2022(30, 12, 6, 60, (0.5, 0.3, 0.2)) == pytest.approx(100 * (0.25 + 0.06 + 0.02))
    score, talk_only = scores.avaya(30, 60)
    assert np.isnan(score.value)
    assert score.why == {"value": "no_gestures"}
    assert talk_only.value == pytest.approx(50)
    assert scores.avaya(30, 60, gestures=(0, 0))[0].value == pytest.approx(100 / 6)


def test_sentiment_weighs_by_how_long_it_lasts_and_fifty_is_neutral():
    said = pd.DataFrame({"words": ["good", "bad", "so"], "start_s": [0, 3, 4], "end_s": [3, 4, 8]})
    polarity = {"good": 1.0, "bad": -1.0, "so": 0.0}.get
    assert scores.sentiment(said, polarity).value == pytest.approx(50 + 50 * (3 - 1) / 8)
    assert scores.sentiment(said[2:], polarity).value == pytest.approx(50)
    assert scores.sentiment(said.drop(columns="words"), polarity).why == {"value": "no_words"}


def test_the_lexicon_knows_good_from_bad():
    pytest.importorskip("vaderSentiment", reason="the optional lexicon is not installed")
    polarity = scores.vader()
    assert polarity("this is great, I love it") > 0.3 > -0.3 > polarity("this is awful, I hate it")


def test_parts_alone_see_one_part_only():
    one = scores.heard(talk(seed=2), sided(), 600, QUICK)
    moved = replace(one, values=one.values + np.array([0.0, 0.5, 0.0]))
    before, after = ({(s.name, s.profile): s.value for s in scores.alone(x, NORMS)} for x in (one, moved))
    assert {key[0] for key in before if before[key] != after[key]} == {"lag_alone"}


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def run(capsys, tmp_path):
    def score(segments, roles=None, *words, recordings=None):
        tables.write(segments, tmp_path / "turns.csv")
        more = []
        for name, table in (("roles", roles), ("recordings", recordings)):
            if table is not None:
                tables.write(pd.DataFrame(table), tmp_path / f"{name}.csv")
                more += [f"--{name}", tmp_path / f"{name}.csv"]
        asked = ["score", "--turns", tmp_path / "turns.csv", *more, "--out", tmp_path / "out", *words]
        code = __main__.main([str(word) for word in asked])
        out = capsys.readouterr()
        path = tmp_path / "out" / "scores.csv"
        return code, out.out, out.err, tables.read(path, tables.SCORES) if path.is_file() else None

    return score


ROLES = {"person_id": ["a", "b"], "role": ["A", "B"]}


def test_by_default_no_number_of_a_person_is_shown(run):
    code, out, _, table = run(talk(seed=1), ROLES)
    assert code == 0
    numbers = table[[c for c in scoring.NUMBERS if c != "n_people"]]
    assert numbers.isna().all(axis=None)
    assert set(table["person_id"]) == {""}
    own = table[(table["score"] == "openengage") & (table["recording_id"] == "turns")]
    assert own["why"].str.contains("value: withheld").all()
    assert "too few people" in out
    assert "not intended to be used for employment decisions" in out
    assert "never to be called, a vendor's formula" in out
    assert "public [Z1" in out
    assert "assumed [A]" in out


def test_a_score_of_a_person_needs_everybodys_consent(run):
    rows = {"recording_id": ["turns", "turns"], "consent_scope": ["extract+score_people", "extract"]}
    code, out, err, table = run(talk(seed=1), ROLES, "--per-person", recordings=rows)
    assert (code, out, table) == (2, "", None)
    assert "score_people" in err
    assert "in every row" in err
    code, _, err, _ = run(talk(seed=1), ROLES, "--per-person")
    assert code == 2
    assert "consent_scope" in err


def test_with_consent_a_person_has_an_interval_and_an_error(run):
    rows = {"recording_id": ["turns"], "consent_scope": ["score_people"]}
    code, out, _, table = run(talk(seed=1), ROLES, "--per-person", recordings=rows)
    one = table[(table["score"] == "openengage") & (table["profile"] == "norm_referenced")].iloc[0]
    assert code == 0
    assert one["person_id"] == "b"
    assert one["low"] < one["value"] < one["high"]
    assert one["reference"] == "ami_halves_v1"
    assert len(one["reference_sha256"]) == 64
    assert f"turns, b, norm_referenced: {one['value']:.1f} [{one['low']:.1f}, {one['high']:.1f}]" in out
    assert "standard error of measurement" in out


def test_ten_people_make_a_mean(run):
    rows = [talk("ab", seed=n).replace({"a": f"a{n}", "b": f"b{n}"}).assign(recording_id=f"r{n}") for n in range(5)]
    code, out, _, table = run(pd.concat(rows))
    mean = table[(table["recording_id"] == "all") & (table["score"] == "openengage")].set_index("profile")["value"]
    every = scoring.every_score(scoring.of_turns_table(pd.concat(rows)))
    own = every[every["score"] == "openengage"].groupby("profile")["value"].mean()
    assert code == 0
    assert mean[own.index].tolist() == pytest.approx(own.tolist())
    assert "10 people, 5 recordings" in out
    assert table.loc[table["recording_id"] != "all", "value"].isna().all()


@pytest.mark.parametrize(
    ("segments", "roles", "reason"),
    [
        (talk(seed=1, length_s=60), ROLES, "few_transfers"),
        (talk(seed=1), {"person_id": ["a", "b"], "role": ["A", "A"]}, "no_person_on_side"),
        (talk("abc", seed=1), {"person_id": ["a", "b", "c"], "role": ["A", "B", "interpreter"]}, "interpreter"),
        (talk("abc", seed=1), {"person_id": ["a", "b", "c"], "role": ["A", "B", "signer"]}, "signer"),
        (talk(seed=1)[:0], ROLES, "no_turns"),
        (talk(seed=1).query("person_id == 'a'"), ROLES, "few_transfers"),
    ],
    ids=["short", "one role only", "interpreter", "signer", "no turns", "one person speaks"],
)
def test_what_cannot_be_scored_says_why(run, segments, roles, reason):
    rows = {"recording_id": ["turns"], "consent_scope": ["score_people"]}
    code, out, _, table = run(segments, roles, "--per-person", recordings=rows)
    own = table[table["score"] == "openengage"]
    assert code == 0
    assert own["value"].isna().all()
    assert own["why"].str.contains("value: component_nan").all()
    assert own["why"].str.contains(reason).all()
    assert "no score (" in out
    assert tables.REASONS[reason] in out


@pytest.mark.parametrize(
    ("roles", "said"),
    [
        ({"person_id": ["a"], "role": ["A"]}, "no role for 'b'"),
        ({"person_id": ["a", "b"], "role": ["A", "host"]}, "'host' is no role"),
    ],
)
def test_roles_that_make_no_sense_are_refused(run, roles, said):
    code, _, err, _ = run(talk(seed=1), roles)
    assert code == 2
    assert said in err


def test_a_reference_that_may_hold_the_recording_is_refused(run):
    code, _, err, _ = run(talk(seed=1).assign(recording_id="ami_ES2002a"), ROLES)
    assert code == 2
    assert "may hold the recording" in err
    code, _, _, table = run(talk(seed=1).assign(recording_id="ami_ES2002a"), ROLES, "--reference", "gap_halves_v1")
    assert code == 0
    assert set(table["reference"]) == {"", "gap_halves_v1"}


def test_people_are_in_the_order_of_their_names_and_never_ranked(run):
    rows = {"recording_id": ["turns"], "consent_scope": ["score_people"]}
    _, _, _, table = run(talk("dbca", seed=4), None, "--per-person", recordings=rows)
    own = table[(table["score"] == "openengage") & (table["profile"] == "fixed_curve")]
    assert own["person_id"].tolist() == ["a", "b", "c", "d"]
    assert not own["value"].is_monotonic_decreasing


def test_a_built_recording_is_scored(tmp_path, capsys):
    segments = talk("ab", 300, seed=6).replace({"a": "ada", "b": "ben"})
    turns_table = turns.table(segments, 300, recording_id="r", source="segments")
    tables.write(turns_table, tmp_path / "turns.csv")
    window = {"recording_id": "r", "start_s": 0.0, "end_s": 300.0, "group_id": "g", "why": ""}
    tables.write(pd.DataFrame([window | {"person_id": p} for p in ("ada", "ben")]), tmp_path / "windows.csv")
    store.write_json({"recordings": {"r": {"is_synthetic": True}}}, tmp_path / "report.json")
    assert __main__.main(["score", str(tmp_path), "--per-person"]) == 0  # who never lived need not be asked
    out = capsys.readouterr().out
    assert "SYNTHETIC" in out
    assert "r, ada, norm_referenced: " in out
    expected = scores.openengage(segments, {"ada": "A", "ben": "B"}, 300, scores.norms("ami_halves_v1"))[1].value
    assert f"r, ben, fixed_curve: {expected:.1f} [" in out


# --- the committed facts ----------------------------------------------------------------------------------------------


def test_the_committed_facts_are_about_whole_corpora():
    folder = scores.place().parent
    facts = scored.read(folder, ["score_facts"])["score_facts"]
    spread = scored.read(folder, ["score_spread"])["score_spread"]
    assert dict(spread.groupby("corpus")["n_meetings"].max()) == {"ami": 170, "gap": 28, "mrda": 75}
    assert not {"person_id", "recording_id"} & {*facts.columns, *spread.columns}
    assert (spread[["n_meetings", "n_sides", "n_people"]] >= scoring.LEAST_PEOPLE).all(axis=None)
    asked = facts[(facts["quantity"] == "sd_lag_B_s") & (facts["sides"] == "each")].set_index("corpus")["value"]
    assert asked.between(0.09, 0.24).all()


def test_what_was_found_is_said_in_numbers_of_the_table():
    facts = scored.read(scores.place().parent, ["score_facts"])["score_facts"]
    said = scored.answers({"score_facts": facts})["score"].text
    of = facts[(facts["sides"] == "each") & (facts["profile"] == "norm_referenced")].set_index(["quantity", "corpus"])
    delay = of[of["dose"] == 0.35].loc["shift", "value"]
    for name, words in sides.NAMES.items():
        assert f"{100 * of.loc[('share_at_50', name), 'value']:.0f}" in said
        assert f"{delay[name]:+.0f}" in said
        assert f"({words})" in said
    assert "nothing about how engaged anybody was" in said
