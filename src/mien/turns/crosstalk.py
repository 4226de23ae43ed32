"""Whose voice is in whose microphone: speech of others that a person's own track carries is found and taken out.

Works from what is kept of every track (a row per 10 ms, and the detector's stretches of speech), never from sound.

1. *Copies*. Pieces of two tracks are compared: the movement of level and timbre (MFCC 1 to 4), at every lag up to
   ``lag_max_s``. Two people who talk at once move independently; a voice and its copy move together. Tracks hear each
   other where several pieces are copies at one lag.
2. *Direction, gain and delay*. In each such piece one person is the source: whose track stands furthest out of what it
   overhears at other times, whatever its gain; else who is clearly first; else who is louder.
3. *Own speech*. A moment of detected speech is left to a person where its level is above what the others explain by a
   margin. The margin grows where the track moves as theirs does, and shrinks where it moves by itself, so that
   automatic gain does little harm. Short holes are closed, short bits dropped; edges that the detector set in the
   person's own speech stay where they are.

Where it stops working, on scripted talk of a minute among three people and a listener (SYNTHETIC voices; names never
looked at before the thresholds were fixed; without it the diarisation error is 1.8 to 2.6):

==============================================  ======  ==================  =============  ===========  =============
bleed                                           DER     median edges, ms    backchannels   early        trust (least)
==============================================  ======  ==================  =============  ===========  =============
none                                            .003    5, 0                F1 1           F1 1         nothing heard
-20 dB, 5 to 40 ms (three talks)                .02     10, 10              .95 to 1       1            1
-20 dB, 100 to 300 ms                           .03     10, 5               .86            1            .97
-20 dB, gains of -15 to +15 dB                  .02     10, 5               .95            1            1
-20 dB, noise of -55 dB                         .03     10, 20              .95            1            1
-20 dB, automatic gain of up to 15 dB           .02     10, 20              1              .86          .99
-30 dB                                          .03     10, 5               .95            1            .91
-15 dB                                          .02     17, 20              1              1            .98
-10 dB                                          .05     20, 40              .95            .86          .72
-15 dB, automatic gain                          .06     20, 30              .80            .67          .58
-10 dB, automatic gain, 100 to 300 ms           .11     30, 40              .44            .40          .98
-6 dB                                           2.5     not sure, so nothing is taken out                .43
==============================================  ======  ==================  =============  ===========  =============

Real voices (acted clips of three RAVDESS or EmoDB people, pasted; one talk each): DER .05 and .02 at -20 dB (.02 and
.00 without bleed), F1 of backchannels .88 and 1, of early starts .86 and 1; at -10 dB .08 and .05, F1 .77 and .88, .67
and .67; at -20 dB with automatic gain .15 and .04, F1 .40 and .88, .40 and .40: there, do not count them.
No echo canceller, no suppression of noise and no real meeting was at hand. A voice without
a track of its own that two tracks hear can be taken for the louder or earlier of the two.

References: Pfau, Ellis & Stolcke 2001, ASRU (close-talking microphones of a meeting, correlated to take out
cross-talk); Wrigley, Brown, Wan & Renals 2005, IEEE Trans. Speech and Audio Processing 13: 84–91.
"""

from dataclasses import dataclass, field
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
class CrosstalkSettings:
    """What counts as a voice overheard, and what is left to a person.

    Copies: pieces of ``piece_s`` every ``step_s`` in which somebody speaks for ``said_share`` of the time are compared
    at lags up to ``lag_max_s``; a copy correlates by ``copy_min_r`` or more (independent voices hardly reach .35).
    A way from one track to another needs ``copies_min`` of them, and their lags must lie within ``agree_s`` of their
    ``near_pieces`` neighbours.
    Direction: who stands ``heaps_db`` further out of what their track else overhears is the source; else who is
    ``late_s`` or more ahead; else who is ``apart_db`` louder. Below a trust of ``sure`` nothing is taken out.
    Own speech: what is more than ``margin_db`` above the level that the others explain (the upper quartile of the gain
    in the ``near_pieces`` nearest copies; their echo falls by ``fall_db_per_s`` for ``tail_s``). The margin changes by
    ``alike_db`` times how far the correlation with them over ``alike_s`` is from ``alike_r``, within
    ``alike_range_db``; of several who are heard within ``among_db`` the most alike counts. Holes shorter than
    ``hole_s`` are closed. A bit lasts ``bit_s`` or more, somewhere rises ``bit_above_db`` higher, and is at most
    ``bit_under_db`` quieter than what is overheard beside it. Where bleed joins a stretch, what lies ``range_db`` under
    the loud parts or within ``above_noise_db`` of the noise is a pause. Edges within ``edge_s`` of the detector's are
    the detector's; others are moved inwards by ``blur_s`` (half of the level's frame reaches out).
    ``warn_share`` of somebody's speech taken out is told as a warning.
    """

    piece_s: float = 1.5
    step_s: float = 0.5
    said_share: float = 0.3
    lag_max_s: float = 0.4
    copy_min_r: float = 0.6
    copies_min: int = 4
    agree_s: float = 0.025
    near_pieces: int = 9
    heaps_db: float = 8.0
    late_s: float = 0.02
    apart_db: float = 4.0
    sure: float = 0.5
    margin_db: float = 6.0
    alike_s: float = 0.4
    alike_r: float = 0.5
    among_db: float = 15.0
    alike_db: float = 15.0
    alike_range_db: tuple[float, float] = (-12.0, 8.0)
    fall_db_per_s: float = 200.0
    tail_s: float = 0.15
    hole_s: float = 0.2
    bit_s: float = 0.1
    bit_above_db: float = 3.0
    bit_under_db: float = 10.0
    range_db: float = 38.0
    above_noise_db: float = 6.0
    edge_s: float = 0.08
    blur_s: float = 0.01
    warn_share: float = 0.3


@dataclass(frozen=True)
class Overheard:
    """One person's voice in another's track.

    ``gain_db`` and ``delay_s``: how much louder and later than in the source's own; ``trust`` 0..1 that it is this way
    round; ``copies`` pieces it rests on; ``removed_share`` of the listener's detected speech that was taken out because
    of it.
    """

    source: str
    listener: str
    gain_db: float
    delay_s: float
    trust: float
    copies: int
    removed_share: float = 0.0


@dataclass(frozen=True)
class Cleaned:
    """Speech without what was overheard.

    ``speech`` {person_id: start_s, end_s}; ``overheard``: who hears whom; ``others`` {person_id: start_s, end_s} when a
    track carries somebody else's voice and its person is silent.
    """

    speech: dict
    overheard: tuple = ()
    others: dict = field(default_factory=dict)


@dataclass(frozen=True)
class _Track:
    """One track on a clock of 10 ms: level and noise (frames,) dB, timbre (4, frames), whether speech was detected."""

    level: np.ndarray
    timbre: np.ndarray
    speech: np.ndarray
    noise: np.ndarray

    @cached_property
    def floored(self):
        """The level, not under 40 dB below its loud parts."""
        return np.maximum(self.level, np.quantile(self.level, 0.95) - 40)


def cleaned(speech, sounds, settings=None):
    """Take out of everybody's detected speech what is only heard of the others.

    ``speech`` {person_id: table with start_s, end_s} and ``sounds`` {person_id: table as of :func:`mien.voice.frames`:
    time_s, level_db, noise_db, mfcc_1 to mfcc_4} of one recording, on one clock; they are taken one at a time. Returns
    :class:`Cleaned`; where no track hears another the speech is the same, to the object. A way that is not sure (trust
    below ``sure``) takes nothing out.
    """
    settings = settings or CrosstalkSettings()
    names = [name for name in speech if name in sounds and len(sounds[name])]
    if len(names) < 2:
        return Cleaned(speech)
    tracks = _tracks(names, sounds, speech)
    ways = _ways(_judged(_compared_pairs(tracks, settings), tracks, settings), settings)
    good = {way: rows for way, rows in ways.items() if _trust(rows) >= settings.sure}
    heard, above = _above_others(tracks, good, settings)
    kept = {name: _left(speech[name], tracks[name], above[name], settings) for name in above}
    told = _told(ways, speech, kept, heard)
    cleaned_up = speech | kept
    others = {name: _others(name, cleaned_up, good, len(tracks[name].level), settings) for name in above}
    return Cleaned(cleaned_up, told, others)


def _tracks(names, sounds, speech):
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
    return _Track(level, timbre, _flags(speech, count), noise)


def _flags(rows, count):
    """Which frames lie in some stretches."""
    found = np.zeros(count, bool)
    for start_s, end_s in rows[["start_s", "end_s"]].to_numpy():
        found[max(round(start_s / HOP_S), 0) : max(round(end_s / HOP_S), 0)] = True
    return found


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


def _trust(rows):
    return float((rows["trust"] * rows["agree"]).mean())


def _above_others(tracks, ways, settings):
    """How far each listener's own speech stands out at each frame, dB over what is needed: {listener: (frames,)}.

    A track may itself overhear whom it is to explain. So what explains is, in further rounds, only what was left to its
    owner in the one before. Returns also what is heard of each way, dB.
    """
    listeners = sorted({listener for _, listener in ways})
    alike = {way: _alike(tracks[way[1]], tracks[way[0]], rows, settings) for way, rows in ways.items()}
    own = {name: track.speech for name, track in tracks.items()}
    heard = above = None
    for _ in range(3):
        del heard, above  # of an hour they are large
        speaks = {name: track.speech & own[name] for name, track in tracks.items()}
        heard = {way: _explained(tracks[way[0]], speaks[way[0]], rows, settings) for way, rows in ways.items()}
        above = {name: _above(name, tracks[name], heard, alike, settings) for name in listeners}
        own |= {name: ndimage.median_filter(above[name] > -0.7 * settings.margin_db, 11) for name in listeners}
    return heard, above


def _above(name, track, heard, alike, settings):
    mine = [way for way in heard if way[1] == name]
    levels = np.array([heard[way] for way in mine])
    among = levels >= levels.max(axis=0) - settings.among_db
    r = np.where(among, np.array([alike[way] for way in mine]), -1.0).max(axis=0)
    explained = 10 * np.log10((10 ** (levels / 10)).sum(axis=0) + 1e-12)
    doubt = np.clip(settings.alike_db * (r - settings.alike_r), *settings.alike_range_db)
    return track.level - explained - settings.margin_db - doubt


def _alike(listener, source, rows, settings):
    """Correlation of the movement of two tracks around each frame, at the delay of the way: level and timbre."""
    at = np.arange(len(source.level))
    late = np.round(_around(rows, "delay_s", 0.5, len(at), settings) / HOP_S).astype(int)
    back = np.clip(at - late, 0, len(at) - 1)
    total, weights = np.zeros(len(at)), 0.0
    for ours, theirs, weight in _channels(listener, source):
        total += weight * _moving(ours.astype(float), theirs[back].astype(float), round(settings.alike_s / HOP_S))
        weights += weight
    return total / weights


def _moving(a, b, size):
    """Correlation of two rows in a window around each frame."""

    def mean(values):
        return ndimage.uniform_filter1d(values, size)

    both = mean(a * b) - mean(a) * mean(b)
    spread = [np.maximum(mean(x * x) - mean(x) ** 2, 0.5) for x in (a, b)]
    return both / np.sqrt(spread[0] * spread[1])


def _explained(source, speaks, rows, settings):
    """The level that a source's voice has in a listener's track at each frame, with the fall of its echo, dB."""
    level = np.where(ndimage.binary_dilation(speaks, iterations=5), source.level, SILENT_DB)
    held = ndimage.maximum_filter1d(level, 3)
    for _ in range(round(settings.tail_s / HOP_S)):
        held[1:] = np.maximum(held[1:], held[:-1] - settings.fall_db_per_s * HOP_S)
    at = np.arange(len(level))
    late = np.round(_around(rows, "delay_s", 0.5, len(level), settings) / HOP_S).astype(int)
    return held[np.clip(at - late, 0, len(level) - 1)] + _around(rows, "gain_db", 0.75, len(level), settings)


def _around(rows, column, quantile, count, settings):
    """A quantile of the nearest pieces around each frame."""
    size = min(settings.near_pieces, len(rows))
    near = np.lib.stride_tricks.sliding_window_view(rows[column].to_numpy(), size)
    at = np.lib.stride_tricks.sliding_window_view(rows["first"].to_numpy(float), size).mean(axis=1)
    return np.interp(np.arange(count), at + 0.5 * settings.piece_s / HOP_S, np.quantile(near, quantile, axis=1))


def _left(speech, track, above, settings):
    """The stretches of speech that are left to a person."""
    rows = []
    for start_s, end_s in speech[["start_s", "end_s"]].to_numpy():
        first, last = round(start_s / HOP_S), min(round(end_s / HOP_S), len(above))
        here = slice(first, last)
        for a, b in _own_bits(track.level[here], track.noise[here], above[here], settings):
            begin = start_s if a * HOP_S <= settings.edge_s else (first + a) * HOP_S + settings.blur_s
            end = end_s if (last - first - b) * HOP_S <= settings.edge_s else (first + b) * HOP_S - settings.blur_s
            rows.append((begin, end))
    return pd.DataFrame(rows, columns=["start_s", "end_s"], dtype=float)


def _own_bits(level, noise, above, settings):
    """Of one stretch the bits (first, last) that are own speech: not explained by others, and no pause beside them."""
    own = above > 0
    if own.all() or not own.any():
        return [(0, len(own))] if own.any() else []
    overheard_db = np.quantile(level[~own], 0.9)
    own &= level > np.maximum(np.quantile(level[own], 0.95) - settings.range_db, noise + settings.above_noise_db)
    bits = [(a, b) for a, b in _bits(own, settings) if above[a:b].max() > settings.bit_above_db]
    return [(a, b) for a, b in bits if np.quantile(level[a:b], 0.9) >= overheard_db - settings.bit_under_db]


def _bits(own, settings):
    """Runs of the person's own frames, over short holes, without short runs."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], own.astype(int), [0]]))).reshape(-1, 2).tolist()
    joined = []
    for first, last in edges:
        if joined and (first - joined[-1][1]) * HOP_S < settings.hole_s:
            joined[-1][1] = last
        else:
            joined.append([first, last])
    return [(a, b) for a, b in joined if (b - a) * HOP_S >= settings.bit_s]


def _told(ways, speech, kept, heard):
    """What is told of each way a voice is overheard; what was removed is counted where it was heard the most."""
    found = []
    for (source, listener), rows in ways.items():
        share = 0.0
        if (source, listener) in heard and len(speech[listener]):
            mine = heard[source, listener]
            most = np.max([level for way, level in heard.items() if way[1] == listener], axis=0)
            before, after = (_flags(one[listener], len(mine)) for one in (speech, kept))
            share = (before & ~after & (mine >= most)).sum() / max(before.sum(), 1)
        about = (float(rows["gain_db"].median()), float(rows["delay_s"].median()), _trust(rows), len(rows))
        found.append(Overheard(source, listener, *about, float(share)))
    return tuple(found)


def _moved(rows, start_s, end_s):
    return rows.assign(start_s=rows["start_s"] + start_s, end_s=rows["end_s"] + end_s)


def _others(name, kept, ways, count, settings):
    """When a track carries the voice of somebody else and its person does not speak: start_s, end_s."""
    heard = np.zeros(count, bool)
    for (source, listener), rows in ways.items():
        if listener == name:
            late_s = float(rows["delay_s"].median())
            heard |= _flags(_moved(kept[source], late_s - HOP_S, late_s + settings.tail_s), count)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (heard & ~_flags(kept[name], count)).astype(int), [0]])))
    return pd.DataFrame(edges.reshape(-1, 2) * HOP_S, columns=["start_s", "end_s"], dtype=float)


def _share(flags, starts, size):
    total = np.concatenate([[0], np.cumsum(flags)])
    return (total[starts + size] - total[starts]) / size


def _compared(one, other, starts, size, most):
    """Of each piece the best correlation, the lag there, and how far the other is above the one in its loud frames."""
    at = starts[:, None] + np.arange(size)
    wide = starts[:, None] + np.arange(-most, size + most)
    total, spread = 0.0, 0.0
    for ours, theirs, weight in _channels(one, other):
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


def _channels(one, other):
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
