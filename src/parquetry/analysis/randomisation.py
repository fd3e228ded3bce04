"""
The randomisation test: how unusual the difference is among all schedules that might have been drawn.

It assumes nothing of the outcome's distribution or autocorrelation, and it is valid when and only
when the schedule was drawn at random from the set that is named here; so there is no default.
Edgington & Onghena (2007), Randomization tests, 4th edition.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise, product
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from parquetry.analysis.estimates import Flags, Floats, Whole
from parquetry.errors import Usage

DRAWS = 10_000
_ROUNDING = 1e-10
Alternative: TypeAlias = Literal["two-sided", "increase", "decrease"]


@dataclass(frozen=True, slots=True, eq=False)
class Schedules:
    """
    The schedules that might have been drawn, each with the same probability.

    Attributes:
        how: In words.
        count: How many there are.
        every: All of them, shape (count, days); True is a treated day.
        draw: Some of them, shape (draws, days).
        at: One of them by its number, from 0 on, shape (days,); each has one number.
        holds: Whether a schedule, shape (days,), is one of them.
    """

    how: str
    count: int
    every: Callable[[], Flags]
    draw: Callable[[np.random.Generator, int], Flags]
    at: Callable[[int], Flags]
    holds: Callable[[Flags], bool]


def starts(days: int, candidates: Sequence[int]) -> Schedules:
    """
    The treatment begins at one of *candidates* (indices of the first treated day) and stays.

    One outside of the days might have been drawn, too; the test leaves it out.
    """
    dates = np.array(sorted(set(candidates)), dtype=np.int64)
    if not ((dates > 0) & (dates < days)).any():
        raise Usage(f"no candidate leaves days before and after it; there are {days}")
    table = np.arange(days) >= dates[:, None]
    return _listed(f"one of {len(dates)} starting days", table)


def changes(days: int, phases: int, shortest: int) -> Schedules:
    """Phases A B A B …, of at least *shortest* days each; the days of the changes are drawn."""
    spare = days - phases * shortest
    if phases < 2 or shortest < 1 or spare < 0:
        raise Usage(f"{phases} phases of at least {shortest} days do not fit into {days}")
    slots, cuts = spare + phases - 1, phases - 1
    count = math.comb(slots, cuts)
    offset = shortest + np.arange(cuts) * (shortest - 1)

    def every() -> Flags:
        chosen = np.array(list(combinations(range(slots), cuts)))
        return _phased(chosen + offset, days)

    def draw(random: np.random.Generator, draws: int) -> Flags:
        return _phased(_subsets(random, slots, cuts, draws) + offset, days)

    def at(index: int) -> Flags:
        found: Flags = _phased(np.array([_subset(index, slots, cuts)]) + offset, days)[0]
        return found

    def holds(used: Flags) -> bool:
        edges = [0, *(np.flatnonzero(used[1:] != used[:-1]) + 1).tolist(), days]
        return len(edges) == phases + 1 and not used[0] and min(b - a for a, b in pairwise(edges)) >= shortest

    return Schedules(f"{phases} phases of at least {shortest} days", count, every, draw, at, holds)


def blocks(days: int, size: int = 1) -> Schedules:
    """Blocks of twice *size* days; in each, the treatment has the first half or the second."""
    if size < 1 or days % (2 * size):
        raise Usage(f"{days} days are not whole blocks of {2 * size}")
    number = days // (2 * size)

    def spread(first: Flags) -> Flags:
        halves = np.stack([first, ~first], axis=2).reshape(len(first), -1)
        return np.repeat(halves, size, axis=1)

    def every() -> Flags:
        return spread(np.array(list(product([True, False], repeat=number))))

    def draw(random: np.random.Generator, draws: int) -> Flags:
        return spread(random.random((draws, number)) < 0.5)

    def at(index: int) -> Flags:
        found: Flags = spread(np.array([[index >> block & 1 for block in range(number)]], dtype=bool))[0]
        return found

    def holds(used: Flags) -> bool:
        return bool((spread(used[None, :: 2 * size])[0] == used).all())

    return Schedules(f"{number} blocks of {2 * size} days", 2**number, every, draw, at, holds)


def complete(days: int, treated: int) -> Schedules:
    """Any *treated* of the days."""
    if not 0 < treated < days:
        raise Usage(f"{treated} treated days of {days} leave nothing to compare")

    def every() -> Flags:
        chosen = np.array(list(combinations(range(days), treated)))
        return _at(chosen, days)

    def draw(random: np.random.Generator, draws: int) -> Flags:
        # A threshold, since to find a number is six times as fast as to find where it is.
        order = random.integers(2**32, size=(draws, days), dtype=np.uint32)
        found: Flags = order <= np.partition(order, treated - 1, axis=1)[:, treated - 1, None]
        while (again := found.sum(axis=1) != treated).any():
            found[again] = draw(random, int(again.sum()))
        return found

    def at(index: int) -> Flags:
        found: Flags = _at(np.array([_subset(index, days, treated)]), days)[0]
        return found

    def holds(used: Flags) -> bool:
        return int(used.sum()) == treated

    return Schedules(f"any {treated} of {days} days", math.comb(days, treated), every, draw, at, holds)


def listed(schedules: Sequence[Sequence[Any]] | npt.NDArray[Any]) -> Schedules:
    """Those in a table, shape (count, days); what is true is treated."""
    table = np.unique(np.array(schedules, dtype=bool), axis=0)
    return _listed(f"{len(table)} listed schedules", table)


@dataclass(frozen=True, slots=True, eq=False)
class Randomised:
    """
    The result of the test.

    Attributes:
        statistic: Mean of the treated days less mean of the others.
        p: Share of schedules at least as extreme, the one that was used among them.
        smallest_p: The smallest that these schedules allow with these data.
        how: The set; and how many were left out, since with these data they leave no day to compare with.
        admissible: How many schedules there are; without those left out, where all were looked at.
        exact: All of them were looked at; else ``draws`` of them.
        distribution: The statistic under each schedule looked at, shape (schedules,).
    """

    how: str
    statistic: float
    p: float
    smallest_p: float
    admissible: int
    exact: bool
    alternative: Alternative
    distribution: Floats


def randomisation_test(
    outcome: Sequence[float] | npt.NDArray[Any],
    treated: Sequence[Any] | npt.NDArray[Any],
    schedules: Schedules,
    *,
    alternative: Alternative = "two-sided",
    washout: int = 0,
    draws: int = DRAWS,
    seed: int = 0,
) -> Randomised:
    """
    Test that the treatment does nothing to any day's outcome.

    Args:
        outcome: Shape (days,); NaN is a missing day.
        treated: The schedule that was used, shape (days,).
        schedules: The set it was drawn from.
        washout: Days after each change, under each schedule its own, that do not count.
        draws: How many are looked at where there are more.

    Raises:
        Usage: The schedule that was used is not one of *schedules*.
    """
    values, used = np.asarray(outcome, dtype=np.float64), np.asarray(treated, dtype=bool)
    exact = schedules.count <= draws
    tried = schedules.every() if exact else schedules.draw(np.random.default_rng(seed), draws)
    if values.shape != used.shape or tried.shape[1] != len(used):
        raise Usage(f"{len(values)} outcomes, {len(used)} days of a schedule, and schedules of {tried.shape[1]} days")
    if not schedules.holds(used):
        raise Usage("the schedule that was used is not one of those it was drawn from", what=schedules.how)
    found = differences(values, tried, washout)
    seen = float(differences(values, used[None, :], washout)[0])
    if not math.isfinite(seen):
        raise Usage("the schedule that was used leaves no day to compare with")
    return judged(schedules.how, seen, found, schedules.count, exact, alternative)


def judged(how: str, seen: float, found: Floats, admissible: int, exact: bool, alternative: Alternative) -> Randomised:
    """
    How unusual *seen* is among *found*, the statistic under the schedules looked at.

    A schedule that leaves no day to compare with could not have been analysed; the test is among the others.

    Args:
        found: NaN where a schedule leaves no day to compare with.
        exact: *found* has all schedules, the one that was used among them; else it counts as one more.

    Raises:
        Usage: No such alternative.
    """
    if alternative not in get_args(Alternative):
        raise Usage(f"no alternative '{alternative}'; it is one of {', '.join(get_args(Alternative))}")
    compared = found[np.isfinite(found)]
    if left := len(found) - len(compared):
        how += f", less {left:,} {'' if exact else 'of those drawn '}without a day to compare with"
        admissible -= left if exact else 0
    extreme, own = _extremity(compared, alternative), float(_extremity(np.array([seen]), alternative)[0])
    slack = _ROUNDING * float(np.max(np.abs(compared), initial=abs(seen)))
    more = 0 if exact else 1
    p = (int((extreme >= own - slack).sum()) + more) / (len(compared) + more)
    smallest = float((extreme >= extreme.max() - slack).mean()) if exact else 1 / (len(compared) + 1)
    return Randomised(how, seen, p, smallest, admissible, exact, alternative, compared)


def differences(outcome: Floats, schedules: Flags, washout: int = 0) -> Floats:
    """Mean of treated less mean of untreated days, shape (schedules,); NaN where one has no days."""
    known = np.isfinite(outcome)
    values = np.where(known, outcome - (outcome[known].mean() if known.any() else 0.0), 0.0)
    pair = np.column_stack([values, known.astype(np.float64)])
    on = schedules.astype(np.float64)
    if washout:
        counted = _counted(schedules, washout)
        treated = (on * counted) @ pair
        others = counted @ pair - treated
    else:
        treated = on @ pair
        others = pair.sum(axis=0) - treated
    # What is left of a sum is not exactly 0 where nothing is left of it; the numbers of days are.
    number = np.where((treated[:, 1] > 0) & (others[:, 1] > 0), 1.0, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = number * (treated[:, 0] / treated[:, 1] - others[:, 0] / others[:, 1])
    return found


def _extremity(found: Floats, alternative: Alternative) -> Floats:
    """The larger, the more it speaks for an effect."""
    return {"two-sided": np.abs(found), "increase": found, "decrease": -found}[alternative]


def _counted(schedules: Flags, washout: int) -> Floats:
    """1 where a day counts: more than *washout* days after its schedule's last change."""
    changed = schedules[:, 1:] != schedules[:, :-1]
    counted = np.ones(schedules.shape)
    for days in range(washout):
        counted[:, 1 + days :] *= ~changed[:, : changed.shape[1] - days]
    return counted


def _listed(how: str, table: Flags) -> Schedules:
    def draw(random: np.random.Generator, draws: int) -> Flags:
        found: Flags = table[random.integers(len(table), size=draws)]
        return found

    def at(index: int) -> Flags:
        found: Flags = table[index]
        return found

    def holds(used: Flags) -> bool:
        return bool((table == used).all(axis=1).any())

    return Schedules(how, len(table), lambda: table, draw, at, holds)


def _phased(cuts: Whole, days: int) -> Flags:
    """Treated are the second, fourth … phase; *cuts* are the first days of all phases but the first."""
    found = np.zeros((len(cuts), days), dtype=bool)
    # Small integers: comparing ten thousand schedules of a year is most of the test's time.
    rows, firsts = np.arange(days, dtype=np.int32), cuts.astype(np.int32)
    for column in range(cuts.shape[1]):
        found ^= rows >= firsts[:, column, None]
    return found


def _subsets(random: np.random.Generator, of: int, size: int, draws: int) -> Whole:
    """*draws* increasing subsets, all equally likely, shape (draws, size); repeated elements are drawn again."""
    if size > of // 4:
        return np.sort(np.argpartition(random.random((draws, of)), size - 1, axis=1)[:, :size], axis=1)
    found = np.sort(random.integers(of, size=(draws, size)), axis=1)
    while (again := (np.diff(found, axis=1) == 0).any(axis=1)).any():
        found[again] = np.sort(random.integers(of, size=(int(again.sum()), size)), axis=1)
    return found


def _subset(index: int, of: int, size: int) -> list[int]:
    """The subset with number *index* among those of *size* elements, in the order of their elements."""
    found, left = [], size
    for element in range(of):
        if not left:
            break
        with_it = math.comb(of - element - 1, left - 1)
        if index < with_it:
            found.append(element)
            left -= 1
        else:
            index -= with_it
    return found


def _at(chosen: Whole, days: int) -> Flags:
    found = np.zeros((len(chosen), days), dtype=bool)
    np.put_along_axis(found, chosen, True, axis=1)
    return found
