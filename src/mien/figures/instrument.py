"""How right the instrument is: what was measured on synthetic recordings against what was scripted."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Drawing

from mien.figures.style import PEOPLE_COLOURS, QUIET, SOFT


def truth_numbers(truth):
    """Measured against scripted values on the synthetic recording: one row per quantity and moment."""
    return truth[["person_id", "quantity", "unit", "scripted", "measured"]].reset_index(drop=True)


def truth(numbers):
    """Draw measured against scripted, one panel per quantity; a right instrument lies on the diagonal."""
    quantities = list(numbers["quantity"].unique())
    drawing = Drawing(figsize=(2.9 * len(quantities), 3.2), layout="constrained")
    axes = np.atleast_1d(drawing.subplots(1, len(quantities)))
    people = sorted(numbers["person_id"].unique())
    for axis, quantity in zip(axes, quantities, strict=True):
        rows = numbers[numbers["quantity"] == quantity]
        unit = rows["unit"].iloc[0]
        span = [
            min(rows["scripted"].min(), rows["measured"].min()),
            max(rows["scripted"].max(), rows["measured"].max()),
        ]
        axis.plot(span, span, color=QUIET, linewidth=0.9)
        for place, person in enumerate(people):
            mine = rows[rows["person_id"] == person]
            axis.plot(
                mine["scripted"],
                mine["measured"],
                ".",
                color=PEOPLE_COLOURS[place],
                markersize=3,
                label=person,
                rasterized=True,
            )
        axis.set_title(quantity)
        axis.set_xlabel(f"scripted ({unit})" if unit else "scripted")
    drawing.suptitle("Measured against scripted, SYNTHETIC recording", x=0.01, ha="left", fontsize=10)
    axes[0].set_ylabel("measured")
    axes[0].legend(markerscale=3)
    return drawing


# --- the error of the face numbers under each condition --------------------------------------------------------------

PANELS = (
    ("found", "share of faces found", {("face", "found_share"): "found"}, 0.95, (0, 1.05)),
    (
        "error in degrees",
        "median error (deg)",
        {
            ("yaw", "error_deg"): "yaw",
            ("pitch", "error_from_own_deg"): "pitch, own zero",
            ("roll", "error_deg"): "roll",
        },
        5.0,
        (0, 10),
    ),
    (
        "correlation",
        "r with the truth",
        {
            ("mouth opening", "correlation"): "mouth",
            ("smile", "correlation"): "smile",
            ("eye opening", "correlation"): "eye",
        },
        0.9,
        (0, 1.05),
    ),
    ("blinks", "share of blinks", {("blink", "recall"): "recall", ("blink", "precision"): "precision"}, 0.9, (0, 1.05)),
)
"""What a row of panels shows: its name, the label of its axis, the lines in it, the target, and the range drawn."""

WORSE = {"face width": -1, "blur": 1, "light": -1, "bitrate": -1, "lost frames": 1, "yaw": 1, "skin": -1}
"""The axes drawn, and whether a larger number is worse."""


def face_error_numbers(face_error):
    """The error of the face numbers under each condition, doses from mild to harsh: one row per line and dose."""
    lines = {key: (panel, label) for panel, _, wanted, _, _ in PANELS for key, label in wanted.items()}
    keys = list(zip(face_error["quantity"], face_error["metric"], strict=True))
    rows = face_error[np.array([key in lines for key in keys]) & face_error["axis"].isin(WORSE)].copy()
    keys = zip(rows["quantity"], rows["metric"], strict=True)
    rows["panel"], rows["line"] = zip(*(lines[key] for key in keys), strict=True) if len(rows) else ([], [])
    size = pd.to_numeric(rows["dose"].str.split("–").str[0], errors="coerce").fillna(np.inf)
    rows["place"] = (size * rows["axis"].map(WORSE)).groupby(rows["axis"]).rank(method="dense") - 1
    columns = ["axis", "unit", "panel", "line", "place", "dose", "value", "low", "high", "n_trials"]
    return rows.sort_values(["axis", "panel", "line", "place"], key=_in_order, kind="stable")[columns]


def _in_order(column):
    known = [*WORSE, *(panel for panel, *_ in PANELS)]
    return column.map({word: place for place, word in enumerate(known)}) if column.isin(known).all() else column


def face_error(numbers):
    """Draw what each face number is worth as a condition gets worse (to the right), with 95 % intervals over trials."""
    axes_drawn = [axis for axis in WORSE if axis in set(numbers["axis"])]
    drawing = Drawing(figsize=(1.0 + 1.75 * len(axes_drawn), 8.0), layout="constrained")
    grid = drawing.subplots(len(PANELS), len(axes_drawn), sharex="col", sharey="row", squeeze=False)
    for row, (panel, label, wanted, target, span) in enumerate(PANELS):
        for column, axis in enumerate(axes_drawn):
            mine = numbers[(numbers["axis"] == axis) & (numbers["panel"] == panel)]
            _draw_lines(grid[row][column], mine, list(wanted.values()), target)
            grid[row][column].set_ylim(*span)
        grid[row][0].set_ylabel(label)
        grid[row][0].legend(loc="lower left" if span[1] < 2 else "upper left")
    for column, axis in enumerate(axes_drawn):
        doses = numbers[numbers["axis"] == axis].drop_duplicates("place").sort_values("place")
        grid[0][column].set_title(axis)
        grid[-1][column].set_xticks(doses["place"], doses["dose"], rotation=45)
        grid[-1][column].set_xlabel(doses["unit"].iloc[0])
    drawing.suptitle(
        "SYNTHETIC faces of known truth; worse to the right; dotted: target", x=0.01, ha="left", fontsize=10
    )
    return drawing


def _draw_lines(axis, mine, lines, target):
    for number, line in enumerate(lines):
        rows = mine[mine["line"] == line]
        colour, beside = PEOPLE_COLOURS[number], 0.08 * (number - (len(lines) - 1) / 2)
        axis.vlines(rows["place"] + beside, rows["low"], rows["high"], color=colour, linewidth=1.4, alpha=0.6)
        axis.plot(rows["place"] + beside, rows["value"], "o-", color=colour, markersize=3.5, linewidth=1.0, label=line)
    axis.axhline(target, color=QUIET, linestyle=":", linewidth=1.2)
    axis.grid(axis="y", color=SOFT, linewidth=0.6)
