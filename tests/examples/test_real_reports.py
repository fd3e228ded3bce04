"""
The same project on reports as one toolchain really wrote them, which differ from the form that was specified.

The weekly roll-up is by pattern and not by query, the advisor recommends nothing and tells of other things,
the log mixes two shapes of which one has no time; and there is no daily report and no text log at all.
"""

from __future__ import annotations

import json

import pytest

from tests.examples.conftest import Folder

WEEKLY = """\
pattern,samples,avg_ms,p50_ms,p95_ms,p99_ms,slow_flag
"select * from docs where content like '%test%'",5,109.73,52.00,131.00,146.20,true
"update docs set content = ? where id = ?",3,129.25,128.00,129.80,129.96,true
"select count(*) from docs",4,14.44,13.50,14.85,14.97,false
"phase 7.2 --k=5",2,0.00,0.00,0.00,0.00,false
"""
LOG = """\
{"query": "SELECT * FROM docs WHERE content LIKE '%test%'", "duration_ms": 45}
{"query": "SELECT   *   FROM   docs   WHERE   path   =   ?", "duration_ms": 27}
{"ts":"2025-10-21T21:42:33.528Z","query":"phase 7.2 --k=5","mode":"verify","timings":{"fts_ms":18.772375,\
"embed_ms":413.883541,"rerank_ms":1.0935,"total_ms":433.778583},"resultCount":10}
{"ts":"2025-10-22T23:18:11.155Z","query":"optimization performance","mode":"verify","timings":{"fts_ms":11.655833,\
"embed_ms":306.807167,"cache_hit":false,"embed_cache_ms":306,"rerank_ms":0.709166,"total_ms":319.199458},"resultCount":10}
"""
ADVISOR = {
    "timestamp": "2025-10-27T17:14:03.597Z",
    "status": "healthy",
    "slow_queries": [
        {"pattern": "select * from docs where path = ?", "samples": 5, "p50": 28, "p95": 102, "p99": 116},
        {"pattern": "update docs set content = ? where id = ?", "samples": 3, "p50": 128, "p95": 130, "p99": 130},
    ],
    "existing_indexes": [
        {"name": "sqlite_autoindex_memories_1", "table": "memories", "sql": None},
        {"name": "idx_doc_path", "table": "document_chunks", "sql": "CREATE INDEX idx_doc_path ON chunks(a)\n  "},
    ],
    "recommendations": [],
}  # fmt: skip
RECOMMENDED = {
    "timestamp": "2025-10-28T04:00:00Z",
    "status": "healthy",
    "slow_queries": [],
    "existing_indexes": [],
    "recommendations": [
        {
            "table": "embeddings", "index": "idx_embedding_vector", "estimated_speedup": 3.5, "priority": "high",
            "query_pattern": "WHERE namespace = ? AND vector LIKE ?",
        }
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Published, by the commands that the generated year is published by."""
    folder = Folder(tmp_path_factory.mktemp("real") / "ops-reports")
    folder.reports.mkdir(parents=True)
    (folder.reports / "query_perf_weekly_202543.csv").write_text(WEEKLY)
    (folder.reports / "query_perf.jsonl").write_text(LOG)
    (folder.reports / "index_advisor_report.json").write_text(json.dumps(ADVISOR, indent=2))
    planned = {d["name"]: len(d["reports"]) for d in folder.told("plan", "--historical")["datasets"]}
    exported = folder.export("--historical")
    assert planned == {name: len(dataset["reports"]) for name, dataset in exported.items()}
    assert ["nothing to read: no csv files query_perf_daily_{date:%Y%m%d}.csv"] == exported["query_performance"][
        "notes"
    ]
    assert 0 == folder.run("sync"), folder.said
    return folder


def test_all_rows_are_published_as_they_are(real: Folder) -> None:
    columns = "pattern, samples, avg_ms, p99_ms, slow_flag, date_partition"
    weekly = real.sql(f"SELECT {columns} FROM query_performance_weekly")
    assert ("update docs set content = ? where id = ?", 3, 129.25, 129.96, True, "2025-10-20") == weekly[1]
    assert 4 == len(weekly)
    log = real.sql("SELECT timestamp, query, duration_ms, mode, result_count, embed_cache_ms, cache_hit FROM query_log")
    assert [
        (None, "SELECT * FROM docs WHERE content LIKE '%test%'", 45, None, None, None, None),
        (None, "SELECT   *   FROM   docs   WHERE   path   =   ?", 27, None, None, None, None),
        ("2025-10-21 21:42:33.528", "phase 7.2 --k=5", 433.778583, "verify", 10, None, None),
        ("2025-10-22 23:18:11.155", "optimization performance", 319.199458, "verify", 10, 306, False),
    ] == log
    assert [("2025-10-27", "healthy", "2025-10-27 17:14:03.597")] == real.sql(
        "SELECT DISTINCT date_partition, report_status, timestamp FROM slow_patterns"
    )
    assert [None, ADVISOR["existing_indexes"][1]["sql"]] == [  # type: ignore[index]
        sql for (sql,) in real.sql("SELECT sql FROM existing_indexes ORDER BY index_name DESC")
    ]
    assert [(0,)] == real.sql("SELECT count(*) FROM index_recommendations")


def test_a_report_of_nothing_is_of_its_own_day(real: Folder) -> None:
    """Not of the day on which the file was copied here, which would make an old report a fresh one."""
    (path,) = (real.lake / "current/index_recommendations").rglob("*.parquet")
    assert "year=2025/month=10" == str(path.relative_to(real.lake / "current/index_recommendations").parent)
    assert path.name.startswith("index_recommendations_20251027_")
    until = {d["name"]: d["until"] for d in real.told("status")["datasets"]}
    assert "2025-10-28T00:00:00+00:00" == until["index_recommendations"]
    assert "2025-10-27T17:14:03+00:00" == until["slow_patterns"]


def test_every_query_answers(real: Folder) -> None:
    """Those of what is not there have no rows."""
    for name in ("daily_trend", "slow_queries", "cache_hit_rate", "rows_examined", "recommendations", "optimizations"):
        assert [] == real.ask(name)
    assert [] == real.told("query", "FROM avg_query_time(30)")["rows"]
    assert [] == real.told("query", "FROM slow_queries(0)")["rows"]
    assert [130, 102] == [row["p95_ms"] for row in real.ask("slow_patterns")]
    weeks = real.ask("week_against_week")
    assert [129.25, 109.73, 14.44, 0] == [row["avg_ms"] for row in weeks]
    assert {(None, None)} == {(row["samples_before"], row["change_pct"]) for row in weeks}
    assert [
        ("verify", 2, 376.5, 15.2, 360.3, 0.9, 0.0, 0),
        (None, 2, 36.0, None, None, None, None, 0),
    ] == [tuple(row.values()) for row in real.ask("search_times")]


def test_the_next_days_report_stands_beside_the_old_one(real: Folder) -> None:
    """The file is written anew; what it said yesterday stays, and queries go by the newest."""
    (real.reports / "index_advisor_report.json").write_text(json.dumps(RECOMMENDED))
    real.export()
    assert ["high"] == [row["priority"] for row in real.ask("recommendations")]
    assert [] == real.ask("slow_patterns"), "the newest report finds none"
    assert 2 == len(real.ask("slow_patterns", day="2025-10-27"))
    assert [("2025-10-27",), ("2025-10-28",)] == real.sql(
        "SELECT DISTINCT date_partition FROM (SELECT date_partition FROM existing_indexes "
        "UNION ALL SELECT date_partition FROM index_recommendations) ORDER BY 1"
    )


def test_the_first_report_takes_the_place_of_none(real: Folder) -> None:
    """A dataset that had no report has a file that holds its types, until it has one."""
    daily = real.lake / "current/query_performance"
    assert 1 == len(list(daily.rglob("*.parquet")))
    head = "timestamp,query_hash,query_type,execution_time_ms,rows_examined,rows_returned,cache_hit,table_name"
    row = "2025-10-28T00:15:23Z,a1b2c3,SELECT,45.2,1234,10,false,embeddings"
    (real.reports / "query_perf_daily_20251028.csv").write_text(f"{head}\n{row}\n")
    real.export("query_performance")
    (path,) = daily.rglob("*.parquet")
    assert "year=2025/month=10" == str(path.relative_to(daily).parent)
    assert [("2025-10-28", 1, 45.2)] == real.sql("FROM avg_query_time(30)")
    assert 0 == real.run("verify"), real.said
