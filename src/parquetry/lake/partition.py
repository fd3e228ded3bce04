"""
The parts of a dataset that are replaced as a whole, and their names.

A partition's key is ``2025-10`` for a month, ``null`` for rows without a time, ``all`` for a
dataset that has no time, ``empty`` for one that has no rows. Nothing here touches a disk.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

ALL = "all"
NULL = "null"
EMPTY = "empty"

Range = tuple[datetime | None, datetime | None]
"""Half open: ``[since, until)``; None is open."""

_MONTH = re.compile(r"(-?\d{4,6})-(\d\d)")
_HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"


def month_of(moment: datetime) -> str:
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


def folder(dataset: str, key: str) -> str:
    """Where a partition's files lie below ``objects/`` and in a view, with Hive's names."""
    if key == NULL:
        return f"{dataset}/year={_HIVE_NULL}/month={_HIVE_NULL}"
    found = _MONTH.fullmatch(key)
    return f"{dataset}/year={found[1]}/month={found[2]}" if found else dataset
