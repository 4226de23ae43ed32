"""Classifiers by name: they pick their own columns, keep all inside the fold, and refuse what they don't know."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from mien import models


def columns(n=120, seed=0):
    """Signals of two kinds, with gaps, a constant and an empty column; the label is in voice_a and face_a."""
    draw = np.random.default_rng(seed)
    y = np.arange(n) % 3
    frame = pd.DataFrame(
        {
            "voice_a": y + draw.normal(size=n),
            "voice_b": np.where(draw.random(n) < 0.3, np.nan, draw.normal(size=n)),
            "voice_constant": 0.1,
            "voice_empty": np.nan,
            "face_a": (y == 1) + draw.normal(size=n),
            "faceless": y,  # begins with "face" but not with the prefix "face_"
            "trust_voice_a": y,  # holds "voice_" but does not begin with it
            "label_emotion": y,
        }
    )
    return frame, y


@pytest.mark.parametrize("name", [name for name in models.NAMES if not models.rates(name)])
def test_every_model_gives_probabilities_that_add_up_to_one(name):
    frame, y = columns()
    model = models.make(name, ["voice", "face"])
    more = {"groups": np.arange(90) // 3} if getattr(model, "holds_people_out", False) else {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        told = model.fit(frame[:90], y[:90], **more).predict_proba(frame[90:])
    assert told.shape == (30, 3)
    assert np.allclose(told.sum(axis=1), 1)
    assert np.isfinite(told).all()


@pytest.mark.parametrize("name", ["logistic", "forest", "late_fusion"])
def test_a_model_sees_the_columns_of_its_signals_and_no_others(name):
    frame, y = columns()
    model = models.make(name, ["voice_"]).fit(frame, y)
    blinded = frame.assign(face_a=0.0, faceless=0, trust_voice_a=0, label_emotion=0)
    assert np.array_equal(model.predict_proba(frame), model.predict_proba(blinded))
    assert not np.array_equal(model.predict_proba(frame), model.predict_proba(frame.assign(voice_a=0.0)))


def test_constant_and_empty_columns_carry_no_weight_even_when_they_differ_later():
    frame, y = columns()
    model = models.make("logistic", ["voice"]).fit(frame, y)
    later = frame.assign(voice_constant=7.0, voice_empty=7.0)
    assert np.allclose(model.predict_proba(frame), model.predict_proba(later), atol=1e-12)
    useful = frame.drop(columns=["voice_constant", "voice_empty"])
    alone = models.make("logistic", ["voice"]).fit(useful, y)
    assert np.allclose(alone.predict_proba(useful), model.predict_proba(frame), atol=1e-6)


def test_a_missing_value_is_flagged_so_that_missingness_can_speak():
    frame, y = columns()
    frame["voice_b"] = np.where(y == 2, np.nan, 1.0)
    told = models.make("logistic", ["voice"]).fit(frame, y).predict(frame)
    assert (told[y == 2] == 2).all()


def test_late_fusion_is_the_mean_of_one_model_per_signal():
    frame, y = columns()
    fused = models.make("late_fusion", ["voice", "face"]).fit(frame, y).predict_proba(frame)
    parts = [models.make("logistic", [signal]).fit(frame, y).predict_proba(frame) for signal in ("voice", "face")]
    assert np.allclose(fused, np.mean(parts, axis=0))


def test_early_fusion_is_one_model_on_all_signals_and_differs_from_late_fusion():
    frame, y = columns()
    names = ("logistic", "early_fusion", "late_fusion")
    told = {n: models.make(n, ["voice", "face"]).fit(frame, y).predict_proba(frame) for n in names}
    assert np.array_equal(told["early_fusion"], told["logistic"])
    assert not np.allclose(told["early_fusion"], told["late_fusion"])


def test_the_guesser_says_how_common_each_class_was():
    frame, _ = columns()
    y = np.repeat([0, 1, 1, 1], 30)
    assert np.allclose(models.make("guesser", ["voice"]).fit(frame, y).predict_proba(frame[:5]), [0.25, 0.75])


def test_a_rare_class_weighs_as_much_as_a_common_one():
    draw = np.random.default_rng(1)
    y = (np.arange(200) % 10 == 0).astype(int)
    frame = pd.DataFrame({"voice_a": y + draw.normal(size=200)})
    said = models.make("logistic", ["voice"]).fit(frame, y).predict(frame)
    assert said[y == 1].mean() > 0.5


def test_the_same_seed_gives_the_same_forest_and_another_seed_another():
    frame, y = columns()
    told = [models.make("forest", ["voice"], seed).fit(frame, y).predict_proba(frame) for seed in (1, 1, 2)]
    assert np.array_equal(told[0], told[1])
    assert not np.array_equal(told[0], told[2])


def test_words_are_coded_and_a_word_never_seen_is_no_error():
    frame = pd.DataFrame({"confound_sex": ["f", "m"] * 20, "trust_face": np.linspace(0, 1, 40)})
    model = models.make("logistic", ["confound", "trust"]).fit(frame, np.arange(40) % 2)
    assert model.score(frame, np.arange(40) % 2) == 1
    told = model.predict_proba(pd.DataFrame({"confound_sex": ["x"], "trust_face": [0.5]}))
    assert told[0] == pytest.approx([0.5, 0.5], abs=0.02)


@pytest.mark.parametrize("name", ["logistic", "forest"])
def test_the_label_free_half_fitted_once_gives_exactly_what_the_whole_gives(name):
    frame, y = columns()
    model = models.make(name, ["voice", "face"], 3)
    first, rest = models.halves(model)
    ready = clone(first).fit(frame[:90])
    for labels in (y, y[::-1]):
        whole = clone(model).fit(frame[:90], labels[:90]).predict_proba(frame[90:])
        half = clone(rest).fit(ready.transform(frame[:90]), labels[:90])
        assert np.array_equal(whole, half.predict_proba(ready.transform(frame[90:])))


def test_a_model_whose_steps_may_see_labels_is_not_halved():
    from sklearn.feature_selection import SelectKBest
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    peeking = make_pipeline(SelectKBest(k=1), LogisticRegression())
    assert models.halves(peeking) == (None, peeking)
    fused = models.make("late_fusion", ["voice", "face"])
    assert models.halves(fused) == (None, fused)


def test_an_unknown_name_is_answered_with_the_nearest_known_one():
    with pytest.raises(models.ModelError, match="did you mean 'logistic'"):
        models.make("logistics", ["voice"])


def test_no_signals_is_an_error():
    with pytest.raises(models.ModelError, match="column prefix"):
        models.make("logistic", [])
