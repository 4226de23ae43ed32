"""Who is speaking: the face whose mouth is at work while there is speech, and moves as the sound does.

Every face shows three signs, and none of them knows the person:

- *activity*: how fast the mouth moves while there is speech, over about a second;
- *unrest*: the same, against how this very mouth moves while its owner is not speaking. Who chews, laughs or talks
  with the microphone off moves the mouth at other times too;
- *agreement*: how well the opening of the mouth follows the level of the sound over some three seconds with their
  pauses, at the best small shift in time, since picture and sound of a meeting seldom keep step.

Their weighted sum is the evidence for a face; the evidence for nobody in the picture is 0. What a moment says is then
weighed against the moments around it: who speaks goes on speaking, and changes come mostly in pauses (a hidden Markov
chain, forward and backward: Rabiner 1989). Who is speaking by then moves the mouth for a reason, so unrest is measured
anew, a few rounds long. Mouth motion and sound together, to find who speaks: Cutler & Davis 2000, Hershey & Movellan
2000. Then the single moments are looked at (:mod:`mien.people.moment`): where exactly one stops and another begins,
and who talks into another's speech.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter1d

from mien.people.chain import around, chain
from mien.people.moment import MomentSettings, moments, seconds

COLUMNS = ("person_id", "start_s", "end_s", "trust")


@dataclass(frozen=True)
class SpeakingSettings:
    """What decides whose mouth moves with the sound.

    Time is cut into steps of ``step_s``. ``activity_s`` and ``agreement_s`` are the spans of the signs, ``lag_max_s``
    how far apart sound and picture are compared: beyond the 0.2 s that they may be, since mouths lead and trail too.
    The level is smoothed over ``level_smooth_s`` and looked at down to ``level_range_db`` under its loud parts. A face
    counts as seen within ``seen_within_s`` of a picture of it. The mouth's speed is its change of opening (inner-lip
    gap ÷ face height) within ``speed_s``, the same at 10 and at 25 pictures a second, divided by it; ``still_per_s`` is
    what landmarks do by themselves, ``resting_per_s`` what a mouth usually does while its owner is silent, which counts
    for ``resting_prior_s`` seconds of seeing it. ``evidence_s`` is how long evidence takes to count once (signs of
    neighbouring moments are nearly the same), ``stay_s`` how long one person usually goes on, ``pause_s`` the pause
    after which anybody may be next. ``shifts`` circular shifts by at least ``shift_min_s`` are what chance does.

    The four weights are a conditional logistic fit to scripted talk among up to four tiles of real clips at 10 and 25
    pictures a second, with smiling, mouthing and talking listeners and voices from outside the picture. Fitted without
    the person who was then judged they name the right one in 94 % of speech (25 a second; 93 % at 10), and in 93 %
    (91 %) beside somebody who talks all the time with the microphone off. Speech from outside is nobody's in five to
    nine tenths among listeners, and mostly given away beside such a talker. Seven pictures a second are enough; at
    five 85 % are left. Sound up to 0.2 s early or late costs 1 %, 0.4 s some 10 %.
    """

    step_s: float = 0.04
    activity_s: float = 1.2
    agreement_s: float = 3.2
    lag_max_s: float = 0.3
    speed_s: float = 0.1
    level_smooth_s: float = 0.04
    level_range_db: float = 35.0
    seen_within_s: float = 0.15
    still_per_s: float = 0.003
    resting_per_s: float = 0.02
    resting_prior_s: float = 2.0
    weight_activity: float = 1.7
    weight_unrest: float = 3.2
    weight_agreement: float = 3.9
    bias: float = 1.3
    rounds: int = 3
    evidence_s: float = 0.7
    stay_s: float = 4.0
    pause_s: float = 0.15
    shift_min_s: float = 1.0
    shifts: int = 20
    moment: MomentSettings = MomentSettings()


@dataclass(frozen=True)
class Signs:
    """What one mouth shows at each time: whether it is ``seen``, its activity in speech and always, its agreement."""

    seen: np.ndarray
    in_speech: np.ndarray
    always: np.ndarray
    agreement: np.ndarray


def speaking(faces, sound_rows, speech, settings=None):
    """Who speaks when, by mouths and one shared sound: a table person_id, start_s, end_s, trust; half-open, in order.

    ``faces`` as :func:`assign` gives them (time_s, person_id, mouth_opening), ``sound_rows`` as ``voice.frames``
    (time_s, level_db), ``speech`` when anybody speaks (start_s, end_s, in order and apart). Every stretch of speech is
    given away whole, cut where another goes on; person_id is '' where nobody in the picture fits. A second voice
    in it is a further row. ``trust`` (0..1) is the probability that the right one is named, mean over the piece, times
    the share of circular shifts of the sound (by ``shift_min_s`` and more) that fit the mouths worse than the sound as
    it is: who talks into another moment's sound moves the mouth as busily. Recordings
    too short to be shifted are taken as they are.
    """
    settings = settings or SpeakingSettings()
    people = sorted(faces["person_id"].unique())
    times = np.arange(0.0, speech["end_s"].max() + settings.step_s if len(speech) else 0.0, settings.step_s)
    spoken = inside(times, speech)
    level = level_at(sound_rows, times, settings)
    mouths = [mouth_at(faces[faces["person_id"] == person], times, settings) for person in people]
    signs = [_signs(mouth, spoken, level, settings) for mouth in mouths]
    evidence, probability = _probability(signs, spoken, settings)
    best, others = _at_each_moment(mouths, evidence, probability, spoken, settings)
    found = _pieces([*people, ""], best, probability, times, speech, others)
    return found.assign(trust=found["trust"] * _belonging(mouths, spoken, level, settings))


def inside(times, speech):
    """1 at each time that lies in one of the stretches of speech, else 0."""
    found = np.zeros(len(times))
    for start_s, end_s in speech[["start_s", "end_s"]].to_numpy():
        found[(times >= start_s) & (times < end_s)] = 1.0
    return found


# ---- signs -----------------------------------------------------------------------------------------------------------


def level_at(sound_rows, times, settings):
    """The level of the sound in dB at each time, smoothed, at most ``level_range_db`` under its loud parts."""
    if len(sound_rows) < 2 or not len(times):
        return np.zeros(len(times))
    hop_s = float(np.median(np.diff(sound_rows["time_s"])))
    power = 10 ** (sound_rows["level_db"].fillna(-120.0).to_numpy(float) / 20)
    smooth = 20 * np.log10(gaussian_filter1d(power, settings.level_smooth_s / hop_s) + 1e-6)
    level = np.interp(times, sound_rows["time_s"], smooth)
    return np.maximum(level, np.quantile(level, 0.95) - settings.level_range_db)


def _signs(mouth, spoken, level, settings):
    opening, speed = mouth
    seen = ~np.isnan(opening)
    opening, speed = np.nan_to_num(opening), np.nan_to_num(speed)
    agreement = _agreement(opening, level, seen, settings)
    return Signs(seen, _activity(speed, seen * spoken, settings), _activity(speed, seen, settings), agreement)


def mouth_at(rows, times, settings):
    """How wide the mouth is open at each time and how fast that changes per second; NaN where it is not seen."""
    rows = rows.dropna(subset=["mouth_opening"]).sort_values("time_s")
    at, half_s = rows["time_s"].to_numpy(float), settings.speed_s / 2
    if len(at) < 2:
        return np.full((2, len(times)), np.nan)
    now, before, after = (np.interp(times + shift, at, rows["mouth_opening"]) for shift in (0, -half_s, half_s))
    found = np.array([now, np.abs(after - before) / settings.speed_s])
    next_one = np.clip(np.searchsorted(at, times), 1, len(at) - 1)
    away = np.minimum(np.abs(times - at[next_one]), np.abs(times - at[next_one - 1]))
    found[:, away > settings.seen_within_s] = np.nan
    return found


def _activity(speed, weight, settings):
    """Log of the mouth's mean speed around each time."""
    return np.log(around(speed, weight, settings.activity_s, settings.step_s) + settings.still_per_s)


def _agreement(opening, level, seen, settings):
    """Correlation of opening and level around each time, at the shift of the sound where it is largest; −1..1."""
    most, best = round(settings.lag_max_s / settings.step_s), np.full(len(level), -1.0)
    padded = np.pad(level, most, mode="edge") if len(level) else np.zeros(2 * most)
    for found in correlations(opening, padded, seen, settings):
        best = np.maximum(best, found)
    return best


def correlations(signal, padded, seen, settings, spread_min=1e-8):
    """How a signal of a mouth goes with the level around each time, −1..1, for one shift of the sound after the other.

    ``signal`` and ``seen`` (…, times); ``padded`` (…, times + 2 · most) is the level from ``most`` steps before the
    first time to ``most`` after the last. Yields 2 · most + 1 arrays (…, times), for the level ``most`` steps earlier
    to ``most`` steps later. Both are compared within ``agreement_s``; ``spread_min`` is the least variance of the
    signal that counts as movement.
    """

    def mean(values):
        return around(values, seen, settings.agreement_s, settings.step_s)

    middle = mean(signal)
    spread = np.maximum(mean(signal**2) - middle**2, spread_min)
    steps = signal.shape[-1]
    for shift in range(padded.shape[-1] - steps + 1):
        sound = padded[..., shift : shift + steps]
        loud = mean(sound)
        both = np.sqrt(spread * np.maximum(mean(sound**2) - loud**2, 1.0))
        yield (mean(signal * sound) - middle * loud) / both


# ---- from signs to probabilities -------------------------------------------------------------------------------------


def _probability(signs, spoken, settings):
    """The evidence for each person and last for nobody, (people + 1, times), and their probabilities, summing to 1."""
    resting = [np.log(settings.resting_per_s)] * len(signs)
    for _ in range(settings.rounds):
        evidence = [_evidence(one, rest, settings) for one, rest in zip(signs, resting, strict=True)]
        evidence = np.array([*evidence, np.zeros(len(spoken))])
        probability = _chain(evidence, spoken, settings)
        silent = [1 - own * spoken for own in probability[:-1]]
        resting = [_resting(one, weight, settings) for one, weight in zip(signs, silent, strict=True)]
    return evidence, probability


def _at_each_moment(mouths, evidence, probability, spoken, settings):
    """Who speaks at each time, (times,), and who talks into that (:func:`mien.people.moment.seconds`).

    Single moments move what the signs found; they give nothing to anybody inside the speech of nobody in the picture.
    """
    ratios, usual = moments(mouths, probability[:-1], spoken, settings), probability.argmax(axis=0)
    if not ratios.any():
        return usual, []
    sharp = evidence.copy()
    sharp[:-1] += ratios * settings.evidence_s / settings.moment.near_s
    best, nobody = _chain(sharp, spoken, settings).argmax(axis=0), len(mouths)
    for run in np.split(np.arange(len(best)), np.flatnonzero(np.diff(best)) + 1):
        best[run] = best[run] if (usual[run] != nobody).any() else nobody
    return best, seconds(ratios, best, spoken, settings)


def _evidence(one, resting, settings):
    """Log odds that this face speaks and not somebody outside the picture; −∞ where it is not seen."""
    activity, unrest = one.in_speech, one.in_speech - resting
    found = settings.weight_activity * activity + settings.weight_unrest * unrest
    return np.where(one.seen, settings.bias + found + settings.weight_agreement * one.agreement, -np.inf)


def _resting(one, silent, settings):
    """Mean activity of a mouth while its owner is silent, drawn to what is usual where that is short."""
    prior, weight = settings.resting_prior_s / settings.step_s, one.seen * silent
    total = (one.always * weight).sum() + prior * np.log(settings.resting_per_s)
    return float(total / (weight.sum() + prior))


def _chain(evidence, spoken, settings):
    """Probabilities of the people and of nobody from the evidence for each, (states, times)."""
    counted = np.where(np.isinf(evidence) | (spoken > 0), evidence * settings.step_s / settings.evidence_s, 0.0)
    return chain(counted, 1 - np.exp(-settings.step_s / np.where(spoken > 0, settings.stay_s, settings.pause_s)))


def _belonging(mouths, spoken, level, settings):
    """The share of circular shifts of the sound that fit the mouths worse than the sound where it is; 1 if untested."""
    least = round(settings.shift_min_s / settings.step_s)
    if len(spoken) < 3 * least or not mouths:
        return 1.0
    here = _fit(mouths, spoken, level, settings)
    shifts = np.linspace(least, len(spoken) - least, settings.shifts).astype(int)
    return float(np.mean([_fit(mouths, np.roll(spoken, s), np.roll(level, s), settings) < here for s in shifts]))


def _fit(mouths, spoken, level, settings):
    """How well speech is explained by the mouths or by somebody unseen: mean log odds, before anything is learned."""
    usual = np.log(settings.resting_per_s)
    signs = [_signs(mouth, spoken, level, settings) for mouth in mouths]
    evidence = [_evidence(one, usual, settings) for one in signs]
    return float(np.logaddexp.reduce([*evidence, np.zeros(len(spoken))], axis=0)[spoken > 0].mean())


def _pieces(names, best, probability, times, speech, others):
    """Each stretch of speech, cut where another becomes the most probable, and what others say meanwhile, by time."""
    rows = []
    for start_s, end_s in speech[["start_s", "end_s"]].to_numpy():
        first = min(int(np.searchsorted(times, start_s)), len(times) - 1)
        last = max(int(np.searchsorted(times, end_s)), first + 1)
        cuts = [first, *(t for t in range(first + 1, last) if best[t] != best[t - 1]), last]
        edges = [start_s, *times[cuts[1:-1]], end_s]
        for low, high, begin, end in zip(cuts, cuts[1:], edges, edges[1:], strict=False):
            rows.append((names[best[low]], begin, end, float(probability[best[low], low:high].mean())))
    rows += [(names[place], times[a], times[min(b, len(times) - 1)], sure) for place, a, b, sure in others]
    kinds = {"person_id": str, "start_s": float, "end_s": float, "trust": float}
    found = pd.DataFrame(rows, columns=list(COLUMNS)).astype(kinds)
    return found.sort_values("start_s", kind="stable", ignore_index=True)
