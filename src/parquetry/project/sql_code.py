"""The code in a SQL text: what stands outside of strings, quoted names and comments, as DuckDB reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_APART = re.compile(
    r"""
      (?<!\w)[eE]'(?:[^'\\]|\\.|'')*'           # with escapes
    | '(?:[^']|'')*'
    | "(?:[^"]|"")*"
    | (?<![\w$])\$(?P<tag>(?:[A-Za-z_]\w*)?)\$.*?\$(?P=tag)\$
    | --[^\n\r]*
    | /\*
    """,
    re.DOTALL | re.VERBOSE,
)
_COMMENT_ENDS = re.compile(r"/\*|\*/")


def parts(sql: str) -> Iterator[tuple[bool, str]]:
    """The whole text in order, in pieces; the flag says whether a piece is code."""
    at = 0
    while found := _APART.search(sql, at):
        if found.start() > at:
            yield True, sql[at : found.start()]
        end = _comment_end(sql, found.end()) if found[0] == "/*" else found.end()
        yield False, sql[found.start() : end]
        at = end
    if at < len(sql):
        yield True, sql[at:]


def replaced(sql: str, change: Callable[[str], str]) -> str:
    """*sql* with each piece of code changed, everything else as it was."""
    return "".join(change(piece) if code else piece for code, piece in parts(sql))


def without_comments(sql: str) -> str:
    """*sql* with a blank in place of each comment."""
    return "".join(" " if not code and piece.startswith(("--", "/*")) else piece for code, piece in parts(sql))


def _comment_end(sql: str, at: int) -> int:
    """Where the comment ends that was opened before *at*; comments nest."""
    depth = 1
    for found in _COMMENT_ENDS.finditer(sql, at):
        depth += 1 if found[0] == "/*" else -1
        if not depth:
            return found.end()
    return len(sql)
