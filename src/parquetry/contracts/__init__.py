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
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Privacy = Literal["public", "internal", "personal", "sensitive"]


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
    """

    name: str
    type: str
    nullable: bool = False
    unit: str = ""
    privacy: Privacy = "internal"
    description: str = ""


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
    """

    name: str
    columns: tuple[str, ...]
    says: str
    broken: str = ""
    custom: str = ""


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
            "fields": sorted([f.name, f.type, f.nullable, f.unit, f.privacy] for f in self.fields),
            "rules": sorted([r.name, sorted(r.columns), r.broken, r.custom] for r in self.rules),
            "unique": sorted(sorted(columns) for columns in self.unique),
        }
        return hashlib.sha256(json.dumps(meaning, sort_keys=True).encode()).hexdigest()

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
            rules=tuple(Rule(**{**r, "columns": tuple(r["columns"])}) for r in doc["rules"]),
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
