"""What an export with the same options would read, replace and keep. Nothing is written."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from textwrap import indent

from parquetry.intake.fidelity import misfits_told
from parquetry.intake.origin import Origin
from parquetry.intake.outlook import Outlook, outlook
from parquetry.intake.reading import opened
from parquetry.intake.selection import Selection
from parquetry.lake import Lake, ledger
from parquetry.project import Project
from parquetry.text import Told, counted


@dataclass(frozen=True, slots=True)
class PlannedDataset(Told):
    """
    What would happen to one dataset.

    Attributes:
        relation: What is read, in the source's words; the candidate of ``table`` that exists.
        time: The time column that was found, or None.
        rows: Rows to read, by partition, counted by the source.
        kept: Partitions that stay as they are.
        text: Columns that travel as PostgreSQL's text, and why.
        notes: What a person should know.
    """

    name: str
    relation: str
    time: str | None
    rows: dict[str, int]
    kept: tuple[str, ...]
    text: dict[str, str]
    notes: tuple[str, ...]

    def __str__(self) -> str:
        months = list(self.rows)
        span = months[0] if len(months) == 1 else f"{months[0]} … {months[-1]}" if months else "nothing"
        lines = [f"{self.name}: {counted(sum(self.rows.values()), 'row')} from {self.relation}"]
        lines.append(f"  reads and replaces {counted(len(months), 'partition')} ({span}), keeps {len(self.kept)}")
        if self.time:
            lines.append(f"  time column: {self.time}")
        if self.text:
            lines.append("  as exact text: " + ", ".join(f"{c} ({t})" for c, t in self.text.items()))
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


@dataclass(frozen=True, slots=True)
class Planned(Told):
    """The plan of one export, as of the source's clock *at*."""

    snapshot: int | None
    at: str
    datasets: tuple[PlannedDataset, ...]

    def __str__(self) -> str:
        lake = f"the lake is at snapshot {self.snapshot}" if self.snapshot else "the lake has no snapshot yet"
        return "\n".join([f"as of {self.at}; {lake}", *(indent(str(d), "  ") for d in self.datasets)])


def plan(project: Project, select: Selection | None = None, *, accept_drift: bool = False) -> Planned:
    """
    Look at the sources as `export` would, and say what it would do.

    Raises:
        ParquetryError: Whatever would stop the export before it reads.
    """
    select = select or Selection()
    chosen = select.chosen(project)
    there = list(Lake(project.settings.lake_path).snapshots())
    base = there[-1].manifest if there else None
    planned, at = [], ""
    with ExitStack() as stack:
        for source in dict.fromkeys(spec.source for spec in chosen.values()):
            reading = stack.enter_context(opened(project, source, ledger.new_id()))
            at = f"{reading.position.clock:%Y-%m-%d %H:%M:%SZ}"
            for name, spec in chosen.items():
                if spec.source != source:
                    continue
                origin = Origin.found(project, reading, name, spec)
                old = base.datasets.get(name) if base else None
                ahead = outlook(reading, select, origin, old, accept_drift=accept_drift)
                planned.append(_planned(origin, ahead))
    return Planned(base.snapshot if base else None, at, tuple(planned))


def _planned(origin: Origin, ahead: Outlook) -> PlannedDataset:
    return PlannedDataset(
        name=origin.name,
        relation=origin.relation,
        time=origin.time,
        rows=dict(sorted(ahead.look.rows.items())),
        kept=tuple(sorted(ahead.stay)),
        text={c.name: c.source_type for c in ahead.look.columns if not c.native},
        notes=(*ahead.notes, *misfits_told(origin, ahead)),
    )
