"""What the example's queries must answer, worked out from the report files by other code."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

Rows = list[dict[str, Any]]


class Ran(NamedTuple):
    """A row of a daily report."""

    day: date
    hash: str
    type: str
    ms: float
    examined: int
    returned: int
    hit: bool
    table: str
    used: str | None
    cpu_ms: float | None


def ran(reports: Path) -> list[Ran]:
    """All rows of all daily reports."""
    found = []
    for path in sorted(reports.glob("query_perf_daily_*.csv")):
        with path.open(newline="") as file:
            for row in csv.DictReader(file):
                cpu = row.get("cpu_time_ms")
                found.append(
                    Ran(
                        date.fromisoformat(row["timestamp"][:10]), row["query_hash"], row["query_type"],
                        float(row["execution_time_ms"]), int(row["rows_examined"]), int(row["rows_returned"]),
                        row["cache_hit"] == "true", row["table_name"], row["index_used"] or None,
                        float(cpu) if cpu else None,
                    )
                )  # fmt: skip
    return found


def last(rows: Sequence[Ran], days: int, until: date | None = None) -> list[Ran]:
    end = until or max(row.day for row in rows)
    return [row for row in rows if end - timedelta(days=days) < row.day <= end]


def daily_trend(rows: Sequence[Ran], days: int, threshold: float, until: date | None = None) -> Rows:
    end = until or max(row.day for row in rows)
    found = []
    for day in (end - timedelta(days=left) for left in reversed(range(days))):
        ms = sorted(row.ms for row in rows if row.day == day)
        found.append(
            {
                "day": str(day), "queries": len(ms), "avg_ms": _mean(ms), "p50_ms": _quantile(ms, 0.5),
                "p95_ms": _quantile(ms, 0.95), "slow_pct": _percent(sum(v >= threshold for v in ms), len(ms)),
            }
        )  # fmt: skip
    return found


def slow_queries(rows: Sequence[Ran], threshold: float) -> Rows:
    found = []
    for (hash_, type_, table), mine in by(rows, lambda row: (row.hash, row.type, row.table)):
        slow = [row.ms for row in mine if row.ms >= threshold]
        if slow:
            found.append(
                {
                    "query_hash": hash_, "query_type": type_, "table_name": table, "slow": len(slow),
                    "queries": len(mine), "slow_pct": _percent(len(slow), len(mine)),
                    "slow_seconds": sum(slow) / 1000, "slowest_ms": max(slow),
                }
            )  # fmt: skip
    return sorted(found, key=lambda row: -row["slow_seconds"])


def cache_hit_rate(rows: Sequence[Ran]) -> Rows:
    found = []
    for table, mine in by((row for row in rows if row.type == "SELECT"), lambda row: row.table):
        hits = [row.ms for row in mine if row.hit]
        found.append(
            {
                "table_name": table, "reads": len(mine), "hits": len(hits), "hit_pct": _percent(len(hits), len(mine)),
                "hit_avg_ms": _mean(hits), "miss_avg_ms": _mean([row.ms for row in mine if not row.hit]),
            }
        )  # fmt: skip
    return sorted(found, key=lambda row: row["hit_pct"])


def rows_examined(rows: Sequence[Ran]) -> Rows:
    found = []
    for (table, index), mine in by((r for r in rows if r.type == "SELECT"), lambda row: (row.table, row.used)):
        examined, returned = sum(r.examined for r in mine), sum(r.returned for r in mine)
        found.append(
            {
                "table_name": table, "index_used": index, "reads": len(mine), "examined": examined,
                "returned": returned, "examined_per_row": examined / returned if returned else None,
                "returned_nothing": sum(r.returned == 0 for r in mine),
            }
        )  # fmt: skip
    return sorted(found, key=lambda row: -row["examined_per_row"])


def week_against_week(reports: Path, monday: date) -> Rows:
    """From the roll-ups, whose names say their ISO weeks."""
    before, this = ({row["pattern"]: row for row in _week(reports, day)} for day in (monday - timedelta(7), monday))
    found: Rows = []
    for pattern in before.keys() | this.keys():
        was, now = before.get(pattern, {}), this.get(pattern, {})
        ms = [float(row["avg_ms"]) if row else None for row in (was, now)]
        moved = ms[1] - ms[0] if ms[0] is not None and ms[1] is not None else None
        found.append(
            {
                "pattern": pattern, "samples_before": _number(was, "samples"), "samples": _number(now, "samples"),
                "avg_ms_before": ms[0], "avg_ms": ms[1],
                "change_pct": None if moved is None else _percent(moved, ms[0] or 0),
                "p95_ms_before": _number(was, "p95_ms"), "p95_ms": _number(now, "p95_ms"), "moved": moved,
            }
        )  # fmt: skip
    found.sort(key=lambda row: (row["moved"] is None, -(row["moved"] or 0), -(row["avg_ms"] or 0), row["pattern"]))
    return [{key: value for key, value in row.items() if key != "moved"} for row in found]


def recommendations(reports: Path) -> Rows:
    document: dict[str, Rows] = json.loads((reports / "index_advisor_report.json").read_text())
    urgent = {"high": 0, "medium": 1, "low": 2}
    return sorted(
        document["recommendations"],
        key=lambda r: (urgent[r["priority"]], -r["estimated_speedup"], r["table"], r["index"]),
    )


def search_times(reports: Path) -> Rows:
    lines = [json.loads(line) for line in (reports / "query_perf.jsonl").read_text().splitlines()]
    found = []
    for mode, mine in by(lines, lambda line: line.get("mode")):
        times = [line.get("timings", {"total_ms": line.get("duration_ms")}) for line in mine]
        hits = [t["cache_hit"] for t in times if "cache_hit" in t]
        found.append(
            {
                "mode": mode, "searches": len(mine), "avg_ms": _mean([t["total_ms"] for t in times]),
                **{p: _mean([t[p] for t in times if p in t]) for p in ("fts_ms", "embed_ms", "rerank_ms")},
                "hit_pct": _percent(sum(hits), len(hits)),
                "found_nothing": sum(line.get("resultCount") == 0 for line in mine),
            }
        )  # fmt: skip
    return sorted(found, key=lambda row: (row["mode"] is None, row["mode"]))


def optimizations(reports: Path) -> Rows:
    found: dict[tuple[str, str], list[tuple[str, float]]] = defaultdict(list)
    for line in (reports / "optimization_summary.txt").read_text().splitlines():
        if line.startswith("[") and "=" in line:
            when, _, rest = line[1:].partition("] ")
            event, *pairs = rest.partition(" {")[0].split(" ")
            for name, _, value in (pair.partition("=") for pair in pairs):
                found[event, name].append((when, float(value)))
    return [
        {
            "event_type": event, "metric_name": name, "told": len(told), "first_day": min(told)[0][:10],
            "last_day": max(told)[0][:10], "first_value": min(told)[1], "last_value": max(told)[1],
        }
        for (event, name), told in sorted(found.items())
    ]  # fmt: skip


def _week(reports: Path, monday: date) -> Iterable[dict[str, str]]:
    path = reports / f"query_perf_weekly_{monday:%G%V}.csv"
    if path.exists():
        with path.open(newline="") as file:
            yield from csv.DictReader(file)


def _number(row: dict[str, str], column: str) -> float | None:
    return float(row[column]) if row else None


def by(rows: Iterable[Any], key: Callable[[Any], Any]) -> list[tuple[Any, list[Any]]]:
    found = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return list(found.items())


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _percent(part: float, whole: float) -> float | None:
    return 100 * part / whole if whole else None


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    if not ordered:
        return None
    at = share * (len(ordered) - 1)
    low = int(at)
    return ordered[low] + (ordered[min(low + 1, len(ordered) - 1)] - ordered[low]) * (at - low)
