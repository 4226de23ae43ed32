"""From what was judged to rows of the evidence and predictions tables; every missing number gets its reason."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from mien import tables
from mien.evidence import baselines, checks, metrics, nulls, splits

NUMBERS = (
    *("value", "low", "high", "chance", "best_baseline", "ceiling", "p_permuted", "gap", "gap_low", "gap_high"),
    *("gap_low90", "gap_high90", "minimum_detectable_gap", "coverage"),
)

EQUIVALENCE = 0.90
"""Level of the interval whose upper limit is that of the one-sided test (at .05) that a gap is too small to matter."""

DETECTABLE = 2.49
"""Standard deviations of the gap in null worlds that a one-sided test at .05 finds with a power of 80 %."""


@dataclass(frozen=True)
class Question:
    """One target on one table of cases: by which settings, on which folds and against which baselines it is judged."""

    given: checks.Cases
    settings: Any
    corpus: str
    plan: list = field(default_factory=list)
    ladder: list[baselines.Judged] = field(default_factory=list)

    @property
    def metrics(self):
        """The scores that labels of this kind have."""
        return metrics.names(len(self.given.classes))

    def row(self, model, signals, metric, why, **found):
        """One evidence row; numbers not ``found`` are NaN, for the reason ``why[name]`` or else ``why["value"]``."""
        windows = self.given.windows
        extra = {"interval": "", "best_baseline_name": "", "null": "", "n_permutations": 0}
        numbers = dict.fromkeys(NUMBERS, np.nan) | extra | found
        lost = {name: why.get(name, why.get("value", "not_computed")) for name in NUMBERS if pd.isna(numbers[name])}
        return {
            "target": self.given.target,
            "signals": signals,
            "model": model,
            "corpus": self.corpus,
            "split": splits.name(self.given.n_groups, self.settings),
            "metric": metric,
            **numbers,
            "n_people": windows["person_id"].nunique(),
            "n_groups": self.given.n_groups,
            "n_windows": len(windows),
            "seed": self.settings.seed,
            "why": tables.why(lost),
        }

    def unanswered(self, model, signals, reason):
        """A row per metric without a single number, and why."""
        return [self.row(model, signals, metric, {"value": reason}) for metric in self.metrics]

    def baseline(self, judged):
        """A row per metric of a rung of the ladder."""
        why = {"value": judged.why or "is_baseline"}
        if judged.why:
            return self.unanswered(judged.model, judged.signals, judged.why)
        return [self.row(judged.model, judged.signals, m, why, **self._score(judged, m)) for m in self.metrics]

    def answered(self, judged, worlds=None, coverage=np.nan):
        """A row per metric of a model: score and gap to the best baseline with intervals, and the permutation p.

        ``coverage`` is the share of windows in which at least one signal was measured.
        """
        rows = []
        for metric in self.metrics:
            found = self._score(judged, metric) | self._gap(judged, metric) | {"coverage": coverage}
            if worlds is not None:
                found |= self._null(worlds)
                found["p_permuted"] = nulls.p_value(found["value"], worlds[metric])
                found["minimum_detectable_gap"] = DETECTABLE * worlds[f"gap_{metric}"].std()
            why = {"p_permuted": "not_permuted", "minimum_detectable_gap": "not_permuted", "value": "too_few_people"}
            rows.append(self.row(judged.model, judged.signals, metric, why | {"ceiling": "not_computed"}, **found))
        return rows

    def shuffled(self, judged, worlds):
        """B5: the same model on moved labels; mean and central range of the worlds without a signal."""
        tail = 0.5 - self.settings.level / 2
        rows = []
        for metric in self.metrics:
            low, high = worlds[metric].quantile([tail, 1 - tail])
            found = {"value": worlds[metric].mean(), "low": low, "high": high, "interval": "range_of_null_worlds"}
            found |= self._null(worlds) | {"chance": metrics.chance(len(self.given.classes))[metric]}
            rows.append(self.row("B5_shuffled", judged.signals, metric, {"value": "is_baseline"}, **found))
        return rows

    def beside(self, judged, bar=None):
        """A row per metric of a model that is no claim: its score, and its distance from ``bar`` or the baselines.

        ``bar`` a :class:`baselines.Judged` with as many groups; None: the best baseline, as for :meth:`answered`.
        """
        rows = []
        for metric in self.metrics:
            found = self._score(judged, metric)
            found |= self._gap(judged, metric) if bar is None else self._apart(judged, bar, metric)
            rows.append(self.row(judged.model, judged.signals, metric, {"value": "is_baseline"}, **found))
        return rows

    def _apart(self, judged, bar, metric):
        levels = [self.settings.level, EQUIVALENCE]
        (wide, narrow), _ = judged.limits(metric, self.settings, levels, bar)
        reached = float(bar.score(metric)[0])
        found = {"best_baseline": reached, "best_baseline_name": bar.model}
        found |= dict(zip(("gap_low", "gap_high", "gap_low90", "gap_high90"), (*wide, *narrow), strict=True))
        return found | {"gap": float(judged.score(metric)[0]) - reached}

    def predictions(self, judged):
        """What a model said about every held-out window, one row per window and repeat; None where it said nothing."""
        if judged.probability is None:
            return None
        parts = []
        for repeat, (folds, told) in enumerate(zip(self.plan, judged.probability, strict=True)):
            part = self.given.windows[["recording_id", "person_id", "start_s", "group_id"]].copy()
            part["target"], part["signals"], part["model"] = self.given.target, judged.signals, judged.model
            part["split"], part["repeat"] = splits.name(self.given.n_groups, self.settings), repeat
            for number, (_, test) in enumerate(folds):
                part.loc[test, "fold"] = number
            part["truth"] = self.given.truth
            if not self.given.classes:
                part["predicted_value"] = told[:, 0]
            for code, name in enumerate(self.given.classes):
                part[f"probability_{name}"] = told[:, code]
            parts.append(part.astype({"fold": int}))
        return pd.concat(parts, ignore_index=True)

    def _score(self, judged, metric):
        value = float(judged.score(metric)[0])
        ((low, high),), method = judged.limits(metric, self.settings, [self.settings.level])
        chance = metrics.chance(len(self.given.classes))[metric]
        return {"value": value, "low": low, "high": high, "interval": method, "chance": chance}

    def _gap(self, judged, metric):
        """Distance from the best baseline; both are re-scored on the same resampled groups.

        Which baseline is best is itself uncertain. Whoever is beyond the best is beyond each: the lower limit is the
        lowest over all that count (Berger 1982, Technometrics 24: 295); the upper limit is that of the best here.
        """
        bars = baselines.bars(self.ladder, metric, len(self.given.classes))
        name, reached, _ = max(bars, key=lambda bar: bar[1])
        levels = [self.settings.level, EQUIVALENCE]
        limits = {each: judged.limits(metric, self.settings, levels, bar)[0] for each, _, bar in bars}
        lows = np.min([[low for low, _ in pairs] for pairs in limits.values()], axis=0)
        found = dict(zip(("gap_low", "gap_low90"), lows.tolist(), strict=True))
        found |= dict(zip(("gap_high", "gap_high90"), [high for _, high in limits[name]], strict=True))
        gap = float(judged.score(metric)[0]) - reached
        return {"best_baseline": reached, "best_baseline_name": name, "gap": gap} | found

    def _null(self, worlds):
        return {"null": worlds["null"].iloc[0], "n_permutations": len(worlds)}
