"""A dataset as it was found in its source, before it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from parquetry.contracts import Contract, Misfits, types
from parquetry.errors import Config, did_you_mean
from parquetry.intake.selection import time_column
from parquetry.lake.digest import quoted
from parquetry.lake.order import Order, sorted_by
from parquetry.project import Dataset, Project
from parquetry.sources import Look, Published, Reading, Table


@dataclass(frozen=True, slots=True)
class Origin:
    """
    A dataset found in its source.

    Attributes:
        name: What it is published as; *spec* may have another name.
        time: Its time column, or None.
        monthly: The same where it partitions the dataset.
        order: In which order its rows are to lie.
    """

    name: str
    spec: Dataset
    contract: Contract
    table: Table
    time: str | None
    monthly: str | None
    order: Order

    @classmethod
    def found(cls, project: Project, reading: Reading, name: str, spec: Dataset) -> Origin:
        """Raises NoSuchTable, BadContract, Config: the table, the contract or the time column is not there."""
        contract = project.contract(spec.name)
        _require_key(spec, contract)
        table = reading.table(spec.table)
        time = time_column(spec, table, contract)
        order = cast("Order", spec.order or project.settings.order)
        return cls(name, spec, contract, table, time, time if spec.partition == "month" else None, order)

    @property
    def relation(self) -> str:
        """What is read, in the source's words."""
        return f"{self.table.kind} {self.table.schema}.{self.table.name}"

    def policy(self, column: Published) -> Misfits | None:
        """
        What becomes of the misfits of *column*; None: they break the contract.

        Text can neither be held against a rule nor tell rows apart as the value would, and no more can
        NULL. And who asks for a narrower type than the source has means to be told what does not fit.
        """
        declared, contract, name = self.contract.field(column.name).misfits, self.contract, column.name
        apart = name in self.spec.key or any(name in together for together in contract.unique)
        ruled = any(name in rule.columns for rule in contract.rules)
        stays = {"text": not (apart or ruled or column.narrow), "null_and_flag": not apart}
        return declared if stays.get(declared, True) else None

    def key_sql(self, schema: Mapping[str, str]) -> str | None:
        """The expression over rows with *schema* that gives their partition; None where there is only one."""
        return types.month(quoted(self.monthly), schema[self.monthly]) if self.monthly else None

    def sorting(self, look: Look) -> tuple[str, ...]:
        """The columns that rows are sorted by as they are written; none: they stay as they come."""
        return sorted_by(self.order, self.time, self.spec.key, look.in_order)

    def part(self, key: str) -> str:
        """What a quarantined row says of where it came from."""
        return f"{self.table.schema}.{self.table.name} {key}"


def _require_key(spec: Dataset, contract: Contract) -> None:
    fields = [f.name for f in contract.fields]
    for column in spec.key:
        if column not in fields:
            raise Config(
                f"{spec.name}: the key names '{column}', which is not in {contract.name}{did_you_mean(column, fields)}",
                what=f"its columns: {', '.join(fields)}",
                next=f"correct key = … under [datasets.{spec.name}] in parquetry.toml",
            )
