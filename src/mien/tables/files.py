"""Tables read from files as people write them, and written so that the same numbers give the same bytes."""

import codecs
import difflib
import re
import unicodedata
import warnings
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from mien.tables.reasons import REASONS
from mien.tables.shape import TableError


def name_key(name):
    """How a person's name is compared: without case, spaces and punctuation (Unicode NFKC, case folded).

    >>> name_key("Ada  LOVELACE (she/her)") == name_key("adaLovelace_sheher"), name_key("Ada") == name_key("Eda")
    (True, False)
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", str(name)).casefold())
    return "".join(letter for letter in folded if unicodedata.category(letter)[0] in "LMN") or folded.strip()


def text(path, told):
    """The text of a file in UTF-8 or UTF-16, with one kind of line end; what is neither is told as a warning."""
    warnings_ = told.setdefault("warnings", [])
    raw = Path(path).read_bytes()
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        found = raw.decode("utf-16", errors="replace")
    else:
        found = raw.decode("utf-8-sig", errors="replace")
    if "\ufffd" in found:
        warnings_.append(f"{Path(path).name}: some characters are not UTF-8; they are shown as \ufffd")
    return unicodedata.normalize("NFC", found.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd"))


def without_address(name):
    """A name as it may be published: of an e-mail address only what stands before the @, in one line.

    >>> without_address(" Ada\tLovelace "), without_address("ada@example.org"), without_address("Ada <a.l@example.org>")
    ('Ada Lovelace', 'ada', 'Ada')
    """
    cut = re.sub(r"[<(\[]\s{0,9}[^\s@<>()\[\]]{1,200}@[^\s<>()\[\]]{1,300}\s{0,9}[>)\]]", " ", name[:400])
    cut = re.sub(r"(?<![^\s@<>])([^\s@<>]+)@[^\s<>]+", r"\1", cut)
    return " ".join(unicodedata.normalize("NFC", cut[:200]).split())


def without_words(text, most=60):
    """What a line that could not be read looks like, without what somebody said or wrote in it: words become "…".

    >>> without_words("00:0x:00.000 --> 00:00:01.000"), without_words("14:99:00 write to ada.l@example.org")
    ('00:0x:00.000 --> 00:00:01.000', '14:99:00 …')
    """
    return " ".join(re.sub(r"(?:\S*(?:[^\W\d_]{2}|@)\S*\s*|[^\W\d_]\s+)+", "… ", text[:most]).split())


def counted(words):
    """How much a text holds: words between blanks, and the characters in them, punctuation included.

    >>> counted("I  don't know.")
    (3, 11)
    """
    parts = words.split()
    return len(parts), sum(map(len, parts))


def read(path, table, may_lack=()):
    """Read a CSV or parquet file and check it against ``table``; text columns stay text (a person may be '007').

    ``may_lack`` names promised columns that this file need not have.
    """
    path = Path(path)
    if not path.is_file():
        lacks = "a folder" if path.is_dir() else "no such file"
        raise TableError(f"{path}: {lacks}; expected the table {table.name!r} (one row per {table.one_row_per})")
    try:
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else _read_csv(path, table)
    except UnicodeDecodeError as error:
        raise TableError(
            f"{path}: not a CSV table in UTF-8; expected the table {table.name!r}, saved as such (Excel: 'CSV UTF-8')"
        ) from error
    except (ValueError, pd.errors.ParserWarning) as error:
        kind = "parquet" if path.suffix == ".parquet" else "CSV"
        raise TableError(
            f"{path}: not a readable {kind} table ({error}); expected the columns {table.names}"
        ) from error
    optional = [column.name for column in table.columns if column.kind == "text" and column.missing]
    frame = frame.fillna({name: "" for name in optional if name in frame.columns})
    kept = tuple(column for column in table.columns if column.name in frame or column.name not in may_lack)
    return replace(table, columns=kept).check(frame, str(path))


FREE = ("words", "why")
"""Columns of text that may hold several lines."""
MISSING = ("", "NA", "N/A", "n/a", "#N/A", "nan", "NaN")
"""What stands for a missing value in a column that is not text; in text only nothing does (a person may be 'NA')."""


def _read_csv(path, table):
    """A CSV table as spreadsheets write it: commas, semicolons or tabs, a byte-order mark, names in any case."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = file.readline()
    sep = max(",;\t", key=first.count)
    how = {"sep": sep, "decimal": "," if sep == ";" else ".", "encoding": "utf-8-sig", "index_col": False}
    promised = {column.name.casefold(): column.name for column in table.columns}
    found = [str(name).strip() for name in pd.read_csv(path, nrows=0, **how).columns]
    names = [promised.get(name.casefold(), name) for name in found]
    text = [column.name for column in table.columns if column.kind == "text" and column.name in names]
    missing = {name: [""] if name in text else MISSING for name in names}
    how |= {"names": names, "header": 0, "dtype": dict.fromkeys(text, str), "na_values": missing}
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # a row with more values than names
        frame = pd.read_csv(path, keep_default_na=False, **how)
    for name in (name for name in text if name not in FREE):
        broken = frame[name].fillna("").str.contains(r"[\r\n]")
        if broken.any():
            raise ValueError(
                f"a line break within {name!r}, {int(broken.to_numpy().argmax()) + 1} rows below the header: a quote "
                "is not closed"
            )
    return frame


def write(frame, path):
    """Write a table so that the same numbers always give the same bytes (nine significant digits in CSV)."""
    path = Path(path)
    if path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
    else:
        frame.to_csv(path, index=False, float_format="%.9g", lineterminator="\n")
    return path


def _schema(frame):
    """The types of a table's columns; a column in which nothing is filled in yet is text."""
    schema = pa.Schema.from_pandas(frame, preserve_index=False)
    fields = [field.with_type(pa.string()) if pa.types.is_null(field.type) else field for field in schema]
    return pa.schema(fields, schema.metadata)


@contextmanager
def writing(path):
    """Write a parquet table piece by piece, so that it never lies in memory whole: ``with writing(p) as write: …``.

    Every piece must have the columns of the first; an empty one is left out unless all are.
    """
    empty, writer = None, None

    def write(frame):
        nonlocal empty, writer
        if frame.empty:
            empty = frame if empty is None else empty
            return
        rows = pa.Table.from_pandas(frame, writer.schema if writer else _schema(frame), preserve_index=False)
        writer = writer or pq.ParquetWriter(path, rows.schema)
        writer.write_table(rows)

    try:
        yield write
    finally:
        if writer:
            writer.close()
    if writer is None and empty is not None:
        empty.to_parquet(path, index=False)


def why(reasons):
    """Join reasons by name, ``{'voice_f0_hz': 'unvoiced'}`` → ``'voice_f0_hz: unvoiced'``."""
    for name, reason in reasons.items():
        if reason not in REASONS:
            near = difflib.get_close_matches(reason, REASONS, 1)
            raise TableError(f"{name}: unknown reason {reason!r}; the nearest known one is {near or list(REASONS)}")
    return "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
