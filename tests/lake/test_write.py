"""How rows are packed: row groups of a size that prunes, sorted where that is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from parquetry.errors import Storage
from parquetry.lake.order import Order, sorted_by
from parquetry.lake.write import Written, group_rows, stage

SCHEMA = {"id": "BIGINT", "at": "TIMESTAMP", "t": "VARCHAR"}
MONTH = "strftime(\"at\", '%Y-%m')"
# Scattered over three months, one row a minute; every key once.
ROWS = 120_000
SCATTERED = (
    f"SELECT i::BIGINT AS id, TIMESTAMP '2025-01-10' + INTERVAL (i) MINUTE AS at, 't' || i AS t "
    f"FROM (SELECT (n * 48271) % {ROWS} AS i FROM range({ROWS}) AS numbers(n))"
)


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    config: dict[str, Any] = {"threads": 2, "temp_directory": str(tmp_path / "spill")}
    with duckdb.connect(config=config) as connection:
        yield connection


@pytest.mark.parametrize(
    ("wanted", "time", "correlation", "expected"),
    [
        ("auto", "at", 0.95, ()),
        ("auto", "at", -0.9, ()),
        ("auto", "at", 0.89, ("at", "id")),
        ("auto", "at", None, ("at", "id")),
        ("time", "at", 1.0, ("at", "id")),
        ("none", "at", 0.0, ()),
        ("auto", None, None, ()),
        ("time", None, 0.0, ()),
    ],
)
def test_rows_are_sorted_where_their_own_order_prunes_badly(
    wanted: Order, time: str | None, correlation: float | None, expected: tuple[str, ...]
) -> None:
    """Or where that is asked for; never without a time."""
    assert expected == sorted_by(wanted, time, ("id",), correlation)


def test_a_key_with_the_time_in_it_names_the_time_once() -> None:
    assert ("at", "user") == sorted_by("time", "at", ("user", "at"), None)


@pytest.mark.parametrize("key", [MONTH, None])
def test_sorted_rows_are_in_row_groups_of_narrow_range(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, key: str | None
) -> None:
    """So a query for an hour reads hardly more than its rows; unsorted, every group of a month spans it."""
    written = _stage(con, tmp_path / "sorted", key, order=("at", "id"))
    assert _widths(con, written) < 1.3 * len(written.files)
    loose = _stage(con, tmp_path / "loose", key)
    assert _widths(con, loose) > 1.9 * len(loose.files)
    assert _rows(con, loose) == _rows(con, written)


@pytest.mark.parametrize(
    ("row_bytes", "expected"),
    [
        (None, 20_480),
        (300.0, 20_480),
        (36.0, 122_880),
        (20_000.0, 512),
        (5e9, 512),
        (0.0, 20_480),
        (1_000.0, 6_144),
        (5_000.0, 1_258),
    ],
)
def test_row_groups_are_of_one_size_in_bytes(row_bytes: float | None, expected: int) -> None:
    """Within what DuckDB works with: whole vectors, and never more than its own groups."""
    assert expected == group_rows(row_bytes)


def test_rows_are_packed_in_groups_of_that_size(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    written = _stage(con, tmp_path / "all", None, row_bytes=1_000.0)
    sizes = [rows for rows, _, _ in _groups(con, written)]
    assert 6_144 == max(sizes)
    assert ROWS == sum(sizes)


def test_without_rows_there_is_a_file_with_the_columns(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    written = stage(
        con.execute, f"{SCATTERED} WHERE false", SCHEMA, tmp_path / "none", key=MONTH, order=("at",), metadata={}
    )
    assert ["empty"] == list(written.files)
    assert list(SCHEMA) == [row[0] for row in con.execute(f"DESCRIBE FROM '{written.paths[0]}'").fetchall()]


def _stage(con: duckdb.DuckDBPyConnection, folder: Path, key: str | None, **how: Any) -> Written:
    return stage(con.execute, SCATTERED, SCHEMA, folder, key=key, metadata={}, **how)


def _groups(con: duckdb.DuckDBPyConnection, written: Written) -> list[tuple[int, float, str]]:
    """Of each row group: its rows, its minutes, and its file."""
    return con.execute(
        "SELECT row_group_num_rows, date_diff('minute', stats_min_value::TIMESTAMP, stats_max_value::TIMESTAMP), "
        "file_name FROM parquet_metadata($1) WHERE path_in_schema = 'at'",
        [written.paths],
    ).fetchall()


def _widths(con: duckdb.DuckDBPyConnection, written: Written) -> float:
    """How often the row groups cover the time of their file: once each, if they are disjoint."""
    groups = _groups(con, written)
    total = {file: sum(rows for rows, _, name in groups if name == file) for _, _, file in groups}
    return sum(minutes / total[file] for _, minutes, file in groups)


def _rows(con: duckdb.DuckDBPyConnection, written: Written) -> tuple[Any, ...] | None:
    return con.execute('SELECT count(*), sum(hash(id, "at", t)) FROM read_parquet($1)', [written.paths]).fetchone()


def test_too_little_memory_is_told(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Sorting spills, but needs some."""
    con.execute("SET memory_limit = '5MB'")
    with pytest.raises(Storage, match="not enough memory"):
        _stage(con, tmp_path / "sorted", MONTH, order=("at", "id"))
