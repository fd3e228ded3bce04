"""Effect sizes at their edges: ties, ends of scales, missing values, and tests that others can do too."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from parquetry.analysis.effect_sizes import (
    hedges_g,
    ird,
    lor,
    lrm,
    lrri,
    mean_difference,
    nap,
    pand,
    pand_sorted,
    pem,
    pet,
    pnd,
    pogo,
    smd,
    smd_gradual,
    tau,
    tau_bc,
    tau_test,
    trend_difference,
)
from parquetry.analysis.effect_sizes.independent import lrm_error, lrr_error, nap_error, nap_interval, smd_error
from parquetry.analysis.effect_sizes.overlap import best_of, shares_of
from parquetry.analysis.effect_sizes.standardised import gradual
from parquetry.analysis.effect_sizes.tau import MODELS, trend_p, without_line
from parquetry.errors import Usage

NAN = float("nan")


def test_ties_in_each_overlap() -> None:
    """A value as good as the best, or as the median, is not better; half of it counts where halves do."""
    a, b = [1, 2, 3], [3, 3, 2, 4]
    assert 1 / 4 == pnd(a, b)
    assert (3 + 1 / 2) / 4 == pem(a, b)
    assert (2.5 + 2.5 + 1.5 + 3) / 12 == nap(a, b)
    assert 5 / 7 == pytest.approx(pand(a, b))
    assert 1 - 2 / 2 * (1 / 3 + 1 / 4) == pytest.approx(ird(a, b))


def test_sorting_favours_a_phases_own_values() -> None:
    """Of those that tie at the border, A keeps its own; what is better is B's."""
    assert (2, 0, 0, 2) == pand_sorted(([1, 3], [3, 4]))
    assert (1, 1, 1, 1) == pand_sorted(([1, 4], [3, 5]))
    assert (1, 1, 1, 2) == pand_sorted(([1, 4, NAN], [3, NAN, 5, 6]))
    both = pand_sorted(([1, 4], [3, 5]), ([1, 3], [3, 4]))
    assert (3, 1, 1, 3) == both and 0.75 == both.pand and 0.5 == both.phi and 8 * 0.25 == both.chi_square
    assert pand_sorted(([1, 4], [3, 5])) == pand_sorted(([-1, -4], [-3, -5]), direction="decrease")
    assert np.isnan(pand_sorted().pand) and np.isnan(pand_sorted(([], [1])).phi)


def test_days_beyond_the_baselines_line() -> None:
    """On the line is not beyond it, missing days keep their place, and a direction turns it."""
    a = [1.0, 2, NAN, 4]
    assert 0 == pet(a, [5, 6, 7])
    assert 1 / 3 == pet(a, [5.5, 6, 6.9]) == pet([-v for v in a], [-5.5, -6, -6.9], direction="decrease")
    assert 0.5 == pet(a, [5.5, NAN, 6.9])
    assert 1 == pet([1, 2], [21, 22], times=([0, 1], [2, 3])) and 0 == pet([1, 2], [21, 22], times=([0, 1], [20, 21]))
    assert np.isnan(pet([1, NAN], [1, 2])) and np.isnan(pet([1, 2], [NAN]))
    thirds = np.arange(12) / 3
    for unit in (1e-9, 1, 1e9):
        assert 0 == pet(unit * thirds[:5], unit * thirds[5:])
        assert 1 == pet(unit * thirds[:5], unit * (thirds[5:] + 1e-6))


def test_differences_in_the_outcomes_unit() -> None:
    assert 3 == mean_difference([1, NAN, 3], [4, 6]) and np.isnan(mean_difference([], [1]))
    assert 2 - 0.5 == pytest.approx(trend_difference([1, 1.5, NAN, 2.5], [7, 9, 11]))
    assert 1 - 0.25 == pytest.approx(trend_difference([1, 1.5], [7, 9], times=([0, 2], [5, 7])))
    assert np.isnan(trend_difference([1], [2, 3]))


def test_a_line_that_only_goes_on_survives_rounding() -> None:
    """Tau-BC rounds what is left to a billionth of the values: not more, or real differences would tie."""
    a, b = [0.0, 1, 2, 3, 4, 5], [6 + 1e-6, 7 + 1e-6, 8 + 1e-6]
    assert 1 == tau_bc(a, b, ties="a", always=True)
    assert 0 == tau_bc(a, [6.0, 7, 8], ties="a", always=True) == tau_bc([1, 2], [3, 4], ties="a", always=True)


def test_the_trend_test_at_its_borders() -> None:
    """Three values are the fewest; sixty the most for the exact test, which a tie rules out."""
    assert 1 == trend_p([1, 2]) and 1 / 3 == pytest.approx(trend_p([1, 2, 3]))
    values = np.random.default_rng(1).standard_normal(61)
    exact = stats.kendalltau(range(60), values[:60], method="exact").pvalue
    assert exact == pytest.approx(trend_p(values[:60]), rel=1e-9)
    s = abs(np.sign(values[None, :] - values[:, None])[np.triu_indices(61, 1)].sum())
    assert 2 * stats.norm.sf((s - 1) / np.sqrt(61 * 60 * 127 / 18)) == pytest.approx(trend_p(values), rel=1e-9)
    # With ties: S = 12, variance (5·4·15 - 2·1·9)/18 for five values one pair of which ties, S less one.
    assert 2 * stats.norm.sf((9 - 1) / np.sqrt(282 / 18)) == pytest.approx(trend_p([1, 2, 2, 4, 5]))


@pytest.mark.parametrize("model", MODELS)
def test_the_test_of_a_tau_is_kendalls(model: str) -> None:
    """Against SciPy's asymptotic test with the same coded time, ties in the outcome and without."""
    for a, b in (([4, 2, 5, 5, 1], [5, 7, 6, 6, 9, 3]), ([4, 2, 5, 8, 1], [10, 7, 6, 11, 9, 3])):
        within_a = {"A vs B": [0] * 5, "A vs B + trend B": [0] * 5, "trend A": list(range(5))}.get(
            model, [4, 3, 2, 1, 0]
        )
        within_b = list(range(5, 11)) if "trend B" in model else [5] * 6
        time = {"trend A": within_a, "trend B": within_b}.get(model, within_a + within_b)
        values = {"trend A": a, "trend B": b}.get(model, a + b)
        found = tau_test(a, b, model)  # type: ignore[arg-type]
        assert stats.kendalltau(time, values, method="asymptotic").pvalue == pytest.approx(found.p)
        assert found.s == found.positive - found.negative and found.tau == pytest.approx(tau(a, b, model))  # type: ignore[arg-type]
        assert found.error * found.z == pytest.approx(found.tau) and found.low < found.tau < found.high


def test_what_has_no_test_of_tau() -> None:
    for a, b in (([], [1, 2]), ([3, 3], [3, 3])):
        with pytest.raises(Usage, match="no test of A vs B"):
            tau_test(a, b)
    with pytest.raises(Usage, match="no test of trend A"):
        tau_test([1], [3, 4], "trend A")
    whole = tau_test([1, 2], [3, 4])
    assert 1 == whole.tau and np.isnan(whole.low) and np.isnan(whole.high)
    assert -1 == tau_test([1, 2], [3, 4], direction="decrease").tau


def test_hedges_corrections() -> None:
    """(n - 3)/(n - 2.25)·√((n - 2)/n) against 1 - 3/(4·n - 9), n being all days that have a value."""
    a, b = [1, 2, 4, NAN], [5, 6, 9, 7]
    plain = hedges_g(a, b, correct="none")
    assert hedges_g(a, b) == pytest.approx(plain * (1 - 3 / 19)) == pytest.approx(smd(a, b, by="pooled"))
    assert hedges_g(a, b, correct="durlak") == pytest.approx(plain * 4 / 4.75 * np.sqrt(5 / 7))
    assert np.isnan(hedges_g([1, 2], [3], correct="durlak"))
    assert plain == -hedges_g(a, b, correct="none", direction="decrease")


def test_the_smallest_phases_that_have_a_standardised_difference() -> None:
    """Two values have a standard deviation, three a correction of it."""
    assert np.isfinite(smd([1, 2], [4], corrected=False)) and np.isnan(smd([1], [4], corrected=False))
    assert np.isnan(smd([1, 2], [4])) and np.isfinite(smd([1, 2, 4], [4]))
    assert np.isnan(smd([1, 2, 3], [4], by="pooled"))
    assert np.isfinite(smd_gradual([1, 2, 4], [4, 5, 6])) and np.isnan(smd_gradual([1, 2, 4], [4, NAN, 6]))
    assert (1 - 3 / 7) * 2 / 1 == pytest.approx(smd([1, 2, 3], [4]))


def test_a_gradual_effect_that_turns_back() -> None:
    """The fit takes the best of all delays, also for an effect below 0."""
    steps = np.arange(1, 13)
    down = gradual(np.array([5.0, 5, 5]), 5 - 4 * (1 - 0.6**steps) / (1 - 0.6**12))
    assert (-4, 0.6) == pytest.approx((down.effect, down.delay), abs=0.02)
    noisy, treated = np.array([4.0, 5, 7]), np.array([8.0, 9, 9, 11])
    effect = gradual(noisy, treated).effect / noisy.std(ddof=1)
    assert effect == pytest.approx(smd_gradual(noisy, treated, corrected=False))
    assert effect * (1 - 3 / 7) == pytest.approx(smd_gradual(noisy, treated))
    growing = gradual(np.array([5.0, 5, 5]), 5 + 1.3**steps)
    assert 0.9 < growing.delay < 1, "what grows ever faster is as near a straight line as the model comes"
    assert 5 == pytest.approx(down.fitted[0], abs=0.02) and 1 == pytest.approx(down.fitted[-1], abs=0.02)


def test_ratios_of_medians_and_odds_and_goals() -> None:
    a, b = [2, 4, 4, 9], [6, 8, 8, 30]
    assert np.log(2) == pytest.approx(lrm(a, b)) == pytest.approx(-lrm(a, b, direction="decrease"))
    assert np.isnan(lrm([0, 0, 1], b)) and np.isnan(lrm([-1, 2, 3], b)) and np.isnan(lrm([], b))
    assert np.log(3 * 3) == pytest.approx(lor([0.25] * 3, [0.75] * 3))
    assert np.log(3 * 3) == pytest.approx(-lor([25] * 3, [75] * 3, most=100, direction="decrease"))
    assert np.isnan(lor([0.25], [75])) and np.isnan(lor([0, 0], [0.5, 0.5])) and np.isnan(lor([-0.1, 1], [0.5]))
    ends = lor([0, 0], [1, 1], resolution=0.1, corrected=False)
    assert 2 * np.log(0.975 / 0.025) == pytest.approx(ends)
    assert (
        0.4 == pytest.approx(pogo([1, 3], [6, NAN], 12))
        and np.isnan(pogo([1, 3], [4], 2))
        and np.isnan(pogo([], [1], 9))
    )


def test_standard_errors_need_two_values() -> None:
    for error in (nap_error, smd_error, lrr_error, lrm_error):
        assert (
            np.isnan(error([1], [2, 3])) and np.isnan(error([1, 2, 4], [2])) and np.isfinite(error([1, 2, 4], [2, 3]))
        ), error
    assert np.isnan(smd_error([1, 2, 4], [2, 3], by="average")) and np.isnan(lrm_error([0, 2, 4], [2, 3]))
    assert nap_error([1, 2], [3, 4]) > 0 and nap_interval([1, 2], [3, 4]).high == 1
    assert nap_interval([1, 2, 5], [3, 4]).low == pytest.approx(
        1 - nap_interval([1, 2, 5], [3, 4], direction="decrease").high
    )


def test_a_resolution_bounds_mean_and_variance() -> None:
    """Four zeros recorded in ones: a mean of 1/8, a variance of 1/64."""
    zeros, ones = [0.0] * 4, [1.0, 3.0]
    expected = np.log(2 * 8) + 2 / (2 * 2 * 4) - (1 / 64) / (2 * 4 / 64)
    assert expected == pytest.approx(lrri(zeros, ones, resolution=1))
    assert np.sqrt((1 / 64) / (4 / 64) + 2 / (2 * 4)) == pytest.approx(lrr_error(zeros, ones, resolution=1))


def test_many_series_at_once_have_the_shares_of_each() -> None:
    """With ties within and between the phases, days missing, and phases that do not overlap."""
    random = np.random.default_rng(5)
    a, b = random.integers(0, 6, (80, 9)).astype(float), random.integers(1, 8, (80, 7)).astype(float)
    a[::5] -= 10
    a[:, 3], b[:, 6] = np.nan, np.nan
    each = [[pnd(*both), pem(*both), pand(*both)] for both in zip(a, b, strict=True)]
    found = shares_of(a, b)
    assert each == found.tolist()
    assert found[:, 0].tolist() == best_of(a, b).tolist()
    assert {1.0} < set(found[:, 2].tolist())


@pytest.mark.parametrize("days", [91, 92, 120])
@pytest.mark.parametrize("kind", ["normal", "heavy tails", "ties", "a line", "constant"])
def test_the_line_of_many_days_is_the_median_of_all_pairs(days: int, kind: str) -> None:
    """Which is looked for among those in the middle alone."""
    random = np.random.default_rng(days)
    values = {
        "normal": random.standard_normal(days), "heavy tails": random.standard_cauchy(days),
        "ties": random.integers(0, 3, days).astype(float), "a line": 2.0 * np.arange(days),
        "constant": np.ones(days),
    }[kind]  # fmt: skip
    first, second = np.triu_indices(days, 1)
    slope = float(np.median((values[second] - values[first]) / (second - first)))
    rest, _ = without_line(values, values[:2])
    assert values - slope * np.arange(days) == pytest.approx(rest, abs=1e-6 * max(1.0, float(np.abs(values).max())))
