"""
What would have been without the treatment, day by day: the series behind the figures.

By draws, since a figure has hundreds of numbers and none of them is quoted; what is quoted comes
from the exact posterior. Two kinds of interval stand apart: where the untreated *mean* would have
been, and where this series' untreated *values* would have been.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from parquetry.analysis.estimates import Floats, plain
from parquetry.analysis.fit import Fit
from parquetry.analysis.posterior import Draws

DRAWS = 2_000


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """A curve with its interval, each of shape (days,), in the outcome's unit."""

    mean: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Counterfactual:
    """
    Curves over all days of the study.

    Attributes:
        level: Probability in the intervals.
        fitted: The model's mean, treated days as treated.
        untreated: The mean without the treatment.
        effect: Treated less untreated mean; 0 before the treatment.
        cumulative: Its running sum.
        realised: Outcome less what would have been, NaN on days without an outcome; None for designs
            whose untreated days are not all before the treated ones.
        realised_cumulative: Its running sum over the days with an outcome.
    """

    level: float
    fitted: Band
    untreated: Band
    effect: Band
    cumulative: Band
    realised: Band | None
    realised_cumulative: Band | None

    def to_dict(self) -> dict[str, Any]:
        names = ("fitted", "untreated", "effect", "cumulative", "realised", "realised_cumulative")
        return {"level": self.level, **{name: plain(getattr(self, name)) for name in names}}


def counterfactual(fit: Fit, *, level: float = 0.95, seed: int = 0, draws: int = DRAWS) -> Counterfactual:
    """The curves of a fitted design; the same seed gives the same curves."""
    design, drawn = fit.design, fit.posterior.draws(draws, seed)
    # Covariates may be missing on a day; its curves then are too.
    treated = drawn.beta @ design.matrix.T
    untreated = drawn.beta @ design.untreated().T
    effect = treated - untreated
    rows = np.flatnonzero(design.treated)
    realised = None
    if len(rows) and design.treated[rows[0] :].all():
        realised = _realised(fit, drawn, untreated, int(rows[0]), seed)
    return Counterfactual(
        level,
        _band(treated, fit, level, fit.centre),
        _band(untreated, fit, level, fit.centre),
        _band(effect, fit, level),
        _band(np.cumsum(np.nan_to_num(effect), axis=1), fit, level),
        None if realised is None else _band(realised, fit, level),
        None if realised is None else _band(np.cumsum(np.nan_to_num(realised), axis=1), fit, level),
    )


def _realised(fit: Fit, drawn: Draws, untreated: Floats, start: int, seed: int) -> Floats | None:
    """Outcome less an untreated path of its own noise, from the last known error on; 0 before *start*."""
    design = fit.design
    before = np.flatnonzero(design.usable[:start])
    if not len(before):
        return None
    standard = (design.panel.outcome - fit.centre) / fit.spread
    random = np.random.default_rng([seed, 1])
    day = int(before[-1])
    error = standard[day] - untreated[:, day]
    found = np.zeros_like(untreated)
    for following in range(day + 1, len(standard)):
        error = drawn.phi * error + drawn.sigma * random.standard_normal(len(error))
        if following >= start:
            found[:, following] = standard[following] - untreated[:, following] - error
    found[:, start:][:, ~design.usable[start:]] = np.nan
    return found


def _band(curves: Floats, fit: Fit, level: float, centre: float = 0.0) -> Band:
    low, high = curves[0].copy(), curves[0].copy()
    # All draws have no effect before the treatment: half of the days of a study, and of the time.
    first = int(np.argmax((curves != curves[0]).any(axis=0)))
    low[first:], high[first:] = np.quantile(curves[:, first:], [(1 - level) / 2, (1 + level) / 2], axis=0)
    return Band(*(centre + fit.spread * values for values in (curves.mean(axis=0), low, high)))
