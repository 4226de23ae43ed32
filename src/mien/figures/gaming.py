"""What empty tricks add to the open score, and how machines that engage with nobody score."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Drawing

from mien.figures.style import INK, PEOPLE_COLOURS, QUIET, SOFT

CORPORA = dict(zip(("AMI", "GAP", "ICSI"), PEOPLE_COLOURS, strict=False))
PROFILES = {"norm_referenced": "norm-referenced", "fixed_curve": "fixed curve"}
TRICKS = {
    "g1_filler_first": "B: a filler 0.3 s early",
    "g2_split_turns": 'B: a "mhm" in one pause of four',
    "g3_half_the_talk": "B: half of the talk",
    "g7_shorter_host_turns": "host: no turn over 10 s",
    "g7_host_waits": 'host: stops at each "mhm"',
    "all_of_b": "B: all three",
    "all_of_both": "both sides: all five",
}
MACHINES = {
    ("none", "each"): "real people",
    ("random_talker", "each"): "random talker",
    ("out_of_step", "each"): "out of step",
    ("two_strangers", "halves"): "two strangers",
    ("two_radios", "halves"): "two radios",
}
"""Who is scored, against norms of which sides: two people are held against two halves."""
DOSES = {"g1_filler_first": 0.3, "g2_split_turns": 0.25, "g3_half_the_talk": 0.5}
DOSES |= {"g7_shorter_host_turns": 10, "g7_host_waits": 0.2}
LINE, BIN = 50, 5


def gaming_numbers(gaming):
    """Gains of every trick at its own dose, and of every machine the mean, the share at 50, and the distribution."""
    dose = gaming["policy"].map(DOSES)
    own = gaming["dose"].eq(dose) | (gaming["dose"].isna() & dose.isna())
    gains = gaming[(gaming["quantity"] == "gain") & own & gaming["policy"].isin(TRICKS)]
    pairs = pd.MultiIndex.from_frame(gaming[["policy", "sides"]])
    kept = pairs.isin(list(MACHINES)) & gaming["quantity"].isin(["score", "share_at_50", "share_in_bin"])
    machines = gaming[kept & (gaming["target"] == "score")]
    found = pd.concat([gains.assign(panel="tricks"), machines.assign(panel="machines")], ignore_index=True)
    columns = ["panel", "profile", "corpus", "policy", "sides", "quantity", "place", "value", "low", "high", "n_sides"]
    return found[columns]


def gaming(numbers):
    """Draw points gained by each trick (above) and how machines score (below), under both profiles."""
    drawing = Drawing(figsize=(12.4, 8.4), layout="constrained")
    axes = drawing.subplots(2, 2, height_ratios=(1.05, 1))
    gains = numbers.loc[numbers["panel"] == "tricks", ["value", "low", "high"]]
    ends = min(-4.0, np.nanmin(gains) - 1), np.nanmax(gains) + 2
    for column, (profile, name) in enumerate(PROFILES.items()):
        mine = numbers[numbers["profile"] == profile]
        _draw_tricks(axes[0, column], mine[mine["panel"] == "tricks"], ends, first=column == 0)
        _draw_machines(axes[1, column], mine[mine["panel"] == "machines"], first=column == 0)
        axes[0, column].set_title(f"{name}: points that an empty trick adds")
        axes[1, column].set_title(f"{name}: who engages with nobody, and real people")
    axes[0, 1].legend(loc="lower right", fontsize=8)
    drawing.supxlabel(
        "above: real meetings with one trick; bar: 95 % interval over groups of people (ICSI is one group: none)\n"
        "below: constructed from real stretches of speech, but for real people; number: mean score; line: 50",
        fontsize=8.5,
        color=QUIET,
    )
    return drawing


def _draw_tricks(axis, rows, ends, first):
    for number, (corpus, colour) in enumerate(CORPORA.items()):
        mine = rows[rows["corpus"] == corpus].set_index("policy").reindex(list(TRICKS))
        at = np.arange(len(TRICKS)) + 0.22 * (number - 1)
        axis.hlines(at, mine["low"], mine["high"], color=colour, linewidth=2)
        n = mine["n_sides"].max()
        label = f"{corpus} ({n:.0f} sides)" if np.isfinite(n) else corpus
        axis.plot(mine["value"], at, "o", color=colour, markersize=5, label=label)
    axis.axvline(0, color=INK, linewidth=0.8)
    for at in (5, 10):
        axis.axvline(at, color=QUIET, linestyle=":", linewidth=1.2)
    if not first:
        words = "dotted: by the rules C8 can hold up to 5, and does not above 10"
        axis.text(ends[1], -0.3, words, fontsize=8, color=QUIET, ha="right")
    axis.set_yticks(range(len(TRICKS)), TRICKS.values() if first else [""] * len(TRICKS))
    axis.set_ylim(len(TRICKS) - 0.5, -0.7)
    axis.set_xlim(*ends)
    axis.grid(axis="x", color=SOFT, linewidth=0.6)
    axis.set_xlabel("points of 100")


def _draw_machines(axis, rows, first):
    """A ridge for each machine: the share of scores in bins of five points, a line for each corpus."""
    edges = np.arange(0, 100 + BIN, BIN)
    for place, key in enumerate(MACHINES):
        mine = rows[(rows["policy"] == key[0]) & (rows["sides"] == key[1])]
        for number, (corpus, colour) in enumerate(CORPORA.items()):
            own = mine[mine["corpus"] == corpus]
            shares = own[own["quantity"] == "share_in_bin"].sort_values("place")["value"].to_numpy()
            if not len(shares):
                continue
            heights = 0.85 * shares / max(shares.max(), 1e-9)
            axis.stairs(place + 0.45 - heights, edges, baseline=place + 0.45, color=colour, fill=True, alpha=0.12)
            axis.stairs(place + 0.45 - heights, edges, baseline=None, color=colour, linewidth=1.3)
            mean = own[own["quantity"] == "score"]["value"].iloc[0]
            axis.text(102, place + 0.3 * (number - 1), f"{mean:.0f}", fontsize=8, color=colour, va="center")
    axis.axvline(LINE, color=INK, linewidth=1.1)
    axis.set_yticks(range(len(MACHINES)), MACHINES.values() if first else [""] * len(MACHINES))
    axis.set_ylim(len(MACHINES) - 0.5, -0.5)
    axis.set_xlim(0, 100)
    axis.set_xlabel("score (each ridge as high as its fullest bin)")
