"""
A study's days on the calendar: rows that a query made become the `Panel` that an analysis takes.

A day without rows is missing, or zero where the study says so and somebody was tracking. A day that
does not count keeps its value and gets a reason. Nothing is filled in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise

import numpy as np

from parquetry.analysis.estimates import Floats
from parquetry.analysis.panel import Panel
from parquetry.errors import BadInput, Config
from parquetry.studies import PeriodName, Reading, Study
from parquetry.studies.days import ADDED, Day, Measured
from parquetry.studies.periods import DAY, first_of, last_of
from parquetry.studies.spans import BETWEEN, PARTIAL, UNKNOWN, UNTREATED, WASHOUT, WITHIN, Span, span_at

_TOLERANCE = 1e-6  # of successes, which are a share times trials
_LONGEST = 366 * 100  # periods; a longer study is a date that is wrong


def panel(
    study: Study,
    days: Sequence[Day],
    spans: Sequence[Span] = (),
    *,
    first: date | None = None,
    last: date | None = None,
    dated: bool = True,
) -> Panel:
    """
    The panel of one series.

    Args:
        days: Periods with rows, in order.
        spans: The phases by date; empty where a column, the labels of the study or nothing says them.
        first, last: The study's days, both inclusive; None is where the data begin or end.
        dated: Whether periods are dates; else they are the numbers of rows, from 1.

    Raises:
        BadInput: A value that cannot be one, a period without a time, no day at all; labels that do
            not fit the days, or no phase on any day.
    """
    if lost := sum(day.outcome.rows or 0 for day in days if day.period is None):
        raise BadInput(f"{lost} rows of {study.name} have no time, so they are on no day")
    for day in days:
        _require_numbers(study, day)
    on = {day.period: day for day in days}
    periods = _calendar(study, on, first, last) if dated else list(range(1, len(days) + 1))
    found = [on.get(period) for period in periods]
    outcome, weight = _outcome(study, found)
    phases, unfit = _phases(study, periods, found, spans)
    weighted = study.outcome.kind == "share" or bool(study.reading.weight)
    return Panel(
        outcome,
        phases,
        np.array(periods, dtype="M8[D]").astype(_DTYPES[study.reading.period]) if dated else None,
        study.reading.period,
        {
            covariate.name: _quantity(covariate.reading, [None if day is None else day.covariates[i] for day in found])
            for i, covariate in enumerate(study.covariates)
        },
        weight if weighted else None,
        {
            **unfit,
            **_unrecorded(study, periods, found),
            **_partial(study, periods, found, first, last),
            **_excluded(study, periods),
        },
        study.outcome.unit,
    )


_DTYPES = {"day": "M8[D]", "week": "M8[D]", "month": "M8[M]"}


def _calendar(study: Study, on: Iterable[object], first: date | None, last: date | None) -> list[date | int]:
    """Every period from the first to the last; labels, one a period, say how many there are."""
    period, labels = study.reading.period, study.phases.labels
    there = [each for each in on if isinstance(each, date)]
    if not there:
        raise BadInput(
            f"no row of {study.name} is in its days", next="look at dataset, where and the dates of the study"
        )
    begin, end = first_of(first or min(there), period), first_of(last or max(there), period)
    found: list[date | int] = []
    while begin <= end if last or not labels else len(found) < len(labels):
        found.append(begin)
        begin = last_of(begin, period) + DAY
        if len(found) > _LONGEST:
            raise BadInput(f"{study.name} goes from {found[0]} to {end}; one of its dates is wrong")
    if labels and last is None and end > found[-1]:  # type: ignore[operator]
        raise BadInput(
            f"{len(labels)} labels, and the data of {study.name} go on after them, to {end}",
            next=f"say the last {period} with [phases] last",
        )
    return found


def _require_numbers(study: Study, day: Day) -> None:
    """What cannot be a value is no missing value either."""
    where = f"row {day.period}" if isinstance(day.period, int) else str(day.period)
    named = zip(("outcome", *(c.name for c in study.covariates)), (day.outcome, *day.covariates), strict=True)
    for name, each in named:
        if each.unusable or (each.value is not None and not math.isfinite(each.value)):
            raise BadInput(f"{where}: the {name} of {study.name} is NaN or infinite", day=str(day.period))
    value, weight = day.outcome.value, day.outcome.weight
    if value is None:
        return
    if study.outcome.kind == "count" and (value < 0 or value != int(value)):
        raise BadInput(
            f"{where}: {value:g} is no count", next="a count is a whole number; else take kind = 'continuous'"
        )
    if study.reading.weight and (weight is None or not weight > 0 or not math.isfinite(weight)):
        raise BadInput(f"{where}: the weight is {weight}, and must be above 0")
    if study.outcome.kind == "share" and weight is not None:
        successes = value * weight
        if not 0 <= value <= 1 or abs(successes - round(successes)) > _TOLERANCE * max(1.0, weight):
            raise BadInput(f"{where}: {successes:g} of {weight:g} trials is no share")


def _outcome(study: Study, days: Sequence[Day | None]) -> tuple[Floats, Floats]:
    measured = [None if day is None else day.outcome for day in days]
    weight = [np.nan if each is None or each.weight is None else each.weight for each in measured]
    return _quantity(study.reading, measured), np.array(weight, dtype=np.float64)


def _quantity(reading: Reading, measured: Sequence[Measured | None]) -> Floats:
    return np.array([_value(reading, each) for each in measured], dtype=np.float64)


def _value(reading: Reading, measured: Measured | None) -> float:
    """What is NULL in rows that are there is missing whatever an empty day means."""
    if measured is not None and measured.rows:
        return math.nan if measured.value is None else measured.value
    if reading.empty == "missing":
        return math.nan
    tracked = not reading.tracked or (measured is not None and bool(measured.tracked))
    return 0.0 if tracked else math.nan


def _phases(
    study: Study, periods: Sequence[date | int], days: Sequence[Day | None], spans: Sequence[Span]
) -> tuple[tuple[str, ...], dict[int, str]]:
    """The phase of each period, and the periods that are in none, or not in one alone."""
    if spans:
        return _by_date(study.reading.period, [each for each in periods if isinstance(each, date)], spans)
    if study.phases.labels:
        if len(study.phases.labels) != len(periods):
            raise BadInput(
                f"{len(study.phases.labels)} labels for the {len(periods)} {study.reading.period}s of {study.name}"
            )
        return study.phases.labels, {}
    return _by_column(study, days) if study.phases.column else ((), {})


def _by_column(study: Study, days: Sequence[Day | None]) -> tuple[tuple[str, ...], dict[int, str]]:
    """
    A period of which nothing is known belongs to the phase that is before and after it.

    Between two it is in neither, and is shown with the one before; the first ones are with the one after.
    """
    said = [None if day is None else day.phase for day in days]
    if not any(said):
        raise BadInput(f"no row of {study.name} says a phase in '{study.phases.column}'")
    unfit = {
        row: WITHIN.format(period=study.reading.period)
        for row, day in enumerate(days)
        if day is not None and day.phase != day.last_phase
    }
    unfit |= {
        row: "no phase is recorded"
        for row, day in enumerate(days)
        if day is not None and day.outcome.rows and not day.phase
    }
    return _filled([label or "" for label in said]), {**_unknown(days), **unfit}


def _unknown(days: Sequence[Day | None]) -> dict[int, str]:
    """Periods without rows between two phases."""
    known = [(row, {day.phase, day.last_phase}) for row, day in enumerate(days) if day is not None and day.phase]
    return {
        row: UNKNOWN
        for (before, old), (after, new) in pairwise(known)
        for row in range(before + 1, after)
        if not old & new
    }


def _by_date(
    period: PeriodName, periods: Sequence[date], spans: Sequence[Span]
) -> tuple[tuple[str, ...], dict[int, str]]:
    labels, unfit = list[str | None](), dict[int, str]()
    for row, begin in enumerate(periods):
        inside = [span_at(spans, begin + i * DAY) for i in range((last_of(begin, period) - begin).days + 1)]
        # Days of an open end have no span before the first or after the last; they take no part.
        named = [span for span in inside if span is not None]
        conditions = {span.label for span in named if not span.washout}
        labels.append(None if not named else "" if named[-1].washout else named[-1].label)
        if len(conditions) > 1:
            unfit[row] = WITHIN.format(period=period)
        elif any(span.washout for span in named):
            unfit[row] = WASHOUT
        elif not named:
            unfit[row] = WITHIN.format(period=period) if _within(spans, begin) else BETWEEN
    # A washout belongs to the phase that follows it, as the days of `Phases.washout` do; what is
    # between two phases to the one before, so that an effect does not begin before its phase.
    for row in range(len(labels) - 2, -1, -1):
        labels[row] = (labels[row + 1] or "") if labels[row] == "" else labels[row]
    return _filled([label or "" for label in labels]), unfit


def _within(spans: Sequence[Span], day: date) -> bool:
    """Whether a phase begins or ends in the middle of *day*."""
    return any((s.ends_within and s.last == day - DAY) or (s.begins_within and s.first == day + DAY) for s in spans)


def _filled(labels: Sequence[str]) -> tuple[str, ...]:
    """Each empty label is the one before it, or the first that there is."""
    found: list[str] = []
    for label in labels:
        found.append(label or (found[-1] if found else next(filter(None, labels))))
    return tuple(found)


def _excluded(study: Study, periods: Sequence[date | int]) -> dict[int, str]:
    """A week or a month with a day in it that does not count does not count either."""
    return {
        row: each.reason
        for row, begin in enumerate(periods)
        for each in study.exclude
        if isinstance(begin, date) and each.first <= last_of(begin, study.reading.period) and begin <= each.last
    }


def _unrecorded(study: Study, periods: Sequence[date | int], days: Sequence[Day | None]) -> dict[int, str]:
    """Weeks and months whose sum lacks a day: a day without rows is missing, and not nothing."""
    period, found = study.reading.period, dict[int, str]()
    if period == "day" or _are_periods(days):
        return found
    readings = (study.reading, *(covariate.reading for covariate in study.covariates))
    names = ("", *(f"{covariate.name} " for covariate in study.covariates))
    for row, (begin, day) in enumerate(zip(periods, days, strict=True)):
        assert isinstance(begin, date)
        length = (last_of(begin, period) - begin).days + 1
        measured = () if day is None else (day.outcome, *day.covariates)
        for name, reading, each in zip(names, readings, measured, strict=False):
            # A rate has its exposure, which lacks the same days.
            added = reading.aggregate in ADDED and not reading.weight
            looked = reading.empty == "missing" or bool(reading.tracked)
            if added and looked and (each.rows or each.tracked) and (each.days or 0) < length:
                found.setdefault(row, f"{name}incomplete: {each.days or 0} of {length} days recorded")
    return found


def _are_periods(days: Sequence[Day | None]) -> bool:
    """Whether the rows are weeks or months themselves: one each, dated by its first day."""
    there = [day for day in days if day is not None and day.outcome.rows]
    return bool(there) and all(day.outcome.rows == 1 and day.begins == day.period for day in there)


def _partial(
    study: Study, periods: Sequence[date | int], days: Sequence[Day | None], first: date | None, last: date | None
) -> dict[int, str]:
    """The first and the last week or month, unless the study, or its data, go to its end."""
    period = study.reading.period
    if period == "day" or not periods:
        return {}
    begin, end = periods[0], periods[-1]
    assert isinstance(begin, date)
    assert isinstance(end, date)
    whole = _are_periods(days)
    if first is None and days[0] is not None:
        first = begin if whole else days[0].begins
    if last is None and days[-1] is not None:
        last = last_of(end, period) if whole else days[-1].ends
    found = {}
    if first is None or first > begin:
        found[0] = PARTIAL.format(period=period)
    if last is None or last < last_of(end, period):
        found[len(periods) - 1] = PARTIAL.format(period=period)
    return found


def require_both(study: Study, name: str, panel: Panel) -> None:
    """
    Raises:
        Config: No day of *panel* is treated, or none is not: what would be compared is not there.
    """
    if len(set(panel.phases)) != 1:
        return
    which = f"{study.name} {name}".strip()
    start = next((each.intervention for each in study.series if each.name == name), study.phases.intervention)
    days = f"{len(panel)} {panel.period}s" if panel.days is None else f"{panel.days[0]} to {panel.days[-1]}"
    if start is None:
        said = f"all days of {which} are of one phase, {panel.phases[0]}"
    else:
        side = "after the last" if panel.phases[0] == UNTREATED else "not after the first"
        said = f"the intervention of {which}, {start}, is {side} day of its data"
    raise Config(said, what=f"data: {days}", next="correct the date, or wait until there are days of both phases")
