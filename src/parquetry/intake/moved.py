"""
Rows that changed partition between two runs, because their time changed.

A run that reads part of a dataset sees only one end of such a move. Seen from the new rows: the
key is also in a partition that was to be kept. Seen from the old ones: the key is gone from the
partitions that were read, and the source has it elsewhere. Either way the other end has to be
read again, or the row would be doubled or lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import duckdb

from parquetry.contracts import sql
from parquetry.lake.digest import quoted

Key = Sequence[object]
Months = Callable[[Sequence[Key]], Iterable[str | None]]
"""For each key, the partition its row is in now, or None if the source has no such row."""

_BATCH = 10_000


def partitions(
    connection: duckdb.DuckDBPyConnection,
    key: Sequence[str],
    *,
    fresh: Sequence[str],
    kept: Mapping[str, str],
    replaced: Sequence[str],
    months: Months,
) -> set[str]:
    """
    The kept partitions that have to be read again.

    Args:
        fresh: Files just read.
        kept: Files of the partitions that were to be kept, and the partition of each.
        replaced: Files of the partitions that *fresh* is to replace.
        months: Asks the source, ten thousand keys at a time.
    """
    if not kept or not key:
        return set()
    columns = ", ".join(map(quoted, key))
    on = " AND ".join(f"f.{quoted(c)}::VARCHAR = o.{quoted(c)}::VARCHAR" for c in key)
    found = connection.execute(
        f"SELECT DISTINCT o.filename FROM {_files(kept, 'filename = true')} o SEMI JOIN {_files(fresh)} f ON {on}"
    ).fetchall()
    arrived_from = {kept[name] for (name,) in found}
    if not replaced:
        return arrived_from
    gone = connection.execute(f"SELECT {columns} FROM {_files(replaced)} o ANTI JOIN {_files(fresh)} f ON {on}")
    went_to = {month for batch in _batches(gone) for month in months(batch) if month is not None}
    return arrived_from | (went_to & set(kept.values()))


def _files(paths: Iterable[str], option: str = "filename = false") -> str:
    return f"read_parquet({sql.files(paths)}, hive_partitioning = false, {option})"


def _batches(result: duckdb.DuckDBPyConnection) -> Iterator[list[tuple[object, ...]]]:
    while batch := result.fetchmany(_BATCH):
        yield batch
