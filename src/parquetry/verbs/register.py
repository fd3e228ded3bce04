"""A study registered: frozen as it is, before its answer is seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from parquetry.errors import Config, ParquetryError
from parquetry.lake import Lake
from parquetry.project import Project
from parquetry.project.registered import deviations, known_days, phases_of
from parquetry.project.study_rows import Rows, of_csv, of_lake
from parquetry.project.study_sql import sql_of
from parquetry.studies import Study, registration
from parquetry.studies.declared import found
from parquetry.studies.registration import Known, Registration
from parquetry.text import Told, counted


@dataclass(frozen=True, slots=True)
class Registered(Told):
    """
    A study that is registered.

    Attributes:
        file: Where the registration is.
        new: It was registered now; else it had been, and is the same.
    """

    name: str
    file: Path
    new: bool
    registration: Registration

    def __str__(self) -> str:
        at = f"{self.registration.registered_at:%Y-%m-%d %H:%M:%SZ}"
        head = (
            f"{self.name} is registered: {self.file}"
            if self.new
            else f"{self.name} was registered on {at}, and is the same"
        )
        known = _known(self.registration.known)
        return "\n".join([head, f"  sha256 {self.registration.sha256}", *([f"  {known}"] if known else [])])

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"name": self.name, "file": str(self.file), "new": self.new, "registration": self.registration.to_dict()}


def register(project: Project | None, name: str, *, csv: Path | None = None, now: datetime | None = None) -> Registered:
    """
    Register a study as it is now, beside its file; from then on, what changes is listed in its report.

    Args:
        project: May be None for a study's file.
        csv: Where its rows are, if not in the lake: to say how many of its days had data already.
        now: Of the registration; the machine's clock by default.

    Raises:
        Usage: No such study.
        Config: Mistakes in its file, or it is registered and not the same.
        Integrity: Its registration is damaged or was edited.
        Storage: The folder cannot be written.
    """
    study, file = found(project.root if project else None, name)
    before = registration.registered(file)
    if before is None:
        moment = (now or datetime.now(UTC)).replace(microsecond=0)
        known = _of_data(project, study, csv, moment)
        if made := registration.register(study, file, known, moment, sql_of(project, study)):
            return Registered(study.name, registration.file_of(file), True, made)
        before = registration.registered(file)  # somebody else was faster
        assert before is not None
    if changed := deviations(project, study, before, None):
        raise Config(
            f"{study.name} is registered, and no longer as it was",
            what=[str(each) for each in changed],
            next="analyse it as it is, and the report lists this; or give the new plan a name of its own",
            deviations=[each.to_dict() for each in changed],
        )
    return Registered(study.name, registration.file_of(file), False, before)


def _of_data(project: Project | None, study: Study, csv: Path | None, now: datetime) -> Known:
    """What is there already; that nothing is, or cannot be looked at, is no reason not to register."""
    snapshot, manifest = None, ""
    try:
        if csv is None:
            if project is None:
                return Known(why="no project and no file of rows was given")
            current = Lake(project.settings.lake_path).current()
            snapshot, manifest = current.number, current.manifest.sha256
            now = current.manifest.committed_at  # a day that was not over then may have more rows by now
        rows = of_csv(study, csv) if csv is not None else of_lake(_given(project), study)
    except ParquetryError as error:
        return Known(snapshot, manifest, why=error.failed)
    days = sorted(set(_days_with_data(rows)))
    last = days[-1] if days else None
    return Known(
        snapshot,
        manifest,
        len(days),
        last if isinstance(last, date) else None,
        "",
        rows.csv,
        known_days(rows, now),
        phases_of(rows.study, rows.series),
    )


def _given(project: Project | None) -> Project:
    assert project is not None
    return project


def _days_with_data(rows: Rows) -> Iterator[Any]:
    for each in rows.series.values():
        for day in each.days:
            if day.period is not None and day.outcome.value is not None:
                yield day.period


def _known(known: Known) -> str:
    where = f"snapshot {known.snapshot}" if known.snapshot else "the file"
    if known.days is None:
        return f"its data could not be looked at: {known.why}" if known.why else ""
    if not known.days:
        return f"none of its days had data in {where}"
    last = f", the last {known.last_day}" if known.last_day else ""
    return f"{counted(known.days, 'day')} had data in {where}{last}: it was registered after they were recorded"
