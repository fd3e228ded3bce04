"""
Interrupted time series: what changed at a date, and by how much.

Segmented regression with a jump and a change of slope at the intervention, weekdays or season,
covariates, and autoregressive errors. Design: Lopez Bernal, Cummins, Gasparrini (2017), Int J
Epidemiol 46(1):348-355. Without a trend it is the analysis of an AB study.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from parquetry.analysis import refusals
from parquetry.analysis.design import Design, Impact, first_treated, interrupted
from parquetry.analysis.estimates import Direction, Estimate, Floats, plain
from parquetry.analysis.fit import Asked, Fit, fitted, ratio
from parquetry.analysis.mixture import Mixture
from parquetry.analysis.panel import Panel
from parquetry.errors import Usage


@dataclass(frozen=True, slots=True, eq=False)
class Interrupted:
    """
    What an interrupted time series says.

    Attributes:
        fit: The model, its posterior and its data.
        start: Row of the first treated day.
        window: First and last row of what average, cumulative and relative effect are about.
        level_change: The jump on the first treated day; None for a model without one.
        slope_change: A day (or week, or month); None for a model without one.
        average: Mean effect over the window's days.
        cumulative: Sum of the effects over the window's days, missing ones too.
        relative: The average effect over the mean of what would have been; None unless that is above 0.
        autocorrelation: From one day to the next.
    """

    fit: Fit
    asked: Asked
    start: int
    window: tuple[int, int]
    level_change: Estimate | None
    slope_change: Estimate | None
    average: Estimate
    cumulative: Estimate
    relative: Estimate | None
    autocorrelation: Estimate

    @property
    def design(self) -> Design:
        return self.fit.design

    @property
    def main(self) -> Estimate:
        """The estimate that stands for the study."""
        return self.average

    @property
    def contrast(self) -> Floats:
        """Of the main estimate."""
        return mean_effect(self.design, self.window)

    def to_dict(self) -> dict[str, Any]:
        names = ("start", "window", "level_change", "slope_change", "average", "cumulative", "relative")
        found = {name: plain(getattr(self, name)) for name in (*names, "autocorrelation")}
        return {**found, "usable": int(self.design.usable.sum()), "days": len(self.design.panel)}


def its(
    outcome: Panel | Sequence[float] | npt.NDArray[Any],
    start: object = None,
    *,
    impact: Impact = "both",
    trend: bool = True,
    washout: int = 0,
    season: bool = True,
    window: tuple[object, object] | None = None,
    level: float = 0.95,
    smallest: float | None = None,
    rope: tuple[float, float] | None = None,
    direction: Direction = "increase",
    affected: Collection[str] = (),
    **series: Any,
) -> Interrupted:
    """
    Analyse an interrupted time series.

    Args:
        outcome: A panel, or a value a day with NaN (or None) for a missing one.
        start: The first treated day, as index or date; inclusive. By default where the second phase begins.
        impact: ``level``, ``slope`` or ``both``.
        trend: Whether the baseline may drift; without, impact must be ``level``.
        washout: Days from *start* on that do not count.
        season: Weekdays from three weeks on (or the year's harmonics from two years on).
        window: First and last day, both inclusive, of average, cumulative and relative effect; by
            default from the first treated day after the washout to the last day.
        level: Probability in the intervals.
        smallest, rope, direction: See `Asked`.
        affected: Covariates that the treatment affects; an analysis with one of them is refused.
        series: What `Panel.of` takes: ``days``, ``covariates``, ``unit`` …

    Raises:
        Refused: The data or the design cannot support an answer; ``facts["reasons"]`` says why.
        Usage: The arguments do not make sense.

    Example:
        >>> its([3, 5, 4, 6, 4, 5, 3, 5, 4, 6, 9, 8, 7, 9, 8, 9, 7, 9, 8, 8], start=10).average.mean > 0
        True
    """
    panel = outcome if isinstance(outcome, Panel) else Panel.of(outcome, **series)
    row = panel.row_of(start) if start is not None else first_treated(panel)
    design = interrupted(panel, row, impact=impact, trend=trend, washout=washout, season=season)
    refusals.refuse(refusals.of_design(design, affected=affected))
    fit = fitted(design)
    refusals.refuse(refusals.of_fit(fit))
    chosen = None if window is None else (panel.row_of(window[0]), panel.row_of(window[1]))
    return answered(fit, row, Asked(level, smallest, rope, direction), chosen)


def answered(fit: Fit, start: int, asked: Asked, window: tuple[int, int] | None = None) -> Interrupted:
    """The effects of a fitted design, whether or not an answer would be refused."""
    design = fit.design
    first, last = window or (min(start + design.washout, len(design.panel) - 1), len(design.panel) - 1)
    if not start <= first <= last < len(design.panel):
        raise Usage(f"the window, rows {first} to {last}, must lie within the treated ones, {start} to the last")
    mean = mean_effect(design, (first, last))
    untreated = design.untreated()[first : last + 1].mean(axis=0)
    realised = _realised(fit, start, (first, last))
    days = last - first + 1
    seen = int(design.usable[first : last + 1].sum())
    known = np.isfinite(untreated).all()
    return Interrupted(
        fit, asked, start, (first, last),
        _change(fit, "level", "level change", asked, 1.0, "y"),
        _change(fit, "slope", "slope change", asked, 1 / len(design.panel), f"y/{design.panel.period}"),
        fit.estimate("average effect", mean, asked, realised=realised),
        fit.estimate(
            "cumulative effect", mean, asked, times=days, judged=False, realised=realised if seen == days else None
        ),
        ratio(fit, mean, untreated, asked) if known else None,
        fit.phi(asked),
    )  # fmt: skip


def _change(fit: Fit, name: str, title: str, asked: Asked, times: float, unit: str) -> Estimate | None:
    if name not in fit.design.names:
        return None
    return fit.estimate(title, fit.design.unit(name), asked, times=times, unit=unit, judged=name == "level")


def mean_effect(design: Design, window: tuple[int, int]) -> Floats:
    """The contrast of the mean effect over the window's days."""
    found = np.zeros(len(design.names))
    effects = list(design.effects)
    found[effects] = design.matrix[window[0] : window[1] + 1, effects].mean(axis=0)
    return found


def _realised(fit: Fit, start: int, window: tuple[int, int]) -> Mixture | None:
    """
    The mean of outcome less what would have been, over the window's usable days.

    What would have been follows the untreated mean, from the last error before *start* on, with
    noise of its own: φ^h of that error is left after h days. Exact given φ: the sum of the errors
    on the days of the window is a weighted sum of their independent innovations.
    """
    design, posterior = fit.design, fit.posterior
    usable = design.usable
    before = np.flatnonzero(usable[:start])
    rows = np.flatnonzero(usable[window[0] : window[1] + 1]) + window[0]
    if not len(rows) or not len(before):
        return None
    last = int(before[-1])
    standard = (design.panel.outcome - fit.centre) / fit.spread
    phi = posterior.phi[:, None]
    kept = (phi ** (rows - last)).mean(axis=1)
    untreated = design.untreated()
    contrast = -untreated[rows].mean(axis=0) + kept[:, None] * untreated[last]
    noise = _noise_of_mean(posterior.phi, np.diff(np.concatenate([[last], rows])))
    mixture = posterior.linear(contrast, 0.0, noise)
    shift = float(standard[rows].mean()) - kept * float(standard[last])
    return Mixture(mixture.weights, mixture.locations + shift, mixture.scales, mixture.freedom)


def _noise_of_mean(phi: Floats, gaps: npt.NDArray[np.int64]) -> Floats:
    """The variance over σ² of the mean of autoregressive errors that start from a known one, by node."""
    following, total = np.zeros_like(phi), np.zeros_like(phi)
    for index in range(len(gaps) - 1, -1, -1):
        # An innovation is in its own day's error and, fading, in all that follow.
        fading = phi ** gaps[index + 1] if index + 1 < len(gaps) else np.zeros_like(phi)
        following = 1 + fading * following
        total += following**2 * (1 - phi ** (2 * gaps[index])) / (1 - phi * phi)
    found: Floats = total / len(gaps) ** 2
    return found
