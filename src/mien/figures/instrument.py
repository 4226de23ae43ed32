"""How right the instrument is: what was measured on synthetic recordings against what was scripted."""

import numpy as np
from matplotlib.figure import Figure as Drawing

from mien.figures.style import PEOPLE_COLOURS, QUIET


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
