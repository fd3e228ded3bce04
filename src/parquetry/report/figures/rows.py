"""
The rows that figures are drawn from: one series' days as plain values, no more of them than are shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from parquetry.analysis.counterfactual import Band
from parquetry.analysis.design import Phase, phases_of
from parquetry.analysis.estimates import Flags
from parquetry.analysis.panel import Panel
from parquetry.analysis.studied import Analysed
from parquetry.errors import Usage
from parquetry.report.numbers import day_of
from parquetry.studies import Study

WASHOUT = "washout"
_DIGITS = 5
_LETTERS = 36


@dataclass(frozen=True, slots=True)
class Run:
    """Rows from *first* to *last*, both inclusive, for which *what* holds."""

    what: str
    first: int
    last: int


def phases(analysed: Analysed, study: Study) -> tuple[Phase, ...]:
    """The phases of a series in order, of a refused one too; one without treatment where nobody knows."""
    if analysed.answer is not None:
        return tuple(analysed.answer.design.phases)
    panel = analysed.panel
    try:
        if panel.phases:
            return tuple(phases_of(panel.phases, study.phases.treated))
    except Usage:
        return tuple(Phase(run.what, False, run.first, run.last) for run in runs(panel.phases))
    return (Phase("", False, 0, len(panel) - 1),)


def treated(analysed: Analysed, study: Study) -> Flags:
    """Which days are, shape (days,)."""
    found = np.zeros(len(analysed.panel), dtype=bool)
    for phase in phases(analysed, study):
        found[phase.first : phase.last + 1] = phase.treated
    return found


def conditions(series: Sequence[Analysed], study: Study) -> tuple[list[str], list[str]]:
    """
    The labels of all *series* that are treatment, and those that are not.

    Both empty where nobody knows, and where a date says when the treatment was on: the labels are then parquetry's.
    """
    if study.phases.intervention or study.phases.unknown or study.series:
        return [], []
    labels: dict[str, bool] = {
        phase.label: phase.treated for analysed in series for phase in phases(analysed, study) if phase.label
    }
    if not any(labels.values()):
        return [], []
    return [label for label, on in labels.items() if on], [label for label, on in labels.items() if not on]


def shortened(names: Sequence[str]) -> list[str]:
    """Headings that leave room for numbers: beginning and end, by which names differ, else their place too."""
    kept = (_LETTERS - 1) // 2
    cut = [each if len(each) <= _LETTERS else f"{each[: _LETTERS - 1 - kept]}…{each[-kept:]}" for each in names]
    return [f"{place}. {each}" if cut.count(each) > 1 else each for place, each in enumerate(cut, 1)]


def fates(panel: Panel) -> list[str]:
    """What became of each day: empty where it counts, else ``missing``, ``washout`` or why it is excluded."""
    there = np.isfinite(panel.outcome)
    return [panel.excluded.get(row) or ("" if there[row] else "missing") for row in range(len(panel))]


def runs(labels: Sequence[str]) -> Iterator[Run]:
    """The runs of equal labels; those of an empty one are left out."""
    row = 0
    for label, group in groupby(labels):
        length = len(list(group))
        if label:
            yield Run(label, row, row + length - 1)
        row += length


@dataclass(frozen=True, slots=True)
class Across:
    """
    The axis of time of a series.

    Attributes:
        panel: The series.
    """

    panel: Panel

    @property
    def dated(self) -> bool:
        return self.panel.days is not None

    def at(self, row: int) -> str | int:
        """The beginning of a row's period; one past the last row is where that ends."""
        if self.panel.days is None:
            return row + 1
        days = self.panel.days
        when = days[row] if row < len(days) else days[-1] + _STEPS[self.panel.period]
        return str(when.astype("datetime64[D]"))

    def span(self, first: int, last: int) -> str:
        """In words."""
        ends = (day_of(self.panel, first), day_of(self.panel, last))
        return ends[0] if first == last else f"{ends[0]} to {ends[1]}"


_STEPS = {"day": np.timedelta64(1, "D"), "week": np.timedelta64(7, "D"), "month": np.timedelta64(1, "M")}


def short(value: float) -> float:
    """Enough digits for a figure."""
    return float(f"{value:.{_DIGITS}g}")


def curve(
    across: Across, band: Band, shown: Flags, pieces: Sequence[Phase], times: float, name: str
) -> Iterator[dict[str, Any]]:
    """A curve with its band on the days that are *shown*, in pieces that are not joined."""
    for number, piece in enumerate(pieces):
        for row in range(piece.first, piece.last + 1):
            ends = (band.mean[row], band.low[row], band.high[row])
            if shown[row] and np.isfinite(ends).all():
                mean, low, high = (short(times * end) for end in ends)
                yield {"x": across.at(row), "y": mean, "low": low, "high": high, "piece": number, "what": name}
