"""
What a run was asked to read: which datasets, and which part of them.

It turns days and dates into the whole partitions that a read replaces. `plan` and `export`
share it, so that a plan says what an export does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from parquetry.contracts import Contract
from parquetry.errors import Config, Usage, did_you_mean
from parquetry.lake import partition
from parquetry.lake.partition import Range
from parquetry.project import Dataset, Project
from parquetry.sources import Table, Window

_MOST_DAYS = 365 * 1000
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True)
class Selection:
    """
    Attributes:
        datasets: Names; none means all that the project declares.
        days: Read the last so many days before the source's clock.
        since, until: Read ``[since, until)``, UTC without a zone.
        where: Read only rows with these values; needs *as_name*.
        as_name: Publish the one dataset chosen under this name.
        full: Read everything, and write it again even where nothing changed.
        date: Of report files, read those of this day.
        historical: Of report files, read all, not only the latest.
    """

    datasets: tuple[str, ...] = ()
    days: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    where: Mapping[str, str] = field(default_factory=dict)
    as_name: str = ""
    full: bool = False
    date: date | None = None
    historical: bool = False

    def chosen(self, project: Project) -> dict[str, Dataset]:
        """
        The datasets to read, by the name they are published under.

        Raises:
            NoSuchDataset: One is not declared.
            Usage: The options contradict each other.
        """
        self._consistent()
        names = self.datasets or tuple(project.datasets)
        specs = {name: project.dataset(name) for name in names}
        if not specs:
            raise Config("parquetry.toml declares no dataset", next="add a [datasets.NAME] table to parquetry.toml")
        if self.date or self.historical:
            specs = self._reports(specs)
        if not self.as_name:
            return specs
        if len(specs) != 1:
            raise Usage(
                "--as gives one dataset a name of its own, and several were chosen",
                next=f"name one: parquetry export {next(iter(specs))} --as {self.as_name}",
            )
        if self.as_name in project.datasets:
            raise Usage(f"'{self.as_name}' is a dataset of parquetry.toml", next="choose another name after --as")
        if not _NAME.fullmatch(self.as_name):
            raise Usage(
                f"'{self.as_name}' cannot be the name of a dataset of its own",
                what="lower-case letters, digits and '_', beginning with a letter",
            )
        return {self.as_name: next(iter(specs.values()))}

    def _reports(self, specs: Mapping[str, Dataset]) -> dict[str, Dataset]:
        """Those of *specs* that report files feed, which alone `date` and `historical` mean."""
        option = "--date" if self.date else "--historical"
        reports = {name: spec for name, spec in specs.items() if spec.reports}
        tables = [name for name in self.datasets if name not in reports]
        if tables or not reports:
            raise Usage(
                f"{option} is for datasets of report files{f', and {tables[0]} is a table' if tables else ''}",
                next="--since and --until choose the part of a table",
            )
        return reports

    def _consistent(self) -> None:
        if self.where and not self.as_name:
            raise Usage(
                "a row filter cannot replace whole partitions",
                next="give the filtered rows a name of their own with --as NAME",
            )
        if self.days is not None and (self.since or self.until):
            raise Usage("--days and --since/--until say the same thing twice", next="use one of them")
        if self.days is not None and not 1 <= self.days <= _MOST_DAYS:
            raise Usage(
                f"--days {self.days}: from 1 to {_MOST_DAYS:,}",
                next="without it tables are read whole, and of report files those of the latest day",
            )
        if sum(map(bool, (self.date, self.historical, self.days is not None, self.since or self.until))) > 1:
            raise Usage("--date, --historical, --days and --since/--until exclude each other", next="use one of them")
        if self.since and self.until and self.since >= self.until:
            raise Usage(f"--since {self.since:%Y-%m-%d} is not before --until {self.until:%Y-%m-%d}")

    def window(self, dataset: Dataset, time: str | None, clock: datetime, contract: Contract) -> Window:
        """
        The part of a table to read, rounded out to whole partitions.

        Args:
            time: The dataset's time column, if it is partitioned by one.
            clock: The source's clock, with zone.
        """
        self._filters(dataset, contract)
        now = clock.replace(tzinfo=None)
        since = now - timedelta(days=self.days) if self.days is not None else self.since
        everything = self.full or time is None or (since is None and self.until is None)
        ranges: tuple[Range, ...] = () if everything else (partition.rounded_out(since, self.until),)
        return Window(time, ranges, self.where or None)

    def _filters(self, dataset: Dataset, contract: Contract) -> None:
        known = [f.name for f in contract.fields]
        for column in self.where:
            if column not in known:
                raise Usage(f"{dataset.name} has no column '{column}' to filter by{did_you_mean(column, known)}")

    def as_parameters(self) -> dict[str, Any]:
        """The options that were given, for the ledger and the provenance record."""
        given = {
            "datasets": list(self.datasets),
            "days": self.days,
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
            "where": dict(self.where),
            "as": self.as_name,
            "full": self.full,
            "date": self.date.isoformat() if self.date else None,
            "historical": self.historical,
        }
        return {key: value for key, value in given.items() if value not in (None, [], {}, "", False)}


def time_column(dataset: Dataset, table: Table, contract: Contract) -> str | None:
    """
    The first of the dataset's candidates that the table and the contract have.

    Raises:
        Config: It names candidates and none is there.
    """
    fields = {f.name for f in contract.fields}
    for name in dataset.time:
        if table.column(name) and name in fields:
            return name
    if not dataset.time:
        return None
    have = [c.name for c in table.columns if c.name in fields]
    raise Config(
        f"{dataset.name}: no time column {' or '.join(map(repr, dataset.time))}{did_you_mean(dataset.time[0], have)}",
        what=f"columns of {table.schema}.{table.name} in the contract: {', '.join(have)}",
        next=f"set time = … under [datasets.{dataset.name}] in parquetry.toml",
    )
