"""
How figures look: few colours that everybody can tell apart, thin lines, nothing that is not data.

Colours are those of Okabe & Ito (2008), Color Universal Design.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import altair as alt
from altair.utils.schemapi import debug_mode

INK, GREY, PALE = "#2b2b2b", "#767676", "#d9d9d9"
BLUE, ORANGE, VERMILLION, GREEN = "#0072B2", "#E69F00", "#D55E00", "#009E73"
WIDTH = 680
FONT = "Helvetica, Arial, sans-serif"

# A limit has each label measured, which takes a third of a figure's time; only rows of a forest have long ones.
CONFIG: Mapping[str, Any] = {
    "aria": False,  # the whole figure has its text alternative; a name for each of its points is noise
    "background": "white",
    "font": FONT,
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK, "titleColor": INK, "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal",
        "gridColor": "#ececec", "domainColor": "#9a9a9a", "tickColor": "#9a9a9a", "labelLimit": 0, "titleLimit": 300,
        "titlePadding": 8, "labelPadding": 4,
    },
    "axisX": {"grid": False},
    "axisY": {"domain": False, "ticks": False},
    "legend": {
        "orient": "top", "direction": "horizontal", "title": None, "labelFontSize": 12, "labelColor": INK,
        "symbolSize": 70, "symbolStrokeWidth": 2, "labelLimit": 0, "offset": 6, "columnPadding": 18,
    },
}  # fmt: skip


class Sheet:
    """
    The rows of one figure, kept apart from its chart.

    Altair copies a chart's data whenever it puts charts together, which takes most of a report's time;
    and it has a limit of 5,000 rows for data that it knows. Here it sees a name.
    """

    def __init__(self) -> None:
        self._rows: dict[str, list[dict[str, Any]]] = {}

    def chart(self, rows: list[dict[str, Any]]) -> alt.Chart:
        """A chart of *rows*."""
        name = f"rows{len(self._rows) + 1}"
        self._rows[name] = rows
        return alt.Chart(alt.NamedData(name=name))

    def spec(self, layers: Sequence[alt.Chart], height: int, *, apart: Sequence[str] = ()) -> dict[str, Any]:
        """
        Charts of this sheet above one another as Vega-Lite, with their rows and the theme.

        Args:
            apart: Of which scales each chart has one of its own.
        """
        # Not `alt.layer`, which copies each chart three times.
        drawn = [each.to_dict(validate=False, context={"top_level": False}) for each in layers]
        own = {"resolve": {"scale": dict.fromkeys(apart, "independent")}} if apart else {}
        return {
            "$schema": alt.SCHEMA_URL, "layer": drawn, **own, "width": WIDTH, "height": height,
            "datasets": self._rows, "config": dict(CONFIG),
        }  # fmt: skip


def quickly() -> AbstractContextManager[None]:
    """While figures are made: without Altair's validation of charts that do not change. A test validates them."""
    found: AbstractContextManager[None] = debug_mode(False)
    return found
