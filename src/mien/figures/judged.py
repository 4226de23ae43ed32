"""What was found about people never seen: scores beside chance and baselines, and the ladder of leaks."""

import numpy as np
from matplotlib.figure import Figure as Drawing

from mien.figures.style import INK, METRICS, PEOPLE_COLOURS, QUIET, SOFT

# --- acted valence from the voice ------------------------------------------------------------------------------------


def scores_numbers(evidence):
    """The scores of people never seen, beside chance and the best baseline: one row per corpus, model and metric."""
    columns = ["corpus", "signals", "model", "metric", "value", "low", "high", "chance", "best_baseline"]
    columns += ["best_baseline_name", "p_permuted", "n_people", "n_windows"]
    is_model = ~evidence["model"].str.match(r"guesser|B\d_")
    return evidence.loc[is_model, columns].reset_index(drop=True)


def scores(numbers):
    """Draw each score with its 95 % interval over people, chance (dotted) and the best baseline (tick)."""
    corpora, metrics = list(numbers["corpus"].unique()), list(numbers["metric"].unique())
    models = list(numbers["model"].unique())
    drawing = Drawing(figsize=(3.1 * len(metrics) + 1.2, 0.9 + 0.42 * len(corpora) * len(models)), layout="constrained")
    axes = np.atleast_1d(drawing.subplots(1, len(metrics), sharey=True))
    labels = [(corpus, model) for corpus in corpora for model in models]
    for axis, metric in zip(axes, metrics, strict=True):
        rows = numbers[numbers["metric"] == metric].set_index(["corpus", "model"])
        for place, key in enumerate(label for label in labels if label in rows.index):
            _draw_score(axis, place, rows.loc[key], PEOPLE_COLOURS[models.index(key[1])])
        axis.set_title(METRICS.get(metric, metric))
        axis.set_xlim(0, 1)
        axis.grid(axis="x", color=SOFT, linewidth=0.6)
    people = numbers.groupby("corpus")["n_people"].first()
    axes[0].set_yticks(range(len(labels)), [f"{corpus} ({people[corpus]:.0f} people)\n{m}" for corpus, m in labels])
    axes[0].set_ylim(len(labels) - 0.5, -0.5)
    drawing.supxlabel(
        "dot: people never seen · bar: 95 % interval over people · dotted: chance · tick: best baseline",
        fontsize=8.5,
        color=QUIET,
    )
    return drawing


def _draw_score(axis, place, row, colour):
    axis.plot([row["low"], row["high"]], [place, place], color=colour, linewidth=2.2, solid_capstyle="round")
    axis.plot(row["value"], place, "o", color=colour, markersize=6)
    axis.plot([row["chance"]] * 2, [place - 0.35, place + 0.35], color=QUIET, linestyle=":", linewidth=1.4)
    axis.plot(row["best_baseline"], place, "|", color=INK, markersize=13, markeredgewidth=1.6)
    axis.annotate(
        f"{row['value']:.2f}", (row["value"], place), (0, 7), textcoords="offset points", fontsize=8, ha="center"
    )


# --- the ladder of leaks ---------------------------------------------------------------------------------------------

RUNGS = {
    "rows_scaled_before": "rows split, and\nscaled before the split",
    "rows": "rows split",
    "people": "people split",
}


def leaks_numbers(leaks):
    """The same data and model under ever more honest splits: one row per corpus, model, metric and rung."""
    columns = ["corpus", "model", "metric", "rung", "split", "value", "low", "high", "chance", "n_people", "n_windows"]
    return leaks[columns].reset_index(drop=True)


def leaks(numbers, metric="balanced_accuracy"):
    """Draw the ladder: from cheating (top) to people never seen (bottom), one panel per corpus."""
    rows = numbers[numbers["metric"] == metric]
    corpora, models = list(rows["corpus"].unique()), list(rows["model"].unique())
    rungs = [rung for rung in RUNGS if rung in set(rows["rung"])]
    drawing = Drawing(figsize=(4.6 * len(corpora) + 0.8, 1.0 + 0.5 * len(rungs)), layout="constrained")
    axes = np.atleast_1d(drawing.subplots(1, len(corpora), sharey=True))
    for axis, corpus in zip(axes, corpora, strict=True):
        for number, model in enumerate(models):
            mine = rows[(rows["corpus"] == corpus) & (rows["model"] == model)]
            beside = 0.16 * (number - (len(models) - 1) / 2)
            heights = np.array([rungs.index(rung) for rung in mine["rung"]]) + beside
            colour = PEOPLE_COLOURS[number]
            axis.hlines(heights, mine["low"], mine["high"], color=colour, linewidth=2.2)
            axis.plot(mine["value"], heights, "o-", color=colour, markersize=6, linewidth=0.8, label=model)
        axis.axvline(rows.loc[rows["corpus"] == corpus, "chance"].iloc[0], color=QUIET, linestyle=":", linewidth=1.4)
        axis.set_title(f"{corpus}: {METRICS.get(metric, metric)}")
        axis.grid(axis="x", color=SOFT, linewidth=0.6)
    axes[0].set_yticks(range(len(rungs)), [RUNGS[rung] for rung in rungs])
    axes[0].set_ylim(len(rungs) - 0.5, -0.5)
    axes[0].legend(loc="lower left", title="chance is dotted", title_fontsize=8, alignment="left")
    return drawing
