"""
What draws of a count's or a share's model say, in the outcome's own unit.

A rate or share is the mean over what the noise may do, so that it is what would be counted on
average; the effect is the difference of two of them, with and without the treatment. Ratios are of
one and the same day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parquetry.analysis.counterfactual import Band, Counterfactual
from parquetry.analysis.estimates import EXPECTED, REALISED, Estimate, Floats, Interval
from parquetry.analysis.families.models import Draws, Kind, Seen
from parquetry.analysis.fit import Asked

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(15)


@dataclass(frozen=True, slots=True)
class Ratio:
    """
    A rate ratio or an odds ratio: 1 is no effect.

    Attributes:
        mean, median, sd: Of its posterior.
        interval: Central, of the expected effect.
        above_one: P(> 1).
    """

    name: str
    mean: float
    median: float
    sd: float
    interval: Interval
    above_one: float

    @property
    def excludes_one(self) -> bool:
        return not self.interval.holds(1.0)


def of_draws(
    name: str, values: Floats, asked: Asked, *, unit: str = "y", realised: Floats | None = None, judged: bool = True
) -> Estimate:
    """A quantity from its draws, shape (draws,); *judged* against region and smallest effect of interest."""
    mirror = 1.0 if asked.direction == "increase" else -1.0
    region, smallest = (asked.region, asked.smallest) if judged else (None, None)
    return Estimate(
        name, unit, float(values.mean()), float(np.median(values)), float(values.std()),
        central(values, asked.level), float((values > 0).mean()),
        None if realised is None else central(realised, asked.level, REALISED),
        None if region is None else float(((values > region[0]) & (values < region[1])).mean()),
        None if smallest is None else float((mirror * values > smallest).mean()),
    )  # fmt: skip


def ratio_of_draws(kind: Kind, logs: Floats, asked: Asked) -> Ratio:
    """From draws of its logarithm, shape (draws,)."""
    values = np.exp(logs)
    name = "rate ratio" if kind == "count" else "odds ratio"
    return Ratio(
        name, float(values.mean()), float(np.median(values)), float(values.std()), central(values, asked.level),
        float((logs > 0).mean()),
    )  # fmt: skip


def central(values: Floats, level: float, kind: str = EXPECTED) -> Interval:
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), level, kind)


def marginal(kind: Kind, eta: Floats, lasting: Floats) -> Floats:
    """Mean rate or share at *eta*, shape (draws, …), over lasting noise of standard deviation *lasting*, (draws,)."""
    sd = lasting.reshape(-1, *[1] * (eta.ndim - 1))
    if kind == "count":
        return np.asarray(np.exp(eta + sd**2 / 2))
    total = np.zeros_like(eta)
    # A sum over nodes instead of one table: draws by days by nodes would be the memory of the whole analysis.
    for node, weight in zip(_NODES, _WEIGHTS, strict=True):
        total += weight / (1 + np.exp(-(eta + sd * node)))
    return np.asarray(total / _WEIGHTS.sum())


def linear(seen: Seen, drawn: Draws, *, treated: bool) -> Floats:
    """η without noise on all days, shape (draws, days), as they were or had there been no treatment."""
    matrix = seen.design.matrix if treated else seen.design.untreated()
    return np.asarray(seen.centre + drawn.beta @ matrix.T)


def sizes(seen: Seen) -> Floats:
    """Exposure or trials of all days; the mean of the others where it is not known."""
    found = np.full(len(seen.design.panel), float(seen.size.mean()))
    found[seen.design.usable] = seen.size
    return found


def observed(seen: Seen) -> Floats:
    """Rate or share of all days, NaN where there is none."""
    found = np.full(len(seen.design.panel), np.nan)
    found[seen.design.usable] = seen.number / seen.size
    return found


def counted(kind: Kind, eta: Floats, size: Floats, daily: Floats, random: np.random.Generator) -> Floats:
    """Counts or successes drawn at *eta*, shape (draws, days)."""
    certainty = 1 / daily[:, None] ** 2
    if kind == "count":
        mean = size * np.exp(eta)
        return random.poisson(random.gamma(certainty, mean / certainty)).astype(np.float64)
    mean = np.clip(1 / (1 + np.exp(-eta)), 1e-12, 1 - 1e-12)
    chance = random.beta(np.maximum(mean * certainty, 1e-9), np.maximum((1 - mean) * certainty, 1e-9))
    return random.binomial(size.astype(np.int64), chance).astype(np.float64)


def never_treated(seen: Seen, drawn: Draws, start: int, seed: int) -> Floats | None:
    """
    Rate or share that these days would have had without treatment, from row *start* on, shape (draws, days).

    What lasts goes on from the last day before; the noise of the days themselves is drawn anew. NaN
    before *start*; None where no day comes before.
    """
    before = np.flatnonzero(seen.design.times < start)
    if not len(before):
        return None
    random = np.random.default_rng([seed, 1])
    row = int(seen.design.times[before[-1]])
    lasting = drawn.latent[:, before[-1]]
    step = drawn.lasting * np.sqrt(1 - drawn.phi**2)
    eta, size = linear(seen, drawn, treated=False), sizes(seen)
    found = np.full_like(eta, np.nan)
    for day in range(row + 1, eta.shape[1]):
        lasting = drawn.phi * lasting + step * random.standard_normal(len(lasting))
        if day >= start and np.isfinite(eta[0, day]):
            number = counted(seen.kind, (eta[:, day] + lasting)[:, None], size[day : day + 1], drawn.daily, random)
            found[:, day] = number[:, 0] / size[day]
    return found


def curves(seen: Seen, drawn: Draws, asked: Asked, seed: int) -> Counterfactual:
    """The series behind the figures, as rates or shares; cumulative ones as counts or successes."""
    treated = marginal(seen.kind, linear(seen, drawn, treated=True), drawn.lasting)
    untreated = marginal(seen.kind, linear(seen, drawn, treated=False), drawn.lasting)
    effect, size = treated - untreated, sizes(seen)
    flags = seen.design.treated
    start, realised = int(np.flatnonzero(flags)[0]), None
    if flags[start:].all() and (path := never_treated(seen, drawn, start, seed)) is not None:
        realised = observed(seen) - path
        realised[:, :start] = 0.0
    return Counterfactual(
        asked.level, _band(treated, asked), _band(untreated, asked), _band(effect, asked),
        _band(np.cumsum(np.nan_to_num(effect * size), axis=1), asked),
        None if realised is None else _band(realised, asked),
        None if realised is None else _band(np.cumsum(np.nan_to_num(realised * size), axis=1), asked),
    )  # fmt: skip


def _band(curves: Floats, asked: Asked) -> Band:
    low, high = np.quantile(curves, [(1 - asked.level) / 2, (1 + asked.level) / 2], axis=0)
    return Band(curves.mean(axis=0), low, high)
