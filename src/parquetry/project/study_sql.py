"""
The SQL behind a study that stands outside of its file: its named queries and the macros that they use.

A registration holds their texts, since an answer depends on them as on the study itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from parquetry.errors import ParquetryError
from parquetry.project import Project, queries
from parquetry.project.sql_code import without_comments
from parquetry.studies import Study


def expressions(study: Study) -> str:
    """All SQL that the study's file holds."""
    readings = (study.reading, *(covariate.reading for covariate in study.covariates))
    said = [text for each in readings for text in (each.value, each.where, each.weight, each.tracked)]
    return " ".join([*said, *(f"{member.where} {member.value}" for member in study.series)])


def sql_of(project: Project | None, study: Study) -> dict[str, str]:
    """
    The text of each named query of *study*, and of each macro that one of its texts names, by ``queries/…``.

    A query that is not there is left out.
    """
    if project is None:
        return {}
    found = dict(_queries(project, study))
    said = " ".join([expressions(study), *found.values()])
    return {**found, **_macros(project, said)}


def _queries(project: Project, study: Study) -> Iterator[tuple[str, str]]:
    readings = (study.reading, *(covariate.reading for covariate in study.covariates))
    for name in dict.fromkeys(reading.query for reading in readings if reading.query):
        try:
            yield f"queries/{name}.sql", queries.found(project.queries, name).sql
        except ParquetryError:
            continue  # told where the days are asked for


def _macros(project: Project, said: str) -> dict[str, str]:
    """Those that *said* names, and those that they name."""
    named = {}
    for _, statement in queries.macros(project.queries).statements:
        if name := queries.MACRO_NAME.search(without_comments(statement)):
            named[name[1].lower()] = statement.strip()
    found: dict[str, str] = {}
    text = without_comments(said)
    while more := [n for n in named if n not in found and re.search(rf"\b{re.escape(n)}\b", text, re.IGNORECASE)]:
        found |= {name: named[name] for name in more}
        text = " ".join(without_comments(each) for each in found.values())
    return {f"queries/{queries.MACROS}.sql {name}": found[name] for name in sorted(found)}
