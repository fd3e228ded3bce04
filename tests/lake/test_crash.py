"""Whatever the moment of a crash, a reader sees the old snapshot or the new one, whole."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import polars
import pytest

from parquetry.lake import Lake, snapshots, views
from parquetry.lake.commit import locked, turn
from parquetry.lake.store import LocalStore
from parquetry.lake.verify import verify

from .conftest import draft
from .crashes import Disk, Prepared, dies_at, run_once, watching

ONE, TWO, THREE = [0, 1, 31], [0, 2, 31, 32, 60], [5, 33]


@pytest.fixture
def prepared(tmp_path: Path) -> dict[str, Prepared]:
    elsewhere = LocalStore(tmp_path / "elsewhere")
    made = {}
    with turn(elsewhere, "made") as mine:
        for name, ids in {"one": ONE, "two": TWO, "three": THREE}.items():
            made[name] = Prepared.of(draft(mine, ids, name))
    return made


def ids(lake: Path) -> list[int]:
    return sorted(Lake(lake).current().read("events")["id"].to_list())


def ids_in_current(lake: Path) -> list[int]:
    """As a foreign program reads: resolve `current` once, then glob below it."""
    view = (lake / "current").resolve(strict=True)
    return sorted(polars.read_parquet(view / "events/**/*.parquet", hive_partitioning=False)["id"].to_list())


def test_a_commit_killed_at_any_operation(tmp_path: Path, prepared: dict[str, Prepared]) -> None:
    """Killed before each of its operations in turn, a commit leaves snapshot 1 or 2, never a mixture."""
    seen = []
    for n in range(1, 1000):
        store = LocalStore(tmp_path / f"lake{n}")
        run_once(store, prepared["one"])
        died = dies_at(n, lambda store=store: run_once(store, prepared["two"]))  # type: ignore[misc]
        committed = len(snapshots.numbers(store)) == 2
        expected = TWO if committed else ONE
        assert expected == ids(store.root), n
        assert ids_in_current(store.root) in ((ONE, TWO) if committed else (ONE,)), n
        seen.append(committed)
        run_once(store, prepared["three"])
        assert THREE == ids(store.root) == ids_in_current(store.root), n
        assert () == verify(store).problems, n
        assert [] == list((store.root / "_staging").iterdir()), n
        if not died:
            break
    assert not died
    assert sorted(seen) == seen, "once committed, always committed"
    assert 10 < seen.count(False), "operations before the commit point"
    assert 10 < seen.count(True), "operations after it"


def test_power_failure_at_the_commit_point(store: LocalStore, prepared: dict[str, Prepared]) -> None:
    """When the manifest gets its name, every byte and every name it needs is already safe."""
    disk = Disk()
    lost: list[str] = []
    linked = []

    def see(name: str, args: tuple[Any, ...]) -> None:
        if name == "link" and "_manifests" in str(args[1]):
            staged = Path(args[0])
            linked.append(args[1])
            lost.extend(disk.lost(staged, staged))
            for dataset in json.loads(staged.read_bytes())["datasets"].values():
                for part in dataset["partitions"].values():
                    for file in part["files"]:
                        lost.extend(disk.lost(store.root / file["path"], store.root.parent))
        if name == "symlink" and linked:
            lost.extend(disk.lost(Path(linked[0]), store.root.parent))
        disk.see(name, args)

    with watching(see):
        run_once(store, prepared["one"])
    assert 1 == len(linked)
    assert [] == lost


def test_views_left_behind_are_mended_by_the_next_run(store: LocalStore, prepared: dict[str, Prepared]) -> None:
    """A crash right after the commit point leaves `current` on the old snapshot until somebody looks."""
    run_once(store, prepared["one"])
    os.unlink(store.root / "current")
    with locked(store, "R"):
        assert views.repair(store)
    assert ONE == ids_in_current(store.root)
