"""
How a source's table has changed since the last snapshot, and whether the dataset can bear it.

What touches nothing that is published is told and recorded. What touches a published column, or
the table itself, waits until somebody has seen it: breaking changes until the contract or
parquetry.toml is adapted, compatible ones until that or ``--accept-drift``. Rows are not looked at
here: what a value may be is the contract's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from parquetry.contracts import change
from parquetry.contracts.change import Change, Described
from parquetry.errors import Denied, NoSuchTable, SchemaDrift
from parquetry.intake.origin import Origin
from parquetry.lake.manifest import Dataset, SourceColumn
from parquetry.project import Dataset as Declared
from parquetry.project import Project
from parquetry.sources import Reading, Table

_ALIKE = 0.6  # of the columns, from which on a table may be another one renamed
_TRIED = 200  # tables that are compared with one that is gone
_KIND = re.compile(r"(?:table|view|materialized view|partitioned table|foreign table) ")

Answer = Literal["unpublished", "adapted", ""]
"""What already answers a change: nothing published is touched; the contract or parquetry.toml says so; or nothing."""


@dataclass(frozen=True, slots=True)
class Drifted:
    """A change of the source's table, and what answers it."""

    change: Change
    answer: Answer

    @property
    def says(self) -> str:
        return self.change.says

    @property
    def breaking(self) -> bool:
        return not self.answer and self.change.source == "breaking"

    @property
    def waiting(self) -> bool:
        """Whether it is published with ``--accept-drift`` only."""
        return not self.answer and self.change.source == "compatible"

    def as_json(self) -> dict[str, str]:
        """For the manifest, which only has what was published."""
        return {**self.change.as_json(), "source": self.change.source, "passed": self.answer or "accepted"}


_KINDS = ("table", "view", "materialized view", "partitioned table", "foreign table")


def found(project: Project, reading: Reading, name: str, spec: Declared, old: Dataset | None) -> Origin:
    """
    The dataset as it is in its source now.

    Args:
        old: The dataset as the lake has it.

    Raises:
        SchemaDrift: The table that the last snapshot was read from is gone, and none that is declared is there.
        NoSuchTable, BadContract, Config, Denied: As `Origin.found` says.
    """
    try:
        return Origin.found(project, reading, name, spec)
    except NoSuchTable as error:
        if old is None or not old.described or old.source != spec.source or _is_there(reading, old.relation):
            raise  # what the lake was read from is where it was: parquetry.toml names something else
        raise _gone(reading, name, spec, old, error) from error


def _is_there(reading: Reading, relation: str) -> bool:
    """Whether the source still has the table that a manifest calls ``table public.people``."""
    for kind in _KINDS:
        if relation.startswith(f"{kind} "):
            try:
                reading.table([relation.removeprefix(f"{kind} ")])
            except (NoSuchTable, Denied):
                return False
            return True
    return False


def described(origin: Origin) -> tuple[SourceColumn, ...]:
    """The table as its source describes it now, for the manifest."""
    return _columns(origin.table)


def drift(origin: Origin, old: Dataset | None) -> tuple[Drifted, ...]:
    """
    What differs from the table that the last snapshot was read from, whatever is published of it.

    Empty where there is no such snapshot, or it was of a table of another source.
    """
    if old is None or not old.described or old.source != origin.spec.source:
        return ()
    changes = change.column_changes(_plain(old.described), _plain(described(origin)))
    if old.relation != origin.relation:
        says = f"{old.relation} is now {origin.relation}"
        changes = (Change("table_renamed", "", old.relation, origin.relation, says), *changes)
    return tuple(Drifted(each, _answer(each, origin, old)) for each in changes)


def require_bearable(origin: Origin, drifted: Sequence[Drifted]) -> None:
    """
    Stop where a column that the contract names has gone or has another name.

    Raises:
        SchemaDrift: With every difference, the breaking ones first.
    """
    if broken := [d for d in drifted if d.breaking]:
        raise _stopped(origin, drifted, broken[0], _way(origin, broken))


def require_accepted(origin: Origin, drifted: Sequence[Drifted], *, accept: bool, follows: Sequence[str] = ()) -> None:
    """
    Stop where what is published is touched, compatibly, and nobody has said that this is right.

    Args:
        accept: Somebody has.
        follows: What else would be published otherwise if somebody did.

    Raises:
        SchemaDrift: With every difference.
    """
    waiting = [d for d in drifted if d.waiting]
    if waiting and not accept:
        raise _stopped(origin, drifted, waiting[0], f"if that is right: {_again(origin)}", follows)


def explained(error: SchemaDrift, drifted: Iterable[Drifted]) -> SchemaDrift:
    """*error*, of a table that does not fit its contract, with what has changed of the table."""
    error.what = (*error.what, *(f"since the last snapshot: {d.says}" for d in drifted))
    return error


def _answer(each: Change, origin: Origin, old: Dataset) -> Answer:
    now = {f.name: f.type for f in origin.contract.fields}
    if each.kind == "table_renamed":
        return "" if _named(old.relation, origin.spec.table) else "adapted"
    if each.kind == "column_renamed" and each.before not in now:
        return "adapted" if each.after in now else "unpublished"
    if each.kind != "column_renamed" and each.column not in now:
        return "unpublished"
    was = old.column(each.column)
    of_type = each.kind.startswith("type_") and (was is None or was.declared != now[each.column])
    return "adapted" if of_type or each.kind in ("column_added", "required_added") else ""


def _named(relation: str, candidates: Iterable[str]) -> bool:
    """Whether one of *candidates* means *relation*."""
    name = _KIND.sub("", relation, count=1)
    return any(name == c or name.endswith(f".{c}") for c in candidates)


def _stopped(
    origin: Origin, drifted: Sequence[Drifted], first: Drifted, way: str, follows: Sequence[str] = ()
) -> SchemaDrift:
    return SchemaDrift(
        f"{origin.name}: {origin.relation} has changed, and {first.says}",
        what=[*_lines(drifted), *(f"accepted, it also changes {each}" for each in follows)],
        next=way,
        dataset=origin.name,
        changes=[d.change.as_json() for d in drifted],
    )


def _lines(drifted: Sequence[Drifted]) -> Iterator[str]:
    """Every difference: what breaks, what waits to be accepted, what is no matter."""
    yield from (f"breaking: {d.says}: {d.change.why}" for d in drifted if d.breaking)
    yield from (f"compatible: {d.says}" for d in drifted if d.waiting)
    yield from (f"not published: {d.says}" for d in drifted if d.answer == "unpublished")
    yield from (f"adapted to: {d.says}" for d in drifted if d.answer == "adapted")


def _way(origin: Origin, broken: Sequence[Drifted]) -> str:
    """What to do about columns that are gone or have another name."""
    contract = origin.contract.name
    renamed = ", ".join(f"{d.change.before} is {d.change.after}" for d in broken if d.change.kind == "column_renamed")
    gone = ", ".join(d.change.column for d in broken if d.change.kind != "column_renamed")
    ways = [
        f"if {renamed} now: rename it in {contract}, and in parquetry.toml and queries/" if renamed else "",
        f"take {gone} out of {contract}, or bring it back in the source" if gone else "",
    ]
    return "; ".join(way for way in ways if way)


def _again(origin: Origin) -> str:
    if origin.name == origin.spec.name:
        return f"parquetry export {origin.spec.name} --accept-drift"
    return f"the same export --as {origin.name} with --accept-drift"


def _gone(reading: Reading, name: str, spec: Declared, old: Dataset, error: NoSuchTable) -> SchemaDrift:
    """The table is not there any more; perhaps another one is it."""
    known = cast("Sequence[str]", error.facts.get("known", ()))
    other, says = _other_name(reading, old, known), f"{old.relation} is gone"
    if other:
        table, common = other
        says = f"{old.relation} is now {table} (guessed: it has {common} of the {len(old.described)} columns)"
    kind = "table_renamed" if other else "table_removed"
    names = ", ".join(f'"{n}"' for n in (*spec.table, *(other[:1] if other else ())))
    way = f"if that is so: table = [{names}] in [datasets.{spec.name}]" if other else error.next
    return SchemaDrift(
        f"{name}: {says}",
        what=[f"breaking: {says}: parquetry.toml names {', '.join(spec.table)}", *error.what],
        next=way,
        dataset=name,
        changes=[Change(kind, "", old.relation, other[0] if other else "", says).as_json()],
    )


def _other_name(reading: Reading, old: Dataset, known: Iterable[str]) -> tuple[str, int] | None:
    """The table whose columns are most like those that are remembered, and how many of them it has."""
    wanted = {(c.name, c.type) for c in old.described}
    best: tuple[float, str, int] = (_ALIKE, "", 0)
    for candidate in [*known][:_TRIED]:
        try:
            there = {(c.name, c.type) for c in _columns(reading.table([candidate]))}
        except (Denied, NoSuchTable):
            continue
        common = len(wanted & there)
        best = max(best, (common / max(len(wanted), len(there)), candidate, common), key=lambda each: each[0])
    return (best[1], best[2]) if best[1] else None


def _columns(table: Table) -> tuple[SourceColumn, ...]:
    return tuple(SourceColumn(c.name, c.type, c.nullable, c.values) for c in table.columns)


def _plain(columns: tuple[SourceColumn, ...]) -> list[Described]:
    return [Described(c.name, c.type, c.nullable, c.values) for c in columns]
