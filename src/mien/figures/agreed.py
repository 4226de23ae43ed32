"""How far people agree on what they saw and heard, by channel and corpus, and whom they recognise more often."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Drawing

from mien.figures.style import INK, PEOPLE_COLOURS, QUIET, SOFT

CHANNELS = ("voice", "face", "both")
LINES = {
    "rater_vs_others": "one rater v. majority of the others",
    "pairs_agree": "pairs of raters agree (raw)",
    "hit_rate": "named what was meant",
    "alpha_nominal": "Krippendorff's alpha",
}
EMOTIONS = ("neutral", "happy", "angry", "disgust", "fearful", "sad")
RAW, ALPHA = "pairs agree (raw)", "alpha (ordinal)"


def ceilings_numbers(agreement):
    """Agreement by channel, recognition by emotion, and raw agreement beside alpha elsewhere: one row per dot."""
    rows = agreement.set_index(["corpus", "target", "channel", "measure"])
    keys = [("by channel", LINES[m], c, ("cremad", "emotion", c, m)) for m in LINES for c in CHANNELS]
    keys += [("by emotion", c, e, ("cremad", e, c, "hit_rate")) for c in CHANNELS for e in EMOTIONS]
    elsewhere = agreement[agreement["measure"] == "alpha_ordinal"].sort_values("corpus", kind="stable", ascending=False)
    for row in elsewhere.itertuples():
        name = f"{row.corpus}: {row.target}".replace("haines", "Haines").replace("gap", "GAP")
        for measure, line in (("pairs_agree", RAW), ("alpha_ordinal", ALPHA)):
            keys.append(("elsewhere", line, name, (row.corpus, row.target, row.channel, measure)))
    found = [
        {"panel": panel, "line": line, "place": place} | rows.loc[key, ["value", "low", "high", "chance"]].to_dict()
        for panel, line, place, key in keys
        if key in rows.index
    ]
    return pd.DataFrame(found, columns=["panel", "line", "place", "value", "low", "high", "chance"])


def ceilings(numbers):
    """Draw how far people agree: CREMA-D by channel and by emotion, and raw agreement beside alpha elsewhere."""
    drawing = Drawing(figsize=(13, 4.4), layout="constrained")
    axes = drawing.subplots(1, 3, width_ratios=(1, 1.25, 1.5))
    titles = {
        "by channel": "CREMA-D: votes on acted emotion",
        "by emotion": "CREMA-D: named what was meant",
        "elsewhere": "Raw agreement flatters",
    }
    for axis, (panel, title) in zip(axes, titles.items(), strict=True):
        mine = numbers[numbers["panel"] == panel]
        places = list(dict.fromkeys(mine["place"]))
        lines = list(dict.fromkeys(mine["line"]))
        for number, line in enumerate(lines):
            rows = mine[mine["line"] == line]
            at = np.array([places.index(place) for place in rows["place"]])
            _dots(axis, at + 0.16 * (number - (len(lines) - 1) / 2), rows, PEOPLE_COLOURS[number], line)
        guess = mine["chance"].max()
        if panel != "elsewhere" and guess > 0:
            axis.axhline(guess, color=QUIET, linestyle=":", linewidth=1.1, label=f"guessing: {guess:.2f}")
        turned = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"} if len(places) > 3 else {}
        axis.set_xticks(range(len(places)), places, **turned)
        axis.set_xlim(-0.6, len(places) - 0.4)
        axis.set_ylim(min(0, mine["low"].min() - 0.05), 1.0 if panel == "elsewhere" else 1.3)
        axis.set_title(title)
        axis.legend(loc="upper right" if panel == "elsewhere" else "upper left", fontsize=7)
    axes[-1].axhline(0, color=INK, linewidth=0.9)
    drawing.supxlabel(
        "dots: 95 % intervals over the people or meetings that were rated · alpha: 0 is chance, 1 is full agreement",
        fontsize=8.5,
        color=QUIET,
    )
    return drawing


def _dots(axis, at, rows, colour, label):
    axis.vlines(at, rows["low"], rows["high"], color=colour, linewidth=1.8, alpha=0.55)
    axis.plot(at, rows["value"], "o", color=colour, markersize=4.5, label=label)
    axis.grid(axis="y", color=SOFT, linewidth=0.6)


# --- whom do people recognise more often? -----------------------------------------------------------------------------

SEXES = ("female", "male")
WAYS = {
    "hit_rate_difference": "actors resampled",
    "hit_rate_difference_of_clips": "as if each clip were a person",
}
PAIRS = {
    "female_minus_male": "women minus men",
    "african_american_minus_caucasian": "African American minus Caucasian",
}


def people_numbers(agreement, agreement_people):
    """A row per actor and channel (how often recognised), and per difference between groups, with its interval."""
    each = agreement_people[["channel", "sex", "person_id", "hit_rate"]]
    each = each.rename(columns={"sex": "line", "person_id": "place", "hit_rate": "value"}).assign(panel="actors")
    rows = agreement[agreement["target"].isin(PAIRS) & agreement["measure"].isin(WAYS)]
    apart = rows[["channel", "value", "low", "high", "n_people", "why"]].assign(
        panel="differences", line=rows["target"].map(PAIRS), place=rows["measure"].map(WAYS)
    )
    columns = ["panel", "channel", "line", "place", "value", "low", "high", "n_people", "why"]
    return pd.concat([each, apart], ignore_index=True).reindex(columns=columns)


def people(numbers):
    """Draw every actor of CREMA-D by sex and channel, and the differences between groups by two ways of counting."""
    drawing = Drawing(figsize=(12, 4.4), layout="constrained")
    left, right = drawing.subplots(1, 2, width_ratios=(1, 1.25))
    for place, channel in enumerate(CHANNELS):
        for number, sex in enumerate(SEXES):
            mine = numbers[(numbers["panel"] == "actors") & (numbers["channel"] == channel) & (numbers["line"] == sex)]
            middle = place + 0.4 * (number - 0.5)
            beside = 0.13 * (2 * ((np.arange(len(mine)) * 0.618034) % 1) - 1)
            label = f"{sex} actors ({len(mine)})" if place == 0 else None
            left.plot(middle + beside, mine["value"], ".", color=PEOPLE_COLOURS[number], alpha=0.6, label=label)
            left.hlines(mine["value"].mean(), middle - 0.17, middle + 0.17, color=INK, linewidth=2)
    left.set_xticks(range(len(CHANNELS)), CHANNELS)
    left.set_ylabel("share of votes for what was meant")
    left.set_title("CREMA-D: a dot is an actor, a bar the mean")
    left.legend(loc="upper left")
    _differences(right, numbers[numbers["panel"] == "differences"])
    return drawing


def _differences(axis, rows):
    names = []
    for pair in PAIRS.values():
        for channel in CHANNELS:
            mine = rows[(rows["line"] == pair) & (rows["channel"] == channel)].set_index("place")
            for number, way in enumerate(WAYS.values()):
                if way not in mine.index:
                    continue
                at, row = -len(names) - 0.3 * number, mine.loc[way]
                colour = QUIET if "below_floor" in str(row["why"]) else PEOPLE_COLOURS[2 * number]
                label = way if not names else None
                axis.plot([row["low"], row["high"]], [at, at], color=colour, linewidth=1.8, alpha=1 - 0.5 * number)
                axis.plot(row["value"], at, "so"[number], color=colour, markersize=5, label=label)
            names.append(f"{pair}, {channel}")
    axis.axvline(0, color=INK, linewidth=0.9)
    axis.set_yticks([-place for place in range(len(names))], names)
    axis.set_xlabel("difference in that share (grey: too few people for a verdict)")
    axis.set_title("Are some people read better?")
    axis.grid(axis="x", color=SOFT, linewidth=0.6)
    axis.legend(loc="lower right")
