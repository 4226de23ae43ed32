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

(Measured before beginnings were followed back; after it, three other talks at -20 dB: DER .02 to .025, F1 1 and 1.)

Real voices (acted clips pasted, truth by the detector on each clip alone; -20 dB): three talks of nine RAVDESS actors
on whom this was mended DER .03 to .05, F1 of backchannels .94, of early starts .86 (9 of 12); three talks of nine
others .03 to .04, .95 and .90; two of five EmoDB speakers .03 to .04, 1 and .93. An earlier talk each at -10 dB gave
DER .08 and .05, F1 .77 and .88, .67 and .67; at -20 dB with automatic gain .15 and .04, .40 and .88, .40 and .40:
there, do not count them.
No echo canceller, no suppression of noise and no real meeting was at hand. A voice without
a track of its own that two tracks hear can be taken for the louder or earlier of the two.

References: Pfau, Ellis & Stolcke 2001, ASRU (close-talking microphones of a meeting, correlated to take out
cross-talk); Wrigley, Brown, Wan & Renals 2005, IEEE Trans. Speech and Audio Processing 13: 84–91.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import ndimage

from mien.turns.copies import HOP_S, SILENT_DB, channels, flags, tracks_of, trust_of, ways

BLOCK = 30_000
"""Frames that are looked at together, so that a long recording needs little more memory than a short one."""

EARLIER = np.array([True, True, False])
"""To grow by one frame towards the beginning."""


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
    ``bit_under_db`` quieter than what is overheard beside it. A beginning that lasts ``bit_s`` is followed back for
    ``reach_s`` while it is at most ``quiet_db`` short of the margin (real words begin quietly). Where bleed joins a
    stretch, what lies ``range_db`` under the loud parts or within ``above_noise_db`` of the noise is a pause. Edges
    within ``edge_s`` of the detector's are the detector's; others are moved inwards by ``blur_s`` (half of the level's
    frame reaches out).
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
    above_noise_db: float = 3.0
    reach_s: float = 0.05
    quiet_db: float = 5.0
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
    tracks = tracks_of(names, sounds, speech)
    found = ways(tracks, settings)
    good = {way: rows for way, rows in found.items() if trust_of(rows) >= settings.sure}
    speaks, above = _above_others(tracks, good, settings)
    kept = {name: _left(speech[name], tracks[name], above[name], settings) for name in above}
    removed = {name: _removed(name, tracks, speaks, good, speech, kept, settings) for name in above}
    told = _told(found, removed)
    cleaned_up = speech | kept
    others = {name: _others(name, cleaned_up, good, len(tracks[name].level), settings) for name in above}
    return Cleaned(cleaned_up, told, others)


def _above_others(tracks, ways, settings):
    """How far each listener's own speech stands out at each frame, dB over what is needed: {listener: (frames,)}.

    A track may itself overhear whom it is to explain. So what explains is, in further rounds, only what was left to its
    owner in the one before. Returns also when each of them speaks, as far as that explains.
    """
    listeners = sorted({listener for _, listener in ways})
    alike = {way: _alike(tracks[way[1]], tracks[way[0]], rows, settings) for way, rows in ways.items()}
    own = {name: track.speech for name, track in tracks.items()}
    above = {}
    for _ in range(3):
        speaks = {name: track.speech & own[name] for name, track in tracks.items()}
        for name in listeners:  # one after the other: of an hour what is heard of everybody is large
            above[name] = _above(tracks[name], _heard(name, tracks, speaks, ways, settings), alike, settings)
            own[name] = ndimage.median_filter(above[name] > -0.7 * settings.margin_db, 11)
    return speaks, above


def _heard(listener, tracks, speaks, ways, settings):
    """The level at which a listener's track holds each of the others at each frame: {way: (frames,)} dB."""
    mine = {way: rows for way, rows in ways.items() if way[1] == listener}
    return {way: _explained(tracks[way[0]], speaks[way[0]], rows, settings) for way, rows in mine.items()}


def _above(track, heard, alike, settings):
    above = np.empty(len(track.level))
    for first in range(0, len(above), BLOCK):
        here = slice(first, first + BLOCK)
        levels = np.array([level[here] for level in heard.values()])
        among = levels >= levels.max(axis=0) - settings.among_db
        r = np.where(among, np.array([alike[way][here] for way in heard]), -1.0).max(axis=0)
        explained = 10 * np.log10((10 ** (levels / 10)).sum(axis=0) + 1e-12)
        doubt = np.clip(settings.alike_db * (r - settings.alike_r), *settings.alike_range_db)
        above[here] = track.level[here] - explained - settings.margin_db - doubt
    return above


def _alike(listener, source, rows, settings):
    """Correlation of the movement of two tracks around each frame, at the delay of the way: level and timbre."""
    size, count = round(settings.alike_s / HOP_S), len(source.level)
    found = np.empty(count, "float32")
    for first in range(0, count, BLOCK):
        at = np.arange(max(first - size, 0), min(first + BLOCK + size, count))
        late = np.round(_around(rows, "delay_s", 0.5, at, settings) / HOP_S).astype(int)
        back, total, weights = np.clip(at - late, 0, count - 1), np.zeros(len(at)), 0.0
        for ours, theirs, weight in channels(listener, source):
            total += weight * _moving(ours[at].astype(float), theirs[back].astype(float), size)
            weights += weight
        found[first : first + BLOCK] = (total / weights)[first - at[0] :][:BLOCK]
    return found


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
    found = np.empty(len(level))
    for first in range(0, len(level), BLOCK):
        at = np.arange(first, min(first + BLOCK, len(level)))
        late = np.round(_around(rows, "delay_s", 0.5, at, settings) / HOP_S).astype(int)
        found[at] = held[np.clip(at - late, 0, len(level) - 1)] + _around(rows, "gain_db", 0.75, at, settings)
    return found


def _around(rows, column, quantile, frames, settings):
    """A quantile of the nearest pieces around each frame."""
    size = min(settings.near_pieces, len(rows))
    near = np.lib.stride_tricks.sliding_window_view(rows[column].to_numpy(), size)
    at = np.lib.stride_tricks.sliding_window_view(rows["first"].to_numpy(float), size).mean(axis=1)
    return np.interp(frames, at + 0.5 * settings.piece_s / HOP_S, np.quantile(near, quantile, axis=1))


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
    reach = round(settings.reach_s / HOP_S)
    if reach:
        mask = own | (above > -settings.quiet_db)
        long_enough = ndimage.binary_opening(own, np.ones(round(settings.bit_s / HOP_S)))
        own |= ndimage.binary_dilation(long_enough, EARLIER, iterations=reach, mask=mask)
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


def _removed(listener, tracks, speaks, ways, speech, kept, settings):
    """The share of a listener's speech that was taken out because of each source: counted where it was heard the most.

    {way: share}.
    """
    heard = _heard(listener, tracks, speaks, ways, settings)
    most = np.max(list(heard.values()), axis=0)
    before, after = (flags(one[listener], len(most)) for one in (speech, kept))
    return {way: (before & ~after & (level >= most)).sum() / max(before.sum(), 1) for way, level in heard.items()}


def _told(ways, removed):
    """What is told of each way a voice is overheard."""
    found = []
    for (source, listener), rows in ways.items():
        share = float(removed.get(listener, {}).get((source, listener), 0.0))
        about = (float(rows["gain_db"].median()), float(rows["delay_s"].median()), trust_of(rows), len(rows))
        found.append(Overheard(source, listener, *about, share))
    return tuple(found)


def _moved(rows, start_s, end_s):
    return rows.assign(start_s=rows["start_s"] + start_s, end_s=rows["end_s"] + end_s)


def _others(name, kept, ways, count, settings):
    """When a track carries the voice of somebody else and its person does not speak: start_s, end_s."""
    heard = np.zeros(count, bool)
    for (source, listener), rows in ways.items():
        if listener == name:
            late_s = float(rows["delay_s"].median())
            heard |= flags(_moved(kept[source], late_s - HOP_S, late_s + settings.tail_s), count)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (heard & ~flags(kept[name], count)).astype(int), [0]])))
    return pd.DataFrame(edges.reshape(-1, 2) * HOP_S, columns=["start_s", "end_s"], dtype=float)
