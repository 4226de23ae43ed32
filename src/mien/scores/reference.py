"""What is common in other conversations: the pinned references of the norm-referenced profile.

A reference is computed from a corpus of meetings, never invented, and is known by an id and the sha256 of its rows. The
meetings have no two sides, so sides are made of the people present, in one of two ways (:data:`SIDES`):

* ``each``: each person in turn is B and all others are A; B's share is then mostly far from one half;
* ``halves``: people stand in a circle in the order of their ids, and each half of the circle (the smaller one, where
  the number is odd) is B in turn; with two people this is the same as ``each``.

No reference is a video call, or a talk between a seller and a customer: there is none that may be passed on.
"""

import difflib
import hashlib
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from mien import sources, tables
from mien.scores.profiles import of_oriented

FILE = "score_reference.csv"
SIDES = ("each", "halves")
"""How people of a meeting without sides are put on two."""

AXES = {
    "min_pause_s": (0.10, 0.18, 0.25, 0.50),
    "bc_max_s": (0.0, 0.7, 1.0),
    "lapse_s": (2.0, 3.0, 5.0),
    "positive_lag": (False, True),
    "denominator": ("speech", "time"),
}
"""The choices of AUDIT O8 that change the components, so that each has a reference of its own (144)."""

DEFAULT = {"min_pause_s": 0.18, "bc_max_s": 1.0, "lapse_s": 3.0, "positive_lag": False, "denominator": "speech"}
"""The choices of the score itself."""

X = ("minus_abs_share_deviation", "minus_lag_B_s", "ln_changes_per_min")
PAIRS = ((0, 1), (0, 2), (1, 2))
VALUES = (
    *(f"mean_{name}" for name in X),
    *(f"sd_{name}" for name in X),
    *(f"r_{X[i]}_{X[j]}" for i, j in PAIRS),
)

TABLE = tables.Table(
    "score_reference",
    "reference and specification",
    (
        tables.Column("id", "which reference: corpus, how sides were made, version", "text"),
        tables.Column("corpus", "which corpus", "text"),
        tables.Column("sides", "each or halves", "text"),
        *(tables.Column(name, "see mien.turns.TurnSettings", low=0) for name in ("min_pause_s", "bc_max_s", "lapse_s")),
        tables.Column("positive_lag", "whether only gaps count as lags", "flag"),
        tables.Column("denominator", "speech or time: what the talk share is a share of", "text"),
        *(tables.Column(name, "of x, over sides of recordings", missing=True) for name in VALUES),
        tables.Column("share_at_50", "share of its own sides that score 50 or more", low=0, high=1, missing=True),
        tables.Column("n_sides", "number of sides with all three components", low=0),
        tables.Column("n_recordings", "number of recordings they come from", low=0),
        tables.Column("n_groups", "number of groups of recordings that share no person", low=0),
        tables.Column("licence", "the licence of the corpus, and of the row", "text"),
        tables.Column("sha256", "of the rows of this id without this column", "text"),
    ),
    ("id", *AXES),
)
"""The committed table of references: numbers over all people of a corpus, and nobody's own."""


@dataclass(frozen=True)
class Norms:
    """Mean (3,), standard deviation (3,) and correlation (3, 3) of x, and of what: ``id`` and ``sha256``."""

    mean: tuple
    sd: tuple
    correlation: tuple
    id: str = "given"
    sha256: str = ""


def norms_of(x, name="given"):
    """The :class:`Norms` of the rows of x (sides, 3) that lack nothing; NaN with fewer than three of them."""
    x = np.asarray(x, float)
    x = x[np.isfinite(x).all(axis=1)]
    if len(x) < 3:
        nothing = (np.nan,) * 3
        return Norms(nothing, nothing, (nothing,) * 3, name)
    correlation = tuple(map(tuple, np.corrcoef(x.T).tolist()))
    return Norms(tuple(x.mean(axis=0).tolist()), tuple(x.std(axis=0, ddof=1).tolist()), correlation, name)


def given(reference):
    """Norms written as a dictionary ``{mean: {…}, sd: {…}, correlation: "identity" or rows}``, as the fixture does."""
    rows = reference["correlation"]
    rows = np.eye(3).tolist() if rows == "identity" else rows
    mean, sd = (tuple(reference[key][name] for name in X) for key in ("mean", "sd"))
    return Norms(mean, sd, tuple(map(tuple, rows)))


def row_of(norms):
    """Norms as the values of a row of :data:`TABLE`."""
    r = np.asarray(norms.correlation)
    return dict(zip(VALUES, (*norms.mean, *norms.sd, *(r[i, j] for i, j in PAIRS)), strict=True))


def pinned(rows):
    """Rows of a reference with the sha256 by which it is known, column by column as they are written down."""
    rows = rows.drop(columns="sha256", errors="ignore")
    return rows.assign(sha256=rows["id"].map({name: _hash(own) for name, own in rows.groupby("id")}))


def _hash(rows):
    text = rows.drop(columns="sha256", errors="ignore").to_csv(index=False, float_format="%.9g", lineterminator="\n")
    return hashlib.sha256(text.encode()).hexdigest()


def place():
    """Where the references lie: ``data`` of the checkout, else the copy in the package (the same bytes)."""
    committed = sources.home() / FILE
    return committed if committed.is_file() else Path(__file__).with_name(FILE)


def read(path=None):
    """The table of references, each checked against its sha256; a changed one is a :class:`mien.tables.TableError`."""
    path = Path(path or place())
    table = tables.read(path, TABLE)
    for name, rows in table.groupby("id", sort=False):
        if set(rows["sha256"]) != {_hash(rows)}:
            raise tables.TableError(
                f"{path}: the reference {name!r} is not what its sha256 says ({rows['sha256'].iloc[0][:12]}…, found "
                f"{_hash(rows)[:12]}…); take the file as it was published, or give the reference another id"
            )
    return table


def norms(name, table=None, **choices):
    """The :class:`Norms` of the reference of that id, under the default specification or other ``choices`` of it.

    Raises :class:`mien.tables.TableError` for an unknown id or choice, naming the nearest.
    """
    table = read() if table is None else table
    rows = table[table["id"] == name]
    if rows.empty:
        known = list(dict.fromkeys(table["id"]))
        near = difflib.get_close_matches(str(name), known, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise tables.TableError(f"scores: no reference {name!r}; known are {', '.join(known)}{hint}")
    for axis, value in (DEFAULT | choices).items():
        rows = rows[rows[axis] == value]
        if rows.empty:
            raise tables.TableError(f"scores: the reference {name!r} has no {axis} {value!r}; expected {AXES[axis]}")
    return _norms(rows.iloc[0])


def _norms(row):
    r = np.eye(3)
    for i, j in PAIRS:
        r[i, j] = r[j, i] = row[f"r_{X[i]}_{X[j]}"]
    mean, sd = (tuple(float(row[f"{what}_{name}"]) for name in X) for what in ("mean", "sd"))
    return Norms(mean, sd, tuple(map(tuple, r.tolist())), row["id"], row["sha256"])


def every_norms(name, table=None):
    """The norms of a reference under every specification, in the order of the axes: a list of 144."""
    table = read() if table is None else table
    rows = table[table["id"] == name].set_index(list(AXES))
    return [_norms(rows.loc[spec]) for spec in product(*AXES.values())]


def sides(people, how="each"):
    """The sides B that the people of a meeting make up, one after the other: a list of tuples of person_ids.

    >>> sides("dbca", "halves")
    [('a', 'b'), ('b', 'c'), ('c', 'd'), ('d', 'a')]
    """
    people = sorted(people)
    if len(people) < 2:
        return []
    size = 1 if how == "each" else len(people) // 2
    found = [tuple(people[(at + k) % len(people)] for k in range(size)) for at in range(len(people))]
    return found


def table_of(x, about, sides_made, name, licence):
    """The rows of a reference: ``x`` (sides, 144, 3) and, per side, recording_id and group_id in ``about``."""
    rows = []
    for number, spec in enumerate(product(*AXES.values())):
        own = x[:, number]
        whole = np.isfinite(own).all(axis=1)
        found = norms_of(own)
        scores = of_oriented(own[whole], found)
        rows.append(
            {"id": name, "corpus": about["corpus"].iloc[0], "sides": sides_made}
            | dict(zip(AXES, spec, strict=True))
            | row_of(found)
            | {"share_at_50": float((scores >= 50).mean()) if whole.sum() > 2 else np.nan}
            | {"n_sides": int(whole.sum())}
            | {f"n_{one}s": about.loc[whole, f"{one}_id"].nunique() for one in ("recording", "group")}
            | {"licence": licence}
        )
    return pd.DataFrame(rows)
