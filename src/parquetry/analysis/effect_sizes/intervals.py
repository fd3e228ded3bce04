"""
Intervals of effect sizes that respect the autocorrelation.

The usual ones take days for independent and are too short where one day resembles the next. Here the
autocorrelation φ has the exact posterior of `posterior` (a level, or a line, in each phase), and it
enters in one of two ways:

- **Effective days.** A mean of n days says as much as one of n / E[1 + 2·Σ(1 - k/n)·φ^k] independent days,
  the expectation over the posterior of φ. Standard deviations, which autocorrelation makes too small,
  and their degrees of freedom are corrected the same way. Used where a formula for independent days is known.
- **Bootstrap.** Series are drawn with a φ from its posterior and with each phase's own values (less its
  line, where the index is about trends), by a Gaussian autoregression of their ranks, so that
  skewness, ties and bounds stay. Used for what has no known sampling distribution.

A φ below 0 never makes an interval shorter. Of 95 % intervals, over φ in {0, .5, .7} and 30 or 60 days,
92 to 100 % hold what they estimate for levels, 90 to 98 % for trends (Tau with a trend, SMD (gradual))
where φ ≤ .5. For trends it is 87 to 94 % where φ = .7 and, with 30 days, 79 to 89 % where φ = .85, since
chance then looks like a trend: beyond `STRONG` the table says of such an interval that it is too short.
`tests/analysis/test_effect_sizes.py` measures it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri, stdtrit

from parquetry.analysis.estimates import Flags, Floats, Interval
from parquetry.analysis.posterior import Posterior, Prior, integrate

EFFECTIVE, BOOTSTRAP = "confidence, effective days", "confidence, AR(1) bootstrap"
PHASE_DAYS, STUDY_DAYS = 3, 8
"""Fewer values in a phase, or in both, and nothing is known of the autocorrelation: there is no interval."""
STRONG = 0.5
"""The autocorrelation beyond which the intervals of trends hold fewer than they say; the table then says so."""
_NODES = 9
_FLAT = 30.0
_LARGEST_BIAS = 1.5
_ROOT = 1e-9
_UNDEFINED = 0.05
_LEAST_LEFT = 0.1

Statistics: TypeAlias = Callable[[Floats, Floats], Floats]
"""Of the two phases of many series, shapes (series, days), some numbers each, shape (series, numbers)."""


@dataclass(frozen=True, slots=True)
class Days:
    """
    What a phase's days are worth.

    Attributes:
        count: How many there are.
        effective: As many independent days have a mean as precise.
        variance: What the sample variance is expected to be, as a share of the true one.
        freedom: Degrees of freedom of the sample variance.
    """

    count: int
    effective: float
    variance: float
    freedom: float


def persistence(mean: Floats, values: Floats) -> Posterior | None:
    """
    The posterior of φ around a *mean* of each day that was fitted to *values* (NaN is a missing day).

    Args:
        mean: Columns of a regression, shape (days, columns).

    Returns:
        None where it leaves no residuals, or too few values are there.
    """
    known = np.flatnonzero(~np.isnan(values))
    x, y = mean[known], values[known]
    if len(known) < max(STUDY_DAYS, x.shape[1] + 3):
        return None
    rest = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    size = float(np.sqrt(rest @ rest / (len(known) - x.shape[1])))
    if size <= 1e-10 * float(np.abs(y).max()):
        return None
    standard = (y - y.mean()) / size
    # The prior is flat on any scale: a column may be in the outcome's unit.
    reach = np.abs(x).max(axis=0)
    wide = np.full(x.shape[1], _FLAT + float(np.abs(standard).max()))
    return integrate(known.astype(np.int64), x / np.where(reach > 0, reach, 1.0), standard, Prior.of(wide))


def phase_columns(a: int, b: int, *, lines: bool) -> Floats:
    """A level for each phase of *a* and *b* days; with *lines* a slope for each too."""
    rows = np.arange(a + b, dtype=np.float64)
    first = rows < a
    columns = [first.astype(float), (~first).astype(float)]
    if lines:
        columns += [np.where(first, (rows - (a - 1) / 2) / a, 0.0), np.where(first, 0.0, (rows - a - (b - 1) / 2) / b)]
    return np.column_stack(columns)


def worth(values: Floats, phi: Posterior) -> Days:
    """What the days of a phase are worth, NaN being missing ones."""
    times = np.flatnonzero(~np.isnan(values))
    n = len(times)
    gaps = np.abs(times[:, None] - times)
    inflation, freedom = np.empty(_NODES), np.empty(_NODES)
    for i, node in enumerate(_nodes(phi)):
        correlation = (node ** np.arange(len(values)))[gaps]
        rows = correlation.sum(axis=1)
        inflation[i] = rows.sum() / n
        squares = (correlation * correlation).sum() - 2 * (rows @ rows) / n + inflation[i] ** 2
        freedom[i] = (n - inflation[i]) ** 2 / squares if squares > 0 else 0.0
    expected = float(inflation.mean())
    return Days(n, n / expected, max((n - expected) / (n - 1), 1e-3), max(float(freedom.mean()), 2.0))


def of_nap(value: float, a: Days, b: Days, level: float) -> Interval:
    """
    A score interval of P(B > A) + P(B = A) / 2; it holds the estimate, and has a length at 0 and 1 too.

    Source:
        Newcombe (2006), Statistics in Medicine 25(4):559-573, method 5, with effective days.
    """
    m, n = a.effective, b.effective
    half, z = (m + n) / 2 - 1, float(ndtri((1 + level) / 2))

    def beyond(theta: float) -> float:
        inner = 1 + half * (1 - theta) / (2 - theta) + half * theta / (1 + theta)
        return (theta - value) ** 2 - z * z * theta * (1 - theta) * max(inner, 1.0) / (m * n)

    # At 0 and 1 themselves the variance is 0, which is a root, and not the one that is looked for.
    low = brentq(beyond, 0.0, min(value, 1 - _ROOT)) if value > 0 else 0.0
    high = brentq(beyond, max(value, _ROOT), 1.0) if value < 1 else 1.0
    return Interval(float(low), float(high), level, EFFECTIVE)


def of_share(value: float, days: float, level: float) -> Interval:
    """Wilson's interval of a share of *days* effective days."""
    z2 = float(ndtri((1 + level) / 2)) ** 2
    middle = (value + z2 / (2 * days)) / (1 + z2 / days)
    reach = float(np.sqrt(z2 * (value * (1 - value) / days + z2 / (4 * days**2)))) / (1 + z2 / days)
    return Interval(max(0.0, middle - reach), min(1.0, middle + reach), level, EFFECTIVE)


def of_mean_ratio(value: float, means: tuple[float, float], variances: tuple[float, float], days: tuple[Days, Days],
                  level: float) -> Interval:  # fmt: skip
    """Of the logarithm of a ratio of means, by the delta method, with Welch's degrees of freedom."""
    parts = [v / d.variance / d.effective / m**2 for m, v, d in zip(means, variances, days, strict=True)]
    return _around(value, sum(parts), _welch(parts, days), level)


def of_difference(
    difference: float, variances: tuple[float, float], weights: tuple[float, float], days: tuple[Days, Days],
    level: float,
) -> Interval:  # fmt: skip
    """
    Of a difference of means in true standard deviations, whose square is Σ weight·variance.

    The estimate inside is corrected for autocorrelation, so that the interval need not be symmetric
    about the index as it is defined.
    """
    true = [v / d.variance for v, d in zip(variances, days, strict=True)]
    shares = [w * v for w, v in zip(weights, true, strict=True)]
    freedom, scale = _welch(shares, days), float(np.sqrt(sum(shares)))
    middle = difference / scale * (1 - 3 / (4 * freedom - 1))
    error = sum(v / d.effective for v, d in zip(true, days, strict=True)) / scale**2 + middle**2 / (2 * freedom)
    return _around(middle, error, freedom, level)


def bootstrap(
    a: Floats, b: Floats, columns: Floats, phi: Posterior, statistics: Statistics, *,
    level: float, draws: int, seed: int, widened: bool = False, smoothed: bool = False,
) -> list[Interval | None]:  # fmt: skip
    """
    A percentile interval for each statistic of the two phases; None for one that has no
    value, or none in more than `_UNDEFINED` of the draws.

    Args:
        a, b: The phases, with NaN for missing days; those of the series drawn have it on the same days.
        columns: What is expected of each day, up to coefficients; shape (days of a + days of b, columns).
        widened: Make up for the variance that the columns take from autocorrelated days. Values then
            leave the outcome's scale, so it is for columns that leave it anyway.
        smoothed: Draw values between and beyond those seen, for statistics of the most extreme ones: the
            plain bootstrap knows no better day than the best. Else the percentiles are corrected for bias.
    """
    values = np.concatenate([a, b])
    known = ~np.isnan(values)
    mean = columns @ np.linalg.lstsq(columns[known], values[known], rcond=None)[0]
    rest = (values - mean) / (np.sqrt(_left(columns, known, phi)) if widened else 1.0)
    random = np.random.default_rng(seed)
    phases = (rest[: len(a)], rest[len(a) :])
    errors = _drawn(phases, phi, draws, random)
    drawn = mean + (_smooth(errors, phases, random) if smoothed else errors)
    found = statistics(drawn[:, : len(a)], drawn[:, len(a) :])
    finite = np.isfinite(found)
    return [
        _percentiles(own, found[finite[:, i], i], level, corrected=not smoothed)
        if np.isfinite(own) and finite[:, i].mean() >= 1 - _UNDEFINED
        else None
        for i, own in enumerate(map(float, statistics(a[None], b[None])[0]))
    ]


def one_by_one(statistics: Callable[[Floats, Floats], Sequence[float]]) -> Statistics:
    """Numbers of two phases as those of many series."""
    return lambda a, b: np.array([statistics(*phases) for phases in zip(a, b, strict=True)])


def _left(columns: Floats, known: Flags, phi: Posterior) -> float:
    """The share of the errors' variance that is expected to be left around the fitted *columns*."""
    days = len(known)
    q = np.zeros_like(columns)
    q[known] = np.linalg.qr(columns[known])[0]
    # Of the pairs of days so many apart, what the projection on the columns gives them in all.
    spectrum = np.abs(np.fft.rfft(q, 2 * days, axis=0)) ** 2
    apart = np.fft.irfft(spectrum.sum(axis=1), 2 * days)[:days]
    apart[1:] *= 2
    shares = [1 - float(apart @ node ** np.arange(days)) / int(known.sum()) for node in _nodes(phi)]
    return max(float(np.mean(shares)), _LEAST_LEFT)


def _nodes(phi: Posterior) -> list[float]:
    """Equally probable values of φ, none below 0."""
    return [max(0.0, phi.phi_quantile((i + 0.5) / _NODES)) for i in range(_NODES)]


def _drawn(rest: tuple[Floats, Floats], phi: Posterior, draws: int, random: np.random.Generator) -> Floats:
    """Errors with each phase's own values and NaN, shape (draws, days)."""
    days = len(rest[0]) + len(rest[1])
    phis = random.choice(np.maximum(phi.phi, 0.0), size=draws, p=phi.weights)
    # A day's numbers lie beside each other while they are computed, which takes half the time.
    latent, fresh = np.ascontiguousarray(random.standard_normal((draws, days)).T), np.sqrt(1 - phis * phis)
    for day in range(1, days):
        latent[day] = phis * latent[day - 1] + fresh * latent[day]
    ranks, begun = np.ascontiguousarray(ndtr(latent).T), 0
    for phase in rest:
        rows, own = slice(begun, begun + len(phase)), np.sort(phase[~np.isnan(phase)])
        ranks[:, rows] = own[np.minimum((ranks[:, rows] * len(own)).astype(np.int64), len(own) - 1)]
        begun += len(phase)
    found: Floats = np.where(np.isnan(np.concatenate(rest)), np.nan, ranks)
    return found


def _smooth(drawn: Floats, phases: tuple[Floats, Floats], random: np.random.Generator) -> Floats:
    """Each phase's errors with a normal kernel of Silverman's width, and of the same variance as before."""
    width, spread = [], []
    for phase in phases:
        known = phase[~np.isnan(phase)]
        width += [1.06 * len(known) ** -0.2] * len(phase)
        spread += [float(known.std(ddof=1))] * len(phase)
    h = np.array(width)
    found: Floats = (drawn + h * np.array(spread) * random.standard_normal(drawn.shape)) / np.sqrt(1 + h * h)
    return found


def _percentiles(own: float, values: Floats, level: float, *, corrected: bool) -> Interval:
    slack = 1e-12 * max(abs(own), float(np.abs(values).max()))
    below = float((values < own - slack).mean() + (np.abs(values - own) <= slack).mean() / 2)
    bias = float(np.clip(ndtri(np.clip(below, 1e-9, 1 - 1e-9)), -_LARGEST_BIAS, _LARGEST_BIAS)) if corrected else 0.0
    z = float(ndtri((1 + level) / 2))
    low, high = np.quantile(values, [float(ndtr(2 * bias - z)), float(ndtr(2 * bias + z))])
    return Interval(min(float(low), own), max(float(high), own), level, BOOTSTRAP)


def _around(middle: float, variance: float, freedom: float, level: float) -> Interval:
    reach = float(stdtrit(freedom, (1 + level) / 2) * np.sqrt(variance))
    return Interval(middle - reach, middle + reach, level, EFFECTIVE)


def _welch(parts: list[float], days: tuple[Days, Days]) -> float:
    below = sum(p * p / d.freedom for p, d in zip(parts, days, strict=True))
    return sum(parts) ** 2 / below if below > 0 else 2.0
