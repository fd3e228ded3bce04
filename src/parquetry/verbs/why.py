"""Why a column is published as it is: its record in the manifest, in words."""

from __future__ import annotations

from dataclasses import dataclass

from parquetry import catalog
from parquetry.errors import Usage, did_you_mean
from parquetry.lake import Lake, Snapshot
from parquetry.lake.manifest import Dataset, PublishedColumn
from parquetry.project import Project
from parquetry.text import Told, counted

_FILE_TEXTS = ("csv text", "json text", "jsonl text", "text text")


@dataclass(frozen=True, slots=True)
class Why(Told):
    """
    The fidelity of one published column.

    Attributes:
        since: The first of the snapshots still there that publish it in this type without a break.
        typed_view: The catalog's view that reads its text as what it means, or None.
    """

    snapshot: int
    dataset: str
    relation: str
    column: PublishedColumn
    since: int
    typed_view: str | None

    def __str__(self) -> str:
        c = self.column
        text = "its file's text" if c.source_type in _FILE_TEXTS else "PostgreSQL's text"
        how = "decoded by its reader" if c.native else f"made of {text}, exactly"
        how = f"as exactly {text}" if c.type == "VARCHAR" and not c.native else how
        lines = [
            f"{self.dataset}.{c.name} in snapshot {self.snapshot}",
            f"  source:    {c.source_type}, of {self.relation}",
            f"  contract:  {c.declared}",
            f"  published: {c.type}, {how}; so since snapshot {self.since}",
            f"  because:   {c.because}",
        ]
        if c.misfits:
            lines.append(f"  misfits:   {counted(c.misfits, 'value')} that {c.declared} cannot hold; policy {c.policy}")
        elif c.policy != "text":
            lines.append(f"  misfits:   none; policy {c.policy}")
        if self.typed_view:
            lines.append(f"  typed:     {self.typed_view}.{c.name} is a {c.reading} in the catalog")
        return "\n".join(lines)


def why(project: Project, column: str, *, at: int | str | None = None) -> Why:
    """
    Say how a column is published, and why.

    Args:
        column: ``behavioral_events.timestamp``.
        at: A snapshot, as for `query`; the current one by default.

    Raises:
        Usage: It is not of that form, or the dataset has no such column.
        NoSuchDataset: The snapshot has no such dataset.
    """
    name, _, wanted = column.partition(".")
    if not wanted:
        raise Usage(f"--column {column}: DATASET.COLUMN", next="such as: parquetry why --column events.at")
    lake = Lake(project.settings.lake_path)
    snapshot = lake.snapshot(at)
    dataset = snapshot.dataset(name)
    found = dataset.column(wanted)
    if found is None:
        raise Usage(f"{name} has no column '{wanted}'{did_you_mean(wanted, dataset.schema)}")
    views = {dataset: view for view, dataset in catalog.typed_views(snapshot).items()}
    return Why(
        snapshot=snapshot.number,
        dataset=name,
        relation=dataset.relation,
        column=found,
        since=_since(lake, snapshot, name, found),
        typed_view=views.get(name) if found.reading else None,
    )


def _since(lake: Lake, snapshot: Snapshot, name: str, column: PublishedColumn) -> int:
    since = snapshot.number
    for earlier in reversed([s for s in lake.snapshots() if s.number < snapshot.number]):
        before: Dataset | None = earlier.manifest.datasets.get(name)
        was = before.column(column.name) if before else None
        if was is None or was.type != column.type:
            break
        since = earlier.number
    return since
