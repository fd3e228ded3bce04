"""
Parquet files that nobody may read yet, and the SQL that reads them in a contract's types.

How a staged row is called, and what may be shown of it, is said here for all who check.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from parquetry.contracts import Contract, Field, Rule, exact, sql
from parquetry.contracts.types import canonical
from parquetry.errors import BadInput, Storage

LINE = "parquetry:line"
"""The staged column that says in which line of its file, from 1, a row stands."""

_WIDTH = 80
_FILE_BITS = 2**40  # rows in one file, surely fewer


@dataclass(frozen=True, slots=True)
class Staged:
    """
    Parquet files that nobody may read yet, and what they are to become.

    Attributes:
        files: Local paths, each holding at least the contract's columns.
        clock: The source's clock, for time rules; without a zone it is UTC.
        types: DuckDB type of a staged column where it is not the contract's: ``VARCHAR`` for one
            that travelled as text. Such a column gets the rule ``<column>:type``, unless it is one of
        as_text: those that are published as they came, which no rule may read; or of
        flagged: those whose misfits become NULL, with their text in the field's flag.
        key: Columns that identify a row; never NULL, whatever the contract says.
        origins: What a rejected row's file is called, by path: the report file it was read from,
            say. By default the path's last part.
        lined: Each row has its line in that file beside it, as `LINE`.
    """

    contract: Contract
    files: tuple[str, ...]
    clock: datetime
    types: Mapping[str, str] = field(default_factory=dict)
    as_text: frozenset[str] = frozenset()
    flagged: frozenset[str] = frozenset()
    key: tuple[str, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)
    lined: bool = False

    def type_of(self, column: Field) -> str:
        """The staged type of *column*."""
        return canonical(self.types.get(column.name, column.type))

    def came_otherwise(self, column: Field) -> bool:
        """Whether *column* is staged as another type than the contract's."""
        return self.type_of(column) != canonical(column.type)

    def origin(self, path: str) -> str:
        """What *path* is called in a report."""
        return self.origins.get(path, Path(path).name)


def compiled_rules(staged: Staged) -> list[Rule]:
    """Every rule that is SQL: exact types, NOT NULL, and the contract's own, in the order of its fields."""
    rules: list[Rule] = []
    exempt = staged.as_text | staged.flagged
    for column in staged.contract.fields:
        kind, raw = canonical(column.type), sql.name(raw_name(staged, column))
        if staged.came_otherwise(column) and kind != "VARCHAR" and column.name not in exempt:
            broken = f"({raw} IS NOT NULL AND {sql.name(column.name)} IS NULL)"
            rules.append(Rule(f"{column.name}:type", (column.name,), f"{column.name} is exactly a {kind}", broken))
        if not column.nullable or column.name in staged.key:
            missing = f"{raw} IS NULL"
            if kind in ("DOUBLE", "FLOAT") and not column.nullable:
                # Pandera counts NaN as missing.
                missing = f"({missing} OR coalesce(isnan({sql.name(column.name)}), FALSE))"
            rules.append(Rule(f"{column.name}:not_null", (column.name,), f"{column.name} is set", missing))
    return [*rules, *(rule for rule in staged.contract.rules if rule.broken)]


def rows_sql(staged: Staged, files: Sequence[str] | None = None) -> str:
    """
    A SELECT of the staged rows: each field under its name in the contract's type, NULL where that
    is not exact; the staged value beside it where it came otherwise; flags; file_index, file_row_number.
    """
    items = []
    for column in staged.contract.fields:
        source = f"staged.{sql.name(column.name)}"
        typed = exact.exactly(source, staged.type_of(column), column.type)
        items.append(f"{typed} AS {sql.name(column.name)}")
        if staged.came_otherwise(column):
            items.append(f"{source} AS {sql.name(raw_name(staged, column))}")
        if column.flag:
            text = f"CASE WHEN {typed} IS NULL THEN {source} END" if column.name in staged.flagged else "NULL::VARCHAR"
            items.append(f"{text} AS {sql.name(column.flag)}")
    if staged.lined:
        items.append(f"staged.{sql.name(LINE)}")
    table = sql.parquet(staged.files if files is None else files)
    return f"SELECT {', '.join(items)}, staged.file_index, staged.file_row_number FROM {table} AS staged"


def published_sql(staged: Staged) -> Iterator[tuple[str, str]]:
    """Each published column and, over `rows_sql`, what is published in it."""
    for column in staged.contract.fields:
        yield column.name, sql.name(raw_name(staged, column) if column.name in staged.as_text else column.name)
        if column.flag:
            yield column.flag, sql.name(column.flag)


def raw_name(staged: Staged, column: Field) -> str:
    """The name, in `rows_sql`, of the value as it was staged."""
    return f"parquetry:raw:{column.name}" if staged.came_otherwise(column) else column.name


def shown_sql(staged: Staged, name: str) -> str:
    """The staged value of a column as text to show: at most 80 characters, and nothing of a sensitive one."""
    column = staged.contract.field(name)
    raw = sql.name(raw_name(staged, column))
    if column.privacy == "sensitive":
        return f"CASE WHEN {raw} IS NULL THEN 'NULL' ELSE '(sensitive)' END"
    if staged.type_of(column) == "TIMESTAMP WITH TIME ZONE":
        # As text it would depend on the session's time zone.
        raw = f"(timezone('UTC', {raw})::VARCHAR || '+00')"
    return f"coalesce(left(CAST({raw} AS VARCHAR), {_WIDTH}), 'NULL')"


def key_sql(staged: Staged) -> str:
    """How a row is called: its key, or where it stands in its file where the dataset has none."""
    if not staged.key:
        return f"'{'line' if staged.lined else 'row'} ' || {row_sql(staged)}"
    return " || ', ' || ".join(shown_sql(staged, name) for name in staged.key)


def place_sql(staged: Staged) -> str:
    """How a row is called in a message: its key, and of a row with a line its file and that line."""
    if not staged.lined:
        return key_sql(staged)
    place = f"{file_sql(staged)} || ' line ' || {row_sql(staged)}"
    return f"{key_sql(staged)} || ' (' || {place} || ')'" if staged.key else place


def file_sql(staged: Staged) -> str:
    """What the file of a row is called in a report."""
    names = ", ".join(sql.text(staged.origin(path)) for path in staged.files)
    return f"[{names}][file_index::BIGINT + 1]"


def row_sql(staged: Staged) -> str:
    """Where a row stands in its file: its line if that is known, else its number; from 1."""
    return sql.name(LINE) if staged.lined else "(file_row_number + 1)"


def value_sql(staged: Staged, columns: Sequence[str]) -> str:
    """The offending value of a rule over *columns*: ``LOW``, or ``a = LOW, b = NULL``."""
    if len(columns) == 1:
        return shown_sql(staged, columns[0])
    named = (f"{sql.text(f'{name} = ')} || {shown_sql(staged, name)}" for name in columns)
    return f"left({' || {} || '.format(sql.text(', ')).join(named)}, {_WIDTH})" if columns else "''"


def position_sql() -> str:
    """Where a row stands among all files, as one number."""
    return f"(file_index::BIGINT * {_FILE_BITS} + file_row_number)"


@contextmanager
def translating(files: Sequence[str]) -> Iterator[None]:
    """DuckDB's errors in the words of parquetry; one that says nothing about files is a bug, and passes."""
    named = Path(files[0]).name if len(files) == 1 else f"one of {len(files)} files"
    try:
        yield
    except duckdb.OutOfMemoryException as e:
        raise Storage(
            "not enough memory, or no room to spill, while checking",
            what=_first_line(e), next="free some space, or raise memory_limit",
        ) from e  # fmt: skip
    except duckdb.IOException as e:
        full = "No space left" in str(e) or "could not write" in str(e).lower()
        if full:
            raise Storage(
                f"no space left to check {named}", what=_first_line(e), next="free some space, then run again"
            ) from e
        raise BadInput(f"{named} cannot be read", what=_first_line(e)) from e
    except (duckdb.InvalidInputException, duckdb.SerializationException) as e:
        raise BadInput(f"{named} cannot be read as Parquet", what=_first_line(e)) from e


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
