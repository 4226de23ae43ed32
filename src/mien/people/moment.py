"""What a mouth says of a single moment: where one person stops and another begins, and who talks into whose speech.

The signs of :mod:`mien.people.speaker` take a second or more to say who speaks. Once that is known, every mouth has
been seen while its owner talks and while not, and a third of a second of its speed says which of both this is: the log
ratio of two normal densities of log speed, the one at rest mixed with that of talk by how often this mouth moves as
busily while its owner is silent. A mouth that was not seen long enough, or rests as it talks (chewing), says nothing.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d

from mien.people.chain import around, chain


@dataclass(frozen=True)
class MomentSettings:
    """What decides what a mouth says of a moment.

    The speed of the mouth is taken within ``near_s``. It says something of who was found to speak for ``own_s`` at a
    probability of ``sure``, whose mouth is ``apart`` faster (log) then, and moves as if talking in less than
    ``restless`` of the other time; ``spread_min`` is the least standard deviation of log speed, ``most`` the most that
    a moment says (log ratio). It counts once in ``near_s``.
    Who talks into another's speech does so by more than ``second_bias`` (log ratio, counted once in ``second_near_s``);
    such states last ``second_stay_s``. What was smeared, ``blur_s`` on each side, is taken off; what is then shorter
    than ``second_min_s`` is dropped.
    """

    near_s: float = 0.28
    own_s: float = 1.5
    around_own_s: float = 1.2
    sure: float = 0.8
    apart: float = 0.7
    restless: float = 0.3
    spread_min: float = 0.5
    most: float = 3.0
    second_bias: float = 0.6
    second_near_s: float = 0.25
    second_stay_s: float = 0.4
    second_min_s: float = 0.16
    blur_s: float = 0.1


def moments(mouths, probability, spoken, settings):
    """The log ratio of talk to rest of each mouth at each time, (people, times); 0 where it says nothing.

    ``mouths`` [(opening, speed)] by person, ``probability`` (people, times) that each speaks, ``spoken`` (times,) 1 in
    speech; ``settings`` of :class:`mien.people.SpeakingSettings`.
    """
    found = np.zeros((len(mouths), len(spoken)))
    for place, ((opening, speed), own) in enumerate(zip(mouths, probability, strict=True)):
        seen = ~np.isnan(opening)
        near = around(np.nan_to_num(speed), seen, settings.moment.near_s, settings.step_s)
        busy = np.log(near + settings.still_per_s)
        near_own = maximum_filter1d(own * spoken, max(1, round(settings.moment.around_own_s / settings.step_s)))
        found[place] = seen * _ratio(busy, seen * own * spoken, seen * (1 - near_own), settings)
    return found


def _ratio(busy, talks, rests, settings):
    """Log ratio of both densities at each time; ``talks`` and ``rests`` are the weights by which they are learned."""
    about, step_s = settings.moment, settings.step_s
    if min(talks[talks > about.sure].sum(), rests.sum()) * step_s < about.own_s:
        return np.zeros(len(busy))
    (talk, talk_spread), (rest, rest_spread) = (_normal(busy, weight, about.spread_min) for weight in (talks, rests))
    restless = (rests * (busy > (talk + rest) / 2)).sum() / rests.sum()
    if restless >= about.restless or talk - rest < about.apart:
        return np.zeros(len(busy))
    likely = [_density(busy, talk, talk_spread), _density(busy, rest, rest_spread)]
    found = np.log(likely[0] / ((1 - restless) * likely[1] + 0.5 * restless * likely[0]))
    return np.clip(np.where(busy > talk, np.maximum(found, 0), found), -about.most, about.most)


def _normal(values, weight, spread_min):
    mean = (weight * values).sum() / weight.sum()
    return mean, max(np.sqrt((weight * (values - mean) ** 2).sum() / weight.sum()), spread_min)


def _density(values, mean, spread):
    """A normal density without its constant, with heavy tails."""
    return np.exp(-0.5 * ((values - mean) / spread) ** 2) / spread + 1e-4


def seconds(ratios, first, spoken, settings):
    """Who talks into another's speech: a list (place of the person, first step, last step, probability).

    ``ratios`` (people, times) of :func:`moments`, ``first`` (times,) the place of who speaks, ``len(ratios)`` for
    nobody in the picture: into that nobody talks, for then no face is known to be heard.
    """
    about, people = settings.moment, len(ratios)
    if not people:
        return []
    own = first == np.arange(people)[:, None]
    may = (spoken > 0) & ~own & (first < people)
    said = np.where(may, ratios - about.second_bias, np.where(own, 0.0, -about.most)) * settings.step_s
    pair = np.array([said / about.second_near_s, np.zeros(said.shape)])
    change = np.full(len(spoken), 1 - np.exp(-settings.step_s / about.second_stay_s))
    probability = chain(pair, change)[0]
    rows = []
    for place in np.flatnonzero(ratios.any(axis=1)):
        on = (probability[place] > 0.5) & may[place]
        edges = np.flatnonzero(np.diff(np.concatenate([[0], on.astype(int), [0]]))).reshape(-1, 2)
        rows += [_row(place, a, b, own[place], probability[place], settings) for a, b in edges]
    return [row for row in rows if (row[2] - row[1]) * settings.step_s >= about.second_min_s]


def _row(place, begin, end, own, probability, settings):
    """One span without its smeared edges; an edge at which the same person goes on is none."""
    blur = round(settings.moment.blur_s / settings.step_s)
    low = begin + (0 if begin and own[begin - 1] else blur)
    high = end - (0 if end < len(own) and own[end] else blur)
    return place, low, high, float(probability[begin:end].mean())
