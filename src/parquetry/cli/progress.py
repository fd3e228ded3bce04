"""How far a run is: a bar on a terminal, one line every ten seconds elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from parquetry.cli.door import Door, colors

SECONDS_BETWEEN_LINES = 10


@contextmanager
def shown(door: Door) -> Iterator[Any]:
    """Gives the `Seen` that a verb calls as it goes."""
    if door.quiet or door.json:
        yield lambda *_: None
    elif sys.stderr.isatty():
        with _bar(color=door.color and colors(sys.stderr)) as seen:
            yield seen
    else:
        yield _Lines()


class _Lines:
    """For a log file: rarely, and each line whole."""

    def __init__(self) -> None:
        self.last = time.monotonic()

    def __call__(self, dataset: str, step: str, staged: int, rows: int) -> None:
        if time.monotonic() - self.last >= SECONDS_BETWEEN_LINES:
            self.last = time.monotonic()
            click.echo(f"{dataset}: {step}, {_amount(step, staged, rows)}", err=True)


def _amount(step: str, staged: int, rows: int) -> str:
    if step == "files":
        return f"{staged / 1e6:,.1f} of {rows / 1e6:,.1f} MB read"
    return f"{staged / 1e6:,.0f} MB written of {rows:,} rows"


@contextmanager
def _bar(*, color: bool) -> Iterator[Any]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<24}"),
        BarColumn(),
        TextColumn("{task.fields[amount]:>32}"),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True, no_color=not color)
    with Progress(*columns, console=console, transient=True) as progress:
        tasks: dict[str, Any] = {}

        def seen(dataset: str, step: str, staged: int, rows: int) -> None:
            if dataset not in tasks:
                tasks[dataset] = progress.add_task(dataset, total=None, amount="")
            done, total = {"check": (1, 1), "files": (staged, rows)}.get(step, (None, None))
            progress.update(
                tasks[dataset],
                description=f"{step} {dataset}",
                total=total,
                completed=done,
                amount=_amount(step, staged, rows),
            )

        yield seen
