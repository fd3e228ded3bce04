"""
The parts of a dataset that are replaced as a whole, and their names.

A partition's key is ``2025-10`` for a month, ``null`` for rows without a time, ``all`` for a
dataset that has no time, ``empty`` for one that has no rows, and ``2025-10-28 daily/perf.csv`` for a
report file: the first day that it is of, and its name. Nothing here touches a disk.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime

ALL = "all"
NULL = "null"
EMPTY = "empty"

Range = tuple[datetime | None, datetime | None]
"""Half open: ``[since, until)``; None is open."""

_MONTH = re.compile(r"(-?\d{4,6})-(\d\d)")
_REPORT = re.compile(r"((\d{4})-(\d\d)-\d\d) (.+)", re.DOTALL)
_HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"


def month_of(moment: date) -> str:
    """The key of the month that *moment* lies in."""
    return f"{moment.year:04d}-{moment.month:02d}"


def range_of(key: str) -> tuple[datetime, datetime | None]:
    """
    The times that a month's key covers; December 9999, the last there is, has an open end.

    Raises:
        ValueError: *key* is not a month of the years 1 to 9999.
    """
    found = _MONTH.fullmatch(key)
    if not found:
        raise ValueError(f"not a month: {key!r}")
    year, month = int(found[1]), int(found[2])
    end = None if (year, month) == (9999, 12) else datetime(year + month // 12, month % 12 + 1, 1)
    return datetime(year, month, 1), end


def rounded_out(since: datetime | None, until: datetime | None) -> Range:
    """The smallest range of whole months that holds ``[since, until)``."""
    if since is not None:
        since = datetime(since.year, since.month, 1)
    if until is not None:
        start = datetime(until.year, until.month, 1)
        until = start if start == until else range_of(month_of(until))[1]
    return since, until


def covered(key: str, ranges: Iterable[Range]) -> bool:
    """Whether a read of *ranges* replaces the partition *key*; no ranges replace everything."""
    ranges = tuple(ranges)
    if not ranges or not _MONTH.fullmatch(key):  # rows without a time are read every time
        return True
    first, after = range_of(key)
    return any(
        (since is None or since <= first) and (until is None or (after is not None and after <= until))
        for since, until in ranges
    )


def of_report(day: date, file: str) -> str:
    """The key of a report *file* that is of *day*, or of the days from it on."""
    return f"{day.isoformat()} {file}"


def day_of(key: str) -> date | None:
    """The first day that a report's key names; None for any other key."""
    found = _REPORT.fullmatch(key)
    return date.fromisoformat(found[1]) if found else None


def folder(dataset: str, key: str) -> str:
    """Where a partition's files lie below ``objects/`` and in a view, with Hive's names."""
    if key == NULL:
        return f"{dataset}/year={_HIVE_NULL}/month={_HIVE_NULL}"
    if report := _REPORT.fullmatch(key):
        return f"{dataset}/year={report[2]}/month={report[3]}"
    found = _MONTH.fullmatch(key)
    return f"{dataset}/year={found[1]}/month={found[2]}" if found else dataset
