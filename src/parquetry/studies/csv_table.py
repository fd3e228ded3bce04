"""
A CSV file with a header as a DuckDB table: strict, and typed by all of its cells.

A column is of numbers, dates, times or truth values if every cell of it is, an empty one or NA aside;
else it is text, in which only an empty cell is missing. No cell is guessed, dropped or filled up.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from parquetry.errors import BadInput, did_you_mean
from parquetry.lake.digest import quoted
from parquetry.lake.store import translating
from parquetry.text import printable

NAME = "csv"
"""Of the table."""
_NOTHING = frozenset({"", "na", "nan", "null", "none"})
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]?inf(inity)?", re.ASCII | re.IGNORECASE)
_WHOLE = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_TRUTH = {"true": True, "false": False}
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Loaded:
    """
    The file as it was read.

    Attributes:
        columns: To their DuckDB types.
        strangers: Of a column of text, the first cell that is no number: its line, and what it holds.
        undated: The same with the first cell that is no date.
    """

    path: Path
    sha256: str
    columns: dict[str, str]
    strangers: dict[str, tuple[int, str]]
    undated: dict[str, tuple[int, str]]

    def require(self, column: str) -> str:
        """The column as the file writes it. Raises BadInput: there is none."""
        found = next((each for each in self.columns if each.lower() == column.lower()), None)
        if found is None:
            raise BadInput(
                f"{self.path}: no column '{column}'{did_you_mean(column, self.columns)}",
                what=f"columns: {', '.join(self.columns)}",
            )
        return found

    def require_numbers(self, expression: str) -> None:
        """Raise BadInput if *expression* is a column with a cell that is no number."""
        column = next((each for each in self.columns if each.lower() == expression.strip('"').lower()), "")
        if column not in self.strangers or self.columns[column] != "VARCHAR":
            return
        line, cell = self.strangers[column]
        raise BadInput(f"{self.path}, line {line}: not a number: {cell!r} in column '{column}'")

    def require_times(self, column: str) -> None:
        """Raise BadInput if *column* has a cell that is no date and no time of a date, or both kinds."""
        if self.columns[column] in ("DATE", "TIMESTAMP", "TIMESTAMPTZ"):
            return
        line, cell = self.undated.get(column, (0, ""))
        if line:
            raise BadInput(f"{self.path}, line {line}: not a date such as 2026-03-01: {cell!r} in column '{column}'")
        raise BadInput(f"{self.path}: the column '{column}' mixes dates, times and times with a zone")


def load(connection: duckdb.DuckDBPyConnection, path: Path) -> Loaded:
    """
    Make the table `NAME` of the file's rows, in their order; ``rowid`` counts them from 0.

    Raises:
        BadInput: No UTF-8, no header, a name twice, a row too short or too long, a quote left open.
        Storage: It cannot be read.
    """
    if not path.is_file():
        raise BadInput(f"{path} is not a file", next="name a CSV file")
    with translating(path):
        data = path.read_bytes()
    lines, rows = _rows(path, _text(path, data))
    header = _header(path, rows[0] if rows else [])
    for line, row in zip(lines[1:], rows[1:], strict=True):
        if len(row) != len(header):
            raise BadInput(f"{path}, line {line}: {len(row)} cells, and the header has {len(header)}; is the file cut?")
    columns = {name: [row[i] for row in rows[1:]] for i, name in enumerate(header)}
    kinds = {name: _kind(cells) for name, cells in columns.items()}
    if len(rows) < 2:
        raise BadInput(f"{path}: no row below the header")
    strangers = {name: found for name, cells in columns.items() if (found := _first(cells, lines[1:], _is_number))}
    undated = {name: found for name, cells in columns.items() if (found := _first(cells, lines[1:], _is_time))}
    items = ", ".join(f"unnest(${i + 1}::{kind}[]) AS {quoted(name)}" for i, (name, kind) in enumerate(kinds.items()))
    connection.execute(
        f"CREATE TABLE {quoted(NAME)} AS SELECT {items}",
        [[_MADE[kinds[name]](cell) for cell in cells] for name, cells in columns.items()],
    )
    return Loaded(path, hashlib.sha256(data).hexdigest(), kinds, strangers, undated)


def _text(path: Path, data: bytes) -> str:
    if b"\0" in data:
        raise BadInput(f"{path}, line {data.count(10, 0, data.index(0)) + 1}: a NUL byte; this is no CSV file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadInput(f"{path}, line {line}: not UTF-8") from None


def _rows(path: Path, text: str) -> tuple[list[int], list[list[str]]]:
    """The line on which each row begins, and its cells; wholly empty lines are none."""
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
    lines, rows, line = [], [], 1
    try:
        for row in reader:
            if row:
                lines.append(line)
                rows.append(row)
            line = reader.line_num + 1
    except csv.Error as error:
        raise BadInput(f"{path}, line {reader.line_num}: {error}") from None
    return lines, rows


def _header(path: Path, names: Sequence[str]) -> list[str]:
    found = [name.strip() for name in names]
    if not found or not all(found):
        raise BadInput(f"{path}: no header: its first line names the columns", what=f"it is {list(names)!r}"[:200])
    lower = [name.lower() for name in found]
    twice = next((name for name in found if lower.count(name.lower()) > 1), None)
    if twice:
        raise BadInput(f"{path}: the column '{twice}' is there twice")
    return found


def _missing(cell: str) -> bool:
    return cell.strip().lower() in _NOTHING


def _kind(cells: Sequence[str]) -> str:
    there = [cell.strip() for cell in cells if not _missing(cell)]
    if not there:
        return "DOUBLE" if cells else "VARCHAR"
    if all(map(_WHOLE.fullmatch, there)):
        return "BIGINT"
    if all(map(_NUMBER.fullmatch, there)):
        return "DOUBLE"
    if all(cell.lower() in _TRUTH for cell in there):
        return "BOOLEAN"
    if all(map(_DATE.fullmatch, there)) and _all(date.fromisoformat, there):
        return "DATE"
    if all(map(_TIME.fullmatch, there)) and _all(datetime.fromisoformat, there):
        zoned = {datetime.fromisoformat(cell).utcoffset() is not None for cell in there}
        if len(zoned) == 1:
            return "TIMESTAMPTZ" if True in zoned else "TIMESTAMP"
    return "VARCHAR"


def _all(made: Callable[[str], Any], cells: Sequence[str]) -> bool:
    try:
        for cell in cells:
            made(cell)
    except ValueError:
        return False
    return True


def _first(cells: Sequence[str], lines: Sequence[int], fits: Callable[[str], bool]) -> tuple[int, str] | None:
    """The first cell that does not fit, and its line."""
    for line, cell in zip(lines, cells, strict=True):
        if not _missing(cell) and not fits(cell.strip()):
            return line, printable(cell)[:_SHOWN]
    return None


def _is_number(cell: str) -> bool:
    return _NUMBER.fullmatch(cell) is not None


def _is_time(cell: str) -> bool:
    return (_DATE.fullmatch(cell) or _TIME.fullmatch(cell)) is not None and _all(datetime.fromisoformat, [cell])


def _or_nothing(made: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda cell: None if _missing(cell) else made(cell.strip())


_MADE: dict[str, Callable[[str], Any]] = {
    "BIGINT": _or_nothing(int),
    "DOUBLE": _or_nothing(float),
    "BOOLEAN": _or_nothing(lambda cell: _TRUTH[cell.lower()]),
    "DATE": _or_nothing(date.fromisoformat),
    "TIMESTAMP": _or_nothing(datetime.fromisoformat),
    "TIMESTAMPTZ": _or_nothing(datetime.fromisoformat),
    "VARCHAR": lambda cell: cell or None,
}
