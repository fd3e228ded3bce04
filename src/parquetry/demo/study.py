"""
The demo's study: who takes part, when, and the truth behind the rows.

Everything follows from seed, last day and number of events: the rows of `behaviour` and `records`,
and the truth, which is that on day *t* the participant's expected score is::

    LEVEL + WEEKDAY[day of week] + noise[t] + EFFECT · (t lies in an intervention phase)
    noise[t] = PHI · noise[t-1] + innovation, with a standard deviation of DAY_SD

and each scored event of the day is a whole number around it, EVENT_SD wide. 0 and 100 are more
than three standard deviations away, and a day has about 140 scored events, so neither clipping nor
rounding moves the effect by more than 0.01.

One study's noise moves a plain difference of means by about 1.2 points either way. The default
seed, 7, is a draw in which it comes near the truth, so that a person sees it; the tests hold the
average over many seeds.

Conventions: all times are UTC; ``dayOfWeek`` 0 is Sunday; ``timeOfDay`` is the hour.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import Literal

from parquetry.demo.chance import autoregressive, base36, cuid, draws

OUTCOME, UNIT = "mean sessionPerformanceScore a day", "points"
EFFECT = 6.0
DIFFICULTY = {"easy": 3.0, "medium": 0.0, "hard": -3.0}  # how an event is easier or harder than the day; sums to 0
LEVEL, DAY_SD, PHI, EVENT_SD = 62.0, 4.0, 0.5, 8.0
WEEKDAY = (-0.5, 2.0, 1.5, 1.0, 0.0, -1.5, -2.5)  # Sunday first; sums to 0
PHASES = ("baseline_1", "intervention_A_1", "baseline_2", "intervention_A_2")
PHASE_DAYS = 30
DAYS = PHASE_DAYS * len(PHASES)
FEWEST_EVENTS = 10_000  # below, days have too few scores to show the effect

_MINE = 24_000  # events of the participant, at most a fifth of all
_OTHERS = 13_700  # events of each other user, about: more events mean more users, not busier ones
_EPOCH = 1_735_689_600_000  # 2025-01-01, when the users signed up


@dataclass(frozen=True, slots=True)
class Phase:
    """
    One phase of the study.

    Attributes:
        label: What ``experimentPhase`` says in it: ``baseline_1``, ``intervention_A_1`` …
        first, last: Its days in UTC, both inclusive.
    """

    label: str
    type: Literal["BASELINE", "INTERVENTION_A"]
    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def treated(self) -> bool:
        """Whether the effect is there."""
        return self.type == "INTERVENTION_A"


@dataclass(frozen=True, slots=True)
class Planted:
    """
    What is true of the study that was loaded.

    Attributes:
        end: Its last day in UTC, inclusive.
        events: Rows of BehavioralEvent.
        users: How many people use the app.
        user: Id of the one whose study it is (n = 1).
        outcome: What is measured, once a day.
        unit: The outcome's unit.
        effect: The true effect: added to the expected score on every intervention day.
        seen: What the naive difference between intervention and baseline days is in this draw of
            noise; an honest analysis cannot do much better.
        error: The standard error of ``seen``, with the noise's autocorrelation counted.
        rows: Rows by table.
        digest: sha256 over all rows as they were sent; equal for equal seed, end and events.
    """

    seed: int
    end: date
    events: int
    users: int
    user: str
    outcome: str
    unit: str
    effect: float
    seen: float
    error: float
    phases: tuple[Phase, ...]
    rows: Mapping[str, int]
    digest: str

    @property
    def start(self) -> date:
        """The study's first day."""
        return self.phases[0].first

    def __str__(self) -> str:
        days = sum(phase.days for phase in self.phases)
        return (
            f"{self.events:,} events of {self.users} users, {self.start} to {self.end}; "
            f"an ABAB study of {days} days. "
            f"True effect on the {self.outcome}: {self.effect:+.1f} {self.unit} in the intervention phases "
            f"(a plain difference of means shows {self.seen:+.2f} ± {self.error:.2f})."
        )


@dataclass(frozen=True, slots=True)
class Person:
    """
    A user of the app.

    Attributes:
        activity: Events a day relative to the others, by day of week, Sunday first.
        presence: The share of days on which they use the app.
        hours: When their sessions begin, about.
        expected: The expected score of each study day, shape (DAYS,).
        context: The share of days on which they note their context.
    """

    id: str
    fingerprint: str
    activity: tuple[float, ...]
    presence: float
    hours: tuple[float, float, float]
    expected: tuple[float, ...]
    context: float


@dataclass(frozen=True, slots=True)
class Study:
    """
    Seed, last day and size, and what follows from them at once.

    Attributes:
        people: The participant first.
        counts: Events by study day and person, shape (DAYS, people); sums to ``events``.
    """

    seed: int
    end: date
    events: int
    phases: tuple[Phase, ...]
    people: tuple[Person, ...]
    counts: tuple[tuple[int, ...], ...]

    @property
    def start(self) -> date:
        return self.phases[0].first

    @property
    def participant(self) -> Person:
        return self.people[0]

    def phase(self, day: int) -> Phase:
        """The phase of study day *day*, 0 to DAYS - 1."""
        return self.phases[day // PHASE_DAYS]


def study(seed: int, end: date, events: int) -> Study:
    """The study whose last day is *end*. Everything else is drawn from it."""
    start = end - timedelta(days=DAYS - 1)
    first = [start + timedelta(days=PHASE_DAYS * i) for i in range(len(PHASES))]
    phases = tuple(
        Phase(
            label,
            "INTERVENTION_A" if label.startswith("intervention") else "BASELINE",
            first[i],
            first[i] + timedelta(days=PHASE_DAYS - 1),
        )
        for i, label in enumerate(PHASES)
    )
    mine = min(_MINE, events // 5)
    others = max(7, round((events - mine) / _OTHERS))
    people = (_participant(seed, phases), *(_other(seed, start, number) for number in range(1, others + 1)))
    return Study(seed, end, events, phases, people, _counts(seed, start, people, mine, events - mine))


def _participant(seed: int, phases: Sequence[Phase]) -> Person:
    draw = draws(seed, "participant")
    start = phases[0].first
    noise = autoregressive(draw, DAYS, PHI, DAY_SD)
    expected = tuple(
        LEVEL + WEEKDAY[day_of_week(start + timedelta(days=t))] + noise[t] + EFFECT * phases[t // PHASE_DAYS].treated
        for t in range(DAYS)
    )
    busy = (0.8, 1.2, 1.1, 1.1, 1.0, 0.9, 0.9)
    return Person(cuid(_EPOCH, 0, "p0st", draw), "p0st", busy, 1.0, (7.5, 12.75, 19.0), expected, 1.0)


def _other(seed: int, start: date, number: int) -> Person:
    draw = draws(seed, "user", number)
    level, trend, swing = 50 + 24 * draw(), 0.06 * (draw() - 0.5), 1 + 4 * draw()
    quiet, night = int(draw() * 7), draw() < 0.3
    noise = autoregressive(draw, DAYS, 0.2 + 0.5 * draw(), 2 + 3 * draw())
    expected = tuple(
        level + trend * t - swing * (day_of_week(start + timedelta(days=t)) == quiet) + noise[t] for t in range(DAYS)
    )
    activity = tuple(0.3 if day == quiet else 0.7 + 0.6 * draw() for day in range(7))
    morning = 10 + 3 * draw() if night else 6 + 3 * draw()
    hours = (morning, morning + 4 + draw(), min(22.5, morning + 9 + 2 * draw()))
    fingerprint = "u" + base36(number, 3)
    context = 0.6 if number <= 2 else 0.0
    return Person(
        cuid(_EPOCH, number, fingerprint, draw), fingerprint, activity, 0.6 + 0.35 * draw(), hours, expected, context
    )


def _counts(seed: int, start: date, people: Sequence[Person], mine: int, theirs: int) -> tuple[tuple[int, ...], ...]:
    weekdays = [day_of_week(start + timedelta(days=t)) for t in range(DAYS)]
    weights: list[list[float]] = []
    for number, person in enumerate(people):
        draw = draws(seed, "presence", number)
        weights.append(
            [person.activity[weekday] * (0.7 + 0.6 * draw()) * (draw() < person.presence) for weekday in weekdays]
        )
    own = shared(mine, weights[0])
    rest = shared(theirs, [weight for series in weights[1:] for weight in series])
    return tuple((own[t], *rest[t::DAYS]) for t in range(DAYS))


def shared(total: int, weights: Sequence[float]) -> list[int]:
    """*total* in whole parts that are as their weights, and sum to it."""
    ends = [round(total * x) for x in accumulate(w / math.fsum(weights) for w in weights)]
    ends[-1] = total
    return [b - a for a, b in zip([0, *ends], ends, strict=False)]


def naive(daily: Sequence[Sequence[int]]) -> tuple[float, float]:
    """
    The difference of daily means between intervention and baseline days, and its standard error.

    Args:
        daily: The participant's scores by study day, shape (DAYS, …); a day without any is left out.
    """
    means = [sum(scores) / len(scores) if scores else math.nan for scores in daily]
    treated = [t for t in range(DAYS) if daily[t] and PHASES[t // PHASE_DAYS].startswith("intervention")]
    control = [t for t in range(DAYS) if daily[t] and t not in treated]
    weights = {t: 1 / len(treated) for t in treated} | {t: -1 / len(control) for t in control}
    spread = EVENT_SD**2 + sum(shift**2 for shift in DIFFICULTY.values()) / len(DIFFICULTY)
    variance = sum(weights[s] * weights[t] * DAY_SD**2 * PHI ** abs(s - t) for s in weights for t in weights) + sum(
        weight**2 * spread / len(daily[t]) for t, weight in weights.items()
    )
    return math.fsum(weight * means[t] for t, weight in weights.items()), math.sqrt(variance)


def day_of_week(day: date) -> int:
    """0 is Sunday."""
    return day.isoweekday() % 7


def milliseconds(day: date) -> int:
    """Since 1970, of its midnight."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000
