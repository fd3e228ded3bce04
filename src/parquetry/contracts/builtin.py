"""
Pandera's built-in checks on polars, as SQL with the same verdict.

Both engines order NaN above everything and let it equal itself, compare text by bytes and count
characters as code points. Where they part ways (a decimal against a float, a 32-bit float in a
list of doubles, a pattern with ``\\w``) there is no SQL, and the check stays Pandera's.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from pandera.api.checks import Check

from parquetry.contracts import sql
from parquetry.contracts.regex import translated

KEYWORDS = {
    "equal_to": "eq",
    "not_equal_to": "ne",
    "greater_than": "gt",
    "greater_than_or_equal_to": "ge",
    "less_than": "lt",
    "less_than_or_equal_to": "le",
}
_COMPARISONS = {"eq": "=", "ne": "<>", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_SAYS = {"eq": "is", "ne": "is not", "gt": "is above", "ge": "is at least", "lt": "is below", "le": "is at most"}
_ENDS = re.compile(r"(?<!\\)(?:\\\\)*\$\Z")  # with an anchor, not with the character
_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")


def holds(check: Check, column: str, kind: str) -> str | None:
    """
    SQL that is true, false or NULL exactly as Pandera's own check; None where that is not sure.

    Args:
        column: The quoted column.
        kind: Its DuckDB type, or ``ENUM``.
    """
    name, given = KEYWORDS.get(str(check._check_fn.__name__)) or check._check_fn.__name__, check.statistics or {}
    if kind == "ENUM" and name not in ("eq", "ne", "isin", "notin"):
        return None
    kind = "VARCHAR" if kind == "ENUM" else kind
    if name in _COMPARISONS:
        (value,) = given.values()
        return _compared(column, kind, _COMPARISONS[name], value)
    if name == "in_range":
        low = _compared(column, kind, ">=" if given.get("include_min", True) else ">", given["min_value"])
        high = _compared(column, kind, "<=" if given.get("include_max", True) else "<", given["max_value"])
        return f"{low} AND {high}" if low and high else None
    if name in ("isin", "notin"):
        (values,) = given.values()
        member = _member(column, kind, values)
        return f"NOT ({member})" if member and name == "notin" else member
    return _holds_text(name, column, given) if kind == "VARCHAR" else None


def _holds_text(name: str, column: str, given: Mapping[str, Any]) -> str | None:
    if name in ("str_matches", "str_contains"):
        pattern = getattr(given["pattern"], "pattern", given["pattern"])
        if name == "str_matches" and not pattern.startswith("^"):
            pattern = f"^{pattern}"
        same = translated(pattern)
        return None if same is None or "\0" in same else _matched(column, same)
    if name == "str_startswith":
        return f"starts_with({column}, {sql.text(given['string'])})"
    if name == "str_endswith":
        return f"ends_with({column}, {sql.text(given['string'])})"
    if name == "str_length":
        exact, low, high = (given.get(key) for key in ("exact_value", "min_value", "max_value"))
        if any(type(n) not in (int, type(None)) for n in (exact, low, high)):
            return None
        if exact is not None:
            return f"length({column}) = {exact}"
        bounds = [f"length({column}) {sign} {n}" for sign, n in ((">=", low), ("<=", high)) if n is not None]
        return " AND ".join(bounds)
    return None


def _matched(column: str, pattern: str) -> str:
    """
    Whether RE2 finds *pattern*; whole where that is the same, since DuckDB then asks once for each
    value of a column's dictionary, and not once a row.
    """
    if pattern.startswith("^") and _ENDS.search(pattern):
        # An alternative that is not in a group may have only one of the anchors: '^a|b$' finds 'ab'.
        whole = f"(?s:.*)(?:{pattern})(?s:.*)" if "|" in pattern else pattern
        return f"regexp_full_match({column}, {sql.text(whole)})"
    return f"regexp_matches({column}, {sql.text(pattern)})"


def _compared(column: str, kind: str, operator: str, value: Any) -> str | None:
    if kind in _INTEGERS and type(value) is float:
        # Polars compares integer and float as doubles, also where that loses the last digits.
        return f"CAST({column} AS DOUBLE) {operator} {_literal('DOUBLE', value)}"
    if kind == "TIMESTAMP" and type(value) is date:
        value = datetime(value.year, value.month, value.day)
    literal = _literal(kind, value)
    return None if literal is None else f"{column} {operator} {literal}"


def _member(column: str, kind: str, values: Any) -> str | None:
    if isinstance(values, str) or kind not in (*_INTEGERS, "DOUBLE", "VARCHAR", "DATE", "TIMESTAMP", "TIME", "BOOLEAN"):
        return None
    # NULL in the list matches nothing: Pandera passes a NULL whatever the list says.
    literals = [_literal(kind, value) for value in values if value is not None]
    if None in literals:
        return None
    if not literals:
        return f"CASE WHEN {column} IS NOT NULL THEN FALSE END"
    # Not IN, which DuckDB 1.5.5 asks of each row; this of each value of a column's dictionary.
    return f"list_contains([{', '.join(sorted(set(map(str, literals))))}], {column})"


def _literal(kind: str, value: Any) -> str | None:
    """*value* as a literal that compares with a column of *kind* as polars compares; None where unsure."""
    if isinstance(value, str):
        plain = str.__str__(value)
        return sql.text(plain) if kind == "VARCHAR" and _is_unicode(plain) else None
    if type(value) is bool:
        return str(value).upper() if kind == "BOOLEAN" else None
    if type(value) is int and kind in _INTEGERS:
        return f"({value})" if -(2**127) < value < 2**127 else None
    if type(value) in (int, float) and kind in ("DOUBLE", "FLOAT"):
        return _floating(kind, value)
    if type(value) in (int, Decimal) and kind.startswith("DECIMAL"):
        return _decimal(kind, Decimal(value))
    return _temporal(kind, value)


def _temporal(kind: str, value: Any) -> str | None:
    if type(value) is date and kind == "DATE":
        return f"DATE '{value.isoformat()}'"
    if type(value) is time and kind == "TIME" and value.tzinfo is None:
        return f"TIME '{value.isoformat()}'"
    if type(value) is datetime and kind == "TIMESTAMP" and value.tzinfo is None:
        return sql.moment(value)
    if type(value) is datetime and kind == "TIMESTAMP WITH TIME ZONE" and value.tzinfo is not None:
        return f"TIMESTAMPTZ '{value.astimezone(UTC).isoformat(sep=' ')}'"
    return None


def _floating(kind: str, value: float) -> str | None:
    try:
        number = float(value)
        if kind == "FLOAT":
            (number,) = struct.unpack("f", struct.pack("f", number))
    except OverflowError:
        return None
    return f"CAST('{number!r}' AS {kind})"


def _decimal(kind: str, value: Decimal) -> str | None:
    """Only a value that the column's own type holds; beyond it the engines widen differently."""
    precision, scale = (int(n) for n in kind.removeprefix("DECIMAL(").removesuffix(")").split(","))
    if not value.is_finite():
        return None
    scaled = value.scaleb(scale) if value else Decimal(0)
    fits = scaled == scaled.to_integral_value() and abs(int(scaled)) < 10**precision
    return f"CAST('{value:f}' AS {kind})" if fits else None


def _is_unicode(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def says(column: str, check: Check) -> str:
    name, given = KEYWORDS.get(check._check_fn.__name__, check._check_fn.__name__), check.statistics or {}
    if name in _SAYS:
        (value,) = given.values()
        return f"{column} {_SAYS[name]} {value}"
    if name == "in_range":
        return f"{column} is between {given['min_value']} and {given['max_value']}"
    if name in ("isin", "notin"):
        (values,) = given.values()
        return f"{column} is {'one' if name == 'isin' else 'none'} of {listed(values)}"
    if name == "str_length":
        bounds = [f"{word} {given[key]}" for key, word in _LENGTHS.items() if given.get(key) is not None]
        return f"{column} has {' and '.join(bounds)} characters"
    (value,) = given.values()
    return f"{column} {_TEXT_SAYS[name]} {getattr(value, 'pattern', value)}"


_LENGTHS = {"exact_value": "exactly", "min_value": "at least", "max_value": "at most"}
_TEXT_SAYS = {
    "str_matches": "matches",
    "str_contains": "contains",
    "str_startswith": "starts with",
    "str_endswith": "ends with",
}


def listed(values: Any) -> str:
    """``A, B, C``, at most a line of it."""
    listed = ", ".join(str(value) for value in values)
    return listed if len(listed) <= 160 else f"{listed[:157]}…"
