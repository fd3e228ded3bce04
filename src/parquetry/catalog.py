"""
DuckDB over one snapshot: a view for each dataset, over the pinned list of its files, or a table.

The catalog file is a cache. It is built beside the old one and swapped in, so a program that
has the old one open keeps reading it and is no obstacle.
"""

from __future__ import annotations

import glob
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb

from parquetry.contracts import sql
from parquetry.contracts.exact import exactly
from parquetry.errors import Config, Integrity, Storage, Unsafe, did_you_mean
from parquetry.lake import Snapshot
from parquetry.lake.digest import quoted
from parquetry.lake.manifest import Dataset
from parquetry.lake.store import translating
from parquetry.lake.write import literal
from parquetry.scratch import scratch
from parquetry.stoppable import stoppable
from parquetry.text import Told, counted

Mode = Literal["view", "table", "live"]
"""What a catalog shows: the snapshot's files, a copy of them, or the sources as they are when it is asked."""

MARK = "parquetry_snapshot"
"""The view that says which snapshot a catalog shows."""

_OURS = "parquetry:"
_COPY = "parquetry_copy_of_"
_ABANDONED_SECONDS = 60  # a build that was killed left its file; building takes less than a second
OFFLINE: dict[str, Any] = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}


@dataclass(frozen=True, slots=True)
class Catalog(Told):
    """
    A catalog file that was built.

    Attributes:
        views: Their names in *schema*, one a dataset and the typed ones; in mode ``table`` the former are tables.
        problems: Macros that it has not, and why.
        evidence: What ``auto`` measured, and what it decided.
        still_views: In mode ``table``, the datasets that a table would change, and how.
        attach: In mode ``live``, what loads the extension and connects a DuckDB to the sources; without a password.
    """

    path: Path
    schema: str
    snapshot: int
    views: tuple[str, ...]
    mode: Mode = "view"
    problems: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    still_views: tuple[str, ...] = ()
    attach: tuple[str, ...] = ()

    def __str__(self) -> str:
        views = counted(len(self.views), "view")
        shown = {"view": f"{views} of", "table": f"{self._tables()} of", "live": f"{views} of the sources, as of"}
        told = f"catalog: {self.path}, schema {self.schema}, {shown[self.mode]} snapshot {self.snapshot}"
        left = [f"still a view: {said}" for said in self.still_views]
        problems = [f"without a macro: {problem}" for problem in self.problems]
        return "\n".join([*self.evidence, told, *left, *self._attaching(), *problems])

    def _tables(self) -> str:
        typed = [name for name in self.views if name.endswith("_typed") and name.removesuffix("_typed") in self.views]
        views = len(typed) + len(self.still_views)
        told = counted(len(self.views) - views, "table")
        return f"{told} and {counted(views, 'view')}" if views else told

    def _attaching(self) -> Iterator[str]:
        if self.attach:
            yield "before it is queried, with PGPASSWORD or ~/.pgpass at hand:"
            yield from (f"  {statement};" for statement in self.attach)


def build(
    snapshot: Snapshot,
    path: Path,
    schema: str,
    *,
    fill: Callable[[duckdb.DuckDBPyConnection], Iterable[str]] | None = None,
    config: Mapping[str, Any] | None = None,
) -> Catalog:
    """
    Make the catalog at *path* show *snapshot*.

    Args:
        fill: Adds to it, or changes it, before anybody sees it; gives the problems that it had.
        config: Of DuckDB while it builds.

    Raises:
        Unsafe: There is a DuckDB file at *path* that holds something of somebody else's.
        Integrity: A file of the snapshot is missing.
        Storage: The folder cannot be written.
    """
    with replacing(path) as unfinished, _connected(unfinished, config or {}) as connection:
        define(connection, snapshot, schema)
        problems = tuple(fill(connection)) if fill else ()
    return Catalog(path, schema, snapshot.number, (*snapshot.datasets, *typed_views(snapshot)), problems=problems)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """
    A file to build a catalog in; when that is done it takes the place of the one at *path*.

    Raises:
        Unsafe, Storage: As `build`.
    """
    _require_ours(path)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    with translating(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        for left in [unfinished, *path.parent.glob(f".{glob.escape(path.name)}.[0-9]*")]:
            if left == unfinished or time.time() - left.lstat().st_mtime > _ABANDONED_SECONDS:
                left.unlink(missing_ok=True)
        try:
            yield unfinished
            _built(path).write_text(str(unfinished.stat().st_ino))
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
            Path(f"{unfinished}.wal").unlink(missing_ok=True)
        # What another program still logs to the old file must not be replayed into the new one.
        Path(f"{path}.wal").unlink(missing_ok=True)


def define(connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, schema: str) -> None:
    """Create the views of *snapshot* in *schema*, and make it the one that plain names mean."""
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
    connection.execute(f"USE {quoted(schema)}")
    define_stored(connection, snapshot, snapshot.datasets)
    define_typed(connection, snapshot)
    mark(connection, snapshot)


def define_stored(connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, names: Iterable[str]) -> None:
    """Create the views of these datasets, over the pinned list of their files."""
    for name in names:
        dataset = snapshot.dataset(name)
        files = sql.files(str(path.resolve()) for path in snapshot.files(name))
        columns = ", ".join(map(quoted, dataset.schema))
        with _reading(name, snapshot):
            connection.execute(
                f"CREATE OR REPLACE VIEW {quoted(name)} AS "
                f"SELECT {columns} FROM read_parquet({files}, hive_partitioning = false)"
            )
        about = f"{_OURS} {dataset.relation} in snapshot {snapshot.number}, contract {dataset.contract.name}"
        connection.execute(f"COMMENT ON VIEW {quoted(name)} IS {literal(about)}")


@contextmanager
def _reading(name: str, snapshot: Snapshot) -> Iterator[None]:
    """A view looks into its first file, and a damaged footer ends in an error of no class of its own."""
    try:
        yield
    except duckdb.Error as error:
        if type(error) not in (duckdb.IOException, duckdb.InvalidInputException, duckdb.Error):
            raise
        raise Integrity(
            f"a file of {name} in snapshot {snapshot.number} cannot be read",
            what=str(error).splitlines()[0],
            next="parquetry verify shows all damage; restore the file from a backup, or parquetry export --full",
            dataset=name,
        ) from error


def define_typed(connection: duckdb.DuckDBPyConnection, snapshot: Snapshot) -> None:
    """Create the views that read text as values, over those of the datasets beside them."""
    for view, name in typed_views(snapshot).items():
        columns = ", ".join(_typed(snapshot.dataset(name)))
        connection.execute(f"CREATE OR REPLACE VIEW {quoted(view)} AS SELECT {columns} FROM {quoted(name)}")
        about = f"{_OURS} {name} with text read as what it means; beside it, in …_text, the text itself"
        connection.execute(f"COMMENT ON VIEW {quoted(view)} IS {literal(about)}")


def mark(connection: duckdb.DuckDBPyConnection, snapshot: Snapshot) -> None:
    """Create the view that says which snapshot is shown."""
    committed = literal(f"{snapshot.manifest.committed_at:%Y-%m-%d %H:%M:%S}")
    connection.execute(
        f"CREATE OR REPLACE VIEW {MARK} AS SELECT {snapshot.number} AS snapshot, "
        f"{committed}::TIMESTAMP AS committed_at, {literal(snapshot.manifest.sha256)} AS sha256"
    )
    connection.execute(f"COMMENT ON VIEW {MARK} IS '{_OURS} the snapshot that these views show'")


def as_tables(
    connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, indexes: Mapping[str, Sequence[Sequence[str]]]
) -> list[str]:
    """
    Put a table with the same rows, in the order of time, in the place of each dataset's view.

    Args:
        indexes: By dataset, the columns of each.

    Returns:
        The datasets that stay views, since their tables would have other values, and why.

    Raises:
        Config: An index on what is no column, or on values that DuckDB cannot index.
    """
    left = []
    for name in snapshot.datasets:
        dataset, copy = snapshot.dataset(name), f"{_COPY}{name}"
        order = f" ORDER BY {quoted(dataset.time)}" if dataset.time else ""
        signed = _negative_zeros(connection, name, dataset)
        if signed:  # of equal neighbours, RLE keeps the first
            connection.execute("SET disabled_compression_methods = 'rle'")
        _stoppable(connection, f"CREATE TABLE {quoted(copy)} AS SELECT * FROM {quoted(name)}{order}")
        if signed and (lost := _constant(connection, copy, signed)):
            connection.execute(f"DROP TABLE {quoted(copy)}")
            left.append(f"{name}: DuckDB's tables do not keep the sign of zero in {', '.join(lost)}")
            continue
        connection.execute(f"DROP VIEW {quoted(name)}")
        connection.execute(f"ALTER TABLE {quoted(copy)} RENAME TO {quoted(name)}")
        about = f"{_OURS} a copy of {name} in snapshot {snapshot.number}; the next sync makes it anew"
        connection.execute(f"COMMENT ON TABLE {quoted(name)} IS {literal(about)}")
        for number, columns in enumerate(indexes.get(name, ())):
            _index(connection, name, f"{name}_index_{number + 1}", columns, dataset.schema)
    return left


def _negative_zeros(connection: duckdb.DuckDBPyConnection, view: str, dataset: Dataset) -> list[str]:
    """The columns that hold -0, or may."""
    floating = {name: kind for name, kind in dataset.schema.items() if "DOUBLE" in kind or "FLOAT" in kind}
    tests = [
        f"{quoted(name)} = 0 AND signbit({quoted(name)})" if kind in ("DOUBLE", "FLOAT")
        else f"CAST({quoted(name)} AS VARCHAR) LIKE '%-0.0%'"
        for name, kind in floating.items()
    ]  # fmt: skip
    if not tests:
        return []
    asked = f"SELECT {', '.join(f'coalesce(bool_or({test}), false)' for test in tests)} FROM {quoted(view)}"
    found = stoppable(lambda: connection.execute(asked).fetchone(), connection.interrupt) or ()
    return [name for name, there in zip(floating, found, strict=True) if there]


def _constant(connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str]) -> list[str]:
    """Those of *columns* that are stored, for some rows, as one value: 0 and -0 are one to DuckDB there."""
    _stoppable(connection, "CHECKPOINT")
    rows = connection.execute(
        f"SELECT DISTINCT column_name FROM pragma_storage_info({literal(table)}) "
        "WHERE compression = 'Constant' AND segment_type IN ('DOUBLE', 'FLOAT')"
    ).fetchall()
    return [name for name in columns if (name,) in rows]


def _index(
    connection: duckdb.DuckDBPyConnection, table: str, name: str, columns: Sequence[str], schema: Mapping[str, str]
) -> None:
    failed = f"{table} cannot have an index on {', '.join(columns)}"
    for column in columns:
        if column not in schema:
            raise Config(f"{failed}: no column '{column}'{did_you_mean(column, schema)}", next="correct indexes = …")
    try:
        _stoppable(connection, f"CREATE INDEX {quoted(name)} ON {quoted(table)} ({', '.join(map(quoted, columns))})")
    except duckdb.Error as error:
        raise Config(failed, what=str(error).splitlines()[0], next="correct indexes = … in parquetry.toml") from error


def _stoppable(connection: duckdb.DuckDBPyConnection, statement: str) -> None:
    stoppable(lambda: connection.execute(statement), connection.interrupt)


def define_macros(connection: duckdb.DuckDBPyConnection, file: str, statements: Iterable[tuple[int, str]]) -> list[str]:
    """Run each CREATE MACRO, given with the line of *file* it begins on; gives what is wrong with some."""
    problems = []
    for line, statement in statements:
        try:
            connection.execute(statement)
        except duckdb.Error as error:
            problems.append(f"{file} line {line}: {str(error).splitlines()[0]}")
    return problems


def typed_views(snapshot: Snapshot) -> dict[str, str]:
    """
    The views that read text as values, by name, and the dataset of each.

    ``payments_typed`` has the columns of ``payments``; one that is published as text and can be read
    as a number or a time is of that type, and its text is beside it in ``<column>_text``. A time that
    its type cannot hold is NULL there. A dataset without such columns, or whose view's name is
    another dataset's, has no such view.
    """
    readable = {name for name in snapshot.datasets if any(c.reading for c in snapshot.dataset(name).columns)}
    views = {f"{name}_typed": name for name in sorted(readable)}
    return {view: name for view, name in views.items() if view not in snapshot.datasets}


def _typed(dataset: Dataset) -> Iterator[str]:
    taken = {name.lower() for name in dataset.schema}
    for column in dataset.columns:
        name = quoted(column.name)
        if not column.reading or f"{column.name}_text".lower() in taken:
            yield name
            continue
        yield f"{exactly(name, 'VARCHAR', column.reading)} AS {name}"
        yield f"{name} AS {quoted(f'{column.name}_text')}"


@contextmanager
def opened(snapshot: Snapshot, schema: str, *, memory: str, threads: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """
    A private DuckDB with the views of *snapshot*, whether or not a catalog file was built.

    Its zone is UTC, so that a day of a ``timestamptz`` is the same on every machine.
    """
    with scratch() as spill:  # DuckDB's own place is .tmp, where one stands
        config: dict[str, Any] = {"memory_limit": memory, "threads": threads, "temp_directory": str(spill), **OFFLINE}
        with closing(duckdb.connect(config=config)) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            define(connection, snapshot, schema)
            yield connection


def confine(connection: duckdb.DuckDBPyConnection, *folders: Path) -> None:
    """From now on no SQL on *connection* reads or writes a file outside of *folders*; nothing can undo that."""
    listed = ", ".join(literal(f"{folder.resolve()}/") for folder in folders)
    connection.execute(f"SET allowed_directories = [{listed}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


@contextmanager
def _connected(path: Path, config: Mapping[str, Any]) -> Iterator[duckdb.DuckDBPyConnection]:
    try:
        with closing(duckdb.connect(str(path), config={**config, **OFFLINE})) as connection:
            yield connection
    except duckdb.IOException as error:
        said = str(error).splitlines()[0]
        closed = said.endswith(("Permission denied", "Read-only file system"))
        raise Storage(
            f"{path.parent} cannot be written by DuckDB",
            what=said,
            next=f"check the rights of {path.parent}" if closed else "check the disk, then run again",
        ) from error


def _require_ours(path: Path) -> None:
    """Refuse to replace a file that holds more than what `build` makes."""
    if not path.exists():
        return
    try:
        with closing(duckdb.connect(str(path), read_only=True, config=dict(OFFLINE))) as old:
            found = old.execute(
                "SELECT schema_name || '.' || view_name, comment FROM duckdb_views() WHERE NOT internal "
                "UNION ALL SELECT schema_name || '.' || table_name, comment FROM duckdb_tables() WHERE NOT internal"
            ).fetchall()
    except duckdb.Error as error:
        if _built(path).exists() and _built(path).read_text() == str(path.stat().st_ino):
            return  # a program has our own file open for writing; it keeps that one
        raise Unsafe(
            f"{path} is there and cannot be looked into, so it is not replaced",
            what=str(error).splitlines()[0],
            next="close the program that has it open, or set [duckdb] path to another file",
        ) from error
    theirs = sorted(name for name, comment in found if not str(comment).startswith(_OURS))
    if theirs:
        raise Unsafe(
            f"{path} holds tables or views that parquetry did not make, so it is not replaced",
            what=", ".join(theirs[:5]) + (f" and {len(theirs) - 5} more" if len(theirs) > 5 else ""),
            next="move them to a database of their own and ATTACH the catalog there, or set [duckdb] path",
        )


def _built(path: Path) -> Path:
    """Beside the catalog: which file it was that we built, for when it cannot be opened."""
    return path.with_name(f".{path.name}.built")
