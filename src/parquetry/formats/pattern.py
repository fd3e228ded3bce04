"""
The names that a dataset's report files have: ``query_perf_daily_{date:%Y%m%d}.csv``.

A pattern tells which files belong to a dataset and, if it has a date, which days a file is of.
It looks at names only, never at a disk.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

# What each directive of `strftime` looks like in a name.
_DIRECTIVES = {"Y": r"\d{4}", "G": r"\d{4}", "m": r"\d{2}", "d": r"\d{2}", "V": r"\d{2}", "j": r"\d{3}", "q": r"[1-4]"}
_DATE = re.compile(r"\{date(?::([^{}]*))?\}")
_WILD = re.compile(r"\*")
# Directives that name a span of days, the shortest first.
_SPANS = ({"Y", "m", "d"}, {"Y", "j"}, {"G", "V"}, {"Y", "m"}, {"Y", "q"}, {"Y"})


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Whole days, half open: ``[first, after)``."""

    first: date
    after: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day < self.after

    def overlaps(self, since: date | None, until: date | None) -> bool:
        """Whether it has a day in ``[since, until)``, either end None for open."""
        return (until is None or self.first < until) and (since is None or since < self.after)

    def __str__(self) -> str:
        last = self.after - timedelta(days=1)
        return str(self.first) if self.first == last else f"{self.first} to {last}"


@dataclass(frozen=True, slots=True)
class Pattern:
    """
    A compiled pattern.

    Attributes:
        text: As declared. ``{date:…}`` is a date in the words of `strftime`: ``%Y %m %d``, ``%G %V`` for an ISO
            week, ``%Y %j``, ``%Y %m``, ``%Y %q`` or ``%Y``; ``*`` is anything within one level of folders.
    """

    text: str
    _names: re.Pattern[str]

    @classmethod
    def of(cls, text: str) -> Pattern:
        """Raises ValueError, with the reason, where *text* is no pattern."""
        dates = _DATE.findall(text)
        if len(dates) > 1:
            raise ValueError("it has more than one {date:…}")
        parts, at = [], 0
        for found in _DATE.finditer(text):
            parts.append(_literal(text[at : found.start()]) + _expression(found[1] or ""))
            at = found.end()
        return cls(text, re.compile("".join([*parts, _literal(text[at:])])))

    @property
    def dated(self) -> bool:
        """Whether a file's name says which days it is of."""
        return bool(_DATE.search(self.text))

    @property
    def levels(self) -> int:
        """Levels of folders below the root, the file's own included."""
        return self.text.count("/") + 1

    def fits(self, name: str) -> bool:
        """Whether *name*, below the root and with ``/``, is one of the dataset's, its date left out of account."""
        return self._names.fullmatch(name) is not None

    def period(self, name: str) -> Period | None:
        """
        The days that a name of the pattern says; None for a pattern without a date.

        Raises:
            ValueError: It fits, but its date does not exist: ``…_20250231.csv``.
        """
        found = self._names.fullmatch(name)
        if found is None or not self.dated:
            return None
        return _period({k: int(v) for k, v in found.groupdict().items()})


def _literal(text: str) -> str:
    if "{" in text or "}" in text:
        raise ValueError("braces only stand around a date: {date:%Y%m%d}")
    return "[^/]*".join(re.escape(part) for part in _WILD.split(text))


def _expression(form: str) -> str:
    directives = re.findall(r"%(.)", form)
    unknown = [d for d in directives if d not in _DIRECTIVES]
    if unknown:
        raise ValueError(f"%{unknown[0]} is not one of {', '.join('%' + d for d in _DIRECTIVES)}")
    if len(set(directives)) != len(directives) or set(directives) not in _SPANS:
        raise ValueError("its date is %Y%m%d, %G%V for an ISO week, %Y%j, %Y%m, %Y%q or %Y, with what you like between")
    return re.sub(r"%(.)|([^%]+)", lambda m: f"(?P<{m[1]}>{_DIRECTIVES[m[1]]})" if m[1] else re.escape(m[2]), form)


def _period(numbers: dict[str, int]) -> Period:
    year = numbers.get("Y", numbers.get("G", 1))
    if "d" in numbers:
        return _days(date(year, numbers["m"], numbers["d"]), 1)
    if "j" in numbers:
        if not 1 <= numbers["j"] <= 365 + calendar.isleap(year):
            raise ValueError(f"{year} has no day {numbers['j']}")
        return _days(date(year, 1, 1) + timedelta(days=numbers["j"] - 1), 1)
    if "V" in numbers:
        return _days(date.fromisocalendar(year, numbers["V"], 1), 7)
    months = 1 if "m" in numbers else 3 if "q" in numbers else 12
    month = numbers.get("m", 3 * numbers.get("q", 1) - 2)
    return Period(date(year, month, 1), date(year + (month + months > 12), (month + months - 1) % 12 + 1, 1))


def _days(first: date, count: int) -> Period:
    return Period(first, first + timedelta(days=count))
