"""
Published figures of reference series, each with what ours is, its tolerance and its source.

A case gives its figures when it is asked; the tests hold them to their tolerances, and
`docs/reference-cases.md` is made of the same ones: `python -m tests.analysis.reference.page`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Figure(NamedTuple):
    """A published number and ours, which may differ by the tolerance."""

    quantity: str
    expected: float
    obtained: float
    tolerance: float

    @property
    def holds(self) -> bool:
        return math.isclose(self.expected, self.obtained, rel_tol=0, abs_tol=self.tolerance)


@dataclass(frozen=True)
class Case:
    """One series in one publication; *note* says what is particular about the comparison."""

    name: str
    source: str
    figures: Callable[[], Iterable[Figure]]
    note: str = ""


def figures(quantities: str, expected: Sequence[float], obtained: Sequence[float], tolerance: float) -> list[Figure]:
    """A figure for each of the quantities, which are separated by a comma."""
    names = [name.strip() for name in quantities.split(",")]
    return [Figure(*row, tolerance) for row in zip(names, expected, obtained, strict=True)]
