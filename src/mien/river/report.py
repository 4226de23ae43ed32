"""What a build tells about itself: counts, durations, seconds per stage, every warning and every missing value."""

import json

import pandas as pd

from mien import __version__, store, tables, voice
from mien.river import beside, clock, cues, said
from mien.river.talk import talk

FILES = {
    "turns": "turns.csv",
    "windows": "windows.csv",
    "coupling": "coupling.csv",
    "people": "people.csv",
    "layout": "layout.csv",
    "chat": "chat.csv",
    "faces": "faces.parquet",
    "voice": "voice.parquet",
}
"""The tables that a build writes, by name."""


UNTOLD = ("warnings", "nameless")
"""Of what a stage noted, what the report has elsewhere."""


def report(built, left, jobs, out, settings, hand=None):
    """The report of a build, as a dictionary; ``hand`` says for each recording who is who ({id: people.Hand}).

    ``left`` is what was left out: recordings (``failed``), files of others (``unread``), ``warnings`` as sentences.
    """
    table = tables.read(out / FILES["windows"], tables.WINDOWS)
    seconds, warned = _told_by(jobs, out)
    notes = store.notes(out / FILES["turns"])
    talks = _talks(built, jobs, out, table, settings.turn, hand or {}, notes["cues"])
    warnings = [*left["warnings"], *_twice(jobs), *_all_calibration(table), *warned]
    warnings += [sentence for _, about in talks.values() for sentence in about]
    warnings += [sentence for one in built for sentence in _doubted_cues(one, notes["cues"][one.recording_id])]
    warnings += [sentence for name, about in notes["words"].items() for sentence in said.doubted(name, about)]
    return {
        "made_by": f"mien {__version__}",
        "settings": settings,
        "analysis": _rate(settings.rate_hz),
        "praat": "asked for" if settings.voice.praat else voice.praat.ABSENT,
        "counts": _counts(built, left, table, out),
        "recordings": _each(built, jobs, out, notes, talks),
        "seconds": seconds,
        "missing": _missing(table),
        "warnings": list(dict.fromkeys(warnings)),
        "failed": left["failed"],
        "unread": left["unread"],
        "sha256": {file: store.sha256(out / file) for file in FILES.values()},
    }


def _counts(built, left, table, out):
    """How many there are of everything."""
    people, shared = set(table["person_id"]), {f"{recording.recording_id}_mixed" for recording in built}
    return {
        "recordings": len(built),
        "failed": len(left["failed"]),
        "unread": len(left["unread"]),
        "people": len(people - shared),
        "shared_tracks": len(people & shared),
        "windows": len(table),
        "groups": int(table["group_id"].nunique()),
        "layout_events": _events(out),
        "rows": {name: _n_rows(out / file) for name, file in FILES.items()},
    }


def _each(built, jobs, out, notes, talks):
    """What is told of each recording, by its id."""
    seen = unseen(pd.read_parquet(out / FILES["faces"], columns=["recording_id", "person_id", "face_trust", "why"]))
    return {
        one.recording_id: _about(one, jobs, notes)
        | {"people": seen.get(one.recording_id, {})}
        | {kind: notes[kind][one.recording_id] for kind in ("mouths", "lips", "crosstalk", "words")}
        | {name: told for name, told in notes["beside"][one.recording_id].items() if name != "warnings"}
        | talks[one.recording_id][0]
        for one in built
    }


def _told_by(jobs, out):
    """How many seconds each stage and table took, and the warnings of each job."""
    seconds, warnings = {}, []
    for job in jobs:
        record = json.loads(store.sidecar(job.part).read_text("utf-8"))
        seconds[job.stage] = round(seconds.get(job.stage, 0) + record["seconds"], 3)
        warnings += [f"{job.name}: {warning}" for warning in record["notes"].get("warnings", [])]
        if job.stage == "clock":
            of = f"{job.recording.recording_id}: {job.medium.path.name}"
            warnings += clock.doubted(of, record["notes"])
    for name, file in FILES.items():
        seconds[f"{name} table"] = json.loads(store.sidecar(out / file).read_text("utf-8"))["seconds"]
    return seconds, warnings


def _all_calibration(table):
    if len(table) and table["is_calibration"].all():
        yield (
            "all windows are calibration, so none can be judged: use a shorter --calibration-s, or mark "
            "some recordings of each person as is_calibration in a table of recordings"
        )


def _twice(jobs):
    """A warning for each file that two recordings hold, perhaps under other names: what it shows would count twice."""
    holders = {}
    for job in jobs:
        holders.setdefault(_file_hash(job), {}).setdefault(job.recording.recording_id, job.medium.path.name)
    return [
        f"{_few(names)} hold the same file ({_few(sorted(set(names.values())))}): what it shows counts twice, and the "
        "same person may be judged by themselves"
        for names in holders.values()
        if len(names) > 1
    ]


def _few(names, most=5):
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(list(names)[:most]) + more


def _talks(built, jobs, out, table, settings, hand, clocks):
    """What is told about the talk of each recording, and the warnings about it."""
    rows = tables.read(out / FILES["turns"], tables.TURNS)
    ends = table.groupby("recording_id")["end_s"].max()
    return {
        one.recording_id: talk(
            *(one, jobs, rows[rows["recording_id"] == one.recording_id], ends.get(one.recording_id, 0.0)),
            *(settings, hand.get(one.recording_id), clocks[one.recording_id]),
        )
        for one in built
    }


def _rate(rate_hz):
    often = "every picture was analysed" if rate_hz is None else f"{rate_hz:g} pictures a second were analysed"
    return f"{often}; blinks are counted from 20 a second on, nods from 8"


def unseen(faces):
    """For how much of a recording each face could not be measured, and why: shares of frames, by recording and person.

    ``{"talk": {"ada": {"frames": 250, "missing_share": 0.2, "reasons": {"no_face": 0.16, "too_dark": 0.04}}}}``
    """
    found = {}
    for (recording, person), rows in faces.groupby(["recording_id", "person_id"]):
        lost = rows.loc[rows["face_trust"] <= 0, "why"]
        shares = (lost.value_counts() / len(rows)).round(4)
        about = {"frames": len(rows), "missing_share": round(len(lost) / len(rows), 4), "reasons": shares.to_dict()}
        found.setdefault(recording, {})[person] = about
    return found


def _events(out):
    """How many changes of layout there were, by kind."""
    return {event: int(n) for event, n in pd.read_csv(out / FILES["layout"])["event"].value_counts().items()}


def _n_rows(path):
    return len(pd.read_parquet(path, columns=[]) if path.suffix == ".parquet" else pd.read_csv(path, usecols=[0]))


def _doubted_cues(recording, told):
    for kind, about in told.items():
        for medium in recording.of(kind):
            yield from cues.doubted(f"{recording.recording_id}: {medium.path.name}", about)


def _clocks(recording, jobs, notes):
    """What is known of the clock of every file that has one: against another sound, what is heard, or nothing."""
    found = {job.medium.path.name: clock.about(store.notes(job.part)) for job in jobs if job.stage == "clock"}
    for kind, about in notes["cues"][recording.recording_id].items():
        found |= {medium.path.name: about for medium in recording.of(kind)}
    for kind, about in notes["beside"][recording.recording_id].items():
        if kind in beside.SILENT:
            zero = about.get("zero", "unknown")
            found |= {medium.path.name: beside.clock_of(zero) for medium in recording.of(kind)}
    return found


def _about(recording, jobs, notes):
    mine = [job for job in jobs if job.recording.recording_id == recording.recording_id]
    stages = {_stage(job): store.notes(job.part) for job in mine if job.stage != "clock"}
    return {
        "licence": recording.licence,
        "source": recording.source,
        "is_synthetic": recording.is_synthetic,
        "files": {medium.path.name: medium.kind for medium in recording.media},
        "media_sha256": {job.medium.path.name: _file_hash(job) for job in mine},
        "names_joined": recording.names,
        "starts": str(recording.starts) + " GMT" * recording.starts_gmt if recording.starts else None,
        "part_of": recording.part_of or None,
        "clocks": _clocks(recording, mine, notes),
        "stages": {name: {k: v for k, v in told.items() if k not in UNTOLD} for name, told in stages.items()},
    }


def _file_hash(job):
    """The sha256 of the file that a job read, as it stood when it was read."""
    return json.loads(store.sidecar(job.part).read_text("utf-8"))["causes"]["file"]


def _stage(job):
    """The name of a stage in the report; of several lists of who spoke when, which it is."""
    kind = job.medium.kind if job.stage == "segments" else job.stage
    return f"{kind} {job.medium.person_id}".strip()


def _missing(table):
    """How many windows miss a value, by reason and column."""
    found = {}
    for cell in table.get("why", pd.Series(dtype=str)).dropna():
        for item in filter(None, cell.split("; ")):
            column, reason = item.split(": ")
            entry = found.setdefault(reason, {"means": tables.REASONS[reason], "windows_by_column": {}})
            entry["windows_by_column"][column] = entry["windows_by_column"].get(column, 0) + 1
    return found
