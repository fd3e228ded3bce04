"""
How far the values of two phases overlap: NAP, PND, PEM, PAND and IRD, as shares from 0 to 1.

Each takes the values of a baseline and of a treatment phase, and in which direction a change is an
improvement. NaN is left out. An empty phase gives NaN. None of them looks at the order of the days.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from parquetry.analysis.estimates import Direction, Floats

Values: TypeAlias = Sequence[float] | npt.NDArray[Any]


def improving(values: Values, direction: Direction) -> Floats:
    """*values* turned so that more is better, NaN kept."""
    found: Floats = np.asarray(values, dtype=np.float64)
    return found if direction == "increase" else -found


def two(baseline: Values, treatment: Values, direction: Direction) -> tuple[Floats, Floats]:
    """Both phases turned so that more is better, without NaN."""
    a, b = improving(baseline, direction), improving(treatment, direction)
    return a[~np.isnan(a)], b[~np.isnan(b)]


def nap(baseline: Values, treatment: Values, *, direction: Direction = "increase") -> float:
    """
    Nonoverlap of all pairs: the share of pairs (a day of A, a day of B) in which B is the better.

    A tie counts half. 0.5 is no difference. It estimates P(B > A) + P(B = A) / 2.

    Source:
        Parker & Vannest (2009), Behavior Therapy 40(4):357-367.
    """
    a, b = two(baseline, treatment, direction)
    if not len(a) or not len(b):
        return float("nan")
    ordered = np.sort(a)
    below, up_to = np.searchsorted(ordered, b, "left"), np.searchsorted(ordered, b, "right")
    return float((below + up_to).sum() / (2 * len(a) * len(b)))


def pnd(baseline: Values, treatment: Values, *, direction: Direction = "increase") -> float:
    """
    Percentage of nonoverlapping data: the share of days of B better than the best day of A.

    A tie does not count. It falls as the baseline grows longer, whatever the effect.

    Source:
        Scruggs, Mastropieri & Casto (1987), Remedial and Special Education 8(2):24-33.
    """
    a, b = two(baseline, treatment, direction)
    return float((b > a.max()).mean()) if len(a) and len(b) else float("nan")


def pem(baseline: Values, treatment: Values, *, direction: Direction = "increase") -> float:
    """
    Percentage exceeding the median: the share of days of B better than the median of A.

    A tie counts half, so that 0.5 is no difference.

    Source:
        Ma (2006), Behavior Modification 30(5):598-617; ties as in Pustejovsky's SingleCaseES.
    """
    a, b = two(baseline, treatment, direction)
    if not len(a) or not len(b):
        return float("nan")
    middle = np.median(a)
    return float(((b > middle).sum() + (b == middle).sum() / 2) / len(b))


def pand(baseline: Values, treatment: Values, *, direction: Direction = "increase") -> float:
    """
    Percentage of all nonoverlapping data: the largest share of days that can be kept so that every
    kept day of B is better than every kept day of A.

    Days that tie overlap. Without any effect it is well above 0.5, the more so the shorter the phases.

    Source:
        Parker, Hagan-Burke & Vannest (2007), Journal of Special Education 40(4):194-204.
    """
    a, b = two(baseline, treatment, direction)
    if not len(a) or not len(b):
        return float("nan")
    # Whatever is kept, some value divides it: of A what is at most that, of B what is above.
    cuts = np.append(a, -np.inf)
    kept = np.searchsorted(np.sort(a), cuts, "right") + len(b) - np.searchsorted(np.sort(b), cuts, "right")
    return float(kept.max() / (len(a) + len(b)))


def shares_of(a: Floats, b: Floats) -> Floats:
    """
    `pnd`, `pem` and `pand` of many series at once, more being better.

    Args:
        a, b: Shapes (series, days); NaN on the same days of each.

    Returns:
        Shape (series, 3).
    """
    a, b = a[:, ~np.isnan(a[0])], b[:, ~np.isnan(b[0])]
    middle = np.median(a, axis=1, keepdims=True)
    exceeding = (b > middle).sum(axis=1) + (b == middle).sum(axis=1) / 2
    found = (best_of(a, b), exceeding / b.shape[1], _kept(a, b) / (a.shape[1] + b.shape[1]))
    return np.column_stack(found)


def best_of(a: Floats, b: Floats) -> Floats:
    """`pnd` of many series at once, shape (series,)."""
    a, b = a[:, ~np.isnan(a[0])], b[:, ~np.isnan(b[0])]
    found: Floats = (b > a.max(axis=1, keepdims=True)).mean(axis=1)
    return found


def _kept(a: Floats, b: Floats) -> Floats:
    """The most days of `pand`: up the values in order, a day of A more is kept and a day of B less."""
    values = np.concatenate([a, b], axis=1)
    order = np.argsort(values, axis=1)
    ordered = np.take_along_axis(values, order, axis=1)
    kept = b.shape[1] + np.where(order < a.shape[1], 1, -1).cumsum(axis=1)
    # Between days that tie there is no value that divides them.
    kept[:, :-1][ordered[:, 1:] == ordered[:, :-1]] = 0
    found: Floats = np.maximum(kept.max(axis=1), b.shape[1])
    return found


class Sorted(NamedTuple):
    """
    Days by their phase, and by the phase they would be in had the days been put in the order of their values.

    Attributes:
        a_in_a, a_in_b, b_in_a, b_in_b: Days of A that stay in A, days of A that B would hold, and so on.
    """

    a_in_a: int
    a_in_b: int
    b_in_a: int
    b_in_b: int

    @property
    def pand(self) -> float:
        """The share of days that stay in their phase; NaN without days."""
        days = sum(self)
        return (self.a_in_a + self.b_in_b) / days if days else float("nan")

    @property
    def phi(self) -> float:
        """Pearson's correlation of the two memberships; NaN if a phase is empty."""
        a, b = self.a_in_a + self.a_in_b, self.b_in_a + self.b_in_b
        return 1 - self.a_in_b / a - self.b_in_a / b if a and b else float("nan")

    @property
    def chi_square(self) -> float:
        """Of the independence of the two memberships, one degree of freedom, without a correction."""
        return sum(self) * self.phi**2


def pand_sorted(*cases: tuple[Values, Values], direction: Direction = "increase") -> Sorted:
    """
    Percentage of all nonoverlapping data as it was first computed: by sorting.

    The days of each case are put in the order of their values, and the first as many as A has are
    called A. Values that tie at the border are given to their own phase as far as that has room, which
    is the most favourable of the orders that the authors draw from. It is not what they define (that
    is `pand`), and can be more or less.

    Args:
        cases: Pairs of a baseline and a treatment; the counts of all are added.

    Source:
        Parker, Hagan-Burke & Vannest (2007), Journal of Special Education 40(4):194-204.
    """
    moved = days_a = days_b = 0
    for baseline, treatment in cases:
        a, b = two(baseline, treatment, direction)
        values = np.concatenate([a, b])
        order = np.argsort(values, kind="stable")
        moved += int((order[: len(a)] >= len(a)).sum())
        days_a, days_b = days_a + len(a), days_b + len(b)
    return Sorted(days_a - moved, moved, moved, days_b - moved)


def ird(baseline: Values, treatment: Values, *, direction: Direction = "increase") -> float:
    """
    Robust improvement rate difference: share of improved days in B less that in A, where the days that
    `pand` removes are divided equally between the phases.

    With k days removed, 1 - k/2·(1/days of A + 1/days of B).

    Source:
        Parker, Vannest & Brown (2009), Exceptional Children 75(2):135-150; the robust form, which does
        not depend on which of several smallest removals is taken, in Parker, Vannest & Davis (2011),
        Behavior Modification 35(4):303-322.
    """
    a, b = two(baseline, treatment, direction)
    if not len(a) or not len(b):
        return float("nan")
    return ird_of(pand(a, b), len(a), len(b))


def ird_of(kept: float, a: float, b: float) -> float:
    """The robust improvement rate difference that belongs to a `pand` of phases of *a* and *b* days."""
    return 1 - (1 - kept) * (a + b) / 2 * (1 / a + 1 / b)
