"""
What becomes of checked rows: SELECTs of the accepted and the rejected, and the report.

Each is a plain SELECT for ``COPY (…) TO``, so rows stream, or where marks are joined are sorted
with spilling, and memory stays flat. A rejected row
keeps its values as they were staged, and gains the names of all rules that it breaks, its file
and its number in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from parquetry.contracts import Rule, sql
from parquetry.contracts.staged import (
    Staged,
    compiled_rules,
    file_sql,
    key_sql,
    place_sql,
    position_sql,
    published_sql,
    raw_name,
    row_sql,
    rows_sql,
    translating,
    value_sql,
)
from parquetry.contracts.verdict import SHOWN, Verdict

# What a spreadsheet takes for a formula, and the sign that marks a neutralised cell. The last
# four are the full-width forms, which some of them read the same way.
_FORMULA = r"^[=+\-@\t\r\x{27}\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}]"


_FORMULA_HERE = re.compile("[=+\\-@\t\r'\uff1d\uff0b\uff0d\uff20]")


def accepted_sql(staged: Staged, verdict: Verdict, *, of: int | None = None) -> str:
    """
    The rows that break nothing, as they are published; the order of rows is kept.

    Args:
        of: Only those of the file with this number, from 0.
    """
    columns = ", ".join(f"{value} AS {sql.name(name)}" for name, value in published_sql(staged))
    conditions = _conditions(staged, verdict)
    wanted = [f"NOT ({_any(conditions)})"] if conditions else []
    wanted += [f"file_index = {of}"] if of is not None else []
    where = f" WHERE {' AND '.join(wanted)}" if wanted else ""
    return f"SELECT {columns} FROM ({_marked(staged, verdict)}){where}{_ordered(verdict)}"


def rejected_sql(staged: Staged, verdict: Verdict) -> str:
    """
    The rows that break something, as they were staged, and beside them

    ``_rules`` VARCHAR[], every rule that the row breaks; ``_file`` VARCHAR; ``_row`` BIGINT, from 0,
    or of a report file its line, from 1.
    """
    columns = ", ".join(
        f"{sql.name(raw_name(staged, column))} AS {sql.name(column.name)}" for column in staged.contract.fields
    )
    conditions = _conditions(staged, verdict)
    names = ", ".join(f"CASE WHEN {broken} THEN {sql.text(rule.name)} END" for rule, broken in conditions)
    rules = f"list_filter([{names}]::VARCHAR[], lambda rule: rule IS NOT NULL)"
    return (
        f"SELECT {columns}, {rules} AS _rules, {file_sql(staged)} AS _file, "
        f"{row_sql(staged) if staged.lined else 'file_row_number'} AS _row "
        f"FROM ({_marked(staged, verdict)}) WHERE {_any(conditions)}{_ordered(verdict)}"
    )


def typed_sql(staged: Staged) -> str:
    """
    All rows as they are published, no rule applied, for ``--no-validate``.

    Running it fails where a value cannot become the contract's type exactly: it never changes one.
    """
    exempt = staged.as_text | staged.flagged
    strict = {c.name: c for c in staged.contract.fields if staged.came_otherwise(c) and c.name not in exempt}
    items = []
    for name, value in published_sql(staged):
        exactly = value
        if column := strict.get(name):
            says = sql.text(f"{column.name} is not exactly a {column.type}: ")
            raw = sql.name(raw_name(staged, column))
            exactly = f"CASE WHEN {value} IS NULL AND {raw} IS NOT NULL THEN error({says} || {raw}) ELSE {value} END"
        items.append(f"{exactly} AS {sql.name(name)}")
    return f"SELECT {', '.join(items)} FROM ({rows_sql(staged)})"


def report_csv(con: duckdb.DuckDBPyConnection, staged: Staged, verdict: Verdict, path: Path) -> int:
    """
    Write the quarantine report: one line for each row and rule that it breaks.

    Columns: rule, says, key, value, file, row (from 1). Safe to open in a spreadsheet: a cell that
    begins with ``= + - @``, tab, CR or ``'`` gets one more ``'`` in front, so taking away one
    leading ``'`` gives the value back.

    Returns:
        Lines written, the header not counted.
    """
    conditions = _conditions(staged, verdict)
    says = {broken.rule: broken.says for broken in verdict.broken}
    entries = ", ".join(
        f"CASE WHEN {broken} THEN {{'rule': {sql.text(rule.name)}, 'says': {sql.text(says[rule.name])}, "
        f"'value': {value_sql(staged, rule.columns)}}} END"
        for rule, broken in conditions
    )
    lines = (
        f"SELECT unnest(list_filter([{entries}], lambda entry: entry IS NOT NULL)) AS entry, {key_sql(staged)} AS key, "
        f"{file_sql(staged)} AS file, {row_sql(staged)} AS row FROM ({_marked(staged, verdict)}) "
        f"WHERE {_any(conditions)}{_ordered(verdict)}"
    )
    cells = ["entry.rule", "entry.says", "key", "entry.value", "file", "row"]
    safe = ", ".join(f"{_safe(cell)} AS {cell.removeprefix('entry.')}" for cell in cells[:-1])
    # The same rows give the same report, however many threads found them.
    query = f"SELECT {safe}, row FROM ({lines}) ORDER BY file, row, rule" if conditions else _NO_LINES
    with translating(staged.files):
        written = con.execute(f"COPY ({query}) TO {sql.text(str(path))} (FORMAT csv, HEADER, FORCE_QUOTE *)").fetchone()
    return int(written[0]) if written else 0


_NO_LINES = "SELECT '' AS rule, '' AS says, '' AS key, '' AS value, '' AS file, 0 AS row LIMIT 0"


def rejected(con: duckdb.DuckDBPyConnection, staged: Staged, verdict: Verdict) -> int:
    """How many rows break at least one rule."""
    query = f"SELECT count_if({_any(_conditions(staged, verdict))}) FROM ({_marked(staged, verdict)})"
    row = con.execute(query).fetchone() if staged.files else None
    return int(row[0]) if row else 0


def shown(con: duckdb.DuckDBPyConnection, staged: Staged, verdict: Verdict) -> Verdict:
    """*verdict* with the rejected rows counted and the first five of each broken rule, in the order of the files."""
    conditions = _conditions(staged, verdict)
    examples = ", ".join(
        f"arg_min({{'key': {place_sql(staged)}, 'value': {value_sql(staged, rule.columns)}}}, "
        f"{position_sql()}, {SHOWN}) "
        f"FILTER (WHERE {broken})"
        for rule, broken in conditions
    )
    query = f"SELECT count(*), {examples} FROM ({_marked(staged, verdict)}) WHERE {_any(conditions)}"
    count, *found = con.execute(query).fetchone() or (0,)
    first = {
        rule.name: tuple((row["key"], row["value"]) for row in rows or [])
        for (rule, _), rows in zip(conditions, found, strict=True)
    }
    return replace(
        verdict, rejected=count, broken=tuple(replace(b, first=first.get(b.rule, b.first)) for b in verdict.broken)
    )


def release(con: duckdb.DuckDBPyConnection, verdict: Verdict) -> None:
    """Drop what the verdict keeps in *con*; it is of no use for `accepted_sql` and the others afterwards."""
    for mark in verdict.marks:
        con.execute(f"DROP TABLE IF EXISTS {mark.table}")


def safe_cell(text: str) -> str:
    """*text* as a report has it: neutralised where a spreadsheet would take it for a formula."""
    return f"'{text}" if _FORMULA_HERE.match(text) else text


def _conditions(staged: Staged, verdict: Verdict) -> list[tuple[Rule, str]]:
    """Each broken rule and SQL over `_marked` that is true, never NULL, for a row that breaks it."""
    names = {broken.rule for broken in verdict.broken}
    found = [(rule, sql.at(rule.broken, staged.clock)) for rule in compiled_rules(staged) if rule.name in names]
    for number, mark in enumerate(verdict.marks):
        if mark.columns:
            says = next(broken.says for broken in verdict.broken if broken.rule == mark.rule)
            rule = Rule(mark.rule, mark.columns, says)
            found.append((rule, f"({sql.name(f'parquetry:mark:{number}')} IS NOT NULL)"))
        else:
            custom = [rule for rule in staged.contract.rules if rule.custom and rule.name in names]
            marked = sql.name(f"parquetry:mark:{number}")
            found += [(rule, f"coalesce(list_contains({marked}, {sql.text(rule.name)}), FALSE)") for rule in custom]
    return found


def _marked(staged: Staged, verdict: Verdict) -> str:
    """The staged rows with, for each mark, a column that is NULL where the row does not have it."""
    joins, items = [], []
    for number, mark in enumerate(verdict.marks):
        alias = f"m{number}"
        if mark.columns:
            values = ", ".join(f"{sql.name(c)} AS k{i}" for i, c in enumerate(mark.columns))
            on = " AND ".join(f"r.{sql.name(c)} = {alias}.k{i}" for i, c in enumerate(mark.columns))
            joins.append(f"LEFT JOIN (SELECT {values} FROM {mark.table}) {alias} ON {on}")
            items.append(f"{alias}.k0 AS {sql.name(f'parquetry:mark:{number}')}")
        else:
            rules = f"SELECT file_index, file_row_number, list(rule) AS rules FROM {mark.table} GROUP BY ALL"
            on = f"r.file_index = {alias}.file_index AND r.file_row_number = {alias}.file_row_number"
            joins.append(f"LEFT JOIN ({rules}) {alias} ON {on}")
            items.append(f"{alias}.rules AS {sql.name(f'parquetry:mark:{number}')}")
    rows = f"({rows_sql(staged)}) r"
    return f"SELECT {', '.join(['r.*', *items])} FROM {' '.join([rows, *joins])}"


def _ordered(verdict: Verdict) -> str:
    """A join loses the order of rows, and only marks join; without one a SELECT streams in order anyway."""
    return " ORDER BY file_index, file_row_number" if verdict.marks else ""


def _any(conditions: Sequence[tuple[Rule, str]]) -> str:
    return " OR ".join(broken for _, broken in conditions) or "FALSE"


def _safe(cell: str) -> str:
    return f"CASE WHEN regexp_matches({cell}, {sql.text(_FORMULA)}) THEN '''' || {cell} ELSE {cell} END"
