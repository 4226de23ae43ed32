"""A recording goes down the river whole, a broken one is named, and nothing that was there before is lost."""

import json
import multiprocessing
import os
import shutil
import signal

import av
import numpy as np
import pandas as pd
import pytest

from mien import face, media, people, recordings, river, sources, store, tables, windows
from mien.river import jobs, pool, sounds

QUICK = river.RiverSettings(rate_hz=5.0, window=windows.WindowSettings(length_s=8.0, hop_s=8.0, calibration_s=4.0))


def build(path, out, **how):
    return river.build(recordings.read(path), out, how.pop("settings", QUICK), **how)


def read_tables(out):
    return {name: tables.read(out / file, tables.ALL[name]) for name, file in river.FILES.items()}


def contents(out):
    return {file: (out / file).read_bytes() for file in river.FILES.values()}


def noise(path, seconds=2.0):
    rng = np.random.default_rng(0)
    return media.write_sound(path, (0.05 * rng.standard_normal(int(16000 * seconds))).astype("float32"), 16000)


@pytest.fixture(scope="module")
def built(talk, tmp_path_factory):
    out = tmp_path_factory.mktemp("built")
    return out, build(talk, out)


def test_a_meeting_folder_becomes_files_that_keep_their_promises(built):
    out, report = built
    made = read_tables(out)
    assert set(made["windows"]["person_id"]) == {"ada", "ben"}
    assert made["windows"]["is_synthetic"].all()
    assert len([c for c in made["faces"].columns if c.startswith("bs_")]) == 52
    assert list(made["faces"].columns[:11]) == tables.FACES.names
    assert list(made["voice"].columns[:7]) == tables.VOICE.names
    assert json.loads((out / "report.json").read_text())["counts"] == report["counts"]
    assert {"faces", "voice", "speech", "windows table"} <= set(report["seconds"])
    assert report["recordings"]["talk"]["stages"]["faces"]["sampled_frames"] == 80


def test_faces_get_the_name_of_the_voice_that_moves_their_mouth(built, talk):
    truth = pd.read_csv(talk / "truth_faces.csv").groupby("person_id")["box_x_px"].median()
    found = read_tables(built[0])["faces"].groupby("person_id")["box_x_px"].median()
    assert found.index.tolist() == ["ada", "ben"]
    assert (found - truth).abs().max() < 20


def test_turns_are_where_they_were_scripted(built, talk):
    truth, found = pd.read_csv(talk / "truth_turns.csv"), read_tables(built[0])["turns"]
    for kind in ("turn", "backchannel"):
        scripted = truth[truth["kind"] == kind].sort_values("start_s")
        measured = found[found["kind"] == kind].sort_values("start_s")
        assert measured["person_id"].tolist() == scripted["person_id"].tolist()
        for edge in ("start_s", "end_s"):
            assert np.abs(measured[edge].to_numpy() - scripted[edge].to_numpy()).max() < 0.06
    assert set(found["source"]) == {"person_audio"}


def test_a_second_build_makes_nothing_again(built, talk, monkeypatch):
    out, _ = built
    before = contents(out)
    for room, name in ((face, "extract"), (media, "sound"), (windows, "table")):
        monkeypatch.setattr(room, name, lambda *_, **__: pytest.fail("made again"))
    build(talk, out)
    assert contents(out) == before


def test_people_csv_mends_who_is_who_without_measuring_again(built, talk, tmp_path, monkeypatch):
    out = shutil.copytree(built[0], tmp_path / "out")
    listed = pd.read_csv(out / "people.csv")
    assert listed.set_index("found")["people_by"].to_dict() == dict.fromkeys(("p1", "p2", "ada", "ben"), "sound")
    monkeypatch.setattr(face, "extract", lambda *_: pytest.fail("measured again"))
    listed.to_csv(tmp_path / "same.csv", index=False)
    before = pd.read_parquet(out / "faces.parquet")
    build(talk, out, hand=tmp_path / "same.csv")
    pd.testing.assert_frame_equal(pd.read_parquet(out / "faces.parquet"), before)
    listed.loc[listed["found"] == "p1", "person_id"] = "eve"
    listed.to_csv(tmp_path / "mended.csv", index=False)
    build(talk, out, hand=tmp_path / "mended.csv")
    faces = pd.read_parquet(out / "faces.parquet")
    assert set(faces["person_id"]) == {"eve", "ben"}
    assert faces[faces["person_id"] == "eve"]["people_by"].unique().tolist() == ["hand"]
    again = pd.read_csv(out / "people.csv").set_index("found")
    assert again.loc["p1", ["person_id", "people_by", "people_trust"]].tolist() == ["eve", "hand", 1.0]
    (tmp_path / "bad.csv").write_text("found,person_id\np7,eve\n")
    with pytest.raises(tables.TableError, match=r"bad\.csv: row 2: found 'p7' is nobody in 'talk'; expected .* p1, p2"):
        build(talk, out, hand=tmp_path / "bad.csv")


def test_workers_change_nothing(built, talk, tmp_path):
    build(talk, tmp_path, workers=2)
    assert contents(tmp_path) == contents(built[0])


def test_a_stopped_build_goes_on_where_it_stopped(talk, tmp_path, monkeypatch):
    made, whole = [], jobs._make_voice

    def stop_at_second(job, *rest):
        made.append(job.medium.person_id)
        if len(made) == 2:
            raise KeyboardInterrupt
        return whole(job, *rest)

    monkeypatch.setattr(jobs, "_make_voice", stop_at_second)
    alone = tmp_path / "voices"
    shutil.copytree(talk / "Audio Record", alone / "Audio Record")
    with pytest.raises(KeyboardInterrupt):
        build(alone, tmp_path / "out")
    build(alone, tmp_path / "out")
    assert made == ["ada", "ben", "ben"]


def test_a_new_setting_remakes_only_what_it_touches(talk, tmp_path, monkeypatch):
    alone = tmp_path / "voices"
    shutil.copytree(talk / "Audio Record", alone / "Audio Record")
    build(alone, tmp_path / "out")
    monkeypatch.setattr(jobs, "_make_voice", lambda *_: pytest.fail("made again"))
    other = river.RiverSettings(window=windows.WindowSettings(length_s=4.0, hop_s=4.0))
    assert build(alone, tmp_path / "out", settings=other)["counts"]["windows"] == 8


# --- bad input: one clear error or a row with a reason; what was there before stays ---------------------------------


@pytest.mark.parametrize("content", [b"", b"these are words, not a film\n" * 40], ids=["empty", "text"])
def test_a_file_that_is_no_film_is_one_clear_error_and_earlier_tables_stay(tmp_path, content):
    noise(tmp_path / "good.wav")
    build(tmp_path / "good.wav", tmp_path / "out")
    before = contents(tmp_path / "out")
    (tmp_path / "film.mp4").write_bytes(content)
    with pytest.raises(river.BuildError, match=r"film: .*film\.mp4"):
        build(tmp_path / "film.mp4", tmp_path / "out")
    assert contents(tmp_path / "out") == before


def test_a_batch_goes_on_and_reports(tmp_path):
    folder = tmp_path / "batch"
    folder.mkdir()
    noise(folder / "good.wav")
    (folder / "bad.wav").write_bytes(b"no sound")
    report = build(folder, tmp_path / "out", workers=2)
    assert report["counts"]["recordings"] == 1
    assert [one["recording_id"] for one in report["failed"]] == ["bad"]
    assert "bad.wav" in report["failed"][0]["error"]


def test_a_truncated_film_gives_what_can_be_read_or_says_what_is_wrong(talk, tmp_path):
    whole = (talk / "gallery.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(river.BuildError, match=r"cut\.mp4"):
        build(tmp_path / "cut.mp4", tmp_path / "out")


def test_windows_end_where_what_could_be_decoded_ends(talk, tmp_path):
    """A film whose index comes first and whose second half is missing."""
    front = tmp_path / "front.mp4"
    with (
        av.open(str(talk / "gallery.mp4")) as read,
        av.open(str(front), "w", options={"movflags": "faststart"}) as write,
    ):
        streams = {stream.index: write.add_stream_from_template(stream) for stream in read.streams}
        for packet in read.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                write.mux(packet)
    front.write_bytes(front.read_bytes()[: front.stat().st_size // 2])
    four = windows.WindowSettings(length_s=4.0, hop_s=4.0, calibration_s=4.0)
    report = build(front, tmp_path / "out", settings=river.RiverSettings(rate_hz=5.0, window=four))
    faces = report["recordings"]["front"]["stages"]["faces"]
    assert faces["media"]["duration_s"] == pytest.approx(16.0, abs=0.05)
    assert 5 < faces["picture_end_s"] < 11
    made = read_tables(tmp_path / "out")["windows"]
    assert made["end_s"].max() <= faces["picture_end_s"] + 0.1
    assert made["face_valid_share"].min() > 0.9
    assert any("the file states 16.00 s of picture" in warning for warning in report["warnings"])


# --- a process that dies loses nothing but what it did --------------------------------------------------------------


def kill_workers():
    for process in multiprocessing.active_children():
        os.kill(process.pid, signal.SIGKILL)


def test_a_worker_that_is_killed_once_changes_no_table(built, talk, tmp_path):
    killed = []

    def kill_at_first_step(name, *_):
        if name.startswith("talk: ") and not killed:
            killed.append(name)
            kill_workers()

    report = build(talk, tmp_path, workers=2, progress=kill_at_first_step)
    assert killed
    assert contents(tmp_path) == contents(built[0])
    assert any("SIGKILL; it was tried again alone, and that went well" in words for words in report["warnings"])
    assert not [path.name for path in tmp_path.rglob(".*") if path.name[1].isdigit()]


def dies_of_a_bad_file(job, settings, tick, whole, errors):
    """What a crash in a decoder does: the process that reads the file is gone, whenever it reads it."""
    if job.medium.path.name.startswith("dies") and job.stage == "voice":
        job.part.parent.mkdir(parents=True, exist_ok=True)
        job.part.with_name(f".{os.getpid()}.{job.part.name}").write_bytes(b"half")
        os.kill(os.getpid(), signal.SIGKILL if "killed" in job.medium.path.name else signal.SIGSEGV)
    return jobs._run_quietly(job, settings, tick, whole, errors)


def test_a_file_of_which_processes_die_is_one_error_and_the_others_are_built(tmp_path, monkeypatch):
    (tmp_path / "batch").mkdir()
    for name in ("dies", "dies_killed", "good"):
        noise(tmp_path / "batch" / f"{name}.wav")
    monkeypatch.setattr(jobs, "_run_quietly", dies_of_a_bad_file)
    steps, out = [], tmp_path / "out"
    report = build(tmp_path / "batch", out, workers=2, progress=lambda *step: steps.append(step))
    unread = {one["recording_id"]: one["error"] for one in report["unread"]}
    assert set(unread) == {"dies", "dies_killed"}
    assert "dies.wav: voice: its process was ended by SIGSEGV, and again when it was tried alone" in unread["dies"]
    assert "re-encode the file" in unread["dies"]
    assert "ended by SIGKILL" in unread["dies_killed"]
    assert "fewer --workers" in unread["dies_killed"]
    assert set(read_tables(out)["voice"]["recording_id"]) == {"good"}
    assert [step[1:] for step in steps if step[0] == "files"] == [(k + 1, 6) for k in range(6)]
    assert not list(out.rglob(".*.voice.parquet"))
    assert not multiprocessing.active_children()


def runs_out_of_memory(job, settings, tick, whole, errors):
    if job.stage == "speech" and job.medium.path.name == "large.wav":
        raise MemoryError
    return jobs._run_quietly(job, settings, tick, whole, errors)


def test_a_file_that_needs_too_much_memory_is_one_error(tmp_path, monkeypatch):
    (tmp_path / "batch").mkdir()
    for name in ("large", "small"):
        noise(tmp_path / "batch" / f"{name}.wav")
    monkeypatch.setattr(jobs, "_run_quietly", runs_out_of_memory)
    report = build(tmp_path / "batch", tmp_path / "out", workers=2)
    (unread,) = report["unread"]
    assert "large.wav: speech: its process ran out of memory, and again when it was tried alone" in unread["error"]
    assert report["counts"]["recordings"] == 2


def dies_at_once(*_):
    os._exit(3)


def test_where_no_worker_lives_the_work_is_done_here(built, talk, tmp_path, monkeypatch):
    monkeypatch.setattr(pool, "_serve", dies_at_once)
    report = build(talk, tmp_path, workers=2)
    assert contents(tmp_path) == contents(built[0])
    words = "no process could be started to work beside this one (its process ended with exit code 3)"
    assert [words in warning for warning in report["warnings"]].count(True) == 1


def test_the_pitch_tracker_is_compiled_before_there_are_two_processes(talk, tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(jobs.voice, "warm", lambda say: said.append("compiled"))
    monkeypatch.setattr(pool, "Pool", lambda *_: pytest.fail("; ".join([*said, "then processes"])))
    steps = jobs.jobs_of(recordings.read(talk), tmp_path, QUICK)
    with pytest.raises(pytest.fail.Exception, match=r"^compiled; then processes"):
        jobs.work(steps, QUICK, 2, lambda *_: None)
    said.clear()
    with pytest.raises(pytest.fail.Exception, match=r"^then processes"):
        jobs.work([job for job in steps if job.stage == "faces"] * 2, QUICK, 2, lambda *_: None)


def test_what_a_process_died_of_is_never_done_here(tmp_path, monkeypatch):
    """It would end the whole batch; a file that nothing died of may be done here."""
    (tmp_path / "batch").mkdir()
    for name in ("dies", "good"):
        noise(tmp_path / "batch" / f"{name}.wav")
    found = recordings.read(tmp_path / "batch")
    steps = jobs.jobs_of(found, tmp_path / "out", QUICK)
    started, start = [], pool.CONTEXT.Process.start

    def two_and_no_more(process):
        started.append(process)
        if len(started) > 2:
            raise OSError("no place for one more")
        start(process)

    monkeypatch.setattr(pool.CONTEXT.Process, "start", two_and_no_more)
    monkeypatch.setattr(jobs, "_run_quietly", dies_of_a_bad_file)
    told = {}
    errors = jobs.work(steps, QUICK, 2, lambda *_: None, told)
    (part,) = errors
    assert (part.parent.name, part.stem) == ("dies", "voice")
    assert "and no other could be started to try again" in errors[part]


# --- a long video is cut in time ------------------------------------------------------------------------------------


def cut_and_whole(clip, tmp_path, chunk_s, **more):
    """The faces of a clip measured in pieces and in one go, and what was told; crops are renewed at every seam."""
    found, made = recordings.read(clip), []
    for length_s in (chunk_s, 3600.0):
        settings = river.RiverSettings(chunk_s=length_s, face=face.FaceSettings(renew_s=chunk_s), **more)
        (job,) = [job for job in jobs.jobs_of(found, tmp_path / str(length_s), settings) if job.stage == "faces"]
        assert jobs.work([job], settings, 1, lambda *_: None) == {}
        assert sorted(path.name for path in job.part.parent.iterdir()) == [
            ".faces.parquet.causes.json",
            "faces.parquet",
        ]
        made.append((pd.read_parquet(job.part), store.notes(job.part), len(job.pieces)))
    return made


@pytest.mark.parametrize(
    ("clip", "chunk_s", "rate_hz", "n_pieces"),
    [("one_person_webcam_silent.webm", 10.0, 10.0, 5), ("four_person_gallery.mp4", 5.0, 5.0, 3)],
)
def test_cut_in_time_equals_uncut(shared, tmp_path, clip, chunk_s, rate_hz, n_pieces):
    """The same people in the same frames; numbers are the same but where a crop was laid a step aside.

    Tolerances are those of two crops of one face: 3.5 px of the box, 2.5° of the head, 0.1 of a blendshape in 99 of
    100 frames; and the median frame is the same to the last digit.
    """
    path = shared / "data" / "clips" / clip
    (cut, told, pieces), (whole, told_whole, one) = cut_and_whole(path, tmp_path, chunk_s, rate_hz=rate_hz)
    assert (pieces, one) == (n_pieces, 1)
    for name in ("sampled_frames", "tracks", "tracks_ended", "cuts_s", "picture_end_s"):
        assert told[name] == told_whole[name], name
    both = cut.merge(whole, on=["person_id", "time_s"], suffixes=("", "_whole"))
    assert len(both) == len(cut) == len(whole)
    assert (both["why"] == both["why_whole"]).mean() > 0.99
    for name, most in {"box_x_px": 3.5, "box_y_px": 3.5, "yaw_deg": 2.5, "pitch_deg": 2.5, "bs_jawOpen": 0.1}.items():
        apart = (both[name] - both[f"{name}_whole"]).abs()
        assert apart.median() == 0, name
        assert apart.quantile(0.99) <= most, name
    assert (both["take"] == both["take_whole"]).all()


def test_pieces_are_kept_one_by_one_and_removed_when_they_are_joined(talk, tmp_path, monkeypatch):
    made, whole = [], jobs._make_piece

    def stop_at_third(job, *rest):
        made.append(job.span[0])
        if len(made) == 3:
            raise KeyboardInterrupt
        return whole(job, *rest)

    monkeypatch.setattr(jobs, "_make_piece", stop_at_third)
    shutil.copy(talk / "gallery.mp4", tmp_path / "film.mp4")
    settings = river.RiverSettings(rate_hz=2.0, chunk_s=4.0, face=face.FaceSettings(renew_s=4.0))
    with pytest.raises(KeyboardInterrupt):
        build(tmp_path / "film.mp4", tmp_path / "out", settings=settings)
    parts = tmp_path / "out" / "parts" / "film"
    assert sorted(path.name for path in parts.glob("*.pickle")) == ["faces-0s.pickle", "faces-4s.pickle"]
    report = build(tmp_path / "film.mp4", tmp_path / "out", settings=settings)
    assert made == [0.0, 4.0, 8.0, 8.0, 12.0]
    assert not list(parts.glob("*.pickle"))
    assert not list(parts.glob(".*.pickle.causes.json"))
    assert report["counts"]["people"] == 2
    assert read_tables(tmp_path / "out")["faces"].groupby("person_id").size().tolist() == [32, 32]
    build(tmp_path / "film.mp4", tmp_path / "out", settings=settings)
    assert len(made) == 5  # no piece is made again for a whole that is kept


def test_two_processes_make_the_same_of_a_cut_film(talk, tmp_path):
    shutil.copy(talk / "gallery.mp4", tmp_path / "film.mp4")
    settings = river.RiverSettings(rate_hz=2.0, chunk_s=8.0)
    for workers in (1, 2):
        build(tmp_path / "film.mp4", tmp_path / str(workers), settings=settings, workers=workers)
    assert contents(tmp_path / "1") == contents(tmp_path / "2")


def test_a_film_that_cannot_be_entered_in_the_middle_is_one_piece(tmp_path):
    with av.open(str(tmp_path / "a.ts"), "w") as container:
        stream = container.add_stream("mpeg2video", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for k in range(100):
            frame = av.VideoFrame.from_ndarray(np.full((64, 96, 3), k, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert jobs._edges(tmp_path / "a.ts", 1.0) == [0.0, np.inf]
    media.write_video(tmp_path / "a.mp4", [np.full((64, 96, 3), k, np.uint8) for k in range(100)], 25)
    assert jobs._edges(tmp_path / "a.mp4", 1.0) == [0.0, 1.0, 2.0, 3.0, np.inf]
    assert jobs._edges(tmp_path / "gone.mp4", 1.0) == [0.0, np.inf]


def test_what_goes_wrong_in_a_piece_is_what_the_recording_lacks(talk, tmp_path, monkeypatch):
    def broken(job, *_):
        raise media.MediaError(f"the disk is gone at {job.span[0]:.0f} s")

    monkeypatch.setattr(jobs, "_make_piece", broken)
    report = build(talk, tmp_path / "out")
    assert [one["error"] for one in report["unread"]] == ["the disk is gone at 0 s"]
    assert read_tables(tmp_path / "out")["windows"]["why"].str.contains("face: no_video").all()


def test_sound_without_video_and_video_without_sound_are_rows_with_reasons(talk, tmp_path):
    noise(tmp_path / "sound.wav")
    silent = list(media.frames(talk / "gallery.mp4", rate_hz=5.0))
    media.write_video(tmp_path / "silent.mp4", [picture for _, picture in silent][:20], 5.0)
    found = recordings.read(tmp_path / "sound.wav") + recordings.read(tmp_path / "silent.mp4")
    report = river.build(found, tmp_path / "out", QUICK)
    made = read_tables(tmp_path / "out")["windows"].set_index("recording_id")
    assert made.loc[["sound"], "why"].str.contains("face: no_video").all()
    assert made.loc[["silent"], "why"].str.contains("voice: no_audio; turn: no_audio").all()
    assert any("silent.mp4" in warning for warning in report["warnings"])


def test_no_face_at_all_is_nobody_and_no_error(tmp_path):
    rng = np.random.default_rng(1)
    pictures = [rng.integers(90, 110, (120, 160, 3), dtype=np.uint8) for _ in range(20)]
    media.write_video(tmp_path / "sky.mp4", pictures, 10.0)
    report = build(tmp_path / "sky.mp4", tmp_path / "out")
    made = read_tables(tmp_path / "out")
    assert (len(made["faces"]), len(made["windows"])) == (0, 0)
    assert len([c for c in made["faces"].columns if c.startswith("bs_")]) == 52
    assert report["recordings"]["sky"]["stages"]["faces"]["sampled_frames"] == 10


def test_a_face_for_half_the_time_is_half_missing_with_a_reason(talk, tmp_path):
    pictures = [picture for _, picture in media.frames(talk / "gallery.mp4", rate_hz=10.0, told={})]
    half = len(pictures) // 2
    empty = [np.full_like(pictures[0], 80)] * half
    media.write_video(tmp_path / "half.mp4", pictures[:half] + empty, 10.0)
    whole = windows.WindowSettings(length_s=None)
    build(tmp_path / "half.mp4", tmp_path / "out", settings=river.RiverSettings(rate_hz=5.0, window=whole))
    made = read_tables(tmp_path / "out")
    assert made["windows"]["face_valid_share"].to_numpy() == pytest.approx([0.5, 0.5], abs=0.08)
    late = made["faces"][made["faces"]["time_s"] > half / 10 + 0.3]
    assert (late["why"] == "no_face").all()
    assert late["bs_jawOpen"].isna().all()
    assert (late["face_trust"] == 0).all()


def test_an_unknown_person_in_a_transcript_is_named_and_the_rest_is_built(talk, tmp_path):
    folder = tmp_path / "meeting"
    shutil.copytree(talk / "Audio Record", folder / "Audio Record")
    (folder / "meeting.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nCleo: hello\n", encoding="utf-8")
    report = build(folder, tmp_path / "out")
    assert report["counts"]["people"] == 2
    assert any("Cleo" in warning for warning in report["warnings"])


def test_a_transcript_alone_gives_turns_and_says_that_there_is_no_sound(tmp_path):
    cues = "WEBVTT\n\n00:01.000 --> 00:04.000\nAda: hello\n\n00:04.300 --> 00:07.000\nBen: yes\n"
    (tmp_path / "talk.vtt").write_text(cues, encoding="utf-8")
    build(tmp_path / "talk.vtt", tmp_path / "out")
    made = read_tables(tmp_path / "out")
    assert made["turns"].query("kind == 'turn'")["person_id"].tolist() == ["Ada", "Ben"]
    assert made["windows"]["why"].str.contains("face: no_video; voice: no_audio").all()


def test_a_transcript_gives_the_shared_sound_to_those_who_speak(talk, tmp_path):
    folder = tmp_path / "meeting"
    folder.mkdir()
    shutil.copy(talk / "Audio Record" / "ada.wav", folder / "mixed.wav")
    turns = pd.read_csv(talk / "truth_turns.csv").query("kind == 'speech'")
    turns[["person_id", "start_s", "end_s"]].to_csv(folder / "segments.csv", index=False)
    build(folder, tmp_path / "out")
    made = read_tables(tmp_path / "out")
    heard = made["voice"].groupby("person_id")["level_db"].median()
    assert set(made["turns"]["source"]) == {"segments"}
    assert heard["ada"] > heard["ben"] + 10


@pytest.mark.parametrize(("content", "words"), [(b"", "empty"), (b"not a model", "expected sha256")])
def test_a_broken_model_file_stops_the_build_and_earlier_tables_stay(talk, tmp_path, monkeypatch, content, words):
    noise(tmp_path / "good.wav")
    build(tmp_path / "good.wav", tmp_path / "out")
    before = contents(tmp_path / "out")
    (tmp_path / "model.task").write_bytes(content)
    monkeypatch.setenv("MIEN_FACE_MODEL", str(tmp_path / "model.task"))
    with pytest.raises(sources.SourceError, match=words):
        build(talk / "gallery.mp4", tmp_path / "out")
    assert contents(tmp_path / "out") == before


def test_two_recordings_with_one_id_are_refused_before_any_work(tmp_path):
    for name in ("a.wav", "a.flac"):
        noise(tmp_path / name)
    found = recordings.read(tmp_path / "a.wav") + recordings.read(tmp_path / "a.flac")
    with pytest.raises(recordings.RecordingError, match="two recordings have the id 'a'"):
        river.build(found, tmp_path / "out", QUICK)
    assert not (tmp_path / "out").exists()


def test_a_listed_file_that_is_gone_is_named(tmp_path):
    row = {"recording_id": "r", "path": "gone.wav", "kind": "person_audio", "person_id": "ada"}
    pd.DataFrame([row | {"licence": "x", "source": "y"}]).to_csv(tmp_path / "recordings.csv", index=False)
    with pytest.raises(river.BuildError, match=r"gone\.wav: no such file"):
        build(tmp_path, tmp_path / "out")


def test_a_listed_video_gives_its_only_face_the_name_and_the_label(talk, tmp_path):
    pictures = [
        np.ascontiguousarray(picture[:, :320]) for _, picture in media.frames(talk / "gallery.mp4", rate_hz=5.0)
    ]
    media.write_video(tmp_path / "one.mp4", pictures[:40], 5.0)
    row = {"recording_id": "r", "path": "one.mp4", "kind": "video", "person_id": "ana", "licence": "x", "source": "y"}
    pd.DataFrame([row | {"label_mood": "calm"}]).to_csv(tmp_path / "recordings.csv", index=False)
    build(tmp_path, tmp_path / "out")
    made = read_tables(tmp_path / "out")
    assert set(made["faces"]["person_id"]) == {"ana"}
    assert made["windows"]["label_mood"].tolist() == ["calm"]
    assert made["windows"]["face_valid_share"].iloc[0] > 0.9


def test_a_face_without_a_voice_is_not_called_silent(talk, tmp_path, monkeypatch):
    monkeypatch.setattr(people, "match", lambda *_: people.Match({}, {}))
    build(talk, tmp_path)
    made = read_tables(tmp_path)["windows"].set_index("person_id")
    assert made.loc["talk_p1", "turn_talk_share"].isna().all()
    assert made.loc["talk_p1", "why"].str.contains("turn: no_audio").all()
    assert made.loc["ada", "turn_talk_share"].notna().any()


def test_what_is_said_after_the_media_ended_is_cut_and_told(tmp_path):
    folder = tmp_path / "meeting"
    folder.mkdir()
    noise(folder / "mixed.wav", 4.0)
    rows = [("ada", 0.5, 1.5), ("ben", 2.0, 9.0), ("ada", 36000.0, 36001.0)]
    pd.DataFrame(rows, columns=["person_id", "start_s", "end_s"]).to_csv(folder / "segments.csv", index=False)
    report = build(folder, tmp_path / "out")
    made = read_tables(tmp_path / "out")
    assert made["turns"]["end_s"].max() == 4.0
    assert made["windows"]["end_s"].max() == 4.0
    assert "meeting: 2 pieces of the segments end after the media (4.0 s)" in report["warnings"]


def test_endless_segments_fail_alone_in_a_batch(tmp_path):
    for name, end in (("good", 2.0), ("bad", "inf")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "segments.csv").write_text(f"person_id,start_s,end_s\nada,0,{end}\nben,3,4\n")
    found = [one for name in ("good", "bad") for one in recordings.read(tmp_path / name)]
    report = river.build(found, tmp_path / "out", QUICK)
    assert [one["recording_id"] for one in report["failed"]] == ["bad"]


# --- which face is which voice ---------------------------------------------------------------------------------------


def faces_that_move(**mouths):
    """One row per person and 0.1 s; ``mouths`` maps a person to when the mouth moves: (start_s, end_s) spans."""
    times, parts = np.arange(0, 60, 0.1), []
    rng = np.random.default_rng(3)
    for person, spans in mouths.items():
        moves = np.any([(times >= a) & (times < b) for a, b in spans], axis=0)
        opening = 0.02 * rng.random(len(times)) + moves * 0.3 * rng.random(len(times))
        parts.append(pd.DataFrame({"time_s": times, "person_id": person, "mouth_opening": opening, "why": ""}))
    return pd.concat(parts, ignore_index=True)


SPEECH = {"ada": [(2, 9), (21, 30), (44, 50)], "ben": [(10, 20), (31, 43), (51, 58)]}


def said(**who):
    rows = [(name, a, b) for name, spans in who.items() for a, b in spans]
    return pd.DataFrame(rows, columns=["person_id", "start_s", "end_s"])


def test_mouths_are_matched_with_the_voices_they_move_with():
    found = people.match(faces_that_move(p1=SPEECH["ben"], p2=SPEECH["ada"]), said(**SPEECH))
    assert found.names == {"p1": "ben", "p2": "ada"}
    assert min(found.trust.values()) >= 0.95


def test_a_mouth_that_moves_with_nobody_keeps_its_own_name():
    found = people.match(faces_that_move(p1=SPEECH["ada"], p2=[(k, k + 1) for k in range(0, 60, 2)]), said(**SPEECH))
    assert found.names == {"p1": "ada"}


def test_independent_faces_and_voices_are_not_matched():
    rng = np.random.default_rng(11)

    def spans():
        starts = np.cumsum(rng.uniform(3, 9, 16)) - 10  # no common silence at the beginning or the end
        return [(a, a + rng.uniform(1, 4)) for a in starts if a < 60]

    named = 0
    for _ in range(20):
        faces = faces_that_move(**{f"p{k}": spans() for k in range(4)})
        named += bool(people.match(faces, said(**{f"v{k}": spans() for k in range(4)})).names)
    assert named <= 2


def kept_voice(path, times):
    """A kept part of a voice with a row per 10 ms, in row groups of 50."""
    rows = pd.DataFrame({"time_s": np.round(times, 2), "level_db": np.sin(times) - 30, "f0_hz": 100 + times})
    rows["voiced"], rows["voiced_probability"] = True, 0.9
    rows.to_parquet(path, index=False, row_group_size=50)
    return path


@pytest.mark.parametrize("by_s", [0.0, 0.37, -0.21])
def test_a_stretch_of_a_track_is_what_the_whole_track_holds_there(tmp_path, by_s):
    one = kept_voice(tmp_path / "one.parquet", np.arange(0, 6, 0.01))
    other = kept_voice(tmp_path / "other.parquet", np.arange(2, 4, 0.01))
    spans = pd.DataFrame({"start_s": [1.0, 3.0], "end_s": [1.5, 3.2]})
    tracks = [sounds.Track(((one, by_s),)), sounds.Track(((one, by_s), (other, 0.0)))]
    tracks += [tracks[0].without(spans), tracks[0].only(spans, spans.iloc[1:])]
    for track in tracks:
        whole = track.rows()
        pieces = [track.rows(None, a, a + 0.7) for a in np.arange(0, 7, 0.7)]
        together = pd.concat(pieces, ignore_index=True)
        pd.testing.assert_frame_equal(together, whole.reset_index(drop=True))
        assert track.rows(sounds.LIGHT, 2.0, 2.5)["time_s"].between(2.0, 2.5, inclusive="left").all()
    assert len(tracks[3].rows()) == 50
    assert tracks[0].end_s == pytest.approx(6 + by_s)


def test_of_a_kept_voice_only_the_groups_of_the_stretch_are_read(tmp_path, monkeypatch):
    path, read = kept_voice(tmp_path / "one.parquet", np.arange(0, 6, 0.01)), []
    plain = sounds.pq.ParquetFile.read_row_groups
    monkeypatch.setattr(
        sounds.pq.ParquetFile, "read_row_groups", lambda self, n, **k: read.append(list(n)) or plain(self, n, **k)
    )
    sounds.Track(((path, 0.0),)).rows(None, 2.1, 2.4)
    assert read == [[4]]
