"""What was measured of the queries, and when two answers are the same one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from statistics import median

VIEW, TABLE, LIVE, POSTGRES = "view", "table", "live", "PostgreSQL"
WAYS = (VIEW, TABLE, LIVE, POSTGRES)
_DIGITS = 12  # sums of floating-point numbers depend on the order in which threads come to them


@dataclass(slots=True)
class Asked:
    """
    One named query.

    Attributes:
        milliseconds: By way, one for each round.
        differs: The ways whose answer has other rows than the views'.
    """

    query: str
    does: str
    rows: int
    milliseconds: dict[str, list[float]] = field(default_factory=dict)
    differs: list[str] = field(default_factory=list)

    def median(self, way: str) -> float:
        """Milliseconds."""
        return median(self.milliseconds[way])

    def spread(self, way: str) -> tuple[float, float]:
        """The fastest round and the slowest."""
        return min(self.milliseconds[way]), max(self.milliseconds[way])

    def ratio(self, way: str) -> float:
        """How many times as long PostgreSQL takes."""
        return self.median(POSTGRES) / self.median(way)


@dataclass(slots=True)
class Queries:
    """
    The whole comparison.

    Attributes:
        rows: Events.
        bytes: Of the events in PostgreSQL without indexes, of its indexes, of the Parquet files, of the DuckDB tables.
        indexes: The events' in PostgreSQL, and those of the DuckDB tables.
        settings: Of PostgreSQL, those that are not its defaults.
        load: Of the machine before the first round, over one minute.
    """

    machine: Mapping[str, str]
    rows: int
    users: int
    rounds: int
    bytes: Mapping[str, int]
    indexes: Mapping[str, Sequence[str]]
    settings: Mapping[str, str]
    load: float
    asked: list[Asked]

    def of(self, query: str) -> Asked | None:
        """What was measured of one."""
        return next((asked for asked in self.asked if asked.query == query), None)


def same(one: Sequence[Sequence[object]], other: Sequence[Sequence[object]]) -> bool:
    """Whether two answers have the same rows, each as often; a query that sorts leaves ties to chance."""
    return sorted(map(_said, one)) == sorted(map(_said, other))


def _said(row: Sequence[object]) -> tuple[str, ...]:
    return tuple(map(_cell, row))


def _cell(value: object) -> str:
    if isinstance(value, int | float | Decimal):
        return f"{float(value):.{_DIGITS}g}"
    return value.isoformat() if isinstance(value, date) else repr(value)
