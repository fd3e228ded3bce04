"""The project of report files, on generated days: what is published, and what its queries answer."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars
import pyarrow.dataset
import pytest

from parquetry.project.queries import catalogue
from tests.examples import truth
from tests.examples.conftest import EXAMPLE, Folder, year

LAST = date(2025, 10, 28)
ROUNDED = 0.0501  # the coarsest of the queries gives a tenth


def alike(expected: truth.Rows, answered: truth.Rows, *, within: float = ROUNDED) -> None:
    """The same rows in the same order, numbers as far as they are rounded."""
    assert len(expected) == len(answered)
    for wanted, row in zip(expected, answered, strict=True):
        assert list(wanted) == list(row)
        for column, value in wanted.items():
            same = value == row[column] or (
                isinstance(value, float | int) and row[column] is not None and abs(value - row[column]) <= within
            )
            assert same, f"{column}: {value} is not {row[column]}"


def test_each_query_is_described() -> None:
    found = catalogue({path.stem: path for path in (EXAMPLE / "queries").glob("*.sql")})
    assert {
        "cache_hit_rate", "daily_trend", "optimizations", "recommendations", "rows_examined", "search_times",
        "slow_patterns", "slow_queries", "week_against_week",
    } == set(found)  # fmt: skip
    for name, described in found.items():
        assert described.help.endswith((".", "?")), name
        assert described.runs_alone, name
        assert all(p.about for p in described.parameters), name


def test_the_plan_names_what_the_export_reads(tmp_path: Path) -> None:
    """Every file and its size, and nothing is written."""
    folder = Folder(tmp_path / "ops")
    folder.generate("--days", "9", "--rows", "5")
    planned = {d["name"]: d for d in folder.told("export", "--historical", "--dry-run")["datasets"]}
    assert not folder.lake.exists()
    there = {path.name: path.stat().st_size for path in folder.reports.glob("query_perf_daily_*")}
    assert there == {r["report"]: r["bytes"] for r in planned["query_performance"]["reports"]}
    exported = folder.export("--historical", code=11)
    for name, dataset in planned.items():
        assert [r["report"] for r in dataset["reports"]] == [r["report"] for r in exported[name]["reports"]]


def test_every_row_is_published_on_its_day(folder: Folder) -> None:
    expected = [
        (str(day), len(mine), sum(row.cpu_ms is not None for row in mine))
        for day, mine in truth.by(truth.ran(folder.reports), lambda row: row.day)
    ]
    assert 39 == len(expected)
    told = folder.sql(
        "SELECT date_partition, count(*), count(cpu_time_ms) FROM ops.query_performance GROUP BY 1 ORDER BY 1"
    )
    assert expected == told
    assert {0, 60} == {cpu for _, _, cpu in told}, "some days' files lack the column, and it is NULL there"
    assert [(0,)] == folder.sql("SELECT count(*) FROM ops.query_performance WHERE date_partition <> timestamp::DATE")


def test_a_line_that_fits_nothing_is_set_aside_with_its_number(folder: Folder) -> None:
    lines = (folder.reports / "optimization_summary.txt").read_text().splitlines()
    (report,) = folder.lake.glob("_quarantine/*/*.csv")
    (row,) = csv.DictReader(report.read_text().splitlines())
    assert (str(len(lines) - 1), "optimization_summary.txt") == (row["row"], row["file"])
    assert row["value"] == lines[-2]
    assert [(len(lines) - 3,)] == folder.sql("SELECT count(*) FROM ops.optimization_events")


def test_running_again_commits_nothing(folder: Folder) -> None:
    again = folder.told("export", "--historical")
    assert (False, 1) == (again["changed"], again["snapshot"])
    assert {0} == {d["read"]["source"] for d in again["datasets"]}


@pytest.mark.parametrize(("days", "until"), [(30, None), (7, date(2025, 10, 16)), (40, None), (1, LAST)])
def test_the_daily_trend(folder: Folder, days: int, until: date | None) -> None:
    """A day for each that was asked for, the one without a report among them."""
    params: dict[str, Any] = {"until": until} if until else {}
    answered = folder.ask("daily_trend", days=days, threshold_ms=40, **params)
    alike(truth.daily_trend(truth.ran(folder.reports), days, 40, until), answered)
    assert (days == 1) == all(row["queries"] for row in answered)


def test_slow_queries(folder: Folder) -> None:
    rows = truth.last(truth.ran(folder.reports), 30)
    expected = truth.slow_queries(rows, 60)
    assert len(expected) > 1
    alike(expected, folder.ask("slow_queries", threshold_ms=60))
    alike(expected[:1], folder.ask("slow_queries", threshold_ms=60, rows=1))
    assert [] == folder.ask("slow_queries", threshold_ms=1e9)


def test_the_cache_hit_rate(folder: Folder) -> None:
    rows = truth.ran(folder.reports)
    alike(truth.cache_hit_rate(truth.last(rows, 30)), folder.ask("cache_hit_rate"))
    then = LAST - timedelta(days=20)
    alike(truth.cache_hit_rate(truth.last(rows, 5, then)), folder.ask("cache_hit_rate", days=5, until=then))


def test_rows_examined_for_a_row_returned(folder: Folder) -> None:
    expected = truth.rows_examined(truth.last(truth.ran(folder.reports), 30))
    assert None in {row["index_used"] for row in expected}
    alike(expected, folder.ask("rows_examined"))


def test_recommendations_by_priority(folder: Folder) -> None:
    expected = truth.recommendations(folder.reports)
    answered = folder.ask("recommendations")
    assert ["high", "high", "medium", "low"] == [row["priority"] for row in answered]
    names = {"recommended_index": "index", "table_name": "table", "query_pattern": "query_pattern"}
    for ours, theirs in {**names, "estimated_speedup": "estimated_speedup", "estimated_cost": "estimated_cost"}.items():
        assert [r.get(theirs) for r in expected] == [row[ours] for row in answered]
    assert {(1, str(LAST))} == {(row["reports"], row["since"]) for row in answered}
    assert answered[3:] == folder.ask("recommendations", priority="low")
    assert [] == folder.ask("recommendations", day=LAST - timedelta(days=1))


@pytest.mark.parametrize("week", [None, date(2025, 10, 15), date(2025, 9, 22)])
def test_a_week_against_the_one_before(folder: Folder, week: date | None) -> None:
    """The newest whole week, or that of any day; where there is none before it, nothing stands beside it."""
    monday = week - timedelta(days=week.weekday()) if week else date(2025, 10, 20)
    expected = truth.week_against_week(folder.reports, monday)
    assert expected
    alike(expected, folder.ask("week_against_week", **({"week": week} if week else {})))


def test_search_times_and_optimizations(folder: Folder) -> None:
    alike(truth.search_times(folder.reports), folder.ask("search_times"))
    expected = truth.optimizations(folder.reports)
    assert {"hit_rate", "size_mb", "freed_mb", "seconds", "rows"} == {row["metric_name"] for row in expected}
    alike(expected, folder.ask("optimizations"), within=0)
    alike([r for r in expected if r["event_type"] == "vacuum"], folder.ask("optimizations", event="vacuum"), within=0)


def test_the_catalog_has_views_and_macros_for_other_programs(folder: Folder) -> None:
    """Whatever schema such a program is in."""
    rows = truth.ran(folder.reports)
    slowest = sorted((row.ms for row in rows), reverse=True)[:5]
    with duckdb.connect(str(folder.catalog), read_only=True) as connection:
        found = connection.execute("FROM ops.avg_query_time(7)").fetchall()
        slow = connection.execute("FROM ops.slow_queries($1)", [slowest[-1]]).fetchall()
        views = connection.execute("SELECT view_name FROM duckdb_views() WHERE schema_name = 'ops'").fetchall()
    expected = [(row["day"], row["queries"]) for row in truth.daily_trend(rows, 7, 0)]
    assert expected == [(str(day), queries) for day, queries, _ in found]
    assert slowest == [row[5] for row in slow], "the threshold itself is slow"
    assert {("query_performance",), ("index_recommendations",), ("optimization_events",)} <= set(views)


def test_current_is_read_by_other_tools(folder: Folder) -> None:
    """`<dataset>/year=YYYY/month=MM/<dataset>_YYYYMMDD….parquet`, with partition columns that are integers."""
    current = folder.lake / "current/query_performance"
    paths = sorted(current.rglob("*.parquet"))
    form = re.compile(r"year=(\d{4})/month=(\d\d)/query_performance_\1\2\d\d_[0-9A-Z]{26}\.parquet")
    assert 39 == len(paths)
    assert [] == [p for p in paths if not form.fullmatch(str(p.relative_to(current)))]
    expected = Counter((row.day.year, row.day.month) for row in truth.ran(folder.reports))

    with duckdb.connect() as connection:
        # A month with a leading zero is text to DuckDB's guess, so it is told.
        told = "hive_partitioning = true, hive_types = {'year': INTEGER, 'month': INTEGER}"
        sql = f"FROM read_parquet('{current}/**/*.parquet', {told})"
        types = dict(row[:2] for row in connection.execute(f"DESCRIBE {sql}").fetchall())
        counted = connection.execute(f"SELECT year, month, count(*) {sql} GROUP BY ALL").fetchall()
    assert ("INTEGER", "INTEGER") == (types["year"], types["month"])
    assert expected == {(y, m): n for y, m, n in counted}

    frame = polars.read_parquet(current / "**/*.parquet", hive_partitioning=True)
    assert frame.schema["year"].is_integer()
    assert frame.schema["month"].is_integer()
    assert expected == {(y, m): n for y, m, n in frame.group_by("year", "month").len().rows()}

    table = pyarrow.dataset.dataset(current, partitioning="hive").to_table()
    assert {"int32"} == {str(table.schema.field(name).type) for name in ("year", "month")}
    pairs = zip(table["year"].to_pylist(), table["month"].to_pylist(), strict=True)
    assert expected == Counter(pairs)


def test_what_the_contract_refuses(tmp_path: Path) -> None:
    """All of it is told at once, with the name of each rule, and the lake is as it was."""
    folder = Folder(tmp_path / "ops")
    folder.reports.mkdir(parents=True)
    head = "timestamp,query_hash,query_type,execution_time_ms,rows_examined,rows_returned,cache_hit,table_name"
    good = "2025-10-28T00:15:23Z,a1b2c3,SELECT,45.2,1234,10,false,embeddings"
    wrong = {
        "timestamp:of_file": good.replace("10-28", "10-27"),
        "query_hash:str_matches": good.replace("a1b2c3", "A1 B2"),
        "query_type:isin": good.replace("SELECT", "VACUUM"),
        "execution_time_ms:ge": good.replace("45.2", "-0.1"),
        "rows_examined:type": good.replace("1234", "1.5"),
        "cache_hit:type": good.replace("false", "no"),
        "table_name:not_null": good.replace("embeddings", ""),
    }
    (folder.reports / "query_perf_daily_20251028.csv").write_text("\n".join([head, good, *wrong.values(), ""]))
    failed = folder.told("export", code=10)
    assert wrong.keys() == failed["error"]["facts"]["broken"]["query_performance"].keys()
    assert not (folder.lake / "current").exists()
    assert {1} == {d["rows"] for d in folder.told("export", "--non-strict", code=11)["datasets"][:1]}


def test_a_part_of_the_datasets_answers_its_queries(tmp_path: Path) -> None:
    """A macro over one that was never exported stops what names the macro, and nothing else."""
    folder = Folder(tmp_path / "ops")
    folder.generate("--days", "8", "--rows", "9")
    folder.export("query_performance", "--historical")
    rows = truth.ran(folder.reports)
    alike(truth.cache_hit_rate(rows), folder.ask("cache_hit_rate"))
    for name in ("recommendations", "optimizations"):
        assert 20 == folder.run("query", "--name", name)
        assert "queries/macros.sql line " in folder.said


def test_an_empty_folder_publishes_nothing(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "ops")
    assert 13 == folder.run("export", "--historical")
    assert "no csv files query_perf_daily_{date:%Y%m%d}.csv" in folder.said


def test_the_same_arguments_make_the_same_reports(tmp_path: Path) -> None:
    """By default of the size that real ones have; a weekend's is smaller."""
    made = []
    for name in ("one", "two"):
        folder = Folder(tmp_path / name)
        folder.generate("--days", "4", "--until", "2025-10-27")
        made.append({path.name: path.read_bytes() for path in folder.reports.iterdir()})
    assert made[0] == made[1]
    sizes = [len(data) for name, data in made[0].items() if "daily" in name]
    assert 4 == len(sizes)
    assert all(50_000 <= size <= 200_000 for size in sizes)


@pytest.mark.torture
def test_a_year_of_reports(tmp_path: Path) -> None:
    """365 days of 50 to 200 kB, in one run."""
    folder = Folder(tmp_path / "ops")
    exported = year(folder)
    rows = truth.ran(folder.reports)
    daily = exported["query_performance"]
    assert (364, len(rows)) == (len(daily["reports"]), daily["read"]["published"])
    assert (51, 1) == (len(exported["query_performance_weekly"]["reports"]), exported["query_log"]["files"])
    assert daily["bytes"] < 0.25 * sum(r["bytes_before"] for r in daily["reports"])
    alike(truth.daily_trend(rows, 365, 100), folder.ask("daily_trend", days=365))
    alike(truth.cache_hit_rate(rows), folder.ask("cache_hit_rate", days=365))
    alike(truth.rows_examined(rows), folder.ask("rows_examined", days=365))
    alike(truth.slow_queries(rows, 100), folder.ask("slow_queries", days=365))
    assert json.loads((folder.reports / "index_advisor_report.json").read_text())["status"] == "degraded"
    indexed = {row["day"]: row["avg_ms"] for row in folder.ask("daily_trend", days=90)}
    assert sum(ms for day, ms in indexed.items() if ms and day < "2025-08-30") / 30 > 15, "before the index"
    again = folder.told("export", "--historical")
    assert (False, 1) == (again["changed"], again["snapshot"])
