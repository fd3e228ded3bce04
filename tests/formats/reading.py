"""A report file read as a run reads it: hashed, parsed, its rows selected by DuckDB and counted."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import duckdb

from parquetry.contracts import Contract, Field
from parquetry.contracts.exact import exactly
from parquetry.contracts.sql import name as quoted
from parquetry.formats.content import hashed, require_same
from parquetry.formats.parsed import Parsed, parsed, translating
from parquetry.formats.shape import Shape

CONNECTION = duckdb.connect()  # making one takes longer than reading most files here
AB: Mapping[str, str] = {"a": "BIGINT", "b": "VARCHAR"}


def contract(fields: Mapping[str, str], required: Collection[str] = ()) -> Contract:
    """Fields by name and type, nullable but for those *required*."""
    return Contract("reports:Report", tuple(Field(n, t, nullable=n not in required) for n, t in fields.items()))


def read(
    path: Path,
    shape: Shape,
    fields: Mapping[str, str] = AB,
    *,
    required: Collection[str] = (),
    given: Collection[str] = (),
    columns: str = "*",
) -> tuple[Parsed, list[tuple[Any, ...]]]:
    """What was parsed, and the rows with their lines; the file has not changed and no row is lost."""
    content = hashed(path, path.name)
    temp = path.parent / "temp"
    temp.mkdir(exist_ok=True)
    found = parsed(path, shape, contract(fields, required), temp, name=path.name, given=given)
    with translating(path.name), CONNECTION.cursor() as connection:
        rows = connection.execute(f"select {columns} from ({found.numbered}) as r").fetchall()
        bare = connection.execute(f"select * from ({found.select}) as r").fetchall()
    require_same(path, content, path.name)
    assert found.rows == len(rows) == len(bare)
    return found, rows


def values(path: Path, shape: Shape, fields: Mapping[str, str] = AB) -> list[tuple[Any, ...]]:
    """The rows as the contract's types hold them, None for a misfit and for NULL alike."""
    cast = ", ".join(exactly(quoted(n), "VARCHAR", t) for n, t in fields.items())
    return read(path, shape, fields, columns=cast)[1]
