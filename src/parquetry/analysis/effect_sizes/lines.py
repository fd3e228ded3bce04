"""
Differences in the outcome's own unit, and days beyond a baseline's line.

NaN is left out and keeps its place in time.
"""

from __future__ import annotations

import numpy as np

from parquetry.analysis.effect_sizes.overlap import Values, improving, two
from parquetry.analysis.estimates import Direction, Floats

_ROUNDING = 1e-12


def mean_difference(baseline: Values, treatment: Values) -> float:
    """Mean of B less mean of A, in the outcome's unit; NaN for an empty phase."""
    a, b = two(baseline, treatment, "increase")
    return float(b.mean() - a.mean()) if len(a) and len(b) else float("nan")


def trend_difference(baseline: Values, treatment: Values, *, times: tuple[Values, Values] | None = None) -> float:
    """
    Slope of the least-squares line of B less that of A, in the outcome's unit a day.

    Args:
        times: Of the values of A and of B, where they do not follow one another day by day.

    Returns:
        NaN for a phase with fewer than two values.
    """
    a, b = (improving(values, "increase") for values in (baseline, treatment))
    first, second = _times(a, b, times)
    return _line(second, b)[1] - _line(first, a)[1]


def pet(
    baseline: Values,
    treatment: Values,
    *,
    direction: Direction = "increase",
    times: tuple[Values, Values] | None = None,
) -> float:
    """
    Percentage exceeding the trend: the share of days of B better than the least-squares line of A, extended.

    A tie does not count. The line goes on for ever, so that a long B says more about A's trend than about B.

    Args:
        times: Of the values of A and of B, where they do not follow one another day by day.

    Returns:
        NaN with fewer than two values in A or none in B.

    Source:
        Wolery, Busick, Reichow & Barton (2010), Journal of Special Education 44(1):18-28.
    """
    a, b = improving(baseline, direction), improving(treatment, direction)
    first, second = _times(a, b, times)
    origin, slope = _line(first, a)
    there = ~np.isnan(b)
    if not there.any() or np.isnan(slope):
        return float("nan")
    line = origin + slope * second[there]
    # What is equal in exact arithmetic must tie in floating point too.
    slack = _ROUNDING * float(np.abs(line).max() + np.abs(b[there]).max())
    return float((b[there] - line > slack).mean())


def _times(a: Floats, b: Floats, times: tuple[Values, Values] | None) -> tuple[Floats, Floats]:
    first, second = times if times is not None else (np.arange(len(a)), np.arange(len(a), len(a) + len(b)))
    return np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)


def _line(time: Floats, values: Floats) -> tuple[float, float]:
    """Value at time 0, and slope; NaN with fewer than two values."""
    known = ~np.isnan(values)
    x, y = time[known], values[known]
    if len(np.unique(x)) < 2:
        return float("nan"), float("nan")
    slope = float((x - x.mean()) @ y / ((x - x.mean()) @ (x - x.mean())))
    return float(y.mean() - slope * x.mean()), slope
