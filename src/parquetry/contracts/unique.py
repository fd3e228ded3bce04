"""
Values that must occur once in a dataset and occur twice.

Uniqueness is of the whole dataset, the partitions that a run keeps included, and it is the one
rule that looks across rows. Equal values have equal hashes, so as many hashes as rows prove that
all differ, in half the time and a fraction of the memory of the values themselves. Only if there
are fewer, which a collision of hashes can cause too, are the values grouped; DuckDB does it with
spilling, so memory stays bounded.

NULL follows PostgreSQL's unique index: rows with a NULL in the columns never collide. (Pandera
calls two NULLs duplicates.) A key has no such rows, since its columns are never NULL. All rows
that share a value break the rule: which of them is the right one, nobody here can know.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import duckdb

from parquetry.contracts import Broken, Field, quarantine, sql
from parquetry.contracts.staged import Staged, rows_sql, translating
from parquetry.contracts.verdict import SHOWN, Mark, Verdict

_NUMBERS = itertools.count(1)
_AT_ONCE = 2**20
"""Rows whose hashes are held at once, at about 60 bytes each; for more of them the files are read again."""
_PARTS = 64
_SCATTERED = 4  # times as many rows at once, and as few parts, where values lie anyhow: each part reads everything
_SAMPLED = 4099  # one row of so many, a prime: no rhythm in the rows is likely to have it


@dataclass(frozen=True, slots=True)
class Duplicates:
    """
    Values of some columns that occur more than once.

    Attributes:
        columns: Unique together.
        keys: Distinct values that occur more than once.
        rows: Rows that carry them, in staged and kept files.
        staged_rows: Those of them in staged files.
        kept: The kept files among whose rows such a value is: a row that moved to another
            partition is still in the old one.
        broken: The rule ``<columns>:unique`` with up to five values; None if all is unique.
    """

    columns: tuple[str, ...]
    keys: int
    rows: int
    staged_rows: int
    kept: tuple[str, ...]
    broken: Broken | None
    mark: Mark


def duplicates(
    con: duckdb.DuckDBPyConnection, staged: Staged, columns: Sequence[str], *, kept: Sequence[str] = ()
) -> Duplicates:
    """
    What occurs more than once in *columns* over the staged files and the *kept* ones.

    Args:
        con: Its memory limit and temporary directory decide when it spills.
        kept: Published Parquet files of the same dataset, which stay as they are.
    """
    names = [sql.name(column) for column in columns]
    rule = f"{','.join(columns)}:unique"
    mark = Mark(f"parquetry_twice_{next(_NUMBERS)}", tuple(columns), rule)
    listed, every = ", ".join(names), " AND ".join(f"{name} IS NOT NULL" for name in names)
    all_rows = " UNION ALL ".join(f"({part})" for part in _parts(staged, columns, kept))
    present = f"({all_rows}) WHERE {every}"
    none = Duplicates(tuple(columns), 0, 0, 0, (), None, mark)
    with translating([*staged.files, *kept]):
        if _hashes_differ(con, present, staged.contract.field(columns[0]), listed, [*staged.files, *kept]):
            return none
        con.execute(
            f"CREATE TEMP TABLE {mark.table} AS SELECT {listed}, count(*) AS {sql.name('parquetry:times')} "
            f"FROM {present} GROUP BY {listed} HAVING count(*) > 1"
        )
        keys, rows = con.execute(
            f"SELECT count(*), coalesce(sum({sql.name('parquetry:times')}), 0)::BIGINT FROM {mark.table}"
        ).fetchone() or (0, 0)
        if not keys:
            return none
        staged_rows, carriers = _carriers(con, staged, mark, kept)
        first = _first(con, staged, mark)
    together = "is unique" if len(columns) == 1 else "are unique together"
    broken = Broken(rule, f"{', '.join(columns)} {together}", staged_rows, first)
    return Duplicates(tuple(columns), keys, rows, staged_rows, carriers, broken, mark)


def with_duplicates(con: duckdb.DuckDBPyConnection, staged: Staged, verdict: Verdict, *found: Duplicates) -> Verdict:
    """*verdict* with uniqueness added: broken rules, the rows they reject, and what `quarantine` needs."""
    twice = [d for d in found if d.broken]
    if not twice:
        return verdict
    verdict = replace(
        verdict,
        broken=(*verdict.broken, *(d.broken for d in twice if d.broken)),
        marks=(*verdict.marks, *(d.mark for d in twice)),
    )
    return replace(verdict, rejected=quarantine.rejected(con, staged, verdict))


def _hashes_differ(
    con: duckdb.DuckDBPyConnection, rows: str, column: Field, columns: str, files: Sequence[str]
) -> bool:
    """
    Whether no two of *rows*, those of *files* without a NULL in *columns*, have one hash of these.

    Args:
        column: The first of *columns*.
    """
    counted = f"SELECT count(*) = count(DISTINCT h) FROM (SELECT hash({columns}) AS h FROM {rows}"
    return all(con.execute(f"{counted} AND {some})").fetchone() == (True,) for some in _ranges(con, column, files))


def _ranges(con: duckdb.DuckDBPyConnection, column: Field, files: Sequence[str]) -> list[str]:
    """
    Conditions that each value of *column* keeps just one of, for about `_AT_ONCE` rows each.

    Whatever the bounds, rows with equal values are together. They are bounds of values and not of
    hashes because a row group tells its range: where keys grow with time, as most do, each
    condition reads only row groups of its own.
    """
    count = con.execute(f"SELECT count(*) FROM {sql.parquet(files)}").fetchone() if files else None
    parts = -(-count[0] // _AT_ONCE) if count else 1
    if parts < 2 or column.type.endswith("[]"):
        return ["TRUE"]
    shares = ", ".join(str(part / parts) for part in range(1, parts))
    typed = f"TRY_CAST({sql.name(column.name)} AS {column.type})"
    found = con.execute(
        f"SELECT quantile_disc({typed}, [{shares}])::VARCHAR[] FROM {sql.parquet(files)} "
        f"WHERE file_row_number % {_SAMPLED} = 0"
    ).fetchone()
    bounds = [f"CAST({sql.text(bound)} AS {column.type})" for bound in (found and found[0]) or ()]
    if not bounds:
        return ["TRUE"]
    step = -(-parts // _PARTS) * (1 if _lie_apart(con, column, bounds, files) else _SCATTERED)
    bounds = bounds[step - 1 :: step]
    name = sql.name(column.name)
    below = [f"{name} < {bound}" for bound in bounds]
    above = [f"{name} >= {bound}" for bound in bounds]
    return [f"{low} AND {high}" for low, high in zip(["TRUE", *above], [*below, "TRUE"], strict=True)]


def _lie_apart(con: duckdb.DuckDBPyConnection, column: Field, bounds: Sequence[str], files: Sequence[str]) -> bool:
    """Whether *bounds* cut few row groups in two, so that parts between them share few."""
    found = con.execute(
        f"SELECT count(*), count(*) FILTER (TRY_CAST(stats_min_value AS {column.type}) < bound "
        f"AND TRY_CAST(stats_max_value AS {column.type}) >= bound) "
        f"FROM parquet_metadata({sql.files(files)}), (SELECT unnest([{', '.join(bounds)}]) AS bound) "
        f"WHERE path_in_schema = {sql.text(column.name)}"
    ).fetchone()
    groups, cut = found or (0, 0)
    return bool(cut * len(bounds) <= groups)


def _parts(staged: Staged, columns: Sequence[str], kept: Sequence[str]) -> list[str]:
    names = ", ".join(sql.name(column) for column in columns)
    parts = [f"SELECT {names} FROM ({rows_sql(staged)})"] if staged.files else []
    if kept:
        casts = ", ".join(f"CAST({sql.name(c)} AS {staged.contract.field(c).type}) AS {sql.name(c)}" for c in columns)
        parts.append(f"SELECT {casts} FROM {sql.parquet(kept)}")
    return parts or [f"SELECT {', '.join('NULL AS ' + sql.name(c) for c in columns)} LIMIT 0"]


def _carriers(
    con: duckdb.DuckDBPyConnection, staged: Staged, mark: Mark, kept: Sequence[str]
) -> tuple[int, tuple[str, ...]]:
    """How many staged rows, and which kept files, carry a value that occurs twice."""
    on = " AND ".join(f"r.{sql.name(c)} = m.{sql.name(c)}" for c in mark.columns)
    staged_rows = 0
    if staged.files:
        count = con.execute(f"SELECT count(*) FROM ({rows_sql(staged)}) r SEMI JOIN {mark.table} m ON {on}").fetchone()
        staged_rows = count[0] if count else 0
    if not kept:
        return staged_rows, ()
    found = con.execute(f"SELECT DISTINCT r.file_index FROM {sql.parquet(kept)} r SEMI JOIN {mark.table} m ON {on}")
    return staged_rows, tuple(kept[i] for (i,) in sorted(found.fetchall()))


def _first(con: duckdb.DuckDBPyConnection, staged: Staged, mark: Mark) -> tuple[tuple[str, str], ...]:
    masked = any(staged.contract.field(c).privacy == "sensitive" for c in mark.columns)
    values = " || ', ' || ".join(f"left(CAST({sql.name(c)} AS VARCHAR), 80)" for c in mark.columns)
    shown = "'(sensitive)'" if masked else values
    times = f"{sql.name('parquetry:times')} || ' times'"
    order = ", ".join(sql.name(c) for c in mark.columns)
    return tuple(con.execute(f"SELECT {shown}, {times} FROM {mark.table} ORDER BY {order} LIMIT {SHOWN}").fetchall())
