"""Whether picture and sound keep one clock: how wrong the lag between lips and voice is, and the lags of real clips."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Drawing

from mien.figures.style import INK, PEOPLE_COLOURS, QUIET, SOFT

KINDS = {"synthetic": "SYNTHETIC faces", "real": "real clips in a row"}
LARGE_S = 0.08


def lip_lag_numbers(lip_lag):
    """The lags behind the picture, one tidy table: panel, line, place, value, low, high, trust.

    ``found``: the median lag of the longest talks at the most pictures a second, by the lag put in (place, seconds).
    ``error``: how far it was off (median) by the seconds of speech (place). ``clip``: a row per real clip that has
    enough speech.
    """
    talks = lip_lag[lip_lag["kind"] != "clip"]
    best = talks[(talks["rate_hz"] == talks["rate_hz"].max()) & (talks["asked_s"] == talks["asked_s"].max())]
    found = best.assign(panel="found", line=best["kind"].map(KINDS), place=best["shift_s"], value=best["lag_s"])
    each = talks.groupby(["kind", "rate_hz", "asked_s"], sort=False)
    error = each[["speech_s", "error_s", "error_low_s", "error_high_s", "trust"]].mean().reset_index()
    error["line"] = [f"{KINDS[k]}, {r:.0f} pictures/s" for k, r in zip(error["kind"], error["rate_hz"], strict=True)]
    names = {"speech_s": "place", "error_s": "value", "error_low_s": "low", "error_high_s": "high"}
    error = error.rename(columns=names).assign(panel="error")
    clips = lip_lag[(lip_lag["kind"] == "clip") & lip_lag["lag_s"].notna()].sort_values("trust", kind="stable")
    clips = clips.assign(panel="clip", line=clips["material"], place=np.arange(len(clips)), value=clips["lag_s"])
    columns = ["panel", "line", "place", "value", "low", "high", "trust"]
    parts = [table.rename(columns={"low_s": "low", "high_s": "high"})[columns] for table in (found, clips)]
    return pd.concat([parts[0], error[columns], parts[1]], ignore_index=True)


def lip_lag(numbers):
    """Draw the lag found beside the lag put in, its error by the amount of speech, and the lags of real clips."""
    drawing = Drawing(figsize=(11, 4.2), layout="constrained")
    axes = drawing.subplots(1, 3, width_ratios=(1, 1.1, 1.1))
    _draw_found(axes[0], numbers[numbers["panel"] == "found"])
    _draw_error(axes[1], numbers[numbers["panel"] == "error"])
    _draw_clips(axes[2], numbers[numbers["panel"] == "clip"])
    return drawing


def _draw_found(axis, rows):
    for colour, (line, mine) in zip(PEOPLE_COLOURS, rows.groupby("line", sort=False), strict=False):
        put, value, low, high = (1000 * mine[name].to_numpy() for name in ("place", "value", "low", "high"))
        axis.errorbar(put, value, [value - low, high - value], fmt="o", color=colour, markersize=4, label=line)
    ends = 1000 * rows["place"].agg(["min", "max"])
    axis.plot(ends, ends, color=QUIET, linewidth=0.9, zorder=0)
    axis.set_xlabel("lag put into the sound (ms)")
    axis.set_ylabel("lag found (ms): median, least and most")
    axis.set_title("Known lags come back")
    axis.legend(loc="upper left")


def _draw_error(axis, rows):
    for colour, (line, mine) in zip(PEOPLE_COLOURS, rows.groupby("line", sort=False), strict=False):
        axis.fill_between(mine["place"], 1000 * mine["low"], 1000 * mine["high"], color=colour, alpha=0.15)
        axis.plot(mine["place"], 1000 * mine["value"], "o-", color=colour, markersize=4, label=line)
    axis.axhline(1000 * LARGE_S, color=INK, linewidth=1, linestyle="--")
    axis.annotate(
        "from here on a lag is told",
        (rows["place"].max(), 1000 * LARGE_S),
        (0, 4),
        fontsize=7.5,
        ha="right",
        textcoords="offset points",
    )
    axis.set_ylim(bottom=0)
    axis.set_xlabel("speech with a face in sight (s)")
    axis.set_ylabel("median error (ms)")
    axis.set_title("The error by the amount of speech")
    axis.legend(loc="center right", fontsize=7)


def _draw_clips(axis, rows):
    axis.axvspan(-1000 * LARGE_S, 1000 * LARGE_S, color=SOFT, alpha=0.5, linewidth=0)
    for row in rows.itertuples():
        axis.hlines(row.place, 1000 * row.low, 1000 * row.high, color=INK, linewidth=1, alpha=0.35 + 0.65 * row.trust)
        axis.plot(
            1000 * row.value, row.place, "o", color=PEOPLE_COLOURS[0], markersize=5, alpha=0.25 + 0.75 * row.trust
        )
    axis.set_yticks(rows["place"], [f"{row.line} ({row.trust:.2f})" for row in rows.itertuples()], fontsize=7)
    axis.set_xlabel("sound late against the mouths (ms)\n95 % interval; grey: within 80 ms")
    axis.set_title("Real clips (trust)")
