"""Do two people move together more than chance would have it? Synchrony, always as excess over its nulls.

What is measured: windowed cross-correlation of two people's signals (smile, motion of the face, motion of the head,
level of the voice). Many methods show synchrony between people who never met (Moulder et al. 2018), so a correlation
alone says nothing: it is set beside what the same method finds where there can be no coupling (AUDIT W1, W2, W4).

Conventions: ``person_a`` and ``person_b`` in order of their ids; a positive lag means that b follows a. Voice levels of
people who take turns fall when the other's rise: that is turn-taking, and shows as a negative ``mean_r``.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from mien import store, tables

SIGNALS = ("smile", "face_motion", "head_motion", "voice_level")
"""What is compared: the smile blendshape; change of the face's grey levels beyond noise; degrees a second; decibels."""

NULLS = ("shift", "shuffle", "pseudo")
"""How coupling is taken away: one person's time turned round by 30 s or more; the segments of one person put into
another order; a partner from another recording."""

FIGURES = ("mean_effect", "mean_p", "peak_effect", "peak_p")
ANGLES = ["yaw_deg", "pitch_deg", "roll_deg"]
SMILE = ["bs_mouthSmileLeft", "bs_mouthSmileRight"]
FACE_COLUMNS = ["recording_id", "person_id", "time_s", "face_trust", *ANGLES, *SMILE, "pixel_motion", "pixel_noise"]


@dataclass(frozen=True)
class CouplingSettings:
    """What decides how two signals are compared.

    Signals are averaged onto ``rate_hz``; windows of ``window_s`` every ``step_s`` (a quarter) are correlated at lags
    up to ``lag_max_s`` (AUDIT W1). A window counts with ``valid_share`` of its samples in both, and a pair with
    ``windows_min`` such windows. ``shift_min_s``, ``segment_s`` and ``n_nulls`` set the nulls; fewer than ``nulls_min``
    of them can't give a p of .05, and none is given.
    """

    rate_hz: float = 4.0
    window_s: float = 10.0
    step_s: float = 2.5
    lag_max_s: float = 3.0
    valid_share: float = 0.8
    windows_min: int = 20
    shift_min_s: float = 30.0
    segment_s: float = 20.0
    n_nulls: int = 99
    nulls_min: int = 19
    gap_s: float = 0.5
    bleed_lag_s: float = 0.2
    bleed_min_s: float = 5.0


def shortest_s(settings=None):
    """The shortest recording, in seconds, in which every null can be drawn often enough; else "short_recording".

    >>> shortest_s()
    118.5
    """
    settings = settings or CouplingSettings()
    aside = int(np.ceil(settings.shift_min_s / settings.step_s))
    windows = max(2 * aside + settings.nulls_min - 1, settings.windows_min)
    return (windows - 1) * settings.step_s + settings.window_s + 2 * settings.lag_max_s


def table(faces, voice, turns, settings=None, roles=None):
    """One row per pair of people, signal and recording, in the shape of ``tables.COUPLING``.

    ``faces``, ``voice`` and ``turns`` are tables of one or more recordings. ``mean_r`` is the correlation, averaged
    over windows (Fisher z), at the lag ``lag_s`` where that average is farthest from 0: coupling with a steady lag.
    ``peak_r`` is the average over windows of the largest ``|r|`` at any lag: coupling whose lag wanders; it is large
    for any two signals. Of each, for each null: ``*_effect_*`` (real − mean of the null) ÷ sd of the null, and
    ``*_p_*`` the rank of the real value among the null's, ``n_*`` how many were drawn. ``bleed_r``: :func:`bleed`, for
    ``voice_level``. "short_recording" means shorter than :func:`shortest_s`.

    ``roles`` maps (recording_id, person_id) to a role: partners from other recordings then have the role of whom they
    replace, and they always stand at the same time from the start. Many rows are many tests: without a claim fixed in
    advance they are exploratory (AUDIT E12).
    """
    settings = settings or CouplingSettings()
    return compared(signals(faces, voice, settings), bleeds(voice, turns, settings), settings, roles)


def compared(everyone, bled, settings=None, roles=None):
    """:func:`table` from what :func:`signals` and :func:`bleeds` found, recording by recording if there are many."""
    settings, roles, rows = settings or CouplingSettings(), roles or {}, []
    for recording in sorted({recording for recording, _ in everyone}):
        people = sorted(person for r, person in everyone if r == recording)
        for a, b in combinations(people, 2):
            for signal in SIGNALS:
                found, reasons = _pair(everyone, (recording, a), (recording, b), signal, settings, roles)
                if signal == "voice_level":
                    found["bleed_r"], why = bled.get((recording, a, b), (np.nan, "no_audio"))
                    reasons |= {"bleed_r": why} if why else {}
                keys = {"recording_id": recording, "person_a": a, "person_b": b, "signal": signal}
                rows.append(keys | found | {"why": tables.why(reasons)})
    empty = tables.COUPLING.empty()
    return tables.COUPLING.check(pd.DataFrame(rows, columns=tables.COUPLING.names)) if rows else empty


# ---- signals on one clock -------------------------------------------------------------------------------------------


def signals(faces, voice, settings=None):
    """Every person's signals, (n, 4) on a grid of ``rate_hz`` from the recording's start, by (recording, person).

    Of ``faces`` only :data:`FACE_COLUMNS` are read. Only of recordings with at least two people.
    """
    settings = settings or CouplingSettings()
    keys = pd.concat([table[["recording_id", "person_id"]] for table in (faces, voice)]).drop_duplicates()
    several = keys["recording_id"].value_counts().loc[lambda count: count > 1].index
    if len(several) < keys["recording_id"].nunique():
        faces, voice = (table[table["recording_id"].isin(several)] for table in (faces, voice))
    seen, heard = (dict(list(table.groupby(["recording_id", "person_id"]))) for table in (faces, voice))
    nothing = faces.iloc[:0], voice.iloc[:0]
    everybody = sorted({*seen, *heard})
    return {key: signals_of(seen.get(key, nothing[0]), heard.get(key, nothing[1]), settings) for key in everybody}


def signals_of(faces, voice, settings=None):
    """The signals of one person, (n, 4), from their rows of :data:`FACE_COLUMNS` and of time_s and level_db."""
    settings = settings or CouplingSettings()
    parts = [
        _face_signals(faces, settings) if len(faces) else np.full((0, 3), np.nan),
        _level(voice, settings) if len(voice) else np.full((0, 1), np.nan),
    ]
    length = max(map(len, parts))
    return np.hstack([_extended(part, length) for part in parts])


def _extended(values, length):
    return np.pad(values, ((0, length - len(values)), (0, 0)), constant_values=np.nan)


def _face_signals(rows, settings):
    good = rows[(rows["face_trust"] > 0) & rows["bs_mouthSmileLeft"].notna()]
    signals = np.column_stack([good[SMILE].mean(axis=1), (good["pixel_motion"] - good["pixel_noise"]).clip(lower=0)])
    signals = on_grid(good["time_s"], signals, settings)
    angles = on_grid(good["time_s"], good[ANGLES].to_numpy(), settings)
    turning = np.linalg.norm(np.diff(angles, axis=0, prepend=np.nan), axis=1) * settings.rate_hz
    return np.column_stack([signals, turning])


def _level(rows, settings):
    """Level in decibels; digital silence is as low as the lowest level that was measured."""
    return on_grid(rows["time_s"], rows[["level_db"]].fillna(rows["level_db"].min()).to_numpy(), settings)


def on_grid(time_s, values, settings):
    """Values (n, k) averaged in steps of 1 ÷ ``rate_hz`` from 0 on; gaps up to ``gap_s`` bridged, longer ones NaN."""
    place = np.floor(np.asarray(time_s) * settings.rate_hz + 1e-6).astype(int)
    frame = pd.DataFrame(values).groupby(place).mean()
    frame = frame.reindex(range(place.max() + 1 if len(place) else 0))
    holes = round(settings.gap_s * settings.rate_hz)
    bridged = frame.interpolate(limit_area="inside")
    gone = frame.isna().all(axis=1)
    long = gone & (gone.groupby((~gone).cumsum()).transform("sum") > holes)
    return bridged[~long].reindex(frame.index).to_numpy(dtype=float)


# ---- two signals ----------------------------------------------------------------------------------------------------


def correlations(x, y, settings=None):
    """Windowed cross-correlation of two signals on one grid: ``(z, lags_s)``, Fisher's z, (windows, lags).

    ``x`` and ``y`` are (n,) at ``rate_hz``; at a positive lag a piece of ``y`` is taken that much later. A window with
    too little of either signal, or in which one does not vary, is NaN.
    """
    pieces = Pieces.of(x, y, settings or CouplingSettings())
    return pieces.z(np.arange(len(pieces.x))), pieces.lags_s


@dataclass(frozen=True)
class Pieces:
    """Two signals cut into windows, each piece with mean 0 and length 1, so that a product is a correlation."""

    x: np.ndarray
    y: np.ndarray
    lags_s: np.ndarray

    @classmethod
    def of(cls, x, y, settings):
        """Cut ``x`` into windows, and ``y`` into the same windows at every lag: (w, n) and (w, n, lags)."""
        spans_s = settings.window_s, settings.step_s, settings.lag_max_s
        width, step, most = (round(span_s * settings.rate_hz) for span_s in spans_s)
        n = min(len(x), len(y))
        starts = np.arange(most, n - width - most + 1, max(step, 1))
        lags = np.arange(-most, most + 1)
        if not len(starts):
            return cls(np.empty((0, width)), np.empty((0, width, len(lags))), lags / settings.rate_hz)
        x, y = (_normal(sliding_window_view(values, width), settings) for values in (x, y))
        return cls(x[starts], np.moveaxis(y[starts[:, None] + lags], 1, 2), lags / settings.rate_hz)

    def z(self, order, kept=slice(None)):
        """Fisher's z of windows of ``y`` (all, or ``kept``) with the windows of ``x`` put beside them by ``order``."""
        r = np.matmul(self.x[order][:, None, :], self.y[kept])[:, 0]
        return np.arctanh(np.clip(r, -0.999, 0.999))


def _normal(pieces, settings):
    """Pieces with mean 0 and length 1. What is missing counts as the mean; a piece that misses much is NaN."""
    there = np.isfinite(pieces)
    share = there.mean(axis=1, keepdims=True)
    count = np.maximum(there.sum(axis=1, keepdims=True), 1)
    centred = np.where(there, pieces - np.where(there, pieces, 0).sum(axis=1, keepdims=True) / count, 0.0)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    usable = (share >= settings.valid_share) & (length > 1e-9)
    return np.where(usable, centred / np.where(usable, length, 1.0), np.nan).astype(np.float32)


def figures(z, lags_s):
    """What a cross-correlation comes to: mean z at its best lag, that lag in seconds, mean of the peaks of |z|.

    Only windows that are whole at every lag count; NaN of none.
    """
    z = z[~np.isnan(z).any(axis=1)]
    if not len(z):
        return np.nan, np.nan, np.nan
    average = z.mean(axis=0)
    best = int(np.argmax(np.abs(average)))
    return float(average[best]), float(lags_s[best]), float(np.abs(z).max(axis=1).mean())


def _pair(everyone, a, b, signal, settings, roles):
    """The figures of one pair and signal, and the reasons for what is missing."""
    column = SIGNALS.index(signal)
    x, y = everyone[a][:, column], everyone[b][:, column]
    found = {"n_windows": 0} | dict.fromkeys(("mean_r", "lag_s", "peak_r", "bleed_r"), np.nan)
    found |= {f"n_{null}": 0 for null in NULLS} | {f"{name}_{null}": np.nan for null in NULLS for name in FIGURES}
    pieces = Pieces.of(x, y, settings)
    real = pieces.z(np.arange(len(pieces.x)))
    found["n_windows"] = int((~np.isnan(real).any(axis=1)).sum())
    if found["n_windows"] < settings.windows_min:
        return found, {"mean_r": _why_missing(x, y, signal, settings)}
    lags_s = pieces.lags_s
    mean, lag_s, peak = figures(real, lags_s)
    found |= {"mean_r": np.tanh(mean), "lag_s": lag_s, "peak_r": np.tanh(peak)}
    rng, reasons = store.rng(f"coupling {a} {b} {signal}"), {}
    kept, orders = shuffled(len(real), settings, rng)
    drawn = {
        "shift": [figures(pieces.z(order), lags_s) for order in shifted(len(real), settings)],
        "shuffle": [figures(pieces.z(order, kept), lags_s) for order in orders],
        "pseudo": list(_with_others(everyone, a, b, column, settings, roles)),
    }
    compared = dict.fromkeys(drawn, (mean, peak)) | {"shuffle": figures(real[kept], lags_s)[::2]}
    for null, values in drawn.items():
        values = np.array([(abs(m), p) for m, _, p in values if np.isfinite(m)]).reshape(-1, 2)
        found[f"n_{null}"] = len(values)
        if len(values) < settings.nulls_min:
            reasons[null] = "few_partners" if null == "pseudo" else "short_recording"
        else:
            found |= _excess(np.abs(compared[null]), values, null)
    return found, reasons


def _excess(real, values, null):
    """How far the real figures stand out of a null: effect in its standard deviations, p as rank among its values."""
    sd = values.std(axis=0)
    effect = np.where(sd > 0, (real - values.mean(axis=0)) / np.where(sd > 0, sd, 1), np.nan)
    p = (1 + (values >= real).sum(axis=0)) / (1 + len(values))
    pairs = zip(("mean", "peak"), effect, p, strict=True)
    return {f"{name}_{what}_{null}": float(v) for name, e, q in pairs for what, v in (("effect", e), ("p", q))}


def _why_missing(x, y, signal, settings):
    """Why two signals could not be compared."""
    kind = "audio" if signal == "voice_level" else "face"
    if np.isnan(x).all() or np.isnan(y).all():
        return f"no_{kind}"
    if min(len(x), len(y)) < shortest_s(settings) * settings.rate_hz:
        return "short_recording"
    if min(np.nanstd(x), np.nanstd(y)) < 1e-9:
        return "constant"
    return "little_speech" if kind == "audio" else "little_face"


# ---- nulls ----------------------------------------------------------------------------------------------------------


def shifted(n_windows, settings):
    """Orders of windows, turned round by ``shift_min_s`` or more: (draws, n_windows), at most ``n_nulls`` of them."""
    aside = int(np.ceil(settings.shift_min_s / settings.step_s))
    shifts = np.arange(aside, n_windows - aside + 1)
    if len(shifts) > settings.n_nulls:
        shifts = shifts[np.linspace(0, len(shifts) - 1, settings.n_nulls).round().astype(int)]
    return (np.arange(n_windows) + shifts[:, None]) % max(n_windows, 1)


def shuffled(n_windows, settings, rng):
    """Windows that lie wholly in one segment of ``segment_s``, and orders of them in which segments changed places.

    ``(kept, orders)``, (k,) and (draws, k). Windows across two segments are left out, of the real order too: they would
    tie neighbours together that no shuffled order ties, and make the null too narrow.
    """
    each = max(round(settings.segment_s / settings.step_s), 1)
    inside = each - round(settings.window_s / settings.step_s) + 1
    first = np.arange(0, n_windows - inside + 1, each)
    kept = first[:, None] + np.arange(inside)
    orders = [kept[rng.permutation(len(first))].ravel() for _ in range(settings.n_nulls)]
    return kept.ravel(), np.array(orders).reshape(settings.n_nulls, kept.size)


def _with_others(everyone, a, b, column, settings, roles):
    """Figures of pseudo-pairs: a with everyone of another recording in b's place, and they in a's place with b."""
    for other, signals in everyone.items():
        if other[0] == a[0] or other[1] in (a[1], b[1]):
            continue
        stand_in = signals[:, column]
        for replaced, x, y in ((b, everyone[a][:, column], stand_in), (a, stand_in, everyone[b][:, column])):
            if not roles or roles.get(replaced) == roles.get(other):
                z, lags_s = correlations(x, y, settings)
                if (~np.isnan(z).any(axis=1)).sum() >= settings.windows_min:
                    yield figures(z, lags_s)


# ---- one room, two microphones --------------------------------------------------------------------------------------


def bleeds(voice, turns, settings=None):
    """:func:`bleed` of every pair of every recording: ``{(recording_id, person_a, person_b): (r, reason)}``."""
    found = {}
    for recording, rows in voice[["recording_id", "time_s", "person_id", "level_db"]].groupby("recording_id"):
        people = dict(list(rows.groupby("person_id")))
        found |= bleeds_of(recording, people, turns[turns["recording_id"] == recording], settings)
    return found


def bleeds_of(recording_id, sounds, turns, settings=None):
    """:func:`bleeds` of one recording; ``sounds`` maps people to time_s and level_db, and is asked one at a time."""
    people = sorted(sounds)
    levels = _side_by_side(sounds) if len(people) > 1 else None
    return {(recording_id, a, b): _bleed(levels, turns, a, b, settings) for a, b in combinations(people, 2)}


def bleed(voice, turns, a, b, settings=None):
    """Whether two people's tracks hear each other: ``(r, reason)``, the correlation of the levels while one is silent.

    Of a's and b's level while a speaks and b does not, the largest r at lags up to ``bleed_lag_s``, and the other way
    round; the larger of the two. Near 0 with a microphone each; towards 1 where b's microphone picks up a, so that any
    coupling of voices is the room's (AUDIT W4). ``voice`` and ``turns`` are tables of one recording. NaN and a reason
    where there are less than ``bleed_min_s`` of such speech.
    """
    return _bleed(_side_by_side(dict(list(voice.groupby("person_id")))), turns, a, b, settings)


def _side_by_side(sounds):
    """The level of each person's voice in a column, by time_s."""
    return pd.concat({who: sounds[who].set_index("time_s")["level_db"] for who in sounds}, axis=1, sort=True)


def _bleed(levels, turns, a, b, settings):
    settings = settings or CouplingSettings()
    if not {a, b} <= set(levels):
        return np.nan, "no_audio"
    found = [_heard(levels, turns, *pair, settings) for pair in ((a, b), (b, a))]
    found = [r for r in found if np.isfinite(r)]
    return (float(max(found)), "") if found else (np.nan, "little_speech")


def _heard(levels, turns, talks, silent, settings):
    """The largest correlation of two levels while one talks and the other does not."""
    speech, times = turns[turns["kind"] == "speech"], levels.index.to_numpy()
    on, off = (_covered(times, speech[speech["person_id"] == person]) for person in (talks, silent))
    hop_s = float(np.median(np.diff(times))) if len(times) > 1 else np.inf
    alone = on & ~off
    if alone.sum() * hop_s < settings.bleed_min_s:
        return np.nan
    x, y = levels[talks].where(alone), levels[silent].where(alone)
    lags = range(-round(settings.bleed_lag_s / hop_s), round(settings.bleed_lag_s / hop_s) + 1)
    return max((x.corr(y.shift(lag)) for lag in lags), default=np.nan)


def _covered(times, spans):
    """Which times lie in one of some intervals, start_s <= t < end_s."""
    inside = np.zeros(len(times), dtype=bool)
    for start_s, end_s in spans[["start_s", "end_s"]].to_numpy():
        inside[np.searchsorted(times, start_s) : np.searchsorted(times, end_s)] = True
    return inside
