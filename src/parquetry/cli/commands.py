"""
The commands: each parses its options, calls a verb, and hands the result to the door.

Verbs are named through the package's front door, which imports them when they are called.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

import parquetry
from parquetry.cli import (
    analyzing,
    authoring,
    completion,
    designing,
    evidence,
    logs,
    names,
    progress,
    querying,
    studying,
)
from parquetry.cli.door import Door
from parquetry.cli.selecting import selection, selects
from parquetry.errors import Attention, Storage, Usage
from parquetry.text import table

_passes_door = click.make_pass_decorator(Door)


class _Group(click.Group):
    """Commands in the order of a person's work, not of the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(
    cls=_Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Global options work anywhere in the line. Exit codes 30 to 39 may be tried again: that is always safe.",
)
@click.option(
    "--project", "-C", default=".", metavar="DIR", help="The project folder, or one inside it.",
    shell_complete=names.folders,
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.option("--json-schema", is_flag=True, help="Show the JSON Schema of that document instead.")
@click.option("--quiet", "-q", is_flag=True, help="No summary and no progress.")
@click.option("--debug", is_flag=True, help="Show tracebacks and every event.")
@click.option("--no-color", is_flag=True, help="No colour; so does NO_COLOR.")
@click.version_option(package_name="parquetry", message="parquetry %(version)s")
@click.pass_obj
def commands(
    door: Door, project: str, as_json: bool, json_schema: bool, quiet: bool, debug: bool, no_color: bool
) -> None:
    """A consistent snapshot of PostgreSQL, checked row by row, published as immutable Parquet."""
    door.project, door.json, door.quiet, door.debug, door.color = project, as_json, quiet, debug, not no_color
    context = click.get_current_context()
    door.command = context.invoked_subcommand or ""
    if json_schema:
        from parquetry.cli import documents  # brings every verb, and with them DuckDB

        click.echo(json.dumps(documents.schema(door.command), indent=2, ensure_ascii=False))
        context.exit()


def _opened(door: Door, **flags: Any) -> parquetry.Project:
    project = parquetry.Project.open(door.project, **flags)
    logs.listen(project.settings.log_level, debug=door.debug)
    for warning in project.warnings:
        door.say(f"warning: {warning}")
    return project


def _lake(door: Door) -> parquetry.Lake:
    """The project's lake, with `current` mended if a killed run left it behind."""
    lake = parquetry.Lake(_opened(door).settings.lake_path)
    lake.mend()
    return lake


commands.add_command(authoring.init)
commands.add_command(evidence.doctor)


@commands.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default="parquetry-demo")
@click.option("--events", type=click.IntRange(min=10_000), default=120_000, show_default=True, help="Events to plant.")
@click.option("--serve", is_flag=True, help="Keep the server running afterwards, until Ctrl-C.")
@_passes_door
def demo(door: Door, folder: Path, events: int, serve: bool) -> None:
    """
    Show the main job on an embedded PostgreSQL with a study whose truth is known.

    \b
    Examples:
      parquetry demo
      parquetry demo my-study --serve
    """
    from parquetry.cli.tour import tour  # the embedded server is an extra, which need not be installed

    tour(door, folder, events=events, serve=serve)


@commands.command()
@selects
@click.option("--detailed-exitcode", is_flag=True, help="Exit 15 unless it is proved that nothing would be read.")
@_passes_door
def plan(door: Door, /, accept_drift: bool, detailed_exitcode: bool, **select: Any) -> None:
    """
    Say what an export would read, replace and keep.

    \b
    Examples:
      parquetry plan
      parquetry plan behavioral_events --days 30
    """
    planned = parquetry.plan(_opened(door), selection(**select), accept_drift=accept_drift)
    door.result(planned)
    sys.exit(Attention.exit_code if detailed_exitcode and not planned.unchanged else 0)


@commands.command()
@selects
@click.option("--non-strict", is_flag=True, help="Set rows that break a rule aside and publish the rest (exit 11).")
@click.option("--no-validate", is_flag=True, help="Check nothing. For debugging; the manifest says so.")
@click.option("--compression", type=click.Choice(["zstd", "snappy", "gzip", "none"]), help="Of the Parquet files.")
@click.option("--sync-duckdb", is_flag=True, help="Build the DuckDB catalog afterwards.")
@click.option("--dry-run", is_flag=True, help="Only say what was found and what would be written, as plan does.")
@_passes_door
def export(
    door: Door,
    /,
    dry_run: bool,
    non_strict: bool,
    no_validate: bool,
    compression: str | None,
    sync_duckdb: bool,
    accept_drift: bool,
    **select: Any,
) -> None:
    """
    Read datasets, check every row, publish the next snapshot.

    \b
    Examples:
      parquetry export
      parquetry export --days 30 --sync-duckdb
      parquetry export behavioral_events --user-id c0123456789abcdef01234567 --as one_user
      parquetry export --dry-run
    """
    if non_strict and no_validate:
        raise Usage("--non-strict and --no-validate contradict each other: nothing is set aside unchecked")
    project = _opened(door, compression=compression)
    if dry_run:
        door.result(parquetry.plan(project, selection(**select), accept_drift=accept_drift))
        return
    options = parquetry.Options(
        strict=not non_strict, validate=not no_validate, accept_drift=accept_drift,
        compression=project.settings.compression,  # type: ignore[arg-type]
    )  # fmt: skip
    with progress.shown(door) as seen:
        exported = parquetry.export(project, selection(**select), options=options, sync=sync_duckdb, seen=seen)
    door.result(exported)
    if exported.sync_error and not door.json:
        door.failed(exported.sync_error)
    sys.exit(exported.exit_code)


@commands.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--contract", required=True, metavar="MODULE:CLASS", help="Such as contracts.research:BehavioralEvent.",
    shell_complete=names.contracts,
)  # fmt: skip
@click.option("--key", multiple=True, metavar="COLUMN", help="A column that is unique, with others that are named.")
@click.option("--junit", type=click.Path(path_type=Path), metavar="FILE", help="Write a JUnit report as well.")
@_passes_door
def validate(door: Door, file: Path, contract: str, key: tuple[str, ...], junit: Path | None) -> None:
    """
    Hold one Parquet or CSV file against a contract.

    \b
    Example:
      parquetry validate events.csv --contract contracts.research:BehavioralEvent --key id
    """
    validated = parquetry.validate(file, contract, root=Path(door.project), key=key)
    if junit:
        try:
            junit.write_bytes(validated.junit())
        except OSError as error:
            raise Storage(f"{junit} cannot be written", what=str(error.strerror)) from error
    door.result(validated)
    sys.exit(validated.exit_code)


commands.add_command(authoring.diff_contract)


commands.add_command(querying.sync)
commands.add_command(querying.query)
commands.add_command(studying.study)
commands.add_command(analyzing.analyze)
commands.add_command(analyzing.report)
studying.study.add_command(designing.power)


@commands.group(invoke_without_command=True)
@click.pass_context
def snapshots(context: click.Context) -> None:
    """
    List, show and tag snapshots.

    \b
    Example:
      parquetry snapshots
    """
    if context.invoked_subcommand is None:
        context.invoke(snapshots_list)


@snapshots.command("list")
@_passes_door
def snapshots_list(door: Door) -> None:
    """
    All snapshots, the newest last.

    \b
    Example:
      parquetry snapshots list --json
    """
    lake = _lake(door)
    document = {"snapshots": [s.as_json() for s in lake.snapshots()] if door.json else [], "tags": lake.tags}
    door.result(document, lake)


@snapshots.command("show")
@click.argument("snapshot", required=False, shell_complete=names.snapshots)
@_passes_door
def snapshots_show(door: Door, snapshot: str | None) -> None:
    """
    One snapshot: a number, tag:NAME, a date or time, or the current one.

    \b
    Examples:
      parquetry snapshots show
      parquetry snapshots show tag:paper
    """
    found = _lake(door).snapshot(snapshot)
    door.result(found.manifest, found)


@snapshots.command("tag")
@click.argument("name", shell_complete=names.tags)
@click.argument("snapshot", required=False, shell_complete=names.snapshots)
@click.option("--move", is_flag=True, help="Take the name from the snapshot that has it.")
@_passes_door
def snapshots_tag(door: Door, name: str, snapshot: str | None, move: bool) -> None:
    """
    Pin a snapshot, the current one by default, under NAME; gc then keeps it.

    \b
    Example:
      parquetry snapshots tag paper 1
    """
    lake = _lake(door)
    number = lake.tag(name, snapshot, move=move)
    door.result({"tag": name, "snapshot": number}, f"{name} is snapshot {number}")


commands.add_command(evidence.diff)
commands.add_command(evidence.status)


@commands.command()
@_passes_door
def verify(door: Door) -> None:
    """
    Read everything again and compare it with the manifests (exit 22 if anything is wrong).

    \b
    Example:
      parquetry verify --json
    """
    verified = parquetry.verify(_opened(door))
    door.result(verified)
    sys.exit(verified.exit_code)


@commands.command()
@click.argument("datasets", nargs=-1, shell_complete=names.datasets)
@click.option("--dry-run", is_flag=True, help="Only say what would be merged.")
@_passes_door
def compact(door: Door, datasets: tuple[str, ...], dry_run: bool) -> None:
    """
    Merge the report files of each closed month into one Parquet file; the rows stay the same.

    \b
    Examples:
      parquetry compact --dry-run
      parquetry compact
    """
    door.result(parquetry.compact(_opened(door), datasets, dry_run=dry_run))


@commands.command()
@click.option("--keep", type=int, required=True, metavar="N", help="Keep the newest N snapshots, and tagged ones.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@_passes_door
def gc(door: Door, keep: int, dry_run: bool) -> None:
    """
    Forget old snapshots and free the files that only they name.

    \b
    Example:
      parquetry gc --keep 30 --dry-run
    """
    collected = parquetry.gc(_opened(door), keep, dry_run=dry_run)
    door.result(collected)


@commands.command()
@click.option(
    "--column", required=True, metavar="DATASET.COLUMN", help="A published column.", shell_complete=names.columns
)
@querying.at
@_passes_door
def why(door: Door, column: str, at: str | None) -> None:
    """
    Say how a column is published, and why so.

    \b
    Example:
      parquetry why --column behavioral_events.eventData
    """
    door.result(parquetry.why(_opened(door), column, at=at))


@commands.command()
@click.option("--last", type=int, default=20, show_default=True, metavar="N", help="Show the last N.")
@_passes_door
def runs(door: Door, last: int) -> None:
    """
    What was run, when, and how it ended.

    \b
    Example:
      parquetry runs --last 5
    """
    found = _lake(door).runs[-last:]
    rows = [(r.id, r.verb, r.began[:19], r.outcome, r.snapshot, sum(r.rows.values())) for r in found]
    head = ("run", "verb", "began", "outcome", "snapshot", "rows")
    door.result({"runs": found}, table(head, rows) if rows else "no run yet")


@commands.command()
@_passes_door
def config(door: Door) -> None:
    """
    Every setting, its value, and where it comes from; secrets are masked.

    \b
    Example:
      parquetry config
    """
    shown = parquetry.config(_opened(door))
    document = {"settings": [{"setting": s.setting, "value": s.value, "origin": s.origin} for s in shown]}
    door.result(document, table(("setting", "value", "from"), shown))


commands.add_command(completion.completion)
