"""Tab in a real bash: the project's names arrive, quickly, and nothing ever fails into the prompt."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from parquetry.cli.commands import commands

BIN = Path(sys.executable).parent
TOML = """
[sources.app]
kind = "postgres"

[datasets.visits]
source = "app"
contract = "contracts.app:Visit"

[datasets.people]
source = "app"
contract = "contracts.app:Person"
"""
MANIFEST = (
    '{"datasets": {"people": {"columns": [{"name": "id", "type": "VARCHAR"}, {"name": "name", "type": "VARCHAR"}]}}}'
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project folder with two snapshots, as far as Tab looks."""
    root = tmp_path / "project"
    for name in ("queries", "studies", "data/lake/_manifests", "data/lake/_tags"):
        (root / name).mkdir(parents=True)
    (root / "parquetry.toml").write_text(TOML)
    for name in ("weekly", "daily", "macros"):
        (root / f"queries/{name}.sql").write_text("SELECT 1")
    (root / "studies/sleep.toml").write_text("")
    (root / "studies/sleep.registered.json").write_text("{}")
    (root / "data/lake/_manifests/00000001.json").write_text("{}")
    (root / "data/lake/_manifests/00000002.json").write_text(MANIFEST)
    (root / "data/lake/_tags/paper.json").write_text('{"snapshot": 1}')
    return root


def bash(script: str, at: Path, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PARQUETRY_")}
    return subprocess.run(
        ["bash", "--norc", "-c", script], cwd=at, capture_output=True, text=True, timeout=60, check=False,
        env={**clean, "PATH": f"{BIN}:{os.environ['PATH']}", **env},
    )  # fmt: skip


def completed(*lines: str, at: Path, **env: str) -> list[list[str]]:
    """What bash would offer at the end of each line. Nothing may be said beside it."""
    script = """
        eval "$(parquetry completion bash)"
        while IFS= read -r line; do
            COMP_LINE=$line COMP_POINT=${#line} COMPREPLY=()
            _parquetry_completion parquetry
            printf '%s\\t' "${COMPREPLY[@]}"
            echo
        done <<'END'
"""
    done = bash(script + "\n".join(lines) + "\nEND", at, **env)
    assert (0, "") == (done.returncode, done.stderr)
    offered = [[word for word in line.split("\t") if word] for line in done.stdout.splitlines()]
    assert len(lines) == len(offered)
    return offered


def test_names_of_the_project(folder: Path) -> None:
    expected = {
        "export ": ["visits", "people"],
        "export visits ": ["people"],
        "plan v": ["visits"],
        "query --name ": ["daily", "weekly"],
        "query --name we": ["weekly"],
        "diff ": ["tag:paper", "2", "1"],
        "diff 1 --dataset p": ["people"],
        "diff tag:": ["paper"],
        "sync --at=": ["tag:paper", "2", "1"],
        "sync --at=ta": ["tag:paper"],
        "why --column people.": ["people.id", "people.name"],
        "validate --contract ": ["contracts.app:Visit", "contracts.app:Person"],
        "validate --contract contracts.app:V": ["Visit"],
        "ex": ["export"],
        "snapshots ": ["list", "show", "tag"],
        "snapshots tag ": ["paper"],
    }
    assert list(expected.values()) == completed(*(f"parquetry {line}" for line in expected), at=folder)


def test_global_options_are_honoured_wherever_they_stand(folder: Path) -> None:
    there = ["tag:paper", "2", "1"]
    expected = {
        "diff ": [],
        f"-C {folder} diff ": there,
        f"diff -C {folder} 1 ": there,
        f"--project={folder} diff ": there,
        f"--json query --quiet -C {folder}/queries --name w": ["weekly"],
        f"-C {folder} study show ": ["sleep"],
        f"-C {folder} study register s": ["sleep"],
        "export --jso": ["--json", "--json-schema"],
        f"-C {folder}/nowhere export ": [],
    }
    assert list(expected.values()) == completed(*(f"parquetry {line}" for line in expected), at=folder.parent)


def test_the_lake_is_where_the_settings_say(folder: Path) -> None:
    (folder / "data/lake").rename(folder / "elsewhere")
    line = "parquetry snapshots show "
    assert [[]] == completed(line, at=folder)
    assert [["tag:paper", "2", "1"]] == completed(line, at=folder, PARQUETRY_LAKE_PATH=str(folder / "elsewhere"))
    (folder / ".env").write_text("PARQUETRY_LAKE_PATH=elsewhere\n")
    assert [["tag:paper", "2", "1"]] == completed(line, at=folder)


@pytest.mark.parametrize(
    "toml",
    [
        "[datasets",
        "datasets = 3",
        "[datasets]\nvisits = 1",
        "\x00",
        "lake = 1\n[datasets]",
        "[lake]\npath = 3",
        "a." * 99999,
    ],
)
def test_a_broken_project_has_no_names(folder: Path, toml: str) -> None:
    """No error in the prompt; what needs no parquetry.toml is still there."""
    (folder / "parquetry.toml").write_text(toml)
    offered = completed("parquetry export ", "parquetry query --name w", "parquetry gc --k", at=folder)
    assert [[], ["weekly"], ["--keep"]] == offered


def test_a_lake_that_is_damaged_or_not_there(folder: Path) -> None:
    (folder / "data/lake/_manifests/00000002.json").write_text("not JSON")
    (folder / "data/lake/_manifests/stray.txt").touch()
    lines = ("parquetry why --column ", "parquetry diff ")
    assert [[], ["tag:paper", "2", "1"]] == completed(*lines, at=folder)
    shutil.rmtree(folder / "data")
    assert [[], []] == completed(*lines, at=folder)
    (folder / "data").write_text("a file")
    assert [[], []] == completed(*lines, at=folder)


def test_hostile_names_are_quoted_and_run_nothing(folder: Path) -> None:
    """What stands in the line after Tab is one word, the name, whatever is in it."""
    names = ["two words", "a;touch owned", "$(touch owned)", "*", "a,b", "`x`", "it's", "back\\slash", "é"]
    for name in [*names, "new\nline", "\x1b[31m"]:
        (folder / "queries" / f"{name}.sql").write_text("SELECT 1")
    (offered,) = completed("parquetry query --name ", at=folder)
    script = "\n".join(f"printf '%s\\n' {word}" for word in offered)
    assert sorted([*names, "weekly", "daily"]) == sorted(bash(script, folder).stdout.splitlines())
    assert not (folder / "owned").exists()


def test_it_reads_and_nothing_else(folder: Path) -> None:
    """No file is made, and what makes commands slow is not imported."""
    before = sorted((path, path.stat().st_mtime_ns) for path in folder.rglob("*"))
    ask = (
        "import sys; from parquetry import cli\ntry: cli.main()\nexcept SystemExit: pass\n"
        "print([m for m in ('duckdb', 'pandera', 'polars', 'psycopg', 'rich', 'socket') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", ask], cwd=folder, capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "_PARQUETRY_COMPLETE": "bash_complete", "COMP_LINE": "parquetry diff "},
    )  # fmt: skip
    assert ("plain,tag:paper\nplain,2\nplain,1\n[]\n", "") == (done.stdout, done.stderr)
    assert before == sorted((path, path.stat().st_mtime_ns) for path in folder.rglob("*"))


@pytest.mark.parametrize(
    ("shell", "words", "cursor", "said"),
    [
        ("zsh", "parquetry diff tag:", "2", "plain\ntag:paper\n_\n"),
        ("zsh", "parquetry export v", "2", "plain\nvisits\ncontracts.app:Visit\n"),
        ("zsh", "parquetry sync --at=t", "2", "plain\n--at=tag:paper\n_\n"),
        ("fish", "parquetry diff tag:", "tag:", "plain,tag:paper\n"),
        ("fish", "parquetry query --name ", "", "plain,daily\nplain,weekly\n"),
        ("bash", "parquetry diff ", "2", ""),
        ("tcsh", "parquetry ", "1", ""),
    ],
)
def test_answers_to_each_shell(folder: Path, shell: str, words: str, cursor: str, said: str) -> None:
    """Whatever is asked, in or out of order: an answer or none, and no word on stderr."""
    done = bash("parquetry", folder, _PARQUETRY_COMPLETE=f"{shell}_complete", COMP_WORDS=words, COMP_CWORD=cursor)
    assert ("", said) == (done.stderr, done.stdout)


def test_files_and_folders_are_the_shells_own_business(folder: Path) -> None:
    expected = {
        "export -C ": "dir,",
        "-C da": "dir,da",
        "validate ev": "file,ev",
        "query -o ": "file,",
        "demo ": "dir,",
    }
    for line, said in expected.items():
        done = bash("parquetry", folder, _PARQUETRY_COMPLETE="bash_complete", COMP_LINE=f"parquetry {line}")
        assert (f"{said}\n", "") == (done.stdout, done.stderr), line


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_one_that_the_shell_can_read(folder: Path, shell: str) -> None:
    done = bash(f"parquetry completion {shell}", folder)
    assert (0, "") == (done.returncode, done.stderr)
    assert f"_PARQUETRY_COMPLETE={shell}_complete" in done.stdout
    if shutil.which(shell):
        assert 0 == subprocess.run([shell, "-n"], input=done.stdout, text=True, check=False, timeout=60).returncode


class _Terminal:
    """An interactive bash with readline, on a terminal of its own."""

    def __init__(self, at: Path) -> None:
        self.process, self._end = pty.fork()
        if self.process == 0:  # pragma: no cover - the child
            os.chdir(at)
            environment = {"PATH": f"{BIN}:{os.environ['PATH']}", "TERM": "dumb", "PS1": "ready> ", "HOME": str(at)}
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], environment)

    def type(self, text: str, until: str) -> str:
        """Type *text*; gives what was shown, up to *until*."""
        os.write(self._end, text.encode())
        shown, late = "", time.monotonic() + 30
        while not re.search(until, shown):
            assert time.monotonic() < late, shown
            if select.select([self._end], [], [], 1)[0]:
                shown += os.read(self._end, 4096).decode()
        return shown


@pytest.fixture
def terminal(folder: Path) -> Iterator[_Terminal]:
    opened = _Terminal(folder)
    yield opened
    os.write(opened._end, b"\x03exit\n")
    os.close(opened._end)
    os.waitpid(opened.process, 0)


def test_tab_on_a_terminal(terminal: _Terminal) -> None:
    """A word with a colon, which readline takes for two, becomes whole."""
    terminal.type("", "ready> ")
    terminal.type('eval "$(parquetry completion bash)"\n', "ready> $")
    terminal.type("echo [$(parquetry completion bash | wc -c)] \x15", "")
    terminal.type("parquetry diff tag:p\t", "tag:paper ")
    terminal.type("\x15parquetry sync --at=tag:p\t", "--at=tag:paper ")
    terminal.type("\x15parquetry query --name wee\t", "--name weekly ")


def _all(group: click.Command, name: str = "") -> Iterator[tuple[str, click.Command]]:
    for word, command in getattr(group, "commands", {}).items():
        yield f"{name} {word}".strip(), command
        yield from _all(command, f"{name} {word}")


def test_every_argument_that_takes_a_name_completes_it() -> None:
    """A new command's too: give its parameter `shell_complete=` one of cli/names.py."""
    named = {"SNAPSHOT", "DATASET.COLUMN", "MODULE:CLASS"}
    bare = [
        f"{name} {parameter.name}"
        for name, command in _all(commands)
        for parameter in command.params
        if (parameter.metavar in named or parameter.name in {"dataset", "datasets", "snapshot", "at"})
        and parameter._custom_shell_complete is None
    ]
    assert [] == bare
