"""
The rows of one dataset, from its source into private files: all that the selection asks for, and
the other end of every row that moved.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from parquetry.errors import BadInput, Usage
from parquetry.intake import moved
from parquetry.intake.job import Job, Origin
from parquetry.intake.selection import kept
from parquetry.lake import manifest, partition, write
from parquetry.lake.manifest import Partition
from parquetry.lake.write import Written
from parquetry.sources import Look, Window


@dataclass(frozen=True, slots=True)
class Rows:
    """
    Rows in staging, nothing yet checked.

    Attributes:
        look: How each column was read, and how many rows the source counted.
        stay: The partitions of the lake that were not read.
        notes: What a person should know.
    """

    look: Look
    written: Written
    stay: Mapping[str, Partition]
    notes: tuple[str, ...]


def stage(connection: duckdb.DuckDBPyConnection, job: Job, origin: Origin) -> Rows:
    """
    Read *origin* into staging.

    Args:
        connection: For looking into the lake's files and the staged ones.
    """
    old = job.turn.base.datasets.get(origin.name) if job.turn.base else None
    window = job.selection.window(origin.spec, origin.monthly, job.reading.position.clock, origin.contract)
    notes: list[str] = []
    if not kept(old, window, origin.schema, origin.contract.fingerprint):
        window = replace(window, ranges=())
        notes.append("everything was read: the contract has changed since the partitions outside were published")
    if old and dict(old.where) != dict(job.selection.where):
        notes.append(f"{origin.name} was published with another filter before: {dict(old.where) or 'none'}")
    while True:  # each turn adds at least one partition, until none is left to add
        folder = job.staging / f"{origin.name}-{len(window.ranges)}"
        look, written = _read(job, origin, window, folder)
        parts = old.partitions if old else {}
        stay = {key: part for key, part in parts.items() if not partition.covered(key, window.ranges)}
        extra = _elsewhere(connection, job, origin, old, written, stay) if window.ranges else set()
        if not extra:
            break
        shutil.rmtree(folder)
        window = replace(window, ranges=(*window.ranges, *(partition.range_of(m) for m in sorted(extra))))
        notes.append(f"also read {', '.join(sorted(extra))}: rows changed their {origin.monthly}")
    if stay and not origin.spec.key:
        notes.append("without a key, a row that moved from or to a month that was not read cannot be found")
    return Rows(look, written, stay, tuple(notes))


def _read(job: Job, origin: Origin, window: Window, folder: Path) -> tuple[Look, Written]:
    try:
        look = job.reading.look(origin.table, origin.contract, window, origin.monthly)
    except BadInput as error:
        if not window.where:
            raise
        raise Usage(f"{origin.name} cannot be filtered by {dict(window.where)}", what=error.what) from error
    job.seen(origin.name, "read", 0, look.total)

    def progress() -> float:
        staged = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
        job.seen(origin.name, "read", staged, look.total)
        return staged

    schema = {c.name: c.type for c in look.columns}
    written = write.stage(
        lambda sql: job.reading.run(sql, progress=progress),
        job.reading.rows(origin.table, look.columns, window),
        schema,
        folder,
        key=origin.key_sql(schema),
        compression=job.options.compression,
        metadata=job.footer(origin),
    )
    return look, written


def _elsewhere(
    connection: duckdb.DuckDBPyConnection,
    job: Job,
    origin: Origin,
    old: manifest.Dataset | None,
    written: Written,
    stay: Mapping[str, Partition],
) -> set[str]:
    """Partitions that were not read, but that rows of this read came from or went to."""
    root, key, month = job.turn.store.root, origin.spec.key, origin.monthly
    if old is None or month is None:
        return set()
    gone = [f for name, part in old.partitions.items() if name not in stay for f in part.files]
    return moved.partitions(
        connection,
        key,
        fresh=written.paths,
        kept={str(root / f.path): name for name, part in stay.items() for f in part.files},
        replaced=[str(root / f.path) for f in gone],
        months=lambda keys: job.reading.months(origin.table, key, month, keys),
    )
