"""A small app in a real database, and a project folder that reads it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from parquetry import Lake, Project, Selection, export
from parquetry.intake.job import Options
from parquetry.verbs.exported import Exported

TOML = """
[sources.app]
kind = "postgres"
url = "env:DATABASE_URL"

[datasets.visits]
source = "app"
table = ["Visit", "visits"]
contract = "contracts.app:Visit"
key = ["id"]
time = ["at", "when"]
summary = ["person", "mood"]

[datasets.people]
source = "app"
table = "people"
contract = "contracts.app:Person"
key = ["id"]
"""

CONTRACT = """
import polars as pl
from pandera.polars import DataFrameModel, Field

from parquetry.contracts.rules import Moment


class Visit(DataFrameModel):
    id: int
    at: Moment = Field(not_future=True)
    person: str
    mood: str = Field(isin=["LOW", "HIGH"], nullable=True)
    score: pl.Int32 = Field(ge=0, le=100)


class Person(DataFrameModel):
    id: str
    name: str = Field(nullable=True)
"""

SCHEMA = """
create type mood as enum ('LOW', 'HIGH', 'ODD');
create table "Visit" (
    id bigint primary key, at timestamp(3) not null, person text not null, mood mood, score int not null, secret text
);
create table people (id text primary key, name text);
insert into people values ('p1', 'Ada'), ('p2', null);
insert into "Visit"
    select i, timestamp '2026-01-10 12:00' + i * interval '1 day', 'p' || (1 + i % 2),
        (case i % 3 when 0 then 'LOW' when 1 then 'HIGH' end)::mood, i
    from generate_series(0, 59) i;
"""


@dataclass
class App:
    """The database and the project over it."""

    url: str
    root: Path

    def sql(self, text: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as server:
            done = server.execute(text.encode())
            return done.fetchall() if done.description else []

    @property
    def project(self) -> Project:
        return Project.open(self.root, database_url=self.url, retries=0)

    @property
    def lake(self) -> Lake:
        return Lake(self.root / "data/lake")

    def export(self, *datasets: str, options: Options | None = None, sync: bool = False, **select: Any) -> Exported:
        return export(self.project, Selection(datasets, **select), options=options, sync=sync)

    def ids(self, dataset: str = "visits", at: int | None = None) -> list[Any]:
        return sorted(self.lake.snapshot(at).read(dataset)["id"].to_list())


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project folder with its contracts compiled, which takes seconds once."""
    root = tmp_path_factory.mktemp("template")
    (root / "contracts").mkdir()
    (root / "contracts/__init__.py").touch()
    (root / "contracts/app.py").write_text(CONTRACT)
    (root / "parquetry.toml").write_text(TOML)
    project = Project.open(root, database_url="postgresql://nobody@127.0.0.1/none")
    for dataset in project.datasets:
        project.contract(dataset)
    return root


@pytest.fixture
def app(database: str, template: Path, tmp_path: Path) -> App:
    made = App(database, Path(shutil.copytree(template, tmp_path / "project")))
    made.sql(SCHEMA)
    return made
