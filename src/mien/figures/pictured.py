"""What a score of posed smiles does when the camera, or the face, does something else: a row for each change."""

import pandas as pd
from matplotlib.figure import Figure as Drawing
from matplotlib.lines import Line2D

from mien.figures.style import INK, PEOPLE_COLOURS, QUIET, SOFT

NAMES = {
    "resolution": "picture {} px high",
    "face_width": "face {} px wide",
    "h264": "H.264, CRF {}",
    "jpeg": "JPEG, quality {}",
    "light": "gamma {}",
    "side_light": "light from one side: {} left",
    "colour_cast": "red over blue {} stop",
    "occlusion": "{}, drawn",
    "face_excursion_factor": "face moves × {}",
    "one_side_excursion_factor": "{} side still",
    "constant_smile": "smile pasted on, +{}",
    "gaze_to_camera_factor": "eyes 20° aside",
    "gaze_lock": "eyes fixed on camera",
}
"""What each change is called; the order of the rows."""
BLOCKS = {"camera": 7, "cover": 1, "face": 5}
"""How many kinds of change concern the camera, what covers a face, and what was measured of it."""
PANELS = {"p95_abs_change": "all", "mean_change_smiling_female": "women", "mean_change_smiling_male": "men"}
LIMITS = (5, 10)
"""The largest 95th percentile at which claim C5 holds, and holds in part."""
WORST_LAST = ("h264",)
"""Axes on which a larger dose is the worse one; of the others a smaller one is, or both ends are."""


def pictured_numbers(pictured_scores):
    """The change of the score under each dose: 95th percentile of all, mean of women and men who smile: a row each."""
    rows = pictured_scores[pictured_scores["quantity"].isin(PANELS) & pictured_scores["axis"].isin(NAMES)]
    order = {axis: place for place, axis in enumerate(NAMES)}
    rows = rows.assign(place=rows["axis"].map(order), who=rows["quantity"].map(PANELS), name=rows.apply(_name, axis=1))
    rows = rows.assign(size=_size(rows)).sort_values(["place", "size"], kind="stable")
    kept = ["axis", "dose", "unit", "decides", "name", "quantity", "who", "value", "low", "high", "n", "n_people"]
    return rows[kept].reset_index(drop=True)


def _size(rows):
    """Doses as numbers where they are, mildest first; words as they come."""
    numbers = pd.to_numeric(rows["dose"], errors="coerce").fillna(0.0)
    return numbers.where(rows["axis"].isin(WORST_LAST), -numbers)


def _name(row):
    dose = row["dose"].removeprefix("0 ") if row["axis"].startswith("one_side") else row["dose"]
    dose = f"{float(dose):+g}" if row["axis"] == "colour_cast" else dose
    return NAMES[row["axis"]].format(dose)


def pictured(numbers):
    """Draw how far scores move at most (left) and what women and men who smile lose or gain (right)."""
    names = list(dict.fromkeys(numbers["name"]))
    drawing = Drawing(figsize=(11.5, 1.3 + 0.27 * len(names)), layout="constrained")
    left, right = drawing.subplots(1, 2, sharey=True, width_ratios=(1, 1.15))
    for place, name in enumerate(names):
        mine = numbers[numbers["name"] == name].set_index("who")
        _at_most(left, place, mine.loc["all"])
        for who, colour, by in (("women", PEOPLE_COLOURS[1], -0.17), ("men", PEOPLE_COLOURS[0], 0.17)):
            row = mine.loc[who]
            right.plot([row["low"], row["high"]], [place + by] * 2, color=colour, linewidth=2)
            right.plot(row["value"], place + by, "o", color=colour, markersize=4.5)
    _finish(left, right, numbers, names)
    return drawing


def _at_most(axis, place, row):
    """One dose: filled where it decides, hollow where it is only swept; a cross where no score was left."""
    colour = INK if row["decides"] else QUIET
    axis.plot([row["low"], row["high"]], [place] * 2, color=colour, linewidth=2)
    axis.plot(
        row["value"], place, "o", color=colour, markersize=5.5, markerfacecolor=INK if row["decides"] else "white"
    )


def _finish(left, right, numbers, names):
    axes_of = numbers.drop_duplicates("name").set_index("name")["axis"]
    block = [_block(axes_of[name]) for name in names]
    for axis in (left, right):
        for place in [i - 0.5 for i in range(1, len(block)) if block[i] != block[i - 1]]:
            axis.axhline(place, color=SOFT, linewidth=1.2)
        axis.grid(axis="x", color=SOFT, linewidth=0.6)
    left.set_yticks(range(len(names)), names, fontsize=8)
    left.set_ylim(len(names) - 0.4, -0.6)
    for limit in LIMITS:
        left.axvline(limit, color=QUIET, linestyle=":", linewidth=1.4)
    left.set_xlim(left=0)
    right.axvline(0, color=QUIET, linestyle=":", linewidth=1.4)
    left.set_title("95th percentile of |change|, points of 100")
    right.set_title("mean change where people smile, points")
    left.text(LIMITS[-1] + 2, -0.1, "dotted: most at which C5 holds, and in part", fontsize=7, color=QUIET, va="center")
    people = int(numbers["n_people"].max())
    left.set_xlabel(f"bar: 95 % interval over {people} people · filled: decides C5", fontsize=7.5)
    right.set_xlabel("acted smiles; sex as people told it", fontsize=7.5)
    marks = [
        Line2D([], [], color=PEOPLE_COLOURS[number], marker="o", linewidth=2, label=f"{who} ({n:.0f})")
        for number, (who, n) in ((1, ("women", _people(numbers, "women"))), (0, ("men", _people(numbers, "men"))))
    ]
    right.legend(handles=marks, loc="lower left", fontsize=8)


def _people(numbers, who):
    return numbers.loc[numbers["who"] == who, "n_people"].max()


def _block(axis):
    place, last = list(NAMES).index(axis), 0
    for block, count in BLOCKS.items():
        last += count
        if place < last:
            return block
    return ""
