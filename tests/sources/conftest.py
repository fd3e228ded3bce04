"""A reading of the test's database, and the little words that tests about sources share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import psycopg
import pytest

from parquetry.contracts import Contract, Field
from parquetry.sources import Window, postgres
from parquetry.sources.postgres import Manners, PostgresReading

Open = Callable[..., AbstractContextManager[PostgresReading]]


@pytest.fixture
def admin(database: str) -> Iterator[psycopg.Connection[Any]]:
    """The superuser's connection to the test's database."""
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


@pytest.fixture
def reading(database: str) -> Open:
    """``with reading() as r``: opened after the test has made its tables."""

    @contextmanager
    def opened(url: str = database, **manners: Any) -> Iterator[PostgresReading]:
        with postgres.open(url, source="app", run="test", manners=Manners(**manners)) as found:
            yield found

    return opened


def contract(**types: str) -> Contract:
    """``contract(id="BIGINT")``."""
    return Contract("test", tuple(Field(name, type, nullable=True) for name, type in types.items()))


def read(
    reading: PostgresReading,
    table: str,
    fields: Contract,
    window: Window | None = None,
    order: str = "",
    pick: str = "*",
) -> list[tuple[Any, ...]]:
    """Every row as Python values, read as an export would, and as many as the server counted."""
    window = window or Window()
    found = reading.table([table])
    look = reading.look(found, fields, window)
    rows = reading.run(f"SELECT {pick} FROM ({reading.rows(found, look.columns, window)}) {order}")
    assert look.total == len(rows)
    return rows


def is_parallel(reading: PostgresReading, table: str, fields: Contract, window: Window | None = None) -> bool:
    """Whether the table would be scanned in parallel."""
    found = reading.table([table])
    window = window or Window()
    look = reading.look(found, fields, window)
    return "postgres_query" not in reading.rows(found, look.columns, window)
