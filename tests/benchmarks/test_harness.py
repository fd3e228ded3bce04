"""The harness of `make bench`, without the tools that are not of this environment."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from benchmarks import report
from benchmarks.__main__ import main
from benchmarks.files import made
from benchmarks.measure import Failed, anonymous, measured
from benchmarks.queries.answers import WAYS
from benchmarks.report import Result, Row, line
from benchmarks.tables import TABLES
from benchmarks.tools import TOOLS

ROOT = Path(__file__).resolve().parents[2]
_HOLD = "import subprocess, sys, time; held = bytearray(100_000_000); "
_ALONE = f"{_HOLD}time.sleep(0.3)"
_WITH_CHILD = f"{_HOLD}subprocess.run([sys.executable, '-c', {_ALONE!r}])"


@pytest.mark.torture
def test_every_tool_is_measured_or_says_why_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One round over a small table, from the server's start to the page, and nothing of the checkout is touched."""
    main([
        "--rows=20000", "--rounds=1", "--tables=events", f"--peers={sys.executable}", f"--results={tmp_path}",
        "--tools=floor,parquetry,parquetry again,duckdb-copy,connectorx",
    ])  # fmt: skip
    told = json.loads((tmp_path / "events-20000.json").read_text())
    rows = {row["tool"]: row for row in told["tools"]}
    assert [tool.name for tool in TOOLS] == list(rows)
    assert "ModuleNotFoundError: No module named 'connectorx'" == rows.pop("connectorx")["failed"]
    assert {"left out of this run"} == {rows.pop(tool)["failed"] for tool in ("adbc", "polars", "dlt", "rivet")}
    assert "left out of this run" == rows.pop("pandas script")["failed"]
    assert all(len(row["costs"]) == 1 and not row["failed"] for row in rows.values())
    assert rows["parquetry"]["bytes"] == rows["parquetry again"]["bytes"] > 500_000
    assert {"read", "check", "commit", "total"} <= rows["parquetry"]["stages"][0].keys()
    assert 4 == capsys.readouterr().out.count("ratio vs duckdb-copy: ")
    page = (tmp_path / "pages/docs/comparison.md").read_text()
    assert "| duckdb-copy | **" in page and "Not measured: connectorx, ModuleNotFoundError" in page
    assert "Not measured: rivet, left out of this run." in page
    written = page + json.dumps(told)
    assert str(Path.home()) not in written and str(tmp_path) not in written and os.uname().nodename not in written


@pytest.mark.torture
def test_the_queries_are_asked_in_every_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From the server's start to the page; what the ways answer is the same."""
    main(["--queries", "--rows=10000", "--rounds=1", f"--results={tmp_path}"])
    told = report.queries(tmp_path)
    assert told
    assert {path.stem for path in (ROOT / "examples/self-tracker/queries").glob("*.sql")} == {
        asked.query for asked in told.asked
    }
    assert [] == [asked.query for asked in told.asked if asked.differs]
    assert all(1 == len(asked.milliseconds[way]) and asked.median(way) > 0 for asked in told.asked for way in WAYS)
    assert "userId, eventType, timestamp" in told.indexes["PostgreSQL"]
    assert ["userId, timestamp", "eventType", "experimentPhase"] == told.indexes["DuckDB tables"]
    assert len(told.asked) == capsys.readouterr().out.count("answers agree")
    assert "| its_series | 120 | **" in (tmp_path / "pages/docs/comparison.md").read_text()
    assert str(tmp_path) not in (tmp_path / "queries.json").read_text()


@pytest.mark.torture
def test_report_files_are_read_by_every_tool_that_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From the reports to the page, a few of a few rows; pandas is of this environment, and the others are too."""
    main(["--files", "--rows=8000", "--rounds=1", f"--peers={sys.executable}", f"--results={tmp_path}"])
    large, small = report.files(tmp_path)
    for found in (large, small):
        rows = {row.tool: row for row in found.tools}
        assert {} == {tool: row.failed for tool, row in rows.items() if row.failed}
        assert all(1 == len(row.costs) and row.bytes > 1000 for row in found.tools)
        assert 3 == found.files == rows["parquetry"].files and 1 == rows["parquetry, a part"].files
        assert rows["parquetry"].bytes == rows["parquetry again"].bytes
        assert {"look", "read", "check", "commit", "total"} <= rows["parquetry"].stages[0].keys()
        assert all(times and min(times) > 0 for times in found.answers.values())
    assert 16 == capsys.readouterr().out.count("% less)")
    written = (tmp_path / "pages/docs/comparison.md").read_text() + (tmp_path / "files-large.json").read_text()
    assert "### 3 files of " in written and "| duckdb, types told | 3 | **" in written
    assert str(Path.home()) not in written and str(tmp_path) not in written and os.uname().nodename not in written


def test_the_reports_are_the_same_each_time_and_keep_their_contract(tmp_path: Path) -> None:
    one, other = (made.year(tmp_path / name, 2, 50) for name in ("one", "other"))
    texts = [[path.read_text() for path in sorted(year.folder.iterdir())] for year in (one, other)]
    assert texts[0] == texts[1] and texts[0][0] != texts[0][1]
    assert (2, 100, sum(map(len, texts[0]))) == (one.files, one.rows, one.bytes)
    header, *rows = texts[0][1].splitlines()
    assert header.startswith("timestamp,query_hash,query_type,execution_time_ms,")
    assert rows == sorted(rows) and all(row.startswith("2025-10-28T") for row in rows)
    assert 1 == len(list(made.part(one, tmp_path / "part", 1).folder.iterdir()))


@pytest.mark.parametrize(("script", "held"), [(_ALONE, 100e6), (_WITH_CHILD, 200e6)], ids=["alone", "with a child"])
def test_memory_is_that_of_the_whole_tree(tmp_path: Path, script: str, held: float) -> None:
    cost, _ = measured([sys.executable, "-c", script], cwd=tmp_path, env={}, server=os.getpid())
    assert held < cost.rss < held + 60e6
    assert cost.wall > 0.3


def test_a_tool_that_fails_has_the_last_word(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="^ValueError: no such table$"):
        measured([sys.executable, "-c", "raise ValueError('no such table')"], cwd=tmp_path, env={}, server=os.getpid())


def test_what_a_tool_says_is_told_without_paths_of_this_machine(tmp_path: Path) -> None:
    said = f"IOException in {tmp_path}/rows.parquet\n  seen from {sys.prefix}/lib"
    assert "IOException in …/rows.parquet seen from …/lib" == anonymous(said, tmp_path)


def test_names_of_tools_and_tables_can_be_listed_with_commas(capsys: pytest.CaptureFixture[str]) -> None:
    names = [tool.name for tool in TOOLS] + [table.name for table in TABLES]
    assert not [name for name in names if "," in name]
    assert len(set(names)) == len(names)
    with pytest.raises(SystemExit):
        main(["--tools=duckdb-copy,duckbd"])
    assert "no duckbd; there are floor, parquetry" in capsys.readouterr().err


def test_fewer_rows_make_every_table_smaller_and_more_only_the_events() -> None:
    sizes = {table.name: [table.rows(asked) for asked in (50_000, 1_000_000, 10_000_000)] for table in TABLES}
    assert [50_000, 1_000_000, 10_000_000] == sizes.pop("events")
    assert [1_000_000, 20_000_000, 20_000_000] == sizes["narrow"]
    assert all(small < usual == large for small, usual, large in sizes.values())


def test_without_a_baseline_there_is_no_ratio() -> None:
    failed = Row("rivet", "", failed="not there")
    result = Result("events", "", 1, 1, 1, {}, 0.1, [failed])
    assert result.ratio(failed) is None
    assert line(result, failed).endswith("not measured: not there")
