"""The ways take turns: each round asks every query in every way once, after one round that only warms."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg

from benchmarks.bench import machine
from benchmarks.queries import ways
from benchmarks.queries.answers import VIEW, WAYS, Asked, Queries, same
from benchmarks.queries.ways import Way
from parquetry import Lake, Project, demo, export
from parquetry.demo.server import EmbeddedServer
from parquetry.project.queries import NamedQuery, catalogue

SETTINGS = {"shared_buffers": "1GB", "effective_cache_size": "4GB", "work_mem": "64MB"}
"""A server's that has been looked after: all events and their indexes fit in its buffers."""

_FACTS = ("processors", "memory", "Python", "PostgreSQL", "parquetry", "duckdb")


def measured(server: EmbeddedServer, url: str, rows: int, rounds: int, folder: Path) -> Queries:
    """
    Ask every named query of the demo project in every way.

    Args:
        server: It is started again, with settings of its own.
        url: An empty database of the server's.
        rows: Events.
    """
    _tune(server, url)
    load = os.getloadavg()[0]
    planted = demo.load(url, events=rows)
    project = Project.open(demo.project(folder / "study", url), database_url=url)
    exported = export(project)
    named = list(catalogue(project.queries).values())
    print(f"\nqueries: {rows:,} events, load {load:.2f}", flush=True)
    with ways.opened(project.root, url, folder) as (all_ways, sizes):
        asked = [_first(query, _given(query, planted.user), all_ways) for query in named]
        for _ in range(rounds):
            for query, found in zip(named, asked, strict=True):
                _once(query, _given(query, planted.user), all_ways, found)
    for found in asked:
        print(line(found), flush=True)
    sizes["Parquet"] = sum(file.stat().st_size for file in _parquet(project, exported.snapshot))
    known = {fact: value for fact, value in machine(Path(sys.executable), url).items() if fact in _FACTS}
    return Queries(known, rows, _users(url), rounds, {**_bytes(url), **sizes}, _indexes(url, project),
                   SETTINGS, round(load, 2), asked)  # fmt: skip


def line(found: Asked) -> str:
    """One line for the terminal."""
    told = "  ".join(f"{way} {found.median(way):8.1f} ms" for way in WAYS)
    agree = f"differs: {', '.join(found.differs)}" if found.differs else "answers agree"
    return f"{found.query:<20} {told}  PostgreSQL / view: {found.ratio(VIEW):6.2f}  {agree}"


def _first(query: NamedQuery, given: Mapping[str, str], all_ways: Mapping[str, Way]) -> Asked:
    """The round that warms, and compares."""
    answers = {name: way(query, given)[1] for name, way in all_ways.items()}
    differs = [name for name, rows in answers.items() if not same(rows, answers[VIEW])]
    return Asked(query.name, query.help, len(answers[VIEW]), {name: [] for name in all_ways}, differs)


def _once(query: NamedQuery, given: Mapping[str, str], all_ways: Mapping[str, Way], found: Asked) -> None:
    for name, way in all_ways.items():
        seconds, _ = way(query, given)
        found.milliseconds[name].append(round(seconds * 1000, 2))


def _given(query: NamedQuery, user: str) -> dict[str, str]:
    return {p.name: user for p in query.parameters if p.required}


def _tune(server: EmbeddedServer, url: str) -> None:
    with psycopg.connect(url, autocommit=True) as admin:
        for name, value in SETTINGS.items():
            admin.execute(f"alter system set {name} = '{value}'".encode())
    server.restart()


def _parquet(project: Project, snapshot: int | None) -> Sequence[Path]:
    return Lake(project.settings.lake_path).snapshot(snapshot).files("behavioral_events")


def _users(url: str) -> int:
    return int(_value(url, 'select count(distinct "userId") from "BehavioralEvent"'))


def _bytes(url: str) -> dict[str, int]:
    table = "'\"BehavioralEvent\"'"
    return {
        "PostgreSQL": int(_value(url, f"select pg_table_size({table})")),
        "its indexes": int(_value(url, f"select pg_indexes_size({table})")),
    }


def _indexes(url: str, project: Project) -> dict[str, Sequence[str]]:
    found = _value(
        url,
        "select string_agg(substring(indexdef from '\\((.*)\\)$'), '; ' order by indexname)"
        " from pg_indexes where tablename = 'BehavioralEvent'",
    )
    declared = next(d.indexes for d in project.datasets.values() if d.name == "behavioral_events")
    return {
        "PostgreSQL": str(found).replace('"', "").split("; "),
        "DuckDB tables": [", ".join(columns) for columns in declared],
    }


def _value(url: str, sql: str) -> str:
    with psycopg.connect(url) as connection:
        found = connection.execute(sql.encode()).fetchone()
    assert found is not None
    return str(found[0])
