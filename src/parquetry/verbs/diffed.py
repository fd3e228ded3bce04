"""What a comparison of two snapshots gives back, and how it shows itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar

from parquetry.errors import SchemaDrift
from parquetry.lake.differences import DatasetDiff, PartitionDiff
from parquetry.text import Told, counted, table

_LISTED = 12


@dataclass(frozen=True, slots=True)
class QueryDiff:
    """
    What a named query gave at both snapshots.

    Attributes:
        before, after: Rows of either answer; None where there is none.
        only_before, only_after: Rows that the other answer does not have; floating-point numbers
            count to twelve digits. None where the answers cannot be compared.
        skipped: Why it was not run, or in whose words it failed; or empty.
        columns: The answers' columns, where they are not the same.
    """

    name: str
    before: int | None = None
    after: int | None = None
    only_before: int | None = None
    only_after: int | None = None
    skipped: str = ""
    columns: tuple[tuple[str, ...], tuple[str, ...]] | None = None

    @property
    def differs(self) -> bool | None:
        """None where it is not known."""
        if self.skipped:
            return None
        return bool(self.columns or self.only_before or self.only_after)

    def __str__(self) -> str:
        if self.skipped:
            return f"{self.name}: not compared: {self.skipped}"
        if self.columns:
            old, new = (", ".join(names) for names in self.columns)
            return f"{self.name}: differs: its columns are {new}, before {old}"
        if not self.differs:
            return f"{self.name}: the same, {counted(self.after or 0, 'row')}"
        rows = f"{self.before:,} → {self.after:,} rows" if self.before != self.after else f"{self.after:,} rows"
        return f"{self.name}: differs: {rows}, {self.only_before:,} only before, {self.only_after:,} only after"


@dataclass(frozen=True, slots=True)
class Diffed(Told):
    """
    Two snapshots, and all that differs between them.

    Attributes:
        before, after: Their numbers.
        committed: When they were committed.
    """

    SCHEMA: ClassVar[int] = SchemaDrift.exit_code
    ROWS: ClassVar[int] = 3

    before: int
    after: int
    committed: tuple[datetime, datetime]
    datasets: tuple[DatasetDiff, ...]
    queries: tuple[QueryDiff, ...]

    @property
    def changed(self) -> bool:
        """Whether any dataset differs in anything."""
        return any(d.status != "same" for d in self.datasets)

    @property
    def exit_code(self) -> int:
        """For ``--exit-code``: 0 nothing differs, 12 a dataset's columns do or one is gone, 3 anything else does."""
        if any(d.schema_differs for d in self.datasets):
            return self.SCHEMA
        return self.ROWS if self.changed else 0

    def as_json(self) -> dict[str, Any]:
        return {
            "before": {"snapshot": self.before, "committed_at": self.committed[0].isoformat()},
            "after": {"snapshot": self.after, "committed_at": self.committed[1].isoformat()},
            "changed": self.changed,
            "datasets": {d.name: _dataset_json(d) for d in self.datasets},
            "queries": {q.name: {**asdict(q), "differs": q.differs} for q in self.queries},
        }

    def __str__(self) -> str:
        old, new = (f"{c:%Y-%m-%d %H:%M:%SZ}" for c in self.committed)
        differing = [d for d in self.datasets if d.status != "same"]
        said = f"{counted(len(differing), 'dataset')} of {len(self.datasets)} changed" if differing else "no difference"
        lines = [f"snapshot {self.before} ({old}) → {self.after} ({new}): {said}"]
        for each in self.datasets:
            lines += _told(each)
        lines += [f"query {q}" for q in self.queries]
        return "\n".join(lines)


def _dataset_json(dataset: DatasetDiff) -> dict[str, Any]:
    document = asdict(dataset)
    document["shifts"] = {name: shift.as_json() for name, shift in dataset.shifts.items()}
    old, new = document.pop("contracts")
    document["contract"] = {"before": old, "after": new}
    document["rows"] = {"before": document.pop("before"), "after": document.pop("after")}
    return {**document, "schema_differs": dataset.schema_differs}


def _told(dataset: DatasetDiff) -> Iterator[str]:
    name = dataset.name
    if dataset.status == "same":
        yield f"{name}: the same, {counted(dataset.after, 'row')}"
        return
    if dataset.status != "changed":
        yield f"{name}: {dataset.status}, {counted(dataset.added or dataset.removed, 'row')}"
        return
    by = f" (by {', '.join(dataset.key)})" if dataset.key else " (no key)"
    counts = f"{dataset.added:,} added, {dataset.removed:,} removed, {dataset.changed:,} changed"
    yield f"{name}: {dataset.before:,} → {dataset.after:,} rows: {counts}{by}"
    old, new = dataset.contracts
    if old != new:
        yield f"  contract: {(old or '')[:12]} → {(new or '')[:12]}"
    yield from (f"  column {change}" for change in dataset.schema)
    yield from (f"  note: {note}" for note in dataset.notes)
    if dataset.moved:
        yield f"  {counted(dataset.moved, 'row')} moved to another partition"
    yield from _partitions(dataset)
    for column, rows in sorted(dataset.columns.items(), key=lambda pair: (-pair[1], pair[0])):
        shift = dataset.shifts.get(column)
        yield f"  {column}: changed in {counted(rows, 'row')}" + (f"; {shift}" if shift else "")
    yield from (f"  {example}" for example in dataset.examples)


def _partitions(dataset: DatasetDiff) -> Iterator[str]:
    some = [(key, p) for key, p in sorted(dataset.partitions.items()) if _moves(p)]
    if not some or dataset.partitions.keys() == {"all"}:
        return
    head = ("partition", "before", "after", "added", "removed", "changed")
    rows = [(key, *(f"{n:,}" for n in (p.before, p.after, p.added, p.removed, p.changed))) for key, p in some]
    yield from (f"  {line}" for line in table(head, rows[:_LISTED]).splitlines())
    if len(rows) > _LISTED:
        yield f"  … {len(rows) - _LISTED} more partitions; --json has them all"


def _moves(partition: PartitionDiff) -> bool:
    return bool(partition.added or partition.removed or partition.changed or partition.arrived or partition.left)
