"""
The rows of one dataset, from its source into private files: all that the selection asks for, and
the other end of every row that moved.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from parquetry.intake import moved
from parquetry.intake.job import Job
from parquetry.intake.origin import Origin
from parquetry.intake.outlook import Outlook, outlook
from parquetry.lake import manifest, partition, write
from parquetry.lake.digest import quoted
from parquetry.lake.manifest import Partition
from parquetry.lake.partition import Range
from parquetry.lake.write import Written
from parquetry.sources import Reading


@dataclass(frozen=True, slots=True)
class Rows:
    """
    Rows in staging, nothing yet checked.

    Attributes:
        schema: Column to DuckDB type, as they are staged.
        notes: What a person should know.
    """

    outlook: Outlook
    schema: Mapping[str, str]
    written: Written
    notes: tuple[str, ...]


def stage(
    connection: duckdb.DuckDBPyConnection,
    job: Job[Reading],
    origin: Origin,
    ahead: Outlook,
    old: manifest.Dataset | None,
) -> Rows:
    """
    Read *origin* into staging.

    Args:
        connection: For looking into the lake's files and the staged ones.
        ahead: What is to be read, at the least.
        old: The dataset as the lake has it.
    """
    also: tuple[Range, ...] = ()
    notes: list[str] = []
    while True:  # each turn adds at least one partition, until none is left to add
        folder = job.staging / f"{origin.name}-{len(also)}"
        schema, written = _read(job, origin, ahead, folder)
        extra = _elsewhere(connection, job, origin, old, written, ahead.stay) if ahead.window.ranges else set()
        if not extra:
            break
        shutil.rmtree(folder)
        also = (*also, *(partition.range_of(m) for m in sorted(extra)))
        drift = job.options.accept_drift
        ahead = outlook(job.reading, job.selection, origin, old, accept_drift=drift, also=also)
        notes.append(f"also read {', '.join(sorted(extra))}: rows changed their {origin.monthly}")
    if ahead.stay and not origin.spec.key:
        notes.append("without a key, a row that moved from or to a month that was not read cannot be found")
    return Rows(ahead, schema, written, (*ahead.notes, *notes))


def _read(job: Job[Reading], origin: Origin, ahead: Outlook, folder: Path) -> tuple[dict[str, str], Written]:
    job.seen(origin.name, "read", 0, ahead.look.total)

    def progress() -> float:
        staged = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
        job.seen(origin.name, "read", staged, ahead.look.total)
        return staged

    columns = {c.name: c.type for c in ahead.look.columns}
    # A flag beside a column without misfits is NULL throughout; beside others it is made when they are checked.
    flags = [f.flag for f in origin.contract.fields if f.flag and columns[f.name] == f.type]
    schema = {name: type_ for name in ahead.schema if (type_ := columns.get(name, "VARCHAR" if name in flags else ""))}
    rows = job.reading.rows(origin.table, ahead.look.columns, ahead.window)
    written = write.stage(
        lambda sql: job.reading.run(sql, progress=progress),
        f"SELECT *, {', '.join(f'NULL::VARCHAR AS {quoted(flag)}' for flag in flags)} FROM ({rows})" if flags else rows,
        schema,
        folder,
        key=origin.key_sql(schema),
        order=origin.sorting(ahead.look),
        row_bytes=ahead.look.row_bytes,
        compression=job.options.compression,
        metadata=job.footer(origin.name, origin.contract),
        dictionaries=not ahead.look.signed_zeros,
    )
    return schema, written


def _elsewhere(
    connection: duckdb.DuckDBPyConnection,
    job: Job[Reading],
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
