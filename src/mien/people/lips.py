"""Do picture and sound keep one clock? How late the sound is against the mouths that make it.

The opening of a mouth and its speed go with the level of the voice. Around each moment both are correlated with the
level for every lag of the sound (as :mod:`mien.people.speaker` does for one small lag), summed over all speech; the lag
at which the sum is largest is the estimate. Where nobody says whose speech it is, the mouth that fits best counts, lag
by lag. Stretches of a few seconds are drawn anew to say how far the estimate would move with other speech; the trust
is the share of draws that agree with it, times the share of foreign moments of the sound that fit the mouths worse.

A mouth opens before it is heard: in clips whose streams keep step the sound comes ``usual_s`` later, which is taken off
(Chandrasekaran et al. 2009, PLoS Comput Biol 5: e1000436; Schwartz & Savariaux 2014, PLoS Comput Biol 10: e1003743).
The idea: Slaney & Covell 2000, FaceSync, NIPS 13. People begin to notice sound 45 ms early or 125 ms late (ITU-R
BT.1359).
"""

from dataclasses import dataclass, field

import numpy as np

from mien import store
from mien.people.speaker import SpeakingSettings, correlations, inside, level_at, mouth_at


@dataclass(frozen=True)
class LipSettings:
    """What decides the lag between lips and voice.

    Lags up to ``lag_max_s`` are tried, in steps of ``speaking.step_s``. Of a long recording ``pieces`` pieces of
    ``piece_s`` with most speech, spread over it, are looked at; ``block_s`` of them are drawn together, ``draws``
    times. ``usual_s`` is by how much a voice follows its mouth where nothing is wrong, and ``usual_spread_s`` how far
    that differs between people (standard deviation; both from eight clips of three people and two of others,
    ``notebooks/04_clock``): no interval is narrower than that. ``near_s``: estimates this near each other agree.
    ``opening_min`` and ``speed_min_per_s`` are the least spread of a mouth's opening and speed that counts as movement.
    ``shifts`` foreign moments of the sound say what chance does, each at least ``shift_min_s`` away. A lag is sure from
    ``sure_trust`` and ``sure_speech_s`` of speech on, and matters from ``large_s`` on.
    """

    speaking: SpeakingSettings = field(default_factory=lambda: SpeakingSettings(step_s=0.02))
    lag_max_s: float = 0.6
    usual_s: float = 0.04
    usual_spread_s: float = 0.03
    piece_s: float = 12.0
    pieces: int = 12
    block_s: float = 3.0
    draws: int = 200
    near_s: float = 0.05
    opening_min: float = 0.003
    speed_min_per_s: float = 0.03
    shifts: int = 19
    shift_min_s: float = 2.0
    speech_min_s: float = 1.0
    large_s: float = 0.08
    sure_trust: float = 0.9
    sure_speech_s: float = 8.0


@dataclass(frozen=True)
class LipLag:
    """How late the sound of a recording is against its mouths: ``lag_s`` and the 95 % interval ``low_s`` to ``high_s``.

    ``trust`` 0..1; ``speech_s`` is how much speech with a face in sight it rests on, ``agreement`` (−2..2) how well the
    mouths go with the sound at that lag. NaN with trust 0 where there is nothing to compare.
    """

    lag_s: float
    low_s: float
    high_s: float
    trust: float
    speech_s: float
    agreement: float

    def is_large(self, settings):
        """Whether picture and sound are further apart than matters, sure or not."""
        return bool(np.isfinite(self.lag_s)) and abs(self.lag_s) > settings.large_s

    def is_sure(self, settings):
        """Whether this is to be believed: enough speech, other speech says the same, and its interval leaves out 0."""
        enough = self.trust >= settings.sure_trust and self.speech_s >= settings.sure_speech_s
        return bool(enough and self.low_s * self.high_s > 0)


def lip_lag(faces, sound_rows, speech, settings=None):
    """How late the sound is against the picture, by mouths: a :class:`LipLag`; +0.2 s: all is heard 0.2 s too late.

    ``faces`` (time_s, person_id, mouth_opening) and ``sound_rows`` (time_s, level_db) as :func:`speaking` takes them;
    ``speech`` (start_s, end_s) when somebody speaks, and, where known, ``person_id``: then only the face of that name
    counts, if there is one.
    """
    settings = settings or LipSettings()
    blocks, weights, chance = _curves(faces, sound_rows, speech, settings)
    heard_s = float(weights.sum() * settings.speaking.step_s)
    if heard_s < settings.speech_min_s:
        return LipLag(np.nan, np.nan, np.nan, 0.0, heard_s, np.nan)
    whole = weights @ blocks / weights.sum()
    lag_s, height = _peak(whole, settings)
    drawn = store.rng("lip lag").multinomial(len(blocks), np.full(len(blocks), 1 / len(blocks)), settings.draws)
    drawn = drawn[(drawn * weights).sum(axis=1) > 0]
    lags = np.array([_peak((one * weights) @ blocks, settings)[0] for one in drawn])
    drawn_s = np.quantile(lags, (0.025, 0.975)) - lag_s
    steady = np.mean(np.abs(lags - lag_s) <= settings.near_s) if len(blocks) > 1 else 0.0
    beats = np.mean(chance < height) if len(chance) else 0.0
    found_s, people_s = lag_s - settings.usual_s, 1.96 * settings.usual_spread_s
    low_s, high_s = found_s - np.hypot(drawn_s[0], people_s), found_s + np.hypot(drawn_s[1], people_s)
    return LipLag(found_s, float(low_s), float(high_s), float(steady * beats), heard_s, height)


def _curves(faces, sound_rows, speech, settings):
    """Agreement by lag of each block (blocks, lags), its speech in steps, and the best agreements of foreign sound."""
    step_s = settings.speaking.step_s
    nothing = np.zeros((0, 1)), np.zeros(0), np.zeros(0)
    if not len(faces) or not len(speech) or len(sound_rows) < 2:
        return nothing
    times = np.arange(0.0, max(faces["time_s"].max(), speech["end_s"].max()) + step_s, step_s)
    chosen = _chosen(inside(times, speech), settings)
    level = level_at(sound_rows, times, settings.speaking)
    most = round(settings.lag_max_s / step_s)
    padded = np.pad(level, most, mode="edge")[chosen[:, :1] + np.arange(chosen.shape[1] + 2 * most)]
    names = sorted(faces["person_id"].unique())
    mouths = [mouth_at(faces[faces["person_id"] == name], times, settings.speaking)[:, chosen] for name in names]
    counted = [_counted(times, speech, name, names)[chosen] * ~np.isnan(mouths[k][0]) for k, name in enumerate(names)]
    per = max(round(settings.block_s / step_s), 1)
    blocks, weights = _summed(mouths, counted, padded, per, settings)
    least = round(settings.shift_min_s / step_s)
    if level.size < 3 * least or not weights.sum():
        return blocks, weights, np.zeros(0)
    chance = []
    for shift in np.linspace(least, chosen.size - least, settings.shifts).astype(int):
        foreign = np.roll(level[chosen].ravel(), shift).reshape(chosen.shape)
        foreign = np.pad(foreign, ((0, 0), (most, most)), mode="edge")
        other, _ = _summed(mouths, counted, foreign, per, settings)
        chance.append((weights @ other / weights.sum()).max())
    return blocks, weights, np.array(chance)


def _chosen(spoken, settings):
    """Which steps are looked at, (pieces, steps of each): all, or the most spoken piece of each part of a long one."""
    count = max(round(len(spoken) * settings.speaking.step_s / settings.piece_s), 1)
    per = len(spoken) // count
    said = spoken[: count * per].reshape(count, per).mean(axis=1)
    parts = np.array_split(np.arange(count), min(count, settings.pieces))
    best = np.array([part[np.argmax(said[part])] for part in parts])
    return best[:, None] * per + np.arange(per)


def _counted(times, speech, name, names):
    """When this face may be the one who speaks: in speech of its name, and in that of nobody who has a face."""
    if "person_id" not in speech.columns:
        return inside(times, speech)
    return inside(times, speech[(speech["person_id"] == name) | ~speech["person_id"].isin(names)])


def _summed(mouths, counted, padded, per, settings):
    """The best mouth's agreement by lag in each block, and the steps of speech there: (blocks, lags), (blocks,)."""
    found, weight = [], []
    for (opening, speed), counts in zip(mouths, counted, strict=True):
        seen = (~np.isnan(opening)).astype(float)
        signs = ((np.nan_to_num(opening), settings.opening_min), (np.nan_to_num(speed), settings.speed_min_per_s))
        both = [correlations(sign, padded, seen, settings.speaking, least**2) for sign, least in signs]
        curve = [_by_block((one + other) * counts, per) for one, other in zip(*both, strict=True)]
        weight.append(_by_block(counts, per))
        found.append(np.array(curve).T / np.maximum(weight[-1], 1)[:, None])
    found = np.where(np.array(weight)[..., None] > 0, found, -np.inf)
    weight = np.max(weight, axis=0)
    kept = weight > 0
    return found.max(axis=0)[kept], weight[kept]


def _by_block(values, per):
    """Sums over the blocks of each piece, one after the other."""
    edges = np.arange(0, values.shape[-1], per)
    return np.add.reduceat(values, edges, axis=-1).ravel()


def _peak(curve, settings):
    """Where a curve over lags is largest, seconds, between its steps by a parabola; and how large it is there."""
    step_s, k = settings.speaking.step_s, int(np.argmax(curve))
    beside = 0.0
    if 0 < k < len(curve) - 1:
        before, here, after = curve[k - 1 : k + 2]
        bend = before - 2 * here + after
        beside = 0.5 * (before - after) / bend if bend < 0 else 0.0
    return float((k - len(curve) // 2 + beside) * step_s), float(curve[k])
