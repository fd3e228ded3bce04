"""
How a source's table has changed since the last snapshot, and whether the dataset can bear it.

Rows are not looked at here: what a value may be is the contract's business.
"""

from __future__ import annotations

from parquetry.contracts import change
from parquetry.contracts.change import Change, Described
from parquetry.errors import SchemaDrift
from parquetry.intake.origin import Origin
from parquetry.lake.manifest import Dataset, SourceColumn


def described(origin: Origin) -> tuple[SourceColumn, ...]:
    """The table as its source describes it now, for the manifest."""
    return tuple(SourceColumn(c.name, c.type, c.nullable, c.values) for c in origin.table.columns)


def drift(origin: Origin, old: Dataset | None) -> tuple[Change, ...]:
    """
    What differs from the table that the last snapshot was read from, whatever is published of it.

    Empty where there is no such snapshot, or it was of a view or table of another source.
    """
    if old is None or not old.described or old.source != origin.spec.source:
        return ()
    found = change.column_changes(_plain(old.described), _plain(described(origin)))
    if old.relation == origin.relation:
        return found
    renamed = Change("table_renamed", "", old.relation, origin.relation, f"{old.relation} is now {origin.relation}")
    return (renamed, *found)


def require_bearable(origin: Origin, found: tuple[Change, ...], *, accept: bool) -> None:
    """
    Stop where a published column went, has another name, or another type.

    Args:
        accept: Let another type pass, if the contract can still publish it; a column that is gone it cannot.

    Raises:
        SchemaDrift: With every difference, the breaking ones first.
    """
    published = {f.name for f in origin.contract.fields}
    breaking = [c for c in found if c.source == "breaking" and (c.column in published or c.before in published)]
    if not breaking or (accept and all(c.kind == "type_changed" for c in breaking)):
        return
    others = [c for c in found if c not in breaking]
    gone = any(c.kind != "type_changed" for c in breaking)
    raise SchemaDrift(
        f"{origin.name}: {origin.relation} has changed, and {breaking[0].says}",
        what=[*(f"breaking: {c.says}: {c.why}" for c in breaking), *(f"compatible: {c.says}" for c in others)],
        next="adapt the contract, or the table that the dataset names"
        if gone
        else f"if that is right: parquetry export {origin.spec.name} --accept-drift",
        dataset=origin.name,
        changes=[c.as_json() for c in found],
    )


def _plain(columns: tuple[SourceColumn, ...]) -> list[Described]:
    return [Described(c.name, c.type, c.nullable, c.values) for c in columns]
