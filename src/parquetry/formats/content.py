"""
Which bytes a file has: their hash, and the state of the file they were read in.

A file is only ever opened to be read, and never waited for: a pipe of that name is refused.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from parquetry.errors import BadInput

_BLOCK = 2**20
# Times of files tick with the kernel's clock, 1 to 10 ms: what is written twice within a tick looks unchanged.
_TICK_NS = 20_000_000


@dataclass(frozen=True, slots=True)
class Content:
    """
    What a file held.

    Attributes:
        sha256: Over its bytes as they lie there, compressed or not.
        bytes: How many.
        state: Device, inode, size, and the times of its last change and change of state, in nanoseconds.
    """

    sha256: str
    bytes: int
    state: tuple[int, ...]


def hashed(path: Path, name: str) -> Content:
    """
    The content of *path*, which messages call *name*.

    Raises:
        BadInput: It is no regular file (a link is none), may not be read, or changed meanwhile.
    """
    with opened(path, name) as file:
        before = _settled(file)
        digest, read = hashlib.sha256(), 0
        while block := file.read(_BLOCK):
            digest.update(block)
            read += len(block)
        after = _state(os.fstat(file.fileno()))
    if before != after or read != before[2]:
        raise _changed(name)
    return Content(digest.hexdigest(), read, before)


def require_same(path: Path, content: Content, name: str) -> None:
    """
    The file at *path* is still the one that *content* was made of.

    Raises:
        BadInput: It was written, replaced or removed since.
    """
    try:
        now = _state(path.lstat())
    except OSError as error:
        raise _unreadable(name, error) from error
    if now != content.state:
        raise _changed(name)


@contextmanager
def opened(path: Path, name: str) -> Iterator[BinaryIO]:
    """
    The regular file at *path*, to be read.

    Raises:
        BadInput: It is none, or may not be read; also where reading it fails later.
    """
    try:
        # What would wait for a writer, a pipe or a device, must answer at once to be refused.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        with open(descriptor, "rb", buffering=0) as raw:  # noqa: PTH123  (a descriptor is no path)
            if not stat.S_ISREG(mode := os.fstat(descriptor).st_mode):
                raise BadInput(f"{name} is {_kind(mode)}, not a file", file=name)
            yield raw
    except OSError as error:
        raise _unreadable(name, error, path) from error


def _settled(file: BinaryIO) -> tuple[int, ...]:
    """The state of *file*, old enough that a later write is seen in it."""
    state = _state(os.fstat(file.fileno()))
    age = time.time_ns() - state[4]
    if 0 <= age < _TICK_NS:
        time.sleep((_TICK_NS - age) / 1e9)
        state = _state(os.fstat(file.fileno()))
    return state


def _state(s: os.stat_result) -> tuple[int, ...]:
    return s.st_dev, s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns


def _changed(name: str) -> BadInput:
    return BadInput(
        f"{name} changed while it was read",
        next="run again when its writer is done; a writer that renames a finished file into place is never met halfway",
        file=name,
    )


def _unreadable(name: str, error: OSError, path: Path | None = None) -> BadInput:
    if path is not None and path.is_symlink():
        return BadInput(f"{name} is a symbolic link, not a file", file=name)
    says = {
        FileNotFoundError: "is not there",
        PermissionError: "may not be read",
        IsADirectoryError: "is a directory, not a file",
    }.get(type(error), "cannot be read")
    granted = f"chmod a+r {shlex.quote(str(path or name))}, or grant the right to read it in another way"
    next_ = granted if isinstance(error, PermissionError) else ""
    return BadInput(f"{name} {says}", what=error.strerror or str(error), next=next_, file=name)


def _kind(mode: int) -> str:
    for test, word in (
        (stat.S_ISDIR, "a directory"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    ):
        if test(mode):
            return word
    return "something else"
