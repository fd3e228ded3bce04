"""
Custom rules: what only Python can say, run by Pandera over the staged files in batches.

A custom rule is held row by row, so that memory does not grow with the data. One that looks
across rows (a mean, a difference to the row before) would get another answer for another batch;
`compile` refuses the polars methods that do so, and here each rule is tried on a first batch as a
whole and in halves: if the answers differ, it is refused too.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from parquetry.contracts import Rule, sql
from parquetry.contracts.staged import Staged, rows_sql
from parquetry.contracts.verdict import Mark
from parquetry.errors import BadContract

if TYPE_CHECKING:
    import polars as pl
    from pandera.polars import DataFrameModel

    from parquetry.contracts.compile import Named

# The size of DuckDB's row groups, so that a batch is one of them.
_BATCH = 122_880
_NUMBERS = itertools.count(1)


def run(
    con: duckdb.DuckDBPyConnection,
    staged: Staged,
    rows: Sequence[int],
    model: Callable[[], type[DataFrameModel]] | None,
) -> tuple[tuple[Mark, ...], dict[str, int]]:
    """
    Run the custom rules of the contract over *staged*; *rows* are the rows of each file.

    Returns:
        A mark for the rows that break any of them, and by name how many rows break each;
        both empty if none does.
    """
    rules = [rule for rule in staged.contract.rules if rule.custom]
    if not rules or not sum(rows):
        return (), {}
    if model is None:
        raise BadContract(f"{staged.contract.name} has custom rules, and its Pandera model was not given")
    with tempfile.TemporaryDirectory(prefix="parquetry-") as folder:
        checks, enums = _checks(model(), staged.contract.name, rules)
        found = _marks(con, staged, rows, checks, enums, Path(folder))
        if not found:
            return (), {}
        mark = Mark(f"parquetry_custom_{next(_NUMBERS)}")
        con.execute(f"CREATE TEMP TABLE {mark.table} AS SELECT * FROM read_parquet({sql.files(map(str, found))})")
    counts = con.execute(f"SELECT rule, count(*) FROM {mark.table} GROUP BY rule").fetchall()
    return (mark,), dict(counts)


def _checks(model: type[DataFrameModel], name: str, rules: Sequence[Rule]) -> tuple[list[Named], dict[str, pl.Enum]]:
    """The Pandera checks behind *rules*, and the columns that are an enum to them, text in Parquet."""
    import polars as pl

    from parquetry.contracts.compile import checks_of, schema_of  # late: it brings Pandera, which takes seconds

    schema = schema_of(model, name)
    checks = {named.name: named for named in checks_of(schema)}
    if missing := [rule.name for rule in rules if rule.name not in checks]:
        raise BadContract(f"{name} no longer has the rule {missing[0]}", next="run again: the contract has changed")
    types = {str(column.name): getattr(column.dtype, "type", None) for column in schema.columns.values()}
    enums = {column: kind for column, kind in types.items() if isinstance(kind, pl.Enum)}
    return [checks[rule.name] for rule in rules], enums


def _marks(
    con: duckdb.DuckDBPyConnection,
    staged: Staged,
    rows: Sequence[int],
    checks: Sequence[Named],
    enums: Mapping[str, pl.Enum],
    folder: Path,
) -> list[Path]:
    """Parquet files in *folder* that name each row and the custom rule it breaks."""
    import polars as pl

    from parquetry.contracts.rules import clock_at  # late: it brings Pandera

    written: list[Path] = []
    tried = False
    with clock_at(staged.clock):
        for index, path in enumerate(staged.files):
            for start, plain in _batches(con, staged, path, rows[index], folder):
                # A text that is none of the enum's is NULL here; the rule <column>:enum has it.
                batch = plain.with_columns(pl.col(column).cast(kind, strict=False) for column, kind in enums.items())
                for named in checks:
                    broken = _broken(named, batch, staged.contract.name)
                    if not tried and batch.height > 1:
                        _refuse_across(named, batch, broken, staged.contract.name)
                    if broken.any():
                        frame = pl.DataFrame({"file_row_number": broken.arg_true().cast(pl.Int64) + start})
                        target = folder / f"{len(written)}.marks.parquet"
                        frame.select(
                            pl.lit(index, pl.UInt64).alias("file_index"),
                            "file_row_number",
                            pl.lit(named.name).alias("rule"),
                        ).write_parquet(target)
                        written.append(target)
                tried = tried or batch.height > 1
    return written


def _batches(
    con: duckdb.DuckDBPyConnection, staged: Staged, path: str, rows: int, folder: Path
) -> Iterator[tuple[int, pl.DataFrame]]:
    """The rows of one file in the contract's types, a row group at a time, with the number of the first."""
    import polars as pl

    source = Path(path)
    if any(staged.came_otherwise(column) for column in staged.contract.fields):
        # DuckDB decides what a value becomes, so it writes the typed rows; polars only reads them.
        source = folder / "typed.parquet"
        columns = ", ".join(sql.name(column.name) for column in staged.contract.fields)
        con.execute(f"COPY (SELECT {columns} FROM ({rows_sql(staged, [path])})) TO {sql.text(str(source))}")
    scan = pl.scan_parquet(source, glob=False, hive_partitioning=False)
    wanted = [column.name for column in staged.contract.fields]
    for start in range(0, rows, _BATCH):
        yield start, scan.select(wanted).slice(start, _BATCH).collect()


def _broken(named: Named, batch: pl.DataFrame, contract: str) -> pl.Series:
    """For each row of *batch*, whether it breaks the check, by Pandera's own verdict."""
    import polars as pl

    try:
        output: pl.Series = named.check(batch.lazy(), named.column).check_output.collect().to_series()
    except (Exception, pl.exceptions.PanicException) as e:
        raise BadContract(
            f"contract {contract}: the check {named.name} fails while it runs",
            what=f"{type(e).__name__}: {str(e).partition(chr(10))[0]}",
            next="correct the check",
        ) from e
    if output.len() != batch.height:
        raise _across(named, contract, f"it gives {output.len()} answers for {batch.height} rows")
    broken: pl.Series = ~output.cast(pl.Boolean)
    return broken


def _refuse_across(named: Named, batch: pl.DataFrame, whole: pl.Series, contract: str) -> None:
    import polars as pl

    half = batch.height // 2
    halves = [_broken(named, part, contract) for part in (batch[:half], batch[half:])]
    if not pl.concat(halves).equals(whole):
        raise _across(named, contract, "its answer for a row depends on the other rows")


def _across(named: Named, contract: str, what: str) -> BadContract:
    return BadContract(
        f"contract {contract}: the check {named.name} looks across rows",
        what=what,
        next="give one answer a row from that row alone; for the rest use unique, or a query over the snapshot",
    )
