"""
Staged Parquet files held against their contract.

One statement counts, per file, the rows that break each compiled rule, and evaluates whatever
else the caller wants to know of the same rows. Only when something is broken are the files read
a second time, for the first five rows of each rule. Custom rules run in Pandera, see `custom`;
uniqueness is `unique`; what becomes of the rows is `quarantine`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import duckdb

from parquetry.contracts import Broken, Contract, Rule, custom, exact, quarantine, sql
from parquetry.contracts.staged import Staged, compiled_rules, rows_sql, translating
from parquetry.contracts.types import canonical
from parquetry.contracts.verdict import Verdict
from parquetry.errors import SchemaDrift, did_you_mean

if TYPE_CHECKING:
    from pandera.polars import DataFrameModel


def check(
    con: duckdb.DuckDBPyConnection,
    staged: Staged,
    *,
    extra: Mapping[str, str] | None = None,
    model: Callable[[], type[DataFrameModel]] | None = None,
) -> Verdict:
    """
    Hold *staged* against its contract, row by row. Uniqueness is not part of it: see `unique`.

    Args:
        con: Its session time zone and settings do not matter.
        extra: Aggregates to compute per file in the same pass, by alias: SQL over the contract's
            columns by their names, in the contract's types (NULL where ``<column>:type`` breaks).
        model: The Pandera model behind the contract; called only if it has custom rules.

    Returns:
        The verdict. A file without rows is in it too.

    Raises:
        BadContract: A custom rule fails, looks across rows, or *model* is not given for one.
        BadInput: A file cannot be read.
        Storage: The disk is full.
    """
    found = compiled_rules(staged)
    with translating(staged.files):
        files, counts = _counted(con, staged, found, dict(extra or {}))
        marks, customs = custom.run(con, staged, [f["rows"] for f in files.values()], model)
    broken = [rule for rule in found if counts[rule.name]]
    verdict = Verdict(sum(f["rows"] for f in files.values()), 0, (), files, marks)
    if not broken and not customs:
        return verdict
    counted = {**counts, **customs}
    rules = [*broken, *(rule for rule in staged.contract.rules if customs.get(rule.name))]
    with translating(staged.files):
        verdict = Verdict(verdict.rows, 0, tuple(Broken(r.name, r.says, counted[r.name]) for r in rules), files, marks)
        return quarantine.shown(con, staged, verdict)


def types_of(con: duckdb.DuckDBPyConnection, file: str) -> dict[str, str]:
    """
    Columns and DuckDB types of one Parquet file, in its order.

    Raises:
        BadInput: It is not one.
    """
    with translating([file]):
        rows = con.execute(f"DESCRIBE SELECT * FROM read_parquet({sql.files([file])}, hive_partitioning = false)")
        return {name: canonical(kind) for name, kind, *_ in rows.fetchall()}


def drift(contract: Contract, types: Mapping[str, str]) -> None:
    """
    Hold a file's columns against the contract: each is there, in a type that can become the contract's.

    A column that the contract does not have is left out, as in an export.

    Raises:
        SchemaDrift: Names each column that is missing or of a wrong type.
    """
    wrong = []
    missing = [column.name for column in contract.fields if column.name not in types]
    for name in missing:
        wrong.append(f"{name} is missing{did_you_mean(name, [t for t in types if t not in missing])}")
    for column in contract.fields:
        if column.name in types and not exact.can_become(types[column.name], column.type):
            wrong.append(f"{column.name} is {types[column.name]}, the contract says {column.type}")
    if wrong:
        raise SchemaDrift(
            f"{contract.name}: {len(wrong)} columns do not fit" if len(wrong) > 1 else f"{contract.name}: {wrong[0]}",
            what=wrong,
            next="correct the contract or the source",
            contract=contract.name,
            missing=missing,
            columns=list(types),
        )


def _counted(
    con: duckdb.DuckDBPyConnection, staged: Staged, rules: Sequence[Rule], extra: Mapping[str, str]
) -> tuple[dict[str, dict[str, Any]], dict[str, int]]:
    """One pass: per file the rows and extras, per rule the rows that break it."""
    if not staged.files:
        return {}, {rule.name: 0 for rule in rules}
    conditions = [f"count_if({sql.at(rule.broken, staged.clock)})" for rule in rules]
    items = ", ".join(["count(*)", *conditions, *extra.values()])
    rows = {
        row[0]: row[1:]
        for row in con.execute(f"SELECT file_index, {items} FROM ({rows_sql(staged)}) GROUP BY file_index").fetchall()
    }
    # A file without rows is in no group; aggregates over nothing say what its extras are.
    if len(rows) < len(staged.files):
        nothing = con.execute(f"SELECT {items} FROM ({rows_sql(staged, staged.files[:1])} LIMIT 0)").fetchone() or ()
        rows = {i: rows.get(i, nothing) for i in range(len(staged.files))}
    width = len(rules)
    files = {
        path: {"rows": rows[i][0], **dict(zip(extra, rows[i][1 + width :], strict=True))}
        for i, path in enumerate(staged.files)
    }
    counts = {rule.name: sum(int(row[1 + n] or 0) for row in rows.values()) for n, rule in enumerate(rules)}
    return files, counts
