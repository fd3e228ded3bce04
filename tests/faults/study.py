"""
A small project on a real server, the real command line on it, and what a failure may not touch.

Every run is a process of its own: an exit code and a message are worth what a shell sees of them.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from parquetry.lake.store import LocalStore
from parquetry.lake.verify import Verified, verify

PATIENCE_SECONDS = 120.0
"""For what happens within a second on an idle machine; a test never waits longer than it has to."""

PROJECT = """
[sources.app]
kind = "postgres"
url = "env:DATABASE_URL"

[datasets.events]
source = "app"
contract = "contracts.study:Event"
key = ["id"]
time = "at"

[datasets.people]
source = "app"
contract = "contracts.study:Person"
key = ["id"]
"""

CONTRACTS = '''
"""The promises of a small study."""

from pandera.polars import DataFrameModel, Field

from parquetry.contracts.rules import Moment


class Event(DataFrameModel):
    id: int
    at: Moment
    version: int = Field(ge=0)
    note: str

    class Config:
        strict = "filter"


class Person(DataFrameModel):
    id: int
    version: int = Field(ge=0)

    class Config:
        strict = "filter"
'''

TABLES = """
create table events (id int8 not null, at timestamp(3) not null, version int8 not null, note text not null);
create table people (id int8 not null, version int8 not null);
insert into events select i, timestamp '2026-01-01' + i * interval '1 hour', 1, 'n' || i
  from generate_series(0, 1999) i;
insert into people select i, 1 from generate_series(1, 50) i;
"""

_LINE = re.compile(r"error\[([A-Z_]+) (\d+)\]: .+")


@dataclass(frozen=True)
class Ended:
    """How a command ended: as a shell sees it, so that a death by signal is negative."""

    code: int
    out: str
    err: str
    seconds: float

    def __str__(self) -> str:
        return f"exit {self.code} after {self.seconds:.1f} s\n{self.out}\n{self.err}"

    def says(self, begins: str) -> str:
        """The rest of the first line on stderr that begins so; empty if there is none."""
        lines = (line.strip() for line in self.err.splitlines())
        return next((line.removeprefix(begins).strip() for line in lines if line.startswith(begins)), "")


@dataclass(frozen=True)
class Study:
    """A project folder below *root* whose source is the database at *url*."""

    root: Path
    url: str

    @property
    def lake(self) -> Path:
        return self.root / "data" / "lake"

    @property
    def store(self) -> LocalStore:
        return LocalStore(self.lake)

    def run(self, *arguments: str, **how: Any) -> Ended:
        """Run ``parquetry ARGUMENTS`` to its end; *how* is `start`'s."""
        return ended(self.start(*arguments, **how))

    def start(
        self,
        *arguments: str,
        module: Sequence[str] = ("parquetry",),
        before: Callable[[], None] | None = None,
        **env: object,
    ) -> subprocess.Popen[str]:
        """Begin ``parquetry ARGUMENTS``; *env* are settings, as ``retries=0``, or environment names in capitals."""
        return subprocess.Popen(
            [sys.executable, "-m", *module, *arguments, "--project", str(self.root)],
            env=environment(self.url, env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, preexec_fn=before, cwd=Path(__file__).parents[2],  # noqa: PLW1509  (two system calls)
        )  # fmt: skip

    def export(self, *arguments: str, **how: Any) -> Ended:
        return self.run("export", *arguments, **how)

    def published(self) -> dict[str, Any]:
        """What a failed run may not change: every manifest, and what `current` and `latest` point at."""
        links = [self.lake / "current", *sorted((self.lake / "latest").glob("*"))]
        return {
            **{path.name: path.read_bytes() for path in sorted((self.lake / "_manifests").glob("*"))},
            **{link.name: os.readlink(link) for link in links if link.is_symlink()},
        }

    def verified(self) -> Verified:
        return verify(self.store)

    def left_behind(self) -> list[str]:
        """Staging, and unfinished files of any kind."""
        staging = [*(self.lake / "_staging").glob("*")]
        hidden = [path for path in self.root.joinpath("data").rglob(".*") if not path.name.endswith(".built")]
        # Somebody else may be writing records and catalogs, so what a kill left of them is kept a minute.
        hidden = [path for path in hidden if path.parent.name not in ("_runs", "duckdb")]
        return sorted(str(path.relative_to(self.root)) for path in (*staging, *hidden))

    def rewrite(self, name: str, change: Callable[[str], str]) -> None:
        """Edit a file of the project."""
        path = self.root / name
        path.write_text(change(path.read_text()))

    def execute(self, *statements: str) -> None:
        """As the database's owner."""
        with psycopg.connect(self.url, autocommit=True) as admin:
            for statement in statements:
                admin.execute(statement.encode())

    def sessions(self) -> int:
        """How many of parquetry's sessions the server has, on any of its databases."""
        with psycopg.connect(self.url) as admin:
            row = admin.execute(
                "select count(*) from pg_stat_activity where application_name like 'parquetry/%'"
            ).fetchone()
        return int(row[0]) if row else 0


def environment(url: str, settings: Mapping[str, object]) -> dict[str, str]:
    """This process's, without what would speak to parquetry, plus *settings*."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith(("PARQUETRY_", "PG")) and not k.endswith("_URL")}
    named = {k if k.isupper() else f"PARQUETRY_{k.upper()}": str(v) for k, v in settings.items()}
    return {**ours, "DATABASE_URL": url, "PARQUETRY_RETRIES": "0", "PARQUETRY_LOCK_TIMEOUT_SECONDS": "120", **named}


def ended(process: subprocess.Popen[str], timeout: float = PATIENCE_SECONDS) -> Ended:
    """Wait for a command; one that hangs is killed, and its exit code says so."""
    began = time.monotonic()
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        err += f"\nstill running after {timeout} seconds"
    return Ended(process.returncode, out, err, time.monotonic() - began)


def made(
    folder: Path, url: str, project: str = PROJECT, contracts: str = CONTRACTS, template: Path | None = None
) -> Study:
    """A project folder; *template* spares compiling its contracts."""
    if template:
        shutil.copytree(template, folder)
    else:
        (folder / "contracts").mkdir(parents=True)
        (folder / "contracts" / "study.py").write_text(contracts)
        (folder / "parquetry.toml").write_text(project)
    return Study(folder, url)


def require_told(run: Ended, name: str, code: int) -> None:
    """The exit code, and a message that says what failed, what state the lake is in, and what to do next."""
    assert code == run.code, run
    head = _LINE.search(run.err)
    assert head, run
    assert (name, str(code)) == head.groups(), run
    for line in ("lake:", "next:"):
        assert run.says(line), f"no {line} in {run}"
    assert "Traceback" not in run.err, run
    assert "" == run.out, run


@contextmanager
def untouched(study: Study) -> Iterator[None]:
    """What happens within leaves the lake as it is: published files, a clean verify, nothing behind."""
    before = study.published()
    yield
    assert before == study.published()
    assert () == study.verified().problems
    assert [] == study.left_behind()


def eventually(true: Callable[[], object], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until something is so."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, f"not within {seconds:.0f} seconds: {what}"
        time.sleep(0.01)


def interrupt(process: subprocess.Popen[str], number: signal.Signals) -> None:
    process.send_signal(number)
