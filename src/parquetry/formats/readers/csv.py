"""
CSV: DuckDB's reader under orders, and a count of records that does not ask it.

Every byte is looked at before DuckDB is given the file, since it skips blank lines, takes quotes within
values for text, and reads what is no CSV at all as no rows. What is left to it, ragged rows, it refuses.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Sequence
from pathlib import Path

from parquetry.contracts import Contract, sql
from parquetry.contracts.sql import name, text
from parquetry.errors import BadInput
from parquetry.formats._lines import Lines, pieces
from parquetry.formats._normal import normalised
from parquetry.formats._outside import Outside
from parquetry.formats._place import Plain
from parquetry.formats._quotes import Signs
from parquetry.formats.parsed import LINE, Parsed, lacking
from parquetry.formats.shape import Shape

_DELIMITERS = (",", ";", "\t", "|")
_NAMES = {"\t": "a tab"}
_USUAL_RECORD = 2_000_000  # of DuckDB, which sets aside 16 times as much


def read(plain: Plain, shape: Shape, contract: Contract, temp: Path, given: Collection[str]) -> Parsed:
    """As `parsed.parsed`; nothing is written to *temp*."""
    asked = {f.name: shape.columns.get(f.name, f.name) for f in contract.fields}
    header: list[str] = []
    outside: Outside | None = None
    for piece in pieces(plain, shape):
        if outside is None:
            ends = b"\r\n" if piece.data[: piece.data.find(b"\n") + 1].endswith(b"\r\n") else b"\n"
            signs = Signs(shape.delimiter.encode(), shape.quote.encode(), ends)
            header = _header(plain, piece, shape, signs, set(asked.values()))
            outside = Outside(plain, signs, len(header), shape.max_line)
        outside.take(piece)
    if outside is None:
        raise BadInput(f"{plain.name}: line 1, byte 0: it is empty", file=plain.name, line=1, byte=0)
    rows = outside.end() - 1
    if not rows and not shape.empty:
        raise BadInput(
            f"{plain.name}: line 2: a header and no row", next="if that may be, declare empty = true",
            file=plain.name, line=2,
        )  # fmt: skip
    missing = lacking(plain.name, contract, asked, header, given)
    return _parsed(plain, shape, contract, header, rows, outside.longest, asked, missing)


def _parsed(
    plain: Plain, shape: Shape, contract: Contract, header: Sequence[str], rows: int, longest: int,
    asked: dict[str, str], missing: tuple[str, ...],
) -> Parsed:  # fmt: skip
    place = {column: f"c{i}" for i, column in enumerate(header)}
    values = []
    for f in contract.fields:
        column = place.get(asked[f.name])
        value = normalised(column, f.type, shape) if column else "NULL::VARCHAR"
        values.append(f"{value} AS {name(f.name)}")
    table = _table(plain, shape, len(header), longest)
    used = set(asked.values())
    return Parsed(
        rows, 0, (),
        select=f"SELECT {', '.join(values)} FROM {table}",
        numbered=f"SELECT {', '.join(values)}, row_number() OVER () + 1 AS {name(LINE)} FROM {table}",
        lacking=missing,
        beyond=tuple(column for column in header if column not in used),
    )  # fmt: skip


def _table(plain: Plain, shape: Shape, width: int, longest: int) -> str:
    # Columns go by their place, since DuckDB takes names that differ in case for the same.
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width))
    nulls = ", ".join(text(word) for word in shape.null) or "chr(0)"  # which no file has
    room = f", max_line_size = {longest + 1}, buffer_size = {4 * longest}" if longest > _USUAL_RECORD else ""
    quote = text(shape.quote)
    # Its new_line is not set: with CRLF it then finds no row at all. It finds the right one by itself.
    return (
        f"read_csv({sql.file(str(plain.path))}, columns = {{{columns}}}, auto_detect = false, header = false, "
        f"skip = 1, delim = {text(shape.delimiter)}, quote = {quote}, escape = {quote}, nullstr = [{nulls}], "
        f"comment = '', compression = 'none', hive_partitioning = false, "
        f"allow_quoted_nulls = true, strict_mode = true, null_padding = false, ignore_errors = false{room})"
    )


def _header(plain: Plain, first: Lines, shape: Shape, signs: Signs, asked: set[str]) -> list[str]:
    line = first.data[: first.data.find(b"\n") + 1] or first.data
    if signs.quote and line.count(signs.quote) % 2:
        raise plain.wrong("the header has a quote that does not end on its line", first.byte, line=1)
    names = _names(line.decode().rstrip("\r\n"), shape)
    if names and len(names) == 1 and names[0] not in asked:
        _require_delimiter(plain, first, shape, names[0])
    for i, column in enumerate(names or [""], 1):
        if not column.strip():
            raise plain.wrong(f"the header has no name for column {i} of {len(names) or 1}", first.byte, line=1)
    if twice := sorted({column for column in names if names.count(column) > 1}):
        shown = ", ".join(f"'{column}'" for column in twice)
        raise plain.wrong(f"the header has {shown} twice", first.byte, line=1)
    return names


def _names(line: str, shape: Shape) -> list[str]:
    if not shape.quote:
        return line.split(shape.delimiter)
    return next(csv.reader([line], delimiter=shape.delimiter, quotechar=shape.quote, strict=False), [])


def _require_delimiter(plain: Plain, first: Lines, shape: Shape, header: str) -> None:
    others = [d for d in _DELIMITERS if d != shape.delimiter and d in header]
    if others:
        likely = max(others, key=header.count)
        raise plain.wrong(
            f"the header has no {_said(shape.delimiter)}, and has {_said(likely)}",
            first.byte, line=1, next=f"declare delimiter = {likely!r} if its values are parted by that",
        )  # fmt: skip


def _said(delimiter: str) -> str:
    return _NAMES.get(delimiter, f"'{delimiter}'")
