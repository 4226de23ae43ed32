"""The way back from a verdict: rules, evidence rows, predictions, windows, recordings, each with its hash."""

import hashlib
import json
from pathlib import Path

from mien import store
from mien.evidence.words import row_id
from mien.verdict.rules import FILE

NO_BUILD = "no report.json of the build that made this table lies beside it, so the hashes of the media are not known"


def traced(out, windows, rows, rules):
    """What an outside reader needs to walk from a verdict back to the media, as a dictionary for ``report.json``.

    ``out`` holds ``verdicts.csv``, ``evidence.csv``, ``predictions.csv`` and a copy of the rules; ``windows`` is the
    path of the table that was judged, ``rows`` its evidence rows in the order of the file. Each id in ``rests_on`` of
    a verdict has its ``line`` in ``evidence.csv`` (the header is line 1), the sha256 of that line without its line
    end, and what its predictions are found by. Media are known where the table lies beside the report of its build.
    """
    out, windows = Path(out), Path(windows)
    files = {name: {"file": name, "sha256": store.sha256(out / name)} for name in ("verdicts.csv", "predictions.csv")}
    return {
        "rules": {"file": FILE, "sha256": rules.sha256},
        "verdicts": files["verdicts.csv"],
        "evidence": {
            "file": "evidence.csv",
            "sha256": store.sha256(out / "evidence.csv"),
            "rows": _lines(out / "evidence.csv", rows),
        },
        "predictions": files["predictions.csv"],
        "windows": {"file": windows.name, "sha256": store.sha256(windows)},
        "recordings": _recordings(windows),
    }


def _lines(path, rows):
    """For each evidence row: its line, the hash of that line, and by which columns its predictions are found."""
    lines = path.read_bytes().split(b"\n")
    return {
        row_id(row): {
            "line": number,
            "sha256": hashlib.sha256(lines[number - 1]).hexdigest(),
            "predictions": {name: row[name] for name in ("target", "signals", "model", "split")},
        }
        for number, (_, row) in enumerate(rows.iterrows(), 2)
    }


def _recordings(windows):
    """The sha256 of every media file by recording, from the report of the build; or why they are not known."""
    report = windows.with_name("report.json")
    if not report.is_file():
        return {"why": NO_BUILD}
    said = json.loads(report.read_text("utf-8"))
    if said.get("sha256", {}).get(windows.name) != store.sha256(windows):
        return {"why": NO_BUILD}
    return {name: about.get("media_sha256", {}) for name, about in said.get("recordings", {}).items()}
