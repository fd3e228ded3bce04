"""
The names that a project has, read from its files in a blink: what a shell completes arguments with.

Nothing is checked, opened or written; DuckDB, contracts and the database stay out of it. What cannot be read
has no names: whoever presses Tab over a broken parquetry.toml wants to type on, and the command says what is wrong.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import click
from click.shell_completion import CompletionItem

from parquetry.errors import ParquetryError

_FILE = "parquetry.toml"
_MANIFEST = re.compile(r"(\d{8})\.json")
_LARGEST = 8_000_000  # bytes; a larger manifest takes longer to read than anybody waits for a name
_LARGEST_FILE = 64_000  # bytes of parquetry.toml; tomllib takes seconds for a hostile one
_SHOWN = 50  # snapshots, the newest

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem[str]]]


class _Folder(NamedTuple):
    """A project folder and what its parquetry.toml declares."""

    root: Path
    declared: Mapping[str, Any]


def _completes(find: Callable[[_Folder], Iterable[tuple[str, str]]]) -> Complete:
    """*find* gives names with a word about each; here they become what click asks for."""

    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        folder = _found(context.find_root().params.get("project") or ".")
        given = context.params.get(parameter.name or "") or ()
        there = given if isinstance(given, tuple) else ()
        try:
            names = list(find(folder)) if folder else []
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError, ParquetryError):
            return []  # files of a person, or half of one: whatever is in them
        wanted = [(name, about) for name, about in names if name.startswith(incomplete) and name not in there]
        return [CompletionItem(name, help=about or None) for name, about in wanted if name.isprintable()]

    return complete


def folders(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """The shell's own completion of folders."""
    return [CompletionItem(incomplete, type="dir")]


def _found(start: str) -> _Folder | None:
    """The parquetry.toml that a command would find from *start*; one with mistakes declares nothing."""
    try:
        place = Path(start).expanduser().resolve()
        place = place.parent if place.is_file() else place
        above = (place, *place.parents) if place.is_dir() else ()
        root = next((p for p in above if (p / _FILE).is_file()), None)
    except (OSError, RuntimeError, ValueError):
        return None
    if root is None:
        return None
    try:
        text = (root / _FILE).read_bytes()[:_LARGEST_FILE].decode("utf-8-sig")
        return _Folder(root, tomllib.loads(text) if len(text) < _LARGEST_FILE else {})
    except (OSError, ValueError, RecursionError):
        return _Folder(root, {})


def _lake(folder: _Folder) -> Path:
    """Where the settings say that the lake is: `.env` and the environment count too."""
    from parquetry import settings  # half as long as the rest of the start; --help does without

    environment, file = dict(os.environ), folder.root / ".env"
    dotenv = settings.parse_dotenv(file.read_text(encoding="utf-8"), environment) if file.is_file() else None
    found = settings.read(folder.root, environment=environment, dotenv=dotenv, file=folder.declared)
    return found.lake_path


@_completes
def datasets(folder: _Folder) -> Iterable[tuple[str, str]]:
    """Datasets of parquetry.toml."""
    for name, table in folder.declared["datasets"].items():
        yield name, str(table.get("contract", ""))


@_completes
def contracts(folder: _Folder) -> Iterable[tuple[str, str]]:
    """Contracts that datasets of parquetry.toml name."""
    for table in folder.declared["datasets"].values():
        yield str(table["contract"]), ""


@_completes
def queries(folder: _Folder) -> Iterable[tuple[str, str]]:
    """Named queries: the files of ``queries/``."""
    for file in sorted((folder.root / "queries").glob("*.sql")):
        if file.stem != "macros" and file.is_file():
            yield file.stem, ""


@_completes
def studies(folder: _Folder) -> Iterable[tuple[str, str]]:
    """Studies: the files of ``studies/``."""
    for file in sorted((folder.root / "studies").glob("*.toml")):
        if file.is_file():
            yield file.stem, ""


@_completes
def snapshots(folder: _Folder) -> Iterable[tuple[str, str]]:
    """Snapshots of the lake: tags, then numbers, the newest first."""
    lake = _lake(folder)
    for tag in _tags(lake):
        yield f"tag:{tag}", ""
    for number in sorted(_numbers(lake), reverse=True)[:_SHOWN]:
        yield str(number), ""


@_completes
def tags(folder: _Folder) -> Iterable[tuple[str, str]]:
    """Tags that there are."""
    return ((tag, "") for tag in _tags(_lake(folder)))


@_completes
def columns(folder: _Folder) -> Iterable[tuple[str, str]]:
    """Published columns of the current snapshot, as ``dataset.column``."""
    lake = _lake(folder)
    newest = lake / "_manifests" / f"{max(_numbers(lake)):08d}.json"
    if newest.stat().st_size > _LARGEST:
        return
    for dataset, said in json.loads(newest.read_bytes())["datasets"].items():
        for column in said["columns"]:
            yield f"{dataset}.{column['name']}", str(column["type"])


def _numbers(lake: Path) -> list[int]:
    found = (_MANIFEST.fullmatch(name) for name in os.listdir(lake / "_manifests"))
    return [int(each[1]) for each in found if each]


def _tags(lake: Path) -> list[str]:
    return sorted(file.stem for file in (lake / "_tags").glob("*.json"))
