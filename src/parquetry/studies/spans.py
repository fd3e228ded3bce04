"""
The phases of a study as days: what it declares, or what a dataset like PhaseAssignment says.

A phase that begins or ends in the middle of a local day leaves that day to nobody.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple, get_args

from parquetry.errors import BadInput, Config
from parquetry.studies import Member, PeriodName, Study
from parquetry.studies.treatment import require_one_baseline

UNTREATED, TREATED = "A", "B"
"""The labels of an intervention's two phases."""
BETWEEN, WITHIN, WASHOUT = "between phases", "phase changes within the {period}", "washout"
UNKNOWN, PARTIAL = "phase not known", "partial {period}"
OF_NO_PHASE = frozenset(
    {BETWEEN, UNKNOWN, *(each.format(period=p) for each in (WITHIN, PARTIAL) for p in get_args(PeriodName))}
)
"""Why a period is of no phase, or not wholly of one: nobody asked for its value."""
_DAY = timedelta(days=1)


class Span(NamedTuple):
    """
    Days of one phase, both inclusive; None is where the data begin or end.

    Attributes:
        washout: None of them counts.
        begins_within, ends_within: The day before *first*, or after *last*, is partly of this phase.
    """

    label: str
    first: date | None
    last: date | None
    washout: bool = False
    begins_within: bool = False
    ends_within: bool = False


class Assigned(NamedTuple):
    """
    A row of a dataset like PhaseAssignment.

    Attributes:
        start, end: Local moments; the end is the moment at which the phase is over, or None.
        planned: Days, or None.
        utc_start, utc_end: The same as written, in UTC: a midnight there may be an app's way to keep a date.
    """

    protocol: str
    label: str
    type: str
    start: datetime | None
    end: datetime | None
    planned: int | None
    utc_start: datetime | None
    utc_end: datetime | None


def spans(study: Study, member: Member | None = None, assigned: Sequence[Assigned] = ()) -> tuple[Span, ...]:
    """
    The phases in order; empty where a column or the labels of periods say them.

    Raises:
        BadInput: Assigned phases that overlap or have no dates, or none or several protocols.
    """
    phases = study.phases
    start = member.intervention if member else phases.intervention
    if start:
        return (Span(UNTREATED, phases.first, start - _DAY), Span(TREATED, start, phases.last))
    if phases.listed:
        return tuple(Span(each.label, each.first, each.last) for each in phases.listed)
    return _assigned(_of_protocol(study, assigned)) if phases.dataset else ()


def span_at(spans: Sequence[Span], day: date) -> Span | None:
    """The phase that *day* is in, or None."""
    return next((s for s in spans if (s.first is None or s.first <= day) and (s.last is None or day <= s.last)), None)


def bounds(study: Study, found: Sequence[Span]) -> tuple[date | None, date | None]:
    """The study's first and last day, as far as anybody has said."""
    first, last = study.phases.first, study.phases.last
    return first or (found[0].first if found else None), last or (found[-1].last if found else None)


def with_treated(study: Study, assigned: Sequence[Assigned]) -> Study:
    """
    *study* with the treated labels that the dataset's ``phaseType`` says, unless it declares them itself.

    Raises:
        BadInput: As `spans`.
        Config: Two interventions beside a baseline, and nothing says which is meant; or more than one
            baseline beside the labels that are declared as treated.
    """
    if not study.phases.dataset:
        return study
    rows = [row for row in _of_protocol(study, assigned) if row.type != "WASHOUT"]
    if treated := study.phases.treated:
        require_one_baseline(study.name, [row.label for row in rows], treated)
        return study
    types = list(dict.fromkeys(row.type for row in rows))
    others = [each for each in types if each != "BASELINE"] if "BASELINE" in types else types[1:]
    if len(others) > 1:
        raise Config(
            f"the phases of {study.phases.dataset} are of {len(types)} types: {', '.join(types)}",
            next="say with [phases] treated = […] which labels are the treatment, and [[exclude]] what is neither",
        )
    labels = dict.fromkeys(row.label for row in rows if row.type in others)
    return replace(study, phases=replace(study.phases, treated=tuple(labels)))


def _of_protocol(study: Study, assigned: Sequence[Assigned]) -> list[Assigned]:
    dataset, protocol = study.phases.dataset, study.phases.protocol
    known = sorted({row.protocol for row in assigned})
    if not protocol and len(known) > 1:
        raise BadInput(
            f"{dataset} has the phases of {len(known)} protocols",
            what=f"protocols: {', '.join(known[:8])}{' …' if len(known) > 8 else ''}",
            next="say which with [phases] protocol = …",
        )
    found = [row for row in assigned if row.protocol == (protocol or row.protocol)]
    if not found:
        said = f"no phase of the protocol {protocol!r}" if protocol else "no phase"
        raise BadInput(f"{dataset} has {said}", what=f"protocols: {', '.join(known) or 'none'}")
    return found


def _assigned(rows: Sequence[Assigned]) -> tuple[Span, ...]:
    moments = sorted((_moments(row) for row in rows), key=lambda each: each[1])
    found = []
    ends = [end if end is not None else after[1] for (*_, end), after in pairwise(moments)]
    for (row, start, _), until in zip(moments, [*ends, moments[-1][2]], strict=True):
        if until is not None and until <= start:
            raise BadInput(f"the phase {row.label} ends on {until}, before it begins")
        last = None if until is None else until.date() - _DAY
        within = start.time() != time(0), until is not None and until.time() != time(0)
        first = start.date() + _DAY if within[0] else start.date()
        if last is None or first <= last:
            found.append(Span(row.label, first, last, row.type == "WASHOUT", *within))
    for (before, _, end), (after, start, _) in pairwise(moments):
        if end is not None and start < end:
            raise BadInput(
                f"the phases {before.label} and {after.label} overlap",
                what=f"one ends at {end}, the other begins at {start}",
            )
    return tuple(found)


def _moments(row: Assigned) -> tuple[Assigned, datetime, datetime | None]:
    start, end = _moment(row.start, row.utc_start), _moment(row.end, row.utc_end)
    if start is None:
        raise BadInput(f"the phase {row.label} has no beginning")
    if end is None and row.planned is not None:
        end = start + math.floor(row.planned) * _DAY
    return row, start, end


def _moment(local: datetime | None, utc: datetime | None) -> datetime | None:
    """A midnight in UTC is a date; of any other moment the study's zone says to which day it belongs."""
    return utc if utc is not None and utc.time() == time(0) else local
