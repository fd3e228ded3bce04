"""Whatever goes wrong at the server becomes an error that says who must act, and shows no secret."""

from __future__ import annotations

import logging
import secrets
import socket
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from psycopg import errors as sqlstates
from psycopg import sql

from parquetry.demo.server import EmbeddedServer
from parquetry.errors import Busy, Config, Denied, ParquetryError, SchemaDrift, SourceDown
from parquetry.sources import Window, _faults, postgres

from .conftest import Open, contract, is_parallel, read

Admin = psycopg.Connection[Any]
IDS = contract(id="BIGINT")


def opened(url: str | None) -> ParquetryError:
    """The error of opening, or of DuckDB's joining, which is later."""
    with pytest.raises(ParquetryError) as failed, postgres.open(url, source="app", run="test") as reading:
        reading.run("SELECT 1")
    return failed.value


def test_every_error_of_the_driver_has_a_branch() -> None:
    every = [e for e in [*vars(sqlstates).values(), *vars(psycopg).values()] if is_error(e)]
    assert len(every) > 200
    for error in every:
        assert issubclass(_faults.branch(error()), ParquetryError), error


def is_error(found: object) -> bool:
    return isinstance(found, type) and issubclass(found, psycopg.Error)


def test_every_branch_is_of_a_state_that_exists() -> None:
    states = {e.sqlstate or "" for e in vars(sqlstates).values() if is_error(e)}
    known = states | {state[:2] for state in states}
    assert [] == [b for b in _faults.BRANCHES if b not in known]


def test_a_wrong_password_is_denied(database: str) -> None:
    failed = opened(database.replace(":parquetry@", ":wr0ngWord@"))
    assert isinstance(failed, Denied)
    assert "wr0ngWord" not in str(failed)


def test_an_unknown_role_is_denied(database: str) -> None:
    assert isinstance(opened(database.replace("//postgres:", "//nobody_here:")), Denied)


def test_an_unknown_database_is_a_matter_of_configuration(server: EmbeddedServer) -> None:
    failed = opened(server.url("no_such_database"))
    assert isinstance(failed, Config)
    assert "no_such_database" in str(failed)


@pytest.mark.parametrize(
    ("mode", "way"), [("require", "take sslmode out of the URL"), ("bogus", "correct sslmode in the URL")]
)
def test_an_sslmode_that_does_not_fit_is_to_be_corrected(database: str, mode: str, way: str) -> None:
    failed = opened(f"{database}?sslmode={mode}")
    assert isinstance(failed, Config)
    assert failed.next.startswith(way)


def test_an_unknown_host_is_down() -> None:
    assert isinstance(opened("postgresql://u:p@host.invalid/db?connect_timeout=3"), SourceDown)


def test_a_refused_connection_is_down() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        failed = opened(f"postgresql://u:p@127.0.0.1:{unused.getsockname()[1]}/db")
    assert isinstance(failed, SourceDown)
    assert "u@127.0.0.1" in failed.failed


def test_a_host_that_accepts_and_says_nothing_is_down() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        failed = opened(f"postgresql://u:p@127.0.0.1:{silent.getsockname()[1]}/db?connect_timeout=2")
    assert isinstance(failed, SourceDown)


@pytest.mark.parametrize(
    "url",
    ["postgresql://u:s3cret%zz@h/db", "postgresql://u:s3cret@h:port/db", "postgresql://u:s3cret@h/db?colour=red",
     "mysql://u:s3cret@h/db", "prisma+postgres://h/?api_key=s3cret", "postgresql://u:s3cret@[h/db", "host='s3cret",
     "postgresql://u:s3cret@h/db?sslidentity=x", "postgresql://u:s3cret%0a@h/db"],
)  # fmt: skip
def test_a_url_that_cannot_be_used_is_not_repeated(url: str) -> None:
    failed = opened(url)
    assert isinstance(failed, (Config, SourceDown))
    assert "s3cret" not in shown(failed)


def test_the_environment_of_libpq_is_enough(admin: Admin, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    admin.execute("create table t as select 1 as id")
    given = psycopg.conninfo.conninfo_to_dict(database)
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    for key, name in names.items():
        monkeypatch.setenv(name, str(given[key]))
    for nothing in (None, ""):
        with postgres.open(nothing, source="app", run="test") as r:
            assert [(1,)] == read(r, "t", IDS)


def test_a_password_in_the_url_wins_over_the_environments(
    admin: Admin, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    admin.execute("create table t as select 1 as id")
    monkeypatch.setenv("PGPASSWORD", "of another server")
    with postgres.open(database, source="app", run="test") as r:
        assert [(1,)] == read(r, "t", IDS)
    assert os.environ["PGPASSWORD"] == "of another server"


PASSWORDS = [
    "it's", 'a"b', "back\\slash\\", "with space ", "100%", "%41", "ünï☃😀", "a:b@c/d?e#f&g=h", "$HOME `id` $(id)",
    "{0}%s",
    ";drop", "'' or ''", "x\\'y9", "tab\there", "p" * 200,
]  # fmt: skip


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_password_of_any_characters_works_and_is_shown_nowhere(
    admin: Admin, server: EmbeddedServer, database: str, password: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither where it works, nor in what psycopg and DuckDB say when they fail to connect."""
    password += secrets.token_hex(8)  # "it's" alone stands in the command lines of strangers
    caplog.set_level(logging.DEBUG)
    name = str(psycopg.conninfo.conninfo_to_dict(database)["dbname"])
    admin.execute(
        sql.SQL("drop role if exists keeper; create role keeper login password {}").format(sql.Literal(password))
    )
    try:
        admin.execute("create table t as select 1 as id; grant select on t to keeper")
        url = server.url(name, "keeper", password)
        with postgres.open(url, source="app", run="test") as r:
            assert [(1,)] == read(r, "t", IDS)
            settings = r.run("SELECT path FROM duckdb_databases() UNION ALL SELECT value FROM duckdb_settings()")
            assert all(password not in str(row) for row in settings)
            assert not any(written(password) in line for line in command_lines())
            assert password not in repr(r._link) + repr(vars(r))
        admin.execute("alter role keeper connection limit 1")  # now psycopg connects, and DuckDB may not
        busy = opened(url)
        assert isinstance(busy, Busy), busy
        admin.execute("alter role keeper password 'changed'")
        denied = opened(url)
        assert isinstance(denied, Denied), denied
        for failed in (busy, denied):
            assert all(form not in shown(failed) for form in forms(password))
        assert all(form not in caplog.text for form in forms(password))
    finally:
        admin.execute("drop owned by keeper; drop role keeper")


def test_the_passphrase_of_a_client_key_is_shown_nowhere(admin: Admin, server: EmbeddedServer, database: str) -> None:
    """It has to stand in DuckDB's conninfo, which a failed ATTACH prints."""
    name = str(psycopg.conninfo.conninfo_to_dict(database)["dbname"])
    admin.execute("drop role if exists keeper; create role keeper login password 'x' connection limit 1")
    try:
        failed = opened(server.url(name, "keeper", "x") + "?sslpassword=s3cret")
        assert isinstance(failed, Busy)
        assert "s3cret" not in shown(failed)
    finally:
        admin.execute("drop role keeper")


def forms(password: str) -> set[str]:
    return {password, quote(password, safe=""), password.replace("\\", "\\\\"), password.replace("'", "\\'")}


def written(password: str) -> str:
    return password.strip()


def shown(error: BaseException) -> str:
    """All that a terminal or a log could print of an error, the chain behind it included."""
    return (
        str(error) + repr(error) + "".join(traceback.format_exception(error)).replace(__file__, "") + repr(vars(error))
    )


def command_lines() -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes().decode(errors="replace"))
        except OSError:
            continue
    return found


def test_no_file_and_no_descriptor_is_left_behind(admin: Admin, database: str) -> None:
    admin.execute("create table t as select 1 as id")

    def open_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    with postgres.open(database, source="app", run="test") as r:
        read(r, "t", IDS)
    before = open_files()
    for _ in range(3):
        with postgres.open(database, source="app", run="test") as r:
            read(r, "t", IDS)
        opened(database + "x")
    assert open_files() <= before


@pytest.mark.parametrize("way", ["scanned", "selected"])
def test_a_locked_table_is_busy(admin: Admin, reading: Open, database: str, way: str) -> None:
    admin.execute("create table t as select 1 as id; create view v as select * from t")
    with reading(lock_seconds=0.3) as r:
        name = {"scanned": "t", "selected": "v"}[way]
        table = r.table([name])
        look = r.look(table, IDS, Window())
        assert (way == "scanned") == is_parallel(r, name, IDS)
        statement = r.rows(table, look.columns, Window())
    with psycopg.connect(database) as other:
        other.execute("lock table t in access exclusive mode")
        with reading(lock_seconds=0.3) as r, pytest.raises(Busy) as busy:
            r.run(f"COPY ({statement}) TO '/dev/null' (FORMAT csv)")
        assert "lock_timeout_seconds" in busy.value.next
        with reading(lock_seconds=0.3) as r, pytest.raises(Busy) as busy:
            r.look(table := r.table([name]), IDS, Window())
        assert "lock_timeout_seconds" in busy.value.next


def test_too_long_a_statement_names_the_setting(admin: Admin, reading: Open) -> None:
    admin.execute("create view slow as select i as id, pg_sleep(0.1)::text as s from generate_series(1, 100) i")
    with reading(statement_seconds=0.5) as r:
        table = r.table(["slow"])
        with pytest.raises(SourceDown) as late:
            r.look(table, contract(id="BIGINT", s="VARCHAR"), Window(None, (), {"s": ""}))
        assert "statement_timeout_seconds" in late.value.next


def test_a_table_that_changed_meanwhile_is_drift(admin: Admin, reading: Open) -> None:
    admin.execute("create table t as select 1 as id, 2 as n")
    with reading() as r:
        table = r.table(["t"])
        admin.execute("drop table t")
        with pytest.raises(SchemaDrift):
            r.look(table, IDS, Window())


def test_a_view_that_fails_is_the_sources_own_trouble(admin: Admin, reading: Open) -> None:
    admin.execute("create view broken as select 1 / (i - 1) as id from generate_series(1, 2) i")
    with reading() as r:
        with pytest.raises(ParquetryError) as failed:
            r.look(r.table(["broken"]), contract(id="UTINYINT"), Window())
        assert "division by zero" in failed.value.what[0]
        assert 13 == failed.value.exit_code


def breaking(server: EmbeddedServer) -> dict[str, Callable[[], None]]:
    return {
        "restart": server.restart,
        "stop": lambda: server.stop("immediate"),
        "shutdown": lambda: server.stop("fast"),
    }


@pytest.mark.parametrize("how", ["restart", "stop", "shutdown"])
@pytest.mark.parametrize("way", ["scanned", "selected"])
def test_a_server_that_goes_away_in_the_middle_is_down(
    own_server: EmbeddedServer, tmp_path: Path, how: str, way: str
) -> None:
    with psycopg.connect(own_server.url(), autocommit=True) as admin:
        admin.execute(
            "create table t as select i::int8 as id, repeat('x', 500) as pad from generate_series(1, "
            "200000) i; analyze t"
        )
        admin.execute("create view v as select a.id, a.pad from t a, generate_series(1, 100)")
    fields = contract(id="BIGINT", pad="VARCHAR")
    calls: list[int] = []

    def progress() -> float:
        calls.append(1)
        if len(calls) == 2:
            breaking(own_server)[how]()
        return len(calls)

    with postgres.open(own_server.url(), source="app", run="test") as r:
        table = r.table(["t" if way == "scanned" else "v"])
        look = r.look(r.table(["t"]), fields, Window())
        statement = (
            r.rows(table, look.columns, Window())
            if way == "scanned"
            else r.rows(r.table(["v"]), look.columns, Window())
        )
        again = f"({statement}), range(100)" if way == "scanned" else f"({statement})"
        with pytest.raises(SourceDown):
            r.run(f"COPY (SELECT id, pad FROM {again}) TO '{tmp_path}/out.parquet'", progress=progress)
        with pytest.raises(SourceDown):
            r.look(r.table(["t"]), fields, Window())
