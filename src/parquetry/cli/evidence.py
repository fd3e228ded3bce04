"""The commands that say what is so: what differs between snapshots, and whether this machine can do the job."""

from __future__ import annotations

import sys

import click

import parquetry
from parquetry.cli import logs, names
from parquetry.cli.door import Door

_passes_door = click.make_pass_decorator(Door)


def _opened(door: Door) -> parquetry.Project:
    project = parquetry.Project.open(door.project)
    logs.listen(project.settings.log_level, debug=door.debug)
    for warning in project.warnings:
        door.say(f"warning: {warning}")
    return project


@click.command()
@click.argument("before", shell_complete=names.snapshots)
@click.argument("after", required=False, shell_complete=names.snapshots)
@click.option(
    "--dataset", "datasets", multiple=True, metavar="NAME", help="Only this one; may be given again.",
    shell_complete=names.datasets,
)  # fmt: skip
@click.option("--rows", type=click.IntRange(min=0), default=0, metavar="N", help="Show up to N rows of each kind.")
@click.option("--no-queries", is_flag=True, help="Do not run the named queries.")
@click.option(
    "--exit-code", "by_exit_code", is_flag=True, help="Exit with 12 if columns differ, with 3 if only rows do."
)
@_passes_door
def diff(
    door: Door,
    before: str,
    after: str | None,
    datasets: tuple[str, ...],
    rows: int,
    no_queries: bool,
    by_exit_code: bool,
) -> None:
    """
    Say what differs between two snapshots: datasets, columns, rows, answers.

    Each is a number, tag:NAME, or a date or time, to its end in UTC; AFTER is the current snapshot by default.

    \b
    Examples:
      parquetry diff 1
      parquetry diff tag:paper 2 --dataset behavioral_events --rows 5
    """
    found = parquetry.diff(_opened(door), before, after, datasets=datasets, rows=rows, queries=not no_queries)
    door.result(found)
    sys.exit(found.exit_code if by_exit_code else 0)


@click.command()
@_passes_door
def doctor(door: Door) -> None:
    """
    Look at everything a run needs: server, rights, keys, lake, contracts.

    Nothing is changed. It exits with the code that a run would end with.

    \b
    Examples:
      parquetry doctor
      parquetry doctor --json
    """
    examined = parquetry.doctor(_opened(door))
    door.result(examined)
    sys.exit(examined.exit_code)


@click.command()
@click.argument("datasets", nargs=-1, shell_complete=names.datasets)
@click.option("--check", is_flag=True, help="Exit 15 if something is late, or the lake is larger than its limit.")
@_passes_door
def status(door: Door, datasets: tuple[str, ...], check: bool) -> None:
    """
    How fresh each dataset is against its declared rhythm, and how large the lake is.

    \b
    Examples:
      parquetry status
      parquetry status behavioral_events --check
    """
    found = parquetry.status(_opened(door), datasets)
    door.result(found)
    sys.exit(found.exit_code if check else 0)
