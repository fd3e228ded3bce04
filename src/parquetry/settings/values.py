"""What a setting's value may be: readers from text or TOML to the value, or the reason why not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from parquetry.errors import did_you_mean
from parquetry.settings.secrets import Secret, masked

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]i?B)", re.IGNORECASE)
_FLAGS = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")

Reader = Callable[[Any], Any]
"""Takes text or a TOML value; raises WrongValue with the reason, which never repeats the value."""


class WrongValue(ValueError):
    """Why a value cannot be used: ``is not a whole number``."""


def whole_number(low: int, high: int) -> Reader:
    """A reader of whole numbers from *low* to *high*, both included."""

    def read(value: Any) -> int:
        if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,18}", value.strip()):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise WrongValue("is not a whole number")
        if not low <= value <= high:
            raise WrongValue(f"is not between {low} and {high}")
        return value

    return read


def read_flag(value: Any) -> bool:
    """True or false, or as the environment says it: ``1``, ``yes``, ``off`` …"""
    word = str(value).strip().lower()
    if word not in _FLAGS:
        raise WrongValue("is neither true nor false")
    return _FLAGS[word]


read_seconds = whole_number(1, 2_147_483)  # PostgreSQL counts milliseconds in 32 bits


def one_of(choices: tuple[str, ...], elsewhere: Mapping[str, str] | None = None) -> Reader:
    """A reader of one word of *choices*, in any case; *elsewhere* says what other words mean."""

    def read(value: Any) -> str:
        word = read_text(value).strip().lower()
        word = (elsewhere or {}).get(word, word)
        if word not in choices:
            raise WrongValue(f"is not one of {', '.join(choices)}{did_you_mean(word, choices)}")
        return word

    return read


def read_text(value: Any) -> str:
    """One line of text that is not empty."""
    if not isinstance(value, str):
        raise WrongValue("is not text")
    if not value.strip():
        raise WrongValue("is empty")
    if re.search(r"[\0\r\n]", value):
        raise WrongValue("contains a NUL or a line break")
    return value


def read_path(value: Any) -> Path:
    """A path with ``~`` expanded. Raises WrongValue: not text, NUL or line break, a URL."""
    text = read_text(str(value) if isinstance(value, Path) else value)
    if _SCHEME.match(text):
        raise WrongValue("is a URL; object stores are not in this version")
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise WrongValue("names a home folder that does not exist") from None


def read_schema(value: Any) -> str:
    """A name that DuckDB takes for a schema of ours."""
    name = read_text(value)
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,62}", name):
        raise WrongValue("is not a schema's name: letters, digits and _, at most 63")
    if name.lower() in ("information_schema", "pg_catalog", "temp", "system"):
        raise WrongValue("belongs to DuckDB itself")
    return name


def read_memory(value: Any) -> str:
    """A size as DuckDB writes it: ``300MB``."""
    size = _SIZE.fullmatch(read_text(value).strip())
    if not size or float(size[1]) == 0:
        raise WrongValue("is not a size such as 300MB or 2GiB")
    return size[1] + size[2]


def bytes_of(size: str) -> int:
    """The bytes of a size as `read_memory` gives it; ``kB`` are thousands, ``KiB`` 1,024."""
    found = _SIZE.fullmatch(size)
    if not found:
        raise WrongValue("is not a size such as 300MB or 2GiB")
    base = 1024 if "i" in found[2].lower() else 1000
    return int(float(found[1]) * base ** ("KMGT".index(found[2][0].upper()) + 1))


def read_secret(value: Any) -> Secret:
    """A connection string."""
    return Secret(read_text(value.reveal() if isinstance(value, Secret) else value).strip())


def shown(value: object) -> str:
    """A wrong value as a message may repeat it: passwords masked, at most 80 characters."""
    return masked(repr(str(value) if isinstance(value, Path) else value))[:80]
