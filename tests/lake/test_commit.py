"""The next snapshot: what it keeps, replaces and refuses."""

from __future__ import annotations

import dataclasses
import json
import os
from datetime import date, timedelta, timezone
from pathlib import Path

import duckdb
import pytest

from parquetry.errors import Busy, Integrity, NoSuchSnapshot, Storage
from parquetry.lake import Lake, ledger, snapshots, views
from parquetry.lake.commit import commit, locked, turn
from parquetry.lake.digest import digest_sql
from parquetry.lake.manifest import Manifest
from parquetry.lake.store import LocalStore

from .conftest import POSITION, Committing, draft

JANUARY, FEBRUARY = [0, 1, 2], [31, 32]


def ids(store: LocalStore, name: str = "events", at: int | None = None) -> list[int]:
    return sorted(Lake(store.root).snapshot(at).read(name)["id"].to_list())


def test_a_commit_publishes_whole_partitions(store: LocalStore, publish: Committing) -> None:
    """Rows land in files of their month, and the manifest says so."""
    publish(events=JANUARY + FEBRUARY)
    events = Lake(store.root).current().dataset("events")
    assert ["2026-01", "2026-02"] == sorted(events.partitions)
    assert [3, 2] == [events.partitions[key].rows for key in sorted(events.partitions)]
    assert JANUARY + FEBRUARY == ids(store)


def test_a_lake_is_cumulative(store: LocalStore, publish: Committing) -> None:
    """A dataset that a run does not name stays as it was."""
    publish(events=JANUARY)
    publish(people=[1])
    assert ["events", "people"] == Lake(store.root).current().datasets
    assert JANUARY == ids(store)


def test_the_same_rows_commit_nothing(store: LocalStore, publish: Committing) -> None:
    """Order and packing don't make a new snapshot; a changed row does."""
    publish(events=JANUARY)
    assert publish(events=JANUARY[::-1]) is None
    assert [1] == snapshots.numbers(store)
    assert publish(events=[0, 1, 3]) is not None


def test_an_unchanged_partition_keeps_its_file(store: LocalStore, publish: Committing) -> None:
    """Only what changed is written again; the position says both were just seen."""
    first = publish(events=JANUARY + FEBRUARY)
    second = publish(events=[*JANUARY, 31])
    assert first and second
    before, after = first.datasets["events"].partitions, second.datasets["events"].partitions
    assert before["2026-01"].files == after["2026-01"].files
    assert before["2026-02"].files != after["2026-02"].files
    assert after["2026-01"].position == after["2026-02"].position


def test_old_snapshots_never_change(store: LocalStore, publish: Committing) -> None:
    publish(events=JANUARY)
    publish(events=FEBRUARY)
    assert JANUARY == ids(store, at=1)
    assert FEBRUARY == ids(store, at=2)


def test_two_equal_rows_are_not_none() -> None:
    """The digest adds up, so doubling a row is seen; an XOR would cancel it."""
    with duckdb.connect() as c:
        sql = digest_sql({"id": "BIGINT"})
        one, two = (c.execute(f"SELECT {sql} FROM (VALUES {v}) t(id)").fetchone() for v in ("(1)", "(1), (1)"))
    assert one and two and 2 * one[0] == two[0]


def test_an_account_that_does_not_close_stops_the_commit(store: LocalStore) -> None:
    """A row that the source counted and nobody can show: no snapshot."""
    with turn(store, "R1") as mine, pytest.raises(Integrity, match="does not close"):
        commit(mine, {"events": draft(mine, JANUARY, lost=1)}, {"R1/app": POSITION}, {})
    assert [] == snapshots.numbers(store)


def test_losing_the_race_publishes_nothing(store: LocalStore, publish: Committing) -> None:
    """`link` fails where a manifest of that number exists, and never overwrites it."""
    publish(events=JANUARY)
    with turn(store, "R2") as mine:
        late = draft(mine, FEBRUARY)
        winner = store.root / "_manifests/00000002.json"
        winner.write_text("the winner's")
        with pytest.raises(Busy, match="first"):
            commit(mine, {"events": late}, {"R2/app": POSITION}, {})
        assert "the winner's" == winner.read_text()


def test_one_run_at_a_time(store: LocalStore) -> None:
    """The second is told who holds the lake."""
    with locked(store, "R1"), pytest.raises(Busy) as told, turn(store, "R2"):
        pass
    assert f"process {os.getpid()}" in told.value.what[0]


def test_a_run_leaves_no_staging(store: LocalStore, publish: Committing) -> None:
    """Its own is removed at its end, a dead run's by the next."""
    (store.root / "_staging/dead").mkdir(parents=True)
    publish(events=JANUARY)
    assert [] == list((store.root / "_staging").iterdir())


def test_a_kept_file_is_hashed_again(store: LocalStore, publish: Committing) -> None:
    """A flipped bit in a file whose rows have not changed stops the run; --full mends it."""
    first = publish(events=JANUARY)
    assert first
    flip(store.root / next(first.datasets["events"].files).path)
    with pytest.raises(Integrity, match="damaged"):
        publish(events=JANUARY)
    assert publish(events=JANUARY, full=True)
    assert JANUARY == ids(store)


def test_a_snapshot_is_not_born_damaged(store: LocalStore, publish: Committing) -> None:
    """A file of a dataset that the run does not even name is missing: the new snapshot would name it."""
    first = publish(events=JANUARY)
    assert first
    (store.root / next(first.datasets["events"].files).path).unlink()
    with pytest.raises(Integrity, match="damaged"):
        publish(people=[1])
    assert [1] == snapshots.numbers(store)


@pytest.mark.parametrize("edit", ["a number", "cut", "another snapshot", "not json"])
def test_an_edited_manifest_is_refused(store: LocalStore, publish: Committing, edit: str) -> None:
    publish(events=JANUARY)
    publish(events=FEBRUARY)
    path = store.root / "_manifests/00000002.json"
    data = path.read_text()
    changed = {
        "a number": data.replace('"rows": 2', '"rows": 3'),
        "cut": data[: len(data) // 2],
        "another snapshot": (store.root / "_manifests/00000001.json").read_text(),
        "not json": "hello",
    }[edit]
    assert changed != data
    path.write_text(changed)
    with pytest.raises(Integrity):
        publish(events=JANUARY)


def test_a_forged_parent_is_refused(store: LocalStore, publish: Committing) -> None:
    """Rewriting history, hash and all, breaks the chain."""
    publish(events=JANUARY)
    publish(events=FEBRUARY)
    path = store.root / "_manifests/00000001.json"
    forged = Manifest.from_bytes(path.read_bytes(), "1")
    path.write_bytes(dataclasses.replace(forged, run="another").as_bytes())
    with pytest.raises(Integrity, match="does not follow"):
        publish(events=JANUARY)


def test_an_empty_dataset_is_a_typed_file(store: LocalStore, publish: Committing) -> None:
    publish(events=[])
    frame = Lake(store.root).current().read("events")
    assert (0, ["id", "at"]) == (len(frame), frame.columns)
    publish(events=JANUARY)
    assert JANUARY == ids(store)


def test_a_lake_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    file = tmp_path / "a-file"
    file.write_text("")
    with pytest.raises(Storage), turn(LocalStore(file / "lake"), "R1"):
        pass


def test_a_manifest_reads_back_as_written(store: LocalStore, publish: Committing) -> None:
    manifest = publish(events=JANUARY + FEBRUARY)
    assert manifest
    path = store.root / "_manifests/00000001.json"
    assert manifest == Manifest.from_bytes(path.read_bytes(), path.name)
    assert path.read_bytes() == manifest.as_bytes()
    assert manifest.sha256 == json.loads(path.read_bytes())["sha256"]


def flip(path: Path) -> None:
    """Change one bit in the middle."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.unlink()  # a view's hard link keeps the old bytes, as a repaired backup would
    path.write_bytes(data)


def test_run_ids_sort_by_time() -> None:
    made = [ledger.new_id() for _ in range(3)]
    assert {26} == {len(i) for i in made}
    assert made[0][:8] <= made[-1][:8]


def test_views_follow_the_manifest(store: LocalStore, publish: Committing) -> None:
    """`current` shows Hive's layout as hard links; `latest` names the folder."""
    publish(events=JANUARY + FEBRUARY)
    with locked(store, "R"):
        assert views.repair(store)
        assert not views.repair(store)
    current = store.root / "current"
    assert ["month=01", "month=02"] == sorted(p.name for p in (current / "events/year=2026").iterdir())
    assert (store.root / "latest/events_latest.parquet").resolve() == (current / "events").resolve()
    linked = next((current / "events/year=2026/month=01").iterdir())
    assert 2 == linked.stat().st_nlink


def test_a_time_means_the_end_of_what_it_names(store: LocalStore, publish: Committing) -> None:
    """The time that is shown for a snapshot, cut to seconds, finds it."""
    first = publish(events=[1])
    assert first
    at = first.committed_at
    for shown in (
        "%Y-%m-%d",
        "%Y-%m-%dT%H",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%MZ",
        "%Y-%m-%d %H:%M:%SZ",
        "%Y%m%dT%H%M%S",
    ):
        assert 1 == snapshots.resolve(store, f"{at:{shown}}").snapshot
    away = at.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert 1 == snapshots.resolve(store, f"{away:%Y-%m-%dT%H:%M:%S%z}").snapshot
    for before in (at - timedelta(microseconds=1), f"{at - timedelta(seconds=1):%Y-%m-%d %H:%M:%SZ}"):
        with pytest.raises(NoSuchSnapshot):
            snapshots.resolve(store, before)


def test_the_calendar_has_two_ends(store: LocalStore, publish: Committing) -> None:
    publish(events=[1])
    for last in ("9999-12-31", "9999-12-31T23:59-05:00", date.max):
        assert 1 == snapshots.resolve(store, last).snapshot
    for first in ("0001-01-01", "0001-01-01T00:00+05:00", date.min):
        with pytest.raises(NoSuchSnapshot, match="committed by 0001-01-01"):
            snapshots.resolve(store, first)
