"""What is the same for every dataset of one attempt, and what is known of one dataset before it is read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import duckdb

from parquetry.contracts import Contract, types
from parquetry.errors import Config, did_you_mean
from parquetry.intake.selection import Selection, time_column
from parquetry.lake import write
from parquetry.lake.commit import Turn
from parquetry.lake.digest import quoted
from parquetry.lake.manifest import stamp
from parquetry.project import Dataset, Project
from parquetry.sources import Reading, Table
from parquetry.stoppable import Stoppable

Seen = Callable[[str, str, int, int], None]
"""Called as it goes: dataset, step (``read``, ``check``), bytes staged so far, rows to come."""


@dataclass(frozen=True, slots=True)
class Options:
    """How rows are held against their contract, and how they are packed."""

    strict: bool = True
    validate: bool = True
    compression: write.Compression = "zstd"


@dataclass(frozen=True, slots=True)
class Job:
    """
    One attempt: a look at a source, and a private folder.

    Attributes:
        staging: A folder of this attempt alone, on the lake's filesystem.
    """

    project: Project
    turn: Turn
    reading: Reading
    selection: Selection
    options: Options
    staging: Path
    seen: Seen

    def footer(self, origin: Origin) -> dict[str, Any]:
        """What each file says of itself: where it is from, what it was checked against, who wrote it."""
        position = self.reading.position
        return {
            "parquetry.dataset": origin.name,
            "parquetry.contract": origin.contract.fingerprint,
            "parquetry.position": {"source": position.source, "clock": stamp(position.clock), **position.facts},
            "parquetry.run": self.turn.run,
            "parquetry.version": version("parquetry"),
        }

    def duckdb(self) -> duckdb.DuckDBPyConnection:
        """For checks: it spills to the staging folder rather than go beyond the memory limit."""
        settings = self.project.settings
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": settings.memory_limit,
            "threads": settings.threads,
            "temp_directory": str(self.staging / "spill"),
            "preserve_insertion_order": "false",
        }
        return cast("duckdb.DuckDBPyConnection", Stoppable(duckdb.connect(config=config)))


@dataclass(frozen=True, slots=True)
class Origin:
    """
    A dataset found in its source.

    Attributes:
        name: What it is published as; *spec* may have another name.
        time: Its time column, or None.
        monthly: The same where it partitions the dataset.
    """

    name: str
    spec: Dataset
    contract: Contract
    table: Table
    time: str | None
    monthly: str | None

    @classmethod
    def found(cls, job: Job, name: str, spec: Dataset) -> Origin:
        """Raises NoSuchTable, BadContract, Config: the table, the contract or the time column is not there."""
        contract = job.project.contract(spec.name)
        _require_key(spec, contract)
        table = job.reading.table(spec.table)
        time = time_column(spec, table, contract)
        return cls(name, spec, contract, table, time, time if spec.partition == "month" else None)

    @property
    def schema(self) -> dict[str, str]:
        """Column to DuckDB type, as it is published."""
        return {f.name: f.type for f in self.contract.fields}

    def key_sql(self, schema: dict[str, str]) -> str | None:
        """The expression over rows with *schema* that gives their partition; None where there is only one."""
        return types.month(quoted(self.monthly), schema[self.monthly]) if self.monthly else None

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


@contextmanager
def timed(seconds: dict[str, float], step: str) -> Iterator[None]:
    """Add the wall time of a block to *seconds*, however it ends."""
    began = time.perf_counter()
    try:
        yield
    finally:
        seconds[step] = seconds.get(step, 0.0) + time.perf_counter() - began
