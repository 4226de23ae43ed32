"""Whatever a file holds: rows or one error that says what is expected, soon, inside the folder, and nothing unsaid.

Valid files of every kind are torn, cut, doubled, re-encoded and filled with noise; what is read is counted against what
is told. The time allowed is that of the processor, so that a busy machine fails nothing.
"""

import json
import os
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mien import people, recordings, river, tables, turns

FUZZ = settings(
    max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
SOON_S = 2.0
ERRORS = (tables.TableError, recordings.RecordingError)

ZOOM = """WEBVTT

1
00:00:01.000 --> 00:00:02.500
Ada Lovelace: well,
that is so.

2
00:00:02.600 --> 00:00:04.000
李雷: I said: no

3
00:00:04.100 --> 00:00:05.000
nobody's words

4
00:00:06.000 --> 00:00:07.000
Zoë (she/her): yes. Ada Lovelace: no?
"""
TEAMS = """WEBVTT

a1b2c3d4-0000-4000-8000-000000000000/12-0
00:00:03.129 --> 00:00:05.919
<v Lovelace, Ada (External)>Well then &amp; now</v>

a1b2c3d4-0000-4000-8000-000000000000/12-1
00:00:05.919 --> 00:00:06.400
<v Li Lei>Yes.</v> <v Ольга>No.</v>

NOTE Confidence: 0.9

0:0:7.0 --> 0:0:8.120
<v أحمد>so</v>
"""
SRT = "1\n00:00:00,500 --> 00:00:03,000\nAna: so\nwhat\n\n2\n00:00:04,000 --> 00:00:05,000\nBen: I\n"
SBV = "0:00:00.500,0:00:03.000\nAna: so what\n\n0:00:04.000,0:00:05.000\nBen: I\n"
RTTM = "SPEAKER m 1 0.50 2.0 <NA> <NA> ana <NA> <NA>\n;; x\nSPKR-INFO m\nSPEAKER m 1 3 1 <NA> <NA> ben <NA> <NA>\n"
EAF = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT><HEADER MEDIA_FILE="../../secret.mp4" TIME_UNITS="milliseconds"/>
<TIME_ORDER><TIME_SLOT TIME_SLOT_ID="a" TIME_VALUE="500"/><TIME_SLOT TIME_SLOT_ID="b" TIME_VALUE="1750"/></TIME_ORDER>
<TIER TIER_ID="A" PARTICIPANT="Ana"><ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="1" TIME_SLOT_REF1="a"
 TIME_SLOT_REF2="b"><ANNOTATION_VALUE>so</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
<TIER TIER_ID="B" PARENT_REF="A"/></ANNOTATION_DOCUMENT>
"""
GRID_SHORT = '"ooTextFile"\n"TextGrid"\n0\n4\n<exists>\n1\n"IntervalTier"\n"Ana"\n0\n4\n2\n0\n1\n"so"\n1\n4\n""\n'
GRID_LONG = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 4
tiers? <exists>
size = 1
item []:
    item [1]:
        class = "IntervalTier"
        name = "Ana"
        xmin = 0
        xmax = 4
        intervals: size = 2
        intervals [1]:
            xmin = 0
            xmax = 1
            text = "so"
        intervals [2]:
            xmin = 1
            xmax = 4
            text = ""
"""
CSV = "person_id,start_s,end_s,words\nana,0.5,1.5,so\n李雷,2,3,\n"
TIMELINE = json.dumps(
    {"timeline": [{"ts": "00:00:01.000", "users": [{"username": "Ada"}]}, {"ts": "00:00:02.000", "users": []}]}
)
CLOUD = "00:58:04\tAda Lovelace:\thello\n00:59:00\t李雷:\tand\nmore\n"
DESKTOP = "14:00:03 From Ada to Everyone:\n\thello\n14:00:05 From Ada to 李雷(Direct Message) : psst\n"
ATTENDANCE = (
    "Topic,ID\nWeekly,85\n\nName (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),In Waiting Room\n"
    'Ada (Ada Lovelace),ada@example.org,05/01/2024 02:00:10 PM,05/01/2024 02:05:00 PM,5,No\n"Li, Lei",,,,,Yes\n'
)
PEOPLE = (
    "recording_id,found,person_id,start_s,end_s,people_by,found_as\nm,p1,Ada,0,5,hand,m_p1\nm,p1,Li,5,,found,m_p1\n"
)
RECORDINGS = (
    "recording_id,path,kind,person_id,licence,source,label_mood\n"
    "m,a.mp4,video,ada,none,me,1\nm,../b.vtt,transcript,,none,me,\n"
)


def spoken(name):
    def read(path, told):
        return turns.read(path, None, told)

    read.ending = name
    return read


def as_people(path, told):
    return people.read_hand(path, ["m"])


def as_recordings(path, told):
    return recordings.read(path)


def as_chat(path, told):
    return recordings.read_chat(path, told)


def as_attendance(path, told):
    return recordings.read_attendance(path, None, told)


KINDS = {
    "zoom.vtt": (ZOOM, spoken("vtt")),
    "teams.vtt": (TEAMS, spoken("vtt")),
    "x.srt": (SRT, spoken("srt")),
    "x.sbv": (SBV, spoken("sbv")),
    "x.rttm": (RTTM, spoken("rttm")),
    "x.eaf": (EAF, spoken("eaf")),
    "short.TextGrid": (GRID_SHORT, spoken("TextGrid")),
    "long.TextGrid": (GRID_LONG, spoken("TextGrid")),
    "segments.csv": (CSV, spoken("csv")),
    "timeline.json": (TIMELINE, spoken("json")),
    "GMT20240501-140000_RecordingnewChat.txt": (CLOUD, as_chat),
    "chat.txt": (DESKTOP, as_chat),
    "participants_1.csv": (ATTENDANCE, as_attendance),
    "people.csv": (PEOPLE, as_people),
    "recordings.csv": (RECORDINGS, as_recordings),
}
CODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1")
NOISE = st.one_of(
    st.sampled_from(
        [
            *(
                "\n",
                "\r",
                "\t",
                '"',
                "\0",
                "\ufeff",
                "\u2028",
                ",",
                ";",
                ":",
                "-->",
                "<",
                "<v ",
                "{",
                "<!DOCTYPE x>",
                "&#0;",
            ),
            *("../../x", "/etc/x", "ada@example.org", "-1", "nan", "inf", "1e300", "9" * 400, "999:59:59.999", "١"),
        ]
    ),
    st.text(max_size=8),
)


@st.composite
def torn(draw, text):
    """A valid text with parts cut out, doubled or replaced by noise, in some encoding, perhaps broken off."""
    for _ in range(draw(st.integers(0, 4))):
        at, length = draw(st.integers(0, len(text))), draw(st.integers(0, 40))
        middle = draw(st.one_of(NOISE, st.just(text[at : at + length] * 2)))
        text = text[:at] + middle + text[at + length :]
    raw = text.encode(draw(st.sampled_from(CODINGS)), "replace")
    return raw[: draw(st.integers(0, len(raw)))] if draw(st.integers(0, 3)) == 0 else raw


def counted(name, rows, told):
    """What went in comes out or is named: each kind of file by its own count."""
    assert len(told.get("unread", [])) == len(set(told.get("unread", [])))
    if name.endswith((".vtt", ".srt", ".sbv")):
        assert told["unreadable_cues"] == len(told["unread"])
        assert told["cues_without_name"] == len(told["lines_without_name"])
        assert len(rows) + told["cues_without_name"] >= told["cues"]
    elif name.endswith(".eaf"):
        assert told["annotations"] == len(rows) + len(told["unread"])
    elif name.endswith(".TextGrid"):
        assert told["intervals"] == len(rows) + told["silent_intervals"] + len(told["unread"])
    elif name.endswith(".csv") and "segments" in told:
        assert told["segments"] == len(rows)
    elif name.endswith(".json"):
        assert told["entries"] == told["used"] + told["silent"] + len(told["unread"])
    elif "messages" in told:
        assert told["lines"] == told["messages"] + told["continued"] + len(told["unread"])
        assert len(rows) == told["messages"]
    elif "in_waiting_room" in told:
        assert told["rows"] == told["used"] + len(told["unread"])
        assert len(rows) == told["used"]


def soon(read, path, told):
    """What a reader gives, or None where it refuses and says what it expects; in no more than some seconds."""
    began_s = time.process_time()
    try:
        return read(path, told)
    except ERRORS as error:
        words = str(error)
    finally:
        assert time.process_time() - began_s < SOON_S
    promised = ("expected", "no column", "missing in row", "ends before it starts", "two rows for", "no such file")
    assert any(word in words for word in (*promised, "two recordings have the id", "declares a document type")), words
    return None


@pytest.mark.parametrize("name", KINDS)
def test_the_file_itself_is_read_whole(tmp_path, name):
    text, read = KINDS[name]
    path, told = tmp_path / name, {}
    path.write_text(text, encoding="utf-8")
    (tmp_path / "a.mp4").write_bytes(b"")
    rows = read(path, told)
    assert len(rows)
    assert told.get("unread", []) == []
    if not name.startswith(("people", "recordings")):
        counted(name, rows, told)


@pytest.mark.parametrize("name", KINDS)
@FUZZ
@given(data=st.data())
def test_a_torn_file_of_any_kind_is_read_or_refused_and_nothing_is_unsaid(tmp_path, name, data):
    text, read = KINDS[name]
    path, told = tmp_path / name, {}
    path.write_bytes(data.draw(st.one_of(torn(text), st.binary(max_size=200))))
    rows = soon(read, path, told)
    if rows is not None and not name.startswith(("people", "recordings")):
        counted(name, rows, told)
        if "start_s" in rows:
            turns.SEGMENTS.check(rows)  # what a part is read back as
        assert not [words for words in map(str, told.get("unread", [])) if "@example" in words]


LONG = 100_000


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n" + "<v " * LONG),
        ("x.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n" + "<" * LONG),
        ("x.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n" + "Ada" + " " * LONG + ":\n" + "\n " * LONG),
        ("x.vtt", "WEBVTT\n\n" + "".join(f"00:01.000 --> 00:02.000\nName {k}: x\n\n" for k in range(8000))),
        (
            "x.vtt",
            "WEBVTT\n\n00:01.000 --> 00:02.000\nAda: x\n\n" + "0" * LONG + ":" + "0" * LONG + " -->" + " " * LONG,
        ),
        ("x.sbv", "0" * LONG + ":" + "0" * LONG + "\n" + " " * LONG + "\n" + "0:" * LONG),
        ("x.rttm", "SPEAKER " * LONG),
        ("x.eaf", "<a>" * LONG + "</a>" * LONG),
        ("x.eaf", '<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "' + "&a;" * LONG + '">]><x>&c;</x>'),
        ("x.eaf", "<ANNOTATION_DOCUMENT>" + "<a>" * 50_000 + "</a>" * 50_000 + "</ANNOTATION_DOCUMENT>"),
        ("x.TextGrid", '"ooTextFile"\n"TextGrid" 0 4 <exists> 99999999 ' + '"' * LONG + "1" * LONG),
        ("timeline.json", "[" * LONG),
        (
            "chat.txt",
            "14:00:03 From " + "a " * LONG + ": x\n14:00:03 From a " + " " * LONG + "\n14:00:03\t" + "x" * LONG,
        ),
        ("chat.txt", "14:00:03 From " + "to " * LONG + "\n14:00:03 From a to " + " " * LONG + ":"),
        ("participants_1.csv", "Name,Join Time\n" + '"' * LONG + "\n" + "(" * LONG + "\n" + "a@" * LONG + "\n"),
        ("segments.csv", "person_id,start_s,end_s\n" + '"' * (LONG + 1)),
        ("people.csv", "found,person_id\n" + "p1," * (LONG // 10)),
    ],
)
def test_no_long_line_hangs_a_reader(tmp_path, name, text):
    read = next(read for known, (_, read) in KINDS.items() if known.endswith(name.removeprefix("x")))
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    soon(read, path, {})


# --- what a quote, a far time and a private word may not do -----------------------------------------------------------


def test_an_open_quote_swallows_no_row(tmp_path):
    path, told = tmp_path / "segments.csv", {}
    path.write_text('person_id,start_s,end_s\n"ana,0,1\nben,1,2\ncleo",2,3\n', "utf-8")
    with pytest.raises(tables.TableError, match=r"line break within 'person_id'.*a quote is not closed"):
        turns.read(path)
    path = tmp_path / "participants_1.csv"
    path.write_text(ATTENDANCE.replace("Ada (Ada", '"Ada (Ada') + "Cleo,,,,,No\n", "utf-8")
    assert recordings.read_attendance(path, None, told)["name"].tolist() == ["Li, Lei", "Cleo"]
    assert len(told["unread"]) == 1
    assert "participants_1.csv: line 5: its quotes do not match" in told["unread"][0]


def test_annotations_that_hang_on_others_in_a_tier_of_their_own_are_named(tmp_path):
    path, told = tmp_path / "x.eaf", {}
    path.write_text(EAF.replace("ALIGNABLE_ANNOTATION", "REF_ANNOTATION"), "utf-8")
    assert len(turns.read(path, None, told)) == 0
    assert told["unread"] == ["x.eaf: tier 'A': annotation '1' has no time; left out"]


@pytest.mark.parametrize(
    ("name", "text", "named"),
    [
        ("m.vtt", "{good}\n300:00:00.000 --> 300:00:01.000\nAda: x\n", "m.vtt: line 6: unreadable cue times"),
        ("m.rttm", "SPEAKER m 1 1 1 <NA> <NA> a\nSPEAKER m 1 1e300 1 <NA> <NA> a\n", "line 2: start 1e300"),
        ("timeline.json", TIMELINE.replace("00:00:02.000", "999:00:00"), "timeline.json: entry 2: no time 'ts'"),
    ],
)
def test_a_time_that_no_recording_has_is_named_and_stops_no_build(tmp_path, name, text, named):
    good = "WEBVTT\n\n00:01.000 --> 00:02.000\nAda: well\n\n"
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / name).write_text(text.replace("{good}\n", good), "utf-8")
    if name == "timeline.json":
        (folder / "m.vtt").write_text(good, "utf-8")
    report = river.build(recordings.read(folder), tmp_path / "out")
    assert [words for words in report["warnings"] if named in words]
    (one,) = report["recordings"].values()
    assert [words for stage in one["stages"].values() for words in stage.get("unread", []) if named in words]


def test_of_two_lists_of_who_spoke_when_both_are_in_the_report(tmp_path):
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / "m.vtt").write_text(f"{ZOOM}\n00:0x:00.000 --> 00:00:01.000\nAda: x\n", "utf-8")
    (folder / "m.rttm").write_text(f"{RTTM}SPEAKER m 1 soon 1 <NA> <NA> ben\n", "utf-8")
    (one,) = river.build(recordings.read(folder), tmp_path / "out")["recordings"].values()
    assert (one["stages"]["transcript"]["cues"], one["stages"]["transcript"]["unreadable_cues"]) == (4, 1)
    assert len(one["stages"]["segments"]["unread"]) == 1


def test_what_could_not_be_read_is_named_without_its_words(tmp_path):
    folder = tmp_path / "2024-05-01 14.00.00 Weekly"
    folder.mkdir()
    (folder / "m.vtt").write_text(
        "WEBVTT\n\nxylophone ada@example.org\n\n00:01.000 --> 00:02.000\nAda: well\n\nxylophone --> ada@example.org\n",
        "utf-8",
    )
    (folder / "chat.txt").write_text(
        "14:00:01 From Ada to Everyone: hi\n14:00:07 xylophone, ada@example.org\n14:99:00 From xylophone to me: x\n",
        "utf-8",
    )
    (folder / "participants_1.csv").write_text(
        f"{ATTENDANCE}Ben,b,ada@example.org,ada@example.org,1,No\nBen,b,,,ada@example.org,No\n", "utf-8"
    )
    report = river.build(recordings.read(folder), tmp_path / "out")
    assert len([words for words in report["warnings"] if "left out" in words and "line" in words]) == 6
    for path in (tmp_path / "out").iterdir():
        if path.is_file():
            raw = path.read_bytes()
            assert b"xylophone" not in raw, path
            assert b"@example" not in raw, path


# --- nothing outside the folder ---------------------------------------------------------------------------------------

WAYS_OUT = [
    "../../x",
    "/etc/x",
    "..\\..\\x",
    "~/x",
    "a/../../../b",
    "CON",
    ".",
    "..",
    "x\0y",
    "a" * 300,
    "%2e%2e%2fx",
    "$HOME",
]


def everything(folder):
    """Every file and link below a folder, with its size: what a build may not change."""
    return {path: path.lstat().st_size for path in folder.rglob("*") if not path.is_dir()}


@pytest.mark.parametrize("way", WAYS_OUT)
def test_no_name_in_a_file_leads_out_of_the_folder_that_is_built(tmp_path, way):
    inside = tmp_path / "a" / "b" / "c"
    inside.mkdir(parents=True)
    (inside / "x.vtt").write_text(f"WEBVTT\n\n00:01.000 --> 00:02.000\n<v {way}>so</v>\n", "utf-8")
    (inside / "y.csv").write_text(f"person_id,start_s,end_s\n{way},0,1\n".replace("\0", ""), "utf-8")
    name = way.replace("\0", "")
    (inside / "recordings.csv").write_text(
        "recording_id,path,kind,person_id,licence,source\n"
        f"{name},x.vtt,transcript,,none,me\n{name},y.csv,segments,,none,me\n",
        "utf-8",
    )
    before = everything(tmp_path)
    river.build(recordings.read(inside), tmp_path / "a" / "b" / "out")
    made = {
        path: size for path, size in everything(tmp_path).items() if (tmp_path / "a" / "b" / "out") not in path.parents
    }
    assert made == before
    assert (tmp_path / "a" / "b" / "out" / "report.json").is_file()


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_lead_to_no_circle_and_are_written_through_by_nobody(tmp_path):
    folder, other = tmp_path / "m", tmp_path / "other"
    folder.mkdir()
    other.mkdir()
    (other / "real.vtt").write_text(ZOOM, "utf-8")
    (folder / "m.vtt").symlink_to(other / "real.vtt")
    (folder / "again").symlink_to(folder)
    (folder / "up").symlink_to(tmp_path)
    (folder / "lost.txt").symlink_to(tmp_path / "nowhere")
    before = everything(other)
    (one,) = recordings.read(folder)
    river.build([one], tmp_path / "out")
    assert everything(other) == before
    assert not (tmp_path / "nowhere").exists()
