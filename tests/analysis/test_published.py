"""
Our models on published series, and the classical methods against statsmodels and textbooks.

Published figures, each with its source and its tolerance, are in `test_reference_cases`.
"""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from parquetry.analysis import abab, its
from parquetry.analysis.classical import dual_criterion, logistic, newey_west, ols, poisson, reml, side_by_side
from parquetry.analysis.design import interrupted
from parquetry.analysis.panel import Panel
from parquetry.errors import Usage

from .published import SCAN_ABAB, SICILY_COUNTS, SICILY_POPULATION, numbers
from .series import stepped


def test_the_smoking_ban_by_our_model() -> None:
    """The monthly rate, Gaussian, with level only: about the eleven per cent fewer of the paper."""
    rate = np.array(SICILY_COUNTS) / np.array(SICILY_POPULATION) * 1e5
    answer = its(
        rate, start="2005-01-01", impact="level", days=np.datetime64("2002-01") + np.arange(59), period="month"
    )
    assert answer.relative is not None
    assert answer.relative.interval.high < 0
    assert answer.relative.mean == pytest.approx(0.885 - 1, abs=0.03)


@pytest.mark.parametrize("name", SCAN_ABAB)
def test_the_dual_criterion_turns_with_the_direction(name: str) -> None:
    values = np.array(numbers(SCAN_ABAB[name][1]))
    up, down = dual_criterion(values[:10], values[10:]), dual_criterion(-values[:10], -values[10:], decrease=True)
    assert (up.beyond, up.p) == (down.beyond, down.p)


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
    hits, trials = np.round(12 / (1 + np.exp(50 - outcome))), np.full(60, 12.0)
    theirs = sm.GLM(np.column_stack([hits, trials - hits]), design.matrix, family=sm.families.Binomial()).fit()
    binomial = logistic(design.matrix, hits, trials)
    assert binomial.coefficients == pytest.approx(theirs.params, abs=1e-6)
    assert binomial.errors == pytest.approx(theirs.bse) and binomial.deviance == pytest.approx(theirs.deviance)
    assert binomial.dispersion == pytest.approx(theirs.pearson_chi2 / theirs.df_resid)
    with pytest.raises(Usage, match="more successes than trials"):
        logistic(design.matrix, trials + 1, trials)


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
