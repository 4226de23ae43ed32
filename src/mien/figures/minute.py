"""One recording on one clock: the floor, and under it each person's voice and face."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Drawing

from mien.figures.style import PEOPLE_COLOURS, QUIET, SOFT

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


def tour(numbers):
    """Draw one minute of the synthetic conversation."""
    return ribbon(numbers, "One minute of a SYNTHETIC conversation, as the machine sees it")
