"""A server may be slow. One that stands still is left, soon, and nothing of ours goes on there."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from parquetry.demo.server import EmbeddedServer
from parquetry.errors import Stalled
from parquetry.sources import Window, postgres
from parquetry.sources.postgres import Manners, PostgresReading

from .conftest import contract

# A function in FROM is materialised before its first row comes; in the list it streams.
ENDLESS = "create view endless as select generate_series(1::int8, 20000000000) as id, repeat('x', 100) as pad"
FIELDS = contract(id="BIGINT", pad="VARCHAR")


def opened(url: str, stall: float) -> PostgresReading:
    return postgres.open(url, source="app", run="watched", manners=Manners(stall_seconds=stall))


def endless(reading: PostgresReading, folder: Path, progress: Callable[[], float] | None = None) -> None:
    """A copy that does not end by itself."""
    table = reading.table(["endless"])
    columns = reading.look(reading.table(["one"]), FIELDS, Window()).columns
    reading.run(f"COPY ({reading.rows(table, columns, Window())}) TO '{folder}/out.parquet'", progress=progress)


def after(calls: int, act: Callable[[], object]) -> Callable[[], float]:
    """Progress that tells nothing, and acts once when it is asked for the *calls*th time."""
    asked = []

    def progress() -> float:
        asked.append(1)
        if len(asked) == calls:
            act()
        return 0.0

    return progress


def sessions(url: str) -> int:
    with psycopg.connect(url, autocommit=True) as admin:
        for _ in range(60):
            row = admin.execute(
                "select count(*) from pg_stat_activity where application_name = 'parquetry/watched'"
            ).fetchone()
            if row == (0,):
                return 0
            time.sleep(0.05)
    return int(row[0]) if row else 0


@pytest.fixture
def prepared(own_server: EmbeddedServer) -> EmbeddedServer:
    with psycopg.connect(own_server.url(), autocommit=True) as admin:
        admin.execute(ENDLESS)
        admin.execute("create view one as select i::int8 as id, 'x' as pad from generate_series(1, 1) i")
    return own_server


def family(pid: int) -> list[int]:
    """A process and its children."""
    found = [pid]
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(stat.parent.name))
    return found


@contextlib.contextmanager
def frozen(server: EmbeddedServer) -> Iterator[Callable[[], None]]:
    """Gives what freezes the whole server; it thaws in the end."""
    stopped: list[int] = []

    def freeze() -> None:
        stopped.extend(family(server.pid))
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)

    try:
        yield freeze
    finally:
        for pid in stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def test_a_server_frozen_in_the_middle_of_a_copy_is_left(prepared: EmbeddedServer, tmp_path: Path) -> None:
    with frozen(prepared) as freeze:
        reading = opened(prepared.url(), stall=1)
        begun = time.monotonic()
        with pytest.raises(Stalled) as stalled:
            endless(reading, tmp_path, after(4, freeze))
        reading.close()
        assert time.monotonic() - begun < 15
    assert 33 == stalled.value.exit_code
    assert 0 == sessions(prepared.url())


def test_a_server_frozen_in_the_middle_of_a_question_is_left(prepared: EmbeddedServer) -> None:
    """psycopg waits as patiently as DuckDB does."""
    with frozen(prepared) as freeze:
        reading = opened(prepared.url(), stall=1)
        table = reading.table(["one"])
        freeze()
        begun = time.monotonic()
        with pytest.raises(Stalled):
            reading.look(table, FIELDS, Window())
        reading.close()
        assert time.monotonic() - begun < 15


def stop(asked: list[tuple[Any, ...]]) -> None:
    for row in asked:
        os.kill(row[0], signal.SIGSTOP)


def test_one_frozen_session_is_left_after_the_statements_own_time(prepared: EmbeddedServer, tmp_path: Path) -> None:
    """The server answers and says that it works, but its statement timeout cannot fire."""
    manners = Manners(stall_seconds=0.5, statement_seconds=2)
    reading = postgres.open(prepared.url(), source="app", run="watched", manners=manners)
    reading.run("SELECT 1")  # DuckDB's session is to be frozen too
    with psycopg.connect(prepared.url(), autocommit=True) as admin:
        asked = admin.execute(
            "select pid from pg_stat_activity where application_name = 'parquetry/watched'"
        ).fetchall()
        try:
            with pytest.raises(Stalled):
                endless(reading, tmp_path, after(4, lambda: stop(asked)))
        finally:
            for row in asked:
                os.kill(row[0], signal.SIGCONT)
    reading.close()
    assert 0 == sessions(prepared.url())


def test_a_server_that_works_long_is_only_slow(prepared: EmbeddedServer) -> None:
    """Nothing arrives for many times the stall, while the server says that it is busy."""
    with psycopg.connect(prepared.url(), autocommit=True) as admin:
        admin.execute("create view slow as select id, pad from one, pg_sleep(2.5)")
    with opened(prepared.url(), stall=0.4) as reading:
        table = reading.table(["slow"])
        look = reading.look(table, FIELDS, Window())
        assert [(1, "x")] == reading.run(reading.rows(table, look.columns, Window()))


def work_longer_than(seconds: float, reading: PostgresReading, progress: Callable[[], float] | None = None) -> None:
    """DuckDB at work on its own, whatever the machine's speed: twice as much until it lasts."""
    rows = 20_000_000
    while True:
        begun = time.monotonic()
        assert 1 == len(reading.run(f"SELECT sum(sqrt(i)) FROM range({rows}) t(i)", progress=progress))
        if time.monotonic() - begun > seconds:
            return
        rows *= 2


def test_work_of_our_own_is_not_a_stall_of_the_server(prepared: EmbeddedServer) -> None:
    """DuckDB sorts what it has, and the server has long done what it was asked."""
    with opened(prepared.url(), stall=2) as reading:
        work_longer_than(2.2, reading)


def test_a_caller_that_makes_progress_is_not_stalled(prepared: EmbeddedServer) -> None:
    """Longer than idle sessions are allowed, which is five times the limit."""
    with opened(prepared.url(), stall=0.4) as reading:
        work_longer_than(2.5, reading, progress=time.monotonic)


class Proxy:
    """Forwards to a server until told to swallow: what a firewall that drops packets looks like."""

    def __init__(self, port: int) -> None:
        self._to, self._swallowing, self._closed = port, threading.Event(), threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.accepts_more = True
        threading.Thread(target=self._accept, daemon=True).start()

    def swallow(self, *, accepts_more: bool) -> None:
        self.accepts_more = accepts_more
        self._swallowing.set()

    def close(self) -> None:
        self._closed.set()
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                late = self._swallowing.is_set() and self.accepts_more
                threading.Thread(target=self._forward, args=(client, late), daemon=True).start()

    def _forward(self, client: socket.socket, late: bool) -> None:
        with contextlib.suppress(OSError), client, socket.create_connection(("127.0.0.1", self._to)) as server:
            while not self._closed.is_set():
                for ready in select.select([client, server], [], [], 0.1)[0]:
                    if self._swallowing.is_set() and not late:
                        time.sleep(0.1)
                        continue
                    block = ready.recv(65536)
                    if not block:
                        return
                    (server if ready is client else client).sendall(block)


@pytest.mark.parametrize("accepts_more", [False, True])
def test_a_connection_that_swallows_everything_is_left(
    prepared: EmbeddedServer, tmp_path: Path, accepts_more: bool
) -> None:
    """Also where the server can still be asked, and says that it only waits for us."""
    proxy = Proxy(prepared.port)
    reading = opened(prepared.url().replace(f":{prepared.port}/", f":{proxy.port}/"), stall=1)
    begun = time.monotonic()
    with pytest.raises(Stalled):
        endless(reading, tmp_path, after(4, lambda: proxy.swallow(accepts_more=accepts_more)))
    reading.close()
    assert time.monotonic() - begun < 15
    proxy.close()
    assert 0 == sessions(prepared.url())


def test_ctrl_c_in_a_big_copy_comes_back_at_once_and_leaves_no_session(
    prepared: EmbeddedServer, tmp_path: Path
) -> None:
    reading = opened(prepared.url(), stall=60)
    threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        endless(reading, tmp_path)
    reading.close()
    assert time.monotonic() - begun < 1 + 2
    assert 0 == sessions(prepared.url())


def test_ctrl_c_while_the_server_computes_leaves_no_session(prepared: EmbeddedServer) -> None:
    """A session that sends nothing would not notice that nobody listens."""
    with psycopg.connect(prepared.url(), autocommit=True) as admin:
        admin.execute("create view slow as select id, pad from one, pg_sleep(30)")
    for selected in (False, True):
        with opened(prepared.url(), stall=60) as reading:
            table = reading.table(["slow"])
            columns = reading.look(reading.table(["one"]), FIELDS, Window()).columns
            statement = reading.rows(table, columns, Window())
            threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
            begun = time.monotonic()
            with pytest.raises(KeyboardInterrupt):
                _ = reading.run(statement) if selected else reading.look(table, FIELDS, Window())
        assert time.monotonic() - begun < 0.5 + 2
        assert 0 == sessions(prepared.url())


def test_an_exception_of_the_callers_progress_cuts_the_work(prepared: EmbeddedServer, tmp_path: Path) -> None:
    def broken() -> Any:
        raise LookupError("the staging folder is gone")

    with opened(prepared.url(), stall=60) as reading, pytest.raises(LookupError):
        endless(reading, tmp_path, after(3, broken))
    assert 0 == sessions(prepared.url())


def test_other_connections_of_the_process_are_not_cut(prepared: EmbeddedServer, tmp_path: Path) -> None:
    with psycopg.connect(prepared.url(), autocommit=True) as other, frozen(prepared) as freeze:
        reading = opened(prepared.url(), stall=1)
        with pytest.raises(Stalled):
            endless(reading, tmp_path, after(4, freeze))
        reading.close()
        for pid in family(prepared.pid):
            os.kill(pid, signal.SIGCONT)
        assert (1,) == other.execute("select 1").fetchone()
