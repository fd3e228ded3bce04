"""
The lake as other people's tools like it: hard links in a reader's layout, `current`, `latest`.

All of it can be rebuilt from a manifest, so none of it is synced with care. A program that
resolves `current` once sees one snapshot, whole.
"""

from __future__ import annotations

import math
import os
import shutil
import time
from contextlib import suppress
from pathlib import Path

from parquetry.errors import Busy, Storage
from parquetry.lake import partition, snapshots
from parquetry.lake.commit import locked
from parquetry.lake.manifest import Dataset, Manifest
from parquetry.lake.store import LocalStore, translating

GRACE_SECONDS = 3600
"""A reader that resolved `current` a while ago keeps its files this long after it moved twice."""


def repair(store: LocalStore) -> bool:
    """
    Make views, `current` and `latest` say what the newest manifest says.

    The caller holds the lake's lock. Returns whether anything was behind.
    """
    manifest = snapshots.newest(store)
    if manifest is None:
        return False
    fresh = not behind(store, manifest.snapshot)
    if not fresh:
        _build(store, manifest)
        _swap(store.root / "current", f"views/{manifest.snapshot:08d}")
    _latest(store, manifest)
    _prune(store, manifest.snapshot)
    return not fresh


def mend(store: LocalStore) -> None:
    """
    What every command does that looks at a lake: make the views follow if a killed run left them.

    Where a run is at work, or the lake cannot be written, it is left to the next one.
    """
    there = snapshots.numbers(store)
    if not there or not behind(store, there[-1]):
        return
    with suppress(Busy, Storage), locked(store, "mend"):
        repair(store)


def behind(store: LocalStore, number: int) -> bool:
    """Whether `current` points anywhere but at snapshot *number*, or at nothing."""
    current = store.root / "current"
    return not (current.is_symlink() and Path(os.readlink(current)).name == f"{number:08d}" and current.exists())


def _build(store: LocalStore, manifest: Manifest) -> None:
    """The whole folder under a private name first, so that its real name is never half full."""
    folder = store.root / "views" / f"{manifest.snapshot:08d}"
    unfinished = folder.with_name(f".{folder.name}")
    with translating(folder):
        for stale in (folder, unfinished):
            shutil.rmtree(stale, ignore_errors=True)
        for name, dataset in manifest.datasets.items():
            (unfinished / name).mkdir(parents=True)
            for key, part in dataset.partitions.items():
                place = unfinished / partition.folder(name, key)
                place.mkdir(parents=True, exist_ok=True)
                for file in part.files:
                    _link(store.root / file.path, place / Path(file.path).name)
        unfinished.mkdir(parents=True, exist_ok=True)
        unfinished.rename(folder)


def _link(target: Path, place: Path) -> None:
    try:
        os.link(target, place)
    except PermissionError:  # a filesystem without hard links, such as exFAT
        place.symlink_to(os.path.relpath(target, place.parent))


def _latest(store: LocalStore, manifest: Manifest) -> None:
    """Each link names its view, not `current`: it stays whole while `current` moves."""
    folder = store.make_folder("latest")
    view = f"../views/{manifest.snapshot:08d}"
    wanted = {f"{name}_latest.parquet": f"{view}/{_entry(name, d)}" for name, d in manifest.datasets.items()}
    for link, target in wanted.items():
        if not (folder / link).is_symlink() or os.readlink(folder / link) != target:
            _swap(folder / link, target)
    for stale in folder.glob("*_latest.parquet"):
        if stale.name not in wanted:
            stale.unlink()


def _entry(name: str, dataset: Dataset) -> str:
    """The dataset's only file where it has just one outside of month folders, else its folder."""
    keys = set(dataset.partitions)
    files = list(dataset.files)
    alone = len(files) == 1 and keys <= {partition.ALL, partition.EMPTY}
    return f"{name}/{Path(files[0].path).name}" if alone else name


def _swap(link: Path, target: str) -> None:
    """Move a symbolic link in one step: readers see the old target or the new one."""
    unfinished = link.with_name(f".{link.name}.new")  # one name, under the lake's lock: the next swap clears it
    with translating(link):
        unfinished.unlink(missing_ok=True)
        unfinished.symlink_to(target)
        unfinished.replace(link)


def _prune(store: LocalStore, current: int) -> None:
    """Drop views that are neither current, previous nor tagged, once nobody can still be in them."""
    there = snapshots.numbers(store)
    keep = {f"{n:08d}" for n in (*there[-2:], current, *snapshots.tags(store).values())}
    for folder in (store.root / "views").iterdir():
        number = _number(folder)
        gone = not snapshots.path_of(store, number).exists()
        if folder.name not in keep and (gone or _left_seconds_ago(store, number) > GRACE_SECONDS):
            shutil.rmtree(folder, ignore_errors=True)


def _left_seconds_ago(store: LocalStore, number: int) -> float:
    """How long ago `current` moved on from a snapshot: since the next one, not since it was built itself."""
    following = snapshots.path_of(store, number + 1)
    return time.time() - following.stat().st_mtime if following.exists() else math.inf


def _number(folder: Path) -> int:
    return int(folder.name) if folder.name.isdecimal() else 0
