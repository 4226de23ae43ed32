"""The ``mien`` command: fetch, build, evaluate, draw, reproduce, check."""

import argparse
import errno
import os
import sys
from functools import partial
from pathlib import Path

from mien import __version__
from mien.command import asking, judge, score
from mien.command.asking import SAYS, WARNS, CommandError


def main(words=None):
    """Run one command; return 0 if all went well, 1 if a batch went on past a failure, 2 if nothing could be done."""
    asked = _parser().parse_args(words)
    try:
        return asked.run(asked) or 0
    except Exception as error:
        said = _of_the_disk(error, getattr(asked, "out", None)) if isinstance(error, OSError) else str(error)
        if not (said and isinstance(error, (OSError, *_expected()))):
            raise
        WARNS.print(f"mien {asked.command}: {said}", style="red", markup=False)
        return 2
    except KeyboardInterrupt:
        WARNS.print(f"\nmien {asked.command}: stopped; call it again and it goes on where it was", style="yellow")
        return 130


def _of_the_disk(error, out):
    """What a disk refused, naming the path and what would work; '' for a fault that is ours and not the disk's."""
    would_work = {
        errno.EACCES: "expected a place that may be read and written; change its permissions or name another",
        errno.EPERM: "expected a place that may be read and written; change its permissions or name another",
        errno.EROFS: "this disk can only be read; name a place on another",
        errno.ENOTDIR: "a part of this path is a file; name a folder",
        errno.EISDIR: "this is a folder; name a file",
        errno.EEXIST: "a file is in the place of the folder; name a folder",
        errno.ENAMETOOLONG: "name a shorter path",
        errno.ELOOP: "links lead round in a circle",
        errno.ENOSPC: "make space and call it again: what was made is kept",
        errno.EDQUOT: "make space and call it again: what was made is kept",
    }
    if error.errno == errno.ENOENT and out and Path(error.filename or "") in (out, *out.parents):
        return f"{out}: this folder cannot be made; name a place on a disk that can be written to"
    if error.errno not in would_work:
        return ""
    where = error.filename or out
    return f"{f'{where}: ' if where else ''}{os.strerror(error.errno)}; {would_work[error.errno]}"


def _expected():
    """The errors that are the user's to mend; any other is ours, and keeps its traceback."""
    from mien import corpora, evidence, face, media, models, recordings, river, sources, tables, verdict, windows

    return (
        CommandError,
        corpora.CorpusError,
        evidence.EvidenceError,
        face.FaceError,
        media.MediaError,
        models.ModelError,
        recordings.RecordingError,
        river.BuildError,
        sources.SourceError,
        tables.TableError,
        verdict.VerdictError,
        windows.WindowError,
    )


def _parser():
    parser = argparse.ArgumentParser(prog="mien", description="Do the signals of engagement and sentiment hold up?")
    parser.add_argument("--version", action="version", version=f"mien {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    reading = (_add_fetch, _add_build, _add_anchors)
    for add in (*reading, judge.add, score.add, _add_draw, _add_reproduce, _add_check):
        add(commands)
    return parser


def _add_fetch(commands):
    fetch = commands.add_parser(
        "fetch", help="fetch the face landmark model, or a corpus; each file is checked by hash"
    )
    fetch.add_argument("corpus", nargs="?", help="a corpus by name, such as cremad: licence and citation come first")
    fetch.add_argument("--out", type=asking.path, help="folder for the corpus (default: data/corpora/NAME)")
    fetch.add_argument("--model", type=asking.path, help="use this file as the face landmark model")
    fetch.set_defaults(run=_fetch)


def _add_build(commands):
    build = commands.add_parser("build", help="recordings become turns, windows, faces and voice tables")
    build.add_argument(
        "path", type=asking.path, nargs="+", help="media file, recording folder, or table of recordings (.csv)"
    )
    build.add_argument("--out", type=asking.path, required=True, help="folder for the tables and report.json")
    build.add_argument("--corpus", help="read PATH as this corpus (ravdess, emodb): one window per clip")
    build.add_argument(
        "--fps", type=asking.rate, default=10.0, help="pictures analysed a second, or full (default 10; blinks need 20)"
    )
    build.add_argument("--window-s", type=asking.positive, help="length of a window, seconds (default 10)")
    build.add_argument(
        "--calibration-s", type=asking.seconds, help="span for a person's own norms, seconds (default 20)"
    )
    build.add_argument(
        "--praat", action="store_true", help="jitter, shimmer and formants by Praat too (needs the extra mien[praat])"
    )
    build.add_argument("--people", type=Path, help="people.csv that says who is who, as an earlier build wrote it")
    asking.add_workers(build)
    build.set_defaults(run=_build)


def _add_anchors(commands):
    anchors = commands.add_parser("anchors", help="remake the tables of turn-taking in AMI, GAP and MRDA meetings")
    for name in ("ami", "gap", "mrda"):
        anchors.add_argument(f"--{name}", type=Path, required=True, help="folder of this corpus")
    anchors.add_argument("--out", type=Path, help="folder for the tables (default: data of the default study)")
    anchors.set_defaults(run=_anchors)


def _add_draw(commands):
    draw = commands.add_parser("draw", help="draw a ribbon of a built recording, or all figures of the default study")
    draw.add_argument(
        "built", type=asking.path, nargs="?", help="folder made by `mien build` (default: the default study)"
    )
    draw.add_argument("--recording", help="which recording (default: the first)")
    draw.add_argument("--start-s", type=asking.seconds, default=0.0)
    draw.add_argument("--end-s", type=asking.seconds, help="default: start + 60")
    draw.add_argument("--out", type=asking.path, help="folder for the figure (default: the built folder)")
    draw.set_defaults(run=_draw)


def _add_reproduce(commands):
    reproduce = commands.add_parser("reproduce", help="remake the default study, from recordings to notebooks")
    asking.add_workers(reproduce)
    reproduce.set_defaults(run=_reproduce)


def _add_check(commands):
    check = commands.add_parser("check", help="check that tables keep their promises and figures match their manifest")
    check.set_defaults(run=_check)


def _fetch(asked):
    from mien import face, sources
    from mien.corpora import downloads

    if asked.corpus:
        SAYS.print(str(downloads.fetch(asked.corpus, asked.out, partial(SAYS.print, markup=False))), markup=False)
        return
    told = {}
    path = sources.fetch(face.MODEL, asked.model, told)
    SAYS.print(f"{face.MODEL.name}: {path} (sha256 checked; from {told['from']})", markup=False)


def _build(asked):
    from mien import recordings, river, store, voice, windows

    cut = {"length_s": asked.window_s, "hop_s": asked.window_s} if asked.window_s else {}
    if asked.corpus:
        cut = cut or {"length_s": None}
    if asked.calibration_s is not None:
        cut["calibration_s"] = asked.calibration_s
    how = {"voice": voice.VoiceSettings(praat=asked.praat), "window": windows.WindowSettings(**cut)}
    settings = river.RiverSettings(rate_hz=asked.fps, **how)
    read = partial(_corpus, asked.corpus) if asked.corpus else recordings.read
    found = recordings.distinct([one for path in asked.path for one in read(path)])
    store.ready(asked.out)
    with asking.progress() as tick:
        report = river.build(found, asked.out, settings, asked.workers, tick, asked.people)
    return _say_built(report, asked.out)


def _corpus(name, folder):
    from mien import corpora, recordings

    if name in corpora.TIMED:
        raise CommandError(f"corpus {name}: says who spoke when and has no media to build from; see `mien anchors`")
    table = corpora.named(name).recordings(folder)
    return recordings.of_table(table.assign(is_calibration=corpora.calibration(table)), where=str(folder))


def _anchors(asked):
    from mien import corpora, study

    folders = {name: getattr(asked, name) for name in corpora.TIMED}
    with asking.progress() as tick:
        paths = study.conversations.remake(folders, asked.out or study.here() / "data", tick)
    for path in paths:
        SAYS.print(str(path), markup=False)


def _say_built(report, out):
    counts = report["counts"]
    tracks = counts["shared_tracks"]
    shared = f", {_many(tracks, 'track')} that people share" if tracks else ""
    SAYS.print(
        f"{_many(counts['recordings'], 'recording')}, {counts['people']} people{shared}, "
        f"{_many(counts['windows'], 'window')} -> {out}",
        markup=False,
    )
    if missing := _faces_missing(report):
        SAYS.print(missing, markup=False)
    for warning in report["warnings"][:10]:
        WARNS.print(f"warning: {warning}", style="yellow", markup=False)
    if len(report["warnings"]) > 10:
        WARNS.print(f"… and {len(report['warnings']) - 10} more warnings in report.json", style="yellow")
    for one in report["unread"]:
        WARNS.print(f"not used: {one['recording_id']}: {one['error']}", style="red", markup=False)
    for one in report["failed"]:
        WARNS.print(f"not built: {one['recording_id']}: {one['error']}", style="red", markup=False)
    return 1 if report["failed"] or report["unread"] else 0


def _many(number, thing):
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _faces_missing(report):
    """One line: whose face could not be measured for how much of the time, the worst first, and the chief reason."""
    people = {name: who for one in report["recordings"].values() for name, who in one["people"].items()}
    worst = sorted(people, key=lambda name: -people[name]["missing_share"])[:4]
    told = []
    for name in worst:
        reasons = people[name]["reasons"]
        chief = f" ({max(reasons, key=reasons.get)})" if reasons else ""
        told.append(f"{name} {people[name]['missing_share']:.0%}{chief}")
    rest = f" and {len(people) - len(told)} more in report.json" if len(people) > len(told) else ""
    return f"face missing: {', '.join(told)}{rest}" if told else ""


def _built(folder):
    if not folder.is_dir() or not (folder / "report.json").is_file():
        found = "a file" if folder.is_file() else "no report.json in it" if folder.is_dir() else "no such folder"
        raise CommandError(f"{folder}: expected a folder made by `mien build … --out {folder}`; found {found}")
    return folder


def _check_span(start_s, end_s, read):
    """Raise :class:`CommandError` unless something of the recording lies between start and end."""
    last_s = float(read["windows"]["end_s"].max())
    if not start_s < min(end_s, last_s):
        raise CommandError(
            f"nothing lies between --start-s {start_s:g} and --end-s {end_s:g} of {read['recording_id']!r}; expected "
            f"0 <= start < end, and a start before its end at {last_s:.1f} s"
        )


def _draw(asked):
    from mien import figures, store, study

    if asked.built is None:
        for path in study.Study().draw():
            SAYS.print(str(path), markup=False)
        return
    read = study.built(_built(asked.built), asked.recording)
    end_s = asked.start_s + 60 if asked.end_s is None else asked.end_s
    _check_span(asked.start_s, end_s, read)
    store.ready(asked.out or asked.built)

    def numbers(*read):
        return figures.ribbon_numbers(*read, asked.start_s, end_s)

    name = f"ribbon_{store.file_name(read['recording_id'])}"
    made_up = " (SYNTHETIC)" if read["windows"]["is_synthetic"].any() else ""
    draw = partial(figures.ribbon, title=f"{read['recording_id']}{made_up}")
    one = figures.Figure(name, "", ("turns", "faces", "voice"), "", numbers, draw)
    for path in figures.save(one, read, asked.out or asked.built):
        SAYS.print(str(path), markup=False)


def _reproduce(asked):
    from mien import study

    with asking.progress() as tick:
        sentences = study.Study().reproduce(asked.workers, tick)
    SAYS.print("\nWhat was found:", style="bold")
    for sentence in sentences:
        SAYS.print(f"• {sentence}", markup=False)


def _check(asked):
    from mien import study

    faults = study.Study().check()
    for fault in faults:
        WARNS.print(fault, style="red", markup=False)
    if not faults:
        SAYS.print("every table keeps its promises and every figure matches the manifest")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
