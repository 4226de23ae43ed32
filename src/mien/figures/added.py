"""What rated engagement follows, and what each signal adds: scores of ratings beside baselines, gains beside zero."""

import numpy as np
from matplotlib.figure import Figure as Drawing

from mien.figures.style import INK, PEOPLE_COLOURS, QUIET, SOFT

NAMES = {"voice_f0": "pitch alone", "voice_intensity": "level alone", "turn": "turns"}

# --- rated engagement -------------------------------------------------------------------------------------------------


def engagement_numbers(engagement, engagement_more):
    """CCC of people never seen beside the best baseline, and slopes of own and partner's lag: one row each."""
    columns = ["corpus", "target", "label_source", "signals", "value", "low", "high", "best_baseline", "n_people"]
    scores = engagement[(engagement["metric"] == "ccc") & (engagement["model"] == "ridge")]
    scores = scores.assign(panel="score")[["panel", *columns]]
    slopes = engagement_more[engagement_more["what"].str.endswith("_slope")]
    slopes = slopes.assign(panel="slope", best_baseline=np.nan, signals=slopes["what"].str.removesuffix("_slope"))
    return scores.merge(slopes[["panel", *columns]], how="outer").sort_values(
        ["panel", "corpus", "target", "signals"], ascending=[True, False, True, True], ignore_index=True
    )


def engagement(numbers):
    """Draw CCC (left; dotted: chance, tick: best baseline) and slopes of lags on self-ratings (right)."""
    scores, slopes = (numbers[numbers["panel"] == panel] for panel in ("score", "slope"))
    height = 1.1 + 0.26 * max(len(scores), len(slopes))
    drawing = Drawing(figsize=(11.5, height), layout="constrained")
    left, right = drawing.subplots(1, 2)
    signals = list(scores["signals"].unique())
    _forest(left, scores, [PEOPLE_COLOURS[signals.index(s)] for s in scores["signals"]], "signals")
    left.plot(scores["best_baseline"], range(len(scores)), "|", color=INK, markersize=11, markeredgewidth=1.6)
    left.set_title("CCC in people never seen (how many: at the end)")
    left.set_xlabel("bar: 95 % interval over people · dotted: chance · tick: best baseline", fontsize=7.5)
    colours = [PEOPLE_COLOURS[s == "partner"] for s in slopes["signals"]]
    _forest(right, slopes, colours, "signals")
    right.set_title("Slope of own (actor), others' lag (partner)")
    right.set_xlabel("SD of the rating per SD of the lag · 95 % interval over meetings", fontsize=7.5)
    return drawing


def _forest(axis, rows, colours, also):
    """A row each: the number with its interval, named by corpus, people, target and one more column."""
    for place, (row, colour) in enumerate(zip(rows.to_dict("records"), colours, strict=True)):
        axis.plot([row["low"], row["high"]], [place, place], color=colour, linewidth=2.2, solid_capstyle="round")
        axis.plot(row["value"], place, "o", color=colour, markersize=5.5)
    names = [
        f"{_plain(row['target'])} ({row['label_source']}) · {NAMES.get(row[also], row[also])} · "
        f"{row['corpus'].split()[0]}, {row['n_people']:.0f}"
        for row in rows.to_dict("records")
    ]
    axis.set_yticks(range(len(rows)), names, fontsize=7.5)
    axis.set_ylim(len(rows) - 0.4, -0.6)
    axis.axvline(0, color=QUIET, linestyle=":", linewidth=1.4)
    axis.grid(axis="x", color=SOFT, linewidth=0.6)


def _plain(target):
    return target.removeprefix("label_").replace("presumed_", "").replace("individual_", "").replace("_", " ")


# --- what adds what ---------------------------------------------------------------------------------------------------

WHATS = {
    "set": "reached",
    "fusion": "ways to join",
    "shapley": "worth (Shapley)",
    "added": "added",
    "drop_one": "lost without",
}


def fusion_numbers(fusion):
    """Scores of sets and fusions, worth of each signal, what is added or lost: CCC, one row each."""
    rows = fusion[(fusion["metric"] == "ccc") & fusion["what"].isin(WHATS)]
    columns = ["corpus", "target", "label_source", "what", "signals", "model", "value", "low", "high", "p_permuted"]
    return rows[[*columns, "n_people", "n_groups"]].reset_index(drop=True)


def fusion(numbers):
    """Draw for each target what each set reaches and what each part is worth, with intervals over people."""
    targets = list(numbers["target"].unique())
    drawing = Drawing(figsize=(5.2 * min(len(targets), 2), 2.5 * ((len(targets) + 1) // 2) + 0.6), layout="constrained")
    every = drawing.subplots((len(targets) + 1) // 2, min(len(targets), 2), squeeze=False).ravel()
    for axis, target in zip(every, targets, strict=False):
        rows = numbers[numbers["target"] == target]
        first = rows.iloc[0]
        kinds = list(WHATS)
        for place, row in enumerate(rows.to_dict("records")):
            colour = PEOPLE_COLOURS[kinds.index(row["what"])]
            axis.plot([row["low"], row["high"]], [place, place], color=colour, linewidth=2.2, solid_capstyle="round")
            axis.plot(row["value"], place, "o", color=colour, markersize=5.5)
        axis.set_yticks(range(len(rows)), [_named(row) for row in rows.to_dict("records")], fontsize=7.5)
        axis.set_ylim(len(rows) - 0.4, -0.6)
        axis.axvline(0, color=QUIET, linestyle=":", linewidth=1.4)
        axis.grid(axis="x", color=SOFT, linewidth=0.6)
        axis.set_title(
            f"{_plain(target)} ({first['label_source']}) · {first['corpus'].split()[0]}, {first['n_people']:.0f} people"
        )
    drawing.supxlabel(
        "CCC in people never seen, or a difference of CCC · bar: 95 % interval over people (GAP: meetings)",
        fontsize=8.5,
        color=QUIET,
    )
    return drawing


def _named(row):
    what = row["model"].replace("ridge", "early").replace("_ratings", "") if row["what"] == "fusion" else row["signals"]
    what = "all three" if what.count("+") == 2 else what
    return f"{WHATS[row['what']]}: {what}"
