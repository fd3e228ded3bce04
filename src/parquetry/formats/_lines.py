"""
The lines of a plain file, in pieces of many: all that holds for lines whatever they mean is checked here.

Only operations that run at the speed of memory touch every byte; where one finds a fault, its place is
looked for afterwards.
"""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator
from dataclasses import dataclass

from parquetry.formats._place import Plain
from parquetry.formats.content import opened
from parquetry.formats.shape import Shape

# Small enough that a block is still in the processor's cache when the next question is asked of it.
_BLOCK = 2**16
_LONG_BLOCK = 2**20


@dataclass(frozen=True, slots=True)
class Lines:
    """
    Whole lines that follow one another, with their ends; only the last of the file may lack it.

    Attributes:
        byte: Where they begin in the file; a byte order mark is not part of them.
    """

    byte: int
    data: bytes


def pieces(plain: Plain, shape: Shape) -> Iterator[Lines]:
    """
    All of the file.

    Raises:
        BadInput: A NUL, bytes that are not UTF-8, a line longer than allowed, or no end of the last line.
    """
    for piece in _cut(plain, shape.max_line):
        _require_text(plain, piece)
        if not piece.data.endswith(b"\n") and shape.final_newline:
            raise plain.wrong(
                "the last line does not end: the file may have been cut", piece.byte + len(piece.data),
                next="have it written again; if its writer never ends the last line, declare final_newline = false",
            )  # fmt: skip
        yield piece


def numbered(plain: Plain, shape: Shape) -> Iterator[tuple[int, int, bytes]]:
    """
    Each line's number, byte, and text without its end.

    Raises:
        BadInput: As `pieces`; also ends of lines that are not all alike.
    """
    number, ends = 0, b""
    for piece in pieces(plain, shape):
        ends = ends or (b"\r\n" if piece.data[piece.data.find(b"\n") - 1 :][:2] == b"\r\n" else b"\n")
        if b"\r" in piece.data or ends == b"\r\n":
            require_ends(plain, piece, ends)
        byte = piece.byte
        whole = piece.data.endswith(b"\n")
        for line in (piece.data[: -len(ends)] if whole else piece.data).split(ends):
            number += 1
            yield number, byte, line
            byte += len(line) + len(ends)


def require_ends(plain: Plain, piece: Lines, ends: bytes) -> None:
    """Every line of *piece* ends as the first of the file does, and nowhere else stands a CR."""
    data = piece.data
    if data.count(b"\r") == data.count(b"\r\n") == (data.count(b"\n") if ends == b"\r\n" else 0):
        return
    at = 0
    for line in data.split(b"\n"):
        bare = line[:-1] if ends == b"\r\n" and line.endswith(b"\r") else line
        last = at + len(line) == len(data)
        if b"\r" in bare or (ends == b"\r\n" and bare == line and not last):
            place = at + bare.find(b"\r") if b"\r" in bare else at + len(line)
            lone = b"\r" in (bare if ends == b"\r\n" else bare[:-1])
            raise plain.wrong(mixed_ends(ends, lone=lone), piece.byte + place)
        at += len(line) + 1


def mixed_ends(ends: bytes, *, lone: bool) -> str:
    """What is wrong with an end of a line."""
    if lone:
        return "a carriage return within a line"
    other = ("LF", "CRLF") if ends == b"\r\n" else ("CRLF", "LF")
    return f"the line ends in {other[0]}, and those before in {other[1]}"


def _cut(plain: Plain, longest: int) -> Iterator[Lines]:
    """Pieces that end where a line does; no line in them is longer than *longest*."""
    size = max(1, min(_BLOCK, longest))
    with opened(plain.path, plain.name) as file:
        descriptor = file.fileno()
        mark = os.pread(descriptor, len(codecs.BOM_UTF8), 0)
        byte = len(mark) if mark == codecs.BOM_UTF8 else 0
        while block := os.pread(descriptor, size, byte):
            end = block.rfind(b"\n") + 1
            # What is left of the block is read again: that takes less than joining it to the next.
            data = block[:end] if end else _one_line(descriptor, plain, byte, longest)
            yield Lines(byte, data)
            byte += len(data)


def _one_line(descriptor: int, plain: Plain, byte: int, longest: int) -> bytes:
    """The line at *byte*, which is longer than a block or the last."""
    parts: list[bytes] = []
    length = 0
    while part := os.pread(descriptor, _LONG_BLOCK, byte + length):
        end = part.find(b"\n")
        length += end if end >= 0 else len(part)
        if length > longest:
            raise plain.wrong(f"a line of more than {longest:,} bytes", byte, next="raise max_line if that is right")
        parts.append(part[: end + 1] if end >= 0 else part)
        if end >= 0:
            break
    return b"".join(parts)


def _require_text(plain: Plain, piece: Lines) -> None:
    if b"\0" in piece.data:
        raise plain.wrong("a NUL byte", piece.byte + piece.data.find(b"\0"))
    if piece.data.isascii():
        return
    try:
        piece.data.decode()
    except UnicodeDecodeError as error:
        raise plain.wrong(
            f"the byte 0x{piece.data[error.start]:02x} is not UTF-8", piece.byte + error.start,
            next='if the file is in another encoding, declare it: encoding = "cp1252"',
        ) from error  # fmt: skip
