"""Published figures, computed again: each with its source and its tolerance."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from parquetry.analysis import abab, its
from parquetry.analysis.classical import Classical, dual_criterion, f_test, newey_west, ols, poisson, reml, side_by_side
from parquetry.analysis.design import interrupted
from parquetry.analysis.estimates import Floats
from parquetry.analysis.panel import Panel

from .published import SCAN_AB, SCAN_ABAB, SICILY_COUNTS, SICILY_POPULATION, numbers
from .series import stepped

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


def rate_ratio(fit: Classical) -> Floats:
    """Low end, estimate and high end for the ban."""
    contrast = np.zeros(len(fit.coefficients))
    contrast[1] = 1.0
    return np.exp(fit.interval(contrast, normal=True))


def test_the_smoking_ban_by_poisson_regression() -> None:
    """Lopez Bernal et al. (2017), code of the paper: model 1."""
    fit = sicily(quasi=False)
    low, ratio, high = rate_ratio(fit)
    assert ratio == pytest.approx(0.8943765, abs=1e-4)
    assert (low, high) == pytest.approx((0.8646864, 0.9250861), abs=1e-3)
    assert fit.coefficients[2] == pytest.approx(0.004944992, abs=1e-5)


def test_the_smoking_ban_with_overdispersion() -> None:
    """Model 2."""
    fit = sicily()
    low, _, high = rate_ratio(fit)
    assert fit.dispersion == pytest.approx(3.559195, abs=1e-3)
    assert (low, high) == pytest.approx((0.839189, 0.9531933), abs=1e-3)


def test_the_smoking_ban_with_the_season() -> None:
    """Model 3: two pairs of harmonics."""
    fit = sicily(harmonics=True)
    low, ratio, high = rate_ratio(fit)
    assert ratio == pytest.approx(0.8850716, abs=1e-4)
    assert (low, high) == pytest.approx((0.839401, 0.933227), abs=1e-3)
    assert fit.dispersion == pytest.approx(2.262186, abs=1e-3)
    assert np.exp(12 * fit.coefficients[2]) == pytest.approx(1.066808, abs=1e-4)


def test_the_smoking_ban_with_a_change_of_slope() -> None:
    """Model 4: a step and a slope from the last month before the ban, and the F-test against model 3."""
    fit = sicily(harmonics=True, slope=True)
    assert fit.coefficients[1] == pytest.approx(-0.1318591712, abs=1e-5)
    assert fit.coefficients[-1] == pytest.approx(0.001482228, abs=1e-6)
    assert f_test(sicily(harmonics=True), fit) == pytest.approx(0.4279, abs=1e-3)


def test_the_smoking_ban_by_our_model() -> None:
    """The monthly rate, Gaussian, with level only: about the eleven per cent fewer of the paper."""
    rate = np.array(SICILY_COUNTS) / np.array(SICILY_POPULATION) * 1e5
    answer = its(
        rate, start="2005-01-01", impact="level", days=np.datetime64("2002-01") + np.arange(59), period="month"
    )
    assert answer.relative is not None
    assert answer.relative.interval.high < 0
    assert answer.relative.mean == pytest.approx(0.885 - 1, abs=0.03)


def test_piecewise_regression_of_scan() -> None:
    """Johanna of exampleAB: scan Book, chapter on piecewise regression, plm(): estimates and standard errors."""
    phases, text = SCAN_AB["Johanna"]
    start, values = phases.index("B"), np.array(numbers(text))
    time = np.arange(len(values), dtype=float)
    on = (time >= start).astype(float)
    fit = ols(np.column_stack([np.ones(len(values)), time, on, on * (time - start)]), values)
    assert fit.coefficients == pytest.approx([54.4, 0.1, 7.858, 1.525], abs=1e-3)
    assert fit.errors == pytest.approx([3.89, 1.588, 5.816, 1.616], abs=1e-3)


@pytest.mark.parametrize(
    ("name", "beyond", "p"), [("Howard", 10, 0.000976563), ("Sheldon", 4, 0.828125), ("Leonard", 7, 0.0078125)]
)
def test_the_dual_criterion_of_scan(name: str, beyond: int, p: float) -> None:
    """exampleABAB, phases 1 and 4: reference page of cdc() with a trend by three parts."""
    phases, text = SCAN_ABAB[name]
    values = np.array(numbers(text))
    edges = [0, *(i for i in range(1, len(phases)) if phases[i] != phases[i - 1]), len(phases)]
    found = dual_criterion(values[: edges[1]], values[edges[3] :])
    assert beyond == found.beyond
    assert found.p == pytest.approx(p, abs=1e-6)
    turned = dual_criterion(-values[: edges[1]], -values[edges[3] :], decrease=True)
    assert (found.beyond, found.p) == (turned.beyond, turned.p)


@pytest.mark.parametrize("name", SCAN_ABAB)
def test_reversals_of_scan_by_our_model(name: str) -> None:
    phases, text = SCAN_ABAB[name]
    answer = abab(numbers(text), list(phases))
    assert 3 == len(answer.reversals)


def test_the_classical_methods_are_those_of_statsmodels() -> None:
    outcome = stepped(60, phi=0.5)
    design = interrupted(Panel.of(outcome), 30)
    contrast = design.unit("level")
    theirs = sm.OLS(outcome, design.matrix).fit()
    ours = ols(design.matrix, outcome)
    assert ours.coefficients == pytest.approx(theirs.params) and ours.errors == pytest.approx(theirs.bse)
    assert ours.p(contrast) == pytest.approx(theirs.pvalues[design.column("level")])
    robust = sm.OLS(outcome, design.matrix).fit(cov_type="HAC", cov_kwds={"maxlags": 4, "use_correction": False})
    assert newey_west(design.matrix, outcome, 4).errors == pytest.approx(robust.bse)
    counts = np.round(np.exp(2 + 0.3 * (outcome - 50)))
    model = sm.GLM(counts, design.matrix, family=sm.families.Poisson(), offset=np.full(60, 0.5)).fit()
    found = poisson(design.matrix, counts, np.full(60, np.exp(0.5)), quasi=False)
    assert found.coefficients == pytest.approx(model.params, abs=1e-6) and found.errors == pytest.approx(model.bse)
    assert found.deviance == pytest.approx(model.deviance)


def test_restricted_likelihood_is_highest_where_reml_says() -> None:
    """Against the textbook's formula with the dense covariance, gaps included."""
    outcome = stepped(60, phi=0.6)
    outcome[[4, 5, 33]] = np.nan
    design = interrupted(Panel.of(outcome), 30)
    fit = reml(design)
    rows = design.times

    def restricted(phi: float) -> float:
        covariance = phi ** np.abs(rows[:, None] - rows) / (1 - phi**2)
        inverse, matrix, y = np.linalg.inv(covariance), design.matrix[rows], outcome[rows]
        gram = matrix.T @ inverse @ matrix
        rest = y - matrix @ np.linalg.solve(gram, matrix.T @ inverse @ y)
        variance = rest @ inverse @ rest / (len(y) - matrix.shape[1])
        parts = np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(gram)[1]
        return float(-(parts + (len(y) - matrix.shape[1]) * np.log(variance)) / 2)

    assert restricted(fit.phi) > max(restricted(fit.phi + 1e-3), restricted(fit.phi - 1e-3))


def test_the_methods_stand_side_by_side() -> None:
    """Independent errors are the most certain; what an autocorrelation costs is what the table shows."""
    answer = its(stepped(90, phi=0.6), start=45)
    rows = {row.method: row for row in side_by_side(answer.design, answer.contrast)}
    assert {"OLS", "Newey-West(3)", "REML AR(1)"} == set(rows)
    assert rows["OLS"].error < rows["REML AR(1)"].error
    assert rows["REML AR(1)"].estimate == pytest.approx(answer.average.mean, abs=answer.average.sd)
