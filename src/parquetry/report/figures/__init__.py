"""
The figures of a report: Vega-Lite by Altair, turned into SVG and PNG without a browser or a network.

Each has a text alternative that says what it shows, colours that a colour-blind reader can tell
apart, and a shape or a dash wherever a colour means something.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import ModuleType
from typing import Any
from xml.sax.saxutils import quoteattr

from parquetry.errors import MissingExtra
from parquetry.report.characters import all_writable, writable
from parquetry.report.figures.theme import quickly


@dataclass(frozen=True)
class Figure:
    """
    One figure.

    Attributes:
        name: ``data``, ``sensitivity`` …; with the number of its series where a study has several: ``data-2``.
        kind: The name without the number.
        series: Which series it shows, from 0 on; None where it shows the study.
        title: A few words.
        alt: What it shows, in words.
        make: Makes its Vega-Lite; called once, when the figure is drawn.
    """

    name: str
    kind: str
    series: int | None
    title: str
    alt: str
    make: Callable[[], Mapping[str, Any]] = field(repr=False)

    @cached_property
    def spec(self) -> Mapping[str, Any]:
        """Vega-Lite, with all rows in it."""
        with quickly():
            found: Mapping[str, Any] = all_writable(self.make())
        return found

    @cached_property
    def svg(self) -> str:
        """One SVG element with nothing outside of it, its text alternative inside."""
        drawn: str = _engine().vegalite_to_svg(dict(self.spec), allowed_base_urls=[])
        named = f'<svg role="img" aria-label={quoteattr(writable(self.alt))} '
        return drawn.replace("<svg ", named, 1)

    def png(self, scale: float = 2.0) -> bytes:
        """The same as PNG, *scale* times as many pixels as the SVG has points."""
        return bytes(_engine().svg_to_png(self.svg, scale=scale))


def _engine() -> ModuleType:
    try:
        # A late import: it brings a JavaScript engine, which the sentences and the JSON do without.
        import vl_convert
    except ModuleNotFoundError:
        raise MissingExtra("report", "a figure") from None
    return vl_convert
