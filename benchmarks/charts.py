"""Bars as light SVG: nothing is fetched, and its greys and greens can be read on white and on black."""

# ruff: noqa: RUF001 (a sign for people)

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from statistics import median

from benchmarks.queries.answers import POSTGRES, TABLE, VIEW, Queries
from benchmarks.report import MB, Result, Row
from benchmarks.tools import BASELINE
from benchmarks.values.run import OUTCOMES, Values

_WIDTH, _LABELS, _BAR, _GAP, _TOP = 760, 130, 16, 10, 50
_OURS, _THEIRS, _TEXT = "#1f9d7a", "#8b949e", "#6e7781"
_COLOURS = {"equal": "#1f9d7a", "raw": "#7aa6c2", "changed": "#d1495b", "refused": "#8b949e"}


def costs(result: Result) -> str:
    """Two columns of bars, time and memory, parquetry's in colour."""
    rows = [row for row in result.tools if row.costs]
    parts = _begun(f"{result.table}, {result.rows:,} rows", [row.tool for row in rows])
    ratios = [result.ratio(row) for row in rows]
    half = (_WIDTH - _LABELS) / 2
    parts += _heading(_LABELS, f"seconds (and in units of {BASELINE})")
    told = [f"{row.wall:.2f} s" + (f"  ×{ratio:.2f}" if ratio else "") for row, ratio in zip(rows, ratios, strict=True)]
    parts += _bars(rows, [row.wall for row in rows], told, _LABELS, half - 105)
    parts += _heading(_LABELS + half, "peak memory, MB")
    parts += _bars(rows, [row.rss for row in rows], [f"{row.rss / MB:,.0f}" for row in rows], _LABELS + half, half - 60)
    return "\n".join([*parts, "</svg>\n"])


def values(found: Values) -> str:
    """A bar a tool: its share of values that came equal, raw, changed, and refused."""
    tools = list(found.tools)
    parts = _begun(f"{found.values} hostile values of {found.types} types", tools)
    room = _WIDTH - _LABELS - 10
    left = float(_LABELS)
    for outcome in OUTCOMES:
        parts += [f'<rect x="{left:.0f}" y="31" width="10" height="10" fill="{_COLOURS[outcome]}"/>']
        parts += _heading(left + 14, outcome)
        left += 90
    for i, tool in enumerate(tools):
        left = float(_LABELS)
        for outcome in OUTCOMES:
            count = found.count(tool, outcome)
            width = count / found.values * room
            if count:
                parts.append(_bar(left, i, width, _COLOURS[outcome]))
            if width > 30:
                parts.append(f'<text x="{left + 4:.1f}" y="{_line(i)}" style="fill:#fff">{count}</text>')
            left += width
    return "\n".join([*parts, "</svg>\n"])


def queries(found: Queries) -> str:
    """Three columns of bars on one scale: views, tables, PostgreSQL."""
    names = [asked.query for asked in found.asked]
    parts = _begun(f"named queries over {found.rows:,} events, milliseconds", names)
    shown = (VIEW, TABLE, POSTGRES)
    times = {way: [asked.median(way) for asked in found.asked] for way in shown}
    most = max(times[POSTGRES], default=1.0)
    third = (_WIDTH - _LABELS) / len(shown)
    for column, way in enumerate(shown):
        left = _LABELS + column * third
        parts += _heading(left, way)
        for i, milliseconds in enumerate(times[way]):
            width = max(1.0, min(1.0, milliseconds / most) * (third - 65))
            parts.append(_bar(left, i, width, _THEIRS if way == POSTGRES else _OURS))
            parts.append(f'<text x="{left + width + 4:.1f}" y="{_line(i)}">{milliseconds:,.0f}</text>')
    return "\n".join([*parts, "</svg>\n"])


def _begun(title: str, labels: Sequence[str]) -> list[str]:
    height = _TOP + 4 + len(labels) * (_BAR + _GAP)
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" role="img">',
        f"<style>text {{ font: 12px sans-serif; fill: {_TEXT} }}</style>",
        f'<text x="0" y="18" font-weight="600">{escape(title)}</text>',
        *(f'<text x="0" y="{_line(i)}">{escape(label)}</text>' for i, label in enumerate(labels)),
    ]


def _heading(left: float, title: str) -> list[str]:
    return [f'<text x="{left:.0f}" y="40">{escape(title)}</text>']


def _bars(rows: Sequence[Row], values: Sequence[float], told: Sequence[str], left: float, room: float) -> Iterable[str]:
    """Long ones are cut and marked, so that one slow tool does not hide the others."""
    most = min(max(values), 4 * median(values)) if rows else 0.0
    for i, (row, value, text) in enumerate(zip(rows, values, told, strict=True)):
        width = max(1.0, min(value, most) / most * room)
        yield _bar(left, i, width, _OURS if row.tool.startswith("parquetry") else _THEIRS)
        cut = "≫ " if value > most else ""
        yield f'<text x="{left + width + 4:.1f}" y="{_line(i)}">{cut}{escape(text)}</text>'


def _bar(left: float, row: int, width: float, colour: str) -> str:
    return f'<rect x="{left:.1f}" y="{_top(row)}" width="{width:.1f}" height="{_BAR}" fill="{colour}"/>'


def _top(row: int) -> int:
    return _TOP + row * (_BAR + _GAP)


def _line(row: int) -> int:
    return _top(row) + 12
