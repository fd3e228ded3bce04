"""Every value arrives equal, as exactly its PostgreSQL text, or not at all."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator
from typing import Any

import duckdb
import psycopg
import pytest
from psycopg import sql

from parquetry.contracts import Contract, Field, types
from parquetry.contracts.types import SourceType, publication
from parquetry.demo.server import EmbeddedServer
from parquetry.errors import SchemaDrift
from parquetry.sources import Published, Window, postgres

# The type in PostgreSQL, the contract's, values, and what DuckDB prints for them (None: the same as PostgreSQL).
NATIVE: list[tuple[str, str, list[tuple[str, str | None]]]] = [
    ("bool", "BOOLEAN", [("true", "true"), ("false", "false")]),
    ("int2", "SMALLINT", [("-32768", None), ("32767", None)]),
    ("int4", "INTEGER", [("-2147483648", None), ("2147483647", None)]),
    ("int8", "BIGINT", [("-9223372036854775808", None), ("9223372036854775807", None)]),
    ("int4", "BIGINT", [("-2147483648", None), ("2147483647", None)]),
    ("int4", "UTINYINT", [("0", None), ("255", None)]),
    ("int8", "DOUBLE", [("9007199254740992", "9007199254740992.0")]),
    ("int8", "DECIMAL(38,0)", [("-9223372036854775808", None)]),
    ("int8", "VARCHAR", [("-9223372036854775808", None)]),
    ("oid", "BIGINT", [("4294967295", None)]),
    ("float4", "FLOAT", [("0.1", None), ("NaN", "nan"), ("-0", "-0.0"), ("3.4028235e38", "3.4028235e+38"),
                         ("1e-45", None)]),
    ("float8", "DOUBLE", [("0.1", None), ("-Infinity", "-inf"), ("1.7976931348623157e308", "1.7976931348623157e+308"),
                          ("5e-324", None), ("0.30000000000000004", None)]),
    ("float4", "DOUBLE", [("0.5", None), ("0.1", "0.10000000149011612")]),
    ("numeric(10,2)", "DECIMAL(10,2)", [("-12345678.91", None), ("0.10", None)]),
    ("numeric(10,2)", "DECIMAL(12,4)", [("-12345678.91", "-12345678.9100")]),
    ("numeric(38,10)", "DECIMAL(38,10)", [("1234567890123456789012345678.0123456789", None)]),
    ("numeric(65,30)", "DECIMAL(38,18)", [("1.5", "1.500000000000000000"),
                                          ("-0.000000000000000001", "-0.000000000000000001")]),
    ("numeric", "DECIMAL(10,3)", [("1.25", "1.250"), ("9999999.999", None), ("-9999999.999", None)]),
    ("numeric", "BIGINT", [("9223372036854775807", None), ("-3.00", "-3")]),
    ("text", "VARCHAR", [("", None), ("NULL", None), ("a\tb\r\n\"c\" \\ '", None), ("😀 \uffff e\u0301", None),
                         ("\\N", None)]),
    ("varchar(9)", "VARCHAR", [("a  ", None)]),
    ("json", "VARCHAR", [('{"b":1,  "a":12345678901234567890.1230, "b":2}', None)]),
    ("jsonb", "VARCHAR", [('{"b":1,  "a":12345678901234567890.1230, "😀": 1e400}', None)]),
    ('"Mood"', "VARCHAR", [("LOW", None), ("Ünï", None), ("a'b", None)]),
    ("uuid", "UUID", [("A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11", None)]),
    ("uuid", "VARCHAR", [("FFFFFFFF-ffff-ffff-ffff-ffffffffffff", None)]),
    ("bytea", "BLOB", [("\\x00ff27", "\\x00\\xFF\\x27")]),
    ("date", "DATE", [("0001-01-01", None), ("1500-02-28", None), ("9999-12-31", None)]),
    ("date", "TIMESTAMP", [("1969-12-31", "1969-12-31 00:00:00")]),
    ("time", "TIME", [("23:59:59.999999", None), ("00:00:00", None)]),
    ("timestamp(3)", "TIMESTAMP", [("1969-12-31 23:59:59.999", None)]),
    ("timestamp", "TIMESTAMP", [("0001-01-01 00:00:00.000001", None), ("1582-10-10 12:00:00", None),
                                ("9999-12-31 23:59:59.999999", None)]),
    ("timestamp(3)", "TIMESTAMP_MS", [("1969-12-31 23:59:59.999", None)]),
    ("timestamptz", "TIMESTAMPTZ", [("1066-10-14 09:00:00.123456+02:30", None), ("2024-03-31 02:30+01", None)]),
    ("text[]", "VARCHAR[]", [("{}", "[]"), ('{a,NULL,"NULL",""}', "[a, NULL, 'NULL', '']")]),
    ("int8[]", "BIGINT[]", [("{1,NULL,-9223372036854775808}", "[1, NULL, -9223372036854775808]")]),
    ("numeric(6,2)[]", "DECIMAL(6,2)[]", [("{1.5}", "[1.50]")]),
    ("json[]", "VARCHAR[]", [('{"{\\"a\\": 1}"}', "['{\"a\": 1}']")]),
    ('"Mood"[]', "VARCHAR[]", [("{LOW,Ünï}", "[LOW, Ünï]")]),
    ("timestamp[]", "TIMESTAMP[]", [("{1969-12-31 23:59:59.999}", "['1969-12-31 23:59:59.999']")]),
    ("positive", "INTEGER", [("7", None)]),
    ("price", "DECIMAL(10,2)", [("7.5", "7.50")]),
    ("positive[]", "BIGINT[]", [("{7}", "[7]")]),
    ("words", "VARCHAR[]", [("{a}", "[a]")]),
]  # fmt: skip

# Values that the contract's type cannot hold: counted by the server, and sent as text.
UNHELD: list[tuple[str, str, list[str]]] = [
    ("date", "DATE", ["infinity", "-infinity", "0044-03-15 BC", "10000-01-01", "5874897-12-31"]),
    ("date", "TIMESTAMP", ["infinity", "0044-03-15 BC"]),
    ("timestamp", "TIMESTAMP", ["infinity", "-infinity", "0001-12-31 23:59:59 BC", "294276-12-31 23:59:59.999999"]),
    ("timestamptz", "TIMESTAMPTZ", ["infinity", "-infinity", "0044-03-15 12:00:00+00 BC", "294276-12-31 00:00:00+00"]),
    ("timestamp", "TIMESTAMP_MS", ["2024-01-01 00:00:00.000001", "infinity"]),
    ("timestamp", "TIMESTAMP_NS", ["1600-01-01", "infinity"]),
    ("time", "TIME", ["24:00:00"]),
    ("numeric(10,2)", "DECIMAL(10,2)", ["NaN"]),
    ("numeric(10,2)", "DECIMAL(12,4)", ["NaN"]),
    ("numeric(10,2)", "DECIMAL(10,1)", ["NaN", "0.01", "12345678.89"]),
    ("numeric", "DECIMAL(10,3)", ["NaN", "Infinity", "-Infinity", "10000000", "-10000000", "0.0001", "1e400"]),
    ("numeric(65,30)", "DECIMAL(38,10)", ["0.00000000001", "12345678901234567890123456789"]),
    ("numeric", "BIGINT", ["NaN", "9223372036854775808", "0.5", "-Infinity"]),
    ("int8", "INTEGER", ["2147483648", "-9223372036854775808"]),
    ("int4", "UTINYINT", ["-1", "256"]),
    ("int8", "DOUBLE", ["9007199254740993"]),
    ("int4", "DECIMAL(5,2)", ["1000", "-1000"]),
    ("text[]", "VARCHAR[]", ["{{a,b},{c,d}}", "[0:1]={a,b}", "[2:2]={a}"]),
    ("date[]", "DATE[]", ["{2024-01-01,infinity}", "{{2024-01-01}}"]),
    ("numeric(6,2)[]", "DECIMAL(6,2)[]", ["{1.5,NaN}"]),
    ("positive", "UTINYINT", ["256"]),
]

# Published as VARCHAR, every type is exactly what PostgreSQL prints.
TEXT: list[tuple[str, list[str]]] = [
    ("bool", ["true"]), ("char(5)", ["ab"]), ('"char"', ["z"]), ("float8", ["-0", "1e-7", "0.1"]), ("float4", ["0.1"]),
    ("numeric", ["NaN", "-Infinity", "123456789012345678901234567890123456789012345.12345", "1e-20"]),
    ("numeric(65,30)", ["1.5"]), ("numeric(5,-2)", ["12345"]), ("numeric(2,5)", ["0.00012"]), ("name", ["x"]),
    ("bytea", ["\\x00ff"]), ("date", ["infinity", "0044-03-15 BC"]), ("time", ["24:00:00"]),
    ("timetz", ["24:00:00-15:59", "10:00+02"]), ("timestamp", ["infinity", "2024-01-01 00:00:00.5"]),
    ("timestamptz", ["2024-07-01 12:00+02"]), ("interval", ["1 mon 2 days -00:00:03.5", "-1 year", "178000000 years"]),
    ("money", ["-12.34"]), ("inet", ["1.2.3.4", "::1/64"]), ("cidr", ["10.0.0.0/8"]),
    ("macaddr", ["08:00:2b:01:02:03"]),
    ("macaddr8", ["08:00:2b:01:02:03:04:05"]), ("bit(3)", ["101"]), ("varbit", ["1"]), ("point", ["(1,2e-300)"]),
    ("line", ["{1,2,3}"]), ("lseg", ["[(1,2),(3,4)]"]), ("box", ["(3,4),(1,2)"]), ("path", ["((1,2),(3,4))"]),
    ("polygon", ["((1,2),(3,4))"]), ("circle", ["<(1,2),3>"]), ("int4range", ["[1,5]", "empty"]),
    ("tstzrange", ["[2024-01-01 00:00+02,)"]), ("int4multirange", ["{[1,2),[5,7)}"]), ("pg_lsn", ["16/B374D848"]),
    ("tsvector", ["'a':1 'b'"]), ("tsquery", ["'a' & !'b'"]), ("txid_snapshot", ["10:20:10,14"]), ("xid8", ["42"]),
    ("jsonpath", ["$.a[*]"]), ("int2vector", ["1 2"]), ("regclass", ["pg_class"]), ("tid", ["(0,1)"]),
    ("pair", ['(1,"a b")', "(,)"]), ('"Mood"[]', ["{LOW,\"a'b\"}", "{{LOW}}"]), ("positive", ["7"]),
    ("text[]", ['{a,NULL,"NULL"}', "[0:1]={a,b}"]), ("text[][]", ["{{a},{b}}"]), ("json[]", ['{"{\\"a\\": 1}"}']),
    ("pair[]", ['{"(1,a)"}']), ("int4[]", ["{{1,2},{3,4}}"]), ("oid", ["4294967295"]), ("words", ["{a,b}"]),
]  # fmt: skip

HOSTILE = {
    "timezone": "Asia/Kathmandu", "datestyle": "SQL, DMY", "intervalstyle": "iso_8601", "extra_float_digits": "-15",
    "bytea_output": "escape", "client_encoding": "LATIN1", "search_path": "pg_catalog",
    "standard_conforming_strings": "off", "quote_all_identifiers": "on",
}  # fmt: skip


@pytest.fixture(scope="module")
def hostile(server: EmbeddedServer) -> Iterator[str]:
    """A database whose role has every setting that changes text set to something unusual."""
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute("create database types")
        admin.execute("create role hostile login superuser password 'parquetry'")
        for name, value in HOSTILE.items():
            admin.execute(sql.SQL("alter role hostile set {} = {}").format(sql.Identifier(name), sql.Literal(value)))
        admin.execute("alter role hostile set datestyle = 'SQL', 'DMY'")
    with psycopg.connect(server.url("types"), autocommit=True) as admin:
        admin.execute("create type \"Mood\" as enum ('LOW', 'high', 'Ünï', 'a''b')")
        admin.execute("create domain above_zero as int4 check (value > 0)")
        admin.execute("create domain positive as above_zero; create domain price as numeric(10,2)")
        admin.execute("create type pair as (a int, b text); create domain words as text[]")
    yield server.url("types", user="hostile")
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute("drop database types with (force)")
        admin.execute("drop role hostile")


NULL = "no value at all"


def made(url: str, table: str, columns: list[tuple[str, list[str]]]) -> list[list[str | None]]:
    """
    A table of these columns, the last row all NULL; and PostgreSQL's own text of each, by COPY.
    """
    plain = url.replace("hostile", "postgres")
    with psycopg.connect(plain, autocommit=True, options="-c timezone=UTC -c extra_float_digits=3") as admin:
        words = ", ".join(f"c{i} {type}" for i, (type, _) in enumerate(columns))
        admin.execute(f"drop table if exists {table}; create table {table} (n int, {words})")
        height = max(len(values) for _, values in columns)
        for n in range(height + 1):
            row = [values[n] if n < len(values) else None for _, values in columns]
            given = sql.SQL(", ").join(sql.Literal(value) for value in row)
            admin.execute(sql.SQL("insert into {} values ({}, {})").format(sql.Identifier(table), n, given))
        names = ", ".join(f"c{i}" for i in range(len(columns)))
        statement = f"copy (select {names} from {table} order by n) to stdout (format csv, null '{NULL}')"
        with admin.cursor().copy(statement) as copy:
            lines = b"".join(bytes(block) for block in copy).decode()
        rows = csv.reader(io.StringIO(lines, newline=""))
        return [[None if cell == NULL else cell for cell in column] for column in zip(*rows, strict=True)]


def published(url: str, table: str, wanted: list[str]) -> tuple[tuple[Published, ...], list[list[Any]], str]:
    """How each column is published, its values as DuckDB's own text, and the statement that read them."""
    fields = tuple(Field(f"c{i}", type, nullable=True) for i, type in enumerate(wanted))
    contract = Contract("types", (Field("n", "INTEGER"), *fields))
    with postgres.open(url, source="app", run="types") as reading:
        found = reading.table([table])
        look = reading.look(found, contract, Window())
        statement = reading.rows(found, look.columns, Window())
        # Through Parquet, since that is where the values will be.
        with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
            reading.run(f"COPY ({statement}) TO '{file.name}'")
            text = ", ".join(f"c{i}::VARCHAR" for i in range(len(wanted)))
            rows = reading.run(f"SELECT {text} FROM '{file.name}' ORDER BY n")
    return look.columns[1:], [list(column) for column in zip(*rows, strict=True)], statement


def test_native_values_arrive_equal(hostile: str) -> None:
    """By the server's own select, whatever the role's settings are."""
    check_native(hostile, "selected", NATIVE)


def test_native_values_arrive_equal_by_the_parallel_scan(hostile: str) -> None:
    """A table that has only columns which the scan is known to decode."""
    scannable = [row for row in NATIVE if row[0] not in ("numeric", "numeric(65,30)", "positive", "price", "words")
                 and row[0] != "positive[]"]  # fmt: skip
    check_native(hostile, "parallel", scannable)


def check_native(url: str, way: str, rows: list[tuple[str, str, list[tuple[str, str | None]]]]) -> None:
    printed = made(url, way, [(type, [value for value, _ in values]) for type, _, values in rows])
    columns, got, statement = published(url, way, [wanted for _, wanted, _ in rows])
    assert (way == "selected") == ("postgres_query" in statement)
    for (type, wanted, values), column, shown, found in zip(rows, columns, printed, got, strict=True):
        expected = [values[n][1] or cell if n < len(values) else None for n, cell in enumerate(shown)]
        assert expected == found, (type, wanted)
        assert (True, 0, types.canonical(wanted)) == (column.native, column.misfits, column.type)


def test_what_a_type_cannot_hold_is_counted_and_sent_as_text(hostile: str) -> None:
    printed = made(hostile, "unheld", [(type, values) for type, _, values in UNHELD])
    columns, got, _ = published(hostile, "unheld", [wanted for _, wanted, _ in UNHELD])
    for (type, wanted, values), column, shown, found in zip(UNHELD, columns, printed, got, strict=True):
        assert shown == found, (type, wanted)
        assert ("VARCHAR", False, len(values)) == (column.type, column.native, column.misfits), (type, wanted)


def test_as_text_every_type_is_what_postgresql_prints(hostile: str) -> None:
    printed = made(hostile, "texts", TEXT)
    columns, got, _ = published(hostile, "texts", ["VARCHAR"] * len(TEXT))
    for (type, _), expected, found in zip(TEXT, printed, got, strict=True):
        assert expected == found, type
    assert {"VARCHAR"} == {c.type for c in columns}


def test_every_type_of_the_catalog_can_be_published_as_text(hostile: str) -> None:
    """Also those that no list in this file names, as a column without rows: nothing is refused, nothing fails."""
    with psycopg.connect(hostile, autocommit=True) as admin:
        found = admin.execute(
            "select format_type(oid, -1) from pg_type where typnamespace = 'pg_catalog'::regnamespace "
            "and typtype in ('b', 'e', 'r', 'm') and typname !~ '^_?(pg_|gtsvector|cstring)' order by 1"
        ).fetchall()
        every = [row[0] for row in found]
        columns = ", ".join(f"c{i} {type}" for i, type in enumerate(every))
        admin.execute(f"create table public.every_type (n int, {columns}); insert into public.every_type values (1)")
    assert len(every) > 120
    assert [[None]] * len(every) == published(hostile, "every_type", ["VARCHAR"] * len(every))[1]


@pytest.mark.parametrize(
    ("source", "wanted", "declare"),
    [
        (SourceType("numeric", "numeric", "f"), "DOUBLE", "pl.Decimal(38, 10) or str"),
        (
            SourceType("numeric(10,2)", "numeric", "f", modifier=(10 << 16 | 2) + 4),
            "DOUBLE",
            "pl.Decimal(10, 2) or str",
        ),
        (SourceType("text", "text", "f"), "BIGINT", "str"),
        (SourceType("timestamp without time zone", "timestamp", "f"), "TIMESTAMPTZ", "datetime (TIMESTAMP)"),
        (SourceType("timestamp with time zone", "timestamptz", "f"), "TIMESTAMP", "pl.Datetime('us', 'UTC')"),
        (SourceType("double precision", "float8", "f"), "FLOAT", "float (DOUBLE)"),
        (SourceType("interval", "interval", "f"), "INTERVAL", "str"),
        (SourceType("integer", "int4", "f"), "BOOLEAN", "pl.Int32 (INTEGER)"),
        (SourceType('"Mood"', "", "f", enum=True), "INTEGER", "str"),
        (SourceType("text[]", "_text", "f", element=SourceType("text", "text", "f")), "VARCHAR[][]", "a list of str"),
    ],
)
def test_what_would_change_values_is_refused(source: SourceType, wanted: str, declare: str) -> None:
    """With the column, both types, and what to declare instead."""
    with pytest.raises(SchemaDrift) as refused:
        publication("price", source, wanted)
    assert "'price'" in refused.value.failed
    assert source.name in refused.value.failed
    assert types.canonical(wanted) in refused.value.failed
    assert declare in refused.value.next


@pytest.mark.parametrize(
    ("said", "meant"),
    [("timestamptz", "TIMESTAMP WITH TIME ZONE"), ("text[]", "VARCHAR[]"), ("numeric( 10, 2 )", "DECIMAL(10,2)"),
     ("DECIMAL(5)", "DECIMAL(5,0)"), ("int", "INTEGER"), ("Timestamp  With Time Zone", "TIMESTAMP WITH TIME ZONE")],
)  # fmt: skip
def test_a_type_has_one_spelling(said: str, meant: str) -> None:
    assert meant == types.canonical(said)


def test_the_month_of_a_time_is_the_same_as_text_and_as_a_time() -> None:
    con = duckdb.connect()
    con.execute("SET TimeZone = 'Asia/Tokyo'")

    def month(value: str, type: str) -> Any:
        row = con.execute(f"SELECT {types.month(f'v::{type}', type)} FROM (SELECT {value} AS v)").fetchone()
        return row and row[0]

    for type in ("DATE", "TIMESTAMP", "TIMESTAMPTZ", "VARCHAR"):
        assert month("'0800-02-03'", type) == "0800-02"
        assert month("NULL", type) == "null"
    assert month("'2023-12-31 23:30:00.5+00'", "TIMESTAMPTZ") == "2023-12"
    assert month("'2023-12-31 23:30:00.5+00'", "VARCHAR") == "2023-12"
    for nowhere in ("infinity", "-infinity", "0044-03-15 BC", "0001-12-31 23:59:59 BC", "10000-01-01", "rubbish"):
        assert month(f"'{nowhere}'", "VARCHAR") == "null"
