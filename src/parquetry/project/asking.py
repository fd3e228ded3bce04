"""
SQL of a person made ready to run over snapshots: nothing of theirs is ever pasted into it.

Parameters become variables of the connection, ``research@41.events`` a schema with that snapshot's
views, and the project's macros are there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

import duckdb

from parquetry import catalog
from parquetry.errors import Config, Usage
from parquetry.lake import Lake, Snapshot
from parquetry.lake.digest import quoted
from parquetry.lake.write import literal
from parquetry.project import Project, queries
from parquetry.project.sql_code import parts, replaced, without_comments

_MISSING = re.compile(r"(?:Table|Function) with name (\w+) does not exist")
_NAMED = re.compile(r"(?<![\w$])\$(\w+)")

# PIVOT is parsed as the CREATE of an enum beside a SELECT.
_READING = {"SELECT", "EXPLAIN", "CREATE", "RELATION"}


def ready(
    connection: duckdb.DuckDBPyConnection, project: Project, lake: Lake, sql: str, given: Mapping[str, str]
) -> str:
    """
    The SQL to run on *connection*, where plain names mean a snapshot's datasets already.

    Args:
        given: Values of parameters by name, as text; DuckDB makes each of the type that is declared.

    Raises:
        Usage: It does not only read, or a parameter is missing, unknown or of a wrong value.
        Config: The macros, or the comment that declares parameters, cannot be read.
        NoSuchSnapshot: It names one that is not there.
        duckdb.Error: DuckDB cannot parse it.
    """
    require_macros(connection, project, sql)
    return bound(connection, project, lake, sql, given)


def bound(
    connection: duckdb.DuckDBPyConnection, project: Project, lake: Lake, sql: str, given: Mapping[str, str]
) -> str:
    """As `ready`, on a connection that has the macros."""
    schema = project.settings.duckdb_schema
    names = _Named(lake, schema)
    sql = replaced(_plainly(sql, schema), names.rewritten)
    for own, reference in names.found.items():
        catalog.define(connection, lake.snapshot(reference), own)
    connection.execute(f"USE {quoted(schema)}")
    _require_reading(connection, sql)
    used = {name.lower() for s in connection.extract_statements(sql) for name in s.named_parameters}
    parameters = queries.values(queries.described(sql).parameters, used, given)
    for parameter in parameters.values():
        _bind(connection, parameter)
    return replaced(sql, lambda code: _NAMED.sub(lambda m: f"getvariable({literal(m[1].lower())})", code))


def of_snapshot(project: Project, snapshot: Snapshot, sql: str) -> bool:
    """Whether *sql* may name anything of *snapshot* or another: one of its views, or a macro of the project."""
    macros = (
        queries.MACRO_NAME.search(without_comments(statement))
        for _, statement in queries.macros(project.queries).statements
    )
    names = [*snapshot.datasets, *catalog.typed_views(snapshot), catalog.MARK, *(found[1] for found in macros if found)]
    said = "|".join(re.escape(name.replace('"', '""')) for name in names)
    code = without_comments(sql)
    return "@" in code or re.search(rf"(?<!\w)(?:{said})(?!\w)", code, re.IGNORECASE) is not None


def pinned(project: Project, lake: Lake, sql: str) -> tuple[str, ...]:
    """The snapshots that *sql* names itself, such as ``research@41``."""
    names = _Named(lake, project.settings.duckdb_schema)
    replaced(_plainly(sql, project.settings.duckdb_schema), names.rewritten)
    return tuple(names.found)


def require_macros(connection: duckdb.DuckDBPyConnection, project: Project, sql: str) -> None:
    """
    Define the project's macros; one over a dataset that the snapshot does not have stops only *sql* that names it.

    Raises:
        Config: One is wrong, or is named and cannot be made; with its line.
    """
    found = queries.macros(project.queries)
    problems = [found.problem] if found.problem else []
    waiting = {name.lower() for name in project.datasets}
    for line, statement in found.statements:
        for problem in catalog.define_macros(connection, found.file, [(line, statement)]):
            missing, name = _MISSING.search(problem), queries.MACRO_NAME.search(without_comments(statement))
            over_waiting = missing is not None and missing[1].lower() in waiting
            if over_waiting and name and not re.search(rf"\b{name[1]}\b", sql, re.IGNORECASE):
                waiting.add(name[1].lower())
            else:
                problems.append(problem)
    if problems:
        raise Config(problems[0], what=problems[1:], next=f"correct {found.file}, or take the macro out")


def _plainly(sql: str, schema: str) -> str:
    """*sql* with the schema's name without its quotes where a snapshot follows: ``"research"@41.events``."""
    pieces = [*parts(sql), (True, "")]
    return "".join(
        schema if not code and piece.lower() == quoted(schema).lower() and after.startswith("@") else piece
        for (code, piece), (_, after) in pairwise(pieces)
    )


def _bind(connection: duckdb.DuckDBPyConnection, parameter: queries.Parameter) -> None:
    try:
        connection.execute(f"SET VARIABLE {quoted(parameter.name)} = CAST($1 AS {parameter.type})", [parameter.default])
    except duckdb.Error as error:
        raise Usage(
            f"the parameter {parameter.name} is a {parameter.type}, which {parameter.default!r} is not",
            what=queries.first_line(error),
        ) from error


class _Named:
    """Snapshots that a query names, each under the schema that is made for it."""

    def __init__(self, lake: Lake, schema: str) -> None:
        self._lake = lake
        self._place = re.compile(
            rf"(?<![\w@.$])({re.escape(schema)})@(tag:[A-Za-z][A-Za-z0-9._-]*|\d{{4}}-\d\d-\d\d|\d+)", re.IGNORECASE
        )
        self._tags: list[str] | None = None
        self.found: dict[str, str] = {}

    def rewritten(self, code: str) -> str:
        return self._place.sub(lambda m: self._schema(m[1], m[2]) if self._dot(code, m) else m[0], code)

    def _dot(self, code: str, found: re.Match[str]) -> bool:
        return code[found.end() :].startswith(".") or "." in found[2]

    def _schema(self, schema: str, said: str) -> str:
        reference, rest = self._split(said)
        own = f"{schema.lower()}@{reference}"
        self.found[own] = reference
        return quoted(own) + rest

    def _split(self, said: str) -> tuple[str, str]:
        """``tag:v1.2.events`` may be read two ways; a tag that exists decides."""
        if not said.startswith("tag:"):
            return said, ""
        if self._tags is None:
            self._tags = sorted(self._lake.tags, key=len, reverse=True)
        text = said.removeprefix("tag:")
        name = next((t for t in self._tags if f"{text}.".startswith(f"{t}.")), text.partition(".")[0])
        return f"tag:{name}", text[len(name) :]


def _require_reading(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """The views lead to the lake's own files, which SQL must not be able to write to."""
    kinds = [statement.type.name for statement in connection.extract_statements(sql)]
    writing = [kind for kind in kinds if kind not in _READING]
    if len([kind for kind in kinds if kind != "CREATE"]) > 1:
        raise Usage("one statement at a time; this is several", next="put ; only at the end")
    if not kinds:
        raise Usage("the query is empty", next="write a SELECT, in quotes or in queries/NAME.sql")
    if writing or kinds[-1] == "CREATE":
        raise Usage(
            f"a query reads; this is {', '.join(writing or kinds)}",
            next="save a result with --output FILE --format parquet; change things in a DuckDB of your own",
        )
