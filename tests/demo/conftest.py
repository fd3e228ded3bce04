"""The demo's study, loaded once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import psycopg
import pytest

from parquetry import demo
from parquetry.demo.server import EmbeddedServer


class Loaded(NamedTuple):
    """A database that holds the default study, not to be changed."""

    url: str
    planted: demo.Planted

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="package")
def loaded(server: EmbeddedServer) -> Iterator[Loaded]:
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute("create database demo_study")
    url = server.url("demo_study")
    yield Loaded(url, demo.load(url))
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute("drop database demo_study with (force)")
