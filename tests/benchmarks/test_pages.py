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
    made = pages.filled(text, report.results(RESULTS), report.values(RESULTS), report.queries(RESULTS))
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
    for name in ("speed", "values", "queries", "examples", "refusals", "summary"):
        page = f"<!-- benchmarks: {name} -->\n<!-- end -->"
        assert f"<!-- benchmarks: {name} -->\nNot measured yet.\n<!-- end -->" == pages.filled(page, *nothing)
