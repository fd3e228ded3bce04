"""
Report files as an operations toolchain leaves them behind, made up: the same for the same arguments.

    python generate.py g/reports --days 365 --until 2025-10-28

What is in them to be found: queries are slower on working days and a little more so each month; an
index on ``embeddings`` makes that table's SELECTs three times as fast from the 60th day before the
last on. Every 9th day's report lacks cpu_time_ms and io_wait_ms; the 12th day before the last has no
report at all. The last line but one of the text log is none of those that the project declares.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

COLUMNS = (
    "timestamp", "query_hash", "query_type", "execution_time_ms", "rows_examined", "rows_returned", "cache_hit",
    "table_name", "index_used", "cpu_time_ms", "io_wait_ms",
)  # fmt: skip
WEEKLY = ("pattern", "samples", "avg_ms", "p50_ms", "p95_ms", "p99_ms", "slow_flag")
SLOW_MS = 100.0  # 95 % of a pattern's queries are faster, or it is called slow
INDEXED_DAYS = 60
SILENT_DAY = 12


class Query(NamedTuple):
    """A pattern of query; *ms* is its median without cache and load, *examined* its rows a row returned."""

    hash: str
    pattern: str
    type: str
    table: str
    index: str
    ms: float
    examined: float
    cached: float
    weight: int


QUERIES = (
    Query("a1b2c3", "select embedding from embeddings where namespace = ? and doc_id = ?",
          "SELECT", "embeddings", "idx_namespace", 42.0, 90.0, 0.55, 30),
    Query("b7c809", "select * from docs where content like '%test%'", "SELECT", "docs", "", 88.0, 400.0, 0.20, 8),
    Query("c3d9e1", "select * from docs where path = ?", "SELECT", "docs", "idx_doc_path", 6.5, 1.2, 0.80, 25),
    Query("0f61aa", "select count(*) from docs", "SELECT", "docs", "", 14.0, 5000.0, 0.60, 6),
    Query("d4e5f6", "insert into query_log values (?)", "INSERT", "query_log", "PRIMARY", 4.0, 1.0, 0.0, 16),
    Query("e5f607", "insert into embeddings values (?)", "INSERT", "embeddings", "PRIMARY", 9.0, 1.0, 0.0, 8),
    Query("f6a718", "update docs set content = ? where id = ?", "UPDATE", "docs", "PRIMARY", 31.0, 1.0, 0.0, 5),
    Query("9c8d7e", "delete from docs where id = ?", "DELETE", "docs", "PRIMARY", 12.0, 1.0, 0.0, 2),
)  # fmt: skip
INDEXES = (
    ("sqlite_autoindex_docs_1", "docs", None),
    ("idx_doc_path", "docs", "CREATE INDEX idx_doc_path ON docs(path)\n  "),
    ("idx_namespace", "embeddings", "CREATE INDEX idx_namespace ON embeddings(namespace)"),
)
RECOMMENDED = (
    ("docs", "idx_docs_content_fts", "WHERE content LIKE ?", 6.2, "high", 18.0),
    ("embeddings", "idx_embedding_vector", "WHERE namespace = ? AND vector LIKE ?", 3.5, "high", None),
    ("query_log", "idx_query_log_ts", "WHERE ts >= ?", 1.4, "low", 2.5),
    ("docs", "idx_docs_updated", "ORDER BY updated_at DESC", 1.9, "medium", None),
)

Row = tuple[str | float | int, ...]


def daily(day: date, days_left: int, rows: int, random: Random) -> Iterator[Row]:
    """One day's queries in the order of time."""
    load = (1.0 if day.weekday() < 5 else 0.7) * (1 - days_left / 3000)
    seconds = sorted(random.sample(range(86_400), min(rows, 86_400)))
    weights = [query.weight for query in QUERIES]
    for second in seconds:
        query = random.choices(QUERIES, weights)[0]
        cached = random.random() < query.cached
        faster = query.hash == "a1b2c3" and days_left < INDEXED_DAYS
        ms = query.ms * load * random.lognormvariate(0, 0.45) / (3 if faster else 1) / (8 if cached else 1)
        # No row is returned, and all those that were looked at were in vain.
        returned = 0 if random.random() < 0.02 else (random.randint(1, 20) if query.type == "SELECT" else 1)
        examined = round(max(returned, 1) * query.examined / (20 if faster else 1) * random.uniform(0.8, 1.2))
        wait = ms * random.uniform(0.1, 0.6)
        moment = datetime.combine(day, time(), UTC) + timedelta(seconds=second)
        yield (
            f"{moment:%Y-%m-%dT%H:%M:%SZ}", query.hash, query.type, round(ms, 1), max(examined, returned), returned,
            "true" if cached else "false", query.table, query.index, round(ms - wait, 1), round(wait, 1),
        )  # fmt: skip


def weekly(rows: Sequence[Row]) -> Iterator[Row]:
    """A week's rows rolled up by pattern, the slowest in sum first."""
    times = {query: sorted(float(row[3]) for row in rows if row[1] == query.hash) for query in QUERIES}
    for query, ms in sorted(times.items(), key=lambda item: (-sum(item[1]), item[0].hash)):
        if ms:
            shown = (sum(ms) / len(ms), *(quantile(ms, share) for share in (0.5, 0.95, 0.99)))
            slow = "true" if shown[2] > SLOW_MS else "false"
            yield (query.pattern, len(ms), *(f"{value:.2f}" for value in shown), slow)


def quantile(ordered: Sequence[float], share: float) -> float:
    """Between the two values next to it, in proportion."""
    at = share * (len(ordered) - 1)
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def advised(last: date, rows: Sequence[Row]) -> dict[str, Any]:
    """The advisor's report of the day *last*, over its last days' *rows*."""
    patterns = [list(row) for row in weekly(rows)]
    return {
        "timestamp": f"{last}T04:00:00.000Z",
        "status": "degraded" if any(row[6] == "true" for row in patterns) else "healthy",
        "slow_queries": [
            {"pattern": row[0], "samples": row[1], "p50": whole(row[3]), "p95": whole(row[4]), "p99": whole(row[5])}
            for row in patterns[:4]
        ],
        "existing_indexes": [{"name": name, "table": table, "sql": sql} for name, table, sql in INDEXES],
        "recommendations": [
            {
                "table": table, "index": index, "query_pattern": pattern, "estimated_speedup": speedup,
                **({"estimated_cost": cost} if cost is not None else {}), "priority": priority,
            }
            for table, index, pattern, speedup, priority, cost in RECOMMENDED
        ],
    }  # fmt: skip


def whole(text: Any) -> int:
    """The advisor gives whole milliseconds."""
    return round(float(text))


def searches(day: date, random: Random) -> Iterator[dict[str, Any]]:
    """A day's lines of the log in two shapes, of which only one has a time."""
    for hour in (8, 13, 21):
        if random.random() < 0.3:
            yield {"query": random.choice(QUERIES).pattern, "duration_ms": random.randint(5, 140)}
            continue
        fts, embed, rerank = (round(random.uniform(*span), 6) for span in ((8, 20), (150, 600), (0.4, 1.2)))
        hit = random.random() < 0.4
        # The cache is young: older lines do not speak of it.
        cache = {"cache_hit": hit, "embed_cache_ms": 1 if hit else int(embed)} if day.month % 2 else {}
        embed = 1.0 if cache and hit else embed
        yield {
            "ts": f"{day}T{hour:02}:{random.randint(0, 59):02}:{random.randint(0, 59):02}.{random.randint(0, 999):03}Z",
            "query": f"phase {random.randint(1, 9)} --k=5", "mode": random.choice(["verify", "serve"]),
            "timings": {"fts_ms": fts, "embed_ms": embed, **cache, "rerank_ms": rerank,
                        "total_ms": round(fts + embed + rerank, 6)},
            "resultCount": random.randint(0, 10),
        }  # fmt: skip


def optimized(monday: date, number: int, random: Random) -> Iterator[str]:
    """A week's lines of the text log: more metrics and a JSON object stand in some of them."""
    when = f"{monday}T04:{number % 60:02}:00Z"
    yield f"[{when}] cache_tuned hit_rate={random.uniform(0.4, 0.7):.3f} size_mb={64 + number}"
    yield f'[{when}] vacuum freed_mb={random.uniform(1, 80):.1f} {{"table": "{random.choice(QUERIES).table}"}}'
    if number % 4 == 0:
        size = random.randint(10**3, 10**6)
        yield f'[{when}] index_built seconds={random.uniform(1, 9):.2f} rows={size} {{"concurrently": true}}'


def generate(folder: Path, days: int, until: date, rows: int | None, seed: int) -> int:
    """Write all reports of *days* days to *folder*, which is made; what lies there is replaced. Gives the bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    dates = [until - timedelta(days=left) for left in reversed(range(days))]
    log: list[str] = []
    events = ["# optimization summary", ""]
    recent: list[Row] = []
    for (year, week), of_week in groupby(dates, key=lambda day: day.isocalendar()[:2]):
        found, in_week = [], list(of_week)
        for day in in_week:
            random, left = Random(f"{seed} {day}"), (until - day).days
            count = random.randint(1400, 2000) if day.weekday() < 5 else random.randint(800, 1000)
            made = list(daily(day, left, count if rows is None else rows, random))
            log += (json.dumps(line, separators=(",", ":")) for line in searches(day, random))
            if left != SILENT_DAY:
                found += made
                width = len(COLUMNS) - 2 if left % 9 == 0 else len(COLUMNS)
                _csv(folder / f"query_perf_daily_{day:%Y%m%d}.csv", COLUMNS[:width], (row[:width] for row in made))
        recent = [*recent, *found] if len(in_week) < 7 else found
        if len(in_week) == 7:
            quoted = ((f'"{row[0]}"', *row[1:]) for row in weekly(found))
            _csv(folder / f"query_perf_weekly_{year}{week:02}.csv", WEEKLY, quoted)
            events += optimized(in_week[0], week, Random(f"{seed} {year} {week}"))
    events.append(f"[{until - timedelta(days=1)}T04:00:00Z] checkpoint took too long")
    events.append(f"[{until}T04:00:00Z] cache_tuned hit_rate=0.615 size_mb=128")
    (folder / "query_perf.jsonl").write_text("\n".join([*log, ""]))
    (folder / "optimization_summary.txt").write_text("\n".join([*events, ""]))
    (folder / "index_advisor_report.json").write_text(json.dumps(advised(until, recent), indent=2) + "\n")
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())


def _csv(path: Path, header: Sequence[str], rows: Iterable[Row]) -> None:
    """No value has a delimiter or a quote of its own in it."""
    path.write_text("".join(",".join(map(str, row)) + "\n" for row in (header, *rows)))


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__.strip().partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where the reports go; it is made")
    parser.add_argument("--days", type=int, default=365, help="so many days, one CSV each (%(default)s)")
    last = date(2025, 10, 28)
    parser.add_argument("--until", type=date.fromisoformat, default=last, help="the last of them (%(default)s)")
    parser.add_argument("--rows", type=int, help="rows a day; by default 800 to 2,000, which are 50 to 200 kB")
    parser.add_argument("--seed", type=int, default=1, help="another one makes other numbers (%(default)s)")
    asked = parser.parse_args()
    size = generate(asked.folder, asked.days, asked.until, asked.rows, asked.seed)
    print(f"{len(list(asked.folder.iterdir())):,} files, {size / 1e6:.1f} MB in {asked.folder}")


if __name__ == "__main__":
    main()
