"""Whatever table one writes: its rows arrive, equal, in three readers."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any, Literal, NamedTuple

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from .conftest import begin
from .proof import READERS, Column, Rows, Table, meant, printed, published, same

Texts = SearchStrategy[str]


class Family(NamedTuple):
    """
    Values of one type.

    Attributes:
        type: As a column is declared.
        native: The DuckDB type that the contract asks for.
        fit: What that type holds, as PostgreSQL's input function takes it.
        beyond: What it does not hold.
    """

    type: str
    native: str
    fit: Texts
    beyond: Texts = st.nothing()


# PostgreSQL's text cannot hold NUL, and no encoding a lone surrogate.
_LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0") | st.sampled_from("\\\"'{},()\t\r\n NUL😀")
_TEXT = st.text(_LETTERS, max_size=20)
_DIGITS = st.text("0123456789", min_size=1, max_size=60)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(_LETTERS, max_size=8)
)
_KEYS = st.text(_LETTERS, max_size=5)
_LISTS = st.lists(_SCALARS, max_size=3)
_OBJECTS = st.dictionaries(_KEYS, _SCALARS | _LISTS | st.dictionaries(_KEYS, _SCALARS, max_size=2), max_size=3)
_JSON = (_SCALARS | _LISTS | _OBJECTS).map(lambda value: json.dumps(value, ensure_ascii=False))
_DATES = st.dates().map(str)
_MOMENTS = st.datetimes().map(str)
_ZONES = st.integers(-57_599, 57_599).map(lambda seconds: timezone(timedelta(seconds=seconds)))
_ZONED = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=_ZONES).map(str)
_INFINITE = st.sampled_from(["infinity", "-infinity"])
_FAR = _INFINITE | st.integers(10_000, 290_000).map(lambda year: f"{year}-06-07 08:09:10.111213")
_BC = st.integers(1, 4_713).map(lambda year: f"{year:04}-06-07 08:09:10.111213 BC")
_NOT_FINITE = st.sampled_from(["NaN", "Infinity", "-Infinity"])


def whole(bits: int) -> Texts:
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1).map(str)


def floating(width: Literal[32, 64]) -> Texts:
    """Without -0, which is not equal everywhere yet: see `test_zeros_keep_their_sign`."""
    return st.floats(width=width).map(
        lambda value: "NaN" if math.isnan(value) else repr(value).replace("inf", "Infinity")
    )


def decimals(precision: int, scale: int) -> Texts:
    """As many digits as there may be, some of them zeros at the end."""
    units = st.integers(-(10**precision) + 1, 10**precision - 1)
    return units.map(lambda n: f"{'-' * (n < 0)}{abs(n) // 10**scale}.{abs(n) % 10**scale:0{scale}}")


_RANGES = st.tuples(decimals(9, 3), decimals(9, 3)).map(lambda ends: "[{},{}]".format(*sorted(ends, key=float)))


def number(parts: tuple[bool, str, str]) -> str:
    return f"{'-' * parts[0]}{parts[1]}.{parts[2]}"


def array(elements: Texts) -> Texts:
    """One dimension, every element but NULL in quotes."""

    def literal(values: list[str | None]) -> str:
        quoted = ('"' + v.replace("\\", "\\\\").replace('"', '\\"') + '"' if v is not None else "NULL" for v in values)
        return "{" + ",".join(quoted) + "}"

    return st.lists(st.none() | elements, max_size=4).map(literal)


def nested(inner: Texts) -> Texts:
    """Bounds that do not begin at 1, or another dimension."""
    filled = inner.filter(lambda text: text != "{}")
    return filled.map(lambda text: "{" + text + "}") | filled.map(lambda text: f"[0:{_count(text) - 1}]={text}")


def _count(text: str) -> int:
    quoted = text.replace("\\\\", "").replace('\\"', "").split('"')
    return 1 + sum(outside.count(",") for outside in quoted[::2])


FAMILIES: tuple[Family, ...] = (
    Family("bool", "BOOLEAN", st.sampled_from(["true", "false"])),
    Family("int2", "SMALLINT", whole(16)),
    Family("int4", "INTEGER", whole(32)),
    Family("int8", "BIGINT", whole(64)),
    Family("float4", "FLOAT", floating(32)),
    Family("float8", "DOUBLE", floating(64)),
    Family("numeric", "VARCHAR", st.tuples(st.booleans(), _DIGITS, _DIGITS).map(number) | _NOT_FINITE),
    Family("numeric", "DECIMAL(38,10)", decimals(38, 10), _NOT_FINITE | decimals(38, 10).map(lambda text: text + "7")),
    Family("numeric(10,2)", "DECIMAL(10,2)", decimals(10, 2), st.just("NaN")),
    Family("numeric(38,20)", "DECIMAL(38,20)", decimals(38, 20), st.just("NaN")),
    Family("text", "VARCHAR", _TEXT),
    Family("varchar(20)", "VARCHAR", _TEXT),
    Family("char(20)", "VARCHAR", _TEXT),
    Family("json", "VARCHAR", _JSON),
    Family("jsonb", "VARCHAR", _JSON),
    Family("uuid", "VARCHAR", st.uuids().map(str)),
    Family("bytea", "BLOB", st.binary(max_size=20).map(lambda value: "\\x" + value.hex())),
    Family("date", "DATE", _DATES, _FAR | _BC),
    Family("time", "TIME", st.times().map(time.isoformat), st.just("24:00:00")),
    Family("timestamp", "TIMESTAMP", _MOMENTS, _FAR | _BC),
    Family("timestamp(3)", "TIMESTAMP", st.datetimes(max_value=datetime(9999, 12, 30)).map(str), _FAR),
    Family("timestamptz", "TIMESTAMP WITH TIME ZONE", _ZONED, _FAR | _BC),
    Family("interval", "VARCHAR", st.timedeltas().map(lambda d: f"{d.days} days {d.seconds} s {d.microseconds} us")),
    Family("inet", "VARCHAR", st.ip_addresses().map(str)),
    Family("varbit", "VARCHAR", st.text("01", max_size=70)),
    Family("money", "VARCHAR", decimals(18, 2)),
    Family("numrange", "VARCHAR", _RANGES),
    Family("int4[]", "INTEGER[]", array(whole(32)), nested(array(whole(32)))),
    Family("float8[]", "DOUBLE[]", array(floating(64)), nested(array(floating(64)))),
    Family("text[]", "VARCHAR[]", array(_TEXT), nested(array(_TEXT))),
    Family("date[]", "DATE[]", array(_DATES), st.just("{infinity}") | nested(array(_DATES))),
    Family("numeric(10,2)[]", "DECIMAL(10,2)[]", array(decimals(10, 2)), st.just('{1.00,"NaN"}')),
    Family("bytea[]", "VARCHAR", array(st.binary(max_size=5).map(lambda value: "\\x" + value.hex()))),
    Family('"Mood"', "VARCHAR", st.sampled_from(["LOW", "a'b", "😀", "NULL"])),
    Family('"Mood"[]', "VARCHAR[]", array(st.sampled_from(["LOW", "a'b", 'say "x"', "😀", "NULL"]))),
    Family("price", "DECIMAL(10,2)", decimals(10, 2), st.just("NaN")),
)  # fmt: skip


class Drawn(NamedTuple):
    """
    A table, and what is to become of its misfits.

    Attributes:
        misfits: Columns that have a value which the asked-for type does not hold, and its row.
    """

    table: Table
    misfits: Mapping[str, int]
    policy: str


@st.composite
def tables(draw: st.DrawFn) -> Drawn:
    families = draw(st.lists(st.sampled_from(FAMILIES), min_size=1, max_size=8))
    height = draw(st.integers(0, 15))
    table, misfits = {}, {}
    for i, family in enumerate(families):
        name = f"c{i}"
        texts = draw(st.lists(st.none() | family.fit, min_size=height, max_size=height))
        if height and not family.beyond.is_empty and draw(st.integers(0, 3)) == 0:
            misfits[name] = draw(st.integers(0, height - 1))
            texts[misfits[name]] = draw(family.beyond)
        table[name] = Column(family.type, tuple(texts), family.native)
    return Drawn(table, misfits, draw(st.sampled_from(["text", "null_and_flag", "quarantine"])))


def expected(drawn: Drawn, texts: Rows) -> dict[str, tuple[str, list[Any]]]:
    """Each published column: its type, and its values of the rows that are published."""
    aside = set(drawn.misfits.values()) if drawn.policy == "quarantine" else set()
    kept = [n for n in range(len(texts)) if n not in aside]
    found: dict[str, tuple[str, list[Any]]] = {}
    for i, (name, column) in enumerate(drawn.table.items()):
        own = [texts[n][i] for n in kept]
        misfit = drawn.misfits.get(name)
        if misfit is not None and drawn.policy == "text":
            found[name] = "VARCHAR", [meant(text, "VARCHAR") for text in own]
            continue
        flagged = misfit if drawn.policy == "null_and_flag" else None
        native = [None if n == flagged else meant(text, column.native) for n, text in zip(kept, own, strict=True)]
        found[name] = column.native, native
        if drawn.policy == "null_and_flag":
            flags = [text if n == flagged else None for n, text in zip(kept, own, strict=True)]
            found[f"{name}_misfit"] = "VARCHAR", [meant(text, "VARCHAR") for text in flags]
    return found


def arrives(drawn: Drawn, url: str, root: Path) -> None:
    """Write the table, export it, and hold what each reader finds against PostgreSQL's own text."""
    study = begin(url, root)
    with psycopg.connect(url, autocommit=True) as server:
        server.execute("drop table if exists random_rows")
        study.add("random_rows", drawn.table, metadata=f", metadata={{'misfits': '{drawn.policy}'}}")
        study.export()
        wanted = expected(drawn, printed(server, "random_rows", drawn.table))
    columns = study.lake.current().manifest.datasets["random_rows"].columns
    assert {"n": "BIGINT", **{name: type for name, (type, _) in wanted.items()}} == {c.name: c.type for c in columns}
    for reader, rows in READERS.items():
        found = rows(published(study.lake.path, "random_rows"), list(wanted))
        for i, (name, (_, values)) in enumerate(wanted.items()):
            assert values == [same(row[i]) for row in found], (reader, name)


@settings(max_examples=15, derandomize=True)
@given(drawn=tables())
def test_random_rows_of_random_types_arrive(
    drawn: Drawn, hostile_database: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Native, or where the policy of a column says so, as its exact text."""
    arrives(drawn, hostile_database, tmp_path_factory.mktemp("random"))


@pytest.mark.torture
@settings(max_examples=1_000)
@given(drawn=tables())
def test_a_thousand_random_tables_arrive(
    drawn: Drawn, hostile_database: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The same at length, with other tables each time."""
    arrives(drawn, hostile_database, tmp_path_factory.mktemp("random"))
