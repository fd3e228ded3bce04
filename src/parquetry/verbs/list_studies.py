"""The studies of a project, and whether each is as it was registered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from parquetry.errors import ParquetryError
from parquetry.project import Project
from parquetry.project.registered import deviations
from parquetry.studies import Study, registration
from parquetry.studies.declared import FOLDER, read
from parquetry.text import Told, counted, table


@dataclass(frozen=True, slots=True)
class ListedStudy:
    """
    A study in a list.

    Attributes:
        design: `ITS`, `AB`, `ABAB`, `alternating` or `multiple baseline`.
        question: In one sentence.
        registered_at: None where it is not registered.
        deviations: How many values are not as they were registered; its days are not looked at.
        problem: Why its file or its registration cannot be read, or empty.
    """

    name: str
    design: str
    question: str
    registered_at: datetime | None
    deviations: int
    problem: str


@dataclass(frozen=True, slots=True)
class Studies(Told):
    """
    The studies of a project.

    Attributes:
        studies: By name.
    """

    studies: tuple[ListedStudy, ...]

    def __str__(self) -> str:
        if not self.studies:
            return f"no study yet; put NAME.toml into {FOLDER}/"
        rows = [(each.name, each.design or "?", _state(each), each.question) for each in self.studies]
        lines = [table(("study", "design", "registered", "question"), rows)]
        return "\n".join([*lines, *(f"{each.name}: {each.problem}" for each in self.studies if each.problem)])


def list_studies(project: Project) -> Studies:
    """The studies of *project*; one that cannot be read is listed with the reason."""
    return Studies(tuple(_listed(project, name, file) for name, file in project.studies.items()))


def _listed(project: Project, name: str, file: Path) -> ListedStudy:
    study: Study | None = None
    try:
        study = read(file)
        before = registration.registered(file)
        count = len(deviations(project, study, before, None)) if before else 0
        at = before.registered_at if before else None
        return ListedStudy(name, study.design, study.question, at, count, "")
    except ParquetryError as error:
        design, question = (study.design, study.question) if study else ("", "")
        return ListedStudy(name, design, question, None, 0, "; ".join([error.failed, *error.what]))


def _state(each: ListedStudy) -> str:
    if each.problem:
        return "cannot be read"
    if each.registered_at is None:
        return "no"
    return f"{each.registered_at:%Y-%m-%d}" + (f", {counted(each.deviations, 'deviation')}" if each.deviations else "")
