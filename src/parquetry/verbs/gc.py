"""Forget old snapshots and free what only they hold."""

from __future__ import annotations

from dataclasses import dataclass

from parquetry import log
from parquetry.errors import ParquetryError
from parquetry.lake import Lake, ledger
from parquetry.lake import gc as garbage
from parquetry.lake.commit import turn
from parquetry.lake.gc import Garbage
from parquetry.project import Project
from parquetry.text import Told, counted, size


@dataclass(frozen=True, slots=True)
class Collected(Told):
    """What was removed, or with *dry_run* what would be."""

    garbage: Garbage
    dry_run: bool

    def __str__(self) -> str:
        g = self.garbage
        which = f" ({', '.join(map(str, g.snapshots))})" if g.snapshots else ""
        young = f"; {counted(g.young, 'unnamed file')} younger than a day stay" if g.young else ""
        removed = (
            f"{counted(len(g.snapshots), 'snapshot')}{which} and {counted(len(g.objects), 'file')}, {size(g.bytes)}"
        )
        return f"{'would remove' if self.dry_run else 'removed'} {removed}{young}"


def gc(project: Project, keep: int, *, dry_run: bool = False) -> Collected:
    """
    Keep the newest *keep* snapshots and every tagged one; remove the rest and their files.

    Raises:
        Usage: *keep* is less than 1.
        Busy: A run is writing to the lake.
        Integrity: A manifest that stays cannot be read; nothing is removed.
    """
    store = Lake(project.settings.lake_path).store
    if dry_run:
        return Collected(garbage.find(store, keep), dry_run=True)
    run = ledger.begin(store, "gc", {"keep": keep})
    try:
        with turn(store, run.id):
            found = garbage.find(store, keep)
            run = garbage.remove(store, found, run)
    except ParquetryError as error:
        ledger.end(store, run, error.code, exit_code=error.exit_code, error=error.failed)
        raise
    ledger.end(store, run, "done", exit_code=0)
    log.info("lake.collected", snapshots=len(found.snapshots), objects=len(found.objects), bytes=found.bytes)
    return Collected(found, dry_run=False)
