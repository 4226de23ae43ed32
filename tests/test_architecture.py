"""The shape of the code: imports follow the river, and the rules that a machine can check.

Every rule is a function from one file to a list of faults; each is first shown to find a planted fault.
"""

import ast
import doctest
import graphlib
import importlib
import io
import re
import subprocess
import sys
import tokenize
import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

import mien

ROOT = Path(__file__).parents[1]
HOME = ROOT / "src" / "mien"
RIVER = (*mien.ROOMS, "__main__")
OUTSIDE_ROOMS = {"__init__"}
HEAVY = {"numpy", "pandas", "scipy", "sklearn", "skimage", "matplotlib", "mediapipe", "librosa", "numba", "cv2", "av"}


@dataclass(frozen=True)
class File:
    """One file of the package: its module name (``mien.evidence.splits``) and its text."""

    module: str
    text: str

    @cached_property
    def tree(self):
        return ast.parse(self.text)

    @property
    def room(self):
        return self.module.split(".")[1] if "." in self.module else "__init__"

    def nodes(self, *kinds):
        return [node for node in ast.walk(self.tree) if isinstance(node, kinds)]

    def at(self, node, words):
        return f"{self.module}:{node.lineno}: {words}"


def package():
    """Every file of the package, by module name."""
    files = []
    for path in sorted(HOME.rglob("*.py")):
        parts = path.relative_to(HOME.parent).with_suffix("").parts
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        files.append(File(module, path.read_text()))
    return files


def imported(file):
    """Every dotted name a file imports, wherever in the file, relative imports resolved; with the node that does."""
    names = []
    is_package = (HOME.parent / file.module.replace(".", "/")).is_dir()
    here = file.module.split(".")
    for node in file.nodes(ast.Import, ast.ImportFrom):
        if isinstance(node, ast.Import):
            names += [(alias.name, node) for alias in node.names]
            continue
        base = here[: len(here) - node.level + is_package] if node.level else []
        base = ".".join([*base, *([node.module] if node.module else [])])
        names += [(f"{base}.{alias.name}", node) for alias in node.names]
    return names


def dotted(node):
    """``np.random.rand`` as text, for a chain of attributes; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    inner = dotted(node.value) if isinstance(node, ast.Attribute) else ""
    return f"{inner}.{node.attr}" if inner else ""


# --- the river ------------------------------------------------------------------------------------------------------


def rooms_imported(files):
    """The import map: for each room, the other rooms it imports."""
    arrows = {file.room: set() for file in files}
    for file in files:
        for name, _ in imported(file):
            parts = name.split(".")
            if parts[0] == "mien" and len(parts) > 1 and parts[1] in RIVER and parts[1] != file.room:
                arrows[file.room].add(parts[1])
    return arrows


def modules_imported(files):
    """The same map between files, for cycles inside a room."""
    modules = {file.module for file in files}
    arrows = {}
    for file in files:
        names = [name if name in modules else name.rpartition(".")[0] for name, _ in imported(file)]
        arrows[file.module] = {name for name in names if name in modules and name not in ("mien", file.module)}
    return arrows


def drawing(arrows):
    """The import map as lines of text, in the order of the river."""
    order = {room: place for place, room in enumerate(RIVER)}
    rooms = sorted(arrows, key=lambda room: order.get(room, -1))
    width = max(map(len, rooms))
    return "\n".join(f"{room:>{width}} ← {', '.join(sorted(arrows[room], key=order.get)) or '·'}" for room in rooms)


def pointing_back(arrows):
    """Imports of a room that comes later in the river."""
    order = {room: place for place, room in enumerate(RIVER)}
    return [
        f"{room} imports {other}, which comes later"
        for room, others in arrows.items()
        for other in sorted(others)
        if order.get(other, -1) >= order.get(room, len(RIVER))
    ]


def cycle(arrows):
    """A circle of imports, if there is one."""
    try:
        graphlib.TopologicalSorter(arrows).prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return []


def test_imports_follow_the_river():
    arrows = rooms_imported(package())
    assert not pointing_back(arrows), f"an import points back:\n{drawing(arrows)}"


def test_no_file_imports_itself_in_a_circle():
    files = package()
    assert not cycle(modules_imported(files)), drawing(rooms_imported(files))


def test_the_rooms_are_those_of_the_river():
    rooms = {file.room for file in package()} - OUTSIDE_ROOMS
    assert rooms == set(RIVER), "mien.ROOMS and src/mien name different rooms"


def test_no_room_is_called_after_software():
    bad = {"utils", "util", "helpers", "common", "config", "data", "plots", "misc", "core", "base", "lib", "tools"}
    assert not {part for file in package() for part in file.module.split(".")} & bad


def test_import_mien_is_light():
    """A person who asks for help or a version should not wait for numpy."""
    loaded = loaded_by("import mien; mien.__version__; dir(mien)")
    assert not loaded & HEAVY


def test_a_heavy_import_would_be_seen():
    assert "numpy" in loaded_by("from mien import store") & HEAVY


def loaded_by(code):
    command = [sys.executable, "-c", f"{code}\nimport sys; print(*{{name.split('.')[0] for name in sys.modules}})"]
    return set(subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.split())


@pytest.mark.parametrize(
    ("module", "text", "said"),
    [
        ("mien.media", "from mien import figures", "media imports figures"),
        ("mien.media", "def f():\n    from mien.figures import draw", "media imports figures"),
        ("mien.media", "import mien.figures", "media imports figures"),
        ("mien.windows", "from . import figures", "windows imports figures"),
        ("mien.windows", "from .figures import draw", "windows imports figures"),
        ("mien.evidence.splits", "from ..figures import draw", "evidence imports figures"),
        ("mien.turns", "from mien import __main__", "turns imports __main__"),
    ],
)
def test_an_arrow_that_points_back_is_seen(module, text, said):
    assert any(said in fault for fault in pointing_back(rooms_imported([File(module, text)])))


def test_an_arrow_that_points_on_is_fine():
    river = [File("mien.figures", "from mien import store, tables\nfrom mien.evidence import splits")]
    arrows = rooms_imported(river)
    assert arrows == {"figures": {"store", "tables", "evidence"}}
    assert pointing_back(arrows) == []
    assert drawing(arrows) == "figures ← tables, store, evidence"


def test_a_circle_is_seen():
    one = File("mien.evidence.splits", "from mien.evidence.nulls import permute")
    two = File("mien.evidence.nulls", "from mien.evidence import splits")
    assert set(cycle(modules_imported([one, two]))) == {one.module, two.module}
    assert cycle(modules_imported([one, File(two.module, "import numpy")])) == []


# --- rules for one file ---------------------------------------------------------------------------------------------


def media_opened_elsewhere(file):
    """Media is opened in ``media`` only: one clock, one sequential pass, one place for the oddities of files."""
    packages = {"av", "soundfile", "audioread", "wave", "moviepy", "imageio"}
    calls = {
        "cv2.VideoCapture",
        "cv2.VideoWriter",
        "librosa.load",
        "librosa.stream",
        "scipy.io.wavfile",
        "wavfile.read",
    }
    return [] if file.room == "media" else uses(file, packages, calls, "media is opened in media only")


def mediapipe_elsewhere(file):
    """Only ``face`` knows MediaPipe, so that it can be replaced there."""
    return [] if file.room == "face" else uses(file, {"mediapipe"}, set(), "only face knows mediapipe")


def other_disk_cache(file):
    """Results are kept on disk by ``store.kept`` only, with their causes beside them."""
    words = "store.kept is the only disk cache"
    faults = uses(file, {"shelve", "diskcache", "cachier", "joblib.Memory"}, {"joblib.Memory"}, words)
    memory = [key for call in file.nodes(ast.Call) for key in call.keywords if key.arg == "memory"]
    return faults + [file.at(key.value, f"memory=…: {words}") for key in memory if not is_none(key.value)]


def global_chance(file):
    """Randomness comes from ``store.rng(name)``: the global generators are never touched."""
    allowed = {"Generator", "SeedSequence", "BitGenerator", "PCG64"} | (
        {"default_rng"} if file.room == "store" else set()
    )
    faults = uses(file, {"random"}, set(), "randomness comes from store.rng(name)")
    for node in file.nodes(ast.Attribute):
        owner, _, name = dotted(node).rpartition(".")
        if owner in ("np.random", "numpy.random") and name not in allowed:
            faults.append(file.at(node, f"{owner}.{name}: randomness comes from store.rng(name)"))
    for name, node in imported(file):
        if name.startswith("numpy.random.") and name.rpartition(".")[2] not in allowed:
            faults.append(file.at(node, f"{name}: randomness comes from store.rng(name)"))
    return faults


def swallowed_errors(file):
    """An error that is met is answered or told, never passed over in silence."""
    faults = []
    for node in file.nodes(ast.ExceptHandler):
        silent = all(isinstance(step, ast.Pass) or is_ellipsis(step) for step in node.body)
        if node.type is None or silent:
            faults.append(file.at(node, "an error is swallowed"))
    for node in file.nodes(ast.Call):
        named = {dotted(argument) for argument in node.args}
        if dotted(node.func).endswith("suppress") and named & {"Exception", "BaseException"}:
            faults.append(file.at(node, "every error is swallowed"))
    return faults


def other_words(file):
    """One word per thing: person, recording, window, turn; the synonyms of file formats stay in quotes."""
    banned = {"subject", "participant", "session", "sess", "speaker", "utt", "utterance", "framenum"}
    faults = []
    for name, node in names_given(file):
        words = set(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_"))
        if {word.removesuffix("s") for word in words} & {word.removesuffix("s") for word in banned}:
            faults.append(file.at(node, f"{name}: one word per thing (person, recording, turn)"))
        if "frame_no" in name or "frame_num" in name:
            faults.append(file.at(node, f"{name}: time is in seconds, never a frame number"))
    return faults


def unfinished(file):
    """Nothing is left for later in the code; what is left to do is an issue."""
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    tokens = tokenize.generate_tokens(io.StringIO(file.text).readline)
    comments = [token for token in tokens if token.type == tokenize.COMMENT]
    return [f"{file.module}:{token.start[0]}: {token.string}" for token in comments if marks.search(token.string)]


def absolute_paths(file):
    """No path of one person's machine."""
    path = re.compile(r"(^|[\s'\"=(])(/(home|root|work|tmp|Users|opt|usr|mnt|srv)(/|$)|[A-Z]:\\)")
    texts = [node for node in file.nodes(ast.Constant) if isinstance(node.value, str) and path.search(node.value)]
    return [file.at(node, f"the path of one machine in {node.value[:60]!r}") for node in texts]


def undocumented(file):
    """Every public name says in one sentence what it is."""
    faults = []
    for node, name in [(file.tree, file.module), *public(file.tree)]:
        first = (ast.get_docstring(node) or "").split("\n\n")[0].strip()
        where = f"{file.module}:{getattr(node, 'lineno', 1)}: {name}"
        if not first:
            faults.append(f"{where} has no docstring")
        elif not re.match(r"[A-Z0-9`'\"“‘:(]|mien\b", first) or first[-1] not in ".?!:":
            faults.append(f"{where}: its docstring does not begin with a sentence")
    return faults


def uses(file, packages, calls, words):
    """Imports of ``packages`` and mentions of the dotted ``calls``."""
    faults = []
    for name, node in imported(file):
        if any(f"{name}.".startswith(f"{package}.") for package in packages | calls):
            faults.append(file.at(node, f"imports {name}: {words}"))
    faults += [file.at(node, f"{dotted(node)}: {words}") for node in file.nodes(ast.Attribute) if dotted(node) in calls]
    return faults


def names_given(file):
    """The names a file gives: functions, classes, arguments, variables and attributes it sets."""
    for node in file.nodes(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef):
        yield node.name, node
    for node in file.nodes(ast.arg):
        yield node.arg, node
    for node in file.nodes(ast.Name):
        if isinstance(node.ctx, ast.Store):
            yield node.id, node
    for node in file.nodes(ast.Attribute):
        if isinstance(node.ctx, ast.Store):
            yield node.attr, node


def public(tree):
    """The public functions and classes of a file, and the public methods of public classes."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node, node.name
            if isinstance(node, ast.ClassDef):
                yield from ((inner, f"{node.name}.{name}") for inner, name in public(node))


def is_none(node):
    return isinstance(node, ast.Constant) and node.value is None


def is_ellipsis(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node.value.value is ...


PLANTED = {
    media_opened_elsewhere: [
        "import av",
        "import av.container",
        "from soundfile import read",
        "import cv2\ncv2.VideoCapture(path)",
        "import librosa\nlibrosa.load(path)",
        "from librosa import load",
        "from scipy.io import wavfile",
    ],
    mediapipe_elsewhere: ["import mediapipe as mp", "def f():\n    from mediapipe.tasks import python"],
    other_disk_cache: [
        "from joblib import Memory",
        "import joblib\njoblib.Memory('x')",
        "make_pipeline(a, memory='x')",
    ],
    global_chance: [
        "import random",
        "from random import choice",
        "np.random.seed(1)",
        "numpy.random.rand(3)",
        "np.random.default_rng()",
        "from numpy.random import default_rng",
    ],
    swallowed_errors: [
        "try:\n    f()\nexcept ValueError:\n    pass",
        "try:\n    f()\nexcept:\n    x = 1",
        "try:\n    f()\nexcept OSError:\n    ...",
        "with contextlib.suppress(Exception):\n    f()",
    ],
    other_words: [
        "subjects = 3",
        "def f(speaker_id):\n    return 1",
        "class SessionTable:\n    x = 1",
        "for frame_no in x:\n    f()",
        "self.participant = 1",
        "for utt in x:\n    f()",
    ],
    unfinished: ["x = 1  # TODO: later", "# FIXME"],
    absolute_paths: [
        line.replace("|", "/") for line in ("x = '|home|me|data.csv'", "x = 'see |tmp|x'", r"x = 'C:\\data'")
    ],
    undocumented: [
        "x = 1",
        '"""A room."""\ndef f():\n    return 1',
        '"""A room."""\ndef f():\n    """no sentence"""',
        '"""A room."""\nclass A:\n    """A thing."""\n    def b(self):\n        return 1',
    ],
}

CLEAN = File(
    "mien.turns",
    '''"""Who holds the floor."""

import cv2
import numpy as np

from mien import store


def turns(person_id, path="data/turns.csv"):
    """The turns of a person; the file's own word for one is 'speaker'."""
    rng: np.random.Generator = store.rng("turns")
    try:
        cv2.resize(path, rng.integers(3))
    except OSError as error:
        raise ValueError("TODO is fine in quotes, and so is a link to https://example.org/home/x") from error


def _private():
    for word in ():
        print(word)
''',
)


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule, texts in PLANTED.items() for text in texts])
def test_each_rule_finds_a_planted_fault(rule, text):
    assert rule(File("mien.turns", text))


@pytest.mark.parametrize("rule", PLANTED)
def test_each_rule_lets_clean_code_pass(rule):
    assert rule(CLEAN) == []


@pytest.mark.parametrize("rule", PLANTED)
def test_the_package_keeps_the_rule(rule):
    faults = [fault for file in package() for fault in rule(file)]
    assert not faults, f"{rule.__doc__}\n" + "\n".join(faults)


def test_rules_know_the_one_room_that_may():
    assert media_opened_elsewhere(File("mien.media", "import av")) == []
    assert mediapipe_elsewhere(File("mien.face.landmarks", "import mediapipe")) == []
    assert global_chance(File("mien.store", "np.random.default_rng(1)")) == []
    assert other_disk_cache(File("mien.models", "make_pipeline(a, memory=None)")) == []


def test_tests_leave_nothing_unfinished():
    for path in sorted((ROOT / "tests").glob("*.py")):
        assert unfinished(File(path.stem, path.read_text())) == []


# --- habits: told, not enforced -------------------------------------------------------------------------------------

LINES_OF_A_ROOM = 400
LINES_OF_A_FUNCTION = 40


def too_long(file):
    """Rooms and functions that outgrow the habit; split a room into a folder of its name, a function into acts."""
    lines = len(file.text.splitlines())
    long = [f"{file.module}: {lines} lines (at most {LINES_OF_A_ROOM})"] if lines > LINES_OF_A_ROOM else []
    for node in file.nodes(ast.FunctionDef):
        skip = node.body[0].end_lineno - node.body[0].lineno + 1 if ast.get_docstring(node) else 0
        lines = node.end_lineno - node.lineno + 1 - skip
        if lines > LINES_OF_A_FUNCTION:
            long.append(file.at(node, f"{node.name} has {lines} lines of code (at most {LINES_OF_A_FUNCTION})"))
    return long


def test_length_is_measured():
    assert too_long(File("mien.turns", "x = 1\n" * 401)) == ["mien.turns: 401 lines (at most 400)"]
    assert len(too_long(File("mien.turns", "def f():\n" + "    x = 1\n" * 40))) == 1
    assert too_long(File("mien.turns", 'def f():\n    """' + "Words.\n" * 40 + '"""\n' + "    x = 1\n" * 30)) == []


def test_rooms_and_functions_are_short():
    """A habit and not a wall: what is too long is printed as a warning."""
    for words in [words for file in package() for words in too_long(file)]:
        warnings.warn(words, stacklevel=1)


# --- examples in docstrings run -------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", [file.module for file in package() if ">>>" in file.text])
def test_examples_in_docstrings_run(module):
    result = doctest.testmod(importlib.import_module(module), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.attempted > 0
    assert result.failed == 0
