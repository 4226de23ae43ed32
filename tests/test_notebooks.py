"""Notebooks: one question each, no definitions, committed with outputs, and executed here on a small study."""

import ast
import json
import os
import shutil
from pathlib import Path

import nbformat
import pytest

from mien import study, tables

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
NAMES = [path.stem for path in sorted(NOTEBOOKS.glob("*.ipynb"))]


def cells(name, kind="code"):
    return [c for c in json.loads((NOTEBOOKS / f"{name}.ipynb").read_text())["cells"] if c["cell_type"] == kind]


def definitions(source):
    return [
        n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
    ]


def test_every_notebook_is_part_of_the_study():
    assert tuple(NAMES) == study.NOTEBOOKS


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_asks_one_question_and_defines_nothing(name):
    title = "".join(cells(name, "markdown")[0]["source"]).splitlines()[0]
    assert title.startswith(f"# {name[:2]} · ")
    assert title.endswith("?")
    assert [d.name for c in cells(name) for d in definitions("".join(c["source"]))] == []
    assert max(len(c["source"]) for c in cells(name)) <= 6


def test_definitions_are_seen():
    assert [d.name for d in definitions("def f(): pass\nclass G: pass")] == ["f", "G"]


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_committed_with_outputs_and_no_error(name):
    outputs = [output for cell in cells(name) for output in cell["outputs"]]
    assert outputs
    assert not [o for o in outputs if o["output_type"] == "error"]
    assert not [o for o in outputs if o.get("name") == "stderr"]  # a warning, with a path of the machine that ran it
    assert not [path for path in ("/home/", "site-packages") if path in json.dumps(outputs)]


def answers_shown(code_cells):
    """The answers among the outputs, as markdown in the order in which they are shown."""
    outputs = [output for cell in code_cells for output in cell["outputs"] if output["output_type"] == "execute_result"]
    return ["".join(o["data"]["text/markdown"]) for o in outputs if "text/markdown" in o["data"]]


def lead(name):
    """The name of the answer to a notebook's title."""
    return next(answers[0] for group in study.findings.GROUPS.values() for one, answers in group.items() if one == name)


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_runs_from_top_to_bottom_and_computes_its_answer(name, small_study, tmp_path, monkeypatch):
    """In short right after what it reads, and with its details at the end."""
    monkeypatch.setenv("MIEN_STUDY", str(small_study.root))
    study.notebooks.run(NOTEBOOKS / f"{name}.ipynb", tmp_path / "run.ipynb")
    run = nbformat.read(tmp_path / "run.ipynb", as_version=4)
    answer = study.answers(small_study.load())[lead(name)]
    code = [cell for cell in run.cells if cell.cell_type == "code"]
    shown = answers_shown(code)
    assert (shown[0], shown[-1]) == (f"**{answer.short}**", answer._repr_markdown_())
    assert answers_shown(code[1:2]) == shown[:1]
    assert answers_shown(code[-2:-1]) == shown[-1:]


def test_the_kernel_alone_is_told_which_study(tmp_path, monkeypatch):
    """This process' own environment stays as it was, whatever the notebook is told."""
    monkeypatch.delenv("MIEN_STUDY", raising=False)
    (tmp_path / "notebooks").mkdir()
    cell = nbformat.v4.new_code_cell("import os; print(os.environ['MIEN_STUDY'])")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "notebooks/asks.ipynb")
    study.notebooks.run(tmp_path / "notebooks/asks.ipynb", tmp_path / "out.ipynb")
    (cell,) = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells
    assert cell.outputs[0]["text"].strip() == str(tmp_path)
    assert "MIEN_STUDY" not in os.environ


def test_a_failing_cell_names_the_notebook(tmp_path):
    shutil.copy(NOTEBOOKS / f"{NAMES[0]}.ipynb", tmp_path / "bad.ipynb")
    notebook = nbformat.read(tmp_path / "bad.ipynb", as_version=4)
    notebook.cells = [nbformat.v4.new_code_cell("1 / 0")]
    nbformat.write(notebook, tmp_path / "bad.ipynb")
    with pytest.raises(tables.TableError, match=r"bad\.ipynb: a cell failed"):
        study.notebooks.run(tmp_path / "bad.ipynb", tmp_path / "out.ipynb")


@pytest.mark.parametrize("name", NAMES)
def test_the_readme_says_what_the_notebooks_found(name):
    *_, last = answers_shown(cells(name))
    short = last.splitlines()[0].strip("*")
    readme = " ".join((NOTEBOOKS.parent / "README.md").read_text(encoding="utf-8").split())
    assert f"{study.findings.question(NOTEBOOKS / f'{name}.ipynb')}** {short} ([`{name}`]" in readme
