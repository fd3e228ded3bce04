"""What differs between two snapshots: datasets, columns, rows, and the answers of named queries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import date

import duckdb

from parquetry import catalog
from parquetry.errors import Integrity, NoSuchDataset, ParquetryError, Storage, did_you_mean
from parquetry.lake import Lake, Snapshot
from parquetry.lake.compare import compared
from parquetry.lake.differences import DatasetDiff
from parquetry.lake.digest import quoted
from parquetry.lake.write import literal, translating
from parquetry.project import Project
from parquetry.project.asking import ready
from parquetry.project.queries import MACROS
from parquetry.project.toml import read_text
from parquetry.scratch import scratch
from parquetry.stoppable import stoppable
from parquetry.verbs.diffed import Diffed, QueryDiff

_SIDES = ("parquetry_before", "parquetry_after")

Reference = int | str | date | None


def diff(
    project: Project,
    before: Reference,
    after: Reference = None,
    *,
    datasets: Sequence[str] = (),
    rows: int = 0,
    queries: bool = True,
) -> Diffed:
    """
    Compare two snapshots of the project's lake.

    Rows are recognised by the dataset's key; without one they are compared whole. What has the same
    content by the manifests is not read.

    Args:
        before, after: A number, ``tag:NAME``, a date or a time; None is the current snapshot.
        datasets: Only these; all by default.
        rows: How many examples to give of added, removed and changed rows each. Sensitive values,
            and those of columns that no contract of the project knows, are masked.
        queries: Run the named queries at both; one that needs a parameter's value is passed over, and said to be.

    Raises:
        NoSuchSnapshot, NoSuchDataset: There is none such.
        Integrity: A file of a snapshot is missing or damaged.
        Storage: No space to spill to.
    """
    lake = Lake(project.settings.lake_path)
    old, new = lake.snapshot(before), lake.snapshot(after)
    names = _names(old, new, datasets)
    with scratch() as spill, closing(_engine(project, str(spill))) as duck:

        def work() -> tuple[list[DatasetDiff], list[QueryDiff]]:
            found = [
                compared(duck, n, old, new, examples=rows, seen=_seen(project, old, new, n) if rows else _nobody)
                for n in names
            ]
            return found, list(_queries(project, duck, old, new)) if queries else []

        try:
            with translating(spill):
                found, answers = stoppable(work, duck.interrupt)
        except duckdb.OutOfMemoryException as error:
            raise Storage(
                "DuckDB's memory limit is too small to compare these snapshots",
                what=str(error).splitlines()[0],
                next="raise it: PARQUETRY_MEMORY_LIMIT=1GB, or compare one dataset with --dataset NAME",
            ) from error
        except duckdb.Error as error:
            # A file whose footer is damaged ends in an error of no class of its own.
            if type(error) not in (duckdb.IOException, duckdb.InvalidInputException, duckdb.Error):
                raise
            raise Integrity(
                f"a file of snapshot {old.number} or {new.number} cannot be read",
                what=str(error).splitlines()[0],
                next="parquetry verify; restore the file from a backup",
            ) from error
    committed = (old.manifest.committed_at, new.manifest.committed_at)
    return Diffed(old.number, new.number, committed, tuple(found), tuple(answers))


def _engine(project: Project, spill: str) -> duckdb.DuckDBPyConnection:
    settings = project.settings
    duck = duckdb.connect(
        config={
            "memory_limit": settings.memory_limit,
            "threads": settings.threads,
            "temp_directory": spill,
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    duck.execute("SET TimeZone = 'UTC'")
    return duck


def _names(old: Snapshot, new: Snapshot, wanted: Sequence[str]) -> list[str]:
    known = sorted({*old.datasets, *new.datasets})
    for name in wanted:
        if name not in known:
            raise NoSuchDataset(
                f"no dataset '{name}' in snapshot {old.number} or {new.number}{did_you_mean(name, known)}",
                what=f"datasets: {', '.join(known) or 'none'}",
            )
    return [name for name in known if not wanted or name in wanted]


def _nobody(column: str) -> bool:
    return False


def _seen(project: Project, old: Snapshot, new: Snapshot, name: str) -> Callable[[str], bool]:
    """Who may be shown: the columns that the dataset's contract, as it is now, does not call sensitive."""
    dataset = new.manifest.datasets.get(name) or old.manifest.datasets[name]
    declared = next((d.name for d in project.datasets.values() if d.contract == dataset.contract.name), None)
    if declared is None:
        return _nobody
    try:
        fields = project.contract(declared).fields
    except ParquetryError:  # a contract that does not load now; nothing is known of its columns
        return _nobody
    open_ = {n for f in fields if f.privacy != "sensitive" for n in (f.name, f.flag) if n}
    return open_.__contains__


def _queries(project: Project, duck: duckdb.DuckDBPyConnection, old: Snapshot, new: Snapshot) -> Iterator[QueryDiff]:
    named = {name: file for name, file in project.queries.items() if name != MACROS}
    if not named:
        return
    duck.execute("ATTACH ':memory:' AS parquetry_answers")
    for name, file in named.items():
        try:
            for side, snapshot in zip(_SIDES, (old, new), strict=True):
                _answer(project, duck, side, snapshot, read_text(file))
            yield _compared(duck, name)
        except duckdb.OutOfMemoryException:
            raise
        except ParquetryError as error:
            yield QueryDiff(name, skipped=error.failed)
        except duckdb.Error as error:
            yield QueryDiff(name, skipped=next(iter(str(error).splitlines()), "it fails"))


def _answer(project: Project, duck: duckdb.DuckDBPyConnection, side: str, snapshot: Snapshot, sql: str) -> None:
    """Keep what *sql* gives at one of the snapshots; its views and macros are in a database of their own."""
    duck.execute(f"ATTACH ':memory:' AS {side}; USE {side}")
    try:
        catalog.define(duck, snapshot, project.settings.duckdb_schema)
        sql = ready(duck, project, Lake(project.settings.lake_path), sql, {})
        duck.sql(sql).create_view("parquetry_answer", replace=True)
        duck.execute(f"CREATE OR REPLACE TABLE parquetry_answers.{side} AS FROM parquetry_answer")
    finally:
        duck.execute(f"USE memory; DETACH {side}")


def _compared(duck: duckdb.DuckDBPyConnection, name: str) -> QueryDiff:
    old, new = (f"parquetry_answers.{side}" for side in _SIDES)
    columns = [tuple(row[0] for row in duck.execute(f"DESCRIBE {t}").fetchall()) for t in (old, new)]
    rows = [(duck.execute(f"SELECT count(*) FROM {t}").fetchone() or (0,))[0] for t in (old, new)]
    if columns[0] != columns[1]:
        return QueryDiff(name, rows[0], rows[1], columns=(columns[0], columns[1]))
    items = [", ".join(_text(n, t) for n, t, *_ in duck.execute(f"DESCRIBE {side}").fetchall()) for side in (old, new)]
    alone = [
        f"SELECT count(*) FROM (SELECT {items[i]} FROM {a} EXCEPT ALL SELECT {items[1 - i]} FROM {b})"
        for i, (a, b) in enumerate(((old, new), (new, old)))
    ]
    only = [(duck.execute(sql).fetchone() or (0,))[0] for sql in alone]
    return QueryDiff(name, rows[0], rows[1], only[0], only[1])


def _text(column: str, type_: str) -> str:
    """Sums of floating-point numbers depend on the order in which threads come to them."""
    if type_ in ("DOUBLE", "FLOAT"):
        return f"format({literal('{:.12g}')}, {quoted(column)})"
    return f"CAST({quoted(column)} AS VARCHAR)"
