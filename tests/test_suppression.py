"""The suppressor of noise: its gain by quadrature, its noise by what was put in, its dose by what comes out."""

import numpy as np
import pytest
from scipy import integrate, special

from mien import edits, media, store
from mien.edits import sound, suppression

RATE_HZ = 16000


def hiss(seconds=4.0, name="hiss"):
    return store.rng(f"test suppression {name}").normal(0, 0.05, round(seconds * RATE_HZ))


def talk(seconds=4.0):
    """SYNTHETIC: a voice-like buzz of 150 Hz in syllables of 0.2 s, with pauses, and silence before and after."""
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    buzz = sum(np.sin(2 * np.pi * 150 * k * time) / k for k in range(1, 20))
    on = (time % 0.35 < 0.2) & (time > 0.5) & (time < seconds - 0.5)
    return 0.2 * buzz * np.convolve(on, np.hanning(320) / np.hanning(320).sum(), "same")


def db(samples):
    return 10 * np.log10(np.mean(np.asarray(samples) ** 2))


@pytest.mark.parametrize("ratio", [0.05, 0.5, 3.0, 20.0])
@pytest.mark.parametrize("above", [0.1, 1.0, 4.0])
def test_the_gain_is_the_mean_amplitude_given_what_was_heard(ratio, above):
    """Ephraim & Malah 1984: speech and noise Gaussian; E[A | R] by quadrature, noise of power 1, speech ``ratio``."""
    heard = np.sqrt(above)
    lead = ratio / (1 + ratio) * heard  # where the density is large: keeps exp and Bessel in range

    def weight(a):
        return a * np.exp(-(a**2) * (1 + 1 / ratio) + 2 * heard * (a - lead)) * special.i0e(2 * a * heard)

    total, _ = integrate.quad(weight, 0, lead + 12)
    first, _ = integrate.quad(lambda a: a * weight(a), 0, lead + 12)
    assert suppression.amplitude_gain(ratio, above) == pytest.approx(first / total / heard, rel=1e-6)


@pytest.mark.parametrize(("at_most_db", "least_db"), [(6.0, 5.5), (12.0, 10.5), (20.0, 12.5)])
def test_noise_alone_goes_down_by_nearly_the_dose_and_nothing_by_more(at_most_db, least_db):
    """The noise that stands out of itself by chance is let through in part: of 20 dB about 14 are reached."""
    noise = hiss()
    heard = edits.noise_suppression(noise, RATE_HZ, at_most_db)
    settled = slice(RATE_HZ, -RATE_HZ)
    assert -at_most_db - 0.1 <= db(heard[settled]) - db(noise[settled]) <= -least_db


def test_speech_stays_and_the_noise_around_it_goes():
    clean = talk()
    noisy = edits.noise(clean, RATE_HZ, 10, "pink", "test suppression")
    heard = edits.noise_suppression(noisy, RATE_HZ, 20)
    active = sound.is_active(clean, RATE_HZ)
    before, after = (db(clean[active]) - db((signal - clean)[active]) for signal in (noisy, heard))
    assert after > before + 3
    assert db(heard[active]) == pytest.approx(db(clean[active]), abs=1.5)
    assert db(heard[: RATE_HZ // 3]) < db(noisy[: RATE_HZ // 3]) - 6


def test_a_stronger_suppressor_takes_more_out():
    noisy = edits.noise(talk(), RATE_HZ, 10, "pink", "test suppression")
    left = [db(edits.noise_suppression(noisy, RATE_HZ, dose)[: RATE_HZ // 3]) for dose in (0, 6, 12, 20)]
    assert np.all(np.diff(left) < [-4, -2, -0.3])


def test_the_power_of_a_steady_noise_is_found_and_a_louder_one_followed():
    chance = store.rng("test noise power")
    steady = np.concatenate([chance.exponential(1.0, (257, 200)), chance.exponential(4.0, (257, 300))], axis=1)
    found = suppression.noise_power(steady)
    assert 10 * np.log10(found[:, 50:200].mean()) == pytest.approx(0, abs=1.5)
    assert 10 * np.log10(found[:, 400:].mean() / 4) == pytest.approx(0, abs=1.5)


def test_a_noise_that_suddenly_is_a_thousand_times_as_strong_is_noise_in_the_end():
    power = np.concatenate([np.ones((257, 50)), np.full((257, 400), 1000.0)], axis=1)
    found = suppression.noise_power(power)
    assert found[:, 60].max() < 2
    assert found[:, -1].min() > 900


def test_what_is_noise_for_long_is_turned_down_so_far_and_no_further():
    """Cappé 1994: a floor under the expected ratio, else single tones are left standing in silence."""
    found = suppression.gains(np.ones((3, 200)))
    assert found[:, -1] == pytest.approx(suppression.amplitude_gain(suppression.LEAST_RATIO, 1.0))


def test_speech_is_not_taken_for_noise():
    chance = store.rng("test noise power")
    power = chance.exponential(1.0, (257, 200))
    power[:, 100:130] *= 300
    assert 10 * np.log10(suppression.noise_power(power)[:, 100:130].mean()) < 3


def test_no_dose_silence_and_a_click_stay_as_they_are():
    noisy = hiss(0.5)
    given = noisy.copy()
    assert edits.noise_suppression(noisy, RATE_HZ, 0) == pytest.approx(given)
    edits.noise_suppression(noisy, RATE_HZ, 20)
    assert noisy == pytest.approx(given)
    assert edits.noise_suppression(np.zeros(RATE_HZ), RATE_HZ, 12) == pytest.approx(np.zeros(RATE_HZ))
    assert len(edits.noise_suppression(hiss(0.01), RATE_HZ, 12)) == 160
    after_silence = np.concatenate([np.zeros(RATE_HZ), talk(2.0)])
    assert np.isfinite(edits.noise_suppression(after_silence, RATE_HZ, 12)).all()


@pytest.mark.parametrize("rate_hz", [8000, 16000, 44100, 48000])
@pytest.mark.parametrize("count", [4001, 20000])
def test_any_rate_and_length_keeps_its_length_and_its_time(rate_hz, count):
    samples = np.zeros(count)
    samples[count // 2] = 1.0
    heard = edits.noise_suppression(samples + 1e-4 * store.rng("test").normal(size=count), rate_hz, 12)
    assert len(heard) == count
    assert np.argmax(np.abs(heard)) == count // 2


def test_less_than_nothing_is_refused():
    with pytest.raises(edits.EditError, match="at most -3 dB; expected 0 or more"):
        edits.noise_suppression(hiss(0.5), RATE_HZ, -3)


def test_a_spectral_gate_of_others_does_the_same_to_real_speech(shared):
    """noisereduce (Sainburg 2020) on a real clip with a fan: both take noise out of the pauses and leave the speech."""
    gate = pytest.importorskip("noisereduce", reason="optional: pip install 'mien[oracles]'")
    path = sorted((shared / "data" / "ravdess").rglob("*.flac"))[0]
    clean = media.sound(path).samples.astype(float)
    noisy = edits.noise(clean, RATE_HZ, 10, "pink", "gate")
    ours = edits.noise_suppression(noisy, RATE_HZ, 20)
    active = sound.is_active(clean, RATE_HZ)
    theirs = gate.reduce_noise(noisy, RATE_HZ, stationary=True, y_noise=noisy[~active], prop_decrease=0.9, n_fft=512)
    for heard in (ours, theirs):
        assert db(heard[active]) - db(noisy[active]) > -3
        assert np.median(np.abs(heard[~active])) < 0.6 * np.median(np.abs(noisy[~active]))
    alike = np.corrcoef(np.abs(ours), np.abs(theirs))[0, 1]
    assert alike > 0.8
