"""How far a voice score moves when the same clip is recorded under another condition, dose by dose."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Drawing

from mien.figures.style import PEOPLE_COLOURS, QUIET, SOFT

AXES = {
    "noise": ("babble", "dB SNR"),
    "fan_noise": ("fan", "dB SNR"),
    "reverberation": ("echo", "RT60, s"),
    "opus": ("Opus", "kbit/s"),
    "aac": ("AAC", "kbit/s"),
    "band": ("band", "rate, Hz"),
    "packet_loss": ("lost packets", "share"),
    "gain": ("gain", "dB"),
    "automatic_gain": ("auto gain", ""),
    "noise_suppression": ("suppressor", "dB at most"),
    "suppressed_fan": ("fan, sup-\npressed", "dB SNR"),
}
"""What was changed: its name and the unit of its doses, as drawn; mild doses are on the left, of gains the quietest."""
MILD_IS_HIGH = ("noise", "fan_noise", "suppressed_fan", "opus", "aac", "band")
ROWS = {
    "change_abs_p95": ("95th percentile of |change|\n(points of 100)", (5, 10), (0, 100)),
    "change_abs_mean": ("mean |change|\n(points of 100)", (), (0, 80)),
    "crossing_50": ("share that crosses 50", (0.05, 0.10), (0, 0.6)),
}
"""A row of panels: its quantity, its label, the limits that the rules set, and the widest range that is drawn."""
SCORES = ("p_positive", "p_positive_norm_before")
"""The score that decides, and the one whose person was known before the condition began."""
TAKE = "another_take"


def recorded_conditions_numbers(recorded_scores):
    """The size of the change and the share that crosses 50, by corpus, axis and dose; and of another take."""
    rows = recorded_scores[recorded_scores["quantity"].isin(ROWS) & recorded_scores["axis"].isin([*AXES, TAKE])]
    order = {axis: number for number, axis in enumerate([*AXES, TAKE])}
    dose = pd.to_numeric(rows["dose"])
    size = np.where(rows["axis"].isin(MILD_IS_HIGH), -dose, dose)
    rows = rows.assign(order=rows["axis"].map(order), size=size)
    rows = rows.sort_values(["quantity", "order", "size", "corpus", "score"], kind="stable")
    rows["place"] = rows.groupby("axis")["size"].rank(method="dense").sub(1).fillna(0).astype(int)
    columns = [
        "corpus",
        "score",
        "axis",
        "dose",
        "place",
        "decides",
        "quantity",
        "value",
        "low",
        "high",
        "n",
        "n_people",
    ]
    return rows[columns]


def recorded_conditions(numbers):
    """Draw what each condition does to the score: a column an axis, harsher to the right; 95 % intervals."""
    drawn = [axis for axis in AXES if axis in set(numbers["axis"])]
    widths = [1.7 + numbers.loc[numbers["axis"] == axis, "place"].max() for axis in drawn]
    drawing = Drawing(figsize=(2.2 + 0.46 * sum(widths), 8.2), layout="constrained")
    grid = drawing.subplots(len(ROWS), len(drawn), sharex="col", sharey="row", squeeze=False, width_ratios=widths)
    for row, (quantity, (label, limits, widest)) in enumerate(ROWS.items()):
        here = numbers[numbers["quantity"] == quantity]
        for column, axis in enumerate(drawn):
            _draw_panel(grid[row][column], here, axis, limits)
        top = here[["value", "high"]].max().max()
        grid[row][0].set_ylim(-0.02 * top, min(1.05 * top, widest[1]))
        grid[row][0].set_ylabel(label)
    for column, axis in enumerate(drawn):
        doses = numbers[numbers["axis"] == axis].drop_duplicates("place").sort_values("place")
        name, unit = AXES[axis]
        grid[0][column].set_title(name)
        labels = ["on" if axis == "automatic_gain" else dose for dose in doses["dose"]]
        grid[-1][column].set_xticks(doses["place"], labels, rotation=60)
        grid[-1][column].set_xlim(-0.6, doses["place"].max() + 0.6)
        grid[-1][column].set_xlabel(unit)
    handles, names = _legend(grid, drawn)
    drawing.legend(handles, names, loc="outside lower center", ncols=2, fontsize=8)
    return drawing


def _legend(grid, drawn):
    handles = {}
    for axes in grid[0][: len(drawn)]:
        for handle, name in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.setdefault(name, handle)
    return list(handles.values()), list(handles)


def _draw_panel(axes, here, axis, limits):
    for take in here[here["axis"] == TAKE].itertuples():
        label = f"the same said again ({take.corpus}), 95 % interval"
        axes.axhspan(take.low, take.high, color=SOFT, alpha=0.7, linewidth=0, label=label)
    for limit in limits:
        axes.axhline(limit, color=QUIET, linestyle=":", linewidth=1.1)
    mine, corpora = here[here["axis"] == axis], sorted(set(here["corpus"]), reverse=True)
    for number, corpus in enumerate(corpora):
        beside = 0.16 * (number - (len(corpora) - 1) / 2)
        _draw_corpus(axes, mine[mine["corpus"] == corpus], corpus, beside, PEOPLE_COLOURS[number])
    axes.grid(axis="y", color=SOFT, linewidth=0.6)


def _draw_corpus(axes, own, corpus, beside, colour):
    rows, before = (own[own["score"] == score] for score in SCORES)
    axes.vlines(rows["place"] + beside, rows["low"], rows["high"], color=colour, linewidth=2, alpha=0.45)
    axes.plot(rows["place"] + beside, rows["value"], "-", color=colour, linewidth=1)
    for decides, fill, how in ((True, colour, "ordinary: decides"), (False, "white", "swept")):
        some = rows[rows["decides"].astype(bool) == decides]
        label = f"{corpus}, {how}" if len(some) else None
        at = some["place"] + beside
        axes.plot(at, some["value"], "o", color=colour, markerfacecolor=fill, markersize=5.5, label=label)
    label = f"{corpus}, usual voice known before it began" if len(before) else None
    at = before["place"] + beside
    axes.plot(at, before["value"], "x:", color=colour, linewidth=0.9, markersize=4, alpha=0.8, label=label)
