"""Damage of every kind is found and named; a healthy lake has none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from parquetry.errors import Integrity
from parquetry.lake import Lake, gc
from parquetry.lake.commit import locked
from parquetry.lake.store import LocalStore
from parquetry.lake.verify import verify
from parquetry.lake.views import repair

from .conftest import Committing
from .test_commit import FEBRUARY, JANUARY, flip


@pytest.fixture
def lake(store: LocalStore, publish: Committing) -> LocalStore:
    publish(events=JANUARY)
    publish(events=JANUARY + FEBRUARY)
    with locked(store, "R"):
        repair(store)
    return store


def a_file(lake: LocalStore) -> Path:
    return lake.root / next(Lake(lake.root).current().dataset("events").files).path


def test_a_healthy_lake(lake: LocalStore) -> None:
    found = verify(lake)
    assert ((), 2, 2, 5) == (found.problems, found.snapshots, found.files, found.rows)


def test_a_flipped_bit(lake: LocalStore) -> None:
    flip(a_file(lake))
    (problem,) = verify(lake).problems
    assert a_file(lake).name in problem.path
    assert "sha256" in problem.what


def test_a_missing_file(lake: LocalStore) -> None:
    a_file(lake).unlink()
    (problem,) = verify(lake).problems
    assert "is missing" == problem.what
    with pytest.raises(Integrity, match="damaged"):
        Lake(lake.root).current().read("events")


def test_a_file_cut_short(lake: LocalStore) -> None:
    os.truncate(a_file(lake), 100)
    (problem,) = verify(lake).problems
    assert "has 100 bytes" in problem.what


def test_an_edited_manifest(lake: LocalStore) -> None:
    path = lake.root / "_manifests/00000001.json"
    path.write_text(path.read_text().replace('"rows": 3', '"rows": 4'))
    assert ["_manifests/00000001.json"] == [p.path for p in verify(lake).problems]


def test_a_missing_manifest(lake: LocalStore) -> None:
    """The chain has a gap that no gc explains."""
    (lake.root / "_manifests/00000001.json").unlink()
    (problem,) = verify(lake).problems
    assert "no gc removed it" in problem.what


def test_another_file_under_the_same_name(lake: LocalStore) -> None:
    """Valid Parquet with other rows."""
    files = [lake.root / f.path for f in Lake(lake.root).current().dataset("events").files]
    files[0].unlink()
    os.link(files[1], files[0])
    assert 1 == len(verify(lake).problems)


def test_current_that_points_elsewhere(lake: LocalStore) -> None:
    (lake.root / "current").unlink()
    (lake.root / "current").symlink_to("views/00000001")
    assert ["current"] == [p.path for p in verify(lake).problems]


def test_files_that_no_manifest_names(lake: LocalStore) -> None:
    """Left by a killed run: counted, not a problem."""
    (lake.root / "objects/events/orphan.parquet").write_bytes(b"")
    found = verify(lake)
    assert (1, ()) == (found.unnamed, found.problems)


def test_a_damaged_tag(lake: LocalStore) -> None:
    """What it pins is not known, so nothing may be collected."""
    Lake(lake.root).tag("paper", 1)
    (lake.root / "_tags/paper.json").write_text("{")
    assert ["_tags/paper.json"] == [p.path for p in verify(lake).problems]
    with pytest.raises(Integrity):
        gc.find(lake, keep=1)
