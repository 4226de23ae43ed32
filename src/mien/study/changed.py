"""The same recording, the same people, one thing changed: what becomes of the score; committed tables.

Nothing here is about anybody's engagement: the conversation, and whatever people felt, is untouched by construction.
Real timelines of three corpora are edited (see ``sweep``); a dose is a size with a source, never a diagnosis.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from mien import corpora, scores, tables
from mien.study import dosed, score_words, sides, sweep

NOTEBOOKS = ("12_one_thing_changed",)
FILES = {
    "changed_scores": "changed_scores.csv",
    "changed_errors": "changed_errors.csv",
    "changed_quantities": "changed_quantities.csv",
    "latency_differences": "latency_differences.csv",
}
MADE = ("changed_scores", "changed_errors", "changed_quantities")
"""Those that :func:`remake` makes; the differences in latency were written by hand, each with its source."""

DIFFERENCES = tables.Table(
    "latency_differences",
    "difference in when people answer",
    (
        tables.Column("what", "between whom or what", "text"),
        tables.Column("low_s", "least difference, seconds; later is positive"),
        tables.Column("high_s", "largest difference, seconds"),
        tables.Column("kind", "network, published (between groups of people or settings) or assumed", "text"),
        tables.Column("source", "where the number comes from", "text"),
        tables.Column("tag", "P public, M remembered and to be checked, A our choice (AUDIT D1)", "text"),
    ),
    ("what",),
)

CHANGED = tables.Table(
    "changed_scores",
    "corpus, way of making sides, edit, variant, dose, profile and quantity",
    (
        tables.Column("corpus", "which corpus", "text"),
        tables.Column("sides", "each or halves", "text"),
        tables.Column("edit", "a function of mien.edits", "text"),
        tables.Column("variant", "where it is recorded, what goes wrong; empty where there is one way", "text"),
        tables.Column("dose", "how much, in the unit; empty for a sweep as a whole", missing=True),
        tables.Column("unit", "s, times or share", "text"),
        tables.Column("decides", "whether the rules let this dose decide", "flag"),
        tables.Column("profile", "norm_referenced or fixed_curve", "text"),
        tables.Column("quantity", "what was found (study.dosed.QUANTITIES)", "text"),
        tables.Column("value", "points of 100, shares 0 to 1, correlations, or seconds", missing=True),
        tables.Column("low", "lower end of the 95 % interval over groups", missing=True),
        tables.Column("high", "upper end of the 95 % interval over groups", missing=True),
        tables.Column("low90", "lower end of the 90 % interval", missing=True),
        tables.Column("high90", "upper end of the 90 % interval", missing=True),
        tables.Column("interval", "how the interval was made", "text", missing=True),
        tables.Column("n_sides", "how many sides it rests on", low=0),
        tables.Column("n_people", "of how many people", low=0),
        tables.Column("n_recordings", "in how many recordings", low=0),
        tables.Column("n_groups", "in groups that share no person", low=0),
        tables.Column("reference", "which norms", "text", missing=True),
        tables.Column("licence", "the licence of the corpus, and of the row", "text"),
        tables.Column("why", "why a value is missing", "text", missing=True),
    ),
    ("corpus", "sides", "edit", "variant", "dose", "profile", "quantity"),
)


TOLD = ("error_rate", "mean_change", "p95_abs_change", "crossing_50", "rank_r", "coverage_lost")
"""What is told of errors of a diarisation in other places than pieces of 1 s."""


def remake(folders, out, tick=lambda *_: None):
    """Make the three tables from the corpora, which stay with their makers; return their paths.

    ``folders``: the folder of each of :data:`mien.corpora.TIMED`, by name. Raises as ``conversations.remake`` does.
    """
    every = {name: sweep.of_corpus(name, folders[name], tick=tick) for name in corpora.TIMED}
    found = of(every)
    Path(out).mkdir(parents=True, exist_ok=True)
    return [tables.write(table, Path(out) / FILES[name]) for name, table in found.items()]


def of(every):
    """The three tables of what was swept: ``every`` {corpus: {how: swept}}."""
    norms, rows = sweep.norms_of(every), []
    for name, found in every.items():
        for how, swept in found.items():
            rows += dosed.Book(swept, *norms[name, how]).rows()
    return parted(pd.DataFrame(rows))


def parted(rows):
    """All rows as the tables that are committed: errors of a diarisation in other places stand apart."""
    placed = rows["variant"].isin({change.variant for change in sweep.PLACED})
    changed, errors = CHANGED.check(rows[~placed]), CHANGED.check(rows[placed & rows["quantity"].isin(TOLD)])
    both = pd.concat([changed, errors], ignore_index=True)
    return {"changed_scores": changed, "changed_errors": errors, "changed_quantities": quantities(both)}


# --- beside what was simulated ----------------------------------------------------------------------------------------

SIMULATED = {
    ("latency", "", dose): (norm, under, fixed)
    for dose, norm, under, fixed in (
        (0.1, -9.9, 0.26, -0.7),
        (0.2, -19.2, 0.48, -1.6),
        (0.35, -31.8, 0.79, -3.4),
        (0.6, -43.8, 0.98, -8.0),
        (1.2, -48.3, 1.0, -22.8),
    )
}
SIMULATED |= {("early_fillers", "", 0.3): (24.1, np.nan, 1.1), ("network_delay", "A", 0.15): (-28.1, 0.72, -2.7)}
"""AUDIT 4.1, pairs made up (SYNTHETIC): points by the norms, share pushed under 50, points by the fixed curves."""


def beside_simulated(changed):
    """The simulated numbers of AUDIT 4.1 beside the three corpora: a row per edit, dose and number.

    ``differs`` names the corpora whose 95 % interval does not hold the simulated number (ICSI has no interval).
    """
    keys = ["edit", "variant", "dose", "profile", "quantity", "corpus"]
    own = changed[changed["sides"] == "each"].set_index(keys)[["value", "low", "high"]]
    norm, fixed = scores.PROFILES
    asked = (("mean_change", norm), ("pushed_under_50", norm), ("mean_change", fixed))
    rows = []
    for (edit, variant, dose), numbers in SIMULATED.items():
        for (quantity, profile), number in zip(asked, numbers, strict=True):
            row = {"edit": edit, "variant": variant, "dose": dose, "profile": profile, "quantity": quantity}
            row |= {"simulated": number, "differs": []}
            for corpus, name in sides.NAMES.items():
                value, low, high = own.loc[(edit, variant, dose, profile, quantity, corpus)]
                row[name] = value
                if np.isfinite([number, low]).all() and not low <= number <= high:
                    row["differs"].append(name)
            rows.append(row | {"differs": ", ".join(row["differs"])})
    return pd.DataFrame(rows).dropna(subset="simulated").reset_index(drop=True)


# --- for the rules ----------------------------------------------------------------------------------------------------

C5, C6 = "C5_nuisance", "C6_individual"
ASKED = {
    C5: {"dscore_abs_p95": "p95_abs_change", "crossing": "crossing_50"},
    C6: {"pen": "mean_change", "crossing": "pushed_under_50"},
}
"""What each claim asks for (AUDIT 7.3), and where it stands here. C5 counts crossings either way, C6 downward ones."""


def quantities(changed):
    """The rows of C5 and C6 (:data:`tables.QUANTITIES`): each person in turn as B, deciding doses only."""
    mine, rows = changed[(changed["sides"] == "each") & changed["decides"]], []
    for claim, asked in ASKED.items():
        own = mine[mine["edit"].isin(dosed.AXES) if claim == C5 else mine["edit"] == "latency"]
        for (corpus, profile), found in own.groupby(["corpus", "profile"], sort=False):
            about = {"corpus": sides.NAMES[corpus], "target": "score", "signals": "turn", "profile": profile}
            about |= {"metric": "", "claim": claim}
            parts = [
                _quantity(about, row, name)
                for name, quantity in asked.items()
                for row in found[found["quantity"] == quantity].to_dict("records")
            ]
            rows += parts
            if claim == C6:
                rows += [_sized(row) for row in parts if row["quantity"] == "pen"]
                rows.append(_counted(about, found))
    return tables.QUANTITIES.check(pd.DataFrame(rows)[[column.name for column in tables.QUANTITIES.columns]])


def hardest(changed, errors):
    """Which way and place of 5 % of error moves the score most, of those that decide: a row per corpus and profile.

    AUDIT 6.7 says how much error is ordinary and not where it lies; the rules take the largest of what decides.
    """
    both = pd.concat([changed, errors], ignore_index=True)
    mine = both[(both["sides"] == "each") & both["decides"] & (both["edit"] == "diarisation_error")]
    mine = mine[mine["quantity"] == "p95_abs_change"]
    worst = mine.loc[mine.groupby(["corpus", "profile"], sort=False)["value"].idxmax()]
    columns = ["corpus", "profile", "variant", "value", "low", "high"]
    return worst.assign(corpus=worst["corpus"].map(sides.NAMES))[columns].reset_index(drop=True)


def _quantity(about, row, name):
    axis = dosed.AXES.get(row["edit"], row["edit"])
    part = f"{axis}={row['dose']:g}" + (f"@{row['variant']}" if row["variant"] else "")
    kept = {key: row[key] for key in ("value", "low", "high", "low90", "high90", "interval", "n_people", "n_groups")}
    source = f"changed_scores: {row['quantity']} of {row['edit']}"
    return about | {"quantity": name, "part": part} | kept | {"n_windows": np.nan, "source": source, "why": row["why"]}


def _sized(row):
    """The size of a mean change, with the ends that its interval has without its sign."""
    found = row | {"quantity": "pen_abs", "value": abs(row["value"])}
    for low, high in (("low", "high"), ("low90", "high90")):
        ends = sorted((abs(row[low]), abs(row[high])))
        found |= {low: 0.0 if row[low] <= 0 <= row[high] else ends[0], high: ends[1]}
    return found


def _counted(about, found):
    """How many doses that decide were run."""
    first = found.iloc[0]
    row = dict.fromkeys(("low", "high", "low90", "high90", "n_windows"), np.nan)
    row |= {"quantity": "n_deciding_doses", "part": "", "value": float(found["dose"].nunique()), "interval": ""}
    row |= {"n_people": first["n_people"], "n_groups": first["n_groups"], "source": "changed_scores", "why": ""}
    return about | row


def read(data, names=tuple(FILES)):
    """Those of the tables that are among ``names``, by name."""
    found = {}
    for name in {"changed_scores", "changed_errors"} & set(names):
        texts = ["variant", "interval", "reference", "why"]
        table = pd.read_csv(Path(data) / FILES[name]).fillna(dict.fromkeys(texts, ""))
        found[name] = CHANGED.check(table, FILES[name])
    if "changed_quantities" in names:
        found["changed_quantities"] = tables.read(Path(data) / FILES["changed_quantities"], tables.QUANTITIES)
    if "latency_differences" in names:
        found["latency_differences"] = tables.read(Path(data) / FILES["latency_differences"], DIFFERENCES)
    return found


# --- what was found, in words -----------------------------------------------------------------------------------------


def answers(read):
    """What was found, by name."""
    return {"one_thing_changed": answer(read["changed_scores"], read["changed_errors"])}


def answer(changed, errors):
    """What one changed thing does to the score; ``errors`` are those of a diarisation in other places."""
    return score_words.of_changes(changed, beside_simulated(changed), hardest(changed, errors))
