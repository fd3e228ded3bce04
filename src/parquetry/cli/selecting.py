"""The options that say what to read, shared by `plan` and `export`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import click

import parquetry
from parquetry.cli import names
from parquetry.errors import Usage


def _moment(context: click.Context, option: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        said = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter("a date such as 2026-11-21, or a time in ISO form") from None
    if said.tzinfo is None:
        return said
    return said.astimezone(UTC).replace(tzinfo=None)


def selects(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say what to read, shared by `plan` and `export`."""
    options = (
        click.argument("datasets", nargs=-1, shell_complete=names.datasets),
        click.option("--days", type=int, metavar="N", help="Read the last N days, rounded out to whole months."),
        click.option("--since", callback=_moment, metavar="DATE", help="Read from DATE on (UTC), rounded out."),
        click.option("--until", callback=_moment, metavar="DATE", help="Read up to DATE, which is not included."),
        click.option(
            "--date",
            "day",
            callback=_moment,
            metavar="DATE",
            help="Read the report files of that day; tables are left out.",
        ),
        click.option(
            "--historical", is_flag=True, help="Read all report files, not only the latest; tables are left out."
        ),
        click.option("--user-id", metavar="ID", help="Read one user's rows: --where userId=ID; needs --as."),
        click.option("--where", multiple=True, metavar="COLUMN=VALUE", help="Read only such rows; needs --as."),
        click.option("--as", "as_name", default="", metavar="NAME", help="Publish filtered rows under NAME."),
        click.option("--full", is_flag=True, help="Read everything and write it again; mends a damaged lake."),
        click.option(
            "--accept-drift", is_flag=True, help="Publish after compatible changes of the source, and record them."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def selection(
    datasets: tuple[str, ...],
    days: int | None,
    since: datetime | None,
    until: datetime | None,
    user_id: str | None,
    where: tuple[str, ...],
    as_name: str,
    full: bool,
    day: datetime | None,
    historical: bool,
) -> parquetry.Selection:
    """What these options select. Raises Usage."""
    if wrong := [pair for pair in where if "=" not in pair]:
        raise Usage(f"--where {wrong[0]}: COLUMN=VALUE")
    wanted = {column: value for column, _, value in (pair.partition("=") for pair in where)}
    if user_id is not None:
        wanted["userId"] = user_id
    return parquetry.Selection(
        datasets, days, since, until, wanted, as_name, full, day.date() if day else None, historical
    )
