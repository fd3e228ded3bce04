"""The catalog's three modes: the same answers from views, tables and the source itself; and who decides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from parquetry import query, sync
from parquetry.catalog import Catalog
from parquetry.errors import Config, SchemaDrift, Usage
from parquetry.intake.job import Options
from parquetry.sources._engine import Engine, started

from .conftest import App

MODES = ["view", "table", "live"]

CONTRACT = """
from datetime import date, time

import polars as pl
from pandera.polars import DataFrameModel, Field


class Thing(DataFrameModel):
    id: int
    at: pl.Datetime("us")
    word: str = Field(nullable=True)
    texted: pl.Datetime("us") = Field(nullable=True)
    flagged: pl.Datetime("us") = Field(nullable=True, metadata={"misfits": "null_and_flag"})
    aside: pl.Decimal(20, 4) = Field(nullable=True, metadata={"misfits": "quarantine"})
    money: pl.Decimal(20, 4) = Field(nullable=True)
    exact: str = Field(nullable=True)
    floating: float = Field(nullable=True)
    zoned: pl.Datetime("us", "UTC") = Field(nullable=True)
    day: date = Field(nullable=True)
    hour: time = Field(nullable=True)
    many: pl.List(pl.String) = Field(nullable=True)
    document: str = Field(nullable=True)
    raw: bytes = Field(nullable=True)
"""

TOML = """
[sources.app]
kind = "postgres"
url = "env:DATABASE_URL"

[datasets.things]
source = "app"
table = "Thing"
contract = "contracts.things:Thing"
key = ["id"]
time = "at"
indexes = [["word", "at"], ["id"]]
"""

SCHEMA = """
create type mood as enum ('LOW', 'it''s "HIGH"');
create table "Thing" (
    id bigint primary key, at timestamp not null, word mood, texted timestamp, flagged timestamp,
    aside numeric, money numeric(20, 4), exact numeric, floating float8, zoned timestamptz, day date, hour time,
    many text[], document jsonb, raw bytea
);
insert into "Thing"
    select i, timestamp '2026-01-10' + i * interval '20 days', 'LOW', '2026-01-01', '2026-01-02', i / 4.0, i,
        1e-20 * i, i, '2026-01-01 00:00:00+05', '2026-01-01', '12:00:00', '{}', '{}', '\\x00'
    from generate_series(0, 9) i;
insert into "Thing" values
    (100, '2026-03-01 23:59:59.999999', 'it''s "HIGH"', 'infinity', 'infinity', 1, 99999999.9999,
        '123456789012345678901234567890.5', 'NaN', '1900-01-01 00:00:00.000001+00', '0001-01-01', '23:59:59.999999',
        '{"a,b","NULL",NULL,"x\\\\\\"y"}', '{"n": 1e400}', '\\xff'),
    (101, '2026-03-02', null, '-infinity', '0044-03-15 12:00:00 BC', 'NaN', -0.0001, '-0.0', '-Infinity',
        null, null, null, null, null, null),
    (102, '2026-07-01', null, null, '294276-12-31 23:59:59', null, null, null, '1e-320',
        null, null, null, '{$$,''}', '"\\u00e9 {0} %s"', '');
"""


@pytest.fixture
def things(database: str, tmp_path: Path) -> App:
    """Hostile values in several months, published with one row set aside."""
    root = tmp_path / "it's a project"
    (root / "contracts").mkdir(parents=True)
    (root / "contracts/things.py").write_text(CONTRACT)
    (root / "parquetry.toml").write_text(TOML)
    app = App(database, root)
    app.sql(SCHEMA)
    app.export(options=Options(strict=False))
    return app


@contextmanager
def reader(built: Catalog, monkeypatch: pytest.MonkeyPatch) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB as somebody else opens it: the password comes from the environment."""
    monkeypatch.setenv("PGPASSWORD", "parquetry")
    con = started(Engine())
    try:
        con.execute(f"ATTACH '{str(built.path).replace(chr(39), chr(39) * 2)}' AS catalog (READ_ONLY)")
        for statement in built.attach:
            con.execute(statement)
        con.execute("USE catalog.research")
        yield con
    finally:
        con.close()


def test_the_modes_give_the_same_answers(things: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every row, column and type, of the dataset and of its typed view, over months and hostile values."""
    found: dict[str, list[Any]] = {}
    for mode in MODES:
        built = sync(things.project, mode=mode)
        assert (mode, ("things", "things_typed")) == (built.mode, built.views)
        with reader(built, monkeypatch) as con:
            for view in built.views:
                schema = [row[:2] for row in con.execute(f"DESCRIBE {view}").fetchall()]
                items = ", ".join(f'"{name}"::VARCHAR' for name, _ in schema)
                found.setdefault(view, []).append(
                    (schema, con.execute(f"SELECT {items} FROM {view} ORDER BY id").fetchall())
                )
                total = con.execute(
                    f"SELECT count(*), count(*) FILTER (floating > 5), count(flagged) FROM {view}"
                ).fetchall()
                found.setdefault(f"{view} in short", []).append(total)
    for view, answers in found.items():
        assert answers[0] == answers[1], view
        assert answers[0] == answers[2], view
    assert 12 == len(found["things"][0][1])
    assert ("texted", "VARCHAR") in found["things"][0][0]
    assert ("texted", "TIMESTAMP") in found["things_typed"][0][0]


class TestTables:
    def test_they_are_in_the_order_of_time_and_indexed(self, things: App) -> None:
        built = sync(things.project, mode="table")
        with duckdb.connect(str(built.path), read_only=True) as con:
            ids = [row[0] for row in con.execute("SELECT id FROM research.things").fetchall()]
            by_time = [row[0] for row in con.execute('SELECT id FROM research.things ORDER BY "at", id').fetchall()]
            indexes = con.execute("SELECT expressions FROM duckdb_indexes() ORDER BY index_name").fetchall()
        assert by_time == ids
        assert [{"word", "at"}, {"id"}] == [set(re.findall(r"\w+", columns)) for (columns,) in indexes]

    @pytest.mark.parametrize(
        ("value", "stays"),
        [
            # One value for all rows, to DuckDB, which then stores the first alone.
            ("(case i % 2 when 0 then '-0' else '0' end)::float8", ["things: DuckDB's tables do not keep the sign"]),
            # Equal neighbours, which it would store as one.
            ("(case i % 3 when 0 then '-0' when 1 then '0' else (i / 7.0)::text end)::float8", []),
        ],
    )
    def test_a_zero_keeps_its_sign(self, things: App, value: str, stays: list[str]) -> None:
        things.sql(
            f"""delete from "Thing"; insert into "Thing" (id, at, floating)
            select i, '2026-01-10', {value} from generate_series(1, 3000) i"""
        )
        things.export(options=Options(strict=False))
        asked = "SELECT count(*) FILTER (floating = 0 AND signbit(floating)), count(*) FROM research.things"
        built = sync(things.project, mode="table")
        assert stays == [said.partition(" of zero")[0] for said in built.still_views]
        assert all(f"still a view: {said}" in str(built) for said in built.still_views)
        with duckdb.connect(str(built.path), read_only=True) as con:
            assert query(things.project, asked).frame.rows() == con.execute(asked).fetchall()

    def test_they_can_be_changed_and_come_back(self, things: App) -> None:
        built = sync(things.project, mode="table")
        with duckdb.connect(str(built.path)) as con:
            con.execute("DELETE FROM research.things WHERE id > 3")
        sync(things.project, mode="table")
        with duckdb.connect(str(built.path), read_only=True) as con:
            assert [(12,)] == con.execute("SELECT count(*) FROM research.things").fetchall()

    @pytest.mark.parametrize(("index", "says"), [("wrod", "did you mean 'word'"), ("many", "cannot have an index")])
    def test_an_index_that_cannot_be(self, things: App, index: str, says: str) -> None:
        toml = things.root / "parquetry.toml"
        toml.write_text(toml.read_text().replace('["id"]]', f'["{index}"]]'))
        with pytest.raises(Config, match=says):
            sync(things.project, mode="table")

    def test_an_index_is_a_list_of_columns(self, things: App) -> None:
        toml = things.root / "parquetry.toml"
        toml.write_text(toml.read_text().replace('[["word", "at"], ["id"]]', '"word"'))
        with pytest.raises(Config, match="indexes is a list of lists"):
            _ = things.project


class TestLive:
    def test_what_it_prints_works_offline(self, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
        """In a DuckDB as it comes, without the extension and without a way to fetch it."""
        app.export()
        built = sync(app.project, mode="live")
        printed = [line.strip().rstrip(";") for line in str(built).splitlines() if line.startswith("  ")]
        monkeypatch.setenv("PGPASSWORD", "parquetry")
        with duckdb.connect(str(built.path), read_only=True, config={"extension_directory": str(app.root)}) as con:
            for statement in printed:
                con.execute(statement)
            assert [(60,)] == con.execute("SELECT count(*) FROM research.visits").fetchall()

    def test_it_follows_the_source(self, things: App, monkeypatch: pytest.MonkeyPatch) -> None:
        built = sync(things.project, mode="live")
        things.sql('delete from "Thing" where id < 10')
        with reader(built, monkeypatch) as con:
            assert [(100,), (102,)] == con.execute("SELECT id FROM things ORDER BY id").fetchall()

    def test_a_filtered_dataset_is_filtered(self, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
        app.export("visits", where={"person": "p1"}, as_name="ada")
        with reader(sync(app.project, mode="live"), monkeypatch) as con:
            assert [("p1", 30)] == con.execute("SELECT person, count(*) FROM ada GROUP BY ALL").fetchall()

    def test_the_file_holds_no_password(self, things: App) -> None:
        """Nor does what is printed."""
        secret = "s3cret:%40/ß"
        things.sql(f"create role reader login password '{secret}'; grant pg_read_all_data to reader")
        url = f"postgresql://reader:s3cret%3A%2540%2F%C3%9F@{things.url.partition('@')[2]}"
        try:
            built = sync(App(url, things.root).project, mode="live")
            held = built.path.read_bytes()
        finally:
            things.sql("drop owned by reader; drop role reader")
        assert not [word for word in ("s3cret", "passfile", "password") if word.encode() in held or word in str(built)]
        assert "source_app" in str(built)

    def test_it_cannot_be_written_to(self, things: App, monkeypatch: pytest.MonkeyPatch) -> None:
        with reader(sync(things.project, mode="live"), monkeypatch) as con:
            for sql in (
                'DELETE FROM source_app.public."Thing"',
                """CALL postgres_execute('source_app', 'drop table "Thing"')""",
            ):
                with pytest.raises(duckdb.Error):
                    con.execute(sql)
        assert [(13,)] == things.sql('select count(*) from "Thing"')

    def test_a_value_that_cannot_be_held_is_an_error(self, things: App, monkeypatch: pytest.MonkeyPatch) -> None:
        """DuckDB's reader would make 0.0 of NaN, and 00:00 of 24:00."""
        built = sync(things.project, mode="live")
        for change in ("money = 'NaN'", "hour = '24:00'", "zoned = 'infinity'"):
            things.sql(f'update "Thing" set {change} where id = 1')
            with reader(built, monkeypatch) as con, pytest.raises(duckdb.Error, match="cannot be held"):
                con.execute("SELECT * FROM things").fetchall()
            things.sql(f'update "Thing" set {change.split()[0]} = null where id = 1')

    def test_a_table_that_changed_is_not_shown(self, things: App) -> None:
        things.sql("update \"Thing\" set money = 'NaN' where id = 1")
        with pytest.raises(SchemaDrift, match="money"):
            sync(things.project, mode="live")


class TestAuto:
    def test_views_unless_there_is_a_reason(self, app: App) -> None:
        app.export()
        (app.root / "queries").mkdir()
        (app.root / "queries/all.sql").write_text("-- All.\nSELECT count(*) FROM research.visits")
        (app.root / "queries/one.sql").write_text("-- One.\n-- @param id BIGINT\nSELECT $id")
        built = sync(app.project, mode="auto")
        assert "view" == built.mode
        assert "auto: view, because views are enough" == built.evidence[-1]
        assert "all: 5 runs" in built.evidence[0]
        assert "one: not measured, it needs a value" == built.evidence[1]
        best = re.findall(r"(\d+) ms to", built.evidence[0])
        assert f"95th percentile of the queries' best runs: {best[0]} ms; limit_ms = 500" == built.evidence[2]

    @pytest.mark.parametrize(
        ("setting", "because"),
        [
            ("limit_ms = 1", "the named queries are too slow over views"),
            ("queries_per_second = 11", "queries_per_second = 11, more than 10"),
            ("writes = true", "writes = true"),
        ],
    )
    def test_the_reasons_for_tables(self, app: App, setting: str, because: str) -> None:
        app.export()
        (app.root / "queries").mkdir()
        slow = (
            "SELECT sum(a.range * b.range) FROM range(10_000) a, range(2_000) b, (SELECT count(*) FROM research.visits)"
        )
        (app.root / "queries/slow.sql").write_text(f"-- Slow.\n{slow}")
        toml = app.root / "parquetry.toml"
        limit = "" if "limit_ms" in setting else "limit_ms = 600000\n"
        toml.write_text(f'{toml.read_text()}\n[duckdb]\nmode = "auto"\n{limit}{setting}\n')
        built = sync(app.project)
        assert ("table", f"auto: table, because {because}") == (built.mode, built.evidence[-1])

    def test_no_such_mode(self, app: App) -> None:
        app.export()
        with pytest.raises(Usage, match="did you mean 'table'"):
            sync(app.project, mode="tables")


class TestMacros:
    @pytest.mark.parametrize("mode", MODES)
    def test_they_are_in_the_catalog(self, app: App, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
        app.export()
        (app.root / "queries").mkdir()
        (app.root / "queries/macros.sql").write_text(
            "CREATE MACRO twice(x) AS 2 * x;\n\nCREATE MACRO bad(x) AS nosuch(x);\n"
            "CREATE MACRO first_of(n) AS TABLE SELECT id FROM research.visits ORDER BY id LIMIT n;"
        )
        built = sync(app.project, mode=mode)
        assert (
            "queries/macros.sql line 3: Catalog Error: Scalar Function with name nosuch does not exist!"
            in built.problems
        )
        assert "without a macro: queries/macros.sql line 3" in str(built)
        with reader(built, monkeypatch) as con:
            assert [(0,), (2,)] == con.execute("SELECT twice(id) FROM first_of(2)").fetchall()

    def test_a_bad_one_does_not_stop_an_export(self, app: App) -> None:
        (app.root / "queries").mkdir()
        (app.root / "queries/macros.sql").write_text("CREATE MACRO (")
        done = app.export(sync=True)
        assert (0, 1) == (done.exit_code, done.snapshot)
        assert done.catalog is not None
        assert "queries/macros.sql line 1" in done.catalog.problems[0]
        with pytest.raises(Config, match="line 1"):
            query(app.project, "SELECT 1")
