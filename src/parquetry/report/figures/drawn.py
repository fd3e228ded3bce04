"""
Which figures a report has, with their titles and text alternatives.

A refused study has its design and its data; every other figure shows an effect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from parquetry.analysis.estimates import Estimate, Interval
from parquetry.analysis.randomisation import Randomised
from parquetry.analysis.studied import Analysed
from parquetry.report import answers
from parquetry.report.figures import Figure, intervals, series
from parquetry.report.figures.intervals import Shown
from parquetry.report.figures.rows import Across, fates, phases, shortened, treated
from parquetry.report.figures.theme import BLUE, INK, VERMILLION
from parquetry.report.numbers import Scale, capital, day_of, fixed, scale_of, share, significant, spanned
from parquetry.report.reported import Reported
from parquetry.report.sentences import p_value
from parquetry.studies import Study
from parquetry.text import counted

_LISTED = 12


def figures(reported: Reported) -> Mapping[str, Figure]:
    """All figures of a report by name, in their order; drawn when they are asked for."""
    found = _all(reported)
    return {figure.name: figure for figure in found}


def _all(reported: Reported) -> Iterator[Figure]:
    for index, analysed in enumerate(reported.studied.series):
        yield from _Series(reported, analysed, index).all()
    pooled, test = reported.pooled, reported.randomised
    if pooled is not None:
        yield _pooled(reported, pooled)
    if test is not None:
        alt, make = _randomisation(test, reported.studied.study)
        yield Figure("randomisation", "randomisation", None, "Randomisation test", alt, make)


class _Series:
    """The figures of one series, at work."""

    def __init__(self, reported: Reported, analysed: Analysed, index: int) -> None:
        self._analysed, self._index = analysed, index
        self._study: Study = reported.studied.study
        self._answered = not reported.refused
        self._several = len(reported.studied.series) > 1
        outcome = self._study.outcome
        self._times = 100.0 if outcome.kind == "share" else 1.0
        self._unit = "%" if outcome.kind == "share" else outcome.unit
        self._across = Across(analysed.panel)

    def all(self) -> Iterator[Figure]:
        analysed = self._analysed
        if not self._answered or analysed.answer is None:
            yield self._design()
            yield self._data(answered=False)
            return
        yield self._design()
        yield self._data(answered=True)
        yield from self._curves()
        if answers.reversals(analysed):
            yield self._reversals(analysed.answer)
        if any(variant.estimate for variant in analysed.variants):
            yield self._forest()
        yield from self._others()

    def _figure(self, kind: str, title: str, alt: str, spec: Callable[[], Mapping[str, Any]]) -> Figure:
        name = f"{kind}-{self._index + 1}" if self._several else kind
        where = f"{self._analysed.name}: " if self._several else ""
        return Figure(name, kind, self._index, f"{where}{title}", f"{where}{alt}", spec)

    def _design(self) -> Figure:
        panel, study = self._analysed.panel, self._study
        found = phases(self._analysed, study)
        told = [
            f"{each.label or 'no phases'}, {'with' if each.treated else 'without'} treatment, "
            f"{self._across.span(each.first, each.last)}"
            for each in found[:_LISTED]
        ]
        rest = f"; and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
        lost = [fate for fate in fates(panel) if fate]
        kinds = ", ".join(f"{lost.count(fate)} {fate}" for fate in dict.fromkeys(lost)) or "none"
        alt = f"Phases in order: {'; '.join(told)}{rest}. {panel.period.capitalize()}s that do not count: {kinds}."
        return self._figure("design", "Design", alt, partial(series.design, self._analysed, study))

    def _data(self, *, answered: bool) -> Figure:
        panel, outcome = answers.shown(self._analysed), self._study.outcome
        there = panel.outcome[np.isfinite(panel.outcome)]
        unit = f" {self._unit}" if self._unit else ""
        ends = f" from {self._times * there.min():.4g} to {self._times * there.max():.4g}{unit}" if len(there) else ""
        alt = (
            f"{capital(outcome.name)} by {panel.period}, {self._across.span(0, len(panel) - 1)}: "
            f"{counted(len(there), 'value')}{ends}"
        )
        if answered:
            alt += (
                ", with the model's mean and, on treated days, the mean had there been no treatment, with its interval"
            )
        spec = partial(series.data, self._analysed, self._study, self._times, self._title(outcome.name))
        return self._figure("data", "Every data point", f"{alt}.", spec)

    def _title(self, name: str) -> str:
        return f"{name} ({self._unit})" if self._unit else name

    def _curves(self) -> Iterator[Figure]:
        curves, analysed = self._analysed.curves, self._analysed
        if curves is None:
            return
        points = "percentage points" if self._unit == "%" else self._unit
        title = f"effect ({points})" if points else "effect"
        scale = Scale(self._times, points)
        last = len(analysed.panel) - 1
        on = treated(analysed, self._study)
        row = int(np.flatnonzero(on)[-1])
        effect = _told(scale, curves.effect.mean[row], curves.effect.low[row], curves.effect.high[row])
        yield self._figure(
            "effect", "Effect by day" if analysed.panel.period == "day" else f"Effect by {analysed.panel.period}",
            f"The effect on each treated {analysed.panel.period} with its interval; on the last one, "
            f"{day_of(analysed.panel, row)}, it is {effect}.",
            partial(series.effect, analysed, self._study, self._times, title),
        )  # fmt: skip
        summed = answers.summed(analysed, self._study.outcome)
        total = _told(summed, curves.cumulative.mean[last], curves.cumulative.low[last], curves.cumulative.high[last])
        summing = f"cumulative ({summed.unit})" if summed.unit else "cumulative"
        yield self._figure(
            "cumulative", "Cumulative effect",
            f"The running sum of the effects with its interval; at the end it is {total}.",
            partial(series.cumulative, analysed, self._study, summed.times, summing),
        )  # fmt: skip

    def _reversals(self, answer: Any) -> Figure:
        panel, outcome = self._analysed.panel, self._study.outcome
        shown: list[Shown] = []
        for number, each in enumerate(answer.reversals, 1):
            row = f"{number}. {each.before} → {each.after}, {day_of(panel, each.row)}"
            shown += [Shown(row, "pooled", each.pooled), Shown(row, "not pooled", each.unpooled)]
        if answer.here is not None and answer.unpooled is not None:
            shown += [
                Shown("mean of these", "pooled", answer.here),
                Shown("mean of these", "not pooled", answer.unpooled),
            ]
        shown.append(Shown("one more reversal", "pooled", answer.effect))
        looks = {"pooled": (BLUE, "circle"), "not pooled": (VERMILLION, "diamond")}
        scale = scale_of(answer.effect, outcome)
        alt = "The effect at each change of phase, partially pooled and not: " + "; ".join(
            f"{each.row} ({each.kind}) {_estimated(each.estimate, scale)}" for each in shown
        )
        spec = partial(intervals.forest, shown, looks, scale.times, _effect(scale), scale.nothing)
        return self._figure("reversals", "Each reversal", f"{alt}.", spec)

    def _forest(self) -> Figure:
        answer = self._analysed.answer
        assert answer is not None
        scale = scale_of(answer.main, self._study.outcome)
        shown = [Shown("the answer", "the answer", answer.main)]
        shown += [
            Shown(each.name, "another answer" if each.agrees is False else "agrees", each.estimate)
            for each in self._analysed.variants
            if each.estimate is not None
        ]
        looks = {"the answer": (INK, "square"), "agrees": (BLUE, "circle"), "another answer": (VERMILLION, "diamond")}
        other = [each.row for each in shown if each.kind == "another answer"]
        alt = (
            f"The answer under {counted(len(shown) - 1, 'other model')}: "
            f"{'all agree' if not other else 'another answer under ' + ', '.join(other)}; the table has the numbers."
        )
        spec = partial(intervals.forest, shown, looks, scale.times, _effect(scale), scale.nothing)
        return self._figure("sensitivity", "Sensitivity", alt, spec)

    def _others(self) -> Iterator[Figure]:
        analysed, test = self._analysed, self._analysed.randomised
        assert analysed.answer is not None
        scale = scale_of(analysed.answer.main, self._study.outcome)
        if test is not None:
            alt, make = _randomisation(test, self._study)
            yield self._figure("randomisation", "Randomisation test", alt, make)
        for check in analysed.checks:
            if check.name == "placebo dates" and check.facts.get("effects"):
                rows, effects = check.facts["rows"], check.facts["effects"]
                alt = (
                    f"Effects found at {counted(len(rows), 'date')} of the baseline, when nothing was done; "
                    f"{share(check.value)} of their intervals hold no zero. The effect at the true date is "
                    f"{_estimated(analysed.answer.main, scale)}."
                )
                spec = partial(
                    intervals.placebo, self._across, rows, effects, analysed.answer.main, scale.times, _effect(scale)
                )
                yield self._figure("placebo", "Placebo dates", alt, spec)
        if analysed.change_points is not None and analysed.change_points.points:
            point = analysed.change_points.points[0]
            alt = (
                f"The probability of each {analysed.panel.period} to be the first after the change; most probable is "
                f"{day_of(analysed.panel, point.row)}."
            )
            spec = partial(intervals.change, self._across, point.probability)
            yield self._figure("change", "When the change was", alt, spec)


def _randomisation(test: Randomised, study: Study) -> tuple[str, Callable[[], Mapping[str, Any]]]:
    share = study.outcome.kind == "share"
    points, times = ("percentage points", 100.0) if share else (study.outcome.unit, 1.0)
    alt = (
        f"The statistic under {len(test.distribution):,} schedules; the one that was used has "
        f"{significant(times * test.statistic)}, and p is {p_value(test.p)}."
    )
    title = f"difference of means ({points})" if points else "difference of means"
    return alt, partial(intervals.randomisation, test.distribution, test.statistic, times, title)


def _pooled(reported: Reported, pooled: Estimate) -> Figure:
    outcome = reported.studied.study.outcome
    scale = scale_of(pooled, outcome)
    shown = [
        Shown(name, "one series", each.answer.main)
        for name, each in zip(shortened([each.name for each in reported.answered]), reported.answered, strict=True)
        if each.answer is not None
    ]
    shown.append(Shown("all together", "pooled", pooled))
    looks = {"one series": (BLUE, "circle"), "pooled": (INK, "square")}
    alt = "The effect in each series and over all: " + "; ".join(
        f"{each.row} {_estimated(each.estimate, scale)}" for each in shown
    )
    spec = partial(intervals.forest, shown, looks, scale.times, _effect(scale), scale.nothing)
    return Figure("series", "series", None, "Each series, and all together", f"{alt}.", spec)


def _effect(scale: Scale) -> str:
    name = "rate ratio" if scale.nothing else "effect"
    return f"{name} ({scale.unit})" if scale.unit else name


def _told(scale: Scale, mean: float, low: float, high: float) -> str:
    interval = Interval(float(low), float(high))
    places = scale.places(interval)
    number = scale.with_unit(fixed(scale.times * float(mean), places, signed=True))
    return f"{number} ({spanned(interval, scale, places, signed=True)})"


def _estimated(estimate: Estimate, scale: Scale) -> str:
    return _told(scale, estimate.mean, estimate.interval.low, estimate.interval.high)
