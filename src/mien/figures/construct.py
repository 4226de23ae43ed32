"""Whether the open score goes with what people say of themselves: a forest of correlations, one panel per criterion."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Drawing
from matplotlib.lines import Line2D

from mien.figures.style import INK, PEOPLE_COLOURS, QUIET, SOFT

CRITERIA = {
    "label_satisfaction": "satisfaction (primary)",
    "label_worked_well": "worked well together",
    "label_quality": "quality of work",
    "label_time_management": "time management",
    "label_efficiency": "efficiency",
    "label_time_expectation": "time as expected",
    "label_leadership": "leadership of one's own",
    "label_individual_influence": "influence on the result",
    "label_group_score": "result of the group",
}
MEASURES = {
    ("openengage", "norm_referenced"): "open score, norm-referenced",
    ("openengage", "fixed_curve"): "open score, fixed curves",
    ("share", ""): "part: share near a half",
    ("lag", ""): "part: quick answers",
    ("changes", ""): "part: changes of floor",
    ("talk_share", ""): "talk share alone",
    ("annotated_sentiment", ""): "sentiment of the words (marked)",
    ("trained_on_turns", ""): "ridge trained on turns (< 0: nothing learnt)",
}
SHOWN = ("r", "r_beyond_talk", "r_attainable", "r_attainable_by_score_alone")
LEFT, RIGHT = -0.75, 1.02


def construct_numbers(construct):
    """The rows behind the dots: r of each measure, what is left beyond talk share, and the r one could attain."""
    rows = construct[(construct["corpus"] == "GAP") & construct["what"].isin(SHOWN)]
    rows = rows[rows["target"].isin(CRITERIA)]
    kept = [key in MEASURES for key in zip(rows["measure"], rows["profile"], strict=True)]
    columns = ["target", "label_source", "what", "measure", "profile", "value", "low", "high", "n_people", "n_groups"]
    return rows.loc[kept, columns].reset_index(drop=True)


def construct(numbers):
    """Draw a panel per criterion: dots with their intervals, what is left beyond talk, and the ceiling as a tick."""
    drawing = Drawing(figsize=(13.2, 9.6), layout="constrained")
    axes = drawing.subplots(3, 3, sharex=True, sharey=True)
    for axis, (target, title) in zip(axes.flat, CRITERIA.items(), strict=True):
        mine = numbers[numbers["target"] == target]
        _draw(axis, mine)
        source = mine["label_source"].iloc[0] if len(mine) else ""
        axis.set_title(f"{title} · {source}")
    for axis in axes[:, 0]:
        axis.set_yticks(range(len(MEASURES)), MEASURES.values())
    for axis in axes[-1]:
        axis.set_xlabel("correlation over people (r)")
    n = numbers[["n_people", "n_groups"]].max()
    drawing.legend(handles=_key(), loc="outside lower center", ncols=4, fontsize=8.5)
    drawing.suptitle(
        f"GAP: {n['n_people']:.0f} students in {n['n_groups']:.0f} meetings · bars: 95 % intervals over meetings",
        fontsize=9,
        color=QUIET,
    )
    return drawing


def _draw(axis, rows):
    axis.axvline(0, color=QUIET, linewidth=1)
    axis.axhspan(-0.5, 1.5, color=SOFT, alpha=0.45, linewidth=0)
    for place, (measure, profile) in enumerate(MEASURES):
        mine = rows[(rows["measure"] == measure) & (rows["profile"] == profile)].set_index("what")
        colour = _colour(measure, profile)
        _dot(axis, mine, "r", place - 0.13 * (measure == "openengage"), colour, "o", colour)
        _dot(axis, mine, "r_beyond_talk", place + 0.22, colour, "D", "white")
        for what, line in (("r_attainable", "-"), ("r_attainable_by_score_alone", (0, (1, 1)))):
            if what in mine.index and np.isfinite(mine.at[what, "value"]):
                axis.vlines(mine.at[what, "value"], place - 0.4, place + 0.4, INK, linestyles=[line], linewidth=1.6)
    axis.set_xlim(LEFT, RIGHT)
    axis.set_ylim(len(MEASURES) - 0.5, -0.5)
    axis.grid(axis="x", color=SOFT, linewidth=0.6)
    axis.tick_params(axis="y", length=0)


def _dot(axis, rows, what, at, colour, marker, face):
    if what not in rows.index or pd.isna(rows.at[what, "value"]):
        return
    row = rows.loc[what]
    if np.isfinite(row["low"]):
        axis.hlines(at, row["low"], row["high"], color=colour, linewidth=2 if marker == "o" else 1.1)
    size = 5.5 if marker == "o" else 4
    axis.plot(row["value"], at, marker, color=colour, markerfacecolor=face, markersize=size)


def _colour(measure, profile):
    if measure == "openengage":
        return PEOPLE_COLOURS[0] if profile == "norm_referenced" else PEOPLE_COLOURS[1]
    return PEOPLE_COLOURS[2] if measure == "trained_on_turns" else "#666666"


def _key():
    line = {"color": INK, "linestyle": "none"}
    return [
        Line2D([], [], marker="o", label="r", **line),
        Line2D([], [], marker="D", markerfacecolor="white", markersize=4.5, label="r, talk share held", **line),
        Line2D([], [], color=INK, linewidth=1.6, label="largest r that score and label can show"),
        Line2D([], [], color=INK, linewidth=1.6, linestyle=(0, (1, 1)), label="the same, label taken as exact"),
    ]
