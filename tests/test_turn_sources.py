"""Who spoke when, from others and for others: ELAN, Praat, RTTM; round trips, noise, and how far two sources agree."""

import math

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mien import recordings, river, tables, turns
from mien.corpora import ami
from mien.river import talk

quick = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
names = st.sampled_from(["ana", "李雷", "Ben & Co", 'the "boss"', "<v>", "Zoë 2"])
texts = st.sampled_from(["", "hello", "a < b & c", 'she said "no"', "wait! 3 4", "李雷 1.5", "tab\tand  spaces"])
rows = st.lists(st.tuples(names, st.integers(0, 50_000), st.integers(1, 6_000), texts), min_size=1, max_size=12)
apart = st.lists(st.tuples(names, st.integers(1, 2_000), texts), min_size=1, max_size=12)


def segments(found):
    frame = [(p, a / 1000, (a + n) / 1000, w) for p, a, n, w in found]
    return pd.DataFrame(frame, columns=["person_id", "start_s", "end_s", "words"])


def in_a_row(found):
    """Speech in which nobody overlaps themselves: one after the other, with a pause of 0.1 s."""
    at, table = 0, []
    for person, length, words in found:
        table.append((person, at, length, words))
        at += length + 100
    return segments(table)


def as_rows(table):
    times = table.round({"start_s": 3, "end_s": 3})
    return sorted((r.person_id, r.start_s, r.end_s, " ".join(r.words.split())) for r in times.itertuples())


# --- ELAN -------------------------------------------------------------------------------------------------------------

EAF = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="2026-01-01T00:00:00Z" FORMAT="3.0" VERSION="3.0">
<HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">
<MEDIA_DESCRIPTOR MEDIA_URL="file:///secret.mp4" MIME_TYPE="video/mp4"/></HEADER>
<TIME_ORDER><TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="500"/><TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="1750"/>
<TIME_SLOT TIME_SLOT_ID="ts3"/><TIME_SLOT TIME_SLOT_ID="ts4" TIME_VALUE="4000"/></TIME_ORDER>
<TIER TIER_ID="A" PARTICIPANT="Ana" LINGUISTIC_TYPE_REF="t">
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2"><ANNOTATION_VALUE>so
 what</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="ts2" TIME_SLOT_REF2="ts3"/></ANNOTATION>
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a3" TIME_SLOT_REF1="ts4" TIME_SLOT_REF2="ts2"/></ANNOTATION></TIER>
<TIER TIER_ID="Ben" LINGUISTIC_TYPE_REF="t">
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a4" TIME_SLOT_REF1="ts2" TIME_SLOT_REF2="ts4"/></ANNOTATION></TIER>
<TIER TIER_ID="A-words" PARENT_REF="A" LINGUISTIC_TYPE_REF="t"/>
</ANNOTATION_DOCUMENT>
"""


def test_an_elan_file_is_a_tier_per_person_and_names_what_it_could_not_read(tmp_path):
    path, told = tmp_path / "one.eaf", {}
    path.write_text(EAF, encoding="utf-8")
    found = turns.read_eaf(path, told=told)
    assert found.to_numpy().tolist() == [["Ana", 0.5, 1.75, "so what"], ["Ben", 1.75, 4.0, ""]]
    assert (told["annotations"], told["other_tiers"]) == (4, ["A-words"])
    assert told["unread"] == [
        "one.eaf: tier 'A': annotation 'a2' has no time; left out",
        "one.eaf: tier 'A': annotation 'a3' has an end before its start; left out",
    ]
    assert turns.read_eaf(path, tiers=["Ben"])["person_id"].tolist() == ["Ben"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not an ELAN file: no element found"),
        ("<a>", "not an ELAN file"),
        ("<a/>", "it holds 'a', expected 'ANNOTATION_DOCUMENT'"),
        (EAF.replace('"milliseconds"', '"NTSC-frames"'), "counts time in 'NTSC-frames'"),
        ('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>', "declares a document type"),
    ],
)
def test_what_is_no_elan_file_says_so(tmp_path, text, message):
    path = tmp_path / "bad.eaf"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(tables.TableError, match=message):
        turns.read_eaf(path)


@quick
@given(rows)
def test_elan_out_and_in_again_is_the_same(tmp_path, found):
    table, told = segments(found), {}
    back = turns.read_eaf(turns.write_eaf(table, tmp_path / "x.eaf"), told=told)
    assert as_rows(back) == as_rows(table)
    assert told["unread"] == []


@quick
@given(st.data())
def test_a_damaged_elan_file_loses_no_annotation_in_silence(tmp_path, data):
    broken = data.draw(st.sampled_from(['"500"', '"1750"', '"4000"', '"ts2"', 'PARTICIPANT="Ana"', 'TIER_ID="Ben"']))
    new = data.draw(st.sampled_from(['"-1"', '"x"', '"99999999999999"', '""', '"ts9"']))
    path, told = tmp_path / "x.eaf", {}
    path.write_text(EAF.replace(broken, new if broken[0] == '"' else broken.split("=")[0] + "=" + new), "utf-8")
    found = turns.read_eaf(path, told=told)
    assert len(found) + len(told["unread"]) == told["annotations"] == 4


def test_elan_files_are_read_as_another_library_reads_them(tmp_path):
    pympi = pytest.importorskip("pympi", reason="pympi-ling is the oracle here; install the extra `test`")
    table = in_a_row([("ana", 900, "so"), ("ben", 1500, "a < b"), ("ana", 700, "")])
    other = pympi.Elan.Eaf(str(turns.write_eaf(table, tmp_path / "x.eaf")))
    assert sorted(other.get_tier_names()) == ["ana", "ben"]
    assert other.get_annotation_data_for_tier("ana") == [(0, 900, "so"), (2600, 3300, "")]
    made = pympi.Elan.Eaf(author="x")
    made.add_tier("ana")
    made.add_annotation("ana", 100, 2500, "hello")
    made.to_file(str(tmp_path / "y.eaf"))
    assert turns.read_eaf(tmp_path / "y.eaf").to_numpy().tolist() == [["ana", 0.1, 2.5, "hello"]]


# --- Praat ------------------------------------------------------------------------------------------------------------

SHORT = '''File type = "ooTextFile"
"TextGrid"
0
4.5
<exists>
3 ! tiers
"IntervalTier" "Ana - words" 0 4.5 3
0 1.25 "so ""what"""
1.25 2 ""
2 4.5 "sil"
"IntervalTier" "Ben" 0 4.5 2 0 2 "SP" 2 4.5 "3 or 4"
"TextTier" "clicks" 0 4.5 1 2.5 "!"
'''


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_short_textgrid_with_silences_points_and_quotes(tmp_path, encoding):
    path, told = tmp_path / "x.TextGrid", {}
    path.write_bytes(SHORT.encode(encoding))
    found = turns.read_textgrid(path, told=told)
    assert found.to_numpy().tolist() == [["Ana", 0.0, 1.25, 'so "what"'], ["Ben", 2.0, 4.5, "3 or 4"]]
    assert (told["intervals"], told["silent_intervals"], told["other_tiers"]) == (5, 3, ["clicks"])
    assert turns.read_textgrid(path, tiers=["Ben"])["person_id"].tolist() == ["Ben"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: expected a text of a TextGrid, found the end of the file"),
        ('"ooTextFile" "PitchTier"', "not a TextGrid"),
        ("ooBinaryFile\x08TextGrid", "a binary TextGrid"),
        (SHORT.replace('2 ""', '""'), r"line 9: expected a number of a TextGrid, found '\"\"'"),
        (SHORT.replace("4.5 3\n", "4.5 99999\n"), "expected a number of tiers or intervals"),
        (SHORT.replace("4.5 3\n", "4.5 9\n"), "expected a number of a TextGrid, found '\"IntervalTier\"'"),
        (SHORT[:-12], "expected a"),
    ],
)
def test_what_is_no_whole_textgrid_says_where_it_breaks(tmp_path, text, message):
    path = tmp_path / "bad.TextGrid"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(tables.TableError, match=message):
        turns.read_textgrid(path)


def test_intervals_without_usable_times_are_named(tmp_path):
    path, told = tmp_path / "x.TextGrid", {}
    path.write_text(SHORT.replace('2 4.5 "3', '5 4.5 "3').replace("0 1.25", "-1 1.25"), encoding="utf-8")
    assert len(turns.read_textgrid(path, told=told)) == 0
    assert told["unread"] == [
        "x.TextGrid: tier 'Ana - words': interval 1 has the times -1.0 to 1.25; left out",
        "x.TextGrid: tier 'Ben': interval 2 has the times 5.0 to 4.5; left out",
    ]


@quick
@given(apart)
def test_praat_out_and_in_again_is_the_same(tmp_path, found):
    table = in_a_row(found)
    back = turns.read_textgrid(turns.write_textgrid(table, tmp_path / "x.TextGrid", 100))
    spoken = table.assign(words=table["words"].where(table["words"] != "", "speech"))
    assert as_rows(back) == as_rows(spoken)


@quick
@given(rows)
def test_overlap_with_oneself_is_joined_and_no_speech_is_lost(tmp_path, found):
    table = segments(found)
    back = turns.read_textgrid(turns.write_textgrid(table, tmp_path / "x.TextGrid"))
    assert turns.agreement(table, back, same_names=True).error_rate == 0
    assert turns.floor(back) == turns.floor(table)


def test_praat_reads_what_is_written_and_what_praat_writes_is_read(tmp_path):
    parselmouth = pytest.importorskip("parselmouth", reason="Praat is the oracle here; install the extra `praat`")
    praat = parselmouth.praat.call
    table = in_a_row([("ana", 900, 'so "what"'), ("ben", 1500, "a < b"), ("ana", 700, "")])
    grid = parselmouth.read(str(turns.write_textgrid(table, tmp_path / "x.TextGrid", 5)))
    assert [praat(grid, "Get tier name", tier) for tier in (1, 2)] == ["ana", "ben"]
    assert [praat(grid, "Get label of interval", 1, n) for n in (1, 2, 3, 4)] == ['so "what"', "", "speech", ""]
    assert praat(grid, "Get start time of interval", 1, 3) == pytest.approx(2.6)
    for how in ("Save as text file", "Save as short text file"):
        praat(grid, how, str(tmp_path / "y.TextGrid"))
        assert as_rows(turns.read_textgrid(tmp_path / "y.TextGrid")) == [
            ("ana", 0, 0.9, 'so "what"'),
            ("ana", 2.6, 3.3, "speech"),
            ("ben", 1.0, 2.5, "a < b"),
        ]


@quick
@given(st.text(max_size=60), st.integers(0, len(SHORT)), st.integers(0, 40))
def test_no_textgrid_crashes_the_reader(tmp_path, noise, at, cut):
    path = tmp_path / "x.TextGrid"
    path.write_bytes((SHORT[:at] + noise + SHORT[at + cut :]).encode("utf-8", "surrogatepass"))
    told = {}
    try:
        found = turns.read_textgrid(path, told=told)
    except tables.TableError:
        return
    assert len(found) + told["silent_intervals"] + len(told["unread"]) == told["intervals"]
    turns.clean(found)


@quick
@given(st.binary(max_size=200), st.integers(0, len(EAF)), st.integers(0, 60))
def test_no_elan_file_crashes_the_reader(tmp_path, noise, at, cut):
    path = tmp_path / "x.eaf"
    raw = EAF.encode()
    path.write_bytes(raw[:at] + noise + raw[at + cut :])
    told = {}
    try:
        found = turns.read_eaf(path, told=told)
    except tables.TableError:
        return
    assert len(found) + len(told["unread"]) == told["annotations"]


# --- writers ----------------------------------------------------------------------------------------------------------


@quick
@given(rows)
def test_rttm_out_and_in_again_is_the_same_but_for_spaces_in_names(tmp_path, found):
    table = segments(found)
    back = turns.read_rttm(turns.write_rttm(table, tmp_path / "x.rttm", "meeting 1"))
    spelt = table.assign(person_id=table["person_id"].str.replace(" ", "_"))
    columns = ["person_id", "start_s", "end_s"]
    assert sorted(back[columns].round(3).to_numpy().tolist()) == sorted(spelt[columns].round(3).to_numpy().tolist())


def test_names_that_would_clash_in_rttm_are_refused(tmp_path):
    table = segments([("ana b", 0, 10, ""), ("ana_b", 20, 10, "")])
    with pytest.raises(tables.TableError, match="without them these clash"):
        turns.write_rttm(table, tmp_path / "x.rttm", "m")


@pytest.mark.parametrize("ending", ["rttm", "csv", "eaf", "TextGrid"])
def test_a_turns_table_is_written_as_its_speech(tmp_path, ending):
    table = turns.table(segments([("ana", 0, 5000, ""), ("ben", 2000, 400, ""), ("ben", 5200, 1000, "")]), 10)
    path = turns.write(table, tmp_path / f"x.{ending}", "m", 10)
    readers = {"rttm": turns.read_rttm, "csv": turns.read_csv, "eaf": turns.read_eaf, "TextGrid": turns.read_textgrid}
    assert turns.floor(readers[ending](path)) == turns.floor(table)


def test_an_ending_that_nobody_writes_is_refused(tmp_path):
    with pytest.raises(tables.TableError, match=r"can't write .docx; expected .rttm, .csv, .eaf or .TextGrid"):
        turns.write(segments([]), tmp_path / "x.docx")


# --- agreement --------------------------------------------------------------------------------------------------------

TRUTH = segments([("ana", 0, 4000, ""), ("ben", 4000, 6000, ""), ("ana", 9000, 3000, "")])


@pytest.mark.parametrize(
    ("other", "parts"),
    [  # missed, false alarm, confused; the truth has 13 s of speech, 1 s of it overlapped
        (TRUTH, (0, 0, 0)),
        (segments([]), (13, 0, 0)),
        (segments([("x", 0, 4000, ""), ("y", 4000, 6000, ""), ("x", 9000, 3000, "")]), (0, 0, 0)),
        (segments([("x", 0, 5000, ""), ("y", 5000, 5000, ""), ("x", 10_000, 4000, "")]), (1, 2, 1)),
        (segments([("x", 0, 12_000, "")]), (1, 0, 5)),
        (segments([("x", 0, 4000, ""), ("y", 4000, 6000, ""), ("z", 9000, 3000, "")]), (0, 0, 3)),
    ],
)
def test_agreement_worked_by_hand(other, parts):
    found = turns.agreement(TRUTH, other)
    assert found.speech_s == 13
    assert (found.missed_s, found.false_alarm_s, found.confused_s) == pytest.approx(parts)
    assert found.error_rate == pytest.approx(sum(parts) / 13)


def test_the_same_names_may_be_asked_for():
    swapped = TRUTH.assign(person_id=TRUTH["person_id"].map({"ana": "ben", "ben": "ana"}))
    assert turns.agreement(TRUTH, swapped).error_rate == 0
    assert turns.agreement(TRUTH, swapped).names == {"ana": "ben", "ben": "ana"}
    assert turns.agreement(TRUTH, swapped, same_names=True).confused_s == 11


def test_a_collar_forgives_what_lies_near_a_boundary():
    late = TRUTH.assign(start_s=TRUTH["start_s"] + 0.2, end_s=TRUTH["end_s"] + 0.2)
    assert turns.agreement(TRUTH, late).error_rate > 0.05
    forgiven = turns.agreement(TRUTH, late, collar_s=0.25)
    assert (forgiven.error_rate, forgiven.speech_s) == (0, pytest.approx(13 - 2.5))
    assert math.isnan(turns.agreement(segments([]), late).error_rate)


@quick
@given(rows, rows)
def test_who_is_the_reference_swaps_missed_and_false_alarms(one, other):
    a, b = turns.agreement(segments(one), segments(other)), turns.agreement(segments(other), segments(one))
    assert (a.missed_s, a.false_alarm_s, a.confused_s) == pytest.approx((b.false_alarm_s, b.missed_s, b.confused_s))
    assert turns.agreement(segments(one), segments(one)).error_rate == 0


@quick
@given(rows, rows, st.sampled_from([0.0, 0.25]))
@pytest.mark.filterwarnings("ignore")
def test_agreement_is_that_of_pyannote(one, other, collar_s):
    core = pytest.importorskip("pyannote.core", reason="pyannote.metrics is the oracle here; install the extra `test`")
    der = pytest.importorskip("pyannote.metrics.diarization").DiarizationErrorRate(collar=2 * collar_s)

    def annotation(table):
        made = core.Annotation()
        for n, s in enumerate(turns.stretches(turns.clean(table), turns.TurnSettings(min_pause_s=0.001))):
            made[core.Segment(s.start_ms / 1000, s.end_ms / 1000), n] = s.person_id
        return made

    theirs = der.compute_components(annotation(segments(one)), annotation(segments(other)))
    ours = turns.agreement(segments(one), segments(other), collar_s)
    parts = ("total", "missed detection", "false alarm", "confusion")
    mine = (ours.speech_s, ours.missed_s, ours.false_alarm_s, ours.confused_s)
    assert mine == pytest.approx([theirs[part] for part in parts], abs=1e-6)


def test_a_real_meeting_against_itself_a_tenth_of_a_second_late(shared):
    table = ami.segments(shared / "data/ami_rttm/dev/ES2011b.rttm")
    late = table.assign(start_s=table["start_s"] + 0.1, end_s=table["end_s"] + 0.1)
    found = turns.agreement(table, late)
    assert 0.02 < found.error_rate < 0.08
    assert found.missed_s == pytest.approx(found.false_alarm_s)


# --- captions ---------------------------------------------------------------------------------------------------------

SRT = """1
00:00:00,500 --> 00:00:03,000
Ana Díaz: so what do we
do now?

2
00:00:03,200 -> 00:00:05,000
Ben: a broken arrow

3
00:00:05,100 --> 00:00:04,000
Ben: backwards

4
00:00:06,000 --> 00:00:07,5
Ben: I know
"""
SBV = """0:00:00.500,0:00:03.000
Ana Díaz: so what do we
do now?

0:00:0x.000,0:00:05.000
Ben: a broken time

0:00:06.000,0:00:07.500
Ben: I know
"""


@pytest.mark.parametrize(("text", "ending", "unread_lines"), [(SRT, "srt", [6, 11]), (SBV, "sbv", [5])])
def test_captions_name_who_spoke_and_every_cue_they_could_not_read(tmp_path, text, ending, unread_lines):
    path, told = tmp_path / f"x.{ending}", {}
    path.write_text(text, encoding="utf-8")
    found = turns.read(path, told=told)
    assert found.to_numpy().tolist() == [
        ["Ana Díaz", 0.5, 3.0, "so what do we do now?"],
        ["Ben", 6.0, 7.5, "I know"],
    ]
    assert told["unreadable_cues"] == len(told["unread"]) == len(unread_lines)
    for words, line in zip(told["unread"], unread_lines, strict=True):
        assert f": line {line}: " in words
    assert set(told["unread"]) <= set(told["warnings"])


@pytest.mark.parametrize("ending", ["vtt", "srt", "sbv"])
def test_a_file_without_cues_says_what_one_looks_like(tmp_path, ending):
    path = tmp_path / f"x.{ending}"
    path.write_text("")
    with pytest.raises(tables.TableError, match=r"no cues; expected (a WebVTT transcript|subtitles|captions)"):
        turns.read(path)


cue_lines = st.sampled_from(
    [
        "",
        "7",
        "NOTE x",
        "00:01.000 --> 00:02.000",
        "0:00:01.5,0:00:02.5",
        "00:00:01,5 --> 00:00:00,5",
        "Ana: hi",
        "lost",
    ]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(cue_lines, st.text(max_size=20)), max_size=16), st.sampled_from(["vtt", "srt", "sbv"]))
def test_no_cue_is_lost_in_silence(tmp_path, lines, ending):
    path, told = tmp_path / f"x.{ending}", {}
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    try:
        found = turns.read(path, told=told)
    except tables.TableError:
        return
    assert told["unreadable_cues"] == len(told["unread"])
    assert len(found) + told["cues_without_name"] >= told["cues"] - told["cues_of_several"]
    turns.clean(found)


def test_a_bad_line_of_rttm_is_named_and_the_rest_is_read(tmp_path):
    path, told = tmp_path / "x.rttm", {}
    good = "SPEAKER m 1 {} 2.0 <NA> <NA> ana <NA> <NA>\n"
    path.write_text(good.format(1) + "SPEAKER m 1 soon 2.0 <NA> <NA> ana <NA> <NA>\n" + good.format(5))
    assert turns.read(path, told=told)["start_s"].tolist() == [1, 5]
    assert len(told["unread"]) == 1
    assert "line 2: expected 'SPEAKER file" in told["unread"][0]
    assert told["unread"][0] in told["warnings"]


@quick
@given(st.lists(st.one_of(st.text(max_size=40), st.just("SPEAKER m 1 1 2 <NA> <NA> ana")), max_size=12))
def test_no_rttm_crashes_the_reader_or_loses_a_line(tmp_path, lines):
    path, told = tmp_path / "x.rttm", {}
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    try:
        found = turns.read(path, told=told)
    except tables.TableError:
        return
    whole = "\n".join(lines).encode("utf-8", "surrogatepass").decode("utf-8-sig", "replace").splitlines()
    spoken = sum(line.split()[:1] == ["SPEAKER"] for line in whole)
    assert len(found) + len(told["unread"]) == spoken


def test_names_of_an_elan_file_are_compared_with_the_people(tmp_path):
    path, told = tmp_path / "one.eaf", {}
    path.write_text(EAF, encoding="utf-8")
    assert set(turns.read(path, ["ana", "Cleo"], told)["person_id"]) == {"ana", "Ben"}
    assert told["names_joined"] == {"Ana": "ana"}
    assert [words for words in told["warnings"] if "'Ben' is none of the people here" in words]


# --- what a build tells -----------------------------------------------------------------------------------------------


def meeting(folder, start_s=0.0, swapped=False, pause_s=0.2, words="hm", turns_undefined=None):
    """A recording known from two files alone: who spoke when, and a transcript of it."""
    rows = [("ab"[i % 2], 30 * i / 10, 30 * i / 10 + 3 - pause_s) for i in range(80)]
    table = pd.DataFrame(rows, columns=["person_id", "start_s", "end_s"])
    folder.mkdir()
    turns.write(table, folder / "said.csv")
    cues = ["WEBVTT"]
    for person, start, end in rows:
        minutes = [f"{int(t // 60):02d}:{t % 60:06.3f}" for t in (start + start_s, end + start_s)]
        name = {"a": "b", "b": "a"}[person] if swapped else person
        cues.append(f"{minutes[0]} --> {minutes[1]}\n<v {name}>{words}")
    (folder / "said.vtt").write_text("\n\n".join(cues))
    frame = pd.DataFrame(
        {"path": [str(folder / "said.csv"), str(folder / "said.vtt")], "kind": ["segments", "transcript"]}
    )
    frame = frame.assign(
        recording_id="m", person_id=None, licence="none", source="test", turns_undefined=turns_undefined
    )
    return recordings.of_table(frame, where="test")


def test_a_build_reports_how_two_sources_agree(tmp_path):
    report = river.build(meeting(tmp_path / "m", start_s=0.28), tmp_path / "out")
    held = report["recordings"]["m"]["agreement"]["transcript against segments"]
    assert held["names"] == {"a": "a", "b": "b"}
    assert held["error_rate"] == pytest.approx((0.2 + 0.08 + 0.2) / 2.8, abs=0.002)  # false alarm, confused, missed
    assert held["missed_s"] > 0
    assert not [words for words in report["warnings"] if "swapped" in words]


def test_a_build_warns_of_swapped_names(tmp_path):
    report = river.build(meeting(tmp_path / "m", swapped=True), tmp_path / "out")
    held = report["recordings"]["m"]["agreement"]["transcript against segments"]
    assert (held["error_rate"], held["names"]) == (0, {"a": "b", "b": "a"})
    assert len([words for words in report["warnings"] if "are the names swapped?" in words]) == 2


def test_a_build_flags_talk_unlike_any_other_and_keeps_the_values(tmp_path):
    report = river.build(meeting(tmp_path / "m", pause_s=1.6), tmp_path / "out")
    about = report["recordings"]["m"]
    assert about["turns"]["fto_median_s"] == pytest.approx(1.6)
    assert about["flags"]["fto_median_s"] == "out_of_anchor"
    assert about["turns_missing"]["changes_per_min_cliffhanger"] == "no_sentences"
    assert [words for words in report["warnings"] if words.startswith("m: fto_median_s is 1.6, outside the range")]
    usual = river.build(meeting(tmp_path / "usual"), tmp_path / "out2")["recordings"]["m"]
    assert "fto_median_s" not in usual["flags"]


@pytest.mark.parametrize("reason", ["interpreter", "signer"])
def test_an_interpreter_or_a_signer_leaves_no_turn_measure_of_a_build(tmp_path, reason):
    found = meeting(tmp_path / "m", turns_undefined=reason)
    report = river.build(found, tmp_path / "out")
    assert set(report["recordings"]["m"]["turns_missing"].values()) == {reason}
    windows = tables.read(tmp_path / "out" / "windows.csv", tables.WINDOWS)
    assert [c for c in windows if c.startswith("turn_")] == []
    assert windows["why"].str.endswith(f"turn: {reason}").all()
    assert report["missing"][reason]["windows_by_column"] == {"turn": len(windows)}


def test_what_makes_turns_undefined_is_one_of_two_words(tmp_path):
    with pytest.raises(recordings.RecordingError, match="turns_undefined is translator; expected one of interpreter"):
        meeting(tmp_path / "m", turns_undefined="translator")


def test_a_build_uses_the_sentences_of_a_transcript(tmp_path):
    about = river.build(meeting(tmp_path / "m", words="well, hm."), tmp_path / "out")["recordings"]["m"]["turns"]
    assert about["changes_per_min_cliffhanger"] == pytest.approx(about["changes_per_min"])


def test_one_shared_track_is_compared_as_if_everybody_were_one():
    shared = segments([("anybody", 0, 10_000, "")])
    found = talk.agreements({"transcript": TRUTH, "mixed_audio": shared})
    held = found["mixed_audio against transcript"]
    assert (held.speech_s, held.missed_s, held.confused_s) == (12, 2, 0)
    assert talk.agreements({"transcript": TRUTH}) == {}


@pytest.mark.parametrize(
    ("names", "used"),
    [
        (["m.srt"], {"m.srt": "transcript"}),
        (["m.sbv", "m.srt", "m.vtt"], {"m.vtt": "transcript"}),
        (["m.eaf"], {"m.eaf": "segments"}),
        (["m.TextGrid", "m.vtt"], {"m.TextGrid": "segments", "m.vtt": "transcript"}),
    ],
)
def test_a_folder_with_any_of_these_files_is_a_recording(tmp_path, names, used):
    for name in names:
        (tmp_path / name).write_text("")
    (one,) = recordings.read(tmp_path)
    assert {medium.path.name: medium.kind for medium in one.media} == used
