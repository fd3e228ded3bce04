"""The example's folder in a place of its own, used from the command line."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack, chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from tests.console import console

EXAMPLE = Path(__file__).parents[2] / "examples" / "ops-reports"


class Folder:
    """A copy of the example, and what its commands print."""

    def __init__(self, root: Path) -> None:
        ignored = shutil.ignore_patterns("data", "g", ".parquetry", "__pycache__")
        shutil.copytree(EXAMPLE, root, ignore=ignored)
        self.root, self.reports = root, root / "g/reports"
        self.lake, self.catalog = root / "data/lake", root / "data/duckdb/analytics.duckdb"
        self.printed = self.said = ""

    def generate(self, *options: str) -> None:
        """The reports of generate.py, which is run as a program."""
        subprocess.run(
            [sys.executable, "generate.py", "g/reports", *options], cwd=self.root, check=True, stdout=subprocess.DEVNULL
        )

    def run(self, *words: str) -> int:
        """The exit code; what it printed is *said* afterwards."""
        out, err = io.StringIO(), io.StringIO()
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PARQUETRY_", "DATABASE_URL"))}
        with ExitStack() as there:
            there.enter_context(chdir(self.root))
            there.enter_context(mock.patch.dict(os.environ, environment, clear=True))
            there.enter_context(redirect_stdout(out))
            there.enter_context(redirect_stderr(err))
            code = there.enter_context(console())(*words)
        self.printed, self.said = out.getvalue(), out.getvalue() + err.getvalue()
        return code

    def told(self, *words: str, code: int = 0) -> Any:
        """The document that a command prints."""
        assert code == self.run(*words, "--json"), self.said
        return json.loads(self.printed)

    def export(self, *words: str, code: int = 0) -> dict[str, Any]:
        """Each dataset of an export's summary, by name."""
        return {dataset["name"]: dataset for dataset in self.told("export", *words, code=code)["datasets"]}

    def ask(self, name: str, **params: object) -> list[dict[str, Any]]:
        """The rows of a named query."""
        given = [word for key, value in params.items() for word in ("--param", f"{key}={value}")]
        rows: list[dict[str, Any]] = self.told("query", "--name", name, *given)["rows"]
        return rows

    def sql(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of any query."""
        return [tuple(row.values()) for row in self.told("query", sql)["rows"]]


def year(folder: Folder, *options: str) -> Mapping[str, Any]:
    """Generate, export everything, and make the catalog; gives the export's datasets."""
    folder.generate(*options)
    return folder.export("--historical", "--sync-duckdb", code=11)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Forty days of small reports, published."""
    made = Folder(tmp_path_factory.mktemp("ops") / "ops-reports")
    year(made, "--days", "40", "--rows", "60")
    return made
