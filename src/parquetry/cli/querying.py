"""The commands that ask: SQL over a snapshot, and the DuckDB catalog for whoever asks elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

import parquetry
from parquetry.cli import logs, names
from parquetry.cli.door import Door
from parquetry.errors import Usage
from parquetry.scratch import sweep

FORMATS = ("table", "csv", "json", "parquet", "arrow")
MODES = ("view", "table", "live", "auto")
_TERMINAL = "-"

_passes_door = click.make_pass_decorator(Door)

at = click.option(
    "--at", metavar="SNAPSHOT", shell_complete=names.snapshots,
    help="A number, tag:NAME, or a date or time, to its end in UTC; the current snapshot by default.",
)  # fmt: skip


def _opened(door: Door) -> parquetry.Project:
    project = parquetry.Project.open(door.project)
    logs.listen(project.settings.log_level, debug=door.debug)
    for warning in project.warnings:
        door.say(f"warning: {warning}")
    for place in {project.root, Path.cwd()}:  # rows that a killed query left
        sweep(place)
    return project


@click.command()
@at
@click.option(
    "--mode", type=click.Choice(MODES),
    help="Views of the files, tables, live views of the source, or what measuring says; else [duckdb] mode.",
)  # fmt: skip
@_passes_door
def sync(door: Door, at: str | None, mode: str | None) -> None:
    """
    Build the DuckDB catalog over a snapshot.

    \b
    Examples:
      parquetry sync
      parquetry sync --at tag:paper
      parquetry sync --mode auto
    """
    door.result(parquetry.sync(_opened(door), at, mode=mode))


@click.command()
@click.argument("sql", required=False)
@click.option("--name", metavar="NAME", help="Run queries/NAME.sql instead.", shell_complete=names.queries)
@click.option("--param", "-p", "params", multiple=True, metavar="NAME=VALUE", help="The value of $NAME in the SQL.")
@click.option("--list", "listing", is_flag=True, help="Show the named queries, what they are for and what they need.")
@at
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option("--output", "-o", type=click.Path(path_type=Path), metavar="FILE", help="Write there instead of stdout.")
@click.option("--explain", is_flag=True, help="Show DuckDB's plan instead of running it.")
@click.option(
    "--compare", type=click.Choice(["postgres"]), help="Ask the source too: both times; exit 15 if answers differ."
)
@click.option(
    "--plot", is_flag=False, flag_value=_TERMINAL, metavar="[FILE]",
    help="A chart of the rows, the first column across: here, or in FILE.html or FILE.svg.",
)  # fmt: skip
@_passes_door
def query(
    door: Door,
    sql: str | None,
    name: str | None,
    params: tuple[str, ...],
    listing: bool,
    at: str | None,
    form: str,
    output: Path | None,
    explain: bool,
    compare: str | None,
    plot: str | None,
) -> None:
    """
    Run SQL over the datasets of a snapshot.

    research@41.events in the SQL means another snapshot, and so do research@tag:paper.events and
    research@2026-11-21.events.

    \b
    Examples:
      parquetry query 'SELECT count(*) FROM behavioral_events'
      parquetry query --name events_by_phase --format csv
      parquetry query --name user_timeline --param user=c0123456789abcdef01234567
      parquetry query --name daily_counts --plot
      parquetry query 'FROM behavioral_events' --format parquet -o events.parquet
    """
    if listing:
        from parquetry.verbs.query import listed  # beside the verb, which the front door imports late

        door.result(listed(_opened(door)))
        return
    if plot not in (None, _TERMINAL) and sql is None and name is None:  # --plot took the SQL for its file
        sql, plot = plot, _TERMINAL
    if (sql is None) == (name is None):
        raise Usage("give one query: SQL in quotes, or --name NAME", next="parquetry query --help")
    _require_one_form(explain, compare is not None, plot is not None, form != "table" or output is not None)
    if door.json and (form != "table" or output):
        raise Usage("--json prints the rows in its document; --format and --output are for the rows alone")
    project = _opened(door)
    given = _given(params)
    if name is not None:
        from parquetry.verbs.query import named  # beside the verb, which the front door imports late

        sql = named(project, name)
    if compare:
        from parquetry.verbs.compare_source import compare_source  # brings DuckDB, which --help does without

        compared = compare_source(project, sql or "", at=at, params=given)
        door.result(compared)
        sys.exit(compared.exit_code)
    from parquetry.cli import frames  # DuckDB, once there is a query to run

    if explain:
        frames.plan(door, project, sql or "", at, given)
    elif plot:
        frames.chart(door, project, sql or "", None if plot == _TERMINAL else Path(plot), at, given)
    else:
        frames.answer(door, project, sql or "", form, output, at, given)


def _require_one_form(*asked: bool) -> None:
    if sum(asked) > 1:
        raise Usage("--explain, --compare, --plot and --format or --output are different answers; take one")


def _given(params: Sequence[str]) -> dict[str, str]:
    if wrong := [pair for pair in params if "=" not in pair]:
        raise Usage(f"--param {wrong[0]}: NAME=VALUE")
    given = dict[str, str]()
    for name, _, value in (pair.partition("=") for pair in params):
        if name.strip().lower() in given:
            raise Usage(f"--param {name} is given twice")
        given[name.strip().lower()] = value
    return given
