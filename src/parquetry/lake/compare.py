"""
One dataset in two snapshots: its columns, its partitions, its rows.

Partitions of the same content are recognised by their manifests and not read; the rows of the others
are for `compare_rows`. Two values are the same if the digest of the lake says so: NULL is NULL and
NaN is NaN, but 0.0 is not -0.0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import duckdb

from parquetry.lake import Snapshot
from parquetry.lake.common_type import between
from parquetry.lake.compare_rows import Rows, Seen
from parquetry.lake.differences import ColumnChange, DatasetDiff, PartitionDiff
from parquetry.lake.manifest import Dataset, Partition


def compared(
    duck: duckdb.DuckDBPyConnection, name: str, old: Snapshot, new: Snapshot, *, examples: int = 0, seen: Seen
) -> DatasetDiff:
    """
    Compare the dataset *name*; at least one of the snapshots has it.

    Args:
        duck: With a folder to spill to; what is made in it is temporary.
        examples: How many rows of each kind to give.
        seen: Asked about the columns of those.

    Raises:
        Integrity: A file of a snapshot is missing.
    """
    before, after = old.manifest.datasets.get(name), new.manifest.datasets.get(name)
    if before is None or after is None:
        return _alone(name, before, after)
    schema = tuple(_schema(before, after))
    contracts = (before.contract.fingerprint, after.contract.fingerprint)
    found = DatasetDiff(name, "same", before.rows, after.rows, contracts, schema, after.key)
    differing, unread = _differing(before, after)
    if differing:
        rows = Rows.between(before, after)
        found = rows.into(found, duck, (old, new), differing, examples, seen)
    changed = bool(schema) or contracts[0] != contracts[1] or found.added or found.removed or found.changed
    return replace(found, status="changed" if changed else "same", unread=unread)


def _alone(name: str, before: Dataset | None, after: Dataset | None) -> DatasetDiff:
    """A dataset that only one snapshot has; nothing needs to be read to count it."""
    old, new = (before.rows if before else 0), (after.rows if after else 0)
    there = after or before
    assert there is not None
    parts = {
        key: PartitionDiff(0, p.rows, added=p.rows) if after else PartitionDiff(p.rows, 0, removed=p.rows)
        for key, p in sorted(there.partitions.items())
    }
    contracts = (before.contract.fingerprint if before else None, after.contract.fingerprint if after else None)
    status = "added" if after else "removed"
    return DatasetDiff(name, status, old, new, contracts, key=there.key, added=new, removed=old, partitions=parts)  # type: ignore[arg-type]


def _schema(before: Dataset, after: Dataset) -> Iterator[ColumnChange]:
    for column in dict.fromkeys([*before.schema, *after.schema]):
        old, new = before.schema.get(column), after.schema.get(column)
        if old != new:
            yield ColumnChange(column, old, new, between(old, new).type if old and new else "")


def _differing(before: Dataset, after: Dataset) -> tuple[list[str], int]:
    """The partitions whose rows may differ, and how many need not be read."""
    keys = sorted({*before.partitions, *after.partitions})
    # The digest knows the order of columns' names, not the names themselves.
    alike = before.schema.keys() == after.schema.keys()
    differing = [k for k in keys if not _same(before.partitions.get(k), after.partitions.get(k), alike)]
    return differing, len(keys) - len(differing)


def _same(old: Partition | None, new: Partition | None, alike: bool) -> bool:
    if old is None or new is None:
        return False
    if {f.path for f in old.files} == {f.path for f in new.files}:
        return True
    return alike and (old.rows, _digest(old)) == (new.rows, _digest(new))


def _digest(partition: Partition) -> int:
    return sum(int(f.digest, 16) for f in partition.files) % 2**128
