"""
Work at a server, watched: it may be slow, but it may not stand still unnoticed.

libpq waits for a frozen server for ever, keepalives do not notice one, and nothing can get it out of
a blocked read but the end of its socket. So work runs in a thread, and the caller's thread watches:
it also stays free for Ctrl-C.
"""

from __future__ import annotations

import array
import contextlib
import fcntl
import os
import socket
import struct
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from parquetry.errors import Stalled
from parquetry.sources._link import Link

T = TypeVar("T")
_CUT_SECONDS = 5.0
_SAMPLES = 3
_IDLE_STALLS = 5  # so long DuckDB may sort what it has


class Watch:
    """
    Runs work against one server and cuts it off when nothing moves.

    A stall is: for *stall_seconds* neither the caller's progress nor bytes from the server, none that
    wait to be read, and no sign from the server that one of our sessions is working. (Our own use of
    the processor is no sign: the extension spins while it waits.) A server that says it is working is
    merely slow, for up to *limit_seconds*: its own statement timeout ends it before, unless it is
    frozen so that it cannot.

    Args:
        interrupt: Asks the local engine to stop; called from the watching thread.
    """

    def __init__(
        self, link: Link, *, stall_seconds: float, limit_seconds: float, interrupt: Callable[[], None]
    ) -> None:
        self._link = link
        self._stall, self._limit = stall_seconds, limit_seconds
        self._interrupt = interrupt
        self._others = set(_sockets(None))  # not ours to cut
        self._address: object = None
        self.stuck = False

    def server_at(self, fd: int) -> None:
        """Take the server's address from a connection to it, since a name may have several."""
        with _borrowed(fd) as connected:
            self._address = connected.getpeername()

    def __call__(
        self, work: Callable[[], T], progress: Callable[[], float] | None = None, *, stall_seconds: float | None = None
    ) -> T:
        """
        What *work* returns; what it raises, and what is raised in this thread meanwhile.

        Args:
            stall_seconds: For this work only, and then without asking the server.

        Raises:
            Stalled: It was cut off.
        """
        done = threading.Event()
        result: list[T] = []
        failure: list[BaseException] = []

        def run() -> None:
            try:
                result.append(work())
            except BaseException as error:  # noqa: BLE001  (raised again in the watching thread)
                failure.append(error)
            finally:
                done.set()

        try:
            # Within, since a signal may arrive before the new thread has said that it runs.
            threading.Thread(target=run, name="parquetry-source", daemon=True).start()
            self._wait(done, progress or (lambda: 0.0), stall_seconds)
        except BaseException as error:
            self._cut(ask=not isinstance(error, Stalled))
            self.stuck = not done.wait(_CUT_SECONDS)
            raise
        if failure:
            raise failure[0]
        return result[0]

    def _wait(self, done: threading.Event, progress: Callable[[], float], only: float | None) -> None:
        stall, limit = only or self._stall, only or self._limit
        begun = moved = asked = time.monotonic()
        mark = self._mark(progress)
        while not done.wait(min(0.5, stall / 4)):
            now, next_mark = time.monotonic(), self._mark(progress)
            if next_mark != mark:
                mark, moved, asked = next_mark, now, now
            elif now - asked >= stall:
                state = "limit" if now - begun >= limit else "only" if only else self._state()
                if state == "working":
                    moved = now
                elif state != "idle" or now - moved >= _IDLE_STALLS * stall:
                    raise self._stalled(now - moved, stall)
                asked = time.monotonic()

    def _stalled(self, seconds: float, stall: float) -> Stalled:
        return Stalled(
            f"{self._link.where}: nothing has arrived for {seconds:.0f} seconds",
            what="the server does not say that it is working on it; the connection was cut",
            next="run it again; raise stall_seconds if the server is known to pause that long",
            stall_seconds=stall,
        )

    def _mark(self, progress: Callable[[], float]) -> tuple[float, int]:
        return progress(), sum(_received(fd) for fd in _sockets(self._address).values())

    def _state(self) -> str:
        """
        ``working``: the server computes for us, or its bytes wait for us to take them. ``idle``: it
        has done what it was asked, so the time is ours. ``mute``: it waits for us, and we for it, or
        it does not answer at all.
        """
        state = "mute"
        for _ in range(_SAMPLES):  # a moment in which everything is on its way looks like a stall
            if any(_unread(fd) for fd in _sockets(self._address).values()):
                return "working"
            rows = self._ask(
                "select state = 'active', coalesce(wait_event, '') not in ('ClientRead', 'ClientWrite') "
                "from pg_stat_activity where application_name = current_setting('application_name') "
                "and datname = current_database() and pid <> pg_backend_pid()"
            )
            if rows is None:
                return "mute"
            active = [computes for is_active, computes in rows if is_active]
            if any(active):
                return "working"
            state = "mute" if active or not rows else "idle"
        return state

    def _ask(self, statement: str) -> list[tuple[Any, ...]] | None:
        """Rows of *statement* over a connection of its own; None if there is no answer within seconds."""
        answer: list[list[tuple[Any, ...]]] = []

        def ask() -> None:
            with contextlib.suppress(Exception), self._link.connect(autocommit=True, connect_timeout=4) as probe:
                answer.append(probe.execute(statement.encode()).fetchall())

        thread = threading.Thread(target=ask, name="parquetry-probe", daemon=True)
        thread.start()
        thread.join(_CUT_SECONDS)
        return answer[0] if answer else None

    def _cut(self, *, ask: bool) -> None:
        """End our work here and at the server, and leave no session of ours running there."""
        self._interrupt()
        if ask:
            # The end of a socket is noticed by a session that sends, not by one that still computes.
            self._ask(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where application_name = current_setting('application_name') "
                "and datname = current_database() and usename = current_user and pid <> pg_backend_pid()"
            )
        for key, fd in _sockets(self._address).items():
            if key not in self._others:
                with contextlib.suppress(OSError), _borrowed(fd) as ours:
                    ours.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def _borrowed(fd: int) -> Iterator[socket.socket]:
    """A socket that libpq owns, to be asked or shut down, not closed."""
    peer = socket.socket(fileno=fd)
    try:
        yield peer
    finally:
        peer.detach()


def _sockets(address: object) -> dict[tuple[object, object, int], int]:
    """Descriptors of this process's sockets connected to *address*, or to anything, by ends and inode."""
    found: dict[tuple[object, object, int], int] = {}
    for name in os.listdir("/proc/self/fd" if Path("/proc/self/fd").is_dir() else "/dev/fd"):
        with contextlib.suppress(OSError, ValueError):
            fd = int(name)
            with _borrowed(fd) as peer:
                if address is None or peer.getpeername() == address:
                    found[(str(peer.getsockname()), str(peer.getpeername()), os.fstat(fd).st_ino)] = fd
    return found


def _unread(fd: int) -> int:
    """Bytes that have arrived and wait to be read."""
    waiting = array.array("i", [0])
    with contextlib.suppress(OSError):
        fcntl.ioctl(fd, termios.FIONREAD, waiting)
    return waiting[0]


def _received(fd: int) -> int:
    """Bytes that have arrived on a TCP socket; 0 where the system does not say."""
    if not sys.platform.startswith("linux"):
        return 0
    with contextlib.suppress(OSError, struct.error), _borrowed(fd) as peer:
        # struct tcp_info, tcpi_bytes_received: https://github.com/torvalds/linux/blob/master/include/uapi/linux/tcp.h
        count: int = struct.unpack_from("=Q", peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256), 128)[0]
        return count
    return 0
