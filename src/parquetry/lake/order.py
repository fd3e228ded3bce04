"""
In which order rows lie in their files: that of the source, or by time and key.

A query for a stretch of time reads only the row groups whose range meets it. Where rows lie in the
source about as they were made, row groups have narrow ranges without any sorting; where they lie
anyhow, every group spans everything, and sorting them once pays for itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Order = Literal["auto", "time", "none"]

_PRUNES = 0.9


def sorted_by(wanted: Order, time: str | None, key: Sequence[str], correlation: float | None) -> tuple[str, ...]:
    """
    The columns that rows are to be sorted by as they are written; none: they stay as they come.

    Args:
        time: The dataset's time column; without one there is nothing to sort by.
        correlation: How far rows lie in the order of their time, from -1 to 1, as PostgreSQL's
            planner knows it; None: it does not.
    """
    if time is None or wanted == "none":
        return ()
    if wanted == "auto" and correlation is not None and abs(correlation) >= _PRUNES:
        return ()
    return (time, *(column for column in key if column != time))
