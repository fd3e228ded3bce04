"""
Standard errors as the literature has them, which take days for independent.

They are here to compare with published tables. For daily values of one person they are too small;
`effect_sizes` gives intervals that reckon with autocorrelation. NaN is left out, and comes back where a
phase has too few values.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.special import bdtr, ndtri

from parquetry.analysis.effect_sizes import intervals
from parquetry.analysis.effect_sizes.overlap import Values, nap, two
from parquetry.analysis.effect_sizes.standardised import Spread, correction, sample_variance, smd
from parquetry.analysis.estimates import Direction, Floats, Interval

INDEPENDENT = "confidence, independent days"
_NAN = float("nan")


def normal_interval(value: float, error: float, level: float = 0.95) -> Interval:
    """*value* plus and minus the normal quantile times *error*."""
    reach = float(ndtri((1 + level) / 2)) * error
    return Interval(value - reach, value + reach, level, INDEPENDENT)


def nap_interval(
    baseline: Values, treatment: Values, *, direction: Direction = "increase", level: float = 0.95
) -> Interval:
    """Of NAP, by Newcombe's method 5 (2006, Statistics in Medicine 25(4):559-573)."""
    a, b = two(baseline, treatment, direction)
    days = [intervals.Days(len(each), float(len(each)), 1.0, max(len(each) - 1.0, 1.0)) for each in (a, b)]
    found = intervals.of_nap(nap(a, b), days[0], days[1], level)
    return Interval(found.low, found.high, level, INDEPENDENT)


def nap_error(
    baseline: Values, treatment: Values, *, method: Literal["unbiased", "hanley", "null"] = "unbiased"
) -> float:
    """
    Standard error of NAP; the direction does not matter.

    Args:
        method: ``unbiased`` of Sen (1967); ``hanley`` of Hanley & McNeil (1982); ``null``, if there is
            no difference. The first two take NAP to be at least 1 / (2·pairs) from 0 and from 1.

    Source:
        Mee (1990), Journal of the American Statistical Association 85(411):793-800; Hanley & McNeil
        (1982), Radiology 143(1):29-36; Grissom & Kim (2001), Psychological Methods 6(2):135-146.
    """
    a, b = two(baseline, treatment, "increase")
    m, n = len(a), len(b)
    if min(m, n) < 2:
        return _NAN
    if method == "null":
        return float(np.sqrt((m + n + 1) / (12 * m * n)))
    better = (b > a[:, None]) + (b == a[:, None]) / 2
    rest = better - better.mean()
    value = float(np.clip(better.mean(), 1 / (2 * m * n), 1 - 1 / (2 * m * n)))
    first, second = float((rest.mean(axis=1) ** 2).mean()), float((rest.mean(axis=0) ** 2).mean())
    if method == "hanley":
        return float(np.sqrt((value * (1 - value) + (n - 1) * first + (m - 1) * second) / (m * n)))
    inner = value * (1 - value) + n * first + m * second - 2 * float((rest**2).mean())
    return float(np.sqrt(inner / ((m - 1) * (n - 1))))


def smd_error(baseline: Values, treatment: Values, *, by: Spread = "baseline") -> float:
    """
    Standard error of the corrected `smd`, ``by`` the baseline's or the pooled standard deviation.

    Source:
        Hedges (1981), Journal of Educational Statistics 6(2):107-128; for the baseline's, Pustejovsky,
        Swan & Chen's SingleCaseES, definitions, with the variance of B over that of A.
    """
    a, b = two(baseline, treatment, "increase")
    m, n = len(a), len(b)
    value = smd(a, b, by=by)
    if by == "average" or not np.isfinite(value) or n < 2:
        return _NAN
    if by == "pooled":
        return correction(m + n - 2) * float(np.sqrt(1 / m + 1 / n + value**2 / (2 * (m + n - 2))))
    ratio = float(b.var(ddof=1) / a.var(ddof=1))
    return correction(m - 1) * float(np.sqrt(1 / m + ratio / n + value**2 / (2 * (m - 1))))


def lrr_error(baseline: Values, treatment: Values, *, resolution: float | None = None) -> float:
    """
    Standard error of `lrri` and `lrrd` of the values as they are given, and of the same ratio inverted.

    Source:
        Pustejovsky (2018), Journal of School Psychology 68:99-112.
    """
    return float(np.sqrt(sum(_relative(values, resolution) for values in two(baseline, treatment, "increase"))))


def _relative(values: Floats, resolution: float | None) -> float:
    days = len(values)
    if days < 2:
        return _NAN
    mean = max(float(values.mean()), 0.0 if resolution is None else resolution / (2 * days))
    return sample_variance(values, resolution) / (days * mean**2) if mean > 0 else _NAN


def lrm_error(baseline: Values, treatment: Values) -> float:
    """
    Standard error of `lrm`, from the order statistics around each median; NaN where one of them is 0.

    Source:
        Bonett & Price (2020), Journal of Educational and Behavioral Statistics 45(6):750-770.
    """
    a, b = two(baseline, treatment, "increase")
    return float(np.hypot(_median_error(np.sort(a)), _median_error(np.sort(b))))


def _median_error(ordered: Floats) -> float:
    days = len(ordered)
    if days < 2 or not ordered[0] >= 0:
        return _NAN
    rank = max(round(days / 2 - np.sqrt(days)), 1)
    low, high = float(ordered[rank - 1]), float(ordered[days - rank])
    z = float(-ndtri(bdtr(rank - 1, days, 0.5)))
    return float(np.log(high / low)) / (2 * z) if low > 0 else _NAN
