"""Staged files held against a contract: counts, first rows, what is accepted and what is set aside."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pytest

from parquetry.contracts import Broken, Contract, Field, Rule
from parquetry.contracts.check import check, drift, types_of
from parquetry.contracts.quarantine import accepted_sql, rejected_sql, release, report_csv, typed_sql
from parquetry.contracts.staged import Staged
from parquetry.contracts.unique import duplicates, with_duplicates
from parquetry.contracts.verdict import Verdict
from parquetry.errors import BadInput, SchemaDrift

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
CONTRACT = Contract(
    "contracts.t:T",
    (
        Field("id", "VARCHAR"),
        Field("at", "TIMESTAMP", nullable=True),
        Field("score", "INTEGER", nullable=True),
        Field("mood", "VARCHAR", nullable=True, privacy="sensitive"),
    ),
    (
        Rule("score:le", ("score",), "score is at most 100", '("score" <= 100) IS FALSE'),
        Rule("at_not_future", ("at",), "at is not after the source's clock", '("at" <= $now) IS FALSE'),
        Rule("mood:isin", ("mood",), "mood is LOW", "(\"mood\" IN ('LOW', '$now')) IS FALSE"),
        Rule("pair", ("score", "mood"), "where score is set, mood is set", '("score" IS NOT NULL AND "mood" IS NULL)'),
    ),
)
GOOD = ("a", "2026-01-01 00:00:00", "1", "LOW")


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        # Whatever the session's zone is, rules are about UTC.
        connection.execute("SET TimeZone = 'Asia/Tokyo'")
        yield connection


def stage(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    rows: Sequence[tuple[str | None, ...]],
    columns: str = "id, at, score, mood",
) -> str:
    """Write *rows* as a text-only Parquet file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    names = [f'"{name.strip()}"' for name in columns.split(",")]
    con.execute(f"CREATE OR REPLACE TEMP TABLE t ({', '.join(f'{name} VARCHAR' for name in names)})")
    if rows:
        con.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(names))})", rows)
    con.execute("COPY t TO $1 (FORMAT parquet)", [str(path)])
    return str(path)


def as_text(*files: str, key: tuple[str, ...] = ("id",), contract: Contract = CONTRACT) -> Staged:
    return Staged(contract, files, NOW, types={"at": "VARCHAR", "score": "VARCHAR"}, key=key)


def fetched(con: duckdb.DuckDBPyConnection, query: str) -> list[tuple[object, ...]]:
    return con.execute(query).fetchall()


def test_one_pass_counts_each_rule_over_all_files(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Rows per file, rows per rule, and the first five by the order of the files."""
    first = stage(con, tmp_path / "a.parquet", [GOOD, ("b", "infinity", "1.5", "LOW"), (None, None, None, "HIGH")])
    second = stage(con, tmp_path / "b.parquet", [(f"c{i}", None, "101", "LOW") for i in range(7)])
    verdict = check(con, as_text(first, second), extra={"best": 'max("score")'})
    assert (10, 9) == (verdict.rows, verdict.rejected)
    assert {first: {"rows": 3, "best": 1}, second: {"rows": 7, "best": 101}} == verdict.files
    assert {
        "id:not_null": (1, (("NULL", "NULL"),)),
        "at:type": (1, (("b", "infinity"),)),
        "score:type": (1, (("b", "1.5"),)),
        "score:le": (7, tuple((f"c{i}", "101") for i in range(5))),
        "mood:isin": (1, (("NULL", "(sensitive)"),)),
    } == {b.rule: (b.rows, b.first) for b in verdict.broken}


def test_what_holds_needs_no_second_look(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    verdict = check(con, as_text(stage(con, tmp_path / "a.parquet", [GOOD])))
    assert verdict.holds
    assert () == verdict.broken


def test_rows_are_accepted_or_rejected_and_none_is_lost(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Accepted rows are typed and in order; rejected ones are as they came, with every rule and their place."""
    rows = [GOOD, ("b", "24:00", "x", None), ("c", None, None, None), ("d", "2030-01-01 00:00:00", "7", None)]
    staged = as_text(stage(con, tmp_path / "events.parquet", rows))
    verdict = check(con, staged)
    accepted = fetched(con, f'SELECT *, typeof("at"), typeof(score) FROM ({accepted_sql(staged, verdict)})')
    assert [
        ("a", dt.datetime(2026, 1, 1), 1, "LOW", "TIMESTAMP", "INTEGER"),
        ("c", None, None, None, "TIMESTAMP", "INTEGER"),
    ] == accepted
    assert [
        ("b", "24:00", "x", None, ["at:type", "score:type"], "events.parquet", 1),
        ("d", "2030-01-01 00:00:00", "7", None, ["at_not_future", "pair"], "events.parquet", 3),
    ] == fetched(con, rejected_sql(staged, verdict))
    copied = con.execute(f"COPY ({accepted_sql(staged, verdict)}) TO '{tmp_path}/out.parquet'").fetchone()
    assert (2,) == copied


def test_the_clock_is_the_sources(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """An old snapshot validates today as it did then: to the microsecond, in any session time zone."""
    file = stage(
        con,
        tmp_path / "a.parquet",
        [("a", "2026-11-21 12:00:00", None, None), ("b", "2026-11-21 12:00:00.000001", None, None)],
    )
    (broken,) = check(con, as_text(file)).broken
    assert (
        Broken("at_not_future", "at is not after the source's clock", 1, (("b", "2026-11-21 12:00:00.000001"),))
        == broken
    )
    later = Staged(CONTRACT, (file,), NOW + dt.timedelta(seconds=1), types={"at": "VARCHAR", "score": "VARCHAR"})
    assert check(con, later).holds


def test_a_file_without_rows_is_counted_too(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    empty, full = stage(con, tmp_path / "e.parquet", []), stage(con, tmp_path / "f.parquet", [GOOD])
    verdict = check(con, as_text(empty, full), extra={"n": "count(*)", "top": 'max("id")'})
    assert {empty: {"rows": 0, "n": 0, "top": None}, full: {"rows": 1, "n": 1, "top": "a"}} == verdict.files
    assert Verdict(0, 0, (), {}) == check(con, as_text())


def test_paths_and_names_are_taken_literally(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Glob characters, quotes, and a folder that looks like a column."""
    file = stage(con, tmp_path / "it's [a] *?" / "id=z" / 'x?".parquet', [GOOD, ("b", None, "101", None)])
    stage(con, Path(file).with_name('xy".parquet'), [("other", None, None, None)])
    staged = as_text(file)
    verdict = check(con, staged)
    assert 2 == verdict.rows
    assert ["score:le", "pair"] == [b.rule for b in verdict.broken]
    assert [("a",)] == fetched(con, f"SELECT id FROM ({accepted_sql(staged, verdict)})")


def test_hostile_column_names(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    name = 'a "b".c/$now; --ü'
    quoted = '"' + name.replace('"', '""') + '"'
    con.execute(f"COPY (SELECT '1' AS {quoted} UNION ALL SELECT 'x') TO '{tmp_path}/a.parquet'")
    staged = Staged(Contract("t:T", (Field(name, "BIGINT"),)), (f"{tmp_path}/a.parquet",), NOW, types={name: "VARCHAR"})
    verdict = check(con, staged)
    assert [(f"{name}:type", 1)] == [(b.rule, b.rows) for b in verdict.broken]
    assert [(1,)] == fetched(con, accepted_sql(staged, verdict))


def test_a_key_is_never_null(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Also where the contract lets the column be NULL."""
    file = stage(con, tmp_path / "a.parquet", [("a", None, None, "LOW")])
    (broken,) = check(con, as_text(file, key=("id", "score"))).broken
    assert ("score:not_null", 1, (("a, NULL", "NULL"),)) == (broken.rule, broken.rows, broken.first)


def test_duplicates_over_staged_and_kept_files(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """All rows of a double key are rejected, also where the other one is in a partition that is kept."""
    staged = as_text(
        stage(con, tmp_path / "a.parquet", [GOOD, ("b", None, None, "LOW"), ("c", None, None, "LOW")]),
        stage(con, tmp_path / "b.parquet", [("b", None, None, "LOW"), ("d", None, "101", "LOW")]),
    )
    kept = [stage(con, tmp_path / f"{n}.parquet", [(n, None, None, None)]) for n in ("k", "c")]
    found = duplicates(con, staged, ["id"], kept=kept)
    assert (2, 4, 3, (kept[1],)) == (found.keys, found.rows, found.staged_rows, found.kept)
    assert Broken("id:unique", "id is unique", 3, (("b", "2 times"), ("c", "2 times"))) == found.broken
    verdict = with_duplicates(con, staged, check(con, staged), found)
    assert (["score:le", "id:unique"], 4) == ([b.rule for b in verdict.broken], verdict.rejected)
    assert [("a",)] == fetched(con, f"SELECT id FROM ({accepted_sql(staged, verdict)})")
    assert [("b", 1), ("c", 2), ("b", 0), ("d", 1)] == fetched(
        con, f"SELECT id, _row FROM ({rejected_sql(staged, verdict)})"
    )
    release(con, verdict)


def test_nulls_never_collide(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """As in PostgreSQL's unique index; and typed values are compared, not their texts."""
    rows = [(None, None, "1", None), (None, None, "1", None), ("a", None, "1", None), ("a", None, "01", None)]
    staged = as_text(stage(con, tmp_path / "a.parquet", rows), key=())
    found = duplicates(con, staged, ["id", "score"])
    assert (1, 2) == (found.keys, found.rows)
    assert found.broken is not None
    assert (("a, 1", "2 times"),) == found.broken.first
    assert duplicates(con, as_text(), ["id"]).broken is None


def test_the_report_is_safe_in_a_spreadsheet(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """No cell begins with a formula's sign, and taking one leading quote away gives the value back."""
    values = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "'x", "\uff1d1", "plain", 'quo"te,\n', ""]
    contract = Contract("t:T", (Field("id", "VARCHAR"),), (Rule("never", ("id",), "never holds", "TRUE"),))
    staged = Staged(contract, (stage(con, tmp_path / "=a.parquet", [(v,) for v in values], "id"),), NOW, key=("id",))
    assert len(values) == report_csv(con, staged, check(con, staged), tmp_path / "report.csv")
    with (tmp_path / "report.csv").open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert ["rule", "says", "key", "value", "file", "row"] == list(lines[0])
    cells = [cell for line in lines for cell in line.values()]
    assert not [cell for cell in cells if cell[:1] in tuple("=+-@\t\r\uff1d")]
    assert values == [line["value"].removeprefix("'") for line in lines]
    assert ("'=a.parquet", "1") == (lines[0]["file"], lines[0]["row"])


def test_without_validation_a_value_still_does_not_change(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    good = as_text(stage(con, tmp_path / "a.parquet", [("a", None, "101", "?")]))
    assert [("a", None, 101, "?")] == fetched(con, typed_sql(good))
    bad = as_text(stage(con, tmp_path / "b.parquet", [("a", None, "1.5", "?")]))
    with pytest.raises(duckdb.InvalidInputException, match="score is not exactly a INTEGER: 1.5"):
        fetched(con, typed_sql(bad))


def test_rejected_rows_keep_the_order_of_the_file(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Over several row groups and with a join: 300,000 rows come out as they went in."""
    path = f"{tmp_path}/a.parquet"
    con.execute(
        f"COPY (SELECT CASE WHEN i IN (7, 200000) THEN 'twice' ELSE 'k' || i END AS id, i::INTEGER AS score, "
        f"NULL::TIMESTAMP AS \"at\", 'LOW' AS mood FROM range(300000) t(i)) TO '{path}'"
    )
    contract = Contract(CONTRACT.name, CONTRACT.fields)
    staged = Staged(contract, (path,), NOW, key=("id",))
    verdict = with_duplicates(con, staged, check(con, staged), duplicates(con, staged, ["id"]))
    scores = [row[0] for row in fetched(con, f"SELECT score FROM ({accepted_sql(staged, verdict)})")]
    assert [i for i in range(300000) if i not in (7, 200000)] == scores


def test_nan_beyond_another_writers_statistics(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """polars leaves NaN out of the maximum; DuckDB would then answer `x > 5` without looking."""
    import polars as pl

    pl.DataFrame({"x": [float("nan"), 0.0]}).write_parquet(tmp_path / "a.parquet")
    rule = Rule("x:le", ("x",), "x is at most 5", '("x" <= 5) IS FALSE')
    staged = Staged(Contract("t:T", (Field("x", "DOUBLE", nullable=True),), (rule,)), (f"{tmp_path}/a.parquet",), NOW)
    verdict = check(con, staged)
    assert [("x:le", 1)] == [(b.rule, b.rows) for b in verdict.broken]
    assert [(0.0,)] == fetched(con, accepted_sql(staged, verdict))


def test_drift_names_every_column(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    con.execute(f"COPY (SELECT 1 AS id, 'x' AS mod, 1 AS score, DATE '2025-01-01' AS \"at\") TO '{tmp_path}/a.parquet'")
    types = types_of(con, f"{tmp_path}/a.parquet")
    assert {"id": "INTEGER", "mod": "VARCHAR", "score": "INTEGER", "at": "DATE"} == types
    with pytest.raises(SchemaDrift) as caught:
        drift(CONTRACT, types)
    assert ("mood is missing; did you mean 'mod'?", "id is INTEGER, the contract says VARCHAR") == caught.value.what
    drift(CONTRACT, {"id": "UUID", "at": "VARCHAR", "score": "BIGINT", "mood": "VARCHAR", "more": "BLOB"})


def test_a_file_that_is_no_parquet(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_text("<html>502 Bad Gateway</html>" * 10)
    with pytest.raises(BadInput):
        types_of(con, f"{tmp_path}/a.parquet")
    with pytest.raises(BadInput):
        types_of(con, f"{tmp_path}/none.parquet")
