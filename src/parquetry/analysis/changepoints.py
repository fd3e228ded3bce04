"""
Change points: on which days the level of a series changed, when nobody knows the date.

For each autocorrelation of a grid, `ruptures` proposes the best cuts of the series with that
autocorrelation taken out (optimal partitioning, least squares); a proposal is judged by the exact
likelihood of levels with AR(1) errors. Whether there are more changes than so many is a bootstrap
test: series with just so many, with an autocorrelation from its posterior and the innovations that
were seen, go the same way, and the p-value is the share of them that further changes fit as well. So
a series that merely wanders has no change points. Where a change is, is a posterior over days, and
its jump is averaged over them.

A date found in a series and then tested on it is not a test: everything here is `exploratory`. It
knows levels only: a steady drift, or a season, must be taken out before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from parquetry.analysis import limits
from parquetry.analysis.estimates import Estimate, Floats, Whole, plain
from parquetry.analysis.fit import Asked, described
from parquetry.analysis.its import Interrupted, its
from parquetry.analysis.mixture import Mixture
from parquetry.analysis.panel import Panel
from parquetry.analysis.segments import Series, p_value, possible
from parquetry.errors import Usage

DRAWS = 199
"""Bootstrap series a test; the smallest p-value they allow is 1 / 200."""
WHY = "the date was found in the same data"
_NEGLIGIBLE = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class ChangePoint:
    """
    One change of level.

    Attributes:
        row: The most probable first day of the new level.
        day: Its date, or None where the series has none.
        low, high: Rows between which it lies with probability *level*, both inclusive.
        probability: Of each day to be that day, given that there is a change and the others; shape (days,).
        jump: New level less old, averaged over the days it may be.
        exploratory: Always; the date was found in the same data.
    """

    row: int
    day: str | None
    low: int
    high: int
    level: float
    probability: Floats
    jump: Estimate
    exploratory: bool = field(default=True, init=False)


@dataclass(frozen=True, slots=True, eq=False)
class ChangePoints:
    """
    The changes that were found, in order; perhaps none.

    Attributes:
        points: The changes.
        p: For 0, 1 … changes the p-value of "there are more"; the last is the first that is not below *alpha*.
        autocorrelation: Posterior mean of φ, around the levels found.
        alpha, draws, seed: Of the tests.
        exploratory: Always.
    """

    points: tuple[ChangePoint, ...]
    p: tuple[float, ...]
    autocorrelation: float
    alpha: float
    draws: int
    seed: int
    exploratory: bool = field(default=True, init=False)

    def to_dict(self) -> dict[str, Any]:
        names = ("points", "p", "autocorrelation", "alpha", "draws", "seed", "exploratory")
        return {name: plain(getattr(self, name)) for name in names}


@dataclass(frozen=True, slots=True, eq=False)
class Exploratory:
    """An interrupted time series at a date that was found in the same data: *answer* is too sure of itself."""

    answer: Interrupted
    exploratory: bool = field(default=True, init=False)
    why: str = field(default=WHY, init=False)

    def to_dict(self) -> dict[str, Any]:
        return {"exploratory": True, "why": self.why, **self.answer.to_dict()}


def change_points(
    outcome: Panel | Sequence[float] | npt.NDArray[Any],
    *,
    most: int = 3,
    least: int = limits.PHASE_DAYS,
    alpha: float = 0.05,
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
    **series: Any,
) -> ChangePoints:
    """
    Find the days on which the level of a series changed.

    Args:
        outcome: A panel, or a value a day with NaN (or None) for a missing one.
        most: No more changes than that are looked for.
        least: Usable days between two changes, and before the first and after the last.
        alpha: A further change is taken for real if its p-value is below.
        level: Probability in the intervals.
        draws, seed: Of the bootstrap; the same seed gives the same numbers.
        series: What `Panel.of` takes: ``days``, ``unit`` …

    Raises:
        Refused: Too few usable days, or an outcome that does not vary.
        MissingExtra: `ruptures` is not installed.

    Source:
        AR(1) with shifts in the mean: Chakar, Lebarbier, Lévy-Leduc & Robin (2017), Bernoulli
        23(2):1408-1447. Optimal partitioning: Truong, Oudre & Vayatis (2020), Signal Processing
        167:107299. Sequential tests of l against l + 1 changes: Bai & Perron (1998), Econometrica 66(1):47-78.

    Example:
        >>> change_points([3, 4, 2, 4, 3, 2, 4, 3, 9, 8, 9, 7, 8, 9, 8, 9]).points[0].row
        8
    """
    panel = outcome if isinstance(outcome, Panel) else Panel.of(outcome, **series)
    asked = Asked(level=level)
    if most < 1 or least < 2 or not 0 < alpha < 1 or draws < 19:
        raise Usage("change points need most ≥ 1, least ≥ 2, alpha between 0 and 1 and at least 19 draws")
    at = Series.of(panel, most, least)
    random, p, found = np.random.default_rng(seed), list[float](), at.best(at.values)
    while len(p) < len(found):
        p.append(p_value(at, found, len(p), alpha, draws, random))
        if not p[-1] < alpha:
            break
    number = len(p) - 1 if p[-1] >= alpha else len(p)
    cuts = found[number].cuts
    phi = at.posterior(cuts).phi_mean()
    points = tuple(_point(at, panel, cuts, i, asked) for i in range(number))
    return ChangePoints(points, tuple(p), phi, alpha, draws, seed)


def effect_at(
    outcome: Panel | Sequence[float] | npt.NDArray[Any], point: ChangePoint, **options: Any
) -> Exploratory:  # fmt: skip
    """
    The interrupted time series `its` at a change that was found in *outcome*, labelled as what it is.

    Args:
        options: Of `its`.

    Raises:
        Refused: As by `its`.
    """
    return Exploratory(its(outcome, start=point.row, **options))


def _point(at: Series, panel: Panel, cuts: tuple[int, ...], number: int, asked: Asked) -> ChangePoint:
    """Where the change *number* lies while the others stay, and how large it is."""
    edges = (0, *cuts, len(at.times))
    tried = [
        (*cuts[:number], i, *cuts[number + 1 :])
        for i in range(edges[number] + at.least, edges[number + 2] - at.least + 1)
    ]
    scale, places = at.scale(cuts), possible(at, tried)
    fits = [at.posterior(place, scale) for place in places]
    evidence = np.array([fit.evidence for fit in fits])
    mass = np.exp(evidence - evidence.max())
    mass /= mass.sum()
    contrast = np.zeros(len(cuts) + 1)
    contrast[number + 1] = 1.0
    jump = _together([(float(m), fit.linear(contrast)) for m, fit in zip(mass, fits, strict=True) if m > _NEGLIGIBLE])
    rows = at.times[[place[number] for place in places]]
    probability = np.zeros(len(panel))
    probability[rows] = mass
    row = int(rows[np.argmax(mass)])
    likely = rows[_likeliest(mass, asked.level)]
    day = None if panel.days is None else str(panel.days[row])
    estimate = described("level change", "y", jump, scale * at.unit, asked)
    return ChangePoint(row, day, int(likely.min()), int(likely.max()), asked.level, probability, estimate)


def _together(parts: list[tuple[float, Mixture]]) -> Mixture:
    weights = np.concatenate([mass * part.weights for mass, part in parts])
    return Mixture(
        weights / weights.sum(),
        np.concatenate([part.locations for _, part in parts]),
        np.concatenate([part.scales for _, part in parts]),
        parts[0][1].freedom,
    )


def _likeliest(mass: Floats, level: float) -> Whole:
    """The fewest places that have *level* together."""
    order = np.argsort(-mass, kind="stable")
    needed = int(np.searchsorted(np.cumsum(mass[order]), level - 1e-12)) + 1
    found: Whole = order[:needed]
    return found
