"""
Reversal designs: the treatment switched on and off, an effect for each time.

One regression over the whole series, with one autoregression. Each change of phase has an effect of
its own (a change back to baseline with its sign turned), drawn from a common one; how far they
spread is integrated over a grid beside φ. The unpooled effects and their mean stand beside the
pooled ones: pooling decides little where it may, and the reader sees where it does.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from parquetry.analysis import refusals
from parquetry.analysis.design import EFFECT_SD, SPREAD_SD, Design, reversal
from parquetry.analysis.estimates import Direction, Estimate, Floats, plain
from parquetry.analysis.fit import Asked, Fit, Spreads, fitted, prior_of
from parquetry.analysis.panel import Panel

SPREADS, WIDEST = 16, 5.0
"""
Values of the spread on its grid, up to so many standard deviations of its prior. With them means and
ends of intervals are those of the integral to two thousandths of a posterior standard deviation.
"""
DRAWS = 4_000


@dataclass(frozen=True, slots=True)
class Reversal:
    """
    The effect of the treatment at one change of phase.

    Attributes:
        before, after: The labels of the two phases.
        row: First row of the later one.
        pooled, unpooled: The effect with and without partial pooling.
    """

    before: str
    after: str
    row: int
    pooled: Estimate
    unpooled: Estimate


@dataclass(frozen=True, slots=True, eq=False)
class Reversed:
    """
    What a reversal study says.

    Attributes:
        fit, alone: The model with and without partial pooling.
        reversals: One for each change of phase, in order; empty for alternating treatments.
        effect: The common effect: what one more reversal would show on average. It allows for what
            reversals may differ by; for alternating treatments, the effect.
        here: The mean of the study's own effects, partially pooled; None for alternating treatments.
        unpooled: The plain mean of the unpooled effects; None for alternating treatments.
        spread: Between reversals: posterior mean of its standard deviation, in the outcome's unit.
        agree: The probability that all reversals have the same sign; pooled, and unpooled.
        autocorrelation: From one day to the next.
    """

    fit: Fit
    alone: Fit | None
    asked: Asked
    reversals: tuple[Reversal, ...]
    effect: Estimate
    here: Estimate | None
    unpooled: Estimate | None
    spread: float | None
    agree: tuple[float, float] | None
    autocorrelation: Estimate

    @property
    def design(self) -> Design:
        return self.fit.design

    @property
    def main(self) -> Estimate:
        """The estimate that stands for the study; never shown without the reversals."""
        return self.here or self.effect

    @property
    def contrast(self) -> Floats:
        """Of the main estimate."""
        return mean_of_reversals(self.design)

    def to_dict(self) -> dict[str, Any]:
        names = ("reversals", "effect", "here", "unpooled", "spread", "agree", "autocorrelation")
        found = {name: plain(getattr(self, name)) for name in names}
        phases = [plain(phase) for phase in self.design.phases]
        return {**found, "phases": phases, "usable": int(self.design.usable.sum()), "days": len(self.design.panel)}


def abab(
    outcome: Panel | Sequence[float] | npt.NDArray[Any],
    phases: Sequence[str] = (),
    *,
    treated: str | Sequence[str] = (),
    alternating: bool = False,
    trend: bool = False,
    washout: int = 0,
    season: bool = True,
    level: float = 0.95,
    smallest: float | None = None,
    rope: tuple[float, float] | None = None,
    direction: Direction = "increase",
    affected: Collection[str] = (),
    seed: int = 0,
    **series: Any,
) -> Reversed:
    """
    Analyse a reversal study, or one of alternating treatments.

    Args:
        outcome: A panel, or a value a day with NaN (or None) for a missing one.
        phases: The label of each day, where *outcome* is no panel: ``A A B B …``, ``A1 … B1 …``.
        treated: Labels or conditions that are treatment; by default what is not ``A``, ``baseline``, ``control`` or
            ``off``, or, where neither condition is, whatever the first day is not.
        alternating: Conditions change too often for phases to be told apart: one effect.
        trend: Whether the outcome may drift over the whole study.
        washout: Days at the beginning of each phase but the first that do not count.
        season, level, smallest, rope, direction, affected, series: As for `its`.
        seed: Of the draws behind ``agree``.

    Raises:
        Refused: The data or the design cannot support an answer; ``facts["reasons"]`` says why.
        Usage: The arguments do not make sense.

    Example:
        >>> abab([5, 6, 4, 5, 6, 9, 8, 9, 10, 9, 5, 4, 6, 5, 5, 9, 8, 10, 9, 8], "AAAAABBBBBAAAAABBBBB").agree[0] > 0.9
        True
    """
    panel = outcome if isinstance(outcome, Panel) else Panel.of(outcome, phases=phases, **series)
    design = reversal(
        panel, treated=treated, trend=trend, washout=washout, season=season, each=not alternating
    )  # fmt: skip
    refusals.refuse(refusals.of_design(design, affected=affected, reversals=not alternating))
    fit = pooled(design)
    refusals.refuse(refusals.of_fit(fit))
    return answered(fit, Asked(level, smallest, rope, direction), seed)


def answered(fit: Fit, asked: Asked, seed: int = 0, *, alone: Fit | None = None) -> Reversed:
    """
    The effects of a fitted reversal design, whether or not an answer would be refused.

    Args:
        alone: The fit without pooling, where there is one already.
    """
    design = fit.design
    names = [name for name in design.names if name.startswith("reversal ")]
    title = "effect of one more reversal" if names else "effect"
    effect = fit.estimate(title, design.unit("effect"), asked)
    if not names:
        return Reversed(fit, None, asked, (), effect, None, None, None, None, fit.phi(asked))
    alone = alone or unpooled(design)
    contrasts = [design.unit("effect") + design.unit(name) for name in names]
    own = [alone.design.unit(name) for name in names]
    changes = tuple(
        Reversal(
            before.label, after.label, after.first,
            fit.estimate(f"{before.label} to {after.label}", shared, asked),
            alone.estimate(f"{before.label} to {after.label}", single, asked),
        )
        for (before, after), shared, single in zip(pairwise(design.phases), contrasts, own, strict=True)
    )  # fmt: skip
    here = fit.estimate("mean of the pooled effects", mean_of_reversals(design), asked)
    mean = alone.estimate("mean of the unpooled effects", np.mean(own, axis=0), asked)
    agree = (_agreement(fit, contrasts, seed), _agreement(alone, own, seed))
    return Reversed(fit, alone, asked, changes, effect, here, mean, _spread(fit), agree, fit.phi(asked))


def mean_of_reversals(design: Design) -> Floats:
    """The contrast of the mean of the effects of all reversals."""
    found = design.unit("effect") if "effect" in design.names else np.zeros(len(design.names))
    own = [i for i, name in enumerate(design.names) if name.startswith("reversal ")]
    found[own] = 1 / max(len(own), 1)
    return found


def pooled(design: Design, *, factor: float = 1.0, independent: bool = False) -> Fit:
    """Fit with the spread between reversals integrated over a grid of its half-normal prior."""
    names = [i for i, name in enumerate(design.names) if name.startswith("reversal ")]
    if not names:
        return fitted(design, factor=factor, independent=independent)
    return fitted(design, prior=prior_of(design, factor=factor, independent=independent, spreads=spread_grid()))


def unpooled(design: Design) -> Fit:
    """Fit with an effect for each reversal that knows nothing of the others."""
    return fitted(_apart(design))


def spread_grid() -> Spreads:
    """Nodes and weights of Gauss and Legendre, denser towards 0, where in long phases little noise decides."""
    points, weights = np.polynomial.legendre.leggauss(SPREADS)
    share = (points + 1) / 2
    standard = WIDEST * share**1.5
    mass = weights * np.sqrt(share) * np.exp(-(standard**2) / 2)
    return Spreads(SPREAD_SD * standard, mass / mass.sum())


def _apart(design: Design) -> Design:
    keep = [i for i, name in enumerate(design.names) if name != "effect"]
    names = [design.names[i] for i in keep]
    sd = np.array([EFFECT_SD if n.startswith("reversal ") else design.sd[i] for i, n in zip(keep, names, strict=True)])
    return design.only(keep, sd, [name for name in names if name.startswith("reversal ")])


def _agreement(fit: Fit, contrasts: Sequence[Floats], seed: int) -> float:
    effects = fit.posterior.draws(DRAWS, seed).beta @ np.column_stack(contrasts)
    return float(np.mean((effects > 0).all(axis=1) | (effects < 0).all(axis=1)))


def _spread(fit: Fit) -> float:
    """E[τσ]; σ's mean given a node is that of the root of an inverse gamma, near √(rate / (shape - ¾))."""
    posterior = fit.posterior
    sigma = np.sqrt(posterior.rate / (posterior.shape - 0.75))
    spreads = fit.prior.sd[:, fit.design.column("reversal 1")]
    return float(posterior.weights @ (spreads[posterior.scale] * sigma) * fit.spread)
