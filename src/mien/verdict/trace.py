"""The way back from a verdict: rules, evidence rows, predictions, windows, recordings, each with its hash.

``traced`` writes the way down when a verdict is given; ``walked`` walks it later, as an outside reader would: every
file is hashed again, the verdict is given again from the evidence by the rules, and the score is computed again from
the predictions. What does not agree is named.
"""

import csv
import hashlib
import io
import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from mien import store, tables
from mien import verdict as bench
from mien.evidence import metrics
from mien.evidence.words import row_id
from mien.verdict.names import VerdictError, one_of
from mien.verdict.quantities import quantity_id
from mien.verdict.rules import FILE, place

NO_BUILD = "no report.json of the build that made this table lies beside it, so the hashes of the media are not known"
SAME, CHANGED, UNKNOWN = "same", "CHANGED", "not checked"
SAID = ("label_source", "verdict", "wording", "individual_use", "why")
"""What of a verdict must come out the same when it is given again."""
CLOSE = 1e-6
"""How far a score may be from what its predictions give again: tables keep nine significant digits."""


def traced(out, windows, rows, rules, more=None):
    """What an outside reader needs to walk from a verdict back to the media, as a dictionary for ``report.json``.

    ``out`` holds ``verdicts.csv``, ``evidence.csv``, ``predictions.csv`` and a copy of the rules; ``windows`` is the
    path of the table that was judged, ``rows`` its evidence rows in the order of the file and ``more`` the table of
    quantities, if ``quantities.csv`` was written. Each id in ``rests_on`` of a verdict has its ``line`` in its file
    (the header is line 1), the sha256 of that line without its line end, and what its predictions are found by. Media
    are known where the table lies beside the report of its build.
    """
    out, windows = Path(out), Path(windows)
    files = {name: {"file": name, "sha256": store.sha256(out / name)} for name in ("verdicts.csv", "predictions.csv")}
    said = {
        "rules": {"file": FILE, "sha256": rules.sha256},
        "verdicts": files["verdicts.csv"],
        "evidence": {
            "file": "evidence.csv",
            "sha256": store.sha256(out / "evidence.csv"),
            "rows": _lines(out / "evidence.csv", rows),
        },
        "predictions": files["predictions.csv"],
        "windows": {"file": windows.name, "sha256": store.sha256(windows), "beside": _beside(windows, out)},
        "recordings": _recordings(windows),
    }
    if more is not None:
        path = out / "quantities.csv"
        lines = _hashed(path, [quantity_id(row) for row in more.to_dict("records")])
        said["quantities"] = {"file": path.name, "sha256": store.sha256(path), "rows": lines}
    return said


def _beside(windows, out):
    """Where the table lies as seen from the folder, '' on another disk of a system that has several."""
    try:
        return Path(os.path.relpath(windows.resolve(), out.resolve())).as_posix()
    except ValueError:
        return ""


def _lines(path, rows):
    """For each evidence row: its line, the hash of that line, and by which columns its predictions are found."""
    found = _hashed(path, [row_id(row) for _, row in rows.iterrows()])
    for (_, row), at in zip(rows.iterrows(), found.values(), strict=True):
        at["predictions"] = {name: row[name] for name in ("target", "signals", "model", "split")}
    return found


def _hashed(path, ids):
    lines = path.read_bytes().split(b"\n")
    return {
        name: {"line": number, "sha256": hashlib.sha256(lines[number - 1]).hexdigest()}
        for number, name in enumerate(ids, 2)
    }


def _recordings(windows):
    """The sha256 of every media file by recording, from the report of the build; or why they are not known."""
    report = windows.with_name("report.json")
    if not report.is_file():
        return {"why": NO_BUILD}
    try:
        said = json.loads(report.read_text("utf-8"))
        hashes, recordings = dict(said["sha256"]), dict(said["recordings"])
    except (LookupError, TypeError, ValueError):  # a report of something else
        return {"why": NO_BUILD}
    if hashes.get(windows.name) != store.sha256(windows):
        return {"why": NO_BUILD}
    return {name: about.get("media_sha256", {}) for name, about in recordings.items()}


# --- walked -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One step of the way back: ``what`` was looked at, its ``sha256`` as written down, and its ``state``.

    ``state`` is :data:`SAME`, :data:`CHANGED` or :data:`UNKNOWN`; ``note`` says what it shows, or why it is unknown.
    """

    name: str
    what: str
    sha256: str
    state: str
    note: str = ""


def walked(out, verdict="C1", windows=None, media=None):
    """Walk from one verdict in the folder ``out`` (made by ``mien evaluate``) back to the recordings: a list of steps.

    ``verdict`` a claim or statement (``C1``, ``V3_lag…``) or its number from 1; ``windows`` the table that was judged,
    else looked for in and beside ``out``; ``media`` a folder in which the recordings are looked for by name.
    Raises :class:`mien.verdict.VerdictError` for a folder without a readable report, and for an unknown verdict.
    """
    out = Path(out)
    report = _report(out)
    trace = report["trace"]
    steps = [_rules(out, trace["rules"]), _file("verdicts", out, trace["verdicts"])]
    try:
        row = _verdict(out, verdict)
    except VerdictError as error:
        if steps[-1].state == SAME:
            raise
        return [*steps, Step("verdict", str(verdict), "", CHANGED, str(error))]
    steps += [_given(row, trace), _judged_again(out, row, report)]
    ids = [name for name in row["rests_on"].split("; ") if name]
    for part in ("evidence", "quantities"):
        if part in trace:
            steps.append(_file(part, out, trace[part]))
            steps += [_line(out, part, name, trace[part]) for name in ids if name in trace[part]["rows"]]
    known = {name for part in ("evidence", "quantities") for name in trace.get(part, {}).get("rows", ())}
    steps += [Step("evidence", name, "", CHANGED, "the report knows no such row") for name in ids if name not in known]
    steps.append(_file("predictions", out, trace["predictions"]))
    steps += [_again(out, name, trace) for name in ids if name in trace["evidence"]["rows"]]
    steps.append(_windows(out, windows, trace["windows"]))
    return steps + _media(trace["recordings"], _of(out, ids, trace), media)


def sentences(steps):
    """The way back in words: a line for each step, its hash shortened to twelve digits."""
    said = []
    for step in steps:
        digits = f" sha256 {step.sha256[:12]}…" if step.sha256 else ""
        note = f" {step.note}" if step.note else ""
        said.append(f"{step.name}: {step.what}{digits} [{step.state}]{note}")
    states = [step.state for step in steps]
    counts = ", ".join(f"{states.count(state)} {state}" for state in (SAME, CHANGED, UNKNOWN))
    return [*said, f"{len(steps)} steps: {counts}"]


PARTS = ("rules", "verdicts", "evidence", "predictions", "windows")
"""What the trace in a report names by file and hash; quantities too, where there are any."""


def _report(out):
    path = out / "report.json"
    try:
        said = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    except ValueError as error:
        raise VerdictError(f"{path}: not readable ({error}); expected it as `mien evaluate` wrote it") from error
    if not isinstance(said, dict) or "trace" not in said:
        found = "a report of something else" if path.is_file() else "no report.json in it"
        raise VerdictError(f"{out}: expected a folder made by `mien evaluate … --out {out}`; found {found}")
    broken = _broken(said["trace"])
    if broken:
        raise VerdictError(f"{path}: trace/{broken} is not as `mien evaluate` wrote it; expected its file and hashes")
    return said


def _broken(trace):
    """The first part of a trace that does not say what it should; empty where all do."""
    if not isinstance(trace, dict):
        return "all of it"
    for part in (*PARTS, *[part for part in ("quantities",) if part in trace]):
        said = trace.get(part)
        if not isinstance(said, dict) or not all(isinstance(said.get(key), str) for key in ("file", "sha256")):
            return part
        rows = said.get("rows", {} if part not in ("evidence", "quantities") else None)
        if not isinstance(rows, dict) or not all(_is_place(at, part) for at in rows.values()):
            return f"{part}/rows"
    media = trace.get("recordings")
    fine = isinstance(media, dict) and all(isinstance(each, dict) or name == "why" for name, each in media.items())
    return "" if fine else "recordings"


def _is_place(at, part):
    """Whether a row says its line and the hash of it, and one of evidence what its predictions are found by."""
    fine = isinstance(at, dict) and isinstance(at.get("line"), int) and isinstance(at.get("sha256"), str)
    return fine and (part != "evidence" or isinstance(at.get("predictions"), dict))


def _state(path, wanted):
    if not path.is_file():
        return CHANGED, "the file is gone"
    return (SAME, "") if store.sha256(path) == wanted else (CHANGED, f"now {store.sha256(path)[:12]}…")


def _file(name, out, said):
    state, note = _state(out / said["file"], said["sha256"])
    return Step(name, said["file"], said["sha256"], state, note)


def _rules(out, said):
    step = _file("rules", out, said)
    shipped = place().is_file() and store.sha256(place()) == said["sha256"]
    return step if step.note else replace(step, note=f"{'the' if shipped else 'NOT the'} rules that mien ships")


def _verdict(out, wanted):
    """The row of a verdict by its number, its name, or the beginning of its name before the first ``_``."""
    path = out / "verdicts.csv"
    text = path.read_text("utf-8", errors="replace") if path.is_file() else ""
    table = csv.DictReader(io.StringIO(text), restval="")
    lost = [name for name in tables.VERDICTS.names if name not in (table.fieldnames or ())]
    if lost:
        raise VerdictError(f"{path}: no column {lost[0]!r}; expected the verdicts as `mien evaluate` wrote them")
    rows = list(table)
    names = [row["claim"] for row in rows]
    if str(wanted).isdigit() and 0 < int(wanted) <= len(rows):
        return rows[int(wanted) - 1]
    short = {name.split("_")[0]: name for name in names}
    return rows[names.index(one_of(short.get(str(wanted), str(wanted)), names, f"{out}/verdicts.csv", "verdict"))]


def _given(row, trace):
    """Whether the verdict was given by the rules that lie here."""
    state = SAME if row["rules_sha256"] == trace["rules"]["sha256"] else CHANGED
    said = f"{row['target']} from {row['signals']}, {row['corpus']}: {row['wording']}; why: {row['why']}"
    return Step("verdict", row["claim"], row["rules_sha256"], state, said)


def _judged_again(out, row, report):
    """Give the verdict again, from the evidence and quantities that lie here, by the rules that lie here."""
    what = f"{row['claim']} judged again"
    try:
        asked, given = report["asked"], bench.Given(**report["given"])
        more = out / "quantities.csv"
        more = tables.read(more, tables.QUANTITIES) if "quantities" in report["trace"] else None
        rows = tables.read(out / "evidence.csv", tables.EVIDENCE)
        ask = (bench.load(out / FILE), {row["corpus"]: given}, asked["metric"], asked["models"][0], more)
        again = bench.of_evidence(rows, *ask)
    except (OSError, LookupError, TypeError, ValueError) as error:
        return Step("verdict", what, "", CHANGED, f"cannot be given again: {error}")
    by = ["claim", "target", "metric", "corpus", "profile", "signals"]
    mine = again[(again[by] == pd.Series({name: row[name] for name in by})).all(axis=1)]
    if mine.empty:
        return Step("verdict", what, "", CHANGED, "by these rules: no such verdict")
    is_same = all(mine[name].iloc[0] == row[name] for name in SAID)
    return Step("verdict", what, "", SAME if is_same else CHANGED, f"by these rules: {mine['wording'].iloc[0]}")


def _line(out, part, name, said):
    at = said["rows"][name]
    lines = (out / said["file"]).read_bytes().split(b"\n") if (out / said["file"]).is_file() else []
    line = lines[at["line"] - 1] if at["line"] <= len(lines) else b""
    state = SAME if hashlib.sha256(line).hexdigest() == at["sha256"] else CHANGED
    return Step(f"{part} row", f"{said['file']} line {at['line']}", at["sha256"], state, name)


def _again(out, name, trace):
    """Compute the score of an evidence row again from its predictions."""
    what = f"{name} again from predictions.csv"
    try:
        row = next(r for _, r in tables.read(out / "evidence.csv", tables.EVIDENCE).iterrows() if row_id(r) == name)
        told = tables.read(out / "predictions.csv", tables.PREDICTIONS)
        by = pd.Series(trace["evidence"]["rows"][name]["predictions"])
        told = told[(told[list(by.index)] == by).all(axis=1)].dropna(axis=1, how="all")
        if told.empty or pd.isna(row["value"]):
            return Step("score", what, "", UNKNOWN, "there is no prediction, or no score")
        found = score(told, row["metric"])
    except StopIteration:
        return Step("score", what, "", CHANGED, "no such row")
    except (OSError, LookupError, TypeError, ValueError) as error:
        return Step("score", what, "", CHANGED, f"cannot be computed again: {error}")
    state = SAME if abs(found - row["value"]) < CLOSE else CHANGED
    return Step("score", what, "", state, f"{row['metric']} {found:.6f}, as written {row['value']:.6f}")


def score(predictions, metric):
    """The score of one model's predictions (a :data:`mien.tables.PREDICTIONS` table), its repeats averaged."""
    classes = [name.removeprefix("probability_") for name in predictions if name.startswith("probability_")]
    by = ["recording_id", "person_id", "start_s"]
    parts = [part.sort_values(by) for _, part in predictions.groupby("repeat")]
    truth, columns = parts[0]["truth"].astype(str), [f"probability_{name}" for name in classes] or ["predicted_value"]
    codes = truth.map({name: code for code, name in enumerate(classes)}) if classes else truth.astype(float)
    groups = np.unique(parts[0]["group_id"].astype(str), return_inverse=True)[1]
    told = np.stack([part[columns].to_numpy(dtype=float) for part in parts])
    return float(metrics.scores(metrics.tally(codes.to_numpy(), told, groups))[metric][0])


def _windows(out, windows, said):
    places = [out / said["file"], out / said.get("beside", ""), out.parent / said["file"]]
    places = [Path(windows)] if windows else places
    there = next((path for path in places if path.is_file()), None)
    if there is None:
        note = "not found; say where it is (--windows)"
        return Step("windows", said["file"], said["sha256"], CHANGED if windows else UNKNOWN, note)
    state, note = _state(there, said["sha256"])
    return Step("windows", said["file"], said["sha256"], state, note)


def _of(out, ids, trace):
    """The recordings whose windows were predicted; None where that cannot be read."""
    path = out / "predictions.csv"
    if not path.is_file() or not ids:
        return None
    try:
        return set(pd.read_csv(path, usecols=["recording_id"], dtype=str)["recording_id"])
    except ValueError:
        return None


def _media(said, used, folder):
    """A step for each media file of the recordings used; one in words where their hashes are not known."""
    if "why" in said and isinstance(said["why"], str):
        return [Step("recordings", "media", "", UNKNOWN, said["why"])]
    steps, files = [], {}
    for path in sorted(Path(folder).rglob("*")) if folder else ():
        files.setdefault(path.name, []).append(path)
    for recording, media in said.items():
        for name, digits in media.items() if used is None or recording in used else ():
            states = [_state(path, digits) for path in files.get(Path(name).name, ()) if path.is_file()]
            note = "not found in the folder" if folder else "say where the media lie (--media)"
            # meetings name their files alike (audio_only.m4a): of several, the one with these bytes is meant
            state, note = next((one for one in states if one[0] == SAME), states[0] if states else (UNKNOWN, note))
            steps.append(Step("recording", f"{recording}: {name}", digits, state, note))
    return steps
