"""
The usual analyses of the same design, to stand beside ours: not what a result is made of.

Ordinary least squares takes errors for independent and finds too much; Newey-West corrects it where
series are long; REML estimates one autocorrelation and then forgets that it was estimated. Poisson
regression is here for counts with an exposure, with the dispersion of quasi-Poisson.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import bdtrc, expit, fdtrc, stdtr, stdtrit, xlogy

from parquetry.analysis.design import Design
from parquetry.analysis.estimates import Floats
from parquetry.analysis.panel import unit_of
from parquetry.analysis.posterior import HIGHEST, LOWEST, Moments
from parquetry.errors import Usage

_STEPS, _TOLERANCE = 100, 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Classical:
    """
    A regression with a covariance of its coefficients.

    Attributes:
        method: ``OLS``, ``Newey-West(7)``, ``REML AR(1)``, ``Poisson`` …
        coefficients: Shape (columns,), in the outcome's unit, or its logarithm.
        covariance: Of the coefficients.
        freedom: Residual degrees of freedom.
        dispersion: Residual variance, or Pearson's χ² over its degrees of freedom.
        phi: The autocorrelation that was used.
        deviance: Of a Poisson regression.
    """

    method: str
    coefficients: Floats
    covariance: Floats
    freedom: int
    dispersion: float
    phi: float = 0.0
    deviance: float = float("nan")

    @property
    def errors(self) -> Floats:
        """Standard errors, shape (columns,)."""
        return np.sqrt(np.diag(self.covariance))

    def interval(self, contrast: Floats, level: float = 0.95, *, normal: bool = False) -> tuple[float, float, float]:
        """Low end, estimate and high end of ``contrast·β``, by Student's t, or by the *normal* distribution."""
        middle = float(contrast @ self.coefficients)
        freedom = 1e9 if normal else self.freedom
        reach = float(stdtrit(freedom, (1 + level) / 2) * np.sqrt(contrast @ self.covariance @ contrast))
        return middle - reach, middle, middle + reach

    def p(self, contrast: Floats) -> float:
        """Two-sided."""
        t = float(contrast @ self.coefficients / np.sqrt(contrast @ self.covariance @ contrast))
        return float(2 * stdtr(self.freedom, -abs(t)))


def usable(design: Design) -> tuple[Floats, Floats]:
    """Matrix and outcome of the usable days, in the outcome's unit."""
    rows = design.usable
    return design.matrix[rows], design.panel.outcome[rows]


def ols(matrix: Floats, outcome: Floats) -> Classical:
    """
    Ordinary least squares.

    Raises:
        LinAlgError: The columns are linearly dependent.
    """
    inverse = np.linalg.inv(matrix.T @ matrix)
    beta = inverse @ matrix.T @ outcome
    rest, freedom = outcome - matrix @ beta, len(outcome) - matrix.shape[1]
    variance = float(rest @ rest / freedom)
    return Classical("OLS", beta, inverse * variance, freedom, variance)


def newey_west(matrix: Floats, outcome: Floats, lags: int) -> Classical:
    """
    Least squares with the covariance of Newey & West (1987), Bartlett weights, no small-sample factor.

    Lags count rows: a gap is not seen.
    """
    plain = ols(matrix, outcome)
    scores = matrix * (outcome - matrix @ plain.coefficients)[:, None]
    middle = scores.T @ scores
    for lag in range(1, lags + 1):
        product = scores[lag:].T @ scores[:-lag]
        middle += (1 - lag / (lags + 1)) * (product + product.T)
    bread = np.linalg.inv(matrix.T @ matrix)
    return Classical(
        f"Newey-West({lags})", plain.coefficients, bread @ middle @ bread, plain.freedom, plain.dispersion
    )  # fmt: skip


def reml(design: Design) -> Classical:
    """Generalised least squares with autoregressive errors, φ where the restricted likelihood is highest."""
    matrix, outcome = usable(design)
    moments = Moments.of(design.times, matrix, outcome)
    freedom = len(outcome) - matrix.shape[1]

    def solved(phi: float) -> tuple[Floats, Floats, float, float]:
        products, determinant = moments.whitened(np.array([phi]))
        gram, across, square = products[0, :-1, :-1], products[0, :-1, -1], products[0, -1, -1]
        beta = np.linalg.solve(gram, across)
        variance = float(square - across @ beta) / freedom
        likelihood = float(determinant[0]) - np.linalg.slogdet(gram)[1] / 2 - freedom * np.log(variance) / 2
        return beta, gram, variance, float(likelihood)

    phi = _highest(lambda z: solved(float(np.tanh(z)))[3])
    beta, gram, variance, _ = solved(phi)
    return Classical("REML AR(1)", beta, np.linalg.inv(gram) * variance, freedom, variance, phi)


def _highest(likelihood: Callable[[float], float]) -> float:
    grid = np.linspace(np.arctanh(LOWEST), np.arctanh(HIGHEST), 60)
    best = int(np.argmax([likelihood(float(z)) for z in grid]))
    bounds = (float(grid[max(best - 1, 0)]), float(grid[min(best + 1, len(grid) - 1)]))
    found = minimize_scalar(lambda z: -likelihood(float(z)), bounds=bounds, method="bounded", options={"xatol": 1e-10})
    return float(np.tanh(found.x))


def poisson(matrix: Floats, counts: Floats, exposure: Floats | None = None, *, quasi: bool = True) -> Classical:
    """
    Poisson regression of *counts* with a log link, by iteratively reweighted least squares.

    Args:
        exposure: What a rate is a rate of; its logarithm is the offset. 1 by default.
        quasi: Multiply the covariance by the dispersion, Pearson's χ² over its degrees of freedom.
    """
    offset = np.zeros(len(counts)) if exposure is None else np.log(exposure)
    mean = counts + 0.1
    beta = np.zeros(matrix.shape[1])
    for _ in range(_STEPS):
        working = np.log(mean) - offset + (counts - mean) / mean
        gram = matrix.T @ (matrix * mean[:, None])
        before, beta = beta, np.linalg.solve(gram, matrix.T @ (mean * working))
        mean = np.exp(offset + matrix @ beta)
        if np.abs(beta - before).max() <= _TOLERANCE * np.abs(beta).max():
            break
    freedom = len(counts) - matrix.shape[1]
    pearson = float(((counts - mean) ** 2 / mean).sum() / freedom)
    deviance = float(2 * (xlogy(counts, counts / mean) - (counts - mean)).sum())
    covariance = np.linalg.inv(matrix.T @ (matrix * mean[:, None])) * (pearson if quasi else 1.0)
    return Classical(
        "quasi-Poisson" if quasi else "Poisson", beta, covariance, freedom, pearson, deviance=deviance
    )  # fmt: skip


def logistic(matrix: Floats, successes: Floats, trials: Floats) -> Classical:
    """
    Binomial regression of *successes* out of *trials* with a logit link, by iteratively reweighted least squares.

    Raises:
        Usage: More successes than trials.
    """
    if (successes > trials).any():
        raise Usage("more successes than trials")
    share: Floats = (successes + 0.5) / (trials + 1)
    beta: Floats = np.zeros(matrix.shape[1])
    for _ in range(_STEPS):
        weight = trials * share * (1 - share)
        working = np.log(share / (1 - share)) + (successes - trials * share) / weight
        before, beta = beta, np.linalg.solve(matrix.T @ (matrix * weight[:, None]), matrix.T @ (weight * working))
        share = expit(matrix @ beta)
        if np.abs(beta - before).max() <= _TOLERANCE * np.abs(beta).max():
            break
    freedom, variance = len(successes) - matrix.shape[1], trials * share * (1 - share)
    pearson = float(((successes - trials * share) ** 2 / variance).sum() / freedom)
    missed = trials - successes
    parts = xlogy(successes, successes / (trials * share)) + xlogy(missed, missed / (trials * (1 - share)))
    covariance = np.linalg.inv(matrix.T @ (matrix * variance[:, None]))
    return Classical("binomial", beta, covariance, freedom, pearson, deviance=float(2 * parts.sum()))


def f_test(smaller: Classical, larger: Classical) -> float:
    """The p-value of what the *larger* of two nested quasi-Poisson regressions explains more."""
    more = smaller.freedom - larger.freedom
    f = (smaller.deviance - larger.deviance) / more / larger.dispersion
    return float(fdtrc(more, larger.freedom, f))


@dataclass(frozen=True, slots=True)
class Row:
    """One method's answer: estimate, interval, standard error or posterior sd, autocorrelation."""

    method: str
    low: float
    estimate: float
    high: float
    error: float
    phi: float


def side_by_side(design: Design, contrast: Floats, level: float = 0.95) -> tuple[Row, ...]:
    """
    The usual methods on the same design and the same quantity; none where its columns are dependent.

    Newey-West takes the lags of Newey & West (1994): 4·(n/100)^(2/9), rounded down.
    """
    unit = unit_of(design.panel.outcome)
    design = replace(design, panel=replace(design.panel, outcome=design.panel.outcome / unit))
    matrix, outcome = usable(design)
    # The mean effect of partially pooled reversals has one column too many for a method without a prior.
    if np.linalg.matrix_rank(matrix) < matrix.shape[1] or len(outcome) <= matrix.shape[1]:
        return ()
    lags = int(4 * (len(outcome) / 100) ** (2 / 9))
    found = []
    for fit in (ols(matrix, outcome), newey_west(matrix, outcome, lags), reml(design)):
        low, middle, high = fit.interval(contrast, level)
        error = float(np.sqrt(contrast @ fit.covariance @ contrast))
        found.append(Row(fit.method, low * unit, middle * unit, high * unit, error * unit, fit.phi))
    return tuple(found)


def autocorrelation(values: Floats, lag: int) -> float:
    """
    The sample autocorrelation of *values* at *lag*, around their mean: too small in short series.

    NaN for a constant, or for fewer values than the lag needs. Rows must follow one another without gaps.
    """
    rest = np.asarray(values, dtype=np.float64) - np.mean(values)
    squares = float(rest @ rest)
    return float(rest[lag:] @ rest[:-lag]) / squares if 0 < lag < len(rest) and squares > 0 else float("nan")


@dataclass(frozen=True, slots=True)
class DualCriterion:
    """
    The conservative dual criterion.

    Attributes:
        beyond: Treatment days beyond both lines of the baseline.
        days: Treatment days.
        p: The binomial probability of as many or more, as if each were a fair coin.
    """

    beyond: int
    days: int
    p: float


def dual_criterion(baseline: Floats, treatment: Floats, *, decrease: bool = False) -> DualCriterion:
    """
    How many days lie beyond both the baseline's mean and its trend, each moved by 0.25 of its standard deviation.

    The trend is the line through the medians of the first and last third. Fisher, Kelley & Lomas
    (2003), Journal of Applied Behavior Analysis 36(3):387-406. Days must follow one another without
    gaps, and their independence is assumed.

    Raises:
        Usage: Fewer than three baseline days.
    """
    if len(baseline) < 3:
        raise Usage(f"{len(baseline)} baseline days have no thirds")
    sign = -1.0 if decrease else 1.0
    a, b = sign * np.asarray(baseline, dtype=np.float64), sign * np.asarray(treatment, dtype=np.float64)
    time, third = np.arange(len(a), dtype=np.float64), len(a) // 3
    first, last = slice(0, third), slice(len(a) - third, len(a))
    rise = float(np.median(a[last]) - np.median(a[first])) / float(np.median(time[last]) - np.median(time[first]))
    line = np.median(a - rise * time) + rise * np.arange(len(a), len(a) + len(b))
    moved = 0.25 * float(a.std(ddof=1))
    beyond = int(((b > line + moved) & (b > a.mean() + moved)).sum())
    return DualCriterion(beyond, len(b), float(bdtrc(beyond - 1, len(b), 0.5)) if beyond else 1.0)
