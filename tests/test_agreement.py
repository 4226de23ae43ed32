"""How far people agree, and whether numbers repeat: published examples, other libraries, and slow plain versions."""

import itertools

import numpy as np
import pandas as pd
import pytest

from mien import store
from mien.evidence import agreement, intervals, reliability

N = np.nan
KRIPPENDORFF = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, N, N, N],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, N, 3],
        [N, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, N],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, N],
    ]
).T
"""Krippendorff 2011, Computing Krippendorff's alpha-reliability, section C: four observers, twelve units."""
SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
"""Shrout & Fleiss 1979, table 2: six targets, four judges."""
FEW = intervals.IntervalSettings(n_bootstrap=200)


def made_ratings(units=40, raters=5, missing=0.3, values=4):
    rng = store.rng("test/ratings")
    truth = rng.integers(1, values + 1, units)
    ratings = np.clip(truth[:, None] + rng.integers(-1, 2, (units, raters)), 1, values).astype(float)
    ratings[rng.random((units, raters)) < missing] = N
    return ratings


def plain_alpha(ratings, scale):
    """Every pair of every unit, one after the other."""
    pairs = []
    for unit in ratings:
        given = unit[~np.isnan(unit)]
        pairs += [(a, b, 1 / (len(given) - 1)) for a, b in itertools.permutations(given, 2)]
    total = sum(weight for _, _, weight in pairs)
    size = {}
    for a, _, weight in pairs:
        size[a] = size.get(a, 0) + weight

    def apart(a, b):
        low, high = min(a, b), max(a, b)
        between = sum(n for value, n in size.items() if low <= value <= high) - (size[a] + size[b]) / 2
        return {"nominal": float(a != b), "ordinal": between**2 if a != b else 0, "interval": (a - b) ** 2}[scale]

    observed = sum(weight * apart(a, b) for a, b, weight in pairs) / total
    expected = sum(size[a] * size[b] * apart(a, b) for a in size for b in size) / (total * (total - 1))
    return 1 - observed / expected


# --- alpha ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("scale", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_is_that_of_the_published_example(scale, published):
    counts, values = agreement.votes(KRIPPENDORFF)
    assert agreement.alpha(counts, scale, values).value == pytest.approx(published, abs=5e-4)


@pytest.mark.parametrize("scale", agreement.SCALES)
def test_alpha_is_that_of_a_plain_loop_and_of_another_library(scale):
    ratings = made_ratings()
    counts, values = agreement.votes(ratings)
    found = agreement.alpha(counts, scale, values).value
    assert found == pytest.approx(plain_alpha(ratings, scale), abs=1e-12)
    other = pytest.importorskip("krippendorff", reason="optional: pip install 'mien[oracles]'")
    assert found == pytest.approx(other.alpha(ratings.T, level_of_measurement=scale), abs=1e-12)


@pytest.mark.parametrize("scale", agreement.SCALES)
def test_a_weight_is_the_same_as_drawing_a_group_that_often(scale):
    ratings = made_ratings()
    groups = np.arange(len(ratings)) // 4
    weights = store.rng("test/weights").integers(0, 4, groups.max() + 1)
    counts, values = agreement.votes(ratings)
    pairs = np.einsum("g,gab->ab", weights, agreement.coincidences(counts, groups))
    drawn = np.repeat(counts, weights[groups], axis=0)
    slow = agreement.alpha_of(agreement.coincidences(drawn).sum(axis=0), scale, values)
    assert agreement.alpha_of(pairs, scale, values) == pytest.approx(float(slow), abs=1e-12)


def test_the_interval_resamples_groups_and_not_units():
    rng = store.rng("test/clustered")
    kind = np.repeat(rng.random(40), 25)  # some people are easy to read, all of their clips are
    truth = rng.integers(0, 3, 1000)
    guess = rng.integers(0, 3, (1000, 4))
    ratings = np.where(rng.random((1000, 4)) < kind[:, None], truth[:, None], guess)
    counts, _ = agreement.votes(ratings)
    people = agreement.alpha(counts, groups=np.repeat(np.arange(40), 25), settings=FEW)
    rows = agreement.alpha(counts, settings=FEW)
    assert people.value == pytest.approx(rows.value)
    assert people.n_groups == 40
    assert people.high - people.low > 2 * (rows.high - rows.low)


def test_alpha_tells_why_it_has_no_number():
    assert agreement.alpha([[1, 0], [0, 1]]).why == "one_rating"
    assert agreement.alpha([[2, 0], [3, 0]]).why == "no_spread"
    assert agreement.alpha([[2, 0], [0, 3]]).value == 1
    with pytest.raises(ValueError, match="no scale 'ordnal'; expected nominal, ordinal, interval"):
        agreement.alpha([[2, 0], [0, 2]], "ordnal")
    with pytest.raises(ValueError, match="needs the values"):
        agreement.alpha([[2, 0], [0, 2]], "interval")
    with pytest.raises(ValueError, match="2 units but 3 groups"):
        agreement.alpha([[2, 0], [0, 2]], groups=[0, 1, 2])


def test_votes_keep_words_and_refuse_strange_ones():
    counts, _ = agreement.votes(np.array([["a", None], ["b", "a"]], dtype=object), ["b", "a"])
    assert counts.tolist() == [[0, 1], [1, 1]]
    with pytest.raises(ValueError, match="'c' is none of the values"):
        agreement.votes(np.array([["c"]], dtype=object), ["a", "b"])


# --- one against the others -------------------------------------------------------------------------------------------


def test_one_rater_against_the_majority_of_the_others_by_hand():
    # the two who said 0 meet others (1, 1): a tie, half a hit each; the one who said 1 meets (2, 0): none
    hits, n = agreement.against_others([[2, 1], [3, 0], [1, 0]])
    assert hits.tolist() == [1.0, 3.0, 0.0]
    assert n.tolist() == [3, 3, 0]


def test_one_rater_against_the_majority_of_the_others_in_a_plain_loop():
    counts = store.rng("test/votes").integers(0, 4, (50, 4))
    slow = []
    for row in counts:
        for said in np.repeat(np.arange(4), row):
            others = row - (np.arange(4) == said)
            tied = np.flatnonzero(others == others.max())
            if row.sum() > 1:
                slow.append((said in tied) / len(tied))
    found = agreement.rater_against_majority(counts, settings=FEW)
    assert found.value == pytest.approx(np.mean(slow), abs=1e-12)


def test_what_was_meant_is_recognised_by_share_and_by_majority():
    share, most = agreement.recognised([[3, 1], [2, 2], [0, 4], [0, 0]], [0, 0, 0, 0])
    assert share[:3].tolist() == [0.75, 0.5, 0.0]
    assert most[:3].tolist() == [1.0, 0.5, 0.0]
    assert np.isnan([share[3], most[3]]).all()


def test_raw_agreement_is_high_where_one_value_is_common_and_alpha_is_not():
    rng = store.rng("test/common")
    counts, _ = agreement.votes((rng.random((400, 3)) < 0.05).astype(int))  # nobody sees anything, all say 0
    assert agreement.pairwise_agreement(counts, settings=FEW).value > 0.88
    assert agreement.alpha(counts, settings=FEW).value == pytest.approx(0, abs=0.05)


# --- ceilings ---------------------------------------------------------------------------------------------------------


def test_headroom_is_0_at_chance_and_1_at_the_ceiling_and_nan_without_room():
    assert agreement.headroom([0.5, 0.7, 0.8], 0.5, 0.7).tolist() == pytest.approx([0, 1, 1.5])
    assert np.isnan(agreement.headroom(0.6, 0.5, 0.5))
    assert np.isnan(agreement.headroom(0.6, 0.5, N))


def test_the_noise_ceiling_is_that_of_plain_correlations():
    ratings = made_ratings(missing=0)
    lower, upper = agreement.noise_ceiling(ratings, settings=FEW)
    mean = ratings.mean(axis=1)
    rest = [np.delete(ratings, j, axis=1).mean(axis=1) for j in range(5)]
    assert lower.value == pytest.approx(np.mean([np.corrcoef(ratings[:, j], rest[j])[0, 1] for j in range(5)]))
    assert upper.value == pytest.approx(np.mean([np.corrcoef(ratings[:, j], mean)[0, 1] for j in range(5)]))
    assert lower.low < lower.value < upper.value


def test_a_perfect_model_reaches_the_attainable_correlation_and_no_more():
    rng = store.rng("test/attainable")
    truth = rng.normal(size=4000)
    ratings = truth[:, None] + rng.normal(size=(4000, 3)) * 1.2
    label = reliability.icc(ratings, "2,k", settings=FEW).value
    reached = np.corrcoef(truth, ratings.mean(axis=1))[0, 1]
    assert reached == pytest.approx(agreement.attainable_correlation(label), abs=0.02)
    assert np.isnan(agreement.attainable_correlation(-0.1))


# --- reliability ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "published"),
    [("1,1", 0.17), ("2,1", 0.29), ("3,1", 0.71), ("1,k", 0.44), ("2,k", 0.62), ("3,k", 0.91)],
)
def test_icc_is_that_of_the_published_example(kind, published):
    assert reliability.icc(SHROUT_FLEISS, kind).value == pytest.approx(published, abs=0.005)


@pytest.mark.parametrize("kind", ["1,1", "2,1", "3,1"])
def test_icc_is_that_of_an_analysis_of_variance_by_another_library(kind):
    smf = pytest.importorskip("statsmodels.formula.api", reason="optional: pip install 'mien[oracles]'")
    anova = pytest.importorskip("statsmodels.stats.anova", reason="optional: pip install 'mien[oracles]'")
    ratings = made_ratings(missing=0)
    n, k = ratings.shape
    long = pd.DataFrame(ratings).reset_index().melt("index", var_name="rater", value_name="y")
    terms = "y ~ C(index)" if kind == "1,1" else "y ~ C(index) + C(rater)"
    table = anova.anova_lm(smf.ols(terms, long).fit())
    square = table["sum_sq"] / table["df"]
    units, error = square["C(index)"], square["Residual"]
    level = k * (square["C(rater)"] - error) / n if kind == "2,1" else 0
    assert reliability.icc(ratings, kind).value == pytest.approx((units - error) / (units + (k - 1) * error + level))


def test_a_weight_in_icc_is_the_same_as_drawing_a_group_that_often():
    ratings = made_ratings(missing=0)
    groups = np.arange(len(ratings)) // 4
    weights = store.rng("test/weights").integers(0, 4, groups.max() + 1)
    parts = reliability.moments(ratings, groups)
    n, means, covariance = parts.weighted(weights[None].astype(float))
    drawn = np.repeat(ratings, weights[groups], axis=0)
    assert n[0] == len(drawn)
    assert np.diff(means[0]) == pytest.approx(np.diff(drawn.mean(axis=0)))
    assert covariance[0] == pytest.approx(np.cov(drawn.T))


def test_units_without_all_ratings_are_left_out_but_not_of_kind_one():
    ratings = np.where(np.arange(24).reshape(6, 4) == 3, N, SHROUT_FLEISS)
    assert reliability.moments(ratings).n_left_out == 1
    assert reliability.icc(ratings, "2,1").n_groups == 5
    assert reliability.icc(ratings, "1,1").n_groups == 6
    with pytest.raises(ValueError, match="no kind 'A,1'; expected one of 1,1"):
        reliability.icc(ratings, "A,1")
    with pytest.raises(ValueError, match="expected \\(units, k\\)"):
        reliability.icc(np.ones(3), "2,1")


def test_a_shift_of_everybody_counts_as_error_in_a_retest_and_order_alone_does_not():
    first = np.linspace(0, 10, 30)
    twice = np.stack([first, first + 3], axis=1)
    assert reliability.icc(twice, "3,1").value == pytest.approx(1)
    assert reliability.icc(twice, "2,1").value < 0.75
    assert reliability.icc(np.ones((5, 2)), "2,1").why == "no_spread"


def test_split_half_and_spearman_brown_recover_a_known_reliability():
    rng = store.rng("test/halves")
    people = np.repeat(np.arange(600), 20)
    values = rng.normal(size=600)[people] + rng.normal(size=len(people)) * 2
    found = reliability.split_half(values, people, settings=FEW)
    assert found.value == pytest.approx(1 / (1 + 4 / 20), abs=0.03)
    assert found.low < found.value < found.high
    ten = reliability.halves([1.0, 5, 2, 6, 9], ["a", "a", "a", "a", "b"])
    assert ten[0].tolist() == [1.5, 5.5]
    assert np.isnan(ten[1, 1])
    assert reliability.halves([1.0, 5, 2, 6], list("aaaa"), "first_second").tolist() == [[3, 4]]
    with pytest.raises(ValueError, match="no way 'even'"):
        reliability.halves([1.0], ["a"], "even")


def test_disattenuation_undoes_what_error_does():
    rng = store.rng("test/disattenuated")
    a = rng.normal(size=20000)
    b = 0.6 * a + 0.8 * rng.normal(size=20000)
    noisy = [x[:, None] + rng.normal(size=(20000, 2)) for x in (a, b)]
    reliable = [reliability.icc(x, "1,1", settings=FEW).value for x in noisy]
    r = reliability.correlation(noisy[0][:, 0], noisy[1][:, 0], settings=FEW).value
    assert r == pytest.approx(0.3, abs=0.02)
    assert reliability.disattenuated(r, *reliable) == pytest.approx(0.6, abs=0.03)
    assert np.isnan(reliability.disattenuated(0.3, -0.1))


def test_error_of_measurement_is_the_spread_of_repeats():
    rng = store.rng("test/sem")
    twice = rng.normal(size=20000)[:, None] * 8 + rng.normal(size=(20000, 2)) * 6
    icc = reliability.icc(twice, "2,1", settings=FEW).value
    error = reliability.standard_error_of_measurement(twice.std(), icc)
    assert error == pytest.approx(6, rel=0.02)
    beyond = np.abs(np.diff(twice, axis=1)) > reliability.minimal_detectable_change(error)
    assert beyond.mean() == pytest.approx(0.05, abs=0.006)


# --- whose variance ---------------------------------------------------------------------------------------------------


def made_pairs(pairs=150, meetings=2, moments=8):
    """Two people a pair, who meet twice: variance 1 of the person, 2 of the pair, 3 of the recording, 4 of the rest."""
    rng = store.rng("test/pairs")
    rows = pd.DataFrame(
        itertools.product(range(pairs), range(2), range(meetings), range(moments)),
        columns=["pair", "side", "meeting", "moment"],
    )
    rows["person"] = 2 * rows["pair"] + rows["side"]
    rows["recording"] = meetings * rows["pair"] + rows["meeting"]
    parts = {"person": 1, "pair": 2, "recording": 3}
    rows["value"] = 2 * rng.normal(size=len(rows))
    for name, variance in parts.items():
        rows["value"] += np.sqrt(variance) * rng.normal(size=rows[name].max() + 1)[rows[name]]
    return rows


def test_variance_is_given_to_whom_it_belongs():
    rows = made_pairs()
    factors = {name: rows[name] for name in ("person", "pair", "recording")}
    found = reliability.variance_components(rows["value"], factors, rows["pair"], FEW)
    assert [round(one.value, 1) for one in found.values()] == pytest.approx([0.1, 0.2, 0.3, 0.4], abs=0.11)
    assert all(one.low <= share <= one.high for one, share in zip(found.values(), (0.1, 0.2, 0.3, 0.4), strict=True))
    share = reliability.trait_share(rows["value"], rows["person"], rows["pair"], rows["pair"], FEW)
    assert share.low < 0.45 < share.high  # who is there, and what of the recording looks like it over two meetings


def test_variance_components_are_those_of_restricted_likelihood_where_all_have_as_many():
    smf = pytest.importorskip("statsmodels.formula.api", reason="optional: pip install 'mien[oracles]'")
    rows = made_pairs(40, 1, 6)
    found = reliability.variance_components(
        rows["value"], {"person": rows["person"], "pair": rows["pair"]}, rows["pair"], FEW
    )
    within = {"person": "0 + C(person)"}
    model = smf.mixedlm("value ~ 1", rows, groups="pair", re_formula="1", vc_formula=within).fit(reml=True)
    parts = np.array([model.vcomp[0], float(model.cov_re.iloc[0, 0]), model.scale])
    shares = [one.value for one in found.values()]
    assert shares == pytest.approx(list(parts / parts.sum()), abs=2e-3)


def test_the_trait_share_is_near_1_for_a_person_and_near_0_for_a_moment():
    rng = store.rng("test/trait")
    people = np.repeat(np.arange(60), 20)
    person, moment = rng.normal(size=60)[people], rng.normal(size=len(people))
    assert reliability.trait_share(person + 0.2 * moment, people, people, settings=FEW).low > 0.9
    assert reliability.trait_share(0.05 * person + moment, people, people, settings=FEW).high < 0.1
    same = reliability.trait_share(person + moment, people, people, settings=FEW).value
    assert same == pytest.approx(reliability.icc((person + moment).reshape(60, 20), "1,1", settings=FEW).value)


def test_variance_that_cannot_be_told_apart_has_no_number():
    rows = made_pairs(20, 1, 4)
    both = {"person": rows["person"], "recording": rows["person"] + 100}
    assert reliability.variance_components(rows["value"], both, rows["pair"])["person"].why == "confounded"
    once = reliability.trait_share(rows["value"], np.arange(len(rows)), np.arange(len(rows)))
    assert once.why == "one_rating"
    with pytest.raises(ValueError, match="a level of 'person' lies in two groups"):
        reliability.trait_share([1.0, 2.0], ["a", "a"], [0, 1])
