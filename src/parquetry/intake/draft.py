"""
One dataset on its way from the source to the lake: staged, audited, ready to commit.

Nothing here is visible to a reader, and nothing here decides whether it will be: `export` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from parquetry.contracts import Broken
from parquetry.intake.audit import Audited, audit
from parquetry.intake.drift import described, found
from parquetry.intake.fidelity import fidelity, misfits_told
from parquetry.intake.job import Job, timed
from parquetry.intake.origin import Origin
from parquetry.intake.outlook import Outlook, outlook
from parquetry.intake.stage import Rows, stage
from parquetry.intake.unchanged import confirmed
from parquetry.lake import manifest, partition
from parquetry.lake.commit import Draft, StagedFile, StagedPartition
from parquetry.lake.manifest import Account, ContractUsed, Partition
from parquetry.lake.write import Facts, Written
from parquetry.project import Dataset
from parquetry.sources import Reading


@dataclass(frozen=True, slots=True)
class Drafted:
    """
    A dataset that was read and checked.

    Attributes:
        draft: What to commit; None where rows broke the contract and the options are strict.
        read: The row account of what was read; quarantined rows are counted even if *draft* is None.
        quarantine: Files in staging for ``_quarantine/``: the rejected rows and the report.
        notes: What a person should know: wider than asked, values sent as text.
        seconds: By step.
        reports: Of report files, the partitions that were read, and the seconds that each took.
        set_aside: Report files that could not be read and were passed over, each with the reason.
        absent: There was nothing to read, and no row of it was ever published: at most its types are.
    """

    name: str
    draft: Draft | None
    read: Account
    broken: tuple[Broken, ...]
    quarantine: tuple[Path, ...]
    notes: tuple[str, ...]
    seconds: Mapping[str, float]
    reports: Mapping[str, float] = field(default_factory=dict)
    set_aside: tuple[str, ...] = ()
    absent: bool = False

    @property
    def stopped(self) -> bool:
        """Whether rows broke the contract and nothing may be published."""
        return self.draft is None and not self.absent


def draft(job: Job[Reading], name: str, spec: Dataset) -> Drafted:
    """Read and check one dataset, to be published as *name*; or find that there is no need to."""
    seconds: dict[str, float] = {}
    old = job.turn.base.datasets.get(name) if job.turn.base else None
    with timed(seconds, "look"):
        origin = found(job.project, job.reading, name, spec, old)
        ahead = outlook(job.reading, job.selection, origin, old, accept_drift=job.options.accept_drift)
        checks = job.options.validate
        same = confirmed(job.reading, job.selection, origin, ahead, job.turn.base) if checks else None
    if old is not None and same is not None:
        return _unread(job, name, origin, ahead, old, same, seconds)
    with closing(job.duckdb()) as connection:
        with timed(seconds, "read"):
            rows = stage(connection, job, origin, ahead, old)
        with timed(seconds, "check"):
            audited = audit(connection, job, origin, rows)
    accounts = _accounts(rows, audited)
    return Drafted(
        name=name,
        draft=_draft(job, origin, rows, audited, accounts, old),
        read=sum(accounts.values(), Account(0, 0)),
        broken=audited.broken,
        quarantine=audited.quarantine,
        notes=(*rows.notes, *misfits_told(origin, rows.outlook)),
        seconds=seconds,
    )


def _unread(
    job: Job[Reading], name: str, origin: Origin, ahead: Outlook, old: manifest.Dataset, same: Mapping[str, Partition],
    seconds: Mapping[str, float],
) -> Drafted:  # fmt: skip
    return Drafted(
        name=name,
        draft=Draft(old, _position(job, origin), {}, frozenset(same)),
        read=sum((part.account for part in same.values()), Account(0, 0)),
        broken=(),
        quarantine=(),
        notes=(*ahead.notes, "not read again: the source proves that these rows are those in the lake"),
        seconds=seconds,
    )


def _position(job: Job[Reading], origin: Origin) -> str:
    return f"{job.turn.run}/{origin.spec.source}"


def _accounts(rows: Rows, audited: Audited) -> dict[str, Account]:
    """By partition: what the source counted. `commit` holds it against the rows that are in the files."""
    accounts = {}
    counted = rows.outlook.look.rows
    for key in {*counted, *rows.written.files}:
        source, aside = counted.get(key, 0), audited.rejected.get(key, 0)
        accounts[key] = Account(source, source - aside, aside)
    return accounts


def _draft(
    job: Job[Reading], origin: Origin, rows: Rows, audited: Audited, accounts: Mapping[str, Account],
    old: manifest.Dataset | None,
) -> Draft | None:  # fmt: skip
    if audited.accepted is None:
        return None
    dataset = manifest.Dataset(
        source=origin.spec.source,
        relation=origin.relation,
        contract=ContractUsed(origin.contract.name, origin.contract.fingerprint, job.options.validate),
        key=origin.spec.key,
        time=origin.time,
        columns=tuple(fidelity(origin, rows.outlook, old)),
        partitions=rows.outlook.stay,
        where=job.selection.where,
        described=described(origin),
        drift=tuple(drifted.as_json() for drifted in rows.outlook.drift),
    )
    replaced = _replaced(rows.outlook, audited.accepted, audited.facts, accounts)
    return Draft(dataset, _position(job, origin), replaced)


def _replaced(
    ahead: Outlook, written: Written, facts: Mapping[str, Facts], accounts: Mapping[str, Account]
) -> dict[str, StagedPartition]:
    """A file that only holds the types of a dataset without rows is for a dataset without other files."""
    empty_too = not any(part.files for part in ahead.stay.values())
    replaced = {}
    for key in sorted({*accounts, *written.files}):
        if key == partition.EMPTY and not empty_too:
            continue
        files = tuple(_file(path, facts[str(path)]) for path in written.files.get(key, ()))
        replaced[key] = StagedPartition(accounts.get(key, Account(0, 0)), files, ahead.look.misfits.get(key, {}))
    return replaced


def _file(path: Path, facts: Facts) -> StagedFile:
    return StagedFile(path, facts.rows, facts.digest, facts.min, facts.max)
