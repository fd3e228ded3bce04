"""PostgreSQL's text taken apart, by the rules of its manual: arrays, rows, dates, intervals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from benchmarks.values.cells import Clock, Day, Moment, Span

_DATE = re.compile(r"(\d{4,})-(\d\d)-(\d\d)")
_TIME = re.compile(r"(\d\d):(\d\d)(?::(\d\d(?:\.\d+)?))?")
_ZONE = re.compile(r"([+-])(\d\d)(?::?(\d\d))?(?::?(\d\d))?|Z")
_PART = re.compile(r"([+-]?\d+) (year|mon|day)s?")
_HOURS = re.compile(r"([+-]?)(\d+):(\d\d):(\d\d(?:\.\d+)?)")
_ISO = re.compile(
    r"P(?:(-?\d+)Y)?(?:(-?\d+)M)?(?:(-?\d+)W)?(?:(-?\d+)D)?(?:T(?:(-?\d+)H)?(?:(-?\d+)M)?(?:(-?[\d.]+)S)?)?"
)


def day(text: str) -> Day:
    """A date, also before Christ and after 9999. Raises ValueError: it is none."""
    found = _DATE.match(text)
    if not found:
        raise ValueError(text)
    year, month, number = map(int, found.groups())
    year = 1 - year if text.endswith("BC") else year
    year -= month < 3
    era, year = divmod(year, 400)
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + number - 1
    return Day(era * 146_097 + year * 365 + year // 4 - year // 100 + of_year - 719_468)


def clock(text: str) -> Clock:
    """The time of day that *text* begins with. Raises ValueError: there is none."""
    found = _TIME.match(text)
    if not found:
        raise ValueError(text)
    hours, minutes, seconds = found.groups()
    return Clock((Fraction(seconds or 0) + int(minutes) * 60 + int(hours) * 3600) * 10**6)


def zone(text: str) -> Fraction:
    """The zone's distance from UTC in microseconds; none is UTC."""
    found = _ZONE.search(text)
    if not found or not found[1]:
        return Fraction(0)
    hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    return Fraction((hours * 3600 + minutes * 60 + seconds) * 10**6 * (-1 if found[1] == "-" else 1))


def moment(text: str) -> Moment:
    """A date and a time as one instant; without a zone it is UTC. Raises ValueError: it is none."""
    date, _, rest = text.removesuffix(" BC").replace("T", " ").partition(" ")
    micros = clock(rest).micros - zone(rest[8:]) if rest else Fraction(0)
    return Moment(day(date + " BC" * text.endswith("BC")).days * 86_400_000_000 + micros)


def span(text: str) -> Span:
    """An interval, as PostgreSQL or ISO 8601 writes it. Raises ValueError: it is none."""
    if iso := _ISO.fullmatch(text):
        years, months, weeks, days, hours, minutes, seconds = (Fraction(part or 0) for part in iso.groups())
        return Span(
            int(years * 12 + months), int(weeks * 7 + days), (hours * 3600 + minutes * 60 + seconds) * 10**6
        )  # fmt: skip
    parts = {"year": 0, "mon": 0, "day": 0}
    for number, unit in _PART.findall(text):
        parts[unit] += int(number)
    micros = Fraction(0)
    if hours_found := _HOURS.search(text):
        sign, hour, minute, second = hours_found.groups()
        micros = (int(hour) * 3600 + int(minute) * 60 + Fraction(second)) * 10**6 * (-1 if sign == "-" else 1)
    if _HOURS.sub("", _PART.sub("", text)).strip():
        raise ValueError(text)
    return Span(parts["year"] * 12 + parts["mon"], parts["day"], micros)


def array(text: str, delimiter: str) -> tuple[bool, list[Any]]:
    """
    An array's elements, in lists of lists where it has several dimensions; NULL is None.

    Returns:
        Whether its bounds are others than 1, which no list can say; and the elements.
    """
    bounds, equals, rest = text.partition("={")
    body = "{" + rest if equals and bounds.startswith("[") else text
    found, end = _braces(body, 0, delimiter)
    if end != len(body):
        raise ValueError(text)
    return body != text, found


def _braces(text: str, at: int, delimiter: str) -> tuple[list[Any], int]:
    found: list[Any] = []
    at += 1
    while text[at] != "}":
        if text[at] == "{":
            inner, at = _braces(text, at, delimiter)
            found.append(inner)
        else:
            word, quoted, at = _word(text, at, delimiter + "}")
            found.append(None if word == "NULL" and not quoted else word)
        at += text[at] == delimiter
    return found, at + 1


def row(text: str) -> list[str | None]:
    """A composite's fields; NULL is None."""
    found: list[str | None] = []
    at = 1
    while True:
        word, quoted, at = _word(text, at, ",)")
        found.append(word if word or quoted else None)
        if text[at] == ")":
            return found
        at += 1


def _word(text: str, at: int, ends: str) -> tuple[str, bool, int]:
    """One element up to an unquoted letter of *ends*: what it is, whether quotes were used, and where it ends."""
    word, inside, quoted = "", False, False
    while inside or text[at] not in ends:
        letter = text[at]
        if letter == "\\":
            word, at = word + text[at + 1], at + 1
        elif letter == '"' and inside and text[at + 1] == '"':  # doubled, as rows have it
            word, at = word + '"', at + 1
        elif letter == '"':
            inside, quoted = not inside, True
        else:
            word += letter
        at += 1
    return word, quoted, at


def numbers(text: str) -> Sequence[float]:
    """All numbers of a geometric value or a vector, in their order."""
    return [float(word) for word in re.findall(r"[+-]?(?:\d[\d.]*(?:e[+-]?\d+)?|Infinity)|NaN", text)]
