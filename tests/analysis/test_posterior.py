"""The exact engine, held against the dense covariance matrix, against itself without a day, and against its prior."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.special import gammaln

from parquetry.analysis import abab, change_points, effect_sizes, its
from parquetry.analysis.checks import checks
from parquetry.analysis.classical import side_by_side
from parquetry.analysis.design import interrupted
from parquetry.analysis.estimates import Floats
from parquetry.analysis.fit import Fit, fitted, prior_of
from parquetry.analysis.influence import left_out
from parquetry.analysis.mixture import Mixture
from parquetry.analysis.multiple import pooled_over
from parquetry.analysis.panel import Panel
from parquetry.analysis.posterior import (
    HIGHEST,
    LOWEST,
    PRIOR_DOWN,
    PRIOR_UP,
    RATE,
    SHAPE,
    Prior,
    integrate,
    log_prior,
)
from parquetry.analysis.sensitivity import sensitivity

from .series import noise, stepped, switched


def dense(
    times: Floats, design: Floats, outcome: Floats, sd: Floats, phi: float, lost: int
) -> tuple[float, Floats, Floats]:
    """Log evidence, mean and scale matrix of β for one φ, from the whole covariance matrix of every day."""
    days = np.arange(times[-1] + 1)
    everyday = phi ** np.abs(days[:, None] - days) / (1 - phi**2)
    noise = everyday[np.ix_(times, times)]  # the marginal distribution of the days that are there
    prior = np.diag(sd**2)
    both = noise + design @ prior @ design.T
    shape, rate = SHAPE + (len(times) - lost) / 2, RATE + outcome @ np.linalg.solve(both, outcome) / 2
    evidence = -np.linalg.slogdet(both)[1] / 2 - shape * np.log(rate) + gammaln(shape)
    gain = prior @ design.T @ np.linalg.inv(both)
    scale = rate / shape * (prior - gain @ design @ prior)
    return float(evidence), gain @ outcome, scale


@pytest.mark.parametrize("phi", [-0.6, 0.0, 0.5, 0.97])
@pytest.mark.parametrize("missing", [[], [0, 3, 4, 5, 17, 29], list(range(8, 20))])
@pytest.mark.parametrize("lost", [0, 7])
def test_missing_days_are_integrated_out_exactly(phi: float, missing: list[int], lost: int) -> None:
    """The same answer as the full likelihood with a dense covariance and the missing days marginalised."""
    random = np.random.default_rng(5)
    times = np.setdiff1d(np.arange(30), missing)
    design = np.column_stack([np.ones(30), np.arange(30) / 30, np.arange(30) >= 15])[times]
    outcome, sd = random.standard_normal(len(times)), np.array([10.0, 3.0, 4.0])
    found = integrate(times, design, outcome, Prior(sd[None, :], np.ones(1), np.array([phi, 0.3]), lost))
    one, mean, scale = dense(times, design, outcome, sd, phi, lost)
    other, _, _ = dense(times, design, outcome, sd, 0.3, lost)
    odds = found.weights[0] / found.weights[1]
    assert np.isclose(np.exp(one - other), odds, rtol=1e-9)
    assert np.allclose(mean, found.location[0], rtol=1e-8, atol=1e-10)
    covariance = found.rate[0] / found.shape * found.root[0] @ found.root[0].T
    assert np.allclose(scale, covariance, rtol=1e-8, atol=1e-10)


def test_the_grid_is_fine_enough() -> None:
    """Refined where the mass is, it agrees with two thousand nodes over all of φ."""
    answer = its(stepped(), start=30)
    fit = answer.fit
    usable, sd = fit.design.usable, fit.design.sd[None, :]
    phi = np.tanh(np.linspace(np.arctanh(LOWEST), np.arctanh(HIGHEST), 2_001))
    outcome = (fit.design.panel.outcome[usable] - fit.centre) / fit.spread
    parts = [
        integrate(fit.design.times, fit.design.matrix[usable], outcome, Prior(sd, np.ones(1), np.array([p])))
        for p in phi
    ]
    density = np.array([part.evidence for part in parts]) + log_prior(phi) + np.log(1 - phi**2)
    weights = np.exp(density - density.max())
    weights /= weights.sum()
    linear = [part.linear(answer.contrast) for part in parts]
    fine = Mixture(
        weights,
        np.array([m.locations[0] for m in linear]),
        np.array([m.scales[0] for m in linear]),
        linear[0].freedom,
    )
    ours = integrate(fit.design.times, fit.design.matrix[usable], outcome, Prior.of(sd)).linear(answer.contrast)
    for probability in (0.025, 0.5, 0.975):
        assert fine.quantile(probability) == pytest.approx(ours.quantile(probability), abs=1e-4 * ours.sd)


def numbers(answer: object) -> list[float]:
    found: list[float] = []
    for estimate in (answer.average, answer.level_change, answer.cumulative):  # type: ignore[attr-defined]
        found += [estimate.mean, estimate.median, estimate.sd, estimate.interval.low, estimate.interval.high]
    average = answer.average  # type: ignore[attr-defined]
    return [*found, average.realised.low, average.realised.high, answer.slope_change.mean]  # type: ignore[attr-defined]


@pytest.mark.parametrize("factor", [2.0, 0.25, 2.0**40, 2.0**-60])
def test_a_power_of_two_multiplies_the_answer_to_the_last_bit(factor: float) -> None:
    outcome = stepped()
    outcome[[3, 40]] = np.nan
    once, again = its(outcome, start=30), its(outcome * factor, start=30)
    assert [factor * number for number in numbers(once)] == numbers(again)
    assert once.average.positive == again.average.positive


@pytest.mark.parametrize("factor", [10.0, 1 / 3, 60.0, 1e-7, 12345.678, 1e-200, 1e200])
def test_the_unit_does_not_matter(factor: float) -> None:
    outcome = stepped()
    outcome[[3, 40]] = np.nan
    once, again = np.array(numbers(its(outcome, start=30))), np.array(numbers(its(outcome * factor, start=30)))
    assert np.allclose(factor * once, again, rtol=1e-10, atol=0)


@pytest.mark.parametrize("factor", [2.0**-660, 2.0**660])
def test_no_unit_is_too_small_or_too_large(factor: float) -> None:
    """Squares of such numbers vanish or overflow; nothing beside the answer may trip over that."""
    outcome, rain = stepped(), noise(60, 0.2, 5)
    once, again = (its(Panel.of(outcome * each, covariates={"rain": rain * each}), start=30) for each in (1.0, factor))
    assert [check.value for check in checks(once)] == [check.value for check in checks(again)]
    assert [row.agrees for row in sensitivity(once)] == [row.agrees for row in sensitivity(again)]
    for one, other in zip(*(side_by_side(each.design, each.contrast) for each in (once, again)), strict=True):
        assert (one.low * factor, one.error * factor) == (other.low, other.error)
    sizes = [effect_sizes(outcome * each, start=30, most=60.0 * each, resolution=each) for each in (1.0, factor)]
    assert [(size.name, size.interval) for size in sizes[0]] == [(size.name, size.interval) for size in sizes[1]]
    found = [change_points(outcome * each, draws=19, most=1) for each in (1.0, factor)]
    assert [point.jump.mean * factor for point in found[0].points] == [point.jump.mean for point in found[1].points]
    both = [pooled_over([answer, answer], answer.asked).effect.mean for answer in (once, again)]
    assert both[0] * factor == both[1]


def test_a_zero_far_away_does_not_matter() -> None:
    """Beside 1e13 the baseline's noise looks like nothing; what then measured it had the effect in it."""
    outcome = np.round(stepped(effect=500.0))
    once, far = its(outcome, start=30), its(outcome + 1e13, start=30)
    assert once.average.mean == pytest.approx(far.average.mean, rel=0.05)
    assert once.average.sd == pytest.approx(far.average.sd, rel=0.2)


def test_the_unit_does_not_matter_for_reversals() -> None:
    outcome, phases = switched()
    once, twice, tenth = (abab(outcome * factor, phases) for factor in (1, 2, 0.1))
    for one, two, small in zip(once.reversals, twice.reversals, tenth.reversals, strict=True):
        assert 2 * one.pooled.interval.low == two.pooled.interval.low
        assert 2 * one.unpooled.mean == two.unpooled.mean
        assert one.pooled.interval.low / 10 == pytest.approx(small.pooled.interval.low, rel=1e-10)
    assert once.agree == twice.agree
    assert 2 * once.effect.mean == twice.effect.mean


def test_the_same_seed_gives_the_same_numbers() -> None:
    posterior = its(stepped(), start=30).fit.posterior
    one, same, other = (posterior.draws(100, seed) for seed in (1, 1, 2))
    assert np.array_equal(one.beta, same.beta) and np.array_equal(one.sigma, same.sigma)
    assert not np.array_equal(one.beta, other.beta)


def test_draws_are_of_the_posterior() -> None:
    """Draws, which the figures use, and the exact mixtures, which the numbers use, say the same."""
    answer = its(stepped(), start=30)
    drawn = np.sort(answer.fit.posterior.draws(40_000, 1).beta @ answer.contrast)
    mixture = answer.fit.posterior.linear(answer.contrast)
    for probability in (0.025, 0.25, 0.5, 0.75, 0.975):
        assert mixture.cdf(float(np.quantile(drawn, probability))) == pytest.approx(probability, abs=0.01)


def test_a_day_left_out_is_a_day_that_is_missing() -> None:
    """Downdating gives what fitting again gives, whichever day it is."""
    outcome = stepped()
    outcome[[10, 11, 45]] = np.nan
    answer = its(outcome, start=30)
    fit, design = answer.fit, answer.fit.design
    moved = left_out(fit, answer.contrast)
    for index in (0, 9, 10, 28, 30, len(moved) - 1):
        keep = np.delete(np.arange(len(design.times)), index)
        rows = design.times[keep]
        again = integrate(rows, design.matrix[rows], (outcome[rows] - fit.centre) / fit.spread, fit.prior)
        assert again.linear(answer.contrast).mean * fit.spread == pytest.approx(moved[index], abs=1e-5 * fit.spread)


@pytest.mark.parametrize("probability", [0.001, 0.025, 0.5, 0.9, 0.975])
def test_a_quantile_of_one_t_is_its_own(probability: float) -> None:
    one = Mixture(np.ones(1), np.array([3.0]), np.array([2.0]), 7.0)
    assert stats.t(7, 3, 2).ppf(probability) == pytest.approx(one.quantile(probability), rel=1e-12)
    assert one.sd == pytest.approx(stats.t(7, 3, 2).std())


def test_a_quantile_of_a_mixture_has_its_probability() -> None:
    two = Mixture(np.array([0.7, 0.3]), np.array([0.0, 25.0]), np.array([1.0, 3.0]), 4.0)
    for probability in (0.01, 0.5, 0.699, 0.701, 0.99):
        assert probability == pytest.approx(two.cdf(two.quantile(probability)), abs=1e-12)
    assert two.above(25.0) == pytest.approx(1 - two.cdf(25.0))


def prior_phi(random: np.random.Generator, count: int) -> Floats:
    """Draws from the prior of φ on its support: (1+φ)/2 is Beta(PRIOR_UP + 1, PRIOR_DOWN + 1)."""
    whole = stats.beta(PRIOR_UP + 1, PRIOR_DOWN + 1)
    low, high = whole.cdf((1 + LOWEST) / 2), whole.cdf((1 + HIGHEST) / 2)
    found: Floats = 2 * whole.ppf(low + (high - low) * random.random(count)) - 1
    return found


def simulated_ranks(count: int, seed: int) -> Floats:
    """The posterior probability below the truth, of each coefficient and φ, when truth and data are the prior's."""
    random = np.random.default_rng(seed)
    design = interrupted(Panel.of(np.zeros(42)), 21)
    usable = np.setdiff1d(np.arange(42), [5, 6, 30])
    matrix, prior, found = design.matrix[usable], prior_of(design), list[list[float]]()
    for phi in prior_phi(random, count):
        sigma = np.sqrt(RATE / random.gamma(SHAPE))
        beta = sigma * random.choice(prior.sd, p=prior.weights) * random.standard_normal(len(design.sd))
        errors = np.linalg.cholesky(phi ** np.abs(usable[:, None] - usable) / (1 - phi**2)) @ random.standard_normal(
            len(usable)
        )
        posterior = integrate(usable, matrix, matrix @ beta + sigma * errors, prior)
        below = [posterior.linear(np.eye(len(beta))[i]).cdf(beta[i]) for i in range(len(beta))]
        found.append([*below, 1 - posterior.phi_above(phi)])
    return np.array(found)


@pytest.mark.parametrize(("count", "least"), [(150, 0.001), pytest.param(1_000, 0.001, marks=pytest.mark.torture)])
def test_simulation_based_calibration(count: int, least: float) -> None:
    """Truths drawn from the prior (its scale held fixed) have uniform ranks in their posteriors (Talts et al. 2018)."""
    ranks = simulated_ranks(count, seed=20)
    p = [stats.kstest(column, "uniform").pvalue for column in ranks.T]
    assert least / len(p) < min(p), p


def test_calibration_would_find_a_wrong_prior() -> None:
    """The test above can fail: posteriors under half the prior's spread are found out."""
    random = np.random.default_rng(1)
    design = interrupted(Panel.of(np.zeros(42)), 21)
    ranks = []
    for _ in range(150):
        sigma = np.sqrt(RATE / random.gamma(SHAPE))
        beta = sigma * design.sd * random.standard_normal(len(design.sd))
        outcome = design.matrix @ beta + sigma * random.standard_normal(42)
        posterior = integrate(np.arange(42), design.matrix, outcome, Prior.of(design.sd / 4))
        ranks.append(posterior.linear(design.unit("level")).cdf(beta[design.column("level")]))
    assert stats.kstest(ranks, "uniform").pvalue < 0.001


def test_independent_errors_are_what_they_are_called() -> None:
    design = interrupted(Panel.of(stepped(phi=0.7)), 30)
    alone: Fit = fitted(design, independent=True)
    assert {0.0} == set(alone.posterior.phi.tolist())
    assert alone.posterior.linear(design.unit("level")).sd < fitted(design).posterior.linear(design.unit("level")).sd
