"""A TOML file that a person wrote: its text, its tables, and the line on which a key of it stands."""

from __future__ import annotations

import bisect
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from parquetry.errors import Config
from parquetry.settings.secrets import masked

_LARGEST = 256_000  # bytes; more is not a project file

Keys = tuple[str | int, ...]
"""The keys that lead to a place in the file; a number counts the tables of an array, ``[[exclude]]``."""


def read_text(file: Path) -> str:
    """A small file of the project. Raises Config: it cannot be read, is too large, or is not UTF-8."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Config(f"{file} cannot be read: {error.strerror}", file=str(file)) from error
    if len(content) > _LARGEST:
        raise Config(f"{file} has {len(content):,} bytes; that is not a project file", file=str(file))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Config(f"{file} line {line} is not UTF-8", file=str(file), line=line) from None


def parsed(file: Path, text: str) -> dict[str, Any]:
    """The tables of the file's *text*. Raises Config, with line and column, where it is not TOML."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise Config(f"{file} is nested too deeply", file=str(file)) from None
    except ValueError as error:
        _refuse_syntax(file, text, str(error))


def _refuse_syntax(file: Path, text: str, message: str) -> NoReturn:
    lines = text.split("\n")  # not splitlines: to TOML, U+2028 and the like are no line's end
    place = re.search(r" \(at line (\d+), column (\d+)\)", message)  # attributes only from Python 3.14 on
    line = int(place[1]) if place else min(_whole(lines, len(lines))[0] + 1, len(lines))
    shown = lines[line - 1]
    # An open quote or bracket is noticed at the end of the file, but it is where its statement begins.
    column = int(place[2]) if place else len(shown) - len(shown.lstrip()) + 1
    reason = re.sub(r" \(at .*\)$", "" if place else ", and the file ends before it", message)
    shown = masked(shown.strip())
    raise Config(
        f"{file} line {line}, column {column}: {reason}",
        what=shown if len(shown) <= 120 else f"{shown[:120]}…",
        file=str(file),
        line=line,
        column=column,
    )


def line_of(text: str, keys: Keys) -> int:
    """
    The line on which the statement begins that gives *keys* a value, counted from 1.

    tomllib says no positions, so the shortest beginning of *text* that is whole and has the keys
    is searched: the statement begins after the longest that is whole and has not.
    """
    lines = text.split("\n")  # not splitlines: to TOML, U+2028 and the like are no line's end

    def has(count: int) -> bool:
        value: Any = _whole(lines, count)[1]
        for key in keys:
            if not _there(value, key):
                return False
            value = value[key]
        return True

    end = bisect.bisect_left(range(len(lines) + 1), True, key=has)
    return _whole(lines, end - 1)[0] + 1 if 0 < end <= len(lines) else len(lines)


def _there(value: Any, key: str | int) -> bool:
    if isinstance(key, int):
        return isinstance(value, list) and key < len(value)
    return isinstance(value, dict) and key in value


def _whole(lines: list[str], count: int) -> tuple[int, Mapping[str, Any]]:
    """The longest beginning of at most *count* lines that does not end in the middle of a value."""
    while True:
        try:
            return count, tomllib.loads("\n".join(lines[:count]))
        except ValueError:
            count -= 1


def refuse(file: Path, text: str, mistakes: Iterable[tuple[Keys, str]]) -> None:
    """
    Raise if there are *mistakes*: each the keys that lead to it, and what is wrong there.

    Raises:
        Config: All of them together, by line.
    """
    found = sorted((line_of(text, keys) if keys else 1, says) for keys, says in mistakes)
    if len(found) == 1:
        line, says = found[0]
        raise Config(f"{file} line {line}: {says}", file=str(file), line=line)
    if found:
        raise Config(
            f"{file}: {len(found)} mistakes",
            what=[f"line {line}: {says}" for line, says in found],
            file=str(file),
            lines=[line for line, _ in found],
        )
