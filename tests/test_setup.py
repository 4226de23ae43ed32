"""The set-up: one list of dependencies, a lock made from it, a conda environment that cannot drift, and a citation."""

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path

import cv2
import jsonschema
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCKED_GROUPS = ("lab", "test")
WORDS = ("env", "reproduce", "test", "lab", "bench", "worlds", "check", "clean", "lock")
MEDIA = {".mp4", ".mov", ".webm", ".mkv", ".flv", ".mpg", ".avi", ".m4a", ".mp3", ".wav", ".flac", ".ogg", ".task"}
LARGEST_BYTES = 3_000_000


def read(name):
    return (ROOT / name).read_text()


def pins(text):
    """The pinned requirements of a lock, as pip reads them; hashes and comments left aside."""
    lines = [line.rstrip("\\").strip() for line in text.splitlines() if re.match(r"[A-Za-z0-9]", line)]
    return [Requirement(line) for line in lines]


def declared():
    """The dependencies of pyproject.toml that the lock holds: the core and the groups lab and test."""
    groups = [PROJECT["dependencies"], *(PROJECT["optional-dependencies"][group] for group in LOCKED_GROUPS)]
    return [Requirement(line) for group in groups for line in group]


def outside(declared, pinned):
    """Declared dependencies whose range no pin satisfies, and those some pin breaks."""
    by_name = {}
    for pin in pinned:
        by_name.setdefault(canonicalize_name(pin.name), []).append(str(pin.specifier).removeprefix("=="))
    return [
        str(need)
        for need in declared
        if not all(need.specifier.contains(version) for version in by_name.get(canonicalize_name(need.name), ["none"]))
    ]


# --- the lock -------------------------------------------------------------------------------------------------------


def test_the_lock_keeps_every_range_of_the_one_list():
    assert outside(declared(), pins(read("requirements.lock"))) == []


@pytest.mark.parametrize("need", ["numpy>=99", "not-in-the-lock>=1", "Opencv_Python==4.0"])
def test_a_range_that_the_lock_breaks_is_seen(need):
    assert outside([Requirement(need)], pins(read("requirements.lock"))) == [need]


def test_the_lock_was_made_from_exactly_this_list():
    """A package is named in the lock as asked for by mien when, and only when, pyproject.toml lists it."""
    asked, name = set(), None
    for line in read("requirements.lock").splitlines():
        name = line.split("==")[0] if re.match(r"[a-z0-9]", line) else name
        if re.search(r"# +(via +)?mien(\[.*\])? \(pyproject\.toml\)", line):
            asked.add(canonicalize_name(name))
    assert asked == {canonicalize_name(need.name) for need in declared()}, "run `make lock`"


def test_every_pin_is_exact_and_hashed():
    text = read("requirements.lock")
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text.split("\n", 2)[2])
    assert len(blocks) == len(pins(text)) > 100
    for block in blocks:
        assert re.match(r"\S+==\S+", block), block
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block


def test_the_lock_names_no_place():
    """No index, no link and no path of the machine that made it."""
    for name in ("requirements.lock", "requirements.txt"):
        assert not re.search(r"://|^ *-[a-z]|--(index|find|extra|trusted)|@ |file:|/[a-z]+/", read(name), re.MULTILINE)


def test_the_lock_leaves_gpl_and_torch_out():
    names = {canonicalize_name(pin.name) for pin in pins(read("requirements.lock"))}
    assert not names & {"praat-parselmouth", "torch", "tensorflow", "onnxruntime", "uv"}
    assert {"mediapipe", "jupyterlab", "pytest"} <= names


# --- conda ----------------------------------------------------------------------------------------------------------


def conda():
    """What environment.yml asks of conda and, apart, of pip."""
    asked = yaml.safe_load(read("environment.yml"))["dependencies"]
    (pip,) = [line["pip"] for line in asked if isinstance(line, dict)]
    return [line for line in asked if isinstance(line, str)], pip


def test_conda_and_the_lock_cannot_drift_apart():
    _, pip = conda()
    assert pip == ["-r requirements.txt", "-e ."], "the pip part installs the lock and the package, nothing else"
    locked, listed = (sorted(map(str, pins(read(name)))) for name in ("requirements.lock", "requirements.txt"))
    assert listed == locked, "run `make lock`"
    others = [line for line in read("requirements.txt").splitlines() if not re.match(r"[a-z0-9].*==|#", line)]
    assert others == []


def test_pip_can_install_what_conda_hands_it():
    """pip refuses a folder in a run in which any line has a hash, so no file of the pip part may have one."""
    _, pip = conda()
    for line in pip:
        if line.startswith("-r "):
            assert "--hash" not in read(line.removeprefix("-r "))


def test_conda_takes_a_python_that_mien_supports():
    packages, _ = conda()
    (python,) = [line for line in packages if line.startswith("python")]
    version = re.fullmatch(r"python=(\d+\.\d+)", python)[1]
    assert SpecifierSet(PROJECT["requires-python"]).contains(version)
    assert {re.split("[=<>]", line)[0] for line in packages} == {"python", "pip", "make"}


def test_every_line_of_the_conda_environment_has_its_reason():
    lines = [line for line in read("environment.yml").splitlines() if line.lstrip().startswith("- ")]
    assert len(lines) >= 6
    assert [line for line in lines if not re.search(r"  # \w.{10,}", line)] == []


# --- one cv2 --------------------------------------------------------------------------------------------------------


def test_there_is_one_cv2():
    """Both OpenCV wheels write the same folder: one version for both, in the list and in this environment."""
    listed = {need.name: str(need.specifier) for need in declared() if need.name.startswith("opencv")}
    assert listed == {"opencv-python": "==5.0.0.93", "opencv-contrib-python": "==5.0.0.93"}
    installed = {importlib.metadata.version(name) for name in listed}
    assert installed == {"5.0.0.93"}
    assert installed.pop().startswith(f"{cv2.__version__}.")


# --- words and continuous integration -------------------------------------------------------------------------------


def make(*words, **environment):
    """What make says; no environment is active unless one is named."""
    clean = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "CONDA_PREFIX", "MAKEFLAGS")}
    return subprocess.run(
        ["make", *words], cwd=ROOT, env=clean | environment, capture_output=True, text=True, check=False
    )


needs_make = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")


@needs_make
def test_make_has_every_word():
    said = make("help").stdout
    assert [word for word in WORDS if not re.search(rf"^  make {word} ", said, re.MULTILINE)] == []


@needs_make
def test_the_active_environment_is_used(tmp_path):
    """This Python can import mien and what the tests need, so it is used when active, as venv or as conda."""
    active = make("--dry-run", "check", VIRTUAL_ENV=sys.prefix).stdout
    assert f'"{sys.prefix}/bin/python" -m ruff' in active
    assert "-m venv" not in active
    conda = make("--dry-run", "check", VIRTUAL_ENV=str(tmp_path), CONDA_PREFIX=sys.prefix).stdout
    assert f'"{sys.prefix}/bin/python" -m ruff' in conda


@needs_make
def test_an_environment_without_what_the_tests_need_is_passed_over(tmp_path):
    venv.create(tmp_path / "bare", with_pip=False)
    for path in ("", ROOT / "src", sysconfig.get_path("purelib")):  # nothing, only mien, all but mien
        said = make("--dry-run", "check", VIRTUAL_ENV=str(tmp_path / "bare"), PYTHONPATH=str(path)).stdout
        assert f'"{ROOT}/.venv/bin/python" -m ruff' in said


@needs_make
def test_an_environment_with_the_mien_of_another_checkout_is_passed_over(tmp_path):
    (tmp_path / "mien").mkdir()
    (tmp_path / "mien/__init__.py").touch()
    said = make("--dry-run", "check", VIRTUAL_ENV=sys.prefix, PYTHONPATH=str(tmp_path)).stdout
    assert f'"{ROOT}/.venv/bin/python" -m ruff' in said


@needs_make
def test_an_old_python_is_refused_with_what_would_work(tmp_path):
    old = tmp_path / "python3"
    pretend = "import sys; sys.version_info = (3, 9, 1); exec(sys.argv[1])"
    old.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.1" && exit\n'
        f'[ "$1" = -c ] && exec "{sys.executable}" -c "{pretend}" "$2"\nexit 1\n'
    )
    old.chmod(0o755)
    done = make("--always-make", ".venv/.made", f"PYTHON={old}")
    assert done.returncode
    assert f"mien needs Python 3.11 or newer; {old} is Python 3.9.1." in done.stderr
    assert "PYTHON=python3" in done.stderr


def test_continuous_integration_runs_the_word_a_person_types():
    script = ROOT / ".ci/run"
    assert os.access(script, os.X_OK)
    assert read(".ci/run").startswith("#!/usr/bin/env bash\n")
    assert re.search(r"^set -euo pipefail$", read(".ci/run"), re.MULTILINE)
    assert re.search(r"^make test$", read(".ci/run"), re.MULTILINE)


# --- licence, citation, README --------------------------------------------------------------------------------------


def test_the_citation_file_is_valid():
    citation = yaml.safe_load(read("CITATION.cff"))
    schema = json.loads(read("tests/reference/cff-1.2.0.schema.json"))
    jsonschema.validate(citation, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**citation, "licence": "BSD-3-Clause"}, schema)


def test_versions_and_licences_agree():
    citation = yaml.safe_load(read("CITATION.cff"))
    assert citation["version"] == PROJECT["version"] == importlib.metadata.version("mien")
    assert re.search(rf'^__version__ = "{PROJECT["version"]}"$', read("src/mien/__init__.py"), re.MULTILINE)
    assert citation["license"] == PROJECT["license"] == "BSD-3-Clause"
    text = " ".join(read("LICENSE").split())
    assert "Copyright (c) 2026, The mien authors" in text
    assert "Neither the name of the copyright holder nor the names of its contributors" in text


def test_the_readme_says_how_to_begin():
    assert {"make reproduce", "make test"} <= set(re.findall(r"make [a-z]+", read("README.md")))


# --- what is committed ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tracked():
    """The files that git tracks."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("not a git checkout, so nothing is tracked")
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_no_recording_and_no_model_is_committed(tracked):
    assert [str(path) for path in tracked if path.suffix.lower() in MEDIA] == []


def test_no_committed_file_is_large(tracked):
    assert [f"{path}: {path.stat().st_size:,} bytes" for path in tracked if path.stat().st_size > LARGEST_BYTES] == []


def test_what_is_built_is_ignored(tracked):
    built = [".venv/x", "data/media/x.mp4", "data/tracks/x.parquet", "data/models/x.task", "out/x", "build/x"]
    command = ["git", "-c", f"safe.directory={ROOT}", "check-ignore", *built]
    ignored = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    assert ignored == built
