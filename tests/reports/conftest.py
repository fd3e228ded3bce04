"""A folder of report files, and a project that reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from parquetry import Lake, Project, Selection, Snapshot, export
from parquetry.intake.job import Options
from parquetry.verbs.exported import Exported

TOML = """
[sources.reports]
kind = "files"
root = "g"

[datasets.perf]
source = "reports"
files = "daily/perf_{date:%Y%m%d}.csv"
contract = "contracts.ops:Perf"
key = ["id"]
time = "at"
every = "1 day"
"""

CONTRACT = """
import polars as pl
from pandera.polars import DataFrameModel, Field

from parquetry.contracts.rules import Moment


class Perf(DataFrameModel):
    id: int
    at: Moment
    ms: float = Field(ge=0)
    hit: bool = Field(nullable=True)
    note: str = Field(nullable=True)
    date_partition: pl.Date


class Advice(DataFrameModel):
    at: Moment
    table: str
    speedup: float = Field(nullable=True)
    date_partition: pl.Date


class Event(DataFrameModel):
    at: Moment
    kind: str
    value: float = Field(nullable=True)
"""

HEAD = "id,at,ms,hit,note"


@dataclass
class Reports:
    """The folder, and what a user does with it."""

    root: Path

    @property
    def project(self) -> Project:
        return Project.open(self.root)

    @property
    def current(self) -> Snapshot:
        return Lake(self.root / "data/lake").current()

    def file(self, name: str) -> Path:
        path = self.root / "g" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def write(self, day: str | date, *rows: str, head: str = HEAD) -> Path:
        """A daily CSV; a row is what comes after its id, which is made of the day."""
        day = date.fromisoformat(day) if isinstance(day, str) else day
        path = self.file(f"daily/perf_{day:%Y%m%d}.csv")
        lines = [f"{day:%Y%m%d}{n:02d},{row}" for n, row in enumerate(rows)]
        path.write_text("".join(f"{line}\n" for line in [head, *lines]))
        return path

    def days(self, first: str, count: int) -> None:
        """A healthy file of two rows for each of *count* days."""
        for n in range(count):
            day = date.fromisoformat(first) + timedelta(days=n)
            self.write(day, f"{day}T01:00:00Z,{n}.5,true,", f"{day}T23:59:59.999Z,2,,x")

    def declare(self, toml: str) -> None:
        file = self.root / "parquetry.toml"
        file.write_text(file.read_text() + toml)

    def export(self, *datasets: str, strict: bool = True, validate: bool = True, **select: Any) -> Exported:
        return export(self.project, Selection(datasets, **select), options=Options(strict=strict, validate=validate))

    def load(self, **select: Any) -> Exported:
        return self.export(historical=True, **select)

    def rows(self, dataset: str = "perf", *columns: str) -> list[tuple[Any, ...]]:
        frame = self.current.read(dataset)
        return sorted(frame.select(columns or frame.columns).rows(), key=repr)

    def report(self, run: str, name: str) -> str:
        return (self.root / "data/lake/_quarantine" / run / name).read_text()


@pytest.fixture
def reports(tmp_path: Path) -> Reports:
    (tmp_path / "parquetry.toml").write_text(TOML)
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts/ops.py").write_text(CONTRACT)
    (tmp_path / "g").mkdir()
    return Reports(tmp_path)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


NOW = datetime(2025, 11, 2, 6, tzinfo=UTC)
