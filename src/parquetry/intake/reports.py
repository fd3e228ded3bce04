"""
One dataset of report files on its way to the lake: found, read, audited, ready to commit.

Its unit is the file: each is a partition of its own, or one of several in a month that was merged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing

import duckdb

from parquetry.contracts import check, sql
from parquetry.contracts.staged import Staged
from parquetry.errors import BadInput, InvalidData, ParquetryError
from parquetry.intake import merged
from parquetry.intake.arrivals import Arrivals, ReportsOf, arrivals
from parquetry.intake.draft import Drafted
from parquetry.intake.gathered import Broken, Gathered, gathered
from parquetry.intake.job import Job, timed
from parquetry.intake.report_audit import Held, audit
from parquetry.lake import manifest, partition, write
from parquetry.lake.commit import Draft, StagedFile, StagedPartition
from parquetry.lake.manifest import Account, ContractUsed, Partition, PublishedColumn, Report
from parquetry.project import Dataset
from parquetry.sources.files import Folder
from parquetry.text import counted

_TOLD = 20


def draft(job: Job[Folder], name: str, spec: Dataset) -> Drafted:
    """
    Read and check the report files that are asked for, to be published as *name*.

    Raises:
        BadInput, SchemaDrift, Unsafe: A file cannot be read, and the run is strict.
    """
    seconds: dict[str, float] = {}
    old = job.turn.base.datasets.get(name) if job.turn.base else None
    with timed(seconds, "look"):
        of = ReportsOf.found(job.project, name, spec)
        there = arrivals(job.reading, of, job.selection, old, accept_drift=job.options.accept_drift)
    with closing(job.duckdb()) as connection:
        connection.execute("SET preserve_insertion_order = true")
        with timed(seconds, "read"):
            found, broken = gathered(connection, job, of, there.to_read, job.staging / name)
        broken = [*there.broken, *broken]
        if broken and job.options.strict:
            raise _unreadable(of, broken, len(there.asked) + len(there.broken))
        notes = [*there.notes(of, job.selection), *_columns_told(found), *_broken_told(broken)]
        if not found:
            return _unread(connection, job, of, old, notes, broken, seconds)
        with timed(seconds, "check"):
            return _read(connection, job, of, there, old, found, notes, broken, seconds)


def _read(
    connection: duckdb.DuckDBPyConnection, job: Job[Folder], of: ReportsOf, there: Arrivals,
    old: manifest.Dataset | None, found: Sequence[Gathered], notes: Sequence[str], broken: Sequence[Broken],
    seconds: dict[str, float],
) -> Drafted:  # fmt: skip
    kept, apart = _kept(connection, job, of, old, found)
    if there.unlike:
        _require_still_held(connection, job, of, old, kept)
    root = job.turn.store.root
    others = [str(root / f.path) for part in kept.values() for f in part.files]
    others += [str(f.path) for part in apart.values() for f in part.files]
    audited = audit(connection, job, of, found, others)
    if of.accumulates and audited.held is not None:
        _require_apart(audited.held, kept)
    if audited.held is not None and not of.accumulates:
        kept = _without_renamed(audited.held, kept, there.vanished)
    account = Account(
        sum(g.rows + g.excluded + len(g.unfit) for g in found),
        sum(g.rows + len(g.unfit) for g in found) - audited.quarantined,
        audited.quarantined,
        sum(g.excluded for g in found),
    )
    read = {} if audited.held is None else dict(_partition(job, of, held) for held in audited.held)
    return Drafted(
        name=of.name,
        draft=None if audited.held is None else Draft(_dataset(job, of, kept), _position(job, of), {**apart, **read}),
        read=account,
        broken=audited.broken,
        quarantine=audited.quarantine,
        notes=tuple(notes),
        seconds=seconds,
        reports=dict(zip(read, (held.gathered.seconds for held in audited.held or ()), strict=True)),
        set_aside=tuple(str(error.failed) for _, error in broken),
    )


def _unread(
    connection: duckdb.DuckDBPyConnection, job: Job[Folder], of: ReportsOf, old: manifest.Dataset | None,
    notes: Sequence[str], broken: Sequence[Broken], seconds: dict[str, float],
) -> Drafted:  # fmt: skip
    """Nothing of it is read: it stays as it is; what never had a report has its columns and no rows."""
    draft = Draft(old, _position(job, of), {}) if old and any(p.reports for p in old.partitions.values()) else None
    return Drafted(
        name=of.name,
        draft=draft or _empty(connection, job, of),
        read=Account(0, 0),
        broken=(),
        quarantine=(),
        notes=tuple(notes),
        seconds=seconds,
        set_aside=tuple(str(error.failed) for _, error in broken),
        absent=draft is None,
    )


def _empty(connection: duckdb.DuckDBPyConnection, job: Job[Folder], of: ReportsOf) -> Draft:
    """One file that only holds the types, so that queries and macros may name a dataset before its first report."""
    path, columns = job.staging / f"{of.name}-empty.parquet", of.contract.published()
    nothing = ", ".join(f"NULL::{type_} AS {sql.name(column)}" for column, type_ in columns.items())
    write.one_file(
        connection.execute, f"SELECT {nothing} WHERE false", path,
        compression=job.options.compression, metadata=job.footer(of.name, of.contract),
    )  # fmt: skip
    facts = write.facts(connection, [str(path)], columns, of.time)[str(path)]
    staged = StagedPartition(Account(0, 0), (StagedFile(path, facts.rows, facts.digest),))
    return Draft(_dataset(job, of, {}), _position(job, of), {partition.EMPTY: staged})


def _dataset(job: Job[Folder], of: ReportsOf, partitions: dict[str, Partition]) -> manifest.Dataset:
    return manifest.Dataset(
        source=of.spec.source,
        relation=of.relation,
        contract=ContractUsed(of.contract.name, of.contract.fingerprint, job.options.validate),
        key=of.spec.key,
        time=of.time,
        columns=tuple(_columns(of)),
        partitions=partitions,
    )


def _position(job: Job[Folder], of: ReportsOf) -> str:
    return f"{job.turn.run}/{of.spec.source}"


def _partition(job: Job[Folder], of: ReportsOf, held: Held) -> tuple[str, StagedPartition]:
    arrival = held.gathered.arrival
    day, position = held.gathered.day, _position(job, of)
    report = Report(
        file=arrival.file.name,
        date=day.isoformat(),
        sha256=arrival.content.sha256,
        bytes=arrival.content.bytes,
        reading=of.reports.shape.fingerprint,
        position=position,
        account=held.account,
        digest=held.file.digest,
    )
    staged = StagedPartition(held.account, (held.file,), {}, (report,), position)
    return partition.of_report(day, arrival.file.name), staged


def _kept(
    connection: duckdb.DuckDBPyConnection, job: Job[Folder], of: ReportsOf, old: manifest.Dataset | None,
    found: Sequence[Gathered],
) -> tuple[dict[str, Partition], dict[str, StagedPartition]]:  # fmt: skip
    """The partitions that stay beside the files *found*, and those that a merged month is taken apart into for them."""
    read = {_identity(of, g.arrival.file.name, g.day.isoformat()) for g in found}
    kept: dict[str, Partition] = {}
    apart: dict[str, StagedPartition] = {}
    for key, part in old.partitions.items() if old else ():
        if not part.reports:  # the types of a dataset without rows
            continue
        stay = [r for r in part.reports if _identity(of, r.file, r.date) not in read]
        if len(stay) == len(part.reports):
            kept[key] = part
        elif stay and old:
            folder = job.staging / f"{of.name}-apart-{key}"
            apart |= merged.apart(connection, job.turn.store, old, part, stay, folder)
    return kept, apart


def _identity(of: ReportsOf, file: str, day: str) -> tuple[str, str]:
    """What a report replaces: that of the same file, or where a file is a report a day, that of the same day too."""
    return file, day if of.accumulates else ""


def _require_apart(held: Sequence[Held], kept: dict[str, Partition]) -> None:
    """
    A file that is another report on another day begins after the last one ended.

    Raises:
        BadInput: It does not: it was cut at its head, say, and its rows would be published twice.
    """
    for h in held:
        name = h.gathered.arrival.file.name
        before = [f for part in kept.values() for f in part.files if any(r.file == name for r in part.reports)]
        for f in before:
            if not (h.file.min and h.file.max and f.min and f.max) or h.file.min > f.max or f.min > h.file.max:
                continue
            raise BadInput(
                f"{name}: rows of {f.min} to {f.max} are published of it already, and its rows begin at {h.file.min}",
                what="a file that was cut at its head is no new report, and its rows would be there twice",
                next="dated_by = 'modified' lets the file replace itself; or let its writer begin a file a day, "
                "with the date in its name",
                file=name,
            )


def _without_renamed(held: Sequence[Held], kept: dict[str, Partition], vanished: Sequence[str]) -> dict[str, Partition]:
    """*kept* without the files that are not there any more and whose rows came back under another name, or packed."""
    came = {(h.gathered.day.isoformat(), h.account, h.file.digest) for h in held if h.file.rows}
    return {
        key: part for key, part in kept.items() if not (len(part.reports) == 1 and _came_back(part, came, vanished))
    }


def _came_back(part: Partition, came: set[tuple[str, Account, str]], vanished: Sequence[str]) -> bool:
    (report,) = part.reports
    return report.file in vanished and (report.date, report.account, report.digest) in came


def _require_still_held(
    connection: duckdb.DuckDBPyConnection, job: Job[Folder], of: ReportsOf, old: manifest.Dataset | None,
    kept: dict[str, Partition],
) -> None:  # fmt: skip
    """What stays though its files are gone was published under another contract; it has to hold under this one too."""
    if old is None or not kept:
        return
    paths = tuple(str(job.turn.store.root / f.path) for part in kept.values() for f in part.files)
    verdict = check.check(connection, Staged(of.contract, paths, job.reading.position.clock, key=of.spec.key))
    if not verdict.holds:
        raise InvalidData(
            f"{of.name}: rows that are published break the new contract, and their files are not there any more",
            what=[f"{b.rule} ({b.says}): {counted(b.rows, 'row')}" for b in verdict.broken],
            next=f"put back {_first_files(kept)} …, or relax the contract",
            broken={of.name: {b.rule: b.rows for b in verdict.broken}},
        )


def _first_files(kept: dict[str, Partition]) -> str:
    return ", ".join(sorted({r.file for part in kept.values() for r in part.reports})[:3])


def _columns(of: ReportsOf) -> Iterator[PublishedColumn]:
    """Text of a file becomes a value only if that loses nothing."""
    for f in of.contract.fields:
        source = f"{of.reports.shape.format} text"
        policy = f.misfits if f.misfits != "text" else "contract"
        because = "its exact text" if f.type == "VARCHAR" else f"every text of it is exactly a {f.type}"
        yield PublishedColumn(f.name, f.type, f.type, source, native=False, policy=policy, because=because)
        if f.flag:
            because = f"it has the text of what {f.type} cannot hold in {f.name}, which is NULL there"
            yield PublishedColumn(f.flag, "VARCHAR", "VARCHAR", source, native=False, because=because)


def _columns_told(found: Sequence[Gathered]) -> Iterator[str]:
    """Columns that only one side has, with the first file of which that is so."""
    for says, of in (("the files lack", "lacking"), ("the contract lacks", "beyond")):
        first: dict[str, str] = {}
        for g in found:
            for column in getattr(g, of):
                first.setdefault(column, g.arrival.file.name)
        for column, file in first.items():
            what = "published as NULL" if of == "lacking" else "not published"
            yield f"{says} {column}, {what} (first: {file})"


def _broken_told(broken: Sequence[Broken]) -> Iterator[str]:
    for _, error in broken[:_TOLD]:
        yield f"set aside: {error.failed}"
    if len(broken) > _TOLD:
        yield f"set aside: {len(broken) - _TOLD} more files"


def _unreadable(of: ReportsOf, broken: Sequence[Broken], asked: int) -> ParquetryError:
    """One error for all files that cannot be read; its kind is the first one's."""
    name, first = broken[0]
    if len(broken) == 1:
        first.next = first.next or "mend or remove the file; --non-strict publishes the others"
        return first
    return type(first)(
        f"{of.name}: {len(broken)} of {counted(asked, 'file')} cannot be read",
        what=[error.failed for _, error in broken[:_TOLD]],
        next="mend or remove them; --non-strict publishes the others",
        file=name,
        files=[name for name, _ in broken],
    )
