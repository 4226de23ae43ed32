"""Turn-taking of everybody in one recording: who talks how much, who follows whom, how the floor passes.

Conventions: every person is a side of their own; a silent person named in ``people`` counts as present; what cannot be
had is NaN with a reason.
"""

import math
from collections import Counter

import numpy as np
import pandas as pd

from mien.turns.floor import Floor, TurnSettings, floor, transfers
from mien.turns.sentences import MODELS, no_sentences, turns_by
from mien.turns.words import by_words

UNDEFINED = ("interpreter", "signer")
"""Why timing means something else in a recording (T12)."""


def talk_s(everything, people=None):
    """Seconds of own speech by person, backchannels included and overlap counted to each (a dictionary)."""
    found = dict.fromkeys(sorted({*map(str, people or ()), *everything.people}), 0)
    for stretch in everything.stretches:
        found[stretch.person_id] += stretch.length_ms
    return {person: length / 1000 for person, length in found.items()}


def gini(amounts):
    """How unequally an amount is shared, 0 (all the same) to 1 (one has it all); NaN for nobody or nothing.

    The mean absolute difference over twice the mean, times n / (n - 1) so that few people can reach 1.
    References: Gini 1912; Deltas 2003, Review of Economics and Statistics 85: 226 (the correction for small n).

    >>> gini([1, 1, 1]), gini([0, 0, 6]), gini([1, 3])
    (0.0, 1.0, 0.5)
    """
    x = np.asarray(list(amounts), float)
    if len(x) < 2 or x.sum() <= 0:
        return math.nan
    return float(np.abs(x[:, None] - x[None, :]).sum() / (2 * len(x) * (len(x) - 1) * x.mean()))


def entropy(amounts):
    """How evenly an amount is shared, 0 (one has it all) to 1 (all the same); NaN for fewer than two or nothing.

    Shannon's entropy of the shares, over the logarithm of the number of people (Shannon 1948; Pielou 1966).

    >>> entropy([2, 2]), entropy([4, 0, 0])
    (1.0, 0.0)
    """
    x = np.asarray(list(amounts), float)
    if len(x) < 2 or x.sum() <= 0:
        return math.nan
    share = x[x > 0] / x.sum()
    return float(abs((share * np.log(share)).sum()) / np.log(len(x)))


def dominance(amounts):
    """The largest share of an amount, from 1/n to 1; NaN for nothing.

    Who talks most is the best single sign of who is seen as dominant (Mast 2002, Human Communication Research 28: 420;
    Jayagopi et al. 2009, IEEE TASLP 17: 501), which is not to say that talk is dominance.

    >>> dominance([1, 3])
    0.75
    """
    x = np.asarray(list(amounts), float)
    return float(x.max() / x.sum()) if len(x) and x.sum() > 0 else math.nan


def follows(everything, people=None):
    """Who follows whom: how often the floor went from the person of the row to the person of the column.

    A square table of counts, people in alphabetical order, zero on the diagonal. Its sum is the number of changes.
    Reference: Gibson 2003, Social Forces 81: 1335 (participation shifts).
    """
    names = sorted({*map(str, people or ()), *everything.people})
    counts = Counter((change.person_before, change.person_after) for change in everything.changes)
    cells = [[counts[before, after] for after in names] for before in names]
    return pd.DataFrame(cells, index=pd.Index(names, name="before"), columns=pd.Index(names, name="after"), dtype=int)


def answers(everything):
    """How fast who answers whom: one row per direction in which the floor passed.

    Columns person_before, person_after, changes, responses (changes whose timing is a response, status ok), lag_s
    (median signed offset of the responses, NaN below ``min_window_transfers`` of them), overlap_rate (of the changes
    that have an offset, NaN without any). References: Heldner & Edlund 2010; Templeton et al. 2022.
    """
    rows = {}
    for change in everything.changes:
        rows.setdefault((change.person_before, change.person_after), []).append(change)
    least = max(everything.settings.min_window_transfers, 1)
    columns = ["person_before", "person_after", "changes", "responses", "lag_s", "overlap_rate"]
    return pd.DataFrame([(*pair, *_answer(rows[pair], least)) for pair in sorted(rows)], columns=columns)


def _answer(changes, least):
    timed = [change.fto_ms for change in changes if change.fto_ms is not None]
    ok = [change.fto_ms for change in changes if change.status == "ok"]
    lag_s = float(np.median(ok)) / 1000 if len(ok) >= least else math.nan
    return len(changes), len(ok), lag_s, float(np.mean([f < 0 for f in timed])) if timed else math.nan


def offsets_s(everything):
    """The signed floor-transfer offset of every change that has one, in seconds and in order of time."""
    return np.array([c.fto_ms for c in everything.changes if c.fto_ms is not None], float) / 1000


def group(segments, duration_s, settings=None, people=None, words=None, undefined=None):
    """Turn measures of a whole recording, every person a side of their own.

    ``segments`` (or a :class:`Floor`), ``duration_s``, ``settings`` and ``people`` as for :func:`mien.turns.floor`.
    ``words`` (person_id, word, start_s, end_s) judge backchannels and allow the cliffhanger model.
    ``undefined``: ``"interpreter"`` or ``"signer"``, with whom timing means something else: every value is NaN (T12).

    Returns ``(values, reasons)``: counts; shares 0..1; ``fto_*`` signed seconds over changes that are responses, of
    which ``patience_s`` is the mean with an overlap as no wait;
    ``backchannels_per_speech_hour`` per hour of all speech; turn lengths by the clock, ``_speech_only_`` without own
    pauses; ``changes_per_min`` under every turn model that can be run.
    """
    settings = settings or (segments.settings if isinstance(segments, Floor) else TurnSettings())
    veto = by_words(words) if words is not None and len(words) else None
    given = isinstance(segments, Floor)
    everything = segments if given else floor(segments, settings, duration_s, people, veto)
    names = sorted({*map(str, people or ()), *everything.people})
    values, reasons = {"people": len(names), "duration_s": float(duration_s)}, {}
    parts = (
        _talk(everything, names, duration_s),
        _changes(everything, duration_s, len(names) < 2),
        _lengths(everything),
        _models(everything, duration_s, words, veto, len(names) < 2),
    )
    for name, (value, reason) in {k: v for part in parts for k, v in part.items()}.items():
        reason = undefined or reason
        values[name] = math.nan if reason else float(value)
        if reason:
            reasons[name] = reason
    return values, reasons


def _talk(everything, names, duration_s):
    talk = talk_s(everything, names)
    total = sum(talk.values())
    little = "little_speech" if not total or total < everything.settings.min_total_s else None
    alone = "no_person_on_side" if len(names) < 2 else little
    anybody, crossed = _busy_s(everything.stretches)
    short = None if duration_s > 0 else "short_recording"
    return {
        "talk_s": (total, None),
        "talk_gini": (gini(talk.values()), alone),
        "talk_entropy": (entropy(talk.values()), alone),
        "dominance": (dominance(talk.values()), alone),
        "overlap_time_share": (crossed / max(anybody, 1e-9), little),
        "silence_share": (1 - anybody / duration_s if duration_s > 0 else math.nan, short),
    }


def _busy_s(stretches):
    """Seconds in which anybody speaks, and in which at least two do."""
    edges = sorted([(s.start_ms, 1) for s in stretches] + [(s.end_ms, -1) for s in stretches])
    anybody = crossed = speaking = at = 0
    for time_ms, step in edges:
        anybody += (time_ms - at) * (speaking > 0)
        crossed += (time_ms - at) * (speaking > 1)
        at, speaking = time_ms, speaking + step
    return anybody / 1000, crossed / 1000


def _changes(everything, duration_s, alone):
    settings, changes, minutes = everything.settings, everything.changes, max(duration_s, 1e-9) / 60
    timed, ok = offsets_s(everything), [c.fto_ms / 1000 for c in changes if c.status == "ok"]
    lone = "no_person_on_side" if alone else None
    short = lone or ("short_recording" if duration_s < settings.min_duration_s or duration_s <= 0 else None)
    few = lone or ("few_transfers" if len(ok) < max(settings.min_transfers, 1) else None)
    none = lone or ("few_transfers" if len(timed) < max(settings.min_transfers, 1) else None)
    early = (timed >= -settings.interruption_stop_s) & (timed <= -settings.interruption_min_s)
    return {
        "changes": (len(changes), None),
        "fto_median_s": (np.median(ok) if ok else math.nan, few),
        "fto_mean_s": (np.mean(ok) if ok else math.nan, few),
        "patience_s": (np.maximum(ok, 0).mean() if ok else math.nan, few),
        "overlap_rate": (np.mean(timed < 0) if len(timed) else math.nan, none),
        "latching_share": (np.mean(np.abs(timed) < settings.latching_s) if len(timed) else math.nan, none),
        "contained_share": (sum(c.status == "contained" for c in changes) / max(len(changes), 1), few),
        "early_starts_per_min": (early.sum() / minutes, short),
        "lapses_per_hour": (60 * sum(c.status == "lapse" for c in changes) / minutes, short),
    }


def _lengths(everything):
    lengths = [turn.length_ms / 1000 for turn in everything.turns]
    talk = sum(stretch.length_ms for stretch in everything.stretches) / 1000
    none = None if lengths else "no_turns"
    little = "little_speech" if not talk or talk < everything.settings.min_total_s else None
    return {
        "turns": (len(lengths), None),
        "turn_length_median_s": (np.median(lengths) if lengths else math.nan, none),
        "turn_length_mean_s": (np.mean(lengths) if lengths else math.nan, none),
        "longest_turn_s": (max(lengths, default=math.nan), none),
        "longest_turn_speech_only_s": (max((t.speech_ms for t in everything.turns), default=0) / 1000, none),
        "backchannels": (len(everything.backchannels), None),
        "backchannels_per_speech_hour": (3600 * len(everything.backchannels) / max(talk, 1e-9), little),
    }


def _models(everything, duration_s, words, veto, alone):
    """Changes a minute under every turn model that can be run (T11)."""
    settings = everything.settings
    short = "short_recording" if duration_s < settings.min_duration_s or duration_s <= 0 else None
    short = "no_person_on_side" if alone else short
    speech = pd.DataFrame(
        [(s.person_id, s.start_ms / 1000, s.end_ms / 1000) for s in everything.stretches],
        columns=["person_id", "start_s", "end_s"],
    ).astype({"start_s": float, "end_s": float})
    found = {"changes_per_min": (len(everything.changes) / max(duration_s, 1e-9) * 60, short)}
    for model in MODELS:
        missing = short or (no_sentences(words) if model == "cliffhanger" else None)
        rows = [] if missing else turns_by(model, speech, settings, words, veto)
        count = len(transfers(rows, settings))
        found[f"changes_per_min_{model}"] = (count / max(duration_s, 1e-9) * 60, missing)
    return found
