"""
A study beside its registration: its file, the SQL that it names, and the days that were known then.

What a difference means for the answer is said where the answer is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

from parquetry.project import Project
from parquetry.project.study_rows import Rows, Series
from parquetry.project.study_sql import sql_of
from parquetry.studies import Study, registration
from parquetry.studies.recorded import Recorded, as_of, day_at, recorded
from parquetry.studies.registration import Deviation, Phase, Registration
from parquetry.studies.spans import Span


def deviations(
    project: Project | None, study: Study, before: Registration, series: Mapping[str, Series] | None, csv: str = ""
) -> tuple[Deviation, ...]:
    """
    In what *study* is not as it was registered.

    Args:
        series: Its days as they are now; None where nobody could look.
        csv: sha256 of the file that they are from, or empty.
    """
    found = registration.deviations(study, before, sql_of(project, study))
    if series is None:
        return found
    now = {
        name: as_of(study.reading, series[name].days, _assigned(study, series[name]), each.last)
        for name, each in before.known.recorded.items()
        if name in series
    }
    phases = phases_of(study, series)
    return (
        *found,
        *_other_source(study, before, csv),
        *registration.phase_deviations(before, phases),
        *registration.data_deviations(before, now),
    )


def phases_of(study: Study, series: Mapping[str, Series]) -> tuple[Phase, ...]:
    """Those that a dataset says, with dates as ISO texts."""
    spans = [span for each in series.values() for span in _assigned(study, each)]
    return tuple((span.label, _iso(span.first), _iso(span.last), span.washout) for span in spans)


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _other_source(study: Study, before: Registration, csv: str) -> Iterator[Deviation]:
    """A file in place of the lake, or the other way round."""
    lake = study.reading.dataset or study.reading.query
    if lake and bool(before.known.csv) != bool(csv):
        told = {False: lake, True: "a CSV file"}
        yield Deviation("source", told[bool(before.known.csv)], told[bool(csv)], False)


def known_days(rows: Rows, now: datetime) -> dict[str, Recorded]:
    """By series, the days of *rows* that were over at *now*."""
    study = rows.study
    until = day_at(now, study.reading)
    found = {
        name: recorded(study.reading, each.days, _assigned(study, each), until) for name, each in rows.series.items()
    }
    return {name: each for name, each in found.items() if each is not None}


def _assigned(study: Study, series: Series) -> Sequence[Span]:
    """Phases that are data; those that the study declares are registered with it."""
    return series.spans if study.phases.dataset else ()
