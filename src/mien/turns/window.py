"""Turn-taking of one person in one window: the ``turn_`` columns of the windows table."""

import math

import numpy as np

from mien import tables
from mien.turns.floor import Floor, TurnSettings, floor, ms

NAMES = (
    "turn_talk_share",
    "turn_talk_time_share",
    "turn_silence_share",
    "turn_overlap_share",
    "turn_starts_per_min",
    "turn_length_mean_s",
    "turn_longest_s",
    "turn_response_lag_s",
    "turn_partner_lag_s",
    "turn_gaps_per_min",
    "turn_overlaps_per_min",
    "turn_early_starts_per_min",
    "turn_lapses_per_min",
    "turn_backchannels_per_min",
    "turn_backchannels_received_per_min",
    "turn_changes_per_min",
)
"""Every turn measure of a window, in the order in which :func:`features` gives them."""


def features(table, person_id, start_s, end_s, settings=None, people=None, undefined=None):
    """How one person took part in one window: talk, turns, response lag, overlaps, backchannels.

    ``table`` is a turns table (or segments) of one recording, or the :class:`Floor` made from it once by
    :func:`mien.turns.floor`, which is faster for many windows. ``people``: everybody in the recording, so that a silent
    person counts as present; else those who speak. Every person is a side of their own. What belongs to a moment (a
    start, a change, a lag) counts in the window in which it begins; what has a length is cut at the window's edges, but
    ``turn_length_mean_s`` is of whole turns that begin here. ``undefined``: ``"interpreter"`` or ``"signer"``, with
    whom timing means something else; every value is then NaN with that reason (T12).

    Returns ``(values, reasons)``. Shares are of the window, ``turn_talk_share`` of all speech in it and
    ``turn_overlap_share`` of own speech; lags are signed medians in seconds: ``turn_response_lag_s`` of this person
    answering, ``turn_partner_lag_s`` of others answering this person (Templeton et al. 2022 find that felt connection
    follows the partner's speed). Rates are per minute of window. NaN: few_transfers, no_turns, little_speech, and
    no_person_on_side where nobody else is in the recording.
    """
    everything = table if isinstance(table, Floor) else floor(table, settings or TurnSettings())
    if not end_s > start_s >= 0:
        raise tables.TableError(f"turns: a window from {start_s} to {end_s} s; expected 0 <= start_s < end_s")
    person = str(person_id)
    others = {str(p) for p in (people or ())} | set(everything.people)
    values, reasons = dict.fromkeys(NAMES, math.nan), {}
    missing = undefined or ("mixed_sound" if "mixed" in others and person not in everything.people else None)
    if missing:
        return values, dict.fromkeys(NAMES, missing)
    low, high = ms(start_s), ms(end_s)
    parts = (
        _talk(everything, person, low, high),
        _own_turns(everything, person, low, high),
        _exchange(everything, person, low, high, alone=not others - {person}),
    )
    for part in parts:
        for name, (value, reason) in part.items():
            values[name] = math.nan if reason else value
            if reason:
                reasons[name] = reason
    return values, reasons


def _clip(spans, low, high):
    """The parts of spans that lie in the window, as ``(start_ms, end_ms)``."""
    return [(max(s.start_ms, low), min(s.end_ms, high)) for s in spans if s.start_ms < high and s.end_ms > low]


def _length(intervals):
    return sum(end - start for start, end in intervals)


def _union(intervals):
    """Intervals without their overlaps, sorted."""
    found = []
    for start, end in sorted(intervals):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _talk(everything, person, low, high):
    own = _clip([s for s in everything.stretches if s.person_id == person], low, high)
    rest = _clip([s for s in everything.stretches if s.person_id != person], low, high)
    mine, theirs, anybody = _length(own), _length(rest), _length(_union(own + rest))
    overlap = mine + _length(_union(rest)) - anybody
    window = high - low
    return {
        "turn_talk_share": (mine / max(mine + theirs, 1), None if mine + theirs else "little_speech"),
        "turn_talk_time_share": (mine / window, None),
        "turn_silence_share": (1 - anybody / window, None),
        "turn_overlap_share": (overlap / max(mine, 1), None if mine else "little_speech"),
    }


def _own_turns(everything, person, low, high):
    own = [turn for turn in everything.turns if turn.person_id == person]
    begun = [turn.length_ms / 1000 for turn in own if low <= turn.start_ms < high]
    held = [end - start for start, end in _clip(own, low, high)]
    return {
        "turn_starts_per_min": (len(begun) * 60_000 / (high - low), None),
        "turn_length_mean_s": (float(np.mean(begun)) if begun else math.nan, None if begun else "no_turns"),
        "turn_longest_s": (max(held, default=0) / 1000, None if held else "no_turns"),
    }


def _exchange(everything, person, low, high, alone):
    """What needs somebody else: changes of floor, lags, overlaps, backchannels."""
    settings, minutes = everything.settings, (high - low) / 60_000
    changes = [change for change in everything.changes if low <= change.time_ms < high]
    mine = [c.fto_ms for c in changes if c.person_after == person and c.fto_ms is not None]
    tokens = [span for span in everything.backchannels if low <= span.start_ms < high]
    heard = [token for token in tokens if token.person_id != person and _has_host(everything, token, person)]
    early = [f for f in mine if -ms(settings.interruption_stop_s) <= f <= -ms(settings.interruption_min_s)]
    counts = {
        "turn_gaps_per_min": sum(fto > 0 for fto in mine),
        "turn_overlaps_per_min": sum(fto < 0 for fto in mine),
        "turn_early_starts_per_min": len(early),
        "turn_lapses_per_min": sum(change.status == "lapse" for change in changes),
        "turn_backchannels_per_min": sum(token.person_id == person for token in tokens),
        "turn_backchannels_received_per_min": len(heard),
        "turn_changes_per_min": len(changes),
    }
    answers = [c.fto_ms for c in changes if c.status == "ok" and c.person_after == person]
    answered = [c.fto_ms for c in changes if c.status == "ok" and c.person_before == person]
    reason = "no_person_on_side" if alone else None
    rates = {name: (count / minutes, reason) for name, count in counts.items()}
    lags = {"turn_response_lag_s": answers, "turn_partner_lag_s": answered}
    return rates | {name: _lag(ftos, reason, settings) for name, ftos in lags.items()}


def _has_host(everything, token, person):
    """Whether the token lies inside this person's speech."""
    return any(
        host.person_id == person and host.start_ms <= token.start_ms and host.end_ms >= token.end_ms
        for host in everything.stretches
    )


def _lag(ftos_ms, reason, settings):
    few = "few_transfers" if len(ftos_ms) < max(settings.min_window_transfers, 1) else None
    return (float(np.median(ftos_ms)) / 1000 if ftos_ms else math.nan, reason or few)


def covers(times_s, segments):
    """Whether each time lies in a segment, start_s <= t < end_s; returns an array of True and False.

    >>> import pandas as pd
    >>> covers([0.5, 1.0, 1.5], pd.DataFrame({"start_s": [0.5], "end_s": [1.5]})).tolist()
    [True, True, False]
    """
    rows = _union(segments[["start_s", "end_s"]].to_numpy(float).tolist())
    starts, ends = np.array(rows).reshape(-1, 2).T
    return np.searchsorted(starts, times_s, side="right") > np.searchsorted(ends, times_s, side="right")
