"""The commands that answer: a study analysed, and the answer as a page."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

import parquetry
from parquetry.cli import names
from parquetry.cli.door import Door
from parquetry.cli.querying import at
from parquetry.cli.studying import opened

if TYPE_CHECKING:
    from parquetry.verbs.write_report import Drawing

F = TypeVar("F", bound=Callable[..., Any])
_passes_door = click.make_pass_decorator(Door)


def _asks(command: F) -> F:
    """The options by which a study is analysed."""
    for option in reversed((
        at,
        click.option(
            "--csv", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
            help="Take the rows from this file instead of the lake.",
        ),
        click.option(
            "--engine", type=click.Choice(["exact", "nuts"]), default="exact", show_default=True,
            help="Sample what is otherwise computed exactly (extra bayes; seconds to minutes).",
        ),
        click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of all that is drawn."),
        click.option("--causalpy", is_flag=True, help="Put CausalPy beside, where it is installed."),
    )):  # fmt: skip
        command = option(command)
    return command


@click.command()
@click.argument("name", shell_complete=names.studies)
@_asks
@_passes_door
def analyze(door: Door, /, name: str, **asked: Any) -> None:
    """
    Analyse a study: estimates with intervals, checks and other models, or the reasons for no answer.

    NAME is that of studies/NAME.toml, or such a file. It exits with 14 where it gives no answer.

    \b
    Examples:
      parquetry analyze spaced_retrieval
      parquetry analyze spaced_retrieval --at 1 --json
    """
    found = parquetry.analyze(opened(door, name), name, **asked)
    door.result(found)
    sys.exit(found.exit_code)


@click.command()
@click.argument("name", shell_complete=names.studies)
@_asks
@click.option(
    "--output", "-o", "folder", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
    help="Write there; by default into reports/ of the project.",
)  # fmt: skip
@click.option("--pdf", is_flag=True, help="Print the page, too, by a browser of the Chromium family.")
@click.option(
    "--figures", multiple=True, type=click.Choice(["svg", "png"]), help="Write each figure, too; may be given twice."
)
@click.option("--open", "shown", is_flag=True, help="Show the page in the browser.")
@_passes_door
def report(
    door: Door, /, name: str, folder: Path | None, pdf: bool, figures: tuple[Drawing, ...], shown: bool, **asked: Any
) -> None:
    """
    Analyse a study and write its report: one HTML page that needs nothing beside it, and the same as JSON.

    NAME is that of studies/NAME.toml, or such a file. It exits with 14 where it gives no answer; the page then
    says why.

    \b
    Examples:
      parquetry report spaced_retrieval
      parquetry report spaced_retrieval --figures svg --figures png
    """
    project = opened(door, name)
    target = folder or (project.root if project else Path()) / "reports"
    found = parquetry.analyze(project, name, **asked)
    written = parquetry.write_report(found, target, pdf=pdf, figures=figures)
    door.result(written)
    if shown:
        click.launch(str(written.page))
    sys.exit(written.exit_code)
