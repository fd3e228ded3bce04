"""
How far the answer of a study can be trusted: what simulated studies most like it have shown.

The numbers stand in `calibration.json`, which `python -m benchmarks.calibration --publish` writes from
the benchmark's results: series whose truth is known, analysed by what is shipped. Where the nearest of
them misses the promise, or none is near, the sentence says so.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

from parquetry.analysis.binomial import Share
from parquetry.analysis.design import Design

Measured: TypeAlias = Literal["its", "its level", "ab", "abab", "alternating"]
MOST_FALSE = 0.08
COVERAGE = (0.92, 0.98)
"""The promise: false positives at most, and coverage of a 95 % interval between."""
_PUBLISHED = Path(__file__).with_name("calibration.json")
_NEAR_PHI = 0.1
_IN_WORDS: Mapping[Measured, str] = {
    "its": "interrupted time series with a change of level and slope",
    "its level": "interrupted time series with a change of level",
    "ab": "AB studies",
    "abab": "ABAB studies",
    "alternating": "studies of alternating treatments",
}


@dataclass(frozen=True, slots=True)
class Calibrated:
    """
    What was measured on series like a study's.

    Attributes:
        design: Of the series, or None where no such design was measured; then the numbers are None too.
        quantity: The interval is about it: that of the estimate which stands for a study.
        days, phi: Of the series.
        series: How many there were.
        refused: Share of them without an answer.
        false_positives: Share of the answered whose interval excludes zero though there is no effect.
        covers: Share of the answered whose interval holds the truth.
        within: The study's days and autocorrelation lie within what was measured.
        kept: The promise: at most 8 % false positives, and 92 to 98 % coverage.
        text: The same for people.
    """

    design: Measured | None
    quantity: str
    days: int | None
    phi: float | None
    series: int
    refused: Share | None
    false_positives: Share | None
    covers: Share | None
    within: bool
    kept: bool
    text: str


def calibrated(design: Measured | None, days: int, phi: float) -> Calibrated:
    """
    The measured cell nearest to a study, by the ratio of days first and then by autocorrelation.

    Args:
        design: Of the study; None for one that was not measured, see `measured_as`.
        days: Usable ones.
        phi: Posterior mean of the autocorrelation; that of a short series is itself uncertain.
    """
    cells = [cell for cell in published() if cell["design"] == design]
    if not cells or design is None:
        return _unmeasured(
            "How often intervals of this design hold the truth has not been measured; read this one with care."
        )
    nearest = min(cells, key=lambda cell: (abs(math.log(cell["days"] / max(days, 1))), abs(cell["phi"] - phi)))
    lengths = sorted({cell["days"] for cell in cells})
    phis = sorted({cell["phi"] for cell in cells if cell["days"] == nearest["days"]})
    false, covers, refused = (Share(*nearest[name]) for name in ("false positives", "covers", "refused"))
    within = lengths[0] <= days <= lengths[-1] and phis[0] - _NEAR_PHI <= phi <= phis[-1] + _NEAR_PHI
    kept = false.share <= MOST_FALSE and COVERAGE[0] <= covers.share <= COVERAGE[1]
    text = " ".join(_sentences(design, nearest, false, covers, refused, (lengths, phis), within))
    return Calibrated(
        design, nearest["quantity"], nearest["days"], nearest["phi"], nearest["series"], refused, false, covers,
        within, kept, text,
    )  # fmt: skip


def of_found_date() -> Calibrated:
    """Of a study whose day of the change was looked for in its own outcome: those measured knew it beforehand."""
    return _unmeasured(
        "The day of the change was looked for in these data. How often intervals then hold the truth has not been "
        "measured; they know nothing of the search, so they are too sure."
    )


def _unmeasured(text: str) -> Calibrated:
    return Calibrated(None, "", None, None, 0, None, None, None, False, False, text)


def measured_as(design: Design) -> Measured | None:
    """As which design of the benchmark a study counts; None if as none of them."""
    options = design.options
    if "impact" in options:
        if not options["trend"]:
            return "ab"
        return "its" if options["impact"] == "both" else "its level" if options["impact"] == "level" else None
    if options["trend"]:
        return None
    return "abab" if options["each"] else "alternating"


@cache
def published() -> tuple[Mapping[str, Any], ...]:
    """Every measured cell without an effect."""
    found = json.loads(_PUBLISHED.read_text(encoding="utf-8"))
    return tuple(found["cells"])


def _sentences(
    design: Measured, cell: Mapping[str, Any], false: Share, covers: Share, refused: Share,
    range_: tuple[list[int], list[float]], within: bool,
) -> Iterator[str]:  # fmt: skip
    yield (
        f"In {cell['series']:,} simulated {_IN_WORDS[design]} of {cell['days']} days without an effect and with an "
        f"autocorrelation of {cell['phi']:g}, the 95 % interval held the truth in {covers} of those answered, "
        f"and excluded zero in {false}; {100 * refused.share:.1f} % were refused."
    )
    if false.share > MOST_FALSE or covers.share < COVERAGE[0]:
        yield (
            f"That misses the aim (at most {100 * MOST_FALSE:.0f} % and at least {100 * COVERAGE[0]:.0f} %): intervals "
            "of such studies are narrower than they say, so an effect may be seen where there is none."
        )
    elif covers.share > COVERAGE[1]:
        yield (
            f"That is more than the aim (at most {100 * COVERAGE[1]:.0f} %): intervals of such studies are wider than "
            "they say, so an effect that is there may be missed."
        )
    if not within:
        lengths, phis = range_
        yield (
            f"This study lies outside of what was measured ({lengths[0]} to {lengths[-1]} days, autocorrelation "
            f"{phis[0]:g} to {phis[-1]:g}); that is only the nearest."
        )
