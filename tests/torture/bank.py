"""
A bank that never sleeps: money moves between four tables while they are exported.

Each transaction moves an amount between two accounts of any two tables, and some close an account in
one table and open it in another. Whatever one moment sees, the sum of all balances is the same, and so
is the number of accounts; what is pieced together from several moments hardly ever is.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

TABLES = ("checking", "savings", "credit", "escrow")
ACCOUNTS, EACH = 2500, 1000
TOTAL = len(TABLES) * ACCOUNTS * EACH

PROJECT = '[sources.app]\nkind = "postgres"\nurl = "env:DATABASE_URL"\n' + "".join(
    f'\n[datasets.{name}]\nsource = "app"\ncontract = "contracts.study:Account"\nkey = ["id"]\n' for name in TABLES
)
CONTRACTS = """
from pandera.polars import DataFrameModel


class Account(DataFrameModel):
    id: int
    balance: int

    class Config:
        strict = "filter"
"""


def found(connection: psycopg.Connection[Any], *, wide: bool) -> None:
    """The tables, every account with the same balance; *wide*: a page each, so that connections share a scan."""
    for number, name in enumerate(TABLES):
        connection.execute(
            f"create table {name} (id int8 primary key, balance int8 not null, "
            f"pad text default repeat('x', {7000 if wide else 1})); "
            f"alter table {name} alter pad set storage plain".encode()
        )
        connection.execute(
            f"insert into {name} (id, balance) "
            f"select {number * 10**6} + i, {EACH} from generate_series(1, {ACCOUNTS}) i".encode()
        )


class Teller(threading.Thread):
    """One connection that moves money as fast as it can, until *closed*."""

    def __init__(self, url: str, seed: int, closed: threading.Event) -> None:
        super().__init__(daemon=True)
        self._url, self._chance, self._closed = url, random.Random(seed), closed
        self.moved = 0
        self.failed: Exception | None = None

    def run(self) -> None:
        try:
            with psycopg.connect(self._url, autocommit=True) as connection:
                while not self._closed.is_set():
                    self._move(connection)
                    self.moved += 1
        except Exception as error:  # noqa: BLE001  (told by `working`)
            self.failed = error

    def _move(self, connection: psycopg.Connection[Any]) -> None:
        one, other = (TABLES[i] for i in self._chance.sample(range(len(TABLES)), 2))
        with connection.transaction():
            if self._chance.random() < 0.5:
                taken = connection.execute(
                    f"delete from {one} where id = ({self._some(one)}) returning id, balance".encode()
                ).fetchall()
                for account in taken:
                    connection.execute(f"insert into {other} (id, balance) values (%s, %s)".encode(), account)
                return
            amount = self._chance.randint(-500, 500)
            for name, change in ((one, amount), (other, -amount)):
                done = connection.execute(
                    f"update {name} set balance = balance + {change} where id = ({self._some(name)})".encode()
                )
                if done.rowcount != 1:
                    raise psycopg.Rollback

    def _some(self, name: str) -> str:
        """Any account that nobody else is busy with."""
        return f"select id from {name} offset {self._chance.randrange(100)} limit 1 for update skip locked"


@contextmanager
def working(url: str, seed: int, tellers: int = 3) -> Iterator[list[Teller]]:
    """The bank at work for as long as the block lasts."""
    closed = threading.Event()
    staff = [Teller(url, seed + n, closed) for n in range(tellers)]
    for teller in staff:
        teller.start()
    try:
        yield staff
    finally:
        closed.set()
        for teller in staff:
            teller.join()
    assert [None] * tellers == [teller.failed for teller in staff]
