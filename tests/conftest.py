"""What every test shares: one real PostgreSQL a session, a fresh database a test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings

from parquetry.demo.server import EmbeddedServer

# A busy machine is no failure, and a hang ends by pytest's own limit.
settings.register_profile("parquetry", parent=settings(), deadline=None)
settings.load_profile("parquetry")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A server shared by all tests of this process; a test that breaks it takes `own_server`."""
    with EmbeddedServer(tmp_path_factory.mktemp("postgres")) as running:
        yield running
    running.remove()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    """A server that a test may freeze, restart or kill."""
    with EmbeddedServer(tmp_path / "own-postgres") as running:
        yield running
    running.remove()


@pytest.fixture
def database(server: EmbeddedServer, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty database, dropped afterwards."""
    name = f"t{os.getpid()}_{abs(hash(request.node.nodeid)):x}"
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute(f'create database "{name}"')
    yield server.url(name)
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute(f'drop database "{name}" with (force)')
