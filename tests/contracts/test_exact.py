"""A text becomes exactly the contract's type, or breaks the rule; nothing in between."""

from __future__ import annotations

import struct
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parquetry.contracts.exact import can_become, exactly

KEPT: list[tuple[str, str, str]] = [
    ("BIGINT", "9223372036854775807", "9223372036854775807"),
    ("INTEGER", "+7", "7"),
    ("UBIGINT", "18446744073709551615", "18446744073709551615"),
    ("DECIMAL(10,2)", "12345678.90", "12345678.90"),
    ("DECIMAL(10,2)", "1.500000000000000000000000000000000000000000000", "1.50"),
    ("DECIMAL(38,10)", "1234567890123456789012345678.0123456789", "1234567890123456789012345678.0123456789"),
    ("DOUBLE", "0.1", "0.1"),
    ("DOUBLE", "0.10", "0.1"),
    ("DOUBLE", "1e-07", "1e-07"),
    ("DOUBLE", "1.7976931348623157e+308", "1.7976931348623157e+308"),
    ("DOUBLE", "5e-324", "5e-324"),
    ("DOUBLE", "NaN", "nan"),
    ("DOUBLE", "-Infinity", "-inf"),
    ("DOUBLE", "-0", "-0.0"),
    ("DOUBLE", "-000012.50", "-12.5"),
    ("DOUBLE", "12345678901234.5", "12345678901234.5"),
    ("FLOAT", "0.1", "0.1"),
    ("FLOAT", "-99.99", "-99.99"),
    ("BOOLEAN", "t", "true"),
    ("BOOLEAN", "false", "false"),
    ("BOOLEAN", "TRUE", "true"),
    ("DATE", "2024-02-29", "2024-02-29"),
    ("TIME", "23:59:59.999999", "23:59:59.999999"),
    ("TIMESTAMP", "2025-10-28 00:15:23.5", "2025-10-28 00:15:23.5"),
    ("TIMESTAMP", "2025-10-28T00:15:23Z", "2025-10-28 00:15:23"),
    ("TIMESTAMP", "0001-01-01 00:00:00", "0001-01-01 00:00:00"),
    ("TIMESTAMP WITH TIME ZONE", "2025-01-01 02:00:00+02", "2025-01-01 00:00:00+00"),
    ("TIMESTAMP WITH TIME ZONE", "2025-01-01 00:00:00.25+05:53:28", "2024-12-31 18:06:32.25+00"),
    ("BLOB", r"\xdeAD", r"\xDE\xAD"),
    ("VARCHAR[]", "{}", "[]"),
    ("VARCHAR[]", '{a,NULL,"NULL","x, \\"y\\" {z} \\\\",ä b,""}', "[a, NULL, 'NULL', 'x, \"y\" {z} \\\\', ä b, '']"),
    ("BIGINT[]", "{1,NULL,-3}", "[1, NULL, -3]"),
]

BROKEN: list[tuple[str, list[str]]] = [
    ("BIGINT", ["1.5", "1e3", "9223372036854775808", " 1", "1_000", "0x1F", "", "NaN", "\u0661"]),
    ("UTINYINT", ["-1", "256"]),
    ("DECIMAL(10,2)", ["1.005", "NaN", "Infinity", "100000000.00", "1e2", ".", "", "1,5", "1_0"]),
    (
        "DOUBLE",
        ["1e400", "-1e400", "1e-400", "1.23456789012345678901", "9007199254740993", "1_000", "", "abc", " 1", "1\n"],
    ),
    ("FLOAT", ["0.123456789", "16777217", "1e39", "8388609.5"]),
    ("BOOLEAN", ["yes", "1", "", "on"]),
    (
        "DATE",
        ["2025-02-30", "infinity", "-infinity", "0044-03-15 BC", "2025-1-1", "10000-01-01", "2025-01-01 00:00:00"],
    ),
    ("TIME", ["24:00:00", "23:59:60", "12:00", "12:00:00+02", "12:00:00.1234567"]),
    ("TIMESTAMP", ["infinity", "-infinity", "2025-01-01 00:00:00+02", "2025-01-01 24:00:00", "2025-01-01"]),
    ("TIMESTAMP", ["2025-01-01 00:00:00.1234567", "0044-03-15 00:00:00 BC", "294276-12-31 23:59:59.999999", ""]),
    ("TIMESTAMP", ["2016-12-31 23:59:60", "2025-01-01 00:00:00 Europe/Berlin"]),
    ("TIMESTAMP WITH TIME ZONE", ["2025-01-01 00:00:00", "infinity", "2025-01-01 00:00:00 CET"]),
    ("BLOB", [r"\xabc", "abc", r"\000"]),
    ("VARCHAR[]", ["{{a,b},{c,d}}", "[0:1]={7,8}", "{a", "a", "", "[a, b]", '{"a}', "{a,}"]),
    ("BIGINT[]", ["{1.5}", "{a}", "{{1},{2}}"]),
]


def became(text: str, published: str) -> Any:
    """What *text* becomes, as text, under a session time zone far from UTC; None if it breaks the rule."""
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'Pacific/Auckland'")
        value = f"({exactly('x', 'VARCHAR', published)})"
        if published == "TIMESTAMP WITH TIME ZONE":
            value = f"(timezone('UTC', {value})::VARCHAR || '+00')"
        row = con.execute(f"SELECT CAST({value} AS VARCHAR) FROM (SELECT $1::VARCHAR AS x)", [text]).fetchone()
        return row and row[0]


@pytest.mark.parametrize(("published", "text", "value"), KEPT)
def test_a_text_that_is_exact_is_kept(published: str, text: str, value: str) -> None:
    assert value == became(text, published)


@pytest.mark.parametrize(("published", "text"), [(kind, text) for kind, texts in BROKEN for text in texts])
def test_a_text_that_would_change_breaks_the_rule(published: str, text: str) -> None:
    assert became(text, published) is None


@settings(max_examples=200, deadline=None)
@given(st.decimals(min_value=-(10**12), max_value=10**12, places=6))
def test_no_digit_of_a_decimal_is_lost(value: Decimal) -> None:
    """Either all digits arrive, or the row is rejected."""
    arrived = became(f"{value:f}", "DECIMAL(14,3)")
    fits = value == value.quantize(Decimal("0.001")) and abs(value) < 10**11
    assert fits == (arrived is not None)
    assert arrived is None or value == Decimal(arrived)


@settings(max_examples=200, deadline=None)
@given(st.decimals(min_value=-(10**9), max_value=10**9, places=9), st.sampled_from(["DOUBLE", "FLOAT"]))
def test_no_digit_of_a_float_is_lost(value: Decimal, type_: str) -> None:
    """Many digits or few: what arrives prints the same digits, or the row is rejected."""
    text = f"{value:f}"
    arrived = became(text, type_)
    kept = {"DOUBLE": float, "FLOAT": lambda t: struct.unpack("f", struct.pack("f", float(t)))[0]}[type_](text)
    digits = 17 if type_ == "DOUBLE" else 9
    shortest = next(s for n in range(1, digits + 1) for s in [f"{kept:.{n - 1}e}"] if _same(s, kept, type_))
    assert (Decimal(shortest) == value) == (arrived is not None)


def _same(text: str, value: float, type_: str) -> bool:
    read = float(text)
    return (read if type_ == "DOUBLE" else struct.unpack("f", struct.pack("f", read))[0]) == value


@settings(max_examples=200, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_shortest_text_of_a_float_is_that_float(value: float) -> None:
    arrived = became(repr(value), "DOUBLE")
    assert arrived is not None
    assert value == float(arrived)


@pytest.mark.parametrize(
    ("staged", "published", "value", "kept"),
    [
        ("BIGINT", "INTEGER", "2147483648", False),
        ("BIGINT", "INTEGER", "7", True),
        ("DOUBLE", "BIGINT", "1.5", False),
        ("BIGINT", "DOUBLE", "9007199254740993", False),
        ("DOUBLE", "FLOAT", "0.1::DOUBLE", False),
        ("TIMESTAMP_NS", "TIMESTAMP", "'2025-01-01 00:00:00.000000001'", False),
        ("DECIMAL(20,4)", "DECIMAL(10,2)", "'1.2345'", False),
        ("DECIMAL(20,4)", "DECIMAL(10,2)", "'1.2300'", True),
        ("TIMESTAMP", "DATE", "'2025-01-01 00:00:01'", False),
    ],
)
def test_another_native_type_is_taken_only_if_it_comes_back(
    staged: str, published: str, value: str, kept: bool
) -> None:
    row = duckdb.sql(f"SELECT {exactly('x', staged, published)} IS NOT NULL FROM (SELECT CAST({value} AS {staged}) x)")
    assert (kept,) == row.fetchone()


def test_what_can_never_become_the_type_is_drift() -> None:
    assert not can_become("BIGINT", "VARCHAR")
    assert not can_become("TIMESTAMP WITH TIME ZONE", "TIMESTAMP")
    assert not can_become("VARCHAR[]", "VARCHAR")
    assert can_become("UUID", "VARCHAR")
