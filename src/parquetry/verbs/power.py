"""
What a study could show, before it is run: simulated from the person's own days without the treatment.

With a schedule drawn at random for the design that suffices. Nothing is written.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from parquetry.analysis.design import phases_of
from parquetry.analysis.futures import BASELINE_DAYS, Kind, Plan, lived
from parquetry.analysis.panel import Panel
from parquetry.analysis.power import SIMULATIONS, Powered
from parquetry.analysis.power import power as simulated
from parquetry.analysis.schedules import Drawn, drawn
from parquetry.errors import BadInput, Usage
from parquetry.project import Project
from parquetry.studies import Phases, Study
from parquetry.studies.declared import found
from parquetry.text import Told
from parquetry.verbs.panels import Gathered, panels

DAYS, PHASES = (30, 60, 120), (4, 6)
_SEEDS = 2**32

_LONGEST = 3_660
"""Days: ten years."""


@dataclass(frozen=True, slots=True)
class Designed(Told):
    """
    What designs of a study could show, and a schedule for one of them.

    Attributes:
        study: Its name.
        snapshot: That the baseline was read from; None for a CSV file.
        first, last: Days of the baseline, both inclusive; None where the days have no dates.
        powered: What each design could show.
        schedule: Of the shortest design that finds the smallest effect in four studies of five, or of the one
            that finds the smallest; None for weeks and months, and for several series.
    """

    study: str
    snapshot: int | None
    first: date | None
    last: date | None
    powered: Powered
    schedule: Drawn | None

    def __str__(self) -> str:
        told = [str(self.powered)]
        if self.schedule is not None:
            chosen = self.powered.chosen
            phases = f" in {chosen.phases} phases" if chosen.phases else ""
            told += [f"For {chosen.days} days{phases}:", str(self.schedule)]
        return "\n\n".join(told)


def power(
    project: Project | None,
    name: str,
    *,
    days: Sequence[int] = DAYS,
    phases: Sequence[int] = PHASES,
    effect: float | None = None,
    simulations: int = SIMULATIONS,
    seed: int | None = None,
    start: date | None = None,
    at: int | str | date | None = None,
    csv: Path | None = None,
    seen: Callable[[int, int], None] = lambda done, of: None,
) -> Designed:
    """
    Simulate what the study ``studies/NAME.toml`` could show with other numbers of days and phases.

    Args:
        project: May be None for a study's file with *csv*.
        days: In all, for each design to try; of the study's periods.
        phases: Of a reversal design; others have two.
        effect: Smallest of interest, instead of the study's.
        seed: Of the simulations (0 by default) and of the schedule (by default one that nobody knows before).
        start: First day of the schedule; by default the day after the baseline, but none that is past.
        at: The snapshot; the current one by default.
        csv: A file that the rows come from instead of the lake.
        seen: Called as it goes, with simulated studies done and of how many.

    Raises:
        Refused: The baseline has too few days, or nothing can be learned from it.
        Usage: A design that cannot be, or an effect that is none.
        Config: No such study, mistakes in its file, or data that it names and nobody has.
        BadInput: Values that cannot be an outcome, or no days before the treatment.
    """
    study, _ = found(project.root if project else None, name)
    smallest = study.outcome.smallest if effect is None else effect
    if smallest is not None and not 0 < smallest < math.inf:
        raise Usage(f"an effect of {smallest:g} is none; the study's direction says which way it is wanted")
    gathered = _before(project, study, at, csv)
    baseline = lived(next(iter(gathered.panels.values())), study.phases.first)
    plans = list(_plans(study, days, phases))
    powered = simulated(
        _as_rate(study, baseline), plans, smallest=smallest, direction=study.outcome.direction,
        level=study.model.level, simulations=simulations, seed=seed or 0, seen=seen,
    )  # fmt: skip
    begin, end = (None, None) if baseline.days is None else (_date(baseline.days[0]), _date(baseline.days[-1]))
    powered = replace(powered, design=study.design, notes=(*powered.notes, *_notes(study)))
    schedule = _schedule(study, powered, baseline, seed, start)
    return Designed(study.name, gathered.snapshot, begin, end, powered, schedule)


def _plans(study: Study, days: Sequence[int], phases: Sequence[int]) -> Iterator[Plan]:
    model, kind = study.model, study.design
    tried: Kind = "ITS" if kind == "multiple baseline" else kind
    trend = tried == "ITS" if model.trend is None else model.trend
    block = study.schedule.block or 1
    for number in phases if tried == "ABAB" else (2,):
        for length in days:
            # Alternating treatments come in whole blocks.
            whole = length - length % (2 * block) if tried == "alternating" else length
            if not 2 <= whole <= _LONGEST:
                raise Usage(f"a study of {length} days cannot be simulated; 2 to {_LONGEST:,} can")
            yield Plan(tried, whole, number, model.impact, trend, model.season, study.phases.washout, block)


def _before(project: Project | None, study: Study, at: int | str | date | None, csv: Path | None) -> Gathered:
    """The days before the treatment, those before the study's first day too."""
    day = _first_treated(study)
    if day is None and not study.phases.unknown:
        gathered = panels(project, study, at=at, csv=csv)
        panel = gathered.panels[""]
        row = next(phase.first for phase in phases_of(panel.phases, gathered.study.phases.treated) if phase.treated)
        if row >= BASELINE_DAYS or panel.days is None:
            return replace(gathered, panels={"": panel.until(row)})
        day = _date(panel.days[row])
    last = study.phases.last if day is None else day - timedelta(days=1)
    return panels(project, _untreated(study, last), at=at, csv=csv)


def _untreated(study: Study, last: date | None) -> Study:
    """The same outcome on days that nobody treats; of several series the first."""
    reading = study.reading
    if study.series:
        member = study.series[0]
        both = " AND ".join(f"({each})" for each in (reading.where, member.where) if each)
        reading = replace(reading, where=both, value=member.value or reading.value)
    return replace(
        study, design="ITS", reading=reading, covariates=(), series=(),
        phases=Phases(unknown=True, last=last),
    )  # fmt: skip


def _first_treated(study: Study) -> date | None:
    """What the study declares; None where only its data know, or nobody does."""
    phases = study.phases
    if study.series:
        return study.series[0].intervention
    if phases.listed:
        return min(phase.first for phase in phases.listed if phase.treated)
    if phases.labels and phases.first and study.reading.period == "day":
        runs = phases_of(phases.labels, phases.treated)
        return phases.first + timedelta(days=next(run.first for run in runs if run.treated))
    return phases.intervention


def _as_rate(study: Study, baseline: Panel) -> Panel:
    """A count per exposure, since the smallest effect is one a period's; others as they are."""
    if study.outcome.kind != "count" or baseline.weight is None:
        return replace(baseline, phases=(), weight=None)
    return replace(baseline, phases=(), weight=None, outcome=baseline.outcome / baseline.weight)


def _notes(study: Study) -> Iterator[str]:
    if study.outcome.kind != "continuous":
        yield f"the outcome is a {study.outcome.kind}; it is simulated and analysed as a number with normal noise"
    if study.series:
        yield f"one series alone ({study.series[0].name}); the pooled effect of several is more precise"


def _schedule(study: Study, powered: Powered, baseline: Panel, seed: int | None, start: date | None) -> Drawn | None:
    if study.series or study.reading.period != "day":
        return None
    after = date.min if baseline.days is None else _date(baseline.days[-1]) + timedelta(days=1)
    first = start or max(after, datetime.now().astimezone().date())
    drawn_with = secrets.randbelow(_SEEDS) if seed is None else seed
    chosen = powered.chosen
    try:
        return drawn(study, chosen.days, drawn_with, first, phases=chosen.phases or 2)
    except Usage:  # every design would be refused, which the table says
        return None


def _date(day: Any) -> date:
    found = day.astype("M8[D]").item()
    if not isinstance(found, date):
        raise BadInput(f"{day} is no date")
    return found
