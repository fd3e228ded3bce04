"""
Numbers for people: as many digits as the interval is worth, in the outcome's unit.

Two significant digits of an interval's width are what it can carry: 5.8 with an interval from 3.2
to 8.4. A share is shown in percentage points, a ratio in per cent, and a minus is a minus.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import numpy as np

from parquetry.analysis.estimates import Estimate, Interval
from parquetry.analysis.panel import Panel
from parquetry.studies import Outcome

NOTHING = "\N{EN DASH}"
_MORE = 3
"""Places that are added at most."""
_MINUS = "\N{MINUS SIGN}"


def decimals(width: float) -> int:
    """Places after the point that show two significant digits of *width*; below 0 for tens and hundreds."""
    if not (math.isfinite(width) and width > 0):
        return 2
    return min(12, 1 - math.floor(math.log10(width)))


def fixed(value: float | None, places: int, *, signed: bool = False) -> str:
    """*value* with *places* after the point: ``1 234.5``, with *signed* ``+0.30``; a minus is a minus, not a hyphen."""
    if value is None or not math.isfinite(value):
        return NOTHING
    rounded = round(value, places) + 0.0  # no minus zero
    text = f"{abs(rounded):,.{max(places, 0)}f}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    return (_MINUS if rounded < 0 else "+" if signed and rounded > 0 else "") + text


def significant(value: float | None, digits: int = 3) -> str:
    """*value* alone, with so many significant digits."""
    if value is None or not math.isfinite(value):
        return NOTHING
    places = digits - 1 - math.floor(math.log10(abs(value))) if value else 0
    text = fixed(value, min(12, places))
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(probability: float | None) -> str:
    """A probability; never as certain as 0 % or 100 %, which no computation is."""
    if probability is None or not math.isfinite(probability):
        return NOTHING
    if probability > 0.999:
        return "> 99.9 %"
    if probability < 0.001:
        return "< 0.1 %"
    return f"{100 * probability:.1f} %" if probability > 0.99 or probability < 0.01 else f"{100 * probability:.0f} %"


def share(value: float | None) -> str:
    """A share of something counted: ``0 %``, ``12 %``."""
    return NOTHING if value is None or not math.isfinite(value) else f"{100 * value:.0f} %"


def capital(text: str) -> str:
    """A sentence's first letter; the others stay as they are."""
    return text[:1].upper() + text[1:]


@dataclass(frozen=True, slots=True)
class Scale:
    """
    How the numbers of one quantity are shown.

    Attributes:
        times: What a number is multiplied by.
        unit: What stands behind it, or nothing.
        nothing: The value of no effect, as shown.
    """

    times: float = 1.0
    unit: str = ""
    nothing: float = 0.0

    def places(self, *intervals: Interval | None) -> int:
        """Of the narrowest of the intervals; more where one that excludes nothing would be rounded to hold it."""
        given = [each for each in intervals if each is not None]
        places = decimals(min((self.times * (each.high - each.low) for each in given), default=0.0))
        finest = places + _MORE
        while places < finest and any(self._hides(each, places) for each in given):
            places += 1
        return places

    def _hides(self, interval: Interval, places: int) -> bool:
        low, high = self.times * interval.low, self.times * interval.high
        nearest = low if low > self.nothing else high if high < self.nothing else None
        return nearest is not None and math.isfinite(nearest) and round(nearest, places) == round(self.nothing, places)

    def with_unit(self, number: str) -> str:
        space = "" if not self.unit else " "
        return f"{number}{space}{self.unit}"


def scale_of(estimate: Estimate, outcome: Outcome) -> Scale:
    """How *estimate* is shown: its unit is ``y`` (the outcome's), ``y/day``, ``log rate/day`` or ``ratio``."""
    unit, _, per = estimate.unit.partition("/")
    ending = f" a {per}" if per else ""
    if unit == "y" and outcome.kind == "share":
        return Scale(100.0, "percentage points" + ending)
    if unit == "y":
        return Scale(1.0, (outcome.unit + ending).strip())
    if estimate.name == "relative effect":
        return Scale(100.0, "%")
    if "ratio" in estimate.name:
        return Scale(1.0, "", 1.0)
    return Scale(1.0, "" if unit == "ratio" else unit + ending)


def level(interval: Interval) -> str:
    """``95 %``."""
    return f"{100 * interval.level:.4g} %"


def spanned(interval: Interval | None, scale: Scale, places: int, *, signed: bool = False) -> str:
    """``3.2 to 8.4``."""
    if interval is None:
        return NOTHING
    low, high = (fixed(scale.times * end, places, signed=signed) for end in (interval.low, interval.high))
    return f"{low} to {high}"


def day_of(panel: Panel, row: int) -> str:
    """A row's date, or its number from 1 on where the dates are not known."""
    if panel.days is None:
        return f"{panel.period} {row + 1}"
    value = panel.days[row].astype("datetime64[D]").item()
    assert isinstance(value, date)
    if panel.period == "month":
        return f"{value:%B %Y}"
    return f"{'week of ' if panel.period == 'week' else ''}{value.day} {value:%b %Y}"


def iso_of(panel: Panel, row: int) -> str | int:
    """For data: an ISO date, or the row's number from 1 on."""
    return row + 1 if panel.days is None else str(np.datetime_as_string(panel.days[row], unit="D"))
