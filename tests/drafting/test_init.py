"""A drafted folder: written once, and never over what somebody wrote."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from parquetry import init
from parquetry.cli.commands import commands
from parquetry.cli.door import Door
from parquetry.errors import BadInput, Config, SourceDown, Storage, Usage
from parquetry.project import Project
from tests.drafting.words import SCHEMA


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    (path := tmp_path / "schema.prisma").write_text(SCHEMA)
    return path


def contents(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}


def test_it_says_what_it_chose_and_why(schema: Path, tmp_path: Path) -> None:
    made = init(tmp_path / "new" / "study", schema=schema)
    posts = next(d for d in made.datasets if d.name == "posts")
    assert (("author_id", "slug"), "the primary key") == (posts.key, posts.key_why)
    assert ("at", "month") == (posts.time, posts.partition)
    assert "its name, set to now by default, indexed, never NULL" == posts.time_why
    users = next(d for d in made.datasets if d.name == "users")
    assert ("", "all", ("password",)) == (users.time, users.partition, users.left_out)
    assert "createdAt would do, but its rows change later: updatedAt" == users.time_why
    text = str(made)
    assert "wrote parquetry.toml" in text and users.time_why in text and "set APP_DIRECT_URL" in text
    assert "left out: Totals, a view has no key" in text


def test_the_folder_is_a_project_that_names_its_secret(schema: Path, tmp_path: Path) -> None:
    init(tmp_path / "study", schema=schema)
    declared = tomllib.loads((tmp_path / "study/parquetry.toml").read_text())
    assert {"kind": "postgres", "url": "env:APP_DIRECT_URL"} == declared["sources"]["app"]
    project = Project.open(tmp_path / "study")
    assert ("audit.Tag",) == project.datasets["tags"].table
    assert ["users", "posts", "tags", "friends", "tag_to_users"] == list(project.datasets)
    assert (("A", "B"), "all") == (project.datasets["friends"].key, project.datasets["friends"].partition)


def test_no_secret_is_written(database: str, tmp_path: Path) -> None:
    import psycopg

    with psycopg.connect(database, autocommit=True) as server:
        server.execute("create table t (id int primary key)")
    init(tmp_path, url=database)
    password = database.partition("://")[2].partition("@")[0].partition(":")[2]
    assert password
    assert [] == [name for name, text in contents(tmp_path).items() if f":{password}@" in text]


def test_a_second_run_writes_nothing(schema: Path, tmp_path: Path) -> None:
    root = tmp_path / "study"
    init(root, schema=schema)
    before = contents(root)
    again = init(root, schema=schema)
    assert before == contents(root)
    assert {"same", "kept"} == {f.state for f in again.files}
    assert "nothing to do" in str(again)


def test_a_second_run_shows_how_the_schema_went_on(schema: Path, tmp_path: Path) -> None:
    """As a diff against what is there, with what somebody wrote into it, and what they removed."""
    root = tmp_path / "study"
    init(root, schema=schema)
    (root / "queries/overview.sql").unlink()
    contract = root / "contracts/app.py"
    contract.write_text(contract.read_text().replace("size: pl.Int16", "size: int"))
    schema.write_text(SCHEMA.replace("slug      String", "title     String?\n  slug      String"))
    before = contents(root)
    again = init(root, schema=schema)
    assert before == contents(root)
    states = {f.path: f.state for f in again.files}
    assert ("differs", "missing", "same") == (
        states["contracts/app.py"],
        states["queries/overview.sql"],
        states["parquetry.toml"],
    )
    diff = str(again).splitlines()
    assert "+    title: str = Field(nullable=True)" in diff
    assert any(line.startswith("-    size: int") for line in diff)
    assert "--- /dev/null" in diff
    assert "nothing was overwritten; not as drafted: contracts/app.py, queries/overview.sql" == diff[-1]


def test_in_a_folder_that_is_no_project_what_is_there_stays(schema: Path, tmp_path: Path) -> None:
    """Such as the app's own: its README and .gitignore are no business of a draft."""
    root = tmp_path / "app"
    (root / "contracts").mkdir(parents=True)
    (root / "contracts/app.py").write_text("theirs = 1\n")
    (root / "README.md").write_text("# App\n")
    (root / "queries").mkdir()
    (root / "queries/overview.sql").symlink_to(tmp_path / "nowhere")
    made = init(root, schema=schema)
    assert "theirs = 1\n" == (root / "contracts/app.py").read_text()
    assert "# App\n" == (root / "README.md").read_text()
    assert not (tmp_path / "nowhere").exists()
    states = {f.path: f.state for f in made.files}
    assert ("differs", "kept", "written") == (
        states["contracts/app.py"],
        states["README.md"],
        states["parquetry.toml"],
    )


def test_only_the_tables_that_were_asked_for(schema: Path, tmp_path: Path) -> None:
    assert ["users", "posts"] == [d.name for d in init(tmp_path / "a", schema=schema, tables=["user", "po*"]).datasets]
    with pytest.raises(Usage, match="--table Pots"):
        init(tmp_path / "b", schema=schema, tables=["Pots"])


def test_a_view_that_was_asked_for_is_said_to_be_one(database: str, tmp_path: Path) -> None:
    import psycopg

    with psycopg.connect(database, autocommit=True) as server:
        server.execute("create table apples (id int primary key); create materialized view totals as select 1 as n")
    with pytest.raises(Usage, match="totals is left out of drafts, since it is a materialized view, which has no key"):
        init(tmp_path, url=database, tables=["totals"])
    with pytest.raises(Usage, match="--table aples: no table is called so; did you mean 'apples'"):
        init(tmp_path, url=database, tables=["aples"])


def test_a_table_without_a_column_to_publish_gets_no_dataset(database: str, tmp_path: Path) -> None:
    """A contract needs one, so an export of such a draft would not begin."""
    import psycopg

    nothing = "create table empty (); create table vault (password text, file_index int)"
    with psycopg.connect(database, autocommit=True) as server:
        server.execute(f"{nothing}; create table keyed (token text primary key)")
    made = init(tmp_path / "a", url=database)
    why = "none of its columns can be published"
    assert (["keyed"], {"empty": why, "vault": why}) == ([d.name for d in made.datasets], made.left_out)
    assert f"left out: vault, {why}" in str(made)
    with psycopg.connect(database, autocommit=True) as server:
        server.execute("drop table keyed")
    with pytest.raises(Config, match="has no table to draft a dataset from") as refused:
        init(tmp_path / "b", url=database)
    assert (f"empty: {why}", f"vault: {why}") == refused.value.what
    assert not (tmp_path / "b").exists()


def test_a_folder_of_schemas_is_one_schema(tmp_path: Path) -> None:
    folder = tmp_path / "prisma"
    (folder / "models").mkdir(parents=True)
    (folder / "schema.prisma").write_text('datasource db {\n provider = "postgresql"\n}\n')
    (folder / "models/a.prisma").write_text("model A {\n id Int @id\n}\n")
    assert ["a"] == [d.table.lower() for d in init(tmp_path / "study", schema=folder).datasets]


def test_what_cannot_be_drafted_from_is_said(tmp_path: Path, schema: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("APP_URL", raising=False)
    with pytest.raises(Usage):
        init(tmp_path)
    with pytest.raises(Usage):
        init(tmp_path, url="env:APP_URL", schema=schema)
    with pytest.raises(Config, match="APP_URL is not set"):
        init(tmp_path, url="env:APP_URL")
    with pytest.raises(BadInput, match="No such file"):
        init(tmp_path, schema=tmp_path / "none.prisma")
    (tmp_path / ".env").write_text("APP_URL=postgresql://u:pw@127.0.0.1:1/x\n")
    with pytest.raises(SourceDown) as refused:
        init(tmp_path, url="env:APP_URL")
    assert "pw" not in str(refused.value)
    (tmp_path / "file").write_text("")
    with pytest.raises(Storage):
        init(tmp_path / "file" / "study", schema=schema)


def test_the_shell_gives_the_same_as_json(schema: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke(
        commands, ["--json", "init", str(tmp_path / "study"), "--prisma", str(schema)], obj=Door.of([])
    )
    assert 0 == run.exit_code, run.output
    document = json.loads(run.output)
    assert "init" == document["command"]
    assert {"path": "parquetry.toml", "state": "written", "diff": ""} in document["files"]
    assert "posts" in {d["name"] for d in document["datasets"]}
