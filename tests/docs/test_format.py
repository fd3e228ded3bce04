"""
docs/format.md is true: a reader written from it alone gets the numbers that parquetry wrote.

The property test holds the SQL of `lake.digest` to the same independent implementation.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parquetry import Project, Selection, export
from parquetry.demo.server import EmbeddedServer
from parquetry.errors import Integrity
from parquetry.intake.job import Options
from parquetry.lake import snapshots
from parquetry.lake.digest import as_text, digest_sql
from parquetry.lake.store import LocalStore
from parquetry.lake.write import facts_sql

from . import format_reader as reader
from .conftest import DOCS

FORMAT = (DOCS / "format.md").read_text(encoding="utf-8")

SCHEMA = r'''
create type mood as enum ('LOW', 'HIGH');
create domain score as integer;
create table hostile (
    id bigint primary key, at timestamp(6), i2 smallint, i4 integer, i8 bigint, oid_ oid, yes boolean,
    f4 real, f8 double precision, n numeric(38,10), small numeric(3,3), whole numeric(38,0), free numeric,
    t text, j jsonb, u uuid, b bytea, d date, clock time(6), zoned timestamptz(6), lasting interval, m mood, s score,
    "Größe; ""q""" text, texts text[], numbers integer[], doubles double precision[], decimals numeric(5,2)[],
    times timestamp[], blobs bytea[]
);
insert into hostile (id) values (0);
insert into hostile values
(1, '1969-12-31 23:59:59.999999', -32768, -2147483648, -9223372036854775808, 0, false,
    'NaN', 'NaN', -1e27, -0.5, -1e37, 'NaN',
    '', '{}', '00000000-0000-0000-0000-000000000000', '\x', '0001-01-01', '00:00:00', '1969-12-31 23:59:59.999999+00',
    '-1 mon 2 days', 'LOW', -1, '', '{}', '{}', '{}', '{}', '{}', '{}'),
(2, '2025-03-09 02:30:00', 32767, 2147483647, 9223372036854775807, 4294967295, true,
    'Infinity', '-Infinity', 0, 0, 0, 1e-20,
    E'line\nline\ttab \U0001F600 ' || 'ä' || ' ''q'' "d" \ -', '{"a": [1, null]}',
    'ffffffff-ffff-ffff-ffff-ffffffffffff', '\x00ff0a', '9999-12-31', '23:59:59.999999', '2025-03-09 02:30:00-05',
    '1 year 00:00:00.000001', 'HIGH', 2, 'ö', array['a', null, '', 'x=1:y-', E'\n', 'NULL'], array[1, null, -1],
    array['NaN', null, '-0', 1e22], array[1.10, null], array[timestamp '0001-01-01', null],
    array['\x00'::bytea, null, '\x']),
(3, '0001-01-01', 0, 0, 0, 1, null,
    '-0', '-0', 12345678901234567890.0123456789, 0.999, 99999999999999999999999999999999999999,
    123456789012345678901234567890123456789012345.12345,
    'NULL', 'null', null, null, '1970-01-01', '12:34:56.120', '0001-01-01 00:00:00+00',
    null, null, null, '-', array[null::text], null, null, null, null, null),
(4, '9999-12-31 23:59:59.999999', 1, 1, 1, 1, true,
    '1e-45', '5e-324', 1, 0.001, 1, 1,
    't', '1', null, '\xdeadbeef', '2000-02-29', '00:00:00.000001', '9999-12-31 23:59:59.999999+00',
    '0', null, null, null, null, null, array[5e-324, 2.4178516392292583e24, 4.835703278458517e24], null, null, null);
insert into hostile (id, at, f4, f8) values
(5, '2025-03-31 12:00', 3443443.75, 1e22), (6, '2025-03-31 12:00', 0.1, 2.4178516392292583e24);
create table nothing (id integer primary key, t text);
create table nobody (id integer primary key, at timestamp);
'''

CONTRACT = """
from datetime import date, time

import polars as pl
from pandera.polars import DataFrameModel, Field

N = {"nullable": True}


class Hostile(DataFrameModel):
    id: int
    at: pl.Datetime("us") = Field(**N)
    i2: pl.Int16 = Field(**N)
    i4: pl.Int32 = Field(**N)
    i8: int = Field(**N)
    oid_: pl.UInt32 = Field(**N)
    yes: bool = Field(**N)
    f4: pl.Float32 = Field(**N)
    f8: float = Field(**N)
    n: pl.Decimal(38, 10) = Field(**N)
    small: pl.Decimal(3, 3) = Field(**N)
    whole: pl.Decimal(38, 0) = Field(**N)
    free: str = Field(**N)
    t: str = Field(**N)
    j: str = Field(**N)
    u: str = Field(**N)
    b: bytes = Field(**N)
    d: date = Field(**N)
    clock: time = Field(**N)
    zoned: pl.Datetime("us", "UTC") = Field(**N)
    lasting: str = Field(**N)
    m: str = Field(**N)
    s: pl.Int32 = Field(**N)
    size: str = Field(alias='Größe; "q"', **N)
    texts: pl.List(pl.String) = Field(**N)
    numbers: pl.List(pl.Int32) = Field(**N)
    doubles: pl.List(pl.Float64) = Field(**N)
    decimals: pl.List(pl.Decimal(5, 2)) = Field(**N)
    times: pl.List(pl.Datetime("us")) = Field(**N)
    blobs: pl.List(pl.Binary) = Field(**N)


class Nothing(DataFrameModel):
    id: pl.Int32
    t: str = Field(**N)


class Nobody(DataFrameModel):
    id: pl.Int32
    at: pl.Datetime("us") = Field(**N)
"""

TOML = """
[sources.app]
kind = "postgres"
url = "env:DATABASE_URL"

[datasets.hostile]
source = "app"
contract = "contracts.all:Hostile"
key = ["id"]
time = "at"

[datasets.nothing]
source = "app"
contract = "contracts.all:Nothing"

[datasets.nobody]
source = "app"
contract = "contracts.all:Nobody"
time = "at"
"""


@pytest.fixture(scope="module")
def lake(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of three snapshots over a table with every type that is published, and over tables without rows."""
    root = tmp_path_factory.mktemp("every-type")
    (root / "contracts").mkdir()
    (root / "contracts/all.py").write_text(CONTRACT)
    (root / "parquetry.toml").write_text(TOML)
    name = f"every_type_{os.getpid()}"
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute(f"create database {name}")
    with psycopg.connect(server.url(name), autocommit=True) as app:
        app.execute(SCHEMA)
        project = Project.open(root, database_url=server.url(name), retries=0)
        export(project)
        app.execute("update hostile set t = 'changed' where id = 5")
        export(project, Selection(("hostile",), since=datetime(2025, 3, 1)), options=Options(compression="gzip"))
        app.execute("delete from hostile where id = 6")
        export(project)
    return project.settings.lake_path


def test_a_reader_written_from_the_page_alone_reads_a_real_lake(lake: Path) -> None:
    """Manifest and file hashes, row accounts, and the digest of every type."""
    assert 6 == reader.verify(lake)
    assert 3 == reader.current(lake)["snapshot"]
    assert {"0001-01", "1969-12", "2025-03", "9999-12", "null"} == set(
        reader.current(lake)["datasets"]["hostile"]["partitions"]
    )
    assert ["all"] == list(reader.current(lake)["datasets"]["nothing"]["partitions"])
    assert ["empty"] == list(reader.current(lake)["datasets"]["nobody"]["partitions"])
    published = {c["type"] for c in reader.current(lake)["datasets"]["hostile"]["columns"]}
    assert {
        "BIGINT",
        "DOUBLE",
        "FLOAT",
        "DECIMAL(3,3)",
        "TIME",
        "TIMESTAMP WITH TIME ZONE",
        "BLOB",
        "DOUBLE[]",
        "BLOB[]",
    } <= published


def test_the_reader_notices_damage(lake: Path, tmp_path: Path) -> None:
    """So that its being content means something."""
    lake = shutil.copytree(lake, tmp_path / "lake", symlinks=True)
    name = lake / "_manifests/00000003.json"
    name.write_bytes(name.read_bytes().replace(b'"misfits": 0', b'"misfits": 1', 1))
    with pytest.raises(AssertionError):
        reader.verify(lake)
    with pytest.raises(Integrity):
        snapshots.load(LocalStore(lake), 3)


def test_the_page_names_every_key_of_a_manifest(lake: Path) -> None:
    unexplained = {key for key in _keys(reader.current(lake)) if f"`{key}`" not in FORMAT}
    assert set() == unexplained


def test_the_page_names_every_key_of_the_records(lake: Path) -> None:
    records = [json.loads(path.read_bytes()) for path in (lake / "_runs").iterdir()]
    assert 3 == len(records)
    assert set() == {key for record in records for key in record if f"`{key}`" not in FORMAT}


def test_what_else_a_folder_of_a_lake_holds_is_on_the_page(lake: Path) -> None:
    assert set() == {
        path.name for path in lake.iterdir() if not re.search(rf"^[├└]── {path.name}\b", FORMAT, re.MULTILINE)
    }


def test_the_worked_example_is_right() -> None:
    table = pa.table({"b": pa.array([1, None], pa.int64()), "a": pa.array(["x", "y"])})
    types = {"b": "BIGINT", "a": "VARCHAR"}
    assert [f"digest:  {reader.digest(table, types)}"] == re.findall("^digest: .*", FORMAT, re.MULTILINE)
    for row in (("x", "1"), ("y", None)):
        assert f"number {reader.number(row):024x}" in FORMAT


def _keys(document: dict[str, Any]) -> Iterator[str]:
    """Keys that have a meaning of their own, not names of datasets, columns, partitions, versions or positions."""
    yield from document
    for dataset in document["datasets"].values():
        yield from dataset
        yield from dataset["contract"]
        for column in dataset["columns"]:
            yield from column
        for part in dataset["partitions"].values():
            yield from part
            yield from part["account"]
            for file in part["files"]:
                yield from file
    for position in document["positions"].values():
        yield from position
    yield from document["provenance"]


# ── the SQL and the page agree for whatever value ────────────────────────────────────────────────

_FINITE_DAYS = st.dates(date(1, 1, 1), date(9999, 12, 31))
_MOMENTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999_999))
# Lone surrogates are no UTF-8. The digest marks with U+0000 and these, so they must not be too rare to collide.
_MARKS = st.text("\0,-0=:1", max_size=6)
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | _MARKS
_NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
_BITS = st.integers(0, 2**64 - 1).map(lambda bits: struct.unpack("<d", struct.pack("<Q", bits))[0])
_POWERS = st.integers(-1074, 1023).map(lambda exponent: 2.0**exponent)


def _whole(bits: int, signed: bool) -> st.SearchStrategy[int]:
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else st.integers(0, 2**bits - 1)


def _decimals(precision: int, scale: int) -> st.SearchStrategy[Decimal]:
    most = 10**precision - 1
    return st.integers(-most, most).map(lambda n: Decimal((n < 0, tuple(map(int, str(abs(n)))), -scale)))


VALUES: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "TINYINT": (pa.int8(), _whole(8, True)),
    "SMALLINT": (pa.int16(), _whole(16, True)),
    "INTEGER": (pa.int32(), _whole(32, True)),
    "BIGINT": (pa.int64(), _whole(64, True)),
    "UTINYINT": (pa.uint8(), _whole(8, False)),
    "USMALLINT": (pa.uint16(), _whole(16, False)),
    "UINTEGER": (pa.uint32(), _whole(32, False)),
    "UBIGINT": (pa.uint64(), _whole(64, False)),
    "BOOLEAN": (pa.bool_(), st.booleans()),
    "FLOAT": (pa.float32(), st.floats(width=32)),
    "DOUBLE": (pa.float64(), st.floats() | _BITS | _POWERS),
    "DECIMAL(38,10)": (pa.decimal128(38, 10), _decimals(38, 10)),
    "DECIMAL(3,3)": (pa.decimal128(3, 3), _decimals(3, 3)),
    "DECIMAL(38,38)": (pa.decimal128(38, 38), _decimals(38, 38)),
    "DECIMAL(18,0)": (pa.decimal128(18, 0), _decimals(18, 0)),
    "VARCHAR": (pa.string(), _TEXTS),
    "BLOB": (pa.binary(), st.binary(max_size=20)),
    "DATE": (pa.date32(), _FINITE_DAYS),
    "TIME": (pa.time64("us"), st.times()),
    "TIMESTAMP": (pa.timestamp("us"), _MOMENTS),
    "TIMESTAMP WITH TIME ZONE": (pa.timestamp("us", "UTC"), _MOMENTS),
}


@st.composite
def _columns(draw: st.DrawFn, type_: str, rows: int) -> tuple[str, pa.Array]:
    arrow, values = VALUES[type_]
    if draw(st.booleans()):
        type_, arrow, values = f"{type_}[]", pa.list_(arrow), st.lists(st.none() | values, max_size=4)
    return type_, pa.array(draw(st.lists(st.none() | values, min_size=rows, max_size=rows)), arrow)


@pytest.mark.parametrize("type_", VALUES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_the_digest_in_sql_is_the_one_on_the_page(type_: str, data: st.DataObject) -> None:
    rows = data.draw(st.integers(0, 5))
    names = data.draw(st.lists(_NAMES, min_size=2, max_size=2, unique_by=str.casefold))
    drawn = [data.draw(_columns(each, rows)) for each in (type_, "VARCHAR")]
    types = {name: found for name, (found, _) in zip(names, drawn, strict=True)}
    table = pa.table({name: array for name, (_, array) in zip(names, drawn, strict=True)})
    assert reader.digest(table, types) == _in_sql(table, types)


def _in_sql(table: pa.Table, types: dict[str, str]) -> str:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'Asia/Kathmandu'")  # the session's zone is nobody's business
        connection.register("given_rows", table)
        ((number,),) = connection.execute(f"SELECT {digest_sql(types)} FROM given_rows").fetchall()
    return as_text(number)


_ROWS = st.tuples(*[st.none() | _MARKS] * 3)


@settings(max_examples=300, deadline=None)
@given(_ROWS, _ROWS)
def test_rows_that_differ_have_texts_that_differ(one: tuple[str | None, ...], other: tuple[str | None, ...]) -> None:
    """Also where values hold what the digest puts between them: nothing can move from one column to the next."""
    assert (one == other) == (_digest_of(one) == _digest_of(other))


def test_text_that_ends_in_nul_is_not_that_of_the_next_column() -> None:
    assert _digest_of(("a\0,b", "c", "")) != _digest_of(("a", "b\0,c", ""))
    assert _digest_of(("\0-", "", "")) != _digest_of((None, "", ""))


def _digest_of(row: tuple[str | None, ...]) -> str:
    table = pa.table({name: pa.array([value], pa.string()) for name, value in zip("abc", row, strict=True)})
    return _in_sql(table, dict.fromkeys("abc", "VARCHAR"))


def test_values_that_duckdb_prints_alike_are_told_apart() -> None:
    """DuckDB 1.5.5 gives 2**81 and 2**82 one text; a digest made of that would miss the change."""
    one, other = (pa.table({"x": pa.array([2.0**n])}) for n in (81, 82))
    assert _in_sql(one, {"x": "DOUBLE"}) != _in_sql(other, {"x": "DOUBLE"})


def test_the_ends_of_a_file_have_the_form_of_the_page(lake: Path) -> None:
    found = [
        (f["min"], f["max"])
        for p in reader.current(lake)["datasets"]["hostile"]["partitions"].values()
        for f in p["files"]
    ]
    form = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{0,5}[1-9])?")
    assert 5 == len(found)
    assert all(text is None or form.fullmatch(text) for pair in found for text in pair)
    assert min(low for low, _ in found if low) == "0001-01-01 00:00:00"


def test_a_time_with_zone_is_told_in_utc_whatever_the_session() -> None:
    ends = facts_sql({"t": "TIMESTAMP WITH TIME ZONE"}, "t")
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'Asia/Kathmandu'")
        rows = "(VALUES (TIMESTAMPTZ '2025-01-01 00:00:00.5+00'), (TIMESTAMPTZ '2025-01-02 00:00:00+00')) AS v(t)"
        found = connection.execute(f"SELECT {ends['_min']}, {ends['_max']} FROM {rows}").fetchone()
    assert ("2025-01-01 00:00:00.5+00", "2025-01-02 00:00:00+00") == found
