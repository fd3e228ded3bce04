"""
Which of a dataset's report files a run reads, and which of them the lake has already.

A file is known by its name and its bytes, never by a clock: one that was published with the same
content, read in the same way under the same contract, is skipped. `plan` shows what `reports` follows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from parquetry.contracts import Contract
from parquetry.errors import BadInput, Config, ParquetryError, SchemaDrift, Usage
from parquetry.formats.content import Content, hashed
from parquetry.intake.report_contract import require_fitting
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
        """Raises BadContract, Config: the contract or a column that is named is not there, or not as it has to be."""
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
        require_fitting(spec, spec.reports.shape, contract, time)
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
        zone = ZoneInfo(self.reports.shape.timezone or "UTC")
        if self.reports.dated_by == "time" and first:
            return datetime.fromisoformat(first).replace(tzinfo=UTC).astimezone(zone).date()
        return file.modified.astimezone(zone).date()


@dataclass(frozen=True, slots=True)
class Arrival:
    """
    A report file that was asked for, and what the lake has of it.

    Attributes:
        was: The last report of its name, or None.
        twin: The name under which its content is published already, if that is another; or empty.
    """

    file: ReportFile
    status: Status
    content: Content
    was: Report | None
    twin: str = ""

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
        future: Names of files of days that have not come, which nobody asked for by their days.
        unlike: The dataset was published under another contract or another reading, so that all of it is read.
        broken: Files that cannot even be hashed, and names that fit and are no file that can be read; and why.
        missing: The source's root, if it does not exist; or empty.
    """

    asked: tuple[Arrival, ...]
    vanished: tuple[str, ...]
    left: int
    unlike: bool
    future: tuple[str, ...] = ()
    broken: tuple[tuple[str, ParquetryError], ...] = ()
    missing: str = ""

    @property
    def to_read(self) -> tuple[Arrival, ...]:
        return tuple(a for a in self.asked if not a.unread)

    def notes(self, of: ReportsOf, selection: Selection) -> Iterator[str]:
        """What a person should know."""
        yield from _missing_told(self.missing)
        for arrival in self.asked:
            if arrival.twin:
                yield f"{arrival.file.name}: its content is published already, as {arrival.twin}; skipping"
        skipped = [a for a in self.asked if a.unread and not a.twin]
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
        if self.future:
            yield f"not read, since its day has not come: {', '.join(self.future[:3])}; --date reads it all the same"


def arrivals(
    folder: Folder, of: ReportsOf, selection: Selection, old: Published | None, *, accept_drift: bool = False
) -> Arrivals:
    """
    Find and hash the files that *selection* asks for: by default those of the latest day, and the published
    ones, of which some may have changed.

    Args:
        old: The dataset as the lake has it.
        accept_drift: Let reports that are not there any more stay though others are read in another way now.

    Raises:
        BadInput: There is none and the dataset requires one.
        SchemaDrift: What is published would have to be read again, and is not there any more.
        Usage: The selection filters rows, which report files cannot be.
        Unsafe, Denied: As the folder says.
    """
    if selection.where:
        raise Usage(f"{of.name}: rows of report files cannot be filtered", next="leave --where and --user-id away")
    looked = folder.found(of.reports.pattern)
    there = looked.files
    published, today = latest(old), folder.position.clock.date()
    names = {f.name for f in there}
    unlike = old is not None and not _alike(of, old, names)
    if old is not None and unlike:
        _require_at_hand(of, old, names, accept_drift=accept_drift)
    wanted, future = _wanted(there, selection, published, today, unlike=unlike)
    if not wanted and not looked.broken and of.reports.required:
        raise BadInput(
            f"{of.name}: there is no report, and it is required",
            what=f"{of.reports.pattern.text} in {folder.root}"
            + (" of the days asked for" if _narrowed(selection) else ""),
            next="see whether the program that writes it ran; required = false makes it a note",
            dataset=of.name,
        )
    asked: list[Arrival] = []
    broken: list[tuple[str, ParquetryError]] = [*looked.broken]
    known = _Known.of(old)
    for file in wanted:
        try:
            asked.append(_arrival(file, of, published, known, again=selection.full or unlike))
        except BadInput as error:
            broken.append((file.name, error))
    left = [f for f in there if f not in wanted and f.name not in published and f not in future]
    return Arrivals(
        tuple(asked), tuple(sorted(published.keys() - names - dict(looked.broken).keys())), len(left), unlike,
        tuple(f.name for f in future), tuple(broken), str(folder.root) if looked.missing else "",
    )  # fmt: skip


def _wanted(
    there: Sequence[ReportFile], selection: Selection, published: Collection[str], today: date, *, unlike: bool
) -> tuple[list[ReportFile], list[ReportFile]]:
    """The files to look into, and those whose day has not come, which only who names their days means."""
    narrowed = _narrowed(selection)
    future = [] if narrowed else [f for f in there if f.period and f.period.first > today + timedelta(days=1)]
    asked = _asked([f for f in there if f not in future], selection, today)
    also = published if unlike or not narrowed else ()
    return [f for f in there if f in asked or f.name in also], future


def latest(old: Published | None) -> dict[str, Report]:
    """Of each published file, by name, the report of the last day."""
    found: dict[str, Report] = {}
    for part in old.partitions.values() if old else ():
        for report in part.reports:
            if report.file not in found or found[report.file].date < report.date:
                found[report.file] = report
    return found


@dataclass(frozen=True, slots=True)
class _Known:
    """What is published: contents by name of file, and the name of each content of a day."""

    contents: frozenset[tuple[str, str, str]]
    names: Mapping[tuple[str, str, str], str]

    @classmethod
    def of(cls, old: Published | None) -> _Known:
        reports = [r for part in old.partitions.values() for r in part.reports] if old else []
        return cls(
            frozenset((r.file, r.sha256, r.reading) for r in reports),
            {(r.date, r.sha256, r.reading): r.file for r in reports},
        )


def _require_at_hand(of: ReportsOf, old: Published, names: Collection[str], *, accept_drift: bool) -> None:
    """
    What is published under another contract or reading has to be read again, so it has to be there.

    That its rows hold under another contract with the same columns can be seen without; that it would be
    read as it was cannot.
    """
    gone = sorted((r for p in old.partitions.values() for r in p.reports if r.file not in names), key=lambda r: r.file)
    other = [r for r in gone if r.reading != of.reports.shape.fingerprint]
    columns = old.schema != of.contract.published()
    if not gone or not (columns or (other and not accept_drift)):
        return
    what = "its columns have" if columns else "what is declared of reading its files has"
    other_way = "" if columns else ", or let them stay as they were read: --accept-drift"
    raise SchemaDrift(
        f"{of.name}: {what} changed, and files that are published are not there any more",
        what=f"they cannot be read again: {', '.join(r.file for r in (gone if columns else other)[:3])} …",
        next=f"put them back, or publish the new form as a dataset of another name{other_way}",
        dataset=of.name,
        files=[r.file for r in gone],
    )


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
    if selection.historical or selection.full:
        return list(there)
    return [f for f in there if _first_day(f) == _first_day(there[-1])]


def _first_day(file: ReportFile) -> date:
    return file.period.first if file.period else file.modified.date()


def _overlaps(file: ReportFile, since: date | None, until: date | None) -> bool:
    if file.period:
        return file.period.overlaps(since, until)
    day = file.modified.date()
    return (since is None or since <= day) and (until is None or day < until)


def _missing_told(root: str) -> Iterator[str]:
    if root:
        yield f"there is no folder {root}: is it mounted?"


def _narrowed(selection: Selection) -> bool:
    return bool(selection.days or selection.since or selection.until or selection.date)


def _arrival(
    file: ReportFile, of: ReportsOf, published: Mapping[str, Report], known: _Known, *, again: bool
) -> Arrival:
    content, reading = hashed(file.path, file.name), of.reports.shape.fingerprint
    was = published.get(file.name)
    same = (file.name, content.sha256, reading) in known.contents
    # A file that has no date may well have the content that another had on another day.
    twin = known.names.get((_first_day(file).isoformat(), content.sha256, reading), "") if file.period else ""
    if twin and was is None:
        return Arrival(file, "same", content, was, twin)
    status: Status = "same" if same else "changed" if was else "new"
    if was and again and status == "same":
        status = "again"
    return Arrival(file, status, content, was)
