"""
The first draft of a project folder: what a schema says of its tables, and what a person would write from it.

`prisma` and `database` describe tables in the words below, `choice` finds keys, times and names in
them, `contract` and `folder` write the files. Nothing here writes to a disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from parquetry.contracts import Privacy
from parquetry.contracts.types import SourceType


@dataclass(frozen=True, slots=True)
class Column:
    """
    A column of the app's database.

    Attributes:
        name: As the database has it.
        values: Of an enum, or an array of one, what it may be.
        enum: The enum's own name; or empty.
        default: What the schema writes where nothing is given, in its own words; or empty.
        updated: The app writes the time anew whenever it changes the row.
        said: What the schema's author wrote about it, one line.
        privacy: What they marked it as; None if they did not.
    """

    name: str
    type: SourceType
    nullable: bool = False
    values: tuple[str, ...] = ()
    enum: str = ""
    default: str = ""
    updated: bool = False
    said: str = ""
    privacy: Privacy | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """Columns that name a row of another table, by its columns *keys*."""

    columns: tuple[str, ...]
    schema: str
    table: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """
    A table of the app's database.

    Attributes:
        schema: Empty where it is the one that the URL means.
        model: What the app calls it, if that is not the table's name; or empty.
        primary: Its primary key's columns; empty if it has none.
        unique: Columns that are unique together, NULLs aside; the primary key is not among them.
        indexed: First columns of its indexes.
        rows: About how many; None if nobody knows.
    """

    name: str
    columns: tuple[Column, ...]
    schema: str = ""
    model: str = ""
    primary: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    references: tuple[Reference, ...] = ()
    indexed: frozenset[str] = frozenset()
    said: str = ""
    rows: int | None = None

    @property
    def spoken(self) -> str:
        """Its name as ``table`` in parquetry.toml gives it."""
        return f"{self.schema}.{self.name}" if self.schema else self.name

    def column(self, name: str) -> Column | None:
        return next((c for c in self.columns if c.name == name), None)


@dataclass(frozen=True, slots=True)
class Description:
    """
    All the tables of an app.

    Attributes:
        origin: Where this was read: ``schema.prisma`` or ``the database app``; never a secret.
        kind: Which of the two.
        url: The name of the environment variable that holds the database's URL.
        enforced: The database itself holds references; else rows may name what is not there.
        left_out: What is there and not described, by name, with the reason.
    """

    origin: str
    kind: Literal["prisma", "database"]
    tables: tuple[Table, ...]
    url: str = "DATABASE_URL"
    enforced: bool = True
    left_out: Mapping[str, str] = field(default_factory=dict)
