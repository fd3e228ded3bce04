"""Uniqueness has one verdict, whether hashes prove it or the values are grouped."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parquetry.contracts import Contract, Field, unique
from parquetry.contracts.staged import Staged
from parquetry.contracts.unique import duplicates

NOW = dt.datetime(2026, 11, 21)
ROWS = st.lists(st.tuples(st.none() | st.integers(0, 6), st.none() | st.sampled_from(["", "a", "b"])), max_size=12)
_FACTOR, _BITS = 0xD6E8FEB86659FD93, 2**64


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(staged=ROWS, kept=ROWS, at_once=st.sampled_from([1, 5, 2**22]))
def test_whatever_the_rows_python_counts_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, staged: list[tuple[object, ...]], kept: list[tuple[object, ...]],
    at_once: int,
) -> None:  # fmt: skip
    """In one part or in many; rows with a NULL never collide."""
    _few_at_once(monkeypatch, at_once)
    files = [_file(tmp_path / f"{name}.parquet", rows) for name, rows in (("staged", staged), ("kept", kept))]
    with duckdb.connect() as con:
        found = duplicates(con, _staged(files[0]), ["a", "b"], kept=files[1:])
    twice = {row: n for row, n in Counter(staged + kept).items() if n > 1 and None not in row}
    assert (len(twice), sum(twice.values())) == (found.keys, found.rows)
    assert sum(n for row, n in Counter(staged).items() if row in twice) == found.staged_rows
    assert bool(twice) == (found.broken is not None)


@pytest.mark.parametrize("at_once", [1, 2**22])
def test_two_keys_of_one_hash_are_two_keys(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """Fewer hashes than rows prove nothing: the values themselves are asked then."""
    _few_at_once(monkeypatch, at_once)
    one, other = (1, 2), (3, _second_of(_mixed(3), _hash_of(1, 2)))
    rows = [one, other]
    same = con.execute("SELECT hash($1::BIGINT, $2::BIGINT) = hash($3::BIGINT, $4::BIGINT)", [*one, *other]).fetchone()
    assert (True,) == same  # or DuckDB hashes otherwise now, and this test needs another pair
    alone = duplicates(con, _staged(_integers(tmp_path / "a.parquet", rows), "BIGINT"), ["a", "b"])
    assert (0, None) == (alone.keys, alone.broken)
    twice = duplicates(con, _staged(_integers(tmp_path / "b.parquet", [*rows, one]), "BIGINT"), ["a", "b"])
    assert (1, 2) == (twice.keys, twice.rows)


def test_values_that_are_equal_have_one_hash(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Zero equals its negative and NaN itself, however they are stored: as for the exact grouping."""
    frame = pl.DataFrame({"a": [0.0, -0.0, float("nan"), -float("nan"), 1.0], "b": ["x"] * 5})
    frame.write_parquet(tmp_path / "a.parquet")
    found = duplicates(con, _staged(f"{tmp_path}/a.parquet", "DOUBLE", "VARCHAR"), ["a", "b"])
    assert (2, 4) == (found.keys, found.rows)


def test_no_rows_are_unique(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    assert duplicates(con, _staged(_file(tmp_path / "a.parquet", [])), ["a"]).broken is None
    nothing = Staged(Contract("t:T", (Field("a", "INTEGER"),)), (), NOW)
    assert duplicates(con, nothing, ["a"]).broken is None


KEYS = ["'k' || i", "i::TINYINT", "(i * 10000)::UBIGINT", "i / 7", "(i / 7)::FLOAT", "(i / 4)::DECIMAL(38,10)", "i > 3"]
KEYS += ["chr(i::INTEGER)::BLOB", "DATE '2020-01-01' + i::INTEGER", "TIME '10:00' + INTERVAL (i) SECOND", "[i, 1]"]
KEYS += [
    "TIMESTAMP '2020-01-01' + INTERVAL (i) HOUR",
    "TIMESTAMPTZ '2020-01-01' + INTERVAL (i) HOUR",
    "chr(i::INTEGER)",
]


@pytest.mark.parametrize("key", KEYS)
def test_a_key_of_any_type_can_be_read_in_parts(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    _few_at_once(monkeypatch, 2)
    con.execute(f"COPY (SELECT {key} AS a, 'x' AS b FROM range(9) AS numbers(i)) TO '{tmp_path}/a.parquet'")
    ((type_, distinct),) = con.execute(
        f"SELECT any_value(typeof(a)), count(DISTINCT a) FROM '{tmp_path}/a.parquet'"
    ).fetchall()
    staged = _staged(f"{tmp_path}/a.parquet", type_, "VARCHAR")
    assert (0 if distinct == 9 else 2) == duplicates(con, staged, ["a"]).keys
    assert distinct == duplicates(con, staged, ["a"], kept=staged.files).keys


def _few_at_once(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    monkeypatch.setattr(unique, "_AT_ONCE", rows)
    monkeypatch.setattr(unique, "_SAMPLED", 1)


def _staged(file: str, *types: str) -> Staged:
    first, second = types if len(types) == 2 else (*types, *types) or ("INTEGER", "VARCHAR")
    fields = (Field("a", first, nullable=True), Field("b", second, nullable=True))
    return Staged(Contract("t:T", fields), (file,), NOW)


def _file(path: Path, rows: list[tuple[object, ...]]) -> str:
    pl.DataFrame(rows, schema={"a": pl.Int32, "b": pl.String}, orient="row").write_parquet(path)
    return str(path)


def _integers(path: Path, rows: list[tuple[int, int]]) -> str:
    pl.DataFrame(rows, schema={"a": pl.Int64, "b": pl.Int64}, orient="row").write_parquet(path)
    return str(path)


# DuckDB's hash of integers, as 1.5.5 computes it, and its inverse: how a collision is found.


def _mixed(number: int) -> int:
    number %= _BITS
    number = (number ^ number >> 32) * _FACTOR % _BITS
    number = (number ^ number >> 32) * _FACTOR % _BITS
    return number ^ number >> 32


def _joined(first: int) -> int:
    return (first ^ first >> 32) * _FACTOR % _BITS


def _hash_of(a: int, b: int) -> int:
    return _joined(_mixed(a)) ^ _mixed(b)


def _second_of(first: int, wanted: int) -> int:
    """The number that gives the hash *wanted* after one whose own is *first*."""
    number = _joined(first) ^ wanted
    for _ in range(2):
        number = (number ^ number >> 32) * pow(_FACTOR, -1, _BITS) % _BITS
    number ^= number >> 32
    return number - _BITS if number >= _BITS // 2 else number
