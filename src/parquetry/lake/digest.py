"""
What rows *are*, whatever their order, packing or writer: the logical digest.

A row becomes one text: its values by name of column, joined by U+0000 and a comma; NULL is U+0000
and a hyphen, and a U+0000 in a value gets a zero behind it, so that no two rows share a text.
Its md5, read as a little-endian number without its lowest 32 bits, is added up over all rows.
A sum, unlike an XOR, tells two equal rows from none, and the digests of two files add up to the
digest of both. It is identity among honest writers; sha256 in the manifest is for integrity.
docs/format.md gives the text of each type, and a test holds this SQL to an implementation in Python.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_DIGITS = 32
_NUL = "chr(0)"
_NEXT, _NULL, _ITSELF = f"{_NUL} || ','", f"{_NUL} || '-'", f"{_NUL} || '0'"


def digest_sql(schema: Mapping[str, str]) -> str:
    """
    A DuckDB aggregate that gives the digest's number over rows with *schema* (name to type).

    NULL over no rows; `as_text` makes it the text of the manifest. More than 2**31 rows in one
    group may overflow, which DuckDB reports; a file never holds that many.
    """
    return f"sum((md5_number({row_sql(schema)}) >> 32)::HUGEINT)"


def row_sql(schema: Mapping[str, str]) -> str:
    """SQL for the text of a row with *schema*: two rows have the same just if their values are the same."""
    names = sorted(schema)
    values = [_text(quoted(name), schema[name]) for name in names]
    free = [value for name, value in zip(names, values, strict=True) if _is_free(schema[name])]
    row = _row(values)
    if free:
        # Looking for U+0000 costs a tenth of replacing it, and hardly any row holds one.
        held = " OR ".join(f"contains({value}, {_NUL})" for value in free)
        marked = [f"replace({value}, {_NUL}, {_ITSELF})" if value in free else value for value in values]
        row = f"CASE WHEN {held} THEN {_row(marked)} ELSE {row} END"
    return row


def value_sql(value: str, type_: str) -> str:
    """SQL for the text of one value; NULL for NULL."""
    return _text(value, type_)


def as_text(number: int | None) -> str:
    """The digest as the manifest writes it: 32 hexadecimal digits."""
    return f"{(number or 0) % 2**128:0{_DIGITS}x}"


def quoted(name: str) -> str:
    """A DuckDB identifier."""
    return '"' + name.replace('"', '""') + '"'


def _row(values: Sequence[str]) -> str:
    return f"concat({f', {_NEXT}, '.join(f'coalesce({value}, {_NULL})' for value in values)})"


def _is_free(type_: str) -> bool:
    """Whether the text of a value may hold any character."""
    return type_.rstrip("[]") == "VARCHAR"


def _text(value: str, type_: str) -> str:
    """
    SQL for the text of *value*, the same in every session and DuckDB, and another for another value.

    DuckDB's own text of a double is neither: 1.5.5 prints 2**81 like 2**82, and ``nan`` by its sign.
    """
    if type_.endswith("[]"):
        inner = _text("element", type_.removesuffix("[]"))
        # With its length before it, an element may hold what separates elements.
        each = f"coalesce('=' || strlen({inner}) || ':' || {inner}, '-')"
        return f"array_to_string(list_transform({value}, lambda element: {each}), '')"
    if type_ == "VARCHAR":
        return value
    if type_ in ("DOUBLE", "FLOAT"):
        return f"CASE WHEN isnan({value}) THEN 'nan' ELSE hex({value}::BIT::BLOB) END"
    if type_.startswith("TIME"):
        return f"epoch_us({value})::VARCHAR"
    if type_ == "BLOB":
        return f"hex({value})"
    if whole := re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", type_):
        # Where all digits are decimals DuckDB leaves out the zero before the point.
        pointed = f"regexp_replace({value}::VARCHAR, '^(-?)\\.', '\\10.')"
        return pointed if whole[1] == whole[2] else f"{value}::VARCHAR"
    return f"{value}::VARCHAR"
