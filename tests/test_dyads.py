"""Actor and partner: worlds in which one's own timing tells, the partner's tells, or neither; beside statsmodels."""

import numpy as np
import pandas as pd
import pytest

from mien.evidence import EvidenceError, dyads, intervals

QUICK = intervals.IntervalSettings(n_bootstrap=400)


def pairs(n=80, actor=0.0, partner=0.0, together=0.6, seed=0, size=2):
    """People in conversations of ``size``; what they report follows their own lag and that of the others."""
    draw = np.random.default_rng(seed)
    lag = 0.3 * draw.normal(size=(n, 1)) + draw.normal(size=(n, size))
    others = (lag.sum(axis=1, keepdims=True) - lag) / (size - 1)
    felt = actor * lag + partner * others + together * draw.normal(size=(n, 1)) + draw.normal(size=(n, size))
    recording = np.repeat([f"r{i:03d}" for i in range(n)], size)
    person = [f"{r}_{k}" for r, k in zip(recording, np.tile(range(size), n), strict=True)]
    frame = {"recording_id": recording, "person_id": person, "group_id": recording}
    return pd.DataFrame(frame | {"turn_lag_s": lag.ravel(), "label_felt": felt.ravel()})


def fit(frame, **more):
    return dyads.actor_partner(frame, "label_felt", "turn_lag_s", settings=QUICK, **more)


@pytest.mark.parametrize(("planted", "other"), [("actor", "partner"), ("partner", "actor")])
def test_the_planted_slope_is_found_and_the_other_is_not(planted, other):
    found = fit(pairs(**{planted: -0.5}, seed=1)).slopes
    assert found[planted].high < -0.15
    assert found[other].low < 0 < found[other].high
    wanted = "partner_less_actor"
    assert (found[wanted].low > 0) if planted == "partner" else (found[wanted].high < 0)


def test_in_worlds_without_an_effect_the_interval_holds_zero_as_often_as_it_says():
    held = []
    for seed in range(30):
        found = fit(pairs(40, seed=seed)).slopes
        held += [found[name].low < 0 < found[name].high for name in dyads.SLOPES]
    assert 0.88 <= np.mean(held) <= 1


def test_slopes_of_complete_pairs_are_those_of_sums_and_differences():
    frame = pairs(50, actor=0.4, partner=-0.2, seed=3)
    found = fit(frame).slopes
    z = (frame[["turn_lag_s", "label_felt"]] - frame[["turn_lag_s", "label_felt"]].mean()) / frame[
        ["turn_lag_s", "label_felt"]
    ].std()
    own, felt = (z[name].to_numpy().reshape(-1, 2) for name in z)
    assert [found[n].value for n in dyads.SLOPES] == pytest.approx(dyads.closed_form(own, felt), abs=1e-9)


def returning(n_people=24, n_pairs=60, seed=5):
    """People who meet several others: pairs and people both have a variance of their own, and all hang together."""
    draw = np.random.default_rng(seed)
    own_level = draw.normal(size=n_people)
    rows = []
    for pair in range(n_pairs):
        here = draw.choice(6, size=2, replace=False) + 6 * (pair % 4)
        lag, both = draw.normal(size=2), 0.7 * draw.normal()
        for k, who in enumerate(here):
            felt = -0.4 * lag[k] + own_level[who] + both + draw.normal()
            rows.append((f"r{pair:03d}", f"p{who}", f"g{pair % 4}", lag[k], felt))
    return pd.DataFrame(rows, columns=["recording_id", "person_id", "group_id", "turn_lag_s", "label_felt"])


@pytest.mark.parametrize("kind", ["pairs", "fours", "returning"])
def test_slopes_and_variances_are_those_of_statsmodels(kind, monkeypatch):
    smf = pytest.importorskip("statsmodels.formula.api", reason="statsmodels is an oracle, in the extra 'oracles'")
    monkeypatch.setattr(dyads, "FEWEST", 3)
    frames = {"pairs": pairs(40, actor=-0.3, seed=2), "fours": pairs(30, partner=0.4, size=4, seed=4)}
    frame = frames[kind] if kind in frames else returning()
    if kind == "fours":
        frame = frame.drop(index=range(0, 40, 7))  # meetings of unequal size
    rows = dyads._rows(frame, "label_felt", "turn_lag_s", None)
    y, X = dyads._standardised(rows, derived=True)
    data = rows.assign(y=y, own=X[:, 1], partner=X[:, 2], one=1)
    parts = {"pair": "0 + C(recording_id)"} | ({"person": "0 + C(person_id)"} if kind == "returning" else {})
    theirs = smf.mixedlm("y ~ own + partner", data, groups="one", vc_formula=parts).fit(reml=True)
    mine = fit(frame)
    slopes = [mine.slopes[name].value for name in dyads.SLOPES]
    assert slopes == pytest.approx(theirs.params[["own", "partner"]].tolist(), abs=2e-3)
    named = dict(zip(theirs.model.exog_vc.names, theirs.vcomp, strict=True))
    total = sum(named.values()) + theirs.scale
    assert [mine.shares[name] for name in named] == pytest.approx([v / total for v in named.values()], abs=0.01)


def test_the_partners_own_column_may_be_given_and_is_standardised():
    frame = pairs(60, partner=-0.5, seed=6)
    frame["turn_partner_lag_s"] = 100 * frame.groupby("recording_id")["turn_lag_s"].transform(
        lambda v: v[::-1].to_numpy()
    )
    given, derived = fit(frame, partner="turn_partner_lag_s").slopes, fit(frame).slopes
    assert given["partner"].value == pytest.approx(derived["partner"].value, abs=1e-6)


def test_few_or_constant_or_missing_values_have_a_reason():
    assert fit(pairs(6)).why == "too_few_people"
    assert fit(pairs(20).assign(label_felt=1.0)).why == "no_spread"
    assert np.isnan(fit(pairs(6)).slopes["actor"].value)
    lost = pairs(30).assign(label_felt=lambda t: t["label_felt"].where(t.index > 1))
    assert fit(lost).n_pairs == 29
    with pytest.raises(EvidenceError, match="no column 'label_felt'"):
        fit(pairs(20).drop(columns="label_felt"))
    with pytest.raises(EvidenceError, match="several rows"):
        fit(pd.concat([pairs(20)] * 2))


def test_a_fit_that_finds_no_end_says_so(monkeypatch):
    monkeypatch.setattr(dyads, "_variances", lambda *given: None)
    assert fit(pairs(30)).why == "not_converged"
