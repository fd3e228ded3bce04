"""The tools take turns: in each round every one of them runs once, over the same year of reports."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from benchmarks.bench import ROOT, rows_in, stages
from benchmarks.files import made
from benchmarks.files.made import Year
from benchmarks.files.told import ANSWER, MERGED, FileRow, Reports
from benchmarks.files.tools import TOOLS, FileTool
from benchmarks.measure import Cost, Failed, anonymous, measured
from parquetry import Project, compact, plan, query

DAYS = 365
ROWS = {"large": 35_720, "small": 2_605}
"""Rows of a report: 1 GB in a year, and 200 kB a day."""

_PART = 100
_ASKED = 9
_NO_SERVER = 0
_ANSWER = """
SELECT date_partition AS day, count(*) AS queries, avg(execution_time_ms) AS avg_ms
FROM query_performance WHERE date_partition > DATE '2025-09-28' GROUP BY day ORDER BY day
"""


def year(name: str, rounds: int, peers: Path, folder: Path, *, days: int = DAYS, share: float = 1.0) -> Reports:
    """
    Make a year of reports, and let every tool bring it to Parquet.

    Args:
        name: One of `ROWS`.
        peers: The Python that has the other tools.
        folder: Made, and removed afterwards.
        days, share: Fewer reports, and of their rows, for a trial.
    """
    whole = made.year(folder / "reports", days, max(1, round(ROWS[name] * share)))
    part = made.part(whole, folder / "part", max(1, days * _PART // DAYS))
    bench = _Bench(folder, peers, whole, part)
    load = os.getloadavg()[0]
    rows = [FileRow(t.name, t.does, y.files, y.rows, y.bytes) for t in TOOLS for y in [part if t.part else whole]]
    found = Reports(name, whole.files, whole.rows, whole.bytes, rounds, machine(peers), (load, load), rows, {})
    bench.warm()
    print(f"\n{name}: {whole.files} files, {whole.bytes / 1e6:,.0f} MB, load {load:.2f}", flush=True)
    for _ in range(rounds):
        for tool, row in zip(TOOLS, rows, strict=True):
            if not row.failed:
                bench.run(tool, row)
            if tool.goes_on and not row.failed:
                found.answers.setdefault(ANSWER, []).extend(bench.answers())
    bench.compacted()
    found.answers[MERGED] = bench.answers()
    found.load = (round(load, 2), round(os.getloadavg()[0], 2))
    shutil.rmtree(folder)
    for row in rows:
        print(line(found, row), flush=True)
    print("  ".join(f"30 days of {files}: {found.answer(files):.1f} ms" for files in found.answers), flush=True)
    return found


def line(found: Reports, row: FileRow) -> str:
    """One line for the terminal."""
    if not row.costs:
        return f"{row.tool:<18} not measured: {row.failed}"
    ratio, cpu = found.ratio(row), found.ratio(row, "cpu")
    return (
        f"{row.tool:<18} {row.wall:7.2f} s [{row.spread}]  cpu {row.cpu:6.2f} s  {row.rss / 1e6:6.0f} MB  "
        f"parquet {row.bytes / 1e6:7.1f} MB ({row.smaller:.1%} less)"
        + (f"  ratio {ratio:.2f}, of cpu {cpu:.2f}" if ratio and cpu else "")
    )


def machine(peers: Path) -> dict[str, str]:
    """What decides about speed, and nothing that names the machine."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    script = "import importlib.metadata as m, sys; print(*(f'{n} {m.version(n)}' for n in sys.argv[1:]), sep='\\n')"
    names = ("duckdb", "pandas", "pyarrow")
    theirs = subprocess.run([peers, "-c", script, *names], capture_output=True, text=True, check=False).stdout
    return {
        "processors": str(os.cpu_count()),
        "memory": f"{memory:.0f} GiB",
        "Python": platform.python_version(),
        "parquetry": version("parquetry"),
        **dict(line.split() for line in theirs.splitlines()),
    }


class _Bench:
    """One year of reports, and the folders of those who read it."""

    def __init__(self, folder: Path, peers: Path, whole: Year, part: Year) -> None:
        self._folder, self._peers = folder, peers
        self._whole, self._part = whole, part
        self._project = made.project(folder / "project")

    def warm(self) -> None:
        """Let parquetry compile its contract, which it does when that has changed."""
        plan(self._opened())

    def run(self, tool: FileTool, row: FileRow) -> None:
        try:
            cost, row.bytes, said = self._once(tool)
            row.costs.append(cost)
            if tool.ours and (told := stages(said)):
                row.stages.append(told)
        except Failed as error:
            row.costs.clear()
            row.failed = anonymous(str(error), self._folder)

    def answers(self) -> list[float]:
        """Milliseconds as ``parquetry query`` says them, with a DuckDB of its own each time, after one that warms."""
        project = self._opened()
        return [round(query(project, _ANSWER).seconds * 1000, 2) for _ in range(_ASKED + 1)][1:]

    def compacted(self) -> None:
        """Let the reports of a month lie in one file."""
        compact(self._opened())

    def _once(self, tool: FileTool) -> tuple[Cost, int, str]:
        """
        Let *tool* read its reports.

        Returns:
            What it cost, the bytes of its Parquet files, and what it said.

        Raises:
            Failed: It failed, or there are not as many rows in its files as in the reports.
        """
        reports = self._part if tool.part else self._whole
        out = self._out(tool, reports)
        if not tool.goes_on:
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir()
        if tool.ours:
            made.declared(self._project, reports.folder)
        os.sync()  # what the tool before wrote must not be this one's to wait for
        cost, said = measured(
            tool.command(Path(sys.executable) if tool.ours else self._peers, reports.folder, out),
            cwd=self._project if tool.ours else ROOT,
            env={"PARQUETRY_LAKE_PATH": str(out / "lake")},
            server=_NO_SERVER,
            settle=0,
        )
        files = sorted(out.glob(tool.files))
        if (written := rows_in(files)) != reports.rows:
            raise Failed(f"{written:,} rows in its files, {reports.rows:,} in the reports")
        return cost, sum(file.stat().st_size for file in files), said

    def _out(self, tool: FileTool, reports: Year) -> Path:
        return self._folder / (f"lake-{reports.folder.name}" if tool.ours else "out")

    def _opened(self) -> Project:
        made.declared(self._project, self._whole.folder)
        return Project.open(self._project, lake_path=str(self._folder / f"lake-{self._whole.folder.name}" / "lake"))
