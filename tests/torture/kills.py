"""
Exports of data that change all the time, killed with -9 at random moments spread over the whole run.

A moment is a phase, recognised by what the run has done to the lake's folder, and a random delay into
it: a clock alone would hardly ever hit the commit, which takes a few hundredths of the time.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parquetry.lake import Lake, snapshots
from parquetry.lake.verify import verify
from tests.faults.study import Ended, Study, ended

ROWS = {"events": 2000, "people": 50}
PHASES = ("start", "record", "staging", "rows", "publish", "link", "view", "current", "end")


@dataclass
class Killed:
    """What came of the kills: by phase, how many left the old snapshot and how many the new one."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __str__(self) -> str:
        return ", ".join(f"{phase} {what}: {n}" for (phase, what), n in sorted(self.outcomes.items(), key=self._order))

    @staticmethod
    def _order(item: tuple[tuple[str, str], int]) -> tuple[int, str]:
        return PHASES.index(item[0][0]), item[0][1]

    def count(self, what: str) -> int:
        return sum(n for (_, outcome), n in self.outcomes.items() if outcome == what)


def objects(lake: Path) -> int:
    return sum(len(files) for _, _, files in os.walk(lake / "objects"))


def signs(study: Study) -> dict[str, Callable[[], object]]:
    """For each phase, whether the run that begins now has reached it."""
    lake, newest = study.lake, snapshots.numbers(study.store)[-1]
    records, had, current = len(list((lake / "_runs").iterdir())), objects(lake), os.readlink(lake / "current")
    return {
        "start": lambda: True,
        "record": lambda: len(list((lake / "_runs").iterdir())) > records,
        "staging": lambda: any((lake / "_staging").iterdir()),
        "rows": lambda: any((lake / "_staging").glob("*/try*/*/*")),
        "publish": lambda: objects(lake) > had,
        "link": (lake / f"_manifests/{newest + 1:08d}.json").exists,
        "view": lambda: any(path.name.strip(".") == f"{newest + 1:08d}" for path in (lake / "views").iterdir()),
        "current": lambda: os.readlink(lake / "current") != current,
    }


def next_version(study: Study) -> None:
    """All data of one version more, in one transaction; older months of the events stay as they are."""
    study.execute(
        "begin; update people set version = version + 1; "
        "update events set version = version + 1 where at >= '2026-03-01'; commit"
    )


def begun(study: Study, *arguments: str) -> tuple[subprocess.Popen[str], dict[str, Callable[[], object]]]:
    reached = signs(study)
    return study.start("export", *arguments), reached


def reach(process: subprocess.Popen[str], reached: Callable[[], object]) -> bool:
    """Wait, busily, until the run is there; False if it ended before."""
    while not reached():
        if process.poll() is not None:
            return False
        time.sleep(0.0005)
    return True


def phase_lengths(study: Study, *arguments: str) -> dict[str, float]:
    """Seconds from each sign to the next, in one run that is left alone."""
    next_version(study)
    process, reached = begun(study, *arguments)
    began = {}
    for name, sign in reached.items():
        reach(process, sign)
        began[name] = time.monotonic()
    done = ended(process)
    assert 0 == done.code, done
    moments = [*began.values(), time.monotonic()]
    return {name: after - at for name, at, after in zip(began, moments, moments[1:], strict=False)}


def kill_once(study: Study, phase: str, delay: float, killed: Killed, *arguments: str) -> None:
    """One export, killed *delay* seconds into *phase*, and what it left held against the rules."""
    before = snapshots.numbers(study.store)[-1]
    process, reached = begun(study, *arguments)
    if reach(process, reached[phase]):
        time.sleep(delay)
    process.kill()
    done: Ended = ended(process)
    lake = Lake(study.lake)
    after = snapshots.numbers(study.store)
    assert after[-1] in (before, before + 1)
    finished = done.code == 0
    assert finished or done.code == -9, done
    killed.outcomes["end" if finished else phase, "new" if after[-1] > before else "old"] += 1
    source = version(study)
    published = lake.current().read("people")["version"].unique().to_list()
    assert published == [source] or after[-1] == before, (
        f"killed in {phase}: published {published}, the source has {source}"
    )
    problems = [p for p in verify(study.store).problems if p.path != "current"]
    assert [] == problems, f"killed in {phase}"


def version(study: Study) -> int:
    """Of the data in the database."""
    import psycopg

    with psycopg.connect(study.url) as admin:
        row = admin.execute("select max(version) from people").fetchone()
    assert row is not None
    return int(row[0])


@contextmanager
def reading(study: Study) -> Iterator[Callable[[], dict[str, Any]]]:
    """A reader beside it all; calling what this gives ends it and says what it saw."""
    reader = subprocess.Popen(
        [sys.executable, "-m", "tests.torture.reader", str(study.lake), json.dumps(ROWS)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip

    def saw() -> dict[str, Any]:
        out, err = reader.communicate(timeout=120)
        assert 0 == reader.returncode, err
        found: dict[str, Any] = json.loads(out)
        return found

    try:
        yield saw
    finally:
        if reader.poll() is None:
            reader.kill()
            reader.communicate()


def torture(study: Study, kills: int, seed: int) -> tuple[Killed, dict[str, Any]]:
    """
    Kill *kills* exports, changing the data before each, beside a reader; then let one finish.

    Every phase gets its share, in random order.
    """
    chance = random.Random(seed)
    killed = Killed()
    study.execute("update events set version = 0 where at < '2026-03-01'")
    assert 0 == study.export().code
    with reading(study) as saw:
        lengths = phase_lengths(study, "--sync-duckdb")
        names = [name for name in PHASES if name in lengths]
        phases = [names[i % len(names)] for i in range(kills)]
        chance.shuffle(phases)
        for phase in phases:
            next_version(study)
            kill_once(study, phase, chance.uniform(0, lengths[phase]), killed, "--sync-duckdb")
        next_version(study)
        done = study.export()
        assert 0 == done.code, done
        found = saw()
    return killed, found
