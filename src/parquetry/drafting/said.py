"""What an author wrote beside a table or a column: the sentence for people, and the mark ``@pii``."""

from __future__ import annotations

import re
from typing import cast, get_args

from parquetry.contracts import Privacy

_PII = re.compile(r"@pii\b(?:[\s:(=]*(\w+)\)?)?", re.IGNORECASE)
# Orders to other generators: `@zod.min(1)`, `[UserSettings]`, `@property name - …`.
_ORDER = re.compile(r"@\w|!?\[\w+\]")
_LONGEST = 90  # characters, so that a description stands on a line of its own


def sentence(text: str) -> str:
    """The first sentence of a comment, on one line; orders to tools are left out."""
    lines = [_PII.sub("", line).strip() for line in text.splitlines()]
    told = " ".join(" ".join(line for line in lines if not _ORDER.match(line)).split())
    told = re.split(r"(?<=[^.\s])\.\s", told, maxsplit=1)[0].rstrip(".")
    return told if len(told) <= _LONGEST else f"{told[: _LONGEST - 1].rstrip()}…"


def privacy(text: str) -> Privacy | None:
    """``@pii`` is personal, ``@pii sensitive`` what it says; None without a mark."""
    found = _PII.search(text)
    if found is None:
        return None
    said = (found[1] or "").lower()
    return cast("Privacy", said) if said in get_args(Privacy) else "personal"
