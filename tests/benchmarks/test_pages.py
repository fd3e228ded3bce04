"""What the pages show is what benchmarks/results say."""

# ruff: noqa: RUF001 (signs for people)

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from benchmarks import pages, report
from benchmarks.aims import aims
from benchmarks.files.told import ANSWER, MERGED, FileRow, Reports
from benchmarks.files.tools import TOOLS as FILE_TOOLS
from benchmarks.measure import Cost
from benchmarks.queries.answers import WAYS, Asked, Queries, same
from benchmarks.report import Result, Row
from benchmarks.tools import TOOLS
from benchmarks.values.run import OUTCOMES, Outcome, Values

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks/results"
MB = 1_000_000

_MACHINE = {"processors": "2", "PostgreSQL": "18.6", "parquetry": "0.1.0", "duckdb": "1.5.5"}


def _row(tool: str, *walls: float, rss: int = 300, **more: float) -> Row:
    stages = [{"read": 1.5, **more, "total": 2.0} for _ in walls] if more else []
    return Row(tool, f"what {tool} is", [Cost(wall, wall, 0.5, rss * MB) for wall in walls], 44 * MB, stages)


def _result(rows: int, *tools: Row, table: str = "events") -> Result:
    return Result(table, "many columns", rows, 287 * MB, 3, _MACHINE, 0.12, list(tools))


@pytest.fixture
def measured() -> tuple[list[Result], Values]:
    """Results that were never measured."""
    small = _result(
        1_000_000,
        _row("parquetry", 3.0, 2.0, 2.4, rss=400, check=0.3),
        _row("duckdb-copy", 2.0, 1.9, 2.1),
        _row("pandas script", 40.0, 41.0, 39.0, rss=1600),
        Row("rivet", "", failed="left out of this run"),
    )
    large = _result(10_000_000, _row("parquetry", 30.0, 31.0, 29.0, rss=600), _row("duckdb-copy", 20.0, 20.0, 20.0))
    exact = [Outcome("numeric", "exact decimals, money", {"equal": 3})]
    wrong = [Outcome("numeric", "exact decimals, money", {"equal": 1, "changed": 2}, [("NaN", "0.0"), ("a|\n", "*")])]
    return [small, large], Values(_MACHINE, 1, 3, {"parquetry": exact, "duckdb-copy": wrong})


# ── the committed ones ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("page", pages.PAGES)
def test_the_pages_say_what_was_measured(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    found = report.results(RESULTS), report.values(RESULTS), report.queries(RESULTS), report.files(RESULTS)
    made = pages.filled(text, *found, report.analyses(RESULTS))
    assert made == text, f"{page} is not what benchmarks/results say; run `python -m benchmarks --report`"
    assert "<!-- benchmarks: " in text


def test_the_charts_show_what_was_measured() -> None:
    made = pages.figures(report.results(RESULTS), report.values(RESULTS), report.queries(RESULTS))
    there = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / pages.FIGURES).glob("*.svg")}
    assert made == there, "docs/figures is not what benchmarks/results say; run `python -m benchmarks --report`"


def test_results_name_versions_rows_and_rounds() -> None:
    """A number that nobody can repeat is none."""
    for result in report.results(RESULTS):
        assert {"PostgreSQL", "parquetry", "duckdb", "Python", "processors"} <= result.machine.keys()
        assert result.rows >= 1000 and result.rounds >= 3, result.name
        assert all(len(row.costs) == result.rounds or row.failed for row in result.tools), result.name
    if values := report.values(RESULTS):
        assert {"PostgreSQL", "parquetry", "duckdb", "Python"} <= values.machine.keys()
        for tool in values.tools:
            # A NULL that came as something else is one more than the values.
            assert values.values <= sum(values.count(tool, outcome) for outcome in OUTCOMES)
        assert {tool.name for tool in TOOLS if tool.copies} == values.tools.keys()
    if queries := report.queries(RESULTS):
        assert {"PostgreSQL", "parquetry", "duckdb", "Python", "processors"} <= queries.machine.keys()
        assert queries.rounds >= 3
        assert {path.stem for path in (ROOT / "examples/self-tracker/queries").glob("*.sql")} == {
            asked.query for asked in queries.asked
        }
        assert all(queries.rounds == len(asked.milliseconds[way]) for asked in queries.asked for way in WAYS)


def test_results_of_report_files_name_versions_rounds_and_load() -> None:
    """Where the machine was busy, the page says so."""
    for found in report.files(RESULTS):
        assert {"parquetry", "duckdb", "pandas", "pyarrow", "Python", "processors"} <= found.machine.keys()
        assert [tool.name for tool in FILE_TOOLS] == [row.tool for row in found.tools]
        assert all(len(row.costs) == found.rounds or row.failed for row in found.tools), found.name
        assert 365 == found.files and {ANSWER, MERGED} == found.answers.keys()
        page = (ROOT / "docs/comparison.md").read_text(encoding="utf-8")
        assert f"### 365 files of {found.each / 1000:,.0f} kB" in page


# ── how they are made ────────────────────────────────────────────────────────────────────────────


def _shown(measured: tuple[list[Result], Values], name: str) -> str:
    return pages.filled(f"before\n<!-- benchmarks: {name} -->\nold\n<!-- end -->\nafter\n", *measured)


def test_only_what_is_between_the_markers_changes(measured: tuple[list[Result], Values]) -> None:
    shown = _shown(measured, "speed")
    assert shown.startswith("before\n<!-- benchmarks: speed -->\n") and shown.endswith("\n<!-- end -->\nafter\n")
    assert "old" not in shown
    assert shown == pages.filled(shown, *measured)


def test_the_table_has_medians_spread_ratio_and_who_was_left_out(measured: tuple[list[Result], Values]) -> None:
    shown = _shown(measured, "speed")
    assert "| parquetry | **2.40** | 2.00-3.00 | 1.20 | 2.40 | 0.50 | 400 | 44.0 |" in shown
    assert "Of parquetry's time: read 1.50 s, check 0.30 s;" in shown
    assert "Not measured: rivet, left out of this run." in shown
    assert 1 == shown.count("On: processors 2, PostgreSQL 18.6, parquetry 0.1.0, duckdb 1.5.5.")


def test_the_readme_has_both_sizes_and_the_values(measured: tuple[list[Result], Values]) -> None:
    shown = _shown(measured, "summary")
    assert "| parquetry | 2.4 (×1.20) | 400 | 30.0 (×1.50) | 600 | **0** | 0 |" in shown
    assert "| pandas script | 40.0 (×20.00) | 1,600 | – | – | – | – |" in shown
    assert 'src="docs/figures/events-1000000.svg"' in shown


def test_a_value_is_shown_whatever_it_holds(measured: tuple[list[Result], Values]) -> None:
    shown = _shown(measured, "examples")
    assert "| duckdb-copy | `numeric` | <code>NaN</code> | <code>0.0</code> |" in shown
    found = pages.telling([Outcome("text", "texts", {}, [("a|\n\x00`", "*")])])
    assert [("text", "a|\n\x00`", "*")] == found
    values = Values({}, 1, 1, {"t": [Outcome("text", "texts", {"changed": 1}, [("a|\n\x00`", "")])]})
    assert "<code>a&#124;\\n\\x00&#96;</code> | (empty) |" in _shown(([], values), "examples")


def test_an_aim_is_met_missed_or_not_measured(measured: tuple[list[Result], Values]) -> None:
    told = {aim.what: (aim.reached, aim.met) for aim in aims(*measured)}
    assert ("1.20", True) == told["1 M rows, in source order: at most 1.5 times duckdb-copy"]
    assert ("1.50", False) == told["10 M rows, in source order: at most 1.25 times duckdb-copy"]
    assert ("", False) == told["1 M rows that must be ordered: at most 2 times duckdb-copy"]
    assert ("1.50 times", False) == told["memory at 10 M rows within a fifth of that at 1 M"]
    assert ("16.7 times", True) == told["more than 10 times faster than the pandas script"]
    assert ("0.25 of it", True) == told["with a quarter of its memory"]
    assert ("0.30 s", True) == told["a million rows checked within 0.5 s"]
    assert ("3 of 3 equal, 0 refused, 0 changed", True) == told["every hostile value equal or refused"]
    assert "| not measured |  |" in _shown(measured, "aims")


@pytest.fixture
def asked() -> Queries:
    """Times that were never measured."""
    series = {"view": [30.0, 20.0, 25.0], "table": [5.0] * 3, "live": [200.0] * 3, "PostgreSQL": [10.0, 100.0, 50.0]}
    slow = {way: [60.0] * 3 for way in WAYS}
    sizes = {"PostgreSQL": 287 * MB, "its indexes": 90 * MB, "Parquet": 32 * MB, "DuckDB tables": 137 * MB}
    return Queries(
        _MACHINE, 1_000_000, 72, 3, sizes, {"PostgreSQL": ["id", "userId"], "DuckDB tables": ["userId, timestamp"]},
        {"work_mem": "64MB"}, 0.25, [Asked("its_series", "A series.", 120, series),
        Asked("abab_series", "Another.", 120, slow, ["live"])],
    )  # fmt: skip


def test_queries_have_medians_spread_ratio_and_whether_they_agree(
    measured: tuple[list[Result], Values], asked: Queries
) -> None:
    shown = pages.filled("<!-- benchmarks: queries -->\n<!-- end -->", *measured, asked)
    assert "| its_series | 120 | **25.0** | 20.0-30.0 | 5.0 | 200.0 | 50.0 | 2.00 | 10.00 | agree |" in shown
    assert "| abab_series | 120 | **60.0** |" in shown and "**differ: live**" in shown
    assert "indexes of the events, on (id), (userId);" in shown
    told = {aim.what: (aim.reached, aim.met) for aim in aims(*measured, asked)}
    assert ("25 ms", True) == told["its_series over views of 1 M events within 50 ms"]
    assert ("60 ms", False) == told["abab_series over views of 1 M events within 50 ms"]
    ElementTree.fromstring(pages.figures(*measured, asked)["queries.svg"])


def _reports(name: str, load: float) -> Reports:
    def row(tool: str, wall: float, cpu: float, rss: int, *, files: int = 365, took: int = 150) -> FileRow:
        each = took * files // 365
        return FileRow(tool, "", files, files * 1000, files * 2_740_000, [Cost(wall, cpu, 0, rss * MB)], each * MB)

    rows = [
        row("parquetry", 30.0, 44.0, 150), row("parquetry, a part", 9.0, 13.0, 130, files=100),
        row("duckdb by day", 25.0, 40.0, 700), row("duckdb, types told", 10.0, 11.0, 700),
        FileRow("pandas", "", 365, 365_000, 10**9, failed="not there"),
    ]  # fmt: skip
    answers = {ANSWER: [60.0, 40.0, 45.0], MERGED: [9.0, 8.0, 7.0]}
    return Reports(name, 365, 365_000, 365 * 2_740_000, 1, _MACHINE, (load, load), rows, answers)


def test_report_files_have_ratios_a_load_and_aims(measured: tuple[list[Result], Values]) -> None:
    """A part of the reports has no ratio; a busy machine is told."""
    files = [_reports("large", 0.3)]
    shown = pages.filled("<!-- benchmarks: files -->\n<!-- end -->", *measured, None, files)
    assert "| parquetry | 365 | **30.00** | 30.00-30.00 | 1.20 | 44.00 | 1.10 | 4.00 | 150 | 150.0 | 85.0% |" in shown
    assert "| parquetry, a part | 100 | **9.00** | 9.00-9.00 | – | 13.00 | – | – | 130 |" in shown
    assert "Not measured: pandas, not there." in shown and "45.0 ms with a file a day, and 8.0 ms after" in shown
    assert "other work" not in shown
    busy = pages.filled("<!-- benchmarks: files -->\n<!-- end -->", *measured, None, [_reports("large", 9.0)])
    assert "other work to do" in busy
    assert "1.20, on a busy machine" in {aim.reached for aim in aims(*measured, None, [_reports("large", 9.0)])}
    told = {aim.what: (aim.reached, aim.met) for aim in aims(*measured, None, files)}
    assert ("1.20", True) == told["1 GB of report files: at most 1.3 times duckdb by day"]
    assert ("3.00", False) == told["1 GB of report files: at most 1.3 times duckdb, types told"]
    assert ("150 MB", True) == told["1 GB of report files: at most 450 MB"]
    assert ("1.15 times", True) == told["memory at 365 report files within a fifth of that at 100"]
    assert ("85.0 %", True) == told["… and Parquet at least 80 % smaller"]
    assert ("45.0 ms", True) == told["30 days of a year of report files within 50 ms"]
    assert ("", False) == told["365 report files of 200 kB within 20 s"]


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ([(1, "a"), (2, "b")], [(2, "b"), (1, "a")], True),
        ([(1,), (1,)], [(1,)], False),
        ([(Decimal("0.30"),)], [(0.1 + 0.2,)], True),
        ([(None,)], [("None",)], False),
        ([(date(2026, 1, 1),)], [(date(2026, 1, 2),)], False),
        ([(62.16,)], [(62.17,)], False),
    ],
)
def test_answers_are_the_same_row_by_row(one: list[Any], other: list[Any], equal: bool) -> None:
    assert equal == same(one, other)


def test_results_can_be_read_again(tmp_path: Path, measured: tuple[list[Result], Values], asked: Queries) -> None:
    report.save(asked, tmp_path)
    assert asked == report.queries(tmp_path)
    for reports in (found := [_reports("large", 0.5), _reports("small", 0.5)]):
        report.save(reports, tmp_path)
    assert found == report.files(tmp_path)
    results, values = measured
    for result in results:
        report.save(result, tmp_path)
    report.save(values, tmp_path)
    assert (results, values) == (report.results(tmp_path), report.values(tmp_path))


def test_charts_are_light_and_well_formed(measured: tuple[list[Result], Values]) -> None:
    made = pages.figures(*measured)
    assert {"events-1000000.svg", "events-10000000.svg", "values.svg"} == made.keys()
    for text in made.values():
        assert len(text.encode()) < 15_000
        ElementTree.fromstring(text)
    assert _bars(made["events-1000000.svg"])["pandas script"] > 8 * _bars(made["events-1000000.svg"])["parquetry"] / 3


def _bars(chart: str) -> Mapping[str, float]:
    """The first bar of each label."""
    labels = re.findall(r'<text x="0" y="(\d+)">([^<]+)', chart)
    widths = {y: float(width) for y, width in reversed(re.findall(r'y="(\d+)" width="([\d.]+)" height', chart))}
    return {label: widths[str(int(y) - 12)] for y, label in labels}


def test_nothing_is_shown_where_nothing_was_measured() -> None:
    nothing: tuple[list[Result], None] = ([], None)
    for name in ("speed", "values", "queries", "files", "examples", "refusals", "summary"):
        page = f"<!-- benchmarks: {name} -->\n<!-- end -->"
        assert f"<!-- benchmarks: {name} -->\nNot measured yet.\n<!-- end -->" == pages.filled(page, *nothing)
