"""The parts of the effect sizes' intervals, against their formulas written out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from parquetry.analysis.effect_sizes.intervals import (
    Days,
    bootstrap,
    of_difference,
    of_mean_ratio,
    of_share,
    one_by_one,
    persistence,
    phase_columns,
    worth,
)
from parquetry.analysis.posterior import Posterior

from .series import noise

A, B = Days(6, 4.0, 0.9, 3.5), Days(9, 7.0, 0.8, 6.5)


def posterior(phi: float = 0.6, days: int = 40) -> tuple[np.ndarray, Posterior]:
    outcome = noise(days, phi, 3)
    found = persistence(phase_columns(days // 2, days // 2, lines=False), outcome)
    assert found is not None
    return outcome, found


def test_what_the_days_of_a_phase_are_worth() -> None:
    """Against the correlation matrix: 1'R1/n, and the moments of the centred quadratic form; missing days are gaps."""
    outcome, phi = posterior()
    values = outcome[:20].copy()
    values[[3, 4, 11]] = np.nan
    times = np.flatnonzero(~np.isnan(values))
    n, gaps = len(times), np.abs(np.subtract.outer(times, times))
    centring = np.eye(n) - 1 / n
    inflation, freedom = [], []
    for i in range(9):
        r = max(0.0, phi.phi_quantile((i + 0.5) / 9)) ** gaps
        inflation.append(r.sum() / n)
        freedom.append(np.trace(centring @ r) ** 2 / np.trace(centring @ r @ centring @ r))
    found, expected = worth(values, phi), np.mean(inflation)
    assert (17, n / expected) == (found.count, pytest.approx(found.effective))
    assert (n - expected) / (n - 1) == pytest.approx(found.variance)
    assert np.mean(freedom) == pytest.approx(found.freedom)


def test_an_interval_of_a_standardised_difference() -> None:
    """By the baseline's deviation alone, so that the degrees of freedom are the baseline's."""
    found = of_difference(3.0, (4.0, 2.0), (1.0, 0.0), (A, B), 0.9)
    true_a, true_b, freedom = 4 / 0.9, 2 / 0.8, 3.5
    middle = 3 / np.sqrt(true_a) * (1 - 3 / (4 * freedom - 1))
    error = (true_a / 4 + true_b / 7) / true_a + middle**2 / (2 * freedom)
    reach = stats.t.ppf(0.95, freedom) * np.sqrt(error)
    assert (middle - reach, middle + reach) == pytest.approx((found.low, found.high))


def test_the_degrees_of_freedom_of_two_phases_are_welchs() -> None:
    found = of_difference(3.0, (4.0, 2.0), (0.5, 0.5), (A, B), 0.95)
    shares = np.array([0.5 * 4 / 0.9, 0.5 * 2 / 0.8])
    freedom = shares.sum() ** 2 / (shares**2 / [3.5, 6.5]).sum()
    middle = 3 / np.sqrt(shares.sum()) * (1 - 3 / (4 * freedom - 1))
    assert middle == pytest.approx((found.low + found.high) / 2)
    ratio = of_mean_ratio(0.4, (5.0, 8.0), (4.0, 2.0), (A, B), 0.95)
    parts = np.array([4 / 0.9 / 4 / 25, 2 / 0.8 / 7 / 64])
    reach = stats.t.ppf(0.975, parts.sum() ** 2 / (parts**2 / [3.5, 6.5]).sum()) * np.sqrt(parts.sum())
    assert (0.4 - reach, 0.4 + reach) == pytest.approx((ratio.low, ratio.high))


def test_a_share_of_few_effective_days_stays_between_0_and_1() -> None:
    z2 = stats.norm.ppf(0.975) ** 2
    assert (0.0, z2 / 3.5 / (1 + z2 / 3.5)) == pytest.approx((of_share(0, 3.5, 0.95).low, of_share(0, 3.5, 0.95).high))
    assert 1.0 == of_share(1, 3.5, 0.95).high


def test_columns_are_a_level_and_a_slope_for_each_phase() -> None:
    columns = phase_columns(3, 4, lines=True)
    assert (7, 4) == columns.shape and (7, 2) == phase_columns(3, 4, lines=False).shape
    assert [[1, 1, 1, 0, 0, 0, 0], [0, 0, 0, 1, 1, 1, 1]] == columns[:, :2].T.tolist()
    assert columns[:, 2] == pytest.approx(np.array([-1, 0, 1, 0, 0, 0, 0]) / 3)
    assert columns[:, 3] == pytest.approx(np.array([0, 0, 0, -1.5, -0.5, 0.5, 1.5]) / 4)


def test_what_leaves_nothing_to_see_has_no_persistence() -> None:
    level = phase_columns(4, 4, lines=False)
    assert persistence(level, noise(8, 0.0, 1)) is not None
    assert persistence(level, np.append(noise(7, 0.0, 1), np.nan)) is None, "seven values"
    assert persistence(level, np.array([1.0] * 4 + [2.0] * 4)) is None, "no residuals"
    many = np.column_stack([level, np.random.default_rng(1).standard_normal((8, 4))])
    assert persistence(many, noise(8, 0.0, 1)) is None, "two values more than columns"


def test_persistence_has_no_unit() -> None:
    """Neither the outcome's unit and origin nor a column's changes the autocorrelation."""
    outcome, phi = posterior()
    level = phase_columns(20, 20, lines=False)
    for columns, values in (
        (level * 1e-4, outcome),
        (level, 7.3 * outcome),
        (level, outcome + 1e5),
        (level, outcome * 1e-7),
    ):
        found = persistence(columns, values)
        assert found is not None and phi.phi_mean() == pytest.approx(found.phi_mean(), abs=2e-3)


def test_the_bootstrap_draws_each_phases_own_values() -> None:
    """Values, gaps and levels stay; an interval is the percentiles of the draws, corrected for bias."""
    outcome, phi = posterior(days=24)
    outcome[[2, 20]] = np.nan
    a, b = outcome[:12], 5 + outcome[12:]
    seen: list[np.ndarray] = []

    def means(first: np.ndarray, second: np.ndarray) -> list[float]:
        seen.append(np.concatenate([first, second]))
        return [float(np.nanmean(second) - np.nanmean(first)), 1.0, float("nan")]

    columns = phase_columns(12, 12, lines=False)
    (found, constant, nothing) = bootstrap(a, b, columns, phi, one_by_one(means), level=0.9, draws=300, seed=1)
    drawn, own = np.array(seen[:-1]), np.concatenate([a, b])
    assert found is not None and constant is not None and nothing is None
    assert 300 == len(drawn) and (np.isnan(drawn) == np.isnan(own)).all()
    assert set(np.round(drawn[:, 0], 9)) <= set(np.round(a[~np.isnan(a)], 9))
    assert set(np.round(drawn[:, -1], 9)) <= set(np.round(b[~np.isnan(b)], 9))
    assert (1.0, 1.0) == (constant.low, constant.high)
    each = np.nanmean(drawn[:, 12:], axis=1) - np.nanmean(drawn[:, :12], axis=1)
    bias = stats.norm.ppf((each < means(a, b)[0]).mean())
    ends = np.quantile(each, stats.norm.cdf([2 * bias - stats.norm.ppf(0.95), 2 * bias + stats.norm.ppf(0.95)]))
    assert ends == pytest.approx([found.low, found.high])


def test_draws_are_as_persistent_as_the_posterior_says() -> None:
    outcome, phi = posterior(0.8, days=60)
    seen: list[np.ndarray] = []

    def watched(first: np.ndarray, second: np.ndarray) -> list[float]:
        seen.append(first)
        return [0.0]

    bootstrap(
        outcome[:30],
        outcome[30:],
        phase_columns(30, 30, lines=False),
        phi,
        one_by_one(watched),
        level=0.95,
        draws=400,
        seed=1,
    )
    rest = np.array(seen[:-1]) - outcome[:30].mean()
    correlation = (rest[:, 1:] * rest[:, :-1]).sum() / (rest * rest).sum()
    assert phi.phi_mean() == pytest.approx(correlation, abs=0.12)


def test_widened_and_smoothed_draws() -> None:
    """Widened, errors have back what the columns took of their variance; smoothed, the same, but new values."""
    outcome, phi = posterior(0.6, days=40)
    columns = phase_columns(20, 20, lines=True)
    seen: list[np.ndarray] = []

    def watched(first: np.ndarray, second: np.ndarray) -> list[float]:
        seen.append(np.concatenate([first, second]))
        return [0.0]

    def drawn(**how: bool) -> np.ndarray:
        seen.clear()
        bootstrap(outcome[:20], outcome[20:], columns, phi, one_by_one(watched), level=0.95, draws=300, seed=1, **how)
        fitted = columns @ np.linalg.lstsq(columns, outcome, rcond=None)[0]
        found: np.ndarray = np.array(seen[:-1]) - fitted
        return found

    q = np.linalg.qr(columns)[0]
    gaps = np.abs(np.subtract.outer(np.arange(40), np.arange(40)))
    shares = [1 - (q @ q.T * max(0.0, phi.phi_quantile((i + 0.5) / 9)) ** gaps).sum() / 40 for i in range(9)]
    plain, widened, smoothed = drawn(), drawn(widened=True), drawn(smoothed=True)
    assert widened == pytest.approx(plain / np.sqrt(np.mean(shares)))
    assert smoothed.std() == pytest.approx(plain.std(), rel=0.05)
    assert smoothed.max() > plain.max() and len(np.unique(smoothed[:, 0])) == 300


@pytest.mark.parametrize(("every", "there"), [(16, False), (32, True)])
def test_a_value_that_one_draw_in_twenty_lacks_has_no_interval(every: int, there: bool) -> None:
    """6 % of the draws without a value are too many, 3 % are not."""
    outcome, phi = posterior(days=24)
    calls = 0

    def sometimes(first: np.ndarray, second: np.ndarray) -> list[float]:
        nonlocal calls
        calls += 1
        return [float("nan") if calls % every == 0 else float(second.mean() - first.mean())]

    columns = phase_columns(12, 12, lines=False)
    (found,) = bootstrap(outcome[:12], outcome[12:], columns, phi, one_by_one(sometimes), level=0.9, draws=320, seed=1)
    assert there == (found is not None)
