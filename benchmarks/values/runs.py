"""A tool over many tables: which of them it refused, and with what words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.values.proof import DATASET, Column, model

from benchmarks.measure import Failed, last_words, measured
from benchmarks.tools import Tool
from benchmarks.values.tables import Table

ROOT = Path(__file__).resolve().parents[2]
_LIMIT_SECONDS = 900


def refused(tool: Tool, peers: Path, url: str, tables: Mapping[str, Table], folder: Path) -> dict[str, str]:
    """
    Let *tool* write each table into ``folder/NAME``.

    Returns:
        What it said of those that it did not write.
    """
    folder.mkdir(parents=True)
    if not tables:
        return {}
    if tool.ours:
        return _parquetry(url, tables, folder)
    return _alone(tool, peers, url, tables, folder) if tool.alone else _together(tool, peers, url, tables, folder)


def _together(tool: Tool, peers: Path, url: str, tables: Mapping[str, Table], folder: Path) -> dict[str, str]:
    """In one process, and one more after each table that it did not survive."""
    left, said = list(tables), dict[str, str]()
    while left:
        command = [str(peers), "-m", "benchmarks.tools.each", tool.module, url, str(folder)]
        try:
            done = subprocess.run(
                command, cwd=ROOT, input="\n".join(left), capture_output=True, text=True, check=False,
                timeout=_LIMIT_SECONDS,
            )  # fmt: skip
            ended = f"the process ended with code {done.returncode}"
            unbegun = last_words(done.stderr)
        except subprocess.TimeoutExpired:
            ended, unbegun = "it did not end", ""
        answers = folder / "answers"
        if not answers.exists():  # not even the first was begun
            return dict.fromkeys(tables, unbegun or ended)
        for line in answers.read_text().splitlines():
            table, words = json.loads(line)
            said[table] = ended if words is None else words
        left = [table for table in left if table not in said]
    return {table: words for table, words in said.items() if words}


def _alone(tool: Tool, peers: Path, url: str, tables: Mapping[str, Table], folder: Path) -> dict[str, str]:
    """A process for each table."""
    said = {}
    for table in tables:
        (folder / table).mkdir()
        try:
            measured(tool.command(peers, url, table, folder / table), cwd=ROOT, env={}, server=os.getpid(), settle=0)
        except Failed as error:
            said[table] = str(error)
    return said


def _parquetry(url: str, tables: Mapping[str, Table], folder: Path) -> dict[str, str]:
    """
    One run for all, from a project with a contract for each: native where the page of types says so, otherwise text.

    If it publishes nothing, one run for each.
    """
    project = folder / "project"
    (project / "contracts").mkdir(parents=True)
    (project / "contracts/__init__.py").touch()
    toml = ['[sources.app]\nkind = "postgres"\nurl = "env:DATABASE_URL"\n']
    for name, table in tables.items():
        column = Column(table.type, (), table.native or "VARCHAR")
        (project / f"contracts/{name}.py").write_text(model(name, {"v": column}))
        toml.append(DATASET.format(name=name, table=name, module=name))
    (project / "parquetry.toml").write_text("\n".join(toml))
    if not (words := _export(project, url, [])):
        said = {}
    elif len(tables) > 1:
        said = {name: words for name in tables if (words := _export(project, url, [name]))}
    else:
        said = dict.fromkeys(tables, words)
    for name in tables:
        if name not in said:
            (folder / name).symlink_to((project / f"data/lake/current/{name}").resolve())
    return said


def _export(project: Path, url: str, names: Sequence[str]) -> str:
    """Nothing, or why it failed."""
    try:
        measured(
            [sys.executable, "-m", "parquetry", "export", *names], cwd=project, env={"DATABASE_URL": url},
            server=os.getpid(), settle=0,
        )  # fmt: skip
    except Failed as error:
        return str(error)
    return ""
