"""A file is known by its bytes; what is no file, may not be read or changes meanwhile is refused, and nothing waits."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from parquetry.errors import BadInput
from parquetry.formats.content import hashed, require_same


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.csv"
    path.write_bytes(b"a,b\n1,x\n")
    return path


def refused(path: Path) -> str:
    with pytest.raises(BadInput) as error:
        hashed(path, "reports/r.csv")
    assert "reports/r.csv" == error.value.facts["file"]
    return error.value.failed.removeprefix("reports/r.csv ")


def test_content_is_the_bytes(report: Path) -> None:
    content = hashed(report, "r.csv")
    assert (hashlib.sha256(b"a,b\n1,x\n").hexdigest(), 8) == (content.sha256, content.bytes)
    require_same(report, content, "r.csv")
    assert content == hashed(report, "r.csv")


def test_what_is_no_file_is_refused_at_once(tmp_path: Path, report: Path) -> None:
    """A pipe of a report's name would keep a run waiting for ever."""
    os.mkfifo(pipe := tmp_path / "pipe.csv")
    (folder := tmp_path / "folder.csv").mkdir()
    (link := tmp_path / "link.csv").symlink_to(report)
    (nowhere := tmp_path / "nowhere.csv").symlink_to(tmp_path / "gone")
    with socket.socket(socket.AF_UNIX) as bound:
        here = Path.cwd()
        os.chdir(tmp_path)  # the path of a socket may not be long
        try:
            bound.bind("socket.csv")
        finally:
            os.chdir(here)
        assert "cannot be read" == refused(tmp_path / "socket.csv")
    assert "is a pipe, not a file" == refused(pipe)
    assert "is a directory, not a file" == refused(folder)
    assert "is a symbolic link, not a file" == refused(link)
    assert "is a symbolic link, not a file" == refused(nowhere)
    assert "is a device, not a file" == refused(Path("/dev/zero"))
    assert "is not there" == refused(tmp_path / "gone.csv")


def test_a_file_that_may_not_be_read_is_refused(report: Path) -> None:
    """Root may read everything, so another user tries."""
    report.chmod(0)
    code = (
        "import os, sys, pathlib\n"
        "from parquetry.errors import BadInput\n"
        "from parquetry.formats.content import hashed\n"
        "descriptor = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECTORY)\n"
        "if os.getuid() == 0: os.setuid(65534)\n"
        "os.fchdir(descriptor)\n"
        "try: hashed(pathlib.Path('report.csv'), 'r.csv')\n"
        "except BadInput as error: print(error.failed)\n"
    )
    report.parent.chmod(0o755)
    ran = subprocess.run(
        [sys.executable, "-c", code, str(report.parent)], capture_output=True, text=True, timeout=60, check=True
    )
    assert "r.csv may not be read\n" == ran.stdout


def test_a_hash_is_not_given_within_the_tick_of_the_last_write(report: Path) -> None:
    """A write in the same tick leaves the times as they are, and nothing would show it."""
    hashed(report, "r.csv")
    assert time.time_ns() - report.stat().st_ctime_ns >= 15_000_000


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"2,y\n")


def same_size(path: Path) -> None:
    """As `cp --preserve` or an editor that puts the time back would."""
    before = path.stat()
    path.write_bytes(b"a,b\n1,z\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replaced(path: Path) -> None:
    new = path.with_suffix(".new")
    new.write_bytes(path.read_bytes())
    new.rename(path)


def linked(path: Path) -> None:
    path.rename(path.with_suffix(".moved"))
    path.symlink_to(path.with_suffix(".moved"))


@pytest.mark.parametrize("change", [append, same_size, replaced, linked, Path.unlink])
def test_a_change_after_the_hash_is_seen(report: Path, change: object) -> None:
    """At once: within the same tick of the kernel's clock too."""
    assert callable(change)
    for _ in range(5):
        report.unlink(missing_ok=True)
        report.write_bytes(b"a,b\n1,x\n")
        content = hashed(report, "r.csv")
        change(report)
        with pytest.raises(BadInput, match=r"r\.csv (changed while it was read|is not there)"):
            require_same(report, content, "r.csv")


def test_a_file_that_grows_while_it_is_read_is_refused(report: Path) -> None:
    """Whenever the writer writes, what was hashed is never taken for the whole."""
    report.write_bytes(b"1,x\n" * 10_000_000)
    stop = threading.Event()

    def write() -> None:
        while not stop.wait(0.001):
            append(report)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with pytest.raises(BadInput, match="changed while it was read"):
            hashed(report, "r.csv")
    finally:
        stop.set()
        writer.join()
