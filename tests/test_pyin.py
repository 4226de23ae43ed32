"""``mien.voice.pyin`` against ``librosa.pyin``: the same numbers, errors, warnings and signature."""

import inspect
import warnings

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien import media, store, voice
from mien.voice.pyin import TINY, _decode, _steps

RATE = 16000
HOW = {"fmin": 65, "fmax": 500, "sr": RATE, "frame_length": 1024, "hop_length": 160}
BINS = 9


def both(y, **how):
    """What librosa and mien say, with the pitch they would guess in unvoiced sound (the strictest comparison)."""
    how = {"fill_na": None} | how
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return librosa.pyin(y, **how), voice.pyin(y, **how)


def assert_same(y, **how):
    theirs, ours = both(y, **how)
    for name, their, our in zip(("f0", "voiced_flag", "voiced_probs"), theirs, ours, strict=True):
        tolerance = 1e-12 if name == "voiced_probs" else 0
        assert our.shape == their.shape
        assert our.dtype == their.dtype
        differ = np.argwhere(~np.isclose(their, our, rtol=0, atol=tolerance, equal_nan=True))
        assert not len(differ), f"{name} differs at {differ[:5].tolist()} of {their.shape}"


def refusal(track, y, **how):
    """The words of the error, or None."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            track(y, **how)
        except librosa.ParameterError as error:
            return str(error)
    return None


def glide(start_hz, end_hz, seconds=1.5, harmonics=8):
    """A voice-like glide, equal steps in semitones."""
    share = np.arange(round(seconds * RATE)) / (seconds * RATE)
    phase = 2 * np.pi * np.cumsum(start_hz * (end_hz / start_hz) ** share) / RATE
    return 0.1 * sum(np.sin(k * phase) / k for k in range(1, harmonics + 1))


def noise(seconds=1.0, name="pyin"):
    return 0.1 * store.rng(name).standard_normal(round(seconds * RATE))


SOUNDS = {
    "glide up": lambda: glide(80, 400),
    "glide down": lambda: glide(480, 70),
    "out of range": lambda: glide(500, 900),
    "glide in noise": lambda: glide(100, 200) + noise(1.5),
    "jump": lambda: np.concatenate([glide(100, 100, 0.5), glide(310, 300, 0.5)]),
    "voice between silences": lambda: np.concatenate([np.zeros(RATE), glide(120, 180), np.zeros(RATE)]),
    "noise": lambda: noise(2.0),
    "silence": lambda: np.zeros(RATE),
    "constant": lambda: np.full(RATE, 0.5),
    "one click": lambda: np.eye(1, RATE, 5000)[0],
    "shorter than a frame": lambda: glide(100, 100, 0.02),
}


@pytest.mark.parametrize("kind", ["float32", "float64"])
@pytest.mark.parametrize("name", SOUNDS)
def test_synthetic_sound_has_the_same_path(name, kind):
    assert_same(SOUNDS[name]().astype(kind), **HOW)


def test_the_glide_is_really_tracked():
    """Guards the comparisons above: an equal answer of nothing but unvoiced frames would prove little."""
    f0, voiced, probability = voice.pyin(glide(80, 400), **HOW)
    true = 80 * 5 ** (np.arange(len(f0)) * 160 / (1.5 * RATE))
    middle = slice(5, -5)
    assert voiced[middle].mean() > 0.9
    assert np.nanmax(np.abs(12 * np.log2(f0 / true)[middle])) < 0.3
    assert np.isnan(f0[~voiced]).all()
    assert probability.min() >= 0
    assert probability.max() <= 1


def test_librosas_defaults():
    y = np.concatenate([glide(100, 1500), noise(0.5)])
    assert_same(y, fmin=librosa.note_to_hz("C2"), fmax=librosa.note_to_hz("C7"))
    assert_same(y, fmin=65, fmax=2093, fill_na=np.nan, hop_length=256)
    assert_same(y, fmin=65, fmax=2093, fill_na=0.0, center=False)
    assert_same(y, fmin=65, fmax=2093, pad_mode="reflect")


def test_channels_are_tracked_one_by_one():
    y = np.stack([glide(100, 200), glide(300, 150), glide(90, 90) + noise(1.5)])
    assert_same(y, **HOW)
    assert_same(y.reshape(3, 1, -1).astype("float32"), **HOW)
    assert np.array_equal(voice.pyin(y, **HOW)[0][1], voice.pyin(y[1], **HOW)[0], equal_nan=True)


def test_real_clips(shared):
    ravdess = sorted((shared / "data" / "ravdess").glob("*/*.flac"))
    emodb = sorted((shared / "data" / "emodb" / "wav").glob("*.flac"))
    for path in [*ravdess[:: len(ravdess) // 6][:6], *emodb[:: len(emodb) // 6][:6]]:
        assert_same(media.sound(path).samples, **HOW)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10**6),
    st.floats(50, 150),
    st.floats(1.6, 8),
    st.sampled_from([80, 160, 256, 512]),
    st.sampled_from([1, 7, 50, 100]),
    st.tuples(st.floats(0.5, 5), st.floats(1, 30)),
    st.floats(0.1, 6),
    st.sampled_from([0.1, 0.23, 0.5]),
    st.floats(0, 60),
    st.sampled_from([0.0, 0.01, 0.3, 1.0]),
    st.sampled_from([0.0, 0.01, 0.9]),
)
def test_any_settings(seed, fmin, ratio, hop, n_thresholds, beta, boltzmann, resolution, rate, switch, no_trough):
    """Whatever the settings: the same numbers, or librosa's error."""
    y = glide(90, 300, 0.4) + noise(0.4, f"pyin {seed}") * (seed % 4)
    how = {
        "fmin": fmin,
        "fmax": fmin * ratio,
        "sr": RATE,
        "frame_length": 1024,
        "hop_length": hop,
        "n_thresholds": n_thresholds,
        "beta_parameters": beta,
        "boltzmann_parameter": boltzmann,
        "resolution": resolution,
        "max_transition_rate": rate,
        "switch_prob": switch,
        "no_trough_prob": no_trough,
    }
    refused = [refusal(track, y, **how) for track in (librosa.pyin, voice.pyin)]
    assert refused[0] == refused[1]
    if refused[0] is None:
        assert_same(y, **how)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.integers(0, BINS), st.sampled_from([0.125, 0.25, 0.5, 1e-300])), min_size=1, max_size=30
    ),
    st.sampled_from([1, 3, 4, 5, 9]),
    st.sampled_from([0.0, 0.01, 0.5, 1.0]),
)
def test_of_paths_that_tie_the_same_one_wins(frames, width, switch):
    """The search alone, on made-up candidates full of ties and of steps that nothing in the band allows."""
    frame = np.repeat(np.arange(len(frames)), [len(found) for found in frames])
    bins = np.array([at for found in frames for at in found], int)
    chance = np.array([value for found in frames for value in found.values()], float)
    dense = np.zeros((2 * BINS + 1, len(frames)))
    dense[bins, frame] = chance
    dense[BINS:] = (1 - np.clip(dense[:BINS].sum(axis=0), 0, 1)) / BINS
    local = librosa.sequence.transition_local(BINS, width, window="triangle", wrap=False)
    transition = np.kron(librosa.sequence.transition_loop(2, 1 - switch), local)
    start = np.full(2 * BINS, 1 / (2 * BINS))
    expected = librosa.sequence.viterbi(dense[:-1], transition, p_init=start)
    states, _ = _decode(frame, bins, chance, len(frames), BINS, _steps(BINS, width, switch))
    assert states.tolist() == expected.tolist()


def test_a_step_out_of_the_band_is_taken_where_there_is_no_other():
    """Every frame surely voiced, no change of pitch or voicing allowed: librosa leaps, at log(tiny), and so do we."""
    how = HOW | {"n_thresholds": 1, "max_transition_rate": 0, "switch_prob": 0, "boltzmann_parameter": 60}
    y = np.concatenate([glide(100, 100, 0.3), glide(300, 300, 0.3)])
    assert_same(y, **how)
    f0, voiced, _ = voice.pyin(y, **how)
    assert voiced.any()
    assert len(np.unique(f0[voiced])) > 1


def test_impossible_steps_cost_what_they_cost_in_librosa():
    steps = _steps(BINS, 3, 0.0)
    assert steps[1][np.isfinite(steps[1])] == pytest.approx(np.log(TINY))
    assert np.isneginf(steps[:, 0, 0]).all(), "there is no bin before the first"


@pytest.mark.parametrize(
    ("y", "change", "error"),
    [
        (np.zeros(4096), {"fmin": None}, r'both "fmin" and "fmax" must be provided'),
        (np.zeros(4096), {"fmax": 9000}, "cannot exceed Nyquist"),
        (np.zeros(4096), {"fmin": 500}, "must be less than fmax"),
        (np.zeros(4096), {"fmin": -1}, "strictly positive"),
        (np.zeros(4096), {"frame_length": 200}, "too small for frame_length"),
        (np.zeros(4096, int), {}, "must be floating-point"),
        ([0.0] * 4096, {}, "numpy.ndarray"),
        (np.full(4096, np.nan), {}, "not finite"),
        (np.zeros(100), {"center": False}, "too short"),
        (np.zeros(4096), {"hop_length": 0}, "hop_length"),
        (np.zeros(4096), {"switch_prob": 2}, r"range \[0, 1\]"),
        (np.zeros(4096), {"max_transition_rate": 1000}, "input size"),
        (np.zeros(4096), {"max_transition_rate": -50}, "width"),
        (glide(100, 100, 0.3), {"no_trough_prob": -0.9}, "Invalid probability values"),
        (glide(100, 100, 0.3), {"n_thresholds": 1, "no_trough_prob": 90, "beta_parameters": (18, 2)}, None),
    ],
)
def test_errors_are_librosas(y, change, error):
    how = HOW | change
    if error is None:
        assert_same(y, **how)
        return
    with pytest.raises(librosa.ParameterError, match=error) as theirs:
        librosa.pyin(y, **how)
    with pytest.raises(librosa.ParameterError, match=error) as ours:
        voice.pyin(y, **how)
    assert str(ours.value) == str(theirs.value)


@pytest.mark.parametrize(
    "change", [{"boltzmann_parameter": -1}, {"beta_parameters": (-1, 2)}, {"no_trough_prob": np.nan}]
)
def test_priors_that_are_none_are_refused(change):
    """Here librosa answers with NaN and calls it voiced."""
    with pytest.raises(librosa.ParameterError, match=r"boltzmann_parameter and both beta_parameters must be above 0"):
        voice.pyin(glide(100, 200, 0.3), **HOW | change)


def test_warnings_are_librosas():
    for track in (librosa.pyin, voice.pyin):
        with pytest.warns(FutureWarning, match="win_length parameter has been deprecated"):
            track(np.zeros(4096), win_length=512, **HOW)
        with pytest.warns(UserWarning, match="less than two periods"):
            track(np.zeros(4096), **HOW | {"frame_length": 400})


def test_the_signature_is_librosas():
    def bare(track):
        return [(p.name, p.kind, str(p.default)[:9]) for p in inspect.signature(track).parameters.values()]

    assert bare(voice.pyin) == bare(librosa.pyin)
