"""Results as text for a person: short, aligned, the thing wanted first."""

from __future__ import annotations

import html
import math
import struct
from collections.abc import Iterable, Sequence


class Told:
    """A result whose `str` is its summary; a notebook shows the same."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Columns as wide as they need; numbers to the right."""
    cells = [[_cell(v) for v in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    right = [all(_numeric(row[i]) for row in cells) and bool(cells) for i in range(len(head))]

    def line(row: Sequence[str]) -> str:
        padded = (c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True))
        return "  ".join(padded).rstrip()

    return "\n".join([line(list(head)), line(["─" * w for w in widths]), *map(line, cells)])


def size(count: float) -> str:
    """Bytes as people say them: ``44.1 MB``."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            break
        count /= 1000
    return f"{count:,.0f} {unit}" if unit == "bytes" else f"{count:,.1f} {unit}"


def counted(count: int, noun: str) -> str:
    """``1 file``, ``2 files``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def shortest(number: float, *, single: bool = False) -> str:
    """
    The fewest digits that are read as this very number again, without a fraction that is none.

    Args:
        single: It was a number of 32 bits, whose digits are fewer.
    """
    if single and math.isfinite(number):
        told = (f"{number:.{digits}g}" for digits in range(6, 10))
        return next((text for text in told if _single(float(text)) == number), repr(number))
    return repr(number).removesuffix(".0")


def _single(number: float) -> float:
    try:
        (held,) = struct.unpack("<f", struct.pack("<f", number))
    except OverflowError:
        return math.inf
    return float(held)


def printable(text: str) -> str:
    """Line breaks and control characters as escapes: what a value holds does not move a terminal's cursor."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _cell(value: object) -> str:
    return "NULL" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def _numeric(text: str) -> bool:
    return text.replace(",", "").replace(".", "", 1).lstrip("-").isdigit() or text in ("NULL", "nan", "inf", "-inf")
