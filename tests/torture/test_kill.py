"""kill -9 at any moment of a real export, beside a reader: nothing lost, doubled, torn or mixed."""

from __future__ import annotations

import os
import random
import sys

import pytest

from parquetry.lake import Lake
from tests.faults.study import Study, eventually

from .kills import ROWS, Killed, torture, version


def survived(study: Study, kills: int, capsys: pytest.CaptureFixture[str]) -> Killed:
    seed = int(os.environ.get("SEED", random.randrange(10**6)))
    sys.stderr.write(f"SEED={seed}\n")  # shown where the test fails
    killed, found = torture(study, kills, seed)
    assert [] == found["wrong"], f"{killed}\n{found}"
    assert kills == killed.outcomes.total()
    assert () == study.verified().problems
    assert [] == study.left_behind()
    snapshot = Lake(study.lake).current()
    assert ROWS == {name: len(snapshot.read(name)) for name in ROWS}
    assert [version(study)] == snapshot.read("people")["version"].unique().to_list()
    eventually(lambda: not study.sessions(), "no session is left")
    with capsys.disabled():
        sys.stderr.write(
            f"\nSEED={seed} {kills} kills: {killed}; {found['reads']} reads of {found['versions']} versions\n"
        )
    return killed


def test_ten_kills(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    survived(study, 10, capsys)


@pytest.mark.torture
def test_two_hundred_kills(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    killed = survived(study, 200, capsys)
    assert killed.count("old") > 60
    assert killed.count("new") > 30
