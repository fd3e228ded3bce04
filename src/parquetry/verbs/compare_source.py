"""The same SQL over a snapshot and over its source as it is now: how long each takes, and do they agree?"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from parquetry import catalog
from parquetry.errors import Attention, Usage
from parquetry.intake import live
from parquetry.intake.reading import opened
from parquetry.lake import Lake, Snapshot, ledger
from parquetry.lake.digest import quoted
from parquetry.lake.write import literal
from parquetry.project import Project, asking
from parquetry.sources import Reading
from parquetry.stoppable import stoppable
from parquetry.text import Told, counted, table

_SIDES = ("lake", "source")


@dataclass(frozen=True, slots=True)
class Compared(Told):
    """
    Two answers to one question, the lake's and its source's.

    Attributes:
        rows, milliseconds: By ``lake`` and ``source``.
        only: How many rows of each the other does not have; equal rows are counted one by one.
        columns_differ: The answers have other columns or types, so their rows were not compared.
    """

    snapshot: int
    source: str
    rows: Mapping[str, int]
    milliseconds: Mapping[str, float]
    only: Mapping[str, int]
    columns_differ: bool = False

    @property
    def agree(self) -> bool:
        return not self.columns_differ and not any(self.only.values())

    @property
    def exit_code(self) -> int:
        """0, or 15 where the answers differ."""
        return 0 if self.agree else Attention.exit_code

    def __str__(self) -> str:
        named = {"lake": f"snapshot {self.snapshot}", "source": f"source {self.source}"}
        rows = [(named[s], self.rows[s], f"{self.milliseconds[s]:.1f} ms", self.only[s]) for s in _SIDES]
        told = table(("", "rows", "time", "rows only there"), rows)
        if self.columns_differ:
            return f"{told}\nthe answers have other columns"
        if self.agree:
            return f"{told}\nthe answers agree"
        return f"{told}\nthe answers differ: {counted(sum(self.only.values()), 'row')}"

    def as_json(self) -> dict[str, object]:
        """Plain values: the attributes and ``agree``."""
        return {
            "snapshot": self.snapshot, "source": self.source, "rows": dict(self.rows),
            "milliseconds": dict(self.milliseconds), "only": dict(self.only),
            "columns_differ": self.columns_differ, "agree": self.agree,
        }  # fmt: skip


def compare_source(
    project: Project, sql: str, *, at: int | str | date | None = None, params: Mapping[str, str] | None = None
) -> Compared:
    """
    Run *sql* over the snapshot *at*, and over its source under one look at it.

    The source's tables are read by DuckDB as an export would read them, so that the values are the same.

    Raises:
        Usage: As `query`; or it names a snapshot itself, which the source has none of; or the snapshot is of
            several databases, or of none.
        SchemaDrift: The source cannot be shown as it was published.
        ParquetryError: As `query`, and as an export for a source that cannot be read.
    """
    lake = Lake(project.settings.lake_path)
    lake.mend()
    if named := asking.pinned(project, lake, sql):
        raise Usage(
            f"{named[0]} is of the lake wherever it is asked, and cannot be compared with the source",
            next="write the dataset's plain name; --at chooses the snapshot to compare",
        )
    snapshot = lake.snapshot(at)
    sources = live.databases(project, snapshot)
    if len(sources) != 1:
        of = ", ".join(sources) or "none"
        raise Usage(f"one database can be compared with; snapshot {snapshot.number} is of {of}")
    with opened(project, sources[0], ledger.new_id()) as reading:
        try:
            return _compared(project, lake, snapshot, reading, sql, params or {})
        except duckdb.Error as error:
            raise Usage("DuckDB cannot run this query", what=str(error).splitlines()[:6]) from error


def _compared(
    project: Project, lake: Lake, snapshot: Snapshot, reading: Reading, sql: str, params: Mapping[str, str]
) -> Compared:
    duck, schema = reading.connection, project.settings.duckdb_schema
    catalog.define(duck, snapshot, schema)
    ready = asking.ready(duck, project, lake, sql, params)
    seconds = {"lake": _answer(reading, ready, "lake")}
    (source,) = live.databases(project, snapshot)
    for name in live.of(snapshot, source):
        reading.run(f"CREATE OR REPLACE VIEW {quoted(name)} AS {live.select(project, reading, snapshot, name)}")
    reading.run(f"USE {quoted(schema)}")
    seconds["source"] = _answer(reading, ready, "source")
    columns = {side: _columns(duck, side) for side in _SIDES}
    rows = {side: (duck.execute(f"SELECT count(*) FROM {_answers(side)}").fetchone() or (0,))[0] for side in _SIDES}
    differ = columns["lake"] != columns["source"]
    only = {side: 0 if differ else _only(duck, side, columns["lake"]) for side in _SIDES}
    times = {side: round(value * 1000, 3) for side, value in seconds.items()}
    return Compared(snapshot.number, source, rows, times, only, differ)


def _answer(reading: Reading, sql: str, side: str) -> float:
    duck = reading.connection
    began = time.perf_counter()
    stoppable(lambda: duck.sql(sql).create(_answers(side)), duck.interrupt)
    return time.perf_counter() - began


def _answers(side: str) -> str:
    return f"main.parquetry_answer_{side}"


def _columns(duck: duckdb.DuckDBPyConnection, side: str) -> list[tuple[str, str]]:
    return [(name, type_) for name, type_, *_ in duck.execute(f"DESCRIBE {_answers(side)}").fetchall()]


def _only(duck: duckdb.DuckDBPyConnection, side: str, columns: Sequence[tuple[str, str]]) -> int:
    other = next(s for s in _SIDES if s != side)
    items = ", ".join(_text(name, type_) for name, type_ in columns)
    alone = f"SELECT {items} FROM {_answers(side)} EXCEPT ALL SELECT {items} FROM {_answers(other)}"
    (count,) = duck.execute(f"SELECT count(*) FROM ({alone})").fetchone() or (0,)
    return int(count)


def _text(column: str, type_: str) -> str:
    """Sums of floating-point numbers depend on the order in which threads come to them."""
    if type_ in ("DOUBLE", "FLOAT"):
        return f"format({literal('{:.12g}')}, {quoted(column)})"
    return f"CAST({quoted(column)} AS VARCHAR)"
