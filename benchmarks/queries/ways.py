"""
Four ways to the same answer, each as somebody would take it.

Views are asked as ``parquetry query`` asks them: a DuckDB of its own each time, and the seconds that it
prints. Tables, live views and PostgreSQL are asked over a connection that stays open.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from benchmarks.queries.answers import LIVE, POSTGRES, TABLE, VIEW
from parquetry import Lake, Project, query, sync
from parquetry.demo.server import PASSWORD
from parquetry.lake.digest import quoted
from parquetry.lake.write import literal
from parquetry.project import asking
from parquetry.project.queries import NamedQuery
from parquetry.sources._engine import Engine, started

_HERE = Path(__file__).parent / "postgres"

Answer = tuple[float, Sequence[Sequence[object]]]
"""Seconds, and rows."""
Way = Callable[[NamedQuery, Mapping[str, str]], Answer]


@contextmanager
def opened(root: Path, url: str, folder: Path) -> Iterator[tuple[dict[str, Way], dict[str, int]]]:
    """
    Every way, ready to be asked.

    Args:
        root: A project folder with a snapshot.
        folder: For catalogs.

    Returns:
        The ways by name, and the bytes of the file of tables.
    """
    projects = {
        mode: Project.open(root, database_url=url, duckdb_path=str(folder / f"{mode}.duckdb"))
        for mode in (VIEW, TABLE, LIVE)
    }
    with ExitStack() as stack:
        tables = stack.enter_context(_tables(projects[TABLE]))
        live = stack.enter_context(_live(projects[LIVE]))
        server = stack.enter_context(psycopg.connect(url, autocommit=True, prepare_threshold=None))
        ways: dict[str, Way] = {
            VIEW: lambda asked, given: _views(projects[VIEW], asked, given),
            TABLE: lambda asked, given: _catalog(tables, projects[TABLE], asked, given),
            LIVE: lambda asked, given: _catalog(live, projects[LIVE], asked, given),
            POSTGRES: lambda asked, given: postgres(server, asked, given),
        }
        yield ways, {"DuckDB tables": projects[TABLE].settings.duckdb_path.stat().st_size}


def _views(project: Project, asked: NamedQuery, given: Mapping[str, str]) -> Answer:
    found = query(project, asked.sql, params=given)
    return found.seconds, found.frame.rows()


@contextmanager
def _tables(project: Project) -> Iterator[duckdb.DuckDBPyConnection]:
    settings = project.settings
    path = str(sync(project, mode=TABLE).path)
    config: dict[str, Any] = {"memory_limit": settings.memory_limit, "threads": settings.threads}
    with closing(duckdb.connect(path, read_only=True, config=config)) as connection:
        yield connection


@contextmanager
def _live(project: Project) -> Iterator[duckdb.DuckDBPyConnection]:
    built = sync(project, mode=LIVE)
    os.environ["PGPASSWORD"] = PASSWORD  # as the printed statement asks for
    with closing(started(Engine(project.settings.memory_limit, project.settings.threads))) as connection:
        connection.execute(f"ATTACH {literal(built.path)} AS catalog (READ_ONLY)")
        for statement in built.attach:
            connection.execute(statement)
        connection.execute(f"USE catalog.{quoted(built.schema)}")
        yield connection


def _catalog(
    connection: duckdb.DuckDBPyConnection, project: Project, asked: NamedQuery, given: Mapping[str, str]
) -> Answer:
    ready = asking.ready(connection, project, Lake(project.settings.lake_path), asked.sql, given)
    began = time.perf_counter()
    rows = connection.execute(ready).fetchall()
    return time.perf_counter() - began, rows


def postgres(server: psycopg.Connection[Any], asked: NamedQuery, given: Mapping[str, str]) -> Answer:
    """PostgreSQL's answer, by SQL of its own over the app's tables."""
    sql = (_HERE / f"{asked.name}.sql").read_text(encoding="utf-8").encode()
    values = {p.name: given.get(p.name, p.default) for p in asked.parameters}
    began = time.perf_counter()
    rows = server.execute(sql, values).fetchall()
    return time.perf_counter() - began, rows
