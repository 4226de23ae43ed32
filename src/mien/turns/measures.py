"""What turn-taking measures: talk share, response lag, changes of floor, overlaps; of a recording and of a window.

Conventions: ``A`` is the host side and ``B`` the side that is judged; a lag is signed (an overlap is a negative lag);
a count is always given, a rate or a median only where there is enough to take it from, else NaN with a reason.
"""

import math
from dataclasses import dataclass

import numpy as np

from mien import tables
from mien.turns import words as text
from mien.turns.anchors import outside
from mien.turns.floor import TurnSettings, floor, ms, transfers
from mien.turns.sentences import no_sentences, turns_by


@dataclass(frozen=True)
class Measures:
    """The turn measures of one recording: values by name, why one is NaN, flags, and what they were made with."""

    values: dict
    reasons: dict
    flags: dict
    transfers: tuple
    settings: TurnSettings


def measures(segments, roles, duration_s, settings=None, words=None, undefined=None):
    """Turn measures of one recording, for a host side A and the side that is judged, B.

    ``segments``: person_id, start_s, end_s. ``roles``: {person_id: "A" or "B"}; people on neither side are an error, a
    silent person is not. ``words``: optional table person_id, word, start_s, end_s. ``undefined``: ``"interpreter"`` or
    ``"signer"``, for whom timing means something else: every value is then NaN with that reason (T12).

    Returns :class:`Measures`. Names carry units; counts are plain. A share is of all speech, overlap counted to both.
    References: Heldner & Edlund 2010 (offsets); Templeton et al. 2022 (lags); the open score's rules T10 and O2.

    >>> import pandas as pd
    >>> speech = pd.DataFrame({"person_id": ["ana", "ben"], "start_s": [0, 5.3], "end_s": [5, 9]})
    >>> measures(speech, {"ana": "A", "ben": "B"}, 60, TurnSettings(min_transfers=1)).values["lag_B_s"]
    0.3
    """
    settings = settings or TurnSettings()
    _check_roles(roles)
    told = {}
    veto = text.by_words(words) if words is not None else None
    everything = floor(segments, settings, duration_s, list(roles), veto, told)
    changes = transfers(everything.turns, settings, roles)
    talk = {side: sum(s.length_ms for s in everything.stretches if roles[s.person_id] == side) for side in "AB"}
    lonely = any(side not in roles.values() for side in "AB")

    found = _Found(lonely)
    found.values |= _counts(everything, changes, roles, settings) | told
    _shares(found, talk, duration_s, settings)
    _lags(found, changes, settings)
    _rates(found, changes, duration_s, settings)
    _spiels(found, everything, roles)
    _backchannel_rates(found, talk)
    _words(found, words, everything, roles)
    _models(found, segments, words, roles, duration_s, settings, len(changes))
    if undefined:
        found.reasons = dict.fromkeys(found.values, undefined)
        found.values = dict.fromkeys(found.values, math.nan)
    _flags(found, duration_s, settings)
    return Measures(found.values, found.reasons, found.flags, tuple(changes), settings)


def _check_roles(roles):
    odd = {person: side for person, side in roles.items() if side not in ("A", "B")}
    if odd:
        person, side = next(iter(odd.items()))
        raise tables.TableError(f"turns: {person!r} has the role {side!r}; expected 'A' (host side) or 'B'")


class _Found:
    """Values and reasons as they are gathered; a value that is not to be had gets NaN and its reason."""

    def __init__(self, lonely=False):
        self.values, self.reasons, self.flags, self.lonely = {}, {}, {}, lonely

    def give(self, name, value, missing=None, sides=False):
        """Keep ``value()`` under ``name``, or NaN where a reason is given (an empty side precedes other reasons)."""
        reason = "no_person_on_side" if sides and self.lonely else missing
        self.values[name] = math.nan if reason else value()
        if reason:
            self.reasons[name] = reason


def _counts(everything, changes, roles, settings):
    counts = {"transfers": len(changes)}
    for status in ("ok", "early", "lapse", "contained", "simultaneous"):
        counts[f"transfers_{status}"] = sum(change.status == status for change in changes)
    offsets = _offsets(changes)
    counts["overlaps"] = sum(fto < 0 for fto in offsets)
    counts["interruptions"] = sum(_took_the_floor(fto, settings) for fto in offsets)
    counts["latches"] = sum(abs(fto) < ms(settings.latching_s) for fto in offsets)
    counts["lapses"] = counts["transfers_lapse"]
    counts["contained_turns"] = len(everything.contained)
    counts["turns"] = len(everything.turns)
    for side in "AB":
        counts[f"backchannels_{side}"] = sum(roles[span.person_id] == side for span in everything.backchannels)
    return counts


def _offsets(changes):
    return [change.fto_ms for change in changes if change.fto_ms is not None]


def _took_the_floor(fto_ms, settings):
    """Whether an early start took the floor; timing cannot tell a cooperative one from a competitive one (T10)."""
    return -ms(settings.interruption_stop_s) <= fto_ms <= -ms(settings.interruption_min_s)


def _shares(found, talk, duration_s, settings):
    total = talk["A"] + talk["B"]
    little = "little_speech" if total < ms(settings.min_total_s) or not total else None
    short = None if duration_s > 0 else "short_recording"
    found.give("talk_share_B", lambda: talk["B"] / total, little, sides=True)
    found.give("talk_time_share_B", lambda: talk["B"] / 1000 / duration_s, little or short, sides=True)
    found.give("talk_listen_pct", lambda: 100 * talk["A"] / 1000 / duration_s, short, sides=True)
    for side in "AB":
        found.values[f"talk_{side}_s"] = talk[side] / 1000


def _lags(found, changes, settings):
    responses = {side: [c.fto_ms for c in changes if c.status == "ok" and c.side_after == side] for side in "AB"}
    few = {side: _few(responses[side], settings.min_transfers) for side in "AB"}
    for side in "BA":
        found.give(f"lag_{side}_s", lambda side=side: _median_s(responses[side]), few[side], sides=True)
    lag_a, lag_b = found.values["lag_A_s"], found.values["lag_B_s"]
    either = few["B"] or few["A"]
    least = settings.lag_floor_s
    found.give("lag_diff_s", lambda: lag_b - lag_a, either, sides=True)
    found.give("lag_ratio", lambda: max(lag_b, least) / max(lag_a, least), either, sides=True)
    waits = [max(fto, 0) for fto in responses["A"]]
    found.give("patience_s", lambda: sum(waits) / len(waits) / 1000, few["A"], sides=True)
    found.give("patience_median_s", lambda: _median_s(waits), few["A"], sides=True)
    both = responses["A"] + responses["B"]
    found.give("fto_median_s", lambda: _median_s(both), _few(both, settings.min_transfers), sides=True)


def _few(values, least):
    return "few_transfers" if len(values) < max(least, 1) else None


def _median_s(values_ms):
    return float(np.median(values_ms)) / 1000


def _rates(found, changes, duration_s, settings):
    minutes = duration_s / 60
    short = "short_recording" if duration_s < settings.min_duration_s or duration_s <= 0 else None
    found.give("changes_per_min", lambda: len(changes) / minutes, short, sides=True)
    found.give("lapses_per_min", lambda: found.values["lapses"] / minutes, short, sides=True)
    offsets = _offsets(changes)
    none = None if offsets else "few_transfers"
    found.give("overlap_rate", lambda: found.values["overlaps"] / len(offsets), none, sides=True)
    found.give("interruptions_per_min", lambda: found.values["interruptions"] / minutes, short or none, sides=True)


def _spiels(found, everything, roles):
    for name, side in (("longest_spiel", None), ("longest_spiel_A", "A"), ("longest_spiel_B", "B")):
        own = [turn for turn in everything.turns if side in (None, roles[turn.person_id])]
        missing = None if own else "no_turns"
        found.give(f"{name}_s", lambda own=own: max(turn.length_ms for turn in own) / 1000, missing)
        found.give(f"{name}_speech_only_s", lambda own=own: max(turn.speech_ms for turn in own) / 1000, missing)


def _backchannel_rates(found, talk):
    for side, other in ("AB", "BA"):
        missing = None if talk[other] else "little_speech"
        count = found.values[f"backchannels_{side}"]
        found.give(
            f"backchannels_{side}_per_min",
            lambda count=count, other=other: count / (talk[other] / 60_000),
            missing,
            sides=True,
        )


def _words(found, words, everything, roles):
    for side in "AB":
        own = {person for person, role in roles.items() if role == side}
        speech_s = sum(span.length_ms for span in everything.stretches if span.person_id in own) / 1000
        rates, missing = text.rates(words, own, speech_s)
        for name, value in rates.items():
            found.give(f"{name}_{side}", lambda value=value: value, missing)


def _models(found, segments, words, roles, duration_s, settings, n_changes):
    """Changes a minute under every turn model that can be run: it depends on the model (T11)."""
    short = "short_recording" if duration_s < settings.min_duration_s or duration_s <= 0 else None
    for model in ("audiophile", "cliffhanger"):
        missing = short or (no_sentences(words) if model == "cliffhanger" else None)
        rows = [] if missing else turns_by(model, segments, settings, words)
        count = len(transfers(rows, settings, roles))
        found.give(f"changes_per_min_{model}", lambda n=count: n / (duration_s / 60), missing, sides=True)
    found.give("changes_per_min_backbiter", lambda: n_changes / (duration_s / 60), short, sides=True)


def _flags(found, duration_s, settings):
    if duration_s < settings.flag_duration_s and not math.isnan(found.values["changes_per_min"]):
        found.flags["changes_per_min"] = "short_recording_flag"
    for name in outside(found.values):
        found.flags.setdefault(name, "out_of_anchor")
