"""Cues and speech on one clock: known shifts come back, unrelated cues claim nothing, a build moves what is sure."""

import json
import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from mien import recordings, river, store, synthetic, tables, turns
from mien.corpora import ami
from mien.river import cues
from zoom_folders import cue, write_m4a


def coarse(table, rng, longest_s=8.0):
    """SYNTHETIC cues of who spoke when: pauses under 0.8 s passed over, at most 8 s each, edges off, some missing."""
    rows = []
    for span in turns.stretches(turns.clean(table), turns.TurnSettings(min_pause_s=0.8)):
        start_s, end_s = span.start_ms / 1000, span.end_ms / 1000
        edges = np.linspace(start_s, end_s, max(math.ceil((end_s - start_s) / longest_s), 1) + 1)
        rows += [(span.person_id, a, b) for a, b in pairwise(edges) if rng.random() > 0.05]
    made = pd.DataFrame(rows, columns=["person_id", "start_s", "end_s"])
    start_s = made["start_s"] + rng.normal(0, 0.15, len(made))
    return made.assign(start_s=start_s, end_s=np.maximum(made["end_s"] + rng.normal(0.2, 0.25, len(made)), start_s))


def moved(table, by_s):
    return table.assign(start_s=table["start_s"] + by_s, end_s=table["end_s"] + by_s)


@pytest.fixture(scope="module")
def meetings(shared):
    """Ten minutes of each of two real meetings, from 100 s on: who spoke when."""
    found = []
    for name in ("dev/ES2011b", "dev/IS1008c"):
        table = ami.segments(shared / f"data/ami_rttm/{name}.rttm")
        table = moved(table[table["start_s"].between(300, 900)], -200.0)
        names = dict(zip(sorted(set(table["person_id"])), "abcd", strict=True))
        found.append(table.assign(person_id=table["person_id"].map(names)))
    return found


@pytest.mark.parametrize("shared_track", [False, True])
@pytest.mark.parametrize("late_s", [0.0, 0.5, -3.0, 40.0])
def test_a_known_shift_of_coarse_cues_comes_back_within_its_uncertainty(meetings, late_s, shared_track):
    heard = meetings[0].assign(person_id="anybody") if shared_track else meetings[0]
    found = cues.lag(moved(coarse(meetings[0], store.rng(f"cues {late_s}")), -late_s), heard)
    assert found.is_sure
    assert found.uncertainty_s < 0.45
    assert abs(found.lag_s - late_s) <= found.uncertainty_s
    assert found.moved_by_s == (round(found.lag_s, 2) if abs(late_s) >= 0.5 else 0)


@pytest.mark.parametrize("shared_track", [False, True])
def test_cues_of_another_meeting_claim_no_shift(meetings, shared_track):
    for heard, other in (meetings, meetings[::-1]):
        heard = heard.assign(person_id="anybody") if shared_track else heard
        for k in range(4):
            found = cues.lag(coarse(moved(other, 5.0 * k), store.rng(f"strangers {k}")), heard)
            assert not found.is_sure
            assert found.moved_by_s == 0


def test_swapped_people_are_not_held_for_the_same(meetings):
    """Where people have a sound each, who speaks counts: with all names changed nothing fits for sure."""
    names = dict(zip("abcd", "bcda", strict=True))
    wrong = meetings[0].assign(person_id=meetings[0]["person_id"].map(names))
    assert cues.lag(coarse(meetings[0], store.rng("names")), meetings[0]).trust > 0.9
    assert not cues.lag(coarse(wrong, store.rng("names")), meetings[0]).is_sure


def test_a_shift_is_sure_if_it_stands_out_and_most_pieces_agree_and_moved_if_it_is_large():
    sure = cues.CueLag(0.31, 0.3, cues.SURE, cues.STANDS_OUT, 8)
    assert (cues.SURE, cues.STANDS_OUT) == (0.6, 8.0)
    assert (sure.is_sure, sure.moved_by_s) == (True, 0.31)
    assert replace(sure, lag_s=-0.3).moved_by_s == 0
    for less in ({"trust": 0.59}, {"peak": 7.9}, {"uncertainty_s": math.nan}):
        assert not replace(sure, **less).is_sure
        assert replace(sure, **less).moved_by_s == 0


@pytest.mark.parametrize(
    "said",
    [
        [],
        [("a", 1.0, 2.0)],
        [("a", float(k), k + 1.0) for k in range(100)],  # somebody always speaks
        [("a", 5.0, 5.0)] * 50,
    ],
)
def test_too_little_or_always_speech_has_no_shift(meetings, said):
    table = pd.DataFrame(said, columns=["person_id", "start_s", "end_s"]).astype({"start_s": float, "end_s": float})
    for pair in ((table, meetings[0]), (meetings[0], table)):
        found = cues.lag(*pair)
        assert math.isnan(found.lag_s)
        assert not found.is_sure
        assert found.moved_by_s == 0


# --- in a build -------------------------------------------------------------------------------------------------------

NAMES = {"ada": "Ada Lovelace", "ben": "李雷"}


@pytest.fixture(scope="module")
def sounds(tmp_path_factory):
    """The SYNTHETIC voices of two people, three minutes, and who spoke when."""
    talk = synthetic.conversation(synthetic.ConversationSettings(duration_s=180.0))
    folder = tmp_path_factory.mktemp("cue sounds")
    heard = synthetic.sounds(talk)
    for name in ("mixed", "ada", "ben"):
        write_m4a(folder / f"{name}.m4a", heard[name])
    speech = talk.turns[talk.turns["kind"] == "speech"].sort_values("start_s")
    return folder, [(row.person_id, row.start_s, row.end_s) for row in speech.itertuples()]


def folder_of(parent, sounds, own, late_s, timeline_late_s=0.0, backwards=False):
    """A meeting whose transcript is ``late_s`` early: that is what has to be added to its times."""
    source, said = sounds
    folder = parent / "2024-05-01 14.00.00 Weekly"
    (folder / "Audio Record").mkdir(parents=True)
    (folder / "audio1234567890.m4a").write_bytes((source / "mixed.m4a").read_bytes())
    for name, file in (("ada", "audioAdaLovelace11234567890"), ("ben", "audio李雷21234567890")):
        if own:
            (folder / "Audio Record" / f"{file}.m4a").write_bytes((source / f"{name}.m4a").read_bytes())
    length_s = max(end for *_, end in said)
    if backwards:
        said = sorted((who, length_s - end, length_s - start) for who, start, end in said)
    lines = [cue(a - late_s, b - late_s, f"{NAMES[who]}: so.") for who, a, b in said if a > late_s]
    (folder / "meeting.transcript.vtt").write_text("WEBVTT\n\n" + "\n".join(lines), "utf-8")
    entries = []
    for who, start, end in said:
        for time_s, names in ((start, [{"username": NAMES[who]}]), (end, [])):
            late = time_s - timeline_late_s
            entries.append({"ts": f"00:{int(late) // 60:02}:{late % 60:06.3f}", "users": names})
    (folder / "timeline.json").write_text(json.dumps({"timeline": entries}), "utf-8")
    (folder / "chat.txt").write_text("14:00:03 From Ada Lovelace to Everyone:\n\thello\n", "utf-8")
    return folder


@pytest.fixture(scope="module")
def outs(tmp_path_factory):
    """Where to build with a sound per person (True) and without: what was heard is measured once in each."""
    return {own: tmp_path_factory.mktemp("cues out") for own in (True, False)}


def built(folder, out):
    report = river.build(recordings.read(folder), out)
    (one,) = report["recordings"].values()
    return report, one


@pytest.mark.parametrize(("own", "late_s"), [(True, 0.0), (True, 3.0), (False, -40.0)])
def test_a_build_moves_a_transcript_to_the_sound_and_says_so(tmp_path, outs, sounds, own, late_s):
    report, one = built(folder_of(tmp_path, sounds, own, late_s), outs[own])
    found = one["clocks"]["meeting.transcript.vtt"]
    assert found["sure"]
    assert found["lag_s"] == pytest.approx(late_s, abs=found["uncertainty_s"])
    assert found["moved_by_s"] == (pytest.approx(late_s, abs=0.3) if late_s else 0)
    told = [words for words in report["warnings"] if "meeting.transcript.vtt is" in words]
    assert len(told) == bool(late_s)
    assert not late_s or ("early" if late_s > 0 else "late") in told[0]
    other = "person_audio" if own else "transcript"
    pair = one["agreement"].get(f"transcript against {other}") or one["agreement"]["mixed_audio against transcript"]
    assert pair["error_rate"] < 0.25
    if not own:  # the transcript says who speaks: its times are those of the sound
        speech = tables.read(outs[own] / "turns.csv", tables.TURNS).query("kind == 'speech'")
        first = min(start for _, start, _ in sounds[1])
        assert speech["start_s"].min() == pytest.approx(first, abs=0.3)
        assert not [words for words in report["warnings"] if "on another clock" in words]


def test_a_timeline_is_held_against_the_sound_too_and_a_chat_has_none(tmp_path, outs, sounds):
    _, one = built(folder_of(tmp_path, sounds, True, 0.0, timeline_late_s=-1.5), outs[True])
    found = one["clocks"]["timeline.json"]
    assert found["moved_by_s"] == pytest.approx(-1.5, abs=0.3)
    assert one["agreement"]["timeline against person_audio"]["error_rate"] < 0.25
    chat = one["clocks"]["chat.txt"]
    assert chat["lag_s"] is None
    assert "no sound to compare it with" in chat["why"]
    assert "the time in the folder's name" in chat["zero"]


def test_a_transcript_of_another_meeting_is_left_as_it_is_and_flagged(tmp_path, outs, sounds):
    report, one = built(folder_of(tmp_path, sounds, True, 0.0, backwards=True), outs[True])
    found = one["clocks"]["meeting.transcript.vtt"]
    assert not found["sure"]
    assert found["moved_by_s"] == 0
    assert found["why"] == "unsure"
    assert [words for words in report["warnings"] if "do not trust its timing" in words]


def test_without_sound_the_report_says_that_nothing_can_be_compared(tmp_path, sounds):
    folder = folder_of(tmp_path, sounds, False, 0.0)
    (folder / "audio1234567890.m4a").unlink()
    report, one = built(folder, tmp_path / "out")
    assert one["clocks"]["meeting.transcript.vtt"]["why"] == "no sound to compare it with"
    assert not [words for words in report["warnings"] if "what is heard" in words]


def test_a_short_recording_is_not_doubted_for_being_short(meetings):
    short = meetings[0][meetings[0]["end_s"] < meetings[0]["start_s"].min() + 50]
    short = moved(short, -short["start_s"].min())
    assert len(short) > cues.FEWEST_BEGINS
    told = cues.about(cues.lag(short, short), short, True)
    assert told["why"] == "too little is said in both to compare them"
    assert list(cues.doubted("a", told)) == []


def test_pieces_that_lie_before_the_recording_are_counted():
    rows = pd.DataFrame({"person_id": ["a"] * 3, "start_s": [1.0, 2.5, 9.0], "end_s": [2.0, 4.0, 9.5]})
    found = cues.CueLag(-3.0, 0.2, 1.0, 20.0, 8)
    told = cues.about(found, rows, True)
    assert told["left_out_before"] == 1
    assert cues.moved(rows, told["moved_by_s"])[["start_s", "end_s"]].to_numpy().tolist() == [[0, 1], [6, 6.5]]
    assert "1 pieces that then lie before the recording are left out" in next(cues.doubted("a", told))
