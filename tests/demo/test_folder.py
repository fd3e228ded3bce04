"""The example project: whole, working, and never taken from under somebody's hands."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import duckdb
import psycopg
import pytest

from parquetry import demo
from parquetry.errors import Storage
from parquetry.project import Project
from tests.demo.conftest import Loaded

EXAMPLE = Path(__file__).parents[2] / "examples" / "self-tracker"
URL = "postgresql://postgres:secret@127.0.0.1:5432/app"
LATER = "postgresql://postgres:secret@127.0.0.1:6543/app"


@pytest.fixture(autouse=True)
def _no_database_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "DIRECT_URL", "PARQUETRY_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)


def test_it_is_a_project_that_opens(tmp_path: Path) -> None:
    folder = demo.project(tmp_path / "new" / "study", URL)
    project = Project.open(folder)
    assert ["behavioral_events", "experiment_protocols", "phase_assignments", "analysis_runs"] == list(project.datasets)
    assert ["month", "all", "all", "all"] == [dataset.partition for dataset in project.datasets.values()]
    assert ("BehavioralEvent", "behavioral_events") == project.datasets["behavioral_events"].table
    assert {"events_by_phase", "effect_by_reversal", "data_by_week", "user_timeline"} < set(project.queries)
    assert {"spaced_retrieval", "first_evenings"} == set(project.studies)
    assert URL == project.url("app").reveal()
    assert 0o600 == stat.S_IMODE((folder / ".env").stat().st_mode)


def test_a_second_run_keeps_what_was_changed_and_follows_the_server(tmp_path: Path) -> None:
    demo.project(tmp_path, URL)
    (tmp_path / "parquetry.toml").write_text("# mine\n")
    (tmp_path / "queries" / "data_by_week.sql").unlink()
    with (tmp_path / ".env").open("a") as env:
        env.write("LOG_LEVEL=debug\n")
    demo.project(tmp_path, LATER)
    assert "# mine\n" == (tmp_path / "parquetry.toml").read_text()
    assert (tmp_path / "queries" / "data_by_week.sql").exists()
    env_lines = (tmp_path / ".env").read_text().splitlines()
    assert [f'DATABASE_URL="{LATER}"', "LOG_LEVEL=debug"] == env_lines[1:]


@pytest.mark.parametrize("theirs", ["DATABASE_URL=postgresql://prod/app\n", "export DATABASE_URL = 'x'\n"])
def test_a_url_of_ones_own_stays(tmp_path: Path, theirs: str) -> None:
    (tmp_path / ".env").write_text(theirs)
    demo.project(tmp_path, URL)
    assert theirs == (tmp_path / ".env").read_text()


def test_a_link_is_neither_followed_nor_replaced(tmp_path: Path) -> None:
    shared = tmp_path / "shared.env"
    shared.write_text("A=1\n")
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / ".env").symlink_to(shared)
    (folder / "README.md").symlink_to(tmp_path / "nowhere")
    demo.project(folder, URL)
    assert "A=1\n" == shared.read_text()
    assert (folder / ".env").is_symlink()
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "study").write_text("")
    with pytest.raises(Storage, match="study"):
        demo.project(tmp_path / "study", URL)


def test_no_trace_of_work_in_the_example_is_copied(tmp_path: Path) -> None:
    copied = {path.relative_to(tmp_path) for path in demo.project(tmp_path, URL).rglob("*") if path.is_file()}
    assert not [
        path for path in copied if "__pycache__" in path.parts or path.suffix in (".pyc", ".duckdb", ".parquet")
    ]
    assert {Path("README.md"), Path(".env.example"), Path(".gitignore"), Path("contracts/research.py")} <= copied


# ── what the files say ───────────────────────────────────────────────────────────────────────────

TYPES = {
    "String": "text", "Int": "integer", "Float": "double precision", "Json": "jsonb",
    "DateTime": "timestamp without time zone",
}  # fmt: skip


def test_the_prisma_schema_is_that_of_the_database(loaded: Loaded) -> None:
    """Names, types, NULLs and enums of schema.prisma, as Prisma maps them, are those of the tables loaded."""
    text = (EXAMPLE / "schema.prisma").read_text()
    blocks = re.findall(r"^(model|enum) (\w+) \{\n(.*?)^\}", text, re.MULTILINE | re.DOTALL)
    models = {name: body for kind, name, body in blocks if kind == "model"}
    enums = {name: body.split() for kind, name, body in blocks if kind == "enum"}
    declared = {
        (model, name, TYPES.get(kind, kind) + many, bool(optional or many))
        for model, body in models.items()
        for name, kind, many, optional in re.findall(r"^  (\w+) +(\w+)(\[\])?(\?)?", body, re.MULTILINE)
        if kind not in models
    }
    found = loaded.ask(
        "select c.relname::text, attname::text, replace(format_type(atttypid, -1), '\"', ''), not attnotnull"
        " from pg_attribute a join pg_class c on c.oid = attrelid"
        " where relnamespace = 'public'::regnamespace and relkind = 'r' and attnum > 0"
    )
    assert declared == set(found)
    labels: dict[str, list[str]] = {}
    for name, label in loaded.ask(
        "select typname::text, enumlabel::text from pg_enum e join pg_type t on t.oid = enumtypid"
        " order by e.enumsortorder"
    ):
        labels.setdefault(name, []).append(label)
    assert enums == labels


@pytest.fixture(scope="module")
def research(loaded: Loaded, tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """The study as the catalog shows it."""
    folder = tmp_path_factory.mktemp("csv")
    con = duckdb.connect()
    con.execute("create schema research")
    for table, view in [("BehavioralEvent", "behavioral_events"), ("PhaseAssignment", "phase_assignments")]:
        path = folder / f"{view}.csv"
        with (
            psycopg.connect(loaded.url) as connection,
            connection.cursor().copy(f'copy "{table}" to stdout (format csv, header)') as copy,
        ):
            path.write_bytes(b"".join(copy))
        con.execute(f"create table research.{view} as from '{path}'")
    return con


def test_the_queries_show_the_planted_effect(loaded: Loaded, research: duckdb.DuckDBPyConnection) -> None:
    effects = research.sql((EXAMPLE / "queries" / "effect_by_reversal.sql").read_text()).fetchall()
    assert 4 == len(effects)
    assert ("all phases", round(loaded.planted.seen, 2)) == (effects[-1][0], effects[-1][-1])
    assert all(abs(effect - 6.0) < 4 for *_, effect in effects)


def test_the_queries_account_for_the_data(loaded: Loaded, research: duckdb.DuckDBPyConnection) -> None:
    phases = research.sql((EXAMPLE / "queries" / "events_by_phase.sql").read_text()).fetchall()
    assert [(phase.label, phase.first, phase.last, 30, 1) for phase in loaded.planted.phases] == [
        row[:5] for row in phases
    ]
    weeks = research.sql((EXAMPLE / "queries" / "data_by_week.sql").read_text()).fetchall()
    assert 120_000 == sum(week[1] for week in weeks)


@pytest.mark.parametrize("query", sorted(path.name for path in (EXAMPLE / "queries").glob("*.sql")))
def test_a_query_says_what_it_shows(query: str) -> None:
    assert (EXAMPLE / "queries" / query).read_text().startswith("-- ")
