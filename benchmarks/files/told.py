"""What was measured over report files, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from benchmarks.files.tools import DAYS, OURS
from benchmarks.measure import Cost

ANSWER, MERGED = "a file a day", "a file a month"


@dataclass(slots=True)
class FileRow:
    """
    What one tool cost, over all rounds.

    Attributes:
        files, rows, read: How many reports it was given, the rows in them, and their bytes.
        bytes: Of Parquet, in the last round.
        stages: Seconds by stage, where the tool tells them; one for each round.
        failed: Why there is nothing to tell.
    """

    tool: str
    does: str
    files: int
    rows: int
    read: int
    costs: list[Cost] = field(default_factory=list)
    bytes: int = 0
    stages: list[dict[str, float]] = field(default_factory=list)
    failed: str = ""

    @property
    def wall(self) -> float:
        return median(cost.wall for cost in self.costs)

    @property
    def cpu(self) -> float:
        return median(cost.cpu for cost in self.costs)

    @property
    def rss(self) -> float:
        return median(cost.rss for cost in self.costs)

    @property
    def spread(self) -> str:
        walls = [cost.wall for cost in self.costs]
        return f"{min(walls):.2f}-{max(walls):.2f}"

    @property
    def smaller(self) -> float:
        """Which share of the reports' bytes its Parquet saves."""
        return 1 - self.bytes / self.read

    def stage(self, name: str) -> float | None:
        """Seconds of one stage."""
        found = [stages[name] for stages in self.stages if name in stages]
        return median(found) if found else None


@dataclass(slots=True)
class Reports:
    """
    What the tools cost over one year of reports.

    Attributes:
        name: Of the size.
        each: Bytes of a report.
        load: Of the machine over one minute: before the first round, and after the last.
        answers: Milliseconds of the query over 30 days, round by round, by how the lake's files lie.
    """

    name: str
    files: int
    rows: int
    bytes: int
    rounds: int
    machine: Mapping[str, str]
    load: tuple[float, float]
    tools: list[FileRow]
    answers: dict[str, list[float]]

    @property
    def each(self) -> float:
        return self.bytes / self.files

    def row(self, tool: str) -> FileRow | None:
        """What a tool cost, if it was measured."""
        return next((row for row in self.tools if row.tool == tool and row.costs), None)

    def ratio(self, row: FileRow, of: str = "wall", base: str = DAYS) -> float | None:
        """Wall or processor time in units of another tool's, where both were measured."""
        other = self.row(base)
        return float(getattr(row, of) / getattr(other, of)) if other and row.costs else None

    def answer(self, files: str = ANSWER) -> float | None:
        """Milliseconds, the median."""
        return median(self.answers[files]) if self.answers.get(files) else None

    @property
    def ours(self) -> FileRow | None:
        return self.row(OURS)


def again(found: Mapping[str, Any]) -> Reports:
    """From JSON."""
    rows = [FileRow(**{**row, "costs": [Cost(*cost) for cost in row["costs"]]}) for row in found["tools"]]
    return Reports(**{**found, "load": tuple(found["load"]), "tools": rows})
