"""A query's rows in the form that was asked for, on stdout or in a file."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path

from parquetry.cli import plots
from parquetry.cli.door import Door
from parquetry.errors import Usage, stopped_by
from parquetry.lake.store import translating
from parquetry.project import Project
from parquetry.scratch import scratch
from parquetry.text import counted
from parquetry.verbs.query import Queried, Saved, explain, query, save

Reference = int | str | date | None
Given = Mapping[str, str]


def answer(
    door: Door, project: Project, sql: str, form: str, output: Path | None, at: Reference, params: Given
) -> None:
    """
    Run *sql* and print or save what it gives.

    Raises:
        Usage: Bytes for a terminal.
        Storage: *output* cannot be written.
    """
    if form in ("parquet", "arrow") and output is None and sys.stdout.isatty():
        raise Usage(f"{form} is not for a terminal", next="add -o FILE, or pipe it")
    if door.json or form == "table":
        result = query(project, sql, at=at, printed=True, params=params)
        if door.json or output is None:
            door.result(result)
        else:
            with translating(output):
                output.write_text(f"{result}\n", encoding="utf-8")
        _close(door, result)
    else:
        _close(door, _streamed(project, sql, form, output, at, params))


def plan(door: Door, project: Project, sql: str, at: Reference, params: Given) -> None:
    """Print how DuckDB would run *sql*."""
    door.result(explain(project, sql, at=at, params=params))


def chart(door: Door, project: Project, sql: str, file: Path | None, at: Reference, params: Given) -> None:
    """
    Draw what *sql* gives: on the terminal, or into *file*, an ``.html`` or an ``.svg``.

    Raises:
        Usage: It is neither, or there is nothing to draw.
        Storage: *file* cannot be written.
    """
    if file is not None and file.suffix not in plots.FILES:
        raise Usage(f"{file} is neither .html nor .svg", next="--plot chart.html, or --plot alone for the terminal")
    result = query(project, sql, at=at, params=params)
    series = plots.series(result.frame)
    if file is None:
        width = shutil.get_terminal_size().columns
        door.result({"snapshot": result.snapshot, **plots.as_json(series)}, plots.on_terminal(series, width))
    else:
        with translating(file):
            file.write_text(plots.in_file(series, file.suffix), encoding="utf-8")
        door.result({"snapshot": result.snapshot, "file": str(file)}, f"{file}")
    _close(door, result)


def _close(door: Door, result: Queried | Saved) -> None:
    rows = len(result.frame) if isinstance(result, Queried) else result.rows
    of = f"snapshot {result.snapshot}" if result.of_snapshot else "of no dataset"
    door.say(f"{of}, {counted(rows, 'row')}, {result.seconds * 1000:.1f} ms")


def _streamed(
    project: Project, sql: str, form: str, output: Path | None, at: Reference, params: Given
) -> Queried | Saved:
    """By way of a file, whole before anybody sees it: DuckDB would cut a pipe, and Parquet needs to seek."""
    with _aside(output, form) as unfinished:
        result: Queried | Saved
        if form == "arrow":
            result = queried = query(project, sql, at=at, params=params)
            with translating(unfinished):
                queried.frame.write_ipc_stream(unfinished)
        else:
            result = save(project, sql, unfinished, form, at=at, params=params)
        _handed_over(unfinished, output)
    return result


@contextmanager
def _aside(output: Path | None, form: str) -> Iterator[Path]:
    """A file on the way to *output*: beside it, where it can be moved in one step."""
    if output and output.is_dir():
        raise Usage(f"{output} is a folder", next=f"-o {output}/rows.{form}")
    place = output.resolve().parent if output and not _device(output) else None
    if place and not place.is_dir():
        raise Usage(f"there is no folder {place}")
    before = _identity(output)
    with ExitStack() as stack:
        with translating(place or Path(tempfile.gettempdir())):
            unfinished = stack.enter_context(scratch(place)) / "rows"
        try:
            yield unfinished
        except BaseException as error:
            if place and _identity(output) == before:
                stopped_by(error).add_note(f"file:  {output} is as it was")
            raise


def _identity(path: Path | None) -> int | None:
    return path.stat().st_ino if path and path.exists() else None


def _handed_over(unfinished: Path, output: Path | None) -> None:
    if output and not _device(output):
        with translating(output):
            unfinished.replace(output.resolve())  # a link stays one
        return
    with unfinished.open("rb") as rows:
        if output is None:
            shutil.copyfileobj(rows, sys.stdout.buffer)
            sys.stdout.buffer.flush()
            return
        with translating(output), output.open("wb") as device:
            shutil.copyfileobj(rows, device)


def _device(path: Path) -> bool:
    """Whether it is written into and never replaced: /dev/null, a pipe with a name, a file behind /dev/stdout."""
    return path.exists() and (not path.is_file() or Path("/dev") in path.absolute().parents)
