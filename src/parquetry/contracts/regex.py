"""
A pattern that means the same to polars and to DuckDB.

Pandera hands patterns to Rust's regex crate, DuckDB to RE2. The two agree on literals, ``.``,
classes, groups, alternation, anchors and repetition; they disagree on what a Unicode letter is,
on ``\\w`` and ``\\b``, and on set operations in classes. `translated` knows the part on which
they agree and gives None for the rest; such a check then runs in Pandera.
"""

from __future__ import annotations

import re
from functools import cache

_TOKEN = re.compile(
    r"""
      (?P<shorthand> \\[dDsS] )
    | (?P<escape> \\[tnrfv.+*?()|\[\]{}^$\\/\-#&~'":,;=<>@%!] )
    | (?P<set> \[\^?\]? (?: \\[dsDStnrfv.+*?()|\[\]{}^$\\/\-&~] | [^\\\[\]] )* \] )
    | (?P<group> \((?:\?:)? )
    | (?P<close> \) )
    | (?P<repeat> (?: [*+?] | \{\d{1,3}(?:,(?:\d{1,3})?)?\} ) \?? )
    | (?P<plain> [^\\\[\](){}*+?] )
    """,
    re.VERBOSE | re.DOTALL,
)
# Rust reads these inside a class as difference, intersection and symmetric difference.
_SET_OPERATION = re.compile(r"--|&&|~~")
_SPACE = r"\t\n\v\f\r \x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}"


def translated(pattern: str) -> str | None:
    """*pattern*, written for Rust's regex crate, as RE2 with the same meaning; None where that is not sure."""
    parts: list[str] = []
    previous = ""
    position = 0
    while position < len(pattern):
        token = _TOKEN.match(pattern, position)
        if token is None or not token[0]:
            return None
        kind = token.lastgroup or ""
        # Nothing to repeat; "(?" begins a flag or a look-around.
        if kind == "repeat" and previous in ("repeat", "group", "edge", ""):
            return None
        piece = _piece(kind, token[0])
        if piece is None:
            return None
        parts.append(piece)
        previous, position = kind, token.end()
    return "".join(parts)


def _piece(kind: str, token: str) -> str | None:
    if kind == "shorthand":
        return f"[{'^' if token[1].isupper() else ''}{_shorthand(token[1].lower())}]"
    if kind == "set":
        inside = token[1:-1]
        if _SET_OPERATION.search(inside) or re.search(r"\\[DS]", inside) or "]" in inside.lstrip("^")[:1]:
            return None
        return "[" + re.sub(r"\\([ds])", lambda m: _shorthand(m[1]), inside) + "]"
    return token


def _shorthand(letter: str) -> str:
    return _decimal_digits() if letter == "d" else _SPACE


@cache
def _decimal_digits() -> str:
    """The ranges of ``\\d`` as this polars knows them: Unicode grows, and RE2's table is another year's."""
    import polars as pl

    points = [*range(0xD800), *range(0xE000, 0x110000)]
    is_digit = pl.Series([chr(point) for point in points]).str.contains(r"^\d$")
    digits = [point for point, hit in zip(points, is_digit, strict=True) if hit]
    ranges: list[tuple[int, int]] = []
    for point in digits:
        if ranges and ranges[-1][1] == point - 1:
            ranges[-1] = (ranges[-1][0], point)
        else:
            ranges.append((point, point))
    return "".join(f"\\x{{{first:X}}}-\\x{{{last:X}}}" for first, last in ranges)
