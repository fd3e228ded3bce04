"""
Studies that were never run: series as this person's baseline would go on, each with a treatment.

A series is drawn from the exact posterior of a level, weekdays and autoregressive noise on the
baseline's days, with new coefficients each time, so that what the baseline leaves open counts. Days
are missing in the baseline's own pattern. The person is taken to stay as they were.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, TypeAlias

import numpy as np

from parquetry.analysis import refusals
from parquetry.analysis.abab import mean_of_reversals, pooled
from parquetry.analysis.design import Design, Impact, interrupted, reversal, steady
from parquetry.analysis.estimates import Flags, Floats, Reason
from parquetry.analysis.fit import Fit, fitted, prior_of
from parquetry.analysis.its import mean_effect
from parquetry.analysis.panel import Panel
from parquetry.analysis.randomisation import blocks
from parquetry.errors import Usage

Kind: TypeAlias = Literal["ITS", "AB", "ABAB", "alternating"]
BASELINE_DAYS = 14
"""Usable days a baseline must have: two weeks, from which level, noise and autocorrelation can be told at all."""


@dataclass(frozen=True, slots=True)
class Plan:
    """
    A design that might be chosen.

    Attributes:
        kind: Of the study.
        days: In all; ITS and AB are treated from the middle on.
        phases: Of a reversal design, all equally long; 2 for ITS and AB; of alternating treatments the blocks.
        impact, trend, season, washout: As in the study's own analysis.
        block: Days after which alternating treatments may change.
    """

    kind: Kind
    days: int
    phases: int = 2
    impact: Impact = "both"
    trend: bool = False
    season: bool = True
    washout: int = 0
    block: int = 1

    def treated(self, random: np.random.Generator) -> Flags:
        """Which days are, shape (days,); drawn by lot where treatments alternate."""
        if self.kind == "alternating":
            drawn: Flags = blocks(self.days, self.block).draw(random, 1)[0]
            return drawn
        found: Flags = (np.arange(self.days) * self.phases // self.days) % 2 == 1
        return found

    def shape(self, treated: Flags) -> Floats:
        """An effect of 1 on average over the treated days: a step, or a ramp for a change of slope alone."""
        if self.kind == "ITS" and self.impact == "slope":
            ramp = np.cumsum(treated) - treated.astype(float)
            found: Floats = ramp / ramp[treated].mean()
            return found
        return treated.astype(float)

    def design(self, panel: Panel) -> Design:
        if self.kind in ("ITS", "AB"):
            start = int(np.flatnonzero(np.array(panel.phases) == "B")[0])
            trend = self.kind == "ITS" and self.trend
            impact = self.impact if trend else "level"
            return interrupted(panel, start, impact=impact, trend=trend, washout=self.washout, season=self.season)
        return reversal(
            panel, treated="B", trend=self.trend, washout=self.washout, season=self.season, each=self.kind == "ABAB"
        )

    def contrast(self, design: Design) -> Floats:
        """Of the estimate that stands for the study."""
        if self.kind in ("ITS", "AB"):
            start = int(np.flatnonzero(design.treated)[0])
            return mean_effect(design, (start + self.washout, len(design.panel) - 1))
        return mean_of_reversals(design)

    def fit(self, design: Design) -> Fit:
        return pooled(design) if self.kind == "ABAB" else fitted(design)

    def reasons(self, design: Design) -> tuple[Reason, ...]:
        """Why its design would be refused."""
        return refusals.of_design(design, reversals=self.kind == "ABAB")


def computed(fit: Fit) -> tuple[Reason, ...]:
    """Why a fit would be refused; the spread between reversals does not enter, which saves most of the time."""
    return refusals.of_fit(replace(fit, prior=prior_of(fit.design)))


def lived(baseline: Panel, first: date | None) -> Panel:
    """
    From the study's first day on if two weeks with values are left, and up to the last one that has
    any: a treatment that is yet to come leaves days that nobody has lived.
    """
    there = np.flatnonzero(np.isfinite(baseline.outcome))
    if not len(there):
        return baseline
    begin = 0
    if first and baseline.days is not None:
        begin = int(np.searchsorted(baseline.days, np.datetime64(first, "D")))
    return baseline.between(begin if (there >= begin).sum() >= BASELINE_DAYS else 0, int(there[-1]) + 1)


def known(baseline: Panel, *, season: bool = True) -> Fit:
    """
    What the baseline says of this person's days.

    Raises:
        Refused: It has too few days, or days from which nothing can be learned.
    """
    usable = int(baseline.usable.sum())
    if usable < BASELINE_DAYS:
        facts = {"days": usable, "least": BASELINE_DAYS}
        text = f"{usable} usable days of baseline; simulating from it takes {BASELINE_DAYS}"
        refusals.refuse((Reason("few-baseline-days", text, facts),))
    design = steady(replace(baseline, covariates={}), season=season)
    refusals.refuse(refusals.of_design(design))
    fit = fitted(design)
    # Persistent errors are no ground here: what they do to a study is what is simulated.
    refusals.refuse(tuple(each for each in refusals.of_fit(fit) if each.code in ("not-finite", "no-noise")))
    return fit


def futures(fit: Fit, plan: Plan, count: int, seed: int) -> Iterator[tuple[Panel, Floats]]:
    """
    *count* studies without an effect, each with the shape that an effect of 1 has, shape (days,).

    Args:
        fit: As `known` gives it.
    """
    if plan.days < 2 * plan.phases:
        raise Usage(f"{plan.days} days are too few for {plan.phases} phases")
    random = np.random.default_rng([seed, plan.days, plan.phases])
    coming, matrix = _coming(fit.design, plan.days)
    draws = fit.posterior.draws(count, seed)
    for beta, sigma, phi in zip(draws.beta, draws.sigma, draws.phi, strict=True):
        treated = plan.treated(random)
        standard = matrix @ beta + sigma * _errors(random, float(phi), plan.days)
        outcome = fit.centre + fit.spread * standard
        outcome[_missing(fit.design.panel, random, plan.days)] = np.nan
        labels = tuple("B" if on else "A" for on in treated)
        yield replace(coming, outcome=outcome, phases=labels), plan.shape(treated)


def _coming(design: Design, days: int) -> tuple[Panel, Floats]:
    """The *days* after the baseline, and what its coefficients stand for on them."""
    panel = design.panel
    length = max(days, len(panel), 21)
    calendar = panel.calendar()
    later = calendar[-1] + (calendar[1] - calendar[0]) * np.arange(1, length + 1)
    coming = Panel(np.zeros(length), days=later, period=panel.period, unit=panel.unit)
    offered = steady(coming, season=any(design.nuisance()))
    chosen = [offered.column(name) for name in design.names if name in offered.names]
    return replace(coming.until(days), days=later[:days]), offered.matrix[:days, chosen]


def _errors(random: np.random.Generator, phi: float, days: int) -> Floats:
    """Stationary, with innovations of standard deviation 1."""
    steps = random.standard_normal(days)
    found = np.empty(days)
    found[0] = steps[0] / np.sqrt(1 - phi * phi)
    for day in range(1, days):
        found[day] = phi * found[day - 1] + steps[day]
    return found


def _missing(baseline: Panel, random: np.random.Generator, days: int) -> Flags:
    """The baseline's own gaps, from a day of it on that is drawn, going round."""
    missing = ~baseline.usable
    found: Flags = missing[(int(random.integers(len(missing))) + np.arange(days)) % len(missing)]
    return found
