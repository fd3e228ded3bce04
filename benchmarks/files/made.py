"""
A year of daily reports, made by DuckDB: the same for the same arguments and the same DuckDB.

They have the columns, the queries and the distributions of the reports in examples/ops-reports, whose own
program is not made for a gigabyte; each query there is forty here, since a busy app has some hundreds.
"""

from __future__ import annotations

import runpy
import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

_ROOT = Path(__file__).resolve().parents[2]
_EXAMPLE = _ROOT / "examples/ops-reports"
_LAST = date(2025, 10, 28)
_SPAN = 86_400

_PATTERNS = """
CREATE TABLE patterns AS
SELECT row_number() OVER (ORDER BY q.hash, n) - 1 AS place, left(md5(q.hash || n), 6) AS hash, q.* EXCLUDE (hash),
    ms * (0.5 + n / 20) AS usual
FROM (FROM queries CROSS JOIN range(40) AS numbers(n)) AS q, range(weight)
"""
# Each use of chance is a hash of its own of day, row and use; z is normal, by Box and Muller.
_ROWS = """
COPY (
    WITH chance AS (
        SELECT i, [hash({day}, i, use) / 18446744073709551616.0 FOR use IN range(8)] AS u
        FROM range({rows}) AS numbers(i)
    ), drawn AS (
        SELECT i, u, floor((i + u[1]) * {span} / {rows})::INTEGER AS second, floor(u[2] * {patterns})::BIGINT AS place,
            sqrt(-2 * ln(1 - u[3])) * cos(2 * pi() * u[4]) AS z
        FROM chance
    ), ran AS (
        SELECT *, u[5] < cached AS hit,
            CASE WHEN u[6] < 0.02 THEN 0 WHEN type = 'SELECT' THEN 1 + floor(u[7] * 20)::BIGINT ELSE 1 END AS returned,
            usual * {load} * exp(0.45 * z) / CASE WHEN u[5] < cached THEN 8 ELSE 1 END AS took
        FROM drawn JOIN patterns USING (place)
    )
    SELECT strftime(TIMESTAMP '{date}' + to_seconds(second), '%Y-%m-%dT%H:%M:%SZ') AS timestamp,
        hash AS query_hash, type AS query_type, round(took, 1) AS execution_time_ms,
        greatest(returned, round(greatest(returned, 1) * examined * (0.8 + 0.4 * u[8]))::BIGINT) AS rows_examined,
        returned AS rows_returned, hit AS cache_hit, "table" AS table_name, nullif("index", '') AS index_used,
        round(took - took * (0.1 + 0.5 * u[8]), 1) AS cpu_time_ms, round(took * (0.1 + 0.5 * u[8]), 1) AS io_wait_ms
    FROM ran ORDER BY i
) TO '{path}' (HEADER)
"""


@dataclass(frozen=True, slots=True)
class Year:
    """
    Daily reports that were made.

    Attributes:
        folder: Holds nothing else.
        rows, bytes: Of all files.
    """

    folder: Path
    files: int
    rows: int
    bytes: int


def year(folder: Path, days: int, rows: int) -> Year:
    """Write *days* reports of *rows* rows each to *folder*, which is made."""
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        patterns = _patterns(connection)
        for left in reversed(range(days)):
            day = _LAST - timedelta(days=left)
            load = (1.0 if day.weekday() < 5 else 0.7) * (1 - left / 3000)
            connection.execute(
                _ROWS.format(
                    day=day.toordinal(), rows=rows, patterns=patterns, span=_SPAN, load=load, date=day,
                    path=folder / f"query_perf_daily_{day:%Y%m%d}.csv",
                )
            )  # fmt: skip
    return _told(folder, days, rows)


def part(whole: Year, folder: Path, files: int) -> Year:
    """The last *files* reports of *whole*, in a folder of their own."""
    folder.mkdir(parents=True)
    for path in sorted(whole.folder.iterdir())[-files:]:
        (folder / path.name).hardlink_to(path)
    return _told(folder, files, whole.rows // whole.files)


def project(folder: Path) -> Path:
    """A project folder with the example's contract; `declared` says what it exports."""
    shutil.copytree(_EXAMPLE / "contracts", folder / "contracts", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def declared(project: Path, reports: Path) -> None:
    """Let *project* export *reports*, as the example's dataset of them."""
    (project / "parquetry.toml").write_text(
        f'[sources.reports]\nkind = "files"\nroot = "{reports}"\n\n'
        '[datasets.query_performance]\nsource = "reports"\nfiles = "query_perf_daily_{date:%Y%m%d}.csv"\n'
        'contract = "contracts.ops:QueryPerformance"\ntime = "timestamp"\nevery = "1 day"\n'
    )


def _patterns(connection: duckdb.DuckDBPyConnection) -> int:
    names = ("hash", "pattern", "type", "table", "index", "ms", "examined", "cached", "weight")
    queries = runpy.run_path(str(_EXAMPLE / "generate.py"))["QUERIES"]
    columns = ", ".join(f'"{name}"' for name in names)
    types = ("VARCHAR",) * 5 + ("DOUBLE",) * 3 + ("INTEGER",)
    declared = ", ".join(f'"{name}" {type_}' for name, type_ in zip(names, types, strict=True))
    connection.execute(f"CREATE TABLE queries ({declared})")
    marks = ", ".join("?" * len(names))
    connection.executemany(f"INSERT INTO queries ({columns}) VALUES ({marks})", [tuple(query) for query in queries])
    connection.execute(_PATTERNS)
    found = connection.execute("SELECT count(*) FROM patterns").fetchone()
    assert found is not None
    return int(found[0])


def _told(folder: Path, files: int, rows: int) -> Year:
    return Year(folder, files, files * rows, sum(path.stat().st_size for path in folder.iterdir()))
