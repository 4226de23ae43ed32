"""What a meeting leaves in text is read line by line: whatever stands there, every line is used, or named.

Fuzzing: no crash but the one named error, no hang, nothing outside the folder, and what goes in comes out or is told.
"""

import json
import string
from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mien import recordings, tables, turns
from mien.recordings import attendance, zoom
from mien.river import names as river_names

FUZZ = settings(
    max_examples=150, deadline=2000, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
NAMES = st.sampled_from(
    ["Ada Lovelace", "李雷", "Ольга", "أحمد", "Zoë (she/her)", "Dr. B. Li", "ada@example.org", "Speaker 1"]
)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
CLOCK = st.tuples(st.integers(0, 99), st.integers(0, 75), st.integers(0, 75)).map(
    lambda t: "{:02}:{:02}:{:02}".format(*t)
)


def lines_of(*kinds):
    """Texts whose lines are of these kinds, with any line end."""
    ends = st.sampled_from(["\n", "\r\n", "\r", "\n\n"])
    return st.lists(st.tuples(st.one_of(*kinds), ends), max_size=25).map(lambda rows: "".join(map("".join, rows)))


def written(folder, name, text):
    path = folder / name
    path.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
    return path


def read_or_refused(read, *asked, errors=tables.TableError):
    """What a reader gives; None where it refuses in one sentence that says what it expects."""
    try:
        return read(*asked)
    except errors as error:
        words = str(error)
    if "expected" not in words and "two recordings have the id" not in words:
        pytest.fail(words)
    return None


def cells_kept(frame, told):
    """What is told of lines left out names the file and the line, each once."""
    assert len(set(told["unread"])) == len(told["unread"])
    assert all("left out" in words for words in told["unread"])
    return len(frame)


# --- the chat ---------------------------------------------------------------------------------------------------------

CLOUD = st.tuples(CLOCK, NAMES, WORDS).map(lambda t: f"{t[0]}\t{t[1]}:\t{t[2]}")
DESKTOP = st.tuples(CLOCK, NAMES, NAMES, WORDS).map(lambda t: f"{t[0]} From {t[1]} to {t[2]}(Direct Message):{t[3]}")


@FUZZ
@given(text=st.one_of(lines_of(CLOUD, DESKTOP, WORDS, CLOCK), st.binary(max_size=400)))
def test_every_line_of_a_chat_is_a_message_goes_on_with_one_or_is_named(tmp_path, text):
    told = {}
    found = recordings.read_chat(written(tmp_path, "chat.txt", text), told)
    assert told["lines"] == told["messages"] + told["continued"] + len(told["unread"])
    assert cells_kept(found, told) == told["messages"]
    assert not found["name"].str.contains("@example", regex=False).any()
    for layout in ("offset", "clock", told["layout"]):
        for start in (None, datetime(2024, 5, 1, 23, 59, 50)):
            for gmt in (False, True):
                times, words = recordings.chat_times(found, layout, start, gmt, 600.0)
                assert len(times) == len(found)
                assert words


def chat(folder, text):
    told = {}
    return recordings.read_chat(written(folder, "chat.txt", text), told), told


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("00:58:04\tAlex:\tDepends: yes", (3484, "Alex", "", "Depends: yes")),
        ("14:03:22 From Ada Lovelace to Everyone:", (50602, "Ada Lovelace", "", "")),
        ("14:03:22 From  李雷  to  Ada(Direct Message) : hi", (50602, "李雷", "Ada", "hi")),
        ("2024-05-01 14:03:22 From Ada to Everyone: I come to you: now", (50602, "Ada", "", "I come to you: now")),
        ("02:03:22 PM From Ada to Everyone: hi", (50602, "Ada", "", "hi")),
        ("09:08:07 From ada.l@example.org : hi", (32887, "ada.l", "", "hi")),
        ("10:00:00 Von Jörg an Alle: ja", (36000, "Jörg", "", "ja")),
    ],
)
def test_both_layouts_of_a_chat_are_read(tmp_path, line, expected):
    found, told = chat(tmp_path, line)
    assert tuple(found.iloc[0][["clock_s", "name", "to", "words"]]) == expected
    assert told["layout"] == ("offset" if "\t" in line else "clock")


def messages(*clock_s):
    return pd.DataFrame({"clock_s": clock_s})


@pytest.mark.parametrize(
    ("clock_s", "layout", "start", "gmt", "expected", "words"),
    [
        ([5, 9], "offset", None, False, [5, 9], "as the cloud writes it"),
        ([50403, 50409], "clock", datetime(2024, 5, 1, 14), False, [3, 9], "folder's name"),
        ([86399, 2], "clock", datetime(2024, 5, 1, 23, 59, 50), False, [9, 12], "folder's name"),
        ([50403, 50409], "clock", datetime(2024, 5, 1, 12), True, [3, 9], "+2 h from GMT"),
        ([3, 9], "clock", None, False, [3, 9], "none is said for a clock"),
        ([50403, 50409], "clock", None, False, [np.nan] * 2, "no file or folder says"),
        ([3, 9], "clock", datetime(2024, 5, 1, 14), False, [3, 9], "they would lie outside it"),
        ([3, 9], "clock", datetime(2024, 5, 1, 0, 0, 0), False, [np.nan] * 2, "could be those of a clock"),
    ],
)
def test_the_zero_of_a_chat_is_found_or_said_to_be_unknown(clock_s, layout, start, gmt, expected, words):
    times, told = recordings.chat_times(messages(*clock_s), layout, start, gmt, 600.0)
    np.testing.assert_allclose(times, expected)
    assert words in told


def test_a_long_recording_in_gmt_leaves_the_zone_open():
    times, told = recordings.chat_times(messages(50403), "clock", datetime(2024, 5, 1, 12), True, 7200.0)
    assert np.isnan(times).all()
    assert "more than one time zone" in told


# --- the list of people -----------------------------------------------------------------------------------------------

HEADER = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),In Waiting Room"
STAMP = st.sampled_from(
    ["05/01/2024 02:00:12 PM", "2024-05-01 14:00:12", "13/13/2024 1:00", "", "soon", "01.05.2024 14:00"]
)
ROW = st.tuples(NAMES, st.sampled_from(["a@example.org", ""]), STAMP, STAMP, WORDS, st.sampled_from(["Yes", "No", ""]))


@FUZZ
@given(
    rows=lines_of(ROW.map(lambda row: ",".join(row)), WORDS),
    head=st.sampled_from([HEADER, "", "Topic,ID\nx,1\n\n" + HEADER]),
)
def test_every_row_of_a_list_of_people_is_used_or_named(tmp_path, rows, head):
    told = {}
    path = written(tmp_path, "participants_1.csv", f"{head}\n{rows}")
    found = read_or_refused(recordings.read_attendance, path, date(2024, 5, 1), told)
    if found is None:
        return
    assert told["rows"] == told["used"] + len(told["unread"])
    assert cells_kept(found, told) == told["used"]
    assert "example.org" not in found.to_csv()
    for start, gmt in ((None, False), (datetime(2024, 5, 1, 14), False), (datetime(2024, 5, 1, 12), True)):
        placed, words = recordings.presence(found, start, gmt, 600.0)
        assert len(placed) == len(found)
        assert words


@pytest.mark.parametrize(
    "text",
    [
        f"{HEADER}\nAda (Ada Lovelace),a@x.org,05/01/2024 02:00:10 PM,05/01/2024 02:05:00 PM,5,No\n",
        "Meeting ID,Topic\n85,Weekly\n\nName (original name);E-mail;Join time;Leave time\n"
        "Ada (Ada Lovelace);a@x.org;01.05.2024 14:00:10;01.05.2024 14:05:00\n",
        "Full Name\tEmail\tFirst Join\tLast Leave\n"
        "Ada (Ada Lovelace)\ta@x.org\t2024-05-01 14:00:10\t2024-05-01 14:05:00\n",
    ],
)
def test_lists_of_people_in_several_layouts_are_read(tmp_path, text):
    told = {}
    found = recordings.read_attendance(written(tmp_path, "participants.csv", text), date(2024, 5, 1), told)
    placed, _ = recordings.presence(found, datetime(2024, 5, 1, 14), False, 600.0)
    (row,) = placed.itertuples()
    assert (row.name, row.original, row.account, row.start_s, row.end_s) == ("Ada", "Ada Lovelace", 0, 10, 300)
    assert told["unread"] == []


def test_the_waiting_room_is_counted_and_an_account_has_one_number(tmp_path):
    rows = ["Ada,A@x.org,,,,Yes", "Ada L,a@x.org,,,,No", "Ben,,,,,"]
    told = {}
    found = recordings.read_attendance(written(tmp_path, "p.csv", "\n".join([HEADER, *rows])), None, told)
    assert found["account"].tolist() == [0, 0, -1]
    assert told["in_waiting_room"] == 1
    assert not any("@" in str(value) for value in found.to_numpy().ravel())


def test_a_remark_in_brackets_is_no_former_name():
    assert attendance.is_remark("she/her")
    assert not attendance.is_remark("Ada Lovelace")


# --- the timeline -----------------------------------------------------------------------------------------------------

USERS = st.lists(st.one_of(NAMES.map(lambda name: {"username": name}), st.just({}), st.none(), WORDS), max_size=3)
ENTRY = st.fixed_dictionaries(
    {"ts": st.one_of(CLOCK, CLOCK.map(lambda text: f"{text}.250"), st.none(), st.integers(), WORDS)},
    optional={"users": st.one_of(USERS, st.none()), "end_ts": st.one_of(CLOCK, WORDS)},
)
JSON = st.recursive(st.one_of(st.none(), st.integers(), WORDS), lambda inner: st.lists(inner, max_size=3), max_leaves=5)


@FUZZ
@given(entries=st.lists(st.one_of(ENTRY, JSON), max_size=20), name=st.sampled_from([*turns.timeline.LISTS, "other"]))
def test_every_entry_of_a_timeline_is_speech_silence_or_named(tmp_path, entries, name):
    told = {}
    path = written(tmp_path, "timeline.json", json.dumps({name: entries}))
    if name == "other":
        with pytest.raises(tables.TableError, match="no list timeline_refine or timeline"):
            turns.read(path, None, told)
        return
    found = turns.read(path, None, told)
    assert told["entries"] == len(entries) == told["used"] + told["silent"] + len(told["unread"])
    assert (found["end_s"] >= found["start_s"]).all()
    assert cells_kept(found, told) >= told["used"]


@FUZZ
@given(
    raw=st.one_of(st.binary(max_size=200), JSON.map(lambda value: json.dumps(value).encode()), st.just(b"[" * 100_000))
)
def test_any_bytes_as_a_timeline_are_read_or_refused_in_one_sentence(tmp_path, raw):
    with pytest.raises(tables.TableError, match="expected the timeline of a Zoom recording"):
        turns.read(written(tmp_path, "timeline.json", raw))


def test_a_timeline_says_who_speaks_until_the_next_entry(tmp_path):
    users = [[], ["Ada"], ["Ada", "李雷"], ["李雷"], [], ["Ada"]]
    entries = [
        {"ts": f"00:00:{5 * k:02}.500", "users": [{"username": n} for n in names]} for k, names in enumerate(users)
    ]
    told = {}
    path = written(tmp_path, "t.json", json.dumps({"timeline": [], "timeline_refine": entries}))
    found = turns.read(path, ["ada"], told)
    assert list(found.itertuples(index=False, name=None)) == [
        *(("ada", 5.5, 10.5), ("ada", 10.5, 15.5), ("李雷", 10.5, 15.5), ("李雷", 15.5, 20.5)),
    ]
    assert told["unread"] == ["t.json: entry 6: nothing says when 'Ada' ended; left out"]


# --- transcripts of Zoom, Teams and Meet ------------------------------------------------------------------------------

TIME = st.tuples(st.integers(0, 9), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999))
SAID = st.one_of(
    st.tuples(NAMES, WORDS).map(lambda t: f"{t[0]}: {t[1]}"),
    st.tuples(NAMES, WORDS).map(lambda t: f"<v {t[0]}>{t[1]}</v>"),
    WORDS,
)
CUE = st.tuples(TIME, TIME, st.lists(SAID, min_size=1, max_size=3))


def as_text(cues, ending):
    """Cues as a file of this kind holds them."""
    comma, rows = "," if ending == ".srt" else ".", []
    for number, (start, end, lines) in enumerate(cues, 1):
        one, two = (f"{h:02}:{m:02}:{s:02}{comma}{ms:03}" for h, m, s, ms in sorted((start, end)))
        lines = [" ".join(line.split()).replace("-->", "→") or "…" for line in lines]
        arrow = f"{one},{two}" if ending == ".sbv" else f"{one} --> {two}"
        rows.append("\n".join([*([str(number)] if ending == ".srt" else []), arrow, *lines]))
    return ("WEBVTT\n\n" if ending == ".vtt" else "") + "\n\n".join(rows) + "\n"


@FUZZ
@given(cues=st.lists(CUE, min_size=1, max_size=15), ending=st.sampled_from([".vtt", ".srt", ".sbv"]), data=st.data())
def test_cues_in_are_cues_out_and_told(tmp_path, cues, ending, data):
    text = as_text(cues, ending)
    told = {}
    found = turns.read(written(tmp_path, f"t{ending}", text), None, told)
    assert told["cues"] == len(cues)
    assert told["unreadable_cues"] == len(told["unread"]) == 0
    kept = found.drop_duplicates(["start_s", "end_s"])
    lost = told.get("cues_without_name", 0)
    times = {tuple(sorted((start, end))) for start, end, _ in cues}
    assert len(kept) + lost >= len(times)
    place = data.draw(st.integers(0, len(text)))
    torn = text[:place] + data.draw(WORDS) + text[place + data.draw(st.integers(0, 9)) :]
    told = {}
    read_or_refused(turns.read, written(tmp_path, f"torn{ending}", torn), None, told)
    assert told["unreadable_cues"] == len(told["unread"])


@FUZZ
@given(raw=st.binary(max_size=300), ending=st.sampled_from([".vtt", ".srt", ".sbv", ".rttm"]))
def test_any_bytes_as_a_transcript_are_read_or_refused_in_one_sentence(tmp_path, raw, ending):
    read_or_refused(turns.read, written(tmp_path, f"t{ending}", raw))


@pytest.mark.parametrize("ending", [".vtt", ".srt", ".sbv"])
def test_an_address_in_a_transcript_is_cut(tmp_path, ending):
    text = as_text([((0, 0, k, 0), (0, 0, k, 900), ["ada.l@example.org: yes"]) for k in range(3)], ending)
    assert turns.read(written(tmp_path, f"t{ending}", text))["person_id"].unique().tolist() == ["ada.l"]


def test_an_address_in_the_name_of_a_file_is_cut():
    assert recordings.name_of("audioada.l@example.org11234567890") == "ada.l"


# --- names of files ---------------------------------------------------------------------------------------------------


@FUZZ
@given(
    names=st.lists(
        st.one_of(
            st.text(string.ascii_letters + string.digits + " ._-()李", min_size=1, max_size=20).map(
                lambda text: f"{text}.mp4"
            ),
            st.integers(0, 99).map(lambda k: f"video{k}1234567890.mp4"),
            st.integers(0, 3).map(lambda k: f"GMT20240501-14000{k}_Recording_gallery_1x1.mp4"),
            st.integers(0, 3).map(lambda k: f"GMT20240501-14000{k}_RecordingnewChat.txt"),
            st.sampled_from(
                ["GMT20249999-999999_Recording.m4a", "chat.txt", "zoom_0.mp4", "zoom_99999999999999999999.mp4"]
            ),
        ),
        max_size=8,
        unique_by=str.casefold,
    )
)
def test_any_names_in_a_folder_are_read_or_refused_and_no_file_is_named_that_is_not_there(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("any")
    for name in names:
        if name.strip(". ") not in ("", "mp4"):
            (folder / name).write_bytes(b"")
    found = read_or_refused(recordings.read, folder, errors=recordings.RecordingError)
    if found is None:
        return
    there = set(folder.iterdir())
    held = [medium.path for one in found for medium in one.media]
    assert set(held) <= there
    told = " ".join(note for one in found for note in one.notes)
    shown = {path for path in there if path.suffix == ".mp4" and not path.name.startswith(".")}
    assert all(path in held or path.name in told or "more" in told for path in shown)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("chat.txt", "chat"),
        ("meeting_saved_chat.txt", "chat"),
        ("meeting_saved_new_chat.txt", "chat"),
        ("GMT20240501-140000_RecordingnewChat.txt", "chat"),
        ("GMT20240501-140000_Recording.txt", "chat"),
        ("participants_85123456789.csv", "participants"),
        ("GMT20240501-140000_timeline.json", "timeline"),
        ("notes.txt", ""),
        ("recordings.csv", ""),
        ("package.json", ""),
        ("snatchat.txt", ""),
    ],
)
def test_zooms_names_tell_the_kind_of_a_file(tmp_path, name, kind):
    assert zoom.kind_of(tmp_path / name) == kind


# --- Teams and Meet, as they write them (made up) ---------------------------------------------------------------------

TEAMS_NEW = """WEBVTT

7f0e3c1a-1111-4222-8333-444455556666/19-0
00:00:03.129 --> 00:00:05.919
<v Lovelace, Ada (External)>Well then &amp; now,
let us begin.</v>

7f0e3c1a-1111-4222-8333-444455556666/19-1
00:00:05.919 --> 00:00:06.400
<v 李雷>好。</v>

7f0e3c1a-1111-4222-8333-444455556666/23-0
00:00:07.000 --> 00:00:08.250
<v Lovelace, Ada (External)>Q: is it 10:30?</v>
"""
TEAMS_OLD = """WEBVTT

NOTE duration:"00:30:00.0000000"

NOTE language:en-us

NOTE Confidence: 0.8995

7f0e3c1a-1111-4222-8333-444455556666
0:0:3.120 --> 0:0:5.910
<v Ada Lovelace>Well then.

NOTE Confidence: 0.71

7f0e3c1a-1111-4222-8333-444455556667
0:0:5.910 --> 0:0:6.400
<v Li Lei>Yes.
"""
TEAMS_NAMELESS = "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n<v ->so</v>\n\n00:00:02.000 --> 00:00:03.000\n<v >so</v>\n"
MEET = """0:00:01.230,0:00:04.560
Ada Lovelace: well then, let us
begin

0:00:04.560,0:00:06.000
李雷: 好
"""
MEET_CAPTIONS = "0:00:01.230,0:00:04.560\nwell then let us\n\n0:00:04.560,0:00:06.000\nbegin\n"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "teams.vtt",
            TEAMS_NEW,
            [
                ("Lovelace, Ada (External)", 3.129, 5.919, "Well then & now, let us begin."),
                ("李雷", 5.919, 6.4, "好。"),
                ("Lovelace, Ada (External)", 7.0, 8.25, "Q: is it 10:30?"),
            ],
        ),
        ("old.vtt", TEAMS_OLD, [("Ada Lovelace", 3.12, 5.91, "Well then."), ("Li Lei", 5.91, 6.4, "Yes.")]),
        (
            "meet.sbv",
            MEET,
            [("Ada Lovelace", 1.23, 4.56, "well then, let us begin"), ("李雷", 4.56, 6.0, "好")],
        ),
    ],
)
def test_transcripts_of_teams_and_meet_say_who_spoke_when(tmp_path, name, text, expected):
    for ends in ("\n", "\r\n"):
        told = {}
        found = turns.read(written(tmp_path, name, "\ufeff" + text.replace("\n", ends)), None, told)
        assert list(found.itertuples(index=False, name=None)) == expected
        assert told["unread"] == []
        assert told["cues_without_name"] == 0


@pytest.mark.parametrize(("name", "text"), [("t.vtt", TEAMS_NAMELESS), ("m.sbv", MEET_CAPTIONS)])
def test_a_transcript_without_names_credits_nobody_and_names_every_cue(tmp_path, name, text):
    told = {}
    assert len(turns.read(written(tmp_path, name, text), None, told)) == 0
    assert (told["cues"], told["cues_without_name"]) == (2, 2)
    assert len(told["lines_without_name"]) == 2
    assert any("2 cues without a name are left out" in words for words in told["warnings"])


def test_who_is_external_in_teams_is_the_person_of_the_sound(tmp_path):
    found = turns.read(written(tmp_path, "t.vtt", TEAMS_NEW), ["Lovelace, Ada"], {})
    assert found["person_id"].tolist()[:1] == ["Lovelace, Ada (External)"]  # told as a stranger, joined by river.names
    assert river_names.key_of("Lovelace, Ada (External)") == river_names.key_of("Lovelace, Ada")


def test_the_chat_that_meet_keeps_as_captions_is_no_speech(tmp_path):
    for name in ("abc (2024-05-01 at 14_00 GMT+2).mp4", "abc (2024-05-01 at 14_00 GMT+2) - Chat.sbv"):
        (tmp_path / name).write_bytes(MEET.encode())
    (one,) = recordings.read(tmp_path)
    assert [medium.kind for medium in one.media] == ["video", "chat"]
    told = {}
    found = recordings.read_chat(one.media[1].path, told)
    assert found[["clock_s", "name", "words"]].to_numpy().tolist() == [
        [1.0, "Ada Lovelace", "well then, let us\nbegin"],
        [4.0, "李雷", "好"],
    ]
    assert (told["layout"], told["unread"]) == ("offset", [])
