"""Feeling from voice, face and turns: what was found by source of the label, and published numbers beside it."""

import pandas as pd
from matplotlib.figure import Figure as Drawing

from mien.figures.style import INK, PEOPLE_COLOURS, QUIET, SOFT

ASKED = {
    ("evidence", "RAVDESS", "label_valence", "voice"): "voice, RAVDESS: valence",
    ("sentence", "RAVDESS", "label_valence", "voice"): "  the same, sentence new too",
    ("evidence", "EmoDB", "label_valence", "voice"): "voice, EmoDB: valence",
    ("sentence", "EmoDB", "label_valence", "voice"): "  the same, sentence new too",
    ("evidence", "London", "label_expression", "face"): "face, London: smile on instruction",
    ("evidence", "Haines", "label_seen_valence", "face"): "face, Haines: valence raters saw",
    ("evidence", "GAP", "label_marked", "turn"): "turns, GAP: any sentiment marked",
    ("evidence", "GAP", "label_direction", "turn"): "turns, GAP: positive or negative",
    ("evidence", "MELD", "label_sentiment", "turn"): "turns, MELD: sentiment of a line",
}
SOURCES = {"acted": PEOPLE_COLOURS[0], "observer": PEOPLE_COLOURS[1]}


def sentiment_numbers(evidence, sentiment, sentiment_unshared, published):
    """Balanced accuracy of every question with its bars, and published accuracies: one row per dot."""
    ours = evidence.assign(label_source="acted", unit="people")
    both = pd.concat([ours, sentiment, sentiment_unshared], ignore_index=True)
    both = both[(both["metric"] == "balanced_accuracy") & (both["model"] == "logistic")]
    kind = both["split"].str.endswith("_sentence_out").map({True: "sentence", False: "evidence"})
    key = list(zip(kind, both["corpus"], both["target"], both["signals"], strict=True))
    both = both.assign(panel="found", line=[ASKED.get(one, "") for one in key], order=[_order(one) for one in key])
    both = both[both["line"] != ""].sort_values("order", kind="stable")
    columns = ["panel", "corpus", "line", "label_source", "unit", "n_groups", "value", "low", "high", "chance"]
    columns += ["best_baseline", "best_baseline_name", "p_permuted"]
    emotion = sentiment[(sentiment["target"] == "label_emotion") & (sentiment["model"] == "logistic")]
    emotion = emotion[emotion["metric"] == "balanced_accuracy"].assign(
        panel="published", line="mien, voice, people held out", source="mien", checked=True
    )
    theirs = published[published["metric"] == "accuracy"].assign(panel="published", chance=1 / published["n_classes"])
    theirs["line"] = theirs["channel"] + ", " + theirs["what"]
    more = ["source", "checked"]
    return pd.concat(
        [both[columns], emotion[columns + more], theirs[["panel", "corpus", "line", "value", "chance", *more]]]
    )


def _order(key):
    return list(ASKED).index(key) if key in ASKED else len(ASKED)


def sentiment(numbers):
    """Draw what was found (left: by source of the label, beside chance and baselines) and published numbers (right)."""
    drawing = Drawing(figsize=(13.2, 4.8), layout="constrained")
    left, right = drawing.subplots(1, 2)
    found = numbers[numbers["panel"] == "found"].reset_index(drop=True)
    for place, row in found.iterrows():
        _draw_found(left, place, row)
    names = [f"{row['line']} ({row['n_groups']:.0f} {row['unit']})" for _, row in found.iterrows()]
    left.set_yticks(range(len(found)), names)
    left.set_ylim(len(found) - 0.5, -0.6)
    for source, colour in SOURCES.items():
        left.plot([], [], "o", color=colour, label=f"label: {source}")
    left.legend(loc="lower right", fontsize=7.5)
    left.set_title("Balanced accuracy away from what was learnt")
    _draw_published(right, numbers[numbers["panel"] == "published"].reset_index(drop=True))
    drawing.supxlabel(
        "bar: 95 % interval over the units in brackets · dotted: chance · tick: best baseline",
        fontsize=8.5,
        color=QUIET,
    )
    return drawing


def _draw_found(axis, place, row):
    colour = SOURCES[row["label_source"]]
    axis.plot([row["low"], row["high"]], [place, place], color=colour, linewidth=2.2)
    axis.plot(row["value"], place, "o", color=colour, markersize=6)
    axis.plot([row["chance"]] * 2, [place - 0.35, place + 0.35], color=QUIET, linestyle=":", linewidth=1.4)
    axis.plot(row["best_baseline"], place, "|", color=INK, markersize=13, markeredgewidth=1.6)
    axis.annotate(f"{row['value']:.2f}", (row["value"], place), (0, 6), textcoords="offset points", fontsize=8)
    axis.set_xlim(0, 1)
    axis.grid(axis="x", color=SOFT, linewidth=0.6)


def _draw_published(axis, rows):
    """Published accuracies by corpus; open: remembered, and not yet looked up. mien's own are balanced accuracies."""
    for place, row in rows.iterrows():
        own = row["source"] == "mien"
        colour = PEOPLE_COLOURS[0] if own else INK
        if own:
            axis.plot([row["low"], row["high"]], [place, place], color=colour, linewidth=2.2)
        axis.plot(row["value"], place, "o", color=colour, fillstyle="full" if row["checked"] else "none", markersize=6)
        axis.plot([row["chance"]] * 2, [place - 0.35, place + 0.35], color=QUIET, linestyle=":", linewidth=1.4)
        axis.annotate(f"{row['value']:.2f}", (row["value"], place), (7, -3), textcoords="offset points", fontsize=7.5)
    axis.set_yticks(range(len(rows)), [f"{row['corpus']}: {row['line']}" for _, row in rows.iterrows()], fontsize=7.5)
    axis.set_ylim(len(rows) - 0.5, -0.6)
    axis.set_xlim(0, 1.06)
    axis.grid(axis="x", color=SOFT, linewidth=0.6)
    axis.plot([], [], "o", color=INK, fillstyle="none", label="[M] remembered, not looked up")
    axis.plot([], [], "o", color=INK, label="published, source read")
    axis.plot([], [], "o", color=PEOPLE_COLOURS[0], label="mien (balanced accuracy)")
    axis.legend(loc="lower left", fontsize=7)
    axis.set_title("Published accuracies, other protocols")
