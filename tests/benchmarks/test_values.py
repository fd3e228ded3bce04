"""How a cell is judged, and that tools are judged by their files."""

from __future__ import annotations

import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import psycopg
import pyarrow
import pytest
from benchmarks.tools import TOOLS
from benchmarks.values import meaning, run, tables
from benchmarks.values.cells import Cell, Clock, Day, Moment, Single, Span, cell, shown
from benchmarks.values.kinds import Kind

from parquetry.demo.server import EmbeddedServer
from tests.values.hostile import Hostile


def kind(name: str) -> Kind:
    if name.endswith("[]"):
        return Kind(f"_{name[:-2]}", "b", True, element=kind(name[:-2]))
    return Kind(name, "b", True)


def at(seconds: int) -> Moment:
    return Moment(Fraction(seconds * 10**6))


SAME: list[tuple[str, str, Cell]] = [
    ("numeric", "1.50", Decimal("1.5")),
    ("numeric", "0.1", 0.1),
    ("numeric", "NaN", float("nan")),
    ("numeric(10,2)", "1.00", 1),
    ("int8", "9007199254740992", 9007199254740992.0),
    ("float4", "0.1", Single(0.10000000149011612)),
    ("float8", "-0", -0.0),
    ("money", "-$1,234.56", Decimal("-1234.56")),
    ("bool", "t", True),
    ("bpchar", "ab   ", "ab"),
    ("jsonb", '{"a": 1.10, "b": [true, null]}', '{"b":[true,null],"a":1.1}'),
    ("jsonb", '{"a": 1.10, "b": "x"}', {"b": "x", "a": 1.1}),
    ("uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", bytes.fromhex("a0eebc999c0b4ef8bb6d6bb9bd380a11")),
    ("bytea", "\\x00ff", b"\x00\xff"),
    ("date", "0044-03-15 BC", Day(-735160)),
    ("timestamp", "1970-01-01 00:00:01", at(1)),
    ("timestamptz", "1970-01-01 00:00:01+00", "1970-01-01T02:00:01+02:00"),
    ("time", "24:00:00", Clock(Fraction(86_400_000_000))),
    ("interval", "-1 mons +2 days -03:04:05.5", "P-1M2DT-3H-4M-5.5S"),
    ("interval", "1 mon 1 day", Span(1, 0, Fraction(86_400_000_000))),
    ("inet", "1.2.3.4", "1.2.3.4/32"),
    ("int4[]", "{{1,2},{3,NULL}}", [[1, 2], [3, None]]),
    ("text[]", '{"a,b","NULL",NULL,"\\"q\\""}', ["a,b", "NULL", None, '"q"']),
    ("point", "(0.1,-2)", {"x": 0.1, "y": -2.0}),
    ("tsvector", "'a':1", "'a':1"),
]
OTHER: list[tuple[str, str, Cell]] = [
    ("numeric", "NaN", 0.0),
    ("numeric", "1.5", 1.5000000000000002),
    ("numeric", "12345678901234567890.1", 12345678901234567890.1),
    ("int8", "9223372036854775807", 9.223372036854775807e18),
    ("float8", "-0", 0.0),
    ("float8", "NaN", None),
    ("money", "-$12.34", -1234),
    ("text", "", None),
    ("text", "ab ", "ab"),
    ("json", '{"a": 1}', '{"a":1}'),
    ("jsonb", "9007199254740993", "9007199254740992"),
    ("jsonb", "1", "true"),
    ("jsonb", '"1"', 1),
    ("date", "infinity", Day(2**31 - 1)),
    ("timestamp", "infinity", Moment(Fraction(2**63 - 1))),
    ("timestamp", "1970-01-01 00:00:00.000001", at(0)),
    ("time", "24:00:00", Clock(Fraction(0))),
    ("timetz", "12:00:00+01", Clock(Fraction(43_200_000_000))),
    ("timetz", "12:00:00+01", "12:00:00+02"),
    ("interval", "1 mon 2 days", Span(0, 32, Fraction(0))),
    ("int4[]", "{{1,2},{3,4}}", [1, 2, 3, 4]),
    ("int4[]", "[0:1]={7,8}", [7, 8]),
    ("numeric[]", "{1,NaN}", [Decimal(1), None]),
    ("tsvector", "'a':1", b"\x00\x01"),
]


@pytest.mark.parametrize(("type", "text", "came"), SAME, ids=lambda part: str(part)[:30])
def test_what_means_the_same_is_equal(type: str, text: str, came: Cell) -> None:
    assert meaning.same(text, kind(type.partition("(")[0]), came)


@pytest.mark.parametrize(("type", "text", "came"), OTHER, ids=lambda part: str(part)[:30])
def test_what_means_something_else_is_not(type: str, text: str, came: Cell) -> None:
    assert not meaning.same(text, kind(type), came)


def test_a_row_is_equal_field_by_field() -> None:
    pair = Kind("Pair", "c", False, fields=(("a", kind("int4")), ("b", kind("text"))))
    assert meaning.same('(1,"x ""y"" \\\\")', pair, {"a": 1, "b": 'x "y" \\'})
    assert meaning.same("(,)", pair, {"a": None, "b": None})
    assert not meaning.same('(,"")', pair, {"a": None, "b": None})


def test_times_are_read_from_parquet_to_the_last_bit_whatever_their_year() -> None:
    assert Moment(Fraction(2**63 - 1)) == cell(pyarrow.scalar(2**63 - 1, pyarrow.timestamp("us")))
    assert Moment(Fraction(1, 1000)) == cell(pyarrow.scalar(1, pyarrow.timestamp("ns")))
    assert "294247-01-10 04:00:54.775807" == shown(Moment(Fraction(2**63 - 1)))
    assert "0044-03-15 BC" == shown(Day(-735160))
    assert "9999-12-31" == shown(Day(2932896))


VALUES = (
    Hostile("numeric(10,2)", ("1.50", "-0.01"), "DECIMAL(10,2)", ("NaN",)),
    Hostile("int4[]", ("{1,NULL}", "{}"), "INTEGER[]", ("{{1},{2}}", "[0:1]={7,8}")),
    Hostile("jsonb", ('{"a": 1.10}',)),
)


@pytest.fixture
def database(server: EmbeddedServer) -> str:
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute("drop database if exists bench_values with (force)")
        admin.execute("create database bench_values")
    return server.url("bench_values")


def test_each_tool_is_judged_by_its_files(database: str, tmp_path: Path) -> None:
    """DuckDB runs in this environment; ConnectorX is not here, which is a refusal of everything."""
    tools = [tool for tool in TOOLS if tool.name in ("parquetry", "duckdb-copy", "connectorx")]
    everything = tables.made(database, VALUES)
    found = run.compared(everything, database, tools, Path(sys.executable), {}, tmp_path / "out")
    counts = {
        tool: {o.type: o.counts for o in outcomes if o.counts.keys() != {"equal"}}
        for tool, outcomes in found.tools.items()
    }
    assert (3, 8) == (found.types, found.values)
    assert {} == counts["parquetry"]
    assert 8 == found.count("parquetry", "equal")
    assert {
        "numeric(10,2)": {"equal": 2, "changed": 1},
        "int4[]": {"equal": 2, "changed": 1, "refused": 1},
    } == counts["duckdb-copy"]
    assert 8 == found.count("connectorx", "refused")
    money, arrays, _ = found.tools["duckdb-copy"]
    assert [("NaN", "0.00")] == money.changed
    assert [("[0:1]={7,8}", "[7, 8]")] == arrays.changed
    assert "Expected an array with 1 dimensions" in arrays.refused
    assert 2 == found.count("duckdb-copy", "equal", "arrays")
