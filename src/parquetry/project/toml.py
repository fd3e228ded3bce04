"""parquetry.toml, found; how a TOML file is read, and the line on which a key of it stands, is `settings.lines`."""

from __future__ import annotations

import os
from pathlib import Path

from parquetry.errors import Config, Unsafe
from parquetry.project.declared import FILE
from parquetry.settings import WrongValue, read_path
from parquetry.settings.lines import Keys, line_of, parsed, read_text

__all__ = ["Keys", "find", "line_of", "parsed", "read_text"]


def find(path: str | Path = ".") -> Path:
    """
    The parquetry.toml that *path* is, holds, or has in a folder above it.

    Raises:
        Config: There is none.
        Unsafe: The one found above belongs to another user: it names code that would be run.
    """
    try:
        start = read_path(path).resolve()
    except WrongValue as reason:
        raise Config(f"the project {str(path)!r} {reason}") from None
    if start.is_file():
        return start
    if not start.is_dir():
        raise Config(f"no such folder: {start}")
    for folder in (start, *start.parents):
        if (folder / FILE).is_file():
            if folder != start:
                _refuse_strangers(folder / FILE)
            return folder / FILE
    raise Config(
        f"no {FILE} in {start} or a folder above it",
        next="name the folder with --project DIR; parquetry demo writes one to look at",
        folder=str(start),
    )


def _refuse_strangers(file: Path) -> None:
    """Who could write a parquetry.toml into a shared folder above could run their code as us."""
    for path in (file, file.parent):
        if path.stat().st_uid not in (os.geteuid(), 0):
            raise Unsafe(
                f"{path} belongs to another user",
                what="it was found in a folder above, and the contracts that it names are code that would be run",
                next=f"if you trust it, name the folder itself: {file.parent}",
            )
