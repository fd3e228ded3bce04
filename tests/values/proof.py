"""
What the proofs here share: tables of values, PostgreSQL's own text of them, and the three readers.

Nothing here is parquetry's, so that its mistakes are not repeated: the text is what ``COPY`` prints,
and Python's own classes say what it means.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import polars
import psycopg
import pyarrow.parquet
from psycopg import sql

from .hostile import PINNED

PANDERA = {
    "BOOLEAN": "bool", "SMALLINT": "pl.Int16", "INTEGER": "pl.Int32", "BIGINT": "int", "UINTEGER": "pl.UInt32",
    "FLOAT": "pl.Float32", "DOUBLE": "float", "BLOB": "pl.Binary", "DATE": "pl.Date", "TIME": "pl.Time",
    "TIMESTAMP": "pl.Datetime('us')", "TIMESTAMP WITH TIME ZONE": "pl.Datetime('us', 'UTC')", "VARCHAR": "str",
}  # fmt: skip

_POLARS = {"bool": "pl.Boolean", "int": "pl.Int64", "float": "pl.Float64", "str": "pl.String"}

MODEL = """
import polars as pl
from pandera.polars import DataFrameModel, Field


class {name}(DataFrameModel):
    n: int
"""

DATASET = """
[datasets.{name}]
source = "app"
table = "{table}"
contract = "contracts.{module}:{name}"
key = ["n"]
"""


class Column(NamedTuple):
    """
    A column of a table of values.

    Attributes:
        type: PostgreSQL's, as declared.
        texts: One for each row from 0, as the type's input function takes it; None is NULL.
        native: The DuckDB type that the contract asks for; ``VARCHAR`` is `str` there.
    """

    type: str
    texts: Sequence[str | None]
    native: str = "VARCHAR"


Table = Mapping[str, Column]
Rows = list[tuple[Any, ...]]
"""Ordered by n, which is not among the values."""


def fill(server: psycopg.Connection[Any], name: str, table: Table) -> None:
    """Make the table with one more row than values, so that each column has a NULL too."""
    declared = ", ".join(f'"{column}" {c.type}' for column, c in table.items())
    server.execute(f"create table {name} (n bigint primary key, {declared})".encode())
    height = max(len(c.texts) for c in table.values()) + 1
    for n in range(height):
        values = [c.texts[n] if n < len(c.texts) else None for c in table.values()]
        # Literals, which the type's own input function takes, whatever the driver thinks of the type.
        row = sql.SQL(", ").join([sql.Literal(n), *(sql.Literal(value) for value in values)])
        server.execute(sql.SQL("insert into {} values ({})").format(sql.Identifier(name), row))


def printed(server: psycopg.Connection[Any], name: str, columns: Iterable[str]) -> Rows:
    """What PostgreSQL itself prints for every value."""
    for setting, value in PINNED.items():
        server.execute("select set_config(%s, %s, false)", [setting, value])
    wanted = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("copy (select {} from {} order by n) to stdout").format(wanted, sql.Identifier(name))
    with server.cursor().copy(statement) as copy:
        return list(copy.rows())


def model(name: str, table: Table, metadata: str = "") -> str:
    """The source of a contract that asks for the table's native types."""
    fields = [f"    {column}: {declared(c.native)} = Field(nullable=True{metadata})" for column, c in table.items()]
    return MODEL.format(name=name) + "\n".join(fields) + "\n"


def declared(native: str) -> str:
    """A DuckDB type as Pandera on polars has it."""
    if native.endswith("[]"):
        inner = declared(native[:-2])
        return f"pl.List({_POLARS.get(inner, inner)})"
    return PANDERA.get(native) or re.sub("^DECIMAL", "pl.Decimal", native)


def by_duckdb(files: Sequence[Path], columns: Sequence[str]) -> Rows:
    paths = [str(file) for file in files]
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        found = con.execute("DESCRIBE SELECT * FROM read_parquet($1, hive_partitioning = false)", [paths]).fetchall()
        types = {name: type for name, type, *_ in found}
        # DuckDB hands over a moment with a zone only with pytz; its text says the same.
        zoned = {column for column in columns if types[column].startswith("TIMESTAMP WITH TIME ZONE")}
        wanted = ", ".join(_as_text(column, types[column]) if column in zoned else f'"{column}"' for column in columns)
        statement = f"SELECT {wanted} FROM read_parquet($1, hive_partitioning = false) ORDER BY n"
        rows = con.execute(statement, [paths]).fetchall()
    return [tuple(_moment(v) if c in zoned else v for c, v in zip(columns, row, strict=True)) for row in rows]


def _as_text(column: str, type: str) -> str:
    return f'"{column}"::VARCHAR' + "[]" * type.endswith("[]")


def _moment(value: Any) -> Any:
    if isinstance(value, list):
        return [_moment(element) for element in value]
    return value and datetime.fromisoformat(value)


def by_polars(files: Sequence[Path], columns: Sequence[str]) -> Rows:
    return polars.read_parquet(list(files), hive_partitioning=False).sort("n").select(columns).rows()


def by_pyarrow(files: Sequence[Path], columns: Sequence[str]) -> Rows:
    tables = [pyarrow.parquet.ParquetFile(file).read() for file in files]
    table = pyarrow.concat_tables(tables).sort_by("n")
    return list(zip(*(table.column(column).to_pylist() for column in columns), strict=True))


READERS: dict[str, Callable[[Sequence[Path], Sequence[str]], Rows]] = {
    "duckdb": by_duckdb, "polars": by_polars, "pyarrow": by_pyarrow,
}  # fmt: skip


def published(lake: Path, dataset: str) -> list[Path]:
    """The files of a dataset as somebody else's program finds them."""
    return sorted((lake / "current" / dataset).resolve().rglob("*.parquet"))


def meant(text: str | None, native: str) -> Any:
    """What PostgreSQL's *text* means in *native*, in a form in which equal is the same to the last bit."""
    if text is None:
        return None
    if native.endswith("[]"):
        return [meant(element, native[:-2]) for element in elements(text)]
    return same(_CLASSES.get(native, Decimal)(text))


def same(value: Any) -> Any:
    """A reader's value in that form."""
    if value is None:
        return None
    if isinstance(value, list):
        return [same(element) for element in value]
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else struct.pack(">d", value)
    if isinstance(value, datetime) and value.tzinfo:
        return ("UTC", value.astimezone(UTC).replace(tzinfo=None))
    return (type(value).__name__, value)


def _single(text: str) -> float:
    """The nearest float of 32 bits."""
    found: float = struct.unpack(">f", struct.pack(">f", float(text)))[0]
    return found


_CLASSES: dict[str, Callable[[str], Any]] = {
    "BOOLEAN": {"t": True, "f": False}.__getitem__, "SMALLINT": int, "INTEGER": int, "BIGINT": int, "UINTEGER": int,
    "FLOAT": _single, "DOUBLE": float, "BLOB": lambda text: bytes.fromhex(text.removeprefix("\\x")),
    "DATE": date.fromisoformat, "TIME": time.fromisoformat, "TIMESTAMP": datetime.fromisoformat,
    "TIMESTAMP WITH TIME ZONE": datetime.fromisoformat, "VARCHAR": str,
}  # fmt: skip


def elements(text: str) -> list[str | None]:
    """The elements of a one-dimensional array, read letter by letter as PostgreSQL's manual says."""
    assert text[0] == "{" and text[-1] == "}"
    found: list[str | None] = []
    word, in_quotes, was_quoted = "", False, False
    letters = iter(text[1:-1] + ",")
    if text == "{}":
        return []
    for letter in letters:
        if letter == "\\":
            word += next(letters)
        elif letter == '"':
            in_quotes, was_quoted = not in_quotes, True
        elif letter == "," and not in_quotes:
            found.append(None if word == "NULL" and not was_quoted else word)
            word, was_quoted = "", False
        else:
            word += letter
    return found
