"""
Which of a dataset's report files a run reads, and which of them the lake has already.

A file is known by its name and its bytes, never by a clock: one that was published with the same
content, read in the same way under the same contract, is skipped. `plan` shows what `reports` follows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from parquetry.contracts import Contract
from parquetry.errors import BadInput, Config, Usage
from parquetry.formats.content import Content, hashed
from parquetry.intake.selection import Selection
from parquetry.lake.manifest import Dataset as Published
from parquetry.lake.manifest import Report
from parquetry.project import Dataset, Project, Reports
from parquetry.sources.files import Folder, ReportFile
from parquetry.text import counted

Status = Literal["new", "changed", "again", "same"]
"""Not published yet; with other content; the same, but read again; the same, and skipped."""


@dataclass(frozen=True, slots=True)
class ReportsOf:
    """
    A dataset of report files, found in its project.

    Attributes:
        name: What it is published as; *spec* may have another name.
        time: Its time column, or None.
    """

    name: str
    spec: Dataset
    reports: Reports
    contract: Contract
    time: str | None

    @classmethod
    def found(cls, project: Project, name: str, spec: Dataset) -> ReportsOf:
        """Raises BadContract, Config: the contract, a key or the time column is not there."""
        contract = project.contract(spec.name)
        fields = [f.name for f in contract.fields]
        time = next((t for t in spec.time if t in fields), None)
        missing = [c for c in spec.key if c not in fields] or ([] if time or not spec.time else list(spec.time))
        if missing or spec.reports is None:
            raise Config(
                f"{spec.name}: '{missing[0] if missing else 'files'}' is not in {contract.name}",
                what=f"its columns: {', '.join(fields)}",
                next=f"correct key or time under [datasets.{spec.name}] in parquetry.toml",
            )
        return cls(name, spec, spec.reports, contract, time)

    @property
    def relation(self) -> str:
        """What is read, as a person would say it."""
        return f"{self.reports.shape.format} files {self.reports.pattern.text}"

    @property
    def accumulates(self) -> bool:
        """Whether a file that is written anew on another day is another report, which leaves the old one standing."""
        return self.reports.dated_by == "time" and not self.reports.pattern.dated

    def day(self, file: ReportFile, first: str | None) -> date:
        """
        The first day that *file* is of.

        Args:
            first: The earliest time in it, as ISO text in UTC; None without one.
        """
        if file.period:
            return file.period.first
        if self.reports.dated_by == "time" and first:
            return date.fromisoformat(first[:10])
        return file.modified.date()


@dataclass(frozen=True, slots=True)
class Arrival:
    """A report file that was asked for, and what the lake has of it: the last *was* of its name, or None."""

    file: ReportFile
    status: Status
    content: Content
    was: Report | None

    @property
    def unread(self) -> bool:
        return self.status == "same"


@dataclass(frozen=True, slots=True)
class Arrivals:
    """
    One dataset's report files as a run found them.

    Attributes:
        asked: Files that the selection asks for, oldest first, and those that have to be read with them.
        vanished: Names of published files that are not there any more.
        left: How many files are there, neither asked for nor published.
        unlike: The dataset was published under another contract or another reading, so that all of it is read.
        broken: Files that cannot even be hashed, and why.
    """

    asked: tuple[Arrival, ...]
    vanished: tuple[str, ...]
    left: int
    unlike: bool
    broken: tuple[tuple[str, BadInput], ...] = ()

    @property
    def to_read(self) -> tuple[Arrival, ...]:
        return tuple(a for a in self.asked if not a.unread)

    def notes(self, of: ReportsOf, selection: Selection) -> Iterator[str]:
        """What a person should know."""
        skipped = [a for a in self.asked if a.unread]
        if len(skipped) == 1:
            yield f"{skipped[0].file.name}: already exists, skipping"
        elif skipped:
            yield f"{counted(len(skipped), 'file')} already exist, skipping"
        if not self.asked and not self.broken:
            yield f"nothing to read: no {of.relation}" + (" of the days asked for" if _narrowed(selection) else "")
        if self.unlike and self.to_read:
            yield "every file is read: the contract, or how files are read, has changed since they were published"
        if self.vanished:
            first = ", ".join(self.vanished[:3]) + (" …" if len(self.vanished) > 3 else "")
            yield f"{counted(len(self.vanished), 'published file')} not there any more, and still published: {first}"
        if self.left and not _narrowed(selection):
            yield f"{counted(self.left, 'older file')} not in the lake; --historical reads all"


def arrivals(folder: Folder, of: ReportsOf, selection: Selection, old: Published | None) -> Arrivals:
    """
    Find and hash the files that *selection* asks for.

    Args:
        old: The dataset as the lake has it.

    Raises:
        BadInput: There is none and the dataset requires one.
        Usage: The selection filters rows, which report files cannot be.
        Unsafe, Denied: As the folder says.
    """
    if selection.where:
        raise Usage(f"{of.name}: rows of report files cannot be filtered", next="leave --where and --user-id away")
    there = folder.found(of.reports.pattern)
    published = latest(old)
    names = {f.name for f in there}
    unlike = old is not None and not _alike(of, old, names)
    wanted = _asked(there, selection, folder.position.clock.date())
    if not wanted and of.reports.required:
        raise BadInput(
            f"{of.name}: there is no report, and it is required",
            what=f"{of.reports.pattern.text} in {folder.root}"
            + (" of the days asked for" if _narrowed(selection) else ""),
            next="see whether the program that writes it ran; required = false makes it a note",
            dataset=of.name,
        )
    if unlike:
        wanted = [f for f in there if f in wanted or f.name in published]
    asked, broken = [], []
    for file in wanted:
        try:
            asked.append(_arrival(file, of, published, _digests(old), again=selection.full or unlike))
        except BadInput as error:
            broken.append((file.name, error))
    left = [f for f in there if f not in wanted and f.name not in published]
    return Arrivals(
        tuple(asked), tuple(sorted(published.keys() - names)), len(left), unlike, tuple(broken),
    )  # fmt: skip


def latest(old: Published | None) -> dict[str, Report]:
    """Of each published file, by name, the report of the last day."""
    found: dict[str, Report] = {}
    for part in old.partitions.values() if old else ():
        for report in part.reports:
            if report.file not in found or found[report.file].date < report.date:
                found[report.file] = report
    return found


def _digests(old: Published | None) -> set[tuple[str, str, str]]:
    parts = old.partitions.values() if old else ()
    return {(report.file, report.sha256, report.reading) for part in parts for report in part.reports}


def _alike(of: ReportsOf, old: Published, there: Collection[str]) -> bool:
    """Whether what is published was read and checked as it would be now; of files not there, whether it was checked."""
    reading = of.reports.shape.fingerprint
    return (
        old.contract.validated
        and old.contract.fingerprint == of.contract.fingerprint
        and old.schema == of.contract.published()
        and old.time == of.time
        and old.key == of.spec.key
        and all(r.reading == reading for part in old.partitions.values() for r in part.reports if r.file in there)
    )


def _asked(there: Sequence[ReportFile], selection: Selection, today: date) -> list[ReportFile]:
    since, until = selection.since, selection.until
    if selection.days is not None:
        return [f for f in there if _overlaps(f, today - timedelta(days=selection.days), None)]
    if since or until:
        # A moment within a day asks for all of that day: a file is read whole.
        last = (until - timedelta(microseconds=1)).date() + timedelta(days=1) if until else None
        return [f for f in there if _overlaps(f, since.date() if since else None, last)]
    if selection.date:
        return [f for f in there if _overlaps(f, selection.date, selection.date + timedelta(days=1))]
    return list(there) if selection.historical else list(there[-1:])


def _overlaps(file: ReportFile, since: date | None, until: date | None) -> bool:
    if file.period:
        return file.period.overlaps(since, until)
    day = file.modified.date()
    return (since is None or since <= day) and (until is None or day < until)


def _narrowed(selection: Selection) -> bool:
    return bool(selection.days or selection.since or selection.until or selection.date)


def _arrival(
    file: ReportFile, of: ReportsOf, published: Mapping[str, Report], known: set[tuple[str, str, str]], *, again: bool
) -> Arrival:
    content = hashed(file.path, file.name)
    was = published.get(file.name)
    same = (file.name, content.sha256, of.reports.shape.fingerprint) in known
    status: Status = "same" if same else "changed" if was else "new"
    if was and again and status == "same":
        status = "again"
    return Arrival(file, status, content, was)
