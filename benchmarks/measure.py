"""
What a whole process costs: wall time, processor, memory at its peak, with every process that it starts.

Needs Linux's ``/proc`` for the memory of a tree and for the server's share; elsewhere the memory is
that of the largest process, and the server's share is 0.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_EVERY_SECONDS = 0.01
_SETTLE_SECONDS = 0.3  # a server's session ends, and is counted, shortly after its client
_PROC = Path("/proc")
_ROOT = Path(__file__).resolve().parent.parent


class Cost(NamedTuple):
    """
    One run of one command.

    Attributes:
        cpu: User and system seconds of the process tree.
        server_cpu: The same of the server's sessions that ended meanwhile.
        rss: Bytes, the largest sum over the tree's processes that was seen; pages they share count twice.
    """

    wall: float
    cpu: float
    server_cpu: float
    rss: int


class Measured(NamedTuple):
    """
    What a command cost.

    Attributes:
        said: On stdout and stderr.
    """

    cost: Cost
    said: str


class Failed(Exception):
    """The command did not end well; the text is the last thing it said."""


def measured(
    command: Sequence[str], *, cwd: Path, env: Mapping[str, str], server: int, limit_seconds: float = 3600,
    settle: float = _SETTLE_SECONDS,
) -> Measured:  # fmt: skip
    """
    Run *command* to its end.

    Args:
        env: Added to our own environment.
        server: The process id of the PostgreSQL server.
        settle: Seconds until the server has counted a session that ended.

    Raises:
        Failed: It ended with another code than 0, or did not end in time.
    """
    before = _ended_children(server)
    with tempfile.TemporaryFile("w+", errors="replace") as out:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=cwd, env={**os.environ, **env}, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            start_new_session=True,
        )  # fmt: skip
        timer = threading.Timer(limit_seconds, process.kill)
        timer.start()
        with _Sampled(process.pid) as sampled:
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - began
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)  # else Popen believes that it still runs
        if process.returncode:
            out.seek(0)
            raise Failed(last_words(out.read()) or f"exit code {process.returncode}")
        out.seek(0)
        said = out.read()
    time.sleep(settle)
    # Where there is a choice: a process inherits ru_maxrss from the one that started it, which was us.
    peak = sampled.peak or usage.ru_maxrss
    return Measured(Cost(wall, usage.ru_utime + usage.ru_stime, _ended_children(server) - before, peak), said)


class _Sampled:
    """Adds up the resident memory of a process and its descendants, again and again."""

    def __init__(self, pid: int) -> None:
        self.peak = 0
        self._pid, self._done = pid, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> _Sampled:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.wait(_EVERY_SECONDS):
            with suppress(OSError):  # a process ended while it was looked at
                held = [_resident(pid) for pid in _tree(self._pid)]
                self.peak = max(self.peak, sum(now for now, _ in held), *(most for _, most in held))


def _tree(pid: int) -> list[int]:
    found, left = [], [pid]
    while left:
        found.append(left.pop())
        for children in (_PROC / str(found[-1]) / "task").glob("*/children"):
            left += map(int, _text(children).split())
    return found


def _resident(pid: int) -> tuple[int, int]:
    """Bytes that a process holds now, and the most that it has held."""
    found = {"VmRSS": 0, "VmHWM": 0}
    for line in _text(_PROC / str(pid) / "status").splitlines():
        name, _, value = line.partition(":")
        if name in found:
            found[name] = int(value.split()[0]) * 1024
    return found["VmRSS"], found["VmHWM"]


def _ended_children(pid: int) -> float:
    """Seconds of processor that the ended children of *pid* had used."""
    fields = _text(_PROC / str(pid) / "stat").rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # it has ended meanwhile
        return ""


def anonymous(said: str, folder: Path) -> str:
    """*said* in one line, without the paths of this machine; *folder* is the run's own."""
    for path in (folder, Path(sys.prefix), _ROOT, Path.home()):
        said = said.replace(str(path), "…")
    return " ".join(said.split())


def last_words(said: str) -> str:
    """The last line that tells of an error, or the last of all."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if "rror" in line.partition(" ")[0]]
    return (errors or lines or [""])[-1][:200]
