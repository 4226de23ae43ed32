"""Paths, hashes and seeds; and ``kept``: made once from these causes, made again only when a cause changes."""

import errno
import hashlib
import json
import os
import re
import time
import zlib
from dataclasses import asdict, is_dataclass
from functools import cache
from pathlib import Path

import numpy as np

SEED = 20240501
"""The one written seed. Every use derives its own generator from a name, so that adding one never moves another."""


DISK_FAULTS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
"""What no other file would be spared: no space, no share of it left, a disk that can't be written."""


def rng(name, seed=SEED):
    """A generator of its own for each named use; the global generator is never touched.

    >>> bool(rng("folds").random() == rng("folds").random())
    True
    """
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def sha256(path):
    """The sha256 of a file's bytes, as 64 hexadecimal digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_name(text):
    """A name for a file about ``text``: the text itself where it is plain, else what is plain in it and a hash.

    Two texts never share a name, not even where a disk ignores case, and none leads out of its folder.

    >>> file_name("talk-01"), file_name("a/b"), file_name("../x") == file_name("__x")
    ('talk-01', 'a_b.c14cddc033f6', False)
    """
    if re.fullmatch(r"[a-z0-9_-]{1,60}", text):
        return text
    readable = re.sub(r"[^\w-]+", "_", text)[:40]
    return f"{readable}.{hashlib.sha256(text.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}"


def ready(folder):
    """Make a folder, unless it is there, and see that files can be written into it, before any work is spent.

    Raises the :class:`OSError` of the disk (no permission, a file in its place, no space), which names the path.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / f".{os.getpid()}.probe"
    try:
        probe.write_bytes(b"0")
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(folder)) from error
    finally:
        probe.unlink(missing_ok=True)
    return folder


@cache
def code(*rooms, without=()):
    """A hash of the source of the named rooms: the code is a cause of what it makes.

    ``without`` names folders of these rooms that have no part in it (``"face/features"``).
    """
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for room in sorted(rooms):
        inside = sorted(path for path in (here / room).rglob("*") if path.suffix in (".py", ".csv"))
        inside = [path for path in inside if not any(path.is_relative_to(here / part) for part in without)]
        files = inside or [here / f"{room}.py"]
        for file in files:
            digest.update(file.read_bytes())
    return digest.hexdigest()


def plain(value):
    """``value`` as JSON would keep it: settings become dictionaries, paths become text, tuples become lists."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in sorted(value.items(), key=lambda pair: str(pair[0]))}
    if isinstance(value, list | tuple | set):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    return str(value) if isinstance(value, Path) else value


def write_json(value, path):
    """Write a value as JSON; what of a file name is no UTF-8 is escaped."""
    text = json.dumps(plain(value), indent=1, ensure_ascii=False) + "\n"
    Path(path).write_text(text, encoding="utf-8", errors="backslashreplace")
    return Path(path)


def sidecar(path):
    """Where the causes of a kept file are written: beside it, hidden, so that folders stay readable."""
    path = Path(path)
    return path.with_name(f".{path.name}.causes.json")


def notes(path):
    """What the maker of a kept file reported when it made it."""
    return json.loads(sidecar(path).read_text("utf-8"))["notes"]


def is_current(path, causes):
    """Whether ``path`` is there, whole, and was made from exactly these causes."""
    path = Path(path)
    if not path.is_file() or not sidecar(path).is_file():
        return False
    try:
        record = json.loads(sidecar(path).read_text("utf-8"))
    except json.JSONDecodeError:
        return False
    return record.get("causes") == plain(causes) and record.get("sha256") == sha256(path)


def forget(path):
    """Remove a kept file that is no longer needed, and the record of its causes."""
    for file in (Path(path), sidecar(path)):
        file.unlink(missing_ok=True)


def kept(path, causes, make):
    """Make ``path`` unless it is already there from the same causes.

    ``make(temporary_path)`` writes the file and may return a dictionary of notes, kept beside it. The file appears
    whole or not at all: a stopped or failing maker leaves the earlier file as it was.
    """
    kept_together({"": Path(path)}, causes, lambda parts: make(parts[""]))
    return Path(path)


def kept_together(paths, causes, make):
    """Make several files in one go unless all are already there from the same causes; ``paths`` has them by name.

    ``make({name: temporary_path})`` writes them and may return notes, as for :func:`kept`.
    """
    if all(is_current(path, causes) for path in paths.values()):
        return
    parts = {name: path.with_name(f".{os.getpid()}.{path.name}") for name, path in paths.items()}
    for path in paths.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    try:
        told = make(parts)
        made = {name: sha256(part) for name, part in parts.items()}  # of what this process made, whoever comes next
        for name, part in parts.items():
            part.replace(paths[name])
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
    for name, path in paths.items():
        record(path, causes, told, time.perf_counter() - started, made[name])


def record(path, causes, told=None, seconds=0.0, made=None):
    """Write the sidecar of a file that was just made: its causes, its hash, what its maker told, how long it took."""
    told = {"causes": causes, "sha256": made or sha256(path), "notes": told or {}, "seconds": round(seconds, 3)}
    whole = sidecar(path).with_name(f".{os.getpid()}{sidecar(path).name}")
    write_json(told, whole).replace(sidecar(path))
    return path
