"""A quick chart of a query's rows: the first column across, each other that is numeric a series; text or SVG."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from parquetry.errors import Usage

if TYPE_CHECKING:
    import polars

FILES = (".html", ".svg")

_BARS_UP_TO = 40  # rows; more are drawn as lines
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_LEVELS = "▁▂▃▄▅▆▇█"
_LABEL = 24  # characters of a row's name
_WIDTH, _HEIGHT, _LEFT, _BELOW = 720, 320, 64, 48
_COLORS = ("#4269d0", "#d95f30", "#3ca951", "#a463f2", "#9c6b4e", "#6c757d")


@dataclass(frozen=True, slots=True)
class Series:
    """One numeric column over the rows' names; None where there is no finite number."""

    name: str
    across: str
    labels: tuple[str, ...]
    values: tuple[float | None, ...]

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the greatest value."""
        there = [v for v in self.values if v is not None]
        return (min(there), max(there)) if there else (0.0, 0.0)


def series(frame: polars.DataFrame) -> list[Series]:
    """
    The series of *frame*.

    Raises:
        Usage: It has no rows, no numeric column beside the first, or no finite number in those.
    """
    if frame.is_empty():
        raise Usage("the query gives no rows, so there is nothing to draw")
    across, *others = frame.columns
    numeric = [name for name in others if frame.schema[name].is_numeric()]
    if not numeric:
        raise Usage(
            "no numeric column to draw",
            what="the first column goes across, the numeric ones after it up",
            next="select such columns: SELECT day, count(*) …",
        )
    labels = tuple("NULL" if v is None else str(v) for v in frame[across].to_list())
    drawn = [Series(name, across, labels, tuple(map(_number, frame[name].to_list()))) for name in numeric]
    if all(value is None for one in drawn for value in one.values):
        raise Usage(f"no finite number to draw in {', '.join(numeric)}")
    return drawn


def as_json(drawn: Sequence[Series]) -> dict[str, object]:
    """What is drawn, as plain values."""
    x = list(drawn[0].labels)
    return {
        "x": {"name": drawn[0].across, "values": x},
        "series": [{"name": s.name, "values": list(s.values)} for s in drawn],
    }


def _number(value: object) -> float | None:
    number = float(value) if isinstance(value, int | float | Decimal) else math.nan
    return number if math.isfinite(number) else None


# ── on a terminal ────────────────────────────────────────────────────────────────────────────────


def on_terminal(drawn: Sequence[Series], width: int) -> str:
    """Bars for few rows, a line for many."""
    ways = (_bars if len(s.values) <= _BARS_UP_TO else _line for s in drawn)
    return "\n\n".join("\n".join(way(s, max(width, 40))) for s, way in zip(drawn, ways, strict=True))


def _bars(one: Series, width: int) -> Iterator[str]:
    names = [_clean(label)[:_LABEL] for label in one.labels]
    numbers = ["NULL" if v is None else _short(v) for v in one.values]
    wide, most = max(map(len, names)), max(map(len, numbers))
    room = max(width - wide - most - 4, 8)
    low, high = one.ends
    span = max(abs(low), abs(high)) or 1.0
    yield f"{_clean(one.name)} by {_clean(one.across)}"
    for name, number, value in zip(names, numbers, one.values, strict=True):
        # A bar has no direction, so the sign stays with the number.
        yield f"{name.ljust(wide)}  {number.rjust(most)}  {_bar(abs(value or 0.0) / span * room)}".rstrip()


def _bar(length: float) -> str:
    eighths = round(length * 8)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _line(one: Series, width: int) -> Iterator[str]:
    low, high = one.ends
    cells = _cells(one.values, width)
    yield f"{_clean(one.name)} by {_clean(one.across)}, {_short(low)} to {_short(high)}"
    yield "".join(" " if v is None else _LEVELS[_level(v, low, high)] for v in cells)
    first, last = _clean(one.labels[0])[:_LABEL], _clean(one.labels[-1])[:_LABEL]
    yield first + last.rjust(max(len(cells) - len(first), len(last) + 1))


def _level(value: float, low: float, high: float) -> int:
    return round((value - low) / (high - low) * (len(_LEVELS) - 1)) if high > low else 0


def _cells(values: Sequence[float | None], width: int) -> list[float | None]:
    """As many means of neighbours as there is room for."""
    count = min(width, len(values))
    found: list[float | None] = []
    for cell in range(count):
        some = [v for v in values[cell * len(values) // count : (cell + 1) * len(values) // count] if v is not None]
        found.append(sum(some) / len(some) if some else None)
    return found


def _short(value: float) -> str:
    """A label's number: four digits, and as many more as stand before the point."""
    return f"{value:,.0f}" if abs(value) < 1e15 and (value == int(value) or abs(value) >= 1000) else f"{value:.4g}"


def _clean(text: str) -> str:
    """No control character of a value reaches the terminal."""
    return "".join(c if c.isprintable() else "·" for c in text)


# ── in a file ────────────────────────────────────────────────────────────────────────────────────


def in_file(drawn: Sequence[Series], suffix: str) -> str:
    """A whole page or a whole picture; nothing is fetched from anywhere."""
    picture = svg(drawn)
    if suffix == ".svg":
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{picture}\n'
    title = html.escape(f"{', '.join(s.name for s in drawn)} by {drawn[0].across}")
    style = "body{font:14px system-ui,sans-serif;margin:2rem auto;max-width:760px}svg{width:100%;height:auto}"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{style}</style></head>\n<body><h1>{title}</h1>\n{picture}\n</body></html>\n"
    )


def svg(drawn: Sequence[Series]) -> str:
    """All series over one another, with one scale; bars where there are few rows and one series."""
    bars = len(drawn) == 1 and len(drawn[0].values) <= _BARS_UP_TO
    ends = [e for s in drawn for e in s.ends] + ([0.0] if bars else [])
    low, high = min(ends), max(ends)
    scale = _Scale(low, high if high > low else low + 1.0, len(drawn[0].values))
    shapes = list(_axes(drawn[0], scale))
    if bars:
        shapes += _rectangles(drawn[0], scale)
    else:
        shapes += [line for n, s in enumerate(drawn) for line in _curve(s, scale, _COLORS[n % len(_COLORS)])]
    shapes += [
        f'<text x="{_LEFT + 8}" y="{16 + 16 * n}" fill="{_COLORS[n % len(_COLORS)]}">{_escaped(s.name)}</text>'
        for n, s in enumerate(drawn)
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-size="12" role="img"'
    return "\n".join([f'{head} font-family="system-ui, sans-serif">', *shapes, "</svg>"])


@dataclass(frozen=True, slots=True)
class _Scale:
    low: float
    high: float
    count: int

    def x(self, index: int) -> float:
        return _LEFT + (index + 0.5) * (_WIDTH - _LEFT - 8) / self.count

    def y(self, value: float) -> float:
        return 8 + (self.high - value) / (self.high - self.low) * (_HEIGHT - _BELOW - 8)


def _axes(one: Series, scale: _Scale) -> Iterator[str]:
    for step in range(5):
        value = scale.low + (scale.high - scale.low) * step / 4
        y = f"{scale.y(value):.1f}"
        yield f'<line x1="{_LEFT}" x2="{_WIDTH - 8}" y1="{y}" y2="{y}" stroke="#ddd"/>'
        yield f'<text x="{_LEFT - 6}" y="{y}" text-anchor="end" dominant-baseline="middle">{_short(value)}</text>'
    shown = sorted({round(i * (scale.count - 1) / 5) for i in range(6)})
    for index in shown:
        label = _escaped(one.labels[index][:_LABEL])
        yield f'<text x="{scale.x(index):.1f}" y="{_HEIGHT - _BELOW + 18}" text-anchor="middle">{label}</text>'
    middle = (_LEFT + _WIDTH) / 2
    yield f'<text x="{middle:.0f}" y="{_HEIGHT - 8}" text-anchor="middle" fill="#555">{_escaped(one.across)}</text>'


def _rectangles(one: Series, scale: _Scale) -> Iterator[str]:
    width = 0.8 * (_WIDTH - _LEFT - 8) / scale.count
    for index, (label, value) in enumerate(zip(one.labels, one.values, strict=True)):
        if value is not None:
            top, bottom = sorted((scale.y(value), scale.y(0.0)))
            place = (
                f'x="{scale.x(index) - width / 2:.1f}" y="{top:.1f}" width="{width:.1f}" height="{bottom - top:.1f}"'
            )
            yield f'<rect {place} fill="{_COLORS[0]}"><title>{_escaped(label)}: {_short(value)}</title></rect>'


def _curve(one: Series, scale: _Scale, color: str) -> Iterator[str]:
    """A line for each run of values; a gap where there is none."""
    run: list[str] = []
    for index, value in enumerate((*one.values, None)):
        if value is not None:
            run.append(f"{scale.x(index):.1f},{scale.y(value):.1f}")
        elif run:
            points = run if len(run) > 1 else run * 2
            yield f'<polyline points="{" ".join(points)}" fill="none" stroke="{color}" stroke-linecap="round"/>'
            run = []


def _escaped(text: str) -> str:
    return html.escape(_clean(text))
