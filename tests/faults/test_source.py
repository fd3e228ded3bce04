"""What goes wrong at the database: each has its exit code and its words, and the lake stays as it was."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from .study import Study, require_told, untouched


def named(study: Study) -> str:
    return str(conninfo_to_dict(study.url)["dbname"])


def test_a_wrong_password(exported: Study) -> None:
    with untouched(exported):
        run = exported.export(DATABASE_URL=exported.url.replace(":parquetry@", ":wr0ngWord@"))
    require_told(run, "DENIED", 21)
    assert "wr0ngWord" not in run.err
    assert run.says("lake:").startswith("unchanged; current snapshot is 1 (")


def test_an_unknown_host(exported: Study) -> None:
    with untouched(exported):
        run = exported.export(DATABASE_URL="postgresql://u:p@host.invalid/db")
    require_told(run, "SOURCE_DOWN", 30)
    assert "host.invalid" in run.err


def test_nobody_listens(exported: Study) -> None:
    with untouched(exported):
        run = exported.export(DATABASE_URL="postgresql://u:p@127.0.0.1:1/db")
    require_told(run, "SOURCE_DOWN", 30)


def test_an_unknown_database(exported: Study) -> None:
    with untouched(exported):
        run = exported.export(DATABASE_URL=exported.url.replace(f"/{named(exported)}", "/no_such_database"))
    require_told(run, "CONFIG", 20)
    assert "no_such_database" in run.err


def test_an_unknown_schema(exported: Study) -> None:
    with untouched(exported):
        run = exported.export(DATABASE_URL=f"{exported.url}?schema=pubic")
    require_told(run, "CONFIG", 20)
    assert "public" in run.says("what:")


def test_an_unknown_table(exported: Study) -> None:
    exported.rewrite(
        "parquetry.toml", lambda text: text.replace("[datasets.people]", '[datasets.people]\ntable = "peple"')
    )
    with untouched(exported):
        run = exported.export()
    require_told(run, "CONFIG", 20)
    assert "people" in run.says("what:")


def test_a_table_that_was_dropped_keeps_its_snapshot(exported: Study) -> None:
    exported.execute("drop table people")
    with untouched(exported):
        require_told(exported.export(), "SCHEMA_DRIFT", 12)


def test_a_column_that_was_dropped(exported: Study) -> None:
    exported.execute("alter table people rename version to versions")
    with untouched(exported):
        run = exported.export()
    require_told(run, "SCHEMA_DRIFT", 12)
    assert "version is now versions (guessed: same type" in run.says("what:")


@pytest.mark.parametrize("right", ["table", "schema", "login", "database"])
def test_a_role_that_may_not_read(exported: Study, right: str) -> None:
    role = f"limited_{named(exported)}"
    exported.execute(
        f"create role {role} {'nologin' if right == 'login' else 'login'} password 'parquetry'",
        f"grant select on events to {role}",
        *(["revoke usage on schema public from public"] if right == "schema" else []),
        *([f"revoke connect on database {named(exported)} from public"] if right == "database" else []),
    )
    try:
        with untouched(exported):
            run = exported.export(DATABASE_URL=exported.url.replace("//postgres:", f"//{role}:"))
        require_told(run, "DENIED", 21)
    finally:
        exported.execute(f"drop owned by {role}", f"drop role {role}")


def test_too_many_connections(exported: Study) -> None:
    role = f"crowded_{named(exported)}"
    exported.execute(f"create role {role} superuser login password 'parquetry' connection limit 0")
    exported.execute(f"alter role {role} nosuperuser", f"grant select on events, people to {role}")
    try:
        with untouched(exported):
            run = exported.export(DATABASE_URL=exported.url.replace("//postgres:", f"//{role}:"))
        require_told(run, "BUSY", 31)
    finally:
        exported.execute(f"drop owned by {role}", f"drop role {role}")


def test_a_locked_table(exported: Study) -> None:
    with psycopg.connect(exported.url) as other, untouched(exported):
        other.execute("lock table people in access exclusive mode")
        run = exported.export(lock_timeout_seconds=1)
    require_told(run, "BUSY", 31)


def test_rows_that_break_their_contract(exported: Study) -> None:
    exported.execute("update people set version = -1 where id = 7")
    with untouched(exported):
        run = exported.export()
    require_told(run, "INVALID_DATA", 10)
