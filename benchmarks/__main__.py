"""
`make bench`: fill tables in a server of our own, let every tool export them, write down what it cost.

    python -m benchmarks --rows 1000000 --rounds 3 --tables events,wide
    python -m benchmarks --values       which of the hostile values arrive, tool by tool
    python -m benchmarks --files        report files: a year of daily CSVs to Parquet, 1 GB and 200 kB each
    python -m benchmarks --queries      the demo's named queries over views, tables, live, and in PostgreSQL
    python -m benchmarks --report       write the pages again, from what was measured

Rounds are interleaved: in each, every tool runs once, so that a busy minute of the machine hits all.
Before the first, each tool exports a table of 1,000 rows, unmeasured, which warms caches (parquetry
compiles its contract once) and finds those that don't work here.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import pages, report
from benchmarks.bench import Bench, machine, server
from benchmarks.files import run as files
from benchmarks.queries import run as queries
from benchmarks.tables import TABLES, Table
from benchmarks.tools import TOOLS, Tool
from benchmarks.values import run, tables

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks/results"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the command line asks for."""
    asked = _asked(arguments)
    if not asked.report:
        with tempfile.TemporaryDirectory(prefix="parquetry-bench-") as name:
            _measure(asked, Path(name))
    into = ROOT if asked.results == RESULTS else asked.results / "pages"
    for page in pages.write(asked.results, ROOT, into):
        print(f"wrote {page.relative_to(into)}")


def _measure(asked: argparse.Namespace, folder: Path) -> None:
    if asked.files:
        for name in files.ROWS:
            share, days = asked.rows / 1e6, max(3, min(files.DAYS, round(files.DAYS * asked.rows / 1e6)))
            year = files.year(name, asked.rounds, asked.peers, folder / name, days=days, share=min(share, 1.0))
            report.save(year, asked.results)
        return
    with server(folder / "postgres") as ours:
        bench = Bench(ours, folder, asked.peers, asked.rounds)
        if asked.values:
            with bench.database("hostile") as url:
                tools = [tool for tool in TOOLS if tool.copies and tool.name in (asked.tools or [tool.name])]
                facts = machine(asked.peers, url)
                found = run.compared(tables.made(url), url, tools, asked.peers, facts, folder / "values")
            report.save(found, asked.results)
            return
        if asked.queries:
            with bench.database("study") as url:
                report.save(queries.measured(ours, url, asked.rows, asked.rounds, folder), asked.results)
            return
        for table in (t for t in TABLES if t.name in asked.tables):
            report.save(bench.table(table, table.rows(asked.rows), _chosen(table, asked.tools)), asked.results)


def _chosen(table: Table, asked: Sequence[str] | None) -> dict[Tool, bool]:
    """The tools of a table, and whether each is run: those that are left out stand on the page as such."""
    usual = [tool for tool in TOOLS if not table.tools or tool.name in table.tools]
    more = [tool for tool in TOOLS if asked and tool.name in asked and tool not in usual]
    return {tool: not asked or tool.name in asked for tool in TOOLS if tool in usual or tool in more}


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [table.name for table in TABLES]
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the events; with fewer the others shrink too")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tables", type=_one_of(names), default=names, help=f"of {','.join(names)}")
    parser.add_argument("--tools", type=_one_of([tool.name for tool in TOOLS]), help="by default the table's own")
    parser.add_argument("--values", action="store_true", help="compare values instead of speed")
    parser.add_argument("--files", action="store_true", help="report files instead of tables")
    parser.add_argument("--queries", action="store_true", help="ask instead of exporting")
    parser.add_argument("--report", action="store_true", help="measure nothing")
    parser.add_argument("--peers", type=Path, default=ROOT / ".venv-bench/bin/python", help="where the others live")
    parser.add_argument("--results", type=Path, default=RESULTS, help="another folder gets its own copy of the pages")
    return parser.parse_args(arguments)


def _one_of(known: Sequence[str]) -> Callable[[str], list[str]]:
    """A list with commas, of known names."""

    def listed(text: str) -> list[str]:
        found = [part.strip() for part in text.split(",")]
        if unknown := [name for name in found if name not in known]:
            raise argparse.ArgumentTypeError(f"no {', '.join(unknown)}; there are {', '.join(known)}")
        return found

    return listed


if __name__ == "__main__":
    main()
