"""
A file as plain UTF-8: itself, or a private copy that was decompressed and decoded, strictly, into a folder.

Truncation, damage, trailing bytes and too much output are errors here, and nowhere later: DuckDB reads a
truncated ``.csv.gz`` as success.
"""

from __future__ import annotations

import codecs
import os
import uuid
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from parquetry.errors import BadInput, Config, Storage
from parquetry.formats._place import Plain
from parquetry.formats._zstd import zstd_frames
from parquetry.formats.content import opened
from parquetry.formats.shape import Shape

_BLOCK = 2**20
_LARGEST_DOCUMENT = 32 * 2**20  # which takes half a gigabyte of memory
# What programs report shrinks 3 to 50 times; a bomb, a thousand times with gzip, which can do no better.
_RATIO, _RATIO_FROM = 250, 100 * 2**20

_MAGIC = (
    (b"\x1f\x8b", "compressed with gzip, and its name does not end in .gz"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd, and its name does not end in .zst"),
    (b"PK\x03\x04", "a zip archive (or a spreadsheet)"),
    (b"PK\x05\x06", "a zip archive (or a spreadsheet)"),
    (b"BZh", "compressed with bzip2"),
    (b"\xfd7zXZ\x00", "compressed with xz"),
    (b"PAR1", "Parquet"),
    (b"%PDF-", "PDF"),
    (b"SQLite format 3\x00", "an SQLite database"),
)
_WIDE = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_PAGES = (b"<!doctype", b"<html", b"<?xml", b"<head", b"<body")


def plain(path: Path, shape: Shape, temp: Path, name: str) -> Plain:
    """
    *path* as UTF-8 that is not compressed; a copy lies in *temp* under a name of its own.

    Raises:
        BadInput: It is truncated, damaged, too large, or plainly something else than a report.
        Config: No such encoding.
        MissingExtra: zstd is not installed.
        Storage: No room for the copy.
    """
    decoder = _decoder(shape.encoding)
    suffix = path.suffix.lower()
    steps = [step for step, there in (("decompressed", suffix in (".gz", ".zst")), ("in UTF-8", decoder)) if there]
    if steps:
        copy = temp / f"{uuid.uuid4().hex}.{shape.format}"
        with opened(path, name) as file:
            blocks = _limited(_decompressed(file, suffix, name), shape, name, os.fstat(file.fileno()).st_size)
            _written(copy, _decoded(blocks, decoder, name, shape.encoding) if decoder else blocks, name)
        path = copy
    with opened(path, name) as file:
        if (size := os.fstat(file.fileno()).st_size) > largest(shape):
            raise _too_large(name, f"{size:,} bytes", shape)
        _not_something_else(file.read(512), name)
    return Plain(path, name, ", ".join(steps))


def largest(shape: Shape) -> int:
    """Bytes that a plain file may have; a document of JSON is held in memory."""
    return min(shape.max_bytes, _LARGEST_DOCUMENT) if shape.format == "json" else shape.max_bytes


def _too_large(name: str, size: str, shape: Shape) -> BadInput:
    held = " of a JSON document, which is held in memory" if shape.format == "json" else ""
    limit = largest(shape)
    next = "if that is right, raise max_bytes for the dataset"
    if limit < shape.max_bytes:
        next = "have it written as JSON Lines, or in parts; max_bytes cannot raise the limit of a document"
    return BadInput(f"{name} has {size}, and at most {limit:,} may be{held}", next=next, file=name, limit=limit)


def _decoder(encoding: str) -> codecs.IncrementalDecoder | None:
    """None for UTF-8, which stays as it is."""
    try:
        found = codecs.lookup(encoding)
        if found.name in ("utf-8", "utf-8-sig"):
            return None
        decoder = found.incrementaldecoder("strict")
        if isinstance(decoder.decode(b""), str):  # some turn bytes into bytes
            return decoder
    except (LookupError, TypeError, ValueError):  # TypeError: there is none that works in steps
        pass
    raise Config(f"there is no encoding of text '{encoding}'", next="name one that Python knows, such as cp1252")


def _decompressed(file: BinaryIO, suffix: str, name: str) -> Iterator[bytes]:
    if suffix == ".gz":
        return _gzip_members(file, name)
    return zstd_frames(file, name) if suffix == ".zst" else iter(lambda: file.read(_BLOCK), b"")


def _gzip_members(file: BinaryIO, name: str) -> Iterator[bytes]:
    """The members' bytes, one after the other; each must end, with the checksum and the length that it says."""
    read = members = 0
    member, begun, block = zlib.decompressobj(wbits=31), False, b""
    while True:
        last = not block and not (block := file.read(_BLOCK))
        read += 0 if begun and member.unconsumed_tail else len(block)
        try:
            found = member.decompress(block, _BLOCK)
        except zlib.error as error:
            says = "bytes follow the end of its gzip data" if members and not begun else "its gzip data are damaged"
            raise BadInput(f"{name}: {says}, before byte {read}", what=str(error), file=name, byte=read) from error
        if found:
            yield found
        begun, block = begun or bool(block), member.unconsumed_tail
        if member.eof:
            block, members = member.unused_data, members + 1
            member, begun, read = zlib.decompressobj(wbits=31), False, read - len(block)
        elif last and not found:
            break
    if begun or not members:
        raise _truncated(name, "gzip", read)


def _truncated(name: str, what: str, read: int) -> BadInput:
    says = f"its {what} data end in the middle, at byte {read}" if read else "it is empty"
    return BadInput(f"{name}: {says}", next="have it written again", file=name, byte=read)


def _limited(blocks: Iterable[bytes], shape: Shape, name: str, compressed: int) -> Iterator[bytes]:
    """Stops as soon as there is more than may be; it is never all written first."""
    size = 0
    for block in blocks:
        size += len(block)
        if size > largest(shape):
            raise _too_large(name, f"more than {size - len(block):,} bytes when decompressed", shape)
        if size > _RATIO_FROM and size > _RATIO * compressed:
            raise BadInput(
                f"{name}: its {compressed:,} bytes become more than {_RATIO} times as many: a decompression bomb",
                file=name, bytes=compressed,
            )  # fmt: skip
        yield block


def _decoded(blocks: Iterable[bytes], decoder: codecs.IncrementalDecoder, name: str, encoding: str) -> Iterator[bytes]:
    read = 0
    pending = b""
    try:
        for block in blocks:
            pending = decoder.getstate()[0]
            yield decoder.decode(block).encode()
            read += len(block)
        pending = decoder.getstate()[0]
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError as error:
        byte = read - len(pending) + getattr(error, "start", 0)
        raise BadInput(
            f"{name}: byte {byte}: not {encoding}", what=getattr(error, "reason", str(error)),
            next="correct encoding for the dataset", file=name, byte=byte,
        ) from error  # fmt: skip


def _written(copy: Path, blocks: Iterable[bytes], name: str) -> None:
    descriptor = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb", buffering=0) as file:  # noqa: PTH123  (a descriptor is no path)
        for block in blocks:
            try:
                rest = memoryview(block)
                while rest:
                    rest = rest[file.write(rest) :]
            except OSError as error:
                raise Storage(
                    f"no room to unpack {name}", what=error.strerror or str(error), next="free some space"
                ) from error


def _not_something_else(head: bytes, name: str) -> None:
    for magic, says in _MAGIC:
        if head.startswith(magic):
            raise BadInput(f"{name} is {says}", file=name, line=1, byte=0)
    for mark, says in _WIDE:
        if head.startswith(mark):
            raise BadInput(
                f"{name}: line 1, byte 0: it is {says}, not UTF-8", next=f'declare encoding = "{says.lower()}"',
                file=name, line=1, byte=0,
            )  # fmt: skip
    text = head.removeprefix(codecs.BOM_UTF8)
    if text.lstrip().lower().startswith(_PAGES):
        raise BadInput(
            f"{name}: line 1, byte {len(head) - len(text.lstrip())}: it is a web page (HTML or XML), not a report",
            what="probably the error page of the server that it came from", next="fetch it again",
            file=name, line=1, byte=len(head) - len(text.lstrip()),
        )  # fmt: skip
