"""
A study analysed: its design's method, the checks, the other models, and what stands beside the answer.

Here a declared study meets its days. What comes out holds everything that a report shows; a study
that is refused has reasons, checks and its data, and no number of an effect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from parquetry.analysis import checks, refusals
from parquetry.analysis.abab import Reversed, pooled
from parquetry.analysis.abab import answered as reversed_answer
from parquetry.analysis.changepoints import WHY, ChangePoints, change_points
from parquetry.analysis.classical import Row, side_by_side
from parquetry.analysis.counterfactual import Counterfactual, counterfactual
from parquetry.analysis.design import Design, first_treated, interrupted, reversal
from parquetry.analysis.effect_sizes import EffectSize, effect_sizes
from parquetry.analysis.estimates import Check, Estimate, Reason, Variant, plain
from parquetry.analysis.fit import Asked, Fit, fitted
from parquetry.analysis.its import Interrupted
from parquetry.analysis.its import answered as interrupted_answer
from parquetry.analysis.panel import Panel
from parquetry.analysis.randomisation import Randomised
from parquetry.analysis.sensitivity import sensitivity
from parquetry.studies import Study

Engine: TypeAlias = Literal["exact", "nuts"]
Answer: TypeAlias = Interrupted | Reversed  # | Modelled, from families
NO_CHANGE = Reason(
    "no-change-point",
    "the day of the change is not known, and no change of level can be told from a series that merely wanders",
)


@dataclass(frozen=True, slots=True, eq=False)
class Analysed:
    """
    One series of a study.

    Attributes:
        name: Of the series in a multiple-baseline study, else empty.
        panel: Its days, with phases, and what was excluded and why (the washout too).
        answer: None where it is refused.
        reasons: Why; empty where there is an answer.
        checks: All that could be looked at.
        variants: The rows of the sensitivity forest; empty where refused, like all that follow.
        effect_sizes: Descriptive, each under its exact name.
        randomised: None unless the schedule was randomised.
        beside: The usual methods on the same design and quantity.
        curves: Fitted, untreated, effect and cumulative, day by day.
        change_points: Where the day of the change was looked for.
    """

    name: str
    panel: Panel
    answer: Answer | None
    reasons: tuple[Reason, ...]
    checks: tuple[Check, ...]
    variants: tuple[Variant, ...] = ()
    effect_sizes: tuple[EffectSize, ...] = ()
    randomised: Randomised | None = None
    beside: tuple[Row, ...] = ()
    curves: Counterfactual | None = None
    change_points: ChangePoints | None = None

    @property
    def refused(self) -> bool:
        return self.answer is None

    def to_dict(self) -> dict[str, Any]:
        names = (
            "name", "panel", "answer", "reasons", "checks", "variants", "effect_sizes", "randomised", "beside",
            "curves", "change_points",
        )  # fmt: skip
        return {name: plain(getattr(self, name)) for name in names}


@dataclass(frozen=True, slots=True, eq=False)
class Studied:
    """
    A study and its answers.

    Attributes:
        series: One, or each of a multiple-baseline study.
        pooled: The common effect of a multiple-baseline study; None for others, and where any part is refused.
        exploratory: Why the answer is exploratory for reasons that lie in the analysis, such as a date
            found in the same data; a registration's deviations are the report's business.
        engine, seed: With which it can be computed again.
    """

    study: Study
    series: tuple[Analysed, ...]
    pooled: Estimate | None
    exploratory: tuple[str, ...]
    engine: Engine
    seed: int

    @property
    def refused(self) -> bool:
        return any(each.refused for each in self.series)

    def to_dict(self) -> dict[str, Any]:
        return {
            "series": [each.to_dict() for each in self.series], "pooled": plain(self.pooled),
            "exploratory": list(self.exploratory), "engine": self.engine, "seed": self.seed,
        }  # fmt: skip


def studied(
    study: Study, panels: Mapping[str, Panel], *, engine: Engine = "exact", seed: int = 0, causalpy: bool = False
) -> Studied:
    """
    Analyse *study*.

    Args:
        panels: Its days, by series; ``{"": panel}`` where there is one.
        engine: ``exact``, or ``nuts`` to sample a Gaussian model (extra ``bayes``). Counts and shares are
            sampled anyway.
        seed: Of everything that is drawn; the same seed gives the same numbers.
        causalpy: Put CausalPy beside, too, where it is installed; that takes seconds.

    Raises:
        Usage: The declared design does not fit the days.
        MissingExtra: A sampler is needed and not installed.
    """
    how = _How(study, engine, seed, causalpy)
    series = tuple(how.analysed(name, panel) for name, panel in panels.items())
    exploratory = (WHY,) if study.phases.unknown else ()
    return Studied(study, series, None, exploratory, engine, seed)


class _How:
    """One study's way through the methods, series by series."""

    def __init__(self, study: Study, engine: Engine, seed: int, causalpy: bool) -> None:
        self._study, self._engine, self._seed, self._causalpy = study, engine, seed, causalpy
        outcome = study.outcome
        self._asked = Asked(study.model.level, outcome.smallest, outcome.region, outcome.direction)
        self._affected = [covariate.name for covariate in study.covariates if covariate.affected]

    def analysed(self, name: str, panel: Panel) -> Analysed:
        found = self._searched(panel) if self._study.phases.unknown else None
        if found is not None and not found.points:
            return Analysed(name, panel, None, (NO_CHANGE,), (), change_points=found)
        design = self._design(panel, found)
        reasons = refusals.of_design(design, affected=self._affected, reversals=self._study.design == "ABAB")
        fit = None if reasons else self._fitted(design)
        if fit is not None:
            reasons = refusals.of_fit(fit)
        if reasons or fit is None:
            return Analysed(
                name, design.panel, None, reasons, checks.of_refused(design, fit), change_points=found
            )  # fmt: skip
        return self._answered(name, fit, found)

    def _answered(self, name: str, fit: Fit, found: ChangePoints | None) -> Analysed:
        answer = self._answer(fit)
        design = fit.design
        return Analysed(
            name,
            design.panel,
            answer,
            (),
            checks.checks(answer, seed=self._seed),
            sensitivity(answer),
            self._effect_sizes(answer),
            None,
            side_by_side(design, answer.contrast, self._asked.level),
            counterfactual(fit, level=self._asked.level, seed=self._seed),
            found,
        )

    def _searched(self, panel: Panel) -> ChangePoints:
        return change_points(panel, most=1, seed=self._seed, level=self._asked.level)

    def _design(self, panel: Panel, found: ChangePoints | None) -> Design:
        model, washout = self._study.model, self._study.phases.washout
        if self._study.design in ("ABAB", "alternating"):
            return reversal(
                panel, treated=self._study.phases.treated, trend=bool(model.trend), washout=washout,
                season=model.season, each=self._study.design == "ABAB",
            )  # fmt: skip
        ab = self._study.design == "AB"
        trend = not ab if model.trend is None else model.trend
        start = first_treated(panel) if found is None else found.points[0].row
        return interrupted(
            panel, start, impact="level" if ab and not trend else model.impact, trend=trend, washout=washout,
            season=model.season,
        )  # fmt: skip

    def _fitted(self, design: Design) -> Fit:
        return pooled(design) if self._study.design == "ABAB" else fitted(design)

    def _answer(self, fit: Fit) -> Interrupted | Reversed:
        if self._study.design in ("ABAB", "alternating"):
            return reversed_answer(fit, self._asked, self._seed)
        window = self._study.model.window
        panel = fit.design.panel
        rows = None if window is None else (panel.row_of(window[0]), panel.row_of(window[1]))
        return interrupted_answer(fit, int(np.flatnonzero(fit.design.treated)[0]), self._asked, rows)

    def _effect_sizes(self, answer: Interrupted | Reversed) -> tuple[EffectSize, ...]:
        """None for alternating treatments: they have no phases to compare."""
        outcome = self._study.outcome
        options: dict[str, Any] = {"direction": outcome.direction, "level": self._asked.level, "seed": self._seed}
        if outcome.kind == "share":
            options["most"] = 1.0
        if isinstance(answer, Interrupted):
            return effect_sizes(answer.design.panel, answer.start, **options)
        if not answer.reversals:
            return ()
        return effect_sizes(answer.design.panel, treated=self._study.phases.treated, **options)
