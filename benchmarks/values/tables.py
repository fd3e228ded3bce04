"""
The hostile values in a database: a table a type, so that a type which a tool refuses hides no other.

Values that a usual form of the type cannot hold have a table of their own. What a tool refuses is
tried once more value by value. Each table has the columns ``n`` and ``v``, and one NULL.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from tests.values.hostile import PINNED, SERVER, VALUES, Hostile

from benchmarks.values.kinds import Kind, kind_of


@dataclass(frozen=True, slots=True)
class Table:
    """
    Values of one type, in the database.

    Attributes:
        type: As declared.
        native: The DuckDB type that the page of types recommends for such values; empty: text.
        own: What PostgreSQL prints for each row; None is NULL.
        wire: The same in the form that the server sends to a client which asks for binary; None if there is none.
    """

    name: str
    type: str
    kind: Kind
    native: str
    own: tuple[str | None, ...]
    wire: tuple[bytes | None, ...]

    @property
    def values(self) -> int:
        """Without the NULL."""
        return len(self.own) - 1

    @property
    def singles(self) -> dict[str, int]:
        """Names of the tables with one of its values and the NULL, and which one."""
        return {f"{self.name}_{n}": n for n in range(self.values)}


def made(url: str, values: Sequence[Hostile] = VALUES) -> list[Table]:
    """A table for each of *values*, in an empty database."""
    with psycopg.connect(url, autocommit=True) as server:
        for statement in SERVER:
            server.execute(statement.encode())
        for setting, value in PINNED.items():
            server.execute("select set_config(%s, %s, false)", [setting, value])
        return [
            _table(server, f"{word}{i}", hostile, texts)
            for i, hostile in enumerate(values)
            for word, texts in (("plain", hostile.plain), ("beyond", hostile.beyond))
            if texts
        ]


def split(url: str, tables: list[Table]) -> None:
    """Make the tables of single values, where they are not there yet."""
    with psycopg.connect(url, autocommit=True) as server:
        for table in tables:
            for name, n in table.singles.items():
                server.execute(
                    f"create table if not exists {name} as select * from {table.name} "
                    f"where n in ({n}, {table.values})".encode()
                )


def _table(server: psycopg.Connection[Any], name: str, hostile: Hostile, values: tuple[str, ...]) -> Table:
    server.execute(f"create table {name} (n bigint primary key, v {hostile.type})".encode())
    insert = sql.SQL("insert into {} values ({}, {})")
    for n, value in enumerate((*values, None)):
        # A literal, which the type's own input function takes, whatever the driver thinks of the type.
        server.execute(insert.format(sql.Identifier(name), sql.Literal(n), sql.Literal(value)))
    kind = kind_of(server, name, "v")
    return Table(name, hostile.type, kind, hostile.native, _own(server, name), _wire(server, name))


def _own(server: psycopg.Connection[Any], name: str) -> tuple[str | None, ...]:
    """As ``COPY`` prints it: ``::text`` would strip the blanks of char(n), and add /32 to an address."""
    with server.cursor().copy(f"copy (select v from {name} order by n) to stdout".encode()) as copy:
        return tuple(value for (value,) in copy.rows())


def _wire(server: psycopg.Connection[Any], name: str) -> tuple[bytes | None, ...]:
    try:
        with server.cursor().copy(f"copy (select v from {name} order by n) to stdout (format binary)".encode()) as copy:
            return tuple(value and bytes(value) for (value,) in copy.rows())
    except psycopg.errors.UndefinedFunction:  # the type has no such form
        return (None,) * len(_own(server, name))
