"""What is the same for every dataset of one attempt."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

import duckdb

from parquetry.contracts import Contract
from parquetry.intake.selection import Selection
from parquetry.lake import write
from parquetry.lake.commit import Turn
from parquetry.lake.manifest import stamp
from parquetry.project import Project
from parquetry.sources import Opened
from parquetry.stoppable import Stoppable

Seen = Callable[[str, str, int, int], None]
"""
Called as it goes: dataset, step (``read``, ``check``), bytes staged so far, rows to come.
Of report files the step is ``files``, with the bytes read so far, and those of all files.
"""


@dataclass(frozen=True, slots=True)
class Options:
    """
    How rows are held against their contract, and how they are packed.

    Attributes:
        accept_drift: Publish after compatible changes of the source's tables; and what cannot be published as
            before in another way from now on.
    """

    strict: bool = True
    validate: bool = True
    accept_drift: bool = False
    compression: write.Compression = "zstd"


R = TypeVar("R", bound=Opened, covariant=True)


@dataclass(frozen=True, slots=True)
class Job(Generic[R]):
    """
    One attempt: a look at a source, and a private folder.

    Attributes:
        reading: The look: a `Reading` of tables, or a `Folder` of report files.
        staging: A folder of this attempt alone, on the lake's filesystem.
    """

    project: Project
    turn: Turn
    reading: R
    selection: Selection
    options: Options
    staging: Path
    seen: Seen

    def footer(self, name: str, contract: Contract) -> dict[str, Any]:
        """What each file says of itself: where it is from, what it was checked against, who wrote it."""
        position = self.reading.position
        return {
            "parquetry.dataset": name,
            "parquetry.contract": contract.fingerprint,
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
            # The system caches files; DuckDB's own cache of what it read holds memory up to the limit, for nothing.
            "enable_external_file_cache": "false",
        }
        return cast("duckdb.DuckDBPyConnection", Stoppable(duckdb.connect(config=config)))


@contextmanager
def timed(seconds: dict[str, float], step: str) -> Iterator[None]:
    """Add the wall time of a block to *seconds*, however it ends."""
    began = time.perf_counter()
    try:
        yield
    finally:
        seconds[step] = seconds.get(step, 0.0) + time.perf_counter() - began
