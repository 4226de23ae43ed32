"""One row per person per window, on one clock, in one group, and with a reason for everything that is missing."""

import numpy as np
import pandas as pd
import pytest

from mien import face, people, tables, turns, voice, windows


def frames_of(person, start_s, end_s, f0_hz=120.0):
    """A voice that is voiced from start to end, and silent elsewhere, over 30 s."""
    time = np.arange(0, 30, 0.01)
    voiced = (time >= start_s) & (time < end_s)
    rows = pd.DataFrame(dict.fromkeys(voice.COLUMNS, 1.0), index=range(len(time)))
    level = np.where(voiced, -20 + 3 * np.sin(2 * np.pi * 4 * time), -60)
    f0 = np.where(voiced, f0_hz, np.nan)
    return rows.assign(time_s=time, voiced=voiced, f0_hz=f0, level_db=level, person_id=person, recording_id="talk")


def talk(**changes):
    segments = pd.DataFrame(
        [("ada", 0.5, 4), ("ben", 4.2, 9), ("ada", 9.1, 16), ("ben", 15.8, 19), ("ada", 21, 29.5)],
        columns=["person_id", "start_s", "end_s"],
    )
    nobody, _ = people.assign(face.nothing(), [])
    given = {
        "recording_id": "talk",
        "duration_s": 30.0,
        "faces": nobody.assign(recording_id="talk"),
        "voice": pd.concat([frames_of("ada", 0.5, 29.5, 200.0), frames_of("ben", 4.2, 19)]),
        "turns": turns.table(segments, 30.0, recording_id="talk", source="person_audio"),
        "trust": {(who, what): 1.0 for who in ("ada", "ben") for what in ("voice", "turn")},
        "absent": {"face": "no_video"},
        "about": {"ada": {"label_mood": "calm"}, "ben": {"label_mood": "keen", "confound_role": "host"}},
    }
    return windows.Measured(**given | changes)


@pytest.fixture
def made():
    return windows.table([talk()], windows.WindowSettings(length_s=10, hop_s=10, calibration_s=10))


def test_one_row_per_person_per_window_on_one_clock(made):
    assert made[["person_id", "start_s", "end_s"]].to_numpy().tolist() == [
        [who, start, start + 10] for who in ("ada", "ben") for start in (0.0, 10.0, 20.0)
    ]
    assert set(made["group_id"]) == {"ada"}
    assert made["label_mood"].tolist() == ["calm"] * 3 + ["keen"] * 3


def test_signals_are_prefixes_and_trust_is_beside_them(made):
    assert windows.prefixes(made) == ["voice", "turn"]
    assert made["trust_face"].isna().all()
    assert (made["trust_voice"] == 1).all()


def test_what_is_known_of_people_and_of_the_recording_stands_in_every_window(made):
    assert made["confound_role"].fillna("").tolist() == [""] * 3 + ["host"] * 3
    assert not made["is_synthetic"].any()
    assert windows.table([talk(is_synthetic=True)], windows.WindowSettings())["is_synthetic"].all()


def test_trust_in_a_face_is_that_it_is_one_and_theirs():
    faces = pd.DataFrame({"time_s": [1.0, 2.0, 3.0, 11.0], "face_trust": [0.5, 1.0, 0.0, 1.0]})
    faces["people_trust"] = [0.5, np.nan, 1.0, 1.0]
    seen = talk(absent={})
    assert windows._face_trust(seen, faces, 0.0, 10.0) == pytest.approx(0.25 / 3)
    assert windows._face_trust(seen, faces, 20.0, 30.0) == 0
    assert np.isnan(windows._face_trust(talk(), faces, 0.0, 10.0))


def test_every_missing_value_has_a_reason(made):
    measures = [c for c in made.columns if c.startswith(("face_", "voice_", "turn_"))]
    unexplained = []
    for _, row in made.iterrows():
        reasons = dict(item.split(": ") for item in row["why"].split("; ") if item)
        missing = [c for c in measures if pd.isna(row[c])]
        unexplained += [c for c in missing if c not in reasons and c.split("_")[0] not in reasons]
        assert set(reasons.values()) <= set(tables.REASONS)
        assert reasons["face"] == "no_video"
    assert unexplained == []
    assert made[measures].isna().any(axis=None)


def test_the_norm_of_a_person_comes_from_the_calibration_span_only(made):
    assert made["is_calibration"].tolist() == [True, False, False] * 2
    raised = talk()
    raised.voice.loc[raised.voice["time_s"] >= 10, "f0_hz"] *= 2
    again = windows.table([raised], windows.WindowSettings(length_s=10, hop_s=10, calibration_s=10))
    assert again["voice_f0_st_mean"].iloc[:3].round(2).tolist() == [0.0, 12.0, 12.0]


def test_without_voice_in_the_calibration_span_relative_pitch_is_missing_with_that_reason():
    late = talk()
    late.voice.loc[late.voice["time_s"] < 10, ["f0_hz", "voiced"]] = [np.nan, False]
    again = windows.table([late], windows.WindowSettings(length_s=10, hop_s=10, calibration_s=10))
    assert again["voice_f0_st_mean"].isna().all()
    assert "voice: no_calibration" in again["why"].iloc[1]
    assert again["voice_f0_st27_mean"].iloc[1] == pytest.approx(12 * np.log2(200 / 27.5), abs=0.01)


def test_calibration_recordings_serve_the_persons_other_recordings():
    low = talk(recording_id="usual", about={"ada": {"is_calibration": True}, "ben": {"is_calibration": True}})
    high = talk(about={"ada": {"is_calibration": False}, "ben": {"is_calibration": False}})
    high.voice["f0_hz"] *= 2 ** (3 / 12)
    whole = windows.table([low, high], windows.WindowSettings(length_s=None))
    assert whole["is_calibration"].tolist() == [True, True, False, False]
    assert whole["voice_f0_st_mean"].round(2).tolist() == [0.0, 0.0, 3.0, 3.0]


def test_a_person_without_a_mark_is_calibrated_by_the_start_and_those_windows_are_not_judged():
    given = talk(about={"ada": {"is_calibration": False}, "ben": {"is_calibration": False}})
    made = windows.table([given], windows.WindowSettings(length_s=10, hop_s=10, calibration_s=10))
    assert made["is_calibration"].tolist() == [True, False, False] * 2


def test_on_a_shared_track_nobody_is_credited_with_speech():
    mixed = talk(shared_by="talk_mixed", trust={("talk_mixed", what): 0.0 for what in ("voice", "turn")})
    mixed.voice["person_id"] = "talk_mixed"
    mixed.turns["person_id"] = "talk_mixed"
    made = windows.table([mixed], windows.WindowSettings()).set_index("person_id")
    nothing = "face: no_video; voice: mixed_sound; turn: mixed_sound; text: no_transcript"
    assert (made.loc["ada", "why"] == nothing).all()
    assert made.loc["ada", "voice_speech_share"].isna().all()
    assert made.loc["talk_mixed", "voice_speech_share"].iloc[0] > 0.5


def test_alone_there_is_no_turn_taking():
    both = talk()
    own = {name: getattr(both, name).query("person_id == 'ada'") for name in ("voice", "turns")}
    made = windows.table([talk(**own, about={})], windows.WindowSettings())
    assert windows.prefixes(made) == ["voice"]
    assert made["why"].str.contains("turn: no_person_on_side").all()


def test_connected_recordings_are_one_group_and_others_are_not():
    rows = pd.DataFrame({"recording_id": list("112233"), "person_id": ["a", "b", "b", "c", "d", "e"]})
    assert windows.group_id(rows).tolist() == ["a", "a", "a", "a", "d", "d"]
    shuffled = rows.sample(frac=1, random_state=1)
    pd.testing.assert_series_equal(windows.group_id(shuffled).sort_index(), windows.group_id(rows))


def test_a_later_recording_is_the_same_windows(made):
    moved = talk(duration_s=40.0)
    moved.voice["time_s"] += 10
    moved.turns[["start_s", "end_s"]] += 10
    again = windows.table([moved], windows.WindowSettings(calibration_s=20))
    later = again[again["start_s"] >= 10].reset_index(drop=True)
    relative = ("st_", "level_db_mean")  # these follow the calibration span, which does not move along
    same = [c for c in made.columns if c.startswith(("voice_", "turn_")) and not any(w in c for w in relative)]
    pd.testing.assert_frame_equal(later[same], made[same], atol=1e-6)


@pytest.mark.parametrize(
    ("duration_s", "expected"),
    [(24.0, [(0, 10), (10, 20)]), (25.0, [(0, 10), (10, 20), (20, 25)]), (2.0, [(0, 2)])],
)
def test_a_short_rest_is_left_out_unless_it_is_all_there_is(duration_s, expected):
    assert windows.spans(duration_s, windows.WindowSettings()) == expected


def test_nothing_measured_is_an_empty_table():
    assert list(windows.table([], windows.WindowSettings()).columns) == [*tables.WINDOWS.names, "why"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"length_s": 0.01}, r"length_s is 0\.01 s; expected 0\.3 s or more: a voice needs that much speech"),
        ({"length_s": float("nan")}, r"length_s is nan s; expected"),
        ({"length_s": float("inf")}, r"length_s is inf s; expected .* or None for one window per recording"),
        (
            {"hop_s": 0.001},
            r"hop_s is 0\.001 s; expected 0\.1 s or more: faces are usually looked at ten times a second",
        ),
        ({"hop_s": -1.0}, r"hop_s is -1 s"),
        ({"calibration_s": 0.5}, r"calibration_s is 0\.5 s; expected 1 s or more: .*or 0 for no norms"),
        ({"shortest_share": 0.0}, r"shortest_share is 0\.0; expected more than 0"),
    ],
)
def test_settings_that_leave_nothing_to_measure_are_refused(settings, words):
    with pytest.raises(windows.WindowError, match=words):
        windows.WindowSettings(**settings)


def test_without_a_calibration_span_there_are_no_norms_and_all_windows_are_judged():
    made = windows.table([talk()], windows.WindowSettings(calibration_s=0))
    assert not made["is_calibration"].any()
    assert made["voice_f0_st_mean"].isna().all()
    assert made["why"].iloc[:3].str.contains("no_calibration").all()
