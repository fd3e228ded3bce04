"""What one study declares, whether it is registered, and the days that it has so far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from parquetry.errors import NoSuchSnapshot, ParquetryError, Transient
from parquetry.project import Project
from parquetry.project.registered import deviations
from parquetry.studies import Study, plain, registration
from parquetry.studies.declared import found
from parquetry.studies.registration import Deviation, Registration
from parquetry.studies.spans import BETWEEN, TREATED, UNKNOWN
from parquetry.studies.treatment import is_treated
from parquetry.text import Told, counted, table

NEITHER = "(none)"
_DRAWN = 48  # characters of the design diagram


@dataclass(frozen=True, slots=True)
class PhaseFound:
    """
    Days of one phase, one after the other.

    Attributes:
        series: Of a multiple-baseline study; else empty.
        label: Of the phase; empty where nothing says one, `(none)` for days between two phases that are in neither.
        first, last: Of its days; None where the rows have no dates.
        days: Periods from first to last.
        usable: With a value that counts.
        missing: Without a value.
        excluded: With a value that does not count; why, and how many.
    """

    series: str
    label: str
    first: date | None
    last: date | None
    days: int
    usable: int
    missing: int
    excluded: dict[str, int]


@dataclass(frozen=True, slots=True)
class ShownStudy(Told):
    """
    What a study declares, whether it is registered, and its days so far.

    Attributes:
        study: All that it declares, with defaults.
        treated: The labels that are treatment; empty where nothing has said so yet.
        snapshot: In which the days were found; null in none.
        phases: In order, series by series.
        problem: Why no days were found, or empty.
    """

    study: Study
    file: Path
    registration: Registration | None
    deviations: tuple[Deviation, ...]
    treated: tuple[str, ...]
    snapshot: int | None
    phases: tuple[PhaseFound, ...]
    problem: str

    def __str__(self) -> str:
        study = self.study
        lines = [
            f"{study.name}: {study.question}", f"  design      {study.design}", f"  outcome     {_outcome(study)}",
            f"  rows        {_source(study)}", *self._treatment(), f"  registered  {self._registered()}",
            *(f"              {deviation}" for deviation in self.deviations),
        ]  # fmt: skip
        if self.problem:
            return "\n".join([*lines, f"  days        none: {self.problem}"])
        return "\n".join([*lines, "", *_diagram(self), "", _phase_table(self.phases)])

    def _treatment(self) -> list[str]:
        start = self.study.phases.intervention
        said = f"from {start} on" if start else ", ".join(self.treated)
        return [f"  treatment   {said}"] if said and not self.study.series else []

    def _registered(self) -> str:
        if self.registration is None:
            return "no: its answer will be exploratory"
        at = f"{self.registration.registered_at:%Y-%m-%d %H:%M:%SZ}"
        count = len(self.deviations)
        return (
            f"{at}, unchanged" if not count else f"{at}; {counted(count, 'deviation')}: its answer will be exploratory"
        )

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "study": self.study.to_dict(),
            "file": str(self.file),
            "registration": None if self.registration is None else self.registration.to_dict(),
            "deviations": [each.to_dict() for each in self.deviations],
            "treated": list(self.treated),
            "snapshot": self.snapshot,
            "phases": [plain(each) for each in self.phases],
            "problem": self.problem,
        }


def show_study(
    project: Project | None, name: str, *, at: int | str | date | None = None, csv: Path | None = None
) -> ShownStudy:
    """
    What the study *name* declares, its registration, and its days so far.

    Needs the extra ``analysis``. That there are no days, and why, is part of the answer.

    Raises:
        Usage: No such study.
        Config: Mistakes in its file.
        Integrity: Its registration is damaged or was edited.
        NoSuchSnapshot: *at* is none.
    """
    from parquetry.verbs.panels import panels  # numpy, which listing and registering do without

    study, file = found(project.root if project else None, name)
    before = registration.registered(file)
    try:
        gathered = panels(project, study, at=at, csv=csv)
    except (ParquetryError, OSError) as error:
        if isinstance(error, Transient) or (isinstance(error, NoSuchSnapshot) and at is not None):
            raise
        problem = error.failed if isinstance(error, ParquetryError) else str(error)
        changed = deviations(project, study, before, None) if before else ()
        return ShownStudy(study, file, before, changed, study.phases.treated, None, (), problem)
    changed = deviations(project, study, before, gathered.series, gathered.csv) if before else ()
    washout = study.phases.washout
    phases = tuple(each for series, panel in gathered.panels.items() for each in _phases(series, panel, washout))
    treated = gathered.study.phases.treated or ((TREATED,) if study.phases.intervention or study.series else ())
    return ShownStudy(study, file, before, changed, treated, gathered.snapshot, phases, "")


def _outcome(study: Study) -> str:
    outcome = study.outcome
    unit = f" ({outcome.unit})" if outcome.unit else ""
    least = f"; smallest effect of interest {outcome.smallest:g}" if outcome.smallest else ""
    return f"{outcome.name}{unit}, to {outcome.direction}{least}"


def _source(study: Study) -> str:
    reading = study.reading
    where = reading.dataset or (f"queries/{reading.query}.sql" if reading.query else "a CSV file")
    return f"{where}, {reading.aggregate} of {reading.value or 'rows'} a {reading.period} ({reading.timezone})"


def _phases(series: str, panel: Any, washout: int) -> Iterator[PhaseFound]:
    labels = panel.phases or ("",) * len(panel)
    starts = [row for row in range(1, len(panel)) if labels[row] != labels[row - 1]]
    panel = panel.without([start + i for start in starts for i in range(washout)], "washout")  # as the designs do
    labels = [NEITHER if panel.excluded.get(row) in (BETWEEN, UNKNOWN) else each for row, each in enumerate(labels)]
    usable, at = panel.usable, 0
    for label, run in groupby(labels):
        rows = range(at, at + len(list(run)))
        at = rows.stop
        excluded: dict[str, int] = {}
        for row in rows:
            if row in panel.excluded:
                excluded[panel.excluded[row]] = excluded.get(panel.excluded[row], 0) + 1
        missing = sum(1 for row in rows if panel.outcome[row] != panel.outcome[row] and row not in panel.excluded)
        days = None if panel.days is None else panel.days.astype("M8[D]")
        yield PhaseFound(
            series,
            label,
            None if days is None else days[rows[0]].item(),
            None if days is None else days[rows[-1]].item(),
            len(rows),
            int(usable[rows.start : rows.stop].sum()),
            missing,
            excluded,
        )


def _diagram(shown: ShownStudy) -> list[str]:
    """A line a series: each phase as long as its share of the days, the treated ones filled."""
    lines = []
    for series, run in groupby(shown.phases, lambda each: each.series):
        phases = list(run)
        total = sum(phase.days for phase in phases)
        bar = " ".join(_mark(shown, phase) * max(1, round(_DRAWN * phase.days / total)) for phase in phases)
        lines.append(f"  {f'{series}  ' if series else ''}{bar}")
    return lines


def _mark(shown: ShownStudy, phase: PhaseFound) -> str:
    if phase.label == NEITHER:
        return "·"
    return "█" if is_treated(phase.label, shown.treated) else "─"


def _phase_table(phases: Sequence[PhaseFound]) -> str:
    head = ["phase", "first", "last", "days", "usable", "missing", "excluded"]
    rows = [
        [p.label or "all", p.first or "", p.last or "", p.days, p.usable, p.missing,
         ", ".join(f"{count} {why}" for why, count in p.excluded.items())]
        for p in phases
    ]  # fmt: skip
    if any(p.series for p in phases):
        head, rows = ["series", *head], [[p.series, *row] for p, row in zip(phases, rows, strict=True)]
    return table(head, rows)
