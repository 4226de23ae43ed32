"""A file, a folder or a table becomes recordings, and every misreading is named."""

import pandas as pd
import pytest

from mien import recordings


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
        recordings.read(table(tmp_path, person_id=""))
    with pytest.raises(recordings.RecordingError, match="is_calibration is 'perhaps'; expected True or False"):
        recordings.read(table(tmp_path, is_calibration="perhaps"))
    assert not recordings.read(table(tmp_path, is_calibration=False))[0].about["007"]["is_calibration"]
    assert not recordings.read(table(tmp_path, is_synthetic=""))[0].is_synthetic
