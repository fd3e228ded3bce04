"""
The SQL that makes a study's days: rows in, one row a period out.

A timestamp without a zone is UTC, and a day is a day of the study's zone, from `day_starts` on. Nothing
is run here, and what a period without rows means is for whoever lays the days on a calendar.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from parquetry.errors import Config
from parquetry.lake.digest import quoted
from parquetry.lake.write import literal
from parquetry.studies import Member, Reading, Study

_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
EXACT = frozenset({*_WHOLE, *(f"U{name}" for name in _WHOLE), "BOOLEAN"})
"""Types whose sums do not depend on the order of rows; DECIMAL is one more."""
ADDED = ("sum", "count")
"""Aggregates of a period that are less where a day of it is missing."""
_FLOATING = ("FLOAT", "DOUBLE")
_MARGIN = timedelta(days=2)  # more than any zone and any beginning of the day can move a moment


class Measured(NamedTuple):
    """
    One quantity in one period.

    Attributes:
        value: None where nothing was measured.
        weight: Exposure or trials, or None.
        rows: That met the reading's condition; None where there was none.
        unusable: How many values were NaN or infinite.
        days: On how many days of a week or a month something was recorded, where its value is a sum or a count.
        tracked: Whether a row met the condition ``tracked``.
    """

    value: float | None
    weight: float | None
    rows: int | None
    unusable: int | None
    days: int | None
    tracked: bool | None


class Day(NamedTuple):
    """
    One period of which there are rows.

    Attributes:
        period: Its first day; the number of the row, from 1, where rows have no time.
        phase, last_phase: The first and the last label, in the order of letters, that its rows have.
        begins, ends: The first and the last day in a week or a month that has a row of the outcome, else None.
        covariates: In the study's order.
    """

    period: date | int | None
    outcome: Measured
    phase: str | None
    last_phase: str | None
    begins: date | None
    ends: date | None
    covariates: tuple[Measured, ...]

    @classmethod
    def of(cls, row: Sequence[object]) -> Day:
        """From a row of the statement."""
        size = len(Measured._fields)
        period, phase, last, begins, ends, *rest = row
        found = [Measured(*rest[i : i + size]) for i in range(0, len(rest), size)]  # type: ignore[arg-type]
        if isinstance(period, datetime):
            period = period.date()
        return cls(period, found[0], phase, last, begins, ends, tuple(found[1:]))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Source:
    """
    Where rows lie, in DuckDB's words.

    Attributes:
        relation: A table or view, quoted.
        time: The column, not quoted; empty where rows are the periods themselves, in order.
        kinds: The DuckDB type of ``time``, ``value`` and ``weight``, as `probe` finds them.
    """

    relation: str
    time: str
    kinds: Mapping[str, str]


def of_member(reading: Reading, member: Member | None) -> tuple[str, str]:
    """The value and the condition of a series."""
    if member is None:
        return reading.value, _all_of(reading.where)
    return member.value or reading.value, _all_of(reading.where, member.where)


def probe(reading: Reading, relation: str, time: str, value: str) -> str:
    """A query without rows whose columns have the types of time, value and weight; 0 stands for none."""
    columns = {
        "time": quoted(time) if time else "0",
        "value": _in_brackets(value) if value else "0",
        "weight": _in_brackets(reading.weight) if reading.weight else "0",
    }
    items = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in columns.items())
    return f"SELECT {items} FROM {relation} LIMIT 0"


def statement(
    study: Study,
    sources: Sequence[Source],
    *,
    member: Member | None = None,
    bounds: tuple[date | None, date | None] = (None, None),
) -> str:
    """
    The days of one series; `Day.of` reads its rows, which are in order.

    Args:
        sources: Of the outcome, then of each covariate.
        bounds: First and last day, both inclusive: other files and row groups are not read.

    Raises:
        Config: A time column is no time, or a value no number.
    """
    outcome, *others = sources
    value, where = of_member(study.reading, member)
    narrowed = _all_of(member.where) if member else ""
    tables = [
        *_measured("_outcome", study.reading, outcome, (value, where, narrowed), bounds, study.phases.column),
        *(
            table
            for number, (covariate, source) in enumerate(zip(study.covariates, others, strict=True))
            for table in _measured(
                f"_covariate_{number}", covariate.reading, source,
                (covariate.reading.value, _all_of(covariate.reading.where), ""), bounds,
            )
        ),
    ]  # fmt: skip
    names = ["_outcome", *(f"_covariate_{number}" for number in range(len(others)))]
    joined = "\n  FULL JOIN ".join(
        f"{name}{' USING (period)' if number else ''}" for number, (name, _) in enumerate(tables)
    )
    made = {name for name, _ in tables}
    columns = ",\n  ".join(
        f"{name}.value, {name}.weight, {name}.rows, {name}.unusable, "
        + (f"{name}_tracked.days, {name}_tracked.tracked" if f"{name}_tracked" in made else f"{name}.days, NULL")
        for name in names
    )
    defined = ",\n".join(f"{name} AS (\n{sql}\n)" for name, sql in tables)
    days = _between("period", bounds) if outcome.time and study.reading.period == "day" else []
    inside = f"\nWHERE {' AND '.join(days)}" if days else ""
    labels = "_outcome.phase, _outcome.last_phase, _outcome.begins, _outcome.ends"
    return f"WITH {defined}\nSELECT period, {labels},\n  {columns}\nFROM {joined}{inside}\nORDER BY period"


def day_of(column: str, kind: str, reading: Reading) -> str:
    """
    SQL for the local moment of a time, shifted so that a day begins at midnight.

    Raises:
        Config: The column is no time.
    """
    if kind == "DATE":
        return f"CAST({column} AS TIMESTAMP)"
    zone = literal(reading.timezone)
    if kind == "TIMESTAMP WITH TIME ZONE":
        local = f"timezone({zone}, {column})"
    elif kind.startswith("TIMESTAMP"):
        naive = column if kind == "TIMESTAMP" else f"CAST({column} AS TIMESTAMP)"
        local = naive if reading.timezone == "UTC" else f"timezone({zone}, {naive} AT TIME ZONE 'UTC')"
    else:
        raise Config(
            f"the column {column} says when, and is {kind}, neither a date nor a timestamp",
            next="name the right one with time = …; a text read as a time is in the dataset's view NAME_typed",
        )
    minutes = reading.day_starts.hour * 60 + reading.day_starts.minute
    return f"{local} - INTERVAL {minutes} MINUTE" if minutes else local


def _measured(
    name: str,
    reading: Reading,
    source: Source,
    said: tuple[str, str, str],
    bounds: tuple[date | None, date | None],
    phase: str = "",
) -> list[tuple[str, str]]:
    """The tables of one quantity: its periods, and those in which it was tracked."""
    value, where, _ = said
    period = _period(source, reading)
    inside = _inside(source, reading, bounds)
    label = f"CAST({quoted(phase)} AS VARCHAR)" if phase else "NULL::VARCHAR"
    amount, weight, unusable = _aggregates(reading, source, value)
    begins, ends, recorded = _recorded(reading, source, value)
    measured = (
        f"  SELECT {period} AS period, {amount} AS value, {weight} AS weight, count(*) AS rows,\n"
        f"    {unusable} AS unusable, min({label}) AS phase, max({label}) AS last_phase,\n"
        f"    {begins} AS begins, {ends} AS ends, {recorded} AS days\n"
        f"  FROM {source.relation}\n  WHERE {_joined(inside, where) or 'true'}\n  GROUP BY 1"
    )
    if not reading.tracked:
        return [(name, measured)]
    return [(name, measured), (f"{name}_tracked", _tracked(reading, source, said, period, inside))]


def _tracked(reading: Reading, source: Source, said: tuple[str, str, str], period: str, inside: str) -> str:
    """The periods in which somebody was looking; of weeks and months, on how many days, or with a row at least."""
    value, where, narrowed = said
    looked = _in_brackets(reading.tracked)
    if reading.period == "day":
        seen = _joined(inside, narrowed, looked)
        return (
            f"  SELECT DISTINCT {period} AS period, true AS tracked, NULL::BIGINT AS days\n"
            f"  FROM {source.relation}\n  WHERE {seen}"
        )
    there = _joined(where, f"{_in_brackets(value)} IS NOT NULL" if value else "") or "true"
    day = f"CAST({day_of(quoted(source.time), source.kinds['time'], reading)} AS DATE)"
    seen = _joined(inside, narrowed, f"({looked} OR ({there}))")
    return (
        f"  SELECT {period} AS period, bool_or(coalesce({looked}, false)) AS tracked, count(DISTINCT {day}) AS days\n"
        f"  FROM {source.relation}\n  WHERE {seen}\n  GROUP BY 1"
    )


def _recorded(reading: Reading, source: Source, value: str) -> tuple[str, str, str]:
    """First and last day with a row in a week or a month, and on how many days something was recorded."""
    if reading.period == "day":
        return "NULL::DATE", "NULL::DATE", "NULL::BIGINT"
    day = f"CAST({day_of(quoted(source.time), source.kinds['time'], reading)} AS DATE)"
    there = "" if reading.aggregate == "count" else f" FILTER ({_in_brackets(value)} IS NOT NULL)"
    days = f"count(DISTINCT {day}){there}" if reading.aggregate in ADDED else "NULL::BIGINT"
    return f"min({day})", f"max({day})", days


def _period(source: Source, reading: Reading) -> str:
    if not source.time:
        return "rowid + 1"
    moment = day_of(quoted(source.time), source.kinds["time"], reading)
    return f"CAST({f'date_trunc({literal(reading.period)}, {moment})' if reading.period != 'day' else moment} AS DATE)"


def _inside(source: Source, reading: Reading, bounds: tuple[date | None, date | None]) -> str:
    """
    The study's days: plain conditions on the column, a little wide, so that other files can be left out.

    The exact ones look at the local day, which takes long to compute; where a period is a day they
    look at the groups, at the end of the statement, else at the rows.
    """
    if not source.time:
        return ""
    kind, column = source.kinds["time"], quoted(source.time)
    plain, suffix = ("DATE", "") if kind == "DATE" else ("TIMESTAMP", " 00:00:00")
    if "TIME ZONE" in kind:
        plain, suffix = "TIMESTAMPTZ", " 00:00:00Z"
    first, last = bounds
    found = [f"{column} >= {plain} '{_moved(first, -_MARGIN)}{suffix}'"] if first is not None else []
    found += [f"{column} <= {plain} '{_moved(last, _MARGIN)}{suffix}'"] if last is not None else []
    if reading.period != "day":
        found += _between(f"CAST({day_of(column, kind, reading)} AS DATE)", bounds)
    return " AND ".join(found)


def _between(day: str, bounds: tuple[date | None, date | None]) -> list[str]:
    """A row without a time is on no day; where nothing bounds the days it is kept, and told."""
    first, last = bounds
    found = [f"{day} >= DATE '{first}'"] if first is not None else []
    return found + ([f"{day} <= DATE '{last}'"] if last is not None else [])


def _moved(day: date, by: timedelta) -> date:
    try:
        return day + by
    except OverflowError:
        return day


def _aggregates(reading: Reading, source: Source, value: str) -> tuple[str, str, str]:
    """Value, weight and the number of unusable values of a period, as DOUBLE, DOUBLE and a count."""
    if reading.aggregate == "count":
        return "CAST(count(*) AS DOUBLE)", _weight(reading, source), "0"
    kind = source.kinds["value"]
    number = _number(value, kind)
    unusable = f"count(*) FILTER (NOT isfinite(CAST({number} AS DOUBLE)))" if kind in _FLOATING else "0"
    if reading.aggregate == "share":
        seen, weight = f"FILTER ({number} IS NOT NULL)", source.kinds["weight"]
        trials = f"{_sum(_number(reading.weight, weight), weight)} {seen}" if reading.weight else f"count({number})"
        # Nothing is divided by no trials: NULL, a missing day.
        share = f"CAST({_sum(number, kind)} AS DOUBLE) / nullif(CAST({trials} AS DOUBLE), 0)"
        return share, f"CAST({trials} AS DOUBLE)", unusable
    made = {
        "mean": f"favg({number} ORDER BY {number})" if kind in _FLOATING else f"avg({number})",
        "sum": _sum(number, kind),
        "median": f"median({number})",
    }
    return f"CAST({made[reading.aggregate]} AS DOUBLE)", _weight(reading, source), unusable


def _weight(reading: Reading, source: Source) -> str:
    if not reading.weight:
        return "NULL::DOUBLE"
    return f"CAST({_sum(_number(reading.weight, source.kinds['weight']), source.kinds['weight'])} AS DOUBLE)"


def _sum(number: str, kind: str) -> str:
    """A sum that is the same whatever the order in which threads meet the rows."""
    return f"fsum({number} ORDER BY {number})" if kind in _FLOATING else f"sum({number})"


def _number(expression: str, kind: str) -> str:
    """
    Raises:
        Config: It is none.
    """
    if kind == "BOOLEAN":
        return f"CAST({_in_brackets(expression)} AS INTEGER)"
    if kind in EXACT or kind in _FLOATING or kind.startswith("DECIMAL"):
        return _in_brackets(expression)
    raise Config(f"{expression!r} is {kind}, which is no number", next="correct value or weight in the study's file")


def _joined(*conditions: str) -> str:
    """Conditions that are in brackets where they need them."""
    return " AND ".join(filter(None, conditions))


def _all_of(*conditions: str) -> str:
    return " AND ".join(_in_brackets(each) for each in conditions if each)


def _in_brackets(expression: str) -> str:
    # On lines of its own: a comment in it ends there.
    return f"(\n{expression}\n)" if "--" in expression else f"({expression})"
