"""One bad name in a folder of reports: told, with what to do, and no other file's fate."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from parquetry import Selection, compact, doctor, plan
from parquetry.errors import BadInput, Integrity, InvalidData, ParquetryError, Unsafe
from parquetry.formats.content import opened
from parquetry.intake.selection import Selection as Selected
from tests.reports.conftest import Reports


def _loop(folder: Path) -> None:
    (folder / "perf_20251003.csv").symlink_to("perf_20251003.csv")


def _dangling(folder: Path) -> None:
    (folder / "perf_20251003.csv").symlink_to("nothing.csv")


def _folder(folder: Path) -> None:
    (folder / "perf_20251003.csv").mkdir()


def _no_day(folder: Path) -> None:
    (folder / "perf_20251099.csv").write_text("id\n")


def _outside(folder: Path) -> None:
    other = folder.parent.parent / "other.csv"
    other.write_text("id\n")
    (folder / "perf_20251003.csv").symlink_to(other)


@pytest.mark.parametrize(
    ("spoil", "kind", "says"),
    [
        (_loop, BadInput, "leads back to itself"),
        (_dangling, BadInput, "link to nothing"),
        (_folder, BadInput, "is a directory"),
        (_no_day, BadInput, "date that does not exist"),
        (_outside, Unsafe, "leads out of"),
    ],
)
def test_a_bad_name_stops_a_strict_run_and_hides_no_other_file(
    reports: Reports, spoil: Callable[[Path], None], kind: type[ParquetryError], says: str
) -> None:
    reports.days("2025-10-01", 2)
    spoil(reports.root / "g/daily")
    with pytest.raises(kind, match=says) as refused:
        reports.load()
    assert refused.value.next
    told = doctor(reports.project)
    assert says in str(told)
    loaded = reports.load(strict=False)
    assert 11 == loaded.exit_code
    assert 4 == loaded.datasets[0].rows
    assert says in "".join(loaded.datasets[0].set_aside)


def test_a_name_that_is_not_utf8(reports: Reports) -> None:
    """It is shown as bytes, in the plan, the error and the summary."""
    toml = reports.root / "parquetry.toml"
    toml.write_text(toml.read_text().replace("daily/perf_{date", "daily/*_{date"))
    reports.days("2025-10-01", 1)
    folder = reports.root / "g/daily"
    shutil.copy(folder / "perf_20251001.csv", folder / os.fsdecode(b"x\xff_20251002.csv"))
    shown = r"b'daily/x\xff_20251002.csv'"
    assert shown in str(plan(reports.project, Selected(historical=True)))
    with pytest.raises(BadInput) as refused:
        reports.load()
    assert shown in str(refused.value)
    loaded = reports.load(strict=False)
    assert (11, 2) == (loaded.exit_code, loaded.datasets[0].rows)
    assert shown in str(loaded).replace("\\\\", "\\")


def test_several_bad_names_are_told_together(reports: Reports) -> None:
    reports.days("2025-10-01", 1)
    _no_day(reports.root / "g/daily")
    _loop(reports.root / "g/daily")
    with pytest.raises(BadInput, match="2 of 3 files cannot be read") as refused:
        reports.load()
    assert 2 == len(refused.value.what)


def test_a_root_that_is_gone_is_told(reports: Reports) -> None:
    """An unmounted folder looks like one without news, if nobody says so."""
    reports.days("2025-10-01", 1)
    reports.load()
    shutil.rmtree(reports.root / "g")
    said = f"there is no folder {reports.root / 'g'}: is it mounted?"
    assert said in str(plan(reports.project, Selection()))
    assert said in str(reports.export())
    assert "there is no folder" in str(doctor(reports.project))


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a b.csv"
    path.write_text("id\n")
    with pytest.raises(BadInput, match="may not be read") as refused, opened(path, "a b.csv"):
        raise PermissionError(errno.EACCES, "Permission denied")  # root reads everything
    assert refused.value.next.startswith(f"chmod a+r '{path}'")


def test_broken_rows_are_named_by_file_and_line(reports: Reports) -> None:
    for day in ("2025-10-01", "2025-10-02"):
        reports.write(day, f"{day}T01:00:00Z,1,true,", f"{day}T02:00:00Z,-1,true,")
    with pytest.raises(InvalidData) as refused:
        reports.load()
    said = str(refused.value)
    assert "2025100101 (daily/perf_20251001.csv line 3): -1" in said
    assert "2025100201 (daily/perf_20251002.csv line 3): -1" in said


def test_what_was_not_checked_is_not_called_checked(reports: Reports) -> None:
    """Nor is a file that grew said to be smaller by a negative share."""
    reports.days("2025-10-01", 12)
    loaded = str(reports.load(validate=False))
    assert ", checked\n" not in loaded
    assert "in all" in loaded
    assert "(-" not in loaded
    assert ", checked" in str(reports.load(full=True))


@pytest.mark.parametrize("missing", [True, False])
def test_compacting_over_a_damaged_file(reports: Reports, missing: bool) -> None:
    reports.days("2025-10-01", 3)
    reports.load()
    before = reports.current.number
    file = next((reports.root / "data/lake").rglob("perf_20251002_*.parquet")).resolve()
    file.chmod(0o644)
    file.unlink() if missing else file.write_bytes(b"x" * file.stat().st_size)
    with pytest.raises(Integrity, match="is damaged"):
        compact(reports.project)
    assert before == reports.current.number


def test_days_of_nothing(reports: Reports) -> None:
    reports.days("2025-10-01", 1)
    with pytest.raises(ParquetryError) as refused:
        reports.export(days=0)
    assert "report files those of the latest day" in refused.value.next
