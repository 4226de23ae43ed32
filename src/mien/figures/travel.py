"""What a model of acted emotion is worth in a corpus it never heard, and which measures mean the same in both."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Drawing

from mien.figures.style import INK, PEOPLE_COLOURS, QUIET, SOFT

TARGETS = {
    "label_valence": "valence (3)",
    "label_emotion": "emotion (6)",
    "label_angry": "angry, or other",
    "label_sad": "sad, or other",
    "label_happy_or_angry": "happy, or angry",
}
LINES = {
    "home": "at home, people held out",
    "own_norm_to_4_khz": "in the other corpus, as declared",
    "own_norm_to_4_khz_no_level": "in the other corpus, without mean level",
}
TREATMENTS = ("own_norm_to_4_khz", "own_norm_to_4_khz_no_level")


def travel_numbers(travel, travel_measures):
    """AUC at home and away by target and direction; and of single measures in both corpora: one row per dot."""
    rows = travel[(travel["metric"] == "auc") & (travel["model"] == "logistic")]
    rows = rows[rows["treatment"].isin(TREATMENTS)]
    is_home = rows["trained_on"] == rows["corpus"]
    rows = rows[~is_home | (rows["treatment"] == TREATMENTS[1])]
    way = rows["trained_on"] + " to " + rows["corpus"]
    line = rows["treatment"].mask(rows["trained_on"] == rows["corpus"], "home")
    cells = rows.assign(panel="corpora", place=way, line=line, measure="")
    single = travel_measures.rename(columns={"auc": "value"}).assign(panel="measures", line="", best_baseline=np.nan)
    single["place"] = single["corpus"]
    columns = ["panel", "target", "place", "line", "measure", "value", "low", "high", "best_baseline"]
    return pd.concat([cells[columns], single[columns]], ignore_index=True)


def travel(numbers):
    """Draw what each model keeps in the other corpus (left, middle) and single measures in one against the other."""
    drawing = Drawing(figsize=(13.2, 4.6), layout="constrained")
    axes = drawing.subplots(1, 3, width_ratios=(1, 1, 1.15))
    cells, single = (numbers[numbers["panel"] == panel] for panel in ("corpora", "measures"))
    ways = [place for place in dict.fromkeys(cells["place"]) if len(set(place.split(" to "))) == 2]
    for axis, way in zip(axes[:2], ways, strict=True):
        _draw_way(axis, cells, way)
    axes[1].set_yticklabels([])
    axes[0].legend(loc="upper left", fontsize=6.5)
    _draw_measures(axes[2], single)
    drawing.supxlabel(
        "bar: 95 % interval over people · dotted: chance · tick: best baseline there", fontsize=8.5, color=QUIET
    )
    return drawing


def _draw_way(axis, cells, way):
    home = way.split(" to ")[0]
    for number, line in enumerate(LINES):
        place = f"{home} to {home}" if line == "home" else way
        mine = cells[(cells["place"] == place) & (cells["line"] == line)].set_index("target")
        mine = mine.loc[[target for target in TARGETS if target in mine.index]]
        at = np.array([list(TARGETS).index(target) for target in mine.index]) + 0.2 * (number - 1)
        colour = (QUIET, PEOPLE_COLOURS[1], PEOPLE_COLOURS[0])[number]
        axis.hlines(at, mine["low"], mine["high"], color=colour, linewidth=2)
        axis.plot(mine["value"], at, "o", color=colour, markersize=5, label=LINES[line])
        if line != "home":
            axis.plot(mine["best_baseline"], at, "|", color=INK, markersize=9, markeredgewidth=1.4)
    axis.axvline(0.5, color=QUIET, linestyle=":", linewidth=1.3)
    axis.set_xlim(0, 1)
    axis.set_yticks(range(len(TARGETS)), TARGETS.values())
    axis.set_ylim(len(TARGETS) - 0.5, -0.5)
    axis.set_title(f"trained on {way.replace(' to ', ', heard in ')}: AUC")
    axis.grid(axis="x", color=SOFT, linewidth=0.6)


def _draw_measures(axis, single):
    """Every measure alone: its AUC in one corpus against that in the other; in the white corners it turns round."""
    first, second = list(dict.fromkeys(single["place"]))
    for number, (target, rows) in enumerate(single.groupby("target", sort=False)):
        wide = rows.pivot(index="measure", columns="place", values="value").dropna()
        name = target.removeprefix("label_")
        axis.plot(wide[first], wide[second], "o", color=PEOPLE_COLOURS[2 * number], markersize=4, alpha=0.8, label=name)
        level = wide.loc[[measure for measure in wide.index if measure == "voice_level_db_mean"]]
        for x, y in level[[first, second]].to_numpy():
            axis.annotate(f"mean level\n({name})", (x, y), (0, 8), textcoords="offset points", fontsize=8, ha="center")
            axis.plot(x, y, "o", markersize=10, fillstyle="none", color=INK)
    for low in (0, 0.5):
        axis.fill_between([low, low + 0.5], low, low + 0.5, color=SOFT, alpha=0.45, linewidth=0)
    axis.axhline(0.5, color=QUIET, linestyle=":", linewidth=1.1)
    axis.axvline(0.5, color=QUIET, linestyle=":", linewidth=1.1)
    axis.set(xlim=(0, 1), ylim=(0, 1.02), xlabel=f"AUC in {first}", ylabel=f"AUC in {second}")
    axis.set_title("single measures; shaded: same direction in both")
    axis.legend(loc="lower right", fontsize=7.5)
