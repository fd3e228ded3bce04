"""
What DuckDB's types become where they leave it: exact, or text, or a refusal by DuckDB itself.

Frames and Parquet have no interval, no 24:00:00 and no integer of 128 bits, and JSON has no NaN.
Left alone, each would be changed without a word, or crash a library.
"""

from __future__ import annotations

from collections.abc import Iterable

from parquetry.lake.digest import quoted

_TEXT = {"INTERVAL", "TIME", "TIME WITH TIME ZONE", "BIT", "UUID"}
_WIDE = {"HUGEINT", "UHUGEINT"}
_PRINTED = {"DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP_S", "BLOB"}


def unique_names(names: Iterable[str]) -> list[str]:
    """``a, a_1`` for two columns named ``a``: no frame and no file can hold both."""
    taken: set[str] = set()
    result = []
    for name in names:
        new, n = name, 0
        while new.lower() in taken:
            n += 1
            new = f"{name}_{n}"
        taken.add(new.lower())
        result.append(new)
    return result


def for_frames(name: str, type_: str) -> str:
    """An integer that DECIMAL(38,0) cannot hold is an error that DuckDB raises, not a double."""
    if type_ in _WIDE:
        return f"CAST({quoted(name)} AS DECIMAL(38, 0))"
    return f"CAST({quoted(name)} AS VARCHAR)" if type_ in _TEXT else quoted(name)


def for_people(name: str, type_: str) -> str:
    """As `for_frames`, and times and bytes as DuckDB prints them, since Python knows neither infinity nor BC."""
    return f"CAST({quoted(name)} AS VARCHAR)" if type_ in _PRINTED else for_frames(name, type_)


def for_json(name: str, type_: str) -> str:
    """NaN and infinities as text: JSON has no number for them, and null would be another value."""
    if type_ not in ("DOUBLE", "FLOAT"):
        return quoted(name)
    column = quoted(name)
    return f"CASE WHEN isfinite({column}) THEN to_json({column}) ELSE to_json({column}::VARCHAR) END"


def for_csv(name: str, type_: str) -> str:
    """Lists and structs as JSON, everything else as DuckDB prints it."""
    nested = type_.endswith("]") or type_.startswith(("STRUCT", "MAP", "UNION"))
    return f"CAST(to_json({quoted(name)}) AS VARCHAR)" if nested else quoted(name)
