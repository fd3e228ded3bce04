"""
The Tau family: pairs of days that improve less pairs that get worse, over the number of pairs.

Pairs of a day of A and a day of B are the difference between phases; pairs within a phase its trend.
Which pairs count, with which sign, and what they are divided by is the model's name; "Tau-U" alone
names several numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from scipy.special import ndtr, ndtri

from parquetry.analysis.effect_sizes.overlap import Values, improving, two
from parquetry.analysis.estimates import Direction, Flags, Floats, Whole
from parquetry.errors import Usage

Model: TypeAlias = Literal[
    "A vs B", "trend A", "trend B", "A vs B - trend A", "A vs B + trend B", "A vs B + trend B - trend A"
]
Ties: TypeAlias = Literal["a", "b"]
_Three: TypeAlias = tuple[int, int, int]


class _Terms(NamedTuple):
    """How the pairs between phases, within A and within B enter: with which sign, and whether they are divided by."""

    signs: _Three
    divisor: _Three


_MODELS: Mapping[Model, _Terms] = {
    "A vs B": _Terms((1, 0, 0), (1, 0, 0)),
    "trend A": _Terms((0, 1, 0), (0, 1, 0)),
    "trend B": _Terms((0, 0, 1), (0, 0, 1)),
    # Parker et al. divide by the pairs between the phases alone, so that this one may leave [-1, 1].
    "A vs B - trend A": _Terms((1, -1, 0), (1, 0, 0)),
    "A vs B + trend B": _Terms((1, 0, 1), (1, 0, 1)),
    "A vs B + trend B - trend A": _Terms((1, -1, 1), (1, 1, 1)),
}
MODELS: tuple[Model, ...] = tuple(_MODELS)
_EXACT_DAYS = 60
_ROUNDING = 1e-9
_MANY, _FEW = 4_000, 400


def tau(
    baseline: Values,
    treatment: Values,
    model: Model = "A vs B",
    *,
    direction: Direction = "increase",
    ties: Ties = "a",
) -> float:
    """
    One of the Tau and Tau-U indices.

    Args:
        baseline, treatment: In the order of time; NaN is left out.
        model: Which pairs count. ``A vs B`` is 2·NAP - 1. ``A vs B - trend A`` is the Tau-U that most
            papers report; it may leave [-1, 1].
        ties: ``a`` divides by the number of pairs, as Parker et al. do. ``b`` divides as Kendall's
            tau-b between the outcome and a time in which days that are not compared tie.

    Returns:
        0 is no difference. NaN for phases too short to have a pair; 0 where all values tie.

    Source:
        Parker, Vannest, Davis & Sauber (2011), Behavior Therapy 42(2):284-299.
        Tau-b: Kendall (1970), Rank correlation methods, 4th edition, chapter 3.
    """
    a, b = two(baseline, treatment, direction)
    terms, pairs = _MODELS[model], _pairs(a, b)
    differences = _differences(a, b, terms.signs)
    if ties == "a":
        return _tau_a(terms, differences, pairs)
    if not all(p for p, used in zip(pairs, terms.divisor, strict=True) if used):
        return float("nan")
    total = float(np.dot(terms.signs, differences))
    return _tau_b(total, _compared(terms, a, b), sum(p for p, s in zip(pairs, terms.signs, strict=True) if s))


def every_tau(baseline: Floats, treatment: Floats) -> list[float]:
    """`tau` of each of MODELS, more being better, for the price of one."""
    a, b = two(baseline, treatment, "increase")
    differences, pairs = _differences(a, b), _pairs(a, b)
    return [_tau_a(terms, differences, pairs) for terms in _MODELS.values()]


def tau_name(model: str) -> str:
    """``Tau (trend A)``, ``Tau-U (A vs B - trend A)``."""
    return f"Tau-U ({model})" if "+" in model or "-" in model else f"Tau ({model})"


class TauTest(NamedTuple):
    """
    Kendall's test of one model, which takes days for independent.

    Attributes:
        pairs: By which S is divided: those that the model names.
        positive, negative, ties: Of the compared pairs; those of A's trend turned, where it is taken out.
        s: *positive* less *negative*.
        tau: S over *pairs*.
        variance: Of S if nothing is going on, corrected for ties of the outcome.
        variance_without_ties: The same as if no values tied.
        z, p: S over its standard deviation, and the two-sided probability.
        low, high: 95 % by Fisher's transformation; NaN for |tau| ≥ 1 or fewer than four values.
    """

    pairs: int
    positive: int
    negative: int
    ties: int
    s: int
    tau: float
    variance: float
    variance_without_ties: float
    z: float
    p: float
    low: float
    high: float

    @property
    def error(self) -> float:
        """Standard error of tau."""
        return float(np.sqrt(self.variance)) / self.pairs


def tau_test(
    baseline: Values, treatment: Values, model: Model = "A vs B", *, direction: Direction = "increase"
) -> TauTest:
    """
    S, its variance and its test, for one of the models of `tau`, as the tables of Parker et al. have them.

    It is right for independent days only; `effect_sizes` has intervals that reckon with autocorrelation.

    Raises:
        Usage: The phases are too short to have a pair, or all values tie.

    Source:
        Parker, Vannest, Davis & Sauber (2011), Behavior Therapy 42(2):284-299; the variance in Kendall
        (1970), Rank correlation methods, 4th edition, chapters 3 and 4.
    """
    a, b = two(baseline, treatment, direction)
    terms, differences, pairs = _MODELS[model], _differences(a, b), _pairs(a, b)
    divisor = int(np.dot(terms.divisor, pairs))
    values, times = _compared(terms, a, b), _coded(terms, len(a), len(b))
    variance = _variance(times, values)
    if not divisor or not variance > 0:
        raise Usage(f"no test of {model}: {len(a)} and {len(b)} values, or all of them tie")
    s = int(np.dot(terms.signs, differences))
    compared = sum(p for p, sign in zip(pairs, terms.signs, strict=True) if sign)
    tied = _tied(terms, a, b)
    z, value = s / float(np.sqrt(variance)), s / divisor
    low, high = _fisher(value, len(values))
    return TauTest(
        divisor, (compared - tied + s) // 2, (compared - tied - s) // 2, tied, s, value, variance,
        _variance(times, np.arange(len(values), dtype=np.float64)), z, float(2 * ndtr(-abs(z))), low, high,
    )  # fmt: skip


def _coded(terms: _Terms, m: int, n: int) -> Floats:
    """The time with which a model correlates the outcome: days that it does not compare tie."""
    between, within_a, within_b = terms.signs
    first = np.arange(m, dtype=np.float64) * within_a if within_a else np.zeros(m)
    second = m + (np.arange(n, dtype=np.float64) if within_b else np.zeros(n))
    return np.concatenate([first, second]) if between else (first if within_a else second)


def _tied(terms: _Terms, a: Floats, b: Floats) -> int:
    """Compared pairs in which the values are equal."""
    both = np.concatenate([a, b])
    within = [_equal_pairs(a), _equal_pairs(b)]
    between = _equal_pairs(both) - sum(within)
    return sum(t for t, sign in zip((between, *within), terms.signs, strict=True) if sign)


def _equal_pairs(values: Floats) -> int:
    ordered = np.sort(values)
    if not (ordered[1:] == ordered[:-1]).any():
        return 0
    sizes = np.unique(ordered, return_counts=True)[1]
    return int((sizes * (sizes - 1)).sum()) // 2


def _variance(times: Floats, values: Floats) -> float:
    """Of Kendall's S if the two have nothing to do with each other, with ties in both."""
    n = len(values)
    t, u = (np.unique(each, return_counts=True)[1].astype(np.float64) for each in (times, values))
    full = n * (n - 1) * (2 * n + 5) - sum(float((k * (k - 1) * (2 * k + 5)).sum()) for k in (t, u))
    found = full / 18
    if n > 1:
        found += float((t * (t - 1)).sum() * (u * (u - 1)).sum()) / (2 * n * (n - 1))
    if n > 2:
        thirds = [float((k * (k - 1) * (k - 2)).sum()) for k in (t, u)]
        found += thirds[0] * thirds[1] / (9 * n * (n - 1) * (n - 2))
    return found


def _fisher(value: float, n: int) -> tuple[float, float]:
    if not abs(value) < 1 or n < 4:
        return float("nan"), float("nan")
    reach = float(ndtri(0.975)) / np.sqrt(n - 3)
    return float(np.tanh(np.arctanh(value) - reach)), float(np.tanh(np.arctanh(value) + reach))


def tau_bc(
    baseline: Values,
    treatment: Values,
    *,
    direction: Direction = "increase",
    level: float = 0.05,
    always: bool = False,
    ties: Ties = "b",
) -> float:
    """
    Baseline-corrected Tau: Tau of A vs B after a trend of the baseline, if there is one, is taken out.

    If Kendall's test finds a trend in A (p < *level*), the Theil-Sen line of A is extended through B
    and subtracted from both. The test takes days for independent: with autocorrelation it finds trends
    too often. Missing days keep their place in time.

    Args:
        always: Take the line out whatever the test says.
        ties: ``b`` as Tarlow, Kendall's tau-b between outcome and phase; ``a`` the same scale as 2·NAP - 1.

    Source:
        Tarlow (2017), Behavior Modification 41(4):427-467.
    """
    a, b = improving(baseline, direction), improving(treatment, direction)
    if always or trend_p(a) < level:
        a, b = without_line(a, b)
    return tau(a, b, ties=ties)


def trend_p(values: Values) -> float:
    """
    Kendall's test of a monotone trend, two-sided; exact without ties, else the normal approximation
    with its variance for ties and a correction for continuity. 1 for fewer than three values.
    """
    given = np.asarray(values, dtype=np.float64)
    known = given[~np.isnan(given)]
    n, s = len(known), abs(_within(known))
    if n < 3 or not s:
        return 1.0
    sizes = np.unique(known, return_counts=True)[1]
    if sizes.max() == 1 and n <= _EXACT_DAYS:
        return min(1.0, 2 * float(_inversions(n)[: (n * (n - 1) // 2 - s) // 2 + 1].sum()))
    variance = (n * (n - 1) * (2 * n + 5) - (sizes * (sizes - 1) * (2 * sizes + 5)).sum()) / 18
    return float(2 * ndtr(-(s - 1) / np.sqrt(variance)))


def without_line(baseline: Floats, treatment: Floats) -> tuple[Floats, Floats]:
    """Both phases less the Theil-Sen line of the baseline (Sen 1968); as they are if that has fewer than two values."""
    values = np.concatenate([baseline, treatment])
    time = np.arange(len(values), dtype=np.float64)
    known = np.flatnonzero(~np.isnan(baseline))
    if len(known) < 2:
        return baseline, treatment
    first, second = _every_pair(len(known))
    there = baseline[known]
    slope = _median((there[second] - there[first]) / (known[second] - known[first]))
    # What is equal in exact arithmetic must tie in floating point too.
    size = _ROUNDING * float(np.nanmax(np.abs(values)) + abs(slope) * len(values)) or 1.0
    rest = np.round((values - slope * time) / size) * size
    return rest[: len(baseline)], rest[len(baseline) :]


def _median(values: Floats) -> float:
    """The median; of many values by looking for it only between two that a few of them say it lies between."""
    if len(values) < _MANY:
        return float(np.median(values))
    few = np.sort(values[:: len(values) // _FEW])
    low, high = few[int(0.4 * len(few))], few[int(0.6 * len(few))]
    below, between = np.count_nonzero(values < low), values[(values >= low) & (values <= high)]
    middle = len(values) // 2 - below
    if not 0 < middle < len(between):
        return float(np.median(values))
    ordered = np.sort(between)
    return float(ordered[middle] if len(values) % 2 else (ordered[middle - 1] + ordered[middle]) / 2)


def _pairs(a: Floats, b: Floats) -> _Three:
    m, n = len(a), len(b)
    return m * n, m * (m - 1) // 2, n * (n - 1) // 2


def _differences(a: Floats, b: Floats, wanted: _Three = (1, 1, 1)) -> _Three:
    """Pairs that improve less pairs that get worse: between the phases, within A, within B; 0 if not *wanted*."""
    between, within_a, within_b = wanted
    return _between(a, b) if between else 0, _within(a) if within_a else 0, _within(b) if within_b else 0


def _tau_a(terms: _Terms, differences: _Three, pairs: _Three) -> float:
    if not all(p for p, used in zip(pairs, terms.divisor, strict=True) if used):
        return float("nan")
    return float(np.dot(terms.signs, differences) / np.dot(terms.divisor, pairs))


def _between(a: Floats, b: Floats) -> int:
    ordered = np.sort(a)
    worse = int(np.searchsorted(ordered, b, "left").sum())
    return worse - (len(a) * len(b) - int(np.searchsorted(ordered, b, "right").sum()))


def _within(values: Floats) -> int:
    above = np.count_nonzero((values[None, :] > values[:, None]) & _later(len(values)))
    return 2 * int(above) + _equal_pairs(values) - len(values) * (len(values) - 1) // 2


@lru_cache(maxsize=8)
def _later(n: int) -> Flags:
    """Which pairs (row, column) have the column later."""
    return ~np.tri(n, dtype=np.bool_)


@lru_cache(maxsize=8)
def _every_pair(n: int) -> tuple[Whole, Whole]:
    """The earlier and the later one of each pair."""
    first, second = np.triu_indices(n, 1)
    return first, second


def _compared(terms: _Terms, a: Floats, b: Floats) -> Floats:
    """The values that take part: a phase's own, where only its trend is asked for."""
    between, within_a, _ = terms.signs
    return np.concatenate([a, b]) if between else (a if within_a else b)


def _tau_b(total: float, values: Floats, untied_times: int) -> float:
    sizes = np.unique(values, return_counts=True)[1].astype(np.float64)
    untied = len(values) * (len(values) - 1) / 2 - float((sizes * (sizes - 1)).sum()) / 2
    return total / float(np.sqrt(untied * untied_times)) if total else 0.0


@cache
def _inversions(n: int) -> Floats:
    """P(a random order of *n* values has k inversions), k = 0, 1 …"""
    found = np.ones(1)
    for size in range(2, n + 1):
        found = np.convolve(found, np.full(size, 1 / size))
    return found
