"""
The datasets of a snapshot as they are in their sources at the moment of asking: views, not copies.

A live view has the columns and types that the dataset is published in, and gives each value as an
export would. Where an export would refuse or publish otherwise, the query ends with an error.
Datasets of report files are shown as they are published: a file is no source to ask.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from parquetry import catalog
from parquetry.contracts.exact import exactly
from parquetry.errors import SchemaDrift, Usage
from parquetry.intake.origin import Origin
from parquetry.intake.reading import opened
from parquetry.lake import Snapshot, ledger
from parquetry.lake.digest import quoted
from parquetry.lake.manifest import Dataset
from parquetry.lake.write import literal
from parquetry.project import Project, queries
from parquetry.sources import Published, Reading, Window
from parquetry.sources._engine import loading

_CATALOG = "parquetry_catalog"


@dataclass(frozen=True, slots=True)
class Live:
    """What a live catalog needs (statements, without a password) and lacks (macros, and why)."""

    attach: tuple[str, ...]
    problems: tuple[str, ...]


def write(project: Project, snapshot: Snapshot, file: Path) -> Live:
    """
    Fill the DuckDB *file* with live views of *snapshot*'s datasets. No password is in it.

    Raises:
        Usage: The project has no database.
        SchemaDrift: A table has changed, so that it cannot be shown as it is published.
        ParquetryError: As an export, for a source that cannot be read.
    """
    schema, macros = project.settings.duckdb_schema, queries.macros(project.queries)
    attach = [loading()]
    problems = [macros.problem] if macros.problem else []
    sources = databases(project, snapshot)
    if not sources:
        raise Usage("mode live shows databases, and this project has none", next="parquetry sync --mode view")
    stored = [name for name in snapshot.datasets if snapshot.dataset(name).source not in sources]
    for number, source in enumerate(sources, 1):
        alias = f"source_{source}"
        with opened(project, source, ledger.new_id()) as reading:
            selects = {n: select(project, reading, snapshot, n, alias) for n in of(snapshot, source)}
            reading.run(f"ATTACH {literal(file)} AS {_CATALOG}")
            reading.run(f"CREATE SCHEMA IF NOT EXISTS {_CATALOG}.{quoted(schema)}")
            reading.run(f"USE {_CATALOG}.{quoted(schema)}")
            if number == 1:
                catalog.define_stored(reading.connection, snapshot, stored)
            for name, sql in selects.items():
                _define(reading, snapshot, name, sql)
            attach.append(reading.attachment(alias))
            if number == len(sources):
                catalog.define_typed(reading.connection, snapshot)
                catalog.mark(reading.connection, snapshot)
                problems += catalog.define_macros(reading.connection, macros.file, macros.statements)
            reading.run("COMMIT")
            reading.run("USE memory")
            reading.run(f"DETACH {_CATALOG}")
    return Live(tuple(attach), tuple(problems))


def databases(project: Project, snapshot: Snapshot) -> list[str]:
    """The sources of *snapshot* that can be asked."""
    sources = sorted({d.source for d in snapshot.manifest.datasets.values()})
    return [source for source in sources if project.source(source).kind != "files"]


def of(snapshot: Snapshot, source: str) -> Iterator[str]:
    """The datasets of *snapshot* that were read from *source*."""
    return (name for name in snapshot.datasets if snapshot.dataset(name).source == source)


def select(project: Project, reading: Reading, snapshot: Snapshot, name: str, alias: str | None = None) -> str:
    """
    A SELECT of a dataset as it is in its source.

    Args:
        alias: The source's, in a DuckDB where it is run later. None: it is run in this reading, whose
            moment holds still, so that values can be counted before and not only refused.

    Raises:
        SchemaDrift: The table cannot be shown as the dataset is published.
        NoSuchDataset: The project does not declare it.
    """
    old = snapshot.dataset(name)
    spec = next((d for d in project.datasets.values() if d.name == name), None)
    if spec is None:  # published under a name of its own
        spec = next((d for d in project.datasets.values() if d.contract == old.contract.name), None)
    origin = Origin.found(project, reading, name, spec or project.dataset(name))
    window = Window(where=old.where)
    look = reading.look(origin.table, origin.contract, window)
    columns = [_read(origin, old, column, later=alias is not None) for column in look.columns]
    way = reading.rows(origin.table, columns, window)
    if alias is not None:
        way = reading.standing(origin.table, columns, window, alias)
    return _published(origin, old, columns, way)


def _read(origin: Origin, old: Dataset, column: Published, *, later: bool) -> Published:
    """How a column is fetched: as text where that is published, or where misfits are to be told from values."""
    was = old.column(column.name)
    declared = origin.contract.field(column.name).type
    if was is None or was.type not in (declared, "VARCHAR"):
        raise _drifted(origin, column.name, f"it is published as {was.type if was else 'nothing'}, not as {declared}")
    told_apart = origin.policy(column) in ("null_and_flag", "quarantine")
    if was.type == "VARCHAR" or (later and told_apart):
        return column.as_text
    if column.misfits and not told_apart:
        raise _drifted(origin, column.name, f"{column.misfits} values now that {declared} cannot hold")
    return column


def _published(origin: Origin, old: Dataset, columns: list[Published], rows: str) -> str:
    """The published columns, in their order, over *rows* as they are fetched."""
    items: dict[str, str] = {}
    kept: list[str] = []
    for column in columns:
        field, name = origin.contract.field(column.name), quoted(column.name)
        published = old.schema[column.name]
        value = name if column.type == published else exactly(name, column.type, published)
        items[column.name] = f"{value} AS {name}"
        misfit = f"({name} IS NOT NULL AND ({value}) IS NULL)"
        if field.flag:
            text = "NULL::VARCHAR" if column.type == published else f"CASE WHEN {misfit} THEN {name} END"
            items[field.flag] = f"{text} AS {quoted(field.flag)}"
        elif column.type != published:
            kept.append(f"NOT {misfit}")
    if missing := [name for name in old.schema if name not in items]:
        raise _drifted(origin, missing[0], "the contract does not have it any more")
    chosen = ", ".join(items[name] for name in old.schema)
    return f"SELECT {chosen} FROM ({rows}) AS fetched" + (f" WHERE {' AND '.join(kept)}" if kept else "")


def _define(reading: Reading, snapshot: Snapshot, name: str, sql: str) -> None:
    reading.run(f"CREATE OR REPLACE VIEW {quoted(name)} AS {sql}")
    about = f"parquetry: {snapshot.dataset(name).relation} as it is, typed as in snapshot {snapshot.number}"
    reading.run(f"COMMENT ON VIEW {quoted(name)} IS {literal(about)}")


def _drifted(origin: Origin, column: str, what: str) -> SchemaDrift:
    return SchemaDrift(
        f"{origin.name}: {column} in the source is not as it was published",
        what=what,
        next="parquetry plan, then export; a live view shows what the newest contract and snapshot say",
        column=column,
    )
