"""What an export with the same options would read, replace and keep. Nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median
from textwrap import indent

from parquetry.intake.arrivals import ReportsOf, arrivals
from parquetry.intake.drift import found
from parquetry.intake.fidelity import misfits_told
from parquetry.intake.origin import Origin
from parquetry.intake.outlook import Outlook, outlook
from parquetry.intake.reading import folder, opened
from parquetry.intake.selection import Selection
from parquetry.intake.unchanged import confirmed
from parquetry.lake import Lake, ledger
from parquetry.lake.ledger import Run
from parquetry.lake.manifest import Dataset, Manifest
from parquetry.project import Project
from parquetry.project.reports import FORMATS
from parquetry.sources.files import Folder, ReportFile
from parquetry.text import Told, counted, size

_RUNS = 10
_REPORTS = 40
_OF_FILES = tuple(f"{form} files " for form in FORMATS)
_ROWS = 100_000  # fewer cost as much, since the start costs most then


@dataclass(frozen=True, slots=True)
class PlannedReport:
    """
    One report file that was found and asked for.

    Attributes:
        days: That it is of, as its name says; or empty.
        status: ``new``, ``changed``, ``again`` or ``same``, which is skipped.
        file: The Parquet file that it becomes, below the dataset's folder, ``…`` for the run; empty if it is skipped.
    """

    report: str
    bytes: int
    days: str
    status: str
    file: str

    def __str__(self) -> str:
        says = {"same": "already exists, skipping", "again": "read again"}.get(self.status, self.status)
        days = f", of {self.days}" if self.days else ""
        return f"{self.report}: {size(self.bytes)}{days}, {says}" + (f" → {self.file}" if self.file else "")


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
        bytes: How large their Parquet will be, as far as the last snapshot tells; None if it does not.
        unchanged: The source proves that they are what the lake has, so that nothing would be read.
        notes: What a person should know.
        reports: Of report files, those that were found and asked for.
    """

    name: str
    relation: str
    time: str | None
    rows: dict[str, int]
    kept: tuple[str, ...]
    text: dict[str, str]
    bytes: int | None
    unchanged: bool
    notes: tuple[str, ...]
    reports: tuple[PlannedReport, ...] = ()

    def __str__(self) -> str:
        if self.relation.startswith(_OF_FILES):
            return self._of_files()
        months = list(self.rows)
        span = months[0] if len(months) == 1 else f"{months[0]} … {months[-1]}" if months else "nothing"
        about = f", about {size(self.bytes)} of Parquet" if self.bytes is not None else ""
        lines = [f"{self.name}: {counted(sum(self.rows.values()), 'row')} from {self.relation}{about}"]
        if self.unchanged:
            lines.append("  reads nothing: the source proves that these rows are those in the lake")
        else:
            lines.append(f"  reads and replaces {counted(len(months), 'partition')} ({span}), keeps {len(self.kept)}")
        if self.time:
            lines.append(f"  time column: {self.time}")
        if self.text:
            lines.append("  as exact text: " + ", ".join(f"{c} ({t})" for c, t in self.text.items()))
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])

    def _of_files(self) -> str:
        read = [r for r in self.reports if r.file]
        about = f", about {size(self.bytes)} of Parquet" if self.bytes is not None else ""
        sizes = f"{counted(len(read), 'file')} of {size(sum(r.bytes for r in read))}"
        lines = [f"{self.name}: reads {sizes} from {self.relation}{about}, keeps {len(self.kept)}"]
        lines += [f"  {report}" for report in self.reports[:_REPORTS]]
        if len(self.reports) > _REPORTS:
            lines.append(f"  … {counted(len(self.reports) - _REPORTS, 'more file')}; --json has them all")
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


@dataclass(frozen=True, slots=True)
class Planned(Told):
    """
    The plan of one export, as of the source's clock *at*.

    Attributes:
        seconds: How long it will take, as far as earlier runs tell; None if there were none.
    """

    snapshot: int | None
    at: str
    datasets: tuple[PlannedDataset, ...]
    seconds: float | None

    @property
    def unchanged(self) -> bool:
        """Whether it is proved that the run would read and publish nothing."""
        return all(d.unchanged for d in self.datasets)

    def __str__(self) -> str:
        lake = f"the lake is at snapshot {self.snapshot}" if self.snapshot else "the lake has no snapshot yet"
        last = f"takes about {self.seconds:,.1f} s, as earlier runs did" if self.seconds is not None else ""
        return "\n".join([f"as of {self.at}; {lake}", *(indent(str(d), "  ") for d in self.datasets), last]).rstrip()


def plan(project: Project, select: Selection | None = None, *, accept_drift: bool = False) -> Planned:
    """
    Look at the sources as `export` would, and say what it would do.

    Raises:
        ParquetryError: Whatever would stop the export before it reads.
    """
    select = select or Selection()
    chosen = select.chosen(project)
    lake = Lake(project.settings.lake_path)
    there = list(lake.snapshots())
    base = there[-1].manifest if there else None
    planned, at = [], ""
    with ExitStack() as stack:
        for source in dict.fromkeys(spec.source for spec in chosen.values()):
            if project.source(source).kind == "files":
                look = stack.enter_context(folder(project, source))
                at = at or f"{look.position.clock:%Y-%m-%d %H:%M:%SZ}"
                planned += [
                    _reports(ReportsOf.found(project, name, spec), look, select, base, accept_drift)
                    for name, spec in chosen.items()
                    if spec.source == source
                ]
                continue
            reading = stack.enter_context(opened(project, source, ledger.new_id()))
            at = f"{reading.position.clock:%Y-%m-%d %H:%M:%SZ}"
            for name, spec in chosen.items():
                if spec.source != source:
                    continue
                old = base.datasets.get(name) if base else None
                origin = found(project, reading, name, spec, old)
                ahead = outlook(reading, select, origin, old, accept_drift=accept_drift)
                same = confirmed(reading, select, origin, ahead, base) is not None
                planned.append(_planned(origin, ahead, old, unchanged=same))
    rows = sum(sum(d.rows.values()) for d in planned if not d.unchanged)
    return Planned(base.snapshot if base else None, at, tuple(planned), _seconds(lake.runs, rows))


def _planned(origin: Origin, ahead: Outlook, old: Dataset | None, *, unchanged: bool) -> PlannedDataset:
    notes = [*ahead.notes, *misfits_told(origin, ahead)]
    if old and old.contract.fingerprint != origin.contract.fingerprint:
        notes.append("the contract has changed since the last snapshot; parquetry diff-contract says in what")
    bytes_of_row = sum(f.bytes for f in old.files) / old.rows if old and old.rows else None
    return PlannedDataset(
        name=origin.name,
        relation=origin.relation,
        time=origin.time,
        rows=dict(sorted(ahead.look.rows.items())),
        kept=tuple(sorted(ahead.stay)),
        text={c.name: c.source_type for c in ahead.look.columns if not c.native},
        bytes=round(bytes_of_row * ahead.look.total) if bytes_of_row else None,
        unchanged=unchanged,
        notes=tuple(notes),
    )


def _reports(
    of: ReportsOf, look: Folder, select: Selection, base: Manifest | None, accept_drift: bool
) -> PlannedDataset:
    old = base.datasets.get(of.name) if base else None
    there = arrivals(look, of, select, old, accept_drift=accept_drift)
    reports = tuple(
        PlannedReport(
            a.file.name, a.file.bytes, str(a.file.period or ""), a.status, "" if a.unread else _becomes(of, a.file)
        )
        for a in there.asked
    )
    published = [r for part in old.partitions.values() for r in part.reports] if old else []
    before = sum(r.bytes for r in published)
    ratio = sum(f.bytes for f in old.files) / before if old and before else None
    reading = {a.file.name for a in there.to_read}
    return PlannedDataset(
        name=of.name,
        relation=of.relation,
        time=of.time,
        rows={},
        kept=tuple(
            key
            for key, part in sorted(old.partitions.items() if old else ())
            if part.reports and not reading & {r.file for r in part.reports}
        ),
        text={},
        bytes=round(ratio * sum(a.file.bytes for a in there.to_read)) if ratio is not None else None,
        unchanged=not there.to_read and not there.broken,
        notes=(*there.notes(of, select), *(f"cannot be read: {error.failed}" for _, error in there.broken)),
        reports=reports,
    )


def _becomes(of: ReportsOf, file: ReportFile) -> str:
    if of.accumulates:  # only its content will say of which day it is
        return f"{of.name}_….parquet, dated by its {of.time}"
    day = of.day(file, None)
    return f"year={day:%Y}/month={day:%m}/{of.name}_{day:%Y%m%d}_….parquet"


def _seconds(runs: Sequence[Run], rows: int) -> float | None:
    """What the last ten exports that published something cost a row."""
    costs = [(sum(r.rows.values()), r.seconds.get("total", 0.0)) for r in runs if r.outcome == "committed"][-_RUNS:]
    costs = [(count, seconds) for count, seconds in costs if count and seconds]
    if not costs:
        return None
    return median(seconds / max(count, _ROWS) for count, seconds in costs) * max(rows, _ROWS)
