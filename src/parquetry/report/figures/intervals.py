"""
The figures of estimates: reversals, sensitivity, series, the randomisation test, placebo dates, change points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np

from parquetry.analysis.estimates import Estimate, Floats
from parquetry.report.figures.rows import Across, short
from parquetry.report.figures.series import x_of
from parquetry.report.figures.theme import BLUE, GREY, INK, ORANGE, PALE, VERMILLION, Sheet

BINS = 40


@dataclass(frozen=True, slots=True)
class Shown:
    """One interval of a figure: on which row, of which kind, and what."""

    row: str
    kind: str
    estimate: Estimate


def forest(
    shown: Sequence[Shown], looks: Mapping[str, tuple[str, str]], times: float, title: str, nothing: float
) -> dict[str, Any]:
    """
    Intervals below one another.

    Args:
        looks: Of each kind: colour and shape.
        nothing: Where the line of no effect stands.
    """
    sheet = Sheet()
    order = list(dict.fromkeys(each.row for each in shown))
    kinds = [kind for kind in looks if any(each.kind == kind for each in shown)]
    rows = [
        {"row": each.row, "kind": each.kind, "y": short(times * each.estimate.mean),
         "low": short(times * each.estimate.interval.low), "high": short(times * each.estimate.interval.high)}
        for each in shown
    ]  # fmt: skip
    y = alt.Y("row", type="nominal", title=None, sort=order, axis=alt.Axis(labelLimit=250, domain=False, ticks=False))
    x = alt.X("low", type="quantitative", title=title, scale=alt.Scale(zero=False))
    colour = alt.Color("kind", type="nominal", scale=alt.Scale(domain=kinds, range=[looks[k][0] for k in kinds]))
    shape = alt.Shape("kind", type="nominal", scale=alt.Scale(domain=kinds, range=[looks[k][1] for k in kinds]))
    side: dict[str, Any] = {}
    if len(rows) > len(order):
        side["yOffset"] = alt.YOffset("kind", type="nominal", sort=kinds, scale=alt.Scale(paddingOuter=0.4))
    base = sheet.chart(rows)
    nil = sheet.chart([{"x": nothing}]).mark_rule(color=GREY, strokeDash=[2, 2])
    layers = [
        nil.encode(x=alt.X("x", type="quantitative", title=title)),
        base.mark_rule(strokeWidth=2).encode(x=x, x2=alt.X2("high"), y=y, color=colour, **side),
        base.mark_point(size=60, filled=True, opacity=1).encode(
            x=alt.X("y", type="quantitative", title=title), y=y, color=colour, shape=shape, **side
        ),
    ]
    return sheet.spec(layers, (34 if side else 24) * len(order) + 10)


def randomisation(distribution: Floats, observed: float, times: float, title: str) -> dict[str, Any]:
    """The statistic under each schedule, and where the one that was used stands."""
    sheet = Sheet()
    finite = times * distribution[np.isfinite(distribution)]
    low, high = min(finite.min(), times * observed), max(finite.max(), times * observed)
    counts, edges = np.histogram(finite, bins=BINS, range=(low, high if high > low else low + 1))
    bars = [
        {"x": short(float(a)), "x2": short(float(b)), "y": int(count)}
        for a, b, count in zip(edges[:-1], edges[1:], counts, strict=True)
        if count
    ]
    x = alt.X("x", type="quantitative", title=title, scale=alt.Scale(zero=False))
    most = int(counts.max())
    whole = [*range(0, most + 1, max(1, round(most / 5)))]
    layers = [
        sheet.chart(bars)
        .mark_rect(color="#9fcbe6", stroke="white", strokeWidth=0.5)
        .encode(
            x=x, x2=alt.X2("x2"), y2=alt.Y2Datum(0),
            y=alt.Y("y", type="quantitative", title="schedules", axis=alt.Axis(values=whole, format=",d")),
        ),
        sheet.chart([{"x": short(times * observed), "text": "schedule that was used"}])
        .mark_rule(color=VERMILLION, strokeWidth=2.5).encode(x=x),
    ]  # fmt: skip
    return sheet.spec(layers, 190)


def placebo(
    across: Across, rows: Sequence[int], effects: Sequence[float], main: Estimate, times: float, title: str
) -> dict[str, Any]:
    """The effects found at dates of the baseline, beside the one at the true date."""
    sheet = Sheet()
    dots = [
        {"x": across.at(row), "y": short(times * effect)} for row, effect in zip(rows, effects, strict=True)
    ]  # fmt: skip
    y = alt.Y("y", type="quantitative", title=title)
    band = {
        "y": short(times * main.interval.low), "y2": short(times * main.interval.high),
        "mean": short(times * main.mean),
    }  # fmt: skip
    true = sheet.chart([band])
    layers = [
        true.mark_rect(color=ORANGE, opacity=0.14).encode(y=y, y2=alt.Y2("y2")),
        true.mark_rule(color=VERMILLION, strokeWidth=2).encode(y=alt.Y("mean", type="quantitative", title=title)),
        sheet.chart([{"y": 0}]).mark_rule(color=GREY, strokeDash=[2, 2]).encode(y=y),
        sheet.chart(dots).mark_point(color=BLUE, filled=True, size=40, opacity=0.8).encode(x=x_of(across), y=y),
    ]
    return sheet.spec(layers, 190)


def change(across: Across, probability: Floats) -> dict[str, Any]:
    """The probability of each day to be that of the change."""
    sheet = Sheet()
    bars = [
        {"x": across.at(row), "x2": across.at(row + 1), "y": short(float(p))}
        for row, p in enumerate(probability)
        if p > 1e-4
    ]
    whole = sheet.chart([{"x": across.at(0), "x2": across.at(len(across.panel))}])
    y = alt.Y("y", type="quantitative", title="probability")
    layers = [
        whole.mark_rect(color=PALE, opacity=0).encode(x=x_of(across), x2=x_of(across, end=True)),
        sheet.chart(bars)
        .mark_rect(color=INK)
        .encode(x=x_of(across), x2=x_of(across, end=True), y=y, y2=alt.Y2Datum(0)),
    ]
    return sheet.spec(layers, 150)
