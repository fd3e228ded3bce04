"""
Processes that die in the middle of a commit, and a record of what they asked the disk to do.

A child is forked, commits rows that were staged before the fork (DuckDB's threads don't survive
one), and kills itself just before its n-th call that changes or syncs a file.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parquetry.lake import ledger, views
from parquetry.lake.commit import Draft, StagedFile, StagedPartition, commit, turn
from parquetry.lake.store import LocalStore

from .conftest import POSITION

OPERATIONS = ("link", "rename", "replace", "fsync", "mkdir", "symlink", "unlink", "rmdir")


@dataclass(frozen=True)
class Prepared:
    """A draft whose files are held in memory, so that a forked child can stage it without DuckDB."""

    draft: Draft
    contents: dict[Path, bytes]

    @classmethod
    def of(cls, draft: Draft) -> Prepared:
        files = [f.path for part in draft.replaced.values() for f in part.files]
        return cls(draft, {path: path.read_bytes() for path in files})

    def staged(self, folder: Path, run: str) -> Draft:
        replaced = {}
        for key, part in self.draft.replaced.items():
            files = []
            for i, f in enumerate(part.files):
                place = folder / f"{key}_{i}.parquet"
                place.write_bytes(self.contents[f.path])
                files.append(StagedFile(place, f.rows, f.digest, f.min, f.max))
            replaced[key] = StagedPartition(part.account, tuple(files))
        return Draft(self.draft.dataset, f"{run}/app", replaced)


def run_once(store: LocalStore, prepared: Prepared) -> None:
    """What an export does after its checks: commit, then make the views follow."""
    with turn(store, ledger.new_id()) as mine:
        commit(mine, {"events": prepared.staged(mine.staging, mine.run)}, {f"{mine.run}/app": POSITION}, {})
        views.repair(store)


def dies_at(n: int, work: Callable[[], None]) -> bool:
    """Fork, do *work*, die before the n-th operation. False if *work* was done before that."""
    child = os.fork()
    if child == 0:
        left = n

        def count(name: str, args: tuple[Any, ...]) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            with watching(count):
                work()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


@contextmanager
def watching(see: Callable[[str, tuple[Any, ...]], None]) -> Iterator[None]:
    """Call *see* before each file operation of this process."""
    real = {name: getattr(os, name) for name in OPERATIONS}

    def watched(name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            see(name, args)
            return real[name](*args, **kwargs)

        return call

    for name in OPERATIONS:
        setattr(os, name, watched(name))
    try:
        yield
    finally:
        for name, function in real.items():
            setattr(os, name, function)


class Disk:
    """
    What a power failure would leave: contents and names count only once they were synced.

    It watches a commit's operations and answers, at any moment, whether a path is safe.
    """

    def __init__(self) -> None:
        self.synced: set[int] = set()
        self.safe_names: set[Path] = set()
        self.new_names: dict[Path, set[Path]] = {}

    def see(self, name: str, args: tuple[Any, ...]) -> None:
        if name == "fsync":
            fd = args[0]
            where = Path(os.readlink(f"/proc/self/fd/{fd}"))
            self.synced.add(os.fstat(fd).st_ino)
            self.safe_names |= self.new_names.pop(where, set())
        elif name in ("link", "rename", "replace"):
            self._named(Path(args[1]))
        elif name == "mkdir":
            self._named(Path(args[0]))

    def _named(self, path: Path) -> None:
        self.new_names.setdefault(path.parent, set()).add(path)

    def lost(self, path: Path, root: Path) -> list[str]:
        """Why *path* would not be there, whole, after a power failure; empty if it would be."""
        why = [] if path.stat().st_ino in self.synced else [f"content of {path.name}"]
        pending = set().union(*self.new_names.values()) if self.new_names else set()
        names = [p for p in (path, *path.parents) if p.is_relative_to(root) and p in pending]
        return why + [f"name {p.relative_to(root)}" for p in names]
