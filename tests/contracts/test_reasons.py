"""Every type of the server has its place in the type table, and a reason in words."""

from __future__ import annotations

import psycopg
import pytest

from parquetry.contracts.reasons import TEXT, because
from parquetry.contracts.types import NATIVE, SourceType, publication


def test_every_type_of_pg_catalog_is_native_or_has_a_reason_to_be_text(database: str) -> None:
    with psycopg.connect(database) as server:
        rows = server.execute(
            "select typname from pg_type where typnamespace = 'pg_catalog'::regnamespace "
            "and typtype in ('b', 'r', 'm', 'e', 'd') and typcategory <> 'A'"
        ).fetchall()
    names = {name for (name,) in rows}
    assert len(names) > 60
    assert set() == names - NATIVE.keys() - TEXT.keys()
    # Types that this server does not have are of older or newer ones.
    assert {"int2vector", "oidvector", "regdatabase"} >= (NATIVE.keys() | TEXT.keys()) - names


@pytest.mark.parametrize(
    ("source", "wanted", "unheld", "expected"),
    [
        (SourceType("integer", "int4", "x"), "INTEGER", 0, "INTEGER holds every integer"),
        (SourceType("date", "date", "x"), "DATE", 0, "but infinity, BC and years of five digits, and the server"),
        (SourceType("date", "date", "x"), "DATE", 3, "DATE cannot hold 3 of the values: infinity"),
        (SourceType("bigint", "int8", "x"), "INTEGER", 2, "what does not fit INTEGER"),
        (SourceType("text", "text", "x"), "VARCHAR", 0, "VARCHAR holds every text"),
        (SourceType("timestamp", "timestamp", "x"), "VARCHAR", 0, "the contract asks for text"),
        (SourceType("inet", "inet", "x"), "VARCHAR", 0, "Parquet has nothing like it"),
        (SourceType("hstore", "", "x"), "VARCHAR", 0, "no type of Parquet is known to hold all its values"),
    ],
)
def test_the_reason_says_what_decided(source: SourceType, wanted: str, unheld: int, expected: str) -> None:
    assert expected in because(source, publication("c", source, wanted), unheld)
