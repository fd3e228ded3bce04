"""The catalog: one snapshot's pinned files as views, swapped in while others read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest

from parquetry import catalog
from parquetry.errors import Integrity, Unsafe
from parquetry.lake import Lake
from parquetry.lake.store import LocalStore

from .lake.conftest import Committing, publish, store
from .lake.test_commit import FEBRUARY, JANUARY

__all__ = ["publish", "store"]  # fixtures


def build(store: LocalStore, path: Path, at: int | None = None) -> catalog.Catalog:
    return catalog.build(Lake(store.root).snapshot(at), path, "research")


def count(path: Path) -> int:
    with duckdb.connect(str(path), read_only=True) as c:
        (n,) = c.execute("SELECT count(*) FROM research.events").fetchone() or (-1,)
        return int(n)


def test_a_view_a_dataset(store: LocalStore, publish: Committing, tmp_path: Path) -> None:
    publish(events=JANUARY + FEBRUARY, people=[1])
    built = build(store, tmp_path / "c.duckdb")
    assert ("events", "people") == built.views
    assert 5 == count(built.path)


def test_the_files_are_pinned(store: LocalStore, publish: Committing, tmp_path: Path) -> None:
    """A new snapshot changes nothing until somebody syncs."""
    publish(events=JANUARY)
    path = build(store, tmp_path / "c.duckdb").path
    publish(events=JANUARY + FEBRUARY)
    assert 3 == count(path)
    build(store, path)
    assert 5 == count(path)
    build(store, path, at=1)
    assert 3 == count(path)


@pytest.mark.parametrize("read_only", [True, False])
def test_a_program_that_has_it_open_is_no_obstacle(
    store: LocalStore, publish: Committing, tmp_path: Path, read_only: bool
) -> None:
    """Reading or writing: it keeps its file, everybody else gets the new one."""
    publish(events=JANUARY)
    path = build(store, tmp_path / "c.duckdb").path
    hold = (
        "import duckdb, sys\n"
        f"c = duckdb.connect({str(path)!r}, read_only={read_only})\n"
        "print('open', flush=True); sys.stdin.read()\n"
        "print(c.execute('SELECT count(*) FROM research.events').fetchone()[0])"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout and other.stdin
        assert "open\n" == other.stdout.readline()
        publish(events=JANUARY + FEBRUARY)
        build(store, path)
        assert 5 == count(path)
        other.stdin.close()
        assert "3\n" == other.stdout.read()


def test_somebody_elses_database_is_not_replaced(store: LocalStore, publish: Committing, tmp_path: Path) -> None:
    """DUCKDB_DB_PATH may name a file that the app has used for years."""
    publish(events=JANUARY)
    path = tmp_path / "theirs.duckdb"
    with duckdb.connect(str(path)) as c:
        c.execute("CREATE TABLE precious AS SELECT 42 AS answer")
    with pytest.raises(Unsafe, match="did not make") as told:
        build(store, path)
    assert "main.precious" == told.value.what[0]
    with duckdb.connect(str(path)) as c:
        assert (42,) == c.execute("SELECT answer FROM precious").fetchone()


def test_tables_of_ours_are_replaced_and_others_are_not(store: LocalStore, publish: Committing, tmp_path: Path) -> None:
    """Whatever the mode before and after; a table that somebody made beside ours is theirs."""
    publish(events=JANUARY)
    snapshot, path = Lake(store.root).current(), tmp_path / "c.duckdb"

    def tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
        catalog.as_tables(connection, snapshot, {"events": [["id"]]})
        return ["a problem"]

    for _ in range(2):
        assert ("a problem",) == catalog.build(snapshot, path, "research", fill=tables).problems
    assert 3 == count(path)
    build(store, path)
    catalog.build(snapshot, path, "research", fill=tables)
    with duckdb.connect(str(path)) as c:
        c.execute("CREATE TABLE research.notes AS SELECT 42 AS answer")
    with pytest.raises(Unsafe, match="did not make") as told:
        build(store, path)
    assert ("research.notes",) == told.value.what


def test_what_cannot_be_filled_leaves_the_old_one(store: LocalStore, publish: Committing, tmp_path: Path) -> None:
    publish(events=JANUARY)
    path = build(store, tmp_path / "c.duckdb").path
    publish(events=JANUARY + FEBRUARY)

    def fails(connection: duckdb.DuckDBPyConnection) -> list[str]:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        catalog.build(Lake(store.root).current(), path, "research", fill=fails)
    assert 3 == count(path)
    assert {"c.duckdb", ".c.duckdb.built", "lake"} == {p.name for p in tmp_path.iterdir()}


def test_a_file_that_is_no_database_is_not_replaced(store: LocalStore, publish: Committing, tmp_path: Path) -> None:
    publish(events=JANUARY)
    path = tmp_path / "notes.duckdb"
    path.write_text("remember the milk")
    with pytest.raises(Unsafe):
        build(store, path)
    assert "remember the milk" == path.read_text()


def test_a_missing_file_is_said(store: LocalStore, publish: Committing, tmp_path: Path) -> None:
    publish(events=JANUARY)
    (store.root / next(Lake(store.root).current().dataset("events").files).path).unlink()
    with pytest.raises(Integrity, match="missing|damaged"):
        build(store, tmp_path / "c.duckdb")
    assert not (tmp_path / "c.duckdb").exists()


def test_a_signal_stops_a_copy(store: LocalStore, publish: Committing, tmp_path: Path) -> None:
    """DuckDB's own wait would hear it when the copy is done."""
    publish(events=JANUARY)
    with duckdb.connect(str(tmp_path / "c.duckdb")) as connection:
        catalog.define(connection, snapshot := Lake(store.root).current(), "research")
        slow = "SELECT a.range AS id, b.range AS at FROM range(100000) a, range(100000) b WHERE a.range + b.range < 0"
        columns = ", ".join(f'NULL AS "{name}"' for name in snapshot.dataset("events").schema)
        connection.execute(f"CREATE OR REPLACE VIEW events AS SELECT {columns} FROM ({slow})")
        timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            catalog.as_tables(connection, snapshot, {})
        assert [] == connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
