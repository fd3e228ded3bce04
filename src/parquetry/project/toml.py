"""parquetry.toml, found and read, and the line on which a key of it stands."""

from __future__ import annotations

import bisect
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from parquetry.errors import Config, Unsafe
from parquetry.project.declared import FILE
from parquetry.settings import WrongValue, masked, read_path

_LARGEST = 256_000  # bytes; more is not a project file

Keys = tuple[str, ...]
"""The keys that lead to a place in the file."""


def find(path: str | Path = ".") -> Path:
    """
    The parquetry.toml that *path* is, holds, or has in a folder above it.

    Raises:
        Config: There is none.
        Unsafe: The one found above belongs to another user: it names code that would be run.
    """
    try:
        start = read_path(path).resolve()
    except WrongValue as reason:
        raise Config(f"the project {str(path)!r} {reason}") from None
    if start.is_file():
        return start
    if not start.is_dir():
        raise Config(f"no such folder: {start}")
    for folder in (start, *start.parents):
        if (folder / FILE).is_file():
            if folder != start:
                _refuse_strangers(folder / FILE)
            return folder / FILE
    raise Config(
        f"no {FILE} in {start} or a folder above it",
        next="name the folder with --project DIR; parquetry demo writes one to look at",
        folder=str(start),
    )


def _refuse_strangers(file: Path) -> None:
    """Who could write a parquetry.toml into a shared folder above could run their code as us."""
    for path in (file, file.parent):
        if path.stat().st_uid not in (os.geteuid(), 0):
            raise Unsafe(
                f"{path} belongs to another user",
                what="it was found in a folder above, and the contracts that it names are code that would be run",
                next=f"if you trust it, name the folder itself: {file.parent}",
            )


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
            if not isinstance(value, dict) or key not in value:
                return False
            value = value[key]
        return True

    end = bisect.bisect_left(range(len(lines) + 1), True, key=has)
    return _whole(lines, end - 1)[0] + 1 if 0 < end <= len(lines) else len(lines)


def _whole(lines: list[str], count: int) -> tuple[int, Mapping[str, Any]]:
    """The longest beginning of at most *count* lines that does not end in the middle of a value."""
    while True:
        try:
            return count, tomllib.loads("\n".join(lines[:count]))
        except ValueError:
            count -= 1
