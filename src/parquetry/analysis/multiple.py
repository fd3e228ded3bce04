"""
Multiple baseline: several series with an intervention each, and what they say together.

A random-effects model over the estimates of the series: each has its own effect, drawn around a
common one; how far they spread is integrated over a grid under a half-normal prior in units of the
series' day-to-day noise, so that no unit matters. Source of the model: Higgins, Thompson &
Spiegelhalter (2009), J R Stat Soc A 172(1):137-159. It takes the series for independent of each
other: a shock on one calendar day that hits all of them is not in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import log_ndtr, roots_hermite

from parquetry.analysis import refusals
from parquetry.analysis.design import SPREAD_SD
from parquetry.analysis.estimates import Estimate, Floats, Reason, plain
from parquetry.analysis.fit import Asked, described
from parquetry.analysis.its import Interrupted
from parquetry.analysis.mixture import Mixture
from parquetry.analysis.panel import unit_of

LEAST, STANDARD = 2, 3
"""
Series that can be pooled, and that show an effect: three demonstrations at three points in time, as the
What Works Clearinghouse asks for (Kratochwill et al. 2010, Single-case designs technical documentation).
"""
SPREADS, WIDEST = 128, 6.0
"""Values of the spread on its grid, from 0 to so many standard deviations of its prior."""
SHARED_SHOCKS = (
    "the series share a calendar: what hit all of them on one day, such as an illness or a holiday, would look like "
    "an effect in those that were treated then"
)
_NORMAL = 1e7
"""Degrees of freedom at which a t is a normal to seven digits."""
_POINTS, _WEIGHTS = roots_hermite(40)


@dataclass(frozen=True, slots=True)
class Pooled:
    """
    What the series of a multiple-baseline study say together.

    Attributes:
        effect: The common effect: what one more such series would show on average.
        own: The average effect of each series by itself.
        drawn: The same, drawn towards the common one as far as the series agree.
        spread: Between series: posterior mean of its standard deviation, in the outcome's unit.
        agree: The probability that all effects have the same sign; drawn together, and each by itself.
        limits: What a reader must know beside the numbers.
    """

    effect: Estimate
    own: tuple[Estimate, ...]
    drawn: tuple[Estimate, ...]
    spread: float
    agree: tuple[float, float]
    limits: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return {name: plain(getattr(self, name)) for name in ("effect", "own", "drawn", "spread", "agree", "limits")}


def pooled_over(answers: Sequence[Interrupted], asked: Asked) -> Pooled:
    """
    Pool the average effects of *answers*, all in one unit.

    Raises:
        Refused: Fewer than two series; ``facts["reasons"]`` says so.
    """
    refusals.refuse(reasons(len(answers)))
    own = tuple(answer.average for answer in answers)
    return together(own, _noise(answers), asked)


def reasons(series: int) -> tuple[Reason, ...]:
    """Why nothing can be pooled."""
    if series >= LEAST:
        return ()
    facts = {"series": series, "least": LEAST}
    return (Reason("few-series", f"{series} series; pooling takes {LEAST}, and a demonstration {STANDARD}", facts),)


def limits_of(series: int) -> tuple[str, ...]:
    """What pooling so many series cannot show."""
    few = (
        f"{series} series are fewer than the {STANDARD} at which an effect counts as demonstrated; the spread between "
        "them is mostly the prior's"
    )
    return (SHARED_SHOCKS, few) if series < STANDARD else (SHARED_SHOCKS,)


def together(own: Sequence[Estimate], noise: float, asked: Asked) -> Pooled:
    """
    Pool estimates; one alone is widened by what series may differ by.

    Args:
        own: One a series, in one unit.
        noise: Day-to-day, of the series, in that unit: of it the prior of the spread is a part.
    """
    mean, sd = np.array([each.mean for each in own]) / noise, np.array([each.sd for each in own]) / noise
    grid = _Grid.of(mean, sd)
    drawn = [_drawn(grid, mean[i], sd[i]) for i in range(len(own))]
    return Pooled(
        described("common effect", "y", _normal(grid.weights, grid.common, grid.common_sd), noise, asked),
        tuple(own),
        tuple(described(each.name, "y", mixture, noise, asked) for each, mixture in zip(own, drawn, strict=True)),
        float(grid.weights @ grid.spread) * noise,
        (_agreement(grid, mean, sd), _product(np.array([each.positive for each in own]))),
        limits_of(len(own)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    """The posterior by spread, shape (spreads,): its mass, and mean and sd of the common effect given it."""

    spread: Floats
    weights: Floats
    common: Floats
    common_sd: Floats

    @classmethod
    def of(cls, mean: Floats, sd: Floats) -> _Grid:
        spread = np.linspace(0.0, WIDEST * SPREAD_SD, SPREADS)
        precision = 1 / (sd**2 + spread[:, None] ** 2)
        total = precision.sum(axis=1)
        common = precision @ mean / total
        # The common effect, of which nothing more is believed, is integrated out: hence the last term.
        misfit = (precision * (mean - common[:, None]) ** 2).sum(axis=1)
        density = (np.log(precision).sum(axis=1) - misfit - np.log(total)) / 2 - (spread / SPREAD_SD) ** 2 / 2
        weights = np.exp(density - density.max())
        weights[[0, -1]] /= 2
        return cls(spread, weights / weights.sum(), common, 1 / np.sqrt(total))


def _drawn(grid: _Grid, mean: float, sd: float) -> Mixture:
    """The effect of one series: between its own estimate and the common one, given each spread."""
    kept = grid.spread**2 / (grid.spread**2 + sd**2)
    variance = kept * sd**2 + ((1 - kept) * grid.common_sd) ** 2
    return _normal(grid.weights, kept * mean + (1 - kept) * grid.common, np.sqrt(variance))


def _normal(weights: Floats, locations: Floats, scales: Floats) -> Mixture:
    return Mixture(weights, locations, scales, _NORMAL)


def _agreement(grid: _Grid, mean: Floats, sd: Floats) -> float:
    """Given spread and common effect the series are independent; over the latter by Gauss and Hermite."""
    common = grid.common[:, None] + np.sqrt(2) * grid.common_sd[:, None] * _POINTS
    kept = (grid.spread[:, None] ** 2 / (grid.spread[:, None] ** 2 + sd**2))[:, None, :]
    centre = kept * mean + (1 - kept) * common[:, :, None]
    z = centre / np.maximum(np.sqrt(kept) * sd, 1e-300)
    up, down = np.exp(log_ndtr(z).sum(axis=2)), np.exp(log_ndtr(-z).sum(axis=2))
    return float(grid.weights @ (up + down) @ _WEIGHTS / np.sqrt(np.pi))


def _product(positive: Floats) -> float:
    return float(np.prod(positive) + np.prod(1 - positive))


def _noise(answers: Sequence[Interrupted]) -> float:
    """The root of the mean of the squares of the series' day-to-day noise, in the outcome's unit."""
    own = np.array([answer.fit.spread * answer.fit.posterior.sigma() for answer in answers])
    unit = unit_of(own)
    return float(np.sqrt(np.mean((own / unit) ** 2))) * unit
