"""
What answers have in common, whichever model gave them: a report asks here and not which class it is.

Gaussian answers are differences of means; those of counts and shares have a ratio beside, and their
running sums count things instead of summing shares.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parquetry.analysis.abab import Reversal
from parquetry.analysis.estimates import Estimate
from parquetry.analysis.panel import Panel
from parquetry.analysis.studied import Analysed
from parquetry.report.numbers import Scale, scale_of
from parquetry.studies import Outcome

_LAST = "autocorrelation"


def reversals(analysed: Analysed) -> tuple[Reversal, ...]:
    """Of a reversal study; empty for others."""
    found: tuple[Reversal, ...] = getattr(analysed.answer, "reversals", ())
    return found


def window(analysed: Analysed) -> tuple[int, int] | None:
    """First and last row of what the main estimate is about; None for designs without a window."""
    found: tuple[int, int] | None = getattr(analysed.answer, "window", None)
    return found


def ratio(analysed: Analysed) -> Estimate | None:
    """Rate ratio or odds ratio of counts and shares; its *positive* is P(above 1)."""
    found: Any = getattr(analysed.answer, "ratio", None)
    if found is None:
        return None
    return Estimate(found.name, "ratio", found.mean, found.median, found.sd, found.interval, found.above_one)


def shown(analysed: Analysed) -> Panel:
    """The panel as figures show it: counts as rates."""
    found: Panel = getattr(analysed.answer, "shown", analysed.panel)
    return found


def summed(analysed: Analysed, outcome: Outcome) -> Scale:
    """How a running sum is shown."""
    if getattr(analysed.answer, "kind", None) == "share":
        return Scale(1.0, "successes")
    if getattr(analysed.answer, "kind", None) == "count" and analysed.panel.weight is not None:
        return Scale(1.0, "counts")  # the outcome's unit is one of a rate
    if outcome.kind == "share":
        return Scale(100.0, "percentage-point days")
    return Scale(1.0, outcome.unit)


def scale(analysed: Analysed, estimate: Estimate, outcome: Outcome) -> Scale:
    """How an estimate of an answer is shown."""
    if estimate.name.startswith("cumulative"):
        return summed(analysed, outcome)
    return scale_of(estimate, outcome)


def estimates(analysed: Analysed) -> Iterator[tuple[str, Estimate]]:
    """The estimates of an answer under their names, the main one first, the autocorrelation last."""
    answer: Any = analysed.answer
    yield answer.main.name, answer.main
    if (found := ratio(analysed)) is not None:
        yield found.name, found
    for name in answer.__dataclass_fields__:
        each = getattr(answer, name)
        if isinstance(each, Estimate) and each is not answer.main and name not in (_LAST, "main"):
            yield each.name, each
    yield "autocorrelation of the errors", answer.autocorrelation


def spread(analysed: Analysed, outcome: Outcome) -> tuple[float, Scale] | None:
    """The standard deviation between reversals, and how it is shown."""
    answer: Any = analysed.answer
    value: float | None = getattr(answer, "spread", None)
    if value is None:
        return None
    if (kind := getattr(answer, "kind", None)) is not None:
        return value, Scale(1.0, "log rate" if kind == "count" else "log odds")
    return value, scale_of(answer.main, outcome)


def agree(analysed: Analysed) -> tuple[float, float] | None:
    """The probability that all reversals have the same sign; pooled, and not."""
    found: tuple[float, float] | None = getattr(analysed.answer, "agree", None)
    return found
