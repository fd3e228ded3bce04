"""The randomisation test: over exactly the schedules that might have been drawn."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from parquetry.analysis.estimates import Flags
from parquetry.analysis.randomisation import blocks, changes, complete, listed, randomisation_test, starts
from parquetry.errors import Usage

from .series import noise, switched


def runs(schedule: Flags) -> list[int]:
    """Lengths of the phases."""
    edges = [0, *(np.flatnonzero(schedule[1:] != schedule[:-1]) + 1).tolist(), len(schedule)]
    return [b - a for a, b in pairwise(edges)]


def test_every_admissible_schedule_is_there_once() -> None:
    found = changes(17, 4, 3)
    table = found.every()
    assert found.count == len(table) == len(np.unique(table, axis=0)) == 56  # 8 choose 3
    for schedule in table:
        assert 4 == len(runs(schedule)) and min(runs(schedule)) >= 3 and not schedule[0]


@pytest.mark.parametrize(
    "schedules", [changes(17, 4, 3), changes(60, 2, 3), complete(8, 3), blocks(8, 1), starts(30, range(10, 20))]
)
def test_draws_are_admissible_and_equally_likely(schedules: object) -> None:
    drawn = schedules.draw(np.random.default_rng(1), 20_000)  # type: ignore[attr-defined]
    table = schedules.every()  # type: ignore[attr-defined]
    place = {row.tobytes(): i for i, row in enumerate(table)}
    counts = np.bincount([place[row.tobytes()] for row in drawn], minlength=len(table))
    assert 4 * np.sqrt(20_000 / len(table)) > np.abs(counts - 20_000 / len(table)).max()


def test_the_p_value_is_the_share_of_schedules() -> None:
    """By hand: 3 of 5 days, the largest sum of all ten."""
    outcome, used = np.array([1.0, 9.0, 2.0, 8.0, 7.0]), np.array([0, 1, 0, 1, 1])
    found = randomisation_test(outcome, used, complete(5, 3), alternative="increase")
    by_hand = [outcome[list(c)].mean() - np.delete(outcome, c).mean() for c in combinations(range(5), 3)]
    assert (0.1, 0.1, 10, True) == (found.p, found.smallest_p, found.admissible, found.exact)
    assert sorted(by_hand) == pytest.approx(sorted(found.distribution))
    assert 8.0 - 1.5 == found.statistic
    assert 1.0 == randomisation_test(outcome, used, complete(5, 3), alternative="decrease").p


def test_two_sided_counts_both_tails() -> None:
    """Blocks hold every schedule and its opposite, so no p below 2 in 2⁶ is possible."""
    outcome = np.tile([0.0, 5.0], 6) + 0.01 * np.arange(12)
    found = randomisation_test(outcome, np.tile([0, 1], 6), blocks(12))
    assert (2 / 64, 2 / 64) == (found.p, found.smallest_p)


def test_many_schedules_are_drawn_from() -> None:
    outcome, phases = switched(30, effect=4.0)
    used = np.array(phases) == "B"
    found = randomisation_test(outcome, used, changes(120, 4, 10), seed=3)
    assert (False, 10_000) == (found.exact, len(found.distribution))
    assert found.admissible == 91881  # 83 choose 3
    assert 1 / 10_001 <= found.p < 0.05
    again = randomisation_test(outcome, used, changes(120, 4, 10), seed=3)
    assert (found.p, found.distribution.tolist()) == (again.p, again.distribution.tolist())


def test_missing_days_and_washout_count_for_no_schedule() -> None:
    outcome = np.array([1.0, 2, 3, 100, 9, 9, np.nan, 9])
    used = np.array([0, 0, 0, 1, 1, 1, 1, 1])
    found = randomisation_test(outcome, used, starts(8, [2, 3, 4]), washout=1, alternative="increase")
    assert 9.0 - 2.0 == found.statistic
    # Starting at 2 or 4 leaves the wild day in, once among the treated and once among the others.
    assert [(100 + 27) / 4 - 1.5, 9.0 - 2.0, 9.0 - 106 / 4] == pytest.approx(found.distribution.tolist())


def test_it_holds_its_level_whatever_the_autocorrelation() -> None:
    """No effect, φ = 0.8: the share of p ≤ 0.05 stays at 5 % (binomial, 99.9 %)."""
    random = np.random.default_rng(6)
    schedules = changes(40, 4, 5)
    table = schedules.every()
    small = 0
    for trial in range(300):
        used = table[random.integers(len(table))]
        small += randomisation_test(noise(40, 0.8, trial), used, schedules, seed=trial).p <= 0.05
    assert small <= 29


@pytest.mark.parametrize("draws", [10_000, 20])
def test_a_schedule_without_a_comparison_is_not_among_them(draws: int) -> None:
    """Its untreated days are all missing: what is left of their sum, 1e-17, is no infinite difference."""
    outcome = np.concatenate([[np.nan] * 5, 0.1 * noise(25) + 0.7 + (np.arange(25) >= 10)])
    used = np.arange(30) >= 15
    found = randomisation_test(outcome, used, starts(30, range(3, 28)), draws=draws, alternative="increase")
    proper = randomisation_test(outcome, used, starts(30, range(6, 28)), alternative="increase")
    assert np.isfinite(found.distribution).all() and "without a day to compare with" in found.how
    if draws > 25:
        assert (22, proper.p, proper.smallest_p) == (found.admissible, found.p, found.smallest_p)
        assert found.p < 1


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: starts(10, [0, 10]), "before and after"),
        (lambda: randomisation_test(np.ones(4), [0, 0, 1, 1], starts(4, [2]), alternative="up"), "no alternative 'up'"),  # type: ignore[arg-type]
        (lambda: changes(10, 4, 3), "do not fit"),
        (lambda: blocks(9, 2), "whole blocks"),
        (lambda: complete(5, 5), "nothing to compare"),
        (lambda: randomisation_test(np.ones(6), [0, 1, 0, 1, 0, 1], starts(6, [3])), "not one of those"),
        (lambda: randomisation_test(np.ones(5), [0, 0, 0, 1, 1], starts(6, [3])), "schedules of 6 days"),
    ],
)
def test_what_makes_no_sense_is_said(make: object, says: str) -> None:
    with pytest.raises(Usage, match=says):
        make()  # type: ignore[operator]


def test_a_list_of_schedules_is_the_candidate_set() -> None:
    table = [[0, 0, 1, 1], [0, 1, 1, 0], [1, 1, 0, 0]]
    found = randomisation_test([1.0, 2, 5, 6], table[0], listed(table), alternative="increase")
    assert (3, 1 / 3) == (found.admissible, found.p)
