"""
Characters that neither XML nor HTML can hold: control characters, halves of a pair, what is no character.

They come from names and reasons that users paste. The figures' engine ends the whole process over one
of them, so they are replaced before anything is drawn or written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

_FORBIDDEN = re.compile("[^\t\n\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
_INSTEAD = "\N{REPLACEMENT CHARACTER}"


# A figure has the same few keys and names in each of its rows.
@lru_cache(maxsize=1024)
def writable(text: str) -> str:
    """*text* with what cannot be written replaced."""
    return _FORBIDDEN.sub(_INSTEAD, text)


def all_writable(value: Any) -> Any:
    """The same for every text in nested mappings and lists, keys too."""
    if isinstance(value, str):
        return writable(value)
    if isinstance(value, int | float):
        return value
    if isinstance(value, Mapping):
        return {writable(str(key)): all_writable(each) for key, each in value.items()}
    return [all_writable(each) for each in value] if isinstance(value, list | tuple) else value
