"""
Names, values and the clock, written as DuckDB SQL.

Rules are kept as text in a contract and pasted into larger statements (``COPY`` takes no
bound values inside a view or a subquery that is reused), so the quoting is done once, here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

_QUOTED_OR_CLOCK = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\$now\b""")

_PATTERN = re.compile(r"[*?\[]")


def name(identifier: str) -> str:
    """A quoted identifier: ``say "hi"`` becomes ``"say ""hi\"""``."""
    return '"' + identifier.replace('"', '""') + '"'


def text(value: str) -> str:
    """
    A string literal, any character allowed.

    A NUL would end the statement for DuckDB's parser, so it is spelled ``chr(0)``.
    """
    parts = ["'" + part.replace("'", "''") + "'" for part in value.split("\0")]
    return parts[0] if len(parts) == 1 else "(" + " || chr(0) || ".join(parts) + ")"


def moment(value: datetime) -> str:
    """A ``TIMESTAMP`` literal; a value with a zone is moved to UTC, one without is UTC by convention."""
    if value.tzinfo is not None:
        value = value.astimezone(UTC).replace(tzinfo=None)
    return f"TIMESTAMP '{value.isoformat(sep=' ')}'"


def at(rule: str, clock: datetime) -> str:
    """*rule* with ``$now`` replaced by *clock*; inside quotes ``$now`` is only text."""
    return _QUOTED_OR_CLOCK.sub(lambda m: moment(clock) if m[0] == "$now" else m[0], rule)


def file(path: str) -> str:
    """A literal by which DuckDB opens just this file; plain ``r[1].csv`` is a pattern to it, and reads ``r1.csv``."""
    return text(_PATTERN.sub(r"[\g<0>]", path))


def files(paths: Iterable[str]) -> str:
    """A list literal of exactly these files."""
    return "[" + ", ".join(file(path) for path in paths) + "]"


def parquet(paths: Iterable[str]) -> str:
    """
    A table of the rows of *paths* with ``file_index`` and ``file_row_number``.

    A folder named ``year=2025`` is a place, not a column, hence no hive partitioning.
    """
    return f"read_parquet({files(paths)}, hive_partitioning = false, file_row_number = true)"
