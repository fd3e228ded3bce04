"""
What a run was made with: the project's git commit, the versions of what ran, the options given.

It looks at the project folder and this process only; what was read stands in the manifest's
positions.
"""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

LIBRARIES = ("parquetry", "duckdb", "duckdb-extension-postgres-scanner", "psycopg", "pandera", "polars")


def record(project: Path, parameters: Mapping[str, Any], *, libraries: Sequence[str] = LIBRARIES) -> dict[str, Any]:
    """Plain JSON values: ``git``, ``versions`` of *libraries*, ``platform``, ``parameters``."""
    return {
        "git": git(project),
        "versions": {"python": platform.python_version(), **versions(libraries)},
        "platform": f"{platform.system()} {platform.machine()}",
        "parameters": dict(parameters),
    }


def versions(libraries: Sequence[str] = LIBRARIES) -> dict[str, str]:
    """Each library that shapes the result, by its distribution's name; one not installed is left out."""
    found = {}
    for name in libraries:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def git(folder: Path) -> dict[str, Any] | None:
    """
    The commit that *folder* is at, and whether files there differ from it.

    None outside a repository, in one without a commit, or where git is not installed.
    """
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None
    return {"commit": commit, "dirty": bool(_git(folder, "status", "--porcelain", "--", "."))}


def _git(folder: Path, *args: str) -> str | None:
    try:
        # No optional locks: a status for the record must not get in the way of the user's own git.
        done = subprocess.run(
            ["git", "--no-optional-locks", "-C", str(folder), *args],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
