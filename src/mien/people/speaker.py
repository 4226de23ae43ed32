"""Who is speaking: the face whose mouth is at work while there is speech, and moves as the sound does.

Three signs for every face, four decimals a second long or more, none of which knows the person:

- *activity*: how fast the mouth moves while there is speech, over about a second (log of opening per second);
- *unrest*: the same, compared with how this very mouth moves when its owner is not speaking: who chews, or talks with
  the microphone off, moves the mouth all the time;
- *agreement*: how well the opening of the mouth follows the level of the sound over some three seconds, pauses
  included, at the best small shift in time.

A weighted sum of the three is the evidence for a face; nobody in the picture has evidence 0. What a step says is
weighed against what the steps around it say (a hidden Markov chain, forward and backward: who speaks goes on speaking,
and changes mostly in pauses), which gives each face a probability at each time. Mouth motion and sound together for
finding who speaks: Cutler & Davis 2000; Hershey & Movellan 2000.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter1d, uniform_filter1d


@dataclass(frozen=True)
class SpeakingSettings:
    step_s: float = 0.04
    activity_s: float = 1.2
    agreement_s: float = 3.2
    lag_max_s: float = 0.2
    level_smooth_s: float = 0.04
    level_range_db: float = 35.0
    seen_within_s: float = 0.15
    still_per_s: float = 0.003
    weight_activity: float = 1.7
    weight_unrest: float = 2.2
    weight_agreement: float = 5.5
    nobody: float = -0.5
    rounds: int = 3
    evidence_s: float = 0.7
    stay_s: float = 4.0
    pause_s: float = 0.15


COLUMNS = ("person_id", "start_s", "end_s", "trust")


def speaking(faces, sound_rows, speech, settings=None):
    """Who speaks when, by mouths and one shared sound: a table person_id, start_s, end_s, trust; half-open, in order."""
    settings = settings or SpeakingSettings()
    if not len(speech):
        return pd.DataFrame({name: pd.Series(dtype=str if name == "person_id" else float) for name in COLUMNS})
    people = sorted(faces["person_id"].unique())
    times = np.arange(0.0, speech["end_s"].max() + settings.step_s, settings.step_s)
    spoken = _spoken(times, speech)
    probability = _probability(faces, people, sound_rows, times, spoken, settings)
    return _pieces([*people, ""], probability, times, speech)


def _spoken(times, speech):
    inside = np.zeros(len(times))
    for start_s, end_s in speech[["start_s", "end_s"]].to_numpy():
        inside[(times >= start_s) & (times < end_s)] = 1
    return inside


def _probability(faces, people, sound_rows, times, spoken, settings):
    """Of each person, and last of nobody, at each time: (people + 1, times); NaN-free; columns sum to 1."""
    level = _level(sound_rows, times, settings)
    mouths = [_mouth(faces[faces["person_id"] == person], times, settings) for person in people]
    seen = np.array([~np.isnan(opening) for opening, _ in mouths]).reshape(len(people), len(times))
    agree = [_agreement(np.nan_to_num(o), level, s, settings) for (o, _), s in zip(mouths, seen, strict=True)]
    active = [_activity(np.nan_to_num(v), s * spoken, settings) for (_, v), s in zip(mouths, seen, strict=True)]
    always = [_activity(np.nan_to_num(v), s * 1.0, settings) for (_, v), s in zip(mouths, seen, strict=True)]
    usual = [np.median(a[s]) if s.any() else 0.0 for a, s in zip(always, seen, strict=True)]
    for _ in range(settings.rounds):
        evidence = [_evidence(a, a - u, g, s, settings) for a, u, g, s in zip(active, usual, agree, seen, strict=True)]
        probability = _chain(np.array([*evidence, np.zeros(len(times))]), spoken, settings)
        usual = [_resting(a, s * (1 - p * spoken)) for a, s, p in zip(always, seen, probability[:-1], strict=True)]
    return probability


def _resting(activity, weight):
    return float((activity * weight).sum() / weight.sum()) if weight.sum() > 0 else 0.0


def _evidence(active, unrest, agree, seen, settings):
    score = (
        settings.nobody
        + settings.weight_activity * active
        + settings.weight_unrest * unrest
        + settings.weight_agreement * agree
    )
    return np.where(seen, score, -np.inf)


def _level(sound_rows, times, settings):
    """The level of the sound in dB at each time, smoothed, no lower than ``level_range_db`` under its loud parts."""
    if not len(sound_rows):
        return np.zeros(len(times))
    hop_s = float(np.median(np.diff(sound_rows["time_s"]))) if len(sound_rows) > 1 else 0.01
    rms = 10 ** (sound_rows["level_db"].fillna(-120.0).to_numpy(float) / 20)
    smooth = 20 * np.log10(gaussian_filter1d(rms, settings.level_smooth_s / hop_s) + 1e-6)
    level = np.interp(times, sound_rows["time_s"], smooth)
    return np.maximum(level, np.quantile(level, 0.95) - settings.level_range_db)


def _mouth(rows, times, settings):
    """How wide the mouth is open at each time, and how fast that changes (per second); NaN where it is not seen."""
    rows = rows.dropna(subset=["mouth_opening"]).sort_values("time_s")
    if len(rows) < 3:
        return np.full((2, len(times)), np.nan)
    at, opening = rows["time_s"].to_numpy(), rows["mouth_opening"].to_numpy(float)
    apart = np.diff(at)
    near = apart < 2 * settings.seen_within_s
    if not near.any():
        return np.full((2, len(times)), np.nan)
    speed = (np.abs(np.diff(opening)) / apart)[near]
    found = np.array([np.interp(times, at, opening), np.interp(times, ((at[1:] + at[:-1]) / 2)[near], speed)])
    after = np.clip(np.searchsorted(at, times), 1, len(at) - 1)
    away = np.minimum(np.abs(times - at[after]), np.abs(times - at[after - 1]))
    found[:, away > settings.seen_within_s] = np.nan
    return found


def _activity(speed, weight, settings):
    return np.log(_mean(speed, weight, settings.activity_s, settings) + settings.still_per_s)


def _mean(values, weight, span_s, settings):
    """Weighted mean within ``span_s`` around each time; 0 where there is no weight."""
    count = max(3, round(span_s / settings.step_s))
    total = uniform_filter1d(weight.astype(float), count, mode="constant")
    return uniform_filter1d(values * weight, count, mode="constant") / np.maximum(total, 1e-9)


def _agreement(opening, level, seen, settings):
    """Correlation of the mouth's opening with the level around each time, at the best shift of the sound."""
    most = round(settings.lag_max_s / settings.step_s)
    padded = np.pad(level, most, mode="edge")
    shifted = [padded[most + k : most + k + len(level)] for k in range(-most, most + 1)]
    mean = lambda values: _mean(values, seen, settings.agreement_s, settings)  # noqa: E731
    middle = mean(opening)
    spread = np.maximum(mean(opening**2) - middle**2, 1e-8)
    best = np.full(len(level), -1.0)
    for sound in shifted:
        loud = mean(sound)
        both = spread * np.maximum(mean(sound**2) - loud**2, 1.0)
        best = np.maximum(best, (mean(opening * sound) - middle * loud) / np.sqrt(both))
    return best


def _chain(evidence, spoken, settings):
    """Probabilities from evidence: (states, times) → (states, times), forward and backward through time."""
    states, steps = evidence.shape
    scaled = np.where(
        spoken > 0, evidence * settings.step_s / settings.evidence_s, np.where(np.isinf(evidence), evidence, 0)
    )
    likely = np.exp(scaled - scaled.max(axis=0))
    stay = np.where(spoken > 0, settings.stay_s, settings.pause_s)
    change = 1 - np.exp(-settings.step_s / stay)
    forward, now = np.empty((states, steps)), np.full(states, 1 / states)
    for t in range(steps):
        now = ((1 - change[t]) * now + change[t] / states) * likely[:, t]
        forward[:, t] = now = now / now.sum()
    found, later = np.empty((states, steps)), np.ones(states)
    for t in range(steps - 1, -1, -1):
        both = forward[:, t] * later
        found[:, t] = both / both.sum()
        later = later * likely[:, t]
        later = (1 - change[t]) * later + change[t] * later.mean()
        later /= later.sum()
    return found


def _pieces(names, probability, times, speech):
    rows = []
    best = probability.argmax(axis=0)
    for start_s, end_s in speech[["start_s", "end_s"]].to_numpy():
        inside = np.flatnonzero((times >= start_s) & (times < end_s))
        inside = inside if len(inside) else [min(np.searchsorted(times, start_s), len(times) - 1)]
        edges = [i for i in inside[1:] if best[i] != best[i - 1]]
        for first, last in zip([inside[0], *edges], [*edges, inside[-1] + 1], strict=True):
            begin = start_s if first == inside[0] else times[first]
            end = end_s if last == inside[-1] + 1 else times[last]
            rows.append((names[best[first]], begin, end, float(probability[best[first], first:last].mean())))
    return pd.DataFrame(rows, columns=list(COLUMNS))
