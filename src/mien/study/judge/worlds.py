"""The judge judged: worlds whose truth is known, and how often the rules say each thing of them (AUDIT 7.4).

``python -m mien.study.judge.worlds OUT`` judges the worlds of every cell, keeps each batch in ``OUT`` (call it again
and it goes on where it was) and prints the operating characteristics with exact limits of every share.
``data/worlds.csv`` was made so with ``--barren 100 --planted 50``; ``make reproduce`` does not make it again.
"""

import argparse
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from rich.console import Console
from scipy import special, stats

from mien import evidence, models, store, synthetic, tables, verdict
from mien.evidence import metrics
from mien.verdict import bench

FILE = "worlds.csv"
TARGET, SIGNALS, CLAIM = "label_synthetic", "face+voice+turn", "C1_detectable"
SETTINGS = evidence.EvidenceSettings(n_repeats=1, n_permutations=39, n_gap_worlds=39, n_bootstrap=500, shams=False)
"""One repeat of the folds and 39 permutations, so that hundreds of worlds can be afforded: p < .05 then asks that no
permuted world scores as high. The rule as it is used has 5 repeats and 999 permutations; what is said here is said of
the cheaper one."""

ALPHA = 0.05
BATCH = 10


@dataclass(frozen=True)
class Cell:
    """Worlds of one kind: ``effect`` standard deviations between classes in each signal (0: barren).

    ``ceiling`` is the best area under the curve any reader could reach: NaN takes what one reaches who knows how the
    world was made (:func:`omniscient`). ``sesoi`` and ``headroom`` say what was planted, for the reader.
    """

    name: str
    n_people: int
    effect: float
    ceiling: float = float("nan")
    n_windows: int | tuple[int, int] = 20
    target_kind: str = "window"
    people_per_group: int = 1

    def table(self, name, n_people=None):
        """A table of such a world: ``n_people`` people (its own number), drawn by ``name``."""
        return synthetic.label_table(
            n_people or self.n_people,
            self.n_windows,
            self.effect,
            target_kind=self.target_kind,
            people_per_group=self.people_per_group,
            name=f"{self.name} {name}",
        )


def omniscient(effect, n_signals=3):
    """The area under the curve of a reader who knows which signals carry the label, and how: Φ(d √k ÷ √2).

    >>> round(float(omniscient(0.0)), 2), round(float(omniscient(0.5)), 3)
    (0.5, 0.73)
    """
    return stats.norm.cdf(effect * np.sqrt(n_signals) / np.sqrt(2))


def planted(auc, n_signals=3):
    """The effect with which an omniscient reader reaches ``auc``; the inverse of :func:`omniscient`."""
    return float(special.ndtri(auc) * np.sqrt(2) / np.sqrt(n_signals))


CELLS = (
    Cell("barren, windows", 60, 0.0, 0.80),
    Cell("barren, people", 60, 0.0, 0.80, target_kind="person"),
    Cell("barren, 30 people", 30, 0.0, 0.80),
    Cell("barren, 120 people", 120, 0.0, 0.80),
    Cell("barren, mixed labels", 60, 0.0, 0.80, target_kind="mixed"),
    Cell("barren, mixed, 5 to 60 windows", 60, 0.0, 0.80, n_windows=(5, 60), target_kind="mixed"),
    Cell("barren, recordings of four", 240, 0.0, 0.80, n_windows=10, target_kind="recording", people_per_group=4),
    Cell("planted, 2 x SESOI", 60, planted(0.615)),
    Cell("planted, headroom .60", 60, planted(0.695), 0.80),
    Cell("planted, 2 x SESOI, ceiling .80", 60, planted(0.615), 0.80),
)
"""A model learns less than an omniscient reader knows: .615 and .695 are planted for it to reach about .60 and .68."""


def world(cell, number, settings=SETTINGS, gates=None):
    """Judge one world: a dictionary with the verdict on C1 with gates on and off, the score and its interval.

    ``gates`` gives the smallest detectable gap of the cell, which is a property of its design. Where something was
    planted, permutations are run only if p could change the verdict: it is then the same as if they had been run
    everywhere.
    """
    table = cell.table(number).assign(is_synthetic=False)  # under test is the rule for people; J6 has its own tests
    ask = partial(evidence.evaluate, table, TARGET, SIGNALS, "logistic", corpus="worlds")
    row = _row(ask(settings=replace(settings, n_permutations=0)).rows)
    ceiling = omniscient(cell.effect) if np.isnan(cell.ceiling) else cell.ceiling
    at_best = _verdicts(row, ceiling, 1 / (1 + settings.n_permutations), gates)
    p_permuted = np.nan
    if not cell.effect or {"holds", "partly"} & set(at_best.values()):
        p_permuted = _row(ask(settings=replace(settings, n_gap_worlds=0)).rows)["p_permuted"]
        at_best = _verdicts(row, ceiling, p_permuted, gates)
    names = ("value", "low", "high", "gap", "gap_low", "gap_high", "gap_low90", "gap_high90")
    numbers = {name: row[name] for name in names} | {"new_people": new_people(cell, number, settings)}
    return {"cell": cell.name, "number": number, "p_permuted": p_permuted, **at_best, **numbers}


def new_people(cell, number, settings=SETTINGS):
    """What an interval should hold: the score, on people never seen, of the model trained on one training part.

    Other people are drawn, as many as are in a training part to train on and 100 to judge. The mean over the worlds of
    a cell is the truth that their intervals are held against; a barren cell's is a half.
    """
    n_train = round(cell.n_people * (1 - 1 / settings.n_folds))
    train = cell.table(f"{number} new people to train", n_train)
    judge = cell.table(f"{number} new people to judge", 100)
    columns = [c for c in train if c.startswith(tuple(f"{signal}_" for signal in SIGNALS.split("+")))]
    model = models.make("logistic", SIGNALS.split("+"), settings.seed, settings.model)
    told = model.fit(train[columns], train[TARGET]).predict_proba(judge[columns])
    codes = (judge[TARGET] == model.classes_[1]).to_numpy().astype(int)
    return float(metrics.scores(metrics.tally(codes, told[None]))["auc"][0])


def _row(rows):
    return verdict.primary_rows(rows).iloc[0]


def _verdicts(row, ceiling, p_permuted, detectable):
    """C1 by the rules as they are, and with every gate open."""
    numbers = {"n_groups": row["n_groups"], "n_leakage_failures": 0, "coverage": row["coverage"]}
    numbers |= {"minimum_detectable_gap": detectable, "label_is_acted": 0, "share_synthetic": 0}
    numbers |= {name: row[column] for name, column in verdict.FROM_ROW.items() if name.startswith("gap")}
    numbers |= {"p_perm_holm": p_permuted, "headroom": (row["value"] - row["chance"]) / (ceiling - row["chance"])}
    rules = _rules()
    free = numbers | {"n_groups": 1e6, "coverage": 1, "minimum_detectable_gap": 0}
    asked = {"gates_on": numbers, "gates_off": free}
    return {name: bench.settle(rules, bench.facts(each, rules, "auc"))[CLAIM].verdict for name, each in asked.items()}


@cache
def _rules():
    return verdict.load()


def detectable(cell, settings=SETTINGS, n_worlds=2):
    """The smallest gap that would be found in a cell with 80 % power: mean over a few of its worlds."""
    found = []
    for number in range(n_worlds):
        table = cell.table(f"design {number}")
        rows = evidence.evaluate(table, TARGET, SIGNALS, "logistic", settings, "worlds").rows
        found.append(_row(rows)["minimum_detectable_gap"])
    return float(np.mean(found))


def judged(cell, n_worlds, folder, settings=SETTINGS, workers=1, progress=None):
    """Every world of a cell, one row each; batches are kept in ``folder`` with their causes, so a stop loses little."""
    code = store.code("tables", "models", "evidence", "verdict", "synthetic", "study/judge/worlds")
    causes = {"cell": cell, "settings": settings, "code": code, "rules": _rules().sha256}
    stem = Path(folder) / store.file_name(cell.name)
    design = store.kept(
        Path(f"{stem}_design.csv"),
        causes,
        lambda part: tables.write(pd.DataFrame({"gap": [detectable(cell, settings)]}), part) and None,
    )
    gates = float(pd.read_csv(design)["gap"].iloc[0])
    batches = [range(first, min(first + BATCH, n_worlds)) for first in range(0, n_worlds, BATCH)]
    work = joblib.Parallel(n_jobs=workers, return_as="generator", batch_size=1)
    parts = []
    for numbers, part in zip(
        batches,
        work(joblib.delayed(_batch)(cell, each, stem, causes, settings, gates) for each in batches),
        strict=True,
    ):
        parts.append(part)
        if progress:
            progress(cell.name, numbers[-1] + 1, n_worlds)
    return pd.concat(parts, ignore_index=True).assign(minimum_detectable_gap=gates)


def _batch(cell, numbers, stem, causes, settings, gates):
    """The worlds of these numbers, kept in a file of their own."""

    def make(part):
        tables.write(pd.DataFrame([world(cell, number, settings, gates) for number in numbers]), part)

    return pd.read_csv(store.kept(Path(f"{stem}_{numbers[0]:04d}_{len(numbers)}.csv"), causes, make))


INTERVALS = {
    "score": ("low", "high"),
    "gap": ("gap_low", "gap_high"),
    "gap90": ("gap_low90", "gap_high90"),
}
"""Whose coverage is counted: the score and its gap to the best baseline at 95 %, the gap at 90 %."""

VERDICTS = ("holds", "partly", "does_not_hold", "inconclusive")


def characteristics(found):
    """Operating characteristics of each cell, a row each, from the table of its worlds.

    Shares of the verdicts with gates off and on, and how often each interval covers the truth: the mean score on new
    people (``truth``; a half in barren cells), less the best baseline, which is chance in these worlds. ``size`` is the
    share of barren worlds whose permutation p is at most .05; where something was planted there is none. ``*_low``
    and ``*_high`` are exact 95 % limits of a share (Clopper-Pearson).
    """
    rows = []
    for name, part in found.groupby("cell", sort=False):
        is_barren = name.startswith("barren")
        truth = 0.5 if is_barren else part["new_people"].mean()
        row = {"cell": name, "n_worlds": len(part), "score": part["value"].mean(), "truth": truth}
        row["truth_error"] = 0.0 if is_barren else part["new_people"].sem()
        row |= {"gap": part["gap"].mean(), "gap_sd": part["gap"].std()}
        row["minimum_detectable_gap"] = part["minimum_detectable_gap"].iloc[0]
        for said in VERDICTS:
            row |= _share(said, part["gates_off"] == said)
        row |= _share("size", part["p_permuted"] <= ALPHA) if is_barren else {}
        for said in ("holds", "partly", "not_assessable"):
            row[f"{said}_gates_on"] = (part["gates_on"] == said).mean()
        for what, (low, high) in INTERVALS.items():
            held = truth - 0.5 * (what != "score")
            row |= _share(f"coverage_{what}", (part[low] <= held) & (held <= part[high]))
        rows.append(row)
    return pd.DataFrame(rows)


def _share(name, hits):
    limits = stats.binomtest(int(hits.sum()), len(hits)).proportion_ci()
    return {name: float(hits.mean()), f"{name}_low": limits.low, f"{name}_high": limits.high}


def sentences(table):
    """The operating characteristics in words, a sentence for each cell; shares with exact 95 % limits in percent."""

    def share(row, name):
        return f"{row[name]:.1%} [{row[f'{name}_low']:.1%}, {row[f'{name}_high']:.1%}]"

    return [
        f"SYNTHETIC worlds, {row['cell']} ({row['n_worlds']:.0f} worlds): AUC {row['score']:.3f}, on new people "
        f"{row['truth']:.3f}; "
        + ", ".join(f"{name} {share(row, name)}" for name in VERDICTS)
        + (f"; p at most .05 in {share(row, 'size')}" if "barren" in row["cell"] else "")
        + f"; with gates on: holds {row['holds_gates_on']:.1%}, "
        f"not assessable {row['not_assessable_gates_on']:.1%} (detectable gap {row['minimum_detectable_gap']:.2f}); "
        f"the 95 % interval of the score covers in {share(row, 'coverage_score')}, of the gap in "
        f"{share(row, 'coverage_gap')}, the 90 % interval of the gap in {share(row, 'coverage_gap90')}."
        for _, row in table.iterrows()
    ]


def read(data):
    """The committed operating characteristics (:data:`FILE`)."""
    return pd.read_csv(Path(data) / FILE)


def answer(table):
    """What the committed worlds say of the judge, in a sentence."""
    barren = table[table["cell"].str.startswith("barren")]
    n, held = barren["n_worlds"].sum(), (barren["holds"] * barren["n_worlds"]).sum()
    limit = stats.binomtest(round(held), int(n)).proportion_ci().high
    size = barren.loc[[barren["size"].idxmin(), barren["size"].idxmax()]]
    planted_ = table[table["cell"].str.startswith("planted")]
    found = "; ".join(
        f"{row['cell'].removeprefix('planted, ')}: {row['holds']:.0%} "
        f"[{row['holds_low']:.0%}, {row['holds_high']:.0%}] of {row['n_worlds']:.0f}"
        for _, row in planted_.iterrows()
    )
    least, most = size.itertuples()
    return (
        f"The judge judged on SYNTHETIC worlds: of {n:.0f} without a signal {held:.0f} were said to hold (at most "
        f"{limit:.1%}, 95 % bound), and p was at most .05 in {least.size:.1%} [{least.size_low:.1%}, "
        f"{least.size_high:.1%}] ({least.cell.removeprefix('barren, ')}) to {most.size:.1%} [{most.size_low:.1%}, "
        f"{most.size_high:.1%}] ({most.cell.removeprefix('barren, ')}) of them; with a signal planted, said to hold: "
        f"{found}; 95 % intervals {_covered(table, 'score')} and {_covered(table, 'gap')}."
    )


def _covered(table, what):
    """How often intervals held the truth: over all worlds, and from the least to the most of a cell."""
    shares = table[f"coverage_{what}"]
    overall = np.average(shares, weights=table["n_worlds"])
    least, most = shares.min(), shares.max()
    return f"of the {what} held the truth in {overall:.1%} of all worlds ({least:.0%} to {most:.0%} by cell)"


def _settings():
    """The settings that decide the numbers, as columns of the table."""
    names = ("n_folds", "n_repeats", "n_bootstrap", "n_permutations", "seed")
    return {"is_synthetic": True} | {name: getattr(SETTINGS, name) for name in names}


def main(words=None):
    """Judge the worlds and print what was found."""
    parser = argparse.ArgumentParser(description="the judge judged, on synthetic worlds whose truth is known")
    parser.add_argument("out", type=Path, help="folder in which batches of worlds are kept")
    parser.add_argument("--table", type=Path, help="where to write the table (worlds.csv in that folder)")
    parser.add_argument("--barren", type=int, default=200, help="worlds without a signal per cell")
    parser.add_argument("--planted", type=int, default=100, help="worlds with a signal per cell")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    asked = parser.parse_args(words)
    says, parts = Console(highlight=False, soft_wrap=True), []

    def tell(name, done, total):
        says.print(f"… {name}: {done} of {total}")

    for cell in CELLS:
        n_worlds = asked.planted if cell.effect else asked.barren
        parts.append(judged(cell, n_worlds, asked.out, workers=asked.workers, progress=tell))
    table = characteristics(pd.concat(parts, ignore_index=True)).assign(**_settings())
    tables.write(table, asked.table or asked.out / FILE)
    for sentence in sentences(table):
        says.print(sentence)


if __name__ == "__main__":
    from mien.study.judge import worlds

    worlds.main()
