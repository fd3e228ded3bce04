"""
In which type the values of a column are compared that was published in another before.

A number is compared as a number, a text with the text of a value, so that a column which is now
published otherwise does not make every row a changed one.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from parquetry.contracts.exact import exactly
from parquetry.lake.digest import quoted

_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT")
_FLOATS = ("FLOAT", "DOUBLE")
_WIDTHS = {"TINYINT": 3, "UTINYINT": 3, "SMALLINT": 5, "USMALLINT": 5, "INTEGER": 10, "UINTEGER": 10}
_READ = ("VARCHAR", "BOOLEAN", "DATE", "TIME", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "BLOB", *_INTEGERS, *_FLOATS)

COLUMN = "\0column\0"
"""Where the column goes; no SQL and no name has it."""


class Common(NamedTuple):
    """A type for both sides, and for each the SQL, with `COLUMN` for the column, that gives it."""

    type: str
    before_sql: str
    after_sql: str

    @property
    def numeric(self) -> bool:
        return self.type in (*_INTEGERS, *_FLOATS) or _measure(self.type) is not None


def between(before: str, after: str) -> Common:
    """The type in which values of the types *before* and *after* are compared."""
    if before == after:
        return Common(before, COLUMN, COLUMN)
    if number := _number(before, after):
        return Common(number, f"CAST({COLUMN} AS {number})", f"CAST({COLUMN} AS {number})")
    if {before, after} == {"DATE", "TIMESTAMP"}:
        return Common("TIMESTAMP", f"CAST({COLUMN} AS TIMESTAMP)", f"CAST({COLUMN} AS TIMESTAMP)")
    return Common("VARCHAR", _as_text(before, after), _as_text(after, before))


def column_sql(sql: str, name: str) -> str:
    """The SQL of one side for the column *name*."""
    return sql.replace(COLUMN, quoted(name))


def _number(before: str, after: str) -> str:
    """A type that holds the numbers of both; empty where one of them has none, or no exact one does."""
    both = (before, after)
    if all(t in _INTEGERS for t in both):
        return "HUGEINT"
    if any(t in _FLOATS for t in both) and all(_measure(t) or t in _FLOATS for t in both):
        return "DOUBLE"
    measures = [m for m in map(_measure, both) if m]
    if len(measures) < len(both):
        return ""
    whole, scale = max(w for w, _ in measures), max(s for _, s in measures)
    return f"DECIMAL({whole + scale},{scale})" if whole + scale <= 38 else ""


def _measure(type_: str) -> tuple[int, int] | None:
    """Digits before and after the point."""
    if found := re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", type_):
        return int(found[1]) - int(found[2]), int(found[2])
    return (_WIDTHS.get(type_, 20), 0) if type_ in _INTEGERS and type_ != "HUGEINT" else None


def _as_text(own: str, other: str) -> str:
    """The text of a value; of a text that reads as a value of *other*, the text of that value."""
    if own == "VARCHAR" and _is_read(other.removesuffix("[]")):
        return f"coalesce(CAST({exactly(COLUMN, 'VARCHAR', other)} AS VARCHAR), {COLUMN})"
    return f"CAST({COLUMN} AS VARCHAR)"


def _is_read(type_: str) -> bool:
    """Whether a text is read as a value of it; a list's as PostgreSQL writes an array."""
    return type_ in _READ or type_.startswith("DECIMAL")
