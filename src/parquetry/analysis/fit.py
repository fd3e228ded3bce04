"""
A design fitted to its series: standardised, integrated, and turned back into the outcome's unit.

The series is centred at the mean of its baseline and measured in the spread of its baseline's
residuals; the prior knows no other number of the data. So multiplying the outcome by any factor
multiplies the answer, and a power of two does it to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple, get_args

import numpy as np
from scipy.optimize import brentq

from parquetry.analysis.design import NUISANCE_SCALES, SCALES, Design, reversal
from parquetry.analysis.estimates import REALISED, Direction, Estimate, Floats, Interval
from parquetry.analysis.mixture import Mixture
from parquetry.analysis.panel import unit_of
from parquetry.analysis.posterior import Posterior, Prior, integrate
from parquetry.errors import Usage

_ONE_ABOVE = 0.8413447460685429
"""Probability that a normal is below its mean plus one standard deviation."""
_FLAT = 1e5
_TREND_DAYS = 8
"""Baseline days from which on its residuals are taken around a line."""


@dataclass(frozen=True, slots=True)
class Asked:
    """
    What is asked of every effect.

    Attributes:
        level: Probability in an interval.
        smallest: Smallest effect of interest, above 0, in the outcome's unit, or None.
        rope: Region of practical equivalence in the outcome's unit; by default what is smaller
            than *smallest* either way.
        direction: In which direction an effect is wanted.

    Raises:
        Usage: A number or a word that is none of these.
    """

    level: float = 0.95
    smallest: float | None = None
    rope: tuple[float, float] | None = None
    direction: Direction = "increase"

    def __post_init__(self) -> None:
        if not 0 < self.level < 1:
            raise Usage(f"a level of {self.level}; it is a probability between 0 and 1, such as 0.95")
        if self.smallest is not None and not 0 < self.smallest < np.inf:
            raise Usage(f"a smallest effect of {self.smallest}; it is a size above 0, and its direction stands apart")
        if self.rope is not None and not self.rope[0] < self.rope[1]:
            raise Usage(f"a region from {self.rope[0]} to {self.rope[1]}; its low end comes first")
        if self.direction not in get_args(Direction):
            raise Usage(f"no direction '{self.direction}'; it is one of {', '.join(get_args(Direction))}")

    @property
    def region(self) -> tuple[float, float] | None:
        return self.rope if self.rope or self.smallest is None else (-self.smallest, self.smallest)


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """
    A design, its posterior in units of *spread* around *centre*, and the prior it was made with.

    Attributes:
        centre: Mean of the baseline's usable days, in the outcome's unit.
        spread: Standard deviation of the baseline's residuals, in the outcome's unit.
    """

    design: Design
    prior: Prior
    posterior: Posterior
    centre: float
    spread: float

    def residuals(self, beta: Floats | None = None) -> Floats:
        """What the mean coefficients (or *beta*) leave, in units of the spread, shape (usable days,)."""
        usable = self.design.usable
        standard = (self.design.panel.outcome[usable] - self.centre) / self.spread
        found: Floats = standard - self.design.matrix[usable] @ (self.posterior.mean() if beta is None else beta)
        return found

    def estimate(
        self,
        name: str,
        contrast: Floats,
        asked: Asked,
        *,
        times: float = 1.0,
        unit: str = "y",
        realised: Mixture | None = None,
        judged: bool = True,
    ) -> Estimate:
        """
        A linear combination of the coefficients, in the outcome's unit.

        Args:
            times: A factor, such as the number of days for a sum; above 0.
            realised: The same quantity for this realised series, in units of the spread.
            judged: Whether region and smallest effect of interest are about this quantity.
        """
        return described(
            name, unit, self.posterior.linear(contrast), self.spread * times, asked, realised=realised, judged=judged
        )

    def phi(self, asked: Asked) -> Estimate:
        """The autocorrelation from one day to the next."""
        low, middle, high = (self.posterior.phi_quantile(p) for p in (*_tails(asked), 0.5))
        low, middle, high = sorted((low, middle, high))
        mean = self.posterior.phi_mean()
        sd = float(np.sqrt(self.posterior.weights @ (self.posterior.phi - mean) ** 2))
        return Estimate(
            "autocorrelation", "ratio", mean, middle, sd, Interval(low, high, asked.level), self.posterior.phi_above(0)
        )


def fitted(design: Design, *, factor: float = 1.0, independent: bool = False, prior: Prior | None = None) -> Fit:
    """
    Fit *design*.

    Args:
        factor: Multiplies the prior's standard deviations.
        independent: Errors without autocorrelation, to compare with.
        prior: Instead of the design's own.
    """
    chosen = prior or prior_of(design, factor=factor, independent=independent)
    centre, spread = baseline(design)
    usable = design.usable
    standard = (design.panel.outcome[usable] - centre) / spread
    posterior = integrate(design.times, design.matrix[usable], standard, chosen)
    return Fit(design, chosen, posterior, centre, spread)


def without_opinion(fit: Fit) -> Posterior:
    """
    The posterior under a flat prior of the treatment's effects, the rest as it is.

    What it says of φ does not change when any effect of the design is added to the outcome, so that
    a refusal on φ cannot depend on the effect.
    """
    design, sd = fit.design, fit.prior.sd.copy()
    sd[:, list(design.effects)] = _FLAT
    usable = design.usable
    outcome = (design.panel.outcome[usable] - fit.centre) / fit.spread
    return integrate(design.times, design.matrix[usable], outcome, replace(fit.prior, sd=sd, phis=None))


class Spreads(NamedTuple):
    """Values of the spread between reversals, in units of σ, and the probability of each."""

    values: Floats
    weights: Floats


def prior_of(
    design: Design, *, factor: float = 1.0, independent: bool = False, spreads: Spreads | None = None
) -> Prior:
    """
    The design's own prior, its standard deviations times *factor*.

    Args:
        spreads: Of the reversals, instead of the design's one.
    """
    nuisance = design.nuisance()
    own = np.array([name.startswith("reversal ") for name in design.names])
    rows, weights = [], []
    for scale, weight in SCALES:
        for other, probability in NUISANCE_SCALES if nuisance.any() else ((1.0, 1.0),):
            for spread, mass in ((None, 1.0),) if spreads is None else zip(*spreads, strict=True):
                sd = design.sd if spread is None else np.where(own, spread, design.sd)
                rows.append(sd * np.where(nuisance, other, scale) * factor)
                weights.append(weight * probability * mass)
    phis = np.zeros(1) if independent else None
    # Without a trend, intervals of a reversal design are as short as their few days make them; measured in
    # benchmarks/calibration.py. With one, its prior and that of φ leave nothing to be widened.
    lost = 1 + int(nuisance.sum()) if design.maker is reversal else 0
    return Prior(np.array(rows), np.array(weights) / np.sum(weights), phis, lost)


def baseline(design: Design) -> tuple[float, float]:
    """
    Mean of the baseline's usable days, and the standard deviation of what a level a phase (and the
    trend, if the design has one) leaves of them.

    The spread of a baseline that leaves nothing is what the whole design leaves of the whole series,
    which no effect changes, or about its size.
    """
    usable, panel = design.usable, design.panel
    chosen = usable & ~design.treated
    unit = unit_of(panel.outcome[usable])
    outcome = panel.outcome[chosen] / unit
    if not len(outcome):
        return 0.0, unit
    rows = np.flatnonzero(chosen)
    columns = [((rows >= p.first) & (rows <= p.last)).astype(float) for p in design.phases if not p.treated]
    if not design.options.get("each", True):
        # Phases of a day or two would take most of the noise for levels.
        columns = [np.ones(len(rows))]
    if "trend" in design.names and len(rows) >= _TREND_DAYS:
        columns.append(design.matrix[chosen, design.column("trend")])
    levels = np.column_stack([column for column in columns if column.any()])
    rest = outcome - levels @ np.linalg.lstsq(levels, outcome, rcond=None)[0]
    freedom = max(len(outcome) - levels.shape[1], 1)
    spread = float(np.sqrt(rest @ rest / freedom))
    largest = float(np.abs(outcome).max())
    if spread <= 1e-12 * largest or spread == 0.0:
        matrix, whole = design.matrix[usable], panel.outcome[usable] / unit
        spread = float((whole - matrix @ np.linalg.lstsq(matrix, whole, rcond=None)[0]).std()) or 1.0
    return float(outcome.mean()) * unit, spread * unit


def described(
    name: str,
    unit: str,
    expected: Mixture,
    scale: float,
    asked: Asked,
    *,
    realised: Mixture | None = None,
    judged: bool = True,
) -> Estimate:
    """A mixture in the outcome's unit, *scale* times as large."""
    low, high = (expected.quantile(p) * scale for p in _tails(asked))
    mirror = 1.0 if asked.direction == "increase" else -1.0
    region, smallest = (asked.region, asked.smallest) if judged else (None, None)
    return Estimate(
        name,
        unit,
        expected.mean * scale,
        expected.quantile(0.5) * scale,
        expected.sd * scale,
        Interval(low, high, asked.level),
        expected.above(0.0),
        _interval(realised, scale, asked),
        None if region is None else expected.between(region[0] / scale, region[1] / scale),
        None if smallest is None else _beyond(expected, mirror * smallest / scale),
    )


def ratio(fit: Fit, effect: Floats, level: Floats, asked: Asked) -> Estimate | None:
    """
    ``effect·β`` over the mean outcome ``centre + level·β``; None unless the latter is surely above 0.

    By its exact distribution: the ratio is below r where ``effect - r·level`` is below 0. Its mean is the
    ratio of the means, since a ratio of two normals has none.
    """
    offset = fit.centre / fit.spread
    below = fit.posterior.linear(level, offset)
    if below.cdf(0.0) > 1e-3:
        return None

    def cdf(r: float) -> float:
        return fit.posterior.linear(effect - r * level, -r * offset).cdf(0.0)

    above = fit.posterior.linear(effect)
    size = (abs(above.mean) + 10 * above.sd) / below.mean
    low, middle, high = (_root(cdf, p, size) for p in sorted((*_tails(asked), 0.5)))
    # A ratio of two normals has no variance; half of its central 68.27 % is what a normal's would be.
    sd = (_root(cdf, _ONE_ABOVE, size) - _root(cdf, 1 - _ONE_ABOVE, size)) / 2
    return Estimate(
        "relative effect", "ratio", above.mean / below.mean, middle, sd, Interval(low, high, asked.level),
        above.above(0.0),
    )  # fmt: skip


def _root(cdf: Callable[[float], float], probability: float, size: float) -> float:
    low, high = -size, size
    for _ in range(60):
        if cdf(low) < probability < cdf(high):
            break
        low, high = 2 * low, 2 * high
    found = brentq(lambda r: cdf(r) - probability, low, high, xtol=1e-13 * size, rtol=1e-13)
    return float(found)


def _interval(mixture: Mixture | None, scale: float, asked: Asked) -> Interval | None:
    if mixture is None:
        return None
    low, high = (mixture.quantile(p) * scale for p in _tails(asked))
    return Interval(low, high, asked.level, REALISED)


def _beyond(mixture: Mixture, limit: float) -> float:
    return mixture.above(limit) if limit > 0 else mixture.cdf(limit)


def _tails(asked: Asked) -> tuple[float, float]:
    return (1 - asked.level) / 2, (1 + asked.level) / 2
