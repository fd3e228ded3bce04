"""
A private folder for as long as a process needs one.

Its owner holds it locked, and the lock is the kernel's: what a killed process left, perhaps rows of
people, is removed by the next that looks into the same place.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = ".parquetry-scratch-"
_YOUNG_SECONDS = 60  # between a folder's making and its lock


@contextmanager
def scratch(place: Path | None = None) -> Iterator[Path]:
    """
    A folder of one's own in *place*, by default where the system wants such folders; gone in the end.

    Raises:
        OSError: It cannot be made.
    """
    place = place or Path(tempfile.gettempdir())
    sweep(place)
    with tempfile.TemporaryDirectory(dir=place, prefix=PREFIX) as name:
        held = os.open(name, os.O_RDONLY)
        try:
            with suppress(OSError):  # a network's filesystem may not lock; nobody sweeps there then
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            (Path(name) / ".gitignore").write_text("*\n")
            yield Path(name)
        finally:
            os.close(held)


def sweep(place: Path) -> None:
    """Remove the folders in *place* whose owner is dead; what is young, held or somebody else's stays."""
    with suppress(OSError):
        for left in place.glob(f"{PREFIX}*"):
            with suppress(OSError):
                _remove(left)


def _remove(left: Path) -> None:
    if time.time() - left.lstat().st_mtime < _YOUNG_SECONDS:
        return
    held = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(left, ignore_errors=True)
    finally:
        os.close(held)
