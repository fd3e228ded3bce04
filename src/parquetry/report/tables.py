"""
The tables of a report as texts: what a page prints and what the JSON repeats beside the numbers.

A refused study has those that say nothing of an effect: days, checks, deviations.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from parquetry.analysis.effect_sizes import EffectSize
from parquetry.analysis.estimates import Check, Estimate
from parquetry.analysis.studied import Analysed
from parquetry.report import answers
from parquetry.report.figures.rows import Across, fates, phases, runs
from parquetry.report.looked import looked_at
from parquetry.report.numbers import (
    NOTHING,
    Scale,
    day_of,
    fixed,
    level,
    percent,
    scale_of,
    share,
    significant,
    spanned,
)  # fmt: skip
from parquetry.report.reported import Reported
from parquetry.studies import Outcome, Study

BLIND = frozenset(
    {"grid edge", "persistence", "missing days", "aliasing", "r-hat", "effective sample size", "divergences"}
)
"""Checks that say nothing of an effect: the only ones that a refused study may show."""
_DISAGREES = {None: NOTHING, True: "yes", False: "no"}


@dataclass(frozen=True, slots=True)
class Table:
    """
    One table.

    Attributes:
        name: ``effects``, ``checks`` …
        series: Which series it is about, from 0 on; null where it is about the study.
        title: Its caption.
        note: What a reader must know to read it, or empty.
        columns: Their headings.
        rows: A text for each column; the first is the row's heading.
        numeric: Which columns hold numbers, from 0 on.
    """

    name: str
    series: int | None
    title: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[int, ...] = ()


def tables(reported: Reported) -> tuple[Table, ...]:
    """All tables of a report, in order; those without rows are left out."""
    found: list[Table] = []
    study = reported.studied.study
    for index, analysed in enumerate(reported.studied.series):
        own = [*_days(analysed, study), _checks(analysed, refused=reported.refused)]
        if not reported.refused and analysed.answer is not None:
            own = [*_answered(analysed, study.outcome), *own]
        several = len(reported.studied.series) > 1
        found += [
            replace(each, series=index, title=f"{analysed.name}: {each.title}" if several else each.title)
            for each in own
        ]
    found += [_series(reported), _deviations(reported)]
    return tuple(table for table in found if table.rows)


def _answered(analysed: Analysed, outcome: Outcome) -> Iterator[Table]:
    answer = analysed.answer
    assert answer is not None
    yield _effects(analysed, answer.main, outcome)
    yield _reversals(analysed, answer.main, outcome)
    yield _sensitivity(analysed, answer.main, outcome)
    yield _beside(analysed, outcome)
    yield _effect_sizes(analysed.effect_sizes)
    yield _change_points(analysed, outcome)


def _effects(analysed: Analysed, main: Estimate, outcome: Outcome) -> Table:
    of = level(main.interval)
    columns = (
        "quantity", "unit", "estimate", f"{of} interval, expected effect", f"{of} interval, this realised series",
        "P(increase)", "P(equivalent)", "P(at least the smallest of interest)",
    )  # fmt: skip
    rows = [
        _estimate(name, each, answers.scale(analysed, each, outcome)) for name, each in answers.estimates(analysed)
    ]  # fmt: skip
    if (spread := answers.spread(analysed, outcome)) is not None:
        value, scale = spread
        shown = significant(scale.times * value)
        rows.insert(-1, ("standard deviation between reversals", scale.unit, shown, *[NOTHING] * 5))
    note = (
        "The expected effect is what the treatment does on average. This realised series is what was observed less "
        "what would have been on these very days, whose noise counts too."
    )
    return Table("effects", None, "Effects", note, columns, tuple(rows), tuple(range(2, 8)))


def _estimate(name: str, each: Estimate, scale: Scale) -> tuple[str, ...]:
    places = scale.places(each.interval, each.realised)
    return (
        name, scale.unit, fixed(scale.times * each.mean, places), spanned(each.interval, scale, places),
        spanned(each.realised, scale, places), percent(each.positive), percent(each.negligible),
        percent(each.important),
    )  # fmt: skip


def _reversals(analysed: Analysed, main: Estimate, outcome: Outcome) -> Table:
    of = level(main.interval)
    unit = scale_of(main, outcome).unit
    rows = []
    for number, each in enumerate(answers.reversals(analysed), 1):
        scale = scale_of(each.pooled, outcome)
        cells = []
        for estimate in (each.pooled, each.unpooled):
            places = scale.places(estimate.interval)
            cells += [
                fixed(scale.times * estimate.mean, places), spanned(estimate.interval, scale, places),
                percent(estimate.positive),
            ]  # fmt: skip
        rows.append((f"{number}. {each.before} to {each.after}", day_of(analysed.panel, each.row), *cells))
    agree = answers.agree(analysed) or (None, None)
    note = (
        "The effect of the treatment at each change of phase; of a change back to baseline with its sign turned. "
        f"Probability that all have the same sign: {percent(agree[0])} pooled, {percent(agree[1])} not pooled."
    )
    columns = (
        "change", "from", "pooled", f"{of} interval", "P(increase)", "not pooled", f"{of} interval", "P(increase)",
    )  # fmt: skip
    title = f"Each reversal{f', in {unit}' if unit else ''}"
    return Table("reversals", None, title, note, columns, tuple(rows), tuple(range(2, 8)))


def _sensitivity(analysed: Analysed, main: Estimate, outcome: Outcome) -> Table:
    scale = scale_of(main, outcome)
    rows = [("the answer", "", *_short(main, outcome), NOTHING, "")]
    for each in analysed.variants:
        numbers = (NOTHING, NOTHING) if each.estimate is None else _short(each.estimate, outcome)
        rows.append((each.name, each.group, *numbers, _DISAGREES[each.agrees], each.note))
    columns = ("model", "varies", "estimate", f"{level(main.interval)} interval", "same answer", "note")
    note = (
        "The same question asked of other models. Another answer has the other sign, or its interval excludes "
        "no effect where that of the answer does not, or the other way round."
    )
    title = f"Sensitivity{f', in {scale.unit}' if scale.unit else ''}"
    return Table("sensitivity", None, title, note, columns, tuple(rows) if len(rows) > 1 else (), (2, 3))


def _short(each: Estimate, outcome: Outcome) -> tuple[str, str]:
    scale = scale_of(each, outcome)
    places = scale.places(each.interval)
    return fixed(scale.times * each.mean, places), spanned(each.interval, scale, places)


def _beside(analysed: Analysed, outcome: Outcome) -> Table:
    assert analysed.answer is not None
    main = analysed.answer.main
    scale = scale_of(main, outcome)
    rows = [("this report", *_short(main, outcome), "", significant(analysed.answer.autocorrelation.mean, 2))]
    for each in analysed.beside:
        places = scale.places(replace(main.interval, low=each.low, high=each.high))
        ends = replace(main.interval, low=each.low, high=each.high)
        rows.append((
            each.method, fixed(scale.times * each.estimate, places), spanned(ends, scale, places),
            significant(scale.times * each.error, 2), significant(each.phi, 2),
        ))  # fmt: skip
    columns = ("method", "estimate", f"{level(main.interval)} interval", "standard error", "autocorrelation")
    note = (
        "The same design and the same quantity by other methods; none of them decides anything here. Ordinary "
        "least squares takes the errors for independent and finds too much."
    )
    title = f"Other methods{f', in {scale.unit}' if scale.unit else ''}"
    return Table("methods", None, title, note, columns, tuple(rows) if len(rows) > 1 else (), (1, 2, 3, 4))


def _effect_sizes(sizes: tuple[EffectSize, ...]) -> Table:
    rows = tuple(
        (
            each.name, each.comparison, significant(each.value), _size_interval(each), significant(each.nothing),
            each.definition, each.note or each.source,
        )
        for each in sizes
    )  # fmt: skip
    of = next((f"{level(each.interval)} interval" for each in sizes if each.interval), "interval")
    columns = ("index", "phases", "value", of, "no difference", "definition", "source")
    note = (
        "Descriptions of a difference between two phases, not of what caused it; intervals allow for autocorrelation."
    )
    return Table("effect sizes", None, "Effect sizes", note, columns, rows, (2, 3, 4))


def _size_interval(each: EffectSize) -> str:
    if each.interval is None:
        return NOTHING
    low, high = (fixed(end, 2) for end in (each.interval.low, each.interval.high))
    return f"{low} to {high}"


def _change_points(analysed: Analysed, outcome: Outcome) -> Table:
    found = analysed.change_points
    columns = ("most probable day", "between", "probability within", "jump", "interval")
    rows = tuple(
        (
            day_of(analysed.panel, each.row), Across(analysed.panel).span(each.low, each.high),
            f"{100 * each.level:.4g} %", *_short(each.jump, outcome),
        )
        for each in (found.points if found else ())
    )  # fmt: skip
    note = "The day was found in the same data that the effect was estimated from, so the answer is exploratory."
    return Table("change points", None, "When the change was", note, columns, rows, (3, 4))


def _checks(analysed: Analysed, *, refused: bool) -> Table:
    shown = [each for each in analysed.checks if not refused or each.name in BLIND]
    rows = tuple(
        (each.name, each.verdict.value, significant(each.value, 2), _limit(each), looked_at(each.name))
        for each in shown
    )  # fmt: skip
    note = "A failed check marked ! withholds the numbers; the others are only reported and never change the model."
    return Table("checks", None, "Checks", note, ("check", "verdict", "value", "limit", "looks at"), rows, (2, 3))


def _limit(check: Check) -> str:
    return f"{significant(check.limit, 2)}{' !' if check.refuses else ''}"


def _days(analysed: Analysed, study: Study) -> Iterator[Table]:
    panel, found = analysed.panel, fates(analysed.panel)
    rows: list[tuple[str, ...]] = []
    for each in phases(analysed, study):
        own = Counter(found[each.first : each.last + 1])
        days = each.last + 1 - each.first
        missing, washed, counts = own["missing"], own["washout"], own[""]
        rows.append((
            each.label or "all", "yes" if each.treated else "no", Across(panel).span(each.first, each.last), str(days),
            str(counts), str(missing), str(washed), str(days - counts - missing - washed),
            share((days - counts - washed) / max(days - washed, 1)),
        ))  # fmt: skip
    columns = (
        "phase", "treated", "from, to", f"{panel.period}s", "counted", "missing", "washout", "excluded",
        "share not counted, without the washout",
    )  # fmt: skip
    if len(rows) > _PHASES:
        rows = list(_by_condition(analysed, study, found))
    yield Table("days", None, f"{panel.period.capitalize()}s by phase", "", columns, tuple(rows), tuple(range(3, 9)))
    lost = [run for run in runs(found) if run.what not in ("missing", "washout")]
    spans = tuple((Across(panel).span(run.first, run.last), str(run.last + 1 - run.first), run.what) for run in lost)
    heads = (f"{panel.period}s", "how many", "reason")
    yield Table("excluded", None, f"Excluded {panel.period}s", "", heads, spans, (1,))


_PHASES = 40


def _by_condition(analysed: Analysed, study: Study, found: list[str]) -> Iterator[tuple[str, ...]]:
    """Where treatments alternate: the two conditions, each over all its days."""
    on = np.zeros(len(found), dtype=bool)
    for each in phases(analysed, study):
        on[each.first : each.last + 1] = each.treated
    for name, rows in (("without treatment", ~on), ("with treatment", on)):
        own = Counter(found[row] for row in np.flatnonzero(rows))
        days = int(rows.sum())
        missing, washed, counts = own["missing"], own["washout"], own[""]
        yield (
            name, "yes" if rows is on else "no", "", str(days), str(counts), str(missing), str(washed),
            str(days - counts - missing - washed), share((days - counts - washed) / max(days - washed, 1)),
        )  # fmt: skip


def _series(reported: Reported) -> Table:
    together, outcome = reported.together, reported.studied.study.outcome
    if together is None:
        return Table("series", None, "", "", (), ())
    rows = [
        (each.name, *_short(own, outcome), *_short(drawn, outcome))
        for each, own, drawn in zip(reported.answered, together.own, together.drawn, strict=True)
    ]
    scale = scale_of(together.effect, outcome)
    rows.append(("one more series", NOTHING, NOTHING, *_short(together.effect, outcome)))
    rows.append(
        ("standard deviation between series", NOTHING, NOTHING, significant(scale.times * together.spread), NOTHING)
    )
    of = level(together.effect.interval)
    columns = ("series", "by itself", f"{of} interval", "drawn together", f"{of} interval")
    note = "Drawn together, each series is moved towards the common effect as far as they agree."
    title = f"Each series{f', in {scale.unit}' if scale.unit else ''}"
    return Table("series", None, title, note, columns, tuple(rows), (1, 2, 3, 4))


def _deviations(reported: Reported) -> Table:
    rows = tuple(
        (_text(each.get("path")), _text(each.get("registered")), _text(each.get("now")), _yes(each.get("wording")))
        for each in reported.deviations
    )
    columns = ("what", "registered", "now", "only wording")
    return Table("deviations", None, "Deviations from what was registered", "", columns, rows)


def _yes(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else _text(value)


def _text(value: Any) -> str:
    if value is None or value == "":
        return NOTHING
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_text(each)}" for key, each in value.items())
    return ", ".join(map(_text, value)) if isinstance(value, list | tuple) else str(value)
