"""SQL over one snapshot: the views of its datasets, whether or not a catalog was synced."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from parquetry import casts, catalog
from parquetry.errors import Config, MissingExtra, Usage
from parquetry.lake import Lake, Snapshot
from parquetry.lake.digest import quoted
from parquetry.lake.write import literal, translating
from parquetry.project import Project, asking, queries
from parquetry.project.queries import NamedQuery
from parquetry.stoppable import stoppable
from parquetry.text import Told, printable, shortest, table

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow


ROWS_SHOWN = 50
WIDEST = 80

_VARIABLE = re.compile(r"getvariable\('(\w+)'\)")  # what `asking.ready` makes of $name
_FORMATS = {
    "csv": ("FORMAT csv, HEADER", casts.for_csv),
    "json": ("FORMAT json, ARRAY true", casts.for_json),
    "parquet": ("FORMAT parquet, COMPRESSION zstd", casts.for_frames),
}


@dataclass(frozen=True)
class Queried:
    """
    The rows that a query gave, the snapshot they are of, and how long DuckDB took to plan and run it.

    Attributes:
        of_snapshot: False where the SQL names nothing of a snapshot: its rows prove nothing of one.
    """

    frame: polars.DataFrame
    snapshot: int
    seconds: float
    of_snapshot: bool = True

    def __str__(self) -> str:
        """The first fifty rows; long values are cut, numbers never."""
        single = [str(dtype) == "Float32" for dtype in self.frame.dtypes]
        rows = self.frame.head(ROWS_SHOWN).rows()
        shown = [[_shown(value, single=s) for value, s in zip(row, single, strict=True)] for row in rows]
        left = len(self.frame) - ROWS_SHOWN
        head = [printable(name) for name in self.frame.columns]
        return table(head, shown) + (f"\n… {left:,} more rows" if left > 0 else "")

    def _repr_html_(self) -> str:
        return str(self.frame._repr_html_())

    def arrow(self) -> pyarrow.Table:
        """The rows as an Arrow table. Needs the extra ``arrow``."""
        try:
            return self.frame.to_arrow()
        except ModuleNotFoundError:
            raise MissingExtra("arrow", "an Arrow table") from None

    def pandas(self) -> pandas.DataFrame:
        """The rows as a pandas frame with Arrow types. Needs the extra ``pandas``."""
        try:
            return self.frame.to_pandas(use_pyarrow_extension_array=True)
        except ModuleNotFoundError:
            raise MissingExtra("pandas", "a pandas frame") from None

    def as_json(self) -> dict[str, Any]:
        """Plain values: ``snapshot``, ``seconds``, ``columns`` (name to type), ``rows``."""
        return {
            "snapshot": self.snapshot,
            "seconds": self.seconds,
            "columns": {name: str(dtype) for name, dtype in self.frame.schema.items()},
            "rows": [{name: _json_value(v) for name, v in row.items()} for row in self.frame.iter_rows(named=True)],
        }


@dataclass(frozen=True, slots=True)
class Saved:
    """A file that a query's rows were written to; *of_snapshot* as in `Queried`."""

    path: Path
    rows: int
    snapshot: int
    seconds: float
    of_snapshot: bool = True


@dataclass(frozen=True, slots=True)
class Explained(Told):
    """DuckDB's plan for a query, and the snapshot it is for."""

    plan: str
    snapshot: int

    def __str__(self) -> str:
        return self.plan


def query(
    project: Project,
    sql: str,
    *,
    at: int | str | date | None = None,
    printed: bool = False,
    params: Mapping[str, str] | None = None,
) -> Queried:
    """
    Run one SQL statement; plain names mean the datasets of the snapshot *at*.

    ``research@41.events``, ``research@tag:paper.events`` and ``research@2026-11-21.events`` mean those of
    another one. What ``queries/macros.sql`` defines is there too.

    Args:
        printed: Give times and bytes as DuckDB prints them, for people and for JSON.
        params: Values for ``$name`` in the SQL, as text. They are bound, in the type that a comment line
            ``-- @param name TYPE`` before the SQL declares, else as text.

    Raises:
        Usage: DuckDB does not understand it, or it does not only read; the message is DuckDB's own.
            Or a parameter is missing, unknown, or not of its type.
        NoSuchSnapshot: There is none such.
        Config: A macro is wrong.
    """
    import polars  # heavy, and not needed where a query fails

    with _relation(project, sql, at, params) as (connection, relation, snapshot, began):
        chosen = _selected(relation, casts.for_people if printed else casts.for_frames)
        frame = stoppable(lambda: polars.DataFrame(chosen), connection.interrupt)
        seconds = time.perf_counter() - began
        return Queried(frame, snapshot.number, seconds, asking.of_snapshot(project, snapshot, sql))


def save(
    project: Project,
    sql: str,
    target: Path,
    form: str,
    *,
    at: int | str | date | None = None,
    params: Mapping[str, str] | None = None,
) -> Saved:
    """
    As `query`, but DuckDB streams the rows to *target* itself, in flat memory.

    Args:
        form: ``csv``, ``json`` (one array) or ``parquet``.

    Raises:
        Usage, NoSuchSnapshot, Config: As `query`.
        Storage: *target* cannot be written.
    """
    options, cast = _FORMATS[form]
    with _relation(project, sql, at, params) as (connection, relation, snapshot, began), translating(target):
        chosen = _selected(relation, cast)
        chosen.create_view("answer", replace=True)
        if form == "parquet" and any("DOUBLE" in str(t) or "FLOAT" in str(t) for t in chosen.types):
            options += ", DICTIONARY_SIZE_LIMIT 0"  # DuckDB's dictionaries take -0 for 0, see `write.stage`
        copy = f"COPY (FROM answer) TO {literal(target)} ({options})"
        (rows,) = stoppable(lambda: connection.execute(copy).fetchone(), connection.interrupt) or (0,)
        seconds = time.perf_counter() - began
        return Saved(target, rows, snapshot.number, seconds, asking.of_snapshot(project, snapshot, sql))


def explain(
    project: Project, sql: str, *, at: int | str | date | None = None, params: Mapping[str, str] | None = None
) -> Explained:
    """DuckDB's plan for *sql*. Raises as `query`."""
    with _asked(project, sql, at, params) as (connection, ready, snapshot):
        rows = connection.execute(f"EXPLAIN {ready}").fetchall()
        return Explained("\n".join(str(row[1]).rstrip() for row in rows), snapshot.number)


@contextmanager
def _relation(
    project: Project, sql: str, at: int | str | date | None, params: Mapping[str, str] | None
) -> Iterator[tuple[duckdb.DuckDBPyConnection, duckdb.DuckDBPyRelation, Snapshot, float]]:
    with _asked(project, sql, at, params) as (connection, ready, snapshot):
        began = time.perf_counter()
        yield connection, connection.sql(ready), snapshot, began


@contextmanager
def _asked(
    project: Project, sql: str, at: int | str | date | None, params: Mapping[str, str] | None
) -> Iterator[tuple[duckdb.DuckDBPyConnection, str, Snapshot]]:
    settings = project.settings
    lake = Lake(settings.lake_path)
    lake.mend()
    snapshot = lake.snapshot(at)
    with catalog.opened(
        snapshot, settings.duckdb_schema, memory=settings.memory_limit, threads=settings.threads
    ) as connection:
        try:
            yield connection, asking.ready(connection, project, lake, sql, params or {}), snapshot
        except duckdb.Error as error:
            raise Usage(
                "DuckDB cannot run this query",
                what=[line for line in str(error).splitlines() if line.strip()][:6],
                next=f"datasets: {', '.join(snapshot.datasets)}",
            ) from error


def _selected(relation: duckdb.DuckDBPyRelation, cast: Callable[[str, str], str]) -> duckdb.DuckDBPyRelation:
    """Every column under a name of its own, in a type that can leave DuckDB as it is."""
    names = casts.unique_names([_VARIABLE.sub(r"$\1", name) for name in relation.columns])
    items = ", ".join(f"{cast(n, str(t))} AS {quoted(n)}" for n, t in zip(names, relation.types, strict=True))
    renamed = ", ".join(map(quoted, names))
    return relation.query("rows_of_query", f"SELECT {items} FROM rows_of_query AS t({renamed})")


def _shown(value: object, *, single: bool) -> object:
    if value is None:
        return None
    text = shortest(value, single=single) if isinstance(value, float) else printable(str(value))
    return f"{text[:WIDEST]}…" if len(text) > WIDEST else text


def _json_value(value: object) -> object:
    """Whole decimals as integers, since a sum of integers is one; what JSON cannot say as text."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and value.as_tuple().exponent == 0 else str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, list):
        return [_json_value(v) for v in value]
    if isinstance(value, dict):
        return {k: _json_value(v) for k, v in value.items()}
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def named(project: Project, name: str) -> str:
    """
    The SQL of a query in ``queries/NAME.sql``.

    Raises:
        Usage: There is no such file; the message names those that exist.
        Config: Its parameters cannot be read.
    """
    return queries.found(project.queries, name).sql


@dataclass(frozen=True, slots=True)
class Listed(Told):
    """
    The named queries of a project.

    Attributes:
        unreadable: Those whose file cannot be read, by name, and why.
    """

    queries: tuple[NamedQuery, ...]
    unreadable: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = [
            line for q in self.queries for line in (q.name, f"  {q.help}", *(f"  --param {p}" for p in q.parameters))
        ]
        lines += [line for name, why in self.unreadable.items() for line in (name, f"  cannot be read: {why}")]
        return "\n".join(lines) if lines else "no query yet; put NAME.sql into queries/"

    def as_json(self) -> dict[str, Any]:
        """Plain values: ``queries``, each with ``name``, ``help``, ``parameters``; ``unreadable``."""
        return {
            "queries": [
                {"name": q.name, "help": q.help, "parameters": [asdict(p) for p in q.parameters]} for q in self.queries
            ],
            "unreadable": dict(self.unreadable),
        }


def listed(project: Project) -> Listed:
    """The named queries with their help and parameters, and those that cannot be read."""
    found: list[NamedQuery] = []
    unreadable: dict[str, str] = {}
    for name in (n for n in project.queries if n != queries.MACROS):
        try:
            found.append(queries.found(project.queries, name))
        except Config as error:
            unreadable[name] = error.failed
    return Listed(tuple(found), unreadable)
