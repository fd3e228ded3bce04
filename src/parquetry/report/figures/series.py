"""
The figures over time: design, data with what would have been, effect by day, its running sum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np

from parquetry.analysis.counterfactual import Band
from parquetry.analysis.design import Phase
from parquetry.analysis.estimates import Flags
from parquetry.analysis.studied import Analysed
from parquetry.report.answers import shown
from parquetry.report.figures.rows import Across, Run, curve, fates, phases, runs, short, treated
from parquetry.report.figures.theme import BLUE, GREEN, GREY, INK, ORANGE, PALE, VERMILLION, Sheet
from parquetry.studies import Study

UNTREATED, TREATED, LEFT_OUT = "without treatment", "with treatment", "not counted"
FITTED, WOULD_BE = "model", "model, had there been no treatment"
EXPECTED, REALISED = "expected effect", "this realised series"
_ROOM = 0.04  # share of the width that a phase's label needs for each of its letters, roughly
_LETTERS = 14


def x_of(across: Across, *, end: bool = False) -> alt.X | alt.X2:
    """Time across: dates in UTC, so that a figure does not depend on where it is made; else days from 1 on."""
    if end:
        return alt.X2("x2")
    if across.dated:
        axis = alt.Axis(labelOverlap=True, tickCount=8, labelFlush=False)
        return alt.X("x", type="temporal", title=None, scale=alt.Scale(type="utc", nice=False), axis=axis)
    axis = alt.Axis(tickMinStep=1, labelFlush=False)
    scale = alt.Scale(zero=False, nice=False)
    return alt.X("x", type="quantitative", title=across.panel.period, scale=scale, axis=axis)


def design(analysed: Analysed, study: Study) -> dict[str, Any]:
    """The phases on an axis of time, and below them the days that do not count, by reason."""
    sheet, across = Sheet(), Across(analysed.panel)
    found = phases(analysed, study)
    bars = [
        {"x": across.at(p.first), "x2": across.at(p.last + 1), "row": "phase",
         "what": TREATED if p.treated else UNTREATED,
         "label": _fitting(p.label, p.last + 1 - p.first, len(analysed.panel)),
         "middle": across.at((p.first + p.last + 1) // 2)}
        for p in found
    ]  # fmt: skip
    lost = [*_kinds(fates(analysed.panel))]
    marks = [
        {"x": across.at(run.first), "x2": across.at(run.last + 1), "row": run.what, "what": LEFT_OUT} for run in lost
    ]
    order = ["phase", *sorted({run.what for run in lost})]
    rows = alt.Y("row", type="nominal", title=None, sort=order, scale=alt.Scale(paddingInner=0.3, paddingOuter=0.1))
    colour = alt.Color(
        "what", type="nominal",
        scale=alt.Scale(domain=[UNTREATED, TREATED], range=["#9fcbe6", "#f0b98a"]),
    )  # fmt: skip
    base = sheet.chart(bars)
    layers: list[Any] = [
        base.mark_rect(stroke="white", strokeWidth=0.6 if len(bars) < 80 else 0).encode(
            x=x_of(across), x2=x_of(across, end=True), y=rows, color=colour
        ),
        base.mark_text(color=INK, fontSize=12).encode(
            x=alt.X("middle", type="temporal" if across.dated else "quantitative", title=None),
            y=rows,
            text=alt.Text("label", type="nominal"),
        ),
    ]
    if marks:
        layers.append(
            sheet.chart(marks).mark_rect(color=GREY).encode(x=x_of(across), x2=x_of(across, end=True), y=rows)
        )
    return sheet.spec(layers, 26 * len(order) + 6)


def _fitting(label: str, days: int, of: int) -> str:
    """A phase's label where there is room for it."""
    text = label if len(label) <= _LETTERS else f"{label[: _LETTERS - 1]}…"
    return text if days / of > _ROOM * (1 + len(text) / 4) else ""


def _kinds(found: Sequence[str]) -> Sequence[Run]:
    """By reason: what is missing, the washout, and all else under one name."""
    return [*runs([fate if fate in ("", "missing", "washout") else "excluded" for fate in found])]


def data(analysed: Analysed, study: Study, times: float, title: str) -> dict[str, Any]:
    """Every data point, and where there is an answer the model with and without the treatment."""
    sheet, across, on = Sheet(), Across(analysed.panel), treated(analysed, study)
    layers: list[Any] = [_shade(sheet, across, analysed, study)] if on.any() else []
    if analysed.curves is not None:
        pieces, curves, every = _pieces(analysed, study), analysed.curves, np.ones(len(on), dtype=bool)
        # Where the treatment comes and goes within days, two lines side by side; else the model jumps with it.
        mixed = len(pieces) == 1
        would = list(curve(across, curves.untreated, every if mixed else on, pieces, times, WOULD_BE))
        fitted = list(curve(across, curves.fitted, on if mixed else every, pieces, times, FITTED))
        layers += _banded(sheet, across, would, title, {WOULD_BE: BLUE}) + _lines(sheet, across, fitted + would, title)
    layers.append(_points(sheet, across, analysed, on, times, title))
    return sheet.spec(layers, 300, apart=("color", "shape", "strokeDash"))


def _pieces(analysed: Analysed, study: Study) -> Sequence[Phase]:
    """The phases, whose curves are not joined; or all days as one where phases are too short for curves."""
    found = phases(analysed, study)
    if min(phase.last - phase.first for phase in found) > 0:
        return found
    return (Phase("", False, 0, len(analysed.panel) - 1),)


def _shade(sheet: Sheet, across: Across, analysed: Analysed, study: Study) -> Any:
    bars = [
        {"x": across.at(p.first), "x2": across.at(p.last + 1)} for p in phases(analysed, study) if p.treated
    ]  # fmt: skip
    return (
        sheet.chart(bars).mark_rect(color=ORANGE, opacity=0.10).encode(x=x_of(across), x2=x_of(across, end=True))
    )  # fmt: skip


def _points(sheet: Sheet, across: Across, analysed: Analysed, on: Flags, times: float, title: str) -> Any:
    panel, lost = shown(analysed), fates(analysed.panel)
    rows = [
        {"x": across.at(row), "y": short(times * float(value)),
         "what": LEFT_OUT if lost[row] else TREATED if on[row] else UNTREATED}
        for row, value in enumerate(panel.outcome) if np.isfinite(value)
    ]  # fmt: skip
    there = {row["what"] for row in rows}
    looks = {UNTREATED: (BLUE, "circle"), TREATED: (VERMILLION, "diamond"), LEFT_OUT: (GREY, "cross")}
    names = [name for name in looks if name in there]
    colour = alt.Color("what", type="nominal", scale=alt.Scale(domain=names, range=[looks[n][0] for n in names]))
    shape = alt.Shape("what", type="nominal", scale=alt.Scale(domain=names, range=[looks[n][1] for n in names]))
    small = len(rows) > 200
    return (
        sheet.chart(rows)
        .mark_point(size=22 if small else 38, filled=True, opacity=0.75)
        .encode(x=x_of(across), y=_y(title), color=colour, shape=shape)
    )


def _y(title: str, name: str = "y") -> alt.Y:
    return alt.Y(name, type="quantitative", title=title, scale=alt.Scale(zero=False))


def _banded(
    sheet: Sheet, across: Across, rows: list[dict[str, Any]], title: str, colours: Mapping[str, str]
) -> list[Any]:
    """The bands of curves; one colour for each name."""
    return [
        sheet.chart([row for row in rows if row["what"] == name])
        .mark_area(color=colour, opacity=0.16)
        .encode(x=x_of(across), y=_y(title, "low"), y2=alt.Y2("high"), detail=alt.Detail("piece", type="nominal"))
        for name, colour in colours.items()
    ]


def _lines(sheet: Sheet, across: Across, rows: list[dict[str, Any]], title: str) -> list[Any]:
    names, colours, dashes = [FITTED, WOULD_BE], [INK, BLUE], [[1, 0], [5, 3]]
    return [
        sheet.chart(rows).mark_line(strokeWidth=1.6).encode(
            x=x_of(across), y=_y(title), detail=alt.Detail("piece", type="nominal"),
            color=alt.Color("what", type="nominal", scale=alt.Scale(domain=names, range=colours)),
            strokeDash=alt.StrokeDash("what", type="nominal", scale=alt.Scale(domain=names, range=dashes)),
        )
    ]  # fmt: skip


def effect(analysed: Analysed, study: Study, times: float, title: str) -> dict[str, Any]:
    """The effect by day, treated days only."""
    assert analysed.curves is not None
    on = treated(analysed, study)
    return _effects(analysed, study, analysed.curves.effect, analysed.curves.realised, on, times, title)


def cumulative(analysed: Analysed, study: Study, times: float, title: str) -> dict[str, Any]:
    """The running sum of the effects, from the first treated day on."""
    assert analysed.curves is not None
    on = np.cumsum(treated(analysed, study)) > 0
    curves = analysed.curves
    return _effects(analysed, study, curves.cumulative, curves.realised_cumulative, on, times, title, joined=True)


def _effects(
    analysed: Analysed, study: Study, expected: Band, realised: Band | None, on: Flags, times: float, title: str,
    *, joined: bool = False,
) -> dict[str, Any]:  # fmt: skip
    sheet, across = Sheet(), Across(analysed.panel)
    pieces = [Phase("", True, 0, len(analysed.panel) - 1)] if joined else _pieces(analysed, study)
    rows = [*curve(across, expected, on, pieces, times, EXPECTED)]
    if realised is not None:
        rows += curve(across, realised, on, pieces, times, REALISED)
    looks = {REALISED: GREEN, EXPECTED: VERMILLION}
    names = [name for name in looks if any(row["what"] == name for row in rows)]
    colours = {name: looks[name] for name in names}
    zero = sheet.chart([{"y": 0}]).mark_rule(color=GREY, strokeDash=[2, 2]).encode(y=_y(title))
    line = sheet.chart(rows).mark_line(strokeWidth=1.6).encode(
        x=x_of(across), y=_y(title), detail=alt.Detail("piece", type="nominal"),
        color=alt.Color("what", type="nominal", scale=alt.Scale(domain=names, range=list(colours.values()))),
        strokeDash=alt.StrokeDash(
            "what", type="nominal",
            scale=alt.Scale(domain=names, range=[[1, 0] if name == EXPECTED else [4, 3] for name in names]),
        ),
    )  # fmt: skip
    whole = sheet.chart([{"x": across.at(0), "x2": across.at(len(analysed.panel))}])
    frame = whole.mark_rect(color=PALE, opacity=0).encode(x=x_of(across), x2=x_of(across, end=True))
    return sheet.spec([frame, *_banded(sheet, across, rows, title, colours), zero, line], 210)
