"""How well two recordings of one person are linked by what is stored of them, artefact by artefact."""

import numpy as np
from matplotlib.figure import Figure as Drawing

from mien.evidence import linking
from mien.figures.style import INK, PEOPLE_COLOURS, QUIET, SOFT

ROLES = {
    "stored": ("stored", PEOPLE_COLOURS[0]),
    "part": ("part of what is stored", PEOPLE_COLOURS[5]),
    "remedy": ("as a distance from one's own usual", PEOPLE_COLOURS[2]),
    "not stored": ("not stored, or by another program", PEOPLE_COLOURS[1]),
    "confound": ("nothing of the person: a confound", QUIET),
}
FEW = ("one clip", "one meeting")
"""Of these less is known than in the row's other line: drawn hollow."""
AMONG = "own group only"
TITLES = {
    "London": "London: neutral → smiling, 102 people",
    "MIT Interview": "MIT Interview: before → after, 69 people",
    "RAVDESS": "RAVDESS: other sentence, 24 people",
    "EmoDB": "EmoDB: other sentences, 10 people",
    "AMI": "AMI: another meeting, 140 people",
    "ICSI": "ICSI: another meeting, 38 people",
    "Haines": "Haines: another clip, 125 people",
}
PANELS = {"rank1": "right person comes first", "eer": "equal error rate", "auc_sex": "sex told, people held out (AUC)"}


def who_are_you_numbers(reid):
    """Rank 1, equal error rate and AUC of sex by corpus, artefact and what is given: one row per dot."""
    linked = linking.worst(reid)
    linked = linked[linked["quantity"].isin(list(PANELS))]
    guessed = reid[reid["quantity"] == "auc_sex"]
    columns = ["corpus", "artefact", "role", "given", "method", "quantity", "value", "low", "high", "chance", "gallery"]
    rows = [*linked[[*columns, "n_people"]].to_dict("records"), *guessed[[*columns, "n_people"]].to_dict("records")]
    order = {name: place for place, name in enumerate(TITLES)}
    numbers = linked.iloc[:0][[*columns, "n_people"]].from_records(rows)
    numbers = numbers[numbers["corpus"].isin(list(order))]
    return numbers.sort_values("corpus", key=lambda names: names.map(order), kind="stable", ignore_index=True)


def who_are_you(numbers):
    """Draw each artefact as a row: how often the right person comes first, equal error rate, whether sex is told."""
    lines, headings = _lines(numbers)
    drawing = Drawing(figsize=(13.2, 0.235 * (max(lines.values()) + 2) + 0.9), layout="constrained")
    axes = drawing.subplots(1, 3, sharey=True, width_ratios=(1.5, 1, 1))
    for axis, (quantity, title) in zip(axes, PANELS.items(), strict=True):
        _panel(axis, numbers[numbers["quantity"] == quantity], lines)
        axis.set_title(title)
        for place in headings.values():
            axis.axhline(place - 0.65, color=SOFT, linewidth=0.8)
    axes[0].set_yticks(list(lines.values()), [artefact for _, artefact in lines], fontsize=7.5)
    for axis in axes:
        axis.tick_params(axis="y", length=0)
    axes[0].set_ylim(max(lines.values()) + 0.8, -0.8)
    for name, place in headings.items():
        axes[0].text(-0.012, place, TITLES[name], fontsize=8, weight="bold", ha="right", va="center",
                     color=INK, transform=axes[0].get_yaxis_transform())  # fmt: skip
    axes[0].set_xlim(-0.02, 1.02)
    axes[1].set_xlim(0, 0.65)
    axes[2].set_xlim(0.2, 1.02)
    _legend(drawing)
    return drawing


def _lines(numbers):
    """The place of each artefact from top to bottom, and of each heading: ({(corpus, artefact): y}, {corpus: y})."""
    lines, headings, at = {}, {}, 0
    for corpus in dict.fromkeys(numbers["corpus"]):
        headings[corpus] = at
        own = numbers[numbers["corpus"] == corpus]
        for artefact in sorted(dict.fromkeys(own["artefact"]), key=lambda name: _order(own, name)):
            at += 1
            lines[corpus, artefact] = at
        at += 1.4
    return lines, headings


def _order(own, artefact):
    """Stored first, confounds last, each from the most telling down."""
    mine = own[own["artefact"] == artefact]
    first = mine[mine["quantity"] == "rank1"]
    return list(ROLES).index(mine["role"].iloc[0]), -first["value"].max()


def _panel(axis, rows, lines):
    for row in rows.to_dict("records"):
        colour = ROLES[row["role"]][1]
        is_among, is_few = AMONG in row["given"], row["given"] in FEW
        y = lines[row["corpus"], row["artefact"]] + (0.22 if is_among else -0.16 if is_few else 0)
        if np.isfinite(row["low"]):
            axis.hlines(y, row["low"], row["high"], color=colour, linewidth=1.6, alpha=0.8)
        marker = "D" if is_among else "o"
        face = "white" if is_few else colour
        axis.plot(row["value"], y, marker, color=colour, markerfacecolor=face, markersize=4 if is_among else 5)
        if row["quantity"] == "rank1":
            axis.plot(row["chance"], y, "|", color=INK, markersize=7, markeredgewidth=1.2)
    if len(rows) and rows["quantity"].iloc[0] != "rank1":
        axis.axvline(0.5, color=INK, linestyle=":", linewidth=1.2)
    axis.grid(axis="x", color=SOFT, linewidth=0.6)
    axis.set_axisbelow(True)


def _legend(drawing):
    axis = drawing.axes[2]
    for label, colour in ROLES.values():
        axis.plot([], [], "o", color=colour, markersize=5, label=label)
    axis.plot(
        [], [], "o", color=QUIET, markerfacecolor="white", markersize=5, label="one clip or meeting each, not many"
    )
    axis.plot([], [], "D", color=QUIET, markersize=4, label="sought among the four of the group")
    said = "bar: 95 % interval over people · black tick, dotted line: chance · in each row the distance that links most"
    legend = drawing.legend(loc="outside lower center", ncols=4, fontsize=7.5, title=said, title_fontsize=8)
    legend.get_title().set_color(QUIET)
