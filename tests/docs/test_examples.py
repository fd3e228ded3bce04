"""Every command has examples in its help, and all of them work in the demo's project."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import psycopg
import pytest

from parquetry import demo
from parquetry.cli.commands import commands
from parquetry.demo.server import EmbeddedServer
from tests.console import console

ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith(("PARQUETRY_", "PG"))},
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
}


def _all(group: click.Command, name: str = "") -> Iterator[tuple[str, click.Command]]:
    for word, command in getattr(group, "commands", {}).items():
        yield f"{name} {word}".strip(), command
        yield from _all(command, f"{name} {word}")


def _examples(command: click.Command) -> list[str]:
    _, _, after = (command.help or "").replace("Examples:", "Example:").partition("Example:\n")
    return [line.strip() for line in after.partition("\n\n")[0].splitlines() if line.strip()]


EXAMPLES = {name: _examples(command) for name, command in _all(commands)}


def test_every_command_has_an_example_of_itself() -> None:
    """In its docstring, which is its help: a line `Examples:` after a line `\\b`, then one command a line."""
    assert [] == [name for name, lines in EXAMPLES.items() if not any(f"parquetry {name}" in line for line in lines)]


@pytest.fixture
def study(server: EmbeddedServer, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the examples speak of: the demo's project with two snapshots, one of them tagged, in a git repository."""
    demo.load(database, events=10_000)
    root = demo.project(tmp_path / "study", database)
    (root / "prisma").mkdir()
    shutil.copy(root / "schema.prisma", root / "prisma")
    for folder in ("old", "new"):
        (root / folder).mkdir()
        text = (root / "contracts/research.py").read_text()
        (root / folder / "research.py").write_text(f"{text}\n\nEvent = BehavioralEvent\n")
    for line in ("init -q -b main", "add contracts parquetry.toml", "-c user.name=x -c user.email=x@x commit -qm x"):
        subprocess.run(["git", "-C", str(root), *line.split()], check=True, capture_output=True)
    monkeypatch.chdir(root)
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("LOG_LEVEL", "error")
    with console() as run:
        assert 0 == run("export", "--quiet")
        with psycopg.connect(database) as app:
            app.execute("""delete from "BehavioralEvent" where id in (select id from "BehavioralEvent" limit 3)""")
        assert 0 == run("export", "--quiet")
        assert 0 == run("snapshots", "tag", "paper", "1", "--quiet")
        some = "FROM behavioral_events LIMIT 10"
        assert 0 == run("query", some, "--format", "csv", "--output", "events.csv", "--quiet")
    return root


def test_every_example_works(study: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """As it stands in the help and in the reference, one after the other, but those of the demo, which has a test."""
    failed, ran = [], 0
    with console() as run:
        for line in (line for name, lines in EXAMPLES.items() if name != "demo" for line in lines):
            code = run(*shlex.split(line)[1:]) if line.startswith("parquetry ") else _in_bash(line, study)
            said = capfd.readouterr()
            failed += [f"{line}: {code}\n{said.err}"] if code else []
            ran += 1
    assert [] == failed
    assert ran > 2 * len(EXAMPLES) - 10


def _in_bash(line: str, at: Path) -> int:
    return subprocess.run(["bash", "-e", "-c", line], cwd=at, env=ENVIRONMENT, check=False, timeout=60).returncode


def test_the_examples_of_the_demo(tmp_path: Path) -> None:
    """With fewer events; what keeps a server running is ended as a person would."""
    started = [
        subprocess.Popen(
            [*shlex.split(line), "--events", "10000"], cwd=tmp_path, env=ENVIRONMENT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        for line in EXAMPLES["demo"]
    ]  # fmt: skip
    for line, process in zip(EXAMPLES["demo"], started, strict=True):
        assert process.stdout
        if "--serve" in line:
            late = time.monotonic() + 120
            while "until Ctrl-C" not in process.stdout.readline():
                assert process.poll() is None, line
                assert time.monotonic() < late, line
            process.send_signal(signal.SIGINT)
        told, _ = process.communicate(timeout=120)
        assert 0 == process.returncode, line + told
