"""
Whether the lake is as fresh as the project says it should be: a question that a scheduler can ask.

What was published when comes from the run ledger, and of which days report files are from the
manifest; no source is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import NamedTuple

from parquetry.errors import Attention
from parquetry.formats.pattern import Pattern
from parquetry.lake import Lake, ledger
from parquetry.lake.ledger import Run
from parquetry.lake.manifest import Dataset as Published
from parquetry.project import Dataset, Project
from parquetry.settings import bytes_of
from parquetry.text import Told, size, table

_USUAL = 30  # reports, or runs, before the newest one
_FEW = 5  # fewer say nothing of what is usual
_UNUSUAL = (0.5, 2.0)


@dataclass(frozen=True, slots=True)
class DatasetStatus:
    """
    How fresh one dataset is.

    Attributes:
        published: When a run last read it, or found nothing new, ISO in UTC; None: never.
        until: Up to when it has data: the end of the newest report's days that have come, the latest time in a
            report that has none in its name, or when its table was read.
        every: Its rhythm in seconds; None if none is declared.
        late_seconds: How long something new has been due, a day that was left out between others included; 0 if
            it is not, None without a rhythm.
        rows: Of the newest report, or of the last run.
        usual_rows: The median of up to 30 before; None if there are fewer than five.
        failed: How its last run ended, if that failed after *published*; or empty.
    """

    name: str
    published: str | None
    until: str | None
    every: float | None
    late_seconds: float | None
    rows: int | None
    usual_rows: float | None
    failed: str

    @property
    def stale(self) -> bool:
        """Whether something new is due: it is late, or was to come and never did; or the last run failed."""
        return bool(self.late_seconds) or bool(self.failed) or (self.every is not None and self.until is None)

    @property
    def unusual(self) -> bool:
        """Whether its newest rows are less than half, or more than twice, of what is usual."""
        if self.rows is None or not self.usual_rows:
            return False
        return not _UNUSUAL[0] <= self.rows / self.usual_rows <= _UNUSUAL[1]


@dataclass(frozen=True, slots=True)
class Status(Told):
    """
    How the lake stands against what the project declares.

    Attributes:
        at: When that was asked, ISO in UTC.
        snapshot: The current one; None in a new lake.
        bytes: Of all files that any snapshot names.
        limit_bytes: The declared limit of that.
    """

    at: str
    snapshot: int | None
    datasets: tuple[DatasetStatus, ...]
    bytes: int
    limit_bytes: int

    @property
    def attention(self) -> bool:
        """Whether something is late or out of bounds."""
        return self.bytes > self.limit_bytes or any(d.stale for d in self.datasets)

    @property
    def exit_code(self) -> int:
        """15 if something asks for attention."""
        return Attention.exit_code if self.attention else 0

    def __str__(self) -> str:
        head = ("dataset", "published", "has data until", "late", "rows", "usual", "")
        rows = [
            (
                d.name, _short(d.published), _short(d.until), _late(d), "-" if d.rows is None else f"{d.rows:,}",
                "-" if d.usual_rows is None else f"{d.usual_rows:,.0f}", _remark(d),
            )
            for d in self.datasets
        ]  # fmt: skip
        over = "OVER the limit of" if self.bytes > self.limit_bytes else "of at most"
        lake = f"snapshot {self.snapshot}" if self.snapshot else "no snapshot yet"
        return f"{table(head, rows)}\n{lake}; the lake holds {size(self.bytes)} {over} {size(self.limit_bytes)}"


def status(project: Project, datasets: Sequence[str] = (), *, now: datetime | None = None) -> Status:
    """
    How fresh each dataset is.

    Args:
        datasets: Names; none means all that the project declares.
        now: The moment to ask for, with zone; this one by default.

    Raises:
        NoSuchDataset: A name is not declared.
    """
    now = now or datetime.now(UTC)
    specs = {name: project.dataset(name) for name in datasets or project.datasets}
    lake = Lake(project.settings.lake_path)
    there = list(lake.snapshots())
    current = there[-1] if there else None
    runs = [r for r in ledger.runs(lake.store) if r.verb == "export"]
    published = current.manifest.datasets if current else {}
    files = {f.path: f.bytes for s in there for d in s.manifest.datasets.values() for f in d.files}
    return Status(
        at=now.isoformat(timespec="seconds"),
        snapshot=current.number if current else None,
        datasets=tuple(_of(name, spec, published.get(name), runs, now) for name, spec in specs.items()),
        bytes=sum(files.values()),
        limit_bytes=bytes_of(project.settings.lake_limit),
    )


def _of(name: str, spec: Dataset, dataset: Published | None, runs: Sequence[Run], now: datetime) -> DatasetStatus:
    mine = [r for r in runs if name in r.rows]
    last = mine[-1].ended or mine[-1].began if mine and dataset else None
    if spec.reports:
        spans = [s for s in _spans(dataset, spec.reports.pattern) if s.first <= now]
        counts = [s.rows for s in spans]
        until = max((s.until for s in spans), default=None)
        covered = _covered(spans, now, spec.every)
    else:
        counts = [r.rows[name] for r in mine]
        covered = until = datetime.fromisoformat(last) if last else None
    before = counts[-_USUAL - 1 : -1]
    due = covered + spec.every if covered and spec.every else None
    return DatasetStatus(
        name=name,
        published=last,
        until=until.isoformat(timespec="seconds") if until else None,
        every=spec.every.total_seconds() if spec.every else None,
        late_seconds=max((now - due).total_seconds(), 0.0) if due else None,
        rows=counts[-1] if counts else None,
        usual_rows=float(median(before)) if len(before) >= _FEW else None,
        failed=_failed(name, runs, mine[-1] if mine else None),
    )


class _Span(NamedTuple):
    """What one report has data of, from its first day on."""

    first: datetime
    until: datetime
    rows: int


def _spans(dataset: Published | None, pattern: Pattern) -> list[_Span]:
    """Of each report, oldest first."""
    found = []
    for part in dataset.partitions.values() if dataset else ():
        for report in part.reports:
            period = pattern.period(report.file)
            first = _midnight(period.first if period else date.fromisoformat(report.date))
            if period:
                until = _midnight(period.after)
            else:
                latest = max((f.max for f in part.files if f.max), default=None)
                until = datetime.fromisoformat(latest) if latest else first + timedelta(days=1)
            until = until if until.tzinfo else until.replace(tzinfo=UTC)
            found.append(_Span(first, until, report.account.source))
    return sorted(found)


def _covered(spans: Sequence[_Span], now: datetime, every: timedelta | None) -> datetime | None:
    """Up to when there is data without a hole at the moment that must be there: one rhythm ago."""
    if not spans:
        return None
    asked = now - every if every else now
    if any(s.first <= asked < s.until for s in spans):
        return max(s.until for s in spans)
    return max((s.until for s in spans if s.until <= asked), default=spans[0].first)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _failed(name: str, runs: Sequence[Run], good: Run | None) -> str:
    """How the last run that was to read it ended, if that was no success."""
    asked = [r for r in runs if name in (r.parameters.get("datasets") or [name])]
    last = asked[-1] if asked else None
    if last is None or last is good or last.outcome in ("committed", "unchanged", "running"):
        return ""
    return f"{last.outcome}: {last.error}" if last.error else last.outcome


def _short(moment: str | None) -> str:
    return moment[:16].replace("T", " ") if moment else "never"


def _late(status: DatasetStatus) -> str:
    if status.late_seconds is None:
        return "-" if status.every is None else "LATE"
    if not status.late_seconds:
        return "no"
    hours = status.late_seconds / 3600
    return f"LATE by {hours:.1f} h" if hours < 48 else f"LATE by {hours / 24:.1f} days"


def _remark(status: DatasetStatus) -> str:
    said = [f"last run: {status.failed}"] if status.failed else []
    return "; ".join([*(["unusual"] if status.unusual else []), *said])
