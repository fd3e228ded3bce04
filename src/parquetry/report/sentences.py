"""
The result in plain sentences: what changed, by how much, how sure that is, and what it depends on.

A sentence never says more than its interval: where that holds no effect, there is no clear change.
A refused study gets its reasons and no number of an effect.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parquetry.analysis.estimates import Estimate
from parquetry.analysis.randomisation import Randomised
from parquetry.analysis.studied import NO_CHANGE, Analysed
from parquetry.report import answers
from parquetry.report.numbers import Scale, capital, day_of, fixed, level, percent, scale_of, significant, spanned
from parquetry.report.reported import Reported
from parquetry.studies import Outcome
from parquetry.text import counted

_MANY = 6  # reversals that are told one by one in a sentence


@dataclass(frozen=True, slots=True)
class Result:
    """
    What a study says.

    Attributes:
        headline: THE result in one sentence, after what it depends on; or ``No answer: …``.
        more: What a reader must know beside it.
        label: Confirmatory or exploratory, and why.
    """

    headline: str
    more: tuple[str, ...]
    label: str


def result(reported: Reported) -> Result:
    """The sentences of a report."""
    if reported.refused:
        return Result(_refusal(reported), (*_others(reported), _withheld(reported)), _label(reported))
    outcome = reported.studied.study.outcome
    pooled = reported.pooled
    told = [_answered(each, outcome, named=len(reported.answered) > 1) for each in reported.answered]
    if pooled is None:
        headline, more = told[0], told[1:]
    else:
        headline = f"{capital(claim(pooled, outcome))}, over all {len(told)} series together."
        more = [*told, *_judged(pooled, outcome)]
    # Of several series, the tables say what is said of one here.
    if len(told) == 1:
        more += _more(reported.answered[0], outcome)
    more += _together(reported)
    if reported.calibrated:
        more.append(reported.calibrated)
    return Result(depends(reported.depends_on) + headline, tuple(more), _label(reported))


def _together(reported: Reported) -> Iterator[str]:
    """What is known of several series besides their common effect."""
    together, test = reported.together, reported.randomised
    if together is not None:
        drawn, own = together.agree
        yield (
            f"All {len(together.own)} effects have the same sign with probability {percent(drawn)} "
            f"(each by itself: {percent(own)})."
        )
    if test is not None:
        yield randomised(test)
    if reported.studied.untested:
        yield untested(reported.studied.untested)


def _withheld(reported: Reported) -> str:
    if any(NO_CHANGE in each.reasons for each in reported.studied.series):
        return (
            "No effect is shown anywhere in this report. This refusal depends on the outcome, in which the day was "
            "looked for: a larger change would have been found, so what such searches do show is too large on average."
        )
    return "No effect is shown anywhere in this report; a refusal does not depend on the size of an effect."


def _refusal(reported: Reported) -> str:
    told = [
        f"{each.name}: {reason.text}" if each.name else reason.text
        for each in reported.studied.series
        for reason in each.reasons
    ]
    return f"No answer: {'; '.join(told)}."


def _others(reported: Reported) -> Iterator[str]:
    """The series that could be answered, had the others been."""
    whole = [each for each in reported.studied.series if not each.refused]
    if whole:
        yield f"{', '.join(each.name for each in whole)}: {reported.reasons(whole[0])[0].text}."


def _label(reported: Reported) -> str:
    if reasons := reported.exploratory:
        return f"Exploratory: {'; '.join(reasons)}."
    return f"Confirmatory: analysed as it was registered{_when(reported.registration or {})}."


def _when(registration: Mapping[str, Any]) -> str:
    """When that was, and how much of the data was there by then."""
    time, days = registration.get("registered_at"), registration.get("days")
    on = f" on {str(time)[:10]}" if time else ""
    if days is None:
        why = registration.get("why")
        return f"{on}; how much of the data was there by then is not known{f' ({why})' if why else ''}"
    return f"{on}; by then {counted(days, 'day')} of the study had a value" if days else f"{on}, before any of its data"


def depends(variants: Sequence[str]) -> str:
    """What comes before a result that some other model does not share, or nothing."""
    if not variants:
        return ""
    listed = "; ".join(f"“{name}”" for name in variants)
    return f"It depends on the model: the answer is another one under {listed}. "


def _answered(analysed: Analysed, outcome: Outcome, *, named: bool) -> str:
    assert analysed.answer is not None
    said = claim(analysed.answer.main, outcome)
    return f"{f'{analysed.name}: {said}' if named else capital(said)}{_over(analysed)}."


def _more(analysed: Analysed, outcome: Outcome) -> Iterator[str]:
    assert analysed.answer is not None
    main = analysed.answer.main
    yield from _kinds(main, outcome)
    yield from _judged(main, outcome)
    if answers.reversals(analysed):
        yield from _reversals(analysed, outcome)
    if (ratio := answers.ratio(analysed)) is not None:
        yield _ratio(ratio)
    if analysed.randomised is not None:
        yield randomised(analysed.randomised)
    if analysed.untested:
        yield untested(analysed.untested)


def claim(estimate: Estimate, outcome: Outcome) -> str:
    """
    ``the treatment raised mood by 5.8 points (95 % interval 3.2 to 8.4; probability of any increase 99.9 %)``.

    Where the interval holds no effect: ``no clear change in mood: the estimate is +1.2 points (…)``.
    """
    scale, interval = scale_of(estimate, outcome), estimate.interval
    places = scale.places(interval)
    clear = not interval.holds(scale.nothing / scale.times)
    rises = estimate.mean * scale.times > scale.nothing
    way, probability = ("increase", estimate.positive) if rises else ("decrease", 1 - estimate.positive)
    sure = f"probability of any {way} {percent(probability)}"
    of = level(interval)
    if scale.nothing:  # a ratio
        number = fixed(scale.times * estimate.mean, places)
        within = f"({of} interval {spanned(interval, scale, places)}; {sure})"
        if not clear:
            return f"no clear change in {outcome.name}: the estimated rate ratio is {number} {within}"
        return f"the treatment multiplied the rate of {outcome.name} by {number} {within}"
    if not clear:
        number = scale.with_unit(fixed(scale.times * estimate.mean, places, signed=True))
        within = f"({of} interval {spanned(interval, scale, places, signed=True)}; {sure})"
        return f"no clear change in {outcome.name}: the estimate is {number} {within}"
    ends = sorted(abs(scale.times * end) for end in (interval.low, interval.high))
    number = scale.with_unit(fixed(abs(scale.times * estimate.mean), places))
    within = f"({of} interval {fixed(ends[0], places)} to {fixed(ends[1], places)}; {sure})"
    return f"the treatment {'raised' if rises else 'lowered'} {outcome.name} by {number} {within}"


def _over(analysed: Analysed) -> str:
    """Over which days the claim holds."""
    panel = analysed.panel
    if found := answers.reversals(analysed):
        return f", on average over the {len(found)} reversals of this study"
    rows = answers.window(analysed)
    if rows is None:
        return f", on average over the treated {panel.period}s"
    first, last = rows
    days = last - first + 1
    ends = day_of(panel, first) if days == 1 else f"{day_of(panel, first)} to {day_of(panel, last)}"
    return f", on average over {counted(days, panel.period)} ({ends})"


def _kinds(main: Estimate, outcome: Outcome) -> Iterator[str]:
    if main.realised is None:
        return
    scale = scale_of(main, outcome)
    places = scale.places(main.interval, main.realised)
    ends = scale.with_unit(spanned(main.realised, scale, places, signed=True))
    yield (
        f"That interval is for the expected effect. For this realised series, what was observed less what would have "
        f"been on these very days, it is {ends}."
    )


def _judged(main: Estimate, outcome: Outcome) -> Iterator[str]:
    if main.important is not None and outcome.smallest is not None:
        smallest = smallest_of_interest(outcome)
        yield (
            f"The smallest effect of interest is {_article(outcome.direction)} of {smallest}; the effect is at least "
            f"that with probability {percent(main.important)}."
        )
    if main.negligible is not None:
        yield f"It lies in the region of practical equivalence with probability {percent(main.negligible)}."


def smallest_of_interest(outcome: Outcome) -> str:
    """As it was stated, in the unit that effects are shown in."""
    if outcome.smallest is None:
        return "not stated"
    share = outcome.kind == "share"
    scale = Scale(100.0, "percentage points") if share else Scale(1.0, outcome.unit)
    return scale.with_unit(significant(scale.times * outcome.smallest))


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _ratio(ratio: Estimate) -> str:
    """A rate ratio or odds ratio, which is beside the difference."""
    scale = Scale(nothing=1.0)
    places = scale.places(ratio.interval)
    return (
        f"As {_article(ratio.name)}: {fixed(ratio.mean, places)} ({level(ratio.interval)} interval "
        f"{spanned(ratio.interval, scale, places)}; 1 is no effect)."
    )


def _reversals(analysed: Analysed, outcome: Outcome) -> Iterator[str]:
    own = [each.unpooled for each in answers.reversals(analysed)]
    scale = scale_of(own[0], outcome)
    places = scale.places(*(each.interval for each in own))
    numbers = ", ".join(fixed(scale.times * each.mean, places, signed=True) for each in own)
    if len(own) <= _MANY:
        yield f"Each reversal by itself, not pooled: {scale.with_unit(numbers)}."
    if (agree := answers.agree(analysed)) is not None:
        pooled, unpooled = agree
        yield (
            f"All {len(own)} reversals have the same sign with probability {percent(pooled)} "
            f"(not pooled: {percent(unpooled)})."
        )


def randomised(test: Randomised) -> str:
    """The randomisation test in a sentence."""
    looked = "all looked at" if test.exact else f"{len(test.distribution):,} of them drawn"
    return (
        f"Randomisation test, {test.alternative}: p = {p_value(test.p)}, of {test.admissible:,} admissible schedules "
        f"({test.how}; {looked}); they allow no p below {p_value(test.smallest_p)}."
    )


def untested(why: str) -> str:
    """That there is no randomisation test, and why."""
    return f"Randomisation test: not applicable, although the schedule was randomised: {why}."


def p_value(p: float) -> str:
    """Three places, and more where it is small."""
    return f"{p:.3f}" if p >= 0.01 else f"{p:.2g}"
