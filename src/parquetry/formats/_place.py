"""Where something is in a file, as a person finds it: the line, from 1, and the byte, from 0."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from parquetry.errors import BadInput
from parquetry.formats.content import opened


@dataclass(frozen=True, slots=True)
class Plain:
    """
    A file as its format's reader sees it: UTF-8, not compressed.

    Attributes:
        path: The file itself, or a private copy of what it means.
        name: What messages call it.
        form: ``decompressed``, ``in UTF-8``: what a place in a copy is a place in; or empty.
    """

    path: Path
    name: str
    form: str = ""

    def wrong(self, says: str, byte: int, *, next: str = "", line: int = 0) -> BadInput:
        """*says* is wrong at the offset *byte*; *line* is counted if it is not known."""
        line = line or lines_before(self.path, byte) + 1
        place = f"line {line}, byte {byte}" + (f" ({self.form})" if self.form else "")
        return BadInput(f"{self.name}: {place}: {says}", next=next, file=self.name, line=line, byte=byte)


def lines_before(path: Path, byte: int) -> int:
    """Line ends in the first *byte* bytes."""
    found = 0
    with opened(path, path.name) as file:
        while byte > 0 and (block := file.read(min(byte, 2**20))):
            found += block.count(b"\n")
            byte -= len(block)
    return found


def record(path: Path, number: int, quote: bytes) -> tuple[int, int]:
    """Line and byte at which the *number*-th record of a CSV begins, the header being the first."""
    line = byte = at = 0
    inside, seen = False, 0
    with opened(path, path.name) as raw, open(raw.fileno(), "rb", closefd=False) as file:
        for text in file:
            if not inside:
                seen += 1
                line, byte = line + 1, at
                if seen == number:
                    break
            else:
                line += 1
            at += len(text)
            inside ^= bool(quote) and text.count(quote) % 2 == 1
    return line, byte
