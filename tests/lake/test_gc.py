"""What gc removes nobody can miss, and what it removed is explained."""

from __future__ import annotations

import os
import time

import pytest

from parquetry.errors import Usage
from parquetry.lake import Lake, gc, ledger, snapshots
from parquetry.lake.commit import locked
from parquetry.lake.store import LocalStore
from parquetry.lake.verify import objects, verify
from parquetry.lake.views import repair

from .conftest import Committing


@pytest.fixture
def lake(store: LocalStore, publish: Committing) -> Lake:
    """Four snapshots, each of its own file, all two days old."""
    for n in range(1, 5):
        publish(events=[n])
        with locked(store, "R"):
            repair(store)
    two_days_ago = time.time() - 2 * 86400
    for path in objects(store):
        os.utime(store.root / path, (two_days_ago, two_days_ago))
    return Lake(store.root)


def collect(lake: Lake, keep: int) -> gc.Garbage:
    run = ledger.begin(lake.store, "gc", {})
    found = gc.find(lake.store, keep)
    gc.remove(lake.store, found, run)
    return found


def test_old_snapshots_go_with_their_files(lake: Lake) -> None:
    found = collect(lake, keep=2)
    assert ((1, 2), 2) == (found.snapshots, len(found.objects))
    assert [3, 4] == snapshots.numbers(lake.store)
    assert 2 == len(list(objects(lake.store)))
    assert () == verify(lake.store).problems, "the gap in the chain is explained by the ledger"
    assert [4] == lake.current().read("events")["id"].to_list()


def test_a_tag_pins_a_snapshot(lake: Lake) -> None:
    lake.tag("paper", 1)
    assert (2, 3) == collect(lake, keep=1).snapshots
    assert [1] == lake.snapshot("tag:paper").read("events")["id"].to_list()
    assert () == verify(lake.store).problems


def test_a_file_that_a_kept_snapshot_names_stays(lake: Lake, publish: Committing) -> None:
    """Snapshot 5 adds a dataset and keeps the file of 4."""
    publish(people=[1])
    collect(lake, keep=1)
    assert [4] == lake.current().read("events")["id"].to_list()


def test_young_files_stay(lake: Lake) -> None:
    for path in objects(lake.store):
        os.utime(lake.path / path)
    found = collect(lake, keep=1)
    assert (0, 3) == (len(found.objects), found.young)


def test_looking_removes_nothing(lake: Lake) -> None:
    gc.find(lake.store, keep=1)
    assert [1, 2, 3, 4] == snapshots.numbers(lake.store)


def test_the_current_snapshot_always_stays(lake: Lake) -> None:
    with pytest.raises(Usage):
        gc.find(lake.store, keep=0)


def test_a_gc_killed_after_the_manifests(lake: Lake) -> None:
    """Its record was written first, so the lake verifies, and the next gc frees the rest."""
    run = ledger.begin(lake.store, "gc", {})
    found = gc.find(lake.store, 2)
    ledger.note(lake.store, run, removed_snapshots=found.snapshots)
    lake.store.remove("_manifests/00000001.json")
    assert () == verify(lake.store).problems
    collect(lake, keep=2)
    assert 2 == len(list(objects(lake.store)))
