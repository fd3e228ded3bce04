"""
Is one type wider than another? For DuckDB's words and PostgreSQL's alike.

Wider means that every value of the one is a value of the other, of the same kind: an integer does
not become a decimal, nor a number a text.
"""

from __future__ import annotations

import re
from typing import Literal

Step = Literal["same", "widened", "narrowed", "changed"]

_KINDS = {
    # word in DuckDB or PostgreSQL     kind, and its rank where the kind has an order
    "TINYINT": ("integer", 1), "SMALLINT": ("integer", 2), "INT2": ("integer", 2),
    "INTEGER": ("integer", 3), "INT": ("integer", 3), "INT4": ("integer", 3),
    "BIGINT": ("integer", 4), "INT8": ("integer", 4), "HUGEINT": ("integer", 5),
    "UTINYINT": ("unsigned", 1), "USMALLINT": ("unsigned", 2), "UINTEGER": ("unsigned", 3), "OID": ("unsigned", 3),
    "UBIGINT": ("unsigned", 4),
    "FLOAT": ("float", 1), "REAL": ("float", 1), "FLOAT4": ("float", 1),
    "DOUBLE": ("float", 2), "DOUBLE PRECISION": ("float", 2), "FLOAT8": ("float", 2),
    "BOOL": ("boolean", 1), "BOOLEAN": ("boolean", 1), "BYTEA": ("bytes", 1), "BLOB": ("bytes", 1),
    "TEXT": ("text", 1), "VARCHAR": ("text", 1), "CHARACTER VARYING": ("text", 1), "STRING": ("text", 1),
    "CHAR": ("padded", 1), "CHARACTER": ("padded", 1), "BPCHAR": ("padded", 1),
    "DECIMAL": ("decimal", 1), "NUMERIC": ("decimal", 1),
    "TIMESTAMP": ("moment", 1), "DATETIME": ("moment", 1), "TIMESTAMP WITHOUT TIME ZONE": ("moment", 1),
    "TIMESTAMPTZ": ("zoned", 1), "TIMESTAMP WITH TIME ZONE": ("zoned", 1),
    "TIME": ("time", 1), "TIME WITHOUT TIME ZONE": ("time", 1),
    "TIME WITH TIME ZONE": ("zoned time", 1), "TIMETZ": ("zoned time", 1),
    "BIT": ("bits", 1), "BIT VARYING": ("varying bits", 1), "INTERVAL": ("interval", 1),
}  # fmt: skip

_SIZED = re.compile(r"([^()]*?)\s*\(([\d,\s-]+)\)\s*(.*)")


def width(before: str, after: str) -> Step:
    """How *after* holds the values of *before*: ``character varying(20)`` is widened to ``text``."""
    if before == after:
        return "same"
    if before.endswith("[]") and after.endswith("[]"):
        return width(before[:-2], after[:-2])
    (kind, rank, sizes), (kind_now, rank_now, sizes_now) = _read(before), _read(after)
    if (kind, kind_now) == ("unsigned", "integer"):
        # The next signed type holds all of an unsigned one.
        return "widened" if rank_now > rank else "changed"
    if kind != kind_now:
        return "changed"
    if kind == "decimal":
        return _decimals(sizes, sizes_now)
    most = 6.0 if kind in ("moment", "zoned", "time", "zoned time") else float("inf")
    return _steps((rank, rank_now), (sizes[0] if sizes else most, sizes_now[0] if sizes_now else most))


def _read(type: str) -> tuple[str, int, tuple[int, ...]]:
    """Its kind, its rank in it, and what stands in brackets."""
    word, sizes = " ".join(type.split()), ""
    if found := _SIZED.fullmatch(word):
        word, sizes = f"{found[1]} {found[3]}".strip(), found[2]
    kind, rank = _KINDS.get(word.upper(), (word, 1))
    return kind, rank, tuple(int(n) for n in sizes.split(",") if n)


def _decimals(before: tuple[int, ...], after: tuple[int, ...]) -> Step:
    if not before or not after:
        # Without a precision PostgreSQL's numeric is published as text, with one as a decimal.
        return "same" if before == after else "changed"
    (precision, scale), (precision_now, scale_now) = ((*sizes, 0)[:2] for sizes in (before, after))
    if (precision > 38) != (precision_now > 38):
        return "changed"
    return _steps((precision - scale, precision_now - scale_now), (scale, scale_now))


def _steps(*pairs: tuple[float, float]) -> Step:
    wider, narrower = any(a > b for b, a in pairs), any(a < b for b, a in pairs)
    if wider and narrower:
        return "changed"
    return "widened" if wider else "narrowed" if narrower else "same"
