"""
What was recorded of a study by a certain day, as one digest a series.

A registration keeps it, so that days which were known by then cannot change their value, their phase or
whether they are there without a word. A digest tells that something changed, not what.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from parquetry.lake.write import literal
from parquetry.studies import Reading
from parquetry.studies.days import Day, Measured, day_of
from parquetry.studies.periods import last_of
from parquetry.studies.spans import Span, span_at

_DIGITS = 12  # of a value: what the order of additions may change lies behind them


@dataclass(frozen=True, slots=True)
class Recorded:
    """
    The periods of a series that were over and had rows.

    Attributes:
        last: The last of them; the number of its row, from 1, where rows have no time.
        days: How many periods have a value.
        sha256: Over period, value, weight and phase of each, and its covariates.
    """

    last: date | int
    days: int
    sha256: str


def recorded(reading: Reading, days: Sequence[Day], spans: Sequence[Span], until: date) -> Recorded | None:
    """
    What is known of *days*.

    Args:
        days: In order.
        spans: The phases, where a dataset says them; else they stand in the study, or in the rows.
        until: The first day that was not over; rows without a time are known however late it is.

    Returns:
        None: Of nothing.
    """
    known = [each.period for each in days if each.period is not None and _over(each.period, reading, until)]
    return as_of(reading, days, spans, known[-1]) if known else None


def as_of(reading: Reading, days: Sequence[Day], spans: Sequence[Span], last: date | int) -> Recorded:
    """The same for the periods up to *last*, inclusive, as they are now."""
    inside = [each for each in days if type(each.period) is type(last) and each.period <= last]  # type: ignore[operator]
    text = json.dumps([list(_entry(each, reading, spans)) for each in inside], separators=(",", ":"))
    found = sum(each.outcome.value is not None for each in inside)
    return Recorded(last, found, hashlib.sha256(text.encode()).hexdigest())


def day_at(moment: datetime, reading: Reading) -> date:
    """Which day of the study *moment*, which has a zone, is on."""
    with duckdb.connect() as connection:  # the zones that days are computed with
        made = day_of(f"{literal(moment.isoformat())}::TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE", reading)
        row = connection.execute(f"SELECT CAST({made} AS DATE)").fetchone()
    assert row is not None
    found = row[0]
    assert isinstance(found, date)
    return found


def _over(period: date | int, reading: Reading, until: date) -> bool:
    return isinstance(period, int) or last_of(period, reading.period) < until


def _entry(day: Day, reading: Reading, spans: Sequence[Span]) -> Iterator[object]:
    yield str(day.period)
    yield day.phase
    yield day.last_phase
    if isinstance(day.period, date):
        ends = (span_at(spans, day.period), span_at(spans, last_of(day.period, reading.period)))
        yield [None if each is None else [each.label, each.washout] for each in ends]
    for each in (day.outcome, *day.covariates):
        yield list(_measured(each))


def _measured(measured: Measured) -> Iterator[object]:
    for number in (measured.value, measured.weight):
        yield None if number is None else f"{number:.{_DIGITS}g}"
    yield bool(measured.rows)
    yield bool(measured.tracked)
