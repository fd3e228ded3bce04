"""
A table of a study file as a reader takes it: key by key, each of its type.

What is wrong, and what nobody took, is collected with the keys that lead there, so that a person hears
of all mistakes at once. What the keys mean is `declared`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from datetime import time as clock
from typing import Any, TypeVar

import duckdb

from parquetry.errors import did_you_mean
from parquetry.settings.lines import Keys

T = TypeVar("T")
D = TypeVar("D")
Mistakes = list[tuple[Keys, str]]

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


@dataclass(slots=True)
class Table:
    """
    One table, and what was found wrong so far.

    Attributes:
        keys: That lead to it; empty for the file itself.
        mistakes: Of the whole file; every table adds to the same list.
        taken: The keys that were asked for.
    """

    values: Mapping[str, Any]
    mistakes: Mistakes
    keys: Keys = ()
    taken: list[str] = field(default_factory=list)

    def wrong(self, key: str, says: str) -> None:
        """Note a mistake at *key*, or at the table itself where that is empty or not there."""
        there = key in self.values
        self.mistakes.append(((*self.keys, key) if there else self.keys, f"{self._place()}{says}"))

    def has(self, key: str) -> bool:
        return key in self.values

    def text(self, key: str, default: str = "", *, required: bool = False) -> str:
        """A text of at least one letter; its ends are stripped."""
        if required and key not in self.values:
            self.taken.append(key)
            self.wrong(key, f"'{key}' is missing")
            return default
        return self._take(key, default, lambda value: isinstance(value, str) and value.strip(), "a text", _stripped)

    def choice(self, key: str, choices: tuple[Any, ...], default: T) -> T:
        """One of *choices*."""
        value = self.text(key)
        if not value or value in choices:
            return value or default  # type: ignore[return-value]
        self.wrong(key, f"{key}: {value!r} is none of {', '.join(choices)}{did_you_mean(value, choices)}")
        return default

    def flag(self, key: str, default: T) -> bool | T:
        return self._take(key, default, lambda value: isinstance(value, bool), "true or false", bool)

    def number(self, key: str) -> float | None:
        """A finite number."""
        return self._take(key, None, _is_number, "a number", float)

    def whole(self, key: str, default: T, *, least: int = 0) -> int | T:
        """A whole number of at least *least*."""

        def fits(value: object) -> bool:
            return isinstance(value, int) and not isinstance(value, bool) and value >= least

        return self._take(key, default, fits, f"a whole number of at least {least}", int)

    def day(self, key: str, *, required: bool = False) -> date | None:
        """A date as TOML writes it, without quotes."""
        if required and key not in self.values:
            self.wrong(key, f"'{key}' is missing")
        return self._take(key, None, _is_day, "a date without quotes, such as 2026-03-01", _date)

    def days(self, key: str, length: int | None = None) -> tuple[date, ...]:
        """A list of dates, of *length* where that is given."""
        fits = _list_of(_is_day, length)
        says = f"a list of {length or ''} dates without quotes".replace("  ", " ")
        return self._take(key, (), fits, says, _dates)

    def numbers(self, key: str) -> tuple[float, float] | None:
        """Two numbers, the smaller first."""

        def fits(value: object) -> bool:
            return _list_of(_is_number, 2)(value) and value[0] < value[1]  # type: ignore[index]

        return self._take(key, None, fits, "two numbers, the smaller first", _pair)

    def time(self, key: str, default: clock) -> clock:
        """A time of day in whole minutes, as TOML writes it or as text."""

        def fits(value: object) -> bool:
            if isinstance(value, str):
                return _CLOCK.fullmatch(value) is not None
            return isinstance(value, clock) and not value.second and not value.microsecond

        def made(value: Any) -> clock:
            return value if isinstance(value, clock) else clock.fromisoformat(value)

        return self._take(key, default, fits, "a time of day such as 04:00", made)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, or one text."""

        def fits(value: object) -> bool:
            return (isinstance(value, str) and bool(value.strip())) or _list_of(_is_label, None)(value)

        return self._take(key, (), fits, "a list of texts", _texts)

    def labels(self, key: str) -> tuple[str, ...]:
        """One label a period: a list, a text with blanks between them, or one of letters: ``"AABB"``."""
        value = self.texts(key)
        if len(value) == 1 and isinstance(self.values[key], str):
            words = value[0].split()
            return tuple(words) if len(words) > 1 else tuple(words[0])
        return value

    def expression(self, key: str, default: str = "") -> str:
        """An SQL expression; only its syntax can be looked at here."""
        value = self.text(key, default)
        if self.has(key) and value and (problem := _no_expression(value)):
            self.wrong(key, f"{key}: {value!r} is not an SQL expression: {problem}")
        return value

    def table(self, key: str) -> Table:
        """The table *key*; an empty one where there is none."""
        self.taken.append(key)
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            self.wrong(key, f"'{key}' is a table: write [{'.'.join(map(str, (*self.keys, key)))}] and its keys below")
            value = {}
        return Table(value, self.mistakes, (*self.keys, key))

    def tables(self, key: str) -> list[Table]:
        """The tables ``[[key]]``, in order."""
        self.taken.append(key)
        value = self.values.get(key, [])
        if not _list_of(lambda each: isinstance(each, dict), None)(value) and value != []:
            name = ".".join(map(str, (*self.keys, key)))
            self.wrong(key, f"'{key}' is a list of tables: write [[{name}]] and its keys below, once for each")
            return []
        return [Table(each, self.mistakes, (*self.keys, key, number)) for number, each in enumerate(value)]

    def named(self) -> Iterator[tuple[str, Table]]:
        """Every table in this one, by name."""
        for name in self.values:
            yield name, self.table(name)

    def done(self, known: tuple[str, ...] = ()) -> None:
        """Note the keys that nobody took; *known* are those that exist elsewhere."""
        for key in self.values:
            if key not in self.taken:
                self.wrong(key, f"unknown key '{key}'{did_you_mean(key, (*self.taken, *known))}")

    def _take(self, key: str, default: D, fits: Callable[[Any], Any], says: str, made: Callable[[Any], T]) -> T | D:
        self.taken.append(key)
        if key not in self.values:
            return default
        value = self.values[key]
        if fits(value):
            return made(value)
        shown = f"{value!r}" if isinstance(value, str | int | float | bool) else _toml_word(value)
        self.wrong(key, f"{key} is {says}, not {shown}")
        return default

    def _place(self) -> str:
        if not self.keys:
            return ""
        name = ".".join(str(key) for key in self.keys if isinstance(key, str))
        return f"[[{name}]] " if isinstance(self.keys[-1], int) else f"[{name}] "


def _date(value: date) -> date:
    return value


def _pair(value: list[float]) -> tuple[float, float]:
    return float(value[0]), float(value[1])


def _dates(value: list[date]) -> tuple[date, ...]:
    return tuple(value)


def _texts(value: str | list[str]) -> tuple[str, ...]:
    return tuple(each.strip() for each in ([value] if isinstance(value, str) else value))


def _stripped(value: str) -> str:
    return value.strip()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_day(value: object) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def _is_label(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _list_of(fits: Callable[[Any], bool], length: int | None) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        return isinstance(value, list) and bool(value) and length in (None, len(value)) and all(map(fits, value))

    return check


def _toml_word(value: object) -> str:
    if isinstance(value, datetime):
        return "a date with a time"
    return "a table" if isinstance(value, dict) else "a list" if isinstance(value, list) else str(value)


def _no_expression(text: str) -> str:
    """What is wrong with it, or nothing; in brackets it must be one expression too, or it could end them."""
    try:
        duckdb.SQLExpression(text)
        duckdb.SQLExpression(f"(\n{text}\n)")
    except duckdb.Error as error:
        return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return "a statement ends in it" if ";" in re.sub(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"", "", text) else ""
