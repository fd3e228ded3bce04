"""
Report files in staging held against their contract, file by file.

A file whose rows all hold is published as it was staged. One with rows that do not is read again as
text, so that what is set aside is what the file says, and its other rows are written anew.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from parquetry.contracts import Broken, Contract, Rule, check, load, quarantine, sql, unique
from parquetry.contracts.staged import Staged
from parquetry.contracts.verdict import SHOWN, Verdict
from parquetry.intake.arrivals import ReportsOf
from parquetry.intake.gathered import DAY, Gathered, gathered
from parquetry.intake.job import Job
from parquetry.lake import write
from parquetry.lake.commit import StagedFile
from parquetry.lake.manifest import Account
from parquetry.lake.write import Facts, facts_of, facts_sql
from parquetry.sources.files import Folder


@dataclass(frozen=True, slots=True)
class Held:
    """A report file whose rows were held against the contract: those that hold are in *file*."""

    gathered: Gathered
    file: StagedFile
    account: Account


@dataclass(frozen=True, slots=True)
class ReportAudit:
    """
    What became of staged report files.

    Attributes:
        held: Each file, in order; None where rows broke the contract and nothing may be published.
        quarantined: Rows set aside, or that would have been.
        quarantine: In staging: rejected rows and reports; empty if there are none.
    """

    held: tuple[Held, ...] | None
    broken: tuple[Broken, ...]
    quarantined: int
    quarantine: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class _Audit:
    connection: duckdb.DuckDBPyConnection
    job: Job[Folder]
    of: ReportsOf
    kept: Sequence[str]

    def staged(self, found: Sequence[Gathered]) -> Staged:
        """Files that are all typed, or all text."""
        typed = all(g.typed for g in found)
        contract = self._contract(found)
        return Staged(
            contract,
            tuple(str(g.path) for g in found),
            self.job.reading.position.clock,
            types={} if typed else {f.name: "VARCHAR" for f in contract.fields},
            flagged=frozenset(f.name for f in contract.fields if f.flag and not typed),
            key=self.of.spec.key if self.job.options.validate else (),
            origins={str(g.path): g.arrival.file.name for g in found},
            lined=not typed,
        )

    def verdict(self, staged: Staged, kept: Sequence[str]) -> Verdict:
        """What their check finds; uniqueness beside the *kept* files too."""
        wanted = None if staged.lined else facts_sql(self.of.contract.published(), self.of.time)
        name = staged.contract.name
        result = check.check(
            self.connection, staged, extra=wanted, model=lambda: load.model(name, self.job.project.root)
        )
        together = dict.fromkeys(columns for columns in (staged.key, *staged.contract.unique) if columns)
        twice = [unique.duplicates(self.connection, staged, columns, kept=kept) for columns in together]
        return unique.with_duplicates(self.connection, staged, result, *twice)

    def _contract(self, found: Sequence[Gathered]) -> Contract:
        """The dataset's, with the rules that rows are of their file's days; unchecked, only its types."""
        contract, of = self.of.contract, self.of
        if not self.job.options.validate:
            fields = tuple(replace(f, nullable=True) for f in contract.fields)
            return replace(contract, fields=fields, rules=(), unique=())
        if not of.reports.pattern.dated:
            return contract
        columns = [f.name for f in contract.fields if f.name == of.time or (f.name, f.type) == (DAY, "DATE")]
        return replace(contract, rules=(*contract.rules, *(_of_its_days(of, column, found) for column in columns)))

    def rejected(self, staged: Staged, verdict: Verdict) -> dict[str, int]:
        """Rows that break something, by the name of their report file."""
        rows = quarantine.rejected_sql(staged, verdict)
        return dict(self.connection.execute(f"SELECT _file, count(*) FROM ({rows}) GROUP BY ALL").fetchall())

    def aside(self, staged: Staged, verdict: Verdict) -> tuple[Path, ...]:
        folder = self._folder()
        rows, report = folder / f"{self.of.name}.parquet", folder / f"{self.of.name}.csv"
        with write.translating(folder):
            write.one_file(self.connection.execute, quarantine.rejected_sql(staged, verdict), rows, metadata={})
            quarantine.report_csv(self.connection, staged, verdict, report)
        return rows, report

    def aside_lines(self, found: Sequence[Gathered]) -> tuple[Path, ...]:
        """The report of lines that fit nothing, in the form of the other one."""
        lines = [(g.arrival.file.name, unfit) for g in found for unfit in g.unfit]
        if not lines:
            return ()
        path = self._folder() / f"{self.of.name}_lines.csv"
        with path.open("w", newline="", encoding="utf-8") as opened:
            rows = csv.writer(opened, quoting=csv.QUOTE_ALL)
            rows.writerow(("rule", "says", "key", "value", "file", "row"))
            for name, unfit in lines:
                cells = ("line:fits", unfit.says, f"line {unfit.line}", unfit.text, name)
                rows.writerow((*map(quarantine.safe_cell, cells), unfit.line))
        return (path,)

    def _folder(self) -> Path:
        folder = self.job.staging / "quarantine"
        folder.mkdir(exist_ok=True)
        return folder

    def accepted(self, staged: Staged, verdict: Verdict, found: Sequence[Gathered]) -> dict[str, Held]:
        """Each text file's rows that hold, written in their types."""
        held = {}
        by_number = any(not mark.columns for mark in verdict.marks)
        for number, g in enumerate(found):
            path = g.path.with_suffix(".accepted.parquet")
            # A custom rule's marks know files by number; others need not look at any file but this one.
            select = (
                quarantine.accepted_sql(staged, verdict, of=number)
                if by_number
                else quarantine.accepted_sql(self.staged([g]), verdict)
            )
            rows = write.one_file(
                self.connection.execute, select, path,
                compression=self.job.options.compression, metadata=self.job.footer(self.of.name, self.of.contract),
                dictionaries=False,
            )  # fmt: skip
            facts = write.facts(self.connection, [str(path)], self.of.contract.published(), self.of.time)
            held[g.arrival.file.name] = _held(g, path, facts[str(path)], g.rows - rows)
        return held

    def stops(self, broken: Iterable[Broken], unfit: int) -> bool:
        """Whether nothing may be published: a column's policy decides of its misfits, else how strict the run is."""
        strict = self.job.options.strict
        policies = {f"{f.name}:type": f.misfits for f in self.of.contract.fields}
        stopping = {"quarantine": False, "refuse": True}
        if any(stopping.get(policies.get(b.rule, ""), strict) for b in broken):
            return True
        return bool(unfit) and strict and self.of.reports.shape.format != "text"


def audit(
    connection: duckdb.DuckDBPyConnection, job: Job[Folder], of: ReportsOf, found: Sequence[Gathered],
    kept: Sequence[str],
) -> ReportAudit:  # fmt: skip
    """
    Hold *found* against the contract.

    Args:
        kept: Published files of the dataset that stay, for what must be unique in all of it.
    """
    this = _Audit(connection, job, of, kept)
    typed = [g for g in found if g.typed]
    held: dict[str, Held] = {}
    if typed:
        staged = this.staged(typed)
        verdict = this.verdict(staged, kept)
        bad = {} if verdict.holds else this.rejected(staged, verdict)
        for g in typed:
            if g.arrival.file.name not in bad:
                held[g.arrival.file.name] = _held(g, g.path, facts_of(verdict.files[str(g.path)]), 0)
        quarantine.release(connection, verdict)
        again = [g.arrival for g in typed if g.arrival.file.name in bad]
    texts = [g for g in found if not g.typed]
    if typed and again:
        reread, _ = gathered(connection, job, of, again, job.staging / f"{of.name}-text", as_text=True)
        texts += reread
    return _settled(this, found, held, texts, [*kept, *(str(h.file.path) for h in held.values())])


def _settled(
    this: _Audit, found: Sequence[Gathered], held: dict[str, Held], texts: Sequence[Gathered], kept: Sequence[str]
) -> ReportAudit:
    broken: tuple[Broken, ...] = ()
    aside = this.aside_lines(found)
    unfit = sum(len(g.unfit) for g in found)
    rejected, stopped = 0, this.stops((), unfit)
    if texts:
        staged = this.staged(texts)
        verdict = this.verdict(staged, kept)
        broken, rejected = verdict.broken, verdict.rejected
        if broken:
            aside = (*this.aside(staged, verdict), *aside)
        stopped = this.stops(broken, unfit)
        if not stopped:
            held |= this.accepted(staged, verdict, texts)
        quarantine.release(this.connection, verdict)
    every = None if stopped else tuple(held[g.arrival.file.name] for g in found)
    return ReportAudit(every, (*broken, *_unfit(found, unfit)), rejected + unfit, aside)


def _held(g: Gathered, path: Path, facts: Facts, rejected: int) -> Held:
    aside = rejected + len(g.unfit)
    account = Account(g.rows + g.excluded + len(g.unfit), g.rows - rejected, aside, g.excluded)
    return Held(g, StagedFile(path, facts.rows, facts.digest, facts.min, facts.max), account)


def _unfit(found: Sequence[Gathered], count: int) -> tuple[Broken, ...]:
    first = [(f"{g.arrival.file.name} line {u.line}", u.text) for g in found for u in g.unfit][:SHOWN]
    return (Broken("line:fits", "the line fits the dataset's grammar", count, tuple(first)),) if count else ()


def _of_its_days(of: ReportsOf, column: str, found: Sequence[Gathered]) -> Rule:
    """The rule that a row's time is of the days that its file's name says, in the time zone of the files."""
    zone = ZoneInfo(of.reports.shape.timezone or "UTC")
    type_ = of.contract.field(column).type
    ends: Mapping[str, list[str]] = {"first": [], "after": []}
    for g in found:
        period = g.arrival.file.period
        assert period is not None
        ends["first"].append(_moment(period.first, zone, type_))
        ends["after"].append(_moment(period.after, zone, type_))
    name = sql.name(column)
    first, after = (f"[{', '.join(each)}][file_index::BIGINT + 1]" for each in ends.values())
    broken = f"coalesce({name} < {first} OR {name} >= {after}, FALSE)"
    return Rule(f"{column}:of_file", (column,), f"{column} is of the days that its file's name says", broken)


def _moment(day: date, zone: ZoneInfo, type_: str) -> str:
    if type_ == "DATE":
        return f"DATE '{day.isoformat()}'"
    utc = sql.moment(datetime.combine(day, time(), zone))
    return f"timezone('UTC', {utc})" if type_ == "TIMESTAMP WITH TIME ZONE" else utc
