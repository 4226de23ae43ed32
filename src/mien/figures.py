"""Every figure: what it shows, what it reads, who asks for it. A figure never reads a file, fits or resamples."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Drawing

from mien import tables

STYLE = {
    "figure.facecolor": "white",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#888888",
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.labelsize": 8.5,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "legend.frameon": False,
    "legend.fontsize": 8,
    "font.family": "DejaVu Sans",
    "svg.hashsalt": "mien",
    "svg.fonttype": "none",
}
PEOPLE_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
INK, QUIET, SOFT = "#222222", "#888888", "#DDDDDD"
METRICS = {"balanced_accuracy": "balanced accuracy", "macro_f1": "macro-F1", "auc": "AUC"}


@dataclass(frozen=True)
class Figure:
    """One figure of the study: ``numbers`` takes named tables to one tidy table, ``draw`` takes that to a picture."""

    name: str
    shows: str
    reads: tuple[str, ...]
    asked_by: str
    numbers: Callable
    draw: Callable


def save(figure, read, folder):
    """Draw one figure into ``folder`` as .png, .svg and the .csv of the numbers behind it; return the three paths.

    ``read`` maps table names to tables and must hold every name in ``figure.reads``.
    """
    missing = [name for name in figure.reads if name not in read]
    if missing:
        raise tables.TableError(f"figure {figure.name!r} reads {missing[0]!r}; given {', '.join(read) or 'no tables'}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    numbers = figure.numbers(*(read[name] for name in figure.reads))
    paths = [folder / f"{figure.name}{ending}" for ending in (".csv", ".png", ".svg")]
    tables.write(numbers, paths[0])
    with matplotlib.rc_context(STYLE):
        drawing = figure.draw(numbers)
        drawing.savefig(paths[1], dpi=160, metadata={"Software": None})
        drawing.savefig(paths[2], metadata={"Date": None, "Creator": None})
    return paths


def manifest(figures=None):
    """The manifest of the figures: one row per figure with what it shows, reads, and which notebook asks for it."""
    rows = [(f.name, f.shows, " ".join(f.reads), f.asked_by) for f in figures or ALL]
    return pd.DataFrame(rows, columns=["figure", "shows", "reads", "asked_by"])


# --- one minute on one clock -----------------------------------------------------------------------------------------

RIBBON_STEP_S = 0.1


def ribbon_numbers(turns, faces, voice, start_s=0.0, end_s=60.0, step_s=RIBBON_STEP_S):
    """What one recording looks like to the machine from ``start_s`` to ``end_s``, as one tidy table.

    Columns: person_id, signal, start_s, end_s, value. Signals: ``turn``, ``backchannel`` and ``speech`` (intervals);
    ``pitch_st`` (semitones re the person's median), ``level_db``, ``jaw_open``, ``smile``, ``yaw_deg``,
    ``face_trust`` (means over ``step_s`` seconds; a step without a value has no row).
    """
    parts = [_floor(turns, start_s, end_s)]
    spoken = voice.assign(
        pitch_st=12 * np.log2(voice["f0_hz"] / voice.groupby("person_id")["f0_hz"].transform("median")),
    )
    smile = faces[["bs_mouthSmileLeft", "bs_mouthSmileRight"]].mean(axis=1)
    seen = faces.assign(smile=smile, jaw_open=faces["bs_jawOpen"])
    for table, signals in (
        (spoken, ("pitch_st", "level_db")),
        (seen, ("jaw_open", "smile", "yaw_deg", "face_trust")),
    ):
        parts += [_steps(table, signal, start_s, end_s, step_s) for signal in signals]
    numbers = {"start_s": float, "end_s": float, "value": float}
    return pd.concat(parts, ignore_index=True).astype(numbers)


def _floor(turns, start_s, end_s):
    here = turns[(turns["end_s"] > start_s) & (turns["start_s"] < end_s)]
    return pd.DataFrame(
        {
            "person_id": here["person_id"],
            "signal": here["kind"],
            "start_s": here["start_s"].clip(lower=start_s),
            "end_s": here["end_s"].clip(upper=end_s),
            "value": 1.0,
        }
    )


def _steps(table, signal, start_s, end_s, step_s):
    here = table[(table["time_s"] >= start_s) & (table["time_s"] < end_s)].dropna(subset=[signal])
    step = ((here["time_s"] - start_s) / step_s + 1e-6).astype(int)
    means = here.groupby([here["person_id"], step.rename("step")])[signal].mean().reset_index(name="value")
    begins = start_s + means["step"] * step_s
    return pd.DataFrame(
        {
            "person_id": means["person_id"],
            "signal": signal,
            "start_s": begins.round(6),
            "end_s": (begins + step_s).round(6),
            "value": means["value"],
        }
    )


VOICE_SIGNALS, FACE_SIGNALS = ("pitch_st", "level_db"), ("jaw_open", "smile", "yaw_deg")


def ribbon(numbers, title="", most_people=6):
    """Draw a ribbon: the floor, and under it each person's voice and face, on one clock (seconds).

    A person whose voice or face was never measured has no panel for it.
    """
    people = sorted(numbers["person_id"].unique())[:most_people]
    panels = [
        (draw, person, PEOPLE_COLOURS[place % len(PEOPLE_COLOURS)])
        for place, person in enumerate(people)
        for draw, signals in ((_draw_voice, VOICE_SIGNALS), (_draw_face, FACE_SIGNALS))
        if ((numbers["person_id"] == person) & numbers["signal"].isin(signals)).any()
    ]
    floor = 0.28 * max(len(people), 2)
    drawing = Drawing(figsize=(10, 1.0 + floor + 0.95 * len(panels)), layout="constrained")
    axes = np.atleast_1d(drawing.subplots(1 + len(panels), 1, sharex=True, height_ratios=[floor] + [1.0] * len(panels)))
    _draw_floor(axes[0], numbers, people)
    for axis, (draw, person, colour) in zip(axes[1:], panels, strict=True):
        draw(axis, numbers[numbers["person_id"] == person], person, colour)
    if len(numbers):
        axes[0].set_xlim(numbers["start_s"].min(), numbers["end_s"].max())
    axes[-1].set_xlabel("seconds from the start of the recording")
    axes[0].set_title(title)
    return drawing


def _draw_floor(axis, numbers, people):
    heights = {"turn": (0.72, 1.0), "speech": (0.3, 0.55), "backchannel": (0.72, 0.4)}
    for place, person in enumerate(people):
        colour = PEOPLE_COLOURS[place % len(PEOPLE_COLOURS)]
        for kind, (height, alpha) in heights.items():
            mine = numbers[(numbers["person_id"] == person) & (numbers["signal"] == kind)]
            spans = list(zip(mine["start_s"], mine["end_s"] - mine["start_s"], strict=True))
            face = "white" if kind == "speech" else colour
            axis.broken_barh(spans, (place - height / 2, height), facecolor=face, alpha=alpha, linewidth=0)
    axis.set_yticks(range(len(people)), people)
    axis.set_ylim(len(people) - 0.4, -0.6)
    axis.set_ylabel("floor")
    axis.grid(axis="x", color=SOFT, linewidth=0.6)


def _line(axis, mine, signal, **style):
    """A line that breaks where steps are missing, so that a gap in the data looks like a gap."""
    rows = mine[mine["signal"] == signal].sort_values("start_s")
    times, values = rows["start_s"].to_numpy(), rows["value"].to_numpy()
    breaks = np.flatnonzero(np.diff(times) > 1.5 * (rows["end_s"] - rows["start_s"]).max()) + 1 if len(rows) else []
    axis.plot(np.insert(times, breaks, np.nan), np.insert(values, breaks, np.nan), **style)


def _draw_voice(axis, mine, person, colour):
    level = mine[mine["signal"] == "level_db"]
    if len(level):
        other = axis.twinx()
        other.fill_between(level["start_s"], level["value"].min(), level["value"], color=SOFT, step="post", linewidth=0)
        other.set_ylabel("level (dB)", color=QUIET)
        other.set_ylim(max(level["value"].min(), level["value"].max() - 70), level["value"].max() + 5)
        axis.set_zorder(other.get_zorder() + 1)
        axis.patch.set_visible(False)
    _line(axis, mine, "pitch_st", color=colour, linewidth=1.6)
    axis.set_ylabel("pitch (st)")
    axis.set_ylim(-12, 12)
    axis.text(0.005, 0.86, f"{person}: voice", transform=axis.transAxes, fontsize=8, color=colour, weight="bold")


def _draw_face(axis, mine, person, colour):
    lines = {
        "jaw_open": ("jaw open", {"color": colour, "linewidth": 1.2}),
        "smile": ("smile", {"color": colour, "linewidth": 1.6, "linestyle": ":"}),
    }
    for signal, (label, style) in lines.items():
        _line(axis, mine, signal, label=label, **style)
    axis.set_ylabel("face (0–1)")
    axis.set_ylim(0, 1.4)
    axis.set_yticks([0, 0.5, 1])
    axis.text(0.005, 0.86, f"{person}: face", transform=axis.transAxes, fontsize=8, color=colour, weight="bold")
    other = axis.twinx()
    _line(other, mine, "yaw_deg", color=QUIET, linewidth=0.9, label="head yaw (deg)")
    other.set_ylim(-45, 45)
    other.set_ylabel("yaw (deg)", color=QUIET)
    handles = axis.get_lines() + other.get_lines()
    axis.legend(handles, [h.get_label() for h in handles], loc="upper right", ncols=3, borderaxespad=0)


# --- acted valence from the voice ------------------------------------------------------------------------------------


def scores_numbers(evidence):
    """The scores of people never seen, beside chance and the best baseline: one row per corpus, model and metric."""
    columns = ["corpus", "signals", "model", "metric", "value", "low", "high", "chance", "best_baseline"]
    columns += ["best_baseline_name", "p_permuted", "n_people", "n_windows"]
    is_model = ~evidence["model"].str.match(r"guesser|B\d_")
    return evidence.loc[is_model, columns].reset_index(drop=True)


def scores(numbers):
    """Draw each score with its 95 % interval over people, chance (dotted) and the best baseline (tick)."""
    corpora, metrics = list(numbers["corpus"].unique()), list(numbers["metric"].unique())
    models = list(numbers["model"].unique())
    drawing = Drawing(figsize=(3.1 * len(metrics) + 1.2, 0.9 + 0.42 * len(corpora) * len(models)), layout="constrained")
    axes = np.atleast_1d(drawing.subplots(1, len(metrics), sharey=True))
    labels = [(corpus, model) for corpus in corpora for model in models]
    for axis, metric in zip(axes, metrics, strict=True):
        rows = numbers[numbers["metric"] == metric].set_index(["corpus", "model"])
        for place, key in enumerate(label for label in labels if label in rows.index):
            _draw_score(axis, place, rows.loc[key], PEOPLE_COLOURS[models.index(key[1])])
        axis.set_title(METRICS.get(metric, metric))
        axis.set_xlim(0, 1)
        axis.grid(axis="x", color=SOFT, linewidth=0.6)
    people = numbers.groupby("corpus")["n_people"].first()
    axes[0].set_yticks(range(len(labels)), [f"{corpus} ({people[corpus]:.0f} people)\n{m}" for corpus, m in labels])
    axes[0].set_ylim(len(labels) - 0.5, -0.5)
    drawing.supxlabel(
        "dot: people never seen · bar: 95 % interval over people · dotted: chance · tick: best baseline",
        fontsize=8.5,
        color=QUIET,
    )
    return drawing


def _draw_score(axis, place, row, colour):
    axis.plot([row["low"], row["high"]], [place, place], color=colour, linewidth=2.2, solid_capstyle="round")
    axis.plot(row["value"], place, "o", color=colour, markersize=6)
    axis.plot([row["chance"]] * 2, [place - 0.35, place + 0.35], color=QUIET, linestyle=":", linewidth=1.4)
    axis.plot(row["best_baseline"], place, "|", color=INK, markersize=13, markeredgewidth=1.6)
    axis.annotate(
        f"{row['value']:.2f}", (row["value"], place), (0, 7), textcoords="offset points", fontsize=8, ha="center"
    )


# --- the ladder of leaks ---------------------------------------------------------------------------------------------


RUNGS = {
    "rows_scaled_before": "rows split, and\nscaled before the split",
    "rows": "rows split",
    "people": "people split",
}


def leaks_numbers(leaks):
    """The same data and model under ever more honest splits: one row per corpus, model, metric and rung."""
    columns = ["corpus", "model", "metric", "rung", "split", "value", "low", "high", "chance", "n_people", "n_windows"]
    return leaks[columns].reset_index(drop=True)


def leaks(numbers, metric="balanced_accuracy"):
    """Draw the ladder: from cheating (top) to people never seen (bottom), one panel per corpus."""
    rows = numbers[numbers["metric"] == metric]
    corpora, models = list(rows["corpus"].unique()), list(rows["model"].unique())
    rungs = [rung for rung in RUNGS if rung in set(rows["rung"])]
    drawing = Drawing(figsize=(4.6 * len(corpora) + 0.8, 1.0 + 0.5 * len(rungs)), layout="constrained")
    axes = np.atleast_1d(drawing.subplots(1, len(corpora), sharey=True))
    for axis, corpus in zip(axes, corpora, strict=True):
        for number, model in enumerate(models):
            mine = rows[(rows["corpus"] == corpus) & (rows["model"] == model)]
            beside = 0.16 * (number - (len(models) - 1) / 2)
            heights = np.array([rungs.index(rung) for rung in mine["rung"]]) + beside
            colour = PEOPLE_COLOURS[number]
            axis.hlines(heights, mine["low"], mine["high"], color=colour, linewidth=2.2)
            axis.plot(mine["value"], heights, "o-", color=colour, markersize=6, linewidth=0.8, label=model)
        axis.axvline(rows.loc[rows["corpus"] == corpus, "chance"].iloc[0], color=QUIET, linestyle=":", linewidth=1.4)
        axis.set_title(f"{corpus}: {METRICS.get(metric, metric)}")
        axis.grid(axis="x", color=SOFT, linewidth=0.6)
    axes[0].set_yticks(range(len(rungs)), [RUNGS[rung] for rung in rungs])
    axes[0].set_ylim(len(rungs) - 0.5, -0.5)
    axes[0].legend(loc="lower left", title="chance is dotted", title_fontsize=8, alignment="left")
    return drawing


# --- how right the instrument is on the synthetic recording ----------------------------------------------------------


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


def _tour(numbers):
    return ribbon(numbers, "One minute of a SYNTHETIC conversation, as the machine sees it")


ALL = (
    Figure(
        "tour_ribbon",
        "One minute of a synthetic conversation: floor, voice and face of both people on one clock",
        ("turns", "faces", "voice"),
        "00_tour",
        ribbon_numbers,
        _tour,
    ),
    Figure(
        "tour_truth",
        "What was measured on the synthetic conversation against what was scripted",
        ("truth",),
        "00_tour",
        truth_numbers,
        truth,
    ),
    Figure(
        "acted_valence",
        "Acted valence (negative, neutral, positive) from the voice, in people never seen, RAVDESS and EmoDB",
        ("evidence",),
        "06_sentiment",
        scores_numbers,
        scores,
    ),
    Figure(
        "leak_ladder",
        "How good the same model looks under ever more honest splits of the same data",
        ("leaks",),
        "09_leaks",
        leaks_numbers,
        leaks,
    ),
)


def named(name):
    """The figure of that name."""
    known = {figure.name: figure for figure in ALL}
    if name not in known:
        raise tables.TableError(f"no figure {name!r}; known are {', '.join(known)}")
    return known[name]


def show(name, read):
    """A figure of the study as a picture for a notebook; ``read`` maps table names to tables."""
    from IPython.display import Image

    figure = named(name)
    content = BytesIO()
    with matplotlib.rc_context(STYLE):
        figure.draw(figure.numbers(*(read[table] for table in figure.reads))).savefig(content, format="png", dpi=110)
    return Image(data=content.getvalue())
