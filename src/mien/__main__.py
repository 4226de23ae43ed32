"""The ``mien`` command: fetch, build, evaluate, draw, reproduce, check."""

import argparse
import json
import os
import sys
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from mien import __version__

SAYS = Console(highlight=False, soft_wrap=True)
WARNS = Console(stderr=True, highlight=False, soft_wrap=True)


def main(words=None):
    """Run one command; return 0 if all went well, 1 if a batch went on past a failure, 2 if nothing could be done."""
    asked = _parser().parse_args(words)
    try:
        return asked.run(asked) or 0
    except Exception as error:
        if not isinstance(error, _expected()):
            raise
        WARNS.print(f"mien {asked.command}: {error}", style="red", markup=False)
        return 2
    except KeyboardInterrupt:
        WARNS.print(f"\nmien {asked.command}: stopped; call it again and it goes on where it was", style="yellow")
        return 130


def _expected():
    """The errors that are the user's to mend; any other is ours, and keeps its traceback."""
    from mien import corpora, evidence, face, media, models, recordings, river, sources, tables

    return (
        corpora.CorpusError,
        evidence.EvidenceError,
        face.FaceError,
        media.MediaError,
        models.ModelError,
        recordings.RecordingError,
        river.BuildError,
        sources.SourceError,
        tables.TableError,
    )


def _parser():
    parser = argparse.ArgumentParser(prog="mien", description="Do the signals of engagement and sentiment hold up?")
    parser.add_argument("--version", action="version", version=f"mien {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    for add in (_add_fetch, _add_build, _add_evaluate, _add_draw, _add_reproduce, _add_check):
        add(commands)
    return parser


def _add_fetch(commands):
    fetch = commands.add_parser("fetch", help="find or fetch the face landmark model, always checked by its sha256")
    fetch.add_argument("--model", type=Path, help="use this file")
    fetch.set_defaults(run=_fetch)


def _add_build(commands):
    build = commands.add_parser("build", help="recordings become turns, windows, faces and voice tables")
    build.add_argument("path", type=Path, nargs="+", help="media file, recording folder, or table of recordings (.csv)")
    build.add_argument("--out", type=Path, required=True, help="folder for the tables and report.json")
    build.add_argument("--corpus", help="read PATH as this corpus (ravdess, emodb): one window per clip")
    build.add_argument(
        "--fps", type=_positive, help="pictures analysed a second (default: all; blinks need 20 or more)"
    )
    build.add_argument("--window-s", type=_positive, help="length of a window, seconds (default 10)")
    build.add_argument("--calibration-s", type=_positive, help="span for a person's own norms, seconds (default 20)")
    _add_workers(build)
    build.set_defaults(run=_build)


def _add_evaluate(commands):
    evaluate = commands.add_parser("evaluate", help="judge a windows table: can a label be predicted in new people?")
    evaluate.add_argument("--windows", type=Path, required=True, help="windows.csv")
    evaluate.add_argument("--target", required=True, help="column to predict, such as label_valence")
    evaluate.add_argument("--signals", default="face,voice,turn", help="prefixes, joined by commas")
    evaluate.add_argument("--models", default="logistic,forest", help="names, joined by commas; the first is permuted")
    evaluate.add_argument("--permutations", type=_count, default=999, help="how many label permutations (0: none)")
    evaluate.add_argument("--out", type=Path, required=True, help="folder for predictions, evidence and report.json")
    _add_workers(evaluate)
    evaluate.set_defaults(run=_evaluate)


def _add_draw(commands):
    draw = commands.add_parser("draw", help="draw a ribbon of a built recording, or all figures of the default study")
    draw.add_argument("built", type=Path, nargs="?", help="folder made by `mien build` (default: the default study)")
    draw.add_argument("--recording", help="which recording (default: the first)")
    draw.add_argument("--start-s", type=float, default=0.0)
    draw.add_argument("--end-s", type=float, help="default: start + 60")
    draw.add_argument("--out", type=Path, help="folder for the figure (default: the built folder)")
    draw.set_defaults(run=_draw)


def _add_reproduce(commands):
    reproduce = commands.add_parser("reproduce", help="remake the default study, from recordings to notebooks")
    _add_workers(reproduce)
    reproduce.set_defaults(run=_reproduce)


def _add_check(commands):
    check = commands.add_parser("check", help="check that tables keep their promises and figures match their manifest")
    check.set_defaults(run=_check)


def _positive(text):
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value


def _count(text):
    if not text.isdigit():
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
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
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

    told = {}
    path = sources.fetch(face.MODEL, asked.model, told)
    SAYS.print(f"{face.MODEL.name}: {path} (sha256 checked; from {told['from']})", markup=False)


def _build(asked):
    from mien import recordings, river, windows

    cut = {"length_s": asked.window_s, "hop_s": asked.window_s} if asked.window_s else {}
    if asked.corpus:
        found = [one for path in asked.path for one in _corpus(asked.corpus, path)]
        cut = cut or {"length_s": None}
    else:
        found = [one for path in asked.path for one in recordings.read(path)]
    if asked.calibration_s:
        cut["calibration_s"] = asked.calibration_s
    settings = river.RiverSettings(rate_hz=asked.fps, window=windows.WindowSettings(**cut))
    with _progress() as tick:
        report = river.build(found, asked.out, settings, asked.workers, tick)
    return _say_built(report, asked.out)


def _corpus(name, folder):
    from mien import corpora, recordings

    table = corpora.named(name).recordings(folder)
    return recordings.of_table(table.assign(is_calibration=corpora.calibration(table)), where=str(folder))


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
    for one in report["failed"]:
        WARNS.print(f"not built: {one['recording_id']}: {one['error']}", style="red", markup=False)
    return 1 if report["failed"] else 0


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
    from mien import evidence, store, tables

    table = tables.read(asked.windows, tables.WINDOWS)
    names = asked.models.split(",")
    settings = evidence.EvidenceSettings(n_permutations=asked.permutations, primary=names[0])
    with _progress() as tick:
        result = evidence.evaluate_table(
            table,
            asked.target,
            [asked.signals.replace(",", "+")],
            names,
            settings,
            asked.windows.stem,
            workers=asked.workers,
            progress=lambda done, total, words: tick(words, done, total),
        )
    asked.out.mkdir(parents=True, exist_ok=True)
    tables.write(result.predictions, asked.out / "predictions.csv")
    tables.write(result.rows, asked.out / "evidence.csv")
    report = {"windows": asked.windows.name, "sha256": store.sha256(asked.windows), "settings": settings}
    report |= {"told": result.told, "found": evidence.sentences(result.rows)}
    (asked.out / "report.json").write_text(json.dumps(store.plain(report), indent=1, ensure_ascii=False) + "\n")
    synthetic = "is_synthetic" in table and table["is_synthetic"].astype(bool).any()
    for sentence in evidence.sentences(result.rows):
        SAYS.print(f"SYNTHETIC windows, no evidence about people: {sentence}" if synthetic else sentence, markup=False)
    for number, what in ((value, key) for key, value in result.told.items() if isinstance(value, int) and value):
        SAYS.print(f"{what}: {number}", markup=False)


def _draw(asked):
    from mien import figures, study

    if asked.built is None:
        for path in study.Study().draw():
            SAYS.print(str(path), markup=False)
        return
    read = study.built(asked.built, asked.recording)
    end_s = asked.end_s or asked.start_s + 60

    def numbers(*read):
        return figures.ribbon_numbers(*read, asked.start_s, end_s)

    name = f"ribbon_{read['recording_id']}"
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
