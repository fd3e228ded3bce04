"""
A study analysed: its design's method, the checks, the other models, and what stands beside the answer.

Here a declared study meets its days. What comes out holds everything that a report shows; a study
that is refused has reasons, checks and its data, and no number of an effect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np

from parquetry.analysis import checks, multiple, refusals
from parquetry.analysis.abab import Reversed, pooled
from parquetry.analysis.abab import answered as reversed_answer
from parquetry.analysis.beside import causalpy
from parquetry.analysis.calibrated import Calibrated, calibrated, measured_as, of_found_date
from parquetry.analysis.changepoints import WHY, ChangePoints, change_points
from parquetry.analysis.classical import Row, side_by_side
from parquetry.analysis.counterfactual import Counterfactual, counterfactual
from parquetry.analysis.design import Design, first_treated, interrupted, reversal
from parquetry.analysis.effect_sizes import EffectSize, effect_sizes
from parquetry.analysis.estimates import Check, Estimate, Reason, Variant, plain
from parquetry.analysis.families import Modelled, modelled, prepared
from parquetry.analysis.families import checks as family_checks
from parquetry.analysis.fit import Asked, Fit, fitted
from parquetry.analysis.its import Interrupted
from parquetry.analysis.its import answered as interrupted_answer
from parquetry.analysis.multiple import Pooled
from parquetry.analysis.nuts import by_nuts
from parquetry.analysis.panel import Panel
from parquetry.analysis.randomisation import Randomised
from parquetry.analysis.schedules import randomised, randomised_together
from parquetry.analysis.sensitivity import sensitivity
from parquetry.errors import Refused, Usage
from parquetry.studies import Study

Engine: TypeAlias = Literal["exact", "nuts"]
Answer: TypeAlias = Interrupted | Reversed | Modelled
NO_CHANGE = Reason(
    "no-change-point",
    "the day of the change is not known, and no change of level can be told from a series that merely wanders",
)
"""The only ground that depends on the outcome: a larger change would have been found."""


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
        untested: Why there is no randomisation test although the schedule was randomised; else empty.
        beside: The usual methods on the same design and quantity.
        curves: Fitted, untreated, effect and cumulative, day by day.
        change_points: Where the day of the change was looked for.
        calibrated: What simulated studies like this one have shown of its intervals.
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
    calibrated: Calibrated | None = None
    untested: str = ""

    @property
    def refused(self) -> bool:
        return self.answer is None

    def to_dict(self) -> dict[str, Any]:
        names = (
            "name", "panel", "answer", "reasons", "checks", "variants", "effect_sizes", "randomised", "beside",
            "curves", "change_points", "calibrated", "untested",
        )  # fmt: skip
        return {name: plain(getattr(self, name)) for name in names}


@dataclass(frozen=True, slots=True, eq=False)
class Studied:
    """
    A study and its answers.

    Attributes:
        series: One, or each of a multiple-baseline study.
        pooled: The common effect of a multiple-baseline study; None for others, and where any part is refused.
        together: All that its series say together.
        randomised: The joint test of its series, if their dates were randomised.
        untested: Why there is none although they were; else empty.
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
    together: Pooled | None = None
    randomised: Randomised | None = None
    untested: str = ""

    @property
    def refused(self) -> bool:
        return any(each.refused for each in self.series)

    @property
    def calibrated(self) -> str | None:
        """What simulation has shown of studies like this one, in sentences; those of the first series."""
        found = self.series[0].calibrated
        return None if found is None or self.refused else found.text

    def to_dict(self) -> dict[str, Any]:
        return {
            "series": [each.to_dict() for each in self.series], "pooled": plain(self.pooled),
            "exploratory": list(self.exploratory), "engine": self.engine, "seed": self.seed,
            "together": plain(self.together), "randomised": plain(self.randomised), "untested": self.untested,
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
    found = Studied(study, series, None, (WHY,) if study.phases.unknown else (), engine, seed)
    return how.together(found) if study.design == "multiple baseline" else found


class _How:
    """One study's way through the methods, series by series."""

    def __init__(self, study: Study, engine: Engine, seed: int, causalpy: bool) -> None:
        self._study, self._engine, self._seed, self._causalpy = study, engine, seed, causalpy
        outcome = study.outcome
        self._asked = Asked(study.model.level, outcome.smallest, outcome.region, outcome.direction)
        self._affected = [covariate.name for covariate in study.covariates if covariate.affected]

    def analysed(self, name: str, panel: Panel) -> Analysed:
        kind = self._study.outcome.kind
        panel = panel if kind == "continuous" else prepared(kind, panel)
        found = self._searched(panel) if self._study.phases.unknown else None
        if found is not None and not found.points:
            return Analysed(name, panel, None, (NO_CHANGE,), (), change_points=found)
        design = self._design(panel, found)
        answered = self._exact if kind == "continuous" else self._sampled
        reasons = refusals.of_design(design, affected=self._affected, reversals=self._study.design == "ABAB")
        analysed = _refused(name, design, reasons) if reasons else answered(name, design)
        if found is None:
            return analysed
        return replace(analysed, change_points=found, calibrated=None if analysed.refused else of_found_date())

    def _exact(self, name: str, design: Design) -> Analysed:
        fit = pooled(design) if self._study.design == "ABAB" else fitted(design)
        if reasons := refusals.of_fit(fit):
            return _refused(name, design, reasons, fit)
        answer = self._answer(fit)
        looked = checks.checks(answer, seed=self._seed)
        if self._engine == "nuts":
            try:
                sampled = by_nuts(answer, seed=self._seed)
            except Refused as refused:
                return _refused(name, design, refusals.reasons_of(refused), fit)
            named = {check.name for check in sampled.checks}
            answer, looked = sampled.answer, (*(c for c in looked if c.name not in named), *sampled.checks)
        test, untested = self._randomised(design)
        return Analysed(
            name,
            design.panel,
            answer,
            (),
            looked,
            sensitivity(answer),
            self._effect_sizes(design.panel, answer),
            test,
            self._beside(answer),
            counterfactual(fit, level=self._asked.level, seed=self._seed),
            calibrated=calibrated(measured_as(design), int(design.usable.sum()), answer.autocorrelation.mean),
            untested=untested,
        )

    def _sampled(self, name: str, design: Design) -> Analysed:
        kind = self._study.outcome.kind
        assert kind != "continuous"
        try:
            answer = modelled(design, kind, self._asked, self._window(design.panel), seed=self._seed)
        except Refused as refused:
            return _refused(name, design, refusals.reasons_of(refused))
        panel = answer.shown
        test, untested = self._randomised(replace(design, panel=panel))
        return Analysed(
            name,
            panel,
            answer,
            (),
            family_checks.checks(answer),
            family_checks.sensitivity(answer),
            self._effect_sizes(panel, answer),
            test,
            (),
            answer.curves,
            untested=untested,
        )

    def together(self, found: Studied) -> Studied:
        """What the series of a multiple-baseline study say together; as it is where any of them is refused."""
        answers = [each.answer for each in found.series if each.answer is not None]
        if found.refused or len(answers) < multiple.LEAST:
            return found
        gaussian = [answer for answer in answers if isinstance(answer, Interrupted)]
        if len(gaussian) == len(answers):
            pooled = multiple.pooled_over(gaussian, self._asked)
        else:
            pooled = multiple.together([answer.main for answer in answers], _noise(found), self._asked)
        shown = [replace(each.answer.design, panel=each.panel) for each in found.series if each.answer is not None]
        test, untested = _tested(lambda: randomised_together(self._study, shown, seed=self._seed))
        return replace(found, pooled=pooled.effect, together=pooled, randomised=test, untested=untested)

    def _randomised(self, design: Design) -> tuple[Randomised | None, str]:
        if self._study.design == "multiple baseline":
            return None, ""
        return _tested(lambda: randomised(self._study, design, seed=self._seed))

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

    def _answer(self, fit: Fit) -> Interrupted | Reversed:
        if self._study.design in ("ABAB", "alternating"):
            return reversed_answer(fit, self._asked, self._seed)
        start = int(np.flatnonzero(fit.design.treated)[0])
        return interrupted_answer(fit, start, self._asked, self._window(fit.design.panel))

    def _window(self, panel: Panel) -> tuple[int, int] | None:
        window = self._study.model.window
        return None if window is None else (panel.row_of(window[0]), panel.row_of(window[1]))

    def _beside(self, answer: Interrupted | Reversed) -> tuple[Row, ...]:
        usual = side_by_side(answer.design, answer.contrast, self._asked.level)
        if not self._causalpy or not isinstance(answer, Interrupted):
            return usual
        theirs = causalpy(answer.design, answer.window, level=self._asked.level, seed=self._seed)
        return usual if theirs is None else (*usual, theirs)

    def _effect_sizes(self, panel: Panel, answer: Answer) -> tuple[EffectSize, ...]:
        """None for alternating treatments: they have no phases to compare."""
        outcome = self._study.outcome
        options: dict[str, Any] = {"direction": outcome.direction, "level": self._asked.level, "seed": self._seed}
        if outcome.kind == "share":
            options["most"] = 1.0
        if not isinstance(answer, Reversed) and answer.start is not None:
            return effect_sizes(panel, answer.start, **options)
        if answer.reversals:
            return effect_sizes(panel, treated=self._study.phases.treated, **options)
        return ()


def _refused(name: str, design: Design, reasons: tuple[Reason, ...], fit: Fit | None = None) -> Analysed:
    return Analysed(name, design.panel, None, reasons, checks.of_refused(design, fit))


def _tested(test: Callable[[], Randomised | None]) -> tuple[Randomised | None, str]:
    """The test; or why it cannot be made of the days that are there, which takes nothing from the answer."""
    try:
        return test(), ""
    except Usage as error:
        return None, " ".join([error.failed, *(f"({each})" for each in error.what)])


def _noise(found: Studied) -> float:
    """Day-to-day, of series that are no Gaussian ones: the spread of what was seen without the treatment."""
    own = [
        each.panel.outcome[each.panel.usable & ~each.answer.design.treated].std()
        for each in found.series
        if each.answer is not None
    ]
    return float(np.sqrt(np.mean(np.square(own))))
