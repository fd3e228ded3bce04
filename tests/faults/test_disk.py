"""A disk that is full, and a lake that cannot be written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from . import disks
from .study import Ended, Study, require_told, untouched

NOISE = "(select string_agg(md5(random()::text), '') from generate_series(1, 40) where i > 0)"
Export = Callable[..., Ended]


@pytest.fixture(scope="session")
def mounts(tmp_path_factory: pytest.TempPathFactory) -> bool:
    return disks.can_mount(tmp_path_factory.mktemp("mounts"))


@pytest.fixture(params=["a full disk", "a file too large"])
def full_at(request: pytest.FixtureRequest, exported: Study, mounts: bool) -> Iterator[Callable[[int], Export]]:
    """``full_at(size)("export", …)`` runs where *size* bytes are too few; without mounts the second way twice."""
    with ExitStack() as mounted:

        def full_at(size: int) -> Export:
            if request.param == "a file too large" or not mounts:
                return lambda *args, **how: exported.run(*args, before=disks.no_file_larger_than(size), **how)
            aside = exported.root / "aside"
            exported.lake.rename(aside)
            mounted.enter_context(disks.small(exported.lake, size))
            shutil.copytree(aside, exported.lake, symlinks=True, dirs_exist_ok=True)
            return exported.run

        yield full_at


def test_no_space_for_the_rows(exported: Study, full_at: Callable[[int], Export]) -> None:
    """And once there is space, the next run publishes."""
    exported.execute(f"update events set note = {NOISE.replace('i >', 'id >=')}")
    export = full_at(400_000)
    with untouched(exported):
        run = export("export")
    require_told(run, "STORAGE", 24)
    assert "No space left" in run.says("what:") or "File too large" in run.says("what:")
    exported.execute("update events set note = 'short'")
    again = export("export")
    assert 0 == again.code, again


def test_no_space_for_the_spill(exported: Study, full_at: Callable[[int], Export]) -> None:
    """What DuckDB writes to disk to stay within its memory: 3,000,000 keys in 20 MB, one of them twice."""
    exported.execute("truncate people", "insert into people select i, 1 from generate_series(1, 3000000) i")
    exported.execute("insert into people values (7, 1)")
    export = full_at(16_000_000)
    with untouched(exported):
        run = export("export", "people", memory_limit="20MB")
    require_told(run, "STORAGE", 24)


def test_no_space_for_the_quarantine(exported: Study, full_at: Callable[[int], Export]) -> None:
    """The report of rejected rows is larger than the rows."""
    exported.execute("truncate people", "insert into people select i, -1 from generate_series(1, 100000) i")
    export = full_at(1_500_000)
    with untouched(exported):
        run = export("export", "--non-strict")
    require_told(run, "STORAGE", 24)
    assert [] == list(exported.lake.glob("_quarantine/*/*"))


def test_no_space_after_the_commit(exported: Study) -> None:
    """The catalog cannot be built: the snapshot stands, and the message says so."""
    blocked = exported.root / "data" / "duckdb"
    blocked.write_text("a file where the folder would be")
    run = exported.export("--sync-duckdb")
    assert 24 == run.code, run
    assert run.says("lake:").startswith("snapshot 2 is committed and stands")
    assert () == exported.verified().problems


def test_a_lake_below_a_file(study: Study) -> None:
    study.lake.parent.parent.mkdir(exist_ok=True)
    study.lake.parent.write_text("not a folder")
    run = study.export()
    require_told(run, "STORAGE", 24)


@pytest.mark.parametrize("where", ["", "_runs", "_manifests", "objects/events/year=2026/month=03", "views", "latest"])
def test_a_folder_that_may_not_be_written(exported: Study, where: str) -> None:
    folder = exported.lake / where
    before = folder.stat().st_mode
    folder.chmod(0o555)
    try:
        published = exported.published()
        run = exported.export(before=disks.no_privileges)
        assert 24 == run.code, run
        if where in ("", "views", "latest"):  # what readers like, made after the commit
            assert run.says("lake:").startswith("this run's snapshot is committed and stands"), run
        else:
            require_told(run, "STORAGE", 24)
            assert published == exported.published()
    finally:
        folder.chmod(before)
    again = exported.export()
    assert 0 == again.code, again
    assert () == exported.verified().problems
    assert [] == exported.left_behind()


def test_a_read_only_disk(exported: Study, mounts: bool) -> None:
    """Where nobody may mount, the same with a folder that nobody may write."""
    with ExitStack() as stack, untouched(exported):
        if mounts:
            stack.enter_context(disks.read_only(exported.lake))
        else:
            exported.lake.chmod(0o555)
            stack.callback(exported.lake.chmod, 0o755)
        run = exported.export(before=disks.no_privileges)
    require_told(run, "STORAGE", 24)
    assert "cannot be written" in run.err


def test_the_folder_is_named_that_may_not_be_written(exported: Study) -> None:
    """Not a temporary file in it that was never made; and `sync` says what state the lake is in."""
    assert 0 == exported.run("sync").code
    folder = exported.root / "data/duckdb"
    for place in (folder, exported.lake):
        place.chmod(0o555)
    try:
        synced = exported.run("sync", before=disks.no_privileges)
        doctor = exported.run("doctor", before=disks.no_privileges)
    finally:
        for place in (folder, exported.lake):
            place.chmod(0o755)
    require_told(synced, "STORAGE", 24)
    assert synced.says("lake:").endswith("; the catalog is as it was")
    assert f"check the rights of {folder}" == synced.says("next:")
    assert f"check the rights of {exported.lake}\n" in doctor.out


def test_a_lake_that_may_not_be_read(exported: Study) -> None:
    """A query by somebody without rights is told so."""
    manifests = exported.lake / "_manifests"
    manifests.chmod(0o000)
    try:
        run = exported.run("query", "SELECT 1", before=disks.no_privileges)
    finally:
        manifests.chmod(0o755)
    assert 24 == run.code, run
    assert "Traceback" not in run.err


def test_somebody_elses_file_in_the_way(exported: Study, tmp_path: Path) -> None:
    """`current` that is a folder, not a link: the snapshot stands, and is not mixed into it."""
    (exported.lake / "current").unlink()
    (exported.lake / "current").mkdir()
    os.symlink(tmp_path, exported.lake / "current" / "theirs")
    run = exported.export()
    assert 24 == run.code, run
    assert run.says("lake:").startswith("this run's snapshot is committed and stands"), run
    assert (exported.lake / "current" / "theirs").is_symlink()
