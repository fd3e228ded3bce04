"""One table, exported by each tool in turn, round by round."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median

import duckdb
import psycopg

from benchmarks import report
from benchmarks.measure import Cost, Failed, anonymous, measured
from benchmarks.report import Result, Row
from benchmarks.tables import Table
from benchmarks.tools import Tool
from parquetry.demo.server import EmbeddedServer

ROOT = Path(__file__).resolve().parent.parent
_WARM = 1000
_HELPS = 9
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
_LEFT_OUT = "left out of this run"


@dataclass(slots=True)
class Bench:
    """
    One server, and the folder that everything is written to.

    Attributes:
        peers: The Python that has the other tools.
    """

    server: EmbeddedServer
    folder: Path
    peers: Path
    rounds: int

    def table(self, table: Table, rows: int, tools: Mapping[Tool, bool]) -> Result:
        """Make the table, and let every tool export it that is not left out."""
        with self.database("warm") as warm, self.database("bench") as url:
            table.make(warm, _WARM)
            size = table.make(url, rows)
            project = table.project(self.folder / f"project-{table.name}")
            found = {tool: Row(tool.name, tool.does, failed="" if run else _LEFT_OUT) for tool, run in tools.items()}
            facts, rowed = machine(self.peers, url), list(found.values())
            result = Result(table.name, table.does, rows, size, self.rounds, facts, self._help(), rowed)
            print(f"\n{table.name}: {rows:,} rows, {size / report.MB:,.0f} MB", flush=True)
            self._warm_up(found, table, rows, warm, project)
            for _ in range(self.rounds):
                for tool, row in found.items():
                    if not row.failed:
                        self._try(tool, row, table, url, project, rows)
            shutil.rmtree(self._out, ignore_errors=True)
            for row in result.tools:
                print(report.line(result, row), flush=True)
        return result

    @contextmanager
    def database(self, name: str) -> Iterator[str]:
        """An empty database: its URL."""
        with psycopg.connect(self.server.url(), autocommit=True) as admin:
            admin.execute(f"create database {name}".encode())
        yield self.server.url(name)
        with psycopg.connect(self.server.url(), autocommit=True) as admin:
            admin.execute(f"drop database {name} with (force)".encode())

    @property
    def _out(self) -> Path:
        return self.folder / "out"

    def _warm_up(self, found: Mapping[Tool, Row], table: Table, rows: int, warm: str, project: Path) -> None:
        for tool, row in found.items():
            if rows > tool.most_rows and not row.failed:
                row.failed = f"it is not run with more than {tool.most_rows:,} rows"
            if not row.failed:
                self._try(tool, row, table, warm, project, _WARM)
            row.costs.clear()
            row.stages.clear()

    def _try(self, tool: Tool, row: Row, table: Table, url: str, project: Path, rows: int) -> None:
        try:
            cost, row.bytes, said = self._once(tool, table, url, project, rows)
            row.costs.append(cost)
            if tool.ours and (told := stages(said)):
                row.stages.append(told)
        except Failed as error:
            row.costs.clear()
            row.failed = anonymous(str(error), self.folder)

    def _once(self, tool: Tool, table: Table, url: str, project: Path, rows: int) -> tuple[Cost, int, str]:
        """
        Let *tool* export the table.

        Returns:
            What it cost, the bytes of its Parquet files, and what it said.

        Raises:
            Failed: It failed, or there are not as many rows in its files as in the table.
        """
        out = self._out
        if not tool.goes_on:
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir()
        os.sync()  # what the tool before wrote must not be this one's to wait for
        python = Path(sys.executable) if tool.ours else self.peers
        cost, said = measured(
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
        if tool.files and (written := rows_in(files)) != rows:
            raise Failed(f"{written:,} rows in its files, {rows:,} in the table")
        return cost, sum(file.stat().st_size for file in files), said

    def _help(self) -> float:
        """Seconds of ``parquetry --help``, as a shell starts it."""
        command = [str(Path(sys.executable).with_name("parquetry")), "--help"]
        runs = [measured(command, cwd=self.folder, env={}, server=self.server.pid, settle=0) for _ in range(_HELPS)]
        return median(cost.wall for cost, _ in runs)


@contextmanager
def server(folder: Path) -> Iterator[EmbeddedServer]:
    """A PostgreSQL of our own, removed at the end."""
    with EmbeddedServer(folder) as ours:
        try:
            with psycopg.connect(ours.url(), autocommit=True) as admin:
                for name, value in _SETTINGS.items():
                    admin.execute(f"alter system set {name} = {value}".encode())
                admin.execute("select pg_reload_conf()")
            yield ours
        finally:
            ours.remove()


def machine(peers: Path, url: str) -> dict[str, str]:
    """What decides about speed, and nothing that names the machine."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    theirs = subprocess.run([peers, "-c", _VERSIONS, *_SHOWN], capture_output=True, text=True, check=False).stdout
    with psycopg.connect(url) as connection:
        postgres = str(connection.info.server_version // 10_000) + f".{connection.info.server_version % 10_000}"
    return {
        "processors": str(os.cpu_count()),
        "memory": f"{memory:.0f} GiB",
        "Python": platform.python_version(),
        "PostgreSQL": postgres,
        "parquetry": version("parquetry"),
        **dict(sorted(line.split() for line in theirs.splitlines())),
    }


def rows_in(files: Sequence[Path]) -> int:
    """How many rows are in Parquet *files*."""
    if not files:
        return 0
    names = [str(file) for file in files]
    found = duckdb.execute("select count(*) from read_parquet(?, hive_partitioning = false)", [names]).fetchone()
    return int(found[0]) if found else 0


def stages(said: str) -> dict[str, float]:
    """What an export's summary says of its seconds."""
    found = re.search(r"^ *seconds: (.*)$", said, re.MULTILINE)
    return {name: float(seconds) for name, seconds in re.findall(r"(\w+) ([\d.]+)", found[1])} if found else {}
