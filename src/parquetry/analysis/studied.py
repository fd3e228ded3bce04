"""
A study analysed: its design's method, the checks, the other models, and what stands beside the answer.

Here a declared study meets its days. What comes out holds everything that a report shows; a study
that is refused has reasons, checks and its data, and no number of an effect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from parquetry.analysis.abab import Reversed
from parquetry.analysis.classical import Row
from parquetry.analysis.counterfactual import Counterfactual
from parquetry.analysis.effect_sizes import EffectSize
from parquetry.analysis.estimates import Check, Estimate, Reason, Variant, plain
from parquetry.analysis.its import Interrupted
from parquetry.analysis.panel import Panel
from parquetry.analysis.randomisation import Randomised
from parquetry.studies import Study

Engine: TypeAlias = Literal["exact", "nuts"]
Answer: TypeAlias = Interrupted | Reversed  # | Modelled, from families


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

    @property
    def refused(self) -> bool:
        return self.answer is None

    def to_dict(self) -> dict[str, Any]:
        names = (
            "name", "panel", "answer", "reasons", "checks", "variants", "effect_sizes", "randomised", "beside", "curves",
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


def studied(study: Study, panels: Mapping[str, Panel], *, engine: Engine = "exact", seed: int = 0) -> Studied:
    """
    Analyse *study*.

    Args:
        panels: Its days, by series; ``{"": panel}`` where there is one.
    """
    raise NotImplementedError
