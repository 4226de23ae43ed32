"""A file, a folder or a table becomes recordings, and every misreading is named."""

import json
import os
import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mien import media, recordings, river, store, tables


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return folder


def kinds(recording):
    return [(medium.path.name, medium.kind, medium.person_id) for medium in recording.media]


def test_one_file_is_one_recording(tmp_path):
    (one,) = recordings.read(touch(tmp_path, "talk.mp4") / "talk.mp4")
    assert (one.recording_id, kinds(one)) == ("talk", [("talk.mp4", "video", "")])


def test_a_meeting_folder_is_one_recording_with_a_file_per_person(tmp_path):
    folder = touch(tmp_path / "Weekly", "zoom.mp4", "audio.m4a", "zoom.vtt", "Audio Record/audioAda11234567890.m4a")
    touch(folder, "Audio Record/ben.m4a", "notes.docx")
    (one,) = recordings.read(folder)
    assert kinds(one) == [
        ("zoom.mp4", "video", ""),
        ("audioAda11234567890.m4a", "person_audio", "Ada"),
        ("ben.m4a", "person_audio", "ben"),
        ("audio.m4a", "mixed_audio", ""),
        ("zoom.vtt", "transcript", ""),
    ]
    assert one.person_ids == ["Ada", "ben"]
    assert not one.is_synthetic


def test_a_folder_of_videos_is_one_recording_each(tmp_path):
    found = recordings.read(touch(tmp_path, "a.mp4", "b.webm", "clips.csv"))
    assert [one.recording_id for one in found] == ["a", "b"]


def test_two_recordings_with_one_id_name_both_files(tmp_path):
    with pytest.raises(recordings.RecordingError, match=r"two recordings have the id 'a': .*a\.mp4 and .*a\.webm"):
        recordings.read(touch(tmp_path, "a.mp4", "a.webm"))


# --- folders of meetings ---------------------------------------------------------------------------------------------


def test_each_meeting_of_a_folder_is_a_recording_and_what_is_hidden_is_passed_over(tmp_path):
    zoom = tmp_path / "Zoom"
    touch(zoom / "2024-03-11 Weekly", "zoom_0.mp4", "Audio Record/audioAda11234567890.m4a", ".DS_Store", "._zoom_0.mp4")
    touch(zoom / "2024-03-12 Weekly", "zoom_0.mp4", "chat.txt")
    touch(zoom / "two talks", "a.mp4", "b.mp4")
    touch(zoom / "__MACOSX" / "2024-03-11 Weekly", "zoom_0.mp4")
    touch(zoom / ".trash", "zoom_0.mp4")
    touch(zoom / "papers", "paper.pdf")
    touch(zoom / "term" / "week 1", "zoom_0.mp4")
    found = recordings.read(touch(zoom, ".DS_Store", "readme.txt"))
    assert [one.recording_id for one in found] == [
        "2024-03-11 Weekly",
        "2024-03-12 Weekly",
        "term/week 1",
        "two talks/a",
        "two talks/b",
    ]
    assert kinds(found[0])[1] == ("audioAda11234567890.m4a", "person_audio", "Ada")


def test_a_meeting_that_cannot_be_read_is_told_and_the_others_are_read(tmp_path):
    touch(tmp_path / "bad", "a.mp4", "b.mp4", "t.vtt")
    good, bad = sorted(recordings.read(touch(tmp_path, "good/talk.mp4")), key=lambda one: one.recording_id)[::-1]
    assert (good.recording_id, bad.recording_id, bad.media) == ("good", "bad", ())
    assert "2 videos in one recording" in bad.notes[0]


def test_a_folder_of_files_and_of_meetings_says_what_it_leaves_alone(tmp_path):
    (one,) = recordings.read(touch(tmp_path / "mix", "talk.mp4", "meeting/zoom.mp4", "Audio Record/ada.m4a"))
    assert len(one.media) == 2
    assert "left alone: folders with recordings of their own (meeting); name them to build them" in one.notes[0]


def test_what_mien_built_is_no_recording(tmp_path):
    touch(tmp_path / "talk", "a.mp4", "out/parts/a/segments.csv", "parts/a/segments.csv")
    (one,) = recordings.read(tmp_path / "talk")
    assert (len(one.media), one.notes) == (1, ())


def test_folders_that_hold_each_other_by_links_are_read_once(tmp_path):
    folder = touch(tmp_path / "all", "talk/a.mp4")
    (folder / "again").symlink_to(folder)
    (folder / "talk" / "up").symlink_to(folder)
    assert [one.recording_id for one in recordings.read(folder)] == ["talk"]


def test_a_video_with_its_transcript_beside_others_with_theirs_is_a_recording_each(tmp_path):
    found = recordings.read(touch(tmp_path, "a.mp4", "a.transcript.vtt", "b.mp4", "b.vtt"))
    assert [(one.recording_id, len(one.media)) for one in found] == [("a", 2), ("b", 2)]


def test_a_cloud_recording_uses_the_gallery_and_the_transcript_with_names(tmp_path):
    name = "GMT20240311-130023_Recording"
    folder = touch(tmp_path / "w", f"{name}_1920x1080.mp4", f"{name}_gallery_1280x720.mp4", f"{name}_avo_640x360.mp4")
    (one,) = recordings.read(touch(folder, f"{name}.m4a", f"{name}.transcript.vtt", f"{name}.cc.vtt"))
    assert [medium.path.name for medium in one.media] == [
        f"{name}_gallery_1280x720.mp4",
        f"{name}.m4a",
        f"{name}.transcript.vtt",
    ]
    assert "left out: GMT20240311-130023_Recording_1920x1080.mp4" in one.notes[0]
    assert "left out: GMT20240311-130023_Recording.cc.vtt" in one.notes[1]


def test_a_meeting_that_zoom_has_not_converted_is_named(tmp_path):
    with pytest.raises(recordings.RecordingError, match="has not converted yet: double-click it"):
        recordings.read(touch(tmp_path, "double_click_to_convert_01.zoom"))


# --- names -----------------------------------------------------------------------------------------------------------


def test_two_people_of_one_display_name_stay_apart_by_number(tmp_path):
    (one,) = recordings.read(touch(tmp_path, *(f"Audio Record/audioiPhone{k}1234567890.m4a" for k in (1, 2))))
    assert one.person_ids == ["iPhone 1", "iPhone 2"]
    assert "carry one name; kept apart as iPhone 1, iPhone 2" in one.notes[0]
    with pytest.raises(recordings.RecordingError, match=r"Ada L\.m4a and ada_l\.wav both read as the person"):
        recordings.read(touch(tmp_path / "two", "Audio Record/Ada L.m4a", "Audio Record/ada_l.wav"))


def test_a_sound_file_of_a_person_without_a_name_is_refused(tmp_path):
    with pytest.raises(recordings.RecordingError, match=r"no name in audio11234567890\.m4a; expected a sound file per"):
        recordings.read(touch(tmp_path, "Audio Record/audio11234567890.m4a"))


def test_a_name_is_written_in_one_way_whatever_disk_it_came_from(tmp_path):
    name = unicodedata.normalize("NFD", "audioZoë11234567890.m4a")
    (one,) = recordings.read(touch(tmp_path, f"Audio Record/{name}"))
    assert one.person_ids == ["Zoë"]


def test_a_file_name_that_is_no_utf8_can_be_built_and_told(tmp_path):
    path = noise(tmp_path / "a.wav").rename(os.fsdecode(os.fsencode(tmp_path) + b"/tal\xe9.wav"))
    report = river.build(recordings.read(path), tmp_path / "out")
    assert list(report["recordings"]) == ["tal\ufffd"]
    told = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))["recordings"]["tal\ufffd"]
    assert told["files"] == {"tal\udce9.wav": "mixed_audio"}


def test_names_of_files_made_from_names_are_apart_and_stay_in_their_folder():
    names = [
        "a/b",
        "a_b",
        "A_b",
        "..",
        "../x",
        "x",
        "",
        ".",
        "mixed",
        "é",
        "e",
        "x" * 300,
        "x" * 301,
        "con",
        "a b",
        "a.b",
    ]
    made = [store.file_name(name) for name in names]
    assert len({name.casefold() for name in made}) == len(names)
    assert all(len(name) < 80 and Path(name).name == name and name not in ("", ".", "..") for name in made)
    assert store.file_name("p_one-2") == "p_one-2"


def test_two_files_of_one_person_are_refused(tmp_path):
    folder = touch(tmp_path, "Audio Record/ada.m4a", "Audio Record/ada.wav")
    with pytest.raises(recordings.RecordingError, match=r"ada\.m4a and ada\.wav both read as the person 'ada'"):
        recordings.read(folder)


@pytest.mark.parametrize(
    ("names", "asked", "words"),
    [
        (["talk.mp4"], "tolk.mp4", "no such file or folder; expected a recording"),
        (["notes.docx"], "notes.docx", "not a kind of file that a recording is made of"),
        (["notes.docx"], "", "no recording here; expected a video.*found notes.docx"),
        (["a.mp4", "b.mp4", "t.vtt"], "", r"2 videos in one recording \(a.mp4, b.mp4\)"),
    ],
)
def test_what_is_no_recording_is_one_clear_error(tmp_path, names, asked, words):
    with pytest.raises(recordings.RecordingError, match=words):
        recordings.read(touch(tmp_path / "folder", *names) / asked)


def table(folder, **changes):
    row = {
        "recording_id": "r1",
        "path": "r1.wav",
        "kind": "person_audio",
        "person_id": "007",
        "licence": "CC BY 4.0",
        "source": "made up",
        "label_mood": "calm",
        "is_calibration": True,
    }
    pd.DataFrame([row | changes]).to_csv(folder / "recordings.csv", index=False)
    return folder


def test_a_table_carries_labels_and_keeps_ids_text(tmp_path):
    (one,) = recordings.read(table(tmp_path))
    assert one.person_ids == ["007"]
    assert one.about == {"007": {"label_mood": "calm", "is_calibration": True}}
    assert one.media[0].path == tmp_path / "r1.wav"
    assert one.licence == "CC BY 4.0"


def test_a_table_with_an_unknown_kind_or_two_videos_of_one_id_is_refused(tmp_path):
    with pytest.raises(recordings.RecordingError, match="unknown kind 'film'; expected one of video"):
        recordings.read(table(tmp_path, kind="film"))
    rows = [
        {"recording_id": "r", "path": f"{n}.mp4", "kind": "video", "person_id": "", "licence": "x", "source": "y"}
        for n in (1, 2)
    ]
    with pytest.raises(recordings.RecordingError, match=r"two recordings have the id 'r' \(1\.mp4, 2\.mp4\)"):
        recordings.of_table(pd.DataFrame(rows))


def test_a_label_without_a_person_and_a_flag_that_is_none_are_refused(tmp_path):
    with pytest.raises(recordings.RecordingError, match="label_mood, is_calibration in a row without a person_id"):
        recordings.read(table(tmp_path, person_id="", kind="mixed_audio"))
    with pytest.raises(recordings.RecordingError, match="is_calibration is 'perhaps'; expected True or False"):
        recordings.read(table(tmp_path, is_calibration="perhaps"))
    assert not recordings.read(table(tmp_path, is_calibration=False))[0].about["007"]["is_calibration"]
    assert not recordings.read(table(tmp_path, is_synthetic=""))[0].is_synthetic


def rows_of(folder, *rows):
    """A table of recordings with a row per dictionary; what a row does not say is filled in."""
    usual = {"person_id": "", "licence": "x", "source": "y", "kind": "person_audio"}
    pd.DataFrame([usual | row for row in rows]).to_csv(folder / "recordings.csv", index=False)
    return folder


def test_sound_of_a_person_who_is_not_named_is_refused(tmp_path):
    rows_of(tmp_path, *({"recording_id": "r", "path": f"{k}.wav"} for k in (1, 2)))
    with pytest.raises(recordings.RecordingError, match=r"person_audio without a person_id: 1\.wav, 2\.wav; say whose"):
        recordings.read(tmp_path)


def test_a_table_without_rows_says_so(tmp_path):
    (tmp_path / "recordings.csv").write_text(",".join(tables.RECORDINGS.names) + "\n")
    with pytest.raises(recordings.RecordingError, match="no rows below the header; expected one row per file"):
        recordings.read(tmp_path)


def test_labels_in_any_row_of_a_person_are_kept_and_contradictions_refused(tmp_path):
    one = {"recording_id": "r", "path": "a.wav", "person_id": "ada", "label_mood": "calm"}
    two = one | {"path": "a.mp4", "kind": " Video", "label_mood": None}
    (found,) = recordings.read(rows_of(tmp_path, one, two))
    assert found.about == {"ada": {"label_mood": "calm"}}
    with pytest.raises(recordings.RecordingError, match="'r' says both 'calm' and 'keen' in label_mood of 'ada'"):
        recordings.read(rows_of(tmp_path, one, two | {"label_mood": "keen"}))


def test_a_kind_with_a_slip_is_named_with_the_nearest_and_windows_paths_are_read(tmp_path):
    with pytest.raises(recordings.RecordingError, match=r"unknown kind 'person audio'; .*did you mean 'person_audio'"):
        recordings.read(rows_of(tmp_path, {"recording_id": "r", "path": "a.wav", "kind": "person audio"}))
    touch(tmp_path, "sub/a.wav")
    (one,) = recordings.read(rows_of(tmp_path, {"recording_id": "r", "path": "sub\\a.wav", "person_id": "ada"}))
    assert one.media[0].path == tmp_path / "sub" / "a.wav"


def test_the_same_file_twice_is_one_recording(tmp_path):
    touch(tmp_path, "a.wav")
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / "a.wav").symlink_to(tmp_path / "a.wav")
    twice = [*recordings.read(tmp_path / "a.wav"), *recordings.read(tmp_path / "link" / "a.wav")]
    assert len(recordings.distinct(twice)) == 1


def test_a_path_with_a_slip_is_told_with_what_is_near(tmp_path):
    touch(tmp_path, "Meeting one.mp4", "other.mp4")
    with pytest.raises(recordings.RecordingError, match=r"near it: Meeting one\.mp4"):
        recordings.read(tmp_path / "meeting one.mp4")
    with pytest.raises(recordings.RecordingError, match=r"there is no folder .*nowhere$"):
        recordings.read(tmp_path / "nowhere" / "deep" / "a.mp4")


# --- down the river --------------------------------------------------------------------------------------------------


def noise(path, seconds=1.0):
    rng = np.random.default_rng(0)
    path.parent.mkdir(parents=True, exist_ok=True)
    return media.write_sound(path, (0.05 * rng.standard_normal(int(16000 * seconds))).astype("float32"), 16000)


def said_in(path, *names):
    """A transcript in which each name says something, a second each, one after the other."""
    cues = [f"00:{k:02}.000 --> 00:{k:02}.900\n{name}: yes\n" for k, name in enumerate(names)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("WEBVTT\n\n" + "\n".join(cues), encoding="utf-8")
    return path


def spoken(out):
    made = tables.read(out / "turns.csv", tables.TURNS).query("kind == 'speech'")
    return {key: sorted(set(rows["person_id"])) for key, rows in made.groupby("recording_id")}


def test_ids_that_would_meet_on_disk_keep_their_own_tables(tmp_path):
    ids, people = ["a/b", "a_b", "..", "A_B"], ["../x", "mixed", "x" * 300, "Zoë"]
    rows = []
    for k, (key, person) in enumerate(zip(ids, people, strict=True)):
        noise(tmp_path / f"{k}.wav", 1 + k / 2)
        rows.append({"recording_id": key, "path": f"{k}.wav", "person_id": person})
    river.build(recordings.read(rows_of(tmp_path, *rows)), tmp_path / "deep" / "out")
    made = tables.read(tmp_path / "deep" / "out" / "windows.csv", tables.WINDOWS)
    assert set(zip(made["recording_id"], made["person_id"], strict=True)) == set(zip(ids, people, strict=True))
    assert made.set_index("recording_id")["end_s"].to_dict() == {"a/b": 1.0, "a_b": 1.5, "..": 2.0, "A_B": 2.5}
    assert sorted(p.name for p in (tmp_path / "deep").iterdir()) == ["out"]


def test_a_name_without_spaces_takes_the_spelling_of_the_transcript_and_the_report_says_so(tmp_path):
    folder = tmp_path / "meeting"
    for k, name in enumerate(("AdaLovelace", "ben"), 1):
        noise(folder / "Audio Record" / f"audio{name}{k}1234567890.wav")
    said_in(folder / "meeting.transcript.vtt", "Ada Lovelace", "Ben", "Cleo")
    report = river.build(recordings.read(folder), tmp_path / "out")
    made = tables.read(tmp_path / "out" / "voice.parquet", tables.VOICE)
    assert set(made["person_id"]) == {"Ada Lovelace", "Ben"}
    assert report["recordings"]["meeting"]["names_joined"] == {"AdaLovelace": "Ada Lovelace", "ben": "Ben"}
    assert any("'Cleo' is none of the people here (Ada Lovelace, Ben)" in warning for warning in report["warnings"])


def test_the_spelling_of_a_table_stays_and_a_stranger_is_kept(tmp_path):
    said_in(tmp_path / "t.vtt", "Ada Lovelace", "Cleo")
    row = {"recording_id": "r", "path": "t.vtt", "kind": "transcript", "person_id": "adalovelace", "label_mood": "calm"}
    report = river.build(recordings.read(rows_of(tmp_path, row)), tmp_path / "out")
    assert spoken(tmp_path / "out") == {"r": ["Cleo", "adalovelace"]}
    assert any("'Cleo' is none of the people here" in warning for warning in report["warnings"])
    made = tables.read(tmp_path / "out" / "windows.csv", tables.WINDOWS).set_index("person_id")
    assert made.loc["adalovelace", "label_mood"] == "calm"


def test_a_voice_is_called_as_the_table_calls_it_however_the_transcript_does(tmp_path):
    noise(tmp_path / "a.wav")
    said_in(tmp_path / "t.vtt", "Ada Lovelace")
    rows = [{"path": "a.wav", "person_id": "adalovelace"}, {"path": "t.vtt", "kind": "transcript"}]
    river.build(recordings.read(rows_of(tmp_path, *({"recording_id": "r"} | row for row in rows))), tmp_path / "out")
    made = tables.read(tmp_path / "out" / "windows.csv", tables.WINDOWS)
    assert made["person_id"].tolist() == ["adalovelace"]


def test_names_of_an_rttm_are_people_of_one_recording_unless_the_table_says_so(tmp_path):
    line = "SPEAKER {} 1 {} 1 <NA> <NA> {} <NA> <NA>\n"
    for name in ("m1", "m2"):
        (tmp_path / f"{name}.rttm").write_text(line.format(name, 0, "S0") + line.format(name, 2, "S1"))
    rows = [{"recording_id": n, "path": f"{n}.rttm", "kind": "segments"} for n in ("m1", "m2")]
    river.build(recordings.read(rows_of(tmp_path, *rows)), tmp_path / "out")
    assert spoken(tmp_path / "out") == {"m1": ["m1_S0", "m1_S1"], "m2": ["m2_S0", "m2_S1"]}
    made = tables.read(tmp_path / "out" / "windows.csv", tables.WINDOWS)
    assert made.groupby("recording_id")["group_id"].unique().map(list).tolist() == [["m1_S0"], ["m2_S0"]]
    named = [row | {"person_id": "S0", "label_mood": "calm"} for row in rows]
    river.build(recordings.read(rows_of(tmp_path, *named)), tmp_path / "out")
    assert spoken(tmp_path / "out") == {"m1": ["S0", "m1_S1"], "m2": ["S0", "m2_S1"]}


def test_a_file_without_which_a_recording_was_built_is_listed(tmp_path):
    noise(tmp_path / "a.wav")
    rows = [{"recording_id": "r", "path": f"{n}.wav", "person_id": n} for n in ("a", "gone")]
    report = river.build(recordings.read(rows_of(tmp_path, *rows)), tmp_path / "out")
    assert [(one["recording_id"], one["file"]) for one in report["unread"]] == [("r", "gone.wav")]
    assert "no such file; expected the person_audio of 'r'" in report["unread"][0]["error"]
    assert json.loads((tmp_path / "out" / "report.json").read_text())["counts"]["unread"] == 1


def test_a_transcript_on_another_clock_is_told_and_what_is_heard_is_used(tmp_path):
    noise(tmp_path / "m" / "m.wav", 3)
    times = ["17:32:36.000 --> 17:32:38.000\nAda: hi\n", "17:32:39.000 --> 17:32:40.000\nBen: hi\n"]
    (tmp_path / "m" / "m.vtt").write_text("WEBVTT\n\n" + "\n".join(times))
    report = river.build(recordings.read(tmp_path / "m"), tmp_path / "out")
    assert any("the transcript is on another clock (its first time is 63156.0 s)" in w for w in report["warnings"])
    made = tables.read(tmp_path / "out" / "windows.csv", tables.WINDOWS)
    assert made["person_id"].tolist() == ["m_mixed"]
    assert made["voice_speech_share"].notna().all()


def test_a_file_in_two_recordings_is_warned_of_even_under_another_name(tmp_path):
    for name in ("a", "b"):
        noise(tmp_path / "all" / f"{name}.wav")
    noise(tmp_path / "all" / "c.wav", 1.5)
    report = river.build(recordings.read(tmp_path / "all"), tmp_path / "out")
    assert [w for w in report["warnings"] if "the same file" in w] == [
        "a, b hold the same file (a.wav, b.wav): what it shows counts twice, and the same person may be judged by "
        "themselves"
    ]


def test_clips_shorter_than_the_calibration_span_are_warned_of(tmp_path):
    report = river.build(recordings.read(noise(tmp_path / "a.wav")), tmp_path / "out")
    assert any(
        "all windows are calibration" in warning and "is_calibration" in warning for warning in report["warnings"]
    )


def test_what_lies_beside_a_recording_and_is_not_read_is_named(tmp_path):
    (one,) = recordings.read(touch(tmp_path / "Weekly", "talk.mp4", "transcript.docx", "labels.xlsx", "photo.jpg"))
    assert kinds(one) == [("talk.mp4", "video", "")]
    (note,) = one.notes
    assert note.endswith(
        "Weekly: nothing is read of labels.xlsx, transcript.docx; save transcripts as .vtt or .srt, tables as .csv, "
        "films as .mp4"
    )
    first, _ = recordings.read(touch(tmp_path / "two", "a.mp4", "b.wmv", "b.docx"))
    assert "nothing is read of b.docx" in first.notes[0]


def test_recordings_of_older_cameras_and_recorders_are_not_passed_over(tmp_path):
    found = recordings.read(touch(tmp_path, "a.wmv", "b.3gp", "c.MTS"))
    assert [one.recording_id for one in found] == ["a", "b", "c"]
    found = recordings.read(touch(tmp_path / "sounds", "a.aiff", "b.wma", "c.amr"))
    assert [one.media[0].kind for one in found] == ["mixed_audio"] * 3


def test_a_recording_too_deep_is_told_how_deep_was_looked(tmp_path):
    touch(tmp_path / "a" / "b" / "c" / "d" / "e", "x.mp4")
    with pytest.raises(recordings.RecordingError, match="in it or up to 3 folders deeper; found a"):
        recordings.read(tmp_path)
