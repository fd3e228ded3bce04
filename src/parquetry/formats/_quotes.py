"""
A piece of CSV read sign by sign, to find the exact place of a fault that was seen from afar.

Slow, and only ever run over the last piece of a file that is refused.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Signs:
    """Delimiter, quote (or nothing) and the end of every line, in UTF-8."""

    delimiter: bytes
    quote: bytes
    ends: bytes


def fault(data: bytes, signs: Signs, *, inside: bool) -> tuple[int, str]:
    """
    The first fault in *data*, which is known to have one: where, and what.

    Args:
        inside: *data* begins within a quoted value, else with a line.
    """
    for at, event in _events(data, signs, inside=inside):
        if event != "open":
            return at, event
    return 0, "quotes or ends of lines are not in their places"


def opening(data: bytes, signs: Signs, *, inside: bool) -> int:
    """Where the last quoted value of *data* begins."""
    found = 0
    for at, event in _events(data, signs, inside=inside):
        if event == "open":
            found = at
    return found


def widths(data: bytes, signs: Signs) -> Iterator[tuple[int, int]]:
    """Where each record of *data* begins, which is sound and begins with one, and how many values it has."""
    begin = at = delimiters = 0
    inside = False
    for line in io.BytesIO(data):
        parts = line.split(signs.quote) if signs.quote else [line]
        delimiters += sum(part.count(signs.delimiter) for part in parts[inside::2])
        inside ^= len(parts) % 2 == 0
        at += len(line)
        if not inside:
            yield begin, delimiters + 1
            begin, delimiters = at, 0


State = Literal["line", "value", "plain", "quoted", "closed"]


def _events(data: bytes, signs: Signs, *, inside: bool) -> Iterator[tuple[int, str]]:
    """``open`` at each quote that begins a value, and what is wrong; the first fault ends it."""
    state: State = "quoted" if inside else "line"
    at, end = 0, len(data)
    while at < end:
        if state == "quoted":
            closing = data.find(signs.quote, at)
            if closing < 0:
                return
            at, state = closing + len(signs.quote), "closed"
            continue
        if says := _wrong(data, at, signs, state):
            yield at, says
            return
        if signs.quote and data.startswith(signs.quote, at):
            if state != "closed":  # else it is doubled, and the value goes on
                yield at, "open"
            at, state = at + len(signs.quote), "quoted"
        elif data.startswith(signs.delimiter, at):
            at, state = at + len(signs.delimiter), "value"
        elif data.startswith(signs.ends, at):
            at, state = at + len(signs.ends), "line"
        else:
            at, state = at + 1, "plain"


def _wrong(data: bytes, at: int, signs: Signs, state: State) -> str:
    """What may not stand at *at*, which is outside of quotes; or nothing."""
    if signs.quote and data.startswith(signs.quote, at):
        return "a quote within a value that does not begin with one" if state == "plain" else ""
    if data.startswith(signs.delimiter, at):
        return ""
    if data.startswith(signs.ends, at):
        return "a blank line" if state == "line" else ""
    if data.startswith(b"\r\n", at):
        return "the line ends in CRLF, and those before in LF"
    if data[at] in b"\r\n":
        return "a carriage return within a line" if data[at] == 13 else "the line ends in LF, and those before in CRLF"
    return "text after the quote that ends a value" if state == "closed" else ""
