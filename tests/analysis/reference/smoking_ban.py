"""The smoking ban in Sicily: Poisson regressions of an interrupted time series."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from parquetry.analysis.classical import Classical, f_test, poisson
from tests.analysis.published import SICILY_COUNTS, SICILY_POPULATION

from . import Case, Figure, figures

MONTHS = np.arange(1, 60)
BAN = (MONTHS >= 37).astype(float)


def sicily(*, harmonics: bool = False, slope: bool = False, quasi: bool = True) -> Classical:
    columns = [np.ones(59), BAN, MONTHS.astype(float)]
    if harmonics:
        angle = 2 * np.pi * (MONTHS - 1) / 12
        columns += [wave(k * angle) for k in (1, 2) for wave in (np.sin, np.cos)]
    if slope:
        columns.append(BAN * (MONTHS - 36))
    return poisson(np.column_stack(columns), np.array(SICILY_COUNTS), np.array(SICILY_POPULATION), quasi=quasi)


def _rate_ratio(fit: Classical) -> tuple[float, float, float]:
    """Low end, estimate and high end for the ban."""
    contrast = np.zeros(len(fit.coefficients))
    contrast[1] = 1.0
    low, middle, high = np.exp(fit.interval(contrast, normal=True))
    return float(low), float(middle), float(high)


def _models() -> Iterator[Figure]:
    plain, quasi = sicily(quasi=False), sicily()
    season, slope = sicily(harmonics=True), sicily(harmonics=True, slope=True)
    low, ratio, high = _rate_ratio(plain)
    yield Figure("model 1, rate ratio of the ban", 0.8943765, ratio, 1e-4)
    yield from figures("model 1 95 % low, model 1 95 % high", (0.8646864, 0.9250861), (low, high), 1e-3)
    yield Figure("model 1, trend (log)", 0.004944992, float(plain.coefficients[2]), 1e-5)
    yield Figure("model 2, dispersion", 3.559195, quasi.dispersion, 1e-3)
    low, _, high = _rate_ratio(quasi)
    yield from figures("model 2 95 % low, model 2 95 % high", (0.839189, 0.9531933), (low, high), 1e-3)
    low, ratio, high = _rate_ratio(season)
    yield Figure("model 3, rate ratio of the ban", 0.8850716, ratio, 1e-4)
    yield from figures("model 3 95 % low, model 3 95 % high", (0.839401, 0.933227), (low, high), 1e-3)
    yield Figure("model 3, dispersion", 2.262186, season.dispersion, 1e-3)
    yield Figure("model 3, trend, ratio a year", 1.066808, float(np.exp(12 * season.coefficients[2])), 1e-4)
    yield Figure("model 4, step (log)", -0.1318591712, float(slope.coefficients[1]), 1e-5)
    yield Figure("model 4, change of slope (log a month)", 0.001482228, float(slope.coefficients[-1]), 1e-6)
    yield Figure("model 4 against model 3, p of the F-test", 0.4279, f_test(season, slope), 1e-3)


CASES = (
    Case(
        "Sicily's smoking ban",
        "Lopez Bernal, Cummins & Gasparrini (2017), Int J Epidemiol 46(1):348-355: data and code of the paper",
        _models,
    ),
)
