"""What is committed of how far people agree: against the fixture, against the corpora, and in the sentences."""

import json
from pathlib import Path

import numpy as np
import pytest

from mien import corpora
from mien.corpora import cremad
from mien.evidence import groups, intervals
from mien.study import ratings, ratings_words

ROOT = Path(__file__).parents[1]
FIXTURE = json.loads((ROOT / "tests" / "reference" / "cremad_ceiling.json").read_text())
CLOSE = FIXTURE["tolerance"]["rates_alpha_correlations_differences_welch_abs"]
LETTERS = {name[0]: emotion for name, emotion in cremad.EMOTIONS.items()}
READ = ratings.read(ROOT / "data")


def row(target, channel, measure):
    return ratings_words.value(READ["agreement"], "cremad", target, channel, measure)


@pytest.mark.parametrize("channel", ratings.CHANNELS)
def test_committed_rows_are_those_of_the_fixture(channel):
    wanted = FIXTURE["channels"][channel]
    names = {
        "hit_rate_votes": "hit_rate_votes",
        "hit_rate": "hit_rate_recordings",
        "majority_hit_rate": "majority_hit_rate",
        "alpha_nominal": "krippendorff_alpha_nominal",
        "rater_vs_others": "rater_vs_leave_one_out_majority",
    }
    for measure, name in names.items():
        found = row("emotion", channel, measure)
        assert found["value"] == pytest.approx(wanted[name], abs=CLOSE), measure
        assert found["low"] < found["value"] < found["high"]
        assert found[["n_units", "n_ratings", "n_people"]].tolist() == [wanted["n_recordings"], wanted["n_votes"], 91]
    for letter, value in wanted["hit_rate_by_emotion"].items():
        assert row(LETTERS[letter], channel, "hit_rate")["value"] == pytest.approx(value, abs=CLOSE)


@pytest.mark.parametrize("pair", FIXTURE["vote_share_correlations"])
def test_committed_correlations_of_channels_are_those_of_the_fixture(pair):
    for letter, value in FIXTURE["vote_share_correlations"][pair].items():
        found = row(LETTERS[letter], pair.replace("_", "+"), "vote_share_r")
        assert found["value"] == pytest.approx(value, abs=CLOSE)


@pytest.mark.parametrize("channel", ratings.CHANNELS)
def test_committed_actors_give_the_spread_and_the_differences_of_the_fixture(channel):
    wanted = FIXTURE["channels"][channel]
    mine = READ["agreement_people"].query("channel == @channel")
    found = mine["hit_rate"].quantile([0, 0.05, 0.5, 0.95, 1]).tolist()
    assert found == pytest.approx(list(wanted["person_hit_rate"].values()), abs=CLOSE)
    settings = groups.GroupSettings(interval=intervals.IntervalSettings(n_bootstrap=10_000))
    for name, (column, first, second) in ratings.PAIRS.items():
        apart = groups.difference_of_people(mine["hit_rate"], mine[column], first, second, settings)
        assert [apart["n_first"], apart["n_second"]] == [wanted[name]["n_first"], wanted[name]["n_second"]]
        assert apart["difference"].value == pytest.approx(wanted[name]["difference"], abs=CLOSE)
        assert row(name, channel, "hit_rate_difference")["value"] == pytest.approx(apart["difference"].value, abs=1e-5)
        assert [apart["welch_low"], apart["welch_high"]] == pytest.approx(wanted[name]["ci95_welch"], abs=CLOSE)
        drawn = [apart["percentile_low"], apart["percentile_high"]]
        assert drawn == pytest.approx(wanted[name]["ci95_person_bootstrap"], abs=0.004)
        assert apart["testable"] == (name == "female_minus_male")


def test_the_sizes_of_groups_are_those_of_the_fixture():
    actors = READ["agreement_people"].drop_duplicates("person_id")
    assert actors["sex"].str.capitalize().value_counts().to_dict() == FIXTURE["group_sizes"]["sex"]
    assert actors["race"].value_counts().to_dict() == FIXTURE["group_sizes"]["race"]
    assert actors["ethnicity"].value_counts().to_dict() == FIXTURE["group_sizes"]["ethnicity"]


def test_below_the_floor_a_difference_is_marked_as_no_verdict():
    for channel in ratings.CHANNELS:
        assert row("african_american_minus_caucasian", channel, "hit_rate_difference")["why"] == "verdict: below_floor"
        assert row("female_minus_male", channel, "hit_rate_difference")["why"] == ""


def test_no_table_of_a_corpus_without_a_licence_is_committed():
    rows = READ["agreement"]
    assert set(rows["corpus"]) == set(ratings.PLACES)
    assert rows.groupby("corpus")["licence"].nunique().eq(1).all()
    assert not READ["agreement_people"]["person_id"].str.contains("haines").any()
    assert rows.loc[rows["corpus"] == "haines", "n_units"].min() > 4000  # nothing of a single clip or person


def test_committed_rows_are_what_the_corpora_give(shared, tmp_path):
    folders = {name: shared / "data" / place for name, place in ratings.PLACES.items()}
    for path in ratings.remake(folders, tmp_path):
        assert path.read_bytes() == (ROOT / "data" / path.name).read_bytes()


def test_a_missing_corpus_is_named(tmp_path):
    with pytest.raises(corpora.CorpusError, match="no folder for gap, haines, mit"):
        ratings.remake({"cremad": tmp_path}, tmp_path)


def test_minutes_of_talk_are_shares_of_each_minute(shared):
    talk = ratings.minutes_of_talk(shared / "data" / "gap")
    assert talk["recording_id"].nunique() == 28
    assert talk.groupby(["recording_id", "minute"])["share"].sum().dropna().to_numpy() == pytest.approx(1)
    assert talk["share"].dropna().between(0, 1).all()


def test_the_answers_follow_the_rows():
    rows = READ["agreement"]
    told, alpha = ratings.answer(rows).text, row("emotion", "voice", "alpha_nominal")
    assert f"Voice: alpha {alpha['value']:.2f} [{alpha['low']:.2f}, {alpha['high']:.2f}]" in told
    none = rows.assign(low=rows["low"].where(rows["corpus"] != "gap", -0.1))
    assert "above chance in 0 of 6 ratings" in ratings.answer(none).text
    assert "recognise what actresses mean" in ratings.people_answer(rows).text
    lost = rows.assign(low=np.where(rows["target"] == "female_minus_male", -0.1, rows["low"]))
    assert "were not shown to recognise" in ratings.people_answer(lost).text
