"""The commands for whoever writes a project folder: draft one, and compare two versions of a contract."""

from __future__ import annotations

import sys
from pathlib import Path

import click

import parquetry
from parquetry.cli import names
from parquetry.cli.door import Door
from parquetry.errors import Usage

_passes_door = click.make_pass_decorator(Door)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.option("--url", default="", metavar="URL", help="Of the database; env:NAME keeps it off the command line.")
@click.option("--prisma", type=click.Path(path_type=Path), metavar="FILE", help="A schema.prisma, or a folder of them.")
@click.option("--table", "tables", multiple=True, metavar="PATTERN", help="Only such tables: 'Behavioral*'.")
@_passes_door
def init(door: Door, folder: Path, url: str, prisma: Path | None, tables: tuple[str, ...]) -> None:
    """
    Draft a project folder from a database or a schema.prisma.

    In a folder that is a project already nothing is written: the differences are shown.

    \b
    Examples:
      parquetry init my-study --prisma prisma/schema.prisma
      parquetry init my-study --url env:DATABASE_URL --table 'Behavioral*'
    """
    door.result(parquetry.init(folder, url=url, schema=prisma, tables=tables))


@click.command("diff-contract")
@click.argument("before", shell_complete=names.contracts)
@click.argument("after", shell_complete=names.contracts)
@click.option("--markdown", is_flag=True, help="For a comment on a pull request.")
@click.option("--exit-code", "by_exit_code", is_flag=True, help="Exit with 12 if a change breaks anybody.")
@_passes_door
def diff_contract(door: Door, before: str, after: str, markdown: bool, by_exit_code: bool) -> None:
    """
    Say what changed between two contracts, and whom it breaks.

    Each is module:Class in the project, FILE.py:Class, or REVISION:module:Class as git has it.

    \b
    Examples:
      parquetry diff-contract main:contracts.research:BehavioralEvent contracts.research:BehavioralEvent
      parquetry diff-contract old/research.py:Event new/research.py:Event --markdown --exit-code
    """
    from parquetry.project import find  # brings DuckDB, which --help does without

    if door.json and markdown:
        raise Usage("--json and --markdown are two forms of the same; take one")
    files = all(name.rpartition(":")[0].endswith(".py") for name in (before, after))
    diff = parquetry.diff_contract(before, after, root="." if files else find(door.project).parent)
    door.result(diff, diff.markdown if markdown else None)
    sys.exit(diff.exit_code if by_exit_code else 0)
