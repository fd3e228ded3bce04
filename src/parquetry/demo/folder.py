"""
The example project's folder, copied for somebody to work in.

What lies there already is theirs: a second run adds what is missing and changes one line, the URL
that an earlier run wrote into ``.env``, because the embedded server's port is a new one each time.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from parquetry.errors import Storage

_OURS = "# written by parquetry demo, which replaces the next line"
_LEFT_OUT = {"__pycache__", "data", ".env", ".parquetry", ".mypy_cache", ".pytest_cache", ".ruff_cache"}


def project(folder: str | Path, url: str) -> Path:
    """
    Make *folder* a project that reads the database at *url*; gives back its resolved path.

    A file that exists is left as it is, changed or not. ``.env`` is readable by its owner alone; a
    ``DATABASE_URL`` in it that the demo did not write stays.

    Raises:
        Storage: The folder cannot be written.
    """
    root = Path(folder).expanduser().resolve()
    example = _example()
    try:
        for path in _files(example):
            target = root / path.relative_to(example)
            target.parent.mkdir(parents=True, exist_ok=True)
            if not os.path.lexists(target):
                shutil.copyfile(path, target)
        _write_env(root / ".env", url)
    except OSError as error:
        raise Storage(
            f"the project folder {root} cannot be written",
            what=f"{error.strerror or error} ({error.filename})",
            next="choose another folder: parquetry demo DIR",
        ) from error
    return root


def _example() -> Path:
    """In a wheel beside this file; in a checkout where people read it."""
    here = Path(__file__).resolve().parent
    packed = here / "self_tracker"
    return packed if packed.is_dir() else here.parents[2] / "examples" / "self-tracker"


def _files(folder: Path) -> Iterator[Path]:
    """The files below *folder* that are the example's, not traces of somebody having worked in it."""
    for path in sorted(folder.iterdir()):
        if path.name in _LEFT_OUT or path.name.endswith(".registered.json"):  # whose study is not this one
            continue
        if path.is_dir():
            yield from _files(path)
        else:
            yield path


def _write_env(path: Path, url: str) -> None:
    if path.is_symlink():  # somebody shares one .env between projects
        return
    lines = path.read_text().splitlines() if path.exists() else []
    line = f'DATABASE_URL="{url}"'
    if _OURS in lines:
        at = lines.index(_OURS)
        lines[at + 1 : at + 2] = [line]
    elif any(entry.removeprefix("export ").strip().startswith("DATABASE_URL") for entry in lines):
        return
    else:
        lines += [_OURS, line]
    # A new file put in place of the old: no moment with half a file, or with a password that others may read.
    handle, new = tempfile.mkstemp(dir=path.parent, prefix=".env.")
    try:
        with os.fdopen(handle, "w") as out:
            out.write("\n".join(lines) + "\n")
        os.replace(new, path)
    except BaseException:
        os.unlink(new)
        raise
