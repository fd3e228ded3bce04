"""A database with the hostile types, and a project folder that exports tables of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from parquetry import Lake, Project, Selection, export
from parquetry.demo.server import EmbeddedServer
from parquetry.verbs.exported import Exported

from .hostile import SERVER
from .proof import DATASET, Table, fill, model


@dataclass
class Study:
    """A project over one database, to which tables of values are added."""

    url: str
    root: Path

    @property
    def lake(self) -> Lake:
        return Lake(self.root / "data/lake")

    def add(self, name: str, columns: Table, *, table: str = "", metadata: str = "") -> None:
        """Declare a dataset *name* over *table*; without one, over a new table of that name with these values."""
        (self.root / f"contracts/{name}.py").write_text(model(name, columns, metadata))
        with (self.root / "parquetry.toml").open("a") as toml:
            toml.write(DATASET.format(name=name, table=table or name, module=name))
        if not table:
            with psycopg.connect(self.url, autocommit=True) as server:
                fill(server, name, columns)

    def export(self, *datasets: str, url: str = "") -> Exported:
        project = Project.open(self.root, database_url=url or self.url, retries=0)
        return export(project, Selection(datasets), sync=False)


def begin(url: str, root: Path) -> Study:
    """An empty project in *root*."""
    (root / "contracts").mkdir(parents=True)
    (root / "contracts/__init__.py").touch()
    (root / "parquetry.toml").write_text('[sources.app]\nkind = "postgres"\nurl = "env:DATABASE_URL"\n')
    return Study(url, root)


@pytest.fixture(scope="session")
def hostile_database(server: EmbeddedServer) -> Iterator[str]:
    """The URL of a database that has every type of `hostile`."""
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute("create database hostile_values")
    with psycopg.connect(server.url("hostile_values"), autocommit=True) as admin:
        for statement in SERVER:
            admin.execute(statement.encode())
    yield server.url("hostile_values")
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute("drop database hostile_values with (force)")
