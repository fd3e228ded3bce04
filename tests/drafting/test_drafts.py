"""What is drafted passes an export unedited, whichever way it was described."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from parquetry import Lake, Project, export, init, query
from parquetry.drafting import database, folder, prisma
from parquetry.drafting.choice import Chosen
from parquetry.errors import Config
from parquetry.verbs.query import named
from tests.demo.conftest import loaded as loaded
from tests.drafting.words import DATABASE, SCHEMA

EXAMPLE = Path(__file__).parents[2] / "examples" / "self-tracker"


@pytest.fixture(autouse=True)
def _no_database_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "DIRECT_URL", "PARQUETRY_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def app(database: str) -> str:
    with psycopg.connect(database, autocommit=True) as server:
        server.execute(DATABASE.encode())
    return database


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    (path := tmp_path / "schema.prisma").write_text(SCHEMA)
    return path


def decided(description: Any) -> dict[str, Chosen]:
    return {each.dataset: each for each in folder.decided(description)}


def told(each: Chosen) -> list[tuple[object, ...]]:
    """Its columns; the default of an array is written in two languages."""
    return [
        (c.name, c.type.name.replace('"', ""), c.nullable, c.values, c.type.element is None and c.default)
        for c in each.table.columns
    ]


def test_a_database_describes_itself_as_its_schema_does(app: str) -> None:
    """What is lost is what a database does not know: comments of Prisma's, and which column the app updates."""
    ours, theirs = decided(prisma.description({"s": SCHEMA}, "s")), decided(database.description(app))
    assert set(ours) == set(theirs) == {"users", "posts", "tags", "friends", "tag_to_users"}
    for name, mine in ours.items():
        other = theirs[name]
        assert (mine.key, mine.monthly, mine.secrets) == (other.key, other.monthly, other.secrets)
        assert set(mine.table.references) == set(other.table.references)
        assert told(mine) == told(other)
    described = theirs["users"].table
    assert "Who takes part" == described.said
    assert {"contact": "sensitive"} == {c.name: c.privacy for c in described.columns if c.privacy}


def test_indexes_that_hold_for_some_rows_or_of_an_expression_make_nothing_unique(app: str) -> None:
    users = decided(database.description(app))["users"].table
    assert (("contact",), ("id", "contact")) == users.unique


@pytest.mark.parametrize("way", ["prisma", "url"])
def test_what_is_drafted_for_hostile_tables_is_exported_unedited(
    way: str, app: str, schema: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "study"
    made = init(root, schema=schema) if way == "prisma" else init(root, url=app)
    monkeypatch.setenv(made.variable, app)
    done = export(Project.open(root))
    assert 0 == done.exit_code
    posts = Lake(root / "data/lake").current().read("posts")
    assert ["1.500000000000000000000000000000", "123456789012345678901234567890.500000000000000000000000000000"] == (
        posts.sort("slug")["price"].to_list()
    )
    assert [["x", None], None] == posts.sort("slug")["lines"].to_list()
    assert "_hidden" in posts.columns and "class" in posts.columns
    assert "password" not in Lake(root / "data/lake").current().read("users").columns


@pytest.mark.parametrize("way", ["prisma", "url"])
def test_what_is_drafted_for_the_demo_is_exported_unedited(
    way: str, loaded: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And its queries answer."""
    made = init(tmp_path, schema=EXAMPLE / "schema.prisma") if way == "prisma" else init(tmp_path, url=loaded.url)
    monkeypatch.setenv("DATABASE_URL", loaded.url)
    assert ["id"] * 5 == [", ".join(d.key) for d in made.datasets]
    assert {"behavioral_events": "timestamp", "context_metadata": "timestamp", "analysis_runs": "startedAt"} == {
        d.name: d.time for d in made.datasets if d.time
    }
    project = Project.open(tmp_path)
    assert 0 == export(project).exit_code
    assert {"overview", "behavioral_events_by_week"} < set(project.queries)
    for name in project.queries:
        query(project, named(project, name))
    rows = Lake(tmp_path / "data/lake").current().read("behavioral_events")
    assert loaded.planted.rows["BehavioralEvent"] == len(rows)


def test_drafted_contracts_are_written_as_ours_are(schema: Path, tmp_path: Path) -> None:
    """The linter and the formatter have nothing to say."""
    init(tmp_path / "study", schema=schema)
    command = [sys.executable, "-m", "ruff"]
    for words in (["check", "--isolated", "--select", "E,F,I,W"], ["format", "--isolated", "--check"]):
        done = subprocess.run(
            [*command, *words, "--line-length", "120", tmp_path / "study"], capture_output=True, text=True, check=False
        )
        assert 0 == done.returncode, done.stdout


HOSTILE = [
    "str", "pl", "Field", "validate", "empty", "Config", "class", "a b", "1st", "ä", "say \"hi\" \\ '''", "x", "X2",
]  # fmt: skip


def test_names_that_nothing_can_have_are_kept(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns and tables are called in the lake as in the database, whatever Python and Pandera think of it."""
    columns = ", ".join('"{}" text default \'"""\\\''.format(name.replace('"', '""')) for name in HOSTILE)
    with psycopg.connect(database, autocommit=True) as server:
        server.execute(f'create table "Field" ({columns}, "Str" int, file_index int, pass date not null)'.encode())
        server.execute(b'create table field (id int primary key); insert into "Field" (pass) values (now())')
        server.execute(b'create table "Tab\n\'\'\'""x" (id int primary key)')
        server.execute(b'comment on table "Field" is E\'A """ \\\\ \\n of a kind\'')
    made = init(tmp_path, url=database)
    monkeypatch.setenv("DATABASE_URL", database)
    assert 0 == export(Project.open(tmp_path)).exit_code
    assert {"fields", "field", "tab_xes"} == {d.name for d in made.datasets}
    kept = Lake(tmp_path / "data/lake").current().read("fields").columns
    assert [*HOSTILE, "pass"] == kept


def test_a_database_without_tables_is_named(database: str, tmp_path: Path) -> None:
    with pytest.raises(Config, match="no table to draft a dataset from"):
        init(tmp_path, url=database)
    assert [] == list(tmp_path.iterdir())
