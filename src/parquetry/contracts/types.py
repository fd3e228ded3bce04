"""
THE type table: how each PostgreSQL type is published, and nobody else decides.

A column is *native* (the reader decodes it) only where that is proved lossless, by its type and,
where the type alone does not prove it, by a *guard*: a predicate that the server counts under the
same snapshot, true for values that the native form cannot hold. Everything else is sent by the
server as text: what the type's own output function prints under the pinned session settings,
which is what ``COPY`` and ``psql`` show. (``::text`` is not that: it strips the blanks of
``char(n)`` and adds ``/32`` to an ``inet``.)
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from parquetry.errors import SchemaDrift

# Beyond these, Python, pandas and most readers fail, and DuckDB's own text turns to 'BC' or infinity.
_DAYS = "between '0001-01-01' and '9999-12-31'"
_MOMENTS = "between '0001-01-01 00:00:00' and '9999-12-31 23:59:59.999999'"
_ZONED = "between '0001-01-01 00:00:00+00' and '9999-12-31 23:59:59.999999+00'"

NATIVE: dict[str, tuple[str, str]] = {
    # type         native                       guard: true for what the native form cannot hold
    "bool":        ("BOOLEAN",                  ""),
    "int2":        ("SMALLINT",                 ""),
    "int4":        ("INTEGER",                  ""),
    "int8":        ("BIGINT",                   ""),
    "oid":         ("UINTEGER",                 ""),
    "float4":      ("FLOAT",                    ""),
    "float8":      ("DOUBLE",                   ""),
    "text":        ("VARCHAR",                  ""),
    "varchar":     ("VARCHAR",                  ""),
    "json":        ("VARCHAR",                  ""),
    "jsonb":       ("VARCHAR",                  ""),
    "uuid":        ("UUID",                     ""),
    "bytea":       ("BLOB",                     ""),
    "date":        ("DATE",                     f"{{0}} not {_DAYS}"),
    "time":        ("TIME",                     "{0} = '24:00:00'"),
    "timestamp":   ("TIMESTAMP",                f"{{0}} not {_MOMENTS}"),
    "timestamptz": ("TIMESTAMP WITH TIME ZONE", f"{{0}} not {_ZONED}"),
}  # fmt: skip
"""
Beside these: ``numeric(p,s)`` is DECIMAL(p,s) up to 38 digits, an enum VARCHAR, a domain what its
base type is, and a one-dimensional array of a native type a list. Deliberately text: char(n) (the
reader strips blanks), interval and timetz (Parquet's forms lose microseconds, signs and zones),
numeric without a precision (the reader makes it a double), composites, ranges, networks, bits, money.
"""

_RANGE = {
    "TINYINT": (-(2**7), 2**7 - 1), "SMALLINT": (-(2**15), 2**15 - 1), "INTEGER": (-(2**31), 2**31 - 1),
    "BIGINT": (-(2**63), 2**63 - 1), "UTINYINT": (0, 2**8 - 1), "USMALLINT": (0, 2**16 - 1),
    "UINTEGER": (0, 2**32 - 1), "UBIGINT": (0, 2**64 - 1),
    "FLOAT": (-(2**24), 2**24), "DOUBLE": (-(2**53), 2**53),
}  # fmt: skip
"""Whole numbers that a type holds exactly."""

_WHOLE = ("SMALLINT", "INTEGER", "BIGINT", "UINTEGER")
_SAME_TEXT = (*_WHOLE, "VARCHAR", "UUID")  # DuckDB prints these as PostgreSQL does

_ALIASES = {
    "TEXT": "VARCHAR", "STRING": "VARCHAR", "INT": "INTEGER", "INT4": "INTEGER", "INT8": "BIGINT", "LONG": "BIGINT",
    "INT2": "SMALLINT", "REAL": "FLOAT", "FLOAT4": "FLOAT", "FLOAT8": "DOUBLE", "BOOL": "BOOLEAN", "BYTEA": "BLOB",
    "TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE", "DATETIME": "TIMESTAMP", "TIMESTAMP_US": "TIMESTAMP",
}  # fmt: skip

_PANDERA = {
    "BOOLEAN": "bool", "SMALLINT": "pl.Int16", "INTEGER": "pl.Int32", "BIGINT": "int", "UINTEGER": "pl.UInt32",
    "FLOAT": "pl.Float32", "DOUBLE": "float", "VARCHAR": "str", "BLOB": "bytes", "DATE": "date", "TIME": "time",
    "TIMESTAMP": "datetime", "TIMESTAMP WITH TIME ZONE": "pl.Datetime('us', 'UTC')", "UUID": "str",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SourceType:
    """
    A PostgreSQL type as its catalog describes it, with domains resolved to what they are based on.

    Attributes:
        name: As declared: ``numeric(10,2)``, ``"Mood"``, ``text[]``.
        base: Its name in ``pg_catalog``, such as ``int4``; empty for a type defined elsewhere.
        output: The function that prints it, qualified and quoted; empty if SQL cannot call it.
        modifier: PostgreSQL's ``typmod``; -1 if there is none.
        enum: Whether it is an enum.
        element: Of an array, the type of its elements.
        dimensions: Of an array, as declared; PostgreSQL does not hold anyone to it.
    """

    name: str
    base: str
    output: str
    modifier: int = -1
    enum: bool = False
    element: SourceType | None = None
    dimensions: int = 0

    @property
    def decimal(self) -> tuple[int, int] | None:
        """``(precision, scale)`` of a numeric that a DuckDB DECIMAL holds, or None."""
        if self.base != "numeric" or self.modifier < 4:
            return None
        precision = ((self.modifier - 4) >> 16) & 0xFFFF
        scale = (((self.modifier - 4) & 0x7FF) ^ 1024) - 1024
        return (precision, scale) if precision <= 38 and 0 <= scale <= precision else None


@dataclass(frozen=True, slots=True)
class Reads:
    """
    How one column travels. ``{0}`` in the templates stands for the quoted column.

    Attributes:
        type: The DuckDB type that is staged.
        sent: The server's expression, where the server is asked in SQL.
        native: Whether the reader decodes the value itself; otherwise it is the server's text.
        parallel: Whether the parallel scan of the table gives the same without *sent*.
        unheld: The guard, true for a value that *type* cannot hold; or empty.
        narrow: The source's type has a native form, and the contract asks for a narrower one.
    """

    type: str
    sent: str = "{0}"
    native: bool = True
    parallel: bool = True
    unheld: str = ""
    narrow: bool = False


def publication(column: str, source: SourceType, wanted: str) -> Reads:
    """
    How a column of type *source* becomes the contract's type *wanted*, without changing a value.

    ``VARCHAR`` takes everything. A wider type takes what fits by type, a narrower one what fits by
    guard; where the guard counts some, the column is staged as text.

    Raises:
        SchemaDrift: No such way; the message names the column, both types and what to declare.
    """
    wanted = canonical(wanted)
    reads = (
        _text(source) if wanted == "VARCHAR" else _array(source, wanted) if source.element else _scalar(source, wanted)
    )
    if reads is None:
        raise SchemaDrift(
            f"column '{column}' is {source.name} in the source, and cannot become {wanted} without changing values",
            next=f"declare it as {_declarable(source)} in the contract",
            column=column, source_type=source.name, contract_type=wanted,
        )  # fmt: skip
    return reads


def canonical(type: str) -> str:
    """DuckDB's own spelling: ``TIMESTAMPTZ`` is ``TIMESTAMP WITH TIME ZONE``, ``text[]`` is ``VARCHAR[]``."""
    word = " ".join(type.split()).upper()
    if word.endswith("[]"):
        return canonical(word[:-2]) + "[]"
    if match := re.fullmatch(r"(?:DECIMAL|NUMERIC) ?(?:\( ?(\d+) ?(?:, ?(\d+) ?)?\))?", word):
        precision, scale = match.groups()
        return f"DECIMAL({precision or 18},{scale or (0 if precision else 3)})"
    return _ALIASES.get(word, word)


def month(column: str, type: str) -> str:
    """
    DuckDB's expression for the month ``YYYY-MM`` (UTC) of a staged time, ``null`` where it is NULL.

    It agrees with what the source counted: ±infinity, BC and years of five digits are ``null`` too,
    also where the column had to be staged as text.

    Args:
        column: A quoted column or other expression.
        type: Its staged type, `Reads.type`.
    """
    match canonical(type):
        case "DATE" | "TIMESTAMP" | "TIMESTAMP_MS" | "TIMESTAMP_S" | "TIMESTAMP_NS":
            return f"coalesce(strftime({column}, '%Y-%m'), 'null')"
        case "TIMESTAMP WITH TIME ZONE":
            return f"coalesce(strftime({column} AT TIME ZONE 'UTC', '%Y-%m'), 'null')"
        case "VARCHAR":
            return f"coalesce(substr({usual(column)}, 1, 7), 'null')"
    raise ValueError(f"{type} is not a time")


def usual(column: str) -> str:
    """DuckDB's expression for the text of a time, NULL where that is infinite, BC or of a year of five digits."""
    return rf"CASE WHEN regexp_full_match({column}, '\d{{4}}-\d\d-\d\d( [^B]*)?') THEN {column} END"


def in_months(column: str, source: SourceType) -> str | None:
    """The server's condition for a time that `month` does not call ``null``; None: the column is not a time."""
    held = {"date": _DAYS, "timestamp": _MOMENTS, "timestamptz": _ZONED}.get(source.base)
    return held and f"{column} {held}"


def signed_zero(column: str, source: SourceType) -> str | None:
    """The server's condition for a value that is, or has, a zero with a minus; None for a type without one."""
    printed = {
        "float4": r"pg_catalog.float4send({}) = '\x80000000'",
        "float8": r"pg_catalog.float8send({}) = '\x8000000000000000'",
    }
    condition = printed.get((source.element or source).base)
    if condition is None or not source.element:
        return condition and f"({column} = 0 and {condition.format(column)})"
    return f"exists (select from pg_catalog.unnest({column}) as e(v) where e.v = 0 and {condition.format('e.v')})"


def decoded(source: SourceType) -> str:
    """The DuckDB type that the parallel scan is known to give for a native column; ``ENUM`` stands for any enum."""
    if source.element:
        return decoded(source.element) + "[]"
    if source.decimal:
        return "DECIMAL({},{})".format(*source.decimal)
    return "ENUM" if source.enum else NATIVE.get(source.base, ("", ""))[0]


def measured(column: str, source: SourceType) -> str | None:
    """
    The server's aggregate for what `reading` has to know of a column's values, or None.

    It gives the most digits before the point and after it; NULL if a value has no digits (``NaN``).
    """
    if source.base != "numeric":
        return None
    whole = f"case when trunc({column}) = 0 then 0 else length(trunc(abs({column}))::text) end"
    digits = f"array[max({whole}), max(scale({column}))]"
    return f"case when bool_or({column} is not null and scale({column}) is null) is not true then {digits} end"


def reading(source: SourceType, digits: tuple[int, int] | None = None) -> str:
    """
    The DuckDB type in which a column that is published as text may be read beside it; or empty.

    Args:
        digits: Before the point and after it, as `measured`; None if they are not known, or a value has none.
    """
    if source.base == "numeric":
        return _decimal_of(*digits) if digits else ""
    return NATIVE[source.base][0] if source.base in ("date", "timestamp", "timestamptz") else ""


def joint_reading(one: str, other: str) -> str:
    """The type that reads what either reads, each as `reading` gave it; or empty."""
    decimals = [_decimal(one), _decimal(other)]
    if one == other or None in decimals:
        return one if one == other else ""
    whole, scale = (max(digits) for digits in zip(*((p - s, s) for p, s in filter(None, decimals)), strict=True))
    return _decimal_of(whole, scale)


def _decimal_of(whole: int, scale: int) -> str:
    return f"DECIMAL({max(whole + scale, 1)},{scale})" if whole + scale <= 38 else ""


def printed(source: SourceType) -> str:
    """The server's expression for exactly the text that PostgreSQL prints; NULL stays NULL."""
    if not source.output:
        return "{0}::pg_catalog.text"
    function = source.output.replace("{", "{{").replace("}", "}}")
    return f"pg_catalog.textin({function}({{0}}))"


def _text(source: SourceType) -> Reads:
    native = "VARCHAR" if source.enum else NATIVE.get(source.base, ("", ""))[0]
    if source.element is None and native in _SAME_TEXT:
        return Reads("VARCHAR")
    return Reads("VARCHAR", sent=printed(source), native=False, parallel=False)


def _array(source: SourceType, wanted: str) -> Reads | None:
    """A list, guarded against what a list cannot say: more dimensions, and bounds that do not begin at 1."""
    element, inner = source.element, wanted.removesuffix("[]")
    if element is None or element.element or inner == wanted or inner.endswith("]"):
        return None
    reads = _text(element) if inner == "VARCHAR" else _scalar(element, inner)
    if reads is None or not reads.parallel:
        return None
    if inner == "BLOB":  # the reader gives an array of bytea as text of its own
        return _text(source)
    shape = "coalesce(pg_catalog.array_ndims({0}) > 1 or pg_catalog.array_lower({0}, 1) <> 1, false)"
    inside = (
        f" or exists (select from pg_catalog.unnest({{0}}) as e(v) where {reads.unheld.format('e.v')})"
        if reads.unheld
        else ""
    )
    base = "text" if element.enum else f"{element.base}{_decimal_words(element)}"
    # An array whose declared dimensions are not one is a nested list, or an error, to the parallel scan.
    return Reads(
        wanted, sent=f"{{0}}::{base}[]", parallel=source.dimensions == 1, unheld=f"({shape}{inside})"
    )  # fmt: skip


def _decimal_words(source: SourceType) -> str:
    return "({},{})".format(*source.decimal) if source.decimal else ""


def _scalar(source: SourceType, wanted: str) -> Reads | None:
    if source.base == "numeric":
        return _numeric(source, wanted)
    native, unheld = NATIVE.get(source.base, ("", ""))
    if not native or source.enum or source.element:
        return None
    if native == wanted:
        return Reads(wanted, unheld=unheld)
    if native in _WHOLE:
        return _whole(native, wanted)
    match native, wanted:
        case "FLOAT", "DOUBLE":
            return Reads(wanted)
        case "DATE", "TIMESTAMP":
            return Reads(wanted, unheld=unheld)
        case "TIMESTAMP", "TIMESTAMP_MS" | "TIMESTAMP_S":
            unit = "milliseconds" if wanted == "TIMESTAMP_MS" else "second"
            return Reads(wanted, unheld=f"({unheld} or pg_catalog.date_trunc('{unit}', {{0}}) <> {{0}})", narrow=True)
        case "TIMESTAMP", "TIMESTAMP_NS":
            return Reads(wanted, unheld="{0} not between '1678-01-01' and '2261-12-31'", narrow=True)
    return None


def _whole(native: str, wanted: str) -> Reads | None:
    if decimal := _decimal(wanted):
        high = 10 ** (decimal[0] - decimal[1]) - 1
        low = -high
    elif wanted in _RANGE:
        low, high = _RANGE[wanted]
    else:
        return None
    fits = low <= _RANGE[native][0] and _RANGE[native][1] <= high
    return Reads(wanted, unheld="" if fits else f"{{0}}::numeric not between {low} and {high}", narrow=not fits)


def _numeric(source: SourceType, wanted: str) -> Reads | None:
    """NaN and ±Infinity are greater or less than every bound, so each guard counts them."""
    declared, decimal = source.decimal, _decimal(wanted)
    if decimal:
        precision, scale = decimal
        bound = 10 ** (precision - scale)
        if declared and declared[1] <= scale and declared[0] - declared[1] <= precision - scale:
            return Reads(wanted, unheld="{0} = 'NaN'")
        digits = f" or {{0}} <> pg_catalog.round({{0}}, {scale})"
        unheld = f"({{0}} <= -{bound} or {{0}} >= {bound}{digits})"
        return Reads(wanted, sent=f"{{0}}::numeric({precision},{scale})", parallel=False, unheld=unheld)
    if wanted in _RANGE and wanted not in ("FLOAT", "DOUBLE"):
        low, high = _RANGE[wanted]
        unheld = f"({{0}} not between {low} and {high} or {{0}} <> pg_catalog.trunc({{0}}))"
        return Reads(wanted, sent="{0}::numeric(38,0)", parallel=False, unheld=unheld, narrow=True)
    return None


def _decimal(type: str) -> tuple[int, int] | None:
    match = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", type)
    return (int(match[1]), int(match[2])) if match and int(match[1]) <= 38 else None


def _declarable(source: SourceType) -> str:
    if source.element:
        element = source.element
        if element.element or (element.base == "numeric" and not element.decimal):
            return "str (its exact text)"
        return f"a list of {_declarable(replace(element, name=''))}, or as str"
    if source.base == "numeric":
        precision, scale = source.decimal or (38, 10)
        return f"pl.Decimal({precision}, {scale}) or str (its exact text)"
    if source.enum or source.base in ("text", "varchar", "json", "jsonb"):
        return "str"
    native = NATIVE.get(source.base, ("VARCHAR", ""))[0]
    return "str" if native in ("VARCHAR", "UUID") else f"{_PANDERA[native]} ({native}), or as str (its exact text)"
