"""One thing changed: the score against milliseconds of latency, and what every other edit of a timeline does to it."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Drawing

from mien.figures.style import INK, PEOPLE_COLOURS, QUIET, SOFT

CORPORA = {"ami": "AMI", "gap": "GAP", "mrda": "ICSI"}
PROFILES = {"norm_referenced": "norm-referenced", "fixed_curve": "fixed curves"}
COLOURS = dict(zip(CORPORA, PEOPLE_COLOURS, strict=False))
SHOWN_S = (-0.3, 1.2)
KINDS = {"network": PEOPLE_COLOURS[4], "published": INK, "assumed": QUIET}
EDITS = {
    "network_delay": "network, one way",
    "diarisation_error": "diarisation error",
    "padding": "voice activity padded",
    "early_fillers": "fillers before answers",
    "latency_sd": "spread of latency",
    "pauses": "pauses in turns",
    "speech_rate": "speech rate",
    "talk_share": "talk share made",
    "split_turns": "pauses split by mhm",
    "blocks": "blocks",
    "interpreter_delay": "interpreter, unheard",
    "interpreter_voice": "interpreter, heard",
}
PANELS = {
    "mean_change": "mean change, points",
    "p95_abs_change": "95th percentile of |change|, points",
    "crossing_50": "share crossing 50, either way",
}


# --- the figure of the project ----------------------------------------------------------------------------------------


def one_thing_changed_numbers(changed_scores, latency_differences):
    """Mean score by latency, the tolerance dose, and differences that occur: rows of panel, what, dose and numbers."""
    mine = changed_scores[(changed_scores["sides"] == "each") & (changed_scores["edit"] == "latency")]
    line = mine[(mine["quantity"] == "mean_score") & mine["dose"].between(*SHOWN_S)]
    under = mine[(mine["quantity"] == "pushed_under_50") & (mine["dose"] == 0.35)]
    lost = mine[mine["quantity"] == "tolerance_dose_s"]
    parts = [rows.assign(panel=rows["quantity"], what=rows["corpus"]) for rows in (line, under, lost)]
    drawn = latency_differences.assign(panel=latency_differences["kind"], profile="", dose=np.nan)
    drawn = drawn.rename(columns={"low_s": "low", "high_s": "high"}).assign(value=np.nan, n_sides=0, n_groups=0)
    columns = ["panel", "what", "profile", "dose", "value", "low", "high", "n_sides", "n_groups"]
    found = pd.concat([*parts, drawn.assign(what=drawn["what"] + " | " + drawn["source"] + " [" + drawn["tag"] + "]")])[
        columns
    ]
    return found.sort_values(["panel", "profile", "what", "dose"], kind="stable", ignore_index=True)


def one_thing_changed(numbers):
    """Draw the score against milliseconds of latency under both profiles, and below what differences occur."""
    drawing = Drawing(figsize=(12.6, 7.4), layout="constrained")
    axes = drawing.subplots(2, 2, sharex=True, height_ratios=(2.5, 1))
    marks = numbers[numbers["panel"].isin(KINDS)].sort_values(["low", "high"])
    order = {kind: place for place, kind in enumerate(KINDS)}
    marks = marks.sort_values("panel", key=lambda kinds: kinds.map(order), kind="stable")
    for (upper, lower), (profile, name) in zip(axes.T, PROFILES.items(), strict=True):
        own = numbers[numbers["profile"] == profile]
        _draw_scores(upper, own)
        _draw_marks(upper, lower, marks, named=upper is axes[0, 0])
        upper.set_title(name)
    drawing.suptitle("The score when every answer comes later and nothing else is changed", fontsize=12, weight="bold")
    axes[0, 0].set_ylabel("mean score of everybody, 0 to 100")
    axes[0, 0].legend(loc="upper right", bbox_to_anchor=(1, 0.95), title="meetings face to face", title_fontsize=8)
    axes[0, 0].text(1000 * SHOWN_S[1], 51, "the vendor's line at 50 [Z2]", fontsize=7.5, color=INK, ha="right")
    drawing.supxlabel(
        "milliseconds by which every answer of the person judged comes later (left of 0: sooner) · band: 95 % interval "
        "over groups that share nobody (ICSI is one group)\ndiamond: tolerance dose, at which the median person has "
        "lost 10 points, with its interval · a dose is a size, never a diagnosis",
        fontsize=8.5,
        color=QUIET,
    )
    return drawing


def _draw_scores(axis, own):
    lost = own[own["panel"] == "tolerance_dose_s"].set_index("what")
    for number, (corpus, name) in enumerate(CORPORA.items()):
        line = own[(own["panel"] == "mean_score") & (own["what"] == corpus)].sort_values("dose")
        if line.empty:
            continue
        ms, colour = 1000 * line["dose"], COLOURS[corpus]
        axis.fill_between(ms, line["low"], line["high"], color=colour, alpha=0.13, linewidth=0)
        n = line["n_sides"].max()
        axis.plot(ms, line["value"], color=colour, linewidth=2, label=f"{name} (a person judged, {n:.0f} times)")
        if corpus in lost.index and np.isfinite(lost.loc[corpus, "value"]):
            _draw_tolerance(axis, lost.loc[corpus], 6 + 5 * number, colour)
    axis.axhline(50, color=INK, linewidth=1, linestyle=":")
    axis.set(ylim=(0, 100), xlim=(1000 * SHOWN_S[0], 1000 * SHOWN_S[1]))
    axis.axvline(0, color=SOFT, linewidth=1)


def _draw_tolerance(axis, row, y, colour):
    inside = row["value"] <= SHOWN_S[1]
    at = 1000 * min(row["value"], SHOWN_S[1])
    if np.isfinite(row["low"]):
        axis.hlines(y, 1000 * row["low"], min(1000 * row["high"], 1000 * SHOWN_S[1]), color=colour, linewidth=2)
    if inside:
        axis.plot(at, y, "D", color=colour, markersize=6, clip_on=False)
        axis.text(at + 22, y, f"{1000 * row['value']:.0f} ms", fontsize=7.5, color=colour, va="center")
    else:
        axis.text(at, y, f"→ {row['value']:.2f} s", fontsize=7.5, color=colour, va="center", ha="right")


def _draw_marks(upper, lower, marks, named):
    for number, row in enumerate(marks.itertuples()):
        low, high, colour = 1000 * row.low, 1000 * row.high, KINDS[row.panel]
        if row.panel == "network":
            upper.axvspan(low, high, color=colour, alpha=0.16, linewidth=0)
        if row.panel == "published" and low == high:
            upper.axvline(low, color=colour, linewidth=0.9, linestyle="--")
            upper.text(
                low,
                98,
                f" {row.what.split(' | ')[1].split(':')[0]} ",
                fontsize=7,
                color=colour,
                va="top",
                ha="left" if low > 0 else "right",
            )
        style = "-" if row.panel != "assumed" else (0, (2, 1.5))
        lower.plot([low, high], [number, number], color=colour, linewidth=4, linestyle=style, solid_capstyle="butt")
        if low == high:
            lower.plot(low, number, "|", color=colour, markersize=11, markeredgewidth=2)
    what = [row.what.split(" | ")[0] for row in marks.itertuples()]
    lower.set_yticks(range(len(marks)), what if named else [""] * len(marks), fontsize=7.5)
    if not named:
        for number, row in enumerate(marks.itertuples()):
            at = 1000 * row.high + 25
            lower.text(at, number, row.what.split(" | ")[1], fontsize=6.8, color=QUIET, va="center")
    lower.set_ylim(len(marks) - 0.4, -0.6)
    lower.axvline(0, color=SOFT, linewidth=1)
    lower.set_title("differences in latency that occur" if named else "and where the numbers come from", fontsize=9)


# --- every other edit -------------------------------------------------------------------------------------------------


def dose_response_numbers(changed_scores):
    """What each edit but latency does at each dose, in every corpus and profile: rows of three quantities."""
    mine = changed_scores[(changed_scores["sides"] == "each") & changed_scores["edit"].isin(EDITS)]
    mine = mine[mine["quantity"].isin(PANELS)]
    columns = ["edit", "variant", "dose", "unit", "decides", "corpus", "profile", "quantity", "value", "low", "high"]
    order = {name: place for place, name in enumerate(EDITS)}
    by = mine.assign(place=mine["edit"].map(order)).sort_values(["place", "variant"], kind="stable")
    return by[columns].reset_index(drop=True)


def dose_response(numbers):
    """Draw mean change, 95th percentile of its size and share crossing 50 for every edit and dose."""
    rows = numbers[["edit", "variant", "dose", "unit", "decides"]].drop_duplicates().reset_index(drop=True)
    drawing = Drawing(figsize=(12.6, 0.155 * len(rows) + 1.6), layout="constrained")
    axes = drawing.subplots(1, 3, sharey=True)
    where = {key: place for place, key in enumerate(zip(rows["edit"], rows["variant"], rows["dose"], strict=True))}
    for axis, (quantity, title) in zip(axes, PANELS.items(), strict=True):
        own = numbers[numbers["quantity"] == quantity]
        for number, corpus in enumerate(CORPORA):
            for profile, marker in zip(PROFILES, ("o", "x"), strict=True):
                mine = own[(own["corpus"] == corpus) & (own["profile"] == profile)]
                keys = zip(mine["edit"], mine["variant"], mine["dose"], strict=True)
                at = np.array([where[key] for key in keys]) + 0.25 * (number - 1)
                label = f"{CORPORA[corpus]}, {PROFILES[profile]}" if axis is axes[0] else None
                colour = COLOURS[corpus]
                axis.hlines(at, mine["low"], mine["high"], color=colour, linewidth=1, alpha=0.6)
                axis.plot(mine["value"], at, marker, color=colour, markersize=3.6, linestyle="", label=label)
        axis.set_title(title)
        axis.grid(axis="x", color=SOFT, linewidth=0.6)
        for place in range(1, len(rows)):
            if rows["edit"][place] != rows["edit"][place - 1]:
                axis.axhline(place - 0.5, color=SOFT, linewidth=0.8)
    axes[0].set_yticks(range(len(rows)), [_named(row) for row in rows.itertuples()], fontsize=7)
    axes[0].set_ylim(len(rows) - 0.4, -0.6)
    axes[0].axvline(0, color=QUIET, linewidth=0.9)
    axes[0].legend(loc="center left", fontsize=6.5)
    drawing.supxlabel(
        "bold: a dose that decides by the rules · bar: 95 % interval over groups (ICSI is one group) · all are of the "
        "side judged but diarisation and padding, which are the same for everybody",
        fontsize=8,
        color=QUIET,
    )
    for label, decides in zip(axes[0].get_yticklabels(), rows["decides"], strict=True):
        label.set_fontweight("bold" if decides else "normal")
    return drawing


# --- where a diarisation errs -----------------------------------------------------------------------------------------

PLACES = (
    ("pieces of 1 s, by chance", "swap", "miss", "false_alarm", "mixed"),
    ("where who speaks changes", "swap at edges", "miss at edges", "false_alarm at edges", "mixed at edges"),
    ("short turns first", "swap in short turns", "miss in short turns"),
    ("as tools were found to err", "as tools err"),
    ("mixed, pieces of other lengths", "mixed in 0.25 s", "mixed in 0.5 s", "mixed in 2 s"),
)
"""Groups of rows: what the group is called, and the variants of ``edits.diarisation_error`` in it."""
RATES = {0.02: 2.2, 0.05: 5.0, 0.1: 3.2}
"""Error rates that are drawn, and the size of their marks: the one in the middle decides, and has its interval."""


def errors_placed_numbers(changed_scores, changed_errors):
    """The 95th percentile of the change and the share that crosses 50 by what goes wrong, where and how much."""
    both = pd.concat([changed_scores, changed_errors], ignore_index=True)
    mine = both[(both["sides"] == "each") & (both["edit"] == "diarisation_error") & both["dose"].isin(RATES)]
    mine = mine[mine["quantity"].isin(("p95_abs_change", "crossing_50"))]
    place = {variant: (number, group[0]) for number, group in enumerate(PLACES) for variant in group[1:]}
    order = {variant: number for number, variant in enumerate(place)}
    mine = mine[mine["variant"].isin(place)]
    mine = mine.assign(where=[place[one][1] for one in mine["variant"]], order=mine["variant"].map(order))
    columns = ["where", "variant", "dose", "decides", "corpus", "profile", "quantity", "value", "low", "high"]
    return mine.sort_values(["quantity", "profile", "order", "corpus", "dose"], kind="stable")[columns].reset_index(
        drop=True
    )


def errors_placed(numbers):
    """Draw how far 2, 5 and 10 % of error move the score, by where the errors lie."""
    variants = [one for group in PLACES for one in group[1:] if one in set(numbers["variant"])]
    drawing = Drawing(figsize=(12.6, 0.36 * len(variants) + 2.4), layout="constrained")
    grid = drawing.subplots(1, 4, sharey=True)
    panels = [(quantity, profile) for quantity in ("p95_abs_change", "crossing_50") for profile in PROFILES]
    for axis, (quantity, profile) in zip(grid, panels, strict=True):
        own = numbers[(numbers["quantity"] == quantity) & (numbers["profile"] == profile)]
        _draw_places(axis, own, variants)
        axis.set_title(f"{PANELS[quantity].split(', ')[0]}\n{PROFILES[profile]}", fontsize=9)
        for limit in (5, 10) if quantity == "p95_abs_change" else (0.05, 0.10):
            axis.axvline(limit, color=QUIET, linestyle=":", linewidth=1.1)
    grid[0].set_yticks(range(len(variants)), [_placed(one) for one in variants], fontsize=8)
    for label, one in zip(grid[0].get_yticklabels(), variants, strict=True):
        decides = numbers.loc[numbers["variant"] == one, "decides"].any()
        label.set_fontweight("bold" if decides else "normal")
    grid[0].set_ylim(len(variants) - 0.4, -0.6)
    grid[0].legend(loc="lower right", fontsize=8)
    drawing.supxlabel(
        "large mark: error in 5 % of speech, with its 95 % interval over groups (ICSI is one group); small ones on the "
        "line: 2 and 10 % · the two panels on the left are in points\nbold: 5 % of it decides by the rules · dotted: "
        "limits of the rules · wrong is who speaks (swap), that somebody does (miss), that nobody does (false alarm)",
        fontsize=8,
        color=QUIET,
    )
    return drawing


def _placed(variant):
    return variant.replace("_", " ") + (" in 1 s" if variant in PLACES[0] else "")


def _draw_places(axis, own, variants):
    for number, corpus in enumerate(CORPORA):
        for row, variant in enumerate(variants):
            mine = own[(own["corpus"] == corpus) & (own["variant"] == variant)].sort_values("dose")
            at = row + 0.24 * (number - 1)
            axis.plot(mine["value"], [at] * len(mine), "-", color=COLOURS[corpus], linewidth=0.6, alpha=0.6)
            for one in mine.itertuples():
                label = CORPORA[corpus] if row == 0 and one.dose == 0.05 else None
                axis.plot(one.value, at, "o", color=COLOURS[corpus], markersize=RATES[one.dose], label=label)
                if one.dose == 0.05:
                    axis.hlines(at, one.low, one.high, color=COLOURS[corpus], linewidth=2, alpha=0.45)
    starts = np.cumsum([sum(one in variants for one in group[1:]) for group in PLACES])[:-1]
    for start in starts:
        axis.axhline(start - 0.5, color=SOFT, linewidth=0.9)
    axis.grid(axis="x", color=SOFT, linewidth=0.6)
    axis.set_xlim(left=0)


def _named(row):
    unit = {"s": " s", "times": " ×", "share": ""}[row.unit]
    where = f", {row.variant.replace('_', ' ')}" if row.variant else ""
    where = where.replace(", A", ", at A's end").replace(", B", ", at B's end").replace(", server", ", at the server")
    return f"{EDITS[row.edit]}{where}: {row.dose:g}{unit}"
