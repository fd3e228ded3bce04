"""`parquetry demo`: the main job as a newcomer sees it, twice."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from parquetry import Lake
from tests.cli.test_shell import run


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[subprocess.CompletedProcess[str]]]:
    """The folder, and what two runs said. The user's own settings must not lead the demo astray."""
    folder = tmp_path_factory.mktemp("demo")
    foreign = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "PARQUETRY_LAKE_PATH": str(folder / "elsewhere")}
    return folder / "study", [run("demo", "study", at=folder, env=foreign) for _ in range(2)]


def test_it_shows_every_step(demo: tuple[Path, list[subprocess.CompletedProcess[str]]]) -> None:
    first = demo[1][0]
    assert (0, "") == (first.returncode, "".join(re.findall("(?i)error.*|traceback.*", first.stderr)))
    for said in (
        "parquetry plan", "committed snapshot 1", "source 120,000 = published 120,000", "no problems",
        "The true effect, planted by the demo, is +6.0 points", "userId: 8 values", "What to try next",
    ):  # fmt: skip
        assert said in first.stdout


def test_the_naive_effect_is_near_the_stated_truth(demo: tuple[Path, list[subprocess.CompletedProcess[str]]]) -> None:
    """The query's figure is computed from the lake; the truth is what the generator planted."""
    said = re.search(r"all phases +[\d.]+ +[\d.]+ +([\d.]+)", demo[1][0].stdout)
    assert said
    assert 6.0 == pytest.approx(float(said[1]), abs=2.5)


def test_it_runs_again(demo: tuple[Path, list[subprocess.CompletedProcess[str]]]) -> None:
    """The same study, so nothing to commit; the folder is the user's by now."""
    folder, (_, again) = demo
    assert 0 == again.returncode, again.stderr
    assert "nothing has changed; the lake stays at snapshot 1" in again.stdout
    assert 120_000 == len(Lake(folder / "data/lake").current().read("behavioral_events"))
    assert not (folder.parent / "elsewhere").exists()


def test_its_last_words_work(demo: tuple[Path, list[subprocess.CompletedProcess[str]]]) -> None:
    """What it says to try next does what it says, the server being gone."""
    folder, (first, _) = demo
    lines = [line.strip() for line in first.stdout.partition("What to try next")[2].splitlines()]
    commands = [line for line in lines if line.startswith("parquetry ") and "--serve" not in line]
    assert 3 <= len(commands)
    for line in commands:
        done = subprocess.run(
            ["bash", "-c", line.replace("parquetry", f"{sys.executable} -m parquetry", 1)],
            cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert 0 == done.returncode, line + done.stderr
    (python,) = (line for line in lines if line.startswith("Lake("))
    done = subprocess.run(
        [sys.executable, "-c", f"from parquetry import Lake; print(len({python}))"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "120000\n" == done.stdout
