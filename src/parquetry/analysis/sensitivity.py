"""
The same question asked of other models: the rows of the sensitivity forest.

What is varied is what a reader may doubt: the prior, the errors, the washout, the trend, the
weekdays, and whether one phase alone carries the answer. Where a variant disagrees with the main
answer in its sign, or in whether its interval excludes zero, the answer depends on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from parquetry.analysis import refusals
from parquetry.analysis.abab import Reversed, mean_of_reversals, pooled
from parquetry.analysis.design import Design
from parquetry.analysis.estimates import Estimate, Variant
from parquetry.analysis.fit import Fit, fitted
from parquetry.analysis.its import Interrupted, mean_effect
from parquetry.analysis.panel import Period
from parquetry.errors import Usage
from parquetry.text import counted

Answer: TypeAlias = Interrupted | Reversed
WASHOUTS: Mapping[Period, tuple[int, ...]] = {"day": (0, 1, 3, 7), "week": (0, 1), "month": (0, 1)}
"""In periods: what lingers is gone within days, and a week or a month holds several of them."""
_Fitter: TypeAlias = Callable[[Design], Fit]


def sensitivity(answer: Answer) -> tuple[Variant, ...]:
    """Every variant, in the order of the forest."""
    return tuple(judged(answer.main, variant) for variant in _variants(answer))


def depends_on(variants: tuple[Variant, ...]) -> tuple[str, ...]:
    """The names of the variants that disagree; a result's sentence begins with them."""
    return tuple(variant.name for variant in variants if variant.agrees is False)


def _variants(answer: Answer) -> Iterator[Variant]:
    design = answer.design
    yield _variant(answer, "prior", "prior halved", design, _fitter(answer, factor=0.5))
    yield _variant(answer, "prior", "prior doubled", design, _fitter(answer, factor=2.0))
    yield _variant(answer, "errors", "independent errors", design, _fitter(answer, independent=True))
    for washout, name in washouts(design):
        yield _variant(answer, "washout", name, partial(design.again, washout=washout))
    yield from _trend(answer)
    if any(name.startswith(("weekday ", "year ")) for name in design.names):
        yield _variant(answer, "season", "without weekdays or season", partial(design.again, season=False))
    if design.panel.covariates:
        bare = replace(design.options["panel"], covariates={})
        yield _variant(answer, "covariates", "without covariates", partial(design.again, panel=bare))
    if isinstance(answer, Reversed) and answer.reversals:
        yield from _phases(design, answer)


def washouts(design: Design) -> Iterator[tuple[int, str]]:
    """Every other washout, in rows, and its name."""
    period = design.panel.period
    yield from ((each, f"washout of {counted(each, period)}") for each in WASHOUTS[period] if each != design.washout)


def _trend(answer: Answer) -> Iterator[Variant]:
    design = answer.design
    if "trend" not in design.names:
        yield _variant(answer, "trend", "with a trend", partial(design.again, trend=True))
    elif isinstance(answer, Reversed):
        yield _variant(answer, "trend", "without a trend", partial(design.again, trend=False))
    elif design.options["impact"] == "both":
        yield _variant(answer, "trend", "level only", partial(design.again, impact="level"))


def _phases(design: Design, answer: Reversed) -> Iterator[Variant]:
    yield _variant(answer, "phases", "one effect for all reversals", partial(design.again, each=False))
    for number, phase in enumerate(design.phases, 1):
        rows = range(phase.first, phase.last + 1)
        panel = design.options["panel"].without(rows, "left out")
        again = partial(design.again, panel=panel, each=False)
        yield _variant(answer, "phases", f"without phase {number} ({phase.label})", again)


def _fitter(answer: Answer, *, factor: float = 1.0, independent: bool = False) -> _Fitter:
    how = pooled if isinstance(answer, Reversed) else fitted
    return lambda design: how(design, factor=factor, independent=independent)


def _variant(
    answer: Answer, group: str, name: str, make: Design | Callable[[], Design], fitter: _Fitter | None = None
) -> Variant:
    try:
        design = make if isinstance(make, Design) else make()
    except Usage as error:
        return Variant(group, name, None, note=error.failed)
    # A variant is not refused for what a phase left out lacks; only for too little to compute with.
    if short := [r for r in refusals.of_design(design) if r.code == "few-days"]:
        return Variant(group, name, None, note=short[0].text)
    return Variant(group, name, _main(answer, (fitter or _fitter(answer))(design)))


def _main(answer: Answer, fit: Fit) -> Estimate:
    if isinstance(answer, Reversed):
        return fit.estimate("effect", mean_of_reversals(fit.design), answer.asked)
    first = max(answer.window[0], min(answer.start + fit.design.washout, answer.window[1]))
    contrast = mean_effect(fit.design, (first, answer.window[1]))
    return fit.estimate("average effect", contrast, answer.asked)


def judged(main: Estimate, variant: Variant) -> Variant:
    """The variant, and whether it agrees with the *main* answer."""
    if (other := variant.estimate) is None:
        return variant
    agrees = main.excludes_zero == other.excludes_zero and (main.mean > 0) == (other.mean > 0)
    # Two estimates around zero do not contradict each other by their signs.
    return replace(variant, agrees=agrees or not (main.excludes_zero or other.excludes_zero))
