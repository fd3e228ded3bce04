"""
A staged value becomes exactly what the contract says, or nothing.

DuckDB's casts are generous: ``'1.5'`` becomes the integer 2, ``1.005`` the decimal 1.01,
``'2025-01-01 00:00:00+02'`` loses its offset and ``'1e400'`` is infinity. `exactly` is NULL for
all of these, so that the rule ``<column>:type`` can reject them.
"""

from __future__ import annotations

import re

from parquetry.contracts.types import canonical

_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT")
_MOMENTS = ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
_TEXTUAL = ("VARCHAR", "JSON", "UUID")

# Four digits of year, as `types` guards them: beyond, most readers of Parquet fail.
_DAY = r"\d{4}-\d{2}-\d{2}"
_HOUR = r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6}0*)?"
# Which texts may be cast at all. What the grammar lets through, the cast must still accept.
_GRAMMAR = {
    "BOOLEAN": r"(?i)true|false|t|f",
    "DATE": _DAY,
    "TIME": _HOUR,
    # A timestamp without a zone is UTC by convention, so a zero offset says nothing new; any other would be lost.
    "TIMESTAMP": rf"{_DAY}[ T]{_HOUR}(Z|[+-]00(:?00)?)?",
    "TIMESTAMP WITH TIME ZONE": rf"{_DAY}[ T]{_HOUR}(Z|[+-]\d{{2}}(:?\d{{2}}(:?\d{{2}})?)?)",
    # As bytea_output = hex prints it.
    "BLOB": r"\\x([0-9a-fA-F]{2})*",
}
_WHOLE = r"[+-]?\d+"
_PLAIN = r"-?\d+(\.\d+)?"
# Two decimals of so many digits are never the same float (DBL_DIG, FLT_DIG), so its shortest form is this one.
_DIGITS_KEPT = {"DOUBLE": 15, "FLOAT": 6}
_FLOATING = r"(?i)[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|nan|[+-]?inf(inity)?"


def can_become(staged: str, published: str) -> bool:
    """Whether values of type *staged* can be held against *published* at all; otherwise the schema drifted."""
    staged, published = canonical(staged), canonical(published)
    if staged == published or staged == "VARCHAR":
        return True
    if published == "VARCHAR":
        return staged in _TEXTUAL or staged.startswith("ENUM")
    return (_is_number(staged) and _is_number(published)) or (staged in _MOMENTS and published in _MOMENTS)


def exactly(column: str, staged: str, published: str) -> str:
    """
    SQL for *column* as type *published*; NULL where that would change the value.

    Args:
        column: SQL of the staged value.
        staged, published: DuckDB types for which `can_become` holds.
    """
    staged, published = canonical(staged), canonical(published)
    if staged == published:
        # Parquet's statistics leave NaN out, and DuckDB takes those of another writer at their word: with a
        # maximum of 0 it answers `x > 5` with false for every row. It does not see through the plus, which
        # changes nothing.
        return f"+{column}" if published in ("DOUBLE", "FLOAT") else column
    if published == "VARCHAR":
        return f"CAST({column} AS VARCHAR)"
    if staged == "VARCHAR":
        return _from_text(column, published)
    there = f"TRY_CAST({column} AS {published})"
    return f"CASE WHEN TRY_CAST({there} AS {staged}) = {column} THEN {there} END"


def _from_text(column: str, published: str) -> str:
    if published.endswith("[]"):
        return _list(column, published)
    if published in _INTEGERS:
        return _cast_if(_matches(column, _WHOLE), column, published)
    if published in ("DOUBLE", "FLOAT"):
        shortest = f"CAST(TRY_CAST({column} AS {published}) AS VARCHAR)"
        same = f"{_digits(shortest)} = {_digits(column)}"
        # Most texts have so few digits that they are always exact, and seeing that takes half the time of printing.
        few = f"strlen({column}) <= {_DIGITS_KEPT[published]} AND {_matches(column, _PLAIN)}"
        # Most of the others are the shortest one already: an eighth of the time of comparing digits.
        usual = f"CASE WHEN {few} OR {shortest} IN ({column}, {column} || '.0') THEN TRY_CAST({column} AS {published})"
        return f"{usual} WHEN {_matches(column, _FLOATING)} AND {same} THEN TRY_CAST({column} AS {published}) END"
    if scale := re.fullmatch(r"DECIMAL\(\d+,(\d+)\)", published):
        plain = rf"[+-]?(\d+(\.\d{{0,{scale[1]}}}0*)?|\.\d{{0,{scale[1]}}}0*)"
        return _cast_if(f"{_matches(column, plain)} AND regexp_matches({column}, '[0-9]')", column, published)
    grammar = _matches(column, _GRAMMAR[published])
    if published == "BOOLEAN":
        usual = f"CASE WHEN {column} IN ('true', 'false') THEN {column} = 'true'"
        return f"{usual} WHEN {grammar} THEN TRY_CAST({column} AS BOOLEAN) END"
    if published == "BLOB":
        return f"CASE WHEN {grammar} THEN unhex(substr({column}, 3)) END"
    return _cast_if(grammar, column, published)


_QUOTED = r'"(?:[^"\\]|\\.)*"'
_BARE = r'[^{}",\\\s](?:[^{}",\\]*[^{}",\\\s])?'
_ARRAY = rf"(?s)\{{(?:(?:{_QUOTED}|{_BARE})(?:,(?:{_QUOTED}|{_BARE}))*)?\}}"


def _list(column: str, published: str) -> str:
    """
    A list from PostgreSQL's text for a one-dimensional array: ``{a,NULL,"NULL, in quotes"}``.

    One with more dimensions or other bounds does not fit the grammar, and no list could hold it.
    """
    unquoted = r"regexp_replace(e[2:-2], '(?s)\\(.)', '\1', 'g')"
    element = f"CASE WHEN e[1] = '\"' THEN {unquoted} WHEN upper(e) <> 'NULL' THEN e END"
    tokens = f"regexp_extract_all({column}, '(?s){_QUOTED}|{_BARE}')"
    texts = f"list_transform({tokens}, lambda e: {element})"
    inner = published[:-2]
    if inner == "VARCHAR":
        return f"CASE WHEN {_matches(column, _ARRAY)} THEN {texts} END"
    values = f"list_transform({texts}, lambda v: {exactly('v', 'VARCHAR', inner)})"
    kept = f"list_count({values}) = list_count({texts})"
    return f"CASE WHEN {_matches(column, _ARRAY)} THEN CASE WHEN {kept} THEN {values} END END"


def _cast_if(condition: str, column: str, published: str) -> str:
    return f"CASE WHEN {condition} THEN TRY_CAST({column} AS {published}) END"


def _matches(column: str, grammar: str) -> str:
    return f"regexp_full_match({column}, '{grammar}')"


def _digits(number: str) -> str:
    """
    The significant digits of a number's text, sign, point and exponent left out.

    A float is as good as its text if its shortest form has the same digits: ``0.10`` and ``1e-1`` are 0.1,
    but the 18th digit of ``1.23456789012345678`` is lost.
    """
    mantissa = f"regexp_replace(regexp_replace(lower({number}), 'e.*$', ''), '[^0-9]', '', 'g')"
    return f"trim({mantissa}, '0')"


def _is_number(duckdb_type: str) -> bool:
    return duckdb_type in _INTEGERS or duckdb_type in ("DOUBLE", "FLOAT") or duckdb_type.startswith("DECIMAL")
