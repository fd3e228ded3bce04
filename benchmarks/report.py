"""What was measured, as JSON, as a page in Markdown, and as a chart: light SVG, nothing fetched."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import Path
from statistics import median

from benchmarks.measure import Cost
from benchmarks.tools import BASELINE

MB = 1e6
_ABOUT = """Written by `make bench`. Whole processes, from start to end; tools take turns within each round. Seconds are
medians, with the fastest and the slowest round; memory is the peak of the process tree; the server's share is apart.
Only parquetry checks a value, and only parquetry and rivet publish all or nothing.
"""
_WIDTH, _LABELS, _BAR, _GAP = 760, 150, 16, 10


@dataclass(slots=True)
class Row:
    """
    What one tool cost, over all rounds.

    Attributes:
        bytes: Of Parquet, in the last round.
        failed: Why there is nothing to tell.
    """

    tool: str
    does: str
    costs: list[Cost] = field(default_factory=list)
    bytes: int = 0
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


@dataclass(slots=True)
class Result:
    """
    What the tools cost over one table.

    Attributes:
        table, does: Its name and what is special about it.
        bytes: Of the table in PostgreSQL, without indexes.
        machine: Facts that decide: processors, memory, versions.
    """

    table: str
    does: str
    rows: int
    bytes: int
    rounds: int
    machine: Mapping[str, str]
    tools: list[Row]

    def ratio(self, row: Row) -> float | None:
        """Wall time in units of the baseline's, where both were measured."""
        base = next((r for r in self.tools if r.tool == BASELINE and r.costs), None)
        return row.wall / base.wall if base and row.costs else None


def line(result: Result, row: Row) -> str:
    """One line for the terminal."""
    if not row.costs:
        return f"{row.tool:<17} not measured: {row.failed}"
    ratio = result.ratio(row)
    return (
        f"{row.tool:<17} {row.wall:7.2f} s [{_spread(row)}]  cpu {row.cpu:6.2f} s + server {row.server_cpu:5.2f} s  "
        f"{row.rss / MB:6.0f} MB  parquet {row.bytes / MB:7.1f} MB  ratio vs {BASELINE}: "
        + (f"{ratio:.2f}" if ratio else "-")
    )


def save(result: Result, folder: Path) -> None:
    """Write the result, and the page and charts of all results in *folder* anew."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{result.table}-{result.rows}"
    (folder / f"{name}.json").write_text(json.dumps(asdict(result), indent=1) + "\n")
    (folder / f"{name}.svg").write_text(chart(result))
    found = sorted(map(_read, folder.glob("*.json")), key=lambda r: (r.table != "events", r.table, r.rows))
    (folder / "README.md").write_text(page(found))


def page(results: Iterable[Result]) -> str:
    """All results as Markdown."""
    parts = [
        "# Measured side by side\n",
        _ABOUT,
    ]
    for result in results:
        name = f"{result.table}-{result.rows}"
        parts.append(
            f"## {result.table}: {result.rows:,} rows\n\n{result.does}; {result.bytes / MB:,.0f} MB in PostgreSQL. "
            f"Rounds: {result.rounds}. {'; '.join(f'{k} {v}' for k, v in result.machine.items())}.\n\n"
            f"![Seconds and memory of each tool]({name}.svg)\n\n{_markdown(result)}"
        )
    return "\n".join(parts)


def _markdown(result: Result) -> str:
    heads = (
        "tool",
        "wall s",
        "rounds",
        "cpu s",
        "server cpu s",
        "peak MB",
        "Parquet MB",
        f"of {BASELINE}",
        "what it is",
    )
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for row in result.tools:
        if not row.costs:
            lines.append(f"| {row.tool} |{' - |' * 7} not measured: {row.failed} |")
            continue
        ratio = result.ratio(row)
        cells = (
            row.tool, f"**{row.wall:.2f}** ({_spread(row)})", f"{len(row.costs)}", f"{row.cpu:.2f}",
            f"{row.server_cpu:.2f}", f"{row.rss / MB:.0f}", f"{row.bytes / MB:.1f}" if row.bytes else "-",
            f"{ratio:.2f}" if ratio else "-", row.does,
        )  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def chart(result: Result) -> str:
    """Two columns of bars, seconds and memory, parquetry's in colour."""
    rows = [row for row in result.tools if row.costs]
    half = (_WIDTH - _LABELS) / 2
    height = 54 + len(rows) * (_BAR + _GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-size="12">',
        '<style>text { font-family: sans-serif }</style><rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="8" y="20" font-weight="600">{escape(result.table)}, {result.rows:,} rows</text>',
    ]
    for column, (title, values, unit) in enumerate(
        (("seconds", [r.wall for r in rows], "{:.2f}"), ("peak memory, MB", [r.rss / MB for r in rows], "{:.0f}"))
    ):
        left = _LABELS + column * half
        parts.append(f'<text x="{left:.0f}" y="40" fill="#666">{title}</text>')
        parts += _bars(rows, values, unit, left, half - 60)
    parts += [f'<text x="8" y="{_top(i) + 12}">{escape(row.tool)}</text>' for i, row in enumerate(rows)]
    return "\n".join([*parts, "</svg>\n"])


def _bars(rows: Sequence[Row], values: Sequence[float], unit: str, left: float, room: float) -> Iterable[str]:
    """Long ones are cut and marked, so that one slow tool does not hide the others."""
    most = min(max(values), 4 * median(values)) if rows else 0.0
    for i, (row, value) in enumerate(zip(rows, values, strict=True)):
        width = max(1.0, min(value, most) / most * room)
        colour = "#1f6f5c" if row.tool.startswith("parquetry") else "#b8c4c0"
        cut = "≫ " if value > most else ""
        yield f'<rect x="{left:.0f}" y="{_top(i)}" width="{width:.1f}" height="{_BAR}" fill="{colour}"/>'
        yield f'<text x="{left + width + 4:.1f}" y="{_top(i) + 12}">{cut}{unit.format(value)}</text>'


def _top(row: int) -> int:
    return 50 + row * (_BAR + _GAP)


def _spread(row: Row) -> str:
    walls = [cost.wall for cost in row.costs]
    return f"{min(walls):.2f}-{max(walls):.2f}"


def _read(path: Path) -> Result:
    told = json.loads(path.read_text())
    rows = [Row(**{**row, "costs": [Cost(*cost) for cost in row["costs"]]}) for row in told.pop("tools")]
    return Result(**told, tools=rows)
