"""What a Parquet file holds, as plain values that keep every bit; times stay counts, since Python's own end in 9999."""

from __future__ import annotations

import struct
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import pyarrow

_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


class Day(NamedTuple):
    """A date: days since 1970-01-01."""

    days: int


class Moment(NamedTuple):
    """A date with a time: microseconds since 1970-01-01 00:00:00."""

    micros: Fraction


class Clock(NamedTuple):
    """A time of day: microseconds since midnight."""

    micros: Fraction


class Span(NamedTuple):
    """A length of time."""

    months: int
    days: int
    micros: Fraction


class Single(NamedTuple):
    """A float of 32 bits."""

    value: float


_Timely = Day | Moment | Clock | Span
Cell = None | bool | int | float | Single | Decimal | str | bytes | _Timely | list[Any] | dict[str, Any]


def cell(scalar: Any) -> Cell:
    """What one value of a column holds."""
    if not scalar.is_valid:
        return None
    kind = scalar.type
    if isinstance(kind, pyarrow.BaseExtensionType):
        return cell(scalar.value)
    if pyarrow.types.is_dictionary(kind):
        return cell(scalar.value)
    if pyarrow.types.is_list(kind) or pyarrow.types.is_large_list(kind) or pyarrow.types.is_fixed_size_list(kind):
        return [cell(inner) for inner in scalar.values]
    if pyarrow.types.is_map(kind):
        return {str(key): value for key, value in scalar.as_py()}
    if pyarrow.types.is_struct(kind):
        return {field.name: cell(scalar[i]) for i, field in enumerate(kind)}
    return _timely(scalar) if pyarrow.types.is_temporal(kind) else _plain(scalar)


def _plain(scalar: Any) -> Cell:
    if pyarrow.types.is_float32(scalar.type):
        return Single(scalar.as_py())
    if scalar.type == pyarrow.binary(12):  # Parquet's own INTERVAL
        months, days, millis = struct.unpack("<III", scalar.as_py())
        return Span(months, days, Fraction(millis * 1000))
    try:
        found: Cell = scalar.as_py()
    except UnicodeDecodeError:  # some tools write texts that are none
        found = scalar.as_buffer().to_pybytes().decode(errors="backslashreplace")
    return found


def _timely(scalar: Any) -> Cell:
    kind = scalar.type
    if pyarrow.types.is_date32(kind):
        return Day(scalar.value)
    if pyarrow.types.is_interval(kind):
        months, days, nanos = scalar.as_py()
        return Span(months, days, Fraction(nanos, 1000))
    if pyarrow.types.is_date64(kind):
        return Moment(Fraction(scalar.value * 1000))
    micros = Fraction(scalar.value * 10**6, _SECOND[kind.unit])
    if pyarrow.types.is_duration(kind):
        return Span(0, 0, micros)
    return Clock(micros) if pyarrow.types.is_time(kind) else Moment(micros)


def shown(value: Cell) -> str:
    """A value for the page."""
    match value:
        case None:
            return "NULL"
        case Day(days):
            return _date(days)
        case Moment(micros):
            days, rest = divmod(micros, 86_400_000_000)
            return f"{_date(int(days))} {_time(rest)}"
        case Clock(micros):
            return _time(micros)
        case Span(months, days, micros):
            return f"{months} months {days} days {float(micros / 10**6):g} s"
        case Single(number):
            return f"{number:.9g}"
        case bytes():
            return f"\\x{value.hex()}"
        case list():
            return "[" + ", ".join(map(shown, value)) + "]"
        case dict():
            return "{" + ", ".join(f"{name}: {shown(inner)}" for name, inner in value.items()) + "}"
    return str(value)


def _date(days: int) -> str:
    """The date of the proleptic Gregorian calendar, whatever its year (Hinnant's days to civil)."""
    era, day = divmod(days + 719_468, 146_097)
    year = (day - day // 1460 + day // 36_524 - day // 146_096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day += 1 - (153 * month + 2) // 5
    month += 3 if month < 10 else -9
    year += era * 400 + (month < 3)
    return f"{year:04}-{month:02}-{day:02}" if year > 0 else f"{1 - year:04}-{month:02}-{day:02} BC"


def _time(micros: Fraction) -> str:
    seconds, rest = divmod(micros, 10**6)
    hours, minutes = divmod(int(seconds) // 60, 60)
    fraction = f".{int(rest):06}".rstrip("0") if rest else ""
    return f"{hours:02}:{minutes:02}:{int(seconds) % 60:02}{fraction}"
