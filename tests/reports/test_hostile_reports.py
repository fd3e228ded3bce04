"""Whatever is wrong with a file: an error that names it, and the lake as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from parquetry import Lake, Project, Selection, export
from parquetry.errors import BadInput
from parquetry.formats.pattern import Pattern
from parquetry.project import Reports as Declared
from tests.formats import hostile_files
from tests.formats.hostile_files import Hostile
from tests.reports.conftest import Reports

PLAIN = """
[sources.reports]
kind = "files"
root = "g"

[datasets.plain]
source = "reports"
files = "report.csv"
contract = "contracts.ops:Plain"
"""

CONTRACT = """
from pandera.polars import DataFrameModel, Field


class Plain(DataFrameModel):
    a: str
    b: str = Field(nullable=True)
"""


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project over one file, whose form each test declares."""
    root = tmp_path_factory.mktemp("plain")
    (root / "parquetry.toml").write_text(PLAIN)
    (root / "contracts").mkdir()
    (root / "contracts/ops.py").write_text(CONTRACT)
    (root / "g").mkdir()
    return Project.open(root)


def _declared(project: Project, hostile: Hostile) -> Project:
    spec = project.datasets["plain"]
    return replace(
        project, datasets={"plain": replace(spec, reports=Declared(Pattern.of(hostile.file), hostile.shape))}
    )


@pytest.mark.parametrize("hostile", hostile_files.ALL, ids=lambda h: f"{h.file}: {h.name}")
def test_a_hostile_file_leaves_the_lake_as_it_was(hostile: Hostile, plain: Project) -> None:
    """After its healthy neighbour was published; strict or not, nothing of the hostile one is."""
    path = plain.root / "g" / hostile.file
    healthy = replace(hostile, shape=hostile_files.HEALTHY[hostile.shape.format][1])
    path.write_bytes(hostile.healthy)
    export(_declared(plain, healthy), Selection(full=True))
    lake = Lake(plain.settings.lake_path)
    before = lake.current().read("plain")
    path.write_bytes(hostile.data)
    with pytest.raises(hostile.error) as refused:
        export(_declared(plain, hostile), Selection())
    assert hostile.file in str(refused.value)
    assert refused.value.lake.startswith("unchanged")
    assert before.equals(lake.current().read("plain"))
    assert hostile.data == path.read_bytes()
    assert [] == list((plain.settings.lake_path / "_staging").iterdir())


def _while_it_is_read(reports: Reports, work: Callable[[], None]) -> threading.Thread:
    """Runs *work* once the file was hashed and is being read."""

    def watch() -> None:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            if list((reports.root / "data/lake/_staging").glob("*/try1/perf/000000*")):
                work()
                return
            time.sleep(0.0005)

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def _large(reports: Reports, rows: int = 200_000) -> Path:
    path = reports.file("daily/perf_20251028.csv")
    with path.open("w") as out:
        out.write("id,at,ms,hit,note\n")
        out.writelines(f"{n},2025-10-28T01:00:00Z,{n % 977}.5,true,{'x' * 40}\n" for n in range(rows))
    return path


def _append(path: Path) -> None:
    with path.open("a") as more:
        more.write("999999999,2025-10-28T01:00:00Z,1.5,true,\n")


def _overwrite(path: Path) -> None:
    """The same size, and the time of its last change put back."""
    facts = path.stat()
    with path.open("r+b") as same:
        same.seek(-3, os.SEEK_END)
        same.write(b"y")
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


@pytest.mark.parametrize("change", [_append, _overwrite, Path.unlink])
def test_a_file_that_changes_while_it_is_read(reports: Reports, change: Callable[[Path], None]) -> None:
    path = _large(reports)
    thread = _while_it_is_read(reports, lambda: change(path))
    with pytest.raises(BadInput, match=r"perf_20251028\.csv"):
        reports.load()
    thread.join()
    assert not (reports.root / "data/lake/_manifests").exists()


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_files_are_read(reports: Reports, sent: signal.Signals, code: int) -> None:
    """It is heard at once, the lake is as it was, and the next run has no more to do than this one had."""
    _large(reports)
    command = [sys.executable, "-m", "parquetry", "-C", str(reports.root), "export", "--historical"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as running:
        _while_it_is_read(reports, lambda: running.send_signal(sent)).join()
        _, told = running.communicate(timeout=60)
    assert code == running.returncode
    assert "unchanged" in told
    assert not (reports.root / "data/lake/_manifests").exists()
    assert 200_000 == reports.load().datasets[0].rows
