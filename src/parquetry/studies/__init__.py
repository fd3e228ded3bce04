"""
A study: what was asked, of which outcome, by which design, decided before the answer was seen.

This is the noun alone: the values that a file ``studies/NAME.toml`` declares, in its own words.
`declared` reads one, `registration` freezes it, `days` says how rows become the study's days. Nothing
here computes an answer; that is `analysis`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from datetime import time as clock
from typing import Any, Literal, TypeAlias

DesignName: TypeAlias = Literal["ITS", "AB", "ABAB", "alternating", "multiple baseline"]
DESIGNS: tuple[DesignName, ...] = ("ITS", "AB", "ABAB", "alternating", "multiple baseline")
DRIFTING: tuple[DesignName, ...] = ("ITS", "multiple baseline")
"""Designs whose baseline may drift unless the study says otherwise."""
BASELINES = frozenset({"a", "baseline", "control", "off"})
"""Conditions that are no treatment, wherever they stand: a drawn schedule may begin with the treatment."""
Kind: TypeAlias = Literal["continuous", "count", "share"]
Aggregate: TypeAlias = Literal["mean", "sum", "count", "share", "median"]
Empty: TypeAlias = Literal["missing", "zero"]
PeriodName: TypeAlias = Literal["day", "week", "month"]
ImpactName: TypeAlias = Literal["level", "slope", "both"]
Chosen: TypeAlias = Literal["fixed", "randomised"]
Candidates: TypeAlias = Literal["starts", "changes", "blocks", "complete", "listed"]
_MIDNIGHT = clock(0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What is measured.

    Attributes:
        name, unit: For people: ``minutes asleep``, ``min``.
        direction: In which direction a change is wanted.
        kind: ``continuous``; ``count`` (whole numbers, per exposure where there is one); ``share`` (successes
            of trials).
        smallest: The smallest effect of interest, above 0, in the outcome's unit: for a count as a rate a
            period, for a share between 0 and 1. None where none was stated.
        region: Of practical equivalence, in the outcome's unit; by default what is smaller than *smallest*.
    """

    name: str
    unit: str = ""
    direction: Literal["increase", "decrease"] = "increase"
    kind: Kind = "continuous"
    smallest: float | None = None
    region: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """
    Where rows come from and how they become one value a period.

    Attributes:
        dataset: A dataset of the lake; or
        query: a named query (``queries/NAME.sql``) with *params*. With neither, rows come from a CSV
            file named on the command line.
        value: An SQL expression over a row: a column, or ``completionQuality = 'THOROUGH'`` for a share.
            Empty for an aggregate of ``count``.
        time: The column that says when: a timestamp in UTC, or a date. By default the dataset's time
            column, or the column ``day``.
        where: An SQL condition that rows must meet; empty for all.
        aggregate: Of the rows of a period.
        weight: An SQL expression, summed over a period: exposure of a count, trials of a share. By default the
            number of rows with a value, for a share; none for others.
        timezone: An IANA name; a day is a day there.
        day_starts: Local time at which a day begins: 04:00 counts a short night to the day before.
        period: What a row of the panel is.
        empty: What a period without rows means.
        tracked: An SQL condition: with ``empty = "zero"``, only periods with at least one row that meets
            it are zero; the others are missing, since nobody was looking.
    """

    dataset: str = ""
    query: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    value: str = ""
    time: str = ""
    where: str = ""
    aggregate: Aggregate = "mean"
    weight: str = ""
    timezone: str = "UTC"
    day_starts: clock = _MIDNIGHT
    period: PeriodName = "day"
    empty: Empty = "missing"
    tracked: str = ""


@dataclass(frozen=True, slots=True)
class Covariate:
    """
    Something else that moves the outcome; it must have a value on every day that counts.

    Attributes:
        reading: Like the outcome's; its period, time zone and day boundary are the outcome's.
        affected: The treatment is believed to affect it too: then the analysis is refused.
    """

    name: str
    reading: Reading
    affected: bool = False


@dataclass(frozen=True, slots=True)
class DeclaredPhase:
    """Days from *first* to *last*, both inclusive, under one label."""

    label: str
    first: date
    last: date
    treated: bool


@dataclass(frozen=True, slots=True)
class Phases:
    """
    When the treatment was on. One of *intervention*, *unknown*, *listed*, *labels*,
    *dataset* and *column* says so.

    Attributes:
        intervention: The first treated day, inclusive (ITS and AB).
        unknown: The day is not known and is looked for in the data (ITS and AB): the answer is exploratory.
        listed: Phases by dates.
        labels: The label of each period from *first* on: ``("A", "B", "B", "A")``.
        dataset, protocol: A dataset like PhaseAssignment, and the id of the protocol in it.
        column: A column of the outcome's rows (or of the CSV) that says the phase.
        treated: Which labels are treatment; by default those that the first period does not have, or what
            the dataset's ``phaseType`` says.
        first, last: The study's days, both inclusive; None is where the data begin or end.
        washout: Periods at the beginning of each phase but the first that do not count.
    """

    intervention: date | None = None
    unknown: bool = False
    listed: tuple[DeclaredPhase, ...] = ()
    labels: tuple[str, ...] = ()
    dataset: str = ""
    protocol: str = ""
    column: str = ""
    treated: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None
    washout: int = 0


@dataclass(frozen=True, slots=True)
class Model:
    """
    What the regression holds.

    Attributes:
        impact: A jump, a change of slope, or both (ITS).
        trend: Whether the baseline may drift; None is the design's own way: yes for `DRIFTING` designs.
        season: Weekdays from three weeks on; the year's harmonics for weeks and months.
        window: First and last day of average, cumulative and relative effect (ITS); None is all treated days.
        level: Probability in the intervals.
    """

    impact: ImpactName = "both"
    trend: bool | None = None
    season: bool = True
    window: tuple[date, date] | None = None
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class Schedule:
    """
    How it was decided when the treatment is on.

    Attributes:
        chosen: ``fixed``, or ``randomised``; only then there is a randomisation test.
        seed: Of the draw.
        candidates: The set that was drawn from. ``starts``: a first treated day among *dates*. ``changes``:
            phases of at least *shortest* periods. ``blocks``: of twice *block* periods. ``complete``: any
            as many periods. ``listed``: the *listed* ones, each a label a period.
        shared: The *dates* of a multiple-baseline study were handed out, each to one series; else every
            series drew its own.
    """

    chosen: Chosen = "fixed"
    seed: int | None = None
    candidates: Candidates | None = None
    dates: tuple[date, ...] = ()
    shortest: int | None = None
    block: int | None = None
    listed: tuple[tuple[str, ...], ...] = ()
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Excluded:
    """Days that do not count although they may have a value, both inclusive, and why."""

    first: date
    last: date
    reason: str


@dataclass(frozen=True, slots=True)
class Member:
    """
    One series of a multiple-baseline study: its own rows and its own intervention.

    Attributes:
        where: A condition in addition to the outcome's.
        value: Instead of the outcome's, or empty.
    """

    name: str
    intervention: date
    where: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Study:
    """
    What ``studies/NAME.toml`` declares.

    Attributes:
        question, hypothesis: In one sentence each.
        stopping: The rule by which it was to end, in words.
        exclude: Days taken out, with reasons.
        series: Of a multiple-baseline study; else empty.
        about: What a report's checklist asks for and nobody can compute: participant, setting, procedure,
            fidelity, harms, ethics, funding, registration … as free text.
    """

    name: str
    question: str
    design: DesignName
    outcome: Outcome
    reading: Reading
    phases: Phases = Phases()
    hypothesis: str = ""
    model: Model = Model()
    covariates: tuple[Covariate, ...] = ()
    schedule: Schedule = Schedule()
    stopping: str = ""
    exclude: tuple[Excluded, ...] = ()
    series: tuple[Member, ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values: dates and times as ISO texts, what was not declared with its default."""
        found = plain(self)
        assert isinstance(found, dict)
        return found


def plain(value: Any) -> Any:
    """A value of a study as JSON has it."""
    if hasattr(value, "__dataclass_fields__"):
        return {name: plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    if isinstance(value, clock):
        return value.isoformat(timespec="minutes")
    return value.isoformat() if isinstance(value, date) else value
