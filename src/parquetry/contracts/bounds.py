"""
Does a rule that bounds a column let more rows through than another, or fewer?

Read off the SQL of both, so that it is the same however a bound was declared. What is no bound
(a pattern, a condition between columns) is not compared here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

from parquetry.contracts import Rule

Step = Literal["same", "loosened", "tightened", "changed"]

_RULE = re.compile(r"\((.*)\) (IS FALSE|IS NOT TRUE)", re.DOTALL)
_BOUND = re.compile(r"(.+?) (>=|<=|=|>|<) (.+)")
_DOUBLE = re.compile(r"CAST\((.+) AS DOUBLE\)")
_NUMBER = re.compile(r"\(?(-?\d+)\)?|CAST\('(.+)' AS (?:DOUBLE|FLOAT|DECIMAL\(\d+,\d+\))\)")
_MOMENT = re.compile(r"(DATE|TIME|TIMESTAMP|TIMESTAMPTZ) '([^']+)'")
_YEARS = re.compile(r"\$now - INTERVAL (\d+) YEAR")

_Value = tuple[str, Decimal | str]
"""A kind, only within which values compare, and the value."""
_Bounds = dict[tuple[str, str], tuple[_Value, bool]]
"""What is bounded, and ``low`` or ``high``, to the bound and whether it is itself allowed."""


def step(before: Rule, after: Rule) -> Step:
    """How *after* differs from *before*; ``changed`` where it cannot be told, or both."""
    if before.broken == after.broken and before.custom == after.custom:
        return "same"
    old, new = _bounds(before), _bounds(after)
    if old is None or new is None or old[1] != new[1]:
        return "changed"
    steps = {_moved(end, old[0].get((what, end)), new[0].get((what, end))) for what, end in {**old[0], **new[0]}}
    steps.discard("same")
    return steps.pop() if len(steps) == 1 else "changed" if steps else "same"


def _bounds(rule: Rule) -> tuple[_Bounds, str] | None:
    """What *rule* allows, and what it makes of NULL; None if it is more than bounds."""
    if not (found := _RULE.fullmatch(rule.broken)):
        return None
    bounds: _Bounds = {}
    for part in found[1].split(" AND "):
        bound = _BOUND.fullmatch(part)
        value = _value(bound[3]) if bound else None
        if bound is None or value is None:
            return None
        what = cast[1] if (cast := _DOUBLE.fullmatch(bound[1])) else bound[1]
        bounds.update({(what, end): (value, "=" in bound[2]) for end in _ends(bound[2])})
    return bounds, found[2]


def _ends(operator: str) -> Iterator[str]:
    if operator != "<" and operator != "<=":
        yield "low"
    if operator != ">" and operator != ">=":
        yield "high"


def _value(sql: str) -> _Value | None:
    if found := _NUMBER.fullmatch(sql):
        number = Decimal(found[1] or found[2])
        return None if number.is_nan() else ("number", number)
    if found := _MOMENT.fullmatch(sql):
        return found[1], found[2]
    if found := _YEARS.fullmatch(sql):
        return "years ago", Decimal(-int(found[1]))
    return None


def _moved(end: str, before: tuple[_Value, bool] | None, after: tuple[_Value, bool] | None) -> Step:
    if before == after:
        return "same"
    if before is None or after is None:
        return "tightened" if before is None else "loosened"
    (kind, old), (kind_now, new) = before[0], after[0]
    if kind != kind_now or isinstance(old, str) != isinstance(new, str):
        return "changed"
    if old == new:
        return "loosened" if after[1] else "tightened"
    lower = new < old  # type: ignore[operator]  # of one kind, so of one type
    return "loosened" if lower == (end == "low") else "tightened"
