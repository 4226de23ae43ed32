"""Can two recordings of one person be linked by what is stored of them? Closed-set re-identification (AUDIT E36).

Somebody holds recordings with names (the *gallery*, one for each person) and one without (the *probe*), of a person who
is among them, and names the nearest. ``rank1`` is how often that is right; chance is 1 ÷ the size of the gallery.
``eer`` asks the other question, whether two given recordings are of one person: at the threshold where as many pairs of
strangers pass as pairs of one person fail, the share of either (equal error rate; 0.5 tells nothing). What is measured
is an attack that needs no skill, so a low rate is no proof of safety; a high rate is proof of the contrary.

Whoever is tested takes no part in the metric: values are standardised by the gallery of all others, and the whitening
of what varies within a person (WCCN: Hatch, Kajarekar & Stolcke 2006, Interspeech, 1471) is learnt on one half of the
people and used among the other, or learnt on people of another corpus. References: Phillips, Grother & Micheals 2011,
Handbook of Face Recognition, 551 (closed-set identification); Martin et al. 1997, Eurospeech, 1895 (verification).

Intervals are over people (groups of people who met) as probes, the gallery being what it is. On 150 to 300 SYNTHETIC
worlds each of 10, 24 and 102 people, "95 %" intervals held what other people and another gallery would give in 93 to
99 % (rank 1) and 91 to 96 % (equal error rate).
"""

from dataclasses import dataclass, replace

import numpy as np
from sklearn.covariance import ledoit_wolf

from mien import store
from mien.evidence import intervals
from mien.evidence.checks import EvidenceError

METHODS = {
    "euclidean": "Euclidean distance of standardised values",
    "cosine": "angle between standardised values",
    "wccn": "Euclidean distance after whitening what varies within people, learnt on the other half of them",
    "wccn_elsewhere": "the same, learnt on the people of another corpus",
}
QUANTITIES = ("rank1", "rank1_over_chance", "eer")
MOST_THRESHOLDS = 1000
"""Thresholds at which pairs are counted: all that matter for up to so many pairs of one person, then quantiles."""


@dataclass(frozen=True)
class LinkSettings:
    """How people are halved for what is learnt, ``n_halves`` times, and how intervals are made."""

    n_halves: int = 10
    interval: intervals.IntervalSettings = intervals.IntervalSettings()
    seed: int = store.SEED


@dataclass(frozen=True)
class Linked:
    """How well people are found again: ``found`` by name of :data:`QUANTITIES` (:class:`intervals.Estimate`).

    ``chance`` of rank 1; ``n_people`` who were looked for, ``gallery`` among how many (mean).
    """

    found: dict
    chance: float
    gallery: float
    n_people: int


def distances(gallery, probe, method="euclidean", settings=None, *, groups=None, learnt=None):
    """How far each probe lies from each entry of the gallery: (rounds, people, people), NaN where not compared.

    ``gallery`` and ``probe`` (rounds, people, values): one recording of each person on each side; a round is one choice
    of recordings; who is not in it has NaN throughout. A missing value counts as the mean of the others. ``method`` one
    of :data:`METHODS`; the last needs ``learnt``, from :func:`learn` on other people. Raises :class:`EvidenceError`.
    """
    gallery, probe = (np.asarray(side, float) for side in (gallery, probe))
    if gallery.shape != probe.shape or gallery.ndim != 3:
        raise EvidenceError(
            f"linking: gallery {gallery.shape} and probe {probe.shape}; expected (rounds, people, values), both alike"
        )
    if method not in METHODS:
        raise EvidenceError(f"linking: no method {method!r}; known are {', '.join(METHODS)}")
    settings = settings or LinkSettings()
    if method == "wccn":
        return _halves(gallery, probe, np.arange(gallery.shape[1]) if groups is None else np.asarray(groups), settings)
    if method == "wccn_elsewhere":
        if learnt is None:
            raise EvidenceError("linking: wccn_elsewhere needs what was learnt on other people; see linking.learn")
        return _absent(_apart(learnt(gallery), learnt(probe)), gallery, probe)
    return _absent(_standardised(gallery, probe, method), gallery, probe)


def _standardised(gallery, probe, method):
    """Distances with values standardised by the gallery of all but the person who is looked for."""
    found = np.full((len(gallery), *[gallery.shape[1]] * 2), np.nan)
    for person in range(gallery.shape[1]):
        others = np.delete(gallery, person, axis=1).reshape(-1, gallery.shape[2])
        mean, sd = _scale(others)
        known, asked = _filled((gallery - mean) / sd), _filled((probe[:, person] - mean) / sd)
        if method == "cosine":
            lengths = np.linalg.norm(known, axis=2) * np.linalg.norm(asked, axis=1)[:, None]
            along = np.einsum("rnk,rk->rn", known, asked)
            found[:, person] = 1 - np.divide(along, lengths, out=np.zeros_like(along), where=lengths > 0)
        else:
            found[:, person] = np.sqrt(((known - asked[:, None]) ** 2).sum(axis=2))
    return found


def _scale(values):
    """Mean and standard deviation of each column; of one that never changes or has no value: 0 and infinity."""
    there = np.isfinite(values)
    n = np.maximum(there.sum(axis=0), 1)
    mean = np.where(there, values, 0).sum(axis=0) / n
    sd = np.sqrt(np.where(there, (values - mean) ** 2, 0).sum(axis=0) / np.maximum(n - 1, 1))
    return mean, np.where(sd > 1e-9 * np.maximum(np.abs(mean), 1e-12), sd, np.inf)


def _filled(values):
    return np.where(np.isfinite(values), values, 0.0)


def _apart(gallery, probe):
    """Euclidean distances of every probe (…, people, values) from every entry of the gallery."""
    squares = (probe**2).sum(axis=-1)[..., None] + (gallery**2).sum(axis=-1)[..., None, :]
    return np.sqrt(np.maximum(squares - 2 * probe @ np.swapaxes(gallery, -1, -2), 0))


def _absent(found, gallery, probe):
    """Distances without those from or to somebody who is not in the round."""
    there = [np.isfinite(side).any(axis=2) for side in (probe, gallery)]
    return np.where(there[0][:, :, None] & there[1][:, None, :], found, np.nan)


def learn(values, people):
    """What varies within people, learnt from recordings (rows, values) of known ``people``: a function to whiten by.

    Values are standardised, what varies within a person is shrunk (Ledoit & Wolf 2004, Journal of Multivariate Analysis
    88: 365) and made equal in all directions. Raises :class:`EvidenceError` where nobody was recorded twice.
    """
    values, codes = np.asarray(values, float), np.unique(np.asarray(people), return_inverse=True)[1]
    twice = np.bincount(codes)[codes] > 1
    if not twice.any():
        raise EvidenceError("linking: nobody was recorded twice; what varies within people can't be learnt")
    mean, sd = _scale(values)
    plain = _filled((values - mean) / sd)
    axes = np.linalg.svd(plain - plain.mean(axis=0), full_matrices=False)[2][: max(len(plain) - 1, 1)].T
    own = plain @ axes
    n = np.bincount(codes)
    within = own - np.stack([np.bincount(codes, column) / n for column in own.T], axis=1)[codes]
    within = within[twice] * np.sqrt(twice.sum() / (twice.sum() - len(np.unique(codes[twice]))))
    spread, turned = np.linalg.eigh(ledoit_wolf(within, assume_centered=True)[0])
    white = axes @ turned / np.sqrt(np.maximum(spread, 1e-12))
    return lambda rows: _filled((np.asarray(rows, float) - mean) / sd) @ white


def _halves(gallery, probe, groups, settings):
    """Distances among one half of the people by what was learnt on the other half, and the reverse; many times over."""
    names, codes = np.unique(groups, return_inverse=True)
    if len(names) < 2:
        return np.full((len(gallery), len(codes), len(codes)), np.nan)
    rng, parts = store.rng(f"linking/halves/{len(names)}", settings.seed), []
    for _ in range(settings.n_halves):
        first = np.isin(codes, rng.permutation(len(names))[: len(names) // 2])
        whole = np.full((len(gallery), len(codes), len(codes)), np.nan)
        for tested in (first, ~first):
            white = learned(gallery[:, ~tested], probe[:, ~tested])
            mine = gallery[:, tested], probe[:, tested]
            found = _absent(_apart(*map(white, mine)), *mine)
            whole[np.ix_(np.arange(len(whole)), tested, tested)] = found
        parts.append(whole)
    return np.concatenate(parts)


def learned(gallery, probe):
    """:func:`learn` on every recording of both sides (rounds, people, values)."""
    rows = np.concatenate([gallery, probe])
    who = np.broadcast_to(np.arange(rows.shape[1]), rows.shape[:2]).ravel()
    rows = rows.reshape(-1, rows.shape[2])
    there = np.isfinite(rows).any(axis=1)
    return learn(rows[there], who[there])


# --- what was found ---------------------------------------------------------------------------------------------------


def hits(found):
    """How often each probe's own person is the nearest: (hits, chance), each (rounds, people).

    Who shares the first place with others has their part of a hit. NaN where somebody is not looked for: they or their
    gallery entry are missing, or nobody else is there.
    """
    found = np.asarray(found, float)
    own = np.diagonal(found, axis1=1, axis2=2)
    size = np.isfinite(found).sum(axis=2)
    asked = np.isfinite(own) & (size > 1)
    nearest = np.where(np.isfinite(found), found, np.inf).min(axis=2)
    tied = (found <= nearest[:, :, None]).sum(axis=2)
    hit = np.where(own <= nearest, 1 / np.maximum(tied, 1), 0.0)
    return np.where(asked, hit, np.nan), np.where(asked, 1 / np.maximum(size, 1), np.nan)


def equal_error_rate(same, strangers):
    """The equal error rate of distances of pairs of the ``same`` person and of ``strangers``: 0 to 1, 0.5 by chance.

    Between thresholds the curve of errors is drawn straight. NaN where one of the two is empty.

    >>> equal_error_rate([1, 2], [3, 4]), equal_error_rate([1, 3], [2, 4])
    (0.0, 0.5)
    """
    same, strangers = (np.sort(np.asarray(one, float).ravel()) for one in (same, strangers))
    if not len(same) or not len(strangers):
        return float("nan")
    at = _thresholds(same, strangers)
    passed = np.searchsorted(strangers, at, "right") / len(strangers)
    failed = 1 - np.searchsorted(same, at, "right") / len(same)
    return float(_crossing(passed[None], failed[None])[0])


def _thresholds(same, strangers):
    """Every threshold at which the curve of errors can turn: pairs of one person, and the strangers just before."""
    if len(same) > MOST_THRESHOLDS:
        same = np.quantile(same, np.linspace(0, 1, MOST_THRESHOLDS), method="nearest")
    before = np.searchsorted(strangers, same, "left") - 1
    last = max(same[-1], strangers[-1])
    return np.unique([*same, *strangers[before[before >= 0]], last])


def _crossing(passed, failed):
    """Where strangers who pass (weightings, thresholds) are as many as pairs of one person who fail: (weightings,)."""
    passed, failed = (np.c_[np.full(len(passed), first), one] for one, first in ((passed, 0.0), (failed, 1.0)))
    after = np.maximum((passed >= failed).argmax(axis=1), 1)
    rows = np.arange(len(passed))
    p0, p1, f0, f1 = passed[rows, after - 1], passed[rows, after], failed[rows, after - 1], failed[rows, after]
    gap, closing = f0 - p0, (f0 - p0) + (p1 - f1)
    part = np.divide(gap, closing, out=np.zeros_like(gap), where=closing > 0)
    return p0 + part * (p1 - p0)


def linked(found, groups, settings=None):
    """How well people are found again by ``found`` (rounds, people, people) of :func:`distances`: a :class:`Linked`.

    ``groups`` (people,): who hangs together with whom (people of one meeting); intervals are over groups.
    """
    settings = (settings or LinkSettings()).interval
    codes = np.unique(np.asarray(groups), return_inverse=True)[1]
    hit, chance = hits(found)
    asked = np.isfinite(hit)
    n_people = int(asked.any(axis=0).sum())
    if not n_people:
        lost = intervals.Estimate(np.nan, why="one_rating")
        return Linked(dict.fromkeys(QUANTITIES, lost), np.nan, np.nan, 0)
    expected = float(np.nanmean(_mean(chance, asked)))
    size = float(np.nanmean(_mean(1 / chance, asked)))
    rank1 = _share(_mean(hit, asked), codes, settings)
    over = replace(rank1, **{name: getattr(rank1, name) / expected for name in ("value", "low", "high")})
    estimates = dict(zip(QUANTITIES, (rank1, over, _eer(found, codes, settings)), strict=True))
    return Linked(estimates, expected, size, n_people)


def _mean(values, asked):
    """The mean of each person over the rounds in which they are looked for; NaN where there is none."""
    n = asked.sum(axis=0)
    return np.where(n > 0, np.where(asked, values, 0).sum(axis=0) / np.maximum(n, 1), np.nan)


def _share(hit, codes, settings):
    """The mean of hits of people, with an interval over groups.

    Where everybody is found (or nobody) people do not differ, and resampling them would claim certainty: the interval
    is then that of Clopper & Pearson (1934, Biometrika 26: 404) for as many groups.
    """
    there = np.isfinite(hit)
    present, codes = np.unique(codes[there], return_inverse=True)
    total, n = (np.bincount(codes, one, len(present)) for one in (hit[there], np.ones(there.sum())))

    def statistic(weights):
        with np.errstate(invalid="ignore", divide="ignore"):
            return (weights @ total) / (weights @ n)

    found = intervals.estimate(statistic, len(present), settings, (0, 1))
    return certain(found, settings) if np.ptp(hit[there]) == 0 else found


def certain(found, settings):
    """An estimate (:class:`intervals.Estimate`) that is 0 or 1 in every group, with the interval of as many groups that
    all came out alike; any other as it is."""
    if found.value not in (0.0, 1.0) or found.n_groups < 2:
        return found
    tail = ((1 - settings.level) / 2) ** (1 / found.n_groups)
    low, high = (tail, 1.0) if found.value else (0.0, 1 - tail)
    return replace(found, low=low, high=high, interval="clopper_pearson", why="")


def _eer(found, codes, settings):
    """The equal error rate with an interval over groups of those who are looked for.

    It jumps with single pairs, so that leaving one out tells little of its error: groups are always resampled.
    """
    settings = replace(settings, few_groups=2)
    is_own = np.broadcast_to(np.eye(found.shape[1], dtype=bool), found.shape)
    who = np.broadcast_to(codes[:, None], found.shape)
    there = np.isfinite(found)
    same, strangers = found[there & is_own], found[there & ~is_own]
    at = _thresholds(np.sort(same), np.sort(strangers))
    tallies = [_tally(found[there & of], who[there & of], at, codes.max() + 1) for of in (is_own, ~is_own)]
    present = tallies[0][1] > 0
    (own, n_own), (other, n_other) = ((below[present], n[present]) for below, n in tallies)

    def statistic(weights):
        with np.errstate(invalid="ignore", divide="ignore"):
            passed = (weights @ other) / (weights @ n_other)[:, None]
            failed = 1 - (weights @ own) / (weights @ n_own)[:, None]
        return _crossing(passed, failed)

    return certain(intervals.estimate(statistic, int(present.sum()), settings, (0, 1)), settings)


def _tally(values, who, at, n_groups):
    """How many values of each group lie at or below each threshold (groups, thresholds), and how many there are."""
    place = np.searchsorted(at, values, "left")
    flat = np.bincount(who * (len(at) + 1) + place, minlength=n_groups * (len(at) + 1))
    counts = flat.reshape(n_groups, -1).astype(float)
    return counts.cumsum(axis=1)[:, :-1], counts.sum(axis=1)


def worst(rows, **chosen):
    """Of a table of what was found, per corpus, artefact and what is given the rows of the method that links most.

    ``rows`` with columns corpus, artefact, given, method, quantity, value; "most" is by rank 1 over chance. ``chosen``
    picks values of these columns beforehand; None picks all.
    """
    kept = rows[rows["method"].isin(METHODS)]
    for name, value in chosen.items():
        kept = kept if value is None else kept[kept[name] == value]
    keys = ["corpus", "artefact", "given"]
    over = kept[kept["quantity"] == "rank1_over_chance"]
    most = over.loc[over.groupby(keys, sort=False)["value"].idxmax(), [*keys, "method"]]
    return most.merge(kept, on=[*keys, "method"], how="left")
