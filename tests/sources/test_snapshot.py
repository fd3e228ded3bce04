"""Everything that a reading gives is of one moment, whoever writes meanwhile."""

from __future__ import annotations

import re
import threading
from typing import Any

import psycopg

from parquetry.demo.server import EmbeddedServer
from parquetry.sources import Window

from .conftest import Open, contract, is_parallel, read

Admin = psycopg.Connection[Any]
ROWS, START = 30_000, 100


class Bank:
    """Moves money between two tables and within them, as fast as it can, all sums staying the same."""

    def __init__(self, url: str) -> None:
        self._url, self._done, self.transfers = url, threading.Event(), 0
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        with psycopg.connect(self._url) as connection:
            while not self._done.is_set():
                a, b = 1 + self.transfers * 7919 % ROWS, 1 + self.transfers * 104729 % ROWS
                connection.execute("update checking set amount = amount - 1 where id = %s", [a])
                connection.execute("update savings set amount = amount + 1 where id = %s", [b])
                connection.execute(
                    "update checking set amount = amount + case id when %s then -5 else 5 end where id in (%s, %s)",
                    [a, a, a % ROWS + 1],
                )
                connection.commit()
                self.transfers += 1

    def __enter__(self) -> Bank:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()


def bank(admin: Admin) -> None:
    for table in ("checking", "savings"):
        admin.execute(
            f"create table {table} as select i::int8 as id, {START}::int8 as amount, repeat('x', "
            f"700) as pad from generate_series(1, {ROWS}) i"
        )
        admin.execute(f"alter table {table} add primary key (id); analyze {table}")
    admin.execute(
        "create view everyone as select id, amount, pad from checking union all select id, amount, pad from savings"
    )


def test_all_tables_are_of_one_moment_while_a_bank_is_open(admin: Admin, reading: Open, database: str) -> None:
    """Sums over both tables, scanned in parallel and selected, and the server's own count, agree every time."""
    bank(admin)
    fields = contract(id="BIGINT", amount="BIGINT", pad="VARCHAR")
    with Bank(database) as writer:
        for _ in range(5):
            before = writer.transfers
            with reading() as r:
                assert is_parallel(r, "checking", fields)
                checking = read(r, "checking", fields, pick="amount")
                savings = read(r, "savings", fields, pick="amount")
                both = read(r, "everyone", fields, pick="amount")
                again = read(r, "checking", fields, pick="amount")
            assert (ROWS, ROWS) == (len(checking), len(savings))
            assert 2 * ROWS * START == sum(row[0] for row in checking + savings)
            assert 2 * ROWS * START == sum(row[0] for row in both)
            assert sorted(checking) == sorted(again)
            assert writer.transfers > before, "the writer stood still, so this proved nothing"


def test_every_connection_that_copies_has_joined_the_snapshot(
    admin: Admin, reading: Open, server: EmbeddedServer
) -> None:
    """As the server's own log tells it, the connections of the parallel scan included."""
    bank(admin)
    admin.execute("alter system set log_line_prefix = '%p %a|'")
    admin.execute("alter system set log_statement = 'all'")
    admin.execute("select pg_reload_conf()")
    log = server.data.parent / "log"
    try:
        begun = len(log.read_bytes())
        with reading() as r:
            snapshot = r.position.facts["snapshot"]
            for _ in range(20):  # on a busy machine one connection may be done before the other begins
                read(r, "checking", contract(id="BIGINT", pad="VARCHAR"), pick="id")
                if (
                    len(set(re.findall(rb"(?m)^(\d+) parquetry/test\|LOG:  statement: COPY", log.read_bytes()[begun:])))
                    > 1
                ):
                    break
            read(r, "everyone", contract(id="BIGINT", pad="VARCHAR"), Window(), pick="id")
    finally:
        admin.execute("alter system reset all")
        admin.execute("select pg_reload_conf()")
    ours = re.findall(
        r"^(\d+) parquetry/test\|LOG:  statement: (.*(?:\n\t.*)*)", log.read_bytes()[begun:].decode(), re.MULTILINE
    )
    copied = {pid for pid, statement in ours if statement.startswith("COPY")}
    assert len(copied) >= 2, "the scan was not parallel"
    joined: dict[str, str] = {}
    for pid, statement in ours:
        if found := re.search(r"SET TRANSACTION SNAPSHOT '([^']+)'", statement):
            joined[pid] = found[1]
    assert copied <= set(joined)
    first = [pid for pid, name in joined.items() if name == snapshot]
    assert 1 == len(first), "one connection joins psycopg's snapshot, and the others join the one that it exports"
    exported = [statement for pid, statement in ours if pid == first[0] and "pg_export_snapshot()" in statement]
    assert exported
    assert 2 >= len(set(joined.values()))


def test_a_scan_lost_without_the_snapshot_would_be_noticed(admin: Admin, reading: Open) -> None:
    """Rows written after the reading began are in none of its answers."""
    bank(admin)
    fields = contract(id="BIGINT", pad="VARCHAR")
    with reading() as r:
        admin.execute(
            f"insert into checking select i, 0, '' from generate_series({ROWS} + 1, 2 * {ROWS}) i; delete from savings"
        )
        assert ROWS == len(read(r, "checking", fields, pick="id"))
        assert ROWS == len(read(r, "savings", fields, pick="id"))
        assert 2 * ROWS == len(read(r, "everyone", fields, pick="id"))
