"""
What an analysis gives back: estimates, checks, and the reasons for which it gives back nothing.

Values only. Numbers are in the outcome's unit unless their name says otherwise, and every value
turns itself into plain data for JSON. How they are put into sentences is the report's business.
"""

from __future__ import annotations

import dataclasses
import datetime
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.floating[Any]]
Flags: TypeAlias = npt.NDArray[np.bool_]
Whole: TypeAlias = npt.NDArray[np.int64]

EXPECTED = "expected effect"
"""What the intervention does on average: the uncertainty of the model's coefficients alone."""
REALISED = "this realised series"
"""What was observed less what would have been, on these days: the noise of the days that never were counts too."""


def plain(value: Any) -> Any:
    """*value* as JSON can hold it: tuples and arrays as lists, a number that is not finite as None."""
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if dataclasses.is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value) if field.repr}
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    return _plain_leaf(value)


def _plain_leaf(value: Any) -> Any:
    if isinstance(value, np.ndarray) and np.issubdtype(value.dtype, np.datetime64):
        return [str(each) for each in value]
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, datetime.date) else value


@dataclass(frozen=True, slots=True)
class Interval:
    """
    A central credible interval.

    Attributes:
        low, high: Its ends.
        level: The probability in it; 0.95 by default.
        kind: ``EXPECTED`` or ``REALISED``.
    """

    low: float
    high: float
    level: float = 0.95
    kind: str = EXPECTED

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Estimate:
    """
    One quantity and what is known of it.

    Attributes:
        name: ``level change``, ``average effect`` …
        unit: Of the numbers: ``y`` is the outcome's, ``y/day`` a slope's, ``ratio`` none.
        mean, median, sd: Of its posterior.
        interval: For the expected effect.
        positive: P(> 0), of the expected effect.
        realised: The interval for this realised series, for what has one.
        negligible: P(in the region of practical equivalence), where one was stated.
        important: P(beyond the smallest effect of interest, in its direction), where one was stated.
    """

    name: str
    unit: str
    mean: float
    median: float
    sd: float
    interval: Interval
    positive: float
    realised: Interval | None = None
    negligible: float | None = None
    important: float | None = None

    @property
    def excludes_zero(self) -> bool:
        return not self.interval.holds(0.0)

    def to_dict(self) -> dict[str, Any]:
        return {field.name: plain(getattr(self, field.name)) for field in dataclasses.fields(self)}


class Verdict(Enum):
    """How a check ended."""

    PASSED = "pass"
    FAILED = "fail"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Check:
    """
    One thing that was looked at, and what it showed.

    Attributes:
        name: ``grid edge``, ``posterior predictive: lag-1`` …
        verdict: Passed, failed, or not applicable.
        value: The number looked at; None where there is none.
        limit: What it was held against.
        refuses: A failure withholds the numbers; else it is only reported.
        facts: More numbers, by name.
    """

    name: str
    verdict: Verdict
    value: float | None = None
    limit: float | None = None
    refuses: bool = False
    facts: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reason:
    """
    Why the numbers are withheld. It never depends on the size of the effect, but where a day of a
    change was looked for and not found.

    Attributes:
        code: ``few-days``, ``aliased`` …; the keys of `refusals`.
        text: One sentence for people.
        facts: The same as data.
    """

    code: str
    text: str
    facts: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Variant:
    """
    One row of the sensitivity forest: the same question asked of another model.

    Attributes:
        group: ``prior``, ``errors``, ``washout``, ``phases``, ``trend`` …
        name: ``prior halved`` …
        estimate: Its answer; None where the variant cannot be estimated.
        agrees: It has the sign of the main answer, and excludes zero if and only if that does.
        note: Why there is no estimate.
    """

    group: str
    name: str
    estimate: Estimate | None
    agrees: bool | None = None
    note: str = ""


Direction: TypeAlias = Literal["increase", "decrease"]
