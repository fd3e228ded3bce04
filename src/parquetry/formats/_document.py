"""
JSON as it is written: numbers stay text, no key is lost, and nothing is read that JSON does not have.

Python's parser does the work and is told what to keep; a fault that it cannot place is looked for in the text
token by token.
"""

from __future__ import annotations

import json
import re
from itertools import chain
from json.encoder import encode_basestring
from typing import Any, NoReturn

from parquetry.formats._place import Plain

DEEPEST = 200
_BRACKETS = b"[]{}"
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(_BRACKETS))
# Escapes of a surrogate or of NUL, which text may not have; most files have no such escape at all.
_SUSPECT = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")


class Number(str):
    """A number's own text."""

    __slots__ = ()


class _Twice(ValueError):
    pass


class _NoNumber(ValueError):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Twice
    return found


def _no_number(word: str) -> NoReturn:
    raise _NoNumber(word)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=Number, parse_float=Number, parse_constant=_no_number
)  # fmt: skip


def decoded(plain: Plain, data: bytes, byte: int, line: int = 0) -> Any:
    """
    The one value that *data* holds: ``dict``, ``list``, ``str``, `Number`, ``True``, ``False`` or ``None``.

    Args:
        data: UTF-8; *byte* is where it begins in the file, on *line*, or 0 to have it counted.

    Raises:
        BadInput: It is none, is cut, goes on behind it, has a key twice, ``NaN``, half a character, a NUL, or
            is nested more than 200 deep.
    """
    _require_shallow(plain, data, byte, line)
    text = data.decode()
    try:
        value = _DECODER.decode(text)
    except _Twice:
        at, key = _doubled(data)
        raise plain.wrong(f"the key {key} stands there twice", byte + at, line=line) from None
    except _NoNumber as error:
        raise plain.wrong(f"{error}, which is not JSON", byte + _bare(data, str(error)), line=line) from None
    except json.JSONDecodeError as error:
        at = len(text[: error.pos].encode())
        cut = at >= len(data.rstrip()) or error.msg.startswith("Unterminated string")
        says = "not JSON" if not cut else "the JSON ends in the middle: the file may have been cut"
        raise plain.wrong(f"{says} ({error.msg})", byte + at, line=line) from None
    if _SUSPECT.search(data):
        _require_characters(plain, data, byte, line, value)
    return value


def written(value: object) -> str | None:
    """A value as text: a string without quotes, a number as it stood, anything nested as compact JSON."""
    if value is None or type(value) is str:
        return value
    return _compact(value)


def _compact(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{encode_basestring(k)}:{_compact(v)}" for k, v in value.items()) + "}"
    assert isinstance(value, list)
    return "[" + ",".join(map(_compact, value)) + "]"


def kind(value: object) -> str:
    """What it is, in the words of JSON."""
    words = {dict: "an object", list: "a list", Number: "a number", str: "a text", bool: "true or false"}
    return words.get(type(value), "null")


def _require_shallow(plain: Plain, data: bytes, byte: int, line: int) -> None:
    if data.count(b"{") + data.count(b"[") <= DEEPEST:
        return
    depth = 0
    for bracket in _STRING.sub(b"", data).translate(None, _NOT_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > DEEPEST:
            raise plain.wrong(f"nested more than {DEEPEST} deep", byte + _deep(data), line=line)


def _deep(data: bytes) -> int:
    depth = 0
    for token in _TOKEN.finditer(data):
        depth += (token[0] in (b"{", b"[")) - (token[0] in (b"}", b"]"))
        if depth > DEEPEST:
            return token.start()
    return 0


def _bare(data: bytes, word: str) -> int:
    return next((t.start() for t in _TOKEN.finditer(data) if t[0] == word.encode()), 0)


def _doubled(data: bytes) -> tuple[int, str]:
    """Where the first key that stands twice in its object stands again, and its path."""
    path: list[str] = []
    seen: list[set[str] | int] = []
    key, at = "", 0
    before = b""
    for token in _TOKEN.finditer(data):
        sign = token[0]
        if sign in (b"{", b"["):
            path.append(key)
            seen.append(set() if sign == b"{" else 0)
            key = "" if sign == b"{" else "[0]"
        elif sign in (b"}", b"]"):
            seen.pop()
            key = path.pop()
        elif sign == b",":
            if seen and isinstance(seen[-1], int):
                seen[-1] += 1
                key = f"[{seen[-1]}]"
        elif sign == b":" and seen and isinstance(keys := seen[-1], set):
            key = json.loads(before)
            if key in keys:
                return at, "'" + ".".join(filter(None, [*path, key])).replace(".[", "[") + "'"
            keys.add(key)
        before, at = sign, token.start()
    return 0, "of an object"


def _require_characters(plain: Plain, data: bytes, byte: int, line: int, value: object) -> None:
    for text in _texts(value):
        if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
            for escape in _SUSPECT.finditer(data):
                place = byte + escape.start()
                break
            says = "a NUL (\\u0000)" if "\0" in text else "half of a character (a lone surrogate)"
            raise plain.wrong(f"a text has {says}", place, line=line)


def _texts(value: object) -> chain[str]:
    if isinstance(value, dict):
        return chain(value, *(_texts(v) for v in value.values()))
    if isinstance(value, list):
        return chain(*(_texts(v) for v in value))
    return chain([value] if isinstance(value, str) else [])
