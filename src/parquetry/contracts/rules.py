"""
Rules that Pandera does not have, declared like its own.

Importing this module teaches Pandera five checks, in plain use (``Model.validate(frame)``) and
compiled to SQL alike::

    from parquetry.contracts.rules import Json, Moment


    class Event(DataFrameModel):
        timestamp: Moment = Field(not_future=True, reasonable={"years": 5})
        eventData: Json

        class Config:
            requires = {"experimentPhase": "contextMetadataId"}
            calendar = {
                "time": "timestamp",
                "day": "dayOfWeek",
                "hour": "timeOfDay",
                "week_starts": "sunday",
                "zone": "Europe/Berlin",
            }

The clock of ``not_future`` and ``reasonable`` is the source's at the snapshot; in plain use it
is now, or what `clock_at` says.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, NamedTuple

import duckdb
import polars as pl
from pandera.api.checks import Check
from pandera.polars import Field, PolarsData

from parquetry.contracts import sql

_CLOCK: ContextVar[datetime | None] = ContextVar("parquetry_clock", default=None)

# After 2099 the two engines no longer share a table of daylight saving times.
_ZONES_KNOWN_UNTIL = datetime(2100, 1, 1)


class Declared(NamedTuple):
    """A rule in SQL: its name, the columns it reads, how a person says it, and what holds for a row that keeps it."""

    name: str
    columns: tuple[str, ...]
    says: str
    holds: str


@contextmanager
def clock_at(moment: datetime) -> Iterator[None]:
    """Hold the clock of time rules at *moment*; without a zone it is UTC."""
    token = _CLOCK.set(moment)
    try:
        yield
    finally:
        _CLOCK.reset(token)


def clock() -> datetime:
    """What time rules call now: UTC, without a zone."""
    moment = _CLOCK.get() or datetime.now(UTC)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def not_future(data: PolarsData, *, declared: bool) -> pl.LazyFrame:
    """The time is not after the clock."""
    return data.lazyframe.select((_moment(data) <= clock()) | (not declared))


def reasonable(data: PolarsData, *, years: int) -> pl.LazyFrame:
    """The time is within the last *years* calendar years of the clock; a later one is `not_future`'s business."""
    return data.lazyframe.select(_moment(data) >= _years_before(clock(), years))


def is_json(data: PolarsData, *, declared: bool) -> pl.LazyFrame:
    """The text is JSON as DuckDB reads it, which also takes a trailing comma and NaN."""
    values = data.lazyframe.select(data.key).collect().to_series()
    # DuckDB itself is asked, so that declared and compiled rule can't differ.
    rows = duckdb.connect().execute("SELECT json_valid(unnest($1::VARCHAR[]))", [values.to_list()]).fetchall()
    return pl.LazyFrame({data.key: pl.Series([row[0] for row in rows], dtype=pl.Boolean)}).select(
        pl.col(data.key) | (not declared)
    )


def requires(data: PolarsData, **needed: str | list[str]) -> pl.LazyFrame:
    """Where a column is set, the columns it needs are set too."""
    return data.lazyframe.select(
        (pl.col(column).is_null() | pl.col(need).is_not_null()).alias(f"{column} {need}")
        for column, need in _pairs(needed)
    )


def calendar(
    data: PolarsData,
    *,
    time: str,
    day: str | None = None,
    hour: str | None = None,
    week_starts: str = "",
    zone: str = "UTC",
) -> pl.LazyFrame:
    """Day of week (0 is the day the week starts) and hour agree with the time in *zone*."""
    local = _local(data, time, zone)
    # polars counts Monday as 1.
    weekday = local.dt.weekday().cast(pl.Int64) % 7 if week_starts == "sunday" else local.dt.weekday() - 1
    holds = [
        (pl.col(column).cast(pl.Int64) == computed.cast(pl.Int64)).fill_null(True).alias(column)
        for column, computed in ((day, weekday), (hour, local.dt.hour()))
        if column is not None
    ]
    return data.lazyframe.select(holds)


def compiled(check: Check, column: str | None, types: Mapping[str, str]) -> list[Declared] | None:
    """
    *check* in SQL, or None if it is not one of this module's.

    Args:
        column: The column it is declared on; None for one in ``Config``.
        types: DuckDB type of each column of the contract.

    Raises:
        ValueError: It names a column that the contract does not have, or makes no sense there.
    """
    given = check._check_fn
    compiler = _COMPILERS.get(given.func) if isinstance(given, partial) else None
    if compiler is None or not isinstance(given, partial):
        return None
    return compiler(column, given.keywords, types)


def _compile_not_future(column: str | None, arguments: dict[str, Any], types: Mapping[str, str]) -> list[Declared]:
    on = _time_column(column, types)
    holds = f"{_moment_sql(on, types[on])} <= $now"
    says = f"{on} is not after the source's clock"
    return [Declared(f"{on}_not_future", (on,), says, holds)] if arguments["declared"] else []


def _compile_reasonable(column: str | None, arguments: dict[str, Any], types: Mapping[str, str]) -> list[Declared]:
    on, years = _time_column(column, types), arguments["years"]
    if type(years) is not int or years < 1:
        raise ValueError(f"reasonable={{'years': {years!r}}}: a whole number of years is needed")
    holds = f"{_moment_sql(on, types[on])} >= $now - INTERVAL {years} YEAR"
    return [Declared(f"{on}_reasonable", (on,), f"{on} is within the {years} years before the source's clock", holds)]


def _compile_is_json(column: str | None, arguments: dict[str, Any], types: Mapping[str, str]) -> list[Declared]:
    on = _column(column, types)
    if types[on] != "VARCHAR":
        raise ValueError(f"is_json: {on} is {types[on]}, not text")
    rule = Declared(f"{on}:is_json", (on,), f"{on} is JSON", f"json_valid({sql.name(on)})")
    return [rule] if arguments["declared"] else []


def _compile_requires(_: str | None, arguments: dict[str, Any], types: Mapping[str, str]) -> list[Declared]:
    return [
        Declared(
            f"{_column(column, types)}_requires_{_column(need, types)}",
            (column, need),
            f"where {column} is set, {need} is set",
            f"{sql.name(column)} IS NULL OR {sql.name(need)} IS NOT NULL",
        )
        for column, need in _pairs(arguments)
    ]


def _compile_calendar(_: str | None, arguments: dict[str, Any], types: Mapping[str, str]) -> list[Declared]:
    time, zone = _time_column(arguments.get("time"), types), arguments.get("zone", "UTC")
    week_starts = arguments.get("week_starts")
    if week_starts not in ("sunday", "monday") and arguments.get("day"):
        raise ValueError(f"calendar: week_starts is {week_starts!r}; say 'sunday' or 'monday'")
    known = duckdb.connect().execute("SELECT count(*) FROM pg_timezone_names() WHERE name = $1", [zone]).fetchone()
    if known == (0,):
        raise ValueError(f"calendar: no time zone {zone!r}; say one like 'Europe/Berlin'")
    utc = _moment_sql(time, types[time])
    local = utc if zone == "UTC" else f"timezone({sql.text(zone)}, timezone('UTC', {utc}))"
    weekday = f"dayofweek({local})" if week_starts == "sunday" else f"isodow({local}) - 1"
    until = f"{utc} >= {sql.moment(_ZONES_KNOWN_UNTIL)}"
    rules = []
    for column, computed, says in (
        (arguments.get("day"), weekday, f"the day of the week ({week_starts} is 0)"),
        (arguments.get("hour"), f"hour({local})", "the hour"),
    ):
        if column is not None:
            on = _column(column, types)
            holds = f"coalesce({sql.name(on)} = {computed} OR {until}, TRUE)"
            rules.append(Declared(f"{on}_matches_{time}", (on, time), f"{on} is {says} of {time} in {zone}", holds))
    return rules


_COMPILERS: dict[object, Callable[[str | None, dict[str, Any], Mapping[str, str]], list[Declared]]] = {
    not_future: _compile_not_future,
    reasonable: _compile_reasonable,
    is_json: _compile_is_json,
    requires: _compile_requires,
    calendar: _compile_calendar,
}


def _moment(data: PolarsData) -> pl.Expr:
    """The column as a naive UTC time, whatever kind of time it is."""
    dtype = data.lazyframe.select(data.key).collect_schema()[str(data.key)]
    column = pl.col(str(data.key))
    if dtype == pl.Date:
        return column.cast(pl.Datetime("us"))
    return column.dt.replace_time_zone(None) if getattr(dtype, "time_zone", None) else column


def _moment_sql(column: str, duckdb_type: str) -> str:
    if duckdb_type == "TIMESTAMP WITH TIME ZONE":
        return f"timezone('UTC', {sql.name(column)})"
    return sql.name(column) if duckdb_type == "TIMESTAMP" else f"CAST({sql.name(column)} AS TIMESTAMP)"


def _local(data: PolarsData, time: str, zone: str) -> pl.Expr:
    moment = _moment(PolarsData(data.lazyframe, time))
    within = pl.when(moment < _ZONES_KNOWN_UNTIL).then(moment)
    return within.dt.replace_time_zone("UTC").dt.convert_time_zone(zone)


def _years_before(moment: datetime, years: int) -> datetime:
    """The same day *years* earlier; 29 February becomes the 28th, as in SQL."""
    try:
        return moment.replace(year=moment.year - years)
    except ValueError:
        return moment.replace(year=moment.year - years, day=28)


def _pairs(needed: Mapping[str, str | list[str]]) -> list[tuple[str, str]]:
    listed = {column: [needs] if isinstance(needs, str) else needs for column, needs in needed.items()}
    return [(column, need) for column, needs in listed.items() for need in needs]


def _column(column: str | None, types: Mapping[str, str]) -> str:
    if column not in types:
        raise ValueError(f"there is no column {column!r} in the contract")
    return str(column)


def _time_column(column: str | None, types: Mapping[str, str]) -> str:
    on = _column(column, types)
    if types[on] not in ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"):
        raise ValueError(f"{on} is {types[on]}, not a time")
    return on


def _register(function: Callable[..., pl.LazyFrame], only: str = "") -> None:
    """
    Make *function* a check of Pandera's, for ``Field(name=…)`` or as an attribute of ``Config``.

    Args:
        only: The argument that a plain value is for: ``not_future=True`` is ``declared=True``.
    """

    def construct(*values: Any, **given: Any) -> Check:
        options = {word: given.pop(word) for word in _FIELD_OPTIONS if only and word in given}
        arguments = {**({only: values[0]} if values else {}), **given}
        inspect.signature(function).bind(None, **arguments)
        check = partial(function, **arguments)
        return Check(check, name=function.__name__, error=f"{function.__name__}({arguments})", **options)

    # pandera.extensions.register_check_method does the same, but imports numpy, which polars does without.
    Check.REGISTERED_CUSTOM_CHECKS[function.__name__] = construct


_FIELD_OPTIONS = ("ignore_na", "raise_warning", "n_failure_cases")

_register(not_future, "declared")
_register(reasonable, "years")
_register(is_json, "declared")
_register(requires)
_register(calendar)

Moment = pl.Datetime("us")
"""A point in time to the microsecond, UTC by convention, like PostgreSQL's ``timestamp`` under Prisma."""

Json = Annotated[str, Field(is_json=True)]
"""Text that is JSON; for a nullable column write ``str = Field(nullable=True, is_json=True)``."""
