"""Merge the small files of closed months: the same rows, in fewer files, as a new snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from importlib.metadata import version
from typing import Any, cast

import duckdb

from parquetry import log
from parquetry.errors import stopped_by
from parquetry.intake import merged
from parquetry.intake.outcome import failed
from parquetry.lake import Lake, ledger, views
from parquetry.lake.commit import Draft, Turn, commit, turn
from parquetry.lake.manifest import Dataset
from parquetry.lake.write import Compression
from parquetry.project import Project
from parquetry.stoppable import Stoppable
from parquetry.text import Told, counted, size
from parquetry.tracking import provenance


@dataclass(frozen=True, slots=True)
class CompactedMonth:
    """
    A month whose files became one, or with *dry_run* would.

    Attributes:
        files, bytes_before: How many Parquet files there were, and their size.
        bytes: Of the one file; None where nothing was written.
    """

    dataset: str
    month: str
    files: int
    rows: int
    bytes_before: int
    bytes: int | None

    def __str__(self) -> str:
        after = f" → {size(self.bytes)}" if self.bytes is not None else ""
        return (
            f"{self.dataset} {self.month}: {counted(self.rows, 'row')}, {counted(self.files, 'file')} → 1, "
            f"{size(self.bytes_before)}{after}"
        )


@dataclass(frozen=True, slots=True)
class Compacted(Told):
    """
    What was merged.

    Attributes:
        snapshot: The snapshot it committed, or found nothing to merge in; None in a new lake.
    """

    run: str | None
    snapshot: int | None
    months: tuple[CompactedMonth, ...]
    dry_run: bool

    def __str__(self) -> str:
        if not self.months:
            return "nothing to merge: no closed month has several files of reports"
        said = "would merge" if self.dry_run else f"committed snapshot {self.snapshot} (run {self.run})"
        return "\n".join([said, *(f"  {month}" for month in self.months)])


def compact(project: Project, datasets: Sequence[str] = (), *, dry_run: bool = False) -> Compacted:
    """
    Merge the report files of each month that is over into one Parquet file.

    A report that changes later takes its month apart again, and `compact` may merge it once more.

    Args:
        datasets: Names; none means all that are published.

    Raises:
        NoSuchDataset: A name is not in the current snapshot.
        Integrity: The merged rows are not those that were published; nothing is committed.
        Busy, Storage: As an export.
    """
    lake = Lake(project.settings.lake_path)
    today = datetime.now(UTC).date()
    there = list(lake.snapshots())
    if not there:
        return Compacted(None, None, (), dry_run)
    found = {name: there[-1].dataset(name) for name in datasets or there[-1].datasets}
    months = tuple(_month(name, d, m, keys, None) for name, d in found.items() for m, keys in _closed(d, today))
    if dry_run or not months:
        return Compacted(None, there[-1].number, months, dry_run)
    run = ledger.begin(lake.store, "compact", {"datasets": list(datasets)})
    try:
        with turn(lake.store, run.id) as mine:
            snapshot, done = _merged(project, mine, tuple(found), today)
            views.repair(lake.store)
    except BaseException as error:
        ended = stopped_by(error)
        failed(lake, run, ended)
        if ended is error:
            raise
        raise ended from None
    ledger.end(lake.store, run, "committed", exit_code=0, snapshot=snapshot)
    log.info("lake.compacted", snapshot=snapshot, months=len(done), files=sum(m.files for m in done))
    return Compacted(run.id, snapshot, done, dry_run)


def _closed(dataset: Dataset, today: date) -> list[tuple[str, list[str]]]:
    return list(merged.closed_months(dataset, today).items())


def _merged(project: Project, mine: Turn, names: Sequence[str], today: date) -> tuple[int, tuple[CompactedMonth, ...]]:
    assert mine.base is not None
    drafts: dict[str, Draft] = {}
    done = []
    compression = cast("Compression", project.settings.compression)
    with closing(_duckdb(project, mine)) as connection:
        for name in names:
            dataset = mine.base.datasets[name]
            replaced, stay = {}, dict(dataset.partitions)
            for month, keys in _closed(dataset, today):
                footer = {
                    "parquetry.dataset": name,
                    "parquetry.run": mine.run,
                    "parquetry.version": version("parquetry"),
                }
                place = mine.staging / f"{name}-{month}.parquet"
                replaced[month] = merged.merged(connection, mine.store, dataset, keys, place, footer, compression)
                done.append(_month(name, dataset, month, keys, place.stat().st_size))
                stay = {key: part for key, part in stay.items() if key not in keys}
            if replaced:
                drafts[name] = Draft(replace(dataset, partitions=stay), "", replaced)
        parameters = {"datasets": list(names)}
        committed = commit(mine, drafts, {}, provenance.record(project.root, parameters))
    return committed.manifest.snapshot, tuple(done)


def _duckdb(project: Project, mine: Turn) -> duckdb.DuckDBPyConnection:
    config: dict[str, Any] = {
        "memory_limit": project.settings.memory_limit,
        "threads": project.settings.threads,
        "temp_directory": str(mine.staging / "spill"),
        "preserve_insertion_order": "true",
    }
    return cast("duckdb.DuckDBPyConnection", Stoppable(duckdb.connect(config=config)))


def _month(name: str, dataset: Dataset, month: str, keys: Sequence[str], after: int | None) -> CompactedMonth:
    parts = [dataset.partitions[key] for key in keys]
    files = [f for part in parts for f in part.files]
    return CompactedMonth(name, month, len(files), sum(p.rows for p in parts), sum(f.bytes for f in files), after)
