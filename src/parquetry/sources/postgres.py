"""
PostgreSQL, read-only and polite: everything a run reads is of one exported snapshot.

psycopg asks what there is; DuckDB's extension, having joined the same snapshot, moves the rows. A
table whose columns are all safe is scanned in parallel; otherwise the server is asked in SQL and
sends the columns that are not safe as text. `contracts.types` decides which, and nothing here does.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC
from types import TracebackType
from typing import Any, Self

import duckdb
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from parquetry.contracts import Contract, types
from parquetry.contracts.reasons import because
from parquetry.contracts.types import SourceType
from parquetry.errors import Denied, SchemaDrift, did_you_mean
from parquetry.sources import Column, Look, Position, Published, Table, Window, _statements, _tables
from parquetry.sources._engine import Engine as Engine
from parquetry.sources._engine import started
from parquetry.sources._faults import translating
from parquetry.sources._link import Link, Passfile, link, require_pinned, without_variables
from parquetry.sources._statements import Counted, Known, text
from parquetry.sources._tables import Relation, SourceColumn
from parquetry.sources._watch import Watch

_MOST = 0.5  # of a table's rows: from here on scanning all of it in parallel beats the server's own filter
_KEYS_AT_ONCE = 20_000
_MONTHS = 60  # that are counted one by one in parallel; more are cheaper to group
_CLOSE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Manners:
    """
    How much of the server a reading may take, and for how long.

    Attributes:
        connections: Of the scan; one more is for control.
        idle_seconds: The longest pause between two statements, as when another table is checked.
        stall_seconds: The longest time in which nothing may move while the server is not working.
        row_security: Accept that row-level security hides rows. Off, such a table is Denied.
    """

    connections: int = 3
    connect_seconds: int = 10
    lock_seconds: float = 10
    statement_seconds: float = 3600
    idle_seconds: float = 4 * 3600
    stall_seconds: float = 120
    row_security: bool = False

    @property
    def settings(self) -> dict[str, str]:
        """As session settings of the server."""
        return {
            "lock_timeout": f"{self.lock_seconds * 1000:.0f}",
            "statement_timeout": f"{self.statement_seconds * 1000:.0f}",
            "idle_in_transaction_session_timeout": f"{self.idle_seconds * 1000:.0f}",
            "row_security": "on" if self.row_security else "off",
        }


def open(
    url: str | None, *, source: str, run: str, manners: Manners | None = None, engine: Engine | None = None
) -> PostgresReading:
    """
    Connect, and hold the database still.

    Args:
        url: libpq's or Prisma's; None or empty means libpq's environment (``PGHOST`` …).
        source: Its name in parquetry.toml. run: The run's, for ``application_name``.

    Raises:
        Config: The URL, the database or the schema is wrong.
        Denied: The password or the role is.
        SourceDown, Busy: Nobody answers, or too many are connected.
    """
    manners = manners or Manners()
    to = link(
        url, application=f"parquetry/{run}"[:63], connect_seconds=manners.connect_seconds, settings=manners.settings
    )
    reading = PostgresReading(to, source, manners, engine or Engine())
    try:
        reading._open()
    except BaseException:
        reading.close()
        raise
    return reading


class PostgresReading:
    """One snapshot of one database; made by `open`. See `parquetry.sources.Reading`."""

    def __init__(self, to: Link, source: str, manners: Manners, engine: Engine) -> None:
        self._link, self._source, self._manners = to, source, manners
        # DuckDB verifies the extension's signature for a tenth of a second, in which much can be asked.
        with_own_thread = ThreadPoolExecutor(1, "parquetry-engine")
        self._engine = with_own_thread.submit(started, engine)
        with_own_thread.shutdown(wait=False)
        self._duck: duckdb.DuckDBPyConnection | None = None
        self._watch = Watch(
            to, stall_seconds=manners.stall_seconds, interrupt=self._interrupt,
            limit_seconds=manners.statement_seconds + manners.stall_seconds,
        )  # fmt: skip
        self._behind = contextlib.ExitStack()
        self._server: psycopg.Connection[tuple[Any, ...]] | None = None
        self._relations: list[Relation] = []
        self._known: dict[tuple[str, str], Known] = {}
        self._parallel = True
        self._conninfo = ""
        self._position: Position | None = None
        self._aliases: set[str] = set()

    def _open(self) -> None:
        self._behind.enter_context(without_variables())
        with translating(self._link):
            self._server = server = self._link.connect()
            self._watch.server_at(server.fileno())
            server.prepare_threshold = None
            server.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            server.read_only = True
            self._position = self._watch(lambda: self._hold_still(server))
            self._conninfo = self._behind.enter_context(Passfile(self._link, server)).conninfo

    def _hold_still(self, server: psycopg.Connection[tuple[Any, ...]]) -> Position:
        require_pinned(server)
        row = server.execute(
            "select pg_export_snapshot(), clock_timestamp(), current_database(), current_setting('server_version'), "
            "pg_is_in_recovery(), (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() "
            "else pg_current_wal_lsn() end)::text, (select count(*) from pg_stat_wal_receiver), "
            "pg_current_snapshot()::text || ' since ' || pg_postmaster_start_time()"
        ).fetchone()
        assert row is not None
        snapshot, clock, database, version, standby, lsn, receivers, transactions = row
        # The extension lets its parallel connections join no snapshot where the server replays another's log.
        self._parallel = not standby and receivers == 0
        _tables.search_path(server, self._link.schema, self._link.where)
        self._relations = _tables.relations(server, self._link.schema or "public")
        identity = _identity(server)
        # Which transactions a look sees decides which rows it sees. Their numbers begin again where files
        # are put back, which a server notices by being started anew; a standby's are another server's.
        state = f"{transactions} on {identity}" if identity and not standby else None
        facts = {
            "database": database, "system_identifier": identity, "lsn": lsn, "snapshot": snapshot,
            "server_version": version, "standby": standby, "state": state,
        }  # fmt: skip
        return Position(self._source, "postgres", clock.astimezone(UTC), facts)

    def _join(self, duck: duckdb.DuckDBPyConnection) -> None:
        duck.execute(f"SET pg_pool_max_connections = {max(1, self._manners.connections)}")
        duck.execute(f"ATTACH {text(self._conninfo)} AS pg (TYPE postgres, READ_ONLY)")
        duck.execute("BEGIN")
        snapshot = self.position.facts["snapshot"]
        duck.execute(f"CALL postgres_execute('pg', {text(f'SET TRANSACTION SNAPSHOT {text(snapshot)}')})")

    @property
    def position(self) -> Position:
        assert self._position is not None
        return self._position

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """DuckDB, which joins the snapshot when it is first needed: a look alone needs one connection."""
        if self._duck is None:
            self._duck = duck = self._engine.result()
            try:
                with translating(self._link):
                    self._watch(lambda: self._join(duck))
            except BaseException:
                self._duck = None
                raise
        return self._duck

    def _interrupt(self) -> None:
        if self._duck is not None:
            self._duck.interrupt()

    def table(self, candidates: Sequence[str]) -> Table:
        relation = _tables.find(self._relations, candidates, self._link.where)
        known = self._get(relation)
        columns = tuple(Column(c.name, c.type.name, c.nullable, c.values) for c in known.columns.values())
        return Table(relation.schema, relation.name, relation.kind, columns, relation.rows_estimate, relation.stored)

    def look(self, table: Table, contract: Contract, window: Window, month_of: str | None = None) -> Look:
        known = self._of(table)
        reads = _publications(known, contract)
        months = self._months_of(known, window, month_of)
        ((total, signed_zeros, *found),) = self._ask(_statements.looked(known, reads, window, months or []))
        n = len(reads)
        unheld, digits, counts = dict(zip(reads, found[:n], strict=True)), found[n : 2 * n], found[2 * n :]
        rows, misfits = {"all": total}, {"all": _misfits(unheld)}
        if months is not None:
            rows = {m.name: count for m, count in zip(months, counts, strict=True) if count}
            rows |= {"null": total - sum(rows.values())} if total > sum(rows.values()) else {}
        if month_of and (months is None or any(unheld.values())):
            grouped = self._ask(_statements.looked_by_month(known, reads, window, month_of))
            rows = {row[0] or "null": row[2] for row in grouped}
            misfits = {row[0] or "null": _misfits(dict(zip(reads, row[3:], strict=True))) for row in grouped}
        known.window, known.rows = window, total
        columns = tuple(
            _published(name, known.columns[name].type, r, unheld[name], measure)
            for (name, r), measure in zip(reads.items(), digits, strict=True)
        )
        ((size, correlation),) = self._ask(_statements.stored(known, month_of))
        held = max(total, known.relation.rows_estimate)
        return Look(
            columns, rows, {part: some for part, some in misfits.items() if some},
            in_order=None if correlation is None else abs(correlation),
            row_bytes=size // held if size and held else None, signed_zeros=bool(signed_zeros),
        )  # fmt: skip

    def _months_of(self, known: Known, window: Window, month_of: str | None) -> list[Counted] | None:
        """The months that the window's rows may be in; None if nobody asks, or if they are too many."""
        if month_of is None:
            return None
        ((first, last),) = self._ask(_statements.ends(known, window, month_of))
        if first is None:
            return []
        months = 12 * (last.year - first.year) + last.month - first.month + 1
        return _statements.months_between(month_of, first, last) if months <= _MONTHS and last.year < 9999 else None

    def rows(self, table: Table, columns: Sequence[Published], window: Window) -> str:
        known = self._of(table)
        reads = {c.name: types.publication(c.name, known.columns[c.name].type, c.type) for c in columns}
        way = _statements.scanned if self._scannable(known, reads, window) else _statements.selected
        return way(known, reads, window)

    def standing(self, table: Table, columns: Sequence[Published], window: Window, alias: str) -> str:
        known = self._of(table)
        reads = {c.name: types.publication(c.name, known.columns[c.name].type, c.type) for c in columns}
        if alias not in self._aliases:
            self.run(f"ATTACH {text(self._conninfo)} AS {_statements.quoted(alias)} (TYPE postgres, READ_ONLY)")
            self._aliases.add(alias)
        return _statements.guarded(known, reads, window, alias)

    def attachment(self, alias: str) -> str:
        told = text(make_conninfo("", **self._link.parameters))
        return f"ATTACH {told} AS {_statements.quoted(alias)} (TYPE postgres, READ_ONLY)"

    def run(self, sql: str, *, progress: Callable[[], float] | None = None) -> list[tuple[Any, ...]]:
        duck = self.connection
        with translating(self._link):
            return self._watch(lambda: duck.execute(sql).fetchall(), progress)

    def months(self, table: Table, key: Sequence[str], time: str, keys: Sequence[Sequence[object]]) -> list[str | None]:
        known = self._of(table)
        found: list[str | None] = []
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            some = keys[start : start + _KEYS_AT_ONCE]
            now = {n: month or "null" for n, month in self._ask(_statements.located(known, key, time, some))}
            found += [now.get(n) for n in range(1, len(some) + 1)]
        return found

    def close(self) -> None:
        """Release the moment. Never raises; a second time does nothing."""
        with contextlib.suppress(Exception):
            if not self._watch.stuck:  # its thread may still be inside DuckDB, which bears one at a time
                self._watch(self._release, stall_seconds=_CLOSE_SECONDS)
        with contextlib.suppress(Exception):
            if self._server is not None:
                self._server.close()
        self._behind.close()

    def _release(self) -> None:
        duck = self._engine.result()
        for statement in ("ROLLBACK", "DETACH pg") if self._duck is not None else ():
            with contextlib.suppress(duckdb.Error):
                duck.execute(statement)
        duck.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, statement: sql.Composed) -> list[tuple[Any, ...]]:
        server = self._server
        assert server is not None
        with translating(self._link):
            return self._watch(lambda: server.execute(statement).fetchall())

    def _get(self, relation: Relation) -> Known:
        place = (relation.schema, relation.name)
        if place not in self._known:
            server = self._server
            assert server is not None
            with translating(self._link):
                columns = self._watch(lambda: _tables.columns(server, relation))
            self._known[place] = Known(relation, {c.name: c for c in columns})
        return self._known[place]

    def _of(self, table: Table) -> Known:
        return self._known[table.schema, table.name]

    def _scannable(self, known: Known, reads: Mapping[str, types.Reads], window: Window) -> bool:
        """Whether the parallel scan is proved to give the same rows and values, and pays."""
        relation = known.relation
        if not (self._parallel and relation.wholly and relation.kind in ("table", "materialized view")):
            return False
        if window.where or not all(r.parallel for r in reads.values()):
            return False
        if window.ranges and not (window.column in reads and known.window == window):
            return False
        if window.ranges and known.rows < _MOST * max(relation.rows_estimate, 1):
            return False
        if _statements.folded_together(known, self._relations):
            return False
        return all(_as_known(got, known.columns[name]) for name, got in self._seen(known, list(reads)).items())

    def _seen(self, known: Known, names: list[str]) -> dict[str, str]:
        """The types under which the scan would give these columns."""
        wanted = ", ".join(_statements.quoted(name) for name in names)
        found = self.run(f"DESCRIBE SELECT {wanted} FROM {_statements.attached(known)}")
        return dict(zip(names, (row[1] for row in found), strict=True))


def _publications(known: Known, contract: Contract) -> dict[str, types.Reads]:
    where = known.where
    missing = [f.name for f in contract.fields if f.name not in known.columns]
    if missing:
        raise SchemaDrift(
            f"{where} has no column {', '.join(repr(name) for name in missing)}",
            what=[f"'{name}'{did_you_mean(name, known.columns) or ' is like no column there'}" for name in missing],
            next="adapt the contract, or the table that the dataset names",
            table=where, missing=missing,
        )  # fmt: skip
    hidden = [f.name for f in contract.fields if not known.columns[f.name].readable]
    if hidden:
        raise Denied(
            f"{where}: the role may not read column {', '.join(hidden)}", next="grant select on them to the role"
        )
    reads, drifts = {}, []
    for f in contract.fields:
        try:
            reads[f.name] = types.publication(f.name, known.columns[f.name].type, f.type)
        except SchemaDrift as drift:
            drifts.append(drift)
    if drifts:
        raise SchemaDrift(
            f"{where}: {drifts[0].failed}", what=[f"{d.failed}: {d.next}" for d in drifts], next=drifts[0].next,
            table=where, columns=[d.facts["column"] for d in drifts], **drifts[0].facts,
        )  # fmt: skip
    return reads


def _misfits(unheld: Mapping[str, int]) -> dict[str, int]:
    return {name: n for name, n in unheld.items() if n}


def _published(
    name: str, source: SourceType, reads: types.Reads, unheld: int, digits: Sequence[int | None] | None
) -> Published:
    whole, scale = digits or (None, None)
    measured = None if digits is None else (whole or 0, scale or 0)
    column = Published(
        name, source.name, reads.type, reads.native,
        misfits=unheld, narrow=reads.narrow, reading=types.reading(source, measured),
        because=because(source, reads, unheld),
    )  # fmt: skip
    return column.as_text if unheld else column


def _as_known(got: str, column: SourceColumn) -> bool:
    return re.sub(r"^ENUM\(.*\)", "ENUM", got, flags=re.DOTALL) == types.decoded(column.type)


def _identity(server: psycopg.Connection[tuple[Any, ...]]) -> str | None:
    """The cluster's own number as text (it passes 2**53), or None where the role may not ask."""
    try:
        with server.transaction():
            row = server.execute("select system_identifier::text from pg_control_system()").fetchone()
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedFunction):
        return None
    return row[0] if row else None
