"""
A study analysed, on a snapshot or on a CSV file: its answer with everything that proves it, or its reasons for none.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from parquetry import report
from parquetry.analysis.daily import require_both
from parquetry.analysis.studied import Engine, studied
from parquetry.errors import Refused
from parquetry.project import Project
from parquetry.project.registered import deviations
from parquetry.report import Reported
from parquetry.studies import registration
from parquetry.studies.declared import found
from parquetry.text import Told
from parquetry.tracking import provenance
from parquetry.verbs.panels import Gathered, panels

LIBRARIES = (*provenance.LIBRARIES, "numpy", "scipy", "ruptures", "altair", "vl-convert-python")
SAMPLERS = ("pymc", "nutpie", "arviz", "causalpy")


@dataclass(frozen=True, slots=True, eq=False)
class Analyzed(Told):
    """A study with its answers, or the reasons for none, as a summary: the report shows all of it."""

    reported: Reported

    @property
    def exit_code(self) -> int:
        """14 where no answer is given."""
        return Refused.exit_code if self.reported.refused else 0

    def __str__(self) -> str:
        return report.summary(self.reported)

    def as_json(self) -> dict[str, Any]:
        """The report's document."""
        return report.document(self.reported)


def analyze(
    project: Project | None,
    name: str,
    *,
    at: int | str | date | None = None,
    csv: Path | None = None,
    engine: Engine = "exact",
    seed: int = 0,
    causalpy: bool = False,
) -> Analyzed:
    """
    Analyse the study ``studies/NAME.toml``, or one whose file *name* is.

    Args:
        project: May be None for a study's file with *csv*.
        at: The snapshot; the current one by default.
        csv: A file that the rows come from instead of the lake.
        engine: ``nuts`` samples what is otherwise computed exactly. Needs the extra ``bayes``.
        seed: Of all that is drawn.
        causalpy: CausalPy stands beside, where it is installed.

    Raises:
        Config: No such study, mistakes in its file, or data that it names and nobody has; no day with the
            treatment, or none without; nothing says which phases are the treatment.
        BadInput: Values that cannot be an outcome.
        Usage: The design does not fit the days.
        Integrity: The registration was changed by hand.
        MissingExtra: What is needed is not installed.
    """
    study, path = found(project.root if project else None, name)
    gathered = panels(project, study, at=at, csv=csv)
    for series, panel in gathered.panels.items():
        require_both(study, series, panel)
    registered = registration.registered(path)
    changed = () if registered is None else deviations(project, study, registered, gathered.series, gathered.csv)
    answers = studied(gathered.study, gathered.panels, engine=engine, seed=seed, causalpy=causalpy)
    options = {"engine": engine, "seed": seed, "causalpy": causalpy}
    return Analyzed(
        Reported(
            answers,
            None if registered is None else registered.to_dict(),
            tuple(each.to_dict() for each in changed),
            _provenance(project, gathered, path, csv, options),
            _reproduce(name, gathered.snapshot, csv, options),
            datetime.now(UTC).replace(microsecond=0),
        )
    )


def _provenance(
    project: Project | None, gathered: Gathered, path: Path, csv: Path | None, options: Mapping[str, Any]
) -> dict[str, Any]:
    sampled = options["engine"] == "nuts" or gathered.study.outcome.kind != "continuous" or options["causalpy"]
    libraries = (*LIBRARIES, *SAMPLERS) if sampled else LIBRARIES
    known = provenance.record(project.root if project else path.parent, options, libraries=libraries)
    read: dict[str, Any] = {"rows": gathered.rows, "sql": gathered.sql}
    if csv is None:
        read |= {"snapshot": gathered.snapshot, "manifest": gathered.manifest, "datasets": dict(gathered.datasets)}
    else:
        read["csv"] = {"file": csv.name, "sha256": gathered.csv}
    return {**read, **known}


def _reproduce(name: str, snapshot: int | None, csv: Path | None, options: Mapping[str, Any]) -> str:
    words = ["parquetry", "report", name]
    words += ["--at", str(snapshot)] if csv is None else ["--csv", str(csv)]
    words += ["--engine", options["engine"]] if options["engine"] != "exact" else []
    words += ["--seed", str(options["seed"])] if options["seed"] else []
    words += ["--causalpy"] if options["causalpy"] else []
    return shlex.join(words)
