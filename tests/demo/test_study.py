"""The invented study is what it says it is: its truth can be found, and it is the same every time."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise
from statistics import fmean, stdev

import pytest

from parquetry.demo import behaviour, study

END = date(2026, 11, 20)
SMALL = study.FEWEST_EVENTS


def scores(seed: int, end: date = END, events: int = SMALL) -> list[list[int]]:
    return [day.scores for day in behaviour.days(study.study(seed, end, events))]


@pytest.fixture(scope="module")
def many() -> list[tuple[float, float]]:
    """The naive difference and its standard error, of 24 studies."""
    return [study.naive(scores(seed)) for seed in range(1, 25)]


def test_the_default_seed_shows_the_planted_effect() -> None:
    """Whatever the weekday it ends on, the demo's naive difference lies within its standard error of the truth."""
    for shift in range(7):
        seen, error = study.naive(scores(7, END + timedelta(days=shift), 20_000))
        assert abs(seen - 6.0) < error


def test_on_average_the_planted_effect_is_seen(many: list[tuple[float, float]]) -> None:
    """No bias from weekdays, rounding or clipping that 24 studies could show."""
    assert abs(fmean(seen for seen, _ in many) - 6.0) < 2.6 * fmean(error for _, error in many) / 24**0.5


def test_the_standard_error_is_honest(many: list[tuple[float, float]]) -> None:
    """Ignoring the autocorrelation would make it 0.8 instead of 1.3, and this ratio 1.6."""
    assert 0.7 < stdev((seen - 6.0) / error for seen, error in many) < 1.3


def test_the_noise_remembers_yesterday() -> None:
    """Lag-1 autocorrelation near PHI, less the bias that short series have."""
    found = []
    for seed in range(1, 41):
        of = study.study(seed, END, SMALL)
        noise = [
            expected - study.WEEKDAY[study.day_of_week(of.start + timedelta(days=t))] - 6.0 * of.phase(t).treated - 62.0
            for t, expected in enumerate(of.participant.expected)
        ]
        found.append(sum(a * b for a, b in pairwise(noise)) / sum(a * a for a in noise))
    assert abs(fmean(found) - 0.5) < 0.06


def test_scores_are_hardly_ever_clipped() -> None:
    values = [score for day in scores(7, END, 120_000) for score in day]
    assert sum(score in (0, 100) for score in values) < len(values) / 1000


@pytest.mark.parametrize("events", [10_000, 10_007, 123_456])
def test_there_are_exactly_as_many_events_as_asked_for(events: int) -> None:
    text = "".join(day.text for day in behaviour.days(study.study(7, END, events)))
    ids = {line.split("\t", 1)[0] for line in text.splitlines()}
    assert events == len(ids)
    assert all(re.fullmatch("c[a-z0-9]{24}", key) for key in ids)


def test_events_of_a_day_are_in_order_and_in_that_day() -> None:
    of = study.study(7, END, 50_000)
    for t, day in enumerate(behaviour.days(of)):
        times = [line.split("\t")[1] for line in day.text.splitlines()]
        assert times == sorted(times)
        assert {str(of.start + timedelta(days=t))} >= {time[:10] for time in times}


def test_seed_and_end_make_the_study() -> None:
    first, again, other, later = (
        list(behaviour.days(study.study(seed, end, SMALL)))
        for seed, end in [(7, END), (7, END), (8, END), (7, END + timedelta(days=1))]
    )
    assert first == again
    assert first[0].text != other[0].text
    assert first[0].text != later[0].text


def test_more_events_mean_more_users_and_the_same_participant() -> None:
    small, large = study.study(7, END, 120_000), study.study(7, END, 250_000)
    assert 8 == len(small.people)
    assert len(large.people) > 15
    for t in (0, 60, 119):
        assert list(behaviour.of_person(small, t, 0)) == list(behaviour.of_person(large, t, 0))
