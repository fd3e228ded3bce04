"""
Change on the scale of a ratio, of odds or of a goal: medians, proportions, and how much of the way was gone.

They complete the log response ratios of `standardised`. NaN is left out. An improvement is above 0.
"""

from __future__ import annotations

import numpy as np

from parquetry.analysis.effect_sizes.overlap import Values, two
from parquetry.analysis.effect_sizes.standardised import sample_variance
from parquetry.analysis.estimates import Direction, Floats

_NAN = float("nan")


def lrm(baseline: Values, treatment: Values, *, direction: Direction = "increase") -> float:
    """
    Log ratio of medians: ln(median of B / median of A), with the opposite sign for a decrease.

    Returns:
        NaN for an empty phase, a value below 0, or a median of 0.

    Source:
        Bonett & Price (2020), Journal of Educational and Behavioral Statistics 45(6):750-770.
    """
    phases = two(baseline, treatment, "increase")
    if any(not len(values) or values.min() < 0 or not np.median(values) > 0 for values in phases):
        return _NAN
    found = float(np.log(np.median(phases[1]) / np.median(phases[0])))
    return found if direction == "increase" else -found


def lor(
    baseline: Values,
    treatment: Values,
    *,
    direction: Direction = "increase",
    most: float = 1.0,
    resolution: float | None = None,
    corrected: bool = True,
) -> float:
    """
    Log odds ratio of the mean proportions of two phases, with the opposite sign for a decrease.

    Args:
        most: What a whole is: 1 for proportions, 100 for percentages.
        resolution: The smallest difference that could have been recorded, in the outcome's unit; a mean
            proportion is then kept at least resolution / (2·days) from 0 and from *most*.
        corrected: For the bias of few days.

    Returns:
        NaN for a value outside 0 to *most*, an empty phase, or a mean at an end without *resolution*.

    Source:
        Pustejovsky (2015), Psychological Methods 20(3):342-359.
    """
    fine = None if resolution is None else resolution / most
    first, second = (_logit(values / most, fine, corrected) for values in two(baseline, treatment, "increase"))
    return second - first if direction == "increase" else first - second


def _logit(values: Floats, resolution: float | None, corrected: bool) -> float:
    days = len(values)
    if not days or values.min() < 0 or values.max() > 1:
        return _NAN
    margin = 0.0 if resolution is None else resolution / (2 * days)
    mean = float(np.clip(values.mean(), margin, 1 - margin))
    if not 0 < mean < 1:
        return _NAN
    bias = sample_variance(values, resolution) * (2 * mean - 1) / (2 * days * (mean * (1 - mean)) ** 2)
    return float(np.log(mean / (1 - mean))) - (bias if corrected else 0.0)


def pogo(baseline: Values, treatment: Values, goal: float) -> float:
    """
    Percent of goal obtained, as a share: (mean of B - mean of A) / (goal - mean of A).

    Returns:
        NaN for an empty phase, or a baseline that is at the goal already.

    Source:
        Ferron, Goldstein, Olszewski & Rohrer (2020), Evidence-Based Communication Assessment and
        Intervention 14(1-2):6-27.
    """
    a, b = two(baseline, treatment, "increase")
    if not len(a) or not len(b) or goal == a.mean():
        return _NAN
    return float((b.mean() - a.mean()) / (goal - a.mean()))
