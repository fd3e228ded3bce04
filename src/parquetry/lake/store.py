"""
A folder that keeps its promises: what is said to be written survives a crash, and a name is
given once. The store promises checksums, durability and "never overwritten"; what the files
mean is not its business.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from parquetry.errors import Storage

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS}


class LocalStore:
    """
    A lake's files on one local filesystem.

    Args:
        root: The lake. Made when first written to.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def make_folder(self, name: str) -> Path:
        """The folder *name*, durable: each new level is synced into the one above it."""
        folder = self.root / name
        missing = [p for p in (folder, *folder.parents) if not p.exists()]
        with translating(folder):
            for level in reversed(missing):
                level.mkdir(exist_ok=True)
                sync_folder(level.parent)
        return folder

    def sync(self, file: Path) -> None:
        """Return only when the content of *file* would survive a power failure."""
        with translating(file), file.open("rb") as opened:
            os.fsync(opened.fileno())

    def publish(self, staged: Path, name: str) -> None:
        """
        Give a synced file its final name. Durable only after `sync_folder` of its new folder.

        Raises:
            Storage: The name is taken. Names hold the run's id, so only a bug gets here.
        """
        target = self.root / name
        with translating(target):
            if target.exists():
                raise Storage(f"{name} exists already", next="report this: a run's file names are its own")
            staged.chmod(0o444)  # against a slip of the hand, such as a COPY over it
            staged.rename(target)

    def link_new(self, staged: Path, name: str) -> bool:
        """
        Give a synced file its final name unless another has it: the one atomic step.

        ``link`` fails where the name exists; ``rename`` would overwrite it.

        Returns:
            False: Somebody else has the name.
        """
        target = self.root / name
        with translating(target):
            try:
                os.link(staged, target)
            except FileExistsError:
                return False
            sync_folder(target.parent)
        return True

    def write(self, path: Path, data: bytes) -> None:
        """Write and sync a new file in the staging folder."""
        with translating(path), path.open("xb") as opened:
            opened.write(data)
            opened.flush()
            os.fsync(opened.fileno())

    def replace(self, name: str, data: bytes) -> None:
        """Write a small file whole, or leave the one that is there: records, never data."""
        target = self.make_folder(str(Path(name).parent)) / Path(name).name
        unfinished = target.with_name(f".{target.name}.{os.getpid()}")
        with translating(target):
            unfinished.unlink(missing_ok=True)
            self.write(unfinished, data)
            unfinished.replace(target)
            sync_folder(target.parent)

    def remove(self, name: str) -> None:
        """Remove a file or a folder; nothing happens if it is not there."""
        target = self.root / name
        with translating(target):
            if target.is_dir() and not target.is_symlink():
                shutil.rmtree(target)
            else:
                target.unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    """sha256 of a file's bytes, in flat memory."""
    with translating(path), path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def sync_folder(folder: Path) -> None:
    """Return only when the names in *folder* would survive a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def translating(path: Path) -> Iterator[None]:
    """Let an OSError out as `Storage`, saying what to do about it."""
    try:
        yield
    except OSError as error:
        raise storage_error(error, path) from error


def storage_error(error: OSError, path: Path) -> Storage:
    """The words for an OSError at *path*: disk full, not writable, or what the system said."""
    where = error.filename or path
    if error.errno in _FULL:
        return Storage(
            f"no space left for {where}",
            what=_free(path),
            next="free some space (parquetry gc --dry-run), then run again",
        )
    if error.errno in _CLOSED:
        way = "written" if error.errno == errno.EROFS else "accessed"
        where = _there(Path(os.fsdecode(where)))
        return Storage(
            f"{where} cannot be {way}", what=os.strerror(error.errno or 0), next=f"check the rights of {where}"
        )
    return Storage(f"{where}: {error.strerror or error}", next="check the disk, then run again")


def _there(path: Path) -> Path:
    """*path*, or the folder it was to lie in: a temporary file that was never made has no rights to check."""
    return next(p for p in (path, *path.absolute().parents) if os.path.lexists(p))


def _free(path: Path) -> str:
    near = next(p for p in (path, *path.parents) if p.exists())
    return f"{shutil.disk_usage(near).free / 1e6:,.0f} MB free on its filesystem"
