"""
The JSON of results that write it themselves, and of documents that no verb gives back, as typed dictionaries.

They are never filled: they say which keys there are, of which types, and what each means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypedDict

from parquetry.cli import written_diffs, written_studies
from parquetry.demo import Planted
from parquetry.errors import ParquetryError
from parquetry.lake import Snapshot
from parquetry.lake.ledger import Run
from parquetry.lake.verify import Verified
from parquetry.project.queries import Parameter
from parquetry.report import ReportDocument
from parquetry.verbs.analyze import Analyzed
from parquetry.verbs.compare_source import Compared
from parquetry.verbs.config import Shown
from parquetry.verbs.exported import Exported
from parquetry.verbs.plan import Planned
from parquetry.verbs.query import Listed, Queried


class FailureDocument(TypedDict):
    """
    Why a command did not do what it was asked; the same is on stderr, for people.

    Attributes:
        code: A word that stays the same, such as `INVALID_DATA`: what to branch on.
        exit_code: What the process ended with; 30 to 39 may be tried again.
        failed: What failed, one line.
        what: Details, one a line.
        lake: What state the lake is in, or empty.
        next: What can be done about it, or empty.
        facts: The same as data; which keys there are depends on the code.
    """

    code: str
    exit_code: int
    failed: str
    what: Sequence[str]
    lake: str
    next: str
    facts: Mapping[str, Any]


class DemoDocument(TypedDict):
    """
    The main job as the demo did it.

    Attributes:
        folder: The project folder that it made.
        planted: What is true of the study.
        queries: The rows of each query that it ran.
        analyzed: The report of the study.
        covers_truth: Its interval holds the effect that was planted.
    """

    folder: Path
    planted: Planted
    plan: Planned
    exported: Exported
    queries: Mapping[str, Queried]
    analyzed: Analyzed
    covers_truth: bool
    verified: Verified
    seconds: float


class SizeDocument(TypedDict):
    """How large a dataset is in one snapshot."""

    rows: int
    files: int
    bytes: int


class SnapshotDocument(TypedDict):
    """One snapshot in a list; `parquetry snapshots show` has all of it."""

    snapshot: int
    committed_at: datetime
    run: str
    datasets: Mapping[str, SizeDocument]


class SnapshotsDocument(TypedDict):
    """
    `parquetry snapshots`, `parquetry snapshots list`: every snapshot, the newest last.

    Attributes:
        snapshots: Oldest first.
        tags: Each name and the snapshot that it pins.
    """

    snapshots: Sequence[SnapshotDocument]
    tags: Mapping[str, int]


class TaggedDocument(TypedDict):
    """
    `parquetry snapshots tag`: what was pinned.

    Attributes:
        tag: The name.
    """

    tag: str
    snapshot: int


class RowsDocument(TypedDict):
    """
    The rows that a query gave.

    Attributes:
        seconds: What DuckDB took.
        columns: Column to its type, in polars' words.
        rows: Each an object by column. What JSON cannot hold exactly is text: times, decimals, NaN.
    """

    snapshot: int
    seconds: float
    columns: Mapping[str, str]
    rows: Sequence[Mapping[str, Any]]


class QueryDocument(TypedDict):
    """
    A query of the project.

    Attributes:
        help: The first sentence of its first comment.
        parameters: The values that it asks for.
    """

    name: str
    help: str
    parameters: Sequence[Parameter]


class QueriesDocument(TypedDict):
    """
    `--list`: the named queries of the project.

    Attributes:
        queries: By name.
        unreadable: Those whose file cannot be read, and why.
    """

    queries: Sequence[QueryDocument]
    unreadable: Mapping[str, str]


class ComparedDocument(TypedDict):
    """
    `--compare`: the lake's answer and its source's.

    Attributes:
        agree: Whether they are the same.
    """

    snapshot: int
    source: str
    rows: Mapping[str, int]
    milliseconds: Mapping[str, float]
    only: Mapping[str, int]
    columns_differ: bool
    agree: bool


class AxisDocument(TypedDict):
    """
    What goes across.

    Attributes:
        name: The first column.
        values: Its values as text, one a row.
    """

    name: str
    values: Sequence[str]


class SeriesDocument(TypedDict):
    """
    What goes up.

    Attributes:
        name: A numeric column.
        values: One a row; null where there is no finite number.
    """

    name: str
    values: Sequence[float | None]


class ChartDocument(TypedDict):
    """
    `--plot`: what is drawn.

    Attributes:
        x: The rows' names.
        series: Each numeric column.
    """

    snapshot: int
    x: AxisDocument
    series: Sequence[SeriesDocument]


class ChartFileDocument(TypedDict):
    """
    `--plot FILE`: where the chart is.

    Attributes:
        file: The file that was written.
    """

    snapshot: int
    file: Path


class RunsDocument(TypedDict):
    """
    The record of every run, the newest last.

    Attributes:
        runs: As many as `--last` asks for.
    """

    runs: Sequence[Run]


class ConfigDocument(TypedDict):
    """
    Every setting.

    Attributes:
        settings: Secrets are masked.
    """

    settings: Sequence[Shown]


class CompletionDocument(TypedDict):
    """
    A shell's completion of `parquetry`.

    Attributes:
        shell: Whose.
        script: What that shell is to read.
    """

    shell: Literal["bash", "zsh", "fish"]
    script: str


WRITTEN: Mapping[type, type] = {
    Analyzed: ReportDocument,
    **written_diffs.WRITTEN,
    **written_studies.WRITTEN,
    Compared: ComparedDocument,
    Listed: QueriesDocument,
    ParquetryError: FailureDocument,
    Queried: RowsDocument,
    Snapshot: SnapshotDocument,
}
"""A class that has `as_json` of its own, to what that gives."""
