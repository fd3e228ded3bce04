"""
The study in a database: the app's schema, filled.

It drops and makes again what an earlier `load` made, and nothing else: a table that the demo did
not make is never touched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING

from parquetry.demo import behaviour, records, study
from parquetry.demo.study import Planted
from parquetry.errors import Unsafe, Usage

if TYPE_CHECKING:
    import psycopg

MARK = "made by parquetry demo"
"""The comment by which a table is known to be the demo's own."""

COLUMNS = {
    # In the order in which foreign keys let them be filled.
    "ContextMetadata": records.COLUMNS["ContextMetadata"],
    "BehavioralEvent": behaviour.COLUMNS,
    "ExperimentProtocol": records.COLUMNS["ExperimentProtocol"],
    "PhaseAssignment": records.COLUMNS["PhaseAssignment"],
    "AnalysisRun": records.COLUMNS["AnalysisRun"],
}
_TYPES = ("EventType", "CompletionQuality", "EngagementLevel", "DesignType", "PhaseType", "Mood", "Location")


def load(
    url: str,
    *,
    seed: int = 7,
    end: date | None = None,
    events: int = 120_000,
    progress: Callable[[int], None] | None = None,
) -> Planted:
    """
    Put the study into a database, in one transaction: readers see the earlier one or this one.

    Args:
        url: The database; Prisma's ``?schema=`` is understood.
        end: The study's last day, UTC; by default the last whole day by the server's clock.
        events: Rows of BehavioralEvent. More events mean more users, not a busier participant.
        progress: Told the number of events sent, after each day of the study.

    Raises:
        Unsafe: There are tables of these names that the demo did not make, or views built on its own.
        Usage: Fewer events than show anything.
        SourceDown, Denied, Busy, Storage: The server refuses, or somebody reads the tables for long.
    """
    from parquetry.sources import _faults, _link  # late: they bring psycopg and DuckDB

    if events < study.FEWEST_EVENTS:
        raise Usage(f"{events} events are too few to show the effect", next=f"at least {study.FEWEST_EVENTS:,}")
    server = _link.link(
        url,
        application="parquetry/demo",
        connect_seconds=10,
        settings={"default_transaction_read_only": "off", "lock_timeout": "10s"},
    )
    with _faults.translating(server), server.connect() as connection:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(hashtext(%s))", [MARK])
            _make_room(cursor)
            planned = study.study(seed, end or _yesterday(cursor), events)
            tables, _, indexes = _schema().partition("-- CreateIndex")
            cursor.execute(tables)
            planted = _fill(cursor, planned, progress)
            cursor.execute(indexes)  # faster over rows than under them
            for table in COLUMNS:
                cursor.execute(f"comment on table \"{table}\" is '{MARK}'")
        connection.commit()
        connection.autocommit = True
        # As autovacuum has long done in a database of some age.
        connection.execute(f"vacuum (analyze) {_quoted(COLUMNS)}")
    return planted


def _schema() -> str:
    return files("parquetry.demo").joinpath("schema.sql").read_text()


def _yesterday(cursor: psycopg.Cursor) -> date:
    row = cursor.execute("select (now() at time zone 'utc')::date").fetchone()
    assert row is not None
    today: date = row[0]
    return today - timedelta(days=1)


def _make_room(cursor: psycopg.Cursor) -> None:
    """Drop the demo's own tables and types; refuse where one is somebody else's, or has a view built on it."""
    import psycopg

    here = "quote_ident(current_schema())::regnamespace"
    tables = cursor.execute(
        "select relname::text, obj_description(oid, 'pg_class') from pg_class"
        f" where relnamespace = {here} and relname = any(%s)",
        [list(COLUMNS)],
    ).fetchall()
    types = cursor.execute(
        f"select typname::text from pg_type where typnamespace = {here} and typname = any(%s)", [list(_TYPES)]
    ).fetchall()
    foreign = sorted(name for name, comment in tables if comment != MARK)
    if not tables:
        foreign = sorted(name for (name,) in types)
    if foreign:
        raise _not_ours(f"the database already has {', '.join(foreign)}, which the demo did not make", foreign)
    try:
        if tables:
            cursor.execute(f"drop table {_quoted(name for name, _ in tables)}")
            cursor.execute(f"drop type if exists {_quoted(_TYPES)}")
    except psycopg.errors.DependentObjectsStillExist as error:
        detail = error.diag.message_detail or ""
        raise _not_ours("something that the demo did not make depends on its tables", detail.splitlines()) from None


def _not_ours(failed: str, what: list[str]) -> Unsafe:
    return Unsafe(
        failed, what=["nothing was changed", *what], next="give the demo a database of its own: createdb parquetry_demo"
    )


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _fill(cursor: psycopg.Cursor, planned: study.Study, progress: Callable[[int], None] | None) -> Planted:
    digest = hashlib.sha256()
    daily: list[list[int]] = []
    rows = dict.fromkeys(COLUMNS, 0)

    def events() -> Iterator[str]:
        for day in behaviour.days(planned):
            daily.append(day.scores)
            rows["BehavioralEvent"] += day.rows
            yield day.text
            if progress:
                progress(rows["BehavioralEvent"])

    texts = {
        "ContextMetadata": records.contexts(planned),
        "BehavioralEvent": events(),
        "ExperimentProtocol": records.protocols(planned),
        "PhaseAssignment": records.assignments(planned),
        "AnalysisRun": records.analyses(planned),
    }
    for table, columns in COLUMNS.items():
        names = _quoted(columns)
        digest.update(f"{table}({names})\n".encode())
        with cursor.copy(f'copy "{table}" ({names}) from stdin') as copy:
            for text in texts[table]:
                data = text.encode()
                digest.update(data)
                copy.write(data)
                rows[table] += table != "BehavioralEvent"
    seen, error = study.naive(daily)
    return Planted(
        seed=planned.seed,
        end=planned.end,
        events=planned.events,
        users=len(planned.people),
        user=planned.participant.id,
        outcome=study.OUTCOME,
        unit=study.UNIT,
        effect=study.EFFECT,
        seen=seen,
        error=error,
        phases=planned.phases,
        rows=rows,
        digest=digest.hexdigest(),
    )
