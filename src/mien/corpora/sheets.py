"""Tables of others read as they were published: text files with commas, and sheets of spreadsheets.

Every fault names the file, what was expected and what would help. A value outside its bounds becomes missing and is
counted, so that one slip of a rater does not stop a study.
"""

import csv
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd

from mien import corpora

CELL = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
"""The namespace of a sheet's tags (ECMA-376)."""


def one_file(folder, pattern, expected):
    """The one file below ``folder`` that matches ``pattern``, or the file ``folder`` itself.

    Raises :class:`mien.corpora.CorpusError` for none, or for more than one.
    """
    if Path(folder).is_file():
        return Path(folder)
    found = corpora.files(folder, pattern, expected)
    if len(found) > 1:
        names = ", ".join(str(path.relative_to(folder)) for path in found)
        raise corpora.CorpusError(f"{folder}: {len(found)} files {pattern} ({names}); expected one: name its folder")
    return found[0]


def text_table(path, columns, expected, encoding="utf-8-sig", header=True):
    """A table in a text file with commas, every value as text without spaces around it.

    ``columns``: names it must have, or, without a ``header``, all of its names in order. Raises
    :class:`mien.corpora.CorpusError` for a file that cannot be read, lacks a column or has a row of another length.
    """
    path = Path(path)
    try:
        with path.open(encoding=encoding, newline="") as file:
            rows = [[cell.strip() for cell in row] for row in csv.reader(file) if any(map(str.strip, row))]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise corpora.CorpusError(f"{path}: cannot be read ({error}); expected {expected}") from error
    names = rows.pop(0) if header and rows else list(columns)
    return checked(path, names, rows, columns, expected)


def sheet(path, columns, expected):
    """The first sheet of a spreadsheet (.xlsx), every value as text; the first row names the columns.

    Only what stands in the cells is read: no formulas, no formats. Raises :class:`mien.corpora.CorpusError` for a file
    that is none, and for one that lacks a column.
    """
    try:
        with zipfile.ZipFile(path) as book:
            rows = _cells(book)
    except (OSError, KeyError, zipfile.BadZipFile, ElementTree.ParseError, ValueError, IndexError) as error:
        raise corpora.CorpusError(f"{path}: not a readable .xlsx ({error}); expected {expected}") from error
    rows = [row for row in rows if any(row.values())]
    places = {place: name for place, name in (rows.pop(0) if rows else {}).items() if name}
    filled = [[row.get(place, "") for place in places] for row in rows]
    return checked(path, list(places.values()), filled, columns, expected)


def _cells(book):
    """The rows of the first sheet: for each, the text of its cells by the letters of their columns."""
    shared = []
    if "xl/sharedStrings.xml" in book.namelist():
        strings = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
        shared = ["".join(text.text or "" for text in item.iter(f"{CELL}t")) for item in strings]
    tree = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    return [{_column(cell): _text(cell, shared) for cell in row} for row in tree.iter(f"{CELL}row")]


def _column(cell):
    return re.match(r"[A-Z]+", cell.get("r"))[0]


def _text(cell, shared):
    value = cell.find(f"{CELL}v")
    if value is None:
        return "".join(text.text or "" for text in cell.iter(f"{CELL}t")).strip()
    return (shared[int(value.text)] if cell.get("t") == "s" else value.text or "").strip()


def checked(path, names, rows, columns, expected):
    """Rows of text as a table, if every named column is there and every row is as long as the first."""
    lacks = [name for name in columns if name not in names]
    if lacks:
        raise corpora.CorpusError(
            f"{path}: no column {', '.join(lacks)}; found {', '.join(names)}; expected {expected}"
        )
    bad = [number for number, row in enumerate(rows, 1) if len(row) != len(names)]
    if bad:
        raise corpora.CorpusError(
            f"{path}: row {bad[0]} has {len(rows[bad[0] - 1])} values instead of {len(names)} ({len(bad)} such rows); "
            f"expected {expected}; copy the file again"
        )
    if not rows:
        raise corpora.CorpusError(f"{path}: no rows; expected {expected}; copy the file again")
    return pd.DataFrame(rows, columns=names, dtype=str)


def numbers(table, columns, where, told=None, low=-np.inf, high=np.inf):
    """Columns of text as numbers; '', NA and what lies outside ``low`` to ``high`` are NaN.

    ``told["out_of_bounds"]`` lists what was left out for its size. Raises :class:`mien.corpora.CorpusError` for text
    that is no number.
    """
    out = (told if told is not None else {}).setdefault("out_of_bounds", [])
    found = {}
    for name in columns:
        text = table[name].replace({"NA": "", "NaN": "", "nan": ""})
        value = pd.to_numeric(text, errors="coerce")
        bad = text[value.isna() & (text != "")]
        if len(bad):
            raise corpora.CorpusError(
                f"{where}: row {bad.index[0] + 1}, column {name}: {bad.iloc[0]!r} is no number ({len(bad)} such values)"
            )
        outside = (value < low) | (value > high)
        out += [
            f"{where}: row {i + 1}, column {name}: {value[i]:g} is not {low:g} to {high:g}"
            for i in value[outside].index
        ]
        found[name] = value.astype(float).mask(outside)
    return pd.DataFrame(found, index=table.index)
