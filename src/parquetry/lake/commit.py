"""
The next snapshot of the lake.

Nothing else makes a manifest. A commit happens wholly, by one `link`, or leaves files that no
manifest names and the next run removes. The order of the steps is the whole point of this
module: contents before names, names before the manifest, the manifest before anything else.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from parquetry.errors import Busy, Integrity, Storage, UnknownCommit
from parquetry.lake import partition
from parquetry.lake.manifest import Account, Dataset, File, Manifest, Partition, Report, same_content, stamp
from parquetry.lake.snapshots import newest
from parquetry.lake.store import LocalStore, sha256_of, sync_folder, translating

MANIFESTS = "_manifests"
_ABANDONED_SECONDS = 60  # writing a record takes milliseconds


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A Parquet file in staging, checked, and what is known of its rows."""

    path: Path
    rows: int
    digest: str
    min: str | None = None
    max: str | None = None


@dataclass(frozen=True, slots=True)
class StagedPartition:
    """
    What a partition is to become; *misfits* and *reports* as in `manifest.Partition`.

    Attributes:
        position: Where its rows were read in an earlier run, the position they were read at.
    """

    account: Account
    files: tuple[StagedFile, ...]
    misfits: Mapping[str, int] = field(default_factory=dict)
    reports: tuple[Report, ...] = ()
    position: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """
    What a run wants to publish of one dataset.

    Attributes:
        dataset: Everything but partitions, which are those that are *kept* from the base.
        position: The state of its source that was read; a key of *positions* in `commit`.
        replaced: The partitions that were read, whole; one without rows in the source disappears.
        confirmed: Those of *dataset* that were not, since the source proved them to be just this.
    """

    dataset: Dataset
    position: str
    replaced: Mapping[str, StagedPartition]
    confirmed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Turn:
    """
    The right to make the next snapshot: the lake's lock, its newest manifest, a private folder.

    Attributes:
        base: The manifest to build on, its hash checked; None in a new lake.
        staging: Empty, 0700, on the lake's own filesystem, since a rename is atomic only there.
    """

    store: LocalStore
    run: str
    base: Manifest | None
    staging: Path


class Committed(NamedTuple):
    """The manifest that stands after a commit, and whether the commit made it."""

    manifest: Manifest
    changed: bool


@contextmanager
def turn(store: LocalStore, run: str) -> Iterator[Turn]:
    """
    Take the lake's lock for one run, and leave no staging behind.

    Raises:
        Busy: Another run holds the lock.
        Integrity: The newest manifest is damaged.
        Storage: The lake cannot be written.
    """
    with locked(store, run):
        base = newest(store)
        _sweep(store)
        store.make_folder("_staging").chmod(0o700)
        staging = store.make_folder(f"_staging/{run}")
        try:
            yield Turn(store, run, base, staging)
        finally:
            shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def locked(store: LocalStore, run: str) -> Iterator[None]:
    """Hold the lake alone. The lock is the kernel's and dies with the process, however it dies."""
    path = store.make_folder("") / "_lock"
    with translating(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _busy(path) from None
        holder = {"pid": os.getpid(), "host": socket.gethostname(), "since": stamp(datetime.now(UTC)), "run": run}
        with translating(path):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(holder).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def commit(
    turn: Turn,
    drafts: Mapping[str, Draft],
    positions: Mapping[str, Mapping[str, Any]],
    provenance: Mapping[str, Any],
    *,
    full: bool = False,
) -> Committed:
    """
    Publish *drafts* as the next snapshot, beside every dataset of the base that they don't name.

    Args:
        positions: Which states of the sources this run read.
        full: Replace files even where their rows are unchanged; mends a damaged lake.

    Returns:
        The manifest that now stands: the base, and nothing is written, where a new one would say
        the same.

    Raises:
        Integrity: A row account does not close, or a file to be kept is damaged or missing.
        Busy: Another run committed first.
        UnknownCommit: The disk failed right after the link.
    """
    before = turn.base.datasets if turn.base else {}
    names = _Names(turn.run, datetime.now(UTC))
    settled = {name: _settle(turn, name, draft, before.get(name), names, full) for name, draft in drafts.items()}
    datasets = {**before, **settled}
    if turn.base and all(same_content(before.get(name), new) for name, new in settled.items()):
        return Committed(turn.base, changed=False)
    used = {at for d in datasets.values() for p in d.partitions.values() for at in p.positions}
    known = {**(turn.base.positions if turn.base else {}), **positions}
    manifest = Manifest(
        snapshot=turn.base.snapshot + 1 if turn.base else 1,
        committed_at=datetime.now(UTC),
        run=turn.run,
        parent=turn.base.sha256 if turn.base else None,
        datasets=datasets,
        positions={key: known[key] for key in sorted(used)},
        provenance=provenance,
    )
    for name, dataset in settled.items():
        _close(name, dataset)
    _require_present(turn.store, datasets, names.given)
    _publish(turn.store, names.given)
    _link(turn, manifest)
    return Committed(manifest, changed=True)


@dataclass(slots=True)
class _Names:
    """
    The final names of this run's files: ``<dataset>_20251027_040149_<run>[_n].parquet``, or with the day
    that a report is of, ``<dataset>_20251028_<run>[_n].parquet``.
    """

    run: str
    moment: datetime
    given: dict[str, Path] = field(default_factory=dict)

    def give(self, staged: Path, dataset: str, key: str) -> str:
        day = partition.day_of(key)
        when = f"{day:%Y%m%d}" if day else f"{self.moment:%Y%m%d_%H%M%S}"
        stem = f"objects/{partition.folder(dataset, key)}/{dataset}_{when}_{self.run}"
        name, count = f"{stem}.parquet", 1
        while name in self.given:
            name, count = f"{stem}_{count}.parquet", count + 1
        self.given[name] = staged
        return name


def _settle(turn: Turn, name: str, draft: Draft, old: Dataset | None, names: _Names, full: bool) -> Dataset:
    """Give each staged file its place, and keep the old file where the rows are the same."""
    partitions = dict(draft.dataset.partitions)
    for key in draft.confirmed:
        for file in partitions[key].files:
            require_intact(turn.store, file)
        partitions[key] = replace(partitions[key], position=draft.position)
    alike = old is not None and old.schema == draft.dataset.schema
    for key, staged in draft.replaced.items():
        was = old.partitions.get(key) if old and alike and not full else None
        if was and was.files and was.account == staged.account and _rows_of(was.files) == _rows_of(staged.files):
            for file in was.files:
                require_intact(turn.store, file)
            position = staged.position or draft.position
            partitions[key] = replace(was, position=position, misfits=staged.misfits, reports=staged.reports)
        elif staged.files or staged.account.source:
            files = tuple(_named(turn, names.give(f.path, name, key), f) for f in staged.files)
            position = staged.position or draft.position
            partitions[key] = Partition(position, staged.account, files, staged.misfits, staged.reports)
    return replace(draft.dataset, partitions=partitions)


def _rows_of(files: tuple[File, ...] | tuple[StagedFile, ...]) -> tuple[int, int]:
    return sum(f.rows for f in files), sum(int(f.digest, 16) for f in files) % 2**128


def _named(turn: Turn, name: str, staged: StagedFile) -> File:
    turn.store.sync(staged.path)
    return File(
        path=name,
        bytes=staged.path.stat().st_size,
        rows=staged.rows,
        sha256=sha256_of(staged.path),
        digest=staged.digest,
        min=staged.min,
        max=staged.max,
    )


def require_intact(store: LocalStore, file: File) -> None:
    """
    Hash a published file again.

    Raises:
        Integrity: It is missing, or its bytes are not those that were published.
    """
    path = store.root / file.path
    if not path.exists():
        found = "it is missing"
    elif (actual := sha256_of(path)) != file.sha256:
        found = f"its sha256 is {actual[:12]}…, the manifest says {file.sha256[:12]}…"
    else:
        return
    raise Integrity(
        f"{file.path} is damaged",
        what=found,
        next="parquetry verify shows all damage; restore the file from a backup, or parquetry export --full",
        path=file.path,
    )


def _require_present(store: LocalStore, datasets: Mapping[str, Dataset], new: Mapping[str, Path]) -> None:
    """A snapshot must not be born damaged: every file it keeps is there, whole as far as its size says."""
    for dataset in datasets.values():
        for file in dataset.files:
            path = store.root / file.path
            if file.path not in new and not (path.is_file() and path.stat().st_size == file.bytes):
                require_intact(store, file)


def _close(name: str, dataset: Dataset) -> None:
    """No commit without a closed account: every row read is published, quarantined or excluded."""
    for key, part in dataset.partitions.items():
        if not part.account.closes or part.account.published != part.rows:
            raise Integrity(
                f"{name}: the row account of partition {key} does not close",
                what=[str(part.account), f"rows in its files: {part.rows:,}"],
                next="run again; if it repeats, report it with the log",
                dataset=name,
                partition=key,
            )


def _publish(store: LocalStore, given: Mapping[str, Path]) -> None:
    folders = {store.make_folder(str(Path(name).parent)) for name in given}
    for name, staged in given.items():
        store.publish(staged, name)
    for folder in folders:
        sync_folder(folder)


def _link(turn: Turn, manifest: Manifest) -> None:
    turn.store.make_folder(MANIFESTS)
    staged, name = turn.staging / "manifest.json", f"{MANIFESTS}/{manifest.snapshot:08d}.json"
    turn.store.write(staged, manifest.as_bytes())
    try:
        won = turn.store.link_new(staged, name)
    except Storage as error:
        if (turn.store.root / name).exists():
            raise UnknownCommit(
                f"snapshot {manifest.snapshot} was linked, but the disk failed before it was safe",
                what=error.failed,
                next="run again: the next run finds out",
            ) from error
        raise
    if not won:
        raise Busy(
            f"another run committed snapshot {manifest.snapshot} first",
            next="run again; nothing of this run was published",
        )


def _sweep(store: LocalStore) -> None:
    """Remove what runs that died left: with the lock held, nobody else can be using their staging."""
    folder = store.root / "_staging"
    for left in folder.iterdir() if folder.exists() else ():
        shutil.rmtree(left, ignore_errors=True)
    for unfinished in (store.root / "_runs").glob(".*"):  # records are written without the lock
        with suppress(OSError):
            if time.time() - unfinished.lstat().st_mtime > _ABANDONED_SECONDS:
                unfinished.unlink()


def _busy(path: Path) -> Busy:
    try:
        holder = json.loads(path.read_bytes())
        who = f"process {holder['pid']} on {holder['host']}, run {holder['run']}, since {holder['since']}"
    except (OSError, ValueError, KeyError):
        who, holder = "another process", {}
    return Busy("another run is writing to this lake", what=who, next="wait for it, then run again", holder=holder)
