"""What commands share: how they speak, how words on the command line are read, how a long job shows where it is."""

import argparse
import os
import time
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

SAYS = Console(highlight=False, soft_wrap=True)
WARNS = Console(stderr=True, highlight=False, soft_wrap=True)
LINE_EVERY_S = 10.0


class CommandError(ValueError):
    """What was asked of a command makes no sense; the message says what would."""


def path(text):
    """A file or folder as it is written; an empty one is refused."""
    if not text.strip():
        raise argparse.ArgumentTypeError("an empty path; expected a file or folder (write . for this folder)")
    return Path(text)


def positive(text):
    """A number above 0."""
    if seconds(text) == 0:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return float(text)


def seconds(text):
    """A number, 0 or more."""
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number, 0 or more, such as 2.5")
    return value


def number(text):
    """A number from -1 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = float("inf")
    if not -1 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number from -1 to 1, such as 0.45")
    return value


def rate(text):
    """Pictures a second, or None where ``full`` is asked for."""
    return None if text == "full" else positive(text)


def count(text):
    """A whole number, 0 or more."""
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text} is not a whole number, 0 or more")
    return int(text)


def at_least_one(text):
    """A whole number, 1 or more."""
    if count(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number, 1 or more")
    return int(text)


def add_workers(parser):
    """Add the number of processes to a parser."""
    parser.add_argument(
        "--workers", type=at_least_one, default=min(os.cpu_count() or 1, 8), help="processes (default: cores)"
    )


@contextmanager
def progress():
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


def inside(path, name):
    """The path, unless it is a folder that has the file inside: then the nearest thing that would work is said."""
    if path.is_dir():
        near = f"; did you mean {path / name}?" if (path / name).is_file() else ""
        raise CommandError(f"{path}: a folder; expected the file {name}{near}")
    return path
