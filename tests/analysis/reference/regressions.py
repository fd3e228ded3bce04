"""Piecewise regressions: the R package scan, and a structural time series beside our own model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from parquetry.analysis import its
from parquetry.analysis.classical import autocorrelation, ols
from parquetry.analysis.effect_sizes.independent import normal_interval
from parquetry.analysis.piecewise import Piecewise, piecewise
from tests.analysis.published import SCAN_AB, numbers

from . import Case, Figure, figures, series

_BOOK = "Wilbert, Analysing single-case data with R and scan, chapter on piecewise regression"
_COLUMNS = "intercept, trend, level B, slope B"
_THREE_DECIMALS = 0.000501


def _fits(fit: Piecewise, estimates: Sequence[float], errors: Sequence[float]) -> Iterator[Figure]:
    """Coefficients and standard errors, both printed with three decimals."""
    for name, estimate, error in zip(fit.names, estimates, errors, strict=True):
        yield Figure(name, estimate, fit[name], _THREE_DECIMALS)
        yield Figure(f"{name}, SE", error, fit.error(name), _THREE_DECIMALS)


def _johanna() -> Iterator[Figure]:
    phases, text = SCAN_AB["Johanna"]
    fit = piecewise(numbers(text), phases)
    yield from _fits(fit, (54.4, 0.1, 7.858, 1.525), (3.89, 1.588, 5.816, 1.616))
    around = normal_interval(fit["level B"], fit.error("level B"))
    names = "level B 95 % low (normal), level B 95 % high (normal)"
    yield from figures(names, (-3.542, 19.258), (around.low, around.high), _THREE_DECIMALS)


def _anja() -> Iterator[Figure]:
    """Analysis of variance: each model against the one before, with the residual variance of the largest."""
    phases, text = SCAN_AB["Anja"]
    used = ((False, False, False), (False, True, False), (True, True, False), (True, True, True))
    fits = [piecewise(numbers(text), phases, trend=t, level=lv, slope=s).fit for t, lv, s in used]
    left = [fit.dispersion * fit.freedom for fit in fits]
    names = "residual sum of squares 0, with a level, with a trend, with a slope"
    yield from figures(names, (2410.95, 840.13, 542.08, 481.73), left, 0.00501)
    f = [(left[i] - left[i + 1]) / fits[3].dispersion for i in range(3)]
    yield from figures("F of the level, F of the trend, F of the slope", (52.1722, 9.8994, 2.0043), f, 0.0000501)


def _injuries() -> Iterator[Figure]:
    one = series.INJURIES
    fit = piecewise(one.values, one.phases, times=one.times, family="poisson")
    yield from _fits(fit, (5.556, 0.007, -0.806, -0.006), (0.042, 0.012, 0.067, 0.013))


def _scores() -> Iterator[Figure]:
    one = series.SCORES["Christiano"]
    fit = piecewise(one.values, one.phases, family="binomial", trials=[20] * len(one.values))
    yield from _fits(fit, (-1.964, 0.023, 2.376, 0.038), (0.394, 0.072, 0.488, 0.075))


def _wellbeing() -> Iterator[Figure]:
    one = series.WELLBEING
    fit = piecewise(one.values, one.phases, times=one.times, covariates={"cigarettes": series.CIGARETTES.values})
    yield from _fits(fit, (48.971, 0.392, 3.459, -0.294, -0.221), (2.849, 0.313, 3.490, 0.346, 0.498))


def _trends() -> Iterator[Figure]:
    """Slopes of each phase on its own: what describe() prints."""
    table = {"Eva": (0.014, 0.044), "Georg": (-0.268, 0.043), "Olaf": (0.007, 0.000)}
    for name, expected in table.items():
        one = series.GROSCHE[name]
        found = [_slope(one.times_of(label), one.of(label)) for label in "AB"]
        yield from figures(f"{name}: trend of A, {name}: trend of B", expected, found, _THREE_DECIMALS)


def _slope(times: Sequence[float], values: Sequence[float]) -> float:
    matrix = np.column_stack([np.ones(len(times)), times])
    return float(ols(matrix, np.array(values)).coefficients[1])


def _autocorrelations() -> Iterator[Figure]:
    table = {
        "Adam": (0.18, -0.40, 0.00, -0.16, 0.26, -0.02),
        "Berta": (0.08, -0.52, 0.07, -0.36, 0.30, -0.01),
        "Christian": (-0.07, -0.24, 0.53, 0.40, 0.64, 0.55),
        "David": (-0.40, -0.25, 0.27, 0.35, 0.45, 0.47),
    }
    for name, expected in table.items():
        one = series.HUBER[name]
        parts = [series.array(values) for values in (one.of("A"), one.of("B"), one.values)]
        found = [autocorrelation(part, lag) for part in parts for lag in (1, 2)]
        names = ", ".join(f"{name}: lag {lag} of {part}" for part in ("A", "B", "all") for lag in (1, 2))
        yield from figures(names, expected, found, 0.00501)


def _impact() -> Iterator[Figure]:
    controls = {"first": series.NOT_CHANGED_1, "second": series.NOT_CHANGED_2, "third": series.NOT_CHANGED_3}
    days = np.datetime64("2019-04-16") + np.arange(len(series.CHANGED))
    answer = its(series.CHANGED, "2019-07-15", impact="level", days=days, covariates=controls)
    assert answer.relative is not None and answer.average.realised is not None
    realised, one = answer.average.realised, 736.0
    yield Figure("mean after the change", 78574, float(np.mean(series.CHANGED[90:])), 0.501)
    yield Figure("average effect", -657, answer.average.mean, 0.25 * one)
    yield Figure("its standard deviation", one, answer.average.sd, 0.25 * one)
    yield from figures("95 % low, 95 % high", (-2076, 832), (realised.low, realised.high), 0.25 * one)
    yield Figure("relative effect, %", -0.83, 100 * answer.relative.mean, 0.25)


CASES = (
    Case("exampleAB, Johanna", _BOOK, _johanna),
    Case("exampleAB, Anja", _BOOK, _anja),
    Case("Injuries on the A24", _BOOK, _injuries, "Poisson."),
    Case("exampleAB_score, Christiano", _BOOK, _scores, "Binomial, 20 trials."),
    Case("exampleAB_add", _BOOK, _wellbeing, "With a covariate."),
    Case("Huber 2014, autocorrelations", "scan, reference page of autocorr()", _autocorrelations),
    Case("Grosche 2011, trends", "scan, reference page of describe()", _trends),
    Case(
        "comparison_data",
        "tfcausalimpact, README: CausalImpact in R",
        _impact,
        "Another model: there a random walk around the controls, here a line, weekdays and AR(1) errors. The "
        "tolerance is a quarter of the published standard deviation.",
    ),
)
