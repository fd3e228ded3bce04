"""
What two snapshots differ in, as plain values: datasets, columns, partitions, rows.

`compare` finds them; showing them is whoever asked.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, Literal

Number = int | float | Decimal | None


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """
    A column whose published type is another, or that only one of the snapshots has.

    Attributes:
        before, after: DuckDB's words; None where it is not there.
        compared_as: The type in which the values of both were compared; empty if they could not be.
    """

    name: str
    before: str | None
    after: str | None
    compared_as: str = ""

    def __str__(self) -> str:
        if self.before is None:
            return f"{self.name} {self.after} added"
        if self.after is None:
            return f"{self.name} {self.before} removed"
        return f"{self.name} is {self.after}, before {self.before} (values compared as {self.compared_as})"


@dataclass(frozen=True, slots=True)
class Shift:
    """A numeric column over the rows in which it changed, before and after; NULLs are left out."""

    mean_before: Number
    mean_after: Number
    min_before: Number
    min_after: Number
    max_before: Number
    max_after: Number

    def __str__(self) -> str:
        return "; ".join(
            f"{name} {_short(before)} → {_short(after)}"
            for name, before, after in (
                ("mean", self.mean_before, self.mean_after),
                ("min", self.min_before, self.min_after),
                ("max", self.max_before, self.max_after),
            )
        )

    def as_json(self) -> dict[str, Any]:
        return {name: _plain(value) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class PartitionDiff:
    """
    A partition that was read, since its rows may differ.

    Attributes:
        before, after: Its rows in either snapshot; 0 where it is not there.
        changed: Rows with the same key and other values; each counts where it is now.
        arrived, left: Rows that another partition had before, or has now.
        columns: Column to the rows in which it changed.
    """

    before: int
    after: int
    added: int = 0
    removed: int = 0
    changed: int = 0
    arrived: int = 0
    left: int = 0
    columns: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Example:
    """
    One row that differs.

    Attributes:
        key: Its key as text.
        values: For a changed row, each column that changed: before, after.
    """

    kind: Literal["added", "removed", "changed"]
    key: Mapping[str, str]
    values: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def __str__(self) -> str:
        key = ", ".join(f"{name}={value}" for name, value in self.key.items())
        values = "; ".join(f"{name} {before} → {after}" for name, (before, after) in self.values.items())
        return f"{self.kind} {key}" + (f": {values}" if values else "")


@dataclass(frozen=True, slots=True)
class DatasetDiff:
    """
    One dataset in two snapshots.

    Attributes:
        status: ``same`` also where a key's order or a source's position is another.
        before, after: Its rows in either snapshot.
        contracts: The fingerprints of both contracts; None where the dataset is not there.
        key: The columns by which rows were recognised; empty: rows were compared whole.
        changed: Rows with the same key and other values. Without a key there are none: such a row
            is one removed and one added.
        moved: Rows that are in another partition than before; they count as changed if they did.
        unread: Partitions of the same content, which were not read.
        partitions: Those that were read.
        columns: Column to the rows in which it changed.
    """

    name: str
    status: Literal["added", "removed", "changed", "same"]
    before: int
    after: int
    contracts: tuple[str | None, str | None]
    schema: tuple[ColumnChange, ...] = ()
    key: tuple[str, ...] = ()
    added: int = 0
    removed: int = 0
    changed: int = 0
    moved: int = 0
    unread: int = 0
    partitions: Mapping[str, PartitionDiff] = field(default_factory=dict)
    columns: Mapping[str, int] = field(default_factory=dict)
    shifts: Mapping[str, Shift] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def schema_differs(self) -> bool:
        """Whether a column is not there any more, is new, or is of another type; or the dataset itself is gone."""
        return bool(self.schema) or self.status == "removed"


def _short(value: Number) -> str:
    return "NULL" if value is None else f"{value:.6g}"


def _plain(value: Number) -> int | float | str | None:
    """JSON has no NaN and no exact decimals: they are text."""
    if isinstance(value, Decimal) or (isinstance(value, float) and not math.isfinite(value)):
        return str(value)
    return value
