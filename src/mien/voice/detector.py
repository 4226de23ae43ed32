"""When somebody speaks: the Silero detector's probabilities become stretches of speech."""

import numpy as np
import pandas as pd

from mien.voice.silero import AT_ONCE, CHUNK, Silero
from mien.voice.track import VoiceSettings, check_rate, one_thread

STILL = 10
"""Chunks of digital silence that the detector is shown before it rests: it has a memory, and hears a third of a second
of silence; then it forgets."""


def speech(sound, settings=None, told=None):
    """When there is speech in a sound: a table start_s, end_s on the recording's clock, half-open, in order.

    The detector (:mod:`mien.voice.silero`) gives a probability per 32 ms; the level
    then says where within a quarter of a second speech began and ended. Median errors on acted clips (what lies within
    30 dB of their peak) pasted into silence: onset 2 ms, end 7 ms (without the level 13 and 45 ms); in white noise at
    20 dB 10 and 17 ms, at 10 dB 43 and 94 ms. ``told`` collects ``speech_s`` and ``speech_share``. Raises ValueError
    unless the sound has 16,000 samples a second.
    """
    settings = settings or VoiceSettings()
    check_rate(sound, settings)
    step = CHUNK / settings.rate_hz
    ranges = _hysteresis(probabilities(sound)[1], settings)
    rows = _joined([(first * step, last * step) for first, last in ranges], settings.silence_min_s)
    rows = _joined(_edges(rows, _fine_level(sound.samples), settings), settings.silence_min_s)
    rows = [(max(a + sound.start_s, 0.0), min(b + sound.start_s, sound.end_s)) for a, b in rows]
    rows = [(a, b) for a, b in rows if b - a >= settings.speech_min_s]
    if told is not None:
        total = float(sum(b - a for a, b in rows))
        told |= {"speech_s": total, "speech_share": total / sound.duration_s if sound.duration_s else 0.0}
    return pd.DataFrame(rows, columns=["start_s", "end_s"], dtype=float)


@one_thread
def probabilities(sound):
    """The detector's probability of speech per 32 ms, as ``(times_s, probabilities)``; times are of the chunk's start.

    Digital silence is not speech and is not shown to the detector.
    """
    count, detector, quiet = -(-len(sound.samples) // CHUNK), Silero(), 0
    found = np.zeros(count)
    for first in range(0, count, AT_ONCE):
        part = sound.samples[first * CHUNK : (first + AT_ONCE) * CHUNK]
        chunks = np.pad(part, (0, -len(part) % CHUNK)).reshape(-1, CHUNK)
        at, loud = np.arange(len(chunks)), chunks.any(axis=1)
        silent_for = at - np.maximum.accumulate(np.where(loud, at, -1 - quiet))
        for here in np.split(at, np.flatnonzero(silent_for == STILL)):
            if len(here) and silent_for[here[0]] == STILL:
                detector.reset()
            shown = here[silent_for[here] < STILL]
            found[first + shown] = detector(chunks[shown])
        quiet = int(silent_for[-1])
    return sound.start_s + np.arange(count) * CHUNK / sound.rate_hz, found


def _hysteresis(probability, settings):
    """Chunk ranges ``(first, last)`` that begin at ``speech_on`` or more and end before ``speech_off``."""
    ranges, begun = [], None
    for at, p in enumerate(probability):
        if begun is None and p >= settings.speech_on:
            begun = at
        elif begun is not None and p < settings.speech_off:
            ranges.append((begun, at))
            begun = None
    return [*ranges, (begun, len(probability))] if begun is not None else ranges


def _joined(rows, least_s):
    """Stretches joined over silences shorter than ``least_s``."""
    found = []
    for start, end in rows:
        if found and start - found[-1][1] < least_s:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


FINE = 80
"""Samples between two levels of the edge search: 5 ms at 16 kHz."""


def _fine_level(samples):
    """Level of the 10 ms around every 5 ms, dB re full scale, not under -100."""
    sums, step = [], FINE * CHUNK
    for first in range(0, len(samples), step):
        part = samples[first : first + step]
        sums.append((np.pad(part, (0, -len(part) % FINE)).reshape(-1, FINE) ** 2).sum(axis=1))
    sums = np.concatenate([[0.0], *sums, [0.0]])[: len(samples) // FINE + 2]
    return 20 * np.log10(np.sqrt((sums[:-1] + sums[1:]) / (2 * FINE)) + 1e-5)


def _edges(rows, level, settings):
    """Move each edge to where the level says that the voice is, within ``edge_reach_s`` and never past a neighbour."""
    step = FINE / settings.rate_hz
    noise = _noise_db(rows, level, step)
    reach, hole = round(settings.edge_reach_s / step), round(settings.edge_hole_s / step)
    bounds = [0, *(round(edge / step) for row in rows for edge in row), len(level)]
    found = []
    for i, (first, last) in enumerate(zip(bounds[1:-1:2], bounds[2:-1:2], strict=True)):
        low, high = max(first - reach, bounds[2 * i]), min(last + reach, bounds[2 * i + 3])
        loudest = np.quantile(level[first : max(last, first + 1)], 0.95)
        loud = level[low:high] > max(noise + settings.edge_above_db, loudest - settings.edge_range_db)
        start, end = _grown(np.flatnonzero(loud) + low, first, last, reach, hole)
        found.append((start * step, end * step))
    return found


def _noise_db(rows, level, step):
    """The median level well away from speech; very low where there is no such place."""
    away = np.ones(len(level), bool)
    for start, end in rows:
        away[max(round((start - 0.15) / step), 0) : round((end + 0.15) / step)] = False
    return np.median(level[away]) if away.sum() * step > 0.1 else -100.0


def _grown(loud, first, last, reach, hole):
    """From the first and last loud place inside ``first`` to ``last``, outwards over holes shorter than ``hole``."""
    inside = loud[(loud >= first) & (loud < last)]
    if not len(inside):
        return first, last
    start = inside[0] if inside[0] - first <= reach else first
    end = inside[-1] + 1 if last - inside[-1] <= reach else last
    for place in loud[loud < start][::-1]:
        if start - place > hole:
            break
        start = place
    for place in loud[loud >= end]:
        if place - end >= hole:
            break
        end = place + 1
    return start, max(end, start + 1)
