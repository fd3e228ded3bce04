"""The JSON of what differs between snapshots and between contracts, as typed dictionaries: see `written`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, TypedDict

from parquetry.contracts.change import Change
from parquetry.lake.differences import ColumnChange, DatasetDiff, Example, PartitionDiff, Shift
from parquetry.verbs.diff_contract import ContractDiff
from parquetry.verbs.diffed import Diffed, QueryDiff


class EndDocument(TypedDict):
    """One of two snapshots that are compared."""

    snapshot: int
    committed_at: datetime


class CountsDocument(TypedDict):
    """
    Rows in either snapshot.

    Attributes:
        before, after: Rows; 0 where the dataset is not there.
    """

    before: int
    after: int


class FingerprintsDocument(TypedDict):
    """
    The contracts of either snapshot.

    Attributes:
        before, after: The contract's fingerprint; null where the dataset is not there.
    """

    before: str | None
    after: str | None


class ShiftDocument(TypedDict):
    """
    A numeric column over the rows in which it changed. Exact decimals, NaN and infinities are text.

    Attributes:
        mean_before, mean_after: The mean in the column's unit, NULLs left out; null without a value.
        min_before, min_after, max_before, max_after: The extreme in the column's unit.
    """

    mean_before: float | str | None
    mean_after: float | str | None
    min_before: float | str | None
    min_after: float | str | None
    max_before: float | str | None
    max_after: float | str | None


class DatasetDiffDocument(TypedDict):
    """
    One dataset in two snapshots.

    Attributes:
        contract: Which contracts it was held against.
        rows: How many there are.
        schema: Columns that are new, gone or of another type.
        added: Rows whose key is new.
        removed: Rows whose key is gone.
        shifts: Numeric columns that changed: how their values did.
        examples: Rows that differ, as many as `--rows` asks for.
        schema_differs: A column is gone, new or of another type, or the dataset itself is gone.
    """

    name: str
    status: Literal["added", "removed", "changed", "same"]
    contract: FingerprintsDocument
    rows: CountsDocument
    schema: Sequence[ColumnChange]
    key: Sequence[str]
    added: int
    removed: int
    changed: int
    moved: int
    unread: int
    partitions: Mapping[str, PartitionDiff]
    columns: Mapping[str, int]
    shifts: Mapping[str, Shift]
    examples: Sequence[Example]
    notes: Sequence[str]
    schema_differs: bool


class QueryDiffDocument(TypedDict):
    """
    What a named query gave at both snapshots.

    Attributes:
        differs: Whether the answers do; null where it is not known.
    """

    name: str
    before: int | None
    after: int | None
    only_before: int | None
    only_after: int | None
    skipped: str
    columns: tuple[Sequence[str], Sequence[str]] | None
    differs: bool | None


class DiffDocument(TypedDict):
    """
    Two snapshots, and all that differs between them.

    Attributes:
        before, after: Which they are.
        changed: Whether any dataset differs in anything.
        datasets: Each dataset of either, by name.
        queries: Each named query, by name.
    """

    before: EndDocument
    after: EndDocument
    changed: bool
    datasets: Mapping[str, DatasetDiff]
    queries: Mapping[str, QueryDiff]


class ChangeDocument(TypedDict):
    """
    One difference between two contracts.

    Attributes:
        kind: What kind of change, such as `column_removed`.
        readers: Whether a query written before can fail, or mean something else.
        writers: Whether rows that were valid before may be refused.
        verdict: Breaking if it breaks either.
        why: The reason.
    """

    kind: str
    column: str
    before: str
    after: str
    says: str
    readers: Literal["compatible", "breaking"]
    writers: Literal["compatible", "breaking"]
    verdict: Literal["compatible", "breaking"]
    why: str


class ContractDiffDocument(TypedDict):
    """
    Every change from one contract to another.

    Attributes:
        breaking: Whether a change breaks anybody.
        changes: In the order of columns, rules, uniqueness.
    """

    before: str
    after: str
    fingerprints: tuple[str, str]
    breaking: bool
    changes: Sequence[Change]


WRITTEN: Mapping[type, type] = {
    Change: ChangeDocument,
    ContractDiff: ContractDiffDocument,
    DatasetDiff: DatasetDiffDocument,
    Diffed: DiffDocument,
    QueryDiff: QueryDiffDocument,
    Shift: ShiftDocument,
}
"""A class that has `as_json` of its own, to what that gives."""
