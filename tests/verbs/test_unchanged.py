"""A source that can prove that nothing has changed is not read again; one that cannot, is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import psycopg
import pytest

from parquetry import plan
from parquetry.demo.server import EmbeddedServer
from parquetry.errors import Integrity
from parquetry.intake.job import Options
from parquetry.verbs.exported import Exported

from .conftest import SCHEMA, App


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A server in which nobody writes but the test: autovacuum's transactions have numbers too."""
    with EmbeddedServer(tmp_path_factory.mktemp("still")) as running:
        with psycopg.connect(running.url(), autocommit=True) as admin:
            admin.execute("alter system set autovacuum = off")
            admin.execute("select pg_reload_conf()")
        yield running
    running.remove()


@pytest.fixture
def app(still: EmbeddedServer, template: Path, tmp_path: Path) -> App:
    with psycopg.connect(still.url(), autocommit=True) as admin:
        admin.execute("drop database if exists quiet with (force)")
        admin.execute("create database quiet")
    made = App(still.url("quiet"), Path(shutil.copytree(template, tmp_path / "project")))
    made.sql(SCHEMA)
    return made


def unread(done: Exported) -> list[str]:
    return [d.name for d in done.datasets if any("not read again" in note for note in d.notes)]


def test_a_second_run_reads_nothing_and_says_so(app: App) -> None:
    first = app.export()
    assert [] == unread(first)
    again = app.export()
    assert (["visits", "people"], False, 1) == (unread(again), again.changed, again.snapshot)
    assert [d.read for d in first.datasets] == [d.read for d in again.datasets]


def test_any_write_to_the_server_makes_it_read_again(app: App) -> None:
    """Also one to another table, or one that was rolled back: the number of a transaction does not say what it did."""
    app.export()
    for write in ("insert into people values ('p3', null)", "begin; delete from people; rollback", "create table x ()"):
        app.sql(write)
        assert [] == unread(app.export()), write


def test_a_transaction_that_was_open_then_is_seen_when_it_ends(app: App) -> None:
    with psycopg.connect(app.url) as other:
        other.execute("delete from people where id = 'p1'")
        app.export()
        assert ["p1", "p2"] == app.ids("people")
        assert ["visits", "people"] == unread(app.export())  # it is still open, so it is seen as little as before
        other.commit()
    assert [] == unread(app.export())
    assert ["p2"] == app.ids("people")


def test_a_server_that_was_started_anew_proves_nothing(app: App, still: EmbeddedServer) -> None:
    """Its files may have been put back to an earlier day, and the numbers given again to others."""
    app.export()
    still.restart()
    assert [] == unread(app.export())


@pytest.mark.parametrize(
    "table",
    ['create view "Visit" as select * from v', 'create unlogged table "Visit" as select * from v'],
)
def test_what_is_not_stored_safely_is_read_again(app: App, table: str) -> None:
    app.sql(f'alter table "Visit" rename to v; {table}')
    app.export()
    assert ["people"] == unread(app.export())


def test_full_and_unchecked_runs_read_again(app: App) -> None:
    app.export()
    assert [] == unread(app.export(full=True))
    assert [] == unread(app.export(options=Options(validate=False)))
    assert [] == unread(app.export())  # what is there now was not checked
    assert ["visits", "people"] == unread(app.export())


def test_a_changed_contract_reads_again(app: App) -> None:
    app.export()
    path = app.root / "contracts/app.py"
    path.write_text(path.read_text().replace("le=100", "le=99"))
    assert ["people"] == unread(app.export())


def test_rows_that_were_set_aside_are_held_against_the_contract_again(app: App) -> None:
    app.sql('update "Visit" set score = -1 where id = 7')
    app.export(options=Options(strict=False))
    again = app.export(options=Options(strict=False))
    assert (["people"], 1) == (unread(again), again.quarantined)


def test_a_month_that_was_never_read_is_read(app: App) -> None:
    app.export(since=datetime(2026, 2, 1))
    done = app.export()
    assert ["people"] == unread(done)
    assert list(range(60)) == app.ids()


def test_the_files_are_hashed_all_the_same(app: App) -> None:
    app.export()
    file = app.lake.current().files("people")[0]
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(Integrity, match="is damaged"):
        app.export()


def test_a_plan_knows_that_nothing_would_be_read(app: App) -> None:
    assert not plan(app.project).unchanged
    app.export()
    planned = plan(app.project)
    assert planned.unchanged
    assert "reads nothing" in str(planned)
    app.sql("insert into people values ('p3', null)")
    assert not plan(app.project).unchanged
