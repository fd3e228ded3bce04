"""
Whether a cell of a Parquet file means what PostgreSQL printed, in doubt in favour of the tool that wrote it.

A text that is PostgreSQL's own, letter by letter, is always equal. Beyond that:

- numbers by their value: 1.50 is 1.5; a double is the number that it prints, so 0.1 is 0.1;
- floats by their bits, so -0 is not 0; NaN is NaN;
- dates and times by the moment, in whatever unit or zone; a time of day with a zone needs the zone;
- intervals by months and by the rest, of which a day is 24 hours;
- json letter by letter, as PostgreSQL keeps it; jsonb by what it says, with exact numbers;
- the blanks that pad char(n) do not count; nor does the spelling of a UUID, a bytea or an address;
- lists element by element; bounds other than 1 are part of an array's value, and no list has them;
- composites field by field; points and vectors number by number.
"""

from __future__ import annotations

import ipaddress
import json
import math
import re
import struct
import uuid
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from benchmarks.values import written
from benchmarks.values.cells import Cell, Clock, Day, Moment, Single, Span
from benchmarks.values.kinds import Kind


def same(text: str | None, kind: Kind, came: Cell) -> bool:
    """
    Whether *came* means what PostgreSQL says.

    Args:
        text: What PostgreSQL prints for the value; None is NULL.
    """
    if text is None or came is None:
        return text is None and came is None
    if came == text:
        return True
    judged = _array if kind.element else _row if kind.fields else _JUDGES.get(kind.name)
    if judged is None:
        return False
    try:
        return judged(text, kind, came)
    except (ValueError, ArithmeticError, KeyError, IndexError):
        return False  # what came cannot be read as such a value


def _array(text: str, kind: Kind, came: Cell) -> bool:
    assert kind.element
    if isinstance(came, str):
        came = json.loads(came)  # a list, written as JSON
    bounded, elements = written.array(text, kind.element.delimiter)
    return not bounded and isinstance(came, list) and _elements(elements, kind.element, came)


def _elements(wanted: list[Any], kind: Kind, came: list[Any]) -> bool:
    return len(wanted) == len(came) and all(
        isinstance(c, list) and _elements(w, kind, c) if isinstance(w, list) else same(w, kind, c)
        for w, c in zip(wanted, came, strict=True)
    )


def _row(text: str, kind: Kind, came: Cell) -> bool:
    if not isinstance(came, dict):
        return False
    fields = written.row(text)
    return len(fields) == len(came) and all(
        same(word, of, came[name]) for word, (name, of) in zip(fields, kind.fields, strict=True)
    )


def _number(text: str, kind: Kind, came: Cell) -> bool:
    """A double is the number that it prints."""
    told = _shortest(came.value) if isinstance(came, Single) else came
    if not isinstance(told, int | float | Decimal | str):
        return False
    wanted, found = (Decimal(re.sub(r"[$,]", "", str(number))) for number in (text, told))
    return wanted == found or (wanted.is_nan() and found.is_nan())


def _shortest(single: float) -> str:
    printed = (f"{single:.{digits}g}" for digits in range(1, 10))
    return next((p for p in printed if _bits(float(p), "f") == _bits(single, "f")), str(single))


def _float(text: str, kind: Kind, came: Cell) -> bool:
    form = "f" if kind.name == "float4" else "d"
    found = came.value if isinstance(came, Single) else came
    if isinstance(came, Single) and form == "d":
        found = float(_shortest(came.value))
    if isinstance(found, int | Decimal | str):
        found = float(found)
    wanted = float(text)
    if not isinstance(found, float) or math.isnan(wanted) or math.isnan(found):
        return isinstance(found, float) and math.isnan(wanted) and math.isnan(found)
    return _bits(wanted, form) == _bits(found, form)


def _bits(number: float, form: str) -> bytes:
    try:
        return struct.pack(form, number)
    except OverflowError:
        return struct.pack(form, math.copysign(math.inf, number))


def _bool(text: str, kind: Kind, came: Cell) -> bool:
    return str(came).lower() in {"t": ("true", "t", "1"), "f": ("false", "f", "0")}[text]


def _letters(text: str, kind: Kind, came: Cell) -> bool:
    return isinstance(came, bytes) and came.decode() == text


def _padded(text: str, kind: Kind, came: Cell) -> bool:
    return isinstance(came, str) and came.rstrip(" ") == text.rstrip(" ")


def _jsonb(text: str, kind: Kind, came: Cell) -> bool:
    """It may come as text, or taken apart into lists and fields."""
    wanted = _said(text)
    if isinstance(came, str):
        try:
            return bool(wanted == _said(came)) or wanted == _tagged(came)
        except json.JSONDecodeError:
            return bool(wanted == _tagged(came))
    return bool(wanted == _tagged(came))


def _said(text: str) -> Any:
    return _tagged(json.loads(text, parse_float=Decimal, parse_int=Decimal))


def _tagged(said: Any) -> Any:
    """Numbers are told from the texts that look like them, and true from 1."""
    if isinstance(said, dict):
        return {key: _tagged(inner) for key, inner in said.items()}
    if isinstance(said, list):
        return [_tagged(inner) for inner in said]
    if isinstance(said, int | float | Decimal) and not isinstance(said, bool):
        return "number", Fraction(Decimal(str(said)))
    return type(said).__name__, said


def _uuid(text: str, kind: Kind, came: Cell) -> bool:
    found = uuid.UUID(bytes=came) if isinstance(came, bytes) else uuid.UUID(str(came))
    return found == uuid.UUID(text)


def _bytes(text: str, kind: Kind, came: Cell) -> bool:
    return isinstance(came, bytes) and came == bytes.fromhex(text.removeprefix("\\x"))


def _date(text: str, kind: Kind, came: Cell) -> bool:
    found = written.moment(came) if isinstance(came, str) else came
    if isinstance(found, Day):
        found = Moment(Fraction(found.days * 86_400_000_000))
    return found == written.moment(text)


def _time(text: str, kind: Kind, came: Cell) -> bool:
    found = written.clock(came) if isinstance(came, str) else came
    return isinstance(found, Clock | Span) and found.micros == written.clock(text).micros


def _zoned_time(text: str, kind: Kind, came: Cell) -> bool:
    return (
        isinstance(came, str)
        and written.clock(came) == written.clock(text)
        and re.search(r"[+-]|Z", came) is not None
        and written.zone(came) == written.zone(text)
    )


def _interval(text: str, kind: Kind, came: Cell) -> bool:
    wanted, found = written.span(text), written.span(came) if isinstance(came, str) else came
    return isinstance(found, Span) and [_rest(wanted), wanted.months] == [_rest(found), found.months]


def _rest(span: Span) -> Fraction:
    return span.days * 86_400_000_000 + span.micros


def _address(text: str, kind: Kind, came: Cell) -> bool:
    return ipaddress.ip_interface(str(came)) == ipaddress.ip_interface(text)


def _hardware(text: str, kind: Kind, came: Cell) -> bool:
    return re.sub(r"[:-]", "", str(came)).lower() == re.sub(r"[:-]", "", text)


def _coordinates(text: str, kind: Kind, came: Cell) -> bool:
    """The numbers that came are its own, in its order."""
    found = [float(part) for part in _flat(came)]
    wanted = list(written.numbers(text))
    return len(found) == len(wanted) and all(
        _bits(w, "d") == _bits(f, "d") or (math.isnan(w) and math.isnan(f)) for w, f in zip(wanted, found, strict=True)
    )


def _sparse(text: str, kind: Kind, came: Cell) -> bool:
    """``{1:1,3:-2.5}/5``, or all of the vector's numbers."""
    given = {int(place): float(number) for place, number in re.findall(r"(\d+):([^,}]+)", text)}
    return _flat(came) == [given.get(place + 1, 0.0) for place in range(int(text.rpartition("/")[2]))]


def _flat(came: Any) -> list[Any]:
    parts = came.values() if isinstance(came, dict) else came if isinstance(came, list) else None
    if isinstance(came, Single):
        return [float(_shortest(came.value))]
    return [came] if parts is None else [number for part in parts for number in _flat(part)]


_Judge = Callable[[str, Kind, Any], bool]
_NUMBERS = ("int2", "int4", "int8", "oid", "xid", "cid", "xid8", "numeric", "money")
_GEOMETRY = (
    "point", "line", "lseg", "box", "path", "polygon", "circle", "vector", "halfvec", "int2vector", "oidvector",
)  # fmt: skip
_JUDGES: dict[str, _Judge] = {
    "sparsevec": _sparse,
    **dict.fromkeys(_NUMBERS, _number),
    **dict.fromkeys(_GEOMETRY, _coordinates),
    **dict.fromkeys(("text", "varchar", "name", "citext"), _letters),
    "float4": _float, "float8": _float, "bool": _bool, "bpchar": _padded, "jsonb": _jsonb, "uuid": _uuid,
    "bytea": _bytes, "date": _date, "timestamp": _date, "timestamptz": _date, "time": _time, "timetz": _zoned_time,
    "interval": _interval, "inet": _address, "cidr": _address, "macaddr": _hardware, "macaddr8": _hardware,
}  # fmt: skip
