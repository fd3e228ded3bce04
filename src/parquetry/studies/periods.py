"""Days, weeks and months: the first and the last day of each."""

from __future__ import annotations

from datetime import date, timedelta

from parquetry.studies import PeriodName

DAY = timedelta(days=1)


def first_of(day: date, period: PeriodName) -> date:
    """The first day of the period that *day* is in; weeks begin on Monday."""
    if period == "month":
        return day.replace(day=1)
    return day - day.weekday() * DAY if period == "week" else day


def last_of(first: date, period: PeriodName) -> date:
    """The last day of the period that begins on *first*."""
    if period == "month":
        return (first + 31 * DAY).replace(day=1) - DAY
    return first + 6 * DAY if period == "week" else first
