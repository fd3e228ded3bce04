"""
A value's text as the contract's checks read it: marks, words and zones of the file turned into those of SQL.

Nothing is parsed twice and nothing guessed. What the declaration does not cover keeps its text, or gets a few
words behind it where it could be taken for a value, so that `contracts.exact` makes a misfit of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from parquetry.contracts.sql import text
from parquetry.contracts.types import canonical
from parquetry.formats.shape import Shape

_FLOATS = ("DOUBLE", "FLOAT")
_MOMENTS = ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
_ZONED = "TIMESTAMP WITH TIME ZONE"
# What `contracts.exact` takes for a boolean, declared or not.
_TRUTHS = ("true", "false", "t", "f")

_LOCAL = r"\d{4}-\d{2}-\d{2}[ T]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6}0*)?"
_OFFSET = r"([+-])(0\d|1[0-5])(?::?([0-5]\d)(?::?([0-5]\d))?)?"


def normalised(column: str, type: str, shape: Shape) -> str:
    """
    SQL for the text of *column* as its field's *type* wants it.

    Args:
        column: SQL of the text in the file, NULL for NULL; cheap, since it is repeated.
    """
    type = canonical(type)
    if type == "BOOLEAN":
        return _boolean(column, shape)
    if type in _FLOATS:
        return _float(_decimal(column, shape), column, shape)
    if type.startswith("DECIMAL"):
        return _decimal(column, shape)
    if type in _MOMENTS or type == _ZONED:
        return _moment(column, shape, zoned=type == _ZONED)
    return column


def _words(words: Sequence[str]) -> str:
    return ", ".join(text(word.lower()) for word in words) or "NULL"


def _boolean(column: str, shape: Shape) -> str:
    lower = f"lower({column})"
    slow = (
        f"CASE WHEN {lower} IN ({_words(shape.true)}) THEN 'true' WHEN {lower} IN ({_words(shape.false)}) THEN 'false' "
        f"WHEN {lower} IN ({_words(_TRUTHS)}) THEN {column} || ' (not declared)' ELSE {column} END"
    )
    if shape.true == ("true",) and shape.false == ("false",):
        return f"CASE WHEN {column} IN ('true', 'false') THEN {column} ELSE {slow} END"
    return slow


def _decimal(column: str, shape: Shape) -> str:
    if shape.decimal == ".":
        return column
    # A point could be a mark of thousands or of decimals, which is for the writer to say.
    return f"CASE WHEN contains({column}, '.') THEN {column} || ' (a point)' ELSE replace({column}, ',', '.') END"


def _float(value: str, column: str, shape: Shape) -> str:
    if shape.nan:
        return value
    # Digits, signs and the point all sort before the colon, so that this is seldom true.
    other = f"({column} >= ':' OR {column} BETWEEN '+:' AND '+~' OR {column} BETWEEN '-:' AND '-~')"
    named = f"regexp_full_match({column}, '(?i)[+-]?(nan|inf(inity)?)')"
    return f"CASE WHEN {other} AND {named} THEN {column} || ' (not a number)' ELSE {value} END"


def _moment(column: str, shape: Shape, *, zoned: bool) -> str:
    """UTC as it is; any other offset counted in where the type has none; a time without one by the zone declared."""
    local = f"regexp_full_match({column}, '{_LOCAL}')"
    here = _in_zone(column, shape.timezone, zoned=zoned) if shape.timezone else f"{column} || ' (no time zone)'"
    cases, other = f"WHEN {local} THEN {here}", column
    if not zoned:
        cases += rf" WHEN regexp_full_match({column}, '.*[+-]00(:?00)?') THEN {column}"
        other = _shifted(column)
    return f"CASE WHEN ends_with({column}, 'Z') THEN {column} {cases} ELSE {other} END"


def _shifted(column: str) -> str:
    """Without its offset, in UTC; what has none stays."""
    parts = "'local', 'hour', 'fraction', 'sign', 'hours', 'minutes', 'seconds'"
    found = f"regexp_extract({column}, '^({_LOCAL}){_OFFSET}$', [{parts}])"
    seconds = " + ".join(
        f"coalesce(TRY_CAST(m.{part} AS INTEGER), 0) * {size}"
        for part, size in (("hours", 3600), ("minutes", 60), ("seconds", 1))
    )
    offset = f"to_seconds(CASE m.sign WHEN '-' THEN -1 ELSE 1 END * ({seconds}))"
    utc = f"coalesce(CAST(TRY_CAST(m.local AS TIMESTAMP) - {offset} AS VARCHAR), {column})"
    return _named("m", found, utc)


def _named(name: str, value: str, use: str) -> str:
    """*use* of *value* under a name; a list of one, since DuckDB has no other way to say it within an expression."""
    return f"list_transform([{value}], lambda {name}: {use})[1]"


def _in_zone(column: str, zone: str, *, zoned: bool) -> str:
    """
    In UTC, if the zone has exactly one such moment.

    The offset in force a day before and a day after are the only ones that it can have; no zone changes
    its clocks twice within two days.
    """
    before, after = (_by_offset("l", zone, f"to_hours({hours})") for hours in (-24, 24))
    end = " || '+00'" if zoned else ""
    fits = {one: f"{_at(one, zone)} = l" for one in ("u.before", "u.after")}
    cases = (
        f"CASE WHEN l IS NULL THEN {column} "
        f"WHEN u.before = u.after THEN CAST(u.before AS VARCHAR){end} "
        f"WHEN {fits['u.before']} AND {fits['u.after']} THEN {column} || ' (ambiguous)' "
        f"WHEN {fits['u.before']} THEN CAST(u.before AS VARCHAR){end} "
        f"WHEN {fits['u.after']} THEN CAST(u.after AS VARCHAR){end} "
        f"ELSE {column} || ' (no such local time)' END"
    )
    both = _named("u", f"{{before: {before}, after: {after}}}", cases)
    return _named("l", f"TRY_CAST({column} AS TIMESTAMP)", both)


def _at(utc: str, zone: str) -> str:
    """The local time in *zone* at *utc*; both without zone."""
    return f"(({utc} AT TIME ZONE 'UTC') AT TIME ZONE {text(zone)})"


def _by_offset(local: str, zone: str, apart: str) -> str:
    """*local* in UTC, if the offset is the one in force *apart* from there."""
    there = f"({local} + {apart})"
    return f"({local} - ({_at(there, zone)} - {there}))"
