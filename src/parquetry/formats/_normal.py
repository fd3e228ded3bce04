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
    cases = [f"WHEN {local} THEN {here}"]
    if not zoned:
        zero = rf"regexp_full_match({column}, '.*[+-]00(:?00)?')"
        offset = f"regexp_full_match({column}, '{_LOCAL}{_OFFSET}')"
        cases += [f"WHEN {zero} THEN {column}", f"WHEN {offset} THEN coalesce({_shifted(column)}, {column})"]
    return f"CASE WHEN ends_with({column}, 'Z') THEN {column} {' '.join(cases)} ELSE {column} END"


def _shifted(column: str) -> str:
    """Without its offset, in UTC."""

    def part(group: int) -> str:
        # The groups of the local time come first.
        found = f"regexp_extract({column}, '{_OFFSET}$', {group})"
        return f"coalesce(TRY_CAST({found} AS INTEGER), 0)"

    sign = f"CASE WHEN regexp_extract({column}, '{_OFFSET}$', 1) = '-' THEN -1 ELSE 1 END"
    seconds = f"{sign} * ({part(2)} * 3600 + {part(3)} * 60 + {part(4)})"
    local = f"TRY_CAST(regexp_extract({column}, '^{_LOCAL}') AS TIMESTAMP)"
    return f"CAST({local} - to_seconds({seconds}) AS VARCHAR)"


def _in_zone(column: str, zone: str, *, zoned: bool) -> str:
    """
    In UTC, if the zone has exactly one such moment.

    The offset in force a day before and a day after are the only ones that it can have; no zone changes
    its clocks twice within two days.
    """
    local = f"TRY_CAST({column} AS TIMESTAMP)"
    before, after = (_by_offset(local, zone, f"INTERVAL '{hours} hours'") for hours in (-24, 24))
    fits = {one: f"{_at(one, zone)} = {local}" for one in (before, after)}
    end = " || '+00'" if zoned else ""
    return (
        f"CASE WHEN {local} IS NULL THEN {column} "
        f"WHEN {before} = {after} THEN CAST({before} AS VARCHAR){end} "
        f"WHEN {fits[before]} AND {fits[after]} THEN {column} || ' (ambiguous)' "
        f"WHEN {fits[before]} THEN CAST({before} AS VARCHAR){end} "
        f"WHEN {fits[after]} THEN CAST({after} AS VARCHAR){end} "
        f"ELSE {column} || ' (no such local time)' END"
    )


def _at(utc: str, zone: str) -> str:
    """The local time in *zone* at *utc*; both without zone."""
    return f"(({utc} AT TIME ZONE 'UTC') AT TIME ZONE {text(zone)})"


def _by_offset(local: str, zone: str, apart: str) -> str:
    """*local* in UTC, if the offset is the one in force *apart* from there."""
    there = f"({local} + {apart})"
    return f"({local} - ({_at(there, zone)} - {there}))"
