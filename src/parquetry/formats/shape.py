"""
What a dataset declares about its report files: the form, the words and the marks in them. Plain values.

Nothing is ever guessed from a file: what is not declared here is refused, or a misfit of its column.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

Format = Literal["csv", "json", "jsonl", "text"]


@dataclass(frozen=True, slots=True)
class Variant:
    """
    One of several shapes that the rows of a JSON or JSON Lines file may have; the first that fits wins.

    Attributes:
        columns: Contract column → `value_path` of it; what is not named is the row's key of that name.
        when: Paths that a row must have, with a value that is not null, to be of this shape; none of them: every
            row is.
        excluded: Rows of this shape are left out, and counted.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    when: tuple[str, ...] = ()
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """
    How the bytes of a file become rows of text.

    Attributes:
        delimiter: Of CSV; one character.
        quote: Of CSV; one ASCII character, doubled within a value; empty: nothing is quoted.
        encoding: Any that Python knows. A byte order mark of UTF-8 is left out.
        null: Words that mean NULL in CSV and text, quoted or not.
        decimal: ``.`` or ``,``; with a comma, a number that has a point is a misfit.
        timezone: IANA zone of timestamps without one; empty: such a timestamp is a misfit.
        true, false: Words of a BOOLEAN, whatever their case; all others are misfits.
        nan: Whether ``nan`` and ``inf`` are values of a DOUBLE.
        final_newline: The last line must end; a file without it may have been cut.
        empty: A file without rows is accepted: a CSV with a header, text or JSON Lines with nothing.
            A JSON document may always have none.
        rows: Of JSON, the `row_path`; empty: the document, each item of a list or the one object.
        columns: Contract column → header (CSV), `value_path` (JSON, JSON Lines) or group (text); a
            column that is not named is called in the file as in the contract.
        variants: In place of *columns* where rows of JSON differ.
        line: Of text: a regular expression with named groups that each whole line matches. Nested
            quantifiers such as ``(a+)+`` can take forever on a line that does not match.
        ignore: Of text: lines that match this wholly are left out and counted, as are blank ones.
        max_line: Bytes of a line, and of a record of CSV. A size is ``"16 MB"`` or ``"16 MiB"``: kB, MB and GB, or
            KiB, MiB and GiB.
        max_bytes: Bytes of a file when decompressed. A JSON document, which is held in memory, may have at most
            32 MiB, whatever is set here.
    """

    format: Format
    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    null: tuple[str, ...] = ("",)
    decimal: str = "."
    timezone: str = ""
    true: tuple[str, ...] = ("true",)
    false: tuple[str, ...] = ("false",)
    nan: bool = False
    final_newline: bool = True
    empty: bool = False
    rows: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    variants: tuple[Variant, ...] = ()
    line: str = ""
    ignore: str = ""
    max_line: int = 16 * 2**20
    max_bytes: int = 8 * 2**30

    @property
    def fingerprint(self) -> str:
        """
        sha256 over what a file means under it.

        The order of columns and words does not count, that of variants does; what decides only whether a
        file is refused, such as a limit, does not count either.
        """
        meaning = {key: value for key, value in asdict(self).items() if key not in _ACCEPTANCE}
        for words in ("null", "true", "false"):
            meaning[words] = sorted(meaning[words])
        return hashlib.sha256(json.dumps(meaning, sort_keys=True).encode()).hexdigest()


_ACCEPTANCE = ("final_newline", "empty", "max_line", "max_bytes")

EACH = "[*]"
_KEY = re.compile(r'"((?:[^"\\]|\\.)*)"|([^."\[\]]+)', re.DOTALL)


def value_path(path: str) -> tuple[bool, tuple[str, ...]]:
    """
    ``timings.fts_ms`` as keys, and whether they begin at the document (``$.timestamp``) or at the row.

    A key with a point, a quote or a bracket in it is quoted: ``a."b.c"``, with backslashes as in JSON.

    Raises:
        ValueError: It is no such path; the message says why.
    """
    outer = path.startswith("$.")
    keys = _steps(path[2:] if outer else path)
    if EACH in keys:
        raise ValueError(f"{path}: {EACH} is for the path to the rows; a column is one value of a row")
    return outer, tuple(str(key) for key in keys)


def row_path(path: str) -> tuple[str, ...]:
    """
    ``a.b[*]`` as keys and `EACH`; a leading ``$.`` says nothing new, and empty is the document.

    Raises:
        ValueError: It is no such path.
    """
    inner = path.removeprefix("$").removeprefix(".")
    return _steps(inner) if inner else ()


class Each(str):
    """`EACH` as a step of a path, which is not the key of that name."""

    __slots__ = ()


def _steps(path: str) -> tuple[str, ...]:
    steps: list[str] = []
    at = 0
    while at < len(path) or not steps:
        if path.startswith(EACH, at):
            steps.append(Each(EACH))
            at += len(EACH)
        elif (key := _KEY.match(path, at)) is None:
            raise ValueError(f"{path}: a key is missing at character {at + 1}")
        else:
            steps.append(json.loads(f'"{key[1]}"') if key[1] is not None else key[2])
            at = key.end()
        if path.startswith(".", at):
            at += 1
            if at == len(path):
                raise ValueError(f"{path}: ends in a point")
        elif at < len(path) and not path.startswith("[", at):
            raise ValueError(f"{path}: a point is missing at character {at + 1}")
    return tuple(steps)
