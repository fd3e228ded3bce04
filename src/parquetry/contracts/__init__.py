"""
What a dataset promises, as plain values.

A contract is *declared* as a Pandera ``DataFrameModel`` and *executed* as SQL.
This module holds what lies between the two: fields and rules, frozen, ordered and
serialisable, so that a run with an unchanged contract need not import Pandera.
`compile` makes a `Contract` from a model, `check` runs it over staged Parquet.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Privacy = Literal["public", "internal", "personal", "sensitive"]
Misfits = Literal["text", "null_and_flag", "quarantine", "refuse"]
"""
What becomes of values that a field's type cannot hold, such as the timestamp ``infinity``:

``text``: the whole column is published as its exact text.
``null_and_flag``: the value is NULL, and `Field.flag` has its text.
``quarantine``: its row is set aside, the others are published.
``refuse``: nothing is published.
"""


@dataclass(frozen=True, slots=True)
class Field:
    """
    One published column.

    Attributes:
        name: Its name in the source, in Parquet and in SQL; case counts.
        type: Its DuckDB type: ``VARCHAR``, ``BIGINT``, ``TIMESTAMP``, ``VARCHAR[]`` …
        nullable: Whether NULL is a value. If not, the rule ``<name>:not_null`` is checked.
        unit: ``ms``, ``days`` …, or empty.
        privacy: Who may see it.
        description: One sentence, or empty.
        misfits: What becomes of values that *type* cannot hold.
    """

    name: str
    type: str
    nullable: bool = False
    unit: str = ""
    privacy: Privacy = "internal"
    description: str = ""
    misfits: Misfits = "text"

    @property
    def flag(self) -> str | None:
        """The column published beside it that has the text of misfits and is NULL elsewhere; None without one."""
        return f"{self.name}_misfit" if self.misfits == "null_and_flag" else None


@dataclass(frozen=True, slots=True)
class Rule:
    """
    One thing that every row must satisfy.

    Attributes:
        name: ``<column>:<check>`` or the name of a frame-level check; unique in a contract.
        columns: The columns it reads.
        says: The rule as a person would say it: ``eventType is one of …``.
        broken: SQL over the contract's columns, true for a row that breaks the rule, never
            NULL. It may use ``$now``, the source's clock. Empty: only Pandera can run it.
        custom: The canonical syntax tree of a custom check, for the fingerprint; or empty.
        values: What a column may be, where the rule is a list of that; `broken` says the same.
    """

    name: str
    columns: tuple[str, ...]
    says: str
    broken: str = ""
    custom: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contract:
    """
    Fields in the order they are published, and the rules that hold over them.

    Attributes:
        name: ``contracts.research:BehavioralEvent``, as in parquetry.toml.
        unique: Columns that are unique together within one dataset, beside its key.
    """

    name: str
    fields: tuple[Field, ...]
    rules: tuple[Rule, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    description: str = ""

    @property
    def fingerprint(self) -> str:
        """
        sha256 over what the contract means: names, types, nullability, rules.

        Comments, formatting, descriptions and the order of fields and rules do not count.
        """
        meaning = {
            "fields": sorted([f.name, f.type, f.nullable, f.unit, f.privacy, f.misfits] for f in self.fields),
            "rules": sorted([r.name, sorted(r.columns), r.broken, r.custom] for r in self.rules),
            "unique": sorted(sorted(columns) for columns in self.unique),
        }
        return hashlib.sha256(json.dumps(meaning, sort_keys=True).encode()).hexdigest()

    def published(self, as_text: Collection[str] = ()) -> dict[str, str]:
        """
        The columns that are published, in order, and their DuckDB types.

        Args:
            as_text: Fields that are published as text, whatever their type.
        """
        columns: dict[str, str] = {}
        for f in self.fields:
            columns[f.name] = "VARCHAR" if f.name in as_text else f.type
            if f.flag:
                columns[f.flag] = "VARCHAR"
        return columns

    def field(self, name: str) -> Field:
        """The field of that name. Raises KeyError."""
        return next(f for f in self.fields if f.name == name)

    def as_json(self) -> dict[str, Any]:
        """Plain values; `from_json` gives the same contract back."""
        return asdict(self)

    @classmethod
    def from_json(cls, doc: Mapping[str, Any]) -> Contract:
        return cls(
            name=doc["name"],
            fields=tuple(Field(**f) for f in doc["fields"]),
            rules=tuple(
                Rule(**{**r, "columns": tuple(r["columns"]), "values": tuple(r["values"])}) for r in doc["rules"]
            ),
            unique=tuple(tuple(columns) for columns in doc["unique"]),
            description=doc["description"],
        )


@dataclass(frozen=True, slots=True)
class Broken:
    """
    One rule and how many rows break it.

    Attributes:
        rows: Rows that break it, exact.
        first: Up to five of them: the dataset's key as text, and the offending value as text,
            cut to 80 characters.
    """

    rule: str
    says: str
    rows: int
    first: tuple[tuple[str, str], ...] = field(default=())
