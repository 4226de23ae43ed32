"""Turn-taking in three corpora of meetings beside what others have published of other conversations."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Drawing

from mien.figures.style import INK, PEOPLE_COLOURS, QUIET, SOFT
from mien.turns import PUBLISHED

CORPORA = {"ami": "AMI", "gap": "GAP", "mrda": "ICSI"}
PANELS = {
    "overlap_rate": ("changes that overlap", "share"),
    "turn_length_median_s": ("median length of a turn", "seconds"),
    "backchannels_per_speech_hour": ("backchannels", "per hour of speech"),
    "lapses_per_hour": ("lapses (gaps over 3 s)", "per hour"),
}
"""The measures that have a panel of their own: its title and its unit."""


def anchors_numbers(turn_anchors, turn_offsets, turn_backchannels):
    """Offsets, meetings and published values as one tidy table: panel, corpus, low, high, value, label.

    ``offset_s``: a row per corpus and bin, its share of the changes as value, and one for the median of its meetings'
    medians. A measure of :data:`PANELS`: a row per
    meeting. Corpus ``published``: one value or a range, low to high, with who it is of; ``marked`` by annotators.
    """
    parts = [turn_offsets.assign(value=_shares(turn_offsets), low=turn_offsets["offset_s"], panel="offset_s")]
    medians = turn_anchors.groupby("corpus", sort=False)["fto_median_s"].median()
    parts.append(medians.rename("low").reset_index().assign(panel="offset_s", label="median of the meetings"))
    for measure in PANELS:
        parts.append(turn_anchors.assign(value=turn_anchors[measure], panel=measure))
    for one in PUBLISHED:
        panel = "offset_s" if one.measure.startswith("fto_") else one.measure
        what = {"fto_median_s": "median, ", "fto_mean_s": "mean, "}.get(one.measure, "")
        label = f"{what}{one.of} ({one.source})"
        parts.append(
            pd.DataFrame([{"panel": panel, "corpus": "published", "low": one.low, "high": one.high, "label": label}])
        )
    marked = turn_backchannels["marked_per_speech_hour"].iloc[0]
    row = {"panel": "backchannels_per_speech_hour", "corpus": "marked", "low": marked, "label": "by annotators (MRDA)"}
    parts.append(pd.DataFrame([row]))
    columns = ["panel", "corpus", "low", "high", "value", "label"]
    return pd.concat([part.reindex(columns=columns) for part in parts], ignore_index=True)


def _shares(offsets):
    return offsets["changes"] / offsets.groupby("corpus")["changes"].transform("sum")


def anchors(numbers):
    """Draw the offsets of every corpus with the published values, and under them a dot per meeting and measure."""
    drawing = Drawing(figsize=(11, 7.4), layout="constrained")
    upper, lower = drawing.subfigures(2, 1, height_ratios=(1.15, 1))
    _draw_offsets(upper.subplots(), numbers[numbers["panel"] == "offset_s"])
    for axis, panel in zip(lower.subplots(1, len(PANELS)), PANELS, strict=True):
        _draw_meetings(axis, numbers[numbers["panel"] == panel], *PANELS[panel])
    drawing.supxlabel(
        "triangle, bar: median of the meetings · dot: a meeting · dashed: published, of other conversations than these"
        " · GAP is timed by hand to 0.1 s",
        fontsize=8.5,
        color=QUIET,
    )
    return drawing


def _draw_offsets(axis, rows):
    for place, (corpus, name) in enumerate(CORPORA.items()):
        mine, colour = rows[rows["corpus"] == corpus].sort_values("low"), PEOPLE_COLOURS[place]
        inner = mine.dropna(subset="value").iloc[1:-1]  # the outer bins hold what lies beyond
        median = mine.loc[mine["value"].isna(), "low"].iloc[0]
        label = f"{name}: median {median:+.2f} s"
        axis.step(inner["low"], inner["value"], where="mid", color=colour, linewidth=1.6, label=label)
        axis.plot(median, 0, "^", color=colour, markersize=9, clip_on=False, zorder=5)
    top = rows["value"].max()
    for number, row in enumerate(rows[rows["corpus"] == "published"].sort_values("low").itertuples()):
        height = top * (1.08 + 0.09 * number)
        axis.plot([row.low, row.high], [height, height], "|-", color=INK, markersize=7, linewidth=2)
        axis.annotate(row.label, (row.high, height), (6, 0), textcoords="offset points", fontsize=7.5, va="center")
        axis.vlines([row.low, row.high], 0, height, color=SOFT, linewidth=0.7, zorder=0)
    axis.axvline(0, color=QUIET, linewidth=0.9)
    axis.set_xlim(-2, 3)
    axis.set_ylim(0, top * (1.1 + 0.09 * (rows["corpus"] == "published").sum()))
    axis.set_xlabel("floor-transfer offset (s): left of 0 the next person began before the one before had ended")
    axis.set_ylabel("share of changes, by 0.1 s")
    axis.set_title("When the next person begins")
    axis.legend(loc="upper left")


def _draw_meetings(axis, rows, title, unit):
    for place, corpus in enumerate(CORPORA):
        values = rows.loc[rows["corpus"] == corpus, "value"].to_numpy()
        beside = 0.32 * (2 * ((np.arange(len(values)) * 0.618034) % 1) - 1)
        axis.plot(place + beside, values, ".", color=PEOPLE_COLOURS[place], markersize=4, alpha=0.55)
        axis.hlines(np.median(values), place - 0.4, place + 0.4, color=INK, linewidth=1.8)
    lines = rows[rows["corpus"].isin(["published", "marked"])]
    for row in lines.itertuples():
        words = f"{row.low:,g}: " + row.label.replace(" (", "\n(").replace(", in ", ",\nin ")
        style = "--" if row.corpus == "published" else ":"
        axis.axhline(row.low, color=INK, linewidth=1.2, linestyle=style, label=words)
    if len(lines):
        axis.legend(loc="upper left", fontsize=6.5, handlelength=1.6)
    top = max(rows["value"].max(), lines["low"].max() if len(lines) else 0)
    axis.set_xticks(range(len(CORPORA)), CORPORA.values())
    axis.set_xlim(-0.5, len(CORPORA) - 0.5)
    axis.set_ylim(0, top * (1.05 + 0.14 * len(lines)))
    axis.set_title(title)
    axis.set_ylabel(unit)
    axis.grid(axis="y", color=SOFT, linewidth=0.6)
