"""Turn-taking of a whole group: shares, who follows whom, turn models, anchors; worked cases and properties."""

import gzip
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien import corpora, study, tables, turns
from mien.corpora import gap, mrda
from mien.turns import anchors
from mien.turns.group import UNDEFINED
from mien.turns.sentences import no_sentences

LENIENT = turns.TurnSettings(min_total_s=0, min_transfers=1, min_duration_s=0, flag_duration_s=0)
PEOPLE = ["ana", "ben", "cal", "dee"]
pieces = st.tuples(st.sampled_from(PEOPLE), st.integers(0, 50_000), st.integers(1, 6_000))
conversations = st.lists(pieces, min_size=1, max_size=30)
amounts = st.lists(st.integers(0, 1000), min_size=2, max_size=9).filter(any)
quick = settings(max_examples=50, deadline=None)


def speech(*rows):
    return pd.DataFrame(rows, columns=["person_id", "start_s", "end_s"])


def as_table(rows, shift_ms=0):
    return speech(*[(p, (a + shift_ms) / 1000, (a + shift_ms + n) / 1000) for p, a, n in rows])


def said(person, text, start_s=0.0, word_s=0.4):
    rows = [(person, w, start_s + i * word_s, start_s + (i + 1) * word_s) for i, w in enumerate(text.split())]
    return pd.DataFrame(rows, columns=["person_id", "word", "start_s", "end_s"])


def same(one, other):
    assert one.keys() == other.keys()
    for name in one:
        assert one[name] == pytest.approx(other[name], nan_ok=True, abs=1e-9), name


TRIO = speech(("ana", 0, 10), ("ben", 4, 4.5), ("ben", 10.2, 16), ("cal", 15.8, 18), ("ana", 18.3, 22))


def test_a_trio_worked_by_hand():
    values, reasons = turns.group(TRIO, 30, LENIENT, people=PEOPLE)
    talk = np.array([13.7, 6.3, 2.2, 0.0])
    assert values["people"] == 4
    assert values["talk_s"] == pytest.approx(22.2)
    assert values["dominance"] == pytest.approx(13.7 / 22.2)
    share = talk[:3] / talk.sum()
    assert values["talk_entropy"] == pytest.approx(-(share * np.log(share)).sum() / np.log(4))
    differences = sum(abs(a - b) for i, a in enumerate(talk) for b in talk[i + 1 :])
    assert values["talk_gini"] == pytest.approx(differences / (3 * talk.sum()))
    assert values["changes"] == 3
    assert values["fto_median_s"] == pytest.approx(0.2)
    assert values["fto_mean_s"] == pytest.approx(0.1)
    assert values["patience_s"] == pytest.approx(0.5 / 3)
    assert values["overlap_rate"] == pytest.approx(1 / 3)
    assert values["backchannels_per_speech_hour"] == pytest.approx(3600 / 22.2)
    assert values["turn_length_median_s"] == pytest.approx((3.7 + 5.8) / 2)
    assert values["longest_turn_s"] == 10
    assert values["overlap_time_share"] == pytest.approx(0.7 / 21.5)
    assert values["silence_share"] == pytest.approx(1 - 21.5 / 30)
    assert values["changes_per_min"] == values["changes_per_min_backbiter"] == pytest.approx(6)
    assert values["changes_per_min_audiophile"] == pytest.approx(10)
    assert reasons == {"changes_per_min_cliffhanger": "no_words"}


def test_who_follows_whom_and_how_fast():
    everything = turns.floor(TRIO)
    table = turns.follows(everything, PEOPLE)
    assert table.loc["ana"].tolist() == [0, 1, 0, 0]
    assert table.loc["ben"].tolist() == [0, 0, 1, 0]
    assert table.loc["cal"].tolist() == [1, 0, 0, 0]
    assert table.loc["dee"].sum() == table["dee"].sum() == 0
    found = turns.answers(everything).set_index(["person_before", "person_after"])
    assert found.loc[("ana", "ben"), "lag_s"] == pytest.approx(0.2)
    assert found.loc[("ben", "cal"), ["lag_s", "overlap_rate"]].tolist() == pytest.approx([-0.2, 1.0])
    assert found.loc[("cal", "ana"), ["changes", "responses"]].tolist() == [1, 1]


def test_a_lag_by_direction_needs_a_response():
    found = turns.answers(turns.floor(speech(("ana", 0, 5), ("ben", 9, 12))))
    assert found[["changes", "responses"]].to_numpy().tolist() == [[1, 0]]
    assert found["lag_s"].isna().all()


@quick
@given(conversations, st.integers(1, 10_000))
def test_a_shift_in_time_changes_no_group_measure_but_silence(rows, shift_ms):
    one, _ = turns.group(as_table(rows), 60, LENIENT)
    other, _ = turns.group(as_table(rows, shift_ms), 60 + shift_ms / 1000, LENIENT)
    per_time = {n for n in one if n.endswith(("_per_min", "_per_hour", "duration_s")) or "_per_min_" in n}
    kept = one.keys() - per_time - {"silence_share"}
    same({n: one[n] for n in kept}, {n: other[n] for n in kept})


@quick
@given(conversations, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_group_measure(rows, random):
    one = turns.group(as_table(rows), 60, LENIENT)
    random.shuffle(rows)
    same(one[0], turns.group(as_table(rows), 60, LENIENT)[0])


@quick
@given(conversations, st.floats(0.01, 0.99))
def test_splitting_a_segment_changes_no_group_measure(rows, where):
    person, start, length = rows[0]
    cut = int(length * where)
    split = as_table([(person, start, cut), (person, start + cut, length - cut), *rows[1:]])
    same(turns.group(as_table(rows), 60, LENIENT)[0], turns.group(split, 60, LENIENT)[0])


@quick
@given(conversations)
def test_other_names_in_the_same_order_only_rename_who_follows_whom(rows):
    other = {person: f"{person} of the north" for person in PEOPLE}
    renamed = as_table([(other[p], a, n) for p, a, n in rows])
    same(turns.group(as_table(rows), 60, LENIENT)[0], turns.group(renamed, 60, LENIENT)[0])
    one, two = turns.follows(turns.floor(as_table(rows)), PEOPLE), turns.follows(turns.floor(renamed), other.values())
    assert two.rename(index={v: k for k, v in other.items()}).to_numpy().tolist() == one.to_numpy().tolist()


@quick
@given(conversations)
def test_who_follows_whom_counts_every_change_once(rows):
    everything = turns.floor(as_table(rows))
    table = turns.follows(everything, PEOPLE)
    assert table.to_numpy().sum() == len(everything.changes) == turns.answers(everything)["changes"].sum()
    assert np.diag(table).sum() == 0
    out, into = table.sum(axis=1), table.sum(axis=0)
    assert (out - into).abs().max() <= 1  # the floor leaves everybody as often as it comes, but for both ends


@quick
@given(amounts, st.randoms(use_true_random=False), st.integers(1, 50))
def test_shares_know_neither_names_nor_units_and_keep_their_bounds(given_amounts, random, times):
    shuffled = [times * amount for amount in given_amounts]
    random.shuffle(shuffled)
    n = len(given_amounts)
    for measure, low, high in ((turns.gini, 0, 1), (turns.entropy, 0, 1), (turns.dominance, 1 / n, 1)):
        value = measure(given_amounts)
        assert measure(shuffled) == pytest.approx(value, abs=1e-9)
        assert low - 1e-9 <= value <= high + 1e-9


@quick
@given(st.integers(2, 9), st.integers(1, 1000))
def test_equal_shares_and_one_who_has_it_all(n, amount):
    equal, one = [amount] * n, [amount] + [0] * (n - 1)
    assert [turns.gini(equal), turns.entropy(equal), turns.dominance(equal)] == pytest.approx([0, 1, 1 / n])
    assert [turns.gini(one), turns.entropy(one), turns.dominance(one)] == pytest.approx([1, 0, 1])
    assert all(math.isnan(measure([0] * n)) for measure in (turns.gini, turns.entropy, turns.dominance))


@quick
@given(amounts)
def test_giving_from_the_rich_to_the_poor_makes_shares_more_equal(given_amounts):
    rich, poor = int(np.argmax(given_amounts)), int(np.argmin(given_amounts))
    given_away = (given_amounts[rich] - given_amounts[poor]) // 2
    if not given_away:
        return
    after = list(given_amounts)
    after[rich] -= given_away
    after[poor] += given_away
    assert turns.gini(after) < turns.gini(given_amounts)
    assert turns.entropy(after) > turns.entropy(given_amounts)


def test_what_cannot_be_had_says_why():
    short = turns.group(TRIO, 30)[1]
    assert short["talk_gini"] == short["backchannels_per_speech_hour"] == "little_speech"
    assert short["fto_median_s"] == "few_transfers"
    assert short["changes_per_min"] == "short_recording"
    alone = turns.group(speech(("ana", 0, 200)), 300)[1]
    assert alone["dominance"] == alone["changes_per_min_cliffhanger"] == "no_person_on_side"
    nobody, why = turns.group(speech(), 300, people=PEOPLE)
    assert nobody["talk_s"] == 0
    assert why["turn_length_median_s"] == "no_turns"
    assert set(why.values()) <= set(tables.REASONS)


@pytest.mark.parametrize("reason", UNDEFINED)
def test_with_an_interpreter_or_a_signer_no_turn_measure_is_given(reason):
    values, reasons = turns.group(TRIO, 30, LENIENT, undefined=reason)
    measured = values.keys() - {"people", "duration_s"}
    assert reasons == dict.fromkeys(measured, reason)
    assert all(math.isnan(values[name]) for name in measured)
    window, why = turns.features(TRIO, "ana", 0, 20, undefined=reason)
    assert all(math.isnan(value) for value in window.values())
    assert set(why.values()) == {reason}


# --- turn models ------------------------------------------------------------------------------------------------------


def test_a_sentence_holds_the_floor_until_its_last_word():
    words = pd.concat([said("ana", "so we go there today."), said("ben", "Really?", 0.9), said("ben", "Why now?", 2.1)])
    spans = turns.sentences(words)
    assert [(s.person_id, s.start_ms, s.end_ms) for s in spans] == [
        ("ana", 0, 2000),
        ("ben", 900, 1300),
        ("ben", 2100, 2900),
    ]
    found = turns.turns_by("cliffhanger", None, LENIENT, words)
    assert [turn.person_id for turn in found] == ["ana", "ben"]


def test_the_three_models_count_changes_of_one_timeline_differently():
    table = speech(("ana", 0, 2), ("ben", 0.9, 1.3), ("ana", 2.4, 3.2), ("ben", 3.4, 4.2))
    words = pd.concat([said("ana", "I think that we"), said("ben", "Mhm", 0.9)])
    words = pd.concat([words, said("ana", "should go.", 2.4), said("ben", "Yes, today.", 3.4)])
    roles = {"ana": "A", "ben": "B"}
    found = turns.measures(table, roles, 60, LENIENT, words=words).values
    per_model = [found[f"changes_per_min_{model}"] for model in turns.MODELS]
    assert per_model == pytest.approx([3, 1, 1])
    values, reasons = turns.group(table, 60, LENIENT, words=words)
    assert [values[f"changes_per_min_{model}"] for model in turns.MODELS] == pytest.approx([3, 1, 1])
    assert not reasons


def test_the_cliffhanger_needs_words_with_sentence_ends():
    table, roles = speech(("ana", 0, 2), ("ben", 2.2, 3)), {"ana": "A", "ben": "B"}
    bare = said("ana", "no marks here")
    assert (no_sentences(None), no_sentences(bare), no_sentences(said("ana", "Yes."))) == (
        "no_words",
        "no_sentences",
        None,
    )
    assert turns.measures(table, roles, 60, LENIENT).reasons["changes_per_min_cliffhanger"] == "no_words"
    assert turns.measures(table, roles, 60, LENIENT, bare).reasons["changes_per_min_cliffhanger"] == "no_sentences"
    assert turns.turns_by("cliffhanger", None, LENIENT, bare) is None


@quick
@given(
    st.lists(
        st.tuples(st.sampled_from(PEOPLE), st.sampled_from(["so", "Yes.", "why?", "“Go!”"]), st.integers(0, 30_000)),
        min_size=1,
        max_size=30,
        unique_by=lambda row: row[2],
    ),
    st.integers(0, 9_000),
    st.randoms(use_true_random=False),
)
def test_sentences_move_with_their_words_and_know_no_order_of_rows(rows, shift_ms, random):
    def words(rows, shift_ms=0):
        columns = ["person_id", "word", "start_s", "end_s"]
        return pd.DataFrame(
            [(p, w, (a + shift_ms) / 1000, (a + shift_ms + 300) / 1000) for p, w, a in rows], columns=columns
        )

    one = turns.sentences(words(rows))
    moved = [s._replace(start_ms=s.start_ms + shift_ms, end_ms=s.end_ms + shift_ms) for s in one]
    random.shuffle(rows)
    assert turns.sentences(words(rows, shift_ms)) == moved
    marks = sum(word not in ("so",) for _, word, _ in rows)
    assert marks <= len(one) <= marks + len(PEOPLE)


# --- anchors ----------------------------------------------------------------------------------------------------------


def test_published_values_lie_within_the_anchors_and_each_has_a_source():
    for published in turns.PUBLISHED:
        assert published.low <= published.high
        assert len(published.source) > 8
        low, high = turns.ANCHORS.get(published.measure, (-math.inf, math.inf))
        assert low <= published.low <= published.high <= high


def test_an_odd_value_is_named_with_the_range_and_a_missing_one_is_not():
    low, high = turns.ANCHORS["overlap_rate"]
    assert turns.outside({"overlap_rate": high + 0.01}) == {"overlap_rate": (low, high)}
    assert turns.outside({"overlap_rate": high, "fto_median_s": math.nan, "people": 40}) == {}


@quick
@given(st.lists(st.integers(-9_000, 9_000), min_size=1))
def test_a_histogram_loses_no_offset(offsets_ms):
    table = anchors.histogram(np.array(offsets_ms) / 1000)
    assert table["changes"].sum() == len(offsets_ms)
    middle = [f for f in offsets_ms if abs(f) <= 40]
    assert table.set_index("offset_s").loc[0.0, "changes"] >= len(middle)


def test_every_timed_corpus_has_the_same_shape():
    for name in corpora.TIMED:
        corpus = corpora.named(name)
        assert name == corpus.NAME
        assert all(len(getattr(corpus, fact)) > 8 for fact in ("WHAT", "LICENCE", "CITATION", "ORIGIN"))
        with pytest.raises(corpora.CorpusError, match="no such folder; expected"):
            corpus.recordings("nowhere")


MEETINGS = {"ami": ("ami_rttm", 170, 189), "gap": ("gap", 28, 84), "mrda": ("mrda", 75, 52)}


@pytest.mark.parametrize("name", MEETINGS)
def test_all_meetings_of_the_corpora_parse_without_a_lost_line(shared, name):
    folder, n_meetings, n_people = MEETINGS[name]
    corpus, told, people = corpora.named(name), {}, set()
    table = corpus.recordings(shared / "data" / folder)
    assert len(table) == table["recording_id"].nunique() == n_meetings
    for path in table["path"] if name != "mrda" else table["path"][::10]:
        segments = corpus.segments(path, told)
        turns.clean(segments)
        people |= set(segments["person_id"])
    assert told["unread"] == []
    assert len(people) == n_people or name == "mrda"


def test_gap_is_read_as_written_and_a_bad_line_is_named(shared, tmp_path):
    path = next((shared / "data/gap").rglob("CSV Group 1 *.csv"))
    first = gap.segments(path).iloc[0].tolist()
    assert first == ["gap_1.Pink", 2.0, 3.5, "So, what did everyone do as one?"]
    lines = path.read_bytes().splitlines()[:4]
    copy = tmp_path / "CSV Group 9 x.csv"
    copy.write_bytes(b"\r\n".join([*lines, b"9.Pink.1,00:09.0,00:08.0,,,,,,\x93no\x94", b"9.Pink.2,soon,,,,,,,", b""]))
    told = {}
    assert len(gap.segments(copy, told)) == 3
    assert [words.split(":")[1] for words in told["unread"]] == [" line 5", " line 6"]


def test_mrda_times_are_those_of_its_words(shared):
    path, told = shared / "data/mrda/database/Bed002.dadb", {}
    segments = mrda.segments(path, told)
    assert segments.iloc[0].tolist() == ["mrda_me003", 5.79, 5.82]
    assert told["segments"] == len(path.read_text().splitlines())
    assert told["segments_without_word_times"] < 0.02 * told["segments"]
    marked = mrda.backchannels(path)
    assert 50 < len(marked) < 500
    assert (marked["end_s"] - marked["start_s"]).median() < 0.6


def test_what_annotators_call_a_backchannel_is_only_half_found_by_timing(shared):
    path = shared / "data/mrda/database/Bed002.dadb"
    marked, found, hits, right = anchors._hits(mrda.backchannels(path), turns.floor(mrda.segments(path)).backchannels)
    assert 0.2 < hits / marked < 0.8
    assert 0.2 < right / found < 0.8


# --- the committed tables ---------------------------------------------------------------------------------------------

DATA = Path(__file__).parents[1] / "data"


def committed():
    return study.conversations.read(DATA, study.conversations.FILES)


def test_the_anchors_are_the_range_of_the_committed_meetings_and_the_published_values():
    meetings = committed()["turn_anchors"]
    assert meetings["corpus"].value_counts().to_dict() == {"ami": 170, "mrda": 75, "gap": 28}
    for name, (low, high) in turns.ANCHORS.items():
        values = [*meetings[name], *(p.low for p in turns.PUBLISHED if p.measure == name)]
        step = 10 ** (math.floor(math.log10(max(values))) - 1)  # rounded outwards, by one in the second digit
        assert low <= min(values) <= low + step
        assert high - step <= max(values) <= high
    assert not any(turns.outside(row) for row in meetings[list(turns.ANCHORS)].to_dict("records"))


def test_the_committed_rows_carry_the_licence_of_their_corpus():
    for name, rows in committed()["turn_anchors"].groupby("corpus"):
        assert set(rows["licence"]) == {corpora.named(name).LICENCE}


def test_offsets_of_the_corpora_lie_where_those_of_other_conversations_do():
    read = committed()
    pairs = read["turn_anchors"].groupby("corpus")["overlap_rate"].median()
    assert pairs.between(0.30, 0.50).all()  # about .40 published
    medians = read["turn_anchors"].groupby("corpus")["fto_median_s"].median()
    assert medians.drop("gap").between(0.08, 0.30).all()  # .08 to .20 published; GAP is timed to 0.1 s
    assert read["turn_offsets"].groupby("corpus")["changes"].sum().gt(4000).all()


def test_the_committed_rows_are_made_again_from_the_corpora(shared):
    table, offsets, unread = anchors.of_corpus("gap", shared / "data/gap")
    read = committed()
    mine = read["turn_anchors"].query("corpus == 'gap'").reset_index(drop=True)
    pd.testing.assert_frame_equal(table, mine, check_dtype=False)
    theirs = read["turn_offsets"].query("corpus == 'gap'")
    assert offsets["changes"].tolist() == theirs["changes"].tolist()
    assert unread == []


def test_the_answer_is_computed_from_the_tables():
    read = committed()
    said = study.conversations.answer(read).text
    assert "273 meetings (AMI 170, GAP 28, ICSI 75;" in said
    other = read | {"turn_anchors": read["turn_anchors"].assign(fto_median_s=0.5)}
    assert "+0.50 s (AMI), +0.50 s (GAP) and +0.50 s (ICSI)" in study.conversations.answer(other).short


def test_a_corpus_with_a_bad_line_is_not_tabled(tmp_path):
    folders = {name: tmp_path / name for name in corpora.TIMED}
    for folder in folders.values():
        folder.mkdir()
    line = "SPEAKER m 1 {} 2.0 <NA> <NA> ana <NA> <NA>\n"
    (folders["ami"] / "m.rttm").write_text(line.format(1) + line.format("soon"))
    with pytest.raises(corpora.CorpusError, match=r"no CSV Group \*.csv in it; expected GAP"):
        study.conversations.remake(folders, tmp_path)
    (folders["gap"] / "CSV Group 1 x.csv").write_text("h\n1.Pink.1,00:01.0,00:02.0,,,,,,hi\n")
    (folders["mrda"] / "database").mkdir()
    (folders["mrda"] / "database/B1.dadb").write_text("1.0,2.0,B1-c0_1,A,,s,B1-c0,me1,s,,,,,\n")
    (folders["mrda"] / "word_times").mkdir()
    with gzip.open(folders["mrda"] / "word_times/B1.csv.gz", "wt") as words:
        words.write("segment,start,end\nB1-c0_1,XXXX,XXXX\n")
    with pytest.raises(corpora.CorpusError, match=r"1 lines can't be read; the first is m.rttm: line 2"):
        study.conversations.remake(folders, tmp_path)
    (folders["ami"] / "m.rttm").write_text(line.format(1))
    assert [path.name for path in study.conversations.remake(folders, tmp_path / "out")] == list(
        study.conversations.FILES.values()
    )


def test_a_marked_backchannel_is_found_once_however_many_tokens_it_has():
    marked = speech(("ana", 1, 3), ("ana", 8, 9), ("ben", 1, 3))
    called = [turns.Span(1000, 1400, "ana"), turns.Span(2000, 2400, "ana"), turns.Span(5000, 5400, "ana")]
    assert anchors._hits(marked, called) == (3, 3, 1, 2)
