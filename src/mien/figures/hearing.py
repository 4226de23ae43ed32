"""How far the voice numbers can be believed: their errors under each condition, and whether the warnings are right."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Drawing

from mien.figures.style import INK, PEOPLE_COLOURS, QUIET, SOFT

PANELS = (
    (
        "share of frames wrong",
        {
            ("voicing", "missed_share"): "voice missed",
            ("voicing", "invented_share"): "voice invented",
            ("pitch", "gross_share"): "pitch > 20 % off",
        },
        None,
        (-0.03, 1.0),
    ),
    (
        "pitch, fine error (cents)",
        {("pitch", "error_cents"): "speech", ("glide", "error_cents"): "held glide"},
        None,
        (0, 25),
    ),
    (
        "measured : true (1 is right)",
        {
            ("level", "slope"): "level (slope)",
            ("speech rate", "ratio"): "speech rate",
            ("pause", "recall"): "pauses found",
        },
        1.0,
        (0, 1.3),
    ),
    (
        "timbre: shift from plain (dB)",
        {
            ("alpha_ratio", "shift_db"): "alpha ratio",
            ("hammarberg", "shift_db"): "Hammarberg",
            ("hnr_ac", "shift_db"): "periodicity",
        },
        0.0,
        (-12, 4),
    ),
)
"""What a row of panels shows: the label of its axis, the lines in it, where the truth lies, and the range drawn."""

AXES_DRAWN = ("noise", "echo", "Opus", "AAC", "line", "clipping", "gain", "jitter", "together")


def voice_error_numbers(voice_error):
    """The error of the voice numbers under each condition, doses from mild to harsh: one row per line and dose."""
    lines = {key: (label, line) for label, wanted, *_ in PANELS for key, line in wanted.items()}
    rows = voice_error[(voice_error["voice"] == "all") & voice_error["axis"].isin(AXES_DRAWN)]
    keys = list(zip(rows["quantity"], rows["metric"], strict=True))
    rows = rows[np.array([key in lines for key in keys], dtype=bool)].copy()
    keys = zip(rows["quantity"], rows["metric"], strict=True)
    rows["panel"], rows["line"] = zip(*(lines[key] for key in keys), strict=True) if len(rows) else ([], [])
    rows["place"] = rows.groupby(["axis", "panel", "line"], sort=False).cumcount()
    order = rows["axis"].map({axis: place for place, axis in enumerate(AXES_DRAWN)})
    rows = rows.assign(order=order).sort_values(["order", "panel", "line", "place"], kind="stable")
    return rows[["axis", "unit", "panel", "line", "place", "dose", "value", "low", "high", "n_trials"]]


def voice_error(numbers):
    """Draw what each voice number is worth as a condition gets worse (to the right); 95 % intervals over trials."""
    drawn = [axis for axis in AXES_DRAWN if axis in set(numbers["axis"])]
    widths = [1 + numbers.loc[numbers["axis"] == axis, "place"].max() for axis in drawn]
    drawing = Drawing(figsize=(1.6 + 0.36 * sum(widths) + 0.3 * len(drawn), 8.4), layout="constrained")
    grid = drawing.subplots(
        len(PANELS), len(drawn), sharex="col", sharey="row", squeeze=False, width_ratios=[w + 0.6 for w in widths]
    )
    for row, (label, wanted, truth, span) in enumerate(PANELS):
        for column, axis in enumerate(drawn):
            mine = numbers[(numbers["axis"] == axis) & (numbers["panel"] == label)]
            _draw_lines(grid[row][column], mine, list(wanted.values()), truth)
        grid[row][0].set_ylim(*span)
        grid[row][0].set_ylabel(label)
        handles, names = grid[row][0].get_legend_handles_labels()
        grid[row][-1].legend(handles, names, loc="center left", bbox_to_anchor=(1.02, 0.5))
    for column, axis in enumerate(drawn):
        doses = numbers[numbers["axis"] == axis].drop_duplicates("place").sort_values("place")
        grid[0][column].set_title(axis)
        grid[-1][column].set_xticks(doses["place"], doses["dose"], rotation=60)
        grid[-1][column].set_xlim(-0.5, doses["place"].max() + 0.5)
        grid[-1][column].set_xlabel(doses["unit"].iloc[0])
    drawing.align_xlabels(grid[-1])
    drawing.suptitle("SYNTHETIC voices of known truth; worse to the right", x=0.01, ha="left", fontsize=10)
    return drawing


def _draw_lines(axis, mine, lines, truth):
    for number, line in enumerate(lines):
        rows = mine[mine["line"] == line]
        colour, beside = PEOPLE_COLOURS[number], 0.12 * (number - (len(lines) - 1) / 2)
        axis.vlines(rows["place"] + beside, rows["low"], rows["high"], color=colour, linewidth=1.4, alpha=0.5)
        axis.plot(rows["place"] + beside, rows["value"], "o-", color=colour, markersize=3.5, linewidth=1.0, label=line)
    if truth is not None:
        axis.axhline(truth, color=QUIET, linestyle=":", linewidth=1.2)
    axis.grid(axis="y", color=SOFT, linewidth=0.6)


# --- does the sound know how good it is? ------------------------------------------------------------------------------

MEASURED = {
    "noise under the voice (dB)": ("noise", "value_db"),
    "bandwidth (kHz)": ("bandwidth", "value_hz"),
    "clipped (% of samples)": ("clipping", "value_share"),
    "gain suspected (share of trials)": ("gain", "suspected_share"),
}
BANDS = (
    ("plain", ""),
    ("Opus", "24"),
    ("Opus", "12"),
    ("Opus", "8"),
    ("AAC", "32"),
    ("AAC", "16"),
    ("line", "telephone"),
)
SHOWN = {
    "noise under the voice (dB)": [("noise", dose) for dose in ("40", "20", "10", "5", "0")],
    "bandwidth (kHz)": list(BANDS),
    "clipped (% of samples)": [("clipping", dose) for dose in ("none", "0.005", "0.05")],
    "gain suspected (share of trials)": [
        ("gain", "fixed"),
        ("gain", "automatic"),
        ("noise", "20"),
        ("echo", "0.3"),
        ("clipping", "0.05"),
    ],
}
BY = {"bandwidth (kHz)": 1e-3, "clipped (% of samples)": 100.0}


def voice_quality_numbers(voice_error, voice_praat):
    """What is measured of the sound itself where that is known, and mien beside Praat: one row per panel and place."""
    rows = voice_error[voice_error["voice"] == "all"].set_index(["quantity", "metric", "axis", "dose"])
    found = []
    for panel, key in MEASURED.items():
        for axis, dose in SHOWN[panel]:
            if (*key, axis, dose) in rows.index:
                row = rows.loc[(*key, axis, dose)]
                values = {name: row[name] * BY.get(panel, 1.0) for name in ("value", "low", "high")}
                found.append({"panel": panel, "line": "mien", "place": f"{axis} {dose}".strip(), **values})
    noise = voice_praat[(voice_praat["axis"] == "noise") & (voice_praat["quantity"] == "voicing")]
    for metric, what in (("missed_share", "missed"), ("invented_share", "invented")):
        for row in noise[noise["metric"] == metric].itertuples():
            values = {"value": row.value, "low": row.low, "high": row.high}
            found.append(
                {"panel": "beside Praat", "line": f"{row.tool}: {what}", "place": f"noise {row.dose}", **values}
            )
    return pd.DataFrame(found, columns=["panel", "line", "place", "value", "low", "high"])


def voice_quality(numbers):
    """Draw what was measured of the sound against what is known of it, and voicing beside Praat's."""
    drawing = Drawing(figsize=(13.5, 3.4), layout="constrained")
    panels = [*MEASURED, "beside Praat"]
    for axis, panel in zip(drawing.subplots(1, len(panels)), panels, strict=True):
        mine = numbers[numbers["panel"] == panel]
        places = list(dict.fromkeys(mine["place"]))
        for number, line in enumerate(dict.fromkeys(mine["line"])):
            rows = mine[mine["line"] == line]
            at = np.array([places.index(place) for place in rows["place"]]) + 0.08 * number
            colour, style = (
                PEOPLE_COLOURS[number % 2 if panel == "beside Praat" else 0],
                "o-" if "missed" in line else "o",
            )
            style = "o--" if "invented" in line else style
            axis.vlines(at, rows["low"], rows["high"], color=colour, linewidth=1.6, alpha=0.5)
            axis.plot(at, rows["value"], style, color=colour, markersize=4, linewidth=1.0, label=line)
        _known(axis, panel, places)
        axis.set_xticks(range(len(places)), places, rotation=60, ha="right", rotation_mode="anchor")
        axis.set_xlim(-0.5, len(places) - 0.3)
        axis.set_title(panel)
        axis.grid(axis="y", color=SOFT, linewidth=0.6)
    axis.legend()
    drawing.suptitle("SYNTHETIC voices; dots measured, dashes known", x=0.01, ha="left", fontsize=10)
    return drawing


def _known(axis, panel, places):
    """Dashes where the truth is known."""
    known = {
        "noise under the voice (dB)": lambda place: float(place.split()[1]),
        "bandwidth (kHz)": lambda place: {"line telephone": 4.0, "Opus 8": 4.0}.get(place, np.nan),
        "clipped (% of samples)": lambda place: 100 * float(place.split()[1].replace("none", "0")),
        "gain suspected (share of trials)": lambda place: float(place == "gain automatic"),
    }
    if panel in known:
        at = np.arange(len(places))
        axis.hlines([known[panel](place) for place in places], at - 0.3, at + 0.3, color=INK, linewidth=1.2)
