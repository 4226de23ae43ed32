"""Every verdict at a glance, one square per claim and scope; and the score of each person, with groups compared."""

import textwrap

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Drawing
from matplotlib.patches import Patch, Rectangle

from mien.figures.style import INK, PEOPLE_COLOURS, QUIET, SOFT
from mien.verdict import words

COLOURS = {
    "no label": "#DDE6F0",
    "a gate fails": "#D2D2D2",
    "nothing measured": "#F7F7F7",
    "not testable": "#BDB7C9",
    "inconclusive": "#FFF2B3",
    "in part": "#A9D3EA",
    "found": "#3D8FC4",
    "does not hold": "#E8A07A",
    "out of scope": "#FFFFFF",
}
"""The colour of each of :data:`mien.verdict.words.STATES`, the same for a vendor's statement and for a critic's."""
MODELS, SCORE = "Models: a label, in people never seen", "The open score: what moves it, and what it goes with"


def verdicts_numbers(verdicts):
    """A row per claim and scope: in which state its verdict is, its words, the gates that failed, and on which line.

    Scopes of one corpus and profile that get the same everywhere share a line.
    """
    numbers = pd.DataFrame(
        {
            "kind": np.where(verdicts["profile"] == "none", MODELS, SCORE),
            "scope": verdicts["corpus"] + "/" + verdicts["target"] + "/" + verdicts["signals"],
            "claim": verdicts["claim"],
            "side": verdicts["side"],
            "state": [words.state(row) for row in verdicts.to_dict("records")],
            "wording": verdicts["wording"],
            "gates": verdicts["why"].fillna("").str.findall(r"gate (\w+)").str.join(" "),
        }
    )
    by = ["corpus", "target", "signals", "profile"]
    alike = verdicts[by].assign(got=numbers["state"] + "|" + numbers["wording"] + "|" + numbers["gates"])
    alike = alike.groupby(by, sort=False)["got"].agg("\n".join).reset_index()
    names = {}
    for _, same in alike.groupby(["corpus", "signals", "profile", "got"], sort=False):
        rows = verdicts.merge(same[by]).drop_duplicates(by)
        names |= dict.fromkeys(map(tuple, same[by].to_numpy()), _name(rows))
    numbers["line"] = [names[scope] for scope in zip(*(verdicts[name] for name in by), strict=True)]
    return numbers


def _name(rows):
    """The name of a line, from the scopes that share it."""
    first = rows.iloc[0]
    labels = [word.removeprefix("label_").replace("_", " ") for word in rows["target"]]
    said = labels[0] if len(labels) == 1 else f"{len(labels)} labels"
    sources = " or ".join(rows["label_source"].fillna("").replace({"none": "no label", "": "nobody says"}).unique())
    people = f"{first['n_groups']:.0f} groups, {sources}"
    if first["profile"] == "none":
        return f"{first['corpus']}: {said} from {first['signals']}\n{people}"
    against = "" if first["target"] == "score" else f" against {said}"
    return f"{first['corpus']}: {first['profile'].replace('_', ' ')}{against}\n{people}"


def verdicts(numbers):
    """Draw a square for each claim and scope, coloured by its state; in it the failed gates, or a finding's words.

    Scopes of models stand above those of the open score, each under its heading.
    """
    claims = list(dict.fromkeys(numbers["claim"]))
    lines = _lines(numbers)
    drawing = Drawing(figsize=(4.6 + 0.84 * len(claims), 2.3 + 0.42 * len(lines)), layout="constrained")
    axis = drawing.subplots()
    at = {(line.kind, line.line): y for y, line in enumerate(lines)}
    for row in numbers.drop_duplicates(["kind", "line", "claim"]).itertuples():
        x, y = claims.index(row.claim), at[row.kind, row.line]
        box = {"facecolor": COLOURS[row.state], "edgecolor": "white", "linewidth": 1.5}
        axis.add_patch(_square(x, y, box))
        axis.text(x, y, _in_a_square(row), ha="center", va="center", fontsize=6.4, color=INK, linespacing=0.95)
    for y, line in enumerate(lines):
        if line.line == "":
            axis.text(-0.5, y + 0.2, line.kind, ha="left", va="center", fontsize=9.5, weight="bold", color=INK)
    _named_lines(axis, lines, claims)
    shown = [state for state in COLOURS if (numbers["state"] == state).any()]
    marks = [Patch(facecolor=COLOURS[state], edgecolor=QUIET, linewidth=0.5, label=state) for state in shown]
    drawing.legend(handles=marks, loc="outside lower center", ncols=len(marks), fontsize=8)
    return drawing


def _lines(numbers):
    """The lines from top to bottom: for each kind of scope a heading (its line is empty), then its lines."""
    lines = []
    for kind, mine in numbers[["kind", "line"]].drop_duplicates().groupby("kind", sort=True):
        lines += [pd.Series({"kind": kind, "line": ""}), *(row for _, row in mine.iterrows())]
    return lines


def _named_lines(axis, lines, claims):
    """Scopes at the left, claims above, and a line where claims give way to statements of vendors and of critics."""
    axis.set_xlim(-0.5, len(claims) - 0.5)
    axis.set_ylim(len(lines) - 0.5, -0.5)
    places = [y for y, line in enumerate(lines) if line.line]
    axis.set_yticks(places, [lines[y].line for y in places], fontsize=7.5)
    axis.set_xticks(range(len(claims)), [_wrapped(claim) for claim in claims], fontsize=7)
    axis.xaxis.tick_top()
    axis.tick_params(length=0)
    for side in axis.spines.values():
        side.set_visible(False)
    for first in [place for place in range(1, len(claims)) if claims[place][0] != claims[place - 1][0]]:
        axis.axvline(first - 0.5, color=INK, linewidth=0.8)


def _wrapped(claim):
    """A claim's name over several lines: ``C1`` and then its words."""
    short, _, more = claim.partition("_")
    return "\n".join([short, *textwrap.wrap(more.replace("_", " "), 13)])


def _square(x, y, box):
    return Rectangle((x - 0.5, y - 0.5), 1, 1, **box)


def _in_a_square(row):
    if row.state == "a gate fails":
        return "\n".join(row.gates.split())
    if row.state in ("found", "in part", "does not hold"):
        return "\n".join(textwrap.wrap(row.wording, 16)[:3])
    return row.state if row.state in ("inconclusive", "not testable", "out of scope") else ""


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
