"""A study's days, from a snapshot of the lake or from a CSV file: what every analysis of it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from parquetry.analysis.daily import panel
from parquetry.analysis.panel import Panel
from parquetry.errors import Config, Usage
from parquetry.project import Project
from parquetry.project.study_rows import Rows, Series, of_csv, of_lake
from parquetry.studies import Study
from parquetry.studies.treatment import with_treatment


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """
    What the days of a study are, and from which bytes they were computed.

    Attributes:
        study: As declared, with `Phases.treated` filled in from what the phases' dataset, or their labels, say.
        panels: By series of a multiple-baseline study; ``{"": panel}`` for others. Every row has a phase.
        snapshot, manifest: Number of the snapshot, and sha256 of its manifest; None and empty for a CSV file.
        rows: How many rows of the source stand behind the outcomes.
        datasets: Those that were read, each with a digest over its files' digests.
        csv: sha256 of the CSV file, or empty.
        sql: The statements that made the days, for the report.
        series: The rows behind *panels*, by series.
    """

    study: Study
    panels: Mapping[str, Panel]
    snapshot: int | None
    manifest: str
    rows: int
    datasets: Mapping[str, str]
    csv: str
    sql: str
    series: Mapping[str, Series]


def panels(
    project: Project | None, study: Study, *, at: int | str | date | None = None, csv: Path | None = None
) -> Gathered:
    """
    The days of *study*.

    Args:
        project: May be None with *csv*.
        at: The snapshot; the current one by default.
        csv: Rows come from this file instead of the lake.

    Raises:
        BadInput: Values that are no numbers or infinite, overlapping phases, cut files; with the day or the line.
        Config: The study names what the project or the snapshot does not have, or needs a lake and has none;
            nothing says which of its phases are the treatment.
        Usage: DuckDB cannot run an expression of the study.
        NoSuchSnapshot: There is none such.
    """
    rows = _rows(project, study, at, csv)
    found = {
        name: panel(rows.study, each.days, each.spans, first=each.first, last=each.last, dated=rows.dated)
        for name, each in rows.series.items()
    }
    return Gathered(
        with_treatment(rows.study, next(iter(found.values())).phases),
        found,
        rows.snapshot,
        rows.manifest,
        sum(day.outcome.rows or 0 for each in rows.series.values() for day in each.days),
        rows.datasets,
        rows.csv,
        ";\n\n".join(rows.statements),
        rows.series,
    )


def _rows(project: Project | None, study: Study, at: int | str | date | None, csv: Path | None) -> Rows:
    if csv is not None:
        if at is not None:
            raise Usage("--at names a snapshot of the lake, and the rows come from a CSV file; give one of both")
        return of_csv(study, csv)
    if project is None:
        raise Config(
            "no project, and so no lake to take the rows from",
            next="name its folder with --project DIR, or give the rows as a file: --csv FILE",
        )
    return of_lake(project, study, at)
