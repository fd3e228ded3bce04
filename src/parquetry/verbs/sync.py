"""Make the DuckDB catalog show a snapshot: views of its files, tables, or live views of the sources."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import cast

import duckdb

from parquetry import catalog, log
from parquetry.catalog import Catalog, Mode
from parquetry.errors import ParquetryError, Storage, Usage, did_you_mean, stopped_by
from parquetry.intake import live
from parquetry.lake import Lake, Snapshot
from parquetry.project import Project, asking, queries
from parquetry.scratch import scratch
from parquetry.settings import MODES
from parquetry.stoppable import stoppable
from parquetry.text import counted

_ROUNDS = 5
_SECONDS = 3.0  # no query is measured for longer
_FASTEST = 10  # queries a second that views bear


def sync(project: Project, at: int | str | date | None = None, *, mode: str | None = None) -> Catalog:
    """
    Build the catalog over the snapshot *at*, the current one by default.

    Args:
        mode: ``view``, ``table``, ``live``, or ``auto``, which measures the named queries and decides
            between the first two; by default what the settings say.

    Raises:
        NoSuchSnapshot: There is none such.
        Usage: There is no such mode.
        Integrity, Unsafe, Storage: See `catalog.build`.
        Config: An index that cannot be.
        ParquetryError: In mode ``live``, what an export raises for a source that cannot be read.
    """
    lake = Lake(project.settings.lake_path)
    lake.mend()
    snapshot, path = lake.snapshot(at), project.settings.duckdb_path
    before = _identity(path)
    try:
        return synced(project, snapshot, mode)
    except BaseException as error:
        shown = "as it was" if _identity(path) == before else "built"
        state = f"unchanged; {lake.state()}; the catalog is {shown}"
        ended = stopped_by(error)
        if isinstance(ended, ParquetryError):
            ended.lake = ended.lake or state
        else:
            ended.add_note(f"lake:  {state}")
        raise


def _identity(path: Path) -> int | None:
    return path.stat().st_ino if path.exists() else None


def synced(project: Project, snapshot: Snapshot, mode: str | None = None) -> Catalog:
    """As `sync`, for a snapshot that is at hand."""
    wanted = mode or project.settings.duckdb_mode
    if wanted not in MODES:
        raise Usage(f"no mode '{wanted}'{did_you_mean(wanted, MODES)}", what=f"modes: {', '.join(MODES)}")
    chosen, evidence = _decided(project, snapshot) if wanted == "auto" else (cast(Mode, wanted), [])
    built = _live(project, snapshot) if chosen == "live" else _stored(project, snapshot, chosen)
    problems = len(built.problems)
    log.info("catalog.synced", snapshot=built.snapshot, mode=built.mode, views=len(built.views), problems=problems)
    return replace(built, evidence=tuple(evidence))


def _stored(project: Project, snapshot: Snapshot, mode: Mode) -> Catalog:
    settings = project.settings
    macros = queries.macros(project.queries)

    left: list[str] = []

    def fill(connection: duckdb.DuckDBPyConnection) -> Iterable[str]:
        if mode == "table":
            left.extend(catalog.as_tables(connection, snapshot, {d.name: d.indexes for d in project.datasets.values()}))
        if macros.problem:
            return [macros.problem]
        return catalog.define_macros(connection, macros.file, macros.statements)

    with scratch() as spill:
        bounds = {"memory_limit": settings.memory_limit, "threads": settings.threads, "temp_directory": str(spill)}
        config = bounds if mode == "table" else {}
        try:
            built = catalog.build(snapshot, settings.duckdb_path, settings.duckdb_schema, fill=fill, config=config)
        except duckdb.Error as error:
            raise Storage(
                f"the catalog {settings.duckdb_path} cannot be built in mode {mode}",
                what=queries.first_line(error),
                next="free some space, or raise memory_limit",
            ) from error
    return replace(built, mode=mode, still_views=tuple(left))


def _live(project: Project, snapshot: Snapshot) -> Catalog:
    settings = project.settings
    with catalog.replacing(settings.duckdb_path) as unfinished:
        written = live.write(project, snapshot, unfinished)
    views = (*snapshot.datasets, *catalog.typed_views(snapshot))
    path, schema = settings.duckdb_path, settings.duckdb_schema
    return Catalog(path, schema, snapshot.number, views, "live", written.problems, attach=written.attach)


def _decided(project: Project, snapshot: Snapshot) -> tuple[Mode, list[str]]:
    """What ``auto`` makes of it, and why: tables cost a copy of the data, so there must be a reason."""
    settings = project.settings
    times, told = _measured(project, snapshot)
    reasons = []
    if times:
        worst = sorted(times)[math.ceil(0.95 * len(times)) - 1]
        told.append(f"95th percentile of the queries' best runs: {worst:.0f} ms; limit_ms = {settings.duckdb_limit_ms}")
        if worst > settings.duckdb_limit_ms:
            reasons.append("the named queries are too slow over views")
    if settings.duckdb_queries_per_second > _FASTEST:
        reasons.append(f"queries_per_second = {settings.duckdb_queries_per_second}, more than {_FASTEST}")
    if settings.duckdb_writes:
        reasons.append("writes = true")
    mode: Mode = "table" if reasons else "view"
    told.append(f"auto: {mode}, because {' and '.join(reasons) or 'views are enough'}")
    return mode, told


def _measured(project: Project, snapshot: Snapshot) -> tuple[list[float], list[str]]:
    """Milliseconds of the best run of each query that needs no value, since a moment may be busy; a line about each."""
    settings, lake = project.settings, Lake(project.settings.lake_path)
    times: list[float] = []
    told: list[str] = []
    for name, query in queries.catalogue(project.queries).items():
        if not query.runs_alone:
            told.append(f"{name}: not measured, it needs a value")
            continue
        try:
            with catalog.opened(
                snapshot, settings.duckdb_schema, memory=settings.memory_limit, threads=settings.threads
            ) as connection:
                own = _times(connection, asking.ready(connection, project, lake, query.sql, {}))
        except (duckdb.Error, ParquetryError) as error:
            told.append(f"{name}: not measured, {str(error).splitlines()[0]}")
            continue
        times.append(min(own))
        told.append(f"{name}: {counted(len(own), 'run')}, {min(own):.0f} ms to {max(own):.0f} ms")
    return times, told


def _times(connection: duckdb.DuckDBPyConnection, sql: str) -> list[float]:
    times: list[float] = []
    while len(times) < _ROUNDS and sum(times) < _SECONDS * 1000:
        began = time.perf_counter()
        stoppable(lambda: connection.execute(sql).fetchall(), connection.interrupt)
        times.append((time.perf_counter() - began) * 1000)
    return times
