"""What an export gives back, and the summary of what is now in the lake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from typing import Any

from parquetry import catalog
from parquetry.catalog import Catalog
from parquetry.contracts import Broken
from parquetry.errors import QUARANTINED, ParquetryError
from parquetry.intake.draft import Drafted
from parquetry.lake import Snapshot
from parquetry.lake.digest import quoted
from parquetry.lake.manifest import Account, Partition
from parquetry.project import Dataset, Project
from parquetry.text import Told, counted, size

_LISTED = 10
_REPORTS = 10
_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class ExportedReport:
    """
    One report file that was read.

    Attributes:
        report: Its name below its source's root.
        file: Its Parquet file's name in the lake.
        rows, quarantined, excluded: Where its rows went.
        bytes_before, bytes: Of the report, and of its Parquet.
        seconds: What reading it took.
        checked: Whether it was held against its contract.
    """

    report: str
    file: str
    rows: int
    quarantined: int
    excluded: int
    bytes_before: int
    bytes: int
    seconds: float
    checked: bool = True

    @property
    def ratio(self) -> float:
        """By how much it became smaller: 0.827 is 82.7 %; below 0 it grew."""
        return 1 - self.bytes / self.bytes_before if self.bytes_before else 0.0

    def __str__(self) -> str:
        aside = f", {counted(self.quarantined, 'row')} set aside" if self.quarantined else ""
        aside += f", {self.excluded:,} left out" if self.excluded else ""
        sizes = f"{size(self.bytes_before)} → {size(self.bytes)}" + (f" ({self.ratio:.1%})" if self.ratio > 0 else "")
        return f"{self.report}: {counted(self.rows, 'row')}{aside}, {sizes}" + (", checked" if self.checked else "")


@dataclass(frozen=True, slots=True)
class ExportedDataset(Told):
    """
    What a run did to one dataset.

    Attributes:
        read: The row account of what was read from the source.
        relation: What was read, in the source's words: the candidate of ``table`` that exists.
        rows, files, bytes: Of the dataset as it now is in the snapshot, kept partitions included.
        time: The time column that was found, or None.
        first, last: Its earliest and latest time as text, or None.
        seen: Column to its distinct values, counted; with their names where they are few.
        notes: What a person should know.
        reports: The report files that were read.
        set_aside: Report files that could not be read, and why.
    """

    name: str
    relation: str
    read: Account
    rows: int
    files: int
    bytes: int
    time: str | None
    first: str | None
    last: str | None
    seen: Mapping[str, tuple[int, tuple[str, ...]]]
    broken: tuple[Broken, ...]
    notes: tuple[str, ...]
    seconds: Mapping[str, float]
    reports: tuple[ExportedReport, ...] = ()
    set_aside: tuple[str, ...] = ()

    def __str__(self) -> str:
        held = f"{counted(self.rows, 'row')} in {counted(self.files, 'file')}, {size(self.bytes)}"
        lines = [f"{self.name}: {held}, from {self.relation}"]
        lines.append(f"  account: {self.read}")
        if self.first:
            lines.append(f"  {self.time}: {self.first} to {self.last}")
        for column, (count, values) in self.seen.items():
            lines.append(f"  {column}: {counted(count, 'value')}" + (f" ({', '.join(values)})" if values else ""))
        lines += [f"  broken: {b.rule} ({b.says}): {counted(b.rows, 'row')}" for b in self.broken]
        lines += [f"  {report}" for report in self.reports[:_REPORTS]]
        if len(self.reports) > _REPORTS:
            lines.append(f"  … {counted(len(self.reports) - _REPORTS, 'more file')}: {_together(self.reports)}")
        lines += [f"  note: {note}" for note in self.notes]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Exported(Told):
    """
    What an export did.

    Attributes:
        snapshot: The snapshot it committed, or found unchanged.
        changed: Whether it committed one.
        validated: False if the rows were published without a check.
        quarantine: The folder with the rows set aside, or None.
        catalog: The catalog that was synced, if that was asked for.
        sync_error: Why it could not be synced; the snapshot stands all the same.
        seconds: By stage: ``look``, ``read``, ``check``, ``commit``, ``sync``, ``total``.
    """

    run: str
    snapshot: int
    changed: bool
    validated: bool
    datasets: tuple[ExportedDataset, ...]
    positions: Mapping[str, Mapping[str, Any]]
    quarantine: Path | None
    catalog: Catalog | None
    sync_error: ParquetryError | None
    seconds: Mapping[str, float]

    @property
    def quarantined(self) -> int:
        return sum(d.read.quarantined for d in self.datasets)

    @property
    def exit_code(self) -> int:
        """0, 11 if rows or report files were set aside, or the sync's code if only that failed."""
        if self.sync_error:
            return self.sync_error.exit_code
        return QUARANTINED if self.quarantined or any(d.set_aside for d in self.datasets) else 0

    def __str__(self) -> str:
        said = "committed" if self.changed else "nothing has changed; the lake stays at"
        lines = [f"{said} snapshot {self.snapshot} (run {self.run})"]
        if not self.validated:
            lines.append("WARNING: --no-validate: these rows were checked against NO contract; the manifest says so")
        lines += [indent(str(d), "  ") for d in self.datasets]
        if self.quarantine:
            lines.append(f"quarantine: {self.quarantine}")
        lines.append("seconds: " + "  ".join(f"{stage} {s:.2f}" for stage, s in self.seconds.items()))
        if self.catalog:
            lines.append(str(self.catalog))
        return "\n".join(lines)


def summarised(project: Project, snapshot: Snapshot, drafted: Drafted, spec: Dataset) -> ExportedDataset:
    """What a run did to one dataset, and how the dataset now is in *snapshot*."""
    if drafted.absent:
        return ExportedDataset(
            drafted.name, "no file", drafted.read, 0, 0, 0, None, None, None, {}, (), drafted.notes, drafted.seconds,
            set_aside=drafted.set_aside,
        )  # fmt: skip
    dataset = snapshot.dataset(drafted.name)
    files = list(dataset.files)
    return ExportedDataset(
        name=drafted.name,
        relation=dataset.relation,
        read=drafted.read,
        rows=dataset.rows,
        files=len(files),
        bytes=sum(f.bytes for f in files),
        time=dataset.time,
        first=min((f.min for f in files if f.min), default=None),
        last=max((f.max for f in files if f.max), default=None),
        seen=_distinct(project, snapshot, drafted.name, spec),
        broken=drafted.broken,
        notes=drafted.notes,
        seconds=drafted.seconds,
        reports=tuple(
            _report(dataset.partitions[key], s, validated=dataset.contract.validated)
            for key, s in drafted.reports.items()
        ),
        set_aside=drafted.set_aside,
    )


def _report(part: Partition, seconds: float, *, validated: bool) -> ExportedReport:
    (report,), files = part.reports, part.files
    return ExportedReport(
        report.file, Path(files[0].path).name, part.rows, report.account.quarantined, report.account.excluded,
        report.bytes, sum(f.bytes for f in files), round(seconds, 3), validated,
    )  # fmt: skip


def _together(reports: Sequence[ExportedReport]) -> str:
    before, after = sum(r.bytes_before for r in reports), sum(r.bytes for r in reports)
    smaller = f" ({1 - after / before:.1%})" if before > after else ""
    return f"{size(before)} → {size(after)} in all{smaller}"


def broken_lines(drafted: Drafted) -> Iterator[str]:
    """The count of each broken rule, and the first rows that break it: five in all."""
    left = _EXAMPLES
    for broken in drafted.broken:
        examples = broken.first[:left]
        left -= len(examples)
        shown = "; ".join(f"{key}: {value}" for key, value in examples)
        yield f"{broken.rule} ({broken.says}): {counted(broken.rows, 'row')}" + (f", first {shown}" if shown else "")


def _distinct(project: Project, snapshot: Snapshot, name: str, spec: Dataset) -> dict[str, tuple[int, tuple[str, ...]]]:
    """How many values each column of ``summary`` has, and which, where they are few and nobody's secret."""
    contract, schema = project.contract(spec.name), snapshot.dataset(name).schema
    columns = [column for column in spec.summary if column in schema]
    if not columns:
        return {}
    settings = project.settings
    counts = ", ".join(f"count(DISTINCT {quoted(c)})" for c in columns)
    found: dict[str, tuple[int, tuple[str, ...]]] = {}
    with catalog.opened(
        snapshot, settings.duckdb_schema, memory=settings.memory_limit, threads=settings.threads
    ) as connection:
        row = connection.execute(f"SELECT {counts} FROM {quoted(name)}").fetchone() or ()
        for column, count in zip(columns, row, strict=True):
            values: tuple[str, ...] = ()
            if count <= _LISTED and contract.field(column).privacy in ("public", "internal"):
                distinct = f"SELECT DISTINCT {quoted(column)}::VARCHAR FROM {quoted(name)}"
                sql = f"{distinct} WHERE {quoted(column)} IS NOT NULL ORDER BY 1"
                values = tuple(v for (v,) in connection.execute(sql).fetchall())
            found[column] = (count, values)
    return found
