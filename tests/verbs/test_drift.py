"""A source's table that changes: docs/drift.md done to a real database, row by row, and what follows from it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb
import polars
import psycopg
import pyarrow.dataset
import pytest

from parquetry import plan
from parquetry.contracts.change import EFFECTS
from parquetry.demo.server import EmbeddedServer
from parquetry.errors import NoSuchTable, SchemaDrift
from parquetry.intake.job import Options
from parquetry.verbs.exported import Exported

from .conftest import App

PAGE = (Path(__file__).parents[2] / "docs/drift.md").read_text()
ACCEPT = Options(accept_drift=True)
OF_TABLES = ("column", "required", "type", "null", "value", "table")

TOML = """
[sources.app]
kind = "postgres"
url = "env:DATABASE_URL"

[datasets.visits]
source = "app"
table = ["Visit", "visits"]
contract = "contracts.app:Visit"
key = ["id"]
time = "at"
"""

ROWS = """
insert into "Visit" select i, timestamp '2026-01-10 12:00' + i * interval '1 day', 'p' || (1 + i % 2), 'LOW', i / 4.0
    from generate_series(0, 59) i;
"""


class Row(NamedTuple):
    """A row of the page's table."""

    change: str
    says: list[str]
    plainly: str
    accepted: str


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def rows() -> list[Row]:
    cells = re.compile(r"\| `(.*)`[^|`]* \| (.*?) ?\| (published|stops) \| (published|stops) \|")
    found = map(cells.fullmatch, PAGE.splitlines())
    return [Row(f[1], [s for s in f[2].split("; ") if s], f[3], f[4]) for f in found if f]


@pytest.fixture(scope="module")
def first(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The page's table in a database, and its first snapshot."""
    root, name = tmp_path_factory.mktemp("drift"), f"drift_{os.getpid()}"
    (root / "contracts").mkdir()
    (root / "contracts/__init__.py").touch()
    (root / "contracts/app.py").write_text(block("python"))
    (root / "parquetry.toml").write_text(TOML)
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute(f'create database "{name}"')
        made = App(server.url(name), root)
        made.sql(block("sql") + ROWS)
        made.export()
        yield made
        admin.execute(f'drop database "{name}" with (force)')


@pytest.fixture
def app(first: App, tmp_path: Path) -> App:
    """As *first* left it, but for the last row, so that one month will be written anew and the others stay."""
    first.sql(f"drop schema public cascade; drop schema if exists old cascade; create schema public; {block('sql')}")
    first.sql(f'{ROWS}; delete from "Visit" where id = 59')
    return App(first.url, Path(shutil.copytree(first.root, tmp_path / "project", symlinks=True)))


def told(done: Exported) -> list[str]:
    return [note.removeprefix("drift: ") for note in done.datasets[0].notes if note.startswith("drift: ")]


def recorded(app: App) -> list[str]:
    return [each["says"] for each in app.lake.current().dataset("visits").drift]


def require_readable(app: App) -> None:
    """Files of before and after the change, by every reader, with no word to make them fit."""
    files = sorted({str(path) for n in (1, 2) for path in app.lake.snapshot(n).files("visits")})
    rows = sum({f.path: f.rows for n in (1, 2) for f in app.lake.snapshot(n).dataset("visits").files}.values())
    assert rows == len(duckdb.sql(f"SELECT * FROM read_parquet({files})").fetchall())
    assert rows == polars.read_parquet(files).height
    assert rows == pyarrow.dataset.dataset(files).to_table().num_rows


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.change)
def test_a_change_gives_what_the_page_says(app: App, row: Row) -> None:
    app.sql(row.change)
    if row.plainly == "stops":
        with pytest.raises(SchemaDrift) as drift:
            app.export()
        assert [] == [s for s in row.says if s not in str(drift.value)]
        assert ("--accept-drift" in drift.value.next) == (row.accepted == "published")
        if row.accepted == "stops":
            with pytest.raises(SchemaDrift):
                app.export(options=ACCEPT)
            assert 1 == app.lake.current().number
            return
    done = app.export(options=Options() if row.plainly == "published" else ACCEPT)
    assert (2, row.says, row.says) == (done.snapshot, told(done), recorded(app))
    passed = {each["passed"] for each in app.lake.current().dataset("visits").drift}
    assert passed <= {"unpublished"} if row.plainly == "published" else passed == {"accepted"}
    require_readable(app)


def test_the_page_has_every_change_there_is() -> None:
    """Those of a table; what only a contract has is not here."""
    kinds = {k for k in EFFECTS if k.partition("_")[0] in OF_TABLES}
    words = {
        "column_added": "may be NULL", "required_added": "is required", "column_removed": "secret is gone",
        "column_renamed": "is now hidden", "type_widened": "widened", "type_narrowed": "narrowed",
        "type_changed": "changed to", "null_allowed": "may now be NULL", "null_forbidden": "no longer be NULL",
        "value_added": "may now be '", "value_removed": "may no longer be '", "table_renamed": "is now view",
        "table_removed": "public.Visit is gone",
    }  # fmt: skip
    said = " ".join(s for row in rows() for s in row.says)
    assert (kinds, []) == (set(words), [word for word in words.values() if word not in said])
    assert 29 == len(rows())


def test_what_was_accepted_is_not_asked_about_again(app: App) -> None:
    app.sql('alter table "Visit" alter id type bigint')
    app.export(options=ACCEPT)
    again = app.export()
    assert (False, []) == (again.changed, told(again))


def test_plan_stops_and_goes_on_as_the_run_would(app: App) -> None:
    app.sql('alter table "Visit" add note text')
    assert ["drift: note text is new and may be NULL"] == list(plan(app.project).datasets[0].notes)
    app.sql('alter table "Visit" alter id type bigint')
    with pytest.raises(SchemaDrift, match="id: integer is widened to bigint"):
        plan(app.project)
    assert 2 == len(plan(app.project, accept_drift=True).datasets[0].notes)


def test_a_stop_says_what_accepting_changes_beside(app: App) -> None:
    """A type that is wider now holds a value that does not fit: the flag makes text of the whole column."""
    app.sql('alter table "Visit" alter cost type numeric')
    app.sql("""update "Visit" set cost = 'NaN' where id = 1""")
    with pytest.raises(SchemaDrift) as drift:
        app.export()
    assert (
        "accepted, it also changes cost: 1 value of numeric that DECIMAL(8,2) cannot hold, "
        "so --accept-drift publishes all of it as text, no longer as DECIMAL(8,2)"
    ) == drift.value.what[-1]
    app.export(options=ACCEPT)
    assert "VARCHAR" == app.lake.current().dataset("visits").schema["cost"]


def test_every_difference_is_told_and_the_worst_comes_first(app: App) -> None:
    app.sql('alter table "Visit" add note text, alter id type bigint, drop mood')
    with pytest.raises(SchemaDrift) as drift:
        app.export(options=ACCEPT)
    assert ("breaking: mood is gone: a query that names it fails", "compatible: id: integer is widened to bigint",
            "not published: note text is new and may be NULL") == drift.value.what  # fmt: skip
    assert "take mood out of contracts.app:Visit, or bring it back in the source" == drift.value.next


def with_contract(app: App, old: str, new: str) -> App:
    """*app* with another contract, which means reading everything again."""
    path = app.root / "contracts/app.py"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    return app


MOOD = '    mood: str = Field(isin=["LOW", "HIGH"], nullable=True)\n'
ADAPTED = [
    ('alter table "Visit" rename mood to feeling', "mood: str", "feeling: str", "mood is now feeling"),
    ('alter table "Visit" drop mood', MOOD, "", "mood is gone"),
    ('alter table "Visit" alter cost type text', "cost: pl.Decimal(8, 2)", "cost: str", "cost: numeric(8,2)"),
    ('alter table "Visit" add note text', "cost: pl.Dec", "note: str = Field(nullable=True)\n    cost: pl.Dec", "note"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "old", "new", "said"), ADAPTED, ids=[a[-1] for a in ADAPTED])
def test_an_adapted_contract_is_an_answer(app: App, change: str, old: str, new: str, said: str) -> None:
    app.sql(change)
    done = with_contract(app, old, new).export()
    assert (2, True) == (done.snapshot, recorded(app)[0].startswith(said))
    column = new.partition(":")[0].strip()
    schemas = [app.lake.snapshot(n).dataset("visits").schema for n in (1, 2)]
    assert not column or column in schemas[1]
    assert "mood" in schemas[0]


def test_a_new_name_in_parquetry_toml_is_an_answer(app: App) -> None:
    app.sql('alter table "Visit" rename to "Stay"')
    (toml := app.root / "parquetry.toml").write_text(TOML.replace('["Visit", "visits"]', '"Stay"'))
    assert ["table public.Visit is now table public.Stay"] == told(app.export())
    toml.write_text(TOML.replace('["Visit", "visits"]', '["Visit", "Stay"]'))
    assert 2 == app.export().snapshot


def test_a_table_that_was_never_read_is_a_mistake_in_the_file(app: App) -> None:
    shutil.rmtree(app.root / "data")
    app.sql('alter table "Visit" rename to "Stay"')
    with pytest.raises(NoSuchTable):
        app.export()


def test_a_dataset_under_another_name_is_told_of_by_it(app: App) -> None:
    app.export("visits", where={"person": "p1"}, as_name="p1")
    app.sql('alter table "Visit" alter id type bigint')
    with pytest.raises(SchemaDrift, match="p1: table public.Visit has changed") as drift:
        app.export("visits", where={"person": "p1"}, as_name="p1")
    assert "if that is right: the same export --as p1 with --accept-drift" == drift.value.next


def test_files_of_several_snapshots_are_read_as_the_page_says(app: App) -> None:
    app.sql('alter table "Visit" add note text, drop mood')
    with_contract(app, MOOD, "    note: str = Field(nullable=True)\n").export()
    code = PAGE.partition("<!-- several snapshots -->\n```python\n")[2].partition("```")[0]
    code += "print(len(rows), frame.height, table.num_rows, *sorted(table.column_names))"
    done = subprocess.run([sys.executable, "-c", code], cwd=app.root, capture_output=True, text=True, check=False)
    assert "119 119 119 at cost id mood note person" == done.stdout.strip(), done.stderr
