"""
What parquetry.toml declares of a dataset of report files, held against its contract.

Nothing is read of a report: what cannot be right of any file is told before the first one is looked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from parquetry.contracts import Contract
from parquetry.errors import Config, did_you_mean
from parquetry.formats.shape import Shape
from parquetry.project import Dataset

_FOLDERS = ("year", "month")
_MOMENTS = ("DATE", "TIMESTAMP")


def require_fitting(spec: Dataset, shape: Shape, contract: Contract, time: str | None) -> None:
    """
    Refuse what *spec* says of columns that the contract has not, or has in another way.

    Args:
        time: The time column, one of the contract's, or None.

    Raises:
        Config: The first mistake.
    """
    fields = {f.name: f.type for f in contract.fields}
    for name in fields:
        if name.lower() in _FOLDERS:
            raise Config(
                f"{spec.name}: the column '{name}' of {contract.name} has the name of folders of the lake",
                what="readers of year=…/month=… would take the folder's value for the column's",
                next=f'give it another name and map it: [datasets.{spec.name}.read.columns] report_{name} = "{name}"',
            )
    for place, name in _named(spec, shape):
        if name not in fields:
            raise Config(
                f"{spec.name}: {place} names '{name}', which is not in {contract.name}{did_you_mean(name, fields)}",
                what=f"its columns: {', '.join(fields)}",
                next=f"correct it in parquetry.toml, or add the column to {contract.name}",
            )
    _require_groups(spec, shape, contract)
    if time and not fields[time].startswith(_MOMENTS):
        raise Config(
            f"{spec.name}: time = '{time}' is {fields[time]} in {contract.name}, and has to be a date or a moment",
            next="declare it there as Moment, as pl.Datetime or as pl.Date, or name another column",
        )
    if shape.format in ("json", "jsonl") and (lists := [n for n, type in fields.items() if type.endswith("[]")]):
        raise Config(
            f"{spec.name}: the column '{lists[0]}' of {contract.name} is a list, which is not read from JSON",
            next="declare it there as str: it is published as JSON text, which DuckDB takes apart",
        )


def _named(spec: Dataset, shape: Shape) -> Iterator[tuple[str, str]]:
    """Where columns of the contract are named, and which."""
    yield from ((f"[datasets.{spec.name}.read.columns]", column) for column in shape.columns)
    for number, variant in enumerate(shape.variants, 1):
        yield from ((f"columns of variant {number}", column) for column in variant.columns)
    yield from (("summary", column) for column in spec.summary)


def _require_groups(spec: Dataset, shape: Shape, contract: Contract) -> None:
    """Each group of a line of text is a column's, and each that a column asks for by name is there."""
    if shape.format != "text":
        return
    groups = re.compile(shape.line).groupindex
    asked = [shape.columns.get(f.name, f.name) for f in contract.fields]
    strange = [g for g in groups if g not in asked] or [g for g in shape.columns.values() if g not in groups]
    if strange:
        there = strange[0] in groups
        near = did_you_mean(strange[0], asked if there else groups)
        lost = "is no column's" if there else "is asked for by columns, and is not there"
        raise Config(
            f"{spec.name}: the group '{strange[0]}' of line {lost}{near}",
            next="correct line or columns in parquetry.toml; what no column needs is a group without a name: (?:…)",
        )
