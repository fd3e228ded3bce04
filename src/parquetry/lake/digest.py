"""
What rows *are*, whatever their order, packing or writer: the logical digest.

A row becomes one text: for each column, by name, ``=value`` or ``-`` for NULL, joined by U+0000.
Its md5, read as a little-endian number without its lowest 32 bits, is added up over all rows.
A sum, unlike an XOR, tells two equal rows from none, and the digests of two files add up to the
digest of both. It is identity among honest writers; sha256 in the manifest is for integrity.
docs/format.md gives the text of each type, and a test holds this SQL to an implementation in Python.
"""

from __future__ import annotations

from collections.abc import Mapping

_DIGITS = 32


def digest_sql(schema: Mapping[str, str]) -> str:
    """
    A DuckDB aggregate that gives the digest's number over rows with *schema* (name to type).

    NULL over no rows; `as_text` makes it the text of the manifest. More than 2**31 rows in one
    group may overflow, which DuckDB reports; a file never holds that many.
    """
    columns = ", ".join(f"coalesce('=' || {_text(quoted(c), schema[c])}, '-')" for c in sorted(schema))
    return f"sum((md5_number(concat_ws(chr(0), {columns})) >> 32)::HUGEINT)"


def as_text(number: int | None) -> str:
    """The digest as the manifest writes it: 32 hexadecimal digits."""
    return f"{(number or 0) % 2**128:0{_DIGITS}x}"


def quoted(name: str) -> str:
    """A DuckDB identifier."""
    return '"' + name.replace('"', '""') + '"'


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
    if type_ in ("DOUBLE", "FLOAT"):
        return f"CASE WHEN isnan({value}) THEN 'nan' ELSE hex({value}::BIT::BLOB) END"
    if type_.startswith("TIME"):
        return f"epoch_us({value})::VARCHAR"
    if type_ == "BLOB":
        return f"hex({value})"
    if type_.startswith("DECIMAL"):
        # Where all digits are decimals DuckDB leaves out the zero before the point.
        return f"regexp_replace({value}::VARCHAR, '^(-?)\\.', '\\10.')"
    return f"{value}::VARCHAR"
