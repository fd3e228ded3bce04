"""
Staged rows held against their contract: what is accepted, what is set aside, and why.

Rows that hold stay in the files they were staged in. Only where some break a rule, or a column
came as text, are the accepted ones written again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from parquetry.contracts import Broken, check, load, quarantine, unique
from parquetry.contracts.staged import Staged
from parquetry.contracts.verdict import Verdict
from parquetry.intake.job import Job
from parquetry.intake.origin import Origin
from parquetry.intake.stage import Rows
from parquetry.lake import write
from parquetry.lake.write import Facts, Written, facts_of, facts_sql


@dataclass(frozen=True, slots=True)
class Audited:
    """
    What became of staged rows.

    Attributes:
        accepted: The files to publish; None where rows broke the contract and nothing may be.
        facts: Of each accepted file, by path.
        rejected: Rows that break something, by partition.
        quarantine: In staging: the rejected rows and the report; empty if there are none.
    """

    broken: tuple[Broken, ...]
    accepted: Written | None
    facts: Mapping[str, Facts]
    rejected: Mapping[str, int]
    quarantine: tuple[Path, ...]


def audit(connection: duckdb.DuckDBPyConnection, job: Job[Any], origin: Origin, rows: Rows) -> Audited:
    """Check *rows*, unless the options say not to; in one pass, with the facts that the manifest needs."""
    job.seen(origin.name, "check", rows.written.bytes, rows.outlook.look.total)
    staged = Staged(
        origin.contract,
        tuple(rows.written.paths),
        job.reading.position.clock,
        types=rows.schema,
        as_text=rows.outlook.as_text,
        flagged=rows.outlook.flagged,
        key=origin.spec.key,
        origins={str(path): origin.part(key) for key, paths in rows.written.files.items() for path in paths},
    )
    if not job.options.validate:
        return _unchecked(connection, job, origin, rows, staged)
    verdict = _verdict(connection, job, origin, rows, staged)
    try:
        return _settled(connection, job, origin, rows, staged, verdict)
    finally:
        quarantine.release(connection, verdict)


def _unchecked(
    connection: duckdb.DuckDBPyConnection, job: Job[Any], origin: Origin, rows: Rows, staged: Staged
) -> Audited:
    exempt = rows.outlook.as_text | rows.outlook.flagged
    if any(c.misfits and c.name not in exempt for c in rows.outlook.look.columns):
        # What a type cannot hold cannot be published in it, checked or not.
        fields = tuple(replace(f, nullable=True) for f in staged.contract.fields)
        types_only = replace(staged, contract=replace(staged.contract, fields=fields, rules=(), unique=()), key=())
        return _settled(connection, job, origin, rows, types_only, check.check(connection, types_only))
    same = rows.schema == rows.outlook.schema
    accepted = rows.written if same else _rewritten(connection, job, origin, rows, quarantine.typed_sql(staged))
    facts = write.facts(connection, accepted.paths, rows.outlook.schema, origin.time)
    return Audited((), accepted, facts, {}, ())


def _settled(
    connection: duckdb.DuckDBPyConnection, job: Job[Any], origin: Origin, rows: Rows, staged: Staged, verdict: Verdict
) -> Audited:
    if verdict.holds and _in_one_pass(rows):
        facts = {path: facts_of(row) for path, row in verdict.files.items()}
        return Audited((), rows.written, facts, {}, ())
    rejected = _rejected(connection, origin, rows, staged, verdict)
    aside = _aside(connection, job, origin, staged, verdict)
    if any(_stops(job, origin, rows, broken) for broken in verdict.broken):
        return Audited(verdict.broken, None, {}, rejected, aside)
    accepted = rows.written
    if not verdict.holds or rows.schema != rows.outlook.schema:
        accepted = _rewritten(connection, job, origin, rows, quarantine.accepted_sql(staged, verdict))
    facts = write.facts(connection, accepted.paths, rows.outlook.schema, origin.time)
    return Audited(verdict.broken, accepted, facts, rejected, aside)


def _in_one_pass(rows: Rows) -> bool:
    """Whether what the check sees of each row is what is published, so that it gives the facts too."""
    return not rows.outlook.as_text and rows.schema == rows.outlook.schema


def _stops(job: Job[Any], origin: Origin, rows: Rows, broken: Broken) -> bool:
    """Whether nothing may be published: the policy of misfits decides where they are what is broken."""
    policies = {f"{c.name}:type": origin.policy(c) for c in rows.outlook.look.columns if c.misfits}
    match policies.get(broken.rule):
        case "quarantine":
            return False
        case "refuse":
            return True
    return job.options.strict


def _verdict(
    connection: duckdb.DuckDBPyConnection, job: Job[Any], origin: Origin, rows: Rows, staged: Staged
) -> Verdict:
    verdict = check.check(
        connection,
        staged,
        extra=facts_sql(rows.outlook.schema, origin.time) if _in_one_pass(rows) else None,
        model=lambda: load.model(origin.contract.name, job.project.root),
    )
    keys = dict.fromkeys(columns for columns in (origin.spec.key, *origin.contract.unique) if columns)
    others = [str(job.turn.store.root / f.path) for part in rows.outlook.stay.values() for f in part.files]
    found = [unique.duplicates(connection, staged, columns, kept=others) for columns in keys]
    return unique.with_duplicates(connection, staged, verdict, *found)


def _rejected(
    connection: duckdb.DuckDBPyConnection, origin: Origin, rows: Rows, staged: Staged, verdict: Verdict
) -> dict[str, int]:
    """Rows that break something, by partition."""
    if verdict.holds:
        return {}
    sql = f"SELECT _file, count(*) FROM ({quarantine.rejected_sql(staged, verdict)}) GROUP BY ALL"
    counts = dict(connection.execute(sql).fetchall())
    return {key: counts[origin.part(key)] for key in rows.written.files if origin.part(key) in counts}


def _aside(
    connection: duckdb.DuckDBPyConnection, job: Job[Any], origin: Origin, staged: Staged, verdict: Verdict
) -> tuple[Path, ...]:
    if verdict.holds:
        return ()
    folder = job.staging / "quarantine"
    folder.mkdir(exist_ok=True)
    rows, report = folder / f"{origin.name}.parquet", folder / f"{origin.name}.csv"
    with write.translating(folder):
        rejected = quarantine.rejected_sql(staged, verdict)
        options = "FORMAT parquet, COMPRESSION zstd, DICTIONARY_SIZE_LIMIT 0"  # a dictionary takes -0 for 0
        connection.execute(f"COPY ({rejected}) TO {write.literal(rows)} ({options})")
        quarantine.report_csv(connection, staged, verdict, report)
    return rows, report


def _rewritten(connection: duckdb.DuckDBPyConnection, job: Job[Any], origin: Origin, rows: Rows, sql: str) -> Written:
    schema = rows.outlook.schema
    return write.stage(
        connection.execute,
        sql,
        schema,
        job.staging / f"{origin.name}-accepted",
        key=origin.key_sql(schema),
        order=origin.sorting(rows.outlook.look),
        row_bytes=rows.outlook.look.row_bytes,
        compression=job.options.compression,
        metadata=job.footer(origin.name, origin.contract),
        dictionaries=not rows.outlook.look.signed_zeros,
    )
