"""The command that helps to design a study: what it could show, told before it is run."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click

import parquetry
from parquetry.cli import names
from parquetry.cli.door import Door
from parquetry.cli.progress import SECONDS_BETWEEN_LINES
from parquetry.cli.querying import at
from parquetry.cli.studying import opened

Seen = Callable[[int, int], None]


def _numbers(context: click.Context, parameter: click.Parameter, value: str) -> tuple[int, ...]:
    """Whole numbers with commas between them."""
    try:
        found = tuple(int(each) for each in value.split(","))
    except ValueError:
        raise click.BadParameter(f"{value!r} is not whole numbers such as 30,60") from None
    if min(found) < 2:
        raise click.BadParameter(f"{min(found)} is less than 2")
    return found


@click.command()
@click.argument("name", shell_complete=names.studies)
@click.option("--days", callback=_numbers, default="30,60,120", show_default=True, help="Days in all, for each design.")
@click.option(
    "--phases",
    callback=_numbers,
    default="4,6",
    show_default=True,
    help="Phases of a reversal design; others have two.",
)
@click.option("--effect", type=float, help="Smallest effect of interest, instead of the study's.")
@click.option(
    "--simulations", type=click.IntRange(10, 100_000), default=200, show_default=True, help="Studies a design."
)
@click.option(
    "--seed", type=click.IntRange(0), help="Of the simulations and of the schedule. [default: 0, and one drawn]"
)
@click.option(
    "--start", type=click.DateTime(["%Y-%m-%d"]), help="First day of the schedule. [default: after the data, or today]"
)
@at
@click.option(
    "--csv",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Take the rows from this file instead of the lake.",
)
@click.pass_obj
def power(door: Door, /, name: str, start: datetime | None, **options: Any) -> None:
    """
    Simulate what a study could show, from the days before its treatment, and draw a schedule.

    \b
    Examples:
      parquetry study power spaced_retrieval --simulations 20 --phases 4
      parquetry study power spaced_retrieval --simulations 20 --days 56 --phases 4 --effect 3 --seed 7
    """
    with _progress(door) as seen:
        found = parquetry.power(opened(door, name), name, start=start.date() if start else None, seen=seen, **options)
    door.result(found)


@contextmanager
def _progress(door: Door) -> Iterator[Seen]:
    """On stderr: a bar on a terminal, a line every ten seconds elsewhere."""
    if door.quiet or door.json:
        yield lambda done, of: None
    elif sys.stderr.isatty():
        with click.progressbar(length=1, label="simulating", file=sys.stderr) as bar:
            yield lambda done, of: _moved(bar, done, of)
    else:
        yield _lines()


def _moved(bar: Any, done: int, of: int) -> None:
    bar.length = of
    bar.update(done - bar.pos)


def _lines() -> Seen:
    last = time.monotonic()

    def seen(done: int, of: int) -> None:
        nonlocal last
        if time.monotonic() - last >= SECONDS_BETWEEN_LINES:
            last = time.monotonic()
            click.echo(f"{done:,} of {of:,} studies simulated", err=True)

    return seen
