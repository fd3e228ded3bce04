"""
A folder of report files, read-only: which files there are, and nothing of what is in them.

Files are never changed, moved or deleted. What leads out of the folder is refused.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from parquetry.errors import BadInput, Config, Denied, ParquetryError, Unsafe
from parquetry.formats.pattern import Pattern, Period
from parquetry.sources import Position


@dataclass(frozen=True, slots=True)
class ReportFile:
    """
    A file that a pattern fits.

    Attributes:
        path: The file itself, where *name* is a link to it within the root.
        name: Below the root, with ``/``: what the lake remembers it by.
        period: The days that its name says, or None.
        modified: When its content was last written, by the machine's clock.
    """

    path: Path
    name: str
    period: Period | None
    bytes: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """
    What a pattern fits.

    Attributes:
        files: Oldest first; one without a date in its name by when it was written.
        broken: Names that fit and are no report's that can be read, and why: `BadInput` or `Unsafe`. A name that
            is not UTF-8 stands there as Python writes bytes.
        missing: There is no such folder.
    """

    files: tuple[ReportFile, ...]
    broken: tuple[tuple[str, ParquetryError], ...]
    missing: bool


class Folder:
    """One look at a folder of report files; made by `open`."""

    def __init__(self, root: Path, source: str) -> None:
        self.root = root
        self._position = Position(source, "files", datetime.now(UTC), {})

    @property
    def position(self) -> Position:
        """When the look was made; the files themselves are named, with their hashes, where they were read."""
        return self._position

    def found(self, pattern: Pattern) -> Found:
        """
        The files that *pattern* fits, and what it fits that is none; one bad name hides no other.

        Raises:
            Denied: A folder may not be read.
        """
        files: list[ReportFile] = []
        broken: list[tuple[str, ParquetryError]] = []
        for name in sorted(self._names(pattern)):
            try:
                files.append(self._file(pattern, name))
            except (BadInput, Unsafe) as error:
                broken.append((_shown(name), error))
        files.sort(key=lambda f: (f.period.first if f.period else f.modified.date(), f.modified, f.name))
        return Found(tuple(files), tuple(broken), not self.root.is_dir())

    def _names(self, pattern: Pattern) -> Iterator[str]:
        if not self.root.is_dir():
            return
        folders = [""]
        for level in range(pattern.levels):
            last = level == pattern.levels - 1
            below = [f"{folder}{entry}" for folder in folders for entry in self._entries(folder)]
            if last:
                yield from (name for name in below if pattern.fits(name))
            folders = [f"{name}/" for name in below if not last and (self.root / name).is_dir()]

    def _entries(self, folder: str) -> list[str]:
        try:
            return sorted(os.listdir(self.root / folder))
        except PermissionError as error:
            raise Denied(
                f"{self.root / folder} may not be read", next="grant the right to read and to enter that folder"
            ) from error

    def _file(self, pattern: Pattern, name: str) -> ReportFile:
        if (shown := _shown(name)) != name:
            raise BadInput(f"{shown}: its name is not UTF-8", next="rename or remove it", file=shown)
        path = self.root / name
        self._require_inside(path, name)
        try:
            period = pattern.period(name)
        except ValueError as error:
            raise BadInput(
                f"{name}: its name has a date that does not exist", what=str(error), next="rename or remove it",
                file=name,
            ) from None  # fmt: skip
        try:
            facts = path.stat()
        except OSError as error:
            raise _unreadable(path, name, error) from error
        if not stat.S_ISREG(facts.st_mode):
            kind = "a directory" if stat.S_ISDIR(facts.st_mode) else "no regular file"
            raise BadInput(
                f"{name} is {kind}, though its name is a report's",
                next="rename or remove it, or correct files in parquetry.toml",
                file=name,
            )
        return ReportFile(path.resolve(), name, period, facts.st_size, datetime.fromtimestamp(facts.st_mtime, UTC))

    def _require_inside(self, path: Path, name: str) -> None:
        try:
            path.resolve(strict=True)
        except (OSError, RuntimeError) as error:  # a loop of links is a RuntimeError before Python 3.13
            if isinstance(error, RuntimeError) or error.errno == errno.ELOOP:
                raise _looping(name) from None
        if not path.resolve().is_relative_to(self.root.resolve()):
            raise Unsafe(
                f"{name} is a link that leads out of {self.root}",
                what=f"it leads to {path.resolve()}",
                next="put the file itself there, or let the source's root be the folder that has it",
                file=name,
            )

    def close(self) -> None:
        """Nothing is held."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _shown(name: str) -> str:
    """*name*, or as Python writes bytes if it is not UTF-8, so that it can be printed and written."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return repr(os.fsencode(name))
    return name


def _looping(name: str) -> BadInput:
    return BadInput(
        f"{name} is a link that leads back to itself", next="remove it, or put the file itself there", file=name
    )


def _unreadable(path: Path, name: str, error: OSError) -> BadInput:
    if path.is_symlink() and isinstance(error, FileNotFoundError):
        says, next_ = "is a link to nothing", f"remove it, or restore {path.readlink()}"
    else:
        says, next_ = "cannot be read", f"grant the right to read {path}, or remove it"
    return BadInput(f"{name} {says}", what=error.strerror or str(error), next=next_, file=name)


def open(root: Path, *, source: str) -> Folder:
    """
    Look at the folder *root*; one that does not exist has no files.

    Args:
        source: Its name in parquetry.toml.

    Raises:
        Config: *root* is no folder.
    """
    if root.exists() and not root.is_dir():
        raise Config(f"the root of the source '{source}' is no folder: {root}", next="correct root in parquetry.toml")
    return Folder(root, source)
