"""This machine and the lake on it: what a run needs of DuckDB, of the disk and of the folder."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import duckdb

from parquetry.checkup import Finding, doubtful, failed, fine
from parquetry.errors import ParquetryError, Storage
from parquetry.lake import Lake
from parquetry.lake.store import storage_error, sync_folder
from parquetry.project import Project
from parquetry.sources._engine import Engine, started
from parquetry.text import size

_LITTLE = 1_000_000_000  # bytes free, below which a warning is due even to a small lake


def engine(project: Project) -> Iterator[Finding]:
    """DuckDB, and the extension that reads PostgreSQL."""
    settings = project.settings
    try:
        started(Engine(memory=settings.memory_limit, threads=settings.threads)).close()
    except ParquetryError as error:
        yield failed("duckdb", error)
        return
    yield fine(
        "duckdb",
        f"{duckdb.__version__} with its PostgreSQL extension; memory limit {settings.memory_limit}, "
        f"{settings.threads} threads",
        version=duckdb.__version__,
    )


def lake(project: Project) -> Iterator[Finding]:
    """The lake's folder: that it can be written, links and locks, has room, and is whole at its head."""
    path = project.settings.lake_path
    try:
        bytes_held = yield from _head(Lake(path))
        yield from _folder(path, "lake")
    except ParquetryError as error:
        yield failed("lake", error)
        return
    yield from _room(path, bytes_held)


def catalog(project: Project) -> Iterator[Finding]:
    """The folder of the DuckDB catalog."""
    folder = project.settings.duckdb_path.parent
    near = _near(folder)
    if near.is_dir() and os.access(near, os.W_OK | os.X_OK):
        yield fine("catalog", f"{folder} can be written")
    else:
        yield failed("catalog", Storage(f"{near} cannot be written", next="set [duckdb] path to another place"))


def _head(lake: Lake) -> Generator[Finding, None, int]:
    """Which snapshot is current; gives its bytes."""
    there = list(lake.path.glob("_manifests/*.json")) if lake.path.is_dir() else []
    if not there:
        yield fine("lake", f"{lake.path} holds no snapshot yet", snapshot=None)
        return 0
    current = lake.current()
    for name in current.datasets:
        current.files(name)
    yield fine("lake", f"{lake.path}: {lake.state()}, every file is there", snapshot=current.number)
    return current.bytes


def _folder(path: Path, about: str) -> Iterator[Finding]:
    """Try what a commit does, in a folder of its own that is removed."""
    near = _near(path)
    try:
        with tempfile.TemporaryDirectory(dir=near, prefix=".parquetry-doctor-") as name:
            folder = Path(name)
            file = folder / "file"
            file.write_bytes(b"x")
            sync_folder(folder)
            yield fine(about, f"{near} can be written")
            yield _links(file, about)
            yield _locks(file, about)
    except OSError as error:
        raise storage_error(error, near) from error


def _links(file: Path, about: str) -> Finding:
    linked = file.with_name("linked")
    try:
        os.link(file, linked)
        if linked.stat().st_ino == file.stat().st_ino:
            return fine(about, "hard links work")
    except OSError:
        pass
    return failed(
        about,
        Storage("its filesystem has no hard links, which a commit needs", next="set [lake] path to a local disk"),
    )


def _locks(file: Path, about: str) -> Finding:
    with file.open("rb") as one, file.open("rb") as other:
        try:
            fcntl.flock(one, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return fine(about, "locks work")
        except OSError:
            pass
    return failed(
        about,
        Storage("its filesystem does not lock, so two runs could meet", next="set [lake] path to a local disk"),
    )


def _room(path: Path, held: int) -> Iterator[Finding]:
    free = shutil.disk_usage(_near(path)).free
    says = f"{size(free)} free" + (f"; the current snapshot has {size(held)}" if held else "")
    way = "parquetry gc --keep 30 --dry-run says what old snapshots take"
    if free < held:
        yield failed("lake", Storage(f"{says}, so reading all of it again does not fit", next=way))
    elif free < max(_LITTLE, 2 * held):
        yield doubtful("lake", says, way, free=free)
    else:
        yield fine("lake", says, free=free)


def _near(path: Path) -> Path:
    """*path*, or the nearest folder above it that exists."""
    return next(p for p in (path.absolute(), *path.absolute().parents) if p.exists())
