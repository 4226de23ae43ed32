"""What a table is: promised columns with kinds and bounds, and one row per what."""

import difflib
from dataclasses import dataclass

import numpy as np
import pandas as pd


class TableError(ValueError):
    """A table does not keep its promise; the message says what was expected, what was found and what would work."""


@dataclass(frozen=True)
class Column:
    """One promise: a column's name, what it means (with its unit), its kind and its bounds.

    ``kind`` is ``number``, ``text`` or ``flag``; ``low`` and ``high`` are inclusive; ``missing`` allows NaN.
    """

    name: str
    meaning: str
    kind: str = "number"
    low: float = -np.inf
    high: float = np.inf
    missing: bool = False


@dataclass(frozen=True)
class Table:
    """A named table: one row per what, its columns, its key, and the prefixes under which more columns may come.

    ``optional`` columns may be absent; where one is there, it keeps its promise.
    """

    name: str
    one_row_per: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    optional: tuple[Column, ...] = ()

    @property
    def names(self):
        """The names of the promised columns, in order."""
        return [column.name for column in self.columns]

    def empty(self):
        """A table without rows that keeps every promise."""
        kinds = {"number": float, "text": str, "flag": bool}
        return pd.DataFrame({column.name: pd.Series(dtype=kinds[column.kind]) for column in self.columns})

    def check(self, frame, where=""):
        """Return ``frame`` if it keeps the table's promises, else raise :class:`TableError` naming the first break."""
        place = f"{where}: " if where else ""
        for column in (*self.columns, *(one for one in self.optional if one.name in frame)):
            self._check_column(frame, column, place)
        if {"start_s", "end_s"} <= set(frame.columns):
            start_s, end_s = (pd.to_numeric(frame[name], errors="coerce") for name in ("start_s", "end_s"))
            backwards = frame[end_s < start_s]
            if len(backwards):
                row = backwards.iloc[0]
                raise TableError(
                    f"{place}{self.name}: row {backwards.index[0]} ends before it starts "
                    f"(start_s {row['start_s']}, end_s {row['end_s']}); an interval is start_s <= t < end_s"
                )
        if self.key:
            twice = frame[frame.duplicated(list(self.key), keep=False)]
            if len(twice):
                keys = ", ".join(f"{name}={twice.iloc[0][name]}" for name in self.key)
                raise TableError(f"{place}{self.name}: two rows for {keys}; one row per {self.one_row_per}")
        return frame

    def _check_column(self, frame, column, place):
        if column.name not in frame.columns:
            near = difflib.get_close_matches(column.name, map(str, frame.columns), 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            found = ", ".join(map(str, frame.columns)) or "no columns"
            raise TableError(f"{place}{self.name}: no column {column.name!r} ({column.meaning}); found {found}{hint}")
        values = frame[column.name]
        if not column.missing and values.isna().any():
            row = values.index[values.isna()][0]
            raise TableError(f"{place}{self.name}: {column.name!r} is missing in row {row} ({column.meaning})")
        if column.kind != "number":
            return
        numbers = pd.to_numeric(values, errors="coerce")
        words = values[numbers.isna() & values.notna()]
        if len(words):
            raise TableError(
                f"{place}{self.name}: {column.name!r} holds {words.iloc[0]!r} in row {words.index[0]}; "
                f"expected a number ({column.meaning})"
            )
        outside = numbers[(numbers < column.low) | (numbers > column.high)]
        if len(outside):
            raise TableError(
                f"{place}{self.name}: {column.name!r} is {outside.iloc[0]:g} in row {outside.index[0]}; "
                f"expected {column.low:g} to {column.high:g} ({column.meaning})"
            )
