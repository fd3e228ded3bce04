"""The commands about studies: what is declared, and that it was declared before the answer was seen."""

from __future__ import annotations

from pathlib import Path

import click

import parquetry
from parquetry.cli import logs, names, querying
from parquetry.cli.door import Door

_FILE = "parquetry.toml"

_passes_door = click.make_pass_decorator(Door)


class _Group(click.Group):
    """Commands in the order of a person's work."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


def opened(door: Door, study: str = "") -> parquetry.Project | None:
    """The project; None where there is none and *study* is a file, which needs none."""
    here = Path.cwd()
    if study.endswith(".toml") and door.project == "." and not any((p / _FILE).exists() for p in (here, *here.parents)):
        return None
    project = parquetry.Project.open(door.project)
    logs.listen(project.settings.log_level, debug=door.debug)
    for warning in project.warnings:
        door.say(f"warning: {warning}")
    return project


@click.group(cls=_Group)
def study() -> None:
    """
    Studies: declared in studies/NAME.toml, registered before the answer is seen.

    \b
    Example:
      parquetry study list
    """


csv = click.option(
    "--csv", type=click.Path(path_type=Path), metavar="FILE", help="Rows come from this file instead of the lake."
)


@study.command("list")
@_passes_door
def study_list(door: Door) -> None:
    """
    The studies of the project, and whether they are registered.

    \b
    Example:
      parquetry study list
    """
    project = opened(door)
    assert project is not None
    door.result(parquetry.list_studies(project))


@study.command("show")
@click.argument("name", shell_complete=names.studies)
@querying.at
@csv
@_passes_door
def study_show(door: Door, name: str, at: str | None, csv: Path | None) -> None:
    """
    What a study declares, its registration, and its days so far: usable and missing, by phase.

    NAME is studies/NAME.toml, or a path that ends in .toml.

    \b
    Examples:
      parquetry study show spaced_retrieval
      parquetry study show spaced_retrieval --at tag:paper --json
    """
    door.result(parquetry.show_study(opened(door, name), name, at=at, csv=csv))


@study.command("register")
@click.argument("name", shell_complete=names.studies)
@csv
@_passes_door
def study_register(door: Door, name: str, csv: Path | None) -> None:
    """
    Freeze a study, before its answer is seen: studies/NAME.registered.json.

    From then on, what differs from it is listed in the study's report, and makes its answer exploratory.
    A registration is never overwritten.

    \b
    Example:
      parquetry study register spaced_retrieval
    """
    door.result(parquetry.register(opened(door, name), name, csv=csv))
