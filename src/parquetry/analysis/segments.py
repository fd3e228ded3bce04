"""
A series cut into levels with AR(1) errors: proposals of cuts, their exact likelihood, and whether more are needed.

What `changepoints` stands on. A cut is the index of a usable day, the first of a new level; missing
days have no index, and enter through φ^gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from parquetry.analysis import limits
from parquetry.analysis.design import EFFECT_SD, INTERCEPT_SD, SCALES
from parquetry.analysis.estimates import Floats, Whole
from parquetry.analysis.panel import Panel, unit_of
from parquetry.analysis.posterior import Posterior, Prior, integrate
from parquetry.errors import MissingExtra, Refused

PENALTY = 1.5
"""Times log(days), for each change: what lets proposals with few and many changes compete for the statistic."""
_PHIS = np.array([-0.2, 0.0, 0.2, 0.35, 0.5, 0.65, 0.75, 0.85, 0.92, 0.97])
_DEPTH = 14.0


@dataclass(frozen=True, slots=True)
class Best:
    """The best cuts (indices of usable days) for a number of changes, and twice their log likelihood."""

    cuts: tuple[int, ...]
    twice: float


class White(NamedTuple):
    """
    A series with one autocorrelation of the grid taken out.

    Attributes:
        values: The whitened rows; *total* is the sum of their squares.
        crosses: Sums of the products with a whitened level before each row.
        determinant: Of the whitening, twice its logarithm.
        levels: Rows that each have the day's level as their mean, but for the first day of a level.
    """

    node: int
    values: Floats
    crosses: Floats
    total: float
    determinant: float
    levels: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """
    The usable days, and what depends on their times only.

    Attributes:
        values: In units of *unit*, shape (usable days,).
        psi: What is left of one usable day's error on the next, 0 for the first; shape (phis, usable days).
        weight: Of the whitened rows, weight·(y - psi·the y before).
        squares: Sums of the squares of a whitened level before each row, shape (phis, usable days + 1).
    """

    times: Whole
    values: Floats
    most: int
    least: int
    psi: Floats
    weight: Floats
    squares: Floats
    unit: float

    @classmethod
    def of(cls, panel: Panel, most: int, least: int) -> Series:
        times = np.flatnonzero(panel.usable).astype(np.int64)
        unit = unit_of(panel.outcome[times])
        values = panel.outcome[times] / unit
        if len(times) < max(limits.STUDY_DAYS, 2 * least):
            raise Refused(f"no answer: {len(times)} usable days; {max(limits.STUDY_DAYS, 2 * least)} are needed")
        if float(values.std()) <= 1e-12 * float(np.abs(values).max()):
            raise Refused("no answer: the outcome is the same on every day")
        psi, weight = _decay(_PHIS[:, None], times)
        squares = _sums((weight * (1 - psi)) ** 2)
        return cls(times, values, min(most, len(times) // least - 1), least, psi, weight, squares, unit)

    def best(self, values: Floats) -> list[Best]:
        """For 0 to `most` changes, over all autocorrelations of the grid."""
        found = [Best((), -np.inf) for _ in range(self.most + 1)]
        for white in self.whitened(values):
            for cuts in self._proposals(white.levels):
                if (twice := self.twice(white, cuts)) > found[len(cuts)].twice:
                    found[len(cuts)] = Best(cuts, twice)
        return found

    def whitened(self, values: Floats) -> list[White]:
        """For each autocorrelation of the grid."""
        standard = (values - values.mean()) / values.std()
        change = standard - self.psi * np.concatenate([[0.0], standard[:-1]])
        white = self.weight * change
        crosses, total = _sums(self.weight * (1 - self.psi) * white), (white * white).sum(axis=1)
        logs, levels = 2 * np.log(self.weight).sum(axis=1), change / (1 - self.psi)
        return [
            White(node, white[node], crosses[node], float(total[node]), float(logs[node]), levels[node])
            for node in range(len(_PHIS))
        ]

    def twice(self, white: White, cuts: tuple[int, ...]) -> float:
        """Twice the log likelihood of levels between the cuts, up to a constant, σ being estimated."""
        rest = white.total - self._explained(white, cuts)
        return float(white.determinant - len(self.times) * np.log(max(rest, 1e-12)))

    def residuals(self, cuts: Sequence[int]) -> tuple[Floats, Floats]:
        """The levels between the cuts, by least squares, and what they leave."""
        columns = self.columns(cuts)
        mean = columns @ np.linalg.lstsq(columns, self.values, rcond=None)[0]
        return mean, self.values - mean

    def columns(self, cuts: Sequence[int]) -> Floats:
        """Intercept, and a step at each cut; shape (usable days, 1 + cuts)."""
        days = np.arange(len(self.times))
        return np.column_stack([np.ones(len(days)), *(days >= cut for cut in cuts)]).astype(np.float64)

    def scale(self, cuts: Sequence[int]) -> float:
        rest = self.residuals(cuts)[1]
        return float(np.sqrt(rest @ rest / (len(rest) - len(cuts) - 1))) or float(self.values.std())

    def posterior(self, cuts: Sequence[int], scale: float | None = None) -> Posterior:
        """Of levels and φ given the cuts, in units of *scale* (by default of what the levels leave)."""
        sd = np.array([INTERCEPT_SD, *(EFFECT_SD for _ in cuts)])
        prior = Prior(np.array([size * sd for size, _ in SCALES]), np.array([weight for _, weight in SCALES]))
        standard = (self.values - self.values.mean()) / (scale or self.scale(cuts))
        return integrate(self.times, self.columns(cuts), standard, prior)

    def _proposals(self, levels: Floats) -> list[tuple[int, ...]]:
        try:
            # Late: its import takes seconds, and only this needs it.
            from ruptures import KernelCPD
        except ModuleNotFoundError:
            raise MissingExtra("analysis", "finding change points") from None
        search = KernelCPD(kernel="linear", min_size=self.least).fit(levels[:, None])
        return [(), *(tuple(search.predict(n_bkps=number)[:-1]) for number in range(self.most, 0, -1))]

    def _explained(self, at: White, cuts: tuple[int, ...]) -> float:
        """
        The sum of squares that levels between the cuts explain.

        A whitened level touches its own rows and the first of the next level, so that the normal
        equations are tridiagonal: they are eliminated from the first level to the last.
        """
        psi, weight, squares = self.psi[at.node], self.weight[at.node], self.squares[at.node]
        white, crosses = at.values, at.crosses
        found = pivot = left = link = 0.0
        for start, end in pairwise((0, *cuts, len(white))):
            own, target = weight[start] ** 2 + squares[end] - squares[start + 1], weight[start] * white[start]
            target += crosses[end] - crosses[start + 1]
            following = 0.0
            if end < len(white):
                old = weight[end] * psi[end]
                own, target, following = own + old * old, target - old * white[end], -old * weight[end]
            if start:
                own, target = own - link * link / pivot, target - link * left / pivot
            pivot, left, link = own, target, following
            found += left * left / pivot
        return float(found)


def _decay(phi: Any, times: Whole) -> tuple[Floats, Floats]:
    """φ to the power of each gap (0 before the first day), and the weights of whitened rows."""
    gaps = np.diff(times).astype(np.float64)
    later = phi**gaps
    psi: Floats = np.concatenate([np.zeros((*later.shape[:-1], 1)), later], axis=-1)
    rest = (1 - phi * phi) / (1 - psi * psi)
    rest[..., 0] = np.squeeze(1 - phi * phi)
    return psi, np.sqrt(rest)


def _sums(values: Floats) -> Floats:
    """What stands before each place, and all of it."""
    return np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)


def _statistic(found: list[Best], number: int, days: int) -> float:
    """How much better more than *number* changes fit, at the price of `PENALTY` for each."""
    price = 2 * PENALTY * np.log(days)
    return float(
        max(more.twice - price * (len(more.cuts) - number) for more in found[number + 1 :]) - found[number].twice
    )


def p_value(at: Series, found: list[Best], number: int, alpha: float, draws: int, random: np.random.Generator) -> float:
    """
    The share of series with *number* changes in which more fit as well as here.

    It stops when it cannot come below *alpha* any more: Besag & Clifford (1991), Biometrika 78(2):301-304.
    """
    if number == at.most:
        return 1.0
    cuts, days = found[number].cuts, len(at.times)
    mean, rest = at.residuals(cuts)
    posterior = at.posterior(cuts)
    own, above = _statistic(found, number, days), 0
    enough = int(np.ceil(alpha * (draws + 1)))
    for drawn in range(1, draws + 1):
        phi = float(random.choice(posterior.phi, p=posterior.weights))
        above += _statistic(at.best(mean + _errors(at, rest, phi, random)), number, days) >= own
        if above == enough:
            return above / drawn
    return (1 + above) / (draws + 1)


def _errors(at: Series, rest: Floats, phi: float, random: np.random.Generator) -> Floats:
    """Autoregressive errors on the usable days, of the size of *rest*, with its innovations in another order."""
    psi, weight = _decay(phi, at.times)
    white = weight * (rest - psi * np.concatenate([[0.0], rest[:-1]]))
    white = (white - white.mean()) / (white.std() or 1.0)
    days = int(at.times[-1] - at.times[0]) + 1
    steps = random.choice(white, size=days) * np.sqrt(1 - phi * phi)
    found = np.empty(days)
    found[0] = random.standard_normal()
    for day in range(1, days):
        found[day] = phi * found[day - 1] + steps[day]
    usable: Floats = found[at.times - at.times[0]] * float(rest.std())
    return usable


def possible(at: Series, tried: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Those whose likelihood is not beyond hope, so that few need an exact posterior."""
    white = at.whitened(at.values)
    twice = np.array([max(at.twice(one, cuts) for one in white) for cuts in tried])
    return [cuts for cuts, each in zip(tried, twice, strict=True) if each > twice.max() - 2 * _DEPTH]
