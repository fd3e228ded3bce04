"""Queries by name and with values; other snapshots and macros in SQL; the source asked as well."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import pytest

from parquetry import query
from parquetry.errors import Config, NoSuchSnapshot, Usage
from parquetry.verbs.compare_source import compare_source
from parquetry.verbs.query import explain, listed, named, save

from .conftest import App

BY_MOOD = """
-- Visits in one mood. Second sentence.
-- @param mood VARCHAR  which mood
-- @param since TIMESTAMP = '2026-01-15 00:00'  from when on
-- @param rows BIGINT = 3  how many
SELECT id FROM research.visits WHERE mood = $mood AND "at" >= $since ORDER BY id LIMIT $rows;
"""


@pytest.fixture
def asked(app: App) -> App:
    """Two snapshots, 60 rows and then 10; one query."""
    app.export()
    app.lake.tag("paper.one")
    app.sql('delete from "Visit" where id > 9')
    app.export()
    write(app, "by_mood", BY_MOOD)
    return app


def write(app: App, name: str, sql: str) -> None:
    (app.root / "queries").mkdir(exist_ok=True)
    (app.root / "queries" / f"{name}.sql").write_text(sql)


def rows(app: App, sql: str, **params: str) -> list[tuple[Any, ...]]:
    return query(app.project, sql, params=params).frame.rows()


class TestParameters:
    def test_defaults_and_values(self, asked: App) -> None:
        sql = named(asked.project, "by_mood")
        assert [(6,), (9,)] == rows(asked, sql, mood="LOW")
        assert [(0,), (3,)] == rows(asked, sql, mood="LOW", since="2026-01-01", rows="2")

    def test_a_query_is_described(self, asked: App) -> None:
        found = listed(asked.project)
        assert "Visits in one mood." == found.queries[0].help
        assert "--param since TIMESTAMP = 2026-01-15 00:00  from when on" in str(found)
        first = found.as_json()["queries"][0]["parameters"][0]
        assert {"name": "mood", "type": "VARCHAR", "required": True, "default": None, "about": "which mood"} == first

    def test_one_that_cannot_be_read_hides_no_other(self, asked: App) -> None:
        (asked.root / "queries/bin.sql").write_bytes(b"\xff\xfe")
        write(asked, "odd", "-- @param")
        found = listed(asked.project)
        assert ["by_mood"] == [q.name for q in found.queries]
        assert "queries/bin.sql line 1 is not UTF-8" in found.unreadable["bin"]
        assert "odd\n  cannot be read: queries/odd.sql, line 1" in str(found)
        assert {"bin", "odd"} == found.as_json()["unreadable"].keys()

    @pytest.mark.parametrize(
        ("params", "says"),
        [
            ({}, "needs mood"),
            ({"mood": "LOW", "mod": "x"}, "no parameter 'mod'; did you mean 'mood'"),
            ({"mood": "LOW", "rows": "many"}, "the parameter rows is a BIGINT, which 'many' is not"),
        ],
    )
    def test_a_wrong_one_is_told_with_the_list(self, asked: App, params: dict[str, str], says: str) -> None:
        with pytest.raises(Usage, match=says) as told:
            query(asked.project, named(asked.project, "by_mood"), params=params)
        assert told.value.what

    @pytest.mark.parametrize("value", ["x' OR 1=1 --", "'; DROP VIEW visits; --", "$rows", "ключ", ""])
    def test_nothing_is_pasted(self, asked: App, value: str) -> None:
        """A value is a value, whatever is in it; ad hoc SQL takes it as text."""
        assert [(value, "VARCHAR")] == rows(asked, "SELECT $v, typeof($v)", v=value)
        assert [] == rows(asked, "SELECT id FROM visits WHERE person = $v", v=value)

    def test_values_keep_their_type(self, asked: App) -> None:
        head = "-- Sums.\n-- @param d DECIMAL(10,2)\n-- @param n HUGEINT = NULL\n"
        sql = f"{head}SELECT typeof($d), $d::VARCHAR, $n IS NULL"
        assert [("DECIMAL(10,2)", "1.50", True)] == rows(asked, sql, d="1.5")

    def test_a_dollar_that_is_no_parameter(self, asked: App) -> None:
        sql = """SELECT '$a', "$b", $c$ $a $c$, $A /* $a /* $z */ */ FROM (SELECT 1 AS "$b") -- $q"""
        assert [("$a", 1, " $a ", "x")] == rows(asked, sql, a="x")

    def test_a_declaration_that_cannot_be_read(self, asked: App) -> None:
        write(asked, "bad", "-- Bad.\n-- @param only_a_name\nSELECT 1")
        with pytest.raises(Config, match=r"queries/bad.sql, line 2"):
            named(asked.project, "bad")

    def test_a_type_that_there_is_not(self, asked: App) -> None:
        write(asked, "bad", "-- Bad.\n-- @param a NOTATYPE\nSELECT $a")
        with pytest.raises(Config, match=r"queries/bad.sql, line 2: .*NOTATYPE does not exist"):
            named(asked.project, "bad")

    def test_a_column_is_headed_as_it_was_written(self, asked: App, tmp_path: Path) -> None:
        assert ["$a", "($a || 'x')"] == query(asked.project, "SELECT $a, $a || 'x'", params={"a": "b"}).frame.columns
        save(asked.project, "SELECT $a", tmp_path / "o", "csv", params={"a": "b"})
        assert "$a\nb\n" == (tmp_path / "o").read_text()

    @pytest.mark.parametrize("sql", ["", " ; ", "-- only this"])
    def test_an_empty_query_is_called_empty(self, asked: App, sql: str) -> None:
        with pytest.raises(Usage, match="the query is empty"):
            query(asked.project, sql)

    def test_a_file_is_streamed_with_values(self, asked: App, tmp_path: Path) -> None:
        saved = save(
            asked.project, "SELECT id FROM visits WHERE id < $n::INT", tmp_path / "o", "csv", params={"n": "2"}
        )
        assert (2, "id\n0\n1\n") == (saved.rows, (tmp_path / "o").read_text())

    def test_no_such_query(self, asked: App) -> None:
        with pytest.raises(Usage, match="did you mean 'by_mood'"):
            named(asked.project, "bymood")


class TestOtherSnapshots:
    @pytest.mark.parametrize("reference", ["1", "tag:paper.one", "2999-01-01", "9999-12-31"])
    def test_in_sql(self, asked: App, reference: str) -> None:
        sql = f"SELECT (SELECT count(*) FROM visits), (SELECT count(*) FROM Research@{reference}.visits AS v)"
        assert [(10, 10 if "-" in reference else 60)] == rows(asked, sql)

    def test_two_of_them(self, asked: App) -> None:
        sql = "SELECT count(*) FROM research@1.visits a ANTI JOIN research@2.visits b USING (id)"
        assert [(50,)] == rows(asked, sql)

    def test_columns_by_their_whole_name(self, asked: App) -> None:
        sql = "SELECT max(research@tag:paper.one.visits.id) FROM research@tag:paper.one.visits"
        assert [(59,)] == rows(asked, sql)

    def test_elsewhere_it_is_text(self, asked: App) -> None:
        sql = """SELECT 'research@1.visits', "research@9.x" /* research@9.x */ FROM (SELECT 2 AS "research@9.x")"""
        assert [("research@1.visits", 2)] == rows(asked, sql)

    def test_with_the_schema_in_quotes(self, asked: App) -> None:
        sql = """SELECT count(*), max("research"@1.visits.id) FROM "Research"@1.visits"""
        assert [(60, 59)] == rows(asked, sql)
        assert [(60,)] == rows(asked, 'SELECT count(*) FROM "research"@tag:paper.one."visits"')

    def test_none_such(self, asked: App) -> None:
        with pytest.raises(NoSuchSnapshot):
            query(asked.project, "FROM research@77.visits")
        with pytest.raises(NoSuchSnapshot):
            query(asked.project, "FROM research@tag:papers.visits")


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("SELECT 1", False), ("SELECT count(*) FROM read_text('/etc/passwd')", False),
        ("SELECT 'a' -- visits", False), ("SELECT count(*) FROM Visits", True), ('FROM research."visits"', True),
        ("FROM research@1.visits", True), ("FROM top(1)", True), ("FROM parquetry_snapshot", True),
    ],
)  # fmt: skip
def test_rows_are_of_a_snapshot_only_where_it_is_named(asked: App, sql: str, named: bool) -> None:
    write(asked, "macros", "CREATE MACRO top(n) AS TABLE FROM visits LIMIT n")
    assert named is query(asked.project, sql).of_snapshot


class TestMacros:
    def test_they_are_there(self, asked: App) -> None:
        write(
            asked,
            "macros",
            "-- ours\nCREATE MACRO twice(x) AS 2 * x;\nCREATE MACRO top(n) AS TABLE FROM visits LIMIT n;",
        )
        assert [(18,)] == rows(asked, "SELECT max(twice(id)) FROM visits")
        assert [(4,)] == rows(asked, "SELECT count(*) FROM top(4)")
        assert "macros" not in str(listed(asked.project))

    @pytest.mark.parametrize(
        ("text", "line"),
        [
            ("CREATE MACRO a(x) AS x;\n\nCREATE MACRO b(x AS x", 3),
            ("CREATE MACRO a(x) AS x;\n-- no macro\nCREATE TABLE t(x INT)", 3),
            ("/* é */ CREATE MACRO a(x) AS x;\nCREATE MACRO b(x) AS nosuch_function(x)", 2),
            ("SELECT 1", 1),
        ],
    )
    def test_a_bad_one_is_told_with_its_line(self, asked: App, text: str, line: int) -> None:
        write(asked, "macros", text)
        with pytest.raises(Config, match=rf"queries/macros.sql line {line}: "):
            query(asked.project, "SELECT 1")


class TestWhatIsPrinted:
    @pytest.mark.parametrize(
        ("sql", "says"),
        [
            ("123456789.123456789::DOUBLE", "123456789.12345679"), ("1/3", "0.3333333333333333"), ("2::DOUBLE", "2"),
            ("-0.0::DOUBLE", "-0"), ("5e-324::DOUBLE", "5e-324"), ("'nan'::FLOAT", "nan"), ("0.1::FLOAT", "0.1"),
            ("16777217::FLOAT", "16777216"), ("3.4028235e38::FLOAT", "3.4028235e+38"), ("'-inf'::FLOAT", "-inf"),
        ],
    )  # fmt: skip
    def test_a_number_is_whole(self, asked: App, sql: str, says: str) -> None:
        """What is read back is the same number; nobody copies six digits of it unawares."""
        assert says == str(query(asked.project, f"SELECT {sql} AS a")).splitlines()[-1].strip()

    def test_a_value_moves_no_cursor(self, asked: App) -> None:
        found = str(query(asked.project, r"SELECT e'a\nb\x1b[31m' AS a, 'é 日本' AS b, NULL AS c"))
        assert [r"a\nb\x1b[31m", "é", "日本", "NULL"] == found.splitlines()[-1].split()

    def test_what_does_not_fit_in_memory_goes_to_a_folder_of_its_own(self, asked: App) -> None:
        """DuckDB's own choice is .tmp in the folder where somebody stands, and a kill leaves it there."""
        ((folder,),) = query(asked.project, "SELECT current_setting('temp_directory')").frame.rows()
        assert (Path(tempfile.gettempdir()), False) == (Path(folder).parent, Path(folder).exists())


def test_a_plan_is_shown_and_nothing_is_run(asked: App) -> None:
    found = explain(asked.project, named(asked.project, "by_mood"), params={"mood": "LOW"})
    assert "PARQUET" in str(found).upper()
    assert 2 == found.snapshot


class TestTheSource:
    @pytest.mark.parametrize("named", ["research@1", '"research"@tag:paper.one', "research@2026-11-21"])
    def test_a_snapshot_that_is_named_is_not_the_source(self, asked: App, named: str) -> None:
        """The lake would answer on both sides, and agree with itself."""
        with pytest.raises(Usage, match="cannot be compared with the source"):
            compare_source(asked.project, f"SELECT count(*) FROM {named}.visits")
        assert compare_source(asked.project, 'SELECT count(*) AS "research@1.visits" FROM visits').agree

    def test_it_agrees(self, asked: App) -> None:
        sql = 'SELECT mood, count(*) AS n, avg(score) AS score, max("at") FROM research.visits GROUP BY ALL'
        found = compare_source(asked.project, sql)
        assert (True, 0, {"lake": 3, "source": 3}) == (found.agree, found.exit_code, found.rows)
        assert {"lake", "source"} == found.milliseconds.keys()

    def test_rows_are_counted_one_by_one(self, asked: App) -> None:
        """Equal rows too: a set of rows would hide one that is missing."""
        asked.sql('delete from "Visit" where id = 4')
        found = compare_source(asked.project, "SELECT 'same' AS a FROM visits")
        assert ({"lake": 1, "source": 0}, 15) == (found.only, found.exit_code)
        assert "the answers differ: 1 row" in str(found)

    def test_with_values_and_an_old_snapshot(self, asked: App) -> None:
        found = compare_source(asked.project, "SELECT id FROM visits WHERE person = $p", at=1, params={"p": "p1"})
        assert {"lake": 25, "source": 0} == found.only
        assert json.loads(json.dumps(found.as_json()))["agree"] is False

    def test_a_mistake_is_the_users(self, asked: App) -> None:
        with pytest.raises(Usage, match="cannot run"):
            compare_source(asked.project, "SELECT nonsense FROM visits")


@pytest.mark.parametrize("type_", ["DOUBLE", "FLOAT", "DOUBLE[]"])
def test_a_zero_keeps_its_sign_in_a_file(app: App, tmp_path: Path, type_: str) -> None:
    """DuckDB's Parquet dictionaries take -0 for 0."""
    app.export()
    value = "(CASE WHEN i % 2 = 0 THEN -0.0::DOUBLE ELSE 0.0::DOUBLE END)"
    given = f"[{value}]::{type_}" if type_.endswith("[]") else f"{value}::{type_}"
    save(app.project, f"SELECT i, {given} AS z FROM range(1000) t(i)", tmp_path / "zeros.parquet", "parquet")
    read = duckdb.sql(
        f"SELECT z::VARCHAR LIKE '%-0.0%', count(*) FROM '{tmp_path}/zeros.parquet' GROUP BY 1"
    ).fetchall()
    assert {(True, 500), (False, 500)} == set(read)
