"""Multiple baseline: an estimate for each series, and one for all, which holds the truth and knows no unit."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from parquetry.analysis import Estimate, Interval, its
from parquetry.analysis.fit import Asked
from parquetry.analysis.its import Interrupted
from parquetry.analysis.multiple import Pooled, pooled_over, together
from parquetry.errors import Refused

from .series import noise


def answers(effects: list[float], scale: float = 1.0, seed: int = 1, days: int = 40) -> list[Interrupted]:
    starts = [days * (i + 1) // (len(effects) + 1) for i in range(len(effects))]
    return [
        its(scale * (noise(days, 0.3, 100 * seed + i) + e * (np.arange(days) >= at)), at, impact="level", trend=False)
        for i, (e, at) in enumerate(zip(effects, starts, strict=True))
    ]


def estimate(mean: float, sd: float) -> Estimate:
    return Estimate("average effect", "y", mean, mean, sd, Interval(mean - 2 * sd, mean + 2 * sd), norm.cdf(mean / sd))


def test_the_common_effect_is_that_of_numerical_integration() -> None:
    """Over spread and common effect, both on a fine grid: no step of the algebra is shared."""
    means, sds, prior = np.array([1.0, 2.0, 0.3]), np.array([0.4, 0.6, 0.5]), 0.75
    common, spread = np.linspace(-6, 8, 1_400)[:, None, None], np.linspace(0, 4.5, 700)[None, :, None]
    density = norm.pdf(means, common, np.hypot(sds, spread)).prod(axis=2) * norm.pdf(spread[:, :, 0], 0, prior)
    density[:, [0, -1]] /= 2
    weights, values = density.sum(axis=1) / density.sum(), common[:, 0, 0]
    found = together([estimate(m, s) for m, s in zip(means, sds, strict=True)], 1.0, Asked())
    assert found.effect.mean == pytest.approx(weights @ values, abs=1e-4)
    assert found.effect.sd == pytest.approx(np.sqrt(weights @ values**2 - (weights @ values) ** 2), abs=1e-3)
    assert found.effect.positive == pytest.approx(weights[values > 0].sum(), abs=0.01)


def test_agreement_is_that_of_draws() -> None:
    means, sds = np.array([1.0, 0.5, 0.3]), np.array([0.4, 0.6, 0.5])
    found = together([estimate(m, s) for m, s in zip(means, sds, strict=True)], 1.0, Asked())
    random = np.random.default_rng(1)
    spread = np.abs(random.normal(0, 0.75, 400_000))
    common = random.normal(0.6, 3, 400_000)
    effects = common[:, None] + spread[:, None] * random.standard_normal((400_000, 3))
    weights = np.prod(norm.pdf(means, effects, sds), axis=1) / norm.pdf(common, 0.6, 3)
    same = (effects > 0).all(axis=1) | (effects < 0).all(axis=1)
    assert found.agree[0] == pytest.approx(weights @ same / weights.sum(), abs=0.02)
    assert found.drawn[2].mean == pytest.approx(weights @ effects[:, 2] / weights.sum(), abs=0.05)
    up = norm.cdf(means / sds)
    assert found.agree[1] == pytest.approx(up.prod() + (1 - up).prod())


def test_no_unit_matters() -> None:
    asked, factor = Asked(smallest=0.5), 1000 / 3
    one = pooled_over(answers([1.0, 1.5, 0.8]), asked)
    other = pooled_over(answers([1.0, 1.5, 0.8], factor), replace(asked, smallest=0.5 * factor))
    for name in ("mean", "median", "sd"):
        assert factor * getattr(one.effect, name) == pytest.approx(getattr(other.effect, name), rel=1e-10)
    assert factor * one.effect.interval.low == pytest.approx(other.effect.interval.low, rel=1e-9)
    assert (one.effect.important, *one.agree) == pytest.approx((other.effect.important, *other.agree), rel=1e-9)


def test_series_that_agree_are_drawn_together_and_others_are_not() -> None:
    near = together([estimate(m, 0.3) for m in (1.0, 1.1, 0.9)], 1.0, Asked())
    far = together([estimate(m, 0.3) for m in (-3.0, 1.0, 5.0)], 1.0, Asked())
    assert np.ptp([e.mean for e in near.drawn]) < 0.6 * np.ptp([1.1, 0.9])
    assert np.ptp([e.mean for e in far.drawn]) > 0.9 * 8
    assert near.spread < 0.5 < 1.5 < far.spread
    assert near.agree[0] > 0.99 and far.agree[0] < 0.05


def test_one_series_is_widened_by_what_series_may_differ_by() -> None:
    """Its own estimate in the middle; the variance of the prior of the spread, 0.75 times the noise, on top."""
    found = together([estimate(2.0, 0.4)], 3.0, Asked())
    assert found.effect.mean == pytest.approx(2.0)
    assert found.effect.sd == pytest.approx(np.hypot(0.4, 0.75 * 3), rel=0.01)


def test_too_few_series_are_refused_or_said() -> None:
    with pytest.raises(Refused, match="1 series") as refused:
        pooled_over(answers([1.0]), Asked())
    assert ["few-series"] == [reason.code for reason in refused.value.facts["reasons"]]  # type: ignore[attr-defined]
    assert 2 == len(pooled_over(answers([1.0, 1.0]), Asked()).limits)
    assert 1 == len(pooled_over(answers([1.0, 1.0, 1.0]), Asked()).limits)


def test_it_is_plain_data() -> None:
    found = pooled_over(answers([1.0, 1.5]), Asked(smallest=0.5))
    assert isinstance(found, Pooled)
    assert found.effect.mean == found.to_dict()["effect"]["mean"]
    assert 2 == len(found.to_dict()["own"]) == len(found.to_dict()["drawn"])


@pytest.mark.torture
@pytest.mark.parametrize("series", [3, 5])
@pytest.mark.parametrize("spread", [0.0, 0.5])
def test_intervals_hold_the_common_effect(series: int, spread: float) -> None:
    """In at least 92 % of 300 studies (binomial, 99.9 %), also where the series truly differ."""
    random, held, answered = np.random.default_rng(5), 0, 0
    for trial in range(250):
        effects = (1.0 + spread * random.standard_normal(series)).tolist()
        with suppress(Refused):  # a series that looks too persistent by chance
            held += pooled_over(answers(effects, seed=trial + 7), Asked()).effect.interval.holds(1.0)
            answered += 1
    assert answered > 200
    assert held >= 0.92 * answered - 3.1 * np.sqrt(answered * 0.92 * 0.08)
