"""What was measured, as values and as JSON, and each tool's line on the terminal."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.files import told as files_told
from benchmarks.files.told import Reports
from benchmarks.measure import Cost
from benchmarks.queries.answers import Asked, Queries
from benchmarks.tools import BASELINE
from benchmarks.values.run import Outcome, Values

MB = 1e6
VALUES, QUERIES, FILES = "values.json", "queries.json", "files-{}.json"
ANALYSES = "analysis-speed.json"
_TABLE = re.compile(r"\w+-\d+\.json")


@dataclass(slots=True)
class Row:
    """
    What one tool cost, over all rounds.

    Attributes:
        bytes: Of Parquet, in the last round.
        stages: Seconds by stage, where the tool tells them; one for each round.
        failed: Why there is nothing to tell.
    """

    tool: str
    does: str
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
    def server_cpu(self) -> float:
        return median(cost.server_cpu for cost in self.costs)

    @property
    def rss(self) -> float:
        return median(cost.rss for cost in self.costs)

    @property
    def spread(self) -> str:
        walls = [cost.wall for cost in self.costs]
        return f"{min(walls):.2f}-{max(walls):.2f}"

    def stage(self, name: str) -> float | None:
        """Seconds of one stage."""
        found = [stages[name] for stages in self.stages if name in stages]
        return median(found) if found else None


@dataclass(slots=True)
class Result:
    """
    What the tools cost over one table.

    Attributes:
        table, does: Its name and what is special about it.
        bytes: Of the table in PostgreSQL, without indexes.
        machine: Facts that decide: processors, memory, versions.
        help_seconds: Until ``parquetry --help`` has answered, the median of several times.
    """

    table: str
    does: str
    rows: int
    bytes: int
    rounds: int
    machine: Mapping[str, str]
    help_seconds: float
    tools: list[Row]

    @property
    def name(self) -> str:
        return f"{self.table}-{self.rows}"

    def row(self, tool: str) -> Row | None:
        """What a tool cost, if it was measured."""
        return next((row for row in self.tools if row.tool == tool and row.costs), None)

    def ratio(self, row: Row) -> float | None:
        """Wall time in units of the baseline's, where both were measured."""
        base = self.row(BASELINE)
        return row.wall / base.wall if base and row.costs else None


def line(result: Result, row: Row) -> str:
    """One line for the terminal."""
    if not row.costs:
        return f"{row.tool:<17} not measured: {row.failed}"
    ratio = result.ratio(row)
    return (
        f"{row.tool:<17} {row.wall:7.2f} s [{row.spread}]  cpu {row.cpu:6.2f} s + server {row.server_cpu:5.2f} s  "
        f"{row.rss / MB:6.0f} MB  parquet {row.bytes / MB:7.1f} MB  ratio vs {BASELINE}: "
        + (f"{ratio:.2f}" if ratio else "-")
    )


def save(found: Result | Values | Queries | Reports, folder: Path) -> Path:
    """Write it to a file of *folder*; an older one of the same table and rows is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _file(found)
    path.write_text(_lines(asdict(found)) + "\n", encoding="utf-8")
    return path


def _file(found: Result | Values | Queries | Reports) -> str:
    match found:
        case Result():
            return f"{found.name}.json"
        case Reports():
            return FILES.format(found.name)
    return VALUES if isinstance(found, Values) else QUERIES


def _lines(told: object, depth: int = 0) -> str:
    """JSON with a line for each thing that changes by itself."""
    if depth > 2 or not isinstance(told, dict | list) or not told:
        return json.dumps(told, ensure_ascii=False)
    if isinstance(told, dict):
        inner = [f"{json.dumps(key, ensure_ascii=False)}: {_lines(value, depth + 1)}" for key, value in told.items()]
    else:
        inner = [_lines(value, depth + 1) for value in told]
    begin, end = "{}" if isinstance(told, dict) else "[]"
    space = "\n" + " " * depth
    return begin + ",".join(f"{space} {part}" for part in inner) + space + end


def results(folder: Path) -> list[Result]:
    """All that were saved, the table of events first."""
    found = [_read(path) for path in folder.glob("*.json") if _TABLE.fullmatch(path.name)]
    return sorted(found, key=lambda r: (r.table != "events", r.table, r.rows))


def values(folder: Path) -> Values | None:
    """What was saved of the comparison of values."""
    if not (folder / VALUES).exists():
        return None
    told = json.loads((folder / VALUES).read_text(encoding="utf-8"))
    tools = {
        tool: [Outcome(**{**o, "changed": [(own, came) for own, came in o["changed"]]}) for o in outcomes]
        for tool, outcomes in told.pop("tools").items()
    }
    return Values(**told, tools=tools)


def queries(folder: Path) -> Queries | None:
    """What was saved of the queries."""
    if not (folder / QUERIES).exists():
        return None
    told = json.loads((folder / QUERIES).read_text(encoding="utf-8"))
    return Queries(**{**told, "asked": [Asked(**asked) for asked in told["asked"]]})


def analyses(folder: Path) -> Mapping[str, Any] | None:
    """What was saved of the analyses, by the names in `analysis_speed`."""
    if not (folder / ANALYSES).exists():
        return None
    found: Mapping[str, Any] = json.loads((folder / ANALYSES).read_text(encoding="utf-8"))
    return found


def files(folder: Path) -> list[Reports]:
    """What was saved of report files, the large ones first."""
    found = [files_told.again(json.loads(path.read_text(encoding="utf-8"))) for path in folder.glob(FILES.format("*"))]
    return sorted(found, key=lambda reports: (-reports.each, reports.name))


def _read(path: Path) -> Result:
    told = json.loads(path.read_text(encoding="utf-8"))
    rows = [Row(**{**row, "costs": [Cost(*cost) for cost in row["costs"]]}) for row in told.pop("tools")]
    return Result(**told, tools=rows)
