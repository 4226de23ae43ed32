"""Coupling: found where it was planted, at its lag; and nowhere else more often than chance."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.signal import lfilter

from mien import coupling, store, tables

RATE_HZ = coupling.CouplingSettings().rate_hz


def wander(rng, seconds, memory_s=2.0):
    """A signal that forgets itself within seconds, like a face in conversation; one value per grid step."""
    keep = np.exp(-1 / (RATE_HZ * memory_s))
    return lfilter([1], [1, -keep], rng.normal(size=int(seconds * RATE_HZ) + 200))[200:]


def faces_of(recording, person, smile, head=None, at_hz=10.0):
    """Rows of one person whose smile (and yaw) follow a signal."""
    seconds = len(smile) / RATE_HZ
    time_s = np.arange(round(seconds * at_hz)) / at_hz
    grid = (np.arange(len(smile)) + 0.5) / RATE_HZ
    shown = np.interp(time_s + 0.5 / at_hz, grid, smile)
    yaw = np.zeros(len(time_s)) if head is None else np.interp(time_s + 0.5 / at_hz, grid, head)
    rows = {"recording_id": recording, "person_id": person, "time_s": time_s, "face_trust": 1.0, "yaw_deg": yaw}
    rows |= {"pitch_deg": 0.0, "roll_deg": 0.0, "pixel_motion": 1.0, "pixel_noise": 0.5}
    return pd.DataFrame(rows | {"bs_mouthSmileLeft": shown, "bs_mouthSmileRight": shown})


NO_VOICE = tables.VOICE.empty()
NO_TURNS = tables.TURNS.empty()


def pairs(faces, voice=NO_VOICE, turns=NO_TURNS, **more):
    found = coupling.table(faces, voice, turns, coupling.CouplingSettings(**more))
    tables.COUPLING.check(found)
    return found.set_index("signal")


@pytest.fixture(scope="module")
def planted():
    """Ben smiles as Ada does 1.25 s later, half of it his own; four other pairs never met anybody here."""
    rng = store.rng("planted coupling")
    ada = wander(rng, 240)
    ben = np.roll(ada, round(1.25 * RATE_HZ)) + wander(rng, 240)
    parts = [faces_of("r0", "ada", ada), faces_of("r0", "ben", ben)]
    for k in range(1, 6):
        parts += [faces_of(f"r{k}", f"{who}{k}", wander(rng, 240)) for who in ("cem", "dee")]
    return pd.concat(parts, ignore_index=True)


def test_a_planted_coupling_is_found_at_its_lag(planted):
    smile = pairs(planted[planted["recording_id"] == "r0"]).loc["smile"]
    assert smile["lag_s"] == pytest.approx(1.25)
    assert 0.4 < smile["mean_r"] < 0.9
    for null in ("shift", "shuffle"):
        assert smile[f"mean_p_{null}"] <= 0.05
        assert smile[f"mean_effect_{null}"] > 3
    assert smile["n_pseudo"] == 0
    assert smile["why"] == "pseudo: few_partners"


def test_who_follows_is_in_the_sign_of_the_lag_and_time_from_the_start_does_not_matter(planted):
    here = planted[planted["recording_id"] == "r0"]
    swapped = here.assign(person_id=here["person_id"].map({"ada": "zoe", "ben": "ben"}))
    assert pairs(swapped).loc["smile", "lag_s"] == pytest.approx(-1.25)
    later = here.assign(time_s=here["time_s"] + 20)
    assert pairs(later).loc["smile", "mean_r"] == pytest.approx(pairs(here).loc["smile", "mean_r"], abs=0.03)


def test_pairs_who_never_met_are_the_third_null(planted):
    smile = coupling.table(planted, NO_VOICE, NO_TURNS).query("signal == 'smile'").set_index("recording_id")
    assert (smile["n_pseudo"] == 20).all()
    assert smile.loc["r0", "mean_p_pseudo"] == pytest.approx(1 / 21)
    assert smile.loc["r0", "mean_effect_pseudo"] > 3
    others = smile.drop("r0")[["mean_p_shift", "mean_p_shuffle", "mean_p_pseudo"]]
    assert others.to_numpy().mean() > 0.25


def test_a_partner_has_the_role_of_whom_they_replace(planted):
    roles = {("r0", "ada"): "host", ("r0", "ben"): "guest"}
    roles |= {(f"r{k}", f"{who}{k}"): role for k in range(1, 6) for who, role in (("cem", "host"), ("dee", "guest"))}
    few = coupling.table(planted, NO_VOICE, NO_TURNS, coupling.CouplingSettings(nulls_min=5), roles)
    assert (few.query("signal == 'smile'")["n_pseudo"] == 10).all()


def test_a_barren_world_gives_any_p_as_often_as_any_other():
    """Two hundred pairs who share nothing, three minutes each."""
    settings, p = coupling.CouplingSettings(n_nulls=59), []
    for world in range(200):
        rng = store.rng(f"barren coupling {world}")
        x, y = (np.tile(wander(rng, 180)[:, None], 4) for _ in range(2))
        everyone = {("r", "a"): x, ("r", "b"): y}
        found, _ = coupling._pair(everyone, ("r", "a"), ("r", "b"), "smile", settings, {})
        p.append([found[f"{figure}_p_{null}"] for figure in ("mean", "peak") for null in ("shift", "shuffle")])
    for values in np.array(p).T:
        assert np.mean(values <= 0.05) < 0.095  # 200 worlds: three standard errors above .05
        assert 0.43 < values.mean() < 0.57
        assert stats.kstest(values, "uniform").statistic < 0.13


def test_shuffled_windows_lie_in_one_segment_and_segments_stay_whole():
    settings = coupling.CouplingSettings(n_nulls=30)
    kept, orders = coupling.shuffled(60, settings, store.rng("segments"))
    starts_s = kept * settings.step_s
    assert ((starts_s // settings.segment_s) == ((starts_s + settings.window_s - 1e-6) // settings.segment_s)).all()
    for order in orders:
        assert sorted(order) == sorted(kept)
        assert (np.diff(order.reshape(-1, 5), axis=1) == 1).all()
    assert len(np.unique(orders, axis=0)) > 25


def test_the_shortest_recording_and_one_second_less():
    rng = store.rng("short coupling")
    two = pd.concat([faces_of("r", who, wander(rng, coupling.shortest_s())) for who in "ab"])
    assert pairs(two).loc["smile", "n_shift"] == 19
    assert "short_recording" not in pairs(two).loc["smile", "why"]
    less = two[two["time_s"] < coupling.shortest_s() - 3]
    assert "shift: short_recording" in pairs(less).loc["smile", "why"]
    assert np.isnan(pairs(less).loc["smile", "mean_p_shift"])
    none = pairs(two[two["time_s"] < 30])
    assert none.loc["smile", "why"] == "mean_r: short_recording"
    assert none["mean_r"].isna().all()


def test_what_is_missing_has_a_reason():
    rng = store.rng("missing coupling")
    two = pd.concat([faces_of("r", who, wander(rng, 180)) for who in "ab"], ignore_index=True)
    found = pairs(two)
    assert found.loc["head_motion", "why"] == "mean_r: constant"
    assert found.loc["voice_level", "why"] == "mean_r: no_audio; bleed_r: no_audio"
    assert pairs(two.assign(face_trust=two["face_trust"].where(two["person_id"] == "a", 0.0))).loc["smile", "why"] == (
        "mean_r: no_face"
    )
    half = two[(two["person_id"] == "a") | (two["time_s"] % 10 < 5)]
    assert pairs(half).loc["smile", "why"] == "mean_r: little_face"
    assert coupling.table(two[two["person_id"] == "a"], NO_VOICE, NO_TURNS).columns.tolist() == tables.COUPLING.names


def test_a_perfect_copy_and_its_opposite():
    rng = store.rng("copied coupling")
    x = wander(rng, 120)
    z, lags_s = coupling.correlations(x, x)
    mean, lag_s, peak = coupling.figures(z, lags_s)
    assert (np.tanh(mean), lag_s, np.tanh(peak)) == (pytest.approx(0.999), 0.0, pytest.approx(0.999))
    assert np.tanh(coupling.figures(*coupling.correlations(x, -3 * x + 2))[0]) == pytest.approx(-0.999)
    assert np.isnan(coupling.figures(*coupling.correlations(x[:20], x[:20]))).all()


def test_a_window_that_is_not_whole_at_every_lag_counts_for_nothing():
    z = np.array([[0.1, -0.4, 0.2], [np.nan, 0.9, 0.9], [0.3, -0.2, 0.0]])
    assert coupling.figures(z, np.array([-1.0, 0.0, 1.0])) == pytest.approx((-0.3, 0.0, 0.35))


def test_what_is_told_is_r_and_not_fishers_z(planted):
    copy = planted[planted["person_id"] == "ada"]
    smile = pairs(pd.concat([copy, copy.assign(person_id="eve")])).loc["smile"]
    assert (smile["mean_r"], smile["peak_r"]) == pytest.approx((0.999, 0.999))


def test_effect_and_p_are_of_all_that_the_null_gave():
    values = np.array([[2.0, 1.0], [1.0, 3.0], [0.0, 2.0]])
    found = coupling._excess(np.array([2.0, 1.5]), values, "shift")
    spread = np.sqrt(2 / 3)
    assert found["mean_p_shift"] == pytest.approx(2 / 4)  # one of three is as large
    assert found["peak_p_shift"] == pytest.approx(3 / 4)
    assert (found["mean_effect_shift"], found["peak_effect_shift"]) == pytest.approx((1 / spread, -0.5 / spread))


def test_of_many_shifts_so_many_are_drawn_from_end_to_end():
    settings = coupling.CouplingSettings()
    shifts = coupling.shifted(400, settings)[:, 0]
    assert len(shifts) == settings.n_nulls == 99
    assert (shifts[0], shifts[-1]) == (12, 388)
    assert coupling.shifted(30, settings)[:, 0].tolist() == list(range(12, 19))


def test_nobody_stands_in_for_themselves():
    signals = np.tile(wander(store.rng("stand in"), 120)[:, None], 4)
    keys = [("r", "a"), ("r", "b"), ("s", "a"), ("s", "c")]
    everyone = dict.fromkeys(keys, signals)
    found = list(coupling._with_others(everyone, *keys[:2], 0, coupling.CouplingSettings(), {}))
    assert len(found) == 2  # c for b, and c for a


def test_signals_are_what_they_are_called_in_their_units():
    """The mouth's two sides, grey levels beyond noise, degrees a second of all three angles, decibels."""
    time_s = np.arange(0, 4, 0.1)
    face = faces_of("r", "a", np.zeros(16)).assign(bs_mouthSmileLeft=0.2, bs_mouthSmileRight=0.6)
    face = face.assign(yaw_deg=1 * time_s, pitch_deg=2 * time_s, roll_deg=-2 * time_s)
    face["pixel_motion"] = np.where(time_s < 2, 2.0, 0.2)
    sound = pd.DataFrame({"time_s": np.arange(0, 4, 0.01), "level_db": np.repeat([-30.0, -50.0, np.nan, np.nan], 100)})
    found = coupling.signals_of(face, sound)
    assert found[:, 0] == pytest.approx([0.4] * 16)
    assert found[:, 1] == pytest.approx([1.5] * 8 + [0.0] * 8)
    assert found[1:, 2] == pytest.approx([3.0] * 15)
    assert found[:, 3] == pytest.approx([-30.0] * 4 + [-50.0] * 12)


def test_on_the_grid_short_gaps_are_bridged_and_long_ones_stay_open():
    settings = coupling.CouplingSettings()
    time_s = np.r_[np.arange(0, 2, 0.1), np.arange(2.4, 4, 0.1), np.arange(6, 7, 0.1)]
    found = coupling.on_grid(time_s, time_s[:, None], settings)[:, 0]
    assert len(found) == 28
    assert np.isfinite(found[:16]).all()
    assert np.isnan(found[16:24]).all()
    assert found[3] == pytest.approx(0.85)
    assert found[8] == pytest.approx(2.1, abs=0.2)


@pytest.mark.parametrize("at_hz", [10.0, 25.0])
def test_the_frame_rate_does_not_matter(at_hz):
    rng = store.rng("rates of coupling")
    smile = wander(rng, 120)
    rows = faces_of("r", "a", smile, at_hz=at_hz)
    grid = coupling._face_signals(rows, coupling.CouplingSettings())[:, 0]
    assert np.corrcoef(grid, smile)[0, 1] > 0.98


# ---- one room, two microphones --------------------------------------------------------------------------------------


def heard(bleeds):
    """Forty seconds in which a talks for the first twenty and b then; b's microphone hears a by ``bleeds``."""
    rng = store.rng("bleed")
    time_s = np.arange(0, 40, 0.01)
    talk = {who: 10 * np.abs(lfilter([0.05], [1, -0.95], rng.normal(size=4000))) for who in "ab"}
    own = {"a": np.where(time_s < 20, talk["a"], 0), "b": np.where(time_s >= 20, talk["b"], 0)}
    levels = {"a": own["a"], "b": own["b"] + bleeds * np.roll(own["a"], 5)}
    rows = [
        pd.DataFrame(
            {"recording_id": "r", "person_id": who, "time_s": time_s, "level_db": level + rng.normal(0, 0.3, 4000)}
        )
        for who, level in levels.items()
    ]
    turns = [("r", "a", 0.0, 20.0, "speech", "person_audio"), ("r", "b", 20.0, 40.0, "speech", "person_audio")]
    return pd.concat(rows, ignore_index=True), pd.DataFrame(turns, columns=tables.TURNS.names)


def test_a_microphone_that_hears_the_other_is_told_from_one_that_does_not():
    apart, why = coupling.bleed(*heard(0.0), "a", "b")
    assert (why, apart) == ("", pytest.approx(0, abs=0.2))
    assert coupling.bleed(*heard(0.5), "a", "b")[0] > 0.7
    assert coupling.bleed(*heard(0.5), "b", "a")[0] > 0.7
    voice, turns = heard(0.5)
    both = turns.assign(start_s=[0.0, 3.0])  # b is said to talk nearly all the time, too: nothing can be told from that
    assert coupling.bleed(voice, both, "a", "b")[0] < 0.3
    short = turns.assign(end_s=turns["start_s"] + 2)
    assert coupling.bleed(voice, short, "a", "b")[1] == "little_speech"


def test_settings_scale_the_shortest_recording():
    assert coupling.shortest_s(replace(coupling.CouplingSettings(), shift_min_s=60.0)) > coupling.shortest_s() + 50
