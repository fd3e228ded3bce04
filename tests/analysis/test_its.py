"""Interrupted time series: what the numbers are about, on series whose truth is known."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats

from parquetry.analysis import Panel, its
from parquetry.analysis.counterfactual import counterfactual
from parquetry.analysis.design import interrupted
from parquetry.analysis.estimates import EXPECTED, REALISED
from parquetry.errors import Usage

from .series import noise, stepped


def test_three_lines_on_a_plain_list() -> None:
    answer = its([3, 5, 4, 6, 4, 5, 3, 5, 4, 6, 9, 8, 7, 9, 8, 9, 7, 9, 8, 8], start=10, trend=False, impact="level")
    assert 3.0 < answer.average.mean < 4.5
    assert answer.average.excludes_zero
    assert answer.average.positive > 0.99
    assert {"average", "level_change", "relative"} <= json.loads(json.dumps(answer.to_dict())).keys()


def test_the_first_treated_day_is_inside_and_the_slope_counts_from_it() -> None:
    design = interrupted(Panel.of(np.zeros(10)), 4)
    assert [0, 0, 0, 0, 1, 1, 1, 1, 1, 1] == design.matrix[:, design.column("level")].tolist()
    slope = 10 * design.matrix[:, design.column("slope")]
    assert pytest.approx([0, 0, 0, 0, 0, 1, 2, 3, 4, 5]) == slope.tolist()


def test_a_slope_change_is_a_day() -> None:
    """Planted: +3 at once, and then 0.2 more every day; 30 treated days give 3 + 0.2 · 14.5 on average."""
    rows = np.arange(60)
    outcome = 20 + 0.1 * rows + (rows >= 30) * (3 + 0.2 * (rows - 30)) + 0.05 * noise(60, 0.3)
    answer = its(outcome, start=30)
    assert answer.slope_change is not None and answer.level_change is not None
    assert answer.slope_change.mean == pytest.approx(0.2, abs=0.01)
    assert answer.level_change.mean == pytest.approx(3.0, abs=0.15)
    assert answer.average.mean == pytest.approx(3 + 0.2 * 14.5, abs=0.15)
    assert answer.cumulative.mean == pytest.approx(30 * answer.average.mean)
    assert ("y/day", "y") == (answer.slope_change.unit, answer.level_change.unit)


def test_the_relative_effect_is_the_share_of_what_would_have_been() -> None:
    answer = its(stepped(effect=5.0), start=30)
    assert answer.relative is not None
    drawn = answer.fit.posterior.draws(40_000, 0)
    untreated = answer.design.untreated()[30:].mean(axis=0)
    level = answer.fit.centre / answer.fit.spread + drawn.beta @ untreated
    ratios = drawn.beta @ answer.contrast / level
    assert answer.relative.interval.low == pytest.approx(float(np.quantile(ratios, 0.025)), abs=0.002)
    assert answer.relative.interval.high == pytest.approx(float(np.quantile(ratios, 0.975)), abs=0.002)
    assert its(stepped(effect=5.0, level=0.0), start=30).relative is None


def test_a_window_is_what_the_average_is_about() -> None:
    outcome = stepped(effect=3.0)
    answer = its(outcome, start=30, window=(40, 49))
    assert (40, 49) == answer.window
    assert answer.cumulative.mean == pytest.approx(10 * answer.average.mean)
    with pytest.raises(Usage, match="window"):
        its(outcome, start=30, window=(20, 40))


def test_both_intervals_are_labelled_and_differ() -> None:
    """The realised one holds the noise of days that never were, given the last one that was."""
    answer = its(stepped(phi=0.6), start=30)
    assert answer.average.realised is not None
    assert (EXPECTED, REALISED) == (answer.average.interval.kind, answer.average.realised.kind)
    curves = counterfactual(answer.fit, draws=20_000)
    assert curves.realised is not None and curves.realised_cumulative is not None
    high = curves.realised_cumulative.high[-1] / 30
    assert answer.average.realised.high == pytest.approx(high, abs=0.05 * answer.average.sd)
    assert answer.cumulative.interval.high == pytest.approx(curves.cumulative.high[-1], abs=3 * answer.average.sd)


def test_a_cumulative_effect_of_this_series_needs_every_day() -> None:
    outcome = stepped()
    assert its(outcome, start=30).cumulative.realised is not None
    outcome[45] = np.nan
    assert its(outcome, start=30).cumulative.realised is None


def test_the_probabilities_are_those_of_the_posterior() -> None:
    answer = its(stepped(effect=1.0), start=30, smallest=0.5)
    mixture = answer.fit.posterior.linear(answer.contrast)
    limit = 0.5 / answer.fit.spread
    assert answer.average.important == pytest.approx(mixture.above(limit))
    assert answer.average.negligible == pytest.approx(mixture.cdf(limit) - mixture.cdf(-limit))
    down = its(-stepped(effect=1.0), start=30, smallest=0.5, direction="decrease")
    assert down.average.important == pytest.approx(answer.average.important)


def test_dates_may_be_given_and_gaps_are_missing_days() -> None:
    outcome = stepped()
    days = np.datetime64("2025-03-01") + np.arange(60)
    keep = np.setdiff1d(np.arange(60), [7, 8, 40])
    there = its(outcome[keep], start="2025-03-31", days=days[keep])
    gaps = outcome.copy()
    gaps[[7, 8, 40]] = np.nan
    assert its(gaps, start=30, days=days).average == there.average
    assert 57 == there.to_dict()["usable"]


def test_weekdays_are_taken_out_from_three_weeks_on() -> None:
    """A weekly pattern alone is no effect, and does not widen the interval."""
    week = 2 * np.sin(2 * np.pi * np.arange(42) / 7)
    plain, weekly = its(stepped(42), start=21), its(stepped(42) + week, start=21)
    assert weekly.average.mean == pytest.approx(plain.average.mean, abs=0.2 * plain.average.sd)
    assert weekly.average.sd < 1.2 * plain.average.sd
    assert not any(name.startswith("weekday") for name in interrupted(Panel.of(np.zeros(20)), 10).names)


def test_months_have_the_harmonics_of_the_year() -> None:
    months = np.datetime64("2002-01") + np.arange(60)
    panel = Panel.of(np.zeros(60), days=months, period="month")
    names = interrupted(panel, 30).names
    assert 4 == sum(name.startswith("year") for name in names)
    assert not any(name.startswith("year") for name in interrupted(panel.until(20), 10).names)


def test_a_covariate_explains_what_it_explains() -> None:
    rain = np.random.default_rng(4).standard_normal(60)
    wet = stepped(effect=0.0) + 3 * rain
    without, held = its(wet, start=30), its(wet, start=30, covariates={"rain": rain})
    assert held.average.sd < 0.7 * without.average.sd


def test_a_washout_leaves_days_out() -> None:
    outcome = stepped(effect=2.0)
    outcome[30:33] += 100
    washed = its(outcome, start=30, washout=3)
    assert washed.average.mean == pytest.approx(its(stepped(effect=2.0), start=30).average.mean, abs=1.0)
    assert ({"washout"}, (33, 59)) == (set(washed.design.panel.excluded.values()), washed.window)


def test_least_squares_is_its_limit() -> None:
    """With independent errors and a prior so wide that it says nothing, the textbook's t interval."""
    outcome = np.random.default_rng(2).standard_normal(40) + 10
    from parquetry.analysis.fit import fitted

    design = interrupted(Panel.of(outcome), 20, season=False)
    posterior = fitted(design, factor=1e4, independent=True)
    matrix = design.matrix
    beta, rest, *_ = np.linalg.lstsq(matrix, outcome, rcond=None)
    error = np.sqrt(rest[0] / 36 * np.linalg.inv(matrix.T @ matrix)[2, 2])
    ours = posterior.posterior.linear(design.unit("level"))
    assert beta[2] == pytest.approx(ours.mean * posterior.spread, rel=1e-4)
    # The prior of σ adds half a degree of freedom on either side, and the flat prior four days.
    reach = stats.t(36).ppf(0.975) * error
    assert reach == pytest.approx((ours.quantile(0.975) - ours.mean) * posterior.spread, rel=0.1)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"start": 0}, "before and after"),
        ({"start": 60}, "before and after"),
        ({"start": 99}, "not one of the 60 days"),
        ({"start": "2025-01-01"}, "has none"),
        ({}, "no first treated day"),
        ({"start": 30, "impact": "both", "trend": False}, "slope"),
        ({"start": 30, "washout": 30}, "a washout of 30 days leaves nothing"),
        ({"start": 30, "washout": 2.5}, "whole number of days"),
        ({"start": 30, "washout": -1}, "whole number of days"),
        ({"start": 30, "affected": ["rain"]}, "no covariate 'rain'"),
        ({"start": 30, "impact": "leap"}, "no impact 'leap'; it is one of level, slope, both"),
        ({"start": 30, "direction": "up"}, "no direction 'up'; it is one of increase, decrease"),
        *(({"start": 30, "level": level}, "between 0 and 1") for level in (95, 1.0, 0, float("nan"))),
        *(({"start": 30, "smallest": size}, "above 0") for size in (0, -1.0, float("nan"), float("inf"))),
        *(({"start": 30, "rope": rope}, "low end comes first") for rope in ((1, -1), (2, 2), (float("nan"), 1))),
        ({"start": 30, "covariates": {"flat": np.ones(60)}}, "same on every day"),
    ],
)
def test_what_makes_no_sense_is_said(arguments: dict[str, object], says: str) -> None:
    with pytest.raises(Usage, match=says):
        its(stepped(), **arguments)  # type: ignore[arg-type]
