"""
Named queries: the SQL files of ``queries/``, with what their first comment says of them.

    -- What one person did, newest first.
    -- @param user VARCHAR  whose events
    -- @param rows BIGINT = 50  how many of them
    SELECT "timestamp", eventType FROM research.behavioral_events WHERE userId = $user LIMIT $rows

``macros.sql`` is no query: it holds the macros that every query may use.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from parquetry.errors import Config, Usage, did_you_mean
from parquetry.project.sql_code import without_comments
from parquetry.project.toml import read_text

MACROS = "macros"
"""The file of that name is no query."""

_PARAMETER = re.compile(
    r"@param\s+(?P<name>[A-Za-z_]\w*)"
    r"\s+(?P<type>[A-Za-z_]\w*(?:\s+WITH\s+TIME\s+ZONE)?(?:\s*\([\d\s,]*\))?(?:\[\])*)"
    r"(?:\s*=\s*(?P<default>'(?:[^']|'')*'|\S+))?"
    r"(?:\s+(?P<about>.*))?",
    re.IGNORECASE,
)
_MACRO = re.compile(r"\s*create\s+(or\s+replace\s+)?(macro|function)\b", re.IGNORECASE)
MACRO_NAME = re.compile(r"\b(?:macro|function)\s+(?:if\s+not\s+exists\s+)?(?:\w+\.)?\"?(\w+)", re.IGNORECASE)
"""In the statement that makes a macro."""
_LINE = re.compile(r"^LINE (\d+):", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Parameter:
    """
    A value that a query asks for, as ``$name`` in its SQL.

    Attributes:
        type: A DuckDB type.
        default: As text, None for NULL; what is not given and not *required* is this.
    """

    name: str
    type: str
    required: bool = True
    default: str | None = None
    about: str = ""

    def __str__(self) -> str:
        shown = "" if self.required else f" = {'NULL' if self.default is None else self.default}"
        return f"{self.name} {self.type}{shown}" + (f"  {self.about}" if self.about else "")


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """A query of the project; *help* is the first sentence of its first comment."""

    name: str
    help: str
    parameters: tuple[Parameter, ...]
    sql: str

    @property
    def runs_alone(self) -> bool:
        """Whether it needs no value."""
        return not any(p.required for p in self.parameters)


@dataclass(frozen=True, slots=True)
class Macros:
    """
    The statements of ``queries/macros.sql``.

    Attributes:
        statements: The line each begins on, and its SQL.
        problem: Why there are none, although there is a file; or empty.
    """

    file: str = ""
    statements: tuple[tuple[int, str], ...] = ()
    problem: str = ""


def described(sql: str, name: str = "", file: str = "this query") -> NamedQuery:
    """
    What the comment lines before *sql* declare.

    Raises:
        Config: A line ``-- @param`` that cannot be read, a type that DuckDB does not have, or a name given twice.
    """
    said: list[str] = []
    parameters: dict[str, Parameter] = {}
    for number, line in enumerate(sql.splitlines(), 1):
        text = line.strip()
        if text and not text.startswith("--"):
            break
        text = text.lstrip("-").strip()
        if not text.startswith("@"):
            said.append(text)
            continue
        found = _parameter(text)
        if found is None or found.name in parameters:
            reason = "declared twice" if found else "-- @param NAME TYPE [= DEFAULT]  what it is"
            raise Config(f"{file}, line {number}: {text}: {reason}", file=file, line=number)
        if problem := _no_type(found.type):
            raise Config(f"{file}, line {number}: {text}: {problem}", file=file, line=number)
        parameters[found.name] = found
    help_, *_ = re.split(r"(?<=[.?!])\s", " ".join(filter(None, said)))
    return NamedQuery(name, help_, tuple(parameters.values()), sql)


def _parameter(line: str) -> Parameter | None:
    found = _PARAMETER.fullmatch(line)
    if not found:
        return None
    given = found["default"]
    default = given[1:-1].replace("''", "'") if given and given.startswith("'") else given
    null = given is not None and given.upper() == "NULL"
    return Parameter(
        found["name"].lower(), found["type"], given is None, None if null else default, (found["about"] or "").strip()
    )


def _no_type(name: str) -> str:
    """Why DuckDB has no such type; or empty."""
    try:
        duckdb.sqltype(name)
    except duckdb.Error as error:
        return first_line(error)
    return ""


def catalogue(files: Mapping[str, Path]) -> dict[str, NamedQuery]:
    """The named queries among *files* (name to path). Raises Config: as `described`."""
    return {name: found(files, name) for name in files if name != MACROS}


def found(files: Mapping[str, Path], name: str) -> NamedQuery:
    """
    The query *name* among *files*.

    Raises:
        Usage: There is none such; the message names those that exist.
        Config: As `described`.
    """
    queries = [q for q in files if q != MACROS]
    if name not in queries:
        raise Usage(
            f"no query '{name}'{did_you_mean(name, queries)}",
            what=f"queries: {', '.join(queries) or 'none; put NAME.sql into queries/'}",
        )
    return described(read_text(files[name]), name, f"queries/{files[name].name}")


def values(parameters: Iterable[Parameter], used: Iterable[str], given: Mapping[str, str]) -> dict[str, Parameter]:
    """
    Each parameter that is to be bound, its value as its default; what nothing declares is VARCHAR.

    Args:
        used: The names that the SQL has. given: Name to value, as text.

    Raises:
        Usage: One is missing, or is given and unknown; the message lists them all.
    """
    declared = {p.name: p for p in parameters}
    wanted = {**{name: Parameter(name, "VARCHAR") for name in sorted(used)}, **declared}
    texts = {name.lower(): value for name, value in given.items()}
    listed = [str(p) for p in wanted.values()] or ["it has no parameter"]
    if unknown := [name for name in texts if name not in wanted]:
        raise Usage(f"no parameter '{unknown[0]}'{did_you_mean(unknown[0], wanted)}", what=listed)
    if missing := [p.name for p in wanted.values() if p.required and p.name not in texts]:
        raise Usage(
            f"the query needs {', '.join(missing)}",
            what=listed,
            next=" ".join(f"--param {name}=VALUE" for name in missing),
        )
    return {n: Parameter(n, p.type, False, texts.get(n, p.default), p.about) for n, p in wanted.items()}


def macros(files: Mapping[str, Path]) -> Macros:
    """The macros among *files*; a mistake in them is told in the result, since most uses bear it."""
    if MACROS not in files:
        return Macros()
    file = f"queries/{files[MACROS].name}"
    try:
        text = read_text(files[MACROS])
        statements = [s.query for s in duckdb.extract_statements(text)]
    except Config as error:
        return Macros(file, problem=error.failed)
    except duckdb.Error as error:
        place = _LINE.search(str(error))
        return Macros(file, problem=f"{file} line {place[1] if place else 1}: {first_line(error)}")
    placed, at = [], 0
    for statement in statements:
        at = text.index(statement, at)
        code = without_comments(statement)
        line = text.count("\n", 0, at + _first(statement)) + 1
        if not _MACRO.match(code):
            return Macros(file, problem=f"{file} line {line}: only CREATE MACRO may stand here")
        placed.append((line, statement))
        at += len(statement)
    return Macros(file, tuple(placed))


def first_line(error: duckdb.Error) -> str:
    """What DuckDB says is wrong, without the SQL."""
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)


def _first(statement: str) -> int:
    """Where in *statement* its code begins."""
    at = 0
    while found := re.compile(r"\s+|--[^\n]*|/\*.*?\*/", re.DOTALL).match(statement, at):
        at = found.end()
    return at
