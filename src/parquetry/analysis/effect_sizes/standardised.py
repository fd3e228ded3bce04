"""
Differences of means on a scale without a unit: in standard deviations, or as the logarithm of a ratio.

NaN is left out. Standard deviations have n - 1 below. An improvement is above 0, whatever the
direction, except of LRRd, which is defined to be negative.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from parquetry.analysis.effect_sizes.overlap import Values, improving, two
from parquetry.analysis.estimates import Direction, Floats

Spread: TypeAlias = Literal["baseline", "pooled", "average"]
_NAN = float("nan")
_DELAYS = np.linspace(0.0, 0.98, 50)


def correction(freedom: float) -> float:
    """The factor 1 - 3/(4·freedom - 1) that takes most of the small-sample bias off a standardised difference."""
    return 1 - 3 / (4 * freedom - 1)


def spread(a: Floats, b: Floats, by: Spread) -> tuple[float, float]:
    """
    What a difference is divided by, and its degrees of freedom; NaN for too few days.

    ``average`` is the root of the mean of the two variances, ``pooled`` weighs them by days less one.
    """
    if len(a) < 2 or (by != "baseline" and len(b) < 2):
        return _NAN, _NAN
    if by == "baseline":
        return float(a.std(ddof=1)), len(a) - 1
    first, second, freedom = float(a.var(ddof=1)), float(b.var(ddof=1)), len(a) + len(b) - 2
    if by == "average":
        return float(np.sqrt((first + second) / 2)), freedom
    return float(np.sqrt(((len(a) - 1) * first + (len(b) - 1) * second) / freedom)), freedom


def smd(
    baseline: Values,
    treatment: Values,
    *,
    direction: Direction = "increase",
    by: Spread = "baseline",
    corrected: bool = True,
) -> float:
    """
    Within-case standardised mean difference: (mean of B - mean of A) / standard deviation.

    Args:
        by: ``baseline``: of A alone (Glass' delta; Busk & Serlin's first approach); ``pooled``: of both
            (their second; corrected it is Hedges' g).
        corrected: For the bias of few days, by `correction`.

    Returns:
        NaN with fewer than two days (three, if corrected) behind the standard deviation, or if that is 0.

    Source:
        Gingerich (1984), Journal of Applied Behavioral Science 20(1):71-79; Busk & Serlin (1992), in
        Kratochwill & Levin, Single-case research design and analysis; Hedges (1981), Journal of
        Educational Statistics 6(2):107-128.
    """
    a, b = two(baseline, treatment, direction)
    scale, freedom = spread(a, b, by)
    if not len(b) or not scale > 0 or (corrected and freedom < 2):
        return _NAN
    return float(b.mean() - a.mean()) / scale * (correction(freedom) if corrected else 1.0)


def cohen_d(baseline: Values, treatment: Values, *, direction: Direction = "increase") -> float:
    """
    Cohen's d: (mean of B - mean of A) / √((variance of A + variance of B) / 2), uncorrected.

    Source:
        Cohen (1988), Statistical power analysis for the behavioral sciences, 2nd edition, equation 2.3.2.
        With the variances weighed by days it is ``smd(…, by="pooled", corrected=False)``.
    """
    return smd(baseline, treatment, direction=direction, by="average", corrected=False)


def hedges_g(
    baseline: Values,
    treatment: Values,
    *,
    direction: Direction = "increase",
    correct: Literal["none", "hedges", "durlak"] = "hedges",
) -> float:
    """
    Hedges' g: difference of means over the pooled standard deviation.

    Args:
        correct: For the bias of few days: ``hedges`` by `correction`, which is ``smd(…, by="pooled")``;
            ``durlak`` by (n - 3)/(n - 2.25)·√((n - 2)/n), n being all days.

    Source:
        Hedges (1981), Journal of Educational Statistics 6(2):107-128; Durlak (2009), Journal of
        Pediatric Psychology 34(9):917-928.
    """
    if correct == "hedges":
        return smd(baseline, treatment, direction=direction, by="pooled")
    plain = smd(baseline, treatment, direction=direction, by="pooled", corrected=False)
    if correct == "none" or np.isnan(plain):
        return plain
    days = sum(map(len, two(baseline, treatment, direction)))
    return plain * (days - 3) / (days - 2.25) * float(np.sqrt((days - 2) / days))


class Gradual(NamedTuple):
    """
    A fit of the gradual effects model.

    Attributes:
        effect: On the last day of B, in the outcome's unit, more being better.
        delay: Share of the effect still to come that is still to come a day later, 0 to below 1.
        fitted: The mean of each day, shape (days of A + days of B,).
    """

    effect: float
    delay: float
    fitted: Floats


def gradual(a: Floats, b: Floats) -> Gradual:
    """
    A level in A, from which B departs by effect·(1 - delay^k) / (1 - delay^n) on its k-th of n days.

    By least squares; NaN keeps its place in time. At least two values in A and three in B.
    """
    values = np.concatenate([a, b])
    known = ~np.isnan(values)
    shape, x, squares = _shapes(len(a), len(b), known.tobytes())
    y = values[known] - values[known].mean()
    along = x @ y
    slopes = along / squares
    best = int(np.argmax(slopes * along))
    slope = float(slopes[best])
    return Gradual(
        slope, float(_DELAYS[best]), values[known].mean() + slope * (shape[best] - shape[best][known].mean())
    )  # fmt: skip


@lru_cache(maxsize=8)
def _shapes(m: int, n: int, known: bytes) -> tuple[Floats, Floats, Floats]:
    """For each delay the share reached by day, the same of known days about its mean, and its sum of squares."""
    reached = (1 - _DELAYS[:, None] ** np.arange(1, n + 1)) / (1 - _DELAYS[:, None] ** n)
    shape = np.hstack([np.zeros((len(_DELAYS), m)), reached])
    there = shape[:, np.frombuffer(known, dtype=np.bool_)]
    x = there - there.mean(axis=1, keepdims=True)
    return shape, x, (x * x).sum(axis=1)


def smd_gradual(
    baseline: Values, treatment: Values, *, direction: Direction = "increase", corrected: bool = True
) -> float:
    """
    Within-case standardised difference of an effect that comes gradually: the effect on the last day of
    B in the gradual effects model, over the standard deviation of A.

    The model of Swan & Pustejovsky is one for counts and proportions; this is its form for the outcome
    itself (identity link, least squares). Missing days keep their place in time.

    Returns:
        NaN with fewer than two (three, if corrected) values in A or three in B, or if A is constant.

    Source:
        Swan & Pustejovsky (2018), Multivariate Behavioral Research 53(4):574-593.
    """
    a, b = improving(baseline, direction), improving(treatment, direction)
    known = a[~np.isnan(a)]
    scale, freedom = spread(known, known, "baseline")
    if not scale > 0 or (corrected and freedom < 2) or (~np.isnan(b)).sum() < 3:
        return _NAN
    return gradual(a, b).effect / scale * (correction(freedom) if corrected else 1.0)


def lrri(
    baseline: Values,
    treatment: Values,
    *,
    direction: Direction = "increase",
    most: float | None = None,
    resolution: float | None = None,
    corrected: bool = True,
) -> float:
    """
    Log response ratio for increase: ln(mean of B / mean of A) of what ought to increase; above 0 is better.

    Args:
        direction: Of the outcome given. What ought to decrease has an opposite that ought to increase
            only if the outcome has a largest value *most* (1 for a proportion, 100 for a percentage):
            the opposite is *most* less the outcome.
        resolution: The smallest difference that could have been recorded (1 for a count). A mean is
            then taken to be at least resolution / (2·days), and a variance at least resolution² / days³.
            Without it a mean of 0 gives NaN.
        corrected: For the bias of few days: + s²/(2·n·mean²) in each phase.

    Returns:
        NaN for an outcome below 0 or above *most*, for which a ratio means nothing; for an empty phase;
        for a decrease without *most*.

    Source:
        Pustejovsky (2015), Psychological Methods 20(3):342-359; Pustejovsky (2018), Journal of School
        Psychology 68:99-112.
    """
    return _ratio(baseline, treatment, direction == "increase", most, resolution, corrected)


def lrrd(
    baseline: Values,
    treatment: Values,
    *,
    direction: Direction = "decrease",
    most: float | None = None,
    resolution: float | None = None,
    corrected: bool = True,
) -> float:
    """Log response ratio for decrease: as `lrri`, of what ought to decrease; below 0 is better."""
    return _ratio(baseline, treatment, direction == "decrease", most, resolution, corrected)


def _ratio(
    baseline: Values, treatment: Values, own: bool, most: float | None, resolution: float | None, corrected: bool
) -> float:
    phases = two(baseline, treatment, "increase")
    if not own and most is None:
        return _NAN
    logs = [logarithm(values if own else (most or 0.0) - values, most, resolution, corrected) for values in phases]
    return logs[1] - logs[0]


def logarithm(values: Floats, most: float | None, resolution: float | None, corrected: bool) -> float:
    """The logarithm of a phase's mean, NaN where there is none."""
    days = len(values)
    if not days or values.min() < 0 or (most is not None and values.max() > most):
        return _NAN
    mean = max(float(values.mean()), 0.0 if resolution is None else resolution / (2 * days))
    if not mean > 0:
        return _NAN
    return float(np.log(mean)) + (sample_variance(values, resolution) / (2 * days * mean * mean) if corrected else 0.0)


def sample_variance(values: Floats, resolution: float | None) -> float:
    """Of a phase; with a *resolution* at least resolution² / days³, so that days that are all equal have one."""
    variance = float(values.var(ddof=1)) if len(values) > 1 else 0.0
    return variance if resolution is None else max(variance, resolution**2 / len(values) ** 3)
