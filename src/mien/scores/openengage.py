"""``openengage``, version 1: an open 0-100 engagement score, built from public wording so that it can be tested.

Public [Z1, Z2; P1, P3 to P5 of AUDIT section 2]: that an estimate of engagement from 0 to 100, with a line at 50, rests
on talk-time ratio, response time lag and the frequency of changes between the two sides of a conversation, each with
a weight, and is compared with earlier meetings. Assumed [A]: everything else, down to what a turn is. No public
document prints a formula; this one is not, and is never to be called, a vendor's. It is under test, and measures no
mind.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from mien import tables, turns
from mien.scores.profiles import COMPONENTS, PROFILES, ScoreSettings, fixed_curve, norm_referenced
from mien.scores.timeline import components, resampled, timeline

VERSION = 1


@dataclass(frozen=True)
class Score:
    """One score of one recording: its value with its interval, what it was made of, and why what is missing is missing.

    ``components`` has ``value``, ``low`` and ``high`` of each of :data:`mien.scores.COMPONENTS`. ``sem_points`` is the
    standard error of measurement from finite length alone (the spread of the resamples). Both are about which minutes
    were heard: that the reference is itself a sample is in neither. ``why`` gives a reason of
    :data:`mien.tables.REASONS` by name of what is NaN. ``reference`` is the id and sha256 of the norms.
    """

    name: str
    profile: str
    value: float
    low: float = np.nan
    high: float = np.nan
    sem_points: float = np.nan
    components: dict = field(default_factory=dict)
    why: dict = field(default_factory=dict)
    flags: dict = field(default_factory=dict)
    reference: tuple[str, str] = ("", "")

    def row(self):
        """The score as a row of :data:`mien.tables.SCORES`, without the recording."""
        parts = {
            f"{name}{end}": self.components.get(name, {}).get(key, np.nan) for name in COMPONENTS for end, key in ENDS
        }
        return {
            "score": self.name,
            "profile": self.profile,
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "sem_points": self.sem_points,
            **parts,
            "reference": self.reference[0],
            "reference_sha256": self.reference[1],
            "why": tables.why(self.why),
        }


ENDS = (("", "value"), ("_low", "low"), ("_high", "high"))


@dataclass(frozen=True)
class Heard:
    """What every score of one recording rests on: its timeline, sides, components, and resamples (or none)."""

    values: np.ndarray
    reasons: dict
    flags: dict
    drawn: np.ndarray
    talk_b_s: float
    settings: ScoreSettings


def heard(segments, roles, duration_s, settings=None, turn=None, words=None, undefined=None, name=""):
    """Measure one recording once, for all scores: :func:`openengage` says what is given; ``name`` seeds the blocks."""
    settings, turn = settings or ScoreSettings(), turn or turns.TurnSettings()
    found = turns.measures(segments, roles, duration_s, turn, words, undefined)
    everything = turns.floor(
        segments, turn, duration_s, list(roles), turns.by_words(words) if words is not None else None
    )
    line = timeline(everything, duration_s, roles)
    b = line.side({person for person, side in roles.items() if side == "B"})
    values, reasons = components(line, b, turn, settings.positive_lag, settings.denominator)
    if not everything.turns and "no_person_on_side" not in reasons.values():
        reasons = dict.fromkeys(COMPONENTS, "no_turns")
    if undefined:
        reasons = dict.fromkeys(COMPONENTS, undefined)
    values = np.where([part in reasons for part in COMPONENTS], np.nan, values)
    whole = len(reasons) < len(COMPONENTS) and settings.n_bootstrap and duration_s >= 2 * settings.block_s
    sample = resampled(line, b, name, settings, turn) if whole else np.full((0, 3), np.nan)
    flags = {part: found.flags[part] for part in COMPONENTS if part in found.flags}
    return Heard(values, reasons, flags, sample, float(line.talk_ms[b, -1].sum()) / 1000, settings)


def scored(one, norms, weights=None, name="openengage"):
    """Both profiles of what was :func:`heard`, as two :class:`Score`; ``weights`` other than those of the settings.

    A missing component of any weight makes the score NaN (component_nan), with the component's own reason beside it.
    """
    weights = one.settings.weights if weights is None else weights
    used = [part for part, weight in zip(COMPONENTS, weights, strict=True) if weight]
    missing = {part: one.reasons[part] for part in used if part in one.reasons}
    parts = _intervals_of(one)
    found = []
    for profile in PROFILES:
        if profile == "norm_referenced":
            told, of = (norms.id, norms.sha256), lambda x: norm_referenced(x, norms, one.settings, weights)
        else:
            told, of = ("", ""), lambda x: fixed_curve(x, one.settings, weights)
        score = Score(name, profile, np.nan, components=parts, why=dict(one.reasons), flags=one.flags, reference=told)
        if missing:
            why = dict.fromkeys(("value", "low", "high", "sem_points"), "component_nan") | one.reasons
            found.append(replace(score, why=why))
            continue
        low, high, spread = _interval(of(one.drawn), one.settings)
        lost = "few_transfers" if len(one.drawn) else "short_recording"
        why = dict(one.reasons) | ({} if np.isfinite(low) else dict.fromkeys(("low", "high", "sem_points"), lost))
        found.append(replace(score, value=float(of(one.values)), low=low, high=high, sem_points=spread, why=why))
    return found


def _interval(drawn, settings, most_missing=0.05):
    """Percentile ends and spread of resampled scores; NaN where more than 5 % of the resamples had none."""
    if not len(drawn) or np.isnan(drawn).mean() > most_missing:
        return np.nan, np.nan, np.nan
    tail = (1 - settings.level) / 2
    low, high = np.nanquantile(drawn, [tail, 1 - tail])
    return float(low), float(high), float(np.nanstd(drawn, ddof=1))


def _intervals_of(one):
    """Each component with its interval."""
    found = {}
    for number, name in enumerate(COMPONENTS):
        low, high, _ = _interval(one.drawn[:, number], one.settings)
        missing = name in one.reasons
        found[name] = {"value": float(one.values[number])} | (
            {"low": np.nan, "high": np.nan} if missing else {"low": low, "high": high}
        )
    return found


def openengage(segments, roles, duration_s, norms, settings=None, turn=None, words=None, undefined=None):
    """The open score of one recording under both profiles: [norm_referenced, fixed_curve], each a :class:`Score`.

    ``segments``: person_id, start_s, end_s. ``roles``: {person_id: "A" (host side) or "B" (the side that is judged)}.
    ``norms``: :class:`mien.scores.Norms` of a pinned reference that does not hold this recording. ``words`` and
    ``undefined`` as for :func:`mien.turns.measures`. Values are 0 to 100; NaN comes with a reason.
    Raises :class:`mien.tables.TableError` as ``turns.measures`` does.

    >>> import pandas as pd
    >>> from mien.scores import Norms
    >>> speech = pd.DataFrame({"person_id": ["ana", "ben"], "start_s": [0, 5.3], "end_s": [5, 9]})
    >>> norms = Norms((-0.1, -0.2, 1.8), (0.05, 0.1, 0.5), ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
    >>> openengage(speech, {"ana": "A", "ben": "B"}, 60, norms)[1].why["lag_B_s"]
    'few_transfers'
    """
    return scored(heard(segments, roles, duration_s, settings, turn, words, undefined), norms)
