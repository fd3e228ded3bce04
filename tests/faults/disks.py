"""Disks that are full, files that may not grow, folders that may not be written: real ones, for root and for others."""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_CAPBSET_DROP, _OVERRIDES = 24, (1, 2)  # prctl(2); CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


@contextmanager
def small(folder: Path, size: int) -> Iterator[None]:
    """A filesystem of *size* bytes at *folder*, for as long as the block lasts."""
    folder.mkdir(parents=True, exist_ok=True)
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """*folder* as a read-only mount of itself."""
    _mount("--bind", str(folder), str(folder))
    try:
        _mount("-o", "remount,bind,ro", str(folder))
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def can_mount(tmp: Path) -> bool:
    """Whether this user may: root outside of most containers."""
    try:
        with small(tmp / "mount", 65536):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


def no_file_larger_than(size: int) -> Callable[[], None]:
    """For a child before it starts: writing beyond *size* fails, as on a full disk."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def no_privileges() -> None:
    """For a child before it starts: even root's is held to the rights of files and folders."""
    if os.geteuid() == 0:
        for capability in _OVERRIDES:
            if ctypes.CDLL(None, use_errno=True).prctl(_CAPBSET_DROP, capability, 0, 0, 0):
                raise OSError(ctypes.get_errno(), "prctl")


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)
