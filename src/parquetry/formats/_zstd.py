"""The frames of a zstd file, decompressed strictly; from Python 3.14 on by the standard library."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import BinaryIO

from parquetry.errors import BadInput, MissingExtra

_BLOCK = 2**20
# Frames with a larger window need as much memory to be read; `zstd` itself refuses them without --long.
_WINDOW_LOG = 27


def zstd_frames(file: BinaryIO, name: str) -> Iterator[bytes]:
    """
    The frames' bytes, one after the other; each must end, and match its checksum if it has one.

    Raises:
        BadInput: Truncated, damaged, or followed by other bytes.
        MissingExtra: The library is not installed.
    """
    zstd = _library()
    options = {zstd.DecompressionParameter.window_log_max: _WINDOW_LOG}
    read = frames = 0
    frame, begun = zstd.ZstdDecompressor(options=options), False
    while block := file.read(_BLOCK):
        read += len(block)
        while block or (begun and not frame.needs_input):
            try:
                found = frame.decompress(block, _BLOCK)
            except zstd.ZstdError as error:
                says = "bytes follow the end of its zstd data" if frames and not begun else "its zstd data are damaged"
                raise BadInput(f"{name}: {says}, before byte {read}", what=str(error), file=name, byte=read) from error
            block, begun = b"", True
            if found:
                yield found
            if frame.eof:
                block, frames, begun = frame.unused_data, frames + 1, False
                frame = zstd.ZstdDecompressor(options=options)
    if begun or not frames:
        says = f"its zstd data end in the middle, at byte {read}" if read else "it is empty"
        raise BadInput(f"{name}: {says}", next="have it written again", file=name, byte=read)


def _library() -> ModuleType:
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
    except ImportError as error:
        raise MissingExtra("zstd", "reading a .zst file") from error
    return zstd
