"""Four tables that are written all the time, exported as of one moment: what belongs together stays together."""

from __future__ import annotations

import random
from pathlib import Path

import psycopg
import pytest

from parquetry.lake import Lake
from tests.faults.study import Study, made

from .bank import ACCOUNTS, CONTRACTS, PROJECT, TABLES, TOTAL, found, working


def balanced(study: Study, exports: int, *, wide: bool = False) -> None:
    """Several exports while the bank works; then every snapshot they published is added up."""
    with psycopg.connect(study.url, autocommit=True) as owner:
        found(owner, wide=wide)
    with working(study.url, random.randrange(1000)) as tellers:
        for _ in range(exports):
            moved = sum(teller.moved for teller in tellers)
            run = study.export()
            assert 0 == run.code, run
            assert sum(teller.moved for teller in tellers) > moved, "the bank was at work meanwhile"
    snapshots = list(Lake(study.lake).snapshots())
    assert exports == len(snapshots)
    for snapshot in snapshots:
        frames = [snapshot.read(name) for name in TABLES]
        assert TOTAL == sum(frame["balance"].sum() for frame in frames), snapshot
        ids = [i for frame in frames for i in frame["id"]]
        assert (len(TABLES) * ACCOUNTS,) * 2 == (len(ids), len(set(ids))), snapshot
        assert 1 == len(snapshot.manifest.positions)
    assert () == study.verified().problems


@pytest.fixture
def bank(tmp_path: Path, database: str) -> Study:
    return made(tmp_path / "bank", database, PROJECT, CONTRACTS)


def test_every_snapshot_of_a_bank_balances(bank: Study) -> None:
    balanced(bank, 3)


@pytest.mark.torture
def test_fifty_snapshots_of_a_large_bank_balance(bank: Study) -> None:
    balanced(bank, 50, wide=True)
