"""A Zoom folder goes through in one command, and again after one line of people.csv was edited."""

import json
import math
import shutil

import numpy as np
import pandas as pd
import pytest

import zoom_folders
from mien import __main__, face, media, recordings, river, store, synthetic, tables, turns, windows
from mien.river import clock, names
from zoom_folders import EMAILS, LATE_S, NAME

ADA, LI = "Ada Lovelace", "李雷"


def command(folder, out, *more):
    words = ["build", str(folder), "--out", str(out), "--workers", "1", "--calibration-s", "5", *map(str, more)]
    assert __main__.main(words) == 0
    return json.loads((out / "report.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A SYNTHETIC Zoom folder, built: folder, out, truth, report."""
    parent = tmp_path_factory.mktemp("zoom")
    folder, truth = zoom_folders.synthetic_folder(parent)
    report = command(folder, parent / "out")
    return folder, parent / "out", truth, report


def speech_of(out, person):
    rows = tables.read(out / "turns.csv", tables.TURNS).query("kind == 'speech'")
    return rows[rows["person_id"] == person].sort_values("start_s").reset_index(drop=True)


def listed_in(out):
    return tables.read(out / "people.csv", tables.PEOPLE).set_index("found")


# --- one command ------------------------------------------------------------------------------------------------------


def test_one_command_builds_a_zoom_folder_with_names_from_its_transcript(made):
    _, out, truth, report = made
    (one,) = report["recordings"].values()
    assert set(one["files"].values()) == set(recordings.KINDS) - {"segments"}
    assert one["names_joined"]["AdaLovelace"] == ADA
    found = tables.read(out / "windows.csv", tables.WINDOWS)
    assert set(found["person_id"]) == {ADA, LI}
    for name, person in (("ada", ADA), ("ben", LI)):
        scripted = truth[(truth["kind"] == "speech") & (truth["person_id"] == name)].sort_values("start_s")
        measured = speech_of(out, person)
        assert len(measured) == len(scripted)
        assert np.abs(measured["start_s"].to_numpy() - scripted["start_s"].to_numpy()).max() < 0.06


def test_the_voice_of_each_is_heard_where_they_speak_and_nowhere_else(made):
    """Nobody's sound file is another's: two merged, or swapped, would be voiced in the other's speech."""
    _, out, truth, _ = made
    heard = tables.read(out / "voice.parquet", tables.VOICE)
    assert set(heard["person_id"]) == {ADA, LI}
    for name, person in (("ada", ADA), ("ben", LI)):
        own = heard[heard["person_id"] == person]
        scripted = truth[(truth["kind"] == "speech") & (truth["person_id"] == name)]
        inside = turns.covers(own["time_s"].to_numpy(), scripted)
        assert own["voiced"][inside].mean() > 0.5
        assert own["voiced"][~inside].mean() < 0.1


def test_people_csv_says_who_is_who_and_why(made):
    listed = listed_in(made[1])
    assert listed.loc[["p1", "p2"], "person_id"].tolist() == [ADA, LI]
    assert "same letters: AdaLovelace (sound file)" in listed.loc[ADA, "why"]
    phone = listed.loc["Ada L"]
    assert (phone["person_id"], phone["people_by"]) == (ADA, "name")
    assert "same account as Ada Lovelace" in phone["why"]
    assert (phone["first_s"], phone["last_s"]) == (1, 20)
    assert listed.loc["Cleo", "person_id"] == "Cleo"
    assert listed.loc["Ada L (phone)", "person_id"] == ADA


def test_a_file_with_another_clock_is_moved_and_the_report_says_so(made):
    (one,) = made[3]["recordings"].values()
    late = one["clocks"]["audio李雷21234567890.m4a"]
    assert late["lag_s"] == pytest.approx(LATE_S, abs=0.005)
    assert late["moved_by_s"] == LATE_S
    assert late["trust"] > 0.9
    right = one["clocks"]["audioAdaLovelace11234567890.m4a"]
    assert abs(right["lag_s"]) < 0.005
    assert right["moved_by_s"] == 0
    assert any("is 250 ms early against video1234567890.mp4" in warning for warning in made[3]["warnings"])


def test_every_line_that_could_not_be_read_is_named(made):
    for words in (
        "chat.txt: line 7: no message of a chat in '14:99:00 …'",
        "participants_1234567890.csv: line 6: no time in 'yesterday'",
        "meeting.transcript.vtt: line 46: unreadable cue times",
        "1 cues without a name are left out",
        "timeline.json: entry 21: no time 'ts'",
    ):
        assert any(words in warning for warning in made[3]["warnings"]), words
    (one,) = made[3]["recordings"].values()
    told = [one["stages"]["transcript"], one["stages"]["timeline"], one["chat"], one["participants"]]
    assert [len(about["unread"]) for about in told] == [1, 1, 1, 1]
    assert told[0]["lines_without_name"] == [43]
    assert told[0]["cues"] + told[0]["unreadable_cues"] == len(made[2].query("kind == 'speech'")) + 2


def test_the_chat_has_its_own_zero_and_no_words(made):
    rows = tables.read(made[1] / "chat.csv", tables.CHAT)
    assert rows["time_s"].tolist() == [3, 5, 21]
    assert rows["person_id"].tolist() == [ADA, ADA, "Cleo"]
    assert rows["kind"].tolist() == ["message", "message", "reaction"]
    assert rows["to"].tolist() == ["everybody", "one person", "everybody"]
    assert rows["n_words"].tolist()[:2] == [4, 1]
    (one,) = made[3]["recordings"].values()
    assert "folder's name" in one["chat"]["zero"]


def test_no_mail_address_and_no_word_that_was_said_or_written_is_published(made):
    for path in made[1].rglob("*"):
        if path.is_file():
            raw = path.read_bytes()
            assert not [mail for mail in EMAILS if mail.encode() in raw], path
            if path.parent == made[1]:
                assert b"welcome" not in raw
                assert b"psst" not in raw


def test_transcript_and_timeline_agree_with_what_is_heard(made):
    (one,) = made[3]["recordings"].values()
    for pair in ("transcript against person_audio", "timeline against person_audio"):
        assert one["agreement"][pair]["error_rate"] < 0.02
        assert one["agreement"][pair]["confused_s"] == 0


# --- and again, edited ------------------------------------------------------------------------------------------------


def nothing_measured(monkeypatch):
    for room, name in ((face, "extract"), (media, "sound"), (media, "pictures"), (windows, "table")):
        monkeypatch.setattr(room, name, lambda *_, **__: pytest.fail("measured again"), raising=False)


def everywhere(out):
    """The people of every table."""
    found = {}
    for name, file in river.FILES.items():
        frame = tables.read(out / file, tables.ALL[name])
        columns = [column for column in ("person_id", "person_a", "person_b") if column in frame]
        found[name] = set(frame[columns].astype(str).to_numpy().ravel())
    return found


def test_one_edited_line_renames_a_person_everywhere_and_measures_nothing_again(made, tmp_path, monkeypatch):
    folder, built, _, _ = made
    out = shutil.copytree(built, tmp_path / "out")
    parts = {path: path.stat().st_mtime_ns for path in (out / "parts").rglob("*")}
    table = pd.read_csv(out / "people.csv")
    table.loc[table["found"] == ADA, "person_id"] = "P07"
    table.to_csv(tmp_path / "people.csv", index=False)
    nothing_measured(monkeypatch)
    report = command(folder, out, "--people", tmp_path / "people.csv")
    found = everywhere(out)
    assert not [name for name, people in found.items() if ADA in people]
    assert {name for name, people in found.items() if "P07" in people} == {*river.FILES} - {"layout"}
    assert {path: path.stat().st_mtime_ns for path in (out / "parts").rglob("*")} == parts
    listed = listed_in(out)
    assert listed.loc[["p1", "Ada L", ADA], "person_id"].tolist() == ["P07"] * 3
    assert listed.loc[ADA, "people_by"] == "hand"
    (one,) = report["recordings"].values()
    assert one["agreement"]["transcript against person_audio"]["error_rate"] < 0.02
    assert set(one["people"]) == {"P07", LI}
    shutil.copy(out / "people.csv", tmp_path / "again.csv")
    before = {file: (out / file).read_bytes() for file in ("turns.csv", "windows.csv", "chat.csv")}
    command(folder, out, "--people", tmp_path / "again.csv")
    assert {file: (out / file).read_bytes() for file in before} == before


def test_another_name_can_be_given_to_somebody_else(made, tmp_path, monkeypatch):
    folder, built, _, _ = made
    out = shutil.copytree(built, tmp_path / "out")
    (tmp_path / "people.csv").write_text("found,person_id\nAda L (phone),Cleo\nAdaLovelace,ada\n", "utf-8")
    nothing_measured(monkeypatch)
    command(folder, out, "--people", tmp_path / "people.csv")
    assert tables.read(out / "chat.csv", tables.CHAT)["person_id"].tolist() == ["ada", "Cleo", "Cleo"]
    assert set(tables.read(out / "voice.parquet", tables.VOICE)["person_id"]) == {"ada", LI}


def test_two_sounds_of_one_person_become_one_and_lose_nothing(made, tmp_path):
    folder, built, _, _ = made
    out = shutil.copytree(built, tmp_path / "out")
    (tmp_path / "people.csv").write_text(f"found,person_id\n{LI},{ADA}\n", "utf-8")
    talk_s = sum((rows := speech_of(out, who))["end_s"].sub(rows["start_s"]).sum() for who in (ADA, LI))
    command(folder, out, "--people", tmp_path / "people.csv")
    both = tables.read(out / "voice.parquet", tables.VOICE)
    assert set(both["person_id"]) == {ADA}
    rows = speech_of(out, ADA)
    assert rows["end_s"].sub(rows["start_s"]).sum() == pytest.approx(talk_s, rel=0.1)
    one = tables.read(built / "voice.parquet", tables.VOICE)
    assert both["voiced"].sum() > one.groupby("person_id")["voiced"].sum().max()


def test_real_clips_in_a_zoom_folder_go_through_and_again_after_an_edit(tmp_path, shared, monkeypatch):
    folder, order = zoom_folders.real_folder(tmp_path, shared)
    out = tmp_path / "out"
    report = command(folder, out)
    (one,) = report["recordings"].values()
    assert one["clocks"]["audio李雷21234567890.m4a"]["lag_s"] == pytest.approx(LATE_S, abs=0.01)
    for who, person in enumerate((ADA, LI)):
        rows = speech_of(out, person)
        middle = rows[["start_s", "end_s"]].mean(axis=1)
        assert {int(t // 3) for t in middle} == {k for k, speaks in enumerate(order) if speaks == who}
    table = pd.read_csv(out / "people.csv")
    table.loc[table["found"] == LI, "person_id"] = "Li Lei"
    table.to_csv(tmp_path / "people.csv", index=False)
    nothing_measured(monkeypatch)
    command(folder, out, "--people", tmp_path / "people.csv")
    found = everywhere(out)
    assert not [name for name, people in found.items() if LI in people]
    assert {"turns", "windows", "people", "voice"} <= {name for name, people in found.items() if "Li Lei" in people}


# --- parts ------------------------------------------------------------------------------------------------------------


def touch(folder, *paths):
    for name in paths:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return folder


def test_parts_of_a_local_meeting_are_recordings_in_order_that_name_their_meeting(tmp_path):
    folder = touch(tmp_path / NAME, "video2234567890.mp4", "video1234567890.mp4", "audio1234567890.m4a", "chat.txt")
    touch(folder, "audio2234567890.m4a", "participants_1.csv", "recording.conf")
    touch(folder, *(f"Audio Record/audioAda{k}1234567890.m4a" for k in (1, 3)), "Audio Record/audioBen21234567890.m4a")
    one, two = recordings.read(folder)
    assert [r.recording_id for r in (one, two)] == [f"{NAME} part 1", f"{NAME} part 2"]
    assert [(r.part_of, r.part) for r in (one, two)] == [(NAME, 1), (NAME, 2)]
    assert [m.path.name for m in one.media] == [
        *("video1234567890.mp4", "audioAda11234567890.m4a", "audio1234567890.m4a", "chat.txt", "participants_1.csv")
    ]
    assert [m.path.name for m in two.media] == [
        *("video2234567890.mp4", "audioAda31234567890.m4a", "audio2234567890.m4a", "participants_1.csv")
    ]
    assert str(one.starts) == "2024-05-01 14:00:00"
    assert two.starts is None
    assert any("nobody can say to which part they belong: audioBen21234567890.m4a" in note for note in one.notes)


def test_parts_of_a_cloud_recording_begin_when_their_stamps_say(tmp_path):
    first, second = "GMT20240501-140000_Recording", "GMT20240501-151500_Recording"
    folder = tmp_path / "Weekly"
    for stamp in (first, second):
        touch(folder, f"{stamp}_1920x1080.mp4", f"{stamp}_gallery_1280x720.mp4", f"{stamp}.m4a", f"{stamp}newChat.txt")
        touch(folder, f"{stamp}.transcript.vtt", f"{stamp}.cc.vtt", f"{stamp}_timeline.json")
    one, two = recordings.read(folder)
    assert [(str(r.starts), r.starts_gmt) for r in (one, two)] == [
        ("2024-05-01 14:00:00", True),
        ("2024-05-01 15:15:00", True),
    ]
    assert [m.kind for m in two.media] == ["video", "mixed_audio", "transcript", "timeline", "chat"]
    assert all(m.path.name.startswith(second) for m in two.media)
    assert two.media[0].path.name == f"{second}_gallery_1280x720.mp4"


def test_older_zoom_parts_and_a_meeting_of_one_part(tmp_path):
    found = recordings.read(touch(tmp_path / "old", "zoom_0.mp4", "zoom_1.mp4", "audio_only.m4a", "audio_only_1.m4a"))
    assert [[m.path.name for m in r.media] for r in found] == [
        ["zoom_0.mp4", "audio_only.m4a"],
        ["zoom_1.mp4", "audio_only_1.m4a"],
    ]
    (one,) = recordings.read(touch(tmp_path / "new", "video1234567890.mp4", "audio1234567890.m4a"))
    assert (one.recording_id, one.part_of) == ("new", "")


def test_people_of_parts_are_never_split_though_nobody_is_named():
    frame = pd.DataFrame({"recording_id": ["m 1", "m 2", "n"], "person_id": ["m 1_p1", "m 2_p1", "n_p1"]})
    assert windows.group_id(frame.assign(group_id=["m", "m", ""])).tolist() == ["m 1_p1", "m 1_p1", "n_p1"]
    assert windows.group_id(frame).nunique() == 3


def test_two_parts_are_built_as_two_recordings_of_one_group(tmp_path):
    folder = tmp_path / NAME
    folder.mkdir()
    for k, seconds in ((1, 3.0), (2, 2.0)):
        noise = 0.05 * store.rng(f"part {k}").standard_normal(int(16000 * seconds))
        zoom_folders.write_m4a(folder / f"audio{k}234567890.m4a", noise.astype(np.float32))
    report = command(folder, tmp_path / "out")
    assert [one["part_of"] for one in report["recordings"].values()] == [NAME, NAME]
    made = tables.read(tmp_path / "out" / "windows.csv", tables.WINDOWS)
    assert made["recording_id"].nunique() == 2
    assert made["group_id"].nunique() == 1
    assert any("2 parts of one meeting" in warning for warning in report["warnings"])


# --- names ------------------------------------------------------------------------------------------------------------


def joined_of(folder):
    (one,) = recordings.read(folder)
    return names.joined(one)


def people_list(folder, *rows):
    lines = ["Name (Original Name),User Email,Join Time,Leave Time", *(f"{row},," for row in rows)]
    (folder / "participants_1.csv").write_text("\n".join(lines), "utf-8")
    return folder


def test_who_was_renamed_or_came_twice_from_one_account_is_one_person(tmp_path):
    folder = touch(tmp_path, "audio1234567890.m4a", "Audio Record/audioAdaLovelace11234567890.m4a")
    one = joined_of(people_list(folder, "countess (Ada Lovelace),", "Ada Lovelace,a@x.org", "Ada phone,A@x.org"))
    assert one.names == {"AdaLovelace": "Ada Lovelace", "countess": "Ada Lovelace", "Ada phone": "Ada Lovelace"}
    assert "renamed from Ada Lovelace" in one.named_because["countess"]
    assert "same account as Ada Lovelace" in one.named_because["Ada phone"]


def test_two_people_on_one_account_or_with_a_phones_name_stay_two(tmp_path):
    folder = touch(tmp_path, *(f"Audio Record/audio{name}1234567890.m4a" for name in ("Ada1", "Ben2")))
    one = joined_of(people_list(folder, "Ada (iPhone),a@x.org", "Ben (iPhone),a@x.org", "iPhone,"))
    assert {"Ada", "Ben", "iPhone"} <= set(one.named_because)
    assert one.names == {}
    assert any("'Ben' and 'Ada' are kept apart although same account as Ada" in note for note in one.notes)


def test_a_first_name_is_not_joined_but_hinted_at(tmp_path):
    folder = touch(tmp_path, "audio1234567890.m4a")
    one = joined_of(people_list(folder, "Ada Lovelace,", "Ada,"))
    assert one.names == {}
    assert "perhaps Ada Lovelace: write that into person_id if so" in one.named_because["Ada"]


def test_pronouns_and_roles_in_brackets_are_no_other_person():
    assert names.key_of("Ada Lovelace (she/her)") == names.key_of("AdaLovelace")
    assert names.key_of("Ada (Host, me)") == names.key_of("Ada")
    assert names.key_of("Ada (Ben)") != names.key_of("Ada")


# --- clocks -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def minute():
    """The SYNTHETIC voices of a minute, {who: samples}."""
    return synthetic.sounds(synthetic.conversation(synthetic.ConversationSettings(duration_s=60.0)))


def shifted(samples, late_s):
    """The sound of a file that begins ``late_s`` after the meeting; before it where negative."""
    n = round(abs(late_s) * 16000)
    moved = samples[n:] if late_s > 0 else np.r_[np.zeros(n, np.float32), samples]
    return media.Sound(moved, 16000)


@pytest.mark.parametrize("late_s", [0.0, 0.03, -0.25, 3.217, -12.5])
@pytest.mark.parametrize("who", ["ada", "ben"])
def test_the_lag_of_a_known_shift_is_found_to_the_millisecond(minute, who, late_s):
    found = clock.lag(shifted(minute[who], late_s), media.Sound(minute["mixed"], 16000))
    assert found.lag_s == pytest.approx(late_s, abs=0.001)
    assert found.trust > 0.9


def test_a_lag_stands_against_noise_another_level_and_half_an_hour_of_silence(minute):
    rng = store.rng("clock noise")
    mixed = np.r_[np.zeros(16000 * 30, np.float32), 0.1 * minute["mixed"]]
    mixed = mixed + rng.normal(0, 0.1 * minute["mixed"].std(), len(mixed)).astype(np.float32)  # 0 dB
    own = np.r_[np.zeros(16000 * 29, np.float32), minute["ada"]]
    found = clock.lag(media.Sound(own, 16000), media.Sound(mixed, 16000))
    assert found.lag_s == pytest.approx(1.0, abs=0.005)
    assert found.trust > clock.SURE


def test_sounds_that_have_nothing_in_common_have_no_sure_lag(minute):
    rng = store.rng("clock strangers")
    mixed = media.Sound(minute["mixed"], 16000)
    for other in (0.05 * rng.standard_normal(16000 * 60), np.zeros(16000 * 60), np.zeros(0), np.zeros(100)):
        found = clock.lag(media.Sound(other.astype(np.float32), 16000), mixed)
        assert found.trust < clock.SURE
    stranger = synthetic.sounds(synthetic.conversation(synthetic.ConversationSettings("others", duration_s=60.0)))
    assert clock.lag(media.Sound(stranger["ada"], 16000), mixed).trust < clock.SURE


def test_a_clock_that_drifts_is_told(minute):
    own = np.tile(minute["ada"], 4)
    mixed = np.tile(minute["mixed"], 4)
    place = np.arange(len(mixed)) * (1 - 1e-4)  # 6 ms a minute
    slow = np.interp(place, np.arange(len(mixed)), mixed).astype(np.float32)
    found = clock.lag(media.Sound(own, 16000), media.Sound(slow, 16000))
    assert found.drift_ms_per_min == pytest.approx(6.0, abs=1.0)
    assert found.trust > clock.SURE


@pytest.mark.parametrize(
    ("lag_s", "trust", "moved_s", "words"),
    [
        (0.079, 1.0, 0.0, []),
        (0.123, 1.0, 0.12, ["a is 123 ms early against b (trust 1.00): its times were moved"]),
        (-0.123, 0.4, 0.0, ["not sure (trust 0.40): left as it is"]),
        (math.nan, 0.0, 0.0, []),
        (None, 0.0, 0.0, []),
    ],
)
def test_only_a_large_lag_that_is_sure_moves_times(lag_s, trust, moved_s, words):
    notes = {"lag_s": lag_s, "trust": trust, "against": "b", "pieces": 9, "drift_ms_per_min": None}
    assert clock.applied_s(notes) == pytest.approx(moved_s)
    told = list(clock.doubted("a", notes))
    assert len(told) == len(words)
    assert all(word in one for word, one in zip(words, told, strict=True))


def test_no_whole_sound_lies_in_memory_and_the_lag_is_that_of_whole_sounds(minute, tmp_path, monkeypatch):
    """Read a minute at a time at most, from files without a name that are gone afterwards."""
    for name in ("ada", "mixed"):
        media.write_sound(tmp_path / f"{name}.flac", np.tile(minute[name], 4), 16000)
    paths, told, read = (tmp_path / "ada.flac", tmp_path / "mixed.flac"), {}, []
    expected = clock.lag(*map(media.sound, paths))
    slice_of = media.hearing.Spool.__getitem__

    def noted(spool, asked):
        read.append(len(slice_of(spool, asked)))
        return slice_of(spool, asked)

    monkeypatch.setattr(media.hearing.Spool, "__getitem__", noted)
    monkeypatch.setattr(media, "sound", lambda path: pytest.fail(f"{path} was read whole"))
    pieces = clock.held_against(*paths, told, tmp_path)
    assert max(read) == 60 * 16000 < len(minute["ada"]) * 4
    pd.testing.assert_frame_equal(pieces, expected.pieces, check_exact=True)
    assert (told["lag_s"], told["trust"]) == (expected.lag_s, expected.trust)
    assert expected.trust > clock.SURE
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ada.flac", "mixed.flac"]
