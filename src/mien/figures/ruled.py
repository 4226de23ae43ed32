"""Every verdict at a glance, one square per claim and scope; and the score of each person, with groups compared."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Drawing
from matplotlib.patches import Patch, Rectangle

from mien.figures.style import INK, PEOPLE_COLOURS, QUIET, SOFT
from mien.verdict import words

COLOURS = {
    "a gate fails": "#D9D9D9",
    "nothing measured": "#F4F4F4",
    "not testable": "#BFBFBF",
    "inconclusive": "#FFF2B3",
    "in part": "#A9D3EA",
    "found": "#3D8FC4",
    "does not hold": "#E8A07A",
    "out of scope": "#FFFFFF",
}
"""The colour of each of :data:`mien.verdict.words.STATES`, the same for a vendor's statement and for a critic's."""


def verdicts_numbers(verdicts):
    """A row per claim and scope: in which state its verdict is, its words, and the gates that failed."""
    scope = verdicts["target"].str.removeprefix("label_").str.replace("_", " ") + " from " + verdicts["signals"]
    people = verdicts["n_groups"].map("{:.0f}".format)
    gates = verdicts["why"].fillna("").str.findall(r"gate (\w+)").str.join(" ")
    return pd.DataFrame(
        {
            "scope": verdicts["corpus"] + "\n" + scope + "\n" + people + " groups, " + verdicts["label_source"],
            "claim": verdicts["claim"].str.replace("_", " "),
            "side": verdicts["side"],
            "state": [words.state(row) for row in verdicts.to_dict("records")],
            "wording": verdicts["wording"],
            "gates": gates,
        }
    )


def verdicts(numbers):
    """Draw a square for each claim and scope, coloured by its state; in it the failed gates, or a finding's words."""
    claims, scopes = list(dict.fromkeys(numbers["claim"])), list(dict.fromkeys(numbers["scope"]))
    size = (3.4 + 1.75 * len(scopes), 1.6 + 0.36 * len(claims))
    drawing = Drawing(figsize=size, layout="constrained")
    axis = drawing.subplots()
    for row in numbers.itertuples():
        x, y = scopes.index(row.scope), claims.index(row.claim)
        box = {"facecolor": COLOURS[row.state], "edgecolor": "white", "linewidth": 1.5}
        axis.add_patch(_square(x, y, box))
        axis.text(x, y, _in_a_square(row), ha="center", va="center", fontsize=6.2, color=INK)
    axis.set_xlim(-0.5, len(scopes) - 0.5)
    axis.set_ylim(len(claims) - 0.5, -0.5)
    axis.set_xticks(range(len(scopes)), scopes, fontsize=7.5)
    axis.xaxis.tick_top()
    axis.set_yticks(range(len(claims)), claims, fontsize=8)
    axis.tick_params(length=0)
    for side in axis.spines.values():
        side.set_visible(False)
    for first in [place for place in range(1, len(claims)) if claims[place][0] != claims[place - 1][0]]:
        axis.axhline(first - 0.5, color=INK, linewidth=0.8)
    shown = [state for state in COLOURS if (numbers["state"] == state).any()]
    marks = [Patch(facecolor=COLOURS[state], edgecolor=QUIET, linewidth=0.5, label=state) for state in shown]
    drawing.legend(handles=marks, loc="outside lower center", ncols=len(marks), fontsize=7.5)
    return drawing


def _square(x, y, box):
    return Rectangle((x - 0.5, y - 0.5), 1, 1, **box)


def _in_a_square(row):
    if row.state == "a gate fails":
        return f"not assessable: {row.gates}"
    if row.state in ("found", "in part", "does not hold"):
        said = row.wording.replace(" in acted speech", "\nin acted speech")
        return said if len(said) < 45 else said[:42] + "…"
    return ""


# --- person by person -------------------------------------------------------------------------------------------------

SEXES = ("female", "male")


def person_scores_numbers(person_scores, people_gaps):
    """A row per person (balanced accuracy), and per corpus the difference women minus men, NaN where not testable."""
    each = person_scores.rename(columns={"sex": "line", "person_id": "place", "balanced_accuracy": "value"})
    apart = people_gaps[people_gaps["group"] == "female minus male"].copy()
    apart["place"] = np.where(apart["who"] == "observers", apart["measure"].str.split(" ").str[-1], "model")
    counts = apart["n_female"].map("{:.0f} women, ".format) + apart["n_male"].map("{:.0f} men".format)
    columns = ["panel", "corpus", "line", "place", "value", "low", "high"]
    apart = apart.assign(panel="differences", line=counts)
    return pd.concat([each.assign(panel="people"), apart], ignore_index=True).reindex(columns=columns)


def person_scores(numbers):
    """Draw every person of each corpus by sex, and women minus men beside the same difference in observers."""
    drawing = Drawing(figsize=(11.5, 4.2), layout="constrained")
    left, right = drawing.subplots(1, 2, width_ratios=(1, 1.15))
    people = numbers[numbers["panel"] == "people"]
    corpora = list(people["corpus"].unique())
    for place, corpus in enumerate(corpora):
        for number, sex in enumerate(SEXES):
            mine = people[(people["corpus"] == corpus) & (people["line"] == sex)]
            middle = place + 0.4 * (number - 0.5)
            beside = 0.13 * (2 * ((np.arange(len(mine)) * 0.618034) % 1) - 1)
            label = sex if place == 0 else None
            left.plot(middle + beside, mine["value"], ".", color=PEOPLE_COLOURS[number], alpha=0.6, label=label)
            left.hlines(mine["value"].mean(), middle - 0.17, middle + 0.17, color=INK, linewidth=2)
    sizes = people.groupby("corpus").size()
    left.set_xticks(range(len(corpora)), [f"{corpus}\n{sizes[corpus]} people" for corpus in corpora])
    left.set_ylim(0, 1.05)
    left.set_ylabel("balanced accuracy in this person")
    left.set_title("The model, person by person (bar: mean)")
    left.legend(loc="lower left")
    left.grid(axis="y", color=SOFT, linewidth=0.6)
    _women_minus_men(right, numbers[numbers["panel"] == "differences"])
    return drawing


def _women_minus_men(axis, rows):
    names = []
    for place, row in enumerate(rows.itertuples()):
        observers = row.place != "model"
        names.append(
            f"{'observers of ' if observers else ''}{row.corpus}{f', {row.place}' if observers else ''}\n{row.line}"
        )
        if np.isnan(row.value):
            axis.text(0.005, -place, "not testable: below 30 people each", va="center", fontsize=8, color=QUIET)
            continue
        colour = PEOPLE_COLOURS[2] if observers else PEOPLE_COLOURS[0]
        axis.plot([row.low, row.high], [-place, -place], color=colour, linewidth=2)
        axis.plot(row.value, -place, "s" if observers else "o", color=colour, markersize=6)
    axis.axvline(0, color=INK, linewidth=0.9)
    axis.set_ylim(-len(names) + 0.5, 0.5)
    axis.set_yticks([-place for place in range(len(names))], names)
    axis.set_xlabel("dot: balanced accuracy of the model · square: share of votes for what was meant")
    axis.set_title("Women minus men, 95 % interval over people")
    axis.grid(axis="x", color=SOFT, linewidth=0.6)
