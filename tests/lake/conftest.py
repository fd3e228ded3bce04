"""A lake without a source: rows made by DuckDB, staged and committed by the real code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import pytest

from parquetry.lake import ledger
from parquetry.lake.commit import Draft, StagedFile, StagedPartition, Turn, commit, turn
from parquetry.lake.manifest import Account, ContractUsed, Dataset, Manifest, PublishedColumn
from parquetry.lake.store import LocalStore
from parquetry.lake.write import facts, stage

SCHEMA = {"id": "BIGINT", "at": "TIMESTAMP"}
POSITION = {"source": "app", "kind": "postgres", "clock": "2026-11-21T08:00:00.000000Z"}


def draft(
    turn: Turn, ids: Sequence[int], name: str = "events", *, quarantined: int = 0, monthly: bool = True, lost: int = 0
) -> Draft:
    """Stage one row an id, a day apart from 2026-01-01, and say what is to become of them."""
    rows = ", ".join(f"({i}, TIMESTAMP '2026-01-01' + INTERVAL ({i}) DAY)" for i in ids)
    select = (
        f'SELECT * FROM (VALUES {rows}) t(id, "at")'
        if ids
        else 'SELECT 0::BIGINT AS id, now()::TIMESTAMP AS "at" LIMIT 0'
    )
    with duckdb.connect() as connection:
        key = "strftime(\"at\", '%Y-%m')" if monthly else None
        staged = stage(
            connection.execute,
            f'SELECT id::BIGINT AS id, "at" FROM ({select})',
            SCHEMA,
            turn.staging / name,
            key=key,
            metadata={},
        )
        known = facts(connection, staged.paths, SCHEMA, "at")
    replaced = {}
    for part, paths in staged.files.items():
        files = tuple(
            StagedFile(p, known[str(p)].rows, known[str(p)].digest, known[str(p)].min, known[str(p)].max) for p in paths
        )
        published = sum(f.rows for f in files)
        replaced[part] = StagedPartition(Account(published + quarantined + lost, published, quarantined), files)
    dataset = Dataset(
        source="app",
        relation="table public.Event",
        contract=ContractUsed("contracts.research:Event", "f" * 64),
        key=("id",),
        time="at" if monthly else None,
        columns=tuple(PublishedColumn(c, t, t, t.lower(), native=True) for c, t in SCHEMA.items()),
        partitions={},
    )
    return Draft(dataset, f"{turn.run}/app", replaced)


Committing = Callable[..., Manifest | None]


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "lake")


@pytest.fixture
def publish(store: LocalStore) -> Committing:
    """Commit datasets of ids: ``publish(events=[1, 2])``."""

    def publish(*, full: bool = False, **datasets: Sequence[int]) -> Manifest | None:
        with turn(store, ledger.new_id()) as mine:
            drafts = {name: draft(mine, ids, name) for name, ids in datasets.items()}
            done = commit(mine, drafts, {f"{mine.run}/app": POSITION}, {"parquetry": "test"}, full=full)
            return done.manifest if done.changed else None

    return publish
