"""
One person's outcome, a row a day: what every analysis takes.

A panel has a row for each calendar day (or week, or month) from its first to its last; a day without
a value is NaN, and stays so. How events become days is decided before, in a query or a study file.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from parquetry.analysis.estimates import Flags, Floats, plain
from parquetry.errors import BadInput, Usage

if TYPE_CHECKING:
    import polars as pl

Days: TypeAlias = npt.NDArray[np.datetime64]
Period: TypeAlias = Literal["day", "week", "month"]
_STEPS: Mapping[Period, Any] = {
    "day": np.timedelta64(1, "D"),
    "week": np.timedelta64(7, "D"),
    "month": np.timedelta64(1, "M"),
}
_EPOCH = {"day": np.datetime64("2001-01-01"), "week": np.datetime64("2001-01-01"), "month": np.datetime64("2001-01")}
_NOTHING = frozenset({"", "na", "nan", "null", "none"})
LONGEST = 36_525
"""Rows of a panel: a century of days. More come of a date that is wrong, or of numbers that are no days."""
_ISO = re.compile(r"\d{4}-\d{2}(-\d{2})?")


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """
    A series with what belongs to its days.

    Attributes:
        outcome: Shape (days,), in the outcome's unit; NaN is a missing day.
        phases: The phase of each day, shape (days,); empty strings where there is none.
        days: The first day of each row's period, or None if the dates are not known.
        period: What a row is: ``day``, ``week`` or ``month``.
        covariates: By name, shape (days,).
        weight: Exposure (for counts) or trials (for proportions), shape (days,), or None.
        excluded: Why a row does not count although it has a value, by row: ``{34: "washout"}``.
        unit: The outcome's unit, for people.
    """

    outcome: Floats
    phases: tuple[str, ...] = ()
    days: Days | None = None
    period: Period = "day"
    covariates: Mapping[str, Floats] = field(default_factory=dict)
    weight: Floats | None = None
    excluded: Mapping[int, str] = field(default_factory=dict)
    unit: str = ""

    @classmethod
    def of(
        cls,
        outcome: Sequence[float] | npt.NDArray[Any],
        *,
        phases: Sequence[str] = (),
        days: Sequence[Any] | Days | None = None,
        period: Period = "day",
        covariates: Mapping[str, Sequence[float] | npt.NDArray[Any]] | None = None,
        weight: Sequence[float] | None = None,
        excluded: Mapping[int, str] | None = None,
        unit: str = "",
    ) -> Panel:
        """
        A panel from plain sequences.

        With *days*, rows are put in order and the days between them that are not there become missing.
        Days may be dates, or whole numbers of at most five digits (sessions, measurement times) that are not dated.

        Raises:
            BadInput: Lengths differ, a value is infinite or no number, a day is there twice or no ISO date, days
                lie further apart than `LONGEST`, a row is excluded that is not there.
        """
        columns = {name: _numbers(name, values, len(outcome)) for name, values in (covariates or {}).items()}
        if strange := [row for row in excluded or {} if not 0 <= row < len(outcome)]:
            raise BadInput(f"excluded: there is no row {strange[0]}; the outcome has {len(outcome)}")
        made = cls(
            _numbers("outcome", outcome, len(outcome)),
            _same_length("phases", tuple(map(str, phases)), len(outcome)) if len(phases) else (),
            None,
            period,
            columns,
            None if weight is None else _numbers("weight", weight, len(outcome)),
            dict(excluded or {}),
            unit,
        )
        return made if days is None else _on_calendar(made, days)

    @classmethod
    def from_frame(
        cls,
        frame: pl.DataFrame,
        outcome: str,
        *,
        day: str = "",
        phase: str = "",
        weight: str = "",
        where: Mapping[str, object] | None = None,
        covariates: Sequence[str] = (),
        **others: Any,
    ) -> Panel:
        """A panel from the columns of a frame; the arguments are those of `from_csv`."""
        for name, value in (where or {}).items():
            frame = frame.filter(frame[name].cast(str) == str(value))
        if not len(frame):
            raise BadInput("no rows", what=_sought(where))
        return cls.of(
            frame[outcome].cast(float).to_numpy(),
            phases=frame[phase].cast(str).to_list() if phase else (),
            days=frame[day].to_list() if day else None,
            weight=frame[weight].cast(float).to_list() if weight else None,
            covariates={name: frame[name].cast(float).to_numpy() for name in covariates},
            **others,
        )

    @classmethod
    def from_csv(
        cls,
        path: Path | str,
        outcome: str,
        *,
        day: str = "",
        phase: str = "",
        weight: str = "",
        where: Mapping[str, object] | None = None,
        covariates: Sequence[str] = (),
        **others: Any,
    ) -> Panel:
        """
        A panel from a CSV file with a header; an empty cell or NA is a missing value.

        Args:
            outcome, day, phase, weight, covariates: Names of columns. *day* holds dates or whole numbers.
            where: Which rows, by what stands in other columns: ``{"case": "Johanna"}``.
            others: What else `of` takes.

        Raises:
            BadInput: No such column, no such rows, a cell that is no number, or a row that is too short
                or too long.
        """
        rows = _read(path, [outcome, day, phase, weight, *covariates, *(where or ())])
        chosen = [(i, row) for i, row in rows if all(row[name] == str(value) for name, value in (where or {}).items())]
        if not chosen:
            raise BadInput(f"{path}: no such rows", what=_sought(where))
        numbers = {name: [_cell(row[name], path, i) for i, row in chosen] for name in (outcome, *covariates)}
        return cls.of(
            numbers[outcome],
            phases=[row[phase] for _, row in chosen] if phase else (),
            days=[row[day] for _, row in chosen] if day else None,
            weight=[_cell(row[weight], path, i) for i, row in chosen] if weight else None,
            covariates={name: numbers[name] for name in covariates},
            **others,
        )

    @classmethod
    def each_from_csv(cls, path: Path | str, outcome: str, *, case: str, **columns: Any) -> dict[str, Panel]:
        """A panel for each value of the column *case*, in the order of the file; *columns* as in `from_csv`."""
        where = dict(columns.pop("where", None) or {})
        rows = [row for _, row in _read(path, [case, *where]) if all(row[k] == str(v) for k, v in where.items())]
        names = dict.fromkeys(row[case] for row in rows)
        return {name: cls.from_csv(path, outcome, where={**where, case: name}, **columns) for name in names}

    def __len__(self) -> int:
        return len(self.outcome)

    @property
    def usable(self) -> Flags:
        """Which days have a value that counts, shape (days,)."""
        there = np.isfinite(self.outcome)
        there[list(self.excluded)] = False
        return there

    def phase(self, *labels: str) -> Floats:
        """
        The values of the phases with these *labels*, one after the other; what does not count is NaN.

        Raises:
            Usage: There is no such phase.
        """
        unknown = set(labels) - set(self.phases)
        if unknown:
            known = ", ".join(dict.fromkeys(self.phases)) or "none"
            raise Usage(f"no phase {', '.join(sorted(unknown))}", what=f"phases: {known}")
        found: Floats = np.where(self.usable, self.outcome, np.nan)[np.isin(self.phases, labels)]
        return found

    @property
    def step(self) -> Any:
        """From one row's day to the next one's."""
        return _STEPS[self.period]

    def calendar(self) -> Days:
        """The days, or as many from 1 January 2001 (a Monday) where dates are not known."""
        if self.days is not None:
            return self.days
        found: Days = _EPOCH[self.period] + self.step * np.arange(len(self))
        return found

    def without(self, rows: Sequence[int] | npt.NDArray[Any], reason: str) -> Panel:
        """The same panel with *rows* excluded for *reason*; what was excluded before keeps its own."""
        more = {int(row): reason for row in rows if 0 <= int(row) < len(self)}
        return replace(self, excluded={**more, **self.excluded})

    def until(self, row: int) -> Panel:
        """The rows before *row*."""
        return self.between(0, row)

    def between(self, first: int, end: int) -> Panel:
        """The rows from *first* to before *end*."""
        rows = slice(first, end)
        return replace(
            self,
            outcome=self.outcome[rows],
            phases=self.phases[rows],
            days=None if self.days is None else self.days[rows],
            covariates={name: values[rows] for name, values in self.covariates.items()},
            weight=None if self.weight is None else self.weight[rows],
            excluded={i - first: why for i, why in self.excluded.items() if first <= i < end},
        )

    def row_of(self, day: object) -> int:
        """The row of a date, or of an index, which may be one past the end."""
        if isinstance(day, int | np.integer):
            if not 0 <= int(day) <= len(self):
                raise Usage(f"day {day} is not one of the {len(self)} days of the series")
            return int(day)
        if self.days is None:
            raise Usage(f"{day} is a date, and the series has none; give the index of the day")
        found = np.flatnonzero(self.days == _date(day).astype(self.days.dtype))
        if not len(found):
            raise Usage(f"{day} is not in the series, which goes from {self.days[0]} to {self.days[-1]}")
        return int(found[0])

    def to_dict(self) -> dict[str, Any]:
        return {
            "outcome": plain(self.outcome), "phases": list(self.phases), "days": plain(self.days),
            "period": self.period, "covariates": plain(self.covariates), "weight": plain(self.weight),
            "excluded": plain(self.excluded), "unit": self.unit,
        }  # fmt: skip


def unit_of(values: Floats) -> float:
    """
    The power of two next to the largest size among *values*, or 1 where there is none.

    Divided by it, which costs no digit, squares neither overflow nor vanish, whatever the outcome's unit.
    """
    largest = float(np.max(np.abs(values), initial=0.0, where=np.isfinite(values)))
    return float(np.ldexp(0.5, np.frexp(largest)[1])) if largest > 0 else 1.0


def _numbers(name: str, values: Sequence[float] | npt.NDArray[Any], length: int) -> Floats:
    try:
        found = np.array([np.nan if v is None else v for v in values], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise BadInput(f"{name}: {error}") from None
    if found.ndim != 1:
        raise BadInput(f"{name} has {found.ndim} dimensions; it takes one number a row")
    _same_length(name, found, length)
    if np.isinf(found).any():
        raise BadInput(f"{name}: row {int(np.flatnonzero(np.isinf(found))[0])} is infinite")
    return found


def _same_length(name: str, values: Any, length: int) -> Any:
    if len(values) != length:
        raise BadInput(f"{name} has {len(values)} rows, the outcome {length}")
    return values


def _read(path: Path | str, columns: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """The rows of a CSV file with the number of each line; *columns* must be there, empty names aside."""
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    for line, row in enumerate(rows, 2):
        if None in row or None in row.values():
            raise BadInput(f"{path}, line {line}: not as many cells as the header has columns; is the file cut?")
    for name in filter(None, columns):
        if not rows or rows[0].get(name) is None:
            raise BadInput(f"{path}: no column '{name}'", what=f"columns: {', '.join(rows[0]) if rows else 'none'}")
    return list(enumerate(rows, 2))


def _sought(where: Mapping[str, object] | None) -> str:
    return " and ".join(f"{name} = {value}" for name, value in (where or {}).items()) or "the file has none"


def _cell(text: str, path: Path | str, line: int) -> float:
    if text.strip().lower() in _NOTHING:
        return float("nan")
    try:
        return float(text)
    except ValueError:
        raise BadInput(f"{path}, line {line}: not a number: {text[:40]!r}") from None


def _on_calendar(panel: Panel, days: Sequence[Any] | Days) -> Panel:
    _same_length("days", days, len(panel))
    step = _STEPS[panel.period]
    counted = all(re.fullmatch(r"[+-]?\d{1,5}", str(day).strip()) for day in days)
    if counted:
        # Numbers that are no dates; those of a Panel stay unknown, and only their distances count.
        epoch = _EPOCH[panel.period]
        days = [epoch + step * (int(day) - int(days[0])) for day in days]
    given = np.array([_date(day) for day in days], dtype=step.dtype.str.replace("m8", "M8"))
    if ((given - given.min()) % step).any():
        raise BadInput("the weeks do not all begin on the same weekday", what=f"the first is {given.min()}")
    rows = ((given - given.min()) // step).astype(np.int64)
    if len(set(rows.tolist())) != len(rows):
        values, counts = np.unique(given, return_counts=True)
        raise BadInput(f"{values[counts > 1][0]} is there more than once; an analysis has one row a {panel.period}")
    length = int(rows.max()) + 1
    if length > LONGEST:
        span = f"from {given.min()} to {given.max()}" if not counted else "apart"
        raise BadInput(
            f"days: {length:,} {panel.period}s {span}; a panel has at most {LONGEST:,}",
            next="days are dates such as 2026-01-31, or whole numbers that count them",
        )
    filled = np.full(length, -1)
    filled[rows] = np.arange(len(rows))

    def spread(values: Floats) -> Floats:
        return np.where(filled >= 0, values[filled], np.nan)

    return replace(
        panel,
        outcome=spread(panel.outcome),
        phases=_phases_between([panel.phases[i] if i >= 0 else None for i in filled]) if panel.phases else (),
        days=None if counted else given.min() + step * np.arange(length),
        covariates={name: spread(values) for name, values in panel.covariates.items()},
        weight=None if panel.weight is None else spread(panel.weight),
        excluded={int(rows[i]): why for i, why in panel.excluded.items()},
    )


def _date(day: object) -> np.datetime64:
    """
    A date, or the day of a time.

    Raises:
        BadInput: Not ISO; ``20260131`` would be a year.
    """
    text = str(day).strip()[:10]
    try:
        if _ISO.fullmatch(text):
            return np.datetime64(text, "D")
    except ValueError:
        pass
    raise BadInput(f"{text!r} is no date", next="write it as 2026-01-31")


def _phases_between(phases: list[str | None]) -> tuple[str, ...]:
    """A day that is not there belongs to the phase before it."""
    found: list[str] = []
    for phase in phases:
        found.append(found[-1] if phase is None else phase)
    return tuple(found)
