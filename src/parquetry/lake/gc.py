"""
Old snapshots and the files that only they name.

References go before objects, and a record of what is removed before both, so that a crash at
any moment leaves a lake that verifies. An object younger than a day is never touched: a run
may be about to name it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from parquetry.errors import Usage
from parquetry.lake import ledger, snapshots
from parquetry.lake.ledger import Run
from parquetry.lake.store import LocalStore
from parquetry.lake.verify import objects

YOUNG_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Garbage:
    """
    What nobody needs.

    Attributes:
        snapshots: Numbers, oldest first.
        objects: Files that no snapshot left names, and none younger than a day.
        young: Unnamed files that stay because they are younger.
        bytes: What removing *objects* frees.
    """

    snapshots: tuple[int, ...]
    objects: tuple[str, ...]
    young: int
    bytes: int


def find(store: LocalStore, keep: int) -> Garbage:
    """
    Everything but the newest *keep* snapshots and those with a tag.

    Raises:
        Usage: *keep* is less than 1: the current snapshot always stays.
        Integrity: A manifest that stays cannot be read, so what it names is not known.
    """
    if keep < 1:
        raise Usage("--keep must be at least 1", what="the current snapshot always stays")
    there = snapshots.numbers(store)
    stay = {*there[-keep:], *snapshots.tags(store).values()}
    named = {
        file.path
        for number in there
        if number in stay
        for dataset in snapshots.load(store, number).datasets.values()
        for file in dataset.files
    }
    unnamed = {path: (store.root / path).stat() for path in objects(store) if path not in named}
    old = {path: found for path, found in unnamed.items() if time.time() - found.st_mtime > YOUNG_SECONDS}
    return Garbage(
        snapshots=tuple(n for n in there if n not in stay),
        objects=tuple(sorted(old)),
        young=len(unnamed) - len(old),
        bytes=sum(found.st_size for found in old.values()),
    )


def remove(store: LocalStore, garbage: Garbage, run: Run) -> Run:
    """Remove it, the lake's lock held. Returns the run's record with what was removed in it."""
    noted = ledger.note(store, run, removed_snapshots=garbage.snapshots)
    for number in garbage.snapshots:
        store.remove(f"views/{number:08d}")
        store.remove(f"_manifests/{number:08d}.json")
    for path in garbage.objects:
        store.remove(path)
    return noted
