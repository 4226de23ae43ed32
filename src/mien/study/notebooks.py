"""Notebooks: executed from top to bottom in a fresh kernel, and written without what changes from run to run."""

import json
import os
from pathlib import Path

from mien import tables

QUIET = ["--IPKernelApp.log_level=ERROR"]


def cells(path):
    """What is written in the cells of a notebook, without its outputs: (type, source) of each."""
    return [(cell["cell_type"], cell["source"]) for cell in json.loads(path.read_text())["cells"]]


def run(path, out):
    """Execute a notebook from top to bottom in a fresh kernel of this Python and write it, without time stamps."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook = nbformat.read(path, as_version=4)
    env = {"MIEN_STUDY": str(Path(path).resolve().parents[1])} | os.environ
    client = NotebookClient(notebook, timeout=600, kernel_name="python3", record_timing=False, extra_arguments=QUIET)
    try:
        client.execute(cwd=str(Path(path).parent), env=env)
    except CellExecutionError as error:
        raise tables.TableError(f"{path}: a cell failed while it was executed\n{error}") from error
    notebook.metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
    }
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
    nbformat.write(notebook, out)
