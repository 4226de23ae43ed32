"""Tables keep their promises, and say which one is broken and what would work."""

import pandas as pd
import pytest

from mien import tables


def turns(**changes):
    row = {"recording_id": "r", "person_id": "ada", "start_s": 0.0, "end_s": 1.0, "kind": "turn", "source": "segments"}
    return pd.DataFrame([row | changes])


def test_a_good_table_comes_back_unchanged():
    good = turns()
    pd.testing.assert_frame_equal(tables.TURNS.check(good), turns())


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (
            turns().drop(columns="end_s"),
            r"no column 'end_s' \(seconds; a turn is start_s <= t < end_s\); found recording",
        ),
        (turns().rename(columns={"end_s": "ends"}), "did you mean 'ends'"),
        (turns(start_s="soon"), "'start_s' holds 'soon' in row 0; expected a number"),
        (turns(start_s=-1.0), "'start_s' is -1 in row 0; expected 0 to inf"),
        (turns(start_s=2.0), "ends before it starts"),
        (turns(person_id=None), "'person_id' is missing in row 0"),
    ],
)
def test_each_broken_promise_is_named(broken, words):
    with pytest.raises(tables.TableError, match=words):
        tables.TURNS.check(broken)


def test_two_rows_for_one_key_are_refused():
    row = {"recording_id": "r", "person_id": "ada", "start_s": 0.0, "end_s": 1.0, "group_id": "ada"}
    with pytest.raises(tables.TableError, match="two rows for recording_id=r, person_id=ada, start_s=0"):
        tables.WINDOWS.check(pd.DataFrame([row, row]))


@pytest.mark.parametrize("table", tables.ALL.values(), ids=list(tables.ALL))
def test_an_empty_table_keeps_its_own_promises(table):
    assert list(table.check(table.empty()).columns) == table.names


def test_text_stays_text_and_numbers_come_back_to_the_printed_digit(tmp_path):
    written = turns(person_id="007", start_s=1234.56789, end_s=1e5 + 0.001)
    path = tables.write(written, tmp_path / "turns.csv")
    back = tables.read(path, tables.TURNS)
    assert back.loc[0, "person_id"] == "007"
    assert back.loc[0, "start_s"] == pytest.approx(1234.56789, abs=1e-5)
    assert back.loc[0, "end_s"] == pytest.approx(100000.001, abs=1e-4)
    first = path.read_bytes()
    assert tables.write(back, tmp_path / "again.csv").read_bytes() == first


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00\x01\x80"], ids=["empty", "not text"])
def test_an_unreadable_file_is_one_clear_error(tmp_path, content):
    path = tmp_path / "turns.csv"
    path.write_bytes(content)
    with pytest.raises(tables.TableError, match=r"turns\.csv"):
        tables.read(path, tables.TURNS)


def test_a_missing_file_says_what_was_expected(tmp_path):
    with pytest.raises(tables.TableError, match="no such file; expected the table 'turns'"):
        tables.read(tmp_path / "turns.csv", tables.TURNS)


def test_reasons_are_a_closed_list():
    assert tables.why({"voice_f0_hz": "unvoiced", "face": "no_video"}) == "voice_f0_hz: unvoiced; face: no_video"
    with pytest.raises(tables.TableError, match=r"unknown reason 'unvoice'.*unvoiced"):
        tables.why({"voice_f0_hz": "unvoice"})


GERMAN = "\ufeffRecording_ID;Path; kind;person_id;licence;source;label_rating\r\nr1;a.wav;video;NA;CC0;made up;0,5\r\n"


@pytest.mark.parametrize(
    "text", [GERMAN, GERMAN.replace(";", "\t").replace("0,5", "0.5"), GERMAN.replace(",", ".").replace(";", ",")]
)
def test_a_table_as_spreadsheets_write_it(tmp_path, text):
    (tmp_path / "recordings.csv").write_bytes(text.encode())
    read = tables.read(tmp_path / "recordings.csv", tables.RECORDINGS)
    assert list(read.columns) == [*tables.RECORDINGS.names, "label_rating"]
    assert read[["recording_id", "person_id", "label_rating"]].values.tolist() == [["r1", "NA", 0.5]]


@pytest.mark.parametrize("name", ["recordings.csv", "recordings.parquet"])
@pytest.mark.parametrize("content", ["recording_id,Straße".encode("cp1252"), b"", b"a,a\n1,2,3\n1\n"])
def test_what_is_no_table_is_one_clear_error(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    words = "not a CSV table in UTF-8; expected the table 'recordings'|not a readable|no column 'recording_id'"
    with pytest.raises(tables.TableError, match=words):
        tables.read(tmp_path / name, tables.RECORDINGS)


def test_a_comma_too_many_never_moves_the_columns(tmp_path):
    row = "r1,talk, part 2.wav,video,,CC0,made up\n"
    (tmp_path / "recordings.csv").write_text(",".join(tables.RECORDINGS.names) + "\n" + row)
    with pytest.raises(tables.TableError, match="not a readable CSV table"):
        tables.read(tmp_path / "recordings.csv", tables.RECORDINGS)
