"""What each id that docstrings cite asks for, where it is kept, and where the code departs from it.

AUDIT is the measurement specification, written before the code; it is no part of the repository. The table stands in
for it: what an id asks in one sentence, the module or function to look at, and every departure with its reason.
"""

from pathlib import Path

from mien import tables

FILE = "specification.csv"
KEPT = ("as asked", "otherwise", "not done")
"""Whether what was asked is done: so, in another way or in part, or not at all."""

TABLE = tables.Table(
    "specification",
    "id or section of the specification",
    (
        tables.Column("id", "as docstrings cite it: E28, T3, or a section such as 6.7", "text"),
        tables.Column("asks", "what it asks, or which public statement it is", "text"),
        tables.Column("where", "the module or name to look at; empty where nothing is done", "text", missing=True),
        tables.Column("kept", f"{', '.join(KEPT[:-1])} or {KEPT[-1]}", "text"),
        tables.Column("departure", "what is done instead, and why; empty where it is as asked", "text", missing=True),
    ),
    ("id",),
)


def read(folder):
    """The table from the folder it lies in (``data``); raises :class:`mien.tables.TableError` for a broken promise."""
    path = Path(folder) / FILE
    found = tables.read(path, TABLE)
    other = found[~found["kept"].isin(KEPT)]
    if len(other):
        raise tables.TableError(
            f"{path}: {other['id'].iloc[0]!r} is kept {other['kept'].iloc[0]!r}; expected {', '.join(KEPT)}"
        )
    return found
