"""
A PostgreSQL source and the tables that datasets read there: reachable, allowed, new enough, with keys.

Only the server's catalog is asked, in one connection that can write nothing; the rows are `values`' business.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from parquetry.checkup import Finding, doubtful, failed, fine, reports, session
from parquetry.contracts import Contract, types
from parquetry.drafting import Column, choice
from parquetry.errors import Config, Denied, ParquetryError, SchemaDrift, did_you_mean
from parquetry.project import Dataset, Project
from parquetry.sources import _faults, _link, _prisma, _tables
from parquetry.sources._link import Link
from parquetry.sources._tables import Relation, SourceColumn
from parquetry.sources._watch import Watch
from parquetry.text import counted

OLDEST = 13
"""The PostgreSQL that first has all that a reading asks of it."""

_APART_SECONDS = 5.0
_SLOW_SECONDS = 10.0

_UNIQUE = """
select array(select a.attname from unnest(i.indkey[0:i.indnkeyatts - 1]) as k(n)
             join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.n)::text[], i.indisprimary
from pg_catalog.pg_index i
where i.indrelid = %s and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
"""

_FIRST_OF_INDEXES = """
select distinct a.attname from pg_catalog.pg_index i
join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
where i.indrelid = %s and i.indisvalid
"""

_POLICIES = """
select c.relrowsecurity and not (select rolbypassrls or rolsuper from pg_catalog.pg_roles where rolname = current_user)
   and (c.relforcerowsecurity or not pg_catalog.pg_has_role(c.relowner, 'usage'))
from pg_catalog.pg_class c where c.oid = %s
"""

Contracts = dict[str, Contract | None]
"""Of each dataset; None where it does not load."""


def examined(project: Project, source: str, contracts: Contracts) -> list[Finding]:
    """What a source and the datasets that are read from it are like."""
    about, found = f"source {source}", list[Finding]()
    spec = project.source(source)
    if spec.kind == "files":
        return reports.examined(project, source)
    settings = project.settings
    try:
        to = _link.link(
            project.url(source).reveal(),
            application="parquetry/doctor",
            connect_seconds=settings.connect_timeout_seconds,
            settings={"statement_timeout": f"{_SLOW_SECONDS * 1000:.0f}"},
        )
        with _faults.translating(to), closing(to.connect(autocommit=True)) as server:
            watch = Watch(to, stall_seconds=_SLOW_SECONDS, limit_seconds=_SLOW_SECONDS, interrupt=lambda: None)
            watch.server_at(server.fileno())
            # What was found before a failure is told as well.
            watch(lambda: found.extend(_server(server, to, about)))
            watch(lambda: found.extend(session.session(server, about, pooled=_pooled(project, source))))
            if not any(f.verdict == "failure" for f in found):
                found.append(watch(lambda: _clock(server, about)))
            relations: list[Relation] = watch(lambda: _tables.relations(server, to.schema or "public"))
            for name, dataset in project.datasets.items():
                if dataset.source == source:
                    contract = contracts[name]
                    found += watch(lambda d=dataset, c=contract: list(_dataset(server, to, relations, d, c)))  # type: ignore[misc]
    except ParquetryError as error:
        found.append(failed(about, error))
    return found


def _server(server: Any, to: Link, about: str) -> Iterator[Finding]:
    yield fine(about, f"{to.where} answers")
    version = server.info.server_version // 10000
    said = server.info.parameter_status("server_version")
    if version < OLDEST:
        why = f"PostgreSQL {said} is too old; {OLDEST} is the oldest that can be read"
        yield failed(about, Config(why, next=f"upgrade the server to PostgreSQL {OLDEST} or newer"))
    else:
        yield fine(about, f"PostgreSQL {said}", version=said)
    _tables.search_path(server, to.schema, to.where)


def _pooled(project: Project, source: str) -> bool:
    """Whether the URL itself says that it leads to a pooler."""
    return "pgbouncer" in _prisma.understood(project.url(source).reveal()).dropped


def _clock(server: Any, about: str) -> Finding:
    """The server's time against this machine's; rules of time use the server's."""
    server.execute("select 1").fetchone()
    began, asked = datetime.now(UTC), time.perf_counter()
    (there,) = server.execute("select clock_timestamp()").fetchone()
    half = (time.perf_counter() - asked) / 2
    apart = (there - began).total_seconds() - half
    if abs(apart) > _APART_SECONDS:
        way = "set the clock of this machine or of the server by NTP: timedatectl set-ntp true"
        ahead = "ahead of" if apart > 0 else "behind"
        return doubtful(about, f"its clock is {abs(apart):.1f} s {ahead} this machine's", way, seconds=apart)
    return fine(about, f"its clock and this machine's are {abs(apart):.1f} s apart", seconds=apart)


def _dataset(
    server: Any, to: Link, relations: Sequence[Relation], dataset: Dataset, contract: Contract | None
) -> Iterator[Finding]:
    about = f"dataset {dataset.name}"
    try:
        relation = _tables.find(relations, dataset.table, to.where)
    except ParquetryError as error:
        yield failed(about, error)
        return
    columns = {c.name: c for c in _tables.columns(server, relation)}
    where = f"{relation.kind} {relation.schema}.{relation.name}"
    try:
        if contract is not None:
            _require_readable(relation, columns, contract, to)
        ((hidden,),) = server.execute(_POLICIES, [relation.oid]).fetchall()
        if hidden:
            raise Denied(f"{where}: its policies hide rows from the role", next=f"alter role {_role(server)} bypassrls")
    except ParquetryError as error:
        yield failed(about, error)
        return
    fields = f"; the {counted(len(contract.fields), 'column')} of its contract can be read" if contract else ""
    yield fine(about, where + fields)
    yield _key(server, about, relation, columns, dataset)
    if dataset.time:
        yield _time(about, columns, dataset)
    yield _watermarks(server, about, relation, columns)


def _require_readable(relation: Relation, columns: dict[str, SourceColumn], contract: Contract, to: Link) -> None:
    """Raise what a run would: columns that are missing, hidden from the role, or of a type that does not fit."""
    where, names = f"{relation.schema}.{relation.name}", [f.name for f in contract.fields]
    if missing := [n for n in names if n not in columns]:
        what = [f"'{n}'{did_you_mean(n, columns) or ' is like no column there'}" for n in missing]
        raise SchemaDrift(f"{where} has no column {', '.join(missing)}", what=what, next="adapt the contract")
    if hidden := [n for n in names if not columns[n].readable]:
        listed = ", ".join(_quoted(n) for n in hidden)
        table = f"{_quoted(relation.schema)}.{_quoted(relation.name)}"
        role = _quoted(to.parameters.get("user", "the_role"))
        raise Denied(
            f"{where}: the role may not read column {', '.join(hidden)}",
            next=f"grant select ({listed}) on {table} to {role}",
        )
    for f in contract.fields:
        types.publication(f.name, columns[f.name].type, f.type)


def _key(server: Any, about: str, relation: Relation, columns: dict[str, SourceColumn], dataset: Dataset) -> Finding:
    unique = [(set(names), primary) for names, primary in server.execute(_UNIQUE, [relation.oid]).fetchall()]
    key = list(dataset.key)
    if not key:
        primary = next((sorted(names) for names, is_primary in unique if is_primary), [])
        way = f"key = {primary} in [datasets.{dataset.name}]".replace("'", '"') if primary else "declare a key"
        return doubtful(about, "no key is declared, so a row that comes twice is not noticed", way)
    listed = ", ".join(key)
    if missing := [n for n in key if n not in columns]:
        error = Config(f"its key names {', '.join(missing)}, which the table does not have", next="correct key")
        return failed(about, error)
    if any(names <= set(key) for names, _ in unique):
        return fine(about, f"its key {listed} is unique by an index", key=key)
    why = f"no unique index holds its key {listed}; each export checks it"
    if relation.kind not in ("table", "partitioned table"):
        return fine(about, why, key=key)
    on = f"{_quoted(relation.schema)}.{_quoted(relation.name)} ({', '.join(map(_quoted, key))})"
    return doubtful(about, why, f"create unique index on {on}", key=key)


def _time(about: str, columns: dict[str, SourceColumn], dataset: Dataset) -> Finding:
    found = next((n for n in dataset.time if n in columns), None)
    if found is None:
        why = f"none of its time columns {', '.join(dataset.time)} is there"
        return failed(about, Config(why, next=f"correct time in [datasets.{dataset.name}]"))
    if columns[found].type.base not in ("date", "timestamp", "timestamptz"):
        why = f"its time {found} is {columns[found].type.name}, not a time"
        return failed(about, Config(why, next="name a date, timestamp or timestamptz column"))
    return fine(about, f"its time is {found}", time=found)


def _watermarks(server: Any, about: str, relation: Relation, columns: dict[str, SourceColumn]) -> Finding:
    """Columns that likely say when a row was last changed."""
    likely = [n for n, c in columns.items() if c.readable and choice.changes(Column(n, c.type, c.nullable))]
    if not likely:
        return fine(about, "no column says when a row was last changed", watermarks=[])
    indexed = {name for (name,) in server.execute(_FIRST_OF_INDEXES, [relation.oid]).fetchall()}
    said = ", ".join(n + ("" if n in indexed else " (without an index)") for n in likely)
    return fine(about, f"likely a watermark: {said}", watermarks=likely)


def _role(server: Any) -> str:
    return _quoted(server.info.user)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
