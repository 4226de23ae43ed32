"""Do cues keep the clock of the sound? By how much a transcript, a timeline or segments have to be moved to fit speech.

Such a file has a zero of its own, and says only coarsely when somebody spoke. When it says that each person speaks is
held against when they are heard (or when anybody is, where no sound or no name is a person's own): the two activities
are correlated over shifts of up to a minute, all people together. Then each of up to a dozen pieces of the recording is
shifted alone, near the best shift: the trust is the share of pieces that agree with it, and its uncertainty what their
spread says (Student's t) and what cues leave open (:data:`OPEN_S`).

The limits were measured on 17 AMI meetings, of which 1 to 15 minutes were turned into SYNTHETIC cues: in pieces of up
to 8 s with edges 0.15 to 0.25 s off; in whole seconds; as a timeline that follows a second late. None of 623 files of
cues of another meeting was sure. Of 753 of the right meeting, sure ones were off by 0.07 s in the median, by 0.23 s in
95 of 100 (whole seconds: 0.37 s), at most by 0.6 s. With a sound per person all fine cues (68 files) are sure from five
minutes on; a timeline beside one shared sound, in which somebody always speaks, never is.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import ndimage, signal, stats

STEP_S = 0.05
LONGEST_S = 60.0
"""How early or late cues may be."""
NEAR_S = 2.0
"""How far around the best shift that of a piece is looked for."""
AGREE_S = 0.5
AROUND_S = 10.0
"""How much of the time around is looked at to say whether somebody speaks more or less than they did."""
MOST_PIECES = 12
PIECE_S = 20.0
"""A piece lasts at least so long."""
FEWEST_PIECES = 3
FEWEST_BEGINS = 8
"""How often speech must begin in both: what always speaks fits everywhere."""
STANDS_OUT = 8.0
"""How many robust standard deviations of all other shifts the best one must lie above them."""
SURE = 0.6
"""The share of pieces that must agree."""
OPEN_S = 0.25
"""What cues leave open: they are held longer than somebody speaks; so wide, 95 in 100 uncertainties hold the truth."""
LARGE_S = 0.3
"""From here on a shift is more than coarse cues make of none: it is corrected where it is sure."""


@dataclass(frozen=True)
class CueLag:
    """How late cues are: ``lag_s`` (to be added to their times), ± ``uncertainty_s`` (95 %), ``trust`` 0..1.

    ``peak`` says how far the best shift stands out among all others, in their robust standard deviations.
    """

    lag_s: float
    uncertainty_s: float
    trust: float
    peak: float
    pieces: int

    @property
    def is_sure(self):
        """Whether the shift can be believed."""
        return self.peak >= STANDS_OUT and self.trust >= SURE and math.isfinite(self.uncertainty_s)

    @property
    def moved_by_s(self):
        """By how much the times are moved, seconds: by a large shift that is sure, else 0."""
        return round(self.lag_s, 2) if self.is_sure and abs(self.lag_s) > LARGE_S else 0.0


NOTHING = CueLag(float("nan"), float("nan"), 0.0, 0.0, 0)


def lag(cues, heard):
    """How late ``cues`` are in what is ``heard``: a :class:`CueLag`; NaN where too little is said or heard.

    Both are tables with person_id, start_s, end_s. Where they share no name, when anybody speaks is compared.
    """
    if not len(cues) or not len(heard):
        return NOTHING
    ours, theirs = _activities(cues, heard)
    parts = _parts(ours)
    if min(_begins(ours), _begins(theirs)) < FEWEST_BEGINS or len(parts) < FEWEST_PIECES:
        return NOTHING
    ours, theirs = _against_around(ours), _against_around(theirs)
    lags, found = _correlated(ours, theirs)
    best = int(np.argmax(found))
    peak = _stands_out(lags, found, best)
    pieces = [_piece(ours[:, part], theirs, part.start, lags[best]) for part in parts]
    pieces = np.array([piece for piece in pieces if np.isfinite(piece)])
    if len(pieces) < FEWEST_PIECES:
        return CueLag(float("nan"), float("nan"), 0.0, peak, len(pieces))
    lag_s = float(np.median(pieces))
    good = pieces[np.abs(pieces - lag_s) <= AGREE_S]
    return CueLag(lag_s, _uncertainty_s(good), len(good) / len(pieces), peak, len(pieces))


def _uncertainty_s(pieces):
    if len(pieces) < FEWEST_PIECES:
        return float("nan")
    error = max(pieces.std(ddof=1), STEP_S / np.sqrt(12)) / np.sqrt(len(pieces))
    return math.hypot(stats.t.ppf(0.975, len(pieces) - 1) * error, OPEN_S)


def _activities(cues, heard):
    """When each person speaks by both: two arrays (people, steps), 0..1."""
    shared = sorted(set(cues["person_id"]) & set(heard["person_id"]))
    if not shared:
        shared, cues, heard = ["anybody"], cues.assign(person_id="anybody"), heard.assign(person_id="anybody")
    steps = int(np.ceil(max(cues["end_s"].max(), heard["end_s"].max()) / STEP_S)) + 1
    return [np.stack([_activity(table[table["person_id"] == one], steps) for one in shared]) for table in (cues, heard)]


def _activity(rows, steps):
    """The share of each step in which somebody speaks, 0..1."""
    edges = np.zeros(steps + 1)
    for times, sign in ((rows["start_s"], 1.0), (rows["end_s"], -1.0)):
        place = times.to_numpy(float) / STEP_S
        whole = np.minimum(place.astype(int), steps - 1)
        np.add.at(edges, whole, sign * (1 - (place - whole)))
        np.add.at(edges, whole + 1, sign * (place - whole))
    return np.clip(np.cumsum(edges)[:steps], 0, 1)


def _begins(shares):
    return int((np.diff(shares > 0.5, axis=1, prepend=False) & (shares > 0.5)).sum())


def _against_around(shares):
    """By how much more each person speaks than in the time around: how much is said in a stretch counts for nothing."""
    return shares - ndimage.uniform_filter1d(shares, round(AROUND_S / STEP_S), axis=1, mode="nearest")


def _correlated(ours, theirs):
    """The shifts of up to a minute, seconds, and the correlation of both at each, all people together."""
    found = sum(signal.correlate(b, a, mode="full", method="fft") for a, b in zip(ours, theirs, strict=True))
    lags = signal.correlation_lags(theirs.shape[1], ours.shape[1], mode="full") * STEP_S
    near = np.abs(lags) <= LONGEST_S
    size = np.sqrt((ours**2).sum() * (theirs**2).sum())
    return lags[near], found[near] / size if size else found[near]


def _stands_out(lags, found, best):
    others = found[np.abs(lags - lags[best]) > 2 * NEAR_S]
    if not len(others):
        return 0.0
    spread = 1.4826 * np.median(np.abs(others - np.median(others)))
    return float((found[best] - np.median(others)) / spread) if spread else 0.0


def _parts(ours):
    steps = ours.shape[1]
    count = int(np.clip(steps * STEP_S // PIECE_S, 1, MOST_PIECES))
    edges = np.linspace(0, steps, count + 1).astype(int)
    return [slice(a, b) for a, b in pairwise(edges)]


def _piece(ours, theirs, start, best_s):
    """The shift of one piece near the best one, by a parabola through the three highest steps; NaN where none fits."""
    reach, shift = round(NEAR_S / STEP_S), round(best_s / STEP_S)
    first = start + shift - reach
    window = np.arange(first, first + ours.shape[1] + 2 * reach)
    inside = (window >= 0) & (window < theirs.shape[1])
    there = np.where(inside, theirs[:, np.clip(window, 0, theirs.shape[1] - 1)], 0.0)
    ours = ours - ours.mean(axis=1, keepdims=True)
    if not (np.abs(ours).sum() and np.abs(there).sum()):
        return float("nan")
    found = sum(signal.correlate(b, a, mode="valid") for a, b in zip(ours, there, strict=True))
    top = int(np.argmax(found))
    if top in (0, len(found) - 1):
        return float("nan")
    a, b, c = found[top - 1 : top + 2]
    between = 0.5 * (a - c) / (a - 2 * b + c) if a - 2 * b + c else 0.0
    return float((top - reach + shift + between) * STEP_S)


# ---- in a build ------------------------------------------------------------------------------------------------------


def moved(rows, by_s):
    """The rows on the clock of the sound; what then lies before the recording is left out (:func:`about` counts it)."""
    if not by_s:
        return rows
    rows = rows.assign(start_s=(rows["start_s"] + by_s).clip(lower=0), end_s=rows["end_s"] + by_s)
    return rows[rows["end_s"] > 0].reset_index(drop=True)


def about(found, rows, has_sound):
    """What the report says of the clock of one file of cues."""
    by_s = found.moved_by_s
    told = {name: _rounded(getattr(found, name)) for name in ("lag_s", "uncertainty_s", "trust")}
    told |= {"stands_out": _rounded(found.peak), "pieces": found.pieces, "sure": found.is_sure, "moved_by_s": by_s}
    why = "" if found.is_sure else "too little is said in both to compare them" if found is NOTHING else "unsure"
    why = why if has_sound else "no sound to compare it with"
    before = int((rows["end_s"] + by_s <= 0).sum()) if by_s else 0
    return told | {"against": "what is heard" if has_sound else None, "why": why, "left_out_before": before}


def _rounded(value):
    return round(float(value), 3) if math.isfinite(value) else None


def doubted(name, told):
    """A sentence where cues were moved, or where nobody can say whether they should be."""
    if told["moved_by_s"]:
        late = f"{abs(told['lag_s']):.1f} s {'early' if told['lag_s'] > 0 else 'late'} against what is heard"
        lost = told["left_out_before"]
        yield (
            f"{name} is {late} (± {told['uncertainty_s']:.1f} s, trust {told['trust']:.2f}): its times were moved"
            + (f"; {lost} pieces that then lie before the recording are left out" if lost else "")
        )
    elif told["why"] == "unsure":
        best = "none" if told["lag_s"] is None else f"{told['lag_s']:+.1f} s"
        yield (
            f"{name} fits what is heard at no shift in time for sure (best: {best}, trust {told['trust']:.2f}): its "
            "clock is left as it is; do not trust its timing"
        )
