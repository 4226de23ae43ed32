"""The ``mien`` command: fetch, build, evaluate, draw, reproduce, check."""

import argparse
import errno
import os
import sys
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from mien import __version__
from mien.command import score

SAYS = Console(highlight=False, soft_wrap=True)
WARNS = Console(stderr=True, highlight=False, soft_wrap=True)


class CommandError(ValueError):
    """What was asked of a command makes no sense; the message says what would."""


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
    for add in (*reading, _add_evaluate, _add_trace, score.add, _add_draw, _add_reproduce, _add_check):
        add(commands)
    return parser


def _add_fetch(commands):
    fetch = commands.add_parser(
        "fetch", help="fetch the face landmark model, or a corpus; each file is checked by hash"
    )
    fetch.add_argument("corpus", nargs="?", help="a corpus by name, such as cremad: licence and citation come first")
    fetch.add_argument("--out", type=_path, help="folder for the corpus (default: data/corpora/NAME)")
    fetch.add_argument("--model", type=_path, help="use this file as the face landmark model")
    fetch.set_defaults(run=_fetch)


def _add_build(commands):
    build = commands.add_parser("build", help="recordings become turns, windows, faces and voice tables")
    build.add_argument(
        "path", type=_path, nargs="+", help="media file, recording folder, or table of recordings (.csv)"
    )
    build.add_argument("--out", type=_path, required=True, help="folder for the tables and report.json")
    build.add_argument("--corpus", help="read PATH as this corpus (ravdess, emodb): one window per clip")
    build.add_argument(
        "--fps", type=_rate, default=10.0, help="pictures analysed a second, or full (default 10; blinks need 20)"
    )
    build.add_argument("--window-s", type=_positive, help="length of a window, seconds (default 10)")
    build.add_argument("--calibration-s", type=_seconds, help="span for a person's own norms, seconds (default 20)")
    build.add_argument(
        "--praat", action="store_true", help="jitter, shimmer and formants by Praat too (needs the extra mien[praat])"
    )
    build.add_argument("--people", type=Path, help="people.csv that says who is who, as an earlier build wrote it")
    _add_workers(build)
    build.set_defaults(run=_build)


def _add_anchors(commands):
    anchors = commands.add_parser("anchors", help="remake the tables of turn-taking in AMI, GAP and MRDA meetings")
    for name in ("ami", "gap", "mrda"):
        anchors.add_argument(f"--{name}", type=Path, required=True, help="folder of this corpus")
    anchors.add_argument("--out", type=Path, help="folder for the tables (default: data of the default study)")
    anchors.set_defaults(run=_anchors)


def _add_evaluate(commands):
    evaluate = commands.add_parser("evaluate", help="judge a windows table: can a label be predicted in new people?")
    evaluate.add_argument("--windows", type=_path, required=True, help="windows.csv")
    evaluate.add_argument("--target", required=True, help="column to predict, such as label_valence")
    evaluate.add_argument("--signals", default="face,voice,turn", help="prefixes, joined by commas")
    evaluate.add_argument("--models", default="logistic,forest", help="names, joined by commas; the first is permuted")
    evaluate.add_argument("--permutations", type=_count, default=999, help="how many label permutations (0: none)")
    evaluate.add_argument("--corpus", help="name of the recordings (default: that of the file)")
    evaluate.add_argument("--metric", default="auc", choices=("auc", "balanced_accuracy", "macro_f1"))
    evaluate.add_argument(
        "--label-source", default="", help="acted, observer, partner, self or outcome; without it no verdict is given"
    )
    evaluate.add_argument("--population", default="not described", help="who was recorded, in a few words")
    evaluate.add_argument(
        "--label-alpha", type=_number, help="Krippendorff's alpha of the label, where people rated it"
    )
    evaluate.add_argument(
        "--groups",
        default="",
        help="columns that say which group a person belongs to, by self-report or record, joined by commas "
        "(confound_sex): are errors alike across groups?",
    )
    evaluate.add_argument("--ceiling", type=_number, help="the best score any model could reach, in the metric")
    evaluate.add_argument(
        "--out", type=_path, required=True, help="folder for predictions, evidence, verdicts and report.json"
    )
    _add_workers(evaluate)
    evaluate.set_defaults(run=_evaluate)


def _add_trace(commands):
    trace = commands.add_parser(
        "trace", help="walk from a verdict back: rule, evidence, predictions, windows, recordings; each hash checked"
    )
    trace.add_argument("out", type=_path, help="folder made by `mien evaluate`")
    trace.add_argument("--verdict", default="C1", help="claim or statement, such as C1 or V3, or its number from 1")
    trace.add_argument("--windows", type=_path, help="the table that was judged (default: looked for beside OUT)")
    trace.add_argument("--media", type=_path, help="folder of the recordings, to check their hashes too")
    trace.set_defaults(run=_trace)


def _add_draw(commands):
    draw = commands.add_parser("draw", help="draw a ribbon of a built recording, or all figures of the default study")
    draw.add_argument("built", type=_path, nargs="?", help="folder made by `mien build` (default: the default study)")
    draw.add_argument("--recording", help="which recording (default: the first)")
    draw.add_argument("--start-s", type=_seconds, default=0.0)
    draw.add_argument("--end-s", type=_seconds, help="default: start + 60")
    draw.add_argument("--out", type=_path, help="folder for the figure (default: the built folder)")
    draw.set_defaults(run=_draw)


def _add_reproduce(commands):
    reproduce = commands.add_parser("reproduce", help="remake the default study, from recordings to notebooks")
    _add_workers(reproduce)
    reproduce.set_defaults(run=_reproduce)


def _add_check(commands):
    check = commands.add_parser("check", help="check that tables keep their promises and figures match their manifest")
    check.set_defaults(run=_check)


def _path(text):
    if not text.strip():
        raise argparse.ArgumentTypeError("an empty path; expected a file or folder (write . for this folder)")
    return Path(text)


def _positive(text):
    if _seconds(text) == 0:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return float(text)


def _seconds(text):
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number, 0 or more, such as 2.5")
    return value


def _number(text):
    try:
        value = float(text)
    except ValueError:
        value = float("inf")
    if not -1 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number from -1 to 1, such as 0.45")
    return value


def _rate(text):
    return None if text == "full" else _positive(text)


def _count(text):
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text} is not a whole number, 0 or more")
    return int(text)


def _at_least_one(text):
    if _count(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number, 1 or more")
    return int(text)


def _add_workers(parser):
    parser.add_argument(
        "--workers", type=_at_least_one, default=min(os.cpu_count() or 1, 8), help="processes (default: cores)"
    )


LINE_EVERY_S = 10.0


@contextmanager
def _progress():
    """A callback ``(name, done, total)``: a bar per name on a terminal, elsewhere a line every ten seconds."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
    with Progress(*columns, TimeRemainingColumn(), console=WARNS, transient=True) as bars:
        tasks, said_s = {}, time.monotonic()

        def tick(name, done, total):
            nonlocal said_s
            if done >= total and name in tasks:
                bars.remove_task(tasks.pop(name))
            elif done < total:
                if name not in tasks:
                    tasks[name] = bars.add_task(name, total=total)
                bars.update(tasks[name], completed=done, total=total)
            if not WARNS.is_terminal and time.monotonic() - said_s > LINE_EVERY_S:
                WARNS.print(f"… {name}: {done / (total or 1):.0%}", markup=False)
                said_s = time.monotonic()

        yield tick


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
    with _progress() as tick:
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
    with _progress() as tick:
        paths = study.conversations.remake(folders, asked.out or study.here() / "data", tick)
    for path in paths:
        SAYS.print(str(path), markup=False)


def _say_built(report, out):
    counts = report["counts"]
    shared = f", {counts['shared_tracks']} tracks that people share" if counts["shared_tracks"] else ""
    SAYS.print(
        f"{counts['recordings']} recordings, {counts['people']} people{shared}, {counts['windows']} windows -> {out}",
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


def _evaluate(asked):
    from mien import evidence, store, verdict
    from mien.study import judging

    path = _inside(asked.windows, "windows.csv")
    names = tuple(dict.fromkeys(filter(None, (name.strip() for name in asked.models.split(",")))))
    if not names:
        raise CommandError(f"--models {asked.models!r} names no model; expected names such as logistic,forest")
    store.ready(asked.out)
    settings = evidence.EvidenceSettings(n_permutations=asked.permutations, primary=names[0])
    corpus, columns = asked.corpus or path.stem, tuple(filter(None, map(str.strip, asked.groups.split(","))))
    alpha = judging.label_alpha(corpus, asked.target) if asked.label_alpha is None else asked.label_alpha
    given = verdict.Given(asked.label_source, asked.population, alpha, _ceiling(asked))
    signals = asked.signals.replace(",", "+")
    ask = judging.Ask(asked.target, signals, names, asked.metric, corpus, given, columns)
    table, grouped = judging.grouped(path)
    with _progress() as tick:
        result, verdicts = judging.judged(
            table, path, asked.out, ask, settings, asked.workers, lambda done, total, words: tick(words, done, total)
        )
    _say_judged(result, verdicts, grouped | result.told, judging.share_synthetic(table) > 0)


def _trace(asked):
    from mien.verdict import trace

    steps = trace.walked(asked.out, asked.verdict, asked.windows, asked.media)
    for sentence in trace.sentences(steps):
        SAYS.print(sentence, markup=False)
    broken = [step for step in steps if step.state == trace.CHANGED]
    for step in broken:
        WARNS.print(f"not as it was when the verdict was given: {step.what}", style="red", markup=False)
    return 1 if broken else 0


def _ceiling(asked):
    return {} if asked.ceiling is None else {asked.metric: asked.ceiling}


def _say_judged(result, verdicts, told, synthetic):
    from mien import evidence, verdict

    mark = "SYNTHETIC windows, no evidence about people: " if synthetic else ""
    for sentence in evidence.sentences(result.rows):
        SAYS.print(f"{mark}{sentence}", markup=False)
    for what, number in told.items():
        if isinstance(number, int | str) and number:
            SAYS.print(f"{what}: {number}", markup=False)
    for sentence in verdict.sentences(verdicts):
        SAYS.print(f"{mark}{sentence}" if sentence.startswith("Verdicts on") else f"  {sentence}", markup=False)


def _inside(path, name):
    """The path, unless it is a folder that has the file inside: then the nearest thing that would work is said."""
    if path.is_dir():
        near = f"; did you mean {path / name}?" if (path / name).is_file() else ""
        raise CommandError(f"{path}: a folder; expected the file {name}{near}")
    return path


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

    with _progress() as tick:
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
