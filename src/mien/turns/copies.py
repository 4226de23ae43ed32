"""Which tracks hold one voice, and whose it is: pieces of tracks are compared, and each voice in two is given a source.

The first two steps of :mod:`mien.turns.crosstalk`: copies, and their direction, gain and delay.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, groupby
from operator import attrgetter

import numpy as np
import pandas as pd
from scipy import ndimage

HOP_S = 0.01
TIMBRE = ("mfcc_1", "mfcc_2", "mfcc_3", "mfcc_4")
SILENT_DB = -120.0


@dataclass(frozen=True)
class Track:
    """One track on a clock of 10 ms: level and noise (frames,) dB, timbre (4, frames), whether speech was detected."""

    level: np.ndarray
    timbre: np.ndarray
    speech: np.ndarray
    noise: np.ndarray

    @cached_property
    def floored(self):
        """The level, not under 40 dB below its loud parts."""
        return np.maximum(self.level, np.quantile(self.level, 0.95) - 40)


def tracks_of(names, sounds, speech):
    """All tracks on one clock of 10 ms: {person_id: :class:`Track`}."""
    count = round(max(sounds[name]["time_s"].max() for name in names) / HOP_S) + 2
    return {name: _track(sounds[name], speech[name], count) for name in names}


def _track(rows, speech, count):
    at = np.clip(np.round(rows["time_s"].to_numpy() / HOP_S).astype(int), 0, count - 1)
    level = np.full(count, SILENT_DB, "float32")
    level[at] = rows["level_db"].fillna(SILENT_DB)
    timbre = np.zeros((len(TIMBRE), count), "float32")
    timbre[:, at] = rows[list(TIMBRE)].fillna(0.0).to_numpy("float32").T
    noise = np.full(count, SILENT_DB, "float32")
    noise[at] = rows["noise_db"].fillna(SILENT_DB)
    return Track(level, timbre, flags(speech, count), noise)


def flags(rows, count):
    """Which frames lie in some stretches."""
    found = np.zeros(count, bool)
    for start_s, end_s in rows[["start_s", "end_s"]].to_numpy():
        found[max(round(start_s / HOP_S), 0) : max(round(end_s / HOP_S), 0)] = True
    return found


def ways(tracks, settings):
    """Who hears whom: {(source, listener): pieces that agree, with first, gain_db, delay_s, trust, agree}.

    ``tracks`` {person_id: :class:`Track`}, ``settings`` a :class:`mien.turns.CrosstalkSettings`.
    """
    return _ways(_judged(_compared_pairs(tracks, settings), tracks, settings), settings)


def trust_of(rows):
    """How sure a way is, 0..1: mean trust of its pieces times the share that agree."""
    return float((rows["trust"] * rows["agree"]).mean())


def _compared_pairs(tracks, settings):
    """Every pair and piece in which one voice is in both tracks: one, other, first, r, lag_s, above_db.

    ``lag_s`` is how much later the other has it, ``above_db`` how much louder.
    """
    size, most = round(settings.piece_s / HOP_S), round(settings.lag_max_s / HOP_S)
    found = []
    for one, other in combinations(tracks, 2):
        a, b = tracks[one], tracks[other]
        starts = np.arange(most, len(a.level) - size - most, round(settings.step_s / HOP_S))
        said = [_share(track.speech, starts, size) for track in (a, b)]
        starts = starts[np.maximum(*said) >= settings.said_share]
        for part in np.array_split(starts, -(-len(starts) // 100)) if len(starts) else ():
            r, lag_s, above_db = _compared(a, b, part, size, most)
            found.append(
                pd.DataFrame({"first": part, "r": r, "lag_s": lag_s, "above_db": above_db, "one": one, "other": other})
            )
    rows = (
        pd.concat(found, ignore_index=True)
        if found
        else pd.DataFrame(columns=["first", "r", "lag_s", "above_db", "one", "other"])
    )
    return rows[rows["r"] >= settings.copy_min_r]


def _share(flags, starts, size):
    total = np.concatenate([[0], np.cumsum(flags)])
    return (total[starts + size] - total[starts]) / size


def _compared(one, other, starts, size, most):
    """Of each piece the best correlation, the lag there, and how far the other is above the one in its loud frames."""
    at = starts[:, None] + np.arange(size)
    wide = starts[:, None] + np.arange(-most, size + most)
    total, spread = 0.0, 0.0
    for ours, theirs, weight in channels(one, other):
        r = _correlation(ours[at], theirs[wide], size)
        total, spread = total + weight * r, spread + weight
    r = total / spread
    best = r.argmax(axis=1)
    rows = np.arange(len(starts))
    inner = np.clip(best, 1, r.shape[1] - 2)
    left, middle, right = (r[rows, inner + step] for step in (-1, 0, 1))
    bend = left - 2 * middle + right
    shift = np.where(bend < 0, 0.5 * (left - right) / np.where(bend < 0, bend, 1), 0.0)
    lag = inner - most + np.clip(shift, -0.5, 0.5)
    a = one.level[at]
    b = np.take_along_axis(other.level[wide], best[:, None] + np.arange(size), axis=1)
    loud = (a >= np.quantile(a, 0.9, axis=1)[:, None] - 12) & (b >= np.quantile(b, 0.9, axis=1)[:, None] - 12)
    above = np.array([np.median(d[m]) if m.any() else np.nan for d, m in zip(b - a, loud, strict=True)])
    return r[rows, best], lag * HOP_S, above


def channels(one, other):
    """What is compared of two tracks, with its weight."""
    yield one.floored, other.floored, 2.0
    yield from ((a, b, 1.0) for a, b in zip(one.timbre, other.timbre, strict=True))


def _correlation(ours, theirs, size):
    """Correlation of each row of ours with every window of theirs: (pieces, lags)."""
    ours = ours - ours.mean(axis=1, keepdims=True)
    windows = np.lib.stride_tricks.sliding_window_view(theirs, size, axis=1)
    both = np.einsum("pn,pln->pl", ours, windows)
    n = size
    total = np.cumsum(np.pad(theirs, ((0, 0), (1, 0))).astype(float), axis=1)
    square = np.cumsum(np.pad(theirs, ((0, 0), (1, 0))).astype(float) ** 2, axis=1)
    mean = (total[:, n:] - total[:, :-n]) / n
    power = np.maximum((square[:, n:] - square[:, :-n]) / n - mean**2, 1e-6)
    own = np.maximum((ours.astype(float) ** 2).mean(axis=1), 1e-6)
    return both / n / np.sqrt(power * own[:, None])


def _judged(copies, tracks, settings):
    """Each copy with its source: a row per source, listener and piece, with gain_db, delay_s and trust."""
    size = round(settings.piece_s / HOP_S)
    names = list(tracks)
    levels = {name: _piece_levels(tracks[name].level, size) for name in names}
    quiet = {}
    for name in names:
        mine = copies[(copies["one"] == name) | (copies["other"] == name)]
        quiet[name] = np.quantile(levels[name][mine["first"].to_numpy(int)], 0.1) if len(mine) else 0.0
    rows = []
    in_order = copies.sort_values("first", kind="stable").itertuples(index=False)
    for first, group in groupby(in_order, attrgetter("first")):
        for members, pairs in _connected(group):
            rows += _piece(first, members, pairs, {n: levels[n][int(first)] for n in members}, quiet, settings)
    return pd.DataFrame(rows, columns=["first", "source", "listener", "gain_db", "delay_s", "trust"])


def _piece_levels(level, size):
    """The level of the loud part of the piece that begins at each frame (mean power), dB; silent where none fits."""
    if len(level) < size:
        return np.full(len(level), SILENT_DB)
    power = np.concatenate([[0], np.cumsum(10 ** (level.astype(float) / 10))])
    found = np.full(len(level), SILENT_DB)
    found[: len(level) - size + 1] = 10 * np.log10((power[size:] - power[:-size]) / size + 1e-12)
    return found


def _connected(group):
    """The sets of tracks that carry one voice in a piece, each with the pairs in it."""
    pairs = {(row.one, row.other): row for row in group}
    sets = []
    for pair in pairs:
        joined = set(pair).union(*(one for one in sets if one & set(pair)))
        sets = [one for one in sets if not one & set(pair)] + [joined]
    return [(sorted(one), {pair: row for pair, row in pairs.items() if pair[0] in one}) for one in sets]


def _piece(first, members, pairs, levels, quiet, settings):
    """Who is heard in a piece by all its members; one row per listener whose track was compared with the source's."""
    lags = _lags(members, pairs)
    source, trust = _source(levels, {n: levels[n] - quiet[n] for n in members}, lags, settings)
    rows = []
    if not trust:
        return rows
    for (one, other), row in pairs.items():
        if source not in (one, other):
            continue
        sign, listener = (1, other) if source == one else (-1, one)
        rows.append((first, source, listener, sign * row.above_db, sign * row.lag_s, trust))
    return rows


def _lags(members, pairs):
    """When each member has the voice, seconds after the first member; along the pairs that were compared."""
    lags = {members[0]: 0.0}
    while len(lags) < len(members):
        for (one, other), row in pairs.items():
            if one in lags and other not in lags:
                lags[other] = lags[one] + row.lag_s
            elif other in lags and one not in lags:
                lags[one] = lags[other] - row.lag_s
    return lags


def _source(levels, above_quiet, lags, settings):
    """Whose voice it is, and how sure: who stands out of what their track otherwise overhears, else who is first, else
    who is louder."""
    names = sorted(above_quiet, key=above_quiet.get, reverse=True)
    lead = above_quiet[names[0]] - above_quiet[names[1]]
    if lead >= settings.heaps_db:
        return names[0], 1.0
    if above_quiet[names[1]] >= settings.heaps_db:  # two people after one another
        return names[0], 0.0
    early = sorted(lags, key=lags.get)
    ahead_s = lags[early[1]] - lags[early[0]]
    loud = sorted(levels, key=levels.get, reverse=True)
    louder_db = levels[loud[0]] - levels[loud[1]]
    by_time = min(ahead_s / (3 * settings.late_s), 1.0) if ahead_s >= settings.late_s else 0.0
    by_level = min(louder_db / (3 * settings.apart_db), 1.0) if louder_db >= settings.apart_db else 0.0
    if by_time >= by_level:
        return early[0], by_time - (by_level / 2 if loud[0] != early[0] else 0.0)
    return loud[0], by_level - (by_time / 2 if loud[0] != early[0] else 0.0)


def _ways(pieces, settings):
    """Who hears whom: {(source, listener): pieces that agree}; of two ways that cannot both be, the surer stays."""
    ways = {}
    for pair, rows in pieces.sort_values("first").groupby(["source", "listener"]):
        usual = ndimage.median_filter(rows["delay_s"].to_numpy(), settings.near_pieces, mode="nearest")
        good = rows[np.abs(rows["delay_s"] - usual) <= settings.agree_s]
        if len(good) >= settings.copies_min:
            ways[pair] = good.assign(agree=len(good) / len(rows))
    for way, back in [(way, way[::-1]) for way in ways]:
        if way in ways and back in ways and _is_one(ways[way], ways[back], settings):
            del ways[min(way, back, key=lambda pair: ways[pair]["trust"].sum())]
    return ways


def _is_one(way, back, settings):
    """Whether two ways are one, read both ways round: what is lost and what is late on one is won back on the other."""
    gain_db, delay_s = (way[name].median() + back[name].median() for name in ("gain_db", "delay_s"))
    return gain_db > -settings.apart_db and abs(delay_s) < settings.late_s
