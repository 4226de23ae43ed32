"""How much was said: every word is counted once, in its time, for who said it, and never written."""

import json
import math
import shutil
import time
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien import evidence, face, media, people, recordings, river, synthetic, tables, turns, windows
from mien.corpora import gap
from mien.river import cues
from mien.turns import said
from zoom_folders import cue

TEN = river.RiverSettings(rate_hz=5.0, window=windows.WindowSettings(length_s=10.0, hop_s=10.0, calibration_s=0))
TEXT = ["text_n_words", "text_n_chars"]
SECRET = "quokkazebra"


def build(path, out, **how):
    report = river.build(recordings.read(path), out, how.pop("settings", TEN), **how)
    return report, tables.read(out / "windows.csv", tables.WINDOWS)


def counts(made, person):
    return made.loc[made["person_id"] == person, TEXT].to_numpy().tolist()


def reasons(made, person):
    return set(made.loc[made["person_id"] == person, "why"].str.extract(r"(text\w*: \w+)")[0])


def meeting(folder, *said, name="meeting.vtt"):
    """A meeting known from its transcript alone; ``said`` are (start_s, end_s, text of the cue)."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("WEBVTT\n\n" + "\n".join(cue(*one) for one in said), "utf-8")
    return folder


# --- a text -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "n_words", "n_chars"),
    [
        ("Well, that is so.", 4, 14),
        ("  I   don't\n know ", 3, 10),
        ("", 0, 0),
        ("[laughter]", 0, 0),
        ("(music) so [crosstalk 00:01:02] it (laughs [loudly] at {him}) goes", 3, 8),
        ("<b>so</b> it <i>goes</i> <00:00:01.200> on", 4, 10),
        ("♪ we are the champions ♪ yes", 1, 3),
        ("（笑） yes", 1, 3),
        ("- so - it … goes -- 👍 >>", 3, 8),
        ("00:12:03 at 10:30 we met [00:12:09] 12:03.500 (00:12)", 4, 12),
        ("a < b and c > d", 5, 7),
        ("C'est l'été, déjà vu", 4, 17),
        ("안녕하세요 여러분", 2, 8),
        ("李雷 said hello", 3, 11),
        ("3 of 4", 3, 4),
    ],
)
def test_words_counted_by_hand(text, n_words, n_chars):
    assert turns.how_much(text) == (n_words, n_chars)


@pytest.mark.parametrize(
    "text", ["你好，世界", "こんにちは 世界", "カタカナ", "สวัสดี ครับ", "ສະບາຍດີ", "សួស្តី", "မင်္ဂလာပါ", "好的 ok"]
)
def test_where_no_blanks_part_words_only_characters_are_counted(text):
    n_words, n_chars = turns.how_much(text)
    assert math.isnan(n_words)
    assert n_chars == len("".join(text.split()))


def test_a_letter_written_in_two_ways_is_one_character():
    assert turns.how_much("e\u0301te\u0301") == turns.how_much("été") == (1, 3)


@given(st.text(alphabet="ab ([{<>}])♪*:.019\n你", max_size=60))
def test_no_text_breaks_the_count_and_no_character_is_added(text):
    n_words, n_chars = turns.how_much(text)
    assert 0 <= n_chars <= tables.counted(text)[1]
    assert math.isnan(n_words) or 0 <= n_words <= n_chars


def test_a_text_of_brackets_takes_no_time():
    began = time.process_time()
    turns.how_much("([{<♪" * 20_000)
    turns.how_much("(" * 50_000 + "so" + ")" * 50_000)
    assert time.process_time() - began < 2


def test_there_is_one_count_of_words():
    assert gap.counted is tables.counted
    assert tables.counted("I  don't - know.") == (4, 12)


def test_labels_that_say_only_that_it_is_speech_and_codes_are_no_words():
    rows = pd.DataFrame({"person_id": "a", "start_s": [0.0, 1.0, 2.0], "end_s": [1.0, 2.0, 3.0]})
    labelled = rows.assign(words=["speech", "Sounding", "so it is"])
    assert turns.with_counts(labelled, labels=True)["n_words"].tolist() == [0, 0, 3]
    assert turns.with_counts(labelled)["n_words"].tolist() == [1, 1, 3]
    coded = pd.concat([rows.assign(words=["turn", "bc", "turn"])] * 7, ignore_index=True)
    assert "n_words" not in turns.with_counts(coded, labels=True)
    assert turns.with_counts(coded)["n_words"].sum() == 21
    for nothing in (rows, rows.assign(words=np.nan), rows.assign(n_words=7.0, n_chars=7.0)):
        assert "n_words" not in turns.with_counts(nothing)


# --- shared out over time ---------------------------------------------------------------------------------------------


def cues_of(*rows):
    return pd.DataFrame(rows, columns=said.PIECES)


def speech_of(*rows):
    return pd.DataFrame(rows, columns=["person_id", "start_s", "end_s"])


def shares(cues, speech, *edges, duration_s=math.inf):
    """The words of each person between the edges, seconds."""
    pieces = turns.shared_out(cues, speech, duration_s)
    spans = list(pairwise(edges))
    return {
        person: [round(turns.said_in(own, *span)[0], 9) for span in spans]
        for person, own in pieces.groupby("person_id")
    }


def test_words_lie_where_their_person_is_heard_within_the_cue():
    speech = speech_of(("a", 1.0, 4.0), ("a", 9.0, 10.0), ("b", 0.0, 20.0))
    whole = cues_of(("a", 0.0, 12.0, 8.0, 40.0))
    assert shares(whole, speech, 0, 2, 5, 9, 12) == {"a": [2, 4, 0, 2]}
    assert shares(cues_of(("a", 4.0, 9.0, 5.0, 9.0)), speech, 0, 5, 9) == {"a": [1, 4]}  # not heard: the whole cue
    assert shares(cues_of(("c", 0.0, 4.0, 8.0, 9.0)), speech, 0, 1, 4) == {"c": [2, 6]}  # never heard


def test_overlapping_cues_of_one_person_and_of_two_all_count():
    rows = cues_of(("a", 0.0, 4.0, 4.0, 20.0), ("a", 2.0, 6.0, 8.0, 20.0), ("b", 1.0, 3.0, 2.0, 9.0))
    assert shares(rows, speech_of(), 0, 2, 4, 6) == {"a": [2, 6, 4], "b": [1, 1, 0]}


def test_words_of_nobody_go_to_who_is_heard_and_else_stay_nobodys():
    speech = speech_of(("a", 0.0, 3.0), ("b", 2.0, 3.0))
    assert shares(cues_of(("", 0.0, 4.0, 8.0, 9.0)), speech, 0, 2, 4) == {"a": [4, 2], "b": [0, 2]}
    assert shares(cues_of(("", 5.0, 6.0, 8.0, 9.0)), speech, 0, 4, 8) == {"": [0, 8]}


def test_what_lies_after_the_end_and_what_has_no_length():
    rows = cues_of(("a", 8.0, 12.0, 4.0, 9.0), ("b", 10.0, 12.0, 4.0, 9.0), ("b", 11.0, 11.0, 2.0, 9.0))
    assert shares(rows, speech_of(), 0, 9, 10, 20, duration_s=10) == {"a": [2, 2, 0]}
    points = cues_of(("a", 0.0, 0.0, 1.0, 1.0), ("a", 5.0, 5.0, 2.0, 2.0), ("a", 10.0, 10.0, 4.0, 4.0))
    assert shares(points, speech_of(("a", 0, 10)), 0, 5, 10, duration_s=10) == {"a": [1, 6]}


def test_one_cue_without_blanks_makes_only_its_windows_uncountable():
    pieces = turns.shared_out(cues_of(("a", 0.0, 4.0, 2.0, 8.0), ("a", 5.0, 7.0, math.nan, 6.0)), speech_of())
    assert turns.said_in(pieces, 0, 5) == (2, 8)
    n_words, n_chars = turns.said_in(pieces, 4, 6)
    assert math.isnan(n_words)
    assert n_chars == 3


names = st.sampled_from(["a", "b", ""])
times = st.integers(0, 4000).map(lambda t: t / 100)
spans = st.tuples(times, times).map(sorted)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(names, spans, st.integers(0, 9)), max_size=12),
    st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), spans), max_size=12),
    st.lists(times, max_size=6),
)
def test_no_word_is_lost_or_won(said_then, heard, cuts):
    """Whatever overlaps what: over windows that tile the time, all people together hold what the cues do."""
    rows = cues_of(*((who, *span, float(n), 5.0 * n) for who, span, n in said_then))
    speech = speech_of(*((who, *span) for who, span in heard if span[1] > span[0]))
    pieces = turns.shared_out(rows, speech, 40.0)
    edges = sorted({0.0, 40.0, *cuts})
    tiles = pairwise(edges)
    held = np.array([turns.said_in(own, *tile) for tile in tiles for _, own in pieces.groupby("person_id")])
    total = rows[["n_words", "n_chars"]].sum().to_numpy(float)
    assert held.reshape(-1, 2).sum(axis=0) == pytest.approx(total, abs=1e-9)
    assert (held >= 0).all()
    for person in ("a", "b"):  # a word with a name is that person's
        least = rows.loc[rows["person_id"] == person, "n_words"].sum()
        assert pieces.loc[pieces["person_id"] == person, "n_words"].sum() >= least - 1e-9


# --- whose words ------------------------------------------------------------------------------------------------------


def measured(words, source="person_audio", **more):
    """Ada and Ben are heard in turns over 20 s; ``words`` as cues (person, start, end, n)."""
    nobody, _ = people.assign(face.nothing(), [])
    speech = speech_of(("ada", 0.0, 4.0), ("ben", 5.0, 9.0), ("ada", 11.0, 19.0))
    known = {
        "recording_id": "talk",
        "duration_s": 20.0,
        "faces": nobody,
        "voice": tables.VOICE.empty(),
        "turns": turns.table(speech, 20.0, recording_id="talk", source=source),
        "trust": {(who, "turn"): 1.0 for who in ("ada", "ben")},
        "absent": {"face": "no_video", "voice": "no_audio"},
        "words": None if words is None else cues_of(*((*one, 5.0 * one[3]) for one in words)),
    }
    return windows.table([windows.Measured(**known | more)], TEN.window)


def test_who_is_silent_said_nothing_and_that_is_no_missing_value():
    made = measured([("ada", 0.0, 4.0, 6.0)])
    assert counts(made, "ada") == [[6, 30], [0, 0]]
    assert counts(made, "ben") == [[0, 0], [0, 0]]
    assert not made["why"].str.contains("text").any()
    assert made.columns.tolist().index("text_n_chars") < made.columns.tolist().index("trust_face")


def test_who_is_never_named_said_nothing_only_where_all_words_are_somebodys():
    for perhaps in (("Cleo", 5.0, 9.0, 3.0), ("", 9.2, 10.5, 3.0)):
        made = measured([("ada", 0.0, 4.0, 6.0), perhaps])
        assert counts(made, "ada") == [[6, 30], [0, 0]]
        assert made.loc[made["person_id"] == "ben", TEXT].isna().all(axis=None)
        assert reasons(made, "ben") == {"text: not_in_transcript"}
    only_seen = measured([("ada", 0.0, 4.0, 6.0)], about={"eve": {"label_mood": "calm"}})
    assert reasons(only_seen, "eve") == {"text: not_in_transcript"}


def test_without_names_words_are_shared_by_who_is_heard_not_by_who_is_named_beside():
    nameless = [("", 3.0, 6.0, 8.0)]
    assert counts(measured(nameless), "ada")[0] == [4, 20]
    assert counts(measured(nameless), "ben")[0] == [4, 20]
    listed = measured([*nameless, ("ada", 0.0, 4.0, 6.0)], source="transcript")
    assert counts(listed, "ada")[0] == [6, 30]
    assert reasons(listed, "ben") == {"text: not_in_transcript"}


def test_where_nobody_knows_who_speaks_words_belong_to_the_shared_track():
    speech = speech_of(("talk_mixed", 0.0, 4.0), ("talk_mixed", 8.0, 12.0))
    table = turns.table(speech, 20.0, recording_id="talk", source="mixed_audio")
    more = {"turns": table, "trust": {("talk_mixed", "turn"): 0.0}, "shared_by": "talk_mixed"}
    made = measured([("", 2.0, 12.0, 12.0), ("", 15.0, 16.0, 1.0)], **more, about={"ada": {"label_mood": "calm"}})
    assert counts(made, "talk_mixed") == [[8, 40], [5, 25]]
    assert reasons(made, "ada") == {"text: not_in_transcript"}


def test_no_transcript_is_a_missing_value_with_that_reason():
    made = measured(None)
    assert made[TEXT].isna().all(axis=None)
    assert made["why"].str.endswith("text: no_transcript").all()


# --- a build ----------------------------------------------------------------------------------------------------------

HEADS = {"zoom": "Ada Lovelace: {}", "teams": "<v Ada Lovelace>{}</v>", "lines": "Ada Lovelace:\n{}"}


@pytest.mark.parametrize("head", HEADS)
def test_zoom_and_teams_transcripts_counted_by_hand(tmp_path, head):
    folder = meeting(
        tmp_path / "m",
        (1, 3, HEADS[head].format("Well, [laughter] that is <i>so</i>.")),
        (8, 12, HEADS[head].format("one two (music) three four")),
        (12, 14, HEADS[head].format("♪ la la ♪ 00:00:12")),
        (15, 18, HEADS[head].replace("Ada Lovelace", "李雷").format("yes &amp; no &lt;sigh&gt;")),
    )
    _, made = build(folder, tmp_path / "out")
    assert counts(made, "Ada Lovelace") == [[6, 21.5], [2, 7.5]]  # 4 words and half of 4, 14 letters and half of 15
    assert counts(made, "李雷") == [[0, 0], [2, 5]]


def made_of(folder, ending):
    """The same words in every kind of file that can hold them."""
    rows = [("ada", 1.0, 3.0, "well, that is so."), ("ben", 4.0, 6.0, "[laughs] yes"), ("ada", 8.0, 12.0, "a b c d")]
    table = pd.DataFrame([*rows, ("ben", 13.0, 19.0, "speech")], columns=["person_id", "start_s", "end_s", "words"])
    folder.mkdir()
    if ending in (".eaf", ".TextGrid", ".csv"):
        return turns.write(table, folder / f"segments{ending}")
    lines = {".vtt": "WEBVTT\n\n", ".srt": "", ".sbv": ""}[ending]
    for number, row in enumerate(table.itertuples(), 1):
        stamps = [f"0:00:{t:06.3f}" for t in (row.start_s, row.end_s)]
        words = "" if row.words == "speech" else row.words
        times = ",".join(stamps) if ending == ".sbv" else f"{number}\n" * (ending == ".srt") + " --> ".join(stamps)
        lines += f"{times}\n{row.person_id.title()}: {words}\n\n"
    (folder / f"m{ending}").write_text(lines, "utf-8")
    return None


@pytest.mark.parametrize("ending", [".vtt", ".srt", ".sbv", ".eaf", ".TextGrid", ".csv"])
def test_every_kind_of_file_gives_the_same_counts(tmp_path, ending):
    made_of(tmp_path / "m", ending)
    report, made = build(tmp_path / "m", tmp_path / "out")
    ada, ben = sorted(set(made["person_id"]))
    assert counts(made, ada) == [[6, 16], [2, 2]]
    assert counts(made, ben) == [[1, 3], [0, 0]]
    source = "transcript" if ending in (".vtt", ".srt", ".sbv") else "segments"
    assert report["recordings"]["m"]["words"] == {
        "source": source, "n_words": 9, "n_chars": 21, "n_chars_of_nobody": {},
    }  # fmt: skip


def test_without_words_in_any_file_the_reason_says_so(tmp_path):
    (tmp_path / "m").mkdir()
    turns.write(speech_of(("ada", 0.0, 4.0), ("ben", 5.0, 9.0)), tmp_path / "m" / "who.rttm")
    report, made = build(tmp_path / "m", tmp_path / "out")
    assert made[TEXT].isna().all(axis=None)
    assert reasons(made, "m_ada") == {"text: no_transcript"}
    assert report["missing"]["no_transcript"]["windows_by_column"] == {"text": 2}
    assert report["recordings"]["m"]["words"] == {}


def test_of_a_transcript_in_chinese_characters_are_counted_and_the_reason_is_said(tmp_path):
    folder = meeting(tmp_path / "m", (0, 4, "Ada: 我们今天开会。"), (5, 9, "Ben: all right"), (11, 19, "Ada: so it is"))
    report, made = build(folder, tmp_path / "out")
    own = made[made["person_id"] == "Ada"]
    assert own["text_n_words"].isna().tolist() == [True, False]
    assert own["text_n_chars"].tolist() == [7, 6]
    assert own["why"].str.contains("text_n_words: no_spaces").tolist() == [True, False]
    assert counts(made, "Ben") == [[2, 8], [0, 0]]
    assert report["recordings"]["m"]["words"]["n_words"] is None


def test_no_word_and_no_mark_reaches_a_table_or_the_report(tmp_path):
    said_there = [
        (0, 4, f"Ada: well {SECRET} indeed"),
        (5, 6, f"{SECRET} nobody says"),
        (7, 9, f"Ben: [{SECRET}] yes"),
        (11, 12, f"Cleo: {SECRET}"),
    ]
    folder = meeting(tmp_path / "m", *said_there)
    turns.write(speech_of(("Ada", 0, 4), ("Ben", 7, 20)), folder / "segments.csv")
    report, made = build(folder, tmp_path / "out")
    assert counts(made, "Ada")[0][0] == 3
    published = [path for path in (tmp_path / "out").iterdir() if path.is_file()]
    assert {"windows.csv", "report.json", ".windows.csv.causes.json"} <= {path.name for path in published}
    for path in published:
        assert SECRET.encode() not in path.read_bytes(), path
    assert SECRET not in json.dumps(report, default=str)
    sidecar = tmp_path / "out" / "parts" / "m" / ".transcript.csv.causes.json"
    assert "nameless" in sidecar.read_text("utf-8")
    assert SECRET not in sidecar.read_text("utf-8")
    assert "nameless" not in (tmp_path / "out" / "report.json").read_text("utf-8")


def test_the_report_says_whose_words_count_for_nobody(tmp_path):
    folder = meeting(tmp_path / "m", (0, 4, "Ada: so it is"), (5, 6, "who says so"), (8, 9, "Cleo: me"))
    turns.write(speech_of(("Ada", 0, 4), ("Ben", 10, 20)), folder / "segments.csv")
    report, made = build(folder, tmp_path / "out")
    assert report["recordings"]["m"]["words"]["n_chars_of_nobody"] == {"Cleo": 2, "no name": 9}
    told = "m: 11 of 17 characters in the words of the transcript are in no window"
    assert [words for words in report["warnings"] if words.startswith(told)]
    assert counts(made, "Ada") == [[3, 6], [0, 0]]
    assert reasons(made, "Ben") == {"text: not_in_transcript"}


def test_a_renamed_person_keeps_the_words_and_who_is_nobody_by_hand_has_none(tmp_path):
    folder = meeting(tmp_path / "m", (0, 4, "Ada: so it is"), (5, 9, "Ben: yes"), (11, 19, "Ada: all right"))
    _, before = build(folder, tmp_path / "out")
    (tmp_path / "people.csv").write_text("found,person_id\nAda,P07\n", "utf-8")
    _, after = build(folder, tmp_path / "out", hand=tmp_path / "people.csv")
    assert set(after["person_id"]) == {"P07", "Ben"}
    assert counts(after, "P07") == counts(before, "Ada") == [[3, 6], [2, 8]]
    (tmp_path / "people.csv").write_text("found,person_id\nBen,Ada\n", "utf-8")
    _, joined = build(folder, tmp_path / "out", hand=tmp_path / "people.csv")
    assert counts(joined, "Ada") == [[4, 9], [2, 8]]
    (tmp_path / "people.csv").write_text("found,person_id\nBen,\n", "utf-8")
    report, left = build(folder, tmp_path / "out", hand=tmp_path / "people.csv")
    assert counts(left, "Ada") == [[3, 6], [2, 8]]
    assert report["recordings"]["m"]["words"]["n_words"] == 5


@pytest.fixture(scope="module")
def sounds(tmp_path_factory):
    """The SYNTHETIC voices of two people, 16 s, a file each; and who speaks when."""
    conversation = synthetic.conversation(synthetic.ConversationSettings(duration_s=16.0))
    folder, voices = tmp_path_factory.mktemp("sounds"), synthetic.sounds(conversation)
    for name in ("ada", "ben"):
        media.write_sound(folder / f"{name}.wav", voices[name], 16000)
    return folder, conversation.turns.query("kind == 'speech'").sort_values("start_s")


@pytest.fixture
def heard(tmp_path, sounds):
    """The sounds of the SYNTHETIC meeting, and a transcript 3 s early; returns folder and speech."""
    folder = tmp_path / "meeting"
    source, truth = sounds
    shutil.copytree(source, folder / "Audio Record")
    rows = [(row.start_s - 3, row.end_s - 3, f"{row.person_id}: one two") for row in truth.itertuples()]
    return meeting(folder, *(row for row in rows if row[0] >= 0)), truth[truth["start_s"] >= 3]


def test_words_move_with_the_clock_of_their_transcript(heard, tmp_path, monkeypatch):
    folder, truth = heard
    four = river.RiverSettings(window=windows.WindowSettings(length_s=4.0, hop_s=4.0, calibration_s=0))
    monkeypatch.setattr(cues, "lag", lambda *_: cues.CueLag(3.0, 0.1, 1.0, 20.0, 8))
    report, made = build(folder, tmp_path / "out", settings=four)
    assert report["recordings"]["meeting"]["clocks"]["meeting.vtt"]["moved_by_s"] == 3
    for person, own in truth.groupby("person_id"):
        found = made[made["person_id"] == person]
        expected = [
            sum(
                2 * max(min(b, row.end_s) - max(a, row.start_s), 0) / (b - a)
                for a, b in own[["start_s", "end_s"]].values
            )
            for row in found.itertuples()
        ]
        assert found["text_n_words"].to_numpy() == pytest.approx(expected, abs=0.15)
    assert made["text_n_words"].sum() == pytest.approx(2 * len(truth))


def test_sound_decides_where_in_a_cue_the_words_lie_and_workers_change_nothing(heard, tmp_path):
    folder, truth = heard
    first = truth.iloc[0]
    (folder / "meeting.vtt").unlink()
    meeting(folder, (0, 16, f"{first['person_id']}: " + "so " * 30), name="whole.vtt")
    two = river.RiverSettings(window=windows.WindowSettings(length_s=2.0, hop_s=2.0, calibration_s=0))
    _, made = build(folder, tmp_path / "out", settings=two)
    own = made[made["person_id"] == first["person_id"]]
    assert own["text_n_words"].sum() == pytest.approx(30)
    assert (own.loc[own["turn_talk_time_share"] == 0, "text_n_words"] == 0).all()
    assert own["text_n_words"].to_numpy() == pytest.approx(
        30 * (own["turn_talk_time_share"] / own["turn_talk_time_share"].sum()).to_numpy(), abs=0.01
    )
    build(folder, tmp_path / "two", settings=two, workers=2)
    for file in river.FILES.values():
        assert (tmp_path / "two" / file).read_bytes() == (tmp_path / "out" / file).read_bytes()


@pytest.mark.parametrize("length_s", [10.0, 7.0, 60.0, None])
def test_over_the_windows_of_a_long_meeting_the_sum_is_that_of_the_transcript(tmp_path, length_s):
    """Also over the edges of the two minutes in which windows are measured together."""
    rng = np.random.default_rng(3)
    starts = np.sort(rng.uniform(0, 300, 80))
    rows = [(t, min(t + rng.uniform(0, 30), 420), f"{'AB'[k % 2]}nn: " + "so " * (k % 9)) for k, t in enumerate(starts)]
    folder = meeting(tmp_path / "m", *rows, (419, 420, "Ann: end"))
    cut = windows.WindowSettings(length_s=length_s, hop_s=length_s or 10.0, calibration_s=0)
    report, made = build(folder, tmp_path / "out", settings=river.RiverSettings(window=cut))
    total = sum(k % 9 for k in range(80)) + 1
    assert made[made["person_id"].isin(["Ann", "Bnn"])]["text_n_words"].sum() == pytest.approx(total, abs=1e-5)
    assert report["recordings"]["m"]["words"]["n_words"] == total


# --- and after it -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", TEXT)
def test_a_count_keeps_its_promise_where_it_is_there(column):
    row = {"recording_id": "r", "person_id": "a", "start_s": 0.0, "end_s": 10.0, "group_id": "a"}
    for fine in ({}, {column: 2.5}, {column: np.nan}):
        tables.WINDOWS.check(pd.DataFrame([row | fine]))
    with pytest.raises(tables.TableError, match=rf"windows: '{column}' is -1 in row 0; expected 0 to inf"):
        tables.WINDOWS.check(pd.DataFrame([row | {column: -1.0}]))
    with pytest.raises(tables.TableError, match=rf"windows: '{column}' holds 'many' in row 0; expected a number"):
        tables.WINDOWS.check(pd.DataFrame([row | {column: "many"}]))


def test_an_evaluation_of_built_windows_has_its_fourth_baseline(tmp_path):
    """In eight made meetings who is eager says twice as much in the same time: turns cannot tell, words can."""
    for k in range(8):
        words = {"Ada": "so it is now here", "Ben": "so it"} if k % 2 else {"Ada": "so it", "Ben": "so it is now here"}
        rows = [(5 * j, 5 * j + 4, f"{name}{k}: {words[name]}") for j, name in enumerate(["Ada", "Ben"] * 4)]
        meeting(tmp_path / "all" / f"m{k:02d}", *rows, name=f"m{k:02d}.vtt")
    _, made = build(tmp_path / "all", tmp_path / "out")
    eager = [name.startswith("Ada") == bool(int(name[3:]) % 2) for name in made["person_id"]]
    made["label_eager"] = np.where(eager, "yes", "no")
    once = evidence.EvidenceSettings(n_repeats=1, n_permutations=0, n_bootstrap=50)
    rows = evidence.evaluate(made, "label_eager", "turn", "logistic", once).rows
    rows = rows[rows["metric"] == "auc"].set_index("model")
    assert rows.loc["B4_text_length", "value"] == 1
    assert rows.loc["logistic", "best_baseline_name"] == "B4_text_length"
    assert "no_text" not in str(rows.loc["B4_text_length", "why"])
