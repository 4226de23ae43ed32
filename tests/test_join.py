"""A recording cut in time: what its pieces say is put together as if it had not been cut."""

import numpy as np
import pandas as pd
import pytest

from mien import face
from mien.face.join import meeting

RNG = np.random.default_rng(5)
LOOKS = [RNG.integers(0, 255, (36, 64), dtype=np.uint8) for _ in range(4)]


def rows(track_id, start_s, end_s, x=100.0, end="end of recording", searches=1, rate_hz=10):
    """One track: a box at ``x`` that does not move, confirmed twice a second from ``searches`` on."""
    time_s = np.round(np.arange(round(start_s * rate_hz), round(end_s * rate_hz)) / rate_hz, 6)
    table = {"time_s": time_s, "track_id": track_id, "box_x_px": x, "box_y_px": 50.0, "box_w_px": 80.0}
    table |= {"box_h_px": 80.0, "searches": searches + np.floor(2 * (time_s - start_s)), "track_end": end}
    return pd.DataFrame(table | {"take": 0, "scene": 0, "bs_jawOpen": np.float32(track_id)})


def piece(start_s, end_s, *tracks, cuts=(), takes=None, layout=(), warm_s=2.0, cool_s=1.5, **told):
    """What the frames of start_s − warm_s to end_s + cool_s gave."""
    times = np.arange(round((start_s - warm_s) * 10) if start_s else 0, round((min(end_s, 30) + cool_s) * 10)) / 10
    told |= {"frame_times_s": times.tolist(), "cuts_s": list(cuts), "layout": list(layout), "warnings": []}
    told["takes"] = takes or [(LOOKS[0], LOOKS[0])]
    return face.Piece(start_s, end_s, pd.concat(tracks, ignore_index=True), told)


def joined(*pieces):
    join = face.Join(face.FaceSettings())
    table = pd.concat([join.rows(one) for one in pieces], ignore_index=True)
    told = join.close()
    return table.assign(track_end=table["track_id"].map(join.ends)), told


def test_a_face_that_stays_is_one_track():
    first = piece(0, 10, rows(0, 0, 11.5))
    second = piece(10, np.inf, rows(0, 8, 20, x=102.0))
    table, told = joined(first, second)
    assert table["time_s"].tolist() == pytest.approx([k / 10 for k in range(200)])
    assert set(table["track_id"]) == {0}
    assert set(table["track_end"]) == {"end of recording"}
    assert told["frame_times_s"] == pytest.approx([k / 10 for k in range(315)])
    assert told["tracks"] == 1
    assert np.diff(table["searches"]).min() == 0  # never counted back
    assert table["searches"].max() == 1 + 39  # twice a second for 20 s, as uncut


def test_tracks_are_told_apart_by_their_boxes_whatever_their_numbers():
    first = piece(0, 10, rows(0, 0, 11.5, x=100), rows(1, 3, 11.5, x=400))
    second = piece(10, np.inf, rows(0, 8, 20, x=401), rows(1, 8, 20, x=99), rows(2, 12, 20, x=700))
    table, told = joined(first, second)
    place = table.groupby("track_id")["box_x_px"].agg(["min", "max"]).to_numpy().tolist()
    assert place == [[99, 100], [400, 401], [700, 700]]
    assert told["tracks"] == 3


def test_a_face_that_goes_at_the_seam_is_lost_and_one_that_went_in_the_warm_up_keeps_its_reason():
    first = piece(
        0, 10, rows(0, 0, 11.5, x=100), rows(1, 0, 9.2, x=400, end="cut"), rows(2, 0, 10.4, x=600, end="lost")
    )
    second = piece(10, np.inf, rows(0, 8, 9.2, x=400, end="cut"), rows(1, 8, 10.4, x=600, end="lost"))
    table, told = joined(first, second)
    ends = table.groupby("track_id")["track_end"].first().to_dict()
    assert ends == {0: "lost", 1: "cut", 2: "lost"}
    assert table[table["track_id"] == 2]["time_s"].max() == pytest.approx(10.3)
    assert told["tracks_ended"] == {"lost": 2, "cut": 1}


@pytest.mark.parametrize("moment_s", [9.7, 10.2])
def test_a_change_of_face_close_to_the_seam_is_kept(moment_s):
    """Another face takes the place: both pieces see it, since both go on for longer than a doubt lasts."""
    first = piece(0, 10, rows(0, 0, moment_s, end="changed"), rows(1, moment_s, 11.5))
    second = piece(10, np.inf, rows(0, 8, moment_s, end="changed"), rows(1, moment_s, 20))
    table, told = joined(first, second)
    assert table.groupby("track_id")["time_s"].min().tolist() == pytest.approx([0, moment_s])
    assert table.groupby("track_id")["track_end"].first().tolist() == ["changed", "end of recording"]
    assert told["tracks_ended"] == {"changed": 1, "end of recording": 1}


def test_takes_and_scenes_are_counted_on_and_a_scene_returns_across_the_seam():
    first = piece(0, 10, rows(0, 0, 11.5), cuts=[4.0, 10.5], takes=[(LOOKS[0],) * 2, (LOOKS[1],) * 2, (LOOKS[2],) * 2])
    second = piece(
        10, np.inf, rows(0, 8, 20), cuts=[10.5, 15.0], takes=[(LOOKS[1],) * 2, (LOOKS[2],) * 2, (LOOKS[0],) * 2]
    )
    table, told = joined(first, second)
    assert told["cuts_s"] == [4.0, 10.5, 15.0]
    at = table.set_index(table["time_s"].round(1))
    assert [at.loc[t, "take"] for t in (3.9, 4.0, 10.4, 10.5, 15.0)] == [0, 1, 1, 2, 3]
    assert [at.loc[t, "scene"] for t in (3.9, 4.0, 10.4, 10.5, 15.0)] == [0, 1, 1, 2, 0]


def test_events_and_counts_are_told_once():
    layout = [{"time_s": t, "event": "came", "track_id": 1, "box_px": []} for t in (9.0, 11.0)]
    first = piece(0, 10, rows(0, 0, 11.5), rows(1, 9, 11.5, x=400), layout=layout, searches=5)
    second = piece(10, np.inf, rows(0, 8, 20, x=400), rows(1, 8, 20), layout=layout, searches=7, picture_end_s=20.0)
    _, told = joined(first, second)
    assert [(event["time_s"], event["track_id"]) for event in told["layout"]] == [(9.0, 1), (11.0, 0)]
    assert (told["searches"], told["picture_end_s"]) == (12, 20.0)


def test_boxes_must_lie_on_each_other():
    near = piece(0, 10, rows(0, 0, 11.5, x=100)), piece(10, np.inf, rows(0, 8, 20, x=125))
    apart = piece(0, 10, rows(0, 0, 11.5, x=100)), piece(10, np.inf, rows(0, 8, 20, x=140))
    assert meeting(*near) == {0: 0}
    assert meeting(*apart) == {}


def test_one_face_is_continued_by_one_only_and_by_who_is_there_at_the_seam():
    first = piece(0, 10, rows(0, 0, 11.5, x=100))
    twice = piece(10, np.inf, rows(0, 8, 20, x=110), rows(1, 8, 20, x=101))
    assert meeting(first, twice) == {1: 0}
    changed = piece(0, 10, rows(0, 0, 9.8, end="changed"), rows(1, 9.8, 11.5))
    assert meeting(changed, piece(10, np.inf, rows(0, 8, 20))) == {0: 1}


def test_pieces_without_a_face_or_a_frame():
    nobody = piece(0, 10, face.nothing().assign(bs_jawOpen=0.0))
    empty = face.Piece(20, np.inf, face.nothing(), {"frame_times_s": [], "cuts_s": [], "takes": []})
    table, told = joined(nobody, piece(10, 20, rows(0, 8, 21.5)), empty)
    assert set(table["track_id"]) == {0}
    assert table["time_s"].min() == pytest.approx(10.0)
    assert told["tracks_ended"] == {"lost": 1}


def test_warnings_are_said_once_how_a_picture_is_turned_is_kept_and_looks_are_of_the_own_time():
    looks = pd.DataFrame({"time_s": [8.0, 9.0, 10.5], "track_id": [0, 7, 1], "look_0": [1.0, 2.0, 3.0]})
    join, albums = face.Join(face.FaceSettings()), []
    for one in (piece(0, 10, rows(0, 0, 11.5, x=400)), piece(10, np.inf, rows(0, 8, 20), rows(1, 8, 20, x=400))):
        one.told.update(looks=looks, warnings=["dark"], rotation=90)
        join.rows(one)
        albums.append(join.album(one)[["time_s", "track_id"]].to_numpy().tolist())
    assert albums == [[[8.0, 0]], [[10.5, 0]]]
    told = join.close()
    assert (told["warnings"], told["rotation"]) == (["dark"], 90)
    assert "takes" not in told
