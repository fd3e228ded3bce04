"""
A standardised difference between cases, from reversal designs of several people.

What divides is the standard deviation between and within people, so that the number stands on the scale
of a trial that compares two groups; within-case differences (`standardised`) do not. Every case needs
the same A, B, A, B …; for one person alone there is no such number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from parquetry.analysis.design import phases_of
from parquetry.analysis.effect_sizes.standardised import correction
from parquetry.analysis.estimates import Floats, Interval, Whole
from parquetry.analysis.panel import Panel
from parquetry.errors import Usage

CONFIDENCE = "confidence, normal approximation"
_LEAST_FREEDOM = 2.001


@dataclass(frozen=True, slots=True)
class BetweenCase:
    """
    The difference and what it is made of, under the names of Hedges, Pustejovsky & Shadish.

    Attributes:
        effect: The corrected standardised difference, J·D̄/S with J of `correction`; the sign is the outcome's.
        variance: Of *effect*.
        uncorrected: D̄/S.
        difference: D̄, mean of treatment less mean of baseline, over cases and pairs of phases.
        total_variance: S², of people at the same position in the same phase.
        autocorrelation: φ, within phases, corrected for bias.
        within_variance: σ², within people.
        intraclass: The share of *total_variance* between people; at least 0.
        theta: Standard error of D̄ over the true total standard deviation.
        freedom: Of S².
        cases, pairs: People, and pairs of A and B of each.
    """

    effect: float
    variance: float
    uncorrected: float
    difference: float
    total_variance: float
    autocorrelation: float
    within_variance: float
    intraclass: float
    theta: float
    freedom: float
    cases: int
    pairs: int

    @property
    def error(self) -> float:
        """The standard error of *effect*."""
        return float(np.sqrt(self.variance))

    def interval(self, level: float = 0.95) -> Interval:
        """Of *effect*, normal; with few degrees of freedom it is too short."""
        reach = float(ndtri((1 + level) / 2)) * self.error
        return Interval(self.effect - reach, self.effect + reach, level, CONFIDENCE)


def between_case(cases: Iterable[Panel], *, treated: str | Sequence[str] = ()) -> BetweenCase:
    """
    The standardised mean difference of an (AB)^k design.

    Args:
        cases: One panel a person, with phases; a missing day is left out, and keeps its place in time.
        treated: Labels that are treatment; see `parquetry.analysis.design.phases_of`.

    Raises:
        Usage: Fewer than two cases, different numbers of phases, phases that do not alternate between
            baseline and treatment, a phase without values, or no position that all cases have twice.

    Source:
        Hedges, Pustejovsky & Shadish (2012), Research Synthesis Methods 3(3):224-239, formulas 16-30
        and appendix.
    """
    rows = [_rows(panel, treated) for panel in cases]
    if len(rows) < 2 or len({len(np.unique(row.phase)) for row in rows}) > 1:
        raise Usage("a difference between cases needs two or more, each with the same phases")
    return _estimated(_Observations.of(rows))


@dataclass(frozen=True, slots=True)
class _Rows:
    """The values of one case, with the phase of each, its position in that phase, and its time."""

    values: Floats
    phase: Whole
    position: Whole
    time: Whole


def _rows(panel: Panel, treated: str | Sequence[str]) -> _Rows:
    phases = phases_of(panel.phases, treated)
    if len(phases) % 2 or any(phase.treated != bool(i % 2) for i, phase in enumerate(phases)):
        raise Usage("phases must be a baseline and a treatment, in turn", what=" ".join(p.label for p in phases))
    usable = panel.usable
    times = [np.flatnonzero(usable[p.first : p.last + 1]) + p.first for p in phases]
    if not all(len(each) for each in times):
        raise Usage("a phase has no values")
    time = np.concatenate(times)
    return _Rows(
        panel.outcome[time],
        np.repeat(np.arange(len(phases)), [len(each) for each in times]),
        np.concatenate([np.arange(len(each)) for each in times]),
        time,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Observations:
    """All cases' rows one after the other."""

    values: Floats
    case: Whole
    phase: Whole
    position: Whole
    time: Whole

    @classmethod
    def of(cls, rows: Sequence[_Rows]) -> _Observations:
        return cls(
            np.concatenate([row.values for row in rows]),
            np.repeat(np.arange(len(rows)), [len(row.values) for row in rows]),
            np.concatenate([row.phase for row in rows]),
            np.concatenate([row.position for row in rows]),
            np.concatenate([row.time for row in rows]),
        )

    @property
    def counts(self) -> tuple[int, int]:
        """Cases, and phases of each."""
        return int(self.case.max()) + 1, int(self.phase.max()) + 1

    def correlation(self, rho: float, phi: float) -> Floats:
        """Of all values: *rho* between those of a person, and what *phi* adds to it by their distance in time."""
        same = self.case[:, None] == self.case
        found: Floats = np.where(same, rho + (1 - rho) * phi ** np.abs(self.time[:, None] - self.time), 0.0)
        return found


def _estimated(seen: _Observations) -> BetweenCase:
    cases, phases = seen.counts
    weights = _weights(seen)
    difference = float(weights @ seen.values)
    phi, within = _within(seen)
    centring, positions = _centring(seen)
    left = positions * (cases - 1)
    total = float(seen.values @ centring @ seen.values) / left
    rho = max(0.0, 1 - within / total)
    correlation = seen.correlation(rho, phi)
    mixed = centring @ correlation
    freedom = left**2 / float((mixed * mixed.T).sum())
    theta = float(np.sqrt(weights @ correlation @ weights))
    plain, factor, nu = difference / np.sqrt(total), correction(freedom), max(freedom, _LEAST_FREEDOM)
    effect = factor * plain
    variance = factor**2 * (theta**2 * nu / (nu - 2) + effect**2 * (nu / (nu - 2) - 1 / factor**2))
    return BetweenCase(
        float(effect), float(variance), float(plain), difference, total, phi, within, rho, theta, freedom,
        cases, phases // 2,
    )  # fmt: skip


def _weights(seen: _Observations) -> Floats:
    """By which the values add up to D̄: every pair of phases counts the same, however long it is."""
    cases, phases = seen.counts
    group = seen.case * phases + seen.phase
    found: Floats = np.where(seen.phase % 2 == 1, 1.0, -1.0) / np.bincount(group)[group] / (cases * phases / 2)
    return found


def _within(seen: _Observations) -> tuple[float, float]:
    """φ and σ² around the mean of each phase of each case, both corrected for the means' being estimated."""
    cases, phases = seen.counts
    squares = products = 0.0
    groups = []
    for group in range(cases * phases):
        own = seen.values[(seen.case == group // phases) & (seen.phase == group % phases)]
        rest = own - own.mean()
        squares, products = squares + float(rest @ rest), products + float(rest[1:] @ rest[:-1])
        groups.append(len(own))
    days = np.array(groups)
    if not squares > 0:
        raise Usage("the outcome does not vary within the phases")
    phi = products / squares + float((1 - 1 / days).sum() / (days - 1).sum())
    spent = sum(float((phi ** np.abs(np.subtract.outer(np.arange(n), np.arange(n)))).sum()) / n for n in groups)
    return phi, squares / (len(seen.values) - spent)


def _centring(seen: _Observations) -> tuple[Floats, int]:
    """What takes from each value the mean of all cases at its position, where all have one; and how many there are."""
    cases, phases = seen.counts
    place = seen.position * phases + seen.phase
    complete = np.bincount(place)[place] == cases
    positions = len(np.unique(place[complete]))
    if not positions:
        raise Usage("there is no position in a phase that all cases have")
    same = (place[:, None] == place) & complete[:, None] & complete
    return np.diag(complete.astype(float)) - same / cases, positions
