"""Sentiment from voice, face and turns: labels cut as they say, rows of what may not be passed on, and fair words."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mien import corpora, evidence, figures, tables
from mien.corpora import haines, meld, published
from mien.study import sentiment, unshared

DATA = Path(__file__).parents[1] / "data"


def committed():
    read = sentiment.read(DATA) | unshared.read(DATA)
    return read | {"evidence": tables.read(DATA / "evidence.csv", tables.EVIDENCE)}


def lines(**more):
    """Two episodes of a made-up comedy, in which the same two characters talk."""
    rows = [
        ("meld_a", 0.0, 2.0, "d1", "neutral", "neutral", "s01e01"),
        ("meld_b", 2.5, 4.0, "d1", "joy", "positive", "s01e01"),
        ("meld_a", 0.0, 3.0, "d2", "anger", "negative", "s01e02"),
        ("meld_a", 0.0, 1.0, "d2", "anger", "negative", "s01e02"),
        ("meld_b", 3.2, 5.0, "d2", "neutral", "neutral", "s01e02"),
    ]
    names = ["person_id", "start_s", "end_s", "recording_id", "label_emotion", "label_sentiment", "confound_episode"]
    return pd.DataFrame(rows, columns=names).assign(**more)


def test_what_raters_saw_more_of_is_the_label():
    table = pd.DataFrame({"label_positive": [4, 1, 2, 3.0, np.nan], "label_negative": [1, 3, 1.5, 2.0, 1]})
    seen = unshared.seen_valence(table)["label_seen_valence"]
    assert seen.tolist()[:4] == ["positive", "negative", "neutral", "positive"]
    assert pd.isna(seen[4])


def test_marks_of_sentences_become_two_questions():
    table = pd.DataFrame({"label_sentiment": ["none", "positive", "negative", "mixed"]})
    found = sentiment.marked(table)
    assert found["label_marked"].tolist() == ["no", "yes", "yes", "yes"]
    assert found["label_direction"].dropna().tolist() == ["positive", "negative"]


def test_episodes_are_the_groups_of_a_comedy_and_who_speaks_is_a_confound():
    table = unshared.timed(lines())
    assert len(table) == 4  # of two lines that begin together the one that ends last
    assert (table.groupby("person_id")["group_id"].nunique() == 1).all()
    assert set(table["group_id"]) == {"s01e01", "s01e02"}
    assert set(table["confound_character"]) == {"meld_a", "meld_b"}
    late = table[(table["group_id"] == "s01e02") & (table["confound_character"] == "meld_a")]
    assert late["end_s"].item() == 3.0
    assert (
        not [column for column in table if column.startswith("turn_") and table[column].isna().all()]
        or (table["why"] != "").all()
    )


def test_a_line_is_timed_by_its_own_dialogue():
    """Lines of another dialogue at the same times change nothing."""
    one = unshared.timed(lines()[:2])
    both = unshared.timed(lines())
    turn = [column for column in one if column.startswith("turn_")]
    pd.testing.assert_frame_equal(one[turn], both.loc[both["recording_id"] == "d1", turn].reset_index(drop=True))


def test_no_window_of_what_may_not_be_passed_on_is_committed():
    rows = committed()["sentiment_unshared"]
    assert set(rows["corpus"]) == {"Haines", "MELD"}
    assert set(rows.columns) & {"recording_id", "person_id", "start_s", "truth"} == set()
    assert rows["licence"].isin([haines.LICENCE, "GPL-3.0"]).all()
    assert set(rows["label_source"]) == {"observer"}
    counts = rows.groupby("corpus")[["n_people", "n_groups", "n_windows"]].first()
    assert counts.loc["Haines"].tolist() == [125, 125, 4648]
    assert counts.loc["MELD", "n_groups"] == 190
    assert rows.loc[rows["corpus"] == "MELD", "split"].str.startswith("episodes_").all()


def test_the_row_of_haines_is_what_the_corpus_gives(shared):
    settings = evidence.EvidenceSettings(n_permutations=0, n_repeats=unshared.N_REPEATS)
    found = unshared.of_haines(shared / "data" / "haines", settings)
    keys = ["model", "metric"]
    rows = committed()["sentiment_unshared"]
    rows = rows[rows["corpus"] == "Haines"].set_index(keys)
    for key, row in found.set_index(keys).iterrows():
        assert row["value"] == pytest.approx(rows.loc[key, "value"], abs=2e-6, nan_ok=True)


def test_the_lines_of_meld_are_read_whole(shared):
    every = meld.sentences(shared / "data" / "meld")
    kept = unshared._one_per_start(every)
    assert committed()["sentiment_unshared"].query("corpus == 'MELD'")["n_windows"].iloc[0] == len(kept)
    assert len(every) - len(kept) < 0.01 * len(every)


def test_a_corpus_that_is_not_given_is_named(tmp_path):
    with pytest.raises(corpora.CorpusError, match="no folder for meld; expected one for each of haines, meld"):
        unshared.remake({"haines": tmp_path}, tmp_path)


def test_labels_of_the_rows_say_who_says_so():
    rows = committed()["sentiment"]
    of = rows.groupby("corpus")["label_source"].unique().map(list).to_dict()
    assert of == {"EmoDB": ["acted"], "GAP": ["observer"], "London": ["acted"], "RAVDESS": ["acted"]}
    assert (rows.loc[rows["model"] == "logistic", "n_groups"] > 1).all()


def test_words_follow_the_numbers():
    read = committed()
    said = sentiment.answers(read)["sentiment"].text
    assert "that a posed smile can be detected says nothing about feeling" in said
    way = read["sentiment"].query(
        "target == 'label_direction' and model == 'logistic' and metric == 'balanced_accuracy'"
    )
    assert way["gap_low"].item() < 0
    assert said.count("not shown to be above the best baseline") >= 1
    raised = read["sentiment"].assign(gap_low=0.1, p_permuted=0.02)
    also = read["sentiment_unshared"].assign(gap_low=0.1, p_permuted=0.02)
    assert "not shown" not in sentiment.answer(read["evidence"], raised, also).text
    unlucky = sentiment.answer(read["evidence"], raised.assign(p_permuted=0.5), also).text
    assert unlucky.count("not shown to be above") == 3  # the smile and both questions of GAP


def test_published_numbers_that_nobody_looked_up_are_marked():
    table = committed()["published"]
    assert len(table) == len(published.NUMBERS)
    assert table["value"].between(0, 1).all()
    assert (table["source"] != "").all()
    assert 0 < table["checked"].sum() < len(table)
    humans = table[(table["corpus"] == "RAVDESS") & table["what"].str.startswith("people")]
    assert not humans["checked"].any()


def test_the_figure_sets_every_question_beside_its_baseline_and_marks_what_is_remembered():
    read = committed()
    numbers = figures.sentiment_numbers(*(read[name] for name in figures.named("sentiment").reads))
    found = numbers[numbers["panel"] == "found"]
    assert len(found) == 9
    assert found[["value", "low", "high", "chance", "best_baseline"]].notna().all(axis=None)
    ours = numbers[numbers["source"] == "mien"]
    assert set(ours["corpus"]) == {"RAVDESS", "EmoDB"}
    assert len(numbers[(numbers["panel"] == "published") & ~numbers["checked"].astype(bool)]) >= 3


def test_the_figure_of_travel_shows_both_treatments_and_the_measure_that_turns_round():
    from mien.study import travel

    read = travel.read(DATA)
    numbers = figures.travel_numbers(read["travel"], read["travel_measures"])
    lines_ = set(numbers.loc[numbers["panel"] == "corpora", "line"])
    assert lines_ == {"home", travel.DECLARED, travel.MENDED}
    level = numbers[(numbers["measure"] == travel.LEVEL) & (numbers["target"] == "label_angry")]
    assert level.set_index("place")["value"].round(2).to_dict() == {"RAVDESS": 0.81, "EmoDB": 0.18}
