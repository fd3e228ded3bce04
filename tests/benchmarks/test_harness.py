"""The harness of `make bench`, without the tools that are not of this environment."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from benchmarks.__main__ import main
from benchmarks.measure import Failed, measured
from benchmarks.report import Result, Row, chart, line
from benchmarks.tools import TOOLS

_HOLD = "import subprocess, sys, time; held = bytearray(100_000_000); "
_ALONE = f"{_HOLD}time.sleep(0.3)"
_WITH_CHILD = f"{_HOLD}subprocess.run([sys.executable, '-c', {_ALONE!r}])"


def test_every_tool_is_measured_or_says_why_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One round over a small table, from the server's start to the page."""
    main([
        "--rows=20000", "--rounds=1", "--tables=events", f"--peers={sys.executable}", f"--results={tmp_path}",
        "--tools=floor,parquetry,parquetry again,duckdb-copy,connectorx",
    ])  # fmt: skip
    told = json.loads((tmp_path / "events-20000.json").read_text())
    rows = {row["tool"]: row for row in told["tools"]}
    assert ["floor", "parquetry", "parquetry again", "duckdb-copy", "connectorx"] == list(rows)
    assert "ModuleNotFoundError: No module named 'connectorx'" == rows.pop("connectorx")["failed"]
    assert all(len(row["costs"]) == 1 and not row["failed"] for row in rows.values())
    assert rows["parquetry"]["bytes"] == rows["parquetry again"]["bytes"] > 500_000
    assert 5 == capsys.readouterr().out.count("ratio vs duckdb-copy: ") + 1
    page = (tmp_path / "README.md").read_text()
    assert "| duckdb-copy |" in page and "not measured: ModuleNotFoundError" in page
    assert str(Path.home()) not in page and str(tmp_path) not in page and os.uname().nodename not in page


@pytest.mark.parametrize(("script", "held"), [(_ALONE, 100e6), (_WITH_CHILD, 200e6)], ids=["alone", "with a child"])
def test_memory_is_that_of_the_whole_tree(tmp_path: Path, script: str, held: float) -> None:
    cost = measured([sys.executable, "-c", script], cwd=tmp_path, env={}, server=os.getpid())
    assert held < cost.rss < held + 60e6
    assert cost.wall > 0.3


def test_a_tool_that_fails_has_the_last_word(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="^ValueError: no such table$"):
        measured([sys.executable, "-c", "raise ValueError('no such table')"], cwd=tmp_path, env={}, server=os.getpid())


def test_names_of_tools_can_be_listed_with_commas() -> None:
    assert not [tool.name for tool in TOOLS if "," in tool.name]
    assert len({tool.name for tool in TOOLS}) == len(TOOLS)


def test_without_a_baseline_there_is_no_ratio() -> None:
    failed = Row("rivet", "", failed="not there")
    result = Result("events", "", 1, 1, 1, {}, [failed])
    assert result.ratio(failed) is None
    assert line(result, failed).endswith("not measured: not there")
    assert "</svg>" in chart(result)
