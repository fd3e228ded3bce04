"""
The randomisation test of a multiple-baseline study: each series began at a date that was drawn.

One test for all series together, on the mean of their differences; a series alone has few dates, and
several have as many combinations as their product. Wampold & Worsham (1986), Behavioral Assessment
8:135-143, for dates that are handed out; Koehler & Levin (1998), Psychological Methods 3(2):206-217,
for dates drawn series by series. It is no model of what the series have in common: a shock that hits
all of them on one calendar day moves all of their differences.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import permutations, product
from typing import Any

import numpy as np
import numpy.typing as npt

from parquetry.analysis.estimates import Floats, Whole
from parquetry.analysis.randomisation import DRAWS, Alternative, Randomised, differences, judged
from parquetry.errors import Usage


def joint_test(
    outcomes: Sequence[npt.NDArray[Any]],
    used: Sequence[int],
    candidates: Sequence[Sequence[int]],
    *,
    shared: bool = False,
    alternative: Alternative = "two-sided",
    washout: int = 0,
    draws: int = DRAWS,
    seed: int = 0,
) -> Randomised:
    """
    Test that the treatment does nothing to any day of any series.

    Args:
        outcomes: A series each, of shape (days,); NaN is a missing day. All in one unit.
        used: The first treated row of each series.
        candidates: For each series the rows that might have been drawn, in the order of the dates.
        shared: The dates were handed out, each to one series; else each series drew its own.
        washout: Days from the first treated one on that do not count.

    Raises:
        Usage: A start that was used is not among its candidates, or one was used twice and they were handed out.
    """
    chosen = [_place(number, at, rows) for number, (at, rows) in enumerate(zip(used, candidates, strict=True), 1)]
    if shared and (len(set(chosen)) < len(chosen) or len({len(rows) for rows in candidates}) > 1):
        raise Usage("dates that were handed out are the same for all series, and no two series have one in common")
    by_date = [_differences(values, rows, washout) for values, rows in zip(outcomes, candidates, strict=True)]
    sizes = [len(rows) for rows in candidates]
    count = math.perm(sizes[0], len(sizes)) if shared else math.prod(sizes)
    exact = count <= draws
    drawn = _every(sizes, shared) if exact else _some(np.random.default_rng(seed), sizes, shared, draws)
    found = np.mean([each[drawn[:, i]] for i, each in enumerate(by_date)], axis=0)
    seen = float(np.mean([each[at] for each, at in zip(by_date, chosen, strict=True)]))
    if not math.isfinite(seen):
        raise Usage("the schedule that was used leaves a series no day to compare with")
    return judged(_how(sizes, shared), seen, found, count, exact, alternative)


def _how(sizes: Sequence[int], shared: bool) -> str:
    if shared:
        return f"{sizes[0]} starting days handed out to {len(sizes)} series"
    each = " or ".join(map(str, sorted(set(sizes))))
    return f"{len(sizes)} series, each with one of {each} starting days"


def _place(number: int, used: int, rows: Sequence[int]) -> int:
    if used not in rows:
        raise Usage(
            f"series {number} began on day {used}, which is not one of the days it was drawn from",
            what=f"days: {', '.join(map(str, rows))}",
        )
    return list(rows).index(used)


def _differences(outcome: npt.NDArray[Any], rows: Sequence[int], washout: int) -> Floats:
    days = len(outcome)
    table = np.arange(days) >= np.array(rows)[:, None]
    return differences(np.asarray(outcome, dtype=np.float64), table, washout)


def _every(sizes: Sequence[int], shared: bool) -> Whole:
    each = permutations(range(sizes[0]), len(sizes)) if shared else product(*map(range, sizes))
    return np.array(list(each), dtype=np.int64)


def _some(random: np.random.Generator, sizes: Sequence[int], shared: bool, draws: int) -> Whole:
    if shared:
        order = random.random((draws, sizes[0])).argsort(axis=1)
        return order[:, : len(sizes)].astype(np.int64)
    return np.column_stack([random.integers(size, size=draws) for size in sizes])
