"""Passwords, kept out of sight: a connection string that shows itself masked."""

from __future__ import annotations

import re
from typing import final
from urllib.parse import unquote

_PASSWORD_IN_URL = re.compile(r"(://[^:\s]*):.+@", re.DOTALL)  # greedy: a raw '@' or '/' is part of the password
_CUT_URL = re.compile(r"(://[^:@\s\[]*):(?!\d{1,5}(?:[/?#\s\"',]|$))[^@\s]+$", re.MULTILINE)
_PARAMETER = re.compile(r"([?&])([^=&?\s]+)=([^&\s\"']*)")
_DSN_PASSWORD = re.compile(r"\b(\w*passw\w*)(\s*=\s*)('(?:\\.|[^'\\])*'?|\"[^\"]*\"?|[^\s'\"&]+)", re.IGNORECASE)
_CONNECTION = re.compile(r"\s*([a-z][a-z0-9+.-]*://|\w+\s*=)", re.IGNORECASE)
_SECRET_NAME = re.compile(r"passw|secret|token|api_?key", re.IGNORECASE)


def masked(text: str) -> str:
    """
    *text* with every password of a URL or a libpq connection string as ``***``.

    User and host stay visible. Where it is not clear what belongs to the password, too much is
    masked, not too little.
    """
    text = _PASSWORD_IN_URL.sub(r"\1:***@", text)
    text = _CUT_URL.sub(r"\1:***", text)
    text = _PARAMETER.sub(_without_secret, text)
    return _DSN_PASSWORD.sub(r"\1\2***", text)


def _without_secret(parameter: re.Match[str]) -> str:
    start, name, _ = parameter.groups()
    return f"{start}{name}=***" if _SECRET_NAME.search(unquote(name)) else parameter[0]


@final
class Secret:
    """A connection string that shows itself masked, however it is printed; `reveal` gives it away."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text with its password; call it where the connection is made, and keep it nowhere."""
        return self._value

    def __str__(self) -> str:
        # What is neither a URL nor a conninfo is most likely one with a slip in it, password and all.
        return masked(self._value) if _CONNECTION.match(self._value) or not self._value else "***"

    def __repr__(self) -> str:
        return f"Secret({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)
