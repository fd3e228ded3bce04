"""Tables of every kind and name, windows, and what is said of those that are not there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import psycopg
import pytest
from psycopg import sql

from parquetry import kinds, sources
from parquetry.errors import Config, Denied, NoSuchTable, SchemaDrift
from parquetry.sources import Window

from .conftest import Open, contract, is_parallel, read

Admin = psycopg.Connection[Any]
IDS = contract(id="BIGINT")
HOSTILE_NAMES = [
    'a"b', "a'b", "weird.name", "a/b\\c", "ünï☃", "x" * 63, "select", "drop table x; --", " ", "%s {0} {}", "a\nb",
    "$$", "C:\\temp", "-- x", "é", "e\u0301",
]  # fmt: skip


def test_a_new_file_is_a_new_kind_and_nothing_else_is() -> None:
    assert ["files", "postgres"] == kinds.names(sources)


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_any_name_of_a_table_and_a_column_is_read(admin: Admin, reading: Open, name: str) -> None:
    table, column = sql.Identifier(name), sql.Identifier(name)
    admin.execute(sql.SQL("create table {} ({} int, t timestamp)").format(table, column))
    admin.execute(sql.SQL("insert into {} values (7, '2024-05-06')").format(table))
    with reading() as r:
        assert [(7,)] == read(r, name, contract(**{name: "INTEGER"}))
        assert is_parallel(r, name, contract(**{name: "INTEGER"}))
        assert [(7,)] == read(r, name, contract(**{name: "INTEGER"}), Window("t", ((None, None),), {name: "7"}))
        assert ["2024-05", None] == r.months(r.table([name]), [name], "t", [(7,), (8,)])


@pytest.mark.parametrize("schema", ["My Schema", 'quo"ted', "back\\slash", "a,b", "ünï"])
def test_any_schema_can_be_the_search_path(admin: Admin, reading: Open, database: str, schema: str) -> None:
    from urllib.parse import quote

    admin.execute(sql.SQL("create schema {0}; create table {0}.t as select 1 as id").format(sql.Identifier(schema)))
    with reading(f"{database}?schema={quote(schema)}&connection_limit=1") as r:
        assert schema == r.table(["t"]).schema
        assert [(1,)] == read(r, "t", IDS)


def test_tables_and_columns_that_differ_only_by_case_are_not_mixed(admin: Admin, reading: Open) -> None:
    """DuckDB's catalog folds case, so such a table is never read through it."""
    admin.execute('create table event as select 1 as id; create table "Event" as select 2 as id')
    admin.execute('create table twice as select 3 as id, 4 as "ID"')
    admin.execute('create schema "PUBLIC"; create table "PUBLIC".alone as select 6 as id')
    with reading() as r:
        assert [(1,)] == read(r, "event", IDS)
        assert [(2,)] == read(r, "Event", IDS)
        assert [(3,)] == read(r, "twice", IDS)
        assert [(4,)] == read(r, "twice", contract(ID="BIGINT"))
        assert [(3, 4)] == read(r, "twice", contract(id="BIGINT", ID="BIGINT"))
        assert [(6,)] == read(r, "PUBLIC.alone", IDS)
        assert not any(is_parallel(r, name, IDS) for name in ("event", "Event", "twice", "PUBLIC.alone"))
    admin.execute('drop schema "PUBLIC" cascade')
    with reading() as r:
        assert not any(is_parallel(r, name, IDS) for name in ("event", "Event", "twice"))
    admin.execute('drop table "Event"')
    with reading() as r:
        assert is_parallel(r, "event", IDS)


def test_every_kind_of_relation_is_read(admin: Admin, reading: Open) -> None:
    admin.execute(
        "create table t as select i::int8 as id, "
        "timestamp '2024-01-31' + i * interval '1 day' as at from generate_series(1, 3) i"
    )
    admin.execute("create view v as select * from t; create materialized view m as select * from t")
    admin.execute(
        "create table p (like t) partition by range (id); create table p1 partition of p for values from (0) to (2)"
    )
    admin.execute("create table p2 partition of p default; insert into p select * from t")
    admin.execute("create table parent (like t); insert into parent select * from t where id = 1")
    admin.execute("create table child () inherits (parent); insert into child select * from t where id > 1")
    expected = [(1,), (2,), (3,)]
    with reading() as r:
        for name, kind in {
            "t": "table", "v": "view", "m": "materialized view", "p": "partitioned table", "parent": "table",
        }.items():  # fmt: skip
            assert kind == r.table([name]).kind
            assert expected == read(r, name, IDS, order="ORDER BY id"), name
            look = r.look(r.table([name]), IDS, Window(), "at")
            assert {"2024-02": 3} == look.rows, name


def test_a_foreign_table_is_read(admin: Admin, reading: Open, database: str, server: Any) -> None:
    try:
        admin.execute("create extension postgres_fdw")
    except psycopg.Error:
        pytest.skip("this server has no postgres_fdw")
    name = psycopg.conninfo.conninfo_to_dict(database)["dbname"]
    admin.execute("create table t as select 1 as id")
    admin.execute(
        f"create server self foreign data wrapper postgres_fdw options (host '127.0.0.1', port '{server.port}', "
        f"dbname '{name}')"
    )
    admin.execute("create user mapping for postgres server self options (user 'postgres', password 'parquetry')")
    admin.execute("create foreign table f (id int) server self options (table_name 't')")
    with reading() as r:
        assert "foreign table" == r.table(["f"]).kind
        assert [(1,)] == read(r, "f", IDS)


def test_an_empty_table_gives_an_empty_and_typed_result(admin: Admin, reading: Open) -> None:
    admin.execute("create table e (id int4, at timestamptz, n numeric(10,2), tags text[])")
    fields = contract(id="BIGINT", at="TIMESTAMPTZ", n="DECIMAL(10,2)", tags="VARCHAR[]")
    with reading() as r:
        table = r.table(["e"])
        assert {} == dict(r.look(table, fields, Window(), "at").rows)
        look = r.look(table, fields, Window())
        assert {"all": 0} == dict(look.rows)
        described = r.run(f"DESCRIBE {r.rows(table, look.columns, Window())}")
        assert ["BIGINT", "TIMESTAMP WITH TIME ZONE", "DECIMAL(10,2)", "VARCHAR[]"] == [row[1] for row in described]
        assert [] == read(r, "e", fields)


def test_rows_beyond_stale_statistics_are_read(admin: Admin, reading: Open) -> None:
    """The parallel scan divides a table by the pages it had when it was last analysed."""
    admin.execute("create table g (id int8, pad text) with (autovacuum_enabled = off)")
    admin.execute("insert into g select i, repeat('x', 500) from generate_series(1, 20000) i; analyze g")
    admin.execute(
        "insert into g select i, repeat('x', 500) from generate_series(20001, 60000) i; delete from g where id % 7 = 0"
    )
    with reading() as r:
        assert is_parallel(r, "g", IDS)
        rows = read(r, "g", IDS)
    assert {i for i in range(1, 60001) if i % 7} == {row[0] for row in rows}


UTC_ = UTC
FEBRUARY = (datetime(2024, 2, 1), datetime(2024, 3, 1))


@pytest.mark.parametrize("type", ["timestamp", "timestamptz", "date"])
@pytest.mark.parametrize("way", ["scanned", "selected"])
def test_a_window_takes_its_ranges_and_every_row_without_a_time(
    admin: Admin, reading: Open, type: str, way: str
) -> None:
    admin.execute(f"create table w (id int8, at {type})")
    admin.execute(
        "insert into w values (1, '2024-01-31'), (2, '2024-02-01'), (3, '2024-02-29'), (4, '2024-03-01'), (5, "
        "null), (6, '2024-05-01')"
    )
    if way == "selected":
        admin.execute("alter table w rename to w_; create view w as select * from w_")
    else:
        admin.execute("analyze w")
    fields = contract(id="BIGINT", at={"date": "DATE"}.get(type, type))
    month, later = Window("at", (FEBRUARY,)), Window("at", (FEBRUARY, (datetime(2024, 5, 1), None)))
    with reading() as r:
        assert (way == "scanned") == is_parallel(r, "w", fields, month)
        assert [2, 3, 5] == sorted(row[0] for row in read(r, "w", fields, month, pick="id"))
        assert [2, 3, 5, 6] == sorted(row[0] for row in read(r, "w", fields, later, pick="id"))
        assert [1, 5] == sorted(row[0] for row in read(r, "w", fields, Window("at", ((None, FEBRUARY[0]),)), pick="id"))
        assert {"2024-02": 2, "null": 1} == dict(r.look(r.table(["w"]), fields, month, "at").rows)


def test_ends_of_a_range_are_exact_to_the_microsecond_in_any_zone(admin: Admin, reading: Open) -> None:
    admin.execute(
        "create table z as select timestamptz '2024-01-31 23:59:59.999999+00' + i * interval '1 microsecond' as "
        "at, i as id from generate_series(0, 2) i"
    )
    kathmandu = timezone(timedelta(hours=5, minutes=45))
    since = datetime(2024, 2, 1, tzinfo=UTC)
    with reading() as r:
        for moment in (since, since.astimezone(kathmandu), since.replace(tzinfo=None)):
            rows = read(r, "z", IDS, Window("at", ((moment, None),)))
            assert [(1,), (2,)] == sorted(rows)
        assert {"2024-01": 1, "2024-02": 2} == dict(r.look(r.table(["z"]), IDS, Window(), "at").rows)


def test_a_filter_takes_a_value_literally(admin: Admin, reading: Open) -> None:
    admin.execute("create table f (id int, who text)")
    values = ["u1", "' or 1=1 --", "%s", "a\\'b", "{}", "ü", ""]
    for i, value in enumerate(values):
        admin.execute("insert into f values (%s, %s)", (i, value))
    with reading() as r:
        for i, value in enumerate(values):
            assert [(i,)] == read(r, "f", IDS, Window(where={"who": value}))
        with pytest.raises(Config, match="no column 'whom'; did you mean 'who'"):
            read(r, "f", IDS, Window(where={"whom": "x"}))


def test_times_outside_the_usual_years_count_as_null(admin: Admin, reading: Open) -> None:
    """As `types.month` says of the same values staged as text."""
    from parquetry.contracts import types

    admin.execute("create table o (id int, at timestamp)")
    admin.execute(
        "insert into o values (1, 'infinity'), (2, '0044-03-15 BC'), (3, null), (4, '2024-07-01'), (5, '12024-01-01')"
    )
    fields = contract(id="INTEGER", at="TIMESTAMP")
    with reading() as r:
        table = r.table(["o"])
        look = r.look(table, fields, Window(), "at")
        assert {"null": 4, "2024-07": 1} == dict(look.rows)
        assert ("VARCHAR", False, 3) == (look.columns[1].type, look.columns[1].native, look.columns[1].misfits)
        staged = r.rows(table, look.columns, Window())
        month = types.month('"at"', look.columns[1].type)
        assert look.rows == dict(r.run(f"SELECT {month}, count(*) FROM ({staged}) GROUP BY 1"))


@pytest.mark.parametrize("type_", ["date", "timestamp", "timestamptz"])
@pytest.mark.parametrize(("rows", "by"), [(200, "3 days 7 hours"), (200, "40 days")])
def test_months_are_counted_alike_whether_one_by_one_or_grouped(
    admin: Admin, reading: Open, type_: str, rows: int, by: str
) -> None:
    """Up to sixty months are counted by conditions, which the server does in parallel; more are grouped."""
    admin.execute(
        f"create table m as select i as id, (timestamptz '2019-12-31 23:59:59.999999+00' + i * interval '{by}')"
        f"::{type_} as at from generate_series(0, {rows}) i; "
        "insert into m values (-1, null), (-2, '2020-01-01'), (-3, 'infinity')"
    )
    published = {"date": "DATE", "timestamp": "TIMESTAMP", "timestamptz": "TIMESTAMP WITH TIME ZONE"}[type_]
    admin.execute("set timezone = 'UTC'")
    at = "case when at < 'infinity' then to_char(at::timestamp, 'YYYY-MM') end"
    expected = admin.execute(f"select coalesce({at}, 'null'), count(*) from m group by 1".encode()).fetchall()
    with reading() as r:
        look = r.look(r.table(["m"]), contract(id="INTEGER", at=published), Window(), "at")
    assert dict(expected) == dict(look.rows)
    assert {"null": {"at": 1}} == look.misfits


def test_keys_are_found_in_the_month_where_they_are_now(admin: Admin, reading: Open) -> None:
    admin.execute("create type kind as enum ('a', 'b'); create table k (kind kind, n char(3), at timestamptz, u uuid)")
    admin.execute(
        "insert into k values ('a', 'x', '2024-01-01', null), ('b', 'y', null, gen_random_uuid()), ('a', 'z', "
        "'infinity', null)"
    )
    with reading() as r:
        table = r.table(["k"])
        keys = [("a", "x  "), ("b", "y  "), ("b", "x"), ("a", "z"), ("a", None)]
        assert ["2024-01", "null", None, "null", None] == r.months(table, ["kind", "n"], "at", keys)
        assert [] == r.months(table, ["kind"], "at", [])
        many = [("a", "x")] * 50_000
        assert ["2024-01"] * 50_000 == r.months(table, ["kind", "n"], "at", many)


def test_the_first_candidate_that_exists_is_used_literally_first(admin: Admin, reading: Open) -> None:
    admin.execute(
        'create schema weird; create table weird.name as select 1 as id; create table "weird.name" as select 2 as id'
    )
    admin.execute('create schema "a.b"; create table "a.b"."c.d" as select 3 as id')
    with reading() as r:
        assert ("public", "weird.name") == (r.table(["weird.name"]).schema, r.table(["weird.name"]).name)
        assert [(2,)] == read(r, "weird.name", IDS)
        assert [(3,)] == read(r, "a.b.c.d", IDS)
        assert "weird.name" == r.table(["BehavioralEvent", "weird.name"]).name
    admin.execute('drop table "weird.name"')
    with reading() as r:
        assert ("weird", "name") == (r.table(["weird.name"]).schema, r.table(["weird.name"]).name)


def test_a_missing_table_names_what_there_is_near_names_first(admin: Admin, reading: Open) -> None:
    admin.execute(
        "create table behavioral_event (id int); create table aaa (id int); "
        'create schema s; create table s."BehavioralEvents" (id int)'
    )
    with reading() as r, pytest.raises(NoSuchTable) as missing:
        r.table(["BehavioralEvent", "behavioral_events"])
    assert "'BehavioralEvent', 'behavioral_events'" in missing.value.failed
    assert "there is: behavioral_event, s.BehavioralEvents, aaa" == missing.value.what[0]


def test_a_missing_schema_is_named_with_what_there_is(admin: Admin, reading: Open, database: str) -> None:
    admin.execute("create schema research")
    with pytest.raises(Config) as missing, reading(f"{database}?schema=resarch"):
        pass
    assert "no schema 'resarch'" in missing.value.failed
    assert "there is: research, public" == missing.value.what[0]


def test_missing_and_unfit_columns_are_drift(admin: Admin, reading: Open) -> None:
    admin.execute('create table d (id int, "userId" text, price numeric)')
    with reading() as r:
        table = r.table(["d"])
        with pytest.raises(SchemaDrift) as missing:
            r.look(table, contract(id="BIGINT", userid="VARCHAR", zzz="VARCHAR"), Window())
        assert ["userid", "zzz"] == missing.value.facts["missing"]
        assert "did you mean 'userId'" in missing.value.what[0]
        with pytest.raises(SchemaDrift) as unfit:
            r.look(table, contract(id="BOOLEAN", price="DOUBLE"), Window())
        assert ["id", "price"] == unfit.value.facts["columns"]
        assert "pl.Decimal(38, 10) or str" in unfit.value.what[1]
        with pytest.raises(Config, match="not a time"):
            r.look(table, IDS, Window(), "id")


def test_rights_are_asked_before_rows(admin: Admin, reading: Open, database: str) -> None:
    """A table without rights is Denied, a column without is named, and column rights are enough to read columns."""
    admin.execute("drop role if exists limited; create role limited login password 'parquetry'")
    try:
        admin.execute(
            "create table closed (id int); create table half (id int, secret text); insert into half values (1, 's')"
        )
        admin.execute("grant select (id) on half to limited; create schema shut; create table shut.t (id int)")
        url = database.replace("postgres:", "limited:", 1).replace("limited://", "postgresql://")
        url = "postgresql://limited:" + database.split(":", 2)[2]
        with reading(url) as r:
            with pytest.raises(Denied, match=r"may not read public\.closed"):
                r.table(["closed"])
            assert [(1,)] == read(r, "half", IDS)
            assert not is_parallel(r, "half", IDS), "the scan divides by ctid, which column rights do not cover"
            with pytest.raises(Denied, match="column secret"):
                read(r, "half", contract(id="BIGINT", secret="VARCHAR"))
        admin.execute("revoke usage on schema public from public; create schema pub; create table pub.t (id int)")
        with reading(url) as r:
            with pytest.raises(Denied, match=r"may not read public\.half"):
                r.table(["half"])
            with pytest.raises(NoSuchTable):
                r.table(["t"])
        with pytest.raises(Denied, match="may not use schema 'shut'"), reading(url + "?schema=shut"):
            pass
    finally:
        admin.execute("drop owned by limited; drop role limited")


def test_row_level_security_never_hides_rows_silently(admin: Admin, reading: Open, database: str) -> None:
    admin.execute("drop role if exists limited; create role limited login password 'parquetry'")
    try:
        admin.execute(
            "create table mine as select i as id from generate_series(1, 3) i; grant select on mine to limited"
        )
        admin.execute("alter table mine enable row level security; create policy p on mine using (id = 1)")
        url = "postgresql://limited:" + database.split(":", 2)[2]
        with reading(url) as r, pytest.raises(Denied) as hidden:
            read(r, "mine", IDS)
        assert "BYPASSRLS" in hidden.value.next
        with reading(url, row_security=True) as r:
            assert [(1,)] == read(r, "mine", IDS)
    finally:
        admin.execute("drop owned by limited; drop role limited")


def test_the_position_says_which_state_of_which_server_was_read(admin: Admin, reading: Open, database: str) -> None:
    row = admin.execute(
        "select system_identifier::text, current_setting('server_version') from pg_control_system()"
    ).fetchone()
    assert row
    before = datetime.now(UTC)
    with reading() as r:
        at = r.position
    assert ("app", "postgres") == (at.source, at.kind)
    assert (row[0], row[1], False) == (at.facts["system_identifier"], at.facts["server_version"], at.facts["standby"])
    assert at.facts["database"] == psycopg.conninfo.conninfo_to_dict(database)["dbname"]
    assert before <= at.clock <= datetime.now(UTC)
    assert at.clock.utcoffset() == timedelta(0)
    assert "/" in at.facts["lsn"]
    assert "-" in at.facts["snapshot"]


def test_the_session_is_polite_and_says_who_it_is(admin: Admin, reading: Open, database: str) -> None:
    with reading(lock_seconds=3, statement_seconds=77, idle_seconds=99) as r:
        settings = (
            "application_name",
            "lock_timeout",
            "statement_timeout",
            "idle_in_transaction_session_timeout",
            "transaction_read_only",
        )
        asked = ", ".join(f"current_setting(''{name}'') as {name}_" for name in settings)
        rows = r.run(f"SELECT * FROM postgres_query('pg', 'select {asked}')")
        assert [("parquetry/test", "3s", "77s", "99s", "on")] == rows
        count = admin.execute(
            "select count(*) from pg_stat_activity where application_name = 'parquetry/test'"
        ).fetchone()
        assert (2,) == count
    left = admin.execute("select count(*) from pg_stat_activity where application_name = 'parquetry/test'").fetchone()
    for _ in range(50):
        if left == (0,):
            break
        left = admin.execute("select count(*), pg_sleep(0.05) from pg_stat_activity where application_name = "
            "'parquetry/test'").fetchone()[:1]  # type: ignore[index]  # fmt: skip
    assert (0,) == left


@pytest.mark.parametrize(("order", "expected"), [("i", 1.0), ("-i", 1.0), ("md5(i::text)", 0.0)])
def test_the_planner_knows_how_far_rows_lie_in_the_order_of_time(
    admin: Admin, reading: Open, order: str, expected: float
) -> None:
    admin.execute(
        "create table l as select i as id, timestamp '2024-01-01' + i * interval '1 minute' as at "
        f"from generate_series(1, 5000) i order by {order}".encode()
    )
    fields = contract(id="INTEGER", at="TIMESTAMP")
    with reading() as r:
        assert r.look(r.table(["l"]), fields, Window(), "at").in_order is None
    admin.execute("analyze l")
    with reading() as r:
        in_order = r.look(r.table(["l"]), fields, Window(), "at").in_order
    assert in_order is not None
    assert expected == pytest.approx(in_order, abs=0.1)
