"""Custom rules: Pandera's verdict, in batches, and only what can be told from one row."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import pandera.polars as pa
import polars as pl
import pytest

from parquetry.contracts.check import check
from parquetry.contracts.compile import compile
from parquetry.contracts.quarantine import accepted_sql, rejected_sql, release
from parquetry.contracts.rules import clock
from parquetry.contracts.staged import Staged
from parquetry.errors import BadContract

NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)


class Event(pa.DataFrameModel):
    n: int
    word: str = pa.Field(nullable=True, str_matches=r"^\w+$")

    @pa.check("n", element_wise=True)
    @classmethod
    def odd_is_small(cls, n: int) -> bool:
        """an odd n is below 100"""
        return n % 2 == 0 or n < 100

    @pa.dataframe_check
    @classmethod
    def word_where_large(cls, data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select((pl.col("n") < 150_000) | pl.col("word").is_not_null())

    @pa.dataframe_check
    @classmethod
    def clock_is_the_source_s(cls, data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.lit(clock()) == pl.lit(NOW.replace(tzinfo=None))).select(
            pl.col("literal").repeat_by(data.lazyframe.select(pl.len()).collect().item()).explode()
        )


def rejected(con: duckdb.DuckDBPyConnection, staged: Staged, **options: Any) -> list[tuple[Any, ...]]:
    verdict = check(con, staged, **options)
    rows = con.execute(rejected_sql(staged, verdict)).fetchall()
    accepted = con.execute(f"SELECT count(*) FROM ({accepted_sql(staged, verdict)})").fetchone()
    assert (verdict.rows - len(rows),) == accepted
    assert verdict.rejected == len(rows)
    release(con, verdict)
    return rows


def test_the_rows_that_only_python_can_reject(tmp_path: Path) -> None:
    """Over two files and two batches, beside a pattern that SQL is not trusted with."""
    files = [str(tmp_path / name) for name in ("a.parquet", "b.parquet")]
    odd = pl.Series("n", [i * 2 for i in range(160_000)]).to_frame().with_columns(pl.lit("é").alias("word"))
    odd = odd.with_columns(
        n=pl.when(pl.int_range(pl.len()) == 130_000).then(101).otherwise("n"),
        word=pl.when(pl.int_range(pl.len()) == 150_000).then(None).otherwise("word"),
    )
    odd.write_parquet(files[0])
    pl.DataFrame({"n": [1, 7], "word": ["a b", None]}, schema={"n": pl.Int64, "word": pl.String}).write_parquet(
        files[1]
    )
    with duckdb.connect() as con:
        found = rejected(con, Staged(compile(Event, "t:Event"), tuple(files), NOW), model=lambda: Event)
    assert [
        (101, "é", ["n:odd_is_small"], "a.parquet", 130_000),
        (300_000, None, ["word_where_large"], "a.parquet", 150_000),
        (1, "a b", ["word:str_matches"], "b.parquet", 0),
    ] == found


def test_staged_text_reaches_a_custom_rule_in_the_contract_s_type(tmp_path: Path) -> None:
    file = str(tmp_path / "a.parquet")
    pl.DataFrame({"n": ["1", "101", "x"], "word": ["a", "b", "c"]}).write_parquet(file)
    with duckdb.connect() as con:
        staged = Staged(compile(Event, "t:Event"), (file,), NOW, types={"n": "VARCHAR"})
        found = rejected(con, staged, model=lambda: Event)
    assert [("101", ["n:odd_is_small"]), ("x", ["n:type"])] == [(row[0], row[2]) for row in found]


def model_with(check_: Any) -> type[pa.DataFrameModel]:
    body: dict[str, Any] = {"__annotations__": {"n": int}, "__module__": __name__, "rule": pa.dataframe_check(check_)}
    return type("Model", (pa.DataFrameModel,), body)


def one_verdict(cls: type, data: pa.PolarsData) -> bool:
    return True


def hidden_aggregate(cls: type, data: pa.PolarsData) -> pl.LazyFrame:
    frame = data.lazyframe.collect()
    return pl.LazyFrame({"ok": [n == max(frame["n"]) for n in frame["n"]]})


def failing(cls: type, data: pa.PolarsData) -> pl.LazyFrame:
    raise KeyError("nothing here")


@pytest.mark.parametrize(
    ("written", "says"),
    [(one_verdict, "looks across rows"), (hidden_aggregate, "looks across rows"), (failing, "fails while it runs")],
)
def test_a_check_that_cannot_be_held_row_by_row_stops_the_run(tmp_path: Path, written: Any, says: str) -> None:
    file = str(tmp_path / "a.parquet")
    pl.DataFrame({"n": [1, 2, 3, 4]}).write_parquet(file)
    model = model_with(written)
    with duckdb.connect() as con, pytest.raises(BadContract, match=says):
        check(con, Staged(compile(model, "t:Model"), (file,), NOW), model=lambda: model)


def test_a_contract_with_custom_rules_needs_its_model(tmp_path: Path) -> None:
    file = str(tmp_path / "a.parquet")
    pl.DataFrame({"n": [1], "word": ["a"]}).write_parquet(file)
    with duckdb.connect() as con, pytest.raises(BadContract, match="model was not given"):
        check(con, Staged(compile(Event, "t:Event"), (file,), NOW))
