"""
The report files of a month in one Parquet file, and a month taken apart again.

Rows lie in the order of their files, so that the manifest's accounts say which are whose.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from parquetry.contracts import sql
from parquetry.errors import Integrity
from parquetry.lake import partition, write
from parquetry.lake.commit import StagedFile, StagedPartition, require_intact
from parquetry.lake.manifest import Account, Dataset, Partition, Report
from parquetry.lake.store import LocalStore


def closed_months(dataset: Dataset, today: date) -> dict[str, list[str]]:
    """
    The partitions of each month before that of *today*, where there are several; the merged one first.

    Months are ``2025-10``.
    """
    found: dict[str, list[str]] = {}
    for key in sorted(k for k, p in dataset.partitions.items() if p.reports):
        found.setdefault(key[:7], []).append(key)  # a merged month's key is its own first seven letters
    return {month: keys for month, keys in found.items() if len(keys) > 1 and month < partition.month_of(today)}


def merged(
    connection: duckdb.DuckDBPyConnection, store: LocalStore, dataset: Dataset, keys: Collection[str], place: Path,
    metadata: Mapping[str, Any], compression: write.Compression,
) -> StagedPartition:  # fmt: skip
    """
    The partitions *keys* as one, its one file at *place*.

    Args:
        connection: Its order of insertion is kept.

    Raises:
        Integrity: A file of them is damaged or missing, or its rows are not those of its files.
    """
    parts = [dataset.partitions[key] for key in keys]
    files = _intact(store, parts)
    columns, table = ", ".join(map(sql.name, dataset.schema)), sql.parquet(files)
    reports = tuple(r for part in parts for r in part.reports)
    account = sum((part.account for part in parts), Account(0, 0))
    write.one_file(
        connection.execute, f"SELECT {columns} FROM {table}", place,
        row_bytes=sum(r.bytes for r in reports) / max(account.published, 1),
        compression=compression, metadata=metadata, dictionaries=not _minus_zero(connection, table, dataset),
    )  # fmt: skip
    return StagedPartition(account, (_file(connection, place, dataset, reports),), {}, reports, parts[-1].position)


def apart(
    connection: duckdb.DuckDBPyConnection, store: LocalStore, dataset: Dataset, part: Partition,
    reports: Collection[Report], folder: Path,
) -> Iterator[tuple[str, StagedPartition]]:  # fmt: skip
    """
    Of a merged *part* these *reports*, each as a partition of its own again.

    Raises:
        Integrity: Its file is damaged or missing, or a report's rows are not those that were merged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    columns = ", ".join(map(sql.name, dataset.schema))
    table = sql.parquet(_intact(store, [part]))
    first = 0
    for number, report in enumerate(part.reports):
        after = first + report.account.published
        if report in reports:
            place = folder / f"{number:06d}.parquet"
            rows = f"SELECT {columns} FROM {table} WHERE file_row_number >= {first} AND file_row_number < {after}"
            write.one_file(connection.execute, rows, place, metadata={}, dictionaries=False)
            file = _file(connection, place, dataset, (report,))
            key = partition.of_report(date.fromisoformat(report.date), report.file)
            yield key, StagedPartition(report.account, (file,), {}, (report,), report.position)
        first = after


def _intact(store: LocalStore, parts: Iterable[Partition]) -> list[str]:
    """The paths of their files, each hashed again: what is read here becomes the lake's only copy of it."""
    files = [file for part in parts for file in part.files]
    for file in files:
        require_intact(store, file)
    return [str(store.root / file.path) for file in files]


def _minus_zero(connection: duckdb.DuckDBPyConnection, table: str, dataset: Dataset) -> bool:
    """Whether there is a -0, which a dictionary would make 0; without dictionaries files are half as large again."""
    tests = [
        f"{sql.name(name)} = 0 AND signbit({sql.name(name)})" if type_ in ("DOUBLE", "FLOAT")
        else f"CAST({sql.name(name)} AS VARCHAR) LIKE '%-0.0%'"
        for name, type_ in dataset.schema.items() if "DOUBLE" in type_ or "FLOAT" in type_
    ]  # fmt: skip
    if not tests:
        return False
    found = connection.execute(f"SELECT coalesce(bool_or({' OR '.join(tests)}), false) FROM {table}").fetchone()
    return found is None or bool(found[0])


def _file(
    connection: duckdb.DuckDBPyConnection, place: Path, dataset: Dataset, reports: tuple[Report, ...]
) -> StagedFile:
    facts = write.facts(connection, [str(place)], dataset.schema, dataset.time)[str(place)]
    rows, digest = sum(r.account.published for r in reports), sum(int(r.digest, 16) for r in reports) % 2**128
    if (rows, digest) != (facts.rows, int(facts.digest, 16)):
        raise Integrity(
            f"the rows of {reports[0].file} to {reports[-1].file} are not those that were published",
            next="parquetry verify shows all damage; restore the file from a backup, or parquetry export --full",
        )
    return StagedFile(place, facts.rows, facts.digest, facts.min, facts.max)
