"""
Where rows come from: the words every kind of source shares.

A source is read through a `Reading`: one open, consistent look. It hands out SQL for a
DuckDB connection that it has prepared; it never writes, and it knows nothing of lakes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, Self

import duckdb

from parquetry.contracts import Contract


@dataclass(frozen=True, slots=True)
class Position:
    """
    Which state of a source was read: enough to tell later whether two files belong together.

    Attributes:
        source: Its name in parquetry.toml.
        kind: ``postgres``, ``files`` …
        clock: The source's own clock at the snapshot, with zone UTC. Time rules use it.
        facts: For PostgreSQL: ``database``, ``system_identifier``, ``lsn``, ``snapshot``,
            ``server_version``, ``state``. Plain JSON values, never a secret.
    """

    source: str
    kind: str
    clock: datetime
    facts: Mapping[str, Any]

    @property
    def state(self) -> str | None:
        """Where two positions have the same, every `Table.stored` has the same rows; None: nobody can tell."""
        found = self.facts.get("state")
        return str(found) if found else None


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the source describes it: ``type`` in the source's own words; *values* of an enum, in its order."""

    name: str
    type: str
    nullable: bool
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """
    A table, view, materialized view or partitioned table.

    Attributes:
        schema, name: Exactly as in the source; never pasted into SQL unquoted.
        kind: ``table``, ``view``, ``materialized view``, ``partitioned table``, ``foreign table``.
        rows_estimate: From the source's statistics; -1 if it has none.
        stored: Nothing but a write to the source changes its rows: it is no view, and survives a crash.
    """

    schema: str
    name: str
    kind: str
    columns: tuple[Column, ...]
    rows_estimate: int = -1
    stored: bool = False

    def column(self, name: str) -> Column | None:
        """The column of exactly that name, or None."""
        return next((c for c in self.columns if c.name == name), None)


@dataclass(frozen=True, slots=True)
class Window:
    """
    The part of a table to read, in the time column's own terms.

    Attributes:
        column: The time column; None reads everything.
        ranges: Half-open ``[since, until)``, either end None for open; rows in any of them are
            read, and rows whose time is NULL, or in no month, always are. Empty: everything.
        where: Equality filters with bound values: ``{"userId": "c…"}``.
    """

    column: str | None = None
    ranges: tuple[tuple[datetime | None, datetime | None], ...] = ()
    where: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """
    How one column is read: decided once, by `contracts.types`, for source and contract together.

    Attributes:
        source_type: The source's own word for it.
        type: The DuckDB type that is staged.
        native: Whether the reader may decode it; otherwise the source sends it as text.
        misfits: Values in the window that the contract's type cannot hold; then it is text.
        narrow: They are so because the contract asks for less than the source's type has.
        reading: The DuckDB type in which its text may be read as well; or empty.
        because: Why it is read so, as a person would say it.
    """

    name: str
    source_type: str
    type: str
    native: bool
    misfits: int = 0
    narrow: bool = False
    reading: str = ""
    because: str = ""

    @property
    def as_text(self) -> Published:
        """The same column, sent as text."""
        return replace(self, type="VARCHAR", native=False)


@dataclass(frozen=True, slots=True)
class Look:
    """
    What a source says of one table and window before it is read.

    Attributes:
        columns: One for each field of the contract, in its order.
        rows: Rows by month ``YYYY-MM``, ``null`` where the time is NULL or in no month of the years
            1 to 9999; all under ``all`` if no month was asked for. Months without rows are absent.
        misfits: Of each of these, the columns that have some and how many.
        in_order: How far rows lie in the order of *month_of*, from 0 to 1 (either way round); None if
            the source does not know.
        row_bytes: What a row takes in the source, roughly; None if that is not known.
        signed_zeros: A column of floats has a -0, which a Parquet dictionary of DuckDB's takes for 0.
    """

    columns: tuple[Published, ...]
    rows: Mapping[str, int]
    misfits: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    in_order: float | None = None
    row_bytes: int | None = None
    signed_zeros: bool = False

    @property
    def total(self) -> int:
        return sum(self.rows.values())


class Opened(Protocol):
    """One open look at a source of any kind, of one moment."""

    @property
    def position(self) -> Position: ...

    def close(self) -> None:
        """Release the moment. Never raises; a second time does nothing."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Reading(Opened, Protocol):
    """
    One open, consistent look at a source of tables.

    Everything it answers is of one moment, `position`. Closing it releases the moment.
    """

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The DuckDB connection in which the SQL of `rows` means something."""

    def table(self, candidates: Sequence[str]) -> Table:
        """
        The first of *candidates* that exists: ``name`` or ``schema.name``, taken literally first.

        Raises:
            NoSuchTable: None does; the message names what exists.
            Denied: It exists but may not be read.
        """

    def look(self, table: Table, contract: Contract, window: Window, month_of: str | None = None) -> Look:
        """
        Look at the values in *window*: how each field of *contract* will be read, and how many rows
        there are by month of the column *month_of*.

        Raises:
            SchemaDrift: A column is missing, or cannot be published as the contract says
                without changing values.
            Denied: A column may not be read.
        """

    def rows(self, table: Table, columns: Sequence[Published], window: Window) -> str:
        """A DuckDB ``SELECT`` of exactly *columns* over *window*; streams when it is run."""

    def standing(self, table: Table, columns: Sequence[Published], window: Window, alias: str) -> str:
        """
        As `rows`, for a view that outlives this reading: its DuckDB has the source attached as *alias*.

        A value that the type of its column cannot hold ends such a query with an error, whenever it comes.
        """

    def attachment(self, alias: str) -> str:
        """The statement that attaches the source to a DuckDB as *alias*, read-only; it holds no password."""

    def run(self, sql: str, *, progress: Callable[[], float] | None = None) -> list[tuple[Any, ...]]:
        """
        Run a DuckDB statement over `rows`, watched, and give its result.

        An interruption comes through at once. After an error the reading is spent.

        Args:
            progress: A number that grows while there is progress, such as bytes written; it is
                called from this thread.

        Raises:
            SourceDown, Busy, Denied, Stalled, Storage: As the source or the disk says.
        """

    def months(self, table: Table, key: Sequence[str], time: str, keys: Sequence[Sequence[object]]) -> list[str | None]:
        """
        The month in which the row of each key is now, ``YYYY-MM`` or ``null``; None: no such row.

        Args:
            keys: Values of the columns *key*, as Python values or as text.
        """
